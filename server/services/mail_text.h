/* services/mail_text.h — a mail as the text that SMTP carries: RFC 5322 headers, MIME body. No I/O, any thread. */
#ifndef HP_SERVICES_MAIL_TEXT_H
#define HP_SERVICES_MAIL_TEXT_H

#include "base/buf.h"
#include "services/mail.h"

typedef struct hp_mail_head {
    hp_str from_name; /* or absent; UTF-8 */
    hp_str from;      /* an address */
    hp_str id;        /* what stands before the @ of the Message-ID */
    int64_t now_ms;
} hp_mail_head;

/* Appends the whole message; lines end in CRLF and are at most 998 bytes. Texts with control characters cannot add a header:
 * they become blanks. What is not ASCII is encoded (RFC 2047 in the header, base64 in the body). */
void hp_mail_write(hp_buf *out, const hp_mail_head *head, const hp_mail *mail);

#endif

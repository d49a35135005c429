/* services/mail.h — mail behind one interface: whoever brings it to the outside.
 *
 * A mailer is made with the configuration and lives as long as the server. It is used by one thread at a time, the one of
 * core/mail_queue.h, so it may keep a connection. It knows no user and no store: what is written to whom is
 * core/user_mail.h. */
#ifndef HP_SERVICES_MAIL_H
#define HP_SERVICES_MAIL_H

#include "base/error.h"
#include "value/value.h"

typedef enum hp_mail_kind { HP_MAIL_VERIFICATION, HP_MAIL_PASSWORD_RESET } hp_mail_kind;

typedef struct hp_mail {
    hp_mail_kind kind;
    hp_str to;            /* one address, looked at with hp_mail_address_valid */
    hp_str subject, text; /* the default wording, UTF-8; lines end in \n */
    /* What a service that words its mails itself is told instead. */
    hp_str app_name, link;
    hp_value user; /* as cloud code sees it: no column of the server's own */
} hp_mail;

typedef struct hp_mailer hp_mailer;

typedef struct hp_mailer_ops {
    const char *name; /* for the log */
    /* Blocks, bounded in time by the mailer itself. *again: the failure may pass (no connection, "try later").
     * Errors: INTERNAL with the peer's words in err->detail. */
    hp_code (*send)(hp_mailer *self, const hp_mail *mail, bool *again, hp_err *err);
    void (*free)(hp_mailer *self);
} hp_mailer_ops;

struct hp_mailer { /* first member of each implementation */
    const hp_mailer_ops *ops;
};

HP_MUST_USE hp_code hp_mailer_send(hp_mailer *m, const hp_mail *mail, bool *again, hp_err *err);
void hp_mailer_free(hp_mailer *m); /* accepts NULL */

/* True for one plain address, local@domain, that cannot be taken for anything else in a header or an SMTP command: no
 * blanks, no control characters, none of <>()[]\,;:" and one @. At most 254 bytes. */
bool hp_mail_address_valid(hp_str address);

#endif

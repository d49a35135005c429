/* services/mail_smtp.h — mail by SMTP: one relay, TLS, authentication. By libcurl. */
#ifndef HP_SERVICES_MAIL_SMTP_H
#define HP_SERVICES_MAIL_SMTP_H

#include "base/rand.h"
#include "services/mail.h"

typedef enum hp_smtp_security {
    HP_SMTP_STARTTLS, /* required: a relay that does not offer it gets no mail */
    HP_SMTP_TLS,      /* from the first byte */
    HP_SMTP_PLAIN,
} hp_smtp_security;

typedef struct hp_smtp_options { /* borrowed for as long as the mailer lives */
    hp_str host;
    uint16_t port;
    hp_smtp_security security;
    hp_str user, password;  /* absent: no authentication */
    hp_str from_name, from; /* name may be absent; from is an address */
    hp_str ca_file;         /* absent: the system's certificates */
    int64_t timeout_ms;     /* for one mail, connecting included */
} hp_smtp_options;

/* Owner: the caller, hp_mailer_free. Connects when there is a mail to send, and keeps the connection for the next. */
hp_mailer *hp_smtp_mailer_new(const hp_smtp_options *options, hp_rand *rand);

#endif

/* services/mail_webhook.h — a mail adapter that is behind HTTP: "emailAdapter": {"module": "webhook", …}.
 *
 * Methods, as in a Parse Server adapter: sendVerificationEmail and sendPasswordResetEmail get {"appName", "link", "user"} and
 * word the mail themselves; what is missing of them goes through sendMail, which gets {"to", "subject", "text"}. */
#ifndef HP_SERVICES_MAIL_WEBHOOK_H
#define HP_SERVICES_MAIL_WEBHOOK_H

#include "services/adapter_webhook.h"
#include "services/mail.h"

/* NULL, or what is wrong with the methods of `hook`: no way to send one of the mails. */
const char *hp_webhook_mailer_check(const hp_adapter_webhook *hook);

/* `hook` is borrowed for as long as the mailer lives. Owner: the caller, hp_mailer_free. */
hp_mailer *hp_webhook_mailer_new(const hp_adapter_webhook *hook);

#endif

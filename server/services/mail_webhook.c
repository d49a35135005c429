#include "services/mail_webhook.h"

#include <stdlib.h>

typedef struct webhook_mailer {
    hp_mailer base;
    const hp_adapter_webhook *hook;
} webhook_mailer;

static const hp_str SEND_MAIL = HP_STR_INIT("sendMail");

static hp_str method_of(hp_mail_kind kind)
{
    return kind == HP_MAIL_VERIFICATION ? HP_STR("sendVerificationEmail") : HP_STR("sendPasswordResetEmail");
}

const char *hp_webhook_mailer_check(const hp_adapter_webhook *hook)
{
    const bool both = hp_adapter_webhook_has(hook, method_of(HP_MAIL_VERIFICATION)) &&
                      hp_adapter_webhook_has(hook, method_of(HP_MAIL_PASSWORD_RESET));
    if (both || hp_adapter_webhook_has(hook, SEND_MAIL)) return NULL;
    return "options.methods must have sendMail, or both sendVerificationEmail and sendPasswordResetEmail";
}

/* The arguments of the method that the adapter has for this mail. */
static hp_value arguments(hp_arena *mem, const hp_mail *mail, bool own_words)
{
    hp_value v = hp_object();
    if (own_words) {
        hp_object_append(mem, &v, HP_STR("appName"), hp_string(mail->app_name));
        hp_object_append(mem, &v, HP_STR("link"), hp_string(mail->link));
        hp_object_append(mem, &v, HP_STR("user"), mail->user);
    } else {
        hp_object_append(mem, &v, HP_STR("to"), hp_string(mail->to));
        hp_object_append(mem, &v, HP_STR("subject"), hp_string(mail->subject));
        hp_object_append(mem, &v, HP_STR("text"), hp_string(mail->text));
    }
    return v;
}

static hp_code send_mail(hp_mailer *self, const hp_mail *mail, bool *again, hp_err *err)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    const webhook_mailer *m = (const webhook_mailer *)self;
    const bool own_words = hp_adapter_webhook_has(m->hook, method_of(mail->kind));
    const hp_value body = arguments(mem, mail, own_words);
    hp_value success;
    hp_err why = { 0 };

    const hp_code rc = hp_adapter_webhook_call(m->hook, own_words ? method_of(mail->kind) : SEND_MAIL, &body,
                                               HP_E_SCRIPT_FAILED, mem, &success, &why);
    if (rc == HP_OK) return HP_OK;
    *again = rc == HP_E_INTERNAL; /* could not be asked; an answer of its own is final */
    return hp_fail_internal(err, "%s", rc == HP_E_INTERNAL ? why.detail : why.msg);
}

static void free_mailer(hp_mailer *self) { free(self); }

hp_mailer *hp_webhook_mailer_new(const hp_adapter_webhook *hook)
{
    static const hp_mailer_ops OPS = { .name = "webhook", .send = send_mail, .free = free_mailer };
    webhook_mailer *m = calloc(1, sizeof *m);

    HP_ASSERT(m != NULL);
    *m = (webhook_mailer){ .base = { &OPS }, .hook = hook };
    return &m->base;
}

/* app/options_auth.c — the option `auth`: which other providers users may sign in with, and the second factor. */
#include "app/options_internal.h"
#include "auth/totp.h"
#include "base/limits.h"
#include "core/mfa.h"
#include "query/class.h"
#include "services/adapter_webhook.h"
#include "services/auth_oidc.h"
#include "services/auth_webhook.h"

enum { MFA_PERIOD_S_MAX = 3600 };

typedef struct provider { /* one member of `auth` */
    hp_loader *l;
    const hp_option *o;
    hp_str where, name;
    const hp_value *config;
    const hp_auth_provider **made; /* those there are so far */
} provider;

static void refuse(const provider *p, const char *what)
{
    hp_loader_problem(p->l, p->o, p->where, "%" HP_STR_FMT ": %s", HP_STR_ARG(p->name), what);
    hp_loader_parse_words(p->l, hp_arena_str(p->l->mem, hp_str_of(what)));
}

static const hp_value *member(const provider *p, const char *name) { return hp_object_get(p->config, hp_str_of(name)); }

static bool includes(const hp_value *list, hp_str word)
{
    for (uint32_t i = 0; hp_is(list, HP_ARRAY) && i < list->array.count; i++)
        if (hp_str_eq(hp_text(&list->array.items[i]), word)) return true;
    return false;
}

/* A number between both, or `standard` when it is not there. */
static bool read_number(const hp_value *v, int64_t low, int64_t high, int64_t standard, int64_t *out)
{
    *out = standard;
    if (!hp_truthy(v)) return true;
    if (!hp_is(v, HP_NUMBER) || !(v->number >= (double)low && v->number <= (double)high)) return false;
    *out = (int64_t)v->number;
    return (double)*out == v->number;
}

static bool read_hash(const hp_value *v, hp_totp_hash *out)
{
    static const struct {
        const char *name;
        hp_totp_hash hash;
    } HASHES[] = { { "SHA1", HP_TOTP_SHA1 },      { "SHA-1", HP_TOTP_SHA1 },    { "SHA256", HP_TOTP_SHA256 },
                   { "SHA-256", HP_TOTP_SHA256 }, { "SHA512", HP_TOTP_SHA512 }, { "SHA-512", HP_TOTP_SHA512 } };
    *out = HP_TOTP_SHA1;
    if (!hp_truthy(v)) return true;
    for (size_t i = 0; i < sizeof HASHES / sizeof *HASHES; i++) {
        if (!hp_str_eq_nocase(hp_text(v), hp_str_of(HASHES[i].name))) continue;
        *out = HASHES[i].hash;
        return true;
    }
    return false;
}

/* The callback of Parse Server, behind HTTP. */
static void take_send_sms(const provider *p, hp_mfa_settings *mfa)
{
    const hp_value *config = member(p, "sendSMS");
    hp_adapter_webhook *hook = HP_NEW(p->l->mem, hp_adapter_webhook);
    if (!hp_adapter_is_webhook(config)) {
        refuse(p, "mfa.sendSMS callback must be defined when using SMS OTPs");
        return;
    }
    const char *wrong = hp_adapter_webhook_read(p->l->mem, config, hook);
    if (wrong == NULL && !hp_adapter_webhook_has(hook, HP_STR("sendSMS")))
        wrong = "sendSMS: options.methods must have sendSMS";
    if (wrong != NULL) refuse(p, wrong);
    mfa->sms = hook;
}

/* The texts are Parse Server's. */
static void take_mfa(const provider *p)
{
    hp_mfa_settings *mfa = &p->l->config->settings.mfa;
    const hp_value *options = member(p, "options"), *digits = member(p, "digits"), *period = member(p, "period");
    const bool totp = includes(options, HP_STR("TOTP")), sms = includes(options, HP_STR("SMS"));
    int64_t digit_count;

    mfa->enabled = true;
    if (!hp_is(options, HP_ARRAY))
        refuse(p, "mfa.options must be an array");
    else if (!totp && !sms)
        refuse(p, "mfa.options must include SMS or TOTP");
    else if (sms)
        take_send_sms(p, mfa);
    mfa->by_totp = totp;
    if (hp_truthy(digits) && !hp_is(digits, HP_NUMBER))
        refuse(p, "mfa.digits must be a number");
    else if (!read_number(digits, HP_TOTP_DIGITS_MIN, HP_TOTP_DIGITS_MAX, 6, &digit_count))
        refuse(p, "mfa.digits must be between 4 and 10");
    else
        mfa->totp.digits = (int)digit_count;
    if (hp_truthy(period) && !hp_is(period, HP_NUMBER))
        refuse(p, "mfa.period must be a number");
    else if (!read_number(period, 10, MFA_PERIOD_S_MAX, 30, &mfa->totp.period_s))
        refuse(p, "mfa.period must be greater than 10");
    if (!read_hash(member(p, "algorithm"), &mfa->totp.hash)) refuse(p, "mfa.algorithm must be SHA1, SHA256 or SHA512");
}

static void take_provider(const provider *p)
{
    hp_settings *s = &p->l->config->settings;
    const char *wrong;
    const hp_auth_provider *made = hp_adapter_is_webhook(p->config)
                                       ? hp_auth_webhook_new(p->l->mem, p->name, p->config, &wrong)
                                       : hp_auth_oidc_new(p->l->mem, p->name, p->config, &wrong);

    if (made == NULL)
        refuse(p, wrong);
    else
        p->made[s->auth_provider_count++] = made;
}

/* Nobody can sign in by it, which is safe, and all else of the app works. */
static void warn_of_absent(const provider *p)
{
    hp_buf_printf(
        p->l->report,
        "auth.%" HP_STR_FMT " (%" HP_STR_FMT "): ignored. It is not built in, and modules for Node cannot be "
        "loaded: nobody can sign in by it until its adapter runs behind {\"module\": \"webhook\", \"options\": "
        "{\"url\": …, \"methods\": […]}}.\n",
        HP_STR_ARG(p->name), HP_STR_ARG(p->where));
}

static void take_one(const provider *p)
{
    const hp_value *enabled = member(p, "enabled");

    if (hp_is(enabled, HP_BOOL) && !enabled->boolean) return;
    if (hp_str_eq(p->name, HP_STR("anonymous"))) return; /* needs no configuration */
    if (hp_str_eq(p->name, HP_STR(HP_MFA_PROVIDER)))
        take_mfa(p);
    else if (hp_adapter_is_webhook(p->config) || hp_auth_is_oidc(p->name, p->config))
        take_provider(p);
    else
        warn_of_absent(p);
}

void hp_take_auth(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    if (!hp_is(&v->value, HP_OBJECT) || v->value.object.count > HP_AUTH_PROVIDERS_MAX) {
        hp_loader_problem(l, o, v->where, "expected {\"<provider>\": {…}, …}");
        return;
    }
    const hp_auth_provider **made = HP_NEW_ARRAY(l->mem, const hp_auth_provider *, v->value.object.count);
    l->config->settings.auth_providers = made;
    for (uint32_t i = 0; i < v->value.object.count; i++) {
        const hp_member *m = &v->value.object.items[i];
        const provider p = { l, o, v->where, m->key, &m->value, made };
        if (!hp_field_name_valid(m->key) || !hp_is(&m->value, HP_OBJECT))
            refuse(&p, "expected an object");
        else
            take_one(&p);
    }
}

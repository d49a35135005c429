#include "services/auth_webhook.h"

#include "services/adapter_webhook.h"

typedef struct auth_webhook {
    hp_auth_provider base;
    hp_adapter_webhook hook;
} auth_webhook;

static hp_code call(const auth_webhook *p, hp_str method, const hp_value *const *args, size_t count, hp_arena *mem,
                    hp_value *success, hp_err *err)
{
    hp_value body = hp_object(), list = hp_array();

    for (size_t i = 0; i < count; i++) hp_array_push(mem, &list, args[i] != NULL ? *args[i] : hp_null());
    hp_object_append(mem, &body, HP_STR("args"), list);
    const hp_code rc = hp_adapter_webhook_call(&p->hook, method, &body, HP_E_SCRIPT_FAILED, mem, success, err);
    return hp_adapter_webhook_refusal(rc, err);
}

static void read_verdict(const hp_value *success, hp_arena *mem, hp_auth_verdict *out)
{
    const hp_value *response = hp_object_get(success, HP_STR("response")),
                   *save = hp_object_get(success, HP_STR("save"));

    if (hp_truthy(response)) out->response = hp_value_new(mem, *response);
    if (hp_is(save, HP_OBJECT)) out->save = hp_value_new(mem, *save);
    out->do_not_save = hp_is_true(hp_object_get(success, HP_STR("doNotSave")));
}

/* The one for the step if there is one, else the one for all. */
static hp_str validator_of(const auth_webhook *p, hp_auth_step step)
{
    static const hp_str BY_STEP[] = { [HP_AUTH_STEP_SET_UP] = HP_STR_INIT("validateSetUp"),
                                      [HP_AUTH_STEP_LOGIN] = HP_STR_INIT("validateLogin"),
                                      [HP_AUTH_STEP_UPDATE] = HP_STR_INIT("validateUpdate") };
    return hp_adapter_webhook_has(&p->hook, HP_STR("validateAuthData")) ? HP_STR("validateAuthData") : BY_STEP[step];
}

static hp_code validate(const hp_auth_provider *self, hp_auth_step step, const hp_value *auth_data, hp_arena *mem,
                        hp_auth_verdict *out, hp_err *err)
{
    const auth_webhook *p = (const auth_webhook *)self;
    const hp_value *const args[] = { auth_data, &p->hook.options };
    hp_value success;

    if (hp_adapter_webhook_has(&p->hook, HP_STR("validateAppId")))
        HP_TRY(call(p, HP_STR("validateAppId"), args, 2, mem, &success, err));
    HP_TRY(call(p, validator_of(p, step), args, 2, mem, &success, err));
    read_verdict(&success, mem, out);
    return HP_OK;
}

static hp_code challenge(const hp_auth_provider *self, const hp_value *challenge_data, const hp_value *auth_data,
                         hp_arena *mem, hp_value *out, hp_err *err)
{
    const auth_webhook *p = (const auth_webhook *)self;
    const hp_value *const args[] = { challenge_data, auth_data, &p->hook.options };
    return call(p, HP_STR("challenge"), args, 3, mem, out, err);
}

/* One validator for everything, or one for each step. */
static bool can_validate(const hp_adapter_webhook *w)
{
    return hp_adapter_webhook_has(w, HP_STR("validateAuthData")) ||
           (hp_adapter_webhook_has(w, HP_STR("validateSetUp")) && hp_adapter_webhook_has(w, HP_STR("validateLogin")) &&
            hp_adapter_webhook_has(w, HP_STR("validateUpdate")));
}

static bool read_policy(const hp_value *options, hp_auth_policy *out)
{
    const hp_value *policy = hp_object_get(options, HP_STR("policy"));

    *out = HP_AUTH_POLICY_DEFAULT;
    if (policy == NULL || hp_str_eq(hp_text(policy), HP_STR("default"))) return true;
    if (hp_str_eq(hp_text(policy), HP_STR("additional"))) *out = HP_AUTH_POLICY_ADDITIONAL;
    if (hp_str_eq(hp_text(policy), HP_STR("solo"))) *out = HP_AUTH_POLICY_SOLO;
    return *out != HP_AUTH_POLICY_DEFAULT;
}

const hp_auth_provider *hp_auth_webhook_new(hp_arena *mem, hp_str name, const hp_value *config, const char **wrong)
{
    static const hp_auth_provider_ops OPS = { .validate = validate };
    static const hp_auth_provider_ops WITH_CHALLENGE = { .validate = validate, .challenge = challenge };
    auth_webhook *p = HP_NEW(mem, auth_webhook);

    *wrong = hp_adapter_webhook_read(mem, config, &p->hook);
    if (*wrong == NULL && !can_validate(&p->hook))
        *wrong = "Adapter is not configured. Implement either validateAuthData or all of the following: validateSetUp, "
                 "validateLogin and validateUpdate";
    if (*wrong == NULL && !read_policy(&p->hook.options, &p->base.policy))
        *wrong = "AuthAdapter policy is not configured correctly. The value must be either \"solo\", \"additional\", "
                 "\"default\" or undefined (will be handled as \"default\")";
    if (*wrong != NULL) return NULL;
    p->base.name = name;
    p->base.ops = hp_adapter_webhook_has(&p->hook, HP_STR("challenge")) ? &WITH_CHALLENGE : &OPS;
    return &p->base;
}

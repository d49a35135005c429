/* core/users_challenge.c — POST /challenge: what a provider wants to be answered before a login.
 *
 * Whoever names a user by authData has to prove the id first, and every failure of it is the same answer: who only knows an
 * id learns nothing. No session is opened and nothing is written. */
#include "base/limits.h"
#include "core/auth_data.h"
#include "core/core_internal.h"
#include "core/users.h"
#include "core/users_internal.h"

static hp_code refuse(hp_err *err, const char *what) { return hp_fail(err, HP_E_OTHER_CAUSE, "%s", what); }

static size_t ids_in(const hp_value *auth_data)
{
    size_t count = 0;
    for (uint32_t i = 0; i < auth_data->object.count; i++)
        if (hp_truthy(hp_object_get(&auth_data->object.items[i].value, HP_STR("id")))) count++;
    return count;
}

static hp_code check_auth_data(const hp_value *auth_data, hp_err *err)
{
    for (uint32_t i = 0; i < auth_data->object.count; i++) {
        const hp_member *m = &auth_data->object.items[i];
        if (m->value.tag == HP_OBJECT || m->value.tag == HP_NULL) continue;
        return hp_fail(err, HP_E_OTHER_CAUSE, "authData.%" HP_STR_FMT " should be an object.", HP_STR_ARG(m->key));
    }
    if (ids_in(auth_data) > 1) return refuse(err, "You cannot provide more than one authData provider with an id.");
    return HP_OK;
}

/* The user exists, and the caller can prove that the id is his. What went wrong otherwise is for nobody. */
static hp_code identify(hp_call *call, const hp_value *auth_data, hp_err *err)
{
    hp_auth_data auth;
    const hp_row *user = NULL;
    hp_err why = { 0 };

    hp_code rc = hp_auth_read(call, auth_data, &auth, &why);
    if (rc == HP_OK) rc = hp_auth_identify(call, &auth, &user, &why);
    if (rc == HP_OK && user != NULL) return HP_OK;
    return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "User not found.");
}

static hp_code ask(hp_call *call, const hp_member *m, const hp_value *auth_data, hp_value *answers, hp_err *err)
{
    const hp_auth_provider *p = hp_auth_service(call, m->key);
    hp_value answer = hp_null();

    if (p == NULL || p->ops->challenge == NULL) return HP_OK;
    HP_TRY(p->ops->challenge(p, &m->value, hp_object_get(auth_data, m->key), call->mem, &answer, err));
    hp_object_append(call->mem, answers, m->key, hp_truthy(&answer) ? answer : hp_bool(true));
    return HP_OK;
}

/* In the order of their names: one that fails keeps the later ones from sending anything. */
static hp_code ask_all(hp_call *call, const hp_value *data, const hp_value *auth_data, hp_value *answers, hp_err *err)
{
    const uint32_t count = data->object.count;
    const hp_member **sorted = HP_NEW_ARRAY(call->mem, const hp_member *, count);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = i;
        for (; at > 0 && hp_str_cmp(sorted[at - 1]->key, data->object.items[i].key) > 0; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = &data->object.items[i];
    }
    for (uint32_t i = 0; i < count; i++) HP_TRY(ask(call, sorted[i], auth_data, answers, err));
    return HP_OK;
}

hp_code hp_users_challenge(hp_call *call, const hp_value *body, hp_value *out, hp_err *err)
{
    const hp_login login = { .username = hp_object_get(body, HP_STR("username")),
                             .email = hp_object_get(body, HP_STR("email")),
                             .password = hp_object_get(body, HP_STR("password")) };
    const hp_value *data = hp_object_get(body, HP_STR("challengeData"));
    const hp_value *auth_data = hp_object_get(body, HP_STR("authData"));
    const bool by_name = hp_truthy(login.username) || hp_truthy(login.email);
    hp_value unused, answers = hp_object();

    if (by_name && !hp_truthy(login.password))
        return refuse(err, "You provided username or email, you need to also provide password.");
    if (by_name) HP_TRY(hp_users_verify_password(call, &login, &unused, err));
    if (!hp_truthy(data)) return refuse(err, "Nothing to challenge.");
    if (data->tag != HP_OBJECT) return refuse(err, "challengeData should be an object.");
    if (data->object.count > HP_AUTH_PROVIDERS_MAX) return refuse(err, "challengeData names too many providers.");
    if (hp_truthy(auth_data)) {
        if (auth_data->tag != HP_OBJECT) return refuse(err, "authData should be an object.");
        if (by_name)
            return refuse(err, "You cannot provide username/email and authData, only use one identification method.");
        HP_TRY(check_auth_data(auth_data, err));
        HP_TRY(identify(call, auth_data, err));
    }
    HP_TRY(ask_all(call, data, auth_data, &answers, err));
    hp_object_append(call->mem, out, HP_STR("challengeData"), answers);
    return HP_OK;
}

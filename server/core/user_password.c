#include "core/user_password.h"

#include "auth/password.h"
#include "core/core_internal.h"
#include "core/system_classes.h"
#include "query/regex.h"

static const hp_password_policy *policy_of(const hp_write *w) { return &w->call->settings->password_policy; }

/* passwordPolicy.validationError speaks about the validator alone. */
static hp_code not_matching(const hp_write *w, hp_err *err)
{
    hp_str own = policy_of(w)->validation_error;
    if (hp_str_present(own)) return hp_fail(err, HP_E_VALIDATION_ERROR, "%" HP_STR_FMT, HP_STR_ARG(own));
    return hp_fail(err, HP_E_VALIDATION_ERROR, "Password does not meet the Password Policy requirements.");
}

/* What the username will be. */
static hp_code username_of(hp_write *w, hp_str *out, hp_err *err)
{
    *out = HP_STR_NONE;
    for (size_t i = 0; i < w->change_count; i++) {
        if (!hp_str_eq(w->changes[i].path.field->name, HP_STR("username"))) continue;
        *out = hp_text(&w->changes[i].operand);
        return HP_OK;
    }
    if (w->kind == HP_WRITE_CREATE) return HP_OK;
    HP_TRY(hp_write_read_stored(w, err));
    *out = hp_object_text(&w->stored->fields, HP_STR("username"));
    return HP_OK;
}

static hp_code check_policy(hp_write *w, hp_err *err)
{
    const hp_password_policy *policy = policy_of(w);

    if (hp_str_present(policy->validator_pattern)) {
        const hp_regex *re = NULL;
        HP_TRY(hp_regex_compile(w->call->mem, policy->validator_pattern, HP_STR(""), &re, err));
        if (!hp_regex_matches(re, w->password->string)) return not_matching(w, err);
    }
    if (policy->do_not_allow_username) {
        hp_str username;
        HP_TRY(username_of(w, &username, err));
        if (username.len > 0 && hp_str_contains(w->password->string, username))
            return hp_fail(err, HP_E_VALIDATION_ERROR, "Password cannot contain your username.");
    }
    return HP_OK;
}

/* The hashes that the new password must not belong to: the present one, then older ones, at most the configured number. */
static hp_value past_hashes(const hp_write *w)
{
    hp_value past = hp_array();
    const hp_value *present = hp_object_get(&w->stored->internal, HP_STR(HP_FIELD_PASSWORD_HASH));
    const hp_value *older = hp_object_get(&w->stored->internal, HP_STR(HP_FIELD_PASSWORD_HISTORY));
    size_t max = (size_t)policy_of(w)->max_password_history;

    if (hp_is(present, HP_STRING)) hp_array_push(w->call->mem, &past, *present);
    for (uint32_t i = 0; hp_is(older, HP_ARRAY) && i < older->array.count && past.array.count < max; i++)
        hp_array_push(w->call->mem, &past, older->array.items[i]);
    return past;
}

static hp_code check_history(hp_write *w, const hp_value *past, hp_err *err)
{
    const hp_core_parts *parts = &w->call->core->parts;
    for (uint32_t i = 0; i < past->array.count; i++) {
        bool same = false;
        HP_TRY(hp_password_verify(parts->passwords, w->password->string, hp_text(&past->array.items[i]),
                                  hp_password_deadline(), &same, err));
        if (!same) continue;
        return hp_fail(err, HP_E_VALIDATION_ERROR, "New password should not be the same as last %lld passwords.",
                       (long long)policy_of(w)->max_password_history);
    }
    return HP_OK;
}

static hp_code hash(hp_write *w, hp_err *err)
{
    const hp_core_parts *parts = &w->call->core->parts;
    char text[HP_PASSWORD_HASH_LEN_MAX + 1];

    HP_TRY(hp_password_hash(parts->passwords, parts->rand, w->password->string, hp_password_deadline(), text, err));
    w->password_hash = hp_arena_str(w->call->mem, hp_str_of(text));
    hp_wipe(text, sizeof text);
    return HP_OK;
}

hp_code hp_user_password_store(hp_write *w, hp_err *err)
{
    bool has_history = policy_of(w)->max_password_history > 0 && w->kind == HP_WRITE_UPDATE;
    hp_value past = hp_array();

    if (has_history) {
        HP_TRY(hp_write_read_stored(w, err));
        past = past_hashes(w);
    }
    if (!hp_str_present(w->password_hash)) {
        HP_TRY(check_policy(w, err));
        HP_TRY(check_history(w, &past, err));
        HP_TRY(hash(w, err));
    }
    hp_write_set(w, HP_FIELD_PASSWORD_HASH, hp_string(w->password_hash));
    if (has_history) hp_write_set(w, HP_FIELD_PASSWORD_HISTORY, past);
    if (policy_of(w)->max_password_age_days > 0) hp_write_set(w, HP_FIELD_PASSWORD_CHANGED, hp_date(w->call->now_ms));
    return HP_OK;
}

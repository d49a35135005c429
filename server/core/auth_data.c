#include "core/auth_data.h"

#include "base/limits.h"
#include "core/core_internal.h"
#include "core/users_internal.h"

#define COLUMN_PREFIX "_auth_data_"
#define INDEX_SUFFIX "_id"

hp_str hp_auth_column(hp_arena *mem, hp_str provider)
{
    return hp_arena_printf(mem, COLUMN_PREFIX "%" HP_STR_FMT, HP_STR_ARG(provider));
}

hp_str hp_auth_index(hp_arena *mem, hp_str provider)
{
    return hp_arena_printf(mem, COLUMN_PREFIX "%" HP_STR_FMT INDEX_SUFFIX, HP_STR_ARG(provider));
}

bool hp_auth_is_index(hp_str name)
{
    return hp_str_starts(name, HP_STR(COLUMN_PREFIX)) && hp_str_ends(name, HP_STR(INDEX_SUFFIX));
}

static const hp_class *users_class(const hp_call *call) { return hp_schema_class(call->schema, HP_STR("_User")); }

/* NULL for a provider that was not configured when the server started. */
static const hp_field *id_column(const hp_call *call, hp_str provider)
{
    return hp_class_field(users_class(call), hp_auth_column(call->mem, provider));
}

hp_code hp_auth_unsupported(hp_err *err)
{
    return hp_fail(err, HP_E_UNSUPPORTED_SERVICE, "This authentication method is unsupported.");
}

hp_code hp_auth_already_used(hp_err *err)
{
    return hp_fail(err, HP_E_ACCOUNT_ALREADY_LINKED, "this auth is already used");
}

hp_code hp_auth_duplicate(hp_str name, hp_err *err)
{
    return hp_str_starts(name, HP_STR(COLUMN_PREFIX)) ? hp_auth_already_used(err) : HP_OK;
}

/* ---- what was sent ---- */

static hp_auth_kind kind_of(const hp_call *call, hp_str provider, const hp_auth_provider **service)
{
    const hp_settings *s = call->settings;

    *service = NULL;
    if (hp_str_eq(provider, HP_STR("anonymous"))) return s->enable_anonymous_users ? HP_AUTH_ANONYMOUS : HP_AUTH_NONE;
    if (hp_str_eq(provider, HP_STR(HP_MFA_PROVIDER))) return s->mfa.enabled ? HP_AUTH_MFA : HP_AUTH_NONE;
    for (size_t i = 0; i < s->auth_provider_count; i++) {
        if (!hp_str_eq(s->auth_providers[i]->name, provider)) continue;
        if (id_column(call, provider) == NULL) return HP_AUTH_NONE;
        *service = s->auth_providers[i];
        return HP_AUTH_SERVICE;
    }
    return HP_AUTH_NONE;
}

static hp_code read_id(hp_auth_part *part, hp_err *err)
{
    const hp_value *id = hp_object_get(part->sent, HP_STR("id"));
    if (part->kind == HP_AUTH_MFA || hp_is_null(id)) return HP_OK;
    if (id->tag != HP_STRING || id->string.len > HP_AUTH_ID_BYTES_MAX)
        return hp_fail(err, HP_E_INVALID_VALUE, "Invalid authData id for provider '%" HP_STR_FMT "'.",
                       HP_STR_ARG(part->provider));
    if (id->string.len > 0) part->id = id->string;
    return HP_OK;
}

static hp_code read_part(hp_call *call, const hp_member *m, hp_auth_part *part, hp_err *err)
{
    *part = (hp_auth_part){ .provider = m->key };
    if (!hp_field_name_valid(m->key)) return hp_auth_unsupported(err);
    part->kind = kind_of(call, m->key, &part->service);
    if (m->value.tag == HP_NULL) return HP_OK;
    if (part->kind == HP_AUTH_NONE) return hp_auth_unsupported(err);
    part->sent = &m->value;
    HP_TRY(read_id(part, err));
    if (m->value.tag != HP_OBJECT) return hp_auth_unsupported(err);
    if (part->kind == HP_AUTH_ANONYMOUS && !hp_str_present(part->id)) return hp_auth_unsupported(err);
    return HP_OK;
}

static void sort_in(hp_auth_data *a, hp_auth_part part)
{
    size_t at = a->count++;
    for (; at > 0 && hp_str_cmp(a->parts[at - 1].provider, part.provider) > 0; at--) a->parts[at] = a->parts[at - 1];
    a->parts[at] = part;
}

hp_code hp_auth_read(hp_call *call, const hp_value *sent, hp_auth_data *out, hp_err *err)
{
    *out = (hp_auth_data){ .response = hp_object() };
    if (!hp_is(sent, HP_OBJECT) || hp_object_get(sent, HP_STR("__op")) != NULL) return hp_auth_unsupported(err);
    if (sent->object.count > HP_AUTH_PROVIDERS_MAX) return hp_auth_unsupported(err);
    out->parts = HP_NEW_ARRAY(call->mem, hp_auth_part, sent->object.count);
    for (uint32_t i = 0; i < sent->object.count; i++) {
        hp_auth_part part;
        HP_TRY(read_part(call, &sent->object.items[i], &part, err));
        sort_in(out, part);
    }
    return HP_OK;
}

bool hp_auth_says_something(const hp_auth_data *a)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->parts[i].sent != NULL && a->parts[i].sent->object.count > 0) return true;
    return false;
}

bool hp_auth_has_other_than_anonymous(const hp_auth_data *a)
{
    for (size_t i = 0; i < a->count; i++)
        if (a->parts[i].kind != HP_AUTH_ANONYMOUS) return true;
    return false;
}

bool hp_auth_opens_account(const hp_auth_data *a)
{
    for (size_t i = 0; i < a->count; i++) {
        const hp_auth_part *part = &a->parts[i];
        const bool second = part->service != NULL && part->service->policy == HP_AUTH_POLICY_ADDITIONAL;
        if (part->saved != NULL && hp_str_present(part->id) && !second) return true;
    }
    return false;
}

/* ---- whose it is ---- */

static hp_str id_of(const hp_row *user) { return hp_object_text(&user->fields, HP_STR("objectId")); }

/* The user that has one of the ids; *several: there is more than one. Nothing of it is answered. */
static hp_code find_owner(hp_call *call, const hp_auth_data *a, const hp_row **out, bool *several, hp_err *err)
{
    hp_filter **any = HP_NEW_ARRAY(call->mem, hp_filter *, a->count);
    size_t count = 0;
    hp_rows rows = { 0 };

    *out = NULL;
    *several = false;
    for (size_t i = 0; i < a->count; i++)
        if (hp_str_present(a->parts[i].id))
            any[count++] = hp_filter_eq(call->mem, id_column(call, a->parts[i].provider), hp_string(a->parts[i].id));
    if (count == 0) return HP_OK;
    hp_query q = { .cls = users_class(call),
                   .filter = hp_filter_join(call->mem, HP_FILTER_OR, any, count),
                   .readable_by = { .unrestricted = true },
                   .limit = 2,
                   .internal = true };
    HP_TRY(hp_store_find(call->core->parts.store, &q, call->mem, &rows, err));
    for (size_t i = 0; i < rows.count; i++) {
        if (hp_user_locked_out(call, &rows.items[i])) continue;
        if (*out != NULL) *several = true;
        if (*out == NULL) *out = &rows.items[i];
    }
    return HP_OK;
}

static const hp_value *stored_data(const hp_row *user, hp_str provider)
{
    return user == NULL ? NULL : hp_object_get(hp_object_get(&user->fields, HP_STR("authData")), provider);
}

/* Clients send back what they once read, whole or in part. */
static bool says_nothing_new(const hp_value *sent, const hp_value *stored)
{
    if (!hp_is(stored, HP_OBJECT) || sent->object.count == 0) return false;
    for (uint32_t i = 0; i < sent->object.count; i++) {
        const hp_member *m = &sent->object.items[i];
        const hp_value *was = hp_object_get(stored, m->key);
        if (was == NULL || !hp_value_equal(was, &m->value)) return false;
    }
    return true;
}

/* ---- what the providers say ---- */

typedef struct judging {
    hp_call *call;
    hp_auth_data *data;
    const hp_row *user; /* NULL: does not exist yet */
    bool login;
} judging;

static hp_code judge_mfa(const judging *j, hp_auth_part *part, hp_err *err)
{
    hp_mfa_change *change = &j->data->mfa;
    hp_value response;
    const bool enabled = hp_mfa_enabled(j->call, j->user);
    const bool by_sms = j->call->settings->mfa.sms != NULL && hp_truthy(hp_object_get(part->sent, HP_STR("mobile")));
    bool now_enabled = true;

    if (enabled && j->login)
        return hp_mfa_use(j->call, hp_object_get(part->sent, HP_STR("token")), j->user, change, err);
    if (enabled && by_sms) return hp_fail(err, HP_E_SCRIPT_FAILED, "MFA is already set up on this account");
    if (enabled && j->call->who.access != HP_ACCESS_MASTER)
        HP_TRY(hp_mfa_use(j->call, hp_object_get(part->sent, HP_STR("old")), j->user, change, err));
    if (by_sms) {
        HP_TRY(hp_mfa_set_up_sms(j->call, part->sent, j->user, change, &now_enabled, err));
    } else {
        HP_TRY(hp_mfa_set_up(j->call, part->sent, change, &response, err));
        hp_object_append(j->call->mem, &j->data->response, part->provider, response);
    }
    part->saved = hp_mfa_public(now_enabled || enabled);
    return HP_OK;
}

/* The id that was claimed and the id that was proven are one. */
static hp_code take_proven_id(hp_auth_part *part, hp_err *err)
{
    const hp_value *id = hp_object_get(part->saved, HP_STR("id"));
    if (hp_is_null(id) && part->service->policy == HP_AUTH_POLICY_ADDITIONAL) return HP_OK;
    if (!hp_is(id, HP_STRING) || id->string.len == 0 || id->string.len > HP_AUTH_ID_BYTES_MAX)
        return hp_auth_unsupported(err);
    if (hp_str_present(part->id) && !hp_str_eq(part->id, id->string))
        return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "%" HP_STR_FMT " auth is invalid for this user.",
                       HP_STR_ARG(part->provider));
    part->id = id->string;
    return HP_OK;
}

static hp_code judge_service(const judging *j, hp_auth_part *part, hp_err *err)
{
    hp_auth_verdict verdict = { 0 };
    hp_auth_step step = HP_AUTH_STEP_SET_UP;

    if (stored_data(j->user, part->provider) != NULL) step = j->login ? HP_AUTH_STEP_LOGIN : HP_AUTH_STEP_UPDATE;
    HP_TRY(part->service->ops->validate(part->service, step, part->sent, j->call->mem, &verdict, err));
    if (verdict.response != NULL) hp_object_append(j->call->mem, &j->data->response, part->provider, *verdict.response);
    if (verdict.do_not_save) return HP_OK;
    part->saved = verdict.save != NULL ? verdict.save : part->sent;
    return take_proven_id(part, err);
}

static hp_code judge_part(const judging *j, hp_auth_part *part, hp_err *err)
{
    switch (part->kind) {
    case HP_AUTH_NONE: return HP_OK; /* only to be unlinked */
    case HP_AUTH_ANONYMOUS: part->saved = part->sent; return HP_OK;
    case HP_AUTH_MFA: return judge_mfa(j, part, err);
    case HP_AUTH_SERVICE: return judge_service(j, part, err);
    }
    hp_assert_failed("a kind of provider", __FILE__, __LINE__);
}

static hp_code judge_one(const judging *j, hp_auth_part *part, hp_err *err)
{
    if (part->unchanged) return HP_OK;
    j->data->judged = true;
    if (part->sent != NULL) return judge_part(j, part, err);
    if (hp_str_eq(part->provider, HP_STR(HP_MFA_PROVIDER))) j->data->mfa.off = true;
    return HP_OK;
}

/* The second factor comes last: who cannot prove an id makes nobody's telephone ring, and learns of no code. */
static hp_code judge(const judging *j, hp_err *err)
{
    for (size_t i = 0; i < j->data->count; i++)
        if (j->data->parts[i].kind != HP_AUTH_MFA) HP_TRY(judge_one(j, &j->data->parts[i], err));
    for (size_t i = 0; i < j->data->count; i++)
        if (j->data->parts[i].kind == HP_AUTH_MFA) HP_TRY(judge_one(j, &j->data->parts[i], err));
    return HP_OK;
}

/* ---- second factors ---- */

static const hp_auth_part *sent_part(const hp_auth_data *a, hp_str provider)
{
    for (size_t i = 0; a != NULL && i < a->count; i++)
        if (a->parts[i].sent != NULL && hp_str_eq(a->parts[i].provider, provider)) return &a->parts[i];
    return NULL;
}

hp_code hp_auth_require_factors(hp_call *call, const hp_auth_data *a, const hp_row *user, hp_err *err)
{
    const hp_value *linked = hp_object_get(&user->fields, HP_STR("authData"));
    hp_str missing = HP_STR("");

    for (uint32_t i = 0; hp_is(linked, HP_OBJECT) && i < linked->object.count; i++) {
        const hp_str provider = linked->object.items[i].key;
        const hp_auth_provider *service;
        const hp_auth_kind kind = kind_of(call, provider, &service);
        const bool sent = sent_part(a, provider) != NULL;
        const bool second = (kind == HP_AUTH_MFA && hp_mfa_enabled(call, user)) ||
                            (service != NULL && service->policy == HP_AUTH_POLICY_ADDITIONAL);

        if (sent && (second || (service != NULL && service->policy == HP_AUTH_POLICY_SOLO))) return HP_OK;
        if (!second) continue;
        missing = hp_arena_printf(call->mem, "%" HP_STR_FMT "%s%" HP_STR_FMT, HP_STR_ARG(missing),
                                  missing.len > 0 ? "," : "", HP_STR_ARG(provider));
    }
    if (missing.len == 0) return HP_OK;
    return hp_fail(err, HP_E_OTHER_CAUSE, "Missing additional authData %" HP_STR_FMT, HP_STR_ARG(missing));
}

/* ---- all of it ---- */

static bool other_user(const hp_row *self, const hp_row *owner)
{
    return self != NULL && owner != NULL && !hp_str_eq(id_of(self), id_of(owner));
}

static size_t known_ids(const hp_auth_data *a)
{
    size_t count = 0;
    for (size_t i = 0; i < a->count; i++) count += hp_str_present(a->parts[i].id);
    return count;
}

static void mark_unchanged(hp_auth_data *a, const hp_row *user)
{
    for (size_t i = 0; i < a->count; i++)
        a->parts[i].unchanged =
            a->parts[i].sent != NULL && says_nothing_new(a->parts[i].sent, stored_data(user, a->parts[i].provider));
}

hp_code hp_auth_settle(hp_call *call, hp_auth_data *a, const hp_row *self, bool login, const hp_row **owner,
                       hp_err *err)
{
    const hp_row *found;
    bool several;

    HP_TRY(find_owner(call, a, &found, &several, err));
    const bool own = self == NULL && found != NULL && hp_str_eq(id_of(found), call->who.user_id);
    judging j = { .call = call, .data = a, .user = self != NULL ? self : found, .login = login && !own };
    if (j.user != NULL && !j.login) mark_unchanged(a, j.user);
    /* A password is a proof: who has it may know what else is asked of him. An id alone is none. */
    if (self != NULL && login) HP_TRY(hp_auth_require_factors(call, a, self, err));
    const size_t before = known_ids(a);
    HP_TRY(judge(&j, err));
    if (known_ids(a) > before) HP_TRY(find_owner(call, a, &found, &several, err)); /* some were exchanged for a code */
    if (several || other_user(self, found)) return hp_auth_already_used(err);
    if (j.login && found != NULL && self == NULL && hp_str_present(call->who.user_id))
        return hp_auth_already_used(err); /* who is signed in stays who he is */
    if (self == NULL) *owner = found;
    return self == NULL && found != NULL && j.login ? hp_auth_require_factors(call, a, found, err) : HP_OK;
}

hp_code hp_auth_identify(hp_call *call, hp_auth_data *a, const hp_row **owner, hp_err *err)
{
    bool several;

    HP_TRY(find_owner(call, a, owner, &several, err));
    if (several) *owner = NULL;
    judging j = { .call = call, .data = a, .user = *owner, .login = true };
    for (size_t i = 0; i < a->count; i++)
        if (hp_str_present(a->parts[i].id)) HP_TRY(judge_part(&j, &a->parts[i], err));
    return HP_OK;
}

const hp_auth_provider *hp_auth_service(const hp_call *call, hp_str provider)
{
    const hp_auth_provider *service;
    (void)kind_of(call, provider, &service);
    return service;
}

/* ---- what is written ---- */

static bool writes(const hp_auth_part *part) { return part->saved != NULL || part->sent == NULL; }

hp_value hp_auth_body(hp_arena *mem, const hp_auth_data *a, bool creating)
{
    hp_value body = hp_object(), whole = hp_object(), gone = hp_object();

    hp_object_append(mem, &gone, HP_STR("__op"), hp_string(HP_STR("Delete")));
    for (size_t i = 0; i < a->count; i++) {
        const hp_auth_part *part = &a->parts[i];
        if (!writes(part)) continue;
        if (creating) {
            if (part->saved != NULL) hp_object_append(mem, &whole, part->provider, *part->saved);
            continue;
        }
        const hp_str path = hp_arena_printf(mem, "authData.%" HP_STR_FMT, HP_STR_ARG(part->provider));
        hp_object_append(mem, &body, path, part->saved != NULL ? *part->saved : gone);
    }
    if (creating && whole.object.count > 0) hp_object_append(mem, &body, HP_STR("authData"), whole);
    return body;
}

void hp_auth_columns(hp_call *call, const hp_auth_data *a, bool creating, hp_change **out, size_t *count)
{
    hp_change *changes = HP_NEW_ARRAY(call->mem, hp_change, a->count + HP_MFA_CHANGES_MAX);
    hp_change second[HP_MFA_CHANGES_MAX];

    *count = 0;
    for (size_t i = 0; i < a->count; i++) {
        const hp_auth_part *part = &a->parts[i];
        const hp_field *f = id_column(call, part->provider);
        if (f == NULL || !writes(part)) continue;
        if (part->saved != NULL && hp_str_present(part->id))
            changes[(*count)++] = (hp_change){ { .field = f }, HP_OP_SET, hp_string(part->id) };
        else if (!creating)
            changes[(*count)++] = (hp_change){ { .field = f }, HP_OP_UNSET, hp_null() };
    }
    const size_t mfa = hp_mfa_changes(call, users_class(call), &a->mfa, second);
    for (size_t i = 0; i < mfa; i++)
        if (!creating || second[i].op == HP_OP_SET) changes[(*count)++] = second[i];
    *out = changes;
}

bool hp_auth_guard(hp_call *call, const hp_auth_data *a, hp_str user_id, hp_unit_op *op)
{
    hp_filter *condition = hp_mfa_condition(call, users_class(call), &a->mfa);
    if (condition == NULL) return false;
    *op = (hp_unit_op){ .kind = HP_UNIT_REQUIRE,
                        .cls = users_class(call),
                        .object_id = user_id,
                        .filter = condition,
                        .guard_code = HP_E_SCRIPT_FAILED,
                        .guard_message = HP_MFA_INVALID_TOKEN };
    return true;
}

/* authData.<provider>, whole. */
static hp_change data_change(const hp_call *call, const hp_auth_part *part)
{
    hp_str *segment = HP_NEW(call->mem, hp_str);
    *segment = part->provider;
    return (hp_change){ .path = { .field = hp_class_field(users_class(call), HP_STR("authData")),
                                  .segments = segment,
                                  .segment_count = 1 },
                        .op = part->saved != NULL ? HP_OP_SET : HP_OP_UNSET,
                        .operand = part->saved != NULL ? *part->saved : hp_null() };
}

hp_code hp_auth_login_op(hp_call *call, const hp_auth_data *a, hp_str user_id, hp_unit_op *op, size_t *count,
                         hp_err *err)
{
    hp_change *columns;
    size_t column_count, data_count = 0;
    hp_raw_changes unused;

    *count = 0;
    hp_auth_columns(call, a, false, &columns, &column_count);
    hp_change *changes = HP_NEW_ARRAY(call->mem, hp_change, a->count + column_count);
    for (size_t i = 0; i < a->count; i++)
        if (writes(&a->parts[i])) changes[data_count++] = data_change(call, &a->parts[i]);
    if (column_count > 0) memcpy(changes + data_count, columns, column_count * sizeof *changes);
    if (data_count + column_count == 0) return HP_OK;

    /* The checks that any written value passes: nested keys, typed objects. */
    hp_value body = hp_auth_body(call->mem, a, false);
    HP_TRY(hp_changes_read(hp_value_new(call->mem, body), call->mem, &unused, err));
    *op = (hp_unit_op){ .kind = HP_UNIT_UPDATE,
                        .cls = users_class(call),
                        .object_id = user_id,
                        .filter = hp_mfa_condition(call, users_class(call), &a->mfa),
                        .writable_by = { .unrestricted = true },
                        .changes = changes,
                        .change_count = data_count + column_count,
                        .guard_code = HP_E_SCRIPT_FAILED,
                        .guard_message = HP_MFA_INVALID_TOKEN };
    *count = 1;
    return HP_OK;
}

hp_str hp_auth_names(hp_arena *mem, const hp_auth_data *a)
{
    hp_str names = HP_STR("");
    for (size_t i = 0; i < a->count; i++)
        names = hp_arena_printf(mem, "%" HP_STR_FMT "%s%" HP_STR_FMT, HP_STR_ARG(names), names.len > 0 ? "," : "",
                                HP_STR_ARG(a->parts[i].provider));
    return names;
}

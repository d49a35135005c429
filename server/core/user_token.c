#include "core/user_token.h"

#include "auth/digest.h"
#include "core/core_internal.h"
#include "core/system_classes.h"

static const hp_class *users_class(const hp_call *call) { return hp_schema_class(call->schema, HP_STR("_User")); }

static const hp_field *token_field(const hp_call *call, hp_user_token_kind kind)
{
    return hp_class_field(users_class(call),
                          kind == HP_USER_TOKEN_VERIFY ? HP_STR(HP_FIELD_VERIFY_TOKEN) : HP_STR(HP_FIELD_RESET_TOKEN));
}

static const hp_field *expiry_field(const hp_call *call, hp_user_token_kind kind)
{
    return hp_class_field(users_class(call), kind == HP_USER_TOKEN_VERIFY ? HP_STR(HP_FIELD_VERIFY_EXPIRY)
                                                                          : HP_STR(HP_FIELD_RESET_EXPIRY));
}

static int64_t lifetime_ms(const hp_call *call, hp_user_token_kind kind)
{
    return kind == HP_USER_TOKEN_VERIFY ? call->settings->email.verify_token_ms
                                        : call->settings->password_policy.reset_token_ms;
}

static bool is_reused(const hp_call *call, hp_user_token_kind kind)
{
    return kind == HP_USER_TOKEN_VERIFY ? call->settings->email.verify_token_reuse
                                        : call->settings->password_policy.reset_token_reuse;
}

/* A digest is no token: whoever has read one in a copy of the database has nothing to send. */
static bool has_shape(hp_str text)
{
    if (text.len != HP_USER_TOKEN_LEN) return false;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) return false;
    }
    return true;
}

hp_code hp_user_token_make(hp_call *call, hp_str *text, hp_err *err)
{
    char *made = hp_arena_alloc(call->mem, HP_USER_TOKEN_LEN + 1);
    if (!hp_rand_alnum(call->core->parts.rand, made, HP_USER_TOKEN_LEN))
        return hp_fail_internal(err, "no randomness for a token");
    *text = (hp_str){ made, HP_USER_TOKEN_LEN };
    return HP_OK;
}

void hp_user_token_changes(const hp_call *call, hp_user_token_kind kind, hp_str text,
                           hp_change out[HP_USER_TOKEN_CHANGES])
{
    const int64_t ms = lifetime_ms(call, kind);
    out[0] = (hp_change){ .path = { .field = token_field(call, kind) }, .op = HP_OP_UNSET };
    out[1] = (hp_change){ .path = { .field = expiry_field(call, kind) }, .op = HP_OP_UNSET };
    if (!hp_str_present(text)) return;
    out[0].op = HP_OP_SET;
    out[0].operand = hp_string(is_reused(call, kind) ? text : hp_digest_sha256_hex(call->mem, text));
    if (ms == 0) return;
    out[1].op = HP_OP_SET;
    out[1].operand = hp_date(call->now_ms + ms);
}

static hp_filter *leaf(const hp_call *call, hp_filter_kind kind, const hp_field *field, hp_value operand)
{
    hp_filter *f = hp_filter_new(call->mem, kind, (hp_path){ .field = field });
    f->operand = operand;
    return f;
}

static hp_filter *holds(const hp_call *call, const hp_user_token *token)
{
    const hp_field *field = token_field(call, token->kind);
    if (!has_shape(token->text)) return hp_filter_new(call->mem, HP_FILTER_FALSE, (hp_path){ 0 });
    hp_filter *forms[] = {
        hp_filter_eq(call->mem, field, hp_string(hp_digest_sha256_hex(call->mem, token->text))),
        hp_filter_eq(call->mem, field, hp_string(token->text)),
    };
    return hp_filter_join(call->mem, HP_FILTER_OR, forms, 2);
}

hp_filter *hp_user_token_condition(const hp_call *call, const hp_user_token *token)
{
    const hp_field *expiry = expiry_field(call, token->kind);
    hp_filter *in_time[] = { leaf(call, HP_FILTER_EQ, expiry, hp_null()),
                             leaf(call, HP_FILTER_GT, expiry, hp_date(call->now_ms)) };
    hp_filter *both[] = { holds(call, token), hp_filter_join(call->mem, HP_FILTER_OR, in_time, 2) };
    return hp_filter_join(call->mem, HP_FILTER_AND, both, 2);
}

static bool is_over(const hp_call *call, hp_user_token_kind kind, const hp_row *user)
{
    const hp_value *until = hp_object_get(&user->internal, expiry_field(call, kind)->name);
    return hp_is(until, HP_DATE) && until->date.ms <= call->now_ms;
}

hp_code hp_user_token_find(hp_call *call, const hp_user_token *token, const hp_row **user, bool *expired, hp_err *err)
{
    hp_rows rows = { 0 };
    const hp_query q = { .cls = users_class(call),
                         .filter = holds(call, token),
                         .readable_by = { .unrestricted = true },
                         .limit = 1,
                         .internal = true };

    *user = NULL;
    *expired = false;
    HP_TRY(hp_store_find(call->core->parts.store, &q, call->mem, &rows, err));
    if (rows.count == 0) return HP_OK;
    *user = &rows.items[0];
    *expired = is_over(call, token->kind, *user);
    return HP_OK;
}

hp_str hp_user_token_reusable(const hp_call *call, hp_user_token_kind kind, const hp_row *user)
{
    const hp_str text = hp_object_text(&user->internal, token_field(call, kind)->name);
    const bool may = is_reused(call, kind) && has_shape(text) && !is_over(call, kind, user);
    return may ? text : HP_STR_NONE;
}

#include "core/mfa.h"

#include "auth/digest.h"
#include "auth/secret.h"
#include "auth/totp.h"
#include "core/core_internal.h"
#include "core/mfa_sms.h"
#include "core/system_classes.h"

enum { SECRET_LEN_MIN = 20, RECOVERY_CODES = 2, RECOVERY_LEN = 30 };

static hp_code invalid_token(hp_err *err) { return hp_fail(err, HP_E_SCRIPT_FAILED, HP_MFA_INVALID_TOKEN); }

static hp_code invalid_data(hp_err *err) { return hp_fail(err, HP_E_SCRIPT_FAILED, "Invalid MFA data"); }

static hp_str secret_of(const hp_row *user) { return hp_object_text(&user->internal, HP_STR(HP_FIELD_MFA_SECRET)); }

bool hp_mfa_enabled(const hp_call *call, const hp_row *user)
{
    return call->settings->mfa.enabled && user != NULL &&
           (hp_str_present(secret_of(user)) || hp_str_present(hp_mfa_mobile(user)));
}

const hp_value *hp_mfa_public(bool enabled)
{
    static hp_member on = { .key = HP_STR_INIT("status"),
                            .value = { .tag = HP_STRING, .string = HP_STR_INIT("enabled") } };
    static hp_member off = { .key = HP_STR_INIT("status"),
                             .value = { .tag = HP_STRING, .string = HP_STR_INIT("disabled") } };
    static const hp_value states[] = { { .tag = HP_OBJECT, .object = { .items = &off, .count = 1, .cap = 1 } },
                                       { .tag = HP_OBJECT, .object = { .items = &on, .count = 1, .cap = 1 } } };
    return &states[enabled];
}

/* Two codes; their digests are kept, the codes themselves are only in the answer. */
static hp_code make_recovery(hp_call *call, hp_mfa_change *change, hp_value *response, hp_err *err)
{
    char code[RECOVERY_LEN + 1];
    hp_str shown = HP_STR("");

    change->recovery = hp_array();
    for (int i = 0; i < RECOVERY_CODES; i++) {
        if (!hp_rand_alnum(call->core->parts.rand, code, RECOVERY_LEN))
            return hp_fail_internal(err, "no randomness for a recovery code");
        hp_array_push(call->mem, &change->recovery,
                      hp_string(hp_digest_sha256_hex(call->mem, (hp_str){ code, RECOVERY_LEN })));
        shown = hp_arena_printf(call->mem, "%" HP_STR_FMT "%s%s", HP_STR_ARG(shown), i > 0 ? ", " : "", code);
    }
    hp_wipe(code, sizeof code);
    *response = hp_object();
    hp_object_append(call->mem, response, HP_STR("recovery"), hp_string(shown));
    return HP_OK;
}

hp_code hp_mfa_set_up(hp_call *call, const hp_value *sent, hp_mfa_change *change, hp_value *response, hp_err *err)
{
    const hp_str secret = hp_object_text(sent, HP_STR("secret")), token = hp_object_text(sent, HP_STR("token"));
    int64_t step;

    if (!call->settings->mfa.by_totp || secret.len < SECRET_LEN_MIN || token.len == 0 || !hp_totp_secret_valid(secret))
        return invalid_data(err);
    if (!hp_totp_check(&call->settings->mfa.totp, secret, token, call->now_ms, &step)) return invalid_token(err);
    change->set_up = true;
    change->secret = secret;
    return make_recovery(call, change, response, err);
}

hp_code hp_mfa_set_up_sms(hp_call *call, const hp_value *sent, const hp_row *user, hp_mfa_change *change, bool *enabled,
                          hp_err *err)
{
    const hp_str mobile = hp_object_text(sent, HP_STR("mobile"));
    const hp_value *token = hp_object_get(sent, HP_STR("token"));
    *enabled = hp_truthy(token);
    if (user == NULL || call->settings->mfa.sms == NULL || !hp_str_present(mobile)) return invalid_data(err);
    if (!*enabled) return hp_mfa_sms_send(call, user, mobile, err);
    HP_TRY(hp_mfa_sms_check(call, user, mobile, token, change, err));
    change->mobile = mobile;
    return HP_OK;
}

/* Where SMS is not configured any more, nobody gets in by it. */
static hp_code use_sms(hp_call *call, const hp_value *token, const hp_row *user, hp_mfa_change *change, hp_err *err)
{
    const hp_str mobile = hp_mfa_mobile(user);
    if (call->settings->mfa.sms == NULL) return invalid_token(err);
    if (!hp_str_eq(hp_text(token), HP_STR("request"))) return hp_mfa_sms_check(call, user, mobile, token, change, err);
    HP_TRY(hp_mfa_sms_send(call, user, mobile, err));
    change->asked_for_sms = true;
    return hp_fail(err, HP_E_SCRIPT_FAILED, "Please enter the token");
}

static bool has_recovery(const hp_row *user, hp_str digest)
{
    const hp_value *left = hp_object_get(&user->internal, HP_STR(HP_FIELD_MFA_RECOVERY));
    bool found = false;
    for (uint32_t i = 0; hp_is(left, HP_ARRAY) && i < left->array.count; i++)
        if (hp_secret_equal(hp_text(&left->array.items[i]), digest)) found = true;
    return found;
}

hp_code hp_mfa_use(hp_call *call, const hp_value *token, const hp_row *user, hp_mfa_change *change, hp_err *err)
{
    const hp_value *last = hp_object_get(&user->internal, HP_STR(HP_FIELD_MFA_STEP));
    int64_t step;

    if (!hp_is(token, HP_STRING) || token->string.len == 0) return invalid_token(err);
    if (hp_str_present(hp_mfa_mobile(user))) return use_sms(call, token, user, change, err);
    const hp_str digest = hp_digest_sha256_hex(call->mem, token->string);
    if (has_recovery(user, digest)) {
        change->used_recovery = digest;
        return HP_OK;
    }
    if (!hp_totp_check(&call->settings->mfa.totp, secret_of(user), token->string, call->now_ms, &step))
        return invalid_token(err);
    if (hp_is(last, HP_NUMBER) && (double)step <= last->number) return invalid_token(err);
    change->used_code = true;
    change->step = step;
    return HP_OK;
}

static hp_change column(const hp_class *users, const char *name, hp_op op, hp_value v)
{
    const hp_field *f = hp_class_field(users, hp_str_of(name));
    HP_ASSERT(f != NULL); /* hp_system_classes_ensure has made it */
    return (hp_change){ .path = { .field = f }, .op = op, .operand = v };
}

size_t hp_mfa_changes(const hp_call *call, const hp_class *users, const hp_mfa_change *change, hp_change *out)
{
    size_t count = 0;

    if (change->set_up) {
        out[count++] = column(users, HP_FIELD_MFA_SECRET, HP_OP_SET, hp_string(change->secret));
        out[count++] = column(users, HP_FIELD_MFA_RECOVERY, HP_OP_SET, change->recovery);
        out[count++] = column(users, HP_FIELD_MFA_STEP, HP_OP_UNSET, hp_null());
        out[count++] = column(users, HP_FIELD_MFA_MOBILE, HP_OP_UNSET, hp_null());
    } else if (change->off) {
        out[count++] = column(users, HP_FIELD_MFA_SECRET, HP_OP_UNSET, hp_null());
        out[count++] = column(users, HP_FIELD_MFA_RECOVERY, HP_OP_UNSET, hp_null());
        out[count++] = column(users, HP_FIELD_MFA_STEP, HP_OP_UNSET, hp_null());
        out[count++] = column(users, HP_FIELD_MFA_MOBILE, HP_OP_UNSET, hp_null());
    } else if (hp_str_present(change->mobile)) {
        out[count++] = column(users, HP_FIELD_MFA_MOBILE, HP_OP_SET, hp_string(change->mobile));
    } else if (change->used_code) {
        out[count++] = column(users, HP_FIELD_MFA_STEP, HP_OP_SET, hp_number((double)change->step));
    } else if (hp_str_present(change->used_recovery)) {
        hp_value used = hp_array();
        hp_array_push(call->mem, &used, hp_string(change->used_recovery));
        out[count++] = column(users, HP_FIELD_MFA_RECOVERY, HP_OP_REMOVE, used);
    }
    if (change->off || hp_str_present(change->used_sms)) count += hp_mfa_sms_forget(users, out + count);
    HP_ASSERT(count <= HP_MFA_CHANGES_MAX);
    return count;
}

static hp_filter *leaf(const hp_call *call, const hp_class *users, hp_filter_kind kind, const char *name, hp_value v)
{
    hp_filter *f = hp_filter_new(call->mem, kind, (hp_path){ .field = hp_class_field(users, hp_str_of(name)) });
    f->operand = v;
    return f;
}

hp_filter *hp_mfa_condition(const hp_call *call, const hp_class *users, const hp_mfa_change *change)
{
    if (hp_str_present(change->used_recovery))
        return leaf(call, users, HP_FILTER_EQ, HP_FIELD_MFA_RECOVERY, hp_string(change->used_recovery));
    if (hp_str_present(change->used_sms))
        return leaf(call, users, HP_FILTER_EQ, HP_FIELD_MFA_SMS_CODE, hp_string(change->used_sms));
    if (!change->used_code) return NULL;
    hp_filter *parts[] = { leaf(call, users, HP_FILTER_EQ, HP_FIELD_MFA_STEP, hp_null()),
                           leaf(call, users, HP_FILTER_LT, HP_FIELD_MFA_STEP, hp_number((double)change->step)) };
    return hp_filter_join(call->mem, HP_FILTER_OR, parts, 2);
}

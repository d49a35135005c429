#include "core/mfa_sms.h"

#include "auth/digest.h"
#include "auth/secret.h"
#include "core/core_internal.h"
#include "core/system_classes.h"
#include "services/adapter_webhook.h"

enum { MOBILE_BYTES_MAX = 32, TRIES_MAX = 5 };

static const hp_class *users_class(const hp_call *call) { return hp_schema_class(call->schema, HP_STR("_User")); }

static hp_str id_of(const hp_row *user) { return hp_object_text(&user->fields, HP_STR("objectId")); }

hp_str hp_mfa_mobile(const hp_row *user) { return hp_object_text(&user->internal, HP_STR(HP_FIELD_MFA_MOBILE)); }

/* What Parse Server takes: +(49) 151/123-45.67 and the like. */
static bool is_mobile(hp_str text)
{
    size_t i = 0, digits = 0;
    while (i < text.len && text.ptr[i] == '+') i++;
    if (i < text.len && text.ptr[i] == '(') i++;
    while (i < text.len && digits < 3 && text.ptr[i] >= '0' && text.ptr[i] <= '9') i++, digits++;
    if (i < text.len && text.ptr[i] == ')') i++;
    for (; i < text.len; i++)
        if (!(text.ptr[i] >= '0' && text.ptr[i] <= '9') && memchr("- ./", text.ptr[i], 4) == NULL) return false;
    return digits > 0 && text.len <= MOBILE_BYTES_MAX;
}

static hp_change column(const hp_class *users, const char *name, hp_op op, hp_value v)
{
    const hp_field *f = hp_class_field(users, hp_str_of(name));
    HP_ASSERT(f != NULL); /* hp_system_classes_ensure has made it */
    return (hp_change){ .path = { .field = f }, .op = op, .operand = v };
}

static hp_filter *leaf(const hp_call *call, hp_filter_kind kind, const char *name, hp_value v)
{
    hp_filter *f =
        hp_filter_new(call->mem, kind, (hp_path){ .field = hp_class_field(users_class(call), hp_str_of(name)) });
    f->operand = v;
    return f;
}

size_t hp_mfa_sms_forget(const hp_class *users, hp_change *out)
{
    out[0] = column(users, HP_FIELD_MFA_SMS_MOBILE, HP_OP_UNSET, hp_null());
    out[1] = column(users, HP_FIELD_MFA_SMS_CODE, HP_OP_UNSET, hp_null());
    out[2] = column(users, HP_FIELD_MFA_SMS_UNTIL, HP_OP_UNSET, hp_null());
    out[3] = column(users, HP_FIELD_MFA_SMS_TRIES, HP_OP_UNSET, hp_null());
    return HP_MFA_SMS_COLUMNS;
}

/* One update of the user where `filter` holds; OBJECT_NOT_FOUND where it does not. */
static hp_code update(hp_call *call, const hp_row *user, const hp_filter *filter, const hp_change *changes,
                      size_t count, hp_err *err)
{
    hp_unit_op op = { .kind = HP_UNIT_UPDATE,
                      .cls = users_class(call),
                      .object_id = id_of(user),
                      .filter = filter,
                      .writable_by = { .unrestricted = true },
                      .changes = changes,
                      .change_count = count };
    hp_unit unit = { .ops = &op, .count = 1 };
    return hp_store_write(call->core->parts.store, &unit, call->mem, err);
}

/* ---- sending ---- */

static bool make_code(hp_rand *rand, int digits, char *out)
{
    int count = 0;
    while (count < digits) {
        unsigned char byte;
        if (!rand->fill(rand, &byte, 1)) return false;
        if (byte < 250) out[count++] = (char)('0' + byte % 10); /* above it some digits would come more often */
    }
    out[count] = '\0';
    return true;
}

/* Takes the user's one place for a code. *taken false: the code that is there is still good. */
static hp_code take_place(hp_call *call, const hp_row *user, hp_str mobile, hp_str digest, bool *taken, hp_err *err)
{
    const hp_class *users = users_class(call);
    const int64_t until_ms = call->now_ms + 1000 * call->settings->mfa.totp.period_s;
    const hp_change changes[] = {
        column(users, HP_FIELD_MFA_SMS_MOBILE, HP_OP_SET, hp_string(mobile)),
        column(users, HP_FIELD_MFA_SMS_CODE, HP_OP_SET, hp_string(digest)),
        column(users, HP_FIELD_MFA_SMS_UNTIL, HP_OP_SET, hp_number((double)until_ms)),
        column(users, HP_FIELD_MFA_SMS_TRIES, HP_OP_SET, hp_number(0)),
    };
    hp_filter *free_if[] = { leaf(call, HP_FILTER_EQ, HP_FIELD_MFA_SMS_UNTIL, hp_null()),
                             leaf(call, HP_FILTER_LTE, HP_FIELD_MFA_SMS_UNTIL, hp_number((double)call->now_ms)) };
    const hp_code rc = update(call, user, hp_filter_join(call->mem, HP_FILTER_OR, free_if, 2), changes,
                              sizeof changes / sizeof *changes, err);
    *taken = rc == HP_OK;
    return rc == HP_E_OBJECT_NOT_FOUND ? HP_OK : rc;
}

static hp_code deliver(hp_call *call, hp_str mobile, hp_str code, hp_err *err)
{
    hp_value body = hp_object(), success;
    hp_object_append(call->mem, &body, HP_STR("token"), hp_string(code));
    hp_object_append(call->mem, &body, HP_STR("mobile"), hp_string(mobile));
    const hp_code rc = hp_adapter_webhook_call(call->settings->mfa.sms, HP_STR("sendSMS"), &body, HP_E_SCRIPT_FAILED,
                                               call->mem, &success, err);
    return hp_adapter_webhook_refusal(rc, err);
}

hp_code hp_mfa_sms_send(hp_call *call, const hp_row *user, hp_str mobile, hp_err *err)
{
    char code[HP_TOTP_DIGITS_MAX + 1];
    hp_change none[HP_MFA_SMS_COLUMNS];
    hp_err ignored = { 0 };
    bool taken;

    if (!is_mobile(mobile)) return hp_fail(err, HP_E_SCRIPT_FAILED, "Invalid mobile number.");
    if (!make_code(call->core->parts.rand, call->settings->mfa.totp.digits, code))
        return hp_fail_internal(err, "no randomness for a code");
    const hp_str digest = hp_digest_sha256_hex(call->mem, hp_str_of(code));
    HP_TRY(take_place(call, user, mobile, digest, &taken, err));
    if (!taken) {
        if (hp_str_eq(hp_object_text(&user->internal, HP_STR(HP_FIELD_MFA_SMS_MOBILE)), mobile)) return HP_OK;
        return hp_fail(err, HP_E_SCRIPT_FAILED, "A token was sent a moment ago. Wait until it expires.");
    }
    const hp_code rc = deliver(call, mobile, hp_arena_str(call->mem, hp_str_of(code)), err);
    hp_wipe(code, sizeof code);
    if (rc != HP_OK) /* nobody has it; if this fails too, it ends by itself */
        HP_IGNORE(update(call, user, leaf(call, HP_FILTER_EQ, HP_FIELD_MFA_SMS_CODE, hp_string(digest)), none,
                         hp_mfa_sms_forget(users_class(call), none), &ignored));
    return rc;
}

/* ---- checking ---- */

static hp_code invalid(hp_err *err) { return hp_fail(err, HP_E_SCRIPT_FAILED, HP_MFA_INVALID_TOKEN); }

/* OBJECT_NOT_FOUND: there is no code for this number, it is over, or it was tried too often. */
static hp_code count_try(hp_call *call, const hp_row *user, hp_str mobile, hp_err *err)
{
    const hp_change more = column(users_class(call), HP_FIELD_MFA_SMS_TRIES, HP_OP_INCREMENT, hp_number(1));
    hp_filter *all[] = { leaf(call, HP_FILTER_EQ, HP_FIELD_MFA_SMS_MOBILE, hp_string(mobile)),
                         leaf(call, HP_FILTER_GT, HP_FIELD_MFA_SMS_UNTIL, hp_number((double)call->now_ms)),
                         leaf(call, HP_FILTER_LT, HP_FIELD_MFA_SMS_TRIES, hp_number(TRIES_MAX)) };
    return update(call, user, hp_filter_join(call->mem, HP_FILTER_AND, all, 3), &more, 1, err);
}

hp_code hp_mfa_sms_check(hp_call *call, const hp_row *user, hp_str mobile, const hp_value *token, hp_mfa_change *change,
                         hp_err *err)
{
    if (!hp_str_eq(hp_object_text(&user->internal, HP_STR(HP_FIELD_MFA_SMS_MOBILE)), mobile))
        return hp_str_present(hp_mfa_mobile(user)) ? invalid(err)
                                                   : hp_fail(err, HP_E_SCRIPT_FAILED, "This number is not pending");
    if (!hp_is(token, HP_STRING)) return invalid(err);
    const hp_code rc = count_try(call, user, mobile, err);
    if (rc == HP_E_OBJECT_NOT_FOUND) return invalid(err);
    HP_TRY(rc);
    const hp_str digest = hp_digest_sha256_hex(call->mem, token->string);
    if (!hp_secret_equal(hp_object_text(&user->internal, HP_STR(HP_FIELD_MFA_SMS_CODE)), digest)) return invalid(err);
    change->used_sms = digest;
    return HP_OK;
}

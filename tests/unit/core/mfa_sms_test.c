#include "core_fixture.h"

#include "auth/digest.h"
#include "core/core_internal.h"
#include "core/mfa_sms.h"
#include "core/system_classes.h"
#include "services/adapter_webhook.h"

static const hp_str MOBILE = HP_STR_INIT("0151"), CODE = HP_STR_INIT("123456");

/* Nobody listens there: what is sent is lost at once. */
static void switch_on(core_fixture *f)
{
    static const hp_adapter_webhook NOWHERE = { .url = HP_STR_INIT("http://127.0.0.1:1"), .timeout_ms = 1000 };
    f->settings.mfa = (hp_mfa_settings){ .enabled = true, .totp = { .digits = 6, .period_s = 30 }, .sms = &NOWHERE };
}

static const hp_row *read_user(core_fixture *f, hp_call *call, const char *id)
{
    hp_rows rows = { 0 };
    hp_err err = { 0 };
    const hp_class *users = hp_schema_class(call->schema, HP_STR("_User"));
    const hp_query q = { .cls = users,
                         .filter =
                             hp_filter_eq(f->mem, hp_class_field(users, HP_STR("objectId")), hp_string(hp_str_of(id))),
                         .readable_by = { .unrestricted = true },
                         .limit = 1,
                         .internal = true };
    assert_int_equal(hp_store_find(f->store, &q, f->mem, &rows, &err), HP_OK);
    assert_int_equal(rows.count, 1);
    return &rows.items[0];
}

/* As if CODE had just been sent to MOBILE. */
static void pretend_sent(core_fixture *f, hp_call *call, const char *id)
{
    const struct {
        const char *name;
        hp_value v;
    } columns[] = {
        { HP_FIELD_MFA_SMS_MOBILE, hp_string(MOBILE) },
        { HP_FIELD_MFA_SMS_CODE, hp_string(hp_digest_sha256_hex(f->mem, CODE)) },
        { HP_FIELD_MFA_SMS_UNTIL, hp_number((double)(f->now_ms + 30000)) },
        { HP_FIELD_MFA_SMS_TRIES, hp_number(0) },
    };
    const hp_class *users = hp_schema_class(call->schema, HP_STR("_User"));
    hp_change changes[4];
    hp_err err = { 0 };
    for (size_t i = 0; i < 4; i++)
        changes[i] = (hp_change){ .path = { .field = hp_class_field(users, hp_str_of(columns[i].name)) },
                                  .op = HP_OP_SET,
                                  .operand = columns[i].v };
    hp_unit_op op = { .kind = HP_UNIT_UPDATE,
                      .cls = users,
                      .object_id = hp_str_of(id),
                      .writable_by = { .unrestricted = true },
                      .changes = changes,
                      .change_count = 4 };
    hp_unit unit = { .ops = &op, .count = 1 };
    assert_int_equal(hp_store_write(f->store, &unit, f->mem, &err), HP_OK);
}

static hp_code check(core_fixture *f, const char *id, const char *code)
{
    const hp_value token = hp_string(hp_str_of(code));
    hp_mfa_change change = { 0 };
    hp_err err = { 0 };
    hp_call call = fixture_call(f, true, NULL);
    const hp_code rc = hp_mfa_sms_check(&call, read_user(f, &call, id), MOBILE, &token, &change, &err);
    assert_int_equal(hp_str_present(change.used_sms), rc == HP_OK);
    hp_call_close(&call);
    return rc;
}

static const char *user_with_code(core_fixture *f)
{
    const char *id = fixture_sign_up(f, "ann", NULL);
    switch_on(f);
    hp_call call = fixture_call(f, true, NULL);
    pretend_sent(f, &call, id);
    hp_call_close(&call);
    return id;
}

static void a_code_is_good_until_its_time_is_over(void **state)
{
    core_fixture *f = *state;
    const char *id = user_with_code(f);
    assert_int_equal(check(f, id, "123456"), HP_OK);
    f->now_ms += 29999;
    assert_int_equal(check(f, id, "123456"), HP_OK); /* nothing has used it up yet */
    f->now_ms += 1;
    assert_int_equal(check(f, id, "123456"), HP_E_SCRIPT_FAILED);
}

static void a_try_counts_before_it_is_looked_at(void **state)
{
    core_fixture *f = *state;
    const char *id = user_with_code(f);
    for (int i = 0; i < 4; i++) assert_int_equal(check(f, id, "000000"), HP_E_SCRIPT_FAILED);
    assert_int_equal(check(f, id, "123456"), HP_OK);
    assert_int_equal(check(f, id, "123456"), HP_E_SCRIPT_FAILED);
}

/* What a login writes for the code that it was right about. */
static hp_code use_up(core_fixture *f, hp_call *call, const char *id, const hp_mfa_change *change)
{
    const hp_class *users = hp_schema_class(call->schema, HP_STR("_User"));
    hp_change changes[HP_MFA_CHANGES_MAX];
    hp_err err = { 0 };
    hp_unit_op op = { .kind = HP_UNIT_UPDATE,
                      .cls = users,
                      .object_id = hp_str_of(id),
                      .filter = hp_mfa_condition(call, users, change),
                      .writable_by = { .unrestricted = true },
                      .changes = changes,
                      .change_count = hp_mfa_changes(call, users, change, changes) };
    hp_unit unit = { .ops = &op, .count = 1 };
    return hp_store_write(f->store, &unit, f->mem, &err);
}

static void of_two_that_were_right_about_a_code_one_uses_it(void **state)
{
    core_fixture *f = *state;
    const char *id = user_with_code(f);
    const hp_value token = hp_string(CODE);
    hp_mfa_change first = { 0 }, second = { 0 };
    hp_err err = { 0 };
    hp_call call = fixture_call(f, true, NULL);
    const hp_row *user = read_user(f, &call, id);
    assert_int_equal(hp_mfa_sms_check(&call, user, MOBILE, &token, &first, &err), HP_OK);
    assert_int_equal(hp_mfa_sms_check(&call, user, MOBILE, &token, &second, &err), HP_OK);
    assert_int_equal(use_up(f, &call, id, &first), HP_OK);
    assert_int_equal(use_up(f, &call, id, &second), HP_E_OBJECT_NOT_FOUND);
    hp_call_close(&call);
}

#define NOBODY_THERE "Auth failed. Unknown error."

static void what_could_not_be_sent_leaves_no_code(void **state)
{
    core_fixture *f = *state;
    const char *id = fixture_sign_up(f, "ann", NULL);
    switch_on(f);
    hp_err err = { 0 };
    hp_call call = fixture_call(f, true, NULL);
    assert_int_equal(hp_mfa_sms_send(&call, read_user(f, &call, id), MOBILE, &err), HP_E_SCRIPT_FAILED);
    assert_string_equal(err.msg, NOBODY_THERE);
    assert_null(hp_object_get(&read_user(f, &call, id)->internal, HP_STR(HP_FIELD_MFA_SMS_CODE)));
    hp_call_close(&call);
}

static void a_code_that_is_over_makes_room_for_the_next(void **state)
{
    core_fixture *f = *state;
    const char *id = user_with_code(f);
    hp_err err = { 0 };
    hp_call call = fixture_call(f, true, NULL);
    assert_int_equal(hp_mfa_sms_send(&call, read_user(f, &call, id), MOBILE, &err), HP_OK); /* there is one */
    assert_int_equal(hp_mfa_sms_send(&call, read_user(f, &call, id), HP_STR("0152"), &err), HP_E_SCRIPT_FAILED);
    hp_call_close(&call);
    f->now_ms += 30000;
    call = fixture_call(f, true, NULL);
    assert_int_equal(hp_mfa_sms_send(&call, read_user(f, &call, id), HP_STR("0152"), &err), HP_E_SCRIPT_FAILED);
    assert_string_equal(err.msg, NOBODY_THERE); /* it was tried */
    hp_call_close(&call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_code_is_good_until_its_time_is_over),
        FIXTURE_TEST(a_try_counts_before_it_is_looked_at),
        FIXTURE_TEST(of_two_that_were_right_about_a_code_one_uses_it),
        FIXTURE_TEST(what_could_not_be_sent_leaves_no_code),
        FIXTURE_TEST(a_code_that_is_over_makes_room_for_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

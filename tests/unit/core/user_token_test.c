#include "core_fixture.h"

#include "core/core_internal.h"
#include "core/system_classes.h"
#include "core/user_mail.h"
#include "core/user_token.h"

/* Gives the user `id` the token `text` as it is written; `stored` instead, if it is not NULL, as another server would. */
static void give(core_fixture *f, const char *id, hp_user_token_kind kind, hp_str text, const char *stored)
{
    hp_err err = { 0 };
    hp_change changes[HP_USER_TOKEN_CHANGES];
    hp_call call = fixture_call(f, true, NULL);
    hp_user_token_changes(&call, kind, text, changes);
    if (stored != NULL) changes[0].operand = hp_string(hp_str_of(stored));
    hp_unit_op op = { .kind = HP_UNIT_UPDATE,
                      .cls = hp_schema_class(call.schema, HP_STR("_User")),
                      .object_id = hp_str_of(id),
                      .writable_by = { .unrestricted = true },
                      .changes = changes,
                      .change_count = HP_USER_TOKEN_CHANGES };
    hp_unit unit = { .ops = &op, .count = 1 };
    assert_int_equal(hp_store_write(f->store, &unit, f->mem, &err), HP_OK);
    hp_call_close(&call);
}

static const hp_row *find(core_fixture *f, hp_user_token_kind kind, hp_str text, bool *expired)
{
    hp_err err = { 0 };
    const hp_row *user;
    hp_call call = fixture_call(f, true, NULL);
    const hp_user_token token = { kind, text };
    assert_int_equal(hp_user_token_find(&call, &token, &user, expired, &err), HP_OK);
    hp_call_close(&call);
    return user;
}

static hp_code reset(core_fixture *f, hp_str text, hp_err *err)
{
    hp_call call = fixture_call(f, true, NULL);
    *err = (hp_err){ 0 };
    const hp_code rc = hp_users_reset_password(&call, text, HP_STR("another one"), err);
    hp_call_close(&call);
    return rc;
}

static const hp_str TOKEN = HP_STR_INIT("abcdefghijklmnopqrstuvwxy");

static void what_is_stored_is_a_digest_that_opens_nothing(void **state)
{
    core_fixture *f = *state;
    bool expired;
    const char *id = fixture_sign_up(f, "ann", NULL);
    give(f, id, HP_USER_TOKEN_RESET, TOKEN, NULL);

    const hp_row *user = find(f, HP_USER_TOKEN_RESET, TOKEN, &expired);
    assert_non_null(user);
    assert_false(expired);
    const hp_str stored = hp_object_text(&user->internal, HP_STR(HP_FIELD_RESET_TOKEN));
    assert_int_equal(stored.len, 64);
    assert_false(hp_str_contains(stored, TOKEN));
    assert_null(find(f, HP_USER_TOKEN_RESET, stored, &expired));
    assert_null(find(f, HP_USER_TOKEN_VERIFY, TOKEN, &expired));
    assert_null(find(f, HP_USER_TOKEN_RESET, HP_STR(""), &expired));
    assert_null(find(f, HP_USER_TOKEN_RESET, HP_STR_NONE, &expired));
}

static void the_token_of_an_imported_app_works_as_it_is(void **state)
{
    core_fixture *f = *state;
    hp_err err;
    const char *id = fixture_sign_up(f, "ann", NULL);
    give(f, id, HP_USER_TOKEN_RESET, TOKEN, "abcdefghijklmnopqrstuvwxy");
    assert_int_equal(reset(f, TOKEN, &err), HP_OK);
    assert_int_equal(reset(f, TOKEN, &err), HP_E_OTHER_CAUSE);
    assert_string_equal(err.msg, HP_RESET_INVALID);
}

static void a_token_is_good_until_its_time_and_not_a_millisecond_longer(void **state)
{
    core_fixture *f = *state;
    hp_err err;
    bool expired;
    const char *id = fixture_sign_up(f, "ann", NULL);
    f->settings.password_policy.reset_token_ms = 1000;
    give(f, id, HP_USER_TOKEN_RESET, TOKEN, NULL);
    f->now_ms += 999;
    assert_non_null(find(f, HP_USER_TOKEN_RESET, TOKEN, &expired));
    assert_false(expired);
    f->now_ms += 1;
    assert_non_null(find(f, HP_USER_TOKEN_RESET, TOKEN, &expired));
    assert_true(expired);
    assert_int_equal(reset(f, TOKEN, &err), HP_E_OTHER_CAUSE);
    assert_string_equal(err.msg, HP_RESET_EXPIRED);
}

/* The look-up comes first; what counts is what is true when it is written. */
static void a_write_that_spends_a_token_misses_where_it_is_gone_or_over(void **state)
{
    core_fixture *f = *state;
    hp_err err = { 0 };
    hp_written out;
    size_t failed;
    const char *id = fixture_sign_up(f, "ann", NULL);
    const hp_user_token token = { HP_USER_TOKEN_RESET, TOKEN };
    hp_value body = fixture_json(f, "{\"password\":\"another one\"}");
    const hp_write_part part = { .kind = HP_WRITE_UPDATE,
                                 .class_name = HP_STR("_User"),
                                 .object_id = hp_str_of(id),
                                 .body = &body,
                                 .spends = &token };
    hp_call call = fixture_call(f, true, NULL);
    assert_int_equal(hp_objects_write_all(&call, &part, 1, &out, &failed, &err), HP_E_OBJECT_NOT_FOUND);
    give(f, id, HP_USER_TOKEN_RESET, TOKEN, NULL);
    assert_int_equal(hp_objects_write_all(&call, &part, 1, &out, &failed, &err), HP_OK);
    assert_int_equal(hp_objects_write_all(&call, &part, 1, &out, &failed, &err), HP_E_OBJECT_NOT_FOUND);
    hp_call_close(&call);

    f->settings.password_policy.reset_token_ms = 1000;
    give(f, id, HP_USER_TOKEN_RESET, TOKEN, NULL);
    f->now_ms += 1000;
    hp_call late = fixture_call(f, true, NULL);
    assert_int_equal(hp_objects_write_all(&late, &part, 1, &out, &failed, &err), HP_E_OBJECT_NOT_FOUND);
    hp_call_close(&late);
}

static void a_new_address_takes_the_links_to_the_old_one_away(void **state)
{
    core_fixture *f = *state;
    bool expired;
    const char *token;
    const char *id = fixture_sign_up(f, "ann", &token);
    give(f, id, HP_USER_TOKEN_RESET, TOKEN, NULL);
    give(f, id, HP_USER_TOKEN_VERIFY, TOKEN, NULL);
    fixture_ok(fixture_save(f, false, token, "_User", id, "{\"phone\":\"1\"}"));
    assert_non_null(find(f, HP_USER_TOKEN_RESET, TOKEN, &expired));
    fixture_ok(fixture_save(f, false, token, "_User", id, "{\"email\":\"new@example.org\"}"));
    assert_null(find(f, HP_USER_TOKEN_RESET, TOKEN, &expired));
    assert_null(find(f, HP_USER_TOKEN_VERIFY, TOKEN, &expired));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_is_stored_is_a_digest_that_opens_nothing),
        FIXTURE_TEST(the_token_of_an_imported_app_works_as_it_is),
        FIXTURE_TEST(a_token_is_good_until_its_time_and_not_a_millisecond_longer),
        FIXTURE_TEST(a_write_that_spends_a_token_misses_where_it_is_gone_or_over),
        FIXTURE_TEST(a_new_address_takes_the_links_to_the_old_one_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

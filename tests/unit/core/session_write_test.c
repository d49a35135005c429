#include "core_fixture.h"

#include "core/sessions.h"

static const char *session_id(core_fixture *f, const char *token)
{
    hp_call call = fixture_call(f, false, token);
    const char *id = hp_arena_cstr(f->mem, call.who.session_id);
    hp_call_close(&call);
    return id;
}

static void the_server_makes_what_a_new_session_is_made_of(void **state)
{
    core_fixture *f = *state;
    const char *ann, *bob;
    const char *id = fixture_sign_up(f, "ann", &ann);
    const char *other = fixture_sign_up(f, "bob", &bob);
    const char *body = hp_arena_cstr(
        f->mem,
        hp_arena_printf(
            f->mem,
            "{\"sessionToken\":\"r:x\",\"expiresAt\":{\"__type\":\"Date\",\"iso\":\"2099-01-01T00:00:00.000Z\"},"
            "\"createdWith\":{\"action\":\"login\"},\"user\":{\"__type\":\"Pointer\",\"className\":\"_User\","
            "\"objectId\":\"%s\"},\"device\":\"tv\"}",
            other));
    fixture_reply r = fixture_ok(fixture_save(f, false, ann, "_Session", NULL, body));
    hp_str token = hp_object_text(&r.body, HP_STR("sessionToken"));
    assert_int_equal(token.len, 34);
    hp_value stored = fixture_get(f, "_Session", r.id);
    const hp_value *user = hp_object_get(&stored, HP_STR("user"));
    assert_string_equal(hp_arena_cstr(f->mem, user->pointer.object_id), id);
    assert_string_equal(fixture_text(f, hp_object_get(&stored, HP_STR("createdWith"))), "{\"action\":\"create\"}");
    assert_string_equal(fixture_text(f, hp_object_get(&r.body, HP_STR("expiresAt"))),
                        "{\"__type\":\"Date\",\"iso\":\"2024-11-13T22:13:20.000Z\"}");
    assert_string_equal(fixture_text(f, hp_object_get(&stored, HP_STR("device"))), "\"tv\"");
    fixture_refused(fixture_save(f, false, NULL, "_Session", NULL, "{}"), 209, "Session token required.");
    fixture_refused(fixture_save(f, false, ann, "_Session", NULL, "{\"ACL\":{}}"), 105, "Cannot set ACL on a Session.");
}

static void nothing_of_the_servers_is_changed_in_a_session(void **state)
{
    core_fixture *f = *state;
    const char *ann;
    fixture_sign_up(f, "ann", &ann);
    const char *id = session_id(f, ann);
    hp_value before = fixture_get(f, "_Session", id);
    static const char *const names[] = { "sessionToken", "expiresAt", "createdWith", "user", "installationId", "ACL" };
    static const char *const values[] = { "null", "false", "\"\"", "[]", "{\"__op\":\"Delete\"}", "{\"a\":1}" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            char body[100];
            (void)snprintf(body, sizeof body, "{\"%s\":%s}", names[i], values[k]);
            fixture_refused(fixture_save(f, false, ann, "_Session", id, body), 105, NULL);
        }
    fixture_refused(fixture_save(f, false, ann, "_Session", id, "{\"createdWith.action\":\"x\"}"), 105,
                    "Invalid key name: createdWith.action");
    hp_value after = fixture_get(f, "_Session", id);
    assert_true(hp_value_equal(&before, &after));
    fixture_ok(fixture_save(f, false, ann, "_Session", id, "{\"device\":\"tv\"}"));
}

static void a_session_is_its_users_alone(void **state)
{
    core_fixture *f = *state;
    const char *ann, *bob;
    fixture_sign_up(f, "ann", &ann);
    fixture_sign_up(f, "bob", &bob);
    const char *id = session_id(f, ann);
    fixture_refused(fixture_save(f, false, bob, "_Session", id, "{\"x\":1}"), 101, "Object not found.");
    fixture_refused(fixture_remove(f, false, bob, "_Session", id), 101, "Object not found for delete.");
    fixture_refused(fixture_save(f, false, NULL, "_Session", id, "{\"x\":1}"), 209, NULL);
    fixture_refused(fixture_remove(f, false, NULL, "_Session", id), 209, NULL);
    fixture_ok(fixture_remove(f, false, ann, "_Session", id));

    hp_call call;
    hp_err err = { 0 };
    hp_credentials cred = { .app_id = HP_STR("app"), .session_token = hp_str_of(ann) };
    assert_int_equal(hp_call_open(f->core, &cred, false, f->mem, &call, &err), HP_E_INVALID_SESSION_TOKEN);
}

static void an_installation_has_one_session_per_user(void **state)
{
    core_fixture *f = *state;
    const char *ann, *bob;
    fixture_sign_up(f, "ann", &ann);
    fixture_sign_up(f, "bob", &bob);
    fixture_ok(fixture_save(f, false, bob, "_Session", NULL, "{\"installationId\":\"i\"}"));
    fixture_ok(fixture_save(f, false, ann, "_Session", NULL, "{\"installationId\":\"i\"}"));
    fixture_reply r = fixture_ok(fixture_save(f, false, ann, "_Session", NULL, "{\"installationId\":\"i\"}"));
    assert_int_equal(fixture_count(f, "_Session", "{\"installationId\":\"i\"}"), 2);
    assert_false(hp_is_null(hp_value_new(f->mem, fixture_get(f, "_Session", r.id))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(the_server_makes_what_a_new_session_is_made_of),
        FIXTURE_TEST(nothing_of_the_servers_is_changed_in_a_session),
        FIXTURE_TEST(a_session_is_its_users_alone),
        FIXTURE_TEST(an_installation_has_one_session_per_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "core_fixture.h"

#include <crypt.h>
#include <pthread.h>

#include "core/core_internal.h"
#include "core/sessions.h"
#include "core/system_classes.h"

static fixture_reply log_in(core_fixture *f, const char *name, const char *password)
{
    fixture_reply r = { 0 };
    hp_value username = hp_string(hp_str_of(name)), secret = hp_string(hp_str_of(password));
    hp_login login = { .username = &username, .password = &secret };
    hp_call call = fixture_call(f, false, NULL);
    r.code = hp_users_login(&call, &login, &r.body, &r.err);
    hp_call_close(&call);
    return r;
}

static hp_code authenticate(core_fixture *f, const char *token)
{
    hp_call call;
    hp_err err = { 0 };
    hp_credentials cred = { .app_id = HP_STR("app"), .session_token = hp_str_of(token), .peer = HP_STR("127.0.0.1") };
    hp_code rc = hp_call_open(f->core, &cred, false, f->mem, &call, &err);
    if (rc == HP_OK) hp_call_close(&call);
    return rc;
}

/* The row with its internal part, past every door. */
static const hp_row *stored_user(core_fixture *f, const char *id)
{
    hp_err err = { 0 };
    hp_rows rows;
    hp_call call = fixture_call(f, true, NULL);
    const hp_class *cls = hp_schema_class(call.schema, HP_STR("_User"));
    hp_query q = { .cls = cls,
                   .filter = hp_filter_eq(f->mem, hp_class_field(cls, HP_STR("objectId")), hp_string(hp_str_of(id))),
                   .readable_by = { .unrestricted = true },
                   .limit = 1,
                   .internal = true };
    assert_int_equal(hp_store_find(f->store, &q, f->mem, &rows, &err), HP_OK);
    hp_call_close(&call);
    assert_int_equal(rows.count, 1);
    return &rows.items[0];
}

static void a_sign_up_makes_a_private_user_with_a_session_and_no_stored_password(void **state)
{
    core_fixture *f = *state;
    const char *token;
    const char *id = fixture_sign_up(f, "ann", &token);
    assert_int_equal(authenticate(f, token), HP_OK);

    const hp_row *row = stored_user(f, id);
    assert_null(hp_object_get(&row->fields, HP_STR("password")));
    assert_true(hp_str_starts(hp_object_text(&row->internal, HP_STR(HP_FIELD_PASSWORD_HASH)), HP_STR("$argon2id$")));
    hp_value seen = fixture_get(f, "_User", id);
    assert_null(hp_object_get(&seen, HP_STR("password")));
    const char *want = hp_arena_cstr(f->mem, hp_arena_printf(f->mem, "{\"%s\":{\"read\":true,\"write\":true}}", id));
    assert_string_equal(fixture_text(f, hp_object_get(&seen, HP_STR("ACL"))), want);
}

static void a_sign_up_needs_credentials(void **state)
{
    core_fixture *f = *state;
    static const struct {
        const char *body;
        int code;
        const char *message;
    } cases[] = {
        { "{}", 200, "bad or missing username" },
        { "{\"username\":\"\",\"password\":\"x\"}", 200, "bad or missing username" },
        { "{\"username\":1,\"password\":\"x\"}", 200, "bad or missing username" },
        { "{\"username\":\"a\"}", 201, "password is required" },
        { "{\"username\":\"a\",\"password\":\"\"}", 201, "password is required" },
        { "{\"username\":\"a\",\"password\":{\"$ne\":1}}", 201, "password is required" },
        { "{\"username\":\"a\",\"password\":\"x\",\"email\":\"nowhere\"}", 125, "Email address format is invalid." },
        { "{\"username\":\"a\",\"password\":\"x\",\"emailVerified\":true}", 119,
          "Clients aren't allowed to manually update email verification." },
        { "{\"username\":\"a\",\"password\":\"x\",\"emailVerified\":null}", 119, NULL },
        { "{\"username\":\"a\",\"password\":\"x\",\"authData\":null}", 252,
          "This authentication method is unsupported." },
        { "{\"authData\":{}}", 200, "bad or missing username" },
        { "{\"authData\":{\"x\":null}}", 200, "bad or missing username" },
        { "{\"authData\":{\"nosuch\":{\"id\":\"1\"}}}", 252, NULL },
        { "{\"authData\":{\"anonymous\":{}}}", 200, NULL },
        { "{\"authData\":{\"anonymous\":{\"id\":{\"$regex\":\".\"}}}}", 162, NULL },
        { "{\"authData\":{\"anonymous\":{\"id\":[\"a\"]}}}", 162, NULL },
        { "{\"authData\":{\"anonymous\":{\"id\":1}}}", 162, NULL },
        { "{\"username\":\"a\",\"password\":\"x\",\"_hashed_password\":\"y\"}", 105, NULL },
        { "{\"username\":\"a\",\"password\":\"x\",\"_failed_login_count\":0}", 105, NULL },
        { "{\"username\":\"a\",\"password\":\"x\",\"sessionToken\":\"r:x\"}", 105, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        fixture_refused(fixture_save(f, false, NULL, "_User", NULL, cases[i].body), cases[i].code, cases[i].message);
    assert_int_equal(fixture_count(f, "_User", "{}"), 0);
}

static void names_and_addresses_are_taken_whatever_their_letter_case(void **state)
{
    core_fixture *f = *state;
    fixture_ok(fixture_save(f, false, NULL, "_User", NULL,
                            "{\"username\":\"Ann\",\"password\":\"x\",\"email\":\"Ann@x.org\"}"));
    fixture_refused(fixture_save(f, false, NULL, "_User", NULL, "{\"username\":\"Ann\",\"password\":\"x\"}"), 202,
                    "Account already exists for this username.");
    fixture_refused(fixture_save(f, false, NULL, "_User", NULL, "{\"username\":\"aNN\",\"password\":\"x\"}"), 202,
                    "Account already exists for this username.");
    fixture_refused(fixture_save(f, false, NULL, "_User", NULL,
                                 "{\"username\":\"bob\",\"password\":\"x\",\"email\":\"ann@X.org\"}"),
                    203, "Account already exists for this email address.");
    fixture_ok(fixture_save(f, false, NULL, "_User", NULL, "{\"username\":\"bob\",\"password\":\"x\"}"));
    fixture_ok(fixture_save(f, false, NULL, "_User", NULL, "{\"username\":\"cid\",\"password\":\"x\"}"));
}

static void a_user_is_changed_by_himself_alone(void **state)
{
    core_fixture *f = *state;
    const char *ann, *bob;
    const char *id = fixture_sign_up(f, "ann", &ann);
    fixture_sign_up(f, "bob", &bob);
    char text[80];
    (void)snprintf(text, sizeof text, "Cannot modify user %s.", id);
    fixture_refused(fixture_save(f, false, NULL, "_User", id, "{\"nick\":\"x\"}"), 206, text);
    fixture_refused(fixture_save(f, false, bob, "_User", id, "{\"nick\":\"x\"}"), 206, "Insufficient auth.");
    fixture_refused(fixture_save(f, false, bob, "_User", "nosuch", "{\"nick\":\"x\"}"), 206, "Insufficient auth.");
    fixture_refused(fixture_save(f, true, NULL, "_User", "nosuch", "{\"nick\":\"x\"}"), 101, "Object not found.");
    fixture_refused(fixture_remove(f, false, NULL, "_User", id), 206, "Insufficient auth to delete user");
    fixture_refused(fixture_remove(f, false, bob, "_User", id), 206, "Insufficient auth.");
    fixture_ok(fixture_save(f, false, ann, "_User", id, "{\"nick\":\"x\"}"));
    fixture_refused(fixture_save(f, false, ann, "_User", id, "{\"authData.facebook.id\":\"other\"}"), 105,
                    "Invalid field name for update: authData.facebook.id");
    fixture_refused(fixture_save(f, false, ann, "_User", id, "{\"password\":5}"), 111,
                    "schema mismatch for _User.password; expected String but got Number");
    fixture_ok(fixture_remove(f, false, ann, "_User", id));
}

static void a_user_cannot_give_up_his_own_entry_but_master_can_lock_him(void **state)
{
    core_fixture *f = *state;
    const char *ann;
    const char *id = fixture_sign_up(f, "ann", &ann);
    fixture_ok(fixture_save(f, false, ann, "_User", id, "{\"ACL\":{\"*\":{\"read\":true}}}"));
    hp_value seen = fixture_get(f, "_User", id);
    const char *want = hp_arena_cstr(
        f->mem, hp_arena_printf(f->mem, "{\"*\":{\"read\":true},\"%s\":{\"read\":true,\"write\":true}}", id));
    assert_string_equal(fixture_text(f, hp_object_get(&seen, HP_STR("ACL"))), want);
    fixture_ok(log_in(f, "ann", "pw-ann"));
    fixture_ok(fixture_save(f, true, NULL, "_User", id, "{\"ACL\":{}}"));
    fixture_refused(log_in(f, "ann", "pw-ann"), 101, "Invalid username/password.");
}

static void login_gives_one_answer_after_one_hash_for_all_that_is_wrong(void **state)
{
    core_fixture *f = *state;
    fixture_sign_up(f, "ann", NULL);
    fixture_ok(fixture_save(f, false, NULL, "_User", NULL, "{\"authData\":{\"anonymous\":{\"id\":\"dev-1\"}}}"));
    hp_rows rows;
    hp_err err = { 0 };
    hp_call call = fixture_call(f, true, NULL);
    const hp_class *cls = hp_schema_class(call.schema, HP_STR("_User"));
    hp_query q = { .cls = cls, .readable_by = { .unrestricted = true }, .limit = 10 };
    assert_int_equal(hp_store_find(f->store, &q, f->mem, &rows, &err), HP_OK);
    hp_call_close(&call);
    const char *no_password = hp_arena_cstr(f->mem, hp_object_text(&rows.items[1].fields, HP_STR("username")));

    const char *const names[] = { "ann", "nobody", no_password };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        uint64_t before = hp_gate_now(f->gate).passed;
        fixture_refused(log_in(f, names[i], "wrong"), 101, "Invalid username/password.");
        assert_int_equal(hp_gate_now(f->gate).passed - before, 1);
    }
}

static void login_wants_texts(void **state)
{
    core_fixture *f = *state;
    hp_err err = { 0 };
    hp_value out, text = hp_string(HP_STR("x")), number = hp_number(1), object = fixture_json(f, "{\"$ne\":1}");
    hp_call call = fixture_call(f, false, NULL);
    const struct {
        hp_login login;
        int code;
        const char *message;
    } cases[] = {
        { { NULL, NULL, &text, NULL, false }, 200, "username/email is required." },
        { { &text, NULL, NULL, NULL, false }, 201, "password is required." },
        { { &number, NULL, &text, NULL, false }, 101, "Invalid username/password." },
        { { &text, NULL, &object, NULL, false }, 101, "Invalid username/password." },
        { { &text, &object, &text, NULL, false }, 101, "Invalid username/password." },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(hp_users_login(&call, &cases[i].login, &out, &err), cases[i].code);
        assert_string_equal(err.msg, cases[i].message);
    }
    hp_call_close(&call);
}

static void a_login_answers_the_user_and_opens_a_session(void **state)
{
    core_fixture *f = *state;
    const char *id = fixture_sign_up(f, "ann", NULL);
    fixture_reply r = fixture_ok(log_in(f, "ann", "pw-ann"));
    assert_string_equal(hp_arena_cstr(f->mem, hp_object_text(&r.body, HP_STR("objectId"))), id);
    assert_string_equal(hp_arena_cstr(f->mem, hp_object_text(&r.body, HP_STR("username"))), "ann");
    assert_null(hp_object_get(&r.body, HP_STR("password")));
    const char *token = hp_arena_cstr(f->mem, hp_object_text(&r.body, HP_STR("sessionToken")));
    assert_int_equal(authenticate(f, token), HP_OK);

    hp_call call = fixture_call(f, false, token);
    assert_string_equal(hp_arena_cstr(f->mem, call.who.user_id), id);
    hp_value me;
    hp_err err = { 0 };
    assert_int_equal(hp_users_me(&call, HP_STR_NONE, &me, &err), HP_OK);
    assert_string_equal(hp_arena_cstr(f->mem, hp_object_text(&me, HP_STR("sessionToken"))), token);
    assert_int_equal(hp_users_logout(&call, HP_STR_NONE, &err), HP_OK);
    hp_call_close(&call);
    assert_int_equal(authenticate(f, token), HP_E_INVALID_SESSION_TOKEN);
}

static void who_may_not_see_himself_still_logs_in(void **state)
{
    core_fixture *f = *state;
    fixture_sign_up(f, "ann", NULL);
    hp_value out,
        clp = fixture_json(f, "{\"className\":\"_User\",\"classLevelPermissions\":{\"get\":{},\"find\":{},\"create\":"
                              "{\"*\":true},\"update\":{\"*\":true},\"delete\":{\"*\":true}}}");
    hp_err err = { 0 };
    hp_call call = fixture_call(f, true, NULL);
    if (hp_schema_update(&call, HP_STR("_User"), &clp, &out, &err) != HP_OK) fail_msg("%s", err.msg);
    hp_call_close(&call);
    fixture_reply r = fixture_ok(log_in(f, "ann", "pw-ann"));
    assert_int_equal(r.body.object.count, 2);
    assert_true(hp_str_present(hp_object_text(&r.body, HP_STR("sessionToken"))));
}

static void a_new_password_ends_all_sessions_and_opens_one(void **state)
{
    core_fixture *f = *state;
    const char *first;
    const char *id = fixture_sign_up(f, "ann", &first);
    fixture_reply login = fixture_ok(log_in(f, "ann", "pw-ann"));
    const char *second = hp_arena_cstr(f->mem, hp_object_text(&login.body, HP_STR("sessionToken")));
    fixture_reply r = fixture_ok(fixture_save(f, false, first, "_User", id, "{\"password\":\"new\"}"));
    const char *third = hp_arena_cstr(f->mem, hp_object_text(&r.body, HP_STR("sessionToken")));
    assert_int_equal(authenticate(f, first), HP_E_INVALID_SESSION_TOKEN);
    assert_int_equal(authenticate(f, second), HP_E_INVALID_SESSION_TOKEN);
    assert_int_equal(authenticate(f, third), HP_OK);
    fixture_refused(log_in(f, "ann", "pw-ann"), 101, "Invalid username/password.");
    fixture_ok(log_in(f, "ann", "new"));
}

static void an_old_bcrypt_hash_opens_and_is_replaced(void **state)
{
    core_fixture *f = *state;
    const char *id = fixture_sign_up(f, "ann", NULL);
    struct crypt_data data = { 0 };
    const char *old = crypt_r("legacy", "$2a$04$abcdefghijklmnopqrstuu", &data);
    assert_non_null(old);

    hp_err err = { 0 };
    hp_call call = fixture_call(f, true, NULL);
    const hp_class *cls = hp_schema_class(call.schema, HP_STR("_User"));
    hp_change change = { .path = { .field = hp_class_field(cls, HP_STR(HP_FIELD_PASSWORD_HASH)) },
                         .op = HP_OP_SET,
                         .operand = hp_string(hp_str_of(old)) };
    hp_unit_op op = { .kind = HP_UNIT_UPDATE,
                      .cls = cls,
                      .object_id = hp_str_of(id),
                      .writable_by = { .unrestricted = true },
                      .changes = &change,
                      .change_count = 1 };
    hp_unit unit = { .ops = &op, .count = 1 };
    assert_int_equal(hp_store_write(f->store, &unit, f->mem, &err), HP_OK);
    hp_call_close(&call);

    fixture_ok(log_in(f, "ann", "legacy"));
    const hp_row *row = stored_user(f, id);
    assert_true(hp_str_starts(hp_object_text(&row->internal, HP_STR(HP_FIELD_PASSWORD_HASH)), HP_STR("$argon2id$")));
    fixture_ok(log_in(f, "ann", "legacy"));
}

static void an_anonymous_user_comes_back_and_becomes_a_named_one(void **state)
{
    core_fixture *f = *state;
    static const char BODY[] = "{\"authData\":{\"anonymous\":{\"id\":\"dev-1\"}}}";
    fixture_reply first = fixture_ok(fixture_save(f, false, NULL, "_User", NULL, BODY));
    assert_true(first.created);
    assert_int_equal(hp_object_text(&first.body, HP_STR("username")).len, 25);
    fixture_reply again = fixture_ok(fixture_save(f, false, NULL, "_User", NULL, BODY));
    assert_false(again.created);
    assert_string_equal(again.id, first.id);
    const char *token = hp_arena_cstr(f->mem, hp_object_text(&again.body, HP_STR("sessionToken")));

    const char *other;
    fixture_sign_up(f, "bob", &other);
    fixture_refused(fixture_save(f, false, other, "_User", NULL, BODY), 208, "this auth is already used");

    fixture_ok(fixture_save(f, false, token, "_User", first.id,
                            "{\"username\":\"ann\",\"password\":\"pw\",\"authData\":{\"anonymous\":null}}"));
    fixture_ok(log_in(f, "ann", "pw"));
    fixture_reply fresh = fixture_ok(fixture_save(f, false, NULL, "_User", NULL, BODY));
    assert_true(fresh.created);
    assert_string_not_equal(fresh.id, first.id);
}

static void linking_somebody_elses_identity_is_refused(void **state)
{
    core_fixture *f = *state;
    const char *bob;
    fixture_ok(fixture_save(f, false, NULL, "_User", NULL, "{\"authData\":{\"anonymous\":{\"id\":\"dev-1\"}}}"));
    const char *id = fixture_sign_up(f, "bob", &bob);
    fixture_refused(fixture_save(f, false, bob, "_User", id, "{\"authData\":{\"anonymous\":{\"id\":\"dev-1\"}}}"), 208,
                    "this auth is already used");
    fixture_ok(fixture_save(f, false, bob, "_User", id, "{\"authData\":{\"anonymous\":{\"id\":\"dev-2\"}}}"));
}

static void wrong_passwords_lock_the_account_for_a_while(void **state)
{
    core_fixture *f = *state;
    f->settings.account_lockout = (hp_account_lockout){ .threshold = 3, .duration_ms = 120000 };
    fixture_sign_up(f, "ann", NULL);
    for (int i = 0; i < 3; i++) fixture_refused(log_in(f, "ann", "wrong"), 101, "Invalid username/password.");
    fixture_refused(log_in(f, "ann", "pw-ann"), 101,
                    "Your account is locked due to multiple failed login attempts. Please try again after 2 minute(s)");
    f->now_ms += 121000;
    fixture_ok(log_in(f, "ann", "pw-ann"));
    for (int i = 0; i < 2; i++) fixture_refused(log_in(f, "ann", "wrong"), 101, "Invalid username/password.");
    fixture_ok(log_in(f, "ann", "pw-ann"));
}

typedef struct attempt {
    core_fixture *f;
    bool judged;
} attempt;

static void *wrong_login(void *arg)
{
    attempt *a = arg;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_call call;
    hp_err err = { 0 };
    hp_value out, name = hp_string(HP_STR("ann")), password = hp_string(HP_STR("wrong"));
    hp_login login = { .username = &name, .password = &password };
    hp_credentials cred = { .app_id = HP_STR("app") };
    if (hp_call_open(a->f->core, &cred, false, mem, &call, &err) != HP_OK) return NULL;
    if (hp_users_login(&call, &login, &out, &err) != HP_OK)
        a->judged = strcmp(err.msg, "Invalid username/password.") == 0;
    hp_call_close(&call);
    return NULL;
}

static void parallel_guesses_are_counted_one_by_one(void **state)
{
    enum { GUESSES = 16 };
    core_fixture *f = *state;
    pthread_t threads[GUESSES];
    attempt attempts[GUESSES] = { 0 };
    int judged = 0;

    f->settings.account_lockout = (hp_account_lockout){ .threshold = 3, .duration_ms = 120000 };
    fixture_sign_up(f, "ann", NULL);
    for (int i = 0; i < GUESSES; i++) {
        attempts[i].f = f;
        assert_int_equal(pthread_create(&threads[i], NULL, wrong_login, &attempts[i]), 0);
    }
    for (int i = 0; i < GUESSES; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        judged += attempts[i].judged;
    }
    assert_int_equal(judged, 3);
}

static void *come_in(void *arg)
{
    attempt *a = arg;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_call call;
    hp_err err = { 0 };
    hp_written out;
    hp_value body;
    hp_credentials cred = { .app_id = HP_STR("app") };
    if (hp_json_read(HP_STR("{\"authData\":{\"anonymous\":{\"id\":\"dev-1\"}}}"), HP_JSON_PARSE, mem, &body, &err) !=
            HP_OK ||
        hp_call_open(a->f->core, &cred, false, mem, &call, &err) != HP_OK)
        return NULL;
    hp_code rc = hp_objects_create(&call, HP_STR("_User"), &body, &out, &err);
    a->judged = rc == HP_OK || rc == HP_E_ACCOUNT_ALREADY_LINKED;
    hp_call_close(&call);
    return NULL;
}

static void one_identity_is_one_user_however_many_come_at_once(void **state)
{
    enum { GUESTS = 16 };
    core_fixture *f = *state;
    pthread_t threads[GUESTS];
    attempt attempts[GUESTS] = { 0 };
    for (int i = 0; i < GUESTS; i++) {
        attempts[i].f = f;
        assert_int_equal(pthread_create(&threads[i], NULL, come_in, &attempts[i]), 0);
    }
    for (int i = 0; i < GUESTS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(attempts[i].judged);
    }
    assert_int_equal(fixture_count(f, "_User", "{}"), 1);
}

static void passwords_follow_the_policy(void **state)
{
    core_fixture *f = *state;
    f->settings.password_policy = (hp_password_policy){ .validator_pattern = HP_STR("^.{4,}$"),
                                                        .do_not_allow_username = true,
                                                        .max_password_history = 2 };
    fixture_refused(fixture_save(f, false, NULL, "_User", NULL, "{\"username\":\"ann\",\"password\":\"abc\"}"), 142,
                    "Password does not meet the Password Policy requirements.");
    fixture_refused(fixture_save(f, false, NULL, "_User", NULL, "{\"username\":\"ann\",\"password\":\"xx-ann\"}"), 142,
                    "Password cannot contain your username.");
    fixture_reply r =
        fixture_ok(fixture_save(f, false, NULL, "_User", NULL, "{\"username\":\"ann\",\"password\":\"one-1\"}"));
    fixture_refused(fixture_save(f, true, NULL, "_User", r.id, "{\"password\":\"one-1\"}"), 142,
                    "New password should not be the same as last 2 passwords.");
    fixture_refused(fixture_save(f, true, NULL, "_User", r.id, "{\"password\":\"my-ann-1\"}"), 142,
                    "Password cannot contain your username.");
    fixture_ok(fixture_save(f, true, NULL, "_User", r.id, "{\"password\":\"two-2\"}"));
    fixture_refused(fixture_save(f, true, NULL, "_User", r.id, "{\"password\":\"one-1\"}"), 142, NULL);
    fixture_ok(fixture_save(f, true, NULL, "_User", r.id, "{\"password\":\"three-3\"}"));
    fixture_ok(fixture_save(f, true, NULL, "_User", r.id, "{\"password\":\"one-1\"}"));
}

static void master_opens_a_session_for_anyone(void **state)
{
    core_fixture *f = *state;
    const char *id = fixture_sign_up(f, "ann", NULL);
    hp_value out, who = hp_string(hp_str_of(id)), unknown = hp_string(HP_STR("nosuch")), none = hp_null();
    hp_err err = { 0 };

    hp_call call = fixture_call(f, false, NULL);
    assert_int_equal(hp_users_login_as(&call, &who, &out, &err), HP_E_OPERATION_FORBIDDEN);
    hp_call_close(&call);
    call = fixture_call(f, true, NULL);
    assert_int_equal(hp_users_login_as(&call, &none, &out, &err), HP_E_INVALID_VALUE);
    assert_int_equal(hp_users_login_as(&call, &unknown, &out, &err), HP_E_OBJECT_NOT_FOUND);
    assert_int_equal(hp_users_login_as(&call, &who, &out, &err), HP_OK);
    hp_call_close(&call);
    assert_int_equal(authenticate(f, hp_arena_cstr(f->mem, hp_object_text(&out, HP_STR("sessionToken")))), HP_OK);
}

static void a_checked_password_opens_no_session(void **state)
{
    core_fixture *f = *state;
    fixture_sign_up(f, "ann", NULL);
    int64_t sessions = fixture_count(f, "_Session", "{}");
    hp_value out, name = hp_string(HP_STR("ann")), password = hp_string(HP_STR("pw-ann"));
    hp_login login = { .username = &name, .password = &password };
    hp_err err = { 0 };
    hp_call call = fixture_call(f, false, NULL);
    assert_int_equal(hp_users_verify_password(&call, &login, &out, &err), HP_OK);
    hp_call_close(&call);
    assert_null(hp_object_get(&out, HP_STR("sessionToken")));
    assert_non_null(hp_object_get(&out, HP_STR("username")));
    assert_int_equal(fixture_count(f, "_Session", "{}"), sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_sign_up_makes_a_private_user_with_a_session_and_no_stored_password),
        FIXTURE_TEST(a_sign_up_needs_credentials),
        FIXTURE_TEST(names_and_addresses_are_taken_whatever_their_letter_case),
        FIXTURE_TEST(a_user_is_changed_by_himself_alone),
        FIXTURE_TEST(a_user_cannot_give_up_his_own_entry_but_master_can_lock_him),
        FIXTURE_TEST(login_gives_one_answer_after_one_hash_for_all_that_is_wrong),
        FIXTURE_TEST(login_wants_texts),
        FIXTURE_TEST(a_login_answers_the_user_and_opens_a_session),
        FIXTURE_TEST(who_may_not_see_himself_still_logs_in),
        FIXTURE_TEST(a_new_password_ends_all_sessions_and_opens_one),
        FIXTURE_TEST(an_old_bcrypt_hash_opens_and_is_replaced),
        FIXTURE_TEST(an_anonymous_user_comes_back_and_becomes_a_named_one),
        FIXTURE_TEST(linking_somebody_elses_identity_is_refused),
        FIXTURE_TEST(wrong_passwords_lock_the_account_for_a_while),
        FIXTURE_TEST(parallel_guesses_are_counted_one_by_one),
        FIXTURE_TEST(one_identity_is_one_user_however_many_come_at_once),
        FIXTURE_TEST(passwords_follow_the_policy),
        FIXTURE_TEST(master_opens_a_session_for_anyone),
        FIXTURE_TEST(a_checked_password_opens_no_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

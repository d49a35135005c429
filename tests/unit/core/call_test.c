/* Who a request is: keys, addresses, tokens. */
#include "read_fixture.h"

#include "core/ip_list.h"
#include "core/sessions.h"

static void allow_addresses(core_fixture *f)
{
    static hp_ip_range local, all;
    assert_true(hp_ip_range_parse(HP_STR("127.0.0.1"), &local));
    assert_true(hp_ip_range_parse(HP_STR("0.0.0.0/0"), &all));
    f->settings.master_key_ips = f->settings.maintenance_key_ips = (hp_ip_list){ &local, 1 };
    f->settings.read_only_master_key_ips = (hp_ip_list){ &all, 1 };
    f->settings.read_only_master_key = HP_STR("reader");
    f->settings.maintenance_key = HP_STR("janitor");
}

/* The access that was opened, or "-<http> <text>" / "<code> <text>". */
static const char *open_as(core_fixture *f, hp_credentials cred, bool ignore_session)
{
    static const char *const NAMES[] = { "client", "read-only", "maintenance", "master" };
    hp_call call;
    hp_err err = { 0 };
    if (hp_call_open(f->core, &cred, ignore_session, f->mem, &call, &err) != HP_OK) {
        assert_null(call.schema);
        if (err.http != 0) return hp_arena_printf(f->mem, "-%d %s", err.http, err.msg).ptr;
        return fixture_error(f, &err);
    }
    const char *name = hp_str_present(call.who.user_id)
                           ? hp_arena_printf(f->mem, "user %.*s", HP_STR_ARG(call.who.user_id)).ptr
                           : NAMES[call.who.access];
    hp_call_close(&call);
    return name;
}

#define LOCAL .app_id = HP_STR("app"), .peer = HP_STR("127.0.0.1")
#define REMOTE .app_id = HP_STR("app"), .peer = HP_STR("203.0.113.7")

static void a_key_opens_its_level_from_its_addresses_only(void **state)
{
    core_fixture *f = *state;
    allow_addresses(f);
    const struct {
        hp_credentials cred;
        const char *want;
    } cases[] = {
        { { .peer = HP_STR("127.0.0.1") }, "-403 unauthorized" },
        { { .app_id = HP_STR("other"), .peer = HP_STR("127.0.0.1"), .master_key = HP_STR("master") },
          "-403 unauthorized" },
        { { LOCAL }, "client" },
        { { LOCAL, .master_key = HP_STR("master") }, "master" },
        { { LOCAL, .master_key = HP_STR("Master") }, "client" }, /* a wrong key is no key */
        { { LOCAL, .master_key = HP_STR("") }, "client" },
        { { REMOTE, .master_key = HP_STR("master") }, "-403 unauthorized" },
        { { REMOTE, .master_key = HP_STR("wrong") }, "client" },
        { { REMOTE, .master_key = HP_STR("reader") }, "read-only" },
        { { LOCAL, .maintenance_key = HP_STR("janitor") }, "maintenance" },
        { { REMOTE, .maintenance_key = HP_STR("janitor") }, "-403 unauthorized" },
        { { LOCAL, .rest_api_key = HP_STR("master") }, "client" },
        { { .app_id = HP_STR("app"), .master_key = HP_STR("master") }, "-403 unauthorized" }, /* nobody's address */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(open_as(f, cases[i].cred, false), cases[i].want) != 0)
            fail_msg("case %zu: %s", i, open_as(f, cases[i].cred, false));
}

static void an_unset_key_matches_nothing(void **state)
{
    core_fixture *f = *state;
    allow_addresses(f);
    f->settings.read_only_master_key = f->settings.maintenance_key = HP_STR_NONE;
    assert_string_equal(open_as(f, (hp_credentials){ LOCAL, .maintenance_key = HP_STR("") }, false), "client");
    assert_string_equal(open_as(f, (hp_credentials){ LOCAL }, false), "client");
}

static void a_configured_client_key_must_be_shown_in_its_own_place(void **state)
{
    core_fixture *f = *state;
    allow_addresses(f);
    f->settings.rest_api_key = HP_STR("rest");
    f->settings.javascript_key = HP_STR("js");
    assert_string_equal(open_as(f, (hp_credentials){ LOCAL }, false), "-403 unauthorized");
    assert_string_equal(open_as(f, (hp_credentials){ LOCAL, .rest_api_key = HP_STR("rest") }, false), "client");
    assert_string_equal(open_as(f, (hp_credentials){ LOCAL, .javascript_key = HP_STR("js") }, false), "client");
    assert_string_equal(open_as(f, (hp_credentials){ LOCAL, .javascript_key = HP_STR("rest") }, false),
                        "-403 unauthorized");
    assert_string_equal(open_as(f, (hp_credentials){ LOCAL, .client_key = HP_STR("rest") }, false),
                        "-403 unauthorized");
    assert_string_equal(open_as(f, (hp_credentials){ LOCAL, .master_key = HP_STR("master") }, false), "master");
    assert_string_equal(open_as(f, (hp_credentials){ REMOTE, .master_key = HP_STR("reader") }, false), "read-only");
}

static void a_token_loads_its_user_and_is_ignored_beside_the_master_key(void **state)
{
    core_fixture *f = *state;
    const char *token;
    const char *ann = fixture_sign_up(f, "ann", &token);
    allow_addresses(f);
    hp_credentials cred = { LOCAL, .session_token = hp_str_of(token) };
    assert_string_equal(open_as(f, cred, false), fixture_fmt(f, "user %s", ann));
    assert_string_equal(open_as(f, cred, true), "client");
    cred.master_key = HP_STR("master");
    assert_string_equal(open_as(f, cred, false), "master");
    cred = (hp_credentials){ LOCAL, .session_token = HP_STR("r:00000000000000000000000000000000") };
    assert_string_equal(open_as(f, cred, false), "209 Invalid session token");
    assert_string_equal(open_as(f, cred, true), "client");
    cred.master_key = HP_STR("master");
    assert_string_equal(open_as(f, cred, false), "master");
}

static void master_only_routes_refuse_everyone_below(void **state)
{
    core_fixture *f = *state;
    hp_call call = fixture_call(f, AS_NOBODY);
    hp_err err = { 0 };
    assert_int_not_equal(hp_call_require_master(&call, &err), HP_OK);
    assert_int_equal(err.http, 403);
    assert_true(err.permission);
    assert_string_equal(err.msg, "unauthorized: master key is required");
    call.who.access = HP_ACCESS_MAINTENANCE;
    assert_int_not_equal(hp_call_require_master(&call, &err), HP_OK);
    call.who.access = HP_ACCESS_READ_ONLY;
    assert_int_equal(hp_call_require_master(&call, &err), HP_OK);
    hp_call_close(&call);
}

static void cloud_code_as_master_is_no_user(void **state)
{
    core_fixture *f = *state;
    const char *token;
    (void)fixture_sign_up(f, "ann", &token);
    hp_call call = fixture_call(f, AS(token));
    hp_call master = hp_call_as_master(&call);
    assert_int_equal(master.who.access, HP_ACCESS_MASTER);
    assert_false(hp_str_present(master.who.user_id));
    assert_null(master.who.user);
    assert_ptr_equal(master.mem, call.mem);
    hp_call_close(&call);
}

/* ---- sessions ---- */

static const char *open_token(core_fixture *f, const char *token)
{
    return open_as(f, (hp_credentials){ LOCAL, .session_token = hp_str_of(token) }, false);
}

/* F6: also while the cache still holds it. */
static void a_session_ends_at_its_time_and_not_later(void **state)
{
    core_fixture *f = *state;
    const char *token;
    f->settings.session_length_ms = 3000;
    const char *ann = fixture_sign_up(f, "ann", &token);
    const char *want = fixture_fmt(f, "user %s", ann);
    assert_string_equal(open_token(f, token), want);
    f->now_ms += 2999;
    assert_string_equal(open_token(f, token), want);
    f->now_ms += 1;
    assert_string_equal(open_token(f, token), "209 Session token is expired.");
    f->now_ms += 60000; /* the cached entry is gone too */
    assert_string_equal(open_token(f, token), "209 Session token is expired.");
}

/* F6, F7 */
static void a_deleted_session_or_user_is_gone_with_the_next_request(void **state)
{
    core_fixture *f = *state;
    const char *ann_token, *bob_token;
    (void)fixture_sign_up(f, "ann", &ann_token);
    const char *bob = fixture_sign_up(f, "bob", &bob_token);
    (void)open_token(f, ann_token);
    (void)open_token(f, bob_token);
    fixture_found own = fixture_find(f, AS(ann_token), "_Session", "{}");
    const char *id = hp_arena_cstr(f->mem, hp_object_text(&own.value.array.items[0], HP_STR("objectId")));
    (void)fixture_ok(fixture_remove(f, AS(ann_token), "_Session", id));
    assert_string_equal(open_token(f, ann_token), "209 Invalid session token");
    (void)fixture_ok(fixture_remove(f, AS_MASTER, "_User", bob));
    assert_string_equal(open_token(f, bob_token), "209 Invalid session token");
}

static void a_changed_user_is_seen_by_the_next_request(void **state)
{
    core_fixture *f = *state;
    const char *token;
    const char *ann = fixture_sign_up(f, "ann", &token);
    hp_call before = fixture_call(f, AS(token));
    (void)fixture_ok(fixture_save(f, AS_MASTER, "_User", ann, "{\"nick\":\"A\"}"));
    hp_call after = fixture_call(f, AS(token));
    assert_null(hp_object_get(&before.who.user->fields, HP_STR("nick"))); /* the older call keeps what it had */
    assert_true(hp_str_eq(hp_object_text(&after.who.user->fields, HP_STR("nick")), HP_STR("A")));
    assert_int_equal(after.who.user->internal.tag, HP_NULL);
    hp_call_close(&before);
    hp_call_close(&after);
}

/* The groups behind "*" and before the id, joined with commas. */
static const char *roles_of(core_fixture *f, const char *token)
{
    hp_call call = fixture_call(f, AS(token));
    hp_str all = HP_STR("");
    assert_true(hp_str_eq(call.who.groups[0], HP_STR("*")));
    assert_true(hp_str_eq(call.who.groups[call.who.group_count - 1], call.who.user_id));
    for (size_t i = 1; i + 1 < call.who.group_count; i++)
        all = hp_arena_printf(f->mem, "%s%s%.*s", all.ptr, i > 1 ? "," : "", HP_STR_ARG(call.who.groups[i]));
    hp_call_close(&call);
    return all.ptr;
}

static const char *make_role(core_fixture *f, const char *name, const char *user, const char *child)
{
    const char *body = fixture_fmt(f, "{'name':'%s','ACL':{},'users':{'__op':'AddRelation','objects':[%s%s%s]}}", name,
                                   user == NULL ? "" : "{'__type':'Pointer','className':'_User','objectId':'",
                                   user == NULL ? "" : user, user == NULL ? "" : "'}");
    const char *id = fixture_make(f, "_Role", body);
    if (child != NULL)
        (void)fixture_ok(fixture_save(
            f, AS_MASTER, "_Role", id,
            fixture_fmt(f, "{'roles':{'__op':'AddRelation','objects':[" POINTER_FMT "]}}", "_Role", child)));
    return id;
}

/* F14: members of a role in `roles` have the outer role too; a cycle ends; ACL of the role does not matter. */
static void roles_come_through_the_hierarchy(void **state)
{
    core_fixture *f = *state;
    const char *token;
    const char *ann = fixture_sign_up(f, "ann", &token);
    assert_string_equal(roles_of(f, token), "");
    const char *mod = make_role(f, "mod", ann, NULL);
    assert_string_equal(roles_of(f, token), "role:mod"); /* a new role is seen at once */
    const char *admin = make_role(f, "admin", NULL, mod);
    (void)make_role(f, "unrelated", NULL, NULL);
    assert_string_equal(roles_of(f, token), "role:mod,role:admin");
    (void)fixture_ok(
        fixture_save(f, AS_MASTER, "_Role", mod,
                     fixture_fmt(f, "{'roles':{'__op':'AddRelation','objects':[" POINTER_FMT "]}}", "_Role", admin)));
    assert_string_equal(roles_of(f, token), "role:mod,role:admin");
    (void)fixture_ok(
        fixture_save(f, AS_MASTER, "_Role", mod,
                     fixture_fmt(f, "{'users':{'__op':'RemoveRelation','objects':[" POINTER_FMT "]}}", "_User", ann)));
    assert_string_equal(roles_of(f, token), "");
}

static void a_session_of_a_user_called_like_a_role_opens_nothing(void **state)
{
    core_fixture *f = *state;
    (void)fixture_make(f, "_Session",
                       fixture_fmt(f, "{'sessionToken':'r:evil','user':" POINTER_FMT "}", "_User", "role:admin"));
    assert_string_equal(open_token(f, "r:evil"), "1 Invalid object ID.");
}

static const char *me(core_fixture *f, const char *token, hp_value *out)
{
    hp_err err = { 0 };
    hp_call call = fixture_call(f, AS_NOBODY);
    hp_code rc = hp_sessions_me(&call, hp_str_of(token), out, &err);
    hp_call_close(&call);
    return rc == HP_OK ? "" : fixture_error(f, &err);
}

/* B10 */
static void ones_own_session_is_shown_as_its_user_may_see_it(void **state)
{
    core_fixture *f = *state;
    hp_value v = hp_null();
    const char *token;
    f->settings.session_length_ms = 1000;
    const char *ann = fixture_sign_up(f, "ann", &token);
    assert_string_equal(me(f, NULL, &v), "209 Session token required.");
    assert_string_equal(me(f, "r:none", &v), "209 Session token not found.");
    f->now_ms += 5000; /* an expired one is still shown */
    assert_string_equal(me(f, token, &v), "");
    assert_string_equal(fixture_at(f, &v, "sessionToken"), fixture_fmt(f, "'%s'", token));
    assert_string_equal(fixture_at(f, &v, "user"), fixture_fmt(f, POINTER_FMT, "_User", ann));
    assert_string_not_equal(fixture_at(f, &v, "createdWith"), "absent");
    fixture_permissions(f, "_Session",
                        "{\"get\":{\"*\":true},\"find\":{\"*\":true},\"protectedFields\":{\"*\":[\"createdWith\"]}}");
    assert_string_equal(me(f, token, &v), "");
    assert_string_equal(fixture_at(f, &v, "createdWith"), "absent");
}

static void a_session_in_its_second_half_is_extended_when_that_is_wanted(void **state)
{
    core_fixture *f = *state;
    const char *token;
    f->settings.session_length_ms = 100000;
    f->settings.extend_session_on_use = true;
    const char *ann = fixture_sign_up(f, "ann", &token);
    const char *want = fixture_fmt(f, "user %s", ann);
    for (int i = 0; i < 5; i++) {
        f->now_ms += 60000;
        assert_string_equal(open_token(f, token), want);
    }
    f->now_ms += 100000;
    assert_string_equal(open_token(f, token), "209 Session token is expired.");
    f->settings.extend_session_on_use = false;
    (void)fixture_sign_up(f, "bob", &token);
    f->now_ms += 60000;
    (void)open_token(f, token);
    f->now_ms += 60000;
    assert_string_equal(open_token(f, token), "209 Session token is expired.");
}

/* An object's relations name a class, in the schema's words; the answer is written after the call has ended. */
static void what_a_call_has_read_outlives_the_call_and_its_schema(void **state)
{
    core_fixture *f = *state;
    const fixture_reply r = fixture_ok(fixture_save(f, true, NULL, "Note", NULL,
                                                    "{\"fans\":{\"__op\":\"AddRelation\",\"objects\":[{\"__type\":"
                                                    "\"Pointer\",\"className\":\"Fan\",\"objectId\":\"x\"}]}}"));
    const hp_value note = fixture_get(f, "Note", r.id);
    for (int i = 0; i < 3;
         i++) { /* each makes a new schema, in memory of its own: the last reference to an old one goes */
        HP_AUTO_ARENA other = hp_arena_new();
        const hp_value body = fixture_json(f, fixture_fmt(f, "{\"field%d\":1}", i));
        hp_written out;
        hp_err err = { 0 };
        hp_call call;
        hp_call_open_internal(f->core, other, &call);
        assert_int_equal(hp_objects_update(&call, HP_STR("Note"), hp_str_of(r.id), &body, &out, &err), HP_OK);
        hp_call_close(&call);
    }
    assert_non_null(strstr(fixture_text(f, &note), "\"className\":\"Fan\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_key_opens_its_level_from_its_addresses_only),
        FIXTURE_TEST(an_unset_key_matches_nothing),
        FIXTURE_TEST(a_configured_client_key_must_be_shown_in_its_own_place),
        FIXTURE_TEST(a_token_loads_its_user_and_is_ignored_beside_the_master_key),
        FIXTURE_TEST(master_only_routes_refuse_everyone_below),
        FIXTURE_TEST(cloud_code_as_master_is_no_user),
        FIXTURE_TEST(a_session_ends_at_its_time_and_not_later),
        FIXTURE_TEST(a_deleted_session_or_user_is_gone_with_the_next_request),
        FIXTURE_TEST(a_changed_user_is_seen_by_the_next_request),
        FIXTURE_TEST(roles_come_through_the_hierarchy),
        FIXTURE_TEST(a_session_of_a_user_called_like_a_role_opens_nothing),
        FIXTURE_TEST(ones_own_session_is_shown_as_its_user_may_see_it),
        FIXTURE_TEST(a_session_in_its_second_half_is_extended_when_that_is_wanted),
        FIXTURE_TEST(what_a_call_has_read_outlives_the_call_and_its_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

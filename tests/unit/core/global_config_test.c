#include "core_fixture.h"

#include <pthread.h>

#include "core/global_config.h"
#include "core/purge.h"

static const char *config(core_fixture *f, hp_access access)
{
    hp_value out;
    hp_err err = { 0 };
    hp_call call = fixture_call(f, access != HP_ACCESS_CLIENT, NULL);
    call.who.access = access;
    if (hp_global_config_get(&call, &out, &err) != HP_OK) fail_msg("config: %s %s", err.msg, err.detail);
    hp_call_close(&call);
    return fixture_text(f, &out);
}

static fixture_reply put(core_fixture *f, hp_access access, const char *json)
{
    fixture_reply r = { 0 };
    hp_value body = fixture_json(f, json);
    hp_call call = fixture_call(f, access != HP_ACCESS_CLIENT, NULL);
    call.who.access = access;
    r.code = hp_global_config_update(&call, &body, &r.err);
    hp_call_close(&call);
    return r;
}

static void a_write_changes_the_named_params_and_no_others(void **state)
{
    core_fixture *f = *state;
    assert_string_equal(config(f, HP_ACCESS_MASTER), "{\"params\":{}}");
    fixture_ok(
        put(f, HP_ACCESS_MASTER, "{\"params\":{\"a\":1,\"b\":\"two\"},\"masterKeyOnly\":{\"b\":true,\"x\":true}}"));
    assert_string_equal(config(f, HP_ACCESS_MASTER),
                        "{\"params\":{\"a\":1,\"b\":\"two\"},\"masterKeyOnly\":{\"a\":false,\"b\":true}}");
    fixture_ok(put(f, HP_ACCESS_MASTER, "{\"params\":{\"c\":[1]}}"));
    assert_string_equal(
        config(f, HP_ACCESS_MASTER),
        "{\"params\":{\"a\":1,\"b\":\"two\",\"c\":[1]},\"masterKeyOnly\":{\"a\":false,\"b\":true,\"c\":false}}");
    fixture_ok(
        put(f, HP_ACCESS_MASTER, "{\"params\":{\"b\":\"open\"}}")); /* not said again: not the master's any more */
    assert_string_equal(
        config(f, HP_ACCESS_CLIENT),
        "{\"params\":{\"a\":1,\"b\":\"open\",\"c\":[1]},\"masterKeyOnly\":{\"a\":false,\"b\":false,\"c\":false}}");
}

static void a_deleted_param_leaves_its_flag(void **state)
{
    core_fixture *f = *state;
    fixture_ok(put(f, HP_ACCESS_MASTER, "{\"params\":{\"a\":1,\"b\":2}}"));
    fixture_ok(put(f, HP_ACCESS_MASTER, "{\"params\":{\"a\":{\"__op\":\"Delete\"}},\"masterKeyOnly\":{\"a\":true}}"));
    assert_string_equal(config(f, HP_ACCESS_MASTER),
                        "{\"params\":{\"b\":2},\"masterKeyOnly\":{\"a\":true,\"b\":false}}");
    assert_string_equal(config(f, HP_ACCESS_CLIENT), "{\"params\":{\"b\":2},\"masterKeyOnly\":{\"b\":false}}");
}

static void only_master_keys_see_what_is_theirs(void **state)
{
    core_fixture *f = *state;
    const char *all = "{\"params\":{\"open\":1,\"secret\":2},\"masterKeyOnly\":{\"open\":false,\"secret\":true}}";
    const char *some = "{\"params\":{\"open\":1},\"masterKeyOnly\":{\"open\":false}}";
    fixture_ok(put(f, HP_ACCESS_MASTER, "{\"params\":{\"open\":1,\"secret\":2},\"masterKeyOnly\":{\"secret\":true}}"));
    assert_string_equal(config(f, HP_ACCESS_MASTER), all);
    assert_string_equal(config(f, HP_ACCESS_READ_ONLY), all);
    assert_string_equal(config(f, HP_ACCESS_CLIENT), some);
    assert_string_equal(config(f, HP_ACCESS_MAINTENANCE), some);
}

static void only_the_master_key_writes(void **state)
{
    core_fixture *f = *state;
    const char *body = "{\"params\":{\"a\":1}}";
    fixture_reply client = put(f, HP_ACCESS_CLIENT, body), maintenance = put(f, HP_ACCESS_MAINTENANCE, body);
    assert_int_equal(client.err.http, 403);
    assert_int_equal(maintenance.err.http, 403);
    fixture_refused(put(f, HP_ACCESS_READ_ONLY, body), 119, NULL);
    assert_string_equal(config(f, HP_ACCESS_MASTER), "{\"params\":{}}");
}

static void values_keep_their_types(void **state)
{
    static const char *const VALUES[] = {
        "{\"__type\":\"Date\",\"iso\":\"2020-01-02T03:04:05.678Z\"}",
        "{\"__type\":\"GeoPoint\",\"latitude\":10,\"longitude\":20}",
        "{\"__type\":\"Pointer\",\"className\":\"Note\",\"objectId\":\"x\"}",
        "{\"deep\":{\"er\":[1,null,\"z\"]}}",
        "null",
        "0.5",
    };
    core_fixture *f = *state;
    for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
        char body[200], wanted[200];
        (void)snprintf(body, sizeof body, "{\"params\":{\"v\":%s}}", VALUES[i]);
        (void)snprintf(wanted, sizeof wanted, "{\"params\":{\"v\":%s},\"masterKeyOnly\":{\"v\":false}}", VALUES[i]);
        fixture_ok(put(f, HP_ACCESS_MASTER, body));
        assert_string_equal(config(f, HP_ACCESS_CLIENT), wanted);
    }
}

static void what_is_no_param_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        const char *body;
        int code;
    } CASES[] = {
        { "{\"params\":{\"a.b\":1}}", 121 },
        { "{\"params\":{\"$a\":1}}", 121 },
        { "{\"params\":{\"\":1}}", 105 },
        { "{\"params\":[1]}", 107 },
        { "{\"params\":{\"a\":1},\"masterKeyOnly\":true}", 107 },
        { "{\"params\":{\"ok\":1,\"constructor\":1}}", 105 },
        { "{\"params\":{\"ok\":1,\"a\":{\"__type\":\"Date\"}}}", 111 },
        { "{\"params\":{\"ok\":1,\"a\":{\"__op\":\"AddRelation\",\"objects\":[{\"__type\":\"Pointer\",\"className\":"
          "\"N\","
          "\"objectId\":\"x\"}]}}}",
          111 },
    };
    core_fixture *f = *state;
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        fixture_refused(put(f, HP_ACCESS_MASTER, CASES[i].body), CASES[i].code, NULL);
    assert_string_equal(config(f, HP_ACCESS_MASTER), "{\"params\":{}}");
}

typedef struct writer {
    core_fixture *f;
    int number;
} writer;

static void *write_own_param(void *arg)
{
    writer *w = arg;
    hp_arena *mem = hp_arena_new();
    hp_call call;
    hp_err err = { 0 };
    hp_value body = hp_object(), params = hp_object();
    hp_object_append(mem, &params, hp_arena_printf(mem, "p%d", w->number), hp_number(w->number));
    hp_object_append(mem, &body, HP_STR("params"), params);
    hp_call_open_internal(w->f->core, mem, &call);
    bool written = hp_global_config_update(&call, &body, &err) == HP_OK;
    hp_call_close(&call);
    hp_arena_free(mem);
    return written ? w : NULL;
}

static void writes_at_the_same_time_all_survive(void **state)
{
    enum { WRITERS = 8 };
    core_fixture *f = *state;
    pthread_t threads[WRITERS];
    writer writers[WRITERS];
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (writer){ f, i };
        assert_int_equal(pthread_create(&threads[i], NULL, write_own_param, &writers[i]), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        void *written;
        assert_int_equal(pthread_join(threads[i], &written), 0);
        assert_non_null(written);
    }
    hp_value out = fixture_json(f, config(f, HP_ACCESS_MASTER));
    assert_int_equal(hp_object_get(&out, HP_STR("params"))->object.count, WRITERS);
}

static void the_schema_api_does_not_list_the_servers_own_books(void **state)
{
    core_fixture *f = *state;
    hp_value list;
    hp_err err = { 0 };
    hp_call call = fixture_call(f, true, NULL);
    assert_int_equal(hp_schema_list(&call, &list, &err), HP_OK);
    hp_call_close(&call);
    const char *text = fixture_text(f, &list);
    assert_non_null(strstr(text, "\"_User\""));
    assert_null(strstr(text, "_GlobalConfig"));
}

/* ---- purge ---- */

static fixture_reply purge(core_fixture *f, hp_access access, const char *class_name)
{
    fixture_reply r = { 0 };
    hp_call call = fixture_call(f, access != HP_ACCESS_CLIENT, NULL);
    call.who.access = access;
    r.code = hp_purge_class(&call, hp_str_of(class_name), &r.err);
    hp_call_close(&call);
    return r;
}

static void a_purge_empties_one_class_and_keeps_its_schema(void **state)
{
    core_fixture *f = *state;
    for (int i = 0; i < 3; i++) fixture_ok(fixture_save(f, true, NULL, "Note", NULL, "{\"n\":1}"));
    fixture_ok(fixture_save(f, true, NULL, "Other", NULL, "{\"n\":1}"));
    fixture_ok(purge(f, HP_ACCESS_MASTER, "Note"));
    assert_int_equal(fixture_count(f, "Note", "{}"), 0);
    assert_int_equal(fixture_count(f, "Other", "{}"), 1);
    fixture_refused(fixture_save(f, true, NULL, "Note", NULL, "{\"n\":\"text\"}"), 111, NULL);
    fixture_ok(purge(f, HP_ACCESS_MASTER, "Note"));
    fixture_ok(purge(f, HP_ACCESS_MASTER, "Unheard"));
}

static void a_purge_is_the_master_keys(void **state)
{
    core_fixture *f = *state;
    fixture_ok(fixture_save(f, true, NULL, "Note", NULL, "{\"n\":1}"));
    fixture_reply client = purge(f, HP_ACCESS_CLIENT, "Note"), maintenance = purge(f, HP_ACCESS_MAINTENANCE, "Note");
    assert_int_equal(client.err.http, 403);
    assert_int_equal(maintenance.err.http, 403);
    fixture_refused(purge(f, HP_ACCESS_READ_ONLY, "Note"), 119, "read-only masterKey isn't allowed to purge a schema.");
    assert_int_equal(fixture_count(f, "Note", "{}"), 1);
}

static void a_purged_session_opens_nothing_any_more(void **state)
{
    static const char *const CLASSES[] = { "_Session", "User" };
    core_fixture *f = *state;
    for (size_t i = 0; i < sizeof CLASSES / sizeof *CLASSES; i++) {
        const char *token;
        hp_call call;
        hp_err err = { 0 };
        fixture_sign_up(f, i == 0 ? "ann" : "bob", &token);
        call = fixture_call(f, false, token); /* it is in the cache now */
        hp_call_close(&call);
        fixture_ok(purge(f, HP_ACCESS_MASTER, CLASSES[i]));
        hp_credentials cred = { .app_id = HP_STR("app"), .session_token = hp_str_of(token) };
        assert_int_equal(hp_call_open(f->core, &cred, false, f->mem, &call, &err), HP_E_INVALID_SESSION_TOKEN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_write_changes_the_named_params_and_no_others),
        FIXTURE_TEST(a_deleted_param_leaves_its_flag),
        FIXTURE_TEST(only_master_keys_see_what_is_theirs),
        FIXTURE_TEST(only_the_master_key_writes),
        FIXTURE_TEST(values_keep_their_types),
        FIXTURE_TEST(what_is_no_param_is_refused_and_changes_nothing),
        FIXTURE_TEST(writes_at_the_same_time_all_survive),
        FIXTURE_TEST(the_schema_api_does_not_list_the_servers_own_books),
        FIXTURE_TEST(a_purge_empties_one_class_and_keeps_its_schema),
        FIXTURE_TEST(a_purge_is_the_master_keys),
        FIXTURE_TEST(a_purged_session_opens_nothing_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

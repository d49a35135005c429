/* tests/support/core_fixture.h — an engine on a real SQLite file in a folder of its own, with a settable clock, for the
 * tests of core/. Every failing step fails the test. Text in and out is JSON. */
#ifndef HP_TESTS_CORE_FIXTURE_H
#define HP_TESTS_CORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/call.h"
#include "core/objects.h"
#include "core/schema.h"
#include "core/schema_api.h"
#include "core/users.h"
#include "hooks/hooks_internal.h"
#include "store/sqlite/sqlite_store.h"
#include "value/json.h"

typedef struct core_fixture {
    hp_clock clock; /* first: the functions below get back from it */
    int64_t now_ms;
    char dir[64];
    hp_settings settings;
    hp_hooks *hooks;
    hp_store *store;
    hp_gate *gate;
    hp_core *core;
    hp_arena *mem; /* one for the whole test */
} core_fixture;

static inline int64_t fixture_now(hp_clock *c) { return ((core_fixture *)c)->now_ms; }

/* Moves with the settable time, so that caches and version checks see it pass. */
static inline int64_t fixture_monotonic(hp_clock *c) { return ((core_fixture *)c)->now_ms; }

static inline void fixture_settings(core_fixture *f)
{
    static const hp_denied_keyword DENIED[] = {
        { .has_key = true,
          .key = { .tag = HP_STRING, .string = HP_STR_INIT("_bsontype") },
          .has_value = true,
          .value = { .tag = HP_STRING, .string = HP_STR_INIT("Code") },
          .json = HP_STR_INIT("{\"key\":\"_bsontype\",\"value\":\"Code\"}") },
        { .has_key = true,
          .key = { .tag = HP_STRING, .string = HP_STR_INIT("constructor") },
          .json = HP_STR_INIT("{\"key\":\"constructor\"}") },
    };
    f->settings = (hp_settings){ .app_id = HP_STR("app"),
                                 .master_key = HP_STR("master"),
                                 .mount_path = HP_STR("/parse"),
                                 .server_url = HP_STR("http://localhost:1337/parse"),
                                 .public_server_url = HP_STR("http://localhost:1337/parse"),
                                 .allow_client_class_creation = true,
                                 .object_id_len = 10,
                                 .default_limit = 100,
                                 .protected_fields = hp_object(),
                                 .protected_fields_owner_exempt = true,
                                 .protected_fields_save_exempt = true,
                                 .denied_keywords = DENIED,
                                 .denied_keyword_count = sizeof DENIED / sizeof *DENIED,
                                 .complexity = { .query_depth = 10,
                                                 .subquery_depth = 10,
                                                 .subquery_rows = INT64_MAX,
                                                 .include_depth = 10,
                                                 .include_count = 100,
                                                 .batch_requests = 100,
                                                 .allow_regex = true },
                                 .session_length_ms = 31536000000,
                                 .expire_inactive_sessions = true,
                                 .revoke_session_on_password_reset = true,
                                 .enforce_private_users = true,
                                 .enable_anonymous_users = true,
                                 .cache_ttl_ms = 5000,
                                 .cache_entries_max = 1000 };
}

static inline void fixture_open(core_fixture *f)
{
    hp_err err = { 0 };
    *f = (core_fixture){ .clock = { fixture_now, fixture_monotonic }, .now_ms = 1700000000000 };
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/hp-core-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    char path[96];
    (void)snprintf(path, sizeof path, "%s/app.db", f->dir);
    fixture_settings(f);
    f->mem = hp_arena_new();
    hp_sqlite_options options = { .path = hp_str_of(path), .sync = HP_SQLITE_SYNC_NORMAL };
    if (hp_sqlite_open(&options, &f->store, &err) != HP_OK) fail_msg("store: %s %s", err.msg, err.detail);
    f->hooks = hp_hooks_new();
    hp_hooks_set_engine(f->hooks, hp_core_hook_engine());
    f->gate = hp_gate_new(2, 100);
    hp_core_parts parts = { .settings = &f->settings,
                            .store = f->store,
                            .hooks = f->hooks,
                            .clock = &f->clock,
                            .rand = hp_rand_system(),
                            .passwords = f->gate };
    if (hp_core_new(&parts, &f->core, &err) != HP_OK) fail_msg("core: %s %s", err.msg, err.detail);
}

static inline void fixture_close(core_fixture *f)
{
    static const char *const FILES[] = { "app.db", "app.db-wal", "app.db-shm" };
    hp_core_free(f->core);
    hp_gate_free(f->gate);
    hp_hooks_free(f->hooks);
    hp_store_close(f->store);
    hp_arena_free(f->mem);
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        char path[96];
        (void)snprintf(path, sizeof path, "%s/%s", f->dir, FILES[i]);
        (void)unlink(path); /* not all of them exist */
    }
    (void)rmdir(f->dir); /* what is left in it is worth looking at */
}

static inline hp_value fixture_json(core_fixture *f, const char *text)
{
    hp_value v = hp_null();
    hp_err err = { 0 };
    if (hp_json_read(hp_str_of(text), HP_JSON_PARSE, f->mem, &v, &err) != HP_OK) fail_msg("%s: %s", text, err.msg);
    return v;
}

static inline const char *fixture_text(core_fixture *f, const hp_value *v)
{
    return hp_arena_cstr(f->mem, hp_json_text(f->mem, v));
}

/* A call with the master key, or with a session (NULL: nobody). */
static inline hp_call fixture_call(core_fixture *f, bool master, const char *token)
{
    hp_call call;
    hp_err err = { 0 };
    hp_credentials cred = { .app_id = HP_STR("app"), .session_token = hp_str_of(token), .peer = HP_STR("127.0.0.1") };
    if (hp_call_open(f->core, &cred, false, f->mem, &call, &err) != HP_OK) fail_msg("call: %s", err.msg);
    if (!master) return call;
    hp_call_close(&call);
    hp_call_open_internal(f->core, f->mem, &call);
    return call;
}

typedef struct fixture_reply {
    hp_code code;
    hp_err err;
    hp_value body;
    bool created;
    char id[64];
} fixture_reply;

/* One create (id NULL) or update. */
static inline fixture_reply fixture_save(core_fixture *f, bool master, const char *token, const char *class_name,
                                         const char *id, const char *json)
{
    fixture_reply r = { 0 };
    hp_written out = { 0 };
    hp_value body = fixture_json(f, json);
    hp_call call = fixture_call(f, master, token);
    r.code = id == NULL ? hp_objects_create(&call, hp_str_of(class_name), &body, &out, &r.err)
                        : hp_objects_update(&call, hp_str_of(class_name), hp_str_of(id), &body, &out, &r.err);
    hp_call_close(&call);
    r.body = out.body;
    r.created = out.created;
    (void)snprintf(r.id, sizeof r.id, "%" HP_STR_FMT, HP_STR_ARG(out.object_id));
    return r;
}

static inline fixture_reply fixture_remove(core_fixture *f, bool master, const char *token, const char *class_name,
                                           const char *id)
{
    fixture_reply r = { 0 };
    hp_call call = fixture_call(f, master, token);
    r.code = hp_objects_delete(&call, hp_str_of(class_name), hp_str_of(id), &r.err);
    hp_call_close(&call);
    return r;
}

/* The object as master sees it, or null. */
static inline hp_value fixture_get(core_fixture *f, const char *class_name, const char *id)
{
    hp_value out = hp_null();
    hp_value params = hp_object();
    hp_err err = { 0 };
    hp_call call = fixture_call(f, true, NULL);
    if (hp_objects_get(&call, hp_str_of(class_name), hp_str_of(id), &params, &out, &err) != HP_OK) out = hp_null();
    hp_call_close(&call);
    return out;
}

/* How many objects a where matches, as master. */
static inline int64_t fixture_count(core_fixture *f, const char *class_name, const char *where)
{
    hp_value results, params = hp_object();
    int64_t count = -1;
    hp_err err = { 0 };
    hp_object_append(f->mem, &params, HP_STR("where"), fixture_json(f, where));
    hp_object_append(f->mem, &params, HP_STR("limit"), hp_number(0));
    hp_object_append(f->mem, &params, HP_STR("count"), hp_number(1));
    hp_call call = fixture_call(f, true, NULL);
    if (hp_objects_find(&call, hp_str_of(class_name), &params, &results, &count, &err) != HP_OK)
        fail_msg("count %s: %s", class_name, err.msg);
    hp_call_close(&call);
    return count;
}

static inline fixture_reply fixture_ok(fixture_reply r)
{
    if (r.code != HP_OK) fail_msg("refused: %d %s (%s)", (int)r.err.code, r.err.msg, r.err.detail);
    return r;
}

static inline void fixture_refused(fixture_reply r, int code, const char *message)
{
    const char *wanted = message != NULL ? message : "(any text)";
    if (r.code == HP_OK) fail_msg("was not refused; wanted %d %s", code, wanted);
    if ((int)r.err.code != code)
        fail_msg("wanted %d %s, got %d %s (%s)", code, wanted, (int)r.err.code, r.err.msg, r.err.detail);
    if (message != NULL) assert_string_equal(r.err.msg, message);
}

/* Signs somebody up; returns id and token, both in f->mem. */
static inline const char *fixture_sign_up(core_fixture *f, const char *name, const char **token)
{
    char body[200];
    (void)snprintf(body, sizeof body, "{\"username\":\"%s\",\"password\":\"pw-%s\"}", name, name);
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "_User", NULL, body));
    hp_str text = hp_object_text(&r.body, HP_STR("sessionToken"));
    assert_true(hp_str_present(text));
    if (token != NULL) *token = hp_arena_cstr(f->mem, text);
    return hp_arena_cstr(f->mem, hp_str_of(r.id));
}

static inline int fixture_setup(void **state)
{
    core_fixture *f = calloc(1, sizeof *f);
    *state = f;
    fixture_open(f);
    return 0;
}

static inline int fixture_teardown(void **state)
{
    fixture_close(*state);
    free(*state);
    return 0;
}

#define FIXTURE_TEST(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

#endif

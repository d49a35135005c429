/* The table of webhooks, where another process changes the rows that it is made of. */
#include "core_fixture.h"

#include "core/core_internal.h"
#include "core/webhooks.h"

enum { NOTICED_MS = 1000, PATIENCE_S = 60 };

/* Another process, as far as the first can tell: an engine that shares nothing with it but the file. */
typedef struct neighbour {
    hp_hooks *hooks;
    hp_store *store;
    hp_core *core;
} neighbour;

static void neighbour_open(neighbour *n, core_fixture *f)
{
    hp_err err = { 0 };
    char path[96];
    (void)snprintf(path, sizeof path, "%s/app.db", f->dir);
    const hp_sqlite_options options = { .path = hp_str_of(path), .sync = HP_SQLITE_SYNC_NORMAL };
    if (hp_sqlite_open(&options, &n->store, &err) != HP_OK) fail_msg("store: %s %s", err.msg, err.detail);
    n->hooks = hp_hooks_new();
    const hp_core_parts parts = { .settings = &f->settings,
                                  .store = n->store,
                                  .hooks = n->hooks,
                                  .clock = &f->clock,
                                  .rand = hp_rand_system(),
                                  .passwords = f->gate };
    if (hp_core_new(&parts, &n->core, &err) != HP_OK) fail_msg("core: %s %s", err.msg, err.detail);
}

static void neighbour_close(neighbour *n)
{
    hp_core_free(n->core);
    hp_store_close(n->store);
    hp_hooks_free(n->hooks);
}

static void define(hp_core *core, core_fixture *f, const char *body)
{
    hp_value given = fixture_json(f, body), out;
    hp_err err = { 0 };
    hp_call call;
    hp_call_open_internal(core, f->mem, &call);
    if (hp_webhooks_create(&call, &given, &out, &err) != HP_OK) fail_msg("%s: %s %s", body, err.msg, err.detail);
    hp_call_close(&call);
}

static void a_change_of_another_process_that_is_noticed_while_they_are_read_is_read_too(void **state)
{
    core_fixture f;
    neighbour other;
    hp_err err = { 0 };
    (void)state;
    fixture_open(&f);
    neighbour_open(&other, &f);

    define(other.core, &f, "{\"functionName\":\"remote\",\"url\":\"http://127.0.0.1:9/\"}");
    f.now_ms += NOTICED_MS;
    (void)alarm(PATIENCE_S); /* for an engine that waits for itself */
    assert_int_equal(hp_webhooks_load(f.core, &err), HP_OK);
    (void)alarm(0);
    assert_true(hp_hooks_has_function(f.hooks, HP_STR("remote")));

    neighbour_close(&other);
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_change_of_another_process_that_is_noticed_while_they_are_read_is_read_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

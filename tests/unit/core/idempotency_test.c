#include "core_fixture.h"

#include <pthread.h>

#include "core/idempotency.h"
#include "query/regex.h"

/* Classes whose name begins with Order, for 300 s. */
static void switch_on(core_fixture *f)
{
    hp_err err = { 0 };
    const hp_regex **paths = HP_NEW_ARRAY(f->mem, const hp_regex *, 1);
    assert_int_equal(hp_regex_compile(f->mem, HP_STR("^classes/Order"), HP_STR(""), &paths[0], &err), HP_OK);
    f->settings.idempotent_paths = paths;
    f->settings.idempotent_path_count = 1;
    f->settings.idempotency_ttl_ms = 300000;
}

static fixture_reply claim(core_fixture *f, const char *path, const char *id)
{
    fixture_reply r = { 0 };
    hp_call call = fixture_call(f, false, NULL);
    r.code = hp_idempotency_claim(&call, hp_str_of(path), hp_str_of(id), &r.err);
    hp_call_close(&call);
    return r;
}

static void a_request_id_counts_once_until_it_expires(void **state)
{
    core_fixture *f = *state;
    switch_on(f);
    fixture_ok(claim(f, "/classes/Order", "a"));
    fixture_refused(claim(f, "/classes/Order", "a"), 159, "Duplicate request");
    fixture_refused(claim(f, "/classes/OrderLine/x/", "a"), 159, "Duplicate request");
    fixture_ok(claim(f, "/classes/Order", "b"));
    f->now_ms += 299999;
    fixture_refused(claim(f, "/classes/Order", "a"), 159, NULL);
    f->now_ms += 1;
    fixture_ok(claim(f, "/classes/Order", "a"));
    assert_int_equal(fixture_count(f, "_Idempotency", "{}"), 1); /* the expired ones are gone */
}

static void other_paths_and_requests_without_an_id_leave_no_trace(void **state)
{
    core_fixture *f = *state;
    for (int i = 0; i < 2; i++) fixture_ok(claim(f, "/classes/Order", "a")); /* switched off */
    switch_on(f);
    for (int i = 0; i < 2; i++) {
        fixture_ok(claim(f, "/classes/Note", "a"));
        fixture_ok(claim(f, "/x/classes/Order", "a"));
        fixture_ok(claim(f, "/classes/Order", ""));
        fixture_ok(claim(f, "/classes/Order", NULL));
    }
    assert_int_equal(fixture_count(f, "_Idempotency", "{}"), 0);
}

static void an_id_is_a_short_text(void **state)
{
    core_fixture *f = *state;
    char id[258];
    switch_on(f);
    memset(id, 'x', 257);
    id[257] = '\0';
    assert_int_equal(claim(f, "/classes/Order", id).err.http, 400);
    assert_int_equal(claim(f, "/classes/Order", "\xff").err.http, 400);
    id[256] = '\0';
    fixture_ok(claim(f, "/classes/Order", id));
}

typedef struct sender {
    core_fixture *f;
    hp_code code;
} sender;

static void *send(void *arg)
{
    sender *s = arg;
    hp_arena *mem = hp_arena_new();
    hp_call call;
    hp_err err = { 0 };
    hp_call_open_internal(s->f->core, mem, &call);
    s->code = hp_idempotency_claim(&call, HP_STR("/classes/Order"), HP_STR("same"), &err);
    hp_call_close(&call);
    hp_arena_free(mem);
    return NULL;
}

static void of_equal_ids_at_once_one_passes(void **state)
{
    enum { SENDERS = 8 };
    core_fixture *f = *state;
    pthread_t threads[SENDERS];
    sender senders[SENDERS];
    int passed = 0;
    switch_on(f);
    for (int i = 0; i < SENDERS; i++) {
        senders[i] = (sender){ .f = f };
        assert_int_equal(pthread_create(&threads[i], NULL, send, &senders[i]), 0);
    }
    for (int i = 0; i < SENDERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        passed += senders[i].code == HP_OK;
        if (senders[i].code != HP_OK) assert_int_equal(senders[i].code, HP_E_DUPLICATE_REQUEST);
    }
    assert_int_equal(passed, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_request_id_counts_once_until_it_expires),
        FIXTURE_TEST(other_paths_and_requests_without_an_id_leave_no_trace),
        FIXTURE_TEST(an_id_is_a_short_text),
        FIXTURE_TEST(of_equal_ids_at_once_one_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

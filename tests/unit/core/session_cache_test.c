#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <pthread.h>
#include <cmocka.h>

#include "core/session_cache.h"

static const hp_str TOKEN = HP_STR_INIT("r:00112233445566778899aabbccddeeff");

static hp_session *session_of(const char *user_id)
{
    hp_session *s = hp_session_new();
    s->user_id = hp_arena_str(s->mem, hp_str_of(user_id));
    s->expires_ms = INT64_MAX;
    return s;
}

static void put(hp_session_cache *c, hp_str token, const char *user_id, int64_t now_ms)
{
    hp_session *s = session_of(user_id);
    hp_session_cache_put(c, token, s, hp_session_cache_moment(c), now_ms);
    hp_session_unref(s);
}

static bool has(hp_session_cache *c, hp_str token, int64_t now_ms)
{
    hp_session *s = hp_session_cache_get(c, token, now_ms);
    hp_session_unref(s);
    return s != NULL;
}

static void an_entry_is_found_until_its_time_is_over(void **state)
{
    (void)state;
    hp_session_cache *c = hp_session_cache_new(5000, 100);
    assert_false(has(c, TOKEN, 1000));
    put(c, TOKEN, "u1", 1000);
    assert_true(has(c, TOKEN, 1000));
    assert_true(has(c, TOKEN, 5999));
    assert_false(has(c, TOKEN, 6000));
    assert_false(has(c, HP_STR("r:00112233445566778899aabbccddeefe"), 1000));
    hp_session_cache_free(c);
}

static void an_entry_outlives_the_cache_while_somebody_uses_it(void **state)
{
    (void)state;
    hp_session_cache *c = hp_session_cache_new(5000, 100);
    put(c, TOKEN, "u1", 0);
    hp_session *s = hp_session_cache_get(c, TOKEN, 0);
    hp_session_cache_forget_all(c);
    assert_false(has(c, TOKEN, 0));
    hp_session_cache_free(c);
    assert_true(hp_str_eq(s->user_id, HP_STR("u1")));
    hp_session_unref(s);
}

static void a_change_of_a_user_touches_that_user_alone(void **state)
{
    (void)state;
    hp_session_cache *c = hp_session_cache_new(5000, 100);
    put(c, HP_STR("r:1"), "ann", 0);
    put(c, HP_STR("r:2"), "ann", 0);
    put(c, HP_STR("r:3"), "bob", 0);
    hp_session_cache_forget_user(c, HP_STR("ann"));
    assert_false(has(c, HP_STR("r:1"), 0));
    assert_false(has(c, HP_STR("r:2"), 0));
    assert_true(has(c, HP_STR("r:3"), 0));
    put(c, HP_STR("r:1"), "ann", 0);
    assert_true(has(c, HP_STR("r:1"), 0)); /* read after the change */
    hp_session_cache_forget_all(c);
    assert_false(has(c, HP_STR("r:1"), 0));
    assert_false(has(c, HP_STR("r:3"), 0));
    hp_session_cache_free(c);
}

/* The race that a cache must not lose: read, then somebody else's change and its forget, then the put. */
static void what_was_read_before_a_change_is_stale_when_it_is_put_after_it(void **state)
{
    (void)state;
    hp_session_cache *c = hp_session_cache_new(5000, 100);
    for (int all = 0; all < 2; all++) {
        const uint64_t moment = hp_session_cache_moment(c);
        hp_session *s = session_of("ann");
        if (all)
            hp_session_cache_forget_all(c);
        else
            hp_session_cache_forget_user(c, HP_STR("ann"));
        hp_session_cache_put(c, TOKEN, s, moment, 0);
        hp_session_unref(s);
        assert_false(has(c, TOKEN, 0));
    }
    hp_session_cache_free(c);
}

static size_t kept_of(hp_session_cache *c, int tokens)
{
    size_t kept = 0;
    for (int i = 0; i < tokens; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "r:%d", i);
        kept += has(c, hp_str_of(text), 0);
    }
    return kept;
}

static void it_never_holds_more_than_its_maximum(void **state)
{
    (void)state;
    enum { TOKENS = 5000, ENTRIES_MAX = 160 };
    hp_session_cache *c = hp_session_cache_new(5000, ENTRIES_MAX);
    for (int i = 0; i < TOKENS; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "r:%d", i);
        put(c, hp_str_of(text), "ann", 0);
        assert_true(has(c, hp_str_of(text), 0)); /* the newest is always kept */
    }
    const size_t kept = kept_of(c, TOKENS);
    assert_true(kept <= ENTRIES_MAX);
    assert_true(kept > ENTRIES_MAX / 2);
    hp_session_cache_free(c);
}

static void it_keeps_nothing_without_time_or_room(void **state)
{
    (void)state;
    hp_session_cache *caches[] = { hp_session_cache_new(0, 100), hp_session_cache_new(5000, 0) };
    for (size_t i = 0; i < 2; i++) {
        put(caches[i], TOKEN, "ann", 0);
        assert_false(has(caches[i], TOKEN, 0));
        hp_session_cache_free(caches[i]);
    }
}

/* Readers, writers and forgetters at once: run under the thread and address sanitizers. */
static void *hammer(void *arg)
{
    hp_session_cache *c = arg;
    for (int i = 0; i < 4000; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "r:%d", i % 50);
        hp_session *s = hp_session_cache_get(c, hp_str_of(text), 0);
        if (s == NULL)
            put(c, hp_str_of(text), "ann", 0);
        else
            assert_true(hp_str_eq(s->user_id, HP_STR("ann")));
        hp_session_unref(s);
        if (i % 97 == 0) hp_session_cache_forget_user(c, HP_STR("ann"));
        if (i % 331 == 0) hp_session_cache_forget_all(c);
    }
    return NULL;
}

static void many_threads_may_use_it_at_once(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    hp_session_cache *c = hp_session_cache_new(5000, 32);
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, hammer, c), 0);
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    hp_session_cache_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_found_until_its_time_is_over),
        cmocka_unit_test(an_entry_outlives_the_cache_while_somebody_uses_it),
        cmocka_unit_test(a_change_of_a_user_touches_that_user_alone),
        cmocka_unit_test(what_was_read_before_a_change_is_stale_when_it_is_put_after_it),
        cmocka_unit_test(it_never_holds_more_than_its_maximum),
        cmocka_unit_test(it_keeps_nothing_without_time_or_room),
        cmocka_unit_test(many_threads_may_use_it_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

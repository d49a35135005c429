/* The queue between commits and subscribers: in the order of the commits, bounded, and never stuck. */
#include <pthread.h>

#include "base/limits.h"
#include "core_fixture.h"
#include "live/event.h"

static hp_schema *SCHEMA;

/* An event that says which one it is by committed_ms. */
static hp_live_event *event(int64_t n)
{
    hp_live_event *e = hp_live_event_new(SCHEMA, HP_STR("_User"));
    assert_non_null(e);
    e->committed_ms = n;
    return e;
}

static void next_is(hp_live_queue *q, int64_t n)
{
    hp_live_event *e = hp_live_queue_pop(q);
    assert_non_null(e);
    assert_int_equal(e->committed_ms, n);
    assert_null(e->next);
    hp_live_event_free(e);
}

static size_t waiting(hp_live_queue *q)
{
    hp_live_queue_stats stats;
    hp_live_queue_look(q, &stats);
    return stats.waiting;
}

static void changes_leave_in_the_order_of_their_tickets(void **state)
{
    (void)state;
    hp_live_queue *q = hp_live_queue_new(1 << 20);
    hp_live_queue_push(q, 3, event(3));
    hp_live_queue_push(q, 2, NULL); /* nothing to tell */
    hp_live_queue_push(q, 0, event(100));
    next_is(q, 100); /* of another node: waits for nobody */
    hp_live_queue_push(q, 1, event(1));
    hp_live_queue_push(q, 4, event(4));
    next_is(q, 1);
    next_is(q, 3);
    next_is(q, 4);
    assert_int_equal(waiting(q), 0);
    hp_live_queue_free(q);
}

static void the_changes_of_one_unit_stay_together(void **state)
{
    (void)state;
    hp_live_queue *q = hp_live_queue_new(1 << 20);
    hp_live_event *unit = event(20);
    unit->next = event(21);
    unit->next->next = event(22);
    hp_live_queue_push(q, 2, unit);
    hp_live_queue_push(q, 1, event(10));
    const int64_t want[] = { 10, 20, 21, 22 };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) next_is(q, want[i]);
    hp_live_queue_free(q);
}

static void many_that_wait_for_one_are_kept(void **state)
{
    (void)state;
    enum { MANY = 1000 };
    hp_live_queue *q = hp_live_queue_new(64 << 20);
    for (int64_t n = MANY; n > 1; n--) hp_live_queue_push(q, (uint64_t)n, n % 7 == 0 ? NULL : event(n));
    hp_live_queue_push(q, 1, event(1));
    for (int64_t n = 1; n <= MANY; n++)
        if (n % 7 != 0) next_is(q, n);
    assert_int_equal(waiting(q), 0);
    hp_live_queue_free(q);
}

static void beyond_its_bytes_the_oldest_are_dropped_and_counted(void **state)
{
    (void)state;
    hp_live_event *sample = event(0);
    const size_t one = hp_arena_used_bytes(sample->mem);
    hp_live_event_free(sample);

    hp_live_queue *q = hp_live_queue_new(3 * one);
    hp_live_queue_stats stats;
    for (int64_t n = 1; n <= 5; n++) hp_live_queue_push(q, (uint64_t)n, event(n));
    hp_live_queue_look(q, &stats);
    assert_int_equal(stats.waiting, 3);
    assert_int_equal(stats.waiting_bytes, 3 * one);
    assert_int_equal(stats.dropped, 2);
    assert_int_equal(stats.dropped_until_ms, 2);
    for (int64_t n = 3; n <= 5; n++) next_is(q, n);

    /* 6 stays out: what fills the queue meanwhile is not kept for it */
    for (int64_t n = 7; n <= 10; n++) hp_live_queue_push(q, (uint64_t)n, event(n));
    hp_live_queue_look(q, &stats);
    assert_int_equal(stats.dropped, 3);
    assert_int_equal(stats.dropped_until_ms, 7);
    next_is(q, 8);
    hp_live_queue_push(q, 6, event(6)); /* too late for its place, but told */
    next_is(q, 9);
    next_is(q, 10);
    next_is(q, 6);
    hp_live_queue_free(q);
}

static void a_ticket_that_never_comes_stops_nobody_for_ever(void **state)
{
    (void)state;
    hp_live_queue *q = hp_live_queue_new(1 << 20);
    for (uint64_t n = 2; n <= HP_LIVE_TICKETS_AHEAD_MAX; n++) hp_live_queue_push(q, n, n == 2 ? event(2) : NULL);
    assert_int_equal(waiting(q), 1);
    hp_live_queue_push(q, HP_LIVE_TICKETS_AHEAD_MAX + 1, event(3));
    next_is(q, 2);
    next_is(q, 3);
    hp_live_queue_push(q, 1, event(1));
    next_is(q, 1);
    hp_live_queue_free(q);
}

static void what_is_left_goes_with_the_queue(void **state)
{
    (void)state;
    hp_live_queue *q = hp_live_queue_new(1 << 20);
    hp_live_queue_push(q, 1, event(1));
    hp_live_queue_push(q, 5, event(5));
    hp_live_queue_stop(q);
    assert_null(hp_live_queue_pop(q));
    hp_live_queue_free(q); /* the sanitizer sees what is not freed */
}

/* ---- threads ---- */

enum { PUSHERS = 4, TICKETS = 4000 };

typedef struct race {
    hp_live_queue *q;
    atomic_uint_fast64_t ticket;
} race;

/* Takes tickets in one order and passes them in another. */
static void *push_some(void *arg)
{
    race *r = arg;
    for (;;) {
        const uint64_t n = atomic_fetch_add(&r->ticket, 1) + 1;
        if (n > TICKETS) return NULL;
        hp_live_queue_push(r->q, n, n % 5 == 0 ? NULL : event((int64_t)n));
    }
}

static void tickets_of_many_threads_leave_in_order(void **state)
{
    (void)state;
    race r = { .q = hp_live_queue_new(256 << 20) };
    pthread_t threads[PUSHERS];
    for (size_t i = 0; i < PUSHERS; i++) assert_int_equal(pthread_create(&threads[i], NULL, push_some, &r), 0);
    for (int64_t n = 1; n <= TICKETS; n++)
        if (n % 5 != 0) next_is(r.q, n);
    for (size_t i = 0; i < PUSHERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(waiting(r.q), 0);
    hp_live_queue_free(r.q);
}

static void *pop_until_stopped(void *arg)
{
    hp_live_queue *q = arg;
    hp_live_event *e;
    while ((e = hp_live_queue_pop(q)) != NULL) hp_live_event_free(e);
    return NULL;
}

static void stop_wakes_whoever_waits(void **state)
{
    (void)state;
    pthread_t thread;
    hp_live_queue *q = hp_live_queue_new(1 << 20);
    assert_int_equal(pthread_create(&thread, NULL, pop_until_stopped, q), 0);
    hp_live_queue_push(q, 1, event(1));
    hp_live_queue_stop(q);
    assert_int_equal(pthread_join(thread, NULL), 0);
    hp_live_queue_free(q);
}

static int open_schema(void **state)
{
    static core_fixture f;
    fixture_open(&f);
    SCHEMA = hp_schema_ref_current(f.core);
    *state = &f;
    return 0;
}

static int close_schema(void **state)
{
    hp_schema_unref(SCHEMA);
    fixture_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_leave_in_the_order_of_their_tickets),
        cmocka_unit_test(the_changes_of_one_unit_stay_together),
        cmocka_unit_test(many_that_wait_for_one_are_kept),
        cmocka_unit_test(beyond_its_bytes_the_oldest_are_dropped_and_counted),
        cmocka_unit_test(a_ticket_that_never_comes_stops_nobody_for_ever),
        cmocka_unit_test(what_is_left_goes_with_the_queue),
        cmocka_unit_test(tickets_of_many_threads_leave_in_order),
        cmocka_unit_test(stop_wakes_whoever_waits),
    };
    return cmocka_run_group_tests(tests, open_schema, close_schema);
}

#include "base/gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>

#include "base/clock.h"

enum { PATIENCE_MS = 60000 };

static int64_t soon(void)
{
    hp_clock *clock = hp_clock_system();
    return clock->monotonic_ms(clock) + PATIENCE_MS;
}

enum { CALLERS = 12, PLACES = 3, ROUNDS = 300 };

typedef struct crowd {
    hp_gate *gate;
    pthread_mutex_t lock;
    int inside, most_inside, passed;
} crowd;

static void *pass_often(void *arg)
{
    crowd *c = arg;

    for (int i = 0; i < ROUNDS; i++) {
        if (!hp_gate_enter(c->gate, soon())) continue;
        pthread_mutex_lock(&c->lock);
        if (++c->inside > c->most_inside) c->most_inside = c->inside;
        pthread_mutex_unlock(&c->lock);
        sched_yield();
        pthread_mutex_lock(&c->lock);
        c->inside--;
        c->passed++;
        pthread_mutex_unlock(&c->lock);
        hp_gate_leave(c->gate);
    }
    return NULL;
}

static void never_more_than_the_allowed_number_is_inside_and_everybody_gets_through(void **state)
{
    (void)state;
    crowd c = { .gate = hp_gate_new(PLACES, CALLERS), .lock = PTHREAD_MUTEX_INITIALIZER };
    pthread_t threads[CALLERS];

    for (int i = 0; i < CALLERS; i++) assert_int_equal(pthread_create(&threads[i], NULL, pass_often, &c), 0);
    for (int i = 0; i < CALLERS; i++) pthread_join(threads[i], NULL);
    assert_true(c.most_inside <= PLACES);
    assert_int_equal(c.passed, CALLERS * ROUNDS);
    const hp_gate_stats stats = hp_gate_now(c.gate);
    assert_int_equal(stats.passed, CALLERS * ROUNDS);
    assert_int_equal(stats.running, 0);
    assert_int_equal(stats.waiting, 0);
    hp_gate_free(c.gate);
}

typedef struct queued {
    hp_gate *gate;
    int number;
    int *order, *arrived; /* written inside the gate: one at a time */
} queued;

static void *wait_once(void *arg)
{
    queued *q = arg;

    if (!hp_gate_enter(q->gate, soon())) return NULL;
    q->order[(*q->arrived)++] = q->number;
    hp_gate_leave(q->gate);
    return NULL;
}

static void who_waits_longest_is_next_and_the_line_has_an_end(void **state)
{
    (void)state;
    enum { LINE = 50 };
    hp_gate *g = hp_gate_new(1, LINE);
    pthread_t threads[LINE];
    queued waiting[LINE];
    int order[LINE] = { 0 }, arrived = 0;

    assert_true(hp_gate_enter(g, soon()));
    for (int i = 0; i < LINE; i++) {
        waiting[i] = (queued){ g, i, order, &arrived };
        assert_int_equal(pthread_create(&threads[i], NULL, wait_once, &waiting[i]), 0);
        while (hp_gate_now(g).waiting != (size_t)i + 1) sched_yield();
    }
    assert_false(hp_gate_enter(g, soon())); /* the line is full: no waiting at all */
    assert_int_equal(hp_gate_now(g).waiting, LINE);
    hp_gate_leave(g);
    for (int i = 0; i < LINE; i++) pthread_join(threads[i], NULL);
    assert_int_equal(arrived, LINE);
    for (int i = 0; i < LINE; i++) assert_int_equal(order[i], i);
    hp_gate_free(g);
}

static void who_does_not_wait_gets_a_free_place_or_none(void **state)
{
    (void)state;
    hp_gate *g = hp_gate_new(1, 1);

    assert_true(hp_gate_enter(g, 0));
    assert_false(hp_gate_enter(g, 0));
    hp_gate_leave(g);
    assert_true(hp_gate_enter(g, 0));
    hp_gate_leave(g);
    const hp_gate_stats stats = hp_gate_now(g);
    assert_int_equal(stats.passed, 2);
    assert_int_equal(stats.refused, 1);
    hp_gate_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_more_than_the_allowed_number_is_inside_and_everybody_gets_through),
        cmocka_unit_test(who_waits_longest_is_next_and_the_line_has_an_end),
        cmocka_unit_test(who_does_not_wait_gets_a_free_place_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

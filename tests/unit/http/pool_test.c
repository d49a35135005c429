/* What a pool promises to those who queue work and to those whose work waits. */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/thread.h"
#include "http/pool.h"

typedef struct job {
    hp_pool_job base;
    sem_t *entered, *gate; /* says that it runs, then waits */
    bool outside;          /* the wait is for an outside party */
    int depth;             /* … declared so many times */
    atomic_int *done;
} job;

static void wait_for(sem_t *s)
{
    while (sem_wait(s) != 0) {}
}

static void run(hp_pool_job *base)
{
    job *j = (job *)base;
    if (j->outside)
        for (int i = 0; i < j->depth; i++) hp_thread_wait_begin();
    if (j->entered != NULL) (void)sem_post(j->entered);
    if (j->gate != NULL) wait_for(j->gate);
    if (j->outside)
        for (int i = 0; i < j->depth; i++) hp_thread_wait_end();
    if (j->done != NULL) atomic_fetch_add(j->done, 1);
}

static job make(sem_t *entered, sem_t *gate, atomic_int *done)
{
    return (job){ .base = { .run = run }, .entered = entered, .gate = gate, .depth = 1, .done = done };
}

static void every_job_runs_once_and_freeing_waits_for_it(void **state)
{
    enum { JOBS = 5000 };
    static job jobs[JOBS];
    atomic_int done = 0;
    hp_pool *p = hp_pool_new(4, 0, JOBS);
    (void)state;
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = make(NULL, NULL, &done);
        assert_true(hp_pool_submit(p, &jobs[i].base, false));
    }
    hp_pool_free(p);
    assert_int_equal(atomic_load(&done), JOBS);
}

/* One sleeper is woken at a time: it has to wake the next, or long jobs would run one after the other. */
static void long_jobs_find_every_worker(void **state)
{
    enum { WORKERS = 4 };
    sem_t entered, gate;
    job jobs[WORKERS];
    hp_pool *p = hp_pool_new(WORKERS, 0, WORKERS);
    (void)state;
    (void)sem_init(&entered, 0, 0);
    (void)sem_init(&gate, 0, 0);
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < WORKERS; i++) {
            jobs[i] = make(&entered, &gate, NULL);
            assert_true(hp_pool_submit(p, &jobs[i].base, false));
        }
        for (size_t i = 0; i < WORKERS; i++) wait_for(&entered); /* all four at the same time, or never */
        for (size_t i = 0; i < WORKERS; i++) (void)sem_post(&gate);
        while (hp_pool_now(p).running > 0) (void)sched_yield();
    }
    hp_pool_free(p);
}

static void a_full_queue_refuses_and_keeps_nothing(void **state)
{
    sem_t entered, gate;
    job running, queued, refused;
    hp_pool *p = hp_pool_new(1, 0, 1);
    (void)state;
    (void)sem_init(&entered, 0, 0);
    (void)sem_init(&gate, 0, 0);
    running = make(&entered, &gate, NULL);
    queued = make(NULL, NULL, NULL);
    refused = make(NULL, NULL, NULL);
    assert_true(hp_pool_submit(p, &running.base, false));
    wait_for(&entered);
    assert_true(hp_pool_submit(p, &queued.base, false));
    assert_false(hp_pool_submit(p, &refused.base, false));
    assert_int_equal(hp_pool_now(p).queued, 1);
    (void)sem_post(&gate);
    hp_pool_free(p);
}

/* All workers wait for the outside, and what they wait for is the queued job: without a spare nobody would ever run it. */
static void a_waiting_job_is_replaced_by_a_spare(void **state)
{
    enum { WORKERS = 2 };
    sem_t entered, gate;
    job waiting[WORKERS], release[3]; /* a job is its thread's until `run` has returned, so each round has its own */
    atomic_int done = 0;
    hp_pool *p = hp_pool_new(WORKERS, 1, 8);
    (void)state;
    (void)sem_init(&entered, 0, 0);
    (void)sem_init(&gate, 0, 0);
    for (size_t i = 0; i < WORKERS; i++) {
        waiting[i] = make(&entered, &gate, &done);
        waiting[i].outside = true;
        waiting[i].depth = 2; /* nested: counts once */
        assert_true(hp_pool_submit(p, &waiting[i].base, false));
    }
    for (size_t i = 0; i < WORKERS; i++) wait_for(&entered);
    assert_int_equal(hp_pool_now(p).waiting, WORKERS);
    for (int round = 0; round < 3; round++) { /* each finds a thread again, though only one is spare */
        release[round] = make(&entered, NULL, NULL);
        assert_true(hp_pool_submit(p, &release[round].base, false));
        wait_for(&entered);
    }
    for (size_t i = 0; i < WORKERS; i++) (void)sem_post(&gate);
    while (atomic_load(&done) < WORKERS) (void)sched_yield();
    while (hp_pool_now(p).waiting > 0) (void)sched_yield();
    hp_pool_free(p);
}

/* A job that was queued before the others began to wait finds a spare as well. */
static void a_job_queued_before_the_wait_finds_a_spare(void **state)
{
    sem_t entered, gate, begin;
    job first, second;
    hp_pool *p = hp_pool_new(1, 1, 8);
    (void)state;
    (void)sem_init(&entered, 0, 0);
    (void)sem_init(&gate, 0, 0);
    (void)sem_init(&begin, 0, 0);
    job holder = make(&entered, &begin, NULL);
    assert_true(hp_pool_submit(p, &holder.base, false));
    wait_for(&entered);
    first = make(NULL, &gate, NULL);
    first.outside = true;
    second = make(&entered, NULL, NULL);
    assert_true(hp_pool_submit(p, &first.base, false));
    assert_true(hp_pool_submit(p, &second.base, false));
    (void)sem_post(&begin);
    wait_for(&entered); /* `second`, while `first` waits */
    (void)sem_post(&gate);
    hp_pool_free(p);
}

/* What a running job waits for goes before what came earlier, and finds room and a thread where new ones find none. */
static void urgent_jobs_go_first(void **state)
{
    sem_t entered, gate;
    job waiting[2], late[2];
    hp_pool *p = hp_pool_new(1, 2, 1); /* one of the two spares is for urgent jobs alone */
    (void)state;
    (void)sem_init(&entered, 0, 0);
    (void)sem_init(&gate, 0, 0);
    for (size_t i = 0; i < 2; i++) { /* the worker waits, then the spare that took its place */
        waiting[i] = make(&entered, &gate, NULL);
        waiting[i].outside = true;
        assert_true(hp_pool_submit(p, &waiting[i].base, false));
        wait_for(&entered);
    }
    while (hp_pool_now(p).waiting < 2) (void)sched_yield();
    late[0] = make(NULL, NULL, NULL);
    late[1] = make(&entered, NULL, NULL);
    assert_true(hp_pool_submit(p, &late[0].base, false)); /* stays in the queue, which is full now */
    assert_true(hp_pool_submit(p, &late[1].base, true));
    wait_for(&entered);
    assert_int_equal(hp_pool_now(p).queued, 1);
    (void)sem_post(&gate);
    (void)sem_post(&gate);
    hp_pool_free(p);
}

static void spares_have_a_limit(void **state)
{
    enum { JOBS = 4 };
    sem_t entered, gate;
    job jobs[JOBS];
    hp_pool *p = hp_pool_new(1, 4, JOBS);
    (void)state;
    (void)sem_init(&entered, 0, 0);
    (void)sem_init(&gate, 0, 0);
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i] = make(&entered, &gate, NULL);
        jobs[i].outside = true;
        assert_true(hp_pool_submit(p, &jobs[i].base, false));
    }
    for (int i = 0; i < 3; i++) wait_for(&entered); /* the worker and two spares: the other two are for urgent jobs */
    hp_pool_load load = hp_pool_now(p);
    assert_int_equal(load.threads, 3);
    assert_int_equal(load.waiting, 3);
    assert_int_equal(load.queued, 1);
    for (size_t i = 0; i < JOBS; i++) (void)sem_post(&gate);
    hp_pool_free(p);
}

static void outside_a_pool_waiting_is_nobodys_business(void **state)
{
    (void)state;
    hp_thread_wait_begin();
    hp_thread_wait_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_runs_once_and_freeing_waits_for_it),
        cmocka_unit_test(long_jobs_find_every_worker),
        cmocka_unit_test(a_full_queue_refuses_and_keeps_nothing),
        cmocka_unit_test(a_waiting_job_is_replaced_by_a_spare),
        cmocka_unit_test(a_job_queued_before_the_wait_finds_a_spare),
        cmocka_unit_test(urgent_jobs_go_first),
        cmocka_unit_test(spares_have_a_limit),
        cmocka_unit_test(outside_a_pool_waiting_is_nobodys_business),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

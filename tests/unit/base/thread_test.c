/* thread and clock: what code that may block, or that waits, relies on. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/thread.h"

static void *be_a_loop(void *arg)
{
    hp_thread_mark_loop();
    return arg;
}

static void marking_one_thread_leaves_the_others_workers(void **state)
{
    pthread_t thread;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, be_a_loop, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    hp_assert_worker_thread();
}

static void what_may_block_stops_the_process_on_a_loop_thread(void **state)
{
    int status;
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        hp_thread_mark_loop();
        hp_assert_worker_thread();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void the_system_clock_is_utc_and_monotonic_never_goes_back(void **state)
{
    hp_clock *clock = hp_clock_system();
    int64_t before = (int64_t)time(NULL) * 1000, now = clock->now_ms(clock), last = clock->monotonic_ms(clock);
    (void)state;
    assert_true(now >= before - 1000 && now < before + 60000);
    for (int i = 0; i < 10000; i++) {
        int64_t next = clock->monotonic_ms(clock);
        assert_true(next >= last);
        last = next;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marking_one_thread_leaves_the_others_workers),
        cmocka_unit_test(what_may_block_stops_the_process_on_a_loop_thread),
        cmocka_unit_test(the_system_clock_is_utc_and_monotonic_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

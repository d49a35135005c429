#include "base/thread.h"

#include <stddef.h>

#include "base/error.h"

static _Thread_local bool is_loop;

static _Thread_local struct {
    void (*begin)(void *pool);
    void (*end)(void *pool);
    void *pool;
    int depth;
} wait;

void hp_thread_mark_loop(void) { is_loop = true; }

void hp_assert_worker_thread(void) { HP_ASSERT(!is_loop); }

void hp_thread_on_wait(void (*begin)(void *pool), void (*end)(void *pool), void *pool)
{
    HP_ASSERT(wait.depth == 0);
    wait.begin = begin;
    wait.end = end;
    wait.pool = pool;
}

void hp_thread_wait_begin(void)
{
    if (wait.depth++ == 0 && wait.begin != NULL) wait.begin(wait.pool);
}

void hp_thread_wait_end(void)
{
    HP_ASSERT(wait.depth > 0);
    if (--wait.depth == 0 && wait.end != NULL) wait.end(wait.pool);
}

bool hp_thread_waits(void) { return wait.depth > 0; }

bool hp_thread_may_wait(void) { return wait.begin != NULL; }

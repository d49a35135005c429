#include "store/sqlite/pool.h"

#include <errno.h>
#include <malloc.h>
#include <time.h>

#include "base/limits.h"

enum { BURST_READS = 8 }; /* so many long ones have read enough for it to be worth giving back */

void hp_sqlite_cond_init(pthread_cond_t *c)
{
    pthread_condattr_t attr;
    HP_ASSERT(pthread_condattr_init(&attr) == 0 && pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0 &&
              pthread_cond_init(c, &attr) == 0);
    (void)pthread_condattr_destroy(&attr); /* frees nothing on Linux, cannot fail */
}

struct timespec hp_sqlite_in_ms(int64_t ms)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail for this clock */
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

void hp_sqlite_pool_init(hp_sqlite_pool *p, const char *path, unsigned kept, unsigned long_reads, hp_clock *clock)
{
    *p = (hp_sqlite_pool){ .path = path,
                           .kept = kept,
                           .max = kept + long_reads + HP_LONG_READS_WAITING_MAX,
                           .clock = clock,
                           .long_reads = hp_gate_new(long_reads, HP_LONG_READS_WAITING_MAX) };
    HP_ASSERT(pthread_mutex_init(&p->lock, NULL) == 0);
    hp_sqlite_cond_init(&p->returned);
}

void hp_sqlite_pool_done(hp_sqlite_pool *p)
{
    unsigned closed = 0;
    for (hp_sqlite_conn *c = p->free, *next; c != NULL; c = next, closed++) {
        next = c->next;
        hp_sqlite_conn_close(c);
    }
    HP_ASSERT(closed == p->opened);
    hp_gate_free(p->long_reads);
    (void)pthread_cond_destroy(&p->returned); /* nobody waits */
    (void)pthread_mutex_destroy(&p->lock);
}

static hp_code open_reader(hp_sqlite_pool *p, hp_sqlite_conn **out, hp_err *err)
{
    hp_code rc = hp_sqlite_conn_open(p->path, HP_SQLITE_READER, p->clock, out, err);
    if (rc == HP_OK) {
        hp_sqlite_conn_lock_down(*out, HP_SQLITE_READER);
        (*out)->long_reads = p->long_reads;
        return HP_OK;
    }
    pthread_mutex_lock(&p->lock);
    p->opened--;
    pthread_cond_signal(&p->returned); /* somebody else may try */
    pthread_mutex_unlock(&p->lock);
    return rc;
}

hp_code hp_sqlite_pool_take(hp_sqlite_pool *p, int64_t wait_ms, hp_sqlite_conn **out, hp_err *err)
{
    struct timespec until = { 0 };
    int waited = 0;

    pthread_mutex_lock(&p->lock);
    while (p->free == NULL && p->opened >= p->max && waited != ETIMEDOUT) {
        if (until.tv_sec == 0) until = hp_sqlite_in_ms(wait_ms);
        waited = pthread_cond_timedwait(&p->returned, &p->lock, &until);
    }
    hp_sqlite_conn *c = p->free;
    bool open = c == NULL && p->opened < p->max;
    if (c != NULL) {
        p->free = c->next;
        p->idle--;
    }
    if (open) p->opened++;
    pthread_mutex_unlock(&p->lock);

    *out = c;
    if (c != NULL) return HP_OK;
    if (open) return open_reader(p, out, err);
    return hp_fail(err, HP_E_TIMEOUT, "The server is busy. Try again.");
}

void hp_sqlite_pool_give(hp_sqlite_pool *p, hp_sqlite_conn *c)
{
    const bool was_long = hp_sqlite_conn_leave_place(c);
    pthread_mutex_lock(&p->lock);
    const bool surplus = p->idle >= p->kept;
    bool burst_over = false;
    if (was_long) p->long_ones++;
    if (surplus) {
        p->opened--;
        burst_over = p->opened == p->kept && p->long_ones >= BURST_READS;
        if (burst_over) p->long_ones = 0;
    } else {
        c->next = p->free;
        p->free = c;
        p->idle++;
    }
    pthread_cond_signal(&p->returned);
    pthread_mutex_unlock(&p->lock);
    if (surplus) hp_sqlite_conn_close(c);
    /* What each long one read has been freed, and stayed with the C library's allocator of its thread: megabytes each. This
     * takes milliseconds for a hundred of them, and is done once for all; after short ones it would only cost. */
    if (burst_over) (void)malloc_trim(0);
}

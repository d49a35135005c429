/* auth/password_gate.c — a counting gate with a line in front of it.
 *
 * A place that becomes free is handed to the longest waiting caller by the one who leaves (`running` does not change
 * then), so nobody who comes later can slip past, and a flood of logins cannot starve one of them. */
#include "auth/password_gate.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/thread.h"

typedef struct waiter { /* on the stack of who waits */
    struct waiter *next;
    pthread_cond_t turn;
    bool admitted;
} waiter;

struct hp_password_gate {
    pthread_mutex_t lock;
    pthread_condattr_t monotonic;
    size_t concurrent_max;
    hp_password_stats stats;
    waiter *first, **end;
};

hp_password_gate *hp_password_gate_new(size_t concurrent_max)
{
    hp_password_gate *g = calloc(1, sizeof *g);

    HP_ASSERT(g != NULL && concurrent_max > 0);
    HP_ASSERT(pthread_mutex_init(&g->lock, NULL) == 0);
    HP_ASSERT(pthread_condattr_init(&g->monotonic) == 0);
    HP_ASSERT(pthread_condattr_setclock(&g->monotonic, CLOCK_MONOTONIC) == 0);
    g->concurrent_max = concurrent_max;
    g->end = &g->first;
    return g;
}

void hp_password_gate_free(hp_password_gate *g)
{
    if (!g) return;
    HP_ASSERT(g->stats.running == 0 && g->stats.waiting == 0);
    pthread_condattr_destroy(&g->monotonic);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

hp_password_stats hp_password_gate_stats(hp_password_gate *g)
{
    pthread_mutex_lock(&g->lock);
    hp_password_stats stats = g->stats;
    pthread_mutex_unlock(&g->lock);
    return stats;
}

static void line_remove(hp_password_gate *g, const waiter *w)
{
    waiter **link = &g->first;

    while (*link != w) link = &(*link)->next;
    *link = w->next;
    if (g->end == &w->next) g->end = link;
    g->stats.waiting--;
}

/* The lock is held. True once the place has been handed over. */
static bool wait_in_line(hp_password_gate *g, int64_t deadline_ms)
{
    const struct timespec until = { (time_t)(deadline_ms / 1000), (long)(deadline_ms % 1000) * 1000000L };
    waiter w = { .next = NULL, .admitted = false };

    HP_ASSERT(pthread_cond_init(&w.turn, &g->monotonic) == 0);
    *g->end = &w;
    g->end = &w.next;
    g->stats.waiting++;
    hp_thread_wait_begin(); /* requests that need no hash go on meanwhile */
    while (!w.admitted && pthread_cond_timedwait(&w.turn, &g->lock, &until) != ETIMEDOUT) {}
    hp_thread_wait_end();
    if (!w.admitted) line_remove(g, &w);
    pthread_cond_destroy(&w.turn);
    return w.admitted;
}

hp_code hp_password_gate_enter(hp_password_gate *g, int64_t deadline_ms, hp_err *err)
{
    bool entered = true;

    pthread_mutex_lock(&g->lock);
    if (g->stats.running < g->concurrent_max) {
        g->stats.running++;
    } else {
        entered = deadline_ms > 0 && g->stats.waiting < HP_PASSWORDS_WAITING_MAX && wait_in_line(g, deadline_ms);
        if (!entered) g->stats.timeouts++;
    }
    pthread_mutex_unlock(&g->lock);
    return entered ? HP_OK : hp_fail_http(err, 503, "The server is busy. Try again.");
}

void hp_password_gate_leave(hp_password_gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->stats.hashes++;
    if (g->first) {
        waiter *next = g->first;
        line_remove(g, next);
        next->admitted = true;
        pthread_cond_signal(&next->turn);
    } else {
        g->stats.running--;
    }
    pthread_mutex_unlock(&g->lock);
}

/* base/gate.c — a place that becomes free is handed to the longest waiting caller by the one who leaves (`running` does not
 * change then), so nobody who comes later can slip past, and a flood cannot starve one of its own. */
#include "base/gate.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"
#include "base/thread.h"

typedef struct waiter { /* on the stack of who waits */
    struct waiter *next;
    pthread_cond_t turn;
    bool admitted;
} waiter;

struct hp_gate {
    pthread_mutex_t lock;
    pthread_condattr_t monotonic;
    size_t places, waiting_max;
    hp_gate_stats stats;
    waiter *first, **end;
};

hp_gate *hp_gate_new(size_t places, size_t waiting_max)
{
    hp_gate *g = calloc(1, sizeof *g);

    HP_ASSERT(g != NULL && places > 0);
    HP_ASSERT(pthread_mutex_init(&g->lock, NULL) == 0);
    HP_ASSERT(pthread_condattr_init(&g->monotonic) == 0);
    HP_ASSERT(pthread_condattr_setclock(&g->monotonic, CLOCK_MONOTONIC) == 0);
    g->places = places;
    g->waiting_max = waiting_max;
    g->end = &g->first;
    return g;
}

void hp_gate_free(hp_gate *g)
{
    if (!g) return;
    HP_ASSERT(g->stats.running == 0 && g->stats.waiting == 0);
    pthread_condattr_destroy(&g->monotonic);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

hp_gate_stats hp_gate_now(hp_gate *g)
{
    pthread_mutex_lock(&g->lock);
    hp_gate_stats stats = g->stats;
    pthread_mutex_unlock(&g->lock);
    return stats;
}

static void line_remove(hp_gate *g, const waiter *w)
{
    waiter **link = &g->first;

    while (*link != w) link = &(*link)->next;
    *link = w->next;
    if (g->end == &w->next) g->end = link;
    g->stats.waiting--;
}

/* The lock is held. True once the place has been handed over. */
static bool wait_in_line(hp_gate *g, int64_t deadline_ms)
{
    const struct timespec until = { (time_t)(deadline_ms / 1000), (long)(deadline_ms % 1000) * 1000000L };
    waiter w = { .next = NULL, .admitted = false };

    HP_ASSERT(pthread_cond_init(&w.turn, &g->monotonic) == 0);
    *g->end = &w;
    g->end = &w.next;
    g->stats.waiting++;
    hp_thread_wait_begin();
    while (!w.admitted && pthread_cond_timedwait(&w.turn, &g->lock, &until) != ETIMEDOUT) {}
    hp_thread_wait_end();
    if (!w.admitted) line_remove(g, &w);
    pthread_cond_destroy(&w.turn);
    return w.admitted;
}

bool hp_gate_enter(hp_gate *g, int64_t deadline_ms)
{
    bool entered = true;

    pthread_mutex_lock(&g->lock);
    if (g->stats.running < g->places) {
        g->stats.running++;
    } else {
        entered = deadline_ms > 0 && g->stats.waiting < g->waiting_max && wait_in_line(g, deadline_ms);
        if (!entered) g->stats.refused++;
    }
    pthread_mutex_unlock(&g->lock);
    return entered;
}

void hp_gate_leave(hp_gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->stats.passed++;
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

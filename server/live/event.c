/* live/event.c — events and the queue that puts them into the order of their commits.
 *
 * What must stay true:
 *   1. `slots` holds what was passed under the tickets next … next + slot_count - 1, at ticket modulo slot_count; the slot
 *      of `next` itself is empty.
 *   2. `bytes` counts the arenas of everything that is in here, ready or not. */
#include "live/event.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/limits.h"

enum { FIRST_SLOTS = 64, EVENT_BYTES = 1024 };

typedef struct slot {
    bool passed;
    hp_live_event *chain;
} slot;

struct hp_live_queue {
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t filled;
    hp_live_event *first, *last; /* ready */
    slot *slots;
    size_t slot_count; /* a power of two */
    size_t held;       /* slots that are filled */
    uint64_t next;     /* the ticket that is waited for */
    size_t count, bytes, bytes_max;
    uint64_t dropped;
    int64_t dropped_until_ms;
    bool stopped;
};

/* ---- events ---- */

static void unref_schema(void *arg) { hp_schema_unref(arg); }

hp_live_event *hp_live_event_new(hp_schema *schema, hp_str class_name)
{
    const hp_class *cls = hp_schema_class(schema, class_name);
    if (cls == NULL) return NULL;
    hp_arena *mem = hp_arena_new_sized(EVENT_BYTES);
    hp_live_event *e = HP_NEW(mem, hp_live_event);
    hp_arena_defer(mem, unref_schema, hp_schema_ref(schema));
    e->mem = mem;
    e->cls = cls;
    return e;
}

void hp_live_event_free(hp_live_event *e)
{
    if (e != NULL) hp_arena_free(e->mem);
}

/* ---- the queue; all of this with the lock held ---- */

static void free_chain(hp_live_event *e)
{
    while (e != NULL) {
        hp_live_event *next = e->next;
        hp_live_event_free(e);
        e = next;
    }
}

static void make_ready(hp_live_queue *q, hp_live_event *chain)
{
    if (chain == NULL) return;
    if (q->last != NULL)
        q->last->next = chain;
    else
        q->first = chain;
    while (chain->next != NULL) chain = chain->next;
    q->last = chain;
}

static slot *slot_of(const hp_live_queue *q, uint64_t ticket) { return &q->slots[ticket & (q->slot_count - 1)]; }

/* Waits for `next` no longer, whether it has come or not. */
static void advance(hp_live_queue *q)
{
    slot *s = slot_of(q, q->next++);
    if (s->passed) q->held--;
    make_ready(q, s->chain);
    *s = (slot){ 0 };
}

/* Rule 1: whatever need not wait does not. */
static void settle(hp_live_queue *q)
{
    while (slot_of(q, q->next)->passed) advance(q);
}

static void make_room(hp_live_queue *q, uint64_t ticket)
{
    size_t count = q->slot_count;
    if (ticket - q->next < count) return;
    while (ticket - q->next >= count) count *= 2;
    slot *grown = calloc(count, sizeof *grown);
    HP_ASSERT(grown != NULL);
    for (uint64_t t = q->next; t != q->next + q->slot_count; t++) grown[t & (count - 1)] = *slot_of(q, t);
    free(q->slots);
    q->slots = grown;
    q->slot_count = count;
}

static void put(hp_live_queue *q, uint64_t ticket, hp_live_event *chain)
{
    if (ticket < q->next) { /* 0, or given up */
        make_ready(q, chain);
        return;
    }
    while (ticket - q->next >= HP_LIVE_TICKETS_AHEAD_MAX) advance(q);
    make_room(q, ticket);
    slot *s = slot_of(q, ticket);
    HP_ASSERT(!s->passed);
    *s = (slot){ true, chain };
    q->held++;
    settle(q);
}

static hp_live_event *take_first(hp_live_queue *q)
{
    hp_live_event *e = q->first;
    q->first = e->next;
    if (q->first == NULL) q->last = NULL;
    e->next = NULL;
    q->count--;
    q->bytes -= hp_arena_used_bytes(e->mem);
    return e;
}

/* The oldest go first; what waits for an earlier ticket waits no longer then. */
static hp_live_event *shed(hp_live_queue *q)
{
    hp_live_event *dropped = NULL;
    while (q->bytes > q->bytes_max) {
        while (q->first == NULL) advance(q);
        settle(q);
        hp_live_event *e = take_first(q);
        e->next = dropped;
        dropped = e;
        q->dropped++;
        if (e->committed_ms > q->dropped_until_ms) q->dropped_until_ms = e->committed_ms;
    }
    return dropped;
}

/* ---- the queue ---- */

hp_live_queue *hp_live_queue_new(size_t bytes_max)
{
    hp_live_queue *q = calloc(1, sizeof *q);
    HP_ASSERT(q != NULL);
    HP_ASSERT(pthread_mutex_init(&q->lock, NULL) == 0 && pthread_cond_init(&q->filled, NULL) == 0);
    q->slots = calloc(FIRST_SLOTS, sizeof *q->slots);
    HP_ASSERT(q->slots != NULL);
    q->slot_count = FIRST_SLOTS;
    q->next = 1;
    q->bytes_max = bytes_max;
    return q;
}

void hp_live_queue_free(hp_live_queue *q)
{
    if (q == NULL) return;
    while (q->held > 0) advance(q);
    free_chain(q->first);
    free(q->slots);
    (void)pthread_cond_destroy(&q->filled); /* these fail only while somebody is inside */
    (void)pthread_mutex_destroy(&q->lock);
    free(q);
}

void hp_live_queue_push(hp_live_queue *q, uint64_t ticket, hp_live_event *e)
{
    size_t count = 0, bytes = 0;
    for (const hp_live_event *at = e; at != NULL; at = at->next, count++) bytes += hp_arena_used_bytes(at->mem);

    pthread_mutex_lock(&q->lock);
    q->count += count;
    q->bytes += bytes;
    put(q, ticket, e);
    hp_live_event *dropped = shed(q);
    const bool wake = q->first != NULL;
    pthread_mutex_unlock(&q->lock);
    if (wake) (void)pthread_cond_signal(&q->filled);
    free_chain(dropped);
}

hp_live_event *hp_live_queue_pop(hp_live_queue *q)
{
    hp_live_event *e = NULL;
    pthread_mutex_lock(&q->lock);
    while (q->first == NULL && !q->stopped) pthread_cond_wait(&q->filled, &q->lock);
    if (!q->stopped) e = take_first(q);
    pthread_mutex_unlock(&q->lock);
    return e;
}

void hp_live_queue_stop(hp_live_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->stopped = true;
    pthread_mutex_unlock(&q->lock);
    (void)pthread_cond_broadcast(&q->filled);
}

void hp_live_queue_look(hp_live_queue *q, hp_live_queue_stats *out)
{
    pthread_mutex_lock(&q->lock);
    *out = (hp_live_queue_stats){
        .waiting = q->count, .waiting_bytes = q->bytes, .dropped = q->dropped, .dropped_until_ms = q->dropped_until_ms
    };
    pthread_mutex_unlock(&q->lock);
}

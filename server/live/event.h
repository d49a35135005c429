/* live/event.h — one committed change on its way to the subscribers of this node, and the queue in which it waits.
 *
 * Made once per change (live/publish.c from the engine's own writes, live/bus.c from what another node told), then only
 * read. Whatever made it, it holds rows of the local schema, so that nobody after it cares where a change came from. */
#ifndef HP_LIVE_EVENT_H
#define HP_LIVE_EVENT_H

#include "core/schema.h"

typedef struct hp_live_event {
    hp_arena *mem;              /* owns everything below and holds the schema whose classes and fields are named */
    const hp_class *cls;        /* never NULL: a change of a class that this node does not have is dropped */
    const hp_row *before;       /* NULL: created */
    const hp_row *after;        /* NULL: deleted */
    int64_t committed_ms;       /* monotonic, for the delay metric; of arrival for a change of another node */
    bool foreign;               /* told by another node: the bus has had it already */
    struct hp_live_event *next; /* the next change of the same unit while a chain is handed over; the queue's own */
} hp_live_event;

/* An event with an arena of its own that holds on to `schema`; without rows. NULL if `schema` has no such class. */
hp_live_event *hp_live_event_new(hp_schema *schema, hp_str class_name);

void hp_live_event_free(hp_live_event *e); /* this one, not the chain; accepts NULL */

typedef struct hp_live_queue hp_live_queue;

/* Holds at most `bytes_max` of events; beyond, the oldest are dropped and counted. */
hp_live_queue *hp_live_queue_new(size_t bytes_max);
void hp_live_queue_free(hp_live_queue *q); /* accepts NULL; nobody may be inside */

/* Takes over the chain that begins with `e`. Any thread, never blocks. Changes of this node's own commits carry the ticket
 * that the store gave out in the order of the commits (dense, from 1) and leave the queue in that order; all changes of one
 * unit come under its one ticket, and a ticket without change to tell is passed with e = NULL. Ticket 0: of another node,
 * taken as it comes. Whoever has a ticket passes it exactly once. A ticket that stays out while HP_LIVE_TICKETS_AHEAD_MAX
 * later ones come is not waited for any longer: what comes under it is then taken as it comes. */
void hp_live_queue_push(hp_live_queue *q, uint64_t ticket, hp_live_event *e);

typedef struct hp_live_queue_stats {
    size_t waiting, waiting_bytes;
    uint64_t dropped;         /* since the beginning, for want of room */
    int64_t dropped_until_ms; /* when the youngest of these was committed, monotonic */
} hp_live_queue_stats;

void hp_live_queue_look(hp_live_queue *q, hp_live_queue_stats *out);

/* The next one, alone; the caller's. Blocks until there is one; NULL after hp_live_queue_stop. One thread. */
hp_live_event *hp_live_queue_pop(hp_live_queue *q);

void hp_live_queue_stop(hp_live_queue *q);

#endif

/* live/live.h — live queries: what clients subscribe to by WebSocket, and the events that reach them.
 *
 * Messages of clients run on the HTTP server's workers and may block on the store; events run on one thread of this room's
 * own, in the order of the queue, and take a reader of the store at a time. Rights are the engine's: core/live_query.h. */
#ifndef HP_LIVE_LIVE_H
#define HP_LIVE_LIVE_H

#include "core/core.h"
#include "http/socket.h"
#include "live/event.h"

typedef struct hp_live hp_live;
typedef struct hp_live_bus hp_live_bus; /* live/bus.h */

/* Starts the event thread, which takes from `events` until hp_live_stop and tells other nodes by `bus` (NULL: there are none).
 * All are borrowed. */
hp_live *hp_live_new(hp_core *core, hp_live_queue *events, hp_live_bus *bus);

/* What the HTTP server is to be given; lives as long as `l`. */
const hp_socket_service *hp_live_service(hp_live *l);

/* Closes every client's socket, so that its SDK comes back and its app asks anew: it may have missed events, or what it was opened
 * with counts no more. Any thread. */
void hp_live_send_back(hp_live *l, hp_str reason);

/* Ends the event thread: what is in the queue is told no more. Sockets may still be open. */
void hp_live_stop(hp_live *l);

/* After hp_live_stop, and after the HTTP server is gone. Accepts NULL. */
void hp_live_free(hp_live *l);

typedef struct hp_live_metrics {
    int64_t clients;                          /* connections that said connect */
    size_t subscriptions, queries, audiences; /* distinct: what is matched, what is looked at and serialised */
    uint64_t events, candidates, looks, bodies, delivered, dropped;
    uint64_t messages, refused; /* of clients; answered with an error */
    int64_t delay_ms_sum;       /* from commit to sending, over all events */
    int64_t delay_ms_max;
} hp_live_metrics;

void hp_live_read_metrics(hp_live *l, hp_live_metrics *out);

#endif

/* live/bus.h — this node among others: what has happened here is told there, and what has happened there is told to the
 * subscribers here.
 *
 * Parse Server's own channels (<appId>afterSave, <appId>afterDelete, <appId>clearCache), so that both kinds of servers
 * share one bus, and one more, <appId>homeport, for what Parse Server has no words for: {"homeport":<node>,"outdated":
 * "sessions"|"schema"|"webhooks"} and {"homeport":<node>,"missed":"events"}: not all changes could be told. Nodes on the same
 * data need the former; on others they cost a small read of the store.
 * Whoever may speak on the bus is believed: it is as trusted as the database. */
#ifndef HP_LIVE_BUS_H
#define HP_LIVE_BUS_H

#include "live/event.h"
#include "pubsub/pubsub.h"

typedef struct hp_live_bus hp_live_bus;

/* Takes over `pubsub`; the rest is borrowed. */
hp_live_bus *hp_live_bus_new(hp_core *core, hp_live_queue *queue, hp_pubsub *pubsub, hp_clock *clock);
/* Begins to listen. `missed` is called with `user` on the bus's thread when changes elsewhere may not have been heard: the bus is
 * up again after it was lost, or another node could not tell all of its own. */
void hp_live_bus_start(hp_live_bus *b, void (*missed)(void *user), void *user);

/* Nothing is heard any more; what is told from now on is dropped. Accepts NULL, and a bus that was not started. */
void hp_live_bus_stop(hp_live_bus *b);
void hp_live_bus_free(hp_live_bus *b); /* after hp_live_bus_stop; accepts NULL; nobody tells it anything any more */

void hp_live_bus_look(hp_live_bus *b, hp_pubsub_stats *out);

/* A change of this node. Any thread; never blocks on the bus. */
void hp_live_bus_tell(hp_live_bus *b, const hp_live_event *e);

/* Changes of this node were dropped before they could be told. Likewise. */
void hp_live_bus_tell_missed(hp_live_bus *b);

/* core/event.h: outdated. Likewise. */
void hp_live_bus_tell_outdated(hp_live_bus *b, hp_memory what, hp_str user_id);

#endif

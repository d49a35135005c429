/* live/publish.h — from what the engine tells of its commits (core/event.h) to events in the queue. */
#ifndef HP_LIVE_PUBLISH_H
#define HP_LIVE_PUBLISH_H

#include "live/event.h"

typedef struct hp_live_publisher { /* borrowed; outlives the engine that tells it something */
    hp_core *core;
    hp_clock *clock;
    hp_live_queue *queue;
    struct hp_live_bus *bus; /* live/bus.h; NULL: this node is alone */
} hp_live_publisher;

/* For hp_core_set_events. */
hp_event_sink hp_live_publisher_sink(hp_live_publisher *p);

#endif

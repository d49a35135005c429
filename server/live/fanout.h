/* live/fanout.h — from one committed change to the frames of those who may know of it. */
#ifndef HP_LIVE_FANOUT_H
#define HP_LIVE_FANOUT_H

#include "live/event.h"
#include "live/table.h"

typedef struct hp_live_counts { /* of one event */
    size_t candidates;          /* audiences it may concern, by value and user */
    size_t audiences;           /* of these, whose rights were looked at: it matches */
    size_t delivered, dropped;  /* frames; dropped: the socket was closing */
    size_t serialised;          /* distinct bodies */
} hp_live_counts;

/* Tells `e` to every member of `t` who asked for it and may know. On the event thread; blocks on the store where a session has to
 * be read again, where an include follows pointers, and in cloud code. */
void hp_live_fanout(hp_core *core, hp_live_table *t, const hp_live_event *e, hp_live_counts *counts);

#endif

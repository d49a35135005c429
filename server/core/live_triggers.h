/* core/live_triggers.h — cloud code of live queries: beforeConnect, beforeSubscribe, afterLiveQueryEvent. */
#ifndef HP_CORE_LIVE_TRIGGERS_H
#define HP_CORE_LIVE_TRIGGERS_H

#include "core/call.h"

/* True if `trigger` is set for the class. */
bool hp_live_triggered(const hp_call *call, hp_trigger trigger, hp_str class_name);

/* beforeConnect. Errors: what it threw. */
HP_MUST_USE hp_code hp_live_before_connect(hp_call *call, hp_err *err);

/* beforeSubscribe: *query, {"className","where","keys",…}, becomes what the code made of it. Errors: what it threw. */
HP_MUST_USE hp_code hp_live_before_subscribe(hp_call *call, hp_str class_name, hp_value **query, hp_err *err);

typedef struct hp_live_change { /* what an audience is about to be told */
    hp_str event;               /* "create", "enter", "update", "leave", "delete" */
    const hp_row *object;
    const hp_row *original; /* NULL if it is not shown */
    bool foreign;           /* another node's */
    bool dropped;
} hp_live_change;

/* afterLiveQueryEvent. The code sees the whole objects; *c holds its copies afterwards, which are still to be filtered.
 * Errors: what it threw. */
HP_MUST_USE hp_code hp_live_after_event(hp_call *call, const hp_class *cls, hp_live_change *c, hp_err *err);

#endif

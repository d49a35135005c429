/* core/event.h — what the engine tells others of objects that have changed, and of what other nodes remember no longer rightly.
 *
 * Told once per committed unit, by the worker that made it, after the commit and before its answer, for the writes of
 * clients and of cloud code alike. The server's own bookkeeping (failed logins, last use of a session, rows that go by
 * condition) is not told, as Parse does not tell it. The sink is one table of functions, called on any worker thread at
 * once; it must not block and cannot fail: the write has happened. */
#ifndef HP_CORE_EVENT_H
#define HP_CORE_EVENT_H

#include "store/store.h"

typedef struct hp_core hp_core;

typedef struct hp_object_event {
    hp_str class_name;
    const hp_row *before; /* NULL: created */
    const hp_row *after;  /* NULL: deleted */
} hp_object_event;

typedef enum hp_memory {                     /* what an engine remembers of the store */
                         HP_MEMORY_SESSIONS, /* who a token belongs to, with his roles */
                         HP_MEMORY_SCHEMA,
                         HP_MEMORY_WEBHOOKS,
                         HP_MEMORIES,
} hp_memory;

typedef struct hp_event_sink {
    /* Whether changes of this class are wanted. Asked before the commit. */
    bool (*wants)(void *user, hp_str class_name);
    /* What one unit changed, in its order. All of it is borrowed for the length of the call. Tickets are the store's
     * (hp_unit.ticket): two workers may come in another order than their units were committed. */
    void (*changed)(void *user, hp_core *core, uint64_t ticket, const hp_object_event *events, size_t count);
    /* This ticket has nothing to tell. */
    void (*passed)(void *user, uint64_t ticket);
    /* A commit of this engine made `what` outdated in other engines on the same data. `user_id`: only that user's sessions;
     * absent: all of it. May be NULL. */
    void (*outdated)(void *user, hp_memory what, hp_str user_id);
    void *user;
} hp_event_sink;

#endif

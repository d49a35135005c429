/* catalog_slot.h — the catalog in force: taken by every call, replaced when a class has changed. Any thread. */
#ifndef HP_STORE_SQLITE_CATALOG_SLOT_H
#define HP_STORE_SQLITE_CATALOG_SLOT_H

#include <pthread.h>

#include "store/sqlite/catalog.h"

typedef struct hp_sqlite_catalog_slot {
    pthread_mutex_t lock; /* held for a pointer swap only */
    hp_sqlite_catalog *current;
} hp_sqlite_catalog_slot;

/* A reference for the caller. */
static inline hp_sqlite_catalog *hp_sqlite_slot_take(hp_sqlite_catalog_slot *s)
{
    pthread_mutex_lock(&s->lock);
    hp_sqlite_catalog *c = hp_sqlite_catalog_ref(s->current);
    pthread_mutex_unlock(&s->lock);
    return c;
}

/* Puts `c` in force unless a newer one is. Takes over the caller's reference. */
static inline void hp_sqlite_slot_put(hp_sqlite_catalog_slot *s, hp_sqlite_catalog *c)
{
    pthread_mutex_lock(&s->lock);
    hp_sqlite_catalog *loser = c;
    if (s->current == NULL || s->current->version < c->version) {
        loser = s->current;
        s->current = c;
    }
    pthread_mutex_unlock(&s->lock);
    hp_sqlite_catalog_unref(loser);
}

#endif

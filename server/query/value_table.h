/* query/value_table.h — things by values, under hp_value_order, in a table that grows: groups, sets, the documents of a $lookup by
 * their field. Lives in an arena; one thread. */
#ifndef HP_QUERY_VALUE_TABLE_H
#define HP_QUERY_VALUE_TABLE_H

#include "value/value.h"

typedef struct hp_value_slot {
    const hp_value *key; /* NULL: free */
    uint64_t hash;
    void *item;
} hp_value_slot;

typedef struct hp_value_table { /* all zero: empty */
    hp_value_slot *slots;       /* open addressing, at most half full */
    size_t size, count;
} hp_value_table;

/* The slot of `key`, whose hp_value_hash is `hash`, or the free one where it belongs. The table must not be empty (size 0). */
hp_value_slot *hp_value_table_find(const hp_value_table *t, const hp_value *key, uint64_t hash);

/* The same with room for one more. A new slot has no key yet: the caller sets it (a copy that stays) with the hash, and counts it. */
hp_value_slot *hp_value_table_slot(hp_arena *mem, hp_value_table *t, const hp_value *key, uint64_t hash);

#endif

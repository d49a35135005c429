#include "query/value_table.h"

#include "query/value_order.h"

hp_value_slot *hp_value_table_find(const hp_value_table *t, const hp_value *key, uint64_t hash)
{
    size_t i = hash & (t->size - 1);
    while (t->slots[i].key != NULL && !(t->slots[i].hash == hash && hp_value_order(t->slots[i].key, key) == 0))
        i = (i + 1) & (t->size - 1);
    return &t->slots[i];
}

hp_value_slot *hp_value_table_slot(hp_arena *mem, hp_value_table *t, const hp_value *key, uint64_t hash)
{
    if (2 * t->count >= t->size) {
        hp_value_table grown = { .size = t->size == 0 ? 16 : 2 * t->size, .count = t->count };
        grown.slots = HP_NEW_ARRAY(mem, hp_value_slot, grown.size);
        for (size_t i = 0; i < t->size; i++)
            if (t->slots[i].key != NULL) *hp_value_table_find(&grown, t->slots[i].key, t->slots[i].hash) = t->slots[i];
        *t = grown;
    }
    return hp_value_table_find(t, key, hash);
}

/* query/value_set.h — a set of values under hp_value_equal, so that AddUnique and Remove on long arrays take linear time.
 * Hashes are keyed (base/map.h): a client cannot choose values that collide. Lives in an arena; one thread. */
#ifndef HP_QUERY_VALUE_SET_H
#define HP_QUERY_VALUE_SET_H

#include "value/value.h"

typedef struct hp_value_set hp_value_set;

/* Equal for equal values; keyed, so for this process only. */
uint64_t hp_value_hash(const hp_value *v);

/* Room for `count_max` values; adding more is an error of the caller. */
hp_value_set *hp_value_set_new(hp_arena *mem, size_t count_max);

/* False if an equal value is there already. `v` is borrowed. */
bool hp_value_set_add(hp_value_set *s, const hp_value *v);

bool hp_value_set_has(const hp_value_set *s, const hp_value *v);

#endif

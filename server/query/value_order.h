/* query/value_order.h — the one order over values of all types, as BSON compares them: what $sort, $min, $max, $group and the
 * comparisons of aggregation mean.
 *
 * Absent < null < numbers < strings < objects and Parse's typed objects < arrays < bytes < booleans < dates. NaN is the least
 * number. Objects compare member by member in the order they have. Pure, any thread. */
#ifndef HP_QUERY_VALUE_ORDER_H
#define HP_QUERY_VALUE_ORDER_H

#include "value/value.h"

/* Negative, 0 or positive. NULL stands for absent. */
int hp_value_order(const hp_value *a, const hp_value *b);

#endif

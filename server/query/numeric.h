/* query/numeric.h — a number of one type as an operand on a field of the other: Number and Decimal128.
 *
 * A store's column holds one of them, so that what a query compares with it has to be of its type, and select the same as
 * the comparison of the numbers themselves (hp_value_compare) would. */
#ifndef HP_QUERY_NUMERIC_H
#define HP_QUERY_NUMERIC_H

#include "query/filter.h"

/* The value of a Number or Decimal128 field that equals `v`; false if there is none, or `v` is no number. */
bool hp_numeric_equal(hp_type type, const hp_value *v, hp_value *out);

/* The bound that a field of this type has to keep to where a number has to keep to `v`: *kind is LT, LTE, GT or GTE and may
 * change from one that includes its bound to one that does not, or back. False if `v` or the field is no number. */
bool hp_numeric_bound(hp_type type, const hp_value *v, hp_filter_kind *kind, hp_value *out);

#endif

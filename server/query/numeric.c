#include "query/numeric.h"

#include <math.h>

/* A finite number as a decimal, or the double that is nearest to a decimal. */
static bool convert(hp_type type, const hp_value *v, hp_value *out)
{
    if (!hp_is_numeric(v) || (v->tag == HP_NUMBER && !isfinite(v->number))) return false;
    *out = *v;
    if (type == HP_T_DECIMAL && v->tag == HP_NUMBER) *out = hp_decimal_value(hp_decimal_of_double(v->number));
    if (type == HP_T_NUMBER && v->tag == HP_DECIMAL) *out = hp_number(hp_decimal_to_double(v->decimal));
    return type == HP_T_DECIMAL || type == HP_T_NUMBER;
}

bool hp_numeric_equal(hp_type type, const hp_value *v, hp_value *out)
{
    return convert(type, v, out) && hp_value_equal(out, v);
}

/* Between `v` and its nearest double there is no other: what lies beyond one lies beyond the other, but for the double
 * itself. */
bool hp_numeric_bound(hp_type type, const hp_value *v, hp_filter_kind *kind, hp_value *out)
{
    bool ok;
    if (!convert(type, v, out)) return false;
    const int order = hp_value_compare(out, v, &ok);
    const bool upper = *kind == HP_FILTER_LT || *kind == HP_FILTER_LTE;
    if (order > 0) *kind = upper ? HP_FILTER_LT : HP_FILTER_GTE;
    if (order < 0) *kind = upper ? HP_FILTER_LTE : HP_FILTER_GT;
    return true;
}

/* query/expression_dates.h — the operators of expressions that take dates. Internal to the expression language. */
#ifndef HP_QUERY_EXPRESSION_DATES_H
#define HP_QUERY_EXPRESSION_DATES_H

#include "query/expression_internal.h"

/* An instant as a result. Errors: INVALID_QUERY beyond the range of dates. */
HP_MUST_USE hp_code hp_expr_date_give(const hp_expr_scope *s, double ms, const hp_value **out);

#endif

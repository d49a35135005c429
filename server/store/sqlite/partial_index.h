/* partial_index.h — the condition of a partial index as SQL.
 *
 * {"field": value | {"$eq"|"$gt"|"$gte"|"$lt"|"$lte": value} | {"$exists": true}, …}, all of which must hold; MongoDB's
 * partialFilterExpression without $or. Indexes cannot have parameters, so that values are written as literals: only
 * numbers, booleans, instants and quoted texts without NUL get there. */
#ifndef HP_STORE_SQLITE_PARTIAL_INDEX_H
#define HP_STORE_SQLITE_PARTIAL_INDEX_H

#include "store/sqlite/catalog.h"

/* Appends ` WHERE …`. Errors: INVALID_QUERY with what cannot be in such a condition. */
HP_MUST_USE hp_code hp_sqlite_partial_where(const hp_sqlite_table *t, const hp_value *condition, hp_arena *mem,
                                            hp_buf *out, hp_err *err);

#endif

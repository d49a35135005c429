/* core/subquery.h — the conditions that need another query.
 *
 * $inQuery, $notInQuery, $select and $dontSelect become lists; $relatedTo becomes a relation look-up once the caller was
 * found to be allowed to see the owner. Whatever the caller cannot read counts as not there. */
#ifndef HP_CORE_SUBQUERY_H
#define HP_CORE_SUBQUERY_H

#include "core/object_read.h"

/* Resolves in place every such leaf of `where`, the conditions of a query on `cls`. `depth` is how many sub-queries that
 * query is itself inside of. Errors: INVALID_QUERY past a limit; OPERATION_FORBIDDEN and whatever the sub-query meets. */
HP_MUST_USE hp_code hp_subqueries_resolve(hp_reader *r, const hp_class *cls, hp_filter *where, int depth, hp_err *err);

#endif

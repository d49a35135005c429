/* live/shelves.h — the queries of a class, filed by the value that they demand of a field.
 *
 * A query whose where demands that a field equals a text, a number or a pointer stands on the shelf of that field and value;
 * all others on one of their own. A row then yields the queries that may match it: what it yields still has to be matched.
 * Under the table's lock. */
#ifndef HP_LIVE_SHELVES_H
#define HP_LIVE_SHELVES_H

#include "core/core.h"

typedef struct hp_live_query hp_live_query; /* live/table.h */

typedef struct hp_live_shelf {
    hp_live_query *first;
    struct hp_live_shelf_field *field; /* NULL: the shelf of those that demand nothing */
    hp_str key;
} hp_live_shelf;

typedef struct hp_live_shelves { /* zero: empty */
    hp_live_shelf others;
    struct hp_live_shelf_field *fields;
} hp_live_shelves;

/* Files `q` by its tree, and takes it off again. */
void hp_live_shelves_put(hp_live_shelves *s, hp_live_query *q);
void hp_live_shelves_take(hp_live_query *q);

/* Calls each(user, query) for the queries that may match either row (NULL: there is none); a query may come twice. */
void hp_live_shelves_visit(const hp_live_shelves *s, const hp_row *before, const hp_row *after,
                           void (*each)(void *user, hp_live_query *q), void *user);

#endif

/* query/match.h — the in-memory matcher: does this object satisfy this tree?
 *
 * The same meaning as every store, proved by the shared table in tests/store. Used by LiveQuery, by guards and by tests. */
#ifndef HP_QUERY_MATCH_H
#define HP_QUERY_MATCH_H

#include "query/effort.h"
#include "query/filter.h"

/* `fields` maps field names to values (as in hp_row.fields). Relation links and subqueries are not in the object, so those
 * leaves are false here; core/ resolves them first. Pure, any thread. */
bool hp_filter_matches(const hp_filter *f, const hp_value *fields);

/* Likewise, for conditions that clients ask: with the steps taken from `effort` (or NULL). Once they are spent
 * (effort->spent) it ends soon, and the answer means nothing. */
bool hp_filter_matches_within(const hp_filter *f, const hp_value *fields, hp_effort *effort);

/* How well an object fits a TEXT leaf; an array by the sum of its texts. 0 if it does not. */
double hp_filter_text_score(const hp_filter *leaf, const hp_value *fields);

/* A dotted name as a path into documents whose fields have no types. Owner: `mem`; the names are parts of `name`. */
hp_path hp_path_read(hp_arena *mem, hp_str name);

/* The values that `path` reaches in `fields`, as conditions reach them: through arrays by an index, or by a name in each of their
 * elements. An array at its end is one value. *absent: somewhere the path led nowhere.
 * Owner: the array is in `mem`, what lies behind its values belongs to `fields`. */
hp_value hp_path_values(hp_arena *mem, const hp_value *fields, const hp_path *path, bool *absent);

/* What an ordering compares: the least of the values that `path` reaches in `fields`, or the greatest when `descending`. An
 * array stands for its elements; nothing, an absent field, is null, and an empty array at the end of the path is less than
 * null: it is NULL here.
 * Owner: what lies behind the result belongs to `fields`; the result itself is `room`. */
const hp_value *hp_path_sort_key(const hp_value *fields, const hp_path *path, bool descending, hp_value *room);

#endif

/* query/find.h — the parameters of a find or get, decoded and typed.
 *
 * The raw object is the merge of query string and body (query string wins; its values are JSON where they parse, text
 * otherwise). Every door (REST, subquery, cloud code) decodes through here. */
#ifndef HP_QUERY_FIND_H
#define HP_QUERY_FIND_H

#include "query/filter.h"

typedef struct hp_find_params {
    const hp_value *where; /* decoded object, or NULL */
    int64_t limit;         /* -1: not given */
    int64_t skip;
    hp_str *order; /* names as sent, with their '-' */
    size_t order_count;
    hp_str *keys; /* paths; has_keys tells an absent list from an empty one */
    size_t keys_count;
    bool has_keys;
    hp_str *exclude_keys;
    size_t exclude_count;
    hp_str *include; /* paths; a "*" among them is all there is to it, also to what keys would include */
    size_t include_count;
    bool include_all; /* every Pointer and Array field, by a "*" or by includeAll */
    bool count;
    bool explain;
    hp_str redirect_class_name_for_key; /* or absent */
} hp_find_params;

typedef enum hp_find_form {
    HP_FIND_QUERY,    /* GET /classes/X */
    HP_FIND_GET,      /* GET /classes/X/id: only keys, include, excludeKeys and read preferences; others E102 */
    HP_FIND_SUBQUERY, /* className and key are allowed besides; limit and order are ignored */
} hp_find_form;

/* `raw` is an object whose values are JSON of any kind. Unknown parameter: E102 `Invalid parameter for query: <name>`.
 * limit negative or not a number: E102; above 2^53: capped. Owner: `mem`; `raw` must live as long. */
HP_MUST_USE hp_code hp_find_params_read(const hp_value *raw, hp_find_form form, hp_arena *mem, hp_find_params *out,
                                        hp_err *err);

/* One key of an ordering, resolved: the value at `path`, or what `by` measures. */
typedef struct hp_order {
    hp_path path;
    bool descending;
    const hp_filter *by; /* NEAR leaf: the distance from its centre; TEXT leaf: its score; NULL: the value */
} hp_order;

/* Resolves `order` names: syntactically bad or hidden ones are errors (E105 `Invalid field name: <f>.`, E119), unknown
 * ones are dropped, `_created_at`/`_updated_at` are aliases. `$score` is how well the $text of `where` (may be NULL) fits, best
 * first whatever its sign: E102 without one. The distance of a NEAR leaf comes after the names. */
HP_MUST_USE hp_code hp_order_resolve(const hp_class *c, const hp_find_params *p, const hp_filter *where,
                                     const hp_str *hidden, size_t hidden_count, hp_arena *mem, hp_order **out,
                                     size_t *count, hp_err *err);

#endif

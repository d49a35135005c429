/* query/where.h — Parse's where JSON to the typed tree, with its error codes and messages.
 *
 * The order is the design: depth and size first, then names and permission on every root field at any
 * depth, then operators and operands. Nothing here reads a store. */
#ifndef HP_QUERY_WHERE_H
#define HP_QUERY_WHERE_H

#include "query/filter.h"

typedef struct hp_where_rules {
    bool internal_names;  /* master, maintenance: hidden columns except _hashed_password may be named */
    const hp_str *hidden; /* fields the caller may not query: E119 */
    size_t hidden_count;
    bool allow_regex; /* requestComplexity.allowRegex, or master */
    int depth_max;    /* nesting of $or/$and/$nor, subqueries included; 0: HP_QUERY_DEPTH_MAX; negative: any */
    int64_t now_ms;   /* for $relativeTime */
} hp_where_rules;

/* `where` is the decoded object (HP_JSON_PARSE). NULL or null means no constraint.
 * `c` may be NULL for a class that does not exist: every name is then absent.
 * Owner:  `mem` owns *out. `where` must live as long.
 * Errors: INVALID_QUERY, INVALID_KEY_NAME, INVALID_JSON, OPERATION_FORBIDDEN as Parse has them. */
HP_MUST_USE hp_code hp_where_parse(const hp_class *c, const hp_value *where, const hp_where_rules *rules, hp_arena *mem,
                                   hp_filter **out, hp_err *err);

/* The first passes of hp_where_parse alone: whether, under other rules, a where that was parsed before may still be asked. */
HP_MUST_USE hp_code hp_where_check(const hp_class *c, const hp_value *where, const hp_where_rules *rules, hp_err *err);

/* Resolves a dotted name. False if the root is no field of `c`, or what follows is too deep or has a key that no path may have
 * ($ and what quotes, separates or brackets in SQL). */
bool hp_path_resolve(const hp_class *c, hp_str name, bool internal_names, hp_arena *mem, hp_path *out);

/* "Should I look?": true if `name` or the root of its dotted form is in `hidden`. */
bool hp_name_hidden(hp_str name, const hp_str *hidden, size_t hidden_count);

#endif

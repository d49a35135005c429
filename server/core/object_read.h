/* core/object_read.h — the inside of find and get: what their queries share, and the queries that others need.
 *
 * A request is one hp_reader: its sub-queries and includes draw on one budget, whatever they are nested
 * in. Doors include core/objects.h instead. Everything lives in the call's arena; one worker. */
#ifndef HP_CORE_OBJECT_READ_H
#define HP_CORE_OBJECT_READ_H

#include "core/objects.h"
#include "core/serialise.h"
#include "query/where.h"

typedef struct hp_reader {
    hp_call *call;
    int subqueries;  /* made so far, at most HP_SUBQUERIES_MAX */
    size_t steps;    /* of includes, at most HP_INCLUDE_STEPS_MAX */
    size_t included; /* at most HP_INCLUDED_VALUES_MAX */
} hp_reader;

/* One result in the place of objects: {"QUERY PLAN": […]}, how the store would find them. Errors: the store's. */
HP_MUST_USE hp_code hp_read_explain(const hp_call *call, const hp_query *q, hp_value *results, hp_err *err);

/* What `call` may ask about a class under `grant`. The names live in call->mem. */
hp_where_rules hp_read_rules(const hp_call *call, hp_str class_name, const hp_grant *grant);

/* All objects that a sub-query with the raw parameters `params` finds, with the caller's rights and the class's find
 * triggers. `keep` is the one field that is needed besides the common ones, or absent. *found_class is the class after a
 * redirect; *results an array of objects in REST encoding.
 * Errors: as find; INVALID_QUERY when there are more than the limit of rows. */
HP_MUST_USE hp_code hp_read_subquery(hp_reader *r, hp_str class_name, const hp_value *params, hp_str keep, int depth,
                                     hp_str *found_class, hp_value *results, hp_err *err);

/* The objects of `cls` with these ids (strings) that the caller may get, in any order: what an include puts in the place of
 * pointers. Runs the class's find triggers. Errors: as get; what is missing or unreadable is left out. */
HP_MUST_USE hp_code hp_read_by_ids(hp_reader *r, const hp_class *cls, hp_value *ids, size_t count,
                                   const hp_projection *projection, hp_value *results, hp_err *err);

#endif

/* core/schema_api.h — reading and changing classes: rest.md 7. The REST routes, the importer and the write pipeline's
 * "new field" step change the schema through here and nowhere else. Everything is one atomic unit of the store. */
#ifndef HP_CORE_SCHEMA_API_H
#define HP_CORE_SCHEMA_API_H

#include "core/call.h"

/* One class as GET /schemas/<C> shows it. */
hp_value hp_schema_show(const hp_call *call, const hp_class *cls);

HP_MUST_USE hp_code hp_schema_list(hp_call *call, hp_value *out, hp_err *err);
HP_MUST_USE hp_code hp_schema_get(hp_call *call, hp_str class_name, hp_value *out, hp_err *err);

/* `path_class` absent: POST /schemas. The body is as sent. */
HP_MUST_USE hp_code hp_schema_create(hp_call *call, hp_str path_class, const hp_value *body, hp_value *out, hp_err *err);
HP_MUST_USE hp_code hp_schema_update(hp_call *call, hp_str path_class, const hp_value *body, hp_value *out, hp_err *err);
HP_MUST_USE hp_code hp_schema_delete(hp_call *call, hp_str class_name, hp_err *err);

/* A set of class definitions, planned against what is stored. */
typedef struct hp_schema_plan {
    hp_unit  unit;      /* what would be done, in order */
    hp_str  *lines;     /* the same for people: "+ class Balance", "+ field Transaction.timestamp Date required", … */
    size_t   line_count;
    bool     destructive; /* drops something */
    hp_str   where;       /* after an error: what was wrong, as "3.fields.amount" (index in `classes`, then the path) */
} hp_schema_plan;

/* `classes` is an array of class objects in /schemas form. "User" is _User; built-in columns listed as ordinary fields are
 * accepted when their type is the built-in one. prune: own fields, and own classes if empty, that are not in `classes` go. Owner: call->mem. Errors: as the schema API; nothing is
 * changed. */
HP_MUST_USE hp_code hp_schema_plan_make(hp_call *call, const hp_value *classes, bool prune, hp_schema_plan *out, hp_err *err);
HP_MUST_USE hp_code hp_schema_plan_apply(hp_call *call, hp_schema_plan *plan, hp_err *err);

/* The write pipeline's step: makes sure that class and fields exist for `changes`, resolves them to paths and checks
 * types (rest.md 3.5, E111). Needed additions are appended to `unit` in front of the write, so that they commit with it.
 * On success call->schema may be an unpublished snapshot; hp_schema_publish after the commit makes it everyone's. */
HP_MUST_USE hp_code hp_schema_resolve_changes(hp_call *call, hp_str class_name, const hp_raw_changes *changes,
                                              hp_unit_op **extra_ops, size_t *extra_count, const hp_class **cls,
                                              hp_change **out, hp_err *err);

#endif

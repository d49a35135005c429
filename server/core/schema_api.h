/* core/schema_api.h — reading and changing classes. The REST routes, the importer and the write pipeline's
 * "new field" step change the schema through here and nowhere else. Everything is one atomic unit of the store. */
#ifndef HP_CORE_SCHEMA_API_H
#define HP_CORE_SCHEMA_API_H

#include "core/call.h"

/* One class as GET /schemas/<C> shows it. */
hp_value hp_schema_show(const hp_call *call, const hp_class *cls);

HP_MUST_USE hp_code hp_schema_list(hp_call *call, hp_value *out, hp_err *err);
HP_MUST_USE hp_code hp_schema_get(hp_call *call, hp_str class_name, hp_value *out, hp_err *err);

/* `path_class` absent: POST /schemas. The body is as sent. */
HP_MUST_USE hp_code hp_schema_create(hp_call *call, hp_str path_class, const hp_value *body, hp_value *out,
                                     hp_err *err);
HP_MUST_USE hp_code hp_schema_update(hp_call *call, hp_str path_class, const hp_value *body, hp_value *out,
                                     hp_err *err);
HP_MUST_USE hp_code hp_schema_delete(hp_call *call, hp_str class_name, hp_err *err);

/* A set of class definitions, planned against what is stored. */
typedef struct hp_schema_plan {
    hp_unit unit;  /* what would be done, in order */
    hp_str *lines; /* the same for people: "+ class Balance", "+ field Transaction.timestamp Date required", … */
    size_t line_count;
    hp_str where; /* after an error: what was wrong, as "3.fields.amount" (index in `classes`, then the path) */
} hp_schema_plan;

typedef enum hp_plan_mode {
    HP_PLAN_FILL,  /* only what is missing: what somebody changed since stays as it is (templates at start) */
    HP_PLAN_MERGE, /* what differs becomes as defined; what is not mentioned stays */
    HP_PLAN_PRUNE, /* besides, own fields, and own classes if empty, that are not mentioned go */
} hp_plan_mode;

typedef struct hp_plan_rules {
    hp_plan_mode mode;
    bool drop_fields;     /* own fields that the definition of their class does not mention go; PRUNE does so too */
    bool drop_indexes;    /* the same of indexes */
    bool recreate_fields; /* a field whose type differs is dropped and made anew */
    bool
        by_request; /* the schema API refuses what the importer takes as it is: an index that is there already, and a second
                        GeoPoint field, which exports of classes can have */
} hp_plan_rules;

/* `classes` is an array of class objects in /schemas form. "User" is _User; built-in columns listed as ordinary fields are
 * accepted when their type is the built-in one. Owner: call->mem. Errors: as the schema API, and a class that is
 * defined twice; nothing is changed. */
HP_MUST_USE hp_code hp_schema_plan_make(hp_call *call, const hp_value *classes, hp_plan_rules rules,
                                        hp_schema_plan *out, hp_err *err);
HP_MUST_USE hp_code hp_schema_plan_apply(hp_call *call, hp_schema_plan *plan, hp_err *err);

/* ---- the write pipeline's step ---- */

/* Changes whose names have become paths of fields. */
typedef struct hp_resolved {
    const hp_class *cls; /* with the fields that the changes add */
    hp_change *changes;  /* at most as many as were given: what does nothing is gone */
    size_t change_count;
    hp_unit_op *schema_ops; /* class and fields that do not exist yet: in front of the write, in the same unit */
    size_t schema_op_count;
    hp_filter *also; /* update: what addField's pointer permissions ask of the object, or NULL */
} hp_resolved;

/* Resolves `changes` of an object of `class_name`, checks types and that the caller may add what is
 * new. A plain null becomes UNSET. Owner: call->mem. On success call->schema may be an unpublished snapshot: the caller
 * publishes after the commit, or puts the old one back.
 * Errors: INVALID_KEY_NAME, INCORRECT_TYPE, OPERATION_FORBIDDEN, INVALID_JSON (class name). */
HP_MUST_USE hp_code hp_schema_resolve_changes(hp_call *call, hp_str class_name, bool creating,
                                              const hp_raw_changes *changes, hp_resolved *out, hp_err *err);

/* After a commit that changed classes: everyone's snapshot, and the call's, are read from the store anew. */
HP_MUST_USE hp_code hp_schema_publish(hp_call *call, hp_err *err);

#endif

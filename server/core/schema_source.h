/* core/schema_source.h — a schema file: the forms it comes in, and where in it something is wrong.
 *
 * Forms: the templates' {"classes":[…]}; a GET /schemas answer {"results":[…]}; a bare array; a single class; Parse
 * Server's {"schema":{"definitions":[…]}} or {"definitions":[…]}. Pure, any thread. */
#ifndef HP_CORE_SCHEMA_SOURCE_H
#define HP_CORE_SCHEMA_SOURCE_H

#include "base/buf.h"
#include "base/error.h"
#include "value/value.h"

typedef struct hp_schema_source {
    hp_str text;      /* the file */
    hp_str prefix;    /* path of the class list in it: "classes", "results", "", … */
    bool single;      /* the file is one class: no index in paths */
    hp_value classes; /* array for hp_schema_plan_make */
} hp_schema_source;

/* Errors: INVALID_JSON with line and column when it is not JSON, or with what was expected. `text` must live as long. */
HP_MUST_USE hp_code hp_schema_source_read(hp_str text, hp_arena *mem, hp_schema_source *out, hp_err *err);

/* Lays the definitions of `over` onto those of the same class in `classes` (fields one by one, permissions and indexes as a
 * whole) and appends the others. */
void hp_schema_source_merge(hp_arena *mem, hp_value *classes, const hp_value *over);

/* "12: classes[3].fields.amount" for the plan's path "3.fields.amount": line, then path. */
hp_str hp_schema_source_where(const hp_schema_source *src, hp_str where, hp_arena *mem);

/* For people: a Mermaid ER diagram, and a data dictionary in Markdown, of an array of class objects. */
void hp_schema_write_diagram(hp_buf *out, const hp_value *classes);
void hp_schema_write_dictionary(hp_buf *out, const hp_value *classes);

#endif

/* core/schema_fields.h — reading field and index definitions of a schema document.
 *
 * Shared by the schema API and the importer's plan. Works on a private class picture that grows with every accepted
 * definition, so that permissions and indexes are checked against what the class will be. */
#ifndef HP_CORE_SCHEMA_FIELDS_H
#define HP_CORE_SCHEMA_FIELDS_H

#include "core/call.h"

/* A copy of `cls` whose field list may be changed. Fields themselves are shared. */
hp_class *hp_class_edit(const hp_class *cls, hp_arena *mem);
void hp_class_put_field(hp_class *c, hp_field *f, hp_arena *mem); /* adds, or replaces the one of that name */
void hp_class_drop_field(hp_class *c, hp_str name, hp_arena *mem);

/* Reads {"type":…,"targetClass"?,"required"?,"defaultValue"?}.
 * Errors: INVALID_KEY_NAME, INVALID_JSON, INCORRECT_TYPE, MISSING_SCHEMA_TYPE, INVALID_CLASS_NAME. */
HP_MUST_USE hp_code hp_field_read(hp_str class_name, hp_str name, const hp_value *def, hp_arena *mem, hp_field **out,
                                  hp_err *err);

/* What adding or re-sending `field` to `c` means. */
typedef enum hp_field_change { HP_FIELD_SAME, HP_FIELD_ADDED, HP_FIELD_OPTIONS } hp_field_change;

/* Errors: INVALID_SCHEMA_OPERATION `Field <f> exists, cannot update.`, INCORRECT_TYPE (targetClass). */
HP_MUST_USE hp_code hp_field_compare(const hp_class *c, const hp_field *field, hp_arena *mem, hp_field_change *out,
                                     hp_err *err);

/* True if `name` is one of the columns that every class, or this system class, has from the start. */
bool hp_field_is_default(hp_str class_name, hp_str name, hp_arena *mem);

/* E103 with Parse's sentence unless the name is well-formed. */
HP_MUST_USE hp_code hp_class_name_check(hp_str name, hp_err *err);

/* That refusal. */
HP_MUST_USE hp_code hp_class_name_refused(hp_str name, hp_err *err);

#endif

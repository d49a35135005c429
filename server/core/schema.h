/* core/schema.h — the schema snapshot: an immutable, reference-counted picture of all classes.
 *
 * Readers take a reference for the length of a call; a change builds a new snapshot and swaps it. Other processes on the
 * same store are noticed by the store's schema version. Any thread. */
#ifndef HP_CORE_SCHEMA_H
#define HP_CORE_SCHEMA_H

#include "core/core.h"

typedef struct hp_schema hp_schema;

/* The present snapshot, with a reference for the caller. */
hp_schema *hp_schema_ref_current(hp_core *core);
hp_schema *hp_schema_ref(hp_schema *s);
void hp_schema_unref(hp_schema *s); /* accepts NULL */

/* Reads all classes from the store into a new snapshot and swaps it in; calls open with the old one keep it. */
HP_MUST_USE hp_code hp_schema_reload(hp_core *core, hp_err *err);

/* Byte-exact, after hp_class_canonical_name; NULL if there is no such class. */
const hp_class *hp_schema_class(const hp_schema *s, hp_str name);

/* "_Join:<field>:<Class>", the links of a relation as a class with owningId and relatedId and no id of its own: what the
 * master key may find, and nothing else. NULL if there is no such relation. Owner: `mem`. */
const hp_class *hp_schema_join_class(const hp_schema *s, hp_str name, hp_arena *mem);

/* All classes in order of creation. */
const hp_class *const *hp_schema_classes(const hp_schema *s, size_t *count);

/* The default columns of a class that is not stored yet (system columns for system classes, the four
 * common ones otherwise): what CREATE_CLASS starts from. Lives in `mem`. */
hp_class *hp_schema_new_class(hp_str name, hp_arena *mem);

#endif

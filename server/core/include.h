/* core/include.h — include: objects in the place of pointers to them. */
#ifndef HP_CORE_INCLUDE_H
#define HP_CORE_INCLUDE_H

#include "core/object_read.h"

/* Replaces pointers in `results`, an array of objects of `cls` in REST encoding, along include, includeAll and the dotted
 * names of keys and excludeKeys in `p`. Only the results themselves are changed; what they share with others is copied.
 * Errors: INVALID_QUERY past a limit, also where there is nothing to include; a refusal by the CLP of an included class. */
HP_MUST_USE hp_code hp_include(hp_reader *r, const hp_class *cls, const hp_find_params *p, hp_value *results,
                               hp_err *err);

/* Whether an include of all fields follows this one. */
bool hp_include_all_takes(const hp_field *field);

#endif

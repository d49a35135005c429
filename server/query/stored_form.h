/* query/stored_form.h — the one form in which a field of its own holds a value. Writes bring values into it, and so do the
 * operands of queries, so that equality is equality of what is stored. Values inside Object and Array fields stay as sent. */
#ifndef HP_QUERY_STORED_FORM_H
#define HP_QUERY_STORED_FORM_H

#include "value/value.h"

/* Dates without the client's spelling, polygons closed, files without the URL, pointers to the canonical class name. */
hp_value hp_stored_form(hp_arena *mem, const hp_value *v);

#endif

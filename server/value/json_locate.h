/* value/json_locate.h — where in a JSON text a value stands, for error messages about files people wrote. */
#ifndef HP_VALUE_JSON_LOCATE_H
#define HP_VALUE_JSON_LOCATE_H

#include "base/str.h"

/* The line (from 1) on which the value at `path` begins, path parts separated by '.' ("classes.1.fields.amount"; digits
 * are array indexes). If the path ends early in the text, the line of the deepest part that is there. `text` is
 * well-formed JSON (hp_json_read accepted it). */
size_t hp_json_line(hp_str text, hp_str path);

#endif

/* value/json.h — JSON text to hp_value and back.
 *
 * Reading (jansson) is bounded in depth, nodes and keys (base/limits.h), refuses duplicate keys, NUL in keys, invalid
 * UTF-8, numbers outside double and trailing text. Writing streams into a buffer and cannot fail but for its maximum. */
#ifndef HP_VALUE_JSON_H
#define HP_VALUE_JSON_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "value/value.h"

typedef enum hp_json_mode {
    HP_JSON_PARSE, /* {"__type":…} becomes the typed value (what clients send) */
    HP_JSON_PLAIN, /* __type means nothing (configuration, schema files) */
} hp_json_mode;

/* Reads one JSON text of any kind; empty or blank text is an error.
 * Pointers to the class "User" come out as "_User": the two names are one class here (templates write "User").
 * Owner:  `mem` owns *out and all text in it; `text` may go away.
 * Errors: INVALID_JSON with a message that says where (line, column) and what; then *out is null. */
HP_MUST_USE hp_code hp_json_read(hp_str text, hp_json_mode mode, hp_arena *mem, hp_value *out, hp_err *err);

/* Decodes typed objects inside an already read PLAIN value (one level for `v` itself, then everything below). */
hp_value hp_json_decode_types(hp_arena *mem, const hp_value *v);

/* True if `name` is the __type of a value that reading with HP_JSON_PARSE makes; any other is a text like others. */
bool hp_json_is_type(hp_str name);

/* Appends the compact JSON of `v` in REST encoding: typed values with __type, dates as {"__type":"Date","iso":…}. */
void hp_json_write(hp_buf *out, const hp_value *v);

/* Appends a JSON string literal with its quotes. `s` is valid UTF-8; the rest is replaced by U+FFFD. */
void hp_json_write_string(hp_buf *out, hp_str s);

/* Appends a number the way JavaScript prints it (1, 0.1, 1e+21, 5e-324); NaN and infinities as null. */
void hp_json_write_number(hp_buf *out, double n);

/* hp_json_write into arena text. */
hp_str hp_json_text(hp_arena *mem, const hp_value *v);

#endif

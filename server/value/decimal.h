/* value/decimal.h — exact numbers: IEEE 754-2008 decimal128, up to 34 decimal digits, as MongoDB's Decimal128.
 *
 * A number keeps the digits it was written with: 1.50 stays 1.50, and equals 1.5. NaN and infinities are not numbers here,
 * and nothing is rounded unless a function says so. Arithmetic is Intel's decimal library. No state, any thread. */
#ifndef HP_VALUE_DECIMAL_H
#define HP_VALUE_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

typedef struct hp_decimal { /* in BID encoding, as in BSON */
    uint64_t low, high;
} hp_decimal;

enum { HP_DECIMAL_TEXT_MAX = 44 }; /* of hp_decimal_text, without NUL */

/* Reads [+-]digits[.digits][e[+-]digits]. False if that is not what it is, or it cannot be kept as it is: more than 34
 * significant digits, or an exponent out of range. */
bool hp_decimal_read(hp_str text, hp_decimal *out);

/* The number that JavaScript would print for `n`, which must be finite. */
hp_decimal hp_decimal_of_double(double n);

/* The nearest one. */
double hp_decimal_to_double(hp_decimal d);

/* Writes the text of the standard's to-scientific-string, such as 1.50, -0.001 or 1E+3; returns its length. */
size_t hp_decimal_format(hp_decimal d, char out[HP_DECIMAL_TEXT_MAX + 1]);

/* The same in `mem`. */
hp_str hp_decimal_text(hp_arena *mem, hp_decimal d);

int hp_decimal_compare(hp_decimal a, hp_decimal b);
bool hp_decimal_is_zero(hp_decimal d);

/* False if the result has more than 34 digits or leaves the range: *out is then the nearest one, or undefined when
 * hp_decimal_in_range says no. */
bool hp_decimal_add(hp_decimal a, hp_decimal b, hp_decimal *out);
bool hp_decimal_subtract(hp_decimal a, hp_decimal b, hp_decimal *out);
bool hp_decimal_multiply(hp_decimal a, hp_decimal b, hp_decimal *out);
bool hp_decimal_divide(hp_decimal a, hp_decimal b, hp_decimal *out);
bool hp_decimal_modulo(hp_decimal a, hp_decimal b, hp_decimal *out); /* with the sign of a */
bool hp_decimal_in_range(hp_decimal d);                              /* not an infinity, not NaN */

typedef enum hp_decimal_rounding {
    HP_DECIMAL_HALF_EVEN,
    HP_DECIMAL_DOWN,
    HP_DECIMAL_FLOOR,
    HP_DECIMAL_CEILING
} hp_decimal_rounding;

/* To `places` decimal places, -34 to 34; negative ones are tens, hundreds, …. */
hp_decimal hp_decimal_round(hp_decimal d, int places, hp_decimal_rounding how);
hp_decimal hp_decimal_abs(hp_decimal d);

#endif

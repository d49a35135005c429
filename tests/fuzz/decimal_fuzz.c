/* rooms: value base */
#include <math.h>
#include <stdint.h>

#include "base/error.h"
#include "value/decimal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is written as a text that is read as the same number, digit by digit; it equals itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[HP_DECIMAL_TEXT_MAX + 1];
    hp_decimal d, again, zero;
    if (!hp_decimal_read((hp_str){ (const char *)data, size }, &d)) return 0;
    const size_t len = hp_decimal_format(d, text);
    HP_ASSERT(hp_decimal_read((hp_str){ text, len }, &again) && again.low == d.low && again.high == d.high);
    HP_ASSERT(hp_decimal_compare(d, again) == 0);
    HP_ASSERT(hp_decimal_subtract(d, again, &zero) && hp_decimal_is_zero(zero));
    const double n = hp_decimal_to_double(d);
    HP_ASSERT(!isfinite(n) || hp_decimal_to_double(hp_decimal_of_double(n)) == n);
    return 0;
}

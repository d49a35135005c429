/* rooms: value base */
#include <math.h>
#include <stdint.h>

#include "base/error.h"
#include "value/decimal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_one(hp_decimal d)
{
    char text[HP_DECIMAL_TEXT_MAX + 1];
    hp_decimal again, zero;
    const size_t len = hp_decimal_format(d, text);
    HP_ASSERT(hp_decimal_read((hp_str){ text, len }, &again) && again.low == d.low && again.high == d.high);
    HP_ASSERT(hp_decimal_compare(d, again) == 0);
    HP_ASSERT(hp_decimal_subtract(d, again, &zero) && hp_decimal_is_zero(zero));
    const double n = hp_decimal_to_double(d);
    HP_ASSERT(!isfinite(n) || hp_decimal_to_double(hp_decimal_of_double(n)) == n);
}

static void check_two(hp_decimal a, hp_decimal b)
{
    hp_decimal out, back;
    const int order = hp_decimal_compare(a, b);
    HP_ASSERT(order == -hp_decimal_compare(b, a));
    if (hp_decimal_subtract(a, b, &out)) HP_ASSERT(hp_decimal_is_zero(out) == (order == 0));
    if (hp_decimal_add(a, b, &out)) {
        check_one(out);
        if (hp_decimal_subtract(out, b, &back)) HP_ASSERT(hp_decimal_compare(back, a) == 0);
    }
    if (hp_decimal_multiply(a, b, &out)) check_one(out);
    if (hp_decimal_divide(a, b, &out)) check_one(out);
}

/* One text, or two with a line feed between them. What is read is written as a text that is read as the same number, digit by
 * digit; it equals itself. Arithmetic that calls itself exact can be undone. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const hp_str all = { (const char *)data, size };
    const size_t line = hp_str_find_char(all, '\n', 0);
    hp_decimal a, b;
    if (!hp_decimal_read(hp_str_sub(all, 0, line), &a)) return 0;
    check_one(a);
    if (line != SIZE_MAX && hp_decimal_read(hp_str_sub(all, line + 1, SIZE_MAX), &b)) check_two(a, b);
    return 0;
}

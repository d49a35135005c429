#include "value/decimal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <bid_conf.h>
#include <bid_functions.h>

#include "base/str.h"
#include "value/json.h"

enum {
    INEXACT = 0x20, /* the library's flags */
    OVERFLOW = 0x08,
    INVALID = 0x01,
    DIVIDED_BY_ZERO = 0x04,
    TEXT_BYTES_MAX = 256, /* more than the digits of any number that can be kept as it is, leading zeros aside */
    ADJUSTED_MIN = -6,    /* below, the standard writes an exponent */
};

static BID_UINT128 bid(hp_decimal d) { return (BID_UINT128){ { d.low, d.high } }; }
static hp_decimal decimal(BID_UINT128 b) { return (hp_decimal){ b.w[0], b.w[1] }; }

/* ---- text ---- */

static size_t digits(hp_str s, size_t i)
{
    while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9') i++;
    return i;
}

/* The library reads more than numbers. */
static bool is_number(hp_str s)
{
    size_t i = s.len > 0 && (s.ptr[0] == '+' || s.ptr[0] == '-') ? 1 : 0, start = i, end = digits(s, i);
    size_t count = end - start;
    if (end < s.len && s.ptr[end] == '.') {
        start = end + 1;
        end = digits(s, start);
        count += end - start;
    }
    if (count == 0) return false;
    if (end == s.len) return true;
    if (s.ptr[end] != 'e' && s.ptr[end] != 'E') return false;
    i = end + 1;
    if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-')) i++;
    end = digits(s, i);
    return end == s.len && end > i;
}

bool hp_decimal_read(hp_str text, hp_decimal *out)
{
    char copy[TEXT_BYTES_MAX + 1];
    unsigned flags = 0;
    if (text.len > TEXT_BYTES_MAX || !is_number(text)) return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    *out = decimal(bid128_from_string(copy, BID_ROUNDING_TO_NEAREST, &flags));
    return flags == 0 && hp_decimal_in_range(*out);
}

/* From the library's own text, which is sign, digits, E, sign, exponent. */
size_t hp_decimal_format(hp_decimal d, char out[HP_DECIMAL_TEXT_MAX + 1])
{
    enum { ROOM = HP_DECIMAL_TEXT_MAX + 1 };
    char raw[64];
    unsigned flags = 0;
    int64_t size = 0;

    HP_ASSERT(hp_decimal_in_range(d));
    bid128_to_string(raw, bid(d), &flags);
    const hp_str all = hp_str_of(raw);
    const size_t e = hp_str_find_char(all, 'E', 0);
    HP_ASSERT(e != SIZE_MAX && hp_str_to_int64(hp_str_sub(all, e + 2, SIZE_MAX), 0, INT32_MAX, &size));
    const char *sign = raw[0] == '-' ? "-" : "", *digit = raw + 1;
    const int count = (int)e - 1, exponent = (int)(raw[e + 1] == '-' ? -size : size);
    const int adjusted = exponent + count - 1, whole = count + exponent; /* digits in front of the point */
    int len;

    if (exponent > 0 || adjusted < ADJUSTED_MIN)
        len =
            snprintf(out, ROOM, "%s%.1s%s%.*sE%+d", sign, digit, count > 1 ? "." : "", count - 1, digit + 1, adjusted);
    else if (whole <= 0)
        len = snprintf(out, ROOM, "%s0.%.*s%.*s", sign, -whole, "00000000", count, digit);
    else
        len = snprintf(out, ROOM, "%s%.*s%s%.*s", sign, whole, digit, whole < count ? "." : "", count - whole,
                       digit + whole);
    HP_ASSERT(len > 0 && len < ROOM);
    return (size_t)len;
}

hp_str hp_decimal_text(hp_arena *mem, hp_decimal d)
{
    char text[HP_DECIMAL_TEXT_MAX + 1];
    const size_t len = hp_decimal_format(d, text);
    return hp_arena_str(mem, (hp_str){ text, len });
}

/* ---- doubles ---- */

hp_decimal hp_decimal_of_double(double n)
{
    hp_decimal d;
    hp_buf text;
    HP_ASSERT(isfinite(n));
    hp_buf_init(&text, HP_DECIMAL_TEXT_MAX);
    hp_json_write_number(&text, n);
    HP_ASSERT(hp_decimal_read(hp_buf_str(&text), &d)); /* 17 digits, and a range within this one's */
    hp_buf_done(&text);
    return d;
}

double hp_decimal_to_double(hp_decimal d)
{
    unsigned flags = 0;
    return bid128_to_binary64(bid(d), BID_ROUNDING_TO_NEAREST, &flags);
}

/* ---- arithmetic ---- */

int hp_decimal_compare(hp_decimal a, hp_decimal b)
{
    unsigned flags = 0;
    if (bid128_quiet_less(bid(a), bid(b), &flags)) return -1;
    return bid128_quiet_less(bid(b), bid(a), &flags);
}

bool hp_decimal_is_zero(hp_decimal d) { return bid128_isZero(bid(d)); }
bool hp_decimal_in_range(hp_decimal d) { return bid128_isFinite(bid(d)); }

static bool exact(unsigned flags) { return (flags & (INEXACT | OVERFLOW | INVALID | DIVIDED_BY_ZERO)) == 0; }

typedef BID_UINT128 operation(BID_UINT128 a, BID_UINT128 b, unsigned rounding, unsigned *flags);

static bool calculate(operation *op, hp_decimal a, hp_decimal b, hp_decimal *out)
{
    unsigned flags = 0;
    *out = decimal(op(bid(a), bid(b), BID_ROUNDING_TO_NEAREST, &flags));
    return exact(flags);
}

bool hp_decimal_add(hp_decimal a, hp_decimal b, hp_decimal *out) { return calculate(bid128_add, a, b, out); }
bool hp_decimal_subtract(hp_decimal a, hp_decimal b, hp_decimal *out) { return calculate(bid128_sub, a, b, out); }
bool hp_decimal_multiply(hp_decimal a, hp_decimal b, hp_decimal *out) { return calculate(bid128_mul, a, b, out); }
bool hp_decimal_divide(hp_decimal a, hp_decimal b, hp_decimal *out) { return calculate(bid128_div, a, b, out); }

bool hp_decimal_modulo(hp_decimal a, hp_decimal b, hp_decimal *out)
{
    unsigned flags = 0;
    *out = decimal(bid128_fmod(bid(a), bid(b), &flags));
    return exact(flags);
}

hp_decimal hp_decimal_abs(hp_decimal d) { return decimal(bid128_abs(bid(d))); }

hp_decimal hp_decimal_round(hp_decimal d, int places, hp_decimal_rounding how)
{
    static const unsigned MODES[] = { [HP_DECIMAL_HALF_EVEN] = BID_ROUNDING_TO_NEAREST,
                                      [HP_DECIMAL_DOWN] = BID_ROUNDING_TO_ZERO,
                                      [HP_DECIMAL_FLOOR] = BID_ROUNDING_DOWN,
                                      [HP_DECIMAL_CEILING] = BID_ROUNDING_UP };
    hp_decimal unit;
    char text[16];
    unsigned flags = 0;
    const int len = snprintf(text, sizeof text, "1E%d", -places);
    HP_ASSERT(hp_decimal_read((hp_str){ text, (size_t)len }, &unit));
    const hp_decimal rounded = decimal(bid128_quantize(bid(d), bid(unit), MODES[how], &flags));
    return hp_decimal_in_range(rounded) ? rounded : d; /* it has no digits there to give up */
}

#include "base/str.h"

int hp_str_cmp(hp_str a, hp_str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int rc = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);
    if (rc != 0) return rc;
    return (a.len > b.len) - (a.len < b.len);
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c; }

bool hp_str_eq_nocase(hp_str a, hp_str b)
{
    if (a.len != b.len) return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i])) return false;
    return true;
}

size_t hp_str_find_char(hp_str s, char c, size_t from)
{
    if (from >= s.len) return SIZE_MAX;
    const char *at = memchr(s.ptr + from, c, s.len - from);
    return at == NULL ? SIZE_MAX : (size_t)(at - s.ptr);
}

bool hp_str_contains(hp_str s, hp_str needle)
{
    return needle.len == 0 || (s.len >= needle.len && memmem(s.ptr, s.len, needle.ptr, needle.len) != NULL);
}

static bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

hp_str hp_str_trim(hp_str s)
{
    while (s.len > 0 && blank(s.ptr[0])) s = hp_str_sub(s, 1, s.len);
    while (s.len > 0 && blank(s.ptr[s.len - 1])) s.len--;
    return s;
}

bool hp_str_split(hp_str *rest, char sep, hp_str *part)
{
    if (!hp_str_present(*rest)) return false;
    size_t at = hp_str_find_char(*rest, sep, 0);
    if (at == SIZE_MAX) {
        *part = *rest;
        *rest = HP_STR_NONE;
        return true;
    }
    *part = hp_str_sub(*rest, 0, at);
    *rest = hp_str_sub(*rest, at + 1, rest->len);
    return true;
}

bool hp_str_to_int64(hp_str s, int64_t min, int64_t max, int64_t *out)
{
    size_t i = 0;
    bool negative = s.len > 0 && s.ptr[0] == '-';
    int64_t value = 0;
    if (negative) i = 1;
    if (i == s.len) return false;
    for (; i < s.len; i++) {
        int digit = s.ptr[i] - '0';
        if (digit < 0 || digit > 9) return false;
        if (__builtin_mul_overflow(value, 10, &value)) return false;
        if (__builtin_sub_overflow(value, digit, &value))
            return false; /* kept negative: INT64_MIN has no positive twin */
    }
    if (!negative && __builtin_sub_overflow(0, value, &value)) return false;
    if (value < min || value > max) return false;
    *out = value;
    return true;
}

/* Björn Höhrmann's tables would be faster; this reads like RFC 3629. */
bool hp_str_utf8_valid(hp_str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    for (size_t i = 0; i < s.len;) {
        unsigned char c = p[i];
        size_t more;
        unsigned low = 0x80, high = 0xBF; /* of the second byte */
        if (c < 0x80) {
            i++;
            continue;
        }
        if (c >= 0xC2 && c <= 0xDF)
            more = 1;
        else if (c >= 0xE0 && c <= 0xEF)
            more = 2;
        else if (c >= 0xF0 && c <= 0xF4)
            more = 3;
        else
            return false;
        if (c == 0xE0) low = 0xA0;
        if (c == 0xED) high = 0x9F;
        if (c == 0xF0) low = 0x90;
        if (c == 0xF4) high = 0x8F;
        if (s.len - i <= more || p[i + 1] < low || p[i + 1] > high) return false;
        for (size_t k = 2; k <= more; k++)
            if ((p[i + k] & 0xC0) != 0x80) return false;
        i += more + 1;
    }
    return true;
}

bool hp_str_is_token(hp_str s)
{
    static const char OTHERS[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.ptr[i];
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!plain && memchr(OTHERS, c, sizeof OTHERS - 1) == NULL) return false;
    }
    return s.len > 0;
}

bool hp_str_to_bytes(hp_str s, int64_t *out)
{
    static const struct {
        hp_str unit;
        int64_t bytes;
    } units[] = { { HP_STR_INIT("gb"), 1 << 30 },
                  { HP_STR_INIT("mb"), 1 << 20 },
                  { HP_STR_INIT("kb"), 1 << 10 },
                  { HP_STR_INIT("b"), 1 } };

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const hp_str unit = units[i].unit;
        if (s.len <= unit.len) continue;
        if (!hp_str_eq_nocase(hp_str_sub(s, s.len - unit.len, unit.len), unit)) continue;
        const hp_str count = hp_str_trim(hp_str_sub(s, 0, s.len - unit.len));
        return hp_str_to_int64(count, 0, INT32_MAX, out) && !__builtin_mul_overflow(*out, units[i].bytes, out);
    }
    return hp_str_to_int64(s, INT64_MIN, INT64_MAX, out);
}

/* base/str.h — hp_str: text as pointer and length, by value, not owned, not NUL-terminated, may hold NUL bytes.
 * Everything that reads text takes one; what builds text is base/buf.h. No state, any thread. */
#ifndef HP_BASE_STR_H
#define HP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct hp_str {
    const char *ptr;
    size_t len; /* bytes */
} hp_str;

/* From a literal, so that an embedded NUL counts: HP_STR("a\0b").len == 3. */
#define HP_STR(literal) ((hp_str){ ("" literal), sizeof(literal) - 1 })
#define HP_STR_INIT(literal)              \
    {                                     \
        ("" literal), sizeof(literal) - 1 \
    }                                     /* for static tables */
#define HP_STR_NONE ((hp_str){ NULL, 0 }) /* absent, as opposed to empty */

/* printf("%" HP_STR_FMT, HP_STR_ARG(s)) */
#define HP_STR_FMT ".*s"
#define HP_STR_ARG(s) (int)((s).len > (1u << 30) ? (1u << 30) : (s).len), ((s).ptr ? (s).ptr : "")

static inline hp_str hp_str_of(const char *text) { return (hp_str){ text, text ? strlen(text) : 0 }; }
static inline bool hp_str_present(hp_str s) { return s.ptr != NULL; }
static inline bool hp_str_eq(hp_str a, hp_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
static inline bool hp_str_starts(hp_str s, hp_str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}
static inline bool hp_str_ends(hp_str s, hp_str suffix)
{
    return s.len >= suffix.len && (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}
/* A text file without the byte order mark that Windows programs put at its beginning. */
static inline hp_str hp_str_without_mark(hp_str s)
{
    static const char MARK[] = { '\xEF', '\xBB', '\xBF' };
    const bool marked = s.len >= sizeof MARK && memcmp(s.ptr, MARK, sizeof MARK) == 0;
    return marked ? (hp_str){ s.ptr + sizeof MARK, s.len - sizeof MARK } : s;
}
/* Bytes [from, from+len) of `s`, cut to what is there. */
static inline hp_str hp_str_sub(hp_str s, size_t from, size_t len)
{
    if (from > s.len) from = s.len;
    if (len > s.len - from) len = s.len - from;
    return (hp_str){ s.ptr ? s.ptr + from : NULL, len };
}

/* memcmp order, shorter first; for UTF-8 that is code point order. */
int hp_str_cmp(hp_str a, hp_str b);

/* ASCII case folded comparison (header names, keywords). */
bool hp_str_eq_nocase(hp_str a, hp_str b);

/* Index of the first `c` at or after `from`, or SIZE_MAX. */
size_t hp_str_find_char(hp_str s, char c, size_t from);

/* True if `needle` occurs in `s`. */
bool hp_str_contains(hp_str s, hp_str needle);

/* Without leading and trailing ASCII white space. */
hp_str hp_str_trim(hp_str s);

/* Takes the text up to the next `sep` off the front of *rest into *part. False once *rest is used up.
 * "a,,b" yields "a", "", "b"; the empty text yields one empty part, the absent text none. */
bool hp_str_split(hp_str *rest, char sep, hp_str *part);

/* Whole text as a decimal integer in [min, max]; nothing else (no blanks, no plus, no fraction). */
bool hp_str_to_int64(hp_str s, int64_t min, int64_t max, int64_t *out);

/* A size as people write it, in bytes: "512", "20mb", "1 GB"; whole numbers only. */
bool hp_str_to_bytes(hp_str s, int64_t *out);

/* True for a token of RFC 9110 section 5.6.2: a header name, a half of a media type. */
bool hp_str_is_token(hp_str s);

/* True if `s` is well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool hp_str_utf8_valid(hp_str s);

#endif

#include "http/range.h"

/* Digits only, at least one; what exceeds 64 bits is the largest number: no file is that long. */
static bool read_number(hp_str text, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.ptr[i];
        if (c < '0' || c > '9') return false;
        if (__builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, (uint64_t)(c - '0'), out)) {
            *out = UINT64_MAX;
            for (i++; i < text.len; i++)
                if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
        }
    }
    return text.len > 0;
}

/* "-n": the last n bytes. */
static hp_range_kind read_suffix(hp_str text, uint64_t size, uint64_t *from, uint64_t *len)
{
    uint64_t last;
    if (!read_number(text, &last)) return HP_RANGE_WHOLE;
    if (last == 0 || size == 0) return HP_RANGE_UNSATISFIABLE;
    *len = last < size ? last : size;
    *from = size - *len;
    return HP_RANGE_PART;
}

hp_range_kind hp_range_read(hp_str header, uint64_t size, uint64_t *from, uint64_t *len)
{
    const hp_str unit = HP_STR("bytes=");
    uint64_t first, last = UINT64_MAX;
    *from = 0;
    *len = size;
    header = hp_str_trim(header);
    if (header.len < unit.len || !hp_str_eq_nocase(hp_str_sub(header, 0, unit.len), unit)) return HP_RANGE_WHOLE;

    /* Several parts would need a multipart answer, which nobody has to give. */
    const hp_str spec = hp_str_trim(hp_str_sub(header, unit.len, header.len));
    const size_t dash = hp_str_find_char(spec, '-', 0);
    if (dash == SIZE_MAX) return HP_RANGE_WHOLE;
    const hp_str end = hp_str_sub(spec, dash + 1, spec.len);
    if (dash == 0) return read_suffix(end, size, from, len);
    if (!read_number(hp_str_sub(spec, 0, dash), &first) || (end.len > 0 && !read_number(end, &last)) || last < first)
        return HP_RANGE_WHOLE;
    if (first >= size) return HP_RANGE_UNSATISFIABLE;
    *from = first;
    *len = (last < size ? last + 1 : size) - first;
    return HP_RANGE_PART;
}

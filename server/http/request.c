#include "http/request.h"

#include "base/buf.h"

hp_str hp_http_header_get(const hp_http_request *rq, hp_str name)
{
    for (size_t i = 0; i < rq->header_count; i++)
        if (hp_str_eq_nocase(rq->headers[i].name, name)) return rq->headers[i].value;
    return HP_STR_NONE;
}

hp_str hp_http_header_all(const hp_http_request *rq, hp_str name)
{
    hp_str all = HP_STR_NONE;
    for (size_t i = 0; i < rq->header_count; i++) {
        if (!hp_str_eq_nocase(rq->headers[i].name, name)) continue;
        hp_str one = rq->headers[i].value;
        if (!hp_str_present(all)) {
            all = one;
            continue;
        }
        char *text = hp_arena_alloc(rq->mem, all.len + one.len + 3);
        memcpy(text, all.ptr, all.len);
        memcpy(text + all.len, ", ", 2);
        memcpy(text + all.len + 2, one.ptr, one.len);
        all = (hp_str){ text, all.len + one.len + 2 };
    }
    return all;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hp_url_decode(hp_arena *mem, hp_str text, bool plus, hp_str *out)
{
    char *decoded = hp_arena_alloc(mem, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int high = text.len - i > 2 ? hex_digit(text.ptr[i + 1]) : -1;
            int low = text.len - i > 2 ? hex_digit(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        decoded[len++] = c;
    }
    *out = (hp_str){ decoded, len };
    return hp_str_utf8_valid(*out);
}

bool hp_url_next_pair(hp_arena *mem, hp_str *rest, hp_str *name, hp_str *value, bool *ok)
{
    hp_str pair;
    do
        if (!hp_str_split(rest, '&', &pair)) return false;
    while (pair.len == 0);
    size_t equals = hp_str_find_char(pair, '=', 0);
    *ok = hp_url_decode(mem, hp_str_sub(pair, 0, equals), true, name) &&
          hp_url_decode(mem, equals == SIZE_MAX ? HP_STR("") : hp_str_sub(pair, equals + 1, pair.len), true, value);
    return true;
}

#include "http/request.h"

#include "base/buf.h"
#include "base/url.h"

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

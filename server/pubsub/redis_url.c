#include "base/url.h"
#include "pubsub/redis.h"

enum { DEFAULT_PORT = 6379, DATABASE_MAX = 65535 };

static hp_code refuse(hp_err *err, const char *sentence) { return hp_fail(err, HP_E_INVALID_VALUE, "%s", sentence); }

static hp_str from(hp_str s, size_t at) { return hp_str_sub(s, at, s.len); }

/* The last '@': a password may hold one that nobody has encoded. */
static size_t last_at(hp_str s)
{
    for (size_t i = s.len; i > 0; i--)
        if (s.ptr[i - 1] == '@') return i - 1;
    return SIZE_MAX;
}

static hp_code read_credentials(hp_arena *mem, hp_str text, hp_redis_options *out, hp_err *err)
{
    const size_t colon = hp_str_find_char(text, ':', 0);
    hp_str user = hp_str_sub(text, 0, colon);
    if (user.len > 0 && !hp_url_decode(mem, user, false, &out->user)) return refuse(err, "its user name is malformed");
    if (colon == SIZE_MAX) return HP_OK;
    if (!hp_url_decode(mem, from(text, colon + 1), false, &out->password))
        return refuse(err, "its password is malformed: characters with a meaning in URLs are written %XX");
    return HP_OK;
}

static hp_code read_place(hp_arena *mem, hp_str text, hp_redis_options *out, hp_err *err)
{
    const bool bracketed = hp_str_starts(text, HP_STR("["));
    const size_t end = bracketed ? hp_str_find_char(text, ']', 0) : hp_str_find_char(text, ':', 0);
    if (bracketed && end == SIZE_MAX) return refuse(err, "its IPv6 address has no ]");
    const hp_str host = bracketed ? hp_str_sub(text, 1, end - 1) : hp_str_sub(text, 0, end);
    const hp_str rest = end == SIZE_MAX ? HP_STR("") : from(text, bracketed ? end + 1 : end);
    int64_t port = DEFAULT_PORT;

    if (host.len == 0) return refuse(err, "it names no host");
    if (rest.len > 0 && (rest.ptr[0] != ':' || !hp_str_to_int64(from(rest, 1), 1, UINT16_MAX, &port)))
        return refuse(err, "its port is no number from 1 to 65535");
    out->host = hp_arena_str(mem, host);
    out->port = (uint16_t)port;
    return HP_OK;
}

hp_code hp_redis_url_read(hp_arena *mem, hp_str url, hp_redis_options *out, hp_err *err)
{
    *out = (hp_redis_options){ 0 };
    if (hp_str_starts(url, HP_STR("rediss://")))
        return refuse(
            err, "rediss:// is not supported: the Redis library this program is built with has no TLS. Use redis:// "
                 "to a TLS tunnel on this machine");
    if (!hp_str_starts(url, HP_STR("redis://")))
        return refuse(err, "expected redis://[user:password@]host[:port][/database]");
    hp_str rest = from(url, HP_STR("redis://").len);
    if (memchr(rest.ptr, '?', rest.len) != NULL || memchr(rest.ptr, '#', rest.len) != NULL)
        return refuse(err, "it may not have parameters");

    const size_t at = last_at(rest);
    if (at != SIZE_MAX) {
        HP_TRY(read_credentials(mem, hp_str_sub(rest, 0, at), out, err));
        rest = from(rest, at + 1);
    }
    const size_t slash = hp_str_find_char(rest, '/', 0);
    const hp_str database = slash == SIZE_MAX ? HP_STR("") : from(rest, slash + 1);
    if (database.len > 0 && !hp_str_to_int64(database, 0, DATABASE_MAX, &out->database))
        return refuse(err, "its database is no number");
    return read_place(mem, hp_str_sub(rest, 0, slash), out, err);
}

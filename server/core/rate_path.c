/* core/rate_path.c — a path pattern becomes a regular expression. */
#include <stdarg.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/limits.h"
#include "core/rate_limit.h"
#include "query/regex.h"

static bool is_name(char c, bool first)
{
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || (c & 0x80) != 0;
    return letter || (!first && c >= '0' && c <= '9');
}

__attribute__((format(printf, 3, 4))) static hp_code refuse(hp_err *err, hp_str path, const char *fmt, ...)
{
    char what[160];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args); /* shortened if need be */
    va_end(args);
    return hp_fail(err, HP_E_INVALID_QUERY, "%s: %" HP_STR_FMT "; visit https://git.new/pathToRegexpError for info",
                   what, HP_STR_ARG(hp_str_sub(path, 0, 160)));
}

static void add_literal(hp_buf *out, char c)
{
    if (c != '\0' && strchr("\\^$.|?*+()[]{}-#", c) != NULL) hp_buf_add_char(out, '\\');
    hp_buf_add_char(out, c);
}

/* The name behind a ':' or '*', quoted or not; *at ends behind it. */
static hp_code read_name(hp_str path, size_t *at, hp_str *name, hp_err *err)
{
    const size_t begin = *at;
    if (begin < path.len && path.ptr[begin] == '"') {
        size_t end = begin + 1;
        while (end < path.len && path.ptr[end] != '"') end += path.ptr[end] == '\\' ? 2 : 1;
        if (end >= path.len) return refuse(err, path, "Unterminated quote at index %zu", begin);
        *name = hp_str_sub(path, begin + 1, end);
        *at = end + 1;
    } else {
        while (*at < path.len && is_name(path.ptr[*at], *at == begin)) (*at)++;
        *name = hp_str_sub(path, begin, *at);
    }
    return name->len > 0 ? HP_OK : refuse(err, path, "Missing parameter name at index %zu", *at);
}

static hp_code translate(hp_str path, hp_buf *out, hp_err *err)
{
    size_t depth = 0;
    bool after_name = false; /* two names without a text between them: where would the first end? */
    hp_str name = HP_STR_NONE;

    for (size_t at = 0; at < path.len;) {
        const char c = path.ptr[at++];
        if (c == ':' || c == '*') {
            HP_TRY(read_name(path, &at, &name, err));
            if (after_name)
                return refuse(err, path, "Missing text before \"%" HP_STR_FMT "\" %s",
                              HP_STR_ARG(hp_str_sub(name, 0, 60)), c == ':' ? "param" : "wildcard");
            after_name = true;
            hp_buf_add(out, c == ':' ? HP_STR("[^/]+") : HP_STR(".+"));
        } else if (c == '{') {
            depth++;
            hp_buf_add_lit(out, "(?:");
        } else if (c == '}' && depth > 0) {
            depth--;
            hp_buf_add_lit(out, ")?");
        } else if (c != '\0' && strchr("}()[]+?!", c) != NULL) {
            return refuse(err, path, "Unexpected %c at index %zu", c, at - 1);
        } else {
            if (c == '\\' && at == path.len) return refuse(err, path, "Unexpected end after \\ at index %zu", at);
            add_literal(out, c == '\\' ? path.ptr[at++] : c);
            after_name = false;
        }
    }
    return depth == 0 ? HP_OK : refuse(err, path, "Unexpected end at index %zu, expected }", path.len);
}

hp_code hp_rate_path_compile(hp_arena *mem, hp_str path, const hp_regex **out, hp_err *err)
{
    hp_buf text;
    *out = NULL;
    if (path.len > HP_RATE_PATH_BYTES_MAX) return hp_fail(err, HP_E_INVALID_QUERY, "The path is too long.");
    hp_buf_init(&text, 8 * HP_RATE_PATH_BYTES_MAX);
    hp_buf_add_lit(&text, "^(?:");
    hp_code rc = translate(path, &text, err);
    hp_buf_add_lit(&text, ")/?\\z");
    if (rc == HP_OK) rc = hp_regex_compile(mem, hp_arena_str(mem, hp_buf_str(&text)), HP_STR("is"), out, err);
    hp_buf_done(&text);
    return rc;
}

#include "http/multipart.h"

#include <string.h>

enum { BOUNDARY_BYTES_MAX = 70 }; /* RFC 2046 */

static const hp_str TYPE = HP_STR_INIT("multipart/form-data"), FORM_DATA = HP_STR_INIT("form-data"),
                    OCTETS = HP_STR_INIT("application/octet-stream"), CRLF = HP_STR_INIT("\r\n");

static hp_code invalid(hp_err *err, const char *what)
{
    return hp_fail(err, HP_E_INVALID_JSON, "Invalid multipart request: %s.", what);
}

static hp_str from(hp_str s, size_t at) { return hp_str_sub(s, at, s.len); }

/* Where `what` begins in `s`, or SIZE_MAX. */
static size_t find(hp_str s, hp_str what)
{
    const char *at = s.len == 0 ? NULL : memmem(s.ptr, s.len, what.ptr, what.len);
    return at == NULL ? SIZE_MAX : (size_t)(at - s.ptr);
}

/* ---- a header's value: word; name=value; name="value" ---- */

static hp_str head_word(hp_str value) { return hp_str_trim(hp_str_sub(value, 0, hp_str_find_char(value, ';', 0))); }

/* A backslash before a quote or another one; alone it is itself: old browsers sent paths of Windows as they were. */
static bool escapes(hp_str s, size_t at)
{
    return s.ptr[at] == '\\' && at + 1 < s.len && (s.ptr[at + 1] == '"' || s.ptr[at + 1] == '\\');
}

/* The text between quotes, from the opening one on. *after is what follows the closing quote; false without one. */
static bool read_quoted(hp_str s, hp_arena *mem, hp_str *out, hp_str *after)
{
    size_t end = 1, len = 0;

    while (end < s.len && s.ptr[end] != '"') end += escapes(s, end) ? 2 : 1;
    if (end >= s.len) return false;
    char *text = HP_NEW_ARRAY(mem, char, end);
    for (size_t i = 1; i < end; i++) {
        if (escapes(s, i)) i++;
        text[len++] = s.ptr[i];
    }
    *out = (hp_str){ text, len };
    *after = from(s, end + 1);
    return true;
}

/* The parameter `name`; absent: it is not there. False for what cannot be read. */
static bool parameter(hp_str value, hp_str name, hp_arena *mem, hp_str *out)
{
    size_t at = hp_str_find_char(value, ';', 0);

    *out = HP_STR_NONE;
    while (at != SIZE_MAX) {
        hp_str one = hp_str_trim(from(value, at + 1)), text;
        const size_t equals = hp_str_find_char(one, '=', 0);
        if (one.len == 0) return true;
        if (equals == SIZE_MAX) return false;
        const hp_str key = hp_str_trim(hp_str_sub(one, 0, equals));
        value = hp_str_trim(from(one, equals + 1));
        if (value.len > 0 && value.ptr[0] == '"') {
            if (!read_quoted(value, mem, &text, &value)) return false;
            at = hp_str_find_char(value, ';', 0);
        } else {
            at = hp_str_find_char(value, ';', 0);
            text = hp_str_trim(hp_str_sub(value, 0, at == SIZE_MAX ? value.len : at));
        }
        if (hp_str_eq_nocase(key, name)) {
            *out = text;
            return true;
        }
    }
    return true;
}

/* Old browsers sent the whole path. */
static hp_str last_of_path(hp_str path)
{
    for (size_t i = path.len; i > 0; i--)
        if (path.ptr[i - 1] == '/' || path.ptr[i - 1] == '\\') return from(path, i);
    return path;
}

/* ---- parts ---- */

bool hp_multipart_is(hp_str content_type) { return hp_str_eq_nocase(head_word(content_type), TYPE); }

hp_code hp_multipart_open(hp_str content_type, hp_str body, hp_arena *mem, hp_multipart *out, hp_err *err)
{
    hp_str boundary;

    *out = (hp_multipart){ 0 };
    if (!parameter(content_type, HP_STR("boundary"), mem, &boundary) || boundary.len == 0 ||
        boundary.len > BOUNDARY_BYTES_MAX)
        return invalid(err, "it names no boundary");
    /* With the line end that the delimiters between parts have: so there is one to look for. */
    out->boundary = hp_arena_printf(mem, "\r\n--%" HP_STR_FMT, HP_STR_ARG(boundary));
    const hp_str first = from(out->boundary, CRLF.len);
    const size_t at = hp_str_starts(body, first) ? 0 : find(body, out->boundary);
    if (at == SIZE_MAX) return invalid(err, "its body does not have the boundary");
    out->rest = from(body, at == 0 && hp_str_starts(body, first) ? first.len : at + out->boundary.len);
    return HP_OK;
}

static hp_code read_head(hp_str head, hp_arena *mem, hp_multipart_part *part, hp_err *err)
{
    hp_str disposition = HP_STR_NONE;

    part->type = HP_STR("text/plain");
    while (head.len > 0) {
        const size_t end = find(head, CRLF);
        const hp_str line = hp_str_sub(head, 0, end == SIZE_MAX ? head.len : end);
        const size_t colon = hp_str_find_char(line, ':', 0);
        head = end == SIZE_MAX ? HP_STR("") : from(head, end + CRLF.len);
        if (colon == SIZE_MAX || colon == 0) return invalid(err, "a part has a header line without a name");
        const hp_str name = hp_str_sub(line, 0, colon), value = hp_str_trim(from(line, colon + 1));
        if (hp_str_eq_nocase(name, HP_STR("Content-Disposition"))) disposition = value;
        if (hp_str_eq_nocase(name, HP_STR("Content-Type")) && head_word(value).len > 0) part->type = head_word(value);
    }
    if (!hp_str_eq_nocase(head_word(disposition), FORM_DATA)) return HP_OK; /* nameless */
    if (!parameter(disposition, HP_STR("name"), mem, &part->name) ||
        !parameter(disposition, HP_STR("filename"), mem, &part->filename))
        return invalid(err, "a part has a Content-Disposition that cannot be read");
    part->filename = part->filename.len > 0 ? last_of_path(part->filename) : HP_STR_NONE;
    part->is_file = hp_str_present(part->filename) || hp_str_eq_nocase(part->type, OCTETS);
    return HP_OK;
}

hp_code hp_multipart_next(hp_multipart *m, hp_arena *mem, hp_multipart_part *part, bool *more, hp_err *err)
{
    *part = (hp_multipart_part){ 0 };
    *more = false;
    if (hp_str_starts(m->rest, HP_STR("--"))) return HP_OK; /* the last delimiter; what follows says nothing */
    while (m->rest.len > 0 && (m->rest.ptr[0] == ' ' || m->rest.ptr[0] == '\t')) m->rest = from(m->rest, 1);
    if (!hp_str_starts(m->rest, CRLF)) return invalid(err, "it ends in the middle");
    if (++m->parts > HP_MULTIPART_PARTS_MAX) return invalid(err, "it has too many parts");

    /* The empty line after the head may be the line end of the delimiter: then there is no head. */
    const size_t head = find(hp_str_sub(m->rest, 0, HP_MULTIPART_HEAD_BYTES_MAX), HP_STR("\r\n\r\n"));
    if (head == SIZE_MAX) return invalid(err, "the headers of a part have no end, or are too long");
    const hp_str body = from(m->rest, head + 2 * CRLF.len);
    /* From its line end on: an empty part is followed by its delimiter at once. */
    const hp_str after_head = from(m->rest, head + CRLF.len);
    const size_t end = find(after_head, m->boundary);
    if (end == SIZE_MAX) return invalid(err, "it ends in the middle");
    if (head > 0) HP_TRY(read_head(hp_str_sub(m->rest, CRLF.len, head - CRLF.len), mem, part, err));
    part->bytes = hp_str_sub(body, 0, end < CRLF.len ? 0 : end - CRLF.len);
    m->rest = from(after_head, end + m->boundary.len);
    *more = true;
    return HP_OK;
}

#include "http/encode.h"

#include <zlib.h>

#include "base/map.h"

enum { GZIP_BYTES_MIN = 1024, GZIP_WINDOW = 15 + 16 /* zlib: a gzip header */, GZIP_MEMORY = 8 };

const char *hp_http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } REASONS[] = {
        { 200, "OK" },
        { 201, "Created" },
        { 204, "No Content" },
        { 206, "Partial Content" },
        { 302, "Found" },
        { 303, "See Other" },
        { 304, "Not Modified" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 413, "Content Too Large" },
        { 414, "URI Too Long" },
        { 415, "Unsupported Media Type" },
        { 416, "Range Not Satisfiable" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 501, "Not Implemented" },
        { 503, "Service Unavailable" },
        { 505, "HTTP Version Not Supported" },
    };
    for (size_t i = 0; i < sizeof REASONS / sizeof *REASONS; i++)
        if (REASONS[i].status == status) return REASONS[i].reason;
    return "Unknown";
}

/* "gzip" is listed and not with q=0. */
static bool accepts_gzip(const hp_http_request *rq)
{
    hp_str rest = hp_http_header_get(rq, HP_STR("Accept-Encoding")), part;
    while (hp_str_split(&rest, ',', &part)) {
        hp_str name;
        (void)hp_str_split(&part, ';', &name);
        if (!hp_str_eq_nocase(hp_str_trim(name), HP_STR("gzip"))) continue;
        hp_str q = hp_str_trim(part);
        return !hp_str_eq(q, HP_STR("q=0")) && !hp_str_starts(q, HP_STR("q=0.0"));
    }
    return false;
}

static bool compressible(hp_str content_type)
{
    return hp_str_starts(content_type, HP_STR("application/json")) || hp_str_starts(content_type, HP_STR("text/"));
}

/* True if rp->body was replaced by a shorter gzip form. */
static bool gzip_body(hp_http_reply *rp)
{
    z_stream z = { 0 };
    hp_buf packed;
    bool done = false;
    if (rp->body.len > UINT32_MAX ||
        deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return false; /* no memory for it: the plain form will do */
    hp_buf_init(&packed, rp->body.len);
    char *room = hp_buf_reserve(&packed, rp->body.len);
    if (room != NULL) {
        z.next_in = (Bytef *)rp->body.ptr;
        z.avail_in = (uInt)rp->body.len;
        z.next_out = (Bytef *)room;
        z.avail_out = (uInt)rp->body.len;
        done = deflate(&z, Z_FINISH) == Z_STREAM_END;
        packed.len = rp->body.len - z.avail_out;
    }
    (void)deflateEnd(&z);
    if (done) {
        hp_buf_done(&rp->body);
        rp->body = packed;
    } else {
        hp_buf_done(&packed);
    }
    return done;
}

static void add_header(hp_buf *head, hp_str name, hp_str value)
{
    hp_buf_add(head, name);
    hp_buf_add_lit(head, ": ");
    hp_buf_add(head, value);
    hp_buf_add_lit(head, "\r\n");
}

/* express's habit: GET answers carry a weak tag of their content, and a client that has it gets 304. */
static void add_etag(const hp_http_request *rq, hp_http_reply *rp, hp_buf *head)
{
    bool get = hp_str_eq(rq->method, HP_STR("GET")) || hp_str_eq(rq->method, HP_STR("HEAD"));
    if (!get || rp->status != 200 || rp->body.len == 0) return;
    hp_str tag =
        hp_arena_printf(rq->mem, "W/\"%zx-%016llx\"", rp->body.len, (unsigned long long)hp_hash(hp_buf_str(&rp->body)));
    add_header(head, HP_STR("ETag"), tag);
    if (!hp_str_eq(hp_http_header_get(rq, HP_STR("If-None-Match")), tag)) return;
    rp->status = 304;
    hp_buf_clear(&rp->body);
}

void hp_http_encode(const hp_http_request *rq, hp_http_reply *rp, bool keep_alive, hp_buf *head)
{
    hp_buf fields;
    hp_buf_init(&fields, 64 * 1024);
    add_etag(rq, rp, &fields);
    if (hp_str_present(rp->content_type) && rp->status != 304)
        add_header(&fields, HP_STR("Content-Type"), rp->content_type);
    if (rp->body.len >= GZIP_BYTES_MIN && compressible(rp->content_type)) {
        add_header(&fields, HP_STR("Vary"), HP_STR("Accept-Encoding"));
        if (accepts_gzip(rq) && gzip_body(rp)) add_header(&fields, HP_STR("Content-Encoding"), HP_STR("gzip"));
    }
    for (size_t i = 0; i < rp->header_count; i++) add_header(&fields, rp->headers[i].name, rp->headers[i].value);
    if (rp->status != 304) hp_buf_printf(&fields, "Content-Length: %zu\r\n", rp->body.len);
    if (!keep_alive)
        hp_buf_add_lit(&fields, "Connection: close\r\n");
    else if (hp_str_present(hp_http_header_get(rq, HP_STR("Connection"))))
        hp_buf_add_lit(&fields, "Connection: keep-alive\r\n");

    hp_buf_printf(head, "HTTP/1.1 %d %s\r\n", rp->status, hp_http_reason(rp->status));
    hp_buf_add(head, hp_buf_str(&fields));
    hp_buf_add_lit(head, "\r\n");
    hp_buf_done(&fields);
    if (hp_str_eq(rq->method, HP_STR("HEAD"))) hp_buf_clear(&rp->body);
}

void hp_http_encode_refusal(int status, hp_buf *out)
{
    const char *text = status == 413   ? "request entity too large"
                       : status == 503 ? "The server is busy. Try again in a moment."
                                       : hp_http_reason(status);
    hp_buf_printf(
        out,
        "HTTP/1.1 %d %s\r\nContent-Type: application/json; charset=utf-8\r\n%s"
        "Access-Control-Allow-Origin: *\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n{\"error\":\"%s\"}",
        status, hp_http_reason(status), status == 503 ? "Retry-After: 1\r\n" : "", strlen(text) + 12, text);
}

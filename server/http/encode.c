#include "http/encode.h"

#include <http_parser.h>
#include <stdio.h>
#include <time.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/map.h"
#include "http/range.h"

enum {
    GZIP_BYTES_MIN = 1024,
    HEAD_BYTES_FIRST = 1024,
    GZIP_WINDOW = 15 + 16 /* zlib: a gzip header */,
    GZIP_MEMORY = 8
};

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

static void add_status_line(hp_buf *head, int status)
{
    hp_buf_printf(head, "HTTP/1.1 %d ", status);
    hp_buf_add(head, hp_str_of(http_status_str((enum http_status)status)));
    hp_buf_add_lit(head, "\r\n");
}

/* The text changes once a second: each thread keeps the one it made last. */
static void add_date(hp_buf *head)
{
    static _Thread_local struct {
        time_t second;
        char text[40];
    } last;
    hp_clock *clock = hp_clock_system();
    time_t now = (time_t)(clock->now_ms(clock) / 1000);
    if (now != last.second) {
        struct tm utc;
        (void)gmtime_r(&now, &utc);
        (void)strftime(last.text, sizeof last.text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
        last.second = now;
    }
    add_header(head, HP_STR("Date"), hp_str_of(last.text));
}

static hp_str strong(hp_str tag) { return hp_str_starts(tag, HP_STR("W/")) ? hp_str_sub(tag, 2, tag.len) : tag; }

/* If-None-Match: a list of tags, compared weakly (RFC 9110 section 13.1.2). */
static bool tag_known(hp_str list, hp_str tag)
{
    hp_str one;
    while (hp_str_split(&list, ',', &one)) {
        one = hp_str_trim(one);
        if (hp_str_eq(strong(one), strong(tag)) || hp_str_eq(one, HP_STR("*"))) return true;
    }
    return false;
}

static bool is_method(const hp_http_request *rq, const char *name) { return hp_str_eq(rq->method, hp_str_of(name)); }

/* express's habit: GET answers carry a weak tag of their content, and a client that has it gets 304. */
static hp_str make_etag(const hp_http_request *rq, hp_http_reply *rp)
{
    if ((!is_method(rq, "GET") && !is_method(rq, "HEAD")) || rp->status != 200) return HP_STR_NONE;
    hp_str tag = rp->etag;
    if (!hp_str_present(tag)) {
        if (rp->body.len == 0) return HP_STR_NONE;
        tag = hp_arena_printf(rq->mem, "W/\"%zx-%016llx\"", rp->body.len,
                              (unsigned long long)hp_hash(hp_buf_str(&rp->body)));
    }
    if (tag_known(hp_http_header_get(rq, HP_STR("If-None-Match")), tag)) rp->status = 304;
    return tag;
}

/* Only for files: what lies in memory is short. If-Range with a date would need a strong validator that we do not send. */
static void take_range(const hp_http_request *rq, hp_http_reply *rp)
{
    const hp_str condition = hp_http_header_get(rq, HP_STR("If-Range"));
    hp_reply_file *file = &rp->file;
    uint64_t size = file->len, from, len;
    if (!file->present || rp->status != 200) return;
    hp_reply_header(rp, HP_STR("Accept-Ranges"), HP_STR("bytes"));
    if (!is_method(rq, "GET") || (hp_str_present(condition) && !hp_str_eq(condition, rp->etag))) return;
    switch (hp_range_read(hp_http_header_get(rq, HP_STR("Range")), size, &from, &len)) {
    case HP_RANGE_WHOLE: return;
    case HP_RANGE_PART:
        rp->status = 206;
        hp_reply_header(rp, HP_STR("Content-Range"),
                        hp_arena_printf(rq->mem, "bytes %llu-%llu/%llu", (unsigned long long)from,
                                        (unsigned long long)(from + len - 1), (unsigned long long)size));
        file->from += from;
        file->len = len;
        return;
    case HP_RANGE_UNSATISFIABLE:
        rp->status = 416;
        hp_reply_header(rp, HP_STR("Content-Range"),
                        hp_arena_printf(rq->mem, "bytes */%llu", (unsigned long long)size));
        hp_reply_drop_file(rp);
    }
}

void hp_http_encode(const hp_http_request *rq, hp_http_reply *rp, bool keep_alive, hp_buf *head)
{
    const hp_str tag = make_etag(rq, rp);
    take_range(rq, rp);
    bool bodiless = rp->status == 304 || rp->status == 204;
    bool packable = !bodiless && rp->body.len >= GZIP_BYTES_MIN && compressible(rp->content_type);
    bool packed = packable && accepts_gzip(rq) && gzip_body(rp);

    (void)hp_buf_reserve(head, HEAD_BYTES_FIRST); /* once instead of growing step by step */
    add_status_line(head, rp->status);
    add_date(head);
    if (hp_str_present(tag)) add_header(head, HP_STR("ETag"), tag);
    if (hp_str_present(rp->content_type) && !bodiless) add_header(head, HP_STR("Content-Type"), rp->content_type);
    if (packable) add_header(head, HP_STR("Vary"), HP_STR("Accept-Encoding"));
    if (packed) add_header(head, HP_STR("Content-Encoding"), HP_STR("gzip"));
    for (size_t i = 0; i < rp->header_count; i++) add_header(head, rp->headers[i].name, rp->headers[i].value);
    if (!bodiless)
        hp_buf_printf(head, "Content-Length: %llu\r\n",
                      (unsigned long long)(rp->file.present ? rp->file.len : rp->body.len));
    if (!keep_alive)
        hp_buf_add_lit(head, "Connection: close\r\n");
    else if (hp_str_present(hp_http_header_get(rq, HP_STR("Connection"))))
        hp_buf_add_lit(head, "Connection: keep-alive\r\n");
    hp_buf_add_lit(head, "\r\n");
    if (bodiless || is_method(rq, "HEAD")) {
        hp_buf_clear(&rp->body);
        hp_reply_drop_file(rp);
    }
}

void hp_http_encode_refusal(int status, hp_buf *out)
{
    const char *reason = http_status_str((enum http_status)status);
    const char *text = status == 413   ? "request entity too large"
                       : status == 503 ? "The server is busy. Try again in a moment."
                                       : reason;
    add_status_line(out, status);
    add_date(out);
    hp_buf_printf(out,
                  "Content-Type: application/json; charset=utf-8\r\n%sAccess-Control-Allow-Origin: *\r\n"
                  "Content-Length: %zu\r\nConnection: close\r\n\r\n{\"error\":\"%s\"}",
                  status == 503 ? "Retry-After: 1\r\n" : "", strlen(text) + sizeof "{\"error\":\"\"}" - 1, text);
}

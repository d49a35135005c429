#include "http/head.h"

#include <http_parser.h>

size_t hp_http_head_end(hp_str text, size_t *seen)
{
    for (size_t i = *seen; i < text.len;) {
        const char *found = memchr(text.ptr + i, '\n', text.len - i);
        if (found == NULL) break;
        size_t lf = (size_t)(found - text.ptr);
        if (lf == 0 || text.ptr[lf - 1] != '\r') return SIZE_MAX;
        if (lf == 1 || text.ptr[lf - 2] == '\n') return lf + 1;
        i = lf + 1;
    }
    *seen = text.len;
    return 0;
}

/* ---- what the parser would let pass ---- */

static bool token_char(unsigned char c)
{
    static const char OTHER[] = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && memchr(OTHER, c, sizeof OTHER - 1) != NULL);
}

/* METHOD SP target SP version: http-parser takes any number of blanks, and a TAB as part of the target. */
static bool request_line_strict(hp_str line)
{
    size_t blanks = 0;
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == '\t') return false;
        blanks += line.ptr[i] == ' ';
    }
    return blanks == 2;
}

/* Every line ends with CR LF and holds no other control character but TAB; header lines are `token:`. */
static bool framing_strict(hp_str text)
{
    bool first = true;
    for (size_t i = 0; i < text.len; first = false) {
        size_t end = i;
        while (end < text.len && text.ptr[end] != '\r') {
            unsigned char c = (unsigned char)text.ptr[end];
            if ((c < 0x20 && c != '\t') || c == 0x7F) return false;
            end++;
        }
        if (end + 1 >= text.len || text.ptr[end + 1] != '\n') return false;
        if (first && !request_line_strict(hp_str_sub(text, i, end - i))) return false;
        if (!first && end > i) {
            size_t colon = i;
            while (colon < end && token_char((unsigned char)text.ptr[colon])) colon++;
            if (colon == i || colon == end || text.ptr[colon] != ':') return false;
        }
        i = end + 2;
    }
    return true;
}

/* Digits only, no sign, no blank, within size_t. */
static int read_length(hp_str value, size_t *out)
{
    size_t n = 0;
    if (value.len == 0) return 400;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9') return 400;
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (size_t)(value.ptr[i] - '0'), &n))
            return 413;
    }
    *out = n;
    return 0;
}

static int read_framing(const hp_http_request *rq, hp_http_head *head)
{
    size_t hosts = 0;
    for (size_t i = 0; i < rq->header_count; i++) {
        const hp_http_header *h = &rq->headers[i];
        if (hp_str_eq_nocase(h->name, HP_STR("Content-Length"))) {
            if (head->has_length) return 400;
            int status = read_length(h->value, &head->content_length);
            if (status != 0) return status;
            head->has_length = true;
        } else if (hp_str_eq_nocase(h->name, HP_STR("Transfer-Encoding"))) {
            if (head->chunked || !hp_str_eq_nocase(h->value, HP_STR("chunked"))) return 400;
            head->chunked = true;
        } else if (hp_str_eq_nocase(h->name, HP_STR("Expect"))) {
            head->expect_continue = hp_str_eq_nocase(h->value, HP_STR("100-continue"));
        } else if (hp_str_eq_nocase(h->name, HP_STR("Host"))) {
            hosts++;
        }
    }
    if (head->chunked && (head->has_length || head->minor_0)) return 400;
    return hosts > 1 || (hosts == 0 && !head->minor_0) ? 400 : 0;
}

/* ---- http-parser ---- */

typedef struct collector {
    hp_http_request *rq;
    hp_str url;
    size_t headers_max;
    bool too_many;
} collector;

static int on_url(http_parser *p, const char *at, size_t len)
{
    ((collector *)p->data)->url = (hp_str){ at, len };
    return 0;
}

static int on_name(http_parser *p, const char *at, size_t len)
{
    collector *c = p->data;
    if (c->rq->header_count == c->headers_max) {
        c->too_many = true;
        return 1;
    }
    c->rq->headers[c->rq->header_count++] = (hp_http_header){ { at, len }, HP_STR("") };
    return 0;
}

static int on_value(http_parser *p, const char *at, size_t len)
{
    collector *c = p->data;
    c->rq->headers[c->rq->header_count - 1].value = hp_str_trim((hp_str){ at, len });
    return 0;
}

static int on_head_done(http_parser *p)
{
    (void)p;
    return 1; /* the body is read by the connection, not by the parser */
}

/* False for a target that is neither a path nor an absolute http URL: `*`, host:port of CONNECT, anything with a fragment. */
static bool split_url(hp_str url, hp_http_request *rq)
{
    if (hp_str_find_char(url, '#', 0) != SIZE_MAX) return false;
    size_t scheme = hp_str_starts(url, HP_STR("http://")) ? 7 : hp_str_starts(url, HP_STR("https://")) ? 8 : 0;
    if (scheme > 0) { /* absolute form: from the path on it is the same */
        size_t path = hp_str_find_char(url, '/', scheme);
        if (hp_str_find_char(url, '?', scheme) < path) return false; /* a query without a path */
        url = path == SIZE_MAX ? HP_STR("/") : hp_str_sub(url, path, url.len);
    }
    if (!hp_str_starts(url, HP_STR("/"))) return false;
    size_t mark = hp_str_find_char(url, '?', 0);
    rq->path = hp_str_sub(url, 0, mark);
    rq->query = mark == SIZE_MAX ? HP_STR("") : hp_str_sub(url, mark + 1, url.len);
    return true;
}

int hp_http_head_read(hp_str text, size_t url_bytes_max, size_t headers_max, hp_http_request *rq, hp_http_head *head)
{
    static const http_parser_settings SETTINGS = {
        .on_url = on_url,
        .on_header_field = on_name,
        .on_header_value = on_value,
        .on_headers_complete = on_head_done,
    };
    collector c = { .rq = rq, .headers_max = headers_max };
    http_parser parser;

    *head = (hp_http_head){ 0 };
    if (!framing_strict(text)) return 400;
    size_t line = hp_str_find_char(text, '\r', 0);
    if (line > url_bytes_max) return 414;

    rq->headers = HP_NEW_ARRAY(rq->mem, hp_http_header, headers_max);
    http_parser_init(&parser, HTTP_REQUEST);
    parser.data = &c;
    size_t read = http_parser_execute(&parser, &SETTINGS, text.ptr, text.len);
    if (c.too_many) return 431;
    /* An upgrade is not an error: the parser stops behind the head, where we stop anyway. */
    if (HTTP_PARSER_ERRNO(&parser) == HPE_INVALID_METHOD) return 501;
    if (HTTP_PARSER_ERRNO(&parser) == HPE_INVALID_VERSION) return 505;
    if (HTTP_PARSER_ERRNO(&parser) != HPE_OK || read != text.len || c.url.len == 0) return 400;
    if (parser.http_major != 1) return 505;
    head->minor_0 = parser.http_minor == 0;
    rq->method = hp_str_of(http_method_str((enum http_method)parser.method));
    rq->keep_alive = http_should_keep_alive(&parser) != 0;
    return split_url(c.url, rq) ? read_framing(rq, head) : 400;
}

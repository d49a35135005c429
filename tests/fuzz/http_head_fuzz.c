/* rooms: http base */
#include <stdint.h>

#include "base/error.h"
#include "http/chunked.h"
#include "http/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { URL_MAX = 1024, HEADERS_MAX = 32, BODY_MAX = 4096 };

/* The same end, whether the bytes come at once or one by one; SIZE_MAX may be told earlier, never later. */
static size_t find_end(hp_str text)
{
    size_t whole = 0, piecewise = 0, end = 0;
    size_t at_once = hp_http_head_end(text, &whole);
    for (size_t to = 1; to <= text.len && end == 0; to++) end = hp_http_head_end(hp_str_sub(text, 0, to), &piecewise);
    HP_ASSERT(end == at_once);
    return end == SIZE_MAX ? 0 : end;
}

/* What was accepted can only be read in one way. */
static void check_head(hp_str text, const hp_http_request *rq, const hp_http_head *head)
{
    HP_ASSERT(rq->path.len > 0 && rq->path.ptr[0] == '/');
    HP_ASSERT(rq->path.len + rq->query.len <= URL_MAX && rq->header_count <= HEADERS_MAX);
    HP_ASSERT(!(head->chunked && (head->has_length || head->minor_0)));
    for (size_t i = 0; i < rq->header_count; i++) {
        const hp_http_header *h = &rq->headers[i];
        HP_ASSERT(h->name.len > 0 && h->name.ptr >= text.ptr && h->name.ptr + h->name.len <= text.ptr + text.len);
        for (size_t j = 0; j < h->value.len; j++) HP_ASSERT(h->value.ptr[j] != '\r' && h->value.ptr[j] != '\n');
    }
}

static void read_chunks(hp_str text)
{
    hp_chunked chunked = { 0 };
    hp_buf body;
    size_t from = 0, used;
    hp_buf_init(&body, BODY_MAX);
    for (size_t to = 1; to <= text.len && chunked.state != HP_CHUNK_DONE; to++) {
        if (hp_chunked_read(&chunked, hp_str_sub(text, from, to - from), &body, &used) != 0) break;
        from += used;
        HP_ASSERT(from <= to && body.len <= BODY_MAX);
    }
    hp_buf_done(&body);
}

/* A head as a connection reads it, and what follows it as a chunked body that arrives byte by byte. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_http_request rq = { .mem = mem };
    hp_http_head head;
    hp_str text = hp_arena_str(mem, (hp_str){ (const char *)data, size });
    size_t end = find_end(text);
    if (end > 0 && hp_http_head_read(hp_str_sub(text, 0, end), URL_MAX, HEADERS_MAX, &rq, &head) == 0)
        check_head(text, &rq, &head);
    read_chunks(hp_str_sub(text, end, text.len));
    return 0;
}

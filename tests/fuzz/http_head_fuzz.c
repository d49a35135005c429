/* rooms: http base */
#include <assert.h>
#include <stdint.h>

#include "http/chunked.h"
#include "http/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A head, then the rest of the input as a chunked body cut at every place. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_http_request rq = { .mem = mem };
    hp_http_head head;
    hp_str text = hp_arena_str(mem, (hp_str){ (const char *)data, size });
    if (hp_http_head_read(text, 1024, 32, &rq, &head) == 0) {
        assert(rq.path.ptr >= text.ptr || rq.path.len <= 1);
        assert(!(head.chunked && head.has_length));
        hp_str rest = rq.query, name, value;
        bool ok;
        while (hp_url_next_pair(mem, &rest, &name, &value, &ok)) {}
    }
    hp_chunked chunked = { 0 };
    hp_buf body;
    size_t from = 0, used;
    hp_buf_init(&body, 4096);
    for (size_t to = 1; to <= size && chunked.state != HP_CHUNK_DONE; to++) {
        if (hp_chunked_read(&chunked, hp_str_sub(text, from, to - from), &body, &used) != 0) break;
        from += used;
        assert(from <= to && body.len <= 4096);
    }
    hp_buf_done(&body);
    return 0;
}

/* rooms: http base */
#include <stdint.h>

#include "http/multipart.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first line is the content type, the rest the body. Parts lie inside it, one after the other. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_str body = { (const char *)data, size }, type;
    hp_multipart m;
    hp_multipart_part part;
    hp_err err = { 0 };
    bool more = true;

    if (!hp_str_split(&body, '\n', &type) || !hp_multipart_is(type)) return 0;
    if (hp_multipart_open(type, body, mem, &m, &err) != HP_OK) return 0;
    const char *at = body.ptr;
    while (hp_multipart_next(&m, mem, &part, &more, &err) == HP_OK && more) {
        HP_ASSERT(part.bytes.ptr >= at && part.bytes.ptr + part.bytes.len <= body.ptr + body.len);
        at = part.bytes.ptr + part.bytes.len;
    }
    return 0;
}

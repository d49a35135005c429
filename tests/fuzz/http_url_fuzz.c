/* rooms: http base */
#include <stdint.h>

#include "base/error.h"
#include "base/url.h"
#include "http/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decoded text is UTF-8 and never longer than what was sent; a query string comes to an end, pair by pair. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_str text = hp_arena_str(mem, (hp_str){ (const char *)data, size }), plain, name, value;
    for (int plus = 0; plus < 2; plus++)
        if (hp_url_decode(mem, text, plus, &plain)) HP_ASSERT(plain.len <= text.len && hp_str_utf8_valid(plain));

    hp_str rest = text;
    bool ok;
    size_t pairs = 0;
    while (hp_url_next_pair(mem, &rest, &name, &value, &ok)) {
        HP_ASSERT(++pairs <= text.len);
        if (ok) HP_ASSERT(name.len + value.len <= text.len);
    }
    return 0;
}

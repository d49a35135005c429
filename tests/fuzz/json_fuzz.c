/* rooms: value base */
#include <assert.h>
#include <stdint.h>

#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is read is written, and what was written reads back as the same value. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value first, second;
    hp_err err;
    if (hp_json_read((hp_str){ (const char *)data, size }, HP_JSON_PARSE, mem, &first, &err) != HP_OK) return 0;
    hp_str text = hp_json_text(mem, &first);
    hp_code rc = hp_json_read(text, HP_JSON_PARSE, mem, &second, &err);
    assert(rc == HP_OK && hp_value_equal(&first, &second));
    (void)rc;
    return 0;
}

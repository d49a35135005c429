/* rooms: value base */
#include <stdint.h>

#include "value/base64.h"
#include "value/date.h"
#include "value/json.h"
#include "value/json_locate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An instant is written in one form only, and that form is the same instant. */
static void try_date(hp_str text)
{
    char form[HP_DATE_TEXT_LEN + 1];
    int64_t ms, back;
    if (!hp_date_parse(text, &ms)) return;
    size_t len = hp_date_format(ms, form);
    HP_ASSERT(len <= HP_DATE_TEXT_LEN && hp_date_parse((hp_str){ form, len }, &back) && back == ms);
}

static void try_base64(hp_arena *mem, hp_str text)
{
    hp_str bytes, back;
    if (!hp_base64_decode(mem, text, &bytes)) return;
    HP_ASSERT(hp_base64_decode(mem, hp_base64_encode(mem, bytes), &back) && hp_str_eq(bytes, back));
}

/* What is read is written, and what was written reads back as the same value; types decoded later are the same too. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_str text = hp_arena_str(mem, (hp_str){ (const char *)data, size });
    hp_value first, second, plain;
    hp_err err;

    try_date(text);
    try_base64(mem, text);
    if (hp_json_read(text, HP_JSON_PARSE, mem, &first, &err) != HP_OK) {
        HP_ASSERT(hp_is_null(&first) && err.code == HP_E_INVALID_JSON && err.msg[0] != '\0');
        return 0;
    }
    HP_ASSERT(hp_json_read(text, HP_JSON_PLAIN, mem, &plain, &err) == HP_OK);
    plain = hp_json_decode_types(mem, &plain);
    HP_ASSERT(hp_value_equal(&first, &plain));

    hp_str out = hp_json_text(mem, &first);
    HP_ASSERT(hp_str_utf8_valid(out) && hp_json_read(out, HP_JSON_PARSE, mem, &second, &err) == HP_OK);
    HP_ASSERT(hp_value_equal(&first, &second) && hp_str_eq(hp_json_text(mem, &second), out));
    second = hp_value_copy(mem, &first);
    HP_ASSERT(hp_value_equal(&first, &second));
    HP_ASSERT(hp_json_line(text, HP_STR("a.0.b.1")) >= 1);
    return 0;
}

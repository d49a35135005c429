/* rooms: live */
/* Any text as a message of a live query client: read, and what it asks put as a where and written back. */
#include <stddef.h>
#include <stdint.h>

#include "live/answer.h"
#include "live/message.h"
#include "query/where.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_answer(const hp_live_message *m, hp_arena *mem)
{
    enum { BYTES_MAX = 1 << 20 };
    hp_buf text;
    hp_value back;
    hp_err err = { 0 };

    hp_buf_init(&text, BYTES_MAX);
    hp_live_write_introduction(&text, HP_STR("id"), hp_object_text(m->all, HP_STR("installationId")));
    const hp_str introduction = hp_arena_str(mem, hp_buf_str(&text));
    hp_buf_clear(&text);
    hp_live_write_done(&text, HP_STR("subscribed"), introduction, m->request_id);
    HP_ASSERT(text.overflow || hp_json_read(hp_buf_str(&text), HP_JSON_PLAIN, mem, &back, &err) == HP_OK);
    hp_buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_where_rules rules = { .allow_regex = true };
    hp_live_message m;
    hp_filter *where = NULL;
    hp_err err = { 0 };

    if (size > 65536) return 0;
    switch (hp_live_message_read((hp_str){ (const char *)data, size }, mem, &m, &err)) {
    case HP_LIVE_REFUSED: HP_ASSERT(err.msg[0] != '\0'); return 0;
    case HP_LIVE_NOT_JSON: return 0;
    case HP_LIVE_READ: break;
    }
    HP_ASSERT(m.session_token.len > 0 || !hp_str_present(m.session_token));
    try_answer(&m, mem);
    if (m.op == HP_LIVE_CONNECT || m.op == HP_LIVE_UNSUBSCRIBE) return 0;
    HP_ASSERT(hp_str_present(m.class_name) && m.where != NULL);
    const hp_code rc = hp_where_parse(NULL, m.where, &rules, mem, &where, &err);
    HP_ASSERT(rc != HP_OK || where != NULL);
    return 0;
}

/* rooms: live store_sqlite */
/* Any text as what another node says of a change: read against a schema, and what was read said and read again. */
#include <stddef.h>
#include <stdint.h>

#include "core/core_internal.h"
#include "live/payload.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const FIELDS[] = { "text",  "n",    "yes",   "at",    "list", "map",
                                      "place", "file", "bytes", "shape", "who",  "links" };
static const hp_type TYPES[] = { HP_T_STRING,   HP_T_NUMBER, HP_T_BOOLEAN, HP_T_DATE,    HP_T_ARRAY,   HP_T_OBJECT,
                                 HP_T_GEOPOINT, HP_T_FILE,   HP_T_BYTES,   HP_T_POLYGON, HP_T_POINTER, HP_T_RELATION };

static const hp_class *make_class(hp_arena *mem, const char *name)
{
    enum { ADDED = sizeof TYPES / sizeof *TYPES };
    hp_class *c = hp_schema_new_class(hp_str_of(name), mem);
    hp_field **fields = HP_NEW_ARRAY(mem, hp_field *, c->field_count + ADDED);
    for (size_t i = 0; i < c->field_count; i++) fields[i] = c->fields[i];
    for (size_t i = 0; i < ADDED; i++) {
        hp_field *f = HP_NEW(mem, hp_field);
        *f = (hp_field){ .name = hp_str_of(FIELDS[i]), .type = TYPES[i], .target_class = HP_STR("_User") };
        fields[c->field_count++] = f;
        (void)hp_map_put(c->by_name, f->name, f);
    }
    c->fields = fields;
    return c;
}

/* A snapshot that is never freed: two classes, one of them of the system. */
static hp_schema *schema(void)
{
    static hp_schema *made;
    if (made != NULL) return made;
    hp_arena *mem = hp_arena_new();
    made = HP_NEW(mem, hp_schema);
    atomic_init(&made->refs, 1);
    made->count = 2;
    made->classes = HP_NEW_ARRAY(mem, const hp_class *, made->count);
    made->classes[0] = make_class(mem, "Msg");
    made->classes[1] = make_class(mem, "_User");
    made->by_name = hp_map_new(mem);
    for (size_t i = 0; i < made->count; i++)
        (void)hp_map_put(made->by_name, made->classes[i]->name, (void *)(uintptr_t)made->classes[i]);
    return made;
}

static void say_again(const hp_live_event *e)
{
    enum { BYTES_MAX = 4 << 20 };
    static const hp_settings SETTINGS = { .app_id = HP_STR_INIT("app"),
                                          .public_server_url = HP_STR_INIT("http://h/parse") };
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_call call = {
        .settings = &SETTINGS, .schema = schema(), .mem = mem, .who = { .access = HP_ACCESS_MASTER }
    };
    hp_live_event *back;
    hp_buf text;
    bool strange;

    hp_buf_init(&text, BYTES_MAX);
    hp_live_payload_write(&text, &call, e, HP_STR("me"));
    if (!text.overflow) {
        const bool deleted = e->after == NULL;
        HP_ASSERT(hp_live_payload_read(schema(), hp_buf_str(&text), deleted, HP_STR("me"), &back, &strange) ==
                  HP_LIVE_HEARD_OWN);
        HP_ASSERT(hp_live_payload_read(schema(), hp_buf_str(&text), deleted, HP_STR("you"), &back, &strange) ==
                  HP_LIVE_HEARD);
        const hp_row *was = deleted ? e->before : e->after, *is = deleted ? back->before : back->after;
        HP_ASSERT(hp_value_equal(&was->fields, &is->fields));
        HP_ASSERT(was->has_read_acl == is->has_read_acl && was->has_write_acl == is->has_write_acl);
        hp_live_event_free(back);
    }
    hp_buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hp_live_event *e;
    bool strange;

    if (size < 1 || size > 65536) return 0;
    const hp_str text = { (const char *)data + 1, size - 1 };
    const hp_live_heard heard = hp_live_payload_read(schema(), text, data[0] == 'd', HP_STR("me"), &e, &strange);
    HP_ASSERT((heard == HP_LIVE_HEARD) == (e != NULL));
    if (e == NULL) return 0;
    HP_ASSERT(e->foreign && (e->before != NULL || e->after != NULL));
    say_again(e);
    hp_live_event_free(e);
    return 0;
}

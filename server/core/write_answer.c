/* core/write_answer.c — what a create or an update answers.
 *
 * Little: the client knows what it sent. It learns what it cannot know: the id and the time, what an operation made of a
 * field, what cloud code and defaults put there. Values come from the stored object, through the one serialiser, which is
 * never handed what clients may not have. Parse's exception, unless protectedFieldsSaveResponseExempt is off: a write tells
 * what it made of a protected field, and of an object that the caller may not read. */
#include "base/map.h"
#include "core/core_internal.h"
#include "core/object_write.h"
#include "core/protected_fields.h"
#include "core/serialise.h"
#include "value/date.h"

typedef struct answer {
    hp_write *w;
    hp_value body;
    hp_value stored; /* as the caller sees it; made when first needed */
    bool has_stored;
    hp_map *compared; /* fields -> hp_value, a bool: as before the write. Thousands of paths may lead into one field */
} answer;

static const hp_value *stored_value(answer *a, hp_str field)
{
    if (!a->has_stored) {
        a->stored = hp_serialise(a->w->call, a->w->cls, &a->w->grant, &a->w->result->after, NULL);
        a->has_stored = true;
    }
    return hp_object_get(&a->stored, field);
}

static hp_value time_text(hp_arena *mem, int64_t ms)
{
    char text[HP_DATE_TEXT_LEN + 1];
    size_t len = hp_date_format(ms, text);
    return hp_string(hp_arena_str(mem, (hp_str){ text, len }));
}

static bool yields_value(hp_op op)
{
    return op == HP_OP_INCREMENT || op == HP_OP_ADD || op == HP_OP_ADD_UNIQUE || op == HP_OP_REMOVE ||
           op == HP_OP_SET_ON_INSERT;
}

/* {"o":{"k":value}}: the way down to what the operation changed, merged with what is there from another path. */
static void put_nested(answer *a, hp_str root, hp_str rest, const hp_value *from)
{
    hp_arena *mem = a->w->call->mem;
    hp_value *into = hp_object_get(&a->body, root);
    hp_str key;

    if (into == NULL) {
        hp_object_append(mem, &a->body, root, hp_object());
        into = hp_object_get(&a->body, root);
    }
    while (hp_str_split(&rest, '.', &key)) {
        from = hp_object_get(from, key);
        if (from == NULL || into->tag != HP_OBJECT) return;
        if (rest.len == 0) {
            hp_object_set(mem, into, key, *from);
            return;
        }
        if (from->tag != HP_OBJECT) {
            hp_object_set(mem, into, key, *from); /* an index into an array below: the whole array */
            return;
        }
        if (hp_object_get(into, key) == NULL) hp_object_append(mem, into, key, hp_object());
        into = hp_object_get(into, key);
    }
}

static bool is_unchanged(answer *a, hp_str root, const hp_value *v)
{
    const hp_value *was = hp_object_get(&a->w->original, root);
    if (was == NULL) return false;
    if (a->compared == NULL) a->compared = hp_map_new(a->w->call->mem);
    hp_value *same = hp_map_get(a->compared, root);
    if (same == NULL) {
        same = hp_value_new(a->w->call->mem, hp_bool(hp_value_equal(was, v)));
        (void)hp_map_put(a->compared, root, same);
    }
    return same->boolean;
}

static void put_op_result(answer *a, const hp_raw_change *c)
{
    const hp_write *w = a->w;
    size_t dot = hp_str_find_char(c->name, '.', 0);
    hp_str root = hp_str_sub(c->name, 0, dot);
    const hp_value *v = stored_value(a, root);

    if (c->op == HP_OP_SET_ON_INSERT && w->kind == HP_WRITE_UPDATE) return;
    if (hp_is_null(v) || v->tag == HP_POINTER) return;
    if (is_unchanged(a, root, v)) return;
    if (dot == SIZE_MAX || v->tag != HP_OBJECT) {
        hp_object_set(w->call->mem, &a->body, root, *v);
        return;
    }
    put_nested(a, root, hp_str_sub(c->name, dot + 1, SIZE_MAX), v);
}

/* What cloud code set to null is told as null, what it unset as an operation. */
static bool set_to_null(const hp_write *w, hp_str field)
{
    for (size_t i = 0; i < w->raw.count; i++)
        if (hp_str_eq(w->raw.items[i].name, field)) return w->raw.items[i].op == HP_OP_SET;
    return false;
}

static void put_touched(answer *a, hp_str field)
{
    hp_arena *mem = a->w->call->mem;
    const hp_value *v = stored_value(a, field);
    if (v != NULL) {
        hp_object_set(mem, &a->body, field, *v);
        return;
    }
    /* Withheld by the serialiser, or gone: what is not in the stored object itself is gone. */
    if (hp_object_get(&a->w->result->after.fields, field) != NULL) return;
    hp_value op = set_to_null(a->w, field) ? hp_null() : hp_object();
    if (hp_is(&op, HP_OBJECT)) hp_object_append(mem, &op, HP_STR("__op"), hp_string(HP_STR("Delete")));
    hp_object_set(mem, &a->body, field, op);
}

/* Who may write an object and not read it would otherwise be told by an operation that changes nothing what is in it. */
static bool tells_values(const hp_write *w)
{
    const hp_call *call = w->call;
    if (w->kind != HP_WRITE_UPDATE) return w->kind == HP_WRITE_CREATE;
    return call->settings->protected_fields_save_exempt || hp_call_unrestricted(call) ||
           hp_permit_reads(call, w->cls, &w->result->after);
}

void hp_write_answer(hp_write *w, hp_written *out)
{
    hp_arena *mem = w->call->mem;
    answer a = { .w = w, .body = hp_object() };

    *out = (hp_written){ .created = w->kind == HP_WRITE_CREATE };
    if (out->created) out->object_id = w->object_id; /* a create that came down to an update has no Location */
    if (w->kind == HP_WRITE_CREATE) {
        hp_object_append(mem, &a.body, HP_STR("objectId"), hp_string(w->object_id));
        hp_object_append(mem, &a.body, HP_STR("createdAt"), time_text(mem, w->created_ms));
    } else if (w->kind == HP_WRITE_UPDATE) {
        hp_object_append(mem, &a.body, HP_STR("updatedAt"), time_text(mem, w->updated_ms));
    }
    if (tells_values(w)) {
        for (size_t i = 0; i < w->raw.count; i++)
            if (yields_value(w->raw.items[i].op)) put_op_result(&a, &w->raw.items[i]);
        for (size_t i = 0; i < w->touched.count; i++) put_touched(&a, w->touched.items[i]);
        const hp_str *hidden = NULL;
        size_t hidden_count;
        hp_protected_fields_of_write(w->call, w->cls, &w->result->after, &hidden, &hidden_count);
        for (size_t i = 0; i < hidden_count; i++) (void)hp_object_remove(&a.body, hidden[i]);
    }
    for (uint32_t i = 0; hp_is(&w->extra, HP_OBJECT) && i < w->extra.object.count; i++)
        hp_object_set(mem, &a.body, w->extra.object.items[i].key, w->extra.object.items[i].value);
    out->body = a.body;
}

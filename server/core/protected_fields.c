#include "core/protected_fields.h"

#define USER_FIELD_PREFIX HP_STR("userField:")

typedef struct names {
    hp_str *items; /* NULL until a first group applied */
    size_t count;
} names;

static bool list_has(const hp_value *list, hp_str name)
{
    if (!hp_is(list, HP_ARRAY)) return false;
    for (uint32_t i = 0; i < list->array.count; i++)
        if (hp_str_eq(hp_text(&list->array.items[i]), name)) return true;
    return false;
}

/* One group: what either source hides. The first group starts the list, every further one narrows it. */
static void apply_group(hp_arena *mem, names *hidden, const hp_value *a, const hp_value *b)
{
    if (hidden->items != NULL) {
        size_t kept = 0;
        for (size_t i = 0; i < hidden->count; i++)
            if (list_has(a, hidden->items[i]) || list_has(b, hidden->items[i]))
                hidden->items[kept++] = hidden->items[i];
        hidden->count = kept;
        return;
    }
    const hp_value *lists[] = { a, b };
    size_t room = 0;
    for (size_t l = 0; l < 2; l++)
        if (hp_is(lists[l], HP_ARRAY)) room += lists[l]->array.count;
    hidden->items = HP_NEW_ARRAY(mem, hp_str, room);
    for (size_t l = 0; l < 2; l++) {
        if (!hp_is(lists[l], HP_ARRAY)) continue;
        for (uint32_t i = 0; i < lists[l]->array.count; i++)
            if (hp_is(&lists[l]->array.items[i], HP_STRING))
                hidden->items[hidden->count++] = lists[l]->array.items[i].string;
    }
}

static bool group_applies(const hp_call *call, hp_str group)
{
    if (hp_str_eq(group, HP_STR("authenticated"))) return hp_str_present(call->who.user_id);
    return hp_permit_in_group(call, group);
}

/* Both lists of one userField: group, joined. */
static hp_value join_lists(hp_arena *mem, const hp_value *a, const hp_value *b)
{
    names all = { 0 };
    apply_group(mem, &all, a, b);
    hp_value joined = hp_array();
    for (size_t i = 0; i < all.count; i++) hp_array_push(mem, &joined, hp_string(all.items[i]));
    return joined;
}

/* The groups of one source, each together with what `other` says for it. A group that both name is thereby met twice, which
 * changes nothing: an intersection with the same list. */
static void apply_source(const hp_call *call, const hp_value *source, const hp_value *other, names *hidden,
                         hp_value **by_field)
{
    if (!hp_is(source, HP_OBJECT)) return;
    for (uint32_t i = 0; i < source->object.count; i++) {
        const hp_member *m = &source->object.items[i];
        const hp_value *twin = hp_object_get(other, m->key);
        if (hp_str_starts(m->key, USER_FIELD_PREFIX)) {
            if (!hp_str_present(call->who.user_id)) continue;
            if (*by_field == NULL) *by_field = hp_value_new(call->mem, hp_object());
            hp_object_set(call->mem, *by_field, hp_str_sub(m->key, USER_FIELD_PREFIX.len, SIZE_MAX),
                          join_lists(call->mem, &m->value, twin));
        } else if (group_applies(call, m->key)) {
            apply_group(call->mem, hidden, &m->value, twin);
        }
    }
}

void hp_protected_fields_decide(const hp_call *call, const hp_class *cls, hp_grant *grant)
{
    const hp_value *own = hp_object_get(cls->permissions, HP_STR("protectedFields"));
    const hp_value *option = hp_object_get(&call->settings->protected_fields, cls->name);
    names hidden = { 0 };
    hp_value *by_field = NULL;

    apply_source(call, own, option, &hidden, &by_field);
    apply_source(call, option, own, &hidden, &by_field);
    grant->hidden = hidden.items;
    grant->hidden_count = hidden.count;
    grant->protected_by_field = by_field;
}

/* True if `field` of `row` is, or as an array holds, a pointer to the user. */
static bool names_user(const hp_row *row, hp_str field, hp_str user_id)
{
    const hp_value *v = hp_object_get(&row->fields, field);
    if (hp_is(v, HP_POINTER)) return hp_str_eq(v->pointer.object_id, user_id);
    if (!hp_is(v, HP_ARRAY)) return false;
    for (uint32_t i = 0; i < v->array.count; i++)
        if (hp_is(&v->array.items[i], HP_POINTER) && hp_str_eq(v->array.items[i].pointer.object_id, user_id))
            return true;
    return false;
}

void hp_permit_hidden(const hp_call *call, const hp_class *cls, const hp_grant *grant, const hp_row *row,
                      const hp_str **hidden, size_t *count)
{
    const hp_principal *who = &call->who;

    *hidden = grant->hidden;
    *count = grant->hidden_count;
    if (!hp_str_present(who->user_id)) return;
    if (call->settings->protected_fields_owner_exempt && cls != NULL && hp_str_eq(cls->name, HP_STR("_User")) &&
        hp_str_eq(hp_object_text(&row->fields, HP_STR("objectId")), who->user_id)) {
        *count = 0;
        return;
    }
    if (grant->protected_by_field == NULL || grant->hidden_count == 0) return;

    names narrowed = { HP_NEW_ARRAY(call->mem, hp_str, grant->hidden_count), grant->hidden_count };
    for (size_t i = 0; i < grant->hidden_count; i++) narrowed.items[i] = grant->hidden[i];
    for (uint32_t i = 0; i < grant->protected_by_field->object.count; i++) {
        const hp_member *m = &grant->protected_by_field->object.items[i];
        if (names_user(row, m->key, who->user_id)) apply_group(call->mem, &narrowed, &m->value, NULL);
    }
    *hidden = narrowed.items;
    *count = narrowed.count;
}

void hp_protected_fields_of_write(const hp_call *call, const hp_class *cls, const hp_row *row, const hp_str **hidden,
                                  size_t *count)
{
    hp_grant grant = { 0 };
    *count = 0;
    if (hp_call_unrestricted(call) || call->settings->protected_fields_save_exempt) return;
    hp_protected_fields_decide(call, cls, &grant);
    hp_permit_hidden(call, cls, &grant, row, hidden, count);
}

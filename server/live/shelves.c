#include "live/shelves.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/map.h"
#include "live/table.h"

typedef hp_live_shelf shelf;

typedef struct hp_live_shelf_field { /* a field of which queries demand values */
    hp_live_shelves *shelves;
    char *name;
    hp_map *by_value; /* value -> shelf */
    struct hp_live_shelf_field *next;
} field;

enum { KEY_BYTES_MAX = 32 << 20 };

/* A value as text, so that equal values have equal texts; others may share one. False for what is not filed by value. */
static bool value_key(const hp_value *v, hp_buf *out)
{
    hp_buf_clear(out);
    if (hp_is(v, HP_STRING)) {
        hp_buf_add_char(out, 's');
        hp_buf_add(out, v->string);
    } else if (hp_is_numeric(v)) { /* equal ones are the same double, whatever else is that too */
        const double n = v->tag == HP_NUMBER ? v->number : hp_decimal_to_double(v->decimal);
        hp_buf_printf(out, "n%.17g", n == 0 ? 0.0 : n); /* -0 is 0 */
    } else if (hp_is(v, HP_POINTER)) {
        hp_buf_printf(out, "p%" HP_STR_FMT " ", HP_STR_ARG(v->pointer.class_name));
        hp_buf_add(out, v->pointer.object_id);
    } else {
        return false;
    }
    return true;
}

/* The condition to file a query by: an equality that whatever matches fulfils. */
static const hp_filter *demand_of(const hp_filter *f, hp_buf *key)
{
    if (f->kind == HP_FILTER_EQ && f->path.segment_count == 0 && value_key(&f->operand, key)) return f;
    if (f->kind != HP_FILTER_AND) return NULL;
    for (size_t i = 0; i < f->children.count; i++) {
        const hp_filter *found = demand_of(f->children.items[i], key);
        if (found != NULL) return found;
    }
    return NULL;
}

static field *take_field(hp_live_shelves *s, hp_str name)
{
    for (field *d = s->fields; d != NULL; d = d->next)
        if (hp_str_eq(hp_str_of(d->name), name)) return d;
    field *d = calloc(1, sizeof *d);
    HP_ASSERT(d != NULL);
    d->name = strndup(name.ptr, name.len);
    HP_ASSERT(d->name != NULL);
    d->shelves = s;
    d->by_value = hp_map_new(NULL);
    d->next = s->fields;
    s->fields = d;
    return d;
}

static shelf *take_shelf(field *d, hp_str key)
{
    shelf *found = hp_map_get(d->by_value, key);
    if (found != NULL) return found;
    found = calloc(1, sizeof *found + key.len);
    HP_ASSERT(found != NULL);
    memcpy(found + 1, key.ptr, key.len);
    found->field = d;
    found->key = (hp_str){ (const char *)(found + 1), key.len };
    (void)hp_map_put(d->by_value, key, found);
    return found;
}

void hp_live_shelves_put(hp_live_shelves *s, hp_live_query *q)
{
    shelf *place = &s->others;
    hp_buf key;
    hp_buf_init(&key, KEY_BYTES_MAX);
    const hp_filter *demand = demand_of(q->tree, &key);
    if (demand != NULL) place = take_shelf(take_field(s, demand->path.field->name), hp_buf_str(&key));
    hp_buf_done(&key);
    q->shelf = place;
    q->prev = NULL;
    q->next = place->first;
    if (place->first != NULL) place->first->prev = q;
    place->first = q;
}

static void free_field(field *d)
{
    field **link = &d->shelves->fields;
    while (*link != d) link = &(*link)->next;
    *link = d->next;
    hp_map_free(d->by_value);
    free(d->name);
    free(d);
}

void hp_live_shelves_take(hp_live_query *q)
{
    shelf *place = q->shelf;
    *(q->prev != NULL ? &q->prev->next : &place->first) = q->next;
    if (q->next != NULL) q->next->prev = q->prev;
    q->shelf = NULL;
    if (place->first != NULL || place->field == NULL) return;
    field *d = place->field;
    (void)hp_map_remove(d->by_value, place->key);
    free(place);
    if (hp_map_count(d->by_value) == 0) free_field(d);
}

typedef struct visit {
    void (*each)(void *user, hp_live_query *q);
    void *user;
    hp_buf key;
} visit;

static void visit_shelf(const visit *v, const shelf *place)
{
    for (hp_live_query *q = place == NULL ? NULL : place->first; q != NULL; q = q->next) v->each(v->user, q);
}

static void visit_value(visit *v, const field *d, const hp_value *value)
{
    if (value_key(value, &v->key)) visit_shelf(v, hp_map_get(d->by_value, hp_buf_str(&v->key)));
}

static void visit_row(visit *v, const field *d, const hp_row *row)
{
    const hp_value *value = row == NULL ? NULL : hp_object_get(&row->fields, hp_str_of(d->name));
    visit_value(v, d, value);
    for (uint32_t i = 0; hp_is(value, HP_ARRAY) && i < value->array.count; i++)
        visit_value(v, d, &value->array.items[i]); /* an array equals each of its elements */
}

void hp_live_shelves_visit(const hp_live_shelves *s, const hp_row *before, const hp_row *after,
                           void (*each)(void *user, hp_live_query *q), void *user)
{
    visit v = { .each = each, .user = user };
    hp_buf_init(&v.key, KEY_BYTES_MAX);
    visit_shelf(&v, &s->others);
    for (const field *d = s->fields; d != NULL; d = d->next) {
        visit_row(&v, d, before);
        visit_row(&v, d, after);
    }
    hp_buf_done(&v.key);
}

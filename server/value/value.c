#include "value/value.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

hp_value *hp_value_new(hp_arena *a, hp_value v)
{
    hp_value *copy = HP_NEW(a, hp_value);
    *copy = v;
    return copy;
}

/* Depth is bounded where values come from (HP_JSON_DEPTH_MAX), so recursion over values is bounded too. */
hp_value hp_value_copy(hp_arena *a, const hp_value *v)
{
    hp_value copy = *v;
    switch (v->tag) {
    case HP_NULL:
    case HP_BOOL:
    case HP_NUMBER:
    case HP_DECIMAL:
    case HP_GEOPOINT: break;
    case HP_STRING: copy.string = hp_arena_str(a, v->string); break;
    case HP_ARRAY:
        copy.array.items = HP_NEW_ARRAY(a, hp_value, v->array.count);
        copy.array.cap = v->array.count;
        for (uint32_t i = 0; i < v->array.count; i++) copy.array.items[i] = hp_value_copy(a, &v->array.items[i]);
        break;
    case HP_OBJECT:
        copy.object.items = HP_NEW_ARRAY(a, hp_member, v->object.count);
        copy.object.cap = v->object.count;
        for (uint32_t i = 0; i < v->object.count; i++) {
            copy.object.items[i].key = hp_arena_str(a, v->object.items[i].key);
            copy.object.items[i].value = hp_value_copy(a, &v->object.items[i].value);
        }
        break;
    case HP_DATE: copy.date.iso = hp_arena_str(a, v->date.iso); break;
    case HP_POINTER:
        copy.pointer.class_name = hp_arena_str(a, v->pointer.class_name);
        copy.pointer.object_id = hp_arena_str(a, v->pointer.object_id);
        break;
    case HP_FILE:
        copy.file.name = hp_arena_str(a, v->file.name);
        copy.file.url = hp_arena_str(a, v->file.url);
        break;
    case HP_BYTES: copy.bytes = hp_arena_str(a, v->bytes); break;
    case HP_POLYGON:
        copy.polygon.points = HP_NEW_ARRAY(a, hp_geo, v->polygon.count);
        if (v->polygon.count > 0) memcpy(copy.polygon.points, v->polygon.points, v->polygon.count * sizeof(hp_geo));
        break;
    case HP_RELATION: copy.relation = hp_arena_str(a, v->relation); break;
    }
    return copy;
}

static hp_member *find_member(const hp_value *o, hp_str key)
{
    if (!hp_is(o, HP_OBJECT)) return NULL;
    for (uint32_t i = 0; i < o->object.count; i++)
        if (hp_str_eq(o->object.items[i].key, key)) return &o->object.items[i];
    return NULL;
}

hp_value *hp_object_get(const hp_value *o, hp_str key)
{
    hp_member *m = find_member(o, key);
    return m == NULL ? NULL : &m->value;
}

static const hp_value *text_member(hp_value *room, hp_str text)
{
    *room = hp_string(text);
    return room;
}

static const hp_value *number_member(hp_value *room, double n)
{
    *room = hp_number(n);
    return room;
}

const hp_value *hp_value_member(const hp_value *v, hp_str name, hp_value *room)
{
    static const hp_str TYPES[] = { [HP_POINTER] = HP_STR_INIT("Pointer"),
                                    [HP_GEOPOINT] = HP_STR_INIT("GeoPoint"),
                                    [HP_FILE] = HP_STR_INIT("File"),
                                    [HP_POLYGON] = HP_STR_INIT("Polygon"),
                                    [HP_RELATION] = HP_STR_INIT("Relation") };
    const bool typed = hp_is(v, HP_POINTER) || hp_is(v, HP_GEOPOINT) || hp_is(v, HP_FILE) || hp_is(v, HP_POLYGON) ||
                       hp_is(v, HP_RELATION);
    if (!typed) return hp_object_get(v, name);
    if (hp_str_eq(name, HP_STR("__type"))) return text_member(room, TYPES[v->tag]);
    if (v->tag == HP_POINTER && hp_str_eq(name, HP_STR("objectId"))) return text_member(room, v->pointer.object_id);
    if (v->tag == HP_POINTER && hp_str_eq(name, HP_STR("className"))) return text_member(room, v->pointer.class_name);
    if (v->tag == HP_RELATION && hp_str_eq(name, HP_STR("className"))) return text_member(room, v->relation);
    if (v->tag == HP_FILE && hp_str_eq(name, HP_STR("name"))) return text_member(room, v->file.name);
    if (v->tag == HP_GEOPOINT && hp_str_eq(name, HP_STR("latitude"))) return number_member(room, v->geopoint.latitude);
    if (v->tag == HP_GEOPOINT && hp_str_eq(name, HP_STR("longitude")))
        return number_member(room, v->geopoint.longitude);
    return NULL;
}

void hp_object_append(hp_arena *a, hp_value *o, hp_str key, hp_value v)
{
    HP_ASSERT(o->tag == HP_OBJECT); /* of another kind the members would be written wherever its bytes point to */
    if (o->object.count == o->object.cap) {
        uint32_t cap = o->object.cap < 4 ? 8 : o->object.cap * 2;
        hp_member *grown = HP_NEW_ARRAY(a, hp_member, cap);
        if (o->object.count > 0) memcpy(grown, o->object.items, o->object.count * sizeof *grown);
        o->object.items = grown;
        o->object.cap = cap;
    }
    o->object.items[o->object.count++] = (hp_member){ key, v };
}

void hp_object_set(hp_arena *a, hp_value *o, hp_str key, hp_value v)
{
    hp_member *m = find_member(o, key);
    if (m != NULL)
        m->value = v;
    else
        hp_object_append(a, o, key, v);
}

bool hp_object_remove(hp_value *o, hp_str key)
{
    hp_member *m = find_member(o, key);
    if (m == NULL) return false;
    size_t behind = (size_t)(o->object.items + o->object.count - (m + 1));
    memmove(m, m + 1, behind * sizeof *m);
    o->object.count--;
    return true;
}

hp_value hp_object_clone(hp_arena *a, const hp_value *o)
{
    hp_value copy = *o;
    copy.object.cap = o->object.count + 4;
    copy.object.items = HP_NEW_ARRAY(a, hp_member, copy.object.cap);
    if (o->object.count > 0) memcpy(copy.object.items, o->object.items, o->object.count * sizeof(hp_member));
    return copy;
}

void hp_array_push(hp_arena *a, hp_value *array, hp_value v)
{
    HP_ASSERT(array->tag == HP_ARRAY);
    if (array->array.count == array->array.cap) {
        uint32_t cap = array->array.cap < 4 ? 8 : array->array.cap * 2;
        hp_value *grown = HP_NEW_ARRAY(a, hp_value, cap);
        if (array->array.count > 0) memcpy(grown, array->array.items, array->array.count * sizeof *grown);
        array->array.items = grown;
        array->array.cap = cap;
    }
    array->array.items[array->array.count++] = v;
}

bool hp_truthy(const hp_value *v)
{
    if (v == NULL) return false;
    switch (v->tag) {
    case HP_NULL: return false;
    case HP_BOOL: return v->boolean;
    case HP_NUMBER: return v->number != 0 && !isnan(v->number);
    case HP_STRING: return v->string.len > 0;
    case HP_ARRAY:
    case HP_OBJECT:
    case HP_DATE:
    case HP_POINTER:
    case HP_GEOPOINT:
    case HP_FILE:
    case HP_BYTES:
    case HP_POLYGON:
    case HP_RELATION:
    case HP_DECIMAL: break;
    }
    return true;
}

const char *hp_tag_name(hp_tag tag)
{
    static const char *const NAMES[] = {
        "Null",    "Boolean",  "Number", "String", "Array",   "Object",   "Date",
        "Pointer", "GeoPoint", "File",   "Bytes",  "Polygon", "Relation", "Decimal128"
    };
    return NAMES[tag];
}

/* ---- comparison ---- */

static int by_key(const void *a, const void *b)
{
    const hp_member *const *left = a, *const *right = b;
    return hp_str_cmp((*left)->key, (*right)->key);
}

/* Large objects are compared in key order: looking every key up in the other would take quadratic time. */
static bool sorted_objects_equal(const hp_value *a, const hp_value *b)
{
    uint32_t count = a->object.count;
    const hp_member **left = malloc(2 * count * sizeof *left), **right = left + count;
    bool equal = true;
    HP_ASSERT(left != NULL);
    for (uint32_t i = 0; i < count; i++) {
        left[i] = &a->object.items[i];
        right[i] = &b->object.items[i];
    }
    qsort(left, count, sizeof *left, by_key);
    qsort(right, count, sizeof *right, by_key);
    for (uint32_t i = 0; equal && i < count; i++)
        equal = hp_str_eq(left[i]->key, right[i]->key) && hp_value_equal(&left[i]->value, &right[i]->value);
    free(left);
    return equal;
}

static bool objects_equal(const hp_value *a, const hp_value *b)
{
    enum { LOOK_UP_MAX = 32 };
    if (a->object.count != b->object.count) return false;
    if (a->object.count > LOOK_UP_MAX) return sorted_objects_equal(a, b);
    for (uint32_t i = 0; i < a->object.count; i++) {
        const hp_value *other = hp_object_get(b, a->object.items[i].key);
        if (other == NULL || !hp_value_equal(&a->object.items[i].value, other)) return false;
    }
    return true;
}

static bool arrays_equal(const hp_value *a, const hp_value *b)
{
    if (a->array.count != b->array.count) return false;
    for (uint32_t i = 0; i < a->array.count; i++)
        if (!hp_value_equal(&a->array.items[i], &b->array.items[i])) return false;
    return true;
}

static bool points_equal(const hp_value *a, const hp_value *b)
{
    if (a->polygon.count != b->polygon.count) return false;
    for (uint32_t i = 0; i < a->polygon.count; i++)
        if (a->polygon.points[i].latitude != b->polygon.points[i].latitude ||
            a->polygon.points[i].longitude != b->polygon.points[i].longitude)
            return false;
    return true;
}

hp_decimal hp_numeric_decimal(const hp_value *v)
{
    return v->tag == HP_DECIMAL ? v->decimal : hp_decimal_of_double(v->number);
}

/* One of them is a decimal. An infinity lies beyond every decimal, and what is not a number before. */
static int compare_decimals(const hp_value *a, const hp_value *b)
{
    if (a->tag == HP_NUMBER && !isfinite(a->number)) return a->number > 0 ? 1 : -1;
    if (b->tag == HP_NUMBER && !isfinite(b->number)) return b->number > 0 ? -1 : 1;
    return hp_decimal_compare(hp_numeric_decimal(a), hp_numeric_decimal(b));
}

bool hp_value_equal(const hp_value *a, const hp_value *b)
{
    if (a->tag != b->tag) return hp_is_numeric(a) && hp_is_numeric(b) && compare_decimals(a, b) == 0;
    switch (a->tag) {
    case HP_NULL: return true;
    case HP_BOOL: return a->boolean == b->boolean;
    case HP_NUMBER: return a->number == b->number;
    case HP_STRING: return hp_str_eq(a->string, b->string);
    case HP_ARRAY: return arrays_equal(a, b);
    case HP_OBJECT: return objects_equal(a, b);
    case HP_DATE: return a->date.ms == b->date.ms;
    case HP_POINTER:
        return hp_str_eq(a->pointer.class_name, b->pointer.class_name) &&
               hp_str_eq(a->pointer.object_id, b->pointer.object_id);
    case HP_GEOPOINT:
        return a->geopoint.latitude == b->geopoint.latitude && a->geopoint.longitude == b->geopoint.longitude;
    case HP_FILE: return hp_str_eq(a->file.name, b->file.name);
    case HP_BYTES: return hp_str_eq(a->bytes, b->bytes);
    case HP_POLYGON: return points_equal(a, b);
    case HP_RELATION: return hp_str_eq(a->relation, b->relation);
    case HP_DECIMAL: return hp_decimal_compare(a->decimal, b->decimal) == 0;
    }
    return false;
}

int hp_value_compare(const hp_value *a, const hp_value *b, bool *ok)
{
    *ok = hp_is_numeric(a) && hp_is_numeric(b);
    if (*ok && (a->tag == HP_DECIMAL || b->tag == HP_DECIMAL)) return compare_decimals(a, b);
    *ok = a->tag == b->tag;
    if (*ok && a->tag == HP_NUMBER) return (a->number > b->number) - (a->number < b->number);
    if (*ok && a->tag == HP_STRING) return hp_str_cmp(a->string, b->string);
    if (*ok && a->tag == HP_DATE) return (a->date.ms > b->date.ms) - (a->date.ms < b->date.ms);
    if (*ok && a->tag == HP_BOOL) return (int)a->boolean - (int)b->boolean;
    *ok = false;
    return 0;
}

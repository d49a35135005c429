#include "query/value_order.h"

#include <math.h>

enum { RANK_ABSENT, RANK_NULL, RANK_NUMBER, RANK_STRING, RANK_OBJECT, RANK_ARRAY, RANK_BYTES, RANK_BOOL, RANK_DATE };

static int rank(const hp_value *v)
{
    if (v == NULL) return RANK_ABSENT;
    switch (v->tag) {
    case HP_NULL: return RANK_NULL;
    case HP_NUMBER:
    case HP_DECIMAL: return RANK_NUMBER;
    case HP_STRING: return RANK_STRING;
    case HP_OBJECT:
    case HP_POINTER:
    case HP_FILE:
    case HP_POLYGON:
    case HP_RELATION:
    case HP_GEOPOINT: return RANK_OBJECT;
    case HP_ARRAY: return RANK_ARRAY;
    case HP_BYTES: return RANK_BYTES;
    case HP_BOOL: return RANK_BOOL;
    case HP_DATE: break;
    }
    return RANK_DATE;
}

static int order_doubles(double a, double b)
{
    if (isnan(a) || isnan(b)) return (int)isnan(b) - (int)isnan(a);
    return (a > b) - (a < b);
}

static int order_members(const hp_value *a, const hp_value *b)
{
    uint32_t common = a->object.count < b->object.count ? a->object.count : b->object.count;
    for (uint32_t i = 0; i < common; i++) {
        const hp_member *left = &a->object.items[i], *right = &b->object.items[i];
        int order = rank(&left->value) - rank(&right->value);
        if (order == 0) order = hp_str_cmp(left->key, right->key);
        if (order == 0) order = hp_value_order(&left->value, &right->value);
        if (order != 0) return order;
    }
    return (a->object.count > common) - (b->object.count > common);
}

static int order_items(const hp_value *a, const hp_value *b)
{
    uint32_t common = a->array.count < b->array.count ? a->array.count : b->array.count;
    for (uint32_t i = 0; i < common; i++) {
        int order = hp_value_order(&a->array.items[i], &b->array.items[i]);
        if (order != 0) return order;
    }
    return (a->array.count > common) - (b->array.count > common);
}

static int order_points(const hp_value *a, const hp_value *b)
{
    uint32_t common = a->polygon.count < b->polygon.count ? a->polygon.count : b->polygon.count;
    for (uint32_t i = 0; i < common; i++) {
        int order = order_doubles(a->polygon.points[i].latitude, b->polygon.points[i].latitude);
        if (order == 0) order = order_doubles(a->polygon.points[i].longitude, b->polygon.points[i].longitude);
        if (order != 0) return order;
    }
    return (a->polygon.count > common) - (b->polygon.count > common);
}

static int order_pairs(hp_str a1, hp_str a2, hp_str b1, hp_str b2)
{
    int order = hp_str_cmp(a1, b1);
    return order != 0 ? order : hp_str_cmp(a2, b2);
}

int hp_value_order(const hp_value *a, const hp_value *b)
{
    int order = rank(a) - rank(b);
    bool comparable;
    if (order != 0 || a == NULL) return order;
    if (a->tag == HP_DECIMAL || b->tag == HP_DECIMAL) return hp_value_compare(a, b, &comparable);
    if (a->tag != b->tag) return (int)a->tag - (int)b->tag; /* two kinds of typed object */
    switch (a->tag) {
    case HP_NULL: return 0;
    case HP_BOOL: return (int)a->boolean - (int)b->boolean;
    case HP_NUMBER: return order_doubles(a->number, b->number);
    case HP_STRING: return hp_str_cmp(a->string, b->string);
    case HP_ARRAY: return order_items(a, b);
    case HP_OBJECT: return order_members(a, b);
    case HP_DATE: return (a->date.ms > b->date.ms) - (a->date.ms < b->date.ms);
    case HP_POINTER:
        return order_pairs(a->pointer.class_name, a->pointer.object_id, b->pointer.class_name, b->pointer.object_id);
    case HP_GEOPOINT:
        order = order_doubles(a->geopoint.latitude, b->geopoint.latitude);
        return order != 0 ? order : order_doubles(a->geopoint.longitude, b->geopoint.longitude);
    case HP_FILE: return hp_str_cmp(a->file.name, b->file.name);
    case HP_BYTES: return hp_str_cmp(a->bytes, b->bytes);
    case HP_POLYGON: return order_points(a, b);
    case HP_RELATION:
    case HP_DECIMAL: break;
    }
    return hp_str_cmp(a->relation, b->relation);
}

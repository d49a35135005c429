/* query/match.c — the tree walked over one object.
 *
 * A path may reach several values: a name (not a number) below an array is looked up in each of its elements, and at the
 * end of the path an array stands for itself and for each of its elements. A comparison holds if one of these values
 * satisfies it; $ne and $nin are the negations of $eq and $in, and so hold where nothing is there at all. */
#include "query/match.h"

#include "query/geometry.h"
#include "query/regex.h"
#include "query/text_search.h"
#include "query/value_order.h"

/* ---- paths ---- */

static bool read_index(hp_str segment, size_t *index)
{
    int64_t n;
    if (!hp_str_to_int64(segment, 0, UINT32_MAX, &n)) return false;
    *index = (size_t)n;
    return true;
}

static const hp_value *value_at(const hp_value *fields, const hp_path *path)
{
    const hp_value *v = hp_object_get(fields, path->field->name);
    for (size_t i = 0; i < path->segment_count && v != NULL; i++) {
        size_t index;
        if (!hp_is(v, HP_ARRAY))
            v = hp_object_get(v, path->segments[i]);
        else if (read_index(path->segments[i], &index) && index < v->array.count)
            v = &v->array.items[index];
        else
            v = NULL;
    }
    return v;
}

/* Pointers and points inside arrays and objects are stored as their JSON, so their parts can be asked for. */
static bool has_members(const hp_value *v)
{
    return hp_is(v, HP_OBJECT) || hp_is(v, HP_POINTER) || hp_is(v, HP_GEOPOINT);
}

static const hp_value *member(const hp_value *v, hp_str name, hp_value *room)
{
    if (hp_is(v, HP_POINTER) && hp_str_eq(name, HP_STR("objectId")))
        *room = hp_string(v->pointer.object_id);
    else if (hp_is(v, HP_POINTER) && hp_str_eq(name, HP_STR("className")))
        *room = hp_string(v->pointer.class_name);
    else if (hp_is(v, HP_GEOPOINT) && hp_str_eq(name, HP_STR("latitude")))
        *room = hp_number(v->geopoint.latitude);
    else if (hp_is(v, HP_GEOPOINT) && hp_str_eq(name, HP_STR("longitude")))
        *room = hp_number(v->geopoint.longitude);
    else
        return hp_object_get(v, name);
    return room;
}

/* Calls test(value) for what the path reaches until one holds; `v` NULL stands for a path that leads nowhere. */
typedef bool (*value_test)(const hp_filter *f, const hp_value *v);

static bool reach(const hp_filter *f, const hp_value *v, size_t segment, value_test test)
{
    if (segment == f->path.segment_count) return test(f, v);

    hp_str name = f->path.segments[segment];
    size_t index;
    hp_value room;
    if (!hp_is(v, HP_ARRAY)) return reach(f, member(v, name, &room), segment + 1, test);
    if (read_index(name, &index))
        return reach(f, index < v->array.count ? &v->array.items[index] : NULL, segment + 1, test);

    for (uint32_t i = 0; i < v->array.count; i++) {
        const hp_value *item = &v->array.items[i];
        if (has_members(item) && reach(f, member(item, name, &room), segment + 1, test)) return true;
    }
    return false; /* elements that are no objects have no such field, not even an absent one: MongoDB */
}

/* ---- tests on one value; an array stands for itself and for its elements ---- */

static bool equals(const hp_value *operand, const hp_value *v)
{
    return hp_is_null(operand) ? hp_is_null(v) : v != NULL && hp_value_equal(operand, v);
}

static bool equals_or_contains(const hp_value *operand, const hp_value *v)
{
    if (equals(operand, v)) return true;
    if (!hp_is(v, HP_ARRAY)) return false;
    for (uint32_t i = 0; i < v->array.count; i++)
        if (equals(operand, &v->array.items[i])) return true;
    return false;
}

static bool test_equal(const hp_filter *f, const hp_value *v) { return equals_or_contains(&f->operand, v); }

static bool test_in(const hp_filter *f, const hp_value *v)
{
    for (size_t i = 0; i < f->list.count; i++)
        if (equals_or_contains(&f->list.items[i], v)) return true;
    return false;
}

static bool ordered(const hp_filter *f, const hp_value *v)
{
    bool ok = false;
    if (hp_is_null(v)) return false;
    int order = hp_value_compare(v, &f->operand, &ok);
    if (!ok) return false;
    if (f->kind == HP_FILTER_LT) return order < 0;
    if (f->kind == HP_FILTER_LTE) return order <= 0;
    return f->kind == HP_FILTER_GT ? order > 0 : order >= 0;
}

static bool matches_regex(const hp_filter *f, const hp_value *v)
{
    return hp_is(v, HP_STRING) && hp_regex_matches(f->regex, v->string);
}

static bool test_any(const hp_filter *f, const hp_value *v, bool (*one)(const hp_filter *, const hp_value *))
{
    if (!hp_is(v, HP_ARRAY)) return one(f, v);
    for (uint32_t i = 0; i < v->array.count; i++)
        if (one(f, &v->array.items[i])) return true;
    return false;
}

static bool test_ordered(const hp_filter *f, const hp_value *v) { return test_any(f, v, ordered); }
static bool matches_text(const hp_filter *f, const hp_value *v)
{
    return hp_is(v, HP_STRING) && hp_text_search_matches(f->text, v->string);
}

static bool test_text(const hp_filter *f, const hp_value *v) { return test_any(f, v, matches_text); }
static bool test_regex(const hp_filter *f, const hp_value *v) { return test_any(f, v, matches_regex); }

static bool test_exists(const hp_filter *f, const hp_value *v)
{
    return v != NULL && (f->path.segment_count > 0 || v->tag != HP_NULL); /* a field set to null is an absent field */
}

/* An array with an element that the list lacks. */
static bool test_has_other(const hp_filter *f, const hp_value *v)
{
    if (!hp_is(v, HP_ARRAY)) return false;
    for (uint32_t i = 0; i < v->array.count; i++) {
        bool listed = false;
        for (size_t k = 0; k < f->list.count && !listed; k++) listed = equals(&f->list.items[k], &v->array.items[i]);
        if (!listed) return true;
    }
    return false;
}

/* $all is one condition per list element; each may be met by another element of the array. */
static bool all_listed(const hp_filter *f, const hp_value *root)
{
    for (size_t i = 0; i < f->list.count; i++) {
        hp_filter one = { .kind = HP_FILTER_EQ, .path = f->path };
        one.operand = f->list.items[i];
        if (!reach(&one, root, 0, test_equal)) return false;
    }
    return f->list.count > 0;
}

static bool starts_with(const hp_filter *f, const hp_value *v)
{
    return hp_is(v, HP_STRING) && hp_str_starts(v->string, f->operand.string);
}

static bool test_starts_with(const hp_filter *f, const hp_value *v) { return test_any(f, v, starts_with); }

static bool all_prefixes(const hp_filter *f, const hp_value *root)
{
    for (size_t i = 0; i < f->list.count; i++) {
        hp_filter one = { .kind = HP_FILTER_EQ, .path = f->path };
        one.operand = f->list.items[i];
        if (!reach(&one, root, 0, test_starts_with)) return false;
    }
    return f->list.count > 0;
}

/* ---- places ---- */

static bool test_place(const hp_filter *f, const hp_value *v)
{
    if (f->kind == HP_FILTER_CONTAINS_POINT)
        return hp_is(v, HP_POLYGON) && hp_geo_ring_contains(v->polygon.points, v->polygon.count, f->geo.centre);
    if (!hp_is(v, HP_GEOPOINT)) return false;

    hp_geo p = v->geopoint;
    if (f->kind == HP_FILTER_WITHIN_BOX) return hp_geo_box_contains(f->geo.box[0], f->geo.box[1], p);
    if (f->kind == HP_FILTER_WITHIN_POLYGON) return hp_geo_ring_contains(f->geo.ring, f->geo.ring_count, p);
    return hp_geo_angle(f->geo.centre, p) <= f->geo.radius;
}

/* ---- the tree ---- */

bool hp_filter_leaf_matches(const hp_filter *f, const hp_value *field_value)
{
    switch (f->kind) {
    case HP_FILTER_TRUE: return true;
    case HP_FILTER_EQ: return reach(f, field_value, 0, test_equal);
    case HP_FILTER_NE: return !reach(f, field_value, 0, test_equal);
    case HP_FILTER_LT:
    case HP_FILTER_LTE:
    case HP_FILTER_GT:
    case HP_FILTER_GTE: return reach(f, field_value, 0, test_ordered);
    case HP_FILTER_IN: return reach(f, field_value, 0, test_in);
    case HP_FILTER_NIN: return !reach(f, field_value, 0, test_in);
    case HP_FILTER_ALL: return all_listed(f, field_value);
    case HP_FILTER_ALL_STARTING_WITH: return all_prefixes(f, field_value);
    case HP_FILTER_CONTAINED_BY: return !reach(f, field_value, 0, test_has_other);
    case HP_FILTER_EXISTS: return reach(f, field_value, 0, test_exists) == f->flag;
    case HP_FILTER_REGEX: return reach(f, field_value, 0, test_regex);
    case HP_FILTER_TEXT: return reach(f, field_value, 0, test_text);
    case HP_FILTER_WITHIN_BOX:
    case HP_FILTER_WITHIN_SPHERE:
    case HP_FILTER_WITHIN_POLYGON:
    case HP_FILTER_NEAR:
    case HP_FILTER_CONTAINS_POINT: return reach(f, field_value, 0, test_place);
    case HP_FILTER_FALSE:
    case HP_FILTER_AND:
    case HP_FILTER_OR:
    case HP_FILTER_NOR:
    case HP_FILTER_IN_RELATION:
    case HP_FILTER_RELATES_TO:
    case HP_FILTER_SUBQUERY:
    case HP_FILTER_RELATED_TO: break;
    }
    return false;
}

static bool any_child_matches(const hp_filter *f, const hp_value *fields)
{
    for (size_t i = 0; i < f->children.count; i++)
        if (hp_filter_matches(f->children.items[i], fields)) return true;
    return false;
}

static bool all_children_match(const hp_filter *f, const hp_value *fields)
{
    for (size_t i = 0; i < f->children.count; i++)
        if (!hp_filter_matches(f->children.items[i], fields)) return false;
    return true;
}

bool hp_filter_matches(const hp_filter *f, const hp_value *fields)
{
    if (f->kind == HP_FILTER_AND) return all_children_match(f, fields);
    if (f->kind == HP_FILTER_OR) return any_child_matches(f, fields);
    if (f->kind == HP_FILTER_NOR) return !any_child_matches(f, fields);
    return hp_filter_leaf_matches(f, f->path.field ? hp_object_get(fields, f->path.field->name) : NULL);
}

double hp_filter_text_score(const hp_filter *leaf, const hp_value *fields)
{
    const hp_value *v = value_at(fields, &leaf->path);
    double score = hp_is(v, HP_STRING) ? hp_text_search_score(leaf->text, v->string) : 0;
    for (uint32_t i = 0; hp_is(v, HP_ARRAY) && i < v->array.count; i++)
        if (hp_is(&v->array.items[i], HP_STRING)) score += hp_text_search_score(leaf->text, v->array.items[i].string);
    return score;
}

/* ---- sort keys ---- */

typedef struct choice {
    hp_value *best;
    bool descending, taken, empty; /* empty: an array without elements, which is less than null */
} choice;

static void choose(choice *c, const hp_value *v)
{
    const int order = c->taken ? hp_value_order(v, c->empty ? NULL : c->best) : c->descending ? 1 : -1;
    if (c->descending ? order <= 0 : order >= 0) return;
    c->taken = true;
    c->empty = v == NULL;
    if (v != NULL) *c->best = *v;
}

/* As reach() goes, but an element that has no such member counts: as null, like everything that is not there. */
static void reach_keys(const hp_path *path, const hp_value *v, size_t segment, choice *c)
{
    static const hp_value NOTHING = { .tag = HP_NULL };
    const bool end = segment == path->segment_count;
    const hp_str name = end ? HP_STR_NONE : path->segments[segment];
    size_t index;
    hp_value room;

    if (!hp_is(v, HP_ARRAY)) {
        if (end || v == NULL)
            choose(c, v == NULL ? &NOTHING : v);
        else
            reach_keys(path, member(v, name, &room), segment + 1, c);
        return;
    }
    if (!end && read_index(name, &index) && index < v->array.count) {
        reach_keys(path, &v->array.items[index], segment + 1, c);
        return;
    }
    if (v->array.count == 0) choose(c, end ? NULL : &NOTHING);
    for (uint32_t i = 0; i < v->array.count; i++) {
        const hp_value *item = &v->array.items[i];
        if (end)
            choose(c, item);
        else
            reach_keys(path, has_members(item) ? member(item, name, &room) : NULL, segment + 1, c);
    }
}

const hp_value *hp_path_sort_key(const hp_value *fields, const hp_path *path, bool descending, hp_value *room)
{
    choice c = { .best = room, .descending = descending };
    reach_keys(path, hp_object_get(fields, path->field->name), 0, &c);
    return c.empty ? NULL : room;
}

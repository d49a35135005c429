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
#include "query/value_set.h"

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

/* What is typed inside arrays and objects is stored as its JSON, so its parts can be asked for. */
static bool has_members(const hp_value *v)
{
    return hp_is(v, HP_OBJECT) || hp_is(v, HP_POINTER) || hp_is(v, HP_GEOPOINT) || hp_is(v, HP_FILE) ||
           hp_is(v, HP_POLYGON) || hp_is(v, HP_RELATION);
}

/* A leaf, and how much work is left for it. */
typedef struct question {
    const hp_filter *f;
    hp_effort *effort;
    struct collection *values; /* of hp_path_values */
} question;

/* Calls test(value) for what the path reaches until one holds; `v` NULL stands for a path that leads nowhere. */
typedef bool (*value_test)(const question *q, const hp_value *v);

static bool reach(const question *q, const hp_value *v, size_t segment, value_test test)
{
    enum { MEMBERS_PER_STEP = 8 }; /* of an object, to find one by its name */
    const hp_path *path = &q->f->path;
    if (!hp_effort_take(q->effort, 1 + (hp_is(v, HP_OBJECT) ? v->object.count / MEMBERS_PER_STEP : 0))) return false;
    if (segment == path->segment_count) return test(q, v);

    hp_str name = path->segments[segment];
    size_t index;
    hp_value room;
    if (!hp_is(v, HP_ARRAY)) return reach(q, hp_value_member(v, name, &room), segment + 1, test);
    if (read_index(name, &index))
        return reach(q, index < v->array.count ? &v->array.items[index] : NULL, segment + 1, test);

    for (uint32_t i = 0; i < v->array.count; i++) {
        const hp_value *item = &v->array.items[i];
        if (!hp_effort_take(q->effort, hp_is(item, HP_OBJECT) ? item->object.count / MEMBERS_PER_STEP : 0))
            return false;
        if (has_members(item) && reach(q, hp_value_member(item, name, &room), segment + 1, test)) return true;
    }
    return false; /* elements that are no objects have no such field, not even an absent one: MongoDB */
}

/* ---- tests on one value; an array stands for itself and for its elements ---- */

/* What it may cost to compare with it. */
static size_t cost_of(const hp_value *v)
{
    enum { PER_MEMBER = 16 }; /* they are sorted first */
    if (hp_is(v, HP_ARRAY)) return 1 + (size_t)v->array.count;
    return hp_is(v, HP_OBJECT) ? 1 + PER_MEMBER * (size_t)v->object.count : 1;
}

static bool equals(const hp_value *operand, const hp_value *v)
{
    return hp_is_null(operand) ? hp_is_null(v) : v != NULL && hp_value_equal(operand, v);
}

static bool equals_or_contains(const hp_value *operand, const hp_value *v, hp_effort *effort)
{
    const size_t cost = cost_of(operand);
    if (!hp_effort_take(effort, cost)) return false;
    if (equals(operand, v)) return true;
    if (!hp_is(v, HP_ARRAY)) return false;
    for (uint32_t i = 0; i < v->array.count && hp_effort_take(effort, cost); i++)
        if (equals(operand, &v->array.items[i])) return true;
    return false;
}

static bool test_equal(const question *q, const hp_value *v)
{
    return equals_or_contains(&q->f->operand, v, q->effort);
}

/* Whether the list has `v`. */
static bool listed(const question *q, const hp_value *v)
{
    enum { TO_HASH = 4 };
    const hp_value absent = hp_null();
    const hp_filter *f = q->f;
    if (v == NULL) v = &absent;
    if (f->list.set != NULL) return hp_effort_take(q->effort, TO_HASH + cost_of(v)) && hp_value_set_has(f->list.set, v);
    for (size_t i = 0; i < f->list.count && hp_effort_take(q->effort, cost_of(&f->list.items[i])); i++)
        if (equals(&f->list.items[i], v)) return true;
    return false;
}

static bool test_in(const question *q, const hp_value *v)
{
    if (listed(q, v)) return true;
    for (uint32_t i = 0; hp_is(v, HP_ARRAY) && i < v->array.count; i++)
        if (listed(q, &v->array.items[i])) return true;
    return false;
}

static bool ordered(const question *q, const hp_value *v)
{
    bool ok = false;
    if (hp_is_null(v) || !hp_effort_take(q->effort, 1)) return false;
    int order = hp_value_compare(v, &q->f->operand, &ok);
    if (!ok) return false;
    if (q->f->kind == HP_FILTER_LT) return order < 0;
    if (q->f->kind == HP_FILTER_LTE) return order <= 0;
    return q->f->kind == HP_FILTER_GT ? order > 0 : order >= 0;
}

static bool matches_regex(const question *q, const hp_value *v)
{
    return hp_effort_take(q->effort, 1) && hp_is(v, HP_STRING) &&
           hp_regex_matches_within(q->f->regex, v->string, q->effort);
}

static bool test_any(const question *q, const hp_value *v, value_test one)
{
    if (!hp_is(v, HP_ARRAY)) return one(q, v);
    for (uint32_t i = 0; i < v->array.count; i++)
        if (one(q, &v->array.items[i])) return true;
    return false;
}

static bool test_ordered(const question *q, const hp_value *v) { return test_any(q, v, ordered); }

static bool matches_text(const question *q, const hp_value *v)
{
    enum { TO_BEGIN = 200, PER_BYTE = 4 };
    return hp_is(v, HP_STRING) && hp_effort_take(q->effort, TO_BEGIN + PER_BYTE * v->string.len) &&
           hp_text_search_matches(q->f->text, v->string);
}

static bool test_text(const question *q, const hp_value *v) { return test_any(q, v, matches_text); }
static bool test_regex(const question *q, const hp_value *v) { return test_any(q, v, matches_regex); }

static bool test_exists(const question *q, const hp_value *v)
{
    /* a field set to null is an absent field, except in a pipeline */
    return v != NULL && (q->f->path.segment_count > 0 || q->f->null_exists || v->tag != HP_NULL);
}

/* An array with an element that the list lacks. */
static bool test_has_other(const question *q, const hp_value *v)
{
    for (uint32_t i = 0; hp_is(v, HP_ARRAY) && i < v->array.count; i++)
        if (!listed(q, &v->array.items[i])) return true;
    return false;
}

/* One condition per list element; each may be met by another element of the array. */
static bool all_hold(const question *q, const hp_value *root, value_test test)
{
    hp_filter one = { .kind = HP_FILTER_EQ, .path = q->f->path };
    const question single = { &one, q->effort, NULL };
    for (size_t i = 0; i < q->f->list.count; i++) {
        one.operand = q->f->list.items[i];
        if (!reach(&single, root, 0, test)) return false;
    }
    return q->f->list.count > 0;
}

static bool starts_with(const question *q, const hp_value *v)
{
    return hp_effort_take(q->effort, 1) && hp_is(v, HP_STRING) && hp_str_starts(v->string, q->f->operand.string);
}

static bool test_starts_with(const question *q, const hp_value *v) { return test_any(q, v, starts_with); }

/* ---- places ---- */

static bool test_place(const question *q, const hp_value *v)
{
    const hp_filter *f = q->f;
    if (f->kind == HP_FILTER_CONTAINS_POINT)
        return hp_is(v, HP_POLYGON) && hp_effort_take(q->effort, v->polygon.count) &&
               hp_geo_ring_contains(v->polygon.points, v->polygon.count, f->geo.centre);
    if (!hp_is(v, HP_GEOPOINT)) return false;

    hp_geo p = v->geopoint;
    if (f->kind == HP_FILTER_WITHIN_BOX) return hp_geo_box_contains(f->geo.box[0], f->geo.box[1], p);
    if (f->kind == HP_FILTER_WITHIN_POLYGON)
        return hp_effort_take(q->effort, f->geo.ring_count) && hp_geo_ring_contains(f->geo.ring, f->geo.ring_count, p);
    return hp_geo_angle(f->geo.centre, p) <= f->geo.radius;
}

/* ---- the tree ---- */

static bool leaf_matches(const question *q, const hp_value *field_value)
{
    const hp_filter *f = q->f;
    switch (f->kind) {
    case HP_FILTER_TRUE: return true;
    case HP_FILTER_EQ: return reach(q, field_value, 0, test_equal);
    case HP_FILTER_NE: return !reach(q, field_value, 0, test_equal);
    case HP_FILTER_LT:
    case HP_FILTER_LTE:
    case HP_FILTER_GT:
    case HP_FILTER_GTE: return reach(q, field_value, 0, test_ordered);
    case HP_FILTER_IN: return reach(q, field_value, 0, test_in);
    case HP_FILTER_NIN: return !reach(q, field_value, 0, test_in);
    case HP_FILTER_ALL: return all_hold(q, field_value, test_equal);
    case HP_FILTER_ALL_STARTING_WITH: return all_hold(q, field_value, test_starts_with);
    case HP_FILTER_CONTAINED_BY: return !reach(q, field_value, 0, test_has_other);
    case HP_FILTER_EXISTS: return reach(q, field_value, 0, test_exists) == f->flag;
    case HP_FILTER_REGEX: return reach(q, field_value, 0, test_regex);
    case HP_FILTER_TEXT: return reach(q, field_value, 0, test_text);
    case HP_FILTER_WITHIN_BOX:
    case HP_FILTER_WITHIN_SPHERE:
    case HP_FILTER_WITHIN_POLYGON:
    case HP_FILTER_NEAR:
    case HP_FILTER_CONTAINS_POINT: return reach(q, field_value, 0, test_place);
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

static bool any_child_matches(const hp_filter *f, const hp_value *fields, hp_effort *effort)
{
    for (size_t i = 0; i < f->children.count; i++)
        if (hp_filter_matches_within(f->children.items[i], fields, effort)) return true;
    return false;
}

static bool all_children_match(const hp_filter *f, const hp_value *fields, hp_effort *effort)
{
    for (size_t i = 0; i < f->children.count; i++)
        if (!hp_filter_matches_within(f->children.items[i], fields, effort)) return false;
    return true;
}

bool hp_filter_matches_within(const hp_filter *f, const hp_value *fields, hp_effort *effort)
{
    if (f->kind == HP_FILTER_AND) return all_children_match(f, fields, effort);
    if (f->kind == HP_FILTER_OR) return any_child_matches(f, fields, effort);
    if (f->kind == HP_FILTER_NOR) return !any_child_matches(f, fields, effort);
    const question q = { f, effort, NULL };
    return leaf_matches(&q, f->path.field ? hp_object_get(fields, f->path.field->name) : NULL);
}

bool hp_filter_matches(const hp_filter *f, const hp_value *fields) { return hp_filter_matches_within(f, fields, NULL); }

double hp_filter_text_score(const hp_filter *leaf, const hp_value *fields)
{
    const hp_value *v = value_at(fields, &leaf->path);
    double score = hp_is(v, HP_STRING) ? hp_text_search_score(leaf->text, v->string) : 0;
    for (uint32_t i = 0; hp_is(v, HP_ARRAY) && i < v->array.count; i++)
        if (hp_is(&v->array.items[i], HP_STRING)) score += hp_text_search_score(leaf->text, v->array.items[i].string);
    return score;
}

/* ---- paths by themselves ---- */

struct collection {
    hp_arena *mem;
    hp_value values;
    bool absent;
};

static bool collect(const question *q, const hp_value *v)
{
    if (v != NULL)
        hp_array_push(q->values->mem, &q->values->values, *v);
    else
        q->values->absent = true;
    return false; /* on to the next */
}

hp_path hp_path_read(hp_arena *mem, hp_str name)
{
    hp_str rest = name, part;
    hp_field *field = HP_NEW(mem, hp_field);
    (void)hp_str_split(&rest, '.', &field->name);
    field->type = HP_T_OBJECT;
    hp_path path = { .field = field };
    for (hp_str all = rest; hp_str_split(&all, '.', &part);) path.segment_count++;
    path.segments = HP_NEW_ARRAY(mem, hp_str, path.segment_count);
    for (size_t i = 0; hp_str_split(&rest, '.', &part); i++) path.segments[i] = part;
    return path;
}

hp_value hp_path_values(hp_arena *mem, const hp_value *fields, const hp_path *path, bool *absent)
{
    const hp_filter at = { .kind = HP_FILTER_EXISTS, .path = *path };
    struct collection found = { .mem = mem, .values = hp_array() };
    const question q = { &at, NULL, &found };
    (void)reach(&q, hp_object_get(fields, path->field->name), 0, collect);
    *absent = found.absent;
    return found.values;
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
            reach_keys(path, hp_value_member(v, name, &room), segment + 1, c);
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
            reach_keys(path, has_members(item) ? hp_value_member(item, name, &room) : NULL, segment + 1, c);
    }
}

const hp_value *hp_path_sort_key(const hp_value *fields, const hp_path *path, bool descending, hp_value *room)
{
    choice c = { .best = room, .descending = descending };
    reach_keys(path, hp_object_get(fields, path->field->name), 0, &c);
    return c.empty ? NULL : room;
}

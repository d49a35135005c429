/* core/include.c — level by level: first all pointers of a level are collected, then each class is asked once, then the
 * pointers are replaced. Two walks instead of one list of places, because a place moves when what is around it is copied.
 *
 * What must stay true:
 *   1. An included object may stand in many places and is shared by them; whoever changes something below a result copies
 *      the way down to it first.
 *   2. Work is bounded by the request's budget and not by the data: an object that includes itself through an array would
 *      grow by its width with every level. */
#include "core/include.h"

#include "base/limits.h"
#include "core/core_internal.h"
#include "core/schema.h"

typedef struct path { /* one of the prefixes that were asked for */
    hp_str text;
    hp_str *segments;
    size_t count;
    hp_projection projection; /* of the included objects: what keys and excludeKeys say below this path */
} path;

typedef struct paths {
    path *items;
    size_t count, cap;
} paths;

typedef struct target { /* one object to include */
    hp_value object;
    bool found;
} target;

typedef struct group { /* the objects of one class in one look-up */
    hp_str class_name;
    hp_map *targets; /* id -> target * */
} group;

typedef struct lookup { /* what the paths of a level that want the same projection share */
    const hp_projection *projection;
    hp_map *groups; /* class name -> group * */
} lookup;

typedef struct walker {
    hp_reader *r;
    hp_arena *mem;
    lookup *lookup;
} walker;

/* ---- the paths ---- */

static size_t depth_of(hp_str text)
{
    size_t depth = 1;
    for (size_t i = 0; i < text.len; i++) depth += text.ptr[i] == '.';
    return depth;
}

static void add_path(paths *list, hp_arena *mem, hp_str text)
{
    for (size_t i = 0; i < list->count; i++)
        if (hp_str_eq(list->items[i].text, text)) return;
    list->items = hp_arena_room(mem, list->items, sizeof *list->items, list->count, &list->cap, 8);
    path *p = &list->items[list->count++];
    hp_str rest = text, part;
    *p = (path){ .text = text, .segments = HP_NEW_ARRAY(mem, hp_str, depth_of(text)) };
    while (hp_str_split(&rest, '.', &part)) p->segments[p->count++] = part;
}

typedef struct limits {
    size_t depth, count;
} limits;

static limits limits_of(const hp_call *call)
{
    if (hp_call_unrestricted(call)) return (limits){ HP_INCLUDE_DEPTH_MAX, HP_INCLUDE_COUNT_MAX };
    return (limits){ (size_t)call->settings->complexity.include_depth,
                     (size_t)call->settings->complexity.include_count };
}

static hp_code check_count(const paths *list, size_t max, hp_err *err)
{
    if (list->count <= max) return HP_OK;
    return hp_fail(err, HP_E_INVALID_QUERY, "Number of include fields (%zu) exceeds maximum allowed (%zu)", list->count,
                   max);
}

/* `text` and every path that leads to it. */
static hp_code add_prefixes(const hp_reader *r, paths *list, hp_str text, hp_err *err)
{
    const limits max = limits_of(r->call);
    const size_t depth = depth_of(text);
    if (text.len == 0) return HP_OK;
    if (depth > max.depth)
        return hp_fail(err, HP_E_INVALID_QUERY, "Include depth of %zu exceeds maximum allowed depth of %zu", depth,
                       max.depth);
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '.') add_path(list, r->call->mem, hp_str_sub(text, 0, i));
    add_path(list, r->call->mem, text);
    return check_count(list, max.count, err);
}

/* "a.b" in keys or excludeKeys speaks about the object at a. */
static hp_code add_parents(const hp_reader *r, paths *list, const hp_str *names, size_t count, hp_err *err)
{
    for (size_t i = 0; i < count; i++) {
        size_t end = names[i].len;
        while (end > 0 && names[i].ptr[end - 1] != '.') end--;
        if (end > 1) HP_TRY(add_prefixes(r, list, hp_str_sub(names[i], 0, end - 1), err));
    }
    return HP_OK;
}

/* The segment of `name` behind `at`, and whether it is the last; absent if `name` does not lead below `at`. */
static hp_str segment_below(hp_str name, hp_str at, bool *last)
{
    if (name.len <= at.len + 1 || !hp_str_starts(name, at) || name.ptr[at.len] != '.') return HP_STR_NONE;
    const hp_str rest = hp_str_sub(name, at.len + 1, SIZE_MAX);
    const size_t dot = hp_str_find_char(rest, '.', 0);
    *last = dot == SIZE_MAX;
    return hp_str_sub(rest, 0, dot);
}

static hp_projection projection_at(hp_arena *mem, const hp_find_params *p, hp_str at)
{
    hp_str *keys = HP_NEW_ARRAY(mem, hp_str, p->keys_count), *exclude = HP_NEW_ARRAY(mem, hp_str, p->exclude_count);
    hp_projection out = { .keys = keys, .exclude = exclude };
    bool last = false;
    for (size_t i = 0; i < p->keys_count; i++) {
        const hp_str segment = segment_below(p->keys[i], at, &last);
        if (segment.len > 0) keys[out.key_count++] = segment;
    }
    for (size_t i = 0; i < p->exclude_count; i++) {
        const hp_str segment = segment_below(p->exclude_keys[i], at, &last);
        if (segment.len > 0 && last) exclude[out.exclude_count++] = segment;
    }
    out.has_keys = out.key_count > 0;
    return out;
}

bool hp_include_all_takes(const hp_field *field)
{
    return !field->internal && (field->type == HP_T_POINTER || field->type == HP_T_ARRAY);
}

static void add_all(paths *list, hp_arena *mem, const hp_class *cls)
{
    for (size_t i = 0; i < cls->field_count; i++) {
        if (hp_include_all_takes(cls->fields[i])) add_path(list, mem, cls->fields[i]->name);
    }
}

static hp_code read_paths(const hp_reader *r, const hp_class *cls, const hp_find_params *p, paths *list, hp_err *err)
{
    hp_arena *mem = r->call->mem;
    bool star = false;
    for (size_t i = 0; i < p->include_count; i++) star |= hp_str_eq(p->include[i], HP_STR("*"));
    if (!star) {
        for (size_t i = 0; i < p->include_count; i++) HP_TRY(add_prefixes(r, list, p->include[i], err));
        HP_TRY(add_parents(r, list, p->keys, p->keys_count, err));
        HP_TRY(add_parents(r, list, p->exclude_keys, p->exclude_count, err));
    }
    if (star || p->include_all) add_all(list, mem, cls);
    const size_t most =
        limits_of(r->call).count; /* the server's own bound is for what is sent, not for what a class has */
    if (most < HP_INCLUDE_COUNT_MAX) HP_TRY(check_count(list, most, err));
    for (size_t i = 0; i < list->count; i++) list->items[i].projection = projection_at(mem, p, list->items[i].text);
    return HP_OK;
}

/* ---- the walks ---- */

static hp_code too_much(hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_QUERY, "The includes reach too many objects.");
}

static hp_code note(walker *w, const hp_value *pointer, hp_err *err)
{
    if (++w->r->included > HP_INCLUDED_VALUES_MAX) return too_much(err);
    group *g = hp_map_get(w->lookup->groups, pointer->pointer.class_name);
    if (g == NULL) {
        g = HP_NEW(w->mem, group);
        *g = (group){ pointer->pointer.class_name, hp_map_new(w->mem) };
        (void)hp_map_put(w->lookup->groups, g->class_name, g);
    }
    if (hp_map_get(g->targets, pointer->pointer.object_id) == NULL)
        (void)hp_map_put(g->targets, pointer->pointer.object_id, HP_NEW(w->mem, target));
    return HP_OK;
}

/* Arrays in arrays are as deep as the JSON they came from: the recursion is bounded by that and by the path. */
static hp_code collect(walker *w, const hp_value *v, const hp_str *segments, size_t left, hp_err *err)
{
    if (++w->r->steps > HP_INCLUDE_STEPS_MAX) return too_much(err);
    if (hp_is(v, HP_ARRAY)) {
        for (uint32_t i = 0; i < v->array.count; i++) HP_TRY(collect(w, &v->array.items[i], segments, left, err));
        return HP_OK;
    }
    if (left == 0) return hp_is(v, HP_POINTER) ? note(w, v, err) : HP_OK;
    const hp_value *member = hp_object_get(v, segments[0]);
    return member == NULL ? HP_OK : collect(w, member, segments + 1, left - 1, err);
}

static const target *find_target(const walker *w, const hp_value *pointer)
{
    const group *g = hp_map_get(w->lookup->groups, pointer->pointer.class_name);
    return g == NULL ? NULL : hp_map_get(g->targets, pointer->pointer.object_id);
}

/* False: `v` pointed to something that is not there, or not for this caller, and has to go. */
static bool replace(const walker *w, hp_value *v, bool shared, const hp_str *segments, size_t left);

static void replace_in_array(const walker *w, hp_value *v, const hp_str *segments, size_t left)
{
    hp_value *kept = HP_NEW_ARRAY(w->mem, hp_value, v->array.count);
    uint32_t count = 0;
    for (uint32_t i = 0; i < v->array.count; i++) {
        hp_value item = v->array.items[i];
        if (replace(w, &item, true, segments, left)) kept[count++] = item;
    }
    v->array.items = kept;
    v->array.count = v->array.cap = count;
}

static bool replace(const walker *w, hp_value *v, bool shared, const hp_str *segments, size_t left)
{
    if (v->tag == HP_ARRAY) {
        replace_in_array(w, v, segments, left);
        return true;
    }
    if (left == 0) {
        if (v->tag != HP_POINTER) return true;
        const target *t = find_target(w, v);
        if (t == NULL || !t->found) return false;
        *v = t->object;
        return true;
    }
    if (hp_object_get(v, segments[0]) == NULL) return true;
    if (shared) *v = hp_object_clone(w->mem, v);
    if (!replace(w, hp_object_get(v, segments[0]), true, segments + 1, left - 1))
        (void)hp_object_remove(v, segments[0]);
    return true;
}

/* ---- the look-ups ---- */

/* An object that replaces a pointer says what it is; other people's users have no providers here, nor has one's own. */
static void mark_included(const hp_call *call, const hp_class *cls, hp_value *object)
{
    if (hp_str_eq(cls->name, HP_STR("_User")) && !hp_call_unrestricted(call)) {
        (void)hp_object_remove(object, HP_STR("authData"));
        (void)hp_object_remove(object, HP_STR("sessionToken"));
    }
    hp_object_set(call->mem, object, HP_STR("__type"), hp_string(HP_STR("Object")));
    hp_object_set(call->mem, object, HP_STR("className"), hp_string(cls->name));
}

/* A class that is closed to the caller, or gone, is as if its objects were missing; a CLP that says no is an error. */
static const hp_class *included_class(const hp_call *call, hp_str name)
{
    hp_err refusal = { 0 };
    const hp_str canonical = hp_class_canonical_name(name);
    const hp_class *cls = hp_schema_class(call->schema, canonical);
    if (cls == NULL || hp_permit_class(call, canonical, cls, HP_OPERATION_GET, &refusal) != HP_OK) return NULL;
    return cls;
}

static hp_code fetch_group(walker *w, const group *g, hp_err *err)
{
    const hp_call *call = w->r->call;
    const hp_class *cls = included_class(call, g->class_name);
    if (cls == NULL) return HP_OK;

    hp_value *ids = HP_NEW_ARRAY(w->mem, hp_value, hp_map_count(g->targets));
    hp_value found = hp_array();
    size_t pos = 0, count = 0;
    hp_str id;
    void *entry;
    while (hp_map_next(g->targets, &pos, &id, &entry)) ids[count++] = hp_string(id);
    HP_TRY(hp_read_by_ids(w->r, cls, ids, count, w->lookup->projection, &found, err));

    for (uint32_t i = 0; i < found.array.count; i++) {
        hp_value *object = &found.array.items[i];
        target *t = hp_map_get(g->targets, hp_object_text(object, HP_STR("objectId")));
        if (t == NULL) continue; /* cloud code put in what was not asked for */
        mark_included(call, cls, object);
        *t = (target){ *object, true };
    }
    return HP_OK;
}

static bool restricts(const hp_projection *p) { return p->has_keys || p->exclude_count > 0; }

/* The paths of one level that share a look-up: the one at `first` alone if it restricts what is shown, else all that do not. */
static bool shares(const path *first, const path *p)
{
    return p == first || (p->count == first->count && !restricts(&first->projection) && !restricts(&p->projection));
}

static hp_code include_from(hp_reader *r, const paths *list, size_t first, hp_value *results, hp_err *err)
{
    const path *lead = &list->items[first];
    lookup lk = { &lead->projection, hp_map_new(r->call->mem) };
    walker w = { r, r->call->mem, &lk };
    size_t pos = 0;
    hp_str name;
    void *g;

    for (size_t i = first; i < list->count; i++) {
        const path *p = &list->items[i];
        if (shares(lead, p)) HP_TRY(collect(&w, results, p->segments, p->count, err));
    }
    if (hp_map_count(lk.groups) == 0) return HP_OK;
    while (hp_map_next(lk.groups, &pos, &name, &g)) HP_TRY(fetch_group(&w, g, err));
    for (size_t i = first; i < list->count; i++) {
        const path *p = &list->items[i];
        if (!shares(lead, p)) continue;
        for (uint32_t k = 0; k < results->array.count; k++)
            (void)replace(&w, &results->array.items[k], false, p->segments, p->count);
    }
    return HP_OK;
}

hp_code hp_include(hp_reader *r, const hp_class *cls, const hp_find_params *p, hp_value *results, hp_err *err)
{
    paths list = { 0 };
    if (p->include_count == 0 && !p->include_all && p->keys_count == 0 && p->exclude_count == 0) return HP_OK;
    HP_TRY(read_paths(r, cls, p, &list, err));

    for (size_t level = 1, done = 0; done < list.count; level++)
        for (size_t i = 0; i < list.count; i++) {
            if (list.items[i].count != level) continue;
            done++;
            bool before = false; /* went along with an earlier path of this level */
            for (size_t k = 0; k < i && !before; k++) before = shares(&list.items[k], &list.items[i]);
            if (!before) HP_TRY(include_from(r, &list, i, results, err));
        }
    return HP_OK;
}

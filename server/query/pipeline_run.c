/* query/pipeline_run.c — documents through the stages.
 *
 * Every stage is a node that is pushed one document at a time and passes on what it makes; those that need all documents first
 * ($group, $sort, $sample, $count, $facet) keep copies and pass on at the end. What is computed on the way lives in a scratch
 * arena that goes with its batch; what is kept is counted against HP_PIPELINE_BYTES_MAX. */
#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "query/match.h"
#include "query/pipeline_internal.h"
#include "query/value_order.h"
#include "query/value_set.h"

typedef struct node node;

/* ---- a table of values that grows: groups, sets, the documents of a $lookup by their field ---- */

typedef struct table_slot {
    const hp_value *key;
    uint64_t hash;
    void *item;
} table_slot;

typedef struct table {
    table_slot *slots; /* open addressing, at most half full */
    size_t size, count;
} table;

static table_slot *table_find(const table *t, const hp_value *key, uint64_t hash)
{
    size_t i = hash & (t->size - 1);
    while (t->slots[i].key != NULL && !(t->slots[i].hash == hash && hp_value_order(t->slots[i].key, key) == 0))
        i = (i + 1) & (t->size - 1);
    return &t->slots[i];
}

/* The slot of `key`; a new one has no key yet, which the caller sets (a copy that stays) together with the hash. */
static table_slot *table_slot_of(hp_arena *mem, table *t, const hp_value *key, uint64_t hash)
{
    if (2 * t->count >= t->size) {
        table grown = { .size = t->size == 0 ? 16 : 2 * t->size, .count = t->count };
        grown.slots = HP_NEW_ARRAY(mem, table_slot, grown.size);
        for (size_t i = 0; i < t->size; i++)
            if (t->slots[i].key != NULL) *table_find(&grown, t->slots[i].key, t->slots[i].hash) = t->slots[i];
        *t = grown;
    }
    return table_find(t, key, hash);
}

/* ---- the run ---- */

typedef struct group_state {
    hp_expr_sum sum;
    double mean, squares; /* Welford */
    hp_value value;
    bool has;
    table set;
} group_state;

typedef struct group {
    hp_value key;
    group_state *states;
    struct group *next;
} group;

typedef struct sort_item {
    hp_value doc;
    const hp_value **keys;
    size_t at;
} sort_item;

struct node {
    const hp_stage *stage; /* NULL: the end, which collects */
    node *next;
    double passed;       /* LIMIT, SKIP, COUNT, SAMPLE, SORT: documents so far */
    table groups;        /* GROUP */
    group *first, *last; /* in order of appearance */
    sort_item *items;    /* SORT: their documents are in `held` */
    size_t item_count, item_cap;
    size_t best_count; /* so many at the beginning are the best so far, in order */
    hp_arena *held;
    hp_value kept; /* SAMPLE, a LOOKUP that fetches later, the end: an array */
    node **facets;
};

struct hp_pipeline_run {
    const hp_pipeline *p;
    hp_expr_run expr;
    hp_rand *rand;
    hp_arena *mem;
    size_t start_bytes;
    size_t held_bytes; /* in arenas of sorts */
    table *foreign;    /* per lookup: value of the foreign field -> hp_value array of documents */
    struct later {
        hp_foreign_fn fetch; /* NULL: all documents are there before the first push */
        void *arg;
    } * later; /* per lookup */
    node *head;
    const node *last; /* a LIMIT: once it is full, no further document changes the result; or NULL */
    bool done;
};

static hp_code push(hp_pipeline_run *r, node *n, const hp_value *doc, hp_err *err);
static hp_code finish(hp_pipeline_run *r, node *n, hp_err *err);

static void free_held(void *arg) { hp_arena_free(((node *)arg)->held); }

static node *make_nodes(hp_pipeline_run *r, const hp_stage_list *list)
{
    node *next = HP_NEW(r->mem, node);
    next->kept = hp_array();
    for (size_t i = list->count; i > 0; i--) {
        node *n = HP_NEW(r->mem, node);
        n->stage = &list->items[i - 1];
        n->next = next;
        n->kept = hp_array();
        n->facets = HP_NEW_ARRAY(r->mem, node *, n->stage->facet_count);
        if (n->stage->kind == HP_STAGE_SORT) {
            n->held = hp_arena_new();
            hp_arena_defer(r->mem, free_held, n);
        }
        for (size_t k = 0; k < n->stage->facet_count; k++) n->facets[k] = make_nodes(r, n->stage->facets[k]);
        next = n;
    }
    return next;
}

/* The first $limit behind stages that pass documents on as they come. */
static const node *first_limit(const node *head)
{
    for (const node *n = head; n->stage != NULL; n = n->next) {
        const hp_stage_kind kind = n->stage->kind;
        if (kind == HP_STAGE_LIMIT) return n;
        if (kind != HP_STAGE_MATCH && kind != HP_STAGE_SHAPE && kind != HP_STAGE_SKIP && kind != HP_STAGE_UNWIND &&
            kind != HP_STAGE_LOOKUP && kind != HP_STAGE_REPLACE_ROOT)
            return NULL;
    }
    return NULL;
}

hp_pipeline_run *hp_pipeline_start(const hp_pipeline *p, hp_rand *rand, int64_t now_ms, hp_arena *mem)
{
    hp_pipeline_run *r = HP_NEW(mem, hp_pipeline_run);
    *r = (hp_pipeline_run){ .p = p, .rand = rand, .mem = mem, .start_bytes = hp_arena_used_bytes(mem) };
    r->expr = (hp_expr_run){ .now_ms = now_ms, .steps_left = HP_PIPELINE_STEPS_MAX };
    r->foreign = HP_NEW_ARRAY(mem, table, p->lookup_count);
    r->later = HP_NEW_ARRAY(mem, struct later, p->lookup_count);
    r->head = make_nodes(r, &p->stages);
    r->last = first_limit(r->head);
    return r;
}

static hp_code check_memory(const hp_pipeline_run *r, hp_err *err)
{
    if (hp_arena_used_bytes(r->mem) - r->start_bytes + r->held_bytes <= HP_PIPELINE_BYTES_MAX) return HP_OK;
    return hp_fail(err, HP_E_INVALID_QUERY,
                   "The aggregation holds more than %d MiB at a time. Let $match or $project leave less to its stages.",
                   HP_PIPELINE_BYTES_MAX >> 20);
}

static hp_code step(hp_pipeline_run *r, uint64_t count, hp_err *err)
{
    if (r->expr.steps_left < count) return hp_fail(err, HP_E_TIMEOUT, "The aggregation takes too long.");
    r->expr.steps_left -= count;
    if (hp_arena_used_bytes(r->expr.mem) <= HP_PIPELINE_BYTES_MAX) return HP_OK;
    return hp_fail(err, HP_E_INVALID_QUERY, "A few documents make more than %d MiB on their way.",
                   HP_PIPELINE_BYTES_MAX >> 20);
}

/* Passes on documents that a stage has kept: each in a scratch arena of a batch. */
typedef struct emission {
    hp_pipeline_run *r;
    hp_arena *outer, *scratch;
} emission;

static emission emission_begin(hp_pipeline_run *r)
{
    emission e = { .r = r, .outer = r->expr.mem, .scratch = hp_arena_new() };
    r->expr.mem = e.scratch;
    return e;
}

static void emission_renew(emission *e)
{
    enum { BATCH_BYTES = 1 << 20 };
    if (hp_arena_used_bytes(e->scratch) <= BATCH_BYTES) return;
    hp_arena_free(e->scratch);
    e->r->expr.mem = e->scratch = hp_arena_new();
}

static hp_code emit(emission *e, node *to, const hp_value *doc, hp_err *err)
{
    emission_renew(e);
    return push(e->r, to, doc, err);
}

static void emission_end(emission *e)
{
    e->r->expr.mem = e->outer;
    hp_arena_free(e->scratch);
}

/* ---- shapes ---- */

static hp_code shape_value(hp_pipeline_run *r, const hp_stage *st, const hp_shape *shape, const hp_value *v,
                           const hp_value *root, const hp_value **out, hp_err *err);

static const hp_shape *child_of(const hp_shape *shape, hp_str key)
{
    for (size_t i = 0; i < shape->count; i++)
        if (hp_str_eq(shape->children[i]->key, key)) return shape->children[i];
    return NULL;
}

static bool computes(const hp_shape *s)
{
    if (s->expr != NULL) return true;
    for (size_t i = 0; i < s->count; i++)
        if (computes(s->children[i])) return true;
    return false;
}

/* The members that stay as they are, or are shaped further; then those that are computed. */
static hp_code shape_object(hp_pipeline_run *r, const hp_stage *st, const hp_shape *shape, const hp_value *v,
                            const hp_value *root, const hp_value **out, hp_err *err)
{
    hp_arena *mem = r->expr.mem;
    hp_value made = hp_object();
    for (uint32_t i = 0; i < v->object.count; i++) {
        const hp_member *m = &v->object.items[i];
        const hp_shape *c = child_of(shape, m->key);
        const hp_value *inner = &m->value;
        if (c == NULL && st->mode == HP_SHAPE_KEEP) continue;
        if (c != NULL && c->count == 0 && st->mode == HP_SHAPE_DROP) continue;
        if (c != NULL && c->expr != NULL && st->mode == HP_SHAPE_KEEP) continue;
        if (c != NULL && c->count > 0) HP_TRY(shape_value(r, st, c, &m->value, root, &inner, err));
        if (inner != NULL) hp_object_append(mem, &made, m->key, *inner);
    }
    for (size_t i = 0; i < shape->count && st->mode != HP_SHAPE_DROP; i++) {
        const hp_shape *c = shape->children[i];
        const hp_value *value = NULL;
        if (c->expr != NULL) {
            HP_TRY(hp_expr_eval(&r->expr, c->expr, root, &value, err));
            if (value == NULL) (void)hp_object_remove(&made, c->key); /* missing: the field is not there */
        } else if (c->count > 0 && hp_object_get(v, c->key) == NULL && computes(c)) {
            const hp_value nothing = hp_object();
            HP_TRY(shape_object(r, st, c, &nothing, root, &value, err));
        }
        if (value != NULL) hp_object_set(mem, &made, c->key, *value);
    }
    *out = hp_value_new(mem, made);
    return HP_OK;
}

static hp_code shape_value(hp_pipeline_run *r, const hp_stage *st, const hp_shape *shape, const hp_value *v,
                           const hp_value *root, const hp_value **out, hp_err *err)
{
    *out = v;
    HP_TRY(step(r, 1, err));
    if (v->tag == HP_OBJECT) return shape_object(r, st, shape, v, root, out, err);
    if (v->tag == HP_ARRAY) {
        hp_value made = hp_array();
        for (uint32_t i = 0; i < v->array.count; i++) {
            const hp_value *item;
            HP_TRY(shape_value(r, st, shape, &v->array.items[i], root, &item, err));
            if (item != NULL) hp_array_push(r->expr.mem, &made, *item);
        }
        *out = hp_value_new(r->expr.mem, made);
        return HP_OK;
    }
    if (st->mode == HP_SHAPE_DROP) return HP_OK;
    *out = NULL; /* nothing of a plain value is kept by a path into it; a computed member puts an object in its place */
    const hp_value nothing = hp_object();
    return computes(shape) ? shape_object(r, st, shape, &nothing, root, out, err) : HP_OK;
}

/* ---- $group ---- */

static hp_code accumulate(hp_pipeline_run *r, const hp_accumulator *a, group_state *s, const hp_value *v, hp_err *err)
{
    double before, n;
    switch (a->kind) {
    case HP_ACC_COUNT: s->sum.count++; return HP_OK;
    case HP_ACC_SUM:
    case HP_ACC_AVG: return hp_expr_sum_add(&s->sum, v, err);
    case HP_ACC_MIN:
    case HP_ACC_MAX:
        if (hp_is_null(v)) return HP_OK;
        if (s->has && (a->kind == HP_ACC_MAX ? hp_value_order(v, &s->value) <= 0 : hp_value_order(v, &s->value) >= 0))
            return HP_OK;
        s->value = hp_value_copy(r->mem, v);
        s->has = true;
        break;
    case HP_ACC_FIRST:
        if (s->has) return HP_OK;
        s->value = v == NULL ? hp_null() : hp_value_copy(r->mem, v);
        s->has = true;
        break;
    case HP_ACC_LAST: s->value = v == NULL ? hp_null() : hp_value_copy(r->mem, v); break;
    case HP_ACC_PUSH:
        if (v == NULL) return HP_OK;
        hp_array_push(r->mem, &s->value, hp_value_copy(r->mem, v));
        break;
    case HP_ACC_ADD_TO_SET: {
        if (v == NULL) return HP_OK;
        const uint64_t hash = hp_value_hash(v);
        table_slot *slot = table_slot_of(r->mem, &s->set, v, hash);
        if (slot->key != NULL) return HP_OK;
        *slot = (table_slot){ hp_value_new(r->mem, hp_value_copy(r->mem, v)), hash, NULL };
        s->set.count++;
        hp_array_push(r->mem, &s->value, *slot->key);
        break;
    }
    case HP_ACC_STD_DEV_POP:
    case HP_ACC_STD_DEV_SAMP:
        if (!hp_is_numeric(v)) return HP_OK;
        n = v->tag == HP_DECIMAL ? hp_decimal_to_double(v->decimal) : v->number;
        before = n - s->mean;
        s->mean += before / (double)++s->sum.count;
        s->squares += before * (n - s->mean);
        return HP_OK;
    }
    return check_memory(r, err);
}

static hp_value accumulated(const hp_accumulator *a, const group_state *s)
{
    const double n = (double)s->sum.count;
    switch (a->kind) {
    case HP_ACC_COUNT: return hp_number(n);
    case HP_ACC_SUM: return hp_expr_sum_total(&s->sum);
    case HP_ACC_AVG: return hp_expr_sum_mean(&s->sum);
    case HP_ACC_STD_DEV_POP: return n == 0 ? hp_null() : hp_number(sqrt(s->squares / n));
    case HP_ACC_STD_DEV_SAMP: return n < 2 ? hp_null() : hp_number(sqrt(s->squares / (n - 1)));
    case HP_ACC_MIN:
    case HP_ACC_MAX:
    case HP_ACC_FIRST:
    case HP_ACC_LAST:
    case HP_ACC_PUSH:
    case HP_ACC_ADD_TO_SET: break;
    }
    return s->value;
}

static group *new_group(hp_pipeline_run *r, node *n, const hp_value *key)
{
    group *g = HP_NEW(r->mem, group);
    g->key = hp_value_copy(r->mem, key);
    g->states = HP_NEW_ARRAY(r->mem, group_state, n->stage->accumulator_count);
    for (size_t i = 0; i < n->stage->accumulator_count; i++) {
        const hp_accumulator_kind kind = n->stage->accumulators[i].kind;
        g->states[i].value = kind == HP_ACC_PUSH || kind == HP_ACC_ADD_TO_SET ? hp_array() : hp_null();
    }
    if (n->last == NULL)
        n->first = g;
    else
        n->last->next = g;
    n->last = g;
    return g;
}

static hp_code push_group(hp_pipeline_run *r, node *n, const hp_value *doc, hp_err *err)
{
    static const hp_value NO_KEY = { .tag = HP_NULL };
    const hp_value *key;
    HP_TRY(hp_expr_eval(&r->expr, n->stage->exprs[0], doc, &key, err));
    if (key == NULL) key = &NO_KEY;
    const uint64_t hash = hp_value_hash(key);
    table_slot *slot = table_slot_of(r->mem, &n->groups, key, hash);
    if (slot->key == NULL) {
        group *g = new_group(r, n, key);
        *slot = (table_slot){ &g->key, hash, g };
        n->groups.count++;
        HP_TRY(check_memory(r, err));
    }
    group *g = slot->item;
    for (size_t i = 0; i < n->stage->accumulator_count; i++) {
        const hp_accumulator *a = &n->stage->accumulators[i];
        const hp_value *v = NULL;
        if (a->expr != NULL) HP_TRY(hp_expr_eval(&r->expr, a->expr, doc, &v, err));
        HP_TRY(accumulate(r, a, &g->states[i], v, err));
    }
    return HP_OK;
}

static hp_code finish_group(hp_pipeline_run *r, node *n, hp_err *err)
{
    emission e = emission_begin(r);
    hp_code rc = HP_OK;
    for (const group *g = n->first; g != NULL && rc == HP_OK; g = g->next) {
        hp_value doc = hp_object();
        hp_object_append(r->mem, &doc, HP_STR("_id"), g->key);
        for (size_t i = 0; i < n->stage->accumulator_count; i++)
            hp_object_append(r->mem, &doc, n->stage->accumulators[i].name,
                             accumulated(&n->stage->accumulators[i], &g->states[i]));
        rc = emit(&e, n->next, &doc, err);
    }
    emission_end(&e);
    return rc;
}

/* ---- $sort ---- */

static int compare_items(const void *a, const void *b, void *arg)
{
    const sort_item *left = a, *right = b;
    const hp_stage *stage = arg;
    for (size_t i = 0; i < stage->key_count; i++) {
        const int order = hp_value_order(left->keys[i], right->keys[i]);
        if (order != 0) return stage->keys[i].descending ? -order : order;
    }
    return (left->at > right->at) - (left->at < right->at);
}

static void sort_items(const node *n)
{
    if (n->item_count > 0)
        qsort_r(n->items, n->item_count, sizeof *n->items, compare_items, (void *)(uintptr_t)n->stage);
}

static void read_keys(const hp_stage *stage, hp_arena *mem, sort_item *item)
{
    hp_value *rooms = HP_NEW_ARRAY(mem, hp_value, stage->key_count);
    item->keys = HP_NEW_ARRAY(mem, const hp_value *, stage->key_count);
    for (size_t i = 0; i < stage->key_count; i++)
        item->keys[i] = hp_path_sort_key(&item->doc, &stage->keys[i].path, stage->keys[i].descending, &rooms[i]);
}

static sort_item hold_item(const node *n, hp_arena *mem, const sort_item *item)
{
    sort_item kept = { .doc = hp_value_copy(mem, &item->doc), .at = item->at };
    read_keys(n->stage, mem, &kept);
    return kept;
}

static size_t wanted_items(const node *n)
{
    return n->stage->n > 0 && n->stage->n < (double)n->item_count ? (size_t)n->stage->n : n->item_count;
}

/* Leaves the items that are wanted, in order; all memory of the others is given back. */
static void keep_best(hp_pipeline_run *r, node *n)
{
    hp_arena *fresh = hp_arena_new();
    sort_items(n);
    n->item_count = n->best_count = wanted_items(n);
    for (size_t i = 0; i < n->item_count; i++) n->items[i] = hold_item(n, fresh, &n->items[i]);
    r->held_bytes += hp_arena_used_bytes(fresh) - hp_arena_used_bytes(n->held);
    hp_arena_free(n->held);
    n->held = fresh;
}

static bool is_beaten(const node *n, hp_arena *scratch, sort_item *item)
{
    if (n->best_count == 0) return false;
    read_keys(n->stage, scratch, item);
    return compare_items(item, &n->items[n->best_count - 1], (void *)(uintptr_t)n->stage) > 0;
}

static hp_code push_sort(hp_pipeline_run *r, node *n, const hp_value *doc, hp_err *err)
{
    enum { SPARE_ITEMS = 64 };
    sort_item item = { .doc = *doc, .at = (size_t)n->passed++ };
    if (is_beaten(n, r->expr.mem, &item)) return HP_OK;
    if (n->item_count == n->item_cap) {
        n->item_cap = n->item_cap == 0 ? SPARE_ITEMS : 2 * n->item_cap;
        sort_item *grown = HP_NEW_ARRAY(r->mem, sort_item, n->item_cap);
        if (n->item_count > 0) memcpy(grown, n->items, n->item_count * sizeof *grown);
        n->items = grown;
    }
    const size_t before = hp_arena_used_bytes(n->held);
    n->items[n->item_count++] = hold_item(n, n->held, &item);
    r->held_bytes += hp_arena_used_bytes(n->held) - before;
    if (n->stage->n > 0 && (double)n->item_count >= 2 * n->stage->n + SPARE_ITEMS) keep_best(r, n);
    return check_memory(r, err);
}

static hp_code finish_sort(hp_pipeline_run *r, node *n, hp_err *err)
{
    emission e = emission_begin(r);
    hp_code rc = HP_OK;
    sort_items(n);
    const size_t count = wanted_items(n);
    for (size_t i = 0; i < count && rc == HP_OK; i++) rc = emit(&e, n->next, &n->items[i].doc, err);
    emission_end(&e);
    return rc;
}

/* ---- $unwind, $lookup, $sample ---- */

/* `doc` with the value at `path` replaced, or removed (NULL). Paths lead through objects. */
static hp_value with_value(hp_arena *mem, const hp_value *doc, hp_str path, const hp_value *v)
{
    const size_t dot = hp_str_find_char(path, '.', 0);
    const hp_str root = hp_str_sub(path, 0, dot);
    hp_value copy = hp_object_clone(mem, doc);
    if (dot == SIZE_MAX && v == NULL) {
        (void)hp_object_remove(&copy, root);
    } else if (dot == SIZE_MAX) {
        hp_object_set(mem, &copy, root, *v);
    } else {
        const hp_value *inner = hp_object_get(doc, root);
        if (hp_is(inner, HP_OBJECT))
            hp_object_set(mem, &copy, root, with_value(mem, inner, hp_str_sub(path, dot + 1, SIZE_MAX), v));
    }
    return copy;
}

static const hp_value *plain_path(const hp_value *v, hp_str path)
{
    hp_str part;
    while (v != NULL && hp_str_split(&path, '.', &part)) v = hp_object_get(v, part);
    return v;
}

static hp_code unwind_one(hp_pipeline_run *r, node *n, const hp_value *doc, const hp_value *v, const hp_value *index,
                          hp_err *err)
{
    hp_value one = with_value(r->expr.mem, doc, n->stage->path, v);
    if (hp_str_present(n->stage->index)) hp_object_set(r->expr.mem, &one, n->stage->index, *index);
    HP_TRY(step(r, 1 + one.object.count, err));
    return push(r, n->next, &one, err);
}

static hp_code push_unwind(hp_pipeline_run *r, node *n, const hp_value *doc, hp_err *err)
{
    const hp_value *v = plain_path(doc, n->stage->path), no_index = hp_null();
    const bool empty = hp_is_null(v) || (v->tag == HP_ARRAY && v->array.count == 0);
    if (empty) {
        if (!n->stage->keep_empty) return HP_OK;
        return unwind_one(r, n, doc, hp_is(v, HP_ARRAY) ? NULL : v, &no_index, err);
    }
    if (v->tag != HP_ARRAY) return unwind_one(r, n, doc, v, &no_index, err);
    for (uint32_t i = 0; i < v->array.count; i++) {
        const hp_value index = hp_number(i);
        HP_TRY(unwind_one(r, n, doc, &v->array.items[i], &index, err));
    }
    return HP_OK;
}

static void index_foreign(hp_pipeline_run *r, table *t, const hp_value *key, const hp_value *doc)
{
    static const hp_value ABSENT = { .tag = HP_NULL };
    if (key == NULL) key = &ABSENT;
    const uint64_t hash = hp_value_hash(key);
    table_slot *slot = table_slot_of(r->mem, t, key, hash);
    if (slot->key == NULL) {
        *slot = (table_slot){ key, hash, hp_value_new(r->mem, hp_array()) };
        t->count++;
    }
    hp_value *docs = slot->item;
    if (docs->array.count > 0 && docs->array.items[docs->array.count - 1].object.items == doc->object.items) return;
    hp_array_push(r->mem, docs, *doc);
}

hp_code hp_pipeline_add_foreign(hp_pipeline_run *r, size_t at, const hp_value *doc, hp_err *err)
{
    const hp_value *kept = hp_value_new(r->mem, hp_value_copy(r->mem, doc));
    const hp_value *key = hp_expr_reach(r->mem, kept, r->p->lookups[at]->foreign_path);
    if (hp_is(key, HP_ARRAY))
        for (uint32_t i = 0; i < key->array.count; i++) index_foreign(r, &r->foreign[at], &key->array.items[i], kept);
    else
        index_foreign(r, &r->foreign[at], key, kept);
    return check_memory(r, err);
}

static bool contains_doc(const hp_value *docs, const hp_value *doc)
{
    for (uint32_t i = 0; i < docs->array.count; i++)
        if (docs->array.items[i].object.items == doc->object.items) return true;
    return false;
}

static void add_matches(hp_pipeline_run *r, const table *t, const hp_value *key, bool several, hp_value *out)
{
    if (t->size == 0) return;
    const table_slot *slot = table_find(t, key, hp_value_hash(key));
    const hp_value *docs = slot->key == NULL ? NULL : slot->item;
    for (uint32_t i = 0; docs != NULL && i < docs->array.count; i++)
        if (!several || !contains_doc(out, &docs->array.items[i]))
            hp_array_push(r->expr.mem, out, docs->array.items[i]);
}

void hp_pipeline_fetch_later(hp_pipeline_run *r, size_t at, hp_foreign_fn fetch, void *arg)
{
    r->later[at] = (struct later){ fetch, arg };
}

static hp_code join(hp_pipeline_run *r, node *n, const hp_value *doc, hp_err *err)
{
    const hp_lookup *l = r->p->lookups[n->stage->lookup];
    const table *t = &r->foreign[n->stage->lookup];
    const hp_value *key = hp_expr_reach(r->expr.mem, doc, l->local_path), none = hp_null();
    hp_value found = hp_array();
    if (hp_is(key, HP_ARRAY))
        for (uint32_t i = 0; i < key->array.count; i++) {
            HP_TRY(step(r, 1 + found.array.count, err));
            add_matches(r, t, &key->array.items[i], true, &found);
        }
    else
        add_matches(r, t, key == NULL ? &none : key, false, &found);
    HP_TRY(step(r, 1 + found.array.count, err));
    hp_value joined = hp_object_clone(r->expr.mem, doc);
    hp_object_set(r->expr.mem, &joined, l->as, found);
    return push(r, n->next, &joined, err);
}

static hp_code push_lookup(hp_pipeline_run *r, node *n, const hp_value *doc, hp_err *err)
{
    if (r->later[n->stage->lookup].fetch == NULL) return join(r, n, doc, err);
    hp_array_push(r->mem, &n->kept, hp_value_copy(r->mem, doc));
    return check_memory(r, err);
}

/* The different values that the kept documents look for; NULL if they are too many. */
static const hp_value *keys_of(const hp_pipeline_run *r, const node *n, hp_arena *mem)
{
    static const hp_value ABSENT = { .tag = HP_NULL };
    const hp_lookup *l = r->p->lookups[n->stage->lookup];
    hp_value *keys = hp_value_new(mem, hp_array());
    table seen = { 0 };
    for (uint32_t i = 0; i < n->kept.array.count; i++) {
        const hp_value *v = hp_expr_reach(mem, &n->kept.array.items[i], l->local_path);
        const bool several = hp_is(v, HP_ARRAY);
        for (uint32_t k = 0; k < (several ? v->array.count : 1); k++) {
            const hp_value *key = several ? &v->array.items[k] : v == NULL ? &ABSENT : v;
            const uint64_t hash = hp_value_hash(key);
            table_slot *slot = table_slot_of(mem, &seen, key, hash);
            if (slot->key != NULL) continue;
            if (++seen.count > HP_QUERY_LIST_MAX) return NULL;
            *slot = (table_slot){ key, hash, NULL };
            hp_array_push(mem, keys, *key);
        }
    }
    return keys;
}

static hp_code finish_lookup(hp_pipeline_run *r, node *n, hp_err *err)
{
    const size_t at = n->stage->lookup;
    if (r->later[at].fetch == NULL || n->kept.array.count == 0) return HP_OK;
    HP_AUTO_ARENA mem = hp_arena_new();
    HP_TRY(r->later[at].fetch(r->later[at].arg, r, at, keys_of(r, n, mem), err));
    emission e = emission_begin(r);
    hp_code rc = HP_OK;
    for (uint32_t i = 0; i < n->kept.array.count && rc == HP_OK; i++) {
        emission_renew(&e);
        rc = join(r, n, &n->kept.array.items[i], err);
    }
    emission_end(&e);
    return rc;
}

/* Every document is kept with the same probability, however many come. */
static hp_code push_sample(hp_pipeline_run *r, node *n, const hp_value *doc, hp_err *err)
{
    uint64_t random;
    n->passed++;
    if (n->kept.array.count < n->stage->n) {
        hp_array_push(r->mem, &n->kept, hp_value_copy(r->mem, doc));
        return check_memory(r, err);
    }
    if (!r->rand->fill(r->rand, &random, sizeof random)) return hp_fail_internal(err, "no random numbers");
    const double at = floor((double)(random >> 11) * 0x1p-53 * n->passed);
    if (at < n->stage->n) n->kept.array.items[(size_t)at] = hp_value_copy(r->mem, doc);
    return check_memory(r, err);
}

static hp_code pass_on(hp_pipeline_run *r, node *n, const hp_value *docs, hp_err *err)
{
    emission e = emission_begin(r);
    hp_code rc = HP_OK;
    for (uint32_t i = 0; i < docs->array.count && rc == HP_OK; i++) rc = emit(&e, n->next, &docs->array.items[i], err);
    emission_end(&e);
    return rc;
}

static hp_code finish_one(hp_pipeline_run *r, node *n, hp_value doc, hp_err *err)
{
    hp_value docs = hp_array();
    hp_array_push(r->mem, &docs, doc);
    return pass_on(r, n, &docs, err);
}

static hp_code finish_facet(hp_pipeline_run *r, node *n, hp_err *err)
{
    hp_value doc = hp_object();
    for (size_t i = 0; i < n->stage->facet_count; i++) {
        HP_TRY(finish(r, n->facets[i], err));
        node *end = n->facets[i];
        while (end->stage != NULL) end = end->next;
        hp_object_append(r->mem, &doc, n->stage->facet_names[i], end->kept);
    }
    return finish_one(r, n, doc, err);
}

/* ---- the stages ---- */

static hp_code push_match(hp_pipeline_run *r, node *n, const hp_value *doc, hp_err *err)
{
    if (!hp_filter_matches(n->stage->filter, doc)) return HP_OK;
    for (size_t i = 0; i < n->stage->expr_count; i++) {
        const hp_value *v;
        HP_TRY(hp_expr_eval(&r->expr, n->stage->exprs[i], doc, &v, err));
        if (!hp_expr_true(v)) return HP_OK;
    }
    return push(r, n->next, doc, err);
}

static hp_code push_shape(hp_pipeline_run *r, node *n, const hp_value *doc, hp_err *err)
{
    const hp_value *shaped;
    HP_TRY(shape_object(r, n->stage, n->stage->shape, doc, doc, &shaped, err));
    return push(r, n->next, shaped, err);
}

static hp_code push_replace(hp_pipeline_run *r, node *n, const hp_value *doc, hp_err *err)
{
    const hp_value *v;
    HP_TRY(hp_expr_eval(&r->expr, n->stage->exprs[0], doc, &v, err));
    if (!hp_is(v, HP_OBJECT)) return hp_fail(err, HP_E_INVALID_QUERY, "The new root of a document must be an object.");
    return push(r, n->next, v, err);
}

static hp_code push(hp_pipeline_run *r, node *n, const hp_value *doc, hp_err *err)
{
    HP_TRY(step(r, 1, err));
    if (n->stage == NULL) {
        if (n->kept.array.count >= HP_FIND_ROWS_MAX)
            return hp_fail(err, HP_E_INVALID_QUERY, "The result has more than %d documents. Use $limit.",
                           HP_FIND_ROWS_MAX);
        hp_array_push(r->mem, &n->kept, hp_value_copy(r->mem, doc));
        return check_memory(r, err);
    }
    switch (n->stage->kind) {
    case HP_STAGE_MATCH: return push_match(r, n, doc, err);
    case HP_STAGE_SHAPE: return push_shape(r, n, doc, err);
    case HP_STAGE_GROUP: return push_group(r, n, doc, err);
    case HP_STAGE_SORT: return push_sort(r, n, doc, err);
    case HP_STAGE_UNWIND: return push_unwind(r, n, doc, err);
    case HP_STAGE_LOOKUP: return push_lookup(r, n, doc, err);
    case HP_STAGE_SAMPLE: return push_sample(r, n, doc, err);
    case HP_STAGE_REPLACE_ROOT: return push_replace(r, n, doc, err);
    case HP_STAGE_COUNT: n->passed++; return HP_OK;
    case HP_STAGE_SKIP: return ++n->passed > n->stage->n ? push(r, n->next, doc, err) : HP_OK;
    case HP_STAGE_LIMIT:
        if (n->passed >= n->stage->n) return HP_OK;
        if (++n->passed == n->stage->n && n == r->last) r->done = true;
        return push(r, n->next, doc, err);
    case HP_STAGE_FACET: break;
    }
    for (size_t i = 0; i < n->stage->facet_count; i++) HP_TRY(push(r, n->facets[i], doc, err));
    return HP_OK;
}

static hp_code finish_stage(hp_pipeline_run *r, node *n, hp_err *err)
{
    switch (n->stage->kind) {
    case HP_STAGE_GROUP: return finish_group(r, n, err);
    case HP_STAGE_SORT: return finish_sort(r, n, err);
    case HP_STAGE_SAMPLE: return pass_on(r, n, &n->kept, err);
    case HP_STAGE_FACET: return finish_facet(r, n, err);
    case HP_STAGE_LOOKUP: return finish_lookup(r, n, err);
    case HP_STAGE_COUNT:
        if (n->passed == 0) return HP_OK; /* of nothing there is no count, as in MongoDB */
        {
            hp_value doc = hp_object();
            hp_object_append(r->mem, &doc, n->stage->path, hp_number(n->passed));
            return finish_one(r, n, doc, err);
        }
    case HP_STAGE_MATCH:
    case HP_STAGE_SHAPE:
    case HP_STAGE_LIMIT:
    case HP_STAGE_SKIP:
    case HP_STAGE_UNWIND:
    case HP_STAGE_REPLACE_ROOT: break;
    }
    return HP_OK;
}

static hp_code finish(hp_pipeline_run *r, node *n, hp_err *err)
{
    for (; n->stage != NULL; n = n->next) HP_TRY(finish_stage(r, n, err));
    return HP_OK;
}

hp_code hp_pipeline_push(hp_pipeline_run *r, const hp_value *doc, hp_arena *scratch, bool *done, hp_err *err)
{
    r->expr.mem = scratch;
    hp_code rc = push(r, r->head, doc, err);
    *done = r->done;
    return rc;
}

hp_code hp_pipeline_finish(hp_pipeline_run *r, hp_value *results, hp_err *err)
{
    *results = hp_array();
    HP_TRY(finish(r, r->head, err));
    node *end = r->head;
    while (end->stage != NULL) end = end->next;
    *results = end->kept;
    return HP_OK;
}

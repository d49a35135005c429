/* query/pipeline_run.c — documents through the stages: the run, and the stages that are short. */
#include "query/pipeline_run.h"

#include <math.h>

#include "base/limits.h"
#include "query/match.h"

static hp_code finish(hp_pipeline_run *r, hp_pipeline_node *n, hp_err *err);

static void free_held(void *arg) { hp_arena_free(((hp_pipeline_node *)arg)->held); }

static hp_pipeline_node *make_nodes(hp_pipeline_run *r, const hp_stage_list *list)
{
    hp_pipeline_node *next = HP_NEW(r->mem, hp_pipeline_node);
    next->kept = hp_array();
    for (size_t i = list->count; i > 0; i--) {
        hp_pipeline_node *n = HP_NEW(r->mem, hp_pipeline_node);
        n->stage = &list->items[i - 1];
        n->next = next;
        n->kept = hp_array();
        n->facets = HP_NEW_ARRAY(r->mem, hp_pipeline_node *, n->stage->facet_count);
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
static const hp_pipeline_node *first_limit(const hp_pipeline_node *head)
{
    for (const hp_pipeline_node *n = head; n->stage != NULL; n = n->next) {
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
    r->foreign = HP_NEW_ARRAY(mem, hp_value_table, p->lookup_count);
    r->later = HP_NEW_ARRAY(mem, struct hp_pipeline_later, p->lookup_count);
    r->head = make_nodes(r, &p->stages);
    r->last = first_limit(r->head);
    return r;
}

hp_code hp_pipeline_check_memory(const hp_pipeline_run *r, hp_err *err)
{
    if (hp_arena_used_bytes(r->mem) - r->start_bytes + r->held_bytes <= HP_PIPELINE_BYTES_MAX) return HP_OK;
    return hp_fail(err, HP_E_INVALID_QUERY,
                   "The aggregation holds more than %d MiB at a time. Let $match or $project leave less to its stages.",
                   HP_PIPELINE_BYTES_MAX >> 20);
}

hp_code hp_pipeline_step(hp_pipeline_run *r, uint64_t count, hp_err *err)
{
    if (r->expr.steps_left < count) return hp_fail(err, HP_E_TIMEOUT, "The aggregation takes too long.");
    r->expr.steps_left -= count;
    if (hp_arena_used_bytes(r->expr.mem) <= HP_PIPELINE_BYTES_MAX) return HP_OK;
    return hp_fail(err, HP_E_INVALID_QUERY, "A few documents make more than %d MiB on their way.",
                   HP_PIPELINE_BYTES_MAX >> 20);
}

hp_pipeline_emission hp_pipeline_emit_begin(hp_pipeline_run *r)
{
    hp_pipeline_emission e = { .r = r, .outer = r->expr.mem, .scratch = hp_arena_new() };
    r->expr.mem = e.scratch;
    return e;
}

void hp_pipeline_emit_renew(hp_pipeline_emission *e)
{
    enum { BATCH_BYTES = 1 << 20 };
    if (hp_arena_used_bytes(e->scratch) <= BATCH_BYTES) return;
    hp_arena_free(e->scratch);
    e->r->expr.mem = e->scratch = hp_arena_new();
}

hp_code hp_pipeline_emit(hp_pipeline_emission *e, hp_pipeline_node *to, const hp_value *doc, hp_err *err)
{
    hp_pipeline_emit_renew(e);
    return hp_pipeline_pass(e->r, to, doc, err);
}

void hp_pipeline_emit_end(hp_pipeline_emission *e)
{
    e->r->expr.mem = e->outer;
    hp_arena_free(e->scratch);
}

/* ---- $unwind, $sample, $facet ---- */

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

static hp_code unwind_one(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, const hp_value *v,
                          const hp_value *index, hp_err *err)
{
    hp_value one = with_value(r->expr.mem, doc, n->stage->path, v);
    if (hp_str_present(n->stage->index)) hp_object_set(r->expr.mem, &one, n->stage->index, *index);
    HP_TRY(hp_pipeline_step(r, 1 + one.object.count, err));
    return hp_pipeline_pass(r, n->next, &one, err);
}

static hp_code push_unwind(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err)
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

/* Every document is kept with the same probability, however many come. */
static hp_code push_sample(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err)
{
    uint64_t random;
    n->passed++;
    if (n->kept.array.count < n->stage->n) {
        hp_array_push(r->mem, &n->kept, hp_value_copy(r->mem, doc));
        return hp_pipeline_check_memory(r, err);
    }
    if (!r->rand->fill(r->rand, &random, sizeof random)) return hp_fail_internal(err, "no random numbers");
    const double at = floor((double)(random >> 11) * 0x1p-53 * n->passed);
    if (at < n->stage->n) n->kept.array.items[(size_t)at] = hp_value_copy(r->mem, doc);
    return hp_pipeline_check_memory(r, err);
}

static hp_code pass_on(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *docs, hp_err *err)
{
    hp_pipeline_emission e = hp_pipeline_emit_begin(r);
    hp_code rc = HP_OK;
    for (uint32_t i = 0; i < docs->array.count && rc == HP_OK; i++)
        rc = hp_pipeline_emit(&e, n->next, &docs->array.items[i], err);
    hp_pipeline_emit_end(&e);
    return rc;
}

static hp_code finish_one(hp_pipeline_run *r, hp_pipeline_node *n, hp_value doc, hp_err *err)
{
    hp_value docs = hp_array();
    hp_array_push(r->mem, &docs, doc);
    return pass_on(r, n, &docs, err);
}

static hp_code finish_facet(hp_pipeline_run *r, hp_pipeline_node *n, hp_err *err)
{
    hp_value doc = hp_object();
    for (size_t i = 0; i < n->stage->facet_count; i++) {
        HP_TRY(finish(r, n->facets[i], err));
        hp_pipeline_node *end = n->facets[i];
        while (end->stage != NULL) end = end->next;
        hp_object_append(r->mem, &doc, n->stage->facet_names[i], end->kept);
    }
    return finish_one(r, n, doc, err);
}

/* ---- the stages ---- */

static hp_code push_match(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err)
{
    if (!hp_filter_matches(n->stage->filter, doc)) return HP_OK;
    for (size_t i = 0; i < n->stage->expr_count; i++) {
        const hp_value *v;
        HP_TRY(hp_expr_eval(&r->expr, n->stage->exprs[i], doc, &v, err));
        if (!hp_expr_true(v)) return HP_OK;
    }
    return hp_pipeline_pass(r, n->next, doc, err);
}

static hp_code push_replace(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err)
{
    const hp_value *v;
    HP_TRY(hp_expr_eval(&r->expr, n->stage->exprs[0], doc, &v, err));
    if (!hp_is(v, HP_OBJECT)) return hp_fail(err, HP_E_INVALID_QUERY, "The new root of a document must be an object.");
    return hp_pipeline_pass(r, n->next, v, err);
}

hp_code hp_pipeline_pass(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err)
{
    HP_TRY(hp_pipeline_step(r, 1, err));
    if (n->stage == NULL) {
        if (n->kept.array.count >= HP_FIND_ROWS_MAX)
            return hp_fail(err, HP_E_INVALID_QUERY, "The result has more than %d documents. Use $limit.",
                           HP_FIND_ROWS_MAX);
        hp_array_push(r->mem, &n->kept, hp_value_copy(r->mem, doc));
        return hp_pipeline_check_memory(r, err);
    }
    switch (n->stage->kind) {
    case HP_STAGE_MATCH: return push_match(r, n, doc, err);
    case HP_STAGE_SHAPE: return hp_pipeline_push_shape(r, n, doc, err);
    case HP_STAGE_GROUP: return hp_pipeline_push_group(r, n, doc, err);
    case HP_STAGE_SORT: return hp_pipeline_push_sort(r, n, doc, err);
    case HP_STAGE_UNWIND: return push_unwind(r, n, doc, err);
    case HP_STAGE_LOOKUP: return hp_pipeline_push_lookup(r, n, doc, err);
    case HP_STAGE_SAMPLE: return push_sample(r, n, doc, err);
    case HP_STAGE_REPLACE_ROOT: return push_replace(r, n, doc, err);
    case HP_STAGE_COUNT: n->passed++; return HP_OK;
    case HP_STAGE_SKIP: return ++n->passed > n->stage->n ? hp_pipeline_pass(r, n->next, doc, err) : HP_OK;
    case HP_STAGE_LIMIT:
        if (n->passed >= n->stage->n) return HP_OK;
        if (++n->passed == n->stage->n && n == r->last) r->done = true;
        return hp_pipeline_pass(r, n->next, doc, err);
    case HP_STAGE_FACET: break;
    }
    for (size_t i = 0; i < n->stage->facet_count; i++) HP_TRY(hp_pipeline_pass(r, n->facets[i], doc, err));
    return HP_OK;
}

static hp_code finish_stage(hp_pipeline_run *r, hp_pipeline_node *n, hp_err *err)
{
    switch (n->stage->kind) {
    case HP_STAGE_GROUP: return hp_pipeline_finish_group(r, n, err);
    case HP_STAGE_SORT: return hp_pipeline_finish_sort(r, n, err);
    case HP_STAGE_SAMPLE: return pass_on(r, n, &n->kept, err);
    case HP_STAGE_FACET: return finish_facet(r, n, err);
    case HP_STAGE_LOOKUP: return hp_pipeline_finish_lookup(r, n, err);
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

static hp_code finish(hp_pipeline_run *r, hp_pipeline_node *n, hp_err *err)
{
    for (; n->stage != NULL; n = n->next) HP_TRY(finish_stage(r, n, err));
    return HP_OK;
}

hp_code hp_pipeline_push(hp_pipeline_run *r, const hp_value *doc, hp_arena *scratch, bool *done, hp_err *err)
{
    r->expr.mem = scratch;
    hp_code rc = hp_pipeline_pass(r, r->head, doc, err);
    *done = r->done;
    return rc;
}

hp_code hp_pipeline_finish(hp_pipeline_run *r, hp_value *results, hp_err *err)
{
    *results = hp_array();
    HP_TRY(finish(r, r->head, err));
    hp_pipeline_node *end = r->head;
    while (end->stage != NULL) end = end->next;
    *results = end->kept;
    return HP_OK;
}

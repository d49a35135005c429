/* query/pipeline.c — reading a pipeline: one reader per stage, in a table. Running is pipeline_run.c. */
#include "query/pipeline.h"

#include <math.h>

#include "base/limits.h"
#include "query/match.h"
#include "query/pipeline_internal.h"

typedef hp_code (*stage_reader)(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err);

static hp_code read_stages(hp_pipeline_parser *p, const hp_value *stages, int depth, hp_stage_list *out, hp_err *err);

static hp_code wrong(const hp_pipeline_parser *p, const char *what, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_QUERY, "%s %s", p->expr.stage, what);
}

hp_path hp_pipeline_path(hp_pipeline_parser *p, hp_str name)
{
    const hp_path path = hp_path_read(p->expr.mem, hp_expr_column(&p->expr, name));
    if (!p->roots_complete) hp_array_push(p->expr.mem, &p->roots, hp_string(path.field->name));
    return path;
}

/* From here on documents are no longer the stored ones: their names are as they are, and the store need not know them. */
static void close_documents(hp_pipeline_parser *p)
{
    p->roots_complete = true;
    p->expr.roots = NULL;
    p->cls = NULL;
    p->expr.names.cls = NULL;
}

/* ---- $project, $addFields, $unset ---- */

static hp_shape *shape_child(hp_pipeline_parser *p, hp_shape *parent, hp_str key, bool *fresh)
{
    *fresh = false;
    for (size_t i = 0; i < parent->count; i++)
        if (hp_str_eq(parent->children[i]->key, key)) return parent->children[i];
    *fresh = true;
    hp_shape **grown = HP_NEW_ARRAY(p->expr.mem, hp_shape *, parent->count + 1);
    if (parent->count > 0) memcpy(grown, parent->children, parent->count * sizeof *grown);
    grown[parent->count] = HP_NEW(p->expr.mem, hp_shape);
    grown[parent->count]->key = key;
    parent->children = grown;
    return parent->children[parent->count++];
}

/* The node of a dotted path. Errors when one path is another's beginning. */
static hp_code shape_at(hp_pipeline_parser *p, hp_shape *root, hp_str path, hp_shape **out, hp_err *err)
{
    hp_str rest = path, part;
    bool fresh = true;
    hp_shape *at = root;
    if (root->count > HP_CLASS_FIELDS_MAX) return wrong(p, "has too many fields.", err);
    while (hp_str_split(&rest, '.', &part)) {
        if (at != root && !fresh && at->count == 0) break;
        at = shape_child(p, at, part, &fresh);
    }
    if (!fresh) return wrong(p, "names a field twice, or a field and a part of it.", err);
    *out = at;
    return HP_OK;
}

typedef enum field_wish { WISH_KEEP, WISH_DROP, WISH_COMPUTE, WISH_NESTED } field_wish;

/* {"$op": …} */
static bool is_operation(const hp_value *v)
{
    return hp_is(v, HP_OBJECT) && v->object.count > 0 && hp_str_starts(v->object.items[0].key, HP_STR("$"));
}

static field_wish wish_of(const hp_value *v, bool adding)
{
    if (v->tag == HP_OBJECT && !is_operation(v)) return WISH_NESTED; /* without members it is refused there */
    if (adding || (v->tag != HP_NUMBER && v->tag != HP_BOOL)) return WISH_COMPUTE;
    return hp_truthy(v) ? WISH_KEEP : WISH_DROP;
}

typedef struct shape_counts {
    size_t kept, dropped, computed;
    bool drops_id;
} shape_counts;

static hp_code read_shape(hp_pipeline_parser *p, const hp_value *arg, hp_str prefix, bool adding, hp_shape *root,
                          shape_counts *counts, hp_err *err)
{
    if (!hp_is(arg, HP_OBJECT) || arg->object.count == 0) return wrong(p, "needs an object with fields.", err);
    for (uint32_t i = 0; i < arg->object.count; i++) {
        const hp_member *m = &arg->object.items[i];
        hp_str path = prefix.len == 0 ? hp_expr_column(&p->expr, m->key)
                                      : hp_arena_printf(p->expr.mem, "%" HP_STR_FMT ".%" HP_STR_FMT, HP_STR_ARG(prefix),
                                                        HP_STR_ARG(m->key));
        HP_TRY(hp_expr_check_path(&p->expr, path, err));
        const field_wish wish = wish_of(&m->value, adding);
        if (wish == WISH_NESTED) {
            HP_TRY(read_shape(p, &m->value, path, adding, root, counts, err));
            continue;
        }
        const bool id = hp_str_eq(path, HP_STR("_id"));
        hp_shape *node;
        if (wish == WISH_DROP && id) counts->drops_id = true;
        counts->kept += wish == WISH_KEEP && !id;
        counts->dropped += wish == WISH_DROP && !id;
        counts->computed += wish == WISH_COMPUTE;
        HP_TRY(shape_at(p, root, path, &node, err));
        if (!p->roots_complete) hp_array_push(p->expr.mem, &p->roots, hp_string(hp_name_root(path)));
        if (wish == WISH_COMPUTE) HP_TRY(hp_expr_parse(&p->expr, &m->value, &node->expr, err));
    }
    return HP_OK;
}

static void remove_child(hp_shape *root, hp_str key)
{
    size_t kept = 0;
    for (size_t i = 0; i < root->count; i++)
        if (!hp_str_eq(root->children[i]->key, key)) root->children[kept++] = root->children[i];
    root->count = kept;
}

static hp_code read_project(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    shape_counts n = { 0 };
    bool fresh;
    out->kind = HP_STAGE_SHAPE;
    out->shape = HP_NEW(p->expr.mem, hp_shape);
    HP_TRY(read_shape(p, arg, HP_STR(""), false, out->shape, &n, err));
    if (n.dropped > 0 && n.kept + n.computed > 0)
        return wrong(p, "either keeps fields or drops fields, not both.", err);
    out->mode = n.kept + n.computed > 0 || !n.drops_id ? HP_SHAPE_KEEP : HP_SHAPE_DROP;
    if (n.dropped > 0) out->mode = HP_SHAPE_DROP;
    if (out->mode == HP_SHAPE_DROP) {
        if (!n.drops_id) remove_child(out->shape, HP_STR("_id")); /* {"_id": 1, "a": 0} */
        return HP_OK;
    }
    if (n.drops_id)
        remove_child(out->shape, HP_STR("_id"));
    else
        HP_IGNORE((shape_child(p, out->shape, HP_STR("_id"), &fresh), HP_OK)); /* _id comes unless it is dropped */
    p->roots_complete = true;
    p->expr.roots = NULL;
    return HP_OK;
}

static hp_code read_add_fields(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    shape_counts n = { 0 };
    out->kind = HP_STAGE_SHAPE;
    out->mode = HP_SHAPE_ADD;
    out->shape = HP_NEW(p->expr.mem, hp_shape);
    return read_shape(p, arg, HP_STR(""), true, out->shape, &n, err);
}

static hp_code read_unset(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    hp_shape *node;
    const hp_value one = { .tag = HP_ARRAY, .array = { (hp_value *)(uintptr_t)arg, 1, 1 } };
    const hp_value *names = arg->tag == HP_ARRAY ? arg : &one;
    out->kind = HP_STAGE_SHAPE;
    out->mode = HP_SHAPE_DROP;
    out->shape = HP_NEW(p->expr.mem, hp_shape);
    for (uint32_t i = 0; i < names->array.count; i++) {
        if (names->array.items[i].tag != HP_STRING) return wrong(p, "needs names of fields.", err);
        HP_TRY(hp_expr_check_path(&p->expr, names->array.items[i].string, err));
        HP_TRY(shape_at(p, out->shape, hp_expr_column(&p->expr, names->array.items[i].string), &node, err));
    }
    return out->shape->count > 0 ? HP_OK : wrong(p, "needs names of fields.", err);
}

/* ---- $group ---- */

static const struct {
    hp_str name;
    hp_accumulator_kind kind;
} ACCUMULATORS[] = {
    { HP_STR_INIT("$sum"), HP_ACC_SUM },
    { HP_STR_INIT("$avg"), HP_ACC_AVG },
    { HP_STR_INIT("$min"), HP_ACC_MIN },
    { HP_STR_INIT("$max"), HP_ACC_MAX },
    { HP_STR_INIT("$first"), HP_ACC_FIRST },
    { HP_STR_INIT("$last"), HP_ACC_LAST },
    { HP_STR_INIT("$push"), HP_ACC_PUSH },
    { HP_STR_INIT("$addToSet"), HP_ACC_ADD_TO_SET },
    { HP_STR_INIT("$count"), HP_ACC_COUNT },
    { HP_STR_INIT("$stdDevPop"), HP_ACC_STD_DEV_POP },
    { HP_STR_INIT("$stdDevSamp"), HP_ACC_STD_DEV_SAMP },
};

static hp_code read_accumulator(hp_pipeline_parser *p, const hp_member *m, hp_accumulator *out, hp_err *err)
{
    HP_TRY(hp_expr_check_path(&p->expr, m->key, err));
    if (hp_str_find_char(m->key, '.', 0) != SIZE_MAX) return wrong(p, "takes no dots in the names of its fields.", err);
    if (m->value.tag != HP_OBJECT || m->value.object.count != 1)
        return hp_fail(err, HP_E_INVALID_QUERY, "$group: the field %" HP_STR_FMT " needs one accumulator.",
                       HP_STR_ARG(m->key));
    const hp_member *acc = &m->value.object.items[0];
    out->name = m->key;
    for (size_t i = 0; i < sizeof ACCUMULATORS / sizeof *ACCUMULATORS; i++) {
        if (!hp_str_eq(acc->key, ACCUMULATORS[i].name)) continue;
        out->kind = ACCUMULATORS[i].kind;
        if (out->kind == HP_ACC_COUNT)
            return hp_is(&acc->value, HP_OBJECT) && acc->value.object.count == 0 ? HP_OK
                                                                                 : wrong(p, "$count takes {}.", err);
        if (acc->value.tag == HP_ARRAY)
            return hp_fail(err, HP_E_INVALID_QUERY, "$group: %" HP_STR_FMT " takes one expression, not an array.",
                           HP_STR_ARG(acc->key));
        return hp_expr_parse(&p->expr, &acc->value, &out->expr, err);
    }
    return hp_fail(err, HP_E_INVALID_QUERY, "$group: the accumulator %" HP_STR_FMT " is not supported.",
                   HP_STR_ARG(acc->key));
}

static void note_pointer_key(hp_pipeline_parser *p, const hp_value *key)
{
    if (!hp_is(key, HP_STRING) || key->string.len < 2 || p->expr.names.raw) return;
    const hp_str column = hp_expr_column(&p->expr, hp_str_sub(key->string, 1, SIZE_MAX));
    if (key->string.ptr[0] == '$' && hp_str_starts(column, HP_STR("_p_"))) p->out->groups_by_pointer = true;
}

static hp_code read_group(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    if (!hp_is(arg, HP_OBJECT)) return wrong(p, "needs an object.", err);
    if (hp_object_get(arg, HP_STR("objectId")) != NULL)
        return hp_fail(err, HP_E_INVALID_QUERY, "Cannot use 'objectId' in aggregation stage $group.");
    const hp_value *key = hp_object_get(arg, HP_STR("_id"));
    if (key == NULL) return hp_fail(err, HP_E_INVALID_QUERY, "Invalid parameter for query: group. Missing key _id");
    out->kind = HP_STAGE_GROUP;
    out->exprs = HP_NEW_ARRAY(p->expr.mem, const hp_expr *, 1);
    HP_TRY(hp_expr_parse(&p->expr, key, &out->exprs[0], err));
    note_pointer_key(p, key);
    out->accumulators = HP_NEW_ARRAY(p->expr.mem, hp_accumulator, arg->object.count);
    for (uint32_t i = 0; i < arg->object.count; i++)
        if (&arg->object.items[i].value != key)
            HP_TRY(read_accumulator(p, &arg->object.items[i], &out->accumulators[out->accumulator_count++], err));
    close_documents(p);
    return HP_OK;
}

/* ---- the small ones ---- */

static hp_code read_sort(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    enum { KEYS_MAX = 32 };
    out->kind = HP_STAGE_SORT;
    if (!hp_is(arg, HP_OBJECT) || arg->object.count == 0 || arg->object.count > KEYS_MAX)
        return wrong(p, "needs an object of 1 to 32 fields.", err);
    out->keys = HP_NEW_ARRAY(p->expr.mem, hp_sort_key, arg->object.count);
    out->key_count = arg->object.count;
    for (uint32_t i = 0; i < arg->object.count; i++) {
        const hp_member *m = &arg->object.items[i];
        if (m->value.tag != HP_NUMBER || fabs(m->value.number) != 1)
            return wrong(p, "orders by 1 or -1; other orders are not supported.", err);
        HP_TRY(hp_expr_check_path(&p->expr, m->key, err));
        out->keys[i] = (hp_sort_key){ hp_pipeline_path(p, m->key), m->value.number < 0 };
    }
    return HP_OK;
}

static hp_code read_number(hp_pipeline_parser *p, const hp_value *v, double least, double *out, hp_err *err)
{
    if (!hp_is(v, HP_NUMBER) || !(v->number >= least) || v->number != trunc(v->number) || v->number > 9e15)
        return wrong(p, least > 0 ? "needs a whole number above 0." : "needs a whole number that is not negative.",
                     err);
    *out = v->number;
    return HP_OK;
}

static hp_code read_limit(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    out->kind = HP_STAGE_LIMIT;
    return read_number(p, arg, 1, &out->n, err);
}

static hp_code read_skip(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    out->kind = HP_STAGE_SKIP;
    return read_number(p, arg, 0, &out->n, err);
}

static hp_code read_sample(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    out->kind = HP_STAGE_SAMPLE;
    if (!hp_is(arg, HP_OBJECT) || arg->object.count != 1) return wrong(p, "needs {\"size\": n}.", err);
    HP_TRY(read_number(p, hp_object_get(arg, HP_STR("size")), 1, &out->n, err));
    return out->n <= HP_FIND_ROWS_MAX ? HP_OK : wrong(p, "is larger than any result may be.", err);
}

static hp_code read_path(hp_pipeline_parser *p, const hp_value *v, hp_str *out, hp_err *err)
{
    if (!hp_is(v, HP_STRING) || v->string.len < 2 || v->string.ptr[0] != '$' || v->string.ptr[1] == '$')
        return wrong(p, "needs a path that begins with '$'.", err);
    const hp_str path = hp_str_sub(v->string, 1, SIZE_MAX);
    HP_TRY(hp_expr_check_path(&p->expr, path, err));
    *out = hp_expr_column(&p->expr, path);
    HP_IGNORE((hp_expr_of_path(&p->expr, path), HP_OK)); /* noted as read */
    return HP_OK;
}

static hp_code read_unwind(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    out->kind = HP_STAGE_UNWIND;
    if (!hp_is(arg, HP_OBJECT)) return read_path(p, arg, &out->path, err);
    for (uint32_t i = 0; i < arg->object.count; i++) {
        const hp_member *m = &arg->object.items[i];
        if (hp_str_eq(m->key, HP_STR("path")))
            HP_TRY(read_path(p, &m->value, &out->path, err));
        else if (hp_str_eq(m->key, HP_STR("includeArrayIndex")) && hp_is(&m->value, HP_STRING) &&
                 m->value.string.len > 0 && hp_str_find_char(m->value.string, '.', 0) == SIZE_MAX &&
                 m->value.string.ptr[0] != '$')
            out->index = m->value.string;
        else if (hp_str_eq(m->key, HP_STR("preserveNullAndEmptyArrays")) && hp_is(&m->value, HP_BOOL))
            out->keep_empty = m->value.boolean;
        else
            return hp_fail(err, HP_E_INVALID_QUERY, "$unwind: %" HP_STR_FMT " is not supported.", HP_STR_ARG(m->key));
    }
    return hp_str_present(out->path) ? HP_OK : wrong(p, "needs a path.", err);
}

static hp_code read_lookup(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    static const hp_str NAMES[] = { HP_STR_INIT("from"), HP_STR_INIT("localField"), HP_STR_INIT("foreignField"),
                                    HP_STR_INIT("as") };
    hp_str texts[4];
    hp_shape *node = NULL, root = { 0 };
    out->kind = HP_STAGE_LOOKUP;
    for (size_t i = 0; i < 4; i++) {
        texts[i] = hp_object_text(arg, NAMES[i]);
        if (texts[i].len == 0)
            return wrong(p, "needs from, localField, foreignField and as; let and pipeline are not supported.", err);
        if (i > 0) HP_TRY(hp_expr_check_path(&p->expr, texts[i], err));
    }
    if (arg->object.count != 4)
        return wrong(p, "takes from, localField, foreignField and as; let and pipeline are not supported.", err);
    hp_lookup *l = HP_NEW(p->expr.mem, hp_lookup);
    *l = (hp_lookup){ .from = hp_class_canonical_name(texts[0]), .foreign_name = texts[2], .as = texts[3] };
    if (!p->expr.names.raw && hp_str_eq(texts[2], HP_STR("objectId"))) l->foreign_name = HP_STR("_id");
    l->local = hp_pipeline_path(p, texts[1]);
    l->foreign = hp_path_read(p->expr.mem, l->foreign_name);
    HP_TRY(shape_at(p, &root, l->as, &node, err));
    if (hp_str_find_char(l->as, '.', 0) != SIZE_MAX) return wrong(p, "takes no dots in as.", err);
    hp_lookup **grown = HP_NEW_ARRAY(p->expr.mem, hp_lookup *, p->out->lookup_count + 1);
    if (p->out->lookup_count > 0) memcpy(grown, p->out->lookups, p->out->lookup_count * sizeof *grown);
    out->lookup = p->out->lookup_count;
    grown[p->out->lookup_count++] = l;
    p->out->lookups = grown;
    return HP_OK;
}

static hp_code read_count(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    out->kind = HP_STAGE_COUNT;
    if (!hp_is(arg, HP_STRING) || arg->string.len == 0 || hp_str_find_char(arg->string, '.', 0) != SIZE_MAX ||
        arg->string.ptr[0] == '$')
        return wrong(p, "needs the name of a field.", err);
    out->path = arg->string;
    close_documents(p);
    return HP_OK;
}

static hp_code read_replace(hp_pipeline_parser *p, const hp_value *v, hp_stage *out, hp_err *err)
{
    out->kind = HP_STAGE_REPLACE_ROOT;
    out->exprs = HP_NEW_ARRAY(p->expr.mem, const hp_expr *, 1);
    if (v == NULL) return wrong(p, "needs {\"newRoot\": …}.", err);
    HP_TRY(hp_expr_parse(&p->expr, v, &out->exprs[0], err));
    close_documents(p);
    return HP_OK;
}

static hp_code read_replace_root(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    return read_replace(p, hp_object_get(arg, HP_STR("newRoot")), out, err);
}

static hp_code read_match(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    out->kind = HP_STAGE_MATCH;
    return hp_pipeline_read_match(p, arg, out, err);
}

/* Each branch begins with the same documents, so each reads names as they are here. */
static hp_code read_facet(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    const hp_pipeline_parser before = *p;
    out->kind = HP_STAGE_FACET;
    if (!hp_is(arg, HP_OBJECT) || arg->object.count == 0) return wrong(p, "needs an object of pipelines.", err);
    out->facet_count = arg->object.count;
    out->facet_names = HP_NEW_ARRAY(p->expr.mem, hp_str, out->facet_count);
    out->facets = HP_NEW_ARRAY(p->expr.mem, hp_stage_list *, out->facet_count);
    p->expr.whole = true; /* which names all branches read together is not worked out */
    for (size_t i = 0; i < out->facet_count; i++) {
        out->facet_names[i] = arg->object.items[i].key;
        out->facets[i] = HP_NEW(p->expr.mem, hp_stage_list);
        p->expr.stage = "$facet:";
        HP_TRY(hp_expr_check_path(&p->expr, out->facet_names[i], err));
        HP_TRY(read_stages(p, &arg->object.items[i].value, 1, out->facets[i], err));
        p->cls = before.cls;
        p->expr.names = before.expr.names;
    }
    close_documents(p);
    return HP_OK;
}

static const struct {
    const char *name;
    stage_reader read;
} STAGES[] = {
    { "$match", read_match },         { "$project", read_project }, { "$addFields", read_add_fields },
    { "$set", read_add_fields },      { "$unset", read_unset },     { "$group", read_group },
    { "$sort", read_sort },           { "$limit", read_limit },     { "$skip", read_skip },
    { "$unwind", read_unwind },       { "$lookup", read_lookup },   { "$sample", read_sample },
    { "$count", read_count },         { "$facet", read_facet },     { "$replaceRoot", read_replace_root },
    { "$replaceWith", read_replace },
};

/* {$sortByCount: e} is a $group and a $sort. */
static hp_code read_sort_by_count(hp_pipeline_parser *p, const hp_value *arg, hp_stage *group, hp_stage *sort,
                                  hp_err *err)
{
    const bool path = hp_is(arg, HP_STRING) && hp_str_starts(arg->string, HP_STR("$"));
    if (!path && !is_operation(arg)) return wrong(p, "needs a path that begins with '$', or an expression.", err);
    group->kind = HP_STAGE_GROUP;
    group->exprs = HP_NEW_ARRAY(p->expr.mem, const hp_expr *, 1);
    HP_TRY(hp_expr_parse(&p->expr, arg, &group->exprs[0], err));
    note_pointer_key(p, arg);
    group->accumulators = HP_NEW(p->expr.mem, hp_accumulator);
    group->accumulators[0] = (hp_accumulator){ .name = HP_STR("count"), .kind = HP_ACC_COUNT };
    group->accumulator_count = 1;
    sort->kind = HP_STAGE_SORT;
    sort->keys = HP_NEW(p->expr.mem, hp_sort_key);
    sort->key_count = 1;
    close_documents(p);
    sort->keys[0] = (hp_sort_key){ hp_pipeline_path(p, HP_STR("count")), true };
    return HP_OK;
}

/* ---- the list ---- */

static hp_code one_key(const hp_value *stage, hp_arena *mem, hp_err *err)
{
    if (hp_is(stage, HP_OBJECT) && stage->object.count == 1) return HP_OK;
    hp_str names = HP_STR("");
    for (uint32_t i = 0; hp_is(stage, HP_OBJECT) && i < stage->object.count && i < 10; i++)
        names = hp_arena_printf(mem, "%" HP_STR_FMT "%s%" HP_STR_FMT, HP_STR_ARG(names), i > 0 ? ", " : "",
                                HP_STR_ARG(stage->object.items[i].key));
    return hp_fail(err, HP_E_INVALID_QUERY, "Pipeline stages should only have one key but found %" HP_STR_FMT ".",
                   HP_STR_ARG(names));
}

static hp_code unknown_stage(hp_str name, hp_err *err)
{
    if (name.len == 0 || name.ptr[0] != '$')
        return hp_fail(err, HP_E_INVALID_QUERY, "Invalid aggregate stage '%" HP_STR_FMT "'.", HP_STR_ARG(name));
    if (hp_str_eq(name, HP_STR("$out")) || hp_str_eq(name, HP_STR("$merge")))
        return hp_fail(err, HP_E_INVALID_QUERY, "The stage %" HP_STR_FMT " writes, and is not allowed.",
                       HP_STR_ARG(name));
    return hp_fail(err, HP_E_INVALID_QUERY, "The stage %" HP_STR_FMT " is not supported.", HP_STR_ARG(name));
}

static hp_code read_stage(hp_pipeline_parser *p, const hp_member *m, int depth, hp_stage_list *out, hp_err *err)
{
    if (++p->stages > HP_PIPELINE_STAGES_MAX)
        return hp_fail(err, HP_E_INVALID_QUERY, "The pipeline has more than %d stages.", HP_PIPELINE_STAGES_MAX);
    if (depth > 0 && hp_str_eq(m->key, HP_STR("$facet"))) return wrong(p, "cannot hold another $facet.", err);
    if (hp_str_eq(m->key, HP_STR("$sortByCount"))) {
        p->expr.stage = "$sortByCount";
        HP_TRY(read_sort_by_count(p, &m->value, &out->items[out->count], &out->items[out->count + 1], err));
        out->count += 2;
        return HP_OK;
    }
    for (size_t i = 0; i < sizeof STAGES / sizeof *STAGES; i++) {
        if (!hp_str_eq(m->key, hp_str_of(STAGES[i].name))) continue;
        p->expr.stage = STAGES[i].name;
        return STAGES[i].read(p, &m->value, &out->items[out->count++], err);
    }
    return unknown_stage(m->key, err);
}

/* A $limit behind a $sort, or behind a $skip there, says how many the $sort has to keep. */
static void bound_sorts(const hp_stage_list *list)
{
    double n = 0; /* what the stages from the next one on take of what they are given; 0: all */
    for (size_t i = list->count; i > 0; i--) {
        hp_stage *st = &list->items[i - 1];
        if (st->kind == HP_STAGE_LIMIT)
            n = n > 0 && n < st->n ? n : st->n;
        else if (st->kind == HP_STAGE_SKIP)
            n = n > 0 ? n + st->n : 0;
        else if (st->kind == HP_STAGE_SORT)
            st->n = n;
        if (st->kind != HP_STAGE_LIMIT && st->kind != HP_STAGE_SKIP) n = 0;
    }
}

static hp_code read_stages(hp_pipeline_parser *p, const hp_value *stages, int depth, hp_stage_list *out, hp_err *err)
{
    if (!hp_is(stages, HP_ARRAY)) return hp_fail(err, HP_E_INVALID_QUERY, "A pipeline is an array of stages.");
    if (stages->array.count > HP_PIPELINE_STAGES_MAX)
        return hp_fail(err, HP_E_INVALID_QUERY, "The pipeline has more than %d stages.", HP_PIPELINE_STAGES_MAX);
    out->items = HP_NEW_ARRAY(p->expr.mem, hp_stage, 2 * (size_t)stages->array.count);
    for (uint32_t i = 0; i < stages->array.count; i++) HP_TRY(one_key(&stages->array.items[i], p->expr.mem, err));
    for (uint32_t i = 0; i < stages->array.count; i++)
        HP_TRY(read_stage(p, &stages->array.items[i].object.items[0], depth, out, err));
    bound_sorts(out);
    return HP_OK;
}

hp_code hp_pipeline_parse(const hp_class *cls, const hp_value *stages, bool raw, hp_arena *mem, hp_pipeline **out,
                          hp_err *err)
{
    hp_pipeline *made = HP_NEW(mem, hp_pipeline);
    hp_pipeline_parser p = { .expr = { .mem = mem, .names = { raw ? NULL : cls, raw } },
                             .out = made,
                             .cls = raw ? NULL : cls };

    *out = NULL;
    p.roots = hp_array();
    p.expr.roots = &p.roots;
    p.expr.nodes = &p.nodes;
    HP_TRY(read_stages(&p, stages, 0, &made->stages, err));
    if (p.roots_complete && !p.expr.whole) made->columns = hp_value_new(mem, p.roots);
    if (made->stages.count > 0 && made->stages.items[0].kind == HP_STAGE_MATCH)
        made->prefilter = made->stages.items[0].filter;
    *out = made;
    return HP_OK;
}

const hp_filter *hp_pipeline_prefilter(const hp_pipeline *p) { return p->prefilter; }
const hp_value *hp_pipeline_columns(const hp_pipeline *p) { return p->columns; }
bool hp_pipeline_groups_by_pointer(const hp_pipeline *p) { return p->groups_by_pointer; }

const hp_lookup *const *hp_pipeline_lookups(const hp_pipeline *p, size_t *count)
{
    *count = p->lookup_count;
    return (const hp_lookup *const *)p->lookups;
}

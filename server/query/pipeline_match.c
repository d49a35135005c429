/* query/pipeline_match.c — $match. It becomes the same tree that a where becomes, over documents with stored names, so that it
 * means the same as everywhere else; operators that the tree has no word for are refused by name. */
#include "base/limits.h"
#include "query/pipeline_internal.h"
#include "query/regex.h"
#include "value/date.h"

static hp_code read_condition(hp_pipeline_parser *p, const hp_value *arg, int depth, hp_stage *stage, hp_filter **out,
                              hp_err *err);

static hp_code count_node(hp_pipeline_parser *p, int depth, hp_err *err)
{
    if (depth > HP_QUERY_DEPTH_MAX) return hp_fail(err, HP_E_INVALID_QUERY, "$match is nested too deeply.");
    if (++p->nodes > HP_PIPELINE_NODES_MAX)
        return hp_fail(err, HP_E_INVALID_QUERY, "The pipeline has more than %d conditions.", HP_PIPELINE_NODES_MAX);
    return HP_OK;
}

static bool is_operator(hp_str key) { return key.len > 0 && key.ptr[0] == '$'; }

/* ---- paths and operands ---- */

typedef struct target {
    hp_path path;
    const hp_field *stored; /* the field of the class that it names, or NULL */
} target;

static hp_code read_target(hp_pipeline_parser *p, hp_str key, target *out, hp_err *err)
{
    HP_TRY(hp_expr_check_path(&p->expr, key, err));
    out->path = hp_pipeline_path(p, key);
    out->stored = p->cls != NULL && out->path.segment_count == 0 ? hp_class_field(p->cls, key) : NULL;
    return HP_OK;
}

/* Texts for dates become dates, ids and pointers the stored text of a pointer. */
static hp_value operand(const hp_pipeline_parser *p, const target *t, const hp_value *v)
{
    hp_arena *mem = p->expr.mem;
    int64_t ms;
    if (t->stored != NULL && t->stored->type == HP_T_DATE && v->tag == HP_STRING && hp_date_parse(v->string, &ms))
        return hp_date(ms);
    if (v->tag == HP_POINTER && t->path.segment_count == 0 && t->stored != NULL && t->stored->type == HP_T_POINTER)
        return hp_string(hp_arena_printf(mem, "%" HP_STR_FMT "$%" HP_STR_FMT, HP_STR_ARG(v->pointer.class_name),
                                         HP_STR_ARG(v->pointer.object_id)));
    if (t->stored == NULL || t->stored->type != HP_T_POINTER || v->tag != HP_STRING) return *v;
    const hp_str prefix = hp_arena_printf(mem, "%" HP_STR_FMT "$", HP_STR_ARG(t->stored->target_class));
    if (hp_str_starts(v->string, prefix)) return *v;
    return hp_string(hp_arena_printf(mem, "%" HP_STR_FMT "%" HP_STR_FMT, HP_STR_ARG(prefix), HP_STR_ARG(v->string)));
}

static hp_filter *new_leaf(const hp_pipeline_parser *p, hp_filter_kind kind, const target *t)
{
    return hp_filter_new(p->expr.mem, kind, t->path);
}

/* ---- operators ---- */

static const struct {
    hp_str name;
    hp_filter_kind kind;
} OPS[] = {
    { HP_STR_INIT("$eq"), HP_FILTER_EQ },   { HP_STR_INIT("$ne"), HP_FILTER_NE },
    { HP_STR_INIT("$lt"), HP_FILTER_LT },   { HP_STR_INIT("$lte"), HP_FILTER_LTE },
    { HP_STR_INIT("$gt"), HP_FILTER_GT },   { HP_STR_INIT("$gte"), HP_FILTER_GTE },
    { HP_STR_INIT("$in"), HP_FILTER_IN },   { HP_STR_INIT("$nin"), HP_FILTER_NIN },
    { HP_STR_INIT("$all"), HP_FILTER_ALL }, { HP_STR_INIT("$exists"), HP_FILTER_EXISTS },
};

static hp_code read_list(hp_pipeline_parser *p, const target *t, hp_str name, const hp_value *arg, hp_filter *f,
                         hp_err *err)
{
    if (!hp_is(arg, HP_ARRAY) || arg->array.count > HP_QUERY_LIST_MAX)
        return hp_fail(err, HP_E_INVALID_QUERY, "$match: %" HP_STR_FMT " needs an array of at most %d values.",
                       HP_STR_ARG(name), HP_QUERY_LIST_MAX);
    hp_value *items = HP_NEW_ARRAY(p->expr.mem, hp_value, arg->array.count);
    for (uint32_t i = 0; i < arg->array.count; i++) items[i] = operand(p, t, &arg->array.items[i]);
    hp_filter_put_list(f, items, arg->array.count, p->expr.mem);
    return HP_OK;
}

static hp_code read_regex(hp_pipeline_parser *p, const target *t, const hp_value *all, const hp_value *arg,
                          hp_filter **out, hp_err *err)
{
    const hp_value *options = hp_object_get(all, HP_STR("$options"));
    if (!hp_is(arg, HP_STRING) || (options != NULL && options->tag != HP_STRING))
        return hp_fail(err, HP_E_INVALID_QUERY, "$match: $regex and $options must be texts.");
    *out = new_leaf(p, HP_FILTER_REGEX, t);
    return hp_regex_compile(p->expr.mem, arg->string, options != NULL ? options->string : HP_STR(""), &(*out)->regex,
                            err);
}

static hp_code read_operators(hp_pipeline_parser *p, const target *t, const hp_value *all, int depth, hp_filter **out,
                              hp_err *err);

static hp_code read_operator(hp_pipeline_parser *p, const target *t, const hp_value *all, const hp_member *m, int depth,
                             hp_filter **out, hp_err *err)
{
    HP_TRY(count_node(p, depth, err));
    if (hp_str_eq(m->key, HP_STR("$regex"))) return read_regex(p, t, all, &m->value, out, err);
    if (hp_str_eq(m->key, HP_STR("$options")) && hp_object_get(all, HP_STR("$regex")) != NULL) return HP_OK;
    if (hp_str_eq(m->key, HP_STR("$not"))) {
        hp_filter **inner = HP_NEW(p->expr.mem, hp_filter *);
        if (m->value.tag != HP_OBJECT || m->value.object.count == 0 || !is_operator(m->value.object.items[0].key))
            return hp_fail(err, HP_E_INVALID_QUERY, "$match: $not needs operators.");
        HP_TRY(read_operators(p, t, &m->value, depth + 1, inner, err));
        *out = hp_filter_new(p->expr.mem, HP_FILTER_NOR, (hp_path){ 0 });
        (*out)->children.items = inner;
        (*out)->children.count = 1;
        return HP_OK;
    }
    for (size_t i = 0; i < sizeof OPS / sizeof *OPS; i++) {
        if (!hp_str_eq(m->key, OPS[i].name)) continue;
        const hp_filter_kind kind = OPS[i].kind;
        *out = new_leaf(p, kind, t);
        if (kind == HP_FILTER_IN || kind == HP_FILTER_NIN || kind == HP_FILTER_ALL)
            return read_list(p, t, m->key, &m->value, *out, err);
        if (kind == HP_FILTER_EXISTS) {
            (*out)->flag = hp_truthy(&m->value);
            (*out)->null_exists = true;
            return HP_OK;
        }
        (*out)->operand = operand(p, t, &m->value);
        const hp_tag tag = (*out)->operand.tag;
        const bool ordered =
            tag == HP_NUMBER || tag == HP_DECIMAL || tag == HP_STRING || tag == HP_DATE || tag == HP_BOOL;
        if (kind != HP_FILTER_EQ && kind != HP_FILTER_NE && !ordered)
            return hp_fail(err, HP_E_INVALID_QUERY,
                           "$match: %" HP_STR_FMT " compares numbers, texts, dates and booleans.", HP_STR_ARG(m->key));
        return HP_OK;
    }
    return hp_fail(err, HP_E_INVALID_QUERY, "$match: the operator %" HP_STR_FMT " is not supported.",
                   HP_STR_ARG(m->key));
}

static hp_code read_operators(hp_pipeline_parser *p, const target *t, const hp_value *all, int depth, hp_filter **out,
                              hp_err *err)
{
    hp_filter **parts = HP_NEW_ARRAY(p->expr.mem, hp_filter *, all->object.count);
    HP_TRY(count_node(p, depth, err));
    for (uint32_t i = 0; i < all->object.count; i++)
        HP_TRY(read_operator(p, t, all, &all->object.items[i], depth, &parts[i], err));
    *out = hp_filter_join(p->expr.mem, HP_FILTER_AND, parts, all->object.count);
    return HP_OK;
}

/* ---- the tree ---- */

static hp_code read_branches(hp_pipeline_parser *p, const hp_member *m, int depth, hp_stage *stage, hp_filter **out,
                             hp_err *err)
{
    const hp_value *list = &m->value;
    if (!hp_is(list, HP_ARRAY) || list->array.count == 0)
        return hp_fail(err, HP_E_INVALID_QUERY, "$match: %" HP_STR_FMT " needs an array that is not empty.",
                       HP_STR_ARG(m->key));
    hp_filter **parts = HP_NEW_ARRAY(p->expr.mem, hp_filter *, list->array.count);
    for (uint32_t i = 0; i < list->array.count; i++)
        HP_TRY(read_condition(p, &list->array.items[i], depth + 1, stage, &parts[i], err));
    if (!hp_str_eq(m->key, HP_STR("$nor"))) {
        *out = hp_filter_join(p->expr.mem, hp_str_eq(m->key, HP_STR("$or")) ? HP_FILTER_OR : HP_FILTER_AND, parts,
                              list->array.count);
        return HP_OK;
    }
    *out = hp_filter_new(p->expr.mem, HP_FILTER_NOR, (hp_path){ 0 });
    (*out)->children.items = parts;
    (*out)->children.count = list->array.count;
    return HP_OK;
}

static hp_code read_member(hp_pipeline_parser *p, const hp_member *m, int depth, hp_stage *stage, hp_filter **out,
                           hp_err *err)
{
    target t;
    HP_TRY(count_node(p, depth, err));
    if (hp_str_eq(m->key, HP_STR("$and")) || hp_str_eq(m->key, HP_STR("$or")) || hp_str_eq(m->key, HP_STR("$nor")))
        return read_branches(p, m, depth, stage, out, err);
    if (hp_str_eq(m->key, HP_STR("$expr"))) {
        if (depth > 0)
            return hp_fail(err, HP_E_INVALID_QUERY, "$match: $expr is supported beside the other conditions only.");
        return hp_expr_parse(&p->expr, &m->value, &stage->exprs[stage->expr_count++], err);
    }
    if (hp_str_eq(m->key, HP_STR("$comment"))) return HP_OK;
    if (is_operator(m->key))
        return hp_fail(err, HP_E_INVALID_QUERY, "$match: %" HP_STR_FMT " is not supported.", HP_STR_ARG(m->key));
    HP_TRY(read_target(p, m->key, &t, err));
    if (m->value.tag == HP_OBJECT && m->value.object.count > 0 && is_operator(m->value.object.items[0].key))
        return read_operators(p, &t, &m->value, depth, out, err);
    *out = new_leaf(p, HP_FILTER_EQ, &t);
    (*out)->operand = operand(p, &t, &m->value);
    return HP_OK;
}

static hp_code read_condition(hp_pipeline_parser *p, const hp_value *arg, int depth, hp_stage *stage, hp_filter **out,
                              hp_err *err)
{
    if (!hp_is(arg, HP_OBJECT)) return hp_fail(err, HP_E_INVALID_QUERY, "$match needs an object.");
    HP_TRY(count_node(p, depth, err));
    hp_filter **parts = HP_NEW_ARRAY(p->expr.mem, hp_filter *, arg->object.count);
    for (uint32_t i = 0; i < arg->object.count; i++)
        HP_TRY(read_member(p, &arg->object.items[i], depth, stage, &parts[i], err));
    *out = hp_filter_join(p->expr.mem, HP_FILTER_AND, parts, arg->object.count);
    return HP_OK;
}

hp_code hp_pipeline_read_match(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err)
{
    hp_filter *filter = NULL;
    out->exprs = HP_NEW_ARRAY(p->expr.mem, const hp_expr *, 1);
    HP_TRY(read_condition(p, arg, 0, out, &filter, err));
    out->filter = filter;
    return HP_OK;
}

/* core/aggregate.c — from the parameters of /aggregate to its results.
 *
 * What the store can decide by its columns goes into its query: the conditions of a leading $match, and which columns are read
 * at all. That is a filter for speed alone: every stage is evaluated on what comes back, so the meaning is the pipeline's. */
#include "core/aggregate.h"

#include "core/aggregate_document.h"
#include "core/core_internal.h"
#include "core/subquery.h"
#include "core/trigger.h"
#include "query/numeric.h"
#include "query/find.h"
#include "query/match.h"
#include "query/pipeline.h"
#include "query/where.h"

typedef struct aggregation {
    hp_call *call;
    const hp_class *cls; /* NULL: does not exist */
    hp_aggregate_form form;
    hp_find_params p;         /* where, for distinct */
    const hp_value *distinct; /* or NULL */
    const hp_value *stages;
} aggregation;

/* ---- parameters ---- */

static bool is_find_parameter(hp_str name)
{
    static const hp_str NAMES[] = { HP_STR_INIT("where"), HP_STR_INIT("hint"), HP_STR_INIT("explain"),
                                    HP_STR_INIT("comment"), HP_STR_INIT("readPreference") };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (hp_str_eq(name, NAMES[i])) return true;
    return false;
}

static bool takes_flag(const hp_member *m, hp_str name, bool *flag)
{
    if (!hp_str_eq(m->key, name) || m->value.tag != HP_BOOL) return false;
    *flag = m->value.boolean;
    return true;
}

/* A pipeline as an array, or an object whose members are the stages in order. */
static const hp_value *as_stages(hp_arena *mem, const hp_value *v)
{
    if (v->tag != HP_OBJECT) return v;
    hp_value list = hp_array();
    for (uint32_t i = 0; i < v->object.count; i++) {
        hp_value stage = hp_object();
        hp_object_append(mem, &stage, v->object.items[i].key, v->object.items[i].value);
        hp_array_push(mem, &list, stage);
    }
    return hp_value_new(mem, list);
}

static hp_code read_parameters(aggregation *a, const hp_value *params, hp_err *err)
{
    hp_arena *mem = a->call->mem;
    hp_value find = hp_object(), rest = hp_object();
    const hp_value *pipeline = NULL;

    a->form =
        (hp_aggregate_form){ a->call->settings->aggregation_raw_values, a->call->settings->aggregation_raw_names };
    for (uint32_t i = 0; i < params->object.count; i++) {
        const hp_member *m = &params->object.items[i];
        if (is_find_parameter(m->key))
            hp_object_append(mem, &find, m->key, m->value);
        else if (hp_str_eq(m->key, HP_STR("distinct")))
            a->distinct = hp_truthy(&m->value) ? &m->value : NULL;
        else if (hp_str_eq(m->key, HP_STR("pipeline")) && hp_truthy(&m->value))
            pipeline = &m->value;
        else if (!takes_flag(m, HP_STR("rawValues"), &a->form.raw_values) &&
                 !takes_flag(m, HP_STR("rawFieldNames"), &a->form.raw_names))
            hp_object_append(mem, &rest, m->key, m->value);
    }
    a->stages = as_stages(mem, pipeline != NULL ? pipeline : &rest);
    if (a->form.raw_values) a->stages = hp_value_new(mem, hp_aggregate_from_extended(mem, a->stages));
    if (a->distinct != NULL && a->distinct->tag != HP_STRING)
        return hp_fail(err, HP_E_INVALID_QUERY, "distinct must be the name of a field.");
    return hp_find_params_read(&find, HP_FIND_QUERY, mem, &a->p, err);
}

/* ---- what the store decides ---- */

static bool comparable(const hp_field *f, hp_tag tag)
{
    return (f->type == HP_T_STRING && tag == HP_STRING) || (f->type == HP_T_NUMBER && tag == HP_NUMBER) ||
           (f->type == HP_T_DECIMAL && tag == HP_DECIMAL) || (f->type == HP_T_BOOLEAN && tag == HP_BOOL) ||
           (f->type == HP_T_DATE && tag == HP_DATE);
}

/* An operand over the stored document as the field's own; false if no column equals it. */
static bool field_operand(const hp_field *f, const hp_value *v, hp_value *out)
{
    *out = *v;
    if (f->type == HP_T_DECIMAL && v->tag == HP_NUMBER)
        return hp_numeric_equal(f->type, v, out); /* every number has one */
    if (f->type != HP_T_POINTER) return comparable(f, v->tag);
    const hp_str text = hp_text(v);
    if (!hp_str_starts(text, f->target_class) || text.len <= f->target_class.len ||
        text.ptr[f->target_class.len] != '$')
        return false;
    *out = hp_pointer(f->target_class, hp_str_sub(text, f->target_class.len + 1, SIZE_MAX));
    return true;
}

/* A condition on columns that holds wherever `f` does; NULL: none is known. */
static hp_filter *on_columns(const aggregation *a, const hp_filter *f)
{
    hp_arena *mem = a->call->mem;
    if (f->kind == HP_FILTER_AND || f->kind == HP_FILTER_OR) {
        hp_filter **parts = HP_NEW_ARRAY(mem, hp_filter *, f->children.count);
        for (size_t i = 0; i < f->children.count; i++) {
            parts[i] = on_columns(a, f->children.items[i]);
            if (parts[i] == NULL && f->kind == HP_FILTER_OR) return NULL;
        }
        return f->children.count == 0 ? NULL : hp_filter_join(mem, f->kind, parts, f->children.count);
    }
    const bool single = f->kind == HP_FILTER_EQ || f->kind == HP_FILTER_LT || f->kind == HP_FILTER_LTE ||
                        f->kind == HP_FILTER_GT || f->kind == HP_FILTER_GTE;
    if ((!single && f->kind != HP_FILTER_IN) || f->path.segment_count > 0) return NULL;
    const hp_field *field = hp_aggregate_field(a->cls, f->path.field->name);
    if (field == NULL || (field->type == HP_T_POINTER && single && f->kind != HP_FILTER_EQ)) return NULL;
    hp_filter *own = hp_filter_new(mem, f->kind, (hp_path){ .field = field });
    if (single) return field_operand(field, &f->operand, &own->operand) ? own : NULL;
    hp_value *items = HP_NEW_ARRAY(mem, hp_value, f->list.count);
    for (size_t i = 0; i < f->list.count; i++)
        if (!field_operand(field, &f->list.items[i], &items[i])) return NULL;
    hp_filter_put_list(own, items, f->list.count, mem);
    return own;
}

/* Only the columns that the pipeline reads. */
static void project(const hp_class *cls, const hp_value *columns, hp_arena *mem, hp_query *q)
{
    if (columns == NULL) return;
    q->project = HP_NEW_ARRAY(mem, const hp_field *, columns->array.count + 1);
    for (uint32_t i = 0; i < columns->array.count; i++) {
        const hp_field *f = hp_aggregate_field(cls, columns->array.items[i].string);
        bool listed = f == NULL || f->type == HP_T_RELATION;
        for (size_t k = 0; k < q->project_count && !listed; k++) listed = q->project[k] == f;
        if (!listed) q->project[q->project_count++] = f;
    }
}

/* ---- running ---- */

typedef struct feeder {
    const hp_class *cls;
    hp_pipeline_run *run;
    size_t lookup; /* feed_foreign */
    hp_path path;  /* feed_distinct, in clients' names */
} feeder;

static hp_code feed(void *arg, const hp_row *row, hp_arena *batch, bool *stop, hp_err *err)
{
    const feeder *f = arg;
    const hp_value doc = hp_aggregate_document(f->cls, row, batch);
    return hp_pipeline_push(f->run, &doc, batch, stop, err);
}

static hp_code feed_foreign(void *arg, const hp_row *row, hp_arena *batch, bool *stop, hp_err *err)
{
    const feeder *f = arg;
    const hp_value doc = hp_aggregate_document(f->cls, row, batch);
    (void)stop;
    return hp_pipeline_add_foreign(f->run, f->lookup, &doc, err);
}

static hp_query everything(const hp_call *call, const hp_class *cls)
{
    return (
        hp_query){ .cls = cls, .readable_by = { .unrestricted = true }, .limit = -1, .deadline_ms = call->deadline_ms };
}

/* A $lookup into a class with more objects than this waits until it knows which of them it needs. */
enum { SMALL_CLASS_ROWS = 5000 };

typedef struct foreign {
    hp_call *call;
    const hp_class *cls;
    hp_str field; /* stored name */
} foreign;

/* Rows whose column `name` may be one of `keys`; NULL: all rows. */
static hp_filter *with_keys(const hp_class *cls, hp_str name, const hp_value *keys, hp_arena *mem)
{
    const hp_field *field = hp_aggregate_field(cls, name);
    const bool plain =
        field != NULL && (field->type == HP_T_POINTER || field->type == HP_T_STRING || field->type == HP_T_NUMBER ||
                          field->type == HP_T_DECIMAL || field->type == HP_T_DATE || field->type == HP_T_BOOLEAN);
    if (keys == NULL || !plain) return NULL;
    hp_value *items = HP_NEW_ARRAY(mem, hp_value, keys->array.count);
    size_t count = 0;
    for (uint32_t i = 0; i < keys->array.count; i++) { /* what no value of this type equals would find nothing */
        const hp_value *v = &keys->array.items[i];
        items[count] = *v;
        count += v->tag == HP_NULL || (hp_is_numeric(v) ? hp_numeric_equal(field->type, v, &items[count])
                                                        : field_operand(field, v, &items[count]));
    }
    hp_filter *f = hp_filter_new(mem, HP_FILTER_IN, (hp_path){ .field = field });
    hp_filter_put_list(f, items, count, mem);
    return f;
}

static hp_code fetch_foreign(void *arg, hp_pipeline_run *run, size_t at, const hp_value *keys, hp_err *err)
{
    const foreign *l = arg;
    feeder f = { .cls = l->cls, .run = run, .lookup = at };
    hp_query q = everything(l->call, l->cls);
    q.filter = with_keys(l->cls, l->field, keys, l->call->mem);
    return hp_store_scan(l->call->core->parts.store, &q, feed_foreign, &f, err);
}

static hp_code read_lookups(const aggregation *a, const hp_pipeline *p, hp_pipeline_run *run, hp_err *err)
{
    size_t count;
    const hp_lookup *const *lookups = hp_pipeline_lookups(p, &count);
    for (size_t i = 0; i < count; i++) {
        int64_t rows;
        foreign *l = HP_NEW(a->call->mem, foreign);
        *l = (foreign){ a->call, hp_schema_class(a->call->schema, lookups[i]->from), lookups[i]->foreign_name };
        if (l->cls == NULL) continue; /* a class that is not there has no objects */
        const hp_query q = everything(a->call, l->cls);
        HP_TRY(hp_store_count(a->call->core->parts.store, &q, &rows, err));
        if (rows > SMALL_CLASS_ROWS)
            hp_pipeline_fetch_later(run, i, fetch_foreign, l);
        else
            HP_TRY(fetch_foreign(l, run, i, NULL, err));
    }
    return HP_OK;
}

static hp_code run_pipeline(const aggregation *a, hp_value *results, hp_err *err)
{
    hp_call *call = a->call;
    hp_pipeline *p;
    hp_value docs;
    HP_TRY(hp_pipeline_parse(a->cls, a->stages, a->form.raw_names, call->mem, &p, err));
    if (a->cls == NULL) return HP_OK;
    hp_query q = everything(call, a->cls);
    if (hp_pipeline_prefilter(p) != NULL) q.filter = on_columns(a, hp_pipeline_prefilter(p));
    project(a->cls, hp_pipeline_columns(p), call->mem, &q);
    if (a->p.explain) return hp_read_explain(call, &q, results, err);

    hp_pipeline_run *run = hp_pipeline_start(p, call->core->parts.rand, call->now_ms, call->mem);
    HP_TRY(read_lookups(a, p, run, err));
    feeder f = { .cls = a->cls, .run = run };
    HP_TRY(hp_store_scan(call->core->parts.store, &q, feed, &f, err));
    HP_TRY(hp_pipeline_finish(run, &docs, err));
    const bool cut = hp_pipeline_groups_by_pointer(p);
    for (uint32_t i = 0; i < docs.array.count; i++)
        hp_array_push(call->mem, results, hp_aggregate_answer(call, a->cls, a->form, cut, &docs.array.items[i]));
    return HP_OK;
}

static hp_code feed_value(const feeder *f, const hp_value *v, hp_arena *batch, hp_err *err)
{
    bool done;
    hp_value doc = hp_object();
    hp_object_append(batch, &doc, HP_STR("v"), *v);
    return hp_pipeline_push(f->run, &doc, batch, &done, err);
}

static hp_code feed_distinct(void *arg, const hp_row *row, hp_arena *batch, bool *stop, hp_err *err)
{
    const feeder *f = arg;
    bool absent;
    const hp_value fields = hp_aggregate_fields(f->cls, row, batch);
    const hp_value values = hp_path_values(batch, &fields, &f->path, &absent);
    (void)stop;
    for (uint32_t i = 0; i < values.array.count; i++) {
        const hp_value *v = &values.array.items[i];
        if (!hp_is(v, HP_ARRAY)) HP_TRY(feed_value(f, v, batch, err));
        for (uint32_t k = 0; hp_is(v, HP_ARRAY) && k < v->array.count; k++)
            HP_TRY(feed_value(f, &v->array.items[k], batch, err));
    }
    return HP_OK;
}

/* distinct: the values at the path, arrays by element, grouped by themselves. */
static hp_code run_distinct(const aggregation *a, hp_value *results, hp_err *err)
{
    hp_call *call = a->call;
    hp_arena *mem = call->mem;
    hp_reader reader = { .call = call };
    const hp_where_rules rules = { .internal_names = true, .allow_regex = true, .now_ms = call->now_ms };
    hp_expr_parser names = { .mem = mem, .stage = "distinct" };
    hp_value stages = hp_array(), stage = hp_object(), group = hp_object(), docs;
    hp_filter *where = NULL;
    hp_pipeline *p;

    HP_TRY(hp_expr_check_path(&names, a->distinct->string, err));
    if (a->p.where != NULL) HP_TRY(hp_where_parse(a->cls, a->p.where, &rules, mem, &where, err));
    if (a->cls == NULL) return HP_OK;
    if (where != NULL) HP_TRY(hp_subqueries_resolve(&reader, a->cls, where, 0, err));
    hp_query q = everything(call, a->cls);
    q.filter = where;
    if (a->p.explain) return hp_read_explain(call, &q, results, err);

    hp_object_append(mem, &group, HP_STR("_id"), hp_string(HP_STR("$v")));
    hp_object_append(mem, &stage, HP_STR("$group"), group);
    hp_array_push(mem, &stages, stage);
    HP_TRY(hp_pipeline_parse(NULL, &stages, true, mem, &p, err));
    feeder f = { .cls = a->cls,
                 .run = hp_pipeline_start(p, call->core->parts.rand, call->now_ms, mem),
                 .path = hp_path_read(mem, a->distinct->string) };
    HP_TRY(hp_store_scan(call->core->parts.store, &q, feed_distinct, &f, err));
    HP_TRY(hp_pipeline_finish(f.run, &docs, err));
    for (uint32_t i = 0; i < docs.array.count; i++) {
        const hp_value *v = hp_object_get(&docs.array.items[i], HP_STR("_id"));
        if (!hp_is_null(v)) hp_array_push(mem, results, hp_aggregate_value(call, (hp_aggregate_form){ 0 }, v));
    }
    return HP_OK;
}

/* beforeFind may refuse an aggregation; what it makes of the query is not looked at, as in Parse Server. */
static hp_code before_find(const aggregation *a, hp_str class_name, hp_err *err)
{
    hp_arena *mem = a->call->mem;
    hp_value query = hp_object(), *asked = &query;
    hp_object_append(mem, &query, HP_STR("where"), a->p.where != NULL ? hp_value_copy(mem, a->p.where) : hp_object());
    if (a->distinct != NULL)
        hp_object_append(mem, &query, HP_STR("distinct"), *a->distinct);
    else
        hp_object_append(mem, &query, HP_STR("pipeline"), hp_value_copy(mem, a->stages));
    return hp_trigger_before_find(a->call, hp_class_canonical_name(class_name), false, false, &asked, err);
}

hp_code hp_aggregate(hp_call *call, hp_str class_name, const hp_value *params, hp_value *results, hp_err *err)
{
    aggregation a = { .call = call };
    *results = hp_array();
    HP_TRY(hp_call_require_master(call, err));
    if (call->who.access == HP_ACCESS_READ_ONLY && !call->settings->read_only_aggregation)
        return hp_fail(err, HP_E_OPERATION_FORBIDDEN,
                       "Cannot run an aggregation pipeline when using the readOnlyMasterKey");
    a.cls = hp_call_class(call, hp_class_canonical_name(class_name));
    HP_TRY(read_parameters(&a, params, err));
    HP_TRY(before_find(&a, class_name, err));
    return a.distinct != NULL ? run_distinct(&a, results, err) : run_pipeline(&a, results, err);
}

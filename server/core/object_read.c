/* core/object_read.c — find and get, from raw parameters to what the caller may see of the objects.
 *
 * The order of the steps is the design:
 *   1. Parameters are decoded, a redirect is followed: from then on there is one class, and every check is about that one.
 *   2. beforeFind runs before CLP, as in Parse, but not for a class that is none of the caller's business at all.
 *   3. Permission yields conditions and hidden names; where and order are read with these, so that a hidden field can be
 *      neither asked for nor sorted by.
 *   4. Conditions that need other queries are resolved with the caller's rights.
 *   5. The store finds and counts under the ACL; the serialiser makes the caller's view; includes, then afterFind.
 * Not here: who may (permission.c), what is shown of an object (serialise.c), sub-queries and includes themselves. */
#include "core/object_read.h"

#include "base/limits.h"
#include "core/core_internal.h"
#include "core/include.h"
#include "core/schema.h"
#include "core/subquery.h"
#include "core/trigger.h"
#include "query/where.h"

typedef struct finder { /* one query on its way */
    hp_reader *r;
    hp_call *call;
    hp_str class_name;   /* canonical, after a redirect */
    const hp_class *cls; /* NULL: does not exist */
    hp_operation op;     /* GET or FIND */
    hp_find_form form;
    int depth;           /* sub-queries around this one */
    const hp_value *raw; /* parameters as sent, an object */
    hp_find_params p;
    bool redirected;
    hp_filter *ids; /* get, include: the objects asked for; NULL: all */
    hp_grant grant;
    hp_filter *where; /* resolved, with `ids`, without the grant's condition */
    hp_order *order;
    size_t order_count;
    const hp_filter *score; /* `keys=$score`: the $text whose score is asked for; or NULL */
    int64_t limit, skip;
    hp_projection projection;
} finder;

static const hp_value NO_PARAMS = { .tag = HP_OBJECT };

static void set_class(finder *f, hp_str name)
{
    f->class_name = hp_class_canonical_name(name);
    f->cls = hp_call_class(f->call, f->class_name);
}

static finder finder_new(hp_reader *r, hp_str class_name, hp_operation op, hp_find_form form, const hp_value *raw)
{
    finder f = { .r = r, .call = r->call, .op = op, .form = form, .raw = raw == NULL ? &NO_PARAMS : raw };
    set_class(&f, class_name);
    return f;
}

static hp_code not_found(hp_err *err) { return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "Object not found."); }

/* ---- steps 1 and 2 ---- */

static hp_code follow_redirect(finder *f, hp_err *err)
{
    const hp_str key = f->p.redirect_class_name_for_key;
    if (!hp_str_present(key)) return HP_OK;
    HP_TRY(hp_permit_class(f->call, f->class_name, f->cls, f->op, err));
    const hp_field *field = f->cls == NULL ? NULL : hp_class_field(f->cls, key);
    if (field != NULL && field->type == HP_T_RELATION) set_class(f, field->target_class);
    f->redirected = true;
    return HP_OK;
}

/* What cloud code sees of a get or an include: the same as of a find for these ids. */
static hp_value ids_as_where(hp_arena *mem, const hp_filter *ids)
{
    hp_value where = hp_object();
    if (ids->kind == HP_FILTER_EQ) {
        hp_object_append(mem, &where, HP_STR("objectId"), ids->operand);
        return where;
    }
    if (ids->list.count == 1) {
        hp_object_append(mem, &where, HP_STR("objectId"), ids->list.items[0]);
        return where;
    }
    hp_value list = hp_array(), in = hp_object();
    for (size_t i = 0; i < ids->list.count; i++) hp_array_push(mem, &list, ids->list.items[i]);
    hp_object_append(mem, &in, HP_STR("$in"), list);
    hp_object_append(mem, &where, HP_STR("objectId"), in);
    return where;
}

/* The parameters as an object that cloud code may change: nothing of it is shared with the request. */
static hp_value *query_for_hook(const finder *f)
{
    hp_arena *mem = f->call->mem;
    hp_value query = hp_value_copy(mem, f->raw);
    if (f->form == HP_FIND_SUBQUERY)
        (void)hp_object_remove(&query, HP_STR("className")); /* it is of this class by now */
    if (f->ids != NULL)
        hp_object_set(mem, &query, HP_STR("where"), ids_as_where(mem, f->ids));
    else
        hp_object_set(mem, &query, HP_STR("where"), f->p.where != NULL ? hp_value_copy(mem, f->p.where) : hp_object());
    if (f->op == HP_OPERATION_FIND && f->form == HP_FIND_QUERY && f->p.limit < 0)
        hp_object_set(mem, &query, HP_STR("limit"), hp_number((double)f->call->settings->default_limit));
    return hp_value_new(mem, query);
}

static hp_code before_find(finder *f, hp_err *err)
{
    hp_hooks *hooks = f->call->core->parts.hooks;
    if (!hp_hooks_has_trigger(hooks, HP_TRIGGER_BEFORE_FIND, f->class_name)) return HP_OK;
    HP_TRY(hp_permit_class(f->call, f->class_name, f->cls, f->op, err));

    hp_value *query = query_for_hook(f);
    HP_TRY(hp_trigger_before_find(f->call, f->class_name, f->op == HP_OPERATION_GET, f->p.count, &query, err));
    f->raw = query;
    return hp_find_params_read(query, f->form == HP_FIND_SUBQUERY ? HP_FIND_SUBQUERY : HP_FIND_QUERY, f->call->mem,
                               &f->p, err);
}

/* ---- steps 3 and 4 ---- */

/* One object that cannot be the caller's is not there; of several there are none. */
static hp_code permit(finder *f, hp_err *err)
{
    hp_operation op = f->op;
    HP_TRY(hp_permit_class(f->call, f->class_name, f->cls, op, err));
    if (op == HP_OPERATION_FIND) op = hp_operation_of_query(f->class_name, f->p.where);
    HP_TRY(hp_permit(f->call, f->class_name, f->cls, op, &f->grant, err));
    return op == HP_OPERATION_GET && f->cls != NULL && f->grant.none ? not_found(err) : HP_OK;
}

hp_where_rules hp_read_rules(const hp_call *call, hp_str class_name, const hp_grant *grant)
{
    const bool all = hp_call_unrestricted(call);
    hp_where_rules rules = { .internal_names = all,
                             .allow_regex = all || call->settings->complexity.allow_regex,
                             .depth_max = all ? HP_QUERY_DEPTH_MAX : (int)call->settings->complexity.query_depth,
                             .now_ms = call->now_ms };
    hp_permit_unaskable(call, class_name, grant, &rules.hidden, &rules.hidden_count);
    return rules;
}

static bool listed(hp_str name, const hp_str *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (hp_str_eq(list[i], name)) return true;
    return false;
}

static hp_code read_conditions(finder *f, hp_err *err)
{
    const hp_call *call = f->call;
    hp_filter *where = NULL;

    if (f->p.where != NULL || f->p.order_count > 0) {
        const hp_where_rules rules = hp_read_rules(call, f->class_name, &f->grant);
        if (f->p.where != NULL) HP_TRY(hp_where_parse(f->cls, f->p.where, &rules, call->mem, &where, err));
        HP_TRY(hp_order_resolve(f->cls, &f->p, where, rules.hidden, rules.hidden_count, call->mem, &f->order,
                                &f->order_count, err));
    }
    if (where != NULL && f->cls != NULL) HP_TRY(hp_subqueries_resolve(f->r, f->cls, where, f->depth, err));

    if (where != NULL && listed(HP_STR("$score"), f->p.keys, f->p.keys_count))
        f->score = hp_filter_required(where, HP_FILTER_TEXT);

    hp_filter *parts[] = { f->ids, where };
    f->where = hp_filter_join(call->mem, HP_FILTER_AND, parts, 2);
    return HP_OK;
}

/* ---- step 5 ---- */

static void ask_for(hp_projection *out, hp_str *keys, const hp_find_params *p, hp_str name)
{
    if (!listed(name, p->exclude_keys, p->exclude_count)) keys[out->key_count++] = hp_name_root(name);
}

/* `a.b` in keys asks for a; an include of all fields adds them to keys; from keys, excludeKeys takes those of the same name.
 * Without keys, `a.b` in excludeKeys is about the included object (include.c). */
static void read_projection(finder *f)
{
    const hp_find_params *p = &f->p;
    const size_t field_count = f->cls != NULL && p->include_all ? f->cls->field_count : 0;
    hp_str *keys = HP_NEW_ARRAY(f->call->mem, hp_str, p->keys_count + field_count),
           *exclude = HP_NEW_ARRAY(f->call->mem, hp_str, p->exclude_count);
    hp_projection out = { .keys = keys, .has_keys = p->has_keys, .exclude = exclude };

    for (size_t i = 0; i < p->keys_count; i++) ask_for(&out, keys, p, p->keys[i]);
    for (size_t i = 0; p->has_keys && i < field_count; i++)
        if (hp_include_all_takes(f->cls->fields[i])) ask_for(&out, keys, p, f->cls->fields[i]->name);
    for (size_t i = 0; !p->has_keys && i < p->exclude_count; i++)
        if (hp_str_find_char(p->exclude_keys[i], '.', 0) == SIZE_MAX) exclude[out.exclude_count++] = p->exclude_keys[i];
    f->projection = out;
}

/* The columns to read: those asked for, and those that decide per object what is hidden. */
static void project(const finder *f, hp_query *q)
{
    const hp_projection *p = &f->projection;
    if (!p->has_keys && p->exclude_count == 0) return;
    q->project = HP_NEW_ARRAY(f->call->mem, const hp_field *, f->cls->field_count);
    for (size_t i = 0; i < f->cls->field_count; i++) {
        const hp_field *field = f->cls->fields[i];
        if (field->internal || field->type == HP_T_RELATION) continue;
        const bool asked = (!p->has_keys || listed(field->name, p->keys, p->key_count)) &&
                           !listed(field->name, p->exclude, p->exclude_count);
        if (asked || hp_object_get(f->grant.protected_by_field, field->name) != NULL)
            q->project[q->project_count++] = field;
    }
}

static hp_query store_query(const finder *f, const hp_grant *grant)
{
    return (hp_query){ .cls = f->cls,
                       .filter = f->where,
                       .also = grant->also,
                       .readable_by = grant->scope,
                       .order = f->order,
                       .order_count = f->order_count,
                       .score = f->score,
                       .limit = f->limit,
                       .skip = f->skip,
                       .deadline_ms = f->call->deadline_ms };
}

static hp_code after_find(const finder *f, hp_value *results, hp_err *err)
{
    hp_hooks *hooks = f->call->core->parts.hooks;
    if (!hp_hooks_has_trigger(hooks, HP_TRIGGER_AFTER_FIND, f->class_name)) return HP_OK;

    hp_hook_request rq;
    hp_trigger_request(f->call, HP_TRIGGER_AFTER_FIND, f->class_name, &rq);
    rq.query = query_for_hook(f);
    rq.is_get = f->op == HP_OPERATION_GET;
    rq.objects = results;
    HP_TRY(hp_hooks_run_trigger(hooks, &rq, err));
    if (!hp_is(rq.objects, HP_ARRAY))
        return hp_fail(err, HP_E_SCRIPT_FAILED, "AfterFind expect results to be returned in an array");
    *results = *rq.objects;
    for (uint32_t i = 0; i < results->array.count; i++) { /* as Parse: what is no object is an empty one … */
        hp_value *item = &results->array.items[i];
        if (item->tag != HP_OBJECT) *item = hp_object();
        /* … and what cloud code had in its hands says its class */
        hp_object_set(f->call->mem, item, HP_STR("className"), hp_string(f->class_name));
    }
    return HP_OK;
}

/* Each find has a budget of the store; a hundred of them in one request (includes, sub-queries, the parts of a batch) would
 * keep a worker a hundred times as long. So those of a client's request have one budget together. */
static int64_t begin_read(const hp_call *call, hp_query *q)
{
    hp_clock *clock = call->core->parts.clock;
    const int64_t now = clock->monotonic_ms(clock);
    const int64_t until = now + HP_CALL_READS_MS_MAX - *call->read_ms;
    q->spent_ms = *call->read_ms;
    if (!hp_call_unrestricted(call) && (q->deadline_ms == 0 || until < q->deadline_ms)) q->deadline_ms = until;
    return now;
}

static void end_read(const hp_call *call, int64_t begun_ms)
{
    hp_clock *clock = call->core->parts.clock;
    *call->read_ms += clock->monotonic_ms(clock) - begun_ms;
}

/* The rows of the finder as the caller sees them, without includes. */
static hp_code fetch(finder *f, hp_value *results, hp_err *err)
{
    *results = hp_array();
    if (f->cls == NULL || f->grant.none || f->limit == 0) return HP_OK;

    hp_query q = store_query(f, &f->grant);
    hp_rows rows = { 0 };
    project(f, &q);
    if (!hp_call_unrestricted(f->call)) q.mem_bytes_max = HP_CALL_BYTES_MAX; /* all that it asks for, also in a batch */
    const int64_t begun_ms = begin_read(f->call, &q);
    const hp_code rc = hp_store_find(f->call->core->parts.store, &q, f->call->mem, &rows, err);
    end_read(f->call, begun_ms);
    if (rc != HP_OK || rows.count == 0) return rc;

    results->array.items = HP_NEW_ARRAY(f->call->mem, hp_value, rows.count);
    results->array.count = results->array.cap = (uint32_t)rows.count;
    for (size_t i = 0; i < rows.count; i++) {
        hp_value *seen = &results->array.items[i];
        *seen = hp_serialise(f->call, f->cls, &f->grant, &rows.items[i], &f->projection);
        if (f->score != NULL) hp_object_set(f->call->mem, seen, HP_STR("score"), hp_number(rows.items[i].score));
    }
    return HP_OK;
}

hp_code hp_read_explain(const hp_call *call, const hp_query *q, hp_value *results, hp_err *err)
{
    hp_value plan = hp_object();
    hp_object_append(call->mem, &plan, HP_STR("QUERY PLAN"), hp_null());
    HP_TRY(hp_store_explain(call->core->parts.store, q, call->mem, &plan.object.items[0].value, err));
    hp_array_push(call->mem, results, plan);
    return HP_OK;
}

static hp_code explain(finder *f, hp_value *results, hp_err *err)
{
    if (f->cls == NULL || f->grant.none || f->limit == 0) return HP_OK;
    hp_query q = store_query(f, &f->grant);
    project(f, &q);
    return hp_read_explain(f->call, &q, results, err);
}

static hp_code fetch_with_includes(finder *f, hp_value *results, hp_err *err)
{
    HP_TRY(fetch(f, results, err));
    if (results->array.count > HP_FIND_ROWS_MAX) /* fewer than there are would look like all of them */
        return hp_fail(err, HP_E_INVALID_QUERY, "The result has more than %d objects. Use limit.", HP_FIND_ROWS_MAX);
    if (f->cls != NULL) HP_TRY(hp_include(f->r, f->cls, &f->p, results, err));
    return after_find(f, results, err);
}

static int64_t row_limit(const finder *f)
{
    const hp_settings *s = f->call->settings;
    int64_t limit = f->p.limit < 0 ? s->default_limit : f->p.limit;
    if (s->max_limit > 0 && limit > s->max_limit) limit = s->max_limit;
    return limit > HP_FIND_ROWS_MAX ? HP_FIND_ROWS_MAX + 1 : limit; /* one more, to know whether there are more */
}

static hp_code count_rows(const finder *f, const hp_grant *grant, int64_t *count, hp_err *err)
{
    *count = 0;
    if (f->cls == NULL || grant->none) return HP_OK;
    hp_query q = store_query(f, grant);
    const int64_t begun_ms = begin_read(f->call, &q);
    const hp_code rc = hp_store_count(f->call->core->parts.store, &q, count, err);
    end_read(f->call, begun_ms);
    return rc;
}

hp_code hp_objects_find(hp_call *call, hp_str class_name, const hp_value *params, hp_value *results, int64_t *count,
                        hp_err *err)
{
    hp_reader r = { .call = call };
    finder f = finder_new(&r, class_name, HP_OPERATION_FIND, HP_FIND_QUERY, params);
    hp_grant count_grant = { 0 };

    *results = hp_array();
    *count = -1;
    if (!hp_call_is_master(call) && !call->settings->allow_public_explain &&
        hp_truthy(hp_object_get(params, HP_STR("explain"))))
        return hp_fail(err, HP_E_INVALID_QUERY, "Using the explain query parameter requires the master key");
    if (f.cls == NULL && hp_call_unrestricted(call))
        f.cls = hp_schema_join_class(call->schema, f.class_name, call->mem);
    HP_TRY(hp_find_params_read(f.raw, f.form, call->mem, &f.p, err));
    HP_TRY(follow_redirect(&f, err));
    HP_TRY(before_find(&f, err));
    f.limit = row_limit(&f);
    f.skip = f.p.skip;

    const bool only_count = f.p.count && f.limit == 0; /* find need not be permitted */
    if (!only_count) HP_TRY(permit(&f, err));
    if (f.p.count) HP_TRY(hp_permit(call, f.class_name, f.cls, HP_OPERATION_COUNT, &count_grant, err));
    if (only_count) f.grant = count_grant;
    HP_TRY(read_conditions(&f, err));
    read_projection(&f);

    if (f.p.count) HP_TRY(count_rows(&f, &count_grant, count, err));
    if (f.p.explain) return explain(&f, results, err);
    HP_TRY(fetch_with_includes(&f, results, err));
    for (uint32_t i = 0; f.redirected && i < results->array.count; i++)
        if (hp_is(&results->array.items[i], HP_OBJECT))
            hp_object_set(call->mem, &results->array.items[i], HP_STR("className"), hp_string(f.class_name));
    return HP_OK;
}

/* One's own user comes with the token that asked. */
static void add_own_token(const hp_call *call, hp_str class_name, hp_value *object)
{
    if (!hp_str_eq(class_name, HP_STR("_User")) || !hp_str_present(call->who.user_id) ||
        !hp_str_present(call->who.session_token))
        return;
    if (hp_str_eq(hp_object_text(object, HP_STR("objectId")), call->who.user_id))
        hp_object_set(call->mem, object, HP_STR("sessionToken"), hp_string(call->who.session_token));
}

hp_code hp_objects_get(hp_call *call, hp_str class_name, hp_str object_id, const hp_value *params, hp_value *out,
                       hp_err *err)
{
    hp_reader r = { .call = call };
    finder f = finder_new(&r, class_name, HP_OPERATION_GET, HP_FIND_GET, params);
    hp_value results = hp_array();

    *out = hp_null();
    HP_TRY(hp_find_params_read(f.raw, f.form, call->mem, &f.p, err));
    if (f.cls != NULL) f.ids = hp_filter_eq(call->mem, hp_class_field(f.cls, HP_STR("objectId")), hp_string(object_id));
    if (f.ids != NULL) HP_TRY(before_find(&f, err));
    f.limit = 1;

    HP_TRY(permit(&f, err));
    HP_TRY(read_conditions(&f, err));
    read_projection(&f);
    HP_TRY(fetch_with_includes(&f, &results, err));
    if (results.array.count == 0) return not_found(err);
    *out = results.array.items[0];
    if (out->tag == HP_OBJECT) add_own_token(call, f.class_name, out);
    return HP_OK;
}

/* ---- the queries inside a query ---- */

static int64_t subquery_row_limit(const hp_call *call)
{
    const int64_t configured = hp_call_unrestricted(call) ? HP_FIND_ROWS_MAX : call->settings->complexity.subquery_rows;
    return configured < HP_FIND_ROWS_MAX ? configured : HP_FIND_ROWS_MAX;
}

hp_code hp_read_subquery(hp_reader *r, hp_str class_name, const hp_value *params, hp_str keep, int depth,
                         hp_str *found_class, hp_value *results, hp_err *err)
{
    const int64_t rows_max = subquery_row_limit(r->call);
    finder f = finder_new(r, class_name, HP_OPERATION_FIND, HP_FIND_SUBQUERY, params);

    f.depth = depth;
    HP_TRY(hp_find_params_read(f.raw, f.form, r->call->mem, &f.p, err));
    HP_TRY(follow_redirect(&f, err));
    HP_TRY(before_find(&f, err));
    f.p.order_count = 0;
    f.limit = rows_max + 1;
    HP_TRY(permit(&f, err));
    HP_TRY(read_conditions(&f, err));
    if (!hp_hooks_has_trigger(r->call->core->parts.hooks, HP_TRIGGER_AFTER_FIND, f.class_name)) /* it is handed all */
        f.projection = (hp_projection){ .keys = &keep, .key_count = hp_str_present(keep) ? 1 : 0, .has_keys = true };
    HP_TRY(fetch(&f, results, err));
    if ((int64_t)results->array.count > rows_max)
        return hp_fail(err, HP_E_INVALID_QUERY, "Subquery yields more than the maximum of %lld rows",
                       (long long)rows_max);
    HP_TRY(after_find(&f, results, err));
    *found_class = f.class_name;
    return HP_OK;
}

hp_code hp_read_by_ids(hp_reader *r, const hp_class *cls, hp_value *ids, size_t count, const hp_projection *projection,
                       hp_value *results, hp_err *err)
{
    finder f = finder_new(r, cls->name, HP_OPERATION_GET, HP_FIND_QUERY, NULL);

    f.ids = hp_filter_new(r->call->mem, HP_FILTER_IN, (hp_path){ .field = hp_class_field(cls, HP_STR("objectId")) });
    f.ids->list.items = ids;
    f.ids->list.count = count;
    HP_TRY(before_find(&f, err));
    f.limit = -1;
    HP_TRY(permit(&f, err));
    HP_TRY(read_conditions(&f, err));
    f.projection = *projection;
    HP_TRY(fetch(&f, results, err));
    return after_find(&f, results, err);
}

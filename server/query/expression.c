/* query/expression.c — reading expressions and walking them. The operators are in expression_ops.c.
 *
 * Recursion is bounded: expressions are as deep as the JSON they were read from (HP_JSON_DEPTH_MAX). */
#include "query/expression.h"

#include <math.h>

#include "base/limits.h"
#include "query/expression_internal.h"

/* ---- names ---- */

static hp_str join(const hp_expr_parser *p, const char *prefix, hp_str root, hp_str rest)
{
    return hp_arena_printf(p->mem, "%s%" HP_STR_FMT "%" HP_STR_FMT, prefix, HP_STR_ARG(root), HP_STR_ARG(rest));
}

hp_str hp_expr_column(const hp_expr_parser *p, hp_str name)
{
    const size_t dot = hp_str_find_char(name, '.', 0);
    const hp_str root = hp_str_sub(name, 0, dot), rest = dot == SIZE_MAX ? HP_STR("") : hp_str_sub(name, dot, SIZE_MAX);

    if (p->names.raw) return name;
    if (hp_str_eq(root, HP_STR("objectId"))) return join(p, "_id", HP_STR(""), rest);
    if (p->names.cls == NULL) return name;
    if (hp_str_eq(root, HP_STR("createdAt"))) return join(p, "_created_at", HP_STR(""), rest);
    if (hp_str_eq(root, HP_STR("updatedAt"))) return join(p, "_updated_at", HP_STR(""), rest);
    const hp_field *f = hp_class_field(p->names.cls, root);
    return f != NULL && f->type == HP_T_POINTER ? join(p, "_p_", root, rest) : name;
}

hp_code hp_expr_check_path(const hp_expr_parser *p, hp_str path, hp_err *err)
{
    hp_str rest = path, part;
    size_t count = 0;
    while (hp_str_split(&rest, '.', &part))
        if (part.len == 0 || part.ptr[0] == '$' || memchr(part.ptr, '\0', part.len) != NULL ||
            memchr(part.ptr, '\'', part.len) != NULL || memchr(part.ptr, '"', part.len) != NULL ||
            ++count > HP_PATH_SEGMENTS_MAX)
            return hp_fail(err, HP_E_INVALID_QUERY, "%s: '%" HP_STR_FMT "' is no valid field path.", p->stage,
                           HP_STR_ARG(path));
    return HP_OK;
}

/* ---- reading ---- */

static hp_expr *new_node(hp_expr_parser *p, hp_expr_kind kind)
{
    hp_expr *e = HP_NEW(p->mem, hp_expr);
    e->kind = kind;
    return e;
}

static void note_root(hp_expr_parser *p, hp_str column)
{
    if (p->roots != NULL) hp_array_push(p->mem, p->roots, hp_string(hp_name_root(column)));
}

const hp_expr *hp_expr_of_path(hp_expr_parser *p, hp_str path)
{
    hp_expr *e = new_node(p, HP_EXPR_PATH);
    e->name = hp_expr_column(p, path);
    note_root(p, e->name);
    return e;
}

static hp_code read_variable(hp_expr_parser *p, hp_str text, const hp_expr **out, hp_err *err)
{
    const size_t dot = hp_str_find_char(text, '.', 0);
    hp_expr *e = new_node(p, HP_EXPR_VARIABLE);
    e->name = hp_str_sub(text, 0, dot);
    e->path = dot == SIZE_MAX ? HP_STR("") : hp_str_sub(text, dot + 1, SIZE_MAX);
    if (e->name.len == 0) return hp_fail(err, HP_E_INVALID_QUERY, "%s: '$$' without a name.", p->stage);
    if (dot != SIZE_MAX) HP_TRY(hp_expr_check_path(p, e->path, err));
    if (hp_str_eq(e->name, HP_STR("ROOT")) || hp_str_eq(e->name, HP_STR("CURRENT"))) {
        e->name = HP_STR("ROOT");
        if (e->path.len > 0) e->path = hp_expr_column(p, e->path);
        if (e->path.len > 0)
            note_root(p, e->path);
        else
            p->whole = true;
    } else if (e->name.ptr[0] >= 'A' && e->name.ptr[0] <= 'Z' && !hp_str_eq(e->name, HP_STR("NOW")) &&
               !hp_str_eq(e->name, HP_STR("REMOVE"))) {
        return hp_fail(err, HP_E_INVALID_QUERY, "%s: the variable $$%" HP_STR_FMT " is not supported.", p->stage,
                       HP_STR_ARG(e->name));
    }
    *out = e;
    return HP_OK;
}

static hp_code read_list(hp_expr_parser *p, const hp_value *items, hp_expr *e, hp_err *err)
{
    e->arg_count = items->array.count;
    e->args = HP_NEW_ARRAY(p->mem, const hp_expr *, e->arg_count);
    for (size_t i = 0; i < e->arg_count; i++) HP_TRY(hp_expr_parse(p, &items->array.items[i], &e->args[i], err));
    return HP_OK;
}

static hp_code bad_arguments(const hp_expr_parser *p, const hp_expr_op *op, hp_err *err)
{
    if (op->named != NULL)
        return hp_fail(err, HP_E_INVALID_QUERY, "%s: %s takes an object with the keys: %s.", p->stage, op->name,
                       op->named);
    if (op->args_min == op->args_max)
        return hp_fail(err, HP_E_INVALID_QUERY, "%s: %s takes %d argument%s.", p->stage, op->name, op->args_min,
                       op->args_min == 1 ? "" : "s");
    return hp_fail(err, HP_E_INVALID_QUERY, "%s: %s was given too few or too many arguments.", p->stage, op->name);
}

/* {"$op": {"date": …, "timezone": …}}: every key must be known, every key without "?" be there. */
static hp_code read_named(hp_expr_parser *p, hp_expr *e, const hp_value *arg, hp_err *err)
{
    hp_str names = hp_str_of(e->op->named), name;
    uint32_t known = 0;

    if (!hp_is(arg, HP_OBJECT)) return bad_arguments(p, e->op, err);
    e->args = HP_NEW_ARRAY(p->mem, const hp_expr *, 8);
    while (hp_str_split(&names, ' ', &name)) {
        const bool optional = hp_str_ends(name, HP_STR("?"));
        if (optional) name.len--;
        const hp_value *v = hp_object_get(arg, name);
        if (v == NULL && !optional) return bad_arguments(p, e->op, err);
        known += v != NULL;
        if (v != NULL && hp_str_eq(name, HP_STR("as"))) {
            if (!hp_is(v, HP_STRING) || v->string.len == 0) return bad_arguments(p, e->op, err);
            e->variable = v->string;
        } else if (v != NULL) {
            HP_TRY(hp_expr_parse(p, v, &e->args[e->arg_count], err));
        }
        e->arg_count++;
    }
    return known == arg->object.count ? HP_OK : bad_arguments(p, e->op, err);
}

static hp_code read_let(hp_expr_parser *p, hp_expr *e, const hp_value *arg, hp_err *err)
{
    const hp_value *vars = hp_object_get(arg, HP_STR("vars")), *in = hp_object_get(arg, HP_STR("in"));
    if (!hp_is(vars, HP_OBJECT) || in == NULL || arg->object.count != 2) return bad_arguments(p, e->op, err);
    e->arg_count = (size_t)vars->object.count + 1;
    e->args = HP_NEW_ARRAY(p->mem, const hp_expr *, e->arg_count);
    e->keys = HP_NEW_ARRAY(p->mem, hp_str, e->arg_count);
    HP_TRY(hp_expr_parse(p, in, &e->args[0], err));
    for (uint32_t i = 0; i < vars->object.count; i++) {
        e->keys[i + 1] = vars->object.items[i].key;
        HP_TRY(hp_expr_parse(p, &vars->object.items[i].value, &e->args[i + 1], err));
    }
    return HP_OK;
}

/* Case and value in turn, the default last (NULL: none). */
static hp_code read_switch(hp_expr_parser *p, hp_expr *e, const hp_value *arg, hp_err *err)
{
    const hp_value *branches = hp_object_get(arg, HP_STR("branches")), *other = hp_object_get(arg, HP_STR("default"));
    if (!hp_is(branches, HP_ARRAY) || branches->array.count == 0 || arg->object.count != (other == NULL ? 1U : 2U))
        return bad_arguments(p, e->op, err);
    e->arg_count = 2 * (size_t)branches->array.count + 1;
    e->args = HP_NEW_ARRAY(p->mem, const hp_expr *, e->arg_count);
    for (uint32_t i = 0; i < branches->array.count; i++) {
        const hp_value *branch = &branches->array.items[i], *when = hp_object_get(branch, HP_STR("case")),
                       *then = hp_object_get(branch, HP_STR("then"));
        if (when == NULL || then == NULL || branch->object.count != 2) return bad_arguments(p, e->op, err);
        HP_TRY(hp_expr_parse(p, when, &e->args[2 * i], err));
        HP_TRY(hp_expr_parse(p, then, &e->args[2 * i + 1], err));
    }
    return other == NULL ? HP_OK : hp_expr_parse(p, other, &e->args[e->arg_count - 1], err);
}

static hp_code read_positional(hp_expr_parser *p, hp_expr *e, const hp_value *arg, hp_err *err)
{
    if (arg->tag == HP_ARRAY) {
        HP_TRY(read_list(p, arg, e, err));
    } else {
        e->args = HP_NEW_ARRAY(p->mem, const hp_expr *, 1);
        e->arg_count = 1;
        HP_TRY(hp_expr_parse(p, arg, &e->args[0], err));
    }
    const bool fits =
        e->arg_count >= (size_t)e->op->args_min && (e->op->args_max < 0 || e->arg_count <= (size_t)e->op->args_max);
    return fits ? HP_OK : bad_arguments(p, e->op, err);
}

static hp_code read_op(hp_expr_parser *p, const hp_member *m, const hp_expr **out, hp_err *err)
{
    hp_expr *e = new_node(p, HP_EXPR_OP);
    *out = e;
    if (hp_str_eq(m->key, HP_STR("$literal"))) {
        e->kind = HP_EXPR_CONST;
        e->value = m->value;
        return HP_OK;
    }
    e->op = hp_expr_op_find(m->key);
    if (e->op == NULL)
        return hp_fail(err, HP_E_INVALID_QUERY, "%s: the operator %" HP_STR_FMT " is not supported.", p->stage,
                       HP_STR_ARG(m->key));
    if (hp_str_eq(m->key, HP_STR("$let"))) return read_let(p, e, &m->value, err);
    if (hp_str_eq(m->key, HP_STR("$switch"))) return read_switch(p, e, &m->value, err);
    /* {"$cond": {if, then, else}} and [if, then, else]; {"$year": date} and {date, timezone} */
    if (e->op->named != NULL &&
        (e->op->args_max == 0 || (m->value.tag == HP_OBJECT && m->value.object.count > 0 &&
                                  m->value.object.items[0].key.len > 0 && m->value.object.items[0].key.ptr[0] != '$')))
        return read_named(p, e, &m->value, err);
    return read_positional(p, e, &m->value, err);
}

static hp_code read_object(hp_expr_parser *p, const hp_value *json, const hp_expr **out, hp_err *err)
{
    if (json->object.count > 0 && json->object.items[0].key.len > 0 && json->object.items[0].key.ptr[0] == '$') {
        if (json->object.count == 1) return read_op(p, &json->object.items[0], out, err);
        return hp_fail(err, HP_E_INVALID_QUERY, "%s: an expression has one operator, but there are %u.", p->stage,
                       json->object.count);
    }
    hp_expr *e = new_node(p, HP_EXPR_OBJECT);
    e->arg_count = json->object.count;
    e->args = HP_NEW_ARRAY(p->mem, const hp_expr *, e->arg_count);
    e->keys = HP_NEW_ARRAY(p->mem, hp_str, e->arg_count);
    for (size_t i = 0; i < e->arg_count; i++) {
        e->keys[i] = json->object.items[i].key;
        HP_TRY(hp_expr_check_path(p, e->keys[i], err));
        HP_TRY(hp_expr_parse(p, &json->object.items[i].value, &e->args[i], err));
    }
    *out = e;
    return HP_OK;
}

hp_code hp_expr_parse(hp_expr_parser *p, const hp_value *json, const hp_expr **out, hp_err *err)
{
    *out = NULL;
    if (++*p->nodes > HP_PIPELINE_NODES_MAX)
        return hp_fail(err, HP_E_INVALID_QUERY, "The pipeline has more than %d expressions.", HP_PIPELINE_NODES_MAX);
    if (json->tag == HP_STRING && json->string.len > 1 && json->string.ptr[0] == '$') {
        if (json->string.ptr[1] == '$') return read_variable(p, hp_str_sub(json->string, 2, SIZE_MAX), out, err);
        const hp_str path = hp_str_sub(json->string, 1, SIZE_MAX);
        HP_TRY(hp_expr_check_path(p, path, err));
        *out = hp_expr_of_path(p, path);
        return HP_OK;
    }
    if (json->tag == HP_OBJECT) return read_object(p, json, out, err);
    if (json->tag == HP_ARRAY) {
        hp_expr *e = new_node(p, HP_EXPR_ARRAY);
        *out = e;
        return read_list(p, json, e, err);
    }
    hp_expr *e = new_node(p, HP_EXPR_CONST);
    e->value = *json;
    *out = e;
    return HP_OK;
}

/* ---- evaluating ---- */

bool hp_expr_true(const hp_value *v)
{
    if (hp_is_null(v)) return false;
    if (v->tag == HP_BOOL) return v->boolean;
    if (v->tag == HP_DECIMAL) return !hp_decimal_is_zero(v->decimal);
    return v->tag != HP_NUMBER || v->number != 0;
}

/* What a dotted path reaches: through arrays, the array of what their objects hold. NULL: missing. */
static const hp_value *reach(hp_arena *mem, const hp_value *v, hp_str path)
{
    hp_str part;
    hp_value room;
    while (v != NULL && hp_str_present(path)) {
        if (v->tag == HP_ARRAY) {
            hp_value found = hp_array();
            for (uint32_t i = 0; i < v->array.count; i++) {
                const hp_value *one = reach(mem, &v->array.items[i], path);
                if (one != NULL && v->array.items[i].tag != HP_ARRAY) hp_array_push(mem, &found, *one);
            }
            return hp_value_new(mem, found);
        }
        if (!hp_str_split(&path, '.', &part)) break;
        v = hp_value_member(v, part, &room);
        if (v == &room) v = hp_value_new(mem, room);
    }
    return v;
}

hp_code hp_expr_charge(const hp_expr_scope *s, uint64_t count, size_t bytes)
{
    if (s->run->steps_left < count) return hp_fail(s->err, HP_E_TIMEOUT, "The aggregation takes too long.");
    s->run->steps_left -= count;
    if (count * bytes + hp_arena_used_bytes(s->run->mem) <= HP_PIPELINE_BYTES_MAX) return HP_OK;
    return hp_fail(s->err, HP_E_INVALID_QUERY, "An expression makes more than %d MiB.", HP_PIPELINE_BYTES_MAX >> 20);
}

static hp_code eval_variable(const hp_expr_scope *s, const hp_expr *e, const hp_value **out)
{
    const hp_value *v = NULL;
    if (hp_str_eq(e->name, HP_STR("ROOT"))) {
        v = s->root;
    } else if (hp_str_eq(e->name, HP_STR("NOW"))) {
        v = hp_value_new(s->run->mem, hp_date(s->run->now_ms));
    } else if (!hp_str_eq(e->name, HP_STR("REMOVE"))) {
        const hp_expr_variable *at = s->variables;
        while (at != NULL && !hp_str_eq(at->name, e->name)) at = at->outer;
        if (at == NULL)
            return hp_fail(s->err, HP_E_INVALID_QUERY, "Use of the undefined variable $$%" HP_STR_FMT ".",
                           HP_STR_ARG(e->name));
        v = at->value;
    }
    *out = e->path.len > 0 ? reach(s->run->mem, v, e->path) : v;
    return HP_OK;
}

static hp_code eval_object(const hp_expr_scope *s, const hp_expr *e, const hp_value **out)
{
    hp_value object = hp_object();
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(hp_expr_value(s, e->args[i], &v));
        if (v != NULL) hp_object_set(s->run->mem, &object, e->keys[i], *v);
    }
    *out = hp_value_new(s->run->mem, object);
    return HP_OK;
}

static hp_code eval_array(const hp_expr_scope *s, const hp_expr *e, const hp_value **out)
{
    hp_value array = hp_array();
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(hp_expr_value(s, e->args[i], &v));
        hp_array_push(s->run->mem, &array, v == NULL ? hp_null() : *v);
    }
    *out = hp_value_new(s->run->mem, array);
    return HP_OK;
}

hp_code hp_expr_value(const hp_expr_scope *s, const hp_expr *e, const hp_value **out)
{
    *out = NULL;
    if (e == NULL) return HP_OK;
    HP_TRY(hp_expr_charge(s, 1, sizeof(hp_value)));
    switch (e->kind) {
    case HP_EXPR_CONST: *out = &e->value; return HP_OK;
    case HP_EXPR_PATH:
        *out = reach(s->run->mem, s->root, e->name);
        return hp_is(*out, HP_ARRAY) ? hp_expr_charge(s, (*out)->array.count / 16, 0) : HP_OK;
    case HP_EXPR_VARIABLE: return eval_variable(s, e, out);
    case HP_EXPR_OBJECT: return eval_object(s, e, out);
    case HP_EXPR_ARRAY: return eval_array(s, e, out);
    case HP_EXPR_OP: break;
    }
    return e->op->eval(s, e, out);
}

hp_code hp_expr_eval(hp_expr_run *run, const hp_expr *e, const hp_value *root, const hp_value **out, hp_err *err)
{
    const hp_expr_scope s = { .run = run, .root = root, .err = err };
    return hp_expr_value(&s, e, out);
}

/* ---- sums ---- */

hp_code hp_expr_sum_add(hp_expr_sum *s, const hp_value *v, hp_err *err)
{
    if (!hp_is_numeric(v)) return HP_OK;
    s->count++;
    if (v->tag == HP_DECIMAL) {
        const bool first = !s->has_decimal;
        s->has_decimal = true;
        if (first)
            s->exact = v->decimal;
        else if (!hp_decimal_add(s->exact, v->decimal, &s->exact))
            return hp_fail(err, HP_E_INVALID_QUERY, "The sum has more digits than a Decimal128.");
        return HP_OK;
    }
    const double sum = s->high + v->number, rest = sum - s->high; /* two-sum: what rounding loses is kept beside */
    s->low += (s->high - (sum - rest)) + (v->number - rest);
    s->high = sum;
    return HP_OK;
}

hp_value hp_expr_sum_total(const hp_expr_sum *s)
{
    double total = s->high + s->low;
    hp_decimal both;
    if (isnan(total)) total = s->high;
    if (!s->has_decimal || !isfinite(total)) return hp_number(total); /* an infinity stays one */
    if (total == 0) return hp_decimal_value(s->exact);
    (void)hp_decimal_add(s->exact, hp_decimal_of_double(total), &both); /* doubles are not exact to begin with */
    return hp_decimal_value(hp_decimal_in_range(both) ? both : s->exact);
}

hp_value hp_expr_sum_mean(const hp_expr_sum *s)
{
    hp_decimal mean;
    if (s->count == 0) return hp_null();
    const hp_value total = hp_expr_sum_total(s);
    if (total.tag == HP_NUMBER) return hp_number(total.number / (double)s->count);
    (void)hp_decimal_divide(total.decimal, hp_decimal_of_double((double)s->count), &mean); /* rounded */
    return hp_decimal_value(mean);
}

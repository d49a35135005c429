/* query/expression_ops.c — the operators of expressions: logic, comparison, arrays and objects here; numbers, text and dates in
 * files of their own.
 *
 * Null and missing operands make most operators null; a value of a type that an operator has no use for is an error that
 * names the operator, as in MongoDB. */
#include <math.h>
#include <string.h>

#include "query/expression_internal.h"
#include "query/value_order.h"

hp_code hp_expr_give_null(const hp_value **out)
{
    static const hp_value NOTHING = { .tag = HP_NULL };
    *out = &NOTHING;
    return HP_OK;
}

hp_code hp_expr_refuse(const hp_expr_scope *s, const hp_expr *e, const char *wanted, const hp_value *v)
{
    return hp_fail(s->err, HP_E_INVALID_QUERY, "%s needs %s, not %s.", e->op->name, wanted,
                   v == NULL ? "nothing" : hp_tag_name(v->tag));
}

static hp_code whole_of(const hp_expr_scope *s, const hp_expr *e, const hp_value *v, double *out)
{
    if (!hp_is(v, HP_NUMBER) || v->number != trunc(v->number) || fabs(v->number) > 2147483647)
        return hp_expr_refuse(s, e, "a whole number", v);
    *out = v->number;
    return HP_OK;
}

hp_code hp_expr_whole_arg(const hp_expr_scope *s, const hp_expr *e, size_t i, double *out)
{
    const hp_value *v;
    HP_TRY(hp_expr_arg(s, e, i, &v));
    return whole_of(s, e, v, out);
}

/* ---- logic ---- */

HP_EVAL(op_and)
{
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(hp_expr_arg(s, e, i, &v));
        if (!hp_expr_true(v)) return hp_expr_give(s, hp_bool(false), out);
    }
    return hp_expr_give(s, hp_bool(true), out);
}

HP_EVAL(op_or)
{
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(hp_expr_arg(s, e, i, &v));
        if (hp_expr_true(v)) return hp_expr_give(s, hp_bool(true), out);
    }
    return hp_expr_give(s, hp_bool(false), out);
}

HP_EVAL(op_not)
{
    const hp_value *v;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    return hp_expr_give(s, hp_bool(!hp_expr_true(v)), out);
}

HP_EVAL(op_compare)
{
    const hp_value *a, *b;
    HP_TRY(hp_expr_arg(s, e, 0, &a));
    HP_TRY(hp_expr_arg(s, e, 1, &b));
    const int order = hp_value_order(a, b);
    const char *name = e->op->name + 1;
    if (strcmp(name, "cmp") == 0) return hp_expr_give(s, hp_number((order > 0) - (order < 0)), out);
    const bool holds = strcmp(name, "eq") == 0    ? order == 0
                       : strcmp(name, "ne") == 0  ? order != 0
                       : strcmp(name, "lt") == 0  ? order < 0
                       : strcmp(name, "lte") == 0 ? order <= 0
                       : strcmp(name, "gt") == 0  ? order > 0
                                                  : order >= 0;
    return hp_expr_give(s, hp_bool(holds), out);
}

HP_EVAL(op_cond)
{
    const hp_value *when;
    if (e->arg_count != 3) return hp_fail(s->err, HP_E_INVALID_QUERY, "$cond takes 3 arguments.");
    HP_TRY(hp_expr_arg(s, e, 0, &when));
    return hp_expr_arg(s, e, hp_expr_true(when) ? 1 : 2, out);
}

HP_EVAL(op_if_null)
{
    for (size_t i = 0; i + 1 < e->arg_count; i++) {
        HP_TRY(hp_expr_arg(s, e, i, out));
        if (!hp_is_null(*out)) return HP_OK;
    }
    return hp_expr_arg(s, e, e->arg_count - 1, out);
}

HP_EVAL(op_switch)
{
    const size_t last = e->arg_count - 1;
    for (size_t i = 0; i < last; i += 2) {
        const hp_value *when;
        HP_TRY(hp_expr_arg(s, e, i, &when));
        if (hp_expr_true(when)) return hp_expr_arg(s, e, i + 1, out);
    }
    if (e->args[last] == NULL)
        return hp_fail(s->err, HP_E_INVALID_QUERY, "No case of $switch holds, and there is no default.");
    return hp_expr_arg(s, e, last, out);
}

HP_EVAL(op_let)
{
    hp_expr_scope in = *s;
    for (size_t i = 1; i < e->arg_count; i++) {
        hp_expr_variable *v = HP_NEW(s->run->mem, hp_expr_variable);
        *v = (hp_expr_variable){ .name = e->keys[i], .outer = in.variables };
        HP_TRY(hp_expr_arg(s, e, i, &v->value));
        in.variables = v;
    }
    return hp_expr_value(&in, e->args[0], out);
}

/* ---- arrays and objects ---- */

HP_EVAL(op_size)
{
    const hp_value *v;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    return hp_is(v, HP_ARRAY) ? hp_expr_give(s, hp_number(v->array.count), out) : hp_expr_refuse(s, e, "an array", v);
}

HP_EVAL(op_is_array)
{
    const hp_value *v;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    return hp_expr_give(s, hp_bool(hp_is(v, HP_ARRAY)), out);
}

HP_EVAL(op_element)
{
    const hp_value *v;
    double index = strcmp(e->op->name, "$last") == 0 ? -1 : 0;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    if (hp_is_null(v)) return hp_expr_give_null(out);
    if (v->tag != HP_ARRAY) return hp_expr_refuse(s, e, "an array", v);
    if (e->arg_count > 1) {
        const hp_value *at;
        HP_TRY(hp_expr_arg(s, e, 1, &at));
        if (hp_is_null(at)) return hp_expr_give_null(out);
        HP_TRY(whole_of(s, e, at, &index));
    }
    if (index < 0) index += v->array.count;
    if (index >= 0 && index < v->array.count) *out = &v->array.items[(size_t)index]; /* beyond it: missing */
    return HP_OK;
}

HP_EVAL(op_in)
{
    const hp_value *v, *list;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    HP_TRY(hp_expr_arg(s, e, 1, &list));
    if (!hp_is(list, HP_ARRAY)) return hp_expr_refuse(s, e, "an array", list);
    bool found = false;
    for (uint32_t i = 0; v != NULL && !found && i < list->array.count; i++)
        found = hp_value_order(v, &list->array.items[i]) == 0;
    return hp_expr_give(s, hp_bool(found), out);
}

HP_EVAL(op_concat_arrays)
{
    hp_value all = hp_array();
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(hp_expr_arg(s, e, i, &v));
        if (hp_is_null(v)) return hp_expr_give_null(out);
        if (v->tag != HP_ARRAY) return hp_expr_refuse(s, e, "arrays", v);
        HP_TRY(hp_expr_charge(s, v->array.count, 3 * sizeof(hp_value))); /* the list grows by doubling */
        for (uint32_t k = 0; k < v->array.count; k++) hp_array_push(s->run->mem, &all, v->array.items[k]);
    }
    return hp_expr_give(s, all, out);
}

HP_EVAL(op_set_union)
{
    hp_value all = hp_array();
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(hp_expr_arg(s, e, i, &v));
        if (hp_is_null(v)) return hp_expr_give_null(out);
        if (v->tag != HP_ARRAY) return hp_expr_refuse(s, e, "arrays", v);
        for (uint32_t k = 0; k < v->array.count; k++) {
            bool there = false;
            for (uint32_t j = 0; j < all.array.count && !there; j++) {
                HP_TRY(hp_expr_charge(s, 1, 0));
                there = hp_value_order(&all.array.items[j], &v->array.items[k]) == 0;
            }
            if (!there) hp_array_push(s->run->mem, &all, v->array.items[k]);
        }
    }
    return hp_expr_give(s, all, out);
}

HP_EVAL(op_slice)
{
    const hp_value *v, *at[2] = { NULL, NULL };
    double n, from;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    for (size_t i = 1; i < e->arg_count; i++) {
        HP_TRY(hp_expr_arg(s, e, i, &at[i - 1]));
        if (hp_is_null(at[i - 1])) return hp_expr_give_null(out);
    }
    if (hp_is_null(v)) return hp_expr_give_null(out);
    if (v->tag != HP_ARRAY) return hp_expr_refuse(s, e, "an array", v);
    const double count = v->array.count;
    HP_TRY(whole_of(s, e, at[e->arg_count - 2], &n));
    if (e->arg_count == 3) {
        HP_TRY(whole_of(s, e, at[0], &from));
        if (n <= 0) return hp_fail(s->err, HP_E_INVALID_QUERY, "$slice takes a length above 0 behind a position.");
        if (from < 0) from = fmax(0, count + from);
    } else {
        from = n < 0 ? fmax(0, count + n) : 0;
        n = fabs(n);
    }
    hp_value part = hp_array();
    for (double i = from; i < count && i < from + n; i++) hp_array_push(s->run->mem, &part, v->array.items[(size_t)i]);
    return hp_expr_give(s, part, out);
}

HP_EVAL(op_reverse)
{
    const hp_value *v;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    if (hp_is_null(v)) return hp_expr_give_null(out);
    if (v->tag != HP_ARRAY) return hp_expr_refuse(s, e, "an array", v);
    hp_value turned = hp_array();
    for (uint32_t i = v->array.count; i > 0; i--) hp_array_push(s->run->mem, &turned, v->array.items[i - 1]);
    return hp_expr_give(s, turned, out);
}

/* $map and $filter: {input, as, in or cond}; the arguments are in the order of the names in the table. */
HP_EVAL(op_map)
{
    const bool filters = strcmp(e->op->name, "$filter") == 0;
    const hp_value *v;
    hp_value made = hp_array();
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    if (hp_is_null(v)) return hp_expr_give_null(out);
    if (v->tag != HP_ARRAY) return hp_expr_refuse(s, e, "an array", v);
    for (uint32_t i = 0; i < v->array.count; i++) {
        const hp_expr_variable element = { hp_str_present(e->variable) ? e->variable : HP_STR("this"),
                                           &v->array.items[i], s->variables };
        hp_expr_scope in = *s;
        const hp_value *one;
        in.variables = &element;
        HP_TRY(hp_expr_value(&in, e->args[2], &one));
        if (!filters)
            hp_array_push(s->run->mem, &made, one == NULL ? hp_null() : *one);
        else if (hp_expr_true(one))
            hp_array_push(s->run->mem, &made, v->array.items[i]);
    }
    return hp_expr_give(s, made, out);
}

HP_EVAL(op_reduce)
{
    const hp_value *v, *sofar;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    if (hp_is_null(v)) return hp_expr_give_null(out);
    if (v->tag != HP_ARRAY) return hp_expr_refuse(s, e, "an array", v);
    HP_TRY(hp_expr_arg(s, e, 1, &sofar));
    for (uint32_t i = 0; i < v->array.count; i++) {
        const hp_expr_variable value = { HP_STR("value"), sofar, s->variables },
                               this = { HP_STR("this"), &v->array.items[i], &value };
        hp_expr_scope in = *s;
        in.variables = &this;
        HP_TRY(hp_expr_value(&in, e->args[2], &sofar));
    }
    *out = sofar;
    return HP_OK;
}

static hp_code merge(const hp_expr_scope *s, const hp_expr *e, const hp_value *v, hp_value *all)
{
    if (hp_is_null(v)) return HP_OK;
    if (v->tag != HP_OBJECT) return hp_expr_refuse(s, e, "objects", v);
    HP_TRY(hp_expr_charge(s, (uint64_t)v->object.count * (1 + all->object.count / 16), 0)); /* every key is looked up */
    for (uint32_t k = 0; k < v->object.count; k++)
        hp_object_set(s->run->mem, all, v->object.items[k].key, v->object.items[k].value);
    return HP_OK;
}

HP_EVAL(op_merge_objects) /* objects, or one array of them */
{
    hp_value all = hp_object();
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(hp_expr_arg(s, e, i, &v));
        if (e->arg_count > 1 || !hp_is(v, HP_ARRAY)) {
            HP_TRY(merge(s, e, v, &all));
            continue;
        }
        for (uint32_t k = 0; k < v->array.count; k++) HP_TRY(merge(s, e, &v->array.items[k], &all));
    }
    return hp_expr_give(s, all, out);
}

/* ---- the table ---- */

static const hp_expr_op OPS[] = {
    { "$and", 0, HP_EXPR_ANY, NULL, op_and },
    { "$or", 0, HP_EXPR_ANY, NULL, op_or },
    { "$not", 1, 1, NULL, op_not },
    { "$eq", 2, 2, NULL, op_compare },
    { "$ne", 2, 2, NULL, op_compare },
    { "$lt", 2, 2, NULL, op_compare },
    { "$lte", 2, 2, NULL, op_compare },
    { "$gt", 2, 2, NULL, op_compare },
    { "$gte", 2, 2, NULL, op_compare },
    { "$cmp", 2, 2, NULL, op_compare },
    { "$cond", 3, 3, "if then else", op_cond },
    { "$ifNull", 2, HP_EXPR_ANY, NULL, op_if_null },
    { "$switch", 0, 0, "branches default?", op_switch },
    { "$let", 0, 0, "vars in", op_let },
    { "$size", 1, 1, NULL, op_size },
    { "$isArray", 1, 1, NULL, op_is_array },
    { "$arrayElemAt", 2, 2, NULL, op_element },
    { "$first", 1, 1, NULL, op_element },
    { "$last", 1, 1, NULL, op_element },
    { "$in", 2, 2, NULL, op_in },
    { "$concatArrays", 0, HP_EXPR_ANY, NULL, op_concat_arrays },
    { "$setUnion", 0, HP_EXPR_ANY, NULL, op_set_union },
    { "$slice", 2, 3, NULL, op_slice },
    { "$reverseArray", 1, 1, NULL, op_reverse },
    { "$map", 0, 0, "input as? in", op_map },
    { "$filter", 0, 0, "input as? cond", op_map },
    { "$reduce", 0, 0, "input initialValue in", op_reduce },
    { "$mergeObjects", 0, HP_EXPR_ANY, NULL, op_merge_objects },
    { 0 },
};

const hp_expr_op *hp_expr_op_find(hp_str name)
{
    static const hp_expr_op *const TABLES[] = { OPS, HP_EXPR_NUMBER_OPS, HP_EXPR_TEXT_OPS, HP_EXPR_DATE_OPS };
    for (size_t t = 0; t < sizeof TABLES / sizeof *TABLES; t++)
        for (const hp_expr_op *op = TABLES[t]; op->name != NULL; op++)
            if (hp_str_eq(name, hp_str_of(op->name))) return op;
    return NULL;
}

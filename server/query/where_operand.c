/* query/where_operand.c — the value that an operator compares with, fitted to its target. */
#include "query/where_operand.h"

#include <math.h>

#include "base/limits.h"
#include "query/numeric.h"
#include "query/stored_form.h"
#include "value/date.h"
#include "value/json.h"

hp_filter *hp_where_constant(const hp_where_parser *p, bool holds)
{
    return hp_filter_new(p->mem, holds ? HP_FILTER_TRUE : HP_FILTER_FALSE, (hp_path){ 0 });
}

hp_filter *hp_where_leaf(const hp_where_op *o, hp_filter_kind kind)
{
    return hp_filter_new(o->p->mem, kind, o->t->path);
}

bool hp_where_has_operator(const hp_value *v)
{
    for (uint32_t i = 0; hp_is(v, HP_OBJECT) && i < v->object.count; i++)
        if (hp_where_is_operator(v->object.items[i].key)) return true;
    return false;
}

hp_code hp_where_bad_atom(const hp_where_op *o, const hp_value *v, hp_err *err)
{
    hp_str text = hp_json_text(o->p->mem, v);
    return hp_fail(err, HP_E_INVALID_JSON, "bad atom: %" HP_STR_FMT, HP_STR_ARG(text));
}

hp_str hp_where_script_text(hp_arena *mem, const hp_value *v)
{
    if (!hp_is(v, HP_ARRAY)) return hp_is(v, HP_STRING) ? v->string : HP_STR("[object Object]");
    hp_str json = hp_json_text(mem, v);
    return hp_str_sub(json, 1, json.len - 2);
}

static bool takes_iso_text(hp_str field)
{
    return hp_str_eq(field, HP_STR("createdAt")) || hp_str_eq(field, HP_STR("updatedAt")) ||
           hp_str_eq(field, HP_STR("expiresAt"));
}

static hp_operand_fit fit_typed(hp_arena *mem, const hp_field *field, const hp_value *v, hp_value *out)
{
    static const hp_tag tags[] = {
        [HP_T_STRING] = HP_STRING,     [HP_T_NUMBER] = HP_NUMBER, [HP_T_BOOLEAN] = HP_BOOL, [HP_T_DATE] = HP_DATE,
        [HP_T_GEOPOINT] = HP_GEOPOINT, [HP_T_FILE] = HP_FILE,     [HP_T_BYTES] = HP_BYTES,  [HP_T_POLYGON] = HP_POLYGON,
        [HP_T_POINTER] = HP_POINTER,   [HP_T_OBJECT] = HP_NULL,   [HP_T_ARRAY] = HP_NULL,   [HP_T_RELATION] = HP_NULL,
        [HP_T_DECIMAL] = HP_DECIMAL,   [HP_T_ACL] = HP_NULL, /* HP_NULL: no atom equals it */
    };
    int64_t ms;

    *out = *v;
    if (field->type == HP_T_DATE && v->tag == HP_STRING && takes_iso_text(field->name)) {
        if (!hp_date_parse(v->string, &ms)) return HP_OPERAND_NEVER;
        *out = hp_date(ms);
        return HP_OPERAND_FITS;
    }
    if (field->type == HP_T_POINTER && v->tag == HP_STRING) {
        *out = hp_pointer(field->target_class, v->string);
        return HP_OPERAND_FITS;
    }
    if (hp_is_numeric(v) && v->tag != tags[field->type])
        return hp_numeric_equal(field->type, v, out) ? HP_OPERAND_FITS : HP_OPERAND_NEVER;
    if (v->tag != tags[field->type]) return HP_OPERAND_NEVER;
    *out = hp_stored_form(mem, v);
    return v->tag != HP_POINTER || hp_str_eq(out->pointer.class_name, field->target_class) ? HP_OPERAND_FITS
                                                                                           : HP_OPERAND_NEVER;
}

hp_operand_fit hp_where_fit(const hp_where_op *o, const hp_value *v, hp_value *out)
{
    *out = *v;
    if (hp_where_has_operator(v)) return HP_OPERAND_BAD;
    if (v->tag == HP_NUMBER && !isfinite(v->number)) return HP_OPERAND_BAD;
    if (v->tag == HP_NULL || o->t->kind == HP_TARGET_FREE) return HP_OPERAND_FITS;
    if (v->tag == HP_OBJECT || v->tag == HP_ARRAY || v->tag == HP_RELATION) return HP_OPERAND_BAD;
    return o->t->kind == HP_TARGET_TYPED ? fit_typed(o->p->mem, o->t->path.field, v, out) : HP_OPERAND_NEVER;
}

hp_code hp_where_too_many(const hp_where_op *o, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_QUERY, "%" HP_STR_FMT " has more than %d values.", HP_STR_ARG(o->name),
                   HP_QUERY_LIST_MAX);
}

hp_code hp_where_need_array(const hp_where_op *o, const char *what, hp_err *err)
{
    if (!hp_is(o->arg, HP_ARRAY))
        return hp_fail(err, HP_E_INVALID_JSON, "bad %" HP_STR_FMT "%s", HP_STR_ARG(o->name), what);
    return o->arg->array.count > HP_QUERY_LIST_MAX ? hp_where_too_many(o, err) : HP_OK;
}

hp_filter *hp_where_equality(const hp_where_op *o, hp_operand_fit how, hp_value operand, bool negated)
{
    if (how != HP_OPERAND_FITS) return hp_where_constant(o->p, negated);
    if (o->t->kind == HP_TARGET_ABSENT) return hp_where_constant(o->p, !negated); /* null: everything else never fits */
    hp_filter *f = hp_where_leaf(o, negated ? HP_FILTER_NE : HP_FILTER_EQ);
    f->operand = operand;
    return f;
}

hp_code hp_where_regex_allowed(const hp_where_op *o, hp_err *err)
{
    if (o->p->rules->allow_regex) return HP_OK;
    return hp_fail(err, HP_E_INVALID_QUERY, "$regex operator is not allowed");
}

const hp_value *hp_where_regex_of(const hp_value *v) { return hp_object_get(v, HP_STR("$regex")); }

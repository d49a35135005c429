/* query/where_list.c — $in, $nin, $containedBy, $all, and the pointers that a relation may link to. */
#include "base/limits.h"
#include "query/regex.h"
#include "query/where_operand.h"

typedef struct operand_list {
    hp_value *items;
    size_t count, count_max;
    bool has_null;
} operand_list;

static hp_code list_add(const hp_where_op *o, operand_list *list, const hp_value *v, hp_err *err)
{
    hp_value operand;
    hp_operand_fit how = hp_where_fit(o, v, &operand);

    if (how == HP_OPERAND_BAD) return hp_where_bad_atom(o, v, err);
    if (how == HP_OPERAND_NEVER) return HP_OK;
    if (list->count == list->count_max) return hp_where_too_many(o, err);
    list->has_null = list->has_null || hp_is_null(&operand);
    list->items[list->count++] = operand;
    return HP_OK;
}

/* The values of a list that can match; with `flatten`, arrays in it stand for their elements. */
static hp_code read_list(const hp_where_op *o, bool flatten, operand_list *list, hp_err *err)
{
    size_t total = 0;
    for (uint32_t i = 0; i < o->arg->array.count; i++) {
        const hp_value *v = &o->arg->array.items[i];
        total += flatten && v->tag == HP_ARRAY ? v->array.count : 1;
    }
    *list = (operand_list){ .count_max = total < HP_QUERY_LIST_MAX ? total : HP_QUERY_LIST_MAX };
    list->items = HP_NEW_ARRAY(o->p->mem, hp_value, list->count_max);

    for (uint32_t i = 0; i < o->arg->array.count; i++) {
        const hp_value *v = &o->arg->array.items[i];
        if (!flatten || v->tag != HP_ARRAY) {
            HP_TRY(list_add(o, list, v, err));
            continue;
        }
        for (uint32_t k = 0; k < v->array.count; k++) HP_TRY(list_add(o, list, &v->array.items[k], err));
    }
    return HP_OK;
}

static hp_filter *list_leaf(const hp_where_op *o, hp_filter_kind kind, const operand_list *list)
{
    hp_filter *f = hp_where_leaf(o, kind);
    hp_filter_put_list(f, list->items, list->count, o->p->mem);
    return f;
}

hp_code hp_where_in(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    operand_list list;
    bool negated = o->kind == HP_FILTER_NIN;

    HP_TRY(hp_where_need_array(o, " value", err));
    HP_TRY(read_list(o, true, &list, err));
    if (o->t->kind == HP_TARGET_ABSENT)
        *out = hp_where_constant(o->p, list.has_null != negated);
    else
        *out = list.count == 0 ? hp_where_constant(o->p, negated) : list_leaf(o, o->kind, &list);
    return HP_OK;
}

hp_code hp_where_contained_by(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    operand_list list;

    HP_TRY(hp_where_need_array(o, ": should be an array", err));
    HP_TRY(read_list(o, false, &list, err));
    *out = o->t->kind == HP_TARGET_FREE ? list_leaf(o, HP_FILTER_CONTAINED_BY, &list) : hp_where_constant(o->p, true);
    return HP_OK;
}

/* ---- $all ---- */

/* $all of {"$regex": "^\\Q…\\E"}: as the list of the quoted texts. */
static hp_code read_prefixes(const hp_where_op *o, operand_list *list, hp_err *err)
{
    HP_TRY(hp_where_regex_allowed(o, err));
    *list = (operand_list){ .items = HP_NEW_ARRAY(o->p->mem, hp_value, o->arg->array.count) };
    for (uint32_t i = 0; i < o->arg->array.count; i++) {
        const hp_value *pattern = hp_where_regex_of(&o->arg->array.items[i]);
        const hp_regex *re = NULL;
        hp_str prefix = HP_STR_NONE;

        if (hp_is(pattern, HP_STRING)) {
            HP_TRY(hp_regex_compile(o->p->mem, pattern->string, HP_STR(""), &re, err));
            prefix = hp_regex_literal_prefix(re);
        }
        if (!hp_str_present(prefix)) {
            hp_str text = hp_where_script_text(o->p->mem, o->arg);
            return hp_fail(err, HP_E_INVALID_JSON, "All $all values must be of regex type or none: %" HP_STR_FMT,
                           HP_STR_ARG(text));
        }
        list->items[list->count++] = hp_string(prefix);
    }
    return HP_OK;
}

/* On a single value every condition is about that value: an AND of prefix expressions. */
static hp_code prefixes_of_text(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    uint32_t count = o->arg->array.count;
    hp_filter **parts = HP_NEW_ARRAY(o->p->mem, hp_filter *, count);

    for (uint32_t i = 0; i < count; i++) {
        hp_str pattern = hp_text(hp_where_regex_of(&o->arg->array.items[i]));
        parts[i] = hp_where_leaf(o, HP_FILTER_REGEX);
        HP_TRY(hp_regex_compile(o->p->mem, pattern, HP_STR(""), &parts[i]->regex, err));
    }
    *out = hp_filter_join(o->p->mem, HP_FILTER_AND, parts, count);
    return HP_OK;
}

static hp_code all_prefixes(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    operand_list list;

    HP_TRY(read_prefixes(o, &list, err));
    if (o->t->kind == HP_TARGET_FREE)
        *out = list_leaf(o, HP_FILTER_ALL_STARTING_WITH, &list);
    else if (o->t->kind == HP_TARGET_TYPED && o->t->path.field->type == HP_T_STRING)
        return prefixes_of_text(o, out, err);
    else
        *out = hp_where_constant(o->p, false);
    return HP_OK;
}

/* On a single value: equal to every element, so to the only one. */
static hp_filter *all_of_single(const hp_where_op *o, const operand_list *list)
{
    hp_filter **parts = HP_NEW_ARRAY(o->p->mem, hp_filter *, list->count);
    for (size_t i = 0; i < list->count; i++) parts[i] = hp_where_equality(o, HP_OPERAND_FITS, list->items[i], false);
    return hp_filter_join(o->p->mem, HP_FILTER_AND, parts, list->count);
}

hp_code hp_where_all(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    operand_list list;

    HP_TRY(hp_where_need_array(o, " value", err));
    for (uint32_t i = 0; i < o->arg->array.count; i++)
        if (hp_where_regex_of(&o->arg->array.items[i]) != NULL) return all_prefixes(o, out, err);

    HP_TRY(read_list(o, false, &list, err));
    if (o->arg->array.count == 0 ||
        list.count < o->arg->array.count) /* nothing asked for, or something that is nowhere */
        *out = hp_where_constant(o->p, false);
    else
        *out = o->t->kind == HP_TARGET_FREE ? list_leaf(o, HP_FILTER_ALL, &list) : all_of_single(o, &list);
    return HP_OK;
}

/* ---- relations ---- */

static bool add_link(const hp_where_op *o, const hp_value *v, operand_list *ids)
{
    if (!hp_is(v, HP_POINTER)) return false;
    if (hp_str_eq(hp_class_canonical_name(v->pointer.class_name), o->t->path.field->target_class))
        ids->items[ids->count++] = hp_string(v->pointer.object_id);
    return true;
}

/* {"rel": Pointer}, $eq, $ne, $in and $nin with pointers; whatever else finds no object. */
hp_code hp_where_links(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    bool list = o->kind == HP_FILTER_IN || o->kind == HP_FILTER_NIN;
    bool negated = o->kind == HP_FILTER_NE || o->kind == HP_FILTER_NIN;
    operand_list ids = { 0 };
    bool well_formed = true;

    if (list) {
        HP_TRY(hp_where_need_array(o, " value", err));
        ids.items = HP_NEW_ARRAY(o->p->mem, hp_value, o->arg->array.count);
        for (uint32_t i = 0; i < o->arg->array.count; i++)
            well_formed = add_link(o, &o->arg->array.items[i], &ids) && well_formed;
    } else {
        ids.items = HP_NEW_ARRAY(o->p->mem, hp_value, 1);
        well_formed = (o->kind == HP_FILTER_EQ || o->kind == HP_FILTER_NE) && add_link(o, o->arg, &ids);
    }
    if (!well_formed || ids.count == 0) {
        *out = hp_where_constant(o->p, well_formed && negated);
        return HP_OK;
    }

    hp_filter *links = list_leaf(o, HP_FILTER_RELATES_TO, &ids);
    if (negated) {
        *out = hp_filter_new(o->p->mem, HP_FILTER_NOR, (hp_path){ 0 });
        (*out)->children.items = HP_NEW(o->p->mem, hp_filter *);
        (*out)->children.items[0] = links;
        (*out)->children.count = 1;
    } else {
        *out = links;
    }
    return HP_OK;
}

/* query/where_constraint.c — one key of a where: {"f": value} or {"f": {"$op": argument, …}}.
 *
 * Operands are fitted to their target here, once. What can never match becomes TRUE or FALSE, so that stores only see
 * leaves whose operand has the field's type. The texts are Parse's. */
#include <math.h>

#include "base/limits.h"
#include "query/numeric.h"
#include "query/regex.h"
#include "query/stored_form.h"
#include "query/text_search.h"
#include "query/where_internal.h"
#include "value/date.h"
#include "value/json.h"

typedef struct op_call {
    hp_where_parser *p;
    const hp_target *t;
    const hp_value *all; /* the whole constraint: $regex looks for its $options */
    hp_str name;         /* "$gt" */
    hp_filter_kind kind; /* of the leaf that this operator makes */
    const hp_value *arg;
} op_call;

static hp_filter *constant(const hp_where_parser *p, bool holds)
{
    return hp_filter_new(p->mem, holds ? HP_FILTER_TRUE : HP_FILTER_FALSE, (hp_path){ 0 });
}

static hp_filter *leaf(const op_call *o, hp_filter_kind kind) { return hp_filter_new(o->p->mem, kind, o->t->path); }

/* ---- operands ---- */

static bool is_operator(hp_str key) { return key.len > 0 && key.ptr[0] == '$'; }

static bool has_operator(const hp_value *v)
{
    for (uint32_t i = 0; hp_is(v, HP_OBJECT) && i < v->object.count; i++)
        if (is_operator(v->object.items[i].key)) return true;
    return false;
}

static hp_code bad_atom(const op_call *o, const hp_value *v, hp_err *err)
{
    hp_str text = hp_json_text(o->p->mem, v);
    return hp_fail(err, HP_E_INVALID_JSON, "bad atom: %" HP_STR_FMT, HP_STR_ARG(text));
}

/* "1,2" and "[object Object]": how JavaScript, and so Parse's message, prints them. */
static hp_str script_text(hp_arena *mem, const hp_value *v)
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

typedef enum operand_fit {
    FITS,    /* *out is what the leaf compares with */
    NEVER,   /* a well-formed value that nothing in the target equals */
    BAD_ATOM /* a plain object or array where there can be none, or an operator inside a value */
} operand_fit;

static operand_fit fit_typed(hp_arena *mem, const hp_field *field, const hp_value *v, hp_value *out)
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
        if (!hp_date_parse(v->string, &ms)) return NEVER;
        *out = hp_date(ms);
        return FITS;
    }
    if (field->type == HP_T_POINTER && v->tag == HP_STRING) {
        *out = hp_pointer(field->target_class, v->string);
        return FITS;
    }
    if (hp_is_numeric(v) && v->tag != tags[field->type]) return hp_numeric_equal(field->type, v, out) ? FITS : NEVER;
    if (v->tag != tags[field->type]) return NEVER;
    *out = hp_stored_form(mem, v);
    return v->tag != HP_POINTER || hp_str_eq(out->pointer.class_name, field->target_class) ? FITS : NEVER;
}

static operand_fit fit(const op_call *o, const hp_value *v, hp_value *out)
{
    *out = *v;
    if (has_operator(v)) return BAD_ATOM;
    if (v->tag == HP_NUMBER && !isfinite(v->number)) return BAD_ATOM;
    if (v->tag == HP_NULL || o->t->kind == HP_TARGET_FREE) return FITS;
    if (v->tag == HP_OBJECT || v->tag == HP_ARRAY || v->tag == HP_RELATION) return BAD_ATOM;
    return o->t->kind == HP_TARGET_TYPED ? fit_typed(o->p->mem, o->t->path.field, v, out) : NEVER;
}

static hp_code need_array(const op_call *o, const char *what, hp_err *err)
{
    if (!hp_is(o->arg, HP_ARRAY))
        return hp_fail(err, HP_E_INVALID_JSON, "bad %" HP_STR_FMT "%s", HP_STR_ARG(o->name), what);
    if (o->arg->array.count > HP_QUERY_LIST_MAX) {
        return hp_fail(err, HP_E_INVALID_QUERY, "%" HP_STR_FMT " has more than %d values.", HP_STR_ARG(o->name),
                       HP_QUERY_LIST_MAX);
    }
    return HP_OK;
}

/* ---- equality ---- */

/* The leaf for "equals" or "does not equal" a fitted operand. */
static hp_filter *equality(const op_call *o, operand_fit how, hp_value operand, bool negated)
{
    if (how != FITS) return constant(o->p, negated);
    if (o->t->kind == HP_TARGET_ABSENT) return constant(o->p, !negated); /* null: everything else never fits */
    hp_filter *f = leaf(o, negated ? HP_FILTER_NE : HP_FILTER_EQ);
    f->operand = operand;
    return f;
}

static hp_code refuse_relative_time(const op_call *o, hp_err *err)
{
    if (hp_object_get(o->arg, HP_STR("$relativeTime")) == NULL) return HP_OK;
    if (o->t->kind == HP_TARGET_TYPED && o->t->path.field->type != HP_T_DATE)
        return hp_fail(err, HP_E_INVALID_JSON, "$relativeTime can only be used with Date field");
    return hp_fail(err, HP_E_INVALID_JSON,
                   "$relativeTime can only be used with the $lt, $lte, $gt, and $gte operators");
}

static hp_code op_equal(const op_call *o, hp_filter **out, hp_err *err)
{
    hp_value operand;

    HP_TRY(refuse_relative_time(o, err));
    operand_fit how = fit(o, o->arg, &operand);
    if (how == BAD_ATOM) return bad_atom(o, o->arg, err);
    *out = equality(o, how, operand, o->kind == HP_FILTER_NE);
    return HP_OK;
}

/* {"f": value}: as $eq, but what is no atom has another message, and an array is none even for an Array field. */
static hp_code direct_value(const op_call *o, hp_filter **out, hp_err *err)
{
    hp_value operand;
    operand_fit how = fit(o, o->arg, &operand);

    if (o->t->kind == HP_TARGET_FREE && o->t->path.segment_count == 0 && o->arg->tag == HP_ARRAY) how = BAD_ATOM;
    if (how == BAD_ATOM) {
        hp_str text = script_text(o->p->mem, o->arg);
        return hp_fail(err, HP_E_INVALID_JSON, "You cannot use %" HP_STR_FMT " as a query parameter.",
                       HP_STR_ARG(text));
    }
    *out = equality(o, how, operand, false);
    return HP_OK;
}

/* ---- order ---- */

static hp_code read_relative_time(const op_call *o, const hp_value *text, hp_value *operand, hp_err *err)
{
    hp_str info = HP_STR("Time should either start with 'in' or end with 'ago'");
    int64_t ms = 0;

    if (o->t->kind == HP_TARGET_TYPED && o->t->path.field->type != HP_T_DATE)
        return hp_fail(err, HP_E_INVALID_JSON, "$relativeTime can only be used with Date field");
    if (!hp_is(text, HP_STRING) || !hp_relative_time(o->p->mem, text->string, o->p->rules->now_ms, &ms, &info))
        return hp_fail(err, HP_E_INVALID_JSON, "bad $relativeTime (%" HP_STR_FMT ") value. %" HP_STR_FMT,
                       HP_STR_ARG(o->name), HP_STR_ARG(info));
    *operand = hp_date(ms);
    return HP_OK;
}

static bool has_order(const hp_value *v)
{
    return hp_is_numeric(v) || v->tag == HP_STRING || v->tag == HP_DATE || v->tag == HP_BOOL;
}

static hp_code op_compare(const op_call *o, hp_filter **out, hp_err *err)
{
    const hp_value *relative = hp_object_get(o->arg, HP_STR("$relativeTime"));
    operand_fit how = o->t->kind == HP_TARGET_ABSENT ? NEVER : FITS;
    hp_filter_kind kind = o->kind;
    hp_value operand;

    if (relative != NULL)
        HP_TRY(read_relative_time(o, relative, &operand, err));
    else if (o->t->kind != HP_TARGET_TYPED || !hp_numeric_bound(o->t->path.field->type, o->arg, &kind, &operand))
        how = fit(o, o->arg, &operand);

    if (how == BAD_ATOM) return bad_atom(o, o->arg, err);
    if (how == NEVER || o->t->kind == HP_TARGET_ABSENT || !has_order(&operand)) {
        *out = constant(o->p, false);
        return HP_OK;
    }
    *out = leaf(o, kind);
    (*out)->operand = operand;
    return HP_OK;
}

/* ---- lists ---- */

typedef struct operand_list {
    hp_value *items;
    size_t count, count_max;
    bool has_null;
} operand_list;

static hp_code list_add(const op_call *o, operand_list *list, const hp_value *v, hp_err *err)
{
    hp_value operand;
    operand_fit how = fit(o, v, &operand);

    if (how == BAD_ATOM) return bad_atom(o, v, err);
    if (how == NEVER) return HP_OK;
    if (list->count == list->count_max)
        return hp_fail(err, HP_E_INVALID_QUERY, "%" HP_STR_FMT " has more than %d values.", HP_STR_ARG(o->name),
                       HP_QUERY_LIST_MAX);
    list->has_null = list->has_null || hp_is_null(&operand);
    list->items[list->count++] = operand;
    return HP_OK;
}

/* The values of a list that can match; with `flatten`, arrays in it stand for their elements. */
static hp_code read_list(const op_call *o, bool flatten, operand_list *list, hp_err *err)
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

static hp_filter *list_leaf(const op_call *o, hp_filter_kind kind, const operand_list *list)
{
    hp_filter *f = leaf(o, kind);
    hp_filter_put_list(f, list->items, list->count, o->p->mem);
    return f;
}

static hp_code op_in(const op_call *o, hp_filter **out, hp_err *err)
{
    operand_list list;
    bool negated = o->kind == HP_FILTER_NIN;

    HP_TRY(need_array(o, " value", err));
    HP_TRY(read_list(o, true, &list, err));
    if (o->t->kind == HP_TARGET_ABSENT)
        *out = constant(o->p, list.has_null != negated);
    else
        *out = list.count == 0 ? constant(o->p, negated) : list_leaf(o, o->kind, &list);
    return HP_OK;
}

static hp_code op_contained_by(const op_call *o, hp_filter **out, hp_err *err)
{
    operand_list list;

    HP_TRY(need_array(o, ": should be an array", err));
    HP_TRY(read_list(o, false, &list, err));
    *out = o->t->kind == HP_TARGET_FREE ? list_leaf(o, HP_FILTER_CONTAINED_BY, &list) : constant(o->p, true);
    return HP_OK;
}

/* ---- $all ---- */

static hp_code check_regex_allowed(const op_call *o, hp_err *err)
{
    if (o->p->rules->allow_regex) return HP_OK;
    return hp_fail(err, HP_E_INVALID_QUERY, "$regex operator is not allowed");
}

static const hp_value *regex_of(const hp_value *v) { return hp_object_get(v, HP_STR("$regex")); }

/* $all of {"$regex": "^\\Q…\\E"}: as the list of the quoted texts. */
static hp_code read_prefixes(const op_call *o, operand_list *list, hp_err *err)
{
    HP_TRY(check_regex_allowed(o, err));
    *list = (operand_list){ .items = HP_NEW_ARRAY(o->p->mem, hp_value, o->arg->array.count) };
    for (uint32_t i = 0; i < o->arg->array.count; i++) {
        const hp_value *pattern = regex_of(&o->arg->array.items[i]);
        const hp_regex *re = NULL;
        hp_str prefix = HP_STR_NONE;

        if (hp_is(pattern, HP_STRING)) {
            HP_TRY(hp_regex_compile(o->p->mem, pattern->string, HP_STR(""), &re, err));
            prefix = hp_regex_literal_prefix(re);
        }
        if (!hp_str_present(prefix)) {
            hp_str text = script_text(o->p->mem, o->arg);
            return hp_fail(err, HP_E_INVALID_JSON, "All $all values must be of regex type or none: %" HP_STR_FMT,
                           HP_STR_ARG(text));
        }
        list->items[list->count++] = hp_string(prefix);
    }
    return HP_OK;
}

/* On a single value every condition is about that value: an AND of prefix expressions. */
static hp_code prefixes_of_text(const op_call *o, hp_filter **out, hp_err *err)
{
    uint32_t count = o->arg->array.count;
    hp_filter **parts = HP_NEW_ARRAY(o->p->mem, hp_filter *, count);

    for (uint32_t i = 0; i < count; i++) {
        hp_str pattern = hp_text(regex_of(&o->arg->array.items[i]));
        parts[i] = leaf(o, HP_FILTER_REGEX);
        HP_TRY(hp_regex_compile(o->p->mem, pattern, HP_STR(""), &parts[i]->regex, err));
    }
    *out = hp_filter_join(o->p->mem, HP_FILTER_AND, parts, count);
    return HP_OK;
}

static hp_code all_prefixes(const op_call *o, hp_filter **out, hp_err *err)
{
    operand_list list;

    HP_TRY(read_prefixes(o, &list, err));
    if (o->t->kind == HP_TARGET_FREE)
        *out = list_leaf(o, HP_FILTER_ALL_STARTING_WITH, &list);
    else if (o->t->kind == HP_TARGET_TYPED && o->t->path.field->type == HP_T_STRING)
        return prefixes_of_text(o, out, err);
    else
        *out = constant(o->p, false);
    return HP_OK;
}

/* On a single value: equal to every element, so to the only one. */
static hp_filter *all_of_single(const op_call *o, const operand_list *list)
{
    hp_filter **parts = HP_NEW_ARRAY(o->p->mem, hp_filter *, list->count);
    for (size_t i = 0; i < list->count; i++) parts[i] = equality(o, FITS, list->items[i], false);
    return hp_filter_join(o->p->mem, HP_FILTER_AND, parts, list->count);
}

static hp_code op_all(const op_call *o, hp_filter **out, hp_err *err)
{
    operand_list list;

    HP_TRY(need_array(o, " value", err));
    for (uint32_t i = 0; i < o->arg->array.count; i++)
        if (regex_of(&o->arg->array.items[i]) != NULL) return all_prefixes(o, out, err);

    HP_TRY(read_list(o, false, &list, err));
    if (o->arg->array.count == 0 ||
        list.count < o->arg->array.count) /* nothing asked for, or something that is nowhere */
        *out = constant(o->p, false);
    else
        *out = o->t->kind == HP_TARGET_FREE ? list_leaf(o, HP_FILTER_ALL, &list) : all_of_single(o, &list);
    return HP_OK;
}

/* ---- $exists, $regex ---- */

static hp_code op_exists(const op_call *o, hp_filter **out, hp_err *err)
{
    HP_TRY(refuse_relative_time(o, err));
    if (!hp_is(o->arg, HP_BOOL)) return hp_fail(err, HP_E_INVALID_JSON, "bad $exists value: should be a boolean");
    if (o->t->kind == HP_TARGET_ABSENT) {
        *out = constant(o->p, !o->arg->boolean);
        return HP_OK;
    }
    *out = leaf(o, HP_FILTER_EXISTS);
    (*out)->flag = o->arg->boolean;
    return HP_OK;
}

static bool options_valid(hp_str options)
{
    for (size_t i = 0; i < options.len; i++)
        if (hp_str_find_char(HP_STR("imxsu"), options.ptr[i], 0) == SIZE_MAX) return false;
    return options.len > 0;
}

static hp_code op_regex(const op_call *o, hp_filter **out, hp_err *err)
{
    const hp_value *options = hp_object_get(o->all, HP_STR("$options"));
    const hp_regex *regex = NULL;

    HP_TRY(check_regex_allowed(o, err));
    if (!hp_is(o->arg, HP_STRING)) return hp_fail(err, HP_E_INVALID_QUERY, "$regex value must be a string");
    if (options != NULL && options->tag != HP_STRING)
        return hp_fail(err, HP_E_INVALID_QUERY, "$options value must be a string");
    if (options != NULL && !options_valid(options->string))
        return hp_fail(err, HP_E_INVALID_QUERY, "Bad $options value for query: %" HP_STR_FMT,
                       HP_STR_ARG(options->string));

    HP_TRY(hp_regex_compile(o->p->mem, o->arg->string, options ? options->string : HP_STR(""), &regex, err));
    if (o->t->kind == HP_TARGET_FREE || (o->t->kind == HP_TARGET_TYPED && o->t->path.field->type == HP_T_STRING)) {
        *out = leaf(o, HP_FILTER_REGEX);
        (*out)->regex = regex;
    } else {
        *out = constant(o->p, false);
    }
    return HP_OK;
}

/* Read together with its $regex. */
static hp_code op_options(const op_call *o, hp_filter **out, hp_err *err)
{
    *out = NULL;
    if (regex_of(o->all) == NULL) return hp_fail(err, HP_E_INVALID_QUERY, "$options needs a $regex");
    return HP_OK;
}

/* ---- subqueries ---- */

static hp_code improper(const op_call *o, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_QUERY, "improper usage of %" HP_STR_FMT, HP_STR_ARG(o->name));
}

/* What is nowhere is in no result; the leaf is for core/ to resolve in every other case. */
static hp_code subquery(const op_call *o, const hp_value *params, hp_str key, bool negated, hp_filter **out,
                        hp_err *err)
{
    hp_str class_name = hp_object_text(params, HP_STR("className"));

    if (class_name.len == 0) return improper(o, err);
    if (o->t->kind == HP_TARGET_ABSENT) {
        *out = constant(o->p, negated);
        return HP_OK;
    }
    *out = leaf(o, HP_FILTER_SUBQUERY);
    (*out)->subquery.class_name = hp_class_canonical_name(class_name);
    (*out)->subquery.params = params;
    (*out)->subquery.key = key;
    (*out)->subquery.negated = negated;
    return HP_OK;
}

static hp_code op_in_query(const op_call *o, hp_filter **out, hp_err *err)
{
    if (!hp_is(hp_object_get(o->arg, HP_STR("where")), HP_OBJECT)) return improper(o, err);
    return subquery(o, o->arg, HP_STR_NONE, hp_str_eq(o->name, HP_STR("$notInQuery")), out, err);
}

static hp_code op_select(const op_call *o, hp_filter **out, hp_err *err)
{
    const hp_value *query = hp_object_get(o->arg, HP_STR("query"));
    hp_str key = hp_object_text(o->arg, HP_STR("key"));

    if (!hp_is(query, HP_OBJECT) || key.len == 0 || o->arg->object.count != 2) return improper(o, err);
    return subquery(o, query, key, hp_str_eq(o->name, HP_STR("$dontSelect")), out, err);
}

/* ---- places ---- */

static hp_code op_place(const op_call *o, hp_filter **out, hp_err *err)
{
    hp_filter *f = leaf(o, o->kind);
    hp_type type = HP_T_GEOPOINT;

    if (hp_str_eq(o->name, HP_STR("$within"))) {
        HP_TRY(hp_where_within(o->arg, f, err));
    } else if (hp_str_eq(o->name, HP_STR("$geoWithin"))) {
        HP_TRY(hp_where_geo_within(o->p->mem, o->arg, f, err));
    } else {
        HP_TRY(hp_where_geo_intersects(o->arg, f, err));
        type = HP_T_POLYGON;
    }
    *out = o->t->kind == HP_TARGET_TYPED && o->t->path.field->type == type ? f : constant(o->p, false);
    return HP_OK;
}

/* It orders the whole result, so there can be one, and it cannot be an alternative. The texts are MongoDB's. */
static hp_code op_near(const op_call *o, hp_filter **out, hp_err *err)
{
    hp_filter *f = leaf(o, HP_FILTER_NEAR);

    HP_TRY(hp_where_near(o->all, f, err));
    if (o->p->alternatives > 0) return hp_fail(err, HP_E_INVALID_QUERY, "geo $near must be top-level expr");
    if (o->p->near++ > 0) return hp_fail(err, HP_E_INVALID_QUERY, "Too many geoNear expressions");
    *out = o->t->kind == HP_TARGET_TYPED && o->t->path.field->type == HP_T_GEOPOINT ? f : constant(o->p, false);
    return HP_OK;
}

/* Read together with its $nearSphere. */
static hp_code op_max_distance(const op_call *o, hp_filter **out, hp_err *err)
{
    *out = NULL;
    if (hp_object_get(o->all, HP_STR("$nearSphere")) != NULL) return HP_OK;
    return hp_fail(err, HP_E_INVALID_QUERY, "%" HP_STR_FMT " needs a $nearSphere", HP_STR_ARG(o->name));
}

/* ---- full text ---- */

static hp_code bad_text(const char *what, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_JSON, "bad $text: %s", what);
}

/* An option that is there and not empty; false if it is then of another type. */
static bool text_option(const hp_value *search, hp_str name, hp_tag tag, const hp_value **out)
{
    *out = hp_object_get(search, name);
    if (!hp_truthy(*out)) *out = NULL;
    return *out == NULL || (*out)->tag == tag;
}

static hp_code op_text(const op_call *o, hp_filter **out, hp_err *err)
{
    const hp_value *search = hp_object_get(o->arg, HP_STR("$search"));
    hp_str term = hp_object_text(search, HP_STR("$term"));
    const hp_value *language, *case_sensitive, *diacritic_sensitive;
    hp_filter *f = leaf(o, HP_FILTER_TEXT);

    if (!hp_is(search, HP_OBJECT)) return bad_text("$search, should be object", err);
    if (term.len == 0) return bad_text("$term, should be string", err);
    if (!text_option(search, HP_STR("$language"), HP_STRING, &language))
        return bad_text("$language, should be string", err);
    if (!text_option(search, HP_STR("$caseSensitive"), HP_BOOL, &case_sensitive))
        return bad_text("$caseSensitive, should be boolean", err);
    if (!text_option(search, HP_STR("$diacriticSensitive"), HP_BOOL, &diacritic_sensitive))
        return bad_text("$diacriticSensitive, should be boolean", err);

    const hp_text_options options = { .language = language != NULL ? language->string : HP_STR_NONE,
                                      .case_sensitive = case_sensitive != NULL,
                                      .diacritic_sensitive = diacritic_sensitive != NULL };
    HP_TRY(hp_text_search_new(o->p->mem, term, &options, &f->text, err));
    bool can = o->t->kind == HP_TARGET_FREE || (o->t->kind == HP_TARGET_TYPED && o->t->path.field->type == HP_T_STRING);
    *out = can && !hp_text_search_empty(f->text) ? f : constant(o->p, false);
    return HP_OK;
}

/* ---- relations ---- */

static bool add_link(const op_call *o, const hp_value *v, operand_list *ids)
{
    if (!hp_is(v, HP_POINTER)) return false;
    if (hp_str_eq(hp_class_canonical_name(v->pointer.class_name), o->t->path.field->target_class))
        ids->items[ids->count++] = hp_string(v->pointer.object_id);
    return true;
}

/* {"rel": Pointer}, $eq, $ne, $in and $nin with pointers; whatever else finds no object. */
static hp_code relation_constraint(const op_call *o, hp_filter **out, hp_err *err)
{
    bool list = o->kind == HP_FILTER_IN || o->kind == HP_FILTER_NIN;
    bool negated = o->kind == HP_FILTER_NE || o->kind == HP_FILTER_NIN;
    operand_list ids = { 0 };
    bool well_formed = true;

    if (list) {
        HP_TRY(need_array(o, " value", err));
        ids.items = HP_NEW_ARRAY(o->p->mem, hp_value, o->arg->array.count);
        for (uint32_t i = 0; i < o->arg->array.count; i++)
            well_formed = add_link(o, &o->arg->array.items[i], &ids) && well_formed;
    } else {
        ids.items = HP_NEW_ARRAY(o->p->mem, hp_value, 1);
        well_formed = (o->kind == HP_FILTER_EQ || o->kind == HP_FILTER_NE) && add_link(o, o->arg, &ids);
    }
    if (!well_formed || ids.count == 0) {
        *out = constant(o->p, well_formed && negated);
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

/* ---- the operators ---- */

static const struct {
    hp_str name;
    hp_filter_kind kind;
    hp_code (*read)(const op_call *o, hp_filter **out, hp_err *err);
} OPERATORS[] = {
    { HP_STR_INIT("$eq"), HP_FILTER_EQ, op_equal },
    { HP_STR_INIT("$ne"), HP_FILTER_NE, op_equal },
    { HP_STR_INIT("$lt"), HP_FILTER_LT, op_compare },
    { HP_STR_INIT("$lte"), HP_FILTER_LTE, op_compare },
    { HP_STR_INIT("$gt"), HP_FILTER_GT, op_compare },
    { HP_STR_INIT("$gte"), HP_FILTER_GTE, op_compare },
    { HP_STR_INIT("$in"), HP_FILTER_IN, op_in },
    { HP_STR_INIT("$nin"), HP_FILTER_NIN, op_in },
    { HP_STR_INIT("$all"), HP_FILTER_ALL, op_all },
    { HP_STR_INIT("$containedBy"), HP_FILTER_CONTAINED_BY, op_contained_by },
    { HP_STR_INIT("$exists"), HP_FILTER_EXISTS, op_exists },
    { HP_STR_INIT("$regex"), HP_FILTER_REGEX, op_regex },
    { HP_STR_INIT("$options"), HP_FILTER_REGEX, op_options },
    { HP_STR_INIT("$inQuery"), HP_FILTER_SUBQUERY, op_in_query },
    { HP_STR_INIT("$notInQuery"), HP_FILTER_SUBQUERY, op_in_query },
    { HP_STR_INIT("$select"), HP_FILTER_SUBQUERY, op_select },
    { HP_STR_INIT("$dontSelect"), HP_FILTER_SUBQUERY, op_select },
    { HP_STR_INIT("$within"), HP_FILTER_WITHIN_BOX, op_place },
    { HP_STR_INIT("$geoWithin"), HP_FILTER_WITHIN_POLYGON, op_place },
    { HP_STR_INIT("$geoIntersects"), HP_FILTER_CONTAINS_POINT, op_place },
    { HP_STR_INIT("$nearSphere"), HP_FILTER_NEAR, op_near },
    { HP_STR_INIT("$maxDistance"), HP_FILTER_NEAR, op_max_distance },
    { HP_STR_INIT("$maxDistanceInRadians"), HP_FILTER_NEAR, op_max_distance },
    { HP_STR_INIT("$maxDistanceInMiles"), HP_FILTER_NEAR, op_max_distance },
    { HP_STR_INIT("$maxDistanceInKilometers"), HP_FILTER_NEAR, op_max_distance },
    { HP_STR_INIT("$text"), HP_FILTER_TEXT, op_text },
};

static hp_code read_operator(op_call *o, hp_filter **out, hp_err *err)
{
    for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++) {
        if (!hp_str_eq(o->name, OPERATORS[i].name)) continue;
        o->kind = OPERATORS[i].kind;
        if (o->t->kind == HP_TARGET_RELATION && o->kind != HP_FILTER_SUBQUERY) return relation_constraint(o, out, err);
        return OPERATORS[i].read(o, out, err);
    }
    return hp_fail(err, HP_E_INVALID_JSON, "bad constraint: %" HP_STR_FMT, HP_STR_ARG(o->name));
}

/* {"__type": …, "$exists": true}: the plain keys together are one more operand of $eq. */
static hp_code read_plain_part(op_call *o, hp_filter **out, hp_err *err)
{
    hp_value plain = hp_object();
    for (uint32_t i = 0; i < o->all->object.count; i++) {
        const hp_member *m = &o->all->object.items[i];
        if (!is_operator(m->key)) hp_object_append(o->p->mem, &plain, m->key, m->value);
    }
    *out = NULL;
    if (plain.object.count == 0) return HP_OK;
    o->name = HP_STR("$eq");
    o->arg = hp_value_new(o->p->mem, hp_json_decode_types(o->p->mem, &plain));
    return read_operator(o, out, err);
}

hp_code hp_where_constraint(hp_where_parser *p, const hp_target *t, const hp_value *value, hp_filter **out, hp_err *err)
{
    op_call o = { .p = p, .t = t, .all = value, .name = HP_STR("$eq"), .kind = HP_FILTER_EQ, .arg = value };

    if (!has_operator(value))
        return t->kind == HP_TARGET_RELATION ? relation_constraint(&o, out, err) : direct_value(&o, out, err);

    uint32_t count = value->object.count;
    hp_filter **parts = HP_NEW_ARRAY(p->mem, hp_filter *, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        const hp_member *m = &value->object.items[i];
        if (!is_operator(m->key)) continue;
        o.name = m->key;
        o.arg = &m->value;
        HP_TRY(read_operator(&o, &parts[i], err));
    }
    HP_TRY(read_plain_part(&o, &parts[count], err));
    *out = hp_filter_join(p->mem, HP_FILTER_AND, parts, count + 1);
    return HP_OK;
}

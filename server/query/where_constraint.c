/* query/where_constraint.c — one key of a where: {"f": value} or {"f": {"$op": argument, …}}.
 *
 * Operands are fitted to their target here, once. What can never match becomes TRUE or FALSE, so that stores only see
 * leaves whose operand has the field's type. The texts are Parse's. Not here: the fitting itself (where_operand.c), lists
 * (where_list.c), shapes and distances (where_geo.c). */
#include "query/numeric.h"
#include "query/regex.h"
#include "query/text_search.h"
#include "query/where_operand.h"
#include "value/json.h"

/* ---- equality ---- */

/* For $relativeTime. */
static hp_code need_date_field(const hp_where_op *o, hp_err *err)
{
    if (o->t->kind != HP_TARGET_TYPED || o->t->path.field->type == HP_T_DATE) return HP_OK;
    return hp_fail(err, HP_E_INVALID_JSON, "$relativeTime can only be used with Date field");
}

static hp_code refuse_relative_time(const hp_where_op *o, hp_err *err)
{
    if (hp_object_get(o->arg, HP_STR("$relativeTime")) == NULL) return HP_OK;
    HP_TRY(need_date_field(o, err));
    return hp_fail(err, HP_E_INVALID_JSON,
                   "$relativeTime can only be used with the $lt, $lte, $gt, and $gte operators");
}

static hp_code op_equal(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    hp_value operand;

    HP_TRY(refuse_relative_time(o, err));
    hp_operand_fit how = hp_where_fit(o, o->arg, &operand);
    if (how == HP_OPERAND_BAD) return hp_where_bad_atom(o, o->arg, err);
    *out = hp_where_equality(o, how, operand, o->kind == HP_FILTER_NE);
    return HP_OK;
}

/* {"f": value}: as $eq, but what is no atom has another message, and an array is none even for an Array field. */
static hp_code direct_value(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    hp_value operand;
    hp_operand_fit how = hp_where_fit(o, o->arg, &operand);

    if (o->t->kind == HP_TARGET_FREE && o->t->path.segment_count == 0 && o->arg->tag == HP_ARRAY) how = HP_OPERAND_BAD;
    if (how == HP_OPERAND_BAD) {
        hp_str text = hp_where_script_text(o->p->mem, o->arg);
        return hp_fail(err, HP_E_INVALID_JSON, "You cannot use %" HP_STR_FMT " as a query parameter.",
                       HP_STR_ARG(text));
    }
    *out = hp_where_equality(o, how, operand, false);
    return HP_OK;
}

/* ---- order ---- */

static hp_code read_relative_time(const hp_where_op *o, const hp_value *text, hp_value *operand, hp_err *err)
{
    hp_str info = HP_STR("Time should either start with 'in' or end with 'ago'");
    int64_t ms = 0;

    HP_TRY(need_date_field(o, err));
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

static hp_code op_compare(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    const hp_value *relative = hp_object_get(o->arg, HP_STR("$relativeTime"));
    hp_operand_fit how = o->t->kind == HP_TARGET_ABSENT ? HP_OPERAND_NEVER : HP_OPERAND_FITS;
    hp_filter_kind kind = o->kind;
    hp_value operand;

    if (relative != NULL)
        HP_TRY(read_relative_time(o, relative, &operand, err));
    else if (o->t->kind != HP_TARGET_TYPED || !hp_numeric_bound(o->t->path.field->type, o->arg, &kind, &operand))
        how = hp_where_fit(o, o->arg, &operand);

    if (how == HP_OPERAND_BAD) return hp_where_bad_atom(o, o->arg, err);
    if (how == HP_OPERAND_NEVER || o->t->kind == HP_TARGET_ABSENT || !has_order(&operand)) {
        *out = hp_where_constant(o->p, false);
        return HP_OK;
    }
    *out = hp_where_leaf(o, kind);
    (*out)->operand = operand;
    return HP_OK;
}

/* ---- $exists, $regex ---- */

static hp_code op_exists(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    HP_TRY(refuse_relative_time(o, err));
    if (!hp_is(o->arg, HP_BOOL)) return hp_fail(err, HP_E_INVALID_JSON, "bad $exists value: should be a boolean");
    if (o->t->kind == HP_TARGET_ABSENT) {
        *out = hp_where_constant(o->p, !o->arg->boolean);
        return HP_OK;
    }
    *out = hp_where_leaf(o, HP_FILTER_EXISTS);
    (*out)->flag = o->arg->boolean;
    return HP_OK;
}

static bool options_valid(hp_str options)
{
    for (size_t i = 0; i < options.len; i++)
        if (hp_str_find_char(HP_STR("imxsu"), options.ptr[i], 0) == SIZE_MAX) return false;
    return options.len > 0;
}

static hp_code op_regex(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    const hp_value *options = hp_object_get(o->all, HP_STR("$options"));
    const hp_regex *regex = NULL;

    HP_TRY(hp_where_regex_allowed(o, err));
    if (!hp_is(o->arg, HP_STRING)) return hp_fail(err, HP_E_INVALID_QUERY, "$regex value must be a string");
    if (options != NULL && options->tag != HP_STRING)
        return hp_fail(err, HP_E_INVALID_QUERY, "$options value must be a string");
    if (options != NULL && !options_valid(options->string))
        return hp_fail(err, HP_E_INVALID_QUERY, "Bad $options value for query: %" HP_STR_FMT,
                       HP_STR_ARG(options->string));

    HP_TRY(hp_regex_compile(o->p->mem, o->arg->string, options ? options->string : HP_STR(""), &regex, err));
    if (o->t->kind == HP_TARGET_FREE || (o->t->kind == HP_TARGET_TYPED && o->t->path.field->type == HP_T_STRING)) {
        *out = hp_where_leaf(o, HP_FILTER_REGEX);
        (*out)->regex = regex;
    } else {
        *out = hp_where_constant(o->p, false);
    }
    return HP_OK;
}

/* Read together with its $regex. */
static hp_code op_options(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    *out = NULL;
    if (hp_where_regex_of(o->all) == NULL) return hp_fail(err, HP_E_INVALID_QUERY, "$options needs a $regex");
    return HP_OK;
}

/* ---- subqueries ---- */

static hp_code improper(const hp_where_op *o, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_QUERY, "improper usage of %" HP_STR_FMT, HP_STR_ARG(o->name));
}

/* What is nowhere is in no result; the leaf is for core/ to resolve in every other case. */
static hp_code subquery(const hp_where_op *o, const hp_value *params, hp_str key, bool negated, hp_filter **out,
                        hp_err *err)
{
    hp_str class_name = hp_object_text(params, HP_STR("className"));

    if (class_name.len == 0) return improper(o, err);
    if (o->t->kind == HP_TARGET_ABSENT) {
        *out = hp_where_constant(o->p, negated);
        return HP_OK;
    }
    *out = hp_where_leaf(o, HP_FILTER_SUBQUERY);
    (*out)->subquery.class_name = hp_class_canonical_name(class_name);
    (*out)->subquery.params = params;
    (*out)->subquery.key = key;
    (*out)->subquery.negated = negated;
    return HP_OK;
}

static hp_code op_in_query(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    if (!hp_is(hp_object_get(o->arg, HP_STR("where")), HP_OBJECT)) return improper(o, err);
    return subquery(o, o->arg, HP_STR_NONE, hp_str_eq(o->name, HP_STR("$notInQuery")), out, err);
}

static hp_code op_select(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    const hp_value *query = hp_object_get(o->arg, HP_STR("query"));
    hp_str key = hp_object_text(o->arg, HP_STR("key"));

    if (!hp_is(query, HP_OBJECT) || key.len == 0 || o->arg->object.count != 2) return improper(o, err);
    return subquery(o, query, key, hp_str_eq(o->name, HP_STR("$dontSelect")), out, err);
}

/* ---- places ---- */

static hp_code op_place(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    hp_filter *f = hp_where_leaf(o, o->kind);
    hp_type type = HP_T_GEOPOINT;

    if (hp_str_eq(o->name, HP_STR("$within"))) {
        HP_TRY(hp_where_within(o->arg, f, err));
    } else if (hp_str_eq(o->name, HP_STR("$geoWithin"))) {
        HP_TRY(hp_where_geo_within(o->p->mem, o->arg, f, err));
    } else {
        HP_TRY(hp_where_geo_intersects(o->arg, f, err));
        type = HP_T_POLYGON;
    }
    *out = o->t->kind == HP_TARGET_TYPED && o->t->path.field->type == type ? f : hp_where_constant(o->p, false);
    return HP_OK;
}

/* It orders the whole result, so there can be one, and it cannot be an alternative. The texts are MongoDB's. */
static hp_code op_near(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    hp_filter *f = hp_where_leaf(o, HP_FILTER_NEAR);

    HP_TRY(hp_where_near(o->all, f, err));
    if (o->p->alternatives > 0) return hp_fail(err, HP_E_INVALID_QUERY, "geo $near must be top-level expr");
    if (o->p->near++ > 0) return hp_fail(err, HP_E_INVALID_QUERY, "Too many geoNear expressions");
    *out =
        o->t->kind == HP_TARGET_TYPED && o->t->path.field->type == HP_T_GEOPOINT ? f : hp_where_constant(o->p, false);
    return HP_OK;
}

/* Read together with its $nearSphere. */
static hp_code op_max_distance(const hp_where_op *o, hp_filter **out, hp_err *err)
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

static hp_code op_text(const hp_where_op *o, hp_filter **out, hp_err *err)
{
    const hp_value *search = hp_object_get(o->arg, HP_STR("$search"));
    hp_str term = hp_object_text(search, HP_STR("$term"));
    const hp_value *language, *case_sensitive, *diacritic_sensitive;
    hp_filter *f = hp_where_leaf(o, HP_FILTER_TEXT);

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
    *out = can && !hp_text_search_empty(f->text) ? f : hp_where_constant(o->p, false);
    return HP_OK;
}

/* ---- the operators ---- */

static const struct {
    hp_str name;
    hp_filter_kind kind;
    hp_code (*read)(const hp_where_op *o, hp_filter **out, hp_err *err);
} OPERATORS[] = {
    { HP_STR_INIT("$eq"), HP_FILTER_EQ, op_equal },
    { HP_STR_INIT("$ne"), HP_FILTER_NE, op_equal },
    { HP_STR_INIT("$lt"), HP_FILTER_LT, op_compare },
    { HP_STR_INIT("$lte"), HP_FILTER_LTE, op_compare },
    { HP_STR_INIT("$gt"), HP_FILTER_GT, op_compare },
    { HP_STR_INIT("$gte"), HP_FILTER_GTE, op_compare },
    { HP_STR_INIT("$in"), HP_FILTER_IN, hp_where_in },
    { HP_STR_INIT("$nin"), HP_FILTER_NIN, hp_where_in },
    { HP_STR_INIT("$all"), HP_FILTER_ALL, hp_where_all },
    { HP_STR_INIT("$containedBy"), HP_FILTER_CONTAINED_BY, hp_where_contained_by },
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

static hp_code read_operator(hp_where_op *o, hp_filter **out, hp_err *err)
{
    for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++) {
        if (!hp_str_eq(o->name, OPERATORS[i].name)) continue;
        o->kind = OPERATORS[i].kind;
        if (o->t->kind == HP_TARGET_RELATION && o->kind != HP_FILTER_SUBQUERY) return hp_where_links(o, out, err);
        return OPERATORS[i].read(o, out, err);
    }
    return hp_fail(err, HP_E_INVALID_JSON, "bad constraint: %" HP_STR_FMT, HP_STR_ARG(o->name));
}

/* {"__type": …, "$exists": true}: the plain keys together are one more operand of $eq. */
static hp_code read_plain_part(hp_where_op *o, hp_filter **out, hp_err *err)
{
    hp_value plain = hp_object();
    for (uint32_t i = 0; i < o->all->object.count; i++) {
        const hp_member *m = &o->all->object.items[i];
        if (!hp_where_is_operator(m->key)) hp_object_append(o->p->mem, &plain, m->key, m->value);
    }
    *out = NULL;
    if (plain.object.count == 0) return HP_OK;
    o->name = HP_STR("$eq");
    o->arg = hp_value_new(o->p->mem, hp_json_decode_types(o->p->mem, &plain));
    return read_operator(o, out, err);
}

hp_code hp_where_constraint(hp_where_parser *p, const hp_target *t, const hp_value *value, hp_filter **out, hp_err *err)
{
    hp_where_op o = { .p = p, .t = t, .all = value, .name = HP_STR("$eq"), .kind = HP_FILTER_EQ, .arg = value };

    if (!hp_where_has_operator(value))
        return t->kind == HP_TARGET_RELATION ? hp_where_links(&o, out, err) : direct_value(&o, out, err);

    uint32_t count = value->object.count;
    hp_filter **parts = HP_NEW_ARRAY(p->mem, hp_filter *, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        const hp_member *m = &value->object.items[i];
        if (!hp_where_is_operator(m->key)) continue;
        o.name = m->key;
        o.arg = &m->value;
        HP_TRY(read_operator(&o, &parts[i], err));
    }
    HP_TRY(read_plain_part(&o, &parts[count], err));
    *out = hp_filter_join(p->mem, HP_FILTER_AND, parts, count + 1);
    return HP_OK;
}

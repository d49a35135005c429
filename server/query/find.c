#include "query/find.h"

#include "base/limits.h"
#include "query/where.h"
#include "value/json.h"

enum { ORDER_KEYS_MAX = 64 };
static const double INTEGER_MAX = 9007199254740992.0; /* 2^53 */

typedef struct reader {
    hp_find_form form;
    hp_arena *mem;
    hp_find_params *out;
} reader;

/* ---- lists ---- */

typedef struct str_list {
    hp_str *items;
    size_t count;
} str_list;

static size_t count_parts(hp_str s)
{
    size_t n = 1;
    for (size_t i = 0; i < s.len; i++) n += s.ptr[i] == ',';
    return n;
}

static void add_parts(str_list *list, hp_str s)
{
    for (;;) {
        size_t comma = hp_str_find_char(s, ',', 0);
        list->items[list->count++] = hp_str_trim(comma == SIZE_MAX ? s : hp_str_sub(s, 0, comma));
        if (comma == SIZE_MAX) return;
        s = hp_str_sub(s, comma + 1, SIZE_MAX);
    }
}

/* A comma list as text or as an array of texts. The empty text is no list at all. */
static hp_code read_list(const reader *r, hp_str name, const hp_value *v, str_list *list, bool *given, hp_err *err)
{
    size_t total = 0;

    *list = (str_list){ 0 };
    *given = false;
    if (hp_is_null(v) || (v->tag == HP_STRING && v->string.len == 0)) return HP_OK;
    *given = true;
    if (v->tag == HP_STRING) {
        list->items = HP_NEW_ARRAY(r->mem, hp_str, count_parts(v->string));
        add_parts(list, v->string);
        return HP_OK;
    }
    if (v->tag != HP_ARRAY) goto malformed;
    for (uint32_t i = 0; i < v->array.count; i++) {
        if (v->array.items[i].tag != HP_STRING) goto malformed;
        total += count_parts(v->array.items[i].string);
    }
    list->items = HP_NEW_ARRAY(r->mem, hp_str, total);
    for (uint32_t i = 0; i < v->array.count; i++) add_parts(list, v->array.items[i].string);
    return HP_OK;
malformed:
    return hp_fail(err, HP_E_INVALID_QUERY, "%" HP_STR_FMT " must be a text or a list of texts.", HP_STR_ARG(name));
}

static hp_code read_names(const reader *r, hp_str name, const hp_value *v, str_list *list, bool *given, hp_err *err)
{
    HP_TRY(read_list(r, name, v, list, given, err));
    if (list->count > HP_CLASS_FIELDS_MAX) /* each is compared with the members of every row */
        return hp_fail(err, HP_E_INVALID_QUERY, "%" HP_STR_FMT " has more than %d names.", HP_STR_ARG(name),
                       HP_CLASS_FIELDS_MAX);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].len > 0) list->items[kept++] = list->items[i];
    list->count = kept;
    return HP_OK;
}

/* ---- the parameters ---- */

typedef hp_code (*param_fn)(const reader *r, hp_str name, const hp_value *v, hp_err *err);

static hp_code read_where(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    (void)name;
    if (hp_is_null(v)) return HP_OK;
    r->out->where = v;
    if (v->tag != HP_STRING) return HP_OK; /* hp_where_parse says what is wrong with other kinds */

    hp_value *parsed = HP_NEW(r->mem, hp_value);
    hp_err why;
    if (hp_json_read(v->string, HP_JSON_PARSE, r->mem, parsed, &why) != HP_OK)
        return hp_fail(err, HP_E_INVALID_JSON, "where parameter is not valid JSON");
    r->out->where = hp_is_null(parsed) ? NULL : parsed;
    return HP_OK;
}

static hp_code read_count_of_rows(hp_str name, const hp_value *v, int64_t *out, hp_err *err)
{
    int64_t n = 0;
    bool ok = false;

    if (hp_is_null(v)) return HP_OK;
    if (v->tag == HP_NUMBER && v->number >= 0) {
        n = (int64_t)(v->number < INTEGER_MAX ? v->number : INTEGER_MAX);
        ok = v->number >= INTEGER_MAX || (double)n == v->number;
    } else if (v->tag == HP_STRING) {
        ok = hp_str_to_int64(v->string, 0, (int64_t)INTEGER_MAX, &n);
    }
    if (!ok)
        return hp_fail(err, HP_E_INVALID_QUERY, "%" HP_STR_FMT " must be a whole number that is not negative.",
                       HP_STR_ARG(name));
    *out = n;
    return HP_OK;
}

static hp_code read_limit(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    return read_count_of_rows(name, v, &r->out->limit, err);
}

static hp_code read_skip(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    return read_count_of_rows(name, v, &r->out->skip, err);
}

static hp_code read_order(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    str_list list;
    bool given;

    HP_TRY(read_list(r, name, v, &list, &given, err));
    if (list.count > ORDER_KEYS_MAX)
        return hp_fail(err, HP_E_INVALID_QUERY, "order has more than %d keys.", ORDER_KEYS_MAX);
    r->out->order = list.items;
    r->out->order_count = list.count;
    return HP_OK;
}

static hp_code read_keys(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    str_list list;

    HP_TRY(read_names(r, name, v, &list, &r->out->has_keys, err));
    r->out->has_keys = hp_is(v, HP_STRING) || r->out->has_keys; /* an empty list of keys is one, too */
    r->out->keys = list.items;
    r->out->keys_count = list.count;
    return HP_OK;
}

static hp_code read_exclude_keys(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    str_list list;
    bool given;

    HP_TRY(read_names(r, name, v, &list, &given, err));
    r->out->exclude_keys = list.items;
    r->out->exclude_count = list.count;
    return HP_OK;
}

static hp_code read_include(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    str_list list;
    bool given;

    HP_TRY(read_names(r, name, v, &list, &given, err));
    for (size_t i = 0; i < list.count; i++) r->out->include_all |= hp_str_eq(list.items[i], HP_STR("*"));
    r->out->include = list.items;
    r->out->include_count = list.count;
    return HP_OK;
}

static hp_code read_include_all(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    (void)name, (void)err;
    r->out->include_all = r->out->include_all || hp_truthy(v);
    return HP_OK;
}

static hp_code read_count(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    (void)name, (void)err;
    r->out->count = hp_truthy(v);
    return HP_OK;
}

static hp_code read_redirect(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    if (!hp_truthy(v)) return HP_OK;
    if (v->tag != HP_STRING)
        return hp_fail(err, HP_E_INVALID_QUERY, "%" HP_STR_FMT " must be a text.", HP_STR_ARG(name));
    r->out->redirect_class_name_for_key = v->string;
    return HP_OK;
}

/* There is one copy of the data to read from, so a preference is checked and has no effect. */
static hp_code check_read_preference(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    static const char *const known[] = { "PRIMARY", "PRIMARY_PREFERRED", "SECONDARY", "SECONDARY_PREFERRED",
                                         "NEAREST" };

    (void)r, (void)name;
    if (!hp_truthy(v)) return HP_OK;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (v->tag == HP_STRING && hp_str_eq_nocase(v->string, hp_str_of(known[i]))) return HP_OK;
    return hp_fail(err, HP_E_INVALID_QUERY, "Not supported read preference.");
}

static hp_code read_explain(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    static const char *const known[] = { "queryPlanner", "queryPlannerExtended", "executionStats",
                                         "allPlansExecution" };
    bool valid = hp_is(v, HP_BOOL);

    (void)name;
    if (!hp_truthy(v)) return HP_OK;
    r->out->explain = true;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        valid = valid || hp_str_eq(hp_text(v), hp_str_of(known[i]));
    return valid ? HP_OK : hp_fail(err, HP_E_INVALID_QUERY, "Invalid value for explain");
}

/* Advice to the database that changes no result. */
static hp_code ignore(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    (void)r, (void)name, (void)v, (void)err;
    return HP_OK;
}

enum { IN_QUERY = 1, IN_GET = 2, IN_SUBQUERY = 4 };

static const struct {
    hp_str name;
    unsigned forms; /* where it is read */
    param_fn read;
} PARAMS[] = {
    { HP_STR_INIT("where"), IN_QUERY | IN_SUBQUERY, read_where },
    { HP_STR_INIT("limit"), IN_QUERY, read_limit },
    { HP_STR_INIT("skip"), IN_QUERY, read_skip },
    { HP_STR_INIT("order"), IN_QUERY, read_order },
    { HP_STR_INIT("keys"), IN_QUERY | IN_GET, read_keys },
    { HP_STR_INIT("excludeKeys"), IN_QUERY | IN_GET, read_exclude_keys },
    { HP_STR_INIT("include"), IN_QUERY | IN_GET, read_include },
    { HP_STR_INIT("includeAll"), IN_QUERY, read_include_all },
    { HP_STR_INIT("count"), IN_QUERY, read_count },
    { HP_STR_INIT("redirectClassNameForKey"), IN_QUERY | IN_SUBQUERY, read_redirect },
    { HP_STR_INIT("readPreference"), IN_QUERY | IN_GET, check_read_preference },
    { HP_STR_INIT("includeReadPreference"), IN_QUERY | IN_GET, check_read_preference },
    { HP_STR_INIT("subqueryReadPreference"), IN_QUERY | IN_GET, check_read_preference },
    { HP_STR_INIT("explain"), IN_QUERY, read_explain },
    { HP_STR_INIT("hint"), IN_QUERY, ignore },
    { HP_STR_INIT("comment"), IN_QUERY, ignore },
    { HP_STR_INIT("className"), IN_SUBQUERY, ignore }, /* read by where_constraint.c */
    { HP_STR_INIT("key"), IN_SUBQUERY, ignore },
};

static hp_code unknown_param(hp_find_form form, hp_str name, hp_err *err)
{
    if (form == HP_FIND_GET) return hp_fail(err, HP_E_INVALID_QUERY, "Improper encode of parameter");
    return hp_fail(err, HP_E_INVALID_QUERY, "Invalid parameter for query: %" HP_STR_FMT, HP_STR_ARG(name));
}

static hp_code read_param(const reader *r, hp_str name, const hp_value *v, hp_err *err)
{
    unsigned form = r->form == HP_FIND_QUERY ? IN_QUERY : r->form == HP_FIND_GET ? IN_GET : IN_SUBQUERY;

    for (size_t i = 0; i < sizeof PARAMS / sizeof *PARAMS; i++) {
        if (!hp_str_eq(name, PARAMS[i].name)) continue;
        if (PARAMS[i].forms & form) return PARAMS[i].read(r, name, v, err);
        if (r->form == HP_FIND_SUBQUERY) return HP_OK; /* SDKs send a whole query; a subquery is all its rows */
        break;
    }
    return unknown_param(r->form, name, err);
}

hp_code hp_find_params_read(const hp_value *raw, hp_find_form form, hp_arena *mem, hp_find_params *out, hp_err *err)
{
    reader r = { .form = form, .mem = mem, .out = out };

    *out = (hp_find_params){ .limit = -1 };
    if (hp_is_null(raw)) return HP_OK;
    if (raw->tag != HP_OBJECT) return hp_fail(err, HP_E_INVALID_QUERY, "The query parameters must be an object.");
    for (uint32_t i = 0; i < raw->object.count; i++)
        HP_TRY(read_param(&r, raw->object.items[i].key, &raw->object.items[i].value, err));
    return HP_OK;
}

/* ---- order ---- */

static hp_str unalias(hp_str name)
{
    if (hp_str_eq(name, HP_STR("_created_at"))) return HP_STR("createdAt");
    return hp_str_eq(name, HP_STR("_updated_at")) ? HP_STR("updatedAt") : name;
}

/* The root follows the rules of field names, every further part is letters, digits and _. */
static bool sortable_name(hp_str name)
{
    bool empty = false;
    for (size_t i = hp_name_root(name).len; i < name.len; i++) {
        char c = name.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!word && (c != '.' || empty)) return false;
        empty = c == '.';
    }
    return !empty && hp_field_name_valid(hp_name_root(name));
}

static bool is_auth_data_id(hp_str name)
{
    return hp_str_starts(name, HP_STR("authData.")) && hp_str_ends(name, HP_STR(".id"));
}

static hp_code check_order_name(const hp_class *c, hp_str name, const hp_str *hidden, size_t hidden_count, hp_err *err)
{
    if (!sortable_name(name))
        return hp_fail(err, HP_E_INVALID_KEY_NAME, "Invalid field name: %" HP_STR_FMT ".", HP_STR_ARG(name));
    if (is_auth_data_id(name))
        return hp_fail(err, HP_E_INVALID_KEY_NAME, "Cannot sort by %" HP_STR_FMT, HP_STR_ARG(name));
    if (hp_name_hidden(name, hidden, hidden_count))
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN,
                       "This user is not allowed to sort by %" HP_STR_FMT " on class %" HP_STR_FMT, HP_STR_ARG(name),
                       HP_STR_ARG(c ? c->name : HP_STR_NONE));
    return HP_OK;
}

static hp_code order_by_score(const hp_filter *where, hp_order *out, hp_err *err)
{
    const hp_filter *text = where != NULL ? hp_filter_required(where, HP_FILTER_TEXT) : NULL;
    if (text == NULL) return hp_fail(err, HP_E_INVALID_QUERY, "order by $score needs a $text condition");
    *out = (hp_order){ .path = text->path, .descending = true, .by = text };
    return HP_OK;
}

hp_code hp_order_resolve(const hp_class *c, const hp_find_params *p, const hp_filter *where, const hp_str *hidden,
                         size_t hidden_count, hp_arena *mem, hp_order **out, size_t *count, hp_err *err)
{
    const hp_filter *near = where != NULL ? hp_filter_required(where, HP_FILTER_NEAR) : NULL;

    *out = HP_NEW_ARRAY(mem, hp_order, p->order_count + 1);
    *count = 0;
    for (size_t i = 0; i < p->order_count; i++) {
        bool descending = hp_str_starts(p->order[i], HP_STR("-"));
        hp_str name = unalias(hp_str_sub(p->order[i], descending ? 1 : 0, SIZE_MAX));
        hp_path path;

        if (hp_str_eq(name, HP_STR("$score"))) {
            HP_TRY(order_by_score(where, &(*out)[(*count)++], err));
            continue;
        }
        HP_TRY(check_order_name(c, name, hidden, hidden_count, err));
        if (!hp_path_resolve(c, name, false, mem, &path)) continue;
        if (path.field->type == HP_T_RELATION || path.field->type == HP_T_ACL) continue; /* no value to sort by */
        (*out)[(*count)++] = (hp_order){ .path = path, .descending = descending };
    }
    if (near != NULL) (*out)[(*count)++] = (hp_order){ .path = near->path, .by = near };
    return HP_OK;
}

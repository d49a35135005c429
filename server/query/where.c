/* query/where.c — the passes over a where, and the names in it.
 *
 *   1. check_depth looks at the whole value, wherever $or and its kin may hide, before anything is done with it.
 *   2. check_names decides for every key at any depth whether it may be asked for at all. It comes before any operator
 *      is read: the answer to a bad operand must not tell that a hidden field exists.
 *   3. build makes the tree; where_constraint.c knows the operators.
 *
 * Recursion is bounded by pass 1. */
#include "query/where.h"

#include "base/limits.h"
#include "query/where_internal.h"

/* The columns that master may name; the password hash is asked for by nobody. */
static const hp_str INTERNAL_NAMES[] = {
    HP_STR_INIT("_rperm"),
    HP_STR_INIT("_wperm"),
    HP_STR_INIT("_session_token"),
    HP_STR_INIT("_email_verify_token"),
    HP_STR_INIT("_email_verify_token_expires_at"),
    HP_STR_INIT("_perishable_token"),
    HP_STR_INIT("_perishable_token_expires_at"),
    HP_STR_INIT("_tombstone"),
    HP_STR_INIT("_failed_login_count"),
    HP_STR_INIT("_account_lockout_expires_at"),
    HP_STR_INIT("_password_changed_at"),
    HP_STR_INIT("_password_history"),
};

static bool is_logic(hp_str key)
{
    return hp_str_eq(key, HP_STR("$or")) || hp_str_eq(key, HP_STR("$and")) || hp_str_eq(key, HP_STR("$nor"));
}

/* ---- names ---- */

bool hp_name_hidden(hp_str name, const hp_str *hidden, size_t hidden_count)
{
    hp_str root = hp_name_root(name);
    for (size_t i = 0; i < hidden_count; i++)
        if (hp_str_eq(root, hidden[i])) return true;
    return false;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool segment_valid(hp_str s)
{
    if (s.len == 0) return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_name_char(s.ptr[i])) return false;
    return true;
}

/* Any key that an object can have, "New York" or an emoji, but for control characters and what ends a name in SQL or in a JSON
 * path: nothing below puts a segment into either, and nothing that will could be led astray. */
static bool path_segment_valid(hp_str s)
{
    static const hp_str NEVER = HP_STR_INIT("$'\"`\\;()[]\x7f");
    if (s.len == 0) return false;
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < ' ' || hp_str_find_char(NEVER, s.ptr[i], 0) != SIZE_MAX) return false;
    return true;
}

static size_t count_segments(hp_str name)
{
    size_t n = 0;
    for (size_t i = 0; i < name.len; i++) n += name.ptr[i] == '.';
    return n;
}

bool hp_path_resolve(const hp_class *c, hp_str name, bool internal_names, hp_arena *mem, hp_path *out)
{
    hp_str root = hp_name_root(name);
    const hp_field *field = c != NULL ? hp_class_field(c, root) : NULL;
    size_t count = count_segments(name);

    *out = (hp_path){ 0 };
    if (field == NULL || count >= HP_PATH_SEGMENTS_MAX) return false;
    if (field->internal && (!internal_names || hp_str_eq(root, HP_STR("_hashed_password")))) return false;
    if (count > 0 && field->type != HP_T_OBJECT && field->type != HP_T_ARRAY) return false;

    hp_str *segments = HP_NEW_ARRAY(mem, hp_str, count);
    size_t start = root.len + 1;
    for (size_t i = 0; i < count; i++) {
        size_t dot = hp_str_find_char(name, '.', start);
        segments[i] = hp_str_sub(name, start, dot == SIZE_MAX ? SIZE_MAX : dot - start);
        if (!path_segment_valid(segments[i])) return false;
        start += segments[i].len + 1;
    }
    *out = (hp_path){ .field = field, .segments = segments, .segment_count = count };
    return true;
}

static bool may_name_internal(const hp_where_rules *rules, hp_str root)
{
    if (!rules->internal_names) return false;
    for (size_t i = 0; i < sizeof INTERNAL_NAMES / sizeof *INTERNAL_NAMES; i++)
        if (hp_str_eq(root, INTERNAL_NAMES[i])) return true;
    return hp_str_starts(root, HP_STR("_auth_data_"));
}

/* ^[a-zA-Z][a-zA-Z0-9_.]*$ or a column that this caller may name, with no empty segment and not too many. */
static bool key_valid(const hp_where_rules *rules, hp_str key)
{
    hp_str root = hp_name_root(key), rest = key;
    bool letter =
        root.len > 0 && is_name_char(root.ptr[0]) && root.ptr[0] != '_' && !(root.ptr[0] >= '0' && root.ptr[0] <= '9');

    if (!letter && !may_name_internal(rules, root)) return false;
    if (count_segments(key) >= HP_PATH_SEGMENTS_MAX) return false;
    for (;;) {
        size_t dot = hp_str_find_char(rest, '.', 0);
        if (!segment_valid(dot == SIZE_MAX ? rest : hp_str_sub(rest, 0, dot))) return false;
        if (dot == SIZE_MAX) return true;
        rest = hp_str_sub(rest, dot + 1, SIZE_MAX);
    }
}

/* ---- pass 1 ---- */

static hp_code check_depth(const hp_value *v, int json_depth, int logic_depth, int max, hp_err *err)
{
    if (logic_depth > max || json_depth > HP_JSON_DEPTH_MAX)
        return hp_fail(err, HP_E_INVALID_QUERY, "Query condition nesting depth exceeds maximum allowed depth of %d",
                       max);
    if (v->tag == HP_ARRAY)
        for (uint32_t i = 0; i < v->array.count; i++)
            HP_TRY(check_depth(&v->array.items[i], json_depth + 1, logic_depth, max, err));
    if (v->tag == HP_OBJECT)
        for (uint32_t i = 0; i < v->object.count; i++) {
            const hp_member *m = &v->object.items[i];
            HP_TRY(check_depth(&m->value, json_depth + 1, logic_depth + is_logic(m->key), max, err));
        }
    return HP_OK;
}

/* ---- pass 2 ---- */

static hp_code count_constraints(hp_where_parser *p, size_t count, hp_err *err)
{
    p->constraints += count;
    if (p->constraints > HP_QUERY_NODES_MAX)
        return hp_fail(err, HP_E_INVALID_QUERY, "The query has more than %d conditions.", HP_QUERY_NODES_MAX);
    return HP_OK;
}

static hp_code check_key(const hp_where_parser *p, hp_str key, hp_err *err)
{
    if (hp_str_eq(hp_name_root(key), HP_STR("ACL"))) return hp_fail(err, HP_E_INVALID_QUERY, "Cannot query on ACL.");
    if (!key_valid(p->rules, key))
        return hp_fail(err, HP_E_INVALID_KEY_NAME, "Invalid key name: %" HP_STR_FMT, HP_STR_ARG(key));
    if (hp_name_hidden(key, p->rules->hidden, p->rules->hidden_count))
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN,
                       "This user is not allowed to query %" HP_STR_FMT " on class %" HP_STR_FMT, HP_STR_ARG(key),
                       HP_STR_ARG(p->c ? p->c->name : HP_STR_NONE));
    return HP_OK;
}

static hp_code check_names(hp_where_parser *p, const hp_value *where, hp_err *err);

static hp_code check_branches(hp_where_parser *p, hp_str key, const hp_value *branches, hp_err *err)
{
    bool nor = hp_str_eq(key, HP_STR("$nor"));

    if (!hp_is(branches, HP_ARRAY))
        return hp_fail(err, HP_E_INVALID_QUERY, "%" HP_STR_FMT " must be an array", HP_STR_ARG(key));
    if (nor && branches->array.count == 0) goto malformed;
    for (uint32_t i = 0; i < branches->array.count; i++) {
        const hp_value *branch = &branches->array.items[i];
        if (hp_is_null(branch) || branch->tag == HP_ARRAY || branch->tag == HP_STRING || branch->tag == HP_NUMBER ||
            branch->tag == HP_BOOL)
            goto malformed;
        HP_TRY(count_constraints(p, 1, err));
        HP_TRY(check_names(p, branch, err));
    }
    return HP_OK;
malformed:
    if (nor) return hp_fail(err, HP_E_INVALID_QUERY, "Bad $nor format - use an array of at least 1 value.");
    return hp_fail(err, HP_E_INVALID_QUERY, "Bad %" HP_STR_FMT " format - use an array value.", HP_STR_ARG(key));
}

static hp_code check_names(hp_where_parser *p, const hp_value *where, hp_err *err)
{
    if (where->tag == HP_ARRAY) return hp_fail(err, HP_E_INVALID_KEY_NAME, "Invalid key name: 0");
    if (where->tag == HP_NULL || where->tag == HP_BOOL || where->tag == HP_NUMBER || where->tag == HP_STRING)
        return hp_fail(err, HP_E_INVALID_QUERY, "where must be an object.");
    if (where->tag != HP_OBJECT) return hp_fail(err, HP_E_INVALID_KEY_NAME, "Invalid key name: __type");

    for (uint32_t i = 0; i < where->object.count; i++) {
        const hp_member *m = &where->object.items[i];
        HP_TRY(count_constraints(p, 1 + (m->value.tag == HP_OBJECT ? m->value.object.count : 0), err));
        if (is_logic(m->key))
            HP_TRY(check_branches(p, m->key, &m->value, err));
        else if (!hp_str_eq(m->key, HP_STR("$relatedTo")))
            HP_TRY(check_key(p, m->key, err));
    }
    return HP_OK;
}

/* ---- pass 3 ---- */

static hp_target find_target(const hp_where_parser *p, hp_str key)
{
    hp_target t = { .kind = HP_TARGET_ABSENT };

    /* A user's password is stored as a hash under another name, so nothing is ever equal to it. */
    if (p->c != NULL && hp_str_eq(p->c->name, HP_STR("_User")) && hp_str_eq(hp_name_root(key), HP_STR("password")))
        return t;
    if (!hp_path_resolve(p->c, key, p->rules->internal_names, p->mem, &t.path)) return t;
    if (t.path.field->type == HP_T_RELATION)
        t.kind = HP_TARGET_RELATION;
    else if (t.path.segment_count > 0 || t.path.field->type == HP_T_ARRAY)
        t.kind = HP_TARGET_FREE;
    else
        t.kind = HP_TARGET_TYPED;
    return t;
}

static hp_code build(hp_where_parser *p, const hp_value *where, hp_filter **out, hp_err *err);

static hp_code build_branches(hp_where_parser *p, hp_str key, const hp_value *branches, hp_filter **out, hp_err *err)
{
    uint32_t count = branches->array.count;
    hp_filter **parts = HP_NEW_ARRAY(p->mem, hp_filter *, count);

    bool and = hp_str_eq(key, HP_STR("$and"));
    p->alternatives += !and;
    for (uint32_t i = 0; i < count; i++) HP_TRY(build(p, &branches->array.items[i], &parts[i], err));
    p->alternatives -= !and;
    if (!hp_str_eq(key, HP_STR("$nor"))) {
        *out = hp_filter_join(p->mem, and? HP_FILTER_AND : HP_FILTER_OR, parts, count);
        return HP_OK;
    }
    *out = hp_filter_new(p->mem, HP_FILTER_NOR, (hp_path){ 0 });
    (*out)->children.items = parts;
    (*out)->children.count = count;
    return HP_OK;
}

static hp_code build_related_to(hp_where_parser *p, const hp_value *arg, hp_filter **out, hp_err *err)
{
    const hp_value *owner = hp_object_get(arg, HP_STR("object"));
    hp_str key = hp_object_text(arg, HP_STR("key"));

    if (!hp_is(owner, HP_POINTER) || key.len == 0)
        return hp_fail(err, HP_E_INVALID_QUERY, "improper usage of $relatedTo");
    *out = hp_filter_new(p->mem, HP_FILTER_RELATED_TO, (hp_path){ 0 });
    (*out)->relation.class_name = hp_class_canonical_name(owner->pointer.class_name);
    (*out)->relation.owner_id = owner->pointer.object_id;
    (*out)->relation.key = key;
    return HP_OK;
}

static hp_code build(hp_where_parser *p, const hp_value *where, hp_filter **out, hp_err *err)
{
    uint32_t count = where->object.count;
    hp_filter **parts = HP_NEW_ARRAY(p->mem, hp_filter *, count);

    for (uint32_t i = 0; i < count; i++) {
        const hp_member *m = &where->object.items[i];
        if (is_logic(m->key)) {
            HP_TRY(build_branches(p, m->key, &m->value, &parts[i], err));
        } else if (hp_str_eq(m->key, HP_STR("$relatedTo"))) {
            HP_TRY(build_related_to(p, &m->value, &parts[i], err));
        } else {
            hp_target t = find_target(p, m->key);
            HP_TRY(hp_where_constraint(p, &t, &m->value, &parts[i], err));
        }
    }
    *out = hp_filter_join(p->mem, HP_FILTER_AND, parts, count);
    return HP_OK;
}

static hp_code check(hp_where_parser *p, const hp_value *where, hp_err *err)
{
    const int max = p->rules->depth_max;
    const int depth_max = max > 0 ? max : max == 0 ? HP_QUERY_DEPTH_MAX : HP_JSON_DEPTH_MAX;

    HP_TRY(check_depth(where, 0, 0, depth_max, err));
    return check_names(p, where, err);
}

hp_code hp_where_check(const hp_class *c, const hp_value *where, const hp_where_rules *rules, hp_err *err)
{
    hp_where_parser p = { .c = c, .rules = rules };
    return hp_is_null(where) ? HP_OK : check(&p, where, err);
}

hp_code hp_where_parse(const hp_class *c, const hp_value *where, const hp_where_rules *rules, hp_arena *mem,
                       hp_filter **out, hp_err *err)
{
    hp_where_parser p = { .c = c, .rules = rules, .mem = mem };

    *out = NULL;
    if (hp_is_null(where)) {
        *out = hp_filter_new(mem, HP_FILTER_TRUE, (hp_path){ 0 });
        return HP_OK;
    }
    HP_TRY(check(&p, where, err));
    return build(&p, where, out, err);
}

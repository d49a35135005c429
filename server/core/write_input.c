/* core/write_input.c — a body taken apart: what the client may set, what only the server sets, and what is neither.
 *
 * A column of the server's own is refused whatever the value or the operation: null, false, "" and Delete count as much as
 * any other, so names are looked at here and values are not. An objectId of null or "" alone is none, as Parse has it. */
#include "base/limits.h"
#include "core/denied_keywords.h"
#include "core/file_rules.h"
#include "core/object_write.h"
#include "value/json.h"

#include "core/core_internal.h"

static const hp_value LOCKED = { .tag = HP_OBJECT }; /* an ACL that names nobody */

static bool is_class(const hp_write *w, const char *name) { return hp_str_eq(w->class_name, hp_str_of(name)); }

static hp_code bad_name(hp_str name, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_KEY_NAME, "Invalid field name: %" HP_STR_FMT ".", HP_STR_ARG(name));
}

hp_code hp_object_id_make(hp_call *call, size_t len, hp_str *out, hp_err *err)
{
    char *text = hp_arena_alloc(call->mem, len + 1);
    if (!hp_rand_alnum(call->core->parts.rand, text, len))
        return hp_fail_internal(err, "no randomness for an object id");
    *out = (hp_str){ text, len };
    return HP_OK;
}

/* Ids that would read as a group in an ACL or a CLP. */
static bool id_is_group(hp_str id)
{
    return hp_str_starts(id, HP_STR("role:")) || hp_str_eq(id, HP_STR("*")) || hp_str_eq(id, HP_STR("authenticated")) ||
           hp_str_eq(id, HP_STR("requiresAuthentication")) || hp_str_eq(id, HP_STR("currentUser"));
}

/* Refuses what is no value, or one of another type than `expected`; what has no type of its own (null, Delete) passes. */
static hp_code check_type(const hp_write *w, hp_str name, const hp_value *v, hp_type expected, hp_err *err)
{
    hp_arena *mem = w->call->mem;
    hp_value body = hp_object();
    hp_raw_changes changes;

    hp_object_append(mem, &body, name, *v);
    HP_TRY(hp_changes_read(&body, mem, &changes, err));
    for (size_t i = 0; i < changes.count; i++) {
        hp_type type;
        hp_str target;
        if (!hp_raw_change_type(&changes.items[i], &type, &target) || type == expected) continue;
        hp_str got = hp_type_print(mem, type, target);
        return hp_fail(err, HP_E_INCORRECT_TYPE,
                       "schema mismatch for %" HP_STR_FMT ".%" HP_STR_FMT "; expected %s but got %" HP_STR_FMT,
                       HP_STR_ARG(w->class_name), HP_STR_ARG(name), hp_type_name(expected), HP_STR_ARG(got));
    }
    return HP_OK;
}

static hp_code take_object_id(hp_write *w, const hp_value *v, hp_err *err)
{
    if (w->kind != HP_WRITE_CREATE) return HP_OK; /* SDKs echo it */
    if (is_class(w, "_User") && hp_is(v, HP_STRING) && id_is_group(v->string))
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "Invalid object ID.");
    if (!w->trusted && !w->call->settings->allow_custom_object_id) {
        if (hp_is_null(v) || (hp_is(v, HP_STRING) && v->string.len == 0))
            return HP_OK; /* none yet, as clients say it */
        return hp_fail(err, HP_E_INVALID_KEY_NAME, "objectId is an invalid field name.");
    }
    if (hp_truthy(v)) HP_TRY(check_type(w, HP_STR("objectId"), v, HP_T_STRING, err));
    hp_str id = hp_text(v);
    if (id.len == 0) return hp_fail(err, HP_E_MISSING_OBJECT_ID, "objectId must not be empty, null or undefined");
    if (id.len > HP_OBJECT_ID_BYTES_MAX || hp_str_find_char(id, '\0', 0) != SIZE_MAX)
        return hp_fail(err, HP_E_MISSING_OBJECT_ID, "objectId must not be longer than %d bytes or contain a NUL",
                       (int)HP_OBJECT_ID_BYTES_MAX);
    w->object_id = id;
    return HP_OK;
}

/* createdAt and updatedAt are the server's; a date is tolerated because SDKs echo it. */
static hp_code take_time(hp_write *w, hp_str name, const hp_value *v, int64_t *ms, hp_err *err)
{
    if (v->tag == HP_DATE) {
        if (w->kind == HP_WRITE_CREATE && w->call->who.access == HP_ACCESS_MAINTENANCE) *ms = v->date.ms;
        return HP_OK;
    }
    return check_type(w, name, v, HP_T_DATE, err);
}

static hp_code take_acl(hp_write *w, const hp_value *v, hp_err *err)
{
    w->acl = NULL;
    if (!hp_truthy(v)) return HP_OK;
    const hp_value *op = hp_object_get(v, HP_STR("__op"));
    const hp_value *type = hp_object_get(v, HP_STR("__type"));
    if (op == NULL) {
        if (hp_truthy(type)) /* meant for something else, and nobody would see the object */
            return hp_fail(err, HP_E_INCORRECT_TYPE, "This is not a valid %" HP_STR_FMT,
                           HP_STR_ARG(hp_is(type, HP_STRING) ? type->string : hp_json_text(w->call->mem, type)));
        for (uint32_t i = 0; w->kind == HP_WRITE_UPDATE && hp_is(v, HP_OBJECT) && i < v->object.count; i++)
            HP_TRY(hp_nested_key_check(v->object.items[i].key, err));
        w->acl = v;
        return HP_OK;
    }
    if (!hp_str_eq(hp_text(op), HP_STR("Delete"))) return hp_fail(err, HP_E_INVALID_ACL, "Invalid ACL.");
    w->acl = &LOCKED;
    return HP_OK;
}

/* True if the member is one that the pipeline treats by itself; *fields then does not get it. */
static bool special(const hp_write *w, hp_str key)
{
    static const hp_str ALL[] = { HP_STR_INIT("objectId"), HP_STR_INIT("createdAt"), HP_STR_INIT("updatedAt"),
                                  HP_STR_INIT("ACL") };
    static const hp_str USER[] = { HP_STR_INIT("password"), HP_STR_INIT("authData") };
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++)
        if (hp_str_eq(key, ALL[i])) return true;
    for (size_t i = 0; is_class(w, "_User") && i < sizeof USER / sizeof *USER; i++)
        if (hp_str_eq(key, USER[i])) return true;
    return false;
}

static hp_code take_special(hp_write *w, hp_str key, const hp_value *v, hp_err *err)
{
    if (hp_str_eq(key, HP_STR("objectId"))) return take_object_id(w, v, err);
    if (hp_str_eq(key, HP_STR("createdAt"))) return take_time(w, key, v, &w->created_ms, err);
    if (hp_str_eq(key, HP_STR("updatedAt"))) return take_time(w, key, v, &w->updated_ms, err);
    if (hp_str_eq(key, HP_STR("ACL"))) return take_acl(w, v, err);
    if (hp_str_eq(key, HP_STR("password"))) w->password = v;
    if (hp_str_eq(key, HP_STR("authData"))) w->auth_data = v;
    return HP_OK;
}

static hp_code check_name(const hp_write *w, hp_str key, const hp_value *v, hp_err *err)
{
    if (key.len == 0 || key.ptr[0] == '_') return bad_name(key, err);
    if (hp_str_eq(key, HP_STR("id")) && hp_truthy(v) && w->kind == HP_WRITE_CREATE && !w->trusted &&
        !w->call->settings->allow_custom_object_id)
        return hp_fail(err, HP_E_INVALID_KEY_NAME, "id is an invalid field name.");
    if (!is_class(w, "_User")) return HP_OK;
    if (hp_str_starts(key, HP_STR("authData.")))
        return hp_fail(err, HP_E_INVALID_KEY_NAME, "Invalid field name for update: %" HP_STR_FMT, HP_STR_ARG(key));
    hp_str root = hp_name_root(key);
    if (hp_str_eq(root, HP_STR("sessionToken")) || hp_str_eq(root, HP_STR("password"))) return bad_name(key, err);
    return HP_OK;
}

static hp_code settle_times(hp_write *w, hp_err *err)
{
    if (w->created_ms == 0) w->created_ms = w->call->now_ms;
    if (w->updated_ms == 0) w->updated_ms = w->kind == HP_WRITE_CREATE ? w->created_ms : w->call->now_ms;
    if (w->updated_ms < w->created_ms && w->kind == HP_WRITE_CREATE)
        return hp_fail(err, HP_E_VALIDATION_ERROR, "updatedAt cannot occur before createdAt");
    return HP_OK;
}

hp_code hp_write_take_body(hp_write *w, hp_err *err)
{
    hp_arena *mem = w->call->mem;
    hp_value fields = hp_object();

    if (w->body != NULL && w->body->tag != HP_OBJECT && w->body->tag != HP_NULL)
        return hp_fail(err, HP_E_INVALID_JSON, "The body must be a JSON object.");
    HP_TRY(hp_denied_keywords_check(w->call->settings, w->body, mem, err));
    HP_TRY(hp_file_urls_allowed(w->call->settings, w->body, err));
    for (uint32_t i = 0; hp_is(w->body, HP_OBJECT) && i < w->body->object.count; i++) {
        const hp_member *m = &w->body->object.items[i];
        if (special(w, m->key)) {
            HP_TRY(take_special(w, m->key, &m->value, err));
        } else {
            HP_TRY(check_name(w, m->key, &m->value, err));
            hp_object_append(mem, &fields, m->key, m->value);
        }
    }
    HP_TRY(hp_changes_read(hp_value_new(mem, fields), mem, &w->raw, err));
    if (w->kind == HP_WRITE_CREATE && !hp_str_present(w->object_id))
        HP_TRY(hp_object_id_make(w->call, w->call->settings->object_id_len, &w->object_id, err));
    return settle_times(w, err);
}

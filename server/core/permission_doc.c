/* core/permission_doc.c — CLP documents as people write and read them. */
#include "core/permission.h"

#include "value/json.h"

static const hp_str OPERATION_NAMES[] = { HP_STR_INIT("find"),    HP_STR_INIT("get"),    HP_STR_INIT("count"),
                                          HP_STR_INIT("create"),  HP_STR_INIT("update"), HP_STR_INIT("delete"),
                                          HP_STR_INIT("addField") };
enum { OPERATION_COUNT = sizeof OPERATION_NAMES / sizeof *OPERATION_NAMES };

static const hp_str COMMON_FIELDS[] = { HP_STR_INIT("objectId"), HP_STR_INIT("createdAt"), HP_STR_INIT("updatedAt"),
                                        HP_STR_INIT("ACL") };

typedef struct checker {
    const hp_class *cls;
    bool custom_ids;
    hp_arena *mem; /* for messages */
    hp_err *err;
} checker;

static bool is_operation(hp_str name)
{
    for (size_t i = 0; i < OPERATION_COUNT; i++)
        if (hp_str_eq(name, OPERATION_NAMES[i])) return true;
    return false;
}

/* A value as JavaScript puts it into a sentence. */
static hp_str js_text(hp_arena *mem, const hp_value *v)
{
    if (hp_is(v, HP_STRING)) return v->string;
    if (hp_is(v, HP_NULL) || hp_is(v, HP_BOOL) || hp_is(v, HP_NUMBER)) return hp_json_text(mem, v);
    if (!hp_is(v, HP_ARRAY)) return HP_STR("[object Object]");
    hp_str all = HP_STR("");
    for (uint32_t i = 0; i < v->array.count && all.len < 200; i++) {
        const hp_str item = hp_is(&v->array.items[i], HP_ARRAY) ? HP_STR("…") : js_text(mem, &v->array.items[i]);
        all =
            hp_arena_printf(mem, "%" HP_STR_FMT "%s%" HP_STR_FMT, HP_STR_ARG(all), i > 0 ? "," : "", HP_STR_ARG(item));
    }
    return all;
}

static bool is_user_id(const checker *c, hp_str key)
{
    if (key.len == 0) return false;
    if (c->custom_ids) return true;
    for (size_t i = 0; i < key.len; i++) {
        const char b = key.ptr[i];
        if (!((b >= '0' && b <= '9') || (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z'))) return false;
    }
    return true;
}

static hp_code bad_key(const checker *c, hp_str key)
{
    return hp_fail(c->err, HP_E_INVALID_JSON, "'%" HP_STR_FMT "' is not a valid key for class level permissions",
                   HP_STR_ARG(key));
}

static hp_code check_group_key(const checker *c, hp_str key)
{
    if (hp_str_eq(key, HP_STR("*")) || hp_str_eq(key, HP_STR("requiresAuthentication")) ||
        hp_str_eq(key, HP_STR("pointerFields")) || hp_str_starts(key, HP_STR("role:")) || is_user_id(c, key))
        return HP_OK;
    return bad_key(c, key);
}

static hp_code check_pointer_fields(const checker *c, hp_str op, const hp_value *names)
{
    for (uint32_t i = 0; i < names->array.count; i++) {
        const hp_field *f = hp_class_field(c->cls, hp_text(&names->array.items[i]));
        if (f != NULL && !f->internal &&
            (f->type == HP_T_ARRAY || (f->type == HP_T_POINTER && hp_str_eq(f->target_class, HP_STR("_User")))))
            continue;
        return hp_fail(c->err, HP_E_INVALID_JSON,
                       "'%" HP_STR_FMT "' is not a valid column for class level pointer permissions %" HP_STR_FMT,
                       HP_STR_ARG(js_text(c->mem, &names->array.items[i])), HP_STR_ARG(op));
    }
    return HP_OK;
}

static hp_code check_operation(const checker *c, hp_str op, const hp_value *rule)
{
    for (uint32_t i = 0; i < rule->object.count; i++) {
        const hp_member *m = &rule->object.items[i];
        HP_TRY(check_group_key(c, m->key));
        if (hp_str_eq(m->key, HP_STR("pointerFields"))) {
            if (!hp_is(&m->value, HP_ARRAY))
                return hp_fail(c->err, HP_E_INVALID_JSON,
                               "'%" HP_STR_FMT "' is not a valid value for %" HP_STR_FMT
                               "[pointerFields] - expected an array.",
                               HP_STR_ARG(js_text(c->mem, &m->value)), HP_STR_ARG(op));
            HP_TRY(check_pointer_fields(c, op, &m->value));
        } else if (!hp_is_true(&m->value)) {
            return hp_fail(c->err, HP_E_INVALID_JSON,
                           "'%" HP_STR_FMT "' is not a valid value for class level permissions acl %" HP_STR_FMT
                           ":%" HP_STR_FMT,
                           HP_STR_ARG(js_text(c->mem, &m->value)), HP_STR_ARG(op), HP_STR_ARG(m->key));
        }
    }
    return HP_OK;
}

/* The default ACL of new objects. */
static hp_code check_default_acl(const checker *c, const hp_value *acl)
{
    for (uint32_t i = 0; i < acl->object.count; i++) {
        const hp_member *m = &acl->object.items[i];
        if (!hp_str_eq(m->key, HP_STR("currentUser"))) HP_TRY(check_group_key(c, m->key));
        if (!hp_is(&m->value, HP_OBJECT))
            return hp_fail(c->err, HP_E_INVALID_JSON,
                           "'%" HP_STR_FMT "' is not a valid value for class level permissions acl",
                           HP_STR_ARG(js_text(c->mem, &m->value)));
        for (uint32_t k = 0; k < m->value.object.count; k++) {
            const hp_member *flag = &m->value.object.items[k];
            if (!hp_str_eq(flag->key, HP_STR("read")) && !hp_str_eq(flag->key, HP_STR("write")))
                return hp_fail(c->err, HP_E_INVALID_JSON,
                               "'%" HP_STR_FMT "' is not a valid key for class level permissions acl",
                               HP_STR_ARG(flag->key));
            if (!hp_is(&flag->value, HP_BOOL))
                return hp_fail(c->err, HP_E_INVALID_JSON,
                               "'%" HP_STR_FMT "' is not a valid value for class level permissions acl",
                               HP_STR_ARG(js_text(c->mem, &flag->value)));
        }
    }
    return HP_OK;
}

static hp_code check_protected_name(const checker *c, hp_str group, const hp_value *name)
{
    const hp_str text = js_text(c->mem, name);
    for (size_t i = 0; i < sizeof COMMON_FIELDS / sizeof *COMMON_FIELDS; i++)
        if (hp_str_eq(text, COMMON_FIELDS[i]))
            return hp_fail(c->err, HP_E_INVALID_JSON, "Default field '%" HP_STR_FMT "' can not be protected",
                           HP_STR_ARG(text));
    const hp_field *f = hp_class_field(c->cls, hp_text(name));
    if (f == NULL || f->internal)
        return hp_fail(c->err, HP_E_INVALID_JSON,
                       "Field '%" HP_STR_FMT "' in protectedFields:%" HP_STR_FMT " does not exist", HP_STR_ARG(text),
                       HP_STR_ARG(group));
    return HP_OK;
}

static hp_code check_protected_fields(const checker *c, const hp_value *groups)
{
    for (uint32_t i = 0; i < groups->object.count; i++) {
        const hp_member *m = &groups->object.items[i];
        if (!hp_str_eq(m->key, HP_STR("*")) && !hp_str_eq(m->key, HP_STR("authenticated")) &&
            !hp_str_starts(m->key, HP_STR("role:")) && !hp_str_starts(m->key, HP_STR("userField:")) &&
            !is_user_id(c, m->key))
            return bad_key(c, m->key);
        if (!hp_is(&m->value, HP_ARRAY))
            return hp_fail(c->err, HP_E_INVALID_JSON,
                           "'%" HP_STR_FMT "' is not a valid value for protectedFields[%" HP_STR_FMT
                           "] - expected an array.",
                           HP_STR_ARG(js_text(c->mem, &m->value)), HP_STR_ARG(m->key));
        for (uint32_t k = 0; k < m->value.array.count; k++)
            HP_TRY(check_protected_name(c, m->key, &m->value.array.items[k]));
    }
    return HP_OK;
}

static hp_code check_member(const checker *c, hp_str name, const hp_value *value)
{
    const bool list = hp_str_eq(name, HP_STR("readUserFields")) || hp_str_eq(name, HP_STR("writeUserFields"));
    const bool protects = hp_str_eq(name, HP_STR("protectedFields"));
    const bool default_acl = hp_str_eq(name, HP_STR("ACL"));

    if (!list && !protects && !default_acl && !is_operation(name))
        return hp_fail(c->err, HP_E_INVALID_JSON,
                       "%" HP_STR_FMT " is not a valid operation for class level permissions", HP_STR_ARG(name));
    if (!hp_is(value, list ? HP_ARRAY : HP_OBJECT))
        return hp_fail(c->err, HP_E_INVALID_JSON,
                       "'%" HP_STR_FMT "' is not a valid value for class level permissions %" HP_STR_FMT
                       " - must be an %s",
                       HP_STR_ARG(js_text(c->mem, value)), HP_STR_ARG(name), list ? "array" : "object");
    if (list) return check_pointer_fields(c, name, value);
    if (protects) return check_protected_fields(c, value);
    if (default_acl) return check_default_acl(c, value);
    return check_operation(c, name, value);
}

hp_code hp_permissions_check(const hp_class *cls, const hp_value *clp, bool custom_ids, hp_err *err)
{
    if (hp_is_null(clp)) return HP_OK;
    if (!hp_is(clp, HP_OBJECT)) return hp_fail(err, HP_E_INVALID_JSON, "class level permissions must be an object");

    HP_AUTO_ARENA mem = hp_arena_new();
    const checker c = { cls, custom_ids, mem, err };
    for (uint32_t i = 0; i < clp->object.count; i++)
        HP_TRY(check_member(&c, clp->object.items[i].key, &clp->object.items[i].value));
    return HP_OK;
}

static hp_value object_with(hp_arena *mem, hp_str key, hp_value value)
{
    hp_value o = hp_object();
    hp_object_append(mem, &o, key, value);
    return o;
}

static hp_value default_permissions(hp_arena *mem)
{
    hp_value all = hp_object(), flags = hp_object();
    hp_object_append(mem, &flags, HP_STR("read"), hp_bool(true));
    hp_object_append(mem, &flags, HP_STR("write"), hp_bool(true));
    hp_object_append(mem, &all, HP_STR("ACL"), object_with(mem, HP_STR("*"), flags));
    for (size_t i = 0; i < OPERATION_COUNT; i++)
        hp_object_append(mem, &all, OPERATION_NAMES[i], object_with(mem, HP_STR("*"), hp_bool(true)));
    hp_object_append(mem, &all, HP_STR("protectedFields"), object_with(mem, HP_STR("*"), hp_array()));
    return all;
}

hp_value hp_permissions_shown(const hp_class *cls, hp_arena *mem)
{
    if (!hp_is(cls->permissions, HP_OBJECT)) return default_permissions(mem);
    hp_value shown = hp_object_clone(mem, cls->permissions);
    for (size_t i = 0; i < OPERATION_COUNT; i++)
        if (hp_object_get(&shown, OPERATION_NAMES[i]) == NULL)
            hp_object_append(mem, &shown, OPERATION_NAMES[i], hp_object());
    if (hp_object_get(&shown, HP_STR("protectedFields")) == NULL)
        hp_object_append(mem, &shown, HP_STR("protectedFields"), hp_object());
    return shown;
}

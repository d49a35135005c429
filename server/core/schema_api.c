#include "core/schema_api.h"

#include "core/core_internal.h"
#include "core/permission.h"
#include "core/schema.h"
#include "core/schema_fields.h"
#include "core/schema_plan.h"
#include "core/system_classes.h"

static hp_value show_field(const hp_field *f, hp_arena *mem)
{
    hp_value shown = hp_object();
    hp_object_append(mem, &shown, HP_STR("type"), hp_string(hp_str_of(hp_type_name(f->type))));
    if (f->type == HP_T_POINTER || f->type == HP_T_RELATION)
        hp_object_append(mem, &shown, HP_STR("targetClass"), hp_string(f->target_class));
    if (f->required) hp_object_append(mem, &shown, HP_STR("required"), hp_bool(true));
    if (f->default_value != NULL) hp_object_append(mem, &shown, HP_STR("defaultValue"), *f->default_value);
    return shown;
}

static bool over_internal_fields(const hp_class *cls, const hp_value *index)
{
    for (uint32_t i = 0; i < index->object.count; i++) {
        const hp_field *f = hp_class_field(cls, index->object.items[i].key);
        if (f != NULL && f->internal) return true;
    }
    return false;
}

static hp_value show_indexes(const hp_class *cls, hp_arena *mem)
{
    hp_value shown = hp_object(), primary = hp_object();
    hp_object_append(mem, &primary, HP_STR("_id"), hp_number(1));
    hp_object_append(mem, &shown, HP_STR("_id_"), primary);
    for (uint32_t i = 0; i < cls->indexes->object.count; i++) {
        const hp_member *m = &cls->indexes->object.items[i];
        hp_value index = m->value;
        if (over_internal_fields(cls, &index)) continue;
        if (hp_system_index(cls->name, m->key)) { /* as Parse shows them */
            index = hp_object_clone(mem, &index);
            (void)hp_object_remove(&index, HP_STR("unique"));
        }
        hp_object_set(mem, &shown, m->key, index);
    }
    return shown;
}

hp_value hp_schema_show(const hp_call *call, const hp_class *cls)
{
    hp_arena *mem = call->mem;
    hp_value shown = hp_object(), fields = hp_object();

    for (size_t i = 0; i < cls->field_count; i++)
        if (!cls->fields[i]->internal)
            hp_object_append(mem, &fields, cls->fields[i]->name, show_field(cls->fields[i], mem));
    hp_object_append(mem, &shown, HP_STR("className"), hp_string(cls->name));
    hp_object_append(mem, &shown, HP_STR("fields"), fields);
    hp_object_append(mem, &shown, HP_STR("classLevelPermissions"),
                     hp_system_class_is_volatile(cls->name) ? hp_object() : hp_permissions_shown(cls, mem));
    if (cls->indexes != NULL) hp_object_append(mem, &shown, HP_STR("indexes"), show_indexes(cls, mem));
    return shown;
}

hp_code hp_schema_list(hp_call *call, hp_value *out, hp_err *err)
{
    HP_TRY(hp_call_require_master(call, err));
    size_t count;
    const hp_class *const *classes = hp_schema_classes(call->schema, &count);
    *out = hp_array();
    for (size_t i = 0; i < count; i++)
        if (!hp_system_class_is_volatile(classes[i]->name))
            hp_array_push(call->mem, out, hp_schema_show(call, classes[i]));
    return HP_OK;
}

static hp_code no_such_class(hp_str name, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_CLASS_NAME, "Class %" HP_STR_FMT " does not exist.", HP_STR_ARG(name));
}

hp_code hp_schema_get(hp_call *call, hp_str class_name, hp_value *out, hp_err *err)
{
    HP_TRY(hp_call_require_master(call, err));
    const hp_class *cls = hp_call_class(call, hp_class_canonical_name(class_name));
    if (cls == NULL && hp_system_class_is_volatile(class_name)) cls = hp_schema_new_class(class_name, call->mem);
    if (cls == NULL) return no_such_class(class_name, err);
    *out = hp_schema_show(call, cls);
    return HP_OK;
}

/* Master only; the read-only key passes the door and is refused by what it wants to do. */
static hp_code require_schema_writer(const hp_call *call, const char *verb, hp_err *err)
{
    HP_TRY(hp_call_require_master(call, err));
    if (call->who.access == HP_ACCESS_READ_ONLY)
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "read-only masterKey isn't allowed to %s a schema.", verb);
    if (call->settings->lock_schemas)
        return hp_fail(err, HP_E_OPERATION_FORBIDDEN, "Cannot perform this operation when schemas options is used.");
    return HP_OK;
}

/* The class that path and body name together. */
static hp_code target_class(hp_str path_class, const hp_value *body, hp_str *out, hp_err *err)
{
    const hp_value *sent = hp_object_get(body, HP_STR("className"));
    if (!hp_is_null(sent) && sent->tag != HP_STRING) return hp_fail(err, HP_E_INVALID_JSON, "invalid JSON");
    hp_str named = hp_text(sent);
    if (!hp_str_present(path_class) && !hp_str_present(named))
        return hp_fail(err, HP_E_MISSING_SCHEMA_TYPE, "POST /schemas needs a class name.");
    if (hp_str_present(path_class) && hp_str_present(named) &&
        !hp_str_eq(hp_class_canonical_name(path_class), hp_class_canonical_name(named)))
        return hp_fail(err, HP_E_INVALID_CLASS_NAME, "Class name mismatch between %" HP_STR_FMT " and %" HP_STR_FMT ".",
                       HP_STR_ARG(named), HP_STR_ARG(path_class));
    *out = hp_class_canonical_name(hp_str_present(path_class) ? path_class : named);
    return hp_class_name_check(*out, err);
}

static hp_code apply_class(hp_call *call, hp_str name, const hp_value *body, hp_value *out, hp_err *err)
{
    hp_schema_plan plan = { 0 };
    HP_TRY(hp_schema_plan_class(call, name, body, (hp_plan_rules){ .mode = HP_PLAN_MERGE, .by_request = true }, &plan,
                                err));
    HP_TRY(hp_schema_plan_apply(call, &plan, err));
    const hp_class *cls = hp_schema_class(call->schema, name);
    if (cls == NULL) return no_such_class(name, err); /* dropped by somebody else in between */
    *out = hp_schema_show(call, cls);
    return HP_OK;
}

/* POST names the columns to add: those that exist anyway are refused. */
static hp_code refuse_default_fields(hp_str name, const hp_value *body, hp_arena *mem, hp_err *err)
{
    const hp_value *fields = hp_object_get(body, HP_STR("fields"));
    for (uint32_t i = 0; hp_is(fields, HP_OBJECT) && i < fields->object.count; i++)
        if (hp_field_is_default(name, fields->object.items[i].key, mem))
            return hp_fail(err, HP_E_CHANGED_IMMUTABLE_FIELD, "field %" HP_STR_FMT " cannot be added",
                           HP_STR_ARG(fields->object.items[i].key));
    return HP_OK;
}

hp_code hp_schema_create(hp_call *call, hp_str path_class, const hp_value *body, hp_value *out, hp_err *err)
{
    hp_str name;
    HP_TRY(require_schema_writer(call, "create", err));
    HP_TRY(target_class(path_class, body, &name, err));
    if (hp_call_class(call, name) != NULL || hp_system_class_is_volatile(name))
        return hp_fail(err, HP_E_INVALID_CLASS_NAME, "Class %" HP_STR_FMT " already exists.", HP_STR_ARG(name));
    HP_TRY(refuse_default_fields(name, body, call->mem, err));
    return apply_class(call, name, body, out, err);
}

hp_code hp_schema_update(hp_call *call, hp_str path_class, const hp_value *body, hp_value *out, hp_err *err)
{
    hp_str name;
    HP_TRY(require_schema_writer(call, "update", err));
    HP_TRY(target_class(path_class, body, &name, err));
    if (hp_call_class(call, name) == NULL || hp_system_class_is_volatile(name)) return no_such_class(name, err);
    return apply_class(call, name, body, out, err);
}

hp_code hp_schema_delete(hp_call *call, hp_str class_name, hp_err *err)
{
    hp_str name = hp_class_canonical_name(class_name);
    HP_TRY(require_schema_writer(call, "delete", err));
    if (hp_system_class_has_routes(name)) return hp_class_name_refused(name, err);
    HP_TRY(hp_class_name_check(name, err));
    const hp_class *cls = hp_call_class(call, name);
    if (cls == NULL) return HP_OK;

    /* The store refuses a class that is not empty by itself; counting first only gives the sentence its number. */
    int64_t objects = 0;
    hp_query all = { .cls = cls, .readable_by = { .unrestricted = true }, .limit = -1 };
    HP_TRY(hp_store_count(call->core->parts.store, &all, &objects, err));
    if (objects > 0)
        return hp_fail(err, HP_E_INVALID_SCHEMA_OPERATION,
                       "Class %" HP_STR_FMT " is not empty, contains %lld objects, cannot drop schema.",
                       HP_STR_ARG(name), (long long)objects);
    hp_schema_plan plan = { .unit = hp_system_class_drop(cls, call->settings, call->mem) };
    return hp_schema_plan_apply(call, &plan, err);
}

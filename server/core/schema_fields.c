#include "core/schema_fields.h"

#include <string.h>

#include "base/limits.h"
#include "core/schema.h"
#include "query/change.h"

hp_class *hp_class_edit(const hp_class *cls, hp_arena *mem)
{
    hp_class *copy = HP_NEW(mem, hp_class);
    *copy = *cls;
    copy->fields = HP_NEW_ARRAY(mem, hp_field *, cls->field_count);
    copy->by_name = hp_map_new(mem);
    for (size_t i = 0; i < cls->field_count; i++) {
        copy->fields[i] = cls->fields[i];
        (void)hp_map_put(copy->by_name, cls->fields[i]->name, cls->fields[i]);
    }
    return copy;
}

void hp_class_put_field(hp_class *c, hp_field *f, hp_arena *mem)
{
    if (hp_map_put(c->by_name, f->name, f) != NULL) {
        for (size_t i = 0; i < c->field_count; i++)
            if (hp_str_eq(c->fields[i]->name, f->name)) c->fields[i] = f;
        return;
    }
    hp_field **grown = HP_NEW_ARRAY(mem, hp_field *, c->field_count + 1);
    if (c->field_count > 0) memcpy(grown, c->fields, c->field_count * sizeof *grown);
    grown[c->field_count++] = f;
    c->fields = grown;
}

void hp_class_drop_field(hp_class *c, hp_str name, hp_arena *mem)
{
    hp_field **kept = HP_NEW_ARRAY(mem, hp_field *, c->field_count);
    size_t count = 0;
    for (size_t i = 0; i < c->field_count; i++)
        if (!hp_str_eq(c->fields[i]->name, name)) kept[count++] = c->fields[i];
    c->fields = kept;
    c->field_count = count;
    (void)hp_map_remove(c->by_name, name);
}

hp_code hp_class_name_refused(hp_str name, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_CLASS_NAME,
                   "Invalid classname: %" HP_STR_FMT
                   ", classnames can only have alphanumeric characters and _, and must start with an alpha character ",
                   HP_STR_ARG(name));
}

hp_code hp_class_name_check(hp_str name, hp_err *err)
{
    return hp_class_name_valid(name) ? HP_OK : hp_class_name_refused(name, err);
}

static hp_code read_type(const hp_value *def, hp_arena *mem, hp_field *f, hp_err *err)
{
    hp_str type_name = hp_object_text(def, HP_STR("type"));
    if (!hp_str_present(type_name)) return hp_fail(err, HP_E_INVALID_JSON, "invalid JSON");
    if (!hp_type_parse(type_name, &f->type) || (f->type == HP_T_ACL && !hp_str_eq(f->name, HP_STR("ACL"))))
        return hp_fail(err, HP_E_INCORRECT_TYPE, "invalid field type: %" HP_STR_FMT, HP_STR_ARG(type_name));
    if (f->type != HP_T_POINTER && f->type != HP_T_RELATION) return HP_OK;

    const hp_value *target = hp_object_get(def, HP_STR("targetClass"));
    if (hp_is_null(target))
        return hp_fail(err, HP_E_MISSING_SCHEMA_TYPE, "type %" HP_STR_FMT " needs a class name", HP_STR_ARG(type_name));
    if (target->tag != HP_STRING) return hp_fail(err, HP_E_INVALID_JSON, "invalid JSON");
    f->target_class = hp_arena_str(mem, hp_class_canonical_name(target->string));
    return hp_class_name_check(f->target_class, err);
}

/* What a create could not write is no default either. */
static hp_code check_default(hp_str class_name, const hp_field *f, const hp_value *dflt, hp_arena *mem, hp_err *err)
{
    hp_value body = hp_object();
    hp_raw_changes changes;
    hp_object_append(mem, &body, f->name, *dflt);
    HP_TRY(hp_changes_read(&body, mem, &changes, err));
    if (changes.count != 1 || changes.items[0].op != HP_OP_SET)
        return hp_fail(err, HP_E_INCORRECT_TYPE, "This is not a valid default value for %" HP_STR_FMT ".%" HP_STR_FMT,
                       HP_STR_ARG(class_name), HP_STR_ARG(f->name));
    return HP_OK;
}

static hp_code read_options(hp_str class_name, const hp_value *def, hp_arena *mem, hp_field *f, hp_err *err)
{
    const hp_value *required = hp_object_get(def, HP_STR("required"));
    const hp_value *dflt = hp_object_get(def, HP_STR("defaultValue"));
    hp_str type = hp_type_print(mem, f->type, f->target_class);

    if (f->type == HP_T_RELATION && hp_truthy(required))
        return hp_fail(err, HP_E_INCORRECT_TYPE, "The 'required' option is not applicable for %" HP_STR_FMT,
                       HP_STR_ARG(type));
    if (f->type == HP_T_RELATION && !hp_is_null(dflt))
        return hp_fail(err, HP_E_INCORRECT_TYPE, "The 'default value' option is not applicable for %" HP_STR_FMT,
                       HP_STR_ARG(type));
    f->required = hp_is_true(required);
    if (hp_is_null(dflt)) return HP_OK;

    hp_type given_type;
    hp_str given_target = HP_STR_NONE;
    if (!hp_type_of_value(dflt, &given_type, &given_target))
        return hp_fail(err, HP_E_INCORRECT_TYPE, "This is not a valid default value for %" HP_STR_FMT ".%" HP_STR_FMT,
                       HP_STR_ARG(class_name), HP_STR_ARG(f->name));
    if (given_type != f->type || (f->type == HP_T_POINTER && !hp_str_eq(given_target, f->target_class))) {
        hp_str given = hp_type_print(mem, given_type, given_target);
        return hp_fail(err, HP_E_INCORRECT_TYPE,
                       "schema mismatch for %" HP_STR_FMT ".%" HP_STR_FMT " default value; expected %" HP_STR_FMT
                       " but got %" HP_STR_FMT,
                       HP_STR_ARG(class_name), HP_STR_ARG(f->name), HP_STR_ARG(type), HP_STR_ARG(given));
    }
    HP_TRY(check_default(class_name, f, dflt, mem, err));
    f->default_value = hp_value_new(mem, hp_value_copy(mem, dflt));
    return HP_OK;
}

hp_code hp_field_read(hp_str class_name, hp_str name, const hp_value *def, hp_arena *mem, hp_field **out, hp_err *err)
{
    hp_field *f = HP_NEW(mem, hp_field);
    f->name = hp_arena_str(mem, name);
    if (!hp_field_name_valid(name))
        return hp_fail(err, HP_E_INVALID_KEY_NAME, "invalid field name: %" HP_STR_FMT, HP_STR_ARG(name));
    if (!hp_is(def, HP_OBJECT)) return hp_fail(err, HP_E_INVALID_JSON, "invalid JSON");
    HP_TRY(read_type(def, mem, f, err));
    HP_TRY(read_options(class_name, def, mem, f, err));
    *out = f;
    return HP_OK;
}

static bool same_default(const hp_field *a, const hp_field *b)
{
    if (a->default_value == NULL || b->default_value == NULL) return a->default_value == b->default_value;
    return hp_value_equal(a->default_value, b->default_value);
}

hp_code hp_field_compare(const hp_class *c, const hp_field *field, hp_arena *mem, hp_field_change *out, hp_err *err)
{
    const hp_field *present = hp_class_field(c, field->name);
    if (present == NULL) {
        if (c->field_count >= HP_CLASS_FIELDS_MAX)
            return hp_fail(err, HP_E_INVALID_SCHEMA_OPERATION, "Class %" HP_STR_FMT " cannot have more than %d fields.",
                           HP_STR_ARG(c->name), HP_CLASS_FIELDS_MAX);
        *out = HP_FIELD_ADDED;
        return HP_OK;
    }
    if (present->type != field->type)
        return hp_fail(err, HP_E_INVALID_SCHEMA_OPERATION, "Field %" HP_STR_FMT " exists, cannot update.",
                       HP_STR_ARG(field->name));
    if (!hp_str_eq(present->target_class, field->target_class)) {
        hp_str want = hp_type_print(mem, present->type, present->target_class);
        hp_str got = hp_type_print(mem, field->type, field->target_class);
        return hp_fail(err, HP_E_INCORRECT_TYPE,
                       "schema mismatch for %" HP_STR_FMT ".%" HP_STR_FMT "; expected %" HP_STR_FMT
                       " but got %" HP_STR_FMT,
                       HP_STR_ARG(c->name), HP_STR_ARG(field->name), HP_STR_ARG(want), HP_STR_ARG(got));
    }
    *out = present->required == field->required && same_default(present, field) ? HP_FIELD_SAME : HP_FIELD_OPTIONS;
    return HP_OK;
}

bool hp_field_is_default(hp_str class_name, hp_str name, hp_arena *mem)
{
    return hp_class_field(hp_schema_new_class(class_name, mem), name) != NULL;
}

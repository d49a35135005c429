/* core/schema_resolve.c — names of a write become fields, and what is new becomes part of the schema.
 *
 * A client's name is looked up here once, byte-exact; afterwards only hp_field pointers travel.
 * New fields are not made here: they are operations in front of the write, so that they commit with it or not at all. */
#include "base/limits.h"
#include "core/core_internal.h"
#include "core/permission.h"
#include "core/schema_api.h"
#include "core/schema_fields.h"
#include "core/system_classes.h"
#include "query/where.h"

typedef struct resolver {
    hp_call *call;
    hp_str class_name;
    bool creating;
    const hp_class *stored; /* NULL: the class is new */
    hp_class *edited; /* NULL until something is added; of a new class, what every class of this name begins with */
    hp_resolved *out;
    size_t added;
    const hp_field **added_fields;
    size_t geopoints; /* that the body holds: Parse refuses the second one of a write, not of a class */
} resolver;

static const hp_class *present_class(const resolver *r) { return r->edited != NULL ? r->edited : r->stored; }

static hp_code bad_name(hp_str name, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_KEY_NAME, "Invalid field name: %" HP_STR_FMT ".", HP_STR_ARG(name));
}

/* Columns that are not written like fields: whoever may set them does it by other means. */
static bool reserved(hp_str name)
{
    return hp_str_eq(name, HP_STR("objectId")) || hp_str_eq(name, HP_STR("createdAt")) ||
           hp_str_eq(name, HP_STR("updatedAt")) || hp_str_eq(name, HP_STR("ACL"));
}

static bool is_relation_op(const hp_raw_change *c)
{
    return c->op == HP_OP_ADD_RELATION || c->op == HP_OP_REMOVE_RELATION;
}

static hp_code add_field(resolver *r, hp_str name, hp_type type, hp_str target, hp_err *err)
{
    hp_arena *mem = r->call->mem;
    if (hp_system_class_is_volatile(r->class_name))
        return hp_fail(err, HP_E_INVALID_JSON, "Could not add field %" HP_STR_FMT, HP_STR_ARG(name));
    if (r->edited == NULL) r->edited = hp_class_edit(r->stored, mem);
    if (r->edited->field_count >= HP_CLASS_FIELDS_MAX)
        return hp_fail(err, HP_E_INVALID_KEY_NAME, "Class %" HP_STR_FMT " cannot have more than %d fields.",
                       HP_STR_ARG(r->class_name), (int)HP_CLASS_FIELDS_MAX);

    hp_field *f = HP_NEW(mem, hp_field);
    f->name = hp_arena_str(mem, name);
    f->type = type;
    f->target_class = hp_arena_str(mem, target);
    hp_class_put_field(r->edited, f, mem);
    r->added_fields[r->added++] = f;
    return HP_OK;
}

static hp_code check_type(const resolver *r, const hp_field *f, bool dotted, hp_type type, hp_str target, hp_err *err)
{
    /* A path may go into an object by a key made of digits, and that looks like an index into an array. */
    if (dotted && f->type == HP_T_OBJECT && type == HP_T_ARRAY) return HP_OK;
    bool has_target = type == HP_T_POINTER || type == HP_T_RELATION;
    if (f->type == type && (!has_target || hp_str_eq(f->target_class, target))) return HP_OK;

    hp_str expected = hp_type_print(r->call->mem, f->type, f->target_class);
    hp_str got = hp_type_print(r->call->mem, type, target);
    return hp_fail(err, HP_E_INCORRECT_TYPE,
                   "schema mismatch for %" HP_STR_FMT ".%" HP_STR_FMT "; expected %" HP_STR_FMT " but got %" HP_STR_FMT,
                   HP_STR_ARG(r->class_name), HP_STR_ARG(f->name), HP_STR_ARG(expected), HP_STR_ARG(got));
}

/* Every link of a relation leads to the class that the relation is for. */
static hp_code check_links(const resolver *r, const hp_field *f, const hp_value *links, hp_err *err)
{
    for (uint32_t i = 0; hp_is(links, HP_ARRAY) && i < links->array.count; i++) {
        const hp_value *link = &links->array.items[i];
        hp_str target = hp_is(link, HP_POINTER) ? link->pointer.class_name : HP_STR_NONE;
        HP_TRY(check_type(r, f, false, HP_T_RELATION, target, err));
    }
    return HP_OK;
}

/* The one column that has a name which no field may have. */
static bool is_hooked_class(const resolver *r, hp_str name)
{
    return hp_str_eq(r->class_name, HP_STR("_Hooks")) && hp_str_eq(name, HP_STR("className"));
}

/* One change; *used is false when it does nothing (null of a field that does not exist, a Relation set as a value). */
static hp_code resolve_one(resolver *r, const hp_raw_change *c, hp_change *out, bool *used, hp_err *err)
{
    size_t dot = hp_str_find_char(c->name, '.', 0);
    bool dotted = dot != SIZE_MAX;
    hp_str root = dotted ? hp_str_sub(c->name, 0, dot) : c->name;

    *used = false;
    /* Internal columns begin with an underscore: no valid name is one. */
    if ((!hp_field_name_valid(root) && !is_hooked_class(r, root)) || root.len > HP_NAME_BYTES_MAX || reserved(root))
        return bad_name(c->name, err);
    const hp_field *f = present_class(r) != NULL ? hp_class_field(present_class(r), root) : NULL;

    hp_type type = HP_T_OBJECT;
    hp_str target = HP_STR_NONE;
    bool typed = hp_raw_change_type(c, &type, &target);
    if (typed && type == HP_T_GEOPOINT && !dotted && ++r->geopoints > 1)
        return hp_fail(err, HP_E_INCORRECT_TYPE, "there can only be one geopoint field in a class");
    if (f == NULL && !typed) return HP_OK;
    if (dotted && is_relation_op(c)) return bad_name(c->name, err);
    if (f == NULL) {
        HP_TRY(add_field(r, root, type, target, err));
        f = hp_class_field(r->edited, root);
    } else if (typed) {
        HP_TRY(check_type(r, f, dotted, type, target, err));
    }

    *out = (hp_change){ .path = { .field = f }, .op = c->op, .operand = c->operand };
    if (f->type == HP_T_RELATION) {
        if (!is_relation_op(c)) return HP_OK; /* a Relation as a value defines the field and links nothing */
        HP_TRY(check_links(r, f, &c->operand, err));
    }
    if (dotted && !hp_path_resolve(present_class(r), c->name, false, r->call->mem, &out->path))
        return bad_name(c->name, err);
    if (!dotted && c->op == HP_OP_SET && hp_is_null(&c->operand)) out->op = HP_OP_UNSET;
    *used = true;
    return HP_OK;
}

/* A new field that is set to null is not made, but only who may add fields may name it. */
static bool names_new_field(const resolver *r, const hp_raw_changes *changes)
{
    for (size_t i = 0; i < changes->count; i++)
        if (changes->items[i].op != HP_OP_UNSET &&
            hp_class_field(r->stored, hp_name_root(changes->items[i].name)) == NULL)
            return true;
    return false;
}

/* Before anything is said of values: that they are wrong is no news for who may not write them. */
static hp_code permit_new_fields(resolver *r, const hp_raw_changes *changes, hp_err *err)
{
    if (r->stored == NULL || !names_new_field(r, changes)) return HP_OK;
    const hp_operation op = r->creating ? HP_OPERATION_CREATE_FIELD : HP_OPERATION_ADD_FIELD;
    hp_grant grant = { 0 };
    HP_TRY(hp_permit(r->call, r->class_name, r->stored, op, &grant, err));
    r->out->also = grant.none ? hp_filter_new(r->call->mem, HP_FILTER_FALSE, (hp_path){ 0 }) : grant.also;
    return HP_OK;
}

static void plan_schema_ops(resolver *r)
{
    hp_resolved *out = r->out;
    if (r->stored == NULL) {
        out->schema_ops = HP_NEW(r->call->mem, hp_unit_op);
        *out->schema_ops =
            (hp_unit_op){ .kind = HP_UNIT_CREATE_CLASS, .class_name = r->edited->name, .cls = r->edited };
        out->schema_op_count = 1;
    } else if (r->added > 0) {
        out->schema_ops = HP_NEW_ARRAY(r->call->mem, hp_unit_op, r->added);
        for (size_t i = 0; i < r->added; i++)
            out->schema_ops[out->schema_op_count++] =
                (hp_unit_op){ .kind = HP_UNIT_ADD_FIELD, .class_name = r->edited->name, .field = r->added_fields[i] };
    }
    if (r->edited != NULL) hp_call_replace_schema(r->call, hp_schema_derive(r->call->schema, r->edited, r->call->mem));
}

hp_code hp_schema_resolve_changes(hp_call *call, hp_str class_name, bool creating, const hp_raw_changes *changes,
                                  hp_resolved *out, hp_err *err)
{
    *out = (hp_resolved){ 0 };
    if (!hp_class_name_valid(class_name))
        return hp_fail(err, HP_E_INVALID_JSON, "schema class name does not revalidate");

    resolver r = { .call = call,
                   .class_name = class_name,
                   .creating = creating,
                   .stored = hp_schema_class(call->schema, class_name),
                   .out = out,
                   .added_fields = HP_NEW_ARRAY(call->mem, const hp_field *, changes->count) };
    if (r.stored == NULL) r.edited = hp_schema_new_class(class_name, call->mem);
    out->changes = HP_NEW_ARRAY(call->mem, hp_change, changes->count);
    HP_TRY(permit_new_fields(&r, changes, err));
    for (size_t i = 0; i < changes->count; i++) {
        bool used = false;
        HP_TRY(resolve_one(&r, &changes->items[i], &out->changes[out->change_count], &used, err));
        out->change_count += used;
    }
    plan_schema_ops(&r);
    out->cls = present_class(&r);
    return HP_OK;
}

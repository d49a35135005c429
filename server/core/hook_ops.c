/* core/hook_ops.c — what cloud code wants committed together, as operations of the store.
 *
 * The plug-in is the server: no permission is asked and no trigger runs. But names and types go through the same steps as
 * any write, and columns that have a pipeline of their own (a password, a session) cannot be written around it. The order
 * is the plug-in's: a guard stands in front of the change that it guards. */
#include "base/limits.h"
#include "core/commit.h"
#include "core/core_internal.h"
#include "core/object_write.h"
#include "core/serialise.h"

typedef struct translation {
    hp_call *call; /* with master rights */
    const hp_write *self;
    hp_ops *out;
} translation;

static hp_code unknown_target(const hp_hook_op *op, hp_err *err)
{
    if (op->error_code != 0)
        return hp_fail(err, (hp_code)op->error_code, "%" HP_STR_FMT, HP_STR_ARG(op->error_message));
    return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "Object not found.");
}

/* Class and id that an operation is about; the object being written where it names none. */
static hp_code target(const translation *t, const hp_hook_op *op, hp_str *class_name, hp_str *object_id, hp_err *err)
{
    bool own = !hp_str_present(op->object_id) && op->kind != HP_HOOK_CREATE;
    if (own && t->self == NULL)
        return hp_fail(err, HP_E_SCRIPT_FAILED, "An atomic operation outside of a save needs an object id.");
    *object_id = own ? t->self->object_id : op->object_id;
    *class_name =
        own && !hp_str_present(op->class_name) ? t->self->class_name : hp_class_canonical_name(op->class_name);
    return HP_OK;
}

static bool secret_of_user(hp_str field)
{
    static const hp_str NAMES[] = { HP_STR_INIT("password"), HP_STR_INIT("authData"), HP_STR_INIT("sessionToken") };
    hp_str root = hp_name_root(field);
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (hp_str_eq(root, NAMES[i])) return true;
    return false;
}

/* Users and sessions come into being through the pipeline alone; what is secret of them is changed there alone. */
static hp_code check_reach(hp_str class_name, const hp_hook_op *op, hp_err *err)
{
    bool writes = op->kind == HP_HOOK_SET || op->kind == HP_HOOK_INCREMENT || op->kind == HP_HOOK_CREATE;
    bool session = hp_str_eq(class_name, HP_STR("_Session"));
    bool user = hp_str_eq(class_name, HP_STR("_User"));

    if (!writes || !(session || (user && (op->kind == HP_HOOK_CREATE || secret_of_user(op->field))))) return HP_OK;
    return hp_fail(err, HP_E_OPERATION_FORBIDDEN, "%" HP_STR_FMT " cannot be written like this by an atomic operation.",
                   HP_STR_ARG(class_name));
}

static hp_unit_op with_guard(const translation *t, const hp_hook_op *op, hp_unit_op made)
{
    made.guard_code = (hp_code)op->error_code;
    if (op->error_code != 0) made.guard_message = hp_arena_cstr(t->call->mem, op->error_message);
    return made;
}

static void add(const translation *t, hp_unit_op op) { hp_ops_add(t->out, t->call->mem, op); }

/* One change of one object, typed and resolved. */
static hp_code resolve(const translation *t, hp_str class_name, hp_raw_change change, hp_resolved *out, hp_err *err)
{
    hp_raw_changes one = { &change, 1 };
    HP_TRY(hp_schema_resolve_changes(t->call, class_name, false, &one, out, err));
    for (size_t i = 0; i < out->schema_op_count; i++) add(t, out->schema_ops[i]);
    return HP_OK;
}

static hp_code add_require(const translation *t, const hp_hook_op *op, hp_str class_name, hp_str object_id, hp_err *err)
{
    const hp_class *cls = hp_schema_class(t->call->schema, class_name);
    const hp_field *field = cls != NULL ? hp_class_field(cls, op->field) : NULL;
    if (field == NULL || field->internal) return unknown_target(op, err); /* nothing there that could be enough */
    hp_type type;
    hp_str target;
    if (!hp_type_of_value(&op->amount, &type, &target) || field->type != type)
        return hp_fail(err, HP_E_INCORRECT_TYPE, "%" HP_STR_FMT ".%" HP_STR_FMT " is not of the type of the amount.",
                       HP_STR_ARG(class_name), HP_STR_ARG(op->field));

    hp_filter_kind kind = op->kind == HP_HOOK_REQUIRE_AT_LEAST ? HP_FILTER_GTE : HP_FILTER_LTE;
    hp_filter *filter = hp_filter_new(t->call->mem, kind, (hp_path){ .field = field });
    filter->operand = op->amount;
    add(t, with_guard(t, op,
                      (hp_unit_op){ .kind = HP_UNIT_REQUIRE, .cls = cls, .object_id = object_id, .filter = filter }));
    return HP_OK;
}

static hp_unit_op update_op(const translation *t, const hp_hook_op *op, const hp_class *cls, hp_str object_id)
{
    return with_guard(t, op,
                      (hp_unit_op){ .kind = HP_UNIT_UPDATE,
                                    .cls = cls,
                                    .object_id = object_id,
                                    .writable_by = { .unrestricted = true },
                                    .updated_ms = t->call->now_ms });
}

static hp_code add_set(const translation *t, const hp_hook_op *op, hp_str class_name, hp_str object_id, hp_err *err)
{
    hp_resolved r = { 0 };

    if (hp_str_eq(op->field, HP_STR("ACL"))) {
        const hp_class *cls = hp_schema_class(t->call->schema, class_name);
        if (cls == NULL) return unknown_target(op, err);
        hp_unit_op made = update_op(t, op, cls, object_id);
        HP_TRY(hp_acl_from_json(&op->value, t->call->mem, &made, err));
        add(t, made);
        return HP_OK;
    }
    hp_value body = hp_object();
    hp_raw_changes changes = { 0 };
    hp_object_append(t->call->mem, &body, op->field, op->value);
    HP_TRY(hp_changes_read(hp_value_new(t->call->mem, body), t->call->mem, &changes, err));
    for (size_t i = 0; i < changes.count; i++) {
        HP_TRY(resolve(t, class_name, changes.items[i], &r, err));
        hp_unit_op made = update_op(t, op, r.cls, object_id);
        made.changes = r.changes;
        made.change_count = r.change_count;
        add(t, made);
    }
    return HP_OK;
}

static hp_value decimal_operand(hp_arena *mem, const hp_hook_op *op)
{
    hp_value v = hp_object();
    hp_object_append(mem, &v, HP_STR("amount"), op->amount);
    hp_object_append(mem, &v, HP_STR("decimals"), hp_number((double)op->decimals));
    return v;
}

static hp_code add_increment(const translation *t, const hp_hook_op *op, hp_str class_name, hp_str object_id,
                             hp_err *err)
{
    enum { DECIMALS_MAX = 9 };
    hp_resolved r = { 0 };
    hp_raw_change change = { .name = op->field, .op = HP_OP_INCREMENT, .operand = op->amount };

    if (op->decimals > DECIMALS_MAX) return hp_fail(err, HP_E_SCRIPT_FAILED, "At most %d decimals.", (int)DECIMALS_MAX);
    HP_TRY(resolve(t, class_name, change, &r, err));
    if (op->decimals > 0 && r.change_count == 1) {
        r.changes[0].op = HP_OP_INCREMENT_DECIMAL;
        r.changes[0].operand = decimal_operand(t->call->mem, op);
    }
    hp_unit_op made = update_op(t, op, r.cls, object_id);
    made.changes = r.changes;
    made.change_count = r.change_count;
    add(t, made);
    return HP_OK;
}

static hp_code add_delete(const translation *t, const hp_hook_op *op, hp_str class_name, hp_str object_id, hp_err *err)
{
    const hp_class *cls = hp_schema_class(t->call->schema, class_name);
    if (cls == NULL) return unknown_target(op, err);
    add(t, with_guard(t, op,
                      (hp_unit_op){ .kind = HP_UNIT_DELETE,
                                    .cls = cls,
                                    .object_id = object_id,
                                    .writable_by = { .unrestricted = true } }));
    return HP_OK;
}

/* A create goes through the same values and checks as a client's, without permission and triggers. */
static hp_code add_create(const translation *t, const hp_hook_op *op, hp_str class_name, hp_err *err)
{
    hp_write w = { .call = t->call,
                   .kind = HP_WRITE_CREATE,
                   .class_name = class_name,
                   .trusted = true,
                   .cls = hp_schema_class(t->call->schema, class_name),
                   .body = &op->value };
    HP_TRY(hp_write_take_body(&w, err));
    HP_TRY(hp_write_resolve(&w, err));
    HP_TRY(hp_write_values(&w, err));
    if (w.acl != NULL) HP_TRY(hp_acl_from_json(w.acl, t->call->mem, &w.acl_op, err));
    for (size_t i = 0; i < w.resolved.schema_op_count; i++) add(t, w.resolved.schema_ops[i]);
    add(t, hp_write_main_op(&w));
    return HP_OK;
}

static hp_code translate(const translation *t, const hp_hook_op *op, hp_err *err)
{
    hp_str class_name, object_id;

    HP_TRY(target(t, op, &class_name, &object_id, err));
    HP_TRY(check_reach(class_name, op, err));
    switch (op->kind) {
    case HP_HOOK_REQUIRE_AT_LEAST:
    case HP_HOOK_REQUIRE_AT_MOST: return add_require(t, op, class_name, object_id, err);
    case HP_HOOK_SET: return add_set(t, op, class_name, object_id, err);
    case HP_HOOK_INCREMENT: return add_increment(t, op, class_name, object_id, err);
    case HP_HOOK_CREATE: return add_create(t, op, class_name, err);
    case HP_HOOK_DELETE: return add_delete(t, op, class_name, object_id, err);
    }
    return hp_fail(err, HP_E_SCRIPT_FAILED, "Unknown atomic operation.");
}

hp_code hp_hook_ops_translate(hp_call *call, const hp_write *self, const hp_hook_op *ops, size_t count, hp_ops *out,
                              hp_err *err)
{
    hp_call master = hp_call_as_master(call);
    translation t = { .call = &master, .self = self, .out = out };
    hp_code rc = HP_OK;

    for (size_t i = 0; rc == HP_OK && i < count; i++) rc = translate(&t, &ops[i], err);
    call->schema = master.schema; /* with what the operations add */
    return rc;
}

static hp_code commit_once(hp_call *call, const hp_hook_op *ops, size_t count, bool *moved, hp_err *err)
{
    hp_ops list = { 0 };

    *moved = false;
    HP_TRY(hp_hook_ops_translate(call, NULL, ops, count, &list, err));
    if (list.count > HP_UNIT_OPS_MAX)
        return hp_fail(err, HP_E_OTHER_CAUSE, "More than %d operations in one write.", (int)HP_UNIT_OPS_MAX);
    hp_unit unit = { .ops = list.items, .count = list.count, .failed_op = list.count };
    const hp_code rc = hp_commit(call, &unit, err);
    if (rc != HP_OK) *moved = hp_write_schema_moved(&unit, rc);
    return rc;
}

hp_code hp_hook_ops_commit(hp_call *call, const hp_hook_op *ops, size_t count, hp_err *err)
{
    hp_schema *base = hp_schema_ref(call->schema);
    bool moved;
    hp_err again = { 0 };

    hp_code rc = commit_once(call, ops, count, &moved, err);
    if (moved && hp_schema_publish(call, &again) == HP_OK) rc = commit_once(call, ops, count, &moved, err);
    if (rc != HP_OK) hp_call_replace_schema(call, hp_schema_ref(base)); /* what was to be added is not there */
    hp_schema_unref(base);
    return rc;
}

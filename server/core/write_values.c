/* core/write_values.c — from what was asked to what is stored: fields, defaults, required ones, the ACL. */

#include "core/object_write.h"
#include "core/system_classes.h"

void hp_write_add_change(hp_write *w, hp_change change)
{
    w->changes = hp_arena_room(w->call->mem, w->changes, sizeof *w->changes, w->change_count, &w->change_cap,
                               w->resolved.change_count + 8);
    w->changes[w->change_count++] = change;
}

static void change_own(hp_write *w, const char *field, hp_op op, hp_value v)
{
    const hp_field *f = hp_class_field(w->resolved.cls, hp_str_of(field));
    HP_ASSERT(f != NULL); /* hp_system_classes_ensure has made it */
    hp_write_add_change(w, (hp_change){ .path = { .field = f }, .op = op, .operand = v });
}

void hp_write_set(hp_write *w, const char *field, hp_value v) { change_own(w, field, HP_OP_SET, v); }

void hp_write_unset(hp_write *w, const char *field) { change_own(w, field, HP_OP_UNSET, hp_null()); }

bool hp_write_changes(const hp_write *w, hp_str field)
{
    for (size_t i = 0; i < w->change_count; i++)
        if (hp_str_eq(w->changes[i].path.field->name, field)) return true;
    return false;
}

hp_code hp_write_resolve(hp_write *w, hp_err *err)
{
    HP_TRY(hp_schema_resolve_changes(w->call, w->class_name, w->kind == HP_WRITE_CREATE, &w->raw, &w->resolved, err));
    w->cls = w->resolved.cls;
    return HP_OK;
}

static bool is_relation_op(hp_op op) { return op == HP_OP_ADD_RELATION || op == HP_OP_REMOVE_RELATION; }

static bool only_plain_sets(const hp_write *w)
{
    for (size_t i = 0; i < w->resolved.change_count; i++) {
        const hp_change *c = &w->resolved.changes[i];
        if (c->path.segment_count > 0 || (c->op != HP_OP_SET && !is_relation_op(c->op))) return false;
    }
    return true;
}

/* A new object has no present value for an operation to work on, so every one comes down to the value it leaves. */
static hp_code flatten(hp_write *w, hp_err *err)
{
    const hp_resolved *r = &w->resolved;
    hp_value empty = hp_object(), object = hp_object();

    if (only_plain_sets(w)) {
        for (size_t i = 0; i < r->change_count; i++) hp_write_add_change(w, r->changes[i]);
        return HP_OK;
    }
    HP_TRY(hp_changes_apply(&empty, r->changes, r->change_count, w->call->mem, &object, err));
    for (uint32_t i = 0; i < object.object.count; i++) {
        const hp_member *m = &object.object.items[i];
        if (m->value.tag == HP_NULL) continue;
        hp_write_add_change(
            w,
            (hp_change){ .path = { .field = hp_class_field(r->cls, m->key) }, .op = HP_OP_SET, .operand = m->value });
    }
    for (size_t i = 0; i < r->change_count; i++)
        if (is_relation_op(r->changes[i].op)) hp_write_add_change(w, r->changes[i]);
    return HP_OK;
}

static bool blank(const hp_value *v) { return hp_is_null(v) || (v->tag == HP_STRING && v->string.len == 0); }

/* The value that a create gives `f`, or NULL. */
static const hp_value *value_of(const hp_write *w, const hp_field *f)
{
    for (size_t i = 0; i < w->change_count; i++)
        if (w->changes[i].path.field == f && !is_relation_op(w->changes[i].op)) return &w->changes[i].operand;
    return NULL;
}

/* Columns that are kept elsewhere than in the changes. */
static bool kept_apart(const hp_write *w, const hp_field *f)
{
    static const hp_str NAMES[] = { HP_STR_INIT("objectId"), HP_STR_INIT("createdAt"), HP_STR_INIT("updatedAt"),
                                    HP_STR_INIT("ACL") };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (hp_str_eq(f->name, NAMES[i])) return true;
    return f->type == HP_T_RELATION || (w->rules == &HP_USER_RULES && hp_str_eq(f->name, HP_STR("password")));
}

static hp_code column_required(hp_str name, hp_err *err)
{
    return hp_fail(err, HP_E_INCORRECT_TYPE, "%" HP_STR_FMT " is required.", HP_STR_ARG(name));
}

static hp_code field_required(hp_str name, hp_err *err)
{
    return hp_fail(err, HP_E_VALIDATION_ERROR, "%" HP_STR_FMT " is required", HP_STR_ARG(name));
}

static hp_code check_required_columns(const hp_write *w, hp_err *err)
{
    size_t count = 0;
    const hp_str *names = hp_system_required(w->class_name, &count);
    for (size_t i = 0; i < count; i++) {
        bool acl = hp_str_eq(names[i], HP_STR("ACL"));
        bool there = acl ? w->acl != NULL : !blank(value_of(w, hp_class_field(w->resolved.cls, names[i])));
        if (!there) return column_required(names[i], err);
    }
    return HP_OK;
}

/* A default, whatever it is, is what a required field of a new object needs. */
static bool gets_default(const hp_write *w, const hp_field *f)
{
    return f->default_value != NULL && !hp_write_changes(w, f->name);
}

static void add_defaults(hp_write *w)
{
    for (size_t i = 0; i < w->resolved.cls->field_count; i++) {
        const hp_field *f = w->resolved.cls->fields[i];
        if (!gets_default(w, f)) continue;
        hp_write_add_change(w, (hp_change){ .path = { .field = f }, .op = HP_OP_SET, .operand = *f->default_value });
        hp_names_add(&w->touched, w->call->mem, f->name);
    }
}

static hp_code complete_create(hp_write *w, hp_err *err)
{
    HP_TRY(flatten(w, err));
    HP_TRY(check_required_columns(w, err));
    for (size_t i = 0; i < w->resolved.cls->field_count; i++) {
        const hp_field *f = w->resolved.cls->fields[i];
        if (f->required && !gets_default(w, f) && !kept_apart(w, f) && blank(value_of(w, f)))
            return field_required(f->name, err);
    }
    add_defaults(w);
    return HP_OK;
}

static bool column_is_required(const hp_write *w, hp_str name)
{
    size_t count = 0;
    const hp_str *names = hp_system_required(w->class_name, &count);
    for (size_t i = 0; i < count; i++)
        if (hp_str_eq(names[i], name)) return true;
    return false;
}

static bool deletes_acl(const hp_write *w)
{
    const hp_value *sent = hp_object_get(w->body, HP_STR("ACL"));
    return hp_str_eq(hp_object_text(sent, HP_STR("__op")), HP_STR("Delete"));
}

static hp_code complete_update(hp_write *w, hp_err *err)
{
    if (deletes_acl(w) && column_is_required(w, HP_STR("ACL"))) return column_required(HP_STR("ACL"), err);
    for (size_t i = 0; i < w->resolved.change_count; i++) {
        const hp_change *c = &w->resolved.changes[i];
        const hp_field *f = c->path.field;
        if (c->op == HP_OP_SET_ON_INSERT) continue; /* an update never inserts */
        if (c->path.segment_count == 0) {
            if (c->op == HP_OP_UNSET && column_is_required(w, f->name)) return column_required(f->name, err);
            bool emptied = c->op == HP_OP_UNSET || (c->op == HP_OP_SET && blank(&c->operand));
            if (f->required && emptied) return field_required(f->name, err);
        }
        hp_write_add_change(w, *c);
    }
    return HP_OK;
}

/* The class's own ACL for new objects, if it has one that says more than "everybody" (CLP key `ACL`). */
static void add_default_acl(hp_write *w)
{
    hp_arena *mem = w->call->mem;
    const hp_value *acl = hp_object_get(w->resolved.cls->permissions, HP_STR("ACL"));
    if (w->acl != NULL || !hp_is(acl, HP_OBJECT)) return;

    hp_value everybody = hp_object(), both = hp_object();
    hp_object_append(mem, &both, HP_STR("read"), hp_bool(true));
    hp_object_append(mem, &both, HP_STR("write"), hp_bool(true));
    hp_object_append(mem, &everybody, HP_STR("*"), both);
    if (hp_value_equal(acl, &everybody)) return;

    hp_value made = hp_object_clone(mem, acl);
    const hp_value *creator = hp_object_get(acl, HP_STR("currentUser"));
    (void)hp_object_remove(&made, HP_STR("currentUser"));
    if (creator != NULL && hp_str_present(w->call->who.user_id))
        hp_object_set(mem, &made, w->call->who.user_id, *creator);
    w->acl = hp_value_new(mem, made);
    hp_names_add(&w->touched, mem, HP_STR("ACL"));
}

hp_code hp_write_values(hp_write *w, hp_err *err)
{
    w->changes = NULL;
    w->change_count = w->change_cap = 0;
    if (w->kind == HP_WRITE_CREATE) {
        HP_TRY(complete_create(w, err));
        add_default_acl(w);
    } else {
        HP_TRY(complete_update(w, err));
    }
    return HP_OK;
}

/* All conditions hold at the instant of the write, in the store: the class's pointer permissions, those of addField, and
 * what the rules of a system class add. */
static const hp_filter *conditions(const hp_write *w)
{
    hp_filter *parts[] = { w->grant.also, w->resolved.also, w->also };
    if (parts[0] == NULL && parts[1] == NULL && parts[2] == NULL) return NULL;
    return hp_filter_join(w->call->mem, HP_FILTER_AND, parts, 3);
}

hp_unit_op hp_write_main_op(const hp_write *w)
{
    hp_unit_op op = w->acl_op;
    op.cls = w->cls;
    op.object_id = w->object_id;
    op.changes = w->changes;
    op.change_count = w->change_count;
    op.updated_ms = w->updated_ms;
    if (w->kind == HP_WRITE_CREATE) {
        op.kind = HP_UNIT_INSERT;
        op.created_ms = w->created_ms;
        return op;
    }
    op.kind = w->kind == HP_WRITE_UPDATE ? HP_UNIT_UPDATE : HP_UNIT_DELETE;
    op.filter = conditions(w);
    op.writable_by = w->grant.scope;
    return op;
}

/* core/schema_plan.c — class definitions against what is stored: the steps from one to the other, as one atomic unit.
 *
 * The schema API (one class) and the importer (many) both come through here, so that they cannot disagree. Nothing is ever
 * dropped unless the definition says so ({"__op":"Delete"}) or pruning was asked for. */
#include "core/schema_plan.h"

#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "core/core_internal.h"
#include "core/permission.h"
#include "core/schema.h"
#include "core/schema_fields.h"
#include "core/system_classes.h"

/* ---- the growing plan ---- */

static hp_unit_op *add_op(hp_schema_plan *p, hp_arena *mem, hp_unit_kind kind, hp_str class_name)
{
    /* Doubles at every power of two: the count says when the array is full. */
    if ((p->unit.count & (p->unit.count - 1)) == 0) {
        hp_unit_op *grown = HP_NEW_ARRAY(mem, hp_unit_op, p->unit.count == 0 ? 1 : p->unit.count * 2);
        if (p->unit.count > 0) memcpy(grown, p->unit.ops, p->unit.count * sizeof *grown);
        p->unit.ops = grown;
    }
    hp_unit_op *op = &p->unit.ops[p->unit.count++];
    *op = (hp_unit_op){ .kind = kind, .class_name = class_name };
    return op;
}

static void add_line(hp_schema_plan *p, hp_arena *mem, hp_str line)
{
    if ((p->line_count & (p->line_count - 1)) == 0) {
        hp_str *grown = HP_NEW_ARRAY(mem, hp_str, p->line_count == 0 ? 1 : p->line_count * 2);
        if (p->line_count > 0) memcpy(grown, p->lines, p->line_count * sizeof *grown);
        p->lines = grown;
    }
    p->lines[p->line_count++] = line;
}

static hp_str field_line(hp_arena *mem, char mark, const hp_class *c, const hp_field *f)
{
    hp_str type = hp_type_print(mem, f->type, f->target_class);
    return hp_arena_printf(mem, "%c field %" HP_STR_FMT ".%" HP_STR_FMT " %" HP_STR_FMT "%s%s", mark,
                           HP_STR_ARG(c->name), HP_STR_ARG(f->name), HP_STR_ARG(type), f->required ? " required" : "",
                           f->default_value != NULL ? " with default" : "");
}

/* ---- one class ---- */

typedef struct class_plan {
    hp_call *call;
    hp_schema_plan *plan;
    hp_arena *mem;
    const hp_class *stored; /* NULL: new */
    hp_class *next;         /* what it will be */
    hp_plan_rules rules;
    bool fill; /* HP_PLAN_FILL */
} class_plan;

static bool is_delete(const hp_value *def) { return hp_str_eq(hp_object_text(def, HP_STR("__op")), HP_STR("Delete")); }

/* The store drops the indexes that use a field together with it. */
static void forget_indexes_of(class_plan *cp, hp_str field)
{
    hp_value left = hp_object();
    const hp_value *present = cp->next->indexes;
    for (uint32_t i = 0; hp_is(present, HP_OBJECT) && i < present->object.count; i++) {
        const hp_member *m = &present->object.items[i];
        const hp_value *partial = hp_object_get(&m->value, HP_STR("partialFilterExpression"));
        if (hp_object_get(&m->value, field) == NULL && hp_object_get(partial, field) == NULL)
            hp_object_append(cp->mem, &left, m->key, m->value);
    }
    cp->next->indexes = hp_value_new(cp->mem, left);
}

static hp_code nothing_to_delete(hp_str field, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_SCHEMA_OPERATION, "Field %" HP_STR_FMT " does not exist, cannot delete.",
                   HP_STR_ARG(field));
}

static hp_code drop_field(class_plan *cp, hp_str name, hp_err *err)
{
    const hp_field *f = cp->stored == NULL ? NULL : hp_class_field(cp->next, name);
    if (hp_field_is_default(cp->next->name, name, cp->mem))
        return hp_fail(err, HP_E_CHANGED_IMMUTABLE_FIELD, "field %" HP_STR_FMT " cannot be changed", HP_STR_ARG(name));
    if (f == NULL || f->internal) return nothing_to_delete(name, err);
    hp_unit_op *op = add_op(cp->plan, cp->mem, HP_UNIT_DROP_FIELD, cp->next->name);
    op->cls = cp->stored;
    op->field = f;
    add_line(cp->plan, cp->mem, field_line(cp->mem, '-', cp->next, f));
    hp_class_drop_field(cp->next, name, cp->mem);
    forget_indexes_of(cp, name);
    return HP_OK;
}

static bool type_differs(const hp_field *present, const hp_field *wanted)
{
    return present != NULL &&
           (present->type != wanted->type || !hp_str_eq(present->target_class, wanted->target_class));
}

static const hp_field *geo_field(const hp_class *c)
{
    for (size_t i = 0; i < c->field_count; i++)
        if (c->fields[i]->type == HP_T_GEOPOINT) return c->fields[i];
    return NULL;
}

/* Writes of objects can give a class a second one, and what was exported can be imported. */
static hp_code check_geo_field(const class_plan *cp, const hp_field *f, hp_err *err)
{
    const hp_field *other = geo_field(cp->next);
    if (!cp->rules.by_request || f->type != HP_T_GEOPOINT || other == NULL) return HP_OK;
    return hp_fail(err, HP_E_INCORRECT_TYPE,
                   "currently, only one GeoPoint field may exist in an object. Adding %" HP_STR_FMT " when %" HP_STR_FMT
                   " already exists.",
                   HP_STR_ARG(f->name), HP_STR_ARG(other->name));
}

static hp_code put_field(class_plan *cp, hp_str name, const hp_value *def, hp_err *err)
{
    hp_field *f = NULL;
    hp_field_change change;
    HP_TRY(hp_field_read(cp->next->name, name, def, cp->mem, &f, err));
    if (cp->rules.recreate_fields && type_differs(hp_class_field(cp->next, name), f) &&
        !hp_field_is_default(cp->next->name, name, cp->mem))
        HP_TRY(drop_field(cp, name, err));
    HP_TRY(hp_field_compare(cp->next, f, cp->mem, &change, err));
    if (change == HP_FIELD_SAME || (change == HP_FIELD_OPTIONS && cp->fill)) return HP_OK;
    if (change == HP_FIELD_ADDED) HP_TRY(check_geo_field(cp, f, err));
    if (change == HP_FIELD_OPTIONS && hp_field_is_default(cp->next->name, name, cp->mem))
        return HP_OK; /* "username is required" is true already; the built-in rules say so */

    hp_class_put_field(cp->next, f, cp->mem);
    if (cp->stored != NULL) {
        hp_unit_op *op =
            add_op(cp->plan, cp->mem, change == HP_FIELD_ADDED ? HP_UNIT_ADD_FIELD : HP_UNIT_SET_FIELD, cp->next->name);
        op->cls = cp->stored;
        op->field = f;
    }
    add_line(cp->plan, cp->mem, field_line(cp->mem, change == HP_FIELD_ADDED ? '+' : '~', cp->next, f));
    return HP_OK;
}

/* What is there and what is not comes before everything else that may be wrong with a request, in its own order. */
static hp_code check_presence(const class_plan *cp, const hp_value *fields, hp_err *err)
{
    for (uint32_t i = 0; cp->rules.by_request && cp->stored != NULL && i < fields->object.count; i++) {
        const hp_member *m = &fields->object.items[i];
        const hp_field *present = hp_class_field(cp->stored, m->key);
        const hp_str type = hp_object_text(&m->value, HP_STR("type"));
        if (present != NULL && present->internal) present = NULL;
        if (is_delete(&m->value) && present == NULL) return nothing_to_delete(m->key, err);
        if (is_delete(&m->value) || present == NULL || hp_str_eq(hp_str_of(hp_type_name(present->type)), type))
            continue;
        return hp_fail(err, HP_E_INVALID_SCHEMA_OPERATION, "Field %" HP_STR_FMT " exists, cannot update.",
                       HP_STR_ARG(m->key));
    }
    return HP_OK;
}

/* Deletions first, then additions. */
static hp_code plan_fields(class_plan *cp, const hp_value *fields, hp_err *err)
{
    if (hp_is_null(fields)) return HP_OK;
    cp->plan->where = HP_STR("fields");
    if (fields->tag != HP_OBJECT) return hp_fail(err, HP_E_INVALID_JSON, "invalid JSON");
    HP_TRY(check_presence(cp, fields, err));
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < fields->object.count; i++) {
            const hp_member *m = &fields->object.items[i];
            if (is_delete(&m->value) != (pass == 0)) continue;
            cp->plan->where = hp_arena_printf(cp->mem, "fields.%" HP_STR_FMT, HP_STR_ARG(m->key));
            HP_TRY(pass == 0 ? drop_field(cp, m->key, err) : put_field(cp, m->key, &m->value, err));
        }
    return HP_OK;
}

static hp_code prune_fields(class_plan *cp, const hp_value *fields, hp_err *err)
{
    if (cp->stored == NULL) return HP_OK;
    for (size_t i = 0; i < cp->stored->field_count; i++) {
        const hp_field *f = cp->stored->fields[i];
        if (f->internal || hp_object_get(fields, f->name) != NULL) continue;
        if (hp_field_is_default(cp->stored->name, f->name, cp->mem)) continue;
        HP_TRY(drop_field(cp, f->name, err));
    }
    return HP_OK;
}

static hp_code plan_permissions(class_plan *cp, const hp_value *clp, hp_err *err)
{
    if (hp_is_null(clp)) return HP_OK;
    cp->plan->where = HP_STR("classLevelPermissions");
    HP_TRY(hp_permissions_check(cp->next, clp, cp->call->settings->allow_custom_object_id, err));
    const hp_value *stored = cp->stored == NULL ? NULL : cp->stored->permissions;
    if (stored != NULL && (cp->fill || hp_value_equal(stored, clp))) return HP_OK;

    hp_value *kept = hp_value_new(cp->mem, hp_value_copy(cp->mem, clp));
    if (cp->stored != NULL) {
        hp_unit_op *op = add_op(cp->plan, cp->mem, HP_UNIT_SET_PERMISSIONS, cp->next->name);
        op->cls = cp->stored;
        op->permissions = kept;
    }
    cp->next->permissions = kept;
    add_line(cp->plan, cp->mem, hp_arena_printf(cp->mem, "~ permissions of %" HP_STR_FMT, HP_STR_ARG(cp->next->name)));
    return HP_OK;
}

/* ---- indexes ---- */

/* An index key names a field, a pointer as `_p_<field>`, or a system column by its stored name. */
static const hp_field *index_field(const hp_class *c, hp_str key)
{
    if (hp_str_starts(key, HP_STR("_p_"))) return hp_class_field(c, hp_str_sub(key, 3, SIZE_MAX));
    if (hp_str_eq(key, HP_STR("_created_at"))) return hp_class_field(c, HP_STR("createdAt"));
    if (hp_str_eq(key, HP_STR("_updated_at"))) return hp_class_field(c, HP_STR("updatedAt"));
    if (hp_str_eq(key, HP_STR("_id"))) return hp_class_field(c, HP_STR("objectId"));
    return hp_class_field(c, key);
}

typedef struct index_def { /* one index as it is asked for */
    hp_value fields;
    bool unique;
    const hp_value *partial; /* or NULL */
    bool mappable;           /* false: a kind that a store has no index for (hashed); exports hold them */
} index_def;

static hp_code bad_index(hp_str key, const char *what, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_QUERY, "Index option %" HP_STR_FMT " %s.", HP_STR_ARG(key), what);
}

/* `unique` and `partialFilterExpression` stand beside the fields, whose directions are never of their types. */
static hp_code read_index_option(const hp_member *m, index_def *def, bool *taken, hp_err *err)
{
    const bool partial = hp_str_eq(m->key, HP_STR("partialFilterExpression"));
    *taken = m->value.tag == HP_BOOL || partial;
    if (!*taken) return HP_OK;
    if (partial) {
        if (m->value.tag != HP_OBJECT) return bad_index(m->key, "must be an object", err);
        def->partial = &m->value;
        return HP_OK;
    }
    if (hp_str_eq(m->key, HP_STR("unique"))) {
        def->unique = m->value.boolean;
        return HP_OK;
    }
    if (hp_str_eq(m->key, HP_STR("sparse")) && m->value.boolean) return HP_OK; /* absent values are never equal */
    return bad_index(m->key, "is not supported", err);
}

/* Values of which two can be equal as a whole. */
static bool can_be_unique(hp_type type)
{
    return type == HP_T_STRING || type == HP_T_NUMBER || type == HP_T_BOOLEAN || type == HP_T_DATE ||
           type == HP_T_POINTER || type == HP_T_FILE || type == HP_T_BYTES || type == HP_T_DECIMAL;
}

static hp_code check_unique(const class_plan *cp, const index_def *def, hp_err *err)
{
    for (uint32_t i = 0; def->unique && i < def->fields.object.count; i++) {
        const hp_field *f = hp_class_field(cp->next, def->fields.object.items[i].key);
        if (!can_be_unique(f->type))
            return hp_fail(err, HP_E_INVALID_QUERY,
                           "Field %" HP_STR_FMT " is of type %s, which cannot be in a unique index.",
                           HP_STR_ARG(f->name), hp_type_name(f->type));
        if (hp_str_eq(f->name, HP_STR("unique")))
            return bad_index(f->name, "cannot be told from the field of this name", err);
    }
    return HP_OK;
}

/* 1, -1; "2d" and "2dsphere" on points; "text" on texts. */
static bool index_kind_fits(const hp_field *f, const hp_value *kind)
{
    if (kind->tag == HP_NUMBER) return true;
    hp_str name = hp_text(kind);
    if (f->type == HP_T_STRING) return hp_str_eq(name, HP_STR("text"));
    return f->type == HP_T_GEOPOINT && (hp_str_eq(name, HP_STR("2d")) || hp_str_eq(name, HP_STR("2dsphere")));
}

/* What MongoDB has; anything else was meant for something and would be no index. */
static bool is_index_kind(const hp_value *kind)
{
    static const hp_str NAMES[] = { HP_STR_INIT("text"), HP_STR_INIT("2d"), HP_STR_INIT("2dsphere"),
                                    HP_STR_INIT("hashed") };
    if (kind->tag == HP_NUMBER) return true;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (hp_str_eq(hp_text(kind), NAMES[i])) return true;
    return false;
}

/* {"score":1,"_p_owner":-1,"unique":true} -> score, owner; unique. */
static hp_code read_index(class_plan *cp, const hp_value *sent, index_def *def, hp_err *err)
{
    if (!hp_is(sent, HP_OBJECT) || sent->object.count == 0) return hp_fail(err, HP_E_INVALID_JSON, "invalid JSON");
    *def = (index_def){ .fields = hp_object(), .mappable = true };
    for (uint32_t i = 0; i < sent->object.count; i++) {
        const hp_member *m = &sent->object.items[i];
        bool option;
        HP_TRY(read_index_option(m, def, &option, err));
        if (option) continue;
        if (hp_str_eq(m->key, HP_STR("_fts")) || hp_str_eq(m->key, HP_STR("_ftsx"))) {
            def->mappable = false;
            continue;
        }
        const hp_field *f = index_field(cp->next, m->key);
        if (f == NULL || f->internal || f->type == HP_T_RELATION || f->type == HP_T_ACL)
            return hp_fail(err, HP_E_INVALID_QUERY, "Field %" HP_STR_FMT " does not exist, cannot add index.",
                           HP_STR_ARG(m->key));
        if (!is_index_kind(&m->value))
            return hp_fail(err, HP_E_INVALID_QUERY, "Field %" HP_STR_FMT " of an index needs 1, -1 or a kind of index.",
                           HP_STR_ARG(m->key));
        def->mappable = def->mappable && index_kind_fits(f, &m->value);
        hp_object_set(cp->mem, &def->fields, f->name, m->value);
    }
    if (def->fields.object.count == 0 && def->mappable) return hp_fail(err, HP_E_INVALID_JSON, "invalid JSON");
    return check_unique(cp, def, err);
}

/* What the schema API shows of it, and what is stored. */
static hp_value declared_index(const class_plan *cp, const index_def *def)
{
    hp_value v = hp_object_clone(cp->mem, &def->fields);
    if (def->unique) hp_object_set(cp->mem, &v, HP_STR("unique"), hp_bool(true));
    if (def->partial != NULL) hp_object_set(cp->mem, &v, HP_STR("partialFilterExpression"), *def->partial);
    return v;
}

static void plan_index_op(class_plan *cp, hp_unit_kind kind, hp_str name, const index_def *def)
{
    hp_unit_op *op = add_op(cp->plan, cp->mem, kind, cp->next->name);
    op->cls = cp->stored;
    op->index_name = name;
    if (def != NULL) {
        op->index_fields = hp_value_new(cp->mem, def->fields);
        op->index_unique = def->unique;
        op->index_partial = def->partial;
    }
    add_line(cp->plan, cp->mem,
             hp_arena_printf(cp->mem, "%c index %" HP_STR_FMT ".%" HP_STR_FMT "%s",
                             kind == HP_UNIT_SET_INDEX ? '+' : '-', HP_STR_ARG(cp->next->name), HP_STR_ARG(name),
                             def != NULL && def->unique ? " unique" : ""));
}

/* The indexes of the system classes are the server's: a definition that lists them says nothing new. */
static bool same_index(const class_plan *cp, hp_str name, const hp_value *present, const index_def *def)
{
    if (hp_system_index(cp->next->name, name)) return true;
    const hp_value wanted = declared_index(cp, def);
    return hp_value_equal(present, &wanted);
}

static hp_code plan_indexes(class_plan *cp, const hp_value *indexes, bool existing_is_error, hp_err *err)
{
    if (hp_is_null(indexes)) return HP_OK;
    cp->plan->where = HP_STR("indexes");
    if (indexes->tag != HP_OBJECT) return hp_fail(err, HP_E_INVALID_JSON, "invalid JSON");
    for (uint32_t i = 0; i < indexes->object.count; i++) {
        const hp_member *m = &indexes->object.items[i];
        const hp_value *present = hp_object_get(cp->next->indexes, m->key);
        index_def def;

        if (hp_str_eq(m->key, HP_STR("_id_"))) continue; /* the primary key, always there */
        cp->plan->where = hp_arena_printf(cp->mem, "indexes.%" HP_STR_FMT, HP_STR_ARG(m->key));
        if (is_delete(&m->value)) {
            if (present == NULL && cp->stored != NULL && hp_object_get(cp->stored->indexes, m->key) != NULL)
                continue; /* went with a field of this request */
            if (present == NULL)
                return hp_fail(err, HP_E_INVALID_QUERY, "Index %" HP_STR_FMT " does not exist, cannot delete.",
                               HP_STR_ARG(m->key));
            if (hp_system_index(cp->next->name, m->key))
                return hp_fail(err, HP_E_INVALID_QUERY, "Index %" HP_STR_FMT " cannot be deleted.", HP_STR_ARG(m->key));
            plan_index_op(cp, HP_UNIT_DROP_INDEX, m->key, NULL);
            continue;
        }
        if (present != NULL && existing_is_error)
            return hp_fail(err, HP_E_INVALID_QUERY, "Index %" HP_STR_FMT " exists, cannot update.", HP_STR_ARG(m->key));
        HP_TRY(read_index(cp, &m->value, &def, err));
        if (!def.mappable) continue;
        if (present != NULL && (cp->fill || same_index(cp, m->key, present, &def))) continue;
        plan_index_op(cp, HP_UNIT_SET_INDEX, m->key, &def);
    }
    return HP_OK;
}

static void prune_indexes(class_plan *cp, const hp_value *indexes)
{
    const hp_value *present = cp->next->indexes;
    for (uint32_t i = 0; hp_is(present, HP_OBJECT) && i < present->object.count; i++) {
        const hp_str name = present->object.items[i].key;
        if (hp_object_get(indexes, name) != NULL || hp_system_index(cp->next->name, name)) continue;
        plan_index_op(cp, HP_UNIT_DROP_INDEX, name, NULL);
    }
}

/* ---- the class, and all of them ---- */

hp_code hp_schema_plan_class(hp_call *call, hp_str name, const hp_value *def, hp_plan_rules rules, hp_schema_plan *plan,
                             hp_err *err)
{
    hp_arena *mem = call->mem;
    class_plan cp = { .call = call, .plan = plan, .mem = mem, .stored = hp_schema_class(call->schema, name) };

    cp.rules = rules;
    cp.fill = rules.mode == HP_PLAN_FILL;
    HP_TRY(hp_class_name_check(name, err));
    cp.next = cp.stored != NULL ? hp_class_edit(cp.stored, mem) : hp_schema_new_class(hp_arena_str(mem, name), mem);
    if (cp.stored == NULL) {
        add_op(plan, mem, HP_UNIT_CREATE_CLASS, cp.next->name)->cls = cp.next;
        add_line(plan, mem, hp_arena_printf(mem, "+ class %" HP_STR_FMT, HP_STR_ARG(cp.next->name)));
    }
    HP_TRY(plan_fields(&cp, hp_object_get(def, HP_STR("fields")), err));
    if (rules.mode == HP_PLAN_PRUNE || rules.drop_fields)
        HP_TRY(prune_fields(&cp, hp_object_get(def, HP_STR("fields")), err));
    HP_TRY(plan_permissions(&cp, hp_object_get(def, HP_STR("classLevelPermissions")), err));
    HP_TRY(plan_indexes(&cp, hp_object_get(def, HP_STR("indexes")), rules.by_request, err));
    if (rules.drop_indexes) prune_indexes(&cp, hp_object_get(def, HP_STR("indexes")));
    return HP_OK;
}

static bool defines(const hp_value *classes, hp_str class_name)
{
    for (uint32_t i = 0; i < classes->array.count; i++)
        if (hp_str_eq(hp_class_canonical_name(hp_object_text(&classes->array.items[i], HP_STR("className"))),
                      class_name))
            return true;
    return false;
}

static void prune_classes(hp_call *call, const hp_value *classes, hp_schema_plan *plan)
{
    size_t count;
    const hp_class *const *stored = hp_schema_classes(call->schema, &count);
    for (size_t i = 0; i < count; i++) {
        if (hp_class_is_system(stored[i]->name) || defines(classes, stored[i]->name)) continue;
        add_op(plan, call->mem, HP_UNIT_DROP_CLASS, stored[i]->name)->cls = stored[i];
        add_line(plan, call->mem, hp_arena_printf(call->mem, "- class %" HP_STR_FMT, HP_STR_ARG(stored[i]->name)));
    }
}

hp_code hp_schema_plan_make(hp_call *call, const hp_value *classes, hp_plan_rules rules, hp_schema_plan *out,
                            hp_err *err)
{
    hp_map *defined = hp_map_new(call->mem);
    *out = (hp_schema_plan){ 0 };
    for (uint32_t i = 0; i < classes->array.count; i++) {
        const hp_value *def = &classes->array.items[i];
        hp_str name = hp_class_canonical_name(hp_object_text(def, HP_STR("className")));
        out->where = HP_STR("className");
        /* Each is planned against what is stored: a second one would take back what the first has planned. */
        hp_code rc =
            hp_map_put(defined, name, out) != NULL
                ? hp_fail(err, HP_E_INVALID_CLASS_NAME, "Class %" HP_STR_FMT " is defined twice.", HP_STR_ARG(name))
                : hp_schema_plan_class(call, name, def, rules, out, err);
        if (rc == HP_OK) continue;
        out->where = hp_arena_printf(call->mem, "%u.%" HP_STR_FMT, i, HP_STR_ARG(out->where));
        return rc;
    }
    if (rules.mode == HP_PLAN_PRUNE) prune_classes(call, classes, out);
    return HP_OK;
}

hp_code hp_schema_plan_apply(hp_call *call, hp_schema_plan *plan, hp_err *err)
{
    if (plan->unit.count == 0) return HP_OK;
    if (plan->unit.count > HP_UNIT_OPS_MAX)
        return hp_fail(err, HP_E_INVALID_SCHEMA_OPERATION, "More than %d schema changes at once.", HP_UNIT_OPS_MAX);
    hp_code rc = hp_store_write(call->core->parts.store, &plan->unit, call->mem, err);
    if (rc == HP_E_DUPLICATE_VALUE)
        return hp_fail(err, rc, "Index %" HP_STR_FMT " cannot be unique: objects of the class have equal values.",
                       HP_STR_ARG(plan->unit.conflict_index));
    return rc != HP_OK ? rc : hp_schema_publish(call, err);
}

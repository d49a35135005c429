/* query/change.c — what a write's body asks for, decoded. The operations themselves are in op_apply.c. */
#include "query/change.h"

#include <math.h>

#include "base/limits.h"
#include "query/stored_form.h"
#include "value/json.h"

typedef struct change_list {
    hp_raw_change *items;
    size_t count, cap;
} change_list;

static void push(hp_arena *mem, change_list *list, hp_str name, hp_op op, hp_value operand)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 8;
        hp_raw_change *items = HP_NEW_ARRAY(mem, hp_raw_change, cap);
        if (list->count > 0) memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = (hp_raw_change){ .name = name, .op = op, .operand = operand };
}

/* ---- values ---- */

static hp_code not_valid_type(hp_arena *mem, const hp_value *type, hp_err *err)
{
    hp_str text = type->tag == HP_STRING ? type->string : hp_json_text(mem, type);
    return hp_fail(err, HP_E_INCORRECT_TYPE, "This is not a valid %" HP_STR_FMT, HP_STR_ARG(text));
}

hp_code hp_nested_key_check(hp_str key, hp_err *err)
{
    if (hp_str_find_char(key, '.', 0) == SIZE_MAX && hp_str_find_char(key, '$', 0) == SIZE_MAX) return HP_OK;
    return hp_fail(err, HP_E_INVALID_NESTED_KEY, "Nested keys should not contain the '$' or '.' characters");
}

/* True if an object that was not read as the value its `type` names is one all the same. Inside of others it may be a
 * snapshot, an included object as an answer showed it, or a client's own data, of a type that is none of ours. */
static bool stays_object(const hp_value *v, const hp_value *type, int depth)
{
    if (!hp_truthy(type)) return true;
    if (depth == 0) return false;
    if (hp_str_eq(hp_text(type), HP_STR("Object"))) return hp_str_present(hp_object_text(v, HP_STR("className")));
    return !hp_json_is_type(hp_text(type));
}

/* Refuses what may not be stored at any depth. `depth` is bounded like all JSON; our own code could nest deeper. */
static hp_code check_value(hp_arena *mem, const hp_value *v, int depth, hp_err *err)
{
    if (depth > HP_JSON_DEPTH_MAX)
        return hp_fail(err, HP_E_INVALID_JSON, "Values may be nested at most %d deep.", HP_JSON_DEPTH_MAX);
    if (v->tag == HP_FILE && v->file.name.len == 0)
        return hp_fail(err, HP_E_INCORRECT_TYPE, "This is not a valid File");
    if (v->tag == HP_BYTES && v->bytes.len == 0) return hp_fail(err, HP_E_INCORRECT_TYPE, "This is not a valid Bytes");
    if (v->tag == HP_NUMBER && !isfinite(v->number)) return hp_fail(err, HP_E_INVALID_JSON, "Numbers must be finite.");
    if (v->tag == HP_ARRAY)
        for (uint32_t i = 0; i < v->array.count; i++) HP_TRY(check_value(mem, &v->array.items[i], depth + 1, err));
    if (v->tag != HP_OBJECT) return HP_OK;

    const hp_value *type = hp_object_get(v, HP_STR("__type"));
    if (!stays_object(v, type, depth)) return not_valid_type(mem, type, err);
    for (uint32_t i = 0; i < v->object.count; i++) {
        HP_TRY(hp_nested_key_check(v->object.items[i].key, err));
        HP_TRY(check_value(mem, &v->object.items[i].value, depth + 1, err));
    }
    return HP_OK;
}

static hp_code check_polygon(const hp_value *v, hp_err *err)
{
    uint32_t distinct = 0;

    if (v->polygon.count < 3) return hp_fail(err, HP_E_INVALID_JSON, "Polygon must have at least 3 values");
    for (uint32_t i = 0; i < v->polygon.count && distinct < 3; i++) {
        bool seen = false;
        for (uint32_t k = 0; k < i && !seen; k++)
            seen = v->polygon.points[i].latitude == v->polygon.points[k].latitude &&
                   v->polygon.points[i].longitude == v->polygon.points[k].longitude;
        distinct += !seen;
    }
    if (distinct < 3) return hp_fail(err, HP_E_INVALID_JSON, "GeoJSON: Loop must have at least 3 different vertices");
    return HP_OK;
}

static hp_code read_set(hp_arena *mem, change_list *list, hp_str name, const hp_value *v, hp_err *err)
{
    bool dotted = hp_str_find_char(name, '.', 0) != SIZE_MAX;

    /* The keys of an ACL are user ids and role names; what they may be is core's to say. */
    if (!hp_str_eq(name, HP_STR("ACL"))) HP_TRY(check_value(mem, v, 0, err));
    if (v->tag == HP_POLYGON) HP_TRY(check_polygon(v, err));
    push(mem, list, name, HP_OP_SET, dotted ? *v : hp_stored_form(mem, v));
    return HP_OK;
}

/* ---- operations ---- */

typedef struct op_reader {
    hp_arena *mem;
    change_list *list;
    hp_str name;
    hp_op op;
    const hp_value *body; /* {"__op": …} */
} op_reader;

static hp_code read_unset(const op_reader *r, hp_err *err)
{
    (void)err;
    push(r->mem, r->list, r->name, r->op, hp_null());
    return HP_OK;
}

static hp_code read_increment(const op_reader *r, hp_err *err)
{
    const hp_value *amount = hp_object_get(r->body, HP_STR("amount"));
    if (!hp_is_numeric(amount) || (amount->tag == HP_NUMBER && !isfinite(amount->number)))
        return hp_fail(err, HP_E_INVALID_JSON, "incrementing must provide a number");
    push(r->mem, r->list, r->name, r->op, *amount);
    return HP_OK;
}

static hp_code read_set_on_insert(const op_reader *r, hp_err *err)
{
    const hp_value *v = hp_object_get(r->body, HP_STR("amount"));
    hp_value null = hp_null();
    if (v == NULL) v = &null;
    HP_TRY(check_value(r->mem, v, 0, err));
    push(r->mem, r->list, r->name, r->op, hp_stored_form(r->mem, v));
    return HP_OK;
}

static hp_code need_objects(const op_reader *r, const hp_value **objects, hp_err *err)
{
    *objects = hp_object_get(r->body, HP_STR("objects"));
    if (hp_is(*objects, HP_ARRAY)) return HP_OK;
    return hp_fail(err, HP_E_INVALID_JSON, "objects to %s must be an array",
                   r->op == HP_OP_REMOVE || r->op == HP_OP_REMOVE_RELATION ? "remove" : "add");
}

static hp_code read_array_op(const op_reader *r, hp_err *err)
{
    const hp_value *objects;
    HP_TRY(need_objects(r, &objects, err));
    HP_TRY(check_value(r->mem, objects, 0, err));
    push(r->mem, r->list, r->name, r->op, *objects);
    return HP_OK;
}

static hp_code read_relation_op(const op_reader *r, hp_err *err)
{
    const hp_value *objects;

    HP_TRY(need_objects(r, &objects, err));
    for (uint32_t i = 0; i < objects->array.count; i++) {
        const hp_value *v = &objects->array.items[i];
        if (!hp_is(v, HP_POINTER))
            return hp_fail(err, HP_E_INVALID_JSON, "The objects of a relation must be pointers.");
        if (!hp_str_eq(v->pointer.class_name, objects->array.items[0].pointer.class_name))
            return hp_fail(err, HP_E_INVALID_JSON, "The objects of a relation must be of one class.");
    }
    if (objects->array.count > 0) push(r->mem, r->list, r->name, r->op, *objects); /* no objects: nothing to do */
    return HP_OK;
}

static const struct {
    hp_str name;
    hp_op op;
    hp_code (*read)(const op_reader *r, hp_err *err);
} OPS[] = {
    { HP_STR_INIT("Delete"), HP_OP_UNSET, read_unset },
    { HP_STR_INIT("Increment"), HP_OP_INCREMENT, read_increment },
    { HP_STR_INIT("SetOnInsert"), HP_OP_SET_ON_INSERT, read_set_on_insert },
    { HP_STR_INIT("Add"), HP_OP_ADD, read_array_op },
    { HP_STR_INIT("AddUnique"), HP_OP_ADD_UNIQUE, read_array_op },
    { HP_STR_INIT("Remove"), HP_OP_REMOVE, read_array_op },
    { HP_STR_INIT("AddRelation"), HP_OP_ADD_RELATION, read_relation_op },
    { HP_STR_INIT("RemoveRelation"), HP_OP_REMOVE_RELATION, read_relation_op },
};

static hp_code unknown_op(hp_arena *mem, const hp_value *name, hp_err *err)
{
    hp_str text = name == NULL ? HP_STR("undefined") : name->tag == HP_STRING ? name->string : hp_json_text(mem, name);
    return hp_fail(err, HP_E_COMMAND_UNAVAILABLE, "The %" HP_STR_FMT " operator is not supported yet.",
                   HP_STR_ARG(text));
}

static hp_code read_op(hp_arena *mem, change_list *list, hp_str name, const hp_value *body, bool only_relations,
                       hp_err *err)
{
    const hp_value *op_name = hp_object_get(body, HP_STR("__op"));

    for (size_t i = 0; i < sizeof OPS / sizeof *OPS; i++) {
        if (!hp_str_eq(hp_text(op_name), OPS[i].name)) continue;
        if (only_relations && OPS[i].op != HP_OP_ADD_RELATION && OPS[i].op != HP_OP_REMOVE_RELATION) break;
        return OPS[i].read(&(op_reader){ mem, list, name, OPS[i].op, body }, err);
    }
    return unknown_op(mem, op_name, err);
}

static hp_code read_batch(hp_arena *mem, change_list *list, hp_str name, const hp_value *body, hp_err *err)
{
    const hp_value *ops = hp_object_get(body, HP_STR("ops"));
    if (!hp_is(ops, HP_ARRAY)) return hp_fail(err, HP_E_INVALID_JSON, "The ops of a Batch must be an array.");
    for (uint32_t i = 0; i < ops->array.count; i++) HP_TRY(read_op(mem, list, name, &ops->array.items[i], true, err));
    return HP_OK;
}

hp_code hp_changes_read(const hp_value *body, hp_arena *mem, hp_raw_changes *out, hp_err *err)
{
    change_list list = { 0 };

    *out = (hp_raw_changes){ 0 };
    if (!hp_is(body, HP_OBJECT)) return hp_fail(err, HP_E_INVALID_JSON, "The body must be a JSON object.");
    for (uint32_t i = 0; i < body->object.count; i++) {
        hp_str name = body->object.items[i].key;
        const hp_value *v = &body->object.items[i].value;
        const hp_value *op = hp_object_get(v, HP_STR("__op"));
        if (op == NULL)
            HP_TRY(read_set(mem, &list, name, v, err));
        else if (hp_str_eq(hp_text(op), HP_STR("Batch")))
            HP_TRY(read_batch(mem, &list, name, v, err));
        else
            HP_TRY(read_op(mem, &list, name, v, false, err));
    }
    *out = (hp_raw_changes){ list.items, list.count };
    return HP_OK;
}

/* ---- types ---- */

static bool all_digits(hp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
    return s.len > 0;
}

static hp_type container_type(hp_str name, size_t dot)
{
    size_t next = hp_str_find_char(name, '.', dot + 1);
    hp_str second = hp_str_sub(name, dot + 1, next == SIZE_MAX ? SIZE_MAX : next - dot - 1);
    return all_digits(second) ? HP_T_ARRAY : HP_T_OBJECT;
}

bool hp_raw_change_type(const hp_raw_change *c, hp_type *type, hp_str *target_class)
{
    size_t dot = hp_str_find_char(c->name, '.', 0);

    *target_class = HP_STR_NONE;
    if (c->op == HP_OP_UNSET || hp_is_null(&c->operand)) return false;
    if (dot != SIZE_MAX) {
        *type = container_type(c->name, dot);
        return true;
    }
    switch (c->op) {
    case HP_OP_INCREMENT:
    case HP_OP_INCREMENT_DECIMAL: *type = c->operand.tag == HP_DECIMAL ? HP_T_DECIMAL : HP_T_NUMBER; return true;
    case HP_OP_ADD:
    case HP_OP_ADD_UNIQUE:
    case HP_OP_REMOVE: *type = HP_T_ARRAY; return true;
    case HP_OP_ADD_RELATION:
    case HP_OP_REMOVE_RELATION:
        if (!hp_is(&c->operand, HP_ARRAY) || c->operand.array.count == 0) return false;
        *type = HP_T_RELATION;
        *target_class = c->operand.array.items[0].pointer.class_name;
        return true;
    case HP_OP_SET:
    case HP_OP_SET_ON_INSERT:
    case HP_OP_UNSET: break;
    }
    return hp_type_of_value(&c->operand, type, target_class);
}

/* query/op_apply.c — what each operation does to a value, and to an object. The only definition: the store's writer, the
 * triggers' view of an object and the answer to the client all come through here. */
#include <math.h>

#include "base/map.h"
#include "query/change.h"
#include "query/value_set.h"

/* ---- one value ---- */

/* It does not say what is stored: who may write need not be allowed to read. */
static hp_code wrong_type(const char *op, hp_err *err)
{
    return hp_fail(err, HP_E_INCORRECT_TYPE, "%s does not apply to what is stored.", op);
}

static hp_code out_of_range(hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_JSON, "Increment would leave the range of numbers.");
}

/* Of a Decimal128 by one. */
static hp_code increment_exactly(const hp_value *before, const hp_value *amount, hp_value *after, hp_err *err)
{
    *after = *amount;
    if (hp_is_null(before)) return HP_OK;
    if (before->tag != HP_DECIMAL) return wrong_type("Increment", err);
    if (hp_decimal_add(before->decimal, amount->decimal, &after->decimal)) return HP_OK;
    return hp_fail(err, HP_E_INVALID_JSON, "Increment would need more digits than a Decimal128 has.");
}

static hp_code increment(const hp_value *before, const hp_value *amount, hp_value *after, hp_err *err)
{
    if (amount->tag == HP_DECIMAL) return increment_exactly(before, amount, after, err);
    HP_ASSERT(amount->tag == HP_NUMBER);
    if (!hp_is_null(before) && before->tag != HP_NUMBER) return wrong_type("Increment", err);
    double sum = (hp_is_null(before) ? 0 : before->number) + amount->number; /* JavaScript's addition */
    if (!isfinite(sum)) return out_of_range(err);
    *after = hp_number(sum);
    return HP_OK;
}

/* `n` as a whole multiple of 1/scale; false beyond 2^53, where doubles do not tell neighbours apart. */
static bool to_units(double n, double scale, int64_t *units)
{
    double scaled = round(n * scale);
    if (!(fabs(scaled) <= 9007199254740992.0)) return false;
    *units = (int64_t)scaled;
    return true;
}

static hp_code increment_decimal(const hp_value *before, const hp_value *operand, hp_value *after, hp_err *err)
{
    static const double scales[] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9 };
    const hp_value *amount = hp_object_get(operand, HP_STR("amount"));
    const hp_value *decimals = hp_object_get(operand, HP_STR("decimals"));
    int64_t had, add, sum;

    HP_ASSERT(hp_is(amount, HP_NUMBER) && hp_is(decimals, HP_NUMBER) && decimals->number >= 0 && decimals->number <= 9);
    if (!hp_is_null(before) && before->tag != HP_NUMBER) return wrong_type("Increment", err);
    double scale = scales[(size_t)decimals->number];
    if (!to_units(hp_is_null(before) ? 0 : before->number, scale, &had) || !to_units(amount->number, scale, &add) ||
        __builtin_add_overflow(had, add, &sum) || sum > INT64_C(9007199254740992) || sum < -INT64_C(9007199254740992))
        return out_of_range(err);
    *after = hp_number((double)sum / scale); /* the double nearest to the decimal */
    return HP_OK;
}

static hp_value with_room(hp_arena *mem, const hp_value *before, size_t more)
{
    size_t count = hp_is_null(before) ? 0 : before->array.count;
    hp_value out = hp_array();

    HP_ASSERT(count + more <= UINT32_MAX);
    out.array.items = HP_NEW_ARRAY(mem, hp_value, count + more);
    out.array.cap = (uint32_t)(count + more);
    out.array.count = (uint32_t)count;
    if (count > 0) memcpy(out.array.items, before->array.items, count * sizeof *out.array.items);
    return out;
}

static hp_value add_all(hp_arena *mem, const hp_value *before, const hp_value *objects)
{
    hp_value out = with_room(mem, before, objects->array.count);
    for (uint32_t i = 0; i < objects->array.count; i++) out.array.items[out.array.count++] = objects->array.items[i];
    return out;
}

static hp_value add_unique(hp_arena *mem, const hp_value *before, const hp_value *objects)
{
    hp_value out = with_room(mem, before, objects->array.count);
    hp_value_set *seen = hp_value_set_new(mem, out.array.cap);

    for (uint32_t i = 0; i < out.array.count; i++)
        (void)hp_value_set_add(seen, &out.array.items[i]); /* old doubles stay */
    for (uint32_t i = 0; i < objects->array.count; i++)
        if (hp_value_set_add(seen, &objects->array.items[i]))
            out.array.items[out.array.count++] = objects->array.items[i];
    return out;
}

static hp_value remove_all(hp_arena *mem, const hp_value *before, const hp_value *objects)
{
    hp_value out = with_room(mem, before, 0);
    hp_value_set *unwanted = hp_value_set_new(mem, objects->array.count);
    uint32_t kept = 0;

    for (uint32_t i = 0; i < objects->array.count; i++) (void)hp_value_set_add(unwanted, &objects->array.items[i]);
    for (uint32_t i = 0; i < out.array.count; i++)
        if (!hp_value_set_has(unwanted, &out.array.items[i])) out.array.items[kept++] = out.array.items[i];
    out.array.count = kept;
    return out;
}

static hp_code array_op(hp_op op, const hp_value *before, const hp_value *objects, hp_arena *mem, hp_value *after,
                        hp_err *err)
{
    HP_ASSERT(objects->tag == HP_ARRAY);
    if (!hp_is_null(before) && before->tag != HP_ARRAY)
        return wrong_type(op == HP_OP_ADD ? "Add" : op == HP_OP_REMOVE ? "Remove" : "AddUnique", err);
    *after = op == HP_OP_ADD      ? add_all(mem, before, objects)
             : op == HP_OP_REMOVE ? remove_all(mem, before, objects)
                                  : add_unique(mem, before, objects);
    return HP_OK;
}

hp_code hp_op_apply(hp_op op, const hp_value *before, const hp_value *operand, hp_arena *mem, hp_value *after,
                    bool *absent_after, hp_err *err)
{
    *after = before ? *before : hp_null();
    *absent_after = false;
    switch (op) {
    case HP_OP_SET: *after = *operand; return HP_OK;
    case HP_OP_UNSET: *after = hp_null(); break;
    case HP_OP_INCREMENT: return increment(before, operand, after, err);
    case HP_OP_INCREMENT_DECIMAL: return increment_decimal(before, operand, after, err);
    case HP_OP_ADD:
    case HP_OP_ADD_UNIQUE:
    case HP_OP_REMOVE: return array_op(op, before, operand, mem, after, err);
    case HP_OP_SET_ON_INSERT:
        if (before == NULL) *after = *operand;
        return HP_OK;
    case HP_OP_ADD_RELATION:
    case HP_OP_REMOVE_RELATION: break; /* links are kept elsewhere */
    }
    *absent_after = op == HP_OP_UNSET || before == NULL;
    return HP_OK;
}

/* ---- a path ---- */

enum { ARRAY_GAP_MAX = 1000 }; /* nulls that setting an element beyond the end may add */

typedef struct path_op {
    const hp_change *change;
    hp_arena *mem;
    /* The objects and arrays that were made here, by where their items are: these are changed in place. All others are
     * somebody's, the operands too, and copied first: each once, however many paths lead into it. */
    hp_map *made;
    hp_err *err;
} path_op;

static hp_str key_of(const void *const *items) { return (hp_str){ (const char *)items, sizeof *items }; }

static bool is_made_here(const path_op *p, const void *items)
{
    return p->made != NULL && items != NULL && hp_map_get(p->made, key_of(&items)) != NULL;
}

static void note_made(const path_op *p, const void *items)
{
    if (p->made == NULL || items == NULL || is_made_here(p, items)) return;
    const void **key = HP_NEW(p->mem, const void *);
    *key = items;
    (void)hp_map_put(p->made, key_of(key), p->made);
}

static hp_code apply_at(const path_op *p, const hp_value *before, size_t depth, hp_value *after, bool *absent);

static hp_code cannot_enter(const path_op *p, size_t depth)
{
    return hp_fail(p->err, HP_E_INCORRECT_TYPE, "Cannot create field '%" HP_STR_FMT "' in what is stored.",
                   HP_STR_ARG(p->change->path.segments[depth]));
}

static hp_code apply_in_object(const path_op *p, const hp_value *before, size_t depth, hp_value *after)
{
    hp_str key = p->change->path.segments[depth];
    hp_value value;
    bool absent;

    HP_TRY(apply_at(p, hp_object_get(before, key), depth + 1, &value, &absent));
    if (!hp_is(before, HP_OBJECT))
        *after = hp_object();
    else
        *after = is_made_here(p, before->object.items) ? *before : hp_object_clone(p->mem, before);
    if (absent)
        (void)hp_object_remove(after, key); /* not there is fine */
    else
        hp_object_set(p->mem, after, key, value);
    note_made(p, after->object.items);
    return HP_OK;
}

static hp_code cannot_index(const path_op *p, const hp_value *before, size_t depth, hp_value *after)
{
    *after = before != NULL ? *before : hp_array();
    /* an array has nothing by that name, nor will have */
    return p->change->op == HP_OP_UNSET ? HP_OK : cannot_enter(p, depth);
}

static hp_code apply_in_array(const path_op *p, const hp_value *before, size_t depth, hp_value *after)
{
    uint32_t count = before ? before->array.count : 0;
    int64_t index;
    hp_value value;
    bool absent;

    if (!hp_str_to_int64(p->change->path.segments[depth], 0, (int64_t)count + ARRAY_GAP_MAX, &index))
        return cannot_index(p, before, depth, after);
    HP_TRY(apply_at(p, index < count ? &before->array.items[index] : NULL, depth + 1, &value, &absent));

    size_t more = index < count ? 0 : (size_t)index - count + 1;
    if (absent && more > 0) more = 0; /* nothing was there and nothing is */
    *after = before != NULL && is_made_here(p, before->array.items) ? *before : with_room(p->mem, before, more);
    for (size_t i = 0; i < more; i++) hp_array_push(p->mem, after, hp_null());
    note_made(p, after->array.items);
    if (index < after->array.count)
        after->array.items[index] = absent ? hp_null() : value; /* the others keep their place */
    return HP_OK;
}

/* The value below the first `depth` segments after the change. */
static hp_code apply_at(const path_op *p, const hp_value *before, size_t depth, hp_value *after, bool *absent)
{
    const hp_path *path = &p->change->path;

    if (depth == path->segment_count)
        return hp_op_apply(p->change->op, before, &p->change->operand, p->mem, after, absent, p->err);

    *absent = false;
    if (hp_is_null(before)) {
        *absent = p->change->op == HP_OP_UNSET; /* nothing to take away: nothing is created on the way */
        if (*absent) return HP_OK;
        if (depth == 0 && path->field->type == HP_T_ARRAY) return apply_in_array(p, NULL, depth, after);
        return apply_in_object(p, NULL, depth, after);
    }
    if (before->tag == HP_OBJECT) return apply_in_object(p, before, depth, after);
    if (before->tag == HP_ARRAY) return apply_in_array(p, before, depth, after);
    *after = *before;
    return p->change->op == HP_OP_UNSET ? HP_OK : cannot_enter(p, depth); /* nothing is below, nor will be */
}

/* ---- an object ---- */

static bool leaves_fields_alone(const hp_change *c)
{
    return c->op == HP_OP_ADD_RELATION || c->op == HP_OP_REMOVE_RELATION || c->path.field->type == HP_T_RELATION;
}

hp_code hp_changes_apply(const hp_value *object, const hp_change *changes, size_t count, hp_arena *mem, hp_value *out,
                         hp_err *err)
{
    hp_map *made = NULL;
    *out = hp_is(object, HP_OBJECT) ? hp_object_clone(mem, object) : hp_object();
    for (size_t i = 0; i < count; i++) {
        if (made == NULL && count > 1 && changes[i].path.segment_count > 0) made = hp_map_new(mem);
        path_op p = { .change = &changes[i], .mem = mem, .made = made, .err = err };
        hp_str name = changes[i].path.field->name;
        hp_value after;
        bool absent;

        if (leaves_fields_alone(&changes[i])) continue;
        HP_TRY(apply_at(&p, hp_object_get(out, name), 0, &after, &absent));
        if (absent || after.tag == HP_NULL) /* a field set to null is an absent field */
            (void)hp_object_remove(out, name);
        else
            hp_object_set(mem, out, name, after);
    }
    return HP_OK;
}

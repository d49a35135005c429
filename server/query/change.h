/* query/change.h — update operations: what a POST or PUT body does to an object.
 *
 * A body is decoded once into a list of changes on resolved paths. `apply` is the one definition of what each operation
 * does to the present value; the store's writer, the triggers' view of the object and the answer all use it. */
#ifndef HP_QUERY_CHANGE_H
#define HP_QUERY_CHANGE_H

#include "query/filter.h"

typedef enum hp_op {
    HP_OP_SET,
    HP_OP_UNSET,
    HP_OP_INCREMENT,
    HP_OP_INCREMENT_DECIMAL, /* our own code only (money): operand {"amount": n, "decimals": d}, d in 0..9. Both sides are
                                taken as whole multiples of 10^-d and added as integers: 0.1 + 0.2 is 0.3. No client op. */
    HP_OP_ADD,
    HP_OP_ADD_UNIQUE,
    HP_OP_REMOVE,
    HP_OP_SET_ON_INSERT,
    HP_OP_ADD_RELATION, /* operand: array of pointers */
    HP_OP_REMOVE_RELATION,
} hp_op;

/* A change before names are resolved: what the schema step (which may add fields) and the triggers read. */
typedef struct hp_raw_change {
    hp_str name; /* as sent, may be dotted */
    hp_op op;
    hp_value operand; /* SET: the value; INCREMENT: number; ADD…: array; UNSET: null */
} hp_raw_change;

/* A resolved change. */
typedef struct hp_change {
    hp_path path;
    hp_op op;
    hp_value operand;
} hp_change;

typedef struct hp_raw_changes {
    hp_raw_change *items;
    size_t count;
} hp_raw_changes;

/* Decodes one body member per change; {"__op":"Batch"} of relation ops becomes several.
 * Checks operand types of the ops (E107 texts of 3.10), unknown ops (E108), nested keys with '.' or '$' (E121), invalid
 * typed objects anywhere below (E111 `This is not a valid <type>`), non-finite numbers. Does not look at a schema.
 * Values of a field of their own come out in their stored form (query/stored_form.h); relation ops without objects vanish.
 * Owner: `mem`; `body` must live as long. */
HP_MUST_USE hp_code hp_changes_read(const hp_value *body, hp_arena *mem, hp_raw_changes *out, hp_err *err);

/* Refuses what no key inside of a value may be (E121): one with '.' or '$', which paths and operators have. */
HP_MUST_USE hp_code hp_nested_key_check(hp_str key, hp_err *err);

/* The field type that the change needs: `{}`/nothing for null and UNSET (returns false). For a dotted name the root:
 * Array if the second segment is all digits, else Object. */
bool hp_raw_change_type(const hp_raw_change *c, hp_type *type, hp_str *target_class);

/* The value of a field after `op`: `before` NULL means absent; *absent_after tells that nothing is left. SET leaves null as
 * null: that a field of its own set to null is absent is hp_changes_apply's rule. Remove from nothing leaves []. SetOnInsert
 * sets what is absent: it is for new objects, an update leaves such changes out.
 * Errors: INVALID_JSON/INCORRECT_TYPE when the stored value cannot take the op (E111 `schema mismatch …` is the schema
 * step's; here only what the stored data itself contradicts), or when an INCREMENT leaves the finite range. */
HP_MUST_USE hp_code hp_op_apply(hp_op op, const hp_value *before, const hp_value *operand, hp_arena *mem,
                                hp_value *after, bool *absent_after, hp_err *err);

/* `object` (field name -> value) with all non-relation changes applied in order; dotted paths create what is missing, and
 * nulls up to an array index beyond the end. `object` itself is not changed.
 * Errors: as hp_op_apply; INCORRECT_TYPE when a path leads through something that is no object or array. */
HP_MUST_USE hp_code hp_changes_apply(const hp_value *object, const hp_change *changes, size_t count, hp_arena *mem,
                                     hp_value *out, hp_err *err);

#endif

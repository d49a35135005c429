/* query/class.h — what a class is: its name and its typed fields.
 *
 * A client's field name is resolved here once, byte-exact; from then on queries, updates and stores pass hp_field
 * pointers, so that no client text can become an identifier. Classes are immutable once they are in a
 * snapshot (core/schema.h); everything points into the snapshot's arena. Any thread. */
#ifndef HP_QUERY_CLASS_H
#define HP_QUERY_CLASS_H

#include "base/map.h"
#include "value/value.h"

typedef enum hp_type {
    HP_T_STRING,
    HP_T_NUMBER,
    HP_T_BOOLEAN,
    HP_T_DATE,
    HP_T_OBJECT,
    HP_T_ARRAY,
    HP_T_GEOPOINT,
    HP_T_FILE,
    HP_T_BYTES,
    HP_T_POLYGON,
    HP_T_POINTER,
    HP_T_RELATION,
    HP_T_ACL,
    HP_T_DECIMAL, /* Decimal128 */
} hp_type;

typedef struct hp_field {
    hp_str name;
    hp_type type;
    hp_str target_class; /* Pointer, Relation */
    bool internal; /* `_hashed_password` and its kin: no client name resolves to it, it is kept in hp_row.internal */
    bool required;
    hp_value *default_value; /* or NULL */
} hp_field;

typedef struct hp_class {
    hp_str name;
    hp_field **fields; /* in order of creation; includes objectId, createdAt, updatedAt, ACL */
    size_t field_count;
    hp_map *by_name;       /* name -> hp_field * */
    hp_value *permissions; /* the CLP document as stored, or NULL when none was ever set */
    hp_value
        *indexes; /* name -> {field: 1|-1, …, unique?: true, partialFilterExpression?: {…}}; NULL: it never had one */
} hp_class;

/* "User" -> "_User"; every other name as it is. The templates' raw schema says User, Parse says _User. */
hp_str hp_class_canonical_name(hp_str name);

/* Parse's shape rules. */
bool hp_class_name_valid(hp_str name); /* a system class, or ^[A-Za-z][A-Za-z0-9_]*$ within HP_NAME_BYTES_MAX */
bool hp_field_name_valid(hp_str name); /* ^[A-Za-z][A-Za-z0-9_]*$, not `length`, not `className` */

/* The field that a name with dots leads into: "a" of "a.b.0". */
static inline hp_str hp_name_root(hp_str name) { return hp_str_sub(name, 0, hp_str_find_char(name, '.', 0)); }

/* True for _User, _Role, _Session, _Installation, …. */
bool hp_class_is_system(hp_str name);

/* The field called `name`, internal ones too, or NULL. */
const hp_field *hp_class_field(const hp_class *c, hp_str name);

/* "Number", "Pointer", … and back; false if `name` is no type. */
const char *hp_type_name(hp_type type);
bool hp_type_parse(hp_str name, hp_type *out);

/* "Number", "Pointer<_User>": the way error messages print a type. */
hp_str hp_type_print(hp_arena *mem, hp_type type, hp_str target_class);

/* The type that a first write of `v` gives a new field (ops are typed by query/change.h). False for null and for an
 * untyped {"__type":…} object. */
bool hp_type_of_value(const hp_value *v, hp_type *type, hp_str *target_class);

#endif

/* value/value.h — hp_value: one JSON or Parse value, decoded.
 *
 * Parse's typed objects ({"__type":"Date",…}) are tags of their own, so nobody compares `__type` after decoding.
 * Values live in an arena and are treated as immutable once they have been handed to somebody else: change a copy.
 * Arrays and objects hold their items inline, so a pointer to an item is void after the next push or set.
 * No state, any thread. */
#ifndef HP_VALUE_VALUE_H
#define HP_VALUE_VALUE_H

#include "base/arena.h"
#include "base/str.h"
#include "value/decimal.h"

typedef enum hp_tag {
    HP_NULL,
    HP_BOOL,
    HP_NUMBER,
    HP_STRING,
    HP_ARRAY,
    HP_OBJECT, /* also every {"__type":…} that is unknown or lacks its essentials: the write path refuses it (E111) */
    HP_DATE,
    HP_POINTER,
    HP_GEOPOINT,
    HP_FILE,
    HP_BYTES,
    HP_POLYGON,
    HP_RELATION,
    HP_DECIMAL, /* Decimal128 */
} hp_tag;

typedef struct hp_value hp_value;
typedef struct hp_member hp_member;

typedef struct hp_geo {
    double latitude, longitude; /* degrees */
} hp_geo;

struct hp_value {
    hp_tag tag;
    union {
        bool boolean;
        double number;
        hp_str string;
        struct {
            hp_value *items;
            uint32_t count, cap;
        } array;
        struct {
            hp_member *items; /* in the order they were set; keys are unique */
            uint32_t count, cap;
        } object;
        struct {
            int64_t ms; /* UTC milliseconds since 1970 */
            hp_str
                iso; /* the client's own text when it differs from the normal form (kept inside Object and Array fields) */
        } date;
        struct {
            hp_str class_name, object_id;
        } pointer;
        hp_geo geopoint;
        struct {
            hp_str name, url; /* url: absent unless the client sent one; computed anew on output */
        } file;
        hp_str bytes; /* base64 text */
        struct {
            hp_geo *points; /* as sent: open or closed */
            uint32_t count;
        } polygon;
        hp_str relation; /* target class */
        hp_decimal decimal;
    };
};

struct hp_member {
    hp_str key;
    hp_value value;
};

/* ---- making ---- */
static inline hp_value hp_null(void) { return (hp_value){ .tag = HP_NULL }; }
static inline hp_value hp_bool(bool b) { return (hp_value){ .tag = HP_BOOL, .boolean = b }; }
static inline hp_value hp_number(double n) { return (hp_value){ .tag = HP_NUMBER, .number = n }; }
static inline hp_value hp_string(hp_str s) { return (hp_value){ .tag = HP_STRING, .string = s }; }
static inline hp_value hp_array(void) { return (hp_value){ .tag = HP_ARRAY }; }
static inline hp_value hp_object(void) { return (hp_value){ .tag = HP_OBJECT }; }
static inline hp_value hp_date(int64_t ms) { return (hp_value){ .tag = HP_DATE, .date = { ms, HP_STR_NONE } }; }
static inline hp_value hp_pointer(hp_str class_name, hp_str object_id)
{
    return (hp_value){ .tag = HP_POINTER, .pointer = { class_name, object_id } };
}
static inline hp_value hp_relation(hp_str target_class)
{
    return (hp_value){ .tag = HP_RELATION, .relation = target_class };
}

static inline hp_value hp_decimal_value(hp_decimal d) { return (hp_value){ .tag = HP_DECIMAL, .decimal = d }; }

/* A heap-free copy of `v` as an arena value. The content is shared, not copied. */
hp_value *hp_value_new(hp_arena *a, hp_value v);

/* A deep copy: nothing of it points outside `a`. */
hp_value hp_value_copy(hp_arena *a, const hp_value *v);

/* ---- objects and arrays ---- */

/* The value under `key`, or NULL (also when `o` is NULL or not an object). Exact bytes. */
hp_value *hp_object_get(const hp_value *o, hp_str key);

/* The member `name` that a dotted path sees: of an object its own; of a pointer, point, file, polygon or relation those of its JSON
 * that are texts and numbers. NULL: there is none. The result may be `room`. */
const hp_value *hp_value_member(const hp_value *v, hp_str name, hp_value *room);

/* Replaces or appends. `key` and what `v` points to are borrowed: they must live as long as `o`. */
void hp_object_set(hp_arena *a, hp_value *o, hp_str key, hp_value v);

/* Appends without looking for the key: the caller knows it is not there yet. */
void hp_object_append(hp_arena *a, hp_value *o, hp_str key, hp_value v);

/* Removes `key`, keeping the order of the others; false if it was not there. */
bool hp_object_remove(hp_value *o, hp_str key);

/* A shallow copy that can be changed without changing the first: own member list, shared values. */
hp_value hp_object_clone(hp_arena *a, const hp_value *o);

void hp_array_push(hp_arena *a, hp_value *array, hp_value v);

/* ---- reading ---- */
static inline bool hp_is(const hp_value *v, hp_tag tag) { return v != NULL && v->tag == tag; }
static inline bool hp_is_null(const hp_value *v) { return v == NULL || v->tag == HP_NULL; }

/* The text of a string value, or the absent hp_str. */
static inline hp_str hp_text(const hp_value *v) { return hp_is(v, HP_STRING) ? v->string : HP_STR_NONE; }
static inline hp_str hp_object_text(const hp_value *o, hp_str key) { return hp_text(hp_object_get(o, key)); }
static inline bool hp_is_true(const hp_value *v) { return hp_is(v, HP_BOOL) && v->boolean; }

/* JavaScript's truthiness: false, null, 0, NaN and "" are false. Only for parameters that Parse reads that way. */
bool hp_truthy(const hp_value *v);

/* A Number or a Decimal128: they compare with each other by what they mean, a Number being what JavaScript prints. */
static inline bool hp_is_numeric(const hp_value *v)
{
    return v != NULL && (v->tag == HP_NUMBER || v->tag == HP_DECIMAL);
}

/* A numeric value as a decimal. A Number that is not finite has none. */
hp_decimal hp_numeric_decimal(const hp_value *v);

/* The name of the JSON or Parse type as Parse prints it: "Number", "String", "Pointer", … Static text. */
const char *hp_tag_name(hp_tag tag);

/* Deep equality as array operators and $eq define it: pointers by class and id, dates by instant, files by name,
 * objects regardless of key order, numeric values by what they mean. */
bool hp_value_equal(const hp_value *a, const hp_value *b);

/* Orders two numeric values, or two of the same tag that have an order (string by bytes, date, boolean); *ok is false for
 * others. */
int hp_value_compare(const hp_value *a, const hp_value *b, bool *ok);

#endif

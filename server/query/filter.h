/* query/filter.h — the typed where-tree that every store compiles and the matcher walks.
 *
 * JSON -> tree happens once (query/where.h). Names are fields already, operand types fit the field's type: where a
 * client's operand can never match, the parser has put HP_FILTER_TRUE or _FALSE. What is null, absent or an array on the
 * object's side follows MongoDB, in every store alike: tests/store holds the shared table of cases.
 * Immutable after parsing; everything lives in the parser's arena. */
#ifndef HP_QUERY_FILTER_H
#define HP_QUERY_FILTER_H

#include "base/error.h"
#include "query/class.h"

/* field.segment.segment: `segments` reach into an Object or Array field; a segment of digits is an array index. */
typedef struct hp_path {
    const hp_field *field;
    hp_str *segments;
    size_t segment_count; /* 0: the field itself */
} hp_path;

typedef enum hp_filter_kind {
    HP_FILTER_TRUE,
    HP_FILTER_FALSE,
    HP_FILTER_AND, /* children; none: true */
    HP_FILTER_OR,  /* children; none: false */
    HP_FILTER_NOR,
    /* leaves: path, operand */
    HP_FILTER_EQ, /* operand null: absent or null. Array field and non-array operand: contains */
    HP_FILTER_NE,
    HP_FILTER_LT,
    HP_FILTER_LTE,
    HP_FILTER_GT,
    HP_FILTER_GTE,
    HP_FILTER_IN, /* list; may contain null */
    HP_FILTER_NIN,
    HP_FILTER_ALL,
    HP_FILTER_ALL_STARTING_WITH, /* list of literal prefixes ($all of ^\Q…\E regexes) */
    HP_FILTER_CONTAINED_BY,
    HP_FILTER_EXISTS,         /* flag */
    HP_FILTER_REGEX,          /* regex, compiled and bounded */
    HP_FILTER_TEXT,           /* text */
    HP_FILTER_WITHIN_BOX,     /* box[2]: south-west, north-east */
    HP_FILTER_WITHIN_SPHERE,  /* centre, radius in radians */
    HP_FILTER_WITHIN_POLYGON, /* ring */
    HP_FILTER_NEAR,           /* centre, radius (HUGE_VAL: any distance); it also orders: query/find.h */
    HP_FILTER_CONTAINS_POINT, /* Polygon field contains `centre` */
    /* relations */
    HP_FILTER_IN_RELATION, /* the object's id is linked from owner_id's relation `path.field` of class owner_class */
    HP_FILTER_RELATES_TO,  /* the object's relation `path.field` links to any id of `list` (strings) */
    /* what core/ resolves before a store sees the tree */
    HP_FILTER_SUBQUERY,   /* $inQuery, $notInQuery, $select, $dontSelect: becomes IN or NIN */
    HP_FILTER_RELATED_TO, /* $relatedTo: becomes IN_RELATION once the owner was found readable */
} hp_filter_kind;

typedef struct hp_regex hp_regex;             /* query/regex.h */
typedef struct hp_text_search hp_text_search; /* query/text_search.h */
typedef struct hp_value_set hp_value_set;     /* query/value_set.h */

typedef struct hp_filter hp_filter;
struct hp_filter {
    hp_filter_kind kind;
    hp_path path;
    union {
        struct {
            hp_filter **items;
            size_t count;
        } children;
        hp_value operand;
        struct {
            hp_value *items;
            size_t count;
            const hp_value_set *set; /* the same values, where they are many; or NULL */
        } list;
        struct {
            bool flag;
            bool null_exists; /* EXISTS: a field that is null is there, as in the documents of a pipeline */
        };
        const hp_regex *regex;
        const hp_text_search *text;
        struct {
            hp_geo box[2];
            hp_geo centre;
            double radius; /* radians */
            hp_geo *ring;
            size_t ring_count;
        } geo;
        struct {
            hp_str class_name; /* RELATED_TO, IN_RELATION: the owner's class */
            hp_str owner_id;
            hp_str key; /* RELATED_TO: the relation's name as sent */
        } relation;
        struct {
            hp_str class_name;
            const hp_value *params; /* the subquery's where and the rest, as sent */
            hp_str key;             /* $select, $dontSelect: the path whose values are collected; absent for $inQuery */
            bool negated;           /* $notInQuery, $dontSelect */
        } subquery;
    };
};

/* ---- building, for our own code ---- */
hp_filter *hp_filter_new(hp_arena *mem, hp_filter_kind kind, hp_path path);
hp_filter *hp_filter_eq(hp_arena *mem, const hp_field *field, hp_value operand);

/* Gives a leaf its list; `items` are borrowed and stay as they are. */
void hp_filter_put_list(hp_filter *f, hp_value *items, size_t count, hp_arena *mem);

/* AND/OR of what is not NULL; one part is returned as it is, none becomes TRUE (AND) or FALSE (OR). */
hp_filter *hp_filter_join(hp_arena *mem, hp_filter_kind and_or, hp_filter **parts, size_t count);

/* The first leaf of this kind that whatever matches satisfies (the root, or below ANDs alone), or NULL. */
const hp_filter *hp_filter_required(const hp_filter *f, hp_filter_kind kind);

/* Pre-order walk, children after their parent, bounded in depth (INVALID_QUERY). `visit` may change leaves in place. */
HP_MUST_USE hp_code hp_filter_walk(hp_filter *f, hp_code (*visit)(void *arg, hp_filter *node, hp_err *err), void *arg,
                                   hp_err *err);

#endif

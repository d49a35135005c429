/* query/where_internal.h — what the files of the where parser share. */
#ifndef HP_QUERY_WHERE_INTERNAL_H
#define HP_QUERY_WHERE_INTERNAL_H

#include "query/where.h"

typedef struct hp_where_parser {
    const hp_class *c;
    const hp_where_rules *rules;
    hp_arena *mem;
    size_t constraints;  /* counted against HP_QUERY_NODES_MAX */
    size_t alternatives; /* $or and $nor around the part that is being built */
    size_t near;         /* $nearSphere seen */
} hp_where_parser;

/* What a name stands for, as far as operands are concerned. */
typedef enum hp_target_kind {
    HP_TARGET_ABSENT, /* no such field, or nothing can be there: every constraint has a fixed answer */
    HP_TARGET_TYPED,  /* a field with one type of value */
    HP_TARGET_FREE,   /* an Array field, or a path into an Object or Array: any JSON, and arrays match by element */
    HP_TARGET_RELATION,
} hp_target_kind;

typedef struct hp_target {
    hp_target_kind kind;
    hp_path path; /* not when ABSENT */
} hp_target;

/* where_constraint.c: what one key of a where demands of its target. */
HP_MUST_USE hp_code hp_where_constraint(hp_where_parser *p, const hp_target *t, const hp_value *value, hp_filter **out,
                                        hp_err *err);

/* where_geo.c: the argument of $within, $geoWithin or $geoIntersects as a leaf; its path is set by the caller. */
HP_MUST_USE hp_code hp_where_within(const hp_value *arg, hp_filter *leaf, hp_err *err);
HP_MUST_USE hp_code hp_where_geo_within(hp_arena *mem, const hp_value *arg, hp_filter *leaf, hp_err *err);
HP_MUST_USE hp_code hp_where_geo_intersects(const hp_value *arg, hp_filter *leaf, hp_err *err);

/* $nearSphere with the $maxDistance beside it: `constraint` is the object that holds them. */
HP_MUST_USE hp_code hp_where_near(const hp_value *constraint, hp_filter *leaf, hp_err *err);

/* where_time.c: "3 days ago" seen from now_ms. On failure *info says why, in Parse's words. */
bool hp_relative_time(hp_arena *mem, hp_str text, int64_t now_ms, int64_t *out_ms, hp_str *info);

#endif

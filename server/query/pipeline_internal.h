/* query/pipeline_internal.h — what the files of the pipeline share: stages as they were read. */
#ifndef HP_QUERY_PIPELINE_INTERNAL_H
#define HP_QUERY_PIPELINE_INTERNAL_H

#include "query/pipeline.h"

typedef enum hp_stage_kind {
    HP_STAGE_MATCH,
    HP_STAGE_SHAPE, /* $project, $addFields, $set, $unset */
    HP_STAGE_GROUP,
    HP_STAGE_SORT,
    HP_STAGE_LIMIT,
    HP_STAGE_SKIP,
    HP_STAGE_UNWIND,
    HP_STAGE_LOOKUP,
    HP_STAGE_SAMPLE,
    HP_STAGE_COUNT,
    HP_STAGE_FACET,
    HP_STAGE_REPLACE_ROOT,
} hp_stage_kind;

typedef enum hp_shape_mode { HP_SHAPE_KEEP, HP_SHAPE_DROP, HP_SHAPE_ADD } hp_shape_mode;

/* What a stage makes of one member: a tree over the parts of dotted names. */
typedef struct hp_shape hp_shape;
struct hp_shape {
    hp_str key;
    const hp_expr *expr; /* computed; NULL: kept or dropped as the stage does, or children */
    hp_shape **children;
    size_t count;
};

typedef enum hp_accumulator_kind {
    HP_ACC_SUM,
    HP_ACC_AVG,
    HP_ACC_MIN,
    HP_ACC_MAX,
    HP_ACC_FIRST,
    HP_ACC_LAST,
    HP_ACC_PUSH,
    HP_ACC_ADD_TO_SET,
    HP_ACC_COUNT,
    HP_ACC_STD_DEV_POP,
    HP_ACC_STD_DEV_SAMP,
} hp_accumulator_kind;

typedef struct hp_accumulator {
    hp_str name;
    hp_accumulator_kind kind;
    const hp_expr *expr; /* NULL for COUNT */
} hp_accumulator;

typedef struct hp_sort_key {
    hp_path path;
    bool descending;
} hp_sort_key;

typedef struct hp_stage {
    hp_stage_kind kind;
    const hp_filter *filter; /* MATCH */
    const hp_expr **exprs;   /* MATCH: $expr conditions; GROUP: [0] is the key; REPLACE_ROOT: [0] */
    size_t expr_count;
    hp_shape_mode mode;           /* SHAPE */
    hp_shape *shape;              /* SHAPE */
    hp_accumulator *accumulators; /* GROUP */
    size_t accumulator_count;
    hp_sort_key *keys; /* SORT */
    size_t key_count;
    double n;     /* LIMIT, SKIP, SAMPLE; SORT: the stages behind it take no more than the first n, 0: all */
    hp_str path;  /* UNWIND; COUNT: the name of the field */
    hp_str index; /* UNWIND: includeArrayIndex or absent */
    bool keep_empty;
    size_t lookup;       /* LOOKUP: its number */
    hp_str *facet_names; /* FACET */
    struct hp_stage_list **facets;
    size_t facet_count;
} hp_stage;

typedef struct hp_stage_list {
    hp_stage *items;
    size_t count;
} hp_stage_list;

struct hp_pipeline {
    hp_stage_list stages;
    const hp_filter *prefilter;
    const hp_value *columns;
    bool groups_by_pointer;
    hp_lookup **lookups;
    size_t lookup_count;
};

typedef struct hp_pipeline_parser {
    hp_expr_parser expr;
    hp_pipeline *out;
    hp_value roots;      /* root names read so far */
    bool roots_complete; /* a stage has replaced the documents: what is read from now on is not the store's */
    size_t nodes, stages;
    const hp_class *cls; /* as long as documents are the stored ones, else NULL */
} hp_pipeline_parser;

/* The path of the stored name that `name`, a checked one, stands for; and notes that it is read. */
hp_path hp_pipeline_path(hp_pipeline_parser *p, hp_str name);

/* pipeline_match.c: the argument of $match, as a filter over documents and $expr conditions. */
HP_MUST_USE hp_code hp_pipeline_read_match(hp_pipeline_parser *p, const hp_value *arg, hp_stage *out, hp_err *err);

#endif

/* query/pipeline_run.h — a pipeline at work, as its stages share it (pipeline_run.c, _shape, _group, _sort, _lookup).
 *
 * Every stage is a node that is pushed one document at a time and passes on what it makes; those that need all documents first
 * keep copies and pass on when they are finished. What is computed on the way lives in a scratch arena that goes with its
 * batch (expr.mem); what is kept is in `mem`, or counted in held_bytes, and has a bound. One thread. */
#ifndef HP_QUERY_PIPELINE_RUN_H
#define HP_QUERY_PIPELINE_RUN_H

#include "query/pipeline_internal.h"
#include "query/value_table.h"

typedef struct hp_pipeline_node hp_pipeline_node;

typedef struct hp_pipeline_group_state {
    hp_expr_sum sum;
    double mean, squares; /* Welford */
    hp_value value;
    bool has;
    hp_value_table set;
} hp_pipeline_group_state;

typedef struct hp_pipeline_group {
    hp_value key;
    hp_pipeline_group_state *states;
    struct hp_pipeline_group *next;
} hp_pipeline_group;

typedef struct hp_pipeline_sort_item {
    hp_value doc;
    const hp_value **keys;
    size_t at;
} hp_pipeline_sort_item;

struct hp_pipeline_node {
    const hp_stage *stage; /* NULL: the end, which collects */
    hp_pipeline_node *next;
    double passed;                   /* LIMIT, SKIP, COUNT, SAMPLE, SORT: documents so far */
    hp_value_table groups;           /* GROUP */
    hp_pipeline_group *first, *last; /* in order of appearance */
    hp_pipeline_sort_item *items;    /* SORT: their documents are in `held` */
    size_t item_count, item_cap;
    size_t best_count; /* so many at the beginning are the best so far, in order */
    hp_arena *held;
    hp_value kept; /* SAMPLE, a LOOKUP that fetches later, the end: an array */
    hp_pipeline_node **facets;
};

struct hp_pipeline_run {
    const hp_pipeline *p;
    hp_expr_run expr;
    hp_rand *rand;
    hp_arena *mem;
    size_t start_bytes;
    size_t held_bytes;       /* in arenas of sorts */
    hp_value_table *foreign; /* per lookup: value of the foreign field -> hp_value array of documents */
    struct hp_pipeline_later {
        hp_foreign_fn fetch; /* NULL: all documents are there before the first push */
        void *arg;
    } * later; /* per lookup */
    hp_pipeline_node *head;
    const hp_pipeline_node *last; /* a LIMIT: once it is full, no further document changes the result; or NULL */
    bool done;
};

/* Gives `doc`, which lives as long as the batch, to the stage `n`. Errors: those of the stages from there on. */
HP_MUST_USE hp_code hp_pipeline_pass(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err);

/* After whatever was kept has grown. Errors: INVALID_QUERY beyond HP_PIPELINE_BYTES_MAX. */
HP_MUST_USE hp_code hp_pipeline_check_memory(const hp_pipeline_run *r, hp_err *err);

/* For `count` pieces of work. Errors: TIMEOUT when there were too many; INVALID_QUERY when the batch is too large. */
HP_MUST_USE hp_code hp_pipeline_step(hp_pipeline_run *r, uint64_t count, hp_err *err);

/* Passes on documents that a stage has kept: begin, emit each (or renew before each, where it is made on the way), end. Each is
 * in the scratch arena of a batch. */
typedef struct hp_pipeline_emission {
    hp_pipeline_run *r;
    hp_arena *outer, *scratch;
} hp_pipeline_emission;

hp_pipeline_emission hp_pipeline_emit_begin(hp_pipeline_run *r);
void hp_pipeline_emit_renew(hp_pipeline_emission *e);
HP_MUST_USE hp_code hp_pipeline_emit(hp_pipeline_emission *e, hp_pipeline_node *to, const hp_value *doc, hp_err *err);
void hp_pipeline_emit_end(hp_pipeline_emission *e);

/* ---- the stages: one document, and the end of them ---- */

HP_MUST_USE hp_code hp_pipeline_push_shape(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err);
HP_MUST_USE hp_code hp_pipeline_push_group(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err);
HP_MUST_USE hp_code hp_pipeline_finish_group(hp_pipeline_run *r, hp_pipeline_node *n, hp_err *err);
HP_MUST_USE hp_code hp_pipeline_push_sort(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err);
HP_MUST_USE hp_code hp_pipeline_finish_sort(hp_pipeline_run *r, hp_pipeline_node *n, hp_err *err);
HP_MUST_USE hp_code hp_pipeline_push_lookup(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err);
HP_MUST_USE hp_code hp_pipeline_finish_lookup(hp_pipeline_run *r, hp_pipeline_node *n, hp_err *err);

#endif

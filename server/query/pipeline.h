/* query/pipeline.h — aggregation pipelines: JSON to a typed list of stages, and running it over documents.
 *
 * The meaning is MongoDB's, whatever the store: a store finds and filters, this computes. Documents have stored
 * names: _id, _created_at, _updated_at, _p_<pointer> as "Class$id" (core/aggregate_document.h). Stages that write, that run code,
 * and what is not supported are refused by name when the pipeline is read. A run is bounded in steps and memory. */
#ifndef HP_QUERY_PIPELINE_H
#define HP_QUERY_PIPELINE_H

#include "base/rand.h"
#include "query/expression.h"
#include "query/filter.h"

typedef struct hp_pipeline hp_pipeline;
typedef struct hp_pipeline_run hp_pipeline_run;

/* Another class that a $lookup reads. */
typedef struct hp_lookup {
    hp_str from; /* class name, canonical */
    hp_path local, foreign;
    hp_str foreign_name; /* the path as it was written, with the stored name of an id */
    hp_str as;
} hp_lookup;

/* Reads `stages`, an array of {"$stage": …}. `cls` may be NULL for a class that does not exist; `raw` takes field names as
 * stored and translates none. Owner: `mem`; `stages` must live as long. Errors: INVALID_QUERY naming stage and operator. */
HP_MUST_USE hp_code hp_pipeline_parse(const hp_class *cls, const hp_value *stages, bool raw, hp_arena *mem,
                                      hp_pipeline **out, hp_err *err);

/* A condition that every document which can reach the result fulfils, over stored names; NULL: none. For the store to filter by. */
const hp_filter *hp_pipeline_prefilter(const hp_pipeline *p);

/* The root names that the pipeline reads, as an array of texts; NULL: whole documents. */
const hp_value *hp_pipeline_columns(const hp_pipeline *p);

/* True if a group key of the pipeline is a pointer: text keys of the result are then cut to the id. */
bool hp_pipeline_groups_by_pointer(const hp_pipeline *p);

/* The $lookups, those inside $facet too. */
const hp_lookup *const *hp_pipeline_lookups(const hp_pipeline *p, size_t *count);

/* A run. What it keeps lives in `mem`. `rand` is for $sample. */
hp_pipeline_run *hp_pipeline_start(const hp_pipeline *p, hp_rand *rand, int64_t now_ms, hp_arena *mem);

/* Calls hp_pipeline_add_foreign for every document of the class of lookup number `at` whose foreign field can be one of `keys`, an
 * array; NULL: for every document. */
typedef hp_code (*hp_foreign_fn)(void *arg, hp_pipeline_run *run, size_t at, const hp_value *keys, hp_err *err);

/* Before the first push: lookup number `at` keeps what comes to it, and in hp_pipeline_finish, once it knows what it needs, asks
 * `fetch` for that. For classes that are too large to be read as a whole. */
void hp_pipeline_fetch_later(hp_pipeline_run *run, size_t at, hp_foreign_fn fetch, void *arg);

/* One document of the class that lookup number `at` reads; before the first push, or when asked. `doc` may go away. */
HP_MUST_USE hp_code hp_pipeline_add_foreign(hp_pipeline_run *run, size_t at, const hp_value *doc, hp_err *err);

/* One document of the class; it may go away, like everything else in `scratch`. *done: no more can change the result. */
HP_MUST_USE hp_code hp_pipeline_push(hp_pipeline_run *run, const hp_value *doc, hp_arena *scratch, bool *done,
                                     hp_err *err);

/* The result, an array of documents. */
HP_MUST_USE hp_code hp_pipeline_finish(hp_pipeline_run *run, hp_value *results, hp_err *err);

#endif

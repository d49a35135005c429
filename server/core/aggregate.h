/* core/aggregate.h — /aggregate/<Class>: pipelines and distinct, for the master key.
 *
 * The store filters and reads; query/pipeline.h computes. Documents in a pipeline have MongoDB's stored names; the answer has
 * Parse's. Columns that nobody reads (password hashes, tokens) are in no document. */
#ifndef HP_CORE_AGGREGATE_H
#define HP_CORE_AGGREGATE_H

#include "core/call.h"

/* `params`: the parameters as sent, an object. *results: an array; with explain, the plan of reading the class instead.
 * Errors: HTTP 403 below the master key; OPERATION_FORBIDDEN for the read-only key where the options say so; INVALID_QUERY. */
HP_MUST_USE hp_code hp_aggregate(hp_call *call, hp_str class_name, const hp_value *params, hp_value *results,
                                 hp_err *err);

#endif

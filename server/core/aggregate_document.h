/* core/aggregate_document.h — rows as documents of a pipeline, and its documents as answers. */
#ifndef HP_CORE_AGGREGATE_DOCUMENT_H
#define HP_CORE_AGGREGATE_DOCUMENT_H

#include "core/call.h"
#include "store/store.h"

typedef struct hp_aggregate_form {
    bool raw_values; /* Extended JSON in and out */
    bool raw_names;  /* stored names in and out */
} hp_aggregate_form;

/* The document of a row: _id, _created_at, _updated_at, _p_<pointer>, _rperm, _wperm, and the other fields. In `mem`, sharing
 * the row's values. */
hp_value hp_aggregate_document(const hp_class *cls, const hp_row *row, hp_arena *mem);

/* The fields alone, under the names that clients know, without what nobody reads. */
hp_value hp_aggregate_fields(const hp_class *cls, const hp_row *row, hp_arena *mem);

/* The class's field behind a stored name, or NULL. */
const hp_field *hp_aggregate_field(const hp_class *cls, hp_str stored_name);

/* A result as the client gets it. `cut_ids`: a text as _id is a pointer's, and only its id is shown. */
hp_value hp_aggregate_answer(const hp_call *call, const hp_class *cls, hp_aggregate_form form, bool cut_ids,
                             const hp_value *doc);

/* A value below the top: files with their address, dates as the form says. */
hp_value hp_aggregate_value(const hp_call *call, hp_aggregate_form form, const hp_value *v);

/* Extended JSON's {"$date": …} as a date, at any depth. */
hp_value hp_aggregate_from_extended(hp_arena *mem, const hp_value *v);

#endif

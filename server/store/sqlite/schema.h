/* schema.h — schema changes: the SQL table, its row in the schema table, and the catalog, changed together.
 *
 * Runs on the writer inside its transaction. *catalog, the caller's reference, is replaced; a caller that undoes
 * the transaction puts its old one back. */
#ifndef HP_STORE_SQLITE_SCHEMA_H
#define HP_STORE_SQLITE_SCHEMA_H

#include "store/sqlite/catalog.h"
#include "store/store.h"

/* Executes one schema operation of a unit (CREATE_CLASS … DROP_CLASS).
 * *conflict gets the index name when a unique index cannot be built over what is stored.
 * Errors: INVALID_CLASS_NAME, INVALID_SCHEMA_OPERATION, INCORRECT_TYPE, INVALID_QUERY (indexes), DUPLICATE_VALUE. */
HP_MUST_USE hp_code hp_sqlite_schema_apply(hp_sqlite_conn *c, hp_sqlite_catalog **catalog, const hp_unit_op *op,
                                           hp_arena *mem, hp_str *conflict, hp_err *err);

/* True for the operations that hp_sqlite_schema_apply executes. */
bool hp_sqlite_is_schema_op(hp_unit_kind kind);

/* Class does not exist: the one message for it. */
HP_MUST_USE hp_code hp_sqlite_no_class(hp_str class_name, hp_err *err);

#endif

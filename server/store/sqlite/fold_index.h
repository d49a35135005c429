/* fold_index.h — indexes that ignore case hold folded text; when the folding tables change they are built anew. */
#ifndef HP_STORE_SQLITE_FOLD_INDEX_H
#define HP_STORE_SQLITE_FOLD_INDEX_H

#include "store/sqlite/catalog.h"

/* Compares the folding version in the file with this program's. Before the connection is locked down.
 * Errors: INTERNAL with a message for the operator if two values have become equal. */
HP_MUST_USE hp_code hp_sqlite_fold_ensure(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, hp_err *err);

#endif

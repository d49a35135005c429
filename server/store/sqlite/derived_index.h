/* derived_index.h — indexes that hold what our code makes of values: folded text, the words of a text. When that changes,
 * with a library or with this program, they are built anew. */
#ifndef HP_STORE_SQLITE_DERIVED_INDEX_H
#define HP_STORE_SQLITE_DERIVED_INDEX_H

#include "store/sqlite/catalog.h"

/* Compares the versions in the file with this program's. Before the connection is locked down.
 * Errors: INTERNAL with a message for the operator if two values have become equal. */
HP_MUST_USE hp_code hp_sqlite_derived_ensure(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, hp_err *err);

#endif

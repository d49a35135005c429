/* read.h — find, explain and count on one connection, against one catalog.
 *
 * A reader's catalog may be older than the file: another process, or the writer a moment ago, changed a class. It is noticed
 * inside the very snapshot that the rows come from: SQLite prepares a statement anew when the schema has changed since, and
 * a statement that is new or was prepared anew compares the stored schema version with the catalog's. *stale then tells the
 * caller to get the present catalog and ask again; nothing read so far counts. */
#ifndef HP_STORE_SQLITE_READ_H
#define HP_STORE_SQLITE_READ_H

#include "store/sqlite/catalog.h"
#include "store/store.h"

/* `stale` NULL: the catalog is known to be the file's (the writer, inside its transaction). */
HP_MUST_USE hp_code hp_sqlite_find(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, const hp_query *q,
                                   hp_arena *mem, hp_rows *out, bool *stale, hp_err *err);
/* The lines of EXPLAIN QUERY PLAN for the same statement; a class that is not stored has none. */
HP_MUST_USE hp_code hp_sqlite_explain(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, const hp_query *q,
                                      hp_arena *mem, hp_value *out, bool *stale, hp_err *err);
HP_MUST_USE hp_code hp_sqlite_scan(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, const hp_query *q,
                                   hp_row_fn each, void *arg, bool *stale, hp_err *err);
HP_MUST_USE hp_code hp_sqlite_count(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, const hp_query *q,
                                    int64_t *out, bool *stale, hp_err *err);

#endif

/* write.h — one atomic unit, operation by operation, on the write connection inside an open transaction.
 *
 * Permission and guards are part of the statement that selects the row which is then changed, in the same transaction and
 * with no other writer: there is nothing between the check and the write. */
#ifndef HP_STORE_SQLITE_WRITE_H
#define HP_STORE_SQLITE_WRITE_H

#include "store/sqlite/catalog.h"
#include "store/store.h"

/* Executes the unit's operations until one refuses. On failure the caller undoes what was done and restores *catalog;
 * unit->results is NULL then. */
HP_MUST_USE hp_code hp_sqlite_unit_run(hp_sqlite_conn *c, hp_sqlite_catalog **catalog, hp_unit *unit, hp_arena *mem,
                                       hp_err *err);

#endif

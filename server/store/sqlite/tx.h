/* tx.h — the store that the function of a transact sees: the same operations, inside the writer's open transaction.
 * It is that function's alone, on the writer thread, until it returns. */
#ifndef HP_STORE_SQLITE_TX_H
#define HP_STORE_SQLITE_TX_H

#include "store/sqlite/catalog.h"
#include "store/store.h"

typedef struct hp_sqlite_tx {
    hp_store base; /* first: this is a store */
    hp_sqlite_conn *conn;
    hp_sqlite_catalog **catalog;
    uint64_t *tickets; /* the writer's count of those given out */
    int64_t budget_ms;
} hp_sqlite_tx;

hp_sqlite_tx hp_sqlite_tx_make(hp_sqlite_conn *conn, hp_sqlite_catalog **catalog, uint64_t *tickets, int64_t budget_ms);

#endif

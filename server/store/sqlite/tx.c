#include "store/sqlite/tx.h"

#include "store/sqlite/counters.h"
#include "store/sqlite/read.h"
#include "store/sqlite/write.h"

static hp_sqlite_tx *tx_of(hp_store *self) { return (hp_sqlite_tx *)self; }

/* Past this point nothing can be read or written any more: the driver has given the transaction up. */
static hp_code enter(hp_sqlite_tx *tx, int64_t deadline_ms, hp_err *err)
{
    hp_clock *clock = tx->conn->clock;
    if (sqlite3_get_autocommit(tx->conn->db))
        return hp_fail_internal(err, "the transaction was given up by the driver");
    tx->conn->deadline_ms = hp_sqlite_deadline(clock->monotonic_ms(clock), tx->budget_ms, deadline_ms);
    return HP_OK;
}

static hp_code tx_load_classes(hp_store *self, hp_arena *mem, hp_class ***out, size_t *count, hp_err *err)
{
    HP_TRY(enter(tx_of(self), 0, err));
    return hp_sqlite_classes_load(tx_of(self)->conn, mem, out, count, err);
}

static hp_code tx_schema_version(hp_store *self, int64_t *out, hp_err *err)
{
    HP_TRY(enter(tx_of(self), 0, err));
    *out = (*tx_of(self)->catalog)->version;
    return HP_OK;
}

static hp_code tx_counters(hp_store *self, int64_t out[HP_COUNTERS], hp_err *err)
{
    HP_TRY(enter(tx_of(self), 0, err));
    return hp_sqlite_counters_read(tx_of(self)->conn, out, err);
}

static hp_code tx_find(hp_store *self, const hp_query *q, hp_arena *mem, hp_rows *out, hp_err *err)
{
    hp_sqlite_tx *tx = tx_of(self);
    HP_TRY(enter(tx, q->deadline_ms, err));
    return hp_sqlite_find(tx->conn, *tx->catalog, q, mem, out, NULL, err);
}

static hp_code tx_scan(hp_store *self, const hp_query *q, hp_row_fn each, void *arg, hp_err *err)
{
    hp_sqlite_tx *tx = tx_of(self);
    HP_TRY(enter(tx, q->deadline_ms, err));
    return hp_sqlite_scan(tx->conn, *tx->catalog, q, each, arg, NULL, err);
}

static hp_code tx_count(hp_store *self, const hp_query *q, int64_t *out, hp_err *err)
{
    hp_sqlite_tx *tx = tx_of(self);
    HP_TRY(enter(tx, q->deadline_ms, err));
    return hp_sqlite_count(tx->conn, *tx->catalog, q, out, NULL, err);
}

static hp_code tx_explain(hp_store *self, const hp_query *q, hp_arena *mem, hp_value *out, hp_err *err)
{
    hp_sqlite_tx *tx = tx_of(self);
    HP_TRY(enter(tx, q->deadline_ms, err));
    return hp_sqlite_explain(tx->conn, *tx->catalog, q, mem, out, NULL, err);
}

/* A unit inside a transact is whole or not at all too: the function may go on after a refusal. */
static hp_code tx_write(hp_store *self, hp_unit *unit, hp_arena *mem, hp_err *err)
{
    hp_sqlite_tx *tx = tx_of(self);

    HP_TRY(enter(tx, 0, err));
    HP_TRY(hp_sqlite_run(tx->conn, HP_STR("SAVEPOINT unit"), err));
    hp_sqlite_catalog *before = hp_sqlite_catalog_ref(*tx->catalog);
    hp_code rc = hp_sqlite_unit_run(tx->conn, tx->catalog, unit, mem, err);
    tx->conn->deadline_ms = 0;
    if (rc == HP_OK) {
        hp_sqlite_catalog_unref(before);
        rc = hp_sqlite_run(tx->conn, HP_STR("RELEASE unit"), err);
        if (rc != HP_OK)
            unit->results = NULL;
        else if (unit->ordered)
            unit->ticket = ++*tx->tickets;
        return rc;
    }
    hp_sqlite_catalog_unref(*tx->catalog);
    *tx->catalog = before;
    if (sqlite3_get_autocommit(tx->conn->db)) return rc; /* all is undone, and the commit will say so */
    hp_err undo = { 0 };
    if (hp_sqlite_run(tx->conn, HP_STR("ROLLBACK TO unit"), &undo) == HP_OK &&
        hp_sqlite_run(tx->conn, HP_STR("RELEASE unit"), &undo) == HP_OK)
        return rc;
    hp_sqlite_attempt(tx->conn, HP_STR("ROLLBACK")); /* half a unit must not be committed */
    return rc;
}

static hp_code tx_transact(hp_store *self, hp_code (*fn)(hp_store *tx, void *arg, hp_err *err), void *arg, hp_err *err)
{
    (void)self, (void)fn, (void)arg;
    return hp_fail_internal(err, "a transact inside a transact");
}

static bool tx_ready(hp_store *self) { return !sqlite3_get_autocommit(tx_of(self)->conn->db); }

static void tx_close(hp_store *self)
{
    (void)self;
    HP_ASSERT(!"a transaction is closed by whoever opened it");
}

static const hp_store_ops TX_OPS = {
    .name = "sqlite",
    .features = HP_STORE_TRANSACT,
    .load_classes = tx_load_classes,
    .schema_version = tx_schema_version,
    .counters = tx_counters,
    .find = tx_find,
    .scan = tx_scan,
    .count = tx_count,
    .explain = tx_explain,
    .write = tx_write,
    .transact = tx_transact,
    .ready = tx_ready,
    .close = tx_close,
};

hp_sqlite_tx hp_sqlite_tx_make(hp_sqlite_conn *conn, hp_sqlite_catalog **catalog, uint64_t *tickets, int64_t budget_ms)
{
    return (hp_sqlite_tx){ { &TX_OPS }, conn, catalog, tickets, budget_ms };
}

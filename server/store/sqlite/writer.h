/* writer.h — the one thread that writes, and group commit.
 *
 * Callers queue their unit and wait. The writer takes all that are waiting, runs each in a savepoint, commits once (one
 * sync of the disk for all), and only then answers them. A caller's unit, arena and error belong to the writer while it
 * waits. */
#ifndef HP_STORE_SQLITE_WRITER_H
#define HP_STORE_SQLITE_WRITER_H

#include <pthread.h>

#include "store/sqlite/catalog_slot.h"
#include "store/store.h"

typedef struct hp_sqlite_job hp_sqlite_job;

typedef struct hp_sqlite_writer {
    hp_sqlite_conn *conn;
    hp_sqlite_catalog_slot *slot;
    int64_t wait_ms, budget_ms;

    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows, and the state of jobs */
    pthread_cond_t work;
    hp_sqlite_job *first, *last;
    size_t waiting;
    bool stopping;

    atomic_bool healthy; /* false after a write failed for reasons of the disk; ready() then tries one */

    hp_sqlite_catalog *catalog; /* the writer thread's own: as of its last transaction */
    uint64_t tickets;           /* the writer thread's own: given out so far */
} hp_sqlite_writer;

/* Takes over `conn`. `w->slot` holds the present catalog. */
void hp_sqlite_writer_start(hp_sqlite_writer *w, hp_sqlite_conn *conn, hp_sqlite_catalog_slot *slot, int64_t wait_ms,
                            int64_t budget_ms);

/* Finishes what waits, ends the thread and closes the connection. */
void hp_sqlite_writer_stop(hp_sqlite_writer *w);

/* Blocks: until the unit has been committed or refused; at most wait_ms until it is begun.
 * Errors: as hp_store_ops.write; TIMEOUT when it was not begun in time. */
HP_MUST_USE hp_code hp_sqlite_writer_unit(hp_sqlite_writer *w, hp_unit *unit, hp_arena *mem, hp_err *err);
HP_MUST_USE hp_code hp_sqlite_writer_transact(hp_sqlite_writer *w, hp_code (*fn)(hp_store *tx, void *arg, hp_err *err),
                                              void *arg, hp_err *err);

/* True if a write reaches the disk now. */
bool hp_sqlite_writer_healthy(hp_sqlite_writer *w);

#endif

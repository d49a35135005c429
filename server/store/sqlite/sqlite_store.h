/* store/sqlite/sqlite_store.h — opens the embedded store: one SQLite file, many readers, one writer thread.
 *
 * The layout and its reasons: docs/decisions/0002-sqlite-storage.md. Several processes may have the same file open. */
#ifndef HP_STORE_SQLITE_SQLITE_STORE_H
#define HP_STORE_SQLITE_SQLITE_STORE_H

#include "base/clock.h"
#include "store/store.h"

typedef enum hp_sqlite_sync {
    HP_SQLITE_SYNC_FULL,   /* an answered write survives power loss */
    HP_SQLITE_SYNC_NORMAL, /* an answered write survives a crash of the process; power loss may take the newest ones */
} hp_sqlite_sync;

typedef struct hp_sqlite_options {
    hp_str path;       /* of the database file; made if it is not there. Its folder must exist. */
    hp_str backup_dir; /* where a file of an older format is copied before it is changed; absent: beside it */
    unsigned readers;  /* read connections, one per worker is right; 0: 4. Long reads (base/limits.h) run half as many
                          at once; more of them wait in line, and connections are opened beyond these meanwhile */
    int64_t budget_ms; /* a find, a count or a unit ends after this; 0: 10 s */
    int64_t write_wait_ms; /* a write that has not been started after this is given up; 0: 10 s */
    hp_sqlite_sync sync;
    hp_clock *clock; /* NULL: the system's */
} hp_sqlite_options;

/* Opens or creates the file and starts the writer thread.
 * Owner:  the caller, who calls hp_store_close when no other call runs any more.
 * Blocks: while a file of an older format is backed up and migrated.
 * Errors: INTERNAL with a message for the operator: not readable, not a Homeport file, written by a newer Homeport. */
HP_MUST_USE hp_code hp_sqlite_open(const hp_sqlite_options *options, hp_store **out, hp_err *err);

#endif

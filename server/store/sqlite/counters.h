/* counters.h — the counters of store.h: rows of _META that appear when they are first raised. */
#ifndef HP_STORE_SQLITE_COUNTERS_H
#define HP_STORE_SQLITE_COUNTERS_H

#include "store/sqlite/conn.h"
#include "store/store.h"

/* Inside an open transaction of the writer. */
HP_MUST_USE hp_code hp_sqlite_counters_raise(hp_sqlite_conn *c, unsigned counters, hp_err *err);

HP_MUST_USE hp_code hp_sqlite_counters_read(hp_sqlite_conn *c, int64_t out[HP_COUNTERS], hp_err *err);

#endif

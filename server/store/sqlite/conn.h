/* conn.h — one connection: hardened, with a bounded cache of prepared statements and a time budget.
 *
 * Used by one thread at a time. Everything that runs SQL goes through here, so that driver errors are turned into ours in
 * one place. */
#ifndef HP_STORE_SQLITE_CONN_H
#define HP_STORE_SQLITE_CONN_H

#include <sqlite3.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/gate.h"
#include "base/map.h"
#include "query/effort.h"

enum { HP_SQLITE_PARAMETERS_MAX = 32766 }; /* of one statement */

typedef enum hp_sqlite_role {
    HP_SQLITE_READER, /* opened read-only; only SELECT gets past the authorizer */
    HP_SQLITE_WRITER,
} hp_sqlite_role;

typedef struct hp_sqlite_stmt hp_sqlite_stmt;
struct hp_sqlite_stmt {
    sqlite3_stmt *handle;
    bool fresh;  /* prepared and not yet run */
    hp_str text; /* owned */
    hp_sqlite_stmt *newer, *older;
};

typedef struct hp_sqlite_conn hp_sqlite_conn;
struct hp_sqlite_conn {
    sqlite3 *db;
    hp_clock *clock;
    int64_t deadline_ms; /* monotonic; 0: none. Past it a statement ends, at the progress handler or in a condition */
    hp_gate *long_reads; /* borrowed; NULL: a statement may be as long as it likes */
    int64_t long_at_ms;  /* monotonic: from then on it needs a place there */
    bool has_place;
    hp_effort effort;   /* of conditions: steps until the next look at the clock */
    int failed_with;    /* SQLite's result behind the last failure that was reported */
    hp_buf text;        /* the statement being built (sql.h) */
    hp_map *statements; /* text -> hp_sqlite_stmt * */
    hp_sqlite_stmt *newest, *oldest;
    hp_sqlite_conn *next; /* in the pool of free readers */
};

/* When what begins now has to end: within the budget, and by `deadline_ms` where that is not 0. */
static inline int64_t hp_sqlite_deadline(int64_t now_ms, int64_t budget_ms, int64_t deadline_ms)
{
    const int64_t by_budget = now_ms + budget_ms;
    return deadline_ms != 0 && deadline_ms < by_budget ? deadline_ms : by_budget;
}

/* Owner: the caller, who calls hp_sqlite_conn_close. */
HP_MUST_USE hp_code hp_sqlite_conn_open(const char *path, hp_sqlite_role role, hp_clock *clock, hp_sqlite_conn **out,
                                        hp_err *err);
void hp_sqlite_conn_close(hp_sqlite_conn *c); /* accepts NULL */

/* From here on: no PRAGMA, no ATTACH, and for a reader nothing but SELECT. After the file has been set up. */
void hp_sqlite_conn_lock_down(hp_sqlite_conn *c, hp_sqlite_role role);

/* The prepared statement of `text`, from the cache if it is there. Valid until many others have been prepared; never
 * step two of the same text at once. */
HP_MUST_USE hp_code hp_sqlite_prepare(hp_sqlite_conn *c, hp_str text, hp_sqlite_stmt **out, hp_err *err);

/* *row tells whether there is a row; at the end and on failure the statement has been reset. */
HP_MUST_USE hp_code hp_sqlite_step(hp_sqlite_conn *c, hp_sqlite_stmt *s, bool *row, hp_err *err);
void hp_sqlite_reset(hp_sqlite_stmt *s);

/* Runs a statement that returns no rows and has no parameters, cached. */
HP_MUST_USE hp_code hp_sqlite_run(hp_sqlite_conn *c, hp_str text, hp_err *err);

/* The same where a failure changes nothing for the caller: ending a transaction that is being given up. */
void hp_sqlite_attempt(hp_sqlite_conn *c, hp_str text);

/* Runs a schema change, not cached. */
HP_MUST_USE hp_code hp_sqlite_change_schema(hp_sqlite_conn *c, const char *text, hp_err *err);

/* The integer of the first row's first column; `missing` if there is no row. */
HP_MUST_USE hp_code hp_sqlite_integer(hp_sqlite_conn *c, hp_str text, int64_t missing, int64_t *out, hp_err *err);

/* Gives back the place among the long reads, if the statements since the last time have taken one: whether they had. */
bool hp_sqlite_conn_leave_place(hp_sqlite_conn *c);

/* Turns SQLite's result code into an error: TIMEOUT, INVALID_VALUE for what is too big, INTERNAL for all else. */
HP_MUST_USE hp_code hp_sqlite_fail(hp_sqlite_conn *c, int rc, const char *doing, hp_err *err);

/* True if the last failed step broke a unique index. */
bool hp_sqlite_is_conflict(hp_sqlite_conn *c);

/* The refusal for that: DUPLICATE_VALUE. */
HP_MUST_USE hp_code hp_sqlite_duplicate(hp_err *err);

#endif

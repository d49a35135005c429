#include "store/sqlite/conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <time.h>

#include "base/thread.h"
#include "store/sqlite/functions.h"
#include "store/sqlite/list.h"
#include "store/sqlite/text_index.h"

enum {
    STATEMENTS_MAX = 160,        /* prepared statements kept per connection */
    PROGRESS_STEPS = 1000,       /* virtual machine steps between two looks at the clock */
    EFFORT_STEPS = 100 * 1000,   /* likewise, of conditions that are matched in C */
    BUSY_WAIT_MS = 5000,         /* for another process that holds the write lock */
    SQL_BYTES_MAX = 1000 * 1000, /* text of one statement */
    VALUE_BYTES_MAX = 128 << 20, /* one value or row */
    COLUMNS_MAX = 2000,          /* SQLite's own maximum */
};

/* ---- errors ---- */

hp_code hp_sqlite_fail(hp_sqlite_conn *c, int rc, const char *doing, hp_err *err)
{
    int primary = rc & 0xff;
    hp_code code = HP_E_INTERNAL;
    c->failed_with = rc;
    switch (primary) {
    case SQLITE_INTERRUPT: code = hp_fail(err, HP_E_TIMEOUT, "The operation took too long."); break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: code = hp_fail(err, HP_E_TIMEOUT, "The server is busy. Try again."); break;
    case SQLITE_TOOBIG: code = hp_fail(err, HP_E_INVALID_VALUE, "The object is too large."); break;
    default: code = hp_fail_internal(err, "%s", ""); break;
    }
    (void)snprintf(err->detail, sizeof err->detail, "sqlite: %s: %s (%d)", doing,
                   c->db == NULL ? sqlite3_errstr(rc) : sqlite3_errmsg(c->db), rc);
    return code;
}

bool hp_sqlite_is_conflict(hp_sqlite_conn *c)
{
    int rc = sqlite3_extended_errcode(c->db);
    return rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY;
}

hp_code hp_sqlite_duplicate(hp_err *err)
{
    return hp_fail(err, HP_E_DUPLICATE_VALUE, "A duplicate value for a field with unique values was provided");
}

/* ---- opening ---- */

/* One read inside another one ($lookup) is part of it: were both to want places, two such pairs could wait for each other. */
static _Thread_local bool thread_has_place;

static bool take_place(hp_sqlite_conn *c)
{
    if (c->long_reads == NULL || thread_has_place || !hp_thread_may_wait()) return true;
    hp_thread_wait_begin(); /* also while it runs: the places are beside those of the workers */
    c->has_place = thread_has_place = hp_gate_enter(c->long_reads, c->deadline_ms);
    if (!c->has_place) hp_thread_wait_end();
    return c->has_place;
}

bool hp_sqlite_conn_leave_place(hp_sqlite_conn *c)
{
    if (!c->has_place) return false;
    c->has_place = thread_has_place = false;
    hp_gate_leave(c->long_reads);
    hp_thread_wait_end();
    return true;
}

/* Nonzero ends the statement. */
static int look_at_clock(void *arg)
{
    hp_sqlite_conn *c = arg;
    if (c->deadline_ms == 0) return 0;
    const int64_t now = c->clock->monotonic_ms(c->clock);
    return now >= c->deadline_ms || (now >= c->long_at_ms && !take_place(c));
}

static bool go_on_matching(hp_effort *effort)
{
    effort->left = EFFORT_STEPS;
    return look_at_clock(effort->user) == 0;
}

static const struct {
    int option, on;
} FEATURES[] = {
    { SQLITE_DBCONFIG_DEFENSIVE, 1 },
    { SQLITE_DBCONFIG_DQS_DML, 0 },
    { SQLITE_DBCONFIG_DQS_DDL, 0 },
    { SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
    { SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
    { SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
    { SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0 },
    { SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
    { SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0 },
};

static const struct {
    int limit, max;
} LIMITS[] = {
    { SQLITE_LIMIT_SQL_LENGTH, SQL_BYTES_MAX },
    { SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX },
    { SQLITE_LIMIT_VARIABLE_NUMBER, HP_SQLITE_PARAMETERS_MAX },
    { SQLITE_LIMIT_COLUMN, COLUMNS_MAX },
    { SQLITE_LIMIT_COMPOUND_SELECT, 4 },
    { SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 100 },
    { SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
    { SQLITE_LIMIT_WORKER_THREADS, 0 },
};

static int harden(hp_sqlite_conn *c)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; i < sizeof FEATURES / sizeof *FEATURES && rc == SQLITE_OK; i++)
        rc = sqlite3_db_config(c->db, FEATURES[i].option, FEATURES[i].on, NULL);
    for (size_t i = 0; i < sizeof LIMITS / sizeof *LIMITS; i++)
        (void)sqlite3_limit(c->db, LIMITS[i].limit, LIMITS[i].max);
    return rc;
}

/* Short pauses of one length: SQLite's own grow to 100 ms, and who sleeps that long rarely meets a free lock between the
 * commits of a busy process. */
static int wait_for_lock(void *arg, int tries)
{
    const struct timespec pause = { 0, 1000000 };
    (void)arg;
    if (tries >= BUSY_WAIT_MS) return 0;
    (void)nanosleep(&pause, NULL); /* one that ends early is one more try */
    return 1;
}

hp_code hp_sqlite_conn_open(const char *path, hp_sqlite_role role, hp_clock *clock, hp_sqlite_conn **out, hp_err *err)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                (role == HP_SQLITE_READER ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    hp_sqlite_conn *c = calloc(1, sizeof *c);
    HP_ASSERT(c != NULL);

    c->clock = clock;
    c->effort = (hp_effort){ .more = go_on_matching, .user = c };
    c->statements = hp_map_new(NULL);
    hp_buf_init(&c->text, SQL_BYTES_MAX);
    int rc = sqlite3_open_v2(path, &c->db, flags, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_busy_handler(c->db, wait_for_lock, NULL);
    if (rc == SQLITE_OK) rc = harden(c);
    if (rc == SQLITE_OK) rc = hp_sqlite_functions_register(c->db, &c->effort);
    if (rc == SQLITE_OK) rc = hp_sqlite_list_register(c->db);
    if (rc == SQLITE_OK) rc = hp_sqlite_text_register(c->db);
    if (rc != SQLITE_OK) {
        hp_code code = hp_sqlite_fail(c, rc, "open", err);
        hp_sqlite_conn_close(c);
        return code;
    }
    sqlite3_progress_handler(c->db, PROGRESS_STEPS, look_at_clock, c);
    *out = c;
    return HP_OK;
}

void hp_sqlite_conn_close(hp_sqlite_conn *c)
{
    if (c == NULL) return;
    for (hp_sqlite_stmt *s = c->newest, *older; s != NULL; s = older) {
        older = s->older;
        (void)sqlite3_finalize(s->handle); /* repeats the error of the last step */
        free(s);
    }
    hp_map_free(c->statements);
    hp_buf_done(&c->text);
    (void)sqlite3_close(c->db); /* cannot be busy: its statements are gone */
    free(c);
}

/* ---- what a connection may do ---- */

static bool reader_function(const char *name)
{
    static const char *const ALLOWED[] = { "count",  "hp_acl",   "hp_match", "hp_sort",   "hp_distance",
                                           "hp_lat", "hp_score", "match",    "likelihood" };
    for (size_t i = 0; i < sizeof ALLOWED / sizeof *ALLOWED; i++)
        if (strcasecmp(name, ALLOWED[i]) == 0) return true;
    return false;
}

/* FTS5 asks it to see whether its tables have changed. */
static int authorize_pragma(const char *name)
{
    return name != NULL && strcasecmp(name, "data_version") == 0 ? SQLITE_OK : SQLITE_DENY;
}

static int authorize_reader(void *arg, int action, const char *a, const char *b, const char *database,
                            const char *trigger)
{
    (void)arg, (void)database, (void)trigger;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_TRANSACTION: return SQLITE_OK;
    case SQLITE_PRAGMA: return authorize_pragma(a);
    case SQLITE_UPDATE: /* what a virtual table that declares itself looks like; the file is open for reading only */
        return a != NULL && strcasecmp(a, "sqlite_master") == 0 ? SQLITE_OK : SQLITE_DENY;
    case SQLITE_FUNCTION: return b != NULL && reader_function(b) ? SQLITE_OK : SQLITE_DENY;
    default: return SQLITE_DENY;
    }
}

static int authorize_writer(void *arg, int action, const char *a, const char *b, const char *database,
                            const char *trigger)
{
    (void)arg, (void)database, (void)trigger;
    switch (action) {
    case SQLITE_PRAGMA: return authorize_pragma(a);
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_INDEX:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_INDEX:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE:
    case SQLITE_ALTER_TABLE:
    case SQLITE_REINDEX: return SQLITE_OK;
    case SQLITE_FUNCTION: return b != NULL && strcasecmp(b, "load_extension") != 0 ? SQLITE_OK : SQLITE_DENY;
    default: return SQLITE_DENY;
    }
}

void hp_sqlite_conn_lock_down(hp_sqlite_conn *c, hp_sqlite_role role)
{
    /* The list table declares itself at its first use, which the authorizer would take for a CREATE TABLE. */
    hp_sqlite_attempt(c, HP_STR("SELECT \"value\" FROM \"hp_list\"(NULL)"));
    (void)sqlite3_limit(c->db, SQLITE_LIMIT_ATTACHED, 0);
    (void)sqlite3_set_authorizer(c->db, role == HP_SQLITE_READER ? authorize_reader : authorize_writer, NULL);
}

/* ---- statements ---- */

static void unlink_statement(hp_sqlite_conn *c, hp_sqlite_stmt *s)
{
    *(s->newer != NULL ? &s->newer->older : &c->newest) = s->older;
    *(s->older != NULL ? &s->older->newer : &c->oldest) = s->newer;
}

static void link_newest(hp_sqlite_conn *c, hp_sqlite_stmt *s)
{
    s->newer = NULL;
    s->older = c->newest;
    *(c->newest != NULL ? &c->newest->newer : &c->oldest) = s;
    c->newest = s;
}

static void forget_statement(hp_sqlite_conn *c, hp_sqlite_stmt *s)
{
    unlink_statement(c, s);
    (void)hp_map_remove(c->statements, s->text);
    (void)sqlite3_finalize(s->handle);
    free(s);
}

hp_code hp_sqlite_prepare(hp_sqlite_conn *c, hp_str text, hp_sqlite_stmt **out, hp_err *err)
{
    hp_sqlite_stmt *s = hp_map_get(c->statements, text);
    *out = s;
    if (s != NULL) {
        if (s != c->newest) {
            unlink_statement(c, s);
            link_newest(c, s);
        }
        return HP_OK;
    }

    s = calloc(1, sizeof *s + text.len + 1);
    HP_ASSERT(s != NULL);
    char *copy = (char *)(s + 1);
    memcpy(copy, text.ptr, text.len);
    s->text = (hp_str){ copy, text.len };
    s->fresh = true;
    int rc = sqlite3_prepare_v3(c->db, copy, (int)text.len + 1, SQLITE_PREPARE_PERSISTENT, &s->handle, NULL);
    if (rc != SQLITE_OK) {
        hp_code code = hp_sqlite_fail(c, rc, "prepare", err);
        free(s);
        return code;
    }
    if (hp_map_count(c->statements) >= STATEMENTS_MAX) forget_statement(c, c->oldest);
    link_newest(c, s);
    (void)hp_map_put(c->statements, s->text, s);
    *out = s;
    return HP_OK;
}

hp_code hp_sqlite_step(hp_sqlite_conn *c, hp_sqlite_stmt *s, bool *row, hp_err *err)
{
    int rc = sqlite3_step(s->handle);
    *row = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW) return HP_OK;
    hp_code code = rc == SQLITE_DONE ? HP_OK : hp_sqlite_fail(c, rc, "step", err);
    hp_sqlite_reset(s);
    return code;
}

void hp_sqlite_reset(hp_sqlite_stmt *s)
{
    (void)sqlite3_reset(s->handle);          /* repeats the error of the last step */
    (void)sqlite3_clear_bindings(s->handle); /* they point into somebody's arena */
}

hp_code hp_sqlite_run(hp_sqlite_conn *c, hp_str text, hp_err *err)
{
    hp_sqlite_stmt *s;
    bool row;
    HP_TRY(hp_sqlite_prepare(c, text, &s, err));
    return hp_sqlite_step(c, s, &row, err);
}

void hp_sqlite_attempt(hp_sqlite_conn *c, hp_str text)
{
    hp_err ignored;
    hp_code rc = hp_sqlite_run(c, text, &ignored);
    (void)rc;
}

hp_code hp_sqlite_change_schema(hp_sqlite_conn *c, const char *text, hp_err *err)
{
    int rc = sqlite3_exec(c->db, text, NULL, NULL, NULL);
    return rc == SQLITE_OK ? HP_OK : hp_sqlite_fail(c, rc, "schema", err);
}

hp_code hp_sqlite_integer(hp_sqlite_conn *c, hp_str text, int64_t missing, int64_t *out, hp_err *err)
{
    hp_sqlite_stmt *s;
    bool row;
    *out = missing;
    HP_TRY(hp_sqlite_prepare(c, text, &s, err));
    HP_TRY(hp_sqlite_step(c, s, &row, err));
    if (!row) return HP_OK;
    *out = sqlite3_column_int64(s->handle, 0);
    hp_sqlite_reset(s);
    return HP_OK;
}

/* open.c — the store as a whole: opening, the operations that readers answer, closing. */
#include "store/sqlite/sqlite_store.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "store/sqlite/counters.h"
#include "store/sqlite/derived_index.h"
#include "store/sqlite/format.h"
#include "store/sqlite/pool.h"
#include "store/sqlite/read.h"
#include "store/sqlite/writer.h"

enum {
    READERS_DEFAULT = 4,
    BUDGET_DEFAULT_MS = 10000,
    STALE_ATTEMPTS_MAX = 8, /* a catalog may be old; one that is old eight times in a row is a fault */
    SQLITE_VERSION_MIN = 3040000,
};

typedef struct hp_sqlite_store {
    hp_store base; /* first: this is a store */
    char *path;
    hp_clock *clock;
    int64_t budget_ms;
    hp_sqlite_pool readers;
    hp_sqlite_catalog_slot slot;
    hp_sqlite_writer writer;
} hp_sqlite_store;

static hp_sqlite_store *store_of(hp_store *self) { return (hp_sqlite_store *)self; }

/* ---- reading ---- */

static hp_code refresh(hp_sqlite_store *s, hp_sqlite_conn *c, hp_err *err)
{
    hp_sqlite_catalog *fresh;
    HP_TRY(hp_sqlite_catalog_load(c, &fresh, err));
    hp_sqlite_slot_put(&s->slot, fresh);
    return HP_OK;
}

/* What a reader is to do: one of the outputs is set. */
typedef struct reading {
    const hp_query *q;
    hp_arena *mem;
    hp_rows *rows;
    hp_row_fn each;
    void *arg;
    int64_t *count;
    hp_value *plan;
} reading;

static hp_code read_once(hp_sqlite_store *s, hp_sqlite_conn *c, const reading *r, bool *stale, hp_err *err)
{
    hp_sqlite_catalog *catalog = hp_sqlite_slot_take(&s->slot);
    hp_code rc = r->rows != NULL   ? hp_sqlite_find(c, catalog, r->q, r->mem, r->rows, stale, err)
                 : r->plan != NULL ? hp_sqlite_explain(c, catalog, r->q, r->mem, r->plan, stale, err)
                 : r->each != NULL ? hp_sqlite_scan(c, catalog, r->q, r->each, r->arg, stale, err)
                                   : hp_sqlite_count(c, catalog, r->q, r->count, stale, err);
    hp_sqlite_catalog_unref(catalog);
    return rc;
}

static hp_code read_current(hp_sqlite_store *s, hp_sqlite_conn *c, const reading *r, hp_err *err)
{
    for (int attempt = 0; attempt < STALE_ATTEMPTS_MAX; attempt++) {
        bool stale = false;
        HP_TRY(read_once(s, c, r, &stale, err));
        if (!stale) return HP_OK;
        HP_TRY(refresh(s, c, err));
    }
    return hp_fail_internal(err, "the schema changed during each of %d attempts to read", (int)STALE_ATTEMPTS_MAX);
}

/* A reader and the time until which it may run. */
static hp_code take_reader(hp_sqlite_store *s, int64_t deadline_ms, int64_t spent_ms, hp_sqlite_conn **out, hp_err *err)
{
    int64_t now = s->clock->monotonic_ms(s->clock);
    int64_t until = hp_sqlite_deadline(now, s->budget_ms, deadline_ms);
    if (until <= now) return hp_fail(err, HP_E_TIMEOUT, "The operation took too long.");
    HP_TRY(hp_sqlite_pool_take(&s->readers, until - now, out, err));
    (*out)->deadline_ms = until;
    (*out)->long_at_ms = now + HP_LONG_READ_MS - spent_ms;
    return HP_OK;
}

static hp_code run_reading(hp_store *self, const reading *r, hp_err *err)
{
    hp_sqlite_store *s = store_of(self);
    hp_sqlite_conn *c;
    HP_TRY(take_reader(s, r->q->deadline_ms, r->q->spent_ms, &c, err));
    hp_code rc = read_current(s, c, r, err);
    hp_sqlite_pool_give(&s->readers, c);
    return rc;
}

static hp_code store_find(hp_store *self, const hp_query *q, hp_arena *mem, hp_rows *out, hp_err *err)
{
    reading r = { .q = q, .mem = mem, .rows = out };
    return run_reading(self, &r, err);
}

static hp_code store_scan(hp_store *self, const hp_query *q, hp_row_fn each, void *arg, hp_err *err)
{
    reading r = { .q = q, .each = each, .arg = arg };
    return run_reading(self, &r, err);
}

static hp_code store_count(hp_store *self, const hp_query *q, int64_t *out, hp_err *err)
{
    reading r = { .q = q, .count = out };
    return run_reading(self, &r, err);
}

static hp_code store_explain(hp_store *self, const hp_query *q, hp_arena *mem, hp_value *out, hp_err *err)
{
    reading r = { .q = q, .mem = mem, .plan = out };
    return run_reading(self, &r, err);
}

static hp_code store_load_classes(hp_store *self, hp_arena *mem, hp_class ***out, size_t *count, hp_err *err)
{
    hp_sqlite_store *s = store_of(self);
    hp_sqlite_conn *c;
    HP_TRY(take_reader(s, 0, 0, &c, err));
    hp_code rc = hp_sqlite_classes_load(c, mem, out, count, err);
    hp_sqlite_pool_give(&s->readers, c);
    return rc;
}

static hp_code store_schema_version(hp_store *self, int64_t *out, hp_err *err)
{
    hp_sqlite_store *s = store_of(self);
    hp_sqlite_conn *c;
    HP_TRY(take_reader(s, 0, 0, &c, err));
    hp_code rc = hp_sqlite_version_read(c, out, err);
    hp_sqlite_pool_give(&s->readers, c);
    return rc;
}

static hp_code store_counters(hp_store *self, int64_t out[HP_COUNTERS], hp_err *err)
{
    hp_sqlite_store *s = store_of(self);
    hp_sqlite_conn *c;
    HP_TRY(take_reader(s, 0, 0, &c, err));
    hp_code rc = hp_sqlite_counters_read(c, out, err);
    hp_sqlite_pool_give(&s->readers, c);
    return rc;
}

/* ---- writing ---- */

static hp_code store_write(hp_store *self, hp_unit *unit, hp_arena *mem, hp_err *err)
{
    return unit->count == 0 ? HP_OK : hp_sqlite_writer_unit(&store_of(self)->writer, unit, mem, err);
}

static hp_code store_transact(hp_store *self, hp_code (*fn)(hp_store *tx, void *arg, hp_err *err), void *arg,
                              hp_err *err)
{
    return hp_sqlite_writer_transact(&store_of(self)->writer, fn, arg, err);
}

static bool store_ready(hp_store *self) { return hp_sqlite_writer_healthy(&store_of(self)->writer); }

/* Readers first: the last connection to close folds the write-ahead log into the file. */
static void store_close(hp_store *self)
{
    hp_sqlite_store *s = store_of(self);
    hp_sqlite_pool_done(&s->readers);
    hp_sqlite_writer_stop(&s->writer);
    hp_sqlite_catalog_unref(s->slot.current);
    (void)pthread_mutex_destroy(&s->slot.lock);
    free(s->path);
    free(s);
}

static const hp_store_ops OPS = {
    .name = "sqlite",
    .features = HP_STORE_TRANSACT,
    .load_classes = store_load_classes,
    .schema_version = store_schema_version,
    .counters = store_counters,
    .find = store_find,
    .scan = store_scan,
    .count = store_count,
    .explain = store_explain,
    .write = store_write,
    .transact = store_transact,
    .ready = store_ready,
    .close = store_close,
};

/* ---- opening ---- */

/* Memory statistics take a process-wide lock at every allocation; nobody reads them. */
static void configure_library(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* refused if SQLite runs already: then it is only slower */
}

static hp_code check_library(hp_err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, configure_library);
    if (sqlite3_threadsafe() == 0 || sqlite3_libversion_number() < SQLITE_VERSION_MIN)
        return hp_fail(err, HP_E_INTERNAL, "SQLite %s is too old or not built for threads.", sqlite3_libversion());
    return HP_OK;
}

/* The file holds password hashes: only its owner may read it. SQLite gives the log beside it the same mode. */
static hp_code create_file(const char *path, hp_err *err)
{
    int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return hp_fail(err, HP_E_INTERNAL,
                       "Cannot open the database %s: %m. Let databaseURI name a file in a folder that is "
                       "there and that this user may write.",
                       path);
    (void)close(fd); /* nothing was written */
    return HP_OK;
}

static hp_code set_up_file(hp_sqlite_conn *c, const hp_sqlite_options *o, const char *path, hp_err *err)
{
    HP_TRY(hp_sqlite_format_ensure(c, path, o->backup_dir, &HP_SQLITE_MIGRATIONS, err));
    HP_TRY(hp_sqlite_change_schema(c, "PRAGMA journal_mode = WAL; PRAGMA journal_size_limit = 67108864", err));
    return hp_sqlite_change_schema(
        c, o->sync == HP_SQLITE_SYNC_NORMAL ? "PRAGMA synchronous = NORMAL" : "PRAGMA synchronous = FULL", err);
}

static hp_code open_writer(const hp_sqlite_options *o, const char *path, hp_clock *clock, hp_sqlite_conn **conn,
                           hp_sqlite_catalog **catalog, hp_err *err)
{
    HP_TRY(check_library(err));
    HP_TRY(create_file(path, err));
    HP_TRY(hp_sqlite_conn_open(path, HP_SQLITE_WRITER, clock, conn, err));
    HP_TRY(set_up_file(*conn, o, path, err));
    HP_TRY(hp_sqlite_catalog_load(*conn, catalog, err));
    HP_TRY(hp_sqlite_derived_ensure(*conn, *catalog, err));
    hp_sqlite_conn_lock_down(*conn, HP_SQLITE_WRITER);
    return HP_OK;
}

/* What the operator can do about a file that cannot be opened. */
static const char *advice(hp_sqlite_conn *conn)
{
    switch (conn != NULL ? conn->failed_with & 0xff : SQLITE_OK) {
    case SQLITE_NOTADB: return ". It is no SQLite file: let databaseURI name another one. Nothing was changed.";
    case SQLITE_CORRUPT:
        return ". The file is damaged: put a backup in its place, or what `sqlite3 FILE .recover` can still read.";
    case SQLITE_FULL: return ". Make room on that disk.";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN: return ". SQLite keeps files beside the database: its folder must be writable too.";
    default: return "";
    }
}

hp_code hp_sqlite_open(const hp_sqlite_options *o, hp_store **out, hp_err *err)
{
    hp_clock *clock = o->clock != NULL ? o->clock : hp_clock_system();
    hp_sqlite_conn *conn = NULL;
    hp_sqlite_catalog *catalog = NULL;
    hp_sqlite_store *s = calloc(1, sizeof *s);
    HP_ASSERT(s != NULL && o->path.len > 0);
    s->path = strndup(o->path.ptr, o->path.len);
    HP_ASSERT(s->path != NULL && strlen(s->path) == o->path.len);

    *out = NULL;
    hp_code rc = open_writer(o, s->path, clock, &conn, &catalog, err);
    if (rc != HP_OK) {
        const char *next = advice(conn);
        hp_sqlite_catalog_unref(catalog);
        hp_sqlite_conn_close(conn);
        if (err->detail[0] != '\0') { /* here the operator is the one who reads */
            hp_err driver = *err;
            rc = hp_fail(err, HP_E_INTERNAL, "Cannot open the database %s: %s%s", s->path, driver.detail, next);
        }
        free(s->path);
        free(s);
        return rc;
    }
    s->base.ops = &OPS;
    s->clock = clock;
    s->budget_ms = o->budget_ms > 0 ? o->budget_ms : BUDGET_DEFAULT_MS;
    HP_ASSERT(pthread_mutex_init(&s->slot.lock, NULL) == 0);
    s->slot.current = catalog;
    const unsigned readers = o->readers > 0 ? o->readers : READERS_DEFAULT;
    hp_sqlite_pool_init(&s->readers, s->path, readers, readers > 1 ? readers / 2 : 1, clock);
    hp_sqlite_writer_start(&s->writer, conn, &s->slot, o->write_wait_ms > 0 ? o->write_wait_ms : BUDGET_DEFAULT_MS,
                           s->budget_ms);
    *out = &s->base;
    return HP_OK;
}

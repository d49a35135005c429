#include "store/sqlite/format.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/log.h"
#include "store/sqlite/functions.h"
#include "store/sqlite/sql.h"

enum { APPLICATION_ID = 0x486d5074 }; /* "HmPt" */

/* ---- the formats ---- */

static hp_code create_layout(hp_sqlite_conn *c, hp_err *err)
{
    return hp_sqlite_change_schema(
        c,
        "CREATE TABLE \"_META\" (\"name\" TEXT PRIMARY KEY, \"value\") WITHOUT ROWID;"
        "INSERT INTO \"_META\" VALUES ('schemaVersion', 1), ('foldVersion', NULL), ('probe', 0);"
        "CREATE TABLE \"_SCHEMA\" (\"seq\" INTEGER PRIMARY KEY, \"className\" TEXT NOT NULL UNIQUE, "
        "\"tableName\" TEXT NOT NULL UNIQUE, \"document\" TEXT NOT NULL);",
        err);
}

/* Format 2: indexes may be text indexes, which a program that does not know them would not keep in step. */
static hp_code allow_text_indexes(hp_sqlite_conn *c, hp_err *err)
{
    return hp_sqlite_change_schema(c, "INSERT INTO \"_META\" VALUES ('textVersion', NULL)", err);
}

static hp_code (*const STEPS[])(hp_sqlite_conn *c, hp_err *err) = { create_layout, allow_text_indexes };

const hp_sqlite_migrations HP_SQLITE_MIGRATIONS = { STEPS, sizeof STEPS / sizeof *STEPS };

/* ---- what kind of file is it ---- */

typedef struct file_state {
    int64_t format, application_id, objects; /* objects: tables and indexes */
} file_state;

static hp_code read_state(hp_sqlite_conn *c, file_state *out, hp_err *err)
{
    HP_TRY(hp_sqlite_integer(c, HP_STR("PRAGMA user_version"), 0, &out->format, err));
    HP_TRY(hp_sqlite_integer(c, HP_STR("PRAGMA application_id"), 0, &out->application_id, err));
    return hp_sqlite_integer(c, HP_STR("SELECT count(*) FROM \"sqlite_master\""), 0, &out->objects, err);
}

static bool is_new(const file_state *s) { return s->format == 0 && s->application_id == 0 && s->objects == 0; }

static hp_code check_state(const file_state *s, const char *path, int known, hp_err *err)
{
    if (is_new(s)) return HP_OK;
    if (s->application_id != APPLICATION_ID)
        return hp_fail(err, HP_E_INTERNAL, "%s is a SQLite file of another program. Nothing was changed.", path);
    if (s->format > known)
        return hp_fail(
            err, HP_E_INTERNAL,
            "%s was written by a newer Homeport (file format %lld, this one knows up to %d). Nothing was changed.",
            path, (long long)s->format, known);
    return HP_OK;
}

/* ---- the copy ---- */

static hp_code copy_to(hp_sqlite_conn *c, const char *target, hp_err *err)
{
    sqlite3 *to = NULL;
    sqlite3_backup *backup = NULL;
    int fd = open(target, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0) return hp_fail(err, HP_E_INTERNAL, "Cannot create the backup %s: %m.", target);
    (void)close(fd); /* nothing was written */

    int rc = sqlite3_open_v2(target, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) {
        backup = sqlite3_backup_init(to, "main", c->db, "main");
        rc = backup == NULL ? sqlite3_errcode(to) : sqlite3_backup_step(backup, -1);
        if (backup != NULL) (void)sqlite3_backup_finish(backup); /* the step's result says it all */
    }
    bool done = rc == SQLITE_DONE;
    if (sqlite3_close(to) != SQLITE_OK) done = false;
    return done ? HP_OK : hp_fail(err, HP_E_INTERNAL, "Cannot write the backup %s: %s.", target, sqlite3_errstr(rc));
}

static hp_code back_up(hp_sqlite_conn *c, const char *path, hp_str backup_dir, int64_t format, hp_err *err)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_str dir = backup_dir;
    if (!hp_str_present(dir)) dir = hp_str_of(dirname(hp_arena_cstr(mem, hp_str_of(path))));
    const char *name = basename(hp_arena_cstr(mem, hp_str_of(path)));
    int64_t now = c->clock->now_ms(c->clock);
    hp_str target = hp_arena_printf(mem, "%" HP_STR_FMT "/%s.format-%lld.%lld", HP_STR_ARG(dir), name,
                                    (long long)format, (long long)now);
    hp_log(HP_LOG_INFO, "store_backup", HP_F_STR("file", target), HP_F_INT("format", format));
    return copy_to(c, target.ptr, err);
}

/* ---- migration ---- */

static hp_code run_steps(hp_sqlite_conn *c, const char *path, const hp_sqlite_migrations *m, hp_err *err)
{
    file_state s;
    char mark[96];
    /* Read again inside the transaction: another process may have done the work meanwhile. */
    HP_TRY(read_state(c, &s, err));
    HP_TRY(check_state(&s, path, m->count, err));
    for (int64_t i = s.format; i < m->count; i++) HP_TRY(m->steps[i](c, err));
    (void)snprintf(mark, sizeof mark, "PRAGMA application_id = %d; PRAGMA user_version = %d", (int)APPLICATION_ID,
                   m->count);
    return hp_sqlite_change_schema(c, mark, err);
}

static hp_code migrate(hp_sqlite_conn *c, const char *path, const hp_sqlite_migrations *m, hp_err *err)
{
    HP_TRY(hp_sqlite_run(c, HP_STR("BEGIN IMMEDIATE"), err));
    hp_code rc = run_steps(c, path, m, err);
    if (rc == HP_OK) rc = hp_sqlite_run(c, HP_STR("COMMIT"), err);
    if (rc == HP_OK) return HP_OK;
    if (!sqlite3_get_autocommit(c->db)) hp_sqlite_attempt(c, HP_STR("ROLLBACK")); /* the first error counts */
    return rc;
}

hp_code hp_sqlite_format_ensure(hp_sqlite_conn *c, const char *path, hp_str backup_dir, const hp_sqlite_migrations *m,
                                hp_err *err)
{
    file_state s;
    HP_TRY(read_state(c, &s, err));
    HP_TRY(check_state(&s, path, m->count, err));
    if (s.format == m->count) return HP_OK;
    if (!is_new(&s)) {
        HP_TRY(back_up(c, path, backup_dir, s.format, err));
        hp_log(HP_LOG_INFO, "store_migrate", HP_F_INT("from", s.format), HP_F_INT("to", m->count));
    }
    return migrate(c, path, m, err);
}

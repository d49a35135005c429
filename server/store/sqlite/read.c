#include "store/sqlite/read.h"

#include "base/limits.h"
#include "store/sqlite/cell.h"
#include "store/sqlite/compile.h"
#include "store/sqlite/row.h"

/* Whether the file's schema is still the catalog's. Any statement will do: they all read the same snapshot while one of
 * the connection is open. */
static hp_code compare_version(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, bool *stale, hp_err *err)
{
    int64_t version;
    HP_TRY(hp_sqlite_version_read(c, &version, err));
    *stale = version != catalog->version;
    return HP_OK;
}

/* Prepares what `s` holds; a failure may only mean that a table or column of an old catalog is gone. */
static hp_code prepare(hp_sql *s, const hp_sqlite_catalog *catalog, hp_sqlite_stmt **out, bool *stale, hp_err *err)
{
    hp_err ignored;
    hp_code rc = hp_sql_prepare(s, out, err);
    if (rc == HP_OK || stale == NULL) return rc;
    if (compare_version(s->conn, catalog, stale, &ignored) != HP_OK) *stale = false;
    return *stale ? HP_OK : rc;
}

/* Steps to the first row and makes sure that the statement means what the catalog says. On failure, at the end, and when
 * stale, the statement has been reset. */
static hp_code first_step(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, hp_sqlite_stmt *stmt, bool *row,
                          bool *stale, hp_err *err)
{
    int rc = sqlite3_step(stmt->handle);
    *row = rc == SQLITE_ROW;
    hp_code code = rc == SQLITE_ROW || rc == SQLITE_DONE ? HP_OK : hp_sqlite_fail(c, rc, "read", err);
    /* SQLite compiles anew what another process's change has outdated. Where that fails, as the table or column is gone, it
     * does not count it. */
    const bool recompiled = sqlite3_stmt_status(stmt->handle, SQLITE_STMTSTATUS_REPREPARE, 1) > 0;
    const bool check = stale != NULL && (stmt->fresh || recompiled || code != HP_OK);
    if (check) {
        hp_err ignored;
        if (compare_version(c, catalog, stale, code == HP_OK ? err : &ignored) == HP_OK && *stale) code = HP_OK;
        stmt->fresh = *stale; /* to be compared again */
    }
    if (code != HP_OK || !*row || (check && *stale)) {
        hp_sqlite_reset(stmt);
        *row = false;
    }
    return code;
}

/* Rights first: SQLite goes through the terms in their order, and how long a condition takes, or that it takes too long, must
 * not tell what is in objects that the caller may not read. */
static void where(hp_sql *s, const hp_sqlite_catalog *catalog, const hp_sqlite_table *t, const hp_query *q)
{
    hp_sql_lit(s, " WHERE ");
    hp_sqlite_compile_filter(s, catalog, t, q->also);
    hp_sqlite_compile_scope(s, &q->readable_by, HP_STR("\"_rperm\""));
    hp_sql_lit(s, " AND ");
    hp_sqlite_compile_filter(s, catalog, t, q->filter);
}

/* A class that the catalog does not know is not stored, unless the catalog is old. */
static hp_code no_table(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, bool *stale, hp_err *err)
{
    return stale == NULL ? HP_OK : compare_version(c, catalog, stale, err);
}

/* A class, or the links of a relation. `mem` keeps what is made for it. */
static hp_sqlite_table *table_of(const hp_sqlite_catalog *catalog, hp_str class_name, hp_arena *mem)
{
    hp_sqlite_table *t = hp_sqlite_catalog_table(catalog, class_name);
    if (t != NULL) return t;
    t = hp_sqlite_catalog_join(catalog, class_name);
    if (t != NULL) hp_arena_defer(mem, hp_sqlite_table_unref, t);
    return t;
}

static size_t bytes_max(const hp_query *q, const hp_arena *mem)
{
    const size_t most = hp_arena_used_bytes(mem) + HP_REPLY_BYTES_MAX;
    return q->mem_bytes_max != 0 && q->mem_bytes_max < most ? q->mem_bytes_max : most;
}

static hp_code read_rows(hp_sqlite_conn *c, hp_sqlite_stmt *stmt, const hp_query *q,
                         const hp_sqlite_selection *selection, hp_arena *mem, hp_rows *out, hp_err *err)
{
    const size_t most = bytes_max(q, mem);
    hp_rows rows = { 0 };
    size_t cap = 0;
    bool row = true;

    hp_sqlite_table_keep(selection->table, mem);
    while (row) {
        rows.items = hp_arena_room(mem, rows.items, sizeof *rows.items, rows.count, &cap, 8);
        hp_code rc = hp_sqlite_row_read(stmt, selection, mem, &rows.items[rows.count++], err);
        if (rc == HP_OK && hp_arena_used_bytes(mem) > most)
            rc = hp_fail(err, HP_E_INVALID_QUERY, "The result is too large. Use limit.");
        if (rc != HP_OK) {
            hp_sqlite_reset(stmt);
            return rc;
        }
        HP_TRY(hp_sqlite_step(c, stmt, &row, err));
    }
    *out = rows;
    return HP_OK;
}

/* The statement of a find, after what stands in `s` already. */
static void write_find(hp_sql *s, const hp_sqlite_catalog *catalog, const hp_query *q,
                       const hp_sqlite_selection *selection)
{
    hp_sqlite_select_sql(s, selection);
    where(s, catalog, selection->table, q);
    hp_sqlite_compile_order(s, selection->table, q->order, q->order_count);
    if (q->limit > 0 || q->skip > 0) {
        hp_sql_lit(s, " LIMIT ? OFFSET ?");
        hp_sql_bind_integer(s, q->limit);
        hp_sql_bind_integer(s, q->skip);
    }
}

static hp_sqlite_selection select_for(hp_sqlite_table *t, const hp_query *q, hp_arena *mem)
{
    hp_sqlite_selection selection =
        hp_sqlite_select(t, (const hp_field *const *)q->project, q->project_count, q->internal, mem);
    selection.score = q->score;
    return selection;
}

/* Up to the first row: *stmt stands on it, or is NULL when there is none or the catalog is stale. */
static hp_code begin_rows(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, const hp_query *q, hp_arena *mem,
                          hp_sqlite_selection *selection, hp_sqlite_stmt **out, bool *stale, hp_err *err)
{
    hp_sqlite_table *t = table_of(catalog, q->cls->name, mem);
    hp_sqlite_stmt *stmt = NULL;
    hp_sql sql;
    bool row;

    *out = NULL;
    if (stale != NULL) *stale = false;
    if (q->limit == 0) return HP_OK;
    if (t == NULL) return no_table(c, catalog, stale, err);
    *selection = select_for(t, q, mem);
    hp_sql_begin(&sql, c, mem);
    write_find(&sql, catalog, q, selection);
    HP_TRY(prepare(&sql, catalog, &stmt, stale, err));
    if (stale != NULL && *stale) return HP_OK;
    HP_TRY(first_step(c, catalog, stmt, &row, stale, err));
    if (row) *out = stmt;
    return HP_OK;
}

hp_code hp_sqlite_find(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, const hp_query *q, hp_arena *mem,
                       hp_rows *out, bool *stale, hp_err *err)
{
    hp_sqlite_selection selection = { 0 };
    hp_sqlite_stmt *stmt;
    HP_TRY(begin_rows(c, catalog, q, mem, &selection, &stmt, stale, err));
    return stmt != NULL ? read_rows(c, stmt, q, &selection, mem, out, err) : HP_OK;
}

/* One batch of rows; *row is false at the end. */
static hp_code scan_batch(hp_sqlite_conn *c, hp_sqlite_stmt *stmt, const hp_sqlite_selection *selection, hp_row_fn each,
                          void *arg, bool *row, hp_err *err)
{
    enum { BATCH_BYTES = 1 << 20 };
    HP_AUTO_ARENA batch = hp_arena_new();
    while (*row && hp_arena_used_bytes(batch) < BATCH_BYTES) {
        hp_row one;
        bool stop = false;
        hp_code rc = hp_sqlite_row_read(stmt, selection, batch, &one, err);
        if (rc == HP_OK) rc = each(arg, &one, batch, &stop, err);
        if (rc != HP_OK || stop) {
            hp_sqlite_reset(stmt);
            *row = false;
            return rc;
        }
        HP_TRY(hp_sqlite_step(c, stmt, row, err));
    }
    return HP_OK;
}

hp_code hp_sqlite_scan(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, const hp_query *q, hp_row_fn each,
                       void *arg, bool *stale, hp_err *err)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_sqlite_selection selection = { 0 };
    hp_sqlite_stmt *stmt;
    HP_TRY(begin_rows(c, catalog, q, mem, &selection, &stmt, stale, err));
    bool row = stmt != NULL;
    if (row) hp_sqlite_table_keep(selection.table, mem);
    while (row) HP_TRY(scan_batch(c, stmt, &selection, each, arg, &row, err));
    return HP_OK;
}

hp_code hp_sqlite_explain(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, const hp_query *q, hp_arena *mem,
                          hp_value *out, bool *stale, hp_err *err)
{
    enum { DETAIL = 3 };
    hp_sqlite_table *t = table_of(catalog, q->cls->name, mem);
    hp_sqlite_stmt *stmt = NULL;
    hp_sql sql;
    bool row;

    *out = hp_array();
    if (stale != NULL) *stale = false;
    if (t == NULL) return no_table(c, catalog, stale, err);
    const hp_sqlite_selection selection = select_for(t, q, mem);
    hp_sql_begin(&sql, c, mem);
    hp_sql_lit(&sql, "EXPLAIN QUERY PLAN ");
    write_find(&sql, catalog, q, &selection);
    HP_TRY(prepare(&sql, catalog, &stmt, stale, err));
    if (stale != NULL && *stale) return HP_OK;
    HP_TRY(first_step(c, catalog, stmt, &row, stale, err));
    while (row) {
        hp_sqlite_cell line = hp_sqlite_cell_of_column(stmt, DETAIL);
        hp_array_push(mem, out, hp_string(hp_arena_str(mem, line.bytes)));
        HP_TRY(hp_sqlite_step(c, stmt, &row, err));
    }
    return HP_OK;
}

hp_code hp_sqlite_count(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, const hp_query *q, int64_t *out,
                        bool *stale, hp_err *err)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_sqlite_table *t = table_of(catalog, q->cls->name, mem);
    hp_sqlite_stmt *stmt = NULL;
    hp_sql sql;
    bool row;

    if (stale != NULL) *stale = false;
    if (t == NULL) return no_table(c, catalog, stale, err);
    hp_sql_begin(&sql, c, mem);
    hp_sql_lit(&sql, "SELECT count(*) FROM ");
    hp_sql_name(&sql, t->sql);
    where(&sql, catalog, t, q);
    HP_TRY(prepare(&sql, catalog, &stmt, stale, err));
    if (stale != NULL && *stale) return HP_OK;
    HP_TRY(first_step(c, catalog, stmt, &row, stale, err));
    if (!row) return HP_OK;
    *out = sqlite3_column_int64(stmt->handle, 0);
    hp_sqlite_reset(stmt);
    return HP_OK;
}

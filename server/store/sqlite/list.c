#include "store/sqlite/list.h"

#include <stdlib.h>

enum { COLUMN_VALUE, COLUMN_LIST };

typedef struct cursor {
    sqlite3_vtab_cursor base;
    const hp_sqlite_list *list; /* NULL: none was bound, no rows */
    size_t at;
} cursor;

static int list_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out, char **message)
{
    (void)aux, (void)argc, (void)argv, (void)message;
    int rc = sqlite3_declare_vtab(db, "CREATE TABLE x(value, list HIDDEN)");
    if (rc != SQLITE_OK) return rc;
    *out = calloc(1, sizeof **out);
    HP_ASSERT(*out != NULL);
    return sqlite3_vtab_config(db, SQLITE_VTAB_DIRECTONLY);
}

static int list_disconnect(sqlite3_vtab *table)
{
    free(table);
    return SQLITE_OK;
}

static int list_best_index(sqlite3_vtab *table, sqlite3_index_info *info)
{
    (void)table;
    for (int i = 0; i < info->nConstraint; i++) {
        if (info->aConstraint[i].iColumn != COLUMN_LIST || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
            continue;
        if (!info->aConstraint[i].usable) return SQLITE_CONSTRAINT;
        info->aConstraintUsage[i].argvIndex = 1;
        info->aConstraintUsage[i].omit = 1;
        info->estimatedCost = 1;
        info->estimatedRows = 100;
        return SQLITE_OK;
    }
    return SQLITE_CONSTRAINT;
}

static int list_open(sqlite3_vtab *table, sqlite3_vtab_cursor **out)
{
    (void)table;
    cursor *c = calloc(1, sizeof *c);
    HP_ASSERT(c != NULL);
    *out = &c->base;
    return SQLITE_OK;
}

static int list_close(sqlite3_vtab_cursor *base)
{
    free(base);
    return SQLITE_OK;
}

static int list_filter(sqlite3_vtab_cursor *base, int index, const char *name, int argc, sqlite3_value **argv)
{
    (void)index, (void)name;
    cursor *c = (cursor *)base;
    c->list = argc == 1 ? sqlite3_value_pointer(argv[0], HP_SQLITE_LIST) : NULL;
    c->at = 0;
    return SQLITE_OK;
}

static int list_next(sqlite3_vtab_cursor *base)
{
    ((cursor *)base)->at++;
    return SQLITE_OK;
}

static int list_eof(sqlite3_vtab_cursor *base)
{
    const cursor *c = (const cursor *)base;
    return c->list == NULL || c->at >= c->list->count;
}

static int list_column(sqlite3_vtab_cursor *base, sqlite3_context *ctx, int column)
{
    const cursor *c = (const cursor *)base;
    const hp_sql_param *p = &c->list->items[c->at];
    if (column != COLUMN_VALUE) return SQLITE_OK;
    switch (p->kind) {
    case HP_SQL_INTEGER: sqlite3_result_int64(ctx, p->integer); break;
    case HP_SQL_REAL: sqlite3_result_double(ctx, p->real); break;
    case HP_SQL_TEXT:
        sqlite3_result_text64(ctx, p->bytes.len == 0 ? "" : p->bytes.ptr, p->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
        break;
    case HP_SQL_BLOB:
        sqlite3_result_blob64(ctx, p->bytes.len == 0 ? "" : p->bytes.ptr, p->bytes.len, SQLITE_STATIC);
        break;
    case HP_SQL_NULL:
    case HP_SQL_POINTER: break;
    }
    return SQLITE_OK;
}

static int list_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)((const cursor *)base)->at;
    return SQLITE_OK;
}

static const sqlite3_module LIST = {
    .xConnect = list_connect, /* no xCreate: it exists only where a statement names it */
    .xBestIndex = list_best_index,
    .xDisconnect = list_disconnect,
    .xOpen = list_open,
    .xClose = list_close,
    .xFilter = list_filter,
    .xNext = list_next,
    .xEof = list_eof,
    .xColumn = list_column,
    .xRowid = list_rowid,
};

int hp_sqlite_list_register(sqlite3 *db) { return sqlite3_create_module_v2(db, "hp_list", &LIST, NULL, NULL); }

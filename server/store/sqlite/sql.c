#include "store/sqlite/sql.h"

void hp_sql_begin(hp_sql *s, hp_sqlite_conn *c, hp_arena *mem)
{
    s->conn = c;
    s->mem = mem;
    s->text = &c->text;
    s->params = s->first;
    s->count = 0;
    s->too_large = false;
    s->cap = sizeof s->first / sizeof *s->first;
    hp_buf_clear(s->text);
}

void hp_sql_bind(hp_sql *s, hp_sql_param p)
{
    if (s->count == s->cap) {
        hp_sql_param *grown = HP_NEW_ARRAY(s->mem, hp_sql_param, s->cap * 4);
        memcpy(grown, s->params, s->count * sizeof *grown);
        s->params = grown;
        s->cap *= 4;
    }
    s->params[s->count++] = p;
}

void hp_sql_bind_integer(hp_sql *s, int64_t n)
{
    hp_sql_bind(s, (hp_sql_param){ .kind = HP_SQL_INTEGER, .integer = n });
}

void hp_sql_bind_text(hp_sql *s, hp_str text) { hp_sql_bind(s, (hp_sql_param){ .kind = HP_SQL_TEXT, .bytes = text }); }

void hp_sql_bind_pointer(hp_sql *s, void *ptr, const char *type)
{
    hp_sql_bind(s, (hp_sql_param){ .kind = HP_SQL_POINTER, .pointer = { ptr, type } });
}

static int bind(sqlite3_stmt *handle, int at, const hp_sql_param *p)
{
    const char *bytes = p->kind == HP_SQL_TEXT || p->kind == HP_SQL_BLOB ? p->bytes.ptr : NULL;
    if (bytes == NULL) bytes = "";
    switch (p->kind) {
    case HP_SQL_NULL: return sqlite3_bind_null(handle, at);
    case HP_SQL_INTEGER: return sqlite3_bind_int64(handle, at, p->integer);
    case HP_SQL_REAL: return sqlite3_bind_double(handle, at, p->real);
    case HP_SQL_TEXT: return sqlite3_bind_text64(handle, at, bytes, p->bytes.len, SQLITE_STATIC, SQLITE_UTF8);
    case HP_SQL_BLOB: return sqlite3_bind_blob64(handle, at, bytes, p->bytes.len, SQLITE_STATIC);
    case HP_SQL_POINTER: return sqlite3_bind_pointer(handle, at, p->pointer.ptr, p->pointer.type, NULL);
    }
    return SQLITE_MISUSE;
}

hp_code hp_sql_prepare(hp_sql *s, hp_sqlite_stmt **out, hp_err *err)
{
    if (s->too_large || s->text->overflow || s->count > HP_SQLITE_PARAMETERS_MAX)
        return hp_fail(err, HP_E_INVALID_QUERY, "The query is too large.");
    HP_TRY(hp_sqlite_prepare(s->conn, hp_buf_str(s->text), out, err));
    HP_ASSERT((size_t)sqlite3_bind_parameter_count((*out)->handle) == s->count);
    for (size_t i = 0; i < s->count; i++) {
        int rc = bind((*out)->handle, (int)i + 1, &s->params[i]);
        if (rc == SQLITE_OK) continue;
        hp_code code = hp_sqlite_fail(s->conn, rc, "bind", err);
        hp_sqlite_reset(*out);
        return code;
    }
    return HP_OK;
}

hp_code hp_sql_run(hp_sql *s, int64_t *changed, hp_err *err)
{
    hp_sqlite_stmt *stmt;
    bool row;
    HP_TRY(hp_sql_prepare(s, &stmt, err));
    HP_TRY(hp_sqlite_step(s->conn, stmt, &row, err));
    if (changed != NULL) *changed = sqlite3_changes64(s->conn->db);
    return HP_OK;
}

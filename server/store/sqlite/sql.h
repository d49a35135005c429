/* sql.h — building one statement: its text from constants and names of the catalog, its values only as parameters.
 *
 * One statement per connection is built at a time (the text is the connection's buffer); it may run while the next one is
 * being built. Values are borrowed: they must live until the statement has been reset. */
#ifndef HP_STORE_SQLITE_SQL_H
#define HP_STORE_SQLITE_SQL_H

#include "base/arena.h"
#include "store/sqlite/conn.h"

typedef struct hp_sql_param {
    enum { HP_SQL_NULL, HP_SQL_INTEGER, HP_SQL_REAL, HP_SQL_TEXT, HP_SQL_BLOB, HP_SQL_POINTER } kind;
    union {
        int64_t integer;
        double real;
        hp_str bytes;
        struct {
            void *ptr;
            const char *type;
        } pointer;
    };
} hp_sql_param;

typedef struct hp_sql {
    hp_sqlite_conn *conn;
    hp_arena *mem;
    hp_buf *text;
    hp_sql_param *params;
    size_t count, cap;
    bool too_large;         /* set by whoever builds it: hp_sql_prepare will refuse */
    hp_sql_param first[24]; /* most statements need no more */
} hp_sql;

void hp_sql_begin(hp_sql *s, hp_sqlite_conn *c, hp_arena *mem);

#define hp_sql_lit(s, literal) hp_buf_add((s)->text, HP_STR(literal))
static inline void hp_sql_name(hp_sql *s, hp_str quoted) { hp_buf_add(s->text, quoted); } /* a name of the catalog */

/* Adds a parameter; its `?` is the caller's, so that the text says where it goes. */
void hp_sql_bind(hp_sql *s, hp_sql_param p);
void hp_sql_bind_integer(hp_sql *s, int64_t n);
void hp_sql_bind_text(hp_sql *s, hp_str text);
void hp_sql_bind_pointer(hp_sql *s, void *ptr, const char *type);

/* Prepares and binds. Errors: INVALID_QUERY if the statement has become too long. */
HP_MUST_USE hp_code hp_sql_prepare(hp_sql *s, hp_sqlite_stmt **out, hp_err *err);

/* Prepares, runs and resets a statement without rows; *changed (may be NULL) is how many rows it changed. */
HP_MUST_USE hp_code hp_sql_run(hp_sql *s, int64_t *changed, hp_err *err);

#endif

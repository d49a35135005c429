/* row.h — selecting objects of one table and decoding the rows.
 *
 * A selection lists the system columns, the ACL and the wanted fields, in the table's order; the rows come back the same
 * way. Field names in the rows belong to the table, which the arena keeps alive. */
#ifndef HP_STORE_SQLITE_ROW_H
#define HP_STORE_SQLITE_ROW_H

#include "store/sqlite/catalog.h"
#include "store/sqlite/sql.h"
#include "store/store.h"

typedef struct hp_sqlite_selection {
    hp_sqlite_table *table;
    const hp_sqlite_column **columns; /* beyond the system columns; no relations */
    size_t count;
    const hp_filter *score; /* a TEXT leaf: hp_row.score is wanted; or NULL */
} hp_sqlite_selection;

enum { HP_SQLITE_FIXED_COLUMNS = 6 }; /* _seq, objectId, createdAt, updatedAt, _rperm, _wperm stand before the fields */

/* All fields, or those in `project` (NULL: all); internal ones only if asked for. */
hp_sqlite_selection hp_sqlite_select(hp_sqlite_table *t, const hp_field *const *project, size_t project_count,
                                     bool internal, hp_arena *mem);

/* Appends "SELECT … FROM table". */
void hp_sqlite_select_sql(hp_sql *s, const hp_sqlite_selection *selection);

/* Decodes the present row of a statement made with the selection. Owner: `mem`, which must keep the table alive. */
HP_MUST_USE hp_code hp_sqlite_row_read(hp_sqlite_stmt *s, const hp_sqlite_selection *selection, hp_arena *mem,
                                       hp_row *out, hp_err *err);

/* Keeps `t` until `mem` is freed. */
void hp_sqlite_table_keep(hp_sqlite_table *t, hp_arena *mem);

#endif

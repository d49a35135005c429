/* list.h — hp_list(?): a table whose rows are the values of a bound C array, for IN conditions of any length.
 *
 * The array is bound by pointer, so the values keep their exact type and no text is built or parsed. */
#ifndef HP_STORE_SQLITE_LIST_H
#define HP_STORE_SQLITE_LIST_H

#include <sqlite3.h>

#include "store/sqlite/sql.h"

#define HP_SQLITE_LIST "hp_list"
typedef struct hp_sqlite_list {
    const hp_sql_param *items; /* no pointers among them */
    size_t count;
} hp_sqlite_list;

int hp_sqlite_list_register(sqlite3 *db);

#endif

/* sort_key.h — one value as a key that SQLite orders the way MongoDB orders values.
 *
 * An empty array < null and absent < numbers < strings < objects < arrays < bytes < booleans < dates. The empty array is SQL's NULL;
 * all else is a BLOB that begins with its place, because bytes alone tell apart what doubles and decimals can hold. */
#ifndef HP_STORE_SQLITE_SORT_KEY_H
#define HP_STORE_SQLITE_SORT_KEY_H

#include <sqlite3.h>

#include "value/value.h"

/* Makes the key of `v`, which is one of hp_path_sort_key (NULL: less than null), the result of the running SQL function. */
void hp_sqlite_result_sort_key(sqlite3_context *ctx, const hp_value *v);

#endif

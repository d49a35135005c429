/* compile.h — the typed where-tree, an ACL scope and an order as SQL over the columns of one table.
 *
 * Everything a client sent arrives as a parameter; names come from the catalog only. Conditions
 * on plain columns become plain comparisons, so that ordinary indexes serve them; those on JSON columns ask the in-memory
 * matcher (functions.h), so that both mean the same by construction. */
#ifndef HP_STORE_SQLITE_COMPILE_H
#define HP_STORE_SQLITE_COMPILE_H

#include "store/sqlite/catalog.h"
#include "query/find.h"
#include "store/sqlite/sql.h"
#include "store/store.h"

/* Appends a condition; true for a NULL filter. Errors: none but what hp_sql_prepare will say about the whole. */
void hp_sqlite_compile_filter(hp_sql *s, const hp_sqlite_catalog *catalog, const hp_sqlite_table *t,
                              const hp_filter *f);

/* Appends " AND …" for an ACL column ("_rperm" or "_wperm", quoted), or nothing for an unrestricted scope. */
void hp_sqlite_compile_scope(hp_sql *s, const hp_acl_scope *scope, hp_str acl_column);

/* Appends how well a row fits a TEXT leaf, as an expression. */
void hp_sqlite_compile_score(hp_sql *s, const hp_sqlite_table *t, const hp_filter *leaf);

/* Appends " ORDER BY …", by insertion last. */
void hp_sqlite_compile_order(hp_sql *s, const hp_sqlite_table *t, const hp_order *order, size_t count);

#endif

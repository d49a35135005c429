/* functions.h — what SQL calls back into C for: ACLs, conditions on JSON columns, ordering by them, places, case folding.
 *
 * hp_acl(acl, groups)     1 if the ACL column lists one of the groups.
 * hp_match(column, match) 1 if the column's value satisfies one leaf of a filter, by the in-memory matcher itself.
 * hp_sort(column, key)    a value of a JSON column that SQLite orders the way MongoDB does.
 * hp_score(column, match)  how well the column's value fits a TEXT leaf.
 * hp_distance(column, match) the angle between a GeoPoint column and the centre of a NEAR leaf; NULL where there is no point.
 * hp_lat(column)          the latitude of a GeoPoint column; what an index on such a field holds.
 * hp_fold(text)           the text folded so that only its case is lost; in unique indexes, so it may never change. */
#ifndef HP_STORE_SQLITE_FUNCTIONS_H
#define HP_STORE_SQLITE_FUNCTIONS_H

#include <sqlite3.h>

#include "store/sqlite/catalog.h"
#include "query/effort.h"
#include "query/find.h"

#define HP_SQLITE_GROUPS "hp_groups"
typedef struct hp_sqlite_groups {
    const hp_str *literals; /* as JSON string literals, the way ACL columns hold them */
    size_t count;
} hp_sqlite_groups;

#define HP_SQLITE_MATCH "hp_match"
typedef struct hp_sqlite_match {
    const hp_sqlite_column *column;
    const hp_filter *leaf;
    hp_str needle; /* a JSON literal without which the column's text cannot equal the operand; or absent */
} hp_sqlite_match;

#define HP_SQLITE_SORT "hp_sort"
typedef struct hp_sqlite_sort {
    const hp_sqlite_column *column;
    const hp_order *order;
} hp_sqlite_sort;

/* `effort` is what conditions are matched within: once it is spent, the statement ends with SQLITE_INTERRUPT. It outlives `db`. */
int hp_sqlite_functions_register(sqlite3 *db, hp_effort *effort);

/* The version of the folding tables: when it changes, indexes over hp_fold are built anew. */
const char *hp_sqlite_fold_version(void);

#endif

/* text_index.h — full-text indexes: an FTS5 table beside the class's own, with the words of query/text_words.h.
 *
 * An index declared as {"field": "text"} becomes a table that keeps which word is in which row and field, and no texts. It
 * finds candidates; whether a row matches, and how well, is the matcher's to say. The writer changes it in the transaction
 * of the row: FTS5 is told the old words from the row before it changes, so the order of the calls matters.
 * Only String fields are in it; a search of another field reads the class. */
#ifndef HP_STORE_SQLITE_TEXT_INDEX_H
#define HP_STORE_SQLITE_TEXT_INDEX_H

#include "query/filter.h"
#include "store/sqlite/catalog.h"
#include "store/sqlite/sql.h"

/* Makes the tokenizer known to a connection. */
int hp_sqlite_text_register(sqlite3 *db);

/* True if a declared index is one of texts. */
bool hp_sqlite_text_is(const hp_value *fields);

/* Makes the table `name` for `fields` and fills it. Errors: INVALID_QUERY if a field is no String. */
HP_MUST_USE hp_code hp_sqlite_text_create(hp_sqlite_conn *c, const hp_sqlite_table *t, hp_str name,
                                          const hp_value *fields, hp_arena *mem, hp_err *err);
HP_MUST_USE hp_code hp_sqlite_text_drop(hp_sqlite_conn *c, hp_str name, hp_arena *mem, hp_err *err);

/* Before rows change or go, and after they came or changed. `where` appends the condition that selects them. With
 * `touched` (by place in t->columns) indexes without such a column are left alone. */
typedef void (*hp_sqlite_text_where)(hp_sql *s, const void *arg);
HP_MUST_USE hp_code hp_sqlite_text_remove(hp_sqlite_conn *c, const hp_sqlite_table *t, const bool *touched,
                                          hp_sqlite_text_where where, const void *arg, hp_arena *mem, hp_err *err);
HP_MUST_USE hp_code hp_sqlite_text_add(hp_sqlite_conn *c, const hp_sqlite_table *t, const bool *touched,
                                       hp_sqlite_text_where where, const void *arg, hp_arena *mem, hp_err *err);

/* Empties and fills all text indexes: the words have changed. */
HP_MUST_USE hp_code hp_sqlite_text_rebuild(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, hp_arena *mem,
                                           hp_err *err);

/* Appends "_seq IN (…) AND " if an index can find the candidates of a TEXT leaf on `column`. */
void hp_sqlite_text_narrow(hp_sql *s, const hp_sqlite_table *t, const hp_sqlite_column *column, const hp_filter *leaf);

#endif

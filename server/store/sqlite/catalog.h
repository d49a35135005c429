/* catalog.h — which table and column belongs to which class and field: the schema table, decoded.
 *
 * Two immutable things, counted by reference because readers, the writer and the rows already handed out share them: a
 * table per class, and the catalog that lists them all. A schema change makes one new table and a new catalog around it.
 * The document is what the schema table holds per class (JSON):
 *   {"fields": [{"name", "type", "targetClass"?, "required"?, "internal"?, "defaultValue"?, "column"}], …
 *    "permissions": …, "indexes": [{"name", "fields", "unique"?, "nocase"?, "partial"?, "sqlName"}]}
 * where "column" is the column's name, or for a Relation the name of its join table; the ACL field has none. */
#ifndef HP_STORE_SQLITE_CATALOG_H
#define HP_STORE_SQLITE_CATALOG_H

#include <stdatomic.h>

#include "store/sqlite/conn.h"
#include "query/class.h"

typedef struct hp_sqlite_column {
    const hp_field *field;
    hp_str column; /* unquoted: column, or join table of a Relation */
    hp_str sql;    /* the same, quoted */
    size_t at;     /* its place in hp_sqlite_table.columns */
} hp_sqlite_column;

typedef struct hp_sqlite_index {
    hp_str name;             /* as declared */
    hp_str sql_name;         /* unquoted */
    const hp_value *fields;  /* {"field": 1|-1, …} */
    const hp_value *partial; /* its condition, or NULL */
    bool text;               /* an FTS5 table: text_index.h */
    bool unique, nocase;
} hp_sqlite_index;

enum {
    HP_SQLITE_ID,
    HP_SQLITE_CREATED,
    HP_SQLITE_UPDATED,
    HP_SQLITE_SYSTEM_COLUMNS
}; /* the first three of every table */

typedef struct hp_sqlite_table {
    atomic_size_t refs;
    hp_arena *mem;
    hp_class *cls;
    hp_str name;               /* unquoted */
    hp_str sql;                /* quoted */
    hp_sqlite_column *columns; /* objectId, createdAt, updatedAt, then the other fields in order, without ACL */
    size_t column_count;
    size_t relation_count;
    bool join;       /* the links of a relation: no system columns, owningId and relatedId, to be read only */
    hp_map *by_name; /* field name -> hp_sqlite_column * */
    hp_sqlite_index *indexes;
    size_t index_count;
    hp_value document;
} hp_sqlite_table;

typedef struct hp_sqlite_catalog {
    atomic_size_t refs;
    hp_arena *mem;
    int64_t version;          /* of the schema, as stored */
    hp_sqlite_table **tables; /* in order of creation */
    size_t count;
    hp_map *by_class;
} hp_sqlite_catalog;

hp_sqlite_table *hp_sqlite_table_ref(hp_sqlite_table *t);
void hp_sqlite_table_unref(void *table); /* accepts NULL; fits hp_arena_defer */
hp_sqlite_catalog *hp_sqlite_catalog_ref(hp_sqlite_catalog *c);
void hp_sqlite_catalog_unref(hp_sqlite_catalog *c); /* accepts NULL */

/* What is stored now, read in one transaction of its own unless one is open. One reference, the caller's. */
HP_MUST_USE hp_code hp_sqlite_catalog_load(hp_sqlite_conn *c, hp_sqlite_catalog **out, hp_err *err);

/* `base` with `table` added, in the place of the table of its class, or (table NULL) without `class_name`.
 * Takes over the caller's reference to `table`. */
hp_sqlite_catalog *hp_sqlite_catalog_with(const hp_sqlite_catalog *base, hp_str class_name, hp_sqlite_table *table,
                                          int64_t version);

/* Decodes one row of the schema table. One reference, the caller's. */
HP_MUST_USE hp_code hp_sqlite_table_decode(hp_str class_name, hp_str table_name, hp_str document, hp_sqlite_table **out,
                                           hp_err *err);

/* All classes, in `mem`. */
HP_MUST_USE hp_code hp_sqlite_classes_load(hp_sqlite_conn *c, hp_arena *mem, hp_class ***out, size_t *count,
                                           hp_err *err);

HP_MUST_USE hp_code hp_sqlite_version_read(hp_sqlite_conn *c, int64_t *out, hp_err *err);

/* NULL if the class is not stored. */
hp_sqlite_table *hp_sqlite_catalog_table(const hp_sqlite_catalog *c, hp_str class_name);

/* The table of "_Join:<field>:<Class>", or NULL if there is no such relation. One reference, the caller's. */
hp_sqlite_table *hp_sqlite_catalog_join(const hp_sqlite_catalog *c, hp_str class_name);

/* NULL if the class has no such field, or it is the ACL. */
const hp_sqlite_column *hp_sqlite_table_column(const hp_sqlite_table *t, hp_str field_name);

static inline bool hp_sqlite_is_relation(const hp_sqlite_column *c) { return c->field->type == HP_T_RELATION; }

#endif

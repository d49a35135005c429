/* cell.h — one value of a typed column, both ways.
 *
 *   String TEXT · Number REAL · Boolean, Date INTEGER (0/1; milliseconds) · Pointer, File TEXT (objectId; name)
 *   Bytes BLOB (TEXT if it is no well-formed base64) · Object, Array, GeoPoint, Polygon TEXT (JSON, REST encoding)
 * SQL's NULL is "absent": a null that a client stores in a field cannot be told from one it never set. */
#ifndef HP_STORE_SQLITE_CELL_H
#define HP_STORE_SQLITE_CELL_H

#include "query/class.h"
#include "store/sqlite/sql.h"

typedef struct hp_sqlite_cell {
    int type; /* SQLITE_NULL, … */
    int64_t integer;
    double real;
    hp_str bytes; /* SQLite's, until the row moves on */
} hp_sqlite_cell;

hp_sqlite_cell hp_sqlite_cell_of_column(hp_sqlite_stmt *s, int at);
hp_sqlite_cell hp_sqlite_cell_of_argument(sqlite3_value *v);

/* True for the types kept as JSON: conditions on them are decided by the matcher, not by SQL. */
bool hp_sqlite_type_is_json(hp_type type);

/* The point in a GeoPoint cell, quickly and without memory; false if it is not spelled as we write it. */
bool hp_sqlite_cell_point(const hp_sqlite_cell *cell, hp_geo *out);

/* The collation of Decimal128 columns, which are kept as text: by value. Comparisons and indexes of the column follow it. */
#define HP_SQLITE_DECIMAL "hp_decimal"

/* The column's SQL type, and its collation where it has one. */
const char *hp_sqlite_type_affinity(hp_type type);

/* Decodes a cell that is not NULL. Owner: `mem`; when it is NULL, text is borrowed from the cell (not for Bytes and JSON).
 * Errors: INTERNAL if the text is no JSON. */
HP_MUST_USE hp_code hp_sqlite_cell_decode(const hp_sqlite_cell *cell, const hp_field *field, hp_arena *mem,
                                          hp_value *out, hp_err *err);

/* The parameter that compares with the column. False if the type is kept as JSON or the value is of another type. */
bool hp_sqlite_scalar_param(const hp_field *field, const hp_value *v, hp_arena *mem, hp_sql_param *out);

/* The parameter that stores `v` (NULL or null: absent), and in *stored what reading it back will yield (null: absent).
 * Errors: INCORRECT_TYPE if `v` is not of the field's type, INVALID_JSON if it is too deep or too large to be read back. */
HP_MUST_USE hp_code hp_sqlite_store_param(hp_str class_name, const hp_field *field, const hp_value *v, hp_arena *mem,
                                          hp_sql_param *out, hp_value *stored, hp_err *err);

#endif

#include "store/sqlite/cell.h"

#include <stdlib.h>

#include "base/limits.h"
#include "query/stored_form.h"
#include "value/base64.h"
#include "value/json.h"

/* ---- reading ---- */

static hp_str bytes_of(const void *ptr, int len)
{
    return (hp_str){ ptr == NULL ? "" : ptr, ptr == NULL ? 0 : (size_t)len };
}

hp_sqlite_cell hp_sqlite_cell_of_column(hp_sqlite_stmt *s, int at)
{
    hp_sqlite_cell cell = { .type = sqlite3_column_type(s->handle, at) };
    const void *ptr;
    switch (cell.type) {
    case SQLITE_INTEGER:
        cell.integer = sqlite3_column_int64(s->handle, at);
        cell.real = (double)cell.integer;
        break;
    case SQLITE_FLOAT:
        cell.real = sqlite3_column_double(s->handle, at);
        cell.integer = sqlite3_column_int64(s->handle, at);
        break;
    case SQLITE_TEXT:
        ptr = sqlite3_column_text(s->handle, at); /* before the length: it may convert */
        cell.bytes = bytes_of(ptr, sqlite3_column_bytes(s->handle, at));
        break;
    case SQLITE_BLOB:
        ptr = sqlite3_column_blob(s->handle, at);
        cell.bytes = bytes_of(ptr, sqlite3_column_bytes(s->handle, at));
        break;
    default: break;
    }
    return cell;
}

hp_sqlite_cell hp_sqlite_cell_of_argument(sqlite3_value *v)
{
    hp_sqlite_cell cell = { .type = sqlite3_value_type(v) };
    const void *ptr;
    switch (cell.type) {
    case SQLITE_INTEGER:
        cell.integer = sqlite3_value_int64(v);
        cell.real = (double)cell.integer;
        break;
    case SQLITE_FLOAT:
        cell.real = sqlite3_value_double(v);
        cell.integer = sqlite3_value_int64(v);
        break;
    case SQLITE_TEXT:
        ptr = sqlite3_value_text(v);
        cell.bytes = bytes_of(ptr, sqlite3_value_bytes(v));
        break;
    case SQLITE_BLOB:
        ptr = sqlite3_value_blob(v);
        cell.bytes = bytes_of(ptr, sqlite3_value_bytes(v));
        break;
    default: break;
    }
    return cell;
}

bool hp_sqlite_type_is_json(hp_type type)
{
    return type == HP_T_OBJECT || type == HP_T_ARRAY || type == HP_T_GEOPOINT || type == HP_T_POLYGON;
}

/* ---- points, in the one spelling that the JSON writer gives them: a JSON reader's work is not done per row ---- */

static bool take(const char **at, const char *end, hp_str text)
{
    if ((size_t)(end - *at) < text.len || memcmp(*at, text.ptr, text.len) != 0) return false;
    *at += text.len;
    return true;
}

static bool take_number(const char **at, const char *end, double *out)
{
    char number[32], *stop; /* strtod wants a NUL */
    size_t len = (size_t)(end - *at) < sizeof number - 1 ? (size_t)(end - *at) : sizeof number - 1;
    memcpy(number, *at, len);
    number[len] = '\0';
    *out = strtod(number, &stop);
    *at += stop - number;
    return stop != number;
}

bool hp_sqlite_cell_point(const hp_sqlite_cell *cell, hp_geo *out)
{
    if (cell->type != SQLITE_TEXT) return false;
    const char *at = cell->bytes.ptr, *end = at + cell->bytes.len;
    return take(&at, end, HP_STR("{\"__type\":\"GeoPoint\",\"latitude\":")) && take_number(&at, end, &out->latitude) &&
           take(&at, end, HP_STR(",\"longitude\":")) && take_number(&at, end, &out->longitude) &&
           take(&at, end, HP_STR("}")) && at == end;
}

/* ---- column types ---- */

const char *hp_sqlite_type_affinity(hp_type type)
{
    switch (type) {
    case HP_T_NUMBER: return "REAL";
    case HP_T_BOOLEAN:
    case HP_T_DATE: return "INTEGER";
    case HP_T_BYTES: return "BLOB";
    case HP_T_DECIMAL: return "TEXT COLLATE \"" HP_SQLITE_DECIMAL "\"";
    case HP_T_STRING:
    case HP_T_OBJECT:
    case HP_T_ARRAY:
    case HP_T_GEOPOINT:
    case HP_T_FILE:
    case HP_T_POLYGON:
    case HP_T_POINTER:
    case HP_T_RELATION:
    case HP_T_ACL: return "TEXT";
    }
    return "TEXT";
}

static hp_str kept(hp_arena *mem, hp_str text) { return mem == NULL ? text : hp_arena_str(mem, text); }

static hp_code decode_json(const hp_sqlite_cell *cell, const hp_field *field, hp_arena *mem, hp_value *out, hp_err *err)
{
    hp_err why = { 0 };
    if (hp_json_read(cell->bytes, HP_JSON_PARSE, mem, out, &why) == HP_OK) return HP_OK;
    return hp_fail_internal(err, "column of field %" HP_STR_FMT " holds no JSON: %s", HP_STR_ARG(field->name), why.msg);
}

hp_code hp_sqlite_cell_decode(const hp_sqlite_cell *cell, const hp_field *field, hp_arena *mem, hp_value *out,
                              hp_err *err)
{
    switch (field->type) {
    case HP_T_STRING: *out = hp_string(kept(mem, cell->bytes)); break;
    case HP_T_NUMBER: *out = hp_number(cell->real); break;
    case HP_T_BOOLEAN: *out = hp_bool(cell->integer != 0); break;
    case HP_T_DATE: *out = hp_date(cell->integer); break;
    case HP_T_POINTER: *out = hp_pointer(field->target_class, kept(mem, cell->bytes)); break;
    case HP_T_FILE: *out = (hp_value){ .tag = HP_FILE, .file = { kept(mem, cell->bytes), HP_STR_NONE } }; break;
    case HP_T_DECIMAL:
        *out = (hp_value){ .tag = HP_DECIMAL };
        if (hp_decimal_read(cell->bytes, &out->decimal)) break;
        return hp_fail_internal(err, "column of field %" HP_STR_FMT " holds no Decimal128", HP_STR_ARG(field->name));
    case HP_T_BYTES:
        *out = (hp_value){ .tag = HP_BYTES,
                           .bytes = cell->type == SQLITE_BLOB ? hp_base64_encode(mem, cell->bytes)
                                                              : kept(mem, cell->bytes) };
        break;
    case HP_T_GEOPOINT:
        *out = (hp_value){ .tag = HP_GEOPOINT };
        if (hp_sqlite_cell_point(cell, &out->geopoint)) break;
        return decode_json(cell, field, mem, out, err);
    case HP_T_OBJECT:
    case HP_T_ARRAY:
    case HP_T_POLYGON: return decode_json(cell, field, mem, out, err);
    case HP_T_RELATION:
    case HP_T_ACL: *out = hp_null(); break;
    }
    return HP_OK;
}

/* ---- writing ---- */

static hp_sql_param text_param(hp_str text) { return (hp_sql_param){ .kind = HP_SQL_TEXT, .bytes = text }; }

/* Bytes are kept raw where that gives the client its own text back. */
static hp_sql_param bytes_param(hp_arena *mem, hp_str base64)
{
    hp_str raw;
    if (!hp_base64_decode(mem, base64, &raw) || !hp_str_eq(hp_base64_encode(mem, raw), base64))
        return text_param(base64);
    return (hp_sql_param){ .kind = HP_SQL_BLOB, .bytes = raw };
}

bool hp_sqlite_scalar_param(const hp_field *field, const hp_value *v, hp_arena *mem, hp_sql_param *out)
{
    switch (field->type) {
    case HP_T_STRING: *out = text_param(v->string); return v->tag == HP_STRING;
    case HP_T_NUMBER: *out = (hp_sql_param){ .kind = HP_SQL_REAL, .real = v->number }; return v->tag == HP_NUMBER;
    case HP_T_BOOLEAN: *out = (hp_sql_param){ .kind = HP_SQL_INTEGER, .integer = v->boolean }; return v->tag == HP_BOOL;
    case HP_T_DATE: *out = (hp_sql_param){ .kind = HP_SQL_INTEGER, .integer = v->date.ms }; return v->tag == HP_DATE;
    case HP_T_POINTER:
        *out = text_param(v->pointer.object_id);
        return v->tag == HP_POINTER && hp_str_eq(v->pointer.class_name, field->target_class);
    case HP_T_FILE: *out = text_param(v->file.name); return v->tag == HP_FILE;
    case HP_T_DECIMAL:
        if (v->tag != HP_DECIMAL) return false;
        *out = text_param(hp_decimal_text(mem, v->decimal));
        return true;
    case HP_T_BYTES:
        if (v->tag != HP_BYTES) return false;
        *out = bytes_param(mem, v->bytes);
        return true;
    case HP_T_OBJECT:
    case HP_T_ARRAY:
    case HP_T_GEOPOINT:
    case HP_T_POLYGON:
    case HP_T_RELATION:
    case HP_T_ACL: return false;
    }
    return false;
}

/* Counts what the JSON reader will count, so that nothing is stored that could not be read back. A dotted update may add
 * levels, and repeated Add items, to what a request alone could hold. */
static bool readable(const hp_value *v, int depth, size_t *nodes)
{
    if (depth > HP_JSON_DEPTH_MAX || ++*nodes > HP_JSON_NODES_MAX) return false;
    switch (v->tag) {
    case HP_ARRAY:
        for (uint32_t i = 0; i < v->array.count; i++)
            if (!readable(&v->array.items[i], depth + 1, nodes)) return false;
        return true;
    case HP_OBJECT:
        if (v->object.count > HP_OBJECT_KEYS_MAX) return false;
        for (uint32_t i = 0; i < v->object.count; i++)
            if (!readable(&v->object.items[i].value, depth + 1, nodes)) return false;
        return true;
    case HP_POLYGON: /* an object that holds an array of pairs */
        *nodes += 2 + 3 * (size_t)v->polygon.count;
        return depth + 3 <= HP_JSON_DEPTH_MAX && *nodes <= HP_JSON_NODES_MAX;
    case HP_DATE:
    case HP_POINTER:
    case HP_GEOPOINT:
    case HP_FILE:
    case HP_BYTES:
    case HP_DECIMAL:
    case HP_RELATION: /* an object of up to three strings */
        *nodes += 3;
        return depth + 1 <= HP_JSON_DEPTH_MAX && *nodes <= HP_JSON_NODES_MAX;
    case HP_NULL:
    case HP_BOOL:
    case HP_NUMBER:
    case HP_STRING: return true;
    }
    return true;
}

static bool json_type_fits(hp_type type, hp_tag tag)
{
    return (type == HP_T_OBJECT && tag == HP_OBJECT) || (type == HP_T_ARRAY && tag == HP_ARRAY) ||
           (type == HP_T_GEOPOINT && tag == HP_GEOPOINT) || (type == HP_T_POLYGON && tag == HP_POLYGON);
}

static hp_code mismatch(hp_str class_name, const hp_field *field, const hp_value *v, hp_arena *mem, hp_err *err)
{
    hp_type type;
    hp_str target = HP_STR_NONE;
    hp_str got = hp_str_of(hp_tag_name(v->tag));
    if (hp_type_of_value(v, &type, &target)) got = hp_type_print(mem, type, target);
    hp_str want = hp_type_print(mem, field->type, field->target_class);
    return hp_fail(err, HP_E_INCORRECT_TYPE,
                   "schema mismatch for %" HP_STR_FMT ".%" HP_STR_FMT "; expected %" HP_STR_FMT " but got %" HP_STR_FMT,
                   HP_STR_ARG(class_name), HP_STR_ARG(field->name), HP_STR_ARG(want), HP_STR_ARG(got));
}

hp_code hp_sqlite_store_param(hp_str class_name, const hp_field *field, const hp_value *v, hp_arena *mem,
                              hp_sql_param *out, hp_value *stored, hp_err *err)
{
    size_t nodes = 0;

    *out = (hp_sql_param){ .kind = HP_SQL_NULL };
    *stored = hp_null();
    if (hp_is_null(v)) return HP_OK;
    hp_value form = hp_stored_form(mem, v);
    if (!hp_sqlite_scalar_param(field, &form, mem, out)) {
        if (!json_type_fits(field->type, form.tag)) return mismatch(class_name, field, v, mem, err);
        if (!readable(&form, 1, &nodes))
            return hp_fail(err, HP_E_INVALID_JSON, "The value of %" HP_STR_FMT " is too deep or too large.",
                           HP_STR_ARG(field->name));
        *out = text_param(hp_json_text(mem, &form));
    }
    *stored = form;
    return HP_OK;
}

#include "store/sqlite/schema.h"

#include <stdio.h>

#include "base/limits.h"
#include "store/sqlite/cell.h"
#include "store/sqlite/names.h"
#include "store/sqlite/partial_index.h"
#include "store/sqlite/text_index.h"
#include "value/json.h"

/* One change being made. */
typedef struct edit {
    hp_sqlite_conn *c;
    hp_sqlite_catalog **catalog;
    const hp_unit_op *op;
    hp_arena *mem;
    hp_str *conflict;
    hp_sqlite_table *table; /* as it is now; NULL for a new class */
} edit;

bool hp_sqlite_is_schema_op(hp_unit_kind kind)
{
    switch (kind) {
    case HP_UNIT_CREATE_CLASS:
    case HP_UNIT_ADD_FIELD:
    case HP_UNIT_SET_FIELD:
    case HP_UNIT_DROP_FIELD:
    case HP_UNIT_SET_PERMISSIONS:
    case HP_UNIT_SET_INDEX:
    case HP_UNIT_DROP_INDEX:
    case HP_UNIT_DROP_CLASS: return true;
    case HP_UNIT_INSERT:
    case HP_UNIT_UPDATE:
    case HP_UNIT_DELETE:
    case HP_UNIT_REQUIRE:
    case HP_UNIT_DELETE_WHERE: return false;
    }
    return false;
}

hp_code hp_sqlite_no_class(hp_str class_name, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_CLASS_NAME, "Class %" HP_STR_FMT " does not exist.", HP_STR_ARG(class_name));
}

static hp_code no_field(hp_str field_name, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_SCHEMA_OPERATION, "Field %" HP_STR_FMT " does not exist.", HP_STR_ARG(field_name));
}

/* ---- free names ---- */

static hp_code table_taken(void *arg, hp_str name, bool *out, hp_err *err)
{
    edit *e = arg;
    hp_sqlite_stmt *s;
    hp_sql sql;
    hp_sql_begin(&sql, e->c, e->mem);
    hp_sql_lit(&sql, "SELECT 1 FROM \"sqlite_master\" WHERE \"name\" = ? COLLATE NOCASE");
    hp_sql_bind_text(&sql, name);
    HP_TRY(hp_sql_prepare(&sql, &s, err));
    HP_TRY(hp_sqlite_step(e->c, s, out, err));
    if (*out) hp_sqlite_reset(s);
    return HP_OK;
}

/* `arg`: the fields of the document being made. */
static hp_code column_taken(void *arg, hp_str name, bool *out, hp_err *err)
{
    static const hp_str FIXED[] = { HP_STR_INIT("_seq"),      HP_STR_INIT("objectId"), HP_STR_INIT("createdAt"),
                                    HP_STR_INIT("updatedAt"), HP_STR_INIT("_rperm"),   HP_STR_INIT("_wperm") };
    const hp_value *fields = arg;
    (void)err;
    *out = false;
    for (size_t i = 0; i < sizeof FIXED / sizeof *FIXED; i++) *out = *out || hp_str_eq_nocase(FIXED[i], name);
    for (uint32_t i = 0; i < fields->array.count && !*out; i++)
        *out = hp_str_eq_nocase(hp_object_text(&fields->array.items[i], HP_STR("column")), name);
    return HP_OK;
}

/* ---- documents ---- */

static bool is_system_field(hp_str name)
{
    return hp_str_eq(name, HP_STR("objectId")) || hp_str_eq(name, HP_STR("createdAt")) ||
           hp_str_eq(name, HP_STR("updatedAt"));
}

static hp_value list_member(const hp_value *document, hp_str name, hp_arena *mem)
{
    hp_value copy = hp_array();
    const hp_value *v = hp_object_get(document, name);
    for (uint32_t i = 0; hp_is(v, HP_ARRAY) && i < v->array.count; i++) hp_array_push(mem, &copy, v->array.items[i]);
    return copy;
}

static hp_value field_document(const hp_field *f, hp_str column, hp_arena *mem)
{
    hp_value v = hp_object();
    hp_object_append(mem, &v, HP_STR("name"), hp_string(f->name));
    hp_object_append(mem, &v, HP_STR("type"), hp_string(hp_str_of(hp_type_name(f->type))));
    if (hp_str_present(f->target_class)) hp_object_append(mem, &v, HP_STR("targetClass"), hp_string(f->target_class));
    if (f->required) hp_object_append(mem, &v, HP_STR("required"), hp_bool(true));
    if (f->internal) hp_object_append(mem, &v, HP_STR("internal"), hp_bool(true));
    if (f->default_value != NULL) hp_object_append(mem, &v, HP_STR("defaultValue"), *f->default_value);
    if (hp_str_present(column)) hp_object_append(mem, &v, HP_STR("column"), hp_string(column));
    return v;
}

static uint32_t find_named(const hp_value *list, hp_str name)
{
    uint32_t i = 0;
    while (i < list->array.count && !hp_str_eq(hp_object_text(&list->array.items[i], HP_STR("name")), name)) i++;
    return i;
}

static void remove_at(hp_value *list, uint32_t at)
{
    memmove(&list->array.items[at], &list->array.items[at + 1], (list->array.count - at - 1) * sizeof(hp_value));
    list->array.count--;
}

/* Stores the document in the schema table, raises the version, and puts the table into the catalog. */
static hp_code keep(edit *e, hp_str class_name, hp_str table_name, const hp_value *document, hp_err *err)
{
    hp_sqlite_table *t;
    hp_str text = hp_json_text(e->mem, document);
    hp_sql sql;
    int64_t version;

    HP_TRY(hp_sqlite_table_decode(class_name, table_name, text, &t, err));
    hp_sqlite_catalog *next = hp_sqlite_catalog_with(*e->catalog, class_name, t, (*e->catalog)->version + 1);
    hp_sqlite_catalog_unref(*e->catalog);
    *e->catalog = next;
    version = next->version;

    hp_sql_begin(&sql, e->c, e->mem);
    hp_sql_lit(&sql, "INSERT INTO \"_SCHEMA\" (\"className\", \"tableName\", \"document\") VALUES (?, ?, ?) "
                     "ON CONFLICT (\"className\") DO UPDATE SET \"document\" = excluded.\"document\"");
    hp_sql_bind_text(&sql, class_name);
    hp_sql_bind_text(&sql, table_name);
    hp_sql_bind_text(&sql, text);
    HP_TRY(hp_sql_run(&sql, NULL, err));
    hp_sql_begin(&sql, e->c, e->mem);
    hp_sql_lit(&sql, "UPDATE \"_META\" SET \"value\" = ? WHERE \"name\" = 'schemaVersion'");
    hp_sql_bind_integer(&sql, version);
    return hp_sql_run(&sql, NULL, err);
}

static hp_code forget(edit *e, hp_err *err)
{
    hp_str class_name = e->op->class_name;
    hp_sql sql;
    hp_sqlite_catalog *next = hp_sqlite_catalog_with(*e->catalog, class_name, NULL, (*e->catalog)->version + 1);
    hp_sqlite_catalog_unref(*e->catalog);
    *e->catalog = next;

    hp_sql_begin(&sql, e->c, e->mem);
    hp_sql_lit(&sql, "DELETE FROM \"_SCHEMA\" WHERE \"className\" = ?");
    hp_sql_bind_text(&sql, class_name);
    HP_TRY(hp_sql_run(&sql, NULL, err));
    hp_sql_begin(&sql, e->c, e->mem);
    hp_sql_lit(&sql, "UPDATE \"_META\" SET \"value\" = ? WHERE \"name\" = 'schemaVersion'");
    hp_sql_bind_integer(&sql, next->version);
    return hp_sql_run(&sql, NULL, err);
}

/* ---- SQL of one table ---- */

__attribute__((format(printf, 3, 4))) static hp_code ddl(edit *e, hp_err *err, const char *fmt, ...)
{
    char text[2048]; /* names are bounded, and each of these statements has a few of them */
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    HP_ASSERT(len >= 0 && (size_t)len < sizeof text);
    return hp_sqlite_change_schema(e->c, text, err);
}

static hp_code create_join_table(edit *e, hp_str class_name, const hp_field *f, hp_str *name, hp_err *err)
{
    hp_str wanted =
        hp_arena_printf(e->mem, "_Join:%" HP_STR_FMT ":%" HP_STR_FMT, HP_STR_ARG(f->name), HP_STR_ARG(class_name));
    hp_str index;
    HP_TRY(hp_sqlite_free_name(e->mem, wanted, table_taken, e, name, err));
    HP_TRY(hp_sqlite_free_name(e->mem, hp_arena_printf(e->mem, "%" HP_STR_FMT ":related", HP_STR_ARG(*name)),
                               table_taken, e, &index, err));
    hp_str table_sql = hp_sqlite_quote(e->mem, *name), index_sql = hp_sqlite_quote(e->mem, index);
    HP_TRY(ddl(e, err,
               "CREATE TABLE %" HP_STR_FMT " (\"owningId\" TEXT NOT NULL, \"relatedId\" TEXT NOT NULL, "
               "PRIMARY KEY (\"owningId\", \"relatedId\")) WITHOUT ROWID",
               HP_STR_ARG(table_sql)));
    return ddl(e, err, "CREATE INDEX %" HP_STR_FMT " ON %" HP_STR_FMT " (\"relatedId\")", HP_STR_ARG(index_sql),
               HP_STR_ARG(table_sql));
}

static bool has_own_column(const hp_field *f)
{
    return f->type != HP_T_RELATION && f->type != HP_T_ACL && !is_system_field(f->name);
}

/* Finds the column's name (a Relation's join table is made at once) and adds the field to `fields`. */
static hp_code add_to_document(edit *e, hp_str class_name, const hp_field *f, hp_value *fields, hp_str *column,
                               hp_err *err)
{
    *column = HP_STR_NONE;
    if (fields->array.count >= HP_CLASS_FIELDS_MAX)
        return hp_fail(err, HP_E_INVALID_SCHEMA_OPERATION, "Class %" HP_STR_FMT " has more than %d fields.",
                       HP_STR_ARG(class_name), (int)HP_CLASS_FIELDS_MAX);
    if (is_system_field(f->name))
        *column = f->name;
    else if (f->type == HP_T_RELATION)
        HP_TRY(create_join_table(e, class_name, f, column, err));
    else if (f->type != HP_T_ACL)
        HP_TRY(hp_sqlite_free_name(e->mem, f->name, column_taken, fields, column, err));
    hp_array_push(e->mem, fields, field_document(f, *column, e->mem));
    return HP_OK;
}

/* ---- indexes ---- */

static hp_code index_columns(const hp_sqlite_table *t, const hp_value *fields, bool nocase, hp_buf *out, hp_err *err)
{
    if (!hp_is(fields, HP_OBJECT) || fields->object.count == 0)
        return hp_fail(err, HP_E_INVALID_QUERY, "An index needs at least one field.");
    for (uint32_t i = 0; i < fields->object.count; i++) {
        const hp_member *m = &fields->object.items[i];
        const hp_sqlite_column *column = hp_sqlite_table_column(t, m->key);
        if (column == NULL || hp_sqlite_is_relation(column))
            return hp_fail(err, HP_E_INVALID_QUERY, "Field %" HP_STR_FMT " does not exist, cannot add index.",
                           HP_STR_ARG(m->key));
        const char *of = column->field->type == HP_T_GEOPOINT           ? "hp_lat("
                         : nocase && column->field->type == HP_T_STRING ? "hp_fold("
                                                                        : "";
        hp_buf_printf(out, "%s%s%" HP_STR_FMT "%s%s", i == 0 ? "" : ", ", of, HP_STR_ARG(column->sql), *of ? ")" : "",
                      m->value.tag == HP_NUMBER && m->value.number < 0 ? " DESC" : "");
    }
    return out->overflow ? hp_fail(err, HP_E_INVALID_QUERY, "The index has too many fields.") : HP_OK;
}

/* A name of ours: what a client called the index is no identifier, only a part of one where it is plain text. */
static hp_str index_base_name(edit *e, const hp_sqlite_table *t, hp_str name)
{
    char *plain = hp_arena_cstr(e->mem, hp_str_sub(name, 0, 60));
    size_t len = 0;
    for (; len < name.len && len < 60; len++) {
        char ch = plain[len];
        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9'))) plain[len] = '_';
    }
    return hp_arena_printf(e->mem, "%" HP_STR_FMT ":index:%.*s", HP_STR_ARG(t->name), (int)len, plain);
}

static hp_code drop_index(edit *e, const hp_sqlite_index *index, hp_err *err)
{
    if (index->text) return hp_sqlite_text_drop(e->c, index->sql_name, e->mem, err);
    hp_str sql = hp_sqlite_quote(e->mem, index->sql_name);
    return ddl(e, err, "DROP INDEX %" HP_STR_FMT, HP_STR_ARG(sql));
}

static hp_code create_plain_index(edit *e, const hp_sqlite_table *t, const hp_unit_op *op, hp_str sql_name, hp_err *err)
{
    hp_str quoted = hp_sqlite_quote(e->mem, sql_name);
    hp_buf text;
    hp_buf_init(&text, 64 * 1024);
    hp_buf_printf(&text, "CREATE %sINDEX %" HP_STR_FMT " ON %" HP_STR_FMT " (", op->index_unique ? "UNIQUE " : "",
                  HP_STR_ARG(quoted), HP_STR_ARG(t->sql));
    hp_code rc = index_columns(t, op->index_fields, op->index_nocase, &text, err);
    if (rc != HP_OK) goto done;
    hp_buf_add_lit(&text, ")");
    if (op->index_partial != NULL) rc = hp_sqlite_partial_where(t, op->index_partial, e->mem, &text, err);
    hp_buf_add_char(&text, '\0');
    if (rc == HP_OK && text.overflow) rc = hp_fail(err, HP_E_INVALID_QUERY, "The index's condition is too long.");
    if (rc != HP_OK) goto done;
    rc = hp_sqlite_change_schema(e->c, text.ptr, err);
    if (rc != HP_OK && hp_sqlite_is_conflict(e->c)) {
        *e->conflict = hp_arena_str(e->mem, op->index_name);
        rc = hp_sqlite_duplicate(err);
    }
done:
    hp_buf_done(&text);
    return rc;
}

static hp_code create_index(edit *e, const hp_sqlite_table *t, const hp_unit_op *op, hp_value *indexes, hp_err *err)
{
    const bool text = hp_sqlite_text_is(op->index_fields);
    hp_str sql_name;
    if (text && (op->index_unique || op->index_partial != NULL))
        return hp_fail(err, HP_E_INVALID_QUERY, "A text index cannot be unique or partial.");
    HP_TRY(hp_sqlite_free_name(e->mem, index_base_name(e, t, op->index_name), table_taken, e, &sql_name, err));
    if (text)
        HP_TRY(hp_sqlite_text_create(e->c, t, sql_name, op->index_fields, e->mem, err));
    else
        HP_TRY(create_plain_index(e, t, op, sql_name, err));

    hp_value v = hp_object();
    hp_object_append(e->mem, &v, HP_STR("name"), hp_string(op->index_name));
    hp_object_append(e->mem, &v, HP_STR("fields"), *op->index_fields);
    if (op->index_unique) hp_object_append(e->mem, &v, HP_STR("unique"), hp_bool(true));
    if (op->index_nocase) hp_object_append(e->mem, &v, HP_STR("nocase"), hp_bool(true));
    if (op->index_partial != NULL) hp_object_append(e->mem, &v, HP_STR("partial"), *op->index_partial);
    hp_object_append(e->mem, &v, HP_STR("sqlName"), hp_string(sql_name));
    hp_array_push(e->mem, indexes, v);
    return HP_OK;
}

static const hp_sqlite_index *index_named(const hp_sqlite_table *t, hp_str name)
{
    for (size_t i = 0; i < t->index_count; i++)
        if (hp_str_eq(t->indexes[i].name, name)) return &t->indexes[i];
    return NULL;
}

static bool same_index(const hp_sqlite_index *present, const hp_unit_op *op)
{
    const bool both = present->partial != NULL && op->index_partial != NULL;
    const bool same_partial = both ? hp_value_equal(present->partial, op->index_partial)
                                   : present->partial == NULL && op->index_partial == NULL;
    return same_partial && present->unique == op->index_unique && present->nocase == op->index_nocase &&
           hp_value_equal(present->fields, op->index_fields);
}

/* ---- the operations ---- */

/* Stores the present table's document with one member replaced. */
static hp_code keep_changed(edit *e, const hp_value *document, hp_str member, hp_value value, hp_err *err)
{
    hp_value next = hp_object_clone(e->mem, document);
    hp_object_set(e->mem, &next, member, value);
    /* The catalog that `keep` gives up may hold the last reference to the table: its names are used till the end. */
    hp_sqlite_table *t = hp_sqlite_table_ref(e->table);
    hp_code rc = keep(e, t->cls->name, t->name, &next, err);
    hp_sqlite_table_unref(t);
    return rc;
}

/* The table with all columns in one statement, and what the document says about them. */
static hp_code create_table(edit *e, const hp_class *cls, hp_str name, hp_value *fields, hp_err *err)
{
    hp_code rc = HP_OK;
    hp_str table_sql = hp_sqlite_quote(e->mem, name), column;
    hp_buf text;

    hp_buf_init(&text, 512 * 1024);
    hp_buf_printf(&text,
                  "CREATE TABLE %" HP_STR_FMT " (\"_seq\" INTEGER PRIMARY KEY, \"objectId\" TEXT NOT NULL UNIQUE, "
                  "\"createdAt\" INTEGER, \"updatedAt\" INTEGER, \"_rperm\" TEXT, \"_wperm\" TEXT",
                  HP_STR_ARG(table_sql));
    for (size_t i = 0; i < cls->field_count && rc == HP_OK; i++) {
        rc = add_to_document(e, cls->name, cls->fields[i], fields, &column, err);
        if (rc != HP_OK || !has_own_column(cls->fields[i])) continue;
        hp_str column_sql = hp_sqlite_quote(e->mem, column);
        hp_buf_printf(&text, ", %" HP_STR_FMT " %s", HP_STR_ARG(column_sql),
                      hp_sqlite_type_affinity(cls->fields[i]->type));
    }
    hp_buf_add_lit(&text, ")");
    hp_buf_add_char(&text, '\0');
    HP_ASSERT(rc != HP_OK || !text.overflow); /* fields and their names are bounded */
    if (rc == HP_OK) rc = hp_sqlite_change_schema(e->c, text.ptr, err);
    hp_buf_done(&text);
    return rc;
}

static hp_code op_create_class(edit *e, hp_err *err)
{
    const hp_class *cls = e->op->cls;
    hp_value document = hp_object(), fields = hp_array(), indexes = hp_array();
    hp_str name;

    if (hp_sqlite_catalog_table(*e->catalog, cls->name) != NULL)
        return hp_fail(err, HP_E_INVALID_CLASS_NAME, "Class %" HP_STR_FMT " already exists.", HP_STR_ARG(cls->name));
    HP_TRY(hp_sqlite_free_name(e->mem, cls->name, table_taken, e, &name, err));
    HP_TRY(create_table(e, cls, name, &fields, err));
    hp_object_append(e->mem, &document, HP_STR("fields"), fields);
    if (cls->permissions != NULL) hp_object_append(e->mem, &document, HP_STR("permissions"), *cls->permissions);
    HP_TRY(keep(e, cls->name, name, &document, err));
    if (cls->indexes == NULL) return HP_OK;

    e->table = hp_sqlite_catalog_table(*e->catalog, cls->name);
    for (uint32_t i = 0; i < cls->indexes->object.count; i++) {
        const hp_member *m = &cls->indexes->object.items[i];
        const hp_unit_op op = { .index_name = m->key, .index_fields = &m->value };
        HP_TRY(create_index(e, e->table, &op, &indexes, err));
    }
    return keep_changed(e, &document, HP_STR("indexes"), indexes, err);
}

static hp_code op_add_field(edit *e, hp_err *err)
{
    const hp_field *f = e->op->field, *present = hp_class_field(e->table->cls, f->name);
    hp_value fields = list_member(&e->table->document, HP_STR("fields"), e->mem);
    hp_str column;

    if (present != NULL) {
        if (present->type == f->type && hp_str_eq(present->target_class, f->target_class)) return HP_OK;
        hp_str want = hp_type_print(e->mem, present->type, present->target_class);
        hp_str got = hp_type_print(e->mem, f->type, f->target_class);
        return hp_fail(err, HP_E_INCORRECT_TYPE,
                       "schema mismatch for %" HP_STR_FMT ".%" HP_STR_FMT "; expected %" HP_STR_FMT
                       " but got %" HP_STR_FMT,
                       HP_STR_ARG(e->table->cls->name), HP_STR_ARG(f->name), HP_STR_ARG(want), HP_STR_ARG(got));
    }
    HP_TRY(add_to_document(e, e->table->cls->name, f, &fields, &column, err));
    if (has_own_column(f)) {
        hp_str column_sql = hp_sqlite_quote(e->mem, column);
        HP_TRY(ddl(e, err, "ALTER TABLE %" HP_STR_FMT " ADD COLUMN %" HP_STR_FMT " %s", HP_STR_ARG(e->table->sql),
                   HP_STR_ARG(column_sql), hp_sqlite_type_affinity(f->type)));
    }
    return keep_changed(e, &e->table->document, HP_STR("fields"), fields, err);
}

static hp_code op_set_field(edit *e, hp_err *err)
{
    hp_value fields = list_member(&e->table->document, HP_STR("fields"), e->mem);
    uint32_t at = find_named(&fields, e->op->field->name);
    if (at == fields.array.count) return no_field(e->op->field->name, err);

    const hp_field *present = hp_class_field(e->table->cls, e->op->field->name);
    hp_field next = *present;
    next.required = e->op->field->required;
    next.default_value = e->op->field->default_value;
    fields.array.items[at] = field_document(&next, hp_object_text(&fields.array.items[at], HP_STR("column")), e->mem);
    return keep_changed(e, &e->table->document, HP_STR("fields"), fields, err);
}

/* Indexes that use the field go first: SQLite does not drop a column that an index needs. */
static hp_code drop_indexes_of(edit *e, hp_str field_name, hp_value *indexes, hp_err *err)
{
    for (size_t i = 0; i < e->table->index_count; i++) {
        const hp_sqlite_index *index = &e->table->indexes[i];
        if (hp_object_get(index->fields, field_name) == NULL && hp_object_get(index->partial, field_name) == NULL)
            continue;
        HP_TRY(drop_index(e, index, err));
        remove_at(indexes, find_named(indexes, index->name));
    }
    return HP_OK;
}

static hp_code op_drop_field(edit *e, hp_err *err)
{
    hp_str name = e->op->field->name;
    const hp_sqlite_column *column = hp_sqlite_table_column(e->table, name);
    hp_value document = hp_object_clone(e->mem, &e->table->document);
    hp_value fields = list_member(&document, HP_STR("fields"), e->mem);
    hp_value indexes = list_member(&document, HP_STR("indexes"), e->mem);

    if (column == NULL || column->at < HP_SQLITE_SYSTEM_COLUMNS) return no_field(name, err);
    HP_TRY(drop_indexes_of(e, name, &indexes, err));
    if (hp_sqlite_is_relation(column))
        HP_TRY(ddl(e, err, "DROP TABLE %" HP_STR_FMT, HP_STR_ARG(column->sql)));
    else
        HP_TRY(ddl(e, err, "ALTER TABLE %" HP_STR_FMT " DROP COLUMN %" HP_STR_FMT, HP_STR_ARG(e->table->sql),
                   HP_STR_ARG(column->sql)));
    remove_at(&fields, find_named(&fields, name));
    if (e->table->cls->indexes != NULL) hp_object_set(e->mem, &document, HP_STR("indexes"), indexes);
    return keep_changed(e, &document, HP_STR("fields"), fields, err);
}

static hp_code op_set_index(edit *e, hp_err *err)
{
    const hp_unit_op *op = e->op;
    const hp_sqlite_index *present = index_named(e->table, op->index_name);
    hp_value indexes = list_member(&e->table->document, HP_STR("indexes"), e->mem);

    if (present != NULL) {
        if (same_index(present, op)) return HP_OK;
        HP_TRY(drop_index(e, present, err));
        remove_at(&indexes, find_named(&indexes, op->index_name));
    }
    HP_TRY(create_index(e, e->table, op, &indexes, err));
    return keep_changed(e, &e->table->document, HP_STR("indexes"), indexes, err);
}

static hp_code op_drop_index(edit *e, hp_err *err)
{
    const hp_sqlite_index *present = index_named(e->table, e->op->index_name);
    hp_value indexes = list_member(&e->table->document, HP_STR("indexes"), e->mem);
    if (present == NULL)
        return hp_fail(err, HP_E_INVALID_QUERY, "Index %" HP_STR_FMT " does not exist, cannot delete.",
                       HP_STR_ARG(e->op->index_name));
    HP_TRY(drop_index(e, present, err));
    remove_at(&indexes, find_named(&indexes, e->op->index_name));
    return keep_changed(e, &e->table->document, HP_STR("indexes"), indexes, err);
}

static hp_code op_drop_class(edit *e, hp_err *err)
{
    hp_sqlite_table *t = e->table;
    hp_sqlite_stmt *s;
    hp_sql sql;
    bool row;

    hp_sql_begin(&sql, e->c, e->mem);
    hp_sql_lit(&sql, "SELECT count(*) FROM ");
    hp_sql_name(&sql, t->sql);
    HP_TRY(hp_sql_prepare(&sql, &s, err));
    HP_TRY(hp_sqlite_step(e->c, s, &row, err));
    int64_t objects = row ? sqlite3_column_int64(s->handle, 0) : 0;
    hp_sqlite_reset(s);
    if (objects > 0)
        return hp_fail(err, HP_E_INVALID_SCHEMA_OPERATION,
                       "Class %" HP_STR_FMT " is not empty, contains %lld objects, cannot drop schema.",
                       HP_STR_ARG(t->cls->name), (long long)objects);
    for (size_t i = 0; i < t->column_count; i++)
        if (hp_sqlite_is_relation(&t->columns[i]))
            HP_TRY(ddl(e, err, "DROP TABLE %" HP_STR_FMT, HP_STR_ARG(t->columns[i].sql)));
    for (size_t i = 0; i < t->index_count; i++)
        if (t->indexes[i].text) HP_TRY(drop_index(e, &t->indexes[i], err));
    HP_TRY(ddl(e, err, "DROP TABLE %" HP_STR_FMT, HP_STR_ARG(t->sql)));
    return forget(e, err);
}

hp_code hp_sqlite_schema_apply(hp_sqlite_conn *c, hp_sqlite_catalog **catalog, const hp_unit_op *op, hp_arena *mem,
                               hp_str *conflict, hp_err *err)
{
    edit e = { c, catalog, op, mem, conflict, NULL };

    if (op->kind == HP_UNIT_CREATE_CLASS) return op_create_class(&e, err);
    e.table = hp_sqlite_catalog_table(*catalog, op->class_name);
    if (e.table == NULL) return hp_sqlite_no_class(op->class_name, err);
    switch (op->kind) {
    case HP_UNIT_ADD_FIELD: return op_add_field(&e, err);
    case HP_UNIT_SET_FIELD: return op_set_field(&e, err);
    case HP_UNIT_DROP_FIELD: return op_drop_field(&e, err);
    case HP_UNIT_SET_PERMISSIONS:
        return keep_changed(&e, &e.table->document, HP_STR("permissions"), *op->permissions, err);
    case HP_UNIT_SET_INDEX: return op_set_index(&e, err);
    case HP_UNIT_DROP_INDEX: return op_drop_index(&e, err);
    case HP_UNIT_DROP_CLASS: return op_drop_class(&e, err);
    case HP_UNIT_CREATE_CLASS:
    case HP_UNIT_INSERT:
    case HP_UNIT_UPDATE:
    case HP_UNIT_DELETE:
    case HP_UNIT_REQUIRE:
    case HP_UNIT_DELETE_WHERE: break;
    }
    return hp_fail_internal(err, "operation %d is no schema operation", (int)op->kind);
}

#include "store/sqlite/row.h"

#include "store/sqlite/acl_text.h"
#include "store/sqlite/cell.h"
#include "store/sqlite/compile.h"

enum { COLUMN_READERS = 4, COLUMN_WRITERS = 5 };

void hp_sqlite_table_keep(hp_sqlite_table *t, hp_arena *mem)
{
    hp_arena_defer(mem, hp_sqlite_table_unref, hp_sqlite_table_ref(t));
}

hp_sqlite_selection hp_sqlite_select(hp_sqlite_table *t, const hp_field *const *project, size_t project_count,
                                     bool internal, hp_arena *mem)
{
    hp_sqlite_selection selection = { .table = t };
    bool *wanted = NULL;

    selection.columns = HP_NEW_ARRAY(mem, const hp_sqlite_column *, t->column_count);
    if (project != NULL) {
        wanted = HP_NEW_ARRAY(mem, bool, t->column_count);
        for (size_t i = 0; i < project_count; i++) {
            const hp_sqlite_column *c = hp_sqlite_table_column(t, project[i]->name);
            if (c != NULL) wanted[c->at] = true;
        }
    }
    for (size_t i = HP_SQLITE_SYSTEM_COLUMNS; i < t->column_count; i++) {
        const hp_sqlite_column *c = &t->columns[i];
        bool take = c->field->internal ? internal : wanted == NULL || wanted[i];
        if (take && !hp_sqlite_is_relation(c)) selection.columns[selection.count++] = c;
    }
    return selection;
}

void hp_sqlite_select_sql(hp_sql *s, const hp_sqlite_selection *selection)
{
    if (selection->table->join)
        hp_sql_lit(s, "SELECT NULL, NULL, NULL, NULL, NULL, NULL");
    else
        hp_sql_lit(s, "SELECT \"_seq\", \"objectId\", \"createdAt\", \"updatedAt\", \"_rperm\", \"_wperm\"");
    for (size_t i = 0; i < selection->count; i++) {
        hp_sql_lit(s, ", ");
        hp_sql_name(s, selection->columns[i]->sql);
    }
    if (selection->score != NULL) {
        hp_sql_lit(s, ", ");
        hp_sqlite_compile_score(s, selection->table, selection->score);
    }
    hp_sql_lit(s, " FROM ");
    hp_sql_name(s, selection->table->sql);
}

static hp_code read_acl(hp_sqlite_stmt *s, int at, hp_arena *mem, bool *has, hp_str **names, size_t *count, hp_err *err)
{
    hp_sqlite_cell cell = hp_sqlite_cell_of_column(s, at);
    *has = cell.type != SQLITE_NULL;
    if (!*has || hp_acl_text_read(mem, cell.bytes, names, count)) return HP_OK;
    return hp_fail_internal(err, "an ACL column holds no array of strings");
}

static void append(hp_value *object, hp_str key, hp_value v)
{
    object->object.items[object->object.count++] = (hp_member){ key, v };
}

static hp_value object_with_room(hp_arena *mem, size_t members)
{
    hp_value object = hp_object();
    object.object.items = HP_NEW_ARRAY(mem, hp_member, members);
    object.object.cap = (uint32_t)members;
    return object;
}

static hp_code read_system_columns(hp_sqlite_stmt *s, const hp_sqlite_table *t, hp_arena *mem, hp_value *object,
                                   hp_err *err)
{
    for (int i = 0; i < HP_SQLITE_SYSTEM_COLUMNS; i++) {
        hp_sqlite_cell cell = hp_sqlite_cell_of_column(s, 1 + i);
        hp_value v;
        if (cell.type == SQLITE_NULL) continue;
        HP_TRY(hp_sqlite_cell_decode(&cell, t->columns[i].field, mem, &v, err));
        append(object, t->columns[i].field->name, v);
    }
    return HP_OK;
}

hp_code hp_sqlite_row_read(hp_sqlite_stmt *s, const hp_sqlite_selection *selection, hp_arena *mem, hp_row *out,
                           hp_err *err)
{
    *out = (hp_row){ 0 };
    HP_TRY(read_acl(s, COLUMN_READERS, mem, &out->has_read_acl, &out->readers, &out->reader_count, err));
    HP_TRY(read_acl(s, COLUMN_WRITERS, mem, &out->has_write_acl, &out->writers, &out->writer_count, err));
    out->fields = object_with_room(mem, HP_SQLITE_SYSTEM_COLUMNS + selection->count);
    HP_TRY(read_system_columns(s, selection->table, mem, &out->fields, err));
    for (size_t i = 0; i < selection->count; i++) {
        const hp_field *field = selection->columns[i]->field;
        hp_sqlite_cell cell = hp_sqlite_cell_of_column(s, HP_SQLITE_FIXED_COLUMNS + (int)i);
        hp_value v;
        if (cell.type == SQLITE_NULL) continue;
        HP_TRY(hp_sqlite_cell_decode(&cell, field, mem, &v, err));
        if (!field->internal) {
            append(&out->fields, field->name, v);
            continue;
        }
        if (out->internal.tag == HP_NULL) out->internal = object_with_room(mem, selection->count);
        append(&out->internal, field->name, v);
    }
    if (selection->score != NULL)
        out->score = hp_sqlite_cell_of_column(s, HP_SQLITE_FIXED_COLUMNS + (int)selection->count).real;
    return HP_OK;
}

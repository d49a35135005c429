#include "store/sqlite/write.h"

#include "store/sqlite/acl_text.h"
#include "store/sqlite/cell.h"
#include "store/sqlite/compile.h"
#include "store/sqlite/counters.h"
#include "store/sqlite/row.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/text_index.h"

typedef struct writing {
    hp_sqlite_conn *c;
    hp_sqlite_catalog **catalog;
    hp_arena *mem;
    hp_str *conflict;
} writing;

/* ---- which table ---- */

static hp_code table_of(const writing *w, const hp_unit_op *op, hp_sqlite_table **out, hp_err *err)
{
    *out = hp_sqlite_catalog_table(*w->catalog, op->cls->name);
    return *out != NULL ? HP_OK : hp_sqlite_no_class(op->cls->name, err);
}

static hp_code column_of(const hp_sqlite_table *t, const hp_field *f, const hp_sqlite_column **out, hp_err *err)
{
    *out = hp_sqlite_table_column(t, f->name);
    if (*out != NULL) return HP_OK;
    return hp_fail(err, HP_E_INVALID_SCHEMA_OPERATION, "Field %" HP_STR_FMT " does not exist.", HP_STR_ARG(f->name));
}

/* ---- unique indexes ---- */

/* SQLite names the columns of a broken index, or an index over expressions by its name: exactly this text. */
static bool names_index(hp_arena *mem, const hp_sqlite_table *t, const hp_sqlite_index *index, hp_str message)
{
    hp_str by_name =
        hp_arena_printf(mem, "UNIQUE constraint failed: index '%" HP_STR_FMT "'", HP_STR_ARG(index->sql_name));
    hp_str by_columns = HP_STR("UNIQUE constraint failed: ");
    if (hp_str_eq(message, by_name)) return true;
    for (uint32_t i = 0; i < index->fields->object.count; i++) {
        const hp_sqlite_column *c = hp_sqlite_table_column(t, index->fields->object.items[i].key);
        if (c == NULL) return false;
        by_columns = hp_arena_printf(mem, "%" HP_STR_FMT "%s%" HP_STR_FMT ".%" HP_STR_FMT, HP_STR_ARG(by_columns),
                                     i == 0 ? "" : ", ", HP_STR_ARG(t->name), HP_STR_ARG(c->column));
    }
    return hp_str_eq(message, by_columns);
}

static hp_code explain_conflict(const writing *w, const hp_sqlite_table *t, hp_code rc, hp_err *err)
{
    if (rc == HP_OK || !hp_sqlite_is_conflict(w->c)) return rc;
    hp_str message = hp_arena_str(w->mem, hp_str_of(sqlite3_errmsg(w->c->db)));
    *w->conflict = HP_STR("_id_"); /* the one that is not declared: objectId */
    for (size_t i = 0; i < t->index_count; i++)
        if (t->indexes[i].unique && names_index(w->mem, t, &t->indexes[i], message))
            *w->conflict = hp_arena_str(w->mem, t->indexes[i].name);
    return hp_sqlite_duplicate(err);
}

/* ---- the changed fields of one object ---- */

typedef struct changed_field {
    const hp_sqlite_column *column;
    hp_value stored; /* null: absent */
} changed_field;

typedef struct changed_fields {
    changed_field *items;
    size_t count;
} changed_fields;

static bool is_relation_change(const hp_change *ch)
{
    return ch->op == HP_OP_ADD_RELATION || ch->op == HP_OP_REMOVE_RELATION;
}

/* Relation fields have no value, system columns and the ACL are set by the operation itself. */
static bool changes_column(const hp_sqlite_column *c)
{
    return c->at >= HP_SQLITE_SYSTEM_COLUMNS && !hp_sqlite_is_relation(c);
}

/* The columns that the changes touch, each once, in the order of the table. */
static hp_code touched_columns(const writing *w, const hp_sqlite_table *t, const hp_unit_op *op, changed_fields *out,
                               hp_err *err)
{
    bool *touched = HP_NEW_ARRAY(w->mem, bool, t->column_count);

    *out = (changed_fields){ HP_NEW_ARRAY(w->mem, changed_field, op->change_count), 0 };
    for (size_t i = 0; i < op->change_count; i++) {
        const hp_sqlite_column *c;
        if (op->changes[i].path.field->type == HP_T_ACL || is_relation_change(&op->changes[i])) continue;
        HP_TRY(column_of(t, op->changes[i].path.field, &c, err));
        touched[c->at] = changes_column(c);
    }
    for (size_t i = 0; i < t->column_count; i++)
        if (touched[i]) out->items[out->count++].column = &t->columns[i];
    return HP_OK;
}

static const hp_value *value_in(const hp_row *row, const hp_field *f)
{
    return hp_object_get(f->internal ? &row->internal : &row->fields, f->name);
}

/* Applies the changes to the touched fields of `before` (NULL: a new object) and adds one parameter per field to `sql`,
 * in their order. */
static hp_code apply_changes(const writing *w, const hp_sqlite_table *t, const hp_unit_op *op, const hp_row *before,
                             changed_fields *changed, hp_sql_param *params, hp_err *err)
{
    hp_value object = hp_object(), applied;
    for (size_t i = 0; i < changed->count && before != NULL; i++) {
        const hp_field *f = changed->items[i].column->field;
        const hp_value *v = value_in(before, f);
        if (v != NULL) hp_object_append(w->mem, &object, f->name, *v);
    }
    HP_TRY(hp_changes_apply(&object, op->changes, op->change_count, w->mem, &applied, err));
    for (size_t i = 0; i < changed->count; i++) {
        const hp_field *f = changed->items[i].column->field;
        HP_TRY(hp_sqlite_store_param(t->cls->name, f, hp_object_get(&applied, f->name), w->mem, &params[i],
                                     &changed->items[i].stored, err));
    }
    return HP_OK;
}

/* ---- results ---- */

static void append(hp_arena *mem, hp_value *object, const hp_field *f, const hp_value *v)
{
    if (!hp_is_null(v)) hp_object_append(mem, object, f->name, *v);
}

static void copy_acl(hp_arena *mem, const hp_unit_op *op, hp_row *out)
{
    out->has_read_acl = op->has_read_acl;
    out->has_write_acl = op->has_write_acl;
    out->reader_count = op->has_read_acl ? op->reader_count : 0;
    out->writer_count = op->has_write_acl ? op->writer_count : 0;
    out->readers = HP_NEW_ARRAY(mem, hp_str, out->reader_count);
    out->writers = HP_NEW_ARRAY(mem, hp_str, out->writer_count);
    for (size_t i = 0; i < out->reader_count; i++) out->readers[i] = hp_arena_str(mem, op->readers[i]);
    for (size_t i = 0; i < out->writer_count; i++) out->writers[i] = hp_arena_str(mem, op->writers[i]);
}

/* What the object is now: the present values of `before` (NULL: none) under the changed ones. */
static void row_after(const writing *w, const hp_sqlite_table *t, const hp_unit_op *op, const hp_row *before,
                      const changed_fields *changed, hp_row *out)
{
    size_t next = 0;

    *out = before != NULL ? *before : (hp_row){ 0 };
    out->internal = hp_null();
    out->fields = hp_object();
    if (op->set_acl) copy_acl(w->mem, op, out);
    for (size_t i = 0; i < t->column_count; i++) {
        const hp_sqlite_column *c = &t->columns[i];
        bool is_changed = next < changed->count && changed->items[next].column == c;
        const hp_value *v = is_changed ? &changed->items[next++].stored : NULL;
        hp_value system;
        if (c->field->internal || hp_sqlite_is_relation(c)) continue;
        if (i == HP_SQLITE_ID) {
            system = hp_string(hp_arena_str(w->mem, op->object_id));
            v = before != NULL ? value_in(before, c->field) : &system;
        } else if (i == HP_SQLITE_CREATED && before == NULL) {
            system = hp_date(op->created_ms);
            v = &system;
        } else if (i == HP_SQLITE_UPDATED && (before == NULL || op->updated_ms != 0)) {
            system = hp_date(op->updated_ms);
            v = &system;
        } else if (!is_changed && before != NULL) {
            v = value_in(before, c->field);
        }
        append(w->mem, &out->fields, c->field, v);
    }
}

/* ---- ACL columns and relations ---- */

static void bind_acl(hp_sql *s, bool has, const hp_str *names, size_t count)
{
    if (has)
        hp_sql_bind_text(s, hp_acl_text_write(s->mem, names, count));
    else
        hp_sql_bind(s, (hp_sql_param){ .kind = HP_SQL_NULL });
}

static hp_code link_one(const writing *w, const hp_sqlite_column *join, bool add, hp_str owner, const hp_value *pointer,
                        hp_err *err)
{
    hp_sql sql;
    if (pointer->tag != HP_POINTER || !hp_str_eq(pointer->pointer.class_name, join->field->target_class))
        return hp_fail(err, HP_E_INCORRECT_TYPE, "Relation %" HP_STR_FMT " takes pointers to %" HP_STR_FMT " only.",
                       HP_STR_ARG(join->field->name), HP_STR_ARG(join->field->target_class));
    hp_sql_begin(&sql, w->c, w->mem);
    if (add)
        hp_sql_lit(&sql, "INSERT OR IGNORE INTO ");
    else
        hp_sql_lit(&sql, "DELETE FROM ");
    hp_sql_name(&sql, join->sql);
    if (add)
        hp_sql_lit(&sql, " (\"owningId\", \"relatedId\") VALUES (?, ?)");
    else
        hp_sql_lit(&sql, " WHERE \"owningId\" = ? AND \"relatedId\" = ?");
    hp_sql_bind_text(&sql, owner);
    hp_sql_bind_text(&sql, pointer->pointer.object_id);
    return hp_sql_run(&sql, NULL, err);
}

static hp_code change_relations(const writing *w, const hp_sqlite_table *t, const hp_unit_op *op, hp_str owner,
                                hp_err *err)
{
    for (size_t i = 0; i < op->change_count; i++) {
        const hp_change *ch = &op->changes[i];
        const hp_sqlite_column *join;
        if (!is_relation_change(ch)) continue;
        HP_TRY(column_of(t, ch->path.field, &join, err));
        HP_ASSERT(ch->operand.tag == HP_ARRAY);
        if (!hp_sqlite_is_relation(join))
            return hp_fail(err, HP_E_INCORRECT_TYPE, "Field %" HP_STR_FMT " is no relation.",
                           HP_STR_ARG(ch->path.field->name));
        for (uint32_t k = 0; k < ch->operand.array.count; k++)
            HP_TRY(link_one(w, join, ch->op == HP_OP_ADD_RELATION, owner, &ch->operand.array.items[k], err));
    }
    return HP_OK;
}

/* The links that an object owns go with it; links to it stay, as they do in MongoDB: they lead nowhere. */
static hp_code drop_links(const writing *w, const hp_sqlite_table *t, hp_str owner, hp_err *err)
{
    for (size_t i = 0; i < t->column_count && t->relation_count > 0; i++) {
        hp_sql sql;
        if (!hp_sqlite_is_relation(&t->columns[i])) continue;
        hp_sql_begin(&sql, w->c, w->mem);
        hp_sql_lit(&sql, "DELETE FROM ");
        hp_sql_name(&sql, t->columns[i].sql);
        hp_sql_lit(&sql, " WHERE \"owningId\" = ?");
        hp_sql_bind_text(&sql, owner);
        HP_TRY(hp_sql_run(&sql, NULL, err));
    }
    return HP_OK;
}

/* ---- text indexes ---- */

static void where_seq(hp_sql *s, const void *seq)
{
    hp_sql_lit(s, " WHERE \"_seq\" = ?");
    hp_sql_bind_integer(s, *(const int64_t *)seq);
}

/* Which columns an update changes, as text indexes want to know it. */
static bool *places_of(const writing *w, const hp_sqlite_table *t, const changed_fields *changed)
{
    bool *touched = HP_NEW_ARRAY(w->mem, bool, t->column_count);
    for (size_t i = 0; i < changed->count; i++) touched[changed->items[i].column->at] = true;
    return touched;
}

/* ---- INSERT ---- */

static hp_code op_insert(const writing *w, const hp_unit_op *op, hp_unit_result *result, hp_err *err)
{
    hp_sqlite_table *t;
    changed_fields changed;
    hp_sql sql;

    HP_TRY(table_of(w, op, &t, err));
    HP_TRY(touched_columns(w, t, op, &changed, err));
    hp_sql_param *params = HP_NEW_ARRAY(w->mem, hp_sql_param, changed.count);
    HP_TRY(apply_changes(w, t, op, NULL, &changed, params, err));

    hp_sql_begin(&sql, w->c, w->mem);
    hp_sql_lit(&sql, "INSERT INTO ");
    hp_sql_name(&sql, t->sql);
    hp_sql_lit(&sql, " (\"objectId\", \"createdAt\", \"updatedAt\", \"_rperm\", \"_wperm\"");
    for (size_t i = 0; i < changed.count; i++) {
        hp_sql_lit(&sql, ", ");
        hp_sql_name(&sql, changed.items[i].column->sql);
    }
    hp_sql_lit(&sql, ") VALUES (?, ?, ?, ?, ?");
    for (size_t i = 0; i < changed.count; i++) hp_sql_lit(&sql, ", ?");
    hp_sql_lit(&sql, ")");
    hp_sql_bind_text(&sql, op->object_id);
    hp_sql_bind_integer(&sql, op->created_ms);
    hp_sql_bind_integer(&sql, op->updated_ms);
    bind_acl(&sql, op->set_acl && op->has_read_acl, op->readers, op->reader_count);
    bind_acl(&sql, op->set_acl && op->has_write_acl, op->writers, op->writer_count);
    for (size_t i = 0; i < changed.count; i++) hp_sql_bind(&sql, params[i]);
    HP_TRY(explain_conflict(w, t, hp_sql_run(&sql, NULL, err), err));
    int64_t seq = sqlite3_last_insert_rowid(w->c->db);
    HP_TRY(hp_sqlite_text_add(w->c, t, NULL, where_seq, &seq, w->mem, err));

    HP_TRY(change_relations(w, t, op, op->object_id, err));
    hp_sqlite_table_keep(t, w->mem);
    row_after(w, t, op, NULL, &changed, &result->after);
    return HP_OK;
}

/* ---- the one object that an operation selects ---- */

static hp_code refuse(const hp_unit_op *op, hp_err *err)
{
    if (op->guard_code == HP_OK) return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "Object not found.");
    return hp_fail(err, op->guard_code, "%s", op->guard_message == NULL ? "" : op->guard_message);
}

static void where(hp_sql *s, const writing *w, const hp_sqlite_table *t, const hp_unit_op *op, bool acl)
{
    hp_sql_lit(s, " WHERE ");
    if (hp_str_present(op->object_id)) {
        hp_sql_lit(s, "\"objectId\" = ? AND ");
        hp_sql_bind_text(s, op->object_id);
    }
    hp_sqlite_compile_filter(s, *w->catalog, t, op->filter);
    if (acl) hp_sqlite_compile_scope(s, &op->writable_by, HP_STR("\"_wperm\""));
}

static hp_code select_one(const writing *w, hp_sqlite_table *t, const hp_unit_op *op, bool internal, int64_t *seq,
                          hp_row *out, hp_err *err)
{
    hp_sqlite_selection selection = hp_sqlite_select(t, NULL, 0, internal, w->mem);
    hp_sqlite_stmt *stmt;
    hp_sql sql;
    bool row;

    hp_sqlite_table_keep(t, w->mem);
    hp_sql_begin(&sql, w->c, w->mem);
    hp_sqlite_select_sql(&sql, &selection);
    where(&sql, w, t, op, true);
    hp_sql_lit(&sql, " ORDER BY \"_seq\" LIMIT 1");
    HP_TRY(hp_sql_prepare(&sql, &stmt, err));
    HP_TRY(hp_sqlite_step(w->c, stmt, &row, err));
    if (!row) return refuse(op, err);
    *seq = sqlite3_column_int64(stmt->handle, 0);
    hp_code rc = hp_sqlite_row_read(stmt, &selection, w->mem, out, err);
    hp_sqlite_reset(stmt);
    return rc;
}

static hp_code op_require(const writing *w, const hp_unit_op *op, hp_err *err)
{
    hp_sqlite_table *t = hp_sqlite_catalog_table(*w->catalog, op->cls->name);
    hp_sqlite_stmt *stmt;
    hp_sql sql;
    bool row;

    if (t == NULL) return refuse(op, err);
    hp_sql_begin(&sql, w->c, w->mem);
    hp_sql_lit(&sql, "SELECT 1 FROM ");
    hp_sql_name(&sql, t->sql);
    where(&sql, w, t, op, false);
    hp_sql_lit(&sql, " LIMIT 1");
    HP_TRY(hp_sql_prepare(&sql, &stmt, err));
    HP_TRY(hp_sqlite_step(w->c, stmt, &row, err));
    if (!row) return refuse(op, err);
    hp_sqlite_reset(stmt);
    return HP_OK;
}

/* ---- UPDATE ---- */

static void assign(hp_sql *s, size_t *assigned, hp_str column_sql)
{
    if ((*assigned)++ > 0) hp_sql_lit(s, ", ");
    hp_sql_name(s, column_sql);
    hp_sql_lit(s, " = ?");
}

static hp_code op_update(const writing *w, const hp_unit_op *op, hp_unit_result *result, hp_err *err)
{
    hp_sqlite_table *t = hp_sqlite_catalog_table(*w->catalog, op->cls->name);
    changed_fields changed;
    hp_sql sql;
    int64_t seq = 0;
    size_t assigned = 0;

    if (t == NULL) return refuse(op, err);
    HP_TRY(select_one(w, t, op, true, &seq, &result->before, err));
    HP_TRY(touched_columns(w, t, op, &changed, err));
    hp_sql_param *params = HP_NEW_ARRAY(w->mem, hp_sql_param, changed.count);
    HP_TRY(apply_changes(w, t, op, &result->before, &changed, params, err));
    const bool *touched = places_of(w, t, &changed);
    HP_TRY(hp_sqlite_text_remove(w->c, t, touched, where_seq, &seq, w->mem, err));

    hp_sql_begin(&sql, w->c, w->mem);
    hp_sql_lit(&sql, "UPDATE ");
    hp_sql_name(&sql, t->sql);
    hp_sql_lit(&sql, " SET ");
    for (size_t i = 0; i < changed.count; i++) {
        assign(&sql, &assigned, changed.items[i].column->sql);
        hp_sql_bind(&sql, params[i]);
    }
    if (op->updated_ms != 0) {
        assign(&sql, &assigned, HP_STR("\"updatedAt\""));
        hp_sql_bind_integer(&sql, op->updated_ms);
    }
    if (op->set_acl) {
        assign(&sql, &assigned, HP_STR("\"_rperm\""));
        bind_acl(&sql, op->has_read_acl, op->readers, op->reader_count);
        assign(&sql, &assigned, HP_STR("\"_wperm\""));
        bind_acl(&sql, op->has_write_acl, op->writers, op->writer_count);
    }
    hp_sql_lit(&sql, " WHERE \"_seq\" = ?");
    hp_sql_bind_integer(&sql, seq);
    if (assigned > 0) HP_TRY(explain_conflict(w, t, hp_sql_run(&sql, NULL, err), err));
    HP_TRY(hp_sqlite_text_add(w->c, t, touched, where_seq, &seq, w->mem, err));

    HP_TRY(change_relations(w, t, op, hp_text(hp_object_get(&result->before.fields, HP_STR("objectId"))), err));
    row_after(w, t, op, &result->before, &changed, &result->after);
    result->before.internal = hp_null();
    return HP_OK;
}

/* ---- DELETE ---- */

static hp_code op_delete(const writing *w, const hp_unit_op *op, hp_unit_result *result, hp_err *err)
{
    hp_sqlite_table *t = hp_sqlite_catalog_table(*w->catalog, op->cls->name);
    hp_sql sql;
    int64_t seq = 0;

    if (t == NULL) return refuse(op, err);
    HP_TRY(select_one(w, t, op, false, &seq, &result->before, err));
    HP_TRY(drop_links(w, t, hp_text(hp_object_get(&result->before.fields, HP_STR("objectId"))), err));
    HP_TRY(hp_sqlite_text_remove(w->c, t, NULL, where_seq, &seq, w->mem, err));
    hp_sql_begin(&sql, w->c, w->mem);
    hp_sql_lit(&sql, "DELETE FROM ");
    hp_sql_name(&sql, t->sql);
    hp_sql_lit(&sql, " WHERE \"_seq\" = ?");
    hp_sql_bind_integer(&sql, seq);
    return hp_sql_run(&sql, NULL, err);
}

typedef struct selected {
    const writing *w;
    const hp_sqlite_table *t;
    const hp_unit_op *op;
} selected;

static void where_selected(hp_sql *s, const void *arg)
{
    const selected *rows = arg;
    where(s, rows->w, rows->t, rows->op, false);
}

static hp_code op_delete_where(const writing *w, const hp_unit_op *op, hp_unit_result *result, hp_err *err)
{
    hp_sqlite_table *t = hp_sqlite_catalog_table(*w->catalog, op->cls->name);
    hp_sql sql;
    int64_t deleted = 0;

    if (t == NULL) return HP_OK; /* none is no error */
    for (size_t i = 0; i < t->column_count && t->relation_count > 0; i++) {
        if (!hp_sqlite_is_relation(&t->columns[i])) continue;
        hp_sql_begin(&sql, w->c, w->mem);
        hp_sql_lit(&sql, "DELETE FROM ");
        hp_sql_name(&sql, t->columns[i].sql);
        hp_sql_lit(&sql, " WHERE \"owningId\" IN (SELECT \"objectId\" FROM ");
        hp_sql_name(&sql, t->sql);
        where(&sql, w, t, op, false);
        hp_sql_lit(&sql, ")");
        HP_TRY(hp_sql_run(&sql, NULL, err));
    }
    const selected rows = { w, t, op };
    HP_TRY(hp_sqlite_text_remove(w->c, t, NULL, where_selected, &rows, w->mem, err));
    hp_sql_begin(&sql, w->c, w->mem);
    hp_sql_lit(&sql, "DELETE FROM ");
    hp_sql_name(&sql, t->sql);
    where(&sql, w, t, op, false);
    HP_TRY(hp_sql_run(&sql, &deleted, err));
    result->affected = (size_t)deleted;
    return HP_OK;
}

/* ---- the unit ---- */

static hp_code run_op(const writing *w, const hp_unit_op *op, hp_unit_result *result, hp_err *err)
{
    switch (op->kind) {
    case HP_UNIT_INSERT: return op_insert(w, op, result, err);
    case HP_UNIT_UPDATE: return op_update(w, op, result, err);
    case HP_UNIT_DELETE: return op_delete(w, op, result, err);
    case HP_UNIT_REQUIRE: return op_require(w, op, err);
    case HP_UNIT_DELETE_WHERE: return op_delete_where(w, op, result, err);
    case HP_UNIT_CREATE_CLASS:
    case HP_UNIT_ADD_FIELD:
    case HP_UNIT_SET_FIELD:
    case HP_UNIT_DROP_FIELD:
    case HP_UNIT_SET_PERMISSIONS:
    case HP_UNIT_SET_INDEX:
    case HP_UNIT_DROP_INDEX:
    case HP_UNIT_DROP_CLASS: return hp_sqlite_schema_apply(w->c, w->catalog, op, w->mem, w->conflict, err);
    }
    return hp_fail_internal(err, "operation %d", (int)op->kind);
}

hp_code hp_sqlite_unit_run(hp_sqlite_conn *c, hp_sqlite_catalog **catalog, hp_unit *unit, hp_arena *mem, hp_err *err)
{
    writing w = { c, catalog, mem, &unit->conflict_index };

    unit->conflict_index = HP_STR_NONE;
    unit->results = HP_NEW_ARRAY(mem, hp_unit_result, unit->count);
    for (size_t i = 0; i < unit->count; i++) {
        hp_code rc = run_op(&w, &unit->ops[i], &unit->results[i], err);
        if (rc == HP_OK) continue;
        unit->failed_op = i;
        unit->results = NULL;
        return rc;
    }
    const hp_code rc = hp_sqlite_counters_raise(c, unit->counters, err);
    if (rc != HP_OK) unit->results = NULL;
    return rc;
}

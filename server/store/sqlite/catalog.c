#include "store/sqlite/catalog.h"

#include "store/sqlite/names.h"
#include "store/sqlite/text_index.h"
#include "value/json.h"

/* ---- references ---- */

hp_sqlite_table *hp_sqlite_table_ref(hp_sqlite_table *t)
{
    (void)atomic_fetch_add_explicit(&t->refs, 1, memory_order_relaxed);
    return t;
}

void hp_sqlite_table_unref(void *table)
{
    hp_sqlite_table *t = table;
    if (t != NULL && atomic_fetch_sub_explicit(&t->refs, 1, memory_order_acq_rel) == 1) hp_arena_free(t->mem);
}

hp_sqlite_catalog *hp_sqlite_catalog_ref(hp_sqlite_catalog *c)
{
    (void)atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
    return c;
}

void hp_sqlite_catalog_unref(hp_sqlite_catalog *c)
{
    if (c == NULL || atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1) return;
    for (size_t i = 0; i < c->count; i++) hp_sqlite_table_unref(c->tables[i]);
    hp_arena_free(c->mem);
}

/* ---- one class ---- */

static hp_code damaged(hp_err *err, hp_str class_name, const char *what)
{
    return hp_fail_internal(err, "schema table: class %" HP_STR_FMT ": %s", HP_STR_ARG(class_name), what);
}

static hp_field *decode_field(const hp_value *v, hp_arena *mem)
{
    hp_field *f = HP_NEW(mem, hp_field);
    const hp_value *default_value = hp_object_get(v, HP_STR("defaultValue"));

    f->name = hp_object_text(v, HP_STR("name"));
    if (f->name.len == 0 || !hp_type_parse(hp_object_text(v, HP_STR("type")), &f->type)) return NULL;
    f->target_class = hp_object_text(v, HP_STR("targetClass"));
    f->required = hp_is_true(hp_object_get(v, HP_STR("required")));
    f->internal = hp_is_true(hp_object_get(v, HP_STR("internal")));
    if (default_value != NULL) f->default_value = hp_value_new(mem, hp_json_decode_types(mem, default_value));
    return f;
}

static const hp_value *array_member(const hp_value *document, hp_str name)
{
    static const hp_value EMPTY = { .tag = HP_ARRAY };
    const hp_value *v = hp_object_get(document, name);
    return hp_is(v, HP_ARRAY) ? v : &EMPTY;
}

/* {"field": 1, "unique": true, "partialFilterExpression": {…}}: as it is declared. */
static hp_value declared(const hp_value *index, const hp_value *fields, hp_arena *mem)
{
    const hp_value *partial = hp_object_get(index, HP_STR("partial"));
    hp_value v = hp_object_clone(mem, fields);
    if (hp_is_true(hp_object_get(index, HP_STR("unique")))) hp_object_set(mem, &v, HP_STR("unique"), hp_bool(true));
    if (partial != NULL) hp_object_set(mem, &v, HP_STR("partialFilterExpression"), *partial);
    return v;
}

static hp_value *decode_indexes(const hp_value *document, hp_arena *mem)
{
    const hp_value *list = hp_object_get(document, HP_STR("indexes"));
    hp_value indexes = hp_object();
    if (!hp_is(list, HP_ARRAY)) return NULL;
    for (uint32_t i = 0; i < list->array.count; i++) {
        const hp_value *fields = hp_object_get(&list->array.items[i], HP_STR("fields"));
        if (fields != NULL)
            hp_object_set(mem, &indexes, hp_object_text(&list->array.items[i], HP_STR("name")),
                          declared(&list->array.items[i], fields, mem));
    }
    return hp_value_new(mem, indexes);
}

/* The class of a document alone, in `mem`. */
static hp_code class_decode(hp_str class_name, hp_str document, hp_arena *mem, hp_class **out, hp_value *decoded,
                            hp_err *err)
{
    hp_class *cls = HP_NEW(mem, hp_class);
    hp_err why = { 0 };

    if (hp_json_read(document, HP_JSON_PLAIN, mem, decoded, &why) != HP_OK) return damaged(err, class_name, why.msg);
    const hp_value *fields = array_member(decoded, HP_STR("fields"));
    const hp_value *permissions = hp_object_get(decoded, HP_STR("permissions"));
    cls->name = hp_arena_str(mem, class_name);
    cls->fields = HP_NEW_ARRAY(mem, hp_field *, fields->array.count);
    cls->by_name = hp_map_new(mem);
    for (uint32_t i = 0; i < fields->array.count; i++) {
        hp_field *f = decode_field(&fields->array.items[i], mem);
        if (f == NULL || hp_map_put(cls->by_name, f->name, f) != NULL) return damaged(err, class_name, "a field");
        cls->fields[cls->field_count++] = f;
    }
    if (permissions != NULL) cls->permissions = hp_value_new(mem, *permissions);
    cls->indexes = decode_indexes(decoded, mem);
    *out = cls;
    return HP_OK;
}

static void add_column(hp_sqlite_table *t, const hp_field *field, hp_str column)
{
    hp_sqlite_column *c = &t->columns[t->column_count];
    *c = (hp_sqlite_column){ field, column, hp_sqlite_quote(t->mem, column), t->column_count };
    t->column_count++;
    if (hp_sqlite_is_relation(c)) t->relation_count++;
    (void)hp_map_put(t->by_name, field->name, c);
}

/* Every table has them, whatever the document lists. */
static void add_system_columns(hp_sqlite_table *t)
{
    static const hp_field SYSTEM[HP_SQLITE_SYSTEM_COLUMNS] = {
        [HP_SQLITE_ID] = { .name = HP_STR_INIT("objectId"), .type = HP_T_STRING },
        [HP_SQLITE_CREATED] = { .name = HP_STR_INIT("createdAt"), .type = HP_T_DATE },
        [HP_SQLITE_UPDATED] = { .name = HP_STR_INIT("updatedAt"), .type = HP_T_DATE },
    };
    for (size_t i = 0; i < HP_SQLITE_SYSTEM_COLUMNS; i++) add_column(t, &SYSTEM[i], SYSTEM[i].name);
}

static hp_code add_columns(hp_sqlite_table *t, hp_err *err)
{
    const hp_value *fields = array_member(&t->document, HP_STR("fields"));

    t->columns = HP_NEW_ARRAY(t->mem, hp_sqlite_column, fields->array.count + HP_SQLITE_SYSTEM_COLUMNS);
    t->by_name = hp_map_new(t->mem);
    add_system_columns(t);
    for (uint32_t i = 0; i < fields->array.count; i++) {
        const hp_field *field = t->cls->fields[i];
        hp_str column = hp_object_text(&fields->array.items[i], HP_STR("column"));
        if (field->type == HP_T_ACL || hp_map_get(t->by_name, field->name) != NULL) continue;
        if (column.len == 0) return damaged(err, t->cls->name, "a field without column");
        add_column(t, field, column);
    }
    return HP_OK;
}

static void add_indexes(hp_sqlite_table *t)
{
    const hp_value *list = array_member(&t->document, HP_STR("indexes"));

    t->indexes = HP_NEW_ARRAY(t->mem, hp_sqlite_index, list->array.count);
    for (uint32_t i = 0; i < list->array.count; i++) {
        const hp_value *v = &list->array.items[i];
        t->indexes[t->index_count++] = (hp_sqlite_index){
            .name = hp_object_text(v, HP_STR("name")),
            .sql_name = hp_object_text(v, HP_STR("sqlName")),
            .fields = hp_object_get(v, HP_STR("fields")),
            .unique = hp_is_true(hp_object_get(v, HP_STR("unique"))),
            .nocase = hp_is_true(hp_object_get(v, HP_STR("nocase"))),
            .partial = hp_object_get(v, HP_STR("partial")),
            .text = hp_sqlite_text_is(hp_object_get(v, HP_STR("fields"))),
        };
    }
}

hp_code hp_sqlite_table_decode(hp_str class_name, hp_str table_name, hp_str document, hp_sqlite_table **out,
                               hp_err *err)
{
    hp_arena *mem = hp_arena_new();
    hp_sqlite_table *t = HP_NEW(mem, hp_sqlite_table);

    atomic_init(&t->refs, 1);
    t->mem = mem;
    t->name = hp_arena_str(mem, table_name);
    t->sql = hp_sqlite_quote(mem, t->name);
    hp_code rc = class_decode(class_name, document, mem, &t->cls, &t->document, err);
    if (rc == HP_OK) rc = add_columns(t, err);
    if (rc != HP_OK) {
        hp_arena_free(mem);
        return rc;
    }
    add_indexes(t);
    *out = t;
    return HP_OK;
}

/* ---- all of them ---- */

static hp_sqlite_catalog *new_catalog(size_t tables_max, int64_t version)
{
    hp_arena *mem = hp_arena_new();
    hp_sqlite_catalog *c = HP_NEW(mem, hp_sqlite_catalog);
    atomic_init(&c->refs, 1);
    c->mem = mem;
    c->version = version;
    c->tables = HP_NEW_ARRAY(mem, hp_sqlite_table *, tables_max);
    c->by_class = hp_map_new(mem);
    return c;
}

static void put_table(hp_sqlite_catalog *c, hp_sqlite_table *t)
{
    c->tables[c->count++] = t;
    (void)hp_map_put(c->by_class, t->cls->name, t);
}

hp_code hp_sqlite_version_read(hp_sqlite_conn *c, int64_t *out, hp_err *err)
{
    return hp_sqlite_integer(c, HP_STR("SELECT \"value\" FROM \"_META\" WHERE \"name\" = 'schemaVersion'"), 0, out,
                             err);
}

static hp_str column_text(hp_sqlite_stmt *s, int at)
{
    const char *text = (const char *)sqlite3_column_text(s->handle, at);
    return (hp_str){ text == NULL ? "" : text, (size_t)sqlite3_column_bytes(s->handle, at) };
}

/* Calls `visit` for each row of the schema table: class name, table name, document. */
static hp_code each_class(hp_sqlite_conn *c, hp_code (*visit)(void *arg, hp_sqlite_stmt *row, hp_err *err), void *arg,
                          hp_err *err)
{
    hp_sqlite_stmt *s;
    bool row;
    HP_TRY(hp_sqlite_prepare(
        c, HP_STR("SELECT \"className\", \"tableName\", \"document\" FROM \"_SCHEMA\" ORDER BY \"seq\""), &s, err));
    for (;;) {
        HP_TRY(hp_sqlite_step(c, s, &row, err));
        if (!row) return HP_OK;
        hp_code rc = visit(arg, s, err);
        if (rc == HP_OK) continue;
        hp_sqlite_reset(s);
        return rc;
    }
}

static hp_code count_classes(hp_sqlite_conn *c, size_t *out, hp_err *err)
{
    int64_t count;
    HP_TRY(hp_sqlite_integer(c, HP_STR("SELECT count(*) FROM \"_SCHEMA\""), 0, &count, err));
    *out = (size_t)count;
    return HP_OK;
}

static hp_code visit_table(void *arg, hp_sqlite_stmt *row, hp_err *err)
{
    hp_sqlite_table *t;
    HP_TRY(hp_sqlite_table_decode(column_text(row, 0), column_text(row, 1), column_text(row, 2), &t, err));
    put_table(arg, t);
    return HP_OK;
}

static hp_code load(hp_sqlite_conn *c, hp_sqlite_catalog **out, hp_err *err)
{
    int64_t version;
    size_t count;
    HP_TRY(hp_sqlite_version_read(c, &version, err));
    HP_TRY(count_classes(c, &count, err));
    *out = new_catalog(count, version);
    return each_class(c, visit_table, *out, err);
}

hp_code hp_sqlite_catalog_load(hp_sqlite_conn *c, hp_sqlite_catalog **out, hp_err *err)
{
    bool own = sqlite3_get_autocommit(c->db) != 0; /* version and tables must come from one snapshot */
    *out = NULL;
    if (own) HP_TRY(hp_sqlite_run(c, HP_STR("BEGIN"), err));
    hp_code rc = load(c, out, err);
    if (own) hp_sqlite_attempt(c, HP_STR("COMMIT")); /* of a transaction that only read */
    if (rc == HP_OK) return HP_OK;
    hp_sqlite_catalog_unref(*out);
    *out = NULL;
    return rc;
}

hp_sqlite_catalog *hp_sqlite_catalog_with(const hp_sqlite_catalog *base, hp_str class_name, hp_sqlite_table *table,
                                          int64_t version)
{
    hp_sqlite_catalog *c = new_catalog(base->count + 1, version);
    bool placed = table == NULL;
    for (size_t i = 0; i < base->count; i++) {
        hp_sqlite_table *t = base->tables[i];
        if (!hp_str_eq(t->cls->name, class_name)) {
            put_table(c, hp_sqlite_table_ref(t));
        } else if (table != NULL) {
            put_table(c, table);
            placed = true;
        }
    }
    if (!placed) put_table(c, table);
    return c;
}

typedef struct class_list {
    hp_arena *mem;
    hp_class **items;
    size_t count;
} class_list;

static hp_code visit_class(void *arg, hp_sqlite_stmt *row, hp_err *err)
{
    class_list *list = arg;
    hp_value document;
    HP_TRY(
        class_decode(column_text(row, 0), column_text(row, 2), list->mem, &list->items[list->count], &document, err));
    list->count++;
    return HP_OK;
}

static hp_code load_classes(hp_sqlite_conn *c, class_list *list, hp_err *err)
{
    size_t count;
    HP_TRY(count_classes(c, &count, err));
    list->items = HP_NEW_ARRAY(list->mem, hp_class *, count);
    return each_class(c, visit_class, list, err);
}

hp_code hp_sqlite_classes_load(hp_sqlite_conn *c, hp_arena *mem, hp_class ***out, size_t *count, hp_err *err)
{
    class_list list = { .mem = mem };
    bool own = sqlite3_get_autocommit(c->db) != 0;
    if (own) HP_TRY(hp_sqlite_run(c, HP_STR("BEGIN"), err));
    hp_code rc = load_classes(c, &list, err);
    if (own) hp_sqlite_attempt(c, HP_STR("COMMIT"));
    if (rc != HP_OK) return rc;
    *out = list.items;
    *count = list.count;
    return HP_OK;
}

hp_sqlite_table *hp_sqlite_catalog_table(const hp_sqlite_catalog *c, hp_str class_name)
{
    return hp_map_get(c->by_class, class_name);
}

const hp_sqlite_column *hp_sqlite_table_column(const hp_sqlite_table *t, hp_str field_name)
{
    return hp_map_get(t->by_name, field_name);
}

hp_sqlite_table *hp_sqlite_catalog_join(const hp_sqlite_catalog *c, hp_str class_name)
{
    static const hp_field LINK[] = { { .name = HP_STR_INIT("owningId"), .type = HP_T_STRING },
                                     { .name = HP_STR_INIT("relatedId"), .type = HP_T_STRING } };
    enum { LINK_COUNT = sizeof LINK / sizeof *LINK };
    hp_str rest = class_name, prefix, field;
    bool named =
        hp_str_split(&rest, ':', &prefix) && hp_str_eq(prefix, HP_STR("_Join")) && hp_str_split(&rest, ':', &field);
    const hp_sqlite_table *owner = named ? hp_sqlite_catalog_table(c, rest) : NULL;
    const hp_sqlite_column *relation = owner != NULL ? hp_sqlite_table_column(owner, field) : NULL;
    if (relation == NULL || !hp_sqlite_is_relation(relation)) return NULL;

    hp_arena *mem = hp_arena_new();
    hp_sqlite_table *t = HP_NEW(mem, hp_sqlite_table);
    atomic_init(&t->refs, 1);
    t->mem = mem;
    t->join = true;
    t->name = hp_arena_str(mem, relation->column);
    t->sql = hp_sqlite_quote(mem, t->name);
    t->cls = HP_NEW(mem, hp_class);
    t->cls->name = hp_arena_str(mem, class_name);
    t->columns = HP_NEW_ARRAY(mem, hp_sqlite_column, HP_SQLITE_SYSTEM_COLUMNS + LINK_COUNT);
    t->by_name = hp_map_new(mem);
    add_system_columns(t); /* every table has them in these places; here they are never read */
    for (size_t i = 0; i < LINK_COUNT; i++) add_column(t, &LINK[i], LINK[i].name);
    return t;
}

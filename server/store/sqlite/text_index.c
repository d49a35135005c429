#include "store/sqlite/text_index.h"

#include "query/text_search.h"
#include "store/sqlite/names.h"

/* ---- the tokenizer ---- */

static int words_create(void *context, const char **args, int count, Fts5Tokenizer **out)
{
    (void)context, (void)args, (void)count;
    *out = (Fts5Tokenizer *)hp_words_new(&HP_WORDS_INDEXED);
    return *out == NULL ? SQLITE_NOMEM : SQLITE_OK;
}

static void words_delete(Fts5Tokenizer *t) { hp_words_free((hp_words *)t); }

typedef struct token_sink {
    void *context;
    int (*token)(void *context, int flags, const char *word, int len, int start, int end);
    int rc;
} token_sink;

static bool pass_on(void *arg, hp_str word, size_t start, size_t end)
{
    token_sink *sink = arg;
    sink->rc = sink->token(sink->context, 0, word.ptr, (int)word.len, (int)start, (int)end);
    return sink->rc == SQLITE_OK;
}

/* The words of a search have been made already: they are taken as they are. */
static int words_tokenize(Fts5Tokenizer *t, void *context, int flags, const char *text, int len,
                          int (*token)(void *, int, const char *, int, int, int))
{
    token_sink sink = { context, token, SQLITE_OK };
    if (flags & FTS5_TOKENIZE_QUERY) return token(context, 0, text, len, 0, len);
    hp_words_each((hp_words *)t, (hp_str){ text == NULL ? "" : text, (size_t)len }, pass_on, &sink);
    return sink.rc;
}

int hp_sqlite_text_register(sqlite3 *db)
{
    static fts5_tokenizer words = { words_create, words_delete, words_tokenize };
    fts5_api *api = NULL;
    sqlite3_stmt *stmt;
    int rc = sqlite3_prepare_v2(db, "SELECT fts5(?)", -1, &stmt, NULL);
    if (rc != SQLITE_OK) return rc;
    rc = sqlite3_bind_pointer(stmt, 1, &api, "fts5_api_ptr", NULL);
    if (rc == SQLITE_OK) (void)sqlite3_step(stmt); /* its result is the pointer, its failure a NULL */
    (void)sqlite3_finalize(stmt);                  /* repeats the error of the step */
    if (rc == SQLITE_OK && api == NULL) rc = SQLITE_ERROR;
    return rc == SQLITE_OK ? api->xCreateTokenizer(api, "hp_words", NULL, &words, NULL) : rc;
}

/* ---- which fields ---- */

static bool is_text_member(const hp_member *m) { return hp_str_eq(hp_text(&m->value), HP_STR("text")); }

bool hp_sqlite_text_is(const hp_value *fields)
{
    for (uint32_t i = 0; hp_is(fields, HP_OBJECT) && i < fields->object.count; i++)
        if (is_text_member(&fields->object.items[i])) return true;
    return false;
}

/* The columns of an index, in its order; those of its fields that are not searched by words do not count. */
static size_t columns_of(const hp_sqlite_table *t, const hp_value *fields, const hp_sqlite_column **out)
{
    size_t count = 0;
    for (uint32_t i = 0; i < fields->object.count; i++)
        if (is_text_member(&fields->object.items[i]))
            out[count++] = hp_sqlite_table_column(t, fields->object.items[i].key);
    return count;
}

/* ---- the table ---- */

/* Appends the names of its columns: c0, c1, … */
static void name_columns(hp_buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++) hp_buf_printf(out, "%sc%zu", i == 0 ? "" : ", ", i);
}

static hp_code check_columns(const hp_sqlite_column *const *columns, size_t count, hp_err *err)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i] == NULL || columns[i]->field->type != HP_T_STRING)
            return hp_fail(err, HP_E_INVALID_QUERY, "A text index needs fields of type String.");
    return HP_OK;
}

/* Appends "INSERT INTO fts(…) SELECT … FROM table": with `command` 'delete' it takes the words of the rows out again. */
static void select_into(hp_sql *s, const hp_sqlite_table *t, hp_str name, const hp_sqlite_column *const *columns,
                        size_t count, bool remove)
{
    hp_str quoted = hp_sqlite_quote(s->mem, name);
    hp_sql_lit(s, "INSERT INTO ");
    hp_sql_name(s, quoted);
    hp_sql_lit(s, "(");
    if (remove) hp_sql_name(s, quoted);
    if (remove) hp_sql_lit(s, ", ");
    hp_sql_lit(s, "rowid, ");
    name_columns(s->text, count);
    hp_sql_lit(s, ") SELECT ");
    if (remove) hp_sql_lit(s, "'delete', ");
    hp_sql_lit(s, "\"_seq\"");
    for (size_t i = 0; i < count; i++) {
        hp_sql_lit(s, ", ");
        hp_sql_name(s, columns[i]->sql);
    }
    hp_sql_lit(s, " FROM ");
    hp_sql_name(s, t->sql);
}

static hp_code fill(hp_sqlite_conn *c, const hp_sqlite_table *t, hp_str name, const hp_sqlite_column *const *columns,
                    size_t count, hp_arena *mem, hp_err *err)
{
    hp_sql sql;
    hp_sql_begin(&sql, c, mem);
    select_into(&sql, t, name, columns, count, false);
    return hp_sql_run(&sql, NULL, err);
}

hp_code hp_sqlite_text_create(hp_sqlite_conn *c, const hp_sqlite_table *t, hp_str name, const hp_value *fields,
                              hp_arena *mem, hp_err *err)
{
    const hp_sqlite_column **columns = HP_NEW_ARRAY(mem, const hp_sqlite_column *, fields->object.count);
    size_t count = columns_of(t, fields, columns);
    hp_str quoted = hp_sqlite_quote(mem, name);
    hp_buf text;

    HP_TRY(check_columns(columns, count, err));
    hp_buf_init(&text, 64 * 1024);
    hp_buf_printf(&text, "CREATE VIRTUAL TABLE %" HP_STR_FMT " USING fts5(", HP_STR_ARG(quoted));
    name_columns(&text, count);
    hp_buf_add_lit(&text, ", content='', detail=column, columnsize=0, tokenize='hp_words')");
    hp_buf_add_char(&text, '\0');
    hp_code rc = text.overflow ? hp_fail(err, HP_E_INVALID_QUERY, "The index has too many fields.")
                               : hp_sqlite_change_schema(c, text.ptr, err);
    hp_buf_done(&text);
    return rc == HP_OK ? fill(c, t, name, columns, count, mem, err) : rc;
}

hp_code hp_sqlite_text_drop(hp_sqlite_conn *c, hp_str name, hp_arena *mem, hp_err *err)
{
    hp_str quoted = hp_sqlite_quote(mem, name);
    hp_str text = hp_arena_printf(mem, "DROP TABLE %" HP_STR_FMT, HP_STR_ARG(quoted));
    return hp_sqlite_change_schema(c, text.ptr, err);
}

/* ---- in step with the rows ---- */

typedef struct change {
    hp_sqlite_conn *c;
    const hp_sqlite_table *t;
    const bool *touched;
    hp_sqlite_text_where where;
    const void *arg;
    bool remove;
} change;

static bool concerns(const change *ch, const hp_sqlite_column *const *columns, size_t count)
{
    bool any = ch->touched == NULL;
    for (size_t i = 0; i < count; i++) any = any || ch->touched[columns[i]->at];
    return any;
}

static hp_code apply(const change *ch, hp_arena *mem, hp_err *err)
{
    for (size_t i = 0; i < ch->t->index_count; i++) {
        const hp_sqlite_index *index = &ch->t->indexes[i];
        hp_sql sql;
        if (!index->text) continue;
        const hp_sqlite_column **columns = HP_NEW_ARRAY(mem, const hp_sqlite_column *, index->fields->object.count);
        size_t count = columns_of(ch->t, index->fields, columns);
        if (!concerns(ch, columns, count)) continue;
        hp_sql_begin(&sql, ch->c, mem);
        select_into(&sql, ch->t, index->sql_name, columns, count, ch->remove);
        ch->where(&sql, ch->arg);
        HP_TRY(hp_sql_run(&sql, NULL, err));
    }
    return HP_OK;
}

hp_code hp_sqlite_text_remove(hp_sqlite_conn *c, const hp_sqlite_table *t, const bool *touched,
                              hp_sqlite_text_where where, const void *arg, hp_arena *mem, hp_err *err)
{
    const change ch = { c, t, touched, where, arg, true };
    return apply(&ch, mem, err);
}

hp_code hp_sqlite_text_add(hp_sqlite_conn *c, const hp_sqlite_table *t, const bool *touched, hp_sqlite_text_where where,
                           const void *arg, hp_arena *mem, hp_err *err)
{
    const change ch = { c, t, touched, where, arg, false };
    return apply(&ch, mem, err);
}

static hp_code rebuild_one(hp_sqlite_conn *c, const hp_sqlite_table *t, const hp_sqlite_index *index, hp_arena *mem,
                           hp_err *err)
{
    HP_TRY(hp_sqlite_text_drop(c, index->sql_name, mem, err));
    return hp_sqlite_text_create(c, t, index->sql_name, index->fields, mem, err);
}

hp_code hp_sqlite_text_rebuild(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, hp_arena *mem, hp_err *err)
{
    for (size_t i = 0; i < catalog->count; i++) {
        const hp_sqlite_table *t = catalog->tables[i];
        for (size_t k = 0; k < t->index_count; k++)
            if (t->indexes[k].text) HP_TRY(rebuild_one(c, t, &t->indexes[k], mem, err));
    }
    return HP_OK;
}

/* ---- asking it ---- */

/* The index that has the column, and as which of its columns. */
static const hp_sqlite_index *index_of(const hp_sqlite_table *t, const hp_sqlite_column *column, hp_arena *mem,
                                       size_t *at)
{
    for (size_t i = 0; i < t->index_count; i++) {
        const hp_sqlite_index *index = &t->indexes[i];
        if (!index->text) continue;
        const hp_sqlite_column **columns = HP_NEW_ARRAY(mem, const hp_sqlite_column *, index->fields->object.count);
        size_t count = columns_of(t, index->fields, columns);
        for (*at = 0; *at < count; (*at)++)
            if (columns[*at] == column) return index;
    }
    return NULL;
}

void hp_sqlite_text_narrow(hp_sql *s, const hp_sqlite_table *t, const hp_sqlite_column *column, const hp_filter *leaf)
{
    const hp_str *words;
    size_t count, at = 0;

    if (leaf->path.segment_count > 0 || !hp_text_search_indexed(leaf->text, &words, &count)) return;
    const hp_sqlite_index *index = index_of(t, column, s->mem, &at);
    if (index == NULL || count == 0) return;
    hp_str match = hp_arena_printf(s->mem, "{c%zu} : (", at);
    for (size_t i = 0; i < count; i++) /* a word has letters, digits, _ and apostrophes: nothing to escape */
        match = hp_arena_printf(s->mem, "%" HP_STR_FMT "%s\"%" HP_STR_FMT "\"", HP_STR_ARG(match), i == 0 ? "" : " OR ",
                                HP_STR_ARG(words[i]));
    hp_str quoted = hp_sqlite_quote(s->mem, index->sql_name);
    hp_sql_lit(s, "\"_seq\" IN (SELECT rowid FROM ");
    hp_sql_name(s, quoted);
    hp_sql_lit(s, " WHERE ");
    hp_sql_name(s, quoted);
    hp_sql_lit(s, " MATCH ?) AND ");
    hp_sql_bind_text(s, hp_arena_printf(s->mem, "%" HP_STR_FMT ")", HP_STR_ARG(match)));
}

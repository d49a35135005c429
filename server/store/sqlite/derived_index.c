#include "store/sqlite/derived_index.h"

#include "store/sqlite/functions.h"
#include "store/sqlite/names.h"
#include "store/sqlite/sql.h"
#include "store/sqlite/text_index.h"
#include "query/text_words.h"

static hp_code rebuild_folded(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, hp_arena *mem, hp_err *err)
{
    for (size_t i = 0; i < catalog->count; i++) {
        const hp_sqlite_table *t = catalog->tables[i];
        for (size_t k = 0; k < t->index_count; k++) {
            if (!t->indexes[k].nocase) continue;
            hp_str name = hp_sqlite_quote(mem, t->indexes[k].sql_name);
            hp_str text = hp_arena_printf(mem, "REINDEX %" HP_STR_FMT, HP_STR_ARG(name));
            if (hp_sqlite_change_schema(c, text.ptr, err) == HP_OK) continue;
            if (!hp_sqlite_is_conflict(c)) return err->code;
            return hp_fail(err, HP_E_INTERNAL,
                           "Two values of index %" HP_STR_FMT " of class %" HP_STR_FMT
                           " differ in case only by the rules of this version's Unicode tables.",
                           HP_STR_ARG(t->indexes[k].name), HP_STR_ARG(t->cls->name));
        }
    }
    return HP_OK;
}

static hp_str fold_version(hp_arena *mem)
{
    (void)mem;
    return hp_str_of(hp_sqlite_fold_version());
}

static const struct derived {
    hp_str name; /* in _META */
    hp_str (*version)(hp_arena *mem);
    hp_code (*rebuild)(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, hp_arena *mem, hp_err *err);
} DERIVED[] = {
    { HP_STR_INIT("foldVersion"), fold_version, rebuild_folded },
    { HP_STR_INIT("textVersion"), hp_words_version, hp_sqlite_text_rebuild },
};
enum { DERIVED_COUNT = sizeof DERIVED / sizeof *DERIVED };

static hp_code ensure(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, hp_arena *mem, hp_err *err)
{
    for (size_t i = 0; i < DERIVED_COUNT; i++) {
        const struct derived *d = &DERIVED[i];
        hp_str version = d->version(mem);
        int64_t changed = 0;
        hp_sql sql;

        hp_sql_begin(&sql, c, mem);
        hp_sql_lit(&sql, "UPDATE \"_META\" SET \"value\" = ? WHERE \"name\" = ? AND \"value\" IS NOT ?");
        hp_sql_bind_text(&sql, version);
        hp_sql_bind_text(&sql, d->name);
        hp_sql_bind_text(&sql, version);
        HP_TRY(hp_sql_run(&sql, &changed, err));
        if (changed > 0) HP_TRY(d->rebuild(c, catalog, mem, err));
    }
    return HP_OK;
}

static hp_code is_current(hp_sqlite_conn *c, hp_arena *mem, bool *out, hp_err *err)
{
    *out = true;
    for (size_t i = 0; i < DERIVED_COUNT && *out; i++) {
        hp_sqlite_stmt *s;
        hp_sql sql;
        hp_sql_begin(&sql, c, mem);
        hp_sql_lit(&sql, "SELECT 1 FROM \"_META\" WHERE \"name\" = ? AND \"value\" IS ?");
        hp_sql_bind_text(&sql, DERIVED[i].name);
        hp_sql_bind_text(&sql, DERIVED[i].version(mem));
        HP_TRY(hp_sql_prepare(&sql, &s, err));
        HP_TRY(hp_sqlite_step(c, s, out, err));
        if (*out) hp_sqlite_reset(s);
    }
    return HP_OK;
}

hp_code hp_sqlite_derived_ensure(hp_sqlite_conn *c, const hp_sqlite_catalog *catalog, hp_err *err)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    bool current;
    HP_TRY(is_current(c, mem, &current, err));
    if (current) return HP_OK;
    HP_TRY(hp_sqlite_run(c, HP_STR("BEGIN IMMEDIATE"), err));
    hp_code rc = ensure(c, catalog, mem, err);
    if (rc == HP_OK) return hp_sqlite_run(c, HP_STR("COMMIT"), err);
    hp_sqlite_attempt(c, HP_STR("ROLLBACK")); /* the first error counts */
    return rc;
}

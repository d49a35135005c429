/* A connection: hardened, its statements few, its helpers exact. */
#include "sqlite_fixture.h"

#include <malloc.h>

#include "base/gate.h"
#include "base/limits.h"
#include "base/thread.h"
#include "store/sqlite/acl_text.h"
#include "store/sqlite/conn.h"
#include "store/sqlite/names.h"
#include "store/sqlite/pool.h"

static hp_sqlite_conn *open_conn(const fixture *f, hp_sqlite_role role)
{
    hp_sqlite_conn *c;
    hp_err err = { 0 };
    if (hp_sqlite_conn_open(f->path, role, hp_clock_system(), &c, &err) != HP_OK) fail_msg("%s", err.detail);
    hp_sqlite_conn_lock_down(c, role);
    return c;
}

static void what_no_statement_of_ours_needs_is_refused(void **state)
{
    fixture *f = *state;
    hp_store_close(open_store(f));
    const struct {
        const char *sql;
        bool writer_may;
    } cases[] = {
        { "ATTACH ':memory:' AS x", false },
        { "PRAGMA journal_mode = DELETE", false },
        { "PRAGMA writable_schema = 1", false },
        { "SELECT load_extension('x')", false },
        { "SELECT \"nosuch\" FROM _META", false }, /* a name in double quotes is never a text */
        { "SELECT nosuch('x')", false },
        { "CREATE TEMP TABLE t (x)", false },
        { "CREATE VIEW v AS SELECT 1", false },
        { "CREATE TRIGGER t AFTER INSERT ON _META BEGIN SELECT 1; END", false },
        { "CREATE VIRTUAL TABLE t USING hp_list", false },
        { "UPDATE sqlite_master SET sql = ''", false },
        { "CREATE TABLE t (x)", true },
        { "INSERT INTO t VALUES (1)", true },
        { "SELECT hex(randomblob(1000000000))", false }, /* longer than any value may be */
        { "DELETE FROM t", true },
        { "DROP TABLE t", true },
    };
    hp_sqlite_conn *writer = open_conn(f, HP_SQLITE_WRITER), *reader = open_conn(f, HP_SQLITE_READER);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_err err = { 0 };
        if ((hp_sqlite_run(writer, hp_str_of(cases[i].sql), &err) == HP_OK) != cases[i].writer_may)
            fail_msg("writer: %s: %s", cases[i].sql, err.detail);
        if (hp_sqlite_run(reader, hp_str_of(cases[i].sql), &err) == HP_OK) fail_msg("reader: %s", cases[i].sql);
        assert_null(strstr(err.msg, "sqlite"));
    }
    hp_sqlite_conn_close(reader);
    hp_sqlite_conn_close(writer);
}

static void a_reader_can_count_but_call_nothing_else(void **state)
{
    fixture *f = *state;
    hp_err err = { 0 };
    int64_t n;
    hp_store_close(open_store(f));
    hp_sqlite_conn *reader = open_conn(f, HP_SQLITE_READER);
    assert_int_equal(hp_sqlite_integer(reader, HP_STR("SELECT count(*) FROM _SCHEMA"), -1, &n, &err), HP_OK);
    assert_int_equal(n, 0);
    assert_int_equal(hp_sqlite_integer(reader, HP_STR("SELECT sum(1) FROM _SCHEMA"), -1, &n, &err), HP_E_INTERNAL);
    hp_sqlite_conn_close(reader);
}

static void the_statement_cache_is_bounded_and_keeps_the_used_ones(void **state)
{
    fixture *f = *state;
    hp_err err = { 0 };
    hp_store_close(open_store(f));
    hp_sqlite_conn *c = open_conn(f, HP_SQLITE_READER);
    hp_sqlite_stmt *kept, *again;
    assert_int_equal(hp_sqlite_prepare(c, HP_STR("SELECT 1"), &kept, &err), HP_OK);
    for (int i = 0; i < 1000; i++) {
        hp_sqlite_stmt *s;
        assert_int_equal(hp_sqlite_prepare(c, hp_arena_printf(f->mem, "SELECT %d, 2", i), &s, &err), HP_OK);
        assert_int_equal(hp_sqlite_prepare(c, HP_STR("SELECT 1"), &again, &err), HP_OK);
        assert_ptr_equal(again, kept);
    }
    assert_true(hp_map_count(c->statements) < 200);
    hp_sqlite_conn_close(c);
}

static void a_reader_that_is_lent_is_not_lent_again_and_few_are_kept(void **state)
{
    fixture *f = *state;
    enum { ALL = 1 + 1 + HP_LONG_READS_WAITING_MAX };
    hp_err err = { 0 };
    hp_sqlite_pool pool;
    hp_sqlite_conn *lent[ALL], *one;
    hp_store_close(open_store(f));
    hp_sqlite_pool_init(&pool, f->path, 1, 1, hp_clock_system());
    for (size_t i = 0; i < ALL; i++) {
        assert_int_equal(hp_sqlite_pool_take(&pool, 10, &lent[i], &err), HP_OK);
        for (size_t k = 0; k < i; k++) assert_ptr_not_equal(lent[i], lent[k]);
    }
    assert_int_equal(hp_sqlite_pool_take(&pool, 10, &one, &err), HP_E_TIMEOUT);
    hp_sqlite_pool_give(&pool, lent[7]);
    assert_int_equal(hp_sqlite_pool_take(&pool, 10, &one, &err), HP_OK);
    assert_ptr_equal(one, lent[7]);
    for (size_t i = 0; i < ALL; i++) hp_sqlite_pool_give(&pool, lent[i]);
    assert_int_equal(pool.opened, 1);
    hp_sqlite_pool_done(&pool);
}

/* In the place of the C library's. */
static int given_back;
int malloc_trim(size_t pad)
{
    (void)pad;
    return ++given_back;
}

static void read_at_once(hp_sqlite_pool *pool, size_t count, bool for_long)
{
    hp_err err = { 0 };
    hp_sqlite_conn *lent[1 + HP_LONG_READS_WAITING_MAX];
    for (size_t i = 0; i < count; i++) assert_int_equal(hp_sqlite_pool_take(pool, 10, &lent[i], &err), HP_OK);
    for (size_t i = 0; i < count; i++) {
        if (for_long) { /* as a statement does that has gone on for a while */
            hp_thread_wait_begin();
            lent[i]->has_place = hp_gate_enter(pool->long_reads, INT64_MAX);
            assert_true(lent[i]->has_place);
        }
        hp_sqlite_pool_give(pool, lent[i]);
    }
}

static void the_memory_of_a_burst_of_long_reads_is_given_back_once_when_it_is_over(void **state)
{
    fixture *f = *state;
    hp_sqlite_pool pool;
    hp_store_close(open_store(f));
    hp_sqlite_pool_init(&pool, f->path, 2, 1, hp_clock_system());
    given_back = 0;
    for (int i = 0; i < 5; i++) read_at_once(&pool, 40, false); /* busy, and no more */
    read_at_once(&pool, 4, true);
    assert_int_equal(given_back, 0);
    for (int burst = 1; burst <= 2; burst++) {
        read_at_once(&pool, 40, true);
        read_at_once(&pool, 40, false);
        assert_int_equal(given_back, burst);
    }
    hp_sqlite_pool_done(&pool);
}

/* ---- ACL columns ---- */

static void acl_texts_come_back_and_others_are_refused(void **state)
{
    fixture *f = *state;
    const hp_str names[] = { HP_STR_INIT("*"), HP_STR_INIT("role:a\"b\\c"), HP_STR_INIT(""), HP_STR_INIT("n\0l") };
    const char *bad[] = { "",    "[",        "]",         "[\"a\"",   "[\"a]",   "[\"a\\\"]",
                          "[a]", "[\"a\",]", "{\"a\":1}", "[\"a\"]x", "[\"a\" ]" };
    hp_str *read;
    size_t count;
    for (size_t n = 0; n <= 4; n++) {
        hp_str text = hp_acl_text_write(f->mem, names, n);
        assert_true(hp_acl_text_read(f->mem, text, &read, &count));
        assert_int_equal(count, n);
        for (size_t i = 0; i < n; i++) assert_true(hp_str_eq(read[i], names[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (hp_acl_text_read(f->mem, hp_str_of(bad[i]), &read, &count)) fail_msg("accepted: %s", bad[i]);
}

/* ---- names ---- */

static hp_code taken_names(void *arg, hp_str name, bool *out, hp_err *err)
{
    (void)err;
    *out = false;
    for (const char *const *n = arg; *n != NULL; n++) *out = *out || hp_str_eq_nocase(name, hp_str_of(*n));
    return HP_OK;
}

static void free_names_differ_without_regard_to_case(void **state)
{
    fixture *f = *state;
    const char *taken[] = { "foo", "FOO:2", "class:sqlite_x", NULL };
    hp_err err = { 0 };
    const struct {
        const char *wanted, *got;
    } cases[] = {
        { "Foo", "Foo:3" }, { "bar", "bar" }, { "sqlite_y", "class:sqlite_y" }, { "SQLITE_X", "class:SQLITE_X:2" }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_str name;
        assert_int_equal(hp_sqlite_free_name(f->mem, hp_str_of(cases[i].wanted), taken_names, taken, &name, &err),
                         HP_OK);
        assert_string_equal(name.ptr, cases[i].got);
    }
    assert_true(hp_str_eq(hp_sqlite_quote(f->mem, HP_STR("a\"b")), HP_STR("\"a\"\"b\"")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(what_no_statement_of_ours_needs_is_refused),
        fixture_test(a_reader_can_count_but_call_nothing_else),
        fixture_test(the_statement_cache_is_bounded_and_keeps_the_used_ones),
        fixture_test(a_reader_that_is_lent_is_not_lent_again_and_few_are_kept),
        fixture_test(the_memory_of_a_burst_of_long_reads_is_given_back_once_when_it_is_over),
        fixture_test(acl_texts_come_back_and_others_are_refused),
        fixture_test(free_names_differ_without_regard_to_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

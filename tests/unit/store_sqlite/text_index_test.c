/* What is in a text index: exactly the words of the rows. A search cannot show it, because the matcher looks at every row
 * that the index proposes; so the index itself is asked. */
#include "sqlite_fixture.h"

#include "store/sqlite/conn.h"

static hp_sqlite_conn *open_conn(const fixture *f)
{
    hp_sqlite_conn *conn;
    hp_err err = { 0 };
    if (hp_sqlite_conn_open(f->path, HP_SQLITE_WRITER, hp_clock_system(), &conn, &err) != HP_OK)
        fail_msg("%s", err.detail);
    return conn;
}

/* How many rows the index proposes for a word. */
static int64_t proposed(fixture *f, const char *word)
{
    hp_sqlite_conn *conn = open_conn(f);
    hp_str sql = hp_arena_printf(f->mem,
                                 "SELECT count(*) FROM \"Thing:index:words\" WHERE \"Thing:index:words\" MATCH "
                                 "'{c0} : \"%s\"'",
                                 word);
    int64_t count = -1;
    hp_err err = { 0 };
    if (hp_sqlite_integer(conn, sql, -1, &count, &err) != HP_OK) fail_msg("%s", err.detail);
    hp_sqlite_conn_close(conn);
    return count;
}

/* t0, t1, t2 with the texts "name 0", "name 1", "name 2", and an index over them. */
static hp_store *open_indexed(fixture *f, const hp_class *c)
{
    hp_store *store = open_with_things(f, &(hp_sqlite_options){ .path = hp_str_of(f->path) }, c, 3);
    must_write(store,
               (hp_unit_op){ .kind = HP_UNIT_SET_INDEX,
                             .class_name = c->name,
                             .index_name = HP_STR("words"),
                             .index_fields = test_json(f->mem, "{\"s\":\"text\"}") },
               f->mem);
    return store;
}

static void change(hp_store *store, fixture *f, const hp_class *c, const char *id, const char *field, hp_value v)
{
    const hp_change changes[] = { { { hp_class_field(c, hp_str_of(field)), NULL, 0 }, HP_OP_SET, v } };
    must_write(store,
               (hp_unit_op){ .kind = HP_UNIT_UPDATE,
                             .cls = c,
                             .object_id = hp_str_of(id),
                             .writable_by = { .unrestricted = true },
                             .changes = changes,
                             .change_count = 1 },
               f->mem);
}

static void old_words_go_and_new_ones_come(void **state)
{
    fixture *f = *state;
    hp_class *c = thing_class(f);
    hp_err err = { 0 };
    hp_store *store = open_indexed(f, c);
    assert_int_equal(proposed(f, "name"), 3);
    change(store, f, c, "t1", "s", hp_string(HP_STR("milk")));
    change(store, f, c, "t0", "n", hp_number(7)); /* not in the index */
    assert_int_equal(proposed(f, "name"), 2);
    assert_int_equal(proposed(f, "milk"), 1);
    change(store, f, c, "t1", "s", hp_null());
    assert_int_equal(proposed(f, "milk"), 0);
    must_write(
        store,
        (hp_unit_op){
            .kind = HP_UNIT_DELETE, .cls = c, .object_id = HP_STR("t0"), .writable_by = { .unrestricted = true } },
        f->mem);
    assert_int_equal(proposed(f, "name"), 1);
    assert_int_equal(add_thing(store, c, f->mem, HP_STR("t9"), 9, HP_STR("names"), &err), HP_OK);
    assert_int_equal(proposed(f, "name"), 2);
    must_write(store, (hp_unit_op){ .kind = HP_UNIT_DELETE_WHERE, .cls = c }, f->mem);
    assert_int_equal(proposed(f, "name"), 0);
    hp_store_close(store);
}

static void an_index_of_other_words_is_built_anew(void **state)
{
    fixture *f = *state;
    hp_class *c = thing_class(f);
    hp_err err = { 0 };
    hp_store_close(open_indexed(f, c));

    hp_sqlite_conn *conn = open_conn(f);
    const char *empty = "INSERT INTO \"Thing:index:words\" (\"Thing:index:words\") VALUES ('delete-all')";
    if (hp_sqlite_change_schema(conn, empty, &err) != HP_OK) fail_msg("%s", err.detail);
    hp_sqlite_conn_close(conn);
    hp_store_close(open_store(f));
    assert_int_equal(proposed(f, "name"), 0); /* the words are this program's: nothing to do */

    outside(f, "UPDATE _META SET value = 'of another program' WHERE name = 'textVersion'");
    hp_store_close(open_store(f));
    assert_int_equal(proposed(f, "name"), 3);
    assert_int_equal(outside_integer(f->path, "SELECT count(*) FROM _META WHERE name = 'textVersion' AND value LIKE "
                                              "'% relat %'"),
                     1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(old_words_go_and_new_ones_come),
        fixture_test(an_index_of_other_words_is_built_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

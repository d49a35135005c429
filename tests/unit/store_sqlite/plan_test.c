/* Conditions that an index can answer read no other row: seen in SQLite's own counters. */
#include "sqlite_fixture.h"

#include "query/where.h"
#include "store/sqlite/read.h"

enum { OBJECTS = 500 };

static hp_filter *filter_from(fixture *f, const hp_class *c, const char *where)
{
    const hp_where_rules rules = { .allow_regex = true, .depth_max = 10 };
    hp_filter *filter = NULL;
    hp_err err = { 0 };
    if (hp_where_parse(c, test_json(f->mem, where), &rules, f->mem, &filter, &err) != HP_OK) fail_msg("%s", err.msg);
    return filter;
}

typedef struct effort {
    int scanned, sorted; /* rows read by a full scan; sorts */
} effort;

static effort run(fixture *f, hp_sqlite_conn *conn, const hp_sqlite_catalog *catalog, const hp_query *q, size_t *found)
{
    hp_rows rows = { 0 };
    hp_err err = { 0 };
    effort e = { 0, 0 };
    if (hp_sqlite_find(conn, catalog, q, f->mem, &rows, NULL, &err) != HP_OK) fail_msg("%s", err.detail);
    for (hp_sqlite_stmt *s = conn->newest; s != NULL; s = s->older) {
        e.scanned += sqlite3_stmt_status(s->handle, SQLITE_STMTSTATUS_FULLSCAN_STEP, 1);
        e.sorted += sqlite3_stmt_status(s->handle, SQLITE_STMTSTATUS_SORT, 1);
    }
    *found = rows.count;
    return e;
}

static void indexed_conditions_do_not_scan(void **state)
{
    fixture *f = *state;
    hp_class *c = thing_class(f);
    hp_err err = { 0 };
    hp_store *store = open_with_things(f, &(hp_sqlite_options){ .path = hp_str_of(f->path) }, c, OBJECTS);
    hp_str many = HP_STR("{\"objectId\":{\"$in\":[\"t0\"");
    for (int i = 1; i < 100; i++) many = hp_arena_printf(f->mem, "%" HP_STR_FMT ",\"t%d\"", HP_STR_ARG(many), i);
    many = hp_arena_printf(f->mem, "%" HP_STR_FMT "]}}", HP_STR_ARG(many));
    must_write(store,
               (hp_unit_op){ .kind = HP_UNIT_SET_INDEX,
                             .class_name = c->name,
                             .index_name = HP_STR("n"),
                             .index_fields = test_json(f->mem, "{\"n\":1}") },
               f->mem);
    must_write(store,
               (hp_unit_op){ .kind = HP_UNIT_SET_INDEX,
                             .class_name = c->name,
                             .index_name = HP_STR("s"),
                             .index_fields = test_json(f->mem, "{\"s\":1}") },
               f->mem);
    hp_store_close(store);

    const struct {
        const char *where;
        size_t found;
        bool scans;
    } cases[] = {
        { "{\"objectId\":\"t7\"}", 1, false },
        { "{\"objectId\":{\"$in\":[\"t7\",\"t8\",\"none\"]}}", 2, false },
        { many.ptr, 100, false },
        { "{\"n\":7}", 1, false },
        { "{\"n\":{\"$gte\":10,\"$lt\":20}}", 10, false },
        { "{\"n\":{\"$in\":[1,2,3]},\"s\":\"name 2\"}", 1, false },
        { "{\"n\":null}", 0, false },
        { "{\"$or\":[{\"n\":5},{\"s\":\"name 6\"}]}", 2, false },
        { "{\"s\":{\"$regex\":\"^\\\\Qname 49\\\\E\"}}", 11, false },
        { "{\"s\":{\"$regex\":\"^name 49[0-9]$\"}}", 10, true }, /* the counter does count */
    };
    hp_sqlite_conn *conn;
    hp_sqlite_catalog *catalog;
    assert_int_equal(hp_sqlite_conn_open(f->path, HP_SQLITE_READER, hp_clock_system(), &conn, &err), HP_OK);
    hp_sqlite_conn_lock_down(conn, HP_SQLITE_READER);
    assert_int_equal(hp_sqlite_catalog_load(conn, &catalog, &err), HP_OK);
    hp_query q = master_query(c);
    size_t found;
    effort e = run(f, conn, catalog, &q, &found);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        q.filter = filter_from(f, c, cases[i].where);
        e = run(f, conn, catalog, &q, &found);
        if (found != cases[i].found || (e.scanned > 0) != cases[i].scans)
            fail_msg("%s: found %zu, scanned %d", cases[i].where, found, e.scanned);
    }
    /* the first page in the order of an index reads a page, not the class */
    hp_order order = { { hp_class_field(c, HP_STR("n")), NULL, 0 }, false, NULL };
    q = master_query(c);
    q.order = &order;
    q.order_count = 1;
    q.limit = 10;
    e = run(f, conn, catalog, &q, &found);
    assert_true(found == 10 && e.sorted == 0 && e.scanned < 20);
    hp_sqlite_catalog_unref(catalog);
    hp_sqlite_conn_close(conn);
}

/* Beside the indexes: the strip of a circle is read, and for the whole globe the table. */
static void places_and_words_are_found_by_their_indexes(void **state)
{
    fixture *f = *state;
    hp_err err = { 0 };
    hp_class *c = test_class(f->mem, "{\"className\":\"Place\",\"fields\":{\"objectId\":{\"type\":\"String\"},"
                                     "\"createdAt\":{\"type\":\"Date\"},\"updatedAt\":{\"type\":\"Date\"},"
                                     "\"ACL\":{\"type\":\"ACL\"},\"at\":{\"type\":\"GeoPoint\"},"
                                     "\"t\":{\"type\":\"String\"}}}");
    hp_store *store = open_with(&(hp_sqlite_options){ .path = hp_str_of(f->path) });
    must_write(store, create_op(c), f->mem);
    for (int i = 0; i < 180; i++) {
        const hp_change ch[] = {
            { { hp_class_field(c, HP_STR("at")), NULL, 0 },
              HP_OP_SET,
              { .tag = HP_GEOPOINT, .geopoint = { i - 90, i } } },
            { { hp_class_field(c, HP_STR("t")), NULL, 0 }, HP_OP_SET, hp_string(hp_arena_printf(f->mem, "word%d", i)) }
        };
        must_write(store,
                   (hp_unit_op){ .kind = HP_UNIT_INSERT,
                                 .cls = c,
                                 .object_id = hp_arena_printf(f->mem, "p%d", i),
                                 .changes = ch,
                                 .change_count = 2 },
                   f->mem);
    }
    const char *indexes[] = { "{\"at\":\"2dsphere\"}", "{\"t\":\"text\"}" };
    for (size_t i = 0; i < 2; i++)
        must_write(store,
                   (hp_unit_op){ .kind = HP_UNIT_SET_INDEX,
                                 .class_name = c->name,
                                 .index_name = hp_arena_printf(f->mem, "i%zu", i),
                                 .index_fields = test_json(f->mem, indexes[i]) },
                   f->mem);
    hp_store_close(store);

    const struct {
        const char *where;
        size_t found;
        bool scans;
    } cases[] = {
        { "{\"at\":{\"$nearSphere\":{\"__type\":\"GeoPoint\",\"latitude\":10,\"longitude\":100},"
          "\"$maxDistance\":0.03}}",
          3, false },
        { "{\"at\":{\"$geoWithin\":{\"$polygon\":[[99,9],[101,9],[101,11],[99,11]]}}}", 3, false },
        { "{\"t\":{\"$text\":{\"$search\":{\"$term\":\"word7 word8\"}}}}", 2, false },
        { "{\"at\":{\"$nearSphere\":{\"__type\":\"GeoPoint\",\"latitude\":10,\"longitude\":100}}}", 180, true },
        { "{\"t\":{\"$text\":{\"$search\":{\"$term\":\"word7\",\"$language\":\"none\"}}}}", 1, true },
    };
    hp_sqlite_conn *conn;
    hp_sqlite_catalog *catalog;
    assert_int_equal(hp_sqlite_conn_open(f->path, HP_SQLITE_READER, hp_clock_system(), &conn, &err), HP_OK);
    hp_sqlite_conn_lock_down(conn, HP_SQLITE_READER);
    assert_int_equal(hp_sqlite_catalog_load(conn, &catalog, &err), HP_OK);
    hp_query q = master_query(c);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t found;
        q.filter = filter_from(f, c, cases[i].where);
        effort e = run(f, conn, catalog, &q, &found);
        if (found != cases[i].found || (e.scanned > 0) != cases[i].scans)
            fail_msg("%s: found %zu, scanned %d", cases[i].where, found, e.scanned);
    }
    hp_sqlite_catalog_unref(catalog);
    hp_sqlite_conn_close(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = { fixture_test(indexed_conditions_do_not_scan),
                                        fixture_test(places_and_words_are_found_by_their_indexes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

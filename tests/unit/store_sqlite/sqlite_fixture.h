/* sqlite_fixture.h — a folder with a database file in it, and the file seen from outside. */
#ifndef HP_TEST_SQLITE_FIXTURE_H
#define HP_TEST_SQLITE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/sqlite/sqlite_store.h"
#include "test_class.h"

typedef struct fixture {
    char dir[64], path[96];
    hp_arena *mem;
} fixture;

static inline int fixture_setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/homeport-sqlite-XXXXXX");
    if (mkdtemp(f->dir) == NULL) abort();
    (void)snprintf(f->path, sizeof f->path, "%s/data.db", f->dir);
    f->mem = hp_arena_new();
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    fixture *f = *state;
    char command[128];
    hp_arena_free(f->mem);
    (void)snprintf(command, sizeof command, "rm -rf %s", f->dir);
    int rc = system(command);
    free(f);
    return rc;
}

#define fixture_test(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

static inline hp_store *open_with(const hp_sqlite_options *options)
{
    hp_store *store;
    hp_err err = { 0 };
    if (hp_sqlite_open(options, &store, &err) != HP_OK) fail_msg("open: %s [%s]", err.msg, err.detail);
    return store;
}

static inline hp_store *open_store(const fixture *f)
{
    return open_with(&(hp_sqlite_options){ .path = hp_str_of(f->path) });
}

/* Runs SQL on the file, past the store. */
static inline void outside(const fixture *f, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline int64_t outside_integer(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(stmt, 0);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return n;
}

static inline hp_class *thing_class(fixture *f)
{
    return test_class(f->mem,
                      "{\"className\":\"Thing\",\"fields\":{\"objectId\":{\"type\":\"String\"},"
                      "\"createdAt\":{\"type\":\"Date\"},\"updatedAt\":{\"type\":\"Date\"},\"ACL\":{\"type\":\"ACL\"},"
                      "\"s\":{\"type\":\"String\"},\"n\":{\"type\":\"Number\"},\"a\":{\"type\":\"Array\"}}}");
}

static inline hp_code write_op(hp_store *store, hp_unit_op op, hp_arena *mem, hp_err *err)
{
    hp_unit unit = { .ops = &op, .count = 1 };
    return hp_store_write(store, &unit, mem, err);
}

static inline void must_write(hp_store *store, hp_unit_op op, hp_arena *mem)
{
    hp_err err = { 0 };
    if (write_op(store, op, mem, &err) != HP_OK) fail_msg("write: %s [%s]", err.msg, err.detail);
}

static inline hp_code add_thing(hp_store *store, const hp_class *c, hp_arena *mem, hp_str id, double n, hp_str s,
                                hp_err *err)
{
    hp_change changes[] = { { { hp_class_field(c, HP_STR("n")), NULL, 0 }, HP_OP_SET, hp_number(n) },
                            { { hp_class_field(c, HP_STR("s")), NULL, 0 }, HP_OP_SET, hp_string(s) } };
    return write_op(store,
                    (hp_unit_op){ .kind = HP_UNIT_INSERT,
                                  .cls = c,
                                  .object_id = id,
                                  .changes = changes,
                                  .change_count = 2,
                                  .created_ms = 1,
                                  .updated_ms = 1 },
                    mem, err);
}

static inline hp_unit_op create_op(const hp_class *c)
{
    return (hp_unit_op){ .kind = HP_UNIT_CREATE_CLASS, .cls = c, .class_name = c->name };
}

/* A store with the class Thing and `count` objects t0, t1, … whose n is their number. */
static inline hp_store *open_with_things(fixture *f, const hp_sqlite_options *options, const hp_class *c, int count)
{
    hp_store *store = open_with(options);
    hp_unit unit = { .ops = HP_NEW_ARRAY(f->mem, hp_unit_op, (size_t)count + 1), .count = (size_t)count + 1 };
    hp_err err = { 0 };
    unit.ops[0] = create_op(c);
    for (int i = 0; i < count; i++) {
        hp_change *ch = HP_NEW_ARRAY(f->mem, hp_change, 2);
        ch[0] = (hp_change){ { hp_class_field(c, HP_STR("n")), NULL, 0 }, HP_OP_SET, hp_number(i) };
        ch[1] = (hp_change){ { hp_class_field(c, HP_STR("s")), NULL, 0 },
                             HP_OP_SET,
                             hp_string(hp_arena_printf(f->mem, "name %d", i)) };
        unit.ops[i + 1] = (hp_unit_op){ .kind = HP_UNIT_INSERT,
                                        .cls = c,
                                        .object_id = hp_arena_printf(f->mem, "t%d", i),
                                        .changes = ch,
                                        .change_count = 2,
                                        .created_ms = 1,
                                        .updated_ms = 1 };
    }
    if (hp_store_write(store, &unit, f->mem, &err) != HP_OK) fail_msg("fill: %s [%s]", err.msg, err.detail);
    return store;
}

static inline hp_query master_query(const hp_class *c)
{
    return (hp_query){ .cls = c, .readable_by = { .unrestricted = true }, .limit = -1 };
}

static inline int64_t count_things(hp_store *store, const hp_query *q)
{
    int64_t count;
    hp_err err = { 0 };
    if (hp_store_count(store, q, &count, &err) != HP_OK) fail_msg("count: %s [%s]", err.msg, err.detail);
    return count;
}

#endif

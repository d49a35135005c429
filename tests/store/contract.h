/* contract.h — what the contract tests share: a store in a folder of its own, classes and objects from JSON text.
 *
 * The tests know hp_store only. Which store they run on is the driver file that they are linked with. */
#ifndef HP_TEST_STORE_CONTRACT_H
#define HP_TEST_STORE_CONTRACT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "query/where.h"
#include "store/store.h"
#include "test_class.h"

/* One per driver: opens the store whose data are in `dir`, again after a close. Stops the test program on failure. */
hp_store *contract_open(const char *dir);

typedef struct fixture {
    char dir[64];
    hp_store *store;
    hp_arena *mem;
} fixture;

static inline int contract_setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/homeport-store-XXXXXX");
    if (mkdtemp(f->dir) == NULL) abort();
    f->store = contract_open(f->dir);
    f->mem = hp_arena_new();
    *state = f;
    return 0;
}

static inline int contract_teardown(void **state)
{
    fixture *f = *state;
    char command[128];
    hp_arena_free(f->mem);
    hp_store_close(f->store);
    (void)snprintf(command, sizeof command, "rm -rf %s", f->dir);
    int rc = system(command);
    free(f);
    return rc;
}

static inline void contract_reopen(fixture *f)
{
    hp_store_close(f->store);
    f->store = contract_open(f->dir);
}

#define contract_test(name) cmocka_unit_test_setup_teardown(name, contract_setup, contract_teardown)

#define assert_ok(rc, err)                                                                    \
    do {                                                                                      \
        if ((rc) != HP_OK) fail_msg("%d: %s [%s]", (int)(err).code, (err).msg, (err).detail); \
    } while (0)
#define assert_text(got, want) assert_string_equal(hp_arena_cstr(f->mem, (got)), (want))

/* ---- classes ---- */

/* The four common fields, and what `fields` (members of a JSON object, with a leading comma) adds. */
static inline hp_class *class_from(fixture *f, const char *name, const char *fields)
{
    hp_str text = hp_arena_printf(f->mem,
                                  "{\"className\":\"%s\",\"fields\":{\"objectId\":{\"type\":\"String\"},"
                                  "\"createdAt\":{\"type\":\"Date\"},\"updatedAt\":{\"type\":\"Date\"},"
                                  "\"ACL\":{\"type\":\"ACL\"}%s}}",
                                  name, fields);
    return test_class(f->mem, text.ptr);
}

static inline hp_unit_op create_class_op(const hp_class *c)
{
    return (hp_unit_op){ .kind = HP_UNIT_CREATE_CLASS, .cls = c, .class_name = c->name };
}

/* ---- units ---- */

/* Runs `count` operations; the results are in *unit. */
static inline hp_code run_ops(fixture *f, hp_unit_op *ops, size_t count, hp_unit *unit, hp_err *err)
{
    *unit = (hp_unit){ .ops = ops, .count = count };
    return hp_store_write(f->store, unit, f->mem, err);
}

static inline hp_code run_op(fixture *f, hp_unit_op op, hp_err *err)
{
    hp_unit unit;
    return run_ops(f, &op, 1, &unit, err);
}

/* The same, and it must succeed. */
static inline hp_unit_result must_run(fixture *f, hp_unit_op op)
{
    hp_unit unit;
    hp_err err = { 0 };
    hp_code rc = run_ops(f, &op, 1, &unit, &err);
    assert_ok(rc, err);
    return unit.results[0];
}

static inline hp_class *make_class(fixture *f, const char *name, const char *fields)
{
    hp_class *c = class_from(f, name, fields);
    (void)must_run(f, create_class_op(c));
    return c;
}

static inline hp_path path_to(fixture *f, const hp_class *c, const char *name)
{
    hp_path path = { 0 };
    if (!hp_path_resolve(c, hp_str_of(name), true, f->mem, &path)) path.field = hp_class_field(c, hp_str_of(name));
    if (path.field == NULL) fail_msg("no field %s", name);
    return path;
}

/* One change: "name", operation, operand as JSON. */
static inline hp_change change(fixture *f, const hp_class *c, const char *name, hp_op op, const char *operand)
{
    return (hp_change){ path_to(f, c, name), op, *test_json(f->mem, operand) };
}

/* The object of a JSON text as an INSERT; objectId, createdAt and updatedAt go where they belong. */
static inline hp_unit_op insert_op(fixture *f, const hp_class *c, const char *json)
{
    const hp_value *object = test_json(f->mem, json);
    hp_change *changes = HP_NEW_ARRAY(f->mem, hp_change, object->object.count);
    hp_unit_op op = { .kind = HP_UNIT_INSERT, .cls = c, .changes = changes, .created_ms = 1000, .updated_ms = 1000 };

    for (uint32_t i = 0; i < object->object.count; i++) {
        const hp_member *m = &object->object.items[i];
        if (hp_str_eq(m->key, HP_STR("objectId"))) {
            op.object_id = m->value.string;
        } else if (hp_str_eq(m->key, HP_STR("createdAt"))) {
            op.created_ms = m->value.date.ms;
        } else if (hp_str_eq(m->key, HP_STR("updatedAt"))) {
            op.updated_ms = m->value.date.ms;
        } else {
            changes[op.change_count++] =
                (hp_change){ path_to(f, c, hp_arena_cstr(f->mem, m->key)), HP_OP_SET, m->value };
        }
    }
    return op;
}

static inline void insert(fixture *f, const hp_class *c, const char *json) { (void)must_run(f, insert_op(f, c, json)); }

static inline hp_unit_op update_op(const hp_class *c, const char *id, const hp_change *changes, size_t count)
{
    return (hp_unit_op){ .kind = HP_UNIT_UPDATE,
                         .cls = c,
                         .object_id = hp_str_of(id),
                         .writable_by = { .unrestricted = true },
                         .changes = changes,
                         .change_count = count,
                         .updated_ms = 2000 };
}

static inline hp_unit_op delete_op(const hp_class *c, const char *id)
{
    return (hp_unit_op){
        .kind = HP_UNIT_DELETE, .cls = c, .object_id = hp_str_of(id), .writable_by = { .unrestricted = true }
    };
}

/* ---- reading ---- */

#define CONTRACT_NOW_MS INT64_C(1704844800000)

static inline hp_filter *filter_from(fixture *f, const hp_class *c, const char *where)
{
    const hp_where_rules rules = {
        .allow_regex = true, .internal_names = true, .depth_max = 10, .now_ms = CONTRACT_NOW_MS
    };
    hp_filter *filter = NULL;
    hp_err err = { 0 };
    if (hp_where_parse(c, test_json(f->mem, where), &rules, f->mem, &filter, &err) != HP_OK)
        fail_msg("%s: %s", where, err.msg);
    return filter;
}

/* All objects, seen by the master. */
static inline hp_query query_all(const hp_class *c)
{
    return (hp_query){ .cls = c, .readable_by = { .unrestricted = true }, .limit = -1 };
}

static inline hp_rows find(fixture *f, const hp_query *q)
{
    hp_rows rows;
    hp_err err = { 0 };
    hp_code rc = hp_store_find(f->store, q, f->mem, &rows, &err);
    assert_ok(rc, err);
    return rows;
}

static inline int64_t count_of(fixture *f, const hp_query *q)
{
    int64_t count;
    hp_err err = { 0 };
    hp_code rc = hp_store_count(f->store, q, &count, &err);
    assert_ok(rc, err);
    return count;
}

/* The ids of the rows, in their order, separated by blanks. */
static inline const char *ids_of(fixture *f, hp_rows rows)
{
    hp_str ids = HP_STR("");
    for (size_t i = 0; i < rows.count; i++) {
        hp_str id = hp_object_text(&rows.items[i].fields, HP_STR("objectId"));
        ids = hp_arena_printf(f->mem, "%" HP_STR_FMT "%s%" HP_STR_FMT, HP_STR_ARG(ids), i == 0 ? "" : " ",
                              HP_STR_ARG(id));
    }
    return ids.ptr;
}

static inline const char *ids_where(fixture *f, const hp_class *c, const char *where)
{
    hp_query q = query_all(c);
    q.filter = filter_from(f, c, where);
    return ids_of(f, find(f, &q));
}

/* The fields of one object as JSON, or "" if it is not there. */
static inline const char *object_text(fixture *f, const hp_class *c, const char *id)
{
    hp_query q = query_all(c);
    q.filter = hp_filter_eq(f->mem, hp_class_field(c, HP_STR("objectId")), hp_string(hp_str_of(id)));
    hp_rows rows = find(f, &q);
    return rows.count == 0 ? "" : hp_arena_cstr(f->mem, hp_json_text(f->mem, &rows.items[0].fields));
}

static inline const char *row_text(fixture *f, const hp_row *row)
{
    return hp_arena_cstr(f->mem, hp_json_text(f->mem, &row->fields));
}

#endif

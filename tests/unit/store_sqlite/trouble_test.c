/* When things go wrong around the store: no room on the disk, no time left, another process at the same file. */
#include "sqlite_fixture.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* ---- the disk ---- */

static void limit_file_bytes(rlim_t bytes)
{
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_loses_nothing_that_was_answered_and_is_recovered_from(void **state)
{
    fixture *f = *state;
    hp_class *c = thing_class(f);
    hp_store *store = open_with_things(f, &(hp_sqlite_options){ .path = hp_str_of(f->path) }, c, 0);
    hp_query q = master_query(c);
    hp_err err = { 0 };
    hp_str big = hp_arena_printf(f->mem, "%0*d", 20000, 7);
    int answered = 0;

    (void)signal(SIGXFSZ, SIG_IGN);
    limit_file_bytes(300 * 1024);
    while (add_thing(store, c, f->mem, hp_arena_printf(f->mem, "a%d", answered), 1, big, &err) == HP_OK &&
           answered < 100)
        answered++;
    assert_in_range(answered, 1, 99);
    assert_int_equal(err.code, HP_E_INTERNAL);
    assert_string_equal(err.msg, "An internal server error occurred");
    assert_non_null(strstr(err.detail, "sqlite"));
    limit_file_bytes(1); /* not even room for a small write */
    bool ready = store->ops->ready(store);
    int64_t there = count_things(store, &q);
    limit_file_bytes(RLIM_INFINITY);
    assert_false(ready);
    assert_int_equal(there, answered); /* reading went on */

    assert_true(store->ops->ready(store));
    assert_int_equal(add_thing(store, c, f->mem, HP_STR("after"), 1, big, &err), HP_OK);
    hp_store_close(store);
    store = open_store(f);
    assert_int_equal(count_things(store, &q), answered + 1);
    assert_true(store->ops->ready(store));
    hp_store_close(store);
}

/* ---- time ---- */

typedef struct ticking_clock { /* each look takes one millisecond */
    hp_clock base;
    _Atomic int64_t now;
} ticking_clock;

static int64_t tick(hp_clock *self) { return ((ticking_clock *)self)->now++; }

static void a_query_ends_when_its_time_is_up_and_the_next_is_served(void **state)
{
    fixture *f = *state;
    hp_class *c = thing_class(f);
    ticking_clock clock = { { tick, tick }, 1 };
    hp_sqlite_options options = { .path = hp_str_of(f->path), .readers = 1, .clock = &clock.base, .budget_ms = 5 };
    hp_store *store = open_with_things(f, &options, c, 4000);
    hp_query q = master_query(c), one = q;
    hp_rows rows;
    int64_t count;
    hp_err err = { 0 };

    one.filter = hp_filter_eq(f->mem, hp_class_field(c, HP_STR("objectId")), hp_string(HP_STR("t7")));
    assert_int_equal(hp_store_find(store, &q, f->mem, &rows, &err), HP_E_TIMEOUT);
    assert_int_equal(rows.count, 0);
    assert_int_equal(count_things(store, &one), 1);
    q.filter = hp_filter_new(f->mem, HP_FILTER_NE, (hp_path){ hp_class_field(c, HP_STR("a")), NULL, 0 });
    assert_int_equal(hp_store_count(store, &q, &count, &err), HP_E_TIMEOUT);
    q.deadline_ms = clock.now + 1000000; /* more than the budget: it is not extended */
    assert_int_equal(hp_store_count(store, &q, &count, &err), HP_E_TIMEOUT);
    hp_store_close(store);
}

static void a_query_ends_at_its_callers_deadline_before_the_budget_does(void **state)
{
    fixture *f = *state;
    hp_class *c = thing_class(f);
    ticking_clock clock = { { tick, tick }, 1 };
    hp_sqlite_options options = {
        .path = hp_str_of(f->path), .readers = 1, .clock = &clock.base, .budget_ms = 1000000
    };
    hp_store *store = open_with_things(f, &options, c, 4000);
    hp_query q = master_query(c);
    hp_rows rows;
    hp_err err = { 0 };

    q.deadline_ms = clock.now + 5;
    assert_int_equal(hp_store_find(store, &q, f->mem, &rows, &err), HP_E_TIMEOUT);
    q.deadline_ms = clock.now + 900000;
    assert_int_equal(count_things(store, &q), 4000);
    hp_store_close(store);
}

static void a_unit_that_takes_too_long_is_undone(void **state)
{
    fixture *f = *state;
    hp_class *c = thing_class(f);
    ticking_clock clock = { { tick, tick }, 1 };
    hp_sqlite_options options = { .path = hp_str_of(f->path), .clock = &clock.base, .budget_ms = 5 };
    hp_store *store = open_with_things(f, &options, c, 4000);
    hp_query q = master_query(c);
    hp_err err = { 0 };
    assert_int_equal(write_op(store, (hp_unit_op){ .kind = HP_UNIT_DELETE_WHERE, .cls = c }, f->mem, &err),
                     HP_E_TIMEOUT);
    assert_int_equal(add_thing(store, c, f->mem, HP_STR("x"), 1, HP_STR("y"), &err), HP_OK);
    hp_store_close(store);
    assert_int_equal(hp_sqlite_open(&(hp_sqlite_options){ .path = hp_str_of(f->path) }, &store, &err), HP_OK);
    assert_int_equal(count_things(store, &q), 4001); /* by a clock that leaves it the time */
    hp_store_close(store);
}

typedef struct blocked {
    int wait_on, told;
    bool wrote;
} blocked;

static hp_code hold_the_writer(hp_store *tx, void *arg, hp_err *err)
{
    blocked *b = arg;
    char byte;
    (void)tx, (void)err;
    b->wrote = write(b->told, "x", 1) == 1;
    return read(b->wait_on, &byte, 1) == 1 ? HP_OK : HP_E_INTERNAL;
}

typedef struct holder {
    hp_store *store;
    blocked *b;
} holder;

static void *hold(void *arg)
{
    holder *h = arg;
    hp_err err = { 0 };
    return hp_store_transact(h->store, hold_the_writer, h->b, &err) == HP_OK ? arg : NULL;
}

static void a_write_that_is_not_begun_in_time_is_given_up(void **state)
{
    fixture *f = *state;
    hp_class *c = thing_class(f);
    hp_store *store =
        open_with_things(f, &(hp_sqlite_options){ .path = hp_str_of(f->path), .write_wait_ms = 1000 }, c, 1);
    hp_query q = master_query(c);
    hp_err err = { 0 };
    int go[2], told[2];
    char byte;
    pthread_t thread;
    void *result;
    assert_true(pipe(go) == 0 && pipe(told) == 0);
    blocked b = { go[0], told[1], false };
    holder h = { store, &b };
    assert_int_equal(pthread_create(&thread, NULL, hold, &h), 0);
    assert_int_equal(read(told[0], &byte, 1), 1); /* the writer is busy now */
    assert_int_equal(add_thing(store, c, f->mem, HP_STR("late"), 1, HP_STR("y"), &err), HP_E_TIMEOUT);
    assert_int_equal(count_things(store, &q), 1); /* readers do not wait for the writer */
    assert_int_equal(write(go[1], "x", 1), 1);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_non_null(result);
    assert_int_equal(add_thing(store, c, f->mem, HP_STR("late"), 1, HP_STR("y"), &err), HP_OK);
    assert_int_equal(count_things(store, &q), 2);
    for (int i = 0; i < 2; i++) assert_true(close(go[i]) == 0 && close(told[i]) == 0);
    hp_store_close(store);
}

/* ---- another process: a second store on the same file shares nothing with the first but the file ---- */

static hp_unit_op field_op(hp_unit_kind kind, const hp_class *c, const hp_field *field)
{
    return (hp_unit_op){ .kind = kind, .class_name = c->name, .field = field };
}

static void schema_changes_of_another_process_are_noticed_at_once(void **state)
{
    fixture *f = *state;
    hp_class *c = thing_class(f);
    hp_store *a = open_with_things(f, &(hp_sqlite_options){ .path = hp_str_of(f->path) }, c, 3), *b = open_store(f);
    hp_query q = master_query(c);
    hp_rows rows;
    hp_err err = { 0 };
    int64_t version_a, version_b;

    assert_int_equal(hp_store_find(b, &q, f->mem, &rows, &err), HP_OK);
    assert_int_equal(rows.count, 3);

    /* the field goes and comes back as another type under the same column name: b has a statement for the old one */
    const hp_field *n = hp_class_field(c, HP_STR("n"));
    hp_field text = { .name = HP_STR("n"), .type = HP_T_STRING };
    must_write(a, field_op(HP_UNIT_DROP_FIELD, c, n), f->mem);
    must_write(a, field_op(HP_UNIT_ADD_FIELD, c, &text), f->mem);
    assert_int_equal(hp_store_find(b, &q, f->mem, &rows, &err), HP_OK);
    assert_int_equal(rows.count, 3);
    assert_null(hp_object_get(&rows.items[0].fields, HP_STR("n")));
    hp_change ch = { { &text, NULL, 0 }, HP_OP_SET, hp_string(HP_STR("now text")) };
    hp_unit_op update = { .kind = HP_UNIT_UPDATE,
                          .cls = c,
                          .object_id = HP_STR("t0"),
                          .changes = &ch,
                          .change_count = 1,
                          .writable_by = { .unrestricted = true } };
    must_write(a, update, f->mem);
    assert_int_equal(hp_store_find(b, &q, f->mem, &rows, &err), HP_OK);
    assert_int_equal(hp_object_get(&rows.items[0].fields, HP_STR("n"))->tag, HP_STRING);
    must_write(b, update, f->mem); /* and b's writer knows too */

    /* the class goes; another takes its table's name */
    hp_class *lower = test_class(f->mem, "{\"className\":\"thing\",\"fields\":{\"objectId\":{\"type\":\"String\"},"
                                         "\"createdAt\":{\"type\":\"Date\"},\"updatedAt\":{\"type\":\"Date\"},"
                                         "\"ACL\":{\"type\":\"ACL\"},\"s\":{\"type\":\"Number\"}}}");
    must_write(a, (hp_unit_op){ .kind = HP_UNIT_DELETE_WHERE, .cls = c }, f->mem);
    must_write(a, (hp_unit_op){ .kind = HP_UNIT_DROP_CLASS, .class_name = c->name, .cls = c }, f->mem);
    must_write(a, create_op(lower), f->mem);
    must_write(a,
               (hp_unit_op){
                   .kind = HP_UNIT_INSERT, .cls = lower, .object_id = HP_STR("x"), .created_ms = 1, .updated_ms = 1 },
               f->mem);
    assert_int_equal(count_things(b, &q), 0);
    q.cls = lower;
    assert_int_equal(count_things(b, &q), 1);
    assert_int_equal(hp_store_schema_version(a, &version_a, &err), HP_OK);
    assert_int_equal(hp_store_schema_version(b, &version_b, &err), HP_OK);
    assert_int_equal(version_a, version_b);
    hp_store_close(b);
    hp_store_close(a);
}

/* SQLite compiles a known statement anew by itself, and where it cannot, that is no failure of the read. */
static void what_another_process_has_dropped_is_not_there_for_known_statements(void **state)
{
    fixture *f = *state;
    hp_class *c = thing_class(f);
    hp_store *a = open_with_things(f, &(hp_sqlite_options){ .path = hp_str_of(f->path) }, c, 3), *b = open_store(f);
    hp_query q = master_query(c);
    hp_rows rows;
    hp_err err = { 0 };

    for (int i = 0; i < 2; i++) {
        if (hp_store_find(b, &q, f->mem, &rows, &err) != HP_OK) fail_msg("before: %s", err.detail);
        assert_int_equal(count_things(b, &q), 3);
    }
    must_write(a, field_op(HP_UNIT_DROP_FIELD, c, hp_class_field(c, HP_STR("n"))), f->mem);
    if (hp_store_find(b, &q, f->mem, &rows, &err) != HP_OK) fail_msg("a field: %s", err.detail);
    assert_int_equal(rows.count, 3);
    if (hp_store_find(b, &q, f->mem, &rows, &err) != HP_OK) fail_msg("once more: %s", err.detail);
    must_write(a, (hp_unit_op){ .kind = HP_UNIT_DELETE_WHERE, .cls = c }, f->mem);
    must_write(a, (hp_unit_op){ .kind = HP_UNIT_DROP_CLASS, .class_name = c->name, .cls = c }, f->mem);
    if (hp_store_find(b, &q, f->mem, &rows, &err) != HP_OK) fail_msg("the class: %s", err.detail);
    assert_int_equal(rows.count, 0);
    assert_int_equal(count_things(b, &q), 0);
    hp_store_close(b);
    hp_store_close(a);
}

typedef struct incrementer {
    hp_store *store;
    const hp_class *c;
    int wrong;
} incrementer;

enum { INCREMENTS = 100 };

static void *increment_many(void *arg)
{
    incrementer *w = arg;
    for (int i = 0; i < INCREMENTS; i++) {
        HP_AUTO_ARENA mem = hp_arena_new();
        hp_err err = { 0 };
        hp_change ch = { { hp_class_field(w->c, HP_STR("n")), NULL, 0 }, HP_OP_INCREMENT, hp_number(1) };
        hp_unit_op op = { .kind = HP_UNIT_UPDATE,
                          .cls = w->c,
                          .object_id = HP_STR("t0"),
                          .changes = &ch,
                          .change_count = 1,
                          .writable_by = { .unrestricted = true } };
        if (write_op(w->store, op, mem, &err) != HP_OK) w->wrong++;
    }
    return NULL;
}

static void two_processes_count_together(void **state)
{
    fixture *f = *state;
    hp_class *c = thing_class(f);
    hp_store *a = open_with_things(f, &(hp_sqlite_options){ .path = hp_str_of(f->path) }, c, 1), *b = open_store(f);
    incrementer w[] = { { a, c, 0 }, { b, c, 0 } };
    pthread_t threads[2];
    hp_query q = master_query(c);
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&threads[i], NULL, increment_many, &w[i]), 0);
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(w[0].wrong + w[1].wrong, 0);
    q.filter = hp_filter_eq(f->mem, hp_class_field(c, HP_STR("n")), hp_number(2 * INCREMENTS));
    assert_int_equal(count_things(a, &q), 1);
    assert_int_equal(count_things(b, &q), 1);
    hp_store_close(a);
    hp_store_close(b);
}

/* ---- damage ---- */

static void a_damaged_column_is_an_error_for_the_log_only(void **state)
{
    fixture *f = *state;
    hp_class *c = thing_class(f);
    hp_query q = master_query(c);
    hp_rows rows;
    hp_err err = { 0 };
    hp_store_close(open_with_things(f, &(hp_sqlite_options){ .path = hp_str_of(f->path) }, c, 1));
    outside(f, "UPDATE Thing SET a = '[1,'");
    hp_store *store = open_store(f);
    assert_int_equal(hp_store_find(store, &q, f->mem, &rows, &err), HP_E_INTERNAL);
    assert_string_equal(err.msg, "An internal server error occurred");
    hp_filter *has = hp_filter_eq(f->mem, hp_class_field(c, HP_STR("a")), hp_number(1));
    q.filter = has;
    assert_int_equal(hp_store_find(store, &q, f->mem, &rows, &err), HP_E_INTERNAL);
    outside(f, "UPDATE Thing SET a = NULL, _rperm = 'open to all'");
    q = (hp_query){ .cls = c, .limit = -1, .readable_by = { false, (hp_str[]){ HP_STR("*") }, 1 } };
    assert_int_equal(count_things(store, &q), 0); /* what is no ACL opens nothing */
    hp_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(a_full_disk_loses_nothing_that_was_answered_and_is_recovered_from),
        fixture_test(a_query_ends_when_its_time_is_up_and_the_next_is_served),
        fixture_test(a_query_ends_at_its_callers_deadline_before_the_budget_does),
        fixture_test(a_unit_that_takes_too_long_is_undone),
        fixture_test(a_write_that_is_not_begun_in_time_is_given_up),
        fixture_test(schema_changes_of_another_process_are_noticed_at_once),
        fixture_test(what_another_process_has_dropped_is_not_there_for_known_statements),
        fixture_test(two_processes_count_together),
        fixture_test(a_damaged_column_is_an_error_for_the_log_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

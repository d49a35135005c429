/* The writer: one commit for all who wait, and nobody pays for another's failure. */
#include "sqlite_fixture.h"

#include <pthread.h>

#include "store/sqlite/writer.h"

enum { WAITING = 12, OBJECTS = 4000 };

typedef struct ticking_clock { /* each look takes one millisecond */
    hp_clock base;
    _Atomic int64_t now;
} ticking_clock;

static int64_t tick(hp_clock *self) { return ((ticking_clock *)self)->now++; }

static int count_commit(void *arg)
{
    ++*(int *)arg;
    return 0;
}

typedef struct bench { /* a writer of our own, whose queue the test may look into */
    fixture *f;
    hp_class *c;
    ticking_clock clock;
    hp_sqlite_catalog_slot slot;
    hp_sqlite_writer writer;
    int commits;
    int go[2], told[2];
    pthread_t holder;
} bench;

static void bench_start(bench *b, fixture *f)
{
    hp_sqlite_conn *conn;
    hp_sqlite_catalog *catalog;
    hp_err err = { 0 };

    *b = (bench){ .f = f, .c = thing_class(f), .clock = { { tick, tick }, 1 } };
    hp_store_close(open_with_things(f, &(hp_sqlite_options){ .path = hp_str_of(f->path) }, b->c, OBJECTS));
    assert_int_equal(hp_sqlite_conn_open(f->path, HP_SQLITE_WRITER, &b->clock.base, &conn, &err), HP_OK);
    assert_int_equal(hp_sqlite_catalog_load(conn, &catalog, &err), HP_OK);
    hp_sqlite_conn_lock_down(conn, HP_SQLITE_WRITER);
    (void)sqlite3_commit_hook(conn->db, count_commit, &b->commits);
    assert_int_equal(pthread_mutex_init(&b->slot.lock, NULL), 0);
    b->slot.current = catalog;
    hp_sqlite_writer_start(&b->writer, conn, &b->slot, 60000, 10);
    assert_true(pipe(b->go) == 0 && pipe(b->told) == 0);
}

static void bench_stop(bench *b)
{
    hp_sqlite_writer_stop(&b->writer);
    hp_sqlite_catalog_unref(b->slot.current);
    assert_int_equal(pthread_mutex_destroy(&b->slot.lock), 0);
    for (int i = 0; i < 2; i++) assert_true(close(b->go[i]) == 0 && close(b->told[i]) == 0);
}

/* ---- holding the writer until a group has gathered ---- */

static hp_code wait_for_go(hp_store *tx, void *arg, hp_err *err)
{
    bench *b = arg;
    char byte;
    (void)tx;
    if (write(b->told[1], "x", 1) == 1 && read(b->go[0], &byte, 1) == 1)
        return hp_fail(err, HP_E_SCRIPT_FAILED, "undone");
    return hp_fail(err, HP_E_INTERNAL, "pipe");
}

static void *hold(void *arg)
{
    bench *b = arg;
    hp_err err = { 0 };
    return hp_sqlite_writer_transact(&b->writer, wait_for_go, b, &err) == HP_E_SCRIPT_FAILED ? arg : NULL;
}

static void hold_writer(bench *b)
{
    char byte;
    assert_int_equal(pthread_create(&b->holder, NULL, hold, b), 0);
    assert_int_equal(read(b->told[0], &byte, 1), 1);
}

static void let_writer_go(bench *b)
{
    void *held;
    assert_int_equal(write(b->go[1], "x", 1), 1);
    assert_int_equal(pthread_join(b->holder, &held), 0);
    assert_non_null(held);
}

typedef struct caller {
    bench *b;
    hp_unit_op ops[2];
    size_t count;
    hp_code rc;
    hp_err err;
    bool has_results;
    pthread_t thread;
} caller;

static void *call(void *arg)
{
    caller *c = arg;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_unit unit = { .ops = c->ops, .count = c->count };
    c->rc = hp_sqlite_writer_unit(&c->b->writer, &unit, mem, &c->err);
    c->has_results = unit.results != NULL;
    return NULL;
}

/* Starts a caller and returns once it stands in the queue, so that the order is the test's. */
static void queue(bench *b, caller *c, const hp_unit_op *ops, size_t count)
{
    pthread_mutex_lock(&b->writer.lock);
    size_t before = b->writer.waiting;
    pthread_mutex_unlock(&b->writer.lock);
    *c = (caller){ .b = b, .count = count };
    memcpy(c->ops, ops, count * sizeof *ops);
    assert_int_equal(pthread_create(&c->thread, NULL, call, c), 0);
    for (size_t now = before; now == before;) {
        pthread_mutex_lock(&b->writer.lock);
        now = b->writer.waiting;
        pthread_mutex_unlock(&b->writer.lock);
    }
}

static hp_unit_op new_thing(bench *b, int i)
{
    return (hp_unit_op){ .kind = HP_UNIT_INSERT,
                         .cls = b->c,
                         .object_id = hp_arena_printf(b->f->mem, "new%d", i),
                         .created_ms = 1,
                         .updated_ms = 1 };
}

static void units_that_wait_together_share_one_commit(void **state)
{
    bench b;
    caller callers[WAITING];
    bench_start(&b, *state);
    hold_writer(&b);
    int before = b.commits;
    for (int i = 0; i < WAITING; i++) {
        hp_unit_op op = new_thing(&b, i);
        queue(&b, &callers[i], &op, 1);
    }
    let_writer_go(&b);
    for (int i = 0; i < WAITING; i++) {
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
        assert_true(callers[i].rc == HP_OK && callers[i].has_results);
    }
    assert_int_equal(b.commits - before, 1);
    bench_stop(&b);
}

/* An interrupted DELETE makes SQLite give up the whole transaction; a refused unit only its savepoint. */
static void those_who_fail_take_nobody_of_their_group_with_them(void **state)
{
    fixture *f = *state;
    bench b;
    caller callers[WAITING];
    bench_start(&b, f);
    hold_writer(&b);
    for (int i = 0; i < WAITING; i++) {
        hp_unit_op ops[] = { new_thing(&b, i), new_thing(&b, i) };
        if (i == 3 || i == 8)
            ops[0] = (hp_unit_op){ .kind = HP_UNIT_DELETE_WHERE, .cls = b.c }; /* too long for its budget */
        if (i == 10) ops[1].object_id = HP_STR("t1"); /* is there already: the first operation goes too */
        queue(&b, &callers[i], ops, i == 10 ? 2 : 1);
    }
    let_writer_go(&b);
    for (int i = 0; i < WAITING; i++) {
        hp_code want = i == 3 || i == 8 ? HP_E_TIMEOUT : i == 10 ? HP_E_DUPLICATE_VALUE : HP_OK;
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
        assert_int_equal(callers[i].rc, want);
        assert_int_equal(callers[i].has_results, want == HP_OK);
    }
    bench_stop(&b);
    assert_int_equal(outside_integer(f->path, "SELECT count(*) FROM Thing"), OBJECTS + WAITING - 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(units_that_wait_together_share_one_commit),
        fixture_test(those_who_fail_take_nobody_of_their_group_with_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

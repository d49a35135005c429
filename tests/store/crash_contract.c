/* What has been answered survives: a child writes from several threads and reports each answer through a pipe, is killed
 * at a random moment, and everything that it reported is there. */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "contract.h"

enum { ROUNDS = 6, CHILD_THREADS = 4 };

typedef struct child_writer {
    hp_store *store;
    const hp_class *c;
    int round, thread, pipe;
} child_writer;

typedef struct report { /* one answered write; smaller than PIPE_BUF, so it arrives whole */
    int round, thread, number;
} report;

static void *write_and_report(void *arg)
{
    child_writer *w = arg;
    for (int n = 0;; n++) {
        hp_arena *mem = hp_arena_new();
        hp_err err = { 0 };
        hp_str id = hp_arena_printf(mem, "r%d-%d-%d", w->round, w->thread, n);
        hp_str twin = hp_arena_printf(mem, "%" HP_STR_FMT "-twin", HP_STR_ARG(id));
        hp_unit_op ops[] = {
            { .kind = HP_UNIT_INSERT, .cls = w->c, .object_id = id, .created_ms = 1, .updated_ms = 1 },
            { .kind = HP_UNIT_INSERT, .cls = w->c, .object_id = twin, .created_ms = 1, .updated_ms = 1 },
        };
        hp_unit unit = { .ops = ops, .count = 2 };
        report r = { w->round, w->thread, n };
        if (hp_store_write(w->store, &unit, mem, &err) != HP_OK) _exit(1);
        if (write(w->pipe, &r, sizeof r) != (ssize_t)sizeof r) _exit(1);
        hp_arena_free(mem);
    }
    return NULL;
}

static void run_child(const char *dir, const hp_class *c, int round, int pipe)
{
    hp_store *store = contract_open(dir);
    child_writer writers[CHILD_THREADS];
    pthread_t thread;
    for (int i = 0; i < CHILD_THREADS; i++) {
        writers[i] = (child_writer){ store, c, round, i, pipe };
        if (pthread_create(&thread, NULL, write_and_report, &writers[i]) != 0) _exit(1);
    }
    for (;;) pause();
}

static bool is_there(fixture *f, const hp_class *c, hp_str id)
{
    hp_query q = query_all(c);
    q.filter = hp_filter_eq(f->mem, hp_class_field(c, HP_STR("objectId")), hp_string(id));
    return count_of(f, &q) == 1;
}

static void every_answered_write_survives_a_kill(void **state)
{
    fixture *f = *state;
    hp_class *c = make_class(f, "Log", "");
    int seen = 0;

    for (int round = 0; round < ROUNDS; round++) {
        int ends[2], kill_after = 1 + 37 * round;
        hp_store_close(f->store);
        f->store = NULL;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) run_child(f->dir, c, round, ends[1]);
        (void)close(ends[1]);

        report reports[4096];
        int count = 0;
        while (count < 4096 && read(ends[0], &reports[count], sizeof *reports) == (ssize_t)sizeof *reports) {
            if (++count == kill_after) assert_int_equal(kill(child, SIGKILL), 0); /* then the pipe runs empty */
        }
        (void)close(ends[0]);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

        f->store = contract_open(f->dir);
        for (int i = 0; i < count; i++) {
            hp_str id = hp_arena_printf(f->mem, "r%d-%d-%d", reports[i].round, reports[i].thread, reports[i].number);
            assert_true(is_there(f, c, id));
        }
        seen += count;
        /* and nothing is there by half */
        hp_query q = query_all(c);
        hp_rows rows = find(f, &q);
        for (size_t i = 0; i < rows.count; i++) {
            hp_str id = hp_object_text(&rows.items[i].fields, HP_STR("objectId"));
            if (hp_str_ends(id, HP_STR("-twin"))) continue;
            assert_true(is_there(f, c, hp_arena_printf(f->mem, "%" HP_STR_FMT "-twin", HP_STR_ARG(id))));
        }
        assert_int_equal(rows.count % 2, 0);
    }
    assert_true(seen > ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = { contract_test(every_answered_write_survives_a_kill) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

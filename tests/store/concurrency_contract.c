/* Many threads on one store: totals are conserved, readers see whole units, schemas change under running queries. */
#include <pthread.h>
#include <stdatomic.h>

#include "contract.h"

enum { THREADS = 8, ACCOUNTS = 5, START_BALANCE = 100, TRANSFERS_PER_THREAD = 60 };

static hp_class *make_accounts(fixture *f)
{
    hp_class *c = make_class(f, "Account", ",\"balance\":{\"type\":\"Number\"}");
    for (int i = 0; i < ACCOUNTS; i++)
        insert(f, c, hp_arena_printf(f->mem, "{\"objectId\":\"acc%d\",\"balance\":%d}", i, START_BALANCE).ptr);
    return c;
}

typedef struct worker {
    hp_store *store;
    const hp_class *c;
    unsigned seed;
    int done, refused, wrong; /* transfers answered with success; refused; anything else */
    atomic_bool *stop;
} worker;

/* Moves a few units between two accounts and writes a row that says so, or nothing of it. */
static hp_code transfer(worker *w, int number, hp_arena *mem, hp_err *err)
{
    hp_filter *enough =
        hp_filter_new(mem, HP_FILTER_GTE, (hp_path){ hp_class_field(w->c, HP_STR("balance")), NULL, 0 });
    int from = rand_r(&w->seed) % ACCOUNTS, to = (from + 1 + rand_r(&w->seed) % (ACCOUNTS - 1)) % ACCOUNTS;
    double amount = 1 + rand_r(&w->seed) % 60;
    hp_path balance = { hp_class_field(w->c, HP_STR("balance")), NULL, 0 };
    hp_change debit = { balance, HP_OP_INCREMENT, hp_number(-amount) },
              credit = { balance, HP_OP_INCREMENT, hp_number(amount) };
    hp_change zero = { balance, HP_OP_SET, hp_number(0) };
    enough->operand = hp_number(amount);
    hp_acl_scope all = { .unrestricted = true };
    hp_unit_op ops[] = {
        { .kind = HP_UNIT_INSERT,
          .cls = w->c,
          .object_id = hp_arena_printf(mem, "t%u-%d", w->seed, number),
          .changes = &zero,
          .change_count = 1,
          .created_ms = 1,
          .updated_ms = 1 },
        { .kind = HP_UNIT_UPDATE,
          .cls = w->c,
          .object_id = hp_arena_printf(mem, "acc%d", to),
          .writable_by = all,
          .changes = &credit,
          .change_count = 1,
          .updated_ms = 2 },
        { .kind = HP_UNIT_UPDATE,
          .cls = w->c,
          .object_id = hp_arena_printf(mem, "acc%d", from),
          .writable_by = all,
          .filter = enough,
          .changes = &debit,
          .change_count = 1,
          .updated_ms = 2,
          .guard_code = HP_E_VALIDATION_ERROR,
          .guard_message = "too little" },
    };
    hp_unit unit = { .ops = ops, .count = 3 };
    return hp_store_write(w->store, &unit, mem, err);
}

static void *transfer_many(void *arg)
{
    worker *w = arg;
    for (int i = 0; i < TRANSFERS_PER_THREAD; i++) {
        hp_arena *mem = hp_arena_new();
        hp_err err = { 0 };
        hp_code rc = transfer(w, i, mem, &err);
        if (rc == HP_OK)
            w->done++;
        else if (rc == HP_E_VALIDATION_ERROR)
            w->refused++;
        else
            w->wrong++;
        hp_arena_free(mem);
    }
    return NULL;
}

/* The sum of all accounts, in one query. */
static double total(hp_store *store, const hp_class *c, hp_arena *mem, double *least, bool *failed)
{
    hp_query q = query_all(c);
    hp_rows rows;
    hp_err err = { 0 };
    double sum = 0;
    *failed = hp_store_find(store, &q, mem, &rows, &err) != HP_OK;
    *least = 0;
    for (size_t i = 0; !*failed && i < rows.count; i++) {
        double balance = hp_object_get(&rows.items[i].fields, HP_STR("balance"))->number;
        sum += balance;
        if (balance < *least) *least = balance;
    }
    return sum;
}

/* Once at least, however late it gets its turn. */
static void *watch_total(void *arg)
{
    worker *w = arg;
    do {
        hp_arena *mem = hp_arena_new();
        double least;
        bool failed;
        double sum = total(w->store, w->c, mem, &least, &failed);
        if (failed || sum != ACCOUNTS * START_BALANCE || least < 0) w->wrong++;
        w->done++;
        hp_arena_free(mem);
    } while (!atomic_load(w->stop));
    return NULL;
}

static void transfers_conserve_the_total_and_readers_never_see_half_of_one(void **state)
{
    fixture *f = *state;
    hp_class *c = make_accounts(f);
    worker writers[THREADS], reader = { .store = f->store, .c = c };
    pthread_t threads[THREADS], reader_thread;
    atomic_bool stop = false;
    int done = 0;

    reader.stop = &stop;
    assert_int_equal(pthread_create(&reader_thread, NULL, watch_total, &reader), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        writers[i] = (worker){ .store = f->store, .c = c, .seed = 1000 * (i + 1) };
        assert_int_equal(pthread_create(&threads[i], NULL, transfer_many, &writers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(writers[i].wrong, 0);
        done += writers[i].done;
    }
    atomic_store(&stop, true);
    assert_int_equal(pthread_join(reader_thread, NULL), 0);
    assert_int_equal(reader.wrong, 0);
    assert_true(done > 0 && reader.done > 0);

    contract_reopen(f);
    double least;
    bool failed;
    assert_true(total(f->store, c, f->mem, &least, &failed) == ACCOUNTS * START_BALANCE && !failed && least >= 0);
    hp_query q = query_all(c);
    assert_int_equal(count_of(f, &q), ACCOUNTS + done); /* every answered transfer is there, and no other */
}

/* ---- the order of commits ---- */

typedef struct step {
    uint64_t ticket;
    double balance; /* after this step */
} step;

typedef struct walker {
    worker w;
    step steps[TRANSFERS_PER_THREAD];
} walker;

/* Every other unit is refused, every third does not ask for a ticket. */
static void *count_up(void *arg)
{
    walker *me = arg;
    worker *w = &me->w;
    for (int i = 0; i < TRANSFERS_PER_THREAD; i++) {
        hp_arena *mem = hp_arena_new();
        hp_err err = { 0 };
        hp_change up = { { hp_class_field(w->c, HP_STR("balance")), NULL, 0 }, HP_OP_INCREMENT, hp_number(1) };
        hp_unit_op op = { .kind = HP_UNIT_UPDATE,
                          .cls = w->c,
                          .object_id = i % 2 == 0 ? HP_STR("acc0") : HP_STR("nobody"),
                          .writable_by = { .unrestricted = true },
                          .changes = &up,
                          .change_count = 1,
                          .updated_ms = 2 };
        hp_unit unit = { .ops = &op, .count = 1, .ordered = i % 3 != 0, .ticket = 77 };
        const hp_code rc = hp_store_write(w->store, &unit, mem, &err);
        if ((rc == HP_OK) != (i % 2 == 0) || (unit.ticket != 0) != (rc == HP_OK && unit.ordered)) w->wrong++;
        if (unit.ticket != 0) {
            const hp_value *n = hp_object_get(&unit.results[0].after.fields, HP_STR("balance"));
            me->steps[w->done++] = (step){ unit.ticket, n->number };
        }
        hp_arena_free(mem);
    }
    return NULL;
}

static int by_ticket(const void *a, const void *b)
{
    const step *x = a, *y = b;
    return x->ticket < y->ticket ? -1 : x->ticket > y->ticket;
}

static void tickets_are_dense_and_in_the_order_of_the_commits(void **state)
{
    fixture *f = *state;
    hp_class *c = make_accounts(f);
    walker *walkers = HP_NEW_ARRAY(f->mem, walker, THREADS);
    step *all = HP_NEW_ARRAY(f->mem, step, THREADS * TRANSFERS_PER_THREAD);
    pthread_t threads[THREADS];
    size_t count = 0;

    for (unsigned i = 0; i < THREADS; i++) {
        walkers[i].w = (worker){ .store = f->store, .c = c };
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, &walkers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(walkers[i].w.wrong, 0);
        for (int k = 0; k < walkers[i].w.done; k++) all[count++] = walkers[i].steps[k];
    }
    qsort(all, count, sizeof *all, by_ticket);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(all[i].ticket, i + 1);
        if (i > 0) assert_true(all[i].balance > all[i - 1].balance);
    }
}

/* ---- schema changes under load ---- */

static void *insert_many(void *arg)
{
    worker *w = arg;
    for (int i = 0; i < TRANSFERS_PER_THREAD; i++) {
        hp_arena *mem = hp_arena_new();
        hp_err err = { 0 };
        hp_change ch = { { hp_class_field(w->c, HP_STR("balance")), NULL, 0 }, HP_OP_SET, hp_number(1) };
        hp_field added = { .name = hp_arena_printf(mem, "f%u_%d", w->seed, i), .type = HP_T_STRING };
        hp_unit_op ops[] = { { .kind = HP_UNIT_ADD_FIELD, .class_name = w->c->name, .field = &added },
                             { .kind = HP_UNIT_INSERT,
                               .cls = w->c,
                               .object_id = hp_arena_printf(mem, "n%u-%d", w->seed, i),
                               .changes = &ch,
                               .change_count = 1,
                               .created_ms = 1,
                               .updated_ms = 1 } };
        bool grow = i % 10 == 0;
        hp_unit unit = { .ops = grow ? ops : ops + 1, .count = grow ? 2 : 1 };
        if (hp_store_write(w->store, &unit, mem, &err) == HP_OK)
            w->done++;
        else
            w->wrong++;
        hp_query q = query_all(w->c);
        hp_rows rows;
        q.filter = hp_filter_eq(mem, hp_class_field(w->c, HP_STR("objectId")), hp_string(ops[1].object_id));
        if (hp_store_find(w->store, &q, mem, &rows, &err) != HP_OK || rows.count != 1 ||
            hp_object_get(&rows.items[0].fields, HP_STR("balance"))->number != 1)
            w->wrong++; /* an answered write is visible to its writer */
        hp_arena_free(mem);
    }
    return NULL;
}

static void fields_added_by_many_writers_do_not_disturb_readers(void **state)
{
    fixture *f = *state;
    hp_class *c = make_class(f, "Account", ",\"balance\":{\"type\":\"Number\"}");
    worker writers[THREADS];
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        writers[i] = (worker){ .store = f->store, .c = c, .seed = i };
        assert_int_equal(pthread_create(&threads[i], NULL, insert_many, &writers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(writers[i].wrong, 0);
    }
    hp_query q = query_all(c);
    assert_int_equal(count_of(f, &q), THREADS * TRANSFERS_PER_THREAD);
}

/* ---- a refused unit among others of its group ---- */

static void *insert_or_collide(void *arg)
{
    worker *w = arg;
    for (int i = 0; i < TRANSFERS_PER_THREAD; i++) {
        hp_arena *mem = hp_arena_new();
        hp_err err = { 0 };
        hp_unit_op op = { .kind = HP_UNIT_INSERT,
                          .cls = w->c,
                          .object_id = hp_arena_printf(mem, "shared-%d", i),
                          .created_ms = 1,
                          .updated_ms = 1 };
        hp_unit unit = { .ops = &op, .count = 1 };
        hp_code rc = hp_store_write(w->store, &unit, mem, &err);
        if (rc == HP_OK)
            w->done++;
        else if (rc == HP_E_DUPLICATE_VALUE && hp_str_eq(unit.conflict_index, HP_STR("_id_")))
            w->refused++;
        else
            w->wrong++;
        hp_arena_free(mem);
    }
    return NULL;
}

static void of_many_that_want_one_id_one_gets_it(void **state)
{
    fixture *f = *state;
    hp_class *c = make_class(f, "Account", "");
    worker writers[THREADS];
    pthread_t threads[THREADS];
    int done = 0, refused = 0;
    for (unsigned i = 0; i < THREADS; i++) {
        writers[i] = (worker){ .store = f->store, .c = c };
        assert_int_equal(pthread_create(&threads[i], NULL, insert_or_collide, &writers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(writers[i].wrong, 0);
        done += writers[i].done;
        refused += writers[i].refused;
    }
    assert_int_equal(done, TRANSFERS_PER_THREAD);
    assert_int_equal(refused, (THREADS - 1) * TRANSFERS_PER_THREAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        contract_test(transfers_conserve_the_total_and_readers_never_see_half_of_one),
        contract_test(tickets_are_dense_and_in_the_order_of_the_commits),
        contract_test(fields_added_by_many_writers_do_not_disturb_readers),
        contract_test(of_many_that_want_one_id_one_gets_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

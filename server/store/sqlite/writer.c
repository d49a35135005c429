/* writer.c — the queue, the thread, the transaction.
 *
 * What must stay true:
 *   1. A job is answered once, and with success only after a COMMIT that returned SQLITE_OK.
 *   2. A unit that fails leaves nothing behind: its savepoint is rolled back, and the catalog with it.
 *   3. SQLite may give up a whole transaction by itself (disk full, I/O error, interrupted write). The unit that met it
 *      is refused; the others of its group have not been answered, so they run again in a new transaction.
 *   4. The writer's catalog is the file's: compared at every BEGIN, because other processes may write too. */
#include "store/sqlite/writer.h"

#include <errno.h>
#include <signal.h>

#include "store/sqlite/pool.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/tx.h"
#include "store/sqlite/write.h"

enum {
    GROUP_UNITS_MAX = 128,    /* units that share one commit */
    WAITING_UNITS_MAX = 4096, /* more callers than any pool has workers */
};

typedef enum job_kind { JOB_UNIT, JOB_TRANSACT, JOB_PROBE } job_kind;
typedef enum job_state { JOB_WAITING, JOB_TAKEN, JOB_DONE } job_state;

struct hp_sqlite_job { /* on the caller's stack */
    job_kind kind;
    hp_unit *unit;
    hp_arena *mem;
    hp_code (*fn)(hp_store *tx, void *arg, hp_err *err);
    void *arg;
    hp_code rc;
    hp_err *err;

    job_state state;
    pthread_cond_t done;
    hp_sqlite_job *next;
};

/* ---- transactions ---- */

static void adopt(hp_sqlite_writer *w, hp_sqlite_catalog *c)
{
    hp_sqlite_catalog_unref(w->catalog);
    w->catalog = c;
}

static void roll_back(hp_sqlite_writer *w)
{
    w->conn->deadline_ms = 0;
    if (!sqlite3_get_autocommit(w->conn->db)) hp_sqlite_attempt(w->conn, HP_STR("ROLLBACK"));
    adopt(w, hp_sqlite_slot_take(w->slot));
}

static hp_code notice_schema(hp_sqlite_writer *w, hp_err *err)
{
    hp_sqlite_catalog *fresh;
    int64_t version;
    HP_TRY(hp_sqlite_version_read(w->conn, &version, err));
    if (version == w->catalog->version) return HP_OK;
    HP_TRY(hp_sqlite_catalog_load(w->conn, &fresh, err));
    hp_sqlite_slot_put(w->slot, hp_sqlite_catalog_ref(fresh)); /* committed by somebody else */
    adopt(w, fresh);
    return HP_OK;
}

static hp_code begin(hp_sqlite_writer *w, hp_err *err)
{
    w->conn->deadline_ms = 0;
    HP_TRY(hp_sqlite_run(w->conn, HP_STR("BEGIN IMMEDIATE"), err));
    hp_code rc = notice_schema(w, err);
    if (rc != HP_OK) roll_back(w);
    return rc;
}

static hp_code commit(hp_sqlite_writer *w, hp_err *err)
{
    w->conn->deadline_ms = 0; /* a commit is not a place to give up */
    if (sqlite3_get_autocommit(w->conn->db)) return hp_fail_internal(err, "the transaction was given up by the driver");
    hp_code rc = hp_sqlite_run(w->conn, HP_STR("COMMIT"), err);
    if (rc != HP_OK) {
        roll_back(w);
        return rc;
    }
    atomic_store_explicit(&w->healthy, true, memory_order_relaxed);
    hp_sqlite_slot_put(w->slot, hp_sqlite_catalog_ref(w->catalog));
    return HP_OK;
}

/* Building an index over a large class takes as long as it takes; everything else has a budget. */
static void start_budget(hp_sqlite_writer *w, const hp_unit *unit)
{
    bool changes_schema = false;
    for (size_t i = 0; i < unit->count; i++)
        changes_schema = changes_schema || hp_sqlite_is_schema_op(unit->ops[i].kind);
    w->conn->deadline_ms = changes_schema ? 0 : w->conn->clock->monotonic_ms(w->conn->clock) + w->budget_ms;
}

/* ---- one group of units ---- */

static void refuse(hp_sqlite_job *job, hp_code rc)
{
    job->rc = rc;
    if (job->unit != NULL) job->unit->results = NULL;
}

static void refuse_with(hp_sqlite_job *job, const hp_err *err)
{
    *job->err = *err;
    refuse(job, err->code);
    if (job->unit != NULL) job->unit->failed_op = job->unit->count; /* none of its operations */
}

/* Runs one unit so that it can be undone alone. False if the transaction as a whole is gone. */
static bool run_unit(hp_sqlite_writer *w, hp_sqlite_job *job, hp_err *lost)
{
    hp_sqlite_catalog *before = hp_sqlite_catalog_ref(w->catalog);
    hp_err undo = { 0 };
    hp_code rc = hp_sqlite_run(w->conn, HP_STR("SAVEPOINT unit"), job->err);

    if (rc == HP_OK) {
        start_budget(w, job->unit);
        rc = hp_sqlite_unit_run(w->conn, &w->catalog, job->unit, job->mem, job->err);
        w->conn->deadline_ms = 0;
    }
    job->rc = rc;
    if (rc == HP_OK) {
        hp_sqlite_catalog_unref(before);
        if (hp_sqlite_run(w->conn, HP_STR("RELEASE unit"), lost) == HP_OK) return true;
        refuse_with(job, lost);
        return false;
    }
    adopt(w, before);
    if (sqlite3_get_autocommit(w->conn->db)) return false;
    return hp_sqlite_run(w->conn, HP_STR("ROLLBACK TO unit"), &undo) == HP_OK &&
           hp_sqlite_run(w->conn, HP_STR("RELEASE unit"), &undo) == HP_OK;
}

/* Runs jobs[0..count) in one transaction. Those refused are taken out of the list. False if it has to be run again with
 * the rest. */
static bool run_transaction(hp_sqlite_writer *w, hp_sqlite_job **jobs, size_t *count)
{
    hp_err err = { 0 };
    size_t kept = 0, total = *count;
    bool alive = begin(w, &err) == HP_OK;

    if (!alive) {
        for (size_t i = 0; i < total; i++) refuse_with(jobs[i], &err);
        *count = 0;
        return true;
    }
    for (size_t i = 0; i < total; i++) {
        hp_sqlite_job *job = jobs[i];
        if (alive)
            alive = run_unit(w, job, &err);
        else
            job->rc = HP_OK; /* not yet run: stays */
        if (job->rc == HP_OK) jobs[kept++] = job;
    }
    *count = kept;
    if (!alive) {
        roll_back(w);
        return false;
    }
    if (kept == 0) {
        roll_back(w);
        return true;
    }
    const bool committed = commit(w, &err) == HP_OK;
    for (size_t i = 0; i < kept; i++) {
        if (!committed)
            refuse_with(jobs[i], &err);
        else if (jobs[i]->unit->ordered)
            jobs[i]->unit->ticket = ++w->tickets;
    }
    return true;
}

static void run_units(hp_sqlite_writer *w, hp_sqlite_job **jobs, size_t count)
{
    while (count > 0 && !run_transaction(w, jobs, &count)) {} /* each round that fails refuses at least one */
}

/* ---- the other jobs ---- */

static void run_transact(hp_sqlite_writer *w, hp_sqlite_job *job)
{
    job->rc = begin(w, job->err);
    if (job->rc != HP_OK) return;
    hp_sqlite_tx tx = hp_sqlite_tx_make(w->conn, &w->catalog, &w->tickets, w->budget_ms);
    job->rc = job->fn(&tx.base, job->arg, job->err);
    if (job->rc == HP_OK)
        job->rc = commit(w, job->err);
    else
        roll_back(w);
}

static void run_probe(hp_sqlite_writer *w, hp_sqlite_job *job)
{
    job->rc = begin(w, job->err);
    if (job->rc != HP_OK) return;
    job->rc = hp_sqlite_run(w->conn, HP_STR("UPDATE \"_META\" SET \"value\" = \"value\" + 1 WHERE \"name\" = 'probe'"),
                            job->err);
    if (job->rc == HP_OK)
        job->rc = commit(w, job->err);
    else
        roll_back(w);
}

/* ---- the thread ---- */

/* Takes one group off the queue: units that stand together, or one job of another kind. The lock is held. */
static size_t take_group(hp_sqlite_writer *w, hp_sqlite_job **group)
{
    size_t count = 0;
    while (w->first != NULL && count < GROUP_UNITS_MAX && (count == 0 || w->first->kind == JOB_UNIT)) {
        hp_sqlite_job *job = w->first;
        w->first = job->next;
        w->waiting--;
        job->state = JOB_TAKEN;
        group[count++] = job;
        if (job->kind != JOB_UNIT) break;
    }
    if (w->first == NULL) w->last = NULL;
    return count;
}

static void run_group(hp_sqlite_writer *w, hp_sqlite_job **group, size_t count)
{
    hp_sqlite_job *units[GROUP_UNITS_MAX]; /* its own list: run_units takes out what was refused */
    switch (group[0]->kind) {
    case JOB_UNIT:
        memcpy(units, group, count * sizeof *units);
        run_units(w, units, count);
        break;
    case JOB_TRANSACT: run_transact(w, group[0]); break;
    case JOB_PROBE: run_probe(w, group[0]); break;
    }
    for (size_t i = 0; i < count; i++)
        if (group[i]->rc == HP_E_INTERNAL) atomic_store_explicit(&w->healthy, false, memory_order_relaxed);
}

static void *writer_main(void *arg)
{
    hp_sqlite_writer *w = arg;
    hp_sqlite_job *group[GROUP_UNITS_MAX];

    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (w->first == NULL && !w->stopping) pthread_cond_wait(&w->work, &w->lock);
        if (w->first == NULL) break;
        size_t count = take_group(w, group);
        pthread_mutex_unlock(&w->lock);
        run_group(w, group, count);
        pthread_mutex_lock(&w->lock);
        for (size_t i = 0; i < count; i++) {
            group[i]->state = JOB_DONE;
            pthread_cond_signal(&group[i]->done);
        }
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

void hp_sqlite_writer_start(hp_sqlite_writer *w, hp_sqlite_conn *conn, hp_sqlite_catalog_slot *slot, int64_t wait_ms,
                            int64_t budget_ms)
{
    sigset_t all, before;

    *w = (hp_sqlite_writer){ .conn = conn, .slot = slot, .wait_ms = wait_ms, .budget_ms = budget_ms };
    w->catalog = hp_sqlite_slot_take(slot);
    atomic_init(&w->healthy, true);
    HP_ASSERT(pthread_mutex_init(&w->lock, NULL) == 0);
    hp_sqlite_cond_init(&w->work);
    (void)sigfillset(&all); /* signals are the main thread's */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    HP_ASSERT(pthread_create(&w->thread, NULL, writer_main, w) == 0);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void hp_sqlite_writer_stop(hp_sqlite_writer *w)
{
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->work);
    pthread_mutex_unlock(&w->lock);
    HP_ASSERT(pthread_join(w->thread, NULL) == 0);
    hp_sqlite_catalog_unref(w->catalog);
    hp_sqlite_conn_close(w->conn);
    (void)pthread_cond_destroy(&w->work);
    (void)pthread_mutex_destroy(&w->lock);
}

/* ---- the callers' side ---- */

static void enqueue(hp_sqlite_writer *w, hp_sqlite_job *job)
{
    job->next = NULL;
    if (w->last != NULL)
        w->last->next = job;
    else
        w->first = job;
    w->last = job;
    w->waiting++;
    pthread_cond_signal(&w->work);
}

static void withdraw(hp_sqlite_writer *w, hp_sqlite_job *job)
{
    hp_sqlite_job *previous = NULL, *at = w->first;
    while (at != job) {
        previous = at;
        at = at->next;
    }
    *(previous != NULL ? &previous->next : &w->first) = job->next;
    if (w->last == job) w->last = previous;
    w->waiting--;
}

/* Waits until the job is done. Until it is begun only so long; then for as long as its own budgets let it run. */
static bool wait_for(hp_sqlite_writer *w, hp_sqlite_job *job)
{
    struct timespec until = hp_sqlite_in_ms(w->wait_ms);
    while (job->state == JOB_WAITING) {
        if (pthread_cond_timedwait(&job->done, &w->lock, &until) != ETIMEDOUT || job->state != JOB_WAITING) continue;
        withdraw(w, job);
        return false;
    }
    while (job->state != JOB_DONE) pthread_cond_wait(&job->done, &w->lock);
    return true;
}

static hp_code submit(hp_sqlite_writer *w, hp_sqlite_job *job)
{
    bool taken = false;

    HP_ASSERT(!pthread_equal(pthread_self(), w->thread)); /* a transact's fn writes through its tx */
    hp_sqlite_cond_init(&job->done);
    pthread_mutex_lock(&w->lock);
    if (!w->stopping && w->waiting < WAITING_UNITS_MAX) {
        enqueue(w, job);
        taken = wait_for(w, job);
    }
    pthread_mutex_unlock(&w->lock);
    (void)pthread_cond_destroy(&job->done);
    if (taken) return job->rc;
    return hp_fail(job->err, HP_E_TIMEOUT, "The server is busy. Try again.");
}

hp_code hp_sqlite_writer_unit(hp_sqlite_writer *w, hp_unit *unit, hp_arena *mem, hp_err *err)
{
    hp_sqlite_job job = { .kind = JOB_UNIT, .unit = unit, .mem = mem, .err = err };
    return submit(w, &job);
}

hp_code hp_sqlite_writer_transact(hp_sqlite_writer *w, hp_code (*fn)(hp_store *tx, void *arg, hp_err *err), void *arg,
                                  hp_err *err)
{
    hp_sqlite_job job = { .kind = JOB_TRANSACT, .fn = fn, .arg = arg, .err = err };
    return submit(w, &job);
}

bool hp_sqlite_writer_healthy(hp_sqlite_writer *w)
{
    hp_err err = { 0 };
    hp_sqlite_job probe = { .kind = JOB_PROBE, .err = &err };
    return atomic_load_explicit(&w->healthy, memory_order_relaxed) || submit(w, &probe) == HP_OK;
}

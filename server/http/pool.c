/* http/pool.c — who is woken, and when.
 *
 * Waking a thread costs more than most jobs. So a submitter wakes one sleeper at most, and only while none is on its way; a
 * woken worker that finds more than its own job wakes the next. Short jobs in a row are then run by a worker that is awake
 * anyway, long ones still find every worker. */
#include "http/pool.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/thread.h"

struct hp_pool {
    pthread_mutex_t lock; /* guards everything below but `threads` */
    pthread_cond_t filled;
    pthread_cond_t spare_ended;
    struct {
        hp_pool_job *first, **last;
    } urgent, ordinary; /* urgent ones are taken first */
    size_t queued, queue_max;
    size_t worker_count, spare_count, spares_max;
    size_t sleeping; /* workers without a job, those included whose thread has not come to run yet */
    size_t waiting;
    bool waking; /* a sleeper has been signalled and has not run yet */
    bool stopping;
    size_t started;
    pthread_t threads[];
};

/* ---- the next four are called with the lock held ---- */

static bool wake_one(hp_pool *p)
{
    if (p->queued == 0 || p->sleeping == 0 || p->waking) return false;
    p->waking = true;
    return true;
}

/* Threads that run, or would if there were work. */
static size_t active(const hp_pool *p) { return p->worker_count + p->spare_count - p->waiting; }

/* Of the spares, half are for urgent jobs alone: those that others wait for must find a thread when new ones have taken
 * the other half and wait too. */
static bool ordinary_allowed(const hp_pool *p, size_t spares) { return spares <= p->spares_max - p->spares_max / 2; }

static hp_pool_job *take(hp_pool *p, bool with_ordinary)
{
    hp_pool_job *job = p->urgent.first;
    if (job != NULL) {
        p->urgent.first = job->next;
        if (p->urgent.first == NULL) p->urgent.last = &p->urgent.first;
    } else {
        job = with_ordinary ? p->ordinary.first : NULL;
        if (job == NULL) return NULL;
        p->ordinary.first = job->next;
        if (p->ordinary.first == NULL) p->ordinary.last = &p->ordinary.first;
    }
    p->queued--;
    return job;
}

static void *spare_work(void *arg);

/* If a waiting job has left its place empty and somebody could use it. */
static void start_spare(hp_pool *p)
{
    if (p->queued == 0 || p->sleeping > 0 || active(p) >= p->worker_count || p->spare_count >= p->spares_max) return;
    if (p->urgent.first == NULL && !ordinary_allowed(p, p->spare_count + 1)) return;
    pthread_t thread;
    p->spare_count++;
    if (pthread_create(&thread, NULL, spare_work, p) == 0)
        (void)pthread_detach(thread); /* hp_pool_free waits for spare_count */
    else
        p->spare_count--; /* no thread to be had: the queue waits for a worker, as it would without spares */
}

/* ---- on one of its threads: base/thread.h ---- */

static void wait_begin(void *pool)
{
    hp_pool *p = pool;
    (void)pthread_mutex_lock(&p->lock);
    p->waiting++;
    start_spare(p);
    (void)pthread_mutex_unlock(&p->lock);
}

static void wait_end(void *pool)
{
    hp_pool *p = pool;
    (void)pthread_mutex_lock(&p->lock);
    p->waiting--;
    (void)pthread_mutex_unlock(&p->lock);
}

/* ---- threads ---- */

/* Unlocks around the job. */
static void run_one(hp_pool *p, hp_pool_job *job)
{
    bool more = wake_one(p);
    start_spare(p);
    (void)pthread_mutex_unlock(&p->lock);
    if (more) (void)pthread_cond_signal(&p->filled);
    job->run(job);
    HP_ASSERT(!hp_thread_waits()); /* every begin has had its end */
    (void)pthread_mutex_lock(&p->lock);
}

static void *work(void *arg)
{
    hp_pool *p = arg;
    hp_thread_on_wait(wait_begin, wait_end, p);
    (void)pthread_mutex_lock(&p->lock);
    for (;;) {
        p->sleeping--;
        p->waking = false;
        for (hp_pool_job *job; (job = take(p, true)) != NULL;) run_one(p, job);
        if (p->stopping) break;
        p->sleeping++;
        (void)pthread_cond_wait(&p->filled, &p->lock);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

static void *spare_work(void *arg)
{
    hp_pool *p = arg;
    hp_thread_on_wait(wait_begin, wait_end, p);
    (void)pthread_mutex_lock(&p->lock);
    for (hp_pool_job *job;
         active(p) <= p->worker_count && (job = take(p, ordinary_allowed(p, p->spare_count))) != NULL;)
        run_one(p, job);
    p->spare_count--;
    if (p->spare_count == 0) (void)pthread_cond_broadcast(&p->spare_ended);
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---- the pool ---- */

hp_pool *hp_pool_new(int workers, int spares_max, size_t queue_max)
{
    hp_pool *p = calloc(1, sizeof *p + (size_t)workers * sizeof p->threads[0]);
    if (p == NULL) return NULL;
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->filled, NULL);
    (void)pthread_cond_init(&p->spare_ended, NULL);
    p->urgent.last = &p->urgent.first;
    p->ordinary.last = &p->ordinary.first;
    p->queue_max = queue_max;
    p->worker_count = p->sleeping = (size_t)workers;
    p->spares_max = (size_t)spares_max;
    for (; p->started < p->worker_count; p->started++)
        if (pthread_create(&p->threads[p->started], NULL, work, p) != 0) {
            hp_pool_free(p);
            return NULL;
        }
    return p;
}

bool hp_pool_submit(hp_pool *p, hp_pool_job *job, bool urgent)
{
    bool wake = false;
    (void)pthread_mutex_lock(&p->lock);
    bool room = p->queued < (urgent ? 2 * p->queue_max : p->queue_max) && !p->stopping;
    if (room) {
        hp_pool_job ***last = urgent ? &p->urgent.last : &p->ordinary.last;
        job->next = NULL;
        **last = job;
        *last = &job->next;
        p->queued++;
        wake = wake_one(p);
        start_spare(p);
    }
    (void)pthread_mutex_unlock(&p->lock);
    if (wake) (void)pthread_cond_signal(&p->filled); /* outside: the woken thread needs the lock at once */
    return room;
}

hp_pool_load hp_pool_now(hp_pool *p)
{
    (void)pthread_mutex_lock(&p->lock);
    hp_pool_load load = {
        .queued = p->queued,
        .running = p->worker_count + p->spare_count - p->sleeping,
        .waiting = p->waiting,
        .threads = p->worker_count + p->spare_count,
    };
    (void)pthread_mutex_unlock(&p->lock);
    return load;
}

void hp_pool_free(hp_pool *p)
{
    if (p == NULL) return;
    (void)pthread_mutex_lock(&p->lock);
    p->stopping = true;
    (void)pthread_cond_broadcast(&p->filled);
    (void)pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->started; i++) (void)pthread_join(p->threads[i], NULL);
    (void)pthread_mutex_lock(&p->lock);
    while (p->spare_count > 0) (void)pthread_cond_wait(&p->spare_ended, &p->lock);
    (void)pthread_mutex_unlock(&p->lock);
    (void)pthread_cond_destroy(&p->spare_ended);
    (void)pthread_cond_destroy(&p->filled);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}

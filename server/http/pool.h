/* http/pool.h — worker threads behind a bounded queue.
 *
 * A job that is about to keep its thread for long (it waits for a webhook, an adapter, a turn, or is a long read) says so with
 * hp_thread_wait_begin (base/thread.h). Until its end it does not count as a worker: when work is queued, a spare thread takes
 * its place, up to a limit, and ends when there is no more use for it. Else a few such jobs could hold all workers, and the
 * requests they may wait for would find none. */
#ifndef HP_HTTP_POOL_H
#define HP_HTTP_POOL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct hp_pool hp_pool;

typedef struct hp_pool_job hp_pool_job;
struct hp_pool_job { /* first member of what is queued; the pool owns it until run() is called */
    hp_pool_job *next;
    void (*run)(hp_pool_job *job);
};

/* `spares_max` threads beyond `workers` may stand in for those that wait. NULL if the threads cannot be started. */
hp_pool *hp_pool_new(int workers, int spares_max, size_t queue_max);

/* Urgent jobs, which a running one waits for, are taken before the others, may be twice as many, and half of the spares
 * is theirs alone. False when the queue is full: the job stays the caller's. Any thread, never blocks on work. */
bool hp_pool_submit(hp_pool *p, hp_pool_job *job, bool urgent);

typedef struct hp_pool_load {
    size_t queued;  /* jobs nobody has taken yet */
    size_t running; /* jobs taken, waiting ones included */
    size_t waiting; /* between hp_thread_wait_begin and _end */
    size_t threads; /* workers and spares */
} hp_pool_load;

hp_pool_load hp_pool_now(hp_pool *p);

/* Runs what is queued, joins the threads, frees. Accepts NULL. */
void hp_pool_free(hp_pool *p);

#endif

/* http/pool.h — worker threads behind a bounded queue. */
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

/* NULL if the threads cannot be started. */
hp_pool *hp_pool_new(int workers, size_t queue_max);

/* False when the queue is full: the job stays the caller's. Any thread, never blocks on work. */
bool hp_pool_submit(hp_pool *p, hp_pool_job *job);

size_t hp_pool_queued(hp_pool *p);

/* Runs what is queued, joins the threads, frees. Accepts NULL. */
void hp_pool_free(hp_pool *p);

#endif

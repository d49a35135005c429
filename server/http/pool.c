#include "http/pool.h"

#include <pthread.h>
#include <stdlib.h>

struct hp_pool {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    hp_pool_job *first, **last;
    size_t queued, queue_max;
    bool stopping;
    int thread_count;
    pthread_t threads[];
};

static void *work(void *arg)
{
    hp_pool *p = arg;
    (void)pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->first == NULL && !p->stopping) (void)pthread_cond_wait(&p->filled, &p->lock);
        hp_pool_job *job = p->first;
        if (job == NULL) break; /* stopping, and nothing left */
        p->first = job->next;
        if (p->first == NULL) p->last = &p->first;
        p->queued--;
        (void)pthread_mutex_unlock(&p->lock);
        job->run(job);
        (void)pthread_mutex_lock(&p->lock);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

hp_pool *hp_pool_new(int workers, size_t queue_max)
{
    hp_pool *p = calloc(1, sizeof *p + (size_t)workers * sizeof p->threads[0]);
    if (p == NULL) return NULL;
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->filled, NULL);
    p->last = &p->first;
    p->queue_max = queue_max;
    for (; p->thread_count < workers; p->thread_count++)
        if (pthread_create(&p->threads[p->thread_count], NULL, work, p) != 0) {
            hp_pool_free(p);
            return NULL;
        }
    return p;
}

bool hp_pool_submit(hp_pool *p, hp_pool_job *job)
{
    (void)pthread_mutex_lock(&p->lock);
    bool room = p->queued < p->queue_max && !p->stopping;
    if (room) {
        job->next = NULL;
        *p->last = job;
        p->last = &job->next;
        p->queued++;
        (void)pthread_cond_signal(&p->filled);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return room;
}

size_t hp_pool_queued(hp_pool *p)
{
    (void)pthread_mutex_lock(&p->lock);
    size_t queued = p->queued;
    (void)pthread_mutex_unlock(&p->lock);
    return queued;
}

void hp_pool_free(hp_pool *p)
{
    if (p == NULL) return;
    (void)pthread_mutex_lock(&p->lock);
    p->stopping = true;
    (void)pthread_cond_broadcast(&p->filled);
    (void)pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->thread_count; i++) (void)pthread_join(p->threads[i], NULL);
    (void)pthread_cond_destroy(&p->filled);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}

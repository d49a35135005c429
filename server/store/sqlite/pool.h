/* pool.h — the read connections: opened as they are needed up to a maximum, lent for one call each, and closed again when
 * more than `kept` of them have nothing to do. When the last of a burst of long reads is closed, the memory that they took goes
 * back to the system. Any thread. */
#ifndef HP_STORE_SQLITE_POOL_H
#define HP_STORE_SQLITE_POOL_H

#include <pthread.h>

#include "store/sqlite/conn.h"

typedef struct hp_sqlite_pool {
    pthread_mutex_t lock;
    pthread_cond_t returned;
    const char *path; /* borrowed */
    hp_clock *clock;
    hp_sqlite_conn *free; /* the one used last first: its cache is warm */
    unsigned opened, idle, kept, max;
    unsigned long_ones;  /* have read since memory was last given back to the system */
    hp_gate *long_reads; /* for those that have no end yet when they are long (base/limits.h) */
} hp_sqlite_pool;

/* Up to `kept` short reads, and `long_reads` long ones with the line for their places, run beside each other. */
void hp_sqlite_pool_init(hp_sqlite_pool *p, const char *path, unsigned kept, unsigned long_reads, hp_clock *clock);
void hp_sqlite_pool_done(hp_sqlite_pool *p); /* all have been given back */

/* Blocks: until one is free, at most `wait_ms`. Errors: TIMEOUT, INTERNAL if one cannot be opened. */
HP_MUST_USE hp_code hp_sqlite_pool_take(hp_sqlite_pool *p, int64_t wait_ms, hp_sqlite_conn **out, hp_err *err);
void hp_sqlite_pool_give(hp_sqlite_pool *p, hp_sqlite_conn *c);

/* A condition variable on the monotonic clock, and an instant of it `ms` from now. */
void hp_sqlite_cond_init(pthread_cond_t *c);
struct timespec hp_sqlite_in_ms(int64_t ms);

#endif

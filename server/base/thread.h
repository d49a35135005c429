/* base/thread.h — which kind of thread this is: what may block refuses to run on an I/O thread, and a worker that waits for
 * an outside party says so to the pool it belongs to. */
#ifndef HP_BASE_THREAD_H
#define HP_BASE_THREAD_H

#include <stdbool.h>

/* Called once by an I/O loop when its thread starts. */
void hp_thread_mark_loop(void);

/* Opens every function that may block: a wrong call fails in its first test and not under load. */
void hp_assert_worker_thread(void);

/* Around what keeps a thread for long and is bounded elsewhere: a wait for an outside party (a webhook, an adapter, a
 * provider's keys) or for a turn (a password's hash), a long read. May be nested; without effect on a thread that belongs to no
 * pool. */
void hp_thread_wait_begin(void);
void hp_thread_wait_end(void);
bool hp_thread_waits(void);

/* True where a wait holds up nobody else: on a thread of a pool, which is told. */
bool hp_thread_may_wait(void);

/* Called once by a pool on each of its threads: what the outermost pair of the two above does on it. */
void hp_thread_on_wait(void (*begin)(void *pool), void (*end)(void *pool), void *pool);

#endif

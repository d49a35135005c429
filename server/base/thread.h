/* base/thread.h — which kind of thread this is, so that what may block can refuse to run on an I/O thread. */
#ifndef HP_BASE_THREAD_H
#define HP_BASE_THREAD_H

/* Called once by an I/O loop when its thread starts. */
void hp_thread_mark_loop(void);

/* Opens every function that may block: a wrong call fails in its first test and not under load. */
void hp_assert_worker_thread(void);

#endif

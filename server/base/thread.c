#include "base/thread.h"

#include <stdbool.h>

#include "base/error.h"

static _Thread_local bool is_loop;

void hp_thread_mark_loop(void) { is_loop = true; }

void hp_assert_worker_thread(void) { HP_ASSERT(!is_loop); }

/* base/log_recent.h — the last lines of the log, in memory, for who asks the running server what happened.
 *
 * A ring of a fixed size and part of the log, so process-wide as it is. What the log does not write it does not keep. Any
 * thread. */
#ifndef HP_BASE_LOG_RECENT_H
#define HP_BASE_LOG_RECENT_H

#include "base/arena.h"
#include "base/log.h"

enum { HP_LOG_RECENT_MAX = 1000, HP_LOG_RECENT_BYTES_MAX = 500 }; /* lines; bytes of one, what is longer is cut */

typedef struct hp_log_entry {
    int64_t at_ms; /* UTC */
    hp_log_level level;
    hp_str message; /* "event key=value …", as a line of the text log has it */
} hp_log_entry;

typedef struct hp_log_query {
    hp_log_level level;        /* this and what is more severe */
    int64_t from_ms, until_ms; /* both included */
    size_t max;
    bool oldest_first; /* of those in the range; else newest first */
} hp_log_query;

/* For base/log.c: keeps one line. */
void hp_log_recent_keep(int64_t at_ms, hp_log_level level, hp_str message);

/* The lines that `q` asks for, copied into `mem`; at most q->max of them. Returns how many. */
size_t hp_log_recent(const hp_log_query *q, hp_arena *mem, hp_log_entry **out);

#endif

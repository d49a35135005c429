#include "base/log_recent.h"

#include <pthread.h>
#include <string.h>

/* Memory that nothing was logged to is never touched, and so costs nothing. */
static struct {
    int64_t at_ms;
    hp_log_level level;
    uint16_t len;
    char text[HP_LOG_RECENT_BYTES_MAX];
} ring[HP_LOG_RECENT_MAX];
static uint64_t written; /* lines ever; the next one goes to written % HP_LOG_RECENT_MAX */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Not in the middle of a character. */
static size_t cut(hp_str s)
{
    if (s.len <= HP_LOG_RECENT_BYTES_MAX) return s.len;
    size_t len = HP_LOG_RECENT_BYTES_MAX;
    while (len > 0 && ((unsigned char)s.ptr[len] & 0xC0) == 0x80) len--;
    return len;
}

void hp_log_recent_keep(int64_t at_ms, hp_log_level level, hp_str message)
{
    const size_t len = cut(message);
    (void)pthread_mutex_lock(&lock);
    const size_t slot = written++ % HP_LOG_RECENT_MAX;
    ring[slot].at_ms = at_ms;
    ring[slot].level = level;
    ring[slot].len = (uint16_t)len;
    memcpy(ring[slot].text, message.ptr, len);
    (void)pthread_mutex_unlock(&lock);
}

size_t hp_log_recent(const hp_log_query *q, hp_arena *mem, hp_log_entry **out)
{
    const size_t max = q->max < HP_LOG_RECENT_MAX ? q->max : HP_LOG_RECENT_MAX;
    size_t count = 0;
    *out = HP_NEW_ARRAY(mem, hp_log_entry, max);
    (void)pthread_mutex_lock(&lock);
    const uint64_t kept = written < HP_LOG_RECENT_MAX ? written : HP_LOG_RECENT_MAX;
    for (uint64_t i = 0; i < kept && count < max; i++) {
        const uint64_t line = q->oldest_first ? written - kept + i : written - 1 - i;
        const size_t slot = line % HP_LOG_RECENT_MAX;
        if (ring[slot].level > q->level || ring[slot].at_ms < q->from_ms || ring[slot].at_ms > q->until_ms) continue;
        (*out)[count++] = (hp_log_entry){ ring[slot].at_ms, ring[slot].level,
                                          hp_arena_str(mem, (hp_str){ ring[slot].text, ring[slot].len }) };
    }
    (void)pthread_mutex_unlock(&lock);
    return count;
}

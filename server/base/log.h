/* base/log.h — one event per line on stderr: time, level, event, request id, key=value.
 *
 * The log is the only process-wide thing. Values are escaped (control characters, quotes, invalid UTF-8), so one event
 * is always one line. Secrets, tokens, keys and bodies are never handed to it. Any thread; a line is written whole. */
#ifndef HP_BASE_LOG_H
#define HP_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

typedef enum hp_log_level { HP_LOG_ERROR, HP_LOG_WARN, HP_LOG_INFO, HP_LOG_DEBUG } hp_log_level;

typedef struct hp_log_field { /* made with the macros below */
    const char *key;
    enum { HP_LOG_STR, HP_LOG_INT } kind;
    hp_str str;
    int64_t num;
} hp_log_field;

#define HP_F_STR(k, s) ((hp_log_field){ (k), HP_LOG_STR, (s), 0 })
#define HP_F_TEXT(k, c) ((hp_log_field){ (k), HP_LOG_STR, hp_str_of(c), 0 })
#define HP_F_INT(k, n) ((hp_log_field){ (k), HP_LOG_INT, { NULL, 0 }, (int64_t)(n) })

/* Text or JSON lines; events above `level` are dropped. Defaults: text, HP_LOG_INFO. */
void hp_log_configure(hp_log_level level, bool json);

/* Writes one event. `event` is a constant in snake_case. */
void hp_log_write(hp_log_level level, const char *event, const hp_log_field *fields, size_t count);

/* hp_log(HP_LOG_WARN, "store_busy", HP_F_INT("wait_ms", 12)); */
#define hp_log(level, event, ...)                                         \
    hp_log_write((level), (event), (const hp_log_field[]){ __VA_ARGS__ }, \
                 sizeof((const hp_log_field[]){ __VA_ARGS__ }) / sizeof(hp_log_field))
#define hp_log0(level, event) hp_log_write((level), (event), NULL, 0)

#endif

#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_recent.h"

/* A pipe takes up to 4096 bytes (PIPE_BUF) in one piece, so lines of several threads do not mix there either. */
enum { LINE_BYTES_MAX = 4096, TAIL_BYTES = 16, VALUE_BYTES_MAX = 1024 };

static _Atomic int log_level = HP_LOG_INFO;
static _Atomic bool log_json = false;

static const char *const LEVELS[] = { "ERROR", "WARN", "INFO", "DEBUG" };
static const char *const JSON_LEVELS[] = { "error", "warn", "info", "debug" };

void hp_log_configure(hp_log_level level, bool json)
{
    atomic_store(&log_level, (int)level);
    atomic_store(&log_json, json);
}

/* Printable ASCII and well-formed text above it go through; control characters, quotes, line separators of Unicode and
 * broken UTF-8 are escaped, so that no value can end the line or draw on a terminal. */
static void add_escaped(hp_buf *b, hp_str s)
{
    size_t from = b->len;
    for (size_t i = 0; i < s.len && b->len - from < VALUE_BYTES_MAX;) {
        unsigned char c = (unsigned char)s.ptr[i];
        size_t len = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
        hp_str one = hp_str_sub(s, i, len);
        if (c == '"' || c == '\\') {
            hp_buf_add_char(b, '\\');
            hp_buf_add_char(b, (char)c);
            i++;
        } else if (c >= 0x20 && c < 0x7F) {
            hp_buf_add_char(b, (char)c);
            i++;
        } else if (c < 0x80 || one.len < len || !hp_str_utf8_valid(one)) {
            hp_buf_printf(b, "\\u%04x", c);
            i++;
        } else if (hp_str_eq(one, HP_STR("\xe2\x80\xa8")) || hp_str_eq(one, HP_STR("\xe2\x80\xa9"))) {
            hp_buf_printf(b, "\\u202%c", s.ptr[i + 2] == '\xa8' ? '8' : '9');
            i += len;
        } else if (c == 0xC2 && (unsigned char)s.ptr[i + 1] < 0xA0) { /* C1 controls */
            hp_buf_printf(b, "\\u%04x", (unsigned char)s.ptr[i + 1]);
            i += len;
        } else {
            hp_buf_add(b, one);
            i += len;
        }
    }
}

static bool plain(hp_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= ' ' || c >= 0x7F || c == '"' || c == '=' || c == '\\') return false;
    }
    return s.len > 0;
}

static void add_time(hp_buf *b, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm t;
    (void)gmtime_r(&seconds, &t);
    hp_buf_printf(b, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                  t.tm_min, t.tm_sec, (int)(ms % 1000));
}

static void add_head(hp_buf *b, int64_t ms, hp_log_level level, const char *event, bool json)
{
    if (json) hp_buf_add_lit(b, "{\"time\":\"");
    add_time(b, ms);
    if (json)
        hp_buf_printf(b, "\",\"level\":\"%s\",\"event\":\"%s\"", JSON_LEVELS[level], event);
    else
        hp_buf_printf(b, " %s %s", LEVELS[level], event);
}

static void add_field(hp_buf *b, const hp_log_field *f, bool json)
{
    hp_buf_printf(b, json ? ",\"%s\":" : " %s=", f->key);
    if (f->kind == HP_LOG_INT) {
        hp_buf_printf(b, "%lld", (long long)f->num);
    } else if (!json && plain(f->str)) {
        hp_buf_add(b, hp_str_sub(f->str, 0, VALUE_BYTES_MAX));
    } else {
        hp_buf_add_char(b, '"');
        add_escaped(b, f->str);
        hp_buf_add_char(b, '"');
    }
}

/* A field that does not fit is left out whole: half of one would leave the line without its end. The line says so. */
static void add_fields(hp_buf *b, const hp_log_field *fields, size_t count, bool json)
{
    bool cut = false;
    for (size_t i = 0; i < count; i++) {
        size_t before = b->len;
        add_field(b, &fields[i], json);
        if (!b->overflow) continue;
        b->len = before;
        b->overflow = false;
        cut = true;
    }
    b->max += TAIL_BYTES;
    if (cut) hp_buf_add(b, json ? HP_STR(",\"cut\":1") : HP_STR(" cut=1"));
    if (json) hp_buf_add_char(b, '}');
}

/* The line as text, without time and level. */
static void keep(int64_t ms, hp_log_level level, const char *event, const hp_log_field *fields, size_t count)
{
    hp_buf text;
    hp_buf_init(&text, LINE_BYTES_MAX - TAIL_BYTES);
    hp_buf_add(&text, hp_str_of(event));
    add_fields(&text, fields, count, false);
    hp_log_recent_keep(ms, level, hp_buf_str(&text));
    hp_buf_done(&text);
}

void hp_log_write(hp_log_level level, const char *event, const hp_log_field *fields, size_t count)
{
    hp_buf line;
    if ((int)level > atomic_load(&log_level)) return;
    bool json = atomic_load(&log_json);
    hp_clock *clock = hp_clock_system();
    const int64_t ms = clock->now_ms(clock);
    hp_buf_init(&line, LINE_BYTES_MAX - TAIL_BYTES);
    add_head(&line, ms, level, event, json);
    add_fields(&line, fields, count, json);
    hp_buf_add_char(&line, '\n');
    /* One write, so that lines of several threads do not mix. A full or closed stderr must not stop the server. */
    if (write(STDERR_FILENO, line.ptr, line.len) < 0) { /* nowhere left to say so */
    }
    hp_buf_done(&line);
    keep(ms, level, event, fields, count);
}

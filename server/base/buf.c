#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

void hp_buf_init(hp_buf *b, size_t bytes_max) { *b = (hp_buf){ .max = bytes_max }; }

void hp_buf_done(hp_buf *b)
{
    free(b->ptr);
    hp_buf_init(b, b->max);
}

void hp_buf_clear(hp_buf *b)
{
    b->len = 0;
    b->overflow = false;
}

char *hp_buf_reserve(hp_buf *b, size_t len)
{
    size_t need;
    if (b->overflow || __builtin_add_overflow(b->len, len, &need) || need > b->max) {
        b->overflow = true;
        return NULL;
    }
    if (need > b->cap || b->ptr == NULL) {
        size_t cap = b->cap < 256 ? 256 : b->cap * 2;
        if (cap < need) cap = need;
        if (cap > b->max) cap = b->max;
        char *grown = realloc(b->ptr, cap == 0 ? 1 : cap);
        HP_ASSERT(grown != NULL);
        b->ptr = grown;
        b->cap = cap;
    }
    return b->ptr + b->len;
}

void hp_buf_add(hp_buf *b, hp_str s)
{
    if (s.len == 0) return;
    char *at = hp_buf_reserve(b, s.len);
    if (at == NULL) return;
    memcpy(at, s.ptr, s.len);
    b->len += s.len;
}

void hp_buf_add_char(hp_buf *b, char c) { hp_buf_add(b, (hp_str){ &c, 1 }); }

void hp_buf_printf(hp_buf *b, const char *fmt, ...)
{
    char shortcut[256];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(shortcut, sizeof shortcut, fmt, args);
    va_end(args);
    HP_ASSERT(len >= 0);
    if ((size_t)len < sizeof shortcut) {
        hp_buf_add(b, (hp_str){ shortcut, (size_t)len });
        return;
    }
    char *text = NULL;
    va_start(args, fmt);
    len = vasprintf(&text, fmt, args);
    va_end(args);
    HP_ASSERT(len >= 0);
    hp_buf_add(b, (hp_str){ text, (size_t)len });
    free(text);
}

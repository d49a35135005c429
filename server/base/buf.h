/* base/buf.h — a byte buffer that grows up to a maximum.
 *
 * Appending past `max` sets `overflow` and drops the bytes, and all that follow until hp_buf_clear; the writer checks
 * once at the end. The memory is malloc'd and owned by the buffer. One thread at a time. */
#ifndef HP_BASE_BUF_H
#define HP_BASE_BUF_H

#include <stdbool.h>

#include "base/str.h"

typedef struct hp_buf {
    char *ptr;
    size_t len, cap, max; /* bytes */
    bool overflow;        /* something was dropped; `ptr` then holds a prefix */
} hp_buf;

void hp_buf_init(hp_buf *b, size_t bytes_max);
void hp_buf_done(hp_buf *b); /* frees; the buffer may be initialised again */
void hp_buf_clear(hp_buf *b);

void hp_buf_add(hp_buf *b, hp_str s);
void hp_buf_add_char(hp_buf *b, char c);
__attribute__((format(printf, 2, 3))) void hp_buf_printf(hp_buf *b, const char *fmt, ...);

#define hp_buf_add_lit(b, literal) hp_buf_add((b), HP_STR(literal))

/* Room for `len` more bytes at the end, or NULL past the maximum; the caller then adds what it wrote to b->len. */
char *hp_buf_reserve(hp_buf *b, size_t len);

static inline hp_str hp_buf_str(const hp_buf *b) { return (hp_str){ b->ptr ? b->ptr : "", b->len }; }

#endif

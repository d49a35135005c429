#include "http/chunked.h"

enum { SIZE_DIGITS_MAX = 8 };

/* "1a\r\n" -> 26. Returns the bytes of the line, 0 if it is not whole yet, SIZE_MAX if it is malformed. */
static size_t read_size(hp_str in, size_t *size)
{
    size_t n = 0, i = 0;
    for (; i < in.len && i <= SIZE_DIGITS_MAX; i++) {
        char c = in.ptr[i];
        int digit = c >= '0' && c <= '9'                     ? c - '0'
                    : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                             : -1;
        if (digit < 0) break;
        n = n * 16 + (size_t)digit;
    }
    if (i > SIZE_DIGITS_MAX) return SIZE_MAX;
    if (in.len < i + 2) return in.len > i && in.ptr[i] != '\r' ? SIZE_MAX : 0;
    if (i == 0 || in.ptr[i] != '\r' || in.ptr[i + 1] != '\n') return SIZE_MAX;
    *size = n;
    return i + 2;
}

int hp_chunked_read(hp_chunked *c, hp_str in, hp_buf *body, size_t *used)
{
    *used = 0;
    while (c->state != HP_CHUNK_DONE) {
        hp_str rest = hp_str_sub(in, *used, in.len);
        if (c->state == HP_CHUNK_SIZE) {
            size_t line = read_size(rest, &c->left);
            if (line == 0) return 0;
            if (line == SIZE_MAX) return 400;
            if (c->left > body->max - body->len) return 413;
            *used += line;
            c->state = c->left == 0 ? HP_CHUNK_LAST : HP_CHUNK_DATA;
        } else if (c->state == HP_CHUNK_DATA) {
            hp_str data = hp_str_sub(rest, 0, c->left);
            if (data.len == 0) return 0;
            hp_buf_add(body, data);
            *used += data.len;
            c->left -= data.len;
            if (c->left == 0) c->state = HP_CHUNK_DATA_END;
        } else { /* the CR LF behind a chunk's data, or behind the last chunk */
            if (rest.len < 2) return rest.len == 1 && rest.ptr[0] != '\r' ? 400 : 0;
            if (rest.ptr[0] != '\r' || rest.ptr[1] != '\n') return 400;
            *used += 2;
            c->state = c->state == HP_CHUNK_LAST ? HP_CHUNK_DONE : HP_CHUNK_SIZE;
        }
    }
    return 0;
}

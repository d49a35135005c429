#include "http/socket_out.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "http/socket_reader.h"

enum { HEADER_BYTES_MAX = 10, REASON_BYTES_MAX = HP_CONTROL_BYTES_MAX - 2 };

struct hp_frame {
    _Atomic uint32_t refs;
    size_t len;
    char text[];
};

hp_frame *hp_frame_new(hp_str text)
{
    hp_frame *f = malloc(sizeof *f + text.len);
    HP_ASSERT(f != NULL);
    atomic_init(&f->refs, 1);
    f->len = text.len;
    if (text.len > 0) memcpy(f->text, text.ptr, text.len);
    return f;
}

hp_frame *hp_frame_ref(hp_frame *f)
{
    (void)atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

void hp_frame_unref(hp_frame *f)
{
    if (f != NULL && atomic_fetch_sub(&f->refs, 1) == 1) free(f);
}

/* Section 5.2; the server's frames are not masked and always whole. */
static size_t write_header(char *out, int opcode, size_t len)
{
    size_t used = 0;
    if (opcode == HP_OP_NONE) return 0;
    out[used++] = (char)(0x80 | opcode);
    if (len < 126) {
        out[used++] = (char)len;
        return used;
    }
    const int bytes = len <= UINT16_MAX ? 2 : 8;
    out[used++] = (char)(bytes == 2 ? 126 : 127);
    for (int i = bytes - 1; i >= 0; i--) out[used++] = (char)((uint64_t)len >> (8 * i) & 0xFF);
    return used;
}

hp_out_frame *hp_out_make(int opcode, hp_str head, hp_frame *tail)
{
    hp_out_frame *o = malloc(sizeof *o + HEADER_BYTES_MAX + head.len);
    HP_ASSERT(o != NULL);
    *o = (hp_out_frame){ .tail = tail != NULL ? hp_frame_ref(tail) : NULL, .closes = opcode == HP_OP_CLOSE };
    o->len = write_header(o->bytes, opcode, head.len + (tail != NULL ? tail->len : 0));
    if (head.len > 0) memcpy(o->bytes + o->len, head.ptr, head.len);
    o->len += head.len;
    return o;
}

/* Code 0: a close frame without one. */
hp_out_frame *hp_out_make_close(uint16_t code, hp_str reason)
{
    char payload[HP_CONTROL_BYTES_MAX];
    if (reason.len > REASON_BYTES_MAX) reason.len = REASON_BYTES_MAX;
    while (reason.len > 0 && !hp_str_utf8_valid(reason)) reason.len--; /* not cut within a character */
    payload[0] = (char)(code >> 8);
    payload[1] = (char)(code & 0xFF);
    if (reason.len > 0) memcpy(payload + 2, reason.ptr, reason.len);
    return hp_out_make(HP_OP_CLOSE, (hp_str){ payload, code == 0 ? 0 : 2 + reason.len }, NULL);
}

void hp_out_free(hp_out_frame *o)
{
    hp_frame_unref(o->tail);
    free(o);
}

size_t hp_out_size(const hp_out_frame *o) { return o->len + (o->tail != NULL ? o->tail->len : 0); }

size_t hp_out_cost(const hp_out_frame *o) { return hp_out_size(o) + sizeof *o; }

void hp_out_append(hp_out_list *list, hp_out_frame *o)
{
    if (list->first == NULL)
        list->first = o;
    else
        list->last->next = o;
    list->last = o;
}

hp_out_frame *hp_out_pop(hp_out_list *list)
{
    hp_out_frame *o = list->first;
    if (o != NULL) list->first = o->next;
    return o;
}

void hp_out_drop(hp_out_list *list)
{
    for (hp_out_frame *o; (o = hp_out_pop(list)) != NULL;) hp_out_free(o);
}

int hp_out_collect(const hp_out_list *list, size_t skip, struct iovec *parts, int max, size_t *all)
{
    int count = 0;
    *all = 0;
    for (const hp_out_frame *o = list->first; o != NULL && count + 2 <= max; o = o->next) {
        const hp_str pieces[2] = { { o->bytes, o->len },
                                   { o->tail != NULL ? o->tail->text : NULL, o->tail != NULL ? o->tail->len : 0 } };
        for (int i = 0; i < 2; i++) {
            const size_t over = skip < pieces[i].len ? skip : pieces[i].len;
            skip -= over;
            if (pieces[i].len == over) continue;
            parts[count++] = (struct iovec){ .iov_base = (void *)(uintptr_t)(pieces[i].ptr + over),
                                             .iov_len = pieces[i].len - over };
            *all += pieces[i].len - over;
        }
    }
    return count;
}

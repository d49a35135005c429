/* rooms: http base */
#include <stdint.h>

#include "base/error.h"
#include "base/map.h"
#include "http/socket.h"
#include "http/socket_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_BYTES_MAX = 3000 };

typedef struct account { /* of all that came out, in its order */
    uint64_t items, sum;
    bool broken;
} account;

static void add(account *a, uint64_t what) { a->sum = (a->sum ^ what) * 0x100000001B3u; }

static void note(account *a, hp_socket_item item, hp_socket_input *in)
{
    a->items++;
    add(a, (uint64_t)item);
    switch (item) {
    case HP_SOCKET_MORE: HP_ASSERT(false); return;
    case HP_SOCKET_MESSAGE:
        HP_ASSERT(in->message.len <= MESSAGE_BYTES_MAX && !in->message.overflow);
        HP_ASSERT(in->binary || hp_str_utf8_valid(hp_buf_str(&in->message)));
        add(a, hp_hash(hp_buf_str(&in->message)) + in->binary);
        hp_buf_done(&in->message);
        return;
    case HP_SOCKET_PING:
    case HP_SOCKET_PONG:
        HP_ASSERT(in->control_len <= HP_CONTROL_BYTES_MAX);
        add(a, hp_hash((hp_str){ in->control, in->control_len }));
        return;
    case HP_SOCKET_CLOSE:
        HP_ASSERT(in->code == 0 || (in->code >= 1000 && in->code < 5000));
        add(a, in->code);
        return;
    case HP_SOCKET_BROKEN:
        HP_ASSERT(in->code == HP_CLOSE_PROTOCOL || in->code == HP_CLOSE_NOT_TEXT || in->code == HP_CLOSE_TOO_BIG);
        add(a, in->code);
        a->broken = true;
        return;
    }
}

/* In pieces of `step` bytes; a reader that is idle between two of them makes place for another, as on a loop. */
static account read_all(hp_str text, size_t step)
{
    account a = { 0 };
    hp_socket_reader *r = hp_socket_reader_new();
    for (size_t from = 0; from < text.len && !a.broken; from += step) {
        hp_str piece = hp_str_sub(text, from, step);
        hp_socket_input in;
        for (hp_socket_item item;
             !a.broken && (item = hp_socket_reader_next(r, &piece, MESSAGE_BYTES_MAX, &in)) != HP_SOCKET_MORE;)
            note(&a, item, &in);
        HP_ASSERT(a.broken || piece.len == 0);
        HP_ASSERT(hp_socket_reader_held(r) <= MESSAGE_BYTES_MAX);
        if (!hp_socket_reader_idle(r)) continue;
        hp_socket_reader_free(r);
        r = hp_socket_reader_new();
    }
    hp_socket_reader_free(r);
    return a;
}

/* The frames of a client: the same comes out, however the bytes arrive. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const hp_str text = { (const char *)data, size };
    const account whole = read_all(text, size > 0 ? size : 1);
    const size_t steps[] = { 1, 7, 4096 };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        const account again = read_all(text, steps[i]);
        HP_ASSERT(again.items == whole.items && again.sum == whole.sum && again.broken == whole.broken);
    }
    return 0;
}

#include "http/socket_reader.h"

#include <stdlib.h>

#include <wslay/wslay.h>

#include "base/error.h"
#include "http/socket.h"

struct hp_socket_reader {
    wslay_frame_context_ptr frames;
    hp_str *input;        /* of the call that runs */
    uint64_t taken, used; /* bytes that wslay has taken in, and those of them that it has handed out as frames */
    bool in_frame;
    uint64_t frame_left; /* bytes to come of its payload */
    bool broken;
    bool message_open; /* its last fragment has not come */
    bool binary;
    hp_buf message;
    char control[HP_CONTROL_BYTES_MAX];
    size_t control_len;
};

static ssize_t take(uint8_t *buf, size_t len, int flags, void *arg)
{
    hp_socket_reader *r = arg;
    (void)flags;
    if (len > r->input->len) len = r->input->len;
    if (len == 0) return -1; /* for wslay: later */
    memcpy(buf, r->input->ptr, len);
    r->input->ptr += len;
    r->input->len -= len;
    r->taken += len;
    return (ssize_t)len;
}

hp_socket_reader *hp_socket_reader_new(void)
{
    const struct wslay_frame_callbacks callbacks = { .recv_callback = take };
    hp_socket_reader *r = calloc(1, sizeof *r);
    HP_ASSERT(r != NULL);
    HP_ASSERT(wslay_frame_context_init(&r->frames, &callbacks, r) == 0);
    hp_buf_init(&r->message, 0);
    return r;
}

void hp_socket_reader_free(hp_socket_reader *r)
{
    if (r == NULL) return;
    wslay_frame_context_free(r->frames);
    hp_buf_done(&r->message);
    free(r);
}

bool hp_socket_reader_idle(const hp_socket_reader *r)
{
    return r->taken == r->used && !r->in_frame && !r->message_open && !r->broken;
}

size_t hp_socket_reader_held(const hp_socket_reader *r) { return r->message.len; }

static hp_socket_item broken(hp_socket_input *out, uint16_t code)
{
    out->code = code;
    return HP_SOCKET_BROKEN;
}

static bool is_control(const struct wslay_frame_iocb *f) { return wslay_is_ctrl_frame(f->opcode) != 0; }

/* Whether this frame may come now. wslay has refused control frames that are long or in fragments, and lengths that are
 * not written in the shortest form. */
static bool allowed(const hp_socket_reader *r, const struct wslay_frame_iocb *f)
{
    if (f->rsv != WSLAY_RSV_NONE || !f->mask) return false;
    switch (f->opcode) {
    case WSLAY_CONTINUATION_FRAME: return r->message_open;
    case WSLAY_TEXT_FRAME:
    case WSLAY_BINARY_FRAME: return !r->message_open;
    case WSLAY_CONNECTION_CLOSE:
    case WSLAY_PING:
    case WSLAY_PONG: return true;
    default: return false;
    }
}

/* Those that an endpoint may send: section 7.4 and IANA's registry. */
static bool may_be_sent(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

static hp_socket_item close_frame(const hp_socket_reader *r, hp_socket_input *out)
{
    out->code = 0;
    if (r->control_len == 0) return HP_SOCKET_CLOSE;
    if (r->control_len == 1) return broken(out, HP_CLOSE_PROTOCOL);
    const unsigned code = (unsigned)(unsigned char)r->control[0] << 8 | (unsigned char)r->control[1];
    if (!may_be_sent(code)) return broken(out, HP_CLOSE_PROTOCOL);
    if (!hp_str_utf8_valid((hp_str){ r->control + 2, r->control_len - 2 })) return broken(out, HP_CLOSE_NOT_TEXT);
    out->code = (uint16_t)code;
    return HP_SOCKET_CLOSE;
}

static hp_socket_item control_frame(const hp_socket_reader *r, uint8_t opcode, hp_socket_input *out)
{
    if (opcode == WSLAY_CONNECTION_CLOSE) return close_frame(r, out);
    memcpy(out->control, r->control, r->control_len);
    out->control_len = r->control_len;
    return opcode == WSLAY_PING ? HP_SOCKET_PING : HP_SOCKET_PONG;
}

static hp_socket_item whole_message(hp_socket_reader *r, hp_socket_input *out)
{
    r->message_open = false;
    if (!r->binary && !hp_str_utf8_valid(hp_buf_str(&r->message))) return broken(out, HP_CLOSE_NOT_TEXT);
    out->message = r->message;
    out->binary = r->binary;
    hp_buf_init(&r->message, 0);
    return HP_SOCKET_MESSAGE;
}

/* The first bytes of a frame, its head before them. */
static hp_socket_item begin_frame(hp_socket_reader *r, const struct wslay_frame_iocb *f, size_t message_bytes_max,
                                  hp_socket_input *out)
{
    if (!allowed(r, f)) return broken(out, HP_CLOSE_PROTOCOL);
    r->in_frame = true;
    r->frame_left = f->payload_length;
    r->used += 2u + 4u + (f->payload_length < 126 ? 0u : f->payload_length <= UINT16_MAX ? 2u : 8u);
    if (is_control(f)) {
        r->control_len = 0;
        return HP_SOCKET_MORE;
    }
    if (f->opcode != WSLAY_CONTINUATION_FRAME) {
        hp_buf_init(&r->message, message_bytes_max);
        r->message_open = true;
        r->binary = f->opcode == WSLAY_BINARY_FRAME;
    }
    return f->payload_length > message_bytes_max - r->message.len ? broken(out, HP_CLOSE_TOO_BIG) : HP_SOCKET_MORE;
}

static hp_socket_item next(hp_socket_reader *r, size_t message_bytes_max, hp_socket_input *out)
{
    for (;;) {
        struct wslay_frame_iocb f = { 0 };
        const ssize_t got = wslay_frame_recv(r->frames, &f);
        if (got == WSLAY_ERR_WANT_READ) return HP_SOCKET_MORE;
        if (got < 0) return broken(out, HP_CLOSE_PROTOCOL);
        if (!r->in_frame && begin_frame(r, &f, message_bytes_max, out) == HP_SOCKET_BROKEN) return HP_SOCKET_BROKEN;

        const hp_str data = { (const char *)f.data, f.data_length };
        if (is_control(&f)) {
            HP_ASSERT(data.len <= sizeof r->control - r->control_len);
            if (data.len > 0) memcpy(r->control + r->control_len, data.ptr, data.len);
            r->control_len += data.len;
        } else {
            hp_buf_add(&r->message, data);
        }
        r->used += data.len;
        r->frame_left -= data.len;
        if (r->frame_left > 0) continue;
        r->in_frame = false;
        if (is_control(&f)) return control_frame(r, f.opcode, out);
        if (f.fin) return whole_message(r, out);
    }
}

hp_socket_item hp_socket_reader_next(hp_socket_reader *r, hp_str *input, size_t message_bytes_max, hp_socket_input *out)
{
    HP_ASSERT(!r->broken);
    r->input = input;
    const hp_socket_item item = next(r, message_bytes_max, out);
    r->broken = item == HP_SOCKET_BROKEN;
    return item;
}

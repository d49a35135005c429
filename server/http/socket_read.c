#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/error.h"
#include "http/socket_parts.h"

/* ---- what is kept ---- */

void hp_socket_count_held(hp_socket *s, size_t held)
{
    _Atomic size_t *all = &s->loop->server->bodies_bytes;
    if (held > s->held)
        atomic_fetch_add(all, held - s->held);
    else if (held < s->held)
        atomic_fetch_sub(all, s->held - held);
    s->held = held;
}

void hp_socket_put_reader(hp_socket *s)
{
    hp_sockets *l = &s->loop->sockets;
    if (s->reader != NULL && l->spare_reader == NULL && hp_socket_reader_idle(s->reader))
        l->spare_reader = s->reader;
    else
        hp_socket_reader_free(s->reader);
    s->reader = NULL;
}

void hp_socket_drop_rest(hp_socket *s)
{
    free(s->rest);
    s->rest = NULL;
    s->rest_len = 0;
}

void hp_socket_keep_rest(hp_socket *s, hp_str bytes)
{
    s->rest = malloc(bytes.len);
    HP_ASSERT(s->rest != NULL);
    memcpy(s->rest, bytes.ptr, bytes.len);
    s->rest_from = 0;
    s->rest_len = bytes.len;
}

/* ---- frames ---- */

static void take_message(hp_socket *s, hp_socket_input *in)
{
    if (s->place != HP_SOCKET_OPEN) { /* we are closing: nobody is told of it */
        hp_buf_done(&in->message);
        hp_socket_count_held(s, 0);
        return;
    }
    s->message = in->message;
    s->message_binary = in->binary;
    hp_socket_give(s, HP_TELL_MESSAGE);
}

static void take_item(hp_socket *s, hp_socket_item item, hp_socket_input *in)
{
    switch (item) {
    case HP_SOCKET_MORE: return;
    case HP_SOCKET_MESSAGE: take_message(s, in); return;
    case HP_SOCKET_PING:
        (void)hp_socket_push(s, hp_out_make(HP_OP_PONG, (hp_str){ in->control, in->control_len }, NULL));
        return;
    case HP_SOCKET_PONG:
        if (hp_str_eq((hp_str){ in->control, in->control_len }, (hp_str){ s->ping, HP_SOCKET_PING_BYTES }))
            s->unanswered = false;
        return;
    case HP_SOCKET_CLOSE:
        s->close_received = s->discarding = true;
        (void)hp_socket_push(s, hp_out_make_close(in->code, HP_STR_NONE));
        hp_socket_settle(s);
        return;
    case HP_SOCKET_BROKEN: hp_socket_fail(s, in->code); return;
    }
}

/* Looks at `data` up to the first whole message, or to its end. Returns what is left. */
static hp_str decode(hp_socket *s, hp_str data)
{
    hp_loop *loop = s->loop;
    hp_socket_input in;
    hp_socket_item item = HP_SOCKET_PING;
    if (s->reader == NULL) {
        s->reader = loop->sockets.spare_reader != NULL ? loop->sockets.spare_reader : hp_socket_reader_new();
        loop->sockets.spare_reader = NULL;
    }
    while (item != HP_SOCKET_MORE && !s->busy && !s->discarding && s->place != HP_SOCKET_ENDED) {
        item = hp_socket_reader_next(s->reader, &data, s->service->message_bytes_max, &in);
        if (item != HP_SOCKET_MORE)
            atomic_fetch_add_explicit(&loop->server->count.socket_frames_in, 1, memory_order_relaxed);
        hp_socket_count_held(s, hp_socket_reader_held(s->reader) + (item == HP_SOCKET_MESSAGE ? in.message.len : 0));
        take_item(s, item, &in);
        if (s->held > 0 && atomic_load(&loop->server->bodies_bytes) > loop->server->bodies_bytes_max && !s->busy)
            hp_socket_fail(s, HP_CLOSE_TRY_AGAIN);
    }
    if (s->reader != NULL && (hp_socket_reader_idle(s->reader) || s->discarding)) hp_socket_put_reader(s);
    return s->discarding ? HP_STR_NONE : data;
}

static void decode_new(hp_socket *s, hp_str data)
{
    const hp_str left = decode(s, data);
    if (left.len > 0 && s->place != HP_SOCKET_ENDED) hp_socket_keep_rest(s, left);
}

void hp_socket_read_rest(hp_socket *s)
{
    if (s->rest == NULL && s->reader == NULL) return;
    const hp_str left = decode(s, (hp_str){ s->rest != NULL ? s->rest + s->rest_from : "", s->rest_len });
    if (s->rest == NULL) return; /* dropped meanwhile */
    s->rest_from += s->rest_len - left.len;
    s->rest_len = left.len;
    if (s->rest_len == 0) hp_socket_drop_rest(s);
}

void hp_socket_set_reading(hp_socket *s, bool on)
{
    if (s->paused == !on) return;
    s->paused = !on;
    (void)(on ? event_add(s->readable, NULL) : event_del(s->readable));
}

void hp_socket_on_readable(evutil_socket_t fd, short what, void *arg)
{
    hp_socket *s = arg;
    char *scratch = s->loop->sockets.scratch;
    (void)what;
    if (s->busy && !s->discarding) {
        hp_socket_set_reading(s, false); /* not before more comes: most clients wait for our answer */
        return;
    }
    const ssize_t got = recv(fd, scratch, HP_SOCKET_READ_BYTES, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (got <= 0) {
        hp_socket_end(s);
        return;
    }
    atomic_fetch_add_explicit(&s->loop->server->count.socket_bytes_in, (uint64_t)got, memory_order_relaxed);
    if (!s->discarding) decode_new(s, (hp_str){ scratch, (size_t)got });
}

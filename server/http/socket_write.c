#include <errno.h>
#include <sys/socket.h>

#include "base/error.h"
#include "http/socket_parts.h"

enum { PARTS_MAX = 64 }; /* of one write */

static void on_writable(evutil_socket_t fd, short what, void *arg);

static void wait_writable(hp_socket *s)
{
    if (s->writable == NULL) s->writable = event_new(s->loop->base, s->fd, EV_WRITE, on_writable, s);
    HP_ASSERT(s->writable != NULL);
    s->blocked = true;
    (void)event_add(s->writable, NULL);
}

/* Takes the frames off the list that `sent` bytes have finished. */
static void advance(hp_socket *s, size_t sent)
{
    hp_http_server *server = s->loop->server;
    size_t frames = 0, cost = 0;
    s->written += sent;
    for (hp_out_frame *o; (o = s->writing.first) != NULL && s->written >= hp_out_size(o);) {
        s->written -= hp_out_size(o);
        s->close_sent = s->close_sent || o->closes;
        cost += hp_out_cost(o);
        frames++;
        (void)hp_out_pop(&s->writing);
        hp_out_free(o);
    }
    atomic_fetch_add_explicit(&server->count.socket_frames_out, frames, memory_order_relaxed);
    atomic_fetch_add_explicit(&server->count.socket_bytes_out, sent, memory_order_relaxed);
    (void)pthread_mutex_lock(&s->lock);
    hp_socket_count_backlog(s, s->backlog - cost);
    (void)pthread_mutex_unlock(&s->lock);
}

void hp_socket_write(hp_socket *s)
{
    struct iovec parts[PARTS_MAX];
    size_t all;
    if (s->blocked || s->place == HP_SOCKET_ENDED || s->writing.first == NULL) return;
    const int count = hp_out_collect(&s->writing, s->written, parts, PARTS_MAX, &all);
    const struct msghdr message = { .msg_iov = parts, .msg_iovlen = (size_t)count };
    const ssize_t sent = sendmsg(s->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        hp_socket_end(s);
        return;
    }
    if (sent > 0) advance(s, (size_t)sent);
    hp_socket_settle(s);
    if (s->place == HP_SOCKET_ENDED || s->writing.first == NULL) return;
    if (sent < 0 || (size_t)sent < all) {
        wait_writable(s);
        return;
    }
    (void)pthread_mutex_lock(&s->lock); /* there is more: in the next round */
    hp_socket_mark(s);
    (void)pthread_mutex_unlock(&s->lock);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    hp_socket *s = arg;
    (void)fd;
    (void)what;
    s->blocked = false;
    hp_socket_write(s);
}

void hp_socket_overflow(hp_socket *s)
{
    hp_out_frame *begun = s->written > 0 ? hp_out_pop(&s->writing) : NULL;
    hp_out_drop(&s->writing);
    if (begun != NULL) {
        begun->next = NULL;
        hp_out_append(&s->writing, begun);
    }
    hp_out_append(&s->writing, hp_out_make_close(HP_CLOSE_TRY_AGAIN, HP_STR("too slow")));
    size_t left = 0;
    for (const hp_out_frame *o = s->writing.first; o != NULL; o = o->next) left += hp_out_cost(o);
    (void)pthread_mutex_lock(&s->lock);
    hp_socket_count_backlog(s, left);
    (void)pthread_mutex_unlock(&s->lock);
}

/* http/socket_life.c — the life of a socket.
 *
 *   OPEN -> CLOSING (our close frame is queued) -> ENDED (descriptor closed) -> freed once a worker has been told */
#include <stdlib.h>
#include <sys/socket.h>

#include "base/error.h"
#include "http/socket_parts.h"

enum { CLOSE_MS = 2000 }; /* for a peer's close frame */

/* ---- the end ---- */

void hp_socket_end(hp_socket *s)
{
    hp_http_server *server = s->loop->server;
    if (s->place == HP_SOCKET_ENDED) return;
    hp_socket_leave(s);
    hp_socket_join(s, HP_SOCKET_ENDED);
    event_free(s->readable);
    if (s->writable != NULL) event_free(s->writable);
    (void)evutil_closesocket(s->fd);
    hp_socket_put_reader(s);
    hp_socket_drop_rest(s);
    hp_socket_count_held(s, s->busy && s->task == HP_TELL_MESSAGE ? s->held : 0);

    (void)pthread_mutex_lock(&s->lock);
    s->open = false;
    hp_out_drop(&s->outbox);
    hp_socket_count_backlog(s, 0);
    hp_socket_mark(s);
    (void)pthread_mutex_unlock(&s->lock);
    hp_out_drop(&s->writing);
    atomic_fetch_sub(&server->sockets, 1);
    hp_server_release(server);
}

/* No further frames of ours but the close frame; its peer has a moment to answer. Nothing if it is closing already. */
static void begin_closing(hp_socket *s)
{
    if (s->place != HP_SOCKET_OPEN) return;
    hp_socket_leave(s);
    hp_socket_join(s, HP_SOCKET_CLOSING);
    s->due_ms = hp_socket_now_ms() + CLOSE_MS;
    hp_sockets_wait_until(&s->loop->sockets, s->due_ms);
}

void hp_socket_settle(hp_socket *s)
{
    if (!s->close_sent || s->place == HP_SOCKET_ENDED) return;
    if (s->close_received)
        hp_socket_end(s);
    else if (s->discarding) /* no frame of it is looked at any more: the end of its direction is the answer */
        (void)shutdown(s->fd, SHUT_WR);
}

void hp_socket_fail(hp_socket *s, uint16_t code)
{
    s->discarding = true;
    hp_socket_drop_rest(s);
    hp_socket_count_held(s, 0);
    (void)hp_socket_push(s, hp_out_make_close(code, HP_STR_NONE));
    hp_socket_settle(s);
}

/* ---- attention ---- */

void hp_sockets_come_back(hp_sockets *l, int64_t ms)
{
    const struct timeval t = { .tv_usec = ms * 1000 };
    if (ms == 0 || !evtimer_pending(l->more, NULL)) (void)evtimer_add(l->more, &t);
}

/* No task is out: gives the next one, or reads on. */
static void go_on(hp_socket *s)
{
    if (!s->told_opened) {
        s->told_opened = true;
        hp_socket_give(s, HP_TELL_OPENED);
    } else if (s->place != HP_SOCKET_ENDED) {
        hp_socket_read_rest(s);
        if (!s->busy && s->place != HP_SOCKET_ENDED) hp_socket_set_reading(s, true);
    } else if (!s->told_closed) {
        s->told_closed = true;
        hp_socket_give(s, HP_TELL_CLOSED);
    } else {
        hp_socket_leave(s);
        hp_socket_unref(s); /* the loop's; who called still has one */
    }
}

static void attend(hp_socket *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->dirty = false;
    if (s->outbox.first != NULL) {
        if (s->writing.first == NULL)
            s->writing = s->outbox;
        else {
            s->writing.last->next = s->outbox.first;
            s->writing.last = s->outbox.last;
        }
        s->outbox = (hp_out_list){ 0 };
    }
    const bool overflowed = s->overflowed, task_done = s->task_done, open = s->open;
    s->overflowed = s->task_done = false;
    (void)pthread_mutex_unlock(&s->lock);

    if (task_done) {
        s->busy = false;
        s->loop->sockets.jobs--;
        if (s->task == HP_TELL_MESSAGE) hp_socket_count_held(s, 0);
    }
    if (s->place != HP_SOCKET_ENDED) {
        if (overflowed) hp_socket_overflow(s);
        if (!open) begin_closing(s);
        hp_socket_write(s);
    }
    if (!s->busy) go_on(s);
    if (task_done) hp_sockets_submit(s->loop);
}

static void take_dirty(hp_sockets *l)
{
    hp_socket *s = atomic_exchange(&l->dirty, NULL), *ordered = NULL;
    if (s == NULL) return;
    hp_socket *const last = s;
    for (hp_socket *next; s != NULL; s = next) { /* the list has the newest first */
        next = s->next_dirty;
        s->next_dirty = ordered;
        ordered = s;
    }
    /* `last` is the newest and now the end: nobody else writes next_dirty while `dirty` is set */
    if (l->attention.first == NULL)
        l->attention.first = ordered;
    else
        l->attention.last->next_dirty = ordered;
    l->attention.last = last;
}

static void round_of_attention(hp_loop *loop)
{
    hp_sockets *l = &loop->sockets;
    take_dirty(l);
    for (int i = 0; i < HP_SOCKETS_PER_ROUND && l->attention.first != NULL; i++) {
        hp_socket *s = l->attention.first;
        l->attention.first = s->next_dirty;
        attend(s);
        hp_socket_unref(s); /* of being dirty */
    }
    if (l->attention.first != NULL) hp_sockets_come_back(l, 0);
}

/* Not here: as long as others go on sending, the loop would be woken again before it has looked at its descriptors. A timer
 * fires once per turn of the loop. */
void hp_sockets_wake(hp_loop *l)
{
    if (atomic_load(&l->sockets.dirty) != NULL) hp_sockets_come_back(&l->sockets, 0);
}

static void on_more(evutil_socket_t fd, short what, void *arg)
{
    hp_loop *l = arg;
    (void)fd;
    (void)what;
    round_of_attention(l);
    hp_sockets_submit(l);
}

/* ---- all of a loop ---- */

bool hp_sockets_init(hp_loop *l)
{
    hp_sockets *k = &l->sockets;
    k->more = evtimer_new(l->base, on_more, l);
    k->timer = evtimer_new(l->base, hp_sockets_on_timer, l);
    k->scratch = malloc(HP_SOCKET_READ_BYTES);
    HP_ASSERT(k->scratch != NULL);
    return k->more != NULL && k->timer != NULL;
}

void hp_socket_open(hp_loop *l, evutil_socket_t fd, hp_str client, hp_str answer, hp_str early)
{
    hp_socket *s = calloc(1, sizeof *s + client.len + 1);
    HP_ASSERT(s != NULL);
    s->job.run = hp_socket_run;
    atomic_init(&s->refs, 1);
    s->loop = l;
    s->service = l->server->options.sockets;
    s->fd = fd;
    s->open = true;
    memcpy(s->client, client.ptr, client.len);
    (void)pthread_mutex_init(&s->lock, NULL);
    s->readable = event_new(l->base, fd, EV_READ | EV_PERSIST, hp_socket_on_readable, s);
    HP_ASSERT(s->readable != NULL);
    (void)event_add(s->readable, NULL);
    hp_socket_join(s, HP_SOCKET_OPEN);
    s->due_ms = hp_socket_now_ms() + s->service->ping_ms;
    hp_sockets_wait_until(&l->sockets, s->due_ms);
    atomic_fetch_add(&l->server->count.sockets_opened, 1);

    hp_out_append(&s->writing, hp_out_make(HP_OP_NONE, answer, NULL));
    hp_socket_count_backlog(s, hp_out_cost(s->writing.first));
    if (early.len > 0) hp_socket_keep_rest(s, early);
    hp_socket_write(s);
    go_on(s);
}

void hp_sockets_drain(hp_loop *l)
{
    for (hp_socket *s; (s = l->sockets.open.first) != NULL;) {
        hp_socket_close(s, HP_CLOSE_GOING_AWAY, HP_STR("the server stops"));
        begin_closing(s);
    }
}

void hp_sockets_cut(hp_loop *l)
{
    while (l->sockets.open.first != NULL) hp_socket_end(l->sockets.open.first);
    while (l->sockets.closing.first != NULL) hp_socket_end(l->sockets.closing.first);
}

void hp_sockets_done(hp_loop *l)
{
    hp_sockets *k = &l->sockets;
    if (k->more == NULL) return;
    hp_sockets_cut(l);
    take_dirty(k);
    for (hp_socket *s; (s = k->attention.first) != NULL;) {
        k->attention.first = s->next_dirty;
        hp_socket_unref(s);
    }
    for (hp_socket *s; (s = k->ended.first) != NULL;) {
        if (s->busy && !s->task_done) hp_socket_tell(s); /* it waited for a worker */
        if (!s->told_closed) s->service->closed(s->service->user, s);
        hp_socket_leave(s);
        hp_socket_unref(s);
    }
    hp_socket_reader_free(k->spare_reader);
    free(k->scratch);
    event_free(k->more);
    if (k->timer != NULL) event_free(k->timer);
}

/* http/socket.c — the life of a socket.
 *
 *   OPEN -> CLOSING (our close frame is queued) -> ENDED (descriptor closed) -> freed once a worker has been told
 *
 * Rules:
 *   1. Who sends takes the socket's lock, adds to its outbox and, if it is the first to do so, pushes the socket to its
 *      loop's list of dirty ones; only the push onto an empty list wakes the loop. The loop attends to a bounded number of
 *      sockets per round, then looks at the others that have something for it (HTTP).
 *   2. Frames are handed to the kernel many at a time, in one call; the shared part of a frame is never copied. What the
 *      kernel does not take waits, and counts as backlog until it is gone.
 *   3. One task of a socket is with the workers at a time, and at most JOBS_MAX of a loop's sockets are: the others wait
 *      here and not in the pool's queue, where they would take the places of requests. While a socket's task is out it is
 *      not read; what has been read already and not been looked at is at most SCRATCH_BYTES.
 *   4. Every state ends by itself: OPEN by a ping without answer, CLOSING by CLOSE_MS.
 *   5. What waits for peers is bounded for each and for all: beyond the common budget, who has more than an equal share of it
 *      is closed. A ping carries a text that its pong has to repeat: who reads nothing cannot pretend to be alive.
 *   6. Whatever other threads may call touches the loop only under the socket's lock and only while `open` is set, which
 *      ends before the loop does: a reference may outlive the server. */
#include "http/socket.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/rand.h"
#include "http/server_internal.h"
#include "http/socket_out.h"

enum {
    PARTS_MAX = 64,            /* of one write */
    SCRATCH_BYTES = 16 * 1024, /* read at once */
    ROUND_MAX = 128,           /* sockets that one round attends to */
    JOBS_MAX = 64,
    RETRY_MS = 10, /* the pool was full */
    CLOSE_MS = 2000,
    PING_BYTES = 8,
    REASON_BYTES_MAX = HP_CONTROL_BYTES_MAX - 2,
};

typedef enum place { OPEN, CLOSING, ENDED } place;
typedef enum task { TELL_OPENED, TELL_MESSAGE, TELL_CLOSED } task;

struct hp_socket {
    hp_pool_job job; /* first: the pool's view of it */
    _Atomic uint32_t refs;
    hp_loop *loop;
    const hp_socket_service *service;
    void *state; /* the service's */

    pthread_mutex_t lock; /* guards the next six */
    hp_out_list outbox;
    size_t backlog;  /* bytes in outbox and `writing` */
    bool open;       /* frames may be added */
    bool dirty;      /* in the loop's list */
    bool overflowed; /* since the loop looked last */
    bool task_done;  /* likewise */
    hp_socket *next_dirty;

    /* the loop's thread only */
    hp_socket *prev, *next; /* in the queue of its place */
    hp_socket *next_waiting;
    place place;
    task task; /* with a worker, or waiting for one */
    bool busy; /* there is such a task */
    bool told_opened, told_closed;
    bool paused;           /* EV_READ is off */
    bool blocked;          /* the kernel takes no more: waiting for EV_WRITE */
    char ping[PING_BYTES]; /* the text of our last one */
    bool unanswered;       /* our last ping */
    bool close_sent, close_received;
    bool discarding; /* what comes is no longer looked at */
    evutil_socket_t fd;
    struct event *readable, *writable; /* writable: made when first needed */
    int64_t due_ms;                    /* OPEN: next ping; CLOSING: end of patience */
    hp_out_list writing;
    size_t written;           /* bytes of its first frame */
    hp_socket_reader *reader; /* NULL while nothing is half read */
    char *rest;               /* read and not looked at */
    size_t rest_from, rest_len;
    size_t held;    /* bytes of messages counted in server->bodies_bytes */
    hp_buf message; /* of TELL_MESSAGE: the worker's while it is out */
    bool message_binary;
    char peer[];
};

static int64_t now_ms(void)
{
    hp_clock *clock = hp_clock_system();
    return clock->monotonic_ms(clock);
}

/* ---- references ---- */

hp_socket *hp_socket_ref(hp_socket *s)
{
    (void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void hp_socket_unref(hp_socket *s)
{
    if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1) return;
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

void hp_socket_set_state(hp_socket *s, void *state) { s->state = state; }
void *hp_socket_state(const hp_socket *s) { return s->state; }
hp_str hp_socket_peer(const hp_socket *s) { return hp_str_of(s->peer); }

/* ---- any thread ---- */

/* Has the loop attend to the socket. Called with its lock held. */
static void mark_dirty(hp_socket *s)
{
    if (s->dirty) return;
    s->dirty = true;
    hp_sockets *l = &s->loop->sockets;
    hp_socket *old = atomic_load(&l->dirty);
    (void)hp_socket_ref(s);
    do s->next_dirty = old;
    while (!atomic_compare_exchange_weak(&l->dirty, &old, s));
    if (old == NULL) event_active(s->loop->wakeup, EV_READ, 0);
}

static size_t backlog_max(const hp_socket *s)
{
    const hp_http_server *server = s->loop->server;
    const size_t max = s->service->backlog_bytes_max;
    const size_t all = s->service->backlogs_bytes_max != 0 ? s->service->backlogs_bytes_max : (size_t)256 << 20;
    if (atomic_load_explicit(&server->backlogs_bytes, memory_order_relaxed) <= all) return max;
    const size_t share = all / (atomic_load(&server->sockets) + 1);
    return share < max ? share : max;
}

/* Called with the lock held. */
static void count_backlog(hp_socket *s, size_t backlog)
{
    _Atomic size_t *all = &s->loop->server->backlogs_bytes;
    if (backlog > s->backlog)
        atomic_fetch_add_explicit(all, backlog - s->backlog, memory_order_relaxed);
    else
        atomic_fetch_sub_explicit(all, s->backlog - backlog, memory_order_relaxed);
    s->backlog = backlog;
}

/* Takes over `o`. Called with the lock held. */
static bool enqueue(hp_socket *s, hp_out_frame *o)
{
    if (!s->open) {
        hp_out_free(o);
        return false;
    }
    const size_t cost = hp_out_cost(o);
    if (!o->closes && s->backlog > backlog_max(s)) { /* not + cost: a large frame must pass to a client that reads */
        hp_out_free(o);
        s->open = false;
        s->overflowed = true;
        atomic_fetch_add(&s->loop->server->count.socket_overflows, 1);
        mark_dirty(s);
        return false;
    }
    count_backlog(s, s->backlog + cost);
    if (o->closes) s->open = false;
    hp_out_append(&s->outbox, o);
    mark_dirty(s);
    return true;
}

static bool send_out(hp_socket *s, hp_out_frame *o)
{
    (void)pthread_mutex_lock(&s->lock);
    const bool queued = enqueue(s, o);
    (void)pthread_mutex_unlock(&s->lock);
    return queued;
}

bool hp_socket_send(hp_socket *s, hp_str head, hp_frame *tail)
{
    return send_out(s, hp_out_make(HP_OP_TEXT, head, tail));
}

/* Code 0: a close frame without one. */
static hp_out_frame *make_close(uint16_t code, hp_str reason)
{
    char payload[HP_CONTROL_BYTES_MAX];
    if (reason.len > REASON_BYTES_MAX) reason.len = REASON_BYTES_MAX;
    while (reason.len > 0 && !hp_str_utf8_valid(reason)) reason.len--; /* not cut within a character */
    payload[0] = (char)(code >> 8);
    payload[1] = (char)(code & 0xFF);
    if (reason.len > 0) memcpy(payload + 2, reason.ptr, reason.len);
    return hp_out_make(HP_OP_CLOSE, (hp_str){ payload, code == 0 ? 0 : 2 + reason.len }, NULL);
}

void hp_socket_close(hp_socket *s, uint16_t code, hp_str reason) { (void)send_out(s, make_close(code, reason)); }

/* ---- the queues of the loop ---- */

static hp_socket_queue *queue_of(hp_socket *s)
{
    hp_sockets *l = &s->loop->sockets;
    switch (s->place) {
    case OPEN: return &l->open;
    case CLOSING: return &l->closing;
    case ENDED: break;
    }
    return &l->ended;
}

static void leave(hp_socket *s)
{
    hp_socket_queue *q = queue_of(s);
    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        q->first = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    else
        q->last = s->prev;
    s->prev = s->next = NULL;
}

static void join(hp_socket *s, place where)
{
    s->place = where;
    hp_socket_queue *q = queue_of(s);
    s->prev = q->last;
    if (q->last != NULL)
        q->last->next = s;
    else
        q->first = s;
    q->last = s;
}

static void wait_until(hp_sockets *l, int64_t due_ms)
{
    if (l->timer_ms != 0 && l->timer_ms <= due_ms) return;
    const int64_t now = now_ms(), ms = due_ms > now ? due_ms - now : 1;
    const struct timeval t = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
    (void)evtimer_add(l->timer, &t);
    l->timer_ms = due_ms;
}

static void come_back(hp_sockets *l, int64_t ms)
{
    const struct timeval t = { .tv_usec = ms * 1000 };
    if (ms == 0 || !evtimer_pending(l->more, NULL)) (void)evtimer_add(l->more, &t);
}

/* ---- workers ---- */

static void tell(hp_socket *s)
{
    const hp_socket_service *v = s->service;
    switch (s->task) {
    case TELL_OPENED: v->opened(v->user, s); return;
    case TELL_MESSAGE:
        v->message(v->user, s, hp_buf_str(&s->message), s->message_binary);
        hp_buf_done(&s->message);
        return;
    case TELL_CLOSED: v->closed(v->user, s); return;
    }
}

static void run(hp_pool_job *job)
{
    hp_socket *s = (hp_socket *)job;
    tell(s);
    (void)pthread_mutex_lock(&s->lock);
    s->task_done = true;
    mark_dirty(s);
    (void)pthread_mutex_unlock(&s->lock);
}

static void submit_waiting(hp_loop *loop)
{
    hp_sockets *l = &loop->sockets;
    while (l->waiting.first != NULL && l->jobs < JOBS_MAX) {
        hp_socket *s = l->waiting.first, *next = s->next_waiting;
        if (!hp_pool_submit(loop->server->pool, &s->job, false)) {
            come_back(l, RETRY_MS);
            return;
        }
        l->waiting.first = next;
        l->jobs++;
    }
}

static void give(hp_socket *s, task what)
{
    hp_sockets *l = &s->loop->sockets;
    s->task = what;
    s->busy = true;
    s->next_waiting = NULL;
    if (l->waiting.first == NULL)
        l->waiting.first = s;
    else
        l->waiting.last->next_waiting = s;
    l->waiting.last = s;
    submit_waiting(s->loop);
}

/* ---- the end ---- */

static void count_held(hp_socket *s, size_t held)
{
    _Atomic size_t *all = &s->loop->server->bodies_bytes;
    if (held > s->held)
        atomic_fetch_add(all, held - s->held);
    else if (held < s->held)
        atomic_fetch_sub(all, s->held - held);
    s->held = held;
}

/* The reader goes back to the loop if it may serve another socket. */
static void put_reader(hp_socket *s)
{
    hp_sockets *l = &s->loop->sockets;
    if (s->reader != NULL && l->spare_reader == NULL && hp_socket_reader_idle(s->reader))
        l->spare_reader = s->reader;
    else
        hp_socket_reader_free(s->reader);
    s->reader = NULL;
}

static void drop_rest(hp_socket *s)
{
    free(s->rest);
    s->rest = NULL;
    s->rest_len = 0;
}

/* Closes the descriptor; what was not sent is not sent any more. A worker is told later. */
static void end(hp_socket *s)
{
    hp_http_server *server = s->loop->server;
    if (s->place == ENDED) return;
    leave(s);
    join(s, ENDED);
    event_free(s->readable);
    if (s->writable != NULL) event_free(s->writable);
    (void)evutil_closesocket(s->fd);
    put_reader(s);
    drop_rest(s);
    count_held(s, s->busy && s->task == TELL_MESSAGE ? s->held : 0);

    (void)pthread_mutex_lock(&s->lock);
    s->open = false;
    hp_out_drop(&s->outbox);
    count_backlog(s, 0);
    mark_dirty(s);
    (void)pthread_mutex_unlock(&s->lock);
    hp_out_drop(&s->writing);
    atomic_fetch_sub(&server->sockets, 1);
    hp_server_release(server, hp_socket_peer(s));
}

static void begin_closing(hp_socket *s)
{
    if (s->place != OPEN) return;
    leave(s);
    join(s, CLOSING);
    s->due_ms = now_ms() + CLOSE_MS;
    wait_until(&s->loop->sockets, s->due_ms);
}

/* After a close frame of either side. */
static void settle(hp_socket *s)
{
    if (!s->close_sent || s->place == ENDED) return;
    if (s->close_received)
        end(s);
    else if (s->discarding) /* no frame of it is looked at any more: the end of its direction is the answer */
        (void)shutdown(s->fd, SHUT_WR);
}

/* The client has broken a rule. Its bytes are read on and thrown away, for a moment: closing at once would reset the
 * connection, and the client might never see the code. */
static void fail(hp_socket *s, uint16_t code)
{
    s->discarding = true;
    drop_rest(s);
    count_held(s, 0);
    (void)send_out(s, make_close(code, HP_STR_NONE));
    settle(s);
}

/* ---- writing ---- */

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
    count_backlog(s, s->backlog - cost);
    (void)pthread_mutex_unlock(&s->lock);
}

/* One call to the kernel. May end the socket. */
static void write_out(hp_socket *s)
{
    struct iovec parts[PARTS_MAX];
    size_t all;
    if (s->blocked || s->place == ENDED || s->writing.first == NULL) return;
    const int count = hp_out_collect(&s->writing, s->written, parts, PARTS_MAX, &all);
    const struct msghdr message = { .msg_iov = parts, .msg_iovlen = (size_t)count };
    const ssize_t sent = sendmsg(s->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
        end(s);
        return;
    }
    if (sent > 0) advance(s, (size_t)sent);
    settle(s);
    if (s->place == ENDED || s->writing.first == NULL) return;
    if (sent < 0 || (size_t)sent < all) {
        wait_writable(s);
        return;
    }
    (void)pthread_mutex_lock(&s->lock); /* there is more: in the next round */
    mark_dirty(s);
    (void)pthread_mutex_unlock(&s->lock);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    hp_socket *s = arg;
    (void)fd;
    (void)what;
    s->blocked = false;
    write_out(s);
}

/* It read too slowly: what waits is thrown away but for the frame that has begun, and the close frame goes behind that. */
static void overflow(hp_socket *s)
{
    hp_out_frame *begun = s->written > 0 ? hp_out_pop(&s->writing) : NULL;
    hp_out_drop(&s->writing);
    if (begun != NULL) {
        begun->next = NULL;
        hp_out_append(&s->writing, begun);
    }
    hp_out_append(&s->writing, make_close(HP_CLOSE_TRY_AGAIN, HP_STR("too slow")));
    size_t left = 0;
    for (const hp_out_frame *o = s->writing.first; o != NULL; o = o->next) left += hp_out_cost(o);
    (void)pthread_mutex_lock(&s->lock);
    count_backlog(s, left);
    (void)pthread_mutex_unlock(&s->lock);
}

/* ---- reading ---- */

static void take_message(hp_socket *s, hp_socket_input *in)
{
    if (s->place != OPEN) { /* we are closing: nobody is told of it */
        hp_buf_done(&in->message);
        count_held(s, 0);
        return;
    }
    s->message = in->message;
    s->message_binary = in->binary;
    give(s, TELL_MESSAGE);
}

static void take_item(hp_socket *s, hp_socket_item item, hp_socket_input *in)
{
    switch (item) {
    case HP_SOCKET_MORE: return;
    case HP_SOCKET_MESSAGE: take_message(s, in); return;
    case HP_SOCKET_PING:
        (void)send_out(s, hp_out_make(HP_OP_PONG, (hp_str){ in->control, in->control_len }, NULL));
        return;
    case HP_SOCKET_PONG:
        if (hp_str_eq((hp_str){ in->control, in->control_len }, (hp_str){ s->ping, PING_BYTES })) s->unanswered = false;
        return;
    case HP_SOCKET_CLOSE:
        s->close_received = s->discarding = true;
        (void)send_out(s, make_close(in->code, HP_STR_NONE));
        settle(s);
        return;
    case HP_SOCKET_BROKEN: fail(s, in->code); return;
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
    while (item != HP_SOCKET_MORE && !s->busy && !s->discarding && s->place != ENDED) {
        item = hp_socket_reader_next(s->reader, &data, s->service->message_bytes_max, &in);
        if (item != HP_SOCKET_MORE)
            atomic_fetch_add_explicit(&loop->server->count.socket_frames_in, 1, memory_order_relaxed);
        count_held(s, hp_socket_reader_held(s->reader) + (item == HP_SOCKET_MESSAGE ? in.message.len : 0));
        take_item(s, item, &in);
        if (s->held > 0 && atomic_load(&loop->server->bodies_bytes) > loop->server->bodies_bytes_max && !s->busy)
            fail(s, HP_CLOSE_TRY_AGAIN);
    }
    if (s->reader != NULL && (hp_socket_reader_idle(s->reader) || s->discarding)) put_reader(s);
    return s->discarding ? HP_STR_NONE : data;
}

static void decode_new(hp_socket *s, hp_str data)
{
    const hp_str left = decode(s, data);
    if (left.len == 0 || s->place == ENDED) return;
    s->rest = malloc(left.len);
    HP_ASSERT(s->rest != NULL);
    memcpy(s->rest, left.ptr, left.len);
    s->rest_from = 0;
    s->rest_len = left.len;
}

static void decode_rest(hp_socket *s)
{
    if (s->rest == NULL && s->reader == NULL) return;
    const hp_str left = decode(s, (hp_str){ s->rest != NULL ? s->rest + s->rest_from : "", s->rest_len });
    if (s->rest == NULL) return; /* dropped meanwhile */
    s->rest_from += s->rest_len - left.len;
    s->rest_len = left.len;
    if (s->rest_len == 0) drop_rest(s);
}

static void set_reading(hp_socket *s, bool on)
{
    if (s->paused == !on) return;
    s->paused = !on;
    (void)(on ? event_add(s->readable, NULL) : event_del(s->readable));
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    hp_socket *s = arg;
    char *scratch = s->loop->sockets.scratch;
    (void)what;
    if (s->busy && !s->discarding) {
        set_reading(s, false); /* not before more comes: most clients wait for our answer */
        return;
    }
    const ssize_t got = recv(fd, scratch, SCRATCH_BYTES, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (got <= 0) {
        end(s);
        return;
    }
    atomic_fetch_add_explicit(&s->loop->server->count.socket_bytes_in, (uint64_t)got, memory_order_relaxed);
    if (!s->discarding) decode_new(s, (hp_str){ scratch, (size_t)got });
}

/* ---- attention ---- */

/* No task is out: gives the next one, or reads on. */
static void go_on(hp_socket *s)
{
    if (!s->told_opened) {
        s->told_opened = true;
        give(s, TELL_OPENED);
    } else if (s->place != ENDED) {
        decode_rest(s);
        if (!s->busy && s->place != ENDED) set_reading(s, true);
    } else if (!s->told_closed) {
        s->told_closed = true;
        give(s, TELL_CLOSED);
    } else {
        leave(s);
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
        if (s->task == TELL_MESSAGE) count_held(s, 0);
    }
    if (s->place != ENDED) {
        if (overflowed) overflow(s);
        if (!open) begin_closing(s);
        write_out(s);
    }
    if (!s->busy) go_on(s);
    if (task_done) submit_waiting(s->loop);
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
    for (int i = 0; i < ROUND_MAX && l->attention.first != NULL; i++) {
        hp_socket *s = l->attention.first;
        l->attention.first = s->next_dirty;
        attend(s);
        hp_socket_unref(s); /* of being dirty */
    }
    if (l->attention.first != NULL) come_back(l, 0);
}

/* Not here: as long as others go on sending, the loop would be woken again before it has looked at its descriptors. A timer
 * fires once per turn of the loop. */
void hp_sockets_wake(hp_loop *l)
{
    if (atomic_load(&l->sockets.dirty) != NULL) come_back(&l->sockets, 0);
}

static void on_more(evutil_socket_t fd, short what, void *arg)
{
    hp_loop *l = arg;
    (void)fd;
    (void)what;
    round_of_attention(l);
    submit_waiting(l);
}

/* ---- time ---- */

/* A peer that we do not read cannot be blamed: its answer may be among what waits. */
static void ping(hp_socket *s, int64_t now)
{
    hp_http_server *server = s->loop->server;
    if (s->unanswered && !s->busy && !s->paused) {
        atomic_fetch_add(&server->count.socket_ping_timeouts, 1);
        end(s);
        return;
    }
    leave(s);
    join(s, OPEN);
    s->due_ms = now + s->service->ping_ms;
    if (s->unanswered) return;
    s->unanswered = true;
    hp_rand *rand = hp_rand_system();
    (void)rand->fill(rand, s->ping, PING_BYTES); /* a text that stays the same is only easier to guess */
    (void)send_out(s, hp_out_make(HP_OP_PING, (hp_str){ s->ping, PING_BYTES }, NULL));
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    hp_loop *loop = arg;
    hp_sockets *l = &loop->sockets;
    const int64_t now = now_ms();
    (void)fd;
    (void)what;
    l->timer_ms = 0;
    for (int i = 0; i < ROUND_MAX && l->open.first != NULL && l->open.first->due_ms <= now; i++)
        ping(l->open.first, now);
    for (int i = 0; i < ROUND_MAX && l->closing.first != NULL && l->closing.first->due_ms <= now; i++)
        end(l->closing.first);
    if (l->open.first != NULL) wait_until(l, l->open.first->due_ms);
    if (l->closing.first != NULL) wait_until(l, l->closing.first->due_ms);
}

/* ---- beginning and end ---- */

bool hp_sockets_init(hp_loop *l)
{
    hp_sockets *k = &l->sockets;
    k->more = evtimer_new(l->base, on_more, l);
    k->timer = evtimer_new(l->base, on_timer, l);
    k->scratch = malloc(SCRATCH_BYTES);
    HP_ASSERT(k->scratch != NULL);
    return k->more != NULL && k->timer != NULL;
}

void hp_socket_open(hp_loop *l, evutil_socket_t fd, hp_str peer, hp_str answer, hp_str early)
{
    hp_socket *s = calloc(1, sizeof *s + peer.len + 1);
    HP_ASSERT(s != NULL);
    s->job.run = run;
    atomic_init(&s->refs, 1);
    s->loop = l;
    s->service = l->server->options.sockets;
    s->fd = fd;
    s->open = true;
    memcpy(s->peer, peer.ptr, peer.len);
    (void)pthread_mutex_init(&s->lock, NULL);
    s->readable = event_new(l->base, fd, EV_READ | EV_PERSIST, on_readable, s);
    HP_ASSERT(s->readable != NULL);
    (void)event_add(s->readable, NULL);
    join(s, OPEN);
    s->due_ms = now_ms() + s->service->ping_ms;
    wait_until(&l->sockets, s->due_ms);
    atomic_fetch_add(&l->server->count.sockets_opened, 1);

    hp_out_append(&s->writing, hp_out_make(HP_OP_NONE, answer, NULL));
    count_backlog(s, hp_out_cost(s->writing.first));
    if (early.len > 0) {
        s->rest = malloc(early.len);
        HP_ASSERT(s->rest != NULL);
        memcpy(s->rest, early.ptr, early.len);
        s->rest_len = early.len;
    }
    write_out(s);
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
    while (l->sockets.open.first != NULL) end(l->sockets.open.first);
    while (l->sockets.closing.first != NULL) end(l->sockets.closing.first);
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
        if (s->busy && !s->task_done) tell(s); /* it waited for a worker */
        if (!s->told_closed) s->service->closed(s->service->user, s);
        leave(s);
        hp_socket_unref(s);
    }
    hp_socket_reader_free(k->spare_reader);
    free(k->scratch);
    event_free(k->more);
    if (k->timer != NULL) event_free(k->timer);
}

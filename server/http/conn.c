/* http/conn.c — the life of a connection.
 *
 *   HEAD -> BODY -> BUSY (with a worker) -> WRITING -> HEAD …      keep-alive
 *                                                  -> LINGER       the answer says close, or the request was refused
 *   HEAD -> UPGRADE -> a socket (http/socket_life.c): the descriptor moves on, the connection is freed
 *
 * Rules, asserted where they could break:
 *   1. What is read ahead of its turn is bounded: the first bytes that arrive in BUSY or WRITING stop the reading until the
 *      answer is out. Reading is not stopped before that: it would cost two system calls for every request, and nearly no
 *      client sends ahead. It also shows at once when the peer resets the connection.
 *   2. While BUSY the exchange belongs to the worker. If the connection breaks meanwhile, `gone` is set and everything is
 *      freed when the worker hands back. A peer that has only closed its own direction still gets its answer.
 *   3. Every state but BUSY has a deadline, so that nobody can hold a connection by being slow. Bodies and answers have to
 *      move by PROGRESS_BYTES within theirs; a byte now and then does not count.
 *   4. An answer is handed to the kernel at once, in one system call; the bufferevent gets what did not fit. (TLS will have
 *      to write all through its bufferevent.)
 *
 * Deadlines move with every request and hardly ever pass: `deadline_ms` is only stored, and the timer, when it fires early,
 * is set again for the rest. */
#include "http/conn.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/buffer.h>

#include "base/clock.h"
#include "base/limits.h"
#include "http/encode.h"
#include "http/handshake.h"

typedef enum conn_state { CONN_HEAD, CONN_UPGRADE, CONN_BODY, CONN_BUSY, CONN_WRITING, CONN_LINGER } conn_state;

struct hp_conn {
    hp_loop *loop;
    struct bufferevent *bev;
    struct event *timer;
    hp_conn *prev, *next;
    hp_exchange *x; /* being read, or with a worker */
    conn_state state;
    bool reading;                  /* EV_READ is enabled */
    bool peer_done;                /* it has closed its direction */
    bool gone;                     /* broken, while BUSY */
    bool keep_alive;               /* after the answer being written */
    bool sockets_only;             /* nothing but upgrades is answered */
    bool head_begun;               /* its deadline runs; later bytes do not extend it */
    int64_t deadline_ms, armed_ms; /* monotonic; NO_DEADLINE; the timer is set for armed_ms, 0: it is not set */
    size_t head_seen;              /* bytes of an unfinished head that have been looked at */
    size_t moved;                  /* BODY: bytes since the deadline was set */
    size_t left;                   /* WRITING: bytes to go when it was set */
    char peer[HP_PEER_BYTES];
};

#define NO_DEADLINE INT64_MAX

enum {
    LINGER_MS = 2000,
    PROGRESS_BYTES = 16 * 1024,
    REFERENCE_BYTES_MIN = 16 * 1024, /* a rest of an answer that is lent to the socket and not copied */
    BODY_FIRST_BYTES = 256 * 1024, /* the length a peer announces is believed so far; beyond, memory follows arrival */
    READ_BYTES = 64 * 1024,
    EMPTY_LINE = 2,
};

static bool read_input(hp_conn *c);

static int64_t now_ms(void)
{
    hp_clock *clock = hp_clock_system();
    return clock->monotonic_ms(clock);
}

static void arm(hp_conn *c, int64_t now)
{
    int64_t ms = c->deadline_ms > now ? c->deadline_ms - now : 1;
    struct timeval t = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
    (void)evtimer_add(c->timer, &t);
    c->armed_ms = c->deadline_ms;
}

static void set_deadline(hp_conn *c, int64_t ms)
{
    int64_t now = now_ms();
    c->deadline_ms = now + ms;
    if (c->armed_ms == 0 || c->deadline_ms < c->armed_ms) arm(c, now);
}

static void set_reading(hp_conn *c, bool on)
{
    if (c->reading == on || c->peer_done) return;
    c->reading = on;
    (void)(on ? bufferevent_enable(c->bev, EV_READ) : bufferevent_disable(c->bev, EV_READ));
}

static void free_exchange(hp_http_server *server, hp_exchange *x)
{
    if (x == NULL) return;
    atomic_fetch_sub(&server->bodies_bytes, x->body.len);
    hp_buf_done(&x->body);
    hp_buf_done(&x->rp.body);
    hp_reply_drop_file(&x->rp);
    hp_buf_done(&x->encoded);
    hp_arena_free(x->rq.mem);
}

/* All but the descriptor, if the connection does not have it any more, and its place among those that are counted. */
static void drop_conn(hp_conn *c)
{
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        c->loop->conns = c->next;
    if (c->next != NULL) c->next->prev = c->prev;
    free_exchange(c->loop->server, c->x);
    event_free(c->timer);
    bufferevent_free(c->bev);
    free(c);
}

static void free_conn(hp_conn *c)
{
    HP_ASSERT(c->state != CONN_BUSY || c->gone);
    hp_server_release(c->loop->server);
    drop_conn(c);
}

/* ---- writing ---- */

/* The answer is with the kernel, but unread input would make close() reset the connection and lose it: tell the peer that
 * we are done and let it read, for a moment. */
static void linger(hp_conn *c)
{
    c->state = CONN_LINGER;
    (void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
    (void)evbuffer_drain(bufferevent_get_input(c->bev), SIZE_MAX);
    set_reading(c, true);
    set_deadline(c, c->peer_done ? 0 : LINGER_MS);
}

/* False: the connection is gone, it has become a socket. */
static bool next_request(hp_conn *c)
{
    c->state = CONN_HEAD;
    c->head_begun = false;
    c->head_seen = 0;
    set_deadline(c, c->loop->server->options.idle_timeout_ms);
    set_reading(c, true);
    if (evbuffer_get_length(bufferevent_get_input(c->bev)) > 0 && !read_input(c)) return false; /* pipelined */
    /* No more will come: what is still incomplete stays so. */
    if (c->peer_done && (c->state == CONN_HEAD || c->state == CONN_BODY)) linger(c);
    return true;
}

/* May free the connection. */
static void written(hp_conn *c)
{
    if (!c->keep_alive) {
        linger(c);
        return;
    }
    if (!next_request(c)) return;
    /* The peer was told to go on before the draining began, and may have done so. */
    if (atomic_load(&c->loop->server->draining)) hp_conn_finish(c);
}

static void on_written(struct bufferevent *bev, void *arg)
{
    hp_conn *c = arg;
    if (c->state == CONN_WRITING && evbuffer_get_length(bufferevent_get_output(bev)) == 0) written(c);
}

static void release_bytes(const void *bytes, size_t len, void *arg)
{
    (void)bytes;
    (void)len;
    free(arg);
}

/* The body from byte `from` on: a small rest is copied into the socket's buffer, a large one lent to it. */
static void queue_body(struct evbuffer *out, hp_buf *body, size_t from)
{
    size_t len = body->len - from;
    if (len < REFERENCE_BYTES_MIN || evbuffer_add_reference(out, body->ptr + from, len, release_bytes, body->ptr) != 0)
        (void)evbuffer_add(out, body->ptr + from, len);
    else
        hp_buf_init(body, body->max); /* the buffer's memory is the socket's now */
}

/* What the kernel takes at once. A failure is not looked at: the bufferevent will meet it again and report it. */
static size_t send_now(hp_conn *c, hp_str head, hp_str body)
{
    struct iovec parts[2] = { { .iov_base = (void *)(uintptr_t)head.ptr, .iov_len = head.len },
                              { .iov_base = (void *)(uintptr_t)body.ptr, .iov_len = body.len } };
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = body.len > 0 ? 2 : 1 };
    if (evbuffer_get_length(bufferevent_get_output(c->bev)) > 0) return 0; /* a "100 Continue" is still on its way */
    ssize_t sent = sendmsg(bufferevent_getfd(c->bev), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? (size_t)sent : 0;
}

/* The kernel copies from the file to the socket (sendfile), a socket's buffer at a time: the file is never in our memory. A
 * cold file makes this loop wait for the disk; reading ahead in the kernel keeps that short. False: nothing was queued. */
static bool queue_file(struct evbuffer *out, hp_reply_file *file)
{
    if (!file->present || file->len == 0) return true;
    struct evbuffer_file_segment *part = evbuffer_file_segment_new(file->fd, (ev_off_t)file->from, (ev_off_t)file->len,
                                                                   EVBUF_FS_CLOSE_ON_FREE | EVBUF_FS_DISABLE_MMAP);
    if (part == NULL) return false;
    file->present = false; /* the segment closes it */
    bool queued = evbuffer_add_file_segment(out, part, 0, -1) == 0;
    evbuffer_file_segment_free(part); /* the buffer holds a reference of its own */
    return queued;
}

/* May take over body->ptr and the file. Ends in HEAD, BUSY (a pipelined request) or LINGER if all went out, in WRITING otherwise. With
 * keep_alive, or a file, it may free the connection. */
static void send_answer(hp_conn *c, hp_str head, hp_buf *body, hp_reply_file *file, bool keep_alive)
{
    const uint64_t from_file = file->present ? file->len : 0;
    size_t all = head.len + body->len, sent = send_now(c, head, hp_buf_str(body));
    atomic_fetch_add(&c->loop->server->count.bytes_out, all + from_file);
    c->state = CONN_WRITING;
    c->keep_alive = keep_alive;
    if (sent == all && from_file == 0) {
        written(c);
        return;
    }
    struct evbuffer *out = bufferevent_get_output(c->bev);
    if (sent < head.len) (void)evbuffer_add(out, head.ptr + sent, head.len - sent);
    if (sent < all) queue_body(out, body, sent > head.len ? sent - head.len : 0);
    if (!queue_file(out, file)) {
        free_conn(c); /* the head has promised more than can come */
        return;
    }
    c->left = evbuffer_get_length(out);
    set_deadline(c, c->loop->server->options.write_timeout_ms);
}

/* An answer without a handler: the connection is of no use afterwards. */
static void refuse(hp_conn *c, int status)
{
    hp_buf head, none;
    hp_reply_file no_file = { 0 };
    hp_buf_init(&head, 1024);
    hp_buf_init(&none, 0);
    hp_http_encode_refusal(status, &head);
    atomic_fetch_add(&c->loop->server->count.status[status / 100], 1);
    free_exchange(c->loop->server, c->x);
    c->x = NULL;
    send_answer(c, hp_buf_str(&head), &none, &no_file, false);
    hp_buf_done(&head);
}

static void refuse_framing(hp_conn *c, int status)
{
    atomic_fetch_add(&c->loop->server->count.refused_framing, 1);
    refuse(c, status);
}

void hp_conn_answer(hp_exchange *x)
{
    hp_conn *c = x->conn;
    hp_http_server *server = c->loop->server;
    atomic_fetch_sub(&server->count.in_flight, 1);
    if (c->gone) {
        free_conn(c);
        return;
    }
    atomic_fetch_add(&server->count.status[x->rp.status / 100 % 6], 1);
    c->x = NULL; /* before sending: the next request may begin in there */
    send_answer(c, hp_buf_str(&x->encoded), &x->rp.body, &x->rp.file, x->rq.keep_alive && !x->rp.close);
    free_exchange(server, x); /* the connection may be gone by now */
}

/* ---- upgrades ---- */

/* Why this connection may not become a socket, in x->rp; 0 if it may, and then it is counted. */
static int refuse_socket(hp_conn *c, hp_str *client)
{
    hp_http_server *server = c->loop->server;
    const hp_socket_service *service = server->options.sockets;
    hp_exchange *x = c->x;
    if (service == NULL || !hp_handshake_asked(&x->rq)) return 426;
    const int status = hp_handshake_check(&x->rq, &x->head);
    if (status != 0) return status;
    if (atomic_load(&server->draining)) return 503;
    if (!service->admit(service->user, &x->rq, client, &x->rp)) return x->rp.status != 0 ? x->rp.status : 403;
    if (atomic_fetch_add(&server->sockets, 1) < service->sockets_max) return 0;
    atomic_fetch_sub(&server->sockets, 1);
    return 503;
}

static void answer_refusal(hp_conn *c, int status)
{
    hp_http_server *server = c->loop->server;
    hp_exchange *x = c->x;
    hp_http_reply *rp = &x->rp;
    if (rp->status == 0) {
        rp->content_type = HP_STR("application/json; charset=utf-8");
        hp_buf_add_lit(&rp->body, "{\"error\":\"Only a request to become a WebSocket is answered here.\"}");
    }
    rp->status = status;
    if (status == 426) {
        hp_reply_header(rp, HP_STR("Upgrade"), HP_STR("websocket"));
        hp_reply_header(rp, HP_STR("Sec-WebSocket-Version"), HP_STR("13"));
    }
    if (status == 405) hp_reply_header(rp, HP_STR("Allow"), HP_STR("GET"));
    atomic_fetch_add(&server->count.status[status / 100 % 6], 1);
    hp_http_encode(&x->rq, rp, false, &x->encoded);
    c->x = NULL;
    send_answer(c, hp_buf_str(&x->encoded), &rp->body, &rp->file, false);
    free_exchange(server, x);
}

/* True: it was told why not. False: it has become a socket and is gone. */
static bool upgrade(hp_conn *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    hp_exchange *x = c->x;
    hp_str client = x->rq.peer;
    const int status = refuse_socket(c, &client);
    if (status == 503) {
        refuse(c, status);
        return true;
    }
    if (status != 0) {
        answer_refusal(c, status);
        return true;
    }
    hp_loop *loop = c->loop;
    const evutil_socket_t fd = bufferevent_getfd(c->bev);
    const size_t early = evbuffer_get_length(in);
    hp_handshake_accept(&x->rq, &x->encoded);
    (void)bufferevent_disable(c->bev, EV_READ | EV_WRITE);
    (void)bufferevent_setfd(c->bev, -1);
    hp_socket_open(loop, fd, client, hp_buf_str(&x->encoded),
                   (hp_str){ early > 0 ? (const char *)evbuffer_pullup(in, -1) : "", early });
    drop_conn(c);
    return false;
}

/* ---- the worker's part ---- */

/* In the place of an answer: the whole of it, head and body. */
static void refuse_by_worker(hp_exchange *x, int status)
{
    hp_buf_clear(&x->encoded);
    hp_buf_clear(&x->rp.body);
    hp_reply_drop_file(&x->rp);
    x->rp.status = status;
    x->rp.close = true;
    hp_http_encode_refusal(status, &x->encoded);
}

/* Its client has given up by now, or will ask again: what is late anyway makes others late too. */
static bool waited_too_long(hp_http_server *server, const hp_exchange *x)
{
    const int64_t most = server->options.queue_wait_ms_max;
    return most != 0 && now_ms() - x->rq.received_ms > most;
}

static void run(hp_pool_job *job)
{
    hp_exchange *x = (hp_exchange *)job;
    hp_http_server *server = x->conn->loop->server; /* neither moves while the exchange is out */
    if (waited_too_long(server, x)) {
        atomic_fetch_add(&server->count.refused_queue, 1);
        refuse_by_worker(x, 503);
        hp_loop_post(x->conn->loop, x);
        return;
    }
    x->rq.body = hp_buf_str(&x->body);
    server->options.handle(server->options.user, &x->rq, &x->rp);
    if (x->rp.status == 0 || x->rp.body.overflow) {
        hp_buf_clear(&x->rp.body);
        hp_reply_drop_file(&x->rp);
        x->rp.status = 500;
        x->rp.content_type = HP_STR("application/json; charset=utf-8");
        hp_buf_add_lit(&x->rp.body, "{\"error\":\"Internal Server Error\"}");
    }
    hp_http_encode(&x->rq, &x->rp, x->rq.keep_alive && !x->rp.close && !atomic_load(&server->draining), &x->encoded);
    if (x->encoded.overflow) refuse_by_worker(x, 500); /* headers without measure: half a head must not go out */
    hp_loop_post(x->conn->loop, x);
}

static void hand_over(hp_conn *c)
{
    hp_http_server *server = c->loop->server;
    c->x->rq.received_ms = now_ms();
    c->deadline_ms = NO_DEADLINE;
    c->state = CONN_BUSY; /* before the worker can be done with it */
    atomic_fetch_add(&server->count.requests, 1);
    atomic_fetch_add(&server->count.in_flight, 1);
    const bool urgent = server->options.urgent != NULL && server->options.urgent(server->options.user, &c->x->rq);
    if (hp_pool_submit(server->pool, &c->x->job, urgent)) return;
    atomic_fetch_sub(&server->count.in_flight, 1);
    atomic_fetch_add(&server->count.refused_queue, 1);
    refuse(c, 503);
}

/* ---- reading ---- */

/* Unique, not secret: a counter that began somewhere, spread over all digits (splitmix64). */
static hp_str make_id(hp_loop *loop, hp_arena *mem)
{
    uint64_t z = loop->next_id += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    enum { DIGITS = 16 };
    char *text = hp_arena_alloc(mem, DIGITS + 1);
    for (int i = 0; i < DIGITS; i++) text[i] = "0123456789abcdef"[z >> (4 * i) & 15];
    return (hp_str){ text, DIGITS };
}

static hp_exchange *new_exchange(hp_conn *c)
{
    hp_arena *mem = hp_arena_new();
    hp_exchange *x = HP_NEW(mem, hp_exchange);
    x->job.run = run;
    x->conn = c;
    x->rq.mem = mem;
    x->rq.peer = hp_str_of(c->peer); /* the connection outlives the exchange */
    x->rq.id = make_id(c->loop, mem);
    hp_buf_init(&x->body, c->loop->server->options.body_bytes_max);
    hp_buf_init(&x->rp.body, HP_REPLY_BYTES_MAX);
    hp_buf_init(&x->encoded, 128 * 1024);
    return x;
}

/* 0: go on; else the status to refuse with. */
static int begin_body(hp_conn *c)
{
    const hp_http_options *o = &c->loop->server->options;
    hp_exchange *x = c->x;
    hp_str coding = hp_http_header_get(&x->rq, HP_STR("Content-Encoding"));
    if (hp_str_present(coding) && !hp_str_eq_nocase(coding, HP_STR("identity"))) return 415;
    if (x->head.content_length > o->body_bytes_max) return 413;
    if (!x->head.chunked && x->head.content_length == 0) return 0;
    if (evbuffer_get_length(bufferevent_get_input(c->bev)) < x->head.content_length || x->head.chunked) {
        if (x->head.expect_continue && !x->head.minor_0)
            (void)bufferevent_write(c->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25);
        c->moved = 0;
        set_deadline(c, o->body_timeout_ms);
    }
    size_t first = x->head.content_length < BODY_FIRST_BYTES ? x->head.content_length : BODY_FIRST_BYTES;
    (void)hp_buf_reserve(&x->body, first);
    return 0;
}

/* True once there is a whole head; refuses by itself. */
static bool read_head(hp_conn *c)
{
    const hp_http_options *o = &c->loop->server->options;
    struct evbuffer *in = bufferevent_get_input(c->bev);
    size_t have, visible, len;
    const char *text;
    for (;;) {
        have = evbuffer_get_length(in);
        visible = have < o->head_bytes_max ? have : o->head_bytes_max;
        text = (const char *)evbuffer_pullup(in, (ev_ssize_t)visible);
        len = hp_http_head_end((hp_str){ text, visible }, &c->head_seen);
        if (len != EMPTY_LINE) break;
        (void)evbuffer_drain(in, len); /* before a request: RFC 9112 section 2.2 wants it skipped */
        c->head_seen = 0;
    }

    if (len == SIZE_MAX) {
        refuse_framing(c, 400);
        return false;
    }
    if (len == 0 && visible < have) {
        size_t line = hp_str_find_char((hp_str){ text, visible }, '\n', 0);
        refuse_framing(c, line > o->url_bytes_max ? 414 : 431);
        return false;
    }
    if (len == 0) {
        if (have == 0) return false;
        if (!c->head_begun) set_deadline(c, o->head_timeout_ms);
        c->head_begun = true;
        return false;
    }
    hp_exchange *x = c->x = new_exchange(c);
    char *head = hp_arena_alloc(x->rq.mem, len);
    (void)evbuffer_remove(in, head, len);
    int status = hp_http_head_read((hp_str){ head, len }, o->url_bytes_max, o->headers_max, &x->rq, &x->head);
    if (status == 0 && (c->sockets_only || (c->loop->server->options.sockets != NULL && hp_handshake_asked(&x->rq)))) {
        c->state = CONN_UPGRADE;
        return true;
    }
    if (status == 0) status = begin_body(c);
    if (status == 0) c->state = CONN_BODY;
    if (status != 0) refuse_framing(c, status);
    return status == 0;
}

/* Takes body bytes with a length given in advance. Returns 0 to go on, or the status to refuse with. */
static int read_sized(hp_exchange *x, struct evbuffer *in, bool *whole)
{
    size_t have = evbuffer_get_length(in), missing = x->head.content_length - x->body.len;
    size_t take = have < missing ? have : missing;
    if (take > 0) {
        char *room = hp_buf_reserve(&x->body, take);
        HP_ASSERT(room != NULL); /* begin_body compared the length with the maximum */
        (void)evbuffer_remove(in, room, take);
        x->body.len += take;
    }
    *whole = take == missing;
    return 0;
}

static int read_chunks(hp_exchange *x, struct evbuffer *in, bool *whole)
{
    enum { LINE_BYTES = 64 }; /* a chunk's size line may straddle two pieces */
    for (size_t have; (have = evbuffer_get_length(in)) > 0;) {
        size_t used, piece = evbuffer_get_contiguous_space(in);
        if (piece < LINE_BYTES) piece = have < LINE_BYTES ? have : LINE_BYTES;
        const char *text = (const char *)evbuffer_pullup(in, (ev_ssize_t)piece);
        int status = hp_chunked_read(&x->chunked, (hp_str){ text, piece }, &x->body, &used);
        (void)evbuffer_drain(in, used);
        *whole = x->chunked.state == HP_CHUNK_DONE;
        if (status != 0 || *whole || used == 0) return status;
    }
    return 0;
}

/* True once the body is whole; refuses by itself. */
static bool read_body(hp_conn *c)
{
    hp_http_server *server = c->loop->server;
    struct evbuffer *in = bufferevent_get_input(c->bev);
    hp_exchange *x = c->x;
    size_t before = x->body.len;
    bool whole = false;
    int status = x->head.chunked ? read_chunks(x, in, &whole) : read_sized(x, in, &whole);

    size_t came = x->body.len - before;
    c->moved += came;
    if (came > 0 && atomic_fetch_add(&server->bodies_bytes, came) + came > server->bodies_bytes_max) {
        atomic_fetch_add(&server->count.refused_queue, 1);
        refuse(c, 503);
        return false;
    }
    if (status != 0) refuse_framing(c, status);
    return status == 0 && whole;
}

/* False: the connection is gone, it has become a socket. */
static bool read_input(hp_conn *c)
{
    if (c->state == CONN_HEAD && !read_head(c)) return true;
    if (c->state == CONN_UPGRADE) return upgrade(c);
    if (c->state == CONN_BODY && read_body(c)) hand_over(c);
    return true;
}

static void on_readable(struct bufferevent *bev, void *arg)
{
    hp_conn *c = arg;
    if (c->state == CONN_LINGER)
        (void)evbuffer_drain(bufferevent_get_input(bev), SIZE_MAX);
    else if (c->state == CONN_HEAD || c->state == CONN_BODY)
        (void)read_input(c);
    else
        set_reading(c, false); /* pipelined: its turn comes */
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    hp_conn *c = arg;
    (void)bev;
    bool answer_due = c->state == CONN_BUSY || c->state == CONN_WRITING;
    if ((what & BEV_EVENT_EOF) && (what & BEV_EVENT_READING) && answer_due) {
        c->peer_done = true; /* the bufferevent has stopped reading by itself */
        c->reading = false;
        return;
    }
    hp_conn_cut(c);
}

/* True if enough has moved since the deadline was set; then it is set anew. */
static bool progressed(hp_conn *c)
{
    const hp_http_options *o = &c->loop->server->options;
    if (c->state == CONN_BODY && c->moved >= PROGRESS_BYTES) {
        c->moved = 0;
        set_deadline(c, o->body_timeout_ms);
        return true;
    }
    size_t left = evbuffer_get_length(bufferevent_get_output(c->bev));
    if (c->state == CONN_WRITING && c->left - left >= PROGRESS_BYTES) {
        c->left = left;
        set_deadline(c, o->write_timeout_ms);
        return true;
    }
    return false;
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    hp_conn *c = arg;
    int64_t now = now_ms();
    (void)fd;
    (void)what;
    c->armed_ms = 0;
    if (c->deadline_ms == NO_DEADLINE) return;
    if (c->deadline_ms > now) {
        arm(c, now);
        return;
    }
    if (progressed(c)) return;
    bool idle = c->state == CONN_HEAD && !c->head_begun;
    if (c->state == CONN_LINGER || idle) {
        free_conn(c);
        return;
    }
    atomic_fetch_add(&c->loop->server->count.timeouts, 1);
    if (c->state == CONN_WRITING)
        free_conn(c);
    else
        refuse(c, 408);
}

/* ---- beginning and end ---- */

void hp_conn_open(hp_loop *loop, evutil_socket_t fd, const char *peer, bool sockets_only)
{
    const hp_http_options *o = &loop->server->options;
    int on = 1;
    hp_conn *c = calloc(1, sizeof *c);
    HP_ASSERT(c != NULL);
    c->loop = loop;
    c->sockets_only = sockets_only;
    memcpy(c->peer, peer, strlen(peer) + 1); /* both hold 64 bytes */
    c->bev = bufferevent_socket_new(loop->base, fd, BEV_OPT_CLOSE_ON_FREE);
    c->timer = evtimer_new(loop->base, on_deadline, c);
    HP_ASSERT(c->bev != NULL && c->timer != NULL);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

    c->next = loop->conns;
    if (c->next != NULL) c->next->prev = c;
    loop->conns = c;

    bufferevent_setcb(c->bev, on_readable, on_written, on_event, c);
    bufferevent_setwatermark(c->bev, EV_READ, 0,
                             o->head_bytes_max + READ_BYTES); /* bodies are taken out as they come */
    (void)bufferevent_set_max_single_read(c->bev, READ_BYTES);
    (void)next_request(c);
}

void hp_conn_cut(hp_conn *c)
{
    if (c->state == CONN_BUSY) {
        c->gone = true;
        (void)bufferevent_disable(c->bev, EV_READ | EV_WRITE);
        return;
    }
    free_conn(c);
}

void hp_conn_finish(hp_conn *c)
{
    char byte;
    bool idle = c->state == CONN_HEAD && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0;
    if (!idle) return;
    /* A request that has reached the socket already is answered: the peer could not know. */
    if (recv(bufferevent_getfd(c->bev), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) free_conn(c);
}

hp_conn *hp_conn_next(const hp_conn *c) { return c->next; }

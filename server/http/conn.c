/* http/conn.c — the life of a connection.
 *
 *   HEAD -> BODY -> BUSY (with a worker) -> WRITING -> HEAD …      keep-alive
 *                                                  -> LINGER       the answer says close, or the request was refused
 *
 * Rules, asserted where they could break:
 *   1. Input is read from the socket in HEAD, BODY and LINGER only: a peer that sends faster than it is served waits in
 *      its own socket buffer.
 *   2. While BUSY the exchange belongs to the worker. If the peer goes away meanwhile, `gone` is set and everything is
 *      freed when the worker hands back.
 *   3. Every state but BUSY has a deadline, so that nobody can hold a connection by being slow. */
#include "http/conn.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <event2/buffer.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/rand.h"
#include "http/encode.h"

typedef enum conn_state { CONN_HEAD, CONN_BODY, CONN_BUSY, CONN_WRITING, CONN_LINGER } conn_state;

struct hp_conn {
    hp_loop *loop;
    struct bufferevent *bev;
    struct event *timer;
    hp_conn *prev, *next;
    hp_exchange *x; /* being read, or with a worker */
    conn_state state;
    bool gone;       /* the peer, while BUSY */
    bool keep_alive; /* after the answer being written */
    bool head_begun; /* its deadline runs; later bytes do not extend it */
    char peer[64];
};

enum { LINGER_MS = 2000, REFERENCE_BYTES_MIN = 16 * 1024, BODY_BYTES_PER_SECOND = 16 * 1024 };

static void read_input(hp_conn *c);

static void set_timer(hp_conn *c, int64_t ms)
{
    struct timeval t = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
    (void)evtimer_add(c->timer, &t);
}

static void free_exchange(hp_exchange *x)
{
    if (x == NULL) return;
    hp_buf_done(&x->body);
    hp_buf_done(&x->rp.body);
    hp_buf_done(&x->encoded);
    hp_arena_free(x->rq.mem);
}

static void free_conn(hp_conn *c)
{
    HP_ASSERT(c->state != CONN_BUSY || c->gone);
    hp_http_server *server = c->loop->server;
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        c->loop->conns = c->next;
    if (c->next != NULL) c->next->prev = c->prev;
    free_exchange(c->x);
    event_free(c->timer);
    bufferevent_free(c->bev);
    hp_server_release(server, hp_str_of(c->peer));
    free(c);
}

/* ---- writing ---- */

static void release_bytes(const void *bytes, size_t len, void *arg)
{
    (void)bytes;
    (void)len;
    free(arg);
}

/* Small bodies are copied into the socket's buffer, large ones lent to it. */
static void add_body(struct evbuffer *out, hp_buf *body)
{
    if (body->len < REFERENCE_BYTES_MIN ||
        evbuffer_add_reference(out, body->ptr, body->len, release_bytes, body->ptr) != 0) {
        (void)evbuffer_add(out, body->ptr, body->len);
        return;
    }
    hp_buf_init(body, body->max); /* the buffer's memory is the socket's now */
}

static void start_writing(hp_conn *c, bool keep_alive)
{
    c->state = CONN_WRITING;
    c->keep_alive = keep_alive;
    (void)evtimer_del(c->timer); /* the bufferevent's write timeout takes over */
}

/* An answer without a handler: the connection is of no use afterwards. */
static void refuse(hp_conn *c, int status)
{
    hp_buf out;
    hp_buf_init(&out, 1024);
    hp_http_encode_refusal(status, &out);
    atomic_fetch_add(&c->loop->server->count.status[status / 100], 1);
    atomic_fetch_add(&c->loop->server->count.bytes_out, out.len);
    (void)bufferevent_write(c->bev, out.ptr, out.len);
    hp_buf_done(&out);
    free_exchange(c->x);
    c->x = NULL;
    start_writing(c, false);
}

/* The answer is with the kernel, but unread input would make close() reset the connection and lose it: tell the peer that
 * we are done and let it read, for a moment. */
static void linger(hp_conn *c)
{
    c->state = CONN_LINGER;
    (void)shutdown(bufferevent_getfd(c->bev), SHUT_WR);
    (void)evbuffer_drain(bufferevent_get_input(c->bev), SIZE_MAX);
    (void)bufferevent_enable(c->bev, EV_READ);
    set_timer(c, LINGER_MS);
}

static void next_request(hp_conn *c)
{
    c->state = CONN_HEAD;
    c->head_begun = false;
    set_timer(c, c->loop->server->options.idle_timeout_ms);
    (void)bufferevent_enable(c->bev, EV_READ);
    if (evbuffer_get_length(bufferevent_get_input(c->bev)) > 0) read_input(c); /* pipelined */
}

static void on_written(struct bufferevent *bev, void *arg)
{
    hp_conn *c = arg;
    if (c->state != CONN_WRITING || evbuffer_get_length(bufferevent_get_output(bev)) > 0) return;
    if (c->keep_alive && !atomic_load(&c->loop->server->draining))
        next_request(c);
    else
        linger(c);
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
    atomic_fetch_add(&server->count.bytes_out, x->encoded.len + x->rp.body.len);
    struct evbuffer *out = bufferevent_get_output(c->bev);
    start_writing(c, x->rq.keep_alive && !x->rp.close);
    (void)evbuffer_add(out, x->encoded.ptr, x->encoded.len);
    add_body(out, &x->rp.body);
    c->x = NULL;
    free_exchange(x);
}

/* ---- the worker's part ---- */

static void run(hp_pool_job *job)
{
    hp_exchange *x = (hp_exchange *)job;
    hp_http_server *server = x->conn->loop->server; /* neither moves while the exchange is out */
    x->rq.body = hp_buf_str(&x->body);
    server->options.handle(server->options.user, &x->rq, &x->rp);
    if (x->rp.status == 0 || x->rp.body.overflow) {
        hp_buf_clear(&x->rp.body);
        x->rp.status = 500;
    }
    hp_http_encode(&x->rq, &x->rp, x->rq.keep_alive && !x->rp.close && !atomic_load(&server->draining), &x->encoded);
    hp_loop_post(x->conn->loop, x);
}

static void hand_over(hp_conn *c)
{
    hp_http_server *server = c->loop->server;
    hp_exchange *x = c->x;
    (void)bufferevent_disable(c->bev, EV_READ);
    (void)evtimer_del(c->timer);
    atomic_fetch_add(&server->count.requests, 1);
    if (!hp_pool_submit(server->pool, &x->job)) {
        atomic_fetch_add(&server->count.refused_queue, 1);
        refuse(c, 503);
        return;
    }
    atomic_fetch_add(&server->count.in_flight, 1);
    c->state = CONN_BUSY;
}

/* ---- reading ---- */

static void make_id(hp_arena *mem, hp_str *id)
{
    static const char HEX[] = "0123456789abcdef";
    unsigned char bytes[8] = { 0 };
    hp_rand *rand = hp_rand_system();
    char *text = hp_arena_alloc(mem, 2 * sizeof bytes + 1);
    (void)rand->fill(rand, bytes, sizeof bytes); /* an id of zeros is only a poor id */
    for (size_t i = 0; i < sizeof bytes; i++) {
        text[2 * i] = HEX[bytes[i] >> 4];
        text[2 * i + 1] = HEX[bytes[i] & 15];
    }
    *id = (hp_str){ text, 2 * sizeof bytes };
}

static hp_exchange *new_exchange(hp_conn *c)
{
    hp_clock *clock = hp_clock_system();
    hp_arena *mem = hp_arena_new();
    hp_exchange *x = HP_NEW(mem, hp_exchange);
    x->job.run = run;
    x->conn = c;
    x->rq.mem = mem;
    x->rq.peer = hp_str_of(c->peer); /* the connection outlives the exchange */
    x->rq.received_ms = clock->monotonic_ms(clock);
    make_id(mem, &x->rq.id);
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
    if (x->head.expect_continue && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0)
        (void)bufferevent_write(c->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    size_t expected = x->head.chunked ? o->body_bytes_max : x->head.content_length;
    set_timer(c, o->body_timeout_ms + (int64_t)(expected / BODY_BYTES_PER_SECOND) * 1000);
    return 0;
}

/* True once there is a whole head; refuses by itself. */
static bool read_head(hp_conn *c)
{
    const hp_http_options *o = &c->loop->server->options;
    struct evbuffer *in = bufferevent_get_input(c->bev);
    size_t have = evbuffer_get_length(in);
    struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
    size_t len = end.pos < 0 ? have : (size_t)end.pos + 4;

    if (len > o->head_bytes_max) {
        struct evbuffer_ptr line = evbuffer_search_eol(in, NULL, NULL, EVBUFFER_EOL_CRLF);
        refuse(c, line.pos < 0 || (size_t)line.pos > o->url_bytes_max ? 414 : 431);
        return false;
    }
    if (end.pos < 0) return false;

    hp_exchange *x = c->x = new_exchange(c);
    char *text = hp_arena_alloc(x->rq.mem, len);
    (void)evbuffer_remove(in, text, len);
    int status = hp_http_head_read((hp_str){ text, len }, o->url_bytes_max, o->headers_max, &x->rq, &x->head);
    if (status == 0) status = begin_body(c);
    if (status != 0) {
        atomic_fetch_add(&c->loop->server->count.refused_framing, 1);
        refuse(c, status);
        return false;
    }
    c->state = CONN_BODY;
    return true;
}

/* True once the body is whole; refuses by itself. */
static bool read_body(hp_conn *c)
{
    struct evbuffer *in = bufferevent_get_input(c->bev);
    hp_exchange *x = c->x;
    size_t have = evbuffer_get_length(in);

    if (!x->head.chunked) {
        if (have < x->head.content_length) return false;
        if (x->head.content_length == 0) return true;
        char *room = hp_buf_reserve(&x->body, x->head.content_length);
        HP_ASSERT(room != NULL); /* begin_body compared it with the maximum */
        (void)evbuffer_remove(in, room, x->head.content_length);
        x->body.len = x->head.content_length;
        return true;
    }
    while (have > 0) {
        size_t used, piece = evbuffer_get_contiguous_space(in);
        if (piece < 64) piece = have < 64 ? have : 64; /* a chunk's size line may straddle two pieces */
        const char *text = (const char *)evbuffer_pullup(in, (ev_ssize_t)piece);
        int status = hp_chunked_read(&x->chunked, (hp_str){ text, piece }, &x->body, &used);
        (void)evbuffer_drain(in, used);
        if (status != 0) {
            atomic_fetch_add(&c->loop->server->count.refused_framing, 1);
            refuse(c, status);
            return false;
        }
        if (x->chunked.state == HP_CHUNK_DONE) return true;
        if (used == 0) return false;
        have = evbuffer_get_length(in);
    }
    return false;
}

static void read_input(hp_conn *c)
{
    if (c->state == CONN_HEAD && !c->head_begun) {
        c->head_begun = true;
        set_timer(c, c->loop->server->options.head_timeout_ms);
    }
    if (c->state == CONN_HEAD && !read_head(c)) return;
    if (c->state == CONN_BODY && read_body(c)) hand_over(c);
}

static void on_readable(struct bufferevent *bev, void *arg)
{
    hp_conn *c = arg;
    size_t have = evbuffer_get_length(bufferevent_get_input(bev));
    if (c->state == CONN_LINGER) {
        (void)evbuffer_drain(bufferevent_get_input(bev), have);
        return;
    }
    if (c->state == CONN_HEAD || c->state == CONN_BODY) read_input(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    hp_conn *c = arg;
    (void)bev;
    if (what & BEV_EVENT_TIMEOUT) atomic_fetch_add(&c->loop->server->count.timeouts, 1);
    hp_conn_cut(c);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    hp_conn *c = arg;
    (void)fd;
    (void)what;
    bool idle = c->state == CONN_HEAD && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0;
    if (c->state == CONN_LINGER || idle) {
        free_conn(c);
        return;
    }
    atomic_fetch_add(&c->loop->server->count.timeouts, 1);
    refuse(c, 408);
}

/* ---- beginning and end ---- */

void hp_conn_open(hp_loop *loop, evutil_socket_t fd, const char *peer)
{
    const hp_http_options *o = &loop->server->options;
    int on = 1;
    hp_conn *c = calloc(1, sizeof *c);
    HP_ASSERT(c != NULL);
    c->loop = loop;
    memcpy(c->peer, peer, strlen(peer) + 1); /* both hold 64 bytes */
    c->bev = bufferevent_socket_new(loop->base, fd, BEV_OPT_CLOSE_ON_FREE);
    c->timer = evtimer_new(loop->base, on_deadline, c);
    HP_ASSERT(c->bev != NULL && c->timer != NULL);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);

    c->next = loop->conns;
    if (c->next != NULL) c->next->prev = c;
    loop->conns = c;

    struct timeval write_timeout = { .tv_sec = o->write_timeout_ms / 1000,
                                     .tv_usec = o->write_timeout_ms % 1000 * 1000 };
    bufferevent_setcb(c->bev, on_readable, on_written, on_event, c);
    (void)bufferevent_set_timeouts(c->bev, NULL, &write_timeout);
    /* What is buffered beyond one head and one body waits in the kernel. */
    bufferevent_setwatermark(c->bev, EV_READ, 0, o->head_bytes_max + o->body_bytes_max + 64 * 1024);
    next_request(c);
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
    if (c->state == CONN_HEAD && evbuffer_get_length(bufferevent_get_input(c->bev)) == 0) free_conn(c);
}

hp_conn *hp_conn_next(const hp_conn *c) { return c->next; }

#include "http/server.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include <event2/thread.h>

#include "base/rand.h"
#include "base/thread.h"
#include "http/conn.h"
#include "http/encode.h"

/* ---- loops ---- */

void hp_loop_post(hp_loop *l, hp_exchange *x)
{
    (void)pthread_mutex_lock(&l->lock);
    bool was_empty = l->done == NULL;
    x->next = l->done;
    l->done = x;
    if (was_empty) event_active(l->wakeup, EV_READ, 0); /* one wake-up per batch, not per answer */
    (void)pthread_mutex_unlock(&l->lock);
}

static void on_wakeup(evutil_socket_t fd, short what, void *arg)
{
    hp_loop *l = arg;
    (void)fd;
    (void)what;
    (void)pthread_mutex_lock(&l->lock);
    hp_exchange *done = l->done;
    hp_arrival *arrived = l->arrived;
    bool drain = l->drain, cut = l->cut, stop = l->stop;
    l->done = NULL;
    l->arrived = NULL;
    (void)pthread_mutex_unlock(&l->lock);

    for (hp_exchange *next; done != NULL; done = next) {
        next = done->next;
        hp_conn_answer(done);
    }
    for (hp_arrival *next; arrived != NULL; arrived = next) {
        next = arrived->next;
        hp_conn_open(l, arrived->fd, arrived->peer, arrived->sockets_only);
        free(arrived);
    }
    hp_sockets_wake(l);
    if (stop) (void)event_base_loopbreak(l->base);
    if (!drain && !cut) return;
    if (cut)
        hp_sockets_cut(l);
    else
        hp_sockets_drain(l);
    for (hp_conn *c = l->conns, *next; c != NULL; c = next) {
        next = hp_conn_next(c);
        if (cut)
            hp_conn_cut(c);
        else
            hp_conn_finish(c);
    }
}

/* From inside the loop: a loopbreak from another thread is forgotten if the loop's own has not entered it yet, while an
 * event stays active. */
static void stop_loop(hp_loop *l)
{
    (void)pthread_mutex_lock(&l->lock);
    l->stop = true;
    event_active(l->wakeup, EV_READ, 0);
    (void)pthread_mutex_unlock(&l->lock);
    (void)pthread_join(l->thread, NULL);
}

static void *run_loop(void *arg)
{
    hp_loop *l = arg;
    hp_thread_mark_loop();
    (void)event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
    return NULL;
}

static bool start_loop(hp_http_server *s, hp_loop *l)
{
    l->server = s;
    (void)pthread_mutex_init(&l->lock, NULL);
    /* Not with epoll's change list, which saves a system call per request: it would touch a descriptor that has been closed
     * meanwhile and may be another thread's by then. */
    l->base = event_base_new();
    if (l->base == NULL) return false;
    hp_rand *rand = hp_rand_system();
    (void)rand->fill(rand, &l->next_id, sizeof l->next_id); /* ids that begin at zero are only poor ids */
    l->wakeup = event_new(l->base, -1, EV_PERSIST, on_wakeup, l);
    return l->wakeup != NULL && hp_sockets_init(l);
}

static void tell_loops(hp_http_server *s, bool cut)
{
    for (int i = 0; i < s->options.io_threads; i++) {
        hp_loop *l = &s->loops[i];
        (void)pthread_mutex_lock(&l->lock);
        l->drain = true;
        l->cut = cut;
        event_active(l->wakeup, EV_READ, 0);
        (void)pthread_mutex_unlock(&l->lock);
    }
}

/* ---- accepting ---- */

/* False: as many as there may be are open. */
static bool admit(hp_http_server *s)
{
    (void)pthread_mutex_lock(&s->lock);
    const size_t for_requests = s->connections - atomic_load(&s->sockets); /* a socket is counted before it is one */
    const bool room = for_requests < s->options.connections_max;
    if (room) s->connections++;
    (void)pthread_mutex_unlock(&s->lock);
    return room;
}

void hp_server_release(hp_http_server *s)
{
    (void)pthread_mutex_lock(&s->lock);
    if (--s->connections == 0) (void)pthread_cond_broadcast(&s->empty);
    (void)pthread_mutex_unlock(&s->lock);
}

static void take_connection(hp_http_server *s, evutil_socket_t fd, const char *peer, bool sockets_only)
{
    if (!admit(s)) {
        hp_buf out;
        hp_buf_init(&out, 1024);
        hp_http_encode_refusal(503, &out);
        (void)send(fd, out.ptr, out.len, MSG_NOSIGNAL | MSG_DONTWAIT); /* if it does not fit, closing says it too */
        hp_buf_done(&out);
        (void)evutil_closesocket(fd);
        atomic_fetch_add(&s->count.refused_connections, 1);
        return;
    }
    hp_arrival *a = calloc(1, sizeof *a);
    HP_ASSERT(a != NULL);
    a->fd = fd;
    a->sockets_only = sockets_only;
    memcpy(a->peer, peer, strlen(peer) + 1); /* both hold HP_PEER_BYTES */
    /* Round robin from one listener: with SO_REUSEPORT the kernel spreads by address, which leaves a loop idle when few
     * clients keep long connections. */
    hp_loop *l = &s->loops[s->next_loop++ % (size_t)s->options.io_threads];
    (void)pthread_mutex_lock(&l->lock);
    a->next = l->arrived;
    l->arrived = a;
    event_active(l->wakeup, EV_READ, 0);
    (void)pthread_mutex_unlock(&l->lock);
}

static void on_connection(void *arg, evutil_socket_t fd, const char *peer) { take_connection(arg, fd, peer, false); }

static void on_socket_connection(void *arg, evutil_socket_t fd, const char *peer)
{
    take_connection(arg, fd, peer, true);
}

/* ---- the server ---- */

static size_t bodies_max(const hp_http_options *o)
{
    const size_t least = (size_t)256 << 20;
    size_t eight;
    if (o->bodies_bytes_max != 0) return o->bodies_bytes_max;
    if (__builtin_mul_overflow(o->body_bytes_max, 8, &eight)) return SIZE_MAX;
    return eight > least ? eight : least;
}

hp_code hp_http_server_start(const hp_http_options *options, hp_http_server **out, hp_err *err)
{
    hp_code rc = HP_OK;
    hp_http_server *s = calloc(1, sizeof *s);
    *out = NULL;
    HP_ASSERT(s != NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* a peer that closes is an error of its socket, not a signal for the process */
    (void)evthread_use_pthreads();
    s->options = *options;
    s->options.host = NULL; /* the caller's, and no longer needed */
    s->bodies_bytes_max = bodies_max(options);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->empty, NULL);
    s->loops = calloc((size_t)options->io_threads, sizeof *s->loops);
    HP_ASSERT(s->loops != NULL);
    for (int i = 0; i < options->io_threads; i++)
        if (!start_loop(s, &s->loops[i])) {
            rc = hp_fail(err, HP_E_INVALID_VALUE, "Cannot create an event loop.");
            goto done;
        }
    rc = hp_listener_open(s->loops[0].base, options->host, options->port, on_connection, s, &s->listener, err);
    if (rc == HP_OK && options->socket_port != 0)
        rc = hp_listener_open(s->loops[0].base, options->host,
                              options->socket_port == HP_PORT_ANY ? 0 : options->socket_port, on_socket_connection, s,
                              &s->socket_listener, err);
    if (rc != HP_OK) goto done;
    *out = s; /* before any thread could ask its owner for it */
    if (options->listening != NULL) options->listening(options->user, hp_http_server_port(s));
    s->pool = hp_pool_new(options->workers, options->spares_max, options->queue_max);
    if (s->pool == NULL) {
        rc = hp_fail(err, HP_E_INVALID_VALUE, "Cannot start %d worker threads.", options->workers);
        goto done;
    }
    for (int i = 0; i < options->io_threads; i++) {
        s->loops[i].started = pthread_create(&s->loops[i].thread, NULL, run_loop, &s->loops[i]) == 0;
        if (!s->loops[i].started) {
            rc = hp_fail(err, HP_E_INVALID_VALUE, "Cannot start %d I/O threads.", options->io_threads);
            goto done;
        }
    }
done:
    if (rc != HP_OK) {
        *out = NULL;
        hp_http_server_free(s);
    }
    return rc;
}

int hp_http_server_port(const hp_http_server *s) { return hp_listener_port(s->listener); }

int hp_http_server_socket_port(const hp_http_server *s)
{
    return s->socket_listener != NULL ? hp_listener_port(s->socket_listener) : 0;
}

/* True once no connection is left. */
static bool wait_empty(hp_http_server *s, int64_t timeout_ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&s->lock);
    int rc = 0;
    while (s->connections > 0 && rc == 0) rc = pthread_cond_timedwait(&s->empty, &s->lock, &until);
    bool empty = s->connections == 0;
    (void)pthread_mutex_unlock(&s->lock);
    return empty;
}

bool hp_http_server_drain(hp_http_server *s, int64_t timeout_ms)
{
    atomic_store(&s->draining, true);
    hp_listener_stop(s->listener);
    if (s->socket_listener != NULL) hp_listener_stop(s->socket_listener);
    tell_loops(s, false);
    if (wait_empty(s, timeout_ms)) return true;
    tell_loops(s, true);
    (void)wait_empty(s, 1000);
    return false;
}

void hp_http_server_free(hp_http_server *s)
{
    if (s == NULL) return;
    for (int i = 0; i < s->options.io_threads; i++) /* first: no loop hands anything to the pool after this */
        if (s->loops[i].started) stop_loop(&s->loops[i]);
    hp_pool_free(s->pool); /* the answers of what still ran are left with the loops */
    hp_listener_close(s->listener);
    hp_listener_close(s->socket_listener);
    for (int i = 0; i < s->options.io_threads; i++) {
        hp_loop *l = &s->loops[i];
        if (l->base == NULL) continue;
        l->cut = true;
        if (l->wakeup != NULL) {
            on_wakeup(-1, 0, l); /* what is left over is thrown away on this thread: the loop's has ended */
            event_free(l->wakeup);
        }
        hp_sockets_done(l);
        event_base_free(l->base);
        (void)pthread_mutex_destroy(&l->lock);
    }
    free(s->loops);
    (void)pthread_cond_destroy(&s->empty);
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

void hp_http_server_metrics(hp_http_server *s, hp_http_metrics *out)
{
    hp_pool_load load = hp_pool_now(s->pool);
    *out = (hp_http_metrics){
        .requests = atomic_load(&s->count.requests),
        .status_2xx = atomic_load(&s->count.status[2]),
        .status_3xx = atomic_load(&s->count.status[3]),
        .status_4xx = atomic_load(&s->count.status[4]),
        .status_5xx = atomic_load(&s->count.status[5]),
        .refused_queue = atomic_load(&s->count.refused_queue),
        .refused_connections = atomic_load(&s->count.refused_connections),
        .refused_framing = atomic_load(&s->count.refused_framing),
        .timeouts = atomic_load(&s->count.timeouts),
        .bytes_out = atomic_load(&s->count.bytes_out),
        .in_flight = atomic_load(&s->count.in_flight),
        .queued = (int64_t)load.queued,
        .waiting = (int64_t)load.waiting,
        .threads = (int64_t)load.threads,
        .bodies_bytes = (int64_t)atomic_load(&s->bodies_bytes),
        .sockets = (int64_t)atomic_load(&s->sockets),
        .socket_backlog_bytes = (int64_t)atomic_load(&s->backlogs_bytes),
        .sockets_opened = atomic_load(&s->count.sockets_opened),
        .socket_frames_in = atomic_load(&s->count.socket_frames_in),
        .socket_frames_out = atomic_load(&s->count.socket_frames_out),
        .socket_bytes_in = atomic_load(&s->count.socket_bytes_in),
        .socket_bytes_out = atomic_load(&s->count.socket_bytes_out),
        .socket_overflows = atomic_load(&s->count.socket_overflows),
        .socket_ping_timeouts = atomic_load(&s->count.socket_ping_timeouts),
    };
    (void)pthread_mutex_lock(&s->lock);
    out->connections = (int64_t)s->connections;
    (void)pthread_mutex_unlock(&s->lock);
}

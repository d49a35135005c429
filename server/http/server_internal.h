/* http/server_internal.h — what loops, connections and the server share. */
#ifndef HP_HTTP_SERVER_INTERNAL_H
#define HP_HTTP_SERVER_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <event2/bufferevent.h>
#include <event2/event.h>

#include "http/chunked.h"
#include "http/head.h"
#include "http/listen.h"
#include "http/pool.h"
#include "http/server.h"
#include "http/socket_internal.h"

typedef struct hp_loop hp_loop;
typedef struct hp_conn hp_conn;
typedef struct hp_exchange hp_exchange;

/* One request and its answer; lives in rq.mem. */
struct hp_exchange {
    hp_pool_job job; /* first: the pool's view of it */
    hp_conn *conn;
    hp_exchange *next; /* in the loop's list of finished ones */
    hp_http_head head;
    hp_http_request rq;
    hp_http_reply rp;
    hp_chunked chunked;
    hp_buf body;    /* of the request */
    hp_buf encoded; /* head of the answer */
};

typedef struct hp_arrival hp_arrival;
struct hp_arrival { /* an accepted socket on its way to its loop */
    hp_arrival *next;
    evutil_socket_t fd;
    bool sockets_only; /* came by the port where nothing but upgrades is answered */
    char peer[HP_PEER_BYTES];
};

struct hp_loop {
    hp_http_server *server;
    struct event_base *base;
    pthread_t thread;
    bool started;
    struct event *wakeup;
    hp_conn *conns;   /* all of them; loop thread only */
    uint64_t next_id; /* of requests; loop thread only */
    hp_sockets sockets;

    pthread_mutex_t lock; /* guards what others hand in */
    hp_exchange *done;
    hp_arrival *arrived;
    bool drain, cut, stop;
};

struct hp_http_server {
    hp_http_options options;
    hp_pool *pool;
    hp_listener *listener;        /* on loops[0] */
    hp_listener *socket_listener; /* likewise; NULL: none */
    hp_loop *loops;
    size_t next_loop; /* accepting thread only */
    atomic_bool draining;
    _Atomic size_t sockets;        /* open ones */
    _Atomic size_t backlogs_bytes; /* that wait for their peers */
    _Atomic size_t bodies_bytes;   /* request bodies held over all connections … */
    size_t bodies_bytes_max;       /* … beyond this, new bytes are answered with 503 */

    pthread_mutex_t lock; /* guards `connections` */
    pthread_cond_t empty; /* the last connection has gone */
    size_t connections;

    struct {
        _Atomic uint64_t requests, status[6], refused_queue, refused_connections, refused_framing, timeouts, bytes_out;
        _Atomic uint64_t sockets_opened, socket_frames_in, socket_frames_out, socket_bytes_in, socket_bytes_out;
        _Atomic uint64_t socket_overflows, socket_ping_timeouts;
        _Atomic int64_t in_flight;
    } count;
};

/* Hands a finished exchange back to its loop. Any thread. Takes it over. */
void hp_loop_post(hp_loop *l, hp_exchange *x);

/* Counts out a connection that was counted in when it was accepted. Any thread. */
void hp_server_release(hp_http_server *s);

#endif

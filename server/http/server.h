/* http/server.h — the HTTP/1.1 server: I/O loops, a bounded queue, a pool of workers.
 *
 * A connection belongs to one loop; a request belongs to one worker from the moment it has been read whole until its answer
 * is handed back. One request of a connection is with the workers at a time: pipelined ones wait in the socket, so answers
 * keep their order. A full queue is answered with 503 at once, and so are bodies beyond bodies_bytes_max. Why bufferevents and
 * http-parser: docs/decisions/0001-http.md. */
#ifndef HP_HTTP_SERVER_H
#define HP_HTTP_SERVER_H

#include "base/error.h"
#include "http/reply.h"
#include "http/request.h"
#include "http/socket.h"

typedef struct hp_http_server hp_http_server;

enum { HP_PORT_ANY = -1 };

typedef struct hp_http_options {
    const char *host; /* an address or a name; all addresses of a name are listened on */
    int port;         /* 0: any free one */
    int socket_port; /* another one, on which only upgrades to WebSocket are answered; 0: none, HP_PORT_ANY: any free one */
    int io_threads, workers;
    int spares_max;            /* threads beyond `workers` for requests that wait for outside parties (http/pool.h) */
    size_t queue_max;          /* requests waiting for a worker */
    int64_t queue_wait_ms_max; /* one that has waited longer is answered 503 as if it had found no room; 0: no limit */
    size_t connections_max;    /* for requests; WebSockets have a limit of their own */
    size_t head_bytes_max, url_bytes_max, headers_max, body_bytes_max;
    size_t
        bodies_bytes_max; /* request bodies in memory over all connections; 0: eight of the largest, at least 256 MiB */
    int64_t idle_timeout_ms;  /* between requests */
    int64_t head_timeout_ms;  /* for a whole head */
    int64_t body_timeout_ms;  /* for the next 16 KiB of a body, or for what is left of it */
    int64_t write_timeout_ms; /* for a peer to take the next 16 KiB of an answer, or what is left of it */
    /* Told the port once it listens, before any request is read, when hp_http_server_start has set its result; on the thread
     * that starts the server. NULL: nobody asks. */
    void (*listening)(void *user, int port);
    /* Runs on a worker, may block. Fills *rp; status 0 becomes 500. */
    void (*handle)(void *user, hp_http_request *rq, hp_http_reply *rp);
    /* Whether a running request waits for this one (http/pool.h). On the I/O thread: must not block. NULL: never. */
    bool (*urgent)(void *user, const hp_http_request *rq);
    void *user;
    const hp_socket_service *sockets; /* NULL: no connection becomes a WebSocket */
} hp_http_options;

typedef struct hp_http_metrics {
    uint64_t requests, status_2xx, status_3xx, status_4xx, status_5xx;
    uint64_t refused_queue; /* 503: queue full, waited in it too long, or too much request body in memory */
    uint64_t refused_connections, refused_framing, timeouts;
    uint64_t bytes_out;
    int64_t connections, in_flight, queued;
    int64_t waiting;              /* requests that wait for an outside party */
    int64_t threads;              /* workers and spares */
    int64_t bodies_bytes;         /* request bodies and messages of sockets in memory */
    int64_t sockets;              /* open WebSockets, also counted as connections */
    int64_t socket_backlog_bytes; /* sent to slow peers and not taken yet */
    uint64_t sockets_opened, socket_frames_in, socket_frames_out, socket_bytes_in, socket_bytes_out;
    uint64_t socket_overflows;     /* closed because they read too slowly */
    uint64_t socket_ping_timeouts; /* cut because they did not answer */
} hp_http_metrics;

/* Binds and starts all threads. Errors: INVALID_VALUE with a sentence for whoever starts the server (address, port). */
HP_MUST_USE hp_code hp_http_server_start(const hp_http_options *options, hp_http_server **out, hp_err *err);

/* The port it listens on. */
int hp_http_server_port(const hp_http_server *s);

/* Of the sockets' own; 0: there is none. */
int hp_http_server_socket_port(const hp_http_server *s);

/* Stops accepting, lets running requests finish and be written, closes the rest; at most `timeout_ms`. True if nothing was
 * cut off. Blocks. */
bool hp_http_server_drain(hp_http_server *s, int64_t timeout_ms);

/* Stops all threads and frees. After drain; accepts NULL. */
void hp_http_server_free(hp_http_server *s);

void hp_http_server_metrics(hp_http_server *s, hp_http_metrics *out);

#endif

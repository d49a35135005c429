/* http/socket_internal.h — what a loop keeps for its sockets, and how a connection becomes one. All on the loop's thread. */
#ifndef HP_HTTP_SOCKET_INTERNAL_H
#define HP_HTTP_SOCKET_INTERNAL_H

#include <stdatomic.h>

#include <event2/event.h>
#include <event2/util.h>

#include "http/socket.h"
#include "http/socket_reader.h"

typedef struct hp_loop hp_loop;

typedef struct hp_socket_queue { /* ordered by time: every socket joins at the end */
    hp_socket *first, *last;
} hp_socket_queue;

typedef struct hp_socket_line { /* linked by one pointer, first in, first out */
    hp_socket *first, *last;
} hp_socket_line;

typedef struct hp_sockets {
    _Atomic(hp_socket *) dirty; /* pushed by any thread: those that want attention */

    /* the loop's thread only */
    hp_socket_line attention; /* taken from `dirty` */
    hp_socket_line waiting;   /* for a worker */
    size_t jobs;              /* with workers */
    hp_socket_queue open;     /* by the time of the next ping */
    hp_socket_queue closing;  /* by the end of our patience */
    hp_socket_queue ended;    /* closed; a worker has not been told yet */
    struct event *more;       /* what a round has left over */
    struct event *timer;      /* pings and closing sockets */
    int64_t timer_ms;         /* monotonic; 0: it is not set */
    hp_socket_reader *spare_reader;
    char *scratch;
} hp_sockets;

bool hp_sockets_init(hp_loop *l);

/* Once the loop has ended and its workers too: tells the service of all that are left, on this thread. */
void hp_sockets_done(hp_loop *l);

/* Woken: some are dirty, perhaps. */
void hp_sockets_wake(hp_loop *l);

/* All begin to close with GOING_AWAY. */
void hp_sockets_drain(hp_loop *l);

/* All are closed at once. */
void hp_sockets_cut(hp_loop *l);

/* Takes over `fd`, counted among the server's connections and sockets. `client` is who speaks through it; `answer` is sent
 * first, `early` is what the client sent behind its request. The texts are copied. */
void hp_socket_open(hp_loop *l, evutil_socket_t fd, hp_str client, hp_str answer, hp_str early);

#endif

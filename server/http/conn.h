/* http/conn.h — one connection: reads requests, hands them to the pool, writes answers. Lives on its loop's thread. */
#ifndef HP_HTTP_CONN_H
#define HP_HTTP_CONN_H

#include <event2/util.h>

#include "http/server_internal.h"

/* The next of its loop's connections. */
hp_conn *hp_conn_next(const hp_conn *c);

/* Takes over `fd`. `peer` is its address as text. `sockets_only`: every request but an upgrade is refused. */
void hp_conn_open(hp_loop *loop, evutil_socket_t fd, const char *peer, bool sockets_only);

/* A worker is done with the request: write its answer, or throw it away if the peer has gone. */
void hp_conn_answer(hp_exchange *x);

/* Draining: closed at once if it is between requests, after its answer otherwise. */
void hp_conn_finish(hp_conn *c);

/* Closed now, whatever it is doing; one that a worker still holds is freed when the worker is done. */
void hp_conn_cut(hp_conn *c);

#endif

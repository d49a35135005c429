/* http/socket.h — WebSocket connections (RFC 6455) on the server's own port, framed by wslay.
 *
 * A connection that asks for an upgrade leaves HTTP and becomes an hp_socket on the same loop. What its client sends is
 * handed to workers, one message of a socket at a time and in order, so a handler may block on the store; while messages
 * wait, the socket is not read. What is sent to it may come from any thread: it goes into the socket's own bounded buffer
 * and its loop writes it, woken once per batch and not once per frame. A peer that does not read fills its buffer and is
 * closed; it delays nobody. Pings go out on a timer of the loop; a peer that has not answered one when the next is due is
 * gone. Compression (RFC 7692) is not offered. */
#ifndef HP_HTTP_SOCKET_H
#define HP_HTTP_SOCKET_H

#include "http/reply.h"
#include "http/request.h"

typedef struct hp_socket hp_socket; /* counted; whoever holds a reference may call the functions below, on any thread */
typedef struct hp_frame hp_frame;   /* counted, immutable text that many sockets send */

enum { /* close codes of RFC 6455 and its registry that the server uses itself */
       HP_CLOSE_GOING_AWAY = 1001,
       HP_CLOSE_PROTOCOL = 1002,
       HP_CLOSE_NOT_TEXT = 1007,
       HP_CLOSE_POLICY = 1008,
       HP_CLOSE_TOO_BIG = 1009,
       HP_CLOSE_TRY_AGAIN = 1013 /* its buffer ran over: it read too slowly */
};

typedef struct hp_socket_service { /* borrowed; outlives the server */
    /* Whether this upgrade may become a socket (path, origin). On the loop's thread: must not block. True: *client, which is
     * rq->peer before, is who speaks; borrowed from `rq`. False: `refusal` is the answer. */
    bool (*admit)(void *user, const hp_http_request *rq, hp_str *client, hp_http_reply *refusal);
    /* On a worker, one at a time per socket: opened first, closed last, exactly once each. */
    void (*opened)(void *user, hp_socket *s);
    void (*message)(void *user, hp_socket *s, hp_str data, bool binary); /* text is valid UTF-8 */
    void (*closed)(void *user, hp_socket *s);
    void *user;
    size_t message_bytes_max;  /* beyond: closed with TOO_BIG */
    size_t backlog_bytes_max;  /* unsent bytes; to send more when they are beyond: closed with TRY_AGAIN */
    size_t backlogs_bytes_max; /* of all; 0: 256 MiB. Beyond, who has more than an equal share is closed likewise */
    size_t sockets_max;        /* beyond: 503 */
    int64_t ping_ms;           /* between pings */
} hp_socket_service;

/* One reference, the caller's. */
hp_frame *hp_frame_new(hp_str text);
hp_frame *hp_frame_ref(hp_frame *f);
void hp_frame_unref(hp_frame *f); /* accepts NULL */

hp_socket *hp_socket_ref(hp_socket *s);
void hp_socket_unref(hp_socket *s); /* accepts NULL */

/* The service's own: set in opened, freed in closed. */
void hp_socket_set_state(hp_socket *s, void *state);
void *hp_socket_state(const hp_socket *s);

/* The address of its client: what `admit` said. */
hp_str hp_socket_client(const hp_socket *s);

/* Sends `head` followed by `tail` (NULL: nothing) as one text frame; `head` is copied, `tail` gets a reference. Never
 * blocks; order of calls is order of frames. False if the socket is closing: nothing was or will be sent. */
bool hp_socket_send(hp_socket *s, hp_str head, hp_frame *tail);

/* Begins the closing handshake behind what was sent before. Later sends are dropped. */
void hp_socket_close(hp_socket *s, uint16_t code, hp_str reason);

#endif

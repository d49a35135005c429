/* http/socket_parts.h — one socket, and what the files that make it up ask of each other. For http/socket*.c alone.
 *
 *     socket.c        what any thread may do: send, close, hold
 *     socket_life.c   from the handshake to the end: who needs attention, and what is due then
 *     socket_write.c  to the kernel
 *     socket_read.c   from the kernel
 *     socket_tasks.c  to the workers and back
 *     socket_time.c   pings, and how long a peer may take
 *
 * All but socket.c is the loop's thread alone. Rules:
 *   1. Who sends takes the socket's lock, adds to its outbox and, if it is the first to do so, pushes the socket to its
 *      loop's list of dirty ones; only the push onto an empty list wakes the loop. The loop attends to a bounded number of
 *      sockets per round, then looks at the others that have something for it (HTTP).
 *   2. Frames are handed to the kernel many at a time, in one call; the shared part of a frame is never copied. What the
 *      kernel does not take waits, and counts as backlog until it is gone.
 *   3. One task of a socket is with the workers at a time, and at most so many of a loop's sockets are: the others wait
 *      here and not in the pool's queue, where they would take the places of requests. While a socket's task is out it is
 *      not read; what has been read already and not been looked at is at most HP_SOCKET_READ_BYTES.
 *   4. Every state ends by itself: OPEN by a ping without answer, CLOSING by a limit on its time.
 *   5. What waits for peers is bounded for each and for all: beyond the common budget, who has more than an equal share of it
 *      is closed. A ping carries a text that its pong has to repeat: who reads nothing cannot pretend to be alive.
 *   6. Whatever other threads may call touches the loop only under the socket's lock and only while `open` is set, which
 *      ends before the loop does: a reference may outlive the server. */
#ifndef HP_HTTP_SOCKET_PARTS_H
#define HP_HTTP_SOCKET_PARTS_H

#include <pthread.h>

#include "http/server_internal.h"
#include "http/socket_out.h"

enum {
    HP_SOCKET_READ_BYTES = 16 * 1024, /* at once */
    HP_SOCKET_PING_BYTES = 8,
    HP_SOCKETS_PER_ROUND = 128, /* that one turn of the loop attends to */
};

typedef enum hp_socket_place { HP_SOCKET_OPEN, HP_SOCKET_CLOSING, HP_SOCKET_ENDED } hp_socket_place;

typedef enum hp_socket_task { HP_TELL_OPENED, HP_TELL_MESSAGE, HP_TELL_CLOSED } hp_socket_task;

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
    hp_socket_place place;
    hp_socket_task task; /* with a worker, or waiting for one */
    bool busy;           /* there is such a task */
    bool told_opened, told_closed;
    bool paused;                     /* EV_READ is off */
    bool blocked;                    /* the kernel takes no more: waiting for EV_WRITE */
    char ping[HP_SOCKET_PING_BYTES]; /* the text of our last one */
    bool unanswered;                 /* our last ping */
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
    char client[]; /* who speaks through it */
};

/* ---- socket.c: any thread ---- */

/* Queues a frame, which it takes over. False if the socket is closing: it was dropped. */
bool hp_socket_push(hp_socket *s, hp_out_frame *o);

/* With the socket's lock held: has the loop attend to it; says how much waits for its peer. */
void hp_socket_mark(hp_socket *s);
void hp_socket_count_backlog(hp_socket *s, size_t backlog);

/* ---- socket_life.c ---- */

/* After a close frame of either side: ends the socket if both have come. */
void hp_socket_settle(hp_socket *s);

/* The client has broken a rule. Its bytes are read on and thrown away, for a moment: closing at once would reset the
 * connection, and the client might never see the code. */
void hp_socket_fail(hp_socket *s, uint16_t code);

/* Closes the descriptor; what was not sent is not sent any more. A worker is told later. */
void hp_socket_end(hp_socket *s);

/* Another round of attention, in `ms`; 0: in the next turn of the loop. */
void hp_sockets_come_back(hp_sockets *l, int64_t ms);

/* ---- socket_write.c ---- */

/* One call to the kernel for what is in `writing`. May end the socket. */
void hp_socket_write(hp_socket *s);

/* It read too slowly: what waits is thrown away but for the frame that has begun, and the close frame goes behind that. */
void hp_socket_overflow(hp_socket *s);

/* ---- socket_read.c ---- */

void hp_socket_on_readable(evutil_socket_t fd, short what, void *s); /* of s->readable */
void hp_socket_set_reading(hp_socket *s, bool on);

/* Looks at what was read before, now that no task is out. */
void hp_socket_read_rest(hp_socket *s);

/* Keeps bytes that have been read to be looked at later; there are none yet. */
void hp_socket_keep_rest(hp_socket *s, hp_str bytes);

/* Throws away what was read and not looked at. */
void hp_socket_drop_rest(hp_socket *s);

/* Gives the reader back to the loop if it may serve another socket. */
void hp_socket_put_reader(hp_socket *s);

/* Says how many bytes of messages the socket holds. */
void hp_socket_count_held(hp_socket *s, size_t held);

/* ---- socket_tasks.c ---- */

/* Has a worker do `what`, when one has time. The socket is busy from now on. */
void hp_socket_give(hp_socket *s, hp_socket_task what);

/* Hands waiting sockets to the pool, as many as may be there. */
void hp_sockets_submit(hp_loop *loop);

void hp_socket_run(hp_pool_job *job); /* of s->job: on a worker */

/* Does s->task, on this thread. */
void hp_socket_tell(hp_socket *s);

/* ---- socket_time.c ---- */

int64_t hp_socket_now_ms(void); /* monotonic */

/* Out of the queue of its place, and to the end of another's. */
void hp_socket_leave(hp_socket *s);
void hp_socket_join(hp_socket *s, hp_socket_place where);

/* The timer fires at `due_ms` or before. */
void hp_sockets_wait_until(hp_sockets *l, int64_t due_ms);

void hp_sockets_on_timer(evutil_socket_t fd, short what, void *loop); /* of sockets.timer */

#endif

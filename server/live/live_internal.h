/* live/live_internal.h — what the files of live/ share of the whole. */
#ifndef HP_LIVE_LIVE_INTERNAL_H
#define HP_LIVE_LIVE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "live/live.h"
#include "live/table.h"

struct hp_live {
    hp_core *core;
    hp_live_queue *queue;
    hp_live_bus *bus; /* NULL: this node is alone */
    hp_live_table *table;
    hp_socket_service service;
    pthread_t thread;
    bool running;
    int64_t sent_back_ms; /* when changes were last found dropped; the event thread's own */

    pthread_mutex_t lock;           /* guards the list */
    struct connection *connections; /* open sockets; connection.c */

    _Atomic int64_t clients;
    _Atomic uint64_t events, candidates, looks, bodies, delivered, dropped, messages, refused;
    _Atomic int64_t delay_ms_sum, delay_ms_max;
};

/* connection.c: the functions of the service. */
bool hp_live_socket_admit(void *user, const hp_http_request *rq, hp_str *client, hp_http_reply *refusal);
void hp_live_socket_opened(void *user, hp_socket *s);
void hp_live_socket_message(void *user, hp_socket *s, hp_str data, bool binary);
void hp_live_socket_closed(void *user, hp_socket *s);

#endif

#include "http/socket_parts.h"

enum {
    JOBS_MAX = 64, /* of a loop, with the workers at a time */
    RETRY_MS = 10, /* the pool was full */
};

void hp_socket_tell(hp_socket *s)
{
    const hp_socket_service *v = s->service;
    switch (s->task) {
    case HP_TELL_OPENED: v->opened(v->user, s); return;
    case HP_TELL_MESSAGE:
        v->message(v->user, s, hp_buf_str(&s->message), s->message_binary);
        hp_buf_done(&s->message);
        return;
    case HP_TELL_CLOSED: v->closed(v->user, s); return;
    }
}

void hp_socket_run(hp_pool_job *job)
{
    hp_socket *s = (hp_socket *)job;
    hp_socket_tell(s);
    (void)pthread_mutex_lock(&s->lock);
    s->task_done = true;
    hp_socket_mark(s);
    (void)pthread_mutex_unlock(&s->lock);
}

void hp_sockets_submit(hp_loop *loop)
{
    hp_sockets *l = &loop->sockets;
    while (l->waiting.first != NULL && l->jobs < JOBS_MAX) {
        hp_socket *s = l->waiting.first, *next = s->next_waiting;
        if (!hp_pool_submit(loop->server->pool, &s->job, false)) {
            hp_sockets_come_back(l, RETRY_MS);
            return;
        }
        l->waiting.first = next;
        l->jobs++;
    }
}

void hp_socket_give(hp_socket *s, hp_socket_task what)
{
    hp_sockets *l = &s->loop->sockets;
    s->task = what;
    s->busy = true;
    s->next_waiting = NULL;
    if (l->waiting.first == NULL)
        l->waiting.first = s;
    else
        l->waiting.last->next_waiting = s;
    l->waiting.last = s;
    hp_sockets_submit(s->loop);
}

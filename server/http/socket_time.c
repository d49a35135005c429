#include "base/clock.h"
#include "base/rand.h"
#include "http/socket_parts.h"

int64_t hp_socket_now_ms(void)
{
    hp_clock *clock = hp_clock_system();
    return clock->monotonic_ms(clock);
}

/* ---- the queues ---- */

static hp_socket_queue *queue_of(hp_socket *s)
{
    hp_sockets *l = &s->loop->sockets;
    switch (s->place) {
    case HP_SOCKET_OPEN: return &l->open;
    case HP_SOCKET_CLOSING: return &l->closing;
    case HP_SOCKET_ENDED: break;
    }
    return &l->ended;
}

void hp_socket_leave(hp_socket *s)
{
    hp_socket_queue *q = queue_of(s);
    if (s->prev != NULL)
        s->prev->next = s->next;
    else
        q->first = s->next;
    if (s->next != NULL)
        s->next->prev = s->prev;
    else
        q->last = s->prev;
    s->prev = s->next = NULL;
}

void hp_socket_join(hp_socket *s, hp_socket_place where)
{
    s->place = where;
    hp_socket_queue *q = queue_of(s);
    s->prev = q->last;
    if (q->last != NULL)
        q->last->next = s;
    else
        q->first = s;
    q->last = s;
}

void hp_sockets_wait_until(hp_sockets *l, int64_t due_ms)
{
    if (l->timer_ms != 0 && l->timer_ms <= due_ms) return;
    const int64_t now = hp_socket_now_ms(), ms = due_ms > now ? due_ms - now : 1;
    const struct timeval t = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };
    (void)evtimer_add(l->timer, &t);
    l->timer_ms = due_ms;
}

/* ---- pings and patience ---- */

/* A peer that we do not read cannot be blamed: its answer may be among what waits. */
static void ping(hp_socket *s, int64_t now)
{
    hp_http_server *server = s->loop->server;
    if (s->unanswered && !s->busy && !s->paused) {
        atomic_fetch_add(&server->count.socket_ping_timeouts, 1);
        hp_socket_end(s);
        return;
    }
    hp_socket_leave(s);
    hp_socket_join(s, HP_SOCKET_OPEN);
    s->due_ms = now + s->service->ping_ms;
    if (s->unanswered) return;
    s->unanswered = true;
    hp_rand *rand = hp_rand_system();
    (void)rand->fill(rand, s->ping, HP_SOCKET_PING_BYTES); /* a text that stays the same is only easier to guess */
    (void)hp_socket_push(s, hp_out_make(HP_OP_PING, (hp_str){ s->ping, HP_SOCKET_PING_BYTES }, NULL));
}

void hp_sockets_on_timer(evutil_socket_t fd, short what, void *arg)
{
    hp_loop *loop = arg;
    hp_sockets *l = &loop->sockets;
    const int64_t now = hp_socket_now_ms();
    (void)fd;
    (void)what;
    l->timer_ms = 0;
    for (int i = 0; i < HP_SOCKETS_PER_ROUND && l->open.first != NULL && l->open.first->due_ms <= now; i++)
        ping(l->open.first, now);
    for (int i = 0; i < HP_SOCKETS_PER_ROUND && l->closing.first != NULL && l->closing.first->due_ms <= now; i++)
        hp_socket_end(l->closing.first);
    if (l->open.first != NULL) hp_sockets_wait_until(l, l->open.first->due_ms);
    if (l->closing.first != NULL) hp_sockets_wait_until(l, l->closing.first->due_ms);
}

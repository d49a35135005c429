#include "http/socket.h"

#include <stdlib.h>

#include "base/error.h"
#include "http/socket_parts.h"

hp_socket *hp_socket_ref(hp_socket *s)
{
    (void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void hp_socket_unref(hp_socket *s)
{
    if (s == NULL || atomic_fetch_sub(&s->refs, 1) != 1) return;
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

void hp_socket_set_state(hp_socket *s, void *state) { s->state = state; }
void *hp_socket_state(const hp_socket *s) { return s->state; }
hp_str hp_socket_client(const hp_socket *s) { return hp_str_of(s->client); }

/* ---- sending ---- */

void hp_socket_mark(hp_socket *s)
{
    if (s->dirty) return;
    s->dirty = true;
    hp_sockets *l = &s->loop->sockets;
    hp_socket *old = atomic_load(&l->dirty);
    (void)hp_socket_ref(s);
    do s->next_dirty = old;
    while (!atomic_compare_exchange_weak(&l->dirty, &old, s));
    if (old == NULL) event_active(s->loop->wakeup, EV_READ, 0);
}

static size_t backlog_max(const hp_socket *s)
{
    const hp_http_server *server = s->loop->server;
    const size_t max = s->service->backlog_bytes_max;
    const size_t all = s->service->backlogs_bytes_max != 0 ? s->service->backlogs_bytes_max : (size_t)256 << 20;
    if (atomic_load_explicit(&server->backlogs_bytes, memory_order_relaxed) <= all) return max;
    const size_t share = all / (atomic_load(&server->sockets) + 1);
    return share < max ? share : max;
}

void hp_socket_count_backlog(hp_socket *s, size_t backlog)
{
    _Atomic size_t *all = &s->loop->server->backlogs_bytes;
    if (backlog > s->backlog)
        atomic_fetch_add_explicit(all, backlog - s->backlog, memory_order_relaxed);
    else
        atomic_fetch_sub_explicit(all, s->backlog - backlog, memory_order_relaxed);
    s->backlog = backlog;
}

/* Takes over `o`. Called with the lock held. */
static bool enqueue(hp_socket *s, hp_out_frame *o)
{
    if (!s->open) {
        hp_out_free(o);
        return false;
    }
    const size_t cost = hp_out_cost(o);
    if (!o->closes && s->backlog > backlog_max(s)) { /* not + cost: a large frame must pass to a client that reads */
        hp_out_free(o);
        s->open = false;
        s->overflowed = true;
        atomic_fetch_add(&s->loop->server->count.socket_overflows, 1);
        hp_socket_mark(s);
        return false;
    }
    hp_socket_count_backlog(s, s->backlog + cost);
    if (o->closes) s->open = false;
    hp_out_append(&s->outbox, o);
    hp_socket_mark(s);
    return true;
}

bool hp_socket_push(hp_socket *s, hp_out_frame *o)
{
    (void)pthread_mutex_lock(&s->lock);
    const bool queued = enqueue(s, o);
    (void)pthread_mutex_unlock(&s->lock);
    return queued;
}

bool hp_socket_send(hp_socket *s, hp_str head, hp_frame *tail)
{
    return hp_socket_push(s, hp_out_make(HP_OP_TEXT, head, tail));
}

void hp_socket_close(hp_socket *s, uint16_t code, hp_str reason)
{
    (void)hp_socket_push(s, hp_out_make_close(code, reason));
}

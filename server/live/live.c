#include "live/live.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "live/bus.h"
#include "live/fanout.h"
#include "live/live_internal.h"

static void count(hp_live *l, const hp_live_event *e, const hp_live_counts *c)
{
    hp_clock *clock = hp_clock_system();
    const int64_t delay = clock->monotonic_ms(clock) - e->committed_ms;
    (void)atomic_fetch_add(&l->events, 1);
    (void)atomic_fetch_add(&l->candidates, c->candidates);
    (void)atomic_fetch_add(&l->looks, c->audiences);
    (void)atomic_fetch_add(&l->bodies, c->serialised);
    (void)atomic_fetch_add(&l->delivered, c->delivered);
    (void)atomic_fetch_add(&l->dropped, c->dropped);
    (void)atomic_fetch_add(&l->delay_ms_sum, delay);
    if (delay > atomic_load(&l->delay_ms_max)) atomic_store(&l->delay_ms_max, delay); /* this thread alone writes it */
}

/* Dropped changes are not passed over in silence: who was there when they were committed, here and on other nodes, is sent
 * away and asks anew. Who came after the last time has not missed what was committed before it. */
static void own_up(hp_live *l)
{
    hp_clock *clock = hp_clock_system();
    hp_live_queue_stats queue;
    hp_live_queue_look(l->queue, &queue);
    if (queue.dropped == 0 || queue.dropped_until_ms < l->sent_back_ms) return;
    l->sent_back_ms = clock->monotonic_ms(clock);
    hp_log(HP_LOG_WARN, "live_events_dropped", HP_F_INT("since_start", (int64_t)queue.dropped));
    if (l->bus != NULL) hp_live_bus_tell_missed(l->bus);
    hp_live_send_back(l, HP_STR("Events may have been missed."));
}

static void *run(void *arg)
{
    hp_live *l = arg;
    for (hp_live_event *e; (e = hp_live_queue_pop(l->queue)) != NULL; hp_live_event_free(e)) {
        hp_live_counts counts;
        own_up(l);
        if (l->bus != NULL && !e->foreign) hp_live_bus_tell(l->bus, e);
        hp_live_fanout(l->core, l->table, e, &counts);
        count(l, e, &counts);
    }
    return NULL;
}

hp_live *hp_live_new(hp_core *core, hp_live_queue *events, hp_live_bus *bus)
{
    const hp_live_settings *s = &hp_core_settings(core)->live;
    hp_live *l = calloc(1, sizeof *l);
    HP_ASSERT(l != NULL);
    l->core = core;
    l->queue = events;
    l->bus = bus;
    l->table = hp_live_table_new();
    HP_ASSERT(pthread_mutex_init(&l->lock, NULL) == 0);
    l->service = (hp_socket_service){ .admit = hp_live_socket_admit,
                                      .opened = hp_live_socket_opened,
                                      .message = hp_live_socket_message,
                                      .closed = hp_live_socket_closed,
                                      .user = l,
                                      .message_bytes_max = s->message_bytes_max,
                                      .backlog_bytes_max = s->backlog_bytes_max,
                                      .sockets_max = s->sockets_max,
                                      .ping_ms = s->ping_ms };
    l->running = pthread_create(&l->thread, NULL, run, l) == 0;
    HP_ASSERT(l->running);
    return l;
}

const hp_socket_service *hp_live_service(hp_live *l) { return &l->service; }

void hp_live_stop(hp_live *l)
{
    if (!l->running) return;
    hp_live_queue_stop(l->queue);
    (void)pthread_join(l->thread, NULL);
    l->running = false;
}

void hp_live_free(hp_live *l)
{
    if (l == NULL) return;
    hp_live_table_free(l->table);
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

void hp_live_read_metrics(hp_live *l, hp_live_metrics *out)
{
    const hp_live_sizes sizes = hp_live_table_sizes(l->table);
    *out = (hp_live_metrics){ .clients = atomic_load(&l->clients),
                              .subscriptions = sizes.subscriptions,
                              .queries = sizes.queries,
                              .audiences = sizes.audiences,
                              .events = atomic_load(&l->events),
                              .candidates = atomic_load(&l->candidates),
                              .looks = atomic_load(&l->looks),
                              .bodies = atomic_load(&l->bodies),
                              .delivered = atomic_load(&l->delivered),
                              .dropped = atomic_load(&l->dropped),
                              .messages = atomic_load(&l->messages),
                              .refused = atomic_load(&l->refused),
                              .delay_ms_sum = atomic_load(&l->delay_ms_sum),
                              .delay_ms_max = atomic_load(&l->delay_ms_max) };
}

/* pubsub/pubsub.h — a message bus between nodes: what one publishes on a channel reaches everyone who listens there.
 *
 * At most once and without memory: who is cut off misses what is said meanwhile. A node hears its own messages too. A node
 * alone has no bus. pubsub/redis.h implements it. */
#ifndef HP_PUBSUB_PUBSUB_H
#define HP_PUBSUB_PUBSUB_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

typedef struct hp_pubsub hp_pubsub;

typedef struct
    hp_pubsub_listener { /* called on the bus's own thread, one at a time; while they run, nothing else is heard */
    void (*message)(void *user, hp_str channel, hp_str payload);
    void (*state)(void *user, bool up); /* up: from now on everything is heard. Begins as down */
    void *user;
} hp_pubsub_listener;

typedef struct hp_pubsub_stats {
    bool up;
    uint64_t published, received;
    uint64_t dropped; /* never sent, or not known to have arrived, since the beginning */
    uint64_t losses;  /* how often it went down */
    size_t waiting, waiting_bytes;
} hp_pubsub_stats;

typedef struct hp_pubsub_ops {
    const char *name; /* "redis": logs */
    void (*start)(hp_pubsub *self, const hp_str *channels, size_t count, const hp_pubsub_listener *listener);
    void (*publish)(hp_pubsub *self, hp_str channel, hp_str payload);
    void (*look)(hp_pubsub *self, hp_pubsub_stats *out);
    void (*close)(hp_pubsub *self);
} hp_pubsub_ops;

struct hp_pubsub { /* first member of each implementation */
    const hp_pubsub_ops *ops;
};

/* Begins to listen on `channels`; once. All is copied but what the listener points to, which outlives the bus. */
static inline void hp_pubsub_start(hp_pubsub *p, const hp_str *channels, size_t count,
                                   const hp_pubsub_listener *listener)
{
    p->ops->start(p, channels, count, listener);
}

/* Copies both; any thread, never blocks. While the bus is down they wait, HP_PUBSUB_WAITING_BYTES_MAX of them; beyond, the
 * oldest are dropped. */
static inline void hp_pubsub_publish(hp_pubsub *p, hp_str channel, hp_str payload)
{
    p->ops->publish(p, channel, payload);
}

static inline void hp_pubsub_look(hp_pubsub *p, hp_pubsub_stats *out) { p->ops->look(p, out); }

/* What waits is sent if that goes at once. Accepts NULL. */
static inline void hp_pubsub_close(hp_pubsub *p)
{
    if (p != NULL) p->ops->close(p);
}

#endif

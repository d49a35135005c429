/* pubsub/redis.h — Redis as the bus: hiredis on an event loop and a thread of its own.
 *
 * Two connections, since one that listens may say nothing else. They stand and fall together; a beat that this node sends
 * itself through both finds out when either is dead. After a loss they are made again, with growing pauses. */
#ifndef HP_PUBSUB_REDIS_H
#define HP_PUBSUB_REDIS_H

#include "base/arena.h"
#include "pubsub/pubsub.h"

typedef struct hp_redis_options {
    hp_str host;
    uint16_t port;
    hp_str user, password; /* or absent */
    int64_t database;
} hp_redis_options;

/* redis://[[user]:password@]host[:port][/database]. Owner: `mem`.
 * Errors: INVALID_VALUE with a sentence that does not repeat the password. */
HP_MUST_USE hp_code hp_redis_url_read(hp_arena *mem, hp_str url, hp_redis_options *out, hp_err *err);

/* Copies the options; connects when it is started. */
hp_pubsub *hp_redis_pubsub_new(const hp_redis_options *options);

#endif

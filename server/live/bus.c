#include "live/bus.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "live/payload.h"
#include "value/json.h"

enum {
    NODE_LEN = 16,
    SAME_LOSS_MS = 15000, /* nodes that lose the bus together find it again within this time of each other */
};
#define MISSED HP_STR("missed")

typedef enum channel { SAVES, DELETES, CACHES, OWN, CHANNELS } channel;

static const char *const CHANNEL_WORDS[CHANNELS] = {
    [SAVES] = "afterSave", [DELETES] = "afterDelete", [CACHES] = "clearCache", [OWN] = "homeport"
};
static const char *const MEMORY_WORDS[HP_MEMORIES] = {
    [HP_MEMORY_SESSIONS] = "sessions", [HP_MEMORY_SCHEMA] = "schema", [HP_MEMORY_WEBHOOKS] = "webhooks"
};

struct hp_live_bus {
    hp_core *core;
    hp_live_queue *queue;
    hp_clock *clock;
    pthread_mutex_t lock;
    hp_pubsub *pubsub; /* owned; NULL: stopped */
    void (*missed)(void *user);
    void *user;
    uint64_t dropped; /* by the bus, when the others were told of it last; under the lock */
    hp_arena *mem;    /* owns the names */
    hp_str channels[CHANNELS];
    char node[NODE_LEN + 1];
    bool was_up; /* the bus's thread alone, as the next one */
    int64_t returned_ms;
};

static hp_str node_of(const hp_live_bus *b) { return (hp_str){ b->node, NODE_LEN }; }

/* ---- telling ---- */

static void publish(hp_live_bus *b, channel c, hp_str text)
{
    pthread_mutex_lock(&b->lock);
    if (b->pubsub != NULL) hp_pubsub_publish(b->pubsub, b->channels[c], text);
    pthread_mutex_unlock(&b->lock);
}

static void say(hp_live_bus *b, channel c, hp_str member, hp_str value)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value message = hp_object();
    hp_object_append(mem, &message, HP_STR("homeport"), hp_string(node_of(b)));
    hp_object_append(mem, &message, member, hp_string(value));
    publish(b, c, hp_json_text(mem, &message));
}

void hp_live_bus_tell_missed(hp_live_bus *b) { say(b, OWN, MISSED, HP_STR("events")); }

/* What the bus has dropped is missing there: said once it takes messages again, not for each. */
static void own_up(hp_live_bus *b)
{
    hp_pubsub_stats bus = { 0 };
    pthread_mutex_lock(&b->lock);
    if (b->pubsub != NULL) hp_pubsub_look(b->pubsub, &bus);
    const bool due = bus.up && bus.dropped > b->dropped && bus.waiting_bytes < HP_PUBSUB_WAITING_BYTES_MAX / 2;
    if (due) b->dropped = bus.dropped;
    pthread_mutex_unlock(&b->lock);
    if (due) hp_live_bus_tell_missed(b);
}

void hp_live_bus_tell(hp_live_bus *b, const hp_live_event *e)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_call call;
    hp_buf text;

    hp_call_open_internal(b->core, mem, &call);
    hp_buf_init(&text, HP_REPLY_BYTES_MAX);
    hp_live_payload_write(&text, &call, e, node_of(b));
    if (text.overflow)
        hp_log(HP_LOG_WARN, "change_too_large_for_bus", HP_F_STR("class", e->cls->name));
    else
        publish(b, e->after != NULL ? SAVES : DELETES, hp_buf_str(&text));
    hp_buf_done(&text);
    hp_call_close(&call);
    own_up(b);
}

void hp_live_bus_tell_outdated(hp_live_bus *b, hp_memory what, hp_str user_id)
{
    if (what == HP_MEMORY_SESSIONS && hp_str_present(user_id))
        say(b, CACHES, HP_STR("userId"), user_id);
    else
        say(b, OWN, HP_STR("outdated"), hp_str_of(MEMORY_WORDS[what]));
}

/* ---- hearing: on the bus's thread ---- */

/* A class or field that is not known may have been made a moment ago, by the node that speaks: then it is read once more. A
 * node on other data may have some that never will be. */
static void hear_change(hp_live_bus *b, bool deleted, hp_str text)
{
    hp_schema *schema = hp_schema_ref_current(b->core);
    hp_live_event *e = NULL;
    bool strange = false;
    hp_live_heard heard = hp_live_payload_read(schema, text, deleted, node_of(b), &e, &strange);

    if (heard == HP_LIVE_HEARD_UNKNOWN || (heard == HP_LIVE_HEARD && strange)) {
        hp_core_renew(b->core, HP_MEMORY_SCHEMA, HP_STR_NONE);
        hp_schema *now = hp_schema_ref_current(b->core);
        if (now != schema) {
            hp_live_event_free(e);
            heard = hp_live_payload_read(now, text, deleted, node_of(b), &e, &strange);
        }
        hp_schema_unref(now);
    }
    hp_schema_unref(schema);
    if (heard == HP_LIVE_HEARD_BAD) hp_log0(HP_LOG_WARN, "bus_message_unreadable");
    if (heard != HP_LIVE_HEARD) return;
    e->committed_ms = b->clock->monotonic_ms(b->clock);
    hp_live_queue_push(b->queue, 0, e);
}

/* A node that lost the bus together with this one: the subscribers here have been told of that. */
static void hear_missed(hp_live_bus *b)
{
    if (b->returned_ms == 0 || b->clock->monotonic_ms(b->clock) - b->returned_ms > SAME_LOSS_MS) b->missed(b->user);
}

static void hear_news(hp_live_bus *b, hp_str text)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value message;
    hp_err err = { 0 };
    if (hp_json_read(text, HP_JSON_PLAIN, mem, &message, &err) != HP_OK) return;
    if (hp_str_eq(hp_object_text(&message, HP_STR("homeport")), node_of(b))) return;

    const hp_str user_id = hp_object_text(&message, HP_STR("userId"));
    const hp_str word = hp_object_text(&message, HP_STR("outdated"));
    if (user_id.len > 0) hp_core_renew(b->core, HP_MEMORY_SESSIONS, user_id);
    for (hp_memory what = 0; what < HP_MEMORIES; what++)
        if (hp_str_eq(word, hp_str_of(MEMORY_WORDS[what]))) hp_core_renew(b->core, what, HP_STR_NONE);
    if (hp_object_get(&message, MISSED) != NULL) hear_missed(b);
}

static void message(void *user, hp_str name, hp_str payload)
{
    hp_live_bus *b = user;
    channel c = 0;
    while (c < CHANNELS && !hp_str_eq(name, b->channels[c])) c++;
    if (c == SAVES || c == DELETES)
        hear_change(b, c == DELETES, payload);
    else if (c < CHANNELS)
        hear_news(b, payload);
}

/* After a loss nothing that is remembered can be trusted: what made it outdated was said to nobody. */
static void state(void *user, bool up)
{
    hp_live_bus *b = user;
    if (!up || !b->was_up) {
        b->was_up = b->was_up || up;
        return;
    }
    for (hp_memory what = 0; what < HP_MEMORIES; what++) hp_core_renew(b->core, what, HP_STR_NONE);
    b->returned_ms = b->clock->monotonic_ms(b->clock);
    b->missed(b->user);
    own_up(b);
}

hp_live_bus *hp_live_bus_new(hp_core *core, hp_live_queue *queue, hp_pubsub *pubsub, hp_clock *clock)
{
    const hp_str app_id = hp_core_settings(core)->app_id;
    hp_live_bus *b = calloc(1, sizeof *b);
    HP_ASSERT(b != NULL);
    *b = (hp_live_bus){ .core = core, .queue = queue, .pubsub = pubsub, .clock = clock };
    b->mem = hp_arena_new();
    HP_ASSERT(pthread_mutex_init(&b->lock, NULL) == 0);
    HP_ASSERT(hp_rand_alnum(hp_rand_system(), b->node, NODE_LEN));
    for (channel c = 0; c < CHANNELS; c++)
        b->channels[c] = hp_arena_printf(b->mem, "%" HP_STR_FMT "%s", HP_STR_ARG(app_id), CHANNEL_WORDS[c]);
    return b;
}

void hp_live_bus_start(hp_live_bus *b, void (*missed)(void *user), void *user)
{
    const hp_pubsub_listener listener = { .message = message, .state = state, .user = b };
    b->missed = missed;
    b->user = user;
    hp_pubsub_start(b->pubsub, b->channels, CHANNELS, &listener);
}

void hp_live_bus_stop(hp_live_bus *b)
{
    if (b == NULL) return;
    pthread_mutex_lock(&b->lock);
    hp_pubsub *pubsub = b->pubsub;
    b->pubsub = NULL;
    pthread_mutex_unlock(&b->lock);
    hp_pubsub_close(pubsub); /* without the lock: its thread may be telling something */
}

void hp_live_bus_look(hp_live_bus *b, hp_pubsub_stats *out)
{
    *out = (hp_pubsub_stats){ 0 };
    pthread_mutex_lock(&b->lock);
    if (b->pubsub != NULL) hp_pubsub_look(b->pubsub, out);
    pthread_mutex_unlock(&b->lock);
}

void hp_live_bus_free(hp_live_bus *b)
{
    if (b == NULL) return;
    (void)pthread_mutex_destroy(&b->lock);
    hp_arena_free(b->mem);
    free(b);
}

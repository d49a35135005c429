/* pubsub/redis.c — the loop, the two connections, the queue of what is to be said.
 *
 * What must stay true:
 *   1. hiredis, the timer and `state` belong to the loop's thread alone; what other threads touch is under the lock.
 *   2. A connection that this file has let go of (its pointer is not there any more) is told nothing and believed nothing:
 *      hiredis still runs the callbacks of what it was asked, with no reply.
 *   3. What was handed to hiredis is bounded too, so that the rest can be dropped oldest first. */
#include "pubsub/redis.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/rand.h"

enum {
    IN_FLIGHT_BYTES_MAX = 4 << 20, /* given to hiredis and not acknowledged */
    CONNECT_MS = 5000,             /* from the first packet to the first beat that comes back */
    BEAT_MS = 3000,                /* one that has not come back when the next is due means that somebody is dead */
    PAUSE_FIRST_MS = 100,
    PAUSE_MAX_MS = 5000,
    FAREWELL_MS = 1000,
    BEAT_NAME_LEN = 24,
};

typedef enum state { DOWN, CONNECTING, UP } state;

typedef struct redis redis;

typedef struct parcel { /* one message; the texts follow it */
    struct parcel *next;
    redis *owner;
    size_t channel_len, payload_len;
    char text[];
} parcel;

struct redis {
    hp_pubsub base; /* first: this is a bus */
    char *host, *user, *password;
    uint16_t port;
    int64_t database;
    hp_pubsub_listener listener;
    char **channels; /* what is listened to, then the beat's own */
    size_t channel_count;
    char beat[BEAT_NAME_LEN + 1];

    pthread_t thread;
    bool started;
    struct event_base *loop;
    struct event *wakeup, *timer;

    state state;
    redisAsyncContext *says, *hears;
    size_t subscribed;
    bool may_say, beaten; /* logged in; the last beat has come back */
    int64_t pause_ms;
    size_t in_flight_bytes;
    bool leaving;
    char complaint[160]; /* the last one in the log since it was up: one line per reason, not per attempt */

    pthread_mutex_t lock; /* guards what follows */
    parcel *first, *last;
    hp_pubsub_stats stats;
    bool stopping;
};

static redis *redis_of(hp_pubsub *self) { return (redis *)self; }

static size_t size_of(const parcel *p) { return sizeof *p + p->channel_len + p->payload_len; }

/* ---- counters ---- */

static void add(redis *r, uint64_t *counter)
{
    pthread_mutex_lock(&r->lock);
    ++*counter;
    pthread_mutex_unlock(&r->lock);
}

static void set_up(redis *r, bool up)
{
    pthread_mutex_lock(&r->lock);
    r->stats.up = up;
    if (!up) r->stats.losses++;
    pthread_mutex_unlock(&r->lock);
    r->listener.state(r->listener.user, up);
}

/* ---- the queue ---- */

/* The lock is held. */
static parcel *take_first(redis *r)
{
    parcel *p = r->first;
    if (p == NULL) return NULL;
    r->first = p->next;
    if (r->first == NULL) r->last = NULL;
    r->stats.waiting--;
    r->stats.waiting_bytes -= size_of(p);
    return p;
}

static parcel *parcel_new(redis *r, hp_str channel, hp_str payload)
{
    parcel *p = malloc(sizeof *p + channel.len + payload.len);
    HP_ASSERT(p != NULL);
    *p = (parcel){ .owner = r, .channel_len = channel.len, .payload_len = payload.len };
    if (channel.len > 0) memcpy(p->text, channel.ptr, channel.len);
    if (payload.len > 0) memcpy(p->text + channel.len, payload.ptr, payload.len);
    return p;
}

static void publish(hp_pubsub *self, hp_str channel, hp_str payload)
{
    redis *r = redis_of(self);
    parcel *p = parcel_new(r, channel, payload);

    pthread_mutex_lock(&r->lock);
    const bool wake = r->first == NULL;
    if (r->last != NULL)
        r->last->next = p;
    else
        r->first = p;
    r->last = p;
    r->stats.waiting++;
    r->stats.waiting_bytes += size_of(p);
    while (r->stats.waiting_bytes > HP_PUBSUB_WAITING_BYTES_MAX) {
        free(take_first(r));
        r->stats.dropped++;
    }
    pthread_mutex_unlock(&r->lock);
    if (wake) event_active(r->wakeup, EV_READ, 0);
}

/* ---- connections: loop thread ---- */

static void let_go(redisAsyncContext **connection)
{
    redisAsyncContext *c = *connection;
    *connection = NULL; /* before: freeing runs callbacks */
    if (c != NULL) redisAsyncFree(c);
}

static void set_timer(redis *r, int64_t ms)
{
    const struct timeval in = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };
    (void)evtimer_add(r->timer, &in);
}

/* Up to half as long again, so that the nodes of a Redis that comes back do not come all at once. */
static int64_t jittered(int64_t ms)
{
    uint16_t random = 0;
    hp_rand *rand = hp_rand_system();
    if (!rand->fill(rand, &random, sizeof random)) random = 0;
    return ms + ms * random / (2 * UINT16_MAX);
}

static void fail(redis *r, const char *why)
{
    const bool was_up = r->state == UP;

    r->state = DOWN;
    let_go(&r->says);
    let_go(&r->hears);
    if (r->leaving) {
        (void)event_base_loopbreak(r->loop);
        return;
    }
    if (was_up) set_up(r, false);
    if (strncmp(r->complaint, why, sizeof r->complaint - 1) != 0)
        hp_log(HP_LOG_WARN, "bus_down", HP_F_STR("bus", HP_STR("redis")), HP_F_TEXT("host", r->host),
               HP_F_INT("port", r->port), HP_F_TEXT("reason", why));
    (void)snprintf(r->complaint, sizeof r->complaint, "%s", why);
    set_timer(r, jittered(r->pause_ms));
    r->pause_ms = 2 * r->pause_ms < PAUSE_MAX_MS ? 2 * r->pause_ms : PAUSE_MAX_MS;
}

static void send_waiting(redis *r);

static void on_published(redisAsyncContext *c, void *reply, void *arg)
{
    parcel *p = arg;
    redis *r = p->owner;
    const redisReply *answer = reply;
    const bool arrived = answer != NULL && answer->type != REDIS_REPLY_ERROR;
    (void)c;
    r->in_flight_bytes -= size_of(p);
    add(r, arrived ? &r->stats.published : &r->stats.dropped);
    free(p);
    if (answer != NULL) send_waiting(r);
}

static void send_one(redis *r, parcel *p)
{
    const char *words[] = { "PUBLISH", p->text, p->text + p->channel_len };
    const size_t lengths[] = { 7, p->channel_len, p->payload_len };
    r->in_flight_bytes += size_of(p);
    if (redisAsyncCommandArgv(r->says, on_published, p, 3, words, lengths) == REDIS_OK) return;
    r->in_flight_bytes -= size_of(p); /* it is being closed: what follows waits for the next one */
    add(r, &r->stats.dropped);
    free(p);
}

static void send_waiting(redis *r)
{
    while (r->state == UP && (r->leaving || r->in_flight_bytes < IN_FLIGHT_BYTES_MAX)) {
        pthread_mutex_lock(&r->lock);
        parcel *p = take_first(r);
        pthread_mutex_unlock(&r->lock);
        if (p == NULL) return;
        send_one(r, p);
    }
}

static bool is_ours(const redis *r, const redisAsyncContext *c) { return c == r->says || c == r->hears; }

/* One that may listen and not speak is of no use: it says so, and does not look like a peer that went silent. */
static void on_beat_said(redisAsyncContext *c, void *reply, void *arg)
{
    redis *r = c->data;
    const redisReply *answer = reply;
    (void)arg;
    if (answer != NULL && answer->type == REDIS_REPLY_ERROR && is_ours(r, c)) fail(r, answer->str);
}

/* Through Redis to ourselves. */
static void send_beat(redis *r)
{
    r->beaten = false;
    (void)redisAsyncCommand(r->says, on_beat_said, NULL, "PUBLISH %s .", r->beat); /* lost: it is missing when due */
}

static void ask_if_ready(redis *r)
{
    if (r->state == CONNECTING && r->may_say && r->subscribed == r->channel_count) send_beat(r);
}

/* The bus is up once something has gone all the way round, and not before: whoever is told so closes his clients' sockets for what
 * they may have missed. */
static void begin(redis *r)
{
    r->state = UP;
    r->pause_ms = PAUSE_FIRST_MS;
    r->complaint[0] = '\0';
    hp_log(HP_LOG_INFO, "bus_up", HP_F_STR("bus", HP_STR("redis")), HP_F_TEXT("host", r->host),
           HP_F_INT("port", r->port));
    set_up(r, true);
    set_timer(r, BEAT_MS);
    send_waiting(r);
}

static void on_beat_heard(redis *r)
{
    r->beaten = true;
    if (r->state == CONNECTING) begin(r);
}

static void on_lost(const redisAsyncContext *c, int status)
{
    redis *r = c->data;
    char why[160];
    (void)status;
    if (!is_ours(r, c)) return;
    (void)snprintf(why, sizeof why, "%s", c->c.err != 0 ? c->c.errstr : "closed");
    if (c == r->says)
        r->says = NULL; /* hiredis frees it */
    else
        r->hears = NULL;
    fail(r, why);
}

static void on_connected(const redisAsyncContext *c, int status)
{
    if (status != REDIS_OK) on_lost(c, status);
}

/* AUTH, SELECT and the last word of the greeting: an error is the end of this attempt. */
static void on_greeted(redisAsyncContext *c, void *reply, void *last)
{
    redis *r = c->data;
    const redisReply *answer = reply;
    if (answer == NULL || !is_ours(r, c)) return;
    if (answer->type == REDIS_REPLY_ERROR) {
        fail(r, answer->str);
        return;
    }
    if (last == NULL) return;
    r->may_say = true;
    ask_if_ready(r);
}

static hp_str text_of(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING ? (hp_str){ reply->str, reply->len } : HP_STR("");
}

static void on_heard(redisAsyncContext *c, void *reply, void *arg)
{
    redis *r = c->data;
    const redisReply *answer = reply;
    (void)arg;
    if (answer == NULL || !is_ours(r, c)) return;
    if (answer->type == REDIS_REPLY_ERROR) {
        fail(r, answer->str);
        return;
    }
    if (answer->type != REDIS_REPLY_ARRAY || answer->elements != 3) return;
    const hp_str kind = text_of(answer->element[0]), channel = text_of(answer->element[1]);
    if (hp_str_eq(kind, HP_STR("subscribe"))) {
        r->subscribed++;
        ask_if_ready(r);
    } else if (hp_str_eq(kind, HP_STR("message")) && hp_str_eq(channel, hp_str_of(r->beat))) {
        on_beat_heard(r);
    } else if (hp_str_eq(kind, HP_STR("message"))) {
        add(r, &r->stats.received);
        r->listener.message(r->listener.user, channel, text_of(answer->element[2]));
    }
}

static redisAsyncContext *open_connection(redis *r, char why[static 160])
{
    redisAsyncContext *c = redisAsyncConnect(r->host, r->port);
    HP_ASSERT(c != NULL);
    c->data = r;
    if (c->err != 0) {
        (void)snprintf(why, 160, "%s", c->errstr);
        redisAsyncFree(c);
        return NULL;
    }
    HP_ASSERT(redisLibeventAttach(c, r->loop) == REDIS_OK);
    (void)redisAsyncSetConnectCallback(c, on_connected);
    (void)redisAsyncSetDisconnectCallback(c, on_lost);
    (void)redisEnableKeepAlive(&c->c); /* the beat is what counts */
    return c;
}

/* A command that cannot be queued means a connection that is closing, and that is told by itself. */
static void greet(redis *r, redisAsyncContext *c)
{
    if (r->user != NULL)
        (void)redisAsyncCommand(c, on_greeted, NULL, "AUTH %s %s", r->user, r->password != NULL ? r->password : "");
    else if (r->password != NULL)
        (void)redisAsyncCommand(c, on_greeted, NULL, "AUTH %s", r->password);
    if (r->database != 0) (void)redisAsyncCommand(c, on_greeted, NULL, "SELECT %lld", (long long)r->database);
}

static void attempt(redis *r)
{
    char why[160] = "";

    r->state = CONNECTING;
    r->may_say = false;
    r->subscribed = 0;
    r->says = open_connection(r, why);
    if (r->says != NULL) r->hears = open_connection(r, why);
    if (r->hears == NULL) {
        fail(r, why);
        return;
    }
    greet(r, r->says);
    (void)redisAsyncCommand(r->says, on_greeted, r, "PING");
    greet(r, r->hears);
    for (size_t i = 0; i < r->channel_count; i++)
        (void)redisAsyncCommand(r->hears, on_heard, NULL, "SUBSCRIBE %s", r->channels[i]);
    set_timer(r, CONNECT_MS);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    redis *r = arg;
    (void)fd, (void)what;
    if (r->leaving) {
        (void)event_base_loopbreak(r->loop);
    } else if (r->state == DOWN) {
        attempt(r);
    } else if (r->state == CONNECTING) {
        fail(r, "no answer in time");
    } else if (!r->beaten) {
        fail(r, "no answer to a beat in time");
    } else {
        send_beat(r);
        set_timer(r, BEAT_MS);
    }
}

/* Everything that waits goes out, then the connection closes behind it. */
static void leave(redis *r)
{
    r->leaving = true;
    if (r->state != UP) {
        (void)event_base_loopbreak(r->loop);
        return;
    }
    send_waiting(r);
    let_go(&r->hears);
    set_timer(r, FAREWELL_MS);
    redisAsyncDisconnect(r->says); /* on_lost follows the last answer */
}

static void on_wakeup(evutil_socket_t fd, short what, void *arg)
{
    redis *r = arg;
    (void)fd, (void)what;
    pthread_mutex_lock(&r->lock);
    const bool stopping = r->stopping;
    pthread_mutex_unlock(&r->lock);
    if (stopping && !r->leaving)
        leave(r);
    else if (!r->leaving)
        send_waiting(r);
}

static void *run(void *arg)
{
    redis *r = arg;
    attempt(r);
    (void)event_base_loop(r->loop, EVLOOP_NO_EXIT_ON_EMPTY);
    let_go(&r->says);
    let_go(&r->hears);
    return NULL;
}

/* ---- the bus ---- */

static void start(hp_pubsub *self, const hp_str *channels, size_t count, const hp_pubsub_listener *listener)
{
    redis *r = redis_of(self);
    sigset_t all, before;

    HP_ASSERT(!r->started);
    r->listener = *listener;
    r->channel_count = count + 1;
    r->channels = calloc(r->channel_count, sizeof *r->channels);
    HP_ASSERT(r->channels != NULL);
    for (size_t i = 0; i <= count; i++) {
        r->channels[i] = i < count ? strndup(channels[i].ptr, channels[i].len) : strdup(r->beat);
        HP_ASSERT(r->channels[i] != NULL);
    }
    (void)sigfillset(&all); /* signals are the main thread's */
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    HP_ASSERT(pthread_create(&r->thread, NULL, run, r) == 0);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    r->started = true;
}

static void look(hp_pubsub *self, hp_pubsub_stats *out)
{
    redis *r = redis_of(self);
    pthread_mutex_lock(&r->lock);
    *out = r->stats;
    pthread_mutex_unlock(&r->lock);
}

static void wipe_free(char *secret)
{
    if (secret != NULL) hp_wipe(secret, strlen(secret));
    free(secret);
}

static void close_bus(hp_pubsub *self)
{
    redis *r = redis_of(self);

    pthread_mutex_lock(&r->lock);
    r->stopping = true;
    pthread_mutex_unlock(&r->lock);
    if (r->started) {
        event_active(r->wakeup, EV_READ, 0);
        HP_ASSERT(pthread_join(r->thread, NULL) == 0);
    }
    for (parcel *p; (p = take_first(r)) != NULL;) free(p);
    event_free(r->wakeup);
    event_free(r->timer);
    event_base_free(r->loop);
    for (size_t i = 0; i < r->channel_count; i++) free(r->channels[i]);
    free(r->channels);
    free(r->host);
    free(r->user);
    wipe_free(r->password);
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}

static const hp_pubsub_ops OPS = {
    .name = "redis", .start = start, .publish = publish, .look = look, .close = close_bus
};

static char *copy(hp_str s)
{
    if (!hp_str_present(s)) return NULL;
    char *text = strndup(s.ptr, s.len);
    HP_ASSERT(text != NULL);
    return text;
}

hp_pubsub *hp_redis_pubsub_new(const hp_redis_options *options)
{
    static const char PREFIX[] = "homeport:beat:";
    redis *r = calloc(1, sizeof *r);
    HP_ASSERT(r != NULL);
    r->base.ops = &OPS;
    r->host = copy(options->host);
    r->user = copy(options->user);
    r->password = copy(options->password);
    r->port = options->port;
    r->database = options->database;
    r->pause_ms = PAUSE_FIRST_MS;
    memcpy(r->beat, PREFIX, sizeof PREFIX - 1);
    HP_ASSERT(hp_rand_alnum(hp_rand_system(), r->beat + sizeof PREFIX - 1, BEAT_NAME_LEN - (sizeof PREFIX - 1)));
    HP_ASSERT(pthread_mutex_init(&r->lock, NULL) == 0);
    HP_ASSERT(evthread_use_pthreads() == 0);
    r->loop = event_base_new();
    HP_ASSERT(r->loop != NULL);
    r->wakeup = event_new(r->loop, -1, EV_PERSIST, on_wakeup, r);
    r->timer = evtimer_new(r->loop, on_timer, r);
    HP_ASSERT(r->wakeup != NULL && r->timer != NULL);
    return &r->base;
}

#include "core/session_cache.h"

#include <pthread.h>
#include <stdlib.h>

#include "auth/secret.h"
#include "base/map.h"
#include "base/rand.h"

enum {
    SHARDS = 16,           /* locks; a power of two */
    BUCKETS_MAX = 1 << 16, /* per shard */
    USER_COUNTERS =
        1 << 12, /* users share a counter by hash: a change of one also costs the others a look-up, no more */
};

typedef struct slot slot;
struct slot {
    slot *next;          /* in its bucket */
    slot *older, *newer; /* in its shard */
    uint64_t hash;
    hp_session *session;
    uint64_t moment;
    int64_t stale_at_ms; /* monotonic */
    size_t token_len;
    char token[];
};

typedef struct shard {
    pthread_mutex_t lock;
    slot **buckets;
    slot *oldest, *newest;
    size_t count;
} shard;

struct hp_session_cache {
    int64_t ttl_ms;
    size_t shard_max, bucket_mask;
    _Atomic uint64_t moment;
    _Atomic uint64_t all_changed;
    _Atomic uint64_t user_changed[USER_COUNTERS];
    shard shards[SHARDS];
};

hp_session *hp_session_new(void)
{
    enum { USUAL_BYTES = 2048 };
    hp_session *s = calloc(1, sizeof *s);
    HP_ASSERT(s != NULL);
    atomic_init(&s->refs, 1);
    s->mem = hp_arena_new_sized(USUAL_BYTES);
    return s;
}

void hp_session_unref(hp_session *s)
{
    if (s == NULL || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) > 1) return;
    hp_arena_free(s->mem);
    free(s);
}

static hp_session *session_ref(hp_session *s)
{
    (void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

hp_session_cache *hp_session_cache_new(int64_t ttl_ms, size_t entries_max)
{
    hp_session_cache *c = calloc(1, sizeof *c);
    HP_ASSERT(c != NULL);
    c->ttl_ms = entries_max == 0 ? 0 : ttl_ms;
    c->shard_max = entries_max / SHARDS + (entries_max % SHARDS != 0);
    size_t buckets = 16;
    while (buckets < c->shard_max && buckets < BUCKETS_MAX) buckets *= 2;
    c->bucket_mask = buckets - 1;
    for (size_t i = 0; i < SHARDS; i++) {
        HP_ASSERT(pthread_mutex_init(&c->shards[i].lock, NULL) == 0);
        c->shards[i].buckets = calloc(buckets, sizeof(slot *));
        HP_ASSERT(c->shards[i].buckets != NULL);
    }
    return c;
}

static shard *shard_of(hp_session_cache *c, uint64_t hash) { return &c->shards[hash % SHARDS]; }

static slot **bucket_of(const hp_session_cache *c, shard *sh, uint64_t hash)
{
    return &sh->buckets[(hash / SHARDS) & c->bucket_mask];
}

static slot *find_slot(const hp_session_cache *c, shard *sh, uint64_t hash, hp_str token)
{
    for (slot *s = *bucket_of(c, sh, hash); s != NULL; s = s->next)
        if (s->hash == hash && hp_secret_equal((hp_str){ s->token, s->token_len }, token)) return s;
    return NULL;
}

static void remove_slot(const hp_session_cache *c, shard *sh, slot *s)
{
    slot **link = bucket_of(c, sh, s->hash);
    while (*link != s) link = &(*link)->next;
    *link = s->next;
    *(s->older != NULL ? &s->older->newer : &sh->oldest) = s->newer;
    *(s->newer != NULL ? &s->newer->older : &sh->newest) = s->older;
    sh->count--;
    hp_session_unref(s->session);
    hp_wipe(s->token, s->token_len);
    free(s);
}

void hp_session_cache_free(hp_session_cache *c)
{
    if (c == NULL) return;
    for (size_t i = 0; i < SHARDS; i++) {
        shard *sh = &c->shards[i];
        while (sh->oldest != NULL) remove_slot(c, sh, sh->oldest);
        free(sh->buckets);
        (void)pthread_mutex_destroy(&sh->lock); /* fails only while somebody holds it */
    }
    free(c);
}

static _Atomic uint64_t *user_counter(hp_session_cache *c, hp_str user_id)
{
    return &c->user_changed[hp_hash(user_id) % USER_COUNTERS];
}

static bool is_fresh(hp_session_cache *c, const slot *s, int64_t now_ms)
{
    return now_ms < s->stale_at_ms && atomic_load(&c->all_changed) <= s->moment &&
           atomic_load(user_counter(c, s->session->user_id)) <= s->moment;
}

hp_session *hp_session_cache_get(hp_session_cache *c, hp_str token, int64_t now_ms)
{
    if (c->ttl_ms <= 0) return NULL;
    const uint64_t hash = hp_hash(token);
    shard *sh = shard_of(c, hash);
    hp_session *found = NULL;

    pthread_mutex_lock(&sh->lock);
    slot *s = find_slot(c, sh, hash, token);
    if (s != NULL && is_fresh(c, s, now_ms))
        found = session_ref(s->session);
    else if (s != NULL)
        remove_slot(c, sh, s);
    pthread_mutex_unlock(&sh->lock);
    return found;
}

uint64_t hp_session_cache_moment(hp_session_cache *c) { return atomic_load(&c->moment); }

void hp_session_cache_put(hp_session_cache *c, hp_str token, hp_session *session, uint64_t moment, int64_t now_ms)
{
    if (c->ttl_ms <= 0) return;
    const uint64_t hash = hp_hash(token);
    shard *sh = shard_of(c, hash);
    slot *s = calloc(1, sizeof *s + token.len);
    HP_ASSERT(s != NULL);
    s->hash = hash;
    s->session = session_ref(session);
    s->moment = moment;
    s->stale_at_ms = now_ms + c->ttl_ms;
    s->token_len = token.len;
    memcpy(s->token, token.ptr, token.len);

    pthread_mutex_lock(&sh->lock);
    slot *before = find_slot(c, sh, hash, token);
    if (before != NULL) remove_slot(c, sh, before);
    if (sh->count == c->shard_max) remove_slot(c, sh, sh->oldest);
    s->next = *bucket_of(c, sh, hash);
    *bucket_of(c, sh, hash) = s;
    s->older = sh->newest;
    *(sh->newest != NULL ? &sh->newest->newer : &sh->oldest) = s;
    sh->newest = s;
    sh->count++;
    pthread_mutex_unlock(&sh->lock);
}

/* Two changes at once may get here in the other order; the later moment stays. */
static void raise_to(_Atomic uint64_t *counter, uint64_t moment)
{
    uint64_t seen = atomic_load(counter);
    while (seen < moment && !atomic_compare_exchange_weak(counter, &seen, moment)) {}
}

void hp_session_cache_forget_user(hp_session_cache *c, hp_str user_id)
{
    raise_to(user_counter(c, user_id), atomic_fetch_add(&c->moment, 1) + 1);
}

void hp_session_cache_forget_all(hp_session_cache *c)
{
    raise_to(&c->all_changed, atomic_fetch_add(&c->moment, 1) + 1);
}

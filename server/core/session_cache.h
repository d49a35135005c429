/* core/session_cache.h — who a session token belongs to, remembered for a few seconds.
 *
 * A hit costs one hash and one short lock. Entries are immutable and counted, so a request works with the entry itself and
 * not with a copy. Nothing is searched when something changes: every change is a moment on a counter, every entry knows
 * the moment before which it was read from the store, and an entry older than a change that touches it is no hit. What was
 * read before a change and put in after it is thereby stale too. Expiry of the session itself is the caller's to check on
 * every use. Bounded: the oldest entry makes room. Any thread. */
#ifndef HP_CORE_SESSION_CACHE_H
#define HP_CORE_SESSION_CACHE_H

#include <stdatomic.h>

#include "store/store.h"

typedef struct hp_session_cache hp_session_cache;

typedef struct hp_session { /* immutable once it has been put into the cache */
    atomic_size_t refs;
    hp_arena *mem; /* owns everything below */
    hp_str session_id;
    hp_str user_id;
    hp_row user;          /* without its internal part */
    const hp_str *groups; /* as in hp_principal */
    size_t group_count;
    int64_t expires_ms; /* UTC; INT64_MAX: never */
} hp_session;

/* An empty one with its arena; one reference, the caller's. */
hp_session *hp_session_new(void);
void hp_session_unref(hp_session *s); /* accepts NULL */

/* Nothing is kept when `ttl_ms` or `entries_max` is 0. */
hp_session_cache *hp_session_cache_new(int64_t ttl_ms, size_t entries_max);
void hp_session_cache_free(hp_session_cache *c); /* accepts NULL; nobody may be inside */

/* The session of `token` with a reference for the caller, or NULL. `now_ms` is monotonic. */
hp_session *hp_session_cache_get(hp_session_cache *c, hp_str token, int64_t now_ms);

/* To be taken before the store is read for what will be put. */
uint64_t hp_session_cache_moment(hp_session_cache *c);

/* Keeps `s` (with a reference of its own) as what was true at `moment`. Replaces an entry of the same token. */
void hp_session_cache_put(hp_session_cache *c, hp_str token, hp_session *s, uint64_t moment, int64_t now_ms);

/* Called after the change has been committed. */
void hp_session_cache_forget_user(hp_session_cache *c, hp_str user_id);
void hp_session_cache_forget_all(hp_session_cache *c);

#endif

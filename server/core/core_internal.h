/* core/core_internal.h — what the files of core/ share: the engine's own struct and the schema snapshot's.
 *
 * Nobody outside core/ and its unit tests includes this. */
#ifndef HP_CORE_CORE_INTERNAL_H
#define HP_CORE_CORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "core/call.h"
#include "core/core.h"
#include "core/schema.h"

typedef struct hp_session_cache hp_session_cache; /* core/session_cache.h */
typedef struct hp_jobs hp_jobs;                   /* core/jobs.h */
typedef struct hp_mail_queue hp_mail_queue;       /* core/mail_queue.h */
typedef struct hp_rate_table hp_rate_table;       /* core/rate_limit.h */

struct hp_core {
    hp_core_parts parts;                   /* borrowed; for settings use hp_core_settings() */
    _Atomic(const hp_settings *) settings; /* replaced by hp_core_set_settings; a call reads it once, when it opens */

    const hp_event_sink *events; /* borrowed; NULL: nobody is told of changes */

    pthread_mutex_t schema_lock;       /* guards `schema`, held for a pointer swap only */
    hp_schema *schema;                 /* the published snapshot; the core owns one reference */
    pthread_mutex_t reload_lock;       /* one reload at a time, so that an older reading never replaces a newer one */
    _Atomic int64_t schema_checked_ms; /* monotonic; when the store's schema version was last compared */

    /* How often units of this engine, and of others as far as it has noticed, have raised each of the store's counters. */
    _Atomic int64_t raised[HP_COUNTERS], noticed[HP_COUNTERS];

    pthread_mutex_t webhooks_lock; /* one reading of the webhooks at a time */

    hp_session_cache *sessions; /* token -> user; owned */
    hp_jobs *jobs;              /* running background jobs; owned */
    hp_mail_queue *mails;       /* owned; NULL: no mail can be sent */
    hp_rate_table *rates;       /* owned */
};

/* A snapshot is immutable once it has been published. One read from the store owns an arena; a derived one lives in the
 * arena of the call that made it and keeps `base` alive. */
struct hp_schema {
    atomic_size_t refs;
    hp_arena *mem;   /* owned, holds the struct itself; NULL: derived */
    hp_schema *base; /* derived: referenced */
    int64_t version;
    const hp_class **classes;
    size_t count;
    hp_map *by_name; /* name -> const hp_class * */
};

/* Tells the sink that a commit of ours made `what` outdated elsewhere. */
void hp_core_tell_outdated(hp_core *core, hp_memory what, hp_str user_id);

/* Compares the store's counters with what this engine knows; renews what other engines made outdated. Between a commit of
 * ours and its being counted it may see another engine's hand in it, and renews once too often. */
void hp_core_notice_others(hp_core *core);

/* Compares the schema with the store now, and reads it anew if it is another. */
void hp_schema_check(hp_core *core);

/* An unpublished snapshot: `base` with `cls` added, or in the place of the class of its name. For one call: it, `cls` and
 * the list live in `mem`. One reference, the caller's. */
hp_schema *hp_schema_derive(hp_schema *base, const hp_class *cls, hp_arena *mem);

/* Makes `s` the call's snapshot and takes over its reference. The old one stays until the call's arena is freed: fields,
 * defaults and class names that were taken from it are still in use. */
void hp_call_replace_schema(hp_call *call, hp_schema *s);

/* The class (canonical name) as the call sees it. Before it is said not to be there the store is asked, as another process may
 * just have made it; the call then has that snapshot, unless it has added to its own. NULL if there is none. Blocks. */
const hp_class *hp_call_class(hp_call *call, hp_str name);

#endif

/* core/core_internal.h — what the files of core/ share: the engine's own struct and the schema snapshot's.
 *
 * Nobody outside core/ and its unit tests includes this. */
#ifndef HP_CORE_CORE_INTERNAL_H
#define HP_CORE_CORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "core/core.h"
#include "core/schema.h"

typedef struct hp_session_cache hp_session_cache; /* core/session_cache.h */

struct hp_core {
    hp_core_parts parts;                   /* borrowed; for settings use hp_core_settings() */
    _Atomic(const hp_settings *) settings; /* replaced by hp_core_set_settings; a call reads it once, when it opens */

    pthread_mutex_t schema_lock;       /* guards `schema`, held for a pointer swap only */
    hp_schema *schema;                 /* the published snapshot; the core owns one reference */
    pthread_mutex_t reload_lock;       /* one reload at a time, so that an older reading never replaces a newer one */
    _Atomic int64_t schema_checked_ms; /* monotonic; when the store's schema version was last compared */

    hp_session_cache *sessions; /* token -> user; owned */
};

/* The settings in force now. Valid as long as hp_core_set_settings promises. */
static inline const hp_settings *hp_core_settings(hp_core *core)
{
    return atomic_load_explicit(&core->settings, memory_order_acquire);
}

/* A snapshot is immutable once it has been published. Its classes live in its arena or in `base`'s. */
struct hp_schema {
    atomic_size_t refs;
    hp_arena *mem;
    hp_schema *base; /* the snapshot that this one was derived from, referenced; NULL for one read from the store */
    int64_t version;
    const hp_class **classes;
    size_t count;
    hp_map *by_name; /* name -> const hp_class * */
};

/* An unpublished snapshot that is `base` with `cls` added or in the place of the class of its name. `cls` and what it
 * points to must live in `base` or in the caller's arena, which must outlive the snapshot: it is for one call, whose
 * reference to `base` the caller keeps or gives up as it likes. One reference, the caller's. */
hp_schema *hp_schema_derive(hp_schema *base, const hp_class *cls);

#endif

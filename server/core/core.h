/* core/core.h — the engine: one app's settings, store, schema, cloud code and caches behind every front door.
 *
 * rest/, cloud code (and later graphql/, live/) hold an hp_core and make an hp_call per request (core/call.h). Nothing here
 * is process-wide: a process may hold several. Created and freed by app/; used by any worker thread at once. */
#ifndef HP_CORE_CORE_H
#define HP_CORE_CORE_H

#include "auth/password.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/rand.h"
#include "core/event.h"
#include "core/settings.h"
#include "hooks/hooks.h"
#include "services/mail.h"
#include "store/store.h"

typedef struct hp_core hp_core;

typedef struct hp_core_parts { /* all borrowed; they outlive the core */
    const hp_settings *settings;
    hp_store *store;
    hp_hooks *hooks;
    hp_clock *clock;
    hp_rand *rand;
    hp_gate *passwords;
    hp_mailer *mailer;             /* NULL: no mail can be sent */
    struct hp_file_storage *files; /* services/file_storage.h; NULL: there are no files (tests) */
} hp_core_parts;

/* Loads the schema (and creates the system classes that it always needs, with their indexes).
 * Blocks. Errors: INTERNAL when the store cannot be read; *out is then NULL. */
HP_MUST_USE hp_code hp_core_new(const hp_core_parts *parts, hp_core **out, hp_err *err);
void hp_core_free(hp_core *core); /* accepts NULL */

/* What core/ offers to cloud code; hand it to hp_hooks_set_engine. Static. */
const hp_hook_engine *hp_core_hook_engine(void);

/* The settings in force now; valid as long as hp_core_set_settings promises. */
const hp_settings *hp_core_settings(hp_core *core);

/* Swaps the settings (reload). Calls in flight keep theirs until they end: the old ones must stay until then. */
void hp_core_set_settings(hp_core *core, const hp_settings *settings);

/* From now on `sink` is told of every change; it outlives the core. NULL: nobody is. Before requests are served. */
void hp_core_set_events(hp_core *core, const hp_event_sink *sink);

/* Another node has said what its sink's `outdated` was told: what this engine remembers of it is forgotten or read anew.
 * Blocks: reads the store. */
void hp_core_renew(hp_core *core, hp_memory what, hp_str user_id);

#endif

/* live/view.h — an audience's eyes: its rights on the class, kept from event to event as long as nothing changed.
 *
 * The session is asked for at every event, through the engine's cache: one that ended, expired, or whose user or roles changed
 * is noticed at once, and costs no read of the store while nothing changed. The event thread's. */
#ifndef HP_LIVE_VIEW_H
#define HP_LIVE_VIEW_H

#include "live/table.h"

/* *call for one event, in `mem`, and the grant that holds for it: valid until the next look. Blocks where the session is not
 * in the cache. Close the call with hp_call_close. Errors: those of hp_live_permit: `a` may not ask any more. */
HP_MUST_USE hp_code hp_live_view_look(hp_live_audience *a, hp_core *core, hp_arena *mem, hp_call *call,
                                      const hp_grant **grant, hp_err *err);

void hp_live_view_free(hp_live_view *v); /* accepts NULL */

#endif

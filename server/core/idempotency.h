/* core/idempotency.h — a request that was sent twice happens once: X-Parse-Request-Id.
 *
 * The id is a row of _Idempotency with a unique index, so that of two equal ones at once one is refused, whichever server
 * they reach. It is used up even if the request fails afterwards. Blocks; any thread. */
#ifndef HP_CORE_IDEMPOTENCY_H
#define HP_CORE_IDEMPOTENCY_H

#include "core/call.h"

/* Uses up `request_id` for the request to `path` (below the mount), where idempotencyOptions.paths say so. Nothing happens
 * without an id. Ids that have expired go on the way.
 * Errors: DUPLICATE_REQUEST; HTTP 400 for an id that is too long or no text. */
HP_MUST_USE hp_code hp_idempotency_claim(hp_call *call, hp_str path, hp_str request_id, hp_err *err);

#endif

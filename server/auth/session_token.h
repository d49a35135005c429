/* auth/session_token.h — session tokens: the bearer secret in X-Parse-Session-Token.
 *
 * A token is "r:" and 32 lower-case hex digits, 128 random bits. It opens a session to whoever holds it, so it is compared
 * in constant time, wiped after use, and never logged. This module makes and checks tokens; who owns one, and for how
 * long, is core/sessions.h. No I/O, no state, any thread. */
#ifndef HP_AUTH_SESSION_TOKEN_H
#define HP_AUTH_SESSION_TOKEN_H

#include "base/error.h"
#include "base/rand.h"
#include "base/str.h"

enum { HP_SESSION_TOKEN_LEN = 34 }; /* bytes, without the NUL */

/* Writes a fresh token into `out`, NUL-terminated.
 * Owner:  the caller, who wipes `out` with hp_wipe() once the reply is queued.
 * Errors: INTERNAL if the random source fails; then `out` is empty, never half a token. */
HP_MUST_USE hp_code hp_session_token_make(hp_rand *rand, char out[HP_SESSION_TOKEN_LEN + 1], hp_err *err);

/* True if `text` has the shape of a token. The shape is no secret: ordinary comparison. */
bool hp_session_token_valid(hp_str text);

#endif

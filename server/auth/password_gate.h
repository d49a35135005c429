/* auth/password_gate.h — how many hashes are computed at once. Private to auth/; the public face is password.h. */
#ifndef HP_AUTH_PASSWORD_GATE_H
#define HP_AUTH_PASSWORD_GATE_H

#include "auth/password.h"

/* Takes a place, first come first served, waiting until `deadline_ms` (monotonic). Leave it with hp_password_gate_leave.
 * A free place is taken even when the deadline has passed: the work behind it is bounded.
 * Errors: HTTP 503 when the turn does not come in time, at once when the line is HP_PASSWORDS_WAITING_MAX long; no place is held
 * then. */
HP_MUST_USE hp_code hp_password_gate_enter(hp_password_gate *g, int64_t deadline_ms, hp_err *err);

/* Gives the place back and counts one hash. */
void hp_password_gate_leave(hp_password_gate *g);

#endif

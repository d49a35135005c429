/* core/sessions.h — sessions: who a token belongs to, and for how long.
 *
 * Token look-ups are cached for cacheTTL; a write to the user, the session or any role clears what it touches. */
#ifndef HP_CORE_SESSIONS_H
#define HP_CORE_SESSIONS_H

#include "core/call.h"

/* Fills call->who from `token`: user, roles, groups. Errors: INVALID_SESSION_TOKEN. */
HP_MUST_USE hp_code hp_sessions_authenticate(hp_call *call, hp_str token, hp_err *err);

/* Adds to a unit the operations that open a session for `user_id`; *token is the new secret, in call->mem.
 * A session of the same user and installation is replaced. `action`: "login", "signup", …; `provider`: "password", …; none:
 * the session has no createdWith. */
HP_MUST_USE hp_code hp_sessions_open(hp_call *call, hp_str user_id, hp_str action, hp_str provider, hp_unit_op *ops,
                                     size_t *op_count, hp_str *token, hp_err *err);

/* POST /upgradeToRevocableSession: another session for the call's user; *out is that session. Errors: OBJECT_NOT_FOUND for
 * nobody. */
HP_MUST_USE hp_code hp_sessions_upgrade(hp_call *call, hp_value *out, hp_err *err);

/* GET /sessions/me: the session of the token itself, also an expired one. */
HP_MUST_USE hp_code hp_sessions_me(hp_call *call, hp_str token, hp_value *out, hp_err *err);

/* Cache upkeep after a commit, here and on other nodes. */
void hp_sessions_forget_user(hp_core *core, hp_str user_id);
void hp_sessions_forget_all(hp_core *core); /* a role changed */

#endif

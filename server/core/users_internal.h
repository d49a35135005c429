/* core/users_internal.h — signing in, as far as users.c and user_write.c share it. */
#ifndef HP_CORE_USERS_INTERNAL_H
#define HP_CORE_USERS_INTERNAL_H

#include "core/object_write.h"
#include "core/users.h"

/* An empty ACL locks a user out, for everyone but master. */
bool hp_user_locked_out(const hp_call *call, const hp_row *user);

/* Runs beforeLogin, afterLogin or beforePasswordResetRequest for `user`. `token`: of the session that he has opened, which makes
 * him the one who asks; or absent. */
HP_MUST_USE hp_code hp_users_run_trigger(hp_call *call, hp_trigger trigger, const hp_row *user, hp_str token,
                                         hp_err *err);

/* The user `user_id`, read anew with its own rights or those of the key that asks; only objectId if it may not read itself.
 * `token` present: with sessionToken. */
HP_MUST_USE hp_code hp_users_show(hp_call *call, hp_str user_id, hp_str token, hp_value *out, hp_err *err);

#endif

/* core/user_password.h — a new password on its way into a _User: policy, hash, history. */
#ifndef HP_CORE_USER_PASSWORD_H
#define HP_CORE_USER_PASSWORD_H

#include "core/object_write.h"

/* How long a caller waits for its turn to hash. */
enum { HP_PASSWORD_WAIT_MS = 10000 };

/* From now, as auth/password.h counts. */
static inline int64_t hp_password_deadline(void)
{
    return hp_clock_system()->monotonic_ms(hp_clock_system()) + HP_PASSWORD_WAIT_MS;
}

/* Checks w->password against the policy, hashes it (once, however often the pipeline comes by) and adds the changes of the
 * hidden columns. Blocks for the hash. Errors: VALIDATION_ERROR with the policy's text; HTTP 503. */
HP_MUST_USE hp_code hp_user_password_store(hp_write *w, hp_err *err);

#endif

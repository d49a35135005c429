/* core/roles.h — which roles a user has.
 *
 * A role gives its rights to its users and to the members of the roles in its `roles` relation. The server's own look-up:
 * ACL and CLP of _Role say who may see a role, not who is in it. Callers cache the result (core/sessions.h). Blocks. */
#ifndef HP_CORE_ROLES_H
#define HP_CORE_ROLES_H

#include "core/call.h"

/* The principal's groups: "*", "role:<name>" of every role that `user_id` has directly or through other roles, the id.
 * Owner: `mem`. Errors: the store's; INTERNAL when there are more than HP_USER_ROLES_MAX. */
HP_MUST_USE hp_code hp_roles_groups(const hp_call *call, hp_str user_id, hp_arena *mem, const hp_str **groups,
                                    size_t *count, hp_err *err);

#endif

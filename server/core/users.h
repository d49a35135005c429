/* core/users.h — signing in and out. Signing up and changing a user are writes of _User (core/objects.h). */
#ifndef HP_CORE_USERS_H
#define HP_CORE_USERS_H

#include "core/call.h"

typedef struct hp_login {
    const hp_value *username, *email, *password; /* as sent, of any type; NULL: not sent */
    const hp_value *auth_data;                   /* second factors, other providers */
    bool ignore_email_verification;              /* counts for the keys that see everything */
} hp_login;

/* *out: the user as it sees itself (a key that sees everything: as that does), with sessionToken. Runs beforeLogin and afterLogin.
 * The same answer, the same work for an unknown user, a user without password and a wrong password. */
HP_MUST_USE hp_code hp_users_login(hp_call *call, const hp_login *login, hp_value *out, hp_err *err);

/* The same checks without a session. */
HP_MUST_USE hp_code hp_users_verify_password(hp_call *call, const hp_login *login, hp_value *out, hp_err *err);

/* POST /challenge with `body` as sent; *out gets challengeData. Errors: OTHER_CAUSE; those of a checked password;
 * OBJECT_NOT_FOUND `User not found.`; the provider's. */
HP_MUST_USE hp_code hp_users_challenge(hp_call *call, const hp_value *body, hp_value *out, hp_err *err);

/* Deletes the call's session. No token: nothing happens. `token` is what came with the request: beside a key that opens
 * everything it is nobody's, and names the session. */
HP_MUST_USE hp_code hp_users_logout(hp_call *call, hp_str token, hp_err *err);

/* The call's own user, or `token`'s as above, with sessionToken, all of it; E209 for nobody. */
HP_MUST_USE hp_code hp_users_me(hp_call *call, hp_str token, hp_value *out, hp_err *err);

/* A session for any user, by master. */
HP_MUST_USE hp_code hp_users_login_as(hp_call *call, const hp_value *user_id, hp_value *out, hp_err *err);

#endif

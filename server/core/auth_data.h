/* core/auth_data.h — authData: linking accounts of other providers to a user, and signing in with them.
 *
 * The order is the design:
 *   1. Shape and names first: a provider that is not configured is refused before the store is asked anything.
 *   2. Whose the ids are is looked up next; it decides between sign-up, login and update, and is told to nobody yet.
 *   3. Then every provider is asked, in the order of their names, the second factor last. Whoever cannot prove an id learns nothing about it.
 *   4. Only then a conflict is an error, and uniqueness itself is an index: of two first logins with one id that come at
 *      once, one makes the user.
 * What is linked is authData.<provider>; the id besides is a column of the server's own, which has the index. */
#ifndef HP_CORE_AUTH_DATA_H
#define HP_CORE_AUTH_DATA_H

#include "core/mfa.h"
#include "services/auth_provider.h"

typedef enum hp_auth_kind {
    HP_AUTH_NONE, /* not configured: can be unlinked only */
    HP_AUTH_ANONYMOUS,
    HP_AUTH_MFA,
    HP_AUTH_SERVICE,
} hp_auth_kind;

typedef struct hp_auth_part { /* one provider of a request */
    hp_str provider;
    hp_auth_kind kind;
    const hp_auth_provider *service;
    const hp_value *sent;  /* NULL: unlink */
    hp_str id;             /* absent: not known (yet) */
    bool unchanged;        /* the same as stored: neither judged nor written */
    const hp_value *saved; /* what becomes authData.<provider>; NULL: it stays as it is */
} hp_auth_part;

typedef struct hp_auth_data {
    hp_auth_part *parts; /* by name */
    size_t count;
    bool judged;       /* providers were asked: the answer has authDataResponse */
    hp_value response; /* authDataResponse */
    hp_mfa_change mfa;
} hp_auth_data;

/* Takes authData apart. Errors: UNSUPPORTED_SERVICE; INVALID_VALUE for an id that is no text. */
HP_MUST_USE hp_code hp_auth_read(hp_call *call, const hp_value *sent, hp_auth_data *out, hp_err *err);

/* True if some provider says something, so that there is more than names. */
bool hp_auth_says_something(const hp_auth_data *a);

/* True if it names a provider besides `anonymous`. */
bool hp_auth_has_other_than_anonymous(const hp_auth_data *a);

/* True if a new user could sign in again with what is saved. */
bool hp_auth_opens_account(const hp_auth_data *a);

/* Looks up, asks the providers, and finds out whose account it is.
 * `self`: the user it must be (an update, a login with password); NULL: *owner becomes the user that signs in, or NULL for
 * one that does not exist yet. `self` and *owner come with their internal part.
 * Errors: the provider's; ACCOUNT_ALREADY_LINKED; OTHER_CAUSE for a second factor that is missing. */
HP_MUST_USE hp_code hp_auth_settle(hp_call *call, hp_auth_data *a, const hp_row *self, bool login, const hp_row **owner,
                                   hp_err *err);

/* Whose account it is, proven as for a login, but without second factors and with nothing used up. *owner NULL: nobody's. */
HP_MUST_USE hp_code hp_auth_identify(hp_call *call, hp_auth_data *a, const hp_row **owner, hp_err *err);

/* The configured service called `provider`, or NULL. */
const hp_auth_provider *hp_auth_service(const hp_call *call, hp_str provider);

/* A second factor is due and not among `a` (NULL: no authData was sent). */
HP_MUST_USE hp_code hp_auth_require_factors(hp_call *call, const hp_auth_data *a, const hp_row *user, hp_err *err);

/* The body members to write: {"authData":{…}} for a new user, "authData.<provider>" for an old one. */
hp_value hp_auth_body(hp_arena *mem, const hp_auth_data *a, bool creating);

/* The server's own columns. Owner: call->mem. */
void hp_auth_columns(hp_call *call, const hp_auth_data *a, bool creating, hp_change **out, size_t *count);

/* For a login, where nothing else is written: all of it as one guarded update, at most one op. Returns how many. */
HP_MUST_USE hp_code hp_auth_login_op(hp_call *call, const hp_auth_data *a, hp_str user_id, hp_unit_op *op,
                                     size_t *count, hp_err *err);

/* What must hold of the user for the columns to be written, as an op in front of the write; false: nothing. */
bool hp_auth_guard(hp_call *call, const hp_auth_data *a, hp_str user_id, hp_unit_op *op);

/* createdWith.authProvider: the names, also of those to be unlinked, joined by ",". */
hp_str hp_auth_names(hp_arena *mem, const hp_auth_data *a);

/* What authData is refused with: UNSUPPORTED_SERVICE, and ACCOUNT_ALREADY_LINKED. */
HP_MUST_USE hp_code hp_auth_unsupported(hp_err *err);
HP_MUST_USE hp_code hp_auth_already_used(hp_err *err);

/* The `this auth is already used` of the index `name`, or HP_OK if it is none of ours. */
HP_MUST_USE hp_code hp_auth_duplicate(hp_str name, hp_err *err);

/* The column that holds a provider's ids, and its unique index. */
hp_str hp_auth_column(hp_arena *mem, hp_str provider);
hp_str hp_auth_index(hp_arena *mem, hp_str provider);
bool hp_auth_is_index(hp_str name);

#endif

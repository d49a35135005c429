/* services/auth_provider.h — third-party logins behind one interface: does this authData prove who it says it is?
 *
 * A provider is made with the configuration. Nothing of one request is there for the next (but keys of the provider itself),
 * so it may be asked by any worker at once. It never sees a store and knows no user; which account belongs to an id is core/auth_data.h. Identity comes
 * from the credential: what a provider saves in place of what was sent must name the same id. */
#ifndef HP_SERVICES_AUTH_PROVIDER_H
#define HP_SERVICES_AUTH_PROVIDER_H

#include "base/error.h"
#include "value/value.h"

/* How a provider that a user has linked counts when the user signs in. */
typedef enum hp_auth_policy {
    HP_AUTH_POLICY_DEFAULT,
    HP_AUTH_POLICY_ADDITIONAL, /* a second factor: nothing else is enough without it */
    HP_AUTH_POLICY_SOLO,       /* enough alone, second factors or not */
} hp_auth_policy;

typedef enum hp_auth_step {
    HP_AUTH_STEP_SET_UP, /* the account does not have this provider yet, or does not exist */
    HP_AUTH_STEP_LOGIN,
    HP_AUTH_STEP_UPDATE, /* the user, or master, gives new data for a provider that is linked */
} hp_auth_step;

typedef struct hp_auth_verdict {
    const hp_value *save;     /* stored instead of what was sent; NULL: what was sent */
    const hp_value *response; /* authDataResponse.<provider> of the answer; NULL: nothing */
    bool do_not_save;
} hp_auth_verdict;

typedef struct hp_auth_provider hp_auth_provider;

typedef struct hp_auth_provider_ops {
    /* HP_OK: it is proven. *out is zeroed by the caller; what it points to lives in `mem`. Blocks, bounded in time by the
     * provider itself. Errors: the provider's own code and text, OBJECT_NOT_FOUND or SCRIPT_FAILED where it has none. */
    hp_code (*validate)(const hp_auth_provider *self, hp_auth_step step, const hp_value *auth_data, hp_arena *mem,
                        hp_auth_verdict *out, hp_err *err);

    /* POST /challenge; `auth_data` is what was sent to identify the user, or NULL. *out null: nothing to say. NULL: the
     * provider has no challenge. Errors and blocking: as above. */
    hp_code (*challenge)(const hp_auth_provider *self, const hp_value *challenge_data, const hp_value *auth_data,
                         hp_arena *mem, hp_value *out, hp_err *err);
} hp_auth_provider_ops;

struct hp_auth_provider { /* first member of each implementation */
    const hp_auth_provider_ops *ops;
    hp_str name;
    hp_auth_policy policy;
};

#endif

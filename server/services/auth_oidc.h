/* services/auth_oidc.h — providers whose proof is an OpenID Connect token: google, apple, and any other that is configured.
 *
 *     "google": {"clientId": "…"}                         authData {id, id_token}
 *     "apple": {"clientId": ["…", "…"]}                   authData {id, token}
 *     "corp": {"module": "oidc", "options": {"jwksUrl": U, "issuer": "…", "clientId": "…"}}   authData {id, id_token or token}
 *
 * A token proves its subject if it is signed (RS256) with one of the provider's keys, issued by the issuer, for one of the
 * client ids, and not expired. All of these come from the configuration and none from the token or the request; without a
 * client id a token for any other app would do, so there has to be one. Keys are kept for an hour and
 * asked for again, at most once a minute, when a token names one that is not there. */
#ifndef HP_SERVICES_AUTH_OIDC_H
#define HP_SERVICES_AUTH_OIDC_H

#include "services/auth_provider.h"

/* True for a provider that this module is for. */
bool hp_auth_is_oidc(hp_str name, const hp_value *config);

/* Made in `mem` from the provider's configuration, which lives as long; what it keeps besides is freed with `mem`. NULL, and
 * *wrong says what is wrong with it. */
const hp_auth_provider *hp_auth_oidc_new(hp_arena *mem, hp_str name, const hp_value *config, const char **wrong);

#endif

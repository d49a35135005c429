/* services/auth_webhook.h — a provider whose JavaScript adapter is behind HTTP: "auth": {"mycorp": {"module": "webhook", …}}.
 *
 * Methods, as in a Parse Server adapter: validateAppId and validateAuthData, or validateSetUp, validateLogin and
 * validateUpdate for the step that it is; challenge. Each gets {"args": [authData, options]}; challenge gets
 * [challengeData, authData, options]. `success` of a validation may hold {"response", "save", "doNotSave"}. */
#ifndef HP_SERVICES_AUTH_WEBHOOK_H
#define HP_SERVICES_AUTH_WEBHOOK_H

#include "services/auth_provider.h"

/* Made in `mem` from the provider's configuration, which lives as long. NULL, and *wrong says what is wrong with it. */
const hp_auth_provider *hp_auth_webhook_new(hp_arena *mem, hp_str name, const hp_value *config, const char **wrong);

#endif

/* hooks/plugin.h — loading C plug-ins (cloudcode/include/homeport/cloud.h). */
#ifndef HP_HOOKS_PLUGIN_H
#define HP_HOOKS_PLUGIN_H

#include "hooks/hooks.h"

/* Opens the shared object at `path` and lets it register. It stays loaded until hp_hooks_free.
 * Errors: INVALID_VALUE with a sentence for whoever starts the server: not found, not a plug-in, another ABI, setup
 * refused. Then nothing of it runs. */
HP_MUST_USE hp_code hp_plugin_load(hp_hooks *h, const char *path, hp_err *err);

#endif

#include "hooks/plugin.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "base/log.h"
#include "hooks/hooks_internal.h"

static void keep_library(hp_hooks *h, void *library)
{
    void **grown = realloc(h->libraries, (h->library_count + 1) * sizeof *grown);
    HP_ASSERT(grown != NULL);
    h->libraries = grown;
    h->libraries[h->library_count++] = library;
}

/* dlopen looks for a name without a slash among the system's libraries; here it is a file of the working directory, as in
 * every other option. */
static hp_code open_library(const char *path, void **library, hp_err *err)
{
    char *file = realpath(path, NULL);
    if (file == NULL) return hp_fail(err, HP_E_INVALID_VALUE, "Cannot load cloud code: %s: %m", path);
    *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    free(file);
    return *library != NULL ? HP_OK : hp_fail(err, HP_E_INVALID_VALUE, "Cannot load cloud code: %s", dlerror());
}

hp_code hp_plugin_load(hp_hooks *h, const char *path, hp_err *err)
{
    void *library;
    HP_TRY(open_library(path, &library, err));

    const hpc_plugin *plugin = dlsym(library, "homeport_plugin");
    if (plugin == NULL) {
        (void)dlclose(library);
        return hp_fail(
            err, HP_E_INVALID_VALUE,
            "%s is not a Homeport plug-in: it exports no homeport_plugin (see HPC_PLUGIN in homeport/cloud.h).", path);
    }
    if (plugin->abi != HPC_ABI) {
        unsigned abi = plugin->abi;
        (void)dlclose(library);
        return hp_fail(
            err, HP_E_INVALID_VALUE,
            "%s was built for cloud code ABI %u, this server has %u: build it again with `homeport cloud build`.", path,
            abi, (unsigned)HPC_ABI);
    }
    *plugin->api = hp_cloud_api();

    hpc_registry registry = { .hooks = h, .plugin = plugin->name };
    int rc = plugin->setup(&registry);
    /* From here on the table may point into the library: it stays, and the caller does not serve with it. */
    keep_library(h, library);
    if (rc != HPC_OK)
        return hp_fail(err, HP_E_INVALID_VALUE, "Cloud code %s refused to start (setup returned %d); the log says why.",
                       plugin->name, rc);
    if (registry.unguarded)
        return hp_fail(err, HP_E_INVALID_VALUE, "Cloud code %s has a validator that means nothing; the log says why.",
                       plugin->name);
    hp_log(HP_LOG_INFO, "cloud_code_loaded", HP_F_TEXT("plugin", plugin->name), HP_F_TEXT("path", path));
    return HP_OK;
}

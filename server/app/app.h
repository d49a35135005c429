/* app/app.h — wiring: one configuration becomes a store, an engine with its cloud code, and a server.
 *
 * The only place that names a concrete store. Created by cli/. */
#ifndef HP_APP_APP_H
#define HP_APP_APP_H

#include "app/options.h"
#include "core/core.h"

typedef struct hp_app hp_app;

/* Opens the store and the engine, loads cloud code, applies the template and schema definitions. Takes over `config`, also on
 * failure. Errors: with a sentence for whoever started the program. */
HP_MUST_USE hp_code hp_app_open(hp_config *config, hp_app **out, hp_err *err);
void hp_app_close(hp_app *app); /* accepts NULL */

hp_core *hp_app_core(hp_app *app);

/* Serves until SIGTERM or SIGINT, prints one line on stdout when it is ready; SIGHUP reads `sources` again. Blocks those
 * signals in the calling thread; call it from the main thread before any other thread exists … but hp_app_open's.
 * *clean: every running request ended in time. After the signal the process has shutdownTimeout and a few seconds more to end,
 * hp_app_close included; then it ends with status 1. Errors: the address cannot be bound. */
HP_MUST_USE hp_code hp_app_serve(hp_app *app, const hp_config_sources *sources, bool *clean, hp_err *err);

#endif

/* hooks/hooks_internal.h — the table itself, shared by the registry (hooks.c) and the C plug-ins (plugin.c, cloud_api.c). */
#ifndef HP_HOOKS_HOOKS_INTERNAL_H
#define HP_HOOKS_HOOKS_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "hooks/hooks.h"
#include "hooks/validator.h"
#include "hooks/webhook.h"
#include "homeport/cloud.h"

/* One registered handler of a C plug-in. */
typedef struct hp_hook {
    hpc_handler handler;
    void *data;
    const char *plugin;            /* its name, for the log */
    const hp_validator *validator; /* NULL: none */
} hp_hook;

typedef struct hp_webhook_table hp_webhook_table; /* hooks/webhook.c */

struct hp_hooks {
    hp_arena *mem;                      /* hooks and names; one thread during registration */
    hp_map *triggers[HP_TRIGGER_COUNT]; /* class name -> hp_hook */
    hp_map *functions, *jobs;           /* name -> hp_hook */
    hp_value rate_limits;               /* array */
    const hp_hook_engine *engine;
    void **libraries; /* dlopen handles, in order of loading */
    size_t library_count;

    hp_webhook_send send; /* NULL: none */
    void *send_user;
    pthread_mutex_t webhooks_lock; /* guards `webhooks`, held for a look-up or a swap */
    hp_webhook_table *webhooks;    /* NULL: none */
    atomic_bool has_webhooks;
};

/* What a handler holds while it runs; the public hpc_request. */
struct hpc_request {
    hp_hook_request *rq;
    const hp_hooks *hooks;
    hp_err *err; /* of the last call that failed, or what the handler threw */
    const char *plugin;
};

/* During a plug-in's setup; the public hpc_registry. */
struct hpc_registry {
    hp_hooks *hooks;
    const char *plugin;
    bool unguarded; /* a validator was refused */
};

/* webhook.c: the address of a webhook, in `mem`; with mem NULL only whether there is one. */
bool hp_webhook_find(hp_hooks *h, bool is_function, hp_trigger trigger, hp_str name, hp_arena *mem, hp_str *url);

/* webhook.c: asks it. Errors: SCRIPT_FAILED. Blocks. */
HP_MUST_USE hp_code hp_webhook_run(hp_hooks *h, hp_hook_request *rq, bool is_function, hp_str url, hp_err *err);
void hp_webhook_table_free(hp_webhook_table *t); /* accepts NULL */

/* The function table for plug-ins. Static. */
const hpc_api *hp_cloud_api(void);

/* Adds a handler, replacing (with a warning) what was there. Errors: INVALID_VALUE for a forbidden combination. */
HP_MUST_USE hp_code hp_hooks_add_trigger(hp_hooks *h, hp_trigger trigger, hp_str class_name, hp_hook hook, hp_err *err);
/* Declares what has to be so before a handler that is there runs, and how often its route may be asked for.
 * Errors: INVALID_VALUE for a handler that is not there; those of hp_validator_read. */
HP_MUST_USE hp_code hp_hooks_validate_function(hp_hooks *h, hp_str name, hp_str rules, hp_err *err);
HP_MUST_USE hp_code hp_hooks_validate_trigger(hp_hooks *h, hp_trigger trigger, hp_str class_name, hp_str rules,
                                              hp_err *err);
HP_MUST_USE hp_code hp_hooks_add_named(hp_hooks *h, hp_map *table, hp_str name, hp_hook hook, hp_err *err);

#endif

/* core/webhooks.h — the stored webhooks: class _Hooks, and the table of hooks/ that is made of it.
 *
 * A row is {"functionName","url"} or {"className","triggerName","url"}. A change is stored, then the whole table is made
 * anew, one at a time, so that an older reading never replaces a newer one. Master only; the read-only key changes nothing. */
#ifndef HP_CORE_WEBHOOKS_H
#define HP_CORE_WEBHOOKS_H

#include "core/call.h"

typedef struct hp_webhook_key { /* a function, or a trigger of a class */
    hp_str function_name;       /* absent: a trigger */
    hp_str class_name, trigger_name;
} hp_webhook_key;

/* Reads all rows into the table. At start, and after each change. Errors: INTERNAL. Blocks. */
HP_MUST_USE hp_code hp_webhooks_load(hp_core *core, hp_err *err);

/* All functions, or all triggers: an array. */
HP_MUST_USE hp_code hp_webhooks_list(hp_call *call, bool functions, hp_value *out, hp_err *err);

/* Errors: WEBHOOK_ERROR when there is none. */
HP_MUST_USE hp_code hp_webhooks_get(hp_call *call, const hp_webhook_key *key, hp_value *out, hp_err *err);

/* `body` says which and where to. *out is the webhook.
 * Errors: WEBHOOK_ERROR for one that exists, or that cannot be; OPERATION_FORBIDDEN for the read-only key. */
HP_MUST_USE hp_code hp_webhooks_create(hp_call *call, const hp_value *body, hp_value *out, hp_err *err);

/* `body`: {"url"}, or {"__op":"Delete"}, which answers {}. Errors: as above, and when there is none;
 * OBJECT_NOT_FOUND when there is none to delete. */
HP_MUST_USE hp_code hp_webhooks_change(hp_call *call, const hp_webhook_key *key, const hp_value *body, hp_value *out,
                                       hp_err *err);

#endif

/* services/adapter_webhook.h — a JavaScript adapter of Parse Server, kept by its team behind HTTP.
 *
 * {"module": "webhook", "options": {"url": U, "methods": […], "secret": S, "timeout": ms}}: a call is a POST of JSON to
 * U/<method>. With a secret the request has two more headers:
 *     X-Homeport-Timestamp: <seconds since 1970>
 *     X-Homeport-Signature: sha256=<hex of HMAC-SHA256(secret, timestamp "." body)>
 * The answer is JSON: {"success": …} or {"error": …}. An error {"parse": true, "code": n, "message": "…"} becomes the
 * client's answer as it is; a text, or {"message": "…"}, is passed on as text. Redirects are not followed. Immutable after
 * reading; any thread. */
#ifndef HP_SERVICES_ADAPTER_WEBHOOK_H
#define HP_SERVICES_ADAPTER_WEBHOOK_H

#include "base/error.h"
#include "value/value.h"

typedef struct hp_adapter_webhook {
    hp_str url;    /* without a trailing slash */
    hp_str secret; /* absent: not signed */
    int64_t timeout_ms;
    hp_value methods; /* array of texts */
    hp_value options; /* `options` without the secret: what an adapter's options are */
} hp_adapter_webhook;

/* True if `config` asks for a webhook: {"module": "webhook", …}. */
bool hp_adapter_is_webhook(const hp_value *config);

/* Reads {"module": "webhook", "options": {…}}. The result and all in it live in `mem`. NULL, or what is wrong with it. */
const char *hp_adapter_webhook_read(hp_arena *mem, const hp_value *config, hp_adapter_webhook *out);

bool hp_adapter_webhook_has(const hp_adapter_webhook *w, hp_str method);

/* Calls `method` with `body`. *success is the value under "success", null if there is none; in `mem`.
 * Errors: what the adapter answered, with its own code or `code`; INTERNAL if it cannot be asked or answers nonsense. */
HP_MUST_USE hp_code hp_adapter_webhook_call(const hp_adapter_webhook *w, hp_str method, const hp_value *body,
                                            hp_code code, hp_arena *mem, hp_value *success, hp_err *err);

/* What `rc` of a call means where users sign in: an adapter that cannot be asked has not proven anything, and is no failure
 * of ours. INTERNAL becomes SCRIPT_FAILED without its words; the detail stays for the log. */
HP_MUST_USE hp_code hp_adapter_webhook_refusal(hp_code rc, hp_err *err);

#endif

/* app/webhook_sender.h — how a webhook is asked: the HTTP client, the key, the waiting.
 *
 * While a worker waits here it does not count as one (http/pool.h). The request carries
 *     X-Parse-Webhook-Key: <webhookKey>, if one is configured
 *     X-Homeport-Depth: <levels of cloud code above>.<signature>
 * A receiver that calls the API while it answers sends the second one back: such requests are admitted before new ones, and
 * a chain that never ends is ended with an error. The signature is made with the master key, so that nobody else's
 * requests go first. A connection that could not be made is tried once more; nothing is ever sent twice. */
#ifndef HP_APP_WEBHOOK_SENDER_H
#define HP_APP_WEBHOOK_SENDER_H

#include "core/core.h"
#include "http/request.h"

typedef struct hp_webhook_sender {
    hp_core *core;
    int64_t timeout_ms; /* for the whole answer */
    bool public_only;   /* addresses of the inside are not asked */
} hp_webhook_sender;

/* An hp_webhook_send (hooks/webhook.h); `user` is an hp_webhook_sender. Any worker; blocks. */
HP_MUST_USE hp_code hp_webhook_sender_send(void *user, hp_str url, int depth, hp_str body, hp_arena *mem, int *status,
                                           hp_str *answer, hp_err *err);

#endif

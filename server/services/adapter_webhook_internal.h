/* services/adapter_webhook_internal.h — what an answer means, without asking for it: for tests. */
#ifndef HP_SERVICES_ADAPTER_WEBHOOK_INTERNAL_H
#define HP_SERVICES_ADAPTER_WEBHOOK_INTERNAL_H

#include "services/adapter_webhook.h"
#include "services/http_client.h"

/* As hp_adapter_webhook_call, once the answer is there. */
HP_MUST_USE hp_code hp_adapter_webhook_answer(const hp_http_answer *answer, hp_code code, hp_arena *mem,
                                              hp_value *success, hp_err *err);

#endif

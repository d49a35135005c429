#include "app/webhook_sender.h"

#include <time.h>

#include "base/log.h"
#include "base/thread.h"
#include "rest/depth.h"
#include "services/http_client.h"

enum { ANSWER_BYTES_MAX = 20 << 20, RETRY_AFTER_MS = 100 };

static hp_code ask(const hp_http_call *call, hp_arena *mem, hp_http_answer *answer, hp_err *err)
{
    const struct timespec pause = { .tv_nsec = RETRY_AFTER_MS * 1000000L };

    const hp_code rc = hp_http_call_run(call, mem, answer, err);
    if (rc == HP_OK || answer->sent || answer->late) return rc;
    (void)nanosleep(&pause, NULL); /* interrupted: then sooner */
    return hp_http_call_run(call, mem, answer, err);
}

hp_code hp_webhook_sender_send(void *user, hp_str url, int depth, hp_str body, hp_arena *mem, int *status,
                               hp_str *answer, hp_err *err)
{
    const hp_webhook_sender *sender = user;
    const hp_settings *settings = hp_core_settings(sender->core);
    hp_http_answer got = { 0 };
    hp_err why = { 0 };
    hp_str headers[3] = { HP_STR("Content-Type: application/json") };
    hp_http_call call = { .method = "POST",
                          .url = url,
                          .headers = headers,
                          .header_count = 1,
                          .body = body,
                          .timeout_ms = sender->timeout_ms,
                          .answer_bytes_max = ANSWER_BYTES_MAX,
                          .public_only = sender->public_only };

    headers[call.header_count++] =
        hp_arena_printf(mem, HP_DEPTH_HEADER ": %" HP_STR_FMT, HP_STR_ARG(hp_depth_write(settings, depth + 1, mem)));
    if (hp_str_present(settings->webhook_key))
        headers[call.header_count++] =
            hp_arena_printf(mem, "X-Parse-Webhook-Key: %" HP_STR_FMT, HP_STR_ARG(settings->webhook_key));
    hp_thread_wait_begin(); /* the pause between two attempts too */
    const hp_code rc = ask(&call, mem, &got, &why);
    hp_thread_wait_end();
    if (rc != HP_OK) {
        hp_log(HP_LOG_WARN, "webhook_failed", HP_F_TEXT("detail", why.detail));
        if (got.late) return hp_fail(err, HP_E_SCRIPT_FAILED, "The webhook did not answer in time.");
        return hp_fail(err, HP_E_SCRIPT_FAILED,
                       got.sent ? "The webhook did not answer as expected." : "The webhook could not be reached.");
    }
    *status = got.status;
    *answer = got.body;
    return HP_OK;
}

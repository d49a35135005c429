#include "services/app_store.h"

#include "base/log.h"
#include "services/http_client.h"
#include "value/json.h"

enum { GENUINE = 0, FROM_SANDBOX = 21007 };
enum { ANSWER_BYTES_MAX = 8 << 20 }; /* the answer repeats every purchase of the receipt */

static hp_str meaning(const hp_value *status)
{
    static const struct {
        int status;
        hp_str text;
    } MEANINGS[] = {
        { 21000, HP_STR_INIT("The App Store could not read the JSON object you provided.") },
        { 21002, HP_STR_INIT("The data in the receipt-data property was malformed or missing.") },
        { 21003, HP_STR_INIT("The receipt could not be authenticated.") },
        { 21004,
          HP_STR_INIT("The shared secret you provided does not match the shared secret on file for your account.") },
        { 21005, HP_STR_INIT("The receipt server is not currently available.") },
        { 21006, HP_STR_INIT("This receipt is valid but the subscription has expired.") },
        { 21007,
          HP_STR_INIT("This receipt is from the test environment, but it was sent to the production environment for "
                      "verification. Send it to the test environment instead.") },
        { 21008,
          HP_STR_INIT("This receipt is from the production environment, but it was sent to the test environment for "
                      "verification. Send it to the production environment instead.") },
    };
    for (size_t i = 0; i < sizeof MEANINGS / sizeof *MEANINGS; i++)
        if (hp_is(status, HP_NUMBER) && status->number == MEANINGS[i].status) return MEANINGS[i].text;
    return HP_STR("unknown error.");
}

/* Apple answers 200 whatever it thinks of the receipt. */
static hp_value ask(hp_str url, hp_str body, int64_t timeout_ms, hp_arena *mem)
{
    const hp_str headers[] = { HP_STR("Content-Type: application/json") };
    const hp_http_call call = { .method = "POST",
                                .url = url,
                                .headers = headers,
                                .header_count = 1,
                                .body = body,
                                .timeout_ms = timeout_ms,
                                .answer_bytes_max = ANSWER_BYTES_MAX };
    hp_http_answer answer;
    hp_value said;
    hp_err why = { 0 };

    if (hp_http_call_run(&call, mem, &answer, &why) != HP_OK) {
        hp_log(HP_LOG_WARN, "app_store_failed", HP_F_TEXT("detail", why.detail));
        return hp_null();
    }
    if (answer.status < 200 || answer.status >= 400) return hp_number(answer.status);
    if (hp_json_read(answer.body, HP_JSON_PLAIN, mem, &said, &why) != HP_OK) return hp_null();
    const hp_value *status = hp_object_get(&said, HP_STR("status"));
    return hp_is(status, HP_NUMBER) ? *status : hp_null();
}

static bool says(const hp_value *status, int number) { return hp_is(status, HP_NUMBER) && status->number == number; }

hp_receipt_verdict hp_app_store_verify(const hp_app_store *store, const hp_value *receipt, hp_arena *mem)
{
    hp_value body = hp_object();

    hp_object_append(mem, &body, HP_STR("receipt-data"), *receipt);
    const hp_str text = hp_json_text(mem, &body);
    hp_receipt_verdict verdict = { .status = ask(store->url, text, store->timeout_ms, mem) };
    if (says(&verdict.status, FROM_SANDBOX)) verdict.status = ask(store->sandbox_url, text, store->timeout_ms, mem);
    verdict.genuine = says(&verdict.status, GENUINE);
    verdict.error = verdict.genuine ? HP_STR_NONE : meaning(&verdict.status);
    return verdict;
}

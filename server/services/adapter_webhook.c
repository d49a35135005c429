#include "services/adapter_webhook.h"

#include <math.h>

#include "auth/digest.h"
#include "base/clock.h"
#include "services/adapter_webhook_internal.h"
#include "value/json.h"

enum {
    TIMEOUT_MS = 10000,
    TIMEOUT_MS_MAX = 60000,
    ANSWER_BYTES_MAX = 1 << 20,
    METHODS_MAX = 32,
    ERROR_CODE_MAX = 100000
};

bool hp_adapter_is_webhook(const hp_value *config)
{
    return hp_str_eq(hp_object_text(config, HP_STR("module")), HP_STR("webhook"));
}

static bool is_method_list(const hp_value *v)
{
    if (!hp_is(v, HP_ARRAY) || v->array.count == 0 || v->array.count > METHODS_MAX) return false;
    for (uint32_t i = 0; i < v->array.count; i++) {
        const hp_str name = hp_text(&v->array.items[i]);
        for (size_t k = 0; k < name.len; k++)
            if (!((name.ptr[k] >= 'a' && name.ptr[k] <= 'z') || (name.ptr[k] >= 'A' && name.ptr[k] <= 'Z')))
                return false;
        if (name.len == 0) return false;
    }
    return true;
}

static bool is_url(hp_str url)
{
    const bool http = hp_str_starts(url, HP_STR("http://")) || hp_str_starts(url, HP_STR("https://"));
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || strchr("?#\"<>\\", url.ptr[i]) != NULL) return false;
    return http && url.len > HP_STR("https://").len;
}

const char *hp_adapter_webhook_read(hp_arena *mem, const hp_value *config, hp_adapter_webhook *out)
{
    const hp_value *options = hp_object_get(config, HP_STR("options"));
    const hp_value *secret = hp_object_get(options, HP_STR("secret"));
    const hp_value *timeout = hp_object_get(options, HP_STR("timeout"));
    const hp_value *methods = hp_object_get(options, HP_STR("methods"));

    *out = (hp_adapter_webhook){ .url = hp_object_text(options, HP_STR("url")), .timeout_ms = TIMEOUT_MS };
    if (!hp_is(options, HP_OBJECT)) return "options must be an object with a url";
    if (!is_url(out->url)) return "options.url must be an http or https address without query";
    while (hp_str_ends(out->url, HP_STR("/"))) out->url.len--;
    if (!is_method_list(methods)) return "options.methods must be a list of the adapter's methods";
    if (secret != NULL && hp_text(secret).len == 0) return "options.secret must be a text";
    out->secret = hp_text(secret);
    if (timeout != NULL) {
        if (!hp_is(timeout, HP_NUMBER) || timeout->number < 1 || timeout->number > TIMEOUT_MS_MAX)
            return "options.timeout must be milliseconds, at most 60000";
        out->timeout_ms = (int64_t)timeout->number;
    }
    out->methods = *methods;
    out->options = hp_object_clone(mem, options);
    (void)hp_object_remove(&out->options, HP_STR("secret"));
    return NULL;
}

bool hp_adapter_webhook_has(const hp_adapter_webhook *w, hp_str method)
{
    for (uint32_t i = 0; i < w->methods.array.count; i++)
        if (hp_str_eq(w->methods.array.items[i].string, method)) return true;
    return false;
}

/* A code that an error may carry: whole, so that none between zero and one is cut to "no error". */
static bool is_error_code(double n) { return n >= -1 && n <= ERROR_CODE_MAX && n != 0 && n == trunc(n); }

/* The adapter's own words. */
static hp_code refused(const hp_value *error, hp_code code, hp_err *err)
{
    const hp_value *number = hp_object_get(error, HP_STR("code"));
    hp_str text = hp_is(error, HP_STRING) ? error->string : hp_object_text(error, HP_STR("message"));
    const bool parse = hp_is_true(hp_object_get(error, HP_STR("parse"))) && hp_is(number, HP_NUMBER);

    if (text.len == 0) text = HP_STR("Auth failed. Unknown error.");
    if (parse && is_error_code(number->number)) code = (hp_code)(int)number->number;
    return hp_fail(err, code, "%" HP_STR_FMT, HP_STR_ARG(text));
}

hp_code hp_adapter_webhook_answer(const hp_http_answer *answer, hp_code code, hp_arena *mem, hp_value *success,
                                  hp_err *err)
{
    hp_value v;
    hp_err why = { 0 };
    const bool json = hp_json_read(answer->body, HP_JSON_PARSE, mem, &v, &why) == HP_OK && v.tag == HP_OBJECT;
    const hp_value *error = json ? hp_object_get(&v, HP_STR("error")) : NULL;

    *success = hp_null();
    if (!hp_is_null(error)) return refused(error, code, err);
    if (!json || answer->status / 100 != 2)
        return hp_fail_internal(err, "adapter webhook: status %d, %s", answer->status,
                                json ? "without an error" : "no JSON object");
    const hp_value *value = hp_object_get(&v, HP_STR("success"));
    *success = value != NULL ? *value : hp_null();
    return HP_OK;
}

hp_code hp_adapter_webhook_call(const hp_adapter_webhook *w, hp_str method, const hp_value *body, hp_code code,
                                hp_arena *mem, hp_value *success, hp_err *err)
{
    hp_clock *clock = hp_clock_system();
    hp_str headers[3] = { HP_STR("Content-Type: application/json") };
    hp_http_answer answer;
    hp_http_call call = { .method = "POST",
                          .url = hp_arena_printf(mem, "%" HP_STR_FMT "/%" HP_STR_FMT, HP_STR_ARG(w->url),
                                                 HP_STR_ARG(method)),
                          .headers = headers,
                          .header_count = 1,
                          .body = hp_json_text(mem, body),
                          .timeout_ms = w->timeout_ms,
                          .answer_bytes_max = ANSWER_BYTES_MAX };

    *success = hp_null();
    if (hp_str_present(w->secret)) {
        const hp_str time = hp_arena_printf(mem, "%lld", (long long)(clock->now_ms(clock) / 1000));
        const hp_str parts[] = { time, HP_STR("."), call.body };
        const hp_str mac = hp_digest_hmac_sha256_hex(mem, w->secret, parts, sizeof parts / sizeof *parts);
        headers[1] = hp_arena_printf(mem, "X-Homeport-Timestamp: %" HP_STR_FMT, HP_STR_ARG(time));
        headers[2] = hp_arena_printf(mem, "X-Homeport-Signature: sha256=%" HP_STR_FMT, HP_STR_ARG(mac));
        call.header_count = 3;
    }
    HP_TRY(hp_http_call_run(&call, mem, &answer, err));
    return hp_adapter_webhook_answer(&answer, code, mem, success, err);
}

hp_code hp_adapter_webhook_refusal(hp_code rc, hp_err *err)
{
    char detail[sizeof err->detail];

    if (rc != HP_E_INTERNAL) return rc;
    memcpy(detail, err->detail, sizeof detail);
    rc = hp_fail(err, HP_E_SCRIPT_FAILED, "Auth failed. Unknown error.");
    memcpy(err->detail, detail, sizeof detail);
    return rc;
}

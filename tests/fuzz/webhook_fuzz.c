/* rooms: hooks services query value base */
#include <stdint.h>

#include "hooks/webhook.h"
#include "services/adapter_webhook_internal.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct received {
    int status;
    hp_str text;
} received;

static hp_code answer(void *user, hp_str url, int depth, hp_str body, hp_arena *mem, int *status, hp_str *text,
                      hp_err *err)
{
    const received *r = user;
    (void)url, (void)depth, (void)body, (void)mem, (void)err;
    *status = r->status;
    *text = r->text;
    return HP_OK;
}

/* What begins as an object lets a request go on only if it could be read and says nothing against it. */
static void check_consent(hp_str text, hp_arena *mem)
{
    hp_value said;
    hp_err err = { 0 };
    if (!hp_str_starts(hp_str_trim(text), HP_STR("{"))) return;
    HP_ASSERT(hp_json_read(text, HP_JSON_PARSE, mem, &said, &err) == HP_OK);
    HP_ASSERT(!hp_truthy(hp_object_get(&said, HP_STR("error"))));
}

static void run_hook(received *r, bool is_function, hp_trigger trigger, hp_arena *mem)
{
    const hp_webhook hook = { is_function, trigger, HP_STR("C"), HP_STR("http://127.0.0.1:9/") };
    hp_value object = hp_object(), query = hp_object(), objects = hp_array(), params = hp_object();
    hp_hook_request rq = { .mem = mem,
                           .trigger = trigger,
                           .class_name = HP_STR("C"),
                           .name = HP_STR("C"),
                           .object = &object,
                           .query = &query,
                           .objects = &objects,
                           .params = &params };
    hp_err err = { 0 };
    hp_hooks *hooks = hp_hooks_new();

    hp_hooks_set_sender(hooks, answer, r);
    hp_hooks_set_webhooks(hooks, &hook, 1);
    const hp_code rc = is_function ? hp_hooks_run_function(hooks, &rq, &err) : hp_hooks_run_trigger(hooks, &rq, &err);
    HP_ASSERT(rc == HP_OK || rc == HP_E_SCRIPT_FAILED);
    HP_ASSERT(rc == HP_OK || (r->status >= 200 && r->status < 400 ? r->text.len > 0 : true));
    if (rc == HP_OK) check_consent(r->text, mem);
    HP_ASSERT(rq.replacement == NULL || (trigger == HP_TRIGGER_BEFORE_SAVE && rq.replacement->tag == HP_OBJECT));
    HP_ASSERT(rq.objects->tag == HP_ARRAY);
    HP_ASSERT(!rq.has_result || is_function || trigger == HP_TRIGGER_AFTER_SAVE);
    if (rq.has_result) (void)hp_json_text(mem, &rq.result); /* whatever it is can be answered */
    hp_hooks_free(hooks);
}

static void run_adapter(const received *r, hp_arena *mem)
{
    const hp_http_answer said = { .status = r->status, .body = r->text };
    hp_value success;
    hp_err err = { 0 };

    const hp_code rc = hp_adapter_webhook_answer(&said, HP_E_SCRIPT_FAILED, mem, &success, &err);
    HP_ASSERT(rc == err.code && (rc == HP_OK || success.tag == HP_NULL));
    HP_ASSERT(rc != HP_OK || r->status / 100 == 2);
}

/* Input: a byte for who asks, a byte for the status, and the answer of the outside. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int STATUS[] = { 200, 201, 302, 400, 500, 0 };
    if (size < 2) return 0;
    HP_AUTO_ARENA mem = hp_arena_new();
    const unsigned who = data[0] % 8;
    received r = { STATUS[data[1] % (sizeof STATUS / sizeof *STATUS)], { (const char *)data + 2, size - 2 } };

    if (who == 0)
        run_adapter(&r, mem);
    else
        run_hook(&r, who == 1, who < 2 ? HP_TRIGGER_BEFORE_SAVE : (hp_trigger)(who - 2), mem);
    return 0;
}

/* hooks/webhook.c — one delivery: the body that the receiver gets, and what its answer means.
 *
 *   1. What goes out is what cloud code in the server would see: the object without anything internal, the caller's own
 *      session, the request's headers without keys: rest/ takes the keys out before they come here.
 *   2. An answer is data of an outside party: bounded, read by the one JSON reader, and what it says of an object passes the
 *      same checks as a client's body (core/write_triggers.c). An object that cannot be read may have been a refusal, and is
 *      none the less for it.
 *   3. A webhook is asked once. Whether it has run when no answer came, nobody knows. */
#include "hooks/webhook.h"

#include "base/limits.h"
#include "hooks/hooks_internal.h"
#include "value/date.h"
#include "value/json.h"

struct hp_webhook_table {
    hp_arena *mem;
    hp_map *triggers[HP_TRIGGER_COUNT], *functions; /* name -> hp_str * */
};

/* ---- the table ---- */

static hp_webhook_table *table_new(const hp_webhook *list, size_t count)
{
    hp_arena *mem = hp_arena_new();
    hp_webhook_table *t = HP_NEW(mem, hp_webhook_table);

    t->mem = mem;
    t->functions = hp_map_new(mem);
    for (size_t i = 0; i < HP_TRIGGER_COUNT; i++) t->triggers[i] = hp_map_new(mem);
    for (size_t i = 0; i < count; i++) {
        hp_map *into = list[i].is_function ? t->functions : t->triggers[list[i].trigger];
        hp_str *url = HP_NEW(mem, hp_str);
        *url = hp_arena_str(mem, list[i].url);
        if (hp_map_get(into, list[i].name) == NULL)
            (void)hp_map_put(into, hp_arena_str(mem, list[i].name), url); /* there was none */
    }
    return t;
}

void hp_webhook_table_free(hp_webhook_table *t)
{
    if (t != NULL) hp_arena_free(t->mem);
}

void hp_hooks_set_sender(hp_hooks *h, hp_webhook_send send, void *user)
{
    h->send = send;
    h->send_user = user;
}

void hp_hooks_set_webhooks(hp_hooks *h, const hp_webhook *list, size_t count)
{
    hp_webhook_table *next = count > 0 ? table_new(list, count) : NULL;

    (void)pthread_mutex_lock(&h->webhooks_lock);
    hp_webhook_table *last = h->webhooks;
    h->webhooks = next;
    atomic_store(&h->has_webhooks, next != NULL);
    (void)pthread_mutex_unlock(&h->webhooks_lock);
    hp_webhook_table_free(last);
}

bool hp_webhook_find(hp_hooks *h, bool is_function, hp_trigger trigger, hp_str name, hp_arena *mem, hp_str *url)
{
    bool found = false;

    if (!atomic_load(&h->has_webhooks)) return false;
    (void)pthread_mutex_lock(&h->webhooks_lock);
    if (h->webhooks != NULL) {
        const hp_str *at = hp_map_get(is_function ? h->webhooks->functions : h->webhooks->triggers[trigger], name);
        found = at != NULL;
        if (found && mem != NULL) *url = hp_arena_str(mem, *at);
    }
    (void)pthread_mutex_unlock(&h->webhooks_lock);
    return found;
}

bool hp_webhook_url_valid(hp_str url)
{
    const bool http = hp_str_starts(url, HP_STR("http://")), https = hp_str_starts(url, HP_STR("https://"));
    if ((!http && !https) || url.len > HP_WEBHOOK_URL_BYTES_MAX) return false;
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == 0x7F) return false;
    return url.len > (http ? HP_STR("http://") : HP_STR("https://")).len;
}

/* ---- what is sent ---- */

/* Dates among parameters are bare texts, as Parse's own encoding of them is. */
static hp_value plain_dates(hp_arena *mem, const hp_value *v)
{
    hp_value out;

    if (v->tag == HP_DATE) {
        char text[HP_DATE_TEXT_LEN + 1];
        const size_t len = hp_date_format(v->date.ms, text);
        return hp_string(hp_arena_str(mem, (hp_str){ text, len }));
    }
    if (v->tag == HP_ARRAY) {
        out = hp_array();
        for (uint32_t i = 0; i < v->array.count; i++) hp_array_push(mem, &out, plain_dates(mem, &v->array.items[i]));
        return out;
    }
    if (v->tag != HP_OBJECT) return *v;
    out = hp_object();
    for (uint32_t i = 0; i < v->object.count; i++)
        hp_object_append(mem, &out, v->object.items[i].key, plain_dates(mem, &v->object.items[i].value));
    return out;
}

static void add(hp_hook_request *rq, hp_value *body, const char *key, hp_value v)
{
    hp_object_append(rq->mem, body, hp_str_of(key), v);
}

static hp_value of_class(hp_hook_request *rq, const hp_value *object)
{
    hp_value out = hp_object_clone(rq->mem, object);
    hp_object_set(rq->mem, &out, HP_STR("className"), hp_string(rq->class_name));
    return out;
}

/* A receiver sees an operation as it was sent: an Increment is one, not the number that it would make now. So does one that
 * leaves no value: what the receiver does not give back is not written, and it can give back only what it got. */
static hp_value with_operations(hp_hook_request *rq, hp_value object)
{
    if (!hp_is(rq->sent, HP_OBJECT)) return object;
    for (uint32_t i = 0; i < rq->sent->object.count; i++) {
        const hp_member *m = &rq->sent->object.items[i];
        if (hp_object_get(&m->value, HP_STR("__op")) != NULL && hp_str_find_char(m->key, '.', 0) == SIZE_MAX)
            hp_object_set(rq->mem, &object, m->key, m->value);
    }
    return object;
}

/* As Parse Server shows a query: whether it counts is told beside it, and a limit of zero is none. */
static hp_value shown_query(hp_hook_request *rq)
{
    hp_value query = hp_object_clone(rq->mem, rq->query);
    (void)hp_object_remove(&query, HP_STR("count"));
    const hp_value *limit = hp_object_get(&query, HP_STR("limit"));
    if (hp_is(limit, HP_NUMBER) && limit->number == 0) (void)hp_object_remove(&query, HP_STR("limit"));
    return query;
}

static void add_trigger(hp_hook_request *rq, hp_value *body)
{
    add(rq, body, "triggerName", hp_string(hp_str_of(hp_trigger_name(rq->trigger))));
    if (rq->trigger == HP_TRIGGER_BEFORE_FIND || rq->trigger == HP_TRIGGER_AFTER_FIND) {
        if (rq->query != NULL) add(rq, body, "query", shown_query(rq));
        add(rq, body, "isGet", hp_bool(rq->is_get));
        if (rq->trigger == HP_TRIGGER_BEFORE_FIND) {
            add(rq, body, "count", hp_bool(rq->is_count));
        } else {
            add(rq, body, "object", hp_null());
            if (rq->objects != NULL) add(rq, body, "objects", *rq->objects);
        }
        return;
    }
    if (rq->object != NULL) {
        hp_value object = of_class(rq, rq->object);
        if (rq->trigger == HP_TRIGGER_BEFORE_SAVE) object = with_operations(rq, object);
        add(rq, body, "object", object);
    }
    if (rq->original != NULL) add(rq, body, "original", of_class(rq, rq->original));
}

static void add_caller(hp_hook_request *rq, hp_value *body)
{
    add(rq, body, "master", hp_bool(rq->master));
    add(rq, body, "isReadOnly", hp_bool(rq->read_only));
    if (rq->user != NULL) {
        hp_value user = hp_object_clone(rq->mem, rq->user);
        if (hp_str_present(rq->session_token))
            hp_object_set(rq->mem, &user, HP_STR("sessionToken"), hp_string(rq->session_token));
        add(rq, body, "user", user);
    }
    if (hp_str_present(rq->installation_id)) add(rq, body, "installationId", hp_string(rq->installation_id));
    add(rq, body, "headers", hp_is(rq->headers, HP_OBJECT) ? *rq->headers : hp_object());
    if (hp_str_present(rq->ip)) add(rq, body, "ip", hp_string(rq->ip));
    if (hp_is(rq->context, HP_OBJECT)) add(rq, body, "context", *rq->context);
}

/* ---- what comes back ---- */

static hp_code failed(hp_hook_request *rq, const hp_value *error, hp_err *err)
{
    hp_str text = hp_is(error, HP_STRING) ? error->string : hp_object_text(error, HP_STR("message"));
    if (!hp_str_present(text)) text = hp_json_text(rq->mem, error);
    return hp_fail(err, HP_E_SCRIPT_FAILED, "%" HP_STR_FMT, HP_STR_ARG(text));
}

static void take(hp_hook_request *rq, bool is_function, hp_value *success)
{
    if (is_function) {
        rq->has_result = success != NULL;
        if (success != NULL) rq->result = *success;
    } else if (success == NULL) {
        return;
    } else if (rq->trigger == HP_TRIGGER_BEFORE_SAVE && success->tag == HP_OBJECT) {
        rq->replacement = success;
    } else if (rq->trigger == HP_TRIGGER_AFTER_SAVE && success->tag == HP_OBJECT) {
        rq->has_result = true;
        rq->result = *success;
    } else if (rq->trigger == HP_TRIGGER_AFTER_FIND && success->tag == HP_ARRAY) {
        rq->objects = success;
    }
}

/* What is no JSON object says nothing, which is an answer too. */
static hp_code read_answer(hp_str text, hp_arena *mem, hp_value *answer, hp_err *err)
{
    hp_err why = { 0 };
    const hp_str bom = HP_STR("\xef\xbb\xbf");
    if (hp_str_starts(text, bom)) text = hp_str_sub(text, bom.len, text.len);
    const hp_code rc = hp_json_read(text, HP_JSON_PARSE, mem, answer, &why);
    if (rc != HP_OK && hp_str_starts(hp_str_trim(text), HP_STR("{")))
        return hp_fail(err, HP_E_SCRIPT_FAILED, "The webhook's answer cannot be read. %s", why.msg);
    if (rc != HP_OK || answer->tag != HP_OBJECT) *answer = hp_object();
    return HP_OK;
}

hp_code hp_webhook_run(hp_hooks *h, hp_hook_request *rq, bool is_function, hp_str url, hp_err *err)
{
    hp_value body = hp_object();
    hp_value *answer = HP_NEW(rq->mem, hp_value);
    hp_str text = HP_STR_NONE;
    int status = 0;

    if (h->send == NULL) return hp_fail(err, HP_E_SCRIPT_FAILED, "Webhooks cannot be asked here.");
    HP_TRY(hp_hooks_check_depth(rq->depth, err));
    if (is_function) {
        add(rq, &body, "params", rq->params != NULL ? plain_dates(rq->mem, rq->params) : hp_object());
        add(rq, &body, "functionName", hp_string(rq->name));
    } else {
        add_trigger(rq, &body);
    }
    add_caller(rq, &body);
    HP_TRY(h->send(h->send_user, url, rq->depth, hp_json_text(rq->mem, &body), rq->mem, &status, &text, err));
    if (status < 200 || status >= 400)
        return hp_fail(err, HP_E_SCRIPT_FAILED, "The webhook answered with status %d.", status);
    HP_TRY(read_answer(text, rq->mem, answer, err));
    const hp_value *error = hp_object_get(answer, HP_STR("error"));
    if (hp_truthy(error)) return failed(rq, error, err);
    take(rq, is_function, hp_object_get(answer, HP_STR("success")));
    return HP_OK;
}

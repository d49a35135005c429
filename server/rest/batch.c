/* rest/batch.c — many requests in one: each part goes through the route table like a request of its own, with the outer
 * request's identity. */
#include "base/log.h"
#include "core/objects.h"
#include "rest/error_body.h"
#include "rest/rate.h"
#include "rest/route.h"
#include "value/json.h"

typedef struct part {
    const hp_route *route;
    hp_rest_request rq;
    hp_str method, path; /* as sent */
    bool misread;        /* the body is there, and no object */
} part;

/* The path of a part begins with the mount as the client knows it: ours, or that of serverURL or publicServerURL. The
 * longest that fits is taken off; case does not matter, as it does not for a request of its own. */
static bool strip_mount(const hp_settings *settings, hp_str path, hp_str *rest)
{
    const hp_str urls[] = { settings->public_server_url, settings->server_url };
    hp_str mounts[4] = { settings->mount_path, HP_STR("/1"), HP_STR_NONE, HP_STR_NONE };
    size_t longest = 0;
    bool found = false;
    for (size_t i = 0; i < 2; i++) {
        size_t scheme = 0, slash;
        while (scheme + 3 <= urls[i].len && !hp_str_starts(hp_str_sub(urls[i], scheme, 3), HP_STR("://"))) scheme++;
        slash = hp_str_find_char(urls[i], '/', scheme + 3);
        if (slash != SIZE_MAX) mounts[2 + i] = hp_str_sub(urls[i], slash, urls[i].len);
    }
    for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++) {
        if (!hp_str_present(mounts[i]) || !hp_str_eq_nocase(hp_str_sub(path, 0, mounts[i].len), mounts[i])) continue;
        hp_str after = hp_str_sub(path, mounts[i].len, path.len);
        if (!hp_str_starts(after, HP_STR("/")) || (found && mounts[i].len < longest)) continue;
        found = true;
        longest = mounts[i].len;
        *rest = after;
    }
    return found;
}

/* A part counts like a request of its own. As in Parse Server it also counts as what it was sent with, a POST. */
static hp_code count_part(hp_call *call, const part *p, hp_err *err)
{
    hp_rate_state unused; /* only a request of its own is told how many are left */
    hp_rate_request rate = hp_rest_rate_request(call->core, p->route, p->rq.params, call->mem);
    rate.methods |= HP_RATE_POST;
    return hp_rate_limit_claim(call, &rate, HP_RATE_ALL, &unused, err);
}

static hp_code read_part(const hp_rest_request *outer, const hp_value *sent, part *out, hp_err *err)
{
    static const hp_value EMPTY = { .tag = HP_OBJECT };
    hp_call *call = outer->call;
    const hp_value *path = hp_object_get(sent, HP_STR("path"));
    const hp_value *body = hp_object_get(sent, HP_STR("body"));
    const hp_value *verb = hp_object_get(sent, HP_STR("method"));
    hp_str method = hp_text(verb), rest;

    if (!hp_is(path, HP_STRING)) return hp_fail(err, HP_E_INVALID_JSON, "batch request path must be a string");
    if (!strip_mount(call->settings, path->string, &rest))
        return hp_fail(err, HP_E_INVALID_JSON, "cannot route batch path %" HP_STR_FMT, HP_STR_ARG(path->string));
    *out = (part){ .rq = { .call = call, .query = &EMPTY, .session_token = outer->session_token },
                   .method = method,
                   .path = path->string };
    out->rq.body = hp_is(body, HP_OBJECT) ? body : &EMPTY;
    out->misread = body != NULL && !hp_is_null(body) && !hp_is(body, HP_OBJECT);
    if (hp_method_parse(method, &out->rq.method))
        out->route = hp_route_find(call->settings, out->rq.method, rest, call->mem, out->rq.params);
    if (out->route == NULL)
        return hp_fail(err, HP_E_INVALID_JSON, "cannot route %" HP_STR_FMT " %" HP_STR_FMT,
                       HP_STR_ARG(hp_str_present(method) ? method
                                  : verb != NULL         ? hp_json_text(call->mem, verb)
                                                         : HP_STR("undefined")),
                       HP_STR_ARG(rest));
    HP_TRY(hp_route_allowed(call, method, rest, err));
    HP_TRY(count_part(call, out, err));
    for (const hp_route *r = HP_ROUTES_BATCH; r->pattern != NULL; r++)
        if (out->route == r) return hp_fail(err, HP_E_INVALID_JSON, "nested batch requests are not allowed");
    return HP_OK;
}

static hp_code check_body(const part *p, hp_err *err)
{
    return p->misread ? hp_fail(err, HP_E_INVALID_KEY_NAME, "The body must be a JSON object.") : HP_OK;
}

static hp_value run_part(const part *p)
{
    hp_arena *mem = p->rq.call->mem;
    hp_rest_answer answer;
    hp_err err = { 0 };
    hp_value item = hp_object();
    if (check_body(p, &err) == HP_OK && hp_route_run(p->route, &p->rq, &answer, &err) == HP_OK) {
        hp_object_append(mem, &item, HP_STR("success"), answer.body);
    } else {
        hp_object_append(mem, &item, HP_STR("error"), hp_error_body(p->rq.call->settings, &err, mem));
        hp_rest_log_failure(p->rq.call->request_id, p->method, p->path, &err);
    }
    return item;
}

/* ---- transaction: true ---- */

static bool as_write(const part *p, hp_write_part *out)
{
    static const hp_write_kind KINDS[] = {
        [HP_METHOD_POST] = HP_WRITE_CREATE, [HP_METHOD_PUT] = HP_WRITE_UPDATE, [HP_METHOD_DELETE] = HP_WRITE_DELETE
    };
    if (p->rq.method == HP_METHOD_GET) return false;
    *out = (hp_write_part){ .kind = KINDS[p->rq.method], .body = p->rq.body };
    hp_str pattern = hp_str_of(p->route->pattern), first;
    (void)hp_str_split(&pattern, '/', &first);
    if (hp_str_eq(first, HP_STR("classes"))) {
        out->class_name = p->rq.params[0];
        out->object_id = p->rq.params[1];
        return true;
    }
    out->class_name = hp_route_collection_class(p->route);
    out->object_id = p->rq.params[0];
    return hp_str_present(out->class_name);
}

static hp_code run_transaction(const hp_rest_request *rq, const part *parts, size_t count, hp_rest_answer *answer,
                               hp_err *err)
{
    hp_arena *mem = rq->call->mem;
    hp_write_part *writes = HP_NEW_ARRAY(mem, hp_write_part, count);
    hp_written *written = HP_NEW_ARRAY(mem, hp_written, count);
    size_t failed;
    for (size_t i = 0; i < count; i++) {
        HP_TRY(check_body(&parts[i], err));
        if (!as_write(&parts[i], &writes[i]))
            return hp_fail(err, HP_E_INVALID_JSON,
                           "A transaction may only hold creates, updates and deletes of objects.");
    }
    HP_TRY(hp_objects_write_all(rq->call, writes, count, written, &failed, err));
    for (size_t i = 0; i < count; i++) {
        hp_value item = hp_object();
        hp_object_append(mem, &item, HP_STR("success"),
                         written[i].body.tag == HP_OBJECT ? written[i].body : hp_object());
        hp_array_push(mem, &answer->body, item);
    }
    return HP_OK;
}

static hp_code batch(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    const hp_value *requests = hp_object_get(rq->body, HP_STR("requests"));
    int64_t max = rq->call->settings->complexity.batch_requests;
    bool unrestricted = hp_call_unrestricted(rq->call);

    if (!hp_is(requests, HP_ARRAY)) return hp_fail(err, HP_E_INVALID_JSON, "requests must be an array");
    if (!unrestricted && requests->array.count > max)
        return hp_fail(err, HP_E_INVALID_JSON,
                       "Batch request contains %u sub-requests, which exceeds the limit of %lld.",
                       requests->array.count, (long long)max);

    /* All parts are routed before the first one runs. */
    part *parts = HP_NEW_ARRAY(rq->call->mem, part, requests->array.count);
    for (uint32_t i = 0; i < requests->array.count; i++)
        HP_TRY(read_part(rq, &requests->array.items[i], &parts[i], err));

    answer->body = hp_array();
    if (hp_is_true(hp_object_get(rq->body, HP_STR("transaction"))))
        return run_transaction(rq, parts, requests->array.count, answer, err);
    for (uint32_t i = 0; i < requests->array.count; i++)
        hp_array_push(rq->call->mem, &answer->body, run_part(&parts[i]));
    return HP_OK;
}

const hp_route HP_ROUTES_BATCH[] = {
    { HP_METHOD_POST, "batch", HP_NEED_APP, batch },
    { 0 },
};

/* rest/push.c — /push_audiences (saved queries of installations), /push, /events.
 *
 * An audience's query is stored as JSON text and answered as the object it says. */
#include "core/objects.h"
#include "rest/route.h"
#include "value/json.h"

static const hp_str CLASS = HP_STR_INIT("_Audience");

static void show_query(const hp_rest_request *rq, hp_value *audience)
{
    hp_value query;
    hp_err ignored = { 0 };
    const hp_str text = hp_object_text(audience, HP_STR("query"));
    if (hp_str_present(text) && hp_json_read(text, HP_JSON_PARSE, rq->call->mem, &query, &ignored) == HP_OK)
        hp_object_set(rq->call->mem, audience, HP_STR("query"), query);
}

static hp_code find(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_value params = hp_rest_params(rq), results;
    int64_t count = -1;
    HP_TRY(hp_objects_find(rq->call, CLASS, &params, &results, &count, err));
    for (uint32_t i = 0; i < results.array.count; i++) show_query(rq, &results.array.items[i]);
    hp_object_append(rq->call->mem, &answer->body, HP_STR("results"), results);
    if (count >= 0) hp_object_append(rq->call->mem, &answer->body, HP_STR("count"), hp_number((double)count));
    return HP_OK;
}

static hp_code get(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_value params = hp_rest_params(rq);
    HP_TRY(hp_objects_get(rq->call, CLASS, rq->params[0], &params, &answer->body, err));
    show_query(rq, &answer->body);
    return HP_OK;
}

static hp_code create(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_written written;
    HP_TRY(hp_objects_create(rq->call, CLASS, rq->body, &written, err));
    answer->status = 201;
    answer->body = written.body;
    answer->location = hp_rest_location(rq->call, HP_STR("classes/_Audience"), written.object_id);
    return HP_OK;
}

static hp_code change(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_written written;
    HP_TRY(hp_objects_update(rq->call, CLASS, rq->params[0], rq->body, &written, err));
    answer->body = written.body;
    return HP_OK;
}

static hp_code delete (const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    (void)answer;
    return hp_objects_delete(rq->call, CLASS, rq->params[0], err);
}

/* Nothing is sent yet; what is wrong with a push is said all the same. */
static hp_code push(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    const bool where = hp_object_get(rq->body, HP_STR("where")) != NULL;
    const bool channels = hp_object_get(rq->body, HP_STR("channels")) != NULL;
    (void)answer;
    if (rq->call->who.access == HP_ACCESS_READ_ONLY)
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "read-only masterKey isn't allowed to send push notifications.");
    if (where && channels)
        return hp_fail(err, HP_E_PUSH_MISCONFIGURED, "Channels and query can not be set at the same time.");
    if (!where && !channels)
        return hp_fail(err, HP_E_PUSH_MISCONFIGURED,
                       "Sending a push requires either \"channels\" or a \"where\" query.");
    return hp_fail(err, HP_E_PUSH_MISCONFIGURED, "Missing push configuration");
}

/* Analytics go nowhere, and say so to nobody: SDKs send them without asking. */
static hp_code event(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    (void)rq;
    (void)answer;
    (void)err;
    return HP_OK;
}

const hp_route HP_ROUTES_PUSH[] = {
    { HP_METHOD_POST, "push", HP_NEED_MASTER, push },
    { HP_METHOD_GET, "push_audiences", HP_NEED_MASTER, find },
    { HP_METHOD_POST, "push_audiences", HP_NEED_MASTER, create },
    { HP_METHOD_GET, "push_audiences/:objectId", HP_NEED_MASTER, get },
    { HP_METHOD_PUT, "push_audiences/:objectId", HP_NEED_MASTER, change },
    { HP_METHOD_DELETE, "push_audiences/:objectId", HP_NEED_MASTER, delete },
    { HP_METHOD_POST, "events/:name", HP_NEED_APP, event },
    { 0 },
};

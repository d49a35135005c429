/* rest/hooks.c — /hooks/functions and /hooks/triggers. */
#include "core/webhooks.h"
#include "rest/route.h"

static hp_webhook_key function_key(const hp_rest_request *rq)
{
    return (hp_webhook_key){ .function_name = rq->params[0] };
}

static hp_webhook_key trigger_key(const hp_rest_request *rq)
{
    return (hp_webhook_key){ .class_name = rq->params[0], .trigger_name = rq->params[1] };
}

static hp_code list_functions(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_webhooks_list(rq->call, true, &answer->body, err);
}

static hp_code list_triggers(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_webhooks_list(rq->call, false, &answer->body, err);
}

static hp_code get_function(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    const hp_webhook_key key = function_key(rq);
    return hp_webhooks_get(rq->call, &key, &answer->body, err);
}

static hp_code get_trigger(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    const hp_webhook_key key = trigger_key(rq);
    return hp_webhooks_get(rq->call, &key, &answer->body, err);
}

static hp_code create(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_webhooks_create(rq->call, rq->body, &answer->body, err);
}

static hp_code change_function(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    const hp_webhook_key key = function_key(rq);
    return hp_webhooks_change(rq->call, &key, rq->body, &answer->body, err);
}

static hp_code change_trigger(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    const hp_webhook_key key = trigger_key(rq);
    return hp_webhooks_change(rq->call, &key, rq->body, &answer->body, err);
}

const hp_route HP_ROUTES_HOOKS[] = {
    { HP_METHOD_GET, "hooks/functions", HP_NEED_MASTER, list_functions },
    { HP_METHOD_POST, "hooks/functions", HP_NEED_MASTER, create },
    { HP_METHOD_GET, "hooks/functions/:name", HP_NEED_MASTER, get_function },
    { HP_METHOD_PUT, "hooks/functions/:name", HP_NEED_MASTER, change_function },
    { HP_METHOD_GET, "hooks/triggers", HP_NEED_MASTER, list_triggers },
    { HP_METHOD_POST, "hooks/triggers", HP_NEED_MASTER, create },
    { HP_METHOD_GET, "hooks/triggers/:className/:trigger", HP_NEED_MASTER, get_trigger },
    { HP_METHOD_PUT, "hooks/triggers/:className/:trigger", HP_NEED_MASTER, change_trigger },
    { 0 },
};

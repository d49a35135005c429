/* rest/config.c — /config and /purge. */
#include "core/global_config.h"
#include "core/purge.h"
#include "rest/route.h"

static hp_code get(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_global_config_get(rq->call, &answer->body, err);
}

static hp_code update(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    HP_TRY(hp_global_config_update(rq->call, rq->body, err));
    hp_object_append(rq->call->mem, &answer->body, HP_STR("result"), hp_bool(true));
    return HP_OK;
}

static hp_code purge(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    (void)answer;
    return hp_purge_class(rq->call, rq->params[0], err);
}

const hp_route HP_ROUTES_CONFIG[] = {
    { HP_METHOD_GET, "config", HP_NEED_APP, get },
    { HP_METHOD_PUT, "config", HP_NEED_MASTER, update },
    { HP_METHOD_DELETE, "purge/:className", HP_NEED_MASTER, purge },
    { 0 },
};

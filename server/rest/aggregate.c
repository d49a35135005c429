/* rest/aggregate.c — /aggregate. */
#include "core/aggregate.h"
#include "rest/route.h"

static hp_code get(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    const hp_value params = hp_rest_params(rq);
    hp_value results;
    HP_TRY(hp_aggregate(rq->call, rq->params[0], &params, &results, err));
    hp_object_append(rq->call->mem, &answer->body, HP_STR("results"), results);
    return HP_OK;
}

const hp_route HP_ROUTES_AGGREGATE[] = {
    { HP_METHOD_GET, "aggregate/:className", HP_NEED_MASTER, get },
    { 0 },
};

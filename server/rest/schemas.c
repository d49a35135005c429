/* rest/schemas.c — /schemas. */
#include "core/schema_api.h"
#include "rest/route.h"

static hp_code list(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_value results;
    HP_TRY(hp_schema_list(rq->call, &results, err));
    hp_object_append(rq->call->mem, &answer->body, HP_STR("results"), results);
    return HP_OK;
}

static hp_code get(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_schema_get(rq->call, rq->params[0], &answer->body, err);
}

static hp_code create(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_schema_create(rq->call, rq->params[0], rq->body, &answer->body, err);
}

static hp_code update(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_schema_update(rq->call, rq->params[0], rq->body, &answer->body, err);
}

static hp_code delete (const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    (void)answer;
    return hp_schema_delete(rq->call, rq->params[0], err);
}

const hp_route HP_ROUTES_SCHEMAS[] = {
    { HP_METHOD_GET, "schemas", HP_NEED_MASTER, list },
    { HP_METHOD_POST, "schemas", HP_NEED_MASTER, create },
    { HP_METHOD_GET, "schemas/:className", HP_NEED_MASTER, get },
    { HP_METHOD_POST, "schemas/:className", HP_NEED_MASTER, create },
    { HP_METHOD_PUT, "schemas/:className", HP_NEED_MASTER, update },
    { HP_METHOD_DELETE, "schemas/:className", HP_NEED_MASTER, delete },
    { 0 },
};

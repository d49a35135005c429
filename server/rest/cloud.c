/* rest/cloud.c — /functions/NAME and /serverInfo. */
#include "core/cloud.h"
#include "rest/route.h"
#include "value/json.h"

static hp_code run_function(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_arena *mem = rq->call->mem;
    hp_value params = hp_object_clone(mem, rq->body), result;
    bool has_result;
    for (uint32_t i = 0; i < rq->query->object.count; i++)
        hp_object_set(mem, &params, rq->query->object.items[i].key, rq->query->object.items[i].value);
    HP_TRY(hp_cloud_run_function(rq->call, rq->params[0], &params, &result, &has_result, err));
    if (has_result) hp_object_append(mem, &answer->body, HP_STR("result"), result);
    return HP_OK;
}

/* What Parse Dashboard and SDKs read of a server: only what is there is switched on. */
static hp_code server_info(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    static const char INFO[] =
        "{\"features\":{"
        "\"globalConfig\":{\"create\":false,\"read\":false,\"update\":false,\"delete\":false},"
        "\"hooks\":{\"create\":false,\"read\":false,\"update\":false,\"delete\":false},"
        "\"cloudCode\":{\"jobs\":false},"
        "\"logs\":{\"level\":false,\"size\":false,\"order\":false,\"until\":false,\"from\":false},"
        "\"push\":{\"immediatePush\":false,\"scheduledPush\":false,\"storedPushData\":false,\"pushAudiences\":false,"
        "\"localization\":false},"
        "\"schemas\":{\"addField\":true,\"removeField\":true,\"addClass\":true,\"removeClass\":true,"
        "\"clearAllDataFromClass\":false,\"exportClass\":false,\"editClassLevelPermissions\":true,"
        "\"editPointerPermissions\":true},"
        "\"settings\":{\"securityCheck\":false}},"
        "\"parseServerVersion\":\"9.10.0\",\"homeportVersion\":\"" HP_VERSION "\"}";
    return hp_json_read(hp_str_of(INFO), HP_JSON_PLAIN, rq->call->mem, &answer->body, err);
}

const hp_route HP_ROUTES_CLOUD[] = {
    { HP_METHOD_POST, "functions/:name", HP_NEED_APP, run_function },
    { HP_METHOD_GET, "serverInfo", HP_NEED_MASTER, server_info },
    { 0 },
};

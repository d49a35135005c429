/* rest/cloud.c — /functions/NAME, /jobs/NAME, /serverInfo and /security. */
#include "core/cloud.h"
#include "core/jobs.h"
#include "core/security_check.h"
#include "core/settings.h"
#include "rest/route.h"
#include "value/json.h"

/* The body, and over it the query string, whose values are texts. */
static hp_value read_params(const hp_rest_request *rq)
{
    hp_value params = hp_object_clone(rq->call->mem, rq->body);
    for (uint32_t i = 0; i < rq->query->object.count; i++)
        hp_object_set(rq->call->mem, &params, rq->query->object.items[i].key, rq->query->object.items[i].value);
    return params;
}

static hp_code run_function(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_value params = read_params(rq), result;
    bool has_result;
    HP_TRY(hp_cloud_run_function(rq->call, rq->params[0], &params, &result, &has_result, err));
    if (has_result) hp_object_append(rq->call->mem, &answer->body, HP_STR("result"), result);
    return HP_OK;
}

static hp_code start_job(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_value params = read_params(rq);
    return hp_jobs_start(rq->call, rq->params[0], &params, &answer->job_status_id, err);
}

/* The name stands in the body. */
static hp_code start_named_job(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_value params = read_params(rq);
    hp_str name = hp_arena_str(rq->call->mem, hp_object_text(&params, HP_STR("jobName")));
    (void)hp_object_remove(&params, HP_STR("jobName"));
    return hp_jobs_start(rq->call, name, &params, &answer->job_status_id, err);
}

/* What Parse Dashboard and SDKs read of a server: only what is there is switched on. */
static hp_code server_info(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    static const char INFO[] =
        "{\"features\":{"
        "\"globalConfig\":{\"create\":true,\"read\":true,\"update\":true,\"delete\":true},"
        "\"hooks\":{\"create\":true,\"read\":true,\"update\":true,\"delete\":true},"
        "\"cloudCode\":{\"jobs\":true},"
        "\"logs\":{\"level\":true,\"size\":true,\"order\":true,\"until\":true,\"from\":true},"
        "\"push\":{\"immediatePush\":false,\"scheduledPush\":false,\"storedPushData\":false,\"pushAudiences\":false,"
        "\"localization\":false},"
        "\"schemas\":{\"addField\":true,\"removeField\":true,\"addClass\":true,\"removeClass\":true,"
        "\"clearAllDataFromClass\":true,\"exportClass\":false,\"editClassLevelPermissions\":true,"
        "\"editPointerPermissions\":true},"
        "\"settings\":{}},"
        "\"parseServerVersion\":\"9.10.0\",\"homeportVersion\":\"" HP_VERSION "\"}";
    hp_arena *mem = rq->call->mem;
    HP_TRY(hp_json_read(hp_str_of(INFO), HP_JSON_PLAIN, mem, &answer->body, err));
    hp_value *features = hp_object_get(&answer->body, HP_STR("features"));
    hp_object_append(mem, hp_object_get(features, HP_STR("settings")), HP_STR("securityCheck"),
                     hp_bool(rq->call->settings->security_check));
    return HP_OK;
}

static hp_code security(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_security_report(rq->call, &answer->body, err);
}

const hp_route HP_ROUTES_CLOUD[] = {
    { HP_METHOD_POST, "functions/:name", HP_NEED_APP, run_function },
    { HP_METHOD_POST, "jobs", HP_NEED_MASTER, start_named_job },
    { HP_METHOD_POST, "jobs/:name", HP_NEED_MASTER, start_job },
    { HP_METHOD_GET, "serverInfo", HP_NEED_MASTER, server_info },
    { HP_METHOD_GET, "security", HP_NEED_MASTER, security },
    { 0 },
};

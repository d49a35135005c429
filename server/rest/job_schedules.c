/* rest/job_schedules.c — /cloud_code/jobs. */
#include "core/job_schedules.h"
#include "rest/route.h"

static hp_code list(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_job_schedules_list(rq->call, &answer->body, err);
}

static hp_code data(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_job_schedules_data(rq->call, &answer->body, err);
}

static hp_code create(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_written written;
    HP_TRY(hp_job_schedules_save(rq->call, HP_STR_NONE, rq->body, &written, err));
    answer->status = 201;
    answer->body = written.body;
    answer->location = hp_rest_location(rq->call, HP_STR("classes/_JobSchedule"), written.object_id);
    return HP_OK;
}

/* The answer of the write stands one level deeper, as Parse Server has it. */
static hp_code change(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_written written;
    HP_TRY(hp_job_schedules_save(rq->call, rq->params[0], rq->body, &written, err));
    hp_object_append(rq->call->mem, &answer->body, HP_STR("response"), written.body);
    return HP_OK;
}

static hp_code delete (const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    (void)answer;
    return hp_job_schedules_delete(rq->call, rq->params[0], err);
}

const hp_route HP_ROUTES_JOB_SCHEDULES[] = {
    { HP_METHOD_GET, "cloud_code/jobs", HP_NEED_MASTER, list },
    { HP_METHOD_GET, "cloud_code/jobs/data", HP_NEED_MASTER, data },
    { HP_METHOD_POST, "cloud_code/jobs", HP_NEED_MASTER, create },
    { HP_METHOD_PUT, "cloud_code/jobs/:objectId", HP_NEED_MASTER, change },
    { HP_METHOD_DELETE, "cloud_code/jobs/:objectId", HP_NEED_MASTER, delete },
    { 0 },
};

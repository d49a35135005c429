#include "core/jobs.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "core/core_internal.h"
#include "core/objects.h"
#include "core/trigger.h"

struct hp_jobs {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    size_t running;
};

/* One run; lives in its own arena, on its own thread. */
typedef struct job_run {
    hp_arena *mem;
    hp_core *core;
    hp_str name, status_id;
    hp_value params;
} job_run;

hp_jobs *hp_jobs_new(void)
{
    hp_jobs *jobs = calloc(1, sizeof *jobs);
    HP_ASSERT(jobs != NULL);
    HP_ASSERT(pthread_mutex_init(&jobs->lock, NULL) == 0);
    HP_ASSERT(pthread_cond_init(&jobs->ended, NULL) == 0);
    return jobs;
}

void hp_jobs_free(hp_jobs *jobs)
{
    if (jobs == NULL) return;
    (void)pthread_mutex_lock(&jobs->lock);
    while (jobs->running > 0) (void)pthread_cond_wait(&jobs->ended, &jobs->lock);
    (void)pthread_mutex_unlock(&jobs->lock);
    (void)pthread_cond_destroy(&jobs->ended);
    (void)pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}

static bool take_place(hp_jobs *jobs)
{
    (void)pthread_mutex_lock(&jobs->lock);
    const bool room = jobs->running < HP_JOBS_MAX;
    if (room) jobs->running++;
    (void)pthread_mutex_unlock(&jobs->lock);
    return room;
}

static void leave_place(hp_jobs *jobs)
{
    (void)pthread_mutex_lock(&jobs->lock);
    jobs->running--;
    (void)pthread_cond_broadcast(&jobs->ended);
    (void)pthread_mutex_unlock(&jobs->lock);
}

/* ---- the status row ---- */

static hp_code create_status(hp_call *call, hp_str name, hp_str *status_id, hp_err *err)
{
    hp_value row = hp_object();
    hp_written written;
    hp_object_append(call->mem, &row, HP_STR("jobName"), hp_string(name));
    hp_object_append(call->mem, &row, HP_STR("source"), hp_string(HP_STR("api")));
    hp_object_append(call->mem, &row, HP_STR("status"), hp_string(HP_STR("running")));
    hp_object_append(call->mem, &row, HP_STR("ACL"), hp_object());
    HP_TRY(hp_objects_create(call, HP_STR("_JobStatus"), &row, &written, err));
    *status_id = written.object_id;
    return HP_OK;
}

static void finish_status(hp_call *call, const job_run *run, hp_code outcome, hp_str message)
{
    hp_clock *clock = call->core->parts.clock;
    hp_value row = hp_object();
    hp_written written;
    hp_err err = { 0 };
    const hp_str status = outcome == HP_OK ? HP_STR("succeeded") : HP_STR("failed");
    call->now_ms = clock->now_ms(clock);
    hp_object_append(run->mem, &row, HP_STR("status"), hp_string(status));
    hp_object_append(run->mem, &row, HP_STR("finishedAt"), hp_date(call->now_ms));
    if (message.len > 0) hp_object_append(run->mem, &row, HP_STR("message"), hp_string(message));
    if (hp_objects_update(call, HP_STR("_JobStatus"), run->status_id, &row, &written, &err) != HP_OK)
        hp_log(HP_LOG_ERROR, "job_status_lost", HP_F_STR("job", run->name), HP_F_STR("status", status),
               HP_F_TEXT("error", err.msg), HP_F_TEXT("detail", err.detail));
}

/* ---- the run ---- */

static void *run_job(void *arg)
{
    job_run *run = arg;
    hp_core *core = run->core;
    hp_call call;
    hp_hook_request rq;
    hp_err err = { 0 };

    hp_call_open_internal(core, run->mem, &call);
    hp_trigger_request(&call, HP_TRIGGER_COUNT, HP_STR_NONE, &rq);
    rq.name = run->name;
    rq.params = &run->params;
    const hp_code rc = hp_hooks_run_job(core->parts.hooks, &rq, &err);
    finish_status(&call, run, rc, rc == HP_OK ? hp_text(&rq.result) : hp_arena_str(run->mem, hp_str_of(err.msg)));
    hp_call_close(&call);
    hp_arena_free(run->mem);
    leave_place(core->jobs); /* last: hp_jobs_free waits for it, then the core goes */
    return NULL;
}

static bool start_thread(job_run *run)
{
    pthread_attr_t detached;
    pthread_t thread;
    HP_ASSERT(pthread_attr_init(&detached) == 0);
    HP_ASSERT(pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED) == 0);
    const bool started = pthread_create(&thread, &detached, run_job, run) == 0;
    (void)pthread_attr_destroy(&detached);
    return started;
}

hp_code hp_jobs_start(hp_call *call, hp_str name, const hp_value *params, hp_str *status_id, hp_err *err)
{
    hp_core *core = call->core;
    HP_TRY(hp_call_require_master(call, err));
    if (call->who.access == HP_ACCESS_READ_ONLY)
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "read-only masterKey isn't allowed to run a job.");
    if (!hp_hooks_has_job(core->parts.hooks, name)) return hp_fail(err, HP_E_SCRIPT_FAILED, "Invalid job.");
    if (!take_place(core->jobs)) return hp_fail_http(err, 503, "%d jobs are running; try again later.", HP_JOBS_MAX);

    hp_code rc = create_status(call, name, status_id, err);
    if (rc != HP_OK) {
        leave_place(core->jobs);
        return rc;
    }
    hp_arena *mem = hp_arena_new();
    job_run *run = HP_NEW(mem, job_run);
    *run = (job_run){ .mem = mem,
                      .core = core,
                      .name = hp_arena_str(mem, name),
                      .status_id = hp_arena_str(mem, *status_id),
                      .params = hp_value_copy(mem, params) };
    if (start_thread(run)) return HP_OK;

    finish_status(call, run, HP_E_INTERNAL, HP_STR("The job could not be started."));
    hp_arena_free(mem);
    leave_place(core->jobs);
    return hp_fail_internal(err, "no thread for a job");
}

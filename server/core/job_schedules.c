#include "core/job_schedules.h"

#include "core/core_internal.h"
#include "value/date.h"

static const hp_str CLASS = HP_STR_INIT("_JobSchedule");

static hp_code require_writer(const hp_call *call, const char *what, hp_err *err)
{
    HP_TRY(hp_call_require_master(call, err));
    if (call->who.access == HP_ACCESS_READ_ONLY)
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "read-only masterKey isn't allowed to %s.", what);
    return HP_OK;
}

hp_code hp_job_schedules_list(hp_call *call, hp_value *out, hp_err *err)
{
    const hp_value params = hp_object();
    int64_t count;
    HP_TRY(hp_call_require_master(call, err));
    return hp_objects_find(call, CLASS, &params, out, &count, err);
}

hp_code hp_job_schedules_data(hp_call *call, hp_value *out, hp_err *err)
{
    hp_value rows, in_use = hp_array();
    HP_TRY(hp_job_schedules_list(call, &rows, err));
    for (uint32_t i = 0; i < rows.array.count; i++) {
        const hp_str name = hp_object_text(&rows.array.items[i], HP_STR("jobName"));
        hp_array_push(call->mem, &in_use, hp_str_present(name) ? hp_string(name) : hp_null());
    }
    *out = hp_object();
    hp_object_append(call->mem, out, HP_STR("in_use"), in_use);
    hp_object_append(call->mem, out, HP_STR("jobs"), hp_hooks_job_names(call->core->parts.hooks, call->mem));
    return HP_OK;
}

hp_code hp_job_schedules_save(hp_call *call, hp_str id, const hp_value *body, hp_written *out, hp_err *err)
{
    const hp_value *sent = hp_object_get(body, HP_STR("job_schedule"));
    const hp_str job = hp_object_text(sent, HP_STR("jobName"));
    hp_value row = hp_is(sent, HP_OBJECT) ? hp_object_clone(call->mem, sent) : hp_object();

    HP_TRY(require_writer(call, hp_str_present(id) ? "update a job" : "schedule a job", err));
    if (hp_truthy(sent) && !hp_is(sent, HP_OBJECT))
        return hp_fail(err, HP_E_INVALID_JSON, "job_schedule must be an object.");
    if (hp_truthy(hp_object_get(sent, HP_STR("jobName"))) && !hp_hooks_has_job(call->core->parts.hooks, job))
        return hp_fail(err, HP_E_INTERNAL, "Cannot Schedule a job that is not deployed");
    if (hp_is_null(hp_object_get(&row, HP_STR("startAfter")))) {
        char now[HP_DATE_TEXT_LEN + 1];
        const size_t len = hp_date_format(call->now_ms, now);
        hp_object_set(call->mem, &row, HP_STR("startAfter"), hp_string(hp_arena_str(call->mem, (hp_str){ now, len })));
    }
    return hp_str_present(id) ? hp_objects_update(call, CLASS, id, &row, out, err)
                              : hp_objects_create(call, CLASS, &row, out, err);
}

hp_code hp_job_schedules_delete(hp_call *call, hp_str id, hp_err *err)
{
    HP_TRY(require_writer(call, "delete a job", err));
    return hp_objects_delete(call, CLASS, id, err);
}

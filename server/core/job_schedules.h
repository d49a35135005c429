/* core/job_schedules.h — stored schedules of jobs (class _JobSchedule), for the dashboard and for whoever starts jobs by
 * them; the server itself does not. Master only; the read-only key changes nothing. */
#ifndef HP_CORE_JOB_SCHEDULES_H
#define HP_CORE_JOB_SCHEDULES_H

#include "core/objects.h"

/* All schedules: an array. */
HP_MUST_USE hp_code hp_job_schedules_list(hp_call *call, hp_value *out, hp_err *err);

/* {"in_use":[job names of the schedules],"jobs":[names of the jobs there are]}. */
HP_MUST_USE hp_code hp_job_schedules_data(hp_call *call, hp_value *out, hp_err *err);

/* `body`: {"job_schedule":{"jobName",…}}; without startAfter: now. `id` absent: a new one.
 * Errors: HTTP 500 with code 1 for a job that is not there; what any write says. */
HP_MUST_USE hp_code hp_job_schedules_save(hp_call *call, hp_str id, const hp_value *body, hp_written *out, hp_err *err);

HP_MUST_USE hp_code hp_job_schedules_delete(hp_call *call, hp_str id, hp_err *err);

#endif

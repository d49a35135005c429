/* core/jobs.h — background jobs of cloud code, and the _JobStatus row that tells how each went. */
#ifndef HP_CORE_JOBS_H
#define HP_CORE_JOBS_H

#include "core/call.h"

typedef struct hp_jobs hp_jobs;

hp_jobs *hp_jobs_new(void);

/* Waits for running jobs to end, then frees. Accepts NULL. */
void hp_jobs_free(hp_jobs *jobs);

/* Starts the job `name` on a thread of its own, with master rights, and answers the objectId of its _JobStatus row (in
 * call->mem) at once.
 * Errors: HTTP 403 below master, OPERATION_FORBIDDEN for the read-only key, SCRIPT_FAILED `Invalid job.`, HTTP 503 when
 * HP_JOBS_MAX are running. */
HP_MUST_USE hp_code hp_jobs_start(hp_call *call, hp_str name, const hp_value *params, hp_str *status_id, hp_err *err);

#endif

/* The cloud code of live-query-missed.test.mjs: telling of an event takes as long as its object says. */
#include <homeport/cloud.h>
#include <threads.h>

static int after_event(hpc_request *rq, void *data)
{
    const struct timespec pause = { .tv_sec = hpc_get(hpc_object(rq), "slow") != NULL ? 2 : 0 };
    (void)data;
    (void)thrd_sleep(&pause, NULL);
    return HPC_OK;
}

static int setup(hpc_registry *reg) { return hpc_on(reg, HPC_AFTER_LIVE_QUERY_EVENT, "Note", after_event, NULL); }

HPC_PLUGIN("slow", setup)

/* The cloud code of live-query-missed.test.mjs: an event is not told until the file exists that its object names. */
#include <homeport/cloud.h>
#include <threads.h>
#include <unistd.h>

static int after_event(hpc_request *rq, void *data)
{
    const char *file = hpc_text(hpc_get(hpc_object(rq), "until"));
    const struct timespec moment = { .tv_nsec = 10 * 1000 * 1000 };
    (void)data;
    while (file != NULL && access(file, F_OK) != 0) (void)thrd_sleep(&moment, NULL);
    return HPC_OK;
}

static int setup(hpc_registry *reg) { return hpc_on(reg, HPC_AFTER_LIVE_QUERY_EVENT, "Note", after_event, NULL); }

HPC_PLUGIN("slow", setup)

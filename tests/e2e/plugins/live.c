/* The cloud code of live-query-cloud.test.mjs: what a session, a query or an object holds says what happens. */
#include <homeport/cloud.h>

static int before_connect(hpc_request *rq, void *data)
{
    (void)data;
    const hpc_value *name = hpc_get(hpc_user(rq), "username");
    if (hpc_text_is(name, "hasty")) return hpc_throw(rq, 155, "Not so often.");
    if (hpc_text_is(name, "banned")) return hpc_throw(rq, 142, "You may not connect.");
    return HPC_OK;
}

/* Refuses some; holds everybody else to what is published. */
static int before_subscribe(hpc_request *rq, void *data)
{
    hpc_value *where = hpc_get(hpc_query(rq), "where");
    (void)data;
    if (hpc_get(where, "forbidden") != NULL) return hpc_throw(rq, 0, "Ask something else.");
    if (!hpc_is_master(rq)) hpc_set(rq, where, "state", hpc_make_text(rq, "published"));
    return HPC_OK;
}

static int after_event(hpc_request *rq, void *data)
{
    hpc_value *object = hpc_object(rq);
    (void)data;
    if (hpc_text_is(hpc_get(object, "name"), "drop")) hpc_drop_event(rq);
    if (hpc_text_is(hpc_get(object, "name"), "throw")) return hpc_throw(rq, 150, "No such luck.");
    hpc_set(rq, object, "touched", hpc_make_text(rq, hpc_event(rq)));
    hpc_set(rq, object, "secret", hpc_make_text(rq, "told by cloud code"));
    if (hpc_user(rq) != NULL) hpc_set(rq, object, "state", hpc_get(hpc_user(rq), "username"));
    if (hpc_event_original(rq) != NULL) hpc_set(rq, hpc_event_original(rq), "touched", hpc_make_text(rq, "before"));
    return HPC_OK;
}

static int setup(hpc_registry *reg)
{
    int rc = hpc_on(reg, HPC_BEFORE_CONNECT, "@Connect", before_connect, NULL);
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_BEFORE_SUBSCRIBE, "Coded", before_subscribe, NULL);
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_AFTER_LIVE_QUERY_EVENT, "Coded", after_event, NULL);
    return rc;
}

HPC_PLUGIN("live", setup)

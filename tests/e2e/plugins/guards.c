/* Cloud code for cloud-guards.test.mjs: validators, and the triggers of the configuration and of forgotten passwords. */
#include <homeport/cloud.h>

#include <string.h>

/* What the function was given, as it was given. */
static int echo(hpc_request *rq, void *data)
{
    (void)data;
    hpc_return(rq, hpc_params(rq));
    return HPC_OK;
}

static int nothing(hpc_request *rq, void *data)
{
    (void)rq;
    (void)data;
    return HPC_OK;
}

static int refuse(hpc_request *rq, void *data)
{
    (void)data;
    return hpc_throw(rq, 999, "Not even by you.");
}

/* One row of class Seen with what the trigger saw. */
static int leave_trace(hpc_request *rq, const char *what)
{
    hpc_value *row = hpc_make_object(rq);
    hpc_set(rq, row, "what", hpc_make_text(rq, what));
    hpc_set(rq, row, "object", hpc_make_text(rq, hpc_json(rq, hpc_object(rq))));
    hpc_set(rq, row, "original",
            hpc_original(rq) == NULL ? hpc_make_null(rq) : hpc_make_text(rq, hpc_json(rq, hpc_original(rq))));
    hpc_set(rq, row, "master", hpc_make_bool(rq, hpc_is_master(rq)));
    return hpc_save(rq, HPC_AS_MASTER, "Seen", NULL, row, NULL);
}

static int before_config(hpc_request *rq, void *data)
{
    (void)data;
    if (hpc_bool(hpc_get(hpc_object(rq), "refuse"))) return hpc_throw(rq, 777, "No such configuration.");
    int rc = leave_trace(rq, "before");
    hpc_set(rq, hpc_object(rq), "changed", hpc_make_bool(rq, true)); /* changes nothing */
    return rc;
}

static int after_config(hpc_request *rq, void *data)
{
    (void)data;
    if (hpc_bool(hpc_get(hpc_object(rq), "late"))) return hpc_throw(rq, 778, "Stored all the same.");
    return leave_trace(rq, "after");
}

static int before_reset(hpc_request *rq, void *data)
{
    (void)data;
    const char *name = hpc_text(hpc_get(hpc_object(rq), "username"));
    if (name != NULL && strcmp(name, "locked") == 0) return hpc_throw(rq, 101, "Ask the office.");
    return leave_trace(rq, "reset");
}

static int setup(hpc_registry *reg)
{
    static const struct {
        const char *name, *rules;
    } functions[] = {
        { "user", "{\"requireUser\": true}" },
        { "master", "{\"requireMaster\": true}" },
        { "both", "{\"requireUser\": true, \"validateMasterKey\": true}" },
        { "any", "{\"requireAnyUserRoles\": [\"staff\", \"admin\"]}" },
        { "all", "{\"requireAllUserRoles\": [\"staff\", \"admin\"]}" },
        { "names", "{\"fields\": [\"a\", \"b\"]}" },
        { "fields",
          "{\"fields\": {\"text\": {\"type\": \"String\", \"required\": true}, \"n\": {\"type\": \"Number\"},"
          " \"list\": {\"type\": \"Array\"}, \"yes\": {\"type\": \"Boolean\"}, \"map\": {\"type\": \"Object\"},"
          " \"currency\": {\"default\": \"EUR\", \"options\": [\"EUR\", \"CHF\"]},"
          " \"one\": {\"options\": 1}, \"own\": {\"options\": [true], \"error\": \"Say yes.\"}}}" },
        { "seldom", "{\"rateLimit\": {\"requestTimeWindow\": 3600000, \"requestCount\": 2,"
                    " \"includeInternalRequests\": true, \"errorResponseMessage\": \"Seldom, please.\"}}" },
        { "odd: name/*", "{\"rateLimit\": {\"requestTimeWindow\": 3600000, \"requestCount\": 1,"
                         " \"includeInternalRequests\": true}}" },
        { "keys", "{\"requireUserKeys\": [\"phone\"]}" },
        { "keyOptions", "{\"requireUserKeys\": {\"plan\": {\"options\": [\"gold\"], \"error\": \"Gold only.\"}}}" },
    };
    int rc = HPC_OK;
    for (size_t i = 0; rc == HPC_OK && i < sizeof functions / sizeof *functions; i++) {
        rc = hpc_define(reg, functions[i].name, echo, NULL);
        if (rc == HPC_OK) rc = hpc_validate_function(reg, functions[i].name, functions[i].rules);
    }
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_BEFORE_SAVE, "Guarded", nothing, NULL);
    if (rc == HPC_OK)
        rc = hpc_validate_trigger(reg, HPC_BEFORE_SAVE, "Guarded",
                                  "{\"fields\": {\"kind\": {\"default\": \"plain\", \"constant\": true},"
                                  " \"serial\": {\"constant\": true}, \"size\": {\"type\": \"Number\"}}}");
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_BEFORE_SAVE, "Closed", refuse, NULL);
    if (rc == HPC_OK) rc = hpc_validate_trigger(reg, HPC_BEFORE_SAVE, "Closed", "{\"skipWithMasterKey\": true}");
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_BEFORE_SAVE, "Slow", nothing, NULL);
    if (rc == HPC_OK)
        rc = hpc_validate_trigger(reg, HPC_BEFORE_SAVE, "Slow",
                                  "{\"rateLimit\": {\"requestTimeWindow\": 3600000, \"requestCount\": 2,"
                                  " \"includeInternalRequests\": true, \"zone\": \"user\"}}");
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_BEFORE_SAVE, "Checked", refuse, NULL);
    if (rc == HPC_OK)
        rc = hpc_validate_trigger(reg, HPC_BEFORE_SAVE, "Checked",
                                  "{\"skipWithMasterKey\": true, \"validateMasterKey\": true, \"fields\": [\"a\"]}");
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_BEFORE_FIND, "Members", nothing, NULL);
    if (rc == HPC_OK) rc = hpc_validate_trigger(reg, HPC_BEFORE_FIND, "Members", "{\"requireUser\": true}");
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_BEFORE_SAVE, "_User", nothing, NULL);
    if (rc == HPC_OK) rc = hpc_validate_trigger(reg, HPC_BEFORE_SAVE, "_User", "{\"requireUser\": true}");
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_BEFORE_SAVE, "@Config", before_config, NULL);
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_AFTER_SAVE, "@Config", after_config, NULL);
    if (rc == HPC_OK) rc = hpc_on(reg, HPC_BEFORE_PASSWORD_RESET_REQUEST, "_User", before_reset, NULL);
    return rc;
}

HPC_PLUGIN("guards", setup)

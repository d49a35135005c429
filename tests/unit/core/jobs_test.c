/* Background jobs on the real store: who may start one, and what its _JobStatus row says afterwards. */
#include "core_fixture.h"

#include <semaphore.h>

#include "base/limits.h"
#include "core/core_internal.h"
#include "core/jobs.h"

const hpc_api *hpc_server; /* as in a plug-in */

static sem_t gate; /* the job "wait" ends when it is posted */

static int wait_for_gate(hpc_request *rq, void *data)
{
    (void)rq;
    (void)data;
    while (sem_wait(&gate) != 0) {}
    return HPC_OK;
}

static int answer(hpc_request *rq, void *data)
{
    (void)data;
    hpc_return(rq, hpc_get(hpc_params(rq), "say"));
    return HPC_OK;
}

static int break_down(hpc_request *rq, void *data)
{
    (void)data;
    return hpc_throw(rq, 141, "It broke.");
}

static void define(core_fixture *f, const char *name, hpc_handler handler)
{
    hp_err err;
    hpc_server = hp_cloud_api();
    assert_int_equal(hp_hooks_add_named(f->hooks, f->hooks->jobs, hp_str_of(name),
                                        (hp_hook){ .handler = handler, .plugin = "test" }, &err),
                     HP_OK);
}

static hp_code start(core_fixture *f, hp_access access, const char *name, const char *params, hp_str *id, hp_err *err)
{
    hp_call call = fixture_call(f, true, NULL);
    hp_value given = fixture_json(f, params);
    call.who.access = access;
    hp_code rc = hp_jobs_start(&call, hp_str_of(name), &given, id, err);
    hp_call_close(&call);
    return rc;
}

/* Ends what runs, and lets the next ones in. */
static void wait_for_jobs(core_fixture *f)
{
    hp_jobs_free(f->core->jobs);
    f->core->jobs = hp_jobs_new();
}

static void expect_status(core_fixture *f, hp_str id, const char *status, const char *message)
{
    hp_value row = fixture_get(f, "_JobStatus", id.ptr);
    assert_true(hp_str_eq(hp_object_text(&row, HP_STR("status")), hp_str_of(status)));
    assert_true(hp_str_eq(hp_object_text(&row, HP_STR("message")), hp_str_of(message)));
    assert_non_null(hp_object_get(&row, HP_STR("finishedAt")));
}

static void a_job_runs_and_its_row_tells_how_it_went(void **state)
{
    core_fixture *f = *state;
    hp_str good, bad;
    hp_err err = { 0 };
    define(f, "answer", answer);
    define(f, "fail", break_down);
    assert_int_equal(start(f, HP_ACCESS_MASTER, "answer", "{\"say\":\"done\"}", &good, &err), HP_OK);
    assert_int_equal(start(f, HP_ACCESS_MASTER, "fail", "{}", &bad, &err), HP_OK);
    wait_for_jobs(f);
    expect_status(f, good, "succeeded", "done");
    expect_status(f, bad, "failed", "It broke.");
}

static void only_the_master_key_starts_jobs_that_exist(void **state)
{
    core_fixture *f = *state;
    hp_str id;
    hp_err err = { 0 };
    define(f, "answer", answer);
    assert_int_not_equal(start(f, HP_ACCESS_CLIENT, "answer", "{}", &id, &err), HP_OK);
    assert_int_equal(err.http, 403);
    assert_int_equal(start(f, HP_ACCESS_READ_ONLY, "answer", "{}", &id, &err), HP_E_OPERATION_FORBIDDEN);
    assert_int_equal(start(f, HP_ACCESS_MASTER, "nosuch", "{}", &id, &err), HP_E_SCRIPT_FAILED);
    assert_string_equal(err.msg, "Invalid job.");
    assert_int_equal(fixture_count(f, "_JobStatus", "{}"), 0);
}

static void running_jobs_are_bounded(void **state)
{
    core_fixture *f = *state;
    hp_str id;
    hp_err err = { 0 };
    define(f, "wait", wait_for_gate);
    for (int i = 0; i < HP_JOBS_MAX; i++) assert_int_equal(start(f, HP_ACCESS_MASTER, "wait", "{}", &id, &err), HP_OK);
    assert_int_not_equal(start(f, HP_ACCESS_MASTER, "wait", "{}", &id, &err), HP_OK);
    assert_int_equal(err.http, 503);
    for (int i = 0; i < HP_JOBS_MAX; i++) (void)sem_post(&gate);
    wait_for_jobs(f);
    assert_int_equal(fixture_count(f, "_JobStatus", "{\"status\":\"succeeded\"}"), HP_JOBS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_job_runs_and_its_row_tells_how_it_went, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(only_the_master_key_starts_jobs_that_exist, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(running_jobs_are_bounded, fixture_setup, fixture_teardown),
    };
    (void)sem_init(&gate, 0, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

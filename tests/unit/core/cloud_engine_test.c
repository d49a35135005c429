#include "core_fixture.h"

#include "core/cloud.h"
#include "homeport/cloud.h"

const hpc_api *hpc_server;

static int seen_before, seen_after; /* how often the counting hooks ran */

static void hook(core_fixture *f, hp_trigger trigger, const char *class_name, hpc_handler handler)
{
    hp_err err = { 0 };
    hpc_server = hp_cloud_api();
    hp_hook h = { .handler = handler, .plugin = "test" };
    if (hp_hooks_add_trigger(f->hooks, trigger, hp_str_of(class_name), h, &err) != HP_OK) fail_msg("%s", err.msg);
}

/* ---- before and after a save ---- */

static int stamp(hpc_request *rq, void *data)
{
    (void)data;
    seen_before++;
    hpc_set(rq, hpc_object(rq), "stamped", hpc_make_bool(rq, true));
    hpc_remove(hpc_object(rq), "draft");
    return HPC_OK;
}

static void what_a_hook_changes_is_stored_and_told(void **state)
{
    core_fixture *f = *state;
    hook(f, HP_TRIGGER_BEFORE_SAVE, "Note", stamp);
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"text\":\"x\",\"draft\":1}"));
    assert_true(hp_is_true(hp_object_get(&r.body, HP_STR("stamped"))));
    assert_string_equal(fixture_text(f, hp_object_get(&r.body, HP_STR("draft"))), "{\"__op\":\"Delete\"}");
    hp_value stored = fixture_get(f, "Note", r.id);
    assert_true(hp_is_true(hp_object_get(&stored, HP_STR("stamped"))));
    assert_null(hp_object_get(&stored, HP_STR("draft")));
    fixture_reply again = fixture_ok(fixture_save(f, false, NULL, "Note", r.id, "{\"text\":\"y\"}"));
    assert_null(hp_object_get(&again.body, HP_STR("stamped"))); /* set to what it was */
}

static int watch(hpc_request *rq, void *data)
{
    (void)data;
    seen_before++;
    assert_false(hpc_is_new(rq));
    assert_int_equal((int)hpc_number(hpc_get(hpc_original(rq), "n")), 5);
    assert_int_equal((int)hpc_number(hpc_get(hpc_object(rq), "n")), 7);
    assert_string_equal(hpc_text(hpc_get(hpc_object(rq), "text")), "x");
    assert_int_equal(hpc_type(hpc_sent(rq, "n")), HPC_OBJECT);
    assert_null(hpc_sent(rq, "text"));
    return HPC_OK;
}

static void a_hook_sees_the_object_as_it_will_be_and_as_it_was(void **state)
{
    core_fixture *f = *state;
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"text\":\"x\",\"n\":5}"));
    hook(f, HP_TRIGGER_BEFORE_SAVE, "Note", watch);
    seen_before = 0;
    fixture_ok(fixture_save(f, false, NULL, "Note", r.id, "{\"n\":{\"__op\":\"Increment\",\"amount\":2}}"));
    assert_int_equal(seen_before, 1);
}

/* While the hook holds its picture of the object, somebody else counts too. */
static int count_meanwhile(hpc_request *rq, void *data)
{
    (void)data;
    if (seen_before++ > 0) return HPC_OK;
    hpc_value *op = NULL;
    assert_int_equal(hpc_parse(rq, "{\"n\":{\"__op\":\"Increment\",\"amount\":10}}", &op), HPC_OK);
    return hpc_save(rq, HPC_AS_MASTER, "Note", hpc_object_id(rq), op, NULL);
}

static void an_increment_that_a_hook_left_alone_loses_nothing(void **state)
{
    core_fixture *f = *state;
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"n\":1}"));
    hook(f, HP_TRIGGER_BEFORE_SAVE, "Note", count_meanwhile);
    seen_before = 0;
    fixture_ok(fixture_save(f, false, NULL, "Note", r.id, "{\"n\":{\"__op\":\"Increment\",\"amount\":1}}"));
    hp_value stored = fixture_get(f, "Note", r.id);
    assert_int_equal((int)hp_object_get(&stored, HP_STR("n"))->number, 12);
}

static int refuse(hpc_request *rq, void *data)
{
    (void)data;
    seen_before++;
    return hpc_throw(rq, HPC_E_VALIDATION, "No.");
}

static void a_hook_refuses_and_does_not_run_for_who_may_not_write(void **state)
{
    core_fixture *f = *state;
    fixture_reply r = fixture_ok(fixture_save(f, true, NULL, "Note", NULL, "{\"ACL\":{}}"));
    hook(f, HP_TRIGGER_BEFORE_SAVE, "Note", refuse);
    hook(f, HP_TRIGGER_BEFORE_DELETE, "Note", refuse);
    seen_before = 0;
    fixture_refused(fixture_save(f, false, NULL, "Note", NULL, "{}"), 142, "No.");
    assert_int_equal(seen_before, 1);
    fixture_refused(fixture_save(f, false, NULL, "Note", r.id, "{}"), 101, "Object not found.");
    fixture_refused(fixture_save(f, false, NULL, "Note", "nosuch", "{}"), 101, "Object not found.");
    fixture_refused(fixture_remove(f, false, NULL, "Note", r.id), 101, "Object not found for delete.");
    assert_int_equal(seen_before, 1);
    fixture_refused(fixture_remove(f, true, NULL, "Note", r.id), 142, "No.");
    assert_int_equal(fixture_count(f, "Note", "{}"), 1);
}

static void a_hook_does_not_run_for_what_nobody_may_send_or_class_permissions_refuse(void **state)
{
    core_fixture *f = *state;
    hp_value out, def = fixture_json(f, "{\"className\":\"Closed\",\"classLevelPermissions\":{\"create\":{}}}");
    hp_err err = { 0 };
    hp_call call = fixture_call(f, true, NULL);
    assert_int_equal(hp_schema_create(&call, HP_STR_NONE, &def, &out, &err), HP_OK);
    hp_call_close(&call);
    hook(f, HP_TRIGGER_BEFORE_SAVE, "Closed", refuse);
    hook(f, HP_TRIGGER_BEFORE_SAVE, "Note", refuse);
    seen_before = 0;
    fixture_refused(fixture_save(f, false, NULL, "Closed", NULL, "{}"), 119,
                    "Permission denied for action create on class Closed.");
    fixture_refused(fixture_save(f, false, NULL, "Note", NULL, "{\"_wperm\":[]}"), 105, NULL);
    assert_int_equal(seen_before, 0);
}

static int repair(hpc_request *rq, void *data)
{
    (void)data;
    hpc_set(rq, hpc_object(rq), "n", hpc_make_number(rq, 1));
    return HPC_OK;
}

static void a_hook_repairs_what_a_client_got_wrong(void **state)
{
    core_fixture *f = *state;
    fixture_ok(fixture_save(f, true, NULL, "Note", NULL, "{\"n\":1}"));
    hook(f, HP_TRIGGER_BEFORE_SAVE, "Note", repair);
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"n\":\"one\"}"));
    assert_string_equal(fixture_text(f, hp_object_get(&r.body, HP_STR("n"))), "1");
}

static int look_on(hpc_request *rq, void *data)
{
    (void)rq;
    (void)data;
    return HPC_OK;
}

static void an_operation_that_changes_nothing_is_not_told_where_the_object_was_read(void **state)
{
    core_fixture *f = *state;
    fixture_reply made = fixture_ok(fixture_save(f, true, NULL, "Note", NULL, "{\"list\":[1],\"more\":[1]}"));
    hook(f, HP_TRIGGER_BEFORE_SAVE, "Note", look_on);
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", made.id,
                                              "{\"list\":{\"__op\":\"AddUnique\",\"objects\":[1]},"
                                              "\"more\":{\"__op\":\"AddUnique\",\"objects\":[2]}}"));
    assert_null(hp_object_get(&r.body, HP_STR("list")));
    assert_non_null(hp_object_get(&r.body, HP_STR("more")));
}

static int overreach(hpc_request *rq, void *data)
{
    (void)data;
    hpc_set(rq, hpc_object(rq), "objectId", hpc_make_text(rq, "mine"));
    hpc_set(rq, hpc_object(rq), "createdAt", hpc_make_text(rq, "never"));
    hpc_value *op = NULL;
    assert_int_equal(hpc_parse(rq, "{\"constructor\":1}", &op), HPC_OK);
    if (hpc_get(hpc_object(rq), "bad") != NULL) hpc_set(rq, hpc_object(rq), "o", op);
    if (hpc_get(hpc_object(rq), "worse") != NULL) hpc_set(rq, hpc_object(rq), "_rperm", hpc_make_null(rq));
    return HPC_OK;
}

static void a_hook_is_held_to_the_rules_of_any_write(void **state)
{
    core_fixture *f = *state;
    hook(f, HP_TRIGGER_BEFORE_SAVE, "Note", overreach);
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{}"));
    assert_int_equal(strlen(r.id), 10);
    fixture_refused(fixture_save(f, false, NULL, "Note", NULL, "{\"bad\":1}"), 105, NULL);
    fixture_refused(fixture_save(f, false, NULL, "Note", NULL, "{\"worse\":1}"), 105, "Invalid field name: _rperm.");
}

static int after(hpc_request *rq, void *data)
{
    (void)data;
    seen_after++;
    assert_int_equal((int)strlen(hpc_text(hpc_get(hpc_object(rq), "objectId"))), 10);
    assert_int_equal(hpc_type(hpc_get(hpc_object(rq), "password")), HPC_NULL);
    return hpc_throw(rq, 1234, "too late");
}

static void a_failing_after_save_takes_nothing_back(void **state)
{
    core_fixture *f = *state;
    hook(f, HP_TRIGGER_AFTER_SAVE, "Note", after);
    hook(f, HP_TRIGGER_AFTER_SAVE, "_User", after);
    seen_after = 0;
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"n\":1}"));
    fixture_ok(fixture_save(f, false, NULL, "Note", r.id, "{\"n\":2}"));
    fixture_sign_up(f, "ann", NULL);
    assert_int_equal(seen_after, 3);
    assert_int_equal(fixture_count(f, "Note", "{\"n\":2}"), 1);
}

static int set_password(hpc_request *rq, void *data)
{
    (void)data;
    hpc_set(rq, hpc_object(rq), "password", hpc_make_text(rq, "from-hook"));
    return HPC_OK;
}

static void a_password_set_by_a_hook_becomes_a_hash_too(void **state)
{
    core_fixture *f = *state;
    hook(f, HP_TRIGGER_BEFORE_SAVE, "_User", set_password);
    fixture_reply r =
        fixture_ok(fixture_save(f, false, NULL, "_User", NULL, "{\"username\":\"ann\",\"password\":\"x\"}"));
    assert_null(hp_object_get(&r.body, HP_STR("password")));
    hp_value out, name = hp_string(HP_STR("ann")), password = hp_string(HP_STR("from-hook"));
    hp_login login = { .username = &name, .password = &password };
    hp_err err = { 0 };
    hp_call call = fixture_call(f, false, NULL);
    assert_int_equal(hp_users_login(&call, &login, &out, &err), HP_OK);
    hp_call_close(&call);
}

/* ---- the atomic unit ---- */

static char account[64], other_account[64];

/* A transfer between the two accounts; the row being saved says how much. */
static int transfer(hpc_request *rq, void *data)
{
    (void)data;
    double amount = hpc_number(hpc_get(hpc_object(rq), "amount"));
    hpc_value *row = hpc_make_object(rq);
    hpc_set(rq, row, "about", hpc_make_pointer(rq, "Transfer", hpc_object_id(rq)));
    hpc_value *acl = NULL;
    assert_int_equal(hpc_parse(rq, "{\"*\":{\"read\":true}}", &acl), HPC_OK);
    hpc_set(rq, row, "ACL", acl);
    int rc = hpc_require_at_least(rq, "Account", account, "balance", amount, HPC_E_VALIDATION, "Insufficient balance.");
    if (rc == HPC_OK) rc = hpc_atomic_increment(rq, "Account", account, "balance", -amount, 2);
    if (rc == HPC_OK) rc = hpc_atomic_increment(rq, "Account", other_account, "balance", amount, 2);
    if (rc == HPC_OK) rc = hpc_atomic_create(rq, "Notice", row);
    if (rc == HPC_OK) rc = hpc_atomic_set(rq, NULL, NULL, "state", hpc_make_text(rq, "done"));
    return rc;
}

static void open_accounts(core_fixture *f)
{
    (void)snprintf(account, sizeof account, "%s",
                   fixture_ok(fixture_save(f, true, NULL, "Account", NULL, "{\"balance\":0.3}")).id);
    (void)snprintf(other_account, sizeof other_account, "%s",
                   fixture_ok(fixture_save(f, true, NULL, "Account", NULL, "{\"balance\":0.1}")).id);
    hook(f, HP_TRIGGER_BEFORE_SAVE, "Transfer", transfer);
}

static double balance(core_fixture *f, const char *id)
{
    hp_value v = fixture_get(f, "Account", id);
    return hp_object_get(&v, HP_STR("balance"))->number;
}

static void operations_of_a_hook_commit_with_the_save(void **state)
{
    core_fixture *f = *state;
    open_accounts(f);
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Transfer", NULL, "{\"amount\":0.2}"));
    assert_true(balance(f, account) == 0.1);
    assert_true(balance(f, other_account) == 0.3);
    assert_int_equal(fixture_count(f, "Notice", "{}"), 1);
    hp_value stored = fixture_get(f, "Transfer", r.id);
    assert_string_equal(fixture_text(f, hp_object_get(&stored, HP_STR("state"))), "\"done\"");
}

static void a_guard_that_does_not_hold_undoes_everything(void **state)
{
    core_fixture *f = *state;
    open_accounts(f);
    fixture_refused(fixture_save(f, false, NULL, "Transfer", NULL, "{\"amount\":0.31}"), 142, "Insufficient balance.");
    assert_true(balance(f, account) == 0.3);
    assert_true(balance(f, other_account) == 0.1);
    assert_int_equal(fixture_count(f, "Transfer", "{}"), 0);
    assert_int_equal(fixture_count(f, "Notice", "{}"), 0);
    (void)snprintf(other_account, sizeof other_account, "nosuch");
    fixture_refused(fixture_save(f, false, NULL, "Transfer", NULL, "{\"amount\":0.1}"), 101, NULL);
    assert_true(balance(f, account) == 0.3);
}

static int steal(hpc_request *rq, void *data)
{
    const char *field = data;
    int rc = hpc_atomic_set(rq, "_User", "someone", field, hpc_make_text(rq, "x"));
    return rc != HPC_OK ? rc : hpc_atomic_commit(rq);
}

static void atomic_operations_do_not_reach_secrets(void **state)
{
    core_fixture *f = *state;
    static char fields[][20] = { "password", "authData.x", "_hashed_password", "sessionToken", "objectId" };
    hpc_server = hp_cloud_api();
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        hp_err err = { 0 };
        hp_value params = hp_object(), result;
        bool has = false;
        hp_hook h = { .handler = steal, .data = fields[i], .plugin = "test" };
        assert_int_equal(hp_hooks_add_named(f->hooks, f->hooks->functions, HP_STR("steal"), h, &err), HP_OK);
        hp_call call = fixture_call(f, false, NULL);
        hp_code rc = hp_cloud_run_function(&call, HP_STR("steal"), &params, &result, &has, &err);
        hp_call_close(&call);
        if (rc != HP_E_OPERATION_FORBIDDEN && rc != HP_E_INVALID_KEY_NAME)
            fail_msg("%s: %d %s", fields[i], (int)rc, err.msg);
    }
}

/* ---- the engine ---- */

static int save_itself(hpc_request *rq, void *data)
{
    (void)data;
    seen_before++;
    return hpc_save(rq, HPC_AS_MASTER, hpc_class_name(rq), NULL, hpc_make_object(rq), NULL);
}

static void a_trigger_that_triggers_itself_ends(void **state)
{
    core_fixture *f = *state;
    hook(f, HP_TRIGGER_BEFORE_SAVE, "Note", save_itself);
    seen_before = 0;
    fixture_refused(fixture_save(f, false, NULL, "Note", NULL, "{}"), 141, NULL);
    assert_in_range(seen_before, 2, 100);
    assert_int_equal(fixture_count(f, "Note", "{}"), 0);
}

static int look_around(hpc_request *rq, void *data)
{
    (void)data;
    hpc_value *found = NULL;
    int64_t count = 0;
    assert_int_equal(hpc_find(rq, HPC_AS_CALLER, "Note", NULL, &found), HPC_OK);
    assert_int_equal(hpc_count(found), 1);
    assert_int_equal(hpc_find(rq, HPC_AS_MASTER, "Note", NULL, &found), HPC_OK);
    assert_int_equal(hpc_count(found), 2);
    assert_int_equal(hpc_count_objects(rq, HPC_AS_MASTER, "Note", NULL, &count), HPC_OK);
    assert_int_equal(count, 2);
    assert_true(hpc_has_role(rq, "Admin"));
    assert_false(hpc_has_role(rq, "Other"));
    assert_int_equal(hpc_save(rq, HPC_AS_CALLER, "Fresh", NULL, hpc_make_object(rq), &found), HPC_OK);
    assert_int_equal(hpc_destroy(rq, HPC_AS_MASTER, "Note", NULL), HPC_E_OBJECT_NOT_FOUND); /* no id is no object */
    hpc_return(rq, hpc_make_text(rq, "ok"));
    return HPC_OK;
}

static void a_function_works_as_the_caller_or_as_master(void **state)
{
    core_fixture *f = *state;
    const char *token;
    const char *id = fixture_sign_up(f, "ann", &token);
    fixture_ok(fixture_save(f, true, NULL, "Note", NULL, "{\"ACL\":{}}"));
    fixture_ok(fixture_save(f, true, NULL, "Note", NULL, "{\"ACL\":{\"role:Admin\":{\"read\":true}}}"));
    const char *role =
        hp_arena_cstr(f->mem, hp_arena_printf(f->mem,
                                              "{\"name\":\"Admin\",\"ACL\":{},\"users\":{\"__op\":\"AddRelation\","
                                              "\"objects\":[{\"__type\":\"Pointer\",\"className\":\"_User\","
                                              "\"objectId\":\"%s\"}]}}",
                                              id));
    fixture_ok(fixture_save(f, true, NULL, "_Role", NULL, role));

    hp_err err = { 0 };
    hp_value params = hp_object(), result;
    bool has = false;
    hp_hook h = { .handler = look_around, .plugin = "test" };
    hpc_server = hp_cloud_api();
    assert_int_equal(hp_hooks_add_named(f->hooks, f->hooks->functions, HP_STR("look"), h, &err), HP_OK);
    hp_call call = fixture_call(f, false, token);
    if (hp_cloud_run_function(&call, HP_STR("look"), &params, &result, &has, &err) != HP_OK) fail_msg("%s", err.msg);
    assert_non_null(
        hp_schema_class(call.schema, HP_STR("Fresh"))); /* what the inner save added, the outer call knows */
    hp_call_close(&call);
    assert_true(has);
    assert_string_equal(fixture_text(f, &result), "\"ok\"");
}

static int bar(hpc_request *rq, void *data)
{
    (void)data;
    seen_before++;
    assert_string_equal(hpc_text(hpc_get(hpc_object(rq), "username")), "ann");
    return hpc_throw(rq, HPC_E_FORBIDDEN, "Not today.");
}

static void a_login_hook_runs_after_the_password_and_can_refuse(void **state)
{
    core_fixture *f = *state;
    fixture_sign_up(f, "ann", NULL);
    hook(f, HP_TRIGGER_BEFORE_LOGIN, "_User", bar);
    int64_t sessions = fixture_count(f, "_Session", "{}");
    hp_value out, name = hp_string(HP_STR("ann")), wrong = hp_string(HP_STR("x")), right = hp_string(HP_STR("pw-ann"));
    hp_err err = { 0 };
    hp_call call = fixture_call(f, false, NULL);
    seen_before = 0;
    assert_int_equal(hp_users_login(&call, &(hp_login){ .username = &name, .password = &wrong }, &out, &err), 101);
    assert_int_equal(seen_before, 0);
    assert_int_equal(hp_users_login(&call, &(hp_login){ .username = &name, .password = &right }, &out, &err), 119);
    assert_int_equal(seen_before, 1);
    hp_call_close(&call);
    assert_int_equal(fixture_count(f, "_Session", "{}"), sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(what_a_hook_changes_is_stored_and_told),
        FIXTURE_TEST(a_hook_sees_the_object_as_it_will_be_and_as_it_was),
        FIXTURE_TEST(an_increment_that_a_hook_left_alone_loses_nothing),
        FIXTURE_TEST(a_hook_refuses_and_does_not_run_for_who_may_not_write),
        FIXTURE_TEST(a_hook_does_not_run_for_what_nobody_may_send_or_class_permissions_refuse),
        FIXTURE_TEST(a_hook_repairs_what_a_client_got_wrong),
        FIXTURE_TEST(an_operation_that_changes_nothing_is_not_told_where_the_object_was_read),
        FIXTURE_TEST(a_hook_is_held_to_the_rules_of_any_write),
        FIXTURE_TEST(a_failing_after_save_takes_nothing_back),
        FIXTURE_TEST(a_password_set_by_a_hook_becomes_a_hash_too),
        FIXTURE_TEST(operations_of_a_hook_commit_with_the_save),
        FIXTURE_TEST(a_guard_that_does_not_hold_undoes_everything),
        FIXTURE_TEST(atomic_operations_do_not_reach_secrets),
        FIXTURE_TEST(a_trigger_that_triggers_itself_ends),
        FIXTURE_TEST(a_function_works_as_the_caller_or_as_master),
        FIXTURE_TEST(a_login_hook_runs_after_the_password_and_can_refuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

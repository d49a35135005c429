/* Validators of cloud code, as Parse Server judges: what passes, what is told first, what is filled in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hooks/validator.h"
#include "value/json.h"

static bool has_role(void *call, hp_str role_name) { return hp_str_eq(role_name, hp_str_of(call)); }

static const hp_hook_engine ENGINE = { .has_role = has_role };

static hp_value json(hp_arena *mem, const char *text)
{
    hp_value v = hp_null();
    hp_err err;
    if (hp_json_read(hp_str_of(text), HP_JSON_PARSE, mem, &v, &err) != HP_OK) fail_msg("%s: %s", text, err.msg);
    return v;
}

static const hp_validator *validator(hp_arena *mem, const char *rules)
{
    const hp_validator *v = NULL;
    hp_err err;
    if (hp_validator_read(mem, hp_str_of(rules), &v, &err) != HP_OK) fail_msg("%s: %s", rules, err.msg);
    return v;
}

enum { MASTER = 1, USER = 2 };

/* `want`: the refusal, or NULL and what the parameters are then. */
static void parameters_roles_and_keys_are_judged_in_the_order_of_parse_server(void **state)
{
    static const struct {
        const char *rules, *params, *want, *after;
        int who;
    } cases[] = {
        { "{\"fields\":{\"a\":{\"options\":[\"x\"]},\"b\":{\"required\":true}}}", "{\"a\":\"y\"}",
          "Validation failed. Please specify data for b.", NULL, 0 },
        { "{\"fields\":{\"a\":{\"options\":[\"x\"]},\"b\":{\"type\":\"Number\"}}}", "{\"a\":\"y\",\"b\":\"z\"}",
          "Validation failed. Invalid type for b. Expected: number", NULL, 0 },
        { "{\"fields\":{\"a\":{\"options\":[null,1,true]}}}", "{\"a\":\"y\"}",
          "Validation failed. Invalid option for a. Expected: , 1, true", NULL, 0 },
        { "{\"fields\":{\"a\":{\"default\":5,\"type\":\"String\"}}}", "{}",
          "Validation failed. Invalid type for a. Expected: string", NULL, 0 },
        { "{\"fields\":{\"a\":{\"default\":5}}}", "{\"a\":null}", NULL, "{\"a\":5}", 0 },
        { "{\"fields\":{\"a\":{\"type\":\"String\"}}}", "{\"a\":null}",
          "Validation failed. Invalid type for a. Expected: string", NULL, 0 },
        { "{\"fields\":{\"a\":{\"type\":\"Object\"}}}", "{\"a\":null}", NULL, "{\"a\":null}", 0 },
        { "{\"fields\":{\"a\":{\"options\":[\"x\"]}}}", "{\"a\":null}",
          "Validation failed. Invalid option for a. Expected: x", NULL, 0 },
        { "{\"fields\":{\"a\":{\"options\":[\"x\"]}}}", "{}", NULL, "{}", 0 },
        { "{\"fields\":{\"a\":{\"required\":true}}}", "{}", NULL, "{}", MASTER },
        { "{\"fields\":{\"a\":{\"required\":true}},\"validateMasterKey\":true}", "{}",
          "Validation failed. Please specify data for a.", NULL, MASTER },
        { "{\"requireAnyUserRoles\":[]}", "{}", "Validation failed. User does not match the required roles.", NULL,
          USER },
        { "{\"requireAllUserRoles\":[]}", "{}", NULL, "{}", USER },
        { "{\"requireAllUserRoles\":[\"staff\",\"admin\"]}", "{}",
          "Validation failed. User does not match all the required roles.", NULL, USER },
        { "{\"requireAnyUserRoles\":[\"staff\"],\"requireUserKeys\":[\"phone\"]}", "{}",
          "Validation failed. Please set data for phone on your account.", NULL, USER },
        { "{\"requireUserKeys\":{\"plan\":{\"options\":[\"gold\"]}}}", "{}",
          "Validation failed. Invalid option for plan. Expected: gold", NULL, USER },
        { "{\"requireUserKeys\":{\"plan\":{\"options\":[\"gold\"]}}}", "{}", "Please login to make this request.", NULL,
          0 },
        { "{\"requireMaster\":true,\"requireUser\":true}", "{}", "Validation failed. Please login to continue.", NULL,
          0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        HP_AUTO_ARENA mem = hp_arena_new();
        char role[] = "staff";
        hp_value params = json(mem, cases[i].params), user = json(mem, "{\"plan\":\"tin\"}");
        hp_hook_request rq = { .mem = mem, .call = role, .params = &params, .master = cases[i].who == MASTER };
        hp_err err = { 0 };
        if (cases[i].who == USER) rq.user = &user;

        const hp_code rc = hp_validator_check(validator(mem, cases[i].rules), &ENGINE, &rq, &err);
        const hp_code want = cases[i].want == NULL ? HP_OK : HP_E_VALIDATION_ERROR;
        if (rc != want || (cases[i].want != NULL && strcmp(err.msg, cases[i].want) != 0))
            fail_msg("%s %s: %d %s", cases[i].rules, cases[i].params, (int)rc, err.msg);
        if (cases[i].after != NULL) assert_string_equal(hp_arena_cstr(mem, hp_json_text(mem, &params)), cases[i].after);
    }
}

static void a_constant_is_judged_as_it_was_sent_and_stays_as_it_was(void **state)
{
    static const char RULES[] = "{\"fields\":{\"a\":{\"constant\":true,\"required\":true,\"type\":\"Number\"}}}";
    static const struct {
        const char *object, *want;
    } cases[] = {
        { "{\"a\":2}", NULL },
        { "{\"a\":\"2\"}", "Validation failed. Invalid type for a. Expected: number" },
        { "{\"a\":null}", "Validation failed. Please specify data for a." },
        { "{}", "Validation failed. Please specify data for a." },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        HP_AUTO_ARENA mem = hp_arena_new();
        hp_value object = json(mem, cases[i].object), original = json(mem, "{\"a\":1}");
        hp_hook_request rq = { .mem = mem, .object = &object, .original = &original };
        hp_err err = { 0 };
        const hp_code rc = hp_validator_check(validator(mem, RULES), &ENGINE, &rq, &err);
        assert_int_equal(rc, cases[i].want == NULL ? HP_OK : HP_E_VALIDATION_ERROR);
        if (cases[i].want != NULL) assert_string_equal(err.msg, cases[i].want);
        if (rc == HP_OK) assert_true(hp_object_get(&object, HP_STR("a"))->number == 1);
    }
}

static void a_default_may_be_of_any_type(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value object = hp_object();
    hp_hook_request rq = { .mem = mem, .object = &object, .is_new = true };
    hp_err err = { 0 };
    (void)state;
    const hp_validator *v = validator(
        mem, "{\"fields\":{\"due\":{\"default\":{\"__type\":\"Date\",\"iso\":\"2030-01-01T00:00:00.000Z\"}}}}");
    assert_int_equal(hp_validator_check(v, &ENGINE, &rq, &err), HP_OK);
    assert_true(hp_is(hp_object_get(&object, HP_STR("due")), HP_DATE));
}

static void rules_that_mean_nothing_are_refused(void **state)
{
    static const char *const RULES[] = { "[]",
                                         "{",
                                         "{\"requireuser\":true}",
                                         "{\"requireUser\":1}",
                                         "{\"requireAnyUserRoles\":[1]}",
                                         "{\"fields\":7}",
                                         "{\"fields\":{\"a\":{\"type\":\"Date\"}}}",
                                         "{\"fields\":{\"a\":{\"requird\":true}}}",
                                         "{\"requireUserKeys\":{\"a\":{\"type\":\"String\"}}}" };
    HP_AUTO_ARENA mem = hp_arena_new();
    (void)state;
    for (size_t i = 0; i < sizeof RULES / sizeof *RULES; i++) {
        const hp_validator *v;
        hp_err err = { 0 };
        if (hp_validator_read(mem, hp_str_of(RULES[i]), &v, &err) == HP_OK) fail_msg("%s", RULES[i]);
        assert_true(err.msg[0] != '\0');
        assert_null(v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_roles_and_keys_are_judged_in_the_order_of_parse_server),
        cmocka_unit_test(a_constant_is_judged_as_it_was_sent_and_stays_as_it_was),
        cmocka_unit_test(a_default_may_be_of_any_type),
        cmocka_unit_test(rules_that_mean_nothing_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

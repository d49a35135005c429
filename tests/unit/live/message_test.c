#include "live/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

typedef struct reading {
    hp_arena *mem;
    hp_live_message m;
    hp_err err;
    hp_live_reading result;
} reading;

static reading read(const char *text)
{
    reading r = { .mem = hp_arena_new() };
    r.result = hp_live_message_read(hp_str_of(text), r.mem, &r.m, &r.err);
    return r;
}

static void what_parse_server_refuses_is_refused_in_its_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
    } cases[] = {
        { "[]", "Invalid type: array (expected object)" },
        { "{}", "Missing required property: op" },
        { "{\"op\":1}", "Invalid type: number (expected string)" },
        { "{\"op\":\"ping\"}", "No enum match for: \"ping\"" },
        { "{\"op\":\"connect\"}", "Missing required property: applicationId" },
        { "{\"op\":\"connect\",\"applicationId\":null}", "Invalid type: null (expected string)" },
        { "{\"op\":\"connect\",\"applicationId\":\"a\",\"x\":1}", "Additional properties not allowed" },
        { "{\"op\":\"subscribe\",\"requestId\":\"1\",\"query\":{\"className\":\"T\",\"where\":{}}}",
          "Invalid type: string (expected number)" },
        { "{\"op\":\"subscribe\",\"requestId\":1,\"query\":{\"className\":\"T\"}}",
          "Missing required property: where" },
        { "{\"op\":\"subscribe\",\"requestId\":1,\"query\":{\"className\":\"T\",\"where\":[]}}",
          "Invalid type: array (expected object)" },
        { "{\"op\":\"subscribe\",\"requestId\":1,\"query\":{\"className\":\"T\",\"where\":{},\"keys\":[]}}",
          "Array is too short (0), minimum 1" },
        { "{\"op\":\"subscribe\",\"requestId\":1,\"query\":{\"className\":\"T\",\"where\":{},\"keys\":[\"a\",\"a\"]}}",
          "Array items are not unique (indices 0 and 1)" },
        { "{\"op\":\"subscribe\",\"requestId\":1,\"query\":{\"className\":\"T\",\"where\":{},\"limit\":1}}",
          "Additional properties not allowed" },
        { "{\"op\":\"unsubscribe\",\"requestId\":1,\"sessionToken\":\"r:a\"}", "Additional properties not allowed" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reading r = read(cases[i].text);
        if (r.result != HP_LIVE_REFUSED || strcmp(r.err.msg, cases[i].error) != 0)
            fail_msg("%s: %d %s", cases[i].text, (int)r.result, r.err.msg);
        hp_arena_free(r.mem);
    }
}

static void what_is_no_json_is_told_apart(void **state)
{
    (void)state;
    static const char *const cases[] = { "", "x", "{\"op\":\"connect\"", "{\"op\":\"connect\",\"op\":\"connect\"}" };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        reading r = read(cases[i]);
        assert_int_equal(r.result, HP_LIVE_NOT_JSON);
        hp_arena_free(r.mem);
    }
}

static void what_clients_send_beyond_the_schema_is_understood(void **state)
{
    (void)state;
    reading r = read("{\"op\":\"connect\",\"applicationId\":\"a\",\"maintenanceKey\":\"m\",\"sessionToken\":\"\"}");
    assert_int_equal(r.result, HP_LIVE_READ);
    assert_false(hp_str_present(r.m.session_token));
    hp_arena_free(r.mem);

    r = read(
        "{\"op\":\"subscribe\",\"requestId\":1.5,\"query\":{\"className\":\"T\",\"where\":{\"a\":1},\"fields\":[\"x\"],"
        "\"include\":[\"p\"]},\"sessionToken\":\"r:a\"}");
    assert_int_equal(r.result, HP_LIVE_READ);
    assert_true(r.m.has_keys && r.m.keys.count == 1 && hp_str_eq(r.m.keys.items[0], HP_STR("x")));
    assert_int_equal(r.m.include.count, 1);
    assert_true(r.m.request_id == 1.5);
    assert_true(hp_str_eq(r.m.session_token, HP_STR("r:a")));
    hp_arena_free(r.mem);

    r = read("{\"op\":\"update\",\"requestId\":1,\"query\":{\"className\":\"T\",\"where\":{},\"fields\":[\"x\"],"
             "\"keys\":[\"y\",\"z\"]}}");
    assert_int_equal(r.m.keys.count, 2);
    hp_arena_free(r.mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_parse_server_refuses_is_refused_in_its_words),
        cmocka_unit_test(what_is_no_json_is_told_apart),
        cmocka_unit_test(what_clients_send_beyond_the_schema_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

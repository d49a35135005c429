/* An adapter behind HTTP: what its configuration may say, and what its answers mean. That it is really asked, signed and in
 * time is in tests/e2e/auth-providers.test.mjs and mail.test.mjs. */
#include "services/adapter_webhook_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "value/json.h"

static hp_value json(hp_arena *mem, const char *text)
{
    hp_value v;
    hp_err err;
    if (hp_json_read(hp_str_of(text), HP_JSON_PLAIN, mem, &v, &err) != HP_OK) fail_msg("%s: %s", text, err.msg);
    return v;
}

static void a_configuration_says_where_and_what(void **state)
{
    (void)state;
    static const struct {
        const char *options, *wrong;
    } cases[] = {
        { "{\"url\":\"https://a.example/auth\",\"methods\":[\"validateAuthData\"]}", NULL },
        { "{\"url\":\"http://a.example\",\"methods\":[\"a\",\"B\"],\"secret\":\"s\",\"timeout\":60000}", NULL },
        { "[]", "options must" },
        { "{\"methods\":[\"a\"]}", "options.url" },
        { "{\"url\":\"ftp://a.example\",\"methods\":[\"a\"]}", "options.url" },
        { "{\"url\":\"https://\",\"methods\":[\"a\"]}", "options.url" },
        { "{\"url\":\"https://a.example/?q=1\",\"methods\":[\"a\"]}", "options.url" },
        { "{\"url\":\"https://a.example/\\r\\nX: y\",\"methods\":[\"a\"]}", "options.url" },
        { "{\"url\":\"https://a.example\"}", "options.methods" },
        { "{\"url\":\"https://a.example\",\"methods\":[]}", "options.methods" },
        { "{\"url\":\"https://a.example\",\"methods\":\"a\"}", "options.methods" },
        { "{\"url\":\"https://a.example\",\"methods\":[\"../a\"]}", "options.methods" },
        { "{\"url\":\"https://a.example\",\"methods\":[\"\"]}", "options.methods" },
        { "{\"url\":\"https://a.example\",\"methods\":[1]}", "options.methods" },
        { "{\"url\":\"https://a.example\",\"methods\":[\"a\"],\"secret\":\"\"}", "options.secret" },
        { "{\"url\":\"https://a.example\",\"methods\":[\"a\"],\"secret\":7}", "options.secret" },
        { "{\"url\":\"https://a.example\",\"methods\":[\"a\"],\"timeout\":0}", "options.timeout" },
        { "{\"url\":\"https://a.example\",\"methods\":[\"a\"],\"timeout\":60001}", "options.timeout" },
        { "{\"url\":\"https://a.example\",\"methods\":[\"a\"],\"timeout\":\"1\"}", "options.timeout" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        HP_AUTO_ARENA mem = hp_arena_new();
        hp_value config = hp_object();
        hp_adapter_webhook w;
        hp_object_append(mem, &config, HP_STR("module"), hp_string(HP_STR("webhook")));
        hp_object_append(mem, &config, HP_STR("options"), json(mem, cases[i].options));
        assert_true(hp_adapter_is_webhook(&config));
        const char *wrong = hp_adapter_webhook_read(mem, &config, &w);
        if ((wrong == NULL) != (cases[i].wrong == NULL)) fail_msg("%s: %s", cases[i].options, wrong);
        if (wrong != NULL) assert_true(hp_str_starts(hp_str_of(wrong), hp_str_of(cases[i].wrong)));
    }
}

static void the_adapter_sees_its_options_without_the_secret(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_value config =
        json(mem, "{\"module\":\"webhook\",\"options\":{\"url\":\"https://a.example/x//\",\"methods\":[\"sendMail\"],"
                  "\"secret\":\"hidden\",\"timeout\":1500.7,\"own\":1}}");
    hp_adapter_webhook w;

    assert_null(hp_adapter_webhook_read(mem, &config, &w));
    assert_true(hp_str_eq(w.url, HP_STR("https://a.example/x")));
    assert_true(hp_str_eq(w.secret, HP_STR("hidden")));
    assert_int_equal(w.timeout_ms, 1500);
    assert_true(hp_adapter_webhook_has(&w, HP_STR("sendMail")));
    assert_false(hp_adapter_webhook_has(&w, HP_STR("sendmail")));
    assert_null(hp_object_get(&w.options, HP_STR("secret")));
    assert_non_null(hp_object_get(&w.options, HP_STR("own")));
    assert_non_null(
        hp_object_get(hp_object_get(&config, HP_STR("options")), HP_STR("secret"))); /* the original stays */
}

static void an_answer_means_what_the_page_says(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *body;
        int code; /* of the error; 0: success */
        const char *text;
    } cases[] = {
        { 200, "{\"success\":{\"a\":1}}", 0, "{\"a\":1}" },
        { 201, "{}", 0, "null" },
        { 200, "{\"success\":null,\"error\":null}", 0, "null" },
        { 200, "{\"error\":\"no\"}", 141, "no" },
        { 200, "{\"error\":{\"message\":\"no\"}}", 141, "no" },
        { 200, "{\"error\":{\"code\":101,\"message\":\"no\"}}", 141,
          "no" }, /* its code without "parse" is its own affair */
        { 200, "{\"error\":{\"parse\":true,\"code\":101,\"message\":\"no\"}}", 101, "no" },
        { 400, "{\"error\":{\"parse\":true,\"code\":101,\"message\":\"no\"}}", 101, "no" },
        { 200, "{\"error\":{\"parse\":true,\"code\":0,\"message\":\"no\"}}", 141, "no" }, /* no way to succeed */
        { 200, "{\"error\":{\"parse\":true,\"code\":0.3,\"message\":\"no\"}}", 141, "no" },
        { 200, "{\"error\":{\"parse\":true,\"code\":-0.3,\"message\":\"no\"}}", 141, "no" },
        { 200, "{\"error\":{\"parse\":true,\"code\":-1,\"message\":\"no\"}}", -1, "no" },
        { 200, "{\"error\":{\"parse\":true,\"code\":101.5,\"message\":\"no\"}}", 141, "no" },
        { 200, "{\"error\":{\"parse\":true,\"code\":1e300,\"message\":\"no\"}}", 141, "no" },
        { 200, "{\"error\":{\"parse\":true,\"code\":\"101\",\"message\":\"no\"}}", 141, "no" },
        { 200, "{\"error\":{}}", 141, "Auth failed. Unknown error." },
        { 200, "{\"error\":false,\"success\":1}", 141, "Auth failed. Unknown error." },
        { 200, "{\"success\":1,\"error\":\"no\"}", 141, "no" },
        { 200, "[1]", 1, NULL },
        { 200, "", 1, NULL },
        { 200, "{\"success\":", 1, NULL },
        { 302, "{\"success\":1}", 1, NULL },
        { 500, "{\"success\":1}", 1, NULL },
        { 404, "not found", 1, NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        HP_AUTO_ARENA mem = hp_arena_new();
        const hp_http_answer answer = { .status = cases[i].status, .body = hp_str_of(cases[i].body) };
        hp_value success;
        hp_err err = { 0 };
        const hp_code rc = hp_adapter_webhook_answer(&answer, HP_E_SCRIPT_FAILED, mem, &success, &err);
        if ((int)rc != cases[i].code) fail_msg("%d %s: %d %s", cases[i].status, cases[i].body, (int)rc, err.msg);
        if (rc == HP_OK)
            assert_true(hp_str_eq(hp_json_text(mem, &success), hp_str_of(cases[i].text)));
        else if (cases[i].text != NULL)
            assert_string_equal(err.msg, cases[i].text);
        if (rc != HP_OK) assert_int_equal(success.tag, HP_NULL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_configuration_says_where_and_what),
        cmocka_unit_test(the_adapter_sees_its_options_without_the_secret),
        cmocka_unit_test(an_answer_means_what_the_page_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

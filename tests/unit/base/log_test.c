#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

/* Runs one log call with stderr redirected into a pipe; returns the line. */
static char *logged(const char *value, bool json)
{
    static char line[8192];
    int ends[2], kept = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    hp_log_configure(HP_LOG_INFO, json);
    hp_log(HP_LOG_INFO, "event", HP_F_TEXT("user", value), HP_F_INT("n", -5));
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    ssize_t len = read(ends[0], line, sizeof line - 1);
    assert_true(len > 0);
    line[len] = '\0';
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)close(kept);
    return line;
}

static void hostile_values_stay_on_one_escaped_line(void **state)
{
    static const char *const VALUES[] = { "a\r\nINFO forged x=1", "\x1b[31mred", "\xe2\x80\xa8", "\xff\xfe", "%s%n%x",
                                          "say \"hi\"",           "back\\slash", "\xc2\x9b" };
    (void)state;
    for (int json = 0; json < 2; json++)
        for (size_t i = 0; i < sizeof VALUES / sizeof *VALUES; i++) {
            char *line = logged(VALUES[i], json == 1);
            assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
            for (char *p = line; *p != '\n'; p++) assert_true((unsigned char)*p >= 0x20);
            assert_null(strstr(line, "\xe2\x80\xa8"));
            assert_null(strstr(line, "\xff"));
            assert_null(strstr(line, "\xc2\x9b"));
        }
}

static void a_long_value_is_cut(void **state)
{
    static char huge[100000];
    (void)state;
    memset(huge, 'x', sizeof huge - 1);
    assert_true(strlen(logged(huge, false)) < 2000);
}

static void both_forms_name_level_event_and_fields(void **state)
{
    (void)state;
    assert_non_null(strstr(logged("bob", false), "INFO event user=bob n=-5\n"));
    assert_non_null(strstr(logged("bob", true), "\"level\":\"info\",\"event\":\"event\",\"user\":\"bob\",\"n\":-5}\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_values_stay_on_one_escaped_line),
        cmocka_unit_test(a_long_value_is_cut),
        cmocka_unit_test(both_forms_name_level_event_and_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"

/* Runs one log call with stderr redirected into a pipe: `line` is what it wrote. */
static void write_event(const hp_log_field *fields, size_t count, bool json, char *line, size_t size)
{
    int ends[2], kept = dup(STDERR_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    hp_log_configure(HP_LOG_INFO, json);
    hp_log_write(HP_LOG_INFO, "event", fields, count);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    ssize_t len = read(ends[0], line, size - 1);
    assert_true(len > 0);
    line[len] = '\0';
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)close(kept);
}

static char *logged(const char *value, bool json)
{
    static char line[8192];
    const hp_log_field fields[] = { HP_F_TEXT("user", value), HP_F_INT("n", -5) };
    write_event(fields, 2, json, line, sizeof line);
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

/* However little room the fields before have left for the end of the line. */
static void a_line_that_is_full_has_its_end(void **state)
{
    static char large[1011], filler[1025], line[16384];
    (void)state;
    memset(large, 'x', sizeof large - 1);
    for (size_t len = 900; len < sizeof filler; len++)
        for (int json = 0; json < 2; json++) {
            memset(filler, 'f', len);
            filler[len] = '\0';
            const hp_log_field fields[] = { HP_F_TEXT("a", large), HP_F_TEXT("b", large), HP_F_TEXT("c", large),
                                            HP_F_TEXT("f", filler), HP_F_TEXT("left_out", large) };
            write_event(fields, sizeof fields / sizeof *fields, json == 1, line, sizeof line);
            assert_true(strlen(line) > 3000 && strlen(line) <= 4096);
            const char *const end = json == 1 ? ",\"cut\":1}\n" : " cut=1\n";
            assert_string_equal(line + strlen(line) - strlen(end), end);
        }
}

/* A hundred fields of which each byte needs six. */
static void an_event_too_large_is_still_one_whole_line(void **state)
{
    static char hostile[300], line[16384];
    hp_log_field fields[100];
    (void)state;
    memset(hostile, 1, sizeof hostile - 1);
    for (size_t i = 0; i < 100; i++) fields[i] = HP_F_TEXT("k", hostile);
    fields[99] = HP_F_INT("last", 1);
    for (int json = 0; json < 2; json++) {
        write_event(fields, 100, json == 1, line, sizeof line);
        assert_true(strlen(line) > 1000 && strlen(line) <= 4096);
        assert_non_null(strstr(line, json == 1 ? "\",\"last\":1,\"cut\":1}\n" : "\" last=1 cut=1\n"));
    }
}

static void events_above_the_level_are_dropped(void **state)
{
    int ends[2], kept = dup(STDERR_FILENO);
    char line[512];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    hp_log_configure(HP_LOG_WARN, false);
    hp_log0(HP_LOG_INFO, "quiet");
    hp_log0(HP_LOG_WARN, "loud");
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    ssize_t len = read(ends[0], line, sizeof line - 1);
    assert_true(len > 0);
    line[len] = '\0';
    assert_null(strstr(line, "quiet"));
    assert_non_null(strstr(line, "WARN loud\n"));
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)close(kept);
}

enum { WRITERS = 4, LINES_EACH = 200, TEXT_LEN = 900 };

static void *write_lines(void *arg)
{
    char text[TEXT_LEN + 1];
    memset(text, *(const char *)arg, TEXT_LEN);
    text[TEXT_LEN] = '\0';
    for (int i = 0; i < LINES_EACH; i++) hp_log(HP_LOG_INFO, "event", HP_F_TEXT("text", text));
    return NULL;
}

static void lines_of_several_threads_do_not_mix(void **state)
{
    static char names[WRITERS] = { 'a', 'b', 'c', 'd' };
    pthread_t threads[WRITERS];
    int ends[2], kept = dup(STDERR_FILENO), lines = 0;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    (void)close(ends[1]);
    hp_log_configure(HP_LOG_INFO, false);
    for (int i = 0; i < WRITERS; i++) assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &names[i]), 0);

    FILE *in = fdopen(ends[0], "r");
    char line[2048];
    while (lines < WRITERS * LINES_EACH && fgets(line, sizeof line, in) != NULL) {
        const char *text = strstr(line, "INFO event text=");
        assert_non_null(text);
        text += strlen("INFO event text=");
        assert_int_equal(strspn(text, (char[]){ text[0], '\0' }), TEXT_LEN);
        assert_string_equal(text + TEXT_LEN, "\n");
        lines++;
    }
    for (int i = 0; i < WRITERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    assert_int_equal(lines, WRITERS * LINES_EACH);
    (void)fclose(in);
    (void)close(kept);
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
        cmocka_unit_test(an_event_too_large_is_still_one_whole_line),
        cmocka_unit_test(a_line_that_is_full_has_its_end),
        cmocka_unit_test(events_above_the_level_are_dropped),
        cmocka_unit_test(lines_of_several_threads_do_not_mix),
        cmocka_unit_test(both_forms_name_level_event_and_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The ring of the last lines: what it keeps, in which order, and what it is asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/log_recent.h"

static hp_log_query everything(void)
{
    return (hp_log_query){ .level = HP_LOG_DEBUG, .until_ms = INT64_MAX, .max = HP_LOG_RECENT_MAX };
}

static void the_newest_lines_stay_and_the_oldest_go(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_log_entry *got;
    hp_log_query q = everything();
    (void)state;
    for (int i = 0; i < HP_LOG_RECENT_MAX + 7; i++) {
        char text[16];
        hp_log_recent_keep(i, HP_LOG_INFO, (hp_str){ text, (size_t)snprintf(text, sizeof text, "line %d", i) });
    }
    assert_int_equal(hp_log_recent(&q, mem, &got), HP_LOG_RECENT_MAX);
    assert_int_equal(got[0].at_ms, HP_LOG_RECENT_MAX + 6);
    assert_int_equal(got[HP_LOG_RECENT_MAX - 1].at_ms, 7);
    q.oldest_first = true;
    q.max = 2;
    assert_int_equal(hp_log_recent(&q, mem, &got), 2);
    assert_int_equal(got[0].at_ms, 7);
    assert_true(hp_str_eq(got[1].message, HP_STR("line 8")));
}

static void level_and_time_choose(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_log_entry *got;
    (void)state;
    hp_log_recent_keep(10001, HP_LOG_ERROR, HP_STR("bad"));
    hp_log_recent_keep(10002, HP_LOG_INFO, HP_STR("good"));
    hp_log_recent_keep(10003, HP_LOG_WARN, HP_STR("odd"));
    hp_log_query q = everything();
    q.from_ms = 10001;
    assert_int_equal(hp_log_recent(&q, mem, &got), 3);
    q.level = HP_LOG_WARN;
    assert_int_equal(hp_log_recent(&q, mem, &got), 2);
    q.until_ms = 10002;
    assert_int_equal(hp_log_recent(&q, mem, &got), 1);
    assert_true(hp_str_eq(got[0].message, HP_STR("bad")));
    q.max = 0;
    assert_int_equal(hp_log_recent(&q, mem, &got), 0);
}

static void a_long_line_is_cut_between_characters(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_log_entry *got;
    char text[HP_LOG_RECENT_BYTES_MAX + 3];
    hp_log_query q = everything();
    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + HP_LOG_RECENT_BYTES_MAX - 1, "\xc3\xa4", 2);
    hp_log_recent_keep(20000, HP_LOG_INFO, (hp_str){ text, sizeof text });
    q.max = 1;
    assert_int_equal(hp_log_recent(&q, mem, &got), 1);
    assert_int_equal(got[0].message.len, HP_LOG_RECENT_BYTES_MAX - 1);
    assert_true(hp_str_utf8_valid(got[0].message));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_lines_stay_and_the_oldest_go),
        cmocka_unit_test(level_and_time_choose),
        cmocka_unit_test(a_long_line_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

static void split_yields_every_part_also_empty_ones(void **state)
{
    (void)state;
    const struct {
        hp_str text;
        size_t parts;
        hp_str last;
    } cases[] = {
        { HP_STR("a,,b"), 3, HP_STR("b") }, { HP_STR("a,"), 2, HP_STR("") }, { HP_STR(""), 1, HP_STR("") },
        { HP_STR("a"), 1, HP_STR("a") },    { HP_STR_NONE, 0, HP_STR("") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_str rest = cases[i].text, part = HP_STR(""), last = HP_STR("");
        size_t count = 0;
        while (hp_str_split(&rest, ',', &part)) {
            count++;
            last = part;
        }
        assert_int_equal(count, cases[i].parts);
        assert_true(hp_str_eq(last, cases[i].last));
    }
}

static void integers_are_whole_decimal_and_in_range(void **state)
{
    (void)state;
    const struct {
        const char *text;
        bool ok;
        int64_t value;
    } cases[] = {
        { "0", true, 0 },
        { "-9223372036854775808", true, INT64_MIN },
        { "9223372036854775807", true, INT64_MAX },
        { "9223372036854775808", false, 0 },
        { "-9223372036854775809", false, 0 },
        { "", false, 0 },
        { "-", false, 0 },
        { "+1", false, 0 },
        { " 1", false, 0 },
        { "1.0", false, 0 },
        { "0x10", false, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value = 0;
        if (hp_str_to_int64(hp_str_of(cases[i].text), INT64_MIN, INT64_MAX, &value) != cases[i].ok)
            fail_msg("case: %s", cases[i].text);
        if (cases[i].ok) assert_true(value == cases[i].value);
    }
    int64_t value;
    assert_false(hp_str_to_int64(HP_STR("11"), 0, 10, &value));
}

static void utf8_is_rfc_3629(void **state)
{
    (void)state;
    const struct {
        hp_str text;
        bool ok;
    } cases[] = {
        { HP_STR("plain"), true },
        { HP_STR("\0"), true },
        { HP_STR("\xc3\xa9"), true },
        { HP_STR("\xf0\x9f\x98\x80"), true },
        { HP_STR("\xf4\x8f\xbf\xbf"), true },
        { HP_STR("\xc0\x80"), false },         /* overlong */
        { HP_STR("\xe0\x80\x80"), false },     /* overlong */
        { HP_STR("\xed\xa0\x80"), false },     /* surrogate */
        { HP_STR("\xf4\x90\x80\x80"), false }, /* past U+10FFFF */
        { HP_STR("\xe2\x82"), false },         /* cut short */
        { HP_STR("\x80"), false },
        { HP_STR("\xff"), false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (hp_str_utf8_valid(cases[i].text) != cases[i].ok) fail_msg("case %zu", i);
}

static void order_is_by_bytes_then_length(void **state)
{
    (void)state;
    assert_true(hp_str_cmp(HP_STR("a"), HP_STR("b")) < 0);
    assert_true(hp_str_cmp(HP_STR("a"), HP_STR("ab")) < 0);
    assert_true(hp_str_cmp(HP_STR("Z"), HP_STR("a")) < 0);
    assert_int_equal(hp_str_cmp(HP_STR(""), HP_STR_NONE), 0);
    assert_true(hp_str_cmp(HP_STR("a\0b"), HP_STR("a\0a")) > 0);
}

static void trimming_and_case_folding_are_ascii_only(void **state)
{
    (void)state;
    assert_true(hp_str_eq(hp_str_trim(HP_STR(" \t\r\n a b \v\f")), HP_STR("a b")));
    assert_true(hp_str_eq(hp_str_trim(HP_STR("   ")), HP_STR("")));
    assert_true(hp_str_eq_nocase(HP_STR("Content-LENGTH"), HP_STR("content-length")));
    assert_false(hp_str_eq_nocase(HP_STR("\xc3\x89"), HP_STR("\xc3\xa9")));
}

static void parts_are_found_and_cut_to_what_is_there(void **state)
{
    const hp_str text = HP_STR("one.two.three");
    (void)state;
    assert_int_equal(hp_str_find_char(text, '.', 0), 3);
    assert_int_equal(hp_str_find_char(text, '.', 4), 7);
    assert_true(hp_str_find_char(text, '.', 8) == SIZE_MAX);
    assert_true(hp_str_find_char(text, '.', 100) == SIZE_MAX);
    assert_true(hp_str_find_char(HP_STR_NONE, '.', 0) == SIZE_MAX);
    assert_true(hp_str_contains(text, HP_STR(".two.")));
    assert_true(hp_str_contains(text, HP_STR("")));
    assert_false(hp_str_contains(HP_STR("on"), text));
    assert_true(hp_str_starts(text, HP_STR("one")) && !hp_str_starts(text, HP_STR("two")));
    assert_true(hp_str_ends(text, HP_STR("three")) && !hp_str_ends(HP_STR("e"), HP_STR("three")));
    assert_true(hp_str_eq(hp_str_sub(text, 8, 100), HP_STR("three")));
    assert_int_equal(hp_str_sub(text, 100, 1).len, 0);
    assert_false(hp_str_present(hp_str_sub(HP_STR_NONE, 1, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(split_yields_every_part_also_empty_ones),
        cmocka_unit_test(integers_are_whole_decimal_and_in_range),
        cmocka_unit_test(utf8_is_rfc_3629),
        cmocka_unit_test(order_is_by_bytes_then_length),
        cmocka_unit_test(parts_are_found_and_cut_to_what_is_there),
        cmocka_unit_test(trimming_and_case_folding_are_ascii_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

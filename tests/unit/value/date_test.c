#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "value/base64.h"
#include "value/date.h"

static void dates_are_read_as_javascript_reads_iso_8601(void **state)
{
    (void)state;
    const struct {
        const char *text;
        bool ok;
        int64_t ms;
    } cases[] = {
        { "1970-01-01T00:00:00.000Z", true, 0 },
        { "2020-01-02T03:04:05.678Z", true, 1577934245678 },
        { "2020-01-02T03:04:05Z", true, 1577934245000 },
        { "2020-01-02T03:04:05.6789999Z", true, 1577934245678 },
        { "2020-01-02T03:04Z", true, 1577934240000 },
        { "2020-01-02T05:04:05.678+02:00", true, 1577934245678 },
        { "2020-01-02", true, 1577923200000 },
        { "2020-02-29", true, 1582934400000 },
        { "1969-12-31T23:59:59.999Z", true, -1 },
        { "+275760-09-13T00:00:00.000Z", true, 8640000000000000 },
        { "+275760-09-13T00:00:00.001Z", false, 0 },
        { "-271821-04-20T00:00:00.000Z", true, -8640000000000000 },
        { "2020-01-01T24:00:00Z", true, 1577923200000 },
        { "2019-02-29", false, 0 },
        { "2020-13-01", false, 0 },
        { "2020-01-32", false, 0 },
        { "2020-01-01T25:00:00Z", false, 0 },
        { "2020-01-01T00:60:00Z", false, 0 },
        { "2020-01-01T00:00:00+99:00", false, 0 },
        { "2020-01-01T00:00:00.Z", false, 0 },
        { "2020-01-01T00:00:00,5Z", false, 0 },
        { "2020-1-1", false, 0 },
        { "2020", true, 1577836800000 },
        { "2020-02", true, 1580515200000 },
        { "2020-01-02T03:04:05.678", true, 1577934245678 },
        { "2020-01-02T05:04:05+0200", true, 1577934245000 },
        { "2020-01-01T24:00:00.001Z", false, 0 },
        { "2020-01-01T24:30:00Z", false, 0 },
        { "2020-01-01T10Z", false, 0 },
        { "2020-04-31", false, 0 },
        { "1900-02-29", false, 0 },
        { "2000-02-29", true, 951782400000 },
        { "0000-01-01", true, -62167219200000 },
        { "yesterday", false, 0 },
        { "", false, 0 },
        { "-000000-01-01T00:00:00Z", false, 0 },
        { "2020-01-02T03:04:05.678Z ", false, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = 0;
        bool ok = hp_date_parse(hp_str_of(cases[i].text), &ms);
        if (ok != cases[i].ok || (ok && ms != cases[i].ms)) fail_msg("%s: %lld", cases[i].text, (long long)ms);
    }
}

static void every_day_of_800_years_survives_a_round_trip(void **state)
{
    char text[HP_DATE_TEXT_LEN + 1];
    (void)state;
    for (int64_t day = -150000; day < 150000; day++) {
        int64_t ms = day * 86400000 + 45296789, back;
        size_t len = hp_date_format(ms, text);
        assert_int_equal(len, 24);
        assert_true(hp_date_parse((hp_str){ text, len }, &back));
        assert_true(back == ms);
    }
}

static void years_of_more_than_four_digits_carry_a_sign(void **state)
{
    char text[HP_DATE_TEXT_LEN + 1];
    (void)state;
    (void)hp_date_format(8640000000000000, text);
    assert_string_equal(text, "+275760-09-13T00:00:00.000Z");
    (void)hp_date_format(-8640000000000000, text);
    assert_string_equal(text, "-271821-04-20T00:00:00.000Z");
    (void)hp_date_format(-62167219200000, text);
    assert_string_equal(text, "0000-01-01T00:00:00.000Z");
    (void)hp_date_format(-62167219200001, text);
    assert_string_equal(text, "-000001-12-31T23:59:59.999Z");
}

static void base64_is_strict(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_str out;
    (void)state;
    for (size_t len = 0; len < 70; len++) {
        char bytes[70];
        for (size_t i = 0; i < len; i++) bytes[i] = (char)(i * 37 + len);
        hp_str in = { bytes, len };
        assert_true(hp_base64_decode(mem, hp_base64_encode(mem, in), &out));
        assert_true(hp_str_eq(out, in));
    }
    assert_true(hp_base64_decode(mem, HP_STR("aGVsbG8"), &out));
    assert_true(hp_str_eq(out, HP_STR("hello")));
    assert_false(hp_base64_decode(mem, HP_STR("a"), &out));
    assert_false(hp_base64_decode(mem, HP_STR("aGVs bG8="), &out));
    assert_false(hp_base64_decode(mem, HP_STR("aG=sbG8="), &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_as_javascript_reads_iso_8601),
        cmocka_unit_test(every_day_of_800_years_survives_a_round_trip),
        cmocka_unit_test(years_of_more_than_four_digits_carry_a_sign),
        cmocka_unit_test(base64_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

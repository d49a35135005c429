/* Exact numbers: what is read comes back, order is numeric, nothing is rounded in silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "value/decimal.h"
#include "value/json.h"

static hp_decimal of(const char *text)
{
    hp_decimal d;
    if (!hp_decimal_read(hp_str_of(text), &d)) fail_msg("not read: %s", text);
    return d;
}

static void assert_text(hp_decimal d, const char *want)
{
    char text[HP_DECIMAL_TEXT_MAX + 1];
    const size_t len = hp_decimal_format(d, text);
    assert_int_equal(len, strlen(text));
    assert_string_equal(text, want);
}

static void a_number_keeps_the_digits_it_was_written_with(void **state)
{
    static const char *const cases[][2] = {
        { "0", "0" },
        { "-0", "-0" },
        { "1.50", "1.50" },
        { "+7", "7" },
        { ".5", "0.5" },
        { "5.", "5" },
        { "00012.30", "12.30" },
        { "0.000001", "0.000001" },
        { "0.0000001", "1E-7" },
        { "-1234.5678e-3", "-1.2345678" },
        { "1e3", "1E+3" },
        { "12E5", "1.2E+6" },
        { "1234567890123456789012345678901234", "1234567890123456789012345678901234" },
        { "-0.0000001234567890123456789012345678901234", "-1.234567890123456789012345678901234E-7" },
        { "9.999999999999999999999999999999999E+6144", "9.999999999999999999999999999999999E+6144" },
        { "-9.999999999999999999999999999999999E-6143", "-9.999999999999999999999999999999999E-6143" },
        { "1E-6176", "1E-6176" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_text(of(cases[i][0]), cases[i][1]);
}

static void what_is_no_number_or_would_be_rounded_is_refused(void **state)
{
    static const char *const cases[] = { "",        " 1",
                                         "1 ",      "abc",
                                         "NaN",     "Infinity",
                                         "-inf",    "1e",
                                         "1e+",     "0x10",
                                         "1,5",     "--1",
                                         "1.2.3",   ".",
                                         "+",       "1E6145",
                                         "1E-6177", "1E99999999999999999999",
                                         "e5",      "12345678901234567890123456789012345" };
    hp_decimal d;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (hp_decimal_read(hp_str_of(cases[i]), &d)) fail_msg("was read: %s", cases[i]);
    assert_false(hp_decimal_read((hp_str){ "1\0002", 3 }, &d));
    char many[400];
    memset(many, '0', sizeof many);
    assert_false(hp_decimal_read((hp_str){ many, sizeof many }, &d));
}

static void order_is_numeric_whatever_the_digits(void **state)
{
    static const char *const ascending[] = { "-1E+6000",
                                             "-12",
                                             "-1.5",
                                             "-1.4999999999999999999999999999999",
                                             "-1E-6000",
                                             "0",
                                             "1E-7",
                                             "0.1",
                                             "0.10000000000000000000000001",
                                             "1.5",
                                             "9",
                                             "10.00",
                                             "1E+300",
                                             "1E+301" };
    enum { COUNT = sizeof ascending / sizeof *ascending };
    (void)state;
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < COUNT; k++)
            assert_int_equal(hp_decimal_compare(of(ascending[i]), of(ascending[k])), (i > k) - (i < k));
    assert_int_equal(hp_decimal_compare(of("1.50"), of("1.5")), 0);
    assert_int_equal(hp_decimal_compare(of("-0"), of("0.000")), 0);
}

static void sums_are_exact_or_say_that_they_are_not(void **state)
{
    hp_decimal sum = of("0"), tenth = of("0.1"), out;
    (void)state;
    for (int i = 0; i < 1000; i++) assert_true(hp_decimal_add(sum, tenth, &sum));
    assert_text(sum, "100.0");
    assert_true(hp_decimal_subtract(of("0.30"), of("0.1"), &out));
    assert_text(out, "0.20");
    assert_true(hp_decimal_multiply(of("1.10"), of("1.1"), &out));
    assert_text(out, "1.210");
    assert_true(hp_decimal_divide(of("1"), of("8"), &out));
    assert_text(out, "0.125");
    assert_false(hp_decimal_divide(of("1"), of("3"), &out));
    assert_text(out, "0.3333333333333333333333333333333333");
    assert_false(hp_decimal_add(of("1E+33"), of("0.1"), &out));
    assert_false(hp_decimal_add(of("9E+6144"), of("9E+6144"), &out));
    assert_false(hp_decimal_in_range(out));
    assert_false(hp_decimal_divide(of("1"), of("0"), &out));
}

static void doubles_become_what_javascript_prints(void **state)
{
    (void)state;
    assert_text(hp_decimal_of_double(0.1), "0.1");
    assert_text(hp_decimal_of_double(1), "1");
    assert_text(hp_decimal_of_double(1e21), "1E+21");
    assert_text(hp_decimal_of_double(-5e-324), "-5E-324");
    assert_text(hp_decimal_of_double(1.7976931348623157e308), "1.7976931348623157E+308");
    assert_true(hp_decimal_to_double(of("0.1")) == 0.1);
    assert_true(hp_decimal_to_double(of("1E-6000")) == 0);
}

static void rounding_takes_the_places_that_are_asked_for(void **state)
{
    (void)state;
    assert_text(hp_decimal_round(of("2.345"), 2, HP_DECIMAL_HALF_EVEN), "2.34");
    assert_text(hp_decimal_round(of("2.355"), 2, HP_DECIMAL_HALF_EVEN), "2.36");
    assert_text(hp_decimal_round(of("-2.7"), 0, HP_DECIMAL_DOWN), "-2");
    assert_text(hp_decimal_round(of("-2.1"), 0, HP_DECIMAL_FLOOR), "-3");
    assert_text(hp_decimal_round(of("2.1"), 0, HP_DECIMAL_CEILING), "3");
    assert_text(hp_decimal_round(of("1234"), -2, HP_DECIMAL_HALF_EVEN), "1.2E+3");
    assert_text(hp_decimal_round(of("1E+6000"), 2, HP_DECIMAL_HALF_EVEN), "1E+6000");
}

static uint64_t seed = 1;
static unsigned any(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

/* Numbers of one exponent are ordered as their digits are, which needs no arithmetic to know. */
static void random_numbers_come_back_and_are_ordered_as_their_digits(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        char a[48], b[48], text[HP_DECIMAL_TEXT_MAX + 1];
        unsigned places = any(20);
        long long x = (long long)any(2000000000) - 1000000000, y = any(3) == 0 ? x : (long long)any(2000) - 1000;
        (void)snprintf(a, sizeof a, "%lldE-%u", x, places);
        (void)snprintf(b, sizeof b, "%lldE-%u", y, places);
        const hp_decimal m = of(a), n = of(b);
        assert_int_equal(hp_decimal_compare(m, n), (x > y) - (x < y));
        (void)hp_decimal_format(m, text);
        const hp_decimal again = of(text);
        assert_true(again.low == m.low && again.high == m.high);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_keeps_the_digits_it_was_written_with),
        cmocka_unit_test(what_is_no_number_or_would_be_rounded_is_refused),
        cmocka_unit_test(order_is_numeric_whatever_the_digits),
        cmocka_unit_test(sums_are_exact_or_say_that_they_are_not),
        cmocka_unit_test(doubles_become_what_javascript_prints),
        cmocka_unit_test(rounding_takes_the_places_that_are_asked_for),
        cmocka_unit_test(random_numbers_come_back_and_are_ordered_as_their_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

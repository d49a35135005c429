/* A number of the other type selects what the numbers themselves would: no double between, none left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <math.h>

#include "query/numeric.h"

static hp_value of(const char *text)
{
    hp_decimal d;
    if (!hp_decimal_read(hp_str_of(text), &d)) fail_msg("not read: %s", text);
    return hp_decimal_value(d);
}

static bool holds(hp_filter_kind kind, int order)
{
    if (kind == HP_FILTER_LT) return order < 0;
    if (kind == HP_FILTER_LTE) return order <= 0;
    return kind == HP_FILTER_GT ? order > 0 : order >= 0;
}

static void a_bound_on_numbers_selects_what_the_decimal_selects(void **state)
{
    static const char *const bounds[] = { "0",
                                          "-0.00",
                                          "1",
                                          "1.00",
                                          "0.1",
                                          "0.1000000000000000055511151231257827",
                                          "0.1000000000000000000000000000000001",
                                          "0.09999999999999999999999999999999999",
                                          "-2.5000000000000000000000000000001",
                                          "9007199254740992",
                                          "9007199254740993",
                                          "1.7976931348623157E+308",
                                          "1.7976931348623158E+308",
                                          "1E+400",
                                          "-1E+400",
                                          "5E-324",
                                          "2E-324",
                                          "-1E-6000" };
    static const hp_filter_kind kinds[] = { HP_FILTER_LT, HP_FILTER_LTE, HP_FILTER_GT, HP_FILTER_GTE };
    (void)state;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        const hp_value bound = of(bounds[i]);
        const double near = hp_decimal_to_double(bound.decimal);
        const double numbers[] = { near, nextafter(near, INFINITY), nextafter(near, -INFINITY), 0, 1, -1, 0.1, 1e308 };
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
            for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
                const hp_value number = hp_number(numbers[n]);
                hp_filter_kind kind = kinds[k];
                hp_value own;
                bool ok;
                if (!isfinite(numbers[n])) continue; /* none is stored */
                assert_true(hp_numeric_bound(HP_T_NUMBER, &bound, &kind, &own));
                assert_int_equal(own.tag, HP_NUMBER);
                const bool want = holds(kinds[k], hp_value_compare(&number, &bound, &ok));
                if (holds(kind, hp_value_compare(&number, &own, &ok)) != want)
                    fail_msg("%.17g and %s, kind %d", numbers[n], bounds[i], (int)kinds[k]);
            }
    }
}

static void only_what_is_equal_stands_for_another(void **state)
{
    hp_value own, v = of("2.50");
    (void)state;
    assert_true(hp_numeric_equal(HP_T_NUMBER, &v, &own));
    assert_true(own.tag == HP_NUMBER && own.number == 2.5);
    v = of("0.1000000000000000055511151231257827");
    assert_false(hp_numeric_equal(HP_T_NUMBER, &v, &own));
    v = of("1E+400");
    assert_false(hp_numeric_equal(HP_T_NUMBER, &v, &own));
    v = hp_number(0.1);
    assert_true(hp_numeric_equal(HP_T_DECIMAL, &v, &own));
    const hp_value tenth = of("0.1");
    assert_true(hp_value_equal(&own, &tenth));
    v = hp_number(NAN);
    assert_false(hp_numeric_equal(HP_T_DECIMAL, &v, &own));
    v = hp_number(1);
    assert_false(hp_numeric_equal(HP_T_STRING, &v, &own));
    v = hp_string(HP_STR("1"));
    assert_false(hp_numeric_equal(HP_T_NUMBER, &v, &own));
}

static void a_bound_on_decimals_stays_what_it_is(void **state)
{
    const hp_value number = hp_number(9.99), want = of("9.99");
    hp_filter_kind kind = HP_FILTER_LTE;
    hp_value own;
    (void)state;
    assert_true(hp_numeric_bound(HP_T_DECIMAL, &number, &kind, &own));
    assert_int_equal(kind, HP_FILTER_LTE);
    assert_true(own.tag == HP_DECIMAL && hp_value_equal(&own, &want));
    assert_false(hp_numeric_bound(HP_T_DATE, &number, &kind, &own));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bound_on_numbers_selects_what_the_decimal_selects),
        cmocka_unit_test(only_what_is_equal_stands_for_another),
        cmocka_unit_test(a_bound_on_decimals_stays_what_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

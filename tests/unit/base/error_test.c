#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/rand.h"

static void statuses_follow_parse(void **state)
{
    (void)state;
    assert_int_equal(hp_code_http(HP_E_INTERNAL), 500);
    assert_int_equal(hp_code_http(HP_E_OBJECT_NOT_FOUND), 404);
    assert_int_equal(hp_code_http(HP_E_INVALID_SESSION_TOKEN), 400);
    assert_int_equal(hp_code_http((hp_code)999), 400);
}

static void an_internal_failure_tells_the_client_nothing(void **state)
{
    hp_err err;
    (void)state;
    assert_int_equal(hp_fail_internal(&err, "disk /var/x.db: %s", "no space"), HP_E_INTERNAL);
    assert_null(strstr(err.msg, "disk"));
    assert_string_equal(err.detail, "disk /var/x.db: no space");
}

static void random_names_are_alphanumeric_and_differ(void **state)
{
    char a[33], b[33];
    (void)state;
    assert_true(hp_rand_alnum(hp_rand_system(), a, 32));
    assert_true(hp_rand_alnum(hp_rand_system(), b, 32));
    assert_string_not_equal(a, b);
    assert_int_equal(strspn(a, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"), 32);
}

static bool no_luck(hp_rand *self, void *out, size_t len)
{
    (void)self;
    (void)out;
    (void)len;
    return false;
}

static void a_failing_source_yields_no_half_name(void **state)
{
    hp_rand broken = { no_luck };
    char text[9] = "leftover";
    (void)state;
    assert_false(hp_rand_alnum(&broken, text, 8));
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_follow_parse),
        cmocka_unit_test(an_internal_failure_tells_the_client_nothing),
        cmocka_unit_test(random_names_are_alphanumeric_and_differ),
        cmocka_unit_test(a_failing_source_yields_no_half_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

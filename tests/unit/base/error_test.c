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

static void every_kind_of_failure_sets_all_fields(void **state)
{
    hp_err err;
    (void)state;
    memset(&err, 0x5A, sizeof err);
    assert_int_equal(hp_fail(&err, HP_E_INVALID_QUERY, "bad %d", 7), HP_E_INVALID_QUERY);
    assert_int_equal(err.code, HP_E_INVALID_QUERY);
    assert_int_equal(err.http, 0);
    assert_false(err.permission);
    assert_string_equal(err.msg, "bad 7");
    assert_string_equal(err.detail, "");
    assert_int_equal(hp_deny(&err, HP_E_OPERATION_FORBIDDEN, "no"), HP_E_OPERATION_FORBIDDEN);
    assert_true(err.permission);
    assert_int_equal(hp_fail(&err, HP_OK, "no code"), HP_E_SCRIPT_FAILED); /* and is no success */
    assert_int_equal(err.code, HP_E_SCRIPT_FAILED);
    assert_int_equal(hp_deny(&err, HP_OK, "no code"), HP_E_SCRIPT_FAILED);
    assert_int_equal(hp_fail_http(&err, 403, "unauthorized"), HP_E_OTHER_CAUSE);
    assert_int_equal(err.http, 403);
    assert_false(err.permission);
}

static void a_long_message_is_cut_and_ends(void **state)
{
    char text[2000];
    hp_err err;
    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(hp_fail(&err, HP_E_INVALID_QUERY, "%s", text), HP_E_INVALID_QUERY);
    assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
}

/* 0, 1, … 255, 0, … */
static bool count_up(hp_rand *self, void *out, size_t len)
{
    static unsigned char next;
    unsigned char *bytes = out;
    (void)self;
    for (size_t i = 0; i < len; i++) bytes[i] = next++;
    return true;
}

static void every_letter_is_as_likely_as_any_other(void **state)
{
    enum { LETTERS = 62, EACH = 8, LEN = LETTERS * EACH };
    hp_rand counting = { count_up };
    char text[LEN + 1];
    int seen[256] = { 0 };
    (void)state;
    assert_true(hp_rand_alnum(&counting, text, LEN));
    for (size_t i = 0; i < LEN; i++) seen[(unsigned char)text[i]]++;
    for (size_t i = 0; i < LEN; i++) assert_int_equal(seen[(unsigned char)text[i]], EACH);
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
        cmocka_unit_test(every_kind_of_failure_sets_all_fields),
        cmocka_unit_test(a_long_message_is_cut_and_ends),
        cmocka_unit_test(every_letter_is_as_likely_as_any_other),
        cmocka_unit_test(random_names_are_alphanumeric_and_differ),
        cmocka_unit_test(a_failing_source_yields_no_half_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

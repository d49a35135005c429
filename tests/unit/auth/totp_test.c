#include "auth/totp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* The secrets of RFC 6238, appendix B: "1234567890" repeated to 20, 32 and 64 bytes. */
#define SECRET_20 "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
#define SECRET_32 SECRET_20 "GEZDGNBVGY3TQOJQGEZA===="
#define SECRET_64 SECRET_20 SECRET_20 SECRET_20 "GEZDGNA="

static void codes_are_those_of_the_rfc(void **state)
{
    (void)state;
    static const struct {
        int64_t time_s;
        hp_totp_hash hash;
        const char *secret, *code;
    } cases[] = {
        { 59, HP_TOTP_SHA1, SECRET_20, "94287082" },
        { 59, HP_TOTP_SHA256, SECRET_32, "46119246" },
        { 59, HP_TOTP_SHA512, SECRET_64, "90693936" },
        { 1111111109, HP_TOTP_SHA1, SECRET_20, "07081804" },
        { 1111111111, HP_TOTP_SHA256, SECRET_32, "67062674" },
        { 1234567890, HP_TOTP_SHA512, SECRET_64, "93441116" },
        { 2000000000, HP_TOTP_SHA1, SECRET_20, "69279037" },
        { 20000000000, HP_TOTP_SHA256, SECRET_32, "77737706" },
        { 20000000000, HP_TOTP_SHA512, SECRET_64, "47863826" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const hp_totp t = { cases[i].hash, 8, 30 };
        char code[HP_TOTP_DIGITS_MAX + 1];
        assert_true(hp_totp_code(&t, hp_str_of(cases[i].secret), cases[i].time_s / 30, code));
        assert_string_equal(code, cases[i].code);
    }
}

static void a_code_is_right_one_step_early_and_late_and_says_which(void **state)
{
    (void)state;
    const hp_totp t = { HP_TOTP_SHA1, 6, 30 };
    const hp_str secret = HP_STR(SECRET_20);
    char code[HP_TOTP_DIGITS_MAX + 1];

    for (int64_t step = 98; step <= 102; step++) {
        int64_t found = -1;
        assert_true(hp_totp_code(&t, secret, step, code));
        const bool near = step >= 99 && step <= 101;
        assert_int_equal(hp_totp_check(&t, secret, hp_str_of(code), 100 * 30000 + 15000, &found), near);
        assert_int_equal(found, near ? step : -1);
    }
}

static void a_code_of_the_wrong_length_is_wrong(void **state)
{
    (void)state;
    const hp_totp t = { HP_TOTP_SHA1, 6, 30 };
    int64_t step;
    char code[HP_TOTP_DIGITS_MAX + 1];

    assert_true(hp_totp_code(&t, HP_STR(SECRET_20), 100, code));
    assert_false(hp_totp_check(&t, HP_STR(SECRET_20), (hp_str){ code, 5 }, 100 * 30000, &step));
    assert_false(hp_totp_check(&t, HP_STR(SECRET_20), HP_STR(""), 100 * 30000, &step));
    assert_false(hp_totp_check(&t, HP_STR(SECRET_20), HP_STR_NONE, 100 * 30000, &step));
}

static void secrets_are_base32_of_bounded_length(void **state)
{
    (void)state;
    char longest[HP_TOTP_SECRET_TEXT_MAX + 1];
    memset(longest, 'A', sizeof longest);

    assert_true(hp_totp_secret_valid(HP_STR("gezdgnbvgy3tqojq")));
    assert_true(hp_totp_secret_valid(HP_STR("GEZDGNA=")));
    assert_true(hp_totp_secret_valid((hp_str){ longest, HP_TOTP_SECRET_TEXT_MAX }));
    assert_false(hp_totp_secret_valid((hp_str){ longest, HP_TOTP_SECRET_TEXT_MAX + 1 }));
    assert_false(hp_totp_secret_valid(HP_STR("")));
    assert_false(hp_totp_secret_valid(HP_STR("A")));
    assert_false(hp_totp_secret_valid(HP_STR("GEZDG1BV")));
    assert_false(hp_totp_secret_valid(HP_STR("GEZDGNBV GY3TQOJQ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_those_of_the_rfc),
        cmocka_unit_test(a_code_is_right_one_step_early_and_late_and_says_which),
        cmocka_unit_test(a_code_of_the_wrong_length_is_wrong),
        cmocka_unit_test(secrets_are_base32_of_bounded_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "auth/session_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static bool fill_counting(hp_rand *self, void *out, size_t len)
{
    (void)self;
    for (size_t i = 0; i < len; i++) ((uint8_t *)out)[i] = (uint8_t)(i * 0x11);
    return true;
}

static bool fill_fails(hp_rand *self, void *out, size_t len)
{
    (void)self;
    memset(out, 'x', len);
    return false;
}

static void a_token_is_the_random_bytes_in_hex(void **state)
{
    (void)state;
    hp_rand rand = { fill_counting };
    char token[HP_SESSION_TOKEN_LEN + 1];
    hp_err err = { 0 };

    assert_int_equal(hp_session_token_make(&rand, token, &err), HP_OK);
    assert_string_equal(token, "r:00112233445566778899aabbccddeeff");
}

static void without_randomness_there_is_no_token(void **state)
{
    (void)state;
    hp_rand rand = { fill_fails };
    char token[HP_SESSION_TOKEN_LEN + 1];
    hp_err err = { 0 };

    assert_int_equal(hp_session_token_make(&rand, token, &err), HP_E_INTERNAL);
    assert_string_equal(token, "");
}

static void valid_accepts_only_the_documented_shape(void **state)
{
    (void)state;
    const struct {
        const char *name;
        hp_str text;
        bool want;
    } cases[] = {
        { "as made", HP_STR("r:00112233445566778899aabbccddeeff"), true },
        { "upper case", HP_STR("r:00112233445566778899AABBCCDDEEFF"), false },
        { "NUL inside",
          HP_STR("r:0011223344556677\0"
                 "899aabbccddeeff"),
          false },
        { "short", HP_STR("r:00112233445566778899aabbccddeef"), false },
        { "long", HP_STR("r:00112233445566778899aabbccddeeff0"), false },
        { "other prefix", HP_STR("s:00112233445566778899aabbccddeeff"), false },
        { "empty", HP_STR(""), false },
        { "absent", HP_STR_NONE, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (hp_session_token_valid(cases[i].text) != cases[i].want) fail_msg("case: %s", cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_is_the_random_bytes_in_hex),
        cmocka_unit_test(without_randomness_there_is_no_token),
        cmocka_unit_test(valid_accepts_only_the_documented_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

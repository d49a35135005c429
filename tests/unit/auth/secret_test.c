#include "auth/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void equal_only_for_the_same_bytes(void **state)
{
    (void)state;
    const struct {
        const char *name;
        hp_str a, b;
        bool want;
    } cases[] = {
        { "the same", HP_STR("secret"), HP_STR("secret"), true },
        { "last byte", HP_STR("secret"), HP_STR("secreT"), false },
        { "prefix", HP_STR("secret"), HP_STR("secre"), false },
        { "NUL inside", HP_STR("a\0b"), HP_STR("a\0c"), false },
        { "both empty", HP_STR(""), HP_STR(""), true },
        { "not configured, not sent", HP_STR_NONE, HP_STR_NONE, false },
        { "not configured, empty sent", HP_STR_NONE, HP_STR(""), false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (hp_secret_equal(cases[i].a, cases[i].b) != cases[i].want) fail_msg("case: %s", cases[i].name);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(equal_only_for_the_same_bytes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

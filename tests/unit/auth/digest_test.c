#include "auth/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void expect(hp_str got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.ptr, want, got.len);
}

static void digests_are_those_of_fips_180(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    expect(hp_digest_sha256_hex(mem, HP_STR("abc")),
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(hp_digest_sha256_hex(mem, HP_STR("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void signatures_are_those_of_rfc_4231_however_the_text_is_cut(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_str whole[] = { HP_STR("what do ya want for nothing?") };
    const hp_str parts[] = { HP_STR("what do ya "), HP_STR(""), HP_STR("want for nothing?") };
    static const char WANT[] = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    expect(hp_digest_hmac_sha256_hex(mem, HP_STR("Jefe"), whole, 1), WANT);
    expect(hp_digest_hmac_sha256_hex(mem, HP_STR("Jefe"), parts, 3), WANT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_fips_180),
        cmocka_unit_test(signatures_are_those_of_rfc_4231_however_the_text_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

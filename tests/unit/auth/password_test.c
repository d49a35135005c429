#include "auth/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <argon2.h>
#include <cmocka.h>

#include "base/clock.h"

enum { PATIENCE_MS = 60000 };

static int64_t soon(void)
{
    hp_clock *clock = hp_clock_system();
    return clock->monotonic_ms(clock) + PATIENCE_MS;
}

static bool verify(hp_gate *g, hp_str password, hp_str hash)
{
    hp_err err = { 0 };
    bool ok = true;

    assert_int_equal(hp_password_verify(g, password, hash, soon(), &ok, &err), HP_OK);
    return ok;
}

static void a_hash_opens_for_its_password_alone(void **state)
{
    (void)state;
    hp_gate *g = hp_gate_new(1, 1);
    char first[HP_PASSWORD_HASH_LEN_MAX + 1], second[HP_PASSWORD_HASH_LEN_MAX + 1];
    hp_err err = { 0 };
    const hp_str password = HP_STR("p\xc3\xa4ss\0word");

    assert_int_equal(hp_password_hash(g, hp_rand_system(), password, soon(), first, &err), HP_OK);
    assert_int_equal(hp_password_hash(g, hp_rand_system(), password, soon(), second, &err), HP_OK);
    assert_memory_equal(first, "$argon2id$v=19$m=19456,t=2,p=1$", 31);
    assert_string_not_equal(first, second);                                          /* salted */
    assert_int_equal(argon2id_verify(first, password.ptr, password.len), ARGON2_OK); /* a PHC text like any other */
    assert_true(verify(g, password, hp_str_of(first)));
    assert_true(verify(g, password, hp_str_of(second)));
    assert_false(verify(g, HP_STR("p\xc3\xa4ss"), hp_str_of(first)));
    assert_false(verify(g, HP_STR(""), hp_str_of(first)));
    assert_false(hp_password_needs_upgrade(hp_str_of(first)));
    hp_gate_free(g);
}

static bool fill_fails(hp_rand *self, void *out, size_t len)
{
    (void)self;
    (void)out;
    (void)len;
    return false;
}

static void without_randomness_there_is_no_hash(void **state)
{
    (void)state;
    hp_gate *g = hp_gate_new(1, 1);
    hp_rand broken = { fill_fails };
    char out[HP_PASSWORD_HASH_LEN_MAX + 1] = "x";
    hp_err err = { 0 };

    assert_int_equal(hp_password_hash(g, &broken, HP_STR("secret"), soon(), out, &err), HP_E_INTERNAL);
    assert_string_equal(out, "");
    hp_gate_free(g);
}

static void bcrypt_of_a_migrated_app_verifies(void **state)
{
    (void)state;
    static const struct {
        hp_str password, hash;
        bool want;
    } cases[] = {
        { HP_STR_INIT("U*U"), HP_STR_INIT("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), true },
        { HP_STR_INIT("U*U*U"), HP_STR_INIT("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"), true },
        { HP_STR_INIT(""), HP_STR_INIT("$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"), true },
        { HP_STR_INIT("correct horse"), HP_STR_INIT("$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2"),
          true },
        { HP_STR_INIT("correct horse"), HP_STR_INIT("$2y$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2"),
          true },
        { HP_STR_INIT("correct horsf"), HP_STR_INIT("$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2"),
          false },
        { HP_STR_INIT("U*U\0more"), HP_STR_INIT("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
          false },
    };
    hp_gate *g = hp_gate_new(1, 1);

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (verify(g, cases[i].password, cases[i].hash) != cases[i].want) fail_msg("case %zu", i);
        assert_true(hp_password_needs_upgrade(cases[i].hash));
    }
    assert_int_equal(hp_gate_now(g).passed, sizeof cases / sizeof *cases);
    hp_gate_free(g);
}

/* A known answer, made with libsodium. */
static void cheaper_argon2_verifies_and_asks_for_an_upgrade(void **state)
{
    (void)state;
    hp_gate *g = hp_gate_new(1, 1);
    const hp_str hash =
        HP_STR("$argon2id$v=19$m=8192,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$/JZoJHegxcgnSkpyF+KjK1/VFRE3e4rVvoefco5yWqU");

    assert_true(verify(g, HP_STR("password"), hash));
    assert_false(verify(g, HP_STR("passwore"), hash));
    assert_true(hp_password_needs_upgrade(hash));
    hp_gate_free(g);
}

static void what_is_no_hash_never_matches_and_costs_one_hash_all_the_same(void **state)
{
    (void)state;
    static const hp_str hashes[] = {
        { NULL, 0 }, /* no such user, or one without a password */
        HP_STR_INIT(""),
        HP_STR_INIT("password"),
        HP_STR_INIT("$argon2id$"),
        HP_STR_INIT("$argon2id$v=19$"),
        HP_STR_INIT("$argon2id$v=19$m=,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
        HP_STR_INIT("$argon2id$v=19$m=-1,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
        HP_STR_INIT("$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
        HP_STR_INIT("$argon2id$v=19$m=65536,t=4000000000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
        HP_STR_INIT("$argon2id$v=19$m=65536,t=2,p=1$not base64$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
        HP_STR_INIT("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$"),
        HP_STR_INIT("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc$x"),
        HP_STR_INIT("$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
        HP_STR_INIT("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$        CTFhFdXP"),
        HP_STR_INIT("$argon2id$v=19$m=65536,t=2,p=1$        $CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
        HP_STR_INIT("$2a$05$short"),
        HP_STR_INIT("$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"), /* days of work */
        HP_STR_INIT("$2b$05$!!!!!!!!!!!!!!!!!!!!!.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        HP_STR_INIT("$1$abcdefgh$G//4keteveJp0qb8z2DxG/"),
    };
    hp_gate *g = hp_gate_new(1, 1);

    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++) {
        if (verify(g, HP_STR("password"), hashes[i])) fail_msg("case %zu matches", i);
        if (hp_gate_now(g).passed != i + 1) fail_msg("case %zu does not cost one hash", i);
    }
    hp_gate_free(g);
}

static void a_turn_that_does_not_come_in_time_is_answered_busy(void **state)
{
    (void)state;
    hp_gate *g = hp_gate_new(1, 1);
    hp_clock *clock = hp_clock_system();
    char out[HP_PASSWORD_HASH_LEN_MAX + 1] = "x";
    hp_err err = { 0 };
    bool ok = true;

    assert_true(hp_gate_enter(g, soon()));
    assert_int_not_equal(hp_password_verify(g, HP_STR("x"), HP_STR_NONE, clock->monotonic_ms(clock) + 20, &ok, &err),
                         HP_OK);
    assert_int_equal(err.http, 503);
    assert_false(ok);
    assert_int_not_equal(hp_password_hash(g, hp_rand_system(), HP_STR("x"), 0, out, &err), HP_OK);
    assert_string_equal(out, "");
    const hp_gate_stats stats = hp_gate_now(g);
    assert_int_equal(stats.refused, 2);
    assert_int_equal(stats.waiting, 0);
    assert_int_equal(stats.passed, 0);
    hp_gate_leave(g);
    hp_gate_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hash_opens_for_its_password_alone),
        cmocka_unit_test(without_randomness_there_is_no_hash),
        cmocka_unit_test(bcrypt_of_a_migrated_app_verifies),
        cmocka_unit_test(cheaper_argon2_verifies_and_asks_for_an_upgrade),
        cmocka_unit_test(what_is_no_hash_never_matches_and_costs_one_hash_all_the_same),
        cmocka_unit_test(a_turn_that_does_not_come_in_time_is_answered_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

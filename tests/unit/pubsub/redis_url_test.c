#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pubsub/redis.h"

static hp_arena *MEM;

static void a_url_says_where_and_as_whom(void **state)
{
    (void)state;
    const struct {
        const char *url, *host;
        uint16_t port;
        const char *user, *password;
        int64_t database;
    } cases[] = {
        { "redis://localhost", "localhost", 6379, NULL, NULL, 0 },
        { "redis://10.0.0.7:6380/3", "10.0.0.7", 6380, NULL, NULL, 3 },
        { "redis://:s%40cret@h/", "h", 6379, NULL, "s@cret", 0 },
        { "redis://me:p@ss:word@h:1", "h", 1, "me", "p@ss:word", 0 },
        { "redis://me@h", "h", 6379, "me", NULL, 0 },
        { "redis://[::1]:7000/15", "::1", 7000, NULL, NULL, 15 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_redis_options o;
        hp_err err = { 0 };
        if (hp_redis_url_read(MEM, hp_str_of(cases[i].url), &o, &err) != HP_OK)
            fail_msg("%s: %s", cases[i].url, err.msg);
        assert_true(hp_str_eq(o.host, hp_str_of(cases[i].host)));
        assert_int_equal(o.port, cases[i].port);
        assert_int_equal(hp_str_present(o.user), cases[i].user != NULL);
        assert_int_equal(hp_str_present(o.password), cases[i].password != NULL);
        if (cases[i].user != NULL) assert_true(hp_str_eq(o.user, hp_str_of(cases[i].user)));
        if (cases[i].password != NULL) assert_true(hp_str_eq(o.password, hp_str_of(cases[i].password)));
        assert_int_equal(o.database, cases[i].database);
    }
}

static void what_it_cannot_mean_is_refused_without_its_password(void **state)
{
    (void)state;
    static const char *const BAD[] = { "",
                                       "http://h",
                                       "rediss://:hushhush@h",
                                       "redis://",
                                       "redis://:hushhush@",
                                       "redis://:hushhush@h:0",
                                       "redis://:hushhush@h:65536",
                                       "redis://:hushhush@h:1x",
                                       "redis://:hushhush@h/x",
                                       "redis://:hushhush@h/-1",
                                       "redis://:hushhush%zz@h",
                                       "redis://:hushhush@[::1",
                                       "redis://:hushhush@[::1]7",
                                       "redis://:hushhush@h?db=1" };
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        hp_redis_options o;
        hp_err err = { 0 };
        if (hp_redis_url_read(MEM, hp_str_of(BAD[i]), &o, &err) != HP_E_INVALID_VALUE) fail_msg("%s", BAD[i]);
        assert_true(err.msg[0] != '\0');
        assert_false(hp_str_contains(hp_str_of(err.msg), HP_STR("hushhush")));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_says_where_and_as_whom),
        cmocka_unit_test(what_it_cannot_mean_is_refused_without_its_password),
    };
    MEM = hp_arena_new();
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    hp_arena_free(MEM);
    return failed;
}

#include "core_fixture.h"

#include <pthread.h>

#include "core/rate_limit.h"
#include "query/regex.h"

static hp_rate_rule rule_of(core_fixture *f, const char *path)
{
    hp_err err = { 0 };
    hp_rate_rule r = { .path = hp_str_of(path),
                       .methods = HP_RATE_ANY_METHOD,
                       .window_ms = 60000,
                       .count = 2,
                       .message = HP_STR("Too many requests.") };
    if (hp_rate_path_compile(f->mem, r.path, &r.path_regex, &err) != HP_OK) fail_msg("%s: %s", path, err.msg);
    return r;
}

static void limit(core_fixture *f, const hp_rate_rule *rules, size_t count)
{
    f->settings.rate_rules = rules;
    f->settings.rate_rule_count = count;
}

/* One request; the state is that of its last rule. */
static bool refused_as(core_fixture *f, const hp_principal *who, const char *ip, hp_rate_request rq,
                       hp_rate_state *state)
{
    hp_err err = { 0 };
    hp_call call = fixture_call(f, false, NULL);
    call.ip = hp_str_of(ip);
    if (who != NULL) call.who = *who;
    *state = (hp_rate_state){ 0 };
    const hp_code rc = hp_rate_limit_claim(&call, &rq, HP_RATE_ALL, state, &err);
    assert_true(rc == HP_OK || (rc == HP_E_CONNECTION_FAILED && state->refused));
    hp_call_close(&call);
    return rc != HP_OK;
}

static bool refused(core_fixture *f, const char *ip, const char *path, unsigned methods)
{
    hp_rate_state state;
    return refused_as(f, NULL, ip, (hp_rate_request){ .path = hp_str_of(path), .methods = methods }, &state);
}

static void a_window_begins_with_the_first_request_and_ends_for_itself(void **state)
{
    core_fixture *f = *state;
    const hp_rate_rule rule = rule_of(f, "/login");
    const hp_rate_request rq = { .path = HP_STR("/login"), .methods = HP_RATE_POST };
    hp_rate_state s;
    limit(f, &rule, 1);
    assert_false(refused_as(f, NULL, "10.0.0.1", rq, &s));
    assert_true(s.counted && s.limit == 2 && s.remaining == 1 && s.retry_s == 60);
    assert_int_equal(s.reset_s, f->now_ms / 1000 + 60);
    f->now_ms += 30000;
    assert_false(refused_as(f, NULL, "10.0.0.1", rq, &s));
    assert_true(s.remaining == 0 && s.retry_s == 30);
    assert_true(refused_as(f, NULL, "10.0.0.1", rq, &s));
    assert_true(s.refused && s.remaining == 0 && s.retry_s == 30);
    assert_false(refused_as(f, NULL, "10.0.0.2", rq, &s)); /* somebody else */
    f->now_ms += 29999;
    assert_true(refused_as(f, NULL, "10.0.0.1", rq, &s));
    f->now_ms += 1;
    assert_false(refused_as(f, NULL, "10.0.0.1", rq, &s));
    assert_int_equal(s.remaining, 1);
}

static void paths_match_as_path_to_regexp_says(void **state)
{
    core_fixture *f = *state;
    static const struct {
        const char *pattern, *path;
        bool want;
    } cases[] = {
        { "/login", "/login", true },
        { "/Login", "/login", true },
        { "/login", "/loginAs", false },
        { "/login", "/x/login", false },
        { "/functions/:name", "/functions/a", true },
        { "/functions/:name", "/functions/a/b", false },
        { "/functions/*path", "/functions/a/b", true },
        { "/functions/*path", "/functions", false },
        { "/*path", "/classes/A/b", true },
        { "/classes/A{/:id}", "/classes/A", true },
        { "/classes/A{/:id}", "/classes/A/b", true },
        { "/classes/A{/:id}", "/classes/Ab", false },
        { "/classes/:\"a b\"", "/classes/x", true },
        { "/classes/a\\:b", "/classes/a:b", true },
        { "/classes/a.b", "/classes/axb", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const hp_rate_rule rule = rule_of(f, cases[i].pattern);
        if (hp_regex_may_match(rule.path_regex, hp_str_of(cases[i].path)) != cases[i].want)
            fail_msg("%s and %s", cases[i].pattern, cases[i].path);
    }
}

static void a_wrong_pattern_is_refused_with_the_words_of_path_to_regexp(void **state)
{
    core_fixture *f = *state;
    static const struct {
        const char *pattern, *words;
    } cases[] = {
        { "/functions/*", "Missing parameter name at index 12: /functions/*" },
        { "/a/:", "Missing parameter name at index 4: /a/:" },
        { "/a(b)", "Unexpected ( at index 2: /a(b)" },
        { "/a}", "Unexpected } at index 2: /a}" },
        { "/a{/b", "Unexpected end at index 5, expected }: /a{/b" },
        { "/a\\", "Unexpected end after \\ at index 3: /a\\" },
        { "/:\"a", "Unterminated quote at index 2: /:\"a" },
        { "/:a:b", "Missing text before \"b\" param: /:a:b" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const hp_regex *re;
        hp_err err = { 0 };
        char want[200];
        (void)snprintf(want, sizeof want, "%s; visit https://git.new/pathToRegexpError for info", cases[i].words);
        assert_int_equal(hp_rate_path_compile(f->mem, hp_str_of(cases[i].pattern), &re, &err), HP_E_INVALID_QUERY);
        assert_string_equal(err.msg, want);
    }
}

static void methods_and_local_and_master_requests_count_as_the_rule_says(void **state)
{
    core_fixture *f = *state;
    hp_rate_rule rule = rule_of(f, "/login");
    const hp_principal master = { .access = HP_ACCESS_MASTER }, maintenance = { .access = HP_ACCESS_MAINTENANCE };
    const hp_rate_request rq = { .path = HP_STR("/login"), .methods = HP_RATE_POST };
    hp_rate_state s;
    rule.methods = HP_RATE_POST;
    rule.count = 0;
    limit(f, &rule, 1);
    assert_true(refused(f, "10.0.0.1", "/login", HP_RATE_POST));
    assert_true(refused(f, "10.0.0.1", "/login", HP_RATE_POST | HP_RATE_GET));
    assert_false(refused(f, "10.0.0.1", "/login", HP_RATE_GET));
    assert_false(refused(f, "127.0.0.1", "/login", HP_RATE_POST));
    assert_true(refused(f, "::1", "/login", HP_RATE_POST));
    assert_false(refused_as(f, &master, "10.0.0.1", rq, &s));
    assert_false(s.counted);
    assert_true(refused_as(f, &maintenance, "10.0.0.1", rq, &s));
    rule.internal = rule.master = true;
    assert_true(refused(f, "127.0.0.1", "/login", HP_RATE_POST));
    assert_true(refused_as(f, &master, "10.0.0.1", rq, &s));
}

static void the_other_name_of_a_route_counts_with_it(void **state)
{
    core_fixture *f = *state;
    const hp_rate_rule rule = rule_of(f, "/users");
    const hp_rate_request rq = { .path = HP_STR("/classes/_User"),
                                 .other_path = HP_STR("/users"),
                                 .methods = HP_RATE_GET };
    hp_rate_state s;
    limit(f, &rule, 1);
    for (int i = 0; i < 2; i++) assert_false(refused_as(f, NULL, "10.0.0.1", rq, &s));
    assert_true(refused(f, "10.0.0.1", "/users", HP_RATE_GET));
}

static void a_zone_says_who_is_counted(void **state)
{
    core_fixture *f = *state;
    hp_rate_rule rules[] = { rule_of(f, "/user"), rule_of(f, "/session"), rule_of(f, "/global") };
    const hp_principal a1 = { .user_id = HP_STR("a"), .session_token = HP_STR("r:1") },
                       a2 = { .user_id = HP_STR("a"), .session_token = HP_STR("r:2") };
    hp_rate_state s;
    rules[0].zone = HP_RATE_BY_USER;
    rules[1].zone = HP_RATE_BY_SESSION;
    rules[2].zone = HP_RATE_GLOBAL;
    for (size_t i = 0; i < 3; i++) rules[i].count = 1;
    limit(f, rules, 3);
    const hp_rate_request user = { .path = HP_STR("/user"), .methods = HP_RATE_GET },
                          session = { .path = HP_STR("/session"), .methods = HP_RATE_GET },
                          nobody = { .path = HP_STR("/user"), .methods = HP_RATE_GET, .nobody = true };
    assert_false(refused_as(f, &a1, "10.0.0.1", user, &s));
    assert_true(refused_as(f, &a2, "10.0.0.2", user, &s));
    assert_false(refused_as(f, &a1, "10.0.0.1", nobody, &s)); /* by address */
    assert_true(refused(f, "10.0.0.1", "/user", HP_RATE_GET));
    assert_false(refused_as(f, &a1, "10.0.0.1", session, &s));
    assert_false(refused_as(f, &a2, "10.0.0.1", session, &s));
    assert_true(refused_as(f, &a1, "10.0.0.2", session, &s));
    assert_false(refused(f, "10.0.0.1", "/global", HP_RATE_GET));
    assert_true(refused(f, "10.0.0.2", "/global", HP_RATE_GET));
}

static void an_address_counts_with_its_household(void **state)
{
    core_fixture *f = *state;
    static const struct {
        const char *peer, *household;
    } cases[] = {
        { "192.0.2.1", "192.0.2.1" },
        { "::ffff:192.0.2.1", "192.0.2.1" },
        { "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::" },
        { "2001:DB8:1:2::9%eth0", "2001:db8:1:2::" },
        { "::1", "::" },
        { "nonsense", "nonsense" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!hp_str_eq(hp_ip_household(f->mem, hp_str_of(cases[i].peer)), hp_str_of(cases[i].household)))
            fail_msg("%s", cases[i].peer);
}

/* More addresses than the table has room for: the one that asks most stays refused. */
static void strangers_do_not_wash_a_counter_away(void **state)
{
    core_fixture *f = *state;
    const hp_rate_rule rule = rule_of(f, "/login");
    limit(f, &rule, 1);
    for (int i = 0; i < 3; i++) (void)refused(f, "192.0.2.1", "/login", HP_RATE_GET); /* the third is refused */
    for (int i = 0; i < 200000; i++) {
        char ip[32];
        HP_AUTO_ARENA mem = hp_arena_new();
        hp_call call;
        hp_rate_state s;
        hp_err err;
        hp_call_open_internal(f->core, mem, &call);
        call.who.access = HP_ACCESS_CLIENT;
        (void)snprintf(ip, sizeof ip, "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        call.ip = hp_str_of(ip);
        const hp_rate_request rq = { .path = HP_STR("/login"), .methods = HP_RATE_GET };
        HP_IGNORE(hp_rate_limit_claim(&call, &rq, HP_RATE_ALL, &s, &err)); /* it is only there to take room */
        hp_call_close(&call);
    }
    assert_true(refused(f, "192.0.2.1", "/login", HP_RATE_GET));
}

typedef struct asker {
    core_fixture *f;
    int passed;
} asker;

static void *ask(void *arg)
{
    asker *a = arg;
    for (int i = 0; i < 100; i++) {
        HP_AUTO_ARENA mem = hp_arena_new();
        hp_call call;
        hp_rate_state s;
        hp_err err;
        hp_call_open_internal(a->f->core, mem, &call);
        call.who.access = HP_ACCESS_CLIENT;
        call.ip = HP_STR("10.0.0.1");
        const hp_rate_request rq = { .path = HP_STR("/login"), .methods = HP_RATE_GET };
        a->passed += hp_rate_limit_claim(&call, &rq, HP_RATE_ALL, &s, &err) == HP_OK;
        hp_call_close(&call);
    }
    return NULL;
}

static void requests_at_once_are_counted_one_by_one(void **state)
{
    core_fixture *f = *state;
    hp_rate_rule rule = rule_of(f, "/login");
    asker askers[4] = { { f, 0 }, { f, 0 }, { f, 0 }, { f, 0 } };
    pthread_t threads[4];
    int passed = 0;
    rule.count = 150;
    limit(f, &rule, 1);
    for (size_t i = 0; i < 4; i++) assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        passed += askers[i].passed;
    }
    assert_int_equal(passed, 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_window_begins_with_the_first_request_and_ends_for_itself),
        FIXTURE_TEST(paths_match_as_path_to_regexp_says),
        FIXTURE_TEST(a_wrong_pattern_is_refused_with_the_words_of_path_to_regexp),
        FIXTURE_TEST(methods_and_local_and_master_requests_count_as_the_rule_says),
        FIXTURE_TEST(the_other_name_of_a_route_counts_with_it),
        FIXTURE_TEST(a_zone_says_who_is_counted),
        FIXTURE_TEST(an_address_counts_with_its_household),
        FIXTURE_TEST(strangers_do_not_wash_a_counter_away),
        FIXTURE_TEST(requests_at_once_are_counted_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

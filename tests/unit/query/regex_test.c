/* $regex: what it finds, what is refused, and that no pattern costs more than its bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <pthread.h>
#include <time.h>

#include <cmocka.h>

#include "base/limits.h"
#include "query/regex.h"

static bool matches(const char *pattern, const char *options, hp_str subject)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_regex *re = NULL;
    hp_err err = { 0 };
    if (hp_regex_compile(mem, hp_str_of(pattern), hp_str_of(options), &re, &err) != HP_OK)
        fail_msg("%s: %s", pattern, err.msg);
    return hp_regex_matches(re, subject);
}

static void expressions_find_what_they_say(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *options, *subject;
        bool want;
    } cases[] = {
        { "b", "", "abc", true },
        { "^b", "", "abc", false },
        { "B", "i", "abc", true },
        { "c$", "", "abc\n", true },
        { "^abc$", "", "abc\n", true },
        { "^abc$", "", "abcd", false },
        { "^abc$", "", "xabc", false },
        { "b$", "", "ab\nc", false },
        { "b$", "m", "ab\nc", true },
        { "a.c", "", "a\nc", false },
        { "a.c", "s", "a\nc", true },
        { "a b", "x", "ab", true },
        { "^\\Qa.b\\E", "", "a.bc", true },
        { "^\\Qa.b\\E", "", "axbc", false },
        { "\\Qa\\E\\\\E\\Qb\\E", "", "a\\Eb", true }, /* the SDKs' way to quote \E */
        { "\\Qa.b", "", "xa.by", true },
        { "a\\.b", "", "axb", false },
        { "a\\.b", "", "a.b", true },
        { "\\d", "", "7", true },
        { "\\Q(*UTF)\\E", "", "x(*UTF)", true },
        { "[(*]", "", "*", true },
        { "\\(*x", "", "((x", true },
        { "é", "i", "É", true },
        { "^.$", "", "é", true },
        { "^é$", "u", "é", true },
        { "", "", "", true },
        { "^$", "", "", true },
        { "^$", "", "x", false },
        { "(?i)abc", "", "ABC", true },
        { "(\\w+)\\s\\1", "", "the the", true },
        { "(?<=a)b", "", "ab", true },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (matches(cases[i].pattern, cases[i].options, hp_str_of(cases[i].subject)) != cases[i].want)
            fail_msg("/%s/%s on %s", cases[i].pattern, cases[i].options, cases[i].subject);
}

/* Literals take a path of their own: PCRE2 must agree. (?:) keeps a pattern off that path without changing it. */
static void literals_mean_what_the_engine_says(void **state)
{
    (void)state;
    static const char *const patterns[] = { "ab",    "^ab",  "ab$", "^ab$", "\\Qa.b\\E",  "^\\Qa", "b\\E$",
                                            "a\\$",  "\\^a", "",    "^",    "$",          "^$",    "\\Q\\E",
                                            "a\\-b", "é",    "a#b", "a b",  "\\Qa\nb\\E$" };
    static const char *const subjects[] = { "",    "ab", "xab", "abx", "ab\n", "ab\n\n", "xab\n", "a.b", "a$",  "^a",
                                            "a-b", "é",  "a#b", "a b", "a\nb", "\n",     "b",     "B",   "\nab" };
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        char slow[64];
        (void)snprintf(slow, sizeof slow, "(?:)%s", patterns[i]);
        for (size_t k = 0; k < sizeof subjects / sizeof *subjects; k++)
            if (matches(patterns[i], "", hp_str_of(subjects[k])) != matches(slow, "", hp_str_of(subjects[k])))
                fail_msg("/%s/ on \"%s\"", patterns[i], subjects[k]);
    }
}

static void sec_M17_what_could_escape_the_bounds_does_not_compile(void **state)
{
    (void)state;
    static const char *const refused[] = { "[",
                                           "(",
                                           "a**",
                                           "(?C1)a",
                                           "a\\Cb",
                                           "(*COMMIT)a",
                                           "(*UTF)a",
                                           "x(*F)",
                                           "(?Cabc)",
                                           "\\",
                                           "(?<n>a)(?<n>b)",
                                           "[]](*F)",
                                           "[^]](*F)",
                                           "\\Qx\\E(*F)",
                                           "(?P<1>a)",
                                           "a{99999}",
                                           "(*LIMIT_MATCH=999999999)(a+)+$",
                                           "\\p{Nope}",
                                           "(?<=a+)b" };
    HP_AUTO_ARENA mem = hp_arena_new();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const hp_regex *re = NULL;
        hp_err err = { 0 };
        if (hp_regex_compile(mem, hp_str_of(refused[i]), HP_STR(""), &re, &err) != HP_E_INVALID_QUERY)
            fail_msg("compiled: %s", refused[i]);
        assert_null(re);
        assert_string_equal(err.msg, "Invalid regular expression.");
    }
}

static void bad_options_long_and_broken_patterns_are_refused(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_regex *re;
    hp_err err = { 0 };
    char *big = hp_arena_alloc(mem, HP_REGEX_BYTES_MAX + 1);

    memset(big, 'a', HP_REGEX_BYTES_MAX + 1);
    assert_int_equal(hp_regex_compile(mem, HP_STR("a"), HP_STR("g"), &re, &err), HP_E_INVALID_QUERY);
    assert_int_equal(hp_regex_compile(mem, HP_STR("a\xff"), HP_STR(""), &re, &err), HP_E_INVALID_QUERY);
    assert_int_equal(hp_regex_compile(mem, (hp_str){ big, HP_REGEX_BYTES_MAX + 1 }, HP_STR(""), &re, &err),
                     HP_E_INVALID_QUERY);
    assert_int_equal(hp_regex_compile(mem, (hp_str){ big, HP_REGEX_BYTES_MAX }, HP_STR(""), &re, &err), HP_OK);
    assert_int_equal(hp_regex_compile(mem, HP_STR("a\0b"), HP_STR(""), &re, &err), HP_OK);
    assert_true(hp_regex_matches(re, HP_STR("xa\0bx")));
    assert_false(hp_regex_matches(re, HP_STR("a")));
}

static double cpu_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Measured in CPU time of this thread. Unbounded, these take seconds to hours; the bound itself is about 10 ms. */
static void sec_L8_hostile_patterns_cost_a_bounded_time(void **state)
{
    (void)state;
    static const char *const hostile[] = {
        "(a+)+$",
        "(?:a|a){14}$",
        "(a*)*b",
        "(.*)(.*)(.*)(.*)(.*)[^a]$",
        "(a|aa)+$",
        "(?R)?a|b",
        "^(a?){60}a{60}b",
        "(?:(?:a?){30}){30}\\d",
        "([a-z]+)*\\d",
        "(\\w*\\s*)*\\d$",
        "(a{1,30}){1,30}\\d",
        "(?=(a+))a*b\\1",
        ".*.*.*.*.*\\d",
        "(?i)(A+)+B",
        "(a(?:b|a)+)+\\d",
    };
    HP_AUTO_ARENA mem = hp_arena_new();
    enum { LENGTH = 50000 };
    char *text = hp_arena_alloc(mem, LENGTH);
    memset(text, 'a', LENGTH);
    text[LENGTH - 1] = '!';

    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        double start = cpu_ms();
        (void)matches(hostile[i], "", (hp_str){ text, LENGTH });
        double took = cpu_ms() - start;
        if (took > 300) fail_msg("/%s/ took %.0f ms", hostile[i], took);
    }
}

static void ordinary_searches_of_long_texts_stay_within_the_bounds(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    enum { LENGTH = 100000 };
    char *text = hp_arena_alloc(mem, LENGTH);
    for (size_t i = 0; i < LENGTH; i++) text[i] = "lorem ipsum dolor "[i % 18];
    memcpy(text + LENGTH - 20, " needle in haystack ", 20);
    hp_str subject = { text, LENGTH };

    assert_true(matches("needle", "i", subject));
    assert_true(matches("need.*stack", "", subject));
    assert_true(matches("[mn]eedle", "", subject));
    assert_true(matches("\\bneedle\\b", "", subject));
    assert_true(matches("(needle|pin)\\s", "", subject));
    assert_false(matches("\\d", "", subject));
}

static void texts_that_are_no_utf8_are_matched_without_harm(void **state)
{
    (void)state;
    assert_true(matches("b.d", "",
                        HP_STR("\xff\xfe"
                               "bcd")));
    assert_false(matches("^.b", "",
                         HP_STR("\xff"
                                "b")));
}

static void literal_prefixes_are_told_to_the_store(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *options, *want; /* NULL: none */
    } cases[] = {
        { "^\\Qa.b\\E", "", "a.b" }, { "^abc", "", "abc" }, { "^abc", "i", NULL }, { "abc", "", NULL },
        { "^abc$", "", NULL },       { "^a.c", "", NULL },  { "^", "", NULL },     { "^abc", "s", "abc" },
        { "^abc", "m", NULL },       { "^a|b", "", NULL },  { "^ab?", "", NULL },  { "^\\Qa\\E\\Qb\\E", "", "ab" },
    };
    HP_AUTO_ARENA mem = hp_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const hp_regex *re = NULL;
        hp_err err = { 0 };
        assert_int_equal(hp_regex_compile(mem, hp_str_of(cases[i].pattern), hp_str_of(cases[i].options), &re, &err),
                         HP_OK);
        hp_str got = hp_regex_literal_prefix(re);
        if (hp_str_present(got) != (cases[i].want != NULL) ||
            (cases[i].want && !hp_str_eq(got, hp_str_of(cases[i].want))))
            fail_msg("case: %s", cases[i].pattern);
    }
}

static void *match_many(void *arg)
{
    size_t found = 0;
    for (int i = 0; i < 500; i++) found += hp_regex_matches(arg, HP_STR("xxabbbcyy"));
    return found == 500 ? arg : NULL;
}

static void one_expression_serves_many_threads(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_regex *re;
    hp_err err = { 0 };
    pthread_t threads[4];

    assert_int_equal(hp_regex_compile(mem, HP_STR("ab+c"), HP_STR(""), &re, &err), HP_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, match_many, (void *)(uintptr_t)re), 0);
    for (int i = 0; i < 4; i++) {
        void *ok = NULL;
        assert_int_equal(pthread_join(threads[i], &ok), 0);
        assert_non_null(ok);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_find_what_they_say),
        cmocka_unit_test(literals_mean_what_the_engine_says),
        cmocka_unit_test(sec_M17_what_could_escape_the_bounds_does_not_compile),
        cmocka_unit_test(bad_options_long_and_broken_patterns_are_refused),
        cmocka_unit_test(sec_L8_hostile_patterns_cost_a_bounded_time),
        cmocka_unit_test(ordinary_searches_of_long_texts_stay_within_the_bounds),
        cmocka_unit_test(texts_that_are_no_utf8_are_matched_without_harm),
        cmocka_unit_test(literal_prefixes_are_told_to_the_store),
        cmocka_unit_test(one_expression_serves_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

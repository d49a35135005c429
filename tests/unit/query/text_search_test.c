/* What a word is, which texts a search finds, and how it rates them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "query/text_search.h"

static bool join(void *arg, hp_str word, size_t start, size_t end)
{
    hp_buf *out = arg;
    assert_true(start < end);
    if (out->len > 0) hp_buf_add_char(out, ' ');
    hp_buf_add(out, word);
    return true;
}

static void expect_words(const hp_words_style *style, const char *text, const char *want)
{
    hp_words *w = hp_words_new(style);
    hp_buf got;
    hp_buf_init(&got, 4096);
    hp_words_each(w, hp_str_of(text), join, &got);
    if (!hp_str_eq(hp_buf_str(&got), hp_str_of(want))) fail_msg("%s: %.*s", text, (int)got.len, got.ptr ? got.ptr : "");
    hp_buf_done(&got);
    hp_words_free(w);
}

static void words_are_folded_stemmed_and_stripped(void **state)
{
    (void)state;
    const hp_words_style german = { .language = "german" }, none = { .language = "none" };
    const hp_words_style exact = { .language = "none", .keep_case = true, .keep_accents = true };
    expect_words(&HP_WORDS_INDEXED, "The Running dogs, and the dog's bone!", "run dog dog bone");
    expect_words(&HP_WORDS_INDEXED, "x_1 3.14 e-mail", "x_1 3 14 e mail");
    expect_words(&HP_WORDS_INDEXED, "\xc3\x89tudes cre\xcc\x80me", "etude creme"); /* É; e with a combining grave */
    expect_words(&HP_WORDS_INDEXED, "'quoted' don't 'tis", "quot tis");
    expect_words(&HP_WORDS_INDEXED, "", "");
    expect_words(&HP_WORDS_INDEXED, "broken \xff\xfe utf8 \xc3", "broken utf8");
    expect_words(&german, "H\xc3\xa4user und die H\xc3\xa4usern", "haus und die haus");
    expect_words(&none, "The Dogs", "the dogs");
    expect_words(&exact, "The \xc3\x89tudes", "The \xc3\x89tudes");
}

static void a_word_longer_than_anyone_types_is_none(void **state)
{
    (void)state;
    char text[400] = "start ";
    memset(text + 6, 'x', 300);
    memcpy(text + 306, " end", 5);
    expect_words(&HP_WORDS_INDEXED, text, "start end");
}

static void the_first_megabyte_is_searched(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_text_search *s;
    const hp_text_options options = { 0 };
    hp_err err;
    char *text = hp_arena_alloc(mem, HP_TEXT_SEARCHED_BYTES_MAX + 16);
    memset(text, ' ', HP_TEXT_SEARCHED_BYTES_MAX + 16);
    assert_int_equal(hp_text_search_new(mem, HP_STR("late"), &options, &s, &err), HP_OK);
    memcpy(text + HP_TEXT_SEARCHED_BYTES_MAX - 8, "late", 4);
    assert_true(hp_text_search_score(s, (hp_str){ text, HP_TEXT_SEARCHED_BYTES_MAX + 16 }) > 0);
    memset(text, ' ', HP_TEXT_SEARCHED_BYTES_MAX);
    memcpy(text + HP_TEXT_SEARCHED_BYTES_MAX + 8, "late", 4);
    assert_true(hp_text_search_score(s, (hp_str){ text, HP_TEXT_SEARCHED_BYTES_MAX + 16 }) == 0);
}

static double score(const char *term, const char *text)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_text_search *s;
    const hp_text_options options = { 0 };
    hp_err err = { 0 };
    if (hp_text_search_new(mem, hp_str_of(term), &options, &s, &err) != HP_OK) fail_msg("%s: %s", term, err.msg);
    return hp_text_search_score(s, hp_str_of(text));
}

static void scores_are_those_of_mongodb(void **state)
{
    (void)state;
    assert_float_equal(score("coffee", "Coffee Shopping"), 0.75, 1e-9);
    assert_float_equal(score("coffee", "coffee"), 1, 1e-9); /* compared with the stem, "coffe" */
    assert_float_equal(score("soup", "Soup"), 1.1, 1e-9);
    assert_float_equal(score("coffee shop", "Coffee Shopping"), 1.5, 1e-9);
    assert_float_equal(score("coffee", "coffee coffee coffee coffee"), 1.875, 1e-9);
    assert_float_equal(score("coffee", "tea"), 0, 0);
}

static void a_term_is_read_as_mongodb_reads_it(void **state)
{
    (void)state;
    const struct {
        const char *term, *text;
        bool found;
    } cases[] = {
        { "soup-onion", "onion", true }, /* a dash inside is no minus */
        { "soup -onion", "onion", false },
        { "-onion soup", "soup", true },
        { "soup - onion", "onion", true },    /* nor one that stands alone */
        { "\"hot soup", "a hot soup", true }, /* a quote that is not closed goes to the end */
        { "\"hot soup", "soup, hot", false },
        { "\"hot\" \"soup\"", "soup, hot", true },
        { "tea \"soup\"", "tea", false }, /* a phrase has to be there whatever else is */
        { "soup -\"cold soup\"", "cold soup", false },
        { "soup -\"cold soup\"", "soup, cold", true },
        { "\"\"", "anything", false },
        { "-\"\" -", "anything", false },
        { "   ", "anything", false },
        { "\"", "anything", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if ((score(cases[i].term, cases[i].text) > 0) != cases[i].found)
            fail_msg("%s in %s", cases[i].term, cases[i].text);
}

static void a_search_is_bounded(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_text_options options = { 0 };
    const hp_text_search *s;
    hp_err err = { 0 };
    hp_str term = HP_STR("");
    for (int i = 0; i < HP_TEXT_WORDS_MAX; i++)
        term = hp_arena_printf(mem, "%" HP_STR_FMT " w%d w%d", HP_STR_ARG(term), i, i); /* the same twice counts once */
    assert_int_equal(hp_text_search_new(mem, term, &options, &s, &err), HP_OK);
    term = hp_arena_printf(mem, "%" HP_STR_FMT " extra", HP_STR_ARG(term));
    assert_int_equal(hp_text_search_new(mem, term, &options, &s, &err), HP_E_INVALID_QUERY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_folded_stemmed_and_stripped),
        cmocka_unit_test(a_word_longer_than_anyone_types_is_none),
        cmocka_unit_test(the_first_megabyte_is_searched),
        cmocka_unit_test(scores_are_those_of_mongodb),
        cmocka_unit_test(a_term_is_read_as_mongodb_reads_it),
        cmocka_unit_test(a_search_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

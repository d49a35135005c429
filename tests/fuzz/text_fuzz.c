/* rooms: query value base */
/* Any term against any text (the first line, and the rest): nothing breaks, and whatever a search finds has a word by which an
 * index would have found it. */
#include <stddef.h>
#include <stdint.h>

#include "query/text_search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct sought {
    const hp_str *words;
    size_t count;
    bool there;
} sought;

static bool look(void *arg, hp_str word, size_t start, size_t end)
{
    sought *s = arg;
    HP_ASSERT(start < end && word.len > 0);
    for (size_t i = 0; i < s->count; i++) s->there = s->there || hp_str_eq(word, s->words[i]);
    return !s->there;
}

static void check(hp_str term, hp_str text, const hp_text_options *options)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_text_search *search;
    hp_err err = { 0 };
    sought s = { 0 };

    if (hp_text_search_new(mem, term, options, &search, &err) != HP_OK) return;
    double score = hp_text_search_score(search, text);
    HP_ASSERT(score >= 0 && (score == 0 || !hp_text_search_empty(search)));
    HP_ASSERT(hp_text_search_matches(search, text) == (score > 0));
    if (score == 0 || !hp_text_search_indexed(search, &s.words, &s.count)) return;
    hp_words *words = hp_words_new(&HP_WORDS_INDEXED);
    hp_words_each(words, text, look, &s);
    hp_words_free(words);
    HP_ASSERT(s.there);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hp_str all = { (const char *)data, size };
    size_t line = hp_str_find_char(all, '\n', 0);
    if (size > 65536 || line == SIZE_MAX) return 0;
    hp_str term = hp_str_sub(all, 0, line), text = hp_str_sub(all, line + 1, SIZE_MAX);

    check(term, text, &(hp_text_options){ 0 });
    check(term, text, &(hp_text_options){ .language = HP_STR("german"), .diacritic_sensitive = true });
    check(term, text, &(hp_text_options){ .language = HP_STR("none"), .case_sensitive = true });
    check(term, text, &(hp_text_options){ .language = term });
    return 0;
}

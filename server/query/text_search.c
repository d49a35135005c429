#include "query/text_search.h"

#include "base/limits.h"

typedef struct str_list {
    hp_str *items;
    size_t count;
} str_list;

struct hp_text_search {
    hp_words_style style;
    str_list any;     /* words: one of them has to be there; those of phrases too */
    str_list none;    /* words that must not */
    str_list phrases; /* folded; all of them have to be there */
    str_list not_phrases;
    bool indexed; /* the words of an index are those of this search */
};

/* ---- making one ---- */

typedef struct maker {
    hp_arena *mem;
    hp_words *words;
    hp_text_search *s;
    str_list *into;
} maker;

static void add(str_list *list, hp_str item)
{
    for (size_t i = 0; i < list->count; i++)
        if (hp_str_eq(list->items[i], item)) return;
    if (list->count <= HP_TEXT_WORDS_MAX) list->items[list->count++] = item; /* one too many tells that there were */
}

static bool add_word(void *arg, hp_str word, size_t start, size_t end)
{
    const maker *m = arg;
    (void)start, (void)end;
    add(m->into, hp_arena_str(m->mem, word));
    return true;
}

static void add_words(maker *m, hp_str text, bool negated)
{
    m->into = negated ? &m->s->none : &m->s->any;
    hp_words_each(m->words, text, add_word, m);
}

/* The words of a phrase are looked for as well: an index knows words. A phrase that must not be there says nothing of its words. */
static void add_phrase(maker *m, hp_str text, bool negated)
{
    hp_str folded = hp_words_fold(m->words, hp_str_trim(text), m->mem);
    if (folded.len == 0) return;
    add(negated ? &m->s->not_phrases : &m->s->phrases, folded);
    if (!negated) add_words(m, text, false);
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* Up to the quote that ends a phrase, or the blank or quote that ends a word. */
static size_t find_end(hp_str term, size_t at, bool phrase)
{
    while (at < term.len && term.ptr[at] != '"' && (phrase || !is_blank(term.ptr[at]))) at++;
    return at;
}

static void read_term(maker *m, hp_str term)
{
    size_t at = 0;
    while (at < term.len) {
        bool first = at == 0 || is_blank(term.ptr[at - 1]);
        bool negated = term.ptr[at] == '-' && first;
        if (negated) at++;
        bool phrase = at < term.len && term.ptr[at] == '"';
        if (phrase) at++;
        size_t end = find_end(term, at, phrase);
        hp_str part = hp_str_sub(term, at, end - at);
        if (phrase)
            add_phrase(m, part, negated);
        else
            add_words(m, part, negated);
        at = end + ((phrase && end < term.len) || (end < term.len && is_blank(term.ptr[end])) ? 1 : 0);
    }
}

static str_list list_new(hp_arena *mem) { return (str_list){ HP_NEW_ARRAY(mem, hp_str, HP_TEXT_WORDS_MAX + 1), 0 }; }

hp_code hp_text_search_new(hp_arena *mem, hp_str term, const hp_text_options *options, const hp_text_search **out,
                           hp_err *err)
{
    hp_text_search *s = HP_NEW(mem, hp_text_search);
    hp_str language = hp_str_present(options->language) ? options->language : hp_str_of(HP_WORDS_INDEXED.language);

    s->style = (hp_words_style){ .language = hp_arena_cstr(mem, language),
                                 .keep_case = options->case_sensitive,
                                 .keep_accents = options->diacritic_sensitive };
    s->any = list_new(mem);
    s->none = list_new(mem);
    s->phrases = list_new(mem);
    s->not_phrases = list_new(mem);
    s->indexed = !options->case_sensitive && hp_str_eq(language, hp_str_of(HP_WORDS_INDEXED.language)) &&
                 !options->diacritic_sensitive;

    maker m = { .mem = mem, .s = s, .words = hp_words_new(&s->style) };
    if (m.words == NULL || hp_str_find_char(language, '\0', 0) != SIZE_MAX) {
        hp_words_free(m.words);
        return hp_fail(err, HP_E_INVALID_JSON, "bad $text: $language, is not known");
    }
    read_term(&m, term);
    hp_words_free(m.words);
    *out = s;
    if (s->any.count > HP_TEXT_WORDS_MAX || s->none.count > HP_TEXT_WORDS_MAX || s->phrases.count > HP_TEXT_WORDS_MAX ||
        s->not_phrases.count > HP_TEXT_WORDS_MAX)
        return hp_fail(err, HP_E_INVALID_QUERY, "$text searches for more than %d words.", HP_TEXT_WORDS_MAX);
    return HP_OK;
}

bool hp_text_search_empty(const hp_text_search *s) { return s->any.count == 0; }

bool hp_text_search_indexed(const hp_text_search *s, const hp_str **words, size_t *count)
{
    *words = s->any.items;
    *count = s->any.count;
    return s->indexed;
}

/* ---- asking it ---- */

/* One word of the search in the text. The n-th occurrence counts half of the one before. */
typedef struct hits {
    double weight, next;
    size_t count;
} hits;

typedef struct tally {
    const hp_text_search *s;
    hits *of; /* per word of s->any */
    size_t words;
    bool first_hit_will_do; /* nobody asks how well it fits, and no word could undo it */
    bool excluded;
} tally;

static bool count_word(void *arg, hp_str word, size_t start, size_t end)
{
    tally *t = arg;
    (void)start, (void)end;
    t->words++;
    for (size_t i = 0; i < t->s->none.count && !t->excluded; i++) t->excluded = hp_str_eq(t->s->none.items[i], word);
    for (size_t i = 0; i < t->s->any.count; i++) {
        hits *h = &t->of[i];
        if (!hp_str_eq(t->s->any.items[i], word)) continue;
        h->next = h->count == 0 ? 1 : h->next / 2;
        h->weight += h->next;
        h->count++;
        return !t->first_hit_will_do; /* no word is there twice */
    }
    return !t->excluded;
}

static bool phrases_fit(const hp_text_search *s, const hp_words *words, hp_str text)
{
    if (s->phrases.count == 0 && s->not_phrases.count == 0) return true;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_str folded = hp_words_fold(words, text, mem);
    for (size_t i = 0; i < s->phrases.count; i++)
        if (!hp_str_contains(folded, s->phrases.items[i])) return false;
    for (size_t i = 0; i < s->not_phrases.count; i++)
        if (hp_str_contains(folded, s->not_phrases.items[i])) return false;
    return true;
}

static double rate(const tally *t, hp_str text)
{
    double score = 0;
    for (size_t i = 0; i < t->s->any.count; i++) {
        const hits *h = &t->of[i];
        if (h->count == 0) continue;
        bool whole = hp_str_eq_nocase(t->s->any.items[i], text);
        score += h->weight * (0.5 * (double)h->count / (double)t->words + 0.5) * (whole ? 1.1 : 1);
    }
    return score;
}

static double ask(const hp_text_search *s, hp_str text, bool rated)
{
    hits of[HP_TEXT_WORDS_MAX] = { { 0 } };
    tally t = { .s = s, .of = of, .first_hit_will_do = !rated && s->none.count == 0 };

    if (s->any.count == 0) return 0;
    hp_words *words = hp_words_new(&s->style);
    HP_ASSERT(words != NULL); /* it was known when the search was made */
    hp_words_each(words, text, count_word, &t);
    double score = t.excluded ? 0 : rate(&t, text);
    if (score > 0 && !phrases_fit(s, words, text)) score = 0;
    hp_words_free(words);
    return score;
}

double hp_text_search_score(const hp_text_search *s, hp_str text) { return ask(s, text, true); }

bool hp_text_search_matches(const hp_text_search *s, hp_str text) { return ask(s, text, false) > 0; }

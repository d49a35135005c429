#include "query/text_words.h"

#include <libstemmer.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"

const hp_words_style HP_WORDS_INDEXED = { .language = "english" };

struct hp_words {
    hp_words_style style;
    struct sb_stemmer *stemmer; /* NULL: "none" */
    bool english;
};

enum { RULES = 1, WORD_BYTES_MAX = 128 }; /* a longer word is none: nobody types it */

/* In order: it is searched by halves. */
static const char *const STOP_WORDS[] = {
    "a",         "about",  "above",  "after",   "again",  "against", "all",        "am",       "an",         "and",
    "any",       "are",    "as",     "at",      "be",     "because", "been",       "before",   "being",      "below",
    "between",   "both",   "but",    "by",      "can",    "could",   "did",        "do",       "does",       "doing",
    "don't",     "down",   "during", "each",    "few",    "for",     "from",       "further",  "had",        "has",
    "have",      "having", "he",     "her",     "here",   "hers",    "herself",    "him",      "himself",    "his",
    "how",       "i",      "i'm",    "if",      "in",     "into",    "is",         "it",       "it's",       "its",
    "itself",    "just",   "me",     "more",    "most",   "my",      "myself",     "no",       "nor",        "not",
    "now",       "of",     "off",    "on",      "once",   "only",    "or",         "other",    "our",        "ours",
    "ourselves", "out",    "over",   "own",     "same",   "she",     "should",     "so",       "some",       "such",
    "than",      "that",   "the",    "their",   "theirs", "them",    "themselves", "then",     "there",      "these",
    "they",      "this",   "those",  "through", "to",     "too",     "under",      "until",    "up",         "very",
    "was",       "we",     "were",   "what",    "when",   "where",   "which",      "while",    "who",        "whom",
    "why",       "will",   "with",   "would",   "you",    "your",    "yours",      "yourself", "yourselves",
};

static int by_word(const void *key, const void *item)
{
    const hp_str *word = key;
    const char *stop = *(const char *const *)item;
    return hp_str_cmp(*word, hp_str_of(stop));
}

static bool is_stop_word(hp_str word)
{
    return bsearch(&word, STOP_WORDS, sizeof STOP_WORDS / sizeof *STOP_WORDS, sizeof *STOP_WORDS, by_word) != NULL;
}

hp_words *hp_words_new(const hp_words_style *style)
{
    bool none = strcmp(style->language, "none") == 0;
    struct sb_stemmer *stemmer = none ? NULL : sb_stemmer_new(style->language, "UTF_8");
    if (stemmer == NULL && !none) return NULL;

    hp_words *w = calloc(1, sizeof *w);
    HP_ASSERT(w != NULL);
    w->style = *style;
    w->stemmer = stemmer;
    w->english = strcmp(style->language, "english") == 0 || strcmp(style->language, "en") == 0;
    return w;
}

void hp_words_free(hp_words *w)
{
    if (w == NULL) return;
    sb_stemmer_delete(w->stemmer);
    free(w);
}

/* ---- characters ---- */

static bool is_word_char(utf8proc_int32_t c)
{
    if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    utf8proc_category_t category = utf8proc_category(c); /* letters, marks and numbers stand together */
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

static bool is_apostrophe(utf8proc_int32_t c) { return c == '\'' || c == 0x2019; }

/* The character at `at` and where the next one is. What is no UTF-8 separates words. */
static utf8proc_int32_t char_at(hp_str text, size_t at, size_t *next)
{
    utf8proc_int32_t c = (unsigned char)text.ptr[at];
    *next = at + 1;
    if (c < 0x80) return c;
    utf8proc_ssize_t len =
        utf8proc_iterate((const utf8proc_uint8_t *)text.ptr + at, (utf8proc_ssize_t)(text.len - at), &c);
    if (len <= 0) return ' ';
    *next = at + (size_t)len;
    return c;
}

/* The next word at or after *at; false at the end. */
static bool next_word(hp_str text, size_t *at, size_t *start, size_t *end)
{
    size_t next = *at;
    while (*at < text.len && !is_word_char(char_at(text, *at, &next))) *at = next;
    *start = *at;
    while (*at < text.len) {
        utf8proc_int32_t c = char_at(text, *at, &next);
        size_t beyond;
        bool inside = is_apostrophe(c) && next < text.len && is_word_char(char_at(text, next, &beyond));
        if (!is_word_char(c) && !inside) break;
        *at = next;
    }
    *end = *at;
    return *end > *start;
}

/* ---- forms ---- */

/* A text in `room`, of which `len` bytes are used. */
typedef struct form {
    char room[4 * WORD_BYTES_MAX];
    size_t len;
} form;

static bool is_ascii(hp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] >= 0x80) return false;
    return true;
}

/* False if the result does not fit, or `s` is no UTF-8. */
static bool map(hp_str s, utf8proc_option_t options, form *out)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t len =
        utf8proc_map((const utf8proc_uint8_t *)s.ptr, (utf8proc_ssize_t)s.len, &mapped, options | UTF8PROC_STABLE);
    bool fits = len >= 0 && (size_t)len <= sizeof out->room;
    if (fits) {
        memcpy(out->room, mapped, (size_t)len);
        out->len = (size_t)len;
    }
    free(mapped);
    return fits;
}

static utf8proc_option_t folding(const hp_words *w)
{
    utf8proc_option_t options = UTF8PROC_COMPOSE;
    if (!w->style.keep_case) options |= UTF8PROC_CASEFOLD;
    return options;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static bool fold(const hp_words *w, hp_str s, bool ascii, form *out)
{
    if (!ascii) return map(s, folding(w), out);
    for (size_t i = 0; i < s.len; i++) out->room[i] = w->style.keep_case ? s.ptr[i] : lower(s.ptr[i]);
    out->len = s.len;
    return true;
}

/* The stem of the folded word, which must fit where the word was. */
static void stem(const hp_words *w, form *f)
{
    if (w->stemmer == NULL) return;
    const sb_symbol *stemmed = sb_stemmer_stem(w->stemmer, (const sb_symbol *)f->room, (int)f->len);
    size_t len = stemmed == NULL ? 0 : (size_t)sb_stemmer_length(w->stemmer);
    if (len == 0 || len > sizeof f->room) return;
    memcpy(f->room, stemmed, len);
    f->len = len;
}

/* A word in the form that is compared; false if it is left out. Accents go last: stemming needs them. */
static bool shape(const hp_words *w, hp_str word, form *out)
{
    bool ascii = is_ascii(word);
    form folded;

    if (word.len > WORD_BYTES_MAX || !fold(w, word, ascii, out)) return false;
    if (w->english && is_stop_word((hp_str){ out->room, out->len })) return false;
    stem(w, out);
    if (ascii || w->style.keep_accents) return out->len > 0;
    folded = *out;
    return map((hp_str){ folded.room, folded.len }, UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK, out) && out->len > 0;
}

void hp_words_each(hp_words *w, hp_str text, hp_words_visit visit, void *arg)
{
    hp_str looked_at = hp_str_sub(text, 0, HP_TEXT_SEARCHED_BYTES_MAX);
    size_t at = 0, start, end;
    form f;
    while (next_word(looked_at, &at, &start, &end)) {
        if (!shape(w, hp_str_sub(looked_at, start, end - start), &f)) continue;
        if (!visit(arg, (hp_str){ f.room, f.len }, start, end)) return;
    }
}

hp_str hp_words_fold(const hp_words *w, hp_str text, hp_arena *mem)
{
    hp_str looked_at = hp_str_sub(text, 0, HP_TEXT_SEARCHED_BYTES_MAX);
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_option_t options = w->style.keep_accents ? UTF8PROC_COMPOSE : UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK;
    if (!w->style.keep_case) options |= UTF8PROC_CASEFOLD;
    utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)looked_at.ptr, (utf8proc_ssize_t)looked_at.len,
                                        &mapped, options | UTF8PROC_STABLE);
    hp_str folded = len < 0 ? looked_at : hp_arena_str(mem, (hp_str){ (const char *)mapped, (size_t)len });
    free(mapped);
    return folded;
}

/* ---- version ---- */

static bool add_word(void *arg, hp_str word, size_t start, size_t end)
{
    hp_buf *out = arg;
    (void)start, (void)end;
    hp_buf_add_char(out, ' ');
    hp_buf_add(out, word);
    return true;
}

hp_str hp_words_version(hp_arena *mem)
{
    const hp_str sample = HP_STR("generously happiness relational dying skies news organization the caf\xc3\xa9's "
                                 "conditional hopping sized agreed feudalism formality \xc3\x89t\xc3\xa9 x_1");
    hp_words *w = hp_words_new(&HP_WORDS_INDEXED);
    hp_buf out;
    hp_buf_init(&out, 1024);
    hp_buf_printf(&out, "%d %s", (int)RULES, utf8proc_unicode_version());
    hp_words_each(w, sample, add_word, &out);
    hp_str version = hp_arena_str(mem, hp_buf_str(&out));
    hp_buf_done(&out);
    hp_words_free(w);
    return version;
}

/* query/text_words.h — the words of a text, in the form in which full-text search compares them.
 *
 * A word is a run of letters, marks, digits and _, with single apostrophes inside. It is folded (case), stemmed by the rules
 * of a language, and loses its accents; words that say nothing in that language ("the") are left out. English has such a
 * list, other languages have none. What comes out goes into index files: when that changes, hp_words_version does too. */
#ifndef HP_QUERY_TEXT_WORDS_H
#define HP_QUERY_TEXT_WORDS_H

#include "base/arena.h"
#include "base/str.h"

typedef struct hp_words_style {
    const char *language; /* a name or ISO code that Snowball knows, or "none": no stems */
    bool keep_case, keep_accents;
} hp_words_style;

/* The style of indexes: English, without case and accents. */
extern const hp_words_style HP_WORDS_INDEXED;

typedef struct hp_words hp_words;

/* Owner: the caller. NULL if the language is not known. Used by one thread at a time. */
hp_words *hp_words_new(const hp_words_style *style);
void hp_words_free(hp_words *w); /* accepts NULL */

/* Calls visit(word) for each word, which is valid until the next; `start` and `end` are its place in `text`. Stops when it
 * returns false. Only the first HP_TEXT_SEARCHED_BYTES_MAX bytes are looked at. */
typedef bool (*hp_words_visit)(void *arg, hp_str word, size_t start, size_t end);
void hp_words_each(hp_words *w, hp_str text, hp_words_visit visit, void *arg);

/* All of a text as one: folded as words are, for the comparison of phrases. */
hp_str hp_words_fold(const hp_words *w, hp_str text, hp_arena *mem);

/* A text that changes when the words of HP_WORDS_INDEXED change: with the library that stems, or with our own rules. */
hp_str hp_words_version(hp_arena *mem);

#endif

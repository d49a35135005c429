/* query/text_search.h — $text: a search made once, asked of many texts. The meaning is MongoDB's, for one field.
 *
 * "hot soup" finds texts with any of the words; "\"hot soup\"" those with the phrase; "soup -onion" not those with onion.
 * A search of words that say nothing, or of exclusions alone, finds nothing. Immutable; any thread. */
#ifndef HP_QUERY_TEXT_SEARCH_H
#define HP_QUERY_TEXT_SEARCH_H

#include "base/arena.h"
#include "base/error.h"
#include "query/text_words.h"

typedef struct hp_text_search hp_text_search;

typedef struct hp_text_options {
    hp_str language; /* as for hp_words_style; absent: English */
    bool case_sensitive, diacritic_sensitive;
} hp_text_options;

/* Owner: `mem`. Errors: INVALID_JSON if the language is not known, INVALID_QUERY if there are too many words. */
HP_MUST_USE hp_code hp_text_search_new(hp_arena *mem, hp_str term, const hp_text_options *options,
                                       const hp_text_search **out, hp_err *err);

/* How well `text` fits, as MongoDB's textScore rates it: more for a word that is there often, and in a short text.
 * 0: it does not match. */
double hp_text_search_score(const hp_text_search *s, hp_str text);

/* The same as a score above 0; it need not read on after a word that decides. */
bool hp_text_search_matches(const hp_text_search *s, hp_str text);

/* Words of HP_WORDS_INDEXED of which every text that matches has one; false if there is no such list for this search. */
bool hp_text_search_indexed(const hp_text_search *s, const hp_str **words, size_t *count);

/* True if nothing can match. */
bool hp_text_search_empty(const hp_text_search *s);

#endif

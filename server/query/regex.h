/* query/regex.h — $regex: PCRE2, compiled once, bounded in time and memory.
 *
 * Supports what Parse promises: options i m s x u, \Q…\E, unanchored search. Callouts, \C and verbs that
 * could escape the bounds are refused. A match that runs into its limit (some 10 ms) counts as no match. Compiled expressions are
 * freed with the arena. A compiled expression may be used by many threads at once. */
#ifndef HP_QUERY_REGEX_H
#define HP_QUERY_REGEX_H

#include "base/arena.h"
#include "base/error.h"
#include "query/effort.h"

typedef struct hp_regex hp_regex;

/* Errors: INVALID_QUERY with a constant text if the pattern does not compile or is too long; `options` not made of imxsu. */
HP_MUST_USE hp_code hp_regex_compile(hp_arena *mem, hp_str pattern, hp_str options, const hp_regex **out, hp_err *err);

bool hp_regex_matches(const hp_regex *re, hp_str subject);

/* Likewise, with the steps of the match taken from `effort` (or NULL); false once they are spent. */
bool hp_regex_matches_within(const hp_regex *re, hp_str subject, hp_effort *effort);

/* The same for guards: a match that runs into its limit counts as one. */
bool hp_regex_may_match(const hp_regex *re, hp_str subject);

/* If the expression is nothing but a literal prefix (^\Q…\E or ^ and plain characters, case-sensitive), that literal, so
 * that a store can use an index range; else the absent text. */
hp_str hp_regex_literal_prefix(const hp_regex *re);

#endif

/* query/regex.c — how a client's expression is kept from costing more than it should.
 *
 * 1. Most expressions are not run at all: the SDKs' startsWith, endsWith and contains are quoted literals, and a literal
 *    is compared as text.
 * 2. PCRE2's match limit counts anew at every starting position, so on a long subject it bounds little: (?:a|a){14}$
 *    stays below it and still takes seconds. Therefore every item of the pattern calls count_step, which adds up calls
 *    and characters passed over the whole match and stops at a budget linear in the subject.
 * 3. Depth and heap limits bound the memory of one match; \C, verbs and callouts of the client's own are refused.
 *
 * The JIT stays off: its code knows no depth or heap limit, it wants a stack per thread, and an expression lives for one
 * request, so compiling to machine code would rarely pay. */
#include "query/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/limits.h"

/* What an expression without operators stands for. */
typedef enum literal_kind { NO_LITERAL, CONTAINS, STARTS_WITH, ENDS_WITH, EQUALS } literal_kind;

struct hp_regex {
    literal_kind kind;
    hp_str literal;
    pcre2_code *code;            /* NO_LITERAL only */
    pcre2_match_context *limits; /* copied for each match: it carries the step counter */
};

enum {
    STEPS_MIN = 10 * HP_REGEX_MATCH_LIMIT, /* about 10 ms */
    STEPS_PER_BYTE = 16,
};

typedef struct step_count {
    size_t steps, steps_max;
    size_t position; /* where the previous step was */
} step_count;

static int count_step(pcre2_callout_block *at, void *arg)
{
    step_count *c = arg;
    size_t here = at->current_position;
    c->steps += 1 + (here > c->position ? here - c->position : c->position - here);
    c->position = here;
    return c->steps > c->steps_max ? PCRE2_ERROR_MATCHLIMIT : 0;
}

/* ---- reading the pattern ---- */

static bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool at(hp_str s, size_t i, const char *text)
{
    return hp_str_starts(hp_str_sub(s, i, SIZE_MAX), hp_str_of(text));
}

/* Where a quote that starts after \Q ends: at its \E, or at the end of the pattern. */
static size_t quote_end(hp_str p, size_t i)
{
    while (i < p.len && !at(p, i, "\\E")) i++;
    return i;
}

/* True if the pattern contains a verb (*…) or a callout (?C…). The limits above hold even where a comment or a class
 * written to mislead this scan hides one. */
static bool has_refused_group(hp_str p)
{
    bool in_class = false;
    for (size_t i = 0; i < p.len; i++) {
        if (at(p, i, "\\Q")) {
            i = quote_end(p, i + 2) + 1;
        } else if (p.ptr[i] == '\\') {
            i++;
        } else if (in_class) {
            in_class = p.ptr[i] != ']';
        } else if (p.ptr[i] == '[') {
            in_class = true;
            if (at(p, i + 1, "^")) i++;
            if (at(p, i + 1, "]")) i++; /* a first ] is an ordinary member */
        } else if (at(p, i, "(*") || at(p, i, "(?C")) {
            return true;
        }
    }
    return false;
}

/* If the pattern is plain text between an optional ^ and an optional $, what it stands for. */
static literal_kind read_literal(hp_arena *mem, hp_str p, hp_str *literal)
{
    char *text = hp_arena_alloc(mem, p.len + 1);
    size_t len = 0, i = 0;
    bool start = at(p, 0, "^"), end = false;

    for (i = start ? 1 : 0; i < p.len; i++) {
        char c = p.ptr[i];
        if (at(p, i, "\\Q")) {
            size_t stop = quote_end(p, i + 2);
            memcpy(text + len, p.ptr + i + 2, stop - i - 2);
            len += stop - i - 2;
            i = stop + 1;
        } else if (at(p, i, "\\E")) { /* an end without a start means nothing */
            i++;
        } else if (c == '\\') {
            if (i + 1 == p.len || is_alnum(p.ptr[i + 1]) || (unsigned char)p.ptr[i + 1] >= 0x80) return NO_LITERAL;
            text[len++] = p.ptr[++i];
        } else if (c == '$' && i + 1 == p.len) {
            end = true;
        } else if (strchr("^$.|?*+()[]{}", c) != NULL) { /* finds NUL too: left to PCRE2 */
            return NO_LITERAL;
        } else {
            text[len++] = c;
        }
    }
    *literal = (hp_str){ text, len };
    return start ? (end ? EQUALS : STARTS_WITH) : (end ? ENDS_WITH : CONTAINS);
}

/* ---- compiling ---- */

static void free_regex(void *arg)
{
    hp_regex *re = arg;
    pcre2_match_context_free(re->limits);
    pcre2_code_free(re->code);
}

/* The PCRE2 flags of option letters; false if one is unknown. */
static bool read_options(hp_str options, uint32_t *flags, bool *literal_allowed)
{
    *flags = 0;
    *literal_allowed = true;
    for (size_t i = 0; i < options.len; i++) {
        switch (options.ptr[i]) {
        case 'i': *flags |= PCRE2_CASELESS; break;
        case 'm': *flags |= PCRE2_MULTILINE; break;
        case 'x': *flags |= PCRE2_EXTENDED; break;
        case 's': *flags |= PCRE2_DOTALL; break;
        case 'u': break; /* Unicode is always on */
        default: return false;
        }
    }
    *literal_allowed = (*flags & ~PCRE2_DOTALL) == 0;
    return true;
}

static hp_code refuse(hp_err *err) { return hp_fail(err, HP_E_INVALID_QUERY, "Invalid regular expression."); }

hp_code hp_regex_compile(hp_arena *mem, hp_str pattern, hp_str options, const hp_regex **out, hp_err *err)
{
    uint32_t flags;
    bool literal_allowed;

    *out = NULL;
    if (pattern.len > HP_REGEX_BYTES_MAX)
        return hp_fail(err, HP_E_INVALID_QUERY, "The regular expression is too long.");
    if (!read_options(options, &flags, &literal_allowed) || !hp_str_utf8_valid(pattern)) return refuse(err);

    hp_regex *re = HP_NEW(mem, hp_regex);
    if (literal_allowed) re->kind = read_literal(mem, pattern, &re->literal);
    *out = re;
    if (re->kind != NO_LITERAL) return HP_OK;

    int number = 0;
    size_t offset = 0;
    *out = NULL;
    if (has_refused_group(pattern)) return refuse(err);
    flags |= PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT;
    re->code = pcre2_compile((PCRE2_SPTR)(pattern.ptr ? pattern.ptr : ""), pattern.len, flags, &number, &offset, NULL);
    if (re->code == NULL) return refuse(err);

    re->limits = pcre2_match_context_create(NULL);
    HP_ASSERT(re->limits != NULL);
    hp_arena_defer(mem, free_regex, re);
    (void)pcre2_set_match_limit(re->limits, HP_REGEX_MATCH_LIMIT); /* the setters cannot fail */
    (void)pcre2_set_depth_limit(re->limits, HP_REGEX_DEPTH_LIMIT);
    (void)pcre2_set_heap_limit(re->limits, HP_REGEX_DEPTH_LIMIT); /* KiB */
    *out = re;
    return HP_OK;
}

/* ---- matching ---- */

/* PCRE2's answer: 0 and above, a match; PCRE2_ERROR_NOMATCH; another error below 0, a limit. */
static int run(const hp_regex *re, hp_str subject, hp_effort *effort)
{
    enum { STEPS_TO_BEGIN = 10 };
    step_count count = { .steps_max = STEPS_MIN + STEPS_PER_BYTE * subject.len };
    pcre2_match_context *context = pcre2_match_context_copy(re->limits);
    pcre2_match_data *found = pcre2_match_data_create(1, NULL);

    HP_ASSERT(context != NULL && found != NULL);
    (void)pcre2_set_callout(context, count_step, &count);
    int rc = pcre2_match(re->code, (PCRE2_SPTR)(subject.ptr ? subject.ptr : ""), subject.len, 0, 0, found, context);
    pcre2_match_data_free(found);
    pcre2_match_context_free(context);
    return hp_effort_take(effort, STEPS_TO_BEGIN + count.steps) ? rc : PCRE2_ERROR_MATCHLIMIT;
}

/* $ also matches before a line end that ends the text. */
static hp_str without_last_newline(hp_str s) { return hp_str_ends(s, HP_STR("\n")) ? hp_str_sub(s, 0, s.len - 1) : s; }

static bool matches_literal(const hp_regex *re, hp_str subject)
{
    switch (re->kind) {
    case CONTAINS: return hp_str_contains(subject, re->literal);
    case STARTS_WITH: return hp_str_starts(subject, re->literal);
    case ENDS_WITH: return hp_str_ends(subject, re->literal) || hp_str_ends(without_last_newline(subject), re->literal);
    case EQUALS: return hp_str_eq(subject, re->literal) || hp_str_eq(without_last_newline(subject), re->literal);
    case NO_LITERAL: break;
    }
    return false;
}

bool hp_regex_matches_within(const hp_regex *re, hp_str subject, hp_effort *effort)
{
    enum { BYTES_PER_STEP = 16 };
    if (re->kind == NO_LITERAL) return run(re, subject, effort) >= 0;
    return hp_effort_take(effort, subject.len / BYTES_PER_STEP) && matches_literal(re, subject);
}

bool hp_regex_matches(const hp_regex *re, hp_str subject) { return hp_regex_matches_within(re, subject, NULL); }

bool hp_regex_may_match(const hp_regex *re, hp_str subject)
{
    return re->kind == NO_LITERAL ? run(re, subject, NULL) != PCRE2_ERROR_NOMATCH : matches_literal(re, subject);
}

hp_str hp_regex_literal_prefix(const hp_regex *re)
{
    return re->kind == STARTS_WITH && re->literal.len > 0 ? re->literal : HP_STR_NONE;
}

/* query/expression_text.c — the operators that make and take texts. */
#include <string.h>

#include "query/expression_internal.h"
#include "query/regex.h"
#include "value/date.h"
#include "value/json.h"

/* What $toUpper and $substr make of a value; absent for types without a text. */
static hp_str text_of(const hp_expr_scope *s, const hp_value *v)
{
    char date[HP_DATE_TEXT_LEN + 1];
    if (v->tag == HP_STRING) return v->string;
    if (v->tag == HP_NUMBER) return hp_json_text(s->run->mem, v);
    if (v->tag == HP_DECIMAL) return hp_decimal_text(s->run->mem, v->decimal);
    if (v->tag != HP_DATE) return HP_STR_NONE;
    const size_t len = hp_date_format(v->date.ms, date);
    return hp_arena_str(s->run->mem, (hp_str){ date, len });
}

/* The text of argument `i`: "" for null, an error for what has none. */
static hp_code text_arg(const hp_expr_scope *s, const hp_expr *e, size_t i, hp_str *out)
{
    const hp_value *v;
    HP_TRY(hp_expr_arg(s, e, i, &v));
    *out = hp_is_null(v) ? HP_STR("") : text_of(s, v);
    return hp_str_present(*out) ? HP_OK : hp_expr_refuse(s, e, "a text", v);
}

HP_EVAL(op_concat)
{
    size_t len = 0;
    hp_str *parts = HP_NEW_ARRAY(s->run->mem, hp_str, e->arg_count);
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(hp_expr_arg(s, e, i, &v));
        if (hp_is_null(v)) return hp_expr_give_null(out); /* whatever follows */
        if (v->tag != HP_STRING) return hp_expr_refuse(s, e, "texts", v);
        parts[i] = v->string;
        len += v->string.len;
    }
    HP_TRY(hp_expr_charge(s, len / 64, 64));
    char *text = hp_arena_alloc(s->run->mem, len + 1);
    size_t at = 0;
    for (size_t i = 0; i < e->arg_count; i++) {
        if (parts[i].len > 0) memcpy(text + at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    return hp_expr_give(s, hp_string((hp_str){ text, len }), out);
}

HP_EVAL(op_case)
{
    hp_str text;
    HP_TRY(text_arg(s, e, 0, &text));
    char *copy = hp_arena_alloc(s->run->mem, text.len + 1);
    const bool upper = strcmp(e->op->name, "$toUpper") == 0;
    for (size_t i = 0; i < text.len; i++) { /* ASCII alone, as in MongoDB */
        char c = text.ptr[i];
        if (upper && c >= 'a' && c <= 'z') c = (char)(c - 32);
        if (!upper && c >= 'A' && c <= 'Z') c = (char)(c + 32);
        copy[i] = c;
    }
    return hp_expr_give(s, hp_string((hp_str){ copy, text.len }), out);
}

static bool continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

static size_t count_characters(hp_str text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) n += !continues(text.ptr[i]);
    return n;
}

/* The byte at which character `n` begins, or the length. */
static size_t character_at(hp_str text, double n)
{
    size_t i = 0;
    double seen = 0;
    for (; i < text.len; i++)
        if (!continues(text.ptr[i]) && seen++ >= n) return i;
    return i;
}

HP_EVAL(op_substr)
{
    hp_str text;
    double from, len;
    HP_TRY(text_arg(s, e, 0, &text));
    HP_TRY(hp_expr_whole_arg(s, e, 1, &from));
    HP_TRY(hp_expr_whole_arg(s, e, 2, &len));
    if (from < 0) return hp_fail(s->err, HP_E_INVALID_QUERY, "%s starts at 0.", e->op->name);
    if (strcmp(e->op->name, "$substrCP") == 0) {
        if (len < 0) return hp_fail(s->err, HP_E_INVALID_QUERY, "$substrCP takes no negative length.");
        const size_t start = character_at(text, from), end = character_at(text, from + len);
        return hp_expr_give(s, hp_string(hp_str_sub(text, start, end - start)), out);
    }
    const hp_str part = hp_str_sub(text, (size_t)from, len < 0 ? SIZE_MAX : (size_t)len);
    const size_t end = (size_t)(part.ptr == NULL ? 0 : part.ptr - text.ptr) + part.len;
    if ((part.len > 0 && continues(part.ptr[0])) || (end < text.len && part.len > 0 && continues(text.ptr[end])))
        return hp_fail(s->err, HP_E_INVALID_QUERY, "%s would cut a character in two; use $substrCP.", e->op->name);
    return hp_expr_give(s, hp_string(part), out);
}

HP_EVAL(op_str_len)
{
    const hp_value *v;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    if (!hp_is(v, HP_STRING)) return hp_expr_refuse(s, e, "a text", v);
    const size_t n = strcmp(e->op->name, "$strLenCP") == 0 ? count_characters(v->string) : v->string.len;
    return hp_expr_give(s, hp_number((double)n), out);
}

HP_EVAL(op_split)
{
    const hp_value *v, *by;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    HP_TRY(hp_expr_arg(s, e, 1, &by));
    if (hp_is_null(v) || hp_is_null(by)) return hp_expr_give_null(out);
    if (v->tag != HP_STRING) return hp_expr_refuse(s, e, "a text", v);
    if (by->tag != HP_STRING || by->string.len == 0) return hp_expr_refuse(s, e, "a separator that is not empty", by);
    hp_value parts = hp_array();
    hp_str rest = v->string;
    for (;;) {
        const char *at = memmem(rest.ptr, rest.len, by->string.ptr, by->string.len);
        const size_t len = at == NULL ? rest.len : (size_t)(at - rest.ptr);
        HP_TRY(hp_expr_charge(s, 1, 3 * sizeof(hp_value)));
        hp_array_push(s->run->mem, &parts, hp_string(hp_str_sub(rest, 0, len)));
        if (at == NULL) break;
        rest = hp_str_sub(rest, len + by->string.len, SIZE_MAX);
    }
    return hp_expr_give(s, parts, out);
}

static size_t last_character(hp_str text)
{
    size_t len = 1;
    while (len < text.len && continues(text.ptr[text.len - len])) len++;
    return len;
}

static size_t first_character(hp_str text)
{
    size_t len = 1;
    while (len < text.len && continues(text.ptr[len])) len++;
    return len;
}

/* Cuts off the characters at one end that are among `chars`. */
static hp_code trim_end(const hp_expr_scope *s, hp_str chars, bool left, hp_str *text)
{
    while (text->len > 0) {
        const size_t len = left ? first_character(*text) : last_character(*text);
        const char *one = left ? text->ptr : text->ptr + text->len - len;
        HP_TRY(hp_expr_charge(s, 1 + chars.len / 64, 0));
        if (memmem(chars.ptr, chars.len, one, len) == NULL) break;
        *text = hp_str_sub(*text, left ? len : 0, text->len - len);
    }
    return HP_OK;
}

HP_EVAL(op_trim) /* {input, chars} */
{
    /* NUL, the blanks of ASCII and those of Unicode that MongoDB takes for blanks */
    static const char BLANKS[] =
        "\0 \t\n\v\f\r\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200A";
    const hp_value *v, *chars;
    hp_str among = { BLANKS, sizeof BLANKS - 1 };
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    HP_TRY(hp_expr_arg(s, e, 1, &chars));
    if (hp_is_null(v)) return hp_expr_give_null(out);
    if (v->tag != HP_STRING) return hp_expr_refuse(s, e, "a text", v);
    if (e->args[1] != NULL) {
        if (hp_is_null(chars)) return hp_expr_give_null(out);
        if (chars->tag != HP_STRING) return hp_expr_refuse(s, e, "chars that are a text", chars);
        among = chars->string;
    }
    hp_str text = v->string;
    if (strcmp(e->op->name, "$rtrim") != 0) HP_TRY(trim_end(s, among, true, &text));
    if (strcmp(e->op->name, "$ltrim") != 0) HP_TRY(trim_end(s, among, false, &text));
    return hp_expr_give(s, hp_string(text), out);
}

HP_EVAL(op_regex_match)
{
    const hp_value *v, *pattern, *options;
    const hp_regex *re;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    HP_TRY(hp_expr_arg(s, e, 1, &pattern));
    HP_TRY(hp_expr_arg(s, e, 2, &options));
    if (hp_is_null(v)) return hp_expr_give(s, hp_bool(false), out);
    if (v->tag != HP_STRING) return hp_expr_refuse(s, e, "a text", v);
    if (!hp_is(pattern, HP_STRING)) return hp_expr_refuse(s, e, "a pattern", pattern);
    HP_TRY(hp_regex_compile(s->run->mem, pattern->string, hp_is(options, HP_STRING) ? options->string : HP_STR(""), &re,
                            s->err));
    return hp_expr_give(s, hp_bool(hp_regex_matches(re, v->string)), out);
}

HP_EVAL(op_to_string)
{
    const hp_value *v;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    if (hp_is_null(v)) return hp_expr_give_null(out);
    const hp_str text = v->tag == HP_BOOL ? hp_json_text(s->run->mem, v) : text_of(s, v);
    return hp_str_present(text) ? hp_expr_give(s, hp_string(text), out)
                                : hp_expr_refuse(s, e, "a value with a text", v);
}

/* ---- the table ---- */

const hp_expr_op HP_EXPR_TEXT_OPS[] = {
    { "$concat", 0, HP_EXPR_ANY, NULL, op_concat },
    { "$toUpper", 1, 1, NULL, op_case },
    { "$toLower", 1, 1, NULL, op_case },
    { "$substr", 3, 3, NULL, op_substr },
    { "$substrBytes", 3, 3, NULL, op_substr },
    { "$substrCP", 3, 3, NULL, op_substr },
    { "$strLenBytes", 1, 1, NULL, op_str_len },
    { "$strLenCP", 1, 1, NULL, op_str_len },
    { "$split", 2, 2, NULL, op_split },
    { "$trim", 0, 0, "input chars?", op_trim },
    { "$ltrim", 0, 0, "input chars?", op_trim },
    { "$rtrim", 0, 0, "input chars?", op_trim },
    { "$regexMatch", 0, 0, "input regex options?", op_regex_match },
    { "$toString", 1, 1, NULL, op_to_string },
    { 0 },
};

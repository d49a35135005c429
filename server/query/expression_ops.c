/* query/expression_ops.c — the operators of expressions: logic, comparison, arithmetic, text, arrays. Dates are in
 * expression_dates.c.
 *
 * Null and missing operands make most operators null; a value of a type that an operator has no use for is an error that
 * names the operator, as in MongoDB. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "query/expression_dates.h"
#include "query/expression_internal.h"
#include "query/regex.h"
#include "query/value_order.h"
#include "value/date.h"
#include "value/json.h"

#define EVAL(name) static hp_code name(const hp_expr_scope *s, const hp_expr *e, const hp_value **out)

static hp_code give(const hp_expr_scope *s, hp_value v, const hp_value **out)
{
    *out = hp_value_new(s->run->mem, v);
    return HP_OK;
}

static hp_code give_null(const hp_value **out)
{
    static const hp_value NOTHING = { .tag = HP_NULL };
    *out = &NOTHING;
    return HP_OK;
}

static hp_code refuse(const hp_expr_scope *s, const hp_expr *e, const char *wanted, const hp_value *v)
{
    return hp_fail(s->err, HP_E_INVALID_QUERY, "%s needs %s, not %s.", e->op->name, wanted,
                   v == NULL ? "nothing" : hp_tag_name(v->tag));
}

static hp_code arg(const hp_expr_scope *s, const hp_expr *e, size_t i, const hp_value **out)
{
    *out = NULL;
    return i < e->arg_count ? hp_expr_value(s, e->args[i], out) : HP_OK;
}

/* ---- logic ---- */

EVAL(op_and)
{
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(arg(s, e, i, &v));
        if (!hp_expr_true(v)) return give(s, hp_bool(false), out);
    }
    return give(s, hp_bool(true), out);
}

EVAL(op_or)
{
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(arg(s, e, i, &v));
        if (hp_expr_true(v)) return give(s, hp_bool(true), out);
    }
    return give(s, hp_bool(false), out);
}

EVAL(op_not)
{
    const hp_value *v;
    HP_TRY(arg(s, e, 0, &v));
    return give(s, hp_bool(!hp_expr_true(v)), out);
}

EVAL(op_compare)
{
    const hp_value *a, *b;
    HP_TRY(arg(s, e, 0, &a));
    HP_TRY(arg(s, e, 1, &b));
    const int order = hp_value_order(a, b);
    const char *name = e->op->name + 1;
    if (strcmp(name, "cmp") == 0) return give(s, hp_number((order > 0) - (order < 0)), out);
    const bool holds = strcmp(name, "eq") == 0    ? order == 0
                       : strcmp(name, "ne") == 0  ? order != 0
                       : strcmp(name, "lt") == 0  ? order < 0
                       : strcmp(name, "lte") == 0 ? order <= 0
                       : strcmp(name, "gt") == 0  ? order > 0
                                                  : order >= 0;
    return give(s, hp_bool(holds), out);
}

EVAL(op_cond)
{
    const hp_value *when;
    if (e->arg_count != 3) return hp_fail(s->err, HP_E_INVALID_QUERY, "$cond takes 3 arguments.");
    HP_TRY(arg(s, e, 0, &when));
    return arg(s, e, hp_expr_true(when) ? 1 : 2, out);
}

EVAL(op_if_null)
{
    for (size_t i = 0; i + 1 < e->arg_count; i++) {
        HP_TRY(arg(s, e, i, out));
        if (!hp_is_null(*out)) return HP_OK;
    }
    return arg(s, e, e->arg_count - 1, out);
}

EVAL(op_switch)
{
    const size_t last = e->arg_count - 1;
    for (size_t i = 0; i < last; i += 2) {
        const hp_value *when;
        HP_TRY(arg(s, e, i, &when));
        if (hp_expr_true(when)) return arg(s, e, i + 1, out);
    }
    if (e->args[last] == NULL)
        return hp_fail(s->err, HP_E_INVALID_QUERY, "No case of $switch holds, and there is no default.");
    return arg(s, e, last, out);
}

EVAL(op_let)
{
    hp_expr_scope in = *s;
    for (size_t i = 1; i < e->arg_count; i++) {
        hp_expr_variable *v = HP_NEW(s->run->mem, hp_expr_variable);
        *v = (hp_expr_variable){ .name = e->keys[i], .outer = in.variables };
        HP_TRY(arg(s, e, i, &v->value));
        in.variables = v;
    }
    return hp_expr_value(&in, e->args[0], out);
}

/* ---- arithmetic ---- */

typedef bool decimal_fn(hp_decimal a, hp_decimal b, hp_decimal *out);

static bool any_decimal(const hp_value *a, const hp_value *b) { return a->tag == HP_DECIMAL || b->tag == HP_DECIMAL; }

/* Of two numeric values of which one is a decimal: so is the result. What must be exact is refused where it is not. */
static hp_code in_decimal(const hp_expr_scope *s, const hp_expr *e, decimal_fn *fn, bool rounds, const hp_value *a,
                          const hp_value *b, hp_value *out)
{
    if ((a->tag == HP_NUMBER && !isfinite(a->number)) || (b->tag == HP_NUMBER && !isfinite(b->number)))
        return refuse(s, e, "finite numbers beside a Decimal128", a->tag == HP_NUMBER ? a : b);
    *out = (hp_value){ .tag = HP_DECIMAL };
    if (fn(hp_numeric_decimal(a), hp_numeric_decimal(b), &out->decimal)) return HP_OK;
    if (rounds && hp_decimal_in_range(out->decimal)) return HP_OK;
    return hp_fail(s->err, HP_E_INVALID_QUERY, "%s: the result has more digits than a Decimal128.", e->op->name);
}

EVAL(op_add)
{
    hp_expr_sum sum = { 0 };
    bool is_date = false, is_null = false;
    int64_t start = 0;
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(arg(s, e, i, &v));
        if (hp_is_null(v)) {
            is_null = true;
        } else if (v->tag == HP_DATE && !is_date) {
            is_date = true;
            start = v->date.ms;
        } else if (hp_is_numeric(v)) {
            HP_TRY(hp_expr_sum_add(&sum, v, s->err));
        } else {
            return refuse(s, e, "numbers and at most one date", v);
        }
    }
    if (is_null) return give_null(out);
    const hp_value total = hp_expr_sum_total(&sum);
    if (!is_date) return give(s, total, out);
    const double ms = total.tag == HP_DECIMAL ? hp_decimal_to_double(total.decimal) : total.number;
    return hp_expr_date_give(s, (double)start + trunc(ms), out);
}

EVAL(op_subtract)
{
    const hp_value *a, *b;
    HP_TRY(arg(s, e, 0, &a));
    HP_TRY(arg(s, e, 1, &b));
    if (hp_is_null(a) || hp_is_null(b)) return give_null(out);
    if (a->tag == HP_DATE && b->tag == HP_DATE) return give(s, hp_number((double)(a->date.ms - b->date.ms)), out);
    if (a->tag == HP_DATE && b->tag == HP_NUMBER)
        return hp_expr_date_give(s, (double)a->date.ms - trunc(b->number), out);
    if (!hp_is_numeric(b)) return refuse(s, e, "numbers or dates", b);
    if (!hp_is_numeric(a)) return refuse(s, e, "numbers or dates", a);
    if (any_decimal(a, b)) {
        hp_value difference;
        HP_TRY(in_decimal(s, e, hp_decimal_subtract, false, a, b, &difference));
        return give(s, difference, out);
    }
    return give(s, hp_number(a->number - b->number), out);
}

EVAL(op_multiply)
{
    hp_value product = hp_number(1);
    bool is_null = false;
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v, so_far = product;
        HP_TRY(arg(s, e, i, &v));
        if (hp_is_null(v))
            is_null = true;
        else if (!hp_is_numeric(v))
            return refuse(s, e, "numbers", v);
        else if (any_decimal(&product, v))
            HP_TRY(in_decimal(s, e, hp_decimal_multiply, false, &so_far, v, &product));
        else
            product.number *= v->number;
    }
    return is_null ? give_null(out) : give(s, product, out);
}

static double divide(double a, double b) { return a / b; }

EVAL(op_two_numbers)
{
    static const struct {
        const char *name;
        double (*fn)(double, double);
        decimal_fn *decimal; /* NULL: there is none */
        bool divides;
    } FNS[] = { { "$divide", divide, hp_decimal_divide, true },
                { "$mod", fmod, hp_decimal_modulo, true },
                { "$pow", pow, NULL, false } };
    const hp_value *a, *b;
    HP_TRY(arg(s, e, 0, &a));
    HP_TRY(arg(s, e, 1, &b));
    if (hp_is_null(a) || hp_is_null(b)) return give_null(out);
    size_t i = 0;
    while (strcmp(FNS[i].name, e->op->name) != 0) i++;
    if (!hp_is_numeric(a) || (a->tag == HP_DECIMAL && FNS[i].decimal == NULL)) return refuse(s, e, "numbers", a);
    if (!hp_is_numeric(b) || (b->tag == HP_DECIMAL && FNS[i].decimal == NULL)) return refuse(s, e, "numbers", b);
    if (FNS[i].divides && !hp_expr_true(b)) return hp_fail(s->err, HP_E_INVALID_QUERY, "%s by zero.", e->op->name);
    if (any_decimal(a, b)) {
        hp_value made;
        HP_TRY(in_decimal(s, e, FNS[i].decimal, true, a, b, &made));
        return give(s, made, out);
    }
    return give(s, hp_number(FNS[i].fn(a->number, b->number)), out);
}

/* False for what has no exact result. */
static bool one_decimal(const char *name, hp_decimal d, hp_decimal *out)
{
    if (strcmp(name, "$abs") == 0)
        *out = hp_decimal_abs(d);
    else if (strcmp(name, "$ceil") == 0)
        *out = hp_decimal_round(d, 0, HP_DECIMAL_CEILING);
    else if (strcmp(name, "$floor") == 0)
        *out = hp_decimal_round(d, 0, HP_DECIMAL_FLOOR);
    else
        return false;
    return true;
}

EVAL(op_one_number)
{
    hp_decimal exact;
    static const struct {
        const char *name;
        double (*fn)(double);
    } FNS[] = { { "$abs", fabs }, { "$ceil", ceil }, { "$floor", floor }, { "$sqrt", sqrt },
                { "$exp", exp },  { "$ln", log },    { "$log10", log10 } };
    const hp_value *v;
    HP_TRY(arg(s, e, 0, &v));
    if (hp_is_null(v)) return give_null(out);
    if (v->tag == HP_DECIMAL && one_decimal(e->op->name, v->decimal, &exact))
        return give(s, hp_decimal_value(exact), out);
    if (v->tag != HP_NUMBER) return refuse(s, e, "a number", v);
    size_t i = 0;
    while (strcmp(FNS[i].name, e->op->name) != 0) i++;
    const double n = FNS[i].fn(v->number);
    if (!isfinite(n) && isfinite(v->number))
        return hp_fail(s->err, HP_E_INVALID_QUERY, "%s has no value for this number.", e->op->name);
    return give(s, hp_number(n), out);
}

EVAL(op_round)
{
    const hp_value *v, *places;
    HP_TRY(arg(s, e, 0, &v));
    HP_TRY(arg(s, e, 1, &places));
    if (hp_is_null(v) || (e->arg_count > 1 && hp_is_null(places))) return give_null(out);
    if (!hp_is_numeric(v)) return refuse(s, e, "a number", v);
    const double digits = places == NULL ? 0 : places->tag == HP_NUMBER ? places->number : NAN;
    if (!(digits >= -20 && digits <= 100) || digits != trunc(digits))
        return refuse(s, e, "a whole number from -20 to 100 as its second argument", places);
    if (v->tag == HP_DECIMAL) {
        enum { PLACES_MAX = 34 };
        const int at = (int)fmin(digits, PLACES_MAX);
        const bool rounds = strcmp(e->op->name, "$round") == 0;
        return give(s,
                    hp_decimal_value(hp_decimal_round(v->decimal, at, rounds ? HP_DECIMAL_HALF_EVEN : HP_DECIMAL_DOWN)),
                    out);
    }
    const double scale = pow(10, fabs(digits)), scaled = digits >= 0 ? v->number * scale : v->number / scale;
    if (!isfinite(scaled)) return give(s, *v, out);
    const double whole = strcmp(e->op->name, "$round") == 0 ? nearbyint(scaled) : trunc(scaled); /* half to even */
    return give(s, hp_number(digits >= 0 ? whole / scale : whole * scale), out);
}

/* ---- over the elements of one array, or over several arguments ---- */

EVAL(op_over)
{
    const hp_value *v;
    hp_value list = hp_array();
    for (size_t i = 0; i < e->arg_count; i++) {
        HP_TRY(arg(s, e, i, &v));
        if (e->arg_count == 1 && hp_is(v, HP_ARRAY))
            list = *v;
        else if (v != NULL)
            hp_array_push(s->run->mem, &list, *v);
    }
    hp_expr_sum sum = { 0 };
    const hp_value *best = NULL;
    const bool greatest = strcmp(e->op->name, "$max") == 0;
    for (uint32_t i = 0; i < list.array.count; i++) {
        const hp_value *item = &list.array.items[i];
        HP_TRY(hp_expr_sum_add(&sum, item, s->err));
        if (item->tag == HP_NULL) continue;
        const int order = best == NULL ? 0 : hp_value_order(item, best);
        if (best == NULL || (greatest ? order > 0 : order < 0)) best = item;
    }
    if (strcmp(e->op->name, "$sum") == 0) return give(s, hp_expr_sum_total(&sum), out);
    if (strcmp(e->op->name, "$avg") == 0) return give(s, hp_expr_sum_mean(&sum), out);
    return best == NULL ? give_null(out) : give(s, *best, out);
}

/* ---- text ---- */

/* What $toUpper, $substr and $toString make of a value; absent for types without a text. */
static hp_str text_of(const hp_expr_scope *s, const hp_value *v)
{
    char date[HP_DATE_TEXT_LEN + 1];
    if (v->tag == HP_STRING) return v->string;
    if (v->tag == HP_NUMBER || v->tag == HP_BOOL) return hp_json_text(s->run->mem, v);
    if (v->tag == HP_DECIMAL) return hp_decimal_text(s->run->mem, v->decimal);
    if (v->tag != HP_DATE) return HP_STR_NONE;
    const size_t len = hp_date_format(v->date.ms, date);
    return hp_arena_str(s->run->mem, (hp_str){ date, len });
}

/* The text of argument `i`: "" for null, an error for what has none. */
static hp_code text_arg(const hp_expr_scope *s, const hp_expr *e, size_t i, hp_str *out)
{
    const hp_value *v;
    HP_TRY(arg(s, e, i, &v));
    *out = hp_is_null(v) ? HP_STR("") : text_of(s, v);
    return hp_str_present(*out) ? HP_OK : refuse(s, e, "a text", v);
}

EVAL(op_concat)
{
    size_t len = 0;
    hp_str *parts = HP_NEW_ARRAY(s->run->mem, hp_str, e->arg_count);
    bool is_null = false;
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(arg(s, e, i, &v));
        if (hp_is_null(v)) {
            is_null = true;
            continue;
        }
        if (v->tag != HP_STRING) return refuse(s, e, "texts", v);
        parts[i] = v->string;
        len += v->string.len;
    }
    if (is_null) return give_null(out);
    HP_TRY(hp_expr_charge(s, len / 64, 64));
    char *text = hp_arena_alloc(s->run->mem, len + 1);
    size_t at = 0;
    for (size_t i = 0; i < e->arg_count; i++) {
        if (parts[i].len > 0) memcpy(text + at, parts[i].ptr, parts[i].len);
        at += parts[i].len;
    }
    return give(s, hp_string((hp_str){ text, len }), out);
}

EVAL(op_case)
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
    return give(s, hp_string((hp_str){ copy, text.len }), out);
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

static hp_code whole_arg(const hp_expr_scope *s, const hp_expr *e, size_t i, double *out)
{
    const hp_value *v;
    HP_TRY(arg(s, e, i, &v));
    if (!hp_is(v, HP_NUMBER) || v->number != trunc(v->number) || fabs(v->number) > 2147483647)
        return refuse(s, e, "a whole number", v);
    *out = v->number;
    return HP_OK;
}

EVAL(op_substr)
{
    hp_str text;
    double from, len;
    HP_TRY(text_arg(s, e, 0, &text));
    HP_TRY(whole_arg(s, e, 1, &from));
    HP_TRY(whole_arg(s, e, 2, &len));
    if (from < 0) return hp_fail(s->err, HP_E_INVALID_QUERY, "%s starts at 0.", e->op->name);
    if (strcmp(e->op->name, "$substrCP") == 0) {
        if (len < 0) return hp_fail(s->err, HP_E_INVALID_QUERY, "$substrCP takes no negative length.");
        const size_t start = character_at(text, from), end = character_at(text, from + len);
        return give(s, hp_string(hp_str_sub(text, start, end - start)), out);
    }
    const hp_str part = hp_str_sub(text, (size_t)from, len < 0 ? SIZE_MAX : (size_t)len);
    const size_t end = (size_t)(part.ptr == NULL ? 0 : part.ptr - text.ptr) + part.len;
    if ((part.len > 0 && continues(part.ptr[0])) || (end < text.len && part.len > 0 && continues(text.ptr[end])))
        return hp_fail(s->err, HP_E_INVALID_QUERY, "%s would cut a character in two; use $substrCP.", e->op->name);
    return give(s, hp_string(part), out);
}

EVAL(op_str_len)
{
    const hp_value *v;
    HP_TRY(arg(s, e, 0, &v));
    if (!hp_is(v, HP_STRING)) return refuse(s, e, "a text", v);
    const size_t n = strcmp(e->op->name, "$strLenCP") == 0 ? count_characters(v->string) : v->string.len;
    return give(s, hp_number((double)n), out);
}

EVAL(op_split)
{
    const hp_value *v, *by;
    HP_TRY(arg(s, e, 0, &v));
    HP_TRY(arg(s, e, 1, &by));
    if (hp_is_null(v) || hp_is_null(by)) return give_null(out);
    if (v->tag != HP_STRING) return refuse(s, e, "a text", v);
    if (by->tag != HP_STRING || by->string.len == 0) return refuse(s, e, "a separator that is not empty", by);
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
    return give(s, parts, out);
}

EVAL(op_trim)
{
    const hp_value *v, *chars;
    HP_TRY(arg(s, e, 0, &v));
    HP_TRY(arg(s, e, 1, &chars));
    if (hp_is_null(v)) return give_null(out);
    if (v->tag != HP_STRING) return refuse(s, e, "a text", v);
    if (chars != NULL) return hp_fail(s->err, HP_E_INVALID_QUERY, "%s with chars is not supported.", e->op->name);
    const char *const blank = " \t\n\v\f\r";
    hp_str text = v->string;
    const bool left = strcmp(e->op->name, "$rtrim") != 0, right = strcmp(e->op->name, "$ltrim") != 0;
    while (left && text.len > 0 && (text.ptr[0] == '\0' || strchr(blank, text.ptr[0]) != NULL))
        text = hp_str_sub(text, 1, SIZE_MAX);
    while (right && text.len > 0 && (text.ptr[text.len - 1] == '\0' || strchr(blank, text.ptr[text.len - 1]) != NULL))
        text.len--;
    return give(s, hp_string(text), out);
}

EVAL(op_regex_match)
{
    const hp_value *v, *pattern, *options;
    const hp_regex *re;
    HP_TRY(arg(s, e, 0, &v));
    HP_TRY(arg(s, e, 1, &pattern));
    HP_TRY(arg(s, e, 2, &options));
    if (hp_is_null(v)) return give(s, hp_bool(false), out);
    if (v->tag != HP_STRING) return refuse(s, e, "a text", v);
    if (!hp_is(pattern, HP_STRING)) return refuse(s, e, "a pattern", pattern);
    HP_TRY(hp_regex_compile(s->run->mem, pattern->string, hp_is(options, HP_STRING) ? options->string : HP_STR(""), &re,
                            s->err));
    return give(s, hp_bool(hp_regex_matches(re, v->string)), out);
}

/* ---- conversions ---- */

EVAL(op_to_string)
{
    const hp_value *v;
    HP_TRY(arg(s, e, 0, &v));
    if (hp_is_null(v)) return give_null(out);
    const hp_str text = text_of(s, v);
    return hp_str_present(text) ? give(s, hp_string(text), out) : refuse(s, e, "a value with a text", v);
}

EVAL(op_to_number)
{
    const hp_value *v;
    double n = NAN;
    HP_TRY(arg(s, e, 0, &v));
    if (hp_is_null(v)) return give_null(out);
    if (v->tag == HP_NUMBER) n = v->number;
    if (v->tag == HP_DECIMAL) n = hp_decimal_to_double(v->decimal);
    if (v->tag == HP_BOOL) n = v->boolean;
    if (v->tag == HP_DATE) n = (double)v->date.ms;
    if (v->tag == HP_STRING && v->string.len > 0 && v->string.len < 100 &&
        strspn(hp_arena_cstr(s->run->mem, v->string), "0123456789+-.eE") == v->string.len) {
        char *end, *text = hp_arena_cstr(s->run->mem, v->string);
        n = strtod(text, &end);
        if (*end != '\0') n = NAN;
    }
    if (!isfinite(n)) return refuse(s, e, "a number or the text of one", v);
    const bool whole = strcmp(e->op->name, "$toDouble") != 0;
    if (whole && v->tag == HP_STRING && n != trunc(n)) return refuse(s, e, "the text of a whole number", v);
    if (fabs(n) > 2147483647 && strcmp(e->op->name, "$toInt") == 0) return refuse(s, e, "a number of 32 bits", v);
    return give(s, hp_number(whole ? trunc(n) : n), out);
}

EVAL(op_to_decimal)
{
    const hp_value *v;
    hp_decimal d;
    HP_TRY(arg(s, e, 0, &v));
    if (hp_is_null(v)) return give_null(out);
    if (v->tag == HP_DECIMAL) return give(s, *v, out);
    if (v->tag == HP_STRING && hp_decimal_read(v->string, &d)) return give(s, hp_decimal_value(d), out);
    double n = NAN;
    if (v->tag == HP_NUMBER) n = v->number;
    if (v->tag == HP_BOOL) n = v->boolean;
    if (v->tag == HP_DATE) n = (double)v->date.ms;
    if (!isfinite(n)) return refuse(s, e, "a number or the text of one", v);
    return give(s, hp_decimal_value(hp_decimal_of_double(n)), out);
}

EVAL(op_to_bool)
{
    const hp_value *v;
    HP_TRY(arg(s, e, 0, &v));
    return hp_is_null(v) ? give_null(out) : give(s, hp_bool(hp_expr_true(v)), out);
}

/* ---- arrays and objects ---- */

EVAL(op_size)
{
    const hp_value *v;
    HP_TRY(arg(s, e, 0, &v));
    return hp_is(v, HP_ARRAY) ? give(s, hp_number(v->array.count), out) : refuse(s, e, "an array", v);
}

EVAL(op_is_array)
{
    const hp_value *v;
    HP_TRY(arg(s, e, 0, &v));
    return give(s, hp_bool(hp_is(v, HP_ARRAY)), out);
}

EVAL(op_element)
{
    const hp_value *v;
    double index = strcmp(e->op->name, "$last") == 0 ? -1 : 0;
    HP_TRY(arg(s, e, 0, &v));
    if (hp_is_null(v)) return give_null(out);
    if (v->tag != HP_ARRAY) return refuse(s, e, "an array", v);
    if (e->arg_count > 1) HP_TRY(whole_arg(s, e, 1, &index));
    if (index < 0) index += v->array.count;
    if (index >= 0 && index < v->array.count) *out = &v->array.items[(size_t)index]; /* beyond it: missing */
    return HP_OK;
}

EVAL(op_in)
{
    const hp_value *v, *list;
    HP_TRY(arg(s, e, 0, &v));
    HP_TRY(arg(s, e, 1, &list));
    if (!hp_is(list, HP_ARRAY)) return refuse(s, e, "an array", list);
    bool found = false;
    for (uint32_t i = 0; v != NULL && !found && i < list->array.count; i++)
        found = hp_value_order(v, &list->array.items[i]) == 0;
    return give(s, hp_bool(found), out);
}

EVAL(op_concat_arrays)
{
    hp_value all = hp_array();
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(arg(s, e, i, &v));
        if (hp_is_null(v)) return give_null(out);
        if (v->tag != HP_ARRAY) return refuse(s, e, "arrays", v);
        HP_TRY(hp_expr_charge(s, v->array.count, 3 * sizeof(hp_value))); /* the list grows by doubling */
        for (uint32_t k = 0; k < v->array.count; k++) hp_array_push(s->run->mem, &all, v->array.items[k]);
    }
    return give(s, all, out);
}

EVAL(op_set_union)
{
    hp_value all = hp_array();
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(arg(s, e, i, &v));
        if (hp_is_null(v)) return give_null(out);
        if (v->tag != HP_ARRAY) return refuse(s, e, "arrays", v);
        for (uint32_t k = 0; k < v->array.count; k++) {
            bool there = false;
            for (uint32_t j = 0; j < all.array.count && !there; j++) {
                HP_TRY(hp_expr_charge(s, 1, 0));
                there = hp_value_order(&all.array.items[j], &v->array.items[k]) == 0;
            }
            if (!there) hp_array_push(s->run->mem, &all, v->array.items[k]);
        }
    }
    return give(s, all, out);
}

EVAL(op_slice)
{
    const hp_value *v;
    double n, from;
    HP_TRY(arg(s, e, 0, &v));
    if (hp_is_null(v)) return give_null(out);
    if (v->tag != HP_ARRAY) return refuse(s, e, "an array", v);
    const double count = v->array.count;
    HP_TRY(whole_arg(s, e, e->arg_count - 1, &n));
    if (e->arg_count == 3) {
        HP_TRY(whole_arg(s, e, 1, &from));
        if (n <= 0) return hp_fail(s->err, HP_E_INVALID_QUERY, "$slice takes a length above 0 behind a position.");
        if (from < 0) from = fmax(0, count + from);
    } else {
        from = n < 0 ? fmax(0, count + n) : 0;
        n = fabs(n);
    }
    hp_value part = hp_array();
    for (double i = from; i < count && i < from + n; i++) hp_array_push(s->run->mem, &part, v->array.items[(size_t)i]);
    return give(s, part, out);
}

EVAL(op_reverse)
{
    const hp_value *v;
    HP_TRY(arg(s, e, 0, &v));
    if (hp_is_null(v)) return give_null(out);
    if (v->tag != HP_ARRAY) return refuse(s, e, "an array", v);
    hp_value turned = hp_array();
    for (uint32_t i = v->array.count; i > 0; i--) hp_array_push(s->run->mem, &turned, v->array.items[i - 1]);
    return give(s, turned, out);
}

/* $map and $filter: {input, as, in or cond}; the arguments are in the order of the names in the table. */
EVAL(op_map)
{
    const bool filters = strcmp(e->op->name, "$filter") == 0;
    const hp_value *v;
    hp_value made = hp_array();
    HP_TRY(arg(s, e, 0, &v));
    if (hp_is_null(v)) return give_null(out);
    if (v->tag != HP_ARRAY) return refuse(s, e, "an array", v);
    for (uint32_t i = 0; i < v->array.count; i++) {
        const hp_expr_variable element = { hp_str_present(e->variable) ? e->variable : HP_STR("this"),
                                           &v->array.items[i], s->variables };
        hp_expr_scope in = *s;
        const hp_value *one;
        in.variables = &element;
        HP_TRY(hp_expr_value(&in, e->args[2], &one));
        if (!filters)
            hp_array_push(s->run->mem, &made, one == NULL ? hp_null() : *one);
        else if (hp_expr_true(one))
            hp_array_push(s->run->mem, &made, v->array.items[i]);
    }
    return give(s, made, out);
}

EVAL(op_reduce)
{
    const hp_value *v, *sofar;
    HP_TRY(arg(s, e, 0, &v));
    if (hp_is_null(v)) return give_null(out);
    if (v->tag != HP_ARRAY) return refuse(s, e, "an array", v);
    HP_TRY(arg(s, e, 1, &sofar));
    for (uint32_t i = 0; i < v->array.count; i++) {
        const hp_expr_variable value = { HP_STR("value"), sofar, s->variables },
                               this = { HP_STR("this"), &v->array.items[i], &value };
        hp_expr_scope in = *s;
        in.variables = &this;
        HP_TRY(hp_expr_value(&in, e->args[2], &sofar));
    }
    *out = sofar;
    return HP_OK;
}

EVAL(op_merge_objects)
{
    hp_value all = hp_object();
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(arg(s, e, i, &v));
        if (hp_is_null(v)) continue;
        if (v->tag != HP_OBJECT) return refuse(s, e, "objects", v);
        HP_TRY(
            hp_expr_charge(s, (uint64_t)v->object.count * (1 + all.object.count / 16), 0)); /* every key is looked up */
        for (uint32_t k = 0; k < v->object.count; k++)
            hp_object_set(s->run->mem, &all, v->object.items[k].key, v->object.items[k].value);
    }
    return give(s, all, out);
}

/* ---- the table ---- */

enum { ANY = -1 };

static const hp_expr_op OPS[] = {
    { "$and", 0, ANY, NULL, op_and },
    { "$or", 0, ANY, NULL, op_or },
    { "$not", 1, 1, NULL, op_not },
    { "$eq", 2, 2, NULL, op_compare },
    { "$ne", 2, 2, NULL, op_compare },
    { "$lt", 2, 2, NULL, op_compare },
    { "$lte", 2, 2, NULL, op_compare },
    { "$gt", 2, 2, NULL, op_compare },
    { "$gte", 2, 2, NULL, op_compare },
    { "$cmp", 2, 2, NULL, op_compare },
    { "$cond", 3, 3, "if then else", op_cond },
    { "$ifNull", 2, ANY, NULL, op_if_null },
    { "$switch", 0, 0, "branches default?", op_switch },
    { "$let", 0, 0, "vars in", op_let },
    { "$add", 0, ANY, NULL, op_add },
    { "$subtract", 2, 2, NULL, op_subtract },
    { "$multiply", 0, ANY, NULL, op_multiply },
    { "$divide", 2, 2, NULL, op_two_numbers },
    { "$mod", 2, 2, NULL, op_two_numbers },
    { "$pow", 2, 2, NULL, op_two_numbers },
    { "$abs", 1, 1, NULL, op_one_number },
    { "$ceil", 1, 1, NULL, op_one_number },
    { "$floor", 1, 1, NULL, op_one_number },
    { "$sqrt", 1, 1, NULL, op_one_number },
    { "$exp", 1, 1, NULL, op_one_number },
    { "$ln", 1, 1, NULL, op_one_number },
    { "$log10", 1, 1, NULL, op_one_number },
    { "$round", 1, 2, NULL, op_round },
    { "$trunc", 1, 2, NULL, op_round },
    { "$sum", 0, ANY, NULL, op_over },
    { "$avg", 0, ANY, NULL, op_over },
    { "$min", 0, ANY, NULL, op_over },
    { "$max", 0, ANY, NULL, op_over },
    { "$concat", 0, ANY, NULL, op_concat },
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
    { "$toDouble", 1, 1, NULL, op_to_number },
    { "$toInt", 1, 1, NULL, op_to_number },
    { "$toLong", 1, 1, NULL, op_to_number },
    { "$toDecimal", 1, 1, NULL, op_to_decimal },
    { "$toBool", 1, 1, NULL, op_to_bool },
    { "$size", 1, 1, NULL, op_size },
    { "$isArray", 1, 1, NULL, op_is_array },
    { "$arrayElemAt", 2, 2, NULL, op_element },
    { "$first", 1, 1, NULL, op_element },
    { "$last", 1, 1, NULL, op_element },
    { "$in", 2, 2, NULL, op_in },
    { "$concatArrays", 0, ANY, NULL, op_concat_arrays },
    { "$setUnion", 0, ANY, NULL, op_set_union },
    { "$slice", 2, 3, NULL, op_slice },
    { "$reverseArray", 1, 1, NULL, op_reverse },
    { "$map", 0, 0, "input as? in", op_map },
    { "$filter", 0, 0, "input as? cond", op_map },
    { "$reduce", 0, 0, "input initialValue in", op_reduce },
    { "$mergeObjects", 1, ANY, NULL, op_merge_objects },
};

const hp_expr_op *hp_expr_op_find(hp_str name)
{
    for (size_t i = 0; i < sizeof OPS / sizeof *OPS; i++)
        if (hp_str_eq(name, hp_str_of(OPS[i].name))) return &OPS[i];
    return hp_expr_date_op_find(name);
}

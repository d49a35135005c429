/* query/expression_numbers.c — the operators that calculate. A Decimal128 among the operands makes the result one, exactly; only
 * division and means round, to the digits there are. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/expression_dates.h"
#include "query/expression_internal.h"
#include "query/value_order.h"

/* ---- arithmetic ---- */

typedef bool decimal_fn(hp_decimal a, hp_decimal b, hp_decimal *out);

static bool any_decimal(const hp_value *a, const hp_value *b) { return a->tag == HP_DECIMAL || b->tag == HP_DECIMAL; }

/* Of two numeric values of which one is a decimal: so is the result. What must be exact is refused where it is not. */
static hp_code in_decimal(const hp_expr_scope *s, const hp_expr *e, decimal_fn *fn, bool rounds, const hp_value *a,
                          const hp_value *b, hp_value *out)
{
    if ((a->tag == HP_NUMBER && !isfinite(a->number)) || (b->tag == HP_NUMBER && !isfinite(b->number)))
        return hp_expr_refuse(s, e, "finite numbers beside a Decimal128", a->tag == HP_NUMBER ? a : b);
    *out = (hp_value){ .tag = HP_DECIMAL };
    if (fn(hp_numeric_decimal(a), hp_numeric_decimal(b), &out->decimal)) return HP_OK;
    if (rounds && hp_decimal_in_range(out->decimal)) return HP_OK;
    return hp_fail(s->err, HP_E_INVALID_QUERY, "%s: the result has more digits than a Decimal128.", e->op->name);
}

HP_EVAL(op_add)
{
    hp_expr_sum sum = { 0 };
    bool is_date = false;
    int64_t start = 0;
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v;
        HP_TRY(hp_expr_arg(s, e, i, &v));
        if (hp_is_null(v)) return hp_expr_give_null(out); /* whatever follows */
        if (v->tag == HP_DATE && !is_date) {
            is_date = true;
            start = v->date.ms;
        } else if (hp_is_numeric(v)) {
            HP_TRY(hp_expr_sum_add(&sum, v, s->err));
        } else {
            return hp_expr_refuse(s, e, "numbers and at most one date", v);
        }
    }
    const hp_value total = hp_expr_sum_total(&sum);
    if (!is_date) return hp_expr_give(s, total, out);
    const double ms = total.tag == HP_DECIMAL ? hp_decimal_to_double(total.decimal) : total.number;
    return hp_expr_date_give(s, (double)start + trunc(ms), out);
}

HP_EVAL(op_subtract)
{
    const hp_value *a, *b;
    HP_TRY(hp_expr_arg(s, e, 0, &a));
    HP_TRY(hp_expr_arg(s, e, 1, &b));
    if (hp_is_null(a) || hp_is_null(b)) return hp_expr_give_null(out);
    if (a->tag == HP_DATE && b->tag == HP_DATE)
        return hp_expr_give(s, hp_number((double)(a->date.ms - b->date.ms)), out);
    if (a->tag == HP_DATE && b->tag == HP_NUMBER)
        return hp_expr_date_give(s, (double)a->date.ms - trunc(b->number), out);
    if (!hp_is_numeric(b)) return hp_expr_refuse(s, e, "numbers or dates", b);
    if (!hp_is_numeric(a)) return hp_expr_refuse(s, e, "numbers or dates", a);
    if (any_decimal(a, b)) {
        hp_value difference;
        HP_TRY(in_decimal(s, e, hp_decimal_subtract, false, a, b, &difference));
        return hp_expr_give(s, difference, out);
    }
    return hp_expr_give(s, hp_number(a->number - b->number), out);
}

HP_EVAL(op_multiply)
{
    hp_value product = hp_number(1);
    for (size_t i = 0; i < e->arg_count; i++) {
        const hp_value *v, so_far = product;
        HP_TRY(hp_expr_arg(s, e, i, &v));
        if (hp_is_null(v)) return hp_expr_give_null(out);
        if (!hp_is_numeric(v)) return hp_expr_refuse(s, e, "numbers", v);
        if (any_decimal(&product, v))
            HP_TRY(in_decimal(s, e, hp_decimal_multiply, false, &so_far, v, &product));
        else
            product.number *= v->number;
    }
    return hp_expr_give(s, product, out);
}

static double divide(double a, double b) { return a / b; }

HP_EVAL(op_two_numbers)
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
    HP_TRY(hp_expr_arg(s, e, 0, &a));
    HP_TRY(hp_expr_arg(s, e, 1, &b));
    if (hp_is_null(a) || hp_is_null(b)) return hp_expr_give_null(out);
    size_t i = 0;
    while (strcmp(FNS[i].name, e->op->name) != 0) i++;
    if (!hp_is_numeric(a) || (a->tag == HP_DECIMAL && FNS[i].decimal == NULL))
        return hp_expr_refuse(s, e, "numbers", a);
    if (!hp_is_numeric(b) || (b->tag == HP_DECIMAL && FNS[i].decimal == NULL))
        return hp_expr_refuse(s, e, "numbers", b);
    if (FNS[i].divides && !hp_expr_true(b)) return hp_fail(s->err, HP_E_INVALID_QUERY, "%s by zero.", e->op->name);
    if (FNS[i].fn == pow && a->number == 0 && b->number < 0)
        return hp_fail(s->err, HP_E_INVALID_QUERY, "$pow of 0 takes no negative exponent.");
    if (any_decimal(a, b)) {
        hp_value made;
        HP_TRY(in_decimal(s, e, FNS[i].decimal, true, a, b, &made));
        return hp_expr_give(s, made, out);
    }
    return hp_expr_give(s, hp_number(FNS[i].fn(a->number, b->number)), out);
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

HP_EVAL(op_one_number)
{
    hp_decimal exact;
    static const struct {
        const char *name;
        double (*fn)(double);
    } FNS[] = { { "$abs", fabs }, { "$ceil", ceil }, { "$floor", floor }, { "$sqrt", sqrt },
                { "$exp", exp },  { "$ln", log },    { "$log10", log10 } };
    const hp_value *v;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    if (hp_is_null(v)) return hp_expr_give_null(out);
    if (v->tag == HP_DECIMAL && one_decimal(e->op->name, v->decimal, &exact))
        return hp_expr_give(s, hp_decimal_value(exact), out);
    if (v->tag != HP_NUMBER) return hp_expr_refuse(s, e, "a number", v);
    size_t i = 0;
    while (strcmp(FNS[i].name, e->op->name) != 0) i++;
    const double n = FNS[i].fn(v->number);
    if (!isfinite(n) && isfinite(v->number) && FNS[i].fn != exp) /* what $exp has no room for is an infinity */
        return hp_fail(s->err, HP_E_INVALID_QUERY, "%s has no value for this number.", e->op->name);
    return hp_expr_give(s, hp_number(n), out);
}

/* The number that the bits of a double stand for, to 34 digits: 1.115 is 1.11499999…, and so rounds down. */
static hp_decimal digits_of(double n)
{
    char text[HP_DECIMAL_TEXT_MAX + 1];
    hp_decimal d;
    const int len = snprintf(text, sizeof text, "%.33e", n);
    HP_ASSERT(hp_decimal_read((hp_str){ text, (size_t)len }, &d));
    return d;
}

HP_EVAL(op_round)
{
    const hp_value *v, *places;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    HP_TRY(hp_expr_arg(s, e, 1, &places));
    if (hp_is_null(v) || (e->arg_count > 1 && hp_is_null(places))) return hp_expr_give_null(out);
    if (!hp_is_numeric(v)) return hp_expr_refuse(s, e, "a number", v);
    const double digits = places == NULL ? 0 : places->tag == HP_NUMBER ? places->number : NAN;
    if (!(digits >= -20 && digits <= 100) || digits != trunc(digits))
        return hp_expr_refuse(s, e, "a whole number from -20 to 100 as its second argument", places);
    if (v->tag == HP_NUMBER && !isfinite(v->number)) return hp_expr_give(s, *v, out);
    enum { PLACES_MAX = 34 };
    const hp_decimal rounded =
        hp_decimal_round(v->tag == HP_DECIMAL ? v->decimal : digits_of(v->number), (int)fmin(digits, PLACES_MAX),
                         strcmp(e->op->name, "$round") == 0 ? HP_DECIMAL_HALF_EVEN : HP_DECIMAL_DOWN);
    return hp_expr_give(s, v->tag == HP_DECIMAL ? hp_decimal_value(rounded) : hp_number(hp_decimal_to_double(rounded)),
                        out);
}

/* ---- over the elements of one array, or over several arguments ---- */

HP_EVAL(op_over)
{
    const hp_value *v;
    hp_value list = hp_array();
    for (size_t i = 0; i < e->arg_count; i++) {
        HP_TRY(hp_expr_arg(s, e, i, &v));
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
    if (strcmp(e->op->name, "$sum") == 0) return hp_expr_give(s, hp_expr_sum_total(&sum), out);
    if (strcmp(e->op->name, "$avg") == 0) return hp_expr_give(s, hp_expr_sum_mean(&sum), out);
    return best == NULL ? hp_expr_give_null(out) : hp_expr_give(s, *best, out);
}

/* ---- conversions ---- */

HP_EVAL(op_to_number)
{
    const hp_value *v;
    double n = NAN;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    if (hp_is_null(v)) return hp_expr_give_null(out);
    if (v->tag == HP_NUMBER) n = v->number;
    if (v->tag == HP_DECIMAL) n = hp_decimal_to_double(v->decimal);
    if (v->tag == HP_BOOL) n = v->boolean;
    const bool whole = strcmp(e->op->name, "$toDouble") != 0, small = strcmp(e->op->name, "$toInt") == 0;
    if (v->tag == HP_DATE && !small) n = (double)v->date.ms;
    if (v->tag == HP_STRING && v->string.len > 0 && v->string.len < 100 &&
        strspn(hp_arena_cstr(s->run->mem, v->string), whole ? "0123456789+-" : "0123456789+-.eE") == v->string.len) {
        char *end, *text = hp_arena_cstr(s->run->mem, v->string);
        n = strtod(text, &end);
        if (*end != '\0') n = NAN;
    }
    if (!isfinite(n)) return hp_expr_refuse(s, e, "a number or the text of one", v);
    if (whole) n = trunc(n);
    if (small && (n < INT32_MIN || n > INT32_MAX)) return hp_expr_refuse(s, e, "a number of 32 bits", v);
    return hp_expr_give(s, hp_number(n), out);
}

HP_EVAL(op_to_decimal)
{
    const hp_value *v;
    hp_decimal d;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    if (hp_is_null(v)) return hp_expr_give_null(out);
    if (v->tag == HP_DECIMAL) return hp_expr_give(s, *v, out);
    if (v->tag == HP_STRING && hp_decimal_read(v->string, &d)) return hp_expr_give(s, hp_decimal_value(d), out);
    double n = NAN;
    if (v->tag == HP_NUMBER) n = v->number;
    if (v->tag == HP_BOOL) n = v->boolean;
    if (v->tag == HP_DATE) n = (double)v->date.ms;
    if (!isfinite(n)) return hp_expr_refuse(s, e, "a number or the text of one", v);
    return hp_expr_give(s, hp_decimal_value(hp_decimal_of_double(n)), out);
}

HP_EVAL(op_to_bool)
{
    const hp_value *v;
    HP_TRY(hp_expr_arg(s, e, 0, &v));
    return hp_is_null(v) ? hp_expr_give_null(out) : hp_expr_give(s, hp_bool(hp_expr_true(v)), out);
}

/* ---- the table ---- */

const hp_expr_op HP_EXPR_NUMBER_OPS[] = {
    { "$add", 0, HP_EXPR_ANY, NULL, op_add },
    { "$subtract", 2, 2, NULL, op_subtract },
    { "$multiply", 0, HP_EXPR_ANY, NULL, op_multiply },
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
    { "$sum", 0, HP_EXPR_ANY, NULL, op_over },
    { "$avg", 0, HP_EXPR_ANY, NULL, op_over },
    { "$min", 0, HP_EXPR_ANY, NULL, op_over },
    { "$max", 0, HP_EXPR_ANY, NULL, op_over },
    { "$toDouble", 1, 1, NULL, op_to_number },
    { "$toInt", 1, 1, NULL, op_to_number },
    { "$toLong", 1, 1, NULL, op_to_number },
    { "$toDecimal", 1, 1, NULL, op_to_decimal },
    { "$toBool", 1, 1, NULL, op_to_bool },
    { 0 },
};

/* query/expression_internal.h — what the files of the expression language share. */
#ifndef HP_QUERY_EXPRESSION_INTERNAL_H
#define HP_QUERY_EXPRESSION_INTERNAL_H

#include "query/expression.h"

typedef struct hp_expr_variable hp_expr_variable;
struct hp_expr_variable {
    hp_str name;
    const hp_value *value; /* NULL: missing */
    const hp_expr_variable *outer;
};

typedef struct hp_expr_scope { /* what names stand for while one document is evaluated */
    hp_expr_run *run;
    const hp_value *root;
    const hp_expr_variable *variables;
    hp_err *err;
} hp_expr_scope;

typedef struct hp_expr_op {
    const char *name;
    int args_min, args_max; /* positional; -1: any number */
    const char *named;      /* or the names of the arguments, "?" behind optional ones: "date timezone?" */
    hp_code (*eval)(const hp_expr_scope *s, const hp_expr *e, const hp_value **out);
} hp_expr_op;

typedef enum hp_expr_kind {
    HP_EXPR_CONST,
    HP_EXPR_PATH,
    HP_EXPR_VARIABLE,
    HP_EXPR_OBJECT,
    HP_EXPR_ARRAY,
    HP_EXPR_OP
} hp_expr_kind;

struct hp_expr {
    hp_expr_kind kind;
    hp_value value;       /* CONST */
    hp_str name;          /* PATH: the path; VARIABLE: its name */
    hp_str path;          /* VARIABLE: behind the name, may be empty */
    const hp_expr_op *op; /* OP */
    const hp_expr **args; /* OP, ARRAY, OBJECT; NULL where an optional argument was not given */
    hp_str *keys;         /* OBJECT; OP $let: the variables of args[1..] */
    size_t arg_count;
    hp_str variable; /* $map, $filter: the name of the element */
};

HP_MUST_USE hp_code hp_expr_value(const hp_expr_scope *s, const hp_expr *e, const hp_value **out);

/* Before `count` items of `bytes` each are made or looked at: what documents and operators can multiply stays within
 * HP_PIPELINE_STEPS_MAX and HP_PIPELINE_BYTES_MAX. Errors: TIMEOUT, INVALID_QUERY. */
HP_MUST_USE hp_code hp_expr_charge(const hp_expr_scope *s, uint64_t count, size_t bytes);

/* NULL for an operator that is not there. */
const hp_expr_op *hp_expr_op_find(hp_str name);

/* The operators of one kind, up to the one without a name. */
extern const hp_expr_op HP_EXPR_NUMBER_OPS[], HP_EXPR_TEXT_OPS[], HP_EXPR_DATE_OPS[];

/* ---- for operators ---- */

enum { HP_EXPR_ANY = -1 }; /* as args_max */

#define HP_EVAL(name) static hp_code name(const hp_expr_scope *s, const hp_expr *e, const hp_value **out)

/* The value of argument `i`; NULL: missing, or not given. */
static inline hp_code hp_expr_arg(const hp_expr_scope *s, const hp_expr *e, size_t i, const hp_value **out)
{
    *out = NULL;
    return i < e->arg_count ? hp_expr_value(s, e->args[i], out) : HP_OK;
}

/* A whole number of 32 bits. */
hp_code hp_expr_whole_arg(const hp_expr_scope *s, const hp_expr *e, size_t i, double *out);

static inline hp_code hp_expr_give(const hp_expr_scope *s, hp_value v, const hp_value **out)
{
    *out = hp_value_new(s->run->mem, v);
    return HP_OK;
}

hp_code hp_expr_give_null(const hp_value **out);

/* "$op needs <wanted>, not <what it is>." */
hp_code hp_expr_refuse(const hp_expr_scope *s, const hp_expr *e, const char *wanted, const hp_value *v);

#endif

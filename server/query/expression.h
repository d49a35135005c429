/* query/expression.h — aggregation expressions: JSON to a typed tree, and a tree's value for one document.
 *
 * The meaning is MongoDB's: "$a.b" is a path, "$$NAME" a variable, {"$op": …} an operator, any other object or array a
 * literal with expressions in it. What is not supported is refused by name when the tree is made. Trees are immutable and
 * live in the parser's arena. */
#ifndef HP_QUERY_EXPRESSION_H
#define HP_QUERY_EXPRESSION_H

#include "base/error.h"
#include "query/class.h"

/* The names of stored columns that clients know by another name: _id, _created_at, _updated_at, _p_<pointer>. NULL class: only
 * objectId is translated. `raw`: nothing is. */
typedef struct hp_expr_names {
    const hp_class *cls;
    bool raw;
} hp_expr_names;

typedef struct hp_expr_parser {
    hp_arena *mem;
    hp_expr_names names;
    size_t *nodes;     /* counted against HP_PIPELINE_NODES_MAX */
    const char *stage; /* for messages: "$group" */
    hp_value *roots;   /* array that the root names of all paths are added to, or NULL */
    bool whole;        /* set when an expression reads $$ROOT itself */
} hp_expr_parser;

typedef struct hp_expr hp_expr;

/* Errors: INVALID_QUERY with the stage and operator in the message. */
HP_MUST_USE hp_code hp_expr_parse(hp_expr_parser *p, const hp_value *json, const hp_expr **out, hp_err *err);

/* The column that the path `name` starts at, with the rest of the path behind it: "createdAt.x" is "_created_at.x". */
hp_str hp_expr_column(const hp_expr_parser *p, hp_str name);

/* Checks a dotted field path: no empty part, none with '$', not too many. */
HP_MUST_USE hp_code hp_expr_check_path(const hp_expr_parser *p, hp_str path, hp_err *err);

/* "$a.b" as an expression. */
const hp_expr *hp_expr_of_path(hp_expr_parser *p, hp_str path);

typedef struct hp_expr_run { /* one run of a pipeline */
    hp_arena *mem;           /* for values that live as long as the present batch of documents */
    int64_t now_ms;
    uint64_t steps_left; /* 0: TIMEOUT */
} hp_expr_run;

/* The value for the document `root`; *out NULL: missing. It may share memory with `root`.
 * Errors: INVALID_QUERY when a value has a type that the operator refuses, TIMEOUT. */
HP_MUST_USE hp_code hp_expr_eval(hp_expr_run *run, const hp_expr *e, const hp_value *root, const hp_value **out,
                                 hp_err *err);

/* False for null, missing, false and 0. */
bool hp_expr_true(const hp_value *v);

/* $sum and $avg: exact to the last digit that a double holds, however many are added; decimals are exact altogether, and
 * make the result a decimal. */
typedef struct hp_expr_sum {
    double high, low;
    hp_decimal exact; /* if has_decimal */
    bool has_decimal;
    uint64_t count;
} hp_expr_sum;
/* What is no number adds nothing. Errors: INVALID_QUERY when the decimals need more digits than there are. */
HP_MUST_USE hp_code hp_expr_sum_add(hp_expr_sum *s, const hp_value *v, hp_err *err);
hp_value hp_expr_sum_total(const hp_expr_sum *s);
hp_value hp_expr_sum_mean(const hp_expr_sum *s); /* null of nothing; a decimal's is rounded to 34 digits */

#endif

/* query/where_operand.h — one operator of a constraint on its way, and what all operators do with their operands: fitting them to
 * the target, and the leaves and refusals that come of it. For the where parser alone; everything lives in its arena. */
#ifndef HP_QUERY_WHERE_OPERAND_H
#define HP_QUERY_WHERE_OPERAND_H

#include "query/where_internal.h"

typedef struct hp_where_op {
    hp_where_parser *p;
    const hp_target *t;
    const hp_value *all; /* the whole constraint: $regex looks for its $options */
    hp_str name;         /* "$gt" */
    hp_filter_kind kind; /* of the leaf that this operator makes */
    const hp_value *arg;
} hp_where_op;

typedef enum hp_operand_fit {
    HP_OPERAND_FITS,  /* *out is what the leaf compares with */
    HP_OPERAND_NEVER, /* a well-formed value that nothing in the target equals */
    HP_OPERAND_BAD    /* a plain object or array where there can be none, or an operator inside a value */
} hp_operand_fit;

static inline bool hp_where_is_operator(hp_str key) { return key.len > 0 && key.ptr[0] == '$'; }

/* True for an object that has an operator among its keys. */
bool hp_where_has_operator(const hp_value *v);

/* Fits `v` to the target of `o`. */
hp_operand_fit hp_where_fit(const hp_where_op *o, const hp_value *v, hp_value *out);

/* A condition that holds, or one that does not, whatever the object. */
hp_filter *hp_where_constant(const hp_where_parser *p, bool holds);

/* A leaf of that kind on the target. */
hp_filter *hp_where_leaf(const hp_where_op *o, hp_filter_kind kind);

/* The leaf for "equals" or "does not equal" a fitted operand. */
hp_filter *hp_where_equality(const hp_where_op *o, hp_operand_fit how, hp_value operand, bool negated);

/* Refuses `v` as what nothing can be compared with. Errors: INVALID_JSON. */
HP_MUST_USE hp_code hp_where_bad_atom(const hp_where_op *o, const hp_value *v, hp_err *err);

/* Errors: INVALID_JSON, `bad $in<what>`, unless the argument is an array; INVALID_QUERY for one that is too long. */
HP_MUST_USE hp_code hp_where_need_array(const hp_where_op *o, const char *what, hp_err *err);

/* The refusal for a list of more than HP_QUERY_LIST_MAX. Errors: INVALID_QUERY. */
HP_MUST_USE hp_code hp_where_too_many(const hp_where_op *o, hp_err *err);

/* Errors: INVALID_QUERY where clients may not use $regex. */
HP_MUST_USE hp_code hp_where_regex_allowed(const hp_where_op *o, hp_err *err);

/* The $regex of an object, or NULL. */
const hp_value *hp_where_regex_of(const hp_value *v);

/* "1,2" and "[object Object]": how JavaScript, and so Parse's message, prints them. */
hp_str hp_where_script_text(hp_arena *mem, const hp_value *v);

/* where_list.c: operators whose operand is a list. */
HP_MUST_USE hp_code hp_where_in(const hp_where_op *o, hp_filter **out, hp_err *err);
HP_MUST_USE hp_code hp_where_contained_by(const hp_where_op *o, hp_filter **out, hp_err *err);
HP_MUST_USE hp_code hp_where_all(const hp_where_op *o, hp_filter **out, hp_err *err);

/* What any operator but a sub-query demands of a relation. */
HP_MUST_USE hp_code hp_where_links(const hp_where_op *o, hp_filter **out, hp_err *err);

#endif

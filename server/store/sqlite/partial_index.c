#include "store/sqlite/partial_index.h"

#include "store/sqlite/cell.h"

static hp_code refuse(hp_str field, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_QUERY,
                   "partialFilterExpression.%" HP_STR_FMT
                   " must be a value of the field, one of $eq, $gt, $gte, $lt, $lte with one, or {\"$exists\":true}.",
                   HP_STR_ARG(field));
}

static bool add_text(hp_buf *out, hp_str text)
{
    hp_buf_add_char(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\0') return false;
        if (text.ptr[i] == '\'') hp_buf_add_char(out, '\'');
        hp_buf_add_char(out, text.ptr[i]);
    }
    hp_buf_add_char(out, '\'');
    return true;
}

static bool add_literal(hp_buf *out, const hp_sql_param *p)
{
    switch (p->kind) {
    case HP_SQL_INTEGER: hp_buf_printf(out, "%lld", (long long)p->integer); return true;
    case HP_SQL_REAL: hp_buf_printf(out, "%.17g", p->real); return true;
    case HP_SQL_TEXT: return add_text(out, p->bytes);
    case HP_SQL_NULL:
    case HP_SQL_BLOB:
    case HP_SQL_POINTER: break;
    }
    return false;
}

static const char *operator_of(hp_str key)
{
    static const struct {
        const char *key, *sql;
    } OPERATORS[] = { { "$eq", "=" }, { "$gt", ">" }, { "$gte", ">=" }, { "$lt", "<" }, { "$lte", "<=" } };
    for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++)
        if (hp_str_eq(key, hp_str_of(OPERATORS[i].key))) return OPERATORS[i].sql;
    return NULL;
}

static bool add_comparison(const hp_sqlite_column *c, const char *operator, const hp_value * v, hp_arena *mem,
                           hp_buf *out)
{
    hp_sql_param param;
    hp_buf_printf(out, "%" HP_STR_FMT " %s ", HP_STR_ARG(c->sql), operator);
    return hp_sqlite_scalar_param(c->field, v, mem, &param) && add_literal(out, &param);
}

static bool add_operator(const hp_sqlite_column *c, const hp_member *m, hp_arena *mem, hp_buf *out)
{
    if (hp_str_eq(m->key, HP_STR("$exists"))) {
        hp_buf_printf(out, "%" HP_STR_FMT " IS NOT NULL", HP_STR_ARG(c->sql));
        return hp_is_true(&m->value);
    }
    const char *operator= operator_of(m->key);
    return operator!= NULL && add_comparison(c, operator, & m->value, mem, out);
}

static hp_code add_field(const hp_sqlite_column *c, const hp_value *v, hp_arena *mem, hp_buf *out, hp_err *err)
{
    bool ok = true;
    if (v->tag != HP_OBJECT) {
        ok = add_comparison(c, "=", v, mem, out);
    } else {
        ok = v->object.count > 0;
        for (uint32_t i = 0; ok && i < v->object.count; i++) {
            if (i > 0) hp_buf_add_lit(out, " AND ");
            ok = add_operator(c, &v->object.items[i], mem, out);
        }
    }
    return ok ? HP_OK : refuse(c->field->name, err);
}

hp_code hp_sqlite_partial_where(const hp_sqlite_table *t, const hp_value *condition, hp_arena *mem, hp_buf *out,
                                hp_err *err)
{
    if (!hp_is(condition, HP_OBJECT) || condition->object.count == 0)
        return hp_fail(err, HP_E_INVALID_QUERY, "partialFilterExpression must name at least one field.");
    hp_buf_add_lit(out, " WHERE ");
    for (uint32_t i = 0; i < condition->object.count; i++) {
        const hp_member *m = &condition->object.items[i];
        const hp_sqlite_column *c = hp_sqlite_table_column(t, m->key);
        if (c == NULL || c->field->internal || hp_sqlite_is_relation(c))
            return hp_fail(err, HP_E_INVALID_QUERY, "Field %" HP_STR_FMT " does not exist, cannot add index.",
                           HP_STR_ARG(m->key));
        if (i > 0) hp_buf_add_lit(out, " AND ");
        HP_TRY(add_field(c, &m->value, mem, out, err));
    }
    return HP_OK;
}

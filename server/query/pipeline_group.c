/* query/pipeline_group.c — $group: documents by a key, and what is accumulated of each group. */
#include <math.h>

#include "query/pipeline_run.h"
#include "query/value_order.h"
#include "query/value_set.h"

static hp_code accumulate(hp_pipeline_run *r, const hp_accumulator *a, hp_pipeline_group_state *s, const hp_value *v,
                          hp_err *err)
{
    double before, n;
    switch (a->kind) {
    case HP_ACC_COUNT: s->sum.count++; return HP_OK;
    case HP_ACC_SUM:
    case HP_ACC_AVG: return hp_expr_sum_add(&s->sum, v, err);
    case HP_ACC_MIN:
    case HP_ACC_MAX:
        if (hp_is_null(v)) return HP_OK;
        if (s->has && (a->kind == HP_ACC_MAX ? hp_value_order(v, &s->value) <= 0 : hp_value_order(v, &s->value) >= 0))
            return HP_OK;
        s->value = hp_value_copy(r->mem, v);
        s->has = true;
        break;
    case HP_ACC_FIRST:
        if (s->has) return HP_OK;
        s->value = v == NULL ? hp_null() : hp_value_copy(r->mem, v);
        s->has = true;
        break;
    case HP_ACC_LAST: s->value = v == NULL ? hp_null() : hp_value_copy(r->mem, v); break;
    case HP_ACC_PUSH:
        if (v == NULL) return HP_OK;
        hp_array_push(r->mem, &s->value, hp_value_copy(r->mem, v));
        break;
    case HP_ACC_ADD_TO_SET: {
        if (v == NULL) return HP_OK;
        const uint64_t hash = hp_value_hash(v);
        hp_value_slot *slot = hp_value_table_slot(r->mem, &s->set, v, hash);
        if (slot->key != NULL) return HP_OK;
        *slot = (hp_value_slot){ hp_value_new(r->mem, hp_value_copy(r->mem, v)), hash, NULL };
        s->set.count++;
        hp_array_push(r->mem, &s->value, *slot->key);
        break;
    }
    case HP_ACC_STD_DEV_POP:
    case HP_ACC_STD_DEV_SAMP:
        if (!hp_is_numeric(v)) return HP_OK;
        n = v->tag == HP_DECIMAL ? hp_decimal_to_double(v->decimal) : v->number;
        before = n - s->mean;
        s->mean += before / (double)++s->sum.count;
        s->squares += before * (n - s->mean);
        return HP_OK;
    }
    return hp_pipeline_check_memory(r, err);
}

static hp_value accumulated(const hp_accumulator *a, const hp_pipeline_group_state *s)
{
    const double n = (double)s->sum.count;
    switch (a->kind) {
    case HP_ACC_COUNT: return hp_number(n);
    case HP_ACC_SUM: return hp_expr_sum_total(&s->sum);
    case HP_ACC_AVG: return hp_expr_sum_mean(&s->sum);
    case HP_ACC_STD_DEV_POP: return n == 0 ? hp_null() : hp_number(sqrt(s->squares / n));
    case HP_ACC_STD_DEV_SAMP: return n < 2 ? hp_null() : hp_number(sqrt(s->squares / (n - 1)));
    case HP_ACC_MIN:
    case HP_ACC_MAX:
    case HP_ACC_FIRST:
    case HP_ACC_LAST:
    case HP_ACC_PUSH:
    case HP_ACC_ADD_TO_SET: break;
    }
    return s->value;
}

static hp_pipeline_group *new_group(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *key)
{
    hp_pipeline_group *g = HP_NEW(r->mem, hp_pipeline_group);
    g->key = hp_value_copy(r->mem, key);
    g->states = HP_NEW_ARRAY(r->mem, hp_pipeline_group_state, n->stage->accumulator_count);
    for (size_t i = 0; i < n->stage->accumulator_count; i++) {
        const hp_accumulator_kind kind = n->stage->accumulators[i].kind;
        g->states[i].value = kind == HP_ACC_PUSH || kind == HP_ACC_ADD_TO_SET ? hp_array() : hp_null();
    }
    if (n->last == NULL)
        n->first = g;
    else
        n->last->next = g;
    n->last = g;
    return g;
}

hp_code hp_pipeline_push_group(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err)
{
    static const hp_value NO_KEY = { .tag = HP_NULL };
    const hp_value *key;
    HP_TRY(hp_expr_eval(&r->expr, n->stage->exprs[0], doc, &key, err));
    if (key == NULL) key = &NO_KEY;
    const uint64_t hash = hp_value_hash(key);
    hp_value_slot *slot = hp_value_table_slot(r->mem, &n->groups, key, hash);
    if (slot->key == NULL) {
        hp_pipeline_group *g = new_group(r, n, key);
        *slot = (hp_value_slot){ &g->key, hash, g };
        n->groups.count++;
        HP_TRY(hp_pipeline_check_memory(r, err));
    }
    hp_pipeline_group *g = slot->item;
    for (size_t i = 0; i < n->stage->accumulator_count; i++) {
        const hp_accumulator *a = &n->stage->accumulators[i];
        const hp_value *v = NULL;
        if (a->expr != NULL) HP_TRY(hp_expr_eval(&r->expr, a->expr, doc, &v, err));
        HP_TRY(accumulate(r, a, &g->states[i], v, err));
    }
    return HP_OK;
}

hp_code hp_pipeline_finish_group(hp_pipeline_run *r, hp_pipeline_node *n, hp_err *err)
{
    hp_pipeline_emission e = hp_pipeline_emit_begin(r);
    hp_code rc = HP_OK;
    for (const hp_pipeline_group *g = n->first; g != NULL && rc == HP_OK; g = g->next) {
        hp_value doc = hp_object();
        hp_object_append(r->mem, &doc, HP_STR("_id"), g->key);
        for (size_t i = 0; i < n->stage->accumulator_count; i++)
            hp_object_append(r->mem, &doc, n->stage->accumulators[i].name,
                             accumulated(&n->stage->accumulators[i], &g->states[i]));
        rc = hp_pipeline_emit(&e, n->next, &doc, err);
    }
    hp_pipeline_emit_end(&e);
    return rc;
}

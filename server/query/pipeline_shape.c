/* query/pipeline_shape.c — $project, $addFields, $set, $unset: what is made of a document, member by member. */
#include "query/pipeline_run.h"

static hp_code shape_value(hp_pipeline_run *r, const hp_stage *st, const hp_shape *shape, const hp_value *v,
                           const hp_value *root, const hp_value **out, hp_err *err);

static const hp_shape *child_of(const hp_shape *shape, hp_str key)
{
    for (size_t i = 0; i < shape->count; i++)
        if (hp_str_eq(shape->children[i]->key, key)) return shape->children[i];
    return NULL;
}

static bool computes(const hp_shape *s)
{
    if (s->expr != NULL) return true;
    for (size_t i = 0; i < s->count; i++)
        if (computes(s->children[i])) return true;
    return false;
}

/* The members that stay as they are, or are shaped further; then those that are computed. */
static hp_code shape_object(hp_pipeline_run *r, const hp_stage *st, const hp_shape *shape, const hp_value *v,
                            const hp_value *root, const hp_value **out, hp_err *err)
{
    hp_arena *mem = r->expr.mem;
    hp_value made = hp_object();
    for (uint32_t i = 0; i < v->object.count; i++) {
        const hp_member *m = &v->object.items[i];
        const hp_shape *c = child_of(shape, m->key);
        const hp_value *inner = &m->value;
        if (c == NULL && st->mode == HP_SHAPE_KEEP) continue;
        if (c != NULL && c->count == 0 && st->mode == HP_SHAPE_DROP) continue;
        if (c != NULL && c->expr != NULL && st->mode == HP_SHAPE_KEEP) continue;
        if (c != NULL && c->count > 0) HP_TRY(shape_value(r, st, c, &m->value, root, &inner, err));
        if (inner != NULL) hp_object_append(mem, &made, m->key, *inner);
    }
    for (size_t i = 0; i < shape->count && st->mode != HP_SHAPE_DROP; i++) {
        const hp_shape *c = shape->children[i];
        const hp_value *value = NULL;
        if (c->expr != NULL) {
            HP_TRY(hp_expr_eval(&r->expr, c->expr, root, &value, err));
            if (value == NULL) (void)hp_object_remove(&made, c->key); /* missing: the field is not there */
        } else if (c->count > 0 && hp_object_get(v, c->key) == NULL && computes(c)) {
            const hp_value nothing = hp_object();
            HP_TRY(shape_object(r, st, c, &nothing, root, &value, err));
        }
        if (value != NULL) hp_object_set(mem, &made, c->key, *value);
    }
    *out = hp_value_new(mem, made);
    return HP_OK;
}

static hp_code shape_value(hp_pipeline_run *r, const hp_stage *st, const hp_shape *shape, const hp_value *v,
                           const hp_value *root, const hp_value **out, hp_err *err)
{
    *out = v;
    HP_TRY(hp_pipeline_step(r, 1, err));
    if (v->tag == HP_OBJECT) return shape_object(r, st, shape, v, root, out, err);
    if (v->tag == HP_ARRAY) {
        hp_value made = hp_array();
        for (uint32_t i = 0; i < v->array.count; i++) {
            const hp_value *item;
            HP_TRY(shape_value(r, st, shape, &v->array.items[i], root, &item, err));
            if (item != NULL) hp_array_push(r->expr.mem, &made, *item);
        }
        *out = hp_value_new(r->expr.mem, made);
        return HP_OK;
    }
    if (st->mode == HP_SHAPE_DROP) return HP_OK;
    *out = NULL; /* nothing of a plain value is kept by a path into it; a computed member puts an object in its place */
    const hp_value nothing = hp_object();
    return computes(shape) ? shape_object(r, st, shape, &nothing, root, out, err) : HP_OK;
}

hp_code hp_pipeline_push_shape(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err)
{
    const hp_value *shaped;
    HP_TRY(shape_object(r, n->stage, n->stage->shape, doc, doc, &shaped, err));
    return hp_pipeline_pass(r, n->next, shaped, err);
}

#include "query/filter.h"

#include "base/limits.h"
#include "query/value_set.h"

/* A filter is as deep as its JSON, which was bounded when it was read, plus what our own code wraps around it. */
enum { WALK_DEPTH_MAX = HP_JSON_DEPTH_MAX + 32 };

hp_filter *hp_filter_new(hp_arena *mem, hp_filter_kind kind, hp_path path)
{
    hp_filter *f = HP_NEW(mem, hp_filter);
    f->kind = kind;
    f->path = path;
    return f;
}

hp_filter *hp_filter_eq(hp_arena *mem, const hp_field *field, hp_value operand)
{
    hp_filter *f = hp_filter_new(mem, HP_FILTER_EQ, (hp_path){ .field = field });
    f->operand = operand;
    return f;
}

void hp_filter_put_list(hp_filter *f, hp_value *items, size_t count, hp_arena *mem)
{
    enum { FEW = 16 };
    f->list.items = items;
    f->list.count = count;
    f->list.set = NULL;
    if (count <= FEW) return;
    hp_value_set *set = hp_value_set_new(mem, count);
    for (size_t i = 0; i < count; i++) (void)hp_value_set_add(set, &items[i]); /* twice is as good as once */
    f->list.set = set;
}

hp_filter *hp_filter_join(hp_arena *mem, hp_filter_kind and_or, hp_filter **parts, size_t count)
{
    HP_ASSERT(and_or == HP_FILTER_AND || and_or == HP_FILTER_OR);

    hp_filter **items = HP_NEW_ARRAY(mem, hp_filter *, count);
    size_t present = 0;
    for (size_t i = 0; i < count; i++)
        if (parts[i] != NULL) items[present++] = parts[i];

    if (present == 1) return items[0];
    if (present == 0)
        return hp_filter_new(mem, and_or == HP_FILTER_AND ? HP_FILTER_TRUE : HP_FILTER_FALSE, (hp_path){ 0 });

    hp_filter *f = hp_filter_new(mem, and_or, (hp_path){ 0 });
    f->children.items = items;
    f->children.count = present;
    return f;
}

const hp_filter *hp_filter_required(const hp_filter *f, hp_filter_kind kind)
{
    const hp_filter *found = f->kind == kind ? f : NULL;
    for (size_t i = 0; f->kind == HP_FILTER_AND && i < f->children.count && found == NULL; i++)
        found = hp_filter_required(f->children.items[i], kind);
    return found;
}

static hp_code walk(hp_filter *f, int depth, hp_code (*visit)(void *arg, hp_filter *node, hp_err *err), void *arg,
                    hp_err *err)
{
    if (depth > WALK_DEPTH_MAX) return hp_fail(err, HP_E_INVALID_QUERY, "The query is nested too deeply.");
    HP_TRY(visit(arg, f, err));
    if (f->kind != HP_FILTER_AND && f->kind != HP_FILTER_OR && f->kind != HP_FILTER_NOR) return HP_OK;
    for (size_t i = 0; i < f->children.count; i++) HP_TRY(walk(f->children.items[i], depth + 1, visit, arg, err));
    return HP_OK;
}

hp_code hp_filter_walk(hp_filter *f, hp_code (*visit)(void *arg, hp_filter *node, hp_err *err), void *arg, hp_err *err)
{
    return walk(f, 0, visit, arg, err);
}

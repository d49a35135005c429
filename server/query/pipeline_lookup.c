/* query/pipeline_lookup.c — $lookup: documents of another class by the value of their field. They are all there before the first
 * document, or fetched for those that have come. */
#include "base/limits.h"
#include "query/match.h"
#include "query/pipeline_run.h"
#include "query/value_set.h"

static const hp_value ABSENT = { .tag = HP_NULL }; /* what is not there meets what is null */

static void index_foreign(hp_pipeline_run *r, hp_value_table *t, const hp_value *key, const hp_value *doc)
{
    const uint64_t hash = hp_value_hash(key);
    hp_value_slot *slot = hp_value_table_slot(r->mem, t, key, hash);
    if (slot->key == NULL) {
        *slot = (hp_value_slot){ key, hash, hp_value_new(r->mem, hp_array()) };
        t->count++;
    }
    hp_value *docs = slot->item;
    if (docs->array.count > 0 && docs->array.items[docs->array.count - 1].object.items == doc->object.items) return;
    hp_array_push(r->mem, docs, *doc);
}

/* By whatever a condition on the field would find it: its values, and the elements of those that are arrays. */
hp_code hp_pipeline_add_foreign(hp_pipeline_run *r, size_t at, const hp_value *doc, hp_err *err)
{
    bool absent;
    hp_value_table *t = &r->foreign[at];
    const hp_value *kept = hp_value_new(r->mem, hp_value_copy(r->mem, doc));
    const hp_value keys = hp_path_values(r->mem, kept, &r->p->lookups[at]->foreign, &absent);
    if (absent) index_foreign(r, t, &ABSENT, kept);
    for (uint32_t i = 0; i < keys.array.count; i++) {
        const hp_value *key = &keys.array.items[i];
        index_foreign(r, t, key, kept);
        for (uint32_t k = 0; hp_is(key, HP_ARRAY) && k < key->array.count; k++)
            index_foreign(r, t, &key->array.items[k], kept);
    }
    return hp_pipeline_check_memory(r, err);
}

/* What a document looks for: the values of its field, arrays by element. */
static hp_value local_keys(hp_arena *mem, const hp_lookup *l, const hp_value *doc)
{
    bool absent;
    hp_value keys = hp_array();
    const hp_value values = hp_path_values(mem, doc, &l->local, &absent);
    for (uint32_t i = 0; i < values.array.count; i++) {
        const hp_value *v = &values.array.items[i];
        if (!hp_is(v, HP_ARRAY)) hp_array_push(mem, &keys, *v);
        for (uint32_t k = 0; hp_is(v, HP_ARRAY) && k < v->array.count; k++)
            hp_array_push(mem, &keys, v->array.items[k]);
    }
    if (absent && values.array.count == 0) hp_array_push(mem, &keys, ABSENT);
    return keys;
}

static bool contains_doc(const hp_value *docs, const hp_value *doc)
{
    for (uint32_t i = 0; i < docs->array.count; i++)
        if (docs->array.items[i].object.items == doc->object.items) return true;
    return false;
}

static void add_matches(hp_pipeline_run *r, const hp_value_table *t, const hp_value *key, bool several, hp_value *out)
{
    if (t->size == 0) return;
    const hp_value_slot *slot = hp_value_table_find(t, key, hp_value_hash(key));
    const hp_value *docs = slot->key == NULL ? NULL : slot->item;
    for (uint32_t i = 0; docs != NULL && i < docs->array.count; i++)
        if (!several || !contains_doc(out, &docs->array.items[i]))
            hp_array_push(r->expr.mem, out, docs->array.items[i]);
}

void hp_pipeline_fetch_later(hp_pipeline_run *r, size_t at, hp_foreign_fn fetch, void *arg)
{
    r->later[at] = (struct hp_pipeline_later){ fetch, arg };
}

static hp_code join(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err)
{
    const hp_lookup *l = r->p->lookups[n->stage->lookup];
    const hp_value_table *t = &r->foreign[n->stage->lookup];
    const hp_value keys = local_keys(r->expr.mem, l, doc);
    hp_value found = hp_array();
    for (uint32_t i = 0; i < keys.array.count; i++) {
        HP_TRY(hp_pipeline_step(r, 1 + found.array.count, err));
        add_matches(r, t, &keys.array.items[i], keys.array.count > 1, &found);
    }
    HP_TRY(hp_pipeline_step(r, 1 + found.array.count, err));
    hp_value joined = hp_object_clone(r->expr.mem, doc);
    hp_object_set(r->expr.mem, &joined, l->as, found);
    return hp_pipeline_pass(r, n->next, &joined, err);
}

hp_code hp_pipeline_push_lookup(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err)
{
    if (r->later[n->stage->lookup].fetch == NULL) return join(r, n, doc, err);
    hp_array_push(r->mem, &n->kept, hp_value_copy(r->mem, doc));
    return hp_pipeline_check_memory(r, err);
}

/* The different values that the kept documents look for; NULL if they are too many. */
static const hp_value *keys_of(const hp_pipeline_run *r, const hp_pipeline_node *n, hp_arena *mem)
{
    const hp_lookup *l = r->p->lookups[n->stage->lookup];
    hp_value *keys = hp_value_new(mem, hp_array());
    hp_value_table seen = { 0 };
    for (uint32_t i = 0; i < n->kept.array.count; i++) {
        const hp_value own = local_keys(mem, l, &n->kept.array.items[i]);
        for (uint32_t k = 0; k < own.array.count; k++) {
            const hp_value *key = &own.array.items[k];
            const uint64_t hash = hp_value_hash(key);
            hp_value_slot *slot = hp_value_table_slot(mem, &seen, key, hash);
            if (slot->key != NULL) continue;
            if (++seen.count > HP_QUERY_LIST_MAX) return NULL;
            *slot = (hp_value_slot){ key, hash, NULL };
            hp_array_push(mem, keys, *key);
        }
    }
    return keys;
}

hp_code hp_pipeline_finish_lookup(hp_pipeline_run *r, hp_pipeline_node *n, hp_err *err)
{
    const size_t at = n->stage->lookup;
    if (r->later[at].fetch == NULL || n->kept.array.count == 0) return HP_OK;
    HP_AUTO_ARENA mem = hp_arena_new();
    HP_TRY(r->later[at].fetch(r->later[at].arg, r, at, keys_of(r, n, mem), err));
    hp_pipeline_emission e = hp_pipeline_emit_begin(r);
    hp_code rc = HP_OK;
    for (uint32_t i = 0; i < n->kept.array.count && rc == HP_OK; i++) {
        hp_pipeline_emit_renew(&e);
        rc = join(r, n, &n->kept.array.items[i], err);
    }
    hp_pipeline_emit_end(&e);
    return rc;
}

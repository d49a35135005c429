/* query/pipeline_sort.c — $sort. Before a $limit it holds little more than what will be passed on. */
#include <stdlib.h>

#include "query/match.h"
#include "query/pipeline_run.h"
#include "query/value_order.h"

static int compare_items(const void *a, const void *b, void *arg)
{
    const hp_pipeline_sort_item *left = a, *right = b;
    const hp_stage *stage = arg;
    for (size_t i = 0; i < stage->key_count; i++) {
        const int order = hp_value_order(left->keys[i], right->keys[i]);
        if (order != 0) return stage->keys[i].descending ? -order : order;
    }
    return (left->at > right->at) - (left->at < right->at);
}

static void sort_items(const hp_pipeline_node *n)
{
    if (n->item_count > 0)
        qsort_r(n->items, n->item_count, sizeof *n->items, compare_items, (void *)(uintptr_t)n->stage);
}

static void read_keys(const hp_stage *stage, hp_arena *mem, hp_pipeline_sort_item *item)
{
    hp_value *rooms = HP_NEW_ARRAY(mem, hp_value, stage->key_count);
    item->keys = HP_NEW_ARRAY(mem, const hp_value *, stage->key_count);
    for (size_t i = 0; i < stage->key_count; i++)
        item->keys[i] = hp_path_sort_key(&item->doc, &stage->keys[i].path, stage->keys[i].descending, &rooms[i]);
}

static hp_pipeline_sort_item hold_item(const hp_pipeline_node *n, hp_arena *mem, const hp_pipeline_sort_item *item)
{
    hp_pipeline_sort_item kept = { .doc = hp_value_copy(mem, &item->doc), .at = item->at };
    read_keys(n->stage, mem, &kept);
    return kept;
}

static size_t wanted_items(const hp_pipeline_node *n)
{
    return n->stage->n > 0 && n->stage->n < (double)n->item_count ? (size_t)n->stage->n : n->item_count;
}

/* Leaves the items that are wanted, in order; all memory of the others is given back. */
static void keep_best(hp_pipeline_run *r, hp_pipeline_node *n)
{
    hp_arena *fresh = hp_arena_new();
    sort_items(n);
    n->item_count = n->best_count = wanted_items(n);
    for (size_t i = 0; i < n->item_count; i++) n->items[i] = hold_item(n, fresh, &n->items[i]);
    r->held_bytes += hp_arena_used_bytes(fresh) - hp_arena_used_bytes(n->held);
    hp_arena_free(n->held);
    n->held = fresh;
}

static bool is_beaten(const hp_pipeline_node *n, hp_arena *scratch, hp_pipeline_sort_item *item)
{
    if (n->best_count == 0) return false;
    read_keys(n->stage, scratch, item);
    return compare_items(item, &n->items[n->best_count - 1], (void *)(uintptr_t)n->stage) > 0;
}

hp_code hp_pipeline_push_sort(hp_pipeline_run *r, hp_pipeline_node *n, const hp_value *doc, hp_err *err)
{
    enum { SPARE_ITEMS = 64 };
    hp_pipeline_sort_item item = { .doc = *doc, .at = (size_t)n->passed++ };
    if (is_beaten(n, r->expr.mem, &item)) return HP_OK;
    n->items = hp_arena_room(r->mem, n->items, sizeof *n->items, n->item_count, &n->item_cap, SPARE_ITEMS);
    const size_t before = hp_arena_used_bytes(n->held);
    n->items[n->item_count++] = hold_item(n, n->held, &item);
    r->held_bytes += hp_arena_used_bytes(n->held) - before;
    if (n->stage->n > 0 && (double)n->item_count >= 2 * n->stage->n + SPARE_ITEMS) keep_best(r, n);
    return hp_pipeline_check_memory(r, err);
}

hp_code hp_pipeline_finish_sort(hp_pipeline_run *r, hp_pipeline_node *n, hp_err *err)
{
    hp_pipeline_emission e = hp_pipeline_emit_begin(r);
    hp_code rc = HP_OK;
    sort_items(n);
    const size_t count = wanted_items(n);
    for (size_t i = 0; i < count && rc == HP_OK; i++) rc = hp_pipeline_emit(&e, n->next, &n->items[i].doc, err);
    hp_pipeline_emit_end(&e);
    return rc;
}

#include "core/subquery.h"

#include "base/limits.h"
#include "core/core_internal.h"
#include "core/schema.h"
#include "query/numeric.h"
#include "query/where.h"
#include "value/date.h"

typedef struct resolver {
    hp_reader *r;
    const hp_class *cls; /* of the query whose conditions these are */
    int depth;
} resolver;

static hp_code take_one(hp_reader *r, hp_err *err)
{
    if (++r->subqueries <= HP_SUBQUERIES_MAX) return HP_OK;
    return hp_fail(err, HP_E_INVALID_QUERY, "The query needs more than %d subqueries.", HP_SUBQUERIES_MAX);
}

static hp_code check_depth(const resolver *s, hp_err *err)
{
    const hp_call *call = s->r->call;
    const int max = hp_call_unrestricted(call) ? HP_SUBQUERY_DEPTH_MAX : (int)call->settings->complexity.subquery_depth;
    if (s->depth < max) return HP_OK;
    return hp_fail(err, HP_E_INVALID_QUERY, "Subquery nesting depth exceeds maximum allowed depth of %d", max);
}

/* ---- $inQuery, $select ---- */

/* A list for an IN on `path`: only what a value of that field can equal, because the tree that a store gets is typed. */
typedef struct value_list {
    const hp_path *path;
    hp_value *items;
    size_t count, cap;
} value_list;

static bool can_equal(const hp_path *path, const hp_value *v)
{
    if (path->segment_count > 0) return true;
    switch (path->field->type) {
    case HP_T_STRING: return v->tag == HP_STRING;
    case HP_T_NUMBER: return v->tag == HP_NUMBER;
    case HP_T_DECIMAL: return v->tag == HP_DECIMAL;
    case HP_T_BOOLEAN: return v->tag == HP_BOOL;
    case HP_T_DATE: return v->tag == HP_DATE;
    case HP_T_GEOPOINT: return v->tag == HP_GEOPOINT;
    case HP_T_FILE: return v->tag == HP_FILE;
    case HP_T_BYTES: return v->tag == HP_BYTES;
    case HP_T_POLYGON: return v->tag == HP_POLYGON;
    case HP_T_POINTER: return v->tag == HP_POINTER && hp_str_eq(v->pointer.class_name, path->field->target_class);
    case HP_T_ARRAY:
    case HP_T_OBJECT: return true;
    case HP_T_RELATION:
    case HP_T_ACL: break;
    }
    return false;
}

static void add_value(hp_arena *mem, value_list *list, const hp_value *v)
{
    hp_value number;
    if (hp_is_null(v)) return;
    if (list->path->segment_count == 0 && hp_numeric_equal(list->path->field->type, v, &number)) v = &number;
    if (!can_equal(list->path, v)) return;
    list->items = hp_arena_room(mem, list->items, sizeof *list->items, list->count, &list->cap, 16);
    list->items[list->count++] = *v;
}

/* The value at a dotted key of a result. */
static hp_value value_at(const hp_value *object, hp_str key)
{
    const hp_value *v = object;
    hp_str rest = key, part;
    hp_value room;
    while (hp_str_split(&rest, '.', &part)) v = hp_value_member(v, part, &room);
    int64_t ms = 0; /* the two that answers hold as plain text */
    if ((hp_str_eq(key, HP_STR("createdAt")) || hp_str_eq(key, HP_STR("updatedAt"))) && hp_date_parse(hp_text(v), &ms))
        return hp_date(ms);
    return v == NULL ? hp_null() : *v;
}

static void collect_selected(hp_arena *mem, const hp_value *results, hp_str key, value_list *list)
{
    for (uint32_t i = 0; i < results->array.count; i++) {
        const hp_value v = value_at(&results->array.items[i], key);
        if (v.tag != HP_ARRAY) {
            add_value(mem, list, &v);
            continue;
        }
        for (uint32_t k = 0; k < v.array.count; k++) add_value(mem, list, &v.array.items[k]);
    }
}

/* $inQuery on a relation: "links to any of these", which has no negative form of its own. */
static void become_relates_to(hp_arena *mem, hp_filter *node, hp_value *ids, size_t count, bool negated)
{
    hp_filter *links = hp_filter_new(mem, HP_FILTER_RELATES_TO, node->path);
    links->list.items = ids;
    links->list.count = count;
    if (!negated) {
        *node = *links;
        return;
    }
    hp_filter **only = HP_NEW(mem, hp_filter *);
    *only = links;
    *node = (hp_filter){ .kind = HP_FILTER_NOR, .children = { only, 1 } };
}

static void become_list(hp_arena *mem, hp_filter *node, hp_str found_class, const hp_value *results)
{
    const hp_str key = node->subquery.key;
    const bool negated = node->subquery.negated, relation = node->path.field->type == HP_T_RELATION;
    const bool linked_class = !relation || hp_str_eq(node->path.field->target_class, found_class);
    value_list list = { .path = &node->path };

    if (hp_str_present(key)) {
        collect_selected(mem, results, key, &list);
    } else {
        list.cap = results->array.count;
        list.items = HP_NEW_ARRAY(mem, hp_value, list.cap);
        for (uint32_t i = 0; linked_class && i < results->array.count; i++) {
            const hp_str id = hp_object_text(&results->array.items[i], HP_STR("objectId"));
            const hp_value pointer = hp_pointer(found_class, id);
            if (relation)
                list.items[list.count++] = hp_string(id);
            else
                add_value(mem, &list, &pointer);
        }
    }
    if (relation) {
        become_relates_to(mem, node, list.items, list.count, negated);
        return;
    }
    node->kind = negated ? HP_FILTER_NIN : HP_FILTER_IN;
    hp_filter_put_list(node, list.items, list.count, mem);
}

static hp_code resolve_subquery(const resolver *s, hp_filter *node, hp_err *err)
{
    const hp_str key = node->subquery.key;
    hp_str found_class = HP_STR_NONE;
    hp_value results = hp_array();

    HP_TRY(check_depth(s, err));
    HP_TRY(take_one(s->r, err));
    const hp_str keep = hp_str_present(key) ? hp_name_root(key) : HP_STR_NONE;
    HP_TRY(hp_read_subquery(s->r, node->subquery.class_name, node->subquery.params, keep, s->depth + 1, &found_class,
                            &results, err));
    become_list(s->r->call->mem, node, found_class, &results);
    return HP_OK;
}

/* ---- $relatedTo ---- */

static hp_code refuse_key(hp_str key, hp_str class_name, hp_err *err)
{
    return hp_deny(err, HP_E_OPERATION_FORBIDDEN,
                   "This user is not allowed to query %" HP_STR_FMT " on class %" HP_STR_FMT, HP_STR_ARG(key),
                   HP_STR_ARG(class_name));
}

/* *readable: whether the caller can get the owner. A protected `key` is refused, for all owners or for this one. */
static hp_code look_at_owner(const resolver *s, const hp_class *owner, hp_str owner_id, hp_str key, bool *readable,
                             hp_err *err)
{
    const hp_call *call = s->r->call;
    hp_grant grant = { 0 };
    hp_err refusal = { 0 };

    *readable = false;
    if (hp_permit(call, owner->name, owner, HP_OPERATION_GET, &grant, &refusal) != HP_OK) return HP_OK;
    if (hp_name_hidden(key, grant.hidden, grant.hidden_count) && grant.protected_by_field == NULL &&
        !hp_str_eq(owner->name, HP_STR("_User")))
        return refuse_key(key, owner->name, err);
    if (grant.none) return HP_OK;

    hp_filter *parts[] = { hp_filter_eq(call->mem, hp_class_field(owner, HP_STR("objectId")), hp_string(owner_id)),
                           grant.also };
    const hp_field *nothing = NULL; /* the common columns are enough, unless others decide what is hidden */
    const hp_query q = { .cls = owner,
                         .filter = hp_filter_join(call->mem, HP_FILTER_AND, parts, 2),
                         .readable_by = grant.scope,
                         .limit = 1,
                         .deadline_ms = call->deadline_ms,
                         .project = grant.protected_by_field == NULL ? &nothing : NULL };
    hp_rows rows = { 0 };
    HP_TRY(hp_store_find(call->core->parts.store, &q, call->mem, &rows, err));
    if (rows.count == 0) return HP_OK;

    const hp_str *hidden = NULL;
    size_t hidden_count = 0;
    hp_permit_hidden(call, owner, &grant, &rows.items[0], &hidden, &hidden_count);
    if (hp_name_hidden(key, hidden, hidden_count)) return refuse_key(key, owner->name, err);
    *readable = true;
    return HP_OK;
}

static hp_code resolve_related_to(const resolver *s, hp_filter *node, hp_err *err)
{
    const hp_str owner_id = node->relation.owner_id, key = node->relation.key;
    const hp_class *owner = hp_schema_class(s->r->call->schema, hp_class_canonical_name(node->relation.class_name));
    const hp_field *relation = owner == NULL ? NULL : hp_class_field(owner, key);
    bool readable = false;

    HP_TRY(take_one(s->r, err));
    if (owner != NULL) HP_TRY(look_at_owner(s, owner, owner_id, key, &readable, err));
    if (!readable || relation == NULL || relation->type != HP_T_RELATION ||
        !hp_str_eq(relation->target_class, s->cls->name)) {
        *node = (hp_filter){ .kind = HP_FILTER_FALSE };
        return HP_OK;
    }
    *node = (hp_filter){ .kind = HP_FILTER_IN_RELATION,
                         .path = { .field = relation },
                         .relation = { .class_name = owner->name, .owner_id = owner_id } };
    return HP_OK;
}

static hp_code visit(void *arg, hp_filter *node, hp_err *err)
{
    if (node->kind == HP_FILTER_SUBQUERY) return resolve_subquery(arg, node, err);
    if (node->kind == HP_FILTER_RELATED_TO) return resolve_related_to(arg, node, err);
    return HP_OK;
}

hp_code hp_subqueries_resolve(hp_reader *r, const hp_class *cls, hp_filter *where, int depth, hp_err *err)
{
    resolver s = { .r = r, .cls = cls, .depth = depth };
    return hp_filter_walk(where, visit, &s, err);
}

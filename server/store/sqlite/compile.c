/* compile.c — filter to SQL.
 *
 * SQL's NULL must not leak into the meaning, which is MongoDB's:
 *   1. AND and OR carry NULL upwards as "not true", which is right at the top of a WHERE and below another AND or OR.
 *   2. The only negation is NOR, and it asks IS NOT TRUE.
 *   3. NE and NIN are their own forms here, never NOT of EQ and IN: they hold for absent values.
 * SQLite limits two depths, and a tree within our own limits (base/limits.h) must stay below both:
 *   - of an expression, where a chain of n ANDs counts n: long lists of leaves are joined in groups;
 *   - of its parser's stack, where what stands open to the left counts: nested children come first, leaves after them. */
#include "store/sqlite/compile.h"

#include <math.h>

#include "store/sqlite/acl_text.h"
#include "store/sqlite/cell.h"
#include "store/sqlite/functions.h"
#include "store/sqlite/list.h"
#include "store/sqlite/text_index.h"
#include "query/geometry.h"
#include "query/match.h"
#include "query/regex.h"
#include "value/json.h"

enum {
    GROUP_MAX = 48,  /* leaves joined in one chain */
    DEPTH_MAX = 24,  /* nesting that the parser stack of SQLite holds, three entries a level */
    INLINE_MAX = 16, /* list elements that become parameters; more become one bound list */
    ORDER_MAX = 500, /* keys of one ordering */
};

typedef struct context {
    hp_sql *sql;
    const hp_sqlite_catalog *catalog;
    const hp_sqlite_table *table;
    int depth; /* of nesting */
} context;

static void condition(const context *c, const hp_filter *f);

static void constant(const context *c, bool value)
{
    if (value)
        hp_sql_lit(c->sql, "1");
    else
        hp_sql_lit(c->sql, "0");
}

/* ---- leaves that the matcher decides ---- */

/* What an absent field answers: for names that the table does not have (any more). */
static void absent(const context *c, const hp_filter *f)
{
    hp_value nothing = hp_object();
    constant(c, hp_filter_matches(f, &nothing));
}

/* Text that a JSON column must contain if some value in it equals the operand. Only for values that have one spelling. */
static hp_str needle_of(hp_arena *mem, const hp_filter *f)
{
    if (f->kind != HP_FILTER_EQ && f->kind != HP_FILTER_NE) return HP_STR_NONE;
    if (f->operand.tag == HP_STRING) return hp_json_text(mem, &f->operand);
    if (f->operand.tag != HP_POINTER) return HP_STR_NONE;
    hp_value id = hp_string(f->operand.pointer.object_id);
    return hp_json_text(mem, &id);
}

static bool leads_index(const context *c, const hp_sqlite_column *column)
{
    for (size_t i = 0; i < c->table->index_count; i++)
        if (hp_str_eq(c->table->indexes[i].fields->object.items[0].key, column->field->name)) return true;
    return false;
}

/* An index on a GeoPoint field is one on its latitude: true, and *south and *north, if it can serve the condition. It cannot
 * where the condition is about the whole globe: to go through an index then takes longer than to go through the table. */
static bool latitudes(const context *c, const hp_sqlite_column *column, const hp_filter *f, double *south,
                      double *north)
{
    if (column->field->type != HP_T_GEOPOINT || !leads_index(c, column)) return false;
    if (f->kind == HP_FILTER_WITHIN_BOX) {
        *south = f->geo.box[0].latitude;
        *north = f->geo.box[1].latitude;
    } else if (f->kind == HP_FILTER_WITHIN_POLYGON) {
        hp_geo_ring_latitudes(f->geo.ring, f->geo.ring_count, south, north);
    } else if (f->kind == HP_FILTER_WITHIN_SPHERE || f->kind == HP_FILTER_NEAR) {
        hp_geo_circle_latitudes(f->geo.centre, f->geo.radius, south, north);
    } else {
        return false;
    }
    return *south > -90 || *north < 90;
}

static void by_matcher(const context *c, const hp_sqlite_column *column, const hp_filter *f)
{
    hp_sqlite_match *m = HP_NEW(c->sql->mem, hp_sqlite_match);
    double south, north;

    *m = (hp_sqlite_match){ column, f, HP_STR_NONE };
    if (hp_sqlite_type_is_json(column->field->type) && column->field->type != HP_T_GEOPOINT)
        m->needle = needle_of(c->sql->mem, f);
    bool narrowed = latitudes(c, column, f, &south, &north);
    if (narrowed) {
        hp_sql_lit(c->sql, "(hp_lat(");
        hp_sql_name(c->sql, column->sql);
        hp_sql_lit(c->sql, ") >= ? AND hp_lat(");
        hp_sql_name(c->sql, column->sql);
        hp_sql_lit(c->sql, ") <= ? AND ");
        hp_sql_bind(c->sql, (hp_sql_param){ .kind = HP_SQL_REAL, .real = south });
        hp_sql_bind(c->sql, (hp_sql_param){ .kind = HP_SQL_REAL, .real = north });
    }
    if (f->kind == HP_FILTER_TEXT) {
        hp_sql_lit(c->sql, "(");
        hp_sqlite_text_narrow(c->sql, c->table, column, f);
        narrowed = true;
    }
    hp_sql_lit(c->sql, "hp_match(");
    hp_sql_name(c->sql, column->sql);
    hp_sql_lit(c->sql, ", ?)");
    hp_sql_bind_pointer(c->sql, m, HP_SQLITE_MATCH);
    if (narrowed) hp_sql_lit(c->sql, ")");
}

/* ---- leaves on plain columns ---- */

static void compare(const context *c, const hp_sqlite_column *column, hp_str operator, hp_sql_param operand)
{
    hp_sql_name(c->sql, column->sql);
    hp_buf_add(c->sql->text, operator);
    hp_sql_bind(c->sql, operand);
}

static void is_null(const context *c, const hp_sqlite_column *column, bool yes)
{
    hp_sql_name(c->sql, column->sql);
    if (yes)
        hp_sql_lit(c->sql, " IS NULL");
    else
        hp_sql_lit(c->sql, " IS NOT NULL");
}

static void equals(const context *c, const hp_sqlite_column *column, const hp_value *operand, bool negated)
{
    hp_sql_param param;
    if (operand->tag == HP_NULL) {
        is_null(c, column, !negated);
    } else if (!hp_sqlite_scalar_param(column->field, operand, c->sql->mem, &param)) {
        constant(c, negated); /* another type: never equal */
    } else if (negated) {
        compare(c, column, HP_STR(" IS NOT ?"), param);
    } else {
        compare(c, column, HP_STR(" = ?"), param);
    }
}

static bool has_order(hp_type type)
{
    return type == HP_T_STRING || type == HP_T_NUMBER || type == HP_T_BOOLEAN || type == HP_T_DATE ||
           type == HP_T_DECIMAL;
}

/* Without statistics SQLite takes an open range for a quarter of the table, and then would rather go through all of it in the
 * order of insertion. Who declared an index on the field knows better. */
static void range(const context *c, const hp_sqlite_column *column, const hp_filter *f, hp_str operator)
{
    hp_sql_param param;
    if (!has_order(column->field->type) || !hp_sqlite_scalar_param(column->field, &f->operand, c->sql->mem, &param)) {
        constant(c, false);
        return;
    }
    const bool indexed = leads_index(c, column);
    if (indexed) hp_sql_lit(c->sql, "likelihood(");
    compare(c, column, operator, param);
    if (indexed) hp_sql_lit(c->sql, ", 0.01)");
}

/* The list's elements as parameters, without nulls and without what can never be equal. */
static hp_sqlite_list list_params(const context *c, const hp_field *field, const hp_filter *f, bool *has_null)
{
    hp_sql_param *items = HP_NEW_ARRAY(c->sql->mem, hp_sql_param, f->list.count);
    size_t count = 0;
    *has_null = false;
    for (size_t i = 0; i < f->list.count; i++) {
        if (f->list.items[i].tag == HP_NULL)
            *has_null = true;
        else if (hp_sqlite_scalar_param(field, &f->list.items[i], c->sql->mem, &items[count]))
            count++;
    }
    return (hp_sqlite_list){ items, count };
}

/* " IN (?, …)" or " IN (SELECT value FROM hp_list(?))". Short lists are padded with their last element to a power of two:
 * few statement texts, so that the statement cache serves them. */
static void in_list(const context *c, hp_sqlite_list list)
{
    if (list.count > INLINE_MAX) {
        hp_sqlite_list *kept = HP_NEW(c->sql->mem, hp_sqlite_list);
        *kept = list;
        hp_sql_lit(c->sql, " IN (SELECT \"value\" FROM \"hp_list\"(?))");
        hp_sql_bind_pointer(c->sql, kept, HP_SQLITE_LIST);
        return;
    }
    size_t padded = 1;
    while (padded < list.count) padded *= 2;
    hp_sql_lit(c->sql, " IN (?");
    for (size_t i = 1; i < padded; i++) hp_sql_lit(c->sql, ", ?");
    hp_sql_lit(c->sql, ")");
    for (size_t i = 0; i < padded; i++) hp_sql_bind(c->sql, list.items[i < list.count ? i : list.count - 1]);
}

static void in(const context *c, const hp_sqlite_column *column, const hp_filter *f)
{
    bool has_null;
    hp_sqlite_list list = list_params(c, column->field, f, &has_null);

    if (list.count == 0 && !has_null) {
        constant(c, false);
        return;
    }
    hp_sql_lit(c->sql, "(");
    if (has_null) is_null(c, column, true);
    if (has_null && list.count > 0) hp_sql_lit(c->sql, " OR ");
    if (list.count > 0) {
        hp_sql_name(c->sql, column->sql);
        in_list(c, list);
    }
    hp_sql_lit(c->sql, ")");
}

static void not_in(const context *c, const hp_sqlite_column *column, const hp_filter *f)
{
    bool has_null;
    hp_sqlite_list list = list_params(c, column->field, f, &has_null);

    if (list.count == 0) {
        if (has_null)
            is_null(c, column, false);
        else
            constant(c, true);
        return;
    }
    hp_sql_lit(c->sql, "(");
    is_null(c, column, !has_null);
    if (has_null)
        hp_sql_lit(c->sql, " AND ");
    else
        hp_sql_lit(c->sql, " OR ");
    hp_sql_name(c->sql, column->sql);
    hp_sql_lit(c->sql, " NOT");
    in_list(c, list);
    hp_sql_lit(c->sql, ")");
}

/* A single value has all of a list only if the list says one thing. */
static void all(const context *c, const hp_sqlite_column *column, const hp_filter *f)
{
    for (size_t i = 1; i < f->list.count; i++)
        if (!hp_value_equal(&f->list.items[0], &f->list.items[i])) {
            constant(c, false);
            return;
        }
    if (f->list.count == 0)
        constant(c, false);
    else
        equals(c, column, &f->list.items[0], false);
}

/* A pattern that is nothing but a literal prefix is a range, which an index serves. 0xFF is in no UTF-8 text. */
static bool prefix_range(const context *c, const hp_sqlite_column *column, const hp_filter *f)
{
    hp_str prefix = hp_regex_literal_prefix(f->regex);
    if (column->field->type != HP_T_STRING || prefix.len == 0) return false;
    char *end = hp_arena_alloc(c->sql->mem, prefix.len + 1);
    memcpy(end, prefix.ptr, prefix.len);
    end[prefix.len] = (char)0xFF;
    hp_sql_lit(c->sql, "(");
    compare(c, column, HP_STR(" >= ?"), (hp_sql_param){ .kind = HP_SQL_TEXT, .bytes = prefix });
    hp_sql_lit(c->sql, " AND ");
    compare(c, column, HP_STR(" < ?"), (hp_sql_param){ .kind = HP_SQL_TEXT, .bytes = { end, prefix.len + 1 } });
    hp_sql_lit(c->sql, ")");
    return true;
}

static void plain_leaf(const context *c, const hp_sqlite_column *column, const hp_filter *f)
{
    switch (f->kind) {
    case HP_FILTER_EQ: equals(c, column, &f->operand, false); break;
    case HP_FILTER_NE: equals(c, column, &f->operand, true); break;
    case HP_FILTER_LT: range(c, column, f, HP_STR(" < ?")); break;
    case HP_FILTER_LTE: range(c, column, f, HP_STR(" <= ?")); break;
    case HP_FILTER_GT: range(c, column, f, HP_STR(" > ?")); break;
    case HP_FILTER_GTE: range(c, column, f, HP_STR(" >= ?")); break;
    case HP_FILTER_IN: in(c, column, f); break;
    case HP_FILTER_NIN: not_in(c, column, f); break;
    case HP_FILTER_ALL: all(c, column, f); break;
    case HP_FILTER_EXISTS: is_null(c, column, !f->flag); break;
    case HP_FILTER_REGEX:
        if (!prefix_range(c, column, f)) by_matcher(c, column, f);
        break;
    case HP_FILTER_ALL_STARTING_WITH:
    case HP_FILTER_CONTAINED_BY:
    case HP_FILTER_TEXT:
    case HP_FILTER_WITHIN_BOX:
    case HP_FILTER_WITHIN_SPHERE:
    case HP_FILTER_WITHIN_POLYGON:
    case HP_FILTER_NEAR:
    case HP_FILTER_CONTAINS_POINT: by_matcher(c, column, f); break;
    case HP_FILTER_TRUE:
    case HP_FILTER_FALSE:
    case HP_FILTER_AND:
    case HP_FILTER_OR:
    case HP_FILTER_NOR:
    case HP_FILTER_IN_RELATION:
    case HP_FILTER_RELATES_TO:
    case HP_FILTER_SUBQUERY:
    case HP_FILTER_RELATED_TO: HP_ASSERT(!"a leaf on a column");
    }
}

static void leaf(const context *c, const hp_filter *f)
{
    const hp_sqlite_column *column = hp_sqlite_table_column(c->table, f->path.field->name);

    if (column == NULL || hp_sqlite_is_relation(column))
        absent(c, f);
    else if (f->kind == HP_FILTER_NEAR && f->geo.radius == HUGE_VAL)
        is_null(c, column, false); /* any point is near enough */
    else if (f->path.segment_count > 0 || hp_sqlite_type_is_json(column->field->type))
        by_matcher(c, column, f);
    else
        plain_leaf(c, column, f);
}

/* ---- relations ---- */

static const hp_sqlite_column *relation_of(const context *c, hp_str class_name, hp_str field_name)
{
    const hp_sqlite_table *t = hp_sqlite_catalog_table(c->catalog, class_name);
    const hp_sqlite_column *column = t == NULL ? NULL : hp_sqlite_table_column(t, field_name);
    return column != NULL && hp_sqlite_is_relation(column) ? column : NULL;
}

static void in_relation(const context *c, const hp_filter *f)
{
    const hp_sqlite_column *join = relation_of(c, f->relation.class_name, f->path.field->name);
    if (join == NULL || c->table->join) { /* a link is no object, and is linked from nowhere */
        constant(c, false);
        return;
    }
    hp_sql_lit(c->sql, "\"objectId\" IN (SELECT \"relatedId\" FROM ");
    hp_sql_name(c->sql, join->sql);
    hp_sql_lit(c->sql, " WHERE \"owningId\" = ?)");
    hp_sql_bind_text(c->sql, f->relation.owner_id);
}

static void relates_to(const context *c, const hp_filter *f)
{
    static const hp_field ID = { .name = HP_STR_INIT("relatedId"), .type = HP_T_STRING };
    const hp_sqlite_column *join = relation_of(c, c->table->cls->name, f->path.field->name);
    bool has_null;
    hp_sqlite_list list = list_params(c, &ID, f, &has_null);
    if (join == NULL || list.count == 0) {
        constant(c, false);
        return;
    }
    hp_sql_lit(c->sql, "\"objectId\" IN (SELECT \"owningId\" FROM ");
    hp_sql_name(c->sql, join->sql);
    hp_sql_lit(c->sql, " WHERE \"relatedId\"");
    in_list(c, list);
    hp_sql_lit(c->sql, ")");
}

/* ---- the tree ---- */

static bool is_nested(const hp_filter *f)
{
    return f->kind == HP_FILTER_AND || f->kind == HP_FILTER_OR || f->kind == HP_FILTER_NOR;
}

/* The nested children, one after another. */
static size_t join_nested(const context *c, const hp_filter *f, hp_str operator)
{
    size_t joined = 0;
    for (size_t i = 0; i < f->children.count; i++) {
        if (!is_nested(f->children.items[i])) continue;
        if (joined++ > 0) hp_buf_add(c->sql->text, operator);
        condition(c, f->children.items[i]);
    }
    return joined;
}

/* The leaves after them, in groups if they are many. */
static void join_leaves(const context *c, const hp_filter *f, hp_str operator, size_t nested)
{
    size_t leaves = f->children.count - nested, joined = 0;
    size_t group = leaves <= GROUP_MAX ? 1 : (leaves + GROUP_MAX - 1) / GROUP_MAX;

    for (size_t i = 0; i < f->children.count; i++) {
        if (is_nested(f->children.items[i])) continue;
        bool opens = joined % group == 0;
        if (joined > 0 || nested > 0) hp_buf_add(c->sql->text, operator);
        if (opens && group > 1) hp_sql_lit(c->sql, "(");
        condition(c, f->children.items[i]);
        joined++;
        if (group > 1 && (joined % group == 0 || joined == leaves)) hp_sql_lit(c->sql, ")");
    }
}

static void join(const context *c, const hp_filter *f, hp_str operator, bool when_none)
{
    context below = *c;
    below.depth++;
    hp_sql_lit(c->sql, "(");
    if (below.depth > DEPTH_MAX)
        c->sql->too_large = true;
    else if (f->children.count == 0)
        constant(c, when_none);
    else
        join_leaves(&below, f, operator, join_nested(&below, f, operator));
    hp_sql_lit(c->sql, ")");
}

static void condition(const context *c, const hp_filter *f)
{
    switch (f->kind) {
    case HP_FILTER_TRUE: constant(c, true); break;
    case HP_FILTER_FALSE: constant(c, false); break;
    case HP_FILTER_AND: join(c, f, HP_STR(" AND "), true); break;
    case HP_FILTER_OR: join(c, f, HP_STR(" OR "), false); break;
    case HP_FILTER_NOR:
        join(c, f, HP_STR(" OR "), false);
        hp_sql_lit(c->sql, " IS NOT TRUE"); /* binds tighter than AND and OR */
        break;
    case HP_FILTER_IN_RELATION: in_relation(c, f); break;
    case HP_FILTER_RELATES_TO: relates_to(c, f); break;
    case HP_FILTER_SUBQUERY:
    case HP_FILTER_RELATED_TO: HP_ASSERT(!"core/ resolves subqueries before a store sees them"); break;
    case HP_FILTER_EQ:
    case HP_FILTER_NE:
    case HP_FILTER_LT:
    case HP_FILTER_LTE:
    case HP_FILTER_GT:
    case HP_FILTER_GTE:
    case HP_FILTER_IN:
    case HP_FILTER_NIN:
    case HP_FILTER_ALL:
    case HP_FILTER_ALL_STARTING_WITH:
    case HP_FILTER_CONTAINED_BY:
    case HP_FILTER_EXISTS:
    case HP_FILTER_REGEX:
    case HP_FILTER_TEXT:
    case HP_FILTER_WITHIN_BOX:
    case HP_FILTER_WITHIN_SPHERE:
    case HP_FILTER_WITHIN_POLYGON:
    case HP_FILTER_NEAR:
    case HP_FILTER_CONTAINS_POINT: leaf(c, f); break;
    }
}

void hp_sqlite_compile_filter(hp_sql *s, const hp_sqlite_catalog *catalog, const hp_sqlite_table *t, const hp_filter *f)
{
    context c = { s, catalog, t, 0 };
    if (f == NULL)
        constant(&c, true);
    else
        condition(&c, f);
}

void hp_sqlite_compile_scope(hp_sql *s, const hp_acl_scope *scope, hp_str acl_column)
{
    if (scope->unrestricted) return;
    hp_sqlite_groups *groups = HP_NEW(s->mem, hp_sqlite_groups);
    hp_str *literals = HP_NEW_ARRAY(s->mem, hp_str, scope->group_count);
    for (size_t i = 0; i < scope->group_count; i++) literals[i] = hp_acl_text_literal(s->mem, scope->groups[i]);
    *groups = (hp_sqlite_groups){ literals, scope->group_count };

    hp_sql_lit(s, " AND (");
    hp_sql_name(s, acl_column);
    hp_sql_lit(s, " IS NULL OR hp_acl(");
    hp_sql_name(s, acl_column);
    hp_sql_lit(s, ", ?))");
    hp_sql_bind_pointer(s, groups, HP_SQLITE_GROUPS);
}

static hp_sqlite_match *measure(hp_arena *mem, const hp_sqlite_column *column, const hp_filter *leaf)
{
    hp_sqlite_match *m = HP_NEW(mem, hp_sqlite_match);
    *m = (hp_sqlite_match){ column, leaf, HP_STR_NONE };
    return m;
}

void hp_sqlite_compile_score(hp_sql *s, const hp_sqlite_table *t, const hp_filter *leaf)
{
    const hp_sqlite_column *column = hp_sqlite_table_column(t, leaf->path.field->name);
    if (column == NULL) {
        hp_sql_lit(s, "0.0");
        return;
    }
    hp_sql_lit(s, "hp_score(");
    hp_sql_name(s, column->sql);
    hp_sql_lit(s, ", ?)");
    hp_sql_bind_pointer(s, measure(s->mem, column, leaf), HP_SQLITE_MATCH);
}

void hp_sqlite_compile_order(hp_sql *s, const hp_sqlite_table *t, const hp_order *order, size_t count)
{
    if (count > ORDER_MAX) s->too_large = true;
    hp_sql_lit(s, " ORDER BY ");
    for (size_t i = 0; i < count; i++) {
        const hp_sqlite_column *column = hp_sqlite_table_column(t, order[i].path.field->name);
        if (column == NULL || hp_sqlite_is_relation(column)) continue; /* absent everywhere: orders nothing */
        if (order[i].by != NULL) {
            if (order[i].by->kind == HP_FILTER_TEXT)
                hp_sql_lit(s, "hp_score(");
            else
                hp_sql_lit(s, "hp_distance(");
            hp_sql_name(s, column->sql);
            hp_sql_lit(s, ", ?)");
            hp_sql_bind_pointer(s, measure(s->mem, column, order[i].by), HP_SQLITE_MATCH);
        } else if (order[i].path.segment_count == 0 && !hp_sqlite_type_is_json(column->field->type)) {
            hp_sql_name(s, column->sql);
        } else {
            hp_sqlite_sort *key = HP_NEW(s->mem, hp_sqlite_sort);
            *key = (hp_sqlite_sort){ column, &order[i] };
            hp_sql_lit(s, "hp_sort(");
            hp_sql_name(s, column->sql);
            hp_sql_lit(s, ", ?)");
            hp_sql_bind_pointer(s, key, HP_SQLITE_SORT);
        }
        if (order[i].descending) hp_sql_lit(s, " DESC");
        hp_sql_lit(s, ", ");
    }
    if (t->join)
        hp_sql_lit(s, "\"owningId\", \"relatedId\"");
    else
        hp_sql_lit(s, "\"_seq\"");
}

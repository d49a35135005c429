/* rooms: query value base */
/* Any JSON as a where, as find parameters and as the body of a write: parsed, walked over an object, applied. */
#include <stddef.h>
#include <stdint.h>

#include "query/change.h"
#include "query/find.h"
#include "query/match.h"
#include "query/where.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char OBJECT[] =
    "{\"s\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaa!\",\"n\":1,\"b\":true,\"o\":{\"x\":[1,{\"y\":null}]},"
    "\"a\":[1,\"red\",{\"k\":[2]},null],\"g\":{\"__type\":\"GeoPoint\",\"latitude\":1,\"longitude\":2},"
    "\"d\":{\"__type\":\"Date\",\"iso\":\"2020-01-01T00:00:00.000Z\"},"
    "\"p\":{\"__type\":\"Pointer\",\"className\":\"Owner\",\"objectId\":\"o1\"}}";

static hp_class *make_class(hp_arena *mem)
{
    static const struct {
        const char *name;
        hp_type type;
    } fields[] = { { "objectId", HP_T_STRING }, { "createdAt", HP_T_DATE }, { "s", HP_T_STRING },
                   { "n", HP_T_NUMBER },        { "b", HP_T_BOOLEAN },      { "d", HP_T_DATE },
                   { "o", HP_T_OBJECT },        { "a", HP_T_ARRAY },        { "g", HP_T_GEOPOINT },
                   { "f", HP_T_FILE },          { "by", HP_T_BYTES },       { "pg", HP_T_POLYGON },
                   { "p", HP_T_POINTER },       { "rel", HP_T_RELATION },   { "h", HP_T_STRING } };
    hp_class *c = HP_NEW(mem, hp_class);
    c->name = HP_STR("Case");
    c->by_name = hp_map_new(mem);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        hp_field *f = HP_NEW(mem, hp_field);
        f->name = hp_str_of(fields[i].name);
        f->type = fields[i].type;
        f->target_class = HP_STR("Owner");
        (void)hp_map_put(c->by_name, f->name, f);
    }
    return c;
}

/* No constraint on a hidden field survives the parser. */
static hp_code check_node(void *arg, hp_filter *node, hp_err *err)
{
    (void)arg, (void)err;
    HP_ASSERT(node->path.field == NULL || !hp_str_eq(node->path.field->name, HP_STR("h")));
    return HP_OK;
}

static void try_where(const hp_class *c, const hp_value *v, const hp_value *object, hp_arena *mem)
{
    static const hp_str hidden[] = { HP_STR_INIT("h") };
    const hp_where_rules rules = { .hidden = hidden, .hidden_count = 1, .allow_regex = true, .now_ms = 1700000000000 };
    hp_filter *f = NULL;
    hp_err err = { 0 };

    hp_code rc = hp_where_parse(c, v, &rules, mem, &f, &err);
    HP_ASSERT(rc != HP_OK || f != NULL);
    if (rc != HP_OK) {
        HP_ASSERT(err.code == rc && err.msg[0] != '\0');
        return;
    }
    HP_ASSERT(hp_filter_walk(f, check_node, NULL, &err) == HP_OK);

    hp_filter nor = { .kind = HP_FILTER_NOR };
    nor.children.items = &f;
    nor.children.count = 1;
    HP_ASSERT(hp_filter_matches(f, object) != hp_filter_matches(&nor, object));
}

static void try_changes(const hp_class *c, const hp_value *v, const hp_value *object, hp_arena *mem)
{
    hp_raw_changes raw;
    hp_err err = { 0 };
    if (hp_changes_read(v, mem, &raw, &err) != HP_OK) return;

    hp_change *changes = HP_NEW_ARRAY(mem, hp_change, raw.count);
    size_t count = 0;
    for (size_t i = 0; i < raw.count; i++) {
        hp_type type;
        hp_str target;
        (void)hp_raw_change_type(&raw.items[i], &type, &target);
        if (!hp_path_resolve(c, raw.items[i].name, false, mem, &changes[count].path)) continue;
        changes[count].op = raw.items[i].op;
        changes[count++].operand = raw.items[i].operand;
    }
    hp_value out;
    hp_code rc = hp_changes_apply(object, changes, count, mem, &out, &err);
    HP_ASSERT(rc == HP_OK || err.code == rc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value v, object;
    hp_find_params params;
    hp_err err = { 0 };

    if (size > 65536 || hp_json_read((hp_str){ (const char *)data, size }, HP_JSON_PARSE, mem, &v, &err) != HP_OK)
        return 0;
    HP_ASSERT(hp_json_read(hp_str_of(OBJECT), HP_JSON_PARSE, mem, &object, &err) == HP_OK);
    const hp_class *c = make_class(mem);

    try_where(c, &v, &object, mem);
    try_changes(c, &v, &object, mem);
    if (hp_find_params_read(&v, HP_FIND_QUERY, mem, &params, &err) == HP_OK) {
        hp_order *order;
        size_t count;
        hp_code rc = hp_order_resolve(c, &params, NULL, NULL, 0, mem, &order, &count, &err);
        HP_ASSERT(rc == HP_OK || err.code == rc);
    }
    return 0;
}

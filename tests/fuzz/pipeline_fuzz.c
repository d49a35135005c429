/* rooms: query value base */
/* Any JSON as a pipeline: read, and run over documents of all types. */
#include <stddef.h>
#include <stdint.h>

#include "query/pipeline.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char DOCS[] =
    "[{\"_id\":\"1\",\"n\":1,\"s\":\"a\\u00e4\",\"a\":[1,{\"k\":2},[3]],\"o\":{\"k\":{\"l\":1}},\"_p_p\":\"Owner$o1\","
    "\"d\":{\"__type\":\"Date\",\"iso\":\"2024-02-29T13:14:15.016Z\"}},"
    "{\"_id\":\"2\",\"n\":-0.5,\"s\":\"\",\"a\":[],\"o\":{},\"g\":{\"__type\":\"GeoPoint\",\"latitude\":1,"
    "\"longitude\":2}},"
    "{\"_id\":\"3\",\"b\":true,\"n\":1e300}]";

static hp_class *make_class(hp_arena *mem)
{
    static const struct {
        const char *name;
        hp_type type;
    } FIELDS[] = {
        { "objectId", HP_T_STRING }, { "createdAt", HP_T_DATE }, { "n", HP_T_NUMBER }, { "s", HP_T_STRING },
        { "d", HP_T_DATE },          { "a", HP_T_ARRAY },        { "o", HP_T_OBJECT }, { "p", HP_T_POINTER }
    };
    hp_class *c = HP_NEW(mem, hp_class);
    c->name = HP_STR("Case");
    c->by_name = hp_map_new(mem);
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        hp_field *f = HP_NEW(mem, hp_field);
        *f = (hp_field){ .name = hp_str_of(FIELDS[i].name), .type = FIELDS[i].type, .target_class = HP_STR("Owner") };
        (void)hp_map_put(c->by_name, f->name, f);
    }
    return c;
}

static hp_code run(const hp_pipeline *p, const hp_value *docs, hp_arena *mem, hp_value *results, hp_err *err)
{
    hp_pipeline_run *r = hp_pipeline_start(p, hp_rand_system(), 1700000000000, mem);
    size_t lookups;
    bool done = false;
    (void)hp_pipeline_lookups(p, &lookups);
    for (size_t l = 0; l < lookups; l++)
        for (uint32_t i = 0; i < docs->array.count; i++)
            HP_TRY(hp_pipeline_add_foreign(r, l, &docs->array.items[i], err));
    for (uint32_t i = 0; i < docs->array.count && !done; i++) {
        HP_AUTO_ARENA scratch = hp_arena_new();
        hp_value doc = hp_value_copy(scratch, &docs->array.items[i]);
        HP_TRY(hp_pipeline_push(r, &doc, scratch, &done, err));
    }
    return hp_pipeline_finish(r, results, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value stages, docs, results;
    hp_pipeline *p = NULL;
    hp_err err = { 0 };

    if (size > 16384 || hp_json_read((hp_str){ (const char *)data, size }, HP_JSON_PARSE, mem, &stages, &err) != HP_OK)
        return 0;
    HP_ASSERT(hp_json_read(hp_str_of(DOCS), HP_JSON_PARSE, mem, &docs, &err) == HP_OK);
    hp_code rc = hp_pipeline_parse(make_class(mem), &stages, false, mem, &p, &err);
    HP_ASSERT(rc == HP_OK ? p != NULL : err.code == rc && err.msg[0] != '\0');
    if (rc != HP_OK) return 0;
    rc = run(p, &docs, mem, &results, &err);
    HP_ASSERT(rc == HP_OK || (err.code == rc && err.msg[0] != '\0'));
    if (rc == HP_OK) (void)hp_json_text(mem, &results); /* every value can be written */
    return 0;
}

/* Pipelines over documents in memory. What is expected is MongoDB's documented meaning. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "query/pipeline.h"
#include "test_class.h"

static const int64_t NOW_MS = 1700000000000;

static const char CLASS[] =
    "{\"className\":\"Sale\",\"fields\":{\"objectId\":{\"type\":\"String\"},\"createdAt\":{\"type\":\"Date\"},"
    "\"updatedAt\":{\"type\":\"Date\"},\"n\":{\"type\":\"Number\"},\"s\":{\"type\":\"String\"},\"d\":{\"type\":"
    "\"Date\"},"
    "\"o\":{\"type\":\"Object\"},\"a\":{\"type\":\"Array\"},\"shop\":{\"type\":\"Pointer\",\"targetClass\":\"Shop\"}}}";

/* Documents as the store gives them: stored names. */
static const char DOCS[] =
    "[{\"_id\":\"1\",\"n\":1,\"s\":\"a\",\"a\":[1,2,2],\"o\":{\"k\":\"x\",\"m\":1},\"_p_shop\":\"Shop$A\","
    "\"d\":{\"__type\":\"Date\",\"iso\":\"2024-02-29T13:14:15.016Z\"}},"
    " {\"_id\":\"2\",\"n\":2,\"s\":\"b\",\"a\":[],\"o\":{\"k\":\"y\"},\"_p_shop\":\"Shop$B\"},"
    " {\"_id\":\"3\",\"n\":3,\"s\":\"a\",\"_p_shop\":\"Shop$A\"},"
    " {\"_id\":\"4\",\"s\":\"c\",\"n\":0.1}]";

/* What a store does: all documents, whatever the keys. */
static hp_code fetch_docs(void *arg, hp_pipeline_run *r, size_t at, const hp_value *keys, hp_err *err)
{
    const hp_value *docs = arg;
    assert_non_null(keys);
    for (uint32_t i = 0; i < docs->array.count; i++) HP_TRY(hp_pipeline_add_foreign(r, at, &docs->array.items[i], err));
    return HP_OK;
}

static hp_code run_with(hp_arena *mem, const char *stages, bool later, hp_str *out, hp_err *err)
{
    hp_class *c = test_class(mem, CLASS);
    hp_pipeline *p;
    hp_value results;
    size_t lookups;
    bool done = false;

    *err = (hp_err){ 0 };
    HP_TRY(hp_pipeline_parse(c, test_json(mem, stages), false, mem, &p, err));
    hp_pipeline_run *r = hp_pipeline_start(p, hp_rand_system(), NOW_MS, mem);
    const hp_value *docs = test_json(mem, DOCS);
    (void)hp_pipeline_lookups(p, &lookups);
    for (size_t l = 0; l < lookups && later; l++) hp_pipeline_fetch_later(r, l, fetch_docs, (void *)(uintptr_t)docs);
    for (size_t l = 0; l < lookups && !later; l++)
        for (uint32_t i = 0; i < docs->array.count; i++)
            HP_TRY(hp_pipeline_add_foreign(r, l, &docs->array.items[i], err));
    for (uint32_t i = 0; i < docs->array.count && !done; i++) {
        hp_arena *scratch = hp_arena_new(); /* what a stage keeps must not live here */
        hp_value doc = hp_value_copy(scratch, &docs->array.items[i]);
        hp_code rc = hp_pipeline_push(r, &doc, scratch, &done, err);
        hp_arena_free(scratch);
        HP_TRY(rc);
    }
    HP_TRY(hp_pipeline_finish(r, &results, err));
    *out = hp_json_text(mem, &results);
    return HP_OK;
}

static hp_code run(hp_arena *mem, const char *stages, hp_str *out, hp_err *err)
{
    return run_with(mem, stages, false, out, err);
}

typedef struct yields {
    const char *stages, *want;
} yields;

static void check_all(const yields *cases, size_t count)
{
    size_t wrong = 0;
    for (size_t i = 0; i < 2 * count; i++) { /* each with its lookups read before and when they are needed */
        HP_AUTO_ARENA mem = hp_arena_new();
        const yields *c = &cases[i / 2];
        hp_str got = HP_STR("nothing");
        hp_err err;
        if (run_with(mem, c->stages, i % 2 == 1, &got, &err) == HP_OK && hp_str_eq(got, hp_str_of(c->want))) continue;
        print_error("%s\n got  %s\n want %s\n %s\n", c->stages, hp_arena_cstr(mem, got), c->want, err.msg);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

static void stages_mean_what_mongodb_says(void **state)
{
    (void)state;
    static const yields CASES[] = {
        { "[{\"$match\":{\"n\":{\"$gt\":1}}},{\"$project\":{\"n\":1}}]",
          "[{\"_id\":\"2\",\"n\":2},{\"_id\":\"3\",\"n\":3}]" },
        { "[{\"$match\":{\"objectId\":\"2\"}},{\"$project\":{\"objectId\":0,\"s\":1}}]", "[{\"s\":\"b\"}]" },
        { "[{\"$match\":{\"shop\":\"A\"}},{\"$count\":\"x\"}]", "[{\"x\":2}]" },
        { "[{\"$match\":{\"shop\":{\"__type\":\"Pointer\",\"className\":\"Shop\",\"objectId\":\"B\"}}},{\"$count\":"
          "\"x\"}]",
          "[{\"x\":1}]" },
        { "[{\"$match\":{\"d\":{\"$lt\":\"2024-03-01T00:00:00.000Z\"}}},{\"$count\":\"x\"}]", "[{\"x\":1}]" },
        { "[{\"$match\":{\"s\":{\"$not\":{\"$in\":[\"a\",\"b\"]}}}},{\"$project\":{\"s\":1}}]",
          "[{\"_id\":\"4\",\"s\":\"c\"}]" },
        { "[{\"$match\":{\"$expr\":{\"$gt\":[\"$n\",2]}}},{\"$project\":{\"s\":1}}]", "[{\"_id\":\"3\",\"s\":\"a\"}]" },
        { "[{\"$match\":{\"a\":2}},{\"$count\":\"x\"}]", "[{\"x\":1}]" },
        { "[{\"$match\":{\"n\":99}},{\"$count\":\"x\"}]", "[]" },
        { "[{\"$match\":{\"_id\":\"1\"}},{\"$project\":{\"_id\":1,\"a\":0,\"o\":0,\"d\":0,\"_p_shop\":0}}]",
          "[{\"_id\":\"1\",\"n\":1,\"s\":\"a\"}]" },
        { "[{\"$match\":{\"n\":{\"$lt\":2}}},{\"$project\":{\"x\":{\"$ifNull\":[\"$o\",null]}}},{\"$match\":{\"x\":{\"$"
          "exists\":true}}},{\"$count\":\"c\"}]",
          "[{\"c\":2}]" },
        { "[{\"$project\":{\"x\":null}},{\"$match\":{\"x\":{\"$exists\":false}}},{\"$count\":\"c\"}]", "[]" },
        { "[{\"$group\":{\"_id\":\"$s\",\"t\":{\"$sum\":\"$n\"},\"c\":{\"$sum\":1},\"x\":{\"$avg\":\"$n\"}}}]",
          "[{\"_id\":\"a\",\"t\":4,\"c\":2,\"x\":2},{\"_id\":\"b\",\"t\":2,\"c\":1,\"x\":2},{\"_id\":\"c\",\"t\":0.1,"
          "\"c\":1,\"x\":0.1}]" },
        { "[{\"$group\":{\"_id\":null,\"lo\":{\"$min\":\"$n\"},\"hi\":{\"$max\":\"$n\"},\"f\":{\"$first\":\"$s\"},"
          "\"l\":{\"$last\":\"$s\"},"
          "\"p\":{\"$push\":\"$n\"},\"u\":{\"$addToSet\":\"$s\"},\"c\":{\"$count\":{}}}}]",
          "[{\"_id\":null,\"lo\":0.1,\"hi\":3,\"f\":\"a\",\"l\":\"c\",\"p\":[1,2,3,0.1],\"u\":[\"a\",\"b\",\"c\"],"
          "\"c\":4}]" },
        { "[{\"$group\":{\"_id\":null,\"p\":{\"$stdDevPop\":{\"$multiply\":[\"$n\",0]}},\"x\":{\"$avg\":\"$s\"},\"m\":{"
          "\"$max\":\"$nothing\"}}}]",
          "[{\"_id\":null,\"p\":0,\"x\":null,\"m\":null}]" },
        { "[{\"$group\":{\"_id\":\"$shop\",\"c\":{\"$sum\":1}}},{\"$sort\":{\"_id\":-1}}]",
          "[{\"_id\":\"Shop$B\",\"c\":1},{\"_id\":\"Shop$A\",\"c\":2},{\"_id\":null,\"c\":1}]" },
        { "[{\"$group\":{\"_id\":{\"k\":\"$o.k\"},\"c\":{\"$sum\":1}}}]",
          "[{\"_id\":{\"k\":\"x\"},\"c\":1},{\"_id\":{\"k\":\"y\"},\"c\":1},{\"_id\":{},\"c\":2}]" },
        { "[{\"$sort\":{\"s\":1,\"n\":-1}},{\"$skip\":1},{\"$limit\":2},{\"$project\":{\"n\":1}}]",
          "[{\"_id\":\"1\",\"n\":1},{\"_id\":\"2\",\"n\":2}]" },
        { "[{\"$sort\":{\"a\":-1}},{\"$project\":{\"_id\":1}}]",
          "[{\"_id\":\"1\"},{\"_id\":\"3\"},{\"_id\":\"4\"},{\"_id\":\"2\"}]" },
        { "[{\"$sort\":{\"a.1\":-1,\"_id\":-1}},{\"$project\":{\"_id\":1}},{\"$limit\":3}]",
          "[{\"_id\":\"1\"},{\"_id\":\"4\"},{\"_id\":\"3\"}]" },
        { "[{\"$unwind\":\"$a\"},{\"$project\":{\"a\":1}}]",
          "[{\"_id\":\"1\",\"a\":1},{\"_id\":\"1\",\"a\":2},{\"_id\":\"1\",\"a\":2}]" },
        { "[{\"$unwind\":{\"path\":\"$a\",\"includeArrayIndex\":\"i\",\"preserveNullAndEmptyArrays\":true}},{\"$"
          "project\":{\"a\":1,\"i\":1}},{\"$skip\":2}]",
          "[{\"_id\":\"1\",\"a\":2,\"i\":2},{\"_id\":\"2\",\"i\":null},{\"_id\":\"3\",\"i\":null},{\"_id\":\"4\",\"i\":"
          "null}]" },
        { "[{\"$match\":{\"n\":3}},{\"$lookup\":{\"from\":\"Sale\",\"localField\":\"s\",\"foreignField\":\"s\",\"as\":"
          "\"same\"}},"
          "{\"$project\":{\"ids\":\"$same._id\"}}]",
          "[{\"_id\":\"3\",\"ids\":[\"1\",\"3\"]}]" },
        { "[{\"$match\":{\"_id\":\"2\"}},{\"$addFields\":{\"q\":[{\"m\":[1,3]},{\"m\":2},{}]}},{\"$lookup\":{\"from\":"
          "\"Sale\",\"localField\":\"q.m\",\"foreignField\":\"n\",\"as\":\"f\"}},{\"$project\":{\"_id\":0,\"f\":\"$f._"
          "id\"}}]",
          "[{\"f\":[\"1\",\"3\",\"2\"]}]" },
        { "[{\"$match\":{\"_id\":\"2\"}},{\"$addFields\":{\"q\":[9,3]}},{\"$lookup\":{\"from\":\"Sale\",\"localField\":"
          "\"q.1\",\"foreignField\":\"n\",\"as\":\"f\"}},{\"$project\":{\"_id\":0,\"f\":\"$f._id\"}}]",
          "[{\"f\":[\"3\"]}]" },
        { "[{\"$match\":{\"_id\":\"2\"}},{\"$addFields\":{\"n\":2}},{\"$lookup\":{\"from\":\"Sale\",\"localField\":"
          "\"n\",\"foreignField\":\"a.1\",\"as\":\"f\"}},{\"$project\":{\"_id\":0,\"f\":\"$f._id\"}}]",
          "[{\"f\":[\"1\"]}]" },
        { "[{\"$match\":{\"_id\":\"2\"}},{\"$addFields\":{\"q\":[[1,2,2],7]}},{\"$lookup\":{\"from\":\"Sale\","
          "\"localField\":\"q\",\"foreignField\":\"a\",\"as\":\"f\"}},{\"$project\":{\"_id\":0,\"f\":\"$f._id\"}}]",
          "[{\"f\":[\"1\"]}]" },
        { "[{\"$match\":{\"_id\":\"2\"}},{\"$addFields\":{\"q\":[{}]}},{\"$lookup\":{\"from\":\"Sale\",\"localField\":"
          "\"q.m\",\"foreignField\":\"o.k\",\"as\":\"f\"}},{\"$project\":{\"_id\":0,\"f\":\"$f._id\"}}]",
          "[{\"f\":[\"3\",\"4\"]}]" },
        { "[{\"$match\":{\"_id\":\"1\"}},{\"$addFields\":{\"o.z\":{\"$add\":[\"$o.m\",1]},\"t\":\"$nothing\"}},{\"$"
          "project\":{\"o\":1,\"t\":1}}]",
          "[{\"_id\":\"1\",\"o\":{\"k\":\"x\",\"m\":1,\"z\":2}}]" },
        { "[{\"$match\":{\"_id\":\"1\"}},{\"$project\":{\"o.k\":1}}]", "[{\"_id\":\"1\",\"o\":{\"k\":\"x\"}}]" },
        { "[{\"$match\":{\"_id\":\"2\"}},{\"$unset\":[\"a\",\"o\",\"shop\"]}]",
          "[{\"_id\":\"2\",\"n\":2,\"s\":\"b\"}]" },
        { "[{\"$match\":{\"_id\":\"2\"}},{\"$replaceRoot\":{\"newRoot\":\"$o\"}}]", "[{\"k\":\"y\"}]" },
        { "[{\"$sortByCount\":\"$s\"},{\"$limit\":1}]", "[{\"_id\":\"a\",\"count\":2}]" },
        { "[{\"$sample\":{\"size\":10}},{\"$count\":\"c\"}]", "[{\"c\":4}]" },
        { "[{\"$facet\":{\"x\":[{\"$match\":{\"shop\":\"A\"}},{\"$count\":\"c\"}],\"y\":[{\"$sort\":{\"n\":-1}},{\"$"
          "limit\":1},{\"$project\":{\"n\":1}}]}}]",
          "[{\"x\":[{\"c\":2}],\"y\":[{\"_id\":\"3\",\"n\":3}]}]" },
        { "[{\"$limit\":2},{\"$project\":{\"f\":[0.1,0.1,0.1,0.1,0.1]}},{\"$unwind\":\"$f\"},{\"$group\":{\"_id\":null,"
          "\"t\":{\"$sum\":\"$f\"}}}]",
          "[{\"_id\":null,\"t\":1}]" }, /* not 0.9999999999999999 */
    };
    check_all(CASES, sizeof CASES / sizeof *CASES);
}

/* One expression over document 1. */
static void expressions_mean_what_mongodb_says(void **state)
{
    (void)state;
    static const yields CASES[] = {
        { "{\"$add\":[\"$n\",0.1,0.2]}", "1.3" },
        { "{\"$add\":[\"$n\",null]}", "null" },
        { "{\"$subtract\":[\"$d\",\"$d\"]}", "0" },
        { "{\"$divide\":[7,2]}", "3.5" },
        { "{\"$mod\":[-7,3]}", "-1" },
        { "{\"$round\":[2.5]}", "2" },
        { "{\"$round\":[1234.567,-2]}", "1200" },
        { "{\"$trunc\":[-1.57,1]}", "-1.5" },
        { "{\"$arrayElemAt\":[\"$a\",null]}", "null" },
        { "{\"$slice\":[\"$a\",\"$nothing\"]}", "null" },
        { "{\"$mergeObjects\":[[{\"x\":1,\"y\":1},null,{\"x\":2}]]}", "{\"x\":2,\"y\":1}" },
        { "{\"$dateToString\":{\"date\":\"$d\",\"format\":\"%z %Z\",\"timezone\":\"+04:30\"}}", "\"+0430 270\"" },
        { "{\"$concat\":[\"$s\",\"-\",\"$o.k\"]}", "\"a-x\"" },
        { "{\"$concat\":[\"$s\",\"$nothing\"]}", "null" },
        { "{\"$toUpper\":\"$o.k\"}", "\"X\"" },
        { "{\"$substr\":[\"_User$abc\",6,-1]}", "\"abc\"" },
        { "{\"$substrCP\":[\"äöü\",1,1]}", "\"ö\"" },
        { "{\"$strLenCP\":\"äöü\"}", "3" },
        { "{\"$split\":[\"Shop$A\",\"$\"]}", "[\"Shop\",\"A\"]" },
        { "{\"$cond\":{\"if\":{\"$gt\":[\"$n\",5]},\"then\":1,\"else\":2}}", "2" },
        { "{\"$ifNull\":[\"$nothing\",null,\"z\"]}", "\"z\"" },
        { "{\"$switch\":{\"branches\":[{\"case\":{\"$eq\":[\"$n\",1]},\"then\":\"one\"}],\"default\":\"other\"}}",
          "\"one\"" },
        { "{\"$lt\":[\"$nothing\",null]}", "true" },
        { "{\"$lt\":[9,\"1\"]}", "true" },
        { "{\"$cmp\":[\"b\",\"a\"]}", "1" },
        { "{\"$and\":[1,\"\",\"$n\"]}", "true" },
        { "{\"$size\":\"$a\"}", "3" },
        { "{\"$arrayElemAt\":[\"$a\",-1]}", "2" },
        { "{\"$in\":[2,\"$a\"]}", "true" },
        { "{\"$sum\":\"$a\"}", "5" },
        { "{\"$max\":[1,\"$n\",7]}", "7" },
        { "{\"$slice\":[\"$a\",-2]}", "[2,2]" },
        { "{\"$setUnion\":[\"$a\",[3]]}", "[1,2,3]" },
        { "{\"$map\":{\"input\":\"$a\",\"as\":\"x\",\"in\":{\"$multiply\":[\"$$x\",10]}}}", "[10,20,20]" },
        { "{\"$filter\":{\"input\":\"$a\",\"cond\":{\"$gt\":[\"$$this\",1]}}}", "[2,2]" },
        { "{\"$reduce\":{\"input\":\"$a\",\"initialValue\":0,\"in\":{\"$add\":[\"$$value\",\"$$this\"]}}}", "5" },
        { "{\"$let\":{\"vars\":{\"x\":2},\"in\":{\"$pow\":[\"$$x\",3]}}}", "8" },
        { "{\"$mergeObjects\":[\"$o\",{\"m\":2}]}", "{\"k\":\"x\",\"m\":2}" },
        { "{\"$literal\":\"$n\"}", "\"$n\"" },
        { "[\"$n\",\"$nothing\"]", "[1,null]" },
        { "{\"$year\":\"$d\"}", "2024" },
        { "{\"$dayOfYear\":\"$d\"}", "60" },
        { "{\"$dayOfWeek\":\"$d\"}", "5" },
        { "{\"$week\":\"$d\"}", "8" },
        { "{\"$isoWeek\":\"$d\"}", "9" },
        { "{\"$hour\":{\"date\":\"$d\",\"timezone\":\"+05:30\"}}", "18" },
        { "{\"$dateToString\":{\"format\":\"%Y-%m-%d %H:%M:%S.%L %j %u %G-W%V %z%%\",\"date\":\"$d\"}}",
          "\"2024-02-29 13:14:15.016 060 4 2024-W09 +0000%\"" },
        { "{\"$dateToString\":{\"date\":\"$nothing\",\"onNull\":\"never\"}}", "\"never\"" },
        { "{\"$dateAdd\":{\"startDate\":\"$d\",\"unit\":\"year\",\"amount\":1}}",
          "{\"__type\":\"Date\",\"iso\":\"2025-02-28T13:14:15.016Z\"}" },
        { "{\"$dateTrunc\":{\"date\":\"$d\",\"unit\":\"quarter\"}}",
          "{\"__type\":\"Date\",\"iso\":\"2024-01-01T00:00:00.000Z\"}" },
        { "\"$$NOW\"", "{\"__type\":\"Date\",\"iso\":\"2023-11-14T22:13:20.000Z\"}" },
        { "{\"$toString\":1.5}", "\"1.5\"" },
        { "{\"$toInt\":\"12\"}", "12" },
        { "{\"$mergeObjects\":[]}", "{}" },
        { "{\"$map\":{\"input\":[{\"$literal\":{\"__type\":\"Pointer\",\"className\":\"C\",\"objectId\":\"x\"}},{\"$"
          "literal\":{\"__type\":\"File\",\"name\":\"f\"}}],\"in\":\"$$this.__type\"}}",
          "[\"Pointer\",\"File\"]" },
        { "{\"$round\":[1.115,2]}", "1.11" },
        { "{\"$round\":[2.675,2]}", "2.67" },
        { "{\"$round\":[2.5]}", "2" },
        { "{\"$round\":[25,-1]}", "20" },
        { "{\"$round\":[1e+300,2]}", "1e+300" },
        { "{\"$trunc\":[1.115,3]}", "1.114" },
        { "{\"$trunc\":[-2.57,1]}", "-2.5" },
        { "{\"$add\":[null,\"a\"]}", "null" },
        { "{\"$multiply\":[\"$nothing\",\"a\"]}", "null" },
        { "{\"$concat\":[null,5]}", "null" },
        { "{\"$exp\":1000}", "null" },
        { "{\"$trim\":{\"input\":\"  a \\t\"}}", "\"a\"" },
        { "{\"$trim\":{\"input\":\"xyéaéx\",\"chars\":\"éx\"}}", "\"yéa\"" },
        { "{\"$ltrim\":{\"input\":\"éa\",\"chars\":\"é\"}}", "\"a\"" },
        { "{\"$rtrim\":{\"input\":\"aé\",\"chars\":\"è\"}}", "\"aé\"" },
        { "{\"$trim\":{\"input\":\"a\",\"chars\":\"$nothing\"}}", "null" },
        { "{\"$rtrim\":{\"input\":\"日本日\",\"chars\":\"日\"}}", "\"日本\"" },
        { "{\"$dateToString\":{\"date\":\"$d\",\"timezone\":\"+02:00\"}}", "\"2024-02-29T15:14:15.016\"" },
        { "{\"$dateToString\":{\"date\":\"$d\",\"timezone\":\"UTC\"}}", "\"2024-02-29T13:14:15.016Z\"" },
        { "{\"$dateToString\":{\"date\":\"$d\",\"timezone\":\"$nothing\",\"onNull\":\"x\"}}", "null" },
        { "{\"$dateToString\":{\"date\":\"$d\",\"format\":\"$nothing\",\"onNull\":\"x\"}}", "null" },
        { "{\"$toInt\":-2147483648}", "-2147483648" },
        { "{\"$toDouble\":\"1e3\"}", "1000" },
        { "{\"$toString\":true}", "\"true\"" },
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        hp_arena *mem = hp_arena_new();
        const yields one = { hp_arena_printf(mem, "[{\"$match\":{\"_id\":\"1\"}},{\"$project\":{\"_id\":0,\"v\":%s}}]",
                                             CASES[i].stages)
                                 .ptr,
                             hp_arena_printf(mem, "[{\"v\":%s}]", CASES[i].want).ptr };
        check_all(&one, 1);
        hp_arena_free(mem);
    }
}

static void what_cannot_be_done_is_refused_by_name(void **state)
{
    (void)state;
    static const yields CASES[] = {
        { "[{\"$out\":\"x\"}]", "$out" },
        { "[{\"$merge\":{\"into\":\"x\"}}]", "$merge" },
        { "[{\"$facet\":{\"x\":[{\"$out\":\"y\"}]}}]", "$out" },
        { "[{\"$facet\":{\"x\":[{\"$facet\":{\"y\":[]}}]}}]", "$facet" },
        { "[{\"$unionWith\":\"x\"}]", "$unionWith" },
        { "[{\"$lookup\":{\"from\":\"x\",\"pipeline\":[{\"$out\":\"y\"}],\"as\":\"z\"}}]", "$lookup" },
        { "[{\"$match\":{\"$where\":\"1\"}}]", "$where" },
        { "[{\"$match\":{\"n\":{\"$function\":{}}}}]", "$function" },
        { "[{\"$match\":{\"n\":{\"$elemMatch\":{}}}}]", "$elemMatch" },
        { "[{\"$project\":{\"x\":{\"$function\":{}}}}]", "$function" },
        { "[{\"$group\":{\"_id\":null,\"x\":{\"$accumulator\":{}}}}]", "$accumulator" },
        { "[{\"$group\":{\"n\":{\"$sum\":1}}}]", "Missing key _id" },
        { "[{\"$group\":{\"objectId\":\"$n\",\"_id\":1}}]", "Cannot use 'objectId'" },
        { "[{\"$group\":{\"_id\":{\"x' \":\"$n\"}}}]", "x' " },
        { "[{\"group\":{\"_id\":null}}]", "Invalid aggregate stage 'group'." },
        { "[{\"$skip\":1,\"$limit\":2}]", "one key but found $skip, $limit." },
        { "[{\"$limit\":0}]", "$limit" },
        { "[{\"$sort\":{\"n\":2}}]", "$sort" },
        { "[{\"$project\":{\"n\":1,\"s\":0}}]", "$project" },
        { "[{\"$project\":{\"n\":{\"$year\":{\"date\":\"$d\",\"timezone\":\"Europe/Berlin\"}}}}]", "$year" },
        { "[{\"$project\":{\"n\":{\"$divide\":[1,0]}}}]", "$divide" },
        { "[{\"$project\":{\"n\":{\"$add\":[\"$s\",1]}}}]", "$add" },
        { "[{\"$project\":{\"n\":{\"$size\":\"$s\"}}}]", "$size" },
        { "[{\"$project\":{\"n\":\"$$nobody\"}}]", "$$nobody" },
        { "[{\"$sortByCount\":\"n\"}]", "$sortByCount needs a path" },
        { "[{\"$sortByCount\":{\"n\":\"$n\"}}]", "$sortByCount needs a path" },
        { "[{\"$project\":{\"n\":{\"$pow\":[0,-1]}}}]", "$pow" },
        { "[{\"$project\":{\"n\":{\"$toUpper\":true}}}]", "$toUpper" },
        { "[{\"$project\":{\"n\":{\"$toInt\":\"1e3\"}}}]", "$toInt" },
        { "[{\"$project\":{\"n\":{\"$toInt\":\"$$NOW\"}}}]", "$toInt" },
        { "[{\"$group\":{\"_id\":null,\"t\":{\"$sum\":[\"$n\"]}}}]", "$sum takes one expression" },
        { "[{\"$addFields\":{\"x\":{}}}]", "$addFields needs an object with fields" },
        { "[{\"$project\":{\"x\":{\"y\":{}}}}]", "$project needs an object with fields" },
        { "[{\"$project\":{\"n\":{\"$trim\":{\"input\":\"a\",\"chars\":1}}}}]", "$trim" },
        { "5", "array" },
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        hp_arena *mem = hp_arena_new();
        hp_str got;
        hp_err err;
        assert_int_equal(run(mem, CASES[i].stages, &got, &err), HP_E_INVALID_QUERY);
        if (strstr(err.msg, CASES[i].want) == NULL) fail_msg("%s: %s", CASES[i].stages, err.msg);
        hp_arena_free(mem);
    }
}

static void only_the_columns_that_are_read_are_asked_for(void **state)
{
    (void)state;
    static const yields CASES[] = {
        { "[{\"$match\":{\"s\":\"a\"}},{\"$group\":{\"_id\":\"$shop\",\"t\":{\"$sum\":\"$n\"}}}]",
          "[\"s\",\"_p_shop\",\"n\"]" },
        { "[{\"$sort\":{\"createdAt\":1}},{\"$project\":{\"n\":1}}]", "[\"_created_at\",\"n\"]" },
        { "[{\"$sort\":{\"n\":1}}]", NULL },
        { "[{\"$group\":{\"_id\":null,\"all\":{\"$push\":\"$$ROOT\"}}}]", NULL },
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        hp_arena *mem = hp_arena_new();
        hp_pipeline *p;
        hp_err err = { 0 };
        assert_int_equal(
            hp_pipeline_parse(test_class(mem, CLASS), test_json(mem, CASES[i].stages), false, mem, &p, &err), HP_OK);
        const hp_value *got = hp_pipeline_columns(p);
        if (CASES[i].want == NULL)
            assert_null(got);
        else
            assert_string_equal(hp_arena_cstr(mem, hp_json_text(mem, got)), CASES[i].want);
        hp_arena_free(mem);
    }
}

static void memory_and_time_are_bounded(void **state)
{
    (void)state;
    hp_arena *mem = hp_arena_new();
    hp_str got;
    hp_err err;
    static const char *const GROWING[] = {
        /* each round makes what there is twice as long */
        "[{\"$project\":{\"v\":{\"$reduce\":{\"input\":{\"$split\":[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"a\"]"
        "},"
        "\"initialValue\":[1],\"in\":{\"$concatArrays\":[\"$$value\",\"$$value\"]}}}}}]",
        "[{\"$project\":{\"v\":{\"$reduce\":{\"input\":{\"$split\":[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"a\"]"
        "},"
        "\"initialValue\":\"x\",\"in\":{\"$concat\":[\"$$value\",\"$$value\"]}}}}}]",
    };
    for (size_t i = 0; i < sizeof GROWING / sizeof *GROWING; i++) {
        assert_int_equal(run(mem, GROWING[i], &got, &err), HP_E_INVALID_QUERY);
        assert_non_null(strstr(err.msg, "MiB"));
    }
    /* 3^13 documents on their way at once */
    hp_buf many;
    hp_buf_init(&many, 1 << 20);
    hp_buf_add_lit(&many, "[{\"$match\":{\"_id\":\"1\"}}");
    for (int i = 0; i < 13; i++)
        hp_buf_printf(&many, ",{\"$addFields\":{\"u%d\":[1,2,3]}},{\"$unwind\":\"$u%d\"}", i, i);
    hp_buf_add_lit(&many, ",{\"$count\":\"c\"}]");
    hp_buf_add_char(&many, '\0');
    assert_int_equal(run(mem, many.ptr, &got, &err), HP_E_INVALID_QUERY);
    assert_non_null(strstr(err.msg, "MiB"));
    hp_buf_done(&many);

    hp_buf stages;
    hp_buf_init(&stages, 1 << 20);
    hp_buf_add_char(&stages, '[');
    for (int i = 0; i < 101; i++) hp_buf_add_lit(&stages, "{\"$skip\":0},");
    hp_buf_add_lit(&stages, "{\"$skip\":0}]");
    hp_buf_add_char(&stages, '\0');
    assert_int_equal(run(mem, stages.ptr, &got, &err), HP_E_INVALID_QUERY);
    assert_non_null(strstr(err.msg, "more than 100 stages"));
    hp_buf_done(&stages);
    hp_arena_free(mem);
}

/* As many documents as `count`, each with a text of `bytes`, whose n falls: the worst order for an ascending $sort. */
static hp_code run_large(const char *stages, int count, size_t bytes, hp_arena *mem, hp_str *out, hp_err *err)
{
    hp_pipeline *p;
    hp_value results;
    bool done = false;

    HP_TRY(hp_pipeline_parse(test_class(mem, CLASS), test_json(mem, stages), false, mem, &p, err));
    hp_pipeline_run *r = hp_pipeline_start(p, hp_rand_system(), NOW_MS, mem);
    for (int i = 0; i < count; i++) {
        HP_AUTO_ARENA scratch = hp_arena_new();
        hp_value doc = hp_object();
        char *text = hp_arena_alloc(scratch, bytes);
        memset(text, 'x', bytes);
        hp_object_set(scratch, &doc, HP_STR("n"), hp_number(count - i));
        hp_object_set(scratch, &doc, HP_STR("k"), hp_number(i % 10));
        hp_object_set(scratch, &doc, HP_STR("s"), hp_string((hp_str){ text, bytes }));
        HP_TRY(hp_pipeline_push(r, &doc, scratch, &done, err));
    }
    HP_TRY(hp_pipeline_finish(r, &results, err));
    *out = hp_json_text(mem, &results);
    return HP_OK;
}

static void nothing_is_read_behind_the_last_document_that_counts(void **state)
{
    (void)state;
    static const struct {
        const char *stages;
        int pushes; /* of documents with n = 0, 1, 2, … */
    } CASES[] = {
        { "[{\"$limit\":2}]", 2 },
        { "[{\"$match\":{\"n\":{\"$gte\":3}}},{\"$skip\":1},{\"$project\":{\"n\":1}},{\"$limit\":1},{\"$count\":\"c\"}"
          "]",
          5 },
        { "[{\"$addFields\":{\"a\":[1,2,3]}},{\"$unwind\":\"$a\"},{\"$limit\":4}]", 2 },
        { "[{\"$sort\":{\"n\":-1}},{\"$limit\":1}]", 20 },
        { "[{\"$facet\":{\"x\":[{\"$limit\":1}]}}]", 20 },
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        HP_AUTO_ARENA mem = hp_arena_new();
        hp_pipeline *p;
        hp_value results;
        hp_err err = { 0 };
        bool done = false;
        int pushes = 0;
        const hp_value *stages = test_json(mem, CASES[i].stages);
        assert_int_equal(hp_pipeline_parse(test_class(mem, CLASS), stages, false, mem, &p, &err), HP_OK);
        hp_pipeline_run *r = hp_pipeline_start(p, hp_rand_system(), NOW_MS, mem);
        for (; pushes < 20 && !done; pushes++) {
            hp_value doc = hp_object();
            hp_object_set(mem, &doc, HP_STR("n"), hp_number(pushes));
            assert_int_equal(hp_pipeline_push(r, &doc, mem, &done, &err), HP_OK);
        }
        assert_int_equal(hp_pipeline_finish(r, &results, &err), HP_OK);
        if (pushes != CASES[i].pushes) fail_msg("%s: %d documents", CASES[i].stages, pushes);
    }
}

/* Compared one by one, this would go on for minutes. */
static void long_lists_meet_long_arrays_in_linear_time(void **state)
{
    (void)state;
    enum { COUNT = 40000 };
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value list = hp_array(), doc = hp_object(), found;
    bool done = false;
    hp_err err = { 0 };
    for (int i = 0; i < COUNT; i++) hp_array_push(mem, &list, hp_number(-1 - i));
    hp_value stages = *test_json(mem, "[{\"$match\":{\"a\":{\"$in\":[]},\"b\":{\"$nin\":[]}}}]");
    hp_value *match = &stages.array.items[0].object.items[0].value;
    for (int i = 0; i < 2; i++) match->object.items[i].value.object.items[0].value = list;
    hp_value array = hp_array();
    for (int i = 0; i < COUNT; i++) hp_array_push(mem, &array, hp_number(i));
    hp_object_set(mem, &doc, HP_STR("b"), array);
    hp_array_push(mem, &array, hp_number(-1));
    hp_object_set(mem, &doc, HP_STR("a"), array);

    hp_pipeline *p;
    assert_int_equal(hp_pipeline_parse(test_class(mem, CLASS), &stages, false, mem, &p, &err), HP_OK);
    hp_pipeline_run *r = hp_pipeline_start(p, hp_rand_system(), NOW_MS, mem);
    for (int i = 0; i < 8; i++) assert_int_equal(hp_pipeline_push(r, &doc, mem, &done, &err), HP_OK);
    assert_int_equal(hp_pipeline_finish(r, &found, &err), HP_OK);
    assert_int_equal(found.array.count, 8);
}

static void a_limited_sort_holds_no_more_than_it_passes_on(void **state)
{
    (void)state;
    enum { COUNT = 2000, BYTES = 100 * 1024 }; /* 200 MiB */
    static const yields CASES[] = {
        { "[{\"$sort\":{\"n\":1}},{\"$limit\":2},{\"$project\":{\"n\":1}}]", "[{\"n\":1},{\"n\":2}]" },
        { "[{\"$sort\":{\"n\":-1}},{\"$skip\":3},{\"$limit\":1},{\"$project\":{\"n\":1}}]", "[{\"n\":1997}]" },
        /* equal ones stay in the order in which they came */
        { "[{\"$sort\":{\"k\":-1}},{\"$limit\":2},{\"$project\":{\"n\":1}}]", "[{\"n\":1991},{\"n\":1981}]" },
        { "[{\"$facet\":{\"top\":[{\"$sort\":{\"n\":1}},{\"$limit\":1},{\"$project\":{\"n\":1}}],\"c\":[{\"$count\":"
          "\"c\"}]}}]",
          "[{\"top\":[{\"n\":1}],\"c\":[{\"c\":2000}]}]" },
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        HP_AUTO_ARENA mem = hp_arena_new();
        hp_str got = HP_STR("nothing");
        hp_err err = { 0 };
        if (run_large(CASES[i].stages, COUNT, BYTES, mem, &got, &err) != HP_OK ||
            !hp_str_eq(got, hp_str_of(CASES[i].want)))
            fail_msg("%s: %.*s %s", CASES[i].stages, (int)got.len, got.ptr, err.msg);
    }
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_str got;
    hp_err err = { 0 };
    assert_int_equal(run_large("[{\"$sort\":{\"n\":1}}]", COUNT, BYTES, mem, &got, &err), HP_E_INVALID_QUERY);
    assert_non_null(strstr(err.msg, "MiB"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_mean_what_mongodb_says),
        cmocka_unit_test(expressions_mean_what_mongodb_says),
        cmocka_unit_test(what_cannot_be_done_is_refused_by_name),
        cmocka_unit_test(only_the_columns_that_are_read_are_asked_for),
        cmocka_unit_test(memory_and_time_are_bounded),
        cmocka_unit_test(nothing_is_read_behind_the_last_document_that_counts),
        cmocka_unit_test(long_lists_meet_long_arrays_in_linear_time),
        cmocka_unit_test(a_limited_sort_holds_no_more_than_it_passes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What a where may say, and what each mistake is answered with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "query/where.h"
#include "query/where_internal.h"
#include "test_class.h"

static const char SCHEMA[] =
    "{\"className\":\"_User\",\"fields\":{\"objectId\":{\"type\":\"String\"},\"createdAt\":{\"type\":\"Date\"},"
    "\"ACL\":{\"type\":\"ACL\"},\"password\":{\"type\":\"String\"},\"_perishable_token\":{\"type\":\"String\"},"
    "\"_hashed_password\":{\"type\":\"String\"},\"authData\":{\"type\":\"Object\"},\"s\":{\"type\":\"String\"},"
    "\"n\":{\"type\":\"Number\"},\"b\":{\"type\":\"Boolean\"},\"d\":{\"type\":\"Date\"},\"o\":{\"type\":\"Object\"},"
    "\"a\":{\"type\":\"Array\"},\"g\":{\"type\":\"GeoPoint\"},\"pg\":{\"type\":\"Polygon\"},"
    "\"p\":{\"type\":\"Pointer\",\"targetClass\":\"_User\"},\"rel\":{\"type\":\"Relation\",\"targetClass\":\"_User\"},"
    "\"secret\":{\"type\":\"Object\"}}}";

static const hp_str HIDDEN[] = { HP_STR_INIT("secret"), HP_STR_INIT("ghost") };
static const hp_where_rules CLIENT = { .hidden = HIDDEN, .hidden_count = 2, .allow_regex = true, .now_ms = 1000000 };
static const hp_where_rules MASTER = { .internal_names = true, .allow_regex = true, .now_ms = 1000000 };

typedef struct fixture {
    hp_arena *mem;
    const hp_class *c;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    f.mem = hp_arena_new();
    f.c = test_class(f.mem, SCHEMA);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    hp_arena_free(((fixture *)*state)->mem);
    return 0;
}

static void expect(fixture *f, const hp_where_rules *rules, const char *where, hp_code code, const char *msg)
{
    hp_filter *out = NULL;
    hp_err err = { 0 };
    hp_code rc = hp_where_parse(f->c, test_json(f->mem, where), rules, f->mem, &out, &err);
    if (rc != code || (code != HP_OK && strcmp(err.msg, msg) != 0))
        fail_msg("%s\n  want %d %s\n  got  %d %s", where, (int)code, msg, (int)rc, err.msg);
    if (code != HP_OK) assert_int_equal(err.code, code);
}

static hp_filter *parsed(fixture *f, const hp_where_rules *rules, const char *where)
{
    hp_filter *out = NULL;
    hp_err err = { 0 };
    if (hp_where_parse(f->c, test_json(f->mem, where), rules, f->mem, &out, &err) != HP_OK)
        fail_msg("%s: %s", where, err.msg);
    return out;
}

static hp_filter_kind kind_of(fixture *f, const char *where) { return parsed(f, &CLIENT, where)->kind; }

/* ---- errors ---- */

#define GEO(lat, lng) "{\"__type\":\"GeoPoint\",\"latitude\":" lat ",\"longitude\":" lng "}"

static const struct {
    const char *where;
    hp_code code;
    const char *msg;
} ERRORS[] = {
    /* keys */
    { "{\"ACL\":1}", HP_E_INVALID_QUERY, "Cannot query on ACL." },
    { "{\"ACL.x\":1}", HP_E_INVALID_QUERY, "Cannot query on ACL." },
    { "{\"$or\":{}}", HP_E_INVALID_QUERY, "$or must be an array" },
    { "{\"$or\":{\"0\":{\"s\":\"a\"},\"length\":1}}", HP_E_INVALID_QUERY, "$or must be an array" },
    { "{\"$or\":[1]}", HP_E_INVALID_QUERY, "Bad $or format - use an array value." },
    { "{\"$or\":[[{\"s\":\"a\"}]]}", HP_E_INVALID_QUERY, "Bad $or format - use an array value." },
    { "{\"$or\":[null]}", HP_E_INVALID_QUERY, "Bad $or format - use an array value." },
    { "{\"$and\":\"x\"}", HP_E_INVALID_QUERY, "$and must be an array" },
    { "{\"$nor\":[]}", HP_E_INVALID_QUERY, "Bad $nor format - use an array of at least 1 value." },
    { "{\"$nor\":1}", HP_E_INVALID_QUERY, "$nor must be an array" },
    { "{\"$where\":\"1\"}", HP_E_INVALID_KEY_NAME, "Invalid key name: $where" },
    { "{\"$expr\":{}}", HP_E_INVALID_KEY_NAME, "Invalid key name: $expr" },
    { "{\"1a\":1}", HP_E_INVALID_KEY_NAME, "Invalid key name: 1a" },
    { "{\"\":1}", HP_E_INVALID_KEY_NAME, "Invalid key name: " },
    { "{\"o.\":1}", HP_E_INVALID_KEY_NAME, "Invalid key name: o." },
    { "{\"o..x\":1}", HP_E_INVALID_KEY_NAME, "Invalid key name: o..x" },
    { "{\"o.a' OR '1'='1\":1}", HP_E_INVALID_KEY_NAME, "Invalid key name: o.a' OR '1'='1" },
    { "{\"o.a\\\"-- \":1}", HP_E_INVALID_KEY_NAME, "Invalid key name: o.a\"-- " },
    { "{\"o.[0]\":1}", HP_E_INVALID_KEY_NAME, "Invalid key name: o.[0]" },
    { "{\"o.$x\":1}", HP_E_INVALID_KEY_NAME, "Invalid key name: o.$x" },
    { "{\"_hashed_password\":{\"$regex\":\"^x\"}}", HP_E_INVALID_KEY_NAME, "Invalid key name: _hashed_password" },
    { "{\"_perishable_token\":\"x\"}", HP_E_INVALID_KEY_NAME, "Invalid key name: _perishable_token" },
    { "{\"_rperm\":\"*\"}", HP_E_INVALID_KEY_NAME, "Invalid key name: _rperm" },
    { "[]", HP_E_INVALID_KEY_NAME, "Invalid key name: 0" },
    { "{\"__type\":\"Date\",\"iso\":\"2020-01-01T00:00:00.000Z\"}", HP_E_INVALID_KEY_NAME, "Invalid key name: __type" },
    { "5", HP_E_INVALID_QUERY, "where must be an object." },
    /* values */
    { "{\"o\":{\"x\":1}}", HP_E_INVALID_JSON, "You cannot use [object Object] as a query parameter." },
    { "{\"n\":{}}", HP_E_INVALID_JSON, "You cannot use [object Object] as a query parameter." },
    { "{\"a\":[1,2]}", HP_E_INVALID_JSON, "You cannot use 1,2 as a query parameter." },
    { "{\"s\":{\"__type\":\"Nope\"}}", HP_E_INVALID_JSON, "You cannot use [object Object] as a query parameter." },
    { "{\"zz\":[1]}", HP_E_INVALID_JSON, "You cannot use 1 as a query parameter." },
    { "{\"n\":{\"$eq\":{\"x\":1}}}", HP_E_INVALID_JSON, "bad atom: {\"x\":1}" },
    { "{\"n\":{\"$in\":[{\"x\":1}]}}", HP_E_INVALID_JSON, "bad atom: {\"x\":1}" },
    { "{\"a\":{\"$in\":[{\"$gt\":1}]}}", HP_E_INVALID_JSON, "bad atom: {\"$gt\":1}" },
    { "{\"n\":{\"$gt\":[]}}", HP_E_INVALID_JSON, "bad atom: []" },
    { "{\"n\":{\"$foo\":1}}", HP_E_INVALID_JSON, "bad constraint: $foo" },
    { "{\"rel\":{\"$foo\":1}}", HP_E_INVALID_JSON, "bad constraint: $foo" },
    { "{\"n\":{\"$not\":{\"$gt\":1}}}", HP_E_INVALID_JSON, "bad constraint: $not" },
    { "{\"a\":{\"$elemMatch\":{}}}", HP_E_INVALID_JSON, "bad constraint: $elemMatch" },
    { "{\"n\":{\"$in\":{}}}", HP_E_INVALID_JSON, "bad $in value" },
    { "{\"n\":{\"$nin\":1}}", HP_E_INVALID_JSON, "bad $nin value" },
    { "{\"rel\":{\"$in\":1}}", HP_E_INVALID_JSON, "bad $in value" },
    { "{\"a\":{\"$all\":1}}", HP_E_INVALID_JSON, "bad $all value" },
    { "{\"a\":{\"$all\":[{\"$regex\":\"^\\\\Qa\\\\E\"},\"b\"]}}", HP_E_INVALID_JSON,
      "All $all values must be of regex type or none: {\"$regex\":\"^\\\\Qa\\\\E\"},\"b\"" },
    { "{\"a\":{\"$all\":[{\"$regex\":\"a+\"}]}}", HP_E_INVALID_JSON,
      "All $all values must be of regex type or none: {\"$regex\":\"a+\"}" },
    { "{\"a\":{\"$containedBy\":1}}", HP_E_INVALID_JSON, "bad $containedBy: should be an array" },
    { "{\"n\":{\"$exists\":\"x\"}}", HP_E_INVALID_JSON, "bad $exists value: should be a boolean" },
    /* regex */
    { "{\"s\":{\"$regex\":1}}", HP_E_INVALID_QUERY, "$regex value must be a string" },
    { "{\"s\":{\"$regex\":\"a\",\"$options\":{}}}", HP_E_INVALID_QUERY, "$options value must be a string" },
    { "{\"s\":{\"$regex\":\"a\",\"$options\":\"q\"}}", HP_E_INVALID_QUERY, "Bad $options value for query: q" },
    { "{\"s\":{\"$regex\":\"a\",\"$options\":\"\"}}", HP_E_INVALID_QUERY, "Bad $options value for query: " },
    { "{\"s\":{\"$options\":\"i\"}}", HP_E_INVALID_QUERY, "$options needs a $regex" },
    { "{\"s\":{\"$regex\":\"(\"}}", HP_E_INVALID_QUERY, "Invalid regular expression." },
    { "{\"zz\":{\"$regex\":\"[\"}}", HP_E_INVALID_QUERY, "Invalid regular expression." },
    /* subqueries */
    { "{\"p\":{\"$inQuery\":{\"className\":\"X\"}}}", HP_E_INVALID_QUERY, "improper usage of $inQuery" },
    { "{\"p\":{\"$inQuery\":{\"where\":{}}}}", HP_E_INVALID_QUERY, "improper usage of $inQuery" },
    { "{\"p\":{\"$inQuery\":{\"className\":{},\"where\":{}}}}", HP_E_INVALID_QUERY, "improper usage of $inQuery" },
    { "{\"p\":{\"$notInQuery\":1}}", HP_E_INVALID_QUERY, "improper usage of $notInQuery" },
    { "{\"s\":{\"$select\":{\"query\":{\"className\":\"X\"}}}}", HP_E_INVALID_QUERY, "improper usage of $select" },
    { "{\"s\":{\"$select\":{\"query\":{\"className\":\"X\"},\"key\":\"k\",\"y\":1}}}", HP_E_INVALID_QUERY,
      "improper usage of $select" },
    { "{\"s\":{\"$dontSelect\":{\"query\":1,\"key\":\"k\"}}}", HP_E_INVALID_QUERY, "improper usage of $dontSelect" },
    { "{\"$relatedTo\":{\"key\":\"rel\"}}", HP_E_INVALID_QUERY, "improper usage of $relatedTo" },
    { "{\"$relatedTo\":[]}", HP_E_INVALID_QUERY, "improper usage of $relatedTo" },
    /* $relativeTime */
    { "{\"n\":{\"$gt\":{\"$relativeTime\":\"now\"}}}", HP_E_INVALID_JSON,
      "$relativeTime can only be used with Date field" },
    { "{\"d\":{\"$eq\":{\"$relativeTime\":\"now\"}}}", HP_E_INVALID_JSON,
      "$relativeTime can only be used with the $lt, $lte, $gt, and $gte operators" },
    { "{\"d\":{\"$gt\":{\"$relativeTime\":\"3 days\"}}}", HP_E_INVALID_JSON,
      "bad $relativeTime ($gt) value. Time should either start with 'in' or end with 'ago'" },
    { "{\"d\":{\"$gt\":{\"$relativeTime\":5}}}", HP_E_INVALID_JSON,
      "bad $relativeTime ($gt) value. Time should either start with 'in' or end with 'ago'" },
    { "{\"d\":{\"$lt\":{\"$relativeTime\":\"in 3 days ago\"}}}", HP_E_INVALID_JSON,
      "bad $relativeTime ($lt) value. Time cannot have both 'in' and 'ago'" },
    { "{\"d\":{\"$lt\":{\"$relativeTime\":\"in 3\"}}}", HP_E_INVALID_JSON,
      "bad $relativeTime ($lt) value. Invalid time string. Dangling unit or number." },
    { "{\"d\":{\"$lt\":{\"$relativeTime\":\"1.5 days ago\"}}}", HP_E_INVALID_JSON,
      "bad $relativeTime ($lt) value. '1.5' is not an integer." },
    { "{\"d\":{\"$lt\":{\"$relativeTime\":\"1 moon ago\"}}}", HP_E_INVALID_JSON,
      "bad $relativeTime ($lt) value. Invalid interval: 'moon'" },
    /* geo */
    { "{\"g\":{\"$within\":{\"$box\":[1,2]}}}", HP_E_INVALID_JSON, "malformatted $within arg" },
    { "{\"g\":{\"$within\":{\"$box\":[" GEO("91", "0") "," GEO("0", "0") "]}}}", HP_E_INVALID_JSON,
      "GeoPoint latitude out of bounds: 91." },
    { "{\"g\":{\"$geoWithin\":{}}}", HP_E_INVALID_JSON, "bad $geoWithin value" },
    { "{\"g\":{\"$geoWithin\":{\"$centerSphere\":[1]}}}", HP_E_INVALID_JSON,
      "bad $geoWithin value; $centerSphere should be an array of Parse.GeoPoint and distance" },
    { "{\"g\":{\"$geoWithin\":{\"$centerSphere\":[1,2]}}}", HP_E_INVALID_JSON,
      "bad $geoWithin value; $centerSphere geo point invalid" },
    { "{\"g\":{\"$geoWithin\":{\"$centerSphere\":[[0,0],-1]}}}", HP_E_INVALID_JSON,
      "bad $geoWithin value; $centerSphere distance invalid" },
    { "{\"g\":{\"$geoWithin\":{\"$polygon\":[[0,0],[1,1]]}}}", HP_E_INVALID_JSON,
      "bad $geoWithin value; $polygon should contain at least 3 GeoPoints" },
    { "{\"g\":{\"$geoWithin\":{\"$polygon\":5}}}", HP_E_INVALID_JSON,
      "bad $geoWithin value; $polygon should be Polygon object or Array of Parse.GeoPoint's" },
    { "{\"g\":{\"$geoWithin\":{\"$polygon\":{\"__type\":\"Polygon\",\"coordinates\":[[0,0]]}}}}", HP_E_INVALID_JSON,
      "bad $geoWithin value; Polygon.coordinates should contain at least 3 lon/lat pairs" },
    { "{\"pg\":{\"$geoIntersects\":{\"$point\":1}}}", HP_E_INVALID_JSON,
      "bad $geoIntersect value; $point should be GeoPoint" },
    { "{\"g\":{\"$nearSphere\":[0,0]}}", HP_E_INVALID_JSON, "bad $nearSphere value: should be a GeoPoint" },
    { "{\"g\":{\"$nearSphere\":" GEO("0", "181") "}}", HP_E_INVALID_JSON, "GeoPoint longitude out of bounds: 181." },
    { "{\"g\":{\"$nearSphere\":" GEO("0", "0") ",\"$maxDistanceInMiles\":-1}}", HP_E_INVALID_JSON,
      "bad $maxDistanceInMiles value: should be a number that is not negative" },
    { "{\"g\":{\"$nearSphere\":" GEO("0", "0") ",\"$maxDistance\":\"1\"}}", HP_E_INVALID_JSON,
      "bad $maxDistance value: should be a number that is not negative" },
    { "{\"g\":{\"$maxDistance\":1}}", HP_E_INVALID_QUERY, "$maxDistance needs a $nearSphere" },
    { "{\"$or\":[{\"g\":{\"$nearSphere\":" GEO("0", "0") "}}]}", HP_E_INVALID_QUERY,
      "geo $near must be top-level expr" },
    { "{\"$nor\":[{\"$and\":[{\"g\":{\"$nearSphere\":" GEO("0", "0") "}}]}]}", HP_E_INVALID_QUERY,
      "geo $near must be top-level expr" },
    { "{\"s\":{\"$text\":5}}", HP_E_INVALID_JSON, "bad $text: $search, should be object" },
    { "{\"s\":{\"$text\":{\"$search\":\"x\"}}}", HP_E_INVALID_JSON, "bad $text: $search, should be object" },
    { "{\"s\":{\"$text\":{\"$search\":{}}}}", HP_E_INVALID_JSON, "bad $text: $term, should be string" },
    { "{\"s\":{\"$text\":{\"$search\":{\"$term\":5}}}}", HP_E_INVALID_JSON, "bad $text: $term, should be string" },
    { "{\"s\":{\"$text\":{\"$search\":{\"$term\":\"x\",\"$language\":5}}}}", HP_E_INVALID_JSON,
      "bad $text: $language, should be string" },
    { "{\"s\":{\"$text\":{\"$search\":{\"$term\":\"x\",\"$language\":\"klingon\"}}}}", HP_E_INVALID_JSON,
      "bad $text: $language, is not known" },
    { "{\"s\":{\"$text\":{\"$search\":{\"$term\":\"x\",\"$caseSensitive\":5}}}}", HP_E_INVALID_JSON,
      "bad $text: $caseSensitive, should be boolean" },
    { "{\"s\":{\"$text\":{\"$search\":{\"$term\":\"x\",\"$diacriticSensitive\":\"yes\"}}}}", HP_E_INVALID_JSON,
      "bad $text: $diacriticSensitive, should be boolean" },
};

static void every_mistake_has_its_code_and_sentence(void **state)
{
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++)
        expect(*state, &CLIENT, ERRORS[i].where, ERRORS[i].code, ERRORS[i].msg);
}

static void a_mistake_is_found_inside_logic(void **state)
{
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++) {
        if (ERRORS[i].where[0] != '{') continue;
        hp_str inner =
            hp_arena_printf(((fixture *)*state)->mem, "{\"$or\":[{\"s\":\"x\"},{\"$and\":[%s]}]}", ERRORS[i].where);
        expect(*state, &CLIENT, inner.ptr, ERRORS[i].code, ERRORS[i].msg);
    }
}

/* ---- permission ---- */

static void sec_A1_A3_A4_hidden_fields_cannot_be_asked_for_anywhere(void **state)
{
    static const char *const wheres[] = {
        "{\"secret\":\"a\"}",
        "{\"secret\":null}",
        "{\"secret\":{\"$exists\":true}}",
        "{\"$or\":[{\"s\":\"x\"},{\"$and\":[{\"secret\":\"a\"}]}]}",
        "{\"$nor\":[{\"secret\":\"a\"}]}",
        "{\"secret\":{\"$inQuery\":{\"className\":\"X\",\"where\":{}}}}",
        "{\"secret\":{\"$nonsense\":1}}", /* the answer must not depend on what is asked */
    };
    for (size_t i = 0; i < sizeof wheres / sizeof *wheres; i++)
        expect(*state, &CLIENT, wheres[i], HP_E_OPERATION_FORBIDDEN,
               "This user is not allowed to query secret on class _User");
    expect(*state, &CLIENT, "{\"secret.k.0\":1}", HP_E_OPERATION_FORBIDDEN,
           "This user is not allowed to query secret.k.0 on class _User");
    expect(*state, &CLIENT, "{\"ghost\":1}", HP_E_OPERATION_FORBIDDEN,
           "This user is not allowed to query ghost on class _User");
}

static void permission_is_decided_before_operators_are_read(void **state)
{
    expect(*state, &CLIENT, "{\"n\":{\"$nonsense\":1},\"secret\":1}", HP_E_OPERATION_FORBIDDEN,
           "This user is not allowed to query secret on class _User");
}

static void a_refused_field_is_a_permission_error(void **state)
{
    fixture *f = *state;
    hp_filter *out;
    hp_err err = { 0 };
    assert_int_equal(hp_where_parse(f->c, test_json(f->mem, "{\"secret\":1}"), &CLIENT, f->mem, &out, &err),
                     HP_E_OPERATION_FORBIDDEN);
    assert_true(err.permission);
}

static void master_names_internal_columns_but_never_the_hash(void **state)
{
    fixture *f = *state;
    hp_filter *token = parsed(f, &MASTER, "{\"_perishable_token\":\"x\"}");
    assert_int_equal(token->kind, HP_FILTER_EQ);
    assert_string_equal(token->path.field->name.ptr, "_perishable_token");
    assert_int_equal(parsed(f, &MASTER, "{\"_tombstone\":{\"$exists\":true}}")->kind, HP_FILTER_FALSE);
    expect(f, &MASTER, "{\"_hashed_password\":\"x\"}", HP_E_INVALID_KEY_NAME, "Invalid key name: _hashed_password");
    expect(f, &MASTER, "{\"_made_up\":\"x\"}", HP_E_INVALID_KEY_NAME, "Invalid key name: _made_up");
}

static void a_password_equals_nothing(void **state)
{
    assert_int_equal(kind_of(*state, "{\"password\":\"x\"}"), HP_FILTER_FALSE);
    assert_int_equal(kind_of(*state, "{\"password\":{\"$regex\":\"^x\"}}"), HP_FILTER_FALSE);
}

static void one_query_is_near_one_point(void **state)
{
    expect(*state, &CLIENT,
           "{\"g\":{\"$nearSphere\":" GEO("0", "0") "},\"$and\":[{\"g\":{\"$nearSphere\":" GEO("1", "1") "}}]}",
           HP_E_INVALID_QUERY, "Too many geoNear expressions");
}

static void regex_can_be_switched_off(void **state)
{
    const hp_where_rules rules = { 0 };
    expect(*state, &rules, "{\"s\":{\"$regex\":\"a\"}}", HP_E_INVALID_QUERY, "$regex operator is not allowed");
    expect(*state, &rules, "{\"a\":{\"$all\":[{\"$regex\":\"^a\"}]}}", HP_E_INVALID_QUERY,
           "$regex operator is not allowed");
}

/* ---- limits ---- */

static const char *nested(fixture *f, const char *open, const char *core, const char *close, int levels)
{
    hp_buf b;
    hp_buf_init(&b, 1 << 20);
    for (int i = 0; i < levels; i++) hp_buf_add(&b, hp_str_of(open));
    hp_buf_add(&b, hp_str_of(core));
    for (int i = 0; i < levels; i++) hp_buf_add(&b, hp_str_of(close));
    const char *text = hp_arena_cstr(f->mem, hp_buf_str(&b));
    hp_buf_done(&b);
    return text;
}

static void sec_L1_L2_L3_nesting_is_bounded_wherever_it_hides(void **state)
{
    fixture *f = *state;
    const char *text = "Query condition nesting depth exceeds maximum allowed depth of 10";

    expect(f, &CLIENT, nested(f, "{\"$or\":[", "{\"n\":1}", "]}", 10), HP_OK, "");
    expect(f, &CLIENT, nested(f, "{\"$or\":[", "{\"n\":1}", "]}", 11), HP_E_INVALID_QUERY, text);
    expect(f, &CLIENT, nested(f, "{\"$and\":[{\"$nor\":[", "{\"n\":1}", "]}]}", 6), HP_E_INVALID_QUERY, text);
    expect(f, &CLIENT, nested(f, "{\"$or\":[[", "{\"n\":1}", "]]}", 40), HP_E_INVALID_QUERY, text);
    expect(f, &CLIENT, nested(f, "{\"a\":{\"$elemMatch\":{\"$or\":[", "{\"n\":1}", "]}}}", 30), HP_E_INVALID_QUERY,
           text);
    expect(f, &CLIENT, nested(f, "{\"a\":{\"$not\":{\"$or\":[", "{\"n\":1}", "]}}}", 30), HP_E_INVALID_QUERY, text);
    expect(f, &CLIENT,
           nested(f, "{\"p\":{\"$inQuery\":{\"className\":\"X\",\"where\":{\"$or\":[", "{\"n\":1}", "]}}}}", 11),
           HP_E_INVALID_QUERY, text);

    const hp_where_rules shallow = { .depth_max = 1 }, deep = { .depth_max = -1 };
    expect(f, &shallow, "{\"$or\":[{\"$or\":[{\"n\":1}]}]}", HP_E_INVALID_QUERY,
           "Query condition nesting depth exceeds maximum allowed depth of 1");
    expect(f, &deep, nested(f, "{\"$or\":[", "{\"n\":1}", "]}", 60), HP_OK, "");
}

static const char *listed(fixture *f, const char *open, const char *item, size_t count, const char *close)
{
    hp_buf b;
    hp_buf_init(&b, 4 << 20);
    hp_buf_add(&b, hp_str_of(open));
    for (size_t i = 0; i < count; i++) hp_buf_printf(&b, "%s%s", i ? "," : "", item);
    hp_buf_add(&b, hp_str_of(close));
    const char *text = hp_arena_cstr(f->mem, hp_buf_str(&b));
    hp_buf_done(&b);
    return text;
}

static void sec_M15_conditions_and_lists_are_bounded(void **state)
{
    fixture *f = *state;

    expect(f, &CLIENT, listed(f, "{\"$or\":[", "{\"n\":1}", 500, "]}"), HP_OK, "");
    expect(f, &CLIENT, listed(f, "{\"$or\":[", "{\"n\":1}", 2000, "]}"), HP_E_INVALID_QUERY,
           "The query has more than 2000 conditions.");
    expect(f, &CLIENT, listed(f, "{\"n\":{\"$in\":[", "1", HP_QUERY_LIST_MAX, "]}}"), HP_OK, "");
    expect(f, &CLIENT, listed(f, "{\"n\":{\"$in\":[", "1", HP_QUERY_LIST_MAX + 1, "]}}"), HP_E_INVALID_QUERY,
           "$in has more than 40000 values.");
    expect(f, &CLIENT, listed(f, "{\"n\":{\"$nin\":[[", "1", HP_QUERY_LIST_MAX + 1, "]]}}"), HP_E_INVALID_QUERY,
           "$nin has more than 40000 values.");
}

static void sec_E7_long_paths_are_refused(void **state)
{
    fixture *f = *state;
    hp_buf name;
    hp_buf_init(&name, 5000);
    hp_buf_add_lit(&name, "o");
    for (int i = 0; i < 1000; i++) hp_buf_add_lit(&name, ".k");
    hp_str key = hp_arena_str(f->mem, hp_buf_str(&name));
    hp_buf_done(&name);

    hp_value where = hp_object();
    hp_filter *out;
    hp_err err = { 0 };
    hp_object_set(f->mem, &where, key, hp_number(1));
    assert_int_equal(hp_where_parse(f->c, &where, &CLIENT, f->mem, &out, &err), HP_E_INVALID_KEY_NAME);
}

static void numbers_that_are_none_are_refused(void **state)
{
    fixture *f = *state;
    hp_value where = hp_object();
    hp_filter *out;
    hp_err err = { 0 };
    hp_object_set(f->mem, &where, HP_STR("n"), hp_number(__builtin_nan("")));
    assert_int_equal(hp_where_parse(f->c, &where, &CLIENT, f->mem, &out, &err), HP_E_INVALID_JSON);
}

/* ---- the tree ---- */

static void no_where_is_true(void **state)
{
    fixture *f = *state;
    hp_filter *out = NULL;
    hp_err err = { 0 };
    assert_int_equal(hp_where_parse(f->c, NULL, &CLIENT, f->mem, &out, &err), HP_OK);
    assert_int_equal(out->kind, HP_FILTER_TRUE);
    assert_int_equal(kind_of(f, "null"), HP_FILTER_TRUE);
    assert_int_equal(kind_of(f, "{}"), HP_FILTER_TRUE);
}

static void what_cannot_match_is_decided_here(void **state)
{
    static const struct {
        const char *where;
        hp_filter_kind kind;
    } cases[] = {
        { "{\"n\":\"x\"}", HP_FILTER_FALSE },
        { "{\"n\":{\"$ne\":\"x\"}}", HP_FILTER_TRUE },
        { "{\"n\":{\"$in\":[\"x\",true]}}", HP_FILTER_FALSE },
        { "{\"n\":{\"$nin\":[\"x\"]}}", HP_FILTER_TRUE },
        { "{\"n\":{\"$gt\":\"x\"}}", HP_FILTER_FALSE },
        { "{\"n\":{\"$regex\":\"x\"}}", HP_FILTER_FALSE },
        { "{\"d\":\"2020-01-01T00:00:00Z\"}", HP_FILTER_FALSE },
        { "{\"createdAt\":\"2020-01-01T00:00:00Z\"}", HP_FILTER_EQ },
        { "{\"nosuch\":1}", HP_FILTER_FALSE },
        { "{\"nosuch\":null}", HP_FILTER_TRUE },
        { "{\"nosuch\":{\"$exists\":false}}", HP_FILTER_TRUE },
        { "{\"nosuch\":{\"$notInQuery\":{\"className\":\"X\",\"where\":{}}}}", HP_FILTER_TRUE },
        { "{\"s.x\":1}", HP_FILTER_FALSE },
        { "{\"authData.google.id\":\"1\"}", HP_FILTER_EQ },
        { "{\"o.x\":{\"y\":1}}", HP_FILTER_EQ },
        { "{\"o.x\":[1]}", HP_FILTER_EQ },
        { "{\"n\":{\"$in\":[1,\"x\"]}}", HP_FILTER_IN },
        { "{\"n\":{\"$gt\":1,\"$lt\":3}}", HP_FILTER_AND },
        { "{\"p\":\"id\"}", HP_FILTER_EQ },
        { "{\"a\":{\"$all\":[{\"$regex\":\"^\\\\Qx\\\\E\"}]}}", HP_FILTER_ALL_STARTING_WITH },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_filter_kind kind = kind_of(*state, cases[i].where);
        if (kind != cases[i].kind) fail_msg("%s: %d", cases[i].where, (int)kind);
    }
}

static void class_names_become_canonical(void **state)
{
    fixture *f = *state;
    hp_filter *eq = parsed(f, &CLIENT, "{\"p\":{\"__type\":\"Pointer\",\"className\":\"User\",\"objectId\":\"u\"}}");
    assert_int_equal(eq->kind, HP_FILTER_EQ);
    assert_true(hp_str_eq(eq->operand.pointer.class_name, HP_STR("_User")));

    hp_filter *sub = parsed(f, &CLIENT, "{\"p\":{\"$inQuery\":{\"className\":\"User\",\"where\":{}}}}");
    assert_int_equal(sub->kind, HP_FILTER_SUBQUERY);
    assert_true(hp_str_eq(sub->subquery.class_name, HP_STR("_User")));
    assert_false(sub->subquery.negated);
    assert_false(hp_str_present(sub->subquery.key));

    hp_filter *select =
        parsed(f, &CLIENT, "{\"s\":{\"$dontSelect\":{\"query\":{\"className\":\"X\"},\"key\":\"a.b\"}}}");
    assert_true(select->subquery.negated && hp_str_eq(select->subquery.key, HP_STR("a.b")));

    hp_filter *related = parsed(f, &CLIENT,
                                "{\"$relatedTo\":{\"object\":{\"__type\":\"Pointer\",\"className\":\"User\","
                                "\"objectId\":\"u\"},\"key\":\"rel\"}}");
    assert_int_equal(related->kind, HP_FILTER_RELATED_TO);
    assert_true(hp_str_eq(related->relation.class_name, HP_STR("_User")) &&
                hp_str_eq(related->relation.owner_id, HP_STR("u")) && hp_str_eq(related->relation.key, HP_STR("rel")));
}

static void relations_are_asked_by_pointer(void **state)
{
#define U "{\"__type\":\"Pointer\",\"className\":\"_User\",\"objectId\":\"u\"}"
#define X "{\"__type\":\"Pointer\",\"className\":\"X\",\"objectId\":\"u\"}"
    static const struct {
        const char *where;
        hp_filter_kind kind;
    } cases[] = {
        { "{\"rel\":" U "}", HP_FILTER_RELATES_TO },
        { "{\"rel\":{\"$eq\":" U "}}", HP_FILTER_RELATES_TO },
        { "{\"rel\":{\"$in\":[" U "," X "]}}", HP_FILTER_RELATES_TO },
        { "{\"rel\":{\"$ne\":" U "}}", HP_FILTER_NOR },
        { "{\"rel\":{\"$nin\":[" U "]}}", HP_FILTER_NOR },
        { "{\"rel\":{\"$nin\":[]}}", HP_FILTER_TRUE },
        { "{\"rel\":{\"$in\":[]}}", HP_FILTER_FALSE },
        { "{\"rel\":" X "}", HP_FILTER_FALSE },
        { "{\"rel\":{\"$exists\":true}}", HP_FILTER_FALSE },
        { "{\"rel\":null}", HP_FILTER_FALSE },
        { "{\"rel\":\"u\"}", HP_FILTER_FALSE },
        { "{\"rel\":{\"$inQuery\":{\"className\":\"_User\",\"where\":{}}}}", HP_FILTER_SUBQUERY },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (kind_of(*state, cases[i].where) != cases[i].kind) fail_msg("%s", cases[i].where);

    hp_filter *f = parsed(*state, &CLIENT, cases[2].where);
    assert_int_equal(f->list.count, 1);
    assert_true(hp_str_eq(f->list.items[0].string, HP_STR("u")));
}

static void plain_keys_beside_operators_are_one_more_operand(void **state)
{
    fixture *f = *state;
    hp_filter *both = parsed(f, &CLIENT, "{\"o.x\":{\"y\":1,\"$exists\":true}}");
    assert_int_equal(both->kind, HP_FILTER_AND);
    assert_int_equal(both->children.items[0]->kind, HP_FILTER_EXISTS);
    assert_int_equal(both->children.items[1]->kind, HP_FILTER_EQ);
}

static void a_class_that_does_not_exist_has_no_fields(void **state)
{
    fixture *f = *state;
    hp_filter *out = NULL;
    hp_err err = { 0 };
    assert_int_equal(hp_where_parse(NULL, test_json(f->mem, "{\"n\":1}"), &CLIENT, f->mem, &out, &err), HP_OK);
    assert_int_equal(out->kind, HP_FILTER_FALSE);
    assert_int_equal(hp_where_parse(NULL, test_json(f->mem, "{\"$bad\":1}"), &CLIENT, f->mem, &out, &err),
                     HP_E_INVALID_KEY_NAME);
}

static void sec_M8_a_NUL_ends_no_name(void **state)
{
    fixture *f = *state;
    hp_value where = hp_object();
    hp_filter *out;
    hp_err err = { 0 };
    hp_object_set(f->mem, &where, HP_STR("n\0x"), hp_number(1));
    assert_int_equal(hp_where_parse(f->c, &where, &CLIENT, f->mem, &out, &err), HP_E_INVALID_KEY_NAME);
}

/* ---- paths and names ---- */

static void paths_resolve_to_fields(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *name;
        bool internal, want;
        size_t segments;
    } cases[] = {
        { "n", false, true, 0 },
        { "o.x", false, true, 1 },
        { "o.x.0.y-z", false, true, 3 },
        { "a.0", false, true, 1 },
        { "n.x", false, false, 0 },
        { "p.objectId", false, false, 0 },
        { "o.", false, false, 0 },
        { "o..x", false, false, 0 },
        { "", false, false, 0 },
        { "N", false, false, 0 },
        { "o.x'y", false, false, 0 },
        { "o.New York.\xC3\xA4", false, true, 2 },
        { "o.x\ty", false, false, 0 },
        { "o.$x", false, false, 0 },
        { "_perishable_token", false, false, 0 },
        { "_perishable_token", true, true, 0 },
        { "_hashed_password", true, false, 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_path path;
        bool got = hp_path_resolve(f->c, hp_str_of(cases[i].name), cases[i].internal, f->mem, &path);
        if (got != cases[i].want || path.segment_count != cases[i].segments) fail_msg("case: %s", cases[i].name);
    }
}

static void hidden_names_are_compared_by_root(void **state)
{
    (void)state;
    assert_true(hp_name_hidden(HP_STR("secret"), HIDDEN, 2));
    assert_true(hp_name_hidden(HP_STR("secret.a.b"), HIDDEN, 2));
    assert_false(hp_name_hidden(HP_STR("secretx"), HIDDEN, 2));
    assert_false(hp_name_hidden(HP_STR("a.secret"), HIDDEN, 2));
    assert_false(hp_name_hidden(HP_STR("s"), NULL, 0));
}

static void relative_times(void **state)
{
    fixture *f = *state;
    static const struct {
        const char *text;
        int64_t want_ms;
    } cases[] = {
        { "now", 0 },
        { "NOW", 0 },
        { "in 1 yr", INT64_C(31536000000) },
        { "in 2 Weeks 1 day", INT64_C(15) * 86400000 },
        { "1 hr 30 mins ago", -5400000 },
        { "90 secs  ago", -90000 },
        { "in -1 minute", -60000 },
        { "ago", 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = 0;
        hp_str info;
        if (!hp_relative_time(f->mem, hp_str_of(cases[i].text), 1700000000000, &ms, &info) ||
            ms != 1700000000000 + cases[i].want_ms)
            fail_msg("case: %s", cases[i].text);
    }
    int64_t ms;
    hp_str info;
    assert_false(hp_relative_time(f->mem, HP_STR("in 999999999 years"), 0, &ms, &info));
}

/* ---- walking ---- */

static hp_code count_nodes(void *arg, hp_filter *node, hp_err *err)
{
    (void)err;
    int *count = arg;
    if (node->kind == HP_FILTER_EQ) node->kind = HP_FILTER_TRUE; /* leaves may be changed in place */
    (*count)++;
    return HP_OK;
}

static void walk_visits_every_node_and_may_change_leaves(void **state)
{
    fixture *f = *state;
    hp_filter *tree = parsed(f, &CLIENT, "{\"n\":1,\"$or\":[{\"s\":\"a\"},{\"$nor\":[{\"b\":true}]}]}");
    int count = 0;
    hp_err err = { 0 };
    assert_int_equal(hp_filter_walk(tree, count_nodes, &count, &err), HP_OK);
    assert_int_equal(count, 6);
    assert_int_equal(tree->children.items[0]->kind, HP_FILTER_TRUE);
}

static void join_simplifies(void **state)
{
    fixture *f = *state;
    hp_filter *leaf = hp_filter_eq(f->mem, f->c->fields[0], hp_null());
    hp_filter *one[] = { NULL, leaf, NULL }, *two[] = { leaf, leaf };

    assert_ptr_equal(hp_filter_join(f->mem, HP_FILTER_OR, one, 3), leaf);
    assert_int_equal(hp_filter_join(f->mem, HP_FILTER_AND, NULL, 0)->kind, HP_FILTER_TRUE);
    assert_int_equal(hp_filter_join(f->mem, HP_FILTER_OR, NULL, 0)->kind, HP_FILTER_FALSE);
    assert_int_equal(hp_filter_join(f->mem, HP_FILTER_AND, two, 2)->children.count, 2);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(every_mistake_has_its_code_and_sentence),
        T(a_mistake_is_found_inside_logic),
        T(sec_A1_A3_A4_hidden_fields_cannot_be_asked_for_anywhere),
        T(permission_is_decided_before_operators_are_read),
        T(a_refused_field_is_a_permission_error),
        T(master_names_internal_columns_but_never_the_hash),
        T(a_password_equals_nothing),
        T(one_query_is_near_one_point),
        T(regex_can_be_switched_off),
        T(sec_L1_L2_L3_nesting_is_bounded_wherever_it_hides),
        T(sec_M15_conditions_and_lists_are_bounded),
        T(sec_E7_long_paths_are_refused),
        T(numbers_that_are_none_are_refused),
        T(no_where_is_true),
        T(what_cannot_match_is_decided_here),
        T(class_names_become_canonical),
        T(relations_are_asked_by_pointer),
        T(plain_keys_beside_operators_are_one_more_operand),
        T(a_class_that_does_not_exist_has_no_fields),
        T(sec_M8_a_NUL_ends_no_name),
        T(paths_resolve_to_fields),
        T(hidden_names_are_compared_by_root),
        T(relative_times),
        T(walk_visits_every_node_and_may_change_leaves),
        T(join_simplifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

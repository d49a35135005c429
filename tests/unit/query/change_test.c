/* Bodies to changes, and what each operation leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>

#include <cmocka.h>

#include "query/change.h"
#include "query/where.h"
#include "test_class.h"

static const char SCHEMA[] = "{\"className\":\"T\",\"fields\":{\"n\":{\"type\":\"Number\"},\"s\":{\"type\":\"String\"},"
                             "\"o\":{\"type\":\"Object\"},"
                             "\"a\":{\"type\":\"Array\"},\"d\":{\"type\":\"Date\"},\"pg\":{\"type\":\"Polygon\"},"
                             "\"rel\":{\"type\":\"Relation\",\"targetClass\":\"X\"}}}";

static hp_code read(hp_arena *mem, const char *body, hp_raw_changes *out, hp_err *err)
{
    *err = (hp_err){ 0 };
    return hp_changes_read(test_json(mem, body), mem, out, err);
}

/* ---- reading ---- */

static void every_operation_is_read(void **state)
{
    (void)state;
#define P(id) "{\"__type\":\"Pointer\",\"className\":\"X\",\"objectId\":\"" id "\"}"
    static const struct {
        const char *value;
        hp_op op;
        const char *operand; /* JSON */
    } cases[] = {
        { "5", HP_OP_SET, "5" },
        { "null", HP_OP_SET, "null" },
        { "{\"__op\":\"Delete\"}", HP_OP_UNSET, "null" },
        { "{\"__op\":\"Increment\",\"amount\":2.5}", HP_OP_INCREMENT, "2.5" },
        { "{\"__op\":\"SetOnInsert\",\"amount\":\"x\"}", HP_OP_SET_ON_INSERT, "\"x\"" },
        { "{\"__op\":\"SetOnInsert\"}", HP_OP_SET_ON_INSERT, "null" },
        { "{\"__op\":\"Add\",\"objects\":[1,1]}", HP_OP_ADD, "[1,1]" },
        { "{\"__op\":\"AddUnique\",\"objects\":[]}", HP_OP_ADD_UNIQUE, "[]" },
        { "{\"__op\":\"Remove\",\"objects\":[{\"a\":1}]}", HP_OP_REMOVE, "[{\"a\":1}]" },
        { "{\"__op\":\"AddRelation\",\"objects\":[" P("1") "," P("2") "]}", HP_OP_ADD_RELATION,
          "[" P("1") "," P("2") "]" },
        { "{\"__op\":\"RemoveRelation\",\"objects\":[" P("1") "]}", HP_OP_REMOVE_RELATION, "[" P("1") "]" },
    };
    HP_AUTO_ARENA mem = hp_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_raw_changes out;
        hp_err err;
        hp_str body = hp_arena_printf(mem, "{\"f\":%s}", cases[i].value);
        if (read(mem, body.ptr, &out, &err) != HP_OK) fail_msg("%s: %s", cases[i].value, err.msg);
        assert_int_equal(out.count, 1);
        assert_true(hp_str_eq(out.items[0].name, HP_STR("f")));
        if (out.items[0].op != cases[i].op || !hp_value_equal(&out.items[0].operand, test_json(mem, cases[i].operand)))
            fail_msg("case: %s", cases[i].value);
    }
}

static void a_batch_becomes_its_relation_operations(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_raw_changes out;
    hp_err err;
    assert_int_equal(read(mem,
                          "{\"f\":{\"__op\":\"Batch\",\"ops\":[{\"__op\":\"AddRelation\",\"objects\":[" P(
                              "1") "]},"
                                   "{\"__op\":\"RemoveRelation\",\"objects\":[" P("2") "]}]},\"g\":1}",
                          &out, &err),
                     HP_OK);
    assert_int_equal(out.count, 3);
    assert_int_equal(out.items[0].op, HP_OP_ADD_RELATION);
    assert_int_equal(out.items[1].op, HP_OP_REMOVE_RELATION);
    assert_true(hp_str_eq(out.items[1].name, HP_STR("f")) && hp_str_eq(out.items[2].name, HP_STR("g")));
}

static void linking_nothing_changes_nothing(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_raw_changes out;
    hp_err err;
    assert_int_equal(read(mem, "{\"f\":{\"__op\":\"AddRelation\",\"objects\":[]}}", &out, &err), HP_OK);
    assert_int_equal(out.count, 0);
}

static void every_mistake_has_its_code_and_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        hp_code code;
        const char *msg;
    } cases[] = {
        { "[]", HP_E_INVALID_JSON, "The body must be a JSON object." },
        { "{\"f\":{\"__op\":\"Increment\"}}", HP_E_INVALID_JSON, "incrementing must provide a number" },
        { "{\"o.k\":{\"__op\":\"Increment\",\"amount\":\"1+(select 1)\"}}", HP_E_INVALID_JSON,
          "incrementing must provide a number" },
        { "{\"f\":{\"__op\":\"Increment\",\"amount\":{}}}", HP_E_INVALID_JSON, "incrementing must provide a number" },
        { "{\"f\":{\"__op\":\"Add\",\"objects\":{}}}", HP_E_INVALID_JSON, "objects to add must be an array" },
        { "{\"f\":{\"__op\":\"AddUnique\"}}", HP_E_INVALID_JSON, "objects to add must be an array" },
        { "{\"f\":{\"__op\":\"Remove\",\"objects\":1}}", HP_E_INVALID_JSON, "objects to remove must be an array" },
        { "{\"f\":{\"__op\":\"AddRelation\"}}", HP_E_INVALID_JSON, "objects to add must be an array" },
        { "{\"f\":{\"__op\":\"AddRelation\",\"objects\":[\"id\"]}}", HP_E_INVALID_JSON,
          "The objects of a relation must be pointers." },
        { "{\"f\":{\"__op\":\"AddRelation\",\"objects\":[" P(
              "1") ",{\"__type\":\"Pointer\",\"className\":\"Y\",\"objectId\":\"1\"}]}}",
          HP_E_INVALID_JSON, "The objects of a relation must be of one class." },
        { "{\"f\":{\"__op\":\"Explode\"}}", HP_E_COMMAND_UNAVAILABLE, "The Explode operator is not supported yet." },
        { "{\"f\":{\"__op\":1}}", HP_E_COMMAND_UNAVAILABLE, "The 1 operator is not supported yet." },
        { "{\"f\":{\"__op\":\"Batch\",\"ops\":[{\"__op\":\"Delete\"}]}}", HP_E_COMMAND_UNAVAILABLE,
          "The Delete operator is not supported yet." },
        { "{\"f\":{\"__op\":\"Batch\",\"ops\":[{\"__op\":\"Batch\",\"ops\":[]}]}}", HP_E_COMMAND_UNAVAILABLE,
          "The Batch operator is not supported yet." },
        { "{\"f\":{\"__op\":\"Batch\"}}", HP_E_INVALID_JSON, "The ops of a Batch must be an array." },
        { "{\"f\":{\"__op\":\"Batch\",\"ops\":[5]}}", HP_E_COMMAND_UNAVAILABLE,
          "The undefined operator is not supported yet." },
        { "{\"f\":{\"a.b\":1}}", HP_E_INVALID_NESTED_KEY, "Nested keys should not contain the '$' or '.' characters" },
        { "{\"f\":[{\"x\":{\"$db\":1}}]}", HP_E_INVALID_NESTED_KEY,
          "Nested keys should not contain the '$' or '.' characters" },
        { "{\"f\":{\"\":{\"$a\":1}}}", HP_E_INVALID_NESTED_KEY,
          "Nested keys should not contain the '$' or '.' characters" },
        { "{\"f\":{\"__op\":\"Add\",\"objects\":[{\"a$\":1}]}}", HP_E_INVALID_NESTED_KEY,
          "Nested keys should not contain the '$' or '.' characters" },
        { "{\"f\":{\"__type\":\"Date\"}}", HP_E_INCORRECT_TYPE, "This is not a valid Date" },
        { "{\"f\":{\"__type\":\"Object\",\"className\":\"X\"}}", HP_E_INCORRECT_TYPE, "This is not a valid Object" },
        { "{\"f\":[{\"g\":{\"__type\":\"Pointer\"}}]}", HP_E_INCORRECT_TYPE, "This is not a valid Pointer" },
        { "{\"f\":{\"__type\":{}}}", HP_E_INCORRECT_TYPE, "This is not a valid {}" },
        { "{\"f\":{\"__type\":\"Bytes\",\"base64\":\"\"}}", HP_E_INCORRECT_TYPE, "This is not a valid Bytes" },
        { "{\"f\":{\"__type\":\"File\",\"name\":\"\"}}", HP_E_INCORRECT_TYPE, "This is not a valid File" },
        { "{\"f\":{\"__type\":\"Polygon\",\"coordinates\":[[0,0],[1,1]]}}", HP_E_INVALID_JSON,
          "Polygon must have at least 3 values" },
        { "{\"f\":{\"__type\":\"Polygon\",\"coordinates\":[[0,0],[1,1],[0,0],[1,1]]}}", HP_E_INVALID_JSON,
          "GeoJSON: Loop must have at least 3 different vertices" },
    };
    HP_AUTO_ARENA mem = hp_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_raw_changes out;
        hp_err err;
        hp_code rc = read(mem, cases[i].body, &out, &err);
        if (rc != cases[i].code || strcmp(err.msg, cases[i].msg) != 0)
            fail_msg("%s\n  want %d %s\n  got  %d %s", cases[i].body, (int)cases[i].code, cases[i].msg, (int)rc,
                     err.msg);
        assert_int_equal(out.count, 0);
    }
}

static void values_of_their_own_field_take_the_stored_form(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_raw_changes out;
    hp_err err;
    assert_int_equal(read(mem,
                          "{\"d\":{\"__type\":\"Date\",\"iso\":\"2020-01-01T01:00:00+01:00\"},"
                          "\"o\":{\"d\":{\"__type\":\"Date\",\"iso\":\"2020-01-01T00:00:00Z\"}},"
                          "\"pg\":{\"__type\":\"Polygon\",\"coordinates\":[[0,0],[0,1],[1,1]]},"
                          "\"f\":{\"__type\":\"File\",\"name\":\"a\",\"url\":\"http://evil\"},"
                          "\"ACL\":{\"role:a.b\":{\"read\":true}}}",
                          &out, &err),
                     HP_OK);
    assert_int_equal(out.items[0].operand.date.ms, INT64_C(1577836800000));
    assert_false(hp_str_present(out.items[0].operand.date.iso));
    assert_true(hp_str_present(hp_object_get(&out.items[1].operand, HP_STR("d"))->date.iso)); /* as sent */
    assert_int_equal(out.items[2].operand.polygon.count, 4);
    assert_false(hp_str_present(out.items[3].operand.file.url));
}

static void numbers_that_are_none_are_refused(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value body = hp_object(), inner = hp_array();
    hp_raw_changes out;
    hp_err err = { 0 };
    hp_array_push(mem, &inner, hp_number(INFINITY));
    hp_object_set(mem, &body, HP_STR("f"), inner);
    assert_int_equal(hp_changes_read(&body, mem, &out, &err), HP_E_INVALID_JSON);
}

static void changes_tell_the_type_they_need(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *want; /* NULL: none */
    } cases[] = {
        { "{\"f\":1}", "Number" },
        { "{\"f\":null}", NULL },
        { "{\"f\":{\"__op\":\"Delete\"}}", NULL },
        { "{\"f\":{\"__op\":\"Increment\",\"amount\":1}}", "Number" },
        { "{\"f\":{\"__op\":\"Remove\",\"objects\":[]}}", "Array" },
        { "{\"f\":{\"__op\":\"AddRelation\",\"objects\":[" P("1") "]}}", "Relation<X>" },
        { "{\"f\":" P("1") "}", "Pointer<X>" },
        { "{\"f\":{\"__type\":\"Relation\",\"className\":\"X\"}}", "Relation<X>" },
        { "{\"f\":{\"__op\":\"SetOnInsert\",\"amount\":\"x\"}}", "String" },
        { "{\"f.k\":1}", "Object" },
        { "{\"f.0\":1}", "Array" },
        { "{\"f.0.k\":1}", "Array" },
        { "{\"f.0k\":1}", "Object" },
        { "{\"f.k\":null}", NULL },
        { "{\"f.k\":{\"__op\":\"Increment\",\"amount\":1}}", "Object" },
    };
    HP_AUTO_ARENA mem = hp_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_raw_changes out;
        hp_err err;
        hp_type type = HP_T_ACL;
        hp_str target;
        assert_int_equal(read(mem, cases[i].body, &out, &err), HP_OK);
        bool typed = hp_raw_change_type(&out.items[0], &type, &target);
        if (typed != (cases[i].want != NULL) ||
            (typed && !hp_str_eq(hp_type_print(mem, type, target), hp_str_of(cases[i].want))))
            fail_msg("case: %s", cases[i].body);
    }
}

/* ---- one operation ---- */

static void operations_leave_the_right_value(void **state)
{
    (void)state;
    static const struct {
        hp_op op;
        const char *before, *operand, *after; /* before, after NULL: absent */
    } cases[] = {
        { HP_OP_SET, NULL, "1", "1" },
        { HP_OP_SET, "2", "null", "null" },
        { HP_OP_UNSET, "2", "null", NULL },
        { HP_OP_UNSET, NULL, "null", NULL },
        { HP_OP_INCREMENT, NULL, "3", "3" },
        { HP_OP_INCREMENT, "null", "3", "3" },
        { HP_OP_INCREMENT, "2", "-5", "-3" },
        { HP_OP_INCREMENT, "0.1", "0.2", "0.30000000000000004" },
        { HP_OP_INCREMENT_DECIMAL, "0.1", "{\"amount\":0.2,\"decimals\":2}", "0.3" },
        { HP_OP_INCREMENT_DECIMAL, NULL, "{\"amount\":0.07,\"decimals\":2}", "0.07" },
        { HP_OP_INCREMENT_DECIMAL, "1.1", "{\"amount\":-2.2,\"decimals\":1}", "-1.1" },
        { HP_OP_INCREMENT_DECIMAL, "5", "{\"amount\":7,\"decimals\":0}", "12" },
        { HP_OP_INCREMENT_DECIMAL, "123456789.99", "{\"amount\":0.01,\"decimals\":2}", "123456790" },
        { HP_OP_ADD, NULL, "[1,1]", "[1,1]" },
        { HP_OP_ADD, "[1]", "[1,{\"a\":1}]", "[1,1,{\"a\":1}]" },
        { HP_OP_ADD, "[1]", "[]", "[1]" },
        { HP_OP_ADD_UNIQUE, "[1,1,2]", "[2,3,3,1]", "[1,1,2,3]" },
        { HP_OP_ADD_UNIQUE, NULL, "[2,2]", "[2]" },
        { HP_OP_ADD_UNIQUE, "[{\"a\":1,\"b\":[2]}]", "[{\"b\":[2],\"a\":1},{\"a\":2}]",
          "[{\"a\":1,\"b\":[2]},{\"a\":2}]" },
        { HP_OP_ADD_UNIQUE, "[0,\"1\",null,false]", "[-0.0,1,null,false,\"1\"]", "[0,\"1\",null,false,1]" },
        { HP_OP_ADD_UNIQUE, "[" P("1") "]", "[" P("1") "," P("2") "]", "[" P("1") "," P("2") "]" },
        { HP_OP_ADD_UNIQUE, "[{\"__type\":\"Date\",\"iso\":\"2020-01-01T00:00:00Z\"}]",
          "[{\"__type\":\"Date\",\"iso\":\"2020-01-01T00:00:00.000Z\"}]",
          "[{\"__type\":\"Date\",\"iso\":\"2020-01-01T00:00:00Z\"}]" },
        { HP_OP_REMOVE, "[1,2,1,3]", "[1,9]", "[2,3]" },
        { HP_OP_REMOVE, "[" P("1") "," P("2") "]", "[" P("1") "]", "[" P("2") "]" },
        { HP_OP_REMOVE, NULL, "[1]", "[]" },
        { HP_OP_REMOVE, "[1]", "[]", "[1]" },
        { HP_OP_SET_ON_INSERT, NULL, "5", "5" },
        { HP_OP_SET_ON_INSERT, "4", "5", "4" },
        { HP_OP_ADD_RELATION, NULL, "[]", NULL },
    };
    HP_AUTO_ARENA mem = hp_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const hp_value *before = cases[i].before ? test_json(mem, cases[i].before) : NULL;
        hp_value after;
        bool absent;
        hp_err err = { 0 };
        if (hp_op_apply(cases[i].op, before, test_json(mem, cases[i].operand), mem, &after, &absent, &err) != HP_OK)
            fail_msg("case %zu: %s", i, err.msg);
        if (absent != (cases[i].after == NULL) || (!absent && !hp_value_equal(&after, test_json(mem, cases[i].after))))
            fail_msg("case %zu: op %d on %s", i, (int)cases[i].op, cases[i].before ? cases[i].before : "nothing");
    }
}

static void operations_refuse_what_the_stored_value_contradicts(void **state)
{
    (void)state;
    static const struct {
        hp_op op;
        const char *before, *operand;
        hp_code code;
    } cases[] = {
        { HP_OP_INCREMENT, "\"x\"", "1", HP_E_INCORRECT_TYPE },
        { HP_OP_INCREMENT, "1.7976931348623157e308", "1.7976931348623157e308", HP_E_INVALID_JSON },
        { HP_OP_INCREMENT_DECIMAL, "90071992547409.92", "{\"amount\":0.01,\"decimals\":2}", HP_E_INVALID_JSON },
        { HP_OP_INCREMENT_DECIMAL, "1e300", "{\"amount\":1,\"decimals\":2}", HP_E_INVALID_JSON },
        { HP_OP_INCREMENT_DECIMAL, "\"1\"", "{\"amount\":1,\"decimals\":2}", HP_E_INCORRECT_TYPE },
        { HP_OP_ADD, "1", "[1]", HP_E_INCORRECT_TYPE },
        { HP_OP_ADD_UNIQUE, "{}", "[1]", HP_E_INCORRECT_TYPE },
        { HP_OP_REMOVE, "\"x\"", "[1]", HP_E_INCORRECT_TYPE },
    };
    HP_AUTO_ARENA mem = hp_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_value after;
        bool absent;
        hp_err err = { 0 };
        hp_code rc = hp_op_apply(cases[i].op, test_json(mem, cases[i].before), test_json(mem, cases[i].operand), mem,
                                 &after, &absent, &err);
        if (rc != cases[i].code) fail_msg("case %zu: %d %s", i, (int)rc, err.msg);
    }
}

static void decimal_increments_never_drift(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_value *operand = test_json(mem, "{\"amount\":0.01,\"decimals\":2}");
    hp_value sum = hp_number(0);
    for (int i = 1; i <= 10000; i++) {
        hp_value before = sum;
        bool absent;
        hp_err err = { 0 };
        assert_int_equal(hp_op_apply(HP_OP_INCREMENT_DECIMAL, &before, operand, mem, &sum, &absent, &err), HP_OK);
        if (sum.number != (double)i / 100) fail_msg("after %d steps: %.17g", i, sum.number);
    }
}

/* Quadratic would be 2.5e9 comparisons: minutes, and the test's time limit. */
static void set_operations_on_long_arrays_take_linear_time(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    enum { COUNT = 50000 };
    hp_value before = hp_array(), objects = hp_array(), after, rest;
    bool absent;
    hp_err err = { 0 };
    for (int i = 0; i < COUNT; i++) {
        hp_value item = hp_object();
        hp_object_set(mem, &item, HP_STR("k"), hp_number(i));
        hp_array_push(mem, &before, item);
        hp_value other = hp_object();
        hp_object_set(mem, &other, HP_STR("k"), hp_number(i + COUNT / 2));
        hp_array_push(mem, &objects, other);
    }
    assert_int_equal(hp_op_apply(HP_OP_ADD_UNIQUE, &before, &objects, mem, &after, &absent, &err), HP_OK);
    assert_int_equal(after.array.count, COUNT + COUNT / 2);
    assert_int_equal(hp_op_apply(HP_OP_REMOVE, &after, &objects, mem, &rest, &absent, &err), HP_OK);
    assert_int_equal(rest.array.count, COUNT / 2);
    assert_int_equal(before.array.count, COUNT); /* the operand of both is unchanged */
}

/* ---- an object ---- */

static hp_code apply(hp_arena *mem, const char *object, const char *body, hp_value *out, hp_err *err)
{
    const hp_class *c = test_class(mem, SCHEMA);
    hp_raw_changes raw;
    HP_TRY(read(mem, body, &raw, err));
    hp_change *changes = HP_NEW_ARRAY(mem, hp_change, raw.count);
    for (size_t i = 0; i < raw.count; i++) {
        assert_true(hp_path_resolve(c, raw.items[i].name, false, mem, &changes[i].path));
        changes[i].op = raw.items[i].op;
        changes[i].operand = raw.items[i].operand;
    }
    return hp_changes_apply(test_json(mem, object), changes, raw.count, mem, out, err);
}

static void changes_reach_into_objects_and_arrays(void **state)
{
    (void)state;
    static const struct {
        const char *object, *body, *want;
    } cases[] = {
        { "{\"n\":1}", "{\"n\":2,\"s\":\"x\"}", "{\"n\":2,\"s\":\"x\"}" },
        { "{\"n\":1}", "{\"n\":null}", "{}" },
        { "{\"n\":1}", "{\"n\":{\"__op\":\"Delete\"}}", "{}" },
        { "{}", "{\"s\":{\"__op\":\"Delete\"}}", "{}" },
        { "{\"o\":{\"k\":1,\"z\":2}}", "{\"o.k\":5}", "{\"o\":{\"k\":5,\"z\":2}}" },
        { "{}", "{\"o.k\":5}", "{\"o\":{\"k\":5}}" },
        { "{}", "{\"o.deep.x\":{\"__op\":\"Increment\",\"amount\":2}}", "{\"o\":{\"deep\":{\"x\":2}}}" },
        { "{\"o\":{\"deep\":{\"x\":1}}}", "{\"o.deep.x\":{\"__op\":\"Increment\",\"amount\":2}}",
          "{\"o\":{\"deep\":{\"x\":3}}}" },
        { "{\"o\":{\"k\":1,\"z\":2}}", "{\"o.k\":{\"__op\":\"Delete\"}}", "{\"o\":{\"z\":2}}" },
        { "{}", "{\"o.k.l\":{\"__op\":\"Delete\"}}", "{}" },
        { "{\"o\":{\"k\":1}}", "{\"o.k\":null}", "{\"o\":{\"k\":null}}" },
        { "{\"o\":{\"k\":null}}", "{\"o.k.l\":1}", "{\"o\":{\"k\":{\"l\":1}}}" },
        { "{\"o\":{\"l\":[1,2]}}", "{\"o.l\":{\"__op\":\"Add\",\"objects\":[3]}}", "{\"o\":{\"l\":[1,2,3]}}" },
        { "{\"o\":{\"l\":[1,2]}}", "{\"o.l.1\":9}", "{\"o\":{\"l\":[1,9]}}" },
        { "{\"a\":[1,2]}", "{\"a.0\":9}", "{\"a\":[9,2]}" },
        { "{\"a\":[{\"k\":1}]}", "{\"a.0.k\":{\"__op\":\"Increment\",\"amount\":1}}", "{\"a\":[{\"k\":2}]}" },
        { "{\"a\":[1]}", "{\"a.3\":4}", "{\"a\":[1,null,null,4]}" },
        { "{}", "{\"a.0.k\":1}", "{\"a\":[{\"k\":1}]}" },
        { "{\"a\":[1,2]}", "{\"a.0\":{\"__op\":\"Delete\"}}", "{\"a\":[null,2]}" },
        { "{\"a\":[1,2]}", "{\"a.7\":{\"__op\":\"Delete\"}}", "{\"a\":[1,2]}" },
        { "{\"n\":1}", "{\"rel\":{\"__type\":\"Relation\",\"className\":\"X\"}}", "{\"n\":1}" },
        { "{\"n\":1}", "{\"rel\":{\"__op\":\"AddRelation\",\"objects\":[" P("1") "]}}", "{\"n\":1}" },
        { "{\"n\":1}", "{\"n\":{\"__op\":\"Increment\",\"amount\":1},\"o.n\":7}", "{\"n\":2,\"o\":{\"n\":7}}" },
    };
    HP_AUTO_ARENA mem = hp_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_value out;
        hp_err err = { 0 };
        if (apply(mem, cases[i].object, cases[i].body, &out, &err) != HP_OK) fail_msg("%s: %s", cases[i].body, err.msg);
        if (!hp_value_equal(&out, test_json(mem, cases[i].want)))
            fail_msg("%s on %s gave %s", cases[i].body, cases[i].object, hp_json_text(mem, &out).ptr);
    }
}

static void paths_that_cannot_be_entered_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "{\"o\":{\"k\":1}}", "{\"o.k.l\":1}" }, { "{\"a\":[1]}", "{\"a.x\":1}" },
        { "{\"a\":[1]}", "{\"a.0.x\":1}" },       { "{\"a\":[1]}", "{\"a.4000000000\":1}" },
        { "{\"a\":[1]}", "{\"a.5000\":1}" },
    };
    HP_AUTO_ARENA mem = hp_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_value out;
        hp_err err = { 0 };
        if (apply(mem, cases[i][0], cases[i][1], &out, &err) != HP_E_INCORRECT_TYPE) fail_msg("case: %s", cases[i][1]);
    }
}

static void the_object_before_is_left_as_it_was(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_class *c = test_class(mem, SCHEMA);
    const hp_value *before = test_json(mem, "{\"n\":1,\"o\":{\"k\":{\"l\":1}},\"a\":[1]}");
    hp_change changes[3] = { { .op = HP_OP_SET, .operand = hp_number(2) },
                             { .op = HP_OP_SET, .operand = hp_number(3) },
                             { .op = HP_OP_SET, .operand = hp_number(4) } };
    hp_value out;
    hp_err err = { 0 };

    assert_true(hp_path_resolve(c, HP_STR("n"), false, mem, &changes[0].path));
    assert_true(hp_path_resolve(c, HP_STR("o.k.l"), false, mem, &changes[1].path));
    assert_true(hp_path_resolve(c, HP_STR("a.0"), false, mem, &changes[2].path));
    assert_int_equal(hp_changes_apply(before, changes, 3, mem, &out, &err), HP_OK);
    assert_true(hp_value_equal(&out, test_json(mem, "{\"n\":2,\"o\":{\"k\":{\"l\":3}},\"a\":[4]}")));
    assert_true(hp_value_equal(before, test_json(mem, "{\"n\":1,\"o\":{\"k\":{\"l\":1}},\"a\":[1]}")));
}

/* Each object on the way is copied once, whoever's it was, and not for every path that leads into it. */
static void many_paths_into_one_object_cost_one_copy_of_it(void **state)
{
    (void)state;
    enum { MANY = 4000, ROOM = 16 << 20 };
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_field field = { .name = HP_STR_INIT("o"), .type = HP_T_OBJECT };
    hp_change *changes = HP_NEW_ARRAY(mem, hp_change, MANY);
    hp_value object = hp_object(), inner = hp_object(), operand = hp_object(), out;
    hp_err err = { 0 };

    hp_object_append(mem, &inner, HP_STR("old"), hp_number(1));
    hp_object_append(mem, &object, HP_STR("o"), inner);
    hp_object_append(mem, &operand, HP_STR("given"), hp_number(2));
    for (int i = 0; i < MANY; i++) {
        hp_str *segments = HP_NEW_ARRAY(mem, hp_str, 2);
        segments[0] = HP_STR("set");
        segments[1] = hp_arena_printf(mem, "k%d", i);
        changes[i] =
            (hp_change){ { &field, segments, i == 0 ? 1 : 2 }, i == 0 ? HP_OP_SET : HP_OP_INCREMENT, hp_number(i) };
    }
    changes[0].operand = operand;
    const size_t before = hp_arena_used_bytes(mem);
    assert_int_equal(hp_changes_apply(&object, changes, MANY, mem, &out, &err), HP_OK);
    assert_true(hp_arena_used_bytes(mem) - before < ROOM);
    assert_int_equal(operand.object.count, 1);
    assert_int_equal(hp_object_get(&object, HP_STR("o"))->object.count, 1);
    const hp_value *set = hp_object_get(hp_object_get(&out, HP_STR("o")), HP_STR("set"));
    assert_int_equal(set->object.count, MANY);
    assert_true(hp_object_get(set, HP_STR("given"))->number == 2 &&
                hp_object_get(set, HP_STR("k3999"))->number == 3999);
    assert_non_null(hp_object_get(hp_object_get(&out, HP_STR("o")), HP_STR("old")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_paths_into_one_object_cost_one_copy_of_it),
        cmocka_unit_test(every_operation_is_read),
        cmocka_unit_test(a_batch_becomes_its_relation_operations),
        cmocka_unit_test(linking_nothing_changes_nothing),
        cmocka_unit_test(every_mistake_has_its_code_and_sentence),
        cmocka_unit_test(values_of_their_own_field_take_the_stored_form),
        cmocka_unit_test(numbers_that_are_none_are_refused),
        cmocka_unit_test(changes_tell_the_type_they_need),
        cmocka_unit_test(operations_leave_the_right_value),
        cmocka_unit_test(operations_refuse_what_the_stored_value_contradicts),
        cmocka_unit_test(decimal_increments_never_drift),
        cmocka_unit_test(set_operations_on_long_arrays_take_linear_time),
        cmocka_unit_test(changes_reach_into_objects_and_arrays),
        cmocka_unit_test(paths_that_cannot_be_entered_are_refused),
        cmocka_unit_test(the_object_before_is_left_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

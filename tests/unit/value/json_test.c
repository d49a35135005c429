#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "value/json.h"
#include "value/json_locate.h"

static hp_code read_text(hp_arena *mem, hp_str text, hp_value *out)
{
    hp_err err;
    return hp_json_read(text, HP_JSON_PARSE, mem, out, &err);
}

static void what_is_no_json_or_too_much_is_refused(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value v;
    (void)state;
    const hp_str cases[] = {
        HP_STR(""),
        HP_STR("  "),
        HP_STR("{"),
        HP_STR("{\"a\":1}x"),
        HP_STR("{\"a\":1,\"a\":2}"),
        HP_STR("[1,]"),
        HP_STR("NaN"),
        HP_STR("Infinity"),
        HP_STR("1e400"),
        HP_STR("\"\\ud800\""),
        HP_STR("\"\xff\""),
        HP_STR("'a'"),
        HP_STR("{a:1}"),
        HP_STR("01"),
        HP_STR("\xef\xbb\xbf{}"),
        HP_STR("\"\xc0\x80\""),
        HP_STR("{\"a\\u0000b\":1}"),
        HP_STR("\"a\nb\""),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (read_text(mem, cases[i], &v) == HP_OK) fail_msg("case %zu was read", i);
}

static void nesting_is_bounded_without_deep_recursion(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value v;
    enum { DEEP = 1000000 };
    char *text = hp_arena_alloc(mem, DEEP);
    (void)state;
    memset(text, '[', DEEP);
    assert_int_equal(read_text(mem, (hp_str){ text, DEEP }, &v), HP_E_INVALID_JSON);
    memset(text + HP_JSON_DEPTH_MAX, ']', HP_JSON_DEPTH_MAX);
    assert_int_equal(read_text(mem, (hp_str){ text, 2 * HP_JSON_DEPTH_MAX }, &v), HP_OK);
}

/* `count` times `item`, in an array. */
static hp_str array_of(hp_arena *mem, hp_str item, size_t count)
{
    char *text = hp_arena_alloc(mem, count * (item.len + 1) + 1), *at = text;
    for (size_t i = 0; i < count; i++) {
        *at++ = i == 0 ? '[' : ',';
        memcpy(at, item.ptr, item.len);
        at += item.len;
    }
    *at++ = ']';
    return (hp_str){ text, (size_t)(at - text) };
}

static void the_deepest_level_may_hold_a_value(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value v;
    hp_str text = HP_STR("1");
    (void)state;
    for (int i = 0; i < HP_JSON_DEPTH_MAX; i++) text = array_of(mem, text, 1);
    assert_int_equal(read_text(mem, text, &v), HP_OK);
    assert_int_equal(read_text(mem, array_of(mem, text, 1), &v), HP_E_INVALID_JSON);
}

static void the_number_of_values_is_bounded(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value v;
    (void)state;
    assert_int_equal(read_text(mem, array_of(mem, HP_STR("0"), HP_JSON_NODES_MAX), &v), HP_E_INVALID_JSON);
    assert_true(hp_is_null(&v));
    /* the array is a value too; text that looks like structure is none */
    assert_int_equal(read_text(mem, array_of(mem, HP_STR("[ ]"), HP_JSON_NODES_MAX - 1), &v), HP_OK);
    assert_int_equal(v.array.count, HP_JSON_NODES_MAX - 1);
    assert_int_equal(read_text(mem, array_of(mem, HP_STR("\",,[\\\",{\""), HP_JSON_NODES_MAX / 2), &v), HP_OK);
}

static void the_number_of_keys_is_bounded(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value v = hp_object(), back;
    (void)state;
    for (int i = 0; i < HP_OBJECT_KEYS_MAX; i++)
        hp_object_append(mem, &v, hp_arena_printf(mem, "k%d", i), hp_number(i));
    assert_int_equal(read_text(mem, hp_json_text(mem, &v), &back), HP_OK);
    assert_true(hp_value_equal(&v, &back));
    hp_object_append(mem, &v, HP_STR("one more"), hp_null());
    assert_int_equal(read_text(mem, hp_json_text(mem, &v), &back), HP_E_INVALID_JSON);
}

static void an_error_says_where_and_quotes_nothing(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value v;
    hp_err err;
    (void)state;
    hp_code rc = hp_json_read(HP_STR("{\n  \"password\": hunter2\n}"), HP_JSON_PARSE, mem, &v, &err);
    assert_int_equal(rc, HP_E_INVALID_JSON);
    assert_non_null(strstr(err.msg, "line 2"));
    assert_null(strstr(err.msg, "hunter2"));
}

static void broken_text_is_written_as_replacement_characters(void **state)
{
    hp_buf out;
    (void)state;
    hp_buf_init(&out, 100);
    hp_json_write_string(&out, HP_STR("a\xff\xc3\xa9\xe2\x82\""));
    assert_true(hp_str_eq(hp_buf_str(&out), HP_STR("\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\\\"\"")));
    hp_buf_done(&out);
}

/* In, and out again in REST encoding. */
static void values_survive_reading_and_writing(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    (void)state;
    const struct {
        hp_str in, out;
    } cases[] = {
        { HP_STR("{\"b\":[1,true,null,\"x\"],\"a\":{}}"), HP_STR("{\"b\":[1,true,null,\"x\"],\"a\":{}}") },
        { HP_STR("\"a\\u0000\\u001f\\/\\\"\\\\\\n\""), HP_STR("\"a\\u0000\\u001f/\\\"\\\\\\n\"") },
        { HP_STR("\"\\ud83d\\ude00\""), HP_STR("\"\xf0\x9f\x98\x80\"") },
        { HP_STR("{\"__type\":\"Date\",\"iso\":\"2020-01-02T03:04:05.678Z\"}"),
          HP_STR("{\"__type\":\"Date\",\"iso\":\"2020-01-02T03:04:05.678Z\"}") },
        { HP_STR("{\"__type\":\"Date\",\"iso\":\"2020-01-02T03:04:05Z\"}"),
          HP_STR("{\"__type\":\"Date\",\"iso\":\"2020-01-02T03:04:05Z\"}") },
        { HP_STR("{\"objectId\":\"x\",\"className\":\"User\",\"__type\":\"Pointer\"}"),
          HP_STR("{\"__type\":\"Pointer\",\"className\":\"_User\",\"objectId\":\"x\"}") },
        { HP_STR("{\"__type\":\"GeoPoint\",\"longitude\":20,\"latitude\":10.5}"),
          HP_STR("{\"__type\":\"GeoPoint\",\"latitude\":10.5,\"longitude\":20}") },
        { HP_STR("{\"__type\":\"Bytes\",\"base64\":\"aGVsbG8=\"}"),
          HP_STR("{\"__type\":\"Bytes\",\"base64\":\"aGVsbG8=\"}") },
        { HP_STR("{\"__type\":\"Polygon\",\"coordinates\":[[0,0],[0,1],[1,1]]}"),
          HP_STR("{\"__type\":\"Polygon\",\"coordinates\":[[0,0],[0,1],[1,1]]}") },
        { HP_STR("{\"__type\":\"Relation\",\"className\":\"T\"}"),
          HP_STR("{\"__type\":\"Relation\",\"className\":\"T\"}") },
        /* without its essentials it stays what it is */
        { HP_STR("{\"__type\":\"Pointer\",\"className\":\"T\"}"),
          HP_STR("{\"__type\":\"Pointer\",\"className\":\"T\"}") },
        /* no class and no object is called so, and what reads C texts would take it for another */
        { HP_STR("{\"__type\":\"Pointer\",\"className\":\"T\",\"objectId\":\"x\\u0000y\"}"),
          HP_STR("{\"__type\":\"Pointer\",\"className\":\"T\",\"objectId\":\"x\\u0000y\"}") },
        { HP_STR("[{\"__type\":\"Relation\",\"className\":\"User\\u0000\"}]"),
          HP_STR("[{\"__type\":\"Relation\",\"className\":\"User\\u0000\"}]") },
        { HP_STR("{\"__type\":\"Date\",\"iso\":\"yesterday\"}"),
          HP_STR("{\"__type\":\"Date\",\"iso\":\"yesterday\"}") },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_value v;
        assert_int_equal(read_text(mem, cases[i].in, &v), HP_OK);
        hp_str out = hp_json_text(mem, &v);
        if (!hp_str_eq(out, cases[i].out)) fail_msg("case %zu: %.*s", i, HP_STR_ARG(out));
    }
}

/* Expected texts are what node prints for JSON.stringify of the number. */
static void numbers_print_as_javascript_prints_them(void **state)
{
    (void)state;
    const struct {
        double n;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { -0.0, "0" },
        { 1, "1" },
        { -1.5, "-1.5" },
        { 0.1, "0.1" },
        { 0.1 + 0.2, "0.30000000000000004" },
        { 1e21, "1e+21" },
        { 1e20, "100000000000000000000" },
        { 123456789012345680000.0, "123456789012345680000" },
        { 1e-6, "0.000001" },
        { 1e-7, "1e-7" },
        { 1.5e-9, "1.5e-9" },
        { 5e-324, "5e-324" },
        { 1.7976931348623157e308, "1.7976931348623157e+308" },
        { 9007199254740991, "9007199254740991" },
        { 9007199254740993.0, "9007199254740992" },
        { 4.35, "4.35" },
        { 100.25, "100.25" },
        { 12.34, "12.34" },
        { -0.07, "-0.07" },
        { 1.005, "1.005" },
        { 40.416775, "40.416775" },
        { 99999999.99, "99999999.99" },
        { 1234567.12345678, "1234567.12345678" },
        { 9999999999999.99, "9999999999999.99" },
        { 2251799813685249.5, "2251799813685249.5" },
        { 1.0000000000000002, "1.0000000000000002" },
        { 5.684341886080802e-14, "5.684341886080802e-14" }, /* 2^-44: neighbours at unequal distances */
        { 2.2250738585072014e-308, "2.2250738585072014e-308" },
        { 1.5e300, "1.5e+300" },
        { (double)INFINITY, "null" },
        { (double)NAN, "null" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_buf out;
        hp_buf_init(&out, 100);
        hp_json_write_number(&out, cases[i].n);
        if (!hp_str_eq(hp_buf_str(&out), hp_str_of(cases[i].text)))
            fail_msg("%s: %.*s", cases[i].text, HP_STR_ARG(hp_buf_str(&out)));
        hp_buf_done(&out);
    }
}

static void plain_mode_leaves_types_alone(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value v;
    hp_err err;
    (void)state;
    assert_int_equal(
        hp_json_read(HP_STR("{\"__type\":\"Relation\",\"className\":\"User\"}"), HP_JSON_PLAIN, mem, &v, &err), HP_OK);
    assert_int_equal(v.tag, HP_OBJECT);
    v = hp_json_decode_types(mem, &v);
    assert_int_equal(v.tag, HP_RELATION);
}

static void equality_is_deep_and_ignores_key_order(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value a, b;
    (void)state;
    assert_int_equal(read_text(mem, HP_STR("{\"x\":[1,{\"y\":2}],\"z\":null}"), &a), HP_OK);
    assert_int_equal(read_text(mem, HP_STR("{\"z\":null,\"x\":[1,{\"y\":2}]}"), &b), HP_OK);
    assert_true(hp_value_equal(&a, &b));
    hp_object_set(mem, &b, HP_STR("z"), hp_number(0));
    assert_false(hp_value_equal(&a, &b));

    /* the same for objects too large for look-ups */
    a = hp_object();
    b = hp_object();
    for (int i = 0; i < 500; i++) {
        hp_object_append(mem, &a, hp_arena_printf(mem, "k%d", i), hp_number(i));
        hp_object_append(mem, &b, hp_arena_printf(mem, "k%d", 499 - i), hp_number(499 - i));
    }
    assert_true(hp_value_equal(&a, &b));
    hp_object_set(mem, &b, HP_STR("k7"), hp_string(HP_STR("7")));
    assert_false(hp_value_equal(&a, &b));
}

static void lines_of_paths_are_found(void **state)
{
    const hp_str text =
        HP_STR("{\n \"classes\": [\n  {\"className\": \"A}\\\"\"},\n  {\"className\": \"B\",\n   \"fields\": {\n"
               "    \"x\": {\"type\": \"Number\"},\n    \"amount\": 5 } } ] }");
    (void)state;
    assert_int_equal(hp_json_line(text, HP_STR("classes")), 2);
    assert_int_equal(hp_json_line(text, HP_STR("classes.0.className")), 3);
    assert_int_equal(hp_json_line(text, HP_STR("classes.1.fields.amount")), 7);
    assert_int_equal(hp_json_line(text, HP_STR("classes.1.fields.x.type")), 6);
    assert_int_equal(hp_json_line(text, HP_STR("classes.9")), 2);
    assert_int_equal(hp_json_line(text, HP_STR("")), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_json_or_too_much_is_refused),
        cmocka_unit_test(nesting_is_bounded_without_deep_recursion),
        cmocka_unit_test(the_deepest_level_may_hold_a_value),
        cmocka_unit_test(the_number_of_values_is_bounded),
        cmocka_unit_test(the_number_of_keys_is_bounded),
        cmocka_unit_test(an_error_says_where_and_quotes_nothing),
        cmocka_unit_test(broken_text_is_written_as_replacement_characters),
        cmocka_unit_test(values_survive_reading_and_writing),
        cmocka_unit_test(numbers_print_as_javascript_prints_them),
        cmocka_unit_test(plain_mode_leaves_types_alone),
        cmocka_unit_test(equality_is_deep_and_ignores_key_order),
        cmocka_unit_test(lines_of_paths_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

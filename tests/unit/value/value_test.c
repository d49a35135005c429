#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "value/json.h"
#include "value/value.h"

static hp_value read_value(hp_arena *mem, const char *text)
{
    hp_value v;
    hp_err err;
    assert_int_equal(hp_json_read(hp_str_of(text), HP_JSON_PARSE, mem, &v, &err), HP_OK);
    return v;
}

static void assert_json(const hp_value *v, const char *want)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    assert_string_equal(hp_json_text(mem, v).ptr, want);
}

static void an_object_keeps_the_order_in_which_keys_came(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value o = hp_object();
    (void)state;
    for (int i = 0; i < 20; i++) hp_object_set(mem, &o, hp_arena_printf(mem, "k%d", i), hp_number(i));
    for (int i = 3; i < 20; i++) assert_true(hp_object_remove(&o, hp_arena_printf(mem, "k%d", i)));
    assert_false(hp_object_remove(&o, HP_STR("k3")));
    hp_object_set(mem, &o, HP_STR("k1"), hp_bool(true));
    hp_object_set(mem, &o, HP_STR("k3"), hp_null());
    assert_json(&o, "{\"k0\":0,\"k1\":true,\"k2\":2,\"k3\":null}");
}

static void keys_are_exact_bytes(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value o = hp_object();
    (void)state;
    hp_object_set(mem, &o, HP_STR("a"), hp_number(1));
    hp_object_set(mem, &o, HP_STR("a\0b"), hp_number(2));
    assert_true(hp_object_get(&o, HP_STR("a"))->number == 1);
    assert_true(hp_object_get(&o, HP_STR("a\0b"))->number == 2);
    assert_null(hp_object_get(&o, HP_STR("A")));
    assert_null(hp_object_get(NULL, HP_STR("a")));
    hp_value text = hp_string(HP_STR("a"));
    assert_null(hp_object_get(&text, HP_STR("a")));
}

static void a_changed_clone_leaves_the_first_alone(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value o = read_value(mem, "{\"a\":1,\"b\":2}");
    hp_value clone = hp_object_clone(mem, &o);
    (void)state;
    hp_object_set(mem, &clone, HP_STR("a"), hp_number(9));
    assert_true(hp_object_remove(&clone, HP_STR("b")));
    for (int i = 0; i < 10; i++) hp_object_append(mem, &clone, hp_arena_printf(mem, "n%d", i), hp_null());
    assert_json(&o, "{\"a\":1,\"b\":2}");
}

/* Values of every tag. ASan sees it if the copy still points into the freed arena. */
static void a_copy_outlives_what_it_was_made_from(void **state)
{
    static const char TEXT[] =
        "{\"null\":null,\"yes\":true,\"n\":1.5,\"text\":\"t\\u0000x\",\"list\":[1,[\"two\"],{}],\"empty\":[],"
        "\"date\":{\"__type\":\"Date\",\"iso\":\"2020-01-02T03:04:05Z\"},"
        "\"pointer\":{\"__type\":\"Pointer\",\"className\":\"T\",\"objectId\":\"x\"},"
        "\"geo\":{\"__type\":\"GeoPoint\",\"latitude\":1,\"longitude\":2},"
        "\"file\":{\"__type\":\"File\",\"name\":\"f.txt\",\"url\":\"http://h/f.txt\"},"
        "\"bytes\":{\"__type\":\"Bytes\",\"base64\":\"aGVsbG8=\"},"
        "\"polygon\":{\"__type\":\"Polygon\",\"coordinates\":[[0,0],[0,1],[1,1]]},"
        "\"relation\":{\"__type\":\"Relation\",\"className\":\"T\"}}";
    HP_AUTO_ARENA mem = hp_arena_new();
    (void)state;
    hp_arena *first = hp_arena_new();
    hp_value original = read_value(first, TEXT);
    hp_value copy = hp_value_copy(mem, &original);
    assert_true(hp_value_equal(&original, &copy));
    hp_arena_free(first);
    assert_json(&copy, TEXT);
}

static void truth_is_that_of_javascript(void **state)
{
    const hp_value truthy[] = { hp_bool(true), hp_number(-1), hp_string(HP_STR("0")),
                                hp_array(),    hp_object(),   hp_date(0) };
    const hp_value falsy[] = { hp_null(),       hp_bool(false),         hp_number(0),
                               hp_number(-0.0), hp_number((double)NAN), hp_string(HP_STR("")) };
    (void)state;
    for (size_t i = 0; i < sizeof truthy / sizeof *truthy; i++)
        if (!hp_truthy(&truthy[i])) fail_msg("truthy %zu", i);
    for (size_t i = 0; i < sizeof falsy / sizeof *falsy; i++)
        if (hp_truthy(&falsy[i])) fail_msg("falsy %zu", i);
    assert_false(hp_truthy(NULL));
}

static void values_of_different_types_are_never_equal(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    static const char *const TEXTS[] = {
        "null",
        "false",
        "0",
        "\"\"",
        "[]",
        "{}",
        "{\"__type\":\"Date\",\"iso\":\"1970-01-01T00:00:00.000Z\"}",
        "{\"__type\":\"Pointer\",\"className\":\"T\",\"objectId\":\"x\"}",
        "{\"__type\":\"Pointer\",\"className\":\"T\",\"objectId\":\"y\"}",
        "{\"__type\":\"Pointer\",\"className\":\"U\",\"objectId\":\"x\"}",
        "{\"__type\":\"GeoPoint\",\"latitude\":0,\"longitude\":0}",
        "{\"__type\":\"GeoPoint\",\"latitude\":0,\"longitude\":1}",
        "{\"__type\":\"File\",\"name\":\"T\"}",
        "{\"__type\":\"Bytes\",\"base64\":\"\"}",
        "{\"__type\":\"Polygon\",\"coordinates\":[]}",
        "{\"__type\":\"Polygon\",\"coordinates\":[[0,0]]}",
        "{\"__type\":\"Relation\",\"className\":\"T\"}",
        "[null]",
        "{\"a\":null}",
        "{\"b\":null}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++)
        for (size_t k = 0; k < sizeof TEXTS / sizeof *TEXTS; k++) {
            hp_value a = read_value(mem, TEXTS[i]), b = read_value(mem, TEXTS[k]);
            if (hp_value_equal(&a, &b) != (i == k)) fail_msg("%s and %s", TEXTS[i], TEXTS[k]);
        }
}

static void dates_are_equal_by_instant_and_files_by_name(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value a = read_value(mem, "{\"__type\":\"Date\",\"iso\":\"2020-01-02T05:04:05+02:00\"}");
    hp_value b = read_value(mem, "{\"__type\":\"Date\",\"iso\":\"2020-01-02T03:04:05.000Z\"}");
    (void)state;
    assert_true(hp_value_equal(&a, &b));
    a = read_value(mem, "{\"__type\":\"File\",\"name\":\"f\",\"url\":\"http://a\"}");
    b = read_value(mem, "{\"__type\":\"File\",\"name\":\"f\"}");
    assert_true(hp_value_equal(&a, &b));
}

static void only_what_has_an_order_is_ordered(void **state)
{
    const struct {
        hp_value a, b;
        bool ok;
        int want;
    } cases[] = {
        { hp_number(1), hp_number(2), true, -1 },
        { hp_number(2), hp_number(2), true, 0 },
        { hp_string(HP_STR("b")), hp_string(HP_STR("a")), true, 1 },
        { hp_string(HP_STR("Z")), hp_string(HP_STR("a")), true, -1 },
        { hp_date(-1), hp_date(0), true, -1 },
        { hp_bool(true), hp_bool(false), true, 1 },
        { hp_number(1), hp_string(HP_STR("1")), false, 0 },
        { hp_null(), hp_null(), false, 0 },
        { hp_array(), hp_array(), false, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bool ok;
        int rc = hp_value_compare(&cases[i].a, &cases[i].b, &ok);
        if (ok != cases[i].ok || (rc > 0) - (rc < 0) != cases[i].want) fail_msg("case %zu: %d", i, rc);
    }
}

static void types_have_the_names_that_parse_prints(void **state)
{
    (void)state;
    assert_string_equal(hp_tag_name(HP_NULL), "Null");
    assert_string_equal(hp_tag_name(HP_BOOL), "Boolean");
    assert_string_equal(hp_tag_name(HP_GEOPOINT), "GeoPoint");
    assert_string_equal(hp_tag_name(HP_RELATION), "Relation");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_keeps_the_order_in_which_keys_came),
        cmocka_unit_test(keys_are_exact_bytes),
        cmocka_unit_test(a_changed_clone_leaves_the_first_alone),
        cmocka_unit_test(a_copy_outlives_what_it_was_made_from),
        cmocka_unit_test(truth_is_that_of_javascript),
        cmocka_unit_test(values_of_different_types_are_never_equal),
        cmocka_unit_test(dates_are_equal_by_instant_and_files_by_name),
        cmocka_unit_test(only_what_has_an_order_is_ordered),
        cmocka_unit_test(types_have_the_names_that_parse_prints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

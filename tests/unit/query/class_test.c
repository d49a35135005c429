/* Names of classes, fields and types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "test_class.h"

static void names_have_the_documented_shape(void **state)
{
    (void)state;
    static const struct {
        hp_str name;
        bool class_ok, field_ok;
    } cases[] = {
        { HP_STR_INIT("Game"), true, true },
        { HP_STR_INIT("g_1"), true, true },
        { HP_STR_INIT("_User"), true, false },
        { HP_STR_INIT("_Idempotency"), true, false },
        { HP_STR_INIT("_Mine"), false, false },
        { HP_STR_INIT("1a"), false, false },
        { HP_STR_INIT(""), false, false },
        { HP_STR_INIT("a-b"), false, false },
        { HP_STR_INIT("a b"), false, false },
        { HP_STR_INIT("na\0me"), false, false },
        { HP_STR_INIT("\xc3\xa9t\xc3\xa9"), false, false },
        { HP_STR_INIT("length"), true, false },
        { HP_STR_INIT("className"), true, false },
        { HP_STR_INIT("_user"), false, false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (hp_class_name_valid(cases[i].name) != cases[i].class_ok ||
            hp_field_name_valid(cases[i].name) != cases[i].field_ok)
            fail_msg("case: %s", cases[i].name.ptr);

    char longest[HP_NAME_BYTES_MAX + 1];
    memset(longest, 'a', sizeof longest);
    assert_true(hp_field_name_valid((hp_str){ longest, HP_NAME_BYTES_MAX }));
    assert_false(hp_field_name_valid((hp_str){ longest, HP_NAME_BYTES_MAX + 1 }));
    assert_false(hp_class_name_valid((hp_str){ longest, HP_NAME_BYTES_MAX + 1 }));
}

static void User_is_the_user_class(void **state)
{
    (void)state;
    assert_true(hp_str_eq(hp_class_canonical_name(HP_STR("User")), HP_STR("_User")));
    assert_true(hp_str_eq(hp_class_canonical_name(HP_STR("user")), HP_STR("user")));
    assert_true(hp_class_is_system(HP_STR("_User")) && !hp_class_is_system(HP_STR("User")));
}

static void types_have_names(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    for (int t = HP_T_STRING; t <= HP_T_ACL; t++) {
        hp_type back;
        assert_true(hp_type_parse(hp_str_of(hp_type_name((hp_type)t)), &back));
        assert_int_equal(back, t);
    }
    hp_type out;
    assert_false(hp_type_parse(HP_STR("string"), &out));
    assert_string_equal(hp_type_print(mem, HP_T_NUMBER, HP_STR_NONE).ptr, "Number");
    assert_string_equal(hp_type_print(mem, HP_T_POINTER, HP_STR("_User")).ptr, "Pointer<_User>");
    assert_string_equal(hp_type_print(mem, HP_T_RELATION, HP_STR("X")).ptr, "Relation<X>");
}

static void values_tell_the_type_of_a_new_field(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *want; /* NULL: none */
    } cases[] = {
        { "true", "Boolean" },
        { "1", "Number" },
        { "\"x\"", "String" },
        { "[]", "Array" },
        { "{}", "Object" },
        { "null", NULL },
        { "{\"__type\":\"Nope\"}", NULL },
        { "{\"__type\":\"Date\",\"iso\":\"2020-01-01T00:00:00.000Z\"}", "Date" },
        { "{\"__type\":\"Pointer\",\"className\":\"User\",\"objectId\":\"u\"}", "Pointer<_User>" },
        { "{\"__type\":\"Relation\",\"className\":\"X\"}", "Relation<X>" },
        { "{\"__type\":\"GeoPoint\",\"latitude\":1,\"longitude\":2}", "GeoPoint" },
        { "{\"__type\":\"File\",\"name\":\"f\"}", "File" },
        { "{\"__type\":\"Bytes\",\"base64\":\"AQID\"}", "Bytes" },
        { "{\"__type\":\"Polygon\",\"coordinates\":[[0,0],[0,1],[1,1]]}", "Polygon" },
    };
    HP_AUTO_ARENA mem = hp_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_type type = HP_T_ACL;
        hp_str target;
        bool got = hp_type_of_value(test_json(mem, cases[i].json), &type, &target);
        if (got != (cases[i].want != NULL) ||
            (got && !hp_str_eq(hp_type_print(mem, type, target), hp_str_of(cases[i].want))))
            fail_msg("case: %s", cases[i].json);
    }
}

static void fields_are_found_byte_exact(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_class *c = test_class(mem, "{\"className\":\"T\",\"fields\":{\"Secret\":{\"type\":\"String\"}}}");
    assert_non_null(hp_class_field(c, HP_STR("Secret")));
    assert_null(hp_class_field(c, HP_STR("secret")));
    assert_null(hp_class_field(c, HP_STR("Secret\0")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_the_documented_shape),
        cmocka_unit_test(User_is_the_user_class),
        cmocka_unit_test(types_have_names),
        cmocka_unit_test(values_tell_the_type_of_a_new_field),
        cmocka_unit_test(fields_are_found_byte_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

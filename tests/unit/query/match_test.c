/* The matcher means what the table says, for every operator and field type. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "match_cases.h"
#include "query/match.h"
#include "query/where.h"
#include "test_class.h"

static const hp_where_rules RULES = { .allow_regex = true, .now_ms = MATCH_NOW_MS };

static hp_filter *parse(hp_arena *mem, const hp_class *c, const char *where)
{
    hp_filter *f = NULL;
    hp_err err = { 0 };
    if (hp_where_parse(c, test_json(mem, where), &RULES, mem, &f, &err) != HP_OK) fail_msg("%s: %s", where, err.msg);
    return f;
}

static void every_case_of_the_table_selects_its_objects(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_class *c = test_class(mem, MATCH_SCHEMA);
    const hp_value *objects[MATCH_OBJECT_COUNT];
    int wrong = 0;

    for (size_t i = 0; i < MATCH_OBJECT_COUNT; i++) objects[i] = test_json(mem, MATCH_OBJECTS[i]);
    for (size_t i = 0; i < MATCH_CASE_COUNT; i++) {
        const hp_filter *f = parse(mem, c, MATCH_CASES[i].where);
        hp_buf got;
        hp_buf_init(&got, 1000);
        for (size_t k = 0; k < MATCH_OBJECT_COUNT; k++) {
            if (!hp_filter_matches(f, objects[k])) continue;
            if (got.len > 0) hp_buf_add_char(&got, ' ');
            hp_buf_add(&got, hp_object_text(objects[k], HP_STR("objectId")));
        }
        if (!hp_str_eq(hp_buf_str(&got), hp_str_of(MATCH_CASES[i].want))) {
            wrong++;
            print_error("%s: %s\n  want %s\n  got  %.*s\n", MATCH_CASES[i].name, MATCH_CASES[i].where,
                        MATCH_CASES[i].want, (int)got.len, got.ptr ? got.ptr : "");
        }
        hp_buf_done(&got);
    }
    assert_int_equal(wrong, 0);
}

static void names_of_the_table_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < MATCH_CASE_COUNT; i++)
        for (size_t k = 0; k < i; k++) assert_string_not_equal(MATCH_CASES[i].name, MATCH_CASES[k].name);
}

static void path_get_follows_keys_and_indexes(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_class *c = test_class(mem, MATCH_SCHEMA);
    const hp_value *object = test_json(mem, "{\"o\":{\"l\":[10,{\"x\":5}]},\"a\":[]}");
    const struct {
        const char *name;
        double want; /* 0: absent */
    } cases[] = { { "o.l.0", 10 }, { "o.l.1.x", 5 }, { "o.l.2", 0 }, { "o.l.x", 0 }, { "a.0", 0 }, { "o.l.0.x", 0 } };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_path path;
        assert_true(hp_path_resolve(c, hp_str_of(cases[i].name), false, mem, &path));
        const hp_value *v = hp_path_get(object, &path);
        if ((v == NULL) != (cases[i].want == 0) || (v && v->number != cases[i].want))
            fail_msg("case: %s", cases[i].name);
    }
}

static void relation_and_subquery_leaves_match_nothing(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_class *c = test_class(mem, MATCH_SCHEMA);
    const hp_value *object = test_json(mem, MATCH_OBJECTS[2]);

    assert_false(
        hp_filter_matches(parse(mem, c, "{\"p\":{\"$inQuery\":{\"className\":\"Owner\",\"where\":{}}}}"), object));
    assert_false(hp_filter_matches(parse(mem, c,
                                         "{\"$relatedTo\":{\"object\":{\"__type\":\"Pointer\",\"className\":\"Owner\","
                                         "\"objectId\":\"o1\"},\"key\":\"r\"}}"),
                                   object));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_table_selects_its_objects),
        cmocka_unit_test(names_of_the_table_are_unique),
        cmocka_unit_test(path_get_follows_keys_and_indexes),
        cmocka_unit_test(relation_and_subquery_leaves_match_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

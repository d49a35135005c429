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

/* The table once more, with all the steps that a case needs and with one step less. */
static void an_effort_that_is_spent_says_so(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_class *c = test_class(mem, MATCH_SCHEMA);

    for (size_t i = 0; i < MATCH_CASE_COUNT; i++) {
        const hp_filter *f = parse(mem, c, MATCH_CASES[i].where);
        for (size_t k = 0; k < MATCH_OBJECT_COUNT; k++) {
            const hp_value *object = test_json(mem, MATCH_OBJECTS[k]);
            hp_effort plenty = { .left = 1000000 };
            const bool matches = hp_filter_matches_within(f, object, &plenty);
            const size_t needed = 1000000 - plenty.left;
            assert_false(plenty.spent);
            assert_int_equal(matches, hp_filter_matches(f, object));
            hp_effort enough = { .left = needed };
            assert_int_equal(hp_filter_matches_within(f, object, &enough), matches);
            assert_false(enough.spent);
            if (needed == 0) continue;
            hp_effort scarce = { .left = needed - 1 };
            HP_IGNORE(hp_filter_matches_within(f, object, &scarce));
            assert_true(scarce.spent);
        }
    }
}

/* Long lists are looked up and not walked: the same answers, and steps for each element of the array alone. */
static void long_lists_cost_no_more_than_the_array(void **state)
{
    (void)state;
    enum { LONG = 5000 };
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_field field = { .name = HP_STR_INIT("a"), .type = HP_T_ARRAY };
    hp_value *items = HP_NEW_ARRAY(mem, hp_value, LONG), object = hp_object(), array = hp_array();
    for (int i = 0; i < LONG; i++) items[i] = hp_number(2 * i);
    for (int i = 0; i < LONG; i++) hp_array_push(mem, &array, hp_number(2 * i + 1));
    hp_object_append(mem, &object, HP_STR("a"), array);

    const hp_filter_kind kinds[] = { HP_FILTER_IN, HP_FILTER_NIN, HP_FILTER_CONTAINED_BY };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        hp_filter *f = hp_filter_new(mem, kinds[i], (hp_path){ .field = &field });
        hp_filter_put_list(f, items, LONG, mem);
        hp_effort effort = { .left = 20 * LONG };
        assert_int_equal(hp_filter_matches_within(f, &object, &effort), kinds[i] == HP_FILTER_NIN);
        assert_false(effort.spent);
    }
    items[0] = hp_null(); /* an absent field is one of the values */
    hp_filter *f = hp_filter_new(mem, HP_FILTER_IN, (hp_path){ .field = &field });
    hp_filter_put_list(f, items, LONG, mem);
    const hp_value nothing = hp_object();
    assert_true(hp_filter_matches(f, &nothing));
}

static void names_of_the_table_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < MATCH_CASE_COUNT; i++)
        for (size_t k = 0; k < i; k++) assert_string_not_equal(MATCH_CASES[i].name, MATCH_CASES[k].name);
}

/* What is expected is what MongoDB's index keys say; 0 stands for null, -1 for less than null. */
static void a_sort_key_is_the_least_or_greatest_value_of_a_path(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_class *c = test_class(mem, MATCH_SCHEMA);
    const hp_value *object =
        test_json(mem, "{\"o\":{\"l\":[10,{\"x\":5},{\"x\":[8,7]}],\"e\":[],\"m\":[3,null,\"s\"],\"n\":[[4,9],6]},"
                       "\"a\":[{\"x\":2},{\"x\":1}]}");
    const struct {
        const char *name;
        double least, greatest;
    } cases[] = {
        { "o.l.0", 10, 10 }, { "o.l.1.x", 5, 5 }, { "o.l.2.x", 7, 8 }, { "o.l.x", 0, 8 }, /* 10 has no x: null */
        { "o.l.7", 0, 0 },   { "a.x", 1, 2 },     { "a.0.x", 2, 2 },   { "a.y", 0, 0 },   { "o.e", -1, -1 },
        { "o.e.x", 0, 0 },   { "o.n.0", 4, 9 },   { "o.z.y", 0, 0 },   { "n", 0, 0 },
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        const bool descending = i % 2 == 1;
        const double want = descending ? cases[i / 2].greatest : cases[i / 2].least;
        hp_path path;
        hp_value room;
        assert_true(hp_path_resolve(c, hp_str_of(cases[i / 2].name), false, mem, &path));
        const hp_value *v = hp_path_sort_key(object, &path, descending, &room);
        if (want == -1 ? v != NULL : want == 0 ? !hp_is(v, HP_NULL) : !hp_is(v, HP_NUMBER) || v->number != want)
            fail_msg("case: %s, %s", cases[i / 2].name, descending ? "descending" : "ascending");
    }
    hp_path mixed;
    hp_value room;
    assert_true(hp_path_resolve(c, HP_STR("o.m"), false, mem, &mixed)); /* types have an order, too */
    assert_true(hp_is(hp_path_sort_key(object, &mixed, false, &room), HP_NULL));
    assert_true(hp_is(hp_path_sort_key(object, &mixed, true, &room), HP_STRING));
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
        cmocka_unit_test(an_effort_that_is_spent_says_so),
        cmocka_unit_test(long_lists_cost_no_more_than_the_array),
        cmocka_unit_test(names_of_the_table_are_unique),
        cmocka_unit_test(a_sort_key_is_the_least_or_greatest_value_of_a_path),
        cmocka_unit_test(relation_and_subquery_leaves_match_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

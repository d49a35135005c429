/* Every store selects what the in-memory matcher selects: the shared table, case by case. */
#include "match_cases.h" /* first: it spells JSON's true and false, which <stdbool.h> makes numbers */

#include "contract.h"

_Static_assert(CONTRACT_NOW_MS == MATCH_NOW_MS, "one clock for the parser");

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* The ids in ascending order: the table does not know about insertion. */
static const char *sorted_ids(fixture *f, hp_rows rows)
{
    const char **ids = HP_NEW_ARRAY(f->mem, const char *, rows.count);
    hp_str all = HP_STR("");
    for (size_t i = 0; i < rows.count; i++)
        ids[i] = hp_arena_cstr(f->mem, hp_object_text(&rows.items[i].fields, HP_STR("objectId")));
    qsort(ids, rows.count, sizeof *ids, by_text);
    for (size_t i = 0; i < rows.count; i++)
        all = hp_arena_printf(f->mem, "%" HP_STR_FMT "%s%s", HP_STR_ARG(all), i == 0 ? "" : " ", ids[i]);
    return all.ptr;
}

static hp_class *store_the_objects(fixture *f)
{
    hp_class *c = test_class(f->mem, MATCH_SCHEMA);
    (void)must_run(f, create_class_op(c));
    for (size_t i = 0; i < MATCH_OBJECT_COUNT; i++) insert(f, c, MATCH_OBJECTS[i]);
    return c;
}

static void find_and_count_select_what_the_table_says(void **state)
{
    fixture *f = *state;
    hp_class *c = store_the_objects(f);
    int wrong = 0;

    for (size_t i = 0; i < MATCH_CASE_COUNT; i++) {
        hp_query q = query_all(c);
        q.filter = filter_from(f, c, MATCH_CASES[i].where);
        hp_rows rows = find(f, &q);
        const char *got = sorted_ids(f, rows);
        if (strcmp(got, MATCH_CASES[i].want) == 0 && count_of(f, &q) == (int64_t)rows.count) continue;
        wrong++;
        print_error("%s: %s\n  want %s\n  got  %s\n", MATCH_CASES[i].name, MATCH_CASES[i].where, MATCH_CASES[i].want,
                    got);
    }
    assert_int_equal(wrong, 0);
}

/* A store may compile a negation differently from the condition itself. */
static void the_negation_of_every_case_selects_the_others(void **state)
{
    fixture *f = *state;
    hp_class *c = store_the_objects(f);
    int wrong = 0;

    for (size_t i = 0; i < MATCH_CASE_COUNT; i++) {
        hp_query q = query_all(c);
        hp_filter *inner = filter_from(f, c, MATCH_CASES[i].where);
        hp_filter nor = { .kind = HP_FILTER_NOR, .children = { &inner, 1 } };
        int64_t all = count_of(f, &q);
        q.filter = inner;
        int64_t selected = count_of(f, &q);
        q.filter = &nor;
        if (count_of(f, &q) == all - selected) continue;
        wrong++;
        print_error("not %s: %s\n", MATCH_CASES[i].name, MATCH_CASES[i].where);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        contract_test(find_and_count_select_what_the_table_says),
        contract_test(the_negation_of_every_case_selects_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Full-text search: the same with an index and without, and an index that keeps in step with whatever happens to rows. */
#include "contract.h"

static hp_class *make_recipes(fixture *f)
{
    return make_class(f, "Recipe",
                      ",\"name\":{\"type\":\"String\"},\"text\":{\"type\":\"String\"},\"n\":{\"type\":\"Number\"}");
}

static hp_unit_op index_op(fixture *f, const hp_class *c, const char *name, const char *fields)
{
    return (hp_unit_op){ .kind = HP_UNIT_SET_INDEX,
                         .class_name = c->name,
                         .index_name = hp_str_of(name),
                         .index_fields = test_json(f->mem, fields) };
}

static void put(fixture *f, const hp_class *c, const char *id, const char *name, const char *text)
{
    insert(f, c, hp_arena_printf(f->mem, "{\"objectId\":\"%s\",\"name\":\"%s\",\"text\":\"%s\"}", id, name, text).ptr);
}

static const char *found(fixture *f, const hp_class *c, const char *field, const char *term)
{
    hp_str where = hp_arena_printf(f->mem, "{\"%s\":{\"$text\":{\"$search\":{\"$term\":\"%s\"}}}}", field, term);
    return ids_where(f, c, where.ptr);
}

static void put_recipes(fixture *f, const hp_class *c)
{
    put(f, c, "soup", "Carrot soup", "Carrots, onions, water. A hot soup for cold days.");
    put(f, c, "salad", "Salad", "Cold leaves; no soup at all, no soup.");
    put(f, c, "tea", "Hot tea", "Water");
    insert(f, c, "{\"objectId\":\"empty\"}");
}

static void check_found(fixture *f, const hp_class *c)
{
    assert_string_equal(found(f, c, "text", "soups"), "soup salad");
    assert_string_equal(found(f, c, "name", "soups"), "soup");
    assert_string_equal(found(f, c, "name", "hot carrots"), "soup tea");
    assert_string_equal(found(f, c, "text", "soup -salad -leaves"), "soup");
    assert_string_equal(found(f, c, "text", "\\\"hot soup\\\""), "soup");
    assert_string_equal(found(f, c, "text", "tea"), "");
}

static void an_index_changes_no_result(void **state)
{
    fixture *f = *state;
    hp_class *c = make_recipes(f);
    put_recipes(f, c);
    check_found(f, c);
    (void)must_run(f, index_op(f, c, "all", "{\"name\":\"text\",\"text\":\"text\"}")); /* over what is there */
    check_found(f, c);
    contract_reopen(f);
    check_found(f, c);
}

static void update_text(fixture *f, const hp_class *c, const char *id, hp_op op, const char *text)
{
    hp_change change = { path_to(f, c, "text"), op, op == HP_OP_UNSET ? hp_null() : hp_string(hp_str_of(text)) };
    (void)must_run(f, update_op(c, id, &change, 1));
}

static void an_index_keeps_in_step_with_the_rows(void **state)
{
    fixture *f = *state;
    hp_class *c = make_recipes(f);
    (void)must_run(f, index_op(f, c, "all", "{\"text\":\"text\"}"));
    put_recipes(f, c);
    assert_string_equal(found(f, c, "text", "water"), "soup tea");
    update_text(f, c, "tea", HP_OP_SET, "Leaves in milk");
    assert_string_equal(found(f, c, "text", "water"), "soup");
    assert_string_equal(found(f, c, "text", "milk"), "tea");
    update_text(f, c, "empty", HP_OP_SET, "milk");
    update_text(f, c, "tea", HP_OP_UNSET, NULL);
    assert_string_equal(found(f, c, "text", "milk"), "empty");
    (void)must_run(f, delete_op(c, "empty"));
    assert_string_equal(found(f, c, "text", "milk"), "");
    put(f, c, "new", "New", "something else"); /* may get the place of a row that is gone */
    assert_string_equal(found(f, c, "text", "milk"), "");

    hp_unit_op all = { .kind = HP_UNIT_DELETE_WHERE, .cls = c, .filter = filter_from(f, c, "{\"name\":\"Salad\"}") };
    (void)must_run(f, all);
    assert_string_equal(found(f, c, "text", "soup"), "soup");
    put(f, c, "again", "Again", "else");
    assert_string_equal(found(f, c, "text", "soup"), "soup");
}

static void what_is_undone_is_not_found(void **state)
{
    fixture *f = *state;
    hp_class *c = make_recipes(f);
    hp_err err = { 0 };
    (void)must_run(f, index_op(f, c, "all", "{\"text\":\"text\"}"));
    put_recipes(f, c);
    hp_change change = { path_to(f, c, "text"), HP_OP_SET, hp_string(HP_STR("mushrooms")) };
    hp_unit_op ops[] = { update_op(c, "soup", &change, 1), delete_op(c, "nothing") };
    hp_unit unit = { .ops = ops, .count = 2 };
    assert_int_equal(hp_store_write(f->store, &unit, f->mem, &err), HP_E_OBJECT_NOT_FOUND);
    assert_string_equal(found(f, c, "text", "mushrooms"), "");
    assert_string_equal(found(f, c, "text", "carrot"), "soup");
}

static void an_index_that_is_undone_leaves_nothing(void **state)
{
    fixture *f = *state;
    hp_class *c = make_recipes(f);
    hp_err err = { 0 };
    put_recipes(f, c);
    hp_unit_op ops[] = { index_op(f, c, "all", "{\"text\":\"text\"}"), delete_op(c, "nothing") };
    hp_unit unit = { .ops = ops, .count = 2 };
    assert_int_equal(hp_store_write(f->store, &unit, f->mem, &err), HP_E_OBJECT_NOT_FOUND);
    assert_string_equal(found(f, c, "text", "carrot"), "soup");
    put(f, c, "later", "Later", "carrots");
    (void)must_run(f, index_op(f, c, "all", "{\"text\":\"text\"}"));
    assert_string_equal(found(f, c, "text", "carrot"), "soup later");
}

static void the_best_fit_comes_first_with_its_score(void **state)
{
    fixture *f = *state;
    hp_class *c = make_recipes(f);
    put(f, c, "some", "x", "a soup of some other kind");
    put(f, c, "only", "x", "Soup");
    put(f, c, "much", "x", "soup soup");
    put(f, c, "none", "x", "salad");
    for (int indexed = 0; indexed < 2; indexed++) {
        hp_query q = query_all(c);
        q.filter = filter_from(f, c, "{\"text\":{\"$text\":{\"$search\":{\"$term\":\"soup\"}}}}");
        hp_order order = { .path = q.filter->path, .descending = true, .by = q.filter };
        q.order = &order;
        q.order_count = 1;
        q.score = q.filter;
        hp_rows rows = find(f, &q);
        assert_string_equal(ids_of(f, rows), "much only some");
        assert_float_equal(rows.items[0].score, 1.5, 1e-9);  /* (1 + 1/2) * (2/2 * 0.5 + 0.5) */
        assert_float_equal(rows.items[1].score, 1.1, 1e-9);  /* all of the text */
        assert_float_equal(rows.items[2].score, 0.75, 1e-9); /* 1/2 * 0.5 + 0.5: "kind" is the other word */
        (void)must_run(f, index_op(f, c, "t", "{\"text\":\"text\"}"));
    }
}

static void an_index_goes_with_its_field_and_class(void **state)
{
    fixture *f = *state;
    hp_class *c = make_recipes(f);
    hp_err err = { 0 };
    (void)must_run(f, index_op(f, c, "all", "{\"text\":\"text\"}"));
    (void)must_run(f, index_op(f, c, "names", "{\"name\":\"text\"}"));
    put_recipes(f, c);
    (void)must_run(f, (hp_unit_op){ .kind = HP_UNIT_DROP_INDEX, .class_name = c->name, .index_name = HP_STR("all") });
    assert_string_equal(found(f, c, "text", "water"), "soup tea");
    (void)must_run(f, index_op(f, c, "all", "{\"text\":\"text\"}"));
    assert_string_equal(found(f, c, "text", "water"), "soup tea");
    (void)must_run(
        f,
        (hp_unit_op){ .kind = HP_UNIT_DROP_FIELD, .class_name = c->name, .field = hp_class_field(c, HP_STR("text")) });
    insert(f, c, "{\"objectId\":\"later\",\"name\":\"Later soup\"}");
    assert_string_equal(found(f, c, "name", "soup"), "soup later");
    (void)must_run(f, (hp_unit_op){ .kind = HP_UNIT_DELETE_WHERE, .cls = c, .filter = filter_from(f, c, "{}") });
    (void)must_run(f, (hp_unit_op){ .kind = HP_UNIT_DROP_CLASS, .class_name = c->name });
    c = make_recipes(f);
    (void)must_run(f, index_op(f, c, "names", "{\"name\":\"text\"}"));
    put_recipes(f, c);
    assert_string_equal(found(f, c, "name", "soup"), "soup");

    hp_unit_op bad = index_op(f, c, "bad", "{\"n\":\"text\"}");
    hp_unit unit = { .ops = &bad, .count = 1 };
    assert_int_equal(hp_store_write(f->store, &unit, f->mem, &err), HP_E_INVALID_QUERY);
    bad = index_op(f, c, "bad", "{\"name\":\"text\"}");
    bad.index_unique = true;
    assert_int_equal(hp_store_write(f->store, &unit, f->mem, &err), HP_E_INVALID_QUERY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        contract_test(an_index_changes_no_result),
        contract_test(an_index_keeps_in_step_with_the_rows),
        contract_test(what_is_undone_is_not_found),
        contract_test(an_index_that_is_undone_leaves_nothing),
        contract_test(the_best_fit_comes_first_with_its_score),
        contract_test(an_index_goes_with_its_field_and_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

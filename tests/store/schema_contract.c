/* Classes, fields, permissions and indexes: what is stored comes back, names never collide, data follow the schema. */
#include "base/limits.h"
#include "contract.h"

static hp_class **load(fixture *f, size_t *count)
{
    hp_class **classes;
    hp_err err = { 0 };
    hp_code rc = hp_store_load_classes(f->store, f->mem, &classes, count, &err);
    assert_ok(rc, err);
    return classes;
}

static hp_class *load_class(fixture *f, const char *name)
{
    size_t count;
    hp_class **classes = load(f, &count);
    for (size_t i = 0; i < count; i++)
        if (hp_str_eq(classes[i]->name, hp_str_of(name))) return classes[i];
    return NULL;
}

static int64_t version_of(fixture *f)
{
    int64_t version;
    hp_err err = { 0 };
    hp_code rc = hp_store_schema_version(f->store, &version, &err);
    assert_ok(rc, err);
    return version;
}

static hp_field *field_from(fixture *f, const char *name, const char *type, const char *target)
{
    hp_field *field = HP_NEW(f->mem, hp_field);
    field->name = hp_str_of(name);
    field->target_class = target == NULL ? HP_STR_NONE : hp_str_of(target);
    assert_true(hp_type_parse(hp_str_of(type), &field->type));
    return field;
}

static hp_unit_op field_op(hp_unit_kind kind, const char *class_name, const hp_field *field)
{
    return (hp_unit_op){ .kind = kind, .class_name = hp_str_of(class_name), .field = field };
}

static hp_unit_op index_op(fixture *f, const char *class_name, const char *name, const char *fields, bool unique,
                           bool nocase)
{
    return (hp_unit_op){ .kind = HP_UNIT_SET_INDEX,
                         .class_name = hp_str_of(class_name),
                         .index_name = hp_str_of(name),
                         .index_fields = test_json(f->mem, fields),
                         .index_unique = unique,
                         .index_nocase = nocase };
}

/* ---- classes ---- */

static void a_class_comes_back_as_it_was_created(void **state)
{
    fixture *f = *state;
    hp_class *c = class_from(f, "Full",
                             ",\"n\":{\"type\":\"Number\"},\"p\":{\"type\":\"Pointer\",\"targetClass\":\"_User\"},"
                             "\"r\":{\"type\":\"Relation\",\"targetClass\":\"Full\"},\"_in\":{\"type\":\"Date\"}");
    c->fields[4]->required = true;
    c->fields[4]->default_value = test_json(f->mem, "7");
    c->fields[7]->default_value = test_json(f->mem, "{\"__type\":\"Date\",\"iso\":\"2020-01-01T00:00:00.000Z\"}");
    c->permissions = test_json(f->mem, "{\"get\":{\"*\":true},\"protectedFields\":{\"*\":[\"n\"]}}");
    c->indexes = test_json(f->mem, "{\"by_n\":{\"n\":1,\"p\":-1}}");
    int64_t before = version_of(f);
    (void)must_run(f, create_class_op(c));
    assert_int_not_equal(version_of(f), before);

    contract_reopen(f);
    size_t count;
    hp_class **classes = load(f, &count);
    assert_int_equal(count, 1);
    hp_class *got = classes[0];
    assert_text(got->name, "Full");
    assert_int_equal(got->field_count, c->field_count);
    for (size_t i = 0; i < c->field_count; i++) {
        const hp_field *want = c->fields[i], *field = got->fields[i];
        assert_true(hp_str_eq(field->name, want->name) && field->type == want->type);
        assert_true(hp_str_eq(field->target_class, want->target_class));
        assert_true(field->required == want->required && field->internal == want->internal);
        assert_true((field->default_value == NULL) == (want->default_value == NULL));
        if (want->default_value != NULL) assert_true(hp_value_equal(field->default_value, want->default_value));
        assert_ptr_equal(hp_class_field(got, want->name), field);
    }
    assert_true(hp_value_equal(got->permissions, c->permissions));
    assert_true(hp_value_equal(got->indexes, c->indexes));
}

static void a_class_can_be_created_once(void **state)
{
    fixture *f = *state;
    hp_err err = { 0 };
    (void)make_class(f, "Once", "");
    assert_int_equal(run_op(f, create_class_op(class_from(f, "Once", "")), &err), HP_E_INVALID_CLASS_NAME);
    assert_string_equal(err.msg, "Class Once already exists.");
}

static void classes_come_in_order_of_creation(void **state)
{
    fixture *f = *state;
    const char *names[] = { "Zebra", "Ant", "_User" };
    size_t count;
    for (size_t i = 0; i < 3; i++) (void)make_class(f, names[i], "");
    (void)must_run(f, field_op(HP_UNIT_ADD_FIELD, "Zebra", field_from(f, "x", "Number", NULL)));
    hp_class **classes = load(f, &count);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < 3; i++) assert_text(classes[i]->name, names[i]);
}

static void only_an_empty_class_can_be_dropped(void **state)
{
    fixture *f = *state;
    hp_class *c = make_class(f, "Gone", ",\"r\":{\"type\":\"Relation\",\"targetClass\":\"Gone\"}");
    hp_err err = { 0 };
    hp_unit_op drop = { .kind = HP_UNIT_DROP_CLASS, .class_name = c->name, .cls = c };
    insert(f, c, "{\"objectId\":\"a\"}");
    assert_int_equal(run_op(f, drop, &err), HP_E_INVALID_SCHEMA_OPERATION);
    assert_string_equal(err.msg, "Class Gone is not empty, contains 1 objects, cannot drop schema.");
    (void)must_run(f, delete_op(c, "a"));
    (void)must_run(f, drop);
    assert_null(load_class(f, "Gone"));
    assert_string_equal(ids_where(f, c, "{}"), "");
    assert_int_equal(run_op(f, drop, &err), HP_E_INVALID_CLASS_NAME);
    c = make_class(f, "gone", ",\"n\":{\"type\":\"Number\"}"); /* the name is free again, in any case */
    insert(f, c, "{\"objectId\":\"b\",\"n\":1}");
    assert_string_equal(ids_where(f, c, "{\"n\":1}"), "b");
}

/* ---- fields ---- */

static void a_field_added_later_is_absent_from_older_objects(void **state)
{
    fixture *f = *state;
    hp_class *c = make_class(f, "Grow", "");
    insert(f, c, "{\"objectId\":\"old\"}");
    (void)must_run(f, field_op(HP_UNIT_ADD_FIELD, "Grow", field_from(f, "n", "Number", NULL)));
    int64_t version = version_of(f);
    (void)must_run(f, field_op(HP_UNIT_ADD_FIELD, "Grow", field_from(f, "n", "Number", NULL))); /* nothing happens */
    assert_int_equal(version_of(f), version);
    c = load_class(f, "Grow");
    insert(f, c, "{\"objectId\":\"new\",\"n\":1}");
    assert_string_equal(ids_where(f, c, "{\"n\":1}"), "new");
    assert_string_equal(ids_where(f, c, "{\"n\":null}"), "old");
}

static void a_field_keeps_its_type(void **state)
{
    fixture *f = *state;
    hp_err err = { 0 };
    (void)make_class(f, "Kept", ",\"n\":{\"type\":\"Number\"},\"p\":{\"type\":\"Pointer\",\"targetClass\":\"A\"}");
    assert_int_equal(run_op(f, field_op(HP_UNIT_ADD_FIELD, "Kept", field_from(f, "n", "String", NULL)), &err),
                     HP_E_INCORRECT_TYPE);
    assert_string_equal(err.msg, "schema mismatch for Kept.n; expected Number but got String");
    assert_int_equal(run_op(f, field_op(HP_UNIT_ADD_FIELD, "Kept", field_from(f, "p", "Pointer", "B")), &err),
                     HP_E_INCORRECT_TYPE);
    assert_string_equal(err.msg, "schema mismatch for Kept.p; expected Pointer<A> but got Pointer<B>");
}

static void options_of_a_field_can_be_set_and_taken_back(void **state)
{
    fixture *f = *state;
    hp_field *n = field_from(f, "n", "Number", NULL);
    hp_err err = { 0 };
    (void)make_class(f, "Options", ",\"n\":{\"type\":\"Number\"}");
    n->required = true;
    n->default_value = test_json(f->mem, "5");
    (void)must_run(f, field_op(HP_UNIT_SET_FIELD, "Options", n));
    const hp_field *got = hp_class_field(load_class(f, "Options"), HP_STR("n"));
    assert_true(got->required && got->default_value->number == 5);
    n->required = false;
    n->default_value = NULL;
    (void)must_run(f, field_op(HP_UNIT_SET_FIELD, "Options", n));
    got = hp_class_field(load_class(f, "Options"), HP_STR("n"));
    assert_true(!got->required && got->default_value == NULL);
    assert_int_equal(run_op(f, field_op(HP_UNIT_SET_FIELD, "Options", field_from(f, "x", "Number", NULL)), &err),
                     HP_E_INVALID_SCHEMA_OPERATION);
}

static void a_dropped_field_takes_its_data_and_indexes_with_it(void **state)
{
    fixture *f = *state;
    hp_class *c = make_class(f, "Drop",
                             ",\"n\":{\"type\":\"Number\"},\"m\":{\"type\":\"Number\"},"
                             "\"r\":{\"type\":\"Relation\",\"targetClass\":\"Drop\"}");
    hp_err err = { 0 };
    hp_change link =
        change(f, c, "r", HP_OP_ADD_RELATION, "[{\"__type\":\"Pointer\",\"className\":\"Drop\",\"objectId\":\"a\"}]");
    (void)must_run(f, index_op(f, "Drop", "both", "{\"n\":1,\"m\":1}", true, false));
    insert(f, c, "{\"objectId\":\"a\",\"n\":1,\"m\":2}");
    (void)must_run(f, update_op(c, "a", &link, 1));

    (void)must_run(f, field_op(HP_UNIT_DROP_FIELD, "Drop", hp_class_field(c, HP_STR("n"))));
    (void)must_run(f, field_op(HP_UNIT_DROP_FIELD, "Drop", hp_class_field(c, HP_STR("r"))));
    assert_string_equal(ids_where(f, c, "{\"n\":1}"), ""); /* asked with the old class */
    assert_int_equal(run_op(f, field_op(HP_UNIT_DROP_FIELD, "Drop", hp_class_field(c, HP_STR("n"))), &err),
                     HP_E_INVALID_SCHEMA_OPERATION);
    hp_class *now = load_class(f, "Drop");
    assert_true(hp_class_field(now, HP_STR("n")) == NULL && hp_class_field(now, HP_STR("r")) == NULL);
    assert_null(hp_object_get(now->indexes, HP_STR("both")));

    /* back with another type, and empty */
    (void)must_run(f, field_op(HP_UNIT_ADD_FIELD, "Drop", field_from(f, "n", "String", NULL)));
    (void)must_run(f, field_op(HP_UNIT_ADD_FIELD, "Drop", field_from(f, "r", "Relation", "Drop")));
    now = load_class(f, "Drop");
    assert_string_equal(ids_where(f, now, "{\"n\":null}"), "a");
    assert_string_equal(ids_where(f, now, "{\"r\":{\"__type\":\"Pointer\",\"className\":\"Drop\",\"objectId\":\"a\"}}"),
                        "");
    insert(f, now, "{\"objectId\":\"b\",\"n\":\"text\"}");
    assert_string_equal(ids_where(f, now, "{\"n\":\"text\"}"), "b");
}

static void the_widest_class_works_and_a_wider_one_is_refused(void **state)
{
    fixture *f = *state;
    hp_class *c = class_from(f, "Wide", "");
    hp_err err = { 0 };
    hp_field **fields = HP_NEW_ARRAY(f->mem, hp_field *, HP_CLASS_FIELDS_MAX);
    hp_change *changes = HP_NEW_ARRAY(f->mem, hp_change, HP_CLASS_FIELDS_MAX);
    memcpy(fields, c->fields, c->field_count * sizeof *fields);
    c->fields = fields;
    hp_unit_op op = insert_op(f, c, "{\"objectId\":\"a\"}");
    op.changes = changes;
    while (c->field_count < HP_CLASS_FIELDS_MAX) {
        hp_field *field = field_from(f, hp_arena_printf(f->mem, "f%0100zu", c->field_count).ptr, "Number", NULL);
        fields[c->field_count++] = field;
        (void)hp_map_put(c->by_name, field->name, field);
        changes[op.change_count++] = (hp_change){ { field, NULL, 0 }, HP_OP_SET, hp_number(1) };
    }
    (void)must_run(f, create_class_op(c));
    (void)must_run(f, op);
    hp_unit_op update = update_op(c, "a", changes, op.change_count);
    hp_unit_result r = must_run(f, update);
    assert_int_equal(r.after.fields.object.count, HP_CLASS_FIELDS_MAX - 1); /* all but the ACL */
    hp_query q = query_all(c);
    assert_int_equal(find(f, &q).items[0].fields.object.count, HP_CLASS_FIELDS_MAX - 1);
    assert_int_equal(run_op(f, field_op(HP_UNIT_ADD_FIELD, "Wide", field_from(f, "more", "Number", NULL)), &err),
                     HP_E_INVALID_SCHEMA_OPERATION);
}

static void permissions_are_replaced_whole(void **state)
{
    fixture *f = *state;
    (void)make_class(f, "Perm", "");
    hp_unit_op op = { .kind = HP_UNIT_SET_PERMISSIONS, .class_name = HP_STR("Perm") };
    assert_null(load_class(f, "Perm")->permissions);
    op.permissions = test_json(f->mem, "{\"find\":{\"role:x\":true},\"get\":{}}");
    (void)must_run(f, op);
    assert_true(hp_value_equal(load_class(f, "Perm")->permissions, op.permissions));
    op.permissions = test_json(f->mem, "{\"find\":{}}");
    (void)must_run(f, op);
    assert_true(hp_value_equal(load_class(f, "Perm")->permissions, op.permissions));
}

/* ---- names ---- */

static void names_that_differ_in_case_are_different(void **state)
{
    fixture *f = *state;
    const char *fields =
        ",\"Secret\":{\"type\":\"String\"},\"secret\":{\"type\":\"Number\"},\"objectid\":{\"type\":\"String\"},"
        "\"R\":{\"type\":\"Relation\",\"targetClass\":\"Foo\"},\"r\":{\"type\":\"Relation\",\"targetClass\":\"Foo\"}";
    hp_class *upper = make_class(f, "Foo", fields), *lower = make_class(f, "foo", fields),
             *all = make_class(f, "FOO", "");
    insert(f, upper, "{\"objectId\":\"u\",\"Secret\":\"S\",\"secret\":1,\"objectid\":\"x\"}");
    insert(f, lower, "{\"objectId\":\"l\",\"Secret\":\"T\",\"secret\":2}");
    insert(f, all, "{\"objectId\":\"a\"}");
    contract_reopen(f);
    assert_string_equal(ids_where(f, upper, "{}"), "u");
    assert_string_equal(ids_where(f, lower, "{}"), "l");
    assert_string_equal(ids_where(f, all, "{}"), "a");
    assert_string_equal(ids_where(f, upper, "{\"Secret\":\"S\",\"secret\":1,\"objectid\":\"x\"}"), "u");
    assert_string_equal(ids_where(f, upper, "{\"secret\":\"S\"}"), "");

    hp_change link = change(f, upper, "R", HP_OP_ADD_RELATION,
                            "[{\"__type\":\"Pointer\",\"className\":\"Foo\",\"objectId\":\"u\"}]");
    (void)must_run(f, update_op(upper, "u", &link, 1));
    assert_string_equal(
        ids_where(f, upper, "{\"R\":{\"__type\":\"Pointer\",\"className\":\"Foo\",\"objectId\":\"u\"}}"), "u");
    assert_string_equal(
        ids_where(f, upper, "{\"r\":{\"__type\":\"Pointer\",\"className\":\"Foo\",\"objectId\":\"u\"}}"), "");
    (void)must_run(f, field_op(HP_UNIT_DROP_FIELD, "Foo", hp_class_field(upper, HP_STR("Secret"))));
    assert_string_equal(ids_where(f, load_class(f, "Foo"), "{\"secret\":1}"), "u");
}

static void names_with_a_meaning_elsewhere_are_only_names(void **state)
{
    fixture *f = *state;
    const char *fields[] = { "rowid",  "oid",  "_rowid_", "order", "group", "select", "table", "_rperm",
                             "_wperm", "_seq", "null",    "index", "value", "ROWID",  "from",  "_id" };
    const char *classes[] = { "sqlite_x", "sqlite_master", "SELECT", "Table", "_META", "_SCHEMA", "hp_list", "Index" };
    hp_str text = HP_STR("");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        text = hp_arena_printf(f->mem, "%" HP_STR_FMT ",\"%s\":{\"type\":\"Number\"}", HP_STR_ARG(text), fields[i]);
    for (size_t k = 0; k < sizeof classes / sizeof *classes; k++) {
        hp_class *c = make_class(f, classes[k], text.ptr);
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            hp_change ch = { { hp_class_field(c, hp_str_of(fields[i])), NULL, 0 },
                             HP_OP_SET,
                             hp_number((double)i + 1) };
            hp_unit_op op = insert_op(f, c, hp_arena_printf(f->mem, "{\"objectId\":\"v%zu\"}", i).ptr);
            op.changes = &ch;
            op.change_count = 1;
            (void)must_run(f, op);
        }
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
            const hp_field *field = hp_class_field(c, hp_str_of(fields[i]));
            hp_order order = { { field, NULL, 0 }, true, NULL };
            hp_query q = query_all(c);
            q.order = &order;
            q.order_count = 1;
            q.limit = 1;
            hp_rows rows = find(f, &q);
            assert_string_equal(ids_of(f, rows), hp_arena_printf(f->mem, "v%zu", i).ptr);
            q.filter = hp_filter_eq(f->mem, field, hp_number((double)i + 1));
            assert_int_equal(count_of(f, &q), 1);
            assert_false(rows.items[0].has_read_acl);
        }
        (void)must_run(f, index_op(f, classes[k], "order", "{\"order\":1,\"rowid\":1}", true, false));
    }
}

/* ---- indexes ---- */

static void a_unique_index_refuses_the_second_and_is_named(void **state)
{
    fixture *f = *state;
    hp_class *c = make_class(f, "Uniq", ",\"a\":{\"type\":\"String\"},\"b\":{\"type\":\"Number\"}");
    hp_err err = { 0 };
    hp_unit unit;
    (void)must_run(f, index_op(f, "Uniq", "one a", "{\"a\":1}", true, false));
    (void)must_run(f, index_op(f, "Uniq", "pair\"; --", "{\"a\":1,\"b\":-1}", true, false));
    (void)must_run(f, index_op(f, "Uniq", "plain", "{\"b\":1}", false, false));
    insert(f, c, "{\"objectId\":\"v1\",\"a\":\"x\",\"b\":1}");
    insert(f, c, "{\"objectId\":\"v2\",\"b\":7}");
    insert(f, c, "{\"objectId\":\"v3\",\"b\":7}"); /* absent is not a value */
    hp_unit_op op = insert_op(f, c, "{\"objectId\":\"v4\",\"a\":\"x\",\"b\":2}");
    assert_int_equal(run_ops(f, &op, 1, &unit, &err), HP_E_DUPLICATE_VALUE);
    assert_text(unit.conflict_index, "one a");
    hp_change ch = change(f, c, "a", HP_OP_SET, "\"x\"");
    op = update_op(c, "v2", &ch, 1);
    assert_int_equal(run_ops(f, &op, 1, &unit, &err), HP_E_DUPLICATE_VALUE);
    assert_text(unit.conflict_index, "one a");

    (void)must_run(f, (hp_unit_op){ .kind = HP_UNIT_DROP_INDEX, .class_name = c->name, .index_name = HP_STR("one a") });
    op = insert_op(f, c, "{\"objectId\":\"v4\",\"a\":\"x\",\"b\":1}");
    assert_int_equal(run_ops(f, &op, 1, &unit, &err), HP_E_DUPLICATE_VALUE);
    assert_text(unit.conflict_index, "pair\"; --");
    insert(f, c, "{\"objectId\":\"v4\",\"a\":\"x\",\"b\":2}");
}

static void decimals_are_unique_by_value(void **state)
{
    fixture *f = *state;
    hp_class *c = make_class(f, "Money", ",\"m\":{\"type\":\"Decimal128\"}");
    hp_err err = { 0 };
    hp_unit unit;
    (void)must_run(f, index_op(f, "Money", "one", "{\"m\":1}", true, false));
    insert(f, c, "{\"objectId\":\"v1\",\"m\":{\"__type\":\"Decimal128\",\"value\":\"1.5\"}}");
    hp_unit_op op = insert_op(f, c, "{\"objectId\":\"v2\",\"m\":{\"__type\":\"Decimal128\",\"value\":\"15.00E-1\"}}");
    assert_int_equal(run_ops(f, &op, 1, &unit, &err), HP_E_DUPLICATE_VALUE);
    contract_reopen(f);
    assert_int_equal(run_ops(f, &op, 1, &unit, &err), HP_E_DUPLICATE_VALUE);
    insert(f, c, "{\"objectId\":\"v2\",\"m\":{\"__type\":\"Decimal128\",\"value\":\"1.5000000000000000000000001\"}}");
}

static void a_partial_index_counts_the_objects_of_its_condition_alone(void **state)
{
    fixture *f = *state;
    hp_class *c =
        make_class(f, "Part", ",\"a\":{\"type\":\"String\"},\"n\":{\"type\":\"Number\"},\"s\":{\"type\":\"String\"}");
    hp_unit_op set = index_op(f, "Part", "one", "{\"a\":1}", true, false);
    hp_err err = { 0 };
    hp_unit unit;

    set.index_partial = test_json(f->mem, "{\"n\":{\"$gt\":1.5,\"$exists\":true},\"s\":\"it's\"}");
    (void)must_run(f, set);
    (void)must_run(f, set); /* the same again is nothing */
    contract_reopen(f);
    c = load_class(f, "Part");
    const hp_value *declared = hp_object_get(c->indexes, HP_STR("one"));
    assert_true(hp_value_equal(hp_object_get(declared, HP_STR("partialFilterExpression")), set.index_partial));

    insert(f, c, "{\"objectId\":\"p1\",\"a\":\"x\",\"n\":2,\"s\":\"it's\"}");
    insert(f, c, "{\"objectId\":\"p2\",\"a\":\"x\",\"n\":1.5,\"s\":\"it's\"}");
    insert(f, c, "{\"objectId\":\"p3\",\"a\":\"x\",\"n\":2,\"s\":\"its\"}");
    insert(f, c, "{\"objectId\":\"p4\",\"a\":\"x\",\"s\":\"it's\"}");
    hp_unit_op op = insert_op(f, c, "{\"objectId\":\"p5\",\"a\":\"x\",\"n\":1.6,\"s\":\"it's\"}");
    assert_int_equal(run_ops(f, &op, 1, &unit, &err), HP_E_DUPLICATE_VALUE);
    assert_text(unit.conflict_index, "one");
    hp_change ch = change(f, c, "n", HP_OP_SET, "3");
    op = update_op(c, "p2", &ch, 1);
    assert_int_equal(run_ops(f, &op, 1, &unit, &err), HP_E_DUPLICATE_VALUE);
}

static void an_index_without_case_refuses_look_alikes_but_keeps_accents_apart(void **state)
{
    fixture *f = *state;
    hp_class *c = make_class(f, "People", ",\"name\":{\"type\":\"String\"}");
    hp_err err = { 0 };
    hp_unit unit;
    (void)must_run(f, index_op(f, "People", "name_unique", "{\"name\":1}", true, false));
    (void)must_run(f, index_op(f, "People", "name_nocase", "{\"name\":1}", true, true));
    insert(f, c, "{\"objectId\":\"v1\",\"name\":\"Mike@x.org\"}");
    insert(f, c, "{\"objectId\":\"v2\",\"name\":\"\xc3\x89lodie\"}");
    const struct {
        const char *name, *conflict;
    } cases[] = {
        { "Mike@x.org", "name_unique" },
        { "mIKE@X.ORG", "name_nocase" },
        { "\xc3\xa9LODIE", "name_nocase" },
        { "e\xcc\x81lodie", "name_nocase" },
        { "elodie", NULL },
        { "m\xc3\xafke@x.org", NULL },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_unit_op op =
            insert_op(f, c, hp_arena_printf(f->mem, "{\"objectId\":\"n%zu\",\"name\":\"%s\"}", i, cases[i].name).ptr);
        hp_code rc = run_ops(f, &op, 1, &unit, &err);
        assert_int_equal(rc, cases[i].conflict == NULL ? HP_OK : HP_E_DUPLICATE_VALUE);
        if (cases[i].conflict == NULL) continue;
        /* which of two broken indexes is named is the store's choice */
        if (i > 0) assert_text(unit.conflict_index, cases[i].conflict);
    }
}

static void an_index_over_what_breaks_it_is_refused_and_changes_nothing(void **state)
{
    fixture *f = *state;
    hp_class *c = make_class(f, "Broken", ",\"a\":{\"type\":\"String\"}");
    hp_err err = { 0 };
    hp_unit unit;
    insert(f, c, "{\"objectId\":\"v1\",\"a\":\"x\"}");
    insert(f, c, "{\"objectId\":\"v2\",\"a\":\"X\"}");
    hp_unit_op op = index_op(f, "Broken", "nocase", "{\"a\":1}", true, true);
    assert_int_equal(run_ops(f, &op, 1, &unit, &err), HP_E_DUPLICATE_VALUE);
    assert_text(unit.conflict_index, "nocase");
    assert_null(load_class(f, "Broken")->indexes);
    op = index_op(f, "Broken", "unknown", "{\"zz\":1}", false, false);
    assert_int_equal(run_ops(f, &op, 1, &unit, &err), HP_E_INVALID_QUERY);
    (void)must_run(f, index_op(f, "Broken", "exact", "{\"a\":1}", true, false));
    (void)must_run(f, index_op(f, "Broken", "exact", "{\"a\":1}", false, false)); /* set again: replaced */
    insert(f, c, "{\"objectId\":\"v3\",\"a\":\"x\"}");
    op = (hp_unit_op){ .kind = HP_UNIT_DROP_INDEX, .class_name = c->name, .index_name = HP_STR("nobody") };
    assert_int_equal(run_ops(f, &op, 1, &unit, &err), HP_E_INVALID_QUERY);
}

static void answers_are_the_same_with_an_index(void **state)
{
    fixture *f = *state;
    hp_class *c = make_class(f, "Same", ",\"s\":{\"type\":\"String\"},\"n\":{\"type\":\"Number\"}");
    const char *wheres[] = { "{\"n\":3}",
                             "{\"n\":{\"$gt\":2,\"$lte\":5}}",
                             "{\"n\":{\"$in\":[1,4,null]}}",
                             "{\"n\":{\"$ne\":3}}",
                             "{\"s\":{\"$regex\":\"^\\\\Qk1\\\\E\"}}",
                             "{\"$or\":[{\"n\":1},{\"s\":\"k5\"}]}",
                             "{\"n\":{\"$exists\":false}}" };
    const char *before[sizeof wheres / sizeof *wheres];
    for (int i = 0; i < 15; i++)
        insert(f, c,
               hp_arena_printf(f->mem, "{\"objectId\":\"v%d\",\"s\":\"k%d\",\"n\":%s}", i, i,
                               i % 7 == 0 ? "null" : (const char *[]){ "0", "1", "2", "3", "4", "5", "6" }[i % 7])
                   .ptr);
    for (size_t i = 0; i < sizeof wheres / sizeof *wheres; i++) before[i] = ids_where(f, c, wheres[i]);
    (void)must_run(f, index_op(f, "Same", "n", "{\"n\":-1}", false, false));
    (void)must_run(f, index_op(f, "Same", "s", "{\"s\":1}", false, false));
    for (size_t i = 0; i < sizeof wheres / sizeof *wheres; i++)
        assert_string_equal(ids_where(f, c, wheres[i]), before[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        contract_test(a_class_comes_back_as_it_was_created),
        contract_test(a_class_can_be_created_once),
        contract_test(classes_come_in_order_of_creation),
        contract_test(only_an_empty_class_can_be_dropped),
        contract_test(a_field_added_later_is_absent_from_older_objects),
        contract_test(a_field_keeps_its_type),
        contract_test(options_of_a_field_can_be_set_and_taken_back),
        contract_test(a_dropped_field_takes_its_data_and_indexes_with_it),
        contract_test(the_widest_class_works_and_a_wider_one_is_refused),
        contract_test(permissions_are_replaced_whole),
        contract_test(names_that_differ_in_case_are_different),
        contract_test(names_with_a_meaning_elsewhere_are_only_names),
        contract_test(a_unique_index_refuses_the_second_and_is_named),
        contract_test(decimals_are_unique_by_value),
        contract_test(a_partial_index_counts_the_objects_of_its_condition_alone),
        contract_test(an_index_without_case_refuses_look_alikes_but_keeps_accents_apart),
        contract_test(an_index_over_what_breaks_it_is_refused_and_changes_nothing),
        contract_test(answers_are_the_same_with_an_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

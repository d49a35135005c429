/* Finding: order, limit, skip, projection, long lists and wide trees; and that every value comes back as it was stored. */
#include "contract.h"
#include "base/limits.h"

static hp_class *make_all(fixture *f)
{
    return make_class(f, "All",
                      ",\"s\":{\"type\":\"String\"},\"n\":{\"type\":\"Number\"},\"b\":{\"type\":\"Boolean\"},"
                      "\"d\":{\"type\":\"Date\"},\"o\":{\"type\":\"Object\"},\"a\":{\"type\":\"Array\"},"
                      "\"g\":{\"type\":\"GeoPoint\"},\"f\":{\"type\":\"File\"},\"by\":{\"type\":\"Bytes\"},"
                      "\"pg\":{\"type\":\"Polygon\"},\"p\":{\"type\":\"Pointer\",\"targetClass\":\"All\"},"
                      "\"m\":{\"type\":\"Decimal128\"},\"_hidden\":{\"type\":\"String\"}");
}

/* ---- values ---- */

static void every_value_comes_back_as_it_was_stored(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    const struct {
        const char *name, *value;
    } cases[] = {
        { "s", "\"\"" },
        { "s", "\"plain\"" },
        { "s", "\"nul \\u0000 inside, and \\u0001\"" },
        { "s", "\"'\\\"; DROP TABLE \\\"All\\\"; --\"" },
        { "s", "\"h\xc3\xa9llo \xf0\x9f\x98\x80\"" },
        { "m", "{\"__type\":\"Decimal128\",\"value\":\"1.50\"}" },
        { "m", "{\"__type\":\"Decimal128\",\"value\":\"-0.000\"}" },
        { "m", "{\"__type\":\"Decimal128\",\"value\":\"1234567890123456789012345678.901234\"}" },
        { "m", "{\"__type\":\"Decimal128\",\"value\":\"9.999999999999999999999999999999999E+6144\"}" },
        { "o", "{\"price\":{\"__type\":\"Decimal128\",\"value\":\"1.50\"}}" },
        { "a", "[{\"__type\":\"Decimal128\",\"value\":\"1E-6176\"},1.5]" },
        { "n", "0" },
        { "n", "-1.5" },
        { "n", "0.1" },
        { "n", "9007199254740991" },
        { "n", "9007199254740992" },
        { "n", "-9223372036854775808" },
        { "n", "1.7976931348623157e+308" },
        { "n", "5e-324" },
        { "n", "1e+21" },
        { "b", "true" },
        { "b", "false" },
        { "d", "{\"__type\":\"Date\",\"iso\":\"1969-07-20T20:17:40.123Z\"}" },
        { "d", "{\"__type\":\"Date\",\"iso\":\"2024-02-29T23:59:59.999Z\"}" },
        { "d", "{\"__type\":\"Date\",\"iso\":\"+275760-09-13T00:00:00.000Z\"}" },
        { "o", "{}" },
        { "o", "{\"k\":null,\"n\":1.25,\"s\":\"\\u0000\",\"deep\":{\"list\":[{},[],[[1]]]}}" },
        { "o", "{\"when\":{\"__type\":\"Date\",\"iso\":\"2020-01-02T03:04:05Z\"}}" },
        { "o", "{\"ref\":{\"__type\":\"Pointer\",\"className\":\"All\",\"objectId\":\"x\"},"
               "\"at\":{\"__type\":\"GeoPoint\",\"latitude\":1,\"longitude\":2}}" },
        { "a", "[]" },
        { "a", "[null,true,0.1,\"x\",[1,[2]],{\"k\":[]}]" },
        { "a", "[{\"__type\":\"Bytes\",\"base64\":\"AQID\"},{\"__type\":\"Date\",\"iso\":\"2020-01-02\"}]" },
        { "g", "{\"__type\":\"GeoPoint\",\"latitude\":-89.99999999999999,\"longitude\":179.123456789}" },
        { "f", "{\"__type\":\"File\",\"name\":\"tfss-1_a.png\"}" },
        { "by", "{\"__type\":\"Bytes\",\"base64\":\"\"}" },
        { "by", "{\"__type\":\"Bytes\",\"base64\":\"AP8A/w==\"}" },
        { "by", "{\"__type\":\"Bytes\",\"base64\":\"AP8A/w\"}" },
        { "pg", "{\"__type\":\"Polygon\",\"coordinates\":[[0,0],[0,1.5],[1,1],[0,0]]}" },
        { "p", "{\"__type\":\"Pointer\",\"className\":\"All\",\"objectId\":\"target\"}" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_str object = hp_arena_printf(f->mem, "{\"objectId\":\"v%zu\",\"%s\":%s}", i, cases[i].name, cases[i].value);
        insert(f, c, object.ptr);
    }
    contract_reopen(f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_str id = hp_arena_printf(f->mem, "v%zu", i);
        hp_query q = query_all(c);
        q.filter = hp_filter_eq(f->mem, hp_class_field(c, HP_STR("objectId")), hp_string(id));
        hp_rows rows = find(f, &q);
        assert_int_equal(rows.count, 1);
        const hp_value *got = hp_object_get(&rows.items[0].fields, hp_str_of(cases[i].name));
        assert_non_null(got);
        assert_int_equal(rows.items[0].fields.object.count, 4); /* nothing else */
        hp_value want = *test_json(f->mem, cases[i].value);
        assert_text(hp_json_text(f->mem, got), hp_arena_cstr(f->mem, hp_json_text(f->mem, &want)));
        assert_true(hp_value_equal(got, &want));
    }
}

static void a_text_with_a_nul_is_compared_whole(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    insert(f, c, "{\"objectId\":\"a\",\"s\":\"x\\u0000a\"}");
    insert(f, c, "{\"objectId\":\"b\",\"s\":\"x\\u0000b\"}");
    insert(f, c, "{\"objectId\":\"c\",\"s\":\"x\"}");
    assert_string_equal(ids_where(f, c, "{\"s\":\"x\\u0000b\"}"), "b");
    assert_string_equal(ids_where(f, c, "{\"s\":\"x\"}"), "c");
    assert_string_equal(ids_where(f, c, "{\"s\":{\"$in\":[\"x\\u0000a\",\"x\"]}}"), "a c");
}

/* ---- order, limit, skip ---- */

static const char *ordered(fixture *f, const hp_class *c, const char *name, bool descending)
{
    hp_order order = { path_to(f, c, name), descending, NULL };
    hp_query q = query_all(c);
    q.order = &order;
    q.order_count = 1;
    return ids_of(f, find(f, &q));
}

static void without_an_order_objects_come_as_they_were_inserted(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    const char *ids[] = { "z", "a", "m", "B" };
    for (size_t i = 0; i < 4; i++) insert(f, c, hp_arena_printf(f->mem, "{\"objectId\":\"%s\",\"n\":1}", ids[i]).ptr);
    assert_string_equal(ids_where(f, c, "{}"), "z a m B");
    assert_string_equal(ids_where(f, c, "{\"objectId\":{\"$in\":[\"a\",\"z\",\"B\"]}}"), "z a B");
    assert_string_equal(ordered(f, c, "n", true), "z a m B"); /* ties too */
}

static void absent_sorts_first_and_each_type_by_its_order(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    insert(f, c,
           "{\"objectId\":\"v1\",\"n\":10,\"s\":\"b\",\"b\":true,\"d\":{\"__type\":\"Date\",\"iso\":\"2020-01-01\"},"
           "\"o\":{\"x\":10},\"a\":[5,1]}");
    insert(f, c, "{\"objectId\":\"v2\"}");
    insert(f, c,
           "{\"objectId\":\"v3\",\"n\":9,\"s\":\"B\",\"b\":false,\"d\":{\"__type\":\"Date\",\"iso\":\"1960-01-01\"},"
           "\"o\":{\"x\":9},\"a\":[3,2]}");
    insert(f, c, "{\"objectId\":\"v4\",\"n\":-1,\"s\":\"\xc3\xa9\",\"o\":{\"x\":\"text\"},\"a\":[4]}");
    assert_string_equal(ordered(f, c, "n", false), "v2 v4 v3 v1");
    assert_string_equal(ordered(f, c, "n", true), "v1 v3 v4 v2");
    assert_string_equal(ordered(f, c, "s", false), "v2 v3 v1 v4");
    assert_string_equal(ordered(f, c, "b", false), "v2 v4 v3 v1");
    assert_string_equal(ordered(f, c, "d", true), "v1 v3 v2 v4");
    assert_string_equal(ordered(f, c, "o.x", false), "v2 v3 v1 v4");
    assert_string_equal(ordered(f, c, "o.x", true), "v4 v1 v3 v2");
    assert_string_equal(ordered(f, c, "a", false), "v2 v1 v3 v4");
    assert_string_equal(ordered(f, c, "a", true), "v1 v4 v3 v2");
}

/* Random ones against the arithmetic of value/decimal.h, with digits and exponents that doubles and texts would confuse. */
static void decimals_sort_by_value(void **state)
{
    enum { COUNT = 200 };
    fixture *f = *state;
    hp_class *c = make_all(f);
    uint64_t seed = 7;
    for (int i = 0; i < COUNT; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const int exponent = (int)(seed >> 40) % 40 - 30;
        const char *text = hp_arena_printf(f->mem,
                                           "{\"objectId\":\"d%d\",\"m\":{\"__type\":\"Decimal128\",\"value\":"
                                           "\"%s9007199254740%03u.%u0E%d\"}}",
                                           i, i % 3 == 0 ? "-" : "", (unsigned)(seed >> 20) % 1000,
                                           (unsigned)(seed >> 8) % 100, i % 2 == 0 ? 0 : exponent)
                               .ptr;
        insert(f, c, text);
    }
    for (int descending = 0; descending < 2; descending++) {
        hp_order order[] = { { path_to(f, c, "m"), descending, NULL } };
        hp_query q = query_all(c);
        q.order = order;
        q.order_count = 1;
        hp_rows rows = find(f, &q);
        assert_int_equal(rows.count, COUNT);
        for (size_t i = 1; i < rows.count; i++) {
            const hp_value *a = hp_object_get(&rows.items[i - 1].fields, HP_STR("m")),
                           *b = hp_object_get(&rows.items[i].fields, HP_STR("m"));
            const int order_of_two = hp_decimal_compare(a->decimal, b->decimal);
            assert_true(descending ? order_of_two >= 0 : order_of_two <= 0);
        }
    }
}

static void an_empty_array_sorts_before_what_is_absent(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    insert(f, c, "{\"objectId\":\"some\",\"a\":[1],\"o\":{\"x\":[-1]}}");
    insert(f, c, "{\"objectId\":\"none\"}");
    insert(f, c, "{\"objectId\":\"empty\",\"a\":[],\"o\":{\"x\":[]}}");
    insert(f, c, "{\"objectId\":\"null\",\"o\":{\"x\":null}}");
    assert_string_equal(ordered(f, c, "a", false), "empty none null some");
    assert_string_equal(ordered(f, c, "a", true), "some none null empty");
    assert_string_equal(ordered(f, c, "o.x", false), "empty none null some");
}

static void objects_and_arrays_sort_by_what_they_hold(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    static const char *const RISING[] = {
        /* by type, name and value of each member in turn, as in MongoDB */
        "{}",
        "{\"a\":null}",
        "{\"b\":null}",
        "{\"a\":-2}",
        "{\"a\":1}",
        "{\"a\":1,\"b\":0}",
        "{\"a\":1.5}",
        "{\"b\":0.5}",
        "{\"a\":\"x\"}",
        "{\"a\":\"x\\u0000\"}",
        "{\"a\":\"x\\u0000y\"}",
        "{\"a\":\"xy\"}",
        "{\"a\":{}}",
        "{\"a\":{\"k\":1}}",
        "{\"a\":{\"__type\":\"Pointer\",\"className\":\"C\",\"objectId\":\"1\"}}",
        "{\"a\":{\"__type\":\"Pointer\",\"className\":\"C\",\"objectId\":\"2\"}}",
        "{\"a\":{\"__type\":\"GeoPoint\",\"latitude\":-1,\"longitude\":5}}",
        "{\"a\":{\"__type\":\"GeoPoint\",\"latitude\":1,\"longitude\":-5}}",
        "{\"a\":[]}",
        "{\"a\":[1]}",
        "{\"a\":[1,0]}",
        "{\"a\":[2]}",
        "{\"a\":[{\"k\":0}]}",
        "{\"a\":false}",
        "{\"a\":true}",
        "{\"a\":{\"__type\":\"Date\",\"iso\":\"1960-01-01T00:00:00.000Z\"}}",
        "{\"a\":{\"__type\":\"Date\",\"iso\":\"2020-01-01T00:00:00.000Z\"}}",
    };
    enum { COUNT = sizeof RISING / sizeof *RISING, STEP = 7 };
    for (size_t i = 0; i < COUNT; i++) {
        const size_t at = i * STEP % COUNT;
        insert(f, c,
               hp_arena_printf(f->mem, "{\"objectId\":\"%c\",\"o\":{\"x\":%s},\"a\":[[%s]]}", (char)('A' + at),
                               RISING[at], RISING[at])
                   .ptr);
    }
    hp_buf up, down;
    hp_buf_init(&up, 1024);
    hp_buf_init(&down, 1024);
    for (size_t i = 0; i < COUNT; i++) {
        hp_buf_printf(&up, "%s%c", i > 0 ? " " : "", (char)('A' + i));
        hp_buf_printf(&down, "%s%c", i > 0 ? " " : "", (char)('A' + COUNT - 1 - i));
    }
    static const char *const NAMES[] = { "o", "o.x", "a" };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        assert_string_equal(ordered(f, c, NAMES[i], false), hp_arena_cstr(f->mem, hp_buf_str(&up)));
        assert_string_equal(ordered(f, c, NAMES[i], true), hp_arena_cstr(f->mem, hp_buf_str(&down)));
    }
    hp_buf_done(&up);
    hp_buf_done(&down);
}

static void a_path_into_an_array_sorts_by_its_least_or_greatest_value(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    insert(f, c, "{\"objectId\":\"low\",\"a\":[{\"x\":9},{\"x\":1}],\"o\":{\"m\":[2,\"s\"]}}");
    insert(f, c, "{\"objectId\":\"mid\",\"a\":[{\"x\":5}],\"o\":{\"m\":[true]}}");
    insert(f, c, "{\"objectId\":\"none\",\"a\":[{\"y\":5},{\"x\":7}],\"o\":{\"m\":[4,null]}}");
    assert_string_equal(ordered(f, c, "a.x", false), "none low mid");
    assert_string_equal(ordered(f, c, "a.x", true), "low none mid");
    assert_string_equal(ordered(f, c, "a.0.x", false), "none mid low");
    assert_string_equal(ordered(f, c, "o.m", false), "none low mid");
    assert_string_equal(ordered(f, c, "o.m", true), "mid low none");
}

static void later_order_keys_decide_ties(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    insert(f, c, "{\"objectId\":\"v1\",\"n\":1,\"s\":\"a\"}");
    insert(f, c, "{\"objectId\":\"v2\",\"n\":1,\"s\":\"b\"}");
    insert(f, c, "{\"objectId\":\"v3\",\"n\":0,\"s\":\"a\"}");
    hp_order order[] = { { path_to(f, c, "n"), false, NULL }, { path_to(f, c, "s"), true, NULL } };
    hp_query q = query_all(c);
    q.order = order;
    q.order_count = 2;
    assert_string_equal(ids_of(f, find(f, &q)), "v3 v2 v1");
}

static void limit_and_skip_cut_the_ordered_result(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    hp_order order = { path_to(f, c, "n"), true, NULL };
    for (int i = 0; i < 5; i++) insert(f, c, hp_arena_printf(f->mem, "{\"objectId\":\"v%d\",\"n\":%d}", i, i).ptr);
    const struct {
        int64_t limit, skip;
        const char *want;
    } cases[] = { { 2, 0, "v4 v3" },
                  { 2, 1, "v3 v2" },
                  { -1, 3, "v1 v0" },
                  { 0, 0, "" },
                  { 10, 4, "v0" },
                  { 10, 9, "" },
                  { INT64_MAX, 0, "v4 v3 v2 v1 v0" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_query q = query_all(c);
        q.order = &order;
        q.order_count = 1;
        q.limit = cases[i].limit;
        q.skip = cases[i].skip;
        assert_string_equal(ids_of(f, find(f, &q)), cases[i].want);
        assert_int_equal(count_of(f, &q), 5);
    }
}

/* ---- projection ---- */

static void project_limits_the_fields_but_never_the_system_ones(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    insert(f, c, "{\"objectId\":\"a\",\"n\":1,\"s\":\"x\",\"b\":true,\"_hidden\":\"h\"}");
    const hp_field *project[] = { hp_class_field(c, HP_STR("n")), hp_class_field(c, HP_STR("objectId")) };
    hp_query q = query_all(c);
    q.project = project;
    q.project_count = 2;
    hp_row row = find(f, &q).items[0];
    assert_int_equal(row.fields.object.count, 4);
    assert_non_null(hp_object_get(&row.fields, HP_STR("updatedAt")));
    assert_non_null(hp_object_get(&row.fields, HP_STR("n")));
    q.project_count = 0;
    assert_int_equal(find(f, &q).items[0].fields.object.count, 3);
}

static void internal_fields_come_apart_and_only_when_asked_for(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    hp_query q = query_all(c);
    insert(f, c, "{\"objectId\":\"a\",\"_hidden\":\"h\"}");
    hp_row row = find(f, &q).items[0];
    assert_true(hp_is_null(&row.internal));
    assert_null(hp_object_get(&row.fields, HP_STR("_hidden")));
    q.internal = true;
    row = find(f, &q).items[0];
    assert_text(hp_object_text(&row.internal, HP_STR("_hidden")), "h");
    assert_null(hp_object_get(&row.fields, HP_STR("_hidden")));
}

/* ---- sizes at the limits ---- */

static void long_lists_select_like_short_ones(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    hp_value *items = HP_NEW_ARRAY(f->mem, hp_value, HP_QUERY_LIST_MAX);
    for (int i = 0; i < 20; i++)
        insert(f, c, hp_arena_printf(f->mem, "{\"objectId\":\"v%d\",\"n\":%d,\"s\":\"s%d\"}", i, i, i).ptr);
    for (size_t count = 1; count <= HP_QUERY_LIST_MAX; count = count < 20 ? count + 1 : count * 3) {
        hp_filter in = { .kind = HP_FILTER_IN, .path = path_to(f, c, "n"), .list = { items, count } };
        hp_query q = query_all(c);
        for (size_t i = 0; i < count; i++) items[i] = hp_number((double)i);
        q.filter = &in;
        assert_int_equal(count_of(f, &q), count < 20 ? count : 20);
        in.kind = HP_FILTER_NIN;
        assert_int_equal(count_of(f, &q), count < 20 ? 20 - count : 0);
        for (size_t i = 0; i < count; i++) items[i] = hp_string(hp_arena_printf(f->mem, "s%zu", i));
        in.path = path_to(f, c, "s");
        assert_int_equal(count_of(f, &q), count < 20 ? 20 - count : 0);
    }
}

static void the_widest_and_deepest_tree_is_answered(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    hp_filter **wide = HP_NEW_ARRAY(f->mem, hp_filter *, HP_QUERY_NODES_MAX);
    insert(f, c, "{\"objectId\":\"a\",\"n\":3}");
    insert(f, c, "{\"objectId\":\"b\",\"n\":-1}");
    for (int i = 0; i < HP_QUERY_NODES_MAX; i++)
        wide[i] = hp_filter_eq(f->mem, hp_class_field(c, HP_STR("n")), hp_number(i));
    hp_filter tree = { .kind = HP_FILTER_OR, .children = { wide, HP_QUERY_NODES_MAX } };
    hp_query q = query_all(c);
    q.filter = &tree;
    assert_string_equal(ids_of(f, find(f, &q)), "a");
    tree.kind = HP_FILTER_NOR;
    assert_string_equal(ids_of(f, find(f, &q)), "b");

    /* each level a wide one, and twice as deep as a client may nest: the engine wraps its own conditions around */
    hp_filter *deep = wide[3];
    for (int level = 0; level < 2 * HP_QUERY_DEPTH_MAX; level++) {
        hp_filter *next = hp_filter_new(f->mem, level % 2 == 0 ? HP_FILTER_OR : HP_FILTER_AND, (hp_path){ 0 });
        hp_filter **items = HP_NEW_ARRAY(f->mem, hp_filter *, 90);
        for (int i = 0; i < 90; i++) items[i] = i == 45 ? deep : wide[level % 2 == 0 ? 100 + i : 3];
        next->children.items = items;
        next->children.count = 90;
        deep = next;
    }
    q.filter = deep;
    assert_string_equal(ids_of(f, find(f, &q)), "a");
}

static void a_class_that_is_not_stored_has_no_objects(void **state)
{
    fixture *f = *state;
    hp_class *c = class_from(f, "Nowhere", ",\"x\":{\"type\":\"Number\"}");
    hp_query q = query_all(c);
    assert_string_equal(ids_of(f, find(f, &q)), "");
    assert_int_equal(count_of(f, &q), 0);
}

static void a_deadline_in_the_past_is_a_timeout(void **state)
{
    fixture *f = *state;
    hp_class *c = make_all(f);
    hp_query q = query_all(c);
    hp_rows rows;
    hp_err err = { 0 };
    q.deadline_ms = 1;
    assert_int_equal(hp_store_find(f->store, &q, f->mem, &rows, &err), HP_E_TIMEOUT);
}

/* ---- scan ---- */

typedef struct seen {
    fixture *f;
    size_t count, stop_at;
    bool fails;
    hp_str last_id;
} seen;

static hp_code note_row(void *arg, const hp_row *row, hp_arena *batch, bool *stop, hp_err *err)
{
    seen *s = arg;
    (void)hp_arena_alloc(batch, 16); /* a batch can be used */
    s->last_id = hp_arena_str(s->f->mem, hp_object_text(&row->fields, HP_STR("objectId")));
    *stop = ++s->count == s->stop_at;
    return s->fails ? hp_fail(err, HP_E_VALIDATION_ERROR, "enough") : HP_OK;
}

static void a_scan_visits_what_a_find_finds(void **state)
{
    enum { ROWS = 700 }; /* of some 3 kB: more than one batch */
    fixture *f = *state;
    hp_class *c = make_all(f), *missing = class_from(f, "Missing", "");
    hp_unit_op *ops = HP_NEW_ARRAY(f->mem, hp_unit_op, ROWS);
    hp_unit unit;
    hp_err err = { 0 };
    for (int i = 0; i < ROWS; i++)
        ops[i] = insert_op(
            f, c, hp_arena_printf(f->mem, "{\"objectId\":\"r%03d\",\"n\":%d,\"s\":\"%03000d\"}", i, i % 10, i).ptr);
    assert_ok(run_ops(f, ops, ROWS, &unit, &err), err);

    hp_query all = { .cls = c, .readable_by = { .unrestricted = true }, .limit = -1 };
    hp_query some = all, none = all;
    some.filter = hp_filter_eq(f->mem, hp_class_field(c, HP_STR("n")), hp_number(3));
    none.cls = missing;
    const struct {
        const hp_query *q;
        size_t stop_at, want;
        const char *last;
    } cases[] = {
        { &all, 0, ROWS, "r699" }, { &some, 0, 70, "r693" }, { &all, 300, 300, "r299" }, { &none, 0, 0, "" }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        seen s = { .f = f, .stop_at = cases[i].stop_at, .last_id = HP_STR("") };
        assert_ok(hp_store_scan(f->store, cases[i].q, note_row, &s, &err), err);
        assert_int_equal(s.count, cases[i].want);
        assert_text(s.last_id, cases[i].last);
    }
    seen s = { .f = f, .fails = true };
    assert_int_equal(hp_store_scan(f->store, &all, note_row, &s, &err), HP_E_VALIDATION_ERROR);
    assert_int_equal(s.count, 1);
    s = (seen){ .f = f };
    assert_ok(hp_store_scan(f->store, &all, note_row, &s, &err), err); /* the store has let go of the failed one */
    assert_int_equal(s.count, ROWS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        contract_test(every_value_comes_back_as_it_was_stored),
        contract_test(a_text_with_a_nul_is_compared_whole),
        contract_test(without_an_order_objects_come_as_they_were_inserted),
        contract_test(absent_sorts_first_and_each_type_by_its_order),
        contract_test(decimals_sort_by_value),
        contract_test(an_empty_array_sorts_before_what_is_absent),
        contract_test(objects_and_arrays_sort_by_what_they_hold),
        contract_test(a_path_into_an_array_sorts_by_its_least_or_greatest_value),
        contract_test(later_order_keys_decide_ties),
        contract_test(limit_and_skip_cut_the_ordered_result),
        contract_test(project_limits_the_fields_but_never_the_system_ones),
        contract_test(internal_fields_come_apart_and_only_when_asked_for),
        contract_test(long_lists_select_like_short_ones),
        contract_test(the_widest_and_deepest_tree_is_answered),
        contract_test(a_scan_visits_what_a_find_finds),
        contract_test(a_class_that_is_not_stored_has_no_objects),
        contract_test(a_deadline_in_the_past_is_a_timeout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

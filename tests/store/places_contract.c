/* Near queries: nearest first, after an explicit order, the same with an index on the points and without. */
#include "contract.h"

static hp_class *make_places(fixture *f)
{
    return make_class(f, "Place", ",\"n\":{\"type\":\"Number\"},\"at\":{\"type\":\"GeoPoint\"}");
}

static void put(fixture *f, const hp_class *c, const char *id, int n, double latitude, double longitude)
{
    insert(f, c,
           hp_arena_printf(f->mem,
                           "{\"objectId\":\"%s\",\"n\":%d,\"at\":{\"__type\":\"GeoPoint\",\"latitude\":%.17g,"
                           "\"longitude\":%.17g}}",
                           id, n, latitude, longitude)
               .ptr);
}

static void put_cities(fixture *f, const hp_class *c)
{
    put(f, c, "sydney", 1, -33.9, 151.2);
    put(f, c, "munich", 2, 48.1, 11.6);
    put(f, c, "berlin", 1, 52.5, 13.4);
    insert(f, c, "{\"objectId\":\"nowhere\",\"n\":1}");
    put(f, c, "hamburg", 2, 53.6, 10);
    put(f, c, "fiji", 1, -17.7, -179.9);
    put(f, c, "pole", 2, 90, 0);
}

static void index_places(fixture *f, const hp_class *c)
{
    hp_unit_op op = { .kind = HP_UNIT_SET_INDEX,
                      .class_name = c->name,
                      .index_name = HP_STR("places"),
                      .index_fields = test_json(f->mem, "{\"at\":\"2dsphere\"}") };
    (void)must_run(f, op);
}

/* `by` is a field that is ordered by before the distance, or NULL. */
static const char *near(fixture *f, const hp_class *c, const char *where, const char *by, int64_t limit)
{
    hp_query q = query_all(c);
    hp_order order[2];
    q.filter = filter_from(f, c, where);
    q.order = order;
    q.limit = limit;
    if (by != NULL) order[q.order_count++] = (hp_order){ .path = path_to(f, c, by) };
    const hp_filter *leaf = hp_filter_required(q.filter, HP_FILTER_NEAR);
    assert_non_null(leaf);
    order[q.order_count++] = (hp_order){ .path = leaf->path, .by = leaf };
    hp_rows rows = find(f, &q);
    if (limit < 0) assert_int_equal(count_of(f, &q), rows.count);
    return ids_of(f, rows);
}

#define NEAR(lat, lng, more) \
    "{\"at\":{\"$nearSphere\":{\"__type\":\"GeoPoint\",\"latitude\":" lat ",\"longitude\":" lng "}" more "}}"

static void check_near(fixture *f, const hp_class *c)
{
    assert_string_equal(near(f, c, NEAR("52.5", "13.4", ""), NULL, -1), "berlin hamburg munich pole fiji sydney");
    assert_string_equal(near(f, c, NEAR("52.5", "13.4", ""), NULL, 2), "berlin hamburg");
    assert_string_equal(near(f, c, NEAR("52.5", "13.4", ",\"$maxDistanceInKilometers\":600"), NULL, -1),
                        "berlin hamburg munich");
    assert_string_equal(near(f, c, NEAR("52.5", "13.4", ",\"$maxDistance\":0.05"), NULL, -1), "berlin hamburg");
    assert_string_equal(near(f, c, NEAR("52.5", "13.4", ""), "n", -1), "berlin fiji sydney hamburg munich pole");
    /* across the date line, and over the pole */
    assert_string_equal(near(f, c, NEAR("-17.7", "179.9", ",\"$maxDistanceInMiles\":20"), NULL, -1), "fiji");
    assert_string_equal(near(f, c, NEAR("89", "180", ",\"$maxDistanceInKilometers\":112"), NULL, -1), "pole");
}

static void the_nearest_come_first(void **state)
{
    fixture *f = *state;
    hp_class *c = make_places(f);
    put_cities(f, c);
    check_near(f, c);
}

static void an_index_changes_no_result(void **state)
{
    fixture *f = *state;
    hp_class *c = make_places(f);
    put_cities(f, c);
    index_places(f, c);
    contract_reopen(f);
    check_near(f, c);
    assert_string_equal(
        ids_where(f, c,
                  "{\"at\":{\"$within\":{\"$box\":[{\"__type\":\"GeoPoint\",\"latitude\":48,\"longitude\":11},"
                  "{\"__type\":\"GeoPoint\",\"latitude\":52.5,\"longitude\":14}]}}}"),
        "munich berlin");
    assert_string_equal(ids_where(f, c, "{\"at\":{\"$geoWithin\":{\"$polygon\":[[10,47],[14,47],[14,53],[10,53]]}}}"),
                        "munich berlin");
    assert_string_equal(
        ids_where(f, c, "{\"$nor\":[{\"at\":{\"$geoWithin\":{\"$centerSphere\":[[13.4,52.5],0.1]}}},{\"at\":null}]}"),
        "sydney fiji pole");
    put(f, c, "potsdam", 1, 52.4, 13.06);
    assert_string_equal(near(f, c, NEAR("52.5", "13.4", ""), NULL, 2), "berlin potsdam");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        contract_test(the_nearest_come_first),
        contract_test(an_index_changes_no_result),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

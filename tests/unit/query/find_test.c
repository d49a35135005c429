/* The parameters of find, get and subqueries, and the resolution of an ordering. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "query/find.h"
#include "test_class.h"

static hp_code read(hp_arena *mem, const char *raw, hp_find_form form, hp_find_params *out, hp_err *err)
{
    *err = (hp_err){ 0 };
    return hp_find_params_read(test_json(mem, raw), form, mem, out, err);
}

static hp_find_params accepted(hp_arena *mem, const char *raw, hp_find_form form)
{
    hp_find_params p;
    hp_err err;
    if (read(mem, raw, form, &p, &err) != HP_OK) fail_msg("%s: %s", raw, err.msg);
    return p;
}

static void nothing_given_is_told_apart_from_zero(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_find_params p = accepted(mem, "{}", HP_FIND_QUERY);
    assert_int_equal(p.limit, -1);
    assert_int_equal(p.skip, 0);
    assert_false(p.has_keys || p.count || p.include_all || hp_str_present(p.redirect_class_name_for_key));
    assert_null(p.where);
    p = accepted(mem, "{\"limit\":0,\"keys\":[]}", HP_FIND_QUERY);
    assert_int_equal(p.limit, 0);
    assert_true(p.has_keys);
    assert_int_equal(p.keys_count, 0);
    p = accepted(mem, "{\"keys\":\"\",\"order\":\"\",\"limit\":null}", HP_FIND_QUERY);
    assert_true(p.has_keys); /* an empty list of keys: only the columns that always come */
    assert_int_equal(p.keys_count, 0);
    assert_int_equal(p.order_count, 0);
}

static void everything_is_read(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_find_params p =
        accepted(mem,
                 "{\"where\":{\"n\":1},\"limit\":7,\"skip\":\"3\",\"order\":\" -a, b\",\"keys\":\"x,,y.z\","
                 "\"excludeKeys\":[\"q\",\"r,s\"],\"include\":\"p.q,p\",\"count\":1,"
                 "\"redirectClassNameForKey\":\"rel\",\"readPreference\":\"nearest\",\"hint\":\"_id_\","
                 "\"comment\":\"c\",\"explain\":false}",
                 HP_FIND_QUERY);
    assert_true(hp_is(p.where, HP_OBJECT));
    assert_int_equal(p.limit, 7);
    assert_int_equal(p.skip, 3);
    assert_int_equal(p.order_count, 2);
    assert_true(hp_str_eq(p.order[0], HP_STR("-a")) && hp_str_eq(p.order[1], HP_STR("b")));
    assert_int_equal(p.keys_count, 2);
    assert_true(hp_str_eq(p.keys[1], HP_STR("y.z")));
    assert_int_equal(p.exclude_count, 3);
    assert_true(hp_str_eq(p.exclude_keys[2], HP_STR("s")));
    assert_int_equal(p.include_count, 2);
    assert_true(p.count && !p.include_all);
    assert_true(hp_str_eq(p.redirect_class_name_for_key, HP_STR("rel")));
}

static void where_may_be_text(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_find_params p = accepted(mem, "{\"where\":\"{\\\"n\\\":1}\"}", HP_FIND_QUERY);
    assert_true(hp_is(hp_object_get(p.where, HP_STR("n")), HP_NUMBER));
}

static void a_star_includes_everything(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    assert_true(accepted(mem, "{\"include\":\"*\"}", HP_FIND_QUERY).include_all);
    assert_true(accepted(mem, "{\"includeAll\":true}", HP_FIND_QUERY).include_all);
    hp_find_params p = accepted(mem, "{\"include\":\"a,*\"}", HP_FIND_GET);
    assert_true(p.include_all);
    assert_int_equal(p.include_count, 2);
}

static void a_huge_limit_is_capped(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    assert_int_equal(accepted(mem, "{\"limit\":1e300}", HP_FIND_QUERY).limit, INT64_C(1) << 53);
}

static void every_mistake_has_its_code_and_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *raw;
        hp_find_form form;
        hp_code code;
        const char *msg;
    } cases[] = {
        { "{\"nope\":1}", HP_FIND_QUERY, HP_E_INVALID_QUERY, "Invalid parameter for query: nope" },
        { "{\"limit[]\":1}", HP_FIND_QUERY, HP_E_INVALID_QUERY, "Invalid parameter for query: limit[]" },
        { "{\"className\":\"X\"}", HP_FIND_QUERY, HP_E_INVALID_QUERY, "Invalid parameter for query: className" },
        { "{\"nope\":1}", HP_FIND_SUBQUERY, HP_E_INVALID_QUERY, "Invalid parameter for query: nope" },
        { "{\"where\":{}}", HP_FIND_GET, HP_E_INVALID_QUERY, "Improper encode of parameter" },
        { "{\"where\":\"{\"}", HP_FIND_QUERY, HP_E_INVALID_JSON, "where parameter is not valid JSON" },
        { "{\"where\":\"\"}", HP_FIND_QUERY, HP_E_INVALID_JSON, "where parameter is not valid JSON" },
        { "{\"limit\":-1}", HP_FIND_QUERY, HP_E_INVALID_QUERY, "limit must be a whole number that is not negative." },
        { "{\"limit\":1.5}", HP_FIND_QUERY, HP_E_INVALID_QUERY, "limit must be a whole number that is not negative." },
        { "{\"limit\":\"ten\"}", HP_FIND_QUERY, HP_E_INVALID_QUERY,
          "limit must be a whole number that is not negative." },
        { "{\"skip\":{}}", HP_FIND_QUERY, HP_E_INVALID_QUERY, "skip must be a whole number that is not negative." },
        { "{\"order\":{\"x\":1}}", HP_FIND_QUERY, HP_E_INVALID_QUERY, "order must be a text or a list of texts." },
        { "{\"keys\":[1]}", HP_FIND_QUERY, HP_E_INVALID_QUERY, "keys must be a text or a list of texts." },
        { "{\"readPreference\":\"maybe\"}", HP_FIND_QUERY, HP_E_INVALID_QUERY, "Not supported read preference." },
        { "{\"readPreference\":5}", HP_FIND_GET, HP_E_INVALID_QUERY, "Not supported read preference." },
        { "{\"explain\":\"later\"}", HP_FIND_QUERY, HP_E_INVALID_QUERY, "Invalid value for explain" },
        { "{\"explain\":1}", HP_FIND_QUERY, HP_E_INVALID_QUERY, "Invalid value for explain" },
        { "[]", HP_FIND_QUERY, HP_E_INVALID_QUERY, "The query parameters must be an object." },
    };
    HP_AUTO_ARENA mem = hp_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_find_params p;
        hp_err err;
        hp_code rc = read(mem, cases[i].raw, cases[i].form, &p, &err);
        if (rc != cases[i].code || strcmp(err.msg, cases[i].msg) != 0)
            fail_msg("%s\n  want %d %s\n  got  %d %s", cases[i].raw, (int)cases[i].code, cases[i].msg, (int)rc,
                     err.msg);
    }
}

static void a_subquery_ignores_what_would_cut_its_rows(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_find_params p = accepted(
        mem,
        "{\"className\":\"X\",\"key\":\"k\",\"where\":{},\"limit\":-5,\"order\":\"b\",\"include\":\"x\",\"count\":1}",
        HP_FIND_SUBQUERY);
    assert_int_equal(p.limit, -1);
    assert_int_equal(p.order_count, 0);
    assert_int_equal(p.include_count, 0);
    assert_false(p.count);
    assert_non_null(p.where);
}

/* ---- order ---- */

static const char SCHEMA[] =
    "{\"className\":\"T\",\"fields\":{\"objectId\":{\"type\":\"String\"},\"createdAt\":{\"type\":\"Date\"},"
    "\"updatedAt\":{\"type\":\"Date\"},\"ACL\":{\"type\":\"ACL\"},\"n\":{\"type\":\"Number\"},"
    "\"o\":{\"type\":\"Object\"},\"authData\":{\"type\":\"Object\"},\"_secret\":{\"type\":\"String\"},"
    "\"rel\":{\"type\":\"Relation\",\"targetClass\":\"X\"},\"hid\":{\"type\":\"Object\"}}}";

static hp_code resolve(hp_arena *mem, const char *order, hp_order **out, size_t *count, hp_err *err)
{
    static const hp_str hidden[] = { HP_STR_INIT("hid") };
    hp_value raw = hp_object();
    hp_find_params p;
    *err = (hp_err){ 0 };
    hp_object_set(mem, &raw, HP_STR("order"), hp_string(hp_str_of(order)));
    HP_TRY(hp_find_params_read(&raw, HP_FIND_QUERY, mem, &p, err));
    return hp_order_resolve(test_class(mem, SCHEMA), &p, NULL, hidden, 1, mem, out, count, err);
}

static void an_ordering_is_resolved_to_fields(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_order *order;
    size_t count;
    hp_err err;
    assert_int_equal(resolve(mem, "-n, _created_at,-o.k.x,nosuch,rel,ACL,-_updated_at", &order, &count, &err), HP_OK);
    assert_int_equal(count, 4);
    assert_true(order[0].descending && hp_str_eq(order[0].path.field->name, HP_STR("n")));
    assert_true(!order[1].descending && hp_str_eq(order[1].path.field->name, HP_STR("createdAt")));
    assert_int_equal(order[2].path.segment_count, 2);
    assert_true(order[3].descending && hp_str_eq(order[3].path.field->name, HP_STR("updatedAt")));
}

static void sec_E6_A4_bad_and_hidden_names_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *order;
        hp_code code;
        const char *msg;
    } cases[] = {
        { "n,", HP_E_INVALID_KEY_NAME, "Invalid field name: ." },
        { "1", HP_E_INVALID_KEY_NAME, "Invalid field name: 1." },
        { "n COLLATE x", HP_E_INVALID_KEY_NAME, "Invalid field name: n COLLATE x." },
        { "n,(select 1)", HP_E_INVALID_KEY_NAME, "Invalid field name: (select 1)." },
        { "--n", HP_E_INVALID_KEY_NAME, "Invalid field name: -n." },
        { "o.k'", HP_E_INVALID_KEY_NAME, "Invalid field name: o.k'." },
        { "o.", HP_E_INVALID_KEY_NAME, "Invalid field name: o.." },
        { "_secret", HP_E_INVALID_KEY_NAME, "Invalid field name: _secret." },
        { "$score", HP_E_INVALID_QUERY, "order by $score needs a $text condition" },
        { "$text", HP_E_INVALID_KEY_NAME, "Invalid field name: $text." },
        { "authData.google.id", HP_E_INVALID_KEY_NAME, "Cannot sort by authData.google.id" },
        { "hid", HP_E_OPERATION_FORBIDDEN, "This user is not allowed to sort by hid on class T" },
        { "-hid.k", HP_E_OPERATION_FORBIDDEN, "This user is not allowed to sort by hid.k on class T" },
    };
    HP_AUTO_ARENA mem = hp_arena_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_order *order;
        size_t count;
        hp_err err;
        hp_code rc = resolve(mem, cases[i].order, &order, &count, &err);
        if (rc != cases[i].code || strcmp(err.msg, cases[i].msg) != 0)
            fail_msg("%s: %d %s", cases[i].order, (int)rc, err.msg);
    }
}

static void an_ordering_is_bounded(void **state)
{
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    char many[200];
    hp_order *order;
    size_t count;
    hp_err err;
    for (size_t i = 0; i < 130; i += 2) memcpy(many + i, "n,", 2);
    memcpy(many + 130, "n", 2);
    assert_int_equal(resolve(mem, many, &order, &count, &err), HP_E_INVALID_QUERY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_given_is_told_apart_from_zero),
        cmocka_unit_test(everything_is_read),
        cmocka_unit_test(where_may_be_text),
        cmocka_unit_test(a_star_includes_everything),
        cmocka_unit_test(a_huge_limit_is_capped),
        cmocka_unit_test(every_mistake_has_its_code_and_sentence),
        cmocka_unit_test(a_subquery_ignores_what_would_cut_its_rows),
        cmocka_unit_test(an_ordering_is_resolved_to_fields),
        cmocka_unit_test(sec_E6_A4_bad_and_hidden_names_are_refused),
        cmocka_unit_test(an_ordering_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

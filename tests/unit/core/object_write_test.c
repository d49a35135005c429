#include "core/object_write.h"
#include "core_fixture.h"

#include <pthread.h>

static void a_create_answers_id_and_time_and_nothing_that_was_sent(void **state)
{
    core_fixture *f = *state;
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"text\":\"hi\",\"n\":1}"));
    assert_true(r.created);
    assert_int_equal(strlen(r.id), 10);
    assert_int_equal(r.body.object.count, 2);
    assert_string_equal(hp_arena_cstr(f->mem, hp_object_text(&r.body, HP_STR("objectId"))), r.id);
    assert_string_equal(hp_arena_cstr(f->mem, hp_object_text(&r.body, HP_STR("createdAt"))),
                        "2023-11-14T22:13:20.000Z");

    hp_value stored = fixture_get(f, "Note", r.id);
    assert_string_equal(hp_arena_cstr(f->mem, hp_object_text(&stored, HP_STR("text"))), "hi");
    assert_null(hp_object_get(&stored, HP_STR("ACL")));
}

static void an_update_answers_the_time_and_what_operations_made(void **state)
{
    core_fixture *f = *state;
    fixture_reply made = fixture_ok(
        fixture_save(f, false, NULL, "Note", NULL, "{\"n\":1,\"list\":[1],\"o\":{\"k\":1,\"z\":2},\"s\":\"x\"}"));
    f->now_ms += 5000;
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", made.id,
                                              "{\"n\":{\"__op\":\"Increment\",\"amount\":2},\"s\":\"y\","
                                              "\"list\":{\"__op\":\"AddUnique\",\"objects\":[1,2]},"
                                              "\"o.k\":{\"__op\":\"Increment\",\"amount\":4}}"));
    assert_string_equal(fixture_text(f, &r.body),
                        "{\"updatedAt\":\"2023-11-14T22:13:25.000Z\",\"n\":3,\"list\":[1,2],\"o\":{\"k\":5}}");
    hp_value stored = fixture_get(f, "Note", made.id);
    assert_string_equal(hp_arena_cstr(f->mem, hp_object_text(&stored, HP_STR("createdAt"))),
                        "2023-11-14T22:13:20.000Z");
    assert_string_equal(hp_arena_cstr(f->mem, hp_object_text(&stored, HP_STR("updatedAt"))),
                        "2023-11-14T22:13:25.000Z");
    assert_string_equal(hp_arena_cstr(f->mem, hp_object_text(&stored, HP_STR("s"))), "y");
}

static void operations_of_a_create_come_down_to_values(void **state)
{
    core_fixture *f = *state;
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", NULL,
                                              "{\"n\":{\"__op\":\"Increment\",\"amount\":2},"
                                              "\"list\":{\"__op\":\"Add\",\"objects\":[1,1]},"
                                              "\"gone\":{\"__op\":\"Delete\"},\"nothing\":null}"));
    assert_int_equal(hp_object_get(&r.body, HP_STR("n"))->number, 2);
    assert_int_equal(hp_object_get(&r.body, HP_STR("list"))->array.count, 2);
    hp_value stored = fixture_get(f, "Note", r.id);
    assert_int_equal(hp_object_get(&stored, HP_STR("n"))->number, 2);
    assert_null(hp_object_get(&stored, HP_STR("gone")));
    assert_null(hp_object_get(&stored, HP_STR("nothing")));
}

static void what_the_server_owns_is_refused_whatever_the_value(void **state)
{
    core_fixture *f = *state;
    static const struct {
        const char *body;
        int code;
        const char *message;
    } cases[] = {
        { "{\"_rperm\":[\"*\"]}", 105, "Invalid field name: _rperm." },
        { "{\"_wperm\":null}", 105, "Invalid field name: _wperm." },
        { "{\"_x\":{\"__op\":\"Delete\"}}", 105, "Invalid field name: _x." },
        { "{\"objectId\":\"abc\"}", 105, "objectId is an invalid field name." },
        { "{\"objectId\":false}", 105, "objectId is an invalid field name." },
        { "{\"id\":\"abc\"}", 105, "id is an invalid field name." },
        { "{\"createdAt\":\"2020-01-01T00:00:00.000Z\"}", 111,
          "schema mismatch for Note.createdAt; expected Date but got String" },
        { "{\"a-b\":1}", 105, "Invalid field name: a-b." },
        { "{\"length\":1}", 105, "Invalid field name: length." },
        { "{\"\":1}", 105, "Invalid field name: ." },
        { "{\"o\":{\"constructor\":1}}", 105, "Prohibited keyword in request data: {\"key\":\"constructor\"}." },
        { "{\"l\":[{\"a\":{\"_bsontype\":\"Code\"}}]}", 105,
          "Prohibited keyword in request data: {\"key\":\"_bsontype\",\"value\":\"Code\"}." },
        { "{\"ACL\":{\"*unresolved\":{\"read\":true}}}", 123, "Invalid ACL." },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        fixture_refused(fixture_save(f, false, NULL, "Note", NULL, cases[i].body), cases[i].code, cases[i].message);
    assert_int_equal(fixture_count(f, "Note", "{}"), 0);
}

static void the_keyword_check_does_not_depend_on_the_order_of_keys(void **state)
{
    core_fixture *f = *state;
    fixture_refused(fixture_save(f, false, NULL, "Note", NULL, "{\"o\":{\"a\":{\"x\":1},\"_bsontype\":\"Code\"}}"), 105,
                    NULL);
    fixture_refused(fixture_save(f, false, NULL, "Note", NULL, "{\"o\":{\"_bsontype\":\"Code\",\"a\":{\"x\":1}}}"), 105,
                    NULL);
    fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"o\":{\"type\":\"Code\"}}"));
}

static void a_date_for_the_times_is_ignored(void **state)
{
    core_fixture *f = *state;
    fixture_reply r = fixture_ok(fixture_save(
        f, true, NULL, "Note", NULL, "{\"createdAt\":{\"__type\":\"Date\",\"iso\":\"2001-01-01T00:00:00.000Z\"}}"));
    assert_string_equal(hp_arena_cstr(f->mem, hp_object_text(&r.body, HP_STR("createdAt"))),
                        "2023-11-14T22:13:20.000Z");
}

static void the_first_write_makes_class_and_fields_and_later_ones_must_fit(void **state)
{
    core_fixture *f = *state;
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"n\":1}"));
    fixture_refused(fixture_save(f, false, NULL, "Note", r.id, "{\"n\":\"one\"}"), 111,
                    "schema mismatch for Note.n; expected Number but got String");
    fixture_refused(fixture_save(f, false, NULL, "Note", NULL, "{\"n\":{\"__op\":\"Add\",\"objects\":[1]}}"), 111,
                    "schema mismatch for Note.n; expected Number but got Array");
    fixture_ok(fixture_save(f, false, NULL, "Note", r.id,
                            "{\"p\":{\"__type\":\"Pointer\",\"className\":\"A\",\"objectId\":\"x\"}}"));
    fixture_refused(fixture_save(f, false, NULL, "Note", r.id,
                                 "{\"p\":{\"__type\":\"Pointer\",\"className\":\"B\",\"objectId\":\"x\"}}"),
                    111, "schema mismatch for Note.p; expected Pointer<A> but got Pointer<B>");
    fixture_refused(fixture_save(f, false, NULL, "Note", NULL,
                                 "{\"g\":{\"__type\":\"GeoPoint\",\"latitude\":1,\"longitude\":1},"
                                 "\"h\":{\"__type\":\"GeoPoint\",\"latitude\":1,\"longitude\":1}}"),
                    111, "there can only be one geopoint field in a class");
    fixture_ok(
        fixture_save(f, false, NULL, "Note", r.id, "{\"g\":{\"__type\":\"GeoPoint\",\"latitude\":1,\"longitude\":1}}"));
    fixture_ok(
        fixture_save(f, false, NULL, "Note", r.id, "{\"h\":{\"__type\":\"GeoPoint\",\"latitude\":1,\"longitude\":1}}"));
    fixture_refused(fixture_save(f, true, NULL, "Bad-Name", NULL, "{}"), 107, "schema class name does not revalidate");
}

static void a_refused_write_adds_nothing_to_the_schema(void **state)
{
    core_fixture *f = *state;
    fixture_reply r = fixture_ok(fixture_save(f, true, NULL, "Note", NULL, "{\"n\":1,\"ACL\":{}}"));
    fixture_refused(fixture_save(f, false, NULL, "Note", r.id, "{\"fresh\":1}"), 101, "Object not found.");
    hp_call call = fixture_call(f, true, NULL);
    assert_null(hp_class_field(hp_schema_class(call.schema, HP_STR("Note")), HP_STR("fresh")));
    hp_call_close(&call);
}

static void clients_make_no_classes_where_that_is_switched_off(void **state)
{
    core_fixture *f = *state;
    f->settings.allow_client_class_creation = false;
    fixture_refused(fixture_save(f, false, NULL, "Note", NULL, "{}"), 119,
                    "This user is not allowed to access non-existent class: Note");
    fixture_ok(fixture_save(f, true, NULL, "Note", NULL, "{}"));
    fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{}"));
}

static void an_object_is_written_by_whom_its_acl_names(void **state)
{
    core_fixture *f = *state;
    const char *mine, *theirs;
    const char *id = fixture_sign_up(f, "ann", &mine);
    fixture_sign_up(f, "bob", &theirs);
    const char *acl =
        hp_arena_cstr(f->mem, hp_arena_printf(f->mem, "{\"n\":1,\"ACL\":{\"%s\":{\"read\":true,\"write\":true}}}", id));
    fixture_reply r = fixture_ok(fixture_save(f, false, mine, "Note", NULL, acl));

    fixture_refused(fixture_save(f, false, theirs, "Note", r.id, "{\"n\":2}"), 101, "Object not found.");
    fixture_refused(fixture_save(f, false, NULL, "Note", r.id, "{\"n\":2}"), 101, "Object not found.");
    fixture_refused(fixture_remove(f, false, theirs, "Note", r.id), 101, "Object not found.");
    fixture_ok(fixture_save(f, false, mine, "Note", r.id, "{\"n\":3}"));
    hp_value stored = fixture_get(f, "Note", r.id);
    assert_int_equal(hp_object_get(&stored, HP_STR("n"))->number, 3);
    fixture_ok(fixture_remove(f, false, mine, "Note", r.id));
    fixture_refused(fixture_remove(f, true, NULL, "Note", r.id), 101, "Object not found.");
}

static void deleting_an_acl_locks_the_object_and_null_leaves_it(void **state)
{
    core_fixture *f = *state;
    fixture_reply r =
        fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"ACL\":{\"*\":{\"read\":true,\"write\":true}}}"));
    fixture_ok(fixture_save(f, false, NULL, "Note", r.id, "{\"ACL\":null}"));
    hp_value stored = fixture_get(f, "Note", r.id);
    assert_string_equal(fixture_text(f, hp_object_get(&stored, HP_STR("ACL"))),
                        "{\"*\":{\"read\":true,\"write\":true}}");
    fixture_ok(fixture_save(f, false, NULL, "Note", r.id, "{\"ACL\":{\"__op\":\"Delete\"}}"));
    stored = fixture_get(f, "Note", r.id);
    assert_string_equal(fixture_text(f, hp_object_get(&stored, HP_STR("ACL"))), "{}");
}

static void a_class_of_one_user_is_not_written_by_another(void **state)
{
    core_fixture *f = *state;
    const char *token;
    hp_value out,
        clp = fixture_json(f, "{\"className\":\"Diary\",\"fields\":{\"owner\":{\"type\":\"Pointer\",\"targetClass\":"
                              "\"_User\"}},\"classLevelPermissions\":{\"create\":{\"requiresAuthentication\":true},"
                              "\"update\":{\"pointerFields\":[\"owner\"]},\"delete\":{}}}");
    hp_err err = { 0 };
    hp_call call = fixture_call(f, true, NULL);
    assert_int_equal(hp_schema_create(&call, HP_STR_NONE, &clp, &out, &err), HP_OK);
    hp_call_close(&call);

    const char *id = fixture_sign_up(f, "ann", &token);
    const char *body = hp_arena_cstr(
        f->mem, hp_arena_printf(
                    f->mem, "{\"owner\":{\"__type\":\"Pointer\",\"className\":\"_User\",\"objectId\":\"%s\"}}", id));
    fixture_refused(fixture_save(f, false, NULL, "Diary", NULL, body), 101,
                    "Permission denied, user needs to be authenticated.");
    fixture_reply r = fixture_ok(fixture_save(f, false, token, "Diary", NULL, body));
    const char *stranger;
    fixture_sign_up(f, "bob", &stranger);
    fixture_refused(fixture_save(f, false, stranger, "Diary", r.id, "{}"), 101, "Object not found.");
    fixture_ok(fixture_save(f, false, token, "Diary", r.id, "{}"));
    fixture_refused(fixture_save(f, false, token, "Diary", r.id, "{\"fresh\":1}"), 119,
                    "Permission denied for action addField on class Diary.");
    fixture_refused(fixture_remove(f, false, token, "Diary", r.id), 119,
                    "Permission denied for action delete on class Diary.");
}

static void required_fields_and_defaults_are_kept(void **state)
{
    core_fixture *f = *state;
    hp_value out, def = fixture_json(f, "{\"className\":\"Item\",\"fields\":{"
                                        "\"name\":{\"type\":\"String\",\"required\":true},"
                                        "\"stock\":{\"type\":\"Number\",\"required\":true,\"defaultValue\":7}}}");
    hp_err err = { 0 };
    hp_call call = fixture_call(f, true, NULL);
    assert_int_equal(hp_schema_create(&call, HP_STR_NONE, &def, &out, &err), HP_OK);
    hp_call_close(&call);

    static const char *const missing[] = { "{}", "{\"name\":null}", "{\"name\":\"\"}",
                                           "{\"name\":{\"__op\":\"Delete\"}}" };
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        fixture_refused(fixture_save(f, true, NULL, "Item", NULL, missing[i]), 142, "name is required");
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Item", NULL, "{\"name\":\"x\"}"));
    assert_int_equal(hp_object_get(&r.body, HP_STR("stock"))->number, 7);
    fixture_ok(fixture_save(f, false, NULL, "Item", r.id, "{\"stock\":1}"));
    for (size_t i = 1; i < sizeof missing / sizeof *missing; i++)
        fixture_refused(fixture_save(f, true, NULL, "Item", r.id, missing[i]), 142, "name is required");
}

static void a_role_needs_name_and_acl_and_its_name_is_its_own(void **state)
{
    core_fixture *f = *state;
    fixture_refused(fixture_save(f, true, NULL, "_Role", NULL, "{\"ACL\":{}}"), 111, "name is required.");
    fixture_refused(fixture_save(f, true, NULL, "_Role", NULL, "{\"name\":\"Admin\"}"), 111, "ACL is required.");
    fixture_reply r =
        fixture_ok(fixture_save(f, true, NULL, "_Role", NULL, "{\"name\":\"Admin\",\"ACL\":{\"*\":{\"read\":true}}}"));
    fixture_refused(fixture_save(f, true, NULL, "_Role", NULL, "{\"name\":\"Admin\",\"ACL\":{}}"), 137,
                    "A duplicate value for a field with unique values was provided");
    const char *token;
    const char *id = fixture_sign_up(f, "eve", &token);
    const char *join =
        hp_arena_cstr(f->mem, hp_arena_printf(f->mem,
                                              "{\"users\":{\"__op\":\"AddRelation\",\"objects\":[{\"__type\":"
                                              "\"Pointer\",\"className\":\"_User\",\"objectId\":\"%s\"}]}}",
                                              id));
    fixture_refused(fixture_save(f, false, token, "_Role", r.id, join), 101, "Object not found.");
    fixture_ok(fixture_save(f, true, NULL, "_Role", r.id, join));
}

static void custom_ids_are_taken_where_they_are_allowed(void **state)
{
    core_fixture *f = *state;
    f->settings.allow_custom_object_id = true;
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"objectId\":\"my-id!\"}"));
    assert_string_equal(r.id, "my-id!");
    fixture_refused(fixture_save(f, false, NULL, "Note", NULL, "{\"objectId\":\"my-id!\"}"), 137,
                    "A duplicate value for a field with unique values was provided");
    fixture_refused(fixture_save(f, false, NULL, "Note", NULL, "{\"objectId\":\"\"}"), 104,
                    "objectId must not be empty, null or undefined");
    fixture_refused(fixture_save(f, false, NULL, "_User", NULL,
                                 "{\"objectId\":\"role:Admin\",\"username\":\"x\",\"password\":\"y\"}"),
                    119, "Invalid object ID.");
}

static void a_field_that_changes_twice_is_named_once(void **state)
{
    core_fixture *f = *state;
    hp_names names = { 0 };
    const char *const said[] = { "a", "b", "a", "c", "b" };

    for (size_t i = 0; i < sizeof said / sizeof *said; i++) hp_names_add(&names, f->mem, hp_str_of(said[i]));
    assert_int_equal(names.count, 3);
    for (size_t i = 0; i < names.count; i++)
        assert_true(hp_str_eq(names.items[i], hp_str_of((const char *[]){ "a", "b", "c" }[i])));
}

static void a_batch_is_written_whole_or_not_at_all(void **state)
{
    core_fixture *f = *state;
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"n\":1}"));
    hp_value two = fixture_json(f, "{\"n\":2}"), fresh = fixture_json(f, "{\"a\":1}"),
             more = fixture_json(f, "{\"b\":\"x\"}");
    hp_write_part parts[] = {
        { .kind = HP_WRITE_UPDATE, .class_name = HP_STR("Note"), .object_id = hp_str_of(r.id), .body = &two },
        { .kind = HP_WRITE_CREATE, .class_name = HP_STR("Fresh"), .body = &fresh },
        { .kind = HP_WRITE_CREATE, .class_name = HP_STR("Fresh"), .body = &more },
        { .kind = HP_WRITE_DELETE, .class_name = HP_STR("Note"), .object_id = HP_STR("nosuch") },
    };
    hp_written out[4] = { 0 };
    size_t failed = 0;
    hp_err err = { 0 };

    hp_call call = fixture_call(f, false, NULL);
    assert_int_equal(hp_objects_write_all(&call, parts, 4, out, &failed, &err), HP_E_OBJECT_NOT_FOUND);
    assert_int_equal(failed, 3);
    assert_null(hp_schema_class(call.schema, HP_STR("Fresh")));
    hp_call_close(&call);
    hp_value stored = fixture_get(f, "Note", r.id);
    assert_int_equal(hp_object_get(&stored, HP_STR("n"))->number, 1);

    call = fixture_call(f, false, NULL);
    if (hp_objects_write_all(&call, parts, 3, out, &failed, &err) != HP_OK) fail_msg("%s %s", err.msg, err.detail);
    hp_call_close(&call);
    assert_int_equal(fixture_count(f, "Fresh", "{}"), 2);
    assert_false(out[0].created);
    assert_true(out[1].created && out[2].created);
}

static void a_path_is_no_place_for_anything_but_names(void **state)
{
    core_fixture *f = *state;
    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"obj\":{\"a\":1}}"));
    static const char *const names[] = {
        "obj.a'+(select 1)+'b", "obj.a\\\"b", "obj.$[0]", "obj.", "obj..a", ".a", "_x.a", "ACL.x"
    };
    static const char *const values[] = { "1", "null", "{\"__op\":\"Increment\",\"amount\":1}", "{\"__op\":\"Delete\"}",
                                          "{\"__op\":\"Add\",\"objects\":[1]}" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t k = 0; k < sizeof values / sizeof *values; k++) {
            char body[120];
            (void)snprintf(body, sizeof body, "{\"%s\":%s}", names[i], values[k]);
            fixture_reply got = fixture_save(f, false, NULL, "Note", r.id, body);
            if ((int)got.err.code != 105) fail_msg("%s: %d %s", body, (int)got.code, got.err.msg);
        }
}

typedef struct racer {
    core_fixture *f;
    int number;
    hp_code code;
    hp_err err;
} racer;

static void *first_write(void *arg)
{
    racer *r = arg;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_call call;
    hp_written out;
    hp_value body = hp_object();
    hp_object_append(mem, &body, hp_arena_printf(mem, "own%d", r->number % 3), hp_number(1));
    hp_object_append(mem, &body, HP_STR("shared"), hp_number(1));
    hp_credentials cred = { .app_id = HP_STR("app") };
    r->code = hp_call_open(r->f->core, &cred, false, mem, &call, &r->err);
    if (r->code != HP_OK) return NULL;
    r->code = hp_objects_create(&call, HP_STR("Race"), &body, &out, &r->err);
    hp_call_close(&call);
    return NULL;
}

static void many_may_write_the_first_object_of_a_class_at_once(void **state)
{
    enum { RACERS = 12 };
    core_fixture *f = *state;
    pthread_t threads[RACERS];
    racer racers[RACERS] = { 0 };
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (racer){ .f = f, .number = i };
        assert_int_equal(pthread_create(&threads[i], NULL, first_write, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        if (racers[i].code != HP_OK) fail_msg("%d: %s %s", i, racers[i].err.msg, racers[i].err.detail);
    }
    assert_int_equal(fixture_count(f, "Race", "{}"), RACERS);
    assert_int_equal(fixture_count(f, "Race", "{\"own2\":1}"), RACERS / 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_create_answers_id_and_time_and_nothing_that_was_sent),
        FIXTURE_TEST(an_update_answers_the_time_and_what_operations_made),
        FIXTURE_TEST(operations_of_a_create_come_down_to_values),
        FIXTURE_TEST(what_the_server_owns_is_refused_whatever_the_value),
        FIXTURE_TEST(the_keyword_check_does_not_depend_on_the_order_of_keys),
        FIXTURE_TEST(a_date_for_the_times_is_ignored),
        FIXTURE_TEST(the_first_write_makes_class_and_fields_and_later_ones_must_fit),
        FIXTURE_TEST(a_refused_write_adds_nothing_to_the_schema),
        FIXTURE_TEST(clients_make_no_classes_where_that_is_switched_off),
        FIXTURE_TEST(an_object_is_written_by_whom_its_acl_names),
        FIXTURE_TEST(deleting_an_acl_locks_the_object_and_null_leaves_it),
        FIXTURE_TEST(a_class_of_one_user_is_not_written_by_another),
        FIXTURE_TEST(required_fields_and_defaults_are_kept),
        FIXTURE_TEST(a_role_needs_name_and_acl_and_its_name_is_its_own),
        FIXTURE_TEST(custom_ids_are_taken_where_they_are_allowed),
        FIXTURE_TEST(a_field_that_changes_twice_is_named_once),
        FIXTURE_TEST(a_batch_is_written_whole_or_not_at_all),
        FIXTURE_TEST(a_path_is_no_place_for_anything_but_names),
        FIXTURE_TEST(many_may_write_the_first_object_of_a_class_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

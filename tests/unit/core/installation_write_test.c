#include "core_fixture.h"

#include <pthread.h>

#define T64 "ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789"
#define T64_LOWER "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"

static fixture_reply post(core_fixture *f, const char *json)
{
    return fixture_save(f, false, NULL, "_Installation", NULL, json);
}

static fixture_reply put(core_fixture *f, const char *id, const char *json)
{
    return fixture_save(f, false, NULL, "_Installation", id, json);
}

static const char *field(core_fixture *f, const char *id, const char *name)
{
    hp_value row = fixture_get(f, "_Installation", id);
    const hp_value *v = hp_object_get(&row, hp_str_of(name));
    return hp_is(v, HP_STRING) ? hp_arena_cstr(f->mem, v->string) : "";
}

static bool there(core_fixture *f, const char *id)
{
    hp_value row = fixture_get(f, "_Installation", id);
    return row.tag == HP_OBJECT;
}

static int rows(core_fixture *f) { return (int)fixture_count(f, "_Installation", "{}"); }

static void a_device_that_comes_again_updates_its_row(void **state)
{
    core_fixture *f = *state;
    fixture_reply first =
        fixture_ok(post(f, "{\"deviceType\":\"ios\",\"installationId\":\"ABC-1\",\"deviceToken\":\"t\"}"));
    assert_true(first.created);
    assert_string_equal(field(f, first.id, "installationId"), "abc-1");
    f->now_ms += 1000;
    fixture_reply again = fixture_ok(post(f, "{\"installationId\":\"abc-1\",\"channels\":[\"a\"]}"));
    assert_false(again.created);
    assert_string_equal(again.id, "");
    assert_int_equal(again.body.object.count, 1);
    assert_true(hp_str_present(hp_object_text(&again.body, HP_STR("updatedAt"))));
    assert_int_equal(rows(f), 1);
    hp_value row = fixture_get(f, "_Installation", first.id);
    assert_string_equal(fixture_text(f, hp_object_get(&row, HP_STR("channels"))), "[\"a\"]");
}

static void a_create_says_which_device_it_is(void **state)
{
    core_fixture *f = *state;
    fixture_refused(post(f, "{\"deviceType\":\"ios\"}"), 135,
                    "at least one ID field (deviceToken, installationId) must be specified in this operation");
    fixture_refused(post(f, "{\"installationId\":\"a\"}"), 135, "deviceType must be specified in this operation");
    fixture_refused(post(f, "{\"deviceType\":\"ios\",\"deviceToken\":null,\"installationId\":\"\"}"), 135, NULL);
    assert_int_equal(rows(f), 0);
}

static void an_apple_token_is_lower_case(void **state)
{
    core_fixture *f = *state;
    fixture_reply apple = fixture_ok(post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"" T64 "\"}"));
    fixture_reply other = fixture_ok(post(f, "{\"deviceType\":\"android\",\"deviceToken\":\"Mixed\"}"));
    assert_string_equal(field(f, apple.id, "deviceToken"), T64_LOWER);
    assert_string_equal(field(f, other.id, "deviceToken"), "Mixed");
}

static void a_token_row_without_installation_is_taken_over(void **state)
{
    core_fixture *f = *state;
    fixture_reply token = fixture_ok(post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"t\"}"));
    assert_false(
        fixture_ok(post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"t\",\"installationId\":\"i\"}")).created);
    assert_int_equal(rows(f), 1);
    assert_string_equal(field(f, token.id, "installationId"), "i");
}

static void a_row_of_the_device_is_merged_into_its_token_row(void **state)
{
    core_fixture *f = *state;
    fixture_reply token = fixture_ok(post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"t\"}"));
    fixture_reply device = fixture_ok(post(f, "{\"deviceType\":\"ios\",\"installationId\":\"i\"}"));
    assert_int_equal(rows(f), 2);
    fixture_ok(put(f, device.id, "{\"deviceToken\":\"t\",\"installationId\":\"i\"}"));
    assert_false(there(f, device.id));
    assert_string_equal(field(f, token.id, "installationId"), "i");
}

static void a_row_that_is_its_own_token_row_is_not_merged_away(void **state)
{
    core_fixture *f = *state;
    fixture_reply token = fixture_ok(post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"t\"}"));
    fixture_ok(put(f, token.id, "{\"deviceToken\":\"t\",\"appName\":\"x\"}"));
    assert_string_equal(field(f, token.id, "appName"), "x");
}

static void a_token_that_moves_leaves_no_row_behind(void **state)
{
    core_fixture *f = *state;
    fixture_reply old =
        fixture_ok(post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"t\",\"installationId\":\"old\"}"));
    fixture_reply bystander =
        fixture_ok(post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"other\",\"installationId\":\"by\"}"));
    fixture_reply made =
        fixture_ok(post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"t\",\"installationId\":\"new\"}"));
    assert_true(made.created);
    assert_false(there(f, old.id));
    assert_true(there(f, bystander.id));

    fixture_ok(put(f, bystander.id, "{\"deviceToken\":\"t\",\"installationId\":\"by\"}"));
    assert_false(there(f, made.id));
    assert_true(there(f, bystander.id));
}

static void only_rows_of_the_same_app_go(void **state)
{
    core_fixture *f = *state;
    fixture_reply old = fixture_ok(
        post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"t\",\"installationId\":\"old\",\"appIdentifier\":\"a\"}"));
    fixture_ok(
        post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"t\",\"installationId\":\"b\",\"appIdentifier\":\"b\"}"));
    assert_true(there(f, old.id));
    fixture_ok(post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"t\",\"installationId\":\"c\","
                       "\"appIdentifier\":{\"__op\":\"Delete\"}}"));
    assert_true(there(f, old.id));
    assert_int_equal(rows(f), 3);
}

static void an_ambiguous_token_needs_an_installation_id(void **state)
{
    core_fixture *f = *state;
    fixture_ok(
        post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"t\",\"installationId\":\"a\",\"appIdentifier\":\"a\"}"));
    fixture_ok(
        post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"t\",\"installationId\":\"b\",\"appIdentifier\":\"b\"}"));
    fixture_refused(post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"t\"}"), 132,
                    "Must specify installationId when deviceToken matches multiple Installation objects");
    assert_int_equal(rows(f), 2);
}

static void what_names_a_device_does_not_change(void **state)
{
    core_fixture *f = *state;
    fixture_reply a = fixture_ok(post(f, "{\"deviceType\":\"ios\",\"installationId\":\"a\",\"deviceToken\":\"t\"}"));
    fixture_reply b = fixture_ok(post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"u\"}"));
    fixture_refused(put(f, a.id, "{\"installationId\":\"z\"}"), 136,
                    "installationId may not be changed in this operation");
    fixture_refused(put(f, a.id, "{\"deviceType\":\"android\"}"), 136,
                    "deviceType may not be changed in this operation");
    fixture_refused(put(f, b.id, "{\"deviceToken\":\"v\"}"), 136, "deviceToken may not be changed in this operation");
    fixture_refused(put(f, "unheardof", "{\"deviceType\":\"ios\"}"), 101, "Object not found for update.");
    fixture_ok(put(f, a.id, "{\"deviceToken\":\"v\",\"deviceType\":\"ios\",\"installationId\":\"A\"}"));
    fixture_ok(put(f, a.id, "{\"badge\":{\"__op\":\"Increment\",\"amount\":1}}"));
    assert_string_equal(field(f, a.id, "deviceToken"), "v");
}

static void nothing_but_a_text_comes_near_the_rows_to_delete(void **state)
{
    static const char *const NAMES[] = { "deviceToken", "installationId", "appIdentifier", "deviceType" };
    static const char *const VALUES[] = {
        "{\"$ne\":null}", "{\"$regex\":\".\"}", "[\"t\"]", "true", "1", "{}", "{\"__op\":\"Increment\",\"amount\":1}"
    };
    core_fixture *f = *state;
    fixture_reply a = fixture_ok(post(f, "{\"deviceType\":\"ios\",\"installationId\":\"a\",\"deviceToken\":\"t\"}"));
    fixture_ok(post(f, "{\"deviceType\":\"ios\",\"installationId\":\"b\",\"deviceToken\":\"u\"}"));
    for (size_t n = 0; n < sizeof NAMES / sizeof *NAMES; n++)
        for (size_t v = 0; v < sizeof VALUES / sizeof *VALUES; v++) {
            hp_value body = fixture_json(
                f, "{\"deviceType\":\"ios\",\"installationId\":\"c\",\"deviceToken\":\"t\",\"appIdentifier\":\"x\"}");
            hp_object_set(f->mem, &body, hp_str_of(NAMES[n]), fixture_json(f, VALUES[v]));
            fixture_refused(post(f, fixture_text(f, &body)), 111, NULL);
            fixture_refused(put(f, a.id, fixture_text(f, &body)), 111, NULL);
        }
    fixture_refused(put(f, a.id, "{\"deviceToken.x\":\"t\"}"), 111, NULL);
    assert_int_equal(rows(f), 2);
}

static void a_row_that_the_caller_may_not_write_stays_whole(void **state)
{
    core_fixture *f = *state;
    fixture_reply locked = fixture_ok(post(f, "{\"deviceType\":\"ios\",\"deviceToken\":\"t\",\"ACL\":{}}"));
    fixture_reply device = fixture_ok(post(f, "{\"deviceType\":\"ios\",\"installationId\":\"i\"}"));
    fixture_refused(put(f, device.id, "{\"deviceToken\":\"t\",\"installationId\":\"i\"}"), 101, NULL);
    assert_true(there(f, device.id)); /* the removal was undone with the refused update */
    assert_string_equal(field(f, locked.id, "installationId"), "");
}

static void the_first_device_brings_the_indexes(void **state)
{
    core_fixture *f = *state;
    fixture_ok(post(f, "{\"deviceType\":\"ios\",\"installationId\":\"a\"}"));
    fixture_ok(post(f, "{\"deviceType\":\"ios\",\"installationId\":\"b\"}"));
    hp_call call = fixture_call(f, true, NULL);
    const hp_class *cls = hp_schema_class(call.schema, HP_STR("_Installation"));
    assert_non_null(hp_object_get(cls->indexes, HP_STR("installationId_1")));
    assert_non_null(hp_object_get(cls->indexes, HP_STR("deviceToken_1")));
    hp_call_close(&call);
}

typedef struct device {
    core_fixture *f;
    hp_code code;
} device;

static void *install(void *arg)
{
    device *d = arg;
    hp_arena *mem = hp_arena_new();
    hp_call call;
    hp_written out;
    hp_err err = { 0 };
    hp_value body = hp_object();
    hp_object_append(mem, &body, HP_STR("deviceType"), hp_string(HP_STR("ios")));
    hp_object_append(mem, &body, HP_STR("installationId"), hp_string(HP_STR("same")));
    hp_call_open_internal(d->f->core, mem, &call);
    d->code = hp_objects_create(&call, HP_STR("_Installation"), &body, &out, &err);
    hp_call_close(&call);
    hp_arena_free(mem);
    return NULL;
}

static void one_device_at_many_doors_at_once_is_one_row(void **state)
{
    enum { DOORS = 3 }; /* one fewer than the attempts: each that fails means that another succeeded */
    core_fixture *f = *state;
    pthread_t threads[DOORS];
    device devices[DOORS];
    for (int i = 0; i < DOORS; i++) {
        devices[i] = (device){ .f = f };
        assert_int_equal(pthread_create(&threads[i], NULL, install, &devices[i]), 0);
    }
    for (int i = 0; i < DOORS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(devices[i].code, HP_OK);
    }
    assert_int_equal(rows(f), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_device_that_comes_again_updates_its_row),
        FIXTURE_TEST(a_create_says_which_device_it_is),
        FIXTURE_TEST(an_apple_token_is_lower_case),
        FIXTURE_TEST(a_token_row_without_installation_is_taken_over),
        FIXTURE_TEST(a_row_of_the_device_is_merged_into_its_token_row),
        FIXTURE_TEST(a_row_that_is_its_own_token_row_is_not_merged_away),
        FIXTURE_TEST(a_token_that_moves_leaves_no_row_behind),
        FIXTURE_TEST(only_rows_of_the_same_app_go),
        FIXTURE_TEST(an_ambiguous_token_needs_an_installation_id),
        FIXTURE_TEST(what_names_a_device_does_not_change),
        FIXTURE_TEST(nothing_but_a_text_comes_near_the_rows_to_delete),
        FIXTURE_TEST(a_row_that_the_caller_may_not_write_stays_whole),
        FIXTURE_TEST(the_first_device_brings_the_indexes),
        FIXTURE_TEST(one_device_at_many_doors_at_once_is_one_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

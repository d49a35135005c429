/* Changes as other servers say them, and as this one says them to others. */
#include "core_fixture.h"
#include "live/payload.h"

static core_fixture F;
static hp_schema *SCHEMA;

static hp_live_heard hear(const char *text, bool deleted, hp_live_event **out, bool *strange)
{
    return hp_live_payload_read(SCHEMA, hp_str_of(text), deleted, HP_STR("me"), out, strange);
}

static const char *field(const hp_row *row, const char *name)
{
    const hp_value *v = hp_object_get(&row->fields, hp_str_of(name));
    return v == NULL ? "-" : fixture_text(&F, v);
}

static void what_parse_server_says_becomes_rows_of_this_schema(void **state)
{
    (void)state;
    hp_live_event *e;
    bool strange;
    const char *text =
        "{\"currentParseObject\":{\"createdAt\":\"2024-01-01T00:00:00.000Z\","
        "\"updatedAt\":\"2024-01-01T00:00:05.000Z\",\"n\":6,\"text\":7,\"who\":{\"__type\":\"Object\","
        "\"className\":\"_User\",\"objectId\":\"u9\",\"username\":\"x\"},\"ACL\":{\"u1\":{\"read\":true}},"
        "\"objectId\":\"rLtJ\",\"__type\":\"Object\",\"className\":\"Msg\"},"
        "\"originalParseObject\":{\"n\":5,\"objectId\":\"rLtJ\",\"className\":\"Msg\",\"__type\":\"Object\"},"
        "\"classLevelPermissions\":{\"find\":{}}}";
    assert_int_equal(hear(text, false, &e, &strange), HP_LIVE_HEARD);
    assert_false(strange);
    assert_true(e->foreign);
    assert_string_equal(field(e->after, "n"), "6");
    assert_string_equal(field(e->before, "n"), "5");
    assert_string_equal(field(e->after, "text"), "-"); /* a number is no text */
    assert_string_equal(field(e->after, "who"), "{\"__type\":\"Pointer\",\"className\":\"_User\",\"objectId\":\"u9\"}");
    assert_string_equal(field(e->after, "updatedAt"), "{\"__type\":\"Date\",\"iso\":\"2024-01-01T00:00:05.000Z\"}");
    assert_true(e->after->has_read_acl && e->after->reader_count == 1);
    assert_false(e->before->has_read_acl);
    hp_live_event_free(e);
}

static void what_is_no_change_of_this_node_is_dropped(void **state)
{
    (void)state;
    const struct {
        const char *text;
        hp_live_heard want;
    } cases[] = {
        { "", HP_LIVE_HEARD_BAD },
        { "[]", HP_LIVE_HEARD_BAD },
        { "{}", HP_LIVE_HEARD_BAD },
        { "{\"currentParseObject\":7}", HP_LIVE_HEARD_BAD },
        { "{\"currentParseObject\":{\"className\":\"Msg\"}}", HP_LIVE_HEARD_BAD },
        { "{\"currentParseObject\":{\"className\":\"Msg\",\"objectId\":1}}", HP_LIVE_HEARD_BAD },
        { "{\"currentParseObject\":{\"className\":\"Msg\",\"objectId\":\"a\",\"ACL\":\"open\"}}", HP_LIVE_HEARD_BAD },
        { "{\"currentParseObject\":{\"className\":\"Msg\",\"objectId\":\"a\"},\"originalParseObject\":{}}",
          HP_LIVE_HEARD_BAD },
        { "{\"currentParseObject\":{\"className\":\"Elsewhere\",\"objectId\":\"a\"}}", HP_LIVE_HEARD_UNKNOWN },
        { "{\"currentParseObject\":{\"className\":\"Msg\",\"objectId\":\"a\"},\"homeport\":\"me\"}",
          HP_LIVE_HEARD_OWN },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_live_event *e;
        bool strange;
        if (hear(cases[i].text, false, &e, &strange) != cases[i].want) fail_msg("%s", cases[i].text);
        assert_null(e);
    }
}

static void a_field_that_is_not_known_is_noticed(void **state)
{
    (void)state;
    hp_live_event *e;
    bool strange;
    const char *text = "{\"currentParseObject\":{\"className\":\"Msg\",\"objectId\":\"a\",\"new\":1}}";
    assert_int_equal(hear(text, true, &e, &strange), HP_LIVE_HEARD);
    assert_true(strange);
    assert_null(e->after);
    assert_string_equal(field(e->before, "objectId"), "\"a\"");
    hp_live_event_free(e);
}

static void a_user_is_said_without_secrets_and_with_what_hides_him(void **state)
{
    (void)state;
    hp_call call = fixture_call(&F, true, NULL);
    hp_live_event *e = hp_live_event_new(SCHEMA, HP_STR("_User"));
    hp_row row = { .fields =
                       fixture_json(&F, "{\"objectId\":\"u\",\"username\":\"x\",\"authData\":{\"p\":{\"id\":\"1\"}},"
                                        "\"sessionToken\":\"r:secret\",\"password\":\"secret\"}"),
                   .internal = fixture_json(&F, "{\"_hashed_password\":\"secret\"}") };
    hp_buf text;
    e->after = &row;
    hp_buf_init(&text, 1 << 16);
    F.settings.protected_fields = fixture_json(&F, "{\"_User\":{\"*\":[\"email\"]}}");
    hp_live_payload_write(&text, &call, e, HP_STR("me"));
    const hp_str said = hp_buf_str(&text);
    assert_true(hp_str_contains(said, HP_STR("\"username\":\"x\"")));
    assert_true(hp_str_contains(said, HP_STR("\"__type\":\"Object\",\"className\":\"_User\"")));
    assert_true(hp_str_contains(said, HP_STR("\"protectedFields\":{\"*\":[\"email\"]}")));
    assert_false(hp_str_contains(said, HP_STR("secret")) || hp_str_contains(said, HP_STR("authData")));
    assert_false(hp_str_contains(said, HP_STR("originalParseObject")));
    hp_buf_done(&text);
    hp_live_event_free(e);
    hp_call_close(&call);
}

static void every_file_is_said_with_an_address(void **state)
{
    (void)state;
    hp_call call = fixture_call(&F, true, NULL);
    hp_live_event *e = hp_live_event_new(SCHEMA, HP_STR("Msg"));
    hp_row row = { .fields =
                       fixture_json(&F, "{\"objectId\":\"m\",\"list\":[1,[{\"__type\":\"File\",\"name\":\"a.txt\"}]],"
                                        "\"map\":{\"x\":{\"__type\":\"File\",\"name\":\"b.txt\",\"url\":\"\"}},"
                                        "\"own\":[{\"__type\":\"File\",\"name\":\"c.txt\",\"url\":\"u\"}]}") };
    hp_buf text;
    e->after = e->before = &row;
    hp_buf_init(&text, 1 << 16);
    hp_live_payload_write(&text, &call, e, HP_STR("me"));
    const char *const files[] = { "\"name\":\"a.txt\"", "\"name\":\"b.txt\"" };
    for (size_t i = 0; i < 2; i++) {
        const char *at = text.ptr;
        for (int object = 0; object < 2; object++) { /* as it is, and as it was */
            at = strstr(at, files[i]);
            assert_non_null(at);
            at += strlen(files[i]);
            assert_memory_equal(at, ",\"url\":\"http", strlen(",\"url\":\"http"));
        }
    }
    assert_true(hp_str_contains(hp_buf_str(&text), HP_STR("\"name\":\"c.txt\",\"url\":\"u\"")));
    assert_string_equal(field(&row, "list"),
                        "[1,[{\"__type\":\"File\",\"name\":\"a.txt\"}]]"); /* others tell it, too */
    hp_buf_done(&text);
    hp_live_event_free(e);
    hp_call_close(&call);
}

static int open_world(void **state)
{
    (void)state;
    fixture_open(&F);
    (void)fixture_ok(fixture_save(&F, true, NULL, "Msg", NULL,
                                  "{\"n\":1,\"text\":\"a\",\"list\":[],\"own\":[],\"map\":{},\"who\":{\"__type\":"
                                  "\"Pointer\",\"className\":\"_User\","
                                  "\"objectId\":\"u\"}}"));
    SCHEMA = hp_schema_ref_current(F.core);
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    hp_schema_unref(SCHEMA);
    fixture_close(&F);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_parse_server_says_becomes_rows_of_this_schema),
        cmocka_unit_test(what_is_no_change_of_this_node_is_dropped),
        cmocka_unit_test(a_field_that_is_not_known_is_noticed),
        cmocka_unit_test(a_user_is_said_without_secrets_and_with_what_hides_him),
        cmocka_unit_test(every_file_is_said_with_an_address),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}

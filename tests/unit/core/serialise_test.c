#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/schema.h"
#include "core/serialise.h"
#include "value/json.h"

typedef struct bench {
    hp_arena *mem;
    hp_settings settings;
    hp_call call;
} bench;

static bench set_up(const char *user_id)
{
    bench b = { .mem = hp_arena_new() };
    b.settings.public_server_url = HP_STR("https://x.test/parse");
    b.settings.app_id = HP_STR("app");
    b.call = (hp_call){ .mem = b.mem, .who = { .user_id = hp_str_of(user_id) } };
    return b;
}

static hp_value json(bench *b, const char *text)
{
    hp_value v = hp_null();
    hp_err err = { 0 };
    if (hp_json_read(hp_str_of(text), HP_JSON_PARSE, b->mem, &v, &err) != HP_OK) fail_msg("%s: %s", text, err.msg);
    return v;
}

static const char *text_of(bench *b, const hp_value *v) { return hp_arena_cstr(b->mem, hp_json_text(b->mem, v)); }

static const char *shown(bench *b, const char *class_name, hp_row *row, const hp_projection *projection)
{
    const hp_class *cls = hp_schema_new_class(hp_str_of(class_name), b->mem);
    const hp_grant grant = { 0 };
    b->call.settings = &b->settings;
    const hp_value v = hp_serialise(&b->call, cls, &grant, row, projection);
    return text_of(b, &v);
}

static hp_row row_of(bench *b, const char *fields)
{
    hp_row row = { .fields = json(b, fields) };
    hp_object_set(b->mem, &row.fields, HP_STR("createdAt"), hp_date(0));
    return row;
}

static void times_become_text_and_files_get_their_address(void **state)
{
    (void)state;
    bench b = set_up(NULL);
    hp_row row = row_of(&b, "{\"objectId\":\"x\",\"at\":{\"__type\":\"Date\",\"iso\":\"2020-01-02T03:04:05.678Z\"},"
                            "\"f\":{\"__type\":\"File\",\"name\":\"dir/a b.png\",\"url\":\"http://evil/\"}}");
    assert_string_equal(
        shown(&b, "T", &row, NULL),
        "{\"objectId\":\"x\",\"at\":{\"__type\":\"Date\",\"iso\":\"2020-01-02T03:04:05.678Z\"},"
        "\"f\":{\"__type\":\"File\",\"name\":\"dir/a b.png\",\"url\":\"https://x.test/parse/files/app/dir/a%20b.png\"},"
        "\"createdAt\":\"1970-01-01T00:00:00.000Z\"}");
    hp_arena_free(b.mem);
}

static void secrets_of_users_never_leave(void **state)
{
    (void)state;
    static const char *const ROW =
        "{\"objectId\":\"ann\",\"password\":\"p\",\"sessionToken\":\"r:1\",\"_hashed_password\":\"h\","
        "\"authData\":{\"a\":{\"id\":\"1\"}}}";
    bench other = set_up("bob"), own = set_up("ann"), master = set_up(NULL);
    hp_row a = row_of(&other, ROW), b = row_of(&own, ROW), c = row_of(&master, ROW);
    master.call.who.access = HP_ACCESS_MASTER;
    assert_string_equal(shown(&other, "_User", &a, NULL),
                        "{\"objectId\":\"ann\",\"createdAt\":\"1970-01-01T00:00:00.000Z\"}");
    assert_string_equal(
        shown(&own, "_User", &b, NULL),
        "{\"objectId\":\"ann\",\"authData\":{\"a\":{\"id\":\"1\"}},\"createdAt\":\"1970-01-01T00:00:00.000Z\"}");
    assert_string_equal(
        shown(&master, "_User", &c, NULL),
        "{\"objectId\":\"ann\",\"authData\":{\"a\":{\"id\":\"1\"}},\"createdAt\":\"1970-01-01T00:00:00.000Z\"}");
    hp_arena_free(other.mem);
    hp_arena_free(own.mem);
    hp_arena_free(master.mem);
}

static void a_projection_keeps_the_common_fields_and_relations(void **state)
{
    (void)state;
    bench b = set_up(NULL);
    hp_row row = row_of(&b, "{\"objectId\":\"x\",\"name\":\"n\",\"a\":1,\"b\":2}");
    const hp_str keys[] = { HP_STR("a"), HP_STR("b") }, exclude[] = { HP_STR("b"), HP_STR("objectId") };
    const hp_projection p = { .keys = keys, .key_count = 2, .has_keys = true, .exclude = exclude, .exclude_count = 2 };
    row.has_read_acl = row.has_write_acl = true;
    assert_string_equal(shown(&b, "_Role", &row, &p),
                        "{\"objectId\":\"x\",\"a\":1,\"createdAt\":\"1970-01-01T00:00:00.000Z\","
                        "\"users\":{\"__type\":\"Relation\",\"className\":\"_User\"},"
                        "\"roles\":{\"__type\":\"Relation\",\"className\":\"_Role\"},\"ACL\":{}}");
    hp_arena_free(b.mem);
}

static void the_stored_row_is_not_changed(void **state)
{
    (void)state;
    bench b = set_up(NULL);
    hp_row row = row_of(&b, "{\"objectId\":\"x\",\"f\":{\"__type\":\"File\",\"name\":\"a\"}}");
    hp_value before = hp_value_copy(b.mem, &row.fields);
    const char *text = text_of(&b, &before);
    (void)shown(&b, "T", &row, NULL);
    assert_string_equal(text_of(&b, &row.fields), text);
    hp_arena_free(b.mem);
}

/* JSON -> lists -> JSON. */
static const char *round_trip(bench *b, const char *acl)
{
    hp_unit_op op = { 0 };
    hp_err err = { 0 };
    const hp_value v = json(b, acl);
    bool has = false;
    if (hp_acl_from_json(&v, b->mem, &op, &err) != HP_OK)
        return err.msg[0] == '\0' ? "?" : hp_arena_cstr(b->mem, hp_str_of(err.msg));
    const hp_row row = { .has_read_acl = op.has_read_acl,
                         .has_write_acl = op.has_write_acl,
                         .readers = (hp_str *)(uintptr_t)op.readers,
                         .writers = (hp_str *)(uintptr_t)op.writers,
                         .reader_count = op.reader_count,
                         .writer_count = op.writer_count };
    assert_true(op.set_acl);
    const hp_value back = hp_acl_to_json(b->mem, &row, &has);
    assert_true(has);
    return text_of(b, &back);
}

static void an_acl_keeps_its_true_flags_and_nothing_else(void **state)
{
    (void)state;
    const struct {
        const char *sent, *kept;
    } cases[] = {
        { "{\"*\":{\"read\":true},\"u\":{\"read\":true,\"write\":true},\"role:r\":{\"write\":true}}",
          "{\"*\":{\"read\":true},\"u\":{\"read\":true,\"write\":true},\"role:r\":{\"write\":true}}" },
        { "{}", "{}" },
        { "{\"u\":{\"read\":false},\"v\":{\"read\":1,\"x\":true}}", "{\"v\":{\"read\":true}}" },
        { "\"text\"", "{}" },
        { "{\"__op\":\"Delete\"}", "{}" },
        { "{\"*unresolved\":{\"read\":true}}", "Invalid ACL." },
    };
    bench b = set_up(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(round_trip(&b, cases[i].sent), cases[i].kept);
    hp_arena_free(b.mem);
}

static void a_large_acl_is_assembled_whole(void **state)
{
    (void)state;
    enum { ENTRIES = 3000 };
    bench b = set_up(NULL);
    hp_str ids[ENTRIES];
    bool has = false;
    for (size_t i = 0; i < ENTRIES; i++) ids[i] = hp_arena_printf(b.mem, "u%zu", i);
    const hp_row row = { .has_read_acl = true,
                         .has_write_acl = true,
                         .readers = ids,
                         .reader_count = ENTRIES,
                         .writers = ids + ENTRIES / 2,
                         .writer_count = ENTRIES / 2 };
    const hp_value acl = hp_acl_to_json(b.mem, &row, &has);
    assert_int_equal(acl.object.count, ENTRIES);
    assert_int_equal(acl.object.items[0].value.object.count, 1);
    assert_int_equal(acl.object.items[ENTRIES - 1].value.object.count, 2);
    hp_arena_free(b.mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_become_text_and_files_get_their_address),
        cmocka_unit_test(secrets_of_users_never_leave),
        cmocka_unit_test(a_projection_keeps_the_common_fields_and_relations),
        cmocka_unit_test(the_stored_row_is_not_changed),
        cmocka_unit_test(an_acl_keeps_its_true_flags_and_nothing_else),
        cmocka_unit_test(a_large_acl_is_assembled_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The decision alone: a class, a caller, an operation. What the store makes of the conditions is tested in object_read_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/permission.h"
#include "core/schema.h"
#include "value/json.h"

typedef struct bench {
    hp_arena *mem;
    hp_settings settings;
    hp_class *cls;
    hp_call call;
} bench;

static hp_value json(hp_arena *mem, const char *text)
{
    hp_value v = hp_null();
    hp_err err = { 0 };
    if (hp_json_read(hp_str_of(text), HP_JSON_PARSE, mem, &v, &err) != HP_OK) fail_msg("%s: %s", text, err.msg);
    return v;
}

static void add_field(bench *b, const char *name, hp_type type, const char *target)
{
    hp_field *f = HP_NEW(b->mem, hp_field);
    *f = (hp_field){ .name = hp_str_of(name), .type = type, .target_class = hp_str_of(target) };
    hp_field **fields = HP_NEW_ARRAY(b->mem, hp_field *, b->cls->field_count + 1);
    memcpy(fields, b->cls->fields, b->cls->field_count * sizeof *fields);
    fields[b->cls->field_count++] = f;
    b->cls->fields = fields;
    (void)hp_map_put(b->cls->by_name, f->name, f);
}

static void set_up(bench *b, const char *class_name, const char *clp)
{
    *b = (bench){ .mem = hp_arena_new() };
    b->settings.protected_fields = json(b->mem, "{\"_User\":{\"*\":[\"email\"]}}");
    b->settings.protected_fields_owner_exempt = true;
    b->cls = hp_schema_new_class(hp_str_of(class_name), b->mem);
    add_field(b, "owner", HP_T_POINTER, "_User");
    add_field(b, "editors", HP_T_ARRAY, NULL);
    add_field(b, "secret", HP_T_STRING, NULL);
    add_field(b, "other", HP_T_STRING, NULL);
    if (clp != NULL) b->cls->permissions = hp_value_new(b->mem, json(b->mem, clp));
    b->call = (hp_call){ .settings = &b->settings, .mem = b->mem };
}

static void tear_down(bench *b) { hp_arena_free(b->mem); }

static void be_nobody(bench *b)
{
    static const hp_str GROUPS[] = { HP_STR_INIT("*") };
    b->call.who = (hp_principal){ .access = HP_ACCESS_CLIENT, .groups = GROUPS, .group_count = 1 };
}

/* The user "ann" with the role "staff". */
static void be_user(bench *b)
{
    static const hp_str GROUPS[] = { HP_STR_INIT("*"), HP_STR_INIT("role:staff"), HP_STR_INIT("ann") };
    b->call.who =
        (hp_principal){ .access = HP_ACCESS_CLIENT, .user_id = HP_STR("ann"), .groups = GROUPS, .group_count = 3 };
}

static void be(bench *b, hp_access access)
{
    be_nobody(b);
    b->call.who.access = access;
}

/* "" allowed without a condition; "?" allowed with one; "0" allowed but sees nothing; else "<code> <message>". */
static const char *decide(bench *b, hp_operation op)
{
    static char text[500];
    hp_grant grant = { 0 };
    hp_err err = { 0 };
    if (hp_permit(&b->call, b->cls->name, b->cls, op, &grant, &err) != HP_OK) {
        (void)snprintf(text, sizeof text, "%d %s", (int)err.code, err.msg);
        assert_true(err.permission);
        return text;
    }
    return grant.none ? "0" : grant.also != NULL ? "?" : "";
}

#define DENIED(action) "119 Permission denied for action " action " on class T."
#define NEEDS_USER "101 Permission denied, user needs to be authenticated."

static void the_class_level_permissions_of_5_4(void **state)
{
    (void)state;
    const struct {
        const char *clp;
        hp_operation op;
        const char *nobody, *user;
    } cases[] = {
        { NULL, HP_OPERATION_FIND, "", "" },
        { NULL, HP_OPERATION_ADD_FIELD, "", "" },
        { "{}", HP_OPERATION_FIND, DENIED("find"), DENIED("find") }, /* what a stored document lacks is nobody's */
        { "{\"find\":{}}", HP_OPERATION_FIND, DENIED("find"), DENIED("find") },
        { "{\"count\":{\"*\":true}}", HP_OPERATION_COUNT, "", "" },
        { "{\"find\":{\"*\":true}}", HP_OPERATION_COUNT, DENIED("count"), DENIED("count") },
        { "{\"get\":{\"ann\":true}}", HP_OPERATION_GET, DENIED("get"), "" },
        { "{\"get\":{\"ann\":false}}", HP_OPERATION_GET, DENIED("get"), DENIED("get") },
        { "{\"get\":{\"bob\":true}}", HP_OPERATION_GET, DENIED("get"), DENIED("get") },
        { "{\"delete\":{\"role:staff\":true}}", HP_OPERATION_DELETE, DENIED("delete"), "" },
        { "{\"delete\":{\"role:boss\":true}}", HP_OPERATION_DELETE, DENIED("delete"), DENIED("delete") },
        { "{\"find\":{\"requiresAuthentication\":true}}", HP_OPERATION_FIND, NEEDS_USER, "" },
        { "{\"create\":{\"requiresAuthentication\":true}}", HP_OPERATION_CREATE, NEEDS_USER, "" },
        { "{\"find\":{\"pointerFields\":[\"owner\"]}}", HP_OPERATION_FIND, "0", "?" },
        { "{\"find\":{\"pointerFields\":[\"editors\"]}}", HP_OPERATION_FIND, "0", "?" },
        { "{\"find\":{\"pointerFields\":[]}}", HP_OPERATION_FIND, DENIED("find"), DENIED("find") },
        { "{\"find\":{\"pointerFields\":[\"owner\"],\"role:staff\":true}}", HP_OPERATION_FIND, "0", "" },
        { "{\"find\":{\"pointerFields\":[\"owner\"],\"requiresAuthentication\":true}}", HP_OPERATION_FIND, NEEDS_USER,
          "?" },
        { "{\"create\":{\"pointerFields\":[\"owner\"]}}", HP_OPERATION_CREATE, DENIED("create"), DENIED("create") },
        { "{\"create\":{},\"writeUserFields\":[\"owner\"]}", HP_OPERATION_CREATE, DENIED("create"), DENIED("create") },
        { "{\"get\":{},\"readUserFields\":[\"owner\"]}", HP_OPERATION_GET, "0", "?" },
        { "{\"readUserFields\":[\"owner\"]}", HP_OPERATION_COUNT, "0", "?" },
        { "{\"update\":{},\"readUserFields\":[\"owner\"]}", HP_OPERATION_UPDATE, DENIED("update"), DENIED("update") },
        { "{\"update\":{},\"writeUserFields\":[\"owner\"]}", HP_OPERATION_UPDATE, "0", "?" },
        { "{\"addField\":{\"pointerFields\":[\"owner\"]}}", HP_OPERATION_ADD_FIELD, "0", "?" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bench b;
        set_up(&b, "T", cases[i].clp);
        be_nobody(&b);
        if (strcmp(decide(&b, cases[i].op), cases[i].nobody) != 0)
            fail_msg("%s nobody: %s", cases[i].clp, decide(&b, cases[i].op));
        be_user(&b);
        if (strcmp(decide(&b, cases[i].op), cases[i].user) != 0)
            fail_msg("%s user: %s", cases[i].clp, decide(&b, cases[i].op));
        be(&b, HP_ACCESS_MASTER);
        if (strcmp(decide(&b, cases[i].op), "") != 0) fail_msg("%s master: %s", cases[i].clp, decide(&b, cases[i].op));
        tear_down(&b);
    }
}

static void a_pointer_field_that_is_gone_opens_nothing(void **state)
{
    (void)state;
    bench b;
    hp_grant grant = { 0 };
    hp_err err = { 0 };
    set_up(&b, "T", "{\"find\":{\"pointerFields\":[\"gone\",\"secret\"]}}");
    be_user(&b);
    assert_int_equal(hp_permit(&b.call, b.cls->name, b.cls, HP_OPERATION_FIND, &grant, &err), HP_OK);
    assert_int_equal(grant.also->kind, HP_FILTER_FALSE);
    tear_down(&b);
}

static void the_read_only_key_reads_everything_and_writes_nothing(void **state)
{
    (void)state;
    bench b;
    set_up(&b, "T", "{}");
    be(&b, HP_ACCESS_READ_ONLY);
    assert_string_equal(decide(&b, HP_OPERATION_FIND), "");
    assert_string_equal(decide(&b, HP_OPERATION_CREATE),
                        "119 read-only masterKey isn't allowed to perform the create operation.");
    assert_string_equal(decide(&b, HP_OPERATION_UPDATE),
                        "119 read-only masterKey isn't allowed to perform the update operation.");
    assert_string_equal(decide(&b, HP_OPERATION_DELETE),
                        "119 read-only masterKey isn't allowed to perform the delete operation.");
    tear_down(&b);
}

static void the_servers_own_classes_are_closed_to_clients(void **state)
{
    (void)state;
    static const char *const closed[] = { "_JobStatus",        "_PushStatus",  "_Hooks",         "_GlobalConfig",
                                          "_JobSchedule",      "_Audience",    "_GraphQLConfig", "_SCHEMA",
                                          "_Join:users:_Role", "_Idempotency", "_Unknown" };
    bench b;
    set_up(&b, "T", NULL);
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        for (hp_operation op = HP_OPERATION_GET; op <= HP_OPERATION_ADD_FIELD; op++) {
            hp_err err = { 0 };
            be_user(&b);
            assert_int_equal(hp_permit_class(&b.call, hp_str_of(closed[i]), NULL, op, &err), HP_E_OPERATION_FORBIDDEN);
            be(&b, HP_ACCESS_MASTER);
            assert_int_equal(hp_permit_class(&b.call, hp_str_of(closed[i]), NULL, op, &err), HP_OK);
        }
    hp_err err = { 0 };
    be_nobody(&b);
    assert_int_equal(hp_permit_class(&b.call, HP_STR("_Hooks"), NULL, HP_OPERATION_COUNT, &err),
                     HP_E_OPERATION_FORBIDDEN);
    assert_string_equal(err.msg, "Clients aren't allowed to perform the find operation on the _Hooks collection.");
    tear_down(&b);
}

static void installations_can_be_written_but_not_listed(void **state)
{
    (void)state;
    bench b;
    set_up(&b, "_Installation", NULL);
    be_nobody(&b);
    assert_string_equal(decide(&b, HP_OPERATION_GET), "");
    assert_string_equal(decide(&b, HP_OPERATION_CREATE), "");
    assert_string_equal(decide(&b, HP_OPERATION_FIND),
                        "119 Clients aren't allowed to perform the find operation on the installation collection.");
    assert_string_equal(decide(&b, HP_OPERATION_DELETE),
                        "119 Clients aren't allowed to perform the delete operation on the installation collection.");
    tear_down(&b);
}

static void sessions_are_their_users_alone(void **state)
{
    (void)state;
    bench b;
    set_up(&b, "_Session", "{\"find\":{\"*\":true},\"update\":{\"*\":true}}");
    be_nobody(&b);
    assert_string_equal(decide(&b, HP_OPERATION_FIND), "209 Invalid session token");
    assert_string_equal(decide(&b, HP_OPERATION_CREATE), "209 Invalid session token");
    be(&b, HP_ACCESS_MAINTENANCE);
    assert_string_equal(decide(&b, HP_OPERATION_FIND), "209 Invalid session token");
    be_user(&b);
    assert_string_equal(decide(&b, HP_OPERATION_FIND), "?");
    assert_string_equal(decide(&b, HP_OPERATION_UPDATE), "?");
    be(&b, HP_ACCESS_MASTER);
    assert_string_equal(decide(&b, HP_OPERATION_FIND), "");
    tear_down(&b);
}

static void a_class_that_does_not_exist_has_no_rows_or_is_refused(void **state)
{
    (void)state;
    bench b;
    hp_grant grant = { 0 };
    hp_err err = { 0 };
    set_up(&b, "T", NULL);
    be_nobody(&b);
    assert_int_equal(hp_permit(&b.call, HP_STR("X"), NULL, HP_OPERATION_FIND, &grant, &err), HP_E_OPERATION_FORBIDDEN);
    assert_string_equal(err.msg, "This user is not allowed to access non-existent class: X");
    assert_int_equal(hp_permit(&b.call, HP_STR("X"), NULL, HP_OPERATION_CREATE, &grant, &err),
                     HP_E_OPERATION_FORBIDDEN);
    assert_int_equal(hp_permit(&b.call, HP_STR("_Product"), NULL, HP_OPERATION_FIND, &grant, &err), HP_OK);
    assert_true(grant.none);
    b.settings.allow_client_class_creation = true;
    assert_int_equal(hp_permit(&b.call, HP_STR("X"), NULL, HP_OPERATION_FIND, &grant, &err), HP_OK);
    assert_true(grant.none);
    assert_int_equal(hp_permit(&b.call, HP_STR("X"), NULL, HP_OPERATION_CREATE, &grant, &err), HP_OK);
    assert_false(grant.none);
    tear_down(&b);
}

/* The hidden fields as "a,b", "-" for none; "none" when no group applied. */
static const char *hidden_from(bench *b, const char *row_json, hp_operation op)
{
    static char text[200];
    hp_grant grant = { 0 };
    hp_err err = { 0 };
    hp_row row = { .fields = json(b->mem, row_json) };
    const hp_str *hidden = NULL;
    size_t count = 0, len = 0;
    assert_int_equal(hp_permit(&b->call, b->cls->name, b->cls, op, &grant, &err), HP_OK);
    hp_permit_hidden(&b->call, b->cls, &grant, &row, &hidden, &count);
    if (hidden == NULL) return "none";
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%.*s", i > 0 ? "," : "", (int)hidden[i].len,
                                hidden[i].ptr);
    return count == 0 ? "-" : text;
}

#define CLP_WITH(groups) "{\"find\":{\"*\":true},\"update\":{\"*\":true},\"protectedFields\":" groups "}"
#define OWN_ROW "{\"objectId\":\"x\",\"owner\":{\"__type\":\"Pointer\",\"className\":\"_User\",\"objectId\":\"ann\"}}"
#define OTHERS_ROW \
    "{\"objectId\":\"x\",\"owner\":{\"__type\":\"Pointer\",\"className\":\"_User\",\"objectId\":\"bob\"}}"

static void protected_fields_are_the_intersection_of_the_groups_that_apply(void **state)
{
    (void)state;
    const struct {
        const char *clp, *row, *nobody, *user;
    } cases[] = {
        { CLP_WITH("{\"*\":[]}"), OTHERS_ROW, "-", "-" },
        { CLP_WITH("{\"*\":[\"secret\",\"other\"]}"), OTHERS_ROW, "secret,other", "secret,other" },
        { CLP_WITH("{\"*\":[\"secret\"],\"authenticated\":[]}"), OTHERS_ROW, "secret", "-" },
        { CLP_WITH("{\"*\":[\"secret\",\"other\"],\"role:staff\":[\"other\"]}"), OTHERS_ROW, "secret,other", "other" },
        { CLP_WITH("{\"*\":[\"secret\"],\"role:boss\":[]}"), OTHERS_ROW, "secret", "secret" },
        { CLP_WITH("{\"*\":[\"secret\",\"other\"],\"ann\":[\"secret\"]}"), OTHERS_ROW, "secret,other", "secret" },
        { CLP_WITH("{\"authenticated\":[\"secret\"]}"), OTHERS_ROW, "none", "secret" },
        { CLP_WITH("{\"*\":[\"secret\",\"other\"],\"userField:owner\":[\"other\"]}"), OTHERS_ROW, "secret,other",
          "secret,other" },
        { CLP_WITH("{\"*\":[\"secret\",\"other\"],\"userField:owner\":[\"other\"]}"), OWN_ROW, "secret,other",
          "other" },
        { CLP_WITH("{\"userField:owner\":[\"other\"]}"), OWN_ROW, "none", "none" },
        { CLP_WITH("{\"*\":[\"secret\"],\"userField:editors\":[]}"),
          "{\"objectId\":\"x\",\"editors\":[1,{\"__type\":\"Pointer\",\"className\":\"_User\",\"objectId\":\"ann\"}]}",
          "secret", "-" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bench b;
        set_up(&b, "T", cases[i].clp);
        be_nobody(&b);
        if (strcmp(hidden_from(&b, cases[i].row, HP_OPERATION_FIND), cases[i].nobody) != 0)
            fail_msg("%s nobody: %s", cases[i].clp, hidden_from(&b, cases[i].row, HP_OPERATION_FIND));
        be_user(&b);
        if (strcmp(hidden_from(&b, cases[i].row, HP_OPERATION_FIND), cases[i].user) != 0)
            fail_msg("%s user: %s", cases[i].clp, hidden_from(&b, cases[i].row, HP_OPERATION_FIND));
        assert_string_equal(hidden_from(&b, cases[i].row, HP_OPERATION_UPDATE),
                            "none"); /* write answers are not filtered */
        be(&b, HP_ACCESS_MASTER);
        assert_string_equal(hidden_from(&b, cases[i].row, HP_OPERATION_FIND), "none");
        tear_down(&b);
    }
}

static void the_servers_option_adds_to_the_class_and_spares_ones_own_user(void **state)
{
    (void)state;
    bench b;
    set_up(&b, "_User", CLP_WITH("{\"*\":[\"secret\"]}"));
    be_user(&b);
    assert_string_equal(hidden_from(&b, "{\"objectId\":\"bob\"}", HP_OPERATION_FIND), "secret,email");
    assert_string_equal(hidden_from(&b, "{\"objectId\":\"ann\"}", HP_OPERATION_FIND), "-");
    be_nobody(&b);
    assert_string_equal(hidden_from(&b, "{\"objectId\":\"ann\"}", HP_OPERATION_FIND), "secret,email");
    tear_down(&b);
    set_up(&b, "_User", NULL);
    be_user(&b);
    assert_string_equal(hidden_from(&b, "{\"objectId\":\"bob\"}", HP_OPERATION_FIND), "email");
    tear_down(&b);
}

static void a_permission_document_is_checked_with_the_words_of_7_5(void **state)
{
    (void)state;
    const struct {
        const char *clp, *message; /* NULL: accepted */
    } cases[] = {
        { "{\"find\":{\"*\":true,\"role:x\":true,\"abc123\":true,\"requiresAuthentication\":true,\"pointerFields\":["
          "\"owner\"]}}",
          NULL },
        { "{\"readUserFields\":[\"owner\",\"editors\"],\"writeUserFields\":[],\"protectedFields\":{\"*\":[\"secret\"]}"
          "}",
          NULL },
        { "{\"protectedFields\":{\"authenticated\":[],\"role:x\":[\"secret\"],\"userField:owner\":[],\"u1\":[]}}",
          NULL },
        { "{\"ACL\":{\"*\":{\"read\":true},\"currentUser\":{\"read\":true,\"write\":true}}}", NULL },
        { "{\"look\":{}}", "look is not a valid operation for class level permissions" },
        { "{\"find\":true}", "'true' is not a valid value for class level permissions find - must be an object" },
        { "{\"readUserFields\":{}}",
          "'[object Object]' is not a valid value for class level permissions readUserFields - must be an array" },
        { "{\"find\":{\"not an id\":true}}", "'not an id' is not a valid key for class level permissions" },
        { "{\"find\":{\"*\":1}}", "'1' is not a valid value for class level permissions acl find:*" },
        { "{\"find\":{\"*\":false}}", "'false' is not a valid value for class level permissions acl find:*" },
        { "{\"get\":{\"pointerFields\":\"owner\"}}",
          "'owner' is not a valid value for get[pointerFields] - expected an array." },
        { "{\"get\":{\"pointerFields\":[\"secret\"]}}",
          "'secret' is not a valid column for class level pointer permissions get" },
        { "{\"readUserFields\":[\"gone\"]}",
          "'gone' is not a valid column for class level pointer permissions readUserFields" },
        { "{\"protectedFields\":{\"a b\":[]}}", "'a b' is not a valid key for class level permissions" },
        { "{\"protectedFields\":{\"*\":\"secret\"}}",
          "'secret' is not a valid value for protectedFields[*] - expected an array." },
        { "{\"protectedFields\":{\"*\":[\"createdAt\"]}}", "Default field 'createdAt' can not be protected" },
        { "{\"protectedFields\":{\"role:x\":[\"gone\"]}}", "Field 'gone' in protectedFields:role:x does not exist" },
        { "{\"ACL\":{\"*\":{\"look\":true}}}", "'look' is not a valid key for class level permissions acl" },
        { "{\"ACL\":{\"*\":{\"read\":1}}}", "'1' is not a valid value for class level permissions acl" },
    };
    bench b;
    set_up(&b, "T", NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_err err = { 0 };
        const hp_value clp = json(b.mem, cases[i].clp);
        const hp_code rc = hp_permissions_check(b.cls, &clp, false, &err);
        if (rc != (cases[i].message == NULL ? HP_OK : HP_E_INVALID_JSON))
            fail_msg("%s: %d %s", cases[i].clp, (int)rc, err.msg);
        if (cases[i].message != NULL) assert_string_equal(err.msg, cases[i].message);
    }
    hp_err err = { 0 };
    const hp_value custom = json(b.mem, "{\"find\":{\"my-id!\":true}}");
    assert_int_equal(hp_permissions_check(b.cls, &custom, true, &err), HP_OK);
    tear_down(&b);
}

static void the_shown_document_is_complete(void **state)
{
    (void)state;
    bench b;
    set_up(&b, "T", NULL);
    hp_value shown = hp_permissions_shown(b.cls, b.mem);
    assert_true(hp_is_true(hp_object_get(hp_object_get(&shown, HP_STR("addField")), HP_STR("*"))));
    tear_down(&b);
    set_up(&b, "T", "{\"find\":{\"*\":true}}");
    shown = hp_permissions_shown(b.cls, b.mem);
    const hp_value *count = hp_object_get(&shown, HP_STR("count"));
    assert_true(hp_is(count, HP_OBJECT) && count->object.count == 0);
    assert_true(hp_is_true(hp_object_get(hp_object_get(&shown, HP_STR("find")), HP_STR("*"))));
    assert_null(hp_object_get(b.cls->permissions, HP_STR("count"))); /* the snapshot itself did not change */
    tear_down(&b);
}

/* The same conditions as the store's, for an object that is at hand. */
static void a_grant_covers_the_objects_that_a_find_would_show(void **state)
{
    (void)state;
    enum { MANY = 100 };
    bench b;
    set_up(&b, "Post", NULL);
    hp_str groups[MANY], readers[MANY];
    for (int i = 0; i < MANY; i++) {
        groups[i] = hp_arena_printf(b.mem, "role:g%d", i);
        readers[i] = hp_arena_printf(b.mem, "role:r%d", i);
    }
    const hp_value ann = hp_pointer(HP_STR("_User"), HP_STR("ann"));
    hp_row row = { .fields = hp_object() };
    hp_object_set(b.mem, &row.fields, HP_STR("owner"), ann);

    for (size_t count = 1; count <= MANY; count += MANY - 1) { /* few pairs, and so many that a map is made */
        hp_grant grant = { .scope = { .groups = groups, .group_count = count } };
        assert_true(hp_permit_covers(&b.call, &grant, &row));
        row.has_read_acl = true;
        assert_false(hp_permit_covers(&b.call, &grant, &row));
        row.readers = readers;
        row.reader_count = count;
        assert_false(hp_permit_covers(&b.call, &grant, &row));
        readers[count - 1] = groups[count - 1];
        assert_true(hp_permit_covers(&b.call, &grant, &row));
        readers[count - 1] = HP_STR("role:nobody");

        grant.scope.unrestricted = true;
        assert_true(hp_permit_covers(&b.call, &grant, &row));
        grant.also = hp_filter_eq(b.mem, hp_class_field(b.cls, HP_STR("owner")), ann);
        assert_true(hp_permit_covers(&b.call, &grant, &row));
        grant.also = hp_filter_eq(b.mem, hp_class_field(b.cls, HP_STR("owner")), hp_null());
        assert_false(hp_permit_covers(&b.call, &grant, &row));
        grant = (hp_grant){ .none = true, .scope = { .unrestricted = true } };
        assert_false(hp_permit_covers(&b.call, &grant, &row));
        row.has_read_acl = false;
        row.reader_count = 0;
    }
    tear_down(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_class_level_permissions_of_5_4),
        cmocka_unit_test(a_pointer_field_that_is_gone_opens_nothing),
        cmocka_unit_test(the_read_only_key_reads_everything_and_writes_nothing),
        cmocka_unit_test(the_servers_own_classes_are_closed_to_clients),
        cmocka_unit_test(installations_can_be_written_but_not_listed),
        cmocka_unit_test(sessions_are_their_users_alone),
        cmocka_unit_test(a_class_that_does_not_exist_has_no_rows_or_is_refused),
        cmocka_unit_test(protected_fields_are_the_intersection_of_the_groups_that_apply),
        cmocka_unit_test(the_servers_option_adds_to_the_class_and_spares_ones_own_user),
        cmocka_unit_test(a_permission_document_is_checked_with_the_words_of_7_5),
        cmocka_unit_test(the_shown_document_is_complete),
        cmocka_unit_test(a_grant_covers_the_objects_that_a_find_would_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

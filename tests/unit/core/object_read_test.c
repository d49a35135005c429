/* find and get on the real store: who sees which rows and fields, whichever way he asks. */
#include "read_fixture.h"

#include "core/serialise.h"

#define PLAIN "{}"

/* T: public a, hidden b (ACL of ann), c of bob by pointer; secret and obj are protected. */
typedef struct cast {
    const char *ann, *bob, *ann_token, *bob_token;
    const char *a, *b, *c;
} cast;

static cast set_up_cast(core_fixture *f)
{
    cast k = { 0 };
    k.ann = fixture_sign_up(f, "ann", &k.ann_token);
    k.bob = fixture_sign_up(f, "bob", &k.bob_token);
    k.a = fixture_make(
        f, "T",
        fixture_fmt(f, "{'name':'a','n':1,'secret':'sa','obj':{'k':'v'},'owner':" POINTER_FMT "}", "_User", k.ann));
    k.b = fixture_make(
        f, "T", fixture_fmt(f, "{'name':'b','n':2,'secret':'sb','obj':{'k':'w'},'ACL':{'%s':{'read':true}}}", k.ann));
    k.c = fixture_make(f, "T",
                       fixture_fmt(f, "{'name':'c','n':3,'secret':'sc','owner':" POINTER_FMT "}", "_User", k.bob));
    fixture_permissions(f, "T",
                        "{\"find\":{\"*\":true},\"get\":{\"*\":true},\"count\":{\"*\":true},\"protectedFields\":{\"*\":"
                        "[\"secret\",\"obj\"]}}");
    return k;
}

static void rows_under_an_acl_are_silently_absent(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    assert_string_equal(fixture_names(f, AS_NOBODY, "T", "{\"order\":\"n\"}"), "a,c");
    assert_string_equal(fixture_names(f, AS(k.bob_token), "T", "{\"order\":\"n\"}"), "a,c");
    assert_string_equal(fixture_names(f, AS(k.ann_token), "T", "{\"order\":\"-n\"}"), "c,b,a");
    assert_string_equal(fixture_names(f, AS_MASTER, "T", "{\"order\":\"n\"}"), "a,b,c");
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "T", k.b, PLAIN).error, "101 Object not found.");
    assert_string_equal(fixture_fetch(f, AS(k.ann_token), "T", k.b, PLAIN).error, "");
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "T", "gone", PLAIN).error, "101 Object not found.");
}

static void a_role_gives_what_its_members_may_read(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    (void)fixture_make(f, "T", "{\"name\":\"d\",\"n\":4,\"ACL\":{\"role:mod\":{\"read\":true}}}");
    assert_string_equal(fixture_names(f, AS(k.bob_token), "T", "{\"where\":{\"n\":4}}"), "");
    (void)fixture_make(f, "_Role",
                       fixture_fmt(f,
                                   "{'name':'mod','ACL':{},'users':{'__op':'AddRelation','objects':[" POINTER_FMT "]}}",
                                   "_User", k.bob));
    assert_string_equal(fixture_names(f, AS(k.bob_token), "T", "{\"where\":{\"n\":4}}"), "d");
    assert_string_equal(fixture_names(f, AS(k.ann_token), "T", "{\"where\":{\"n\":4}}"), "");
}

static void count_counts_readable_rows_and_limit_zero_asks_for_nothing_else(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    fixture_found r = fixture_find(f, AS_NOBODY, "T", "{\"limit\":0,\"count\":1}");
    assert_int_equal(r.count, 2);
    assert_int_equal(r.value.array.count, 0);
    assert_int_equal(fixture_find(f, AS(k.ann_token), "T", "{\"limit\":1,\"count\":true}").count, 3);
    assert_int_equal(fixture_find(f, AS_NOBODY, "T", PLAIN).count, -1);
    fixture_permissions(f, "T", "{\"find\":{},\"count\":{\"*\":true}}");
    assert_int_equal(fixture_find(f, AS_NOBODY, "T", "{\"limit\":0,\"count\":1}").count, 2);
    assert_string_equal(fixture_find(f, AS_NOBODY, "T", "{\"count\":1}").error,
                        "119 Permission denied for action find on class T.");
    fixture_permissions(f, "T", "{\"find\":{\"*\":true},\"count\":{}}");
    assert_string_equal(fixture_find(f, AS_NOBODY, "T", "{\"count\":1}").error,
                        "119 Permission denied for action count on class T.");
}

/* `count` bare objects in a few units: quicker than saves. */
static void fill(core_fixture *f, const char *class_name, int count)
{
    enum { OPS = 5000, ID_BYTES = 16 };
    hp_call call = fixture_call(f, true, NULL);
    const hp_class *c = hp_schema_class(call.schema, hp_str_of(class_name));
    for (int done = 0; done < count;) {
        HP_AUTO_ARENA mem = hp_arena_new();
        hp_unit_op *ops = HP_NEW_ARRAY(mem, hp_unit_op, OPS);
        hp_unit unit = { .ops = ops };
        hp_err err = { 0 };
        for (; unit.count < OPS && done < count; unit.count++, done++)
            ops[unit.count] = (hp_unit_op){ .kind = HP_UNIT_INSERT,
                                            .cls = c,
                                            .object_id = hp_arena_printf(mem, "%0*d", ID_BYTES, done),
                                            .created_ms = 1,
                                            .updated_ms = 1 };
        assert_int_equal(hp_store_write(f->store, &unit, mem, &err), HP_OK);
    }
    hp_call_close(&call);
}

static void a_result_that_is_too_long_is_refused_and_not_cut_short(void **state)
{
    enum { MOST = 100000 };
    static const char ALL[] = "{\"limit\":1000000,\"keys\":\"objectId\"}";
    core_fixture *f = *state;
    (void)fixture_make(f, "Long", "{}");
    fill(f, "Long", MOST - 1);
    assert_int_equal(fixture_find(f, true, NULL, "Long", ALL).value.array.count, MOST);

    (void)fixture_make(f, "Long", "{}");
    const fixture_found found = fixture_find(f, true, NULL, "Long", ALL);
    assert_int_equal(found.code, HP_E_INVALID_QUERY);
    assert_non_null(strstr(found.error, "more than 100000 objects"));
    assert_int_equal(fixture_find(f, true, NULL, "Long", "{\"limit\":3}").value.array.count, 3);
}

static void limit_and_skip_are_bounded_by_the_settings(void **state)
{
    core_fixture *f = *state;
    (void)set_up_cast(f);
    f->settings.default_limit = 2;
    assert_string_equal(fixture_names(f, AS_MASTER, "T", "{\"order\":\"n\"}"), "a,b");
    assert_string_equal(fixture_names(f, AS_MASTER, "T", "{\"order\":\"n\",\"limit\":1000000000}"), "a,b,c");
    assert_string_equal(fixture_names(f, AS_MASTER, "T", "{\"order\":\"n\",\"skip\":2}"), "c");
    assert_string_equal(fixture_names(f, AS_MASTER, "T", "{\"order\":\"n\",\"skip\":1000000000000}"), "");
    f->settings.max_limit = 1;
    assert_string_equal(fixture_names(f, AS_MASTER, "T", "{\"order\":\"n\",\"limit\":3}"), "a");
    assert_string_equal(fixture_names(f, AS_MASTER, "T", "{\"limit\":0}"), "");
}

static void pointer_permissions_select_rows(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    fixture_permissions(f, "T",
                        "{\"find\":{\"pointerFields\":[\"owner\"]},\"get\":{\"pointerFields\":[\"owner\"]},\"count\":{"
                        "\"pointerFields\":[\"owner\"]}}");
    assert_string_equal(fixture_names(f, AS_NOBODY, "T", PLAIN), "");
    assert_string_equal(fixture_names(f, AS(k.bob_token), "T", PLAIN), "c");
    assert_string_equal(
        fixture_names(f, AS(k.bob_token), "T", "{\"where\":{\"$or\":[{\"name\":\"a\"},{\"name\":\"c\"}]}}"), "c");
    assert_int_equal(fixture_find(f, AS(k.bob_token), "T", "{\"count\":1,\"limit\":0}").count, 1);
    assert_int_equal(fixture_find(f, AS_NOBODY, "T", "{\"count\":1,\"limit\":0}").count, 0);
    assert_string_equal(fixture_fetch(f, AS(k.bob_token), "T", k.a, PLAIN).error, "101 Object not found.");
    assert_string_equal(fixture_fetch(f, AS(k.bob_token), "T", k.c, PLAIN).error, "");
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "T", k.c, PLAIN).error, "101 Object not found.");
}

static void requiring_authentication_is_refused_with_101(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    fixture_permissions(f, "T", "{\"find\":{\"requiresAuthentication\":true}}");
    assert_string_equal(fixture_find(f, AS_NOBODY, "T", PLAIN).error,
                        "101 Permission denied, user needs to be authenticated.");
    assert_string_equal(fixture_names(f, AS(k.bob_token), "T", "{\"order\":\"n\"}"), "a,c");
}

/* A1, A3, A4, A13: a protected field is neither shown nor asked for. */
static void a_protected_field_is_no_question_either(void **state)
{
    core_fixture *f = *state;
    static const char *const refused[] = {
        "{\"where\":{\"secret\":{\"$regex\":\"^s\"}}}",
        "{\"where\":{\"$or\":[{\"name\":\"x\"},{\"$and\":[{\"secret\":\"a\"}]}]}}",
        "{\"where\":{\"$nor\":[{\"secret\":\"sa\"}]},\"count\":1,\"limit\":0}",
        "{\"where\":{\"obj.k\":\"v\"}}",
        "{\"order\":\"obj.k\"}",
        "{\"order\":\"name,-secret\"}",
    };
    (void)set_up_cast(f);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        fixture_found r = fixture_find(f, AS_NOBODY, "T", refused[i]);
        if (r.code != HP_E_OPERATION_FORBIDDEN) fail_msg("%s: %s", refused[i], r.error);
        assert_string_equal(fixture_find(f, AS_MASTER, "T", refused[i]).error, "");
    }
    fixture_found r = fixture_find(f, AS_NOBODY, "T", "{\"keys\":\"name,secret,obj\",\"where\":{\"name\":\"a\"}}");
    assert_string_equal(fixture_at(f, &r.value, "0.secret"), "absent");
    assert_string_equal(fixture_at(f, &r.value, "0.obj"), "absent");
    r = fixture_find(f, AS_MASTER, "T", "{\"where\":{\"name\":\"a\"}}");
    assert_string_equal(fixture_at(f, &r.value, "0.secret"), "\"sa\"");
    assert_string_equal(fixture_names(f, AS_NOBODY, "T", "{\"where\":{\"SECRET\":\"sa\"}}"),
                        ""); /* another, unknown, field */
}

static void a_protected_field_opens_per_object_to_the_user_it_names(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    fixture_permissions(f, "T",
                        "{\"find\":{\"*\":true},\"get\":{\"*\":true},\"protectedFields\":{\"*\":[\"secret\",\"obj\"],"
                        "\"userField:owner\":[]}}");
    fixture_found r = fixture_find(f, AS(k.ann_token), "T", "{\"order\":\"n\",\"keys\":\"secret\"}");
    assert_string_equal(fixture_at(f, &r.value, "0.secret"), "\"sa\"");
    assert_string_equal(fixture_at(f, &r.value, "1.secret"), "absent");
    assert_string_equal(fixture_at(f, &r.value, "0.owner"), "absent"); /* read to decide, not asked for */
}

/* A2, A11: what users keep secret is not in the answer and gives no answer. */
static void tokens_and_hashes_of_users_cannot_be_asked_for(void **state)
{
    core_fixture *f = *state;
    static const char *const refused[] = {
        "{\"where\":{\"sessionToken\":{\"$regex\":\"^r:\"}}}",
        "{\"where\":{\"_session_token\":{\"$regex\":\"^r:\"}}}",
        "{\"where\":{\"_hashed_password\":{\"$exists\":true}}}",
        "{\"where\":{\"password\":{\"$exists\":true}}}",
        "{\"where\":{\"email\":{\"$regex\":\"^a\"}}}",
        "{\"order\":\"sessionToken\"}",
    };
    cast k = set_up_cast(f);
    f->settings.protected_fields = fixture_json(f, "{\"_User\":{\"*\":[\"email\"]}}");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        fixture_found r = fixture_find(f, AS(k.ann_token), "_User", refused[i]);
        if (r.code != HP_E_OPERATION_FORBIDDEN && r.code != HP_E_INVALID_KEY_NAME)
            fail_msg("%s: %d %s", refused[i], (int)r.code, r.error);
    }
    fixture_found r = fixture_fetch(f, AS_MASTER, "_User", k.ann, PLAIN);
    assert_string_equal(fixture_at(f, &r.value, "username"), "\"ann\"");
    assert_string_equal(fixture_at(f, &r.value, "_hashed_password"), "absent");
    assert_string_equal(fixture_at(f, &r.value, "password"), "absent");
}

static void ones_own_user_comes_with_the_token_from_get_alone(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    fixture_found r = fixture_fetch(f, AS(k.ann_token), "User", k.ann, PLAIN);
    assert_string_equal(fixture_at(f, &r.value, "sessionToken"), fixture_fmt(f, "'%s'", k.ann_token));
    r = fixture_find(f, AS(k.ann_token), "_User", PLAIN);
    assert_int_equal(r.value.array.count, 1); /* users are private */
    assert_string_equal(fixture_at(f, &r.value, "0.sessionToken"), "absent");
    r = fixture_fetch(f, AS(k.bob_token), "_User", k.ann, PLAIN);
    assert_string_equal(r.error, "101 Object not found.");
    r = fixture_fetch(f, AS_MASTER, "_User", k.ann, PLAIN);
    assert_string_equal(fixture_at(f, &r.value, "sessionToken"), "absent");
}

static void keys_and_exclude_keys_choose_fields(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    fixture_found r = fixture_fetch(f, AS_MASTER, "T", k.b, "{\"keys\":\"name,nosuch\"}");
    assert_string_equal(fixture_at(f, &r.value, "name"), "\"b\"");
    assert_string_equal(fixture_at(f, &r.value, "n"), "absent");
    assert_string_not_equal(fixture_at(f, &r.value, "ACL"), "absent");
    assert_string_not_equal(fixture_at(f, &r.value, "createdAt"), "absent");
    r = fixture_fetch(f, AS_MASTER, "T", k.b, "{\"excludeKeys\":\"name,ACL,objectId\"}");
    assert_string_equal(fixture_at(f, &r.value, "name"), "absent");
    assert_string_equal(fixture_at(f, &r.value, "n"), "2");
    assert_string_not_equal(fixture_at(f, &r.value, "ACL"), "absent");
    assert_string_not_equal(fixture_at(f, &r.value, "objectId"), "absent");
    r = fixture_fetch(f, AS_MASTER, "T", k.b, "{\"keys\":\"name,n\",\"excludeKeys\":\"n\"}");
    assert_string_equal(fixture_at(f, &r.value, "name"), "\"b\"");
    assert_string_equal(fixture_at(f, &r.value, "n"), "absent");
}

static void a_get_takes_no_query_parameters(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    assert_string_equal(fixture_fetch(f, AS_MASTER, "T", k.a, "{\"where\":{}}").error,
                        "102 Improper encode of parameter");
    assert_string_equal(fixture_find(f, AS_MASTER, "T", "{\"trace\":1}").error,
                        "102 Invalid parameter for query: trace");
}

static void unknown_classes_answer_by_the_rules_of_class_creation(void **state)
{
    core_fixture *f = *state;
    assert_string_equal(fixture_names(f, AS_NOBODY, "Nope", PLAIN), "");
    assert_int_equal(fixture_find(f, AS_NOBODY, "Nope", "{\"count\":1}").count, 0);
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "Nope", "x", PLAIN).error, "101 Object not found.");
    assert_string_equal(fixture_find(f, AS_NOBODY, "Nope", "{\"where\":{\"$or\":1}}").error,
                        "102 $or must be an array");
    f->settings.allow_client_class_creation = false;
    assert_string_equal(fixture_find(f, AS_NOBODY, "Nope", PLAIN).error,
                        "119 This user is not allowed to access non-existent class: Nope");
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "Nope", "x", PLAIN).error,
                        "119 This user is not allowed to access non-existent class: Nope");
    assert_string_equal(fixture_names(f, AS_MASTER, "Nope", PLAIN), "");
    assert_string_equal(fixture_find(f, AS_NOBODY, "_SCHEMA", PLAIN).error,
                        "119 Clients aren't allowed to perform the find operation on the _SCHEMA collection.");
}

/* C3: the checks are those of the class that is really asked. */
static void a_redirect_is_checked_as_the_class_it_leads_to(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    (void)fixture_make(f, "R",
                       fixture_fmt(f,
                                   "{'name':'r','ts':{'__op':'AddRelation','objects':[" POINTER_FMT "]},"
                                   "'ss':{'__op':'AddRelation','objects':[" POINTER_FMT "]}}",
                                   "T", k.a, "_Session", "x"));
    fixture_found r = fixture_find(f, AS_NOBODY, "R", "{\"redirectClassNameForKey\":\"ts\",\"order\":\"n\"}");
    assert_string_equal(fixture_at(f, &r.value, "0.className"), "\"T\"");
    assert_string_equal(fixture_at(f, &r.value, "1.name"), "\"c\"");
    assert_string_equal(fixture_at(f, &r.value, "0.secret"), "absent");
    assert_string_equal(fixture_find(f, AS_NOBODY, "R", "{\"redirectClassNameForKey\":\"ss\"}").error,
                        "209 Invalid session token");
    assert_string_equal(fixture_names(f, AS_NOBODY, "R", "{\"redirectClassNameForKey\":\"name\"}"), "r");
    fixture_permissions(f, "T", "{}");
    assert_string_equal(fixture_find(f, AS_NOBODY, "R", "{\"redirectClassNameForKey\":\"ts\"}").error,
                        "119 Permission denied for action find on class T.");
}

static void sessions_are_listed_for_their_user_alone(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    assert_string_equal(fixture_find(f, AS_NOBODY, "_Session", PLAIN).error, "209 Invalid session token");
    fixture_found own = fixture_find(f, AS(k.ann_token), "_Session", PLAIN);
    assert_int_equal(own.value.array.count, 1);
    assert_string_equal(fixture_at(f, &own.value, "0.sessionToken"), fixture_fmt(f, "'%s'", k.ann_token));
    const char *id = hp_arena_cstr(f->mem, hp_object_text(&own.value.array.items[0], HP_STR("objectId")));
    assert_string_equal(fixture_fetch(f, AS(k.bob_token), "_Session", id, PLAIN).error, "101 Object not found.");
    assert_string_equal(fixture_fetch(f, AS(k.ann_token), "_Session", id, PLAIN).error, "");
    assert_int_equal(fixture_find(f, AS_MASTER, "_Session", PLAIN).value.array.count, 2);
    assert_string_equal(
        fixture_names(f, AS(k.bob_token), "_Session", fixture_fmt(f, "{'where':{'sessionToken':'%s'}}", k.ann_token)),
        "");
}

/* ---- triggers ---- */

typedef struct seen {
    int before, after;
    bool is_get, is_count;
    const char *query;
} seen;

static int only_first(hpc_request *r, void *data)
{
    seen *s = data;
    s->before++;
    s->is_get = r->rq->is_get;
    s->is_count = r->rq->is_count;
    hp_value *where = hp_object_get(r->rq->query, HP_STR("where"));
    s->query = where == NULL ? "" : hp_arena_cstr(r->rq->mem, hp_json_text(r->rq->mem, where));
    hp_value narrowed = where == NULL ? hp_object() : *where;
    hp_object_set(r->rq->mem, &narrowed, HP_STR("n"), hp_number(1));
    hp_object_set(r->rq->mem, r->rq->query, HP_STR("where"), narrowed);
    return HPC_OK;
}

static int shout(hpc_request *r, void *data)
{
    ((seen *)data)->after++;
    for (uint32_t i = 0; i < r->rq->objects->array.count; i++)
        hp_object_set(r->rq->mem, &r->rq->objects->array.items[i], HP_STR("name"), hp_string(HP_STR("loud")));
    return HPC_OK;
}

static int refuse(hpc_request *r, void *data)
{
    (void)data;
    return (int)hp_fail(r->err, HP_E_VALIDATION_ERROR, "not today");
}

static int find_nothing(hpc_request *r, void *data)
{
    (void)data;
    *r->rq->objects = hp_array();
    return HPC_OK;
}

static void before_find_changes_the_question_for_find_and_get(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    seen s = { 0 };
    fixture_trigger(f, HP_TRIGGER_BEFORE_FIND, "T", only_first, &s);
    assert_string_equal(fixture_names(f, AS_NOBODY, "T", "{\"where\":{\"name\":{\"$exists\":true}},\"count\":1}"), "a");
    assert_true(s.is_count && !s.is_get);
    assert_string_equal(s.query, "{\"name\":{\"$exists\":true}}");
    assert_string_equal(fixture_names(f, AS_NOBODY, "T", "{\"where\":\"{\\\"name\\\":\\\"a\\\"}\"}"),
                        "a"); /* as text */
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "T", k.a, PLAIN).error, "");
    assert_true(s.is_get);
    assert_string_equal(s.query, fixture_fmt(f, "{'objectId':'%s'}", k.a));
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "T", k.c, PLAIN).error, "101 Object not found.");
    assert_int_equal(s.before, 4);
}

static void after_find_changes_the_answer_but_saw_no_more_than_the_caller(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    seen s = { 0 };
    fixture_trigger(f, HP_TRIGGER_AFTER_FIND, "T", shout, &s);
    fixture_found r = fixture_find(f, AS_NOBODY, "T", PLAIN);
    assert_string_equal(fixture_at(f, &r.value, "1.name"), "\"loud\"");
    assert_string_equal(fixture_at(f, &r.value, "1.secret"), "absent");
    r = fixture_fetch(f, AS_NOBODY, "T", k.a, PLAIN);
    assert_string_equal(fixture_at(f, &r.value, "name"), "\"loud\"");
    assert_string_equal(fixture_names(f, AS_MASTER, "T", "{\"where\":{\"name\":\"loud\"}}"),
                        ""); /* nothing was stored */
    fixture_trigger(f, HP_TRIGGER_AFTER_FIND, "T", find_nothing, NULL);
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "T", k.a, PLAIN).error, "101 Object not found.");
    assert_string_equal(fixture_names(f, AS_NOBODY, "T", PLAIN), "");
}

static void a_trigger_that_throws_fails_the_request_and_runs_for_nobody_who_may_not_ask(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    seen s = { 0 };
    fixture_trigger(f, HP_TRIGGER_BEFORE_FIND, "T", refuse, NULL);
    assert_string_equal(fixture_find(f, AS_NOBODY, "T", PLAIN).error, "142 not today");
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "T", k.a, PLAIN).error, "142 not today");
    fixture_trigger(f, HP_TRIGGER_BEFORE_FIND, "Nope", only_first, &s);
    f->settings.allow_client_class_creation = false;
    assert_int_equal(fixture_find(f, AS_NOBODY, "Nope", PLAIN).code, HP_E_OPERATION_FORBIDDEN);
    assert_int_equal(s.before, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(rows_under_an_acl_are_silently_absent),
        FIXTURE_TEST(a_role_gives_what_its_members_may_read),
        FIXTURE_TEST(count_counts_readable_rows_and_limit_zero_asks_for_nothing_else),
        FIXTURE_TEST(limit_and_skip_are_bounded_by_the_settings),
        FIXTURE_TEST(a_result_that_is_too_long_is_refused_and_not_cut_short),
        FIXTURE_TEST(pointer_permissions_select_rows),
        FIXTURE_TEST(requiring_authentication_is_refused_with_101),
        FIXTURE_TEST(a_protected_field_is_no_question_either),
        FIXTURE_TEST(a_protected_field_opens_per_object_to_the_user_it_names),
        FIXTURE_TEST(tokens_and_hashes_of_users_cannot_be_asked_for),
        FIXTURE_TEST(ones_own_user_comes_with_the_token_from_get_alone),
        FIXTURE_TEST(keys_and_exclude_keys_choose_fields),
        FIXTURE_TEST(a_get_takes_no_query_parameters),
        FIXTURE_TEST(unknown_classes_answer_by_the_rules_of_class_creation),
        FIXTURE_TEST(a_redirect_is_checked_as_the_class_it_leads_to),
        FIXTURE_TEST(sessions_are_listed_for_their_user_alone),
        FIXTURE_TEST(before_find_changes_the_question_for_find_and_get),
        FIXTURE_TEST(after_find_changes_the_answer_but_saw_no_more_than_the_caller),
        FIXTURE_TEST(a_trigger_that_throws_fails_the_request_and_runs_for_nobody_who_may_not_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

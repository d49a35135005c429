#include "read_fixture.h"

/* Post p -> author ann (private user), cover (Pic) and pics [Pic…]; Pic x is public, y is hidden, every Pic -> tag (Tag). */
typedef struct cast {
    const char *ann, *ann_token, *tag, *x, *y, *post;
} cast;

static cast set_up_cast(core_fixture *f)
{
    cast k = { 0 };
    k.ann = fixture_sign_up(f, "ann", &k.ann_token);
    k.tag = fixture_make(f, "Tag", "{\"name\":\"t\",\"colour\":\"red\"}");
    k.x = fixture_make(f, "Pic", fixture_fmt(f, "{'name':'x','size':1,'tag':" POINTER_FMT "}", "Tag", k.tag));
    k.y = fixture_make(f, "Pic", fixture_fmt(f, "{'name':'y','size':2,'tag':" POINTER_FMT ",'ACL':{}}", "Tag", k.tag));
    k.post = fixture_make(f, "Post",
                          fixture_fmt(f,
                                      "{'name':'p','author':" POINTER_FMT ",'cover':" POINTER_FMT
                                      ",'hiddenCover':" POINTER_FMT ",'pics':[" POINTER_FMT ",7," POINTER_FMT
                                      "],'box':{'pic':" POINTER_FMT ",'n':1}}",
                                      "_User", k.ann, "Pic", k.x, "Pic", k.y, "Pic", k.x, "Pic", k.y, "Pic", k.x));
    return k;
}

static hp_value get(core_fixture *f, const cast *k, bool master, const char *token, const char *params)
{
    fixture_found r = fixture_fetch(f, master, token, "Post", k->post, params);
    if (r.code != HP_OK) fail_msg("%s: %s", params, r.error);
    return r.value;
}

static void a_pointer_becomes_the_object_with_its_type_and_class(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    hp_value v = get(f, &k, AS_NOBODY, "{\"include\":\"cover\"}");
    assert_string_equal(fixture_at(f, &v, "cover.__type"), "\"Object\"");
    assert_string_equal(fixture_at(f, &v, "cover.className"), "\"Pic\"");
    assert_string_equal(fixture_at(f, &v, "cover.name"), "\"x\"");
    assert_string_equal(fixture_at(f, &v, "cover.tag"), fixture_fmt(f, POINTER_FMT, "Tag", k.tag));
    v = get(f, &k, AS_NOBODY, "{}");
    assert_string_equal(fixture_at(f, &v, "cover"), fixture_fmt(f, POINTER_FMT, "Pic", k.x));
}

static void what_is_hidden_or_gone_is_dropped_in_silence(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    hp_value v = get(f, &k, AS_NOBODY, "{\"include\":\"hiddenCover,pics,author\"}");
    assert_string_equal(fixture_at(f, &v, "hiddenCover"), "absent");
    assert_string_equal(fixture_at(f, &v, "author"), "absent"); /* users are private */
    assert_string_equal(fixture_at(f, &v, "pics.0.name"), "\"x\"");
    assert_string_equal(fixture_at(f, &v, "pics.1"), "7");
    assert_string_equal(fixture_at(f, &v, "pics.2"), "absent");
    v = get(f, &k, AS_MASTER, "{\"include\":\"hiddenCover,pics\"}");
    assert_string_equal(fixture_at(f, &v, "hiddenCover.name"), "\"y\"");
    assert_string_equal(fixture_at(f, &v, "pics.2.name"), "\"y\"");
    (void)fixture_ok(fixture_remove(f, AS_MASTER, "Pic", k.y));
    v = get(f, &k, AS_MASTER, "{\"include\":\"hiddenCover,pics\"}");
    assert_string_equal(fixture_at(f, &v, "hiddenCover"), "absent");
    assert_string_equal(fixture_at(f, &v, "pics.2"), "absent");
}

static void every_prefix_of_a_path_is_included(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    hp_value v = get(f, &k, AS_NOBODY, "{\"include\":\"cover.tag,pics.tag,box.pic.tag\"}");
    assert_string_equal(fixture_at(f, &v, "cover.tag.colour"), "\"red\"");
    assert_string_equal(fixture_at(f, &v, "pics.0.tag.colour"), "\"red\"");
    assert_string_equal(fixture_at(f, &v, "box.pic.tag.colour"), "\"red\"");
    assert_string_equal(fixture_at(f, &v, "box.n"), "1");
}

static void star_and_include_all_take_pointers_and_arrays_one_level(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    hp_value v = get(f, &k, AS(k.ann_token), "{\"include\":\"*\"}");
    assert_string_equal(fixture_at(f, &v, "author.username"), "\"ann\"");
    assert_string_equal(fixture_at(f, &v, "pics.0.name"), "\"x\"");
    assert_string_equal(fixture_at(f, &v, "cover.tag.colour"), "absent");
    fixture_found r = fixture_find(f, AS(k.ann_token), "Post", "{\"includeAll\":true}");
    assert_string_equal(fixture_at(f, &r.value, "0.cover.name"), "\"x\"");
}

static void dotted_keys_include_and_restrict(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    hp_value v = get(f, &k, AS_NOBODY, "{\"keys\":\"cover.name,pics\",\"include\":\"pics\"}");
    assert_string_equal(fixture_at(f, &v, "cover.name"), "\"x\"");
    assert_string_equal(fixture_at(f, &v, "cover.size"), "absent");
    assert_string_equal(fixture_at(f, &v, "pics.0.size"), "1"); /* the same object, asked for whole */
    assert_string_equal(fixture_at(f, &v, "name"), "absent");
    v = get(f, &k, AS_NOBODY, "{\"keys\":\"cover.tag.name\"}");
    assert_string_equal(fixture_at(f, &v, "cover.name"), "absent");
    assert_string_equal(fixture_at(f, &v, "cover.tag.name"), "\"t\"");
    assert_string_equal(fixture_at(f, &v, "cover.tag.colour"), "absent");
    v = get(f, &k, AS_NOBODY, "{\"excludeKeys\":\"cover.size\"}");
    assert_string_equal(fixture_at(f, &v, "cover.name"), "\"x\"");
    assert_string_equal(fixture_at(f, &v, "cover.size"), "absent");
    assert_string_equal(fixture_at(f, &v, "name"), "\"p\"");
    v = get(f, &k, AS_NOBODY, "{\"excludeKeys\":\"cover.tag.colour\"}");
    assert_string_equal(fixture_at(f, &v, "cover.tag.name"), "\"t\"");
    assert_string_equal(fixture_at(f, &v, "cover.tag.colour"), "absent");
}

static void an_object_in_two_places_is_expanded_where_it_was_asked_for(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    hp_value v = get(f, &k, AS_NOBODY, "{\"include\":\"cover.tag,pics\"}");
    assert_string_equal(fixture_at(f, &v, "cover.tag.name"), "\"t\"");
    assert_string_equal(fixture_at(f, &v, "pics.0.name"), "\"x\"");
    assert_string_equal(fixture_at(f, &v, "pics.0.tag"), fixture_fmt(f, POINTER_FMT, "Tag", k.tag));
}

static void ones_own_providers_are_not_included_either(void **state)
{
    core_fixture *f = *state;
    f->settings.enable_anonymous_users = true;
    fixture_reply r =
        fixture_ok(fixture_save(f, AS_NOBODY, "_User", NULL, "{\"authData\":{\"anonymous\":{\"id\":\"device-1\"}}}"));
    const char *token = hp_arena_cstr(f->mem, hp_object_text(&r.body, HP_STR("sessionToken")));
    const char *note = fixture_make(f, "Note", fixture_fmt(f, "{'by':" POINTER_FMT "}", "_User", r.id));
    fixture_found own = fixture_fetch(f, AS(token), "_User", r.id, "{}");
    assert_string_equal(fixture_at(f, &own.value, "authData.anonymous.id"), "\"device-1\"");
    fixture_found included = fixture_fetch(f, AS(token), "Note", note, "{\"include\":\"by\"}");
    assert_string_equal(fixture_at(f, &included.value, "by.className"), "\"_User\"");
    assert_string_equal(fixture_at(f, &included.value, "by.authData"), "absent");
}

static void an_included_user_has_neither_providers_nor_tokens(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    (void)fixture_ok(fixture_save(f, AS_MASTER, "_User", k.ann, "{\"email\":\"a@x.test\"}"));
    f->settings.protected_fields = fixture_json(f, "{\"_User\":{\"*\":[\"email\"]}}");
    hp_value v = get(f, &k, AS(k.ann_token), "{\"include\":\"author\"}");
    assert_string_equal(fixture_at(f, &v, "author.username"), "\"ann\"");
    assert_string_equal(fixture_at(f, &v, "author.email"), "\"a@x.test\"");
    assert_string_equal(fixture_at(f, &v, "author.authData"), "absent");
    assert_string_equal(fixture_at(f, &v, "author.sessionToken"), "absent");
    const char *open = fixture_fmt(f, "{'ACL':{'*':{'read':true}}}");
    (void)fixture_ok(fixture_save(f, AS_MASTER, "_User", k.ann, open));
    v = get(f, &k, AS_NOBODY, "{\"include\":\"author\"}");
    assert_string_equal(fixture_at(f, &v, "author.username"), "\"ann\"");
    assert_string_equal(fixture_at(f, &v, "author.email"), "absent");
}

static void a_class_permission_that_says_no_fails_the_request(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    fixture_permissions(f, "Pic", "{\"find\":{\"*\":true},\"protectedFields\":{\"*\":[]}}");
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "Post", k.post, "{\"include\":\"cover\"}").error,
                        "119 Permission denied for action get on class Pic.");
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "Post", k.post, "{}").error, "");
    fixture_permissions(f, "Pic", "{\"get\":{\"*\":true},\"protectedFields\":{\"*\":[\"size\"]}}");
    hp_value v = get(f, &k, AS_NOBODY, "{\"include\":\"cover\"}");
    assert_string_equal(fixture_at(f, &v, "cover.name"), "\"x\"");
    assert_string_equal(fixture_at(f, &v, "cover.size"), "absent");
}

/* B12: a pointer to whatever the caller may not see as a class is as if it pointed nowhere. */
static void pointers_into_closed_classes_are_dropped(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    fixture_found own = fixture_find(f, AS(k.ann_token), "_Session", "{}");
    const char *session = hp_arena_cstr(f->mem, hp_object_text(&own.value.array.items[0], HP_STR("objectId")));
    const char *id =
        fixture_make(f, "Trap",
                     fixture_fmt(f, "{'name':'t','list':[" POINTER_FMT "," POINTER_FMT "," POINTER_FMT "]}", "_Session",
                                 session, "_Hooks", "h", "Nowhere", "n"));
    fixture_found r = fixture_fetch(f, AS_NOBODY, "Trap", id, "{\"include\":\"list\"}");
    assert_string_equal(fixture_at(f, &r.value, "list"), "[]");
    const char *token;
    (void)fixture_sign_up(f, "bob", &token);
    r = fixture_fetch(f, AS(token), "Trap", id, "{\"include\":\"list\"}");
    assert_string_equal(fixture_at(f, &r.value, "list"), "[]");
    r = fixture_fetch(f, AS(k.ann_token), "Trap", id, "{\"include\":\"list\"}");
    assert_string_equal(fixture_at(f, &r.value, "list.0.sessionToken"), fixture_fmt(f, "'%s'", k.ann_token));
    assert_string_equal(fixture_at(f, &r.value, "list.1"), "absent");
}

static int calls;

static int count_call(hpc_request *r, void *data)
{
    (void)data;
    calls++;
    assert_true(r->rq->is_get);
    return HPC_OK;
}

static int refuse(hpc_request *r, void *data)
{
    (void)data;
    return (int)hp_fail(r->err, HP_E_VALIDATION_ERROR, "not today");
}

static void triggers_of_the_included_class_run_once_per_level(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    calls = 0;
    fixture_trigger(f, HP_TRIGGER_BEFORE_FIND, "Pic", count_call, NULL);
    fixture_trigger(f, HP_TRIGGER_AFTER_FIND, "Pic", count_call, NULL);
    hp_value v = get(f, &k, AS_NOBODY, "{\"include\":\"cover,pics,hiddenCover\"}");
    assert_int_equal(calls, 2);
    assert_string_equal(fixture_at(f, &v, "pics.0.name"), "\"x\"");
    fixture_trigger(f, HP_TRIGGER_BEFORE_FIND, "Pic", refuse, NULL);
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "Post", k.post, "{\"include\":\"cover\"}").error, "142 not today");
}

/* L5: a path is as deep, a list as long, as the settings say; master has the server's own bound. */
static void depth_and_number_of_includes_are_limited(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    f->settings.complexity.include_depth = 2;
    f->settings.complexity.include_count = 3;
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "Post", k.post, "{\"include\":\"a.b.c\"}").error,
                        "102 Include depth of 3 exceeds maximum allowed depth of 2");
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "Post", k.post, "{\"include\":\"a,b,c,d\"}").error,
                        "102 Number of include fields (4) exceeds maximum allowed (3)");
    assert_string_equal(fixture_fetch(f, AS_NOBODY, "Post", k.post, "{\"include\":\"a,b.c\"}").error, "");
    assert_string_equal(fixture_fetch(f, AS_MASTER, "Post", k.post, "{\"include\":\"a.b.c,d\"}").error, "");
    assert_string_equal(fixture_fetch(f, AS_MASTER, "Post", k.post, "{\"include\":\"a.b.c.d.e.f.g.h.i.j.k\"}").error,
                        "102 Include depth of 11 exceeds maximum allowed depth of 10");
}

/* An object that holds itself forty times: every level would be forty times as wide as the one before. */
static void an_object_that_includes_itself_is_bounded(void **state)
{
    core_fixture *f = *state;
    const char *id = fixture_make(f, "Loop", "{\"name\":\"l\",\"kids\":[]}");
    hp_str list = HP_STR("");
    for (int i = 0; i < 40; i++)
        list = hp_arena_printf(f->mem, "%s%s%s", list.ptr, i > 0 ? "," : "", fixture_fmt(f, POINTER_FMT, "Loop", id));
    (void)fixture_ok(fixture_save(f, AS_MASTER, "Loop", id, fixture_fmt(f, "{'next':" POINTER_FMT "}", "Loop", id)));
    char *body = hp_arena_cstr(f->mem, hp_arena_printf(f->mem, "{\"kids\":[%s]}", list.ptr));
    (void)fixture_ok(fixture_save(f, AS_MASTER, "Loop", id, body));
    fixture_found r = fixture_fetch(f, AS_NOBODY, "Loop", id, "{\"include\":\"next.next.next.kids.kids\"}");
    assert_string_equal(fixture_at(f, &r.value, "next.next.next.kids.39.kids.39.name"), "\"l\"");
    r = fixture_fetch(f, AS_NOBODY, "Loop", id, "{\"include\":\"kids.kids.kids.kids.kids.kids\"}");
    assert_string_equal(r.error, "102 The includes reach too many objects.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_pointer_becomes_the_object_with_its_type_and_class),
        FIXTURE_TEST(what_is_hidden_or_gone_is_dropped_in_silence),
        FIXTURE_TEST(every_prefix_of_a_path_is_included),
        FIXTURE_TEST(star_and_include_all_take_pointers_and_arrays_one_level),
        FIXTURE_TEST(dotted_keys_include_and_restrict),
        FIXTURE_TEST(an_object_in_two_places_is_expanded_where_it_was_asked_for),
        FIXTURE_TEST(ones_own_providers_are_not_included_either),
        FIXTURE_TEST(an_included_user_has_neither_providers_nor_tokens),
        FIXTURE_TEST(a_class_permission_that_says_no_fails_the_request),
        FIXTURE_TEST(pointers_into_closed_classes_are_dropped),
        FIXTURE_TEST(triggers_of_the_included_class_run_once_per_level),
        FIXTURE_TEST(depth_and_number_of_includes_are_limited),
        FIXTURE_TEST(an_object_that_includes_itself_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

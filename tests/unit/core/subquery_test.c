#include "read_fixture.h"

#include "base/limits.h"

/* Team red (score 1), blue (score 2), hidden grey (score 3); Player r1, r2 of red, b1 of blue, g1 of grey, none of no team.
 * Club links red and grey; fan names the teams it likes by text. */
typedef struct cast {
    const char *ann, *ann_token, *red, *blue, *grey, *club;
} cast;

static cast set_up_cast(core_fixture *f)
{
    static const char *const PLAYERS[] = { "r1", "r2", "b1", "g1" };
    cast k = { 0 };
    k.ann = fixture_sign_up(f, "ann", &k.ann_token);
    k.red = fixture_make(f, "Team", "{\"name\":\"red\",\"score\":1,\"tags\":[\"x\",\"y\"],\"secret\":\"s\"}");
    k.blue = fixture_make(f, "Team", "{\"name\":\"blue\",\"score\":2,\"tags\":[]}");
    k.grey = fixture_make(f, "Team", fixture_fmt(f, "{'name':'grey','score':3,'ACL':{'%s':{'read':true}}}", k.ann));
    const char *const teams[] = { k.red, k.red, k.blue, k.grey };
    for (size_t i = 0; i < 4; i++)
        (void)fixture_make(f, "Player",
                           fixture_fmt(f, "{'name':'%s','n':%zu,'team':" POINTER_FMT ",'likes':[" POINTER_FMT "]}",
                                       PLAYERS[i], i + 1, "Team", teams[i], "Team", teams[i]));
    (void)fixture_make(f, "Player", "{\"name\":\"none\",\"n\":5}");
    k.club = fixture_make(
        f, "Club",
        fixture_fmt(f, "{'name':'club','teams':{'__op':'AddRelation','objects':[" POINTER_FMT "," POINTER_FMT "]}}",
                    "Team", k.red, "Team", k.grey));
    (void)fixture_make(f, "Fan", "{\"name\":\"f1\",\"team\":\"red\",\"mark\":\"x\",\"score\":2}");
    (void)fixture_make(f, "Fan", "{\"name\":\"f2\",\"team\":\"grey\",\"mark\":\"z\",\"score\":9}");
    return k;
}

#define IN_QUERY(field, where) \
    "{\"order\":\"n\",\"where\":{\"" field "\":{\"$inQuery\":{\"className\":\"Team\",\"where\":" where "}}}}"
#define NOT_IN_QUERY(field, where) \
    "{\"order\":\"n\",\"where\":{\"" field "\":{\"$notInQuery\":{\"className\":\"Team\",\"where\":" where "}}}}"

static void in_query_follows_pointers_with_the_callers_rights(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    assert_string_equal(fixture_names(f, AS_NOBODY, "Player", IN_QUERY("team", "{\"name\":\"red\"}")), "r1,r2");
    assert_string_equal(fixture_names(f, AS_NOBODY, "Player", IN_QUERY("likes", "{\"name\":\"red\"}")), "r1,r2");
    assert_string_equal(fixture_names(f, AS_NOBODY, "Player", IN_QUERY("team", "{}")), "r1,r2,b1"); /* grey is hidden */
    assert_string_equal(fixture_names(f, AS(k.ann_token), "Player", IN_QUERY("team", "{}")), "r1,r2,b1,g1");
    assert_string_equal(fixture_names(f, AS_NOBODY, "Player", IN_QUERY("team", "{\"name\":\"pink\"}")), "");
    assert_string_equal(fixture_names(f, AS_NOBODY, "Player", NOT_IN_QUERY("team", "{\"name\":\"red\"}")),
                        "b1,g1,none");
    assert_string_equal(fixture_names(f, AS_NOBODY, "Player", IN_QUERY("name", "{}")), ""); /* a text is no pointer */
    assert_int_equal(
        fixture_find(
            f, AS_NOBODY, "Player",
            "{\"count\":1,\"limit\":0,\"where\":{\"team\":{\"$inQuery\":{\"className\":\"Team\",\"where\":{}}}}}")
            .count,
        3);
    assert_string_equal(fixture_names(f, AS_NOBODY, "Player",
                                      "{\"order\":\"n\",\"where\":{\"$or\":[{\"n\":5},{\"team\":{\"$inQuery\":{"
                                      "\"className\":\"Team\",\"where\":{\"score\":2}}}}]}}"),
                        "b1,none");
}

static void in_query_works_on_relations(void **state)
{
    core_fixture *f = *state;
    (void)set_up_cast(f);
    (void)fixture_make(f, "Club", "{\"name\":\"empty\",\"teams\":{\"__type\":\"Relation\",\"className\":\"Team\"}}");
    assert_string_equal(fixture_names(f, AS_NOBODY, "Club", IN_QUERY("teams", "{\"name\":\"red\"}")), "club");
    assert_string_equal(fixture_names(f, AS_NOBODY, "Club", IN_QUERY("teams", "{\"name\":\"blue\"}")), "");
    assert_string_equal(fixture_names(f, AS_NOBODY, "Club", IN_QUERY("teams", "{\"name\":\"grey\"}")), ""); /* hidden */
    assert_string_equal(fixture_names(f, AS_NOBODY, "Club", NOT_IN_QUERY("teams", "{\"name\":\"red\"}")), "empty");
}

static void select_compares_with_a_field_of_the_others(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    const struct {
        const char *where, *nobody, *ann;
    } cases[] = {
        { "{\"team\":{\"$select\":{\"query\":{\"className\":\"Team\"},\"key\":\"name\"}}}", "f1", "f1,f2" },
        { "{\"team\":{\"$dontSelect\":{\"query\":{\"className\":\"Team\"},\"key\":\"name\"}}}", "f2", "" },
        { "{\"team\":{\"$select\":{\"query\":{\"className\":\"Team\",\"where\":{\"score\":{\"$gt\":1}}},\"key\":"
          "\"name\"}}}",
          "", "f2" },
        { "{\"mark\":{\"$select\":{\"query\":{\"className\":\"Team\"},\"key\":\"tags\"}}}", "f1",
          "f1" }, /* per element */
        { "{\"score\":{\"$select\":{\"query\":{\"className\":\"Team\"},\"key\":\"score\"}}}", "f1", "f1" },
        { "{\"score\":{\"$select\":{\"query\":{\"className\":\"Team\"},\"key\":\"name\"}}}", "", "" },
        { "{\"team\":{\"$select\":{\"query\":{\"className\":\"Team\"},\"key\":\"nosuch\"}}}", "", "" },
        { "{\"createdAt\":{\"$select\":{\"query\":{\"className\":\"Team\"},\"key\":\"createdAt\"}}}", "f1,f2",
          "f1,f2" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *params =
            hp_arena_cstr(f->mem, hp_arena_printf(f->mem, "{\"order\":\"name\",\"where\":%s}", cases[i].where));
        if (strcmp(fixture_names(f, AS_NOBODY, "Fan", params), cases[i].nobody) != 0)
            fail_msg("%s nobody: %s", params, fixture_names(f, AS_NOBODY, "Fan", params));
        if (strcmp(fixture_names(f, AS(k.ann_token), "Fan", params), cases[i].ann) != 0)
            fail_msg("%s ann: %s", params, fixture_names(f, AS(k.ann_token), "Fan", params));
    }
}

/* What may not be read by find may not be read through the question either. */
static void a_subquery_meets_the_same_refusals_as_a_find(void **state)
{
    core_fixture *f = *state;
    (void)set_up_cast(f);
#define SUB(class_name, where) \
    "{\"where\":{\"team\":{\"$inQuery\":{\"className\":\"" class_name "\",\"where\":" where "}}}}"
    assert_string_equal(fixture_find(f, AS_NOBODY, "Player", SUB("_Session", "{}")).error, "209 Invalid session token");
    assert_int_equal(fixture_find(f, AS_NOBODY, "Player", SUB("_Hooks", "{}")).code, HP_E_OPERATION_FORBIDDEN);
    assert_int_equal(
        fixture_find(f, AS_NOBODY, "Player", SUB("_User", "{\"_perishable_token\":{\"$exists\":true}}")).code,
        HP_E_INVALID_KEY_NAME);
    fixture_permissions(f, "Team", "{\"find\":{\"*\":true},\"protectedFields\":{\"*\":[\"secret\"]}}");
    assert_int_equal(fixture_find(f, AS_NOBODY, "Player", SUB("Team", "{\"secret\":\"s\"}")).code,
                     HP_E_OPERATION_FORBIDDEN);
    assert_string_equal(
        fixture_names(f, AS_NOBODY, "Fan",
                      "{\"where\":{\"name\":{\"$select\":{\"query\":{\"className\":\"Team\"},\"key\":\"secret\"}}}}"),
        "");
    fixture_permissions(f, "Team", "{\"get\":{\"*\":true}}");
    assert_string_equal(fixture_find(f, AS_NOBODY, "Player", SUB("Team", "{}")).error,
                        "119 Permission denied for action find on class Team.");
    f->settings.allow_client_class_creation = false;
    assert_string_equal(fixture_find(f, AS_NOBODY, "Player", SUB("Nope", "{}")).error,
                        "119 This user is not allowed to access non-existent class: Nope");
#undef SUB
}

static const char *related_to(core_fixture *f, bool master, const char *token, const char *owner_class,
                              const char *owner, const char *key)
{
    return fixture_names(f, master, token, "Team",
                         fixture_fmt(f,
                                     "{'order':'score','where':{'$relatedTo':{'object':" POINTER_FMT ",'key':'%s'}}}",
                                     owner_class, owner, key));
}

/* A8, B14 */
static void related_to_shows_readable_members_of_a_readable_owner(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    assert_string_equal(related_to(f, AS_NOBODY, "Club", k.club, "teams"), "red");
    assert_string_equal(related_to(f, AS(k.ann_token), "Club", k.club, "teams"), "red,grey");
    assert_string_equal(related_to(f, AS_NOBODY, "Club", k.club, "name"), "");
    assert_string_equal(related_to(f, AS_NOBODY, "Club", "gone", "teams"), "");
    assert_string_equal(related_to(f, AS_NOBODY, "Nope", k.club, "teams"), "");
    assert_string_equal(
        fixture_names(
            f, AS_NOBODY, "Player",
            fixture_fmt(f, "{'where':{'$relatedTo':{'object':" POINTER_FMT ",'key':'teams'}}}", "Club", k.club)),
        "");
    const char *nested =
        fixture_fmt(f,
                    "{'count':1,'order':'score','where':{'$or':[{'score':2},{'$relatedTo':{'object':" POINTER_FMT
                    ",'key':'teams'}}]}}",
                    "Club", k.club);
    assert_string_equal(fixture_names(f, AS_NOBODY, "Team", nested), "red,blue");
    assert_int_equal(fixture_find(f, AS_NOBODY, "Team", nested).count, 2);

    (void)fixture_ok(fixture_save(f, AS_MASTER, "Club", k.club, "{\"ACL\":{}}"));
    assert_string_equal(related_to(f, AS_NOBODY, "Club", k.club, "teams"), "");
    assert_string_equal(fixture_names(f, AS_NOBODY, "Team", nested), "blue");
    assert_string_equal(related_to(f, AS_MASTER, "Club", k.club, "teams"), "red,grey");
}

/* A9: the same answer for the number as for the rows, and for every kind of group. */
static void a_protected_relation_cannot_be_asked_for(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    const char *groups[] = { "*", "authenticated", k.ann };
    for (size_t i = 0; i < 3; i++) {
        fixture_permissions(f, "Club",
                            fixture_fmt(f, "{'get':{'*':true},'protectedFields':{'%s':['teams']}}", groups[i]));
        assert_string_equal(related_to(f, AS(k.ann_token), "Club", k.club, "teams"),
                            "119 This user is not allowed to query teams on class Club");
        fixture_found r = fixture_find(
            f, AS(k.ann_token), "Team",
            fixture_fmt(f, "{'count':1,'limit':0,'where':{'$relatedTo':{'object':" POINTER_FMT ",'key':'teams'}}}",
                        "Club", k.club));
        assert_int_equal(r.code, HP_E_OPERATION_FORBIDDEN);
    }
    fixture_permissions(f, "Club", "{\"get\":{}}");
    assert_string_equal(related_to(f, AS(k.ann_token), "Club", k.club, "teams"), "");
}

static void a_relation_may_be_protected_from_all_but_the_user_the_owner_names(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    const char *bob_token;
    (void)fixture_sign_up(f, "bob", &bob_token);
    (void)fixture_ok(
        fixture_save(f, AS_MASTER, "Club", k.club, fixture_fmt(f, "{'boss':" POINTER_FMT "}", "_User", k.ann)));
    fixture_permissions(f, "Club",
                        "{\"get\":{\"*\":true},\"protectedFields\":{\"*\":[\"teams\"],\"userField:boss\":[]}}");
    assert_string_equal(related_to(f, AS(k.ann_token), "Club", k.club, "teams"), "red,grey");
    assert_string_equal(related_to(f, AS(bob_token), "Club", k.club, "teams"),
                        "119 This user is not allowed to query teams on class Club");
}

/* Ids are unique per class only. */
static void an_object_of_another_class_with_the_same_id_is_another_object(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    f->settings.allow_custom_object_id = true;
    (void)fixture_make(f, "Player", fixture_fmt(f, "{'objectId':'%s','name':'twin','n':9}", k.red));
    assert_string_equal(
        fixture_names(
            f, AS_NOBODY, "Player",
            fixture_fmt(f, "{'where':{'$relatedTo':{'object':" POINTER_FMT ",'key':'teams'}}}", "Club", k.club)),
        "");
    assert_string_equal(
        fixture_names(f, AS_NOBODY, "Player",
                      "{\"where\":{\"team\":{\"$inQuery\":{\"className\":\"Player\",\"where\":{\"n\":9}}}}}"),
        "");
    assert_string_equal(
        fixture_names(f, AS_NOBODY, "Club",
                      "{\"where\":{\"teams\":{\"$inQuery\":{\"className\":\"Player\",\"where\":{\"n\":9}}}}}"),
        "");
}

static void a_subquery_may_be_redirected(void **state)
{
    core_fixture *f = *state;
    (void)set_up_cast(f);
    assert_string_equal(fixture_names(f, AS_NOBODY, "Player",
                                      "{\"order\":\"n\",\"where\":{\"team\":{\"$inQuery\":{\"className\":\"Club\","
                                      "\"redirectClassNameForKey\":\"teams\",\"where\":{\"score\":2}}}}}"),
                        "b1");
}

static const char *nested(core_fixture *f, int levels)
{
    hp_str where = HP_STR("{}");
    for (int i = 0; i < levels; i++)
        where = hp_arena_printf(f->mem, "{\"team\":{\"$inQuery\":{\"className\":\"Player\",\"where\":%s}}}", where.ptr);
    return hp_arena_cstr(f->mem, hp_arena_printf(f->mem, "{\"where\":%s}", where.ptr));
}

/* L5 */
static void depth_number_and_rows_of_subqueries_are_limited(void **state)
{
    core_fixture *f = *state;
    (void)set_up_cast(f);
    f->settings.complexity.subquery_depth = 2;
    assert_string_equal(fixture_find(f, AS_NOBODY, "Player", nested(f, 2)).error, "");
    assert_string_equal(fixture_find(f, AS_NOBODY, "Player", nested(f, 3)).error,
                        "102 Subquery nesting depth exceeds maximum allowed depth of 2");
    assert_string_equal(fixture_find(f, AS_MASTER, "Player", nested(f, 3)).error, "");
    assert_string_equal(fixture_find(f, AS_MASTER, "Player", nested(f, HP_SUBQUERY_DEPTH_MAX + 1)).error,
                        "102 Subquery nesting depth exceeds maximum allowed depth of 10");

    hp_str branches = HP_STR("");
    for (int i = 0; i <= HP_SUBQUERIES_MAX; i++)
        branches = hp_arena_printf(f->mem, "%s%s{\"team\":{\"$inQuery\":{\"className\":\"Team\",\"where\":{}}}}",
                                   branches.ptr, i > 0 ? "," : "");
    const char *many = hp_arena_cstr(f->mem, hp_arena_printf(f->mem, "{\"where\":{\"$or\":[%s]}}", branches.ptr));
    assert_string_equal(fixture_find(f, AS_MASTER, "Player", many).error,
                        "102 The query needs more than 100 subqueries.");

    f->settings.complexity.subquery_rows = 2;
    assert_string_equal(fixture_find(f, AS_NOBODY, "Player", IN_QUERY("team", "{\"score\":{\"$lt\":3}}")).error, "");
    f->settings.complexity.subquery_rows = 1;
    assert_string_equal(fixture_find(f, AS_NOBODY, "Player", IN_QUERY("team", "{\"score\":{\"$lt\":3}}")).error,
                        "102 Subquery yields more than the maximum of 1 rows");
}

static int hide_red(hpc_request *r, void *data)
{
    hp_value kept = hp_array();
    for (uint32_t i = 0; i < r->rq->objects->array.count; i++) {
        hp_value *o = &r->rq->objects->array.items[i];
        if (!hp_str_eq(hp_object_text(o, HP_STR("objectId")), hp_str_of(*(const char **)data)))
            hp_array_push(r->rq->mem, &kept, *o);
    }
    *r->rq->objects = kept;
    return HPC_OK;
}

static int only_score_one(hpc_request *r, void *data)
{
    (void)data;
    hp_value where = hp_object();
    hp_object_append(r->rq->mem, &where, HP_STR("score"), hp_number(1));
    hp_object_set(r->rq->mem, r->rq->query, HP_STR("where"), where);
    return HPC_OK;
}

static void triggers_of_the_inner_class_run(void **state)
{
    core_fixture *f = *state;
    cast k = set_up_cast(f);
    fixture_trigger(f, HP_TRIGGER_AFTER_FIND, "Team", hide_red, &k.red);
    assert_string_equal(fixture_names(f, AS_NOBODY, "Player", IN_QUERY("team", "{}")), "b1");
    fixture_trigger(f, HP_TRIGGER_BEFORE_FIND, "Team", only_score_one, NULL);
    assert_string_equal(fixture_names(f, AS_NOBODY, "Player", IN_QUERY("team", "{}")), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(in_query_follows_pointers_with_the_callers_rights),
        FIXTURE_TEST(in_query_works_on_relations),
        FIXTURE_TEST(select_compares_with_a_field_of_the_others),
        FIXTURE_TEST(a_subquery_meets_the_same_refusals_as_a_find),
        FIXTURE_TEST(related_to_shows_readable_members_of_a_readable_owner),
        FIXTURE_TEST(a_protected_relation_cannot_be_asked_for),
        FIXTURE_TEST(a_relation_may_be_protected_from_all_but_the_user_the_owner_names),
        FIXTURE_TEST(an_object_of_another_class_with_the_same_id_is_another_object),
        FIXTURE_TEST(a_subquery_may_be_redirected),
        FIXTURE_TEST(depth_number_and_rows_of_subqueries_are_limited),
        FIXTURE_TEST(triggers_of_the_inner_class_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "live/shelves.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#include "live/table.h"
#include "query/where.h"
#include "value/json.h"

static hp_value json(hp_arena *mem, const char *text)
{
    hp_value v = hp_null();
    hp_err err = { 0 };
    if (hp_json_read(hp_str_of(text), HP_JSON_PARSE, mem, &v, &err) != HP_OK) fail_msg("%s: %s", text, err.msg);
    return v;
}

static hp_class *make_class(hp_arena *mem)
{
    static const struct {
        const char *name;
        hp_type type;
    } fields[] = {
        { "s", HP_T_STRING }, { "n", HP_T_NUMBER }, { "p", HP_T_POINTER }, { "a", HP_T_ARRAY }, { "d", HP_T_DATE }
    };
    hp_class *c = HP_NEW(mem, hp_class);
    c->name = HP_STR("Case");
    c->by_name = hp_map_new(mem);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        hp_field *f = HP_NEW(mem, hp_field);
        *f = (hp_field){ .name = hp_str_of(fields[i].name), .type = fields[i].type, .target_class = HP_STR("Owner") };
        (void)hp_map_put(c->by_name, f->name, f);
    }
    return c;
}

typedef struct seen {
    const hp_live_query *first;
    char letters[64];
    size_t count;
} seen;

static void note(void *user, hp_live_query *q)
{
    seen *s = user;
    const char letter = (char)('a' + (q - s->first));
    if (memchr(s->letters, letter, s->count) == NULL) s->letters[s->count++] = letter;
}

static int by_letter(const void *a, const void *b) { return *(const char *)a - *(const char *)b; }

static void a_row_yields_what_demands_its_values_and_what_demands_none(void **state)
{
    (void)state;
    static const char *const WHERES[] = {
        "{\"s\":\"x\"}",                                                                /* a */
        "{\"s\":\"y\",\"n\":{\"$gt\":1}}",                                              /* b */
        "{\"n\":1}",                                                                    /* c */
        "{\"p\":{\"__type\":\"Pointer\",\"className\":\"Owner\",\"objectId\":\"o1\"}}", /* d */
        "{\"a\":\"red\"}",                                                              /* e */
        "{\"n\":{\"$gt\":1}}",                                                          /* f: demands no value */
        "{\"$or\":[{\"s\":\"x\"},{\"n\":7}]}",                                          /* g: likewise */
        "{\"$and\":[{\"n\":{\"$lt\":5}},{\"s\":\"x\"}]}",                               /* h */
        "{}",                                                                           /* i */
        "{\"s\":{\"$eq\":\"x\"}}",                                                      /* j */
        "{\"n\":0}",                                                                    /* k */
        "{\"s\":null}", /* l: demands none that could be there */
    };
    static const struct {
        const char *before, *after, *want;
    } CASES[] = {
        { NULL, "{}", "fgil" },
        { NULL, "{\"s\":\"x\"}", "afghijl" },
        { NULL, "{\"s\":\"y\",\"n\":1}", "bcfgil" },
        { "{\"s\":\"x\"}", "{\"s\":\"y\"}", "abfghijl" },
        { "{\"n\":-0.0}", NULL, "fgikl" },
        { NULL, "{\"p\":{\"__type\":\"Pointer\",\"className\":\"Owner\",\"objectId\":\"o1\"}}", "dfgil" },
        { NULL, "{\"p\":{\"__type\":\"Pointer\",\"className\":\"Other\",\"objectId\":\"o1\"}}", "fgil" },
        { NULL, "{\"a\":[1,\"blue\",\"red\"]}", "efgil" },
    };
    enum { QUERIES = sizeof WHERES / sizeof *WHERES };
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_class *cls = make_class(mem);
    const hp_where_rules rules = { .allow_regex = true };
    hp_live_shelves shelves = { 0 };
    hp_live_query queries[QUERIES] = { 0 };
    hp_err err = { 0 };

    for (int round = 0; round < 2; round++) { /* what was taken off leaves nothing behind */
        for (size_t i = 0; i < QUERIES; i++) {
            const hp_value *where = hp_value_new(mem, json(mem, WHERES[i]));
            hp_filter *tree = NULL;
            assert_int_equal(hp_where_parse(cls, where, &rules, mem, &tree, &err), HP_OK);
            queries[i].tree = tree;
            hp_live_shelves_put(&shelves, &queries[i]);
        }
        for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
            hp_row rows[2] = { 0 };
            if (CASES[i].before != NULL) rows[0].fields = json(mem, CASES[i].before);
            if (CASES[i].after != NULL) rows[1].fields = json(mem, CASES[i].after);
            seen s = { .first = queries };
            hp_live_shelves_visit(&shelves, CASES[i].before != NULL ? &rows[0] : NULL,
                                  CASES[i].after != NULL ? &rows[1] : NULL, note, &s);
            qsort(s.letters, s.count, 1, by_letter);
            if (!hp_str_eq((hp_str){ s.letters, s.count }, hp_str_of(CASES[i].want)))
                fail_msg("case %zu: %.*s", i, (int)s.count, s.letters);
        }
        for (size_t i = 0; i < QUERIES; i++) hp_live_shelves_take(&queries[(i * 5) % QUERIES]);
        assert_null(shelves.others.first);
        assert_null(shelves.fields);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_yields_what_demands_its_values_and_what_demands_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The list of routes in docs/compatibility.md is made from the tables that requests meet. HP_UPDATE_DOCS=1 writes it. */
#include "rest/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"

enum { PAGE_BYTES_MAX = 256 << 10 };

static const char *const METHODS[] = {
    [HP_METHOD_GET] = "GET", [HP_METHOD_POST] = "POST", [HP_METHOD_PUT] = "PUT", [HP_METHOD_DELETE] = "DELETE"
};
static const char *const NEEDS[] = {
    [HP_NEED_APP] = "application", [HP_NEED_APP_NO_USER] = "application", [HP_NEED_MASTER] = "master key"
};

static bool first_of_its_path(const hp_route *table, const hp_route *r)
{
    for (const hp_route *before = table; before != r; before++)
        if (hp_str_eq(hp_str_of(before->pattern), hp_str_of(r->pattern)) && NEEDS[before->need] == NEEDS[r->need])
            return false;
    return true;
}

static void write_table(const hp_route *table, hp_buf *out)
{
    for (const hp_route *r = table; r->pattern != NULL; r++) {
        if (!first_of_its_path(table, r)) continue;
        hp_buf_printf(out, "| `/%s` |", r->pattern);
        for (const hp_route *same = r; same->pattern != NULL; same++)
            if (hp_str_eq(hp_str_of(same->pattern), hp_str_of(r->pattern)) && NEEDS[same->need] == NEEDS[r->need])
                hp_buf_printf(out, " %s", METHODS[same->method]);
        hp_buf_printf(out, " | %s |\n", NEEDS[r->need]);
    }
}

static void the_page_lists_every_route_and_no_other(void **state)
{
    (void)state;
    static const char BEGIN[] = "<!-- routes: made by unit/rest/route_test -->\n", END[] = "<!-- end -->";
    const bool update = getenv("HP_UPDATE_DOCS") != NULL;
    char *text = calloc(1, PAGE_BYTES_MAX);
    hp_buf wanted;

    hp_buf_init(&wanted, PAGE_BYTES_MAX);
    hp_buf_add_lit(&wanted, "| route | methods | needs |\n| --- | --- | --- |\n");
    for (size_t t = 0; HP_ROUTE_TABLES[t] != NULL; t++) write_table(HP_ROUTE_TABLES[t], &wanted);
    assert_false(wanted.overflow);

    FILE *file = fopen(HP_DOCS "/compatibility.md", update ? "r+" : "r");
    assert_non_null(file);
    const hp_str page = { text, fread(text, 1, PAGE_BYTES_MAX - 1, file) };
    const char *begin = strstr(text, BEGIN), *after = begin != NULL ? strstr(begin, END) : NULL;
    assert_non_null(after);
    const size_t from = (size_t)(begin - text) + strlen(BEGIN), to = (size_t)(after - text);
    if (update) {
        rewind(file);
        assert_int_equal(fwrite(page.ptr, 1, from, file), from);
        assert_int_equal(fwrite(wanted.ptr, 1, wanted.len, file), wanted.len);
        assert_int_equal(fwrite(page.ptr + to, 1, page.len - to, file), page.len - to);
        assert_int_equal(fflush(file), 0);
        assert_int_equal(ftruncate(fileno(file), ftell(file)), 0);
    } else if (!hp_str_eq(hp_str_sub(page, from, to - from), hp_buf_str(&wanted))) {
        fail_msg("docs/compatibility.md has an old list of routes: run this test with HP_UPDATE_DOCS=1");
    }
    assert_int_equal(fclose(file), 0);
    hp_buf_done(&wanted);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_page_lists_every_route_and_no_other) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

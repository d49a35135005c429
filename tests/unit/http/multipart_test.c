/* What a multipart form says, and what is none. */
#include "http/multipart.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TYPE "multipart/form-data; boundary=XyZ"
#define FIELD(name) "Content-Disposition: form-data; name=\"" name "\"\r\n"

/* All parts as "name|filename|type|f or t|bytes;", or the error. */
static const char *parts_of(const char *type, const char *body, size_t len, char out[4096])
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_multipart m;
    hp_multipart_part p;
    hp_err err = { 0 };
    bool more = true;
    size_t used = 0;

    out[0] = '\0';
    hp_code rc = hp_multipart_open(hp_str_of(type), (hp_str){ body, len }, mem, &m, &err);
    while (rc == HP_OK && more) {
        rc = hp_multipart_next(&m, mem, &p, &more, &err);
        if (rc == HP_OK && more)
            used += (size_t)snprintf(out + used, 4096 - used, "%.*s|%.*s|%.*s|%c|%.*s;", HP_STR_ARG(p.name),
                                     HP_STR_ARG(p.filename), HP_STR_ARG(p.type), p.is_file ? 'f' : 't',
                                     HP_STR_ARG(p.bytes));
        assert_true(used < 4096);
    }
    if (rc == HP_OK) return out;
    assert_int_equal(rc, HP_E_INVALID_JSON);
    (void)snprintf(out, 4096, "%s", err.msg + strlen("Invalid multipart request: "));
    return out;
}

static void check(const char *type, const char *body, const char *want)
{
    char got[4096];
    /* A copy of exactly its length: one byte too far is seen by the sanitizer. */
    char *exact = malloc(strlen(body) > 0 ? strlen(body) : 1);
    memcpy(exact, body, strlen(body));
    assert_string_equal(parts_of(type, exact, strlen(body), got), want);
    free(exact);
}

static void parts_are_what_agents_send(void **state)
{
    (void)state;
    check(TYPE, "--XyZ--\r\n", "");
    check(TYPE, "--XyZ--", "");
    check(TYPE, "--XyZ\r\n" FIELD("a") "\r\none\r\n--XyZ\r\n" FIELD("b") "\r\n\r\n--XyZ--\r\n",
          "a||text/plain|t|one;b||text/plain|t|;");
    check(TYPE, "--XyZ\r\n" FIELD("a") "\r\n--XyZ--", "a||text/plain|t|;");
    check(TYPE, "preamble\r\n--XyZ \t\r\n" FIELD("a") "\r\n 1\r\n-- \r\n--XyZ--epilogue", "a||text/plain|t| 1\r\n-- ;");
    check(TYPE,
          "--XyZ\r\ncontent-disposition:form-data;filename=x.png;name=f\r\ncontent-type: image/png; "
          "q=1\r\n\r\n\x01\r\n--XyZ--",
          "f|x.png|image/png|f|\x01;");
    check(TYPE,
          "--XyZ\r\nContent-Disposition: form-data; name=f; filename=\"\"\r\nContent-Type: "
          "application/octet-stream\r\n\r\n\r\n--XyZ--",
          "f||application/octet-stream|f|;");
    check(TYPE,
          "--XyZ\r\nContent-Disposition: form-data; name=f; filename=\"C:\\dir\\a;\\\"b.txt\"\r\n\r\nx\r\n--XyZ--",
          "f|a;\"b.txt|text/plain|f|x;");
    check("Multipart/Form-Data; charset=x; Boundary=\"X y\"", "--X y\r\n" FIELD("a") "\r\n1\r\n--X y--",
          "a||text/plain|t|1;");
    check(TYPE, "--XyZ\r\n\r\nnameless\r\n--XyZ\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n--XyZ--",
          "|||t|nameless;||text/plain|t|1;");
}

static void what_is_no_form_is_refused(void **state)
{
    (void)state;
    const char *const no_end = "it ends in the middle.";
    check("multipart/form-data", "--XyZ--", "it names no boundary.");
    check("multipart/form-data; boundary", "--XyZ--", "it names no boundary.");
    check("multipart/form-data; boundary=", "--XyZ--", "it names no boundary.");
    check("multipart/form-data; boundary=\"XyZ", "--XyZ--", "it names no boundary.");
    check(TYPE, "", "its body does not have the boundary.");
    check(TYPE, "{\"a\":1}", "its body does not have the boundary.");
    check(TYPE, "--XyZ", no_end);
    check(TYPE, "--XyZ-", no_end);
    check(TYPE, "--XyZw\r\n", no_end);
    check(TYPE, "--XyZ\r\n" FIELD("a") "\r\none", no_end);
    check(TYPE, "--XyZ\r\n" FIELD("a") "\r\none\r\n--XyZ", no_end);
    check(TYPE, "--XyZ\r\n" FIELD("a"), "the headers of a part have no end, or are too long.");
    check(TYPE, "--XyZ\r\nnonsense\r\n\r\none\r\n--XyZ--", "a part has a header line without a name.");
    check(TYPE, "--XyZ\r\n: x\r\n\r\none\r\n--XyZ--", "a part has a header line without a name.");
    check(TYPE, "--XyZ\r\nContent-Disposition: form-data; name=\"a\r\n\r\none\r\n--XyZ--",
          "a part has a Content-Disposition that cannot be read.");
}

static void it_has_bounds(void **state)
{
    (void)state;
    enum { LEN = 64 * 1024 };
    char *body = calloc(1, LEN), got[4096];
    size_t used = 0;

    for (int i = 0; i <= HP_MULTIPART_PARTS_MAX; i++)
        used += (size_t)snprintf(body + used, LEN - used, "--B\r\n\r\n\r\n");
    (void)snprintf(body + used, LEN - used, "--B--");
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_multipart m;
    hp_multipart_part p;
    hp_err err = { 0 };
    bool more = true;
    size_t count = 0;
    assert_int_equal(hp_multipart_open(HP_STR("multipart/form-data; boundary=B"), hp_str_of(body), mem, &m, &err),
                     HP_OK);
    while (hp_multipart_next(&m, mem, &p, &more, &err) == HP_OK && more) count++;
    assert_int_equal(count, HP_MULTIPART_PARTS_MAX);
    assert_int_equal(err.code, HP_E_INVALID_JSON);

    memset(body, 'x', LEN - 1);
    memcpy(body, "--XyZ\r\na: ", strlen("--XyZ\r\na: "));
    memcpy(body + HP_MULTIPART_HEAD_BYTES_MAX + 10, "\r\n\r\nv\r\n--XyZ--", strlen("\r\n\r\nv\r\n--XyZ--"));
    assert_string_equal(parts_of(TYPE, body, LEN - 1, got), "the headers of a part have no end, or are too long.");
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_what_agents_send),
        cmocka_unit_test(what_is_no_form_is_refused),
        cmocka_unit_test(it_has_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

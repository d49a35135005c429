#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rest/page_template.h"
#include "value/json.h"

static hp_value read(hp_arena *mem, const char *json)
{
    hp_value v;
    hp_err err = { 0 };
    if (hp_json_read(hp_str_of(json), HP_JSON_PARSE, mem, &v, &err) != HP_OK) fail_msg("%s: %s", json, err.msg);
    return v;
}

static const char TRANSLATION[] =
    "{\"hello\":\"Grüß {{appName}} & {{token}}\",\"both\":\"translated\",\"<b>\":\"<b>\"}";
static const char PLACEHOLDERS[] =
    "{\"both\":\"configured\",\"html\":\"<i>x</i>\",\"no\":false,\"none\":[],\"zero\":0,\"n\":5,"
    "\"list\":[{\"x\":1},{\"x\":2}],\"words\":[\"a\",\"b\"],\"deep\":{\"er\":{\"est\":\"!\"}}}";
static const char PARAMS[] = "{\"appName\":\"A & B\",\"token\":\"<script>`='/\\\"\",\"both\":\"asked\"}";

static void tags_are_filled(void **state)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "", "" },
        { "plain { } }} text", "plain { } }} text" },
        { "{{appName}}", "A &amp; B" },
        { "{{ appName }}!", "A &amp; B!" },
        { "{{html}}", "&lt;i&gt;x&lt;&#x2F;i&gt;" },
        { "{{{html}}}{{&html}}", "<i>x</i><i>x</i>" },
        /* what came with the request is text, however it is written */
        { "{{token}}", "&lt;script&gt;&#x60;&#x3D;&#39;&#x2F;&quot;" },
        { "{{{token}}}", "&lt;script&gt;&#x60;&#x3D;&#39;&#x2F;&quot;" },
        { "{{&token}}", "&lt;script&gt;&#x60;&#x3D;&#39;&#x2F;&quot;" },
        { "{{hello}}", "Grüß A &amp; B &amp; &lt;script&gt;&#x60;&#x3D;&#39;&#x2F;&quot;" },
        { "{{{hello}}}", "Grüß A &amp; B & &lt;script&gt;&#x60;&#x3D;&#39;&#x2F;&quot;" },
        { "{{#list}}{{{token}}}{{/list}}",
          "&lt;script&gt;&#x60;&#x3D;&#39;&#x2F;&quot;&lt;script&gt;&#x60;&#x3D;&#39;&#x2F;&quot;" },
        /* a translation hides a placeholder, and that a parameter */
        { "{{both}}", "translated" },
        { "{{deep.er.est}}{{deep.er.x}}{{nothing}}", "!" },
        { "{{n}}{{zero}}", "50" },
        { "{{!a comment}}{{>partial}}x", "x" },
        { "{{#list}}{{x}},{{/list}}", "1,2," },
        { "{{#words}}{{.}}{{/words}}", "ab" },
        { "{{#deep}}{{#er}}{{est}}{{both}}{{/er}}{{/deep}}", "!translated" },
        { "{{#no}}a{{/no}}{{^no}}b{{/no}}{{#none}}c{{/none}}{{^none}}d{{/none}}{{^n}}e{{/n}}{{#n}}f{{/n}}", "bdf" },
        { "{{#n}}{{#n}}in{{/n}}out{{/n}}", "inout" },
    };
    (void)state;
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_value translation = read(mem, TRANSLATION), placeholders = read(mem, PLACEHOLDERS),
                   params = read(mem, PARAMS);
    const hp_template_values values = { &translation, &placeholders, &params };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_err err = { 0 };
        hp_buf out;
        hp_buf_init(&out, 10000);
        if (hp_template_check(hp_str_of(cases[i].text), &err) != HP_OK) fail_msg("%s: %s", cases[i].text, err.msg);
        hp_template_render(&out, hp_str_of(cases[i].text), &values);
        if (!hp_str_eq(hp_buf_str(&out), hp_str_of(cases[i].want)))
            fail_msg("%s: %.*s", cases[i].text, (int)out.len, out.ptr);
        hp_buf_done(&out);
    }
}

static void nothing_is_needed_to_fill_a_page(void **state)
{
    (void)state;
    hp_buf out;
    hp_buf_init(&out, 100);
    hp_template_render(&out, HP_STR("a{{x}}{{#y}}b{{/y}}{{^y}}c{{/y}}"), &(hp_template_values){ 0 });
    assert_true(hp_str_eq(hp_buf_str(&out), HP_STR("ac")));
    hp_buf_done(&out);
}

static void what_cannot_be_filled_is_refused(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        { "{{a", "a tag is not closed" },
        { "{{{a}}", "a tag is not closed" },
        { "{{#a}}", "section \"a\" is not closed" },
        { "{{/a}}", "section \"a\" is closed but not open" },
        { "{{#a}}{{#b}}{{/a}}{{/b}}", "section \"a\" is closed but not open" },
        { "{{=<% %>=}}", "other delimiters than {{ and }} are not known" },
        { "{{#1}}{{#1}}{{#1}}{{#1}}{{#1}}{{#1}}{{#1}}{{#1}}{{#1}}{{#1}}{{#1}}{{#1}}{{#1}}{{#1}}{{#1}}{{#1}}{{#too}}",
          "section \"too\" is nested too deeply" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_err err = { 0 };
        if (hp_template_check(hp_str_of(cases[i].text), &err) == HP_OK) fail_msg("%s passed", cases[i].text);
        assert_string_equal(err.msg, cases[i].why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_are_filled),
        cmocka_unit_test(nothing_is_needed_to_fill_a_page),
        cmocka_unit_test(what_cannot_be_filled_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

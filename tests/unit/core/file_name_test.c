#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "core/file_name.h"

static const char *name_fault(hp_str name)
{
    static hp_err err;
    err = (hp_err){ 0 };
    return hp_file_name_check(name, &err) == HP_OK ? "" : err.msg;
}

static void names_hold_plain_characters_only(void **state)
{
    (void)state;
    static const char TOO_LONG[] = "Filename too long.", BAD[] = "Filename contains invalid characters.";
    char text[HP_FILE_NAME_BYTES_MAX + 1];
    memset(text, 'x', sizeof text);
    assert_string_equal(name_fault((hp_str){ text, HP_FILE_NAME_BYTES_MAX }), "");
    assert_string_equal(name_fault((hp_str){ text, HP_FILE_NAME_BYTES_MAX + 1 }), TOO_LONG);

    const hp_str good[] = { HP_STR("a"), HP_STR("_a"), HP_STR("9.png"), HP_STR("a b@c~d-e_f.g"), HP_STR("a..b") };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_string_equal(name_fault(good[i]), "");
    const hp_str bad[] = { HP_STR(""),     HP_STR(".a"),       HP_STR("-a"),   HP_STR(" a"),
                           HP_STR("~a"),   HP_STR("a/b"),      HP_STR("a\\b"), HP_STR("a\0b"),
                           HP_STR("a\nb"), HP_STR("\xC3\xA4"), HP_STR("a%b"),  HP_STR("a\n") };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_string_equal(name_fault(bad[i]), BAD);
}

static void directories_go_down_only(void **state)
{
    (void)state;
    hp_err err = { 0 };
    const hp_str good[] = { HP_STR("a"), HP_STR("a/b-c/d_e"), HP_STR("metadatas"), HP_STR("a/metadata") };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(hp_file_directory_check(good[i], &err), HP_OK);
    const hp_str bad[] = { HP_STR(""),         HP_STR("/a"),         HP_STR("a/"),  HP_STR("a//b"),
                           HP_STR(".."),       HP_STR("a/../b"),     HP_STR("_a"),  HP_STR("a b"),
                           HP_STR("metadata"), HP_STR("metadata/a"), HP_STR("a.b"), HP_STR("a\0") };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(hp_file_directory_check(bad[i], &err), HP_E_INVALID_FILE_NAME);
}

static void the_type_is_told_by_what_follows_the_last_dot(void **state)
{
    (void)state;
    const struct {
        const char *name, *type;
    } cases[] = { { "a.png", "image/png" },
                  { "a.PNG", "image/png" },
                  { "a.html.png", "image/png" },
                  { "dir/a.png", "image/png" },
                  { "a.png.html", "text/html" },
                  { "a", NULL },
                  { "a.", NULL },
                  { "a.unknown", NULL },
                  { "png", NULL },
                  { "a.txt", "text/plain; charset=utf-8" } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const hp_media_type *type = hp_media_type_of_name(hp_str_of(cases[i].name));
        if (cases[i].type == NULL)
            assert_null(type);
        else
            assert_string_equal(type->type, cases[i].type);
    }
}

static void what_a_browser_runs_is_never_shown(void **state)
{
    (void)state;
    const char *const active[] = {
        "html", "htm", "shtml", "xhtml", "xht", "xml", "xsl", "xslt", "js", "mjs", "mathml"
    };
    for (size_t i = 0; i < sizeof active / sizeof *active; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "a.%s", active[i]);
        assert_int_equal(hp_media_type_of_name(hp_str_of(name))->safety, HP_MEDIA_HIDDEN);
    }
    assert_int_equal(hp_media_type_of_name(HP_STR("a.svg"))->safety, HP_MEDIA_DOWNLOAD);
}

static void a_content_type_is_two_tokens(void **state)
{
    (void)state;
    hp_str type, subtype;
    const char *const good[] = { "image/png", "image/png;x=y", " image / png ;x", "application/vnd.api+json" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(hp_media_type_split(hp_str_of(good[i]), &type, &subtype));
    const char *const bad[] = {
        "", "image", "image/", "/png", "image//png", "a b/c", "text/plain,text/html", ";", "/"
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(hp_media_type_split(hp_str_of(bad[i]), &type, &subtype));
    assert_string_equal(hp_media_extension(HP_STR("Image/PNG; q=1")), "png");
    assert_string_equal(hp_media_extension(HP_STR("text/plain")), "txt");
    assert_null(hp_media_extension(HP_STR("image/unheard-of")));
    assert_null(hp_media_extension(HP_STR("image")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_hold_plain_characters_only),
        cmocka_unit_test(directories_go_down_only),
        cmocka_unit_test(the_type_is_told_by_what_follows_the_last_dot),
        cmocka_unit_test(what_a_browser_runs_is_never_shown),
        cmocka_unit_test(a_content_type_is_two_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

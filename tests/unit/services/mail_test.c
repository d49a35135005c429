#include <stddef.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "services/mail.h"
#include "services/mail_text.h"

static void only_a_plain_address_gets_mail(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        hp_str address;
        bool want;
    } cases[] = {
        { "usual", HP_STR_INIT("ann@example.org"), true },
        { "tagged", HP_STR_INIT("ann+tag.x@sub.example.org"), true },
        { "beyond ASCII", HP_STR_INIT("j\xC3\xB6rg@example.org"), true },
        { "no domain", HP_STR_INIT("ann@"), false },
        { "no name", HP_STR_INIT("@example.org"), false },
        { "no at", HP_STR_INIT("ann"), false },
        { "two", HP_STR_INIT("ann@a.org,bob@b.org"), false },
        { "two ats", HP_STR_INIT("ann@b@c.org"), false },
        { "with a blank", HP_STR_INIT("ann @example.org"), false },
        { "ends the command", HP_STR_INIT("ann@a.org\r\nRCPT TO:<bob@b.org>"), false },
        { "ends the bracket", HP_STR_INIT("ann@a.org> NOTIFY=NEVER"), false },
        { "header of its own", HP_STR_INIT("ann@a.org\nBcc: bob"), false },
        { "NUL", HP_STR_INIT("ann@a.org\0.b.org"), false },
        { "quoted", HP_STR_INIT("\"ann\"@a.org"), false },
        { "not UTF-8", HP_STR_INIT("ann\xFF@a.org"), false },
        { "empty", HP_STR_INIT(""), false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (hp_mail_address_valid(cases[i].address) != cases[i].want) fail_msg("case: %s", cases[i].name);
    char longest[300];
    memset(longest, 'a', sizeof longest);
    longest[100] = '@';
    assert_true(hp_mail_address_valid((hp_str){ longest, 254 }));
    assert_false(hp_mail_address_valid((hp_str){ longest, 255 }));
}

/* The message as text; *out is the caller's to hp_buf_done. */
static const char *written(hp_buf *out, hp_str from_name, hp_str subject, hp_str text)
{
    const hp_mail_head head = {
        .from_name = from_name, .from = HP_STR("app@example.org"), .id = HP_STR("id1"), .now_ms = 1700000000000
    };
    const hp_mail mail = { .to = HP_STR("ann@example.net"), .subject = subject, .text = text };
    hp_buf_init(out, 1 << 20);
    hp_mail_write(out, &head, &mail);
    assert_false(out->overflow);
    hp_buf_add_char(out, '\0');
    return out->ptr;
}

static void an_ascii_mail_is_sent_as_it_is(void **state)
{
    (void)state;
    hp_buf out;
    assert_string_equal(written(&out, HP_STR("My, App"), HP_STR("Hello"), HP_STR("Hi,\n\nlink\n")),
                        "From: \"My, App\" <app@example.org>\r\n"
                        "To: <ann@example.net>\r\n"
                        "Subject: Hello\r\n"
                        "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
                        "Message-ID: <id1@example.org>\r\n"
                        "Auto-Submitted: auto-generated\r\n"
                        "MIME-Version: 1.0\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\n"
                        "Content-Transfer-Encoding: 7bit\r\n"
                        "\r\n"
                        "Hi,\r\n\r\nlink\r\n\r\n");
    hp_buf_done(&out);
}

static void what_is_not_ascii_is_encoded(void **state)
{
    (void)state;
    hp_buf out;
    const char *text = written(&out, HP_STR("J\xC3\xB6rg"), HP_STR("Gr\xC3\xBC\xC3\x9F"), HP_STR("\xC3\xBC\n"));
    assert_non_null(strstr(text, "From: =?utf-8?B?SsO2cmc=?= <app@example.org>\r\n"));
    assert_non_null(strstr(text, "Subject: =?utf-8?B?R3LDvMOf?=\r\n"));
    assert_non_null(strstr(text, "Content-Transfer-Encoding: base64\r\n\r\nw7wK\r\n"));
    hp_buf_done(&out);
}

static void no_text_can_add_a_header_or_a_long_line(void **state)
{
    (void)state;
    hp_buf out;
    char name[2001], body[5001];
    memset(name, 'n', sizeof name - 1);
    memset(body, 'b', sizeof body - 1);
    name[sizeof name - 1] = body[sizeof body - 1] = '\0';
    const char *text =
        written(&out, HP_STR("A\r\nBcc: eve@example.org"), HP_STR("B\r\n\r\nBcc: eve@example.org"), hp_str_of(body));
    assert_null(strstr(text, "\nBcc"));
    hp_buf_done(&out);
    text = written(&out, hp_str_of(name), hp_str_of(name), hp_str_of(body));
    hp_str all = hp_str_of(text), line;
    while (hp_str_split(&all, '\n', &line))
        if (line.len > 999) fail_msg("a line of %zu bytes", line.len);
    hp_buf_done(&out);
}

/* RFC 2047: a reader decodes each word by itself. */
static void an_encoded_word_holds_whole_characters(void **state)
{
    (void)state;
    char subject[2 * 100 + 2] = "x"; /* the first letter moves all others off the even places */
    hp_buf out;
    for (size_t i = 0; i < 100; i++) memcpy(subject + 1 + 2 * i, "\xC3\xBC", 2);
    const char *text = written(&out, HP_STR_NONE, hp_str_of(subject), HP_STR("t"));
    size_t words = 0;
    for (const char *w = strstr(text, "=?utf-8?B?"); w != NULL; w = strstr(w + 1, "=?utf-8?B?"), words++) {
        const char *end = strstr(w, "?=");
        assert_non_null(end);
        assert_true(end + 2 - w <= 75);
        /* 0xC3 alone at the end of a word would be "w" and padding */
        assert_false(end[-1] == '=' && end[-2] == '=' && end[-3] == 'w' && end[-4] == 'w');
    }
    assert_true(words > 2);
    hp_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_plain_address_gets_mail),
        cmocka_unit_test(an_ascii_mail_is_sent_as_it_is),
        cmocka_unit_test(what_is_not_ascii_is_encoded),
        cmocka_unit_test(no_text_can_add_a_header_or_a_long_line),
        cmocka_unit_test(an_encoded_word_holds_whole_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

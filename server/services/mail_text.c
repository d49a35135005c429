#include "services/mail_text.h"

#include <time.h>

#include "value/base64.h"

enum {
    WORD_BYTES_MAX = 42,   /* of UTF-8 in one encoded word: 75 characters with its frame (RFC 2047) */
    BASE64_LINE_MAX = 76,  /* RFC 2045 */
    PLAIN_LINE_MAX = 990,  /* RFC 5321 allows 998 */
    HEADER_TEXT_MAX = 900, /* an unencoded header is one line */
};

static bool is_ascii_text(hp_str s, bool lines)
{
    for (size_t i = 0; i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x7F || (c < ' ' && !(lines && (c == '\n' || c == '\t')))) return false;
    }
    return true;
}

static bool fits_lines(hp_str text)
{
    hp_str line;
    while (hp_str_split(&text, '\n', &line))
        if (line.len > PLAIN_LINE_MAX) return false;
    return true;
}

/* How many bytes of `s` fit a word without cutting a character. */
static size_t word_len(hp_str s)
{
    size_t n = s.len < WORD_BYTES_MAX ? s.len : WORD_BYTES_MAX;
    while (n > 0 && n < s.len && ((unsigned char)s.ptr[n] & 0xC0) == 0x80) n--;
    return n > 0 ? n : 1;
}

static hp_str without_controls(hp_arena *mem, hp_str s)
{
    char *copy = hp_arena_cstr(mem, s);
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)copy[i] < ' ' || copy[i] == 0x7F) copy[i] = ' ';
    return (hp_str){ copy, s.len };
}

static void add_encoded(hp_buf *out, hp_arena *mem, hp_str left)
{
    for (bool first = true; left.len > 0; first = false) {
        const size_t n = word_len(left);
        if (!first) hp_buf_add_lit(out, "\r\n ");
        hp_buf_printf(out, "=?utf-8?B?%" HP_STR_FMT "?=", HP_STR_ARG(hp_base64_encode(mem, hp_str_sub(left, 0, n))));
        left = hp_str_sub(left, n, SIZE_MAX);
    }
}

static void add_subject(hp_buf *out, hp_arena *mem, hp_str subject)
{
    const hp_str text = without_controls(mem, subject);
    if (is_ascii_text(text, false) && text.len <= HEADER_TEXT_MAX && !hp_str_contains(text, HP_STR("=?")))
        hp_buf_add(out, text);
    else
        add_encoded(out, mem, text);
}

/* A name in quotes, or encoded: in either form its commas and brackets are no syntax. */
static void add_name(hp_buf *out, hp_arena *mem, hp_str name)
{
    const bool plain = is_ascii_text(name, false) && name.len <= HEADER_TEXT_MAX &&
                       hp_str_find_char(name, '"', 0) == SIZE_MAX && hp_str_find_char(name, '\\', 0) == SIZE_MAX;
    if (plain)
        hp_buf_printf(out, "\"%" HP_STR_FMT "\" ", HP_STR_ARG(name));
    else {
        add_encoded(out, mem, name);
        hp_buf_add_char(out, ' ');
    }
}

static void add_date(hp_buf *out, int64_t now_ms)
{
    static const char *const DAYS[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const MONTHS[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    const time_t seconds = (time_t)(now_ms / 1000);
    struct tm t;

    HP_ASSERT(gmtime_r(&seconds, &t) != NULL);
    hp_buf_printf(out, "Date: %s, %02d %s %04d %02d:%02d:%02d +0000\r\n", DAYS[t.tm_wday], t.tm_mday, MONTHS[t.tm_mon],
                  t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

static void add_plain_body(hp_buf *out, hp_str text)
{
    hp_str line;
    hp_buf_add_lit(out, "Content-Transfer-Encoding: 7bit\r\n\r\n");
    while (hp_str_split(&text, '\n', &line)) {
        hp_buf_add(out, line);
        hp_buf_add_lit(out, "\r\n");
    }
}

static void add_base64_body(hp_buf *out, hp_arena *mem, hp_str text)
{
    hp_buf_add_lit(out, "Content-Transfer-Encoding: base64\r\n\r\n");
    for (hp_str left = hp_base64_encode(mem, text); left.len > 0; left = hp_str_sub(left, BASE64_LINE_MAX, SIZE_MAX)) {
        hp_buf_add(out, hp_str_sub(left, 0, BASE64_LINE_MAX));
        hp_buf_add_lit(out, "\r\n");
    }
}

void hp_mail_write(hp_buf *out, const hp_mail_head *head, const hp_mail *mail)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_str domain = hp_str_sub(head->from, hp_str_find_char(head->from, '@', 0) + 1, SIZE_MAX);

    hp_buf_add_lit(out, "From: ");
    if (head->from_name.len > 0) add_name(out, mem, head->from_name);
    hp_buf_printf(out, "<%" HP_STR_FMT ">\r\nTo: <%" HP_STR_FMT ">\r\nSubject: ", HP_STR_ARG(head->from),
                  HP_STR_ARG(mail->to));
    add_subject(out, mem, mail->subject);
    hp_buf_add_lit(out, "\r\n");
    add_date(out, head->now_ms);
    hp_buf_printf(out, "Message-ID: <%" HP_STR_FMT "@%" HP_STR_FMT ">\r\n", HP_STR_ARG(head->id), HP_STR_ARG(domain));
    hp_buf_add_lit(out, "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\n");
    if (is_ascii_text(mail->text, true) && fits_lines(mail->text))
        add_plain_body(out, mail->text);
    else
        add_base64_body(out, mem, mail->text);
}

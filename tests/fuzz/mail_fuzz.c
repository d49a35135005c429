/* rooms: services value base */
/* A mail whose address and words come from strangers: whatever they hold, the message has the headers that were meant and no
 * other, its lines end as SMTP wants it, and its body is the text. */
#include <stdint.h>

#include "base/error.h"
#include "services/mail_text.h"
#include "value/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const HEADERS[] = { "From",         "To",           "Subject",
                                       "Date",         "Message-ID",   "Auto-Submitted",
                                       "MIME-Version", "Content-Type", "Content-Transfer-Encoding" };
enum { HEADER_COUNT = sizeof HEADERS / sizeof *HEADERS, LINE_MAX_BYTES = 998 };

static size_t end_of_line(hp_str text, size_t at)
{
    const size_t lf = hp_str_find_char(text, '\n', at);
    HP_ASSERT(lf != SIZE_MAX && lf > at && text.ptr[lf - 1] == '\r');
    for (size_t i = at; i < lf - 1; i++) HP_ASSERT(text.ptr[i] != '\r' && text.ptr[i] != '\0');
    HP_ASSERT(lf - 1 - at <= LINE_MAX_BYTES);
    return lf - 1;
}

/* Where the body begins. */
static size_t check_head(hp_str message, hp_str to)
{
    size_t at = 0, count = 0;
    for (;;) {
        const size_t end = end_of_line(message, at);
        const hp_str line = hp_str_sub(message, at, end - at);
        at = end + 2;
        if (line.len == 0) break;
        if (line.ptr[0] == ' ') continue; /* folded */
        const size_t colon = hp_str_find_char(line, ':', 0);
        HP_ASSERT(count < HEADER_COUNT && hp_str_eq(hp_str_sub(line, 0, colon), hp_str_of(HEADERS[count])));
        if (count++ != 1) continue;
        HP_ASSERT(line.len == to.len + sizeof "To: <>" - 1 && memcmp(line.ptr + 5, to.ptr, to.len) == 0);
    }
    HP_ASSERT(count == HEADER_COUNT);
    return at;
}

static void check_body(hp_arena *mem, hp_str message, size_t at, bool base64, hp_str text)
{
    char *plain = hp_arena_alloc(mem, message.len + 1);
    size_t len = 0;
    hp_str decoded;
    while (at < message.len) {
        const size_t end = end_of_line(message, at);
        memcpy(plain + len, message.ptr + at, end - at);
        len += end - at;
        if (!base64) plain[len++] = '\n';
        at = end + 2;
    }
    if (!base64)
        HP_ASSERT(len == text.len + 1 && memcmp(plain, text.ptr, text.len) == 0); /* the last line ends, too */
    else
        HP_ASSERT(hp_base64_decode(mem, (hp_str){ plain, len }, &decoded) && hp_str_eq(decoded, text));
}

/* A byte that says how long the address is, one for the subject, then both and the text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    if (size < 3) return 0;
    const hp_str all = hp_arena_str(mem, (hp_str){ (const char *)data + 2, size - 2 });
    const hp_mail mail = { .to = hp_str_sub(all, 0, data[0]),
                           .subject = hp_str_sub(all, data[0], data[1]),
                           .text = hp_str_sub(all, (size_t)data[0] + data[1], SIZE_MAX) };
    const hp_mail_head head = { HP_STR("An App"), HP_STR("app@example.com"), HP_STR("id"), 1700000000000 };
    hp_buf message;

    if (!hp_mail_address_valid(mail.to) || mail.text.len == 0) return 0;
    hp_buf_init(&message, 1 << 20);
    hp_mail_write(&message, &head, &mail);
    HP_ASSERT(!message.overflow);
    const hp_str written = hp_buf_str(&message);
    const size_t body = check_head(written, mail.to);
    check_body(mem, written, body,
               hp_str_contains(hp_str_sub(written, 0, body), HP_STR("\r\nContent-Transfer-Encoding: base64\r\n")),
               mail.text);
    hp_buf_done(&message);
    return 0;
}

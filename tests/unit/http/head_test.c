#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/url.h"
#include "http/chunked.h"
#include "http/head.h"

enum { URL_MAX = 100, HEADERS_MAX = 8 };

static int read_head(hp_arena *mem, hp_str text, hp_http_request *rq, hp_http_head *head)
{
    *rq = (hp_http_request){ .mem = mem };
    return hp_http_head_read(hp_arena_str(mem, text), URL_MAX, HEADERS_MAX, rq, head);
}

/* security row M3: whatever two parsers could read differently is refused */
static void sec_M3_doubtful_framing_is_refused(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    (void)state;
    const struct {
        const char *name;
        hp_str text;
        int status;
    } cases[] = {
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"
        { "length and chunked", HP_STR(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
        { "two lengths", HP_STR(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"), 400 },
        { "list of lengths", HP_STR(POST "Content-Length: 3, 3\r\n\r\n"), 400 },
        { "signed length", HP_STR(POST "Content-Length: +5\r\n\r\n"), 400 },
        { "hex length", HP_STR(POST "Content-Length: 0x10\r\n\r\n"), 400 },
        { "blank in length", HP_STR(POST "Content-Length: 5 5\r\n\r\n"), 400 },
        { "empty length", HP_STR(POST "Content-Length:\r\n\r\n"), 400 },
        { "length past 64 bits", HP_STR(POST "Content-Length: 18446744073709551616\r\n\r\n"), 0 },
        { "other coding", HP_STR(POST "Transfer-Encoding: xchunked\r\n\r\n"), 400 },
        { "chunked twice", HP_STR(POST "Transfer-Encoding: chunked, chunked\r\n\r\n"), 400 },
        { "identity", HP_STR(POST "Transfer-Encoding: identity\r\n\r\n"), 400 },
        { "chunked in 1.0", HP_STR("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"), 400 },
        { "bare LF", HP_STR("POST / HTTP/1.1\nHost: a\r\n\r\n"), 400 },
        { "bare CR", HP_STR("POST / HTTP/1.1\r\nHost: a\rb\r\n\r\n"), 400 },
        { "folded line", HP_STR(POST "X: a\r\n b\r\n\r\n"), 400 },
        { "blank before colon", HP_STR(POST "X : a\r\n\r\n"), 400 },
        { "no colon", HP_STR(POST "X\r\n\r\n"), 400 },
        { "empty name", HP_STR(POST ": a\r\n\r\n"), 400 },
        { "NUL in value", HP_STR(POST "X: a\0b\r\n\r\n"), 400 },
        { "two hosts", HP_STR(POST "Host: b\r\n\r\n"), 400 },
        { "no host", HP_STR("GET / HTTP/1.1\r\n\r\n"), 400 },
        { "blank in path", HP_STR("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
        { "strange version", HP_STR("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505 },
        { "strange method", HP_STR("FOO / HTTP/1.1\r\nHost: a\r\n\r\n"), 501 },
        { "TAB in the target", HP_STR("GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
        { "two blanks", HP_STR("GET  /a HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
        { "blank at the end", HP_STR("GET /a HTTP/1.1 \r\nHost: a\r\n\r\n"), 400 },
        { "HTTP/0.9", HP_STR("GET /a\r\n\r\n"), 400 },
        { "no path", HP_STR("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
        { "authority form", HP_STR("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
        { "fragment", HP_STR("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
        { "query without path", HP_STR("GET http://a?b=/c HTTP/1.1\r\nHost: a\r\n\r\n"), 400 },
        { "no head at all", HP_STR("\r\n\r\n"), 400 },
#undef POST
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_http_request rq;
        hp_http_head head;
        int status = read_head(mem, cases[i].text, &rq, &head);
        if (status == 0 || (cases[i].status != 0 && status != cases[i].status))
            fail_msg("%s: status %d", cases[i].name, status);
    }
}

static void an_ordinary_head_is_read(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_http_request rq;
    hp_http_head head;
    (void)state;
    assert_int_equal(
        read_head(mem,
                  HP_STR("POST /parse/classes/A?x=1&y HTTP/1.1\r\nHost: a\r\nX-Two:  v w \r\ncontent-length: 12\r\n"
                         "Expect: 100-Continue\r\nConnection: close\r\n\r\n"),
                  &rq, &head),
        0);
    assert_true(hp_str_eq(rq.method, HP_STR("POST")));
    assert_true(hp_str_eq(rq.path, HP_STR("/parse/classes/A")));
    assert_true(hp_str_eq(rq.query, HP_STR("x=1&y")));
    assert_true(hp_str_eq(hp_http_header_get(&rq, HP_STR("x-two")), HP_STR("v w")));
    assert_int_equal(head.content_length, 12);
    assert_true(head.expect_continue);
    assert_false(rq.keep_alive);
}

static void an_absolute_url_is_its_path(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_http_request rq;
    hp_http_head head;
    (void)state;
    assert_int_equal(read_head(mem, HP_STR("GET https://a:1/b?c HTTP/1.1\r\nHost: a\r\n\r\n"), &rq, &head), 0);
    assert_true(hp_str_eq(rq.path, HP_STR("/b")) && hp_str_eq(rq.query, HP_STR("c")));
    assert_int_equal(read_head(mem, HP_STR("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n"), &rq, &head), 0);
    assert_true(hp_str_eq(rq.path, HP_STR("/")));
}

static void the_end_of_a_head_is_found_however_it_arrives(void **state)
{
    (void)state;
    const struct {
        hp_str text;
        size_t want;
    } cases[] = {
        { HP_STR("GET / HTTP/1.1\r\nHost: a\r\n\r\nrest"), 27 }, { HP_STR("\r\nGET / HTTP/1.1\r\n\r\n"), 2 },
        { HP_STR("GET / HTTP/1.1\r\nHost: a\r\n"), 0 },          { HP_STR("GET / HTTP/1.1\nHost: a\n\n"), SIZE_MAX },
        { HP_STR("GET / HTTP/1.1\r\nHost: a\n\r\n"), SIZE_MAX }, { HP_STR("\n"), SIZE_MAX },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step <= cases[i].text.len; step++) {
            size_t seen = 0, end = 0;
            for (size_t to = step; end == 0 && to < cases[i].text.len + step; to += step)
                end = hp_http_head_end(hp_str_sub(cases[i].text, 0, to), &seen);
            if (end != cases[i].want) fail_msg("case %zu, step %zu: %zu", i, step, end);
        }
}

static void limits_have_their_own_status(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_http_request rq;
    hp_http_head head;
    hp_str url = hp_arena_printf(mem, "GET /%0*d HTTP/1.1\r\nHost: a\r\n\r\n", URL_MAX, 0);
    hp_str many = hp_arena_printf(mem, "GET / HTTP/1.1\r\nHost: a\r\n%s%s%s\r\n", "A: 1\r\nB: 1\r\nC: 1\r\n",
                                  "D: 1\r\nE: 1\r\nF: 1\r\n", "G: 1\r\nH: 1\r\n");
    (void)state;
    assert_int_equal(read_head(mem, url, &rq, &head), 414);
    assert_int_equal(read_head(mem, many, &rq, &head), 431);
}

static void chunks_are_read_however_they_are_cut(void **state)
{
    const hp_str wire = HP_STR("5\r\nhello\r\n1\r\n \r\n00000A\r\n0123456789\r\n0\r\n\r\nNEXT");
    (void)state;
    for (size_t step = 1; step < wire.len; step++) {
        hp_chunked c = { 0 };
        hp_buf body;
        size_t from = 0, used;
        hp_buf_init(&body, 100);
        for (size_t to = step; c.state != HP_CHUNK_DONE; to += step) {
            assert_int_equal(hp_chunked_read(&c, hp_str_sub(wire, from, to - from), &body, &used), 0);
            from += used;
        }
        assert_true(hp_str_eq(hp_buf_str(&body), HP_STR("hello 0123456789")));
        assert_true(hp_str_eq(hp_str_sub(wire, from, 4), HP_STR("NEXT")));
        hp_buf_done(&body);
    }
}

static void malformed_chunks_are_refused(void **state)
{
    (void)state;
    const struct {
        hp_str wire;
        int status;
    } cases[] = {
        { HP_STR("FFFFFFFFFFFFFFFF\r\n"), 400 },
        { HP_STR("00000000000000001\r\n"), 400 },
        { HP_STR("5;ext=1\r\nhello\r\n"), 400 },
        { HP_STR("5\nhello\n"), 400 },
        { HP_STR("5\r\nhelloX\r\n"), 400 },
        { HP_STR("\r\n"), 400 },
        { HP_STR("-1\r\n"), 400 },
        { HP_STR("65\r\n"), 413 },
        { HP_STR("0\r\nTrailer: x\r\n\r\n"), 400 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_chunked c = { 0 };
        hp_buf body;
        size_t used;
        hp_buf_init(&body, 100);
        if (hp_chunked_read(&c, cases[i].wire, &body, &used) != cases[i].status) fail_msg("case %zu", i);
        hp_buf_done(&body);
    }
}

static void urls_decode_strictly(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_str out;
    (void)state;
    assert_true(hp_url_decode(mem, HP_STR("a%20b+c%C3%A9"), true, &out));
    assert_true(hp_str_eq(out, HP_STR("a b c\xc3\xa9")));
    assert_true(hp_url_decode(mem, HP_STR("a+b"), false, &out));
    assert_true(hp_str_eq(out, HP_STR("a+b")));
    const hp_str bad[] = { HP_STR("%"), HP_STR("%2"), HP_STR("%zz"), HP_STR("%ff"), HP_STR("%C0%80") };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(hp_url_decode(mem, bad[i], true, &out));

    hp_str rest = HP_STR("a=1&&b&c=x%3Dy"), name, value;
    bool ok;
    size_t count = 0;
    while (hp_url_next_pair(mem, &rest, &name, &value, &ok)) {
        assert_true(ok);
        count++;
    }
    assert_int_equal(count, 3);
    assert_true(hp_str_eq(value, HP_STR("x=y")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sec_M3_doubtful_framing_is_refused),
        cmocka_unit_test(an_ordinary_head_is_read),
        cmocka_unit_test(an_absolute_url_is_its_path),
        cmocka_unit_test(the_end_of_a_head_is_found_however_it_arrives),
        cmocka_unit_test(limits_have_their_own_status),
        cmocka_unit_test(chunks_are_read_however_they_are_cut),
        cmocka_unit_test(malformed_chunks_are_refused),
        cmocka_unit_test(urls_decode_strictly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

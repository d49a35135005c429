/* The real server on a real socket: what a client can do to it, and what it must not be able to do. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <zlib.h>

#include "base/clock.h"
#include "http/server.h"

static sem_t gate;    /* requests to /wait hold their worker until it is posted */
static sem_t entered; /* … and say that they are there */
static atomic_int handled;

enum { FILE_BYTES = 3 << 20, HUGE_BYTES = 32 << 20 }; /* more than the sockets on the way will hold */
static char huge_byte(size_t i) { return (char)('a' + i % 23); }

/* An unlinked file of `len` bytes. */
static int file_of(size_t len)
{
    FILE *f = tmpfile();
    for (size_t i = 0; i < len; i++) (void)fputc(huge_byte(i), f);
    (void)fflush(f);
    int fd = dup(fileno(f));
    (void)fclose(f);
    return fd;
}

/* Echoes method, path and body; /file answers 3 MiB from a file, /empty-file one without a byte; /big answers 100 kB, /huge 32 MiB, /length the size of the body; /wait blocks. */
static void handle(void *user, hp_http_request *rq, hp_http_reply *rp)
{
    (void)user;
    atomic_fetch_add(&handled, 1);
    rp->status = 200;
    rp->content_type = HP_STR("application/json; charset=utf-8");
    if (hp_str_starts(rq->path, HP_STR("/wait"))) {
        (void)sem_post(&entered);
        while (sem_wait(&gate) != 0) {}
    }
    if (hp_str_eq(rq->path, HP_STR("/big"))) {
        for (int i = 0; i < 10000; i++) hp_buf_add_lit(&rp->body, "0123456789");
        return;
    }
    if (hp_str_eq(rq->path, HP_STR("/huge"))) {
        char *room = hp_buf_reserve(&rp->body, HUGE_BYTES);
        for (size_t i = 0; i < HUGE_BYTES; i++) room[i] = huge_byte(i);
        rp->body.len = HUGE_BYTES;
        return;
    }
    if (hp_str_eq(rq->path, HP_STR("/length"))) {
        hp_buf_printf(&rp->body, "length %zu", rq->body.len);
        return;
    }
    if (hp_str_eq(rq->path, HP_STR("/file")) || hp_str_eq(rq->path, HP_STR("/wait-file")) ||
        hp_str_eq(rq->path, HP_STR("/empty-file"))) {
        const size_t len = hp_str_eq(rq->path, HP_STR("/file")) ? FILE_BYTES : 0;
        hp_reply_with_file(rp, file_of(len), len);
        rp->etag = HP_STR("\"tag\"");
        return;
    }
    if (hp_str_eq(rq->path, HP_STR("/nothing"))) {
        rp->status = 204;
        return;
    }
    if (hp_str_eq(rq->path, HP_STR("/headers"))) { /* more than a head may hold */
        char *value = hp_arena_alloc(rq->mem, 200000);
        memset(value, 'x', 200000);
        hp_reply_header(rp, HP_STR("X-Long"), (hp_str){ value, 200000 });
    }
    hp_reply_header(rp, HP_STR("X-Peer"), rq->peer);
    hp_reply_header(rp, HP_STR("X-Bad"), HP_STR("a\r\nInjected: 1"));
    hp_buf_printf(&rp->body, "%.*s %.*s %.*s", HP_STR_ARG(rq->method), HP_STR_ARG(rq->path), HP_STR_ARG(rq->body));
}

static hp_http_server *start(const hp_http_options *changed)
{
    hp_http_options o = {
        .host = "127.0.0.1",
        .io_threads = 2,
        .workers = 2,
        .queue_max = 64,
        .connections_max = 64,
        .head_bytes_max = 4096,
        .url_bytes_max = 1024,
        .headers_max = 32,
        .body_bytes_max = 1 << 20,
        .idle_timeout_ms = 20000,
        .head_timeout_ms = 20000,
        .body_timeout_ms = 20000,
        .write_timeout_ms = 20000,
        .handle = handle,
    };
    if (changed != NULL) {
        if (changed->workers != 0) o.workers = changed->workers;
        if (changed->queue_max != 0) o.queue_max = changed->queue_max;
        if (changed->queue_wait_ms_max != 0) o.queue_wait_ms_max = changed->queue_wait_ms_max;
        if (changed->connections_max != 0) o.connections_max = changed->connections_max;
        if (changed->idle_timeout_ms != 0) o.idle_timeout_ms = changed->idle_timeout_ms;
        if (changed->head_timeout_ms != 0) o.head_timeout_ms = changed->head_timeout_ms;
        if (changed->body_timeout_ms != 0) o.body_timeout_ms = changed->body_timeout_ms;
        if (changed->write_timeout_ms != 0) o.write_timeout_ms = changed->write_timeout_ms;
        if (changed->bodies_bytes_max != 0) o.bodies_bytes_max = changed->bodies_bytes_max;
        if (changed->host != NULL) o.host = changed->host;
        if (changed->body_bytes_max != 0) o.body_bytes_max = changed->body_bytes_max;
    }
    hp_http_server *s = NULL;
    hp_err err;
    if (hp_http_server_start(&o, &s, &err) != HP_OK) fail_msg("%s", err.msg);
    return s;
}

static void stop(hp_http_server *s)
{
    assert_true(hp_http_server_drain(s, 10000));
    hp_http_server_free(s);
}

static int connect_to(const hp_http_server *s)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)hp_http_server_port(s)) };
    struct timeval limit = { .tv_sec = 10 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void put(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, text, len, MSG_NOSIGNAL);
        if (sent <= 0) return; /* the server may have closed: the answer tells */
        text += sent;
        len -= (size_t)sent;
    }
}

static void say(int fd, const char *text) { put(fd, text, strlen(text)); }

/* Everything until the server closes, or until `enough` occurs. NUL-terminated; the caller frees. */
static char *take(int fd, const char *enough)
{
    size_t cap = 1 << 18, len = 0;
    char *text = calloc(1, cap);
    assert_non_null(text);
    while (len + 1 < cap) {
        ssize_t got = recv(fd, text + len, cap - len - 1, 0);
        if (got <= 0) break;
        len += (size_t)got;
        text[len] = '\0';
        if (enough != NULL && strstr(text, enough) != NULL) break;
    }
    return text;
}

static char *ask(const hp_http_server *s, const char *request, const char *enough)
{
    int fd = connect_to(s);
    put(fd, request, strlen(request));
    char *answer = take(fd, enough);
    (void)close(fd);
    return answer;
}

static void expect(const hp_http_server *s, const char *request, const char *begins, const char *contains)
{
    char *answer = ask(s, request, NULL);
    if (strncmp(answer, begins, strlen(begins)) != 0 || strstr(answer, contains) == NULL)
        fail_msg("%.60s -> %.300s", request, answer);
    free(answer);
}

/* ---- the promises ---- */

static void a_request_is_answered(void **state)
{
    hp_http_server *s = start(NULL);
    (void)state;
    expect(s, "POST /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
           "HTTP/1.1 200 OK\r\n", "POST /a hello");
    expect(s, "GET /a HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\n", "X-Peer: 127.0.0.1\r\n");
    char *answer = ask(s, "GET /a HTTP/1.0\r\n\r\n", NULL);
    assert_null(strstr(answer, "Injected"));
    free(answer);
    stop(s);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    hp_http_server *s = start(NULL);
    (void)state;
    char *answer =
        ask(s,
            "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            "3\r\nabc\r\n0\r\n\r\nGET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            NULL);
    char *one = strstr(answer, "GET /1 "), *two = strstr(answer, "POST /2 abc"), *three = strstr(answer, "GET /3 ");
    assert_true(one != NULL && two != NULL && three != NULL);
    assert_true(one < two && two < three);
    free(answer);
    stop(s);
}

static void a_request_that_arrives_byte_by_byte_is_the_same(void **state)
{
    static const char REQUEST[] =
        "POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
    hp_http_server *s = start(NULL);
    int fd = connect_to(s);
    (void)state;
    for (size_t i = 0; i < sizeof REQUEST - 1; i++) put(fd, REQUEST + i, 1);
    char *answer = take(fd, NULL);
    assert_non_null(strstr(answer, "POST /slow hello world"));
    free(answer);
    (void)close(fd);
    stop(s);
}

static void a_refused_request_ends_the_connection_before_the_next_runs(void **state)
{
    hp_http_server *s = start(NULL);
    (void)state;
    atomic_store(&handled, 0);
    char *answer = ask(s,
                       "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
                       NULL);
    assert_int_equal(strncmp(answer, "HTTP/1.1 400 ", 13), 0);
    assert_null(strstr(answer, "smuggled"));
    assert_int_equal(atomic_load(&handled), 0);
    free(answer);
    stop(s);
}

/* A loop's thread that has not come to its loop yet must hear of the end too: with a lost one this test never ends. */
static void a_server_may_end_the_moment_it_has_started(void **state)
{
    (void)state;
    for (int i = 0; i < 300; i++) stop(start(NULL));
}

static void sizes_are_limited_each_with_its_status(void **state)
{
    hp_http_server *s = start(&(hp_http_options){ .body_bytes_max = 1000 });
    static char request[8192];
    (void)state;
    expect(s, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n", "HTTP/1.1 413 ",
           "{\"error\":\"request entity too large\"}");
    expect(s, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n", "HTTP/1.1 400 ", "");
    expect(s, "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n", "HTTP/1.1 413 ", "");
    (void)snprintf(request, sizeof request, "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n%01000d",
                   0);
    expect(s, request, "HTTP/1.1 200 ", "length 1000");
    (void)snprintf(request, sizeof request,
                   "POST /length HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n%01000d\r\n0\r\n\r\n",
                   0);
    expect(s, request, "HTTP/1.1 200 ", "length 1000");
    (void)snprintf(request, sizeof request, "GET /%01500d HTTP/1.1\r\nHost: x\r\n\r\n", 0);
    expect(s, request, "HTTP/1.1 414 ", "");
    (void)snprintf(request, sizeof request, "GET / HTTP/1.1\r\nHost: x\r\nX: %05000d\r\n\r\n", 0);
    expect(s, request, "HTTP/1.1 431 ", "");
    expect(s, "POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx", "HTTP/1.1 415 ",
           "");
    stop(s);
}

static void a_client_that_asks_is_told_to_continue(void **state)
{
    hp_http_server *s = start(NULL);
    int fd = connect_to(s);
    (void)state;
    const char head[] =
        "POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
    put(fd, head, sizeof head - 1);
    char *go_on = take(fd, "\r\n\r\n");
    assert_string_equal(go_on, "HTTP/1.1 100 Continue\r\n\r\n");
    say(fd, "ok");
    char *answer = take(fd, NULL);
    assert_non_null(strstr(answer, "POST /c ok"));
    free(go_on);
    free(answer);
    (void)close(fd);
    stop(s);
}

static void large_answers_are_compressed_for_those_who_accept_it(void **state)
{
    hp_http_server *s = start(NULL);
    (void)state;
    expect(s, "GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ",
           "Content-Length: 100000\r\n");
    expect(s, "GET /big HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip;q=0\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ",
           "Content-Length: 100000\r\n");

    char *answer =
        ask(s, "GET /big HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br, gzip\r\nConnection: close\r\n\r\n", NULL);
    char *length = strstr(answer, "Content-Length: "), *body = strstr(answer, "\r\n\r\n");
    assert_non_null(strstr(answer, "Content-Encoding: gzip\r\n"));
    assert_true(length != NULL && body != NULL);
    static unsigned char plain[200000];
    z_stream z = { .next_in = (Bytef *)body + 4, .next_out = plain, .avail_out = sizeof plain };
    z.avail_in = (uInt)strtoul(length + 16, NULL, 10);
    assert_int_equal(inflateInit2(&z, 31), Z_OK);
    assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(z.total_out, 100000);
    (void)inflateEnd(&z);
    free(answer);
    stop(s);
}

static void a_known_tag_is_answered_304_and_head_has_no_body(void **state)
{
    hp_http_server *s = start(NULL);
    char request[300];
    (void)state;
    char *answer = ask(s, "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", NULL);
    char *tag = strstr(answer, "ETag: ");
    assert_non_null(tag);
    (void)snprintf(request, sizeof request,
                   "GET /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIf-None-Match: %.*s\r\n\r\n",
                   (int)(strcspn(tag, "\r") - 6), tag + 6);
    expect(s, request, "HTTP/1.1 304 ", "ETag: ");
    free(answer);
    answer = ask(s, "HEAD /t HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", NULL);
    assert_non_null(strstr(answer, "Content-Length: 8\r\n"));
    assert_string_equal(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    free(answer);
    stop(s);
}

static void slow_clients_are_cut_off(void **state)
{
    hp_http_server *s =
        start(&(hp_http_options){ .head_timeout_ms = 50, .body_timeout_ms = 50, .body_bytes_max = 1000 });
    (void)state;
    expect(s, "GET / HTT", "HTTP/1.1 408 ", "");
    expect(s, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc", "HTTP/1.1 408 ", "");
    stop(s);
    s = start(&(hp_http_options){ .idle_timeout_ms = 50 });
    char *answer = ask(s, "", NULL); /* an idle connection is closed without a word */
    assert_string_equal(answer, "");
    free(answer);
    stop(s);
}

static void a_full_queue_is_answered_at_once(void **state)
{
    hp_http_server *s = start(&(hp_http_options){ .workers = 1, .queue_max = 1 });
    const char wait[] = "GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    hp_http_metrics m;
    (void)state;
    int running = connect_to(s);
    put(running, wait, sizeof wait - 1);
    assert_int_equal(sem_wait(&entered), 0);
    int queued = connect_to(s);
    put(queued, wait, sizeof wait - 1);
    do hp_http_server_metrics(s, &m);
    while (m.queued == 0);
    expect(s, "GET /c HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 503 ", "Retry-After: 1\r\n");
    (void)sem_post(&gate);
    (void)sem_post(&gate);
    free(take(running, NULL));
    free(take(queued, NULL));
    (void)sem_wait(&entered);
    (void)close(running);
    (void)close(queued);
    stop(s);
}

static void what_has_waited_too_long_for_a_worker_is_not_begun(void **state)
{
    enum { WAIT_MS = 800 }; /* long enough for the first to be begun, however busy the machine */
    hp_http_server *s = start(&(hp_http_options){ .workers = 1, .queue_wait_ms_max = WAIT_MS });
    hp_clock *clock = hp_clock_system();
    hp_http_metrics m;
    (void)state;
    int running = connect_to(s);
    say(running, "GET /wait HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_int_equal(sem_wait(&entered), 0);
    const int begun = atomic_load(&handled);
    int queued = connect_to(s);
    say(queued, "POST /late HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    do hp_http_server_metrics(s, &m);
    while (m.queued == 0);
    for (const int64_t from = clock->monotonic_ms(clock); clock->monotonic_ms(clock) <= from + WAIT_MS;)
        (void)poll(NULL, 0, WAIT_MS / 4);
    (void)sem_post(&gate);
    free(take(running, "/wait"));
    char *answer = take(queued, NULL);
    assert_non_null(strstr(answer, "HTTP/1.1 503 "));
    assert_non_null(strstr(answer, "Retry-After: 1\r\n"));
    free(answer);
    assert_int_equal(atomic_load(&handled), begun);
    hp_http_server_metrics(s, &m);
    assert_int_equal(m.refused_queue, 1);
    (void)close(running);
    (void)close(queued);
    expect(s, "GET /next HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 ", "GET /next");
    stop(s);
}

static void connections_are_limited(void **state)
{
    (void)state;
    hp_http_server *s = start(&(hp_http_options){ .connections_max = 3 });
    int open[3];
    for (int i = 0; i < 3; i++) {
        open[i] = connect_to(s);
        say(open[i], "GET /k HTTP/1.1\r\nHost: x\r\n\r\n");
        free(take(open[i], "GET /k"));
    }
    expect(s, "GET /4 HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 503 ", "");
    for (int i = 0; i < 3; i++) (void)close(open[i]);
    hp_http_metrics m;
    do hp_http_server_metrics(s, &m);
    while (m.connections > 0);
    expect(s, "GET /5 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ", "GET /5");
    stop(s);
}

static void draining_finishes_what_runs_and_takes_nothing_new(void **state)
{
    hp_http_server *s = start(NULL);
    const char wait[] = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
    (void)state;
    int idle = connect_to(s), running = connect_to(s);
    say(idle, "GET /k HTTP/1.1\r\nHost: x\r\n\r\n");
    free(take(idle, "GET /k"));
    put(running, wait, sizeof wait - 1);
    assert_int_equal(sem_wait(&entered), 0);
    assert_false(hp_http_server_drain(s, 1)); /* too short: the running request is cut off, not lost in memory */
    (void)sem_post(&gate);
    hp_http_server_free(s);
    (void)close(idle);
    (void)close(running);

    s = start(NULL);
    running = connect_to(s);
    put(running, wait, sizeof wait - 1);
    assert_int_equal(sem_wait(&entered), 0);
    (void)sem_post(&gate);
    stop(s);
    char *answer = take(running, NULL);
    assert_non_null(strstr(answer, "GET /wait"));
    free(answer);
    (void)close(running);
}

static void wait_until_gone(hp_http_server *s)
{
    hp_http_metrics m;
    do hp_http_server_metrics(s, &m);
    while (m.connections > 0);
}

static void a_client_that_leaves_early_leaves_nothing_behind(void **state)
{
    hp_http_server *s = start(NULL);
    const char wait[] = "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n";
    (void)state;
    int fd = connect_to(s);
    put(fd, wait, sizeof wait - 1);
    assert_int_equal(sem_wait(&entered), 0);
    (void)close(fd);
    (void)sem_post(&gate);
    wait_until_gone(s);
    stop(s);
}

/* security row M3, on the wire: a second request in the same bytes never runs */
static void sec_M3_nothing_runs_behind_doubtful_framing(void **state)
{
    hp_http_server *s = start(NULL);
    static const char *const CASES[] = {
        "GET / HTTP/1.1\nHost: x\n\n",
        "GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\r\na\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\na",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\rXa\r\n0\r\n\r\n",
    };
    (void)state;
    atomic_store(&handled, 0);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char request[400];
        (void)snprintf(request, sizeof request, "%sGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n", CASES[i]);
        char *answer = ask(s, request, NULL); /* until the server closes */
        if (strncmp(answer, "HTTP/1.1 400 ", 13) != 0) fail_msg("%s -> %.60s", CASES[i], answer);
        if (strstr(answer + 1, "HTTP/1.1 ") != NULL) fail_msg("%s -> two answers", CASES[i]);
        free(answer);
    }
    assert_int_equal(atomic_load(&handled), 0);
    stop(s);
}

static void empty_lines_before_a_request_are_skipped(void **state)
{
    static const char REQUEST[] = "\r\n\r\nGET /e HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    hp_http_server *s = start(NULL);
    (void)state;
    expect(s, REQUEST, "HTTP/1.1 200 ", "GET /e");
    int fd = connect_to(s);
    for (size_t i = 0; i < sizeof REQUEST - 1; i++) put(fd, REQUEST + i, 1);
    char *answer = take(fd, NULL);
    assert_non_null(strstr(answer, "GET /e"));
    free(answer);
    (void)close(fd);
    stop(s);
}

static void a_client_that_has_closed_its_direction_is_answered(void **state)
{
    static const char *const REQUESTS[] = {
        "GET /wait HTTP/1.1\r\nHost: x\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /wait HTTP/1.1\r\nHost: x\r\n\r\nGET /cut HTTP/1.1\r\nHo"
    };
    hp_http_server *s = start(NULL);
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        int fd = connect_to(s);
        put(fd, REQUESTS[i], strlen(REQUESTS[i]));
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
        while (sem_wait(&entered) != 0) {}
        (void)sem_post(&gate);
        char *answer = take(fd, NULL);
        assert_non_null(strstr(answer, "GET /wait"));
        assert_true((strstr(answer, "GET /second") != NULL) == (i == 0));
        assert_null(strstr(answer, "GET /cut"));
        free(answer);
        (void)close(fd);
    }
    expect(s, "GET / HTTP/1.1\r\nHost : x\r\n\r\n", "HTTP/1.1 400 ", "");
    stop(s);
}

static void requests_sent_far_ahead_are_all_answered_in_order(void **state)
{
    enum { AHEAD = 3000 };
    static char request[AHEAD * 64], name[32];
    hp_http_server *s = start(NULL);
    int fd = connect_to(s);
    (void)state;
    say(fd, "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    while (sem_wait(&entered) != 0) {}
    size_t len = 0;
    for (int i = 0; i < AHEAD; i++)
        len += (size_t)snprintf(request + len, 64, "GET /n%d HTTP/1.1\r\nHost: x\r\n%s\r\n", i,
                                i == AHEAD - 1 ? "Connection: close\r\n" : "");
    put(fd, request, len); /* the first is still with its worker */
    (void)sem_post(&gate);
    char *answers = calloc(1, AHEAD * 400);
    assert_non_null(answers);
    for (size_t have = 0; have + 1 < (size_t)AHEAD * 400;) {
        ssize_t got = recv(fd, answers + have, (size_t)AHEAD * 400 - have - 1, 0);
        if (got <= 0) break;
        have += (size_t)got;
    }
    char *at = answers;
    for (int i = 0; i < AHEAD; i++) {
        (void)snprintf(name, sizeof name, "GET /n%d ", i);
        at = strstr(at, name);
        if (at == NULL) fail_msg("%s is missing or out of order", name);
    }
    free(answers);
    (void)close(fd);
    stop(s);
}

static void a_large_body_and_a_large_answer_arrive_whole(void **state)
{
    enum { BODY = 5000000 };
    hp_http_server *s = start(&(hp_http_options){ .body_bytes_max = 8 << 20 });
    char *body = malloc(BODY), *answer = malloc(HUGE_BYTES + 4096);
    (void)state;
    assert_true(body != NULL && answer != NULL);
    memset(body, 'b', BODY);
    int fd = connect_to(s);
    char head[200];
    int len = snprintf(head, sizeof head, "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", BODY);
    put(fd, head, (size_t)len);
    put(fd, body, BODY);
    char *told = take(fd, "length ");
    assert_non_null(strstr(told, "length 5000000"));
    free(told);

    say(fd, "GET /huge HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    size_t have = 0;
    for (ssize_t got; (got = recv(fd, answer + have, HUGE_BYTES + 4096 - have, 0)) > 0;) have += (size_t)got;
    const char *bytes = memmem(answer, 2048, "\r\n\r\n", 4);
    assert_non_null(bytes);
    bytes += 4;
    assert_int_equal(have - (size_t)(bytes - answer), HUGE_BYTES);
    for (size_t i = 0; i < HUGE_BYTES; i++)
        if (bytes[i] != huge_byte(i)) fail_msg("byte %zu differs", i);
    free(answer);
    free(body);
    (void)close(fd);
    stop(s);
}

static void a_file_arrives_whole_or_in_part_and_the_connection_goes_on(void **state)
{
    hp_http_server *s = start(NULL);
    char *answer = malloc(FILE_BYTES + 8192);
    (void)state;
    assert_non_null(answer);
    int fd = connect_to(s);
    say(fd, "HEAD /file HTTP/1.1\r\nHost: x\r\n\r\nGET /file HTTP/1.1\r\nHost: x\r\n\r\nGET /empty-file "
            "HTTP/1.1\r\nHost: x\r\n\r\n"
            "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    size_t have = 0;
    for (ssize_t got; (got = recv(fd, answer + have, FILE_BYTES + 8191 - have, 0)) > 0;) have += (size_t)got;
    answer[have] = '\0';
    const char *second = memmem(answer + 1, have - 1, "HTTP/1.1 200 OK", 15);
    assert_non_null(second);
    const char *bytes = strstr(second, "\r\n\r\n") + 4;
    assert_true((size_t)(bytes - answer) + FILE_BYTES < have);
    for (size_t i = 0; i < FILE_BYTES; i++)
        if (bytes[i] != huge_byte(i)) fail_msg("byte %zu differs", i);
    assert_memory_equal(bytes + FILE_BYTES, "HTTP/1.1 200 OK", 15);
    assert_non_null(strstr(bytes + FILE_BYTES, "Content-Length: 0\r\n"));
    assert_non_null(strstr(bytes + FILE_BYTES, "GET /last "));
    free(answer);
    (void)close(fd);

    const char *const part = "GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\nRange: bytes=23-25\r\n\r\n";
    expect(s, part, "HTTP/1.1 206 ", "Content-Range: bytes 23-25/3145728\r\n");
    expect(s, part, "HTTP/1.1 206 ", "\r\n\r\nabc");
    expect(s, "GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\nRange: bytes=3145728-\r\n\r\n", "HTTP/1.1 416 ",
           "Content-Range: bytes */3145728\r\n");
    expect(s, "GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\nIf-None-Match: \"tag\"\r\n\r\n", "HTTP/1.1 304 ",
           "ETag: \"tag\"\r\n");
    stop(s);
}

static void a_client_that_does_not_read_is_cut_off(void **state)
{
    hp_http_server *s = start(&(hp_http_options){ .write_timeout_ms = 50 });
    hp_http_metrics m;
    int fd = connect_to(s);
    (void)state;
    say(fd, "GET /huge HTTP/1.1\r\nHost: x\r\n\r\n");
    do hp_http_server_metrics(s, &m);
    while (m.timeouts == 0);
    wait_until_gone(s);
    hp_http_server_metrics(s, &m);
    assert_int_equal(m.timeouts, 1);
    (void)close(fd);
    stop(s);
}

/* security row M4: a byte now and then is not progress; a slow but steady body is */
static void sec_M4_bodies_have_to_move(void **state)
{
    enum { PIECE = 20000, PIECES = 12 };
    hp_http_server *s = start(&(hp_http_options){ .body_timeout_ms = 1000 });
    static char piece[PIECE];
    struct pollfd readable = { .events = POLLIN };
    (void)state;
    int fd = connect_to(s);
    say(fd, "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
    readable.fd = fd;
    while (poll(&readable, 1, 20) == 0) say(fd, "x"); /* ends with the 408 */
    char *answer = take(fd, NULL);
    assert_int_equal(strncmp(answer, "HTTP/1.1 408 ", 13), 0);
    free(answer);
    (void)close(fd);

    readable.fd = fd = connect_to(s);
    say(fd, "POST /length HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 240000\r\n\r\n");
    for (int i = 0; i < PIECES; i++) { /* 1.8 seconds in all, longer than the timeout */
        put(fd, piece, PIECE);
        (void)poll(&readable, 1, 150);
    }
    answer = take(fd, NULL);
    assert_non_null(strstr(answer, "length 240000"));
    free(answer);
    (void)close(fd);
    stop(s);
}

static void bodies_have_a_budget_over_all_connections(void **state)
{
    hp_http_server *s = start(&(hp_http_options){ .bodies_bytes_max = 1000, .body_bytes_max = 900 });
    static char body[900];
    hp_http_metrics m;
    (void)state;
    int first = connect_to(s), second = connect_to(s);
    say(first, "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n");
    put(first, body, 899);
    do hp_http_server_metrics(s, &m);
    while (m.bodies_bytes < 899);
    say(second, "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n");
    put(second, body, 200);
    char *answer = take(second, "}");
    assert_int_equal(strncmp(answer, "HTTP/1.1 503 ", 13), 0);
    assert_non_null(strstr(answer, "Retry-After: 1\r\n"));
    free(answer);
    put(first, body, 1);
    answer = take(first, "length 900");
    assert_non_null(strstr(answer, "length 900")); /* the one that was there first is not disturbed */
    free(answer);
    (void)close(first);
    (void)close(second);
    wait_until_gone(s);
    hp_http_server_metrics(s, &m);
    assert_int_equal(m.bodies_bytes, 0);
    expect(s, "POST /length HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 200 ",
           "length 1");
    hp_http_server_metrics(s, &m);
    assert_int_equal(m.refused_queue, 1);
    stop(s);
}

static void a_request_on_its_way_is_answered_before_draining_closes(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        hp_http_server *s = start(NULL);
        int fd = connect_to(s);
        say(fd, "GET /k HTTP/1.1\r\nHost: x\r\n\r\n");
        free(take(fd, "GET /k"));
        say(fd, "GET /l HTTP/1.1\r\nHost: x\r\n\r\n"); /* on loopback it is there when send returns */
        stop(s);
        char *answer = take(fd, NULL);
        if (strstr(answer, "GET /l") == NULL) fail_msg("round %d: %.100s", i, answer);
        free(answer);
        (void)close(fd);
    }
}

static int open_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 1024; fd++) count += fcntl(fd, F_GETFD) != -1;
    return count;
}

static void a_reset_while_a_worker_runs_leaves_nothing_behind(void **state)
{
    const int before = open_descriptors();
    hp_http_server *s = start(NULL);
    struct linger hard = { .l_onoff = 1 };
    (void)state;
    for (int i = 0; i < 20; i++) {
        int fd = connect_to(s);
        say(fd, i % 2 ? "GET /wait HTTP/1.1\r\nHost: x\r\n\r\n" : "GET /wait-file HTTP/1.1\r\nHost: x\r\n\r\n");
        while (sem_wait(&entered) != 0) {}
        (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        (void)close(fd);
        (void)sem_post(&gate);
    }
    wait_until_gone(s);
    stop(s);
    assert_int_equal(open_descriptors(), before);
}

/* security row M20: without descriptors nobody new is accepted, those who are there are served, and it passes */
static void sec_M20_running_out_of_descriptors_passes(void **state)
{
    hp_http_server *s = start(NULL);
    struct rlimit before, none;
    (void)state;
    int old = connect_to(s), late = socket(AF_INET, SOCK_STREAM, 0);
    say(old, "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n");
    free(take(old, "GET /1"));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3; /* what is open stays open */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)hp_http_server_port(s)) };
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(late, (struct sockaddr *)&a, sizeof a), 0); /* the kernel's queue takes it */
    say(late, "GET /late HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    for (int i = 0; i < 20; i++) {
        say(old, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
        free(take(old, "GET /2"));
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    char *answer = take(late, NULL);
    assert_non_null(strstr(answer, "GET /late"));
    free(answer);
    (void)close(old);
    (void)close(late);
    stop(s);
}

static void all_addresses_of_a_name_are_listened_on(void **state)
{
    hp_http_server *s = start(&(hp_http_options){ .host = "localhost" });
    (void)state;
    expect(s, "GET /v4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ", "X-Peer: 127.0.0.1\r\n");
    stop(s);

    s = start(&(hp_http_options){ .host = "::" }); /* both families: IPv4 peers are shown as such */
    expect(s, "GET /v4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 ", "X-Peer: 127.0.0.1\r\n");
    stop(s);

    hp_http_server *none = NULL;
    hp_err err;
    hp_http_options o = { .host = "no-such-host.invalid", .io_threads = 1, .workers = 1, .handle = handle };
    assert_int_not_equal(hp_http_server_start(&o, &none, &err), HP_OK);
    assert_non_null(strstr(err.msg, "no-such-host.invalid"));
}

static void answers_are_well_formed(void **state)
{
    hp_http_server *s = start(NULL);
    (void)state;
    expect(s, "GET /nothing HTTP/1.0\r\n\r\n", "HTTP/1.1 204 No Content\r\n", "Date: ");
    char *answer = ask(s, "GET /nothing HTTP/1.0\r\n\r\n", NULL);
    assert_null(strstr(answer, "Content-"));
    free(answer);
    expect(s, "GET /headers HTTP/1.0\r\n\r\n", "HTTP/1.1 500 ", "{\"error\":\"Internal Server Error\"}");
    expect(s, "GET /k HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /l HTTP/1.0\r\n\r\n", "HTTP/1.1 200 ",
           "Connection: keep-alive\r\n");
    int fd = connect_to(s); /* 1.0 knows no 100: the body never comes, and nothing is said before it */
    say(fd, "POST /c HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    answer = take(fd, NULL);
    assert_string_equal(answer, "");
    (void)close(fd);
    free(answer);
    stop(s);
}

static void *hammer(void *arg)
{
    const hp_http_server *s = arg;
    for (int i = 0; i < 50; i++) {
        char *answer = ask(s, "GET /h HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", NULL);
        assert_non_null(strstr(answer, "GET /h"));
        free(answer);
    }
    return NULL;
}

static void many_clients_at_once_are_all_answered(void **state)
{
    hp_http_server *s = start(NULL);
    pthread_t clients[8];
    (void)state;
    for (size_t i = 0; i < 8; i++) assert_int_equal(pthread_create(&clients[i], NULL, hammer, s), 0);
    for (size_t i = 0; i < 8; i++) assert_int_equal(pthread_join(clients[i], NULL), 0);
    stop(s);
}

static void a_taken_port_is_named(void **state)
{
    hp_http_server *s = start(NULL), *second = NULL;
    hp_err err;
    (void)state;
    hp_http_options o = {
        .host = "127.0.0.1", .port = hp_http_server_port(s), .io_threads = 1, .workers = 1, .handle = handle
    };
    assert_int_not_equal(hp_http_server_start(&o, &second, &err), HP_OK);
    assert_null(second);
    assert_non_null(strstr(err.msg, "Address already in use"));
    stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_is_answered),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(a_request_that_arrives_byte_by_byte_is_the_same),
        cmocka_unit_test(a_refused_request_ends_the_connection_before_the_next_runs),
        cmocka_unit_test(a_server_may_end_the_moment_it_has_started),
        cmocka_unit_test(sizes_are_limited_each_with_its_status),
        cmocka_unit_test(a_client_that_asks_is_told_to_continue),
        cmocka_unit_test(large_answers_are_compressed_for_those_who_accept_it),
        cmocka_unit_test(a_known_tag_is_answered_304_and_head_has_no_body),
        cmocka_unit_test(slow_clients_are_cut_off),
        cmocka_unit_test(a_full_queue_is_answered_at_once),
        cmocka_unit_test(what_has_waited_too_long_for_a_worker_is_not_begun),
        cmocka_unit_test(connections_are_limited),
        cmocka_unit_test(draining_finishes_what_runs_and_takes_nothing_new),
        cmocka_unit_test(a_client_that_leaves_early_leaves_nothing_behind),
        cmocka_unit_test(sec_M3_nothing_runs_behind_doubtful_framing),
        cmocka_unit_test(empty_lines_before_a_request_are_skipped),
        cmocka_unit_test(a_client_that_has_closed_its_direction_is_answered),
        cmocka_unit_test(requests_sent_far_ahead_are_all_answered_in_order),
        cmocka_unit_test(a_large_body_and_a_large_answer_arrive_whole),
        cmocka_unit_test(a_file_arrives_whole_or_in_part_and_the_connection_goes_on),
        cmocka_unit_test(a_client_that_does_not_read_is_cut_off),
        cmocka_unit_test(sec_M4_bodies_have_to_move),
        cmocka_unit_test(bodies_have_a_budget_over_all_connections),
        cmocka_unit_test(a_request_on_its_way_is_answered_before_draining_closes),
        cmocka_unit_test(a_reset_while_a_worker_runs_leaves_nothing_behind),
        cmocka_unit_test(sec_M20_running_out_of_descriptors_passes),
        cmocka_unit_test(all_addresses_of_a_name_are_listened_on),
        cmocka_unit_test(answers_are_well_formed),
        cmocka_unit_test(many_clients_at_once_are_all_answered),
        cmocka_unit_test(a_taken_port_is_named),
    };
    (void)sem_init(&gate, 0, 0);
    (void)sem_init(&entered, 0, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

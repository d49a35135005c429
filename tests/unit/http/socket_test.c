/* WebSockets on real connections, driven by a client that can do what no library lets one do. */
#include <arpa/inet.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/server.h"

enum { MESSAGE_BYTES_MAX = 100000, BACKLOG_BYTES_MAX = 1 << 20, IDLE_MS = 20000, NEVER_MS = 600000 };

/* ---- the service: echoes, but for a few words ---- */

static sem_t gate, entered; /* "wait" says that it is there and holds its worker */
static sem_t gone;          /* posted by closed */
static atomic_int opened_count, closed_count;
static _Atomic(hp_socket *) kept; /* "keep": a reference that the test uses and drops */

static bool admit(void *user, const hp_http_request *rq, hp_str *client, hp_http_reply *refusal)
{
    (void)user;
    (void)client;
    if (!hp_str_starts(rq->path, HP_STR("/no"))) return true;
    refusal->status = 403;
    refusal->content_type = HP_STR("application/json; charset=utf-8");
    hp_buf_add_lit(&refusal->body, "{\"error\":\"not here\"}");
    return false;
}

static void opened(void *user, hp_socket *s)
{
    (void)user;
    (void)atomic_fetch_add(&opened_count, 1);
    atomic_int *handlers = calloc(1, sizeof *handlers);
    if (handlers == NULL) abort();
    hp_socket_set_state(s, handlers);
}

static void flood(hp_socket *s, size_t frames)
{
    static char kilobyte[1000];
    memset(kilobyte, 'x', sizeof kilobyte);
    hp_frame *tail = hp_frame_new((hp_str){ kilobyte, sizeof kilobyte });
    for (size_t i = 0; i < frames; i++) {
        char head[32];
        (void)snprintf(head, sizeof head, "%06zu", i);
        (void)hp_socket_send(s, hp_str_of(head), tail);
    }
    hp_frame_unref(tail);
}

static void message(void *user, hp_socket *s, hp_str data, bool binary)
{
    (void)user;
    atomic_int *handlers = hp_socket_state(s);
    if (atomic_fetch_add(handlers, 1) != 0) abort(); /* one at a time */
    if (hp_str_eq(data, HP_STR("wait"))) {
        (void)sem_post(&entered);
        while (sem_wait(&gate) != 0) {}
    }
    if (hp_str_eq(data, HP_STR("keep"))) atomic_store(&kept, hp_socket_ref(s));
    if (hp_str_eq(data, HP_STR("peer")))
        (void)hp_socket_send(s, hp_socket_client(s), NULL);
    else if (hp_str_eq(data, HP_STR("bye"))) {
        (void)hp_socket_send(s, HP_STR("last words"), NULL);
        hp_socket_close(s, 4321, HP_STR("as you wish"));
        if (hp_socket_send(s, HP_STR("too late"), NULL)) abort();
    } else if (hp_str_eq(data, HP_STR("flood")))
        flood(s, 500);
    else {
        hp_frame *tail = hp_frame_new(data);
        (void)hp_socket_send(s, binary ? HP_STR("binary:") : HP_STR("text:"), tail);
        hp_frame_unref(tail);
    }
    (void)atomic_fetch_sub(handlers, 1);
}

static void closed(void *user, hp_socket *s)
{
    (void)user;
    free(hp_socket_state(s));
    (void)atomic_fetch_add(&closed_count, 1);
    (void)sem_post(&gone);
}

static hp_socket_service service;

static void handle(void *user, hp_http_request *rq, hp_http_reply *rp)
{
    (void)user;
    rp->status = 200;
    hp_buf_printf(&rp->body, "plain %.*s", HP_STR_ARG(rq->path));
}

static hp_http_server *start(const hp_socket_service *changed)
{
    service = (hp_socket_service){ .admit = admit,
                                   .opened = opened,
                                   .message = message,
                                   .closed = closed,
                                   .message_bytes_max = MESSAGE_BYTES_MAX,
                                   .backlog_bytes_max = BACKLOG_BYTES_MAX,
                                   .sockets_max = 50,
                                   .ping_ms = NEVER_MS };
    if (changed != NULL) {
        if (changed->ping_ms != 0) service.ping_ms = changed->ping_ms;
        if (changed->sockets_max != 0) service.sockets_max = changed->sockets_max;
        service.backlogs_bytes_max = changed->backlogs_bytes_max;
        if (changed->backlog_bytes_max != 0) service.backlog_bytes_max = changed->backlog_bytes_max;
    }
    const hp_http_options o = {
        .host = "127.0.0.1",
        .socket_port = HP_PORT_ANY,
        .io_threads = 2,
        .workers = 4,
        .queue_max = 64,
        .connections_max = 300,
        .head_bytes_max = 4096,
        .url_bytes_max = 1024,
        .headers_max = 32,
        .body_bytes_max = 1 << 20,
        .bodies_bytes_max = 250000,
        .idle_timeout_ms = IDLE_MS,
        .head_timeout_ms = IDLE_MS,
        .body_timeout_ms = IDLE_MS,
        .write_timeout_ms = IDLE_MS,
        .handle = handle,
        .sockets = &service,
    };
    hp_http_server *s = NULL;
    hp_err err;
    if (hp_http_server_start(&o, &s, &err) != HP_OK) fail_msg("%s", err.msg);
    atomic_store(&opened_count, 0);
    atomic_store(&closed_count, 0);
    while (sem_trywait(&gone) == 0) {}
    return s;
}

/* Whatever a test did: who was opened has been closed. */
static void stop(hp_http_server *s)
{
    assert_true(hp_http_server_drain(s, 10000));
    hp_http_server_free(s);
    assert_int_equal(atomic_load(&opened_count), atomic_load(&closed_count));
}

/* ---- the client ---- */

static int connect_port(int port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct timeval limit = { .tv_sec = 10 };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    return fd;
}

static void put(int fd, const void *bytes, size_t len)
{
    const char *p = bytes;
    while (len > 0) {
        ssize_t sent = send(fd, p, len, MSG_NOSIGNAL);
        if (sent <= 0) return; /* the server may have closed: the answer tells */
        p += sent;
        len -= (size_t)sent;
    }
}

#define ASK(path, more) \
    "GET " path " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n" more "\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define V13 "Sec-WebSocket-Version: 13\r\n"
static const char HANDSHAKE[] = ASK("/parse", KEY V13);

/* An answer's head, byte by byte: what comes behind it is left. */
static void take_head(int fd, char *out, size_t cap)
{
    size_t len = 0;
    do {
        assert_true(len + 1 < cap);
        if (recv(fd, out + len, 1, 0) != 1) break;
        out[++len] = '\0';
    } while (len < 4 || strcmp(out + len - 4, "\r\n\r\n") != 0);
    out[len] = '\0';
}

static int open_port(int port)
{
    char head[2048];
    int fd = connect_port(port);
    put(fd, HANDSHAKE, sizeof HANDSHAKE - 1);
    take_head(fd, head, sizeof head);
    if (strncmp(head, "HTTP/1.1 101 ", 13) != 0) fail_msg("%s", head);
    return fd;
}

static int open_socket(const hp_http_server *s) { return open_port(hp_http_server_port(s)); }

typedef struct shape {
    unsigned first; /* fin, reserved bits and opcode */
    bool unmasked;
    int length_bytes;   /* 0: the shortest; 2, 8 */
    uint64_t announced; /* 0: the length of the payload */
} shape;

static size_t build(unsigned char *out, shape how, const void *payload, size_t len)
{
    const unsigned char mask[4] = { 0x12, 0x34, 0x56, 0x78 };
    const uint64_t told = how.announced != 0 ? how.announced : len;
    const int bytes = how.length_bytes != 0 ? how.length_bytes : told < 126 ? 0 : told <= UINT16_MAX ? 2 : 8;
    size_t used = 0;
    out[used++] = (unsigned char)how.first;
    out[used++] = (unsigned char)((how.unmasked ? 0 : 0x80) | (bytes == 0 ? told : bytes == 2 ? 126 : 127));
    for (int i = bytes - 1; i >= 0; i--) out[used++] = (unsigned char)(told >> (8 * i));
    if (!how.unmasked) {
        memcpy(out + used, mask, sizeof mask);
        used += sizeof mask;
    }
    for (size_t i = 0; i < len; i++)
        out[used++] = (unsigned char)(((const unsigned char *)payload)[i] ^ (how.unmasked ? 0 : mask[i % 4]));
    return used;
}

static void put_frame(int fd, shape how, const void *payload, size_t len)
{
    unsigned char *bytes = malloc(len + 14);
    assert_non_null(bytes);
    put(fd, bytes, build(bytes, how, payload, len));
    free(bytes);
}

static void say(int fd, const char *text) { put_frame(fd, (shape){ .first = 0x81 }, text, strlen(text)); }

typedef struct frame {
    int opcode; /* -1: the connection has ended */
    size_t len;
    char bytes[MESSAGE_BYTES_MAX + 100];
} frame;

static bool take_bytes(int fd, void *out, size_t len)
{
    for (size_t have = 0; have < len;) {
        ssize_t got = recv(fd, (char *)out + have, len - have, 0);
        if (got <= 0) return false;
        have += (size_t)got;
    }
    return true;
}

static const frame *take(int fd)
{
    static frame f;
    unsigned char head[2], more[8];
    f.opcode = -1;
    f.len = 0;
    if (!take_bytes(fd, head, 2)) return &f;
    assert_int_equal(head[0] & 0xF0, 0x80); /* whole, no reserved bits */
    assert_int_equal(head[1] & 0x80, 0);    /* a server does not mask */
    f.len = head[1];
    const size_t bytes = f.len == 126 ? 2 : f.len == 127 ? 8 : 0;
    if (bytes > 0) {
        assert_true(take_bytes(fd, more, bytes));
        f.len = 0;
        for (size_t i = 0; i < bytes; i++) f.len = f.len << 8 | more[i];
        assert_true(f.len >= (bytes == 2 ? 126 : 65536)); /* written in the shortest form */
    }
    assert_true(f.len < sizeof f.bytes);
    assert_true(take_bytes(fd, f.bytes, f.len));
    f.bytes[f.len] = '\0';
    f.opcode = head[0] & 0x0F;
    return &f;
}

static void expect_text(int fd, const char *text)
{
    const frame *f = take(fd);
    if (f->opcode != 1 || strcmp(f->bytes, text) != 0)
        fail_msg("expected %.80s, not %d %.80s", text, f->opcode, f->bytes);
}

static int code_of(const frame *f)
{
    return f->len < 2 ? 0 : (int)(unsigned char)f->bytes[0] << 8 | (unsigned char)f->bytes[1];
}

/* The server closes: its frame with this code (0: without one), and then the connection. */
static void expect_close(int fd, int code, const char *what)
{
    const frame *f = take(fd);
    if (f->opcode != 8 || code_of(f) != code)
        fail_msg("%s: expected close %d, not %d %d", what, code, f->opcode, code_of(f));
    if (take(fd)->opcode != -1) fail_msg("%s: something came after the close frame", what);
}

static void put_close(int fd, int code)
{
    const unsigned char payload[2] = { (unsigned char)(code >> 8), (unsigned char)code };
    put_frame(fd, (shape){ .first = 0x88 }, payload, code == 0 ? 0 : 2);
}

static void wait_for(sem_t *s)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    if (sem_timedwait(s, &until) != 0) fail_msg("nothing came");
}

static hp_http_metrics metrics_of(hp_http_server *s)
{
    hp_http_metrics m;
    hp_http_server_metrics(s, &m);
    return m;
}

/* ---- the handshake ---- */

static void a_handshake_is_accepted_with_the_proof_of_its_key(void **state)
{
    hp_http_server *s = start(NULL);
    char head[2048];
    int fd = connect_port(hp_http_server_port(s));
    (void)state;
    for (size_t i = 0; i < sizeof HANDSHAKE - 1; i++) put(fd, HANDSHAKE + i, 1);
    take_head(fd, head, sizeof head);
    assert_string_equal(head, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
    say(fd, "hello");
    expect_text(fd, "text:hello");
    say(fd, "peer");
    expect_text(fd, "127.0.0.1");
    assert_int_equal(metrics_of(s).sockets, 1);
    (void)close(fd);
    wait_for(&gone);
    stop(s);
}

static void what_is_no_proper_handshake_is_refused(void **state)
{
    const struct {
        const char *request, *begins, *contains;
    } cases[] = {
        { ASK("/", KEY "Sec-WebSocket-Version: 8\r\n"), "HTTP/1.1 426 ", "\r\nSec-WebSocket-Version: 13\r\n" },
        { ASK("/", KEY), "HTTP/1.1 400 ", "" },
        { ASK("/", V13), "HTTP/1.1 400 ", "" },
        { ASK("/", V13 "Sec-WebSocket-Key: c2hvcnQ=\r\n"), "HTTP/1.1 400 ", "" },
        { ASK("/", V13 "Sec-WebSocket-Key: ????????????????????????\r\n"), "HTTP/1.1 400 ", "" },
        { ASK("/", V13 KEY KEY), "HTTP/1.1 400 ", "" },
        { ASK("/", V13 KEY "Content-Length: 2\r\n") "xx", "HTTP/1.1 400 ", "" },
        { "POST / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n" KEY V13 "\r\n", "HTTP/1.1 405 ",
          "\r\nAllow: GET\r\n" },
        { "GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n" KEY V13 "\r\n", "HTTP/1.1 400 ", "" },
        { ASK("/no", KEY V13), "HTTP/1.1 403 ", "not here" },
        /* these do not ask for one, and are requests like any other */
        { "GET /a HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: upgrade, close\r\n\r\n", "HTTP/1.1 200 ",
          "plain /a" },
        { "GET /b HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: close\r\n" KEY V13 "\r\n", "HTTP/1.1 200 ",
          "plain /b" },
    };
    hp_http_server *s = start(NULL);
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char answer[4096];
        size_t len = 0;
        int fd = connect_port(hp_http_server_port(s));
        put(fd, cases[i].request, strlen(cases[i].request));
        for (ssize_t got; (got = recv(fd, answer + len, sizeof answer - len - 1, 0)) > 0;) len += (size_t)got;
        answer[len] = '\0';
        if (strncmp(answer, cases[i].begins, strlen(cases[i].begins)) != 0 || strstr(answer, cases[i].contains) == NULL)
            fail_msg("case %zu: %s", i, answer);
        (void)close(fd);
    }
    assert_int_equal(metrics_of(s).sockets_opened, 0);
    stop(s);
}

static void what_comes_with_the_handshake_is_not_lost(void **state)
{
    hp_http_server *s = start(NULL);
    unsigned char bytes[1024];
    char head[2048];
    size_t len = sizeof HANDSHAKE - 1;
    int fd = connect_port(hp_http_server_port(s));
    (void)state;
    memcpy(bytes, HANDSHAKE, len);
    len += build(bytes + len, (shape){ .first = 0x81 }, "early", 5);
    len += build(bytes + len, (shape){ .first = 0x81 }, "bird", 4);
    put(fd, bytes, len);
    take_head(fd, head, sizeof head);
    expect_text(fd, "text:early");
    expect_text(fd, "text:bird");
    (void)close(fd);

    /* behind another request of the connection */
    fd = connect_port(hp_http_server_port(s));
    static const char FIRST[] = "GET /first HTTP/1.1\r\nHost: x\r\n\r\n";
    put(fd, FIRST, sizeof FIRST - 1);
    put(fd, bytes, len);
    take_head(fd, head, sizeof head);
    assert_int_equal(strncmp(head, "HTTP/1.1 200 ", 13), 0);
    assert_true(take_bytes(fd, head, strlen("plain /first")));
    take_head(fd, head, sizeof head);
    assert_int_equal(strncmp(head, "HTTP/1.1 101 ", 13), 0);
    expect_text(fd, "text:early");
    expect_text(fd, "text:bird");
    (void)close(fd);
    stop(s);
}

static void the_second_port_answers_upgrades_alone(void **state)
{
    hp_http_server *s = start(NULL);
    char head[2048];
    (void)state;
    assert_int_not_equal(hp_http_server_socket_port(s), hp_http_server_port(s));
    int fd = open_port(hp_http_server_socket_port(s));
    say(fd, "hello");
    expect_text(fd, "text:hello");
    (void)close(fd);
    fd = connect_port(hp_http_server_socket_port(s));
    static const char PLAIN[] = "GET /parse/health HTTP/1.1\r\nHost: x\r\n\r\n";
    put(fd, PLAIN, sizeof PLAIN - 1);
    take_head(fd, head, sizeof head);
    assert_int_equal(strncmp(head, "HTTP/1.1 426 ", 13), 0);
    assert_non_null(strstr(head, "\r\nUpgrade: websocket\r\n"));
    (void)close(fd);
    stop(s);
}

static void sockets_are_limited_and_counted_as_connections(void **state)
{
    hp_http_server *s = start(&(hp_socket_service){ .sockets_max = 2 });
    char head[2048];
    (void)state;
    int one = open_socket(s), two = open_socket(s), three = connect_port(hp_http_server_port(s));
    put(three, HANDSHAKE, sizeof HANDSHAKE - 1);
    take_head(three, head, sizeof head);
    assert_int_equal(strncmp(head, "HTTP/1.1 503 ", 13), 0);
    (void)close(three);
    assert_int_equal(metrics_of(s).sockets, 2);
    assert_true(metrics_of(s).connections >= 2);
    (void)close(one);
    wait_for(&gone);
    one = open_socket(s);
    (void)close(one);
    (void)close(two);
    stop(s);
}

static void sockets_take_no_places_of_requests(void **state)
{
    enum { SOCKETS = 310 }; /* more than connections_max */
    hp_http_server *s = start(&(hp_socket_service){ .sockets_max = SOCKETS });
    static int fds[SOCKETS];
    char head[2048];
    (void)state;
    for (int i = 0; i < SOCKETS; i++) fds[i] = open_socket(s);
    int one_more = connect_port(hp_http_server_port(s)), request = connect_port(hp_http_server_port(s));
    put(one_more, HANDSHAKE, sizeof HANDSHAKE - 1);
    take_head(one_more, head, sizeof head);
    assert_int_equal(strncmp(head, "HTTP/1.1 503 ", 13), 0);
    static const char PLAIN[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    put(request, PLAIN, sizeof PLAIN - 1);
    take_head(request, head, sizeof head);
    assert_int_equal(strncmp(head, "HTTP/1.1 200 ", 13), 0);
    (void)close(one_more);
    (void)close(request);
    for (int i = 0; i < SOCKETS; i++) (void)close(fds[i]);
    stop(s);
}

/* ---- messages ---- */

static void messages_of_every_length_come_back(void **state)
{
    const size_t sizes[] = { 0, 1, 125, 126, 127, 4095, 4096, 4097, 65535, 65536, 99990, MESSAGE_BYTES_MAX };
    hp_http_server *s = start(NULL);
    static char text[MESSAGE_BYTES_MAX + 1], want[MESSAGE_BYTES_MAX + 10];
    int fd = open_socket(s);
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        memset(text, 'a' + (int)i, sizes[i]);
        text[sizes[i]] = '\0';
        (void)snprintf(want, sizeof want, "text:%s", text);
        put_frame(fd, (shape){ .first = 0x81 }, text, sizes[i]);
        expect_text(fd, want);
    }
    put_frame(fd, (shape){ .first = 0x82 }, "\xFF\0\xFE", 3);
    const frame *f = take(fd);
    assert_int_equal(f->len, strlen("binary:") + 3);
    assert_memory_equal(f->bytes, "binary:\xFF\0\xFE", f->len);
    (void)close(fd);
    stop(s);
}

static void fragments_with_control_frames_between_them_are_one_message(void **state)
{
    hp_http_server *s = start(NULL);
    int fd = open_socket(s);
    (void)state;
    put_frame(fd, (shape){ .first = 0x01 }, "one \xE2\x82", 6); /* a character across fragments */
    put_frame(fd, (shape){ .first = 0x89 }, "are you there", 13);
    put_frame(fd, (shape){ .first = 0x00 }, "", 0);
    put_frame(fd, (shape){ .first = 0x8A }, "a pong nobody asked for", 23);
    put_frame(fd, (shape){ .first = 0x00 }, "\xAC two", 5);
    put_frame(fd, (shape){ .first = 0x80 }, " three", 6);
    const frame *f = take(fd);
    assert_int_equal(f->opcode, 10);
    assert_string_equal(f->bytes, "are you there");
    expect_text(fd, "text:one \xE2\x82\xAC two three");
    (void)close(fd);
    stop(s);
}

static void frames_that_arrive_byte_by_byte_are_the_same(void **state)
{
    hp_http_server *s = start(NULL);
    unsigned char bytes[2048];
    char text[301];
    size_t len = 0;
    int fd = open_socket(s);
    (void)state;
    memset(text, 'z', 300);
    text[300] = '\0';
    len += build(bytes + len, (shape){ .first = 0x01 }, text, 300);
    len += build(bytes + len, (shape){ .first = 0x89 }, "p", 1);
    len += build(bytes + len, (shape){ .first = 0x80 }, "end", 3);
    len += build(bytes + len, (shape){ .first = 0x88 }, "\x03\xE8", 2);
    for (size_t i = 0; i < len; i++) put(fd, bytes + i, 1);
    assert_int_equal(take(fd)->opcode, 10);
    const frame *f = take(fd);
    assert_int_equal(f->len, 5 + 303);
    expect_close(fd, 1000, "byte by byte");
    (void)close(fd);
    stop(s);
}

/* A client need not wait for answers; the answers keep the order, one handler of a socket runs at a time. */
static void many_messages_at_once_are_handled_one_by_one_in_order(void **state)
{
    enum { MESSAGES = 3000 };
    hp_http_server *s = start(NULL);
    unsigned char *bytes = malloc(MESSAGES * 32);
    size_t len = 0;
    int fd = open_socket(s);
    (void)state;
    assert_non_null(bytes);
    for (int i = 0; i < MESSAGES; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "m%d", i);
        len += build(bytes + len, (shape){ .first = 0x81 }, text, strlen(text));
    }
    put(fd, bytes, len);
    for (int i = 0; i < MESSAGES; i++) {
        char want[24];
        (void)snprintf(want, sizeof want, "text:m%d", i);
        expect_text(fd, want);
    }
    assert_int_equal(metrics_of(s).socket_frames_in, MESSAGES);
    free(bytes);
    (void)close(fd);
    stop(s);
}

/* ---- what breaks the rules ---- */

static void sec_M5_broken_frames_close_with_their_code(void **state)
{
    static char big[MESSAGE_BYTES_MAX + 1];
    const struct {
        const char *name;
        struct {
            shape how;
            const char *payload;
            size_t len;
        } frames[3];
        int code;
    } cases[] = {
        { "unmasked", { { { .first = 0x81, .unmasked = true }, "x", 1 } }, 1002 },
        { "unmasked control frame", { { { .first = 0x89, .unmasked = true }, "x", 1 } }, 1002 },
        { "first reserved bit", { { { .first = 0xC1 }, "x", 1 } }, 1002 },
        { "second reserved bit", { { { .first = 0xA1 }, "x", 1 } }, 1002 },
        { "third reserved bit", { { { .first = 0x91 }, "x", 1 } }, 1002 },
        { "reserved opcode 3", { { { .first = 0x83 }, "x", 1 } }, 1002 },
        { "reserved control opcode 11", { { { .first = 0x8B }, "x", 1 } }, 1002 },
        { "continuation of nothing", { { { .first = 0x80 }, "x", 1 } }, 1002 },
        { "a message within a message", { { { .first = 0x01 }, "a", 1 }, { { .first = 0x81 }, "b", 1 } }, 1002 },
        { "ping in fragments", { { { .first = 0x09 }, "x", 1 } }, 1002 },
        { "close in fragments", { { { .first = 0x08 }, "\x03\xE8", 2 } }, 1002 },
        { "a long ping", { { { .first = 0x89 }, big, 126 } }, 1002 },
        { "a length not in its shortest form", { { { .first = 0x81, .length_bytes = 2 }, big, 5 } }, 1002 },
        { "… of eight bytes", { { { .first = 0x81, .length_bytes = 8 }, big, 300 } }, 1002 },
        { "length 2^63", { { { .first = 0x81, .announced = 1ull << 63 }, "x", 1 } }, 1002 },
        { "length 2^32 + 1", { { { .first = 0x81, .announced = (1ull << 32) + 1 }, "x", 1 } }, 1009 },
        { "one byte too long", { { { .first = 0x82 }, big, sizeof big } }, 1009 },
        { "fragments that are too long",
          { { { .first = 0x02 }, big, sizeof big - 1 }, { { .first = 0x00 }, "x", 1 } },
          1009 },
        { "bad UTF-8", { { { .first = 0x81 }, "\xC0\xAF", 2 } }, 1007 },
        { "a surrogate", { { { .first = 0x81 }, "\xED\xA0\x80", 3 } }, 1007 },
        { "half a character", { { { .first = 0x01 }, "\xE2\x82", 2 }, { { .first = 0x80 }, "x", 1 } }, 1007 },
        { "bad UTF-8 as a reason", { { { .first = 0x88 }, "\x03\xE8\xC0\xAF", 4 } }, 1007 },
        { "half a close code", { { { .first = 0x88 }, "\x03", 1 } }, 1002 },
    };
    hp_http_server *s = start(NULL);
    struct timespec begun, ended;
    (void)state;
    memset(big, 'b', sizeof big);
    (void)clock_gettime(CLOCK_MONOTONIC, &begun);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = open_socket(s);
        for (size_t k = 0; k < 3 && cases[i].frames[k].payload != NULL; k++)
            put_frame(fd, cases[i].frames[k].how, cases[i].frames[k].payload, cases[i].frames[k].len);
        say(fd, "is not looked at");
        expect_close(fd, cases[i].code, cases[i].name);
        (void)close(fd);
        wait_for(&gone);
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &ended);
    assert_true(ended.tv_sec - begun.tv_sec < 20); /* 2 s each, if the server waited for answers it could not read */
    assert_int_equal(metrics_of(s).bodies_bytes, 0);
    stop(s);
}

static void close_codes_are_answered_with_themselves_or_refused(void **state)
{
    const struct {
        int from, to;
        bool fine;
    } ranges[] = {
        { 0, 999, false },     { 1000, 1003, true }, { 1004, 1006, false },  { 1007, 1014, true },
        { 1015, 2999, false }, { 3000, 4999, true }, { 5000, 65535, false },
    };
    hp_http_server *s = start(NULL);
    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        const int at[2] = { ranges[i].from, ranges[i].to };
        for (int k = 0; k < 2; k++) {
            char name[16];
            int fd = open_socket(s);
            const unsigned char payload[2] = { (unsigned char)(at[k] >> 8), (unsigned char)at[k] };
            put_frame(fd, (shape){ .first = 0x88 }, payload, 2);
            (void)snprintf(name, sizeof name, "%d", at[k]);
            expect_close(fd, ranges[i].fine ? at[k] : 1002, name);
            (void)close(fd);
        }
    }
    int fd = open_socket(s);
    put_close(fd, 0);
    expect_close(fd, 0, "without a code");
    (void)close(fd);
    stop(s);
}

static void unfinished_messages_have_a_budget_over_all_sockets(void **state)
{
    hp_http_server *s = start(NULL);
    static char part[90000];
    int fds[3];
    (void)state;
    memset(part, 'p', sizeof part);
    for (int i = 0; i < 3; i++) {
        fds[i] = open_socket(s);
        put_frame(fds[i], (shape){ .first = 0x01 }, part, sizeof part);
        put_frame(fds[i], (shape){ .first = 0x89 }, "", 0);
        if (i < 2) assert_int_equal(take(fds[i])->opcode, 10); /* it has been read */
    }
    expect_close(fds[2], 1013, "beyond the budget");
    put_frame(fds[0], (shape){ .first = 0x80 }, "", 0);
    assert_int_equal(take(fds[0])->len, 5 + sizeof part);
    for (int i = 0; i < 3; i++) (void)close(fds[i]);
    for (int i = 0; i < 3; i++) wait_for(&gone);
    assert_int_equal(metrics_of(s).bodies_bytes, 0);
    stop(s);
}

/* ---- closing ---- */

static void the_service_closes_behind_what_it_has_sent(void **state)
{
    hp_http_server *s = start(NULL);
    int fd = open_socket(s);
    (void)state;
    say(fd, "bye");
    expect_text(fd, "last words");
    const frame *f = take(fd);
    assert_int_equal(f->opcode, 8);
    assert_int_equal(code_of(f), 4321);
    assert_string_equal(f->bytes + 2, "as you wish");
    say(fd, "is not handled any more");
    put_close(fd, 4321);
    assert_int_equal(take(fd)->opcode, -1);
    wait_for(&gone);
    (void)close(fd);
    stop(s);
}

static void a_client_that_does_not_answer_the_close_is_cut(void **state)
{
    hp_http_server *s = start(NULL);
    int fd = open_socket(s);
    (void)state;
    say(fd, "bye");
    expect_text(fd, "last words");
    expect_close(fd, 4321, "without an answer"); /* and the end, after the time for an answer */
    wait_for(&gone);
    (void)close(fd);
    stop(s);
}

static void draining_closes_sockets_as_going_away(void **state)
{
    hp_http_server *s = start(NULL);
    int fds[5];
    (void)state;
    for (int i = 0; i < 5; i++) {
        fds[i] = open_socket(s);
        say(fds[i], "hello");
        expect_text(fds[i], "text:hello");
    }
    stop(s); /* four have to be cut after the time for an answer; it is the same time for all */
    for (int i = 0; i < 5; i++) {
        expect_close(fds[i], 1001, "draining");
        (void)close(fds[i]);
    }
}

static void a_reference_outlives_the_server(void **state)
{
    hp_http_server *s = start(NULL);
    int fd = open_socket(s);
    (void)state;
    say(fd, "keep");
    expect_text(fd, "text:keep");
    stop(s);
    hp_socket *k = atomic_exchange(&kept, NULL);
    assert_false(hp_socket_send(k, HP_STR("nobody"), NULL));
    hp_socket_close(k, 1000, HP_STR_NONE);
    assert_true(hp_str_eq(hp_socket_client(k), HP_STR("127.0.0.1")));
    hp_socket_unref(k);
    (void)close(fd);
}

static void a_client_that_leaves_while_its_message_is_handled_leaves_nothing_behind(void **state)
{
    hp_http_server *s = start(NULL);
    int fd = open_socket(s);
    struct linger reset = { .l_onoff = 1 };
    (void)state;
    say(fd, "wait");
    wait_for(&entered);
    say(fd, "never handled");
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    (void)close(fd);
    (void)sem_post(&gate);
    wait_for(&gone);
    assert_int_equal(metrics_of(s).sockets, 0);
    stop(s);
}

/* ---- liveness ---- */

/* The next frame is a ping. */
static void answer_ping(int fd)
{
    const frame *f = take(fd);
    assert_int_equal(f->opcode, 9);
    put_frame(fd, (shape){ .first = 0x8A }, f->bytes, f->len);
}

static void a_client_that_answers_pings_stays_and_one_that_does_not_is_cut(void **state)
{
    hp_http_server *s = start(&(hp_socket_service){ .ping_ms = 1000 });
    int good = open_socket(s), bad = open_socket(s), liar = open_socket(s);
    (void)state;
    for (int i = 0; i < 3; i++) {
        answer_ping(good);
        put_frame(liar, (shape){ .first = 0x8A }, "whatever", 8); /* alive, but it does not read */
    }
    assert_int_equal(take(bad)->opcode, 9);
    assert_int_equal(take(bad)->opcode, -1); /* no close frame, no second ping */
    assert_int_equal(take(liar)->opcode, 9);
    assert_int_equal(take(liar)->opcode, -1);
    assert_int_equal(metrics_of(s).socket_ping_timeouts, 2);
    say(good, "hello");
    const frame *f = take(good);
    while (f->opcode == 9) f = take(good);
    assert_string_equal(f->bytes, "text:hello");
    (void)close(good);
    (void)close(bad);
    (void)close(liar);
    stop(s);
}

/* The pong is behind a message that the handler takes its time for: that is not the client's fault. */
static void a_slow_handler_is_not_held_against_its_client(void **state)
{
    enum { PING_MS = 700 };
    hp_http_server *s = start(&(hp_socket_service){ .ping_ms = PING_MS });
    int fd = open_socket(s);
    (void)state;
    say(fd, "wait");
    wait_for(&entered);
    say(fd, "more"); /* the socket is no longer read */
    answer_ping(fd);
    (void)poll(NULL, 0, 3 * PING_MS + PING_MS / 6);
    (void)sem_post(&gate);
    expect_text(fd, "text:wait");
    const frame *f = take(fd);
    while (f->opcode == 9) f = take(fd);
    assert_string_equal(f->bytes, "text:more");
    (void)close(fd);
    stop(s);
}

enum { LARGE_BYTES = 50000 }; /* a frame that the kernel takes in parts */

/* Sends to `to` until its backlog runs over; meanwhile `other`, a client of the same loop, is answered. */
static size_t overrun(int to, int other)
{
    static char large[LARGE_BYTES];
    size_t sent = 0;
    hp_frame *tail = hp_frame_new((hp_str){ large, sizeof large });
    say(to, "keep");
    expect_text(to, "text:keep");
    hp_socket *k = atomic_exchange(&kept, NULL);
    for (bool going = true; going;) {
        for (int i = 0; i < 5 && going; i++) going = hp_socket_send(k, HP_STR("data"), tail);
        sent += 5;
        say(other, "hello");
        expect_text(other, "text:hello");
    }
    hp_frame_unref(tail);
    hp_socket_unref(k);
    return sent;
}

static void a_client_that_does_not_read_is_closed_and_delays_nobody(void **state)
{
    hp_http_server *s = start(&(hp_socket_service){ .backlog_bytes_max = 300000 });
    int slow = open_socket(s), another = open_socket(s),
        fast = open_socket(s); /* loops take turns: fast is with slow */
    (void)state;
    (void)overrun(slow, fast);
    wait_for(&gone); /* after the time to answer a close frame that it does not read */
    assert_int_equal(metrics_of(s).socket_overflows, 1);
    assert_int_equal(metrics_of(s).sockets, 2);
    (void)close(slow);
    (void)close(another);
    (void)close(fast);
    stop(s);
}

static void a_client_that_reads_too_late_finds_whole_frames_and_why_it_was_closed(void **state)
{
    hp_http_server *s = start(&(hp_socket_service){ .backlog_bytes_max = 300000 });
    int slow = open_socket(s), another = open_socket(s), fast = open_socket(s);
    (void)state;
    const size_t sent = overrun(slow, fast);
    const frame *f = take(slow);
    size_t frames = 0;
    for (; f->opcode == 1; f = take(slow), frames++) assert_int_equal(f->len, 4 + LARGE_BYTES);
    assert_true(frames > 0 && frames < sent);
    assert_int_equal(f->opcode, 8);
    assert_int_equal(code_of(f), 1013);
    (void)close(slow);
    (void)close(another);
    (void)close(fast);
    stop(s);
}

static hp_socket *socket_of(int fd)
{
    say(fd, "keep");
    expect_text(fd, "text:keep");
    return atomic_exchange(&kept, NULL);
}

static bool send_kilobytes(hp_socket *s, int count)
{
    static const char kilobyte[1000];
    for (int i = 0; i < count; i++)
        if (!hp_socket_send(s, (hp_str){ kilobyte, sizeof kilobyte }, NULL)) return false;
    return true;
}

static void all_backlogs_have_a_budget_and_who_takes_most_of_it_goes(void **state)
{
    hp_http_server *s = start(&(hp_socket_service){ .backlogs_bytes_max = 400000 });
    int big = open_socket(s), another = open_socket(s), small = open_socket(s); /* big and small share a loop */
    (void)state;
    hp_socket *b = socket_of(big), *m = socket_of(small);
    while (metrics_of(s).socket_backlog_bytes < 350000) {
        assert_true(send_kilobytes(b, 20));
        say(small, "hello"); /* its answer is behind what was sent to big */
        expect_text(small, "text:hello");
    }
    assert_true(send_kilobytes(b, 1)); /* alone, it may have that much */
    while (send_kilobytes(b, 1)) assert_true(send_kilobytes(m, 10));
    assert_true(send_kilobytes(m, 1));
    hp_socket_unref(b);
    hp_socket_unref(m);
    (void)close(big);
    (void)close(another);
    (void)close(small);
    for (int i = 0; i < 3; i++) wait_for(&gone);
    assert_int_equal(metrics_of(s).socket_backlog_bytes, 0);
    assert_int_equal(metrics_of(s).socket_overflows, 1);
    stop(s);
}

static void a_frame_larger_than_the_backlog_may_be_passes(void **state)
{
    hp_http_server *s = start(&(hp_socket_service){ .backlog_bytes_max = 1000 });
    static char text[50000];
    int fd = open_socket(s);
    (void)state;
    memset(text, 't', sizeof text);
    for (int i = 0; i < 3; i++) {
        put_frame(fd, (shape){ .first = 0x81 }, text, sizeof text);
        assert_int_equal(take(fd)->len, 5 + sizeof text);
    }
    (void)close(fd);
    stop(s);
}

static void a_backlog_is_delivered_whole_and_in_order(void **state)
{
    hp_http_server *s = start(NULL);
    int fd = open_socket(s);
    (void)state;
    say(fd, "flood");
    for (size_t i = 0; i < 500; i++) {
        const frame *f = take(fd);
        assert_int_equal(f->opcode, 1);
        assert_int_equal(f->len, 1006);
        assert_int_equal(
            strtoul((char[]){ f->bytes[0], f->bytes[1], f->bytes[2], f->bytes[3], f->bytes[4], f->bytes[5], 0 }, NULL,
                    10),
            i);
    }
    (void)close(fd);
    stop(s);
}

/* A flood of pings by one, and the others are answered. */
static void sec_M5_a_flood_of_pings_delays_nobody(void **state)
{
    enum { PINGS = 20000 };
    hp_http_server *s = start(NULL);
    int flooder = open_socket(s), other = open_socket(s);
    unsigned char *bytes = malloc(PINGS * 6);
    (void)state;
    assert_non_null(bytes);
    for (size_t i = 0; i < PINGS; i++) (void)build(bytes + 6 * i, (shape){ .first = 0x89 }, "", 0);
    put(flooder, bytes, PINGS * 6);
    say(other, "hello");
    expect_text(other, "text:hello");
    for (size_t i = 0; i < PINGS; i++) assert_int_equal(take(flooder)->opcode, 10);
    free(bytes);
    (void)close(flooder);
    (void)close(other);
    stop(s);
}

/* ---- many threads ---- */

enum { SENDERS = 4, EACH = 2000 };

static void *send_many(void *arg)
{
    const int me = (int)(intptr_t)arg;
    hp_socket *s = atomic_load(&kept);
    for (int i = 0; i < EACH; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "%d %d", me, i);
        if (!hp_socket_send(s, hp_str_of(text), NULL)) abort();
    }
    return NULL;
}

static void what_threads_send_arrives_in_the_order_of_each(void **state)
{
    hp_http_server *s = start(NULL);
    int fd = open_socket(s), next[SENDERS] = { 0 };
    pthread_t threads[SENDERS];
    (void)state;
    say(fd, "keep");
    expect_text(fd, "text:keep");
    for (int i = 0; i < SENDERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, (void *)(intptr_t)i), 0);
    for (int i = 0; i < SENDERS * EACH; i++) {
        const frame *f = take(fd);
        char *rest = NULL;
        assert_int_equal(f->opcode, 1);
        const unsigned long who = strtoul(f->bytes, &rest, 10);
        assert_true(who < SENDERS);
        assert_int_equal(strtoul(rest, NULL, 10), next[who]++);
    }
    for (int i = 0; i < SENDERS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    hp_socket_unref(atomic_exchange(&kept, NULL));
    (void)close(fd);
    stop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handshake_is_accepted_with_the_proof_of_its_key),
        cmocka_unit_test(what_is_no_proper_handshake_is_refused),
        cmocka_unit_test(what_comes_with_the_handshake_is_not_lost),
        cmocka_unit_test(the_second_port_answers_upgrades_alone),
        cmocka_unit_test(sockets_are_limited_and_counted_as_connections),
        cmocka_unit_test(sockets_take_no_places_of_requests),
        cmocka_unit_test(messages_of_every_length_come_back),
        cmocka_unit_test(fragments_with_control_frames_between_them_are_one_message),
        cmocka_unit_test(frames_that_arrive_byte_by_byte_are_the_same),
        cmocka_unit_test(many_messages_at_once_are_handled_one_by_one_in_order),
        cmocka_unit_test(sec_M5_broken_frames_close_with_their_code),
        cmocka_unit_test(close_codes_are_answered_with_themselves_or_refused),
        cmocka_unit_test(unfinished_messages_have_a_budget_over_all_sockets),
        cmocka_unit_test(the_service_closes_behind_what_it_has_sent),
        cmocka_unit_test(a_client_that_does_not_answer_the_close_is_cut),
        cmocka_unit_test(draining_closes_sockets_as_going_away),
        cmocka_unit_test(a_reference_outlives_the_server),
        cmocka_unit_test(a_client_that_leaves_while_its_message_is_handled_leaves_nothing_behind),
        cmocka_unit_test(a_client_that_answers_pings_stays_and_one_that_does_not_is_cut),
        cmocka_unit_test(a_slow_handler_is_not_held_against_its_client),
        cmocka_unit_test(a_client_that_does_not_read_is_closed_and_delays_nobody),
        cmocka_unit_test(a_client_that_reads_too_late_finds_whole_frames_and_why_it_was_closed),
        cmocka_unit_test(all_backlogs_have_a_budget_and_who_takes_most_of_it_goes),
        cmocka_unit_test(a_frame_larger_than_the_backlog_may_be_passes),
        cmocka_unit_test(a_backlog_is_delivered_whole_and_in_order),
        cmocka_unit_test(sec_M5_a_flood_of_pings_delays_nobody),
        cmocka_unit_test(what_threads_send_arrives_in_the_order_of_each),
    };
    (void)sem_init(&gate, 0, 0);
    (void)sem_init(&entered, 0, 0);
    (void)sem_init(&gone, 0, 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

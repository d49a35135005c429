/* A crowd of LiveQuery subscribers and a few publishers, in one thread on epoll: what a server delivers, how late, at what price.
 *
 *   bench_livequery PORT SOCKETS SECONDS RATE SERVER_PID      RATE 0: as fast as the server delivers
 *
 * Every socket subscribes to all objects of class Tick. PUBLISHERS kept-alive HTTP connections create Ticks that carry the time
 * at which they were due, so that latency is from asking for the write to receipt, commit included. With RATE 0 at most
 * PUBLISHERS events are on their way. Prints one line of JSON. Speaks as much of both protocols as that needs; application id
 * "bench". */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    PUBLISHERS = 8,
    OPENING_MAX = 64,     /* handshakes at the same time */
    BUFFER = 4096,        /* a socket's unread bytes: several events */
    LATENCY_MAX = 1 << 24 /* kept samples */
};

typedef enum state { CONNECTING, UPGRADING, OPEN, SUBSCRIBING, READY } state;

typedef struct subscriber {
    int fd;
    state state;
    uint32_t len;
    char *buffer;
} subscriber;

typedef struct publisher { /* one request at a time */
    int fd;
    bool busy;
} publisher;

typedef struct bench {
    uint16_t port;
    int epoll;
    publisher publishers[PUBLISHERS];
    subscriber *all;
    size_t count, opening, ready, next;
    uint64_t published, answered, delivered;
    uint32_t *latency_us;
    size_t latencies;
} bench;

static int64_t now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

__attribute__((noreturn)) static void die(const char *what)
{
    (void)fprintf(stderr, "bench_livequery: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int dial(uint16_t port, int flags)
{
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons(port),
                                         .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | flags, 0), one = 1;
    if (fd < 0) die("socket");
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) die("connect");
    return fd;
}

static void send_all(int fd, const void *bytes, size_t len)
{
    if (send(fd, bytes, len, MSG_NOSIGNAL) != (ssize_t)len) die("send");
}

/* A client's frame is masked; with a mask of zeros the text stays as it is. */
static void send_text(int fd, uint8_t opcode, const char *text, size_t len)
{
    uint8_t frame[512] = { 0x80 | opcode };
    size_t head = len < 126 ? 2 : 4;
    frame[1] = (uint8_t)(0x80 | (len < 126 ? len : 126));
    if (len >= 126) {
        frame[2] = (uint8_t)(len >> 8);
        frame[3] = (uint8_t)len;
    }
    memcpy(frame + head + 4, text, len);
    send_all(fd, frame, head + 4 + len);
}

static void say(subscriber *s, const char *text) { send_text(s->fd, 1, text, strlen(text)); }

static void open_more(bench *b)
{
    while (b->opening < OPENING_MAX && b->next < b->count) {
        subscriber *s = &b->all[b->next++];
        struct epoll_event e = { .events = EPOLLIN | EPOLLOUT, .data.ptr = s };
        s->fd = dial(b->port, SOCK_NONBLOCK);
        s->state = CONNECTING;
        b->opening++;
        if (epoll_ctl(b->epoll, EPOLL_CTL_ADD, s->fd, &e) < 0) die("epoll_ctl");
    }
}

static void on_writable(bench *b, subscriber *s)
{
    static const char HELLO[] =
        "GET /parse HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = s };
    if (s->state != CONNECTING) return;
    if (epoll_ctl(b->epoll, EPOLL_CTL_MOD, s->fd, &e) < 0) die("epoll_ctl");
    send_all(s->fd, HELLO, sizeof HELLO - 1);
    s->state = UPGRADING;
}

static void on_message(bench *b, subscriber *s, const char *text, size_t len)
{
    if (s->state == OPEN) { /* {"op":"connected",…} */
        say(s, "{\"op\":\"subscribe\",\"requestId\":1,\"query\":{\"className\":\"Tick\",\"where\":{}}}");
        s->state = SUBSCRIBING;
    } else if (s->state == SUBSCRIBING) {
        if (memmem(text, len, "\"subscribed\"", 12) == NULL) die("not subscribed");
        s->state = READY;
        b->ready++;
        b->opening--;
        open_more(b);
    } else {
        const char *at = memmem(text, len, "\"sent\":", 7);
        if (at == NULL) return;
        int64_t late = now_us() - strtoll(at + 7, NULL, 10);
        b->delivered++;
        if (b->latencies < LATENCY_MAX) b->latency_us[b->latencies++] = (uint32_t)(late < 0 ? 0 : late);
    }
}

/* The bytes of one whole frame, or 0. */
static size_t take_frame(bench *b, subscriber *s, const uint8_t *p, size_t len)
{
    if (len < 2) return 0;
    size_t head = 2, size = p[1] & 127;
    if (size == 126) {
        if (len < 4) return 0;
        head = 4;
        size = (size_t)p[2] << 8 | p[3];
    }
    if (size > BUFFER - 4) die("a frame larger than expected");
    if (len < head + size) return 0;
    uint8_t opcode = p[0] & 15;
    if (opcode == 1)
        on_message(b, s, (const char *)p + head, size);
    else if (opcode == 9)
        send_text(s->fd, 10, (const char *)p + head, size);
    else if (opcode == 8)
        die("closed by the server");
    return head + size;
}

static void on_readable(bench *b, subscriber *s)
{
    ssize_t got = recv(s->fd, s->buffer + s->len, BUFFER - s->len, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) die("a subscriber was cut off");
    s->len += (uint32_t)got;
    size_t used = 0;
    if (s->state == UPGRADING) {
        const char *end = memmem(s->buffer, s->len, "\r\n\r\n", 4);
        if (end == NULL) return;
        if (memcmp(s->buffer, "HTTP/1.1 101", 12) != 0) die("no WebSocket");
        used = (size_t)(end + 4 - s->buffer);
        s->state = OPEN;
        say(s, "{\"op\":\"connect\",\"applicationId\":\"bench\"}");
    }
    for (size_t one; (one = take_frame(b, s, (const uint8_t *)s->buffer + used, s->len - used)) > 0;) used += one;
    s->len -= (uint32_t)used;
    memmove(s->buffer, s->buffer + used, s->len);
}

/* False: every publisher waits for an answer. */
static bool publish(bench *b, int64_t due_us)
{
    publisher *p = b->publishers;
    while (p < b->publishers + PUBLISHERS && p->busy) p++;
    if (p == b->publishers + PUBLISHERS) return false;
    char body[96], request[320];
    int body_len = snprintf(body, sizeof body, "{\"sent\":%lld,\"room\":\"a\"}", (long long)due_us);
    int len = snprintf(request, sizeof request,
                       "POST /parse/classes/Tick HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Parse-Application-Id: bench\r\n"
                       "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                       body_len, body);
    send_all(p->fd, request, (size_t)len);
    p->busy = true;
    b->published++;
    return true;
}

static void on_answer(bench *b, publisher *p)
{
    char text[4096];
    ssize_t got = recv(p->fd, text, sizeof text - 1, 0);
    if (got <= 0) die("a publisher was cut off");
    text[got] = '\0';
    if (strncmp(text, "HTTP/1.1 ", 9) != 0) return; /* the rest of an answer that came in two pieces */
    if (strncmp(text + 9, "201", 3) != 0) {
        (void)fprintf(stderr, "%s\n", text);
        exit(1);
    }
    p->busy = false;
    b->answered++;
}

static bool is_publisher(const bench *b, const void *at)
{
    const publisher *p = at;
    return p >= b->publishers && p < b->publishers + PUBLISHERS;
}

static void turn(bench *b, int timeout_ms)
{
    struct epoll_event events[512];
    int n = epoll_wait(b->epoll, events, 512, timeout_ms);
    for (int i = 0; i < n; i++) {
        subscriber *s = events[i].data.ptr;
        if (is_publisher(b, events[i].data.ptr)) {
            on_answer(b, events[i].data.ptr);
            continue;
        }
        if (events[i].events & EPOLLOUT) on_writable(b, s);
        if (events[i].events & EPOLLIN) on_readable(b, s);
    }
}

/* One field of /proc/PID/status in kB, or the process's ticks of processor time. */
static long resident_kb(int pid)
{
    char path[64], line[256];
    long kb = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    if (f == NULL) die(path);
    while (fgets(line, sizeof line, f) != NULL)
        if (sscanf(line, "VmRSS: %ld", &kb) == 1) break;
    (void)fclose(f);
    return kb;
}

static double cpu_seconds(int pid)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (f == NULL || fgets(text, sizeof text, f) == NULL) die(path);
    (void)fclose(f);
    const char *rest = strrchr(text, ')');
    if (rest == NULL || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        die(path);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static double percentile_ms(const bench *b, double part)
{
    return b->latencies == 0 ? 0 : b->latency_us[(size_t)((double)(b->latencies - 1) * part)] / 1000.0;
}

/* Publishes for a while; what is on its way at the end is waited for. */
static void run(bench *b, double seconds, double rate)
{
    const int64_t start = now_us(), until = start + (int64_t)(seconds * 1e6);
    for (int64_t now = start; now < until; now = now_us()) {
        if (rate > 0) {
            int64_t due = start + (int64_t)((double)b->published * 1e6 / rate);
            const bool late = now >= due;
            turn(b, late && publish(b, due) ? 0 : late ? 1 : (int)((due - now) / 1000));
        } else {
            while (b->published - b->delivered / b->count < PUBLISHERS && publish(b, now_us())) {}
            turn(b, 1000);
        }
    }
    const int64_t patience = now_us() + 30000000;
    while (b->delivered < b->published * b->count && now_us() < patience) turn(b, 100);
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        (void)fprintf(stderr, "usage: bench_livequery PORT SOCKETS SECONDS RATE SERVER_PID\n");
        return 64;
    }
    bench b = { .port = (uint16_t)strtoul(argv[1], NULL, 10), .count = strtoul(argv[2], NULL, 10) };
    const double seconds = strtod(argv[3], NULL), rate = strtod(argv[4], NULL);
    const int server = (int)strtol(argv[5], NULL, 10);
    struct rlimit files;
    (void)getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);

    b.epoll = epoll_create1(0);
    b.all = calloc(b.count, sizeof *b.all);
    b.latency_us = malloc(sizeof *b.latency_us * LATENCY_MAX);
    if (b.epoll < 0 || b.all == NULL || b.latency_us == NULL) die("memory");
    for (size_t i = 0; i < b.count; i++)
        if ((b.all[i].buffer = malloc(BUFFER)) == NULL) die("memory");
    for (size_t i = 0; i < PUBLISHERS; i++) {
        struct epoll_event e = { .events = EPOLLIN, .data.ptr = &b.publishers[i] };
        b.publishers[i].fd = dial(b.port, 0);
        if (epoll_ctl(b.epoll, EPOLL_CTL_ADD, b.publishers[i].fd, &e) < 0) die("epoll_ctl");
    }

    const long before_kb = resident_kb(server);
    const int64_t opening = now_us();
    open_more(&b);
    while (b.ready < b.count) turn(&b, 1000);
    const double open_s = (double)(now_us() - opening) / 1e6;
    const double kb_each = (double)(resident_kb(server) - before_kb) / (double)b.count;

    (void)publish(&b, now_us()); /* the first one makes the class and warms up */
    while (b.delivered < b.count || b.answered == 0) turn(&b, 1000);
    b.published = b.answered = b.delivered = b.latencies = 0;

    const double cpu = cpu_seconds(server);
    const int64_t start = now_us();
    run(&b, seconds, rate);
    const double took = (double)(now_us() - start) / 1e6, spent = cpu_seconds(server) - cpu;
    qsort(b.latency_us, b.latencies, sizeof *b.latency_us, by_size);
    (void)printf("{\"sockets\":%zu,\"openSeconds\":%.2f,\"kibPerSocket\":%.1f,\"eventsPerSecond\":%.0f,"
                 "\"deliveriesPerSecond\":%.0f,"
                 "\"deliveriesPerCpuSecond\":%.0f,\"lost\":%lld,\"p50ms\":%.2f,\"p99ms\":%.2f}\n",
                 b.count, open_s, kb_each, (double)b.published / took, (double)b.delivered / took,
                 (double)b.delivered / spent, (long long)(b.published * b.count) - (long long)b.delivered,
                 percentile_ms(&b, 0.5), percentile_ms(&b, 0.99));
    return 0;
}

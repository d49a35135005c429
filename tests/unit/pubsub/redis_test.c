/* The bus on a real redis-server, which is stopped, killed and started again. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "pubsub/redis.h"

enum { PATIENCE_S = 60 };

/* ---- a server ---- */

static uint16_t free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

static pid_t start_redis(uint16_t port, const char *password)
{
    char text[8];
    (void)snprintf(text, sizeof text, "%u", port);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0) return child;
    if (freopen("/dev/null", "w", stdout) == NULL) _exit(127);
    (void)execlp("redis-server", "redis-server", "--port", text, "--bind", "127.0.0.1", "--save", "", "--appendonly",
                 "no", "--dir", "/tmp", "--requirepass", password, "--user", "listener", "on", ">l", "~*", "&*",
                 "+@all", "-publish", (char *)NULL);
    _exit(127);
}

static void end_redis(pid_t child)
{
    (void)kill(child, SIGKILL);
    (void)kill(child, SIGCONT);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

/* ---- a node ---- */

typedef struct node {
    hp_pubsub *bus;
    pthread_mutex_t lock;
    pthread_cond_t news;
    hp_buf heard; /* "channel=payload;" … */
    bool up;
    unsigned changes;
} node;

static void message(void *user, hp_str channel, hp_str payload)
{
    node *n = user;
    pthread_mutex_lock(&n->lock);
    hp_buf_printf(&n->heard, "%.*s=%.*s;", HP_STR_ARG(channel), (int)(payload.len < 20 ? payload.len : 20),
                  payload.ptr);
    (void)pthread_cond_signal(&n->news);
    pthread_mutex_unlock(&n->lock);
}

static void state_of(void *user, bool up)
{
    node *n = user;
    pthread_mutex_lock(&n->lock);
    n->up = up;
    n->changes++;
    (void)pthread_cond_signal(&n->news);
    pthread_mutex_unlock(&n->lock);
}

static void open_node_as(node *n, uint16_t port, hp_str user, const char *password)
{
    const hp_redis_options o = {
        .host = HP_STR("127.0.0.1"), .port = port, .user = user, .password = hp_str_of(password), .database = 2
    };
    const hp_str channels[] = { HP_STR("my app-save"), HP_STR("b") };
    const hp_pubsub_listener listener = { message, state_of, n };
    *n = (node){ .bus = hp_redis_pubsub_new(&o) };
    assert_int_equal(pthread_mutex_init(&n->lock, NULL), 0);
    assert_int_equal(pthread_cond_init(&n->news, NULL), 0);
    hp_buf_init(&n->heard, 1 << 20);
    hp_pubsub_start(n->bus, channels, 2, &listener);
}

static void open_node(node *n, uint16_t port, const char *password) { open_node_as(n, port, HP_STR_NONE, password); }

static void close_node(node *n)
{
    hp_pubsub_close(n->bus);
    hp_buf_done(&n->heard);
    (void)pthread_cond_destroy(&n->news);
    (void)pthread_mutex_destroy(&n->lock);
}

static bool is_up(const node *n) { return n->up; }
static bool is_down(const node *n) { return !n->up; }

static const char *AWAITED;
static bool has_heard(const node *n) { return hp_str_contains(hp_buf_str(&n->heard), hp_str_of(AWAITED)); }

static void wait_until(node *n, bool (*holds)(const node *n), const char *what)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    int rc = 0;
    pthread_mutex_lock(&n->lock);
    while (!holds(n) && rc == 0) rc = pthread_cond_timedwait(&n->news, &n->lock, &until);
    const bool held = holds(n);
    pthread_mutex_unlock(&n->lock);
    if (!held) fail_msg("in vain: %s", what);
}

static void hears(node *n, const char *what)
{
    AWAITED = what;
    wait_until(n, has_heard, what);
}

static void say(node *n, const char *channel, const char *text)
{
    hp_pubsub_publish(n->bus, hp_str_of(channel), hp_str_of(text));
}

/* ---- promises ---- */

static void what_one_says_the_others_and_itself_hear_in_order(void **state)
{
    (void)state;
    node a, b;
    hp_pubsub_stats stats;
    const uint16_t port = free_port();
    const pid_t redis = start_redis(port, "hush hush");
    open_node(&a, port, "hush hush");
    open_node(&b, port, "hush hush");
    wait_until(&a, is_up, "a is up");
    wait_until(&b, is_up, "b is up");
    say(&a, "my app-save", "1");
    say(&a, "b", "2 \r\n x");
    say(&a, "elsewhere", "3");
    say(&a, "my app-save", "4");
    hears(&b, "my app-save=1;b=2 \r\n x;my app-save=4;");
    hears(&a, "my app-save=1;b=2 \r\n x;my app-save=4;");
    say(&b, "b", "last words"); /* said before it goes */
    close_node(&b);
    hears(&a, "b=last words;");
    hp_pubsub_look(a.bus, &stats);
    assert_true(stats.up && stats.losses == 0 && stats.dropped == 0);
    assert_int_equal(stats.received, 4);
    close_node(&a);
    end_redis(redis);
}

static void after_a_loss_it_listens_and_speaks_again(void **state)
{
    (void)state;
    node a;
    hp_pubsub_stats stats;
    const uint16_t port = free_port();
    pid_t redis = start_redis(port, "p");
    open_node(&a, port, "p");
    wait_until(&a, is_up, "up");
    end_redis(redis);
    wait_until(&a, is_down, "down");
    say(&a, "b", "meanwhile");
    hp_pubsub_look(a.bus, &stats);
    assert_true(!stats.up && stats.losses == 1 && stats.waiting == 1 && stats.waiting_bytes > 0);
    redis = start_redis(port, "p");
    wait_until(&a, is_up, "up again");
    hears(&a, "b=meanwhile;");
    close_node(&a);
    end_redis(redis);
}

static void a_redis_that_says_nothing_any_more_is_lost_too(void **state)
{
    (void)state;
    node a;
    const uint16_t port = free_port();
    const pid_t redis = start_redis(port, "p");
    open_node(&a, port, "p");
    wait_until(&a, is_up, "up");
    assert_int_equal(kill(redis, SIGSTOP), 0);
    wait_until(&a, is_down, "down"); /* no packet says so: a beat stays out */
    assert_int_equal(kill(redis, SIGCONT), 0);
    wait_until(&a, is_up, "up again");
    close_node(&a);
    end_redis(redis);
}

static void a_wrong_password_is_never_up(void **state)
{
    (void)state;
    node a, b;
    const uint16_t port = free_port();
    const pid_t redis = start_redis(port, "right");
    open_node(&a, port, "wrong");
    open_node(&b, port, "right");
    wait_until(&b, is_up, "the other is up");
    say(&a, "b", "unheard");
    say(&b, "b", "heard");
    hears(&b, "b=heard;");
    close_node(&a);
    assert_int_equal(a.changes, 0);
    close_node(&b);
    end_redis(redis);
}

/* As if it were up, until its first beat is missed, each time closing every client's socket. */
static void a_user_who_may_listen_and_not_speak_is_never_up(void **state)
{
    (void)state;
    node a, b;
    const uint16_t port = free_port();
    const pid_t redis = start_redis(port, "p");
    open_node(&b, port, "p");
    wait_until(&b, is_up, "the other is up");
    open_node_as(&a, port, HP_STR("listener"), "l");
    say(&a, "b", "unheard");
    say(&b, "b", "heard");
    hears(&b, "b=heard;");
    (void)sleep(1); /* several attempts */
    close_node(&a);
    assert_int_equal(a.changes, 0);
    close_node(&b);
    end_redis(redis);
}

static void what_waits_is_bounded_and_the_oldest_goes(void **state)
{
    (void)state;
    enum { PIECE = 1 << 20, PIECES = HP_PUBSUB_WAITING_BYTES_MAX / PIECE + 3 };
    node a;
    hp_pubsub_stats stats;
    char text[64], *big = malloc(PIECE);
    const uint16_t port = free_port();
    assert_non_null(big);
    memset(big, 'x', PIECE);
    open_node(&a, port, "p");
    for (int i = 0; i < PIECES; i++) {
        (void)snprintf(big, PIECE, "the piece number %02d", i);
        hp_pubsub_publish(a.bus, HP_STR("b"), (hp_str){ big, PIECE });
    }
    hp_pubsub_look(a.bus, &stats);
    assert_true(stats.waiting_bytes <= HP_PUBSUB_WAITING_BYTES_MAX);
    assert_true(stats.waiting_bytes + 2 * PIECE >
                HP_PUBSUB_WAITING_BYTES_MAX); /* and all that there is room for stays */
    assert_int_equal(stats.waiting + stats.dropped, PIECES);
    assert_true(stats.dropped >= 3);

    const pid_t redis = start_redis(port, "p");
    (void)snprintf(text, sizeof text, "b=the piece number %d", PIECES - 1);
    hears(&a, text);
    (void)snprintf(text, sizeof text, "b=the piece number %02d", (int)stats.dropped);
    assert_int_equal(strncmp(a.heard.ptr, text, strlen(text)), 0);
    close_node(&a);
    end_redis(redis);
    free(big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_one_says_the_others_and_itself_hear_in_order),
        cmocka_unit_test(after_a_loss_it_listens_and_speaks_again),
        cmocka_unit_test(a_redis_that_says_nothing_any_more_is_lost_too),
        cmocka_unit_test(a_wrong_password_is_never_up),
        cmocka_unit_test(a_user_who_may_listen_and_not_speak_is_never_up),
        cmocka_unit_test(what_waits_is_bounded_and_the_oldest_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/listener.h>

#include "base/log.h"

enum { ADDRESSES_MAX = 8, BACKLOG = 1024, PAUSE_MS = 100 };

struct hp_listener {
    hp_listener_fn fn;
    void *arg;
    struct evconnlistener *sockets[ADDRESSES_MAX];
    size_t count;
    struct event *resume; /* after a pause */
    atomic_bool stopped;
    int port;
};

static void peer_text(const struct sockaddr *address, char out[HP_PEER_BYTES])
{
    const void *bytes = &((const struct sockaddr_in *)(const void *)address)->sin_addr;
    int family = AF_INET;
    if (address->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
        family = IN6_IS_ADDR_V4MAPPED(six) ? AF_INET : AF_INET6;
        bytes = family == AF_INET ? (const void *)(six->s6_addr + 12) : (const void *)six;
    }
    if (inet_ntop(family, bytes, out, HP_PEER_BYTES) == NULL) out[0] = '\0';
}

static void on_accept(struct evconnlistener *socket, evutil_socket_t fd, struct sockaddr *address, int len, void *arg)
{
    hp_listener *l = arg;
    char peer[HP_PEER_BYTES];
    (void)socket;
    (void)len;
    peer_text(address, peer);
    l->fn(l->arg, fd, peer);
}

/* Out of descriptors or memory: the kernel keeps the connections waiting. Without a pause the loop would do nothing else than
 * fail again. */
static void on_accept_error(struct evconnlistener *socket, void *arg)
{
    hp_listener *l = arg;
    struct timeval pause = { .tv_usec = PAUSE_MS * 1000 };
    hp_log(HP_LOG_ERROR, "accept_failed", HP_F_TEXT("reason", strerror(errno)), HP_F_INT("pause_ms", PAUSE_MS));
    (void)evconnlistener_disable(socket);
    (void)evtimer_add(l->resume, &pause);
}

static void on_resume(evutil_socket_t fd, short what, void *arg)
{
    hp_listener *l = arg;
    (void)fd;
    (void)what;
    for (size_t i = 0; i < l->count && !atomic_load(&l->stopped); i++) (void)evconnlistener_enable(l->sockets[i]);
}

static int port_of(const struct evconnlistener *socket)
{
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    if (getsockname(evconnlistener_get_fd((struct evconnlistener *)(uintptr_t)socket), (struct sockaddr *)&bound,
                    &len) != 0)
        return 0;
    return ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&bound)->sin6_port
                                             : ((struct sockaddr_in *)(void *)&bound)->sin_port);
}

static void set_port(struct sockaddr *address, int port)
{
    if (address->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)(void *)address)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)(void *)address)->sin_port = htons((uint16_t)port);
}

/* One address of a name that this machine does not have (::1 where IPv6 is off) is no reason to fail, if another works; a
 * port that is taken on any of them is. Returns 0 or the errno to report. */
static int bind_all(hp_listener *l, struct event_base *base, const struct addrinfo *found)
{
    enum { FLAGS = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE };
    int problem = 0;
    for (const struct addrinfo *a = found; a != NULL && l->count < ADDRESSES_MAX; a = a->ai_next) {
        if (l->port != 0) set_port(a->ai_addr, l->port);
        struct evconnlistener *socket =
            evconnlistener_new_bind(base, on_accept, l, FLAGS, BACKLOG, a->ai_addr, (int)a->ai_addrlen);
        if (socket == NULL) {
            problem = errno;
            if (problem == EADDRINUSE || problem == EACCES) return problem;
            continue;
        }
        evconnlistener_set_error_cb(socket, on_accept_error);
        l->sockets[l->count++] = socket;
        l->port = port_of(socket);
    }
    return l->count > 0 ? 0 : problem;
}

hp_code hp_listener_open(struct event_base *base, const char *host, int port, hp_listener_fn fn, void *arg,
                         hp_listener **out, hp_err *err)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE },
                    *found = NULL;
    char text[16];
    *out = NULL;
    (void)snprintf(text, sizeof text, "%d", port);
    int rc = getaddrinfo(host, text, &hints, &found);
    if (rc != 0) return hp_fail(err, HP_E_INVALID_VALUE, "Cannot listen on host %s: %s", host, gai_strerror(rc));

    hp_listener *l = calloc(1, sizeof *l);
    HP_ASSERT(l != NULL);
    *l = (hp_listener){ .fn = fn, .arg = arg, .port = port, .resume = evtimer_new(base, on_resume, l) };
    HP_ASSERT(l->resume != NULL);
    int problem = bind_all(l, base, found);
    freeaddrinfo(found);
    if (problem != 0) {
        hp_listener_close(l);
        return hp_fail(err, HP_E_INVALID_VALUE,
                       "Cannot listen on %s port %d: %s. Choose another in the configuration, or with --port.", host,
                       port, strerror(problem));
    }
    *out = l;
    return HP_OK;
}

int hp_listener_port(const hp_listener *l) { return l->port; }

/* Taking an event away waits until its callback has ended. */
static void disable_all(hp_listener *l)
{
    for (size_t i = 0; i < l->count; i++) (void)evconnlistener_disable(l->sockets[i]);
}

void hp_listener_stop(hp_listener *l)
{
    atomic_store(&l->stopped, true);
    disable_all(l);
    (void)evtimer_del(l->resume);
    disable_all(l); /* it may have been in the middle of switching them on again */
}

void hp_listener_close(hp_listener *l)
{
    if (l == NULL) return;
    for (size_t i = 0; i < l->count; i++) evconnlistener_free(l->sockets[i]);
    event_free(l->resume);
    free(l);
}

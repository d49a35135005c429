/* http/listen.h — the listening sockets of a server, and who has connected. */
#ifndef HP_HTTP_LISTEN_H
#define HP_HTTP_LISTEN_H

#include <event2/event.h>
#include <event2/util.h>

#include "base/error.h"

enum { HP_PEER_BYTES = 64 }; /* an address as text, and a NUL */

typedef struct hp_listener hp_listener;

/* Called on the loop's thread with each accepted socket, which it takes over, and the peer's address: IPv4-mapped IPv6 is
 * shown as IPv4. */
typedef void (*hp_listener_fn)(void *arg, evutil_socket_t fd, const char *peer);

/* Listens on every address that `host` names, all with the same port; 0: any free one. Connections are accepted once `base`
 * runs. Errors: INVALID_VALUE with a sentence for whoever starts the server. */
HP_MUST_USE hp_code hp_listener_open(struct event_base *base, const char *host, int port, hp_listener_fn fn, void *arg,
                                     hp_listener **out, hp_err *err);

int hp_listener_port(const hp_listener *l);

/* No more connections. Any thread; when it returns, `fn` is not running and does not run again. */
void hp_listener_stop(hp_listener *l);

/* Once its loop has ended. Accepts NULL. */
void hp_listener_close(hp_listener *l);

#endif

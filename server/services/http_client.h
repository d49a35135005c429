/* services/http_client.h — the one way out: requests that the server itself makes.
 *
 * http and https, no redirects, a bound in time and in bytes. An address that nobody of the inside vouches for is asked
 * for with `public_only`: then only public unicast addresses are connected to, checked on the address that the connection
 * goes to and not on a name, so that no name can be looked up twice with two answers. Connections are kept for a moment and
 * used again, but not those of `public_only`. No body is sent twice: where libcurl would repeat such a request on a fresh
 * connection, it fails instead. Any thread; blocks until the answer or the timeout, and does not count as a worker meanwhile
 * (http/pool.h). */
#ifndef HP_SERVICES_HTTP_CLIENT_H
#define HP_SERVICES_HTTP_CLIENT_H

#include "base/arena.h"
#include "base/error.h"

typedef struct hp_http_call {
    const char *method; /* "GET", "POST" */
    hp_str url;
    const hp_str *headers; /* "Name: value", without line ends */
    size_t header_count;
    hp_str body; /* absent: none */
    int64_t timeout_ms;
    size_t answer_bytes_max;
    bool public_only;
} hp_http_call;

typedef struct hp_http_answer {
    int status;
    hp_str body; /* in the arena */
    /* set on failure too */
    bool sent; /* something of the request has gone out: asking again might be asking twice */
    bool late; /* the time was up */
} hp_http_answer;

/* Any status is an answer. Errors: INTERNAL with the driver's words in the detail: no connection, no certificate, too slow,
 * too large, an address that may not be asked. */
HP_MUST_USE hp_code hp_http_call_run(const hp_http_call *call, hp_arena *mem, hp_http_answer *out, hp_err *err);

/* True for a public unicast address; `bytes` are 4 (IPv4) or 16 (IPv6, also IPv4-mapped and the translation prefixes). */
bool hp_http_address_public(const uint8_t *bytes, size_t len);

#endif

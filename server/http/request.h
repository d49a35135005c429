/* http/request.h — one request as a worker sees it: read whole, framing checked, everything in its own arena. */
#ifndef HP_HTTP_REQUEST_H
#define HP_HTTP_REQUEST_H

#include "base/arena.h"
#include "base/str.h"

typedef struct hp_http_header {
    hp_str name, value; /* value without surrounding blanks */
} hp_http_header;

typedef struct hp_http_request {
    hp_arena *mem; /* freed once the answer is written */
    hp_str method; /* "GET", …, upper case as sent */
    hp_str path;   /* as sent, still percent-encoded, without the query string; begins with '/' */
    hp_str query;  /* after the '?', as sent; empty if none */
    hp_http_header *headers;
    size_t header_count;
    hp_str body; /* after chunked decoding */
    hp_str peer; /* the socket's peer address; IPv4-mapped IPv6 is shown as IPv4. Forwarded headers are not looked at */
    hp_str id;   /* 16 hex digits, for the log */
    int64_t received_ms; /* monotonic: when it had come whole */
    bool keep_alive;
} hp_http_request;

/* The first header of that name (case does not count), or the absent text. */
hp_str hp_http_header_get(const hp_http_request *rq, hp_str name);

/* All headers of that name joined with ", ", or the absent text. */
hp_str hp_http_header_all(const hp_http_request *rq, hp_str name);

/* Takes the next name=value off a query string or form body, decoded. False at the end; *ok tells whether the pair could be
 * decoded. */
bool hp_url_next_pair(hp_arena *mem, hp_str *rest, hp_str *name, hp_str *value, bool *ok);

#endif

/* http/head.h — a request head: strict framing first, then http-parser.
 *
 * Proxies in front and we must agree where a request ends, or one client speaks in another's name (request smuggling). So
 * every doubtful form is refused before the parser, which is lenient, sees it: bare CR or LF, folded lines, blanks before a
 * colon, control characters, more than one blank in the request line, a target that is no path, several or strange
 * Content-Length, Transfer-Encoding beside it or other than chunked.
 * Source: RFC 9112. Pure, any thread. */
#ifndef HP_HTTP_HEAD_H
#define HP_HTTP_HEAD_H

#include "http/request.h"

typedef struct hp_http_head {
    bool chunked;
    bool has_length;
    size_t content_length;
    bool expect_continue;
    bool minor_0; /* HTTP/1.0 */
} hp_http_head;

/* Looks for the end of a head in what has arrived so far. `*seen` is 0 at first and remembers where to go on, so that a head
 * arriving byte by byte is looked at once. Returns the bytes up to and including the empty line, 0 if it is not there yet,
 * SIZE_MAX for a line that does not end with CR LF: waiting would not make it better. */
size_t hp_http_head_end(hp_str text, size_t *seen);

/* Reads `text`, which ends with the empty line, into *rq (strings point into `text`, which lives in rq->mem) and *head.
 * Returns 0, or the HTTP status to refuse with: 400, 414, 431, 501, 505, 413 (Content-Length beyond size_t). */
int hp_http_head_read(hp_str text, size_t url_bytes_max, size_t headers_max, hp_http_request *rq, hp_http_head *head);

#endif

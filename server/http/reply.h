/* http/reply.h — the answer a handler builds. The server adds Date, Content-Length, Connection, ETag and compression. */
#ifndef HP_HTTP_REPLY_H
#define HP_HTTP_REPLY_H

#include "base/buf.h"

enum { HP_REPLY_HEADERS_MAX = 24 };

typedef struct hp_http_reply {
    int status;
    hp_str content_type; /* of `body`; absent: no Content-Type header */
    struct {
        hp_str name, value;
    } headers[HP_REPLY_HEADERS_MAX];
    size_t header_count;
    hp_buf body;
    bool close; /* close the connection after this answer */
} hp_http_reply;

/* Adds a header. Text is borrowed until the answer is written (use the request's arena). A value with a control
 * character (CR, LF, NUL, …) is refused: the header is left out. */
void hp_reply_header(hp_http_reply *rp, hp_str name, hp_str value);

#endif

/* http/reply.h — the answer a handler builds. The server adds Date, Content-Length, Connection, ETag and compression.
 *
 * A large body can stay in a file: then the bytes go from the file to the socket and never into this process's memory, the
 * server answers Range and If-Range, and nothing is compressed. */
#ifndef HP_HTTP_REPLY_H
#define HP_HTTP_REPLY_H

#include "base/buf.h"

enum { HP_REPLY_HEADERS_MAX = 24 };

typedef struct hp_reply_file {
    bool present;
    int fd;        /* the server closes it */
    uint64_t from; /* the first byte … */
    uint64_t len;  /* … and how many: they are there, and do not change while they are sent */
} hp_reply_file;

typedef struct hp_http_reply {
    int status;
    hp_str content_type; /* of `body`; absent: no Content-Type header */
    struct {
        hp_str name, value;
    } headers[HP_REPLY_HEADERS_MAX];
    size_t header_count;
    hp_buf body;
    hp_reply_file file; /* instead of `body` */
    hp_str etag;        /* with its quotes; absent: made from `body` */
    bool close;         /* close the connection after this answer */
} hp_http_reply;

/* Answers with `len` bytes of `fd`, from its beginning. Takes over `fd`. */
void hp_reply_with_file(hp_http_reply *rp, int fd, uint64_t len);

/* Closes the file, if there is one that has not been sent. */
void hp_reply_drop_file(hp_http_reply *rp);

/* Adds a header. Text is borrowed until the answer is written (use the request's arena). A value with a control
 * character (CR, LF, NUL, …) is refused: the header is left out. */
void hp_reply_header(hp_http_reply *rp, hp_str name, hp_str value);

#endif

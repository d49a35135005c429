/* http/chunked.h — the chunked body coding, RFC 9112 section 7.1, strictly: no extensions, no bare LF, trailers refused. */
#ifndef HP_HTTP_CHUNKED_H
#define HP_HTTP_CHUNKED_H

#include "base/buf.h"

typedef struct hp_chunked { /* zeroed to begin with */
    enum { HP_CHUNK_SIZE, HP_CHUNK_DATA, HP_CHUNK_DATA_END, HP_CHUNK_LAST, HP_CHUNK_DONE } state;
    size_t left; /* of the present chunk */
} hp_chunked;

/* Takes what it can of `in`, appends the body bytes to `body`, and tells in *used how much of `in` it took.
 * Returns 0 to go on (state HP_CHUNK_DONE: the body is whole), 400 for a malformed body, 413 past body->max. */
int hp_chunked_read(hp_chunked *c, hp_str in, hp_buf *body, size_t *used);

#endif

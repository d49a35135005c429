/* http/multipart.h — a body of multipart/form-data (RFC 7578), part by part.
 *
 * The whole body is there already; parts are slices of it and live as long. What an agent would not send is refused, not
 * repaired: a missing end, a header line that is none. No state but the reader's, no I/O, any thread. */
#ifndef HP_HTTP_MULTIPART_H
#define HP_HTTP_MULTIPART_H

#include "base/arena.h"
#include "base/error.h"

enum { HP_MULTIPART_PARTS_MAX = 1000, HP_MULTIPART_HEAD_BYTES_MAX = 16 * 1024 };

typedef struct hp_multipart {
    hp_str rest;     /* after the last delimiter */
    hp_str boundary; /* with the line end and the dashes in front */
    size_t parts;    /* so far */
} hp_multipart;

typedef struct hp_multipart_part {
    hp_str name;     /* of the field; absent: the part says nothing that has a name */
    hp_str filename; /* the last part of a path; absent: none */
    hp_str type;     /* "text/plain" where the part does not say */
    bool is_file;    /* it has a file name, or is application/octet-stream */
    hp_str bytes;
} hp_multipart_part;

/* True if `content_type` is multipart/form-data, with whatever parameters. */
bool hp_multipart_is(hp_str content_type);

/* Errors: INVALID_JSON without a boundary, or if the body does not have it. */
HP_MUST_USE hp_code hp_multipart_open(hp_str content_type, hp_str body, hp_arena *mem, hp_multipart *out, hp_err *err);

/* The next part; *more is false after the last. Unquoted texts live in `mem`.
 * Errors: INVALID_JSON for what is no part, more than HP_MULTIPART_PARTS_MAX of them, or a head that is too long. */
HP_MUST_USE hp_code hp_multipart_next(hp_multipart *m, hp_arena *mem, hp_multipart_part *part, bool *more, hp_err *err);

#endif

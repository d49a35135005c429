/* http/encode.h — a finished reply as bytes for the wire: status line, headers, compression, ETag. Runs on the worker. */
#ifndef HP_HTTP_ENCODE_H
#define HP_HTTP_ENCODE_H

#include "http/reply.h"
#include "http/request.h"

/* Fills `head` with everything before the body. May replace rp->body by its gzip form, or empty it (HEAD, 204, 304). */
void hp_http_encode(const hp_http_request *rq, hp_http_reply *rp, bool keep_alive, hp_buf *head);

/* A whole small answer {"error":"<text>"} for what never reaches a handler; closes the connection. */
void hp_http_encode_refusal(int status, hp_buf *out);

#endif

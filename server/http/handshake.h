/* http/handshake.h — the request with which a connection becomes a WebSocket, and its answer (RFC 6455 section 4.2). */
#ifndef HP_HTTP_HANDSHAKE_H
#define HP_HTTP_HANDSHAKE_H

#include "base/buf.h"
#include "http/head.h"

/* Whether the client asks for it: both Upgrade and Connection say so. Else the request is an ordinary one (RFC 9110
 * section 7.8 lets a server ignore an upgrade). Sec-WebSocket-Protocol and -Extensions are never agreed to. */
bool hp_handshake_asked(const hp_http_request *rq);

/* 0, or the status to refuse with: 400, 405, 426 (another version of the protocol). */
int hp_handshake_check(const hp_http_request *rq, const hp_http_head *head);

/* The head of the answer that makes the connection a WebSocket, of a request that passed the check. */
void hp_handshake_accept(const hp_http_request *rq, hp_buf *out);

#endif

#include "http/handshake.h"

#include <openssl/evp.h>

#include "base/error.h"
#include "value/base64.h"

enum { KEY_BYTES = 16, SHA1_BYTES = 20 };

/* Whether a list header names `token`, whatever the case. */
static bool lists(const hp_http_request *rq, hp_str name, hp_str token)
{
    hp_str rest = hp_http_header_all(rq, name), part;
    while (hp_str_split(&rest, ',', &part))
        if (hp_str_eq_nocase(hp_str_trim(part), token)) return true;
    return false;
}

static hp_str key_of(const hp_http_request *rq) { return hp_http_header_all(rq, HP_STR("Sec-WebSocket-Key")); }

bool hp_handshake_asked(const hp_http_request *rq)
{
    return lists(rq, HP_STR("Upgrade"), HP_STR("websocket")) && lists(rq, HP_STR("Connection"), HP_STR("upgrade"));
}

int hp_handshake_check(const hp_http_request *rq, const hp_http_head *head)
{
    hp_str key;
    if (!hp_str_eq(rq->method, HP_STR("GET"))) return 405;
    if (head->minor_0 || head->chunked || head->content_length > 0) return 400;
    const hp_str version = hp_http_header_all(rq, HP_STR("Sec-WebSocket-Version"));
    if (!hp_str_eq(version, HP_STR("13"))) return hp_str_present(version) ? 426 : 400;
    if (!hp_str_present(key_of(rq)) || !hp_base64_decode(rq->mem, key_of(rq), &key) || key.len != KEY_BYTES) return 400;
    return 0;
}

void hp_handshake_accept(const hp_http_request *rq, hp_buf *out)
{
    const hp_str proof = hp_arena_printf(rq->mem, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", HP_STR_ARG(key_of(rq)));
    unsigned char digest[SHA1_BYTES];
    unsigned int len = 0;
    HP_ASSERT(EVP_Digest(proof.ptr, proof.len, digest, &len, EVP_sha1(), NULL) == 1 && len == SHA1_BYTES);
    hp_buf_add_lit(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        "Sec-WebSocket-Accept: ");
    hp_buf_add(out, hp_base64_encode(rq->mem, (hp_str){ (const char *)digest, len }));
    hp_buf_add_lit(out, "\r\n\r\n");
}

#include "http/reply.h"

#include "base/error.h"

void hp_reply_header(hp_http_reply *rp, hp_str name, hp_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F) return;
    }
    HP_ASSERT(rp->header_count < HP_REPLY_HEADERS_MAX);
    rp->headers[rp->header_count].name = name;
    rp->headers[rp->header_count++].value = value;
}

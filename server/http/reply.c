#include "http/reply.h"

#include <unistd.h>

#include "base/error.h"

void hp_reply_with_file(hp_http_reply *rp, int fd, uint64_t len)
{
    hp_reply_drop_file(rp);
    rp->file = (hp_reply_file){ .present = true, .fd = fd, .len = len };
}

void hp_reply_drop_file(hp_http_reply *rp)
{
    if (rp->file.present) (void)close(rp->file.fd); /* it was only read: there is nothing to lose */
    rp->file = (hp_reply_file){ 0 };
}

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

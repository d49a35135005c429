#include "base/url.h"

static bool plain(char c)
{
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alnum || (c != '\0' && strchr("-_.!~*'()", c) != NULL);
}

hp_str hp_url_encode(hp_arena *mem, hp_str text)
{
    static const char HEX[] = "0123456789ABCDEF";
    char *out = hp_arena_array(mem, text.len + 1, 3);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        if (plain(text.ptr[i])) {
            out[len++] = text.ptr[i];
            continue;
        }
        out[len++] = '%';
        out[len++] = HEX[c >> 4];
        out[len++] = HEX[c & 15];
    }
    return (hp_str){ out, len };
}

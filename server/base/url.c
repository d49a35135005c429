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

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hp_url_decode(hp_arena *mem, hp_str text, bool plus, hp_str *out)
{
    char *decoded = hp_arena_alloc(mem, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int high = text.len - i > 2 ? hex_digit(text.ptr[i + 1]) : -1;
            int low = text.len - i > 2 ? hex_digit(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        decoded[len++] = c;
    }
    *out = (hp_str){ decoded, len };
    return hp_str_utf8_valid(*out);
}

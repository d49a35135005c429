#include "value/base64.h"

static int sextet(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

bool hp_base64_decode(hp_arena *mem, hp_str text, hp_str *out)
{
    size_t padding = 0;
    while (text.len > 0 && padding < 2 && text.ptr[text.len - 1] == '=') {
        text.len--;
        padding++;
    }
    if (text.len % 4 == 1 || (padding > 0 && (text.len + padding) % 4 != 0)) return false;

    char *bytes = hp_arena_alloc(mem, text.len / 4 * 3 + 3);
    size_t len = 0;
    uint32_t bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = sextet(text.ptr[i]);
        if (value < 0) return false;
        bits = (bits << 6 | (uint32_t)value) & 0xFFFFFF;
        if (i % 4 == 0) continue; /* the first six bits of a group complete no byte */
        bytes[len++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xFF);
    }
    *out = (hp_str){ bytes, len };
    return true;
}

hp_str hp_base64_encode(hp_arena *mem, hp_str bytes)
{
    static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *text = hp_arena_alloc(mem, (bytes.len + 2) / 3 * 4 + 1);
    size_t len = 0;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t have = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = 0;
        for (size_t k = 0; k < 3; k++) group = group << 8 | (k < have ? (unsigned char)bytes.ptr[i + k] : 0);
        for (size_t k = 0; k < 4; k++) text[len++] = k <= have ? ALPHABET[group >> (18 - 6 * k) & 63] : '=';
    }
    return (hp_str){ text, len };
}

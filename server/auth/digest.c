#include "auth/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/error.h"

static hp_str hex_of(hp_arena *mem, const uint8_t *bytes, size_t len)
{
    static const char HEX[] = "0123456789abcdef";
    char *hex = hp_arena_alloc(mem, 2 * len + 1);

    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = HEX[bytes[i] >> 4];
        hex[2 * i + 1] = HEX[bytes[i] & 15];
    }
    return (hp_str){ hex, 2 * len };
}

hp_str hp_digest_sha256_hex(hp_arena *mem, hp_str text)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    HP_ASSERT(EVP_Digest(text.ptr, text.len, bytes, &len, EVP_sha256(), NULL) == 1);
    return hex_of(mem, bytes, len);
}

hp_str hp_digest_hmac_sha256_hex(hp_arena *mem, hp_str key, const hp_str *parts, size_t count)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    size_t total = 0, at = 0;

    for (size_t i = 0; i < count; i++) total += parts[i].len;
    uint8_t *text = hp_arena_alloc(mem, total);
    for (size_t i = 0; i < count; at += parts[i].len, i++)
        if (parts[i].len > 0) memcpy(text + at, parts[i].ptr, parts[i].len);
    HP_ASSERT(key.len <= INT32_MAX);
    HP_ASSERT(HMAC(EVP_sha256(), key.ptr, (int)key.len, text, total, bytes, &len) != NULL);
    return hex_of(mem, bytes, len);
}

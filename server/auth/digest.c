#include "auth/digest.h"

#include <openssl/evp.h>

#include "base/error.h"

hp_str hp_digest_sha256_hex(hp_arena *mem, hp_str text)
{
    static const char HEX[] = "0123456789abcdef";
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    HP_ASSERT(EVP_Digest(text.ptr, text.len, bytes, &len, EVP_sha256(), NULL) == 1);
    char *hex = hp_arena_alloc(mem, 2 * (size_t)len + 1);
    for (size_t i = 0; i < len; i++) {
        hex[2 * i] = HEX[bytes[i] >> 4];
        hex[2 * i + 1] = HEX[bytes[i] & 15];
    }
    return (hp_str){ hex, 2 * (size_t)len };
}

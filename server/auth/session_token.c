#include "auth/session_token.h"

#include <string.h>

#define PREFIX "r:"
enum { PREFIX_LEN = sizeof PREFIX - 1, SECRET_BYTES = 16 };
static const char HEX[] = "0123456789abcdef";

_Static_assert(PREFIX_LEN + 2 * SECRET_BYTES == HP_SESSION_TOKEN_LEN, "token layout");

hp_code hp_session_token_make(hp_rand *rand, char out[HP_SESSION_TOKEN_LEN + 1], hp_err *err)
{
    uint8_t secret[SECRET_BYTES];
    hp_code rc = HP_OK;

    out[0] = '\0';
    if (!rand->fill(rand, secret, sizeof secret)) {
        rc = hp_fail_internal(err, "session token: the random source failed");
        goto done;
    }
    memcpy(out, PREFIX, PREFIX_LEN);
    for (size_t i = 0; i < SECRET_BYTES; i++) {
        out[PREFIX_LEN + 2 * i] = HEX[secret[i] >> 4];
        out[PREFIX_LEN + 2 * i + 1] = HEX[secret[i] & 15];
    }
    out[HP_SESSION_TOKEN_LEN] = '\0';
    HP_ASSERT(hp_session_token_valid((hp_str){ out, HP_SESSION_TOKEN_LEN }));
done:
    hp_wipe(secret, sizeof secret); /* a plain memset may be optimised away */
    return rc;
}

bool hp_session_token_valid(hp_str text)
{
    if (text.len != HP_SESSION_TOKEN_LEN || !hp_str_starts(text, HP_STR(PREFIX))) return false;
    for (size_t i = PREFIX_LEN; i < text.len; i++)
        if (text.ptr[i] == '\0' || strchr(HEX, text.ptr[i]) == NULL) return false;
    return true;
}

/* rooms: auth value base */
#include <stdint.h>

#include "auth/jwt.h"
#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What comes out of a token lies in it; no key that the input could make signs anything by chance. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_str token = { (const char *)data, size };
    hp_jwt t;

    if (!hp_jwt_read(mem, token, &t)) return 0;
    HP_ASSERT(t.claims.tag == HP_OBJECT && t.signed_part.len < token.len && t.signature.len < token.len);
    (void)hp_jwt_signed_by(mem, &t, &t.claims); /* claims as a key: an odd one */
    return 0;
}

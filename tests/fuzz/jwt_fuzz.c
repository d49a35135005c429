/* rooms: auth value base */
#include <stdint.h>

#include "auth/jwt.h"
#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Input: a token, and after a line end the provider's key set. What comes out of a token lies in it; no key that the input
 * could make signs anything by chance. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_str keys_text = { (const char *)data, size }, token;
    hp_value keys = hp_null();
    hp_jwt t;

    if (!hp_str_split(&keys_text, '\n', &token)) return 0;
    if (hp_jwk_set_read(mem, keys_text, &keys)) HP_ASSERT(keys.tag == HP_ARRAY);
    if (!hp_jwt_read(mem, token, &t)) return 0;
    HP_ASSERT(t.claims.tag == HP_OBJECT && t.signed_part.len < token.len && t.signature.len < token.len);
    (void)hp_jwt_signed_by(mem, &t, &t.claims); /* claims as a key: an odd one */
    const hp_value *named = hp_jwk_find(&keys, t.key_id);
    if (named != NULL) {
        HP_ASSERT(hp_str_eq(hp_object_text(named, HP_STR("kid")), t.key_id));
        (void)hp_jwt_signed_by(mem, &t, named);
    }
    return 0;
}

#include "auth/secret.h"

#include <openssl/crypto.h>

bool hp_secret_equal(hp_str a, hp_str b)
{
    if (!hp_str_present(a) || !hp_str_present(b) || a.len != b.len) return false;
    return CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0;
}

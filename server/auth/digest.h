/* auth/digest.h — SHA-256 as text, for secrets that are long and random (recovery codes): what is stored does not open
 * anything; and signed with a key. Passwords are not for this: auth/password.h. No state, any thread. */
#ifndef HP_AUTH_DIGEST_H
#define HP_AUTH_DIGEST_H

#include "base/arena.h"

/* 64 lower-case hex digits. */
hp_str hp_digest_sha256_hex(hp_arena *mem, hp_str text);

/* HMAC-SHA256 over the parts as one text, as 64 lower-case hex digits. */
hp_str hp_digest_hmac_sha256_hex(hp_arena *mem, hp_str key, const hp_str *parts, size_t count);

#endif

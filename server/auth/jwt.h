/* auth/jwt.h — JSON web tokens signed with RS256, and the keys that they are signed with (RFC 7515, 7517, 7519).
 *
 * Only what an identity provider's token needs. The algorithm is RS256 because this module says so: what a token's header
 * asks for is compared with it and never obeyed. Who issued a token, for whom and until when is the caller's to check. No
 * I/O, no state, any thread. */
#ifndef HP_AUTH_JWT_H
#define HP_AUTH_JWT_H

#include "value/value.h"

enum { HP_JWT_BYTES_MAX = 16 << 10, HP_JWT_RSA_BITS_MIN = 2048, HP_JWT_RSA_BITS_MAX = 8192 };

typedef struct hp_jwt {
    hp_str key_id; /* absent: the header names none */
    hp_value claims;
    hp_str signed_part; /* of the token */
    hp_str signature;
} hp_jwt;

/* Takes a compact token apart. False if it is no token of at most BYTES_MAX, its header is not exactly for RS256, or asks
 * for extensions ("crit"). Nothing of it is proven yet. Owner: `mem`; `token` must live as long. */
bool hp_jwt_read(hp_arena *mem, hp_str token, hp_jwt *out);

/* True if `key` (a JWK: kty RSA, with n and e, not for anything but RS256 signatures) made the signature. */
bool hp_jwt_signed_by(hp_arena *mem, const hp_jwt *t, const hp_value *key);

/* Reads a provider's key set, {"keys": [JWK, …]}, to the array of its keys. False if it is none. Owner: `mem`; `text` must
 * live as long. */
bool hp_jwk_set_read(hp_arena *mem, hp_str text, hp_value *keys);

/* The first key of a set that is called `id`; NULL if there is none. */
const hp_value *hp_jwk_find(const hp_value *keys, hp_str id);

#endif

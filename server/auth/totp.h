/* auth/totp.h — one-time passwords from a clock: RFC 6238 over RFC 4226, and the base32 of RFC 4648 that their secrets are
 * written in. No I/O, no state, any thread. */
#ifndef HP_AUTH_TOTP_H
#define HP_AUTH_TOTP_H

#include "base/str.h"

typedef enum hp_totp_hash { HP_TOTP_SHA1, HP_TOTP_SHA256, HP_TOTP_SHA512 } hp_totp_hash;

enum {
    HP_TOTP_DIGITS_MIN = 4,
    HP_TOTP_DIGITS_MAX = 10,
    HP_TOTP_SECRET_TEXT_MAX = 256, /* characters */
    HP_TOTP_DRIFT_STEPS = 1,       /* how many steps a phone's clock may be early or late */
};

typedef struct hp_totp {
    hp_totp_hash hash;
    int digits;       /* DIGITS_MIN..DIGITS_MAX */
    int64_t period_s; /* seconds per step, > 0 */
} hp_totp;

/* True if `secret` is base32 (either case, padding allowed) of at least one byte and at most SECRET_TEXT_MAX characters. */
bool hp_totp_secret_valid(hp_str secret);

/* The code of `step` as `digits` digits and a NUL. False if the secret is not valid. */
bool hp_totp_code(const hp_totp *t, hp_str secret, int64_t step, char out[HP_TOTP_DIGITS_MAX + 1]);

/* True if `code` is that of the present step or one within the drift; *step is that step. All candidates are compared, each
 * in constant time. */
bool hp_totp_check(const hp_totp *t, hp_str secret, hp_str code, int64_t now_ms, int64_t *step);

#endif

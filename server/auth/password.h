/* auth/password.h — passwords exist only as hashes: Argon2id for new ones, bcrypt understood for those of a migrated app.
 *
 * A hash is slow and takes 19 MiB on purpose. A gate (base/gate.h) bounds how many are computed at once (memory and
 * processor); callers beyond that wait in line until their deadline. For an account that does not exist or has no password
 * the same work is done, so that time tells nothing. Nothing here stores or logs a password; copies are wiped. The gate and
 * the memory that hashes are computed in (auth/hash_memory.h) are the only state. Any worker thread. */
#ifndef HP_AUTH_PASSWORD_H
#define HP_AUTH_PASSWORD_H

#include "base/error.h"
#include "base/gate.h"
#include "base/rand.h"
#include "base/str.h"

enum {
    HP_PASSWORD_MEMORY_KIB =
        19456, /* Argon2id with 19 MiB, two passes, one lane (docs/decisions/0003-password-hash.md) */
    HP_PASSWORD_PASSES = 2,
    HP_PASSWORD_LANES = 1,
    HP_PASSWORD_HASH_LEN_MAX = 127, /* bytes of a hash as text, without the NUL */
};

/* Writes the Argon2id hash of `password` with a fresh salt (PHC text: $argon2id$v=19$m=19456,t=2,p=1$…), NUL-terminated.
 * Blocks: computes for some 50 ms, and before that waits for its turn until `deadline_ms` (hp_clock_system, monotonic).
 * Errors: HTTP 503 when the turn does not come in time; INTERNAL. `out` is then empty. */
HP_MUST_USE hp_code hp_password_hash(hp_gate *g, hp_rand *rand, hp_str password, int64_t deadline_ms,
                                     char out[HP_PASSWORD_HASH_LEN_MAX + 1], hp_err *err);

/* *ok: whether `password` belongs to `hash` (Argon2id PHC text, or bcrypt $2a$, $2b$, $2y$).
 * An absent or unreadable `hash`, or one whose cost is beyond what this server would ever spend, never matches, and costs
 * what a real one costs. Blocks and fails like hp_password_hash; *ok is false then. */
HP_MUST_USE hp_code hp_password_verify(hp_gate *g, hp_str password, hp_str hash, int64_t deadline_ms, bool *ok,
                                       hp_err *err);

/* True if `hash` is not what hp_password_hash would make today: after a successful login, hash anew and store. */
bool hp_password_needs_upgrade(hp_str hash);

#endif

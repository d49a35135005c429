/* auth/password.c — hashing and verifying.
 *
 * Every call computes exactly one hash of real cost, whatever it was given; what differs is only what the result is
 * compared with. That is what keeps an unknown user, a user without password and a broken hash from being told apart.
 * A bcrypt hash costs what its own cost factor says: until it has been upgraded, time may tell that such an account exists. */
#include "auth/password.h"

#include <argon2.h>
#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/secret.h"

enum {
    SALT_BYTES = 16,
    KEY_BYTES = 32,
    BCRYPT_HASH_LEN = 60,
    /* What a stored hash may ask of us. More than this would be a way to stop the server with one row. */
    MEMORY_KIB_MAX = 65536,
    PASSES_MAX = 10,
    LANES_MAX = 4,
    BCRYPT_COST_MIN = 4,
    BCRYPT_COST_MAX = 15,
};

/* NOTHING_DONE: the hash turned out to be unusable before any work was spent on it. */
typedef enum outcome { MATCH, MISMATCH, NOTHING_DONE } outcome;

static const hp_str ARGON2_PREFIX = HP_STR_INIT("$argon2id$v=19$");

typedef struct argon2_params {
    int64_t memory_kib, passes, lanes;
} argon2_params;

/* Takes "<name>=<number>" off the front of *rest, up to `end`. */
static bool take_number(hp_str *rest, hp_str name, char end, int64_t max, int64_t *out)
{
    const size_t stop = hp_str_find_char(*rest, end, 0);

    if (stop == SIZE_MAX || !hp_str_starts(*rest, name)) return false;
    if (!hp_str_to_int64(hp_str_sub(*rest, name.len, stop - name.len), 1, max, out)) return false;
    *rest = hp_str_sub(*rest, stop + 1, SIZE_MAX);
    return true;
}

/* The parameters of a PHC text that this server is willing to compute. Salt and key are left to libargon2. */
static bool argon2_parse(hp_str hash, argon2_params *out)
{
    if (hash.len > HP_PASSWORD_HASH_LEN_MAX || !hp_str_starts(hash, ARGON2_PREFIX)) return false;
    hp_str rest = hp_str_sub(hash, ARGON2_PREFIX.len, SIZE_MAX);
    return take_number(&rest, HP_STR("m="), ',', MEMORY_KIB_MAX, &out->memory_kib) &&
           take_number(&rest, HP_STR("t="), ',', PASSES_MAX, &out->passes) &&
           take_number(&rest, HP_STR("p="), '$', LANES_MAX, &out->lanes);
}

static bool bcrypt_parse(hp_str hash)
{
    int64_t cost = 0;

    if (hash.len != BCRYPT_HASH_LEN || hash.ptr[6] != '$') return false;
    if (!hp_str_starts(hash, HP_STR("$2a$")) && !hp_str_starts(hash, HP_STR("$2b$")) &&
        !hp_str_starts(hash, HP_STR("$2y$")))
        return false;
    return hp_str_to_int64(hp_str_sub(hash, 4, 2), BCRYPT_COST_MIN, BCRYPT_COST_MAX, &cost);
}

/* bcrypt reads up to a NUL, so "abc" would open an account whose password is "abc\0…": such a password never matches. */
static outcome bcrypt_verify(hp_str password, hp_str hash)
{
    struct crypt_data *work = calloc(1, sizeof *work); /* 32 KiB: too much for a stack */
    char *phrase = calloc(1, password.len + 1);
    char setting[BCRYPT_HASH_LEN + 1] = { 0 };

    HP_ASSERT(work != NULL && phrase != NULL);
    if (password.len > 0) memcpy(phrase, password.ptr, password.len);
    memcpy(setting, hash.ptr, hash.len);
    const char *made = crypt_r(phrase, setting, work);
    outcome result = NOTHING_DONE;
    if (made != NULL && made[0] != '*')
        result = strlen(phrase) == password.len && hp_secret_equal(hp_str_of(made), hash) ? MATCH : MISMATCH;

    hp_wipe(phrase, password.len);
    hp_wipe(work, sizeof *work);
    free(phrase);
    free(work);
    return result;
}

static outcome argon2_verify_text(hp_str password, hp_str hash)
{
    char text[HP_PASSWORD_HASH_LEN_MAX + 1] = { 0 };

    memcpy(text, hash.ptr, hash.len);
    switch (argon2id_verify(text, password.ptr ? password.ptr : "", password.len)) {
    case ARGON2_OK: return MATCH;
    case ARGON2_VERIFY_MISMATCH: return MISMATCH;
    default: return NOTHING_DONE;
    }
}

static outcome verify(hp_str password, hp_str hash)
{
    argon2_params params;

    if (!hp_str_present(hash)) return NOTHING_DONE;
    if (argon2_parse(hash, &params)) return argon2_verify_text(password, hash);
    if (bcrypt_parse(hash)) return bcrypt_verify(password, hash);
    return NOTHING_DONE;
}

/* The same work as a real verification; there is nothing to compare with. False if libargon2 could not work. */
static bool work_for_nothing(hp_str password)
{
    static const uint8_t salt[SALT_BYTES] = "no such account";
    uint8_t key[KEY_BYTES];

    const int result =
        argon2id_hash_raw(HP_PASSWORD_PASSES, HP_PASSWORD_MEMORY_KIB, HP_PASSWORD_LANES,
                          password.ptr ? password.ptr : "", password.len, salt, sizeof salt, key, sizeof key);
    hp_wipe(key, sizeof key);
    return result == ARGON2_OK;
}

static hp_code take_turn(hp_gate *g, int64_t deadline_ms, hp_err *err)
{
    return hp_gate_enter(g, deadline_ms) ? HP_OK : hp_fail_http(err, 503, "The server is busy. Try again.");
}

hp_code hp_password_hash(hp_gate *g, hp_rand *rand, hp_str password, int64_t deadline_ms,
                         char out[HP_PASSWORD_HASH_LEN_MAX + 1], hp_err *err)
{
    uint8_t salt[SALT_BYTES];

    out[0] = '\0';
    if (!rand->fill(rand, salt, sizeof salt)) return hp_fail_internal(err, "password hash: the random source failed");
    HP_TRY(take_turn(g, deadline_ms, err));
    const int result = argon2id_hash_encoded(HP_PASSWORD_PASSES, HP_PASSWORD_MEMORY_KIB, HP_PASSWORD_LANES,
                                             password.ptr ? password.ptr : "", password.len, salt, sizeof salt,
                                             KEY_BYTES, out, HP_PASSWORD_HASH_LEN_MAX + 1);
    hp_gate_leave(g);
    if (result == ARGON2_OK) return HP_OK;
    out[0] = '\0';
    return hp_fail_internal(err, "password hash: %s", argon2_error_message(result));
}

hp_code hp_password_verify(hp_gate *g, hp_str password, hp_str hash, int64_t deadline_ms, bool *ok, hp_err *err)
{
    bool worked = true;

    *ok = false;
    HP_TRY(take_turn(g, deadline_ms, err));
    const outcome result = verify(password, hash);
    if (result == NOTHING_DONE) worked = work_for_nothing(password);
    hp_gate_leave(g);
    *ok = result == MATCH;
    return worked ? HP_OK : hp_fail_internal(err, "password verification: argon2 could not run");
}

bool hp_password_needs_upgrade(hp_str hash)
{
    argon2_params params;

    return !hp_str_present(hash) || !argon2_parse(hash, &params) || params.memory_kib != HP_PASSWORD_MEMORY_KIB ||
           params.passes != HP_PASSWORD_PASSES || params.lanes != HP_PASSWORD_LANES;
}

/* auth/password.c — hashing and verifying.
 *
 * Every call computes exactly one hash of real cost, whatever it was given; what differs is only what the result is
 * compared with. That is what keeps an unknown user, a user without password and a broken hash from being told apart.
 * A bcrypt hash costs what its own cost factor says: until it has been upgraded, time may tell that such an account exists. */
#include "auth/password.h"

#include <argon2.h>
#include <crypt.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/hash_memory.h"
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

static const argon2_params OURS = { HP_PASSWORD_MEMORY_KIB, HP_PASSWORD_PASSES, HP_PASSWORD_LANES };

typedef struct octets {
    uint8_t at[HP_PASSWORD_HASH_LEN_MAX];
    size_t len;
} octets;

/* Takes "<name>=<number>" off the front of *rest, up to `end`. */
static bool take_number(hp_str *rest, hp_str name, char end, int64_t max, int64_t *out)
{
    const size_t stop = hp_str_find_char(*rest, end, 0);

    if (stop == SIZE_MAX || !hp_str_starts(*rest, name)) return false;
    if (!hp_str_to_int64(hp_str_sub(*rest, name.len, stop - name.len), 1, max, out)) return false;
    *rest = hp_str_sub(*rest, stop + 1, SIZE_MAX);
    return true;
}

/* The parameters of a PHC text that this server is willing to compute. *rest (may be NULL): "<salt>$<key>". */
static bool argon2_parse(hp_str hash, argon2_params *out, hp_str *rest)
{
    if (hash.len > HP_PASSWORD_HASH_LEN_MAX || !hp_str_starts(hash, ARGON2_PREFIX)) return false;
    hp_str text = hp_str_sub(hash, ARGON2_PREFIX.len, SIZE_MAX);
    const bool good = take_number(&text, HP_STR("m="), ',', MEMORY_KIB_MAX, &out->memory_kib) &&
                      take_number(&text, HP_STR("t="), ',', PASSES_MAX, &out->passes) &&
                      take_number(&text, HP_STR("p="), '$', LANES_MAX, &out->lanes);
    if (good && rest != NULL) *rest = text;
    return good;
}

/* Base64 as PHC texts have it, without padding. */
static bool decode(hp_str text, octets *out)
{
    uint8_t padded[HP_PASSWORD_HASH_LEN_MAX + 4];
    const size_t missing = (4 - text.len % 4) % 4;

    if (text.len == 0 || missing == 3 || hp_str_find_char(text, '=', 0) != SIZE_MAX) return false;
    memcpy(padded, text.ptr, text.len);
    memset(padded + text.len, '=', missing);
    const int whole = (int)(text.len + missing);
    if (EVP_DecodeBlock(out->at, padded, whole) != whole / 4 * 3) return false; /* fewer: it has skipped blanks */
    out->len = text.len * 3 / 4;
    return true;
}

static void encode(const uint8_t *bytes, size_t len, char out[HP_PASSWORD_HASH_LEN_MAX])
{
    (void)EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
    out[(len * 4 + 2) / 3] = '\0'; /* the padding */
}

/* ---- Argon2id in memory that is kept ---- */

static _Thread_local uint8_t *lent; /* libargon2 hands nothing through to its callbacks */

static int lend(uint8_t **memory, size_t bytes)
{
    *memory = bytes <= HP_HASH_MEMORY_BYTES ? lent : malloc(bytes);
    return *memory != NULL ? ARGON2_OK : ARGON2_MEMORY_ALLOCATION_ERROR;
}

static void take_back(uint8_t *memory, size_t bytes)
{
    (void)bytes;
    if (memory != lent) free(memory);
}

/* ARGON2_OK, or what libargon2 finds wrong. The caller holds a place of the gate. */
static int derive(const argon2_params *params, hp_str password, const uint8_t *salt, size_t salt_len, uint8_t *key,
                  size_t key_len)
{
    argon2_context context = { .out = key,
                               .outlen = (uint32_t)key_len,
                               .pwd = (uint8_t *)(uintptr_t)password.ptr, /* only read, as no flag says otherwise */
                               .pwdlen = (uint32_t)password.len,
                               .salt = (uint8_t *)(uintptr_t)salt,
                               .saltlen = (uint32_t)salt_len,
                               .t_cost = (uint32_t)params->passes,
                               .m_cost = (uint32_t)params->memory_kib,
                               .lanes = (uint32_t)params->lanes,
                               .threads = (uint32_t)params->lanes,
                               .version = ARGON2_VERSION_13,
                               .allocate_cbk = lend,
                               .free_cbk = take_back,
                               .flags = ARGON2_DEFAULT_FLAGS };
    lent = hp_hash_memory_borrow();
    const int result = argon2id_ctx(&context);
    hp_hash_memory_return(lent);
    lent = NULL;
    return result;
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

static outcome argon2_verify_text(hp_str password, const argon2_params *params, hp_str salt_and_key)
{
    octets salt, key, made;
    hp_str rest = salt_and_key, text = HP_STR_NONE;

    (void)hp_str_split(&rest, '$', &text);
    if (!decode(text, &salt) || !decode(rest, &key)) return NOTHING_DONE;
    if (derive(params, password, salt.at, salt.len, made.at, key.len) != ARGON2_OK) return NOTHING_DONE;
    const bool same = hp_secret_equal((hp_str){ (char *)made.at, key.len }, (hp_str){ (char *)key.at, key.len });
    hp_wipe(&made, sizeof made);
    return same ? MATCH : MISMATCH;
}

static outcome verify(hp_str password, hp_str hash)
{
    argon2_params params;
    hp_str salt_and_key;

    if (!hp_str_present(hash)) return NOTHING_DONE;
    if (argon2_parse(hash, &params, &salt_and_key)) return argon2_verify_text(password, &params, salt_and_key);
    if (bcrypt_parse(hash)) return bcrypt_verify(password, hash);
    return NOTHING_DONE;
}

/* The same work as a real verification; there is nothing to compare with. False if libargon2 could not work. */
static bool work_for_nothing(hp_str password)
{
    static const uint8_t salt[SALT_BYTES] = "no such account";
    uint8_t key[KEY_BYTES];

    const int result = derive(&OURS, password, salt, sizeof salt, key, sizeof key);
    hp_wipe(key, sizeof key);
    return result == ARGON2_OK;
}

/* The PHC text. */
static void write_hash(const uint8_t salt[SALT_BYTES], const uint8_t key[KEY_BYTES],
                       char out[HP_PASSWORD_HASH_LEN_MAX + 1])
{
    char salt_text[HP_PASSWORD_HASH_LEN_MAX], key_text[HP_PASSWORD_HASH_LEN_MAX];

    encode(salt, SALT_BYTES, salt_text);
    encode(key, KEY_BYTES, key_text);
    const int len = snprintf(out, HP_PASSWORD_HASH_LEN_MAX + 1, "%.*sm=%d,t=%d,p=%d$%s$%s", HP_STR_ARG(ARGON2_PREFIX),
                             HP_PASSWORD_MEMORY_KIB, HP_PASSWORD_PASSES, HP_PASSWORD_LANES, salt_text, key_text);
    HP_ASSERT(len > 0 && len <= HP_PASSWORD_HASH_LEN_MAX);
    hp_wipe(key_text, sizeof key_text);
}

static hp_code take_turn(hp_gate *g, int64_t deadline_ms, hp_err *err)
{
    return hp_gate_enter(g, deadline_ms) ? HP_OK : hp_fail_http(err, 503, "The server is busy. Try again.");
}

hp_code hp_password_hash(hp_gate *g, hp_rand *rand, hp_str password, int64_t deadline_ms,
                         char out[HP_PASSWORD_HASH_LEN_MAX + 1], hp_err *err)
{
    uint8_t salt[SALT_BYTES], key[KEY_BYTES];

    out[0] = '\0';
    if (!rand->fill(rand, salt, sizeof salt)) return hp_fail_internal(err, "password hash: the random source failed");
    HP_TRY(take_turn(g, deadline_ms, err));
    const int result = derive(&OURS, password, salt, sizeof salt, key, sizeof key);
    hp_gate_leave(g);
    if (result == ARGON2_OK) write_hash(salt, key, out);
    hp_wipe(key, sizeof key);
    return result == ARGON2_OK ? HP_OK : hp_fail_internal(err, "password hash: %s", argon2_error_message(result));
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

    return !hp_str_present(hash) || !argon2_parse(hash, &params, NULL) || params.memory_kib != HP_PASSWORD_MEMORY_KIB ||
           params.passes != HP_PASSWORD_PASSES || params.lanes != HP_PASSWORD_LANES;
}

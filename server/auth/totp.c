#include "auth/totp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "auth/secret.h"
#include "base/error.h"
#include "base/rand.h"

enum {
    BITS_PER_CHAR = 5,
    SECRET_BYTES_MAX = HP_TOTP_SECRET_TEXT_MAX * BITS_PER_CHAR / 8,
    COUNTER_BYTES = 8,
};

static int base32_digit(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a';
    if (c >= '2' && c <= '7') return c - '2' + 26;
    return -1;
}

/* Bits that are left over at the end are dropped, as authenticator apps do. */
static bool decode(hp_str text, uint8_t out[SECRET_BYTES_MAX], size_t *len)
{
    uint32_t bits = 0;
    unsigned held = 0;

    *len = 0;
    while (text.len > 0 && text.ptr[text.len - 1] == '=') text.len--;
    if (text.len > HP_TOTP_SECRET_TEXT_MAX) return false;
    for (size_t i = 0; i < text.len; i++) {
        const int digit = base32_digit(text.ptr[i]);
        if (digit < 0) return false;
        bits = bits << BITS_PER_CHAR | (uint32_t)digit;
        held += BITS_PER_CHAR;
        if (held < 8) continue;
        held -= 8;
        out[(*len)++] = (uint8_t)(bits >> held);
    }
    return *len > 0;
}

bool hp_totp_secret_valid(hp_str secret)
{
    uint8_t key[SECRET_BYTES_MAX];
    size_t len;
    const bool ok = decode(secret, key, &len);
    hp_wipe(key, sizeof key);
    return ok;
}

static const EVP_MD *digest_of(hp_totp_hash hash)
{
    switch (hash) {
    case HP_TOTP_SHA256: return EVP_sha256();
    case HP_TOTP_SHA512: return EVP_sha512();
    case HP_TOTP_SHA1: break;
    }
    return EVP_sha1();
}

/* RFC 4226 5.3: four bytes of the digest, from where its last nibble points. */
static uint32_t truncate(const uint8_t *mac, unsigned len)
{
    const unsigned at = mac[len - 1] & 15u;
    return ((uint32_t)mac[at] & 0x7fu) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 | mac[at + 3];
}

bool hp_totp_code(const hp_totp *t, hp_str secret, int64_t step, char out[HP_TOTP_DIGITS_MAX + 1])
{
    uint8_t key[SECRET_BYTES_MAX], counter[COUNTER_BYTES], mac[EVP_MAX_MD_SIZE];
    size_t key_len;
    unsigned mac_len = 0;
    uint64_t modulus = 1;

    HP_ASSERT(t->digits >= HP_TOTP_DIGITS_MIN && t->digits <= HP_TOTP_DIGITS_MAX);
    out[0] = '\0';
    bool ok = decode(secret, key, &key_len);
    for (size_t i = 0; i < COUNTER_BYTES; i++) counter[i] = (uint8_t)((uint64_t)step >> (8 * (COUNTER_BYTES - 1 - i)));
    ok = ok && HMAC(digest_of(t->hash), key, (int)key_len, counter, sizeof counter, mac, &mac_len) != NULL;
    if (ok) {
        for (int i = 0; i < t->digits; i++) modulus *= 10;
        (void)snprintf(out, HP_TOTP_DIGITS_MAX + 1, "%0*llu", t->digits,
                       (unsigned long long)(truncate(mac, mac_len) % modulus)); /* fits: at most ten digits */
    }
    hp_wipe(key, sizeof key);
    hp_wipe(mac, sizeof mac);
    return ok;
}

bool hp_totp_check(const hp_totp *t, hp_str secret, hp_str code, int64_t now_ms, int64_t *step)
{
    const int64_t now = now_ms / 1000 / t->period_s;
    char want[HP_TOTP_DIGITS_MAX + 1];
    bool found = false;

    for (int64_t drift = -HP_TOTP_DRIFT_STEPS; drift <= HP_TOTP_DRIFT_STEPS; drift++) {
        if (!hp_totp_code(t, secret, now + drift, want)) return false;
        if (!hp_secret_equal(hp_str_of(want), code)) continue;
        found = true;
        *step = now + drift;
    }
    hp_wipe(want, sizeof want);
    return found;
}

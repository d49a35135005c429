#include "auth/jwt.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/error.h"
#include "value/base64.h"
#include "value/json.h"

/* base64url without padding, in the alphabet that the decoder knows. */
static bool decode(hp_arena *mem, hp_str text, hp_str *out)
{
    char *plain = hp_arena_cstr(mem, text);
    for (size_t i = 0; i < text.len; i++) {
        if (plain[i] == '+' || plain[i] == '/' || plain[i] == '=') return false;
        if (plain[i] == '-') plain[i] = '+';
        if (plain[i] == '_') plain[i] = '/';
    }
    return text.len > 0 && hp_base64_decode(mem, (hp_str){ plain, text.len }, out);
}

static bool decode_object(hp_arena *mem, hp_str text, hp_value *out)
{
    hp_str json;
    hp_err why;
    return decode(mem, text, &json) && hp_json_read(json, HP_JSON_PLAIN, mem, out, &why) == HP_OK &&
           out->tag == HP_OBJECT;
}

static bool split(hp_str token, hp_str part[3])
{
    hp_str rest = token, none;
    for (int i = 0; i < 3; i++)
        if (!hp_str_split(&rest, '.', &part[i])) return false;
    return !hp_str_split(&rest, '.', &none);
}

bool hp_jwt_read(hp_arena *mem, hp_str token, hp_jwt *out)
{
    hp_str part[3];
    hp_value header;

    *out = (hp_jwt){ .claims = hp_null() };
    if (token.len > HP_JWT_BYTES_MAX || !split(token, part) || !decode_object(mem, part[0], &header)) return false;
    if (!hp_str_eq(hp_object_text(&header, HP_STR("alg")), HP_STR("RS256"))) return false;
    if (hp_object_get(&header, HP_STR("crit")) != NULL) return false;
    out->key_id = hp_object_text(&header, HP_STR("kid"));
    out->signed_part = hp_str_sub(token, 0, part[0].len + 1 + part[1].len);
    return decode(mem, part[2], &out->signature) && decode_object(mem, part[1], &out->claims);
}

static bool may_sign(const hp_value *key)
{
    const hp_value *use = hp_object_get(key, HP_STR("use")), *alg = hp_object_get(key, HP_STR("alg"));
    return hp_str_eq(hp_object_text(key, HP_STR("kty")), HP_STR("RSA")) &&
           (use == NULL || hp_str_eq(hp_text(use), HP_STR("sig"))) &&
           (alg == NULL || hp_str_eq(hp_text(alg), HP_STR("RS256")));
}

static BIGNUM *number(hp_arena *mem, const hp_value *key, hp_str name)
{
    hp_str bytes;
    if (!decode(mem, hp_object_text(key, name), &bytes) || bytes.len > HP_JWT_RSA_BITS_MAX / 8 + 1) return NULL;
    return BN_bin2bn((const unsigned char *)bytes.ptr, (int)bytes.len, NULL);
}

/* NULL if the numbers are no key of a length that counts. */
static EVP_PKEY *public_key(hp_arena *mem, const hp_value *key)
{
    EVP_PKEY *made = NULL;
    OSSL_PARAM *params = NULL;
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *n = number(mem, key, HP_STR("n")), *e = number(mem, key, HP_STR("e"));

    HP_ASSERT(build != NULL && context != NULL);
    if (n == NULL || e == NULL || BN_num_bits(n) < HP_JWT_RSA_BITS_MIN || BN_num_bits(n) > HP_JWT_RSA_BITS_MAX)
        goto done;
    if (!OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) ||
        !OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e))
        goto done;
    params = OSSL_PARAM_BLD_to_param(build);
    if (params == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, params) != 1)
        made = NULL;
done:
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    BN_free(n);
    BN_free(e);
    return made;
}

bool hp_jwt_signed_by(hp_arena *mem, const hp_jwt *t, const hp_value *key)
{
    bool right = false;

    if (!hp_is(key, HP_OBJECT) || !may_sign(key)) return false;
    EVP_PKEY *pkey = public_key(mem, key);
    if (pkey == NULL) return false;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    HP_ASSERT(digest != NULL);
    if (EVP_DigestVerifyInit(digest, NULL, EVP_sha256(), NULL, pkey) == 1) /* RSA: PKCS #1 v1.5, which RS256 is */
        right = EVP_DigestVerify(digest, (const unsigned char *)t->signature.ptr, t->signature.len,
                                 (const unsigned char *)t->signed_part.ptr, t->signed_part.len) == 1;
    EVP_MD_CTX_free(digest);
    EVP_PKEY_free(pkey);
    return right;
}

bool hp_jwk_set_read(hp_arena *mem, hp_str text, hp_value *keys)
{
    hp_value v;
    hp_err why;

    if (hp_json_read(text, HP_JSON_PLAIN, mem, &v, &why) != HP_OK) return false;
    const hp_value *list = hp_object_get(&v, HP_STR("keys"));
    if (!hp_is(list, HP_ARRAY)) return false;
    *keys = *list;
    return true;
}

const hp_value *hp_jwk_find(const hp_value *keys, hp_str id)
{
    for (uint32_t i = 0; keys->tag == HP_ARRAY && i < keys->array.count; i++)
        if (hp_str_eq(hp_object_text(&keys->array.items[i], HP_STR("kid")), id)) return &keys->array.items[i];
    return NULL;
}

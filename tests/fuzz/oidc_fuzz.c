/* rooms: services auth value base */
#include <stdint.h>

#include "base/log.h"
#include "services/auth_oidc.h"
#include "value/base64.h"
#include "value/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static hp_str base64url(hp_arena *mem, hp_str bytes)
{
    const hp_str text = hp_base64_encode(mem, bytes);
    char *out = hp_arena_cstr(mem, text);
    size_t len = text.len;

    while (len > 0 && out[len - 1] == '=') len--;
    for (size_t i = 0; i < len; i++) {
        if (out[i] == '+') out[i] = '-';
        if (out[i] == '/') out[i] = '_';
    }
    return (hp_str){ out, len };
}

static hp_value json(hp_arena *mem, hp_str text)
{
    hp_value v;
    hp_err err;
    HP_ASSERT(hp_json_read(text, HP_JSON_PLAIN, mem, &v, &err) == HP_OK);
    return v;
}

/* One for all inputs: it asks for its keys in vain every few seconds, and not for each token. */
static const hp_auth_provider *provider(void)
{
    static const hp_auth_provider *made;
    static hp_arena *mem;
    const char *wrong = NULL;

    if (made != NULL) return made;
    hp_log_configure(HP_LOG_ERROR, false);
    mem = hp_arena_new();
    hp_value *config = HP_NEW(mem, hp_value);
    *config = json(mem, HP_STR("{\"module\":\"oidc\",\"options\":{\"jwksUrl\":\"http://127.0.0.1:9/keys\","
                               "\"issuer\":\"https://i\",\"clientId\":[\"a\",\"b\"]}}"));
    made = hp_auth_oidc_new(mem, HP_STR("corp"), config, &wrong);
    HP_ASSERT(made != NULL);
    return made;
}

/* Input: the claims of a token for a provider whose keys cannot be had, so whatever they say, nobody is signed in. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_auth_provider *p = provider();
    hp_value auth_data = hp_object();
    hp_auth_verdict verdict = { 0 };
    hp_err err = { 0 };

    const hp_str token = hp_arena_printf(mem, "%" HP_STR_FMT ".%" HP_STR_FMT ".c2ln",
                                         HP_STR_ARG(base64url(mem, HP_STR("{\"alg\":\"RS256\",\"kid\":\"k\"}"))),
                                         HP_STR_ARG(base64url(mem, (hp_str){ (const char *)data, size })));
    hp_object_append(mem, &auth_data, HP_STR("id"), hp_string(HP_STR("s")));
    hp_object_append(mem, &auth_data, HP_STR("id_token"), hp_string(token));
    HP_ASSERT(p->ops->validate(p, HP_AUTH_STEP_LOGIN, &auth_data, mem, &verdict, &err) == HP_E_OBJECT_NOT_FOUND);
    HP_ASSERT(verdict.save == NULL && verdict.response == NULL);
    return 0;
}

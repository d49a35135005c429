#include "services/auth_oidc.h"

#include <pthread.h>

#include "auth/jwt.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "services/http_client.h"

enum {
    KEYS_MS = 3600000,      /* how long keys are good */
    RETRY_MS = 60000,       /* how soon they are asked for again because one is not among them … */
    RETRY_FAILED_MS = 5000, /* … and because there are none */
    TIMEOUT_MS = 10000,
    KEYS_BYTES_MAX = 256 << 10,
    SKEW_S = 60, /* how far clocks may be apart */
    CLIENTS_MAX = 100,
};

typedef struct oidc {
    hp_auth_provider base;
    hp_str jwks_url;
    hp_str issuers[2];
    hp_value clients; /* array of texts */

    pthread_mutex_t fetching; /* held while keys are fetched, so that they are fetched once; taken before `lock` */
    pthread_mutex_t lock;     /* guards what follows; never held while anybody waits */
    hp_arena *keys_mem;
    hp_value keys;                /* array of JWKs, in keys_mem */
    int64_t fetched_ms, tried_ms; /* monotonic; 0: never */
} oidc;

static const struct {
    hp_str name, jwks_url, issuers[2];
} BUILT_IN[] = {
    { HP_STR_INIT("google"),
      HP_STR_INIT("https://www.googleapis.com/oauth2/v3/certs"),
      { HP_STR_INIT("https://accounts.google.com"), HP_STR_INIT("accounts.google.com") } },
    { HP_STR_INIT("apple"),
      HP_STR_INIT("https://appleid.apple.com/auth/keys"),
      { HP_STR_INIT("https://appleid.apple.com"), { NULL, 0 } } },
};

static bool is_module(const hp_value *config)
{
    return hp_str_eq(hp_object_text(config, HP_STR("module")), HP_STR("oidc"));
}

static bool is_built_in(hp_str name)
{
    for (size_t i = 0; i < sizeof BUILT_IN / sizeof *BUILT_IN; i++)
        if (hp_str_eq(name, BUILT_IN[i].name)) return true;
    return false;
}

bool hp_auth_is_oidc(hp_str name, const hp_value *config)
{
    return is_module(config) || (is_built_in(name) && hp_object_get(config, HP_STR("module")) == NULL);
}

/* ---- keys ---- */

/* What is known of the key called `id` now: *out, null if the provider has none of this name. True if it is time to ask. */
static bool look_up(oidc *p, hp_str id, int64_t now_ms, hp_arena *mem, hp_value *out)
{
    (void)pthread_mutex_lock(&p->lock);
    const bool fresh = p->fetched_ms != 0 && now_ms - p->fetched_ms <= KEYS_MS;
    const bool may_try = p->tried_ms == 0 || now_ms - p->tried_ms > (fresh ? RETRY_MS : RETRY_FAILED_MS);
    const hp_value *key = fresh ? hp_jwk_find(&p->keys, id) : NULL;
    *out = key != NULL ? hp_value_copy(mem, key) : hp_null();
    (void)pthread_mutex_unlock(&p->lock);
    return key == NULL && may_try;
}

static void install(oidc *p, hp_arena *mem, hp_value keys, int64_t now_ms)
{
    (void)pthread_mutex_lock(&p->lock);
    hp_arena *last = p->keys_mem;
    p->keys_mem = mem;
    p->keys = keys;
    p->fetched_ms = now_ms;
    (void)pthread_mutex_unlock(&p->lock);
    hp_arena_free(last);
}

static hp_code fetch_keys(oidc *p, int64_t now_ms, hp_err *err)
{
    hp_arena *mem = hp_arena_new();
    hp_http_answer answer;
    hp_value keys;
    const hp_http_call call = {
        .method = "GET", .url = p->jwks_url, .timeout_ms = TIMEOUT_MS, .answer_bytes_max = KEYS_BYTES_MAX
    };

    hp_code rc = hp_http_call_run(&call, mem, &answer, err);
    if (rc != HP_OK || answer.status != 200 || !hp_jwk_set_read(mem, answer.body, &keys)) {
        if (rc == HP_OK) rc = hp_fail_internal(err, "the provider's keys: status %d, or no key set", answer.status);
        hp_arena_free(mem);
    } else {
        install(p, mem, keys, now_ms);
    }
    /* Not before: who comes meanwhile waits for the answer, and is not told that there is no key. */
    (void)pthread_mutex_lock(&p->lock);
    p->tried_ms = now_ms;
    (void)pthread_mutex_unlock(&p->lock);
    return rc;
}

/* A copy of the key called `id` in `mem`; null if the provider has none of this name. Who has it need not wait for those who
 * ask for others. */
static hp_code find_key(oidc *p, hp_str id, hp_arena *mem, hp_value *out, hp_err *err)
{
    hp_clock *clock = hp_clock_system();
    const int64_t now = clock->monotonic_ms(clock);
    hp_code rc = HP_OK;

    if (!look_up(p, id, now, mem, out)) return HP_OK;
    hp_thread_wait_begin();
    (void)pthread_mutex_lock(&p->fetching);
    hp_thread_wait_end();
    if (look_up(p, id, now, mem, out)) { /* nobody has asked while this one waited */
        rc = fetch_keys(p, now, err);
        (void)look_up(p, id, now, mem, out);
    }
    (void)pthread_mutex_unlock(&p->fetching);
    return hp_is_null(out) ? rc : HP_OK; /* a key that is there is good, also if others could not be asked for */
}

/* ---- the token ---- */

static bool is_client(const oidc *p, const hp_value *audience)
{
    for (uint32_t i = 0; i < p->clients.array.count; i++)
        if (hp_is(audience, HP_STRING) && hp_str_eq(audience->string, p->clients.array.items[i].string)) return true;
    return false;
}

/* A list of audiences has to hold one of ours, and then says by `azp` for whom it was made. */
static bool is_for_us(const oidc *p, const hp_value *claims)
{
    const hp_value *audience = hp_object_get(claims, HP_STR("aud")), *party = hp_object_get(claims, HP_STR("azp"));
    bool found = is_client(p, audience);

    for (uint32_t i = 0; hp_is(audience, HP_ARRAY) && i < audience->array.count; i++)
        found = found || is_client(p, &audience->array.items[i]);
    return found && (!hp_is(audience, HP_ARRAY) || audience->array.count == 1 || is_client(p, party));
}

static bool is_issuer(const oidc *p, hp_str issuer)
{
    return hp_str_eq(issuer, p->issuers[0]) || (hp_str_present(p->issuers[1]) && hp_str_eq(issuer, p->issuers[1]));
}

static bool is_in_time(const hp_value *claims, int64_t now_ms)
{
    const hp_value *expires = hp_object_get(claims, HP_STR("exp")), *from = hp_object_get(claims, HP_STR("nbf"));
    const double now = (double)now_ms / 1000;
    if (!hp_is(expires, HP_NUMBER) || expires->number + SKEW_S < now) return false;
    return from == NULL || (hp_is(from, HP_NUMBER) && from->number - SKEW_S <= now);
}

/* What is wrong with the claims, for the log; NULL: nothing. */
static const char *judge_claims(const oidc *p, const hp_value *claims, hp_str id)
{
    hp_clock *clock = hp_clock_system();
    if (!is_issuer(p, hp_object_text(claims, HP_STR("iss")))) return "issuer";
    if (!is_for_us(p, claims)) return "audience";
    if (!is_in_time(claims, clock->now_ms(clock))) return "time";
    if (id.len == 0 || !hp_str_eq(hp_object_text(claims, HP_STR("sub")), id)) return "subject";
    return NULL;
}

static hp_code invalid(const oidc *p, const char *what, hp_err *err)
{
    hp_log(HP_LOG_INFO, "auth_refused", HP_F_STR("provider", p->base.name), HP_F_TEXT("reason", what));
    return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "%" HP_STR_FMT " auth is invalid for this user.",
                   HP_STR_ARG(p->base.name));
}

static hp_str token_of(const hp_value *auth_data)
{
    const hp_str token = hp_object_text(auth_data, HP_STR("id_token"));
    return hp_str_present(token) ? token : hp_object_text(auth_data, HP_STR("token"));
}

static hp_code validate(const hp_auth_provider *self, hp_auth_step step, const hp_value *auth_data, hp_arena *mem,
                        hp_auth_verdict *out, hp_err *err)
{
    oidc *p = (oidc *)(uintptr_t)self; /* its keys are the one part that changes, under its lock */
    hp_jwt token;
    hp_value key;
    hp_err why = { 0 };

    (void)step;
    (void)out;
    if (!hp_jwt_read(mem, token_of(auth_data), &token) || token.key_id.len == 0) return invalid(p, "token", err);
    const char *wrong = judge_claims(p, &token.claims, hp_object_text(auth_data, HP_STR("id")));
    if (wrong != NULL) return invalid(p, wrong, err); /* before anybody is asked for keys */
    if (find_key(p, token.key_id, mem, &key, &why) != HP_OK) {
        hp_log(HP_LOG_WARN, "auth_keys_unavailable", HP_F_STR("provider", p->base.name),
               HP_F_TEXT("detail", why.detail));
        return invalid(p, "keys", err);
    }
    return hp_jwt_signed_by(mem, &token, &key) ? HP_OK : invalid(p, "signature", err);
}

/* ---- configuration ---- */

static void free_keys(void *arg)
{
    oidc *p = arg;
    hp_arena_free(p->keys_mem);
    (void)pthread_mutex_destroy(&p->lock);
    (void)pthread_mutex_destroy(&p->fetching);
}

/* One client id or a list of them: compared whole, never searched in. */
static bool read_clients(hp_arena *mem, const hp_value *v, hp_value *out)
{
    *out = hp_array();
    if (hp_is(v, HP_STRING)) hp_array_push(mem, out, *v);
    if (hp_is(v, HP_ARRAY)) *out = *v;
    for (uint32_t i = 0; i < out->array.count; i++)
        if (hp_text(&out->array.items[i]).len == 0) return false;
    return out->array.count > 0 && out->array.count <= CLIENTS_MAX;
}

const hp_auth_provider *hp_auth_oidc_new(hp_arena *mem, hp_str name, const hp_value *config, const char **wrong)
{
    static const hp_auth_provider_ops OPS = { .validate = validate };
    const hp_value *options = is_module(config) ? hp_object_get(config, HP_STR("options")) : config;
    oidc *p = HP_NEW(mem, oidc);

    *wrong = NULL;
    p->base = (hp_auth_provider){ &OPS, name, HP_AUTH_POLICY_DEFAULT };
    p->keys = hp_null();
    for (size_t i = 0; !is_module(config) && i < sizeof BUILT_IN / sizeof *BUILT_IN; i++) {
        if (!hp_str_eq(name, BUILT_IN[i].name)) continue;
        p->jwks_url = BUILT_IN[i].jwks_url;
        p->issuers[0] = BUILT_IN[i].issuers[0];
        p->issuers[1] = BUILT_IN[i].issuers[1];
    }
    if (is_module(config)) {
        p->jwks_url = hp_object_text(options, HP_STR("jwksUrl"));
        p->issuers[0] = hp_object_text(options, HP_STR("issuer"));
    }
    if (!hp_str_starts(p->jwks_url, HP_STR("https://")) && !hp_str_starts(p->jwks_url, HP_STR("http://")))
        *wrong = "options.jwksUrl must be an http or https address";
    else if (p->issuers[0].len == 0)
        *wrong = "options.issuer must be a text";
    else if (!read_clients(mem, hp_object_get(options, HP_STR("clientId")), &p->clients))
        *wrong = "clientId must be a text or a list of texts: without it a token for another app would do";
    if (*wrong != NULL) return NULL;
    HP_ASSERT(pthread_mutex_init(&p->lock, NULL) == 0);
    HP_ASSERT(pthread_mutex_init(&p->fetching, NULL) == 0);
    hp_arena_defer(mem, free_keys, p);
    return &p->base;
}

/* app/options_live.c — the options of live queries: which classes, which keys, whether at all. */
#include "app/options_internal.h"
#include "pubsub/redis.h"
#include "query/regex.h"

void hp_take_live_classes(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    const uint32_t count = v->value.array.count;
    const hp_regex **names = HP_NEW_ARRAY(l->mem, const hp_regex *, count);
    hp_err err = { 0 };

    for (uint32_t i = 0; i < count; i++) {
        const hp_str pattern =
            hp_arena_printf(l->mem, "^(?:%" HP_STR_FMT ")\\z", HP_STR_ARG(v->value.array.items[i].string));
        if (hp_regex_compile(l->mem, pattern, HP_STR(""), &names[i], &err) == HP_OK) continue;
        hp_loader_problem(l, o, v->where, "not a regular expression: %s", err.msg);
        return;
    }
    l->config->settings.live.class_names = names;
    l->config->settings.live.class_name_count = count;
}

void hp_take_live_keys(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    static const char *const NAMES[] = { "javascriptKey", "clientKey", "windowsKey", "restAPIKey", "masterKey" };
    enum { KNOWN = sizeof NAMES / sizeof *NAMES };
    bool ok = hp_is(&v->value, HP_OBJECT);

    for (uint32_t i = 0; ok && i < v->value.object.count; i++) {
        const hp_member *m = &v->value.object.items[i];
        size_t k = 0;
        while (k < KNOWN && !hp_str_eq(m->key, hp_str_of(NAMES[k]))) k++;
        ok = k < KNOWN && hp_text(&m->value).len > 0;
    }
    if (!ok)
        hp_loader_problem(l, o, v->where,
                          "expected an object of texts named javascriptKey, clientKey, windowsKey, restAPIKey or "
                          "masterKey");
    l->config->settings.live.key_pairs = ok ? v->value : hp_object();
}

/* ---- the bus ---- */

static bool same_place(const hp_redis_options *a, const hp_redis_options *b)
{
    return hp_str_eq(a->host, b->host) && a->port == b->port;
}

void hp_take_redis_url(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    hp_redis_options *redis = &l->config->server.redis, read;
    hp_err err = { 0 };

    if (hp_redis_url_read(l->mem, v->value.string, &read, &err) != HP_OK)
        hp_loader_problem(l, o, v->where, "%s", err.msg);
    else if (hp_str_present(redis->host) && !same_place(redis, &read))
        hp_loader_problem(l, o, v->where, "differs from liveQuery.redisURL: a node speaks and listens on one Redis");
    else if (!hp_str_present(redis->host))
        *redis = read;
}

/* Members of node-redis's options. The bus reconnects and waits by rules of its own; what else is there would be TLS or a
 * place, which must not be ignored. */
static bool take_redis_member(hp_redis_options *redis, const hp_member *m)
{
    const bool text = hp_is(&m->value, HP_STRING) && m->value.string.len > 0;
    if (hp_str_eq(m->key, HP_STR("username")) && text) {
        redis->user = m->value.string;
    } else if (hp_str_eq(m->key, HP_STR("password")) && text) {
        redis->password = m->value.string;
    } else if (hp_str_eq(m->key, HP_STR("database")) && hp_is(&m->value, HP_NUMBER) && m->value.number >= 0 &&
               m->value.number <= UINT16_MAX) {
        redis->database = (int64_t)m->value.number;
    } else {
        return false;
    }
    return true;
}

void hp_take_redis_options(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    hp_redis_options *redis = &l->config->server.redis;
    bool ok = hp_is(&v->value, HP_OBJECT);
    if (ok && !hp_str_present(redis->host)) {
        hp_loader_problem(l, o, v->where, "says how to use a Redis, and redisURL does not name one");
        return;
    }
    for (uint32_t i = 0; ok && i < v->value.object.count; i++) ok = take_redis_member(redis, &v->value.object.items[i]);
    if (!ok)
        hp_loader_problem(
            l, o, v->where,
            "expected an object with username, password and database; reconnecting is not to be configured, and "
            "there is no TLS");
}

/* As in Parse Server, whoever configures the server of live queries wants it. */
void hp_options_complete_live(hp_loader *l)
{
    for (size_t i = 0; i < HP_OPTION_COUNT; i++)
        if (hp_str_starts(hp_str_of(HP_OPTIONS[i].name), HP_STR("liveQueryServerOptions")) && l->values[i].present &&
            !hp_str_eq(l->values[i].where, HP_STR("default")))
            l->config->settings.live.serve = true;
}

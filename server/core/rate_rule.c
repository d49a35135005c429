/* core/rate_rule.c — a rule is read. The texts of refusals are Parse Server's where it has one. */
#include "core/rate_limit.h"
#include "query/regex.h"

enum { NUMBER_MAX = INT32_MAX };

static hp_code must_be(hp_err *err, const char *member, const char *what)
{
    return hp_fail(err, HP_E_INVALID_VALUE, "rateLimit.%s must be %s", member, what);
}

static hp_code check_names(const hp_value *config, hp_err *err)
{
    static const char *const NAMES[] = { "errorResponseMessage",
                                         "includeInternalRequests",
                                         "includeMasterKey",
                                         "redisUrl",
                                         "requestCount",
                                         "requestMethods",
                                         "requestPath",
                                         "requestTimeWindow",
                                         "zone" };
    for (uint32_t i = 0; i < config->object.count; i++) {
        const hp_str name = config->object.items[i].key;
        size_t k = 0;
        while (k < sizeof NAMES / sizeof *NAMES && !hp_str_eq(name, hp_str_of(NAMES[k]))) k++;
        if (k == sizeof NAMES / sizeof *NAMES)
            return hp_fail(err, HP_E_INVALID_VALUE, "Invalid rate limit option \"%" HP_STR_FMT "\"",
                           HP_STR_ARG(hp_str_sub(name, 0, 80)));
    }
    return HP_OK;
}

static hp_code read_path(hp_arena *mem, const hp_value *config, hp_rate_rule *rule, hp_err *err)
{
    const hp_value *v = hp_object_get(config, HP_STR("requestPath"));
    hp_err why = { 0 };
    if (hp_is_null(v)) return must_be(err, "requestPath", "defined");
    if (v->tag != HP_STRING) return must_be(err, "requestPath", "a string");
    rule->path = v->string;
    if (hp_rate_path_compile(mem, v->string, &rule->path_regex, &why) == HP_OK) return HP_OK;
    return hp_fail(err, HP_E_INVALID_VALUE, "rateLimit.requestPath \"%" HP_STR_FMT "\" is not valid: %s",
                   HP_STR_ARG(hp_str_sub(v->string, 0, 80)), why.msg);
}

static hp_code read_number(const hp_value *config, const char *member, int64_t low, int64_t *out, hp_err *err)
{
    const hp_value *v = hp_object_get(config, hp_str_of(member));
    if (hp_is_null(v)) return must_be(err, member, "defined");
    if (v->tag != HP_NUMBER) return must_be(err, member, "a number");
    if (!(v->number >= (double)low && v->number <= (double)NUMBER_MAX))
        return must_be(err, member, "a number that can be counted to");
    *out = (int64_t)v->number;
    return HP_OK;
}

static hp_code read_flag(const hp_value *config, const char *member, bool *out, hp_err *err)
{
    const hp_value *v = hp_object_get(config, hp_str_of(member));
    *out = hp_is_true(v);
    return hp_truthy(v) && v->tag != HP_BOOL ? must_be(err, member, "a boolean") : HP_OK;
}

/* A list of names, or a regular expression that is searched in them. None given: any. */
static hp_code read_methods(hp_arena *mem, const hp_value *config, unsigned *out, hp_err *err)
{
    static const char *const NAMES[] = { "GET", "POST", "PUT", "DELETE" }; /* in the order of HP_RATE_… */
    const hp_value *v = hp_object_get(config, HP_STR("requestMethods"));
    const hp_regex *pattern = NULL;
    hp_err ignored = { 0 };

    *out = HP_RATE_ANY_METHOD;
    if (!hp_truthy(v)) return HP_OK;
    if (v->tag != HP_ARRAY &&
        (v->tag != HP_STRING || hp_regex_compile(mem, v->string, HP_STR(""), &pattern, &ignored) != HP_OK))
        return must_be(err, "requestMethods", "a list of methods or a regular expression");
    *out = 0;
    for (unsigned m = 0; m < sizeof NAMES / sizeof *NAMES; m++) {
        const hp_str name = hp_str_of(NAMES[m]);
        if (pattern != NULL && hp_regex_matches(pattern, name)) *out |= 1u << m;
        for (uint32_t i = 0; v->tag == HP_ARRAY && i < v->array.count; i++)
            if (hp_str_eq(hp_text(&v->array.items[i]), name)) *out |= 1u << m;
    }
    return *out == 0 ? must_be(err, "requestMethods", "some of GET, POST, PUT and DELETE") : HP_OK;
}

static hp_code read_zone(const hp_value *config, hp_rate_zone *out, hp_err *err)
{
    static const char *const NAMES[] = { [HP_RATE_BY_IP] = "ip",
                                         [HP_RATE_BY_SESSION] = "session",
                                         [HP_RATE_BY_USER] = "user",
                                         [HP_RATE_GLOBAL] = "global" };
    const hp_value *v = hp_object_get(config, HP_STR("zone"));
    *out = HP_RATE_BY_IP;
    if (!hp_truthy(v)) return HP_OK;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (hp_str_eq(hp_text(v), hp_str_of(NAMES[i]))) {
            *out = (hp_rate_zone)i;
            return HP_OK;
        }
    return must_be(err, "zone", "one of global, session, user, or ip");
}

static hp_code read_message(const hp_value *config, hp_str *out, hp_err *err)
{
    const hp_value *v = hp_object_get(config, HP_STR("errorResponseMessage"));
    *out = HP_STR("Too many requests.");
    if (!hp_truthy(v)) return HP_OK;
    if (v->tag != HP_STRING) return must_be(err, "errorResponseMessage", "a string");
    *out = v->string;
    return HP_OK;
}

hp_code hp_rate_rule_read(hp_arena *mem, const hp_value *config, hp_rate_rule *out, hp_err *err)
{
    *out = (hp_rate_rule){ 0 };
    if (!hp_is(config, HP_OBJECT)) return hp_fail(err, HP_E_INVALID_VALUE, "rateLimit must be an array of objects");
    HP_TRY(read_path(mem, config, out, err));
    HP_TRY(read_number(config, "requestTimeWindow", 1, &out->window_ms, err));
    HP_TRY(read_flag(config, "includeInternalRequests", &out->internal, err));
    HP_TRY(read_number(config, "requestCount", 0, &out->count, err));
    HP_TRY(read_message(config, &out->message, err));
    HP_TRY(read_zone(config, &out->zone, err));
    HP_TRY(check_names(config, err));
    HP_TRY(read_methods(mem, config, &out->methods, err));
    HP_TRY(read_flag(config, "includeMasterKey", &out->master, err));
    if (hp_truthy(hp_object_get(config, HP_STR("redisUrl"))))
        return hp_fail(
            err, HP_E_INVALID_VALUE,
            "rateLimit.redisUrl: requests are counted per process; remove it, or limit in the proxy in front");
    return HP_OK;
}

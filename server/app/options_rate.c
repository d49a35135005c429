/* app/options_rate.c — the option rateLimit: a list of rules, or one. */
#include "app/options_internal.h"
#include "base/limits.h"
#include "core/rate_limit.h"
#include "query/regex.h"

enum { NUMBER_MAX = INT32_MAX };

typedef struct reader {
    hp_loader *l;
    const hp_option *o;
    hp_str where;
    const hp_value *rule; /* the one that is being read */
    bool ok;
} reader;

/* Complains once per rule, in Parse Server's words. */
static void refuse(reader *r, hp_str words)
{
    if (!r->ok) return;
    r->ok = false;
    hp_loader_problem(r->l, r->o, r->where, "%" HP_STR_FMT, HP_STR_ARG(words));
    hp_loader_parse_words(r->l, words);
}

static void must_be(reader *r, const char *member, const char *what)
{
    refuse(r, hp_arena_printf(r->l->mem, "rateLimit.%s must be %s", member, what));
}

static void check_names(reader *r)
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
    for (uint32_t i = 0; i < r->rule->object.count; i++) {
        const hp_str name = r->rule->object.items[i].key;
        size_t k = 0;
        while (k < sizeof NAMES / sizeof *NAMES && !hp_str_eq(name, hp_str_of(NAMES[k]))) k++;
        if (k == sizeof NAMES / sizeof *NAMES)
            refuse(r, hp_arena_printf(r->l->mem, "Invalid rate limit option \"%" HP_STR_FMT "\"",
                                      HP_STR_ARG(hp_str_sub(name, 0, 80))));
    }
}

static void read_path(reader *r, hp_rate_rule *rule)
{
    const hp_value *v = hp_object_get(r->rule, HP_STR("requestPath"));
    hp_err err = { 0 };
    if (hp_is_null(v)) {
        must_be(r, "requestPath", "defined");
    } else if (v->tag != HP_STRING) {
        must_be(r, "requestPath", "a string");
    } else if (hp_rate_path_compile(r->l->mem, v->string, &rule->path_regex, &err) != HP_OK) {
        refuse(r, hp_arena_printf(r->l->mem, "rateLimit.requestPath \"%" HP_STR_FMT "\" is not valid: %s",
                                  HP_STR_ARG(v->string), err.msg));
    } else {
        rule->path = v->string;
    }
}

static int64_t read_number(reader *r, const char *member, int64_t low)
{
    const hp_value *v = hp_object_get(r->rule, hp_str_of(member));
    if (hp_is_null(v))
        must_be(r, member, "defined");
    else if (v->tag != HP_NUMBER)
        must_be(r, member, "a number");
    else if (!(v->number >= (double)low && v->number <= (double)NUMBER_MAX))
        must_be(r, member, "a number that can be counted to");
    else
        return (int64_t)v->number;
    return low;
}

static bool read_flag(reader *r, const char *member)
{
    const hp_value *v = hp_object_get(r->rule, hp_str_of(member));
    if (v != NULL && hp_truthy(v) && v->tag != HP_BOOL) must_be(r, member, "a boolean");
    return hp_is_true(v);
}

/* A list of names, or a regular expression that is searched in them. None given: any. */
static unsigned read_methods(reader *r)
{
    static const char *const NAMES[] = { "GET", "POST", "PUT", "DELETE" }; /* in the order of HP_RATE_… */
    const hp_value *v = hp_object_get(r->rule, HP_STR("requestMethods"));
    const hp_regex *pattern = NULL;
    unsigned methods = 0;
    hp_err err = { 0 };

    if (!hp_truthy(v)) return HP_RATE_ANY_METHOD;
    if (v->tag != HP_ARRAY &&
        (v->tag != HP_STRING || hp_regex_compile(r->l->mem, v->string, HP_STR(""), &pattern, &err) != HP_OK))
        must_be(r, "requestMethods", "a list of methods or a regular expression");
    for (unsigned m = 0; m < sizeof NAMES / sizeof *NAMES; m++) {
        const hp_str name = hp_str_of(NAMES[m]);
        if (pattern != NULL && hp_regex_matches(pattern, name)) methods |= 1u << m;
        for (uint32_t i = 0; v->tag == HP_ARRAY && i < v->array.count; i++)
            if (hp_str_eq(hp_text(&v->array.items[i]), name)) methods |= 1u << m;
    }
    if (r->ok && methods == 0)
        hp_loader_problem(r->l, r->o, r->where,
                          "requestMethods: none of GET, POST, PUT and DELETE, so nothing is limited");
    return methods;
}

static hp_rate_zone read_zone(reader *r)
{
    static const char *const NAMES[] = { [HP_RATE_BY_IP] = "ip",
                                         [HP_RATE_BY_SESSION] = "session",
                                         [HP_RATE_BY_USER] = "user",
                                         [HP_RATE_GLOBAL] = "global" };
    const hp_value *v = hp_object_get(r->rule, HP_STR("zone"));
    if (!hp_truthy(v)) return HP_RATE_BY_IP;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (hp_str_eq(hp_text(v), hp_str_of(NAMES[i]))) return (hp_rate_zone)i;
    must_be(r, "zone", "one of global, session, user, or ip");
    return HP_RATE_BY_IP;
}

static void read_rule(reader *r, hp_rate_rule *rule)
{
    const hp_value *message = hp_object_get(r->rule, HP_STR("errorResponseMessage"));
    r->ok = true;
    read_path(r, rule);
    rule->window_ms = read_number(r, "requestTimeWindow", 1);
    rule->internal = read_flag(r, "includeInternalRequests");
    rule->count = read_number(r, "requestCount", 0);
    if (hp_truthy(message) && message->tag != HP_STRING) must_be(r, "errorResponseMessage", "a string");
    rule->message = hp_truthy(message) ? hp_text(message) : HP_STR("Too many requests.");
    rule->zone = read_zone(r);
    check_names(r);
    rule->methods = read_methods(r);
    rule->master = read_flag(r, "includeMasterKey");
    if (hp_truthy(hp_object_get(r->rule, HP_STR("redisUrl"))))
        hp_loader_problem(r->l, r->o, r->where,
                          "redisUrl: requests are counted per process; remove it, or limit in the proxy in front");
}

void hp_take_rate_limit(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    reader r = { .l = l, .o = o, .where = v->where, .ok = true };
    const bool list = hp_is(&v->value, HP_ARRAY);
    const uint32_t count = list ? v->value.array.count : 1;
    hp_rate_rule *rules = HP_NEW_ARRAY(l->mem, hp_rate_rule, count);

    if (hp_is_null(&v->value)) return;
    if (!list && v->value.tag != HP_OBJECT) return refuse(&r, HP_STR("rateLimit must be an array or object"));
    if (count > HP_RATE_RULES_MAX) {
        hp_loader_problem(l, o, v->where, "at most %d rules", HP_RATE_RULES_MAX);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        r.rule = list ? &v->value.array.items[i] : &v->value;
        if (r.rule->tag != HP_OBJECT) return refuse(&r, HP_STR("rateLimit must be an array of objects"));
        read_rule(&r, &rules[i]);
    }
    l->config->settings.rate_rules = rules;
    l->config->settings.rate_rule_count = count;
}

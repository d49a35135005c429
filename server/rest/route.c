#include "rest/route.h"

#include "base/url.h"
#include "query/regex.h"
#include "value/json.h"

/* Asked in this order: /users/me and /sessions/me come before /users/:objectId. */
const hp_route *const HP_ROUTE_TABLES[] = { HP_ROUTES_USERS,
                                            HP_ROUTES_OBJECTS,
                                            HP_ROUTES_SCHEMAS,
                                            HP_ROUTES_CLOUD,
                                            HP_ROUTES_CONFIG,
                                            HP_ROUTES_BATCH,
                                            HP_ROUTES_HOOKS,
                                            HP_ROUTES_JOB_SCHEDULES,
                                            HP_ROUTES_PUSH,
                                            HP_ROUTES_AGGREGATE,
                                            HP_ROUTES_LOGS,
                                            HP_ROUTES_PURCHASES,
                                            NULL };

void hp_routes_check(void)
{
    for (size_t t = 0; HP_ROUTE_TABLES[t] != NULL; t++)
        for (const hp_route *r = HP_ROUTE_TABLES[t]; r->pattern != NULL; r++) HP_ASSERT(r->need != HP_NEED_UNDECLARED);
}

bool hp_method_parse(hp_str text, hp_method *out)
{
    static const struct {
        hp_str name;
        hp_method method;
    } METHODS[] = {
        { HP_STR_INIT("GET"), HP_METHOD_GET },
        { HP_STR_INIT("POST"), HP_METHOD_POST },
        { HP_STR_INIT("PUT"), HP_METHOD_PUT },
        { HP_STR_INIT("DELETE"), HP_METHOD_DELETE },
    };
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++)
        if (hp_str_eq_nocase(text, METHODS[i].name)) {
            *out = METHODS[i].method;
            return true;
        }
    return false;
}

bool hp_route_once(const hp_route *route)
{
    static const struct {
        hp_method method;
        hp_str pattern;
    } ONCE[] = {
        { HP_METHOD_POST, HP_STR_INIT("classes/:className") },
        { HP_METHOD_PUT, HP_STR_INIT("classes/:className/:objectId") },
        { HP_METHOD_POST, HP_STR_INIT("users") },
        { HP_METHOD_PUT, HP_STR_INIT("users/:objectId") },
        { HP_METHOD_POST, HP_STR_INIT("installations") },
        { HP_METHOD_PUT, HP_STR_INIT("installations/:objectId") },
        { HP_METHOD_POST, HP_STR_INIT("functions/:name") },
        { HP_METHOD_POST, HP_STR_INIT("jobs/:name") },
    };
    for (size_t i = 0; i < sizeof ONCE / sizeof *ONCE; i++)
        if (route->method == ONCE[i].method && hp_str_eq(hp_str_of(route->pattern), ONCE[i].pattern)) return true;
    return false;
}

bool hp_route_takes_forms(const hp_route *route)
{
    return hp_str_eq(hp_str_of(route->pattern), HP_STR("functions/:name"));
}

/* Words of the pattern match without regard to case, as express does; parameters are taken as they are. */
static bool matches(const char *pattern, hp_str path, hp_str params[HP_ROUTE_PARAMS_MAX])
{
    hp_str wanted = hp_str_of(pattern), word, part;
    size_t count = 0;
    if (hp_str_ends(path, HP_STR("/"))) path.len--;
    for (;;) {
        bool more_wanted = hp_str_split(&wanted, '/', &word), more = hp_str_split(&path, '/', &part);
        if (more_wanted != more) return false;
        if (!more) return true;
        if (word.ptr[0] == ':') {
            if (part.len == 0) return false;
            params[count++] = part;
        } else if (!hp_str_eq_nocase(word, part)) {
            return false;
        }
    }
}

const hp_route *hp_route_find(const hp_settings *settings, hp_method method, hp_str path, hp_arena *mem,
                              hp_str params[HP_ROUTE_PARAMS_MAX])
{
    while (hp_str_starts(path, HP_STR("/"))) path = hp_str_sub(path, 1, path.len);
    for (size_t t = 0; HP_ROUTE_TABLES[t] != NULL; t++) {
        if (HP_ROUTE_TABLES[t] == HP_ROUTES_PURCHASES && !settings->product_purchases) continue;
        for (const hp_route *r = HP_ROUTE_TABLES[t]; r->pattern != NULL; r++) {
            for (size_t i = 0; i < HP_ROUTE_PARAMS_MAX; i++) params[i] = HP_STR_NONE;
            if (r->method != method || !matches(r->pattern, path, params)) continue;
            for (size_t i = 0; i < HP_ROUTE_PARAMS_MAX; i++) /* after the path was split: %2F stays inside its part */
                if (hp_str_present(params[i]) && !hp_url_decode(mem, params[i], false, &params[i])) return NULL;
            return r;
        }
    }
    return NULL;
}

/* ---- the path of a route ---- */

static const struct {
    hp_str collection, class_name;
} COLLECTIONS[] = {
    { HP_STR_INIT("users"), HP_STR_INIT("_User") },
    { HP_STR_INIT("roles"), HP_STR_INIT("_Role") },
    { HP_STR_INIT("sessions"), HP_STR_INIT("_Session") },
    { HP_STR_INIT("installations"), HP_STR_INIT("_Installation") },
};

hp_str hp_route_collection_class(const hp_route *route)
{
    hp_str pattern = hp_str_of(route->pattern), first;
    (void)hp_str_split(&pattern, '/', &first);
    for (size_t i = 0; i < sizeof COLLECTIONS / sizeof *COLLECTIONS; i++)
        if (hp_str_eq(first, COLLECTIONS[i].collection)) return COLLECTIONS[i].class_name;
    return HP_STR_NONE;
}

static hp_str with_slashes_escaped(hp_arena *mem, hp_str part)
{
    size_t slashes = 0, len = 0;
    for (size_t i = 0; i < part.len; i++) slashes += part.ptr[i] == '/';
    if (slashes == 0) return part;
    char *text = HP_NEW_ARRAY(mem, char, part.len + 2 * slashes);
    for (size_t i = 0; i < part.len; i++) {
        if (part.ptr[i] == '/') {
            memcpy(text + len, "%2F", 3);
            len += 3;
        } else {
            text[len++] = part.ptr[i];
        }
    }
    return (hp_str){ text, len };
}

/* What follows the collection in `path`, below its other name. */
static hp_str other_name(const hp_route *route, hp_str path, hp_str class_name, hp_arena *mem)
{
    const hp_str rest = hp_str_sub(path, 1, path.len);
    const size_t slash = hp_str_find_char(rest, '/', 0);
    if (hp_str_present(hp_route_collection_class(route)))
        return hp_arena_printf(mem, "/classes/%" HP_STR_FMT "%" HP_STR_FMT,
                               HP_STR_ARG(hp_route_collection_class(route)),
                               HP_STR_ARG(slash == SIZE_MAX ? HP_STR("") : hp_str_sub(rest, slash, rest.len)));
    const hp_str below_classes = hp_str_sub(path, HP_STR("/classes/").len + class_name.len, path.len);
    for (size_t i = 0; i < sizeof COLLECTIONS / sizeof *COLLECTIONS; i++)
        if (hp_str_starts(hp_str_of(route->pattern), HP_STR("classes/")) &&
            hp_str_eq(class_name, COLLECTIONS[i].class_name))
            return hp_arena_printf(mem, "/%" HP_STR_FMT "%" HP_STR_FMT, HP_STR_ARG(COLLECTIONS[i].collection),
                                   HP_STR_ARG(below_classes));
    return HP_STR_NONE;
}

hp_str hp_route_path(const hp_route *route, const hp_str params[HP_ROUTE_PARAMS_MAX], hp_arena *mem, hp_str *other)
{
    hp_str pattern = hp_str_of(route->pattern), word, path = HP_STR("");
    size_t count = 0;
    while (hp_str_split(&pattern, '/', &word)) {
        const hp_str part = word.ptr[0] == ':' ? with_slashes_escaped(mem, params[count++]) : word;
        path = hp_arena_printf(mem, "%" HP_STR_FMT "/%" HP_STR_FMT, HP_STR_ARG(path), HP_STR_ARG(part));
    }
    *other = other_name(route, path, params[0], mem);
    return path;
}

hp_code hp_route_allowed(const hp_call *call, hp_str method, hp_str path, hp_err *err)
{
    const hp_settings *s = call->settings;

    if (!s->has_route_allow_list || hp_call_unrestricted(call)) return HP_OK;
    if (hp_str_starts(path, HP_STR("/"))) path = hp_str_sub(path, 1, SIZE_MAX);
    if (hp_str_ends(path, HP_STR("/"))) path.len--;
    for (size_t i = 0; i < s->route_allow_count; i++)
        if (hp_regex_matches(s->route_allow_list[i], path)) return HP_OK;
    return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "Route not allowed by routeAllowList: %" HP_STR_FMT " %" HP_STR_FMT,
                   HP_STR_ARG(method), HP_STR_ARG(hp_str_sub(path, 0, 200)));
}

hp_code hp_route_run(const hp_route *route, const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    *answer = (hp_rest_answer){ .status = 200, .body = hp_object() };
    if (route->need == HP_NEED_MASTER) HP_TRY(hp_call_require_master(rq->call, err));
    return route->handle(rq, answer, err);
}

/* A query string value is JSON where it parses, text otherwise. */
static hp_value read_query_value(hp_arena *mem, hp_str text)
{
    hp_value v;
    hp_err ignored; /* not JSON: then it is text */
    return hp_json_read(text, HP_JSON_PARSE, mem, &v, &ignored) == HP_OK ? v : hp_string(text);
}

hp_value hp_rest_params(const hp_rest_request *rq)
{
    hp_arena *mem = rq->call->mem;
    hp_value params = hp_object_clone(mem, rq->body);
    for (uint32_t i = 0; i < rq->query->object.count; i++) {
        const hp_member *m = &rq->query->object.items[i];
        hp_object_set(mem, &params, m->key, read_query_value(mem, m->value.string));
    }
    return params;
}

hp_str hp_rest_location(const hp_call *call, hp_str collection, hp_str object_id)
{
    return hp_arena_printf(call->mem, "%" HP_STR_FMT "/%" HP_STR_FMT "/%" HP_STR_FMT,
                           HP_STR_ARG(call->settings->public_server_url), HP_STR_ARG(collection),
                           HP_STR_ARG(hp_url_encode(call->mem, object_id)));
}

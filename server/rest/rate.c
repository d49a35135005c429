#include "rest/rate.h"

hp_rate_request hp_rest_rate_request(hp_core *core, const hp_route *route, const hp_str params[HP_ROUTE_PARAMS_MAX],
                                     hp_arena *mem)
{
    static const unsigned METHODS[] = { [HP_METHOD_GET] = HP_RATE_GET,
                                        [HP_METHOD_POST] = HP_RATE_POST,
                                        [HP_METHOD_PUT] = HP_RATE_PUT,
                                        [HP_METHOD_DELETE] = HP_RATE_DELETE };
    hp_rate_request rq = { .methods = METHODS[route->method], .nobody = route->need == HP_NEED_APP_NO_USER };
    if (hp_rate_limit_any(core)) rq.path = hp_route_path(route, params, mem, &rq.other_path);
    return rq;
}

static void add(hp_http_reply *rp, hp_arena *mem, hp_str name, int64_t number)
{
    hp_reply_header(rp, name, hp_arena_printf(mem, "%lld", (long long)number));
}

void hp_rest_rate_headers(const hp_rate_state *state, hp_arena *mem, hp_http_reply *rp)
{
    if (!state->counted) return;
    add(rp, mem, HP_STR("X-RateLimit-Limit"), state->limit);
    add(rp, mem, HP_STR("X-RateLimit-Remaining"), state->remaining);
    add(rp, mem, HP_STR("X-RateLimit-Reset"), state->reset_s);
    if (state->refused) add(rp, mem, HP_STR("Retry-After"), state->retry_s);
}

/* rest/rate.h — limits on requests (core/rate_limit.h) as HTTP sees them. */
#ifndef HP_REST_RATE_H
#define HP_REST_RATE_H

#include "core/rate_limit.h"
#include "http/reply.h"
#include "rest/route.h"

enum { HP_REST_TOO_MANY = 429 }; /* the status of a refusal */

/* What a request for `route` counts as; without a path where nothing is counted. */
hp_rate_request hp_rest_rate_request(hp_core *core, const hp_route *route, const hp_str params[HP_ROUTE_PARAMS_MAX],
                                     hp_arena *mem);

/* X-RateLimit-Limit, -Remaining and -Reset for a request that was counted, and Retry-After for one that was refused. */
void hp_rest_rate_headers(const hp_rate_state *state, hp_arena *mem, hp_http_reply *rp);

#endif

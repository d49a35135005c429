/* rest/rest.h — the REST door: an HTTP request below the mount path in, an answer out. */
#ifndef HP_REST_REST_H
#define HP_REST_REST_H

#include "core/core.h"
#include "http/reply.h"
#include "http/request.h"

/* Answers any request; never fails: what goes wrong becomes the answer. Runs on a worker. */
void hp_rest_handle(hp_core *core, hp_http_request *rq, hp_http_reply *rp);

/* Adds the CORS headers that every answer carries, also those of other doors. */
void hp_rest_cors(const hp_settings *settings, const hp_http_request *rq, hp_http_reply *rp);

#endif

/* rest/files.h — the door to /files. */
#ifndef HP_REST_FILES_H
#define HP_REST_FILES_H

#include "core/core.h"
#include "http/reply.h"
#include "http/request.h"

/* Answers a request of a route of /files; false for any other, also below that path. Runs on a worker. */
bool hp_rest_files(hp_core *core, const hp_settings *settings, const hp_http_request *rq, hp_str path,
                   hp_http_reply *rp);

#endif

/* rest/files.h — the door to /files. */
#ifndef HP_REST_FILES_H
#define HP_REST_FILES_H

#include "core/core.h"
#include "http/reply.h"
#include "http/request.h"

/* Answers a request whose path (after the mount) is /files or below it; false for any other. Runs on a worker. */
bool hp_rest_files(hp_core *core, const hp_settings *settings, const hp_http_request *rq, hp_str path,
                   hp_http_reply *rp);

#endif

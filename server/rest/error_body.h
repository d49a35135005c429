/* rest/error_body.h — answers in JSON, and the one place where a failure becomes one. */
#ifndef HP_REST_ERROR_BODY_H
#define HP_REST_ERROR_BODY_H

#include "base/error.h"
#include "core/settings.h"
#include "http/reply.h"
#include "http/request.h"

/* {"code":101,"error":"Object not found."}, or {"error":"unauthorized"} for errors of the HTTP layer. Permission refusals
 * read "Permission denied" where answers are sanitised. */
hp_value hp_error_body(const hp_settings *settings, const hp_err *err, hp_arena *mem);

/* Says in the log that the request with this id, or a part of it, is answered with `err`: as an error if the server is at
 * fault, as a warning if something that the client cannot see (`detail`) is behind it, else for who debugs a client. */
void hp_rest_log_failure(hp_str request_id, hp_str method, hp_str path, const hp_err *err);

/* Makes *rp that answer, whatever it was before, and logs it. */
void hp_rest_answer_error(const hp_settings *settings, const hp_http_request *rq, const hp_err *err, hp_http_reply *rp);

/* Makes *rp an answer with a text of that media type. */
void hp_rest_answer_text(hp_http_reply *rp, int status, hp_str type, hp_str text);

/* Makes *rp an answer with `body`. */
void hp_rest_answer_json(hp_http_reply *rp, int status, const hp_value *body);

#endif

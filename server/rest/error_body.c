#include "rest/error_body.h"

#include "base/log.h"
#include "value/json.h"

hp_value hp_error_body(const hp_settings *settings, const hp_err *err, hp_arena *mem)
{
    hp_value body = hp_object();
    const hp_str text = hp_arena_str(mem, hp_error_text(settings, err));
    if (err->http == 0) hp_object_append(mem, &body, HP_STR("code"), hp_number((double)err->code));
    hp_object_append(mem, &body, HP_STR("error"), hp_string(text));
    return body;
}

static int status_of(const hp_err *err) { return err->http != 0 ? err->http : hp_code_http(err->code); }

void hp_rest_answer_json(hp_http_reply *rp, int status, const hp_value *body)
{
    rp->status = status;
    rp->content_type = HP_STR("application/json; charset=utf-8");
    hp_buf_clear(&rp->body);
    hp_json_write(&rp->body, body);
}

void hp_rest_log_failure(hp_str request_id, hp_str method, hp_str path, const hp_err *err)
{
    const hp_log_level level = err->code == HP_E_INTERNAL ? HP_LOG_ERROR
                               : err->detail[0] != '\0'   ? HP_LOG_WARN
                                                          : HP_LOG_DEBUG;
    hp_log(level, "request_failed", HP_F_STR("request", request_id), HP_F_STR("method", method), HP_F_STR("path", path),
           HP_F_INT("status", status_of(err)), HP_F_INT("code", err->code), HP_F_TEXT("error", err->msg),
           HP_F_TEXT("detail", err->detail));
}

void hp_rest_answer_error(const hp_settings *settings, const hp_http_request *rq, const hp_err *err, hp_http_reply *rp)
{
    hp_value body = hp_error_body(settings, err, rq->mem);
    hp_rest_answer_json(rp, status_of(err), &body);
    hp_rest_log_failure(rq->id, rq->method, rq->path, err);
}

void hp_rest_answer_text(hp_http_reply *rp, int status, hp_str type, hp_str text)
{
    rp->status = status;
    rp->content_type = type;
    hp_buf_clear(&rp->body);
    hp_buf_add(&rp->body, text);
}

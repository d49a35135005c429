/* rest/dispatch.c — one request through the REST door.
 *
 *   CORS -> OPTIONS -> health -> pages, files (doors of their own) -> body, method, credentials -> route -> how often, and
 *   who asks -> the route's guard -> handler -> JSON
 *
 * The route is looked up before the caller is: an unknown path is 404 for everybody, and the route says whether a session
 * token counts (/login ignores it). Nothing below knows how the request was spelled. */
#include "rest/rest.h"

#include "core/idempotency.h"
#include "rest/error_body.h"
#include "rest/files.h"
#include "rest/html.h"
#include "rest/incoming.h"
#include "rest/pages.h"
#include "rest/rate.h"
#include "rest/route.h"

/* As express words it: an HTML page, not JSON. */
static void not_found(const hp_http_request *rq, hp_http_reply *rp)
{
    rp->status = 404;
    rp->content_type = HP_STR("text/html; charset=utf-8");
    hp_reply_header(rp, HP_STR("Content-Security-Policy"), HP_STR("default-src 'none'"));
    hp_reply_header(rp, HP_STR("X-Content-Type-Options"), HP_STR("nosniff"));
    hp_buf_add_lit(&rp->body,
                   "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n"
                   "</head>\n<body>\n<pre>Cannot ");
    hp_html_add(&rp->body, rq->method);
    hp_buf_add_char(&rp->body, ' ');
    hp_html_add(&rp->body, rq->path);
    hp_buf_add_lit(&rp->body, "</pre>\n</body>\n</html>\n");
}

static hp_code run(hp_core *core, const hp_http_request *rq, const hp_incoming *in, const hp_route *route, hp_str path,
                   const hp_str params[HP_ROUTE_PARAMS_MAX], hp_rest_answer *answer, hp_rate_state *rate, hp_err *err)
{
    const hp_rate_request counted = hp_rest_rate_request(core, route, params, rq->mem);
    hp_call call;
    HP_TRY(hp_call_open(core, &in->cred, true, rq->mem, &call, err));
    call.context = in->context;
    call.headers = in->headers;
    call.depth = in->depth;
    call.request_id = rq->id;
    if (call.settings->request_timeout_ms > 0) call.deadline_ms = rq->received_ms + call.settings->request_timeout_ms;
    hp_rest_request request = { .call = &call,
                                .method = route->method,
                                .body = &in->body,
                                .query = &in->query,
                                .session_token = in->cred.session_token };
    memcpy(request.params, params, sizeof request.params);
    hp_code rc = hp_rate_limit_admit(&call, &counted, in->cred.session_token, rate, err);
    if (rc == HP_OK) rc = hp_route_allowed(&call, in->method, path, err);
    /* The request as a whole: the parts of a batch have no id of their own. */
    if (rc == HP_OK && hp_route_once(route))
        rc = hp_idempotency_claim(&call, path, hp_http_header_get(rq, HP_STR("X-Parse-Request-Id")), err);
    if (rc == HP_OK) rc = hp_route_run(route, &request, answer, err);
    hp_call_close(&call);
    return rc;
}

static void handle_api(hp_core *core, const hp_settings *settings, hp_http_request *rq, hp_str path, hp_http_reply *rp)
{
    hp_incoming in;
    hp_rest_answer answer;
    hp_str params[HP_ROUTE_PARAMS_MAX];
    hp_method method;
    const hp_route *route = NULL;
    hp_rate_state rate = { 0 };
    hp_err err = { 0 };

    hp_code rc = hp_incoming_read(rq, settings, &in, &err);
    if (rc == HP_OK) {
        if (hp_method_parse(in.method, &method)) route = hp_route_find(settings, method, path, rq->mem, params);
        if (route == NULL) {
            not_found(rq, rp);
            return;
        }
        if (hp_route_takes_forms(route)) rc = hp_incoming_read_form(rq, &in, &err);
        if (rc == HP_OK) rc = run(core, rq, &in, route, path, params, &answer, &rate, &err);
    }
    hp_reply_header(rp, HP_STR("Cache-Control"), HP_STR("no-store"));
    hp_rest_rate_headers(&rate, rq->mem, rp);
    if (rc != HP_OK) {
        hp_rest_answer_error(settings, rq, &err, rp);
        if (rate.refused) rp->status = HP_REST_TOO_MANY;
        return;
    }
    if (hp_str_present(answer.location)) hp_reply_header(rp, HP_STR("Location"), answer.location);
    if (hp_str_present(answer.job_status_id))
        hp_reply_header(rp, HP_STR("X-Parse-Job-Status-Id"), answer.job_status_id);
    hp_rest_answer_json(rp, answer.status, &answer.body);
    if (rp->body.overflow) { /* the answer outgrew its maximum */
        rc = hp_fail(&err, HP_E_INVALID_QUERY, "The result is too large: ask for fewer objects, with limit or keys.");
        rp->body.overflow = false;
        hp_rest_answer_error(settings, rq, &err, rp);
    }
}

void hp_rest_handle(hp_core *core, hp_http_request *rq, hp_http_reply *rp)
{
    const hp_settings *settings = hp_core_settings(core);
    hp_str mount = settings->mount_path, path = rq->path;

    hp_rest_cors(settings, rq, rp);
    if (hp_str_eq(rq->method, HP_STR("OPTIONS"))) {
        hp_rest_answer_text(rp, 200, HP_STR("text/plain; charset=utf-8"), HP_STR("OK"));
        return;
    }
    if (!hp_str_eq_nocase(hp_str_sub(path, 0, mount.len), mount)) { /* as the words behind it */
        not_found(rq, rp);
        return;
    }
    path = hp_str_sub(path, mount.len, path.len);
    if (path.len > 0 && path.ptr[0] != '/') {
        not_found(rq, rp);
        return;
    }
    if (hp_str_eq(path, HP_STR("/health")) || hp_str_eq(path, HP_STR("/health/"))) {
        hp_rest_answer_text(rp, 200, HP_STR("application/json; charset=utf-8"), HP_STR("{\"status\":\"ok\"}"));
        return;
    }
    if (hp_pages_handle(core, settings, rq, path, rp)) return;
    if (hp_rest_files(core, settings, rq, path, rp)) return;
    handle_api(core, settings, rq, path, rp);
}

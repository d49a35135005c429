/* rest/files.c — /files: the one resource whose bodies are not JSON.
 *
 * It has its own door beside the route tables because an upload's body may be anything, also something that reads as JSON with
 * credentials in it: rest/incoming.h decides which of the two it is before anybody looks into it. There is no method override
 * here, and files are no part of a batch. */
#include "rest/files.h"

#include <unistd.h>

#include "base/url.h"
#include "core/file_name.h"
#include "core/files.h"
#include "rest/error_body.h"
#include "rest/incoming.h"
#include "rest/rate.h"
#include "value/json.h"

enum { FILE_HEADERS_MAX = 16 }; /* of one answer, ours and those of cloud code */

static void no_store(hp_http_reply *rp) { hp_reply_header(rp, HP_STR("Cache-Control"), HP_STR("no-store")); }

/* ---- upload and deletion ---- */

static hp_code open_call(hp_core *core, const hp_http_request *rq, const hp_incoming_file *in, hp_str name,
                         unsigned method, hp_http_reply *rp, hp_call *call, hp_err *err)
{
    const hp_rate_request counted = { .path = hp_arena_printf(rq->mem, "/files/%" HP_STR_FMT, HP_STR_ARG(name)),
                                      .methods = method };
    hp_rate_state rate;
    HP_TRY(hp_call_open(core, &in->cred, true, rq->mem, call, err));
    call->context = in->context;
    call->request_id = rq->id;
    const hp_code rc = hp_rate_limit_admit(call, &counted, in->cred.session_token, &rate, err);
    hp_rest_rate_headers(&rate, rq->mem, rp);
    if (rate.refused) rp->status = HP_REST_TOO_MANY;
    if (rc != HP_OK) hp_call_close(call);
    return rc;
}

static hp_code read_json_header(const hp_http_request *rq, const char *name, hp_value *out, hp_err *err)
{
    const hp_str text = hp_http_header_get(rq, hp_str_of(name));
    *out = hp_null();
    if (text.len == 0) return HP_OK;
    if (hp_json_read(text, HP_JSON_PARSE, rq->mem, out, err) == HP_OK && out->tag == HP_OBJECT) return HP_OK;
    return hp_fail(err, HP_E_INVALID_JSON, "Invalid JSON in %s header.", name);
}

static const hp_value *unless_null(const hp_value *v) { return hp_is_null(v) ? NULL : v; }

/* X-Parse-File-Max-Upload-Size: a limit for this upload, below the server's own. */
static hp_code check_size(const hp_call *call, const hp_http_request *rq, const hp_incoming_file *in, hp_err *err)
{
    const hp_str text = hp_http_header_get(rq, HP_STR("X-Parse-File-Max-Upload-Size"));
    int64_t most;
    if (text.len == 0) return HP_OK;
    HP_TRY(hp_call_require_full_master(call, err));
    if (!hp_str_to_bytes(text, &most) || most < 0)
        return hp_fail(err, HP_E_FILE_SAVE_ERROR, "Invalid maxUploadSize override value: %" HP_STR_FMT,
                       HP_STR_ARG(hp_str_sub(text, 0, 64)));
    if (rq->body.len <= (uint64_t)most) return HP_OK;
    if (!in->stream) return hp_fail_http(err, 413, "request entity too large");
    return hp_fail(err, HP_E_FILE_SAVE_ERROR, "File size exceeds maximum allowed: %lld bytes.", (long long)most);
}

static hp_code upload(hp_call *call, const hp_http_request *rq, const hp_incoming_file *in, hp_str name,
                      hp_file_saved *saved, hp_err *err)
{
    hp_value metadata, tags, directory = hp_null();
    hp_file_upload up = { .name = name, .content_type = in->content_type, .bytes = in->bytes };
    if (in->stream) {
        const hp_str text = hp_http_header_get(rq, HP_STR("X-Parse-File-Directory"));
        HP_TRY(read_json_header(rq, "X-Parse-File-Metadata", &metadata, err));
        HP_TRY(read_json_header(rq, "X-Parse-File-Tags", &tags, err));
        if (text.len > 0) directory = hp_string(text);
        up.may_be_empty = true;
        up.metadata = unless_null(&metadata);
        up.tags = unless_null(&tags);
        up.directory = unless_null(&directory);
    } else {
        up.metadata = hp_object_get(&in->data, HP_STR("metadata"));
        up.tags = hp_object_get(&in->data, HP_STR("tags"));
        up.directory = hp_object_get(&in->data, HP_STR("directory"));
    }
    return hp_file_save(call, &up, saved, err);
}

static hp_code create(hp_core *core, const hp_settings *settings, const hp_http_request *rq, hp_str name,
                      hp_http_reply *rp, hp_err *err)
{
    hp_incoming_file in;
    hp_call call;
    hp_file_saved saved = { 0 };
    hp_value body = hp_object();

    HP_TRY(hp_incoming_read_file(rq, settings, &in, err));
    HP_TRY(open_call(core, rq, &in, name, HP_RATE_POST, rp, &call, err));
    hp_code rc = check_size(&call, rq, &in, err);
    if (rc == HP_OK) rc = upload(&call, rq, &in, name, &saved, err);
    hp_call_close(&call);
    if (rc != HP_OK) return rc;
    hp_object_append(rq->mem, &body, HP_STR("url"), hp_string(saved.url));
    hp_object_append(rq->mem, &body, HP_STR("name"), hp_string(saved.name));
    hp_reply_header(rp, HP_STR("Location"), saved.url);
    hp_rest_answer_json(rp, 201, &body);
    return HP_OK;
}

static hp_code destroy(hp_core *core, const hp_settings *settings, const hp_http_request *rq, hp_str name,
                       hp_http_reply *rp, hp_err *err)
{
    hp_incoming_file in;
    hp_call call;
    HP_TRY(hp_incoming_read_file(rq, settings, &in, err));
    HP_TRY(open_call(core, rq, &in, name, HP_RATE_DELETE, rp, &call, err));
    hp_code rc = hp_file_delete(&call, name, err);
    hp_call_close(&call);
    if (rc == HP_OK) rp->status = 200; /* without a body: the SDKs expect none */
    return rc;
}

/* ---- download ---- */

/* What says how long the answer is and where it ends is the server's. */
static bool header_is_free(hp_str name)
{
    static const hp_str OURS[] = { HP_STR_INIT("Content-Length"),      HP_STR_INIT("Transfer-Encoding"),
                                   HP_STR_INIT("Connection"),          HP_STR_INIT("Content-Encoding"),
                                   HP_STR_INIT("Content-Range"),       HP_STR_INIT("Accept-Ranges"),
                                   HP_STR_INIT("Content-Type"),        HP_STR_INIT("ETag"),
                                   HP_STR_INIT("Content-Disposition"), HP_STR_INIT("Date") };
    for (size_t i = 0; i < sizeof OURS / sizeof *OURS; i++)
        if (hp_str_eq_nocase(name, OURS[i])) return false;
    return hp_str_is_token(name);
}

static void add_headers(const hp_value *headers, hp_http_reply *rp)
{
    for (uint32_t i = 0; i < headers->object.count && rp->header_count < FILE_HEADERS_MAX; i++) {
        const hp_member *m = &headers->object.items[i];
        if (hp_is(&m->value, HP_STRING) && header_is_free(m->key)) hp_reply_header(rp, m->key, m->value.string);
    }
}

/* The part after the directory. Quoted: a stored name has neither quotes nor backslashes nor control characters, and one
 * that has is dropped with its header. */
static hp_str disposition(hp_arena *mem, hp_str name)
{
    for (size_t slash; (slash = hp_str_find_char(name, '/', 0)) != SIZE_MAX;)
        name = hp_str_sub(name, slash + 1, name.len);
    if (hp_str_find_char(name, '"', 0) != SIZE_MAX || hp_str_find_char(name, '\\', 0) != SIZE_MAX)
        return HP_STR("attachment");
    return hp_arena_printf(mem, "attachment; filename=\"%" HP_STR_FMT "\"", HP_STR_ARG(name));
}

static void serve(const hp_http_request *rq, const hp_file_view *view, bool personal, hp_http_reply *rp)
{
    hp_reply_with_file(rp, view->fd, view->len);
    rp->status = 200;
    rp->content_type = view->content_type;
    rp->etag = view->etag;
    if (view->download) hp_reply_header(rp, HP_STR("Content-Disposition"), disposition(rq->mem, view->download_as));
    if (personal) hp_reply_header(rp, HP_STR("Cache-Control"), HP_STR("private, no-cache"));
    add_headers(&view->headers, rp);
}

static void serve_metadata(const hp_http_request *rq, const hp_file_view *view, hp_http_reply *rp)
{
    hp_value body = hp_object();
    if (view->found) {
        (void)close(view->fd); /* it was only read */
        hp_object_append(rq->mem, &body, HP_STR("metadata"), view->metadata);
    }
    no_store(rp);
    hp_rest_answer_json(rp, 200, &body);
}

/* A link to a file shows no key; whoever shows one is looked at as everywhere. */
static hp_code open_download(hp_core *core, const hp_settings *settings, const hp_http_request *rq, hp_call *call,
                             bool *personal, hp_err *err)
{
    hp_credentials cred;
    hp_incoming_read_credentials(rq, settings, &cred);
    *personal = hp_str_present(cred.session_token) || hp_str_present(cred.master_key) ||
                hp_str_present(cred.maintenance_key) || !settings->file_download.for_public;
    if (hp_str_present(cred.app_id) && (hp_str_present(cred.master_key) || hp_str_present(cred.maintenance_key)))
        HP_TRY(hp_call_open(core, &cred, false, rq->mem, call, err));
    else
        HP_TRY(hp_call_open_keyless(core, &cred, rq->mem, call, err));
    call->request_id = rq->id;
    return HP_OK;
}

static void download(hp_core *core, const hp_settings *settings, const hp_http_request *rq, hp_str name, bool metadata,
                     hp_http_reply *rp)
{
    hp_file_view view;
    hp_call call;
    hp_err err = { 0 };
    bool by_cloud = false, personal;

    hp_code rc = open_download(core, settings, rq, &call, &personal, &err);
    if (rc == HP_OK) {
        rc = hp_file_open(&call, name, &view, &by_cloud, &err);
        hp_call_close(&call);
    }
    if (rc != HP_OK) {
        no_store(rp);
        hp_rest_answer_error(settings, rq, &err, rp);
        if (by_cloud || metadata) rp->status = 403; /* whatever code cloud code threw */
    } else if (metadata) {
        serve_metadata(rq, &view, rp);
    } else if (view.found) {
        serve(rq, &view, personal, rp);
    } else {
        hp_rest_answer_text(rp, 404, HP_STR("text/plain; charset=utf-8"), HP_STR("File not found."));
    }
}

/* /files/<appId>/<name>, /files/<appId>/metadata/<name>; `rest` is decoded. */
static bool get(hp_core *core, const hp_settings *settings, const hp_http_request *rq, hp_str rest, hp_http_reply *rp)
{
    const hp_str metadata = HP_STR("metadata/");
    const size_t slash = hp_str_find_char(rest, '/', 0);
    const hp_str app_id = hp_str_sub(rest, 0, slash);
    hp_str name = slash == SIZE_MAX ? HP_STR("") : hp_str_sub(rest, slash + 1, rest.len);
    const bool about = hp_str_starts(name, metadata) && name.len > metadata.len;
    hp_value none = hp_object();

    if (about) name = hp_str_sub(name, metadata.len, name.len);
    if (name.len == 0) return false;
    if (hp_str_eq(app_id, settings->app_id) && name.len <= HP_STORED_NAME_BYTES_MAX) {
        download(core, settings, rq, name, about, rp);
        return true;
    }
    no_store(rp);
    if (about) {
        hp_rest_answer_json(rp, 200, &none);
    } else if (!hp_str_eq(app_id, settings->app_id)) {
        hp_err err = { 0 };
        HP_IGNORE(hp_fail_http(&err, 403, "Permission denied")); /* it becomes the answer */
        hp_rest_answer_error(settings, rq, &err, rp);
    } else {
        hp_rest_answer_text(rp, 404, HP_STR("text/plain; charset=utf-8"), HP_STR("File not found."));
    }
    return true;
}

/* ---- the door ---- */

/* `rest` is what follows /files/, decoded. False: there is no such route. */
static bool route(hp_core *core, const hp_settings *settings, const hp_http_request *rq, hp_str rest, bool one_segment,
                  hp_http_reply *rp)
{
    hp_err err = { 0 };
    hp_code rc;
    if (hp_str_eq(rq->method, HP_STR("GET")) || hp_str_eq(rq->method, HP_STR("HEAD")))
        return get(core, settings, rq, rest, rp);
    if (hp_str_eq(rq->method, HP_STR("POST")) && rest.len == 0)
        rc = hp_fail(&err, HP_E_INVALID_FILE_NAME, "Filename not provided.");
    else if (hp_str_eq(rq->method, HP_STR("POST")) && one_segment)
        rc = create(core, settings, rq, rest, rp, &err);
    else if (hp_str_eq(rq->method, HP_STR("DELETE")) && rest.len > 0)
        rc = destroy(core, settings, rq, rest, rp, &err);
    else
        return false;
    no_store(rp);
    const bool too_many = rp->status == HP_REST_TOO_MANY;
    if (rc != HP_OK) hp_rest_answer_error(settings, rq, &err, rp);
    if (too_many) rp->status = HP_REST_TOO_MANY;
    return true;
}

bool hp_rest_files(hp_core *core, const hp_settings *settings, const hp_http_request *rq, hp_str path,
                   hp_http_reply *rp)
{
    const hp_str word = HP_STR("/files");
    hp_str rest;
    if (!hp_str_eq_nocase(hp_str_sub(path, 0, word.len), word)) return false;
    path = hp_str_sub(path, word.len, path.len);
    if (path.len > 0 && path.ptr[0] != '/') return false;
    path = hp_str_sub(path, 1, path.len);
    if (hp_str_ends(path, HP_STR("/"))) path.len--;
    const bool one_segment = hp_str_find_char(path, '/', 0) == SIZE_MAX; /* %2F stays inside its segment */
    return hp_url_decode(rq->mem, path, false, &rest) && route(core, settings, rq, rest, one_segment, rp);
}

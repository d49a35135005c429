#include "rest/incoming.h"

#include "auth/secret.h"
#include "base/limits.h"
#include "base/map.h"
#include "core/ip_list.h"
#include "http/multipart.h"
#include "rest/depth.h"
#include "value/base64.h"
#include "value/json.h"

/* ---- query string and form bodies: objects of texts ---- */

static hp_code read_pairs(hp_arena *mem, hp_str text, hp_value *out, hp_err *err)
{
    hp_str rest = text.len == 0 ? HP_STR_NONE : text, name, value;
    hp_map *seen = hp_map_new(mem);
    bool ok;
    *out = hp_object();
    while (hp_url_next_pair(mem, &rest, &name, &value, &ok)) {
        if (!ok) return hp_fail_http(err, 400, "Failed to decode the parameters: not valid percent-encoded UTF-8.");
        /* The same name twice would let a guard read one value and the query another. */
        if (hp_map_put(seen, name, seen) != NULL)
            return hp_fail(err, HP_E_INVALID_QUERY, "Parameter %" HP_STR_FMT " is given more than once.",
                           HP_STR_ARG(name));
        if (out->object.count == HP_OBJECT_KEYS_MAX)
            return hp_fail_http(err, 400, "More than %d parameters.", HP_OBJECT_KEYS_MAX);
        hp_object_append(mem, out, name, hp_string(value));
    }
    return HP_OK;
}

static bool is_form(const hp_http_request *rq)
{
    hp_str type = hp_http_header_get(rq, HP_STR("Content-Type"));
    static const hp_str FORM = HP_STR_INIT("application/x-www-form-urlencoded");
    return hp_str_eq_nocase(hp_str_sub(type, 0, FORM.len), FORM) && !hp_str_starts(hp_str_trim(rq->body), HP_STR("{"));
}

/* Every content type but a form is JSON: the JS SDK posts text/plain to spare a pre-flight. Files and fields of a multipart
 * form are for few routes, and no business of the others. */
static hp_code read_body(const hp_http_request *rq, hp_value *out, hp_err *err)
{
    *out = hp_object();
    if (hp_str_trim(rq->body).len == 0 || hp_multipart_is(hp_http_header_get(rq, HP_STR("Content-Type")))) return HP_OK;
    if (is_form(rq)) return read_pairs(rq->mem, rq->body, out, err);

    hp_code rc = hp_json_read(rq->body, HP_JSON_PARSE, rq->mem, out, err);
    if (rc != HP_OK) {
        *out = hp_object();
        if (hp_str_contains(hp_str_of(err->msg), HP_STR("duplicate"))) return rc;
        char text[sizeof err->msg];
        memcpy(text, err->msg, sizeof text);
        return hp_fail_http(err, 400, "%s", text);
    }
    if (out->tag == HP_ARRAY) return hp_fail(err, HP_E_INVALID_KEY_NAME, "Invalid field name: 0.");
    if (out->tag != HP_OBJECT) {
        *out = hp_object();
        return hp_fail_http(err, 400, "The body must be a JSON object.");
    }
    return HP_OK;
}

/* ---- credentials ---- */

/* Unlike the keys, which are only compared, it is stored: bytes that are no text are nobody's name. */
static hp_str installation_of(const hp_http_request *rq)
{
    const hp_str id = hp_http_header_get(rq, HP_STR("X-Parse-Installation-Id"));
    return hp_str_utf8_valid(id) ? id : HP_STR_NONE;
}

static void read_headers(const hp_http_request *rq, hp_credentials *cred)
{
    *cred = (hp_credentials){
        .app_id = hp_http_header_get(rq, HP_STR("X-Parse-Application-Id")),
        .master_key = hp_http_header_get(rq, HP_STR("X-Parse-Master-Key")),
        .maintenance_key = hp_http_header_get(rq, HP_STR("X-Parse-Maintenance-Key")),
        .rest_api_key = hp_http_header_get(rq, HP_STR("X-Parse-REST-API-Key")),
        .javascript_key = hp_http_header_get(rq, HP_STR("X-Parse-Javascript-Key")),
        .client_key = hp_http_header_get(rq, HP_STR("X-Parse-Client-Key")),
        .dot_net_key = hp_http_header_get(rq, HP_STR("X-Parse-Windows-Key")),
        .session_token = hp_http_header_get(rq, HP_STR("X-Parse-Session-Token")),
        .installation_id = installation_of(rq),
    };
    cred->key_in_header = cred->master_key.len > 0 || cred->maintenance_key.len > 0;
}

/* Authorization: Basic base64(appId:secret), where secret is "javascript-key=<key>" or the master key. */
static void read_basic(const hp_http_request *rq, const hp_settings *settings, hp_credentials *cred)
{
    static const hp_str JS_KEY = HP_STR_INIT("javascript-key=");
    hp_str header = hp_http_header_get(rq, HP_STR("Authorization")), pair;
    if (header.len < 6 || !hp_str_eq_nocase(hp_str_sub(header, 0, 6), HP_STR("Basic "))) return;
    if (!hp_base64_decode(rq->mem, hp_str_trim(hp_str_sub(header, 6, header.len)), &pair)) return;
    size_t colon = hp_str_find_char(pair, ':', 0);
    if (colon == SIZE_MAX || hp_str_find_char(pair, ':', colon + 1) != SIZE_MAX) return;
    hp_str app_id = hp_str_sub(pair, 0, colon), secret = hp_str_sub(pair, colon + 1, pair.len);
    if (!hp_secret_equal(app_id, settings->app_id)) return;
    cred->app_id = app_id;
    if (hp_str_starts(secret, JS_KEY))
        cred->javascript_key = hp_str_sub(secret, JS_KEY.len, secret.len);
    else
        cred->master_key = secret;
}

/* Takes a member out of the body; it must be text where it says anything: null, false and 0 are as if it were not there. */
static hp_code take_text(hp_value *body, hp_str key, bool use, hp_str *into, hp_err *err)
{
    const hp_value *v = hp_object_get(body, key);
    if (v == NULL) return HP_OK;
    if (use && hp_truthy(v) && !hp_is(v, HP_STRING)) return hp_fail_http(err, 403, "unauthorized");
    if (use && hp_is(v, HP_STRING)) *into = v->string;
    (void)hp_object_remove(body, key);
    return HP_OK;
}

/* The body's credentials count only when the headers name no app we know; they are never data. */
static hp_code take_credentials(hp_value *body, const hp_settings *settings, hp_credentials *cred, hp_err *err)
{
    bool use = !hp_secret_equal(cred->app_id, settings->app_id);
    hp_str unused = HP_STR_NONE;
    /* A key of another app beside the name of ours: somebody mixed two up. */
    if (use && cred->master_key.len > 0 && !hp_secret_equal(cred->master_key, settings->master_key))
        return hp_fail_http(err, 403, "unauthorized");
    const struct {
        hp_str key;
        hp_str *into;
    } members[] = {
        { HP_STR("_ApplicationId"), &cred->app_id },           { HP_STR("_JavaScriptKey"), &cred->javascript_key },
        { HP_STR("_MasterKey"), &cred->master_key },           { HP_STR("_SessionToken"), &cred->session_token },
        { HP_STR("_InstallationId"), &cred->installation_id }, { HP_STR("_ContentType"), &unused },
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        HP_TRY(take_text(body, members[i].key, use, members[i].into, err));
    (void)hp_object_remove(body, HP_STR("_ClientVersion"));
    (void)hp_object_remove(body, HP_STR("_RevocableSession"));
    (void)hp_object_remove(body, HP_STR("_noBody"));
    return HP_OK;
}

/* ---- method and context ---- */

/* What is no text names no method: the request's own holds. */
static void take_method(const hp_http_request *rq, hp_value *body, hp_str *method)
{
    const hp_value *sent = hp_object_get(body, HP_STR("_method"));
    *method = hp_str_eq(rq->method, HP_STR("HEAD")) ? HP_STR("GET") : rq->method;
    if (hp_text(sent).len > 0 && hp_str_eq(rq->method, HP_STR("POST"))) *method = sent->string;
    (void)hp_object_remove(body, HP_STR("_method"));
}

static hp_code take_context(const hp_http_request *rq, hp_value *body, hp_value *context, hp_err *err)
{
    hp_str header = hp_http_header_get(rq, HP_STR("X-Parse-Cloud-Context"));
    const hp_value *sent = hp_object_get(body, HP_STR("_context"));
    hp_str text = hp_str_present(header) ? header : hp_truthy(sent) ? hp_text(sent) : HP_STR_NONE;
    *context = hp_is(sent, HP_OBJECT) ? *sent : hp_object();
    if (hp_str_present(text) &&
        (hp_json_read(text, HP_JSON_PARSE, rq->mem, context, err) != HP_OK || context->tag != HP_OBJECT))
        return hp_fail(err, HP_E_INVALID_JSON, "Invalid object for context.");
    if (!hp_str_present(text) && sent != NULL && sent->tag != HP_OBJECT && hp_truthy(sent))
        return hp_fail(err, HP_E_INVALID_JSON, "Invalid object for context.");
    (void)hp_object_remove(body, HP_STR("_context"));
    return HP_OK;
}

void hp_incoming_read_credentials(const hp_http_request *rq, const hp_settings *settings, hp_credentials *out)
{
    read_headers(rq, out);
    read_basic(rq, settings, out);
    out->peer = hp_ip_client(&settings->trusted_proxies, rq->peer, hp_http_header_all(rq, HP_STR("X-Forwarded-For")));
}

/* What was sent beside the content is refused where its type is wrong; the content itself has to be there. */
static hp_code read_file_json(const hp_http_request *rq, const hp_settings *settings, hp_incoming_file *out,
                              hp_err *err)
{
    hp_value body;
    hp_err unreadable;
    if (hp_json_read(rq->body, HP_JSON_PARSE, rq->mem, &body, &unreadable) != HP_OK || body.tag != HP_OBJECT)
        return hp_fail_http(err, 403, "unauthorized"); /* a file, and nobody said whose */
    const hp_value *type = hp_object_get(&body, HP_STR("_ContentType"));
    if (hp_truthy(type) && type->tag != HP_STRING) return hp_fail_http(err, 403, "unauthorized");
    if (hp_truthy(type)) out->content_type = type->string;
    HP_TRY(take_credentials(&body, settings, &out->cred, err)); /* moves the members that stay */
    HP_TRY(take_context(rq, &body, &out->context, err));
    const hp_value *content = hp_object_get(&body, HP_STR("base64"));
    if (hp_truthy(content) && content->tag != HP_STRING) return hp_fail_http(err, 403, "unauthorized");
    if (content != NULL && !hp_base64_decode(rq->mem, hp_text(content), &out->bytes))
        return hp_fail(err, HP_E_FILE_SAVE_ERROR, "Invalid file upload.");
    const hp_value *data = hp_object_get(&body, HP_STR("fileData"));
    if (data != NULL) out->data = *data;
    return HP_OK;
}

static hp_value file_of(hp_arena *mem, const hp_multipart_part *part)
{
    hp_value file = hp_object();
    if (hp_str_present(part->filename)) hp_object_append(mem, &file, HP_STR("filename"), hp_string(part->filename));
    hp_object_append(mem, &file, HP_STR("contentType"), hp_string(part->type));
    hp_object_append(mem, &file, HP_STR("data"),
                     (hp_value){ .tag = HP_BYTES, .bytes = hp_base64_encode(mem, part->bytes) });
    return file;
}

static bool is_text(const hp_multipart_part *part)
{
    return hp_str_utf8_valid(part->name) && hp_str_utf8_valid(part->filename) && hp_str_utf8_valid(part->type) &&
           (part->is_file || hp_str_utf8_valid(part->bytes));
}

hp_code hp_incoming_read_form(const hp_http_request *rq, hp_incoming *out, hp_err *err)
{
    const hp_str type = hp_http_header_get(rq, HP_STR("Content-Type"));
    hp_multipart form;
    hp_multipart_part part;
    bool more = true;

    if (!hp_multipart_is(type)) return HP_OK;
    HP_TRY(hp_multipart_open(type, rq->body, rq->mem, &form, err));
    for (;;) {
        HP_TRY(hp_multipart_next(&form, rq->mem, &part, &more, err));
        if (!more) return HP_OK;
        if (part.name.len == 0) continue;
        if (!is_text(&part))
            return hp_fail(err, HP_E_INVALID_JSON, "Invalid multipart request: a field is not valid UTF-8.");
        if (hp_object_get(&out->body, part.name) != NULL)
            return hp_fail(err, HP_E_INVALID_QUERY, "Parameter %" HP_STR_FMT " is given more than once.",
                           HP_STR_ARG(part.name));
        hp_object_append(rq->mem, &out->body, part.name,
                         part.is_file ? file_of(rq->mem, &part) : hp_string(part.bytes));
    }
}

hp_code hp_incoming_read_file(const hp_http_request *rq, const hp_settings *settings, hp_incoming_file *out,
                              hp_err *err)
{
    hp_value no_body = hp_object();
    *out = (hp_incoming_file){ .content_type = hp_http_header_all(rq, HP_STR("Content-Type")), .bytes = HP_STR("") };
    hp_incoming_read_credentials(rq, settings, &out->cred);
    if (rq->body.len > 0 && !hp_secret_equal(out->cred.app_id, settings->app_id))
        return read_file_json(rq, settings, out, err);
    out->bytes = rq->body;
    out->stream = hp_str_eq(hp_http_header_get(rq, HP_STR("X-Parse-Upload-Mode")), HP_STR("stream"));
    return take_context(rq, &no_body, &out->context, err);
}

/* The master key opens everything and a cookie whatever it is for; a session token is the caller's own, who is named. */
static hp_value headers_for_hooks(const hp_http_request *rq)
{
    static const hp_str SECRET[] = { HP_STR_INIT("x-parse-master-key"),
                                     HP_STR_INIT("x-parse-maintenance-key"),
                                     HP_STR_INIT("authorization"),
                                     HP_STR_INIT("proxy-authorization"),
                                     HP_STR_INIT("cookie"),
                                     HP_STR_INIT("x-parse-session-token"),
                                     HP_STR_INIT("x-homeport-depth") };
    hp_value out = hp_object();
    for (size_t i = 0; i < rq->header_count; i++) {
        bool secret = false;
        for (size_t k = 0; k < sizeof SECRET / sizeof *SECRET; k++)
            secret = secret || hp_str_eq_nocase(rq->headers[i].name, SECRET[k]);
        if (secret) continue;
        char *name = hp_arena_cstr(rq->mem, rq->headers[i].name);
        for (char *c = name; *c != '\0'; c++)
            if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
        if (hp_str_utf8_valid(rq->headers[i].value))
            hp_object_set(rq->mem, &out, hp_str_of(name), hp_string(rq->headers[i].value));
    }
    return out;
}

hp_code hp_incoming_read(const hp_http_request *rq, const hp_settings *settings, hp_incoming *out, hp_err *err)
{
    *out = (hp_incoming){ .method = rq->method, .context = hp_object() };
    hp_incoming_read_credentials(rq, settings, &out->cred);
    out->headers = headers_for_hooks(rq);
    out->depth = hp_depth_read(settings, rq);
    HP_TRY(read_body(rq, &out->body, err));
    HP_TRY(read_pairs(rq->mem, rq->query, &out->query, err));
    take_method(rq, &out->body, &out->method);
    HP_TRY(take_credentials(&out->body, settings, &out->cred, err));
    return take_context(rq, &out->body, &out->context, err);
}

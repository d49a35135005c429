#include "rest/pages.h"

#include "base/url.h"
#include "core/call.h"
#include "core/file_name.h"
#include "core/user_mail.h"
#include "rest/error_body.h"
#include "rest/incoming.h"
#include "rest/page_template.h"
#include "rest/page_text.h"
#include "rest/rate.h"

enum { SEGMENTS_MAX = 6, LOCALE_BYTES_MAX = 35 };

typedef struct visit { /* one request for a page */
    const hp_settings *settings;
    const hp_http_request *rq;
    hp_http_reply *rp;
    hp_incoming in;
    hp_call *call; /* master rights; the token is what counts */
    bool post;
    const char *base; /* hp_page_write */
    hp_str locale;    /* absent: none, or none that is one */
    bool *own;        /* set: what is answered is a page of the app's own */
} visit;

/* ---- what came in ---- */

/* The value of a parameter, if it is a text and not empty. */
static hp_str param(const hp_value *from, const char *name)
{
    const hp_str text = hp_object_text(from, hp_str_of(name));
    return text.len > 0 ? text : HP_STR_NONE;
}

/* Language and subtags: "de", "zh-Hans-CN". */
static bool is_locale(hp_str text)
{
    hp_str rest = text, part;
    for (bool first = true; hp_str_split(&rest, '-', &part); first = false) {
        if (part.len < 2 || part.len > (first ? 3 : 8)) return false;
        for (size_t i = 0; i < part.len; i++) {
            const char c = part.ptr[i];
            const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (!letter && (first || c < '0' || c > '9')) return false;
        }
    }
    return text.len >= 2 && text.len <= LOCALE_BYTES_MAX;
}

static hp_str read_locale(const visit *v)
{
    hp_str text = param(&v->in.query, "locale");
    if (!hp_str_present(text)) text = param(&v->in.body, "locale");
    if (!hp_str_present(text)) text = hp_http_header_get(v->rq, HP_STR("X-Parse-Page-Param-Locale"));
    return is_locale(text) ? text : HP_STR_NONE;
}

static bool is_script(const visit *v)
{
    return hp_str_eq_nocase(hp_http_header_get(v->rq, HP_STR("X-Requested-With")), HP_STR("XMLHttpRequest"));
}

/* ---- answers ---- */

/* A header takes no control characters, and of others only ASCII. */
static hp_str header_value(const visit *v, hp_str text)
{
    bool ascii = !v->settings->pages.encode_headers;
    char *copy = hp_arena_cstr(v->rq->mem, text);
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.ptr[i];
        ascii = ascii && c < 0x80;
        if (c >= ' ' && c != 0x7F) copy[len++] = text.ptr[i];
    }
    const hp_str clean = { copy, len };
    return ascii ? clean : hp_url_encode(v->rq->mem, clean);
}

typedef struct named {
    const char *name;
    hp_str value;
} named;

enum { PARAM_COUNT = 6 };

static void list_params(const hp_page_params *p, named out[PARAM_COUNT])
{
    const named all[PARAM_COUNT] = {
        { "token", p->token },
        { "appId", p->app_id },
        { "error", p->error },
        { "appName", p->app_name },
        { "publicServerUrl", p->public_server_url },
        { "locale", p->locale },
    };
    memcpy(out, all, sizeof all);
}

/* Whoever has to understand the answer without reading HTML finds the parameters here too. */
static void add_param_headers(const visit *v, const hp_page_params *p)
{
    named all[PARAM_COUNT];
    list_params(p, all);
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (!hp_str_present(all[i].value)) continue;
        hp_str name = hp_arena_printf(v->rq->mem, "x-parse-page-param-%s", all[i].name);
        char *lower = hp_arena_cstr(v->rq->mem, name);
        for (char *c = lower; *c != '\0'; c++)
            if (*c >= 'A' && *c <= 'Z') *c = (char)(*c - 'A' + 'a');
        hp_reply_header(v->rp, (hp_str){ lower, name.len }, header_value(v, all[i].value));
    }
}

/* A page that is shown inside a frame of the app's own is shown there and nowhere else. */
static hp_str frame_ancestors(const visit *v)
{
    const hp_str url = v->settings->pages.frame_url;
    if (!hp_str_present(url)) return HP_STR("'none'");
    const size_t host = hp_str_find_char(url, ':', 0) + 3;
    return hp_str_sub(url, 0, hp_str_find_char(url, '/', host));
}

/* The address of a page holds its token: it is kept from caches and from other sites. Pages of the app's own may have scripts
 * and styles from wherever the app likes. */
static void add_safety_headers(const visit *v)
{
    const char *may = *v->own ? "object-src 'none'" : "default-src 'none'; style-src 'self'; form-action 'self'";
    const hp_str policy = hp_arena_printf(v->rq->mem, "%s; base-uri 'none'; frame-ancestors %" HP_STR_FMT, may,
                                          HP_STR_ARG(frame_ancestors(v)));
    hp_reply_header(v->rp, HP_STR("Content-Security-Policy"), policy);
    hp_reply_header(v->rp, HP_STR("X-Content-Type-Options"), HP_STR("nosniff"));
    hp_reply_header(v->rp, HP_STR("Referrer-Policy"), HP_STR("no-referrer"));
    hp_reply_header(v->rp, HP_STR("Cache-Control"), HP_STR("no-store"));
}

static void redirect(const visit *v, hp_str url, const hp_page_params *p)
{
    hp_arena *mem = v->rq->mem;
    named all[PARAM_COUNT];
    char mark = hp_str_find_char(url, '?', 0) == SIZE_MAX ? '?' : '&';

    list_params(p, all);
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        if (!hp_str_present(all[i].value)) continue;
        url = hp_arena_printf(mem, "%" HP_STR_FMT "%c%s=%" HP_STR_FMT, HP_STR_ARG(url), mark, all[i].name,
                              HP_STR_ARG(hp_url_encode(mem, all[i].value)));
        mark = '&';
    }
    v->rp->status = 303;
    v->rp->content_type = HP_STR("text/html; charset=utf-8");
    hp_reply_header(v->rp, HP_STR("Location"), url);
}

static void not_found(const visit *v)
{
    v->rp->status = 404;
    v->rp->content_type = HP_STR("text/html; charset=utf-8");
    hp_buf_add_lit(&v->rp->body, "Not found.");
}

/* ---- pages of the app's own ---- */

static const hp_page_file *find_file(const visit *v, hp_str folder, hp_str name)
{
    const hp_pages_settings *pages = &v->settings->pages;
    if (hp_str_present(folder))
        name = hp_arena_printf(v->rq->mem, "%" HP_STR_FMT "/%" HP_STR_FMT, HP_STR_ARG(folder), HP_STR_ARG(name));
    for (size_t i = 0; i < pages->file_count; i++)
        if (hp_str_eq(pages->files[i].name, name)) return &pages->files[i];
    return NULL;
}

/* The page in the visitor's locale, or his language, or neither; NULL: the app has none. *folder: where it was found. */
static const hp_page_file *find_localized(const visit *v, hp_str name, hp_str *folder)
{
    const hp_str language = hp_str_sub(v->locale, 0, hp_str_find_char(v->locale, '-', 0));
    const hp_str folders[] = { v->locale, language };
    for (size_t i = 0; v->settings->pages.localize && hp_str_present(v->locale) && i < 2; i++) {
        const hp_page_file *file = find_file(v, folders[i], name);
        *folder = folders[i];
        if (file != NULL) return file;
    }
    *folder = HP_STR_NONE;
    return find_file(v, HP_STR_NONE, name);
}

/* The texts for the visitor's locale, his language, or the fallback; NULL: none. */
static const hp_value *find_translation(const visit *v)
{
    const hp_pages_settings *pages = &v->settings->pages;
    const hp_str locale = hp_str_present(v->locale) ? v->locale : pages->fallback_locale;
    const hp_str choices[] = { locale, hp_str_sub(locale, 0, hp_str_find_char(locale, '-', 0)),
                               pages->fallback_locale };
    if (!pages->localize) return NULL;
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        const hp_value *resource = hp_object_get(&pages->translations, choices[i]);
        if (resource != NULL) return hp_object_get(resource, HP_STR("translation"));
    }
    return NULL;
}

static void show_own(const visit *v, const hp_page_file *file, const hp_page_params *p)
{
    hp_value params = hp_object();
    named all[PARAM_COUNT];
    list_params(p, all);
    for (size_t i = 0; i < PARAM_COUNT; i++)
        if (hp_str_present(all[i].value))
            hp_object_append(v->rq->mem, &params, hp_str_of(all[i].name), hp_string(all[i].value));
    const hp_template_values values = { .translation = find_translation(v),
                                        .placeholders = &v->settings->pages.placeholders,
                                        .params = &params };
    *v->own = true;
    hp_template_render(&v->rp->body, file->bytes, &values);
}

/* The app's own page, or else the built-in one. */
static void show(const visit *v, const hp_page *page, const hp_page_file *own, const hp_page_params *p)
{
    v->rp->status = 200;
    v->rp->content_type = HP_STR("text/html; charset=utf-8");
    if (own != NULL)
        show_own(v, own, p);
    else
        hp_page_write(&v->rp->body, page, p, v->base);
}

static hp_page_params own_params(const visit *v)
{
    return (hp_page_params){ .app_id = v->settings->app_id,
                             .app_name = v->settings->app_name,
                             .public_server_url = v->settings->public_server_url,
                             .locale = v->locale };
}

typedef enum way { WAY_USUAL, WAY_CONTENT } way; /* usual: a GET is answered with the page, a POST with a redirect */

static void go_to(const visit *v, const hp_page *page, hp_str token, hp_str error, way how)
{
    const hp_pages_settings *pages = &v->settings->pages;
    const hp_str own = hp_object_text(&pages->custom_urls, hp_str_of(page->id));
    hp_page_params p = own_params(v);
    hp_str folder;
    const hp_page_file *file = find_localized(v, hp_str_of(page->file), &folder);

    if (!v->settings->email.links) {
        not_found(v);
        return;
    }
    p.token = token;
    p.error = error;
    if (hp_str_present(own))
        redirect(v, own, &p);
    else if (pages->force_redirect || (v->post && how == WAY_USUAL))
        redirect(v,
                 hp_arena_printf(v->rq->mem, "%" HP_STR_FMT "/%" HP_STR_FMT "/%" HP_STR_FMT "%s%s",
                                 HP_STR_ARG(p.public_server_url), HP_STR_ARG(pages->endpoint), HP_STR_ARG(folder),
                                 hp_str_present(folder) ? "/" : "", page->file),
                 &p);
    else
        show(v, page, file, &p);
    add_param_headers(v, &p);
}

/* ---- the links ---- */

/* What is no answer about the link but a failure of ours. */
static bool is_failure(const hp_err *err) { return err->code == HP_E_INTERNAL || err->http != 0; }

static void fail(const visit *v, const hp_err *err) { hp_rest_answer_error(v->settings, v->rq, err, v->rp); }

static void verify_email(const visit *v)
{
    hp_err err = { 0 };
    const hp_str token = param(&v->in.query, "token");

    const hp_code rc = hp_users_verify_email(v->call, token, &err);
    if (rc != HP_OK && is_failure(&err)) {
        fail(v, &err);
        return;
    }
    go_to(v, rc == HP_OK ? &HP_PAGE_VERIFICATION_SUCCESS : &HP_PAGE_VERIFICATION_LINK_INVALID, HP_STR_NONE, HP_STR_NONE,
          WAY_USUAL);
}

static void resend(const visit *v)
{
    hp_err err = { 0 };
    const hp_str username = param(&v->in.body, "username"), token = param(&v->in.body, "token");

    if (!hp_str_present(username) && !hp_str_present(token)) {
        go_to(v, &HP_PAGE_VERIFICATION_LINK_INVALID, HP_STR_NONE, HP_STR_NONE, WAY_USUAL);
        return;
    }
    const hp_code rc = hp_users_resend_verification(v->call, username, token, &err);
    if (rc != HP_OK && is_failure(&err)) {
        fail(v, &err);
        return;
    }
    const bool sent = rc == HP_OK || v->settings->email.verify_hides_unknown;
    go_to(v, sent ? &HP_PAGE_VERIFICATION_SEND_SUCCESS : &HP_PAGE_VERIFICATION_SEND_FAIL, HP_STR_NONE, HP_STR_NONE,
          WAY_USUAL);
}

static void show_reset_form(const visit *v)
{
    hp_err err = { 0 };
    const hp_str token = param(&v->in.query, "token");

    const hp_code rc = hp_users_check_reset_token(v->call, token, &err);
    if (rc == HP_OK)
        go_to(v, &HP_PAGE_PASSWORD_RESET, token, HP_STR_NONE, WAY_USUAL);
    else if (is_failure(&err))
        fail(v, &err);
    else
        go_to(v, &HP_PAGE_PASSWORD_RESET_LINK_INVALID, HP_STR_NONE, HP_STR_NONE, WAY_USUAL);
}

static void choose_password(const visit *v)
{
    go_to(v, &HP_PAGE_PASSWORD_RESET, param(&v->in.query, "token"), HP_STR_NONE, WAY_USUAL);
}

/* The answer for a script: JSON. */
static void answer_script(const visit *v, hp_code rc, hp_err *err)
{
    const hp_value done = hp_string(HP_STR("Password successfully reset"));
    if (rc == HP_OK) {
        hp_rest_answer_json(v->rp, 200, &done);
        return;
    }
    if (!is_failure(err) && rc != HP_E_PASSWORD_MISSING) err->code = HP_E_OTHER_CAUSE;
    fail(v, err);
}

static hp_code set_password(const visit *v, hp_str token, hp_str password, hp_err *err)
{
    const hp_str again = hp_object_text(&v->in.body, HP_STR("confirm_new_password"));

    if (!hp_str_present(token)) return hp_fail(err, HP_E_OTHER_CAUSE, "Missing token");
    if (!hp_str_present(password)) return hp_fail(err, HP_E_PASSWORD_MISSING, "Missing password");
    if (hp_str_present(again) && !hp_str_eq(again, password))
        return hp_fail(err, HP_E_OTHER_CAUSE, "The two passwords are not the same");
    return hp_users_reset_password(v->call, token, password, err);
}

static void reset_password(const visit *v)
{
    hp_err err = { 0 };
    const hp_str token = param(&v->in.body, "token"), password = param(&v->in.body, "new_password");

    const hp_code rc = set_password(v, token, password, &err);
    if (is_script(v))
        answer_script(v, rc, &err);
    else if (rc == HP_OK)
        go_to(v, &HP_PAGE_PASSWORD_RESET_SUCCESS, HP_STR_NONE, HP_STR_NONE, WAY_CONTENT);
    else if (is_failure(&err))
        fail(v, &err);
    else if (!hp_str_present(token) || !hp_str_present(password))
        go_to(v, &HP_PAGE_PASSWORD_RESET_LINK_INVALID, HP_STR_NONE, HP_STR_NONE, WAY_USUAL);
    else
        go_to(v, &HP_PAGE_PASSWORD_RESET, token, hp_str_of(err.msg), WAY_CONTENT);
}

/* What cannot be read is a link that was not copied whole. */
static void answer_unreadable(const visit *v, bool about_password)
{
    go_to(v, about_password ? &HP_PAGE_PASSWORD_RESET_LINK_INVALID : &HP_PAGE_VERIFICATION_LINK_INVALID, HP_STR_NONE,
          HP_STR_NONE, WAY_USUAL);
}

/* ---- files ---- */

/* What is no page: pictures, styles, scripts of the app's own. */
static void serve_bytes(const visit *v, const hp_page_file *file)
{
    const hp_media_type *type = hp_media_type_of_name(file->name);
    v->rp->status = 200;
    v->rp->content_type = type == NULL ? HP_STR("application/octet-stream") : hp_str_of(type->type);
    *v->own = true;
    hp_buf_add(&v->rp->body, file->bytes);
}

static void serve_file(const visit *v, hp_str name)
{
    const hp_page *page = hp_page_by_file(name);
    const hp_page_file *own = find_file(v, HP_STR_NONE, name);
    hp_page_params p = { .locale = v->locale };

    if (own == NULL && page != NULL) own = find_file(v, HP_STR_NONE, hp_str_of(page->file));
    if (own != NULL && !hp_str_ends(own->name, HP_STR(".html"))) {
        serve_bytes(v, own);
        return;
    }
    if (own == NULL && hp_str_eq(name, HP_STR("page.css"))) {
        v->rp->status = 200;
        v->rp->content_type = HP_STR("text/css; charset=utf-8");
        hp_buf_add(&v->rp->body, HP_PAGE_STYLE);
        return;
    }
    if (page == NULL && own == NULL) {
        not_found(v);
        return;
    }
    if (hp_str_eq(param(&v->in.query, "appId"), v->settings->app_id)) p = own_params(v);
    show(v, page, own, &p);
    add_param_headers(v, &p);
}

/* ---- the door ---- */

typedef struct page_route {
    const char *word; /* the last part of the path */
    bool post, about_password;
    void (*visit)(const visit *v);
} page_route;

static const page_route ROUTES[] = {
    { "verify_email", false, false, verify_email },
    { "resend_verification_email", true, false, resend },
    { "request_password_reset", false, true, show_reset_form },
    { "request_password_reset", true, true, reset_password },
};
static const page_route CHOOSE_PASSWORD = { "choose_password", false, true, choose_password };

/* The decoded parts of the path; 0 for one that has none, too many, or one that does not decode. */
static size_t split_path(hp_arena *mem, hp_str path, hp_str parts[SEGMENTS_MAX])
{
    size_t count = 0;
    hp_str part, rest = hp_str_sub(path, 1, SIZE_MAX);
    if (hp_str_ends(rest, HP_STR("/"))) rest.len--;
    while (hp_str_split(&rest, '/', &part)) {
        if (count == SEGMENTS_MAX || !hp_url_decode(mem, part, false, &parts[count])) return 0;
        count++;
    }
    return count;
}

static const page_route *find_route(const hp_str *parts, size_t count, bool post)
{
    if (count == 2 && !post && hp_str_eq_nocase(parts[1], HP_STR("choose_password"))) return &CHOOSE_PASSWORD;
    for (size_t i = 0; count == 3 && i < sizeof ROUTES / sizeof *ROUTES; i++)
        if (ROUTES[i].post == post && hp_str_eq_nocase(parts[2], hp_str_of(ROUTES[i].word))) return &ROUTES[i];
    return NULL;
}

/* What follows the endpoint. */
static hp_str joined(hp_arena *mem, const hp_str *parts, size_t count)
{
    hp_str name = parts[1];
    for (size_t i = 2; i < count; i++)
        name = hp_arena_printf(mem, "%" HP_STR_FMT "/%" HP_STR_FMT, HP_STR_ARG(name), HP_STR_ARG(parts[i]));
    return name;
}

static bool names_app(const visit *v, const hp_str *parts, size_t count)
{
    hp_str id = count == 3 ? parts[1] : param(&v->in.query, "appId");
    if (!hp_str_present(id)) id = param(&v->in.query, "id");
    return hp_str_eq(id, v->settings->app_id);
}

static void unauthorized(const visit *v)
{
    hp_err err = { 0 };
    HP_IGNORE(hp_fail_http(&err, 403, "unauthorized"));
    fail(v, &err);
}

/* Counted as what it is, a stranger's request: `call` has the rights of the server. */
static hp_code admit(const visit *v, const page_route *route, hp_call *call, hp_err *err)
{
    const hp_str endpoint = v->settings->pages.endpoint, app_id = v->settings->app_id;
    const hp_rate_request counted = {
        .path = route == &CHOOSE_PASSWORD
                    ? hp_arena_printf(call->mem, "/%" HP_STR_FMT "/%s", HP_STR_ARG(endpoint), route->word)
                    : hp_arena_printf(call->mem, "/%" HP_STR_FMT "/%" HP_STR_FMT "/%s", HP_STR_ARG(endpoint),
                                      HP_STR_ARG(app_id), route->word),
        .methods = v->post ? HP_RATE_POST : HP_RATE_GET,
        .nobody = true,
    };
    hp_call stranger = *call;
    hp_rate_state state;
    stranger.who = (hp_principal){ .access = HP_ACCESS_CLIENT };
    const hp_code rc = hp_rate_limit_admit(&stranger, &counted, HP_STR_NONE, &state, err);
    hp_rest_rate_headers(&state, call->mem, v->rp);
    return rc;
}

static void run(hp_core *core, visit *v, const page_route *route)
{
    hp_call call;
    hp_err err = { 0 };
    hp_call_open_internal(core, v->rq->mem, &call);
    call.ip = v->in.cred.peer;
    call.request_id = v->rq->id;
    v->call = &call;
    if (admit(v, route, &call, &err) == HP_OK) {
        route->visit(v);
    } else {
        fail(v, &err);
        v->rp->status = HP_REST_TOO_MANY;
    }
    hp_call_close(&call);
}

bool hp_pages_handle(hp_core *core, const hp_settings *settings, hp_http_request *rq, hp_str path, hp_http_reply *rp)
{
    hp_str parts[SEGMENTS_MAX];
    const bool post = hp_str_eq(rq->method, HP_STR("POST"));
    bool own = false;
    hp_err err = { 0 };

    if (!hp_str_starts(path, HP_STR("/")) || (!post && !hp_str_eq(rq->method, HP_STR("GET")))) return false;
    const size_t count = split_path(rq->mem, path, parts);
    if (count < 2 || !hp_str_eq_nocase(parts[0], settings->pages.endpoint)) return false;
    const page_route *route = find_route(parts, count, post);
    if (route == NULL && post) return false;

    visit v = { .settings = settings, .rq = rq, .rp = rp, .post = post, .base = count == 3 ? "../" : "", .own = &own };
    const hp_code rc = hp_incoming_read(rq, settings, &v.in, &err);
    v.locale = read_locale(&v);
    if (route == NULL) {
        serve_file(&v, joined(rq->mem, parts, count));
    } else if (!names_app(&v, parts, count)) {
        unauthorized(&v);
    } else if (rc != HP_OK) {
        answer_unreadable(&v, route->about_password);
    } else {
        run(core, &v, route);
    }
    add_safety_headers(&v);
    return true;
}

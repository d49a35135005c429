#include "rest/rest.h"

static const char METHODS[] = "GET,PUT,POST,DELETE,OPTIONS";
/* Parse Server's list and what its SDKs send besides. */
static const char HEADERS[] =
    "X-Parse-Master-Key, X-Parse-REST-API-Key, X-Parse-Javascript-Key, X-Parse-Application-Id, X-Parse-Client-Version, "
    "X-Parse-Session-Token, X-Requested-With, X-Parse-Revocable-Session, X-Parse-Request-Id, Content-Type, Pragma, "
    "Cache-Control, X-Parse-Installation-Id, X-Parse-Client-Key, X-Parse-Cloud-Context, X-Parse-Upload-Mode, "
    "X-Parse-File-Directory, X-Parse-File-Metadata, X-Parse-File-Tags, X-Parse-File-Max-Upload-Size";
static const char EXPOSED[] = "X-Parse-Job-Status-Id, X-Parse-Push-Status-Id";

/* The request's origin where it is on the list, else the first of the list; "*" without one. */
static hp_str allowed_origin(const hp_settings *settings, const hp_http_request *rq)
{
    hp_str origin = hp_http_header_get(rq, HP_STR("Origin"));
    if (settings->allow_origin.count == 0) return HP_STR("*");
    for (size_t i = 0; i < settings->allow_origin.count; i++)
        if (hp_str_eq(settings->allow_origin.items[i], origin)) return origin;
    return settings->allow_origin.items[0];
}

static hp_str allowed_headers(const hp_settings *settings, hp_arena *mem)
{
    hp_str all = hp_str_of(HEADERS);
    for (size_t i = 0; i < settings->allow_headers.count; i++)
        all = hp_arena_printf(mem, "%" HP_STR_FMT ", %" HP_STR_FMT, HP_STR_ARG(all),
                              HP_STR_ARG(settings->allow_headers.items[i]));
    return all;
}

void hp_rest_cors(const hp_settings *settings, const hp_http_request *rq, hp_http_reply *rp)
{
    hp_reply_header(rp, HP_STR("Access-Control-Allow-Origin"), allowed_origin(settings, rq));
    if (settings->allow_origin.count > 1) hp_reply_header(rp, HP_STR("Vary"), HP_STR("Origin"));
    hp_reply_header(rp, HP_STR("Access-Control-Allow-Methods"), hp_str_of(METHODS));
    hp_reply_header(rp, HP_STR("Access-Control-Allow-Headers"), allowed_headers(settings, rq->mem));
    hp_reply_header(rp, HP_STR("Access-Control-Expose-Headers"), hp_str_of(EXPOSED));
}

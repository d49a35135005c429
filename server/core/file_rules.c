#include "core/file_rules.h"

#include "core/file_name.h"
#include "query/regex.h"

/* The caller as the three switches of an option see him, or NULL for one who needs no permission. */
static const char *caller(const hp_call *call, const hp_file_access *access, bool *allowed)
{
    const hp_principal *who = &call->who;
    *allowed = true;
    if (who->access == HP_ACCESS_MASTER || who->access == HP_ACCESS_MAINTENANCE) return NULL;
    if (who->user == NULL) {
        *allowed = access->for_public;
        return "public";
    }
    const hp_value *providers = hp_object_get(&who->user->fields, HP_STR("authData"));
    if (!hp_is_null(hp_object_get(providers, HP_STR("anonymous")))) {
        *allowed = access->for_anonymous_users;
        return "anonymous user";
    }
    *allowed = access->for_users;
    return "authenticated user";
}

hp_code hp_file_may_upload(const hp_call *call, hp_err *err)
{
    bool allowed;
    const char *who = caller(call, &call->settings->file_upload.access, &allowed);
    if (allowed) return HP_OK;
    return hp_fail(err, HP_E_FILE_SAVE_ERROR, "File upload by %s is disabled.", who);
}

hp_code hp_file_may_download(const hp_call *call, hp_err *err)
{
    bool allowed;
    const char *who = caller(call, &call->settings->file_download, &allowed);
    if (allowed || hp_call_unrestricted(call)) return HP_OK;
    return hp_fail(err, HP_E_OPERATION_FORBIDDEN, "File download by %s is disabled.", who);
}

/* ---- extensions ---- */

static bool extension_allowed(const hp_settings *s, hp_str extension)
{
    for (size_t i = 0; i < s->file_upload.extension_count; i++)
        if (hp_regex_matches(s->file_upload.extensions[i], extension)) return true;
    return s->file_upload.any_extension;
}

static hp_code refuse(hp_str extension, hp_err *err)
{
    return hp_fail(err, HP_E_FILE_SAVE_ERROR, "File upload of extension %" HP_STR_FMT " is disabled.",
                   HP_STR_ARG(extension));
}

/* A name may hold blanks: "a.ht ml" is not another type than a.html to everybody. */
static hp_str without_blanks(hp_str text, char room[HP_FILE_NAME_BYTES_MAX])
{
    size_t len = 0;
    for (size_t i = 0; i < text.len && len < HP_FILE_NAME_BYTES_MAX; i++)
        if (text.ptr[i] != ' ') room[len++] = text.ptr[i];
    return (hp_str){ room, len };
}

hp_code hp_file_type_allowed(const hp_settings *settings, hp_str name, hp_str content_type, hp_err *err)
{
    char room[HP_FILE_NAME_BYTES_MAX];
    const hp_str extension = without_blanks(hp_file_extension(name), room);
    hp_str type, subtype, bare;

    if (settings->file_upload.any_extension) return HP_OK;
    if (extension.len > 0 && !extension_allowed(settings, extension)) return refuse(extension, err);
    if (content_type.len == 0 || hp_media_type_of_name(name) != NULL) return HP_OK;
    if (hp_media_type_split(content_type, &type, &subtype))
        return extension_allowed(settings, subtype) ? HP_OK : refuse(subtype, err);
    (void)hp_str_split(&content_type, ';', &bare); /* "svg" without a slash */
    (void)hp_str_split(&bare, '/', &type);
    type = without_blanks(hp_str_sub(type, 0, HP_FILE_NAME_BYTES_MAX), room);
    if (type.len > 0 && !extension_allowed(settings, type)) return refuse(type, err);
    return hp_fail(err, HP_E_FILE_SAVE_ERROR, "Invalid Content-Type.");
}

/* ---- URLs in objects ---- */

static bool char_in(char c, const char *set) { return strchr(set, c) != NULL && c != '\0'; }

/* The host of an absolute URL as a browser would find it. False for what is none, and for anything where two readers could
 * disagree about the host: credentials, backslashes, control characters. */
static bool host_of(hp_str url, hp_str *host)
{
    const size_t colon = hp_str_find_char(url, ':', 0);
    if (colon == SIZE_MAX || colon == 0) return false;
    for (size_t i = 0; i < url.len; i++)
        if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == '\\' || url.ptr[i] == 0x7F) return false;
    hp_str rest = hp_str_sub(url, colon + 1, url.len);
    if (!hp_str_starts(rest, HP_STR("//"))) return false;
    rest = hp_str_sub(rest, 2, rest.len);
    size_t len = 0;
    while (len < rest.len && !char_in(rest.ptr[len], "/?#")) len++;
    *host = hp_str_sub(rest, 0, len);
    if (host->len == 0 || hp_str_find_char(*host, '@', 0) != SIZE_MAX || hp_str_find_char(*host, '%', 0) != SIZE_MAX)
        return false;
    if (host->ptr[0] == '[') {
        const size_t end = hp_str_find_char(*host, ']', 0);
        if (end == SIZE_MAX) return false;
        *host = hp_str_sub(*host, 0, end + 1);
    } else {
        *host = hp_str_sub(*host, 0, hp_str_find_char(*host, ':', 0));
    }
    return host->len > 0;
}

static bool domain_matches(hp_str domain, hp_str host)
{
    if (hp_str_eq_nocase(domain, host)) return true;
    if (!hp_str_starts(domain, HP_STR("*."))) return false;
    const hp_str tail = hp_str_sub(domain, 1, domain.len);
    return host.len > tail.len && hp_str_eq_nocase(hp_str_sub(host, host.len - tail.len, tail.len), tail);
}

static hp_code url_allowed(const hp_settings *s, hp_str url, hp_err *err)
{
    hp_str host;
    if (url.len == 0) return HP_OK;
    if (!host_of(url, &host)) return hp_fail(err, HP_E_FILE_SAVE_ERROR, "Invalid file URL.");
    for (size_t i = 0; i < s->file_upload.url_domains.count; i++)
        if (domain_matches(s->file_upload.url_domains.items[i], host)) return HP_OK;
    return hp_fail(err, HP_E_FILE_SAVE_ERROR, "File URL domain '%" HP_STR_FMT "' is not allowed.", HP_STR_ARG(host));
}

hp_code hp_file_urls_allowed(const hp_settings *settings, const hp_value *v, hp_err *err)
{
    const hp_str_list *domains = &settings->file_upload.url_domains;
    for (size_t i = 0; i < domains->count; i++)
        if (hp_str_eq(domains->items[i], HP_STR("*"))) return HP_OK;
    if (hp_is(v, HP_FILE)) return url_allowed(settings, v->file.url, err);
    if (hp_is(v, HP_ARRAY))
        for (uint32_t i = 0; i < v->array.count; i++) HP_TRY(hp_file_urls_allowed(settings, &v->array.items[i], err));
    if (hp_is(v, HP_OBJECT))
        for (uint32_t i = 0; i < v->object.count; i++)
            HP_TRY(hp_file_urls_allowed(settings, &v->object.items[i].value, err));
    return HP_OK;
}

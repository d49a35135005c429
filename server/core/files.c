/* core/files.c — one upload, one download, one deletion.
 *
 *   1. Permission and name come before cloud code, and are asked again for what cloud code changed: a trigger may choose
 *      another name, never one that the rules refuse.
 *   2. The type a file is served with comes from its name and one list of types, never from what was sent with it and never
 *      from its content: core/file_name.h. All are sent with headers that keep a browser from guessing or running.
 *   3. beforeFind and afterFind stand before every way to a file's content or metadata. */
#include "core/files.h"

#include <unistd.h>

#include "auth/digest.h"
#include "core/core_internal.h"
#include "core/denied_keywords.h"
#include "core/file_name.h"
#include "core/file_rules.h"
#include "core/serialise.h"
#include "core/trigger.h"
#include "services/file_storage.h"
#include "value/json.h"

static const hp_str FILES = HP_STR_INIT("@File");

static hp_file_storage *storage(const hp_call *call) { return call->core->parts.files; }

static hp_str key_of(hp_call *call, hp_str name) { return hp_digest_sha256_hex(call->mem, name); }

static hp_code run(hp_call *call, hp_trigger trigger, hp_value *file, hp_str bytes, hp_err *err)
{
    hp_hook_request rq;
    if (!hp_hooks_has_trigger(call->core->parts.hooks, trigger, FILES)) return HP_OK;
    hp_trigger_request(call, trigger, FILES, &rq);
    rq.object = file;
    rq.file_bytes = bytes;
    return hp_hooks_run_trigger(call->core->parts.hooks, &rq, err);
}

static void set(hp_call *call, hp_value *o, const char *key, hp_value v)
{
    hp_object_set(call->mem, o, hp_str_of(key), v);
}

static hp_value object_or_empty(const hp_value *v) { return hp_is(v, HP_OBJECT) ? *v : hp_object(); }

/* ---- upload ---- */

static hp_code check_upload(const hp_call *call, const hp_file_upload *up, hp_err *err)
{
    if (call->who.access == HP_ACCESS_READ_ONLY) {
        const hp_code rc = hp_fail_http(err, 403, "read-only masterKey isn't allowed to create a file.");
        err->permission = true;
        return rc;
    }
    HP_TRY(hp_file_may_upload(call, err));
    HP_TRY(hp_file_name_check(up->name, err));
    const bool master = call->who.access == HP_ACCESS_MASTER;
    if (!master) HP_TRY(hp_file_type_allowed(call->settings, up->name, up->content_type, err));
    if (up->directory != NULL) {
        if (!master) return hp_fail(err, HP_E_OPERATION_FORBIDDEN, "Directory can only be set using the Master Key.");
        if (up->directory->tag != HP_STRING) return hp_fail(err, HP_E_INVALID_FILE_NAME, "Directory must be a string.");
        HP_TRY(hp_file_directory_check(up->directory->string, err));
    }
    if (up->bytes.len == 0 && !up->may_be_empty) return hp_fail(err, HP_E_FILE_SAVE_ERROR, "Invalid file upload.");
    if (up->metadata != NULL) HP_TRY(hp_denied_keywords_check(call->settings, up->metadata, call->mem, err));
    if (up->tags != NULL) HP_TRY(hp_denied_keywords_check(call->settings, up->tags, call->mem, err));
    return HP_OK;
}

/* What beforeSave sees, and may change. */
static hp_value describe(hp_call *call, const hp_file_upload *up)
{
    const hp_media_type *known = hp_media_type_of_name(up->name);
    hp_value file = hp_object(), metadata = object_or_empty(up->metadata), tags = object_or_empty(up->tags);
    set(call, &file, "name", hp_string(up->name));
    set(call, &file, "size", hp_number((double)up->bytes.len));
    if (known != NULL)
        set(call, &file, "contentType", hp_string(hp_str_of(known->type)));
    else if (hp_str_present(up->content_type))
        set(call, &file, "contentType", hp_string(up->content_type));
    set(call, &file, "metadata", hp_value_copy(call->mem, &metadata));
    set(call, &file, "tags", hp_value_copy(call->mem, &tags));
    if (up->directory != NULL) set(call, &file, "directory", *up->directory);
    return file;
}

/* <directory>/<32 hex>_<name>.<extension by type> */
static hp_code stored_name(hp_call *call, const hp_value *file, hp_str *out, hp_err *err)
{
    static const char HEX[] = "0123456789abcdef";
    const hp_str directory = hp_object_text(file, HP_STR("directory"));
    hp_str name = hp_object_text(file, HP_STR("name"));
    hp_rand *rand = call->core->parts.rand;
    unsigned char random[16];
    char prefix[33];

    HP_TRY(hp_file_name_check(name, err));
    if (hp_file_extension(name).len == 0) {
        const char *extension = hp_media_extension(hp_object_text(file, HP_STR("contentType")));
        if (extension != NULL)
            name = hp_arena_printf(call->mem, "%" HP_STR_FMT "%s%s", HP_STR_ARG(name),
                                   hp_str_ends(name, HP_STR(".")) ? "" : ".", extension);
    }
    if (!call->settings->preserve_file_name) {
        if (!rand->fill(rand, random, sizeof random)) return hp_fail_internal(err, "files: no randomness");
        for (size_t i = 0; i < sizeof random; i++) {
            prefix[2 * i] = HEX[random[i] >> 4];
            prefix[2 * i + 1] = HEX[random[i] & 15];
        }
        name = hp_arena_printf(call->mem, "%.32s_%" HP_STR_FMT, prefix, HP_STR_ARG(name));
    }
    if (hp_str_present(directory)) {
        HP_TRY(hp_file_directory_check(directory, err));
        name = hp_arena_printf(call->mem, "%" HP_STR_FMT "/%" HP_STR_FMT, HP_STR_ARG(directory), HP_STR_ARG(name));
    }
    *out = name;
    return HP_OK;
}

static hp_code store(hp_call *call, hp_value *file, hp_str bytes, hp_file_saved *out, hp_err *err)
{
    hp_err why = { 0 };
    hp_value about = hp_object();
    HP_TRY(stored_name(call, file, &out->name, err));
    const hp_value metadata = object_or_empty(hp_object_get(file, HP_STR("metadata")));
    const hp_value tags = object_or_empty(hp_object_get(file, HP_STR("tags")));

    set(call, &about, "name", hp_string(out->name)); /* keys cannot be turned back into names */
    set(call, &about, "metadata", metadata);
    set(call, &about, "tags", tags);
    const hp_str text = hp_json_text(call->mem, &about);
    if (text.len > HP_FILE_ABOUT_BYTES_MAX)
        return hp_fail(err, HP_E_FILE_SAVE_ERROR, "The metadata and tags of a file may have at most %d bytes.",
                       HP_FILE_ABOUT_BYTES_MAX);
    if (hp_file_storage_put(storage(call), key_of(call, out->name), bytes, text, &why) != HP_OK) {
        const hp_code rc = hp_fail(err, HP_E_FILE_SAVE_ERROR, "Could not store file: %" HP_STR_FMT ".",
                                   HP_STR_ARG(hp_object_text(file, HP_STR("name"))));
        memcpy(err->detail, why.detail, sizeof err->detail);
        return rc;
    }
    out->url = hp_file_url(call, out->name);
    return HP_OK;
}

hp_code hp_file_save(hp_call *call, const hp_file_upload *upload, hp_file_saved *out, hp_err *err)
{
    HP_TRY(check_upload(call, upload, err));
    hp_value file = describe(call, upload);
    HP_TRY(run(call, HP_TRIGGER_BEFORE_SAVE, &file, upload->bytes, err));
    *out =
        (hp_file_saved){ .name = hp_object_text(&file, HP_STR("name")), .url = hp_object_text(&file, HP_STR("url")) };
    if (out->url.len == 0) /* else the trigger has put the file elsewhere */
        HP_TRY(store(call, &file, upload->bytes, out, err));
    set(call, &file, "name", hp_string(out->name));
    set(call, &file, "url", hp_string(out->url));
    return run(call, HP_TRIGGER_AFTER_SAVE, &file, upload->bytes, err);
}

/* ---- deletion ---- */

hp_code hp_file_delete(hp_call *call, hp_str name, hp_err *err)
{
    hp_err why = { 0 };
    hp_value file = hp_object();

    HP_TRY(hp_call_require_master(call, err));
    if (call->who.access == HP_ACCESS_READ_ONLY) {
        const hp_code rc = hp_fail_http(err, 403, "read-only masterKey isn't allowed to delete a file.");
        err->permission = true;
        return rc;
    }
    set(call, &file, "name", hp_string(name));
    set(call, &file, "url", hp_string(hp_file_url(call, name)));
    HP_TRY(run(call, HP_TRIGGER_BEFORE_DELETE, &file, HP_STR_NONE, err));
    if (hp_file_storage_remove(storage(call), key_of(call, name), &why) != HP_OK) {
        const hp_code rc = hp_fail(err, HP_E_FILE_DELETE_ERROR, "Could not delete file.");
        memcpy(err->detail, why.detail, sizeof err->detail);
        return rc;
    }
    return run(call, HP_TRIGGER_AFTER_DELETE, &file, HP_STR_NONE, err);
}

/* ---- download ---- */

/* What is served, and what afterFind may change of it. */
static hp_value describe_answer(hp_call *call, hp_str name)
{
    hp_value file = hp_object(), headers = hp_object();
    set(call, &headers, "X-Content-Type-Options", hp_string(HP_STR("nosniff")));
    set(call, &headers, "Content-Security-Policy", hp_string(HP_STR("default-src 'none'; sandbox")));
    set(call, &file, "name", hp_string(name));
    set(call, &file, "forceDownload", hp_bool(false));
    set(call, &file, "responseHeaders", headers);
    return file;
}

static void fill_view(hp_call *call, const hp_stored_file *stored, hp_str name, const hp_value *file, hp_file_view *out)
{
    const hp_media_type *type = hp_media_type_of_name(name);
    const bool shown = type != NULL && type->safety != HP_MEDIA_HIDDEN;
    hp_value about;
    hp_err unreadable;

    out->found = true;
    out->fd = stored->fd;
    out->len = stored->len;
    out->content_type = shown ? hp_str_of(type->type) : HP_STR("application/octet-stream");
    out->etag = hp_arena_printf(call->mem, "\"%llx-%llx\"", (unsigned long long)stored->len,
                                (unsigned long long)stored->version);
    out->headers = object_or_empty(hp_object_get(file, HP_STR("responseHeaders")));
    out->download =
        type == NULL || type->safety != HP_MEDIA_INERT || hp_truthy(hp_object_get(file, HP_STR("forceDownload")));
    out->download_as = name;
    out->metadata = hp_object();
    if (hp_json_read(stored->about, HP_JSON_PARSE, call->mem, &about, &unreadable) == HP_OK)
        out->metadata = object_or_empty(hp_object_get(&about, HP_STR("metadata")));
}

hp_code hp_file_open(hp_call *call, hp_str name, hp_file_view *out, bool *by_cloud, hp_err *err)
{
    hp_stored_file stored;
    hp_value file = hp_object();

    *out = (hp_file_view){ .fd = -1 };
    *by_cloud = false;
    HP_TRY(hp_file_may_download(call, err));
    set(call, &file, "name", hp_string(name));
    *by_cloud = true;
    HP_TRY(run(call, HP_TRIGGER_BEFORE_FIND, &file, HP_STR_NONE, err));
    *by_cloud = false;
    const hp_str changed = hp_object_text(&file, HP_STR("name"));
    if (changed.len > 0) name = changed;

    const hp_code rc = hp_file_storage_open(storage(call), key_of(call, name), call->mem, &stored, err);
    if (rc != HP_OK) return rc == HP_E_OBJECT_NOT_FOUND ? HP_OK : rc;
    file = describe_answer(call, name);
    *by_cloud = true;
    const hp_code thrown = run(call, HP_TRIGGER_AFTER_FIND, &file, HP_STR_NONE, err);
    if (thrown != HP_OK) {
        (void)close(stored.fd); /* it was only read */
        return thrown;
    }
    *by_cloud = false;
    fill_view(call, &stored, name, &file, out);
    return HP_OK;
}

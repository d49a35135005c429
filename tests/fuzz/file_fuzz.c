/* rooms: rest core http base */
#include <stdint.h>

#include "core/file_name.h"
#include "core/file_rules.h"
#include "http/range.h"
#include "rest/incoming.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A part is never empty and lies within the file. */
static void check_range(hp_str text, uint64_t bytes)
{
    uint64_t from, len;
    if (hp_range_read(text, bytes, &from, &len) != HP_RANGE_PART) return;
    HP_ASSERT(len > 0 && from < bytes && len <= bytes - from);
}

/* What passes the rules holds nothing that means something to a file system, a header or a page. */
static void check_names(hp_str text)
{
    hp_err err;
    hp_str type, subtype;
    const bool name = hp_file_name_check(text, &err) == HP_OK, directory = hp_file_directory_check(text, &err) == HP_OK;
    for (size_t i = 0; i < text.len && (name || directory); i++)
        HP_ASSERT((unsigned char)text.ptr[i] >= ' ' && strchr("\\\"'<>%:*?|", text.ptr[i]) == NULL);
    if (name) HP_ASSERT(hp_str_find_char(text, '/', 0) == SIZE_MAX && text.ptr[0] != '.' && text.len <= 128);
    if (directory) HP_ASSERT(!hp_str_contains(text, HP_STR("..")) && text.ptr[0] != '/' && text.len <= 256);
    if (hp_media_type_split(text, &type, &subtype))
        HP_ASSERT(type.len > 0 && subtype.len > 0 && type.len + subtype.len < text.len);
    HP_ASSERT(hp_file_extension(text).len <= text.len);
    (void)hp_media_type_of_name(text);
    (void)hp_media_extension(text);
}

/* A URL of an allowed host begins with a scheme and that host, and holds nothing that two readers read differently. */
static void check_url(hp_str text)
{
    static const hp_str DOMAINS[] = { HP_STR_INIT("a.example"), HP_STR_INIT("*.b.example") };
    const hp_settings settings = { .file_upload.url_domains = { DOMAINS, 2 } };
    const hp_value file = { .tag = HP_FILE, .file = { HP_STR("x"), text } };
    hp_err err;
    if (text.len == 0 || hp_file_urls_allowed(&settings, &file, &err) != HP_OK) return;
    HP_ASSERT(hp_str_contains(text, HP_STR("://")) && hp_str_find_char(text, '\\', 0) == SIZE_MAX);
    HP_ASSERT(hp_str_find_char(text, '\n', 0) == SIZE_MAX && hp_str_find_char(text, '\t', 0) == SIZE_MAX);
}

/* The JSON form: read or refused; content is never longer than its base64. */
static void check_upload(hp_arena *mem, hp_str body)
{
    const hp_settings settings = { .app_id = HP_STR("app") };
    const hp_http_request rq = { .mem = mem, .method = HP_STR("POST"), .body = body, .peer = HP_STR("127.0.0.1") };
    hp_incoming_file in;
    hp_err err = { 0 };
    const hp_code rc = hp_incoming_read_file(&rq, &settings, &in, &err);
    HP_ASSERT(rc == HP_OK || rc == err.code);
    if (rc == HP_OK) HP_ASSERT(in.bytes.len <= body.len && in.context.tag == HP_OBJECT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    const hp_str text = hp_arena_str(mem, (hp_str){ (const char *)data, size });
    const uint64_t sizes[] = { 0, 1, 10, UINT64_MAX };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) check_range(text, sizes[i]);
    check_names(text);
    check_url(text);
    check_upload(mem, text);
    return 0;
}

/* core/file_media.c — extensions and media types: the only types that files are served with. What runs or is read as a page by a
 * browser is in the list to be recognised, not to be shown. */
#include "core/file_name.h"

/* clang-format off */
static const hp_media_type TYPES[] = {
    { "png", "image/png", HP_MEDIA_INERT },
    { "jpg", "image/jpeg", HP_MEDIA_INERT },
    { "jpeg", "image/jpeg", HP_MEDIA_INERT },
    { "jpe", "image/jpeg", HP_MEDIA_INERT },
    { "gif", "image/gif", HP_MEDIA_INERT },
    { "webp", "image/webp", HP_MEDIA_INERT },
    { "avif", "image/avif", HP_MEDIA_INERT },
    { "apng", "image/apng", HP_MEDIA_INERT },
    { "bmp", "image/bmp", HP_MEDIA_INERT },
    { "ico", "image/vnd.microsoft.icon", HP_MEDIA_INERT },
    { "heic", "image/heic", HP_MEDIA_INERT },
    { "heif", "image/heif", HP_MEDIA_INERT },
    { "tiff", "image/tiff", HP_MEDIA_INERT },
    { "tif", "image/tiff", HP_MEDIA_INERT },
    { "jxl", "image/jxl", HP_MEDIA_INERT },
    { "svg", "image/svg+xml", HP_MEDIA_DOWNLOAD },
    { "svgz", "image/svg+xml", HP_MEDIA_DOWNLOAD },
    { "psd", "image/vnd.adobe.photoshop", HP_MEDIA_INERT },
    { "mp4", "video/mp4", HP_MEDIA_INERT },
    { "m4v", "video/x-m4v", HP_MEDIA_INERT },
    { "mpeg", "video/mpeg", HP_MEDIA_INERT },
    { "mpg", "video/mpeg", HP_MEDIA_INERT },
    { "mov", "video/quicktime", HP_MEDIA_INERT },
    { "qt", "video/quicktime", HP_MEDIA_INERT },
    { "webm", "video/webm", HP_MEDIA_INERT },
    { "ogv", "video/ogg", HP_MEDIA_INERT },
    { "avi", "video/x-msvideo", HP_MEDIA_INERT },
    { "mkv", "video/x-matroska", HP_MEDIA_INERT },
    { "wmv", "video/x-ms-wmv", HP_MEDIA_INERT },
    { "flv", "video/x-flv", HP_MEDIA_INERT },
    { "3gp", "video/3gpp", HP_MEDIA_INERT },
    { "3g2", "video/3gpp2", HP_MEDIA_INERT },
    { "ts", "video/mp2t", HP_MEDIA_INERT },
    { "mp3", "audio/mpeg", HP_MEDIA_INERT },
    { "mpga", "audio/mpeg", HP_MEDIA_INERT },
    { "m4a", "audio/mp4", HP_MEDIA_INERT },
    { "aac", "audio/x-aac", HP_MEDIA_INERT },
    { "ogg", "audio/ogg", HP_MEDIA_INERT },
    { "oga", "audio/ogg", HP_MEDIA_INERT },
    { "opus", "audio/ogg", HP_MEDIA_INERT },
    { "wav", "audio/wav", HP_MEDIA_INERT },
    { "weba", "audio/webm", HP_MEDIA_INERT },
    { "flac", "audio/x-flac", HP_MEDIA_INERT },
    { "aif", "audio/x-aiff", HP_MEDIA_INERT },
    { "aiff", "audio/x-aiff", HP_MEDIA_INERT },
    { "caf", "audio/x-caf", HP_MEDIA_INERT },
    { "amr", "audio/amr", HP_MEDIA_INERT },
    { "mid", "audio/midi", HP_MEDIA_INERT },
    { "midi", "audio/midi", HP_MEDIA_INERT },
    { "txt", "text/plain; charset=utf-8", HP_MEDIA_INERT },
    { "text", "text/plain; charset=utf-8", HP_MEDIA_INERT },
    { "log", "text/plain; charset=utf-8", HP_MEDIA_INERT },
    { "conf", "text/plain; charset=utf-8", HP_MEDIA_INERT },
    { "ini", "text/plain; charset=utf-8", HP_MEDIA_INERT },
    { "csv", "text/csv; charset=utf-8", HP_MEDIA_INERT },
    { "tsv", "text/tab-separated-values; charset=utf-8", HP_MEDIA_INERT },
    { "css", "text/css; charset=utf-8", HP_MEDIA_INERT },
    { "md", "text/markdown; charset=utf-8", HP_MEDIA_INERT },
    { "markdown", "text/markdown; charset=utf-8", HP_MEDIA_INERT },
    { "rtf", "text/rtf; charset=utf-8", HP_MEDIA_INERT },
    { "ics", "text/calendar; charset=utf-8", HP_MEDIA_INERT },
    { "vcf", "text/x-vcard; charset=utf-8", HP_MEDIA_INERT },
    { "vtt", "text/vtt; charset=utf-8", HP_MEDIA_INERT },
    { "yaml", "text/yaml; charset=utf-8", HP_MEDIA_INERT },
    { "yml", "text/yaml; charset=utf-8", HP_MEDIA_INERT },
    { "html", "text/html", HP_MEDIA_HIDDEN },
    { "htm", "text/html", HP_MEDIA_HIDDEN },
    { "shtml", "text/html", HP_MEDIA_HIDDEN },
    { "xhtml", "application/xhtml+xml", HP_MEDIA_HIDDEN },
    { "xht", "application/xhtml+xml", HP_MEDIA_HIDDEN },
    { "xml", "text/xml", HP_MEDIA_HIDDEN },
    { "xsl", "application/xml", HP_MEDIA_HIDDEN },
    { "xsd", "application/xml", HP_MEDIA_HIDDEN },
    { "rng", "application/xml", HP_MEDIA_HIDDEN },
    { "xslt", "application/xslt+xml", HP_MEDIA_HIDDEN },
    { "rdf", "application/rdf+xml", HP_MEDIA_HIDDEN },
    { "owl", "application/rdf+xml", HP_MEDIA_HIDDEN },
    { "mathml", "application/mathml+xml", HP_MEDIA_HIDDEN },
    { "atom", "application/atom+xml", HP_MEDIA_HIDDEN },
    { "rss", "application/rss+xml", HP_MEDIA_HIDDEN },
    { "js", "text/javascript", HP_MEDIA_HIDDEN },
    { "mjs", "text/javascript", HP_MEDIA_HIDDEN },
    { "json", "application/json", HP_MEDIA_INERT },
    { "map", "application/json", HP_MEDIA_INERT },
    { "webmanifest", "application/manifest+json", HP_MEDIA_INERT },
    { "geojson", "application/geo+json", HP_MEDIA_INERT },
    { "jsonld", "application/ld+json", HP_MEDIA_INERT },
    { "pdf", "application/pdf", HP_MEDIA_INERT },
    { "zip", "application/zip", HP_MEDIA_INERT },
    { "gz", "application/gzip", HP_MEDIA_INERT },
    { "tgz", "application/gzip", HP_MEDIA_INERT },
    { "tar", "application/x-tar", HP_MEDIA_INERT },
    { "bz2", "application/x-bzip2", HP_MEDIA_INERT },
    { "7z", "application/x-7z-compressed", HP_MEDIA_INERT },
    { "rar", "application/vnd.rar", HP_MEDIA_INERT },
    { "xz", "application/x-xz", HP_MEDIA_INERT },
    { "zst", "application/zstd", HP_MEDIA_INERT },
    { "doc", "application/msword", HP_MEDIA_INERT },
    { "dot", "application/msword", HP_MEDIA_INERT },
    { "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", HP_MEDIA_INERT },
    { "xls", "application/vnd.ms-excel", HP_MEDIA_INERT },
    { "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", HP_MEDIA_INERT },
    { "ppt", "application/vnd.ms-powerpoint", HP_MEDIA_INERT },
    { "pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", HP_MEDIA_INERT },
    { "odt", "application/vnd.oasis.opendocument.text", HP_MEDIA_INERT },
    { "ods", "application/vnd.oasis.opendocument.spreadsheet", HP_MEDIA_INERT },
    { "odp", "application/vnd.oasis.opendocument.presentation", HP_MEDIA_INERT },
    { "epub", "application/epub+zip", HP_MEDIA_INERT },
    { "apk", "application/vnd.android.package-archive", HP_MEDIA_INERT },
    { "ipa", "application/octet-stream", HP_MEDIA_INERT },
    { "aab", "application/octet-stream", HP_MEDIA_INERT },
    { "wasm", "application/wasm", HP_MEDIA_INERT },
    { "sqlite", "application/vnd.sqlite3", HP_MEDIA_INERT },
    { "db", "application/octet-stream", HP_MEDIA_INERT },
    { "bin", "application/octet-stream", HP_MEDIA_INERT },
    { "dat", "application/octet-stream", HP_MEDIA_INERT },
    { "exe", "application/octet-stream", HP_MEDIA_INERT },
    { "dll", "application/octet-stream", HP_MEDIA_INERT },
    { "so", "application/octet-stream", HP_MEDIA_INERT },
    { "dmg", "application/octet-stream", HP_MEDIA_INERT },
    { "iso", "application/octet-stream", HP_MEDIA_INERT },
    { "ttf", "font/ttf", HP_MEDIA_INERT },
    { "otf", "font/otf", HP_MEDIA_INERT },
    { "woff", "font/woff", HP_MEDIA_INERT },
    { "woff2", "font/woff2", HP_MEDIA_INERT },
    { "gltf", "model/gltf+json", HP_MEDIA_INERT },
    { "glb", "model/gltf-binary", HP_MEDIA_INERT },
    { "obj", "model/obj", HP_MEDIA_INERT },
    { "stl", "model/stl", HP_MEDIA_INERT },
    { "usdz", "model/vnd.usdz+zip", HP_MEDIA_INERT },
    { "eml", "message/rfc822", HP_MEDIA_INERT },
    { "p12", "application/x-pkcs12", HP_MEDIA_INERT },
    { "pem", "application/x-x509-ca-cert", HP_MEDIA_INERT },
    { "crt", "application/x-x509-ca-cert", HP_MEDIA_INERT },
    { "pkpass", "application/vnd.apple.pkpass", HP_MEDIA_INERT },
};
/* clang-format on */

enum { TYPE_COUNT = sizeof TYPES / sizeof *TYPES };

hp_str hp_file_extension(hp_str name)
{
    size_t dot = SIZE_MAX;
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] == '.') dot = i;
    return dot == SIZE_MAX ? HP_STR("") : hp_str_sub(name, dot + 1, name.len);
}

const hp_media_type *hp_media_type_of_name(hp_str name)
{
    const hp_str extension = hp_file_extension(name);
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (hp_str_eq_nocase(hp_str_of(TYPES[i].extension), extension)) return &TYPES[i];
    return NULL;
}

bool hp_media_type_split(hp_str content_type, hp_str *type, hp_str *subtype)
{
    hp_str essence = HP_STR("");
    (void)hp_str_split(&content_type, ';', &essence);
    const size_t slash = hp_str_find_char(essence, '/', 0);
    if (slash == SIZE_MAX) return false;
    *type = hp_str_trim(hp_str_sub(essence, 0, slash));
    *subtype = hp_str_trim(hp_str_sub(essence, slash + 1, essence.len));
    return hp_str_is_token(*type) && hp_str_is_token(*subtype);
}

const char *hp_media_extension(hp_str content_type)
{
    hp_str type, subtype, known_type, known_subtype;
    if (!hp_media_type_split(content_type, &type, &subtype)) return NULL;
    for (size_t i = 0; i < TYPE_COUNT; i++)
        if (hp_media_type_split(hp_str_of(TYPES[i].type), &known_type, &known_subtype) &&
            hp_str_eq_nocase(type, known_type) && hp_str_eq_nocase(subtype, known_subtype))
            return TYPES[i].extension;
    return NULL;
}

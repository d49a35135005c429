/* core/file_name.h — what a file may be called, and what its name says about its content. Pure, any thread. */
#ifndef HP_CORE_FILE_NAME_H
#define HP_CORE_FILE_NAME_H

#include "base/error.h"
#include "base/str.h"

enum {
    HP_FILE_NAME_BYTES_MAX = 128,
    HP_FILE_DIRECTORY_BYTES_MAX = 256,
    HP_STORED_NAME_BYTES_MAX = 1024, /* directory, random prefix, name, extension; longer ones are nobody's */
};

/* Errors: INVALID_FILE_NAME. */
HP_MUST_USE hp_code hp_file_name_check(hp_str name, hp_err *err);
HP_MUST_USE hp_code hp_file_directory_check(hp_str directory, hp_err *err);

/* What follows the last dot, empty where nothing does. */
hp_str hp_file_extension(hp_str name);

typedef enum hp_media_safety {
    HP_MEDIA_INERT,    /* shown as what it is */
    HP_MEDIA_DOWNLOAD, /* may hold script when opened by itself: downloaded, but may be shown inside a page (SVG) */
    HP_MEDIA_HIDDEN,   /* never served under its own type */
} hp_media_safety;

typedef struct hp_media_type {
    const char *extension; /* lower case */
    const char *type;      /* with a charset for text */
    hp_media_safety safety;
} hp_media_type;

/* By the extension of `name`, letter case does not count; NULL if it has none that we know. */
const hp_media_type *hp_media_type_of_name(hp_str name);

/* The first extension of a media type ("image/png; x=y" is image/png), or NULL. */
const char *hp_media_extension(hp_str content_type);

/* Type and subtype of `content_type`, without parameters. False unless both are tokens of RFC 9110 section 5.6.2. */
bool hp_media_type_split(hp_str content_type, hp_str *type, hp_str *subtype);

#endif

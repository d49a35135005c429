/* app/share.h — where the files that come with the program are: templates, the cloud code header.
 *
 * <folder of the program>/share/homeport in a build folder, <prefix>/share/homeport where it is installed; HOMEPORT_SHARE
 * names another. */
#ifndef HP_APP_SHARE_H
#define HP_APP_SHARE_H

#include "base/arena.h"
#include "base/error.h"

/* The path of `name` below the share folder; not checked to exist. Errors: INVALID_VALUE when there is no share folder. */
HP_MUST_USE hp_code hp_share_path(hp_arena *mem, hp_str name, hp_str *out, hp_err *err);

/* The whole file as text. Errors: INVALID_VALUE with the system's reason; files over 16 MiB are refused. */
HP_MUST_USE hp_code hp_file_read(hp_arena *mem, const char *path, hp_str *out, hp_err *err);

#endif

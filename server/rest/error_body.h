/* rest/error_body.h — the one place where a failure becomes an answer. rest.md 1.9. */
#ifndef HP_REST_ERROR_BODY_H
#define HP_REST_ERROR_BODY_H

#include "base/error.h"
#include "core/settings.h"

/* {"code":101,"error":"Object not found."}, or {"error":"unauthorized"} for errors of the HTTP layer. Permission refusals
 * read "Permission denied" where answers are sanitised. */
hp_value hp_error_body(const hp_settings *settings, const hp_err *err, hp_arena *mem);

/* Its status. */
int hp_error_status(const hp_err *err);

#endif

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* What fails has failed, whatever number it was given: codes come from plug-ins and answers of others, and 0 is success. */
static hp_code fill(hp_err *err, hp_code code, int http, bool permission)
{
    if (code == HP_OK) code = HP_E_SCRIPT_FAILED;
    err->code = code;
    err->http = http;
    err->permission = permission;
    err->msg[0] = '\0';
    err->detail[0] = '\0';
    return code;
}

hp_code hp_fail(hp_err *err, hp_code code, const char *fmt, ...)
{
    va_list args;
    code = fill(err, code, 0, false);
    va_start(args, fmt);
    (void)vsnprintf(err->msg, sizeof err->msg, fmt, args); /* a cut message is still a message */
    va_end(args);
    return code;
}

hp_code hp_deny(hp_err *err, hp_code code, const char *fmt, ...)
{
    va_list args;
    code = fill(err, code, 0, true);
    va_start(args, fmt);
    (void)vsnprintf(err->msg, sizeof err->msg, fmt, args);
    va_end(args);
    return code;
}

hp_code hp_fail_http(hp_err *err, int http, const char *fmt, ...)
{
    va_list args;
    (void)fill(err, HP_E_OTHER_CAUSE, http, false);
    va_start(args, fmt);
    (void)vsnprintf(err->msg, sizeof err->msg, fmt, args);
    va_end(args);
    return HP_E_OTHER_CAUSE;
}

hp_code hp_fail_internal(hp_err *err, const char *fmt, ...)
{
    va_list args;
    (void)fill(err, HP_E_INTERNAL, 0, false);
    (void)snprintf(err->msg, sizeof err->msg, "An internal server error occurred");
    va_start(args, fmt);
    (void)vsnprintf(err->detail, sizeof err->detail, fmt, args);
    va_end(args);
    return HP_E_INTERNAL;
}

static const struct {
    hp_code code;
    int http;
} CODES[] = {
#define HP_CODE(name, number, status) { HP_E_##name, (status) },
#include "base/error_codes.def"
#undef HP_CODE
};

int hp_code_http(hp_code code)
{
    for (size_t i = 0; i < sizeof CODES / sizeof *CODES; i++)
        if (CODES[i].code == code) return CODES[i].http;
    return 400;
}

void hp_assert_failed(const char *what, const char *file, int line)
{
    (void)fprintf(stderr, "homeport: assertion failed: %s (%s:%d)\n", what, file, line);
    abort();
}

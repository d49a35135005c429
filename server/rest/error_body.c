#include "rest/error_body.h"

hp_value hp_error_body(const hp_settings *settings, const hp_err *err, hp_arena *mem)
{
    hp_value body = hp_object();
    bool hidden = err->permission && settings->sanitized_errors;
    hp_str text = hidden ? HP_STR("Permission denied") : hp_arena_str(mem, hp_str_of(err->msg));
    if (err->http == 0) hp_object_append(mem, &body, HP_STR("code"), hp_number((double)err->code));
    hp_object_append(mem, &body, HP_STR("error"), hp_string(text));
    return body;
}

int hp_error_status(const hp_err *err) { return err->http != 0 ? err->http : hp_code_http(err->code); }

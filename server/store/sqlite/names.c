#include "store/sqlite/names.h"

enum { SUFFIX_MAX = 10000 };

hp_str hp_sqlite_quote(hp_arena *mem, hp_str name)
{
    char *text = hp_arena_alloc(mem, 2 * name.len + 3);
    size_t len = 0;
    text[len++] = '"';
    for (size_t i = 0; i < name.len; i++) {
        HP_ASSERT(name.ptr[i] != '\0');
        if (name.ptr[i] == '"') text[len++] = '"';
        text[len++] = name.ptr[i];
    }
    text[len++] = '"';
    return (hp_str){ text, len };
}

hp_code hp_sqlite_free_name(hp_arena *mem, hp_str wanted,
                            hp_code (*taken)(void *arg, hp_str name, bool *out, hp_err *err), void *arg, hp_str *out,
                            hp_err *err)
{
    if (hp_str_eq_nocase(hp_str_sub(wanted, 0, 7), HP_STR("sqlite_")))
        wanted = hp_arena_printf(mem, "class:%" HP_STR_FMT, HP_STR_ARG(wanted));
    *out = hp_arena_str(mem, wanted);
    for (int suffix = 2; suffix < SUFFIX_MAX; suffix++) {
        bool is_taken;
        HP_TRY(taken(arg, *out, &is_taken, err));
        if (!is_taken) return HP_OK;
        *out = hp_arena_printf(mem, "%" HP_STR_FMT ":%d", HP_STR_ARG(wanted), suffix);
    }
    return hp_fail_internal(err, "no free name for %" HP_STR_FMT, HP_STR_ARG(wanted));
}

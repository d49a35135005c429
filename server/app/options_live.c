/* app/options_live.c — the options of live queries: which classes, which keys, whether at all. */
#include "app/options_internal.h"
#include "query/regex.h"

void hp_take_live_classes(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    const uint32_t count = v->value.array.count;
    const hp_regex **names = HP_NEW_ARRAY(l->mem, const hp_regex *, count);
    hp_err err = { 0 };

    for (uint32_t i = 0; i < count; i++) {
        const hp_str pattern =
            hp_arena_printf(l->mem, "^(?:%" HP_STR_FMT ")\\z", HP_STR_ARG(v->value.array.items[i].string));
        if (hp_regex_compile(l->mem, pattern, HP_STR(""), &names[i], &err) == HP_OK) continue;
        hp_loader_problem(l, o, v->where, "not a regular expression: %s", err.msg);
        return;
    }
    l->config->settings.live.class_names = names;
    l->config->settings.live.class_name_count = count;
}

void hp_take_live_keys(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    static const char *const NAMES[] = { "javascriptKey", "clientKey", "windowsKey", "restAPIKey", "masterKey" };
    enum { KNOWN = sizeof NAMES / sizeof *NAMES };
    bool ok = hp_is(&v->value, HP_OBJECT);

    for (uint32_t i = 0; ok && i < v->value.object.count; i++) {
        const hp_member *m = &v->value.object.items[i];
        size_t k = 0;
        while (k < KNOWN && !hp_str_eq(m->key, hp_str_of(NAMES[k]))) k++;
        ok = k < KNOWN && hp_text(&m->value).len > 0;
    }
    if (!ok)
        hp_loader_problem(l, o, v->where,
                          "expected an object of texts named javascriptKey, clientKey, windowsKey, restAPIKey or "
                          "masterKey");
    l->config->settings.live.key_pairs = ok ? v->value : hp_object();
}

/* As in Parse Server, whoever configures the server of live queries wants it. */
void hp_options_complete_live(hp_loader *l)
{
    for (size_t i = 0; i < HP_OPTION_COUNT; i++)
        if (hp_str_starts(hp_str_of(HP_OPTIONS[i].name), HP_STR("liveQueryServerOptions")) && l->values[i].present &&
            !hp_str_eq(l->values[i].where, HP_STR("default")))
            l->config->settings.live.serve = true;
}

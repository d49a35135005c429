/* app/options_rate.c — the option rateLimit: a list of rules, or one. */
#include "app/options_internal.h"
#include "base/limits.h"
#include "core/rate_limit.h"

static void refuse(hp_loader *l, const hp_option *o, hp_str where, const char *words)
{
    hp_loader_problem(l, o, where, "%s", words);
    hp_loader_parse_words(l, hp_arena_str(l->mem, hp_str_of(words)));
}

void hp_take_rate_limit(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    const bool list = hp_is(&v->value, HP_ARRAY);
    const uint32_t count = list ? v->value.array.count : 1;
    hp_rate_rule *rules = HP_NEW_ARRAY(l->mem, hp_rate_rule, count);

    if (hp_is_null(&v->value)) return;
    if (!list && v->value.tag != HP_OBJECT) {
        refuse(l, o, v->where, "rateLimit must be an array or object");
        return;
    }
    if (count > HP_RATE_RULES_MAX) {
        hp_loader_problem(l, o, v->where, "at most %d rules", HP_RATE_RULES_MAX);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        hp_err err = { 0 };
        if (hp_rate_rule_read(l->mem, list ? &v->value.array.items[i] : &v->value, &rules[i], &err) != HP_OK)
            refuse(l, o, v->where, err.msg);
    }
    l->config->settings.rate_rules = rules;
    l->config->settings.rate_rule_count = count;
}

#include "core/denied_keywords.h"

#include "query/regex.h"

typedef struct matcher {   /* one string of an entry, made ready once per walk */
    hp_str plain;          /* the pattern is a word: searched as it is, which is what nearly every entry is */
    const hp_regex *regex; /* any other pattern */
} matcher;

typedef struct keyword {
    const hp_denied_keyword *entry;
    matcher key, value;
} keyword;

typedef struct walk {
    keyword *keywords;
    size_t count;
} walk;

static bool is_word(hp_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        if (!plain) return false;
    }
    return true;
}

static hp_code prepare(const hp_value *pattern, hp_arena *mem, matcher *out, hp_err *err)
{
    if (!hp_is(pattern, HP_STRING)) return HP_OK;
    if (is_word(pattern->string)) {
        out->plain = pattern->string;
        return HP_OK;
    }
    return hp_regex_compile(mem, pattern->string, HP_STR(""), &out->regex, err);
}

static bool text_matches(const matcher *m, hp_str text)
{
    if (m->regex != NULL) return hp_regex_matches(m->regex, text);
    return hp_str_present(m->plain) && hp_str_contains(text, m->plain);
}

static bool value_matches(const keyword *k, const hp_value *v)
{
    if (v->tag == HP_STRING) return text_matches(&k->value, v->string);
    return hp_value_equal(&k->entry->value, v);
}

static hp_code check_member(const walk *w, const hp_str *key, const hp_value *v, hp_err *err)
{
    for (size_t i = 0; i < w->count; i++) {
        const keyword *k = &w->keywords[i];
        if (k->entry->has_key && (key == NULL || !text_matches(&k->key, *key))) continue;
        if (k->entry->has_value && !value_matches(k, v)) continue;
        return hp_fail(err, HP_E_INVALID_KEY_NAME, "Prohibited keyword in request data: %" HP_STR_FMT ".",
                       HP_STR_ARG(k->entry->json));
    }
    return HP_OK;
}

/* As deep as the value is: at most HP_JSON_DEPTH_MAX, the reader has seen to it. Every member is looked at before its
 * neighbours decide anything, so the order of keys makes no difference. */
static hp_code check(const walk *w, const hp_value *v, hp_err *err)
{
    if (v->tag == HP_OBJECT) {
        for (uint32_t i = 0; i < v->object.count; i++) {
            HP_TRY(check_member(w, &v->object.items[i].key, &v->object.items[i].value, err));
            HP_TRY(check(w, &v->object.items[i].value, err));
        }
    } else if (v->tag == HP_ARRAY) {
        for (uint32_t i = 0; i < v->array.count; i++) {
            HP_TRY(check_member(w, NULL, &v->array.items[i], err));
            HP_TRY(check(w, &v->array.items[i], err));
        }
    }
    return HP_OK;
}

hp_code hp_denied_keywords_check(const hp_settings *settings, const hp_value *v, hp_arena *mem, hp_err *err)
{
    if (settings->denied_keyword_count == 0 || hp_is_null(v)) return HP_OK;
    walk w = { .keywords = HP_NEW_ARRAY(mem, keyword, settings->denied_keyword_count) };
    for (; w.count < settings->denied_keyword_count; w.count++) {
        keyword *k = &w.keywords[w.count];
        k->entry = &settings->denied_keywords[w.count];
        if (k->entry->has_key) HP_TRY(prepare(&k->entry->key, mem, &k->key, err));
        if (k->entry->has_value) HP_TRY(prepare(&k->entry->value, mem, &k->value, err));
    }
    return check(&w, v, err);
}

#include "rest/page_template.h"

#include "base/limits.h"
#include "value/json.h"

typedef struct tag {
    char kind; /* '#', '^', '/', '!', '>', '='; 'v' escaped value, 'r' raw one */
    hp_str name;
} tag;

static size_t find(hp_str text, hp_str what)
{
    for (size_t at = 0; at + what.len <= text.len; at++)
        if (memcmp(text.ptr + at, what.ptr, what.len) == 0) return at;
    return SIZE_MAX;
}

/* Takes the text up to the next tag, and the tag, off *rest. False: no tag is left, and *before is the rest. *open: a tag
 * that is not closed; it is text. */
static bool next_tag(hp_str *rest, hp_str *before, tag *out, bool *open)
{
    const size_t at = find(*rest, HP_STR("{{"));
    *open = false;
    *before = hp_str_sub(*rest, 0, at);
    if (at == SIZE_MAX) return false;
    const bool triple = at + 2 < rest->len && rest->ptr[at + 2] == '{';
    const hp_str end = triple ? HP_STR("}}}") : HP_STR("}}");
    const size_t begin = at + (triple ? 3 : 2), len = find(hp_str_sub(*rest, begin, rest->len), end);
    if (len == SIZE_MAX) {
        *open = true;
        *before = *rest;
        return false;
    }
    hp_str inside = hp_str_trim(hp_str_sub(*rest, begin, len));
    *out = (tag){ .kind = triple ? 'r' : 'v', .name = inside };
    if (!triple && inside.len > 0 && memchr("#^/!>=&", inside.ptr[0], 7) != NULL)
        *out = (tag){ .kind = inside.ptr[0] == '&' ? 'r' : inside.ptr[0],
                      .name = hp_str_trim(hp_str_sub(inside, 1, inside.len)) };
    *rest = hp_str_sub(*rest, begin + len + end.len, rest->len);
    return true;
}

hp_code hp_template_check(hp_str text, hp_err *err)
{
    hp_str open[HP_TEMPLATE_DEPTH_MAX], before;
    size_t depth = 0;
    tag t;
    bool unclosed;
    while (next_tag(&text, &before, &t, &unclosed)) {
        const hp_str shown = hp_str_sub(t.name, 0, 80);
        if (t.kind == '=') return hp_fail(err, HP_E_INVALID_QUERY, "other delimiters than {{ and }} are not known");
        if (t.kind == '#' || t.kind == '^') {
            if (depth == HP_TEMPLATE_DEPTH_MAX)
                return hp_fail(err, HP_E_INVALID_QUERY, "section \"%" HP_STR_FMT "\" is nested too deeply",
                               HP_STR_ARG(shown));
            open[depth++] = t.name;
        }
        if (t.kind != '/') continue;
        if (depth == 0 || !hp_str_eq(open[--depth], t.name))
            return hp_fail(err, HP_E_INVALID_QUERY, "section \"%" HP_STR_FMT "\" is closed but not open",
                           HP_STR_ARG(shown));
    }
    if (unclosed) return hp_fail(err, HP_E_INVALID_QUERY, "a tag is not closed");
    if (depth > 0)
        return hp_fail(err, HP_E_INVALID_QUERY, "section \"%" HP_STR_FMT "\" is not closed",
                       HP_STR_ARG(hp_str_sub(open[depth - 1], 0, 80)));
    return HP_OK;
}

/* ---- values ---- */

typedef enum source { FROM_TRANSLATION, FROM_CONFIGURATION, FROM_REQUEST } source;

typedef struct found {
    const hp_value *value; /* NULL: nothing */
    source from;
} found;

typedef struct frame { /* where names are looked up: the sections around, then the layers */
    const struct frame *outer;
    found here;
} frame;

/* a.b.c in `from`. */
static const hp_value *walk(const hp_value *from, hp_str path)
{
    hp_str part;
    if (hp_str_eq(path, HP_STR("."))) return from;
    while (from != NULL && hp_str_split(&path, '.', &part)) from = hp_object_get(from, part);
    return from;
}

static found look_up(const frame *f, const hp_template_values *values, hp_str name)
{
    const found layers[] = { { values->translation, FROM_TRANSLATION },
                             { values->placeholders, FROM_CONFIGURATION },
                             { values->params, FROM_REQUEST } };
    for (; f != NULL; f = f->outer) {
        const hp_value *v = walk(f->here.value, name);
        if (v != NULL) return (found){ v, f->here.from };
    }
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        const hp_value *v = hp_is(layers[i].value, HP_OBJECT) ? walk(layers[i].value, name) : NULL;
        if (v != NULL) return (found){ v, layers[i].from };
    }
    return (found){ NULL, FROM_REQUEST };
}

/* As Mustache escapes: also what could end an attribute that has no quotes. */
static const char *escaped(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    case '/': return "&#x2F;";
    case '`': return "&#x60;";
    case '=': return "&#x3D;";
    default: return NULL;
    }
}

static void add_text(hp_buf *out, hp_str text, bool raw)
{
    for (size_t i = 0; i < text.len; i++) {
        const char *e = raw ? NULL : escaped(text.ptr[i]);
        if (e != NULL)
            hp_buf_add(out, hp_str_of(e));
        else
            hp_buf_add_char(out, text.ptr[i]);
    }
}

/* A translation with parameters in it. What the translator wrote is raw or not as the page says; parameters never are. */
static void add_translation(hp_buf *out, hp_str text, const hp_value *params, bool raw)
{
    hp_str before;
    tag t;
    bool open;
    while (next_tag(&text, &before, &t, &open)) {
        add_text(out, before, raw);
        if (t.kind == 'v' || t.kind == 'r') add_text(out, hp_text(walk(params, t.name)), false);
    }
    add_text(out, before, raw);
}

static void add_value(hp_buf *out, found what, const hp_template_values *values, bool raw)
{
    raw = raw && what.from != FROM_REQUEST;
    if (hp_is_null(what.value)) return;
    if (what.value->tag != HP_STRING) {
        HP_AUTO_ARENA mem = hp_arena_new();
        add_text(out, hp_json_text(mem, what.value), raw);
    } else if (what.from == FROM_TRANSLATION) {
        add_translation(out, what.value->string, values->params, raw);
    } else {
        add_text(out, what.value->string, raw);
    }
}

/* ---- sections ---- */

static bool is_shown(const hp_value *v)
{
    return v != NULL && hp_truthy(v) && !(v->tag == HP_ARRAY && v->array.count == 0);
}

/* The text of the section that *rest begins with; *rest goes on behind its end. */
static hp_str take_section(hp_str *rest)
{
    const hp_str from = *rest;
    hp_str before;
    tag t;
    bool open;
    for (int depth = 1; depth > 0;) {
        const char *const at = rest->ptr;
        if (!next_tag(rest, &before, &t, &open)) return from; /* not of a checked template */
        if (t.kind == '#' || t.kind == '^') depth++;
        if (t.kind == '/') depth--;
        if (depth == 0) return hp_str_sub(from, 0, (size_t)(at - from.ptr) + before.len);
    }
    return from;
}

static void render(hp_buf *out, hp_str text, const frame *f, const hp_template_values *values);

static void add_section(hp_buf *out, hp_str inside, const frame *f, found what, const hp_template_values *values)
{
    const hp_value *v = what.value;
    if (v->tag != HP_ARRAY) {
        const frame inner = { f, what };
        render(out, inside, &inner, values);
        return;
    }
    for (uint32_t i = 0; i < v->array.count && !out->overflow; i++) {
        const frame inner = { f, { &v->array.items[i], what.from } };
        render(out, inside, &inner, values);
    }
}

/* Goes as deep as the template has sections inside sections: at most HP_TEMPLATE_DEPTH_MAX. */
static void render(hp_buf *out, hp_str text, const frame *f, const hp_template_values *values)
{
    hp_str before;
    tag t;
    bool open;
    while (next_tag(&text, &before, &t, &open)) {
        hp_buf_add(out, before);
        if (t.kind == 'v' || t.kind == 'r') add_value(out, look_up(f, values, t.name), values, t.kind == 'r');
        if (t.kind != '#' && t.kind != '^') continue;
        const hp_str inside = take_section(&text);
        const found what = look_up(f, values, t.name);
        if (t.kind == '^' && !is_shown(what.value)) render(out, inside, f, values);
        if (t.kind == '#' && is_shown(what.value)) add_section(out, inside, f, what, values);
    }
    hp_buf_add(out, before);
}

void hp_template_render(hp_buf *out, hp_str text, const hp_template_values *values) { render(out, text, NULL, values); }

/* app/options_load.c — from the sources to one value per option.
 *
 * Each source is read into a layer of its own, and the layers are laid over each other, first one on top:
 *   1. Everything a source says is checked, also what a higher one hides: a mistake does not wait for the day on which the
 *      environment variable above it disappears.
 *   2. An object (passwordPolicy) decides about all its members within its layer: what it does not name is back at the
 *      default, as in Parse Server. A member that the same layer names by itself wins over the object.
 *   3. A secret is read from its file at once; from there on nobody knows how it came.
 * The text of files is wiped when the load is over; the secrets themselves live in the configuration's arena until
 * hp_config_free. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/options_internal.h"
#include "base/rand.h"
#include "value/json.h"
#include "value/json_locate.h"

enum { CONFIG_FILE_BYTES_MAX = 16 << 20, SECRET_FILE_BYTES_MAX = 4096 };

struct loaded { /* what a hp_config handed out really is */
    hp_config config;
    hp_arena *mem; /* everything, this struct too */
    hp_option_value *values;
};

void hp_loader_problem(hp_loader *l, const hp_option *o, hp_str where, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args); /* a cut sentence still names the option */
    va_end(args);
    l->problems++;
    if (o) hp_buf_printf(l->report, "%s", o->name);
    if (hp_str_present(where)) hp_buf_printf(l->report, o ? " (%" HP_STR_FMT ")" : "%" HP_STR_FMT, HP_STR_ARG(where));
    hp_buf_printf(l->report, "%s%s\n", o || hp_str_present(where) ? ": " : "", text);
}

void hp_loader_parse_words(hp_loader *l, hp_str words)
{
    if (!hp_str_present(l->parse_words)) l->parse_words = words;
}

/* ---- files ---- */
static bool read_whole(int fd, size_t bytes_max, hp_buf *out)
{
    for (;;) {
        const size_t left = bytes_max + 1 - out->len; /* one more than allowed, to see that there is more */
        const size_t want = left < 4096 ? left : 4096;
        char *room = hp_buf_reserve(out, want);
        const ssize_t got = room ? read(fd, room, want) : -1;
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return got == 0;
        out->len += (size_t)got;
        if (out->len > bytes_max) return false;
    }
}

/* The text of a file in the arena, or absent after saying why. */
static hp_str read_file(hp_loader *l, const hp_option *o, hp_str where, const char *path, size_t bytes_max)
{
    hp_str text = HP_STR_NONE;
    hp_buf buf;
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0) {
        hp_loader_problem(l, o, where, "cannot read \"%s\": %s", path, strerror(errno));
        return text;
    }
    hp_buf_init(&buf, bytes_max + 1);
    errno = 0;
    if (read_whole(fd, bytes_max, &buf))
        text = hp_arena_str(l->mem, hp_buf_str(&buf));
    else
        hp_loader_problem(l, o, where, "cannot read \"%s\": %s", path,
                          errno ? strerror(errno) : "the file is too large");
    (void)close(fd); /* read only: nothing can be lost */
    hp_wipe(buf.ptr, buf.ptr ? buf.cap : 0);
    hp_buf_done(&buf);
    return text;
}

static hp_str without_newline(hp_str text)
{
    if (hp_str_ends(text, HP_STR("\n"))) text.len--;
    if (hp_str_ends(text, HP_STR("\r"))) text.len--;
    return text;
}

hp_str hp_loader_read_file(hp_loader *l, const hp_option *o, hp_str where, hp_str path, size_t bytes_max)
{
    return read_file(l, o, where, hp_arena_cstr(l->mem, path), bytes_max);
}

hp_str hp_loader_secret_file(hp_loader *l, const hp_option *o, hp_str where, hp_str path)
{
    return without_newline(read_file(l, o, where, hp_arena_cstr(l->mem, path), SECRET_FILE_BYTES_MAX));
}

/* ---- layers ---- */
typedef struct layer {
    hp_loader *l;
    hp_option_value *values; /* one per row */
} layer;

static layer layer_new(hp_loader *l) { return (layer){ l, HP_NEW_ARRAY(l->mem, hp_option_value, HP_OPTION_COUNT) }; }

/* A value that is refused still decides: the option is not missing. */
static void layer_set(layer *on, const hp_option *o, const hp_value *in, hp_str where)
{
    hp_option_value *v = &on->values[hp_option_index(o)];

    if (v->decided) {
        hp_loader_problem(on->l, o, where, "given twice (the other is %" HP_STR_FMT "): remove one",
                          HP_STR_ARG(v->where));
        return;
    }
    *v = (hp_option_value){ .decided = true, .where = where };
    v->present = hp_option_coerce(on->l, o, in, where, &v->value);
}

/* `path` names the file with the secret. */
static void layer_set_from_file(layer *on, const hp_option *o, hp_str path, hp_str where)
{
    const hp_str text = hp_loader_secret_file(on->l, o, where, path);

    if (!hp_str_present(text)) {
        on->values[hp_option_index(o)].decided = true;
        return;
    }
    const hp_value secret = hp_string(text);
    layer_set(on, o, &secret, where);
}

/* The option that `name` asks to read from a file: `suffix` behind the name of a secret. */
static const hp_option *find_secret_file(hp_str name, hp_str suffix, bool env)
{
    if (!hp_str_ends(name, suffix)) return NULL;
    const hp_str base = hp_str_sub(name, 0, name.len - suffix.len);
    const hp_option *o = env ? hp_option_find_env(base) : hp_option_find(base);
    return o && (o->flags & HP_OPTION_SECRET) ? o : NULL;
}

static void unknown_option(hp_loader *l, hp_str where, hp_str name)
{
    const hp_option *near = hp_option_suggest(name, false);

    hp_loader_problem(l, NULL, where, "unknown option \"%" HP_STR_FMT "\"%s%s%s", HP_STR_ARG(hp_str_sub(name, 0, 80)),
                      near ? "; did you mean \"" : "", near ? near->name : "", near ? "\"?" : "");
    static const hp_str GROUPS[] = { HP_STR_INIT("requestComplexity."), HP_STR_INIT("installation.") };
    const hp_str shown = hp_str_sub(name, 0, 80);
    for (size_t i = 0; i < sizeof GROUPS / sizeof *GROUPS; i++)
        if (hp_str_starts(shown, GROUPS[i]))
            hp_loader_parse_words(l, hp_arena_printf(l->mem, "%.*s contains unknown property '%" HP_STR_FMT "'.",
                                                     (int)(GROUPS[i].len - 1), GROUPS[i].ptr,
                                                     HP_STR_ARG(hp_str_sub(shown, GROUPS[i].len, SIZE_MAX))));
    hp_loader_parse_words(l, hp_arena_printf(l->mem, "error: unknown option %" HP_STR_FMT, HP_STR_ARG(shown)));
}

static const hp_option *group_of(const hp_option *o)
{
    const hp_str name = hp_str_of(o->name);
    const size_t dot = hp_str_find_char(name, '.', 0);

    return dot == SIZE_MAX ? NULL : hp_option_find(hp_str_sub(name, 0, dot));
}

/* Sets the members that an object names, unless the layer has them by themselves, and decides about the others. */
static void layer_spread_group(layer *on, const hp_option *group, const char *file, hp_str file_text, hp_str path)
{
    hp_loader *l = on->l;
    hp_option_value *v = &on->values[hp_option_index(group)];

    for (uint32_t i = 0; i < v->value.object.count; i++) {
        const hp_member *m = &v->value.object.items[i];
        const hp_str name = hp_arena_printf(l->mem, "%s.%" HP_STR_FMT, group->name, HP_STR_ARG(m->key));
        const hp_option *o = hp_option_find(name);
        hp_str where = v->where;
        if (file) {
            const hp_str at =
                hp_arena_printf(l->mem, "%" HP_STR_FMT ".%" HP_STR_FMT, HP_STR_ARG(path), HP_STR_ARG(m->key));
            where = hp_arena_printf(l->mem, "%s:%zu", file, hp_json_line(file_text, at));
        }
        if (!o)
            unknown_option(l, where, name);
        else if (!on->values[hp_option_index(o)].decided && !hp_is_null(&m->value))
            layer_set(on, o, &m->value, where);
    }
    for (size_t i = 0; i < HP_OPTION_COUNT; i++)
        if (HP_OPTIONS[i].type != HP_OPTION_SECTION && group_of(&HP_OPTIONS[i]) == group) on->values[i].decided = true;
}

/* `file` is NULL unless the layer is that of a file. Options stand at <prefix><name> in it. */
static void layer_spread_groups(layer *on, const char *file, hp_str file_text, const char *prefix)
{
    for (size_t i = 0; i < HP_OPTION_COUNT; i++) {
        const hp_option *o = &HP_OPTIONS[i];
        if (o->type != HP_OPTION_GROUP || !on->values[i].present) continue;
        layer_spread_group(on, o, file, file_text, hp_arena_printf(on->l->mem, "%s%s", prefix, o->name));
    }
}

static void layer_lay_below(const layer *on)
{
    for (size_t i = 0; i < HP_OPTION_COUNT; i++)
        if (!on->l->values[i].decided && on->values[i].decided) on->l->values[i] = on->values[i];
}

/* ---- command line ---- */
typedef struct flags {
    const hp_config_sources *from;
    size_t next;
    const char *file; /* --config FILE, or the one operand */
} flags;

static bool is_bool_text(const char *text)
{
    const hp_str s = hp_str_of(text);
    return hp_str_eq(s, HP_STR("true")) || hp_str_eq(s, HP_STR("false")) || hp_str_eq(s, HP_STR("1")) ||
           hp_str_eq(s, HP_STR("0"));
}

/* The value of a flag: behind '=', or the next argument. A switch needs none. NULL: there is none. */
static const char *flag_value(flags *f, const char *equals, bool is_switch)
{
    const bool more = f->next < f->from->flag_count;
    const char *next = more ? f->from->flags[f->next] : NULL;

    if (equals) return equals + 1;
    if (is_switch && !(more && is_bool_text(next))) return "true";
    if (!more || strncmp(next, "--", 2) == 0) return NULL;
    f->next++;
    return next;
}

static void read_flag(layer *on, flags *f, const char *text)
{
    hp_loader *l = on->l;
    const char *equals = strchr(text, '=');
    const hp_str name = { text + 2, equals ? (size_t)(equals - text) - 2 : strlen(text) - 2 };
    const hp_str where = hp_arena_printf(l->mem, "--%" HP_STR_FMT, HP_STR_ARG(name));
    const bool is_config = hp_str_eq(name, HP_STR("config"));
    const hp_option *o = hp_option_find(name);
    const hp_option *secret = o ? NULL : find_secret_file(name, HP_STR("File"), false);

    const char *value = flag_value(f, equals, o && o->type == HP_OPTION_BOOL);
    if (!o && !secret && !is_config)
        unknown_option(l, where, name); /* with what looks like its value, so that it is not taken for a file */
    else if (!value)
        hp_loader_problem(l, NULL, where, "needs a value");
    else if (is_config && f->file)
        hp_loader_problem(l, NULL, where, "there is a file already, %s: remove one", f->file);
    else if (is_config)
        f->file = value;
    else if (secret)
        layer_set_from_file(on, secret, hp_str_of(value), where);
    else
        layer_set(on, o, &(hp_value){ .tag = HP_STRING, .string = hp_str_of(value) }, where);
}

static void read_flags(hp_loader *l, flags *f)
{
    layer on = layer_new(l);

    while (f->next < f->from->flag_count) {
        const char *text = f->from->flags[f->next++];
        if (strncmp(text, "--", 2) == 0)
            read_flag(&on, f, text);
        else if (text[0] == '-' || f->file)
            hp_loader_problem(l, NULL, HP_STR_NONE, "unexpected argument \"%s\"", text);
        else
            f->file = text;
    }
    layer_spread_groups(&on, NULL, HP_STR_NONE, "");
    layer_lay_below(&on);
}

/* ---- environment ---- */

/* Orchestrators put variables of their own beside ours (PARSE_SERVER_SERVICE_HOST), so an unknown one may be none. */
static void warn_of_unknown_variable(hp_loader *l, hp_str name)
{
    if (!hp_str_starts(name, HP_STR("PARSE_SERVER_")) && !hp_str_starts(name, HP_STR("HOMEPORT_"))) return;
    if (hp_str_eq(name, HP_STR("HOMEPORT_SHARE"))) return; /* no option: app/share.h */
    const hp_option *near = hp_option_suggest(name, true);
    hp_buf_printf(l->report, "%" HP_STR_FMT ": unknown environment variable, ignored%s%s%s\n", HP_STR_ARG(name),
                  near ? "; did you mean " : "", near ? near->env : "", near ? "?" : "");
}

static void read_environment(hp_loader *l, const char *const *environment)
{
    layer on = layer_new(l);

    for (const char *const *e = environment; e && *e; e++) {
        const char *equals = strchr(*e, '=');
        if (!equals || equals[1] == '\0') continue;
        const hp_str name = hp_arena_str(l->mem, (hp_str){ *e, (size_t)(equals - *e) });
        const hp_option *o = hp_option_find_env(name);
        const hp_option *secret = o ? NULL : find_secret_file(name, HP_STR("_FILE"), true);
        const hp_value value = hp_string(hp_str_of(equals + 1));
        if (secret)
            layer_set_from_file(&on, secret, value.string, name);
        else if (!o)
            warn_of_unknown_variable(l, name);
        else
            layer_set(&on, o, &value, name);
    }
    layer_spread_groups(&on, NULL, HP_STR_NONE, "");
    layer_lay_below(&on);
}

/* ---- file ---- */

/* The object that holds the options: the file's own, or that of its one app. NULL after saying what is wrong. */
static const hp_value *file_app(hp_loader *l, const char *path, const hp_value *file, const char **prefix)
{
    const hp_value *apps = hp_object_get(file, HP_STR("apps"));

    *prefix = "";
    if (!hp_is(file, HP_OBJECT)) {
        hp_loader_problem(l, NULL, hp_str_of(path), "expected a JSON object with options");
        return NULL;
    }
    if (!apps) return file;
    *prefix = "apps.0.";
    if (!hp_is(apps, HP_ARRAY) || apps->array.count != 1 || !hp_is(apps->array.items, HP_OBJECT)) {
        hp_loader_problem(l, NULL, hp_str_of(path), "\"apps\" must be a list with one object: one server runs one app");
        return NULL;
    }
    if (file->object.count > 1) {
        hp_loader_problem(l, NULL, hp_str_of(path), "move the options beside \"apps\" into the app");
        return NULL;
    }
    return apps->array.items;
}

static void read_member(layer *on, const hp_member *m, hp_str where)
{
    const hp_option *o = hp_option_find(m->key);
    const hp_option *secret = o ? NULL : find_secret_file(m->key, HP_STR("File"), false);

    if (!o && !secret)
        unknown_option(on->l, where, m->key);
    else if (hp_is_null(&m->value))
        return; /* as if it were not there */
    else if (secret && (!hp_is(&m->value, HP_STRING) || memchr(m->value.string.ptr, '\0', m->value.string.len)))
        hp_loader_problem(on->l, secret, where, "expected the path of a file");
    else if (secret)
        layer_set_from_file(on, secret, m->value.string, where);
    else
        layer_set(on, o, &m->value, where);
}

/* jansson quotes what stands near the mistake, and that may be a key. */
static hp_str without_quotation(const char *message)
{
    const char *near = strstr(message, " near ");
    return near ? (hp_str){ message, (size_t)(near - message) } : hp_str_of(message);
}

/* What to do about a file that is no JSON: most servers of this kind are configured by a program. */
static const char *json_advice(hp_str path)
{
    static const hp_str PROGRAMS[] = { HP_STR_INIT(".js"), HP_STR_INIT(".mjs"), HP_STR_INIT(".cjs"),
                                       HP_STR_INIT(".ts") };
    for (size_t i = 0; i < sizeof PROGRAMS / sizeof *PROGRAMS; i++)
        if (hp_str_ends(path, PROGRAMS[i]))
            return "JavaScript is not run: write the options that it hands to ParseServer into a JSON file";
    return "JSON has names in double quotes, no comments, and no comma behind the last member";
}

static void read_config_file(hp_loader *l, const char *path)
{
    layer on = layer_new(l);
    hp_value file;
    hp_err err = { 0 };
    const char *prefix;
    const hp_str whole = read_file(l, NULL, HP_STR("--config"), path, CONFIG_FILE_BYTES_MAX);
    const hp_str text = hp_str_without_mark(whole);

    l->file_unread = true;
    if (!hp_str_present(text)) return;
    if (hp_json_read(text, HP_JSON_PLAIN, l->mem, &file, &err) != HP_OK) {
        hp_loader_problem(l, NULL, hp_str_of(path), "%" HP_STR_FMT "; %s", HP_STR_ARG(without_quotation(err.msg)),
                          json_advice(hp_str_of(path)));
        goto done;
    }
    const hp_value *app = file_app(l, path, &file, &prefix);
    l->file_unread = app == NULL;
    for (uint32_t i = 0; app && i < app->object.count; i++) {
        const hp_member *m = &app->object.items[i];
        const hp_str at = hp_arena_printf(l->mem, "%s%" HP_STR_FMT, prefix, HP_STR_ARG(m->key));
        read_member(&on, m, hp_arena_printf(l->mem, "%s:%zu", path, hp_json_line(text, at)));
    }
    layer_spread_groups(&on, path, text, prefix);
    layer_lay_below(&on);
done:
    hp_wipe((char *)(uintptr_t)whole.ptr, whole.len);
}

/* ---- the whole ---- */
static void apply_defaults(hp_loader *l)
{
    for (size_t i = 0; i < HP_OPTION_COUNT; i++) {
        const hp_option *o = &HP_OPTIONS[i];
        if (o->type == HP_OPTION_SECTION || l->values[i].present || !o->default_text) continue;
        const hp_value text = hp_string(hp_str_of(o->default_text));
        l->values[i].present = true;
        l->values[i].where = HP_STR("default");
        HP_ASSERT(hp_option_coerce(l, o, &text, HP_STR("default"), &l->values[i].value));
    }
}

static void collect(hp_loader *l, const hp_config_sources *from)
{
    flags f = { .from = from };

    read_flags(l, &f);
    read_environment(l, from->environment);
    if (!f.file) f.file = from->file;
    if (f.file) read_config_file(l, f.file);
    apply_defaults(l);
}

static void loader_init(hp_loader *l, hp_buf *report)
{
    hp_arena *mem = hp_arena_new();
    struct loaded *made = HP_NEW(mem, struct loaded);

    made->mem = mem;
    made->values = HP_NEW_ARRAY(mem, hp_option_value, HP_OPTION_COUNT);
    *l = (hp_loader){ .mem = mem, .config = &made->config, .values = made->values, .report = report };
}

/* The configuration, or NULL with nothing left behind. */
static hp_config *finish(hp_loader *l)
{
    hp_options_bind(l);
    if (l->problems == 0) return l->config;
    if (hp_str_present(l->parse_words)) hp_buf_printf(l->report, "%" HP_STR_FMT "\n", HP_STR_ARG(l->parse_words));
    hp_config_free(l->config);
    return NULL;
}

hp_config *hp_config_load(const hp_config_sources *from, hp_buf *report)
{
    hp_loader l;

    loader_init(&l, report);
    collect(&l, from);
    return finish(&l);
}

/* hp_config is the first member of what was allocated. */
static struct loaded *loaded_of(const hp_config *c) { return (struct loaded *)(uintptr_t)c; }

void hp_config_port_found(hp_config *c, uint16_t port)
{
    struct loaded *loaded = loaded_of(c);
    hp_loader l = { .mem = loaded->mem, .config = c, .values = loaded->values };

    c->server.port = port;
    l.values[hp_option_index(hp_option_find(HP_STR("port")))].value = hp_number(port);
    hp_options_complete_urls(&l);
}

void hp_config_free(hp_config *c)
{
    if (!c) return;
    struct loaded *loaded = loaded_of(c);

    for (size_t i = 0; i < HP_OPTION_COUNT; i++) {
        const hp_str secret = hp_text(&loaded->values[i].value);
        if ((HP_OPTIONS[i].flags & HP_OPTION_SECRET) && secret.len > 0)
            hp_wipe((char *)(uintptr_t)secret.ptr, secret.len);
    }
    if (c->server.mail.smtp.password.len > 0)
        hp_wipe((char *)(uintptr_t)c->server.mail.smtp.password.ptr, c->server.mail.smtp.password.len);
    hp_arena_free(loaded->mem);
}

/* ---- reload ---- */
static bool same_value(const hp_option_value *a, const hp_option_value *b)
{
    if (a->present != b->present) return false;
    return !a->present || hp_value_equal(&a->value, &b->value);
}

static hp_str_list empty_list(hp_arena *mem) { return (hp_str_list){ HP_NEW_ARRAY(mem, hp_str, HP_OPTION_COUNT), 0 }; }

static void add_name(hp_str_list *list, const char *name)
{
    ((hp_str *)(uintptr_t)list->items)[list->count++] = hp_str_of(name);
}

hp_config *hp_config_reload(const hp_config *now, const hp_config_sources *from, hp_config_changes *changes,
                            hp_buf *report)
{
    const hp_option_value *old = loaded_of(now)->values;
    hp_loader l;

    loader_init(&l, report);
    collect(&l, from);
    *changes = (hp_config_changes){ empty_list(l.mem), empty_list(l.mem) };
    for (size_t i = 0; i < HP_OPTION_COUNT; i++) {
        const hp_option *o = &HP_OPTIONS[i];
        if (o->type == HP_OPTION_SECTION || o->type == HP_OPTION_GROUP || o->status != HP_OPTION_WORKS) continue;
        if (same_value(&old[i], &l.values[i])) continue;
        if (o->flags & HP_OPTION_RELOADABLE) {
            add_name(&changes->applied, o->name);
            continue;
        }
        add_name(&changes->need_restart, o->name);
        l.values[i] = old[i];
        l.values[i].value = hp_value_copy(l.mem, &old[i].value);
        l.values[i].where = hp_arena_str(l.mem, old[i].where);
    }
    hp_config *c = finish(&l);
    if (!c) *changes = (hp_config_changes){ 0 };
    return c;
}

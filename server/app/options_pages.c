/* app/options_pages.c — pages of the app's own: the files of pages.pagesPath, their translations and placeholders.
 *
 * The files are read once, when the configuration is, and served from memory: a request cannot name anything that is not
 * among them, whatever it says, and a page that is being edited is never half of one. */
#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include "app/options_internal.h"
#include "base/limits.h"
#include "rest/page_template.h"
#include "value/json.h"

enum { FOLDER_DEPTH_MAX = 4 };

typedef struct reader {
    hp_loader *l;
    const hp_option *o;
    hp_str where;
    hp_page_file *files;
    size_t count, bytes;
    bool ok;
} reader;

__attribute__((format(printf, 2, 3))) static void refuse(reader *r, const char *fmt, ...)
{
    char text[300];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args); /* shortened if need be */
    va_end(args);
    if (r->ok) hp_loader_problem(r->l, r->o, r->where, "%s", text);
    r->ok = false;
}

static void take_file(reader *r, hp_str name, hp_str path)
{
    hp_err err = { 0 };
    if (r->count == HP_PAGE_FILES_MAX) return refuse(r, "more than %d files", HP_PAGE_FILES_MAX);
    const hp_str bytes = hp_loader_read_file(r->l, r->o, r->where, path, HP_PAGE_BYTES_MAX - r->bytes);
    if (!hp_str_present(bytes)) {
        r->ok = false;
        return;
    }
    if (hp_str_ends(name, HP_STR(".html")) && (!hp_str_utf8_valid(bytes) || hp_template_check(bytes, &err) != HP_OK))
        return refuse(r, "%" HP_STR_FMT ": %s", HP_STR_ARG(name), err.code == HP_OK ? "not UTF-8" : err.msg);
    r->bytes += bytes.len;
    r->files[r->count++] = (hp_page_file){ .name = name, .bytes = bytes };
}

/* Files and folders whose names begin with a dot are nobody's business: .git, and what editors and mounts leave. */
static void take_folder(reader *r, hp_str folder, hp_str prefix, int depth)
{
    hp_arena *mem = r->l->mem;
    DIR *dir = opendir(hp_arena_cstr(mem, folder));
    if (dir == NULL) {
        refuse(r, "cannot read \"%" HP_STR_FMT "\": %s", HP_STR_ARG(folder), strerror(errno));
        return;
    }
    for (const struct dirent *e; r->ok && (e = readdir(dir)) != NULL;) {
        const hp_str path = hp_arena_printf(mem, "%" HP_STR_FMT "/%s", HP_STR_ARG(folder), e->d_name);
        const hp_str name = hp_arena_printf(mem, "%" HP_STR_FMT "%s", HP_STR_ARG(prefix), e->d_name);
        struct stat about;
        if (e->d_name[0] == '.' || stat(path.ptr, &about) != 0) continue;
        if (S_ISREG(about.st_mode)) take_file(r, name, path);
        if (S_ISDIR(about.st_mode) && depth < FOLDER_DEPTH_MAX)
            take_folder(r, path, hp_arena_printf(mem, "%" HP_STR_FMT "/", HP_STR_ARG(name)), depth + 1);
    }
    (void)closedir(dir); /* it was only read */
}

void hp_take_pages_path(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    hp_pages_settings *pages = &l->config->settings.pages;
    reader r = { .l = l, .o = o, .where = v->where, .ok = true };
    if (v->value.string.len == 0) return;
    r.files = HP_NEW_ARRAY(l->mem, hp_page_file, HP_PAGE_FILES_MAX);
    take_folder(&r, v->value.string, HP_STR(""), 1);
    pages->files = r.files;
    pages->file_count = r.count;
}

static void no_translations(hp_loader *l, const hp_option *o, hp_str where, const char *why)
{
    hp_loader_problem(l, o, where, "%s", why);
    hp_loader_parse_words(l, HP_STR("failed to load JSON file"));
}

void hp_take_localization_json(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    hp_value *out = &l->config->settings.pages.translations;
    hp_err err = { 0 };
    const hp_str text = hp_loader_read_file(l, o, v->where, v->value.string, HP_PAGE_BYTES_MAX);
    if (!hp_str_present(text))
        hp_loader_parse_words(l, HP_STR("failed to load JSON file"));
    else if (!hp_str_utf8_valid(text) || hp_json_read(text, HP_JSON_PARSE, l->mem, out, &err) != HP_OK)
        no_translations(l, o, v->where, err.code == HP_OK ? "not UTF-8" : err.msg);
    else if (out->tag != HP_OBJECT)
        no_translations(l, o, v->where, "expected {\"<locale>\": {\"translation\": {…}}}");
}

void hp_take_page_placeholders(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    if (!hp_is(&v->value, HP_OBJECT)) hp_loader_problem(l, o, v->where, "expected an object");
    l->config->settings.pages.placeholders = v->value;
}

#include "app/options_internal.h"

#include <stdio.h>

static bool is_option(const hp_option *o) { return o->type != HP_OPTION_SECTION; }

const hp_option *hp_option_find(hp_str name)
{
    for (size_t i = 0; i < HP_OPTION_COUNT; i++)
        if (is_option(&HP_OPTIONS[i]) && hp_str_eq(hp_str_of(HP_OPTIONS[i].name), name)) return &HP_OPTIONS[i];
    return NULL;
}

const hp_option *hp_option_find_env(hp_str env)
{
    for (size_t i = 0; i < HP_OPTION_COUNT; i++)
        if (is_option(&HP_OPTIONS[i]) && hp_str_eq(hp_str_of(HP_OPTIONS[i].env), env)) return &HP_OPTIONS[i];
    return NULL;
}

/* ---- did you mean ---- */
enum { SUGGEST_LEN_MAX = 80 };

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c; }

/* Insertions, deletions and replacements between two texts, letter case aside. */
static size_t edit_distance(hp_str a, hp_str b)
{
    size_t row[SUGGEST_LEN_MAX + 1];

    for (size_t j = 0; j <= b.len; j++) row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            const size_t replace = diagonal + (lower(a.ptr[i - 1]) != lower(b.ptr[j - 1]));
            diagonal = row[j];
            const size_t shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = replace < shorter ? replace : shorter;
        }
    }
    return row[b.len];
}

const hp_option *hp_option_suggest(hp_str text, bool env)
{
    const hp_option *best = NULL;
    size_t best_distance = text.len / 3 + 1; /* further away it is another word */

    if (text.len == 0 || text.len > SUGGEST_LEN_MAX) return NULL;
    for (size_t i = 0; i < HP_OPTION_COUNT; i++) {
        if (!is_option(&HP_OPTIONS[i])) continue;
        const hp_str name = hp_str_of(env ? HP_OPTIONS[i].env : HP_OPTIONS[i].name);
        if (name.len > SUGGEST_LEN_MAX) continue;
        const size_t distance = edit_distance(text, name);
        if (distance < best_distance) {
            best = &HP_OPTIONS[i];
            best_distance = distance;
        }
    }
    return best;
}

/* ---- for people ---- */
static const char *value_hint(const hp_option *o)
{
    switch (o->type) {
    case HP_OPTION_SECTION:
    case HP_OPTION_GROUP: return "JSON object";
    case HP_OPTION_TEXT: return "text";
    case HP_OPTION_BOOL: return "true or false";
    case HP_OPTION_INT: return "number";
    case HP_OPTION_SIZE: return "size";
    case HP_OPTION_CHOICE: return o->choices;
    case HP_OPTION_URL: return "URL";
    case HP_OPTION_TEXT_LIST: return "list";
    case HP_OPTION_IP_LIST:
    case HP_OPTION_PROXIES: return "list of addresses";
    case HP_OPTION_JSON: return "JSON";
    }
    return "";
}

static const char *size_text(int64_t bytes, char out[32])
{
    static const struct {
        int64_t bytes;
        const char *name;
    } units[] = { { 1 << 30, "gb" }, { 1 << 20, "mb" }, { 1 << 10, "kb" }, { 1, "b" } };

    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (bytes % units[i].bytes != 0) continue;
        (void)snprintf(out, 32, "%lld%s", (long long)(bytes / units[i].bytes), units[i].name);
        break;
    }
    return out;
}

/* "4 to 128 characters", or nothing. */
static void add_range(hp_buf *out, const hp_option *o)
{
    char low[32], high[32];

    if (o->status != HP_OPTION_WORKS) return;
    if (o->type == HP_OPTION_SIZE)
        hp_buf_printf(out, "%s to %s", size_text(o->min, low), size_text(o->max, high));
    else if (o->type == HP_OPTION_INT)
        hp_buf_printf(out, "%s%lld to %lld%s%s", o->flags & HP_OPTION_NOT_ZERO ? "-1 or " : "",
                      o->flags & HP_OPTION_NOT_ZERO ? 1LL : (long long)o->min, (long long)o->max, o->unit ? " " : "",
                      o->unit ? o->unit : "");
}

static bool shown_in_help(const hp_option *o) { return o->type == HP_OPTION_SECTION || o->status == HP_OPTION_WORKS; }

/* A heading is printed with the first row below it, so that none stands alone. */
void hp_options_help(hp_buf *out)
{
    const hp_option *section = NULL;

    for (size_t i = 0; i < HP_OPTION_COUNT; i++) {
        const hp_option *o = &HP_OPTIONS[i];
        if (!shown_in_help(o)) continue;
        if (o->type == HP_OPTION_SECTION) {
            section = o;
            continue;
        }
        if (section) hp_buf_printf(out, "\n%s\n", section->name);
        section = NULL;
        hp_buf_printf(out, "  --%s <%s>\n      %s", o->name, value_hint(o), o->sentence);
        if (o->type == HP_OPTION_INT || o->type == HP_OPTION_SIZE) {
            hp_buf_add_lit(out, " ");
            add_range(out, o);
            hp_buf_add_lit(out, ".");
        }
        if (o->default_text && o->default_text[0] != '\0') hp_buf_printf(out, " Default: %s", o->default_text);
        if (o->flags & HP_OPTION_REQUIRED) hp_buf_add_lit(out, " Required.");
        hp_buf_add_lit(out, "\n");
    }
}

/* A table cell: '|' would end it. */
static void add_cell(hp_buf *out, const char *text)
{
    for (const char *p = text; *p; p++) {
        if (*p == '|') hp_buf_add_char(out, '\\');
        hp_buf_add_char(out, *p);
    }
}

static void add_working_row(hp_buf *out, const hp_option *o)
{
    hp_buf_printf(out, "| `%s` | `%s` | ", o->name, o->env);
    add_cell(out, value_hint(o));
    hp_buf_add_lit(out, " | ");
    if (o->default_text && o->default_text[0] != '\0') {
        hp_buf_add_lit(out, "`");
        add_cell(out, o->default_text);
        hp_buf_add_lit(out, "`");
    } else {
        hp_buf_add(out, o->flags & HP_OPTION_REQUIRED ? HP_STR("required") : HP_STR("–"));
    }
    hp_buf_add_lit(out, " | ");
    add_range(out, o);
    hp_buf_printf(out, " | %s | ", o->flags & HP_OPTION_RELOADABLE ? "yes" : o->type == HP_OPTION_GROUP ? "" : "no");
    if (o->flags & HP_OPTION_SECRET) hp_buf_add_lit(out, "*Secret.* ");
    add_cell(out, o->sentence);
    hp_buf_add_lit(out, " |\n");
}

static void add_rows_with_status(hp_buf *out, hp_option_status status)
{
    hp_buf_add_lit(out, "\n| option | environment | default | what happens |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < HP_OPTION_COUNT; i++) {
        const hp_option *o = &HP_OPTIONS[i];
        if (!is_option(o) || o->status != status) continue;
        hp_buf_printf(out, "| `%s` | `%s` | %s%s%s | ", o->name, o->env, o->default_text ? "`" : "",
                      o->default_text ? o->default_text : "–", o->default_text ? "`" : "");
        add_cell(out, o->sentence);
        hp_buf_add_lit(out, " |\n");
    }
}

static const char INTRODUCTION[] =
    "# Configuration\n"
    "\n"
    "<!-- Generated from server/app/options_table.c by unit/app/options_test with HP_UPDATE_DOCS=1. Do not edit. -->\n"
    "\n"
    "Options have the names they have in Parse Server. Each is looked for in four places; the first that names it "
    "wins:\n"
    "\n"
    "1. the command line: `--port 1338` or `--port=1338`; `--demo` alone is `--demo true`;\n"
    "2. the environment: `PORT=1338`; a variable that is set but empty counts as unset;\n"
    "3. the JSON file given with `--config FILE`, or FILE alone: `{\"appId\": …}`, or `{\"apps\": [{…}]}` with one "
    "app;\n"
    "4. the default.\n"
    "\n"
    "As text (command line, environment) a list is separated by commas and an object is JSON. Members of an object are "
    "options\n"
    "of their own (`passwordPolicy.maxPasswordAge`): a source that gives the whole object decides about all of its "
    "members.\n"
    "Sizes are bytes, or end in `kb`, `mb`, `gb`. Paths are relative to the working directory.\n"
    "\n"
    "A secret can stand in a file of its own: `masterKeyFile` in the JSON file or on the command line,\n"
    "`PARSE_SERVER_MASTER_KEY_FILE` in the environment, and so for each option marked *secret*. A newline at the end "
    "of the\n"
    "file is not part of the secret. Everybody on the machine can read a command line: do not put secrets there.\n"
    "\n"
    "An unknown name, a wrong type, a value out of range and an option of the last table end the start with exit "
    "status 78 and\n"
    "say what to change; the last line has the words of Parse Server, where it refuses the same. An unknown\n"
    "`PARSE_SERVER_…` or `HOMEPORT_…` variable is only warned about.\n"
    "\n"
    "On SIGHUP the sources are read again. Options marked *reload* change at once; if others differ, the log names "
    "them and they\n"
    "keep their value until the next start. If anything is wrong, everything stays as it was.\n";

void hp_options_markdown(hp_buf *out)
{
    const hp_option *section = NULL;

    hp_buf_add(out, hp_str_of(INTRODUCTION));
    for (size_t i = 0; i < HP_OPTION_COUNT; i++) {
        const hp_option *o = &HP_OPTIONS[i];
        if (!shown_in_help(o)) continue;
        if (o->type == HP_OPTION_SECTION) {
            section = o;
            continue;
        }
        if (section) {
            hp_buf_printf(out, "\n## %s\n\n| option | environment | value | default | range | reload | meaning |\n",
                          section->name);
            hp_buf_add_lit(out, "| --- | --- | --- | --- | --- | --- | --- |\n");
        }
        section = NULL;
        add_working_row(out, o);
    }
    hp_buf_add_lit(out,
                   "\n## Accepted without effect\n\nWhatever these say, nothing is less safe or missing for it.\n");
    add_rows_with_status(out, HP_OPTION_NO_EFFECT);
    hp_buf_add_lit(out,
                   "\n## Accepted with a warning\n\nThe start says that they are ignored, and what happens instead.\n");
    add_rows_with_status(out, HP_OPTION_IGNORED);
    hp_buf_add_lit(out, "\n## Not supported yet\n\nAnything but the default ends the start, so that nobody relies on "
                        "what is not there.\n");
    add_rows_with_status(out, HP_OPTION_NOT_YET);
}

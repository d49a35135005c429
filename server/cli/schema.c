/* cli/schema.c — homeport schema import | export | check | diagram | dictionary. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/share.h"
#include "app/template.h"
#include "cli/cli.h"
#include "core/schema_api.h"
#include "core/schema_source.h"
#include "value/json.h"

static const char USAGE[] =
    "usage: homeport schema import     FILE|TEMPLATE [--prune] [--dry-run] [--config FILE] [--option value …]\n"
    "       homeport schema export     [--config FILE] [--option value …]\n"
    "       homeport schema check      FILE|TEMPLATE\n"
    "       homeport schema diagram    FILE|TEMPLATE, or [--config FILE] [--option value …]     Mermaid\n"
    "       homeport schema dictionary FILE|TEMPLATE, or [--config FILE] [--option value …]     Markdown\n\n"
    "Files: {\"classes\":[…]}, a GET /schemas answer {\"results\":[…]}, an array of classes, one class, or Parse "
    "Server's\n"
    "schema.definitions. TEMPLATE: p2p-payment, payment-gateway.\n"
    "import prints its plan, then does all of it or nothing; it drops something only with --prune.\n";

typedef struct arguments {
    const char *source; /* FILE or TEMPLATE, or NULL */
    bool prune, dry_run;
    const char **flags; /* for the configuration */
    size_t flag_count;
} arguments;

/* ---- reading what the user named ---- */

static hp_code read_source(const char *name, hp_arena *mem, hp_schema_source *out, hp_err *err)
{
    hp_str text;
    if (hp_template_exists(hp_str_of(name))) {
        *out = (hp_schema_source){ .prefix = HP_STR("classes") };
        return hp_template_classes(hp_str_of(name), mem, &out->classes, err);
    }
    if (access(name, F_OK) != 0)
        return hp_fail(err, HP_E_INVALID_VALUE, "there is neither a file nor a template '%s'", name);
    HP_TRY(hp_file_read(mem, name, &text, err));
    hp_err why = { 0 };
    const hp_code rc = hp_schema_source_read(text, mem, out, &why);
    return rc == HP_OK ? HP_OK : hp_fail(err, rc, "%s: %s", name, why.msg);
}

static int fail(const char *name, const char *message)
{
    (void)fprintf(stderr, "homeport: %s%s%s\n", name != NULL ? name : "", name != NULL ? ": " : "", message);
    return HP_EXIT_FAILED;
}

/* Parse's sentences name what is wrong; people also want to read what would be right. */
static const char *expectation(const hp_err *err)
{
    static const struct {
        const char *says, *expected;
    } HINTS[] = {
        { "invalid field type",
          "Expected one of String, Number, Boolean, Date, Object, Array, GeoPoint, File, Bytes, Polygon, "
          "Pointer, Relation, Decimal128." },
        { "needs a class name", "Expected \"targetClass\": \"<class>\" beside \"type\"." },
        { "invalid JSON", "Expected an object; for a field {\"type\": \"<type>\"}." },
        { "invalid field name", "Expected letters, digits and _, beginning with a letter, and none of the names that "
                                "objects have by themselves." },
        { "default value; expected", "Expected a defaultValue of the field's own type." },
        { "exists, cannot update", "Expected the type that is stored; a field's type cannot be changed." },
    };
    for (size_t i = 0; i < sizeof HINTS / sizeof *HINTS; i++)
        if (strstr(err->msg, HINTS[i].says) != NULL) return HINTS[i].expected;
    return "";
}

/* The plan's complaint with the place in the file that it is about. */
static int fail_plan(const char *name, const hp_schema_source *source, const hp_schema_plan *plan, const hp_err *err,
                     hp_arena *mem)
{
    hp_str where = source->text.len > 0 ? hp_schema_source_where(source, plan->where, mem) : plan->where;
    const hp_str says = hp_str_trim(hp_str_of(err->msg));
    const char *expected = expectation(err);
    (void)fprintf(stderr, "homeport: %s:%.*s: %.*s%s%s\nNothing was changed.\n", name, HP_STR_ARG(where),
                  HP_STR_ARG(says),
                  *expected == '\0'                ? ""
                  : hp_str_ends(says, HP_STR(".")) ? " "
                                                   : ". ",
                  expected);
    return HP_EXIT_FAILED;
}

/* ---- the commands ---- */

static int apply(hp_call *call, const arguments *args, const hp_schema_source *source)
{
    hp_err err = { 0 };
    hp_schema_plan plan;
    if (hp_schema_plan_make(call, &source->classes,
                            (hp_plan_rules){ .mode = args->prune ? HP_PLAN_PRUNE : HP_PLAN_MERGE }, &plan,
                            &err) != HP_OK)
        return fail_plan(args->source, source, &plan, &err, call->mem);
    if (plan.line_count == 0) {
        (void)puts("Everything is there already.");
        return HP_EXIT_OK;
    }
    for (size_t i = 0; i < plan.line_count; i++) (void)printf("%.*s\n", HP_STR_ARG(plan.lines[i]));
    if (args->dry_run) return HP_EXIT_OK;
    (void)fflush(stdout);
    if (hp_schema_plan_apply(call, &plan, &err) != HP_OK) {
        hp_cli_complain(&err);
        (void)fputs("Nothing was changed.\n", stderr);
        return HP_EXIT_FAILED;
    }
    (void)printf("%zu change%s made.\n", plan.line_count, plan.line_count == 1 ? "" : "s");
    return HP_EXIT_OK;
}

/* Runs `work` on the configured app. */
static int with_app(const arguments *args, const hp_schema_source *source,
                    int (*work)(hp_call *call, const arguments *args, const hp_schema_source *source))
{
    hp_config_sources sources;
    hp_call call;
    int status;
    hp_app *app = hp_cli_open(args->flags, args->flag_count, true, &sources, &status);
    if (app == NULL) return status;
    hp_arena *mem = hp_arena_new();
    hp_call_open_internal(hp_app_core(app), mem, &call);
    status = work(&call, args, source);
    hp_call_close(&call);
    hp_arena_free(mem);
    hp_app_close(app);
    return status;
}

static int run_import(const arguments *args, hp_arena *mem)
{
    hp_schema_source source;
    hp_err err = { 0 };
    if (read_source(args->source, mem, &source, &err) != HP_OK) return fail(NULL, err.msg);
    const int status = with_app(args, &source, apply);
    /* Whoever takes a template's classes for the whole of it would let clients write what its rules keep from them. */
    if (status == HP_EXIT_OK && hp_template_exists(hp_str_of(args->source)))
        (void)fprintf(stderr,
                      "homeport: the rules of %s are cloud code, which runs only where the option template is %s.\n",
                      args->source, args->source);
    return status;
}

static int print_export(hp_call *call, const arguments *args, const hp_schema_source *source)
{
    hp_value results, document = hp_object();
    hp_err err = { 0 };
    (void)args;
    (void)source;
    if (hp_schema_list(call, &results, &err) != HP_OK) return fail(NULL, err.msg);
    hp_object_append(call->mem, &document, HP_STR("results"), results);
    (void)printf("%.*s\n", HP_STR_ARG(hp_json_text(call->mem, &document)));
    return HP_EXIT_OK;
}

static int run_export(const arguments *args, hp_arena *mem)
{
    (void)mem;
    return with_app(args, NULL, print_export);
}

/* A check is an import into an empty database that is thrown away: the same code says the same things. */
static int run_check(const arguments *args, hp_arena *mem)
{
    char folder[] = "/tmp/homeport-check-XXXXXX";
    hp_schema_source source;
    hp_err err = { 0 };
    if (read_source(args->source, mem, &source, &err) != HP_OK) return fail(NULL, err.msg);
    if (mkdtemp(folder) == NULL) return fail(folder, strerror(errno));

    hp_str uri = hp_arena_printf(mem, "sqlite://%s/check.db", folder);
    const char *flags[] = { "--appId", "check", "--masterKey", "check", "--databaseURI", uri.ptr };
    arguments scratch = {
        .source = args->source, .dry_run = true, .flags = flags, .flag_count = sizeof flags / sizeof *flags
    };
    int status = with_app(&scratch, &source, apply);
    static const char *const FILES[] = { "check.db", "check.db-wal", "check.db-shm" };
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
        (void)unlink(hp_arena_printf(mem, "%s/%s", folder, FILES[i]).ptr); /* those that are there */
    (void)rmdir(folder);
    return status;
}

static int print_document(const hp_value *classes, void (*write)(hp_buf *out, const hp_value *classes))
{
    hp_buf out;
    hp_buf_init(&out, 64 << 20);
    write(&out, classes);
    (void)printf("%.*s", HP_STR_ARG(hp_buf_str(&out)));
    hp_buf_done(&out);
    return HP_EXIT_OK;
}

static int print_stored(hp_call *call, void (*write)(hp_buf *out, const hp_value *classes))
{
    hp_value results;
    hp_err err = { 0 };
    if (hp_schema_list(call, &results, &err) != HP_OK) return fail(NULL, err.msg);
    return print_document(&results, write);
}

static int print_stored_diagram(hp_call *call, const arguments *args, const hp_schema_source *source)
{
    (void)args;
    (void)source;
    return print_stored(call, hp_schema_write_diagram);
}

static int print_stored_dictionary(hp_call *call, const arguments *args, const hp_schema_source *source)
{
    (void)args;
    (void)source;
    return print_stored(call, hp_schema_write_dictionary);
}

static int run_document(const arguments *args, hp_arena *mem, void (*write)(hp_buf *out, const hp_value *classes),
                        int (*stored)(hp_call *call, const arguments *args, const hp_schema_source *source))
{
    hp_schema_source source;
    hp_err err = { 0 };
    if (args->source == NULL) return with_app(args, NULL, stored);
    if (read_source(args->source, mem, &source, &err) != HP_OK) return fail(NULL, err.msg);
    return print_document(&source.classes, write);
}

static int run_diagram(const arguments *args, hp_arena *mem)
{
    return run_document(args, mem, hp_schema_write_diagram, print_stored_diagram);
}

static int run_dictionary(const arguments *args, hp_arena *mem)
{
    return run_document(args, mem, hp_schema_write_dictionary, print_stored_dictionary);
}

/* The first word without dashes that is no flag's value is FILE|TEMPLATE; what we do not know is the configuration's. */
static void read_arguments(int argc, const char *const *argv, hp_arena *mem, arguments *out)
{
    *out = (arguments){ .flags = HP_NEW_ARRAY(mem, const char *, (size_t)argc + 1) };
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--prune") == 0) {
            out->prune = true;
        } else if (strcmp(argv[i], "--dry-run") == 0) {
            out->dry_run = true;
        } else if (argv[i][0] == '-') {
            out->flags[out->flag_count++] = argv[i];
            if (strchr(argv[i], '=') == NULL && i + 1 < argc) out->flags[out->flag_count++] = argv[++i];
        } else if (out->source == NULL) {
            out->source = argv[i];
        } else {
            out->flags[out->flag_count++] = argv[i]; /* refused there, with a sentence */
        }
    }
}

enum { NEEDS_SOURCE = 1, NO_SOURCE = 2, CHANGES = 4 };

static const struct {
    const char *name;
    int (*run)(const arguments *args, hp_arena *mem);
    unsigned takes;
} COMMANDS[] = {
    { "import", run_import, NEEDS_SOURCE | CHANGES },
    { "export", run_export, NO_SOURCE },
    { "check", run_check, NEEDS_SOURCE },
    { "diagram", run_diagram, 0 },
    { "dictionary", run_dictionary, 0 },
};

/* What a command would pass over in silence is a mistake of whoever typed it. */
static int run(const char *name, int (*work)(const arguments *args, hp_arena *mem), unsigned takes,
               const arguments *args, hp_arena *mem)
{
    if ((takes & NEEDS_SOURCE) != 0 && args->source == NULL)
        return hp_cli_misused(USAGE, "schema %s needs a FILE or a TEMPLATE", name);
    if ((takes & NO_SOURCE) != 0 && args->source != NULL)
        return hp_cli_misused(USAGE, "schema %s prints; to keep it, put > %s behind the command", name, args->source);
    if ((takes & CHANGES) == 0 && (args->prune || args->dry_run))
        return hp_cli_misused(USAGE, "--prune and --dry-run are options of schema import alone");
    if ((takes & CHANGES) == 0 && args->source != NULL && args->flag_count > 0)
        return hp_cli_misused(USAGE, "schema %s looks at %s alone: unexpected argument '%s'", name, args->source,
                              args->flags[0]);
    return work(args, mem);
}

int hp_cli_schema(int argc, const char *const *argv)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    arguments args;
    if (hp_cli_wants_help(argc, argv)) {
        (void)fputs(USAGE, stdout);
        return HP_EXIT_OK;
    }
    if (argc < 1) return hp_cli_misused(USAGE, "schema needs a command");
    read_arguments(argc - 1, argv + 1, mem, &args);
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (strcmp(argv[0], COMMANDS[i].name) == 0)
            return run(COMMANDS[i].name, COMMANDS[i].run, COMMANDS[i].takes, &args, mem);
    return hp_cli_misused(USAGE, "there is no command 'schema %s'", argv[0]);
}

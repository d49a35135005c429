#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    int (*run)(int argc, const char *const *argv);
    bool prints; /* what it is for is on standard output */
    const char *what;
} COMMANDS[] = {
    { "serve", hp_cli_serve, false, "run the server" },
    { "schema", hp_cli_schema, true, "import, export, check and draw schemas" },
    { "cloud", hp_cli_cloud, true, "build cloud code written in C" },
};

/* Half an export must not look like a whole one. */
static int when_printed(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    (void)fputs("homeport: the output could not be written whole\n", stderr);
    return HP_EXIT_FAILED;
}

static void print_help(FILE *out)
{
    (void)fputs("Homeport: a Parse-compatible backend in one program.\n\n"
                "usage: homeport COMMAND [options]\n\n",
                out);
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        (void)fprintf(out, "  %-8s %s\n", COMMANDS[i].name, COMMANDS[i].what);
    (void)fputs("\n  homeport COMMAND --help   what a command takes\n"
                "  homeport --version        which version this is\n\n"
                "A first server, with the schema and rules of a payment app and demo users:\n\n"
                "  homeport serve --appId demo --masterKey change-me --template p2p-payment --demo true\n",
                out);
}

int hp_cli_main(int argc, const char *const *argv)
{
    const char *command = argc > 1 ? argv[1] : "--help";
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 || strcmp(command, "help") == 0) {
        print_help(stdout);
        return argc > 1 ? HP_EXIT_OK : HP_EXIT_USAGE;
    }
    if (strcmp(command, "--version") == 0) {
        (void)printf("homeport %s\n", HP_VERSION);
        return HP_EXIT_OK;
    }
    for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++)
        if (strcmp(command, COMMANDS[i].name) == 0) {
            const int status = COMMANDS[i].run(argc - 2, argv + 2);
            return COMMANDS[i].prints ? when_printed(status) : status;
        }
    (void)fprintf(stderr, "homeport: there is no command '%s'\n\n", command);
    print_help(stderr);
    return HP_EXIT_USAGE;
}

bool hp_cli_wants_help(int argc, const char *const *argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
    return false;
}

int hp_cli_misused(const char *usage, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)fputs("homeport: ", stderr);
    (void)vfprintf(stderr, fmt, args);
    (void)fprintf(stderr, "\n\n%s", usage);
    va_end(args);
    return HP_EXIT_USAGE;
}

void hp_cli_complain(const hp_err *err)
{
    (void)fprintf(stderr, "homeport: %s%s%s\n", err->msg, err->detail[0] != '\0' ? ": " : "", err->detail);
}

hp_app *hp_cli_open(const char *const *flags, size_t count, bool quiet, hp_config_sources *sources, int *status)
{
    hp_buf report;
    hp_err err = { 0 };
    hp_app *app = NULL;

    *sources = (hp_config_sources){ .flags = flags, .flag_count = count, .environment = (const char *const *)environ };
    hp_buf_init(&report, HP_CONFIG_REPORT_MAX);
    hp_config *config = hp_config_load(sources, &report);
    (void)fprintf(stderr, "%.*s", HP_STR_ARG(hp_buf_str(&report)));
    hp_buf_done(&report);
    *status = HP_EXIT_CONFIG;
    if (config == NULL) return NULL;
    if (quiet) config->server.log_level = HP_LOG_ERROR;
    if (hp_app_open(config, &app, &err) == HP_OK) return app;

    hp_cli_complain(&err);
    *status = err.code == HP_E_INTERNAL ? HP_EXIT_FAILED : HP_EXIT_CONFIG;
    return NULL;
}

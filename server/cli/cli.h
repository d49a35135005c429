/* cli/cli.h — the subcommands. Each takes what follows its name and returns the exit status: 0, 1 for a failure, 64 for
 * wrong usage, 78 for a refused configuration. Problems go to stderr as sentences, results to stdout. */
#ifndef HP_CLI_CLI_H
#define HP_CLI_CLI_H

#include "app/app.h"

enum { HP_EXIT_OK = 0, HP_EXIT_FAILED = 1, HP_EXIT_USAGE = 64 };

int hp_cli_serve(int argc, const char *const *argv);
int hp_cli_schema(int argc, const char *const *argv);
int hp_cli_cloud(int argc, const char *const *argv);

/* Picks the subcommand of the whole command line. */
int hp_cli_main(int argc, const char *const *argv);

/* Reads the configuration from `flags` and the environment and opens the app. On failure the reason is on stderr and *status
 * is what to exit with; NULL then. `quiet` raises the log level to errors: tools speak for themselves. */
hp_app *hp_cli_open(const char *const *flags, size_t count, bool quiet, hp_config_sources *sources, int *status);

/* Whether the command line of a subcommand asks what it takes. */
bool hp_cli_wants_help(int argc, const char *const *argv);

/* Says what is wrong with the command line, and below it what would be right. Returns HP_EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int hp_cli_misused(const char *usage, const char *fmt, ...);

/* Tells the operator what has failed, with what only he may know. */
void hp_cli_complain(const hp_err *err);

#endif

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "cli/cli.h"

static void print_help(void)
{
    hp_buf out;
    hp_buf_init(&out, HP_CONFIG_REPORT_MAX);
    hp_buf_add_lit(
        &out,
        "usage: homeport serve [--config FILE] [--option value …]\n\n"
        "Runs until SIGTERM or SIGINT, then finishes what it is doing. SIGHUP reads the configuration again.\n"
        "FILE is a JSON object of the options below; --appId and --masterKey have to be somewhere. The environment\n"
        "names each, too: PARSE_SERVER_APPLICATION_ID and so on, see docs/configuration.md.\n");
    hp_options_help(&out);
    (void)printf("%.*s", HP_STR_ARG(hp_buf_str(&out)));
    hp_buf_done(&out);
}

/* A core file would hold keys and passwords. */
static void forbid_core_files(void)
{
    const struct rlimit none = { 0, 0 };
    (void)setrlimit(RLIMIT_CORE, &none);
}

/* Every connection is a descriptor; what the shell allows at first is meant for programs that use select(). */
static void allow_all_descriptors(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

/* A file that may not grow any more (`ulimit -f`) is a failed write like a full disk, and no reason to be killed. */
static void outlive_file_limit(void) { (void)signal(SIGXFSZ, SIG_IGN); }

/* A reload that is asked for while the server still starts (`systemctl reload` behind a restart) comes when it has started,
 * instead of killing it: hp_app_serve takes the signal. */
static void postpone_reloads(void)
{
    sigset_t hangup;
    (void)sigemptyset(&hangup);
    (void)sigaddset(&hangup, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &hangup, NULL);
}

int hp_cli_serve(int argc, const char *const *argv)
{
    hp_config_sources sources;
    hp_err err = { 0 };
    int status = HP_EXIT_OK;
    bool clean;

    if (hp_cli_wants_help(argc, argv)) {
        print_help();
        return HP_EXIT_OK;
    }
    postpone_reloads();
    forbid_core_files();
    allow_all_descriptors();
    outlive_file_limit();
    hp_app *app = hp_cli_open(argv, (size_t)argc, false, &sources, &status);
    if (app == NULL) return status;
    if (hp_app_serve(app, &sources, &clean, &err) != HP_OK) {
        hp_cli_complain(&err);
        status = HP_EXIT_FAILED;
    } else {
        status = clean ? HP_EXIT_OK : HP_EXIT_FAILED;
    }
    hp_app_close(app);
    return status;
}

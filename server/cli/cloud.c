/* cli/cloud.c — homeport cloud build: one C file into a plug-in, with the system's compiler and our header. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/share.h"
#include "cli/cli.h"

static const char USAGE[] =
    "usage: homeport cloud build FILE.c [-o FILE.so]\n\n"
    "Compiles one file of cloud code (homeport/cloud.h) into a plug-in for the option `cloud`.\n"
    "CC names another compiler than cc.\n";

/* Runs the compiler; its messages are the user's. */
static int compile(const char *include, const char *source, const char *output)
{
    const char *cc = getenv("CC");
    if (cc == NULL || cc[0] == '\0') cc = "cc";
    const char *const command[] = {
        cc,
        "-std=c11",
        "-O2",
        "-g",
        "-Wall",
        "-Wextra",
        "-fPIC",
        "-shared",
        "-fvisibility=hidden",
        "-Werror=implicit-function-declaration", /* else a wrong name is found when the server starts */
        "-I",
        include,
        source,
        "-o",
        output,
        "-lm",
        NULL
    };
    pid_t child = fork();
    if (child < 0) {
        (void)fprintf(stderr, "homeport: cannot start a process: %s\n", strerror(errno));
        return HP_EXIT_FAILED;
    }
    if (child == 0) {
        (void)execvp(cc, (char *const *)(uintptr_t)command);
        (void)fprintf(stderr, "homeport: cannot run the compiler %s: %s. Install gcc, or set CC.\n", cc,
                      strerror(errno));
        _exit(127);
    }
    int result = 0;
    while (waitpid(child, &result, 0) < 0 && errno == EINTR) {}
    if (!WIFEXITED(result) || WEXITSTATUS(result) != 0) return HP_EXIT_FAILED;
    (void)printf("%s\n", output);
    return HP_EXIT_OK;
}

int hp_cli_cloud(int argc, const char *const *argv)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_err err = { 0 };
    hp_str include;
    const char *source = NULL, *output = NULL;

    if (hp_cli_wants_help(argc, argv)) {
        (void)fputs(USAGE, stdout);
        return HP_EXIT_OK;
    }
    if (argc < 1 || strcmp(argv[0], "build") != 0)
        return hp_cli_misused(USAGE, "there is no command 'cloud %s'", argc > 0 ? argv[0] : "");
    if (hp_cli_wants_help(argc, argv)) {
        (void)fputs(USAGE, stdout);
        return HP_EXIT_OK;
    }
    if (argc < 1) return hp_cli_misused(USAGE, "cloud needs a command");
    if (strcmp(argv[0], "build") != 0) return hp_cli_misused(USAGE, "there is no command 'cloud %s'", argv[0]);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-o") == 0 && i + 1 < argc)
            output = argv[++i];
        else if (argv[i][0] != '-' && source == NULL)
            source = argv[i];
        else
            return hp_cli_misused(USAGE, "unexpected argument '%s'", argv[i]);
    }
    if (source == NULL) return hp_cli_misused(USAGE, "cloud build needs a FILE.c");
    if (!hp_str_ends(hp_str_of(source), HP_STR(".c")))
        return hp_cli_misused(USAGE, "%s: cloud code is one C file, whose name ends in .c", source);
    if (output == NULL) output = hp_arena_printf(mem, "%.*s.so", (int)strlen(source) - 2, source).ptr;
    if (hp_share_path(mem, HP_STR("include"), &include, &err) != HP_OK) {
        (void)fprintf(stderr, "homeport: %s\n", err.msg);
        return HP_EXIT_FAILED;
    }
    return compile(include.ptr, source, output);
}

#include "app/share.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_BYTES_MAX = 16 << 20 };

static bool is_folder(hp_str path)
{
    struct stat info;
    return stat(path.ptr, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool find_share(hp_arena *mem, hp_str *out)
{
    const char *chosen = getenv("HOMEPORT_SHARE");
    if (chosen != NULL && chosen[0] != '\0') {
        *out = hp_str_of(chosen);
        return is_folder(*out);
    }
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len <= 0) return false;
    program[len] = '\0';
    char *slash = strrchr(program, '/');
    if (slash != NULL) *slash = '\0';
    *out = hp_arena_printf(mem, "%s/share/homeport", program);
    if (is_folder(*out)) return true;
    *out = hp_arena_printf(mem, "%s/../share/homeport", program);
    return is_folder(*out);
}

hp_code hp_share_path(hp_arena *mem, hp_str name, hp_str *out, hp_err *err)
{
    hp_str share;
    if (!find_share(mem, &share))
        return hp_fail(
            err, HP_E_INVALID_VALUE,
            "The folder share/homeport, which belongs to the program, is missing. Set HOMEPORT_SHARE to where it is.");
    *out = hp_arena_printf(mem, "%" HP_STR_FMT "/%" HP_STR_FMT, HP_STR_ARG(share), HP_STR_ARG(name));
    return HP_OK;
}

hp_code hp_file_read(hp_arena *mem, const char *path, hp_str *out, hp_err *err)
{
    struct stat info;
    hp_code rc = HP_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return hp_fail(err, HP_E_INVALID_VALUE, "Cannot read %s: %s", path, strerror(errno));
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        rc = hp_fail(err, HP_E_INVALID_VALUE, "Cannot read %s: not a file", path);
        goto done;
    }
    if (info.st_size > FILE_BYTES_MAX) {
        rc = hp_fail(err, HP_E_INVALID_VALUE, "Cannot read %s: larger than %d MiB", path, FILE_BYTES_MAX >> 20);
        goto done;
    }
    char *text = hp_arena_alloc(mem, (size_t)info.st_size + 1);
    size_t have = 0;
    while (have < (size_t)info.st_size) {
        ssize_t got = read(fd, text + have, (size_t)info.st_size - have);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            rc = hp_fail(err, HP_E_INVALID_VALUE, "Cannot read %s: %s", path, strerror(errno));
            goto done;
        }
        if (got == 0) break; /* it has become shorter meanwhile */
        have += (size_t)got;
    }
    *out = (hp_str){ text, have };
done:
    (void)close(fd);
    return rc;
}

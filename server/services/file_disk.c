/* services/file_disk.c — a file is the bytes, then `about`, then a trailer that says how long `about` is.
 *
 *   1. A file is written under a name of its own, synced, and renamed to its key; then the folder is synced. A process that
 *      is killed, or a machine that loses power, leaves the old file or the new one, and perhaps an incoming- file that
 *      nobody reads and a later start removes.
 *   2. All of it is in one file, so that bytes and `about` can never belong to different uploads.
 *   3. The bytes come first: they go to a socket without being copied or moved.
 *   4. Below the folder only names of our own are opened, by descriptor and without following links. */
#include "services/file_disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TRAILER_BYTES = 16, STALE_S = 3600 };

static const char MAGIC[8] = { 'h', 'p', 'f', 'i', 'l', 'e', '1', '\n' };
static const char INCOMING[] = "incoming-";

typedef struct disk {
    hp_file_storage base;
    atomic_uint_fast64_t next;
    char folder[];
} disk;

static hp_code failed(const char *what, hp_err *err)
{
    return hp_fail_internal(err, "files: %s: %s", what, strerror(errno));
}

static hp_code not_found(hp_err *err) { return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "File not found."); }

static int open_folder(const disk *d) { return open(d->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC); }

/* A folder that is new has to survive a power cut, too. A parent that cannot be opened has been synced by whoever made it, or
 * never will be: the upload itself does not depend on it. */
static void sync_parent(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash != NULL) *slash = '\0';
    const int fd = open(slash == NULL ? "." : slash == path ? "/" : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    (void)fsync(fd);
    (void)close(fd);
}

/* The folder, made with its parents if it is not there. */
static int make_folder(const disk *d)
{
    int fd = open_folder(d);
    if (fd >= 0 || errno != ENOENT) return fd;
    char *path = strdup(d->folder);
    HP_ASSERT(path != NULL);
    for (char *slash = path + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(path, 0700); /* the last step says whether it worked */
        *slash = '/';
    }
    if (mkdir(path, 0700) == 0) sync_parent(path);
    free(path);
    return open_folder(d);
}

/* ---- put ---- */

static bool write_all(int fd, hp_str bytes)
{
    while (bytes.len > 0) {
        const ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes = hp_str_sub(bytes, (size_t)n, bytes.len);
    }
    return true;
}

static bool write_file(int fd, hp_str bytes, hp_str about)
{
    char trailer[TRAILER_BYTES];
    const uint64_t len = about.len;
    for (size_t i = 0; i < 8; i++) trailer[i] = (char)(len >> (8 * i) & 0xFF);
    memcpy(trailer + 8, MAGIC, sizeof MAGIC);
    return write_all(fd, bytes) && write_all(fd, about) && write_all(fd, (hp_str){ trailer, sizeof trailer }) &&
           fsync(fd) == 0;
}

static hp_code disk_put(hp_file_storage *self, hp_str key, hp_str bytes, hp_str about, hp_err *err)
{
    disk *d = (disk *)self;
    hp_code rc = HP_OK;
    char temporary[64], name[HP_FILE_KEY_LEN + 1];
    int fd = -1;
    bool written = false;
    const int folder = make_folder(d);

    (void)snprintf(temporary, sizeof temporary, "%s%lld-%llu", INCOMING, (long long)getpid(),
                   (unsigned long long)atomic_fetch_add(&d->next, 1));
    (void)snprintf(name, sizeof name, "%.*s", HP_STR_ARG(key));
    if (folder < 0) return failed("the folder", err);
    fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        rc = failed("create", err);
        goto done;
    }
    written = write_file(fd, bytes, about);
    if (!written) rc = failed("write", err);
    if (close(fd) != 0 && rc == HP_OK) rc = failed("close", err);
    if (rc == HP_OK && renameat(folder, temporary, folder, name) != 0) rc = failed("rename", err);
    if (rc == HP_OK && fsync(folder) != 0) rc = failed("sync", err);
    if (rc != HP_OK) (void)unlinkat(folder, temporary, 0); /* gone already if it was renamed */
done:
    (void)close(folder);
    return rc;
}

/* ---- open ---- */

static bool read_at(int fd, char *into, size_t len, uint64_t at)
{
    while (len > 0) {
        const ssize_t n = pread(fd, into, len, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        into += n;
        len -= (size_t)n;
        at += (uint64_t)n;
    }
    return true;
}

static bool read_about(int fd, uint64_t size, hp_arena *mem, hp_stored_file *out)
{
    char trailer[TRAILER_BYTES];
    uint64_t len = 0;
    if (size < TRAILER_BYTES || !read_at(fd, trailer, sizeof trailer, size - TRAILER_BYTES)) return false;
    for (size_t i = 0; i < 8; i++) len |= (uint64_t)(unsigned char)trailer[i] << (8 * i);
    if (memcmp(trailer + 8, MAGIC, sizeof MAGIC) != 0 || len > HP_FILE_ABOUT_BYTES_MAX || len > size - TRAILER_BYTES)
        return false;
    char *about = hp_arena_alloc(mem, (size_t)len + 1);
    out->len = size - TRAILER_BYTES - len;
    out->about = (hp_str){ about, (size_t)len };
    return read_at(fd, about, (size_t)len, out->len);
}

static hp_code disk_open(hp_file_storage *self, hp_str key, hp_arena *mem, hp_stored_file *out, hp_err *err)
{
    const disk *d = (const disk *)self;
    char name[HP_FILE_KEY_LEN + 1];
    struct stat stat;
    const int folder = open_folder(d);

    (void)snprintf(name, sizeof name, "%.*s", HP_STR_ARG(key));
    if (folder < 0) return errno == ENOENT ? not_found(err) : failed("the folder", err);
    const int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    const int why = errno;
    (void)close(folder);
    errno = why;
    if (fd < 0) return errno == ENOENT || errno == ELOOP ? not_found(err) : failed("open", err);
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode) || !read_about(fd, (uint64_t)stat.st_size, mem, out)) {
        (void)close(fd);
        return hp_fail_internal(err, "files: %s is not one of ours", name);
    }
    out->fd = fd;
    out->version = (uint64_t)stat.st_mtim.tv_sec * 1000000000u + (uint64_t)stat.st_mtim.tv_nsec;
    out->version ^= (uint64_t)stat.st_ino << 20; /* two puts within one tick of the clock */
    return HP_OK;
}

/* ---- remove, close ---- */

static hp_code disk_remove(hp_file_storage *self, hp_str key, hp_err *err)
{
    const disk *d = (const disk *)self;
    char name[HP_FILE_KEY_LEN + 1];
    hp_code rc = HP_OK;
    const int folder = open_folder(d);

    (void)snprintf(name, sizeof name, "%.*s", HP_STR_ARG(key));
    if (folder < 0) return errno == ENOENT ? not_found(err) : failed("the folder", err);
    if (unlinkat(folder, name, 0) != 0)
        rc = errno == ENOENT ? not_found(err) : failed("remove", err);
    else if (fsync(folder) != 0)
        rc = failed("sync", err);
    (void)close(folder);
    return rc;
}

static void disk_close(hp_file_storage *self) { free(self); }

/* Young ones may belong to another process that writes right now. */
static void remove_leftovers(const disk *d)
{
    DIR *all = opendir(d->folder);
    const time_t now = time(NULL);
    struct stat stat;
    if (all == NULL) return;
    for (const struct dirent *one; (one = readdir(all)) != NULL;)
        if (strncmp(one->d_name, INCOMING, sizeof INCOMING - 1) == 0 &&
            fstatat(dirfd(all), one->d_name, &stat, AT_SYMLINK_NOFOLLOW) == 0 && now - stat.st_mtime > STALE_S)
            (void)unlinkat(dirfd(all), one->d_name, 0); /* it will be tried again at the next start */
    (void)closedir(all);
}

hp_file_storage *hp_file_disk_open(hp_str folder)
{
    static const hp_file_storage_ops OPS = { "disk", disk_put, disk_open, disk_remove, disk_close };
    disk *d = calloc(1, sizeof *d + folder.len + 1);
    HP_ASSERT(d != NULL);
    d->base.ops = &OPS;
    memcpy(d->folder, folder.ptr, folder.len);
    /* Names of incoming files differ from those that a process with the same id left behind. */
    atomic_store(&d->next, (uint64_t)time(NULL) << 20);
    remove_leftovers(d);
    return &d->base;
}

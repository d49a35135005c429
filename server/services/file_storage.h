/* services/file_storage.h — where the bytes of uploaded files are kept, behind one small interface.
 *
 * Files are known by a key: 64 lower-case hex digits that core/files.h makes from a file's name. No text of a client reaches
 * a driver, so that no name can lead anywhere else. Beside its bytes each file has a short text of its own (`about`), which
 * a driver keeps and hands back without looking at it. Any thread. */
#ifndef HP_SERVICES_FILE_STORAGE_H
#define HP_SERVICES_FILE_STORAGE_H

#include "base/arena.h"
#include "base/error.h"

enum { HP_FILE_KEY_LEN = 64, HP_FILE_ABOUT_BYTES_MAX = 1 << 20 };

typedef struct hp_file_storage hp_file_storage;

typedef struct hp_stored_file {
    int fd;           /* positioned anywhere; the bytes are the first `len` of it; the caller closes it */
    uint64_t len;     /* of the bytes, without what the driver keeps behind them */
    uint64_t version; /* another after every put of the same key */
    hp_str about;
} hp_stored_file;

typedef struct hp_file_storage_ops {
    const char *name; /* for the log */
    hp_code (*put)(hp_file_storage *self, hp_str key, hp_str bytes, hp_str about, hp_err *err);
    hp_code (*open)(hp_file_storage *self, hp_str key, hp_arena *mem, hp_stored_file *out, hp_err *err);
    hp_code (*remove)(hp_file_storage *self, hp_str key, hp_err *err);
    void (*close)(hp_file_storage *self);
} hp_file_storage_ops;

struct hp_file_storage { /* first member of each driver */
    const hp_file_storage_ops *ops;
};

/* Stores the file, in the place of one with that key. When it returns, the bytes are on the disk; before that, and whatever
 * happens meanwhile, readers see the old file or none, never a part.
 * Blocks. Errors: INTERNAL. */
HP_MUST_USE hp_code hp_file_storage_put(hp_file_storage *s, hp_str key, hp_str bytes, hp_str about, hp_err *err);

/* Opens the file for reading. What is stored under its key later does not change what was opened.
 * Owner: the caller closes out->fd; out->about lives in `mem`.
 * Blocks. Errors: OBJECT_NOT_FOUND if there is none; INTERNAL. Then nothing is open. */
HP_MUST_USE hp_code hp_file_storage_open(hp_file_storage *s, hp_str key, hp_arena *mem, hp_stored_file *out,
                                         hp_err *err);

/* Blocks. Errors: OBJECT_NOT_FOUND; INTERNAL. */
HP_MUST_USE hp_code hp_file_storage_remove(hp_file_storage *s, hp_str key, hp_err *err);

void hp_file_storage_close(hp_file_storage *s); /* accepts NULL */

#endif

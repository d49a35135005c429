/* core/files.h — uploaded files: who may send and fetch them, what they are called, and the cloud code around them.
 *
 * The bytes are with services/file_storage.h, under a digest of the file's name. Files are no objects: they have no ACL and
 * no class; who knows the name of one, which holds 128 random bits, may fetch it as far as `fileDownload` allows. */
#ifndef HP_CORE_FILES_H
#define HP_CORE_FILES_H

#include "core/call.h"

typedef struct hp_file_upload {
    hp_str name;         /* as the client wants it */
    hp_str content_type; /* as sent; absent: none */
    hp_str bytes;
    bool may_be_empty;
    const hp_value *metadata, *tags; /* objects, or NULL */
    const hp_value *directory;       /* NULL: none */
} hp_file_upload;

typedef struct hp_file_saved {
    hp_str name, url;
} hp_file_saved;

/* Stores a file and runs beforeSave and afterSave of "@File".
 * Owner: call->mem. Errors: HTTP 403 for the read-only key; FILE_SAVE_ERROR, INVALID_FILE_NAME, OPERATION_FORBIDDEN
 * (directory without the master key), INVALID_KEY_NAME, INVALID_JSON; what the triggers throw. */
HP_MUST_USE hp_code hp_file_save(hp_call *call, const hp_file_upload *upload, hp_file_saved *out, hp_err *err);

/* Errors: HTTP 403 below the master key; FILE_DELETE_ERROR; what beforeDelete and afterDelete throw. */
HP_MUST_USE hp_code hp_file_delete(hp_call *call, hp_str name, hp_err *err);

typedef struct hp_file_view {
    bool found;
    int fd; /* the caller's to close; the bytes are its first `len` */
    uint64_t len;
    hp_str content_type;
    hp_str etag;        /* with its quotes */
    hp_value headers;   /* object of texts: what beforeFind and afterFind let pass or added, nosniff among them */
    bool download;      /* Content-Disposition: attachment */
    hp_str download_as; /* the name for it */
    hp_value metadata;  /* object */
} hp_file_view;

/* Opens a file for a download, with beforeFind and afterFind. A file that is not there: HP_OK and found is false.
 * *by_cloud tells whether the error is a trigger's.
 * Errors: OPERATION_FORBIDDEN by `fileDownload`; what the triggers throw. Then nothing is open. */
HP_MUST_USE hp_code hp_file_open(hp_call *call, hp_str name, hp_file_view *out, bool *by_cloud, hp_err *err);

#endif

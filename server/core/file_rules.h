/* core/file_rules.h — who may upload and download, and what: the options fileUpload and fileDownload. */
#ifndef HP_CORE_FILE_RULES_H
#define HP_CORE_FILE_RULES_H

#include "core/call.h"

/* Errors: FILE_SAVE_ERROR. */
HP_MUST_USE hp_code hp_file_may_upload(const hp_call *call, hp_err *err);

/* Errors: OPERATION_FORBIDDEN. */
HP_MUST_USE hp_code hp_file_may_download(const hp_call *call, hp_err *err);

/* fileUpload.fileExtensions: the extension of `name`, and the type that was sent where the extension says nothing about it.
 * Errors: FILE_SAVE_ERROR. */
HP_MUST_USE hp_code hp_file_type_allowed(const hp_settings *settings, hp_str name, hp_str content_type, hp_err *err);

/* fileUpload.allowedFileUrlDomains: every File with a url anywhere in `v`. Errors: FILE_SAVE_ERROR. */
HP_MUST_USE hp_code hp_file_urls_allowed(const hp_settings *settings, const hp_value *v, hp_err *err);

#endif

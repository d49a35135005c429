#include "core/file_name.h"

static bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool all_of(hp_str text, size_t from, hp_str also)
{
    for (size_t i = from; i < text.len; i++)
        if (!is_alnum(text.ptr[i]) && hp_str_find_char(also, text.ptr[i], 0) == SIZE_MAX) return false;
    return true;
}

hp_code hp_file_name_check(hp_str name, hp_err *err)
{
    if (name.len > HP_FILE_NAME_BYTES_MAX) return hp_fail(err, HP_E_INVALID_FILE_NAME, "Filename too long.");
    if (name.len == 0 || !(is_alnum(name.ptr[0]) || name.ptr[0] == '_') || !all_of(name, 1, HP_STR("@. ~_-")))
        return hp_fail(err, HP_E_INVALID_FILE_NAME, "Filename contains invalid characters.");
    return HP_OK;
}

hp_code hp_file_directory_check(hp_str directory, hp_err *err)
{
    const hp_str reserved = HP_STR("metadata"); /* GET /files/<appId>/metadata/… is another route */
    const char *why = NULL;

    if (directory.len == 0)
        why = "Directory must not be empty.";
    else if (directory.len > HP_FILE_DIRECTORY_BYTES_MAX)
        why = "Directory path is too long.";
    else if (hp_str_contains(directory, HP_STR("..")))
        why = "Directory must not contain \"..\".";
    else if (directory.ptr[0] == '/' || directory.ptr[directory.len - 1] == '/')
        why = "Directory must not start or end with \"/\".";
    else if (hp_str_contains(directory, HP_STR("//")))
        why = "Directory must not contain consecutive slashes.";
    else if (hp_str_eq(hp_str_sub(directory, 0, hp_str_find_char(directory, '/', 0)), reserved))
        why = "Directory must not start with reserved segment \"metadata\".";
    else if (!is_alnum(directory.ptr[0]) || !all_of(directory, 1, HP_STR("_-/")))
        why = "Directory contains invalid characters.";
    return why == NULL ? HP_OK : hp_fail(err, HP_E_INVALID_FILE_NAME, "%s", why);
}

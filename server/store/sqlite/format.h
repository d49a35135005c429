/* format.h — the file's own version: what may be opened, what is migrated, and the backup before that.
 *
 * The format is a number in the file's header (user_version), beside a mark that the file is ours (application_id). A new
 * file is format 0, and creating the layout is the first migration; every later change of the layout adds one. All needed
 * migrations run in one transaction: the file is at the old format or at the new one. */
#ifndef HP_STORE_SQLITE_FORMAT_H
#define HP_STORE_SQLITE_FORMAT_H

#include "store/sqlite/conn.h"

/* steps[i] takes a file from format i to i + 1. */
typedef struct hp_sqlite_migrations {
    hp_code (*const *steps)(hp_sqlite_conn *c, hp_err *err);
    int count;
} hp_sqlite_migrations;

extern const hp_sqlite_migrations HP_SQLITE_MIGRATIONS; /* of this program */

/* Checks the file that `c` has open and brings it to format `m->count`. A file that holds anything is first copied to
 * `backup_dir`/<name>.format-<n>.<unix ms>.
 * Errors: INTERNAL with a message for the operator; then the file is as it was. */
HP_MUST_USE hp_code hp_sqlite_format_ensure(hp_sqlite_conn *c, const char *path, hp_str backup_dir,
                                            const hp_sqlite_migrations *m, hp_err *err);

#endif

/* names.h — names that SQLite takes as they are: quoted, free, and distinct without regard to ASCII case. */
#ifndef HP_STORE_SQLITE_NAMES_H
#define HP_STORE_SQLITE_NAMES_H

#include "base/arena.h"
#include "base/error.h"

/* "name" with its double quotes; a quote inside is doubled. The name holds no NUL. */
hp_str hp_sqlite_quote(hp_arena *mem, hp_str name);

/* `wanted`, or with the first suffix ":2", ":3" … that `taken` does not know. Names that SQLite reserves ("sqlite_…") get
 * a prefix. `taken` compares as SQLite does: without regard to ASCII case. */
HP_MUST_USE hp_code hp_sqlite_free_name(hp_arena *mem, hp_str wanted,
                                        hp_code (*taken)(void *arg, hp_str name, bool *out, hp_err *err), void *arg,
                                        hp_str *out, hp_err *err);

#endif

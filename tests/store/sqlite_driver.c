/* The SQLite store under the contract. */
#include "contract.h"
#include "store/sqlite/sqlite_store.h"

hp_store *contract_open(const char *dir)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/homeport.db", dir);
    hp_sqlite_options options = { .path = hp_str_of(path), .readers = 4 };
    hp_store *store;
    hp_err err = { 0 };
    if (hp_sqlite_open(&options, &store, &err) == HP_OK) return store;
    (void)fprintf(stderr, "cannot open: %s [%s]\n", err.msg, err.detail);
    abort();
}

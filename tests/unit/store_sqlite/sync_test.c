/* Durability is a call to the kernel: counted here by standing in for it. */
#include "sqlite_fixture.h"

#include <stdatomic.h>
#include <sys/syscall.h>

static atomic_int syncs;

/* SQLite's library finds these before libc's. */
int fsync(int fd)
{
    atomic_fetch_add(&syncs, 1);
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    atomic_fetch_add(&syncs, 1);
    return (int)syscall(SYS_fdatasync, fd);
}

static int syncs_of_a_write(fixture *f, hp_sqlite_sync sync)
{
    hp_sqlite_options options = { .path = hp_str_of(f->path), .sync = sync };
    hp_class *c = thing_class(f);
    hp_store *store = open_with_things(f, &options, c, 1);
    hp_err err = { 0 };
    atomic_store(&syncs, 0);
    assert_int_equal(add_thing(store, c, f->mem, HP_STR("new"), 1, HP_STR("x"), &err), HP_OK);
    int count = atomic_load(&syncs);
    hp_store_close(store);
    return count;
}

static void a_write_is_synced_before_it_is_answered(void **state)
{
    assert_int_equal(syncs_of_a_write(*state, HP_SQLITE_SYNC_FULL), 1);
}

static void normal_leaves_the_sync_to_the_checkpoint(void **state)
{
    assert_int_equal(syncs_of_a_write(*state, HP_SQLITE_SYNC_NORMAL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(a_write_is_synced_before_it_is_answered),
        fixture_test(normal_leaves_the_sync_to_the_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

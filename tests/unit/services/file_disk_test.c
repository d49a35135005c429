#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "services/file_disk.h"

static const hp_str KEY = HP_STR_INIT("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");

typedef struct place {
    char folder[64], files[96], file[192];
    hp_file_storage *storage;
    hp_arena *mem;
} place;

static int set_up(void **state)
{
    place *p = calloc(1, sizeof *p);
    (void)snprintf(p->folder, sizeof p->folder, "/tmp/homeport-unit-XXXXXX");
    if (mkdtemp(p->folder) == NULL) return -1;
    (void)snprintf(p->files, sizeof p->files, "%s/new/files", p->folder);
    (void)snprintf(p->file, sizeof p->file, "%s/%s", p->files, KEY.ptr);
    p->storage = hp_file_disk_open(hp_str_of(p->files));
    p->mem = hp_arena_new();
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    place *p = *state;
    char command[128];
    hp_file_storage_close(p->storage);
    hp_arena_free(p->mem);
    (void)snprintf(command, sizeof command, "rm -r %s", p->folder);
    int rc = system(command);
    free(p);
    return rc;
}

static void put(place *p, hp_str bytes, hp_str about)
{
    hp_err err = { 0 };
    if (hp_file_storage_put(p->storage, KEY, bytes, about, &err) != HP_OK) fail_msg("%s", err.detail);
}

static hp_str get(place *p, hp_stored_file *out)
{
    hp_err err = { 0 };
    if (hp_file_storage_open(p->storage, KEY, p->mem, out, &err) != HP_OK) fail_msg("%s", err.detail);
    char *bytes = hp_arena_alloc(p->mem, (size_t)out->len + 1);
    assert_int_equal(pread(out->fd, bytes, (size_t)out->len, 0), (ssize_t)out->len);
    (void)close(out->fd);
    return (hp_str){ bytes, (size_t)out->len };
}

static void what_is_put_comes_back_with_its_text(void **state)
{
    place *p = *state;
    hp_stored_file file;
    const hp_str cases[] = { HP_STR(""), HP_STR("x"), HP_STR("a\0b"), HP_STR("hpfile1\n"),
                             HP_STR("hpfile1\nhpfile1\nhpfile1\n") };
    uint64_t version = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put(p, cases[i], cases[sizeof cases / sizeof *cases - 1 - i]);
        assert_true(hp_str_eq(get(p, &file), cases[i]));
        assert_true(hp_str_eq(file.about, cases[sizeof cases / sizeof *cases - 1 - i]));
        assert_true(file.version != version);
        version = file.version;
    }
}

static void a_reader_keeps_what_it_opened(void **state)
{
    place *p = *state;
    hp_stored_file file;
    hp_err err = { 0 };
    char bytes[3];
    put(p, HP_STR("old"), HP_STR("{}"));
    assert_int_equal(hp_file_storage_open(p->storage, KEY, p->mem, &file, &err), HP_OK);
    put(p, HP_STR("new one"), HP_STR("{}"));
    assert_int_equal(pread(file.fd, bytes, 3, 0), 3);
    assert_memory_equal(bytes, "old", 3);
    (void)close(file.fd);
    assert_int_equal(hp_file_storage_remove(p->storage, KEY, &err), HP_OK);
    assert_int_equal(hp_file_storage_remove(p->storage, KEY, &err), HP_E_OBJECT_NOT_FOUND);
    assert_int_equal(hp_file_storage_open(p->storage, KEY, p->mem, &file, &err), HP_E_OBJECT_NOT_FOUND);
}

static void nothing_is_found_before_anything_is_put(void **state)
{
    place *p = *state;
    hp_stored_file file;
    hp_err err = { 0 };
    assert_int_equal(hp_file_storage_open(p->storage, KEY, p->mem, &file, &err), HP_E_OBJECT_NOT_FOUND);
    assert_int_equal(hp_file_storage_remove(p->storage, KEY, &err), HP_E_OBJECT_NOT_FOUND);
    assert_int_equal(access(p->files, F_OK), -1); /* reading makes no folder */
}

static void write_raw(const char *path, const char *bytes, size_t len)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    (void)fclose(f);
}

static void what_is_not_ours_is_not_served(void **state)
{
    place *p = *state;
    hp_stored_file file;
    hp_err err = { 0 };
    put(p, HP_STR("x"), HP_STR("{}"));
    static const char LIES[] = "x\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFhpfile1\n", LONGER[] = "x\x02\0\0\0\0\0\0\0hpfile1\n";
    const struct {
        const char *bytes;
        size_t len;
    } cases[] = { { "", 0 },
                  { "short", 5 },
                  { "a text that somebody put here", 29 },
                  { LIES, sizeof LIES - 1 },
                  { LONGER, sizeof LONGER - 1 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_raw(p->file, cases[i].bytes, cases[i].len);
        assert_int_equal(hp_file_storage_open(p->storage, KEY, p->mem, &file, &err), HP_E_INTERNAL);
    }
    assert_int_equal(unlink(p->file), 0);
    assert_int_equal(mkfifo(p->file, 0600), 0); /* must not hang */
    assert_int_equal(hp_file_storage_open(p->storage, KEY, p->mem, &file, &err), HP_E_INTERNAL);
    assert_int_equal(unlink(p->file), 0);
    assert_int_equal(symlink("/etc/hostname", p->file), 0);
    assert_int_equal(hp_file_storage_open(p->storage, KEY, p->mem, &file, &err), HP_E_OBJECT_NOT_FOUND);
    put(p, HP_STR("mine"), HP_STR("{}")); /* takes the link's place, not its target's */
    assert_true(hp_str_eq(get(p, &file), HP_STR("mine")));
}

static void leftovers_of_a_crash_are_removed_and_young_ones_spared(void **state)
{
    place *p = *state;
    char old[160], young[160];
    put(p, HP_STR("x"), HP_STR("{}"));
    (void)snprintf(old, sizeof old, "%s/incoming-1-2", p->files);
    (void)snprintf(young, sizeof young, "%s/incoming-3-4", p->files);
    write_raw(old, "half", 4);
    write_raw(young, "half", 4);
    const struct timespec long_ago[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
    assert_int_equal(utimensat(AT_FDCWD, old, long_ago, 0), 0);
    hp_file_storage_close(hp_file_disk_open(hp_str_of(p->files)));
    assert_int_equal(access(old, F_OK), -1);
    assert_int_equal(access(young, F_OK), 0);
    assert_int_equal(access(p->file, F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_put_comes_back_with_its_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_keeps_what_it_opened, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_found_before_anything_is_put, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_ours_is_not_served, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leftovers_of_a_crash_are_removed_and_young_ones_spared, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

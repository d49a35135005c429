/* The file: marked as ours, refused when it is not or is newer, backed up before it is migrated. */
#include "sqlite_fixture.h"

#include <dirent.h>
#include <sys/stat.h>

#include "store/sqlite/format.h"

static hp_code open_code(const fixture *f, hp_err *err)
{
    hp_store *store;
    hp_sqlite_options options = { .path = hp_str_of(f->path) };
    hp_code rc = hp_sqlite_open(&options, &store, err);
    if (rc == HP_OK) hp_store_close(store);
    return rc;
}

static void a_new_file_is_marked_and_its_owners_alone(void **state)
{
    fixture *f = *state;
    struct stat st;
    char log[128];
    (void)umask(0);
    hp_store *store = open_with_things(f, &(hp_sqlite_options){ .path = hp_str_of(f->path) }, thing_class(f), 1);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    (void)snprintf(log, sizeof log, "%s-wal", f->path);
    assert_int_equal(stat(log, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    hp_store_close(store);
    assert_int_equal(outside_integer(f->path, "PRAGMA user_version"), HP_SQLITE_MIGRATIONS.count);
    assert_int_equal(outside_integer(f->path, "PRAGMA application_id"), 0x486d5074);
    assert_int_equal(stat(log, &st), -1); /* folded into the file */
}

static void a_newer_file_is_refused_with_both_formats_named(void **state)
{
    fixture *f = *state;
    hp_err err = { 0 };
    hp_store_close(open_store(f));
    outside(f, "PRAGMA user_version = 99");
    assert_int_equal(open_code(f, &err), HP_E_INTERNAL);
    assert_non_null(strstr(err.msg, "newer Homeport (file format 99, this one knows up to 2)"));
    assert_int_equal(outside_integer(f->path, "PRAGMA user_version"), 99);
}

static void a_file_of_another_program_is_refused_and_kept(void **state)
{
    fixture *f = *state;
    hp_err err = { 0 };
    outside(f, "CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')");
    assert_int_equal(open_code(f, &err), HP_E_INTERNAL);
    assert_non_null(strstr(err.msg, "another program"));
    assert_int_equal(outside_integer(f->path, "SELECT count(*) FROM sqlite_master"), 1);
    assert_int_equal(outside_integer(f->path, "PRAGMA application_id"), 0);

    FILE *text = fopen(f->path, "w");
    assert_non_null(text);
    for (int i = 0; i < 1000; i++) assert_true(fputs("this is no database\n", text) >= 0);
    assert_int_equal(fclose(text), 0);
    assert_int_equal(open_code(f, &err), HP_E_INTERNAL);
    assert_non_null(strstr(err.msg, f->path));
    assert_non_null(strstr(err.msg, "not a database"));
}

static void a_folder_that_is_not_there_is_named(void **state)
{
    fixture *f = *state;
    hp_err err = { 0 };
    (void)snprintf(f->path, sizeof f->path, "%s/missing/data.db", f->dir);
    assert_int_equal(open_code(f, &err), HP_E_INTERNAL);
    assert_non_null(strstr(err.msg, "missing/data.db: No such file"));
}

/* ---- migration: the mechanism, with a third format that exists only here ---- */

static hp_code add_table(hp_sqlite_conn *c, hp_err *err)
{
    return hp_sqlite_change_schema(c, "CREATE TABLE \"added\" (\"x\"); INSERT INTO \"added\" VALUES (7)", err);
}

static hp_code fail_midway(hp_sqlite_conn *c, hp_err *err)
{
    HP_TRY(hp_sqlite_change_schema(c, "CREATE TABLE \"half\" (\"x\")", err));
    return hp_fail_internal(err, "as the test wants it");
}

static hp_code migrate(const fixture *f, hp_code (*third)(hp_sqlite_conn *c, hp_err *err), hp_str backup_dir,
                       hp_err *err)
{
    hp_code (*const steps[])(hp_sqlite_conn *, hp_err *) = { HP_SQLITE_MIGRATIONS.steps[0],
                                                             HP_SQLITE_MIGRATIONS.steps[1], third };
    const hp_sqlite_migrations next = { steps, 3 };
    hp_sqlite_conn *c;
    HP_TRY(hp_sqlite_conn_open(f->path, HP_SQLITE_WRITER, hp_clock_system(), &c, err));
    hp_code rc = hp_sqlite_format_ensure(c, f->path, backup_dir, &next, err);
    hp_sqlite_conn_close(c);
    return rc;
}

/* The one file of the folder whose name holds ".format-2."; false if there is none. */
static bool find_backup(const char *dir, char path[400])
{
    DIR *d = opendir(dir);
    struct dirent *e;
    bool found = false;
    assert_non_null(d);
    while ((e = readdir(d)) != NULL)
        if (strstr(e->d_name, "data.db.format-2.") == e->d_name) {
            (void)snprintf(path, 400, "%s/%s", dir, e->d_name);
            found = true;
        }
    assert_int_equal(closedir(d), 0);
    return found;
}

static void an_older_file_is_copied_and_then_migrated(void **state)
{
    fixture *f = *state;
    hp_err err = { 0 };
    char backup[400], folder[96];
    struct stat st;
    hp_store_close(open_with_things(f, &(hp_sqlite_options){ .path = hp_str_of(f->path) }, thing_class(f), 3));
    (void)snprintf(folder, sizeof folder, "%s/backups", f->dir);
    assert_int_equal(mkdir(folder, 0700), 0);

    assert_int_equal(migrate(f, add_table, hp_str_of(folder), &err), HP_OK);
    assert_int_equal(outside_integer(f->path, "PRAGMA user_version"), 3);
    assert_int_equal(outside_integer(f->path, "SELECT x FROM added"), 7);
    assert_int_equal(outside_integer(f->path, "SELECT count(*) FROM Thing"), 3);
    assert_true(find_backup(folder, backup));
    assert_int_equal(outside_integer(backup, "PRAGMA user_version"), 2);
    assert_int_equal(outside_integer(backup, "SELECT count(*) FROM Thing"), 3);
    assert_int_equal(outside_integer(backup, "SELECT count(*) FROM sqlite_master WHERE name = 'added'"), 0);
    assert_int_equal(stat(backup, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(migrate(f, fail_midway, hp_str_of(folder), &err), HP_OK); /* nothing left to do */
    assert_int_equal(open_code(f, &err), HP_E_INTERNAL);                       /* for this program it is newer now */
}

static void a_migration_that_fails_leaves_the_file_as_it_was(void **state)
{
    fixture *f = *state;
    hp_err err = { 0 };
    char backup[400];
    hp_store_close(open_with_things(f, &(hp_sqlite_options){ .path = hp_str_of(f->path) }, thing_class(f), 3));
    assert_int_equal(migrate(f, fail_midway, HP_STR_NONE, &err), HP_E_INTERNAL);
    assert_int_equal(outside_integer(f->path, "PRAGMA user_version"), 2);
    assert_int_equal(outside_integer(f->path, "SELECT count(*) FROM sqlite_master WHERE name = 'half'"), 0);
    assert_true(find_backup(f->dir, backup)); /* beside the file */
    assert_int_equal(open_code(f, &err), HP_OK);
}

static void without_a_backup_there_is_no_migration(void **state)
{
    fixture *f = *state;
    hp_err err = { 0 };
    hp_store_close(open_store(f));
    assert_int_equal(migrate(f, add_table, HP_STR("/nonexistent"), &err), HP_E_INTERNAL);
    assert_non_null(strstr(err.msg, "/nonexistent"));
    assert_int_equal(outside_integer(f->path, "PRAGMA user_version"), 2);
}

/* ---- folding tables ---- */

static void indexes_without_case_are_rebuilt_when_the_tables_change(void **state)
{
    fixture *f = *state;
    hp_class *c = thing_class(f);
    hp_err err = { 0 };
    hp_store *store = open_with_things(f, &(hp_sqlite_options){ .path = hp_str_of(f->path) }, c, 2);
    must_write(store,
               (hp_unit_op){ .kind = HP_UNIT_SET_INDEX,
                             .class_name = c->name,
                             .index_name = HP_STR("i"),
                             .index_fields = test_json(f->mem, "{\"s\":1}"),
                             .index_unique = true,
                             .index_nocase = true },
               f->mem);
    hp_store_close(store);
    outside(f, "UPDATE _META SET value = 'older' WHERE name = 'foldVersion'");
    store = open_store(f);
    assert_int_equal(add_thing(store, c, f->mem, HP_STR("x"), 1, HP_STR("NAME 0"), &err), HP_E_DUPLICATE_VALUE);
    hp_store_close(store);
    assert_int_equal(
        outside_integer(f->path, "SELECT count(*) FROM _META WHERE name = 'foldVersion' AND value <> 'older'"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(a_new_file_is_marked_and_its_owners_alone),
        fixture_test(a_newer_file_is_refused_with_both_formats_named),
        fixture_test(a_file_of_another_program_is_refused_and_kept),
        fixture_test(a_folder_that_is_not_there_is_named),
        fixture_test(an_older_file_is_copied_and_then_migrated),
        fixture_test(a_migration_that_fails_leaves_the_file_as_it_was),
        fixture_test(without_a_backup_there_is_no_migration),
        fixture_test(indexes_without_case_are_rebuilt_when_the_tables_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

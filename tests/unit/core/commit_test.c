/* What listeners are told of a write: each object that changed, once, after its commit. */
#include "core/commit.h"
#include "core/core_internal.h"
#include "core_fixture.h"

enum { TOLD_MAX = 32 };

typedef struct told {
    const char *text[TOLD_MAX]; /* "1 create Note {…}" */
    size_t count, calls, passed;
    const char *deaf_to; /* a class nobody wants to hear of */
    core_fixture *f;
} told;

static bool wants(void *user, hp_str class_name)
{
    const told *t = user;
    return t->deaf_to == NULL || !hp_str_eq(class_name, hp_str_of(t->deaf_to));
}

static const char *state_of(told *t, const hp_row *row)
{
    const hp_value *n = row == NULL ? NULL : hp_object_get(&row->fields, HP_STR("n"));
    return row == NULL ? "-" : n == NULL ? "?" : fixture_text(t->f, n);
}

static void changed(void *user, hp_core *core, uint64_t ticket, const hp_object_event *events, size_t count)
{
    told *t = user;
    assert_ptr_equal(core, t->f->core);
    assert_int_equal(ticket, ++t->calls + t->passed);
    for (size_t i = 0; i < count; i++) {
        assert_true(t->count < TOLD_MAX);
        t->text[t->count++] = hp_arena_printf(t->f->mem, "%" HP_STR_FMT " %s %s", HP_STR_ARG(events[i].class_name),
                                              state_of(t, events[i].before), state_of(t, events[i].after))
                                  .ptr;
    }
}

static void passed(void *user, uint64_t ticket)
{
    told *t = user;
    assert_int_equal(ticket, t->calls + ++t->passed);
}

static hp_event_sink listen(core_fixture *f, told *t)
{
    t->f = f;
    return (hp_event_sink){ .wants = wants, .changed = changed, .passed = passed, .user = t };
}

static void a_create_an_update_and_a_delete_are_told_with_what_was_and_what_is(void **state)
{
    core_fixture *f = *state;
    told t = { 0 };
    const hp_event_sink sink = listen(f, &t);
    hp_core_set_events(f->core, &sink);

    fixture_reply r = fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"n\":1}"));
    (void)fixture_ok(fixture_save(f, false, NULL, "Note", r.id, "{\"n\":{\"__op\":\"Increment\",\"amount\":2}}"));
    (void)fixture_ok(fixture_remove(f, false, NULL, "Note", r.id));
    assert_int_equal(t.count, 3);
    assert_string_equal(t.text[0], "Note - 1");
    assert_string_equal(t.text[1], "Note 1 3");
    assert_string_equal(t.text[2], "Note 3 -");
}

static void what_was_refused_or_is_not_wanted_is_not_told(void **state)
{
    core_fixture *f = *state;
    told t = { .deaf_to = "Secret" };
    const hp_event_sink sink = listen(f, &t);
    hp_core_set_events(f->core, &sink);

    fixture_refused(fixture_save(f, false, NULL, "Note", "nobody", "{\"n\":1}"), 101, NULL);
    (void)fixture_ok(fixture_save(f, false, NULL, "Secret", NULL, "{\"n\":1}"));
    assert_int_equal(t.calls + t.passed, 0);
    (void)fixture_ok(fixture_save(f, false, NULL, "Note", NULL, "{\"n\":1}")); /* the first ticket */
    assert_int_equal(t.calls, 1);
}

static void a_batch_is_told_whole_and_a_sign_up_with_its_session(void **state)
{
    core_fixture *f = *state;
    told t = { 0 };
    const hp_event_sink sink = listen(f, &t);
    hp_value one = fixture_json(f, "{\"n\":1}"), two = fixture_json(f, "{\"n\":2}");
    hp_write_part parts[] = { { .kind = HP_WRITE_CREATE, .class_name = HP_STR("Note"), .body = &one },
                              { .kind = HP_WRITE_CREATE, .class_name = HP_STR("Other"), .body = &two } };
    hp_written out[2];
    size_t failed;
    hp_err err = { 0 };
    hp_core_set_events(f->core, &sink);

    hp_call call = fixture_call(f, true, NULL);
    assert_int_equal(hp_objects_write_all(&call, parts, 2, out, &failed, &err), HP_OK);
    hp_call_close(&call);
    assert_int_equal(t.calls, 1);
    assert_int_equal(t.count, 2);
    assert_string_equal(t.text[0], "Note - 1");
    assert_string_equal(t.text[1], "Other - 2");

    t.count = 0;
    (void)fixture_sign_up(f, "ann", NULL);
    assert_int_equal(t.count, 2);
    assert_string_equal(t.text[0], "_User - ?");
    assert_string_equal(t.text[1], "_Session - ?");
}

/* A failed login counts on the user's row; nobody's object has changed by it. */
static void bookkeeping_is_not_told(void **state)
{
    core_fixture *f = *state;
    told t = { 0 };
    const hp_event_sink sink = listen(f, &t);
    hp_err err = { 0 };
    hp_value user;
    f->settings.account_lockout.threshold = 5;
    f->settings.account_lockout.duration_ms = 60000;
    (void)fixture_sign_up(f, "ann", NULL);
    hp_core_set_events(f->core, &sink);

    hp_value name = hp_string(HP_STR("ann")), wrong = hp_string(HP_STR("wrong")), right = hp_string(HP_STR("pw-ann"));
    hp_login login = { .username = &name, .password = &wrong };
    hp_call call = fixture_call(f, false, NULL);
    assert_int_equal(hp_users_login(&call, &login, &user, &err), HP_E_OBJECT_NOT_FOUND);
    assert_int_equal(t.calls, 0);
    login.password = &right;
    assert_int_equal(hp_users_login(&call, &login, &user, &err), HP_OK);
    hp_call_close(&call);
    assert_int_equal(t.count, 1);
    assert_string_equal(t.text[0], "_Session - ?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FIXTURE_TEST(a_create_an_update_and_a_delete_are_told_with_what_was_and_what_is),
        FIXTURE_TEST(what_was_refused_or_is_not_wanted_is_not_told),
        FIXTURE_TEST(a_batch_is_told_whole_and_a_sign_up_with_its_session),
        FIXTURE_TEST(bookkeeping_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

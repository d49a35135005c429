/* What becomes of a commit on its way into the queue: rows of its own, in order, of the classes that are live. */
#include "core_fixture.h"
#include "live/publish.h"
#include "query/regex.h"

typedef struct world {
    core_fixture f; /* first: the helpers take it */
    hp_live_publisher publisher;
    hp_event_sink sink;
    const hp_regex *classes[1];
} world;

static world *open_world(core_fixture *f, world *w)
{
    hp_err err = { 0 };
    (void)f;
    fixture_open(&w->f);
    assert_int_equal(hp_regex_compile(w->f.mem, HP_STR("^(?:Chat.*|_User)\\z"), HP_STR(""), &w->classes[0], &err),
                     HP_OK);
    w->f.settings.live.class_names = w->classes;
    w->f.settings.live.class_name_count = 1;
    w->publisher = (hp_live_publisher){ .core = w->f.core, .clock = &w->f.clock, .queue = hp_live_queue_new(1 << 20) };
    w->sink = hp_live_publisher_sink(&w->publisher);
    hp_core_set_events(w->f.core, &w->sink);
    return w;
}

static void close_world(world *w)
{
    hp_live_queue_free(w->publisher.queue);
    fixture_close(&w->f);
}

static size_t waiting(const world *w)
{
    hp_live_queue_stats stats;
    hp_live_queue_look(w->publisher.queue, &stats);
    return stats.waiting;
}

static double number(const hp_row *row, const char *field)
{
    const hp_value *v = hp_object_get(&row->fields, hp_str_of(field));
    assert_true(hp_is(v, HP_NUMBER));
    return v->number;
}

static void a_commit_becomes_an_event_with_rows_of_its_own(void **state)
{
    (void)state;
    world w;
    core_fixture *f = &open_world(NULL, &w)->f;

    /* the class is made by the same commit */
    fixture_reply r =
        fixture_ok(fixture_save(f, true, NULL, "ChatRoom", NULL, "{\"n\":1,\"ACL\":{\"u1\":{\"read\":true}}}"));
    (void)fixture_ok(fixture_save(f, true, NULL, "ChatRoom", r.id, "{\"n\":2,\"topic\":\"tea\"}"));
    (void)fixture_ok(fixture_remove(f, true, NULL, "ChatRoom", r.id));
    f->now_ms += 10000; /* a later schema is another snapshot */
    (void)fixture_ok(fixture_save(f, true, NULL, "Other", NULL, "{\"n\":1}"));
    assert_int_equal(waiting(&w), 3);

    hp_live_event *made = hp_live_queue_pop(w.publisher.queue), *changed = hp_live_queue_pop(w.publisher.queue),
                  *gone = hp_live_queue_pop(w.publisher.queue);
    assert_null(made->before);
    assert_true(number(made->after, "n") == 1);
    assert_int_equal(made->after->reader_count, 1);
    assert_true(hp_str_eq(made->after->readers[0], HP_STR("u1")));
    assert_true(hp_str_eq(made->cls->name, HP_STR("ChatRoom")));
    assert_non_null(hp_class_field(changed->cls, HP_STR("topic"))); /* also made by that commit */
    assert_true(number(changed->before, "n") == 1 && number(changed->after, "n") == 2);
    assert_true(number(gone->before, "n") == 2);
    assert_null(gone->after);
    assert_int_equal(gone->committed_ms, f->now_ms - 10000);
    assert_false(gone->foreign);
    hp_live_event_free(made);
    hp_live_event_free(changed);

    hp_live_queue *q = w.publisher.queue;
    fixture_close(f);
    assert_true(hp_str_eq(gone->cls->name, HP_STR("ChatRoom"))); /* the schema lives as long as the event */
    hp_live_event_free(gone);
    hp_live_queue_free(q);
}

static void the_rows_of_a_user_have_no_hidden_part(void **state)
{
    (void)state;
    world w;
    core_fixture *f = &open_world(NULL, &w)->f;
    fixture_reply r =
        fixture_ok(fixture_save(f, true, NULL, "_User", NULL, "{\"username\":\"u\",\"password\":\"secret\"}"));
    (void)fixture_ok(fixture_save(f, true, NULL, "_User", r.id, "{\"password\":\"another\"}"));
    for (size_t i = 0; i < 2; i++) {
        hp_live_event *e = hp_live_queue_pop(w.publisher.queue);
        assert_true(hp_is_null(&e->after->internal));
        assert_true(e->before == NULL || hp_is_null(&e->before->internal));
        hp_live_event_free(e);
    }
    close_world(&w);
}

static void classes_that_are_not_live_are_not_queued(void **state)
{
    (void)state;
    world w;
    core_fixture *f = &open_world(NULL, &w)->f;
    (void)fixture_ok(fixture_save(f, true, NULL, "Chats2", NULL, "{\"n\":1}")); /* `Chat.*` */
    (void)fixture_ok(fixture_save(f, true, NULL, "MyChat", NULL, "{\"n\":1}"));
    assert_int_equal(waiting(&w), 1);
    close_world(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_commit_becomes_an_event_with_rows_of_its_own),
        cmocka_unit_test(the_rows_of_a_user_have_no_hidden_part),
        cmocka_unit_test(classes_that_are_not_live_are_not_queued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

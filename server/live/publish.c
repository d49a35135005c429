#include "live/publish.h"

#include "core/live_query.h"
#include "live/bus.h"

static bool wants(void *user, hp_str class_name)
{
    const hp_live_publisher *p = user;
    return hp_live_class(hp_core_settings(p->core), class_name);
}

static const hp_row *copy(hp_arena *mem, const hp_row *row)
{
    if (row == NULL) return NULL;
    hp_row *copied = HP_NEW(mem, hp_row);
    *copied = hp_row_copy(mem, row);
    return copied;
}

/* The class as it is now: the unit may have made it, and then its own snapshot goes with its call. A class that has been
 * dropped meanwhile has no subscribers to tell. */
static void changed(void *user, hp_core *core, uint64_t ticket, const hp_object_event *events, size_t count)
{
    const hp_live_publisher *p = user;
    hp_schema *schema = hp_schema_ref_current(core);
    hp_live_event *first = NULL, **end = &first;

    for (size_t i = 0; i < count; i++) {
        hp_live_event *e = hp_live_event_new(schema, events[i].class_name);
        if (e == NULL) continue;
        e->before = copy(e->mem, events[i].before);
        e->after = copy(e->mem, events[i].after);
        e->committed_ms = p->clock->monotonic_ms(p->clock);
        *end = e;
        end = &e->next;
    }
    hp_schema_unref(schema);
    hp_live_queue_push(p->queue, ticket, first);
}

static void passed(void *user, uint64_t ticket)
{
    const hp_live_publisher *p = user;
    hp_live_queue_push(p->queue, ticket, NULL);
}

static void outdated(void *user, hp_memory what, hp_str user_id)
{
    const hp_live_publisher *p = user;
    if (p->bus != NULL) hp_live_bus_tell_outdated(p->bus, what, user_id);
}

hp_event_sink hp_live_publisher_sink(hp_live_publisher *p)
{
    return (hp_event_sink){ .wants = wants, .changed = changed, .passed = passed, .outdated = outdated, .user = p };
}

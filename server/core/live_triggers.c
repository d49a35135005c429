#include "core/live_triggers.h"

#include "core/core_internal.h"
#include "core/serialise.h"
#include "core/trigger.h"

#define CONNECT_CLASS HP_STR("@Connect")

bool hp_live_triggered(const hp_call *call, hp_trigger trigger, hp_str class_name)
{
    return hp_hooks_has_trigger(call->core->parts.hooks, trigger, class_name);
}

hp_code hp_live_before_connect(hp_call *call, hp_err *err)
{
    hp_hook_request rq;
    if (!hp_live_triggered(call, HP_TRIGGER_BEFORE_CONNECT, CONNECT_CLASS)) return HP_OK;
    hp_trigger_request(call, HP_TRIGGER_BEFORE_CONNECT, CONNECT_CLASS, &rq);
    rq.event = HP_STR("connect");
    return hp_hooks_run_trigger(call->core->parts.hooks, &rq, err);
}

hp_code hp_live_before_subscribe(hp_call *call, hp_str class_name, hp_value **query, hp_err *err)
{
    hp_hook_request rq;
    hp_trigger_request(call, HP_TRIGGER_BEFORE_SUBSCRIBE, class_name, &rq);
    rq.event = HP_STR("subscribe");
    rq.query = hp_value_new(call->mem, hp_value_copy(call->mem, *query));
    HP_TRY(hp_hooks_run_trigger(call->core->parts.hooks, &rq, err));
    *query = rq.query;
    return HP_OK;
}

/* A copy with everything that is not secret, for the code to change. */
static hp_value *shown_to_code(hp_call *call, const hp_class *cls, const hp_row *row, bool foreign)
{
    const hp_call master = hp_call_as_master(call);
    const hp_grant all = { 0 };
    const hp_projection whole = { .foreign = foreign };
    hp_value object = hp_serialise(&master, cls, &all, row, &whole);
    return hp_value_new(call->mem, hp_value_copy(call->mem, &object));
}

/* `row` with the fields that the code left. Its ACL stays: the serialiser makes it from the row, as it does relations. */
static const hp_row *row_of(hp_arena *mem, const hp_row *row, const hp_value *object)
{
    hp_row *changed = HP_NEW(mem, hp_row);
    *changed = *row;
    changed->fields = hp_object();
    for (uint32_t i = 0; hp_is(object, HP_OBJECT) && i < object->object.count; i++) {
        const hp_member *m = &object->object.items[i];
        if (m->value.tag != HP_RELATION && !hp_str_eq(m->key, HP_STR("ACL")))
            hp_object_append(mem, &changed->fields, m->key, m->value);
    }
    return changed;
}

hp_code hp_live_after_event(hp_call *call, const hp_class *cls, hp_live_change *c, hp_err *err)
{
    hp_hook_request rq;
    hp_trigger_request(call, HP_TRIGGER_AFTER_LIVE_QUERY_EVENT, cls->name, &rq);
    rq.event = c->event;
    rq.object = shown_to_code(call, cls, c->object, c->foreign);
    rq.object_id = hp_object_text(&c->object->fields, HP_STR("objectId"));
    if (c->original != NULL) rq.event_original = shown_to_code(call, cls, c->original, c->foreign);
    rq.original = rq.event_original;
    HP_TRY(hp_hooks_run_trigger(call->core->parts.hooks, &rq, err));
    c->dropped = rq.drop_event;
    c->object = row_of(call->mem, c->object, rq.object);
    if (c->original != NULL) c->original = row_of(call->mem, c->original, rq.event_original);
    return HP_OK;
}

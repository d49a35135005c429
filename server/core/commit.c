#include "core/commit.h"

#include "base/log.h"
#include "core/core_internal.h"
#include "core/schema_api.h"
#include "core/sessions.h"

bool hp_commit_changes_schema(hp_unit_kind kind) { return kind == HP_UNIT_CREATE_CLASS || kind == HP_UNIT_ADD_FIELD; }

static void forget_caches(hp_call *call, const hp_unit *unit)
{
    for (size_t i = 0; i < unit->count; i++) {
        const hp_unit_op *op = &unit->ops[i];
        if (op->cls == NULL || op->kind == HP_UNIT_REQUIRE || op->kind == HP_UNIT_CREATE_CLASS) continue;
        if (hp_str_eq(op->cls->name, HP_STR("_Role")) ||
            (op->kind == HP_UNIT_DELETE_WHERE && hp_str_eq(op->cls->name, HP_STR("_User")))) {
            hp_sessions_forget_all(call->core);
            return;
        }
        if (hp_str_eq(op->cls->name, HP_STR("_User")) && op->kind != HP_UNIT_INSERT)
            hp_sessions_forget_user(call->core, op->object_id);
        if (!hp_str_eq(op->cls->name, HP_STR("_Session")) || op->kind == HP_UNIT_INSERT) continue;
        const hp_value *user = hp_object_get(&unit->results[i].before.fields, HP_STR("user"));
        if (hp_is(user, HP_POINTER))
            hp_sessions_forget_user(call->core, user->pointer.object_id);
        else
            hp_sessions_forget_all(call->core); /* several at once: the store does not say whose */
    }
}

/* Everybody sees what was added. A store that fails right after a commit fails the next request, not this one. */
static void announce_schema(hp_call *call, const hp_unit *unit)
{
    hp_err err = { 0 };
    bool changed = false;
    for (size_t i = 0; i < unit->count; i++) changed = changed || hp_commit_changes_schema(unit->ops[i].kind);
    if (!changed || hp_schema_publish(call, &err) == HP_OK) return;
    hp_log(HP_LOG_ERROR, "schema_reload_failed", HP_F_STR("request", call->request_id),
           HP_F_TEXT("detail", err.detail));
}

/* An update that leaves updatedAt alone is the server's own bookkeeping. */
static bool is_told(const hp_event_sink *sink, const hp_unit_op *op)
{
    if (op->kind != HP_UNIT_INSERT && op->kind != HP_UNIT_DELETE &&
        !(op->kind == HP_UNIT_UPDATE && op->updated_ms != 0))
        return false;
    return sink->wants(sink->user, op->cls->name);
}

static void tell(hp_call *call, const hp_unit *unit)
{
    const hp_event_sink *sink = call->core->events;
    hp_object_event *events = HP_NEW_ARRAY(call->mem, hp_object_event, unit->count);
    size_t count = 0;

    for (size_t i = 0; i < unit->count; i++) {
        const hp_unit_op *op = &unit->ops[i];
        const hp_unit_result *r = &unit->results[i];
        if (!is_told(sink, op)) continue;
        events[count++] = (hp_object_event){ .class_name = op->cls->name,
                                             .before = op->kind == HP_UNIT_INSERT ? NULL : &r->before,
                                             .after = op->kind == HP_UNIT_DELETE ? NULL : &r->after };
    }
    sink->changed(sink->user, call->core, unit->ticket, events, count);
}

/* What engines remember of the rows of this class; a new user or session is not remembered yet. */
static unsigned counters_of(const hp_unit_op *op)
{
    if (op->cls == NULL || op->kind == HP_UNIT_REQUIRE || op->kind == HP_UNIT_CREATE_CLASS) return 0;
    if (hp_str_eq(op->cls->name, HP_STR("_Hooks"))) return 1u << HP_COUNTER_WEBHOOKS;
    const bool people = hp_str_eq(op->cls->name, HP_STR("_User")) || hp_str_eq(op->cls->name, HP_STR("_Session"));
    if (hp_str_eq(op->cls->name, HP_STR("_Role")) || (people && op->kind != HP_UNIT_INSERT))
        return 1u << HP_COUNTER_SESSIONS;
    return 0;
}

void hp_commit_prepare(hp_call *call, hp_unit *unit)
{
    const hp_event_sink *sink = call->core->events;
    for (size_t i = 0; i < unit->count; i++) unit->counters |= counters_of(&unit->ops[i]);
    unit->ordered = false;
    unit->ticket = 0;
    for (size_t i = 0; sink != NULL && !unit->ordered && i < unit->count; i++)
        unit->ordered = is_told(sink, &unit->ops[i]);
}

void hp_commit_finish(hp_call *call, const hp_unit *unit, hp_code rc)
{
    const hp_event_sink *sink = call->core->events;
    if (rc != HP_OK) {
        if (unit->ticket != 0) sink->passed(sink->user, unit->ticket);
        return;
    }
    for (int i = 0; i < HP_COUNTERS; i++)
        if ((unit->counters & 1u << i) != 0) (void)atomic_fetch_add(&call->core->raised[i], 1);
    forget_caches(call, unit);
    announce_schema(call, unit);
    if (unit->ticket != 0) tell(call, unit);
}

hp_code hp_commit(hp_call *call, hp_unit *unit, hp_err *err)
{
    hp_commit_prepare(call, unit);
    const hp_code rc = hp_store_write(call->core->parts.store, unit, call->mem, err);
    hp_commit_finish(call, unit, rc);
    return rc;
}

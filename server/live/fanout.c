/* live/fanout.c — an event, audience by audience.
 *
 * What must stay true:
 *   1. An audience is told of a state of the object only if its where matches that state and find would show it: the grant of
 *      hp_live_permit, decided anew when session, roles, classes or settings changed, covers it. A state that it may not see
 *      takes no part in anything: not in the kind of event, not in `original`.
 *   2. What is sent comes out of hp_serialise, after cloud code had its turn.
 *   3. A where that takes more steps than HP_LIVE_MATCH_STEPS_MAX is matched no more: one thread matches for all, and whoever
 *      has a thousand such subscriptions would hold up everybody's events.
 *   4. A body is shared only by audiences whose hp_serialise_signature is the same, and never when an include or cloud code made
 *      it: those saw the object with one user's rights. */
#include "live/fanout.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/include.h"
#include "core/live_triggers.h"
#include "core/schema.h"
#include "core/serialise.h"
#include "live/answer.h"
#include "live/view.h"
#include "query/match.h"
#include "value/json.h"

typedef struct change { /* as one audience sees it */
    hp_live_kind kind;
    const hp_row *object, *original; /* original: NULL if it is not shown */
} change;

typedef struct delivery { /* what the members of an audience are told */
    hp_live_kind kind;
    hp_frame *body; /* one reference; NULL: an error */
    hp_str error;   /* from "code" on */
} delivery;

typedef struct fanout {
    hp_core *core;
    hp_live_table *table;
    const hp_live_event *event;
    const hp_class *cls; /* as it is now */
    hp_arena *mem;
    hp_map *bodies; /* what a body depends on -> hp_frame, one reference */
    hp_buf text, key, head;
    uint64_t number;
    bool overdrawn; /* somebody is being closed for the cost of his subscriptions */
    hp_live_counts *counts;
} fanout;

static const hp_row *before(const fanout *f) { return f->event->before; }
static const hp_row *after(const fanout *f) { return f->event->after; }

/* ---- which event it is ---- */

static void match(fanout *f, hp_live_query *q)
{
    hp_effort effort = { .left = HP_LIVE_MATCH_STEPS_MAX };
    if (q->matched == f->number || q->too_costly) return;
    q->matched = f->number;
    q->before_matches = before(f) != NULL && hp_filter_matches_within(q->tree, &before(f)->fields, &effort);
    q->after_matches = after(f) != NULL && hp_filter_matches_within(q->tree, &after(f)->fields, &effort);
    q->too_costly = effort.spent;
    const size_t steps = HP_LIVE_MATCH_STEPS_MAX - effort.left;
    if (steps >= HP_LIVE_MATCH_CHEAP_STEPS && hp_live_table_charge(f->table, q, f->number, steps)) f->overdrawn = true;
}

static const hp_value *acl_of(hp_arena *mem, const hp_row *row)
{
    bool has = false;
    const hp_value acl = hp_acl_to_json(mem, row, &has);
    return has ? hp_value_new(mem, acl) : NULL;
}

/* The value at a dotted name, or NULL. */
static const hp_value *watched(const fanout *f, const hp_row *row, hp_str name)
{
    hp_str part;
    if (row == NULL || !hp_str_split(&name, '.', &part)) return NULL;
    const hp_value *v = hp_str_eq(part, HP_STR("ACL")) ? acl_of(f->mem, row) : hp_object_get(&row->fields, part);
    while (v != NULL && hp_str_split(&name, '.', &part)) v = hp_object_get(v, part);
    return v;
}

static bool watch_changed(const fanout *f, const hp_live_audience *a)
{
    for (size_t i = 0; i < a->watch.count; i++) {
        const hp_value *was = watched(f, before(f), a->watch.items[i]), *is = watched(f, after(f), a->watch.items[i]);
        if ((was == NULL) != (is == NULL) || (was != NULL && !hp_value_equal(was, is))) return true;
    }
    return a->watch.count == 0;
}

/* What the audience is told, and with which states. False: nothing. */
static bool decide(const fanout *f, const hp_live_audience *a, const hp_call *call, const hp_grant *grant, change *out)
{
    const bool saw = before(f) != NULL && hp_permit_covers(call, grant, before(f));
    const bool sees = after(f) != NULL && hp_permit_covers(call, grant, after(f));
    const bool was = saw && a->query->before_matches, is = sees && a->query->after_matches;

    *out = (change){ .object = after(f), .original = saw ? before(f) : NULL };
    if (after(f) == NULL) {
        out->kind = HP_LIVE_DELETE;
        out->object = before(f);
        out->original = NULL;
        return was;
    }
    if (was && !is && !sees) out->object = before(f); /* it went out of sight: the last that was seen of it */
    if (was || is)
        out->kind = was ? (is ? HP_LIVE_UPDATED : HP_LIVE_LEAVE) : before(f) ? HP_LIVE_ENTER : HP_LIVE_CREATE;
    if (!was && !is) return false;
    return (out->kind != HP_LIVE_UPDATED && out->kind != HP_LIVE_CREATE) || watch_changed(f, a);
}

/* ---- what is sent ---- */

/* The object's own fields among the keys. With include, as in a find, `a.b` asks for a, and of what is put there for b; without,
 * a dotted name is no field, as in Parse. */
static hp_projection projection_of(const fanout *f, const hp_live_audience *a)
{
    hp_projection own = {
        .keys = a->keys.items, .key_count = a->keys.count, .has_keys = a->has_keys, .foreign = f->event->foreign
    };
    if (a->include.count == 0) return own;
    hp_str *names = HP_NEW_ARRAY(f->mem, hp_str, a->keys.count);
    for (size_t i = 0; i < a->keys.count; i++)
        names[i] = hp_str_sub(a->keys.items[i], 0, hp_str_find_char(a->keys.items[i], '.', 0));
    own.keys = names;
    return own;
}

static bool asks_for(const hp_projection *own, hp_str name)
{
    for (size_t i = 0; i < own->key_count; i++)
        if (hp_str_eq(own->keys[i], name)) return true;
    return !own->has_keys;
}

/* Relations are in every answer of REST; an event with keys has those it was asked for. */
static hp_value serialise(const fanout *f, const hp_live_audience *a, const hp_call *call, const hp_grant *grant,
                          const hp_row *row)
{
    const hp_projection own = projection_of(f, a);
    const hp_value seen = hp_serialise(call, f->cls, grant, row, &own);
    hp_value out = hp_object();
    hp_object_append(f->mem, &out, HP_STR("className"), hp_string(f->cls->name));
    for (uint32_t i = 0; i < seen.object.count; i++) {
        const hp_member *m = &seen.object.items[i];
        if (m->value.tag != HP_RELATION || asks_for(&own, m->key)) hp_object_append(f->mem, &out, m->key, m->value);
    }
    return out;
}

/* Puts objects in the place of pointers, with the audience's rights. One that cannot be followed stays a pointer. */
static void follow(const hp_live_audience *a, hp_call *call, const hp_class *cls, hp_value *object)
{
    hp_reader reader = { .call = call };
    const hp_find_params p = { .include = (hp_str *)(uintptr_t)a->include.items,
                               .include_count = a->include.count,
                               .keys = (hp_str *)(uintptr_t)a->keys.items,
                               .keys_count = a->keys.count,
                               .has_keys = a->has_keys,
                               .limit = -1 };
    hp_value results = hp_array();
    hp_err err = { 0 };
    hp_array_push(call->mem, &results, *object);
    if (hp_include(&reader, cls, &p, &results, &err) == HP_OK && results.array.count == 1)
        *object = results.array.items[0];
}

/* Into f->text. False if it is too long to be sent. */
static bool write_body(fanout *f, const hp_live_audience *a, hp_call *call, const hp_grant *grant, const change *e)
{
    const struct {
        const char *name;
        const hp_row *row;
    } parts[] = { { "\"object\":", e->object }, { ",\"original\":", e->original } };
    hp_buf_clear(&f->text);
    for (size_t i = 0; i < 2; i++) {
        if (parts[i].row == NULL) continue;
        hp_value object = serialise(f, a, call, grant, parts[i].row);
        if (a->include.count > 0) follow(a, call, f->cls, &object);
        hp_buf_add(&f->text, hp_str_of(parts[i].name));
        hp_json_write(&f->text, &object);
    }
    hp_buf_add_char(&f->text, '}');
    f->counts->serialised++;
    if (f->text.overflow) hp_log(HP_LOG_WARN, "live_event_too_long", HP_F_STR("class", f->cls->name));
    return !f->text.overflow;
}

/* The body from the event's own rows, made once for all who get the same; NULL: it is too long. */
static hp_frame *shared_body(fanout *f, const hp_live_audience *a, hp_call *call, const hp_grant *grant,
                             const change *e)
{
    const hp_projection own = projection_of(f, a);
    hp_buf_clear(&f->key);
    hp_buf_add_char(&f->key, e->object == before(f) ? 'b' : 'a');
    hp_serialise_signature(call, f->cls, grant, e->object, &own, &f->key);
    hp_buf_add_char(&f->key, e->original != NULL ? 'o' : '-');
    if (e->original != NULL) hp_serialise_signature(call, f->cls, grant, e->original, &own, &f->key);

    hp_frame *body = f->key.overflow ? NULL : hp_map_get(f->bodies, hp_buf_str(&f->key));
    if (body != NULL) return hp_frame_ref(body);
    const hp_str key = hp_arena_str(f->mem, hp_buf_str(&f->key));
    if (!write_body(f, a, call, grant, e)) return NULL;
    body = hp_frame_new(hp_buf_str(&f->text));
    if (!f->key.overflow) (void)hp_map_put(f->bodies, key, hp_frame_ref(body));
    return body;
}

static hp_frame *own_body(fanout *f, const hp_live_audience *a, hp_call *call, const hp_grant *grant, const change *e)
{
    hp_clock *clock = hp_clock_system();
    const int64_t began_ms = clock->monotonic_ms(clock);
    hp_frame *body = write_body(f, a, call, grant, e) ? hp_frame_new(hp_buf_str(&f->text)) : NULL;
    /* Now and then one too many or too few: many add up rightly. */
    const int64_t ms = clock->monotonic_ms(clock) - began_ms;
    if (a->include.count > 0 && ms > 0 && hp_live_table_charge_include(f->table, a, f->number, (size_t)ms))
        f->overdrawn = true;
    return body;
}

/* ---- telling ---- */

typedef struct telling {
    fanout *f;
    const delivery *d;
} telling;

static void tell(void *user, hp_live_member *m)
{
    const telling *t = user;
    fanout *f = t->f;
    if (t->d->body == NULL && m->refusal_told) return;
    m->refusal_told = t->d->body == NULL;
    hp_buf_clear(&f->head);
    if (t->d->body != NULL)
        hp_live_write_head(&f->head, t->d->kind, m->client->introduction, m->request_id);
    else
        hp_live_write_error(&f->head, t->d->error, m->request_id);
    if (hp_socket_send(m->client->socket, hp_buf_str(&f->head), t->d->body))
        f->counts->delivered++;
    else
        f->counts->dropped++;
}

static void deliver(fanout *f, const hp_live_audience *a, const delivery *d)
{
    telling t = { f, d };
    hp_live_table_tell(f->table, a, f->number, f->event->committed_ms, tell, &t);
}

/* Its rights are gone, or cloud code threw: an error, as for a subscription that is refused. */
static void refuse(fanout *f, const hp_live_audience *a, const hp_err *err)
{
    if (err->code == HP_E_INTERNAL || err->code == HP_E_TIMEOUT) {
        hp_log(HP_LOG_ERROR, "live_event_failed", HP_F_STR("class", f->cls->name), HP_F_TEXT("error", err->msg),
               HP_F_TEXT("detail", err->detail));
        return;
    }
    const delivery d = { .error = hp_live_error_text(hp_core_settings(f->core), err, false, f->mem) };
    deliver(f, a, &d);
}

/* afterLiveQueryEvent. False: nothing is sent, or an error. */
static bool run_code(fanout *f, const hp_live_audience *a, hp_call *call, change *e)
{
    hp_live_change c = {
        .event = hp_live_kind_name(e->kind), .object = e->object, .original = e->original, .foreign = f->event->foreign
    };
    hp_err err = { 0 };
    if (hp_live_after_event(call, f->cls, &c, &err) != HP_OK) {
        refuse(f, a, &err);
        return false;
    }
    e->object = c.object;
    e->original = c.original;
    return !c.dropped;
}

static void tell_audience(fanout *f, const hp_live_audience *a, hp_call *call, const hp_grant *grant)
{
    change e;
    if (!decide(f, a, call, grant, &e)) return;

    const bool code = hp_live_triggered(call, HP_TRIGGER_AFTER_LIVE_QUERY_EVENT, f->cls->name);
    if (code && !run_code(f, a, call, &e)) return;
    const bool alone = code || a->include.count > 0;
    const delivery d = { .kind = e.kind,
                         .body = alone ? own_body(f, a, call, grant, &e) : shared_body(f, a, call, grant, &e) };
    if (d.body != NULL) deliver(f, a, &d);
    hp_frame_unref(d.body);
}

static void look(fanout *f, hp_live_audience *a)
{
    const hp_grant *grant = NULL;
    hp_call call;
    hp_err err = { 0 };

    if (f->overdrawn && !hp_live_table_asked(f->table, a)) return;
    match(f, a->query);
    if (a->query->too_costly) {
        HP_IGNORE(hp_fail(&err, HP_E_INVALID_QUERY, "The where takes too long to match: no more events come."));
        refuse(f, a, &err);
        return;
    }
    if (!a->query->before_matches && !a->query->after_matches) return;
    f->counts->audiences++;
    if (hp_live_view_look(a, f->core, f->mem, &call, &grant, &err) != HP_OK) {
        refuse(f, a, &err);
        return;
    }
    tell_audience(f, a, &call, grant);
    hp_call_close(&call);
}

/* The class as this node knows it now. An event may be ahead of that by a field or the class itself. */
static const hp_class *current_class(fanout *f, hp_call *call)
{
    const hp_str name = f->event->cls->name;
    hp_err err = { 0 };
    const hp_class *cls = hp_schema_class(call->schema, name);
    if (cls != NULL && cls->field_count >= f->event->cls->field_count) return cls;
    if (hp_schema_reload(f->core, &err) != HP_OK) return cls;
    hp_call_close(call);
    hp_call_open_internal(f->core, f->mem, call);
    return hp_schema_class(call->schema, name);
}

void hp_live_fanout(hp_core *core, hp_live_table *t, const hp_live_event *e, hp_live_counts *counts)
{
    enum { BODY_BYTES_MAX = 64 << 20, HEAD_BYTES_MAX = 4096 };
    HP_AUTO_ARENA mem = hp_arena_new();
    fanout f = { .core = core, .table = t, .event = e, .mem = mem, .bodies = hp_map_new(mem), .counts = counts };
    hp_live_collected found = { 0 };
    hp_call call;

    *counts = (hp_live_counts){ 0 };
    hp_call_open_internal(core, mem, &call);
    f.cls = current_class(&f, &call);
    if (f.cls != NULL) hp_live_table_collect(t, &call, f.cls->name, e->before, e->after, mem, &found);
    f.number = found.event;
    counts->candidates = found.count;
    hp_buf_init(&f.text, BODY_BYTES_MAX);
    hp_buf_init(&f.key, BODY_BYTES_MAX);
    hp_buf_init(&f.head, HEAD_BYTES_MAX);
    for (size_t i = 0; i < found.count; i++) look(&f, found.items[i]);
    hp_live_table_put_back(t, &found);

    hp_str key;
    void *frame;
    for (size_t at = 0; hp_map_next(f.bodies, &at, &key, &frame);) hp_frame_unref(frame);
    hp_buf_done(&f.head);
    hp_buf_done(&f.key);
    hp_buf_done(&f.text);
    hp_call_close(&call);
}

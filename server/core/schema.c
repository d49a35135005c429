/* core/schema.c — snapshots of the classes: made from the store, swapped whole, kept while a call needs them.
 *
 * What must stay true:
 *   1. A published snapshot never changes. A write that adds a field works with a derived one of its own until it has
 *      committed; then everybody reads the store anew.
 *   2. An older reading never replaces a newer one: reloads are one at a time, and the store is read inside the lock.
 *   3. A call that changes its snapshot keeps the old one until its arena goes: values and names taken from it are still
 *      in use (hp_call_replace_schema). */
#include "core/schema.h"

#include "base/thread.h"
#include "core/core_internal.h"
#include "core/schema_api.h"

/* How long a change that another process made may stay unnoticed. The comparison is one small read of the store, so it is
 * not made for every request. */
enum { CHECK_EVERY_MS = 1000 };

static void publish(hp_core *core, hp_schema *s)
{
    pthread_mutex_lock(&core->schema_lock);
    hp_schema *old = core->schema;
    core->schema = s;
    pthread_mutex_unlock(&core->schema_lock);
    hp_schema_unref(old);
}

static hp_schema *take_ref(hp_core *core)
{
    pthread_mutex_lock(&core->schema_lock);
    hp_schema *s = hp_schema_ref(core->schema);
    pthread_mutex_unlock(&core->schema_lock);
    return s;
}

static hp_code read_store(hp_core *core, hp_schema **out, hp_err *err)
{
    hp_arena *mem = hp_arena_new();
    hp_schema *s = HP_NEW(mem, hp_schema);
    hp_class **classes = NULL;

    *out = NULL;
    s->mem = mem;
    atomic_init(&s->refs, 1);
    /* The version first: a change between the two readings is then seen as one more change, never as none. */
    hp_code rc = hp_store_schema_version(core->parts.store, &s->version, err);
    if (rc == HP_OK) rc = hp_store_load_classes(core->parts.store, mem, &classes, &s->count, err);
    if (rc != HP_OK) {
        hp_arena_free(mem);
        return rc;
    }
    s->classes = HP_NEW_ARRAY(mem, const hp_class *, s->count);
    s->by_name = hp_map_new(mem);
    for (size_t i = 0; i < s->count; i++) {
        s->classes[i] = classes[i];
        (void)hp_map_put(s->by_name, classes[i]->name, classes[i]);
    }
    *out = s;
    return HP_OK;
}

hp_code hp_schema_reload(hp_core *core, hp_err *err)
{
    hp_schema *fresh = NULL;

    hp_assert_worker_thread();
    pthread_mutex_lock(&core->reload_lock);
    hp_code rc = read_store(core, &fresh, err);
    if (rc == HP_OK) publish(core, fresh);
    pthread_mutex_unlock(&core->reload_lock);
    return rc;
}

void hp_schema_check(hp_core *core)
{
    hp_err err = { 0 };
    int64_t version = 0;
    if (hp_store_schema_version(core->parts.store, &version, &err) != HP_OK) return;
    hp_schema *present = take_ref(core);
    const bool same = present->version == version;
    hp_schema_unref(present);
    if (!same) HP_IGNORE(hp_schema_reload(core, &err)); /* tried again in a second */
}

/* Reads the classes anew if another process has changed them. A store that cannot answer now will say so to whoever
 * wants objects from it; the snapshot at hand stays. */
static void notice_changes(hp_core *core)
{
    int64_t now = core->parts.clock->monotonic_ms(core->parts.clock);
    int64_t last = atomic_load_explicit(&core->schema_checked_ms, memory_order_relaxed);
    if (now - last < CHECK_EVERY_MS) return;
    if (!atomic_compare_exchange_strong(&core->schema_checked_ms, &last, now)) return; /* somebody else looks */
    hp_schema_check(core);
    hp_core_notice_others(core);
}

hp_schema *hp_schema_ref_current(hp_core *core)
{
    notice_changes(core);
    return take_ref(core);
}

hp_schema *hp_schema_ref(hp_schema *s)
{
    (void)atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void hp_schema_unref(hp_schema *s)
{
    while (s != NULL && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1) {
        hp_schema *base = s->base;
        if (s->mem != NULL) hp_arena_free(s->mem);
        s = base;
    }
}

const hp_class *hp_schema_class(const hp_schema *s, hp_str name) { return hp_map_get(s->by_name, name); }

const hp_class *hp_schema_join_class(const hp_schema *s, hp_str name, hp_arena *mem)
{
    static const hp_str LINK[] = { HP_STR_INIT("owningId"), HP_STR_INIT("relatedId") };
    enum { LINK_COUNT = sizeof LINK / sizeof *LINK };
    hp_str rest = name, prefix, key;
    bool named =
        hp_str_split(&rest, ':', &prefix) && hp_str_eq(prefix, HP_STR("_Join")) && hp_str_split(&rest, ':', &key);
    const hp_class *owner = named ? hp_schema_class(s, rest) : NULL;
    const hp_field *relation = owner != NULL ? hp_class_field(owner, key) : NULL;
    if (relation == NULL || relation->type != HP_T_RELATION) return NULL;

    hp_class *c = HP_NEW(mem, hp_class);
    c->name = name;
    c->fields = HP_NEW_ARRAY(mem, hp_field *, LINK_COUNT);
    c->by_name = hp_map_new(mem);
    for (size_t i = 0; i < LINK_COUNT; i++) {
        hp_field *f = HP_NEW(mem, hp_field);
        *f = (hp_field){ .name = LINK[i], .type = HP_T_STRING };
        c->fields[c->field_count++] = f;
        (void)hp_map_put(c->by_name, f->name, f);
    }
    return c;
}

const hp_class *const *hp_schema_classes(const hp_schema *s, size_t *count)
{
    *count = s->count;
    return s->classes;
}

hp_schema *hp_schema_derive(hp_schema *base, const hp_class *cls, hp_arena *mem)
{
    hp_schema *s = HP_NEW(mem, hp_schema);
    bool replaced = false;

    atomic_init(&s->refs, 1);
    s->base = hp_schema_ref(base);
    s->version = base->version;
    s->classes = HP_NEW_ARRAY(mem, const hp_class *, base->count + 1);
    s->by_name = hp_map_new(mem);
    for (size_t i = 0; i < base->count; i++) {
        bool same = hp_str_eq(base->classes[i]->name, cls->name);
        s->classes[s->count++] = same ? cls : base->classes[i];
        replaced = replaced || same;
    }
    if (!replaced) s->classes[s->count++] = cls;
    for (size_t i = 0; i < s->count; i++)
        (void)hp_map_put(s->by_name, s->classes[i]->name, (void *)(uintptr_t)s->classes[i]);
    return s;
}

static void unref_deferred(void *arg) { hp_schema_unref(arg); }

void hp_call_replace_schema(hp_call *call, hp_schema *s)
{
    hp_arena_defer(call->mem, unref_deferred, call->schema);
    call->schema = s;
}

const hp_class *hp_call_class(hp_call *call, hp_str name)
{
    const hp_class *cls = hp_schema_class(call->schema, name);
    const bool derived = call->schema->mem == NULL;
    if (cls != NULL || derived || !hp_class_name_valid(name)) return cls;
    hp_schema_check(call->core);
    hp_call_replace_schema(call, take_ref(call->core));
    return hp_schema_class(call->schema, name);
}

hp_code hp_schema_publish(hp_call *call, hp_err *err)
{
    HP_TRY(hp_schema_reload(call->core, err));
    hp_call_replace_schema(call, take_ref(call->core));
    hp_core_tell_outdated(call->core, HP_MEMORY_SCHEMA, HP_STR_NONE);
    return HP_OK;
}

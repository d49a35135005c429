/* core/write_triggers.c — cloud code around a write.
 *
 *   1. A hook sees the object as it will be: what is stored with what was sent applied to it, in REST form.
 *   2. Only what the hook itself changed replaces what was sent: an Increment that it left alone is still an Increment when
 *      the store runs it, so two clients that count at once both count.
 *   3. What a hook set is checked like anything a client sent, and it cannot reach the server's own columns either.
 *   4. After the commit nothing can be taken back: an afterSave that fails is logged and the client is told of its success. */
#include "base/log.h"
#include "core/core_internal.h"
#include "core/denied_keywords.h"
#include "core/file_rules.h"
#include "core/object_write.h"
#include "core/serialise.h"
#include "core/trigger.h"

static bool has_trigger(const hp_write *w, hp_trigger t)
{
    return hp_hooks_has_trigger(w->call->core->parts.hooks, t, w->class_name);
}

/* A row as master sees it: what cloud code is handed. */
static hp_value whole(const hp_write *w, const hp_row *row)
{
    hp_call master = hp_call_as_master(w->call);
    hp_grant all = { .scope = { .unrestricted = true } };
    return hp_serialise(&master, w->cls, &all, row, NULL);
}

/* The schema step comes after the hook (a hook may repair what a client got wrong), so a name may not be a field yet. */
static const hp_field *field_for_view(const hp_write *w, const hp_raw_change *c)
{
    hp_str root = hp_name_root(c->name);
    const hp_field *f = w->cls != NULL ? hp_class_field(w->cls, root) : NULL;
    if (f != NULL) return f;

    hp_field *made = HP_NEW(w->call->mem, hp_field);
    made->name = root;
    if (!hp_raw_change_type(c, &made->type, &made->target_class)) made->type = HP_T_OBJECT;
    return made;
}

static void split_path(hp_str name, hp_arena *mem, hp_path *path)
{
    hp_str part, rest = name;
    size_t parts = 0;
    while (hp_str_split(&rest, '.', &part)) parts++;
    path->segments = HP_NEW_ARRAY(mem, hp_str, parts);
    rest = name;
    (void)hp_str_split(&rest, '.', &part); /* the root */
    while (hp_str_split(&rest, '.', &part)) path->segments[path->segment_count++] = part;
}

/* `base` with everything applied that was sent. */
static hp_code view_of(const hp_write *w, const hp_value *base, hp_value *out, hp_err *err)
{
    hp_arena *mem = w->call->mem;
    hp_change *changes = HP_NEW_ARRAY(mem, hp_change, w->raw.count);

    for (size_t i = 0; i < w->raw.count; i++) {
        const hp_raw_change *c = &w->raw.items[i];
        changes[i] = (hp_change){ .path = { .field = field_for_view(w, c) }, .op = c->op, .operand = c->operand };
        split_path(c->name, mem, &changes[i].path);
    }
    HP_TRY(hp_changes_apply(base, changes, w->raw.count, mem, out, err));
    for (uint32_t i = 0; i < out->object.count; i++) { /* one that was sent has the address that answers will show */
        hp_value *v = &out->object.items[i].value;
        if (v->tag == HP_FILE) v->file.url = hp_file_url(w->call, v->file.name);
    }
    if (w->acl != NULL) hp_object_set(mem, out, HP_STR("ACL"), *w->acl);
    if (w->password != NULL) hp_object_set(mem, out, HP_STR("password"), *w->password);
    return HP_OK;
}

/* Members that a hook may look at but not change. */
static bool server_owned(const hp_write *w, hp_str name)
{
    static const hp_str ALL[] = { HP_STR_INIT("objectId"), HP_STR_INIT("createdAt"), HP_STR_INIT("updatedAt"),
                                  HP_STR_INIT("className"), HP_STR_INIT("__type") };
    static const hp_str USER[] = { HP_STR_INIT("authData"), HP_STR_INIT("sessionToken") };
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++)
        if (hp_str_eq(name, ALL[i])) return true;
    for (size_t i = 0; w->rules == &HP_USER_RULES && i < sizeof USER / sizeof *USER; i++)
        if (hp_str_eq(name, USER[i])) return true;
    return false;
}

static hp_value delete_op(hp_arena *mem)
{
    hp_value op = hp_object();
    hp_object_append(mem, &op, HP_STR("__op"), hp_string(HP_STR("Delete")));
    return op;
}

/* What the hook made of the object, as a body: {field: new value, gone: {"__op":"Delete"}}. */
static hp_value difference(const hp_write *w, const hp_value *handed, const hp_value *returned)
{
    hp_value diff = hp_object();
    for (uint32_t i = 0; i < returned->object.count; i++) {
        const hp_member *m = &returned->object.items[i];
        const hp_value *was = hp_object_get(handed, m->key);
        if (server_owned(w, m->key) || (was != NULL && hp_value_equal(was, &m->value))) continue;
        hp_object_append(w->call->mem, &diff, m->key, m->value);
    }
    for (uint32_t i = 0; i < handed->object.count; i++) {
        hp_str key = handed->object.items[i].key;
        if (server_owned(w, key) || hp_object_get(returned, key) != NULL) continue;
        hp_object_append(w->call->mem, &diff, key, delete_op(w->call->mem));
    }
    return diff;
}

/* What was sent for a field gives way to what the hook set. */
static void replace_changes(hp_write *w, const hp_raw_changes *by)
{
    hp_raw_changes merged = { .items = HP_NEW_ARRAY(w->call->mem, hp_raw_change, w->raw.count + by->count) };
    for (size_t i = 0; i < w->raw.count; i++)
        if (!hp_names_have(&w->touched, hp_name_root(w->raw.items[i].name)))
            merged.items[merged.count++] = w->raw.items[i];
    for (size_t i = 0; i < by->count; i++) merged.items[merged.count++] = by->items[i];
    w->raw = merged;
}

static bool is_password(const hp_write *w, hp_str name)
{
    return w->rules == &HP_USER_RULES && hp_str_eq(name, HP_STR("password"));
}

static hp_code take_over(hp_write *w, const hp_value *diff, hp_err *err)
{
    hp_arena *mem = w->call->mem;
    hp_value fields = hp_object();
    hp_raw_changes changes = { 0 };

    HP_TRY(hp_denied_keywords_check(w->call->settings, diff, mem, err));
    HP_TRY(hp_file_urls_allowed(w->call->settings, diff, err));
    for (uint32_t i = 0; i < diff->object.count; i++) {
        hp_str key = diff->object.items[i].key;
        hp_value *v = &diff->object.items[i].value;
        bool gone = hp_object_get(v, HP_STR("__op")) != NULL;
        if (hp_str_eq(key, HP_STR("ACL"))) {
            w->acl = gone ? NULL : v;
            if (gone && w->kind == HP_WRITE_UPDATE)
                w->acl = hp_value_new(mem, hp_object()); /* as Delete does: locked */
        } else if (is_password(w, key)) {
            w->password = gone ? NULL : v;
            continue; /* never in an answer */
        } else {
            hp_object_append(mem, &fields, key, *v);
        }
        hp_names_add(&w->touched, mem, key);
    }
    HP_TRY(hp_changes_read(hp_value_new(mem, fields), mem, &changes, err));
    replace_changes(w, &changes);
    return HP_OK;
}

/* A webhook answers with the object to save, in the place of what was sent: what it leaves out is not written. What it
 * gives back as it got it, the merged value or the operation, stays the operation that was sent. A password or an ACL that
 * it leaves out stays too: a receiver that is not about them must not open an object. The client is answered with all that
 * it did not send. */
static hp_code replace(hp_write *w, const hp_value *handed, const hp_value *by, hp_err *err)
{
    hp_value diff = hp_object();
    hp_raw_changes kept = { .items = HP_NEW_ARRAY(w->call->mem, hp_raw_change, w->raw.count) };

    for (uint32_t i = 0; i < by->object.count; i++) {
        const hp_member *m = &by->object.items[i];
        const hp_value *was = hp_object_get(handed, m->key), *sent = hp_object_get(w->body, m->key);
        if (server_owned(w, m->key) || (was != NULL && hp_value_equal(was, &m->value)) ||
            (sent != NULL && hp_value_equal(sent, &m->value)))
            continue;
        hp_object_append(w->call->mem, &diff, m->key, m->value);
    }
    for (size_t i = 0; i < w->raw.count; i++)
        if (hp_object_get(by, hp_name_root(w->raw.items[i].name)) != NULL) kept.items[kept.count++] = w->raw.items[i];
    w->raw = kept;
    if (diff.object.count > 0) HP_TRY(take_over(w, &diff, err));
    for (uint32_t i = 0; i < by->object.count; i++) {
        const hp_str name = by->object.items[i].key;
        if (!server_owned(w, name) && hp_object_get(w->body, name) == NULL && !is_password(w, name))
            hp_names_add(&w->touched, w->call->mem, name);
    }
    return HP_OK;
}

hp_code hp_write_before_save(hp_write *w, hp_err *err)
{
    hp_arena *mem = w->call->mem;
    hp_value base = hp_object(), handed;
    hp_hook_request rq;

    if (w->signed_in || !has_trigger(w, HP_TRIGGER_BEFORE_SAVE)) return HP_OK;
    if (w->kind == HP_WRITE_UPDATE) {
        HP_TRY(hp_write_read_stored(w, err));
        w->original = whole(w, w->stored);
        base = w->original;
    }
    HP_TRY(view_of(w, &base, &handed, err));
    hp_value object = hp_value_copy(mem, &handed); /* deep: a hook may change what is inside a value */

    hp_trigger_request(w->call, HP_TRIGGER_BEFORE_SAVE, w->class_name, &rq);
    rq.object = &object;
    rq.object_id = w->object_id;
    rq.is_new = w->kind == HP_WRITE_CREATE;
    rq.original = rq.is_new ? NULL : &w->original;
    rq.sent = w->body;
    HP_TRY(hp_hooks_run_trigger(w->call->core->parts.hooks, &rq, err));

    w->hook_ops = rq.ops;
    w->hook_op_count = rq.op_count;
    w->cls = hp_schema_class(w->call->schema, w->class_name); /* the hook may have changed the schema */
    if (rq.replacement != NULL) return replace(w, &handed, rq.replacement, err);
    hp_value diff = difference(w, &handed, &object);
    return diff.object.count == 0 ? HP_OK : take_over(w, &diff, err);
}

hp_code hp_write_before_delete(hp_write *w, hp_err *err)
{
    hp_hook_request rq;

    if (!has_trigger(w, HP_TRIGGER_BEFORE_DELETE)) return HP_OK;
    HP_TRY(hp_write_read_stored(w, err));
    w->original = whole(w, w->stored);
    hp_trigger_request(w->call, HP_TRIGGER_BEFORE_DELETE, w->class_name, &rq);
    rq.object = &w->original;
    rq.object_id = w->object_id;
    HP_TRY(hp_hooks_run_trigger(w->call->core->parts.hooks, &rq, err));
    w->hook_ops = rq.ops;
    w->hook_op_count = rq.op_count;
    w->cls = hp_schema_class(w->call->schema, w->class_name);
    return HP_OK;
}

static hp_code after_delete(hp_write *w, hp_err *err)
{
    hp_hook_request rq;
    hp_value object;

    if (!has_trigger(w, HP_TRIGGER_AFTER_DELETE)) return HP_OK;
    object = whole(w, &w->result->before);
    hp_trigger_request(w->call, HP_TRIGGER_AFTER_DELETE, w->class_name, &rq);
    rq.object = &object;
    rq.object_id = w->object_id;
    return hp_hooks_run_trigger(w->call->core->parts.hooks, &rq, err);
}

static void after_save(hp_write *w, hp_written *out)
{
    hp_hook_request rq;
    hp_err err = { 0 };
    hp_value object, original;

    if (!has_trigger(w, HP_TRIGGER_AFTER_SAVE)) return;
    object = whole(w, &w->result->after);
    if (hp_str_present(w->session_token))
        hp_object_set(w->call->mem, &object, HP_STR("sessionToken"), hp_string(w->session_token));
    hp_trigger_request(w->call, HP_TRIGGER_AFTER_SAVE, w->class_name, &rq);
    rq.object = &object;
    rq.object_id = w->object_id;
    rq.is_new = w->kind == HP_WRITE_CREATE;
    rq.sent = w->body;
    if (!rq.is_new) {
        original = whole(w, &w->result->before);
        rq.original = &original;
    }
    if (hp_hooks_run_trigger(w->call->core->parts.hooks, &rq, &err) == HP_OK) {
        if (rq.has_result) out->body = rq.result;
        return;
    }
    hp_log(HP_LOG_WARN, "after_save_failed", HP_F_STR("request", w->call->request_id), HP_F_STR("class", w->class_name),
           HP_F_INT("code", err.code), HP_F_TEXT("error", err.msg));
}

hp_code hp_write_after(hp_write *w, hp_written *out, hp_err *err)
{
    if (w->signed_in) return HP_OK;
    if (w->kind == HP_WRITE_DELETE) return after_delete(w, err);
    after_save(w, out);
    return HP_OK;
}

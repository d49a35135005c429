#include "core/global_config.h"

#include "core/core_internal.h"
#include "core/denied_keywords.h"
#include "core/serialise.h"
#include "core/trigger.h"

static const hp_str CLASS = HP_STR_INIT("_GlobalConfig"), ID = HP_STR_INIT("1");
static const hp_str TRIGGER_CLASS = HP_STR_INIT("@Config");
static const hp_str PARAMS = HP_STR_INIT("params"), MASTER_ONLY = HP_STR_INIT("masterKeyOnly");

static const hp_class *config_class(const hp_call *call)
{
    const hp_class *cls = hp_schema_class(call->schema, CLASS);
    HP_ASSERT(cls != NULL); /* hp_system_classes_ensure has made it */
    return cls;
}

/* ---- reading ---- */

static hp_value object_member(const hp_value *v, hp_str name)
{
    const hp_value *found = hp_object_get(v, name);
    return hp_is(found, HP_OBJECT) ? *found : hp_object();
}

/* Without what only the master key sees. The flags are looked at, not the params: a flag outlives its param, and its name
 * alone says something. */
static hp_value open_part(hp_arena *mem, const hp_value *from, const hp_value *flags)
{
    hp_value open = hp_object();
    for (uint32_t i = 0; i < from->object.count; i++) {
        const hp_member *m = &from->object.items[i];
        if (!hp_truthy(hp_object_get(flags, m->key))) hp_object_append(mem, &open, m->key, m->value);
    }
    return open;
}

hp_code hp_global_config_get(hp_call *call, hp_value *out, hp_err *err)
{
    hp_arena *mem = call->mem;
    const hp_class *cls = config_class(call);
    const hp_grant grant = { .scope = { .unrestricted = true } };
    hp_rows rows = { 0 };
    hp_query q = { .cls = cls,
                   .filter = hp_filter_eq(mem, hp_class_field(cls, HP_STR("objectId")), hp_string(ID)),
                   .readable_by = { .unrestricted = true },
                   .limit = 1 };

    *out = hp_object();
    HP_TRY(hp_store_find(call->core->parts.store, &q, mem, &rows, err));
    if (rows.count == 0) {
        hp_object_append(mem, out, PARAMS, hp_object());
        return HP_OK;
    }
    hp_value stored = hp_serialise(call, cls, &grant, &rows.items[0], NULL);
    hp_value params = object_member(&stored, PARAMS), flags = object_member(&stored, MASTER_ONLY);
    bool sees_all = hp_call_is_master(call);
    hp_object_append(mem, out, PARAMS, sees_all ? params : open_part(mem, &params, &flags));
    hp_object_append(mem, out, MASTER_ONLY, sees_all ? flags : open_part(mem, &flags, &flags));
    return HP_OK;
}

/* ---- writing ---- */

static hp_code member_or_empty(const hp_value *body, hp_str name, hp_value *out, hp_err *err)
{
    const hp_value *sent = hp_object_get(body, name);
    *out = hp_object();
    if (hp_is_null(sent)) return HP_OK;
    if (sent->tag != HP_OBJECT)
        return hp_fail(err, HP_E_INVALID_JSON, "%" HP_STR_FMT " must be an object.", HP_STR_ARG(name));
    *out = *sent;
    return HP_OK;
}

/* A dot would reach into another param, a dollar sign is no name anywhere. */
static hp_code check_name(hp_str name, hp_err *err)
{
    if (name.len == 0 || hp_str_find_char(name, '\0', 0) != SIZE_MAX)
        return hp_fail(err, HP_E_INVALID_KEY_NAME, "Invalid config parameter name.");
    return hp_nested_key_check(name, err);
}

static hp_change change_of(const hp_class *cls, hp_arena *mem, hp_str column, hp_str name, hp_op op, hp_value v)
{
    hp_str *segment = HP_NEW(mem, hp_str);
    *segment = name;
    return (hp_change){ .path = { .field = hp_class_field(cls, column), .segments = segment, .segment_count = 1 },
                        .op = op,
                        .operand = v };
}

typedef struct edits {
    hp_change *items;
    size_t count;
} edits;

static hp_code read_edits(hp_call *call, const hp_value *body, edits *out, hp_err *err)
{
    hp_arena *mem = call->mem;
    const hp_class *cls = config_class(call);
    hp_value params, flags, paths = hp_object();
    hp_raw_changes raw;

    HP_TRY(hp_denied_keywords_check(call->settings, body, mem, err));
    HP_TRY(member_or_empty(body, PARAMS, &params, err));
    HP_TRY(member_or_empty(body, MASTER_ONLY, &flags, err));
    /* A param is part of an Object and no field of its own: its value stays as it was sent. */
    for (uint32_t i = 0; i < params.object.count; i++) {
        const hp_member *m = &params.object.items[i];
        HP_TRY(check_name(m->key, err));
        hp_object_append(mem, &paths,
                         hp_arena_printf(mem, "%" HP_STR_FMT ".%" HP_STR_FMT, HP_STR_ARG(PARAMS), HP_STR_ARG(m->key)),
                         m->value);
    }
    HP_TRY(hp_changes_read(&paths, mem, &raw, err));
    *out = (edits){ .items = HP_NEW_ARRAY(mem, hp_change, raw.count + params.object.count) };
    for (size_t i = 0; i < raw.count; i++) {
        if (raw.items[i].op == HP_OP_ADD_RELATION || raw.items[i].op == HP_OP_REMOVE_RELATION)
            return hp_fail(err, HP_E_INCORRECT_TYPE, "A config parameter cannot be a relation.");
        out->items[out->count++] = change_of(cls, mem, PARAMS, hp_str_sub(raw.items[i].name, PARAMS.len + 1, SIZE_MAX),
                                             raw.items[i].op, raw.items[i].operand);
    }
    for (uint32_t i = 0; i < params.object.count; i++) {
        hp_str name = params.object.items[i].key;
        bool only = hp_truthy(hp_object_get(&flags, name));
        out->items[out->count++] = change_of(cls, mem, MASTER_ONLY, name, HP_OP_SET, hp_bool(only));
    }
    return HP_OK;
}

static hp_code write_op(hp_call *call, hp_unit_op op, hp_err *err)
{
    hp_unit unit = { .ops = &op, .count = 1 };
    return hp_store_write(call->core->parts.store, &unit, call->mem, err);
}

static hp_code update_stored(hp_call *call, const edits *e, hp_err *err)
{
    return write_op(call,
                    (hp_unit_op){ .kind = HP_UNIT_UPDATE,
                                  .cls = config_class(call),
                                  .object_id = ID,
                                  .writable_by = { .unrestricted = true },
                                  .changes = e->items,
                                  .change_count = e->count,
                                  .updated_ms = call->now_ms },
                    err);
}

/* The first config: the same changes on empty maps. */
static hp_code insert_first(hp_call *call, const edits *e, hp_err *err)
{
    hp_arena *mem = call->mem;
    const hp_class *cls = config_class(call);
    hp_value empty = hp_object(), made;

    hp_object_append(mem, &empty, PARAMS, hp_object());
    hp_object_append(mem, &empty, MASTER_ONLY, hp_object());
    HP_TRY(hp_changes_apply(&empty, e->items, e->count, mem, &made, err));
    hp_change sets[] = { { .path = { .field = hp_class_field(cls, PARAMS) }, .op = HP_OP_SET },
                         { .path = { .field = hp_class_field(cls, MASTER_ONLY) }, .op = HP_OP_SET } };
    sets[0].operand = object_member(&made, PARAMS);
    sets[1].operand = object_member(&made, MASTER_ONLY);
    return write_op(call,
                    (hp_unit_op){ .kind = HP_UNIT_INSERT,
                                  .cls = cls,
                                  .object_id = ID,
                                  .changes = sets,
                                  .change_count = 2,
                                  .created_ms = call->now_ms,
                                  .updated_ms = call->now_ms },
                    err);
}

static hp_code write_edits(hp_call *call, const edits *e, hp_err *err)
{
    hp_code rc = update_stored(call, e, err);
    if (rc != HP_E_OBJECT_NOT_FOUND) return rc;
    rc = insert_first(call, e, err);
    if (rc != HP_E_DUPLICATE_VALUE) return rc;
    return update_stored(call, e, err); /* somebody else made the first one in between */
}

/* ---- cloud code ---- */

static bool is_triggered(const hp_call *call, hp_trigger trigger)
{
    return hp_hooks_has_trigger(call->core->parts.hooks, trigger, TRIGGER_CLASS);
}

/* The params as they are stored; NULL: none have ever been. */
static hp_code read_params(hp_call *call, const hp_value **out, hp_err *err)
{
    hp_value config;
    *out = NULL;
    HP_TRY(hp_global_config_get(call, &config, err));
    if (hp_object_get(&config, MASTER_ONLY) != NULL) *out = hp_value_new(call->mem, object_member(&config, PARAMS));
    return HP_OK;
}

/* Cloud code is shown copies: as in Parse Server it may refuse and react, but not change what is written. */
static hp_code run(hp_call *call, hp_trigger trigger, const hp_value *params, const hp_value *original, hp_err *err)
{
    hp_hook_request rq;
    hp_value shown;
    if (!is_triggered(call, trigger)) return HP_OK;
    shown = hp_value_copy(call->mem, params);
    hp_trigger_request(call, trigger, TRIGGER_CLASS, &rq);
    rq.object = &shown;
    rq.original = original;
    rq.is_new = original == NULL;
    return hp_hooks_run_trigger(call->core->parts.hooks, &rq, err);
}

hp_code hp_global_config_update(hp_call *call, const hp_value *body, hp_err *err)
{
    const hp_value *before = NULL, *after = NULL;
    const hp_value sent = object_member(body, PARAMS);
    edits e;
    HP_TRY(hp_call_require_master(call, err));
    if (call->who.access == HP_ACCESS_READ_ONLY)
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "read-only masterKey isn't allowed to update the config.");
    HP_TRY(read_edits(call, body, &e, err));

    const bool reacts = is_triggered(call, HP_TRIGGER_AFTER_SAVE);
    if (reacts || is_triggered(call, HP_TRIGGER_BEFORE_SAVE)) HP_TRY(read_params(call, &before, err));
    HP_TRY(run(call, HP_TRIGGER_BEFORE_SAVE, &sent, before, err));
    HP_TRY(write_edits(call, &e, err));
    if (!reacts) return HP_OK;
    HP_TRY(read_params(call, &after, err));
    return run(call, HP_TRIGGER_AFTER_SAVE, after != NULL ? after : &sent, before, err);
}

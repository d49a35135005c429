/* core/cloud_engine.c — the engine as cloud code sees it, and cloud functions as clients call them.
 *
 * Cloud code comes in through the same doors as everybody: a call of its own, one level deeper, with the caller's rights or
 * master's. The depth ends a trigger that saves what triggers it. */
#include "core/cloud.h"
#include "core/core_internal.h"
#include "core/file_rules.h"
#include "core/object_write.h"
#include "core/trigger.h"

/* Opens the inner call. It has its own reference to the snapshot, because it may change classes. */
static hp_code enter(void *outer, bool as_master, hp_call *inner, hp_err *err)
{
    const hp_call *call = outer;
    HP_TRY(hp_hooks_check_depth(call->depth, err));
    *inner = as_master ? hp_call_as_master(call) : *call;
    inner->schema = hp_schema_ref(call->schema);
    inner->who.installation_id = HP_CLOUD_INSTALLATION;
    inner->depth = call->depth + 1;
    return HP_OK;
}

/* What the inner call changed of the schema, the outer one works with from now on. */
static void leave(void *outer, hp_call *inner)
{
    hp_call *call = outer;
    if (inner->schema == call->schema)
        hp_schema_unref(inner->schema);
    else
        hp_call_replace_schema(call, inner->schema);
}

static hp_code engine_find(void *call, bool as_master, hp_str class_name, const hp_value *params, hp_value *out,
                           hp_err *err)
{
    hp_call inner;
    int64_t count = -1;

    HP_TRY(enter(call, as_master, &inner, err));
    hp_code rc = hp_objects_find(&inner, class_name, params, out, &count, err);
    leave(call, &inner);
    return rc;
}

static hp_code engine_count(void *call, bool as_master, hp_str class_name, const hp_value *where, int64_t *out,
                            hp_err *err)
{
    hp_call inner;
    hp_value results = hp_array(), params = hp_object();
    hp_arena *mem = ((hp_call *)call)->mem;

    if (!hp_is_null(where)) hp_object_append(mem, &params, HP_STR("where"), *where);
    hp_object_append(mem, &params, HP_STR("limit"), hp_number(0));
    hp_object_append(mem, &params, HP_STR("count"), hp_number(1));
    HP_TRY(enter(call, as_master, &inner, err));
    hp_code rc = hp_objects_find(&inner, class_name, &params, &results, out, err);
    leave(call, &inner);
    return rc;
}

static hp_code engine_get(void *call, bool as_master, hp_str class_name, hp_str object_id, hp_value *out, hp_err *err)
{
    hp_call inner;
    const hp_value params = hp_object();

    HP_TRY(enter(call, as_master, &inner, err));
    hp_code rc = hp_objects_get(&inner, class_name, object_id, &params, out, err);
    leave(call, &inner);
    return rc;
}

static hp_code engine_save(void *call, bool as_master, hp_str class_name, hp_str object_id, const hp_value *body,
                           hp_value *out, hp_err *err)
{
    hp_call inner;
    hp_written written = { 0 };

    HP_TRY(enter(call, as_master, &inner, err));
    hp_code rc = hp_str_present(object_id) ? hp_objects_update(&inner, class_name, object_id, body, &written, err)
                                           : hp_objects_create(&inner, class_name, body, &written, err);
    leave(call, &inner);
    if (rc == HP_OK && out != NULL) *out = written.body;
    return rc;
}

static hp_code engine_remove(void *call, bool as_master, hp_str class_name, hp_str object_id, hp_err *err)
{
    hp_call inner;

    HP_TRY(enter(call, as_master, &inner, err));
    hp_code rc = hp_objects_delete(&inner, class_name, object_id, err);
    leave(call, &inner);
    return rc;
}

static hp_code engine_atomic(void *outer, const hp_hook_op *ops, size_t count, hp_err *err)
{
    hp_call inner;

    if (count == 0) return HP_OK;
    HP_TRY(enter(outer, true, &inner, err));
    hp_code rc = hp_hook_ops_commit(&inner, ops, count, err);
    leave(outer, &inner);
    return rc;
}

static bool engine_has_role(void *outer, hp_str role_name)
{
    const hp_principal *who = &((const hp_call *)outer)->who;
    const hp_str prefix = HP_STR("role:");

    for (size_t i = 0; i < who->group_count; i++) {
        hp_str group = who->groups[i];
        if (hp_str_starts(group, prefix) && hp_str_eq(hp_str_sub(group, prefix.len, SIZE_MAX), role_name)) return true;
    }
    return false;
}

hp_code hp_cloud_run_function(hp_call *call, hp_str name, hp_value *params, hp_value *result, bool *has_result,
                              hp_err *err)
{
    hp_hook_request rq;

    *result = hp_null();
    *has_result = false;
    HP_TRY(hp_file_urls_allowed(call->settings, params, err));
    hp_trigger_request(call, HP_TRIGGER_COUNT, HP_STR_NONE, &rq);
    rq.name = name;
    rq.params = params;
    if (hp_str_eq(rq.installation_id, HP_CLOUD_INSTALLATION)) rq.installation_id = HP_STR_NONE; /* nobody's device */
    HP_TRY(hp_hooks_run_function(call->core->parts.hooks, &rq, err));
    *result = rq.result;
    *has_result = rq.has_result;
    return HP_OK;
}

static hp_code engine_run_function(void *call, hp_str name, hp_value *params, hp_value *out, bool *has_result,
                                   hp_err *err)
{
    hp_call inner;

    HP_TRY(enter(call, false, &inner, err));
    hp_code rc = hp_cloud_run_function(&inner, name, params, out, has_result, err);
    leave(call, &inner);
    return rc;
}

static int64_t engine_now_ms(void *call) { return ((const hp_call *)call)->now_ms; }

const hp_hook_engine *hp_core_hook_engine(void)
{
    static const hp_hook_engine ENGINE = {
        .find = engine_find,
        .count = engine_count,
        .get = engine_get,
        .save = engine_save,
        .remove = engine_remove,
        .atomic = engine_atomic,
        .has_role = engine_has_role,
        .run_function = engine_run_function,
        .now_ms = engine_now_ms,
    };
    return &ENGINE;
}

#include "core/webhooks.h"

#include "base/limits.h"
#include "base/log.h"
#include "core/core_internal.h"
#include "core/objects.h"
#include "hooks/webhook.h"

static const hp_str CLASS = HP_STR_INIT("_Hooks");

static void add(hp_call *call, hp_value *o, const char *key, hp_value v)
{
    hp_object_append(call->mem, o, hp_str_of(key), v);
}

static hp_value exists(hp_call *call)
{
    hp_value v = hp_object();
    add(call, &v, "$exists", hp_bool(true));
    return v;
}

static hp_code find(hp_call *call, hp_value where, hp_value *rows, hp_err *err)
{
    hp_value params = hp_object();
    int64_t count;
    add(call, &params, "where", where);
    add(call, &params, "limit", hp_number(HP_WEBHOOKS_MAX));
    add(call, &params, "order", hp_string(HP_STR("createdAt")));
    return hp_objects_find(call, CLASS, &params, rows, &count, err);
}

static hp_value where_kind(hp_call *call, bool functions)
{
    hp_value where = hp_object();
    add(call, &where, functions ? "functionName" : "className", exists(call));
    return where;
}

static hp_value where_key(hp_call *call, const hp_webhook_key *key)
{
    hp_value where = hp_object();
    if (hp_str_present(key->function_name)) {
        add(call, &where, "functionName", hp_string(key->function_name));
    } else {
        add(call, &where, "className", hp_string(key->class_name));
        add(call, &where, "triggerName", hp_string(key->trigger_name));
    }
    return where;
}

/* ---- the table ---- */

/* False for a row that nobody can be asked by: it stays where it is, and the log says so. */
static bool read_row(const hp_value *row, hp_webhook *out)
{
    const hp_str function = hp_object_text(row, HP_STR("functionName"));
    *out = (hp_webhook){ .is_function = hp_str_present(function),
                         .name = function,
                         .url = hp_object_text(row, HP_STR("url")) };
    if (!hp_webhook_url_valid(out->url)) return false;
    if (out->is_function) return true;
    out->name = hp_class_canonical_name(hp_object_text(row, HP_STR("className")));
    /* The content of files has no form that a webhook is sent. */
    return hp_str_present(out->name) && !hp_str_eq(out->name, HP_STR("@File")) &&
           hp_trigger_parse(hp_object_text(row, HP_STR("triggerName")), &out->trigger) &&
           hp_trigger_allowed(out->trigger, out->name);
}

hp_code hp_webhooks_load(hp_core *core, hp_err *err)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_call call;
    hp_value rows = hp_array();

    /* Before the lock: a call that opens may notice that another process has changed webhooks, and then reads them here. */
    hp_call_open_internal(core, mem, &call);
    (void)pthread_mutex_lock(&core->webhooks_lock);
    const hp_code rc = find(&call, hp_object(), &rows, err);
    if (rc == HP_OK) {
        hp_webhook *list = HP_NEW_ARRAY(mem, hp_webhook, rows.array.count);
        size_t count = 0;
        for (uint32_t i = 0; i < rows.array.count; i++) {
            if (read_row(&rows.array.items[i], &list[count])) {
                count++;
                continue;
            }
            hp_log(HP_LOG_WARN, "webhook_unusable",
                   HP_F_STR("id", hp_object_text(&rows.array.items[i], HP_STR("objectId"))));
        }
        hp_hooks_set_webhooks(core->parts.hooks, list, count);
    }
    (void)pthread_mutex_unlock(&core->webhooks_lock);
    hp_call_close(&call);
    return rc;
}

/* ---- reading ---- */

static hp_value shown(hp_call *call, const hp_value *row)
{
    static const char *const MEMBERS[] = { "functionName", "className", "triggerName", "url" };
    hp_value out = hp_object();
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
        const hp_value *v = hp_object_get(row, hp_str_of(MEMBERS[i]));
        if (v != NULL) add(call, &out, MEMBERS[i], *v);
    }
    return out;
}

hp_code hp_webhooks_list(hp_call *call, bool functions, hp_value *out, hp_err *err)
{
    hp_value rows;
    HP_TRY(hp_call_require_master(call, err));
    HP_TRY(find(call, where_kind(call, functions), &rows, err));
    *out = hp_array();
    for (uint32_t i = 0; i < rows.array.count; i++) hp_array_push(call->mem, out, shown(call, &rows.array.items[i]));
    return HP_OK;
}

static hp_code require_some(const hp_webhook_key *key, const hp_value *rows, hp_err *err)
{
    if (rows->array.count > 0) return HP_OK;
    if (hp_str_present(key->function_name))
        return hp_fail(err, HP_E_WEBHOOK_ERROR, "no function named: %" HP_STR_FMT " is defined",
                       HP_STR_ARG(key->function_name));
    return hp_fail(err, HP_E_WEBHOOK_ERROR, "class %" HP_STR_FMT " does not exist", HP_STR_ARG(key->class_name));
}

hp_code hp_webhooks_get(hp_call *call, const hp_webhook_key *key, hp_value *out, hp_err *err)
{
    hp_value rows;
    HP_TRY(hp_call_require_master(call, err));
    HP_TRY(find(call, where_key(call, key), &rows, err));
    HP_TRY(require_some(key, &rows, err));
    *out = shown(call, &rows.array.items[0]);
    return HP_OK;
}

/* ---- changing ---- */

static hp_code require_writer(const hp_call *call, const char *to, hp_err *err)
{
    HP_TRY(hp_call_require_master(call, err));
    if (call->who.access == HP_ACCESS_READ_ONLY)
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "read-only masterKey isn't allowed to %s a hook.", to);
    return HP_OK;
}

static hp_code refuse_existing(hp_call *call, const hp_webhook_key *key, hp_err *err)
{
    hp_value rows;
    HP_TRY(find(call, where_key(call, key), &rows, err));
    if (rows.array.count == 0) return HP_OK;
    if (hp_str_present(key->function_name))
        return hp_fail(err, HP_E_WEBHOOK_ERROR, "function name: %" HP_STR_FMT " already exists",
                       HP_STR_ARG(key->function_name));
    return hp_fail(err, HP_E_WEBHOOK_ERROR, "class %" HP_STR_FMT " already has trigger %" HP_STR_FMT,
                   HP_STR_ARG(key->class_name), HP_STR_ARG(key->trigger_name));
}

static hp_code load_everywhere(hp_core *core, hp_err *err)
{
    hp_core_tell_outdated(core, HP_MEMORY_WEBHOOKS, HP_STR_NONE);
    return hp_webhooks_load(core, err);
}

hp_code hp_webhooks_create(hp_call *call, const hp_value *body, hp_value *out, hp_err *err)
{
    const hp_webhook_key key = { .function_name = hp_object_text(body, HP_STR("functionName")),
                                 .class_name = hp_object_text(body, HP_STR("className")),
                                 .trigger_name = hp_object_text(body, HP_STR("triggerName")) };
    hp_webhook read;
    hp_written written;
    size_t failed;

    HP_TRY(require_writer(call, "create", err));
    HP_TRY(refuse_existing(call, &key, err));
    *out = shown(call, body);
    if (!read_row(out, &read) || read.name.len == 0 || (read.is_function && read.name.len > HP_FUNCTION_NAME_BYTES_MAX))
        return hp_fail(err, HP_E_WEBHOOK_ERROR, "invalid hook declaration");
    if (read.is_function) {
        (void)hp_object_remove(out, HP_STR("className"));
        (void)hp_object_remove(out, HP_STR("triggerName"));
    }
    const hp_write_part part = { .kind = HP_WRITE_CREATE, .class_name = CLASS, .body = out, .by_its_route = true };
    HP_TRY(hp_objects_write_all(call, &part, 1, &written, &failed, err));
    return load_everywhere(call->core, err);
}

/* All rows of the key: two that were made at the same moment are one to whoever changes them. */
static hp_code remove_all(hp_call *call, const hp_webhook_key *key, hp_err *err)
{
    hp_value rows;
    HP_TRY(find(call, where_key(call, key), &rows, err));
    if (rows.array.count == 0) return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "Object not found.");
    for (uint32_t i = 0; i < rows.array.count; i++)
        HP_TRY(hp_objects_delete(call, CLASS, hp_object_text(&rows.array.items[i], HP_STR("objectId")), err));
    return HP_OK;
}

static hp_code move_all(hp_call *call, const hp_webhook_key *key, hp_str url, hp_value *out, hp_err *err)
{
    hp_value rows, change = hp_object();
    hp_written written;

    if (!hp_webhook_url_valid(url)) return hp_fail(err, HP_E_WEBHOOK_ERROR, "invalid hook declaration");
    HP_TRY(find(call, where_key(call, key), &rows, err));
    HP_TRY(require_some(key, &rows, err));
    add(call, &change, "url", hp_string(url));
    for (uint32_t i = 0; i < rows.array.count; i++)
        HP_TRY(hp_objects_update(call, CLASS, hp_object_text(&rows.array.items[i], HP_STR("objectId")), &change,
                                 &written, err));
    *out = shown(call, &rows.array.items[0]);
    hp_object_set(call->mem, out, HP_STR("url"), hp_string(url));
    return HP_OK;
}

hp_code hp_webhooks_change(hp_call *call, const hp_webhook_key *key, const hp_value *body, hp_value *out, hp_err *err)
{
    HP_TRY(require_writer(call, "modify", err));
    *out = hp_object();
    if (hp_str_eq(hp_object_text(body, HP_STR("__op")), HP_STR("Delete")))
        HP_TRY(remove_all(call, key, err));
    else
        HP_TRY(move_all(call, key, hp_object_text(body, HP_STR("url")), out, err));
    return load_everywhere(call->core, err);
}

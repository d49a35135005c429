#include "core/trigger.h"

#include "core/core_internal.h"

#include "core/schema.h"
#include "core/serialise.h"

/* The read-only key reads like the master key. What may write is told that it is none: a function or a login that does
 * more for the master key must not do it for this one. */
static bool acts_as_master(hp_access access, hp_trigger trigger)
{
    const bool reads = trigger == HP_TRIGGER_BEFORE_FIND || trigger == HP_TRIGGER_AFTER_FIND;
    return access == HP_ACCESS_MASTER || (access == HP_ACCESS_READ_ONLY && reads);
}

void hp_trigger_request(hp_call *call, hp_trigger trigger, hp_str class_name, hp_hook_request *rq)
{
    const hp_principal *who = &call->who;

    if (call->context.tag != HP_OBJECT) call->context = hp_object();
    *rq = (hp_hook_request){ .mem = call->mem,
                             .call = call,
                             .trigger = trigger,
                             .class_name = class_name,
                             .context = &call->context,
                             .master = acts_as_master(who->access, trigger),
                             .read_only = who->access == HP_ACCESS_READ_ONLY,
                             .ip = call->ip,
                             .installation_id = who->installation_id,
                             .session_token = who->session_token,
                             .headers = &call->headers,
                             .depth = call->depth };
    if (who->user == NULL) return;
    const hp_class *users = hp_schema_class(call->schema, HP_STR("_User"));
    const hp_grant own = { 0 };
    rq->user = hp_value_new(call->mem, hp_serialise(call, users, &own, who->user, NULL));
}

hp_code hp_trigger_before_find(hp_call *call, hp_str class_name, bool is_get, bool is_count, hp_value **query,
                               hp_err *err)
{
    hp_hook_request rq;
    if (!hp_hooks_has_trigger(call->core->parts.hooks, HP_TRIGGER_BEFORE_FIND, class_name)) return HP_OK;
    hp_trigger_request(call, HP_TRIGGER_BEFORE_FIND, class_name, &rq);
    rq.query = *query;
    rq.is_get = is_get;
    rq.is_count = is_count;
    HP_TRY(hp_hooks_run_trigger(call->core->parts.hooks, &rq, err));
    *query = rq.query;
    return HP_OK;
}

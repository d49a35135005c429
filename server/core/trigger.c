#include "core/trigger.h"

#include "core/schema.h"
#include "core/serialise.h"

void hp_trigger_request(hp_call *call, hp_trigger trigger, hp_str class_name, hp_hook_request *rq)
{
    const hp_principal *who = &call->who;

    if (call->context.tag != HP_OBJECT) call->context = hp_object();
    *rq = (hp_hook_request){ .mem = call->mem,
                             .call = call,
                             .trigger = trigger,
                             .class_name = class_name,
                             .context = &call->context,
                             .master = who->access == HP_ACCESS_MASTER,
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

#include "core/live_query.h"

#include "core/object_read.h"
#include "core/schema.h"
#include "query/regex.h"
#include "query/where.h"

bool hp_live_class(const hp_settings *s, hp_str class_name)
{
    for (size_t i = 0; i < s->live.class_name_count; i++)
        if (hp_regex_matches(s->live.class_names[i], class_name)) return true;
    return false;
}

static bool is_sessions(hp_str class_name) { return hp_str_eq(class_name, HP_STR("_Session")); }

hp_code hp_live_call_open(hp_core *core, const hp_live_identity *who, hp_str class_name, hp_arena *mem, hp_call *call,
                          bool *known, hp_err *err)
{
    const bool master = who->master && !is_sessions(class_name);
    hp_credentials cred = { .session_token = who->session_token };

    *known = false;
    if (master) {
        hp_call_open_internal(core, mem, call);
        return HP_OK;
    }
    hp_code rc = hp_call_open_keyless(core, &cred, mem, call, err);
    *known = rc == HP_OK && hp_str_present(call->who.user_id);
    if (rc != HP_E_INVALID_SESSION_TOKEN) return rc;
    cred.session_token = HP_STR_NONE;
    return hp_call_open_keyless(core, &cred, mem, call, err);
}

/* A class that clients could not have made is none of their business, whether it exists or not. */
static hp_code permit(const hp_call *call, const hp_class *cls, const hp_live_question *q, hp_grant *out, hp_err *err)
{
    if (cls != NULL || hp_class_is_system(q->class_name) || hp_str_starts(q->class_name, HP_STR("_")))
        return hp_permit(call, q->class_name, cls, hp_operation_of_query(q->class_name, q->where), out, err);
    *out = (hp_grant){ .none = true };
    return HP_OK;
}

hp_code hp_live_permit(const hp_call *call, const hp_live_question *q, hp_grant *out, hp_err *err)
{
    const hp_class *cls = hp_schema_class(call->schema, q->class_name);
    const hp_code rc = permit(call, cls, q, out, err);
    if (rc == HP_E_INVALID_SESSION_TOKEN) err->permission = false; /* said as it is: Parse */
    if (rc != HP_OK) return rc;

    const hp_where_rules rules = hp_read_rules(call, q->class_name, out);
    HP_TRY(hp_where_check(cls, q->where, &rules, err));
    for (size_t i = 0; i < q->watch_count; i++)
        if (hp_name_hidden(q->watch[i], rules.hidden, rules.hidden_count))
            return hp_deny(err, HP_E_OPERATION_FORBIDDEN,
                           "This user is not allowed to watch %" HP_STR_FMT " on class %" HP_STR_FMT,
                           HP_STR_ARG(q->watch[i]), HP_STR_ARG(q->class_name));
    return HP_OK;
}

/* For what needs other objects than the one that changed. */
static hp_code answer_by_one(void *arg, hp_filter *node, hp_err *err)
{
    (void)arg;
    (void)err;
    if (node->kind == HP_FILTER_SUBQUERY || node->kind == HP_FILTER_RELATED_TO || node->kind == HP_FILTER_IN_RELATION ||
        node->kind == HP_FILTER_RELATES_TO)
        *node = (hp_filter){ .kind = HP_FILTER_FALSE };
    return HP_OK;
}

hp_code hp_live_where(const hp_call *call, const hp_live_question *q, hp_arena *mem, hp_filter **out, hp_err *err)
{
    const hp_grant nothing = { 0 };
    const hp_where_rules rules = hp_read_rules(call, HP_STR_NONE, &nothing);

    HP_TRY(hp_where_parse(hp_schema_class(call->schema, q->class_name), q->where, &rules, mem, out, err));
    return hp_filter_walk(*out, answer_by_one, NULL, err);
}

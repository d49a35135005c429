/* hooks/hooks.h — cloud code: one table of triggers, functions and jobs, whoever wrote them.
 *
 * C plug-ins register here when they are loaded (hooks/plugin.h), webhooks while the server runs (hooks/webhook.h). core/ runs triggers through hp_hooks_run_trigger and knows nothing about plug-ins; hooks/ reaches the engine only
 * through the hp_hook_engine that app/ sets at start. Plug-ins register before serving; the table may be used by any worker. No hook ever runs on the store's writer thread. */
#ifndef HP_HOOKS_HOOKS_H
#define HP_HOOKS_HOOKS_H

#include "base/arena.h"
#include "base/error.h"
#include "value/value.h"

typedef struct hp_hooks hp_hooks;

typedef enum hp_trigger {
    HP_TRIGGER_BEFORE_SAVE,
    HP_TRIGGER_AFTER_SAVE,
    HP_TRIGGER_BEFORE_DELETE,
    HP_TRIGGER_AFTER_DELETE,
    HP_TRIGGER_BEFORE_FIND,
    HP_TRIGGER_AFTER_FIND,
    HP_TRIGGER_BEFORE_LOGIN,
    HP_TRIGGER_AFTER_LOGIN,
    HP_TRIGGER_AFTER_LOGOUT,   /* of _Session */
    HP_TRIGGER_BEFORE_CONNECT, /* of @Connect; this and the next two: live queries, plug-ins only */
    HP_TRIGGER_BEFORE_SUBSCRIBE,
    HP_TRIGGER_AFTER_LIVE_QUERY_EVENT,
    HP_TRIGGER_BEFORE_PASSWORD_RESET_REQUEST, /* of _User */
    HP_TRIGGER_COUNT
} hp_trigger;

/* A guarded operation that commits with the save, or refuses it: see cloud.h. core/ turns it into a store operation
 * after the same schema checks as any write; it runs no triggers and needs no permission: the plug-in is the server. */
typedef enum hp_hook_op_kind {
    HP_HOOK_REQUIRE_AT_LEAST, /* field of object_id is a number >= amount */
    HP_HOOK_REQUIRE_AT_MOST,  /* … <= amount */
    HP_HOOK_SET,              /* field of object_id = value */
    HP_HOOK_INCREMENT,        /* field += amount; decimals > 0: exact decimal arithmetic with that many digits */
    HP_HOOK_CREATE, /* new object from `value` (an object; "ACL" as in REST, "objectId" if the plug-in chooses it) */
    HP_HOOK_DELETE, /* object_id */
} hp_hook_op_kind;

typedef struct hp_hook_op {
    hp_hook_op_kind kind;
    hp_str class_name, object_id,
        field; /* object_id absent: the object being saved, whose id is made before the commit */
    hp_value value;
    hp_value amount; /* Number or Decimal128 */
    unsigned decimals;
    int error_code; /* what a miss answers: REQUIRE not met, object not there; 0: 101 Object not found. */
    hp_str error_message;
} hp_hook_op;

/* What one run of cloud code sees and may change. Everything lives in `mem`. */
typedef struct hp_hook_request {
    hp_arena *mem;
    void *call; /* core's hp_call, handed back to the engine unchanged */
    hp_trigger trigger;
    hp_str class_name;
    hp_str name;              /* function or job */
    hp_value *object;         /* save, delete, login: the object as it will be or was stored (with className absent).
                               beforeSave may set and remove members (not of @Config); nobody else's changes count. */
    const hp_value *original; /* update: as stored before; NULL on create */
    hp_str object_id;         /* save, delete, login: the id that the object has, or will get: made before beforeSave */
    bool is_new;
    const hp_value *sent; /* save: the body's fields as the client sent them, {"__op":…} included */
    hp_str file_bytes;    /* save triggers of "@File": the content */
    hp_value *objects;    /* afterFind: array; may be replaced */
    hp_value *query;      /* beforeFind: the raw find parameters; may be changed */
    bool is_get, is_count;
    hp_str event;             /* live queries: "connect", "subscribe", "create", "enter", … */
    hp_value *event_original; /* afterLiveQueryEvent: the state before, which may be changed; NULL: it is not sent */
    bool drop_event;          /* afterLiveQueryEvent: nothing is sent */
    hp_value *params;         /* function, job */
    hp_value result; /* function: what it returned; HP_NULL and !has_result: undefined. afterSave: the new answer */
    bool has_result;
    hp_value *context;    /* object; changes made before a save are seen after it */
    const hp_value *user; /* the caller's own user object, or NULL */
    bool master;          /* the master key; where nothing but reading is asked for, the read-only one too */
    bool read_only;       /* the read-only master key */
    hp_str ip, installation_id;
    hp_str session_token;        /* the caller's own; for webhooks, which act for him through the API */
    const hp_value *headers;     /* of the request, without keys; NULL: none */
    int depth;                   /* cloud code above this run */
    const hp_value *replacement; /* beforeSave, set by a webhook: what takes the place of what was sent */
    hp_hook_op *ops;             /* beforeSave, beforeDelete: commit with the write */
    size_t op_count, op_cap;
} hp_hook_request;

/* The engine, as cloud code may use it: every call goes through the same doors, as the caller or as master. Results live
 * in the request's arena. `as_master` false: with the caller's rights. */
typedef struct hp_hook_engine {
    /* params: where, order, limit, … as in REST; *out is an array of objects in REST encoding. */
    hp_code (*find)(void *call, bool as_master, hp_str class_name, const hp_value *params, hp_value *out, hp_err *err);
    hp_code (*count)(void *call, bool as_master, hp_str class_name, const hp_value *where, int64_t *out, hp_err *err);
    hp_code (*get)(void *call, bool as_master, hp_str class_name, hp_str object_id, hp_value *out, hp_err *err);
    /* object_id absent: create. *out is the REST answer (objectId, createdAt | updatedAt, …). */
    hp_code (*save)(void *call, bool as_master, hp_str class_name, hp_str object_id, const hp_value *body,
                    hp_value *out, hp_err *err);
    hp_code (*remove)(void *call, bool as_master, hp_str class_name, hp_str object_id, hp_err *err);
    /* Several writes without triggers of their own, whole or not at all. */
    hp_code (*atomic)(void *call, const hp_hook_op *ops, size_t count, hp_err *err);
    /* True if the caller has the role (directly or through the hierarchy). */
    bool (*has_role)(void *call, hp_str role_name);
    /* Runs another cloud function in this request. */
    hp_code (*run_function)(void *call, hp_str name, hp_value *params, hp_value *out, bool *has_result, hp_err *err);
    int64_t (*now_ms)(void *call);
} hp_hook_engine;

hp_hooks *hp_hooks_new(void);
void hp_hooks_free(hp_hooks *h);                                     /* unloads plug-ins; accepts NULL */
void hp_hooks_set_engine(hp_hooks *h, const hp_hook_engine *engine); /* borrowed, static */

/* The class name given may be "*" for no class; names are compared byte-exact after "User" became "_User". */
bool hp_hooks_has_trigger(hp_hooks *h, hp_trigger trigger, hp_str class_name);
bool hp_hooks_has_function(hp_hooks *h, hp_str name);
bool hp_hooks_has_job(const hp_hooks *h, hp_str name);

/* The names of all jobs, an array of texts in `mem`. */
hp_value hp_hooks_job_names(const hp_hooks *h, hp_arena *mem);

/* The limits on requests that validators declare: an array of objects as in the option rateLimit. Lives as long as `h`. */
const hp_value *hp_hooks_rate_limits(const hp_hooks *h);

/* Whether cloud code at this depth may lead to more of it. Errors: SCRIPT_FAILED from HP_HOOK_DEPTH_MAX on. */
HP_MUST_USE hp_code hp_hooks_check_depth(int depth, hp_err *err);

/* Runs the trigger if there is one (else HP_OK at once).
 * Errors: what the code threw; SCRIPT_FAILED (141) with its text for a plain failure. */
HP_MUST_USE hp_code hp_hooks_run_trigger(hp_hooks *h, hp_hook_request *rq, hp_err *err);

/* Errors: SCRIPT_FAILED `Invalid function: "<name>"` / `Invalid job.` when unknown. */
HP_MUST_USE hp_code hp_hooks_run_function(hp_hooks *h, hp_hook_request *rq, hp_err *err);
HP_MUST_USE hp_code hp_hooks_run_job(hp_hooks *h, hp_hook_request *rq, hp_err *err);

#endif

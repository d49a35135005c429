/* core/call.h — one request on its way through the engine: who asks, with which rights, in which memory.
 *
 * Every door makes one and passes it to everything it calls. Lives in its own arena, one worker at a time. */
#ifndef HP_CORE_CALL_H
#define HP_CORE_CALL_H

#include "core/core.h"

typedef struct hp_schema hp_schema; /* core/schema.h */

typedef enum hp_access {
    HP_ACCESS_CLIENT,    /* nobody or a user */
    HP_ACCESS_READ_ONLY, /* read-only master key */
    HP_ACCESS_MAINTENANCE,
    HP_ACCESS_MASTER,
} hp_access;

/* The installation id of calls that come from no device: cloud code's, and those of programs that send the master key. A
 * sign-up by them opens no session. */
#define HP_CLOUD_INSTALLATION HP_STR("cloud")

typedef struct hp_principal {
    hp_access access;
    hp_str user_id;       /* absent: nobody */
    const hp_row *user;   /* the user's row, never its internal part; NULL: nobody */
    hp_str session_token; /* of the session that opened this call, or absent */
    hp_str session_id;
    hp_str installation_id;
    const hp_str *groups; /* "*", then for a user its roles as "role:<name>" and its id */
    size_t group_count;
} hp_principal;

typedef struct hp_call {
    hp_core *core;
    const hp_settings *settings;
    hp_schema *schema; /* the snapshot this call works with; replaced when the call itself changes the schema */
    hp_arena *mem;
    hp_principal who;
    hp_value context; /* object, shared by the triggers of this call */
    hp_str ip;        /* the socket's peer, or what a trusted proxy said */
    hp_str request_id;
    hp_value headers;    /* of the request, without keys: an object, or null */
    int depth;           /* cloud code nesting, at most HP_HOOK_DEPTH_MAX */
    int64_t now_ms;      /* one timestamp per call: createdAt, updatedAt */
    int64_t deadline_ms; /* monotonic; what the caller asks for is read until then. 0: no limit but the store's */
    int64_t *read_ms;    /* what the finds of this request have taken together: shared by the calls made from it */
} hp_call;

/* What a request shows to say who it is, however it came in (headers, body, basic authentication). Absent where not sent. */
typedef struct hp_credentials {
    hp_str app_id;
    hp_str master_key, maintenance_key;
    hp_str rest_api_key, javascript_key, client_key, dot_net_key;
    hp_str session_token;
    hp_str installation_id;
    bool key_in_header; /* one beyond those of clients: if it is right, a server's own program asks, and no device */
    hp_str peer;        /* after trusted proxies */
} hp_credentials;

/* Fills *call: settings, schema snapshot, time, and the principal by Parse's key rules (master key only from
 * its addresses; a client must present a configured client key; a session token is ignored for master).
 * `ignore_session`: the route drops the token (/login) or reads it itself (/sessions/me).
 * Errors: HTTP 403 `unauthorized`; INVALID_SESSION_TOKEN. */
HP_MUST_USE hp_code hp_call_open(hp_core *core, const hp_credentials *cred, bool ignore_session, hp_arena *mem,
                                 hp_call *call, hp_err *err);

/* Finds out who asks, in a call that was opened without looking at the session. A token is ignored for keys that see
 * everything, and an empty one is nobody's. The call stays open. Errors: INVALID_SESSION_TOKEN. */
HP_MUST_USE hp_code hp_call_authenticate(hp_call *call, hp_str session_token, hp_err *err);

/* Opens a call for what is reached without keys, such as links to files: the rights are nobody's, or those of the session.
 * Errors: INVALID_SESSION_TOKEN. */
HP_MUST_USE hp_code hp_call_open_keyless(hp_core *core, const hp_credentials *cred, hp_arena *mem, hp_call *call,
                                         hp_err *err);

/* Fills *call for the server's own work (templates, imports, jobs): master rights, no peer. */
void hp_call_open_internal(hp_core *core, hp_arena *mem, hp_call *call);

/* Ends the call. What it read stays whole as long as its arena, which holds on to the schema: objects name its fields. */
void hp_call_close(hp_call *call);

/* A copy of `call` with master rights for cloud code that asks for them; same arena, snapshot and context. */
hp_call hp_call_as_master(const hp_call *call);

/* True for the keys that see everything (master, read-only master, maintenance). */
static inline bool hp_call_unrestricted(const hp_call *c) { return c->who.access != HP_ACCESS_CLIENT; }

/* True for the master key and the read-only one: what `isMaster` is to Parse. */
static inline bool hp_call_is_master(const hp_call *c)
{
    return c->who.access == HP_ACCESS_MASTER || c->who.access == HP_ACCESS_READ_ONLY;
}

/* Master-only routes: HTTP 403 for everyone below; read-only passes (its writes are refused by the route's own rule). */
HP_MUST_USE hp_code hp_call_require_master(const hp_call *c, hp_err *err);

/* The same, and the read-only key does not pass. */
HP_MUST_USE hp_code hp_call_require_full_master(const hp_call *c, hp_err *err);

#endif

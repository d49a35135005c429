/* core/live_query.h — what a subscription may ask, and what it may be told of one changed object.
 *
 * The rules are those of find (of get where the condition is exactly an object's id), by the same functions. They are applied
 * twice: when a subscription is made, so that whoever may not ask is told so, and to every event, because rights, sessions,
 * roles and classes change while it lasts. Events flow to a user, not to a token: what a session was worth when the
 * subscription was made counts for nothing later. */
#ifndef HP_CORE_LIVE_QUERY_H
#define HP_CORE_LIVE_QUERY_H

#include "core/permission.h"

/* True if changes of the class are told to subscribers (liveQuery.classNames). */
bool hp_live_class(const hp_settings *s, hp_str class_name);

typedef struct hp_live_question { /* what a client subscribed to; borrowed */
    hp_str class_name;            /* canonical */
    const hp_value *where;        /* object */
    const hp_str *watch;          /* names as sent */
    size_t watch_count;
} hp_live_question;

/* Whose eyes. A token that belongs to nobody, or no longer to anybody, makes its subscription nobody's. */
typedef struct hp_live_identity {
    hp_str session_token; /* or absent */
    bool master;          /* holds for every class but _Session, whose objects go to their own user alone */
} hp_live_identity;

/* Fills *call for one look of `who` at a class; *known tells whether a token that was given is a valid session. Blocks where
 * the session is not in the cache. Close it with hp_call_close.
 * Errors: the store's; an invalid token is none. */
HP_MUST_USE hp_code hp_live_call_open(hp_core *core, const hp_live_identity *who, hp_str class_name, hp_arena *mem,
                                      hp_call *call, bool *known, hp_err *err);

/* Whether `call` may ask `q` now, and the conditions and hidden names under which it is answered. A class that does not exist
 * may be asked about: it has nothing to tell yet (`out->none`).
 * Errors: as hp_permit; OPERATION_FORBIDDEN for a protected field in where or watch; INVALID_QUERY. */
HP_MUST_USE hp_code hp_live_permit(const hp_call *call, const hp_live_question *q, hp_grant *out, hp_err *err);

/* The where of `q` as a tree over the call's classes. A condition that one object cannot answer (sub-queries, relations) is
 * FALSE, as in Parse. Rights are not looked at: that is hp_live_permit. Owner: `mem`; q->where must live as long.
 * Errors: as hp_where_parse. */
HP_MUST_USE hp_code hp_live_where(const hp_call *call, const hp_live_question *q, hp_arena *mem, hp_filter **out,
                                  hp_err *err);

#endif

/* live/payload.h — changes as Parse Server says them to other servers: one JSON text per change.
 *
 *     {"currentParseObject":{…},"originalParseObject":{…},"classLevelPermissions":{…}}
 *
 * Objects are whole and public: without hidden columns, passwords, session tokens and authData, whoever may see them
 * elsewhere. Member `homeport` names the node that speaks, so that it knows its own words when they come back; Parse Server
 * passes over it. What is read is held against the schema of this node: fields that it does not have, or has with another
 * type, are left out, and its own permissions apply, not those of the message. */
#ifndef HP_LIVE_PAYLOAD_H
#define HP_LIVE_PAYLOAD_H

#include "base/buf.h"
#include "core/call.h"
#include "live/event.h"

/* Appends the message of `e`; a delete has its last state as the current object. `call`: master, for the settings. */
void hp_live_payload_write(hp_buf *out, const hp_call *call, const hp_live_event *e, hp_str node);

typedef enum hp_live_heard {
    HP_LIVE_HEARD,
    HP_LIVE_HEARD_OWN,     /* `node` said it */
    HP_LIVE_HEARD_UNKNOWN, /* of a class that `schema` does not have */
    HP_LIVE_HEARD_BAD,     /* no such message */
} hp_live_heard;

/* `deleted`: of the channel for deletes. *out is the caller's; NULL unless HEARD. *strange: a member has no field here. */
hp_live_heard hp_live_payload_read(hp_schema *schema, hp_str text, bool deleted, hp_str node, hp_live_event **out,
                                   bool *strange);

#endif

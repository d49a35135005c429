/* live/message.h — what a client says: one JSON text, checked against Parse's closed schema.
 *
 * Beyond the schema, and beyond Parse Server, are understood: `fields` (the old name of `keys`) and `include` in a query, and
 * `maintenanceKey` in connect, which is ignored. An empty session token is none. Pure, any thread. */
#ifndef HP_LIVE_MESSAGE_H
#define HP_LIVE_MESSAGE_H

#include "base/arena.h"
#include "base/error.h"
#include "core/settings.h"
#include "value/value.h"

typedef enum hp_live_op {
    HP_LIVE_CONNECT,
    HP_LIVE_SUBSCRIBE,
    HP_LIVE_UPDATE,
    HP_LIVE_UNSUBSCRIBE,
} hp_live_op;

typedef struct hp_live_message {
    hp_live_op op;
    const hp_value *all;   /* the object as sent */
    hp_str session_token;  /* connect, subscribe, update; or absent */
    double request_id;     /* all but connect */
    hp_str class_name;     /* subscribe, update: as sent … */
    const hp_value *where; /* … an object, or a typed value where an object should be */
    hp_str_list keys, watch, include;
    bool has_keys;
} hp_live_message;

typedef enum hp_live_reading {
    HP_LIVE_READ,
    HP_LIVE_NOT_JSON, /* the client is told nothing */
    HP_LIVE_REFUSED,  /* err->msg says why, in Parse's words */
} hp_live_reading;

/* Owner: `mem` owns all of *out; `text` may go away. */
hp_live_reading hp_live_message_read(hp_str text, hp_arena *mem, hp_live_message *out, hp_err *err);

/* The query of a subscription as an object of its own, once it was read or changed by cloud code: the part of
 * hp_live_message_read that fills class_name, where, keys, watch and include. False: err->msg says why. */
bool hp_live_query_read(const hp_value *query, hp_arena *mem, hp_live_message *out, hp_err *err);

#endif

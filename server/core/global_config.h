/* core/global_config.h — the app's config: named values that every client may read, some of them the master key's alone.
 *
 * One object of class _GlobalConfig with objectId "1": `params` by name, `masterKeyOnly` by name. A write changes the named
 * entries where they are stored, so that two of different names at once both survive. Lives in the call's arena.
 * Cloud code of class "@Config" sees the params alone: before the write what was sent and what is stored, which it may refuse;
 * after it what is stored then. */
#ifndef HP_CORE_GLOBAL_CONFIG_H
#define HP_CORE_GLOBAL_CONFIG_H

#include "core/call.h"

/* {"params":{…},"masterKeyOnly":{…}}; {"params":{}} when none was ever saved. Below the master key, what is marked
 * masterKeyOnly is in neither. */
HP_MUST_USE hp_code hp_global_config_get(hp_call *call, hp_value *out, hp_err *err);

/* `body`: {"params":{name: value or {"__op":"Delete"}},"masterKeyOnly":{name: bool}}. The flag of every name in params is
 * set (false when not sent) and stays when the value is deleted; a flag without its param is ignored.
 * Errors: HTTP 403 below master, OPERATION_FORBIDDEN for the read-only key, what any write says of a value;
 * what cloud code throws: in afterSave that is the answer although the write is done. */
HP_MUST_USE hp_code hp_global_config_update(hp_call *call, const hp_value *body, hp_err *err);

#endif

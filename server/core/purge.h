/* core/purge.h — all objects of a class deleted at once. */
#ifndef HP_CORE_PURGE_H
#define HP_CORE_PURGE_H

#include "core/call.h"

/* Deletes every object of `class_name`, its relations with it; the class itself stays. No triggers run. A class that is
 * empty or unknown is no error.
 * Errors: HTTP 403 below master, OPERATION_FORBIDDEN for the read-only key. */
HP_MUST_USE hp_code hp_purge_class(hp_call *call, hp_str class_name, hp_err *err);

#endif

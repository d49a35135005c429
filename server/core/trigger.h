/* core/trigger.h — what every run of cloud code is told about the request that caused it. */
#ifndef HP_CORE_TRIGGER_H
#define HP_CORE_TRIGGER_H

#include "core/call.h"

/* *rq for one run: arena, call, user, master flag, address, context (an object that the triggers of this call share).
 * `trigger` and `class_name` mean nothing to functions and jobs. The caller adds what its trigger sees.
 * *rq borrows from `call`, which must outlive it. */
void hp_trigger_request(hp_call *call, hp_trigger trigger, hp_str class_name, hp_hook_request *rq);

/* Runs beforeFind, if the class has one: *query is what is asked for, and what the code made of it.
 * Errors: the code's own refusals. */
HP_MUST_USE hp_code hp_trigger_before_find(hp_call *call, hp_str class_name, bool is_get, bool is_count,
                                           hp_value **query, hp_err *err);

#endif

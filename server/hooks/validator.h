/* hooks/validator.h — what has to be so before a handler runs, declared with it: Parse's validator objects.
 *
 *   requireUser, requireMaster, validateMasterKey, skipWithMasterKey        true or false
 *   requireAnyUserRoles, requireAllUserRoles                                 lists of role names
 *   fields           a list of names, or {name: {type, required, default, constant, options, error}}
 *   requireUserKeys  a list of names, or {name: {options, error}}
 *   rateLimit        how often its route may be asked for: kept here, counted in core/rate_limit.h
 *
 * Of a function its parameters are checked, of a trigger the fields of its object. The master key passes unless
 * validateMasterKey says otherwise. A validator is immutable and may be used by many threads at once. */
#ifndef HP_HOOKS_VALIDATOR_H
#define HP_HOOKS_VALIDATOR_H

#include "hooks/hooks.h"

typedef struct hp_validator hp_validator;

/* Reads `json`. Lives in `mem`. Errors: INVALID_JSON; INVALID_VALUE for what is none of the above, by name. */
HP_MUST_USE hp_code hp_validator_read(hp_arena *mem, hp_str json, const hp_validator **out, hp_err *err);

/* skipWithMasterKey: the trigger is not for the master key. */
bool hp_validator_skips(const hp_validator *v, const hp_hook_request *rq);

/* The object under rateLimit, or NULL. */
const hp_value *hp_validator_rate_limit(const hp_validator *v);

/* Fills in defaults and constants on the way. Errors: VALIDATION_ERROR. */
HP_MUST_USE hp_code hp_validator_check(const hp_validator *v, const hp_hook_engine *engine, hp_hook_request *rq,
                                       hp_err *err);

#endif

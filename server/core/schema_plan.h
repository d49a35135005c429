/* core/schema_plan.h — planning one class; hp_schema_plan_make (schema_api.h) plans many with it. */
#ifndef HP_CORE_SCHEMA_PLAN_H
#define HP_CORE_SCHEMA_PLAN_H

#include "core/schema_api.h"

/* Appends to `plan` what turns the class `name` as stored (or its absence) into `def`. On failure plan->where is the path
 * inside `def`. */
HP_MUST_USE hp_code hp_schema_plan_class(hp_call *call, hp_str name, const hp_value *def, hp_plan_rules rules,
                                         hp_schema_plan *plan, hp_err *err);

#endif

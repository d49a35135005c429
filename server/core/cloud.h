/* core/cloud.h — running cloud functions for a call. */
#ifndef HP_CORE_CLOUD_H
#define HP_CORE_CLOUD_H

#include "core/call.h"

/* *has_result false: the function returned nothing (undefined). Errors: SCRIPT_FAILED `Invalid function: "<name>"` and what
 * the function throws. */
HP_MUST_USE hp_code hp_cloud_run_function(hp_call *call, hp_str name, hp_value *params, hp_value *result,
                                          bool *has_result, hp_err *err);

#endif

/* core/security_check.h — what this server's configuration leaves open, as a report for whoever runs it (/security). */
#ifndef HP_CORE_SECURITY_CHECK_H
#define HP_CORE_SECURITY_CHECK_H

#include "core/call.h"

/* {"report":{version, state, groups:[{name, state, checks:[{title, state, warning, solution}]}]}}; state is "success" or
 * "fail", and a check that succeeds has neither warning nor solution.
 * Owner: the call's arena. Errors: HTTP 409 unless security.enableCheck is set. */
HP_MUST_USE hp_code hp_security_report(const hp_call *call, hp_value *out, hp_err *err);

#endif

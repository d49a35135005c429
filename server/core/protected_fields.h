/* core/protected_fields.h — which fields protectedFields hides from a caller.
 *
 * Two sources, the class's CLP and the server's option, count as one list per group. What applies to the caller is the
 * intersection of the groups he is in. Used by permission.c alone; everything lives in the call's arena. */
#ifndef HP_CORE_PROTECTED_FIELDS_H
#define HP_CORE_PROTECTED_FIELDS_H

#include "core/permission.h"

/* Fills hidden, hidden_count and protected_by_field of `grant` for a client. */
void hp_protected_fields_decide(const hp_call *call, const hp_class *cls, hp_grant *grant);

/* What would be hidden of `row` if the caller read it: for answers to writes, which are filtered only where
 * protectedFieldsSaveResponseExempt is off. */
void hp_protected_fields_of_write(const hp_call *call, const hp_class *cls, const hp_row *row, const hp_str **hidden,
                                  size_t *count);

#endif

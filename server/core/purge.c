#include "core/purge.h"

#include "core/commit.h"
#include "core/core_internal.h"

hp_code hp_purge_class(hp_call *call, hp_str class_name, hp_err *err)
{
    HP_TRY(hp_call_require_master(call, err));
    if (call->who.access == HP_ACCESS_READ_ONLY)
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "read-only masterKey isn't allowed to purge a schema.");
    hp_str name = hp_class_canonical_name(class_name);
    const hp_class *cls = hp_call_class(call, name);
    if (cls == NULL) return HP_OK;

    hp_unit_op op = { .kind = HP_UNIT_DELETE_WHERE,
                      .cls = cls,
                      .filter = hp_filter_new(call->mem, HP_FILTER_TRUE, (hp_path){ 0 }) };
    hp_unit unit = { .ops = &op, .count = 1 };
    return hp_commit(call, &unit, err);
}

#include "core/idempotency.h"

#include "base/limits.h"
#include "core/core_internal.h"
#include "core/object_write.h"
#include "core/system_classes.h"
#include "query/regex.h"

static bool applies(const hp_settings *settings, hp_str path)
{
    while (hp_str_starts(path, HP_STR("/"))) path = hp_str_sub(path, 1, path.len);
    while (hp_str_ends(path, HP_STR("/"))) path.len--;
    for (size_t i = 0; i < settings->idempotent_path_count; i++)
        if (hp_regex_matches(settings->idempotent_paths[i], path)) return true;
    return false;
}

static hp_unit_op forget_expired(const hp_call *call, const hp_class *cls)
{
    hp_filter *f = hp_filter_new(call->mem, HP_FILTER_LTE, (hp_path){ .field = hp_class_field(cls, HP_STR("expire")) });
    f->operand = hp_date(call->now_ms);
    return (hp_unit_op){ .kind = HP_UNIT_DELETE_WHERE, .cls = cls, .filter = f };
}

hp_code hp_idempotency_claim(hp_call *call, hp_str path, hp_str request_id, hp_err *err)
{
    const hp_settings *settings = call->settings;
    if (request_id.len == 0 || !applies(settings, path)) return HP_OK;
    if (request_id.len > HP_REQUEST_ID_BYTES_MAX || !hp_str_utf8_valid(request_id))
        return hp_fail_http(err, 400, "X-Parse-Request-Id must be a text of at most %d bytes.",
                            HP_REQUEST_ID_BYTES_MAX);

    const hp_class *cls = hp_schema_class(call->schema, HP_STR("_Idempotency"));
    HP_ASSERT(cls != NULL); /* hp_system_classes_ensure has made it */
    hp_str object_id;
    HP_TRY(hp_object_id_make(call, settings->object_id_len, &object_id, err));
    hp_change changes[] = {
        { .path = { .field = hp_class_field(cls, HP_STR("reqId")) },
          .op = HP_OP_SET,
          .operand = hp_string(request_id) },
        { .path = { .field = hp_class_field(cls, HP_STR("expire")) },
          .op = HP_OP_SET,
          .operand = hp_date(call->now_ms + settings->idempotency_ttl_ms) },
    };
    hp_unit_op ops[] = { forget_expired(call, cls),
                         { .kind = HP_UNIT_INSERT,
                           .cls = cls,
                           .object_id = object_id,
                           .changes = changes,
                           .change_count = sizeof changes / sizeof *changes,
                           .created_ms = call->now_ms,
                           .updated_ms = call->now_ms } };
    hp_unit unit = { .ops = ops, .count = sizeof ops / sizeof *ops };
    const hp_code rc = hp_store_write(call->core->parts.store, &unit, call->mem, err);
    if (rc == HP_E_DUPLICATE_VALUE && hp_str_eq(unit.conflict_index, HP_STR(HP_INDEX_REQUEST_ID)))
        return hp_fail(err, HP_E_DUPLICATE_REQUEST, "Duplicate request");
    return rc;
}

#include "app/template.h"

#include <unistd.h>

#include "app/share.h"
#include "base/log.h"
#include "core/objects.h"
#include "core/schema_api.h"
#include "core/schema_source.h"
#include "value/json.h"

static hp_code file_path(hp_str name, const char *file, hp_arena *mem, hp_str *out, hp_err *err)
{
    return hp_share_path(mem, hp_arena_printf(mem, "templates/%" HP_STR_FMT "/%s", HP_STR_ARG(name), file), out, err);
}

bool hp_template_exists(hp_str name)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_str path;
    hp_err ignored; /* no share folder: no templates */
    if (name.len == 0 || hp_str_find_char(name, '/', 0) != SIZE_MAX || hp_str_starts(name, HP_STR("."))) return false;
    return file_path(name, "schema.json", mem, &path, &ignored) == HP_OK && access(path.ptr, R_OK) == 0;
}

static hp_code read_classes(hp_str name, const char *file, hp_arena *mem, hp_value *out, hp_err *err)
{
    hp_str path, text;
    hp_schema_source source;
    HP_TRY(file_path(name, file, mem, &path, err));
    HP_TRY(hp_file_read(mem, path.ptr, &text, err));
    HP_TRY(hp_schema_source_read(text, mem, &source, err));
    *out = source.classes;
    return HP_OK;
}

static hp_code check_exists(hp_str name, hp_err *err)
{
    if (hp_template_exists(name)) return HP_OK;
    return hp_fail(err, HP_E_INVALID_VALUE,
                   "There is no template \"%" HP_STR_FMT "\"; there are p2p-payment and payment-gateway.",
                   HP_STR_ARG(name));
}

hp_code hp_template_classes(hp_str name, hp_arena *mem, hp_value *classes, hp_err *err)
{
    hp_value extra, permissions;
    HP_TRY(check_exists(name, err));
    HP_TRY(read_classes(name, "schema.json", mem, classes, err));
    HP_TRY(read_classes(name, "extra.json", mem, &extra, err));
    HP_TRY(read_classes(name, "permissions.json", mem, &permissions, err));
    hp_schema_source_merge(mem, classes, &extra);
    hp_schema_source_merge(mem, classes, &permissions);
    return HP_OK;
}

hp_code hp_template_cloud_code(hp_str name, hp_arena *mem, hp_str *path, hp_err *err)
{
    HP_TRY(
        file_path(name, "cloud.so", mem, path, err)); /* first: without the share folder there is no template at all */
    return check_exists(name, err);
}

hp_code hp_template_apply(hp_call *call, hp_str name, hp_err *err)
{
    hp_value classes;
    hp_schema_plan plan;
    HP_TRY(hp_template_classes(name, call->mem, &classes, err));
    HP_TRY(hp_schema_plan_make(call, &classes, (hp_plan_rules){ .mode = HP_PLAN_FILL }, &plan, err));
    HP_TRY(hp_schema_plan_apply(call, &plan, err));
    if (plan.line_count > 0)
        hp_log(HP_LOG_INFO, "template_applied", HP_F_STR("template", name), HP_F_INT("changes", plan.line_count));
    return HP_OK;
}

void hp_template_warn_without_rules(hp_call *call)
{
    static const hp_str NAMES[] = { HP_STR_INIT("p2p-payment"), HP_STR_INIT("payment-gateway") };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        hp_value classes;
        hp_schema_plan plan;
        hp_err ignored; /* no share folder, or fields of the same names and other types: it is another app */
        if (hp_template_classes(NAMES[i], call->mem, &classes, &ignored) == HP_OK &&
            hp_schema_plan_make(call, &classes, (hp_plan_rules){ .mode = HP_PLAN_FILL }, &plan, &ignored) == HP_OK &&
            plan.line_count == 0)
            hp_log(HP_LOG_WARN, "template_rules_missing", HP_F_STR("template", NAMES[i]),
                   HP_F_TEXT("remedy", "its rules run only with the option template"));
    }
}

static hp_code user_exists(hp_call *call, hp_str username, bool *exists, hp_err *err)
{
    hp_value params = hp_object(), where = hp_object(), results;
    int64_t count;
    hp_object_append(call->mem, &where, HP_STR("username"), hp_string(username));
    hp_object_append(call->mem, &params, HP_STR("where"), where);
    hp_object_append(call->mem, &params, HP_STR("limit"), hp_number(1));
    HP_TRY(hp_objects_find(call, HP_STR("_User"), &params, &results, &count, err));
    *exists = results.array.count > 0;
    return HP_OK;
}

hp_code hp_template_add_demo(hp_call *call, hp_str name, hp_err *err)
{
    hp_str path, text;
    hp_value seed;
    HP_TRY(file_path(name, "seed.json", call->mem, &path, err));
    HP_TRY(hp_file_read(call->mem, path.ptr, &text, err));
    HP_TRY(hp_json_read(text, HP_JSON_PARSE, call->mem, &seed, err));

    const hp_value *users = hp_object_get(&seed, HP_STR("users"));
    for (uint32_t i = 0; hp_is(users, HP_ARRAY) && i < users->array.count; i++) {
        hp_str username = hp_object_text(&users->array.items[i], HP_STR("username"));
        hp_written written;
        bool exists;
        HP_TRY(user_exists(call, username, &exists, err));
        if (exists) continue;
        HP_TRY(hp_objects_create(call, HP_STR("_User"), &users->array.items[i], &written, err));
        hp_log(HP_LOG_INFO, "demo_user_added", HP_F_STR("username", username));
    }
    return HP_OK;
}

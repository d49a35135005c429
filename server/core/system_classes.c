#include "core/system_classes.h"

#include "core/auth_data.h"
#include "core/core_internal.h"

enum { INTERNAL = 1u << 0 };

typedef struct column {
    const char *class_name; /* NULL: every class */
    const char *name;
    hp_type type;
    const char *target;
    unsigned flags;
} column;

static const column COLUMNS[] = {
    { NULL, "objectId", HP_T_STRING, NULL, 0 },
    { NULL, "createdAt", HP_T_DATE, NULL, 0 },
    { NULL, "updatedAt", HP_T_DATE, NULL, 0 },
    { NULL, "ACL", HP_T_ACL, NULL, 0 },

    { "_User", "username", HP_T_STRING, NULL, 0 },
    { "_User", "password", HP_T_STRING, NULL,
      0 }, /* in the schema for SDKs and Dashboard; nothing is ever stored in it */
    { "_User", "email", HP_T_STRING, NULL, 0 },
    { "_User", "emailVerified", HP_T_BOOLEAN, NULL, 0 },
    { "_User", "authData", HP_T_OBJECT, NULL, 0 },
    { "_User", HP_FIELD_PASSWORD_HASH, HP_T_STRING, NULL, INTERNAL },
    { "_User", HP_FIELD_PASSWORD_CHANGED, HP_T_DATE, NULL, INTERNAL },
    { "_User", HP_FIELD_PASSWORD_HISTORY, HP_T_ARRAY, NULL, INTERNAL },
    { "_User", HP_FIELD_FAILED_LOGINS, HP_T_NUMBER, NULL, INTERNAL },
    { "_User", HP_FIELD_LOCKED_UNTIL, HP_T_DATE, NULL, INTERNAL },
    { "_User", HP_FIELD_VERIFY_TOKEN, HP_T_STRING, NULL, INTERNAL },
    { "_User", HP_FIELD_VERIFY_EXPIRY, HP_T_DATE, NULL, INTERNAL },
    { "_User", HP_FIELD_RESET_TOKEN, HP_T_STRING, NULL, INTERNAL },
    { "_User", HP_FIELD_RESET_EXPIRY, HP_T_DATE, NULL, INTERNAL },
    { "_User", HP_FIELD_MFA_SECRET, HP_T_STRING, NULL, INTERNAL },
    { "_User", HP_FIELD_MFA_RECOVERY, HP_T_ARRAY, NULL, INTERNAL },
    { "_User", HP_FIELD_MFA_STEP, HP_T_NUMBER, NULL, INTERNAL },
    { "_User", HP_FIELD_MFA_MOBILE, HP_T_STRING, NULL, INTERNAL },
    { "_User", HP_FIELD_MFA_SMS_MOBILE, HP_T_STRING, NULL, INTERNAL },
    { "_User", HP_FIELD_MFA_SMS_CODE, HP_T_STRING, NULL, INTERNAL },
    { "_User", HP_FIELD_MFA_SMS_UNTIL, HP_T_NUMBER, NULL, INTERNAL },
    { "_User", HP_FIELD_MFA_SMS_TRIES, HP_T_NUMBER, NULL, INTERNAL },

    { "_Installation", "installationId", HP_T_STRING, NULL, 0 },
    { "_Installation", "deviceToken", HP_T_STRING, NULL, 0 },
    { "_Installation", "channels", HP_T_ARRAY, NULL, 0 },
    { "_Installation", "deviceType", HP_T_STRING, NULL, 0 },
    { "_Installation", "pushType", HP_T_STRING, NULL, 0 },
    { "_Installation", "GCMSenderId", HP_T_STRING, NULL, 0 },
    { "_Installation", "timeZone", HP_T_STRING, NULL, 0 },
    { "_Installation", "localeIdentifier", HP_T_STRING, NULL, 0 },
    { "_Installation", "appVersion", HP_T_STRING, NULL, 0 },
    { "_Installation", "appName", HP_T_STRING, NULL, 0 },
    { "_Installation", "appIdentifier", HP_T_STRING, NULL, 0 },
    { "_Installation", "parseVersion", HP_T_STRING, NULL, 0 },
    { "_Installation", "badge", HP_T_NUMBER, NULL, 0 },

    { "_Role", "name", HP_T_STRING, NULL, 0 },
    { "_Role", "users", HP_T_RELATION, "_User", 0 },
    { "_Role", "roles", HP_T_RELATION, "_Role", 0 },

    { "_Session", "user", HP_T_POINTER, "_User", 0 },
    { "_Session", "installationId", HP_T_STRING, NULL, 0 },
    { "_Session", "sessionToken", HP_T_STRING, NULL, 0 },
    { "_Session", "expiresAt", HP_T_DATE, NULL, 0 },
    { "_Session", "createdWith", HP_T_OBJECT, NULL, 0 },

    { "_Product", "productIdentifier", HP_T_STRING, NULL, 0 },
    { "_Product", "download", HP_T_FILE, NULL, 0 },
    { "_Product", "downloadName", HP_T_STRING, NULL, 0 },
    { "_Product", "icon", HP_T_FILE, NULL, 0 },
    { "_Product", "order", HP_T_NUMBER, NULL, 0 },
    { "_Product", "title", HP_T_STRING, NULL, 0 },
    { "_Product", "subtitle", HP_T_STRING, NULL, 0 },

    { "_PushStatus", "pushTime", HP_T_STRING, NULL, 0 },
    { "_PushStatus", "source", HP_T_STRING, NULL, 0 },
    { "_PushStatus", "query", HP_T_STRING, NULL, 0 },
    { "_PushStatus", "payload", HP_T_STRING, NULL, 0 },
    { "_PushStatus", "title", HP_T_STRING, NULL, 0 },
    { "_PushStatus", "expiry", HP_T_NUMBER, NULL, 0 },
    { "_PushStatus", "expiration_interval", HP_T_NUMBER, NULL, 0 },
    { "_PushStatus", "status", HP_T_STRING, NULL, 0 },
    { "_PushStatus", "numSent", HP_T_NUMBER, NULL, 0 },
    { "_PushStatus", "numFailed", HP_T_NUMBER, NULL, 0 },
    { "_PushStatus", "pushHash", HP_T_STRING, NULL, 0 },
    { "_PushStatus", "errorMessage", HP_T_OBJECT, NULL, 0 },
    { "_PushStatus", "sentPerType", HP_T_OBJECT, NULL, 0 },
    { "_PushStatus", "failedPerType", HP_T_OBJECT, NULL, 0 },
    { "_PushStatus", "sentPerUTCOffset", HP_T_OBJECT, NULL, 0 },
    { "_PushStatus", "failedPerUTCOffset", HP_T_OBJECT, NULL, 0 },
    { "_PushStatus", "count", HP_T_NUMBER, NULL, 0 },

    { "_JobStatus", "jobName", HP_T_STRING, NULL, 0 },
    { "_JobStatus", "source", HP_T_STRING, NULL, 0 },
    { "_JobStatus", "status", HP_T_STRING, NULL, 0 },
    { "_JobStatus", "message", HP_T_STRING, NULL, 0 },
    { "_JobStatus", "params", HP_T_OBJECT, NULL, 0 },
    { "_JobStatus", "finishedAt", HP_T_DATE, NULL, 0 },

    { "_JobSchedule", "jobName", HP_T_STRING, NULL, 0 },
    { "_JobSchedule", "description", HP_T_STRING, NULL, 0 },
    { "_JobSchedule", "params", HP_T_STRING, NULL, 0 },
    { "_JobSchedule", "startAfter", HP_T_STRING, NULL, 0 },
    { "_JobSchedule", "daysOfWeek", HP_T_ARRAY, NULL, 0 },
    { "_JobSchedule", "timeOfDay", HP_T_STRING, NULL, 0 },
    { "_JobSchedule", "lastRun", HP_T_NUMBER, NULL, 0 },
    { "_JobSchedule", "repeatMinutes", HP_T_NUMBER, NULL, 0 },

    { "_Hooks", "functionName", HP_T_STRING, NULL, 0 },
    { "_Hooks", "className", HP_T_STRING, NULL, 0 },
    { "_Hooks", "triggerName", HP_T_STRING, NULL, 0 },
    { "_Hooks", "url", HP_T_STRING, NULL, 0 },

    { "_GlobalConfig", "params", HP_T_OBJECT, NULL, 0 },
    { "_GlobalConfig", "masterKeyOnly", HP_T_OBJECT, NULL, 0 },

    { "_GraphQLConfig", "config", HP_T_OBJECT, NULL, 0 },

    { "_Audience", "name", HP_T_STRING, NULL, 0 },
    { "_Audience", "query", HP_T_STRING, NULL, 0 },
    { "_Audience", "lastUsed", HP_T_DATE, NULL, 0 },
    { "_Audience", "timesUsed", HP_T_NUMBER, NULL, 0 },

    { "_Idempotency", "reqId", HP_T_STRING, NULL, 0 },
    { "_Idempotency", "expire", HP_T_DATE, NULL, 0 },
};

/* Uniqueness is an index and never a look-up before the write: two writers would both pass it. Of several that say no SQLite
 * names the one that was made last: a user's name before his address, as Parse does. */
static const struct {
    const char *class_name, *name, *field;
    bool unique, nocase;
} INDEXES[] = {
    { "_User", HP_INDEX_EMAIL, "email", true, false },
    { "_User", HP_INDEX_EMAIL_NOCASE, "email", true, true },
    { "_User", HP_INDEX_USERNAME, "username", true, false },
    { "_User", HP_INDEX_USERNAME_NOCASE, "username", true, true },
    { "_User", HP_FIELD_VERIFY_TOKEN, HP_FIELD_VERIFY_TOKEN, false, false },
    { "_User", HP_FIELD_RESET_TOKEN, HP_FIELD_RESET_TOKEN, false, false },
    { "_Role", "name_1", "name", true, false },
    { "_Session", "sessionToken_1", "sessionToken", true, false },
    { "_Session", "user_1", "user", false, false },
    { "_Idempotency", HP_INDEX_REQUEST_ID, "reqId", true, false },
    { "_Idempotency", "expire_1", "expire", false, false },
};

/* Stored from the start; the other system classes come into being with their first object. */
static const char *const ALWAYS[] = { "_User", "_Role", "_Session", "_GlobalConfig", "_Idempotency" };

const hp_str *hp_system_required(hp_str class_name, size_t *count)
{
    static const hp_str ROLE[] = { HP_STR_INIT("name"), HP_STR_INIT("ACL") };
    static const hp_str PRODUCT[] = { HP_STR_INIT("productIdentifier"), HP_STR_INIT("icon"), HP_STR_INIT("order"),
                                      HP_STR_INIT("title"), HP_STR_INIT("subtitle") };

    *count = 0;
    if (hp_str_eq(class_name, HP_STR("_Role"))) {
        *count = sizeof ROLE / sizeof *ROLE;
        return ROLE;
    }
    if (hp_str_eq(class_name, HP_STR("_Product"))) {
        *count = sizeof PRODUCT / sizeof *PRODUCT;
        return PRODUCT;
    }
    return NULL;
}

bool hp_system_index(hp_str class_name, hp_str index_name)
{
    if (hp_str_eq(class_name, HP_STR("_User")) && hp_auth_is_index(index_name)) return true;
    for (size_t i = 0; i < sizeof INDEXES / sizeof *INDEXES; i++)
        if (hp_str_eq(class_name, hp_str_of(INDEXES[i].class_name)) &&
            hp_str_eq(index_name, hp_str_of(INDEXES[i].name)))
            return true;
    return false;
}

bool hp_system_class_has_routes(hp_str class_name)
{
    return hp_str_eq(class_name, HP_STR("_Hooks")) || hp_str_eq(class_name, HP_STR("_GlobalConfig")) ||
           hp_str_eq(class_name, HP_STR("_GraphQLConfig"));
}

bool hp_system_class_is_volatile(hp_str class_name)
{
    static const hp_str VOLATILE[] = { HP_STR_INIT("_JobStatus"),    HP_STR_INIT("_PushStatus"),
                                       HP_STR_INIT("_JobSchedule"),  HP_STR_INIT("_Hooks"),
                                       HP_STR_INIT("_GlobalConfig"), HP_STR_INIT("_GraphQLConfig"),
                                       HP_STR_INIT("_Audience"),     HP_STR_INIT("_Idempotency") };
    for (size_t i = 0; i < sizeof VOLATILE / sizeof *VOLATILE; i++)
        if (hp_str_eq(class_name, VOLATILE[i])) return true;
    return false;
}

static bool column_applies(const column *c, hp_str class_name)
{
    return c->class_name == NULL || hp_str_eq(hp_str_of(c->class_name), class_name);
}

hp_class *hp_schema_new_class(hp_str name, hp_arena *mem)
{
    hp_class *cls = HP_NEW(mem, hp_class);
    size_t count = 0;

    for (size_t i = 0; i < sizeof COLUMNS / sizeof *COLUMNS; i++) count += column_applies(&COLUMNS[i], name);
    cls->name = hp_arena_str(mem, name);
    cls->fields = HP_NEW_ARRAY(mem, hp_field *, count);
    cls->by_name = hp_map_new(mem);
    for (size_t i = 0; i < sizeof COLUMNS / sizeof *COLUMNS; i++) {
        if (!column_applies(&COLUMNS[i], name)) continue;
        hp_field *f = HP_NEW(mem, hp_field);
        f->name = hp_str_of(COLUMNS[i].name);
        f->type = COLUMNS[i].type;
        f->target_class = hp_str_of(COLUMNS[i].target);
        f->internal = (COLUMNS[i].flags & INTERNAL) != 0;
        cls->fields[cls->field_count++] = f;
        (void)hp_map_put(cls->by_name, f->name, f);
    }
    return cls;
}

static void add_op(hp_unit *unit, hp_unit_op op) { unit->ops[unit->count++] = op; }

static void add_missing_fields(hp_unit *unit, const hp_class *stored, const hp_class *wanted)
{
    for (size_t i = 0; i < wanted->field_count; i++) {
        if (hp_class_field(stored, wanted->fields[i]->name) != NULL) continue;
        add_op(unit, (hp_unit_op){ .kind = HP_UNIT_ADD_FIELD, .class_name = wanted->name, .field = wanted->fields[i] });
    }
}

static void add_index(hp_unit *unit, const hp_class *stored, hp_unit_op op, hp_str field, hp_arena *mem)
{
    hp_value fields = hp_object();

    if (stored != NULL && hp_object_get(stored->indexes, op.index_name) != NULL) return;
    hp_object_append(mem, &fields, field, hp_number(1));
    op.kind = HP_UNIT_SET_INDEX;
    op.index_fields = hp_value_new(mem, fields);
    add_op(unit, op);
}

/* A user of another provider is found by its id there, and made once. */
static void add_auth_column(hp_unit *unit, const hp_class *stored, hp_str provider, hp_arena *mem)
{
    hp_field *f = HP_NEW(mem, hp_field);

    *f = (hp_field){ .name = hp_auth_column(mem, provider), .type = HP_T_STRING, .internal = true };
    if (stored == NULL || hp_class_field(stored, f->name) == NULL)
        add_op(unit, (hp_unit_op){ .kind = HP_UNIT_ADD_FIELD, .class_name = HP_STR("_User"), .field = f });
    add_index(
        unit, stored,
        (hp_unit_op){ .class_name = HP_STR("_User"), .index_name = hp_auth_index(mem, provider), .index_unique = true },
        f->name, mem);
}

static void add_auth_columns(hp_unit *unit, const hp_class *stored, const hp_settings *settings, hp_arena *mem)
{
    add_auth_column(unit, stored, HP_STR("anonymous"), mem);
    for (size_t i = 0; i < settings->auth_provider_count; i++)
        add_auth_column(unit, stored, settings->auth_providers[i]->name, mem);
}

static void add_missing_indexes(hp_unit *unit, const hp_class *stored, hp_str class_name, hp_arena *mem)
{
    for (size_t i = 0; i < sizeof INDEXES / sizeof *INDEXES; i++) {
        if (!hp_str_eq(hp_str_of(INDEXES[i].class_name), class_name)) continue;
        add_index(unit, stored,
                  (hp_unit_op){ .class_name = class_name,
                                .index_name = hp_str_of(INDEXES[i].name),
                                .index_unique = INDEXES[i].unique,
                                .index_nocase = INDEXES[i].nocase },
                  hp_str_of(INDEXES[i].field), mem);
    }
}

/* What `stored` lacks to be the class called `name`; NULL: all of it. */
static void add_class(hp_unit *unit, const hp_class *stored, hp_str name, const hp_settings *settings, hp_arena *mem)
{
    const hp_class *wanted = hp_schema_new_class(name, mem);
    if (stored == NULL)
        add_op(unit, (hp_unit_op){ .kind = HP_UNIT_CREATE_CLASS, .cls = wanted, .class_name = name });
    else
        add_missing_fields(unit, stored, wanted);
    add_missing_indexes(unit, stored, name, mem);
    if (hp_str_eq(name, HP_STR("_User"))) add_auth_columns(unit, stored, settings, mem);
}

/* With room for every operation that there could be. */
static hp_unit new_unit(const hp_settings *settings, hp_arena *mem)
{
    const size_t ops_max = 1 + sizeof ALWAYS / sizeof *ALWAYS + sizeof COLUMNS / sizeof *COLUMNS +
                           sizeof INDEXES / sizeof *INDEXES + 2 * (1 + settings->auth_provider_count);
    return (hp_unit){ .ops = HP_NEW_ARRAY(mem, hp_unit_op, ops_max) };
}

/* What the stored classes lack. */
static hp_unit plan(const hp_schema *schema, const hp_settings *settings, hp_arena *mem)
{
    hp_unit unit = new_unit(settings, mem);
    for (size_t i = 0; i < sizeof ALWAYS / sizeof *ALWAYS; i++) {
        const hp_str name = hp_str_of(ALWAYS[i]);
        add_class(&unit, hp_schema_class(schema, name), name, settings, mem);
    }
    return unit;
}

hp_unit hp_system_class_drop(const hp_class *cls, const hp_settings *settings, hp_arena *mem)
{
    hp_unit unit = new_unit(settings, mem);
    add_op(&unit, (hp_unit_op){ .kind = HP_UNIT_DROP_CLASS, .class_name = cls->name, .cls = cls });
    for (size_t i = 0; i < sizeof ALWAYS / sizeof *ALWAYS; i++)
        if (hp_str_eq(cls->name, hp_str_of(ALWAYS[i]))) add_class(&unit, NULL, cls->name, settings, mem);
    return unit;
}

hp_code hp_system_classes_ensure(hp_core *core, hp_err *err)
{
    /* Twice, because another process may be doing the same at this moment: the second time there is nothing left to do. */
    hp_code rc = HP_OK;
    for (int attempt = 0; attempt < 2; attempt++) {
        HP_AUTO_ARENA mem = hp_arena_new();
        hp_schema *schema = hp_schema_ref_current(core);
        hp_unit unit = plan(schema, core->parts.settings, mem);
        hp_schema_unref(schema);
        if (unit.count == 0) return HP_OK;
        rc = hp_store_write(core->parts.store, &unit, mem, err);
        HP_TRY(hp_schema_reload(core, err));
        if (rc == HP_OK) return HP_OK;
    }
    return rc;
}

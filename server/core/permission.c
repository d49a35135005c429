/* core/permission.c — the decision, and what comes before it.
 *
 * The CLP document is read where it stands in the snapshot: it has at most a dozen members, and the usual answer is found
 * with two look-ups, so there is no compiled form of it that could differ from what the schema API shows. */
#include "core/permission.h"

#include "core/protected_fields.h"
#include "query/match.h"

static const struct {
    const char *name;   /* in a CLP */
    const char *method; /* in the refusals of 2.1 */
    bool writes;
} OPERATIONS[] = {
    [HP_OPERATION_GET] = { "get", "get", false },
    [HP_OPERATION_FIND] = { "find", "find", false },
    [HP_OPERATION_COUNT] = { "count", "find", false },
    [HP_OPERATION_CREATE] = { "create", "create", true },
    [HP_OPERATION_UPDATE] = { "update", "update", true },
    [HP_OPERATION_DELETE] = { "delete", "delete", true },
    [HP_OPERATION_ADD_FIELD] = { "addField", "update", true },
    [HP_OPERATION_CREATE_FIELD] = { "addField", "create", true },
};

/* Everything else that begins with an underscore is the server's: the volatile classes, _Join:*, _SCHEMA, and whatever
 * will be added one day. */
static const hp_str CLIENT_SYSTEM_CLASSES[] = { HP_STR_INIT("_User"), HP_STR_INIT("_Role"), HP_STR_INIT("_Session"),
                                                HP_STR_INIT("_Installation"), HP_STR_INIT("_Product") };

static bool master_only(hp_str class_name)
{
    if (!hp_str_starts(class_name, HP_STR("_"))) return false;
    for (size_t i = 0; i < sizeof CLIENT_SYSTEM_CLASSES / sizeof *CLIENT_SYSTEM_CLASSES; i++)
        if (hp_str_eq(class_name, CLIENT_SYSTEM_CLASSES[i])) return false;
    return true;
}

static bool is_nobody(const hp_call *call) { return !hp_str_present(call->who.user_id); }

hp_code hp_permit_class(const hp_call *call, hp_str class_name, const hp_class *cls, hp_operation op, hp_err *err)
{
    const hp_access access = call->who.access;
    const char *method = OPERATIONS[op].method;

    if (access == HP_ACCESS_READ_ONLY && OPERATIONS[op].writes)
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "read-only masterKey isn't allowed to perform the %s operation.",
                       method);
    if (hp_str_eq(class_name, HP_STR("_Session")) && is_nobody(call) &&
        (access == HP_ACCESS_CLIENT || access == HP_ACCESS_MAINTENANCE))
        return hp_deny(err, HP_E_INVALID_SESSION_TOKEN, "Invalid session token");
    const bool client = access == HP_ACCESS_CLIENT;
    if (hp_call_is_master(call) || (!client && OPERATIONS[op].writes)) return HP_OK;

    if (client && hp_str_eq(class_name, HP_STR("_Installation")) &&
        (op == HP_OPERATION_FIND || op == HP_OPERATION_COUNT || op == HP_OPERATION_DELETE))
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN,
                       "Clients aren't allowed to perform the %s operation on the installation collection.", method);
    if (client && master_only(class_name))
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN,
                       "Clients aren't allowed to perform the %s operation on the %" HP_STR_FMT " collection.", method,
                       HP_STR_ARG(class_name));
    if (cls == NULL && !hp_class_is_system(class_name) && !call->settings->allow_client_class_creation &&
        op != HP_OPERATION_DELETE)
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN,
                       "This user is not allowed to access non-existent class: %" HP_STR_FMT, HP_STR_ARG(class_name));
    return HP_OK;
}

bool hp_permit_in_group(const hp_call *call, hp_str group)
{
    for (size_t i = 0; i < call->who.group_count; i++)
        if (hp_str_eq(call->who.groups[i], group)) return true;
    return false;
}

/* Step 2: "*", a role or the user himself is named with true. */
static bool named_in(const hp_call *call, const hp_value *rule)
{
    if (!hp_is(rule, HP_OBJECT)) return false;
    for (uint32_t i = 0; i < rule->object.count; i++)
        if (hp_is_true(&rule->object.items[i].value) && hp_permit_in_group(call, rule->object.items[i].key))
            return true;
    return false;
}

static bool has_items(const hp_value *list) { return hp_is(list, HP_ARRAY) && list->array.count > 0; }

/* "`name` is the user", or for an array "holds the user". NULL for a field that cannot: it opens nothing. */
static hp_filter *field_is_user(const hp_call *call, const hp_class *cls, hp_str name)
{
    const hp_field *f = hp_class_field(cls, name);
    if (f == NULL || f->internal) return NULL;
    if (f->type != HP_T_POINTER && f->type != HP_T_ARRAY && f->type != HP_T_OBJECT) return NULL;
    return hp_filter_eq(call->mem, f, hp_pointer(HP_STR("_User"), call->who.user_id));
}

/* Step 6: the rows whose pointer fields name the caller. */
static hp_filter *pointer_condition(const hp_call *call, const hp_class *cls, const hp_value *const lists[2])
{
    size_t room = 0, count = 0;
    for (size_t l = 0; l < 2; l++)
        if (has_items(lists[l])) room += lists[l]->array.count;
    hp_filter **parts = HP_NEW_ARRAY(call->mem, hp_filter *, room);
    for (size_t l = 0; l < 2; l++)
        for (uint32_t i = 0; has_items(lists[l]) && i < lists[l]->array.count; i++) {
            hp_filter *part = field_is_user(call, cls, hp_text(&lists[l]->array.items[i]));
            if (part != NULL) parts[count++] = part;
        }
    return hp_filter_join(call->mem, HP_FILTER_OR, parts, count);
}

static hp_code refuse(hp_str class_name, hp_operation op, hp_err *err)
{
    return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "Permission denied for action %s on class %" HP_STR_FMT ".",
                   OPERATIONS[op].name, HP_STR_ARG(class_name));
}

/* The numbers are the steps in which Parse decides. */
static hp_code decide_by_clp(const hp_call *call, const hp_class *cls, hp_operation op, hp_grant *out, hp_err *err)
{
    const hp_value *clp = cls->permissions;
    if (clp == NULL) return HP_OK; /* 1: none was ever stored. What a stored one lacks is nobody's */

    const hp_value *rule = hp_object_get(clp, hp_str_of(OPERATIONS[op].name));
    if (named_in(call, rule)) return HP_OK; /* 2 */

    const bool requires_user = hp_truthy(hp_object_get(rule, HP_STR("requiresAuthentication")));
    if (requires_user && is_nobody(call)) /* 3 */
        return hp_deny(err, HP_E_OBJECT_NOT_FOUND, "Permission denied, user needs to be authenticated.");
    if (op == HP_OPERATION_CREATE || op == HP_OPERATION_CREATE_FIELD)
        return requires_user ? HP_OK : refuse(cls->name, op, err); /* 4 */

    const hp_value *const fields[2] = {
        hp_object_get(rule, HP_STR("pointerFields")),
        hp_object_get(clp, OPERATIONS[op].writes ? HP_STR("writeUserFields") : HP_STR("readUserFields")),
    };
    const bool by_pointer = has_items(fields[0]) || has_items(fields[1]);
    if (!requires_user && !by_pointer) return refuse(cls->name, op, err); /* 5 */
    if (!by_pointer) return HP_OK;                                        /* 6 */
    if (is_nobody(call))
        out->none = true;
    else
        out->also = pointer_condition(call, cls, fields);
    return HP_OK;
}

/* Sessions belong to their user, whatever CLP and ACL say. */
static void add_session_owner(const hp_call *call, const hp_class *cls, hp_grant *out)
{
    hp_filter *own = field_is_user(call, cls, HP_STR("user"));
    hp_filter *parts[] = { out->also, own };
    if (own == NULL)
        out->none = true;
    else
        out->also = hp_filter_join(call->mem, HP_FILTER_AND, parts, 2);
}

static bool about_rows(hp_operation op)
{
    return op != HP_OPERATION_CREATE && op != HP_OPERATION_ADD_FIELD && op != HP_OPERATION_CREATE_FIELD;
}

hp_code hp_permit(const hp_call *call, hp_str class_name, const hp_class *cls, hp_operation op, hp_grant *out,
                  hp_err *err)
{
    const hp_principal *who = &call->who;

    *out = (hp_grant){ 0 };
    HP_TRY(hp_permit_class(call, class_name, cls, op, err));
    if (cls == NULL && about_rows(op)) out->none = true;
    if (hp_call_unrestricted(call)) {
        out->scope.unrestricted = true;
        return HP_OK;
    }
    out->scope = (hp_acl_scope){ .groups = who->groups, .group_count = who->group_count };
    if (cls == NULL) return HP_OK;

    HP_TRY(decide_by_clp(call, cls, op, out, err));
    if (hp_str_eq(class_name, HP_STR("_Session")) && about_rows(op)) add_session_owner(call, cls, out);
    if (!OPERATIONS[op].writes) hp_protected_fields_decide(call, cls, out);
    return HP_OK;
}

hp_operation hp_operation_of_query(hp_str class_name, const hp_value *where)
{
    const bool one = where != NULL && where->object.count == 1 &&
                     hp_str_eq(where->object.items[0].key, HP_STR("objectId")) &&
                     where->object.items[0].value.tag == HP_STRING && !hp_str_eq(class_name, HP_STR("_Session"));
    return one ? HP_OPERATION_GET : HP_OPERATION_FIND;
}

/* Long lists on both sides: a map instead of every pair. */
static bool share_one_by_map(hp_arena *mem, const hp_acl_scope *scope, const hp_row *row)
{
    hp_map *groups = hp_map_new(mem);
    for (size_t i = 0; i < scope->group_count; i++) (void)hp_map_put(groups, scope->groups[i], groups);
    for (size_t i = 0; i < row->reader_count; i++)
        if (hp_map_get(groups, row->readers[i]) != NULL) return true;
    return false;
}

static bool acl_admits(const hp_call *call, const hp_acl_scope *scope, const hp_row *row)
{
    enum { PAIRS_MAX = 4096 };
    if (scope->unrestricted || !row->has_read_acl) return true;
    if (row->reader_count > 0 && scope->group_count > PAIRS_MAX / row->reader_count)
        return share_one_by_map(call->mem, scope, row);
    for (size_t i = 0; i < row->reader_count; i++)
        for (size_t k = 0; k < scope->group_count; k++)
            if (hp_str_eq(row->readers[i], scope->groups[k])) return true;
    return false;
}

bool hp_permit_covers(const hp_call *call, const hp_grant *grant, const hp_row *row)
{
    return !grant->none && acl_admits(call, &grant->scope, row) &&
           (grant->also == NULL || hp_filter_matches(grant->also, &row->fields));
}

bool hp_permit_reads(const hp_call *call, const hp_class *cls, const hp_row *row)
{
    static const hp_operation READS[] = { HP_OPERATION_GET, HP_OPERATION_FIND };
    for (size_t i = 0; i < sizeof READS / sizeof *READS; i++) {
        hp_grant grant;
        hp_err refusal = { 0 };
        if (hp_permit(call, cls->name, cls, READS[i], &grant, &refusal) == HP_OK && hp_permit_covers(call, &grant, row))
            return true;
    }
    return false;
}

void hp_permit_unaskable(const hp_call *call, hp_str class_name, const hp_grant *grant, const hp_str **hidden,
                         size_t *count)
{
    static const hp_str USER_SECRETS[] = { HP_STR_INIT("password"), HP_STR_INIT("sessionToken"),
                                           HP_STR_INIT("authData") };
    enum { SECRETS = sizeof USER_SECRETS / sizeof *USER_SECRETS };

    *hidden = grant->hidden;
    *count = grant->hidden_count;
    if (hp_call_unrestricted(call) || !hp_str_eq(class_name, HP_STR("_User"))) return;
    hp_str *all = HP_NEW_ARRAY(call->mem, hp_str, *count + SECRETS);
    for (size_t i = 0; i < SECRETS; i++) all[i] = USER_SECRETS[i];
    for (size_t i = 0; i < *count; i++) all[SECRETS + i] = grant->hidden[i];
    *hidden = all;
    *count += SECRETS;
}

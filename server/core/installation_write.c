#include "core/installation_write.h"

#include "base/limits.h"
#include "core/core_internal.h"
#include "query/match.h"

static const hp_str INSTALLATION_ID = HP_STR_INIT("installationId"), DEVICE_TOKEN = HP_STR_INIT("deviceToken"),
                    DEVICE_TYPE = HP_STR_INIT("deviceType"), APP_IDENTIFIER = HP_STR_INIT("appIdentifier");

enum { IOS_TOKEN_LEN = 64 };

typedef enum removal {
    REMOVE_NOTHING,
    REMOVE_ROW,             /* the one called remove_id: it is merged into the target */
    REMOVE_OTHER_DEVICES,   /* rows with the token and another installationId */
    REMOVE_OTHER_INSTANCES, /* rows with the token but the target */
} removal;

/* What a write means: the outcome of the look-up. */
typedef struct plan {
    hp_str target; /* absent: a new row */
    removal remove;
    hp_str remove_id;
} plan;

struct hp_device {
    hp_str object_id;                                    /* of a PUT; absent in a POST */
    hp_str echoed_id;                                    /* objectId in the body, or absent */
    hp_str installation_id, token, type, app_identifier; /* as sent, or absent */
    bool drops_app_identifier;
    hp_str effective_id; /* installationId of the body or of the request */
    plan plan;
};

/* ---- what was sent ---- */

static hp_code mismatch(const hp_write *w, hp_str root, hp_type type, hp_str target, hp_err *err)
{
    hp_str got = hp_type_print(w->call->mem, type, target);
    return hp_fail(err, HP_E_INCORRECT_TYPE,
                   "schema mismatch for _Installation.%" HP_STR_FMT "; expected String but got %" HP_STR_FMT,
                   HP_STR_ARG(root), HP_STR_ARG(got));
}

/* These four select rows, some of them rows to be deleted: only a text may come near a query. */
static hp_code look(hp_write *w, hp_err *err)
{
    const hp_str names[] = { INSTALLATION_ID, DEVICE_TOKEN, DEVICE_TYPE, APP_IDENTIFIER };
    for (size_t i = 0; hp_is(w->body, HP_OBJECT) && i < sizeof names / sizeof *names; i++) {
        const hp_value *v = hp_object_get(w->body, names[i]);
        hp_type type = HP_T_OBJECT;
        hp_str target = HP_STR_NONE;
        if (hp_is_null(v) || v->tag == HP_STRING || hp_object_get(v, HP_STR("__op")) != NULL) continue;
        (void)hp_type_of_value(v, &type, &target);
        return mismatch(w, names[i], type, target, err);
    }
    return HP_OK;
}

static hp_str lower(hp_arena *mem, hp_str s)
{
    char *text = hp_arena_alloc(mem, s.len + 1);
    for (size_t i = 0; i < s.len; i++)
        text[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] + ('a' - 'A')) : s.ptr[i];
    return (hp_str){ text, s.len };
}

static void normalise(hp_arena *mem, hp_raw_change *c)
{
    const bool id = hp_str_eq(c->name, INSTALLATION_ID);
    const bool token = hp_str_eq(c->name, DEVICE_TOKEN) && c->operand.string.len == IOS_TOKEN_LEN;
    if (id || token) c->operand.string = lower(mem, c->operand.string);
}

/* Of the operations, only Delete; and no path into one of them. */
static hp_code take_text(hp_write *w, hp_str name, hp_str *out, bool *dropped, hp_err *err)
{
    *out = HP_STR_NONE;
    *dropped = false;
    for (size_t i = 0; i < w->raw.count; i++) {
        hp_raw_change *c = &w->raw.items[i];
        if (!hp_str_eq(hp_name_root(c->name), name)) continue;
        bool plain = hp_str_eq(c->name, name);
        bool gone = c->op == HP_OP_UNSET || (c->op == HP_OP_SET && hp_is_null(&c->operand));
        if (plain && gone) {
            *dropped = true;
            continue;
        }
        if (!plain || c->op != HP_OP_SET || c->operand.tag != HP_STRING) {
            hp_type type = HP_T_OBJECT;
            hp_str target = HP_STR_NONE;
            (void)hp_raw_change_type(c, &type, &target);
            return mismatch(w, name, type, target, err);
        }
        normalise(w->call->mem, c);
        if (c->operand.string.len > 0) *out = c->operand.string;
    }
    return HP_OK;
}

static hp_code take_device(hp_write *w, hp_device *d, hp_err *err)
{
    const hp_principal *who = &w->call->who;
    bool unused;
    HP_TRY(take_text(w, INSTALLATION_ID, &d->installation_id, &unused, err));
    HP_TRY(take_text(w, DEVICE_TOKEN, &d->token, &unused, err));
    HP_TRY(take_text(w, DEVICE_TYPE, &d->type, &unused, err));
    HP_TRY(take_text(w, APP_IDENTIFIER, &d->app_identifier, &d->drops_app_identifier, err));
    d->effective_id = d->installation_id;
    if (!hp_str_present(d->effective_id) && !hp_call_unrestricted(w->call) && who->installation_id.len > 0)
        d->effective_id = lower(w->call->mem, who->installation_id);
    if (w->kind == HP_WRITE_UPDATE) d->object_id = w->object_id;
    d->echoed_id = hp_object_text(w->body, HP_STR("objectId"));
    return HP_OK;
}

/* ---- the rows that are there ---- */

typedef struct matches {
    const hp_row *by_object_id, *by_installation_id;
    hp_row by_token[2];
    size_t token_count; /* 2: or more */
} matches;

static hp_code find(const hp_write *w, hp_store *store, hp_str field, hp_str value, int64_t limit, hp_rows *rows,
                    hp_err *err)
{
    *rows = (hp_rows){ 0 };
    if (!hp_str_present(value) || w->cls == NULL) return HP_OK;
    hp_query q = { .cls = w->cls,
                   .filter = hp_filter_eq(w->call->mem, hp_class_field(w->cls, field), hp_string(value)),
                   .readable_by = { .unrestricted = true }, /* whose row it is says permission, when it is written */
                   .limit = limit };
    return hp_store_find(store, &q, w->call->mem, rows, err);
}

static hp_code find_rows(const hp_write *w, hp_store *store, matches *m, hp_err *err)
{
    hp_rows rows;
    *m = (matches){ 0 };
    HP_TRY(find(w, store, HP_STR("objectId"), w->device->object_id, 1, &rows, err));
    if (rows.count > 0) m->by_object_id = &rows.items[0];
    HP_TRY(find(w, store, INSTALLATION_ID, w->device->effective_id, 1, &rows, err));
    if (rows.count > 0) m->by_installation_id = &rows.items[0];
    HP_TRY(find(w, store, DEVICE_TOKEN, w->device->token, 2, &rows, err));
    m->token_count = rows.count;
    for (size_t i = 0; i < rows.count; i++) m->by_token[i] = rows.items[i];
    return HP_OK;
}

static hp_str text_of(const hp_row *row, hp_str field) { return hp_object_text(&row->fields, field); }
static hp_str id_of(const hp_row *row) { return text_of(row, HP_STR("objectId")); }
static bool has(const hp_row *row, hp_str field) { return text_of(row, field).len > 0; }

static hp_code unchangeable(const char *field, hp_err *err)
{
    return hp_fail(err, HP_E_CHANGED_IMMUTABLE_FIELD, "%s may not be changed in this operation", field);
}

/* A row that is not for the caller to write is compared with nothing: it is as if it were not there. */
static hp_code take_written(const hp_write *w, const hp_row **stored, hp_err *err)
{
    hp_grant grant;
    HP_TRY(hp_permit(w->call, w->class_name, w->cls, HP_OPERATION_UPDATE, &grant, err));
    if (*stored != NULL && (!hp_write_acl_allows(&grant.scope, *stored) || grant.none ||
                            (grant.also != NULL && !hp_filter_matches(grant.also, &(*stored)->fields))))
        *stored = NULL;
    return HP_OK;
}

static hp_code check_update(const hp_device *d, const hp_row *stored, hp_err *err)
{
    if (stored == NULL) return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "Object not found for update.");
    if (hp_str_present(d->installation_id) && has(stored, INSTALLATION_ID) &&
        !hp_str_eq(d->installation_id, text_of(stored, INSTALLATION_ID)))
        return unchangeable("installationId", err);
    if (hp_str_present(d->token) && has(stored, DEVICE_TOKEN) && !hp_str_eq(d->token, text_of(stored, DEVICE_TOKEN)) &&
        !hp_str_present(d->installation_id) && !has(stored, INSTALLATION_ID))
        return unchangeable("deviceToken", err);
    if (hp_str_present(d->type) && !hp_str_eq(d->type, text_of(stored, DEVICE_TYPE)))
        return unchangeable("deviceType", err);
    return HP_OK;
}

/* Nobody has the installation id yet. */
static hp_code plan_unknown(const hp_device *d, const matches *m, plan *out, hp_err *err)
{
    if (m->token_count == 0) return HP_OK;
    if (m->token_count == 1 && (!has(&m->by_token[0], INSTALLATION_ID) || !hp_str_present(d->effective_id))) {
        out->target = id_of(&m->by_token[0]);
        return HP_OK;
    }
    if (!hp_str_present(d->installation_id))
        return hp_fail(err, HP_E_AMBIGUOUS_INSTALLATION,
                       "Must specify installationId when deviceToken matches multiple Installation objects");
    out->remove = REMOVE_OTHER_DEVICES;
    return HP_OK;
}

static void plan_known(const hp_write *w, const matches *m, const hp_row *row, plan *out)
{
    const hp_device *d = w->device;
    const bool keep_token_row = !hp_str_eq(w->call->settings->installation.merge_priority, INSTALLATION_ID);

    out->target = id_of(row);
    const bool lone_token = m->token_count == 1 && !has(&m->by_token[0], INSTALLATION_ID);
    if (lone_token && !hp_str_eq(id_of(&m->by_token[0]), out->target)) {
        out->remove = REMOVE_ROW;
        out->remove_id = keep_token_row ? out->target : id_of(&m->by_token[0]);
        if (keep_token_row) out->target = id_of(&m->by_token[0]);
        return;
    }
    if (!hp_str_present(d->token) || hp_str_eq(text_of(row, DEVICE_TOKEN), d->token)) return;
    if (hp_str_present(d->installation_id))
        out->remove = REMOVE_OTHER_DEVICES;
    else if (hp_str_present(d->echoed_id) && hp_str_eq(d->echoed_id, out->target))
        out->remove = REMOVE_OTHER_INSTANCES;
}

static hp_code make_plan(const hp_write *w, hp_store *store, plan *out, hp_err *err)
{
    const hp_device *d = w->device;
    const bool updating = hp_str_present(d->object_id);
    matches m;

    *out = (plan){ 0 };
    HP_TRY(find_rows(w, store, &m, err));
    if (updating) {
        HP_TRY(take_written(w, &m.by_object_id, err));
        HP_TRY(check_update(d, m.by_object_id, err));
    }
    const hp_row *row = m.by_installation_id != NULL ? m.by_installation_id : m.by_object_id;
    bool named = hp_str_present(d->effective_id) || hp_str_present(d->token);
    if (!updating && named && !hp_str_present(d->type) && row == NULL)
        return hp_fail(err, HP_E_MISSING_SCHEMA_TYPE, "deviceType must be specified in this operation");
    if (row == NULL) return plan_unknown(d, &m, out, err);
    plan_known(w, &m, row, out);
    return HP_OK;
}

static bool same_plan(const plan *a, const plan *b)
{
    return hp_str_eq(a->target, b->target) && a->remove == b->remove && hp_str_eq(a->remove_id, b->remove_id);
}

hp_code hp_installation_still(const hp_write *w, hp_store *store, bool *same, hp_err *err)
{
    plan now;
    *same = true;
    if (w->device == NULL) return HP_OK;
    const hp_code rc = make_plan(w, store, &now, err);
    if (rc == HP_E_INTERNAL || rc == HP_E_TIMEOUT) return rc;
    *same = rc == HP_OK && same_plan(&now, &w->device->plan); /* what is refused now is refused by the new beginning */
    return HP_OK;
}

/* ---- the steps of the pipeline ---- */

static hp_code check(hp_write *w, hp_err *err)
{
    if (w->kind == HP_WRITE_DELETE) return HP_OK;
    hp_device *d = HP_NEW(w->call->mem, hp_device);
    *d = (hp_device){ 0 };
    HP_TRY(take_device(w, d, err));
    if (w->kind == HP_WRITE_CREATE && !hp_str_present(d->token) && !hp_str_present(d->installation_id) &&
        w->call->who.installation_id.len == 0)
        return hp_fail(err, HP_E_MISSING_SCHEMA_TYPE,
                       "at least one ID field (deviceToken, installationId) must be specified in this operation");
    if (w->kind == HP_WRITE_UPDATE && !hp_str_present(d->token) && !hp_str_present(d->effective_id) &&
        !hp_str_present(d->type))
        return HP_OK; /* an update of something else */

    w->device = d;
    HP_TRY(make_plan(w, w->call->core->parts.store, &d->plan, err));
    if (!hp_str_present(d->plan.target)) return HP_OK;
    w->kind = HP_WRITE_UPDATE;
    w->object_id = d->plan.target;
    return HP_OK;
}

static hp_filter *not_equal(const hp_write *w, hp_str field, hp_str value)
{
    hp_filter *f = hp_filter_eq(w->call->mem, hp_class_field(w->cls, field), hp_string(value));
    f->kind = HP_FILTER_NE;
    return f;
}

static hp_filter *superfluous(const hp_write *w)
{
    hp_arena *mem = w->call->mem;
    const hp_device *d = w->device;
    hp_filter *parts[3] = { hp_filter_eq(mem, hp_class_field(w->cls, DEVICE_TOKEN), hp_string(d->token)) };

    if (d->plan.remove == REMOVE_ROW)
        return hp_filter_eq(mem, hp_class_field(w->cls, HP_STR("objectId")), hp_string(d->plan.remove_id));
    parts[1] = d->plan.remove == REMOVE_OTHER_DEVICES ? not_equal(w, INSTALLATION_ID, d->installation_id)
                                                      : not_equal(w, HP_STR("objectId"), d->plan.target);
    /* Of the same app only. Taking the identifier away does not make it every app. */
    const hp_field *app = hp_class_field(w->cls, APP_IDENTIFIER);
    if (hp_str_present(d->app_identifier))
        parts[2] = hp_filter_eq(mem, app, hp_string(d->app_identifier));
    else if (d->drops_app_identifier)
        parts[2] = hp_filter_eq(mem, app, hp_null());
    return hp_filter_join(mem, HP_FILTER_AND, parts, 3);
}

/* The first device makes the class: the look-ups of all that follow happen alone among writers and must be short. */
static void add_indexes(hp_write *w)
{
    static const struct {
        const hp_str *field;
        hp_str name;
    } INDEXES[] = { { &INSTALLATION_ID, HP_STR_INIT("installationId_1") },
                    { &DEVICE_TOKEN, HP_STR_INIT("deviceToken_1") } };
    for (size_t i = 0; i < sizeof INDEXES / sizeof *INDEXES; i++) {
        hp_value fields = hp_object();
        hp_object_append(w->call->mem, &fields, *INDEXES[i].field, hp_number(1));
        hp_ops_add(&w->before, w->call->mem,
                   (hp_unit_op){ .kind = HP_UNIT_SET_INDEX,
                                 .class_name = w->class_name,
                                 .index_name = INDEXES[i].name,
                                 .index_fields = hp_value_new(w->call->mem, fields) });
    }
}

/* What one superfluous row loses instead of its life. */
static hp_unit_op give_up(const hp_write *w, hp_str object_id)
{
    const bool keeps_token = w->device->plan.remove == REMOVE_ROW &&
                             !hp_str_eq(w->call->settings->installation.merge_priority, INSTALLATION_ID);
    hp_change *change = HP_NEW(w->call->mem, hp_change);

    *change = (hp_change){ .path = { .field = hp_class_field(w->cls, keeps_token ? INSTALLATION_ID : DEVICE_TOKEN) },
                           .op = HP_OP_UNSET,
                           .operand = hp_null() };
    return (hp_unit_op){ .kind = HP_UNIT_UPDATE,
                         .cls = w->cls,
                         .object_id = object_id,
                         .writable_by = { .unrestricted = true },
                         .changes = change,
                         .change_count = 1 }; /* updatedAt stays: nobody saved this row */
}

static hp_unit_op delete_one(const hp_write *w, hp_str object_id)
{
    hp_filter *by_id = hp_filter_eq(w->call->mem, hp_class_field(w->cls, HP_STR("objectId")), hp_string(object_id));
    return (hp_unit_op){ .kind = HP_UNIT_DELETE_WHERE, .cls = w->cls, .filter = by_id };
}

/* The rows one by one, where the options ask what the caller may do with them, or that they stay. A row that is not the
 * caller's stays as it is, as in Parse Server. */
static hp_code remove_one_by_one(hp_write *w, bool update, hp_err *err)
{
    const hp_acl_scope everybody = { .unrestricted = true };
    hp_grant grant = { .scope = everybody };
    hp_rows rows = { 0 };

    if (w->call->settings->installation.enforce_auth) {
        hp_err refused = { 0 };
        /* Who may write a row may take its token; that clients delete no installations by themselves is another matter. */
        if (hp_permit(w->call, w->class_name, w->cls, HP_OPERATION_UPDATE, &grant, &refused) != HP_OK || grant.none)
            return HP_OK;
    }
    hp_filter *parts[] = { superfluous(w), grant.also };
    hp_query q = { .cls = w->cls,
                   .filter = hp_filter_join(w->call->mem, HP_FILTER_AND, parts, 2),
                   .readable_by = everybody,
                   .limit = HP_UNIT_OPS_MAX / 2 };
    HP_TRY(hp_store_find(w->call->core->parts.store, &q, w->call->mem, &rows, err));
    for (size_t i = 0; i < rows.count; i++) {
        if (!hp_write_acl_allows(&grant.scope, &rows.items[i])) continue;
        const hp_str id = id_of(&rows.items[i]);
        hp_ops_add(&w->before, w->call->mem, update ? give_up(w, id) : delete_one(w, id));
    }
    return HP_OK;
}

static hp_code complete(hp_write *w, hp_err *err)
{
    const hp_installation_rules *rules = &w->call->settings->installation;
    const bool update = hp_str_eq(rules->action, HP_STR("update"));

    if (w->resolved.schema_op_count > 0 && w->resolved.schema_ops[0].kind == HP_UNIT_CREATE_CLASS) add_indexes(w);
    if (w->device == NULL || w->device->plan.remove == REMOVE_NOTHING) return HP_OK;
    if (update || rules->enforce_auth) return remove_one_by_one(w, update, err);
    hp_ops_add(&w->before, w->call->mem,
               (hp_unit_op){ .kind = HP_UNIT_DELETE_WHERE, .cls = w->cls, .filter = superfluous(w) });
    return HP_OK;
}

const hp_write_rules HP_INSTALLATION_RULES = {
    .class_name = "_Installation",
    .look = look,
    .check = check,
    .complete = complete,
};

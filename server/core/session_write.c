/* core/session_write.c — sessions as objects: what a client may write of one, and how the server makes one.
 *
 * Token, user, expiry and origin are the server's. In an update they are refused, in a create ignored, because SDKs send a
 * whole session object there. Whose session a client may touch is core/permission.c's. */
#include "auth/session_token.h"
#include "core/commit.h"
#include "core/core_internal.h"
#include "core/object_write.h"
#include "core/sessions.h"

static const hp_str SERVER_OWNED[] = { HP_STR_INIT("sessionToken"), HP_STR_INIT("user"), HP_STR_INIT("expiresAt"),
                                       HP_STR_INIT("createdWith"), HP_STR_INIT("installationId") };
enum { CREATE_IGNORED = 4 }; /* the first so many; an installationId may be given with the caller's own session */

static bool owned(hp_str name, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (hp_str_eq(hp_name_root(name), SERVER_OWNED[i])) return true;
    return false;
}

static bool is_client(const hp_write *w) { return w->call->who.access == HP_ACCESS_CLIENT; }

static hp_code make_token(hp_call *call, hp_str *token, hp_err *err)
{
    char text[HP_SESSION_TOKEN_LEN + 1];
    HP_TRY(hp_session_token_make(call->core->parts.rand, text, err));
    *token = hp_arena_str(call->mem, (hp_str){ text, HP_SESSION_TOKEN_LEN });
    hp_wipe(text, sizeof text);
    return HP_OK;
}

static hp_value created_with(hp_arena *mem, hp_str action, hp_str provider)
{
    hp_value v = hp_object();
    hp_object_append(mem, &v, HP_STR("action"), hp_string(action));
    if (hp_str_present(provider)) hp_object_append(mem, &v, HP_STR("authProvider"), hp_string(provider));
    return v;
}

typedef struct session {
    hp_str user_id, installation_id, action, provider, token;
} session;

/* The server's own columns of a new session, by name. */
static hp_value columns(const hp_call *call, const session *s)
{
    hp_arena *mem = call->mem;
    hp_value v = hp_object();
    hp_object_append(mem, &v, HP_STR("sessionToken"), hp_string(s->token));
    hp_object_append(mem, &v, HP_STR("user"), hp_pointer(HP_STR("_User"), s->user_id));
    if (hp_str_present(s->action))
        hp_object_append(mem, &v, HP_STR("createdWith"), created_with(mem, s->action, s->provider));
    if (call->settings->expire_inactive_sessions)
        hp_object_append(mem, &v, HP_STR("expiresAt"), hp_date(call->now_ms + call->settings->session_length_ms));
    if (s->installation_id.len > 0) hp_object_append(mem, &v, HP_STR("installationId"), hp_string(s->installation_id));
    return v;
}

/* Of the user's own sessions only: an installation id is no secret and names nobody. */
static hp_unit_op replace_older(const hp_call *call, const hp_class *cls, hp_str user_id, hp_str installation_id)
{
    hp_arena *mem = call->mem;
    hp_filter *parts[] = { hp_filter_eq(mem, hp_class_field(cls, HP_STR("user")), hp_pointer(HP_STR("_User"), user_id)),
                           hp_filter_eq(mem, hp_class_field(cls, HP_STR("installationId")),
                                        hp_string(installation_id)) };
    return (
        hp_unit_op){ .kind = HP_UNIT_DELETE_WHERE, .cls = cls, .filter = hp_filter_join(mem, HP_FILTER_AND, parts, 2) };
}

hp_code hp_sessions_open(hp_call *call, hp_str user_id, hp_str action, hp_str provider, hp_unit_op *ops,
                         size_t *op_count, hp_str *token, hp_err *err)
{
    hp_arena *mem = call->mem;
    const hp_class *cls = hp_schema_class(call->schema, HP_STR("_Session"));
    const bool device = !hp_str_eq(call->who.installation_id, HP_CLOUD_INSTALLATION);
    session s = { user_id, device ? call->who.installation_id : HP_STR_NONE, action, provider, HP_STR_NONE };
    hp_str object_id;

    HP_TRY(make_token(call, &s.token, err));
    HP_TRY(hp_object_id_make(call, call->settings->object_id_len, &object_id, err));
    if (s.installation_id.len > 0) ops[(*op_count)++] = replace_older(call, cls, user_id, s.installation_id);

    hp_value fields = columns(call, &s);
    hp_change *changes = HP_NEW_ARRAY(mem, hp_change, fields.object.count);
    for (uint32_t i = 0; i < fields.object.count; i++)
        changes[i] = (hp_change){ .path = { .field = hp_class_field(cls, fields.object.items[i].key) },
                                  .op = HP_OP_SET,
                                  .operand = fields.object.items[i].value };
    ops[(*op_count)++] = (hp_unit_op){ .kind = HP_UNIT_INSERT,
                                       .cls = cls,
                                       .object_id = object_id,
                                       .changes = changes,
                                       .change_count = fields.object.count,
                                       .created_ms = call->now_ms,
                                       .updated_ms = call->now_ms };
    *token = s.token;
    return HP_OK;
}

hp_code hp_sessions_upgrade(hp_call *call, hp_value *out, hp_err *err)
{
    hp_unit_op ops[2];
    size_t count = 0;
    hp_str token;

    if (!hp_str_present(call->who.user_id)) return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "invalid session");
    HP_TRY(hp_sessions_open(call, call->who.user_id, HP_STR("upgrade"), HP_STR_NONE, ops, &count, &token, err));
    hp_unit unit = { .ops = ops, .count = count };
    HP_TRY(hp_commit(call, &unit, err));
    return hp_sessions_me(call, token, out, err);
}

/* ---- the rules of the write pipeline ---- */

static void drop_ignored(hp_write *w)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->raw.count; i++)
        if (!owned(w->raw.items[i].name, CREATE_IGNORED)) w->raw.items[kept++] = w->raw.items[i];
    w->raw.count = kept;
}

/* A session may be sent back as it was read, with the user whose it is. */
static bool names_caller(const hp_write *w, const hp_raw_change *c)
{
    return hp_str_eq(c->name, HP_STR("user")) && c->op == HP_OP_SET && hp_is(&c->operand, HP_POINTER) &&
           hp_str_eq(c->operand.pointer.class_name, HP_STR("_User")) &&
           hp_str_eq(c->operand.pointer.object_id, w->call->who.user_id);
}

static hp_code refuse_key(hp_str name, hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_KEY_NAME, "Invalid key name: %" HP_STR_FMT, HP_STR_ARG(name));
}

/* What makes a session the one it is stays, whoever writes. */
static hp_code check_master(const hp_write *w, hp_err *err)
{
    for (size_t i = 0; w->kind == HP_WRITE_UPDATE && i < w->raw.count; i++) {
        const hp_str root = hp_name_root(w->raw.items[i].name);
        if (hp_str_eq(root, HP_STR("installationId")) || hp_str_eq(root, HP_STR("sessionToken")))
            return refuse_key(root, err);
    }
    return HP_OK;
}

static hp_code check(hp_write *w, hp_err *err)
{
    if (w->kind == HP_WRITE_DELETE) return HP_OK;
    if (hp_object_get(w->body, HP_STR("ACL")) != NULL)
        return hp_fail(err, HP_E_INVALID_KEY_NAME, "Cannot set ACL on a Session.");
    if (!is_client(w)) return check_master(w, err);
    if (!hp_str_present(w->call->who.user_id))
        return hp_fail(err, HP_E_INVALID_SESSION_TOKEN, "Session token required.");
    if (w->kind == HP_WRITE_CREATE) {
        drop_ignored(w);
        return HP_OK;
    }
    for (size_t i = 0; i < w->raw.count; i++)
        if (owned(w->raw.items[i].name, sizeof SERVER_OWNED / sizeof *SERVER_OWNED) &&
            !names_caller(w, &w->raw.items[i]))
            return refuse_key(w->raw.items[i].name, err);
    return HP_OK;
}

/* The device that the body names. Never that of the request: a further session of it would end the one that asks. */
static hp_str installation_of(const hp_write *w)
{
    for (size_t i = 0; i < w->change_count; i++)
        if (hp_str_eq(w->changes[i].path.field->name, HP_STR("installationId"))) return hp_text(&w->changes[i].operand);
    return HP_STR_NONE;
}

static hp_code complete(hp_write *w, hp_err *err)
{
    hp_arena *mem = w->call->mem;
    session s = { .user_id = w->call->who.user_id, .action = HP_STR("create") };

    if (w->kind != HP_WRITE_CREATE || !is_client(w)) return HP_OK;
    if (!hp_str_present(w->session_token)) HP_TRY(make_token(w->call, &w->session_token, err));
    s.token = w->session_token;
    s.installation_id = installation_of(w);
    if (s.installation_id.len > 0)
        hp_ops_add(&w->before, mem, replace_older(w->call, w->cls, s.user_id, s.installation_id));

    hp_value own = columns(w->call, &s);
    for (uint32_t i = 0; i < own.object.count; i++) {
        const hp_member *m = &own.object.items[i];
        if (!hp_write_changes(w, m->key)) hp_write_set(w, m->key.ptr, m->value); /* keys of columns() are literals */
    }
    /* The client learns the whole session, token included: there is no other way to get at it. */
    for (size_t i = 0; i < w->change_count; i++)
        hp_object_set(mem, &w->extra, w->changes[i].path.field->name, w->changes[i].operand);
    return HP_OK;
}

static hp_code missing(const hp_write *w, hp_err *err)
{
    return hp_fail(err, HP_E_OBJECT_NOT_FOUND,
                   w->kind == HP_WRITE_DELETE ? "Object not found for delete." : "Object not found.");
}

const hp_write_rules HP_SESSION_RULES = {
    .class_name = "_Session",
    .check = check,
    .complete = complete,
    .missing = missing,
};

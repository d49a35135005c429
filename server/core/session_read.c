/* core/session_read.c — from a token to a principal, through the cache or from the store. */
#include "core/sessions.h"

#include "core/core_internal.h"
#include "core/roles.h"
#include "core/schema.h"
#include "core/serialise.h"
#include "core/session_cache.h"

enum { TOKEN_BYTES_MAX = 256 }; /* imported sessions may have tokens of other shapes, but not of any length */

static hp_code invalid_token(hp_err *err) { return hp_fail(err, HP_E_INVALID_SESSION_TOKEN, "Invalid session token"); }

/* The first row of `cls` whose String column `field` is `text`, with the server's own rights; *row stays NULL without one. */
static hp_code find_one(const hp_call *call, const hp_class *cls, hp_str field, hp_str text, const hp_row **row,
                        hp_err *err)
{
    const hp_field *f = cls == NULL ? NULL : hp_class_field(cls, field);
    *row = NULL;
    if (f == NULL) return HP_OK;
    const hp_query q = { .cls = cls,
                         .filter = hp_filter_eq(call->mem, f, hp_string(text)),
                         .readable_by = { .unrestricted = true },
                         .limit = 1 };
    hp_rows rows = { 0 };
    HP_TRY(hp_store_find(call->core->parts.store, &q, call->mem, &rows, err));
    if (rows.count > 0) *row = &rows.items[0];
    return HP_OK;
}

static hp_code find_session(const hp_call *call, hp_str token, const hp_row **row, hp_err *err)
{
    *row = NULL;
    if (token.len == 0 || token.len > TOKEN_BYTES_MAX) return HP_OK;
    return find_one(call, hp_schema_class(call->schema, HP_STR("_Session")), HP_STR("sessionToken"), token, row, err);
}

/* The id in a session's `user`, or the absent text. */
static hp_str user_of(const hp_row *session)
{
    const hp_value *user = hp_object_get(&session->fields, HP_STR("user"));
    return hp_is(user, HP_POINTER) ? user->pointer.object_id : HP_STR_NONE;
}

static int64_t expiry_of(const hp_row *session)
{
    const hp_value *at = hp_object_get(&session->fields, HP_STR("expiresAt"));
    return hp_is(at, HP_DATE) ? at->date.ms : INT64_MAX;
}

/* extendSessionOnUse: a session in the second half of its life gets a whole new one. */
static hp_code extend(const hp_call *call, const hp_row *session, hp_session *s, hp_err *err)
{
    const hp_settings *set = call->settings;
    const hp_value *updated = hp_object_get(&session->fields, HP_STR("updatedAt"));
    if (!set->extend_session_on_use || s->expires_ms == INT64_MAX || !hp_is(updated, HP_DATE)) return HP_OK;
    if (call->now_ms - updated->date.ms < set->session_length_ms / 2) return HP_OK;

    const hp_class *cls = hp_schema_class(call->schema, HP_STR("_Session"));
    const hp_change change = { .path = { .field = hp_class_field(cls, HP_STR("expiresAt")) },
                               .op = HP_OP_SET,
                               .operand = hp_date(call->now_ms + set->session_length_ms) };
    hp_unit_op op = { .kind = HP_UNIT_UPDATE,
                      .cls = cls,
                      .object_id = s->session_id,
                      .writable_by = { .unrestricted = true },
                      .changes = &change,
                      .change_count = 1,
                      .updated_ms = call->now_ms };
    hp_unit unit = { .ops = &op, .count = 1 };
    const hp_code rc = hp_store_write(call->core->parts.store, &unit, call->mem, err);
    if (rc == HP_E_OBJECT_NOT_FOUND) return invalid_token(err); /* signed out meanwhile */
    if (rc == HP_OK) s->expires_ms = change.operand.date.ms;
    return rc;
}

/* Reads session, user and roles. Errors: INVALID_SESSION_TOKEN; the store's. */
static hp_code load(const hp_call *call, hp_str token, hp_session *s, hp_err *err)
{
    const hp_row *session = NULL, *user = NULL;

    HP_TRY(find_session(call, token, &session, err));
    if (session == NULL) return invalid_token(err);
    const hp_str user_id = user_of(session);
    if (!hp_str_present(user_id)) return invalid_token(err);
    if (hp_str_starts(user_id, HP_STR("role:")))
        return hp_fail(err, HP_E_INTERNAL, "Invalid object ID."); /* would be read as a role */
    HP_TRY(find_one(call, hp_schema_class(call->schema, HP_STR("_User")), HP_STR("objectId"), user_id, &user, err));
    if (user == NULL) return invalid_token(err);

    s->session_id = hp_arena_str(s->mem, hp_object_text(&session->fields, HP_STR("objectId")));
    s->user_id = hp_arena_str(s->mem, user_id);
    s->expires_ms = expiry_of(session);
    HP_TRY(hp_roles_groups(call, user_id, s->mem, &s->groups, &s->group_count, err));
    s->user = hp_row_copy(s->mem, user);
    return call->now_ms < s->expires_ms ? extend(call, session, s, err) : HP_OK;
}

static void unref_session(void *session) { hp_session_unref(session); }

/* The entry lives as long as the call's arena; nothing is copied. */
static void adopt(hp_call *call, hp_session *s, hp_str token)
{
    hp_arena_defer(call->mem, unref_session, s);
    call->who.user_id = s->user_id;
    call->who.user = &s->user;
    call->who.session_token = token;
    call->who.session_id = s->session_id;
    call->who.groups = s->groups;
    call->who.group_count = s->group_count;
}

hp_code hp_sessions_authenticate(hp_call *call, hp_str token, hp_err *err)
{
    hp_session_cache *cache = call->core->sessions;
    hp_clock *clock = call->core->parts.clock;
    const int64_t now = clock->monotonic_ms(clock);

    hp_session *s = hp_session_cache_get(cache, token, now);
    if (s == NULL) {
        const uint64_t moment = hp_session_cache_moment(cache);
        s = hp_session_new();
        const hp_code rc = load(call, token, s, err);
        if (rc != HP_OK) {
            hp_session_unref(s);
            return rc;
        }
        hp_session_cache_put(cache, token, s, moment, now);
    }
    if (call->now_ms >= s->expires_ms) {
        hp_session_unref(s);
        return hp_fail(err, HP_E_INVALID_SESSION_TOKEN, "Session token is expired.");
    }
    adopt(call, s, hp_arena_str(call->mem, token));
    return HP_OK;
}

/* Whoever shows the token sees the session as its user does, CLP and protected fields included; a key that opens everything
 * beside it shows everything. */
hp_code hp_sessions_me(hp_call *call, hp_str token, hp_value *out, hp_err *err)
{
    const hp_class *cls = hp_schema_class(call->schema, HP_STR("_Session"));
    const hp_row *session = NULL;
    hp_call owner = *call;
    hp_grant grant = { 0 };

    if (token.len == 0) return hp_fail(err, HP_E_INVALID_SESSION_TOKEN, "Session token required.");
    HP_TRY(find_session(call, token, &session, err));
    if (session == NULL) return hp_fail(err, HP_E_INVALID_SESSION_TOKEN, "Session token not found.");

    const hp_str user_id = user_of(session);
    if (!hp_str_present(user_id)) return invalid_token(err);
    if (!hp_call_unrestricted(call)) {
        owner.who = (hp_principal){ .access = HP_ACCESS_CLIENT, .user_id = user_id, .session_token = token };
        HP_TRY(hp_roles_groups(call, user_id, call->mem, &owner.who.groups, &owner.who.group_count, err));
    }
    HP_TRY(hp_permit(&owner, HP_STR("_Session"), cls, HP_OPERATION_GET, &grant, err));
    *out = hp_serialise(&owner, cls, &grant, session, NULL);
    return HP_OK;
}

void hp_sessions_forget_user(hp_core *core, hp_str user_id)
{
    hp_session_cache_forget_user(core->sessions, user_id);
    hp_core_tell_outdated(core, HP_MEMORY_SESSIONS, user_id);
}

void hp_sessions_forget_all(hp_core *core)
{
    hp_session_cache_forget_all(core->sessions);
    hp_core_tell_outdated(core, HP_MEMORY_SESSIONS, HP_STR_NONE);
}

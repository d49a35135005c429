/* core/users.c — signing in and out.
 *
 *   1. An unknown user, a user without password and a wrong password are one answer after one hash.
 *   2. Where accounts lock, an attempt is counted before it is judged, by one conditional update: a hundred at once are
 *      counted one by one, and those beyond the threshold are never judged.
 *   3. The session is opened only if the password is still the one that was verified: a change of password in between has
 *      closed all sessions and must not be outrun by one more.
 *   4. A code of a second factor is used up by the same unit that opens the session.
 *   5. What is answered is read anew, with the user's own rights or those of the key that asks, never taken from the row that
 *      was looked up. */
#include "core/users.h"

#include "core/auth_data.h"
#include "core/commit.h"
#include "core/core_internal.h"
#include "core/roles.h"
#include "core/serialise.h"
#include "core/sessions.h"
#include "core/system_classes.h"
#include "core/trigger.h"
#include "core/user_password.h"
#include "core/users_internal.h"

#define INVALID_LOGIN "Invalid username/password."

enum { MINUTE_MS = 60000, DAY_MS = 86400000 };

static const hp_class *users_class(const hp_call *call) { return hp_schema_class(call->schema, HP_STR("_User")); }

static const hp_field *user_field(const hp_call *call, const char *name)
{
    return hp_class_field(users_class(call), hp_str_of(name));
}

static hp_filter *leaf(const hp_call *call, hp_filter_kind kind, const char *field, hp_value operand)
{
    hp_filter *f = hp_filter_new(call->mem, kind, (hp_path){ .field = user_field(call, field) });
    f->operand = operand;
    return f;
}

static hp_filter *join(const hp_call *call, hp_filter_kind kind, hp_filter *a, hp_filter *b)
{
    hp_filter *parts[] = { a, b };
    return hp_filter_join(call->mem, kind, parts, 2);
}

/* The server's own look-up: nothing of it is answered. */
static hp_code look_up(hp_call *call, const hp_filter *filter, int64_t limit, hp_rows *rows, hp_err *err)
{
    hp_query q = { .cls = users_class(call),
                   .filter = filter,
                   .readable_by = { .unrestricted = true },
                   .limit = limit,
                   .internal = true };
    return hp_store_find(call->core->parts.store, &q, call->mem, rows, err);
}

bool hp_user_locked_out(const hp_call *call, const hp_row *user)
{
    bool nobody = user->has_read_acl && user->has_write_acl && user->reader_count == 0 && user->writer_count == 0;
    return nobody && !hp_call_is_master(call);
}

static hp_str id_of(const hp_row *user) { return hp_object_text(&user->fields, HP_STR("objectId")); }

hp_code hp_users_run_trigger(hp_call *call, hp_trigger trigger, const hp_row *user, hp_str token, hp_err *err)
{
    hp_hook_request rq;
    if (!hp_hooks_has_trigger(call->core->parts.hooks, trigger, HP_STR("_User"))) return HP_OK;

    hp_call master = hp_call_as_master(call);
    hp_grant all = { .scope = { .unrestricted = true } };
    hp_value object = hp_serialise(&master, users_class(call), &all, user, NULL);
    hp_trigger_request(call, trigger, HP_STR("_User"), &rq);
    rq.object = &object;
    rq.object_id = id_of(user);
    if (hp_str_present(token)) {
        rq.user = hp_value_new(call->mem, hp_value_copy(call->mem, &object));
        rq.session_token = token;
        hp_object_set(call->mem, &object, HP_STR("sessionToken"), hp_string(token));
    }
    return hp_hooks_run_trigger(call->core->parts.hooks, &rq, err);
}

/* ---- the answer ---- */

/* `call` as the user himself would make it; a key that sees everything stays what it is. `token`: of the session that was
 * opened, or absent. */
static hp_code as_reader(hp_call *call, hp_str user_id, hp_str token, hp_call *out, hp_err *err)
{
    hp_hooks *hooks = call->core->parts.hooks;
    hp_query q = { .cls = users_class(call),
                   .filter = leaf(call, HP_FILTER_EQ, "objectId", hp_string(user_id)),
                   .readable_by = { .unrestricted = true },
                   .limit = 1 };
    hp_rows rows = { 0 };

    *out = *call;
    if (hp_call_unrestricted(call)) return HP_OK;
    out->who = (hp_principal){ .access = HP_ACCESS_CLIENT,
                               .user_id = user_id,
                               .session_token = token,
                               .installation_id = call->who.installation_id };
    HP_TRY(hp_roles_groups(call, user_id, call->mem, &out->who.groups, &out->who.group_count, err));
    if (!hp_hooks_has_trigger(hooks, HP_TRIGGER_BEFORE_FIND, HP_STR("_User")) &&
        !hp_hooks_has_trigger(hooks, HP_TRIGGER_AFTER_FIND, HP_STR("_User")))
        return HP_OK; /* nobody asks who reads */
    HP_TRY(hp_store_find(call->core->parts.store, &q, call->mem, &rows, err));
    if (rows.count > 0) out->who.user = &rows.items[0];
    return HP_OK;
}

/* Permissions and find triggers included. A refusal is no failure here: the user has signed in, there is just nothing to be
 * seen of him. */
static hp_code read_user(hp_call *reader, hp_str user_id, hp_value *out, bool *readable, hp_err *err)
{
    const hp_value none = hp_object();
    const hp_code rc = hp_objects_get(reader, HP_STR("_User"), user_id, &none, out, err);

    *readable = rc == HP_OK;
    return rc == HP_E_INTERNAL ? rc : HP_OK;
}

hp_code hp_users_show(hp_call *call, hp_str user_id, hp_str token, hp_value *out, hp_err *err)
{
    hp_call reader;
    bool readable = false;

    HP_TRY(as_reader(call, user_id, token, &reader, err));
    HP_TRY(read_user(&reader, user_id, out, &readable, err));
    if (!readable) {
        *out = hp_object();
        hp_object_append(call->mem, out, HP_STR("objectId"), hp_string(user_id));
    }
    if (hp_str_present(token)) hp_object_set(call->mem, out, HP_STR("sessionToken"), hp_string(token));
    return HP_OK;
}

/* ---- who is it ---- */

static hp_code invalid_login(hp_err *err) { return hp_fail(err, HP_E_OBJECT_NOT_FOUND, INVALID_LOGIN); }

static hp_code check_types(const hp_login *login, hp_err *err)
{
    if (!hp_truthy(login->username) && !hp_truthy(login->email))
        return hp_fail(err, HP_E_USERNAME_MISSING, "username/email is required.");
    if (!hp_truthy(login->password)) return hp_fail(err, HP_E_PASSWORD_MISSING, "password is required.");
    bool texts = hp_is(login->password, HP_STRING) &&
                 (!hp_truthy(login->username) || hp_is(login->username, HP_STRING)) &&
                 (!hp_truthy(login->email) || hp_is(login->email, HP_STRING));
    return texts ? HP_OK : invalid_login(err);
}

/* A username alone may be an e-mail address; if it is one user's name and another's address, the name wins. */
static hp_code find_user(hp_call *call, const hp_login *login, const hp_row **out, hp_err *err)
{
    bool by_name = hp_truthy(login->username), by_email = hp_truthy(login->email);
    hp_rows rows = { 0 };
    hp_filter *filter;

    *out = NULL;
    if (by_name && by_email)
        filter = join(call, HP_FILTER_AND, leaf(call, HP_FILTER_EQ, "username", *login->username),
                      leaf(call, HP_FILTER_EQ, "email", *login->email));
    else if (by_email)
        filter = leaf(call, HP_FILTER_EQ, "email", *login->email);
    else
        filter = join(call, HP_FILTER_OR, leaf(call, HP_FILTER_EQ, "username", *login->username),
                      leaf(call, HP_FILTER_EQ, "email", *login->username));
    HP_TRY(look_up(call, filter, 2, &rows, err));
    if (rows.count == 0) return HP_OK;
    *out = &rows.items[0];
    bool second = rows.count > 1 && by_name &&
                  hp_str_eq(hp_object_text(&rows.items[1].fields, HP_STR("username")), login->username->string);
    if (second) *out = &rows.items[1];
    return HP_OK;
}

/* ---- lockout ---- */

/* One conditional update of the counters; *done is false if the condition does not hold. */
static hp_code count_if(hp_call *call, const hp_row *user, hp_filter *condition, hp_op op, double by, bool *done,
                        hp_err *err)
{
    int64_t until = call->now_ms + call->settings->account_lockout.duration_ms;
    hp_change changes[] = {
        { .path = { .field = user_field(call, HP_FIELD_FAILED_LOGINS) }, .op = op, .operand = hp_number(by) },
        { .path = { .field = user_field(call, HP_FIELD_LOCKED_UNTIL) }, .op = HP_OP_SET, .operand = hp_date(until) }
    };
    hp_unit_op update = { .kind = HP_UNIT_UPDATE,
                          .cls = users_class(call),
                          .object_id = id_of(user),
                          .filter = condition,
                          .writable_by = { .unrestricted = true },
                          .changes = changes,
                          .change_count = sizeof changes / sizeof *changes };
    hp_unit unit = { .ops = &update, .count = 1 };

    hp_code rc = hp_store_write(call->core->parts.store, &unit, call->mem, err);
    *done = rc == HP_OK;
    return rc == HP_E_OBJECT_NOT_FOUND ? HP_OK : rc;
}

static hp_code locked(const hp_call *call, const hp_row *user, hp_err *err)
{
    const hp_value *until = hp_object_get(&user->internal, HP_STR(HP_FIELD_LOCKED_UNTIL));
    int64_t left_ms =
        hp_is(until, HP_DATE) ? until->date.ms - call->now_ms : call->settings->account_lockout.duration_ms;
    int64_t minutes = left_ms <= MINUTE_MS ? 1 : (left_ms + MINUTE_MS - 1) / MINUTE_MS;
    return hp_fail(
        err, HP_E_OBJECT_NOT_FOUND,
        "Your account is locked due to multiple failed login attempts. Please try again after %lld minute(s)",
        (long long)minutes);
}

/* Takes one of the attempts that are left, or refuses. A success gives them all back. */
static hp_code take_attempt(hp_call *call, const hp_row *user, hp_err *err)
{
    int64_t threshold = call->settings->account_lockout.threshold;
    bool done = false;

    if (threshold == 0 || user == NULL) return HP_OK;
    hp_value max = hp_number((double)threshold);
    hp_filter *some_left = join(call, HP_FILTER_OR, leaf(call, HP_FILTER_EQ, HP_FIELD_FAILED_LOGINS, hp_null()),
                                leaf(call, HP_FILTER_LT, HP_FIELD_FAILED_LOGINS, max));
    HP_TRY(count_if(call, user, some_left, HP_OP_INCREMENT, 1, &done, err));
    if (done) return HP_OK;
    hp_filter *served = join(call, HP_FILTER_AND, leaf(call, HP_FILTER_GTE, HP_FIELD_FAILED_LOGINS, max),
                             leaf(call, HP_FILTER_LTE, HP_FIELD_LOCKED_UNTIL, hp_date(call->now_ms)));
    HP_TRY(count_if(call, user, served, HP_OP_SET, 1, &done, err));
    return done ? HP_OK : locked(call, user, err);
}

/* Who asks for a code has not failed. But he gets back that one attempt alone: were all of them given back, codes could be
 * guessed without end by who asks in between. */
static hp_code give_attempt_back(hp_call *call, const hp_row *user, hp_err *err)
{
    bool done;
    if (call->settings->account_lockout.threshold == 0) return HP_OK;
    return count_if(call, user, leaf(call, HP_FILTER_GT, HP_FIELD_FAILED_LOGINS, hp_number(0)), HP_OP_INCREMENT, -1,
                    &done, err);
}

/* ---- the password ---- */

typedef struct verified {
    const hp_row *user;
    hp_str hash; /* as it was when the password was found right */
    hp_change changes[5];
    size_t change_count; /* what a right password changes: counters, a newer hash */
} verified;

static void will_change(const hp_call *call, verified *v, const char *field, hp_op op, hp_value operand)
{
    HP_ASSERT(v->change_count < sizeof v->changes / sizeof *v->changes);
    v->changes[v->change_count++] =
        (hp_change){ .path = { .field = user_field(call, field) }, .op = op, .operand = operand };
}

static hp_code check_age(hp_call *call, verified *v, hp_err *err)
{
    int64_t days = call->settings->password_policy.max_password_age_days;
    if (days == 0) return HP_OK;
    const hp_value *changed = hp_object_get(&v->user->internal, HP_STR(HP_FIELD_PASSWORD_CHANGED));
    if (!hp_is(changed, HP_DATE)) {
        will_change(call, v, HP_FIELD_PASSWORD_CHANGED, HP_OP_SET, hp_date(call->now_ms));
        return HP_OK;
    }
    if (call->now_ms - changed->date.ms <= days * DAY_MS) return HP_OK;
    return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "Your password has expired. Please reset your password.");
}

static hp_code upgrade_hash(hp_call *call, verified *v, hp_str password, hp_err *err)
{
    const hp_core_parts *parts = &call->core->parts;
    char text[HP_PASSWORD_HASH_LEN_MAX + 1];

    if (!hp_password_needs_upgrade(v->hash)) return HP_OK;
    HP_TRY(hp_password_hash(parts->passwords, parts->rand, password, hp_password_deadline(), text, err));
    will_change(call, v, HP_FIELD_PASSWORD_HASH, HP_OP_SET, hp_string(hp_arena_str(call->mem, hp_str_of(text))));
    hp_wipe(text, sizeof text);
    return HP_OK;
}

static hp_code check_address(hp_call *call, const hp_login *login, const verified *v, hp_err *err)
{
    const hp_email_settings *email = &call->settings->email;
    const bool may_ignore = call->who.access == HP_ACCESS_MASTER || call->who.access == HP_ACCESS_MAINTENANCE;

    if (!email->verify || !email->prevent_login || (may_ignore && login->ignore_email_verification)) return HP_OK;
    if (hp_is_true(hp_object_get(&v->user->fields, HP_STR("emailVerified")))) return HP_OK;
    return hp_fail(err, HP_E_EMAIL_NOT_FOUND, "User email is not verified.");
}

/* The user is still there with the hash that was verified; what a right password changes is changed in the same breath. */
static hp_unit_op confirm(hp_call *call, const verified *v)
{
    return (hp_unit_op){ .kind = v->change_count > 0 ? HP_UNIT_UPDATE : HP_UNIT_REQUIRE,
                         .cls = users_class(call),
                         .object_id = id_of(v->user),
                         .filter = leaf(call, HP_FILTER_EQ, HP_FIELD_PASSWORD_HASH, hp_string(v->hash)),
                         .writable_by = { .unrestricted = true },
                         .changes = v->changes,
                         .change_count = v->change_count,
                         .guard_code = HP_E_OBJECT_NOT_FOUND,
                         .guard_message = INVALID_LOGIN };
}

/* Alone, where no session is opened. */
static hp_code write_confirmed(hp_call *call, const verified *v, hp_err *err)
{
    hp_unit_op op = confirm(call, v);
    hp_unit unit = { .ops = &op, .count = 1 };
    return v->change_count == 0 ? HP_OK : hp_store_write(call->core->parts.store, &unit, call->mem, err);
}

/* A refusal with the password right all the same: that was no failed attempt. Returns what *err says. */
static hp_code answer_after_password(hp_call *call, const verified *v, hp_err *err)
{
    const hp_err refusal = *err;
    HP_TRY(write_confirmed(call, v, err));
    *err = refusal;
    return err->code;
}

static hp_code verify(hp_call *call, const hp_login *login, verified *v, hp_err *err)
{
    const hp_core_parts *parts = &call->core->parts;
    bool right = false;

    *v = (verified){ 0 };
    HP_TRY(check_types(login, err));
    HP_TRY(find_user(call, login, &v->user, err));
    HP_TRY(take_attempt(call, v->user, err));
    if (v->user != NULL) v->hash = hp_object_text(&v->user->internal, HP_STR(HP_FIELD_PASSWORD_HASH));
    HP_TRY(hp_password_verify(parts->passwords, login->password->string, v->hash, hp_password_deadline(), &right, err));
    if (!right || v->user == NULL || hp_user_locked_out(call, v->user)) return invalid_login(err);

    if (call->settings->account_lockout.threshold > 0) {
        will_change(call, v, HP_FIELD_FAILED_LOGINS, HP_OP_SET, hp_number(0));
        will_change(call, v, HP_FIELD_LOCKED_UNTIL, HP_OP_UNSET, hp_null());
    }
    const hp_code rc = check_address(call, login, v, err);
    if (rc != HP_OK) return answer_after_password(call, v, err);
    HP_TRY(check_age(call, v, err));
    return upgrade_hash(call, v, login->password->string, err);
}

/* ---- the doors ---- */

/* After the password, so that who does not know it learns nothing of second factors. */
static hp_code settle_factors(hp_call *call, const hp_login *login, const hp_row *user, hp_auth_data *auth, hp_err *err)
{
    if (!hp_truthy(login->auth_data)) return hp_auth_require_factors(call, NULL, user, err);
    HP_TRY(hp_auth_read(call, login->auth_data, auth, err));
    return hp_auth_settle(call, auth, user, true, NULL, err);
}

static hp_code write_login(hp_call *call, hp_unit *unit, hp_err *err)
{
    hp_code rc = hp_commit(call, unit, err);
    if (rc != HP_E_DUPLICATE_VALUE) return rc;
    hp_code named = hp_auth_duplicate(unit->conflict_index, err);
    return named != HP_OK ? named : rc;
}

hp_code hp_users_login(hp_call *call, const hp_login *login, hp_value *out, hp_err *err)
{
    verified v;
    hp_auth_data auth = { 0 };
    hp_unit_op ops[4];
    size_t count = 0, extra = 0;
    hp_str token;

    HP_TRY(verify(call, login, &v, err));
    const hp_code rc = settle_factors(call, login, v.user, &auth, err);
    if (rc != HP_OK && auth.mfa.asked_for_sms) {
        const hp_err refusal = *err;
        HP_TRY(give_attempt_back(call, v.user, err));
        *err = refusal;
    }
    if (rc != HP_OK) return rc;
    HP_TRY(hp_users_run_trigger(call, HP_TRIGGER_BEFORE_LOGIN, v.user, HP_STR_NONE, err));
    ops[count++] = confirm(call, &v);
    HP_TRY(hp_auth_login_op(call, &auth, id_of(v.user), &ops[count], &extra, err));
    count += extra;
    HP_TRY(hp_sessions_open(call, id_of(v.user), HP_STR("login"), HP_STR("password"), ops, &count, &token, err));
    hp_unit unit = { .ops = ops, .count = count };
    HP_TRY(write_login(call, &unit, err));
    HP_TRY(hp_users_show(call, id_of(v.user), token, out, err));
    if (hp_truthy(login->auth_data)) hp_object_set(call->mem, out, HP_STR("authDataResponse"), auth.response);
    return hp_users_run_trigger(call, HP_TRIGGER_AFTER_LOGIN, v.user, token, err);
}

hp_code hp_users_verify_password(hp_call *call, const hp_login *login, hp_value *out, hp_err *err)
{
    verified v;

    HP_TRY(verify(call, login, &v, err));
    HP_TRY(write_confirmed(call, &v, err));
    return hp_users_show(call, id_of(v.user), HP_STR_NONE, out, err);
}

/* Cloud code sees the session as it was, without its token. NULL: another request has taken it away. */
static hp_code after_logout(hp_call *call, const hp_principal *who, const hp_row *session, hp_err *err)
{
    hp_hook_request rq;
    hp_call master = hp_call_as_master(call);
    const hp_grant all = { .scope = { .unrestricted = true } };
    hp_value object = hp_object();

    if (!hp_hooks_has_trigger(call->core->parts.hooks, HP_TRIGGER_AFTER_LOGOUT, HP_STR("_Session"))) return HP_OK;
    hp_trigger_request(call, HP_TRIGGER_AFTER_LOGOUT, HP_STR("_Session"), &rq);
    if (session != NULL) {
        object = hp_serialise(&master, hp_schema_class(call->schema, HP_STR("_Session")), &all, session, NULL);
        (void)hp_object_remove(&object, HP_STR("sessionToken"));
    } else {
        hp_object_append(call->mem, &object, HP_STR("objectId"), hp_string(who->session_id));
        if (hp_str_present(who->user_id))
            hp_object_append(call->mem, &object, HP_STR("user"), hp_pointer(HP_STR("_User"), who->user_id));
    }
    rq.object = &object;
    rq.object_id = who->session_id;
    rq.session_token = HP_STR_NONE;
    return hp_hooks_run_trigger(call->core->parts.hooks, &rq, err);
}

/* Whose the session is: the caller's own, or, beside a key that opens everything, that of the token that came with it. */
static hp_code find_session_of(const hp_call *call, hp_str token, hp_principal *out, hp_err *err)
{
    hp_call owner = *call;
    *out = call->who;
    if (!hp_call_unrestricted(call) || token.len == 0) return HP_OK;
    HP_TRY(hp_sessions_authenticate(&owner, token, err));
    *out = owner.who;
    return HP_OK;
}

hp_code hp_users_logout(hp_call *call, hp_str token, hp_err *err)
{
    hp_principal who;
    const hp_code found = find_session_of(call, token, &who, err);
    if (found == HP_E_INVALID_SESSION_TOKEN) return HP_OK;
    HP_TRY(found);
    if (!hp_str_present(who.session_token)) return HP_OK;
    hp_unit_op op = { .kind = HP_UNIT_DELETE,
                      .cls = hp_schema_class(call->schema, HP_STR("_Session")),
                      .object_id = who.session_id,
                      .writable_by = { .unrestricted = true } };
    hp_unit unit = { .ops = &op, .count = 1 };
    const hp_code rc = hp_commit(call, &unit, err);
    if (rc != HP_OK && rc != HP_E_OBJECT_NOT_FOUND) return rc; /* signed out at the same moment by another request */
    hp_sessions_forget_user(call->core, who.user_id);
    return after_logout(call, &who, rc == HP_OK ? &unit.results[0].before : NULL, err);
}

hp_code hp_users_me(hp_call *call, hp_str token, hp_value *out, hp_err *err)
{
    hp_principal who;
    HP_TRY(find_session_of(call, token, &who, err));
    if (!hp_str_present(who.user_id)) return hp_deny(err, HP_E_INVALID_SESSION_TOKEN, "Invalid session token");

    hp_code rc = hp_objects_get(call, HP_STR("_User"), who.user_id, NULL, out, err);
    if (rc == HP_E_OPERATION_FORBIDDEN || rc == HP_E_OBJECT_NOT_FOUND) {
        *out = hp_object(); /* he may not see himself, but he is logged in */
        hp_object_append(call->mem, out, HP_STR("objectId"), hp_string(who.user_id));
        rc = HP_OK;
    }
    if (rc != HP_OK) return rc;
    hp_object_set(call->mem, out, HP_STR("sessionToken"), hp_string(who.session_token));
    return HP_OK;
}

hp_code hp_users_login_as(hp_call *call, const hp_value *user_id, hp_value *out, hp_err *err)
{
    hp_unit_op ops[2];
    size_t count = 0;
    hp_str token;
    hp_rows rows = { 0 };

    if (call->who.access == HP_ACCESS_READ_ONLY)
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "read-only masterKey isn't allowed to login as another user.");
    if (call->who.access != HP_ACCESS_MASTER) return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "master key is required");
    if (!hp_is(user_id, HP_STRING) || user_id->string.len == 0)
        return hp_fail(err, HP_E_INVALID_VALUE, "userId must not be empty, null, or undefined");
    HP_TRY(look_up(call, leaf(call, HP_FILTER_EQ, "objectId", *user_id), 1, &rows, err));
    if (rows.count == 0) return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "user not found");

    HP_TRY(hp_sessions_open(call, user_id->string, HP_STR("login"), HP_STR("masterkey"), ops, &count, &token, err));
    hp_unit unit = { .ops = ops, .count = count };
    HP_TRY(hp_commit(call, &unit, err));
    hp_call client = *call; /* what is answered is for the user, to whom it may be handed on */
    client.who = (hp_principal){ .access = HP_ACCESS_CLIENT, .installation_id = call->who.installation_id };
    return hp_users_show(&client, user_id->string, token, out, err);
}

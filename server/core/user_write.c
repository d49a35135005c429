/* core/user_write.c — what the write pipeline does besides when the object is a _User.
 *
 * Before permission and cloud code: are there credentials, and is nobody trying to set what the server sets. Afterwards: the
 * password becomes a hash, the ACL keeps the user's hold on himself, a sign-up opens a session, a new password closes the
 * others, and a new address is to be verified. A create whose authData is an existing user's is a login: it writes its session and what the provider changed.
 * What authData means is core/auth_data.h. */
#include <string.h>
#include <utf8proc.h>

#include "core/core_internal.h"
#include "core/mail_queue.h"
#include "core/object_write.h"
#include "core/sessions.h"
#include "core/system_classes.h"
#include "core/user_password.h"
#include "core/user_token.h"
#include "core/users_internal.h"

enum { GENERATED_USERNAME_LEN = 25 };
static const hp_str AUTH_RESPONSE = HP_STR_INIT("authDataResponse");

static bool is_client(const hp_write *w) { return w->call->who.access == HP_ACCESS_CLIENT; }
static bool is_nobody(const hp_write *w) { return is_client(w) && !hp_str_present(w->call->who.user_id); }

/* ---- check: what was sent ---- */

/* The value that the client gives `name` by a plain set, or NULL. */
static const hp_value *sent_value(const hp_write *w, hp_str name)
{
    for (size_t i = 0; i < w->raw.count; i++)
        if (hp_str_eq(w->raw.items[i].name, name) && w->raw.items[i].op == HP_OP_SET) return &w->raw.items[i].operand;
    return NULL;
}

static bool sends(const hp_write *w, hp_str name)
{
    for (size_t i = 0; i < w->raw.count; i++)
        if (hp_str_eq(hp_name_root(w->raw.items[i].name), name)) return true;
    return false;
}

static bool text_given(const hp_value *v) { return hp_is(v, HP_STRING) && v->string.len > 0; }

static bool says_something(const hp_value *auth_data)
{
    for (uint32_t i = 0; hp_is(auth_data, HP_OBJECT) && i < auth_data->object.count; i++)
        if (hp_is(&auth_data->object.items[i].value, HP_OBJECT) && auth_data->object.items[i].value.object.count > 0)
            return true;
    return false;
}

/* Names alone are no credentials; that comes before what is wrong with them. */
static hp_code require_credentials(const hp_write *w, hp_err *err)
{
    if (w->kind != HP_WRITE_CREATE || says_something(w->auth_data)) return HP_OK;
    if (!text_given(sent_value(w, HP_STR("username"))))
        return hp_fail(err, HP_E_USERNAME_MISSING, "bad or missing username");
    return text_given(w->password) ? HP_OK : hp_fail(err, HP_E_PASSWORD_MISSING, "password is required");
}

static hp_code read_auth_data(hp_write *w, hp_err *err)
{
    if (w->auth_data == NULL) return HP_OK;
    w->auth = HP_NEW(w->call->mem, hp_auth_data);
    return hp_auth_read(w->call, w->auth_data, w->auth, err);
}

/* authData as changes: whole in a create, a path per provider in an update, so that other providers stay as they are. */
static hp_code add_auth_changes(hp_write *w, hp_err *err)
{
    hp_arena *mem = w->call->mem;
    hp_raw_changes more = { 0 };

    if (w->auth == NULL || w->signed_in) return HP_OK;
    /* What the providers have to say to the client. */
    if (w->auth->judged) hp_object_set(mem, &w->extra, AUTH_RESPONSE, w->auth->response);
    hp_value body = hp_auth_body(mem, w->auth, w->kind == HP_WRITE_CREATE);
    HP_TRY(hp_changes_read(hp_value_new(mem, body), mem, &more, err));
    hp_raw_change *all = HP_NEW_ARRAY(mem, hp_raw_change, w->raw.count + more.count);
    if (w->raw.count > 0) memcpy(all, w->raw.items, w->raw.count * sizeof *all);
    if (more.count > 0) memcpy(all + w->raw.count, more.items, more.count * sizeof *all);
    w->raw = (hp_raw_changes){ all, w->raw.count + more.count };
    return HP_OK;
}

/* A create with the id of a user that exists is that user signing in. */
static hp_code sign_in(hp_write *w, hp_err *err)
{
    const hp_row *user = NULL;
    HP_TRY(hp_permit_class(w->call, w->class_name, w->cls, HP_OPERATION_CREATE, err)); /* not with a read-only key */
    HP_TRY(hp_auth_settle(w->call, w->auth, NULL, true, &user, err));
    if (user == NULL) return HP_OK;

    HP_TRY(hp_users_run_trigger(w->call, HP_TRIGGER_BEFORE_LOGIN, user, HP_STR_NONE, err));
    w->signed_in = true;
    w->object_id = hp_object_text(&user->fields, HP_STR("objectId"));
    w->stored = user;
    return HP_OK;
}

static hp_code check_create(hp_write *w, hp_err *err)
{
    const bool credentials = text_given(sent_value(w, HP_STR("username"))) && text_given(w->password);

    if (w->auth == NULL) return HP_OK;
    if (!hp_auth_says_something(w->auth)) { /* there is nothing to unlink yet */
        *w->auth = (hp_auth_data){ .judged = w->auth->count > 0, .response = hp_object() };
        return HP_OK;
    }
    if (w->password != NULL && !text_given(w->password))
        return hp_fail(err, HP_E_PASSWORD_MISSING, "password is required");
    HP_TRY(sign_in(w, err));
    if (!w->signed_in && !credentials && !hp_auth_opens_account(w->auth)) return hp_auth_unsupported(err);
    return HP_OK;
}

/* Whoever may not change the user does not get to ask the providers either. */
static hp_code check_update(hp_write *w, hp_err *err)
{
    if (w->auth == NULL || w->auth->count == 0) return HP_OK;
    HP_TRY(hp_write_permit(w, err));
    HP_TRY(hp_write_read_stored(w, err));
    return hp_auth_settle(w->call, w->auth, w->stored, false, NULL, err);
}

static hp_code check(hp_write *w, hp_err *err)
{
    if (w->kind == HP_WRITE_DELETE)
        return is_nobody(w) ? hp_fail(err, HP_E_SESSION_MISSING, "Insufficient auth to delete user") : HP_OK;
    if (w->kind == HP_WRITE_UPDATE && is_nobody(w))
        return hp_deny(err, HP_E_SESSION_MISSING, "Cannot modify user %" HP_STR_FMT ".", HP_STR_ARG(w->object_id));
    HP_TRY(require_credentials(w, err));
    if (is_client(w) && sends(w, HP_STR("emailVerified")))
        return hp_deny(err, HP_E_OPERATION_FORBIDDEN, "Clients aren't allowed to manually update email verification.");
    HP_TRY(read_auth_data(w, err));
    HP_TRY(w->kind == HP_WRITE_CREATE ? check_create(w, err) : check_update(w, err));
    return add_auth_changes(w, err);
}

/* ---- complete: what the server adds ---- */

/* The value that `name` is set to, or NULL. */
static const hp_value *changed_value(const hp_write *w, hp_str name)
{
    for (size_t i = 0; i < w->change_count; i++)
        if (hp_str_eq(w->changes[i].path.field->name, name) && w->changes[i].op == HP_OP_SET)
            return &w->changes[i].operand;
    return NULL;
}

/* A text without regard to what alphabet: characters that have one lower-case form get it. */
static hp_str lower_case(hp_arena *mem, hp_str text)
{
    char *out = hp_arena_alloc(mem, 2 * text.len + 1); /* no lower-case form is longer than twice the other */
    size_t len = 0;

    for (size_t at = 0; at < text.len;) {
        utf8proc_int32_t c;
        const utf8proc_ssize_t used =
            utf8proc_iterate((const utf8proc_uint8_t *)text.ptr + at, (utf8proc_ssize_t)(text.len - at), &c);
        HP_ASSERT(used > 0); /* UTF-8 is checked where the request is read */
        at += (size_t)used;
        len += (size_t)utf8proc_encode_char(utf8proc_tolower(c), (utf8proc_uint8_t *)out + len);
    }
    return (hp_str){ out, len };
}

static void complete_letter_case(hp_write *w, const char *field)
{
    for (size_t i = 0; i < w->change_count; i++) {
        hp_change *c = &w->changes[i];
        if (hp_str_eq(c->path.field->name, hp_str_of(field)) && c->op == HP_OP_SET && hp_is(&c->operand, HP_STRING))
            c->operand.string = lower_case(w->call->mem, c->operand.string);
    }
}

static hp_code complete_username(hp_write *w, hp_err *err)
{
    const hp_value *v = changed_value(w, HP_STR("username"));
    if (v != NULL) return text_given(v) ? HP_OK : hp_fail(err, HP_E_USERNAME_MISSING, "bad or missing username");
    if (w->kind != HP_WRITE_CREATE) return HP_OK;

    hp_str name;
    HP_TRY(hp_object_id_make(w->call, GENERATED_USERNAME_LEN, &name, err));
    hp_write_set(w, "username", hp_string(name));
    hp_object_set(w->call->mem, &w->extra, HP_STR("username"), hp_string(name));
    return HP_OK;
}

/* ^.+@.+$ on one line. */
static bool email_plausible(hp_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '\n' || s.ptr[i] == '\r') return false;
    size_t at = hp_str_find_char(s, '@', 1);
    return at != SIZE_MAX && at + 1 < s.len;
}

static hp_code check_email(const hp_write *w, hp_err *err)
{
    const hp_value *v = changed_value(w, HP_STR("email"));
    if (!text_given(v) || email_plausible(v->string)) return HP_OK;
    return hp_fail(err, HP_E_INVALID_EMAIL_ADDRESS, "Email address format is invalid.");
}

/* ---- the address, and the tokens that were mailed to it ---- */

/* Like hp_write_add_change, in place of what the request says of the same column. */
static void put_change(hp_write *w, hp_change change)
{
    for (size_t i = 0; i < w->change_count; i++) {
        if (w->changes[i].path.field != change.path.field || w->changes[i].path.segment_count > 0) continue;
        w->changes[i] = change;
        return;
    }
    hp_write_add_change(w, change);
}

static void put_token(hp_write *w, hp_user_token_kind kind, hp_str text)
{
    hp_change changes[HP_USER_TOKEN_CHANGES];
    hp_user_token_changes(w->call, kind, text, changes);
    for (size_t i = 0; i < HP_USER_TOKEN_CHANGES; i++) {
        if (w->kind == HP_WRITE_CREATE && changes[i].op == HP_OP_UNSET) continue; /* there is none yet */
        put_change(w, changes[i]);
    }
}

/* Who signs in through others has an address that nobody types to sign in. */
static bool has_other_login(const hp_write *w) { return w->auth != NULL && hp_auth_has_other_than_anonymous(w->auth); }

/* A link that was mailed to the old address, or before the password changed, opens nothing any more; a new address is
 * unverified, whoever sets it, unless cloud code says otherwise. */
static hp_code complete_email(hp_write *w, hp_err *err)
{
    const hp_value *email = changed_value(w, HP_STR("email")), *verified = changed_value(w, HP_STR("emailVerified"));
    const bool moves = hp_write_changes(w, HP_STR("email"));
    const bool verify = w->call->settings->email.verify && text_given(email) && !has_other_login(w);

    HP_TRY(check_email(w, err));
    if (w->kind == HP_WRITE_UPDATE && (moves || w->password != NULL)) put_token(w, HP_USER_TOKEN_RESET, HP_STR_NONE);
    if (!verify) {
        if (moves || hp_is_true(verified)) put_token(w, HP_USER_TOKEN_VERIFY, HP_STR_NONE);
        return HP_OK;
    }
    if (!hp_str_present(w->verify_token)) HP_TRY(hp_user_token_make(w->call, &w->verify_token, err));
    put_token(w, HP_USER_TOKEN_VERIFY, w->verify_token);
    if (!hp_names_have(&w->touched, HP_STR("emailVerified")))
        put_change(w, (hp_change){ .path = { .field = hp_class_field(w->resolved.cls, HP_STR("emailVerified")) },
                                   .op = HP_OP_SET,
                                   .operand = hp_bool(false) });
    return HP_OK;
}

/* The write that a link was for. */
static void complete_spending(hp_write *w)
{
    if (w->spends == NULL) return;
    w->also = hp_user_token_condition(w->call, w->spends);
    if (w->spends->kind != HP_USER_TOKEN_RESET || !w->call->settings->account_lockout.unlock_on_password_reset) return;
    hp_write_set(w, HP_FIELD_FAILED_LOGINS, hp_number(0));
    hp_write_unset(w, HP_FIELD_LOCKED_UNTIL);
}

/* The columns besides authData itself: ids, which have an index, and what belongs to the second factor. */
static void complete_auth(hp_write *w)
{
    hp_change *columns;
    size_t count;
    hp_unit_op guard;

    if (w->auth == NULL) return;
    hp_auth_columns(w->call, w->auth, w->kind == HP_WRITE_CREATE, &columns, &count);
    for (size_t i = 0; i < count; i++) hp_write_add_change(w, columns[i]);
    if (w->kind == HP_WRITE_UPDATE && hp_auth_guard(w->call, w->auth, w->object_id, &guard))
        hp_ops_add(&w->before, w->call->mem, guard);
}

static hp_code check_password_type(const hp_write *w, hp_err *err)
{
    hp_type type;
    hp_str target;
    if (hp_is(w->password, HP_STRING)) return HP_OK;
    if (!hp_type_of_value(w->password, &type, &target) || hp_object_get(w->password, HP_STR("__op")) != NULL)
        return hp_fail(err, HP_E_PASSWORD_MISSING, "password is required");
    hp_str got = hp_type_print(w->call->mem, type, target);
    return hp_fail(err, HP_E_INCORRECT_TYPE, "schema mismatch for _User.password; expected String but got %" HP_STR_FMT,
                   HP_STR_ARG(got));
}

/* A new object keeps the user's hold on itself, whatever ACL was given; a client cannot give his up, master can. */
static void complete_acl(hp_write *w)
{
    hp_arena *mem = w->call->mem;
    bool creating = w->kind == HP_WRITE_CREATE;

    if (!creating && (w->acl == NULL || !is_client(w))) return;
    hp_value acl = hp_is(w->acl, HP_OBJECT) ? hp_object_clone(mem, w->acl) : hp_object();
    hp_value both = hp_object(), read = hp_object();
    if (w->acl == NULL && !w->call->settings->enforce_private_users) {
        hp_object_append(mem, &read, HP_STR("read"), hp_bool(true));
        hp_object_append(mem, &acl, HP_STR("*"), read);
    }
    hp_object_append(mem, &both, HP_STR("read"), hp_bool(true));
    hp_object_append(mem, &both, HP_STR("write"), hp_bool(true));
    hp_object_set(mem, &acl, w->object_id, both);
    w->acl = hp_value_new(mem, acl);
}

static hp_code open_session(hp_write *w, hp_str action, hp_str provider, hp_err *err)
{
    hp_unit_op ops[2];
    size_t count = 0;

    if (hp_str_eq(w->call->who.installation_id, HP_CLOUD_INSTALLATION)) return HP_OK;
    HP_TRY(hp_sessions_open(w->call, w->object_id, action, provider, ops, &count, &w->session_token, err));
    for (size_t i = 0; i < count; i++) hp_ops_add(&w->after, w->call->mem, ops[i]);
    hp_object_set(w->call->mem, &w->extra, HP_STR("sessionToken"), hp_string(w->session_token));
    return HP_OK;
}

/* Whoever held a session with the old password has none any more; who set the new one himself gets another. */
static hp_code renew_sessions(hp_write *w, hp_err *err)
{
    hp_arena *mem = w->call->mem;
    const hp_class *sessions = hp_schema_class(w->call->schema, HP_STR("_Session"));

    if (w->call->settings->revoke_session_on_password_reset) {
        hp_value user = hp_pointer(HP_STR("_User"), w->object_id);
        hp_ops_add(&w->after, mem,
                   (hp_unit_op){ .kind = HP_UNIT_DELETE_WHERE,
                                 .cls = sessions,
                                 .filter = hp_filter_eq(mem, hp_class_field(sessions, HP_STR("user")), user) });
    }
    if (!is_client(w) || !hp_str_eq(w->call->who.user_id, w->object_id)) return HP_OK;
    if (w->auth == NULL || w->auth->count == 0) /* he came by nothing: he was there */
        return open_session(w, HP_STR_NONE, HP_STR_NONE, err);
    return open_session(w, HP_STR("login"), hp_auth_names(w->call->mem, w->auth), err);
}

static hp_code complete_create(hp_write *w, hp_err *err)
{
    const bool other = w->auth != NULL && hp_auth_opens_account(w->auth);

    if (!other && w->password == NULL) /* cloud code took it away */
        return hp_fail(err, HP_E_PASSWORD_MISSING, "password is required");
    if (w->password != NULL) HP_TRY(hp_user_password_store(w, err));
    w->unverified = w->call->settings->email.verify && w->call->settings->email.prevent_login; /* however he signs up */
    if (w->unverified) return HP_OK;
    if (w->auth != NULL && hp_str_present(w->call->who.user_id)) return HP_OK; /* who is signed in stays who he is */
    return open_session(w, HP_STR("signup"), other ? hp_auth_names(w->call->mem, w->auth) : HP_STR("password"), err);
}

static hp_code complete_update(hp_write *w, hp_err *err)
{
    if (w->password == NULL) return HP_OK;
    HP_TRY(hp_user_password_store(w, err));
    return renew_sessions(w, err);
}

/* What the providers changed, and the session: in one unit, so that a code that is used up opens one session only. */
static hp_code complete_sign_in(hp_write *w, hp_err *err)
{
    hp_unit_op op;
    size_t count;

    HP_TRY(hp_auth_login_op(w->call, w->auth, w->object_id, &op, &count, err));
    if (count > 0) hp_ops_add(&w->before, w->call->mem, op);
    if (hp_str_eq(w->call->who.user_id, w->object_id)) return HP_OK; /* has one already */
    return open_session(w, HP_STR("login"), hp_auth_names(w->call->mem, w->auth), err);
}

static hp_code complete(hp_write *w, hp_err *err)
{
    if (w->signed_in) return complete_sign_in(w, err);
    if (w->password != NULL) HP_TRY(check_password_type(w, err)); /* types come before meanings */
    if (w->call->settings->lower_case_username) complete_letter_case(w, "username");
    if (w->call->settings->lower_case_email) complete_letter_case(w, "email");
    HP_TRY(complete_username(w, err));
    HP_TRY(complete_email(w, err));
    complete_spending(w);
    complete_auth(w);
    complete_acl(w);
    return w->kind == HP_WRITE_CREATE ? complete_create(w, err) : complete_update(w, err);
}

/* ---- answers ---- */

static hp_code missing(const hp_write *w, hp_err *err)
{
    return is_client(w) ? hp_deny(err, HP_E_SESSION_MISSING, "Insufficient auth.") : HP_OK;
}

static hp_code duplicate(hp_str index, hp_err *err)
{
    if (hp_str_eq(index, HP_STR(HP_INDEX_USERNAME)) || hp_str_eq(index, HP_STR(HP_INDEX_USERNAME_NOCASE)))
        return hp_fail(err, HP_E_USERNAME_TAKEN, "Account already exists for this username.");
    if (hp_str_eq(index, HP_STR(HP_INDEX_EMAIL)) || hp_str_eq(index, HP_STR(HP_INDEX_EMAIL_NOCASE)))
        return hp_fail(err, HP_E_EMAIL_TAKEN, "Account already exists for this email address.");
    return hp_auth_duplicate(index, err);
}

static hp_code follow_up(hp_write *w, hp_err *err)
{
    if (hp_str_present(w->verify_token) && w->call->core->mails != NULL) {
        const hp_mail_order order = { .kind = HP_MAIL_VERIFICATION,
                                      .whom = HP_MAIL_FOR_CHANGE,
                                      .key = w->object_id,
                                      .address = hp_object_text(&w->result->after.fields, HP_STR("email")),
                                      .token = w->verify_token };
        (void)hp_mail_queue_add(w->call->core->mails, &order); /* full: logged there; the user asks for another mail */
    }
    if (w->unverified && w->call->settings->email.prevent_signup)
        return hp_fail(err, HP_E_EMAIL_NOT_FOUND, "User email is not verified.");
    return HP_OK;
}

static hp_code answer_login(hp_write *w, hp_written *out, hp_err *err)
{
    *out = (hp_written){ .object_id = w->object_id };
    HP_TRY(hp_users_show(w->call, w->object_id, w->session_token, &out->body, err));
    if (w->auth->judged) hp_object_set(w->call->mem, &out->body, AUTH_RESPONSE, w->auth->response);
    return hp_users_run_trigger(w->call, HP_TRIGGER_AFTER_LOGIN, w->stored, w->session_token, err);
}

const hp_write_rules HP_USER_RULES = {
    .class_name = "_User",
    .check = check,
    .complete = complete,
    .missing = missing,
    .duplicate = duplicate,
    .follow_up = follow_up,
    .answer = answer_login,
};

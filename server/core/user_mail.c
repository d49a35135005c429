#include "core/user_mail.h"

#include "base/url.h"
#include "core/core_internal.h"
#include "core/mail_queue.h"
#include "core/object_write.h"
#include "core/serialise.h"
#include "core/user_token.h"
#include "core/users_internal.h"

static const hp_class *users_class(const hp_call *call) { return hp_schema_class(call->schema, HP_STR("_User")); }

static hp_filter *equal(const hp_call *call, const char *field, hp_value operand)
{
    return hp_filter_eq(call->mem, hp_class_field(users_class(call), hp_str_of(field)), operand);
}

static hp_str id_of(const hp_row *user) { return hp_object_text(&user->fields, HP_STR("objectId")); }
static hp_str email_of(const hp_row *user) { return hp_object_text(&user->fields, HP_STR("email")); }
static bool is_verified(const hp_row *user)
{
    return hp_is_true(hp_object_get(&user->fields, HP_STR("emailVerified")));
}

static hp_code find_one(hp_call *call, const hp_filter *filter, const hp_row **user, hp_err *err)
{
    hp_rows rows = { 0 };
    const hp_query q = { .cls = users_class(call),
                         .filter = filter,
                         .readable_by = { .unrestricted = true },
                         .limit = 1,
                         .internal = true };
    *user = NULL;
    HP_TRY(hp_store_find(call->core->parts.store, &q, call->mem, &rows, err));
    if (rows.count > 0) *user = &rows.items[0];
    return HP_OK;
}

/* Compared byte by byte, so that a look-alike address is nobody's. */
static hp_code find_by_address(hp_call *call, hp_str address, const hp_row **user, hp_err *err)
{
    hp_filter *by_name[] = { equal(call, "username", hp_string(address)), equal(call, "email", hp_null()) };
    hp_filter *either[] = { equal(call, "email", hp_string(address)),
                            hp_filter_join(call->mem, HP_FILTER_AND, by_name, 2) };
    return find_one(call, hp_filter_join(call->mem, HP_FILTER_OR, either, 2), user, err);
}

/* ---- requests ---- */

static hp_code check_configured(const hp_call *call, hp_err *err)
{
    if (call->core->mails != NULL && call->settings->email.links) return HP_OK;
    return hp_fail(
        err, HP_E_INTERNAL,
        "An appName, publicServerURL, and emailAdapter are required for password reset and email verification "
        "functionality.");
}

static hp_code queue(hp_call *call, hp_mail_kind kind, hp_mail_for whom, hp_str key, hp_err *err)
{
    const hp_mail_order order = { .kind = kind, .whom = whom, .key = key };
    if (hp_mail_queue_add(call->core->mails, &order)) return HP_OK;
    return hp_fail_http(err, 503, "Too many mails are waiting; try again later.");
}

static hp_code no_email(hp_err *err) { return hp_fail(err, HP_E_EMAIL_MISSING, "you must provide an email"); }

static hp_code odd_email(hp_err *err)
{
    return hp_fail(err, HP_E_INVALID_EMAIL_ADDRESS, "you must provide a valid email string");
}

/* beforePasswordResetRequest. Whose address is nobody's is not told so by it: then it does not run. */
static hp_code ask_cloud_code(hp_call *call, const hp_row *user, hp_err *err)
{
    return user == NULL ? HP_OK
                        : hp_users_run_trigger(call, HP_TRIGGER_BEFORE_PASSWORD_RESET_REQUEST, user, HP_STR_NONE, err);
}

static bool is_triggered(const hp_call *call)
{
    return hp_hooks_has_trigger(call->core->parts.hooks, HP_TRIGGER_BEFORE_PASSWORD_RESET_REQUEST, HP_STR("_User"));
}

/* Whose link it was, once it has expired: who holds it may have another one sent to where it came from. */
static hp_code request_by_token(hp_call *call, const hp_value *sent, hp_err *err)
{
    const hp_row *user;
    bool expired;

    if (!hp_is(sent, HP_STRING)) return hp_fail(err, HP_E_INVALID_VALUE, "token must be a string");
    const hp_user_token token = { HP_USER_TOKEN_RESET, sent->string };
    HP_TRY(hp_user_token_find(call, &token, &user, &expired, err));
    if (user == NULL || !expired) return odd_email(err);
    HP_TRY(ask_cloud_code(call, user, err));
    return queue(call, HP_MAIL_PASSWORD_RESET, HP_MAIL_FOR_TOKEN, sent->string, err);
}

hp_code hp_users_request_password_reset(hp_call *call, const hp_value *email, const hp_value *token, hp_err *err)
{
    const bool tells = !call->settings->password_policy.reset_hides_unknown;
    const hp_row *user;

    HP_TRY(check_configured(call, err));
    if (hp_truthy(token)) return request_by_token(call, token, err);
    if (!hp_truthy(email)) return no_email(err);
    if (!hp_is(email, HP_STRING)) return odd_email(err);
    if (tells || is_triggered(call)) {
        HP_TRY(find_by_address(call, email->string, &user, err));
        HP_TRY(ask_cloud_code(call, user, err));
        if (user == NULL && tells) return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "A user with that email does not exist.");
    }
    return queue(call, HP_MAIL_PASSWORD_RESET, HP_MAIL_FOR_ADDRESS, email->string, err);
}

/* Told only where the configuration wants it told. */
static hp_code check_verifiable(hp_call *call, hp_str email, hp_err *err)
{
    const hp_row *user;
    HP_TRY(find_one(call, equal(call, "email", hp_string(email)), &user, err));
    if (user == NULL)
        return hp_fail(err, HP_E_EMAIL_NOT_FOUND, "No user found with email %" HP_STR_FMT, HP_STR_ARG(email));
    if (is_verified(user))
        return hp_fail(err, HP_E_OTHER_CAUSE, "Email %" HP_STR_FMT " is already verified.", HP_STR_ARG(email));
    return HP_OK;
}

hp_code hp_users_request_verification(hp_call *call, const hp_value *email, hp_err *err)
{
    HP_TRY(check_configured(call, err));
    if (!hp_truthy(email)) return no_email(err);
    if (!hp_is(email, HP_STRING)) return odd_email(err);
    if (!call->settings->email.verify_hides_unknown) HP_TRY(check_verifiable(call, email->string, err));
    if (!call->settings->email.verify) return HP_OK;
    return queue(call, HP_MAIL_VERIFICATION, HP_MAIL_FOR_ADDRESS, email->string, err);
}

hp_code hp_users_resend_verification(hp_call *call, hp_str username, hp_str token, hp_err *err)
{
    const bool by_token = hp_str_present(token);
    const hp_user_token held = { HP_USER_TOKEN_VERIFY, token };
    const hp_row *user;
    bool expired;

    if (call->core->mails == NULL || !call->settings->email.links || !call->settings->email.verify)
        return hp_fail(err, HP_E_EMAIL_NOT_FOUND, "Addresses are not verified here.");
    if (!call->settings->email.verify_hides_unknown) {
        if (by_token)
            HP_TRY(hp_user_token_find(call, &held, &user, &expired, err));
        else
            HP_TRY(find_one(call, equal(call, "username", hp_string(username)), &user, err));
        if (user == NULL || is_verified(user)) return hp_fail(err, HP_E_EMAIL_NOT_FOUND, "There is nothing to verify.");
    }
    return queue(call, HP_MAIL_VERIFICATION, by_token ? HP_MAIL_FOR_TOKEN : HP_MAIL_FOR_USERNAME,
                 by_token ? token : username, err);
}

/* ---- links ---- */

/* A write of the user that `token` belongs to, which uses it up. */
static hp_code spend(hp_call *call, const hp_user_token *token, const hp_row *user, const hp_value *body, hp_err *err)
{
    hp_written out;
    size_t failed;
    const hp_write_part part = {
        .kind = HP_WRITE_UPDATE, .class_name = HP_STR("_User"), .object_id = id_of(user), .body = body, .spends = token
    };
    return hp_objects_write_all(call, &part, 1, &out, &failed, err);
}

hp_code hp_users_verify_email(hp_call *call, hp_str text, hp_err *err)
{
    const hp_user_token token = { HP_USER_TOKEN_VERIFY, text };
    const hp_row *user;
    hp_value body = hp_object();
    bool expired;

    HP_TRY(hp_user_token_find(call, &token, &user, &expired, err));
    if (!call->settings->email.verify || user == NULL || expired)
        return hp_fail(err, HP_E_OBJECT_NOT_FOUND, "The verification link is invalid or has expired.");
    hp_object_append(call->mem, &body, HP_STR("emailVerified"), hp_bool(true));
    return spend(call, &token, user, &body, err);
}

static hp_code find_reset(hp_call *call, const hp_user_token *token, const hp_row **user, hp_err *err)
{
    bool expired;
    HP_TRY(hp_user_token_find(call, token, user, &expired, err));
    if (*user == NULL) return hp_fail(err, HP_E_OTHER_CAUSE, HP_RESET_INVALID);
    return expired ? hp_fail(err, HP_E_OTHER_CAUSE, HP_RESET_EXPIRED) : HP_OK;
}

hp_code hp_users_check_reset_token(hp_call *call, hp_str text, hp_err *err)
{
    const hp_user_token token = { HP_USER_TOKEN_RESET, text };
    const hp_row *user;
    return find_reset(call, &token, &user, err);
}

hp_code hp_users_reset_password(hp_call *call, hp_str text, hp_str password, hp_err *err)
{
    const hp_user_token token = { HP_USER_TOKEN_RESET, text };
    const hp_row *user;
    hp_value body = hp_object();

    /* First, so that who has no token makes nobody compute a hash. */
    HP_TRY(find_reset(call, &token, &user, err));
    hp_object_append(call->mem, &body, HP_STR("password"), hp_string(password));
    const hp_code rc = spend(call, &token, user, &body, err);
    return rc == HP_E_OBJECT_NOT_FOUND ? hp_fail(err, HP_E_OTHER_CAUSE, HP_RESET_INVALID) : rc;
}

/* ---- from an order to a mail, on the queue's thread ---- */

static hp_user_token_kind token_kind(hp_mail_kind kind)
{
    return kind == HP_MAIL_VERIFICATION ? HP_USER_TOKEN_VERIFY : HP_USER_TOKEN_RESET;
}

/* What must be so for the user to get this mail. */
static bool is_wanted(const hp_call *call, const hp_mail_order *order, const hp_row *user)
{
    if (user == NULL) return false;
    if (order->kind == HP_MAIL_PASSWORD_RESET) return true;
    return call->settings->email.verify && call->settings->email.send_verification && !is_verified(user) &&
           hp_str_present(email_of(user));
}

static hp_code find_user(hp_call *call, const hp_mail_order *order, const hp_row **user, hp_err *err)
{
    const hp_user_token token = { token_kind(order->kind), order->key };
    const hp_value key = hp_string(order->key);
    bool expired;

    switch (order->whom) {
    case HP_MAIL_FOR_ADDRESS:
        if (order->kind == HP_MAIL_PASSWORD_RESET) return find_by_address(call, order->key, user, err);
        return find_one(call, equal(call, "email", key), user, err);
    case HP_MAIL_FOR_USERNAME: return find_one(call, equal(call, "username", key), user, err);
    case HP_MAIL_FOR_TOKEN: return hp_user_token_find(call, &token, user, &expired, err);
    case HP_MAIL_FOR_CHANGE: return find_one(call, equal(call, "objectId", key), user, err);
    }
    *user = NULL;
    return HP_OK;
}

/* Gives the user a token for the address he has at this moment; *given is false if he has another one by now. */
static hp_code give_token(hp_call *call, hp_mail_kind kind, const hp_row *user, hp_str *token, bool *given, hp_err *err)
{
    hp_change changes[HP_USER_TOKEN_CHANGES];
    const hp_value *email = hp_object_get(&user->fields, HP_STR("email"));

    *token = hp_user_token_reusable(call, token_kind(kind), user);
    *given = hp_str_present(*token);
    if (*given) return HP_OK;
    HP_TRY(hp_user_token_make(call, token, err));
    hp_user_token_changes(call, token_kind(kind), *token, changes);
    hp_unit_op op = { .kind = HP_UNIT_UPDATE,
                      .cls = users_class(call),
                      .object_id = id_of(user),
                      .filter = equal(call, "email", email != NULL ? *email : hp_null()),
                      .writable_by = { .unrestricted = true },
                      .changes = changes,
                      .change_count = HP_USER_TOKEN_CHANGES };
    hp_unit unit = { .ops = &op, .count = 1 };
    const hp_code rc = hp_store_write(call->core->parts.store, &unit, call->mem, err);
    *given = rc == HP_OK;
    return rc == HP_E_OBJECT_NOT_FOUND ? HP_OK : rc;
}

static hp_str link_of(const hp_call *call, hp_mail_kind kind, hp_str token)
{
    const hp_settings *s = call->settings;
    const hp_str path = hp_arena_printf(call->mem, "/%" HP_STR_FMT "/%" HP_STR_FMT "/%s", HP_STR_ARG(s->pages.endpoint),
                                        HP_STR_ARG(hp_url_encode(call->mem, s->app_id)),
                                        kind == HP_MAIL_VERIFICATION ? "verify_email" : "request_password_reset");
    if (hp_str_present(s->pages.frame_url))
        return hp_arena_printf(call->mem, "%" HP_STR_FMT "?link=%" HP_STR_FMT "&token=%" HP_STR_FMT,
                               HP_STR_ARG(s->pages.frame_url), HP_STR_ARG(hp_url_encode(call->mem, path)),
                               HP_STR_ARG(token));
    return hp_arena_printf(call->mem, "%" HP_STR_FMT "%" HP_STR_FMT "?token=%" HP_STR_FMT,
                           HP_STR_ARG(s->public_server_url), HP_STR_ARG(path), HP_STR_ARG(token));
}

/* The user name is not in it: the mail may go to somebody who only ever saw the address. */
static void word(const hp_call *call, hp_mail *mail)
{
    const bool verifies = mail->kind == HP_MAIL_VERIFICATION;
    mail->subject = hp_arena_printf(call->mem, "%s%" HP_STR_FMT,
                                    verifies ? "Please verify your e-mail for " : "Password Reset for ",
                                    HP_STR_ARG(mail->app_name));
    if (verifies)
        mail->text = hp_arena_printf(call->mem,
                                     "Hello,\n\n%" HP_STR_FMT " was given as your e-mail address at %" HP_STR_FMT
                                     ". To confirm it, open this link:\n\n%" HP_STR_FMT
                                     "\n\nIf it was not you, there is nothing to do.\n",
                                     HP_STR_ARG(mail->to), HP_STR_ARG(mail->app_name), HP_STR_ARG(mail->link));
    else
        mail->text = hp_arena_printf(call->mem,
                                     "Hello,\n\na new password was asked for your account at %" HP_STR_FMT
                                     ". To choose one, open this link:\n\n%" HP_STR_FMT
                                     "\n\nIf it was not you, there is nothing to do: the old password stays.\n",
                                     HP_STR_ARG(mail->app_name), HP_STR_ARG(mail->link));
}

static hp_value as_cloud_code_sees(const hp_call *call, const hp_row *user)
{
    const hp_grant all = { .scope = { .unrestricted = true } };
    return hp_serialise(call, users_class(call), &all, user, NULL);
}

hp_code hp_mail_order_write(hp_call *call, const hp_mail_order *order, hp_mail *mail, bool *wanted, hp_err *err)
{
    const hp_row *user;
    hp_str token = order->token;

    *wanted = false;
    HP_TRY(find_user(call, order, &user, err));
    if (!is_wanted(call, order, user)) return HP_OK;
    if (order->whom == HP_MAIL_FOR_CHANGE)
        *wanted = hp_str_eq(email_of(user), order->address); /* changed again: that change has its own mail */
    else
        HP_TRY(give_token(call, order->kind, user, &token, wanted, err));
    if (!*wanted) return HP_OK;

    *mail = (hp_mail){ .kind = order->kind,
                       .to = email_of(user),
                       .app_name = call->settings->app_name,
                       .link = link_of(call, order->kind, token),
                       .user = as_cloud_code_sees(call, user) };
    if (mail->to.len == 0) mail->to = hp_object_text(&user->fields, HP_STR("username"));
    word(call, mail);
    return HP_OK;
}

/* rest/users.c — signing in and out, and what a session says of itself. */
#include "core/sessions.h"
#include "core/user_mail.h"
#include "core/users.h"
#include "rest/route.h"

/* The query string's credentials count only when the body has none. They are texts, never JSON. */
static hp_login read_login(const hp_rest_request *rq)
{
    const hp_str username = HP_STR("username"), email = HP_STR("email");
    bool in_body = hp_object_get(rq->body, username) != NULL || hp_object_get(rq->body, email) != NULL;
    bool in_query = hp_object_get(rq->query, username) != NULL || hp_object_get(rq->query, email) != NULL;
    const hp_value *from = in_query && !in_body ? rq->query : rq->body;
    return (hp_login){ .username = hp_object_get(from, username),
                       .email = hp_object_get(from, email),
                       .password = hp_object_get(from, HP_STR("password")),
                       .auth_data = hp_object_get(rq->body, HP_STR("authData")),
                       .ignore_email_verification = hp_truthy(hp_object_get(from, HP_STR("ignoreEmailVerification"))) };
}

static hp_code login(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_login login = read_login(rq);
    return hp_users_login(rq->call, &login, &answer->body, err);
}

static hp_code verify_password(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    hp_login login = read_login(rq);
    return hp_users_verify_password(rq->call, &login, &answer->body, err);
}

static hp_code challenge(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_users_challenge(rq->call, rq->body, &answer->body, err);
}

static hp_code logout(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    (void)answer;
    return hp_users_logout(rq->call, rq->session_token, err);
}

static hp_code me(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_users_me(rq->call, rq->session_token, &answer->body, err);
}

static hp_code session_me(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_sessions_me(rq->call, rq->session_token, &answer->body, err);
}

static hp_code upgrade_session(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    return hp_sessions_upgrade(rq->call, &answer->body, err);
}

static hp_code login_as(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    const hp_value *in_query = hp_object_get(rq->query, HP_STR("userId"));
    return hp_users_login_as(rq->call, in_query != NULL ? in_query : hp_object_get(rq->body, HP_STR("userId")),
                             &answer->body, err);
}

static hp_code request_password_reset(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    (void)answer;
    return hp_users_request_password_reset(rq->call, hp_object_get(rq->body, HP_STR("email")),
                                           hp_object_get(rq->body, HP_STR("token")), err);
}

static hp_code request_verification(const hp_rest_request *rq, hp_rest_answer *answer, hp_err *err)
{
    (void)answer;
    return hp_users_request_verification(rq->call, hp_object_get(rq->body, HP_STR("email")), err);
}

const hp_route HP_ROUTES_USERS[] = {
    { HP_METHOD_GET, "login", HP_NEED_APP_NO_USER, login },
    { HP_METHOD_POST, "login", HP_NEED_APP_NO_USER, login },
    { HP_METHOD_GET, "verifyPassword", HP_NEED_APP, verify_password },
    { HP_METHOD_POST, "verifyPassword", HP_NEED_APP, verify_password },
    { HP_METHOD_POST, "challenge", HP_NEED_APP, challenge },
    { HP_METHOD_POST, "logout", HP_NEED_APP, logout },
    { HP_METHOD_POST, "loginAs", HP_NEED_APP, login_as },
    { HP_METHOD_POST, "requestPasswordReset", HP_NEED_APP, request_password_reset },
    { HP_METHOD_POST, "verificationEmailRequest", HP_NEED_APP, request_verification },
    { HP_METHOD_GET, "users/me", HP_NEED_APP, me },
    { HP_METHOD_GET, "sessions/me", HP_NEED_APP_NO_USER, session_me },
    { HP_METHOD_POST, "upgradeToRevocableSession", HP_NEED_APP, upgrade_session },
    { 0 },
};

/* core/user_token.h — the one-time tokens in mail links: who holds one may verify an address, or set a new password.
 *
 * 25 random letters and digits, 148 bits. What is stored is the digest: a copy of the database opens no account. Two kinds are
 * stored as they are and found too: those of an imported app, and those that a configuration wants to be mailed again
 * (…ReuseIfValid). A token is used up by the write it is for, under the condition that it is still there. Everything lives
 * in the call's arena. */
#ifndef HP_CORE_USER_TOKEN_H
#define HP_CORE_USER_TOKEN_H

#include "core/call.h"
#include "query/change.h"

typedef enum hp_user_token_kind { HP_USER_TOKEN_VERIFY, HP_USER_TOKEN_RESET } hp_user_token_kind;

enum { HP_USER_TOKEN_LEN = 25, HP_USER_TOKEN_CHANGES = 2 };

typedef struct hp_user_token {
    hp_user_token_kind kind;
    hp_str text; /* as it came from outside */
} hp_user_token;

/* Errors: INTERNAL. */
HP_MUST_USE hp_code hp_user_token_make(hp_call *call, hp_str *text, hp_err *err);

/* What gives a user the token `text` and its expiry; the absent text takes both away. */
void hp_user_token_changes(const hp_call *call, hp_user_token_kind kind, hp_str text,
                           hp_change out[HP_USER_TOKEN_CHANGES]);

/* The token is the user's and has not expired. */
hp_filter *hp_user_token_condition(const hp_call *call, const hp_user_token *token);

/* The user whose token it is, with its internal part; NULL if there is none. *expired: its time is over. */
HP_MUST_USE hp_code hp_user_token_find(hp_call *call, const hp_user_token *token, const hp_row **user, bool *expired,
                                       hp_err *err);

/* The token that `user` holds and that may be mailed once more, or the absent text. */
hp_str hp_user_token_reusable(const hp_call *call, hp_user_token_kind kind, const hp_row *user);

#endif

/* core/mfa.h — the second factor: one-time passwords of an app or by SMS (core/mfa_sms.h), and recovery codes.
 *
 * Secret, recovery codes (as digests) and the last step that was used are columns of the server's own: no answer, trigger or
 * event can hold them. What everybody else sees is authData.mfa = {"status":"enabled"}. A code opens one session only: the
 * write that it is for carries the condition that its step, or the recovery code, has not been used. The
 * code that confirms a set-up is not used up by it, so that a user may sign in right after. */
#ifndef HP_CORE_MFA_H
#define HP_CORE_MFA_H

#include "core/call.h"

#define HP_MFA_PROVIDER "mfa"

enum { HP_MFA_CHANGES_MAX = 8 };

typedef struct hp_mfa_change { /* what a request does to a user's second factor; all zero: nothing */
    bool set_up;               /* a new secret, in place of any other */
    bool off;
    hp_str secret;
    hp_value recovery; /* digests */
    bool used_code;    /* `step` is used up */
    int64_t step;
    hp_str used_recovery; /* the digest of the recovery code that is used up, or absent */
    hp_str used_sms;      /* of the code that was sent by SMS and is used up, or absent */
    hp_str mobile;        /* the number that it confirms, or absent */
    bool asked_for_sms;   /* the request was for a code to be sent: nothing was wrong with it */
} hp_mfa_change;

/* True if `user` (with its internal part) has a second factor and the configuration knows them. */
bool hp_mfa_enabled(const hp_call *call, const hp_row *user);

/* The stored, public form of authData.mfa: {"status": "enabled"}, or "disabled" before a number is confirmed. Static. */
const hp_value *hp_mfa_public(bool enabled);

/* Set-up from {secret, token}. *response gets the recovery codes, which are shown this once.
 * Errors: SCRIPT_FAILED `Invalid MFA data`, `Invalid MFA token`. */
HP_MUST_USE hp_code hp_mfa_set_up(hp_call *call, const hp_value *sent, hp_mfa_change *change, hp_value *response,
                                  hp_err *err);

/* Set-up by SMS from {mobile}, which sends a code, or {mobile, token}, which confirms it. *enabled: it did.
 * Errors: those of core/mfa_sms.h; SCRIPT_FAILED `Invalid MFA data` for a user who is only being made. */
HP_MUST_USE hp_code hp_mfa_set_up_sms(hp_call *call, const hp_value *sent, const hp_row *user, hp_mfa_change *change,
                                      bool *enabled, hp_err *err);

/* Checks a code or a recovery code against `user`; "request" has one sent.
 * Errors: SCRIPT_FAILED `Invalid MFA token`, `Please enter the token`. */
HP_MUST_USE hp_code hp_mfa_use(hp_call *call, const hp_value *token, const hp_row *user, hp_mfa_change *change,
                               hp_err *err);

/* The changes of columns of `users`; at most HP_MFA_CHANGES_MAX. Returns how many. */
size_t hp_mfa_changes(const hp_call *call, const hp_class *users, const hp_mfa_change *change, hp_change *out);

/* What must still be true of the user when they are made, or NULL; a miss is answered HP_MFA_INVALID_TOKEN. */
hp_filter *hp_mfa_condition(const hp_call *call, const hp_class *users, const hp_mfa_change *change);

#define HP_MFA_INVALID_TOKEN "Invalid MFA token"

#endif

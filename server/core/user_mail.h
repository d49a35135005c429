/* core/user_mail.h — verifying addresses and setting a forgotten password anew, by links in mails.
 *
 * What a stranger asks for an address is answered before the address is looked up: look-up, token and mail are the queue's
 * business (core/mail_queue.h), so neither answer nor time tells whether there is such a user. Only
 * where the configuration wants an error for unknown addresses are they looked up at once.
 * So are they where cloud code wants to be asked before a reset (beforePasswordResetRequest): it is for users only.
 * Setting a password and marking an address verified are ordinary writes of _User (core/objects.h) that use up a token. */
#ifndef HP_CORE_USER_MAIL_H
#define HP_CORE_USER_MAIL_H

#include "core/call.h"

/* What the page of a link that does not (or no longer) open anything says, as Parse words it. */
#define HP_RESET_INVALID "Failed to reset password: username / email / token is invalid"
#define HP_RESET_EXPIRED "The password reset link has expired"

/* POST /requestPasswordReset; values as sent, of any type; NULL: not sent. `token`: of an expired link, instead of the
 * address. Errors: INTERNAL when mail is not configured, EMAIL_MISSING, INVALID_EMAIL_ADDRESS, INVALID_VALUE;
 * OBJECT_NOT_FOUND where the configuration says so; what cloud code throws; HTTP 503 when too many mails wait. */
HP_MUST_USE hp_code hp_users_request_password_reset(hp_call *call, const hp_value *email, const hp_value *token,
                                                    hp_err *err);

/* POST /verificationEmailRequest. Errors: likewise, with EMAIL_NOT_FOUND and OTHER_CAUSE for an address that is verified. */
HP_MUST_USE hp_code hp_users_request_verification(hp_call *call, const hp_value *email, hp_err *err);

/* The page's form of it: by username, or by the token of a link (an expired one counts); absent texts: not sent.
 * Errors: EMAIL_NOT_FOUND where the configuration does not hide it; HTTP 503. */
HP_MUST_USE hp_code hp_users_resend_verification(hp_call *call, hp_str username, hp_str token, hp_err *err);

/* Uses the token up and marks the address as verified. `call` has master rights.
 * Errors: OBJECT_NOT_FOUND for a token that is unknown, used or expired; what cloud code throws. */
HP_MUST_USE hp_code hp_users_verify_email(hp_call *call, hp_str token, hp_err *err);

/* Whether the link may show its form. Errors: OTHER_CAUSE with one of the two texts above. */
HP_MUST_USE hp_code hp_users_check_reset_token(hp_call *call, hp_str token, hp_err *err);

/* Uses the token up and sets the password: policy, history, sessions as in any change of it. `call` has master rights.
 * Errors: as above; VALIDATION_ERROR with the policy's text; what cloud code throws. */
HP_MUST_USE hp_code hp_users_reset_password(hp_call *call, hp_str token, hp_str password, hp_err *err);

#endif

/* core/mfa_sms.h — one-time passwords that are sent to a phone, by an adapter behind HTTP.
 *
 * A user has one code at a time: its digest, the number it went to, when it ends and how often it was tried are columns of
 * the server's own. While it is good no other one is sent, so that nobody's phone, and no bill for texts, is at the mercy of
 * who knows a password. A try is counted before it is looked at. Blocks: as long as the adapter takes. */
#ifndef HP_CORE_MFA_SMS_H
#define HP_CORE_MFA_SMS_H

#include "core/mfa.h"

/* The confirmed number of `user` (with its internal part), or absent. */
hp_str hp_mfa_mobile(const hp_row *user);

/* Sends a code to `mobile`; nothing if one was sent there that is still good.
 * Errors: SCRIPT_FAILED for what is no number, while a code for another one is good, or as the adapter says. */
HP_MUST_USE hp_code hp_mfa_sms_send(hp_call *call, const hp_row *user, hp_str mobile, hp_err *err);

/* Checks the code that was sent to `mobile`, and fills in that it is used up. Errors: SCRIPT_FAILED `Invalid MFA token`,
 * `This number is not pending`. */
HP_MUST_USE hp_code hp_mfa_sms_check(hp_call *call, const hp_row *user, hp_str mobile, const hp_value *token,
                                     hp_mfa_change *change, hp_err *err);

/* The changes that forget the code. Returns how many: HP_MFA_SMS_COLUMNS. */
enum { HP_MFA_SMS_COLUMNS = 4 };
size_t hp_mfa_sms_forget(const hp_class *users, hp_change *out);

#endif

/* core/system_classes.h — the classes that Parse itself brings: their columns, what a new object of them needs, their
 * indexes. Constant tables; any thread. */
#ifndef HP_CORE_SYSTEM_CLASSES_H
#define HP_CORE_SYSTEM_CLASSES_H

#include "core/core.h"

/* The unique indexes whose violation has an error of its own. */
#define HP_INDEX_USERNAME "username_1"
#define HP_INDEX_USERNAME_NOCASE "case_insensitive_username"
#define HP_INDEX_EMAIL "email_1"
#define HP_INDEX_EMAIL_NOCASE "case_insensitive_email"
#define HP_INDEX_REQUEST_ID "reqId_1"

/* _User's columns that only the server reads and writes. */
#define HP_FIELD_PASSWORD_HASH "_hashed_password"
#define HP_FIELD_PASSWORD_CHANGED "_password_changed_at"
#define HP_FIELD_PASSWORD_HISTORY "_password_history"
#define HP_FIELD_FAILED_LOGINS "_failed_login_count"
#define HP_FIELD_LOCKED_UNTIL "_account_lockout_expires_at"
#define HP_FIELD_VERIFY_TOKEN "_email_verify_token" /* core/user_token.h */
#define HP_FIELD_VERIFY_EXPIRY "_email_verify_token_expires_at"
#define HP_FIELD_RESET_TOKEN "_perishable_token"
#define HP_FIELD_RESET_EXPIRY "_perishable_token_expires_at"
#define HP_FIELD_MFA_SECRET "_mfa_secret"
#define HP_FIELD_MFA_RECOVERY "_mfa_recovery"
#define HP_FIELD_MFA_MOBILE "_mfa_mobile" /* the confirmed number */
#define HP_FIELD_MFA_SMS_MOBILE \
    "_mfa_sms_mobile" /* where a code was sent, its digest, its end, how often it was tried */
#define HP_FIELD_MFA_SMS_CODE "_mfa_sms_code"
#define HP_FIELD_MFA_SMS_UNTIL "_mfa_sms_until"
#define HP_FIELD_MFA_SMS_TRIES "_mfa_sms_tries"
#define HP_FIELD_MFA_STEP "_mfa_step" /* the last step a code was used for */

/* The names that a create of `class_name` must have ("name", "ACL", …), in order; *count is 0 for most. Static. */
const hp_str *hp_system_required(hp_str class_name, size_t *count);

/* True for an index that the server itself keeps on a system class: nobody else changes it. */
bool hp_system_index(hp_str class_name, hp_str index_name);

/* The server's own books: the schema API never lists and never changes them, and no write adds a field. */
bool hp_system_class_is_volatile(hp_str class_name);

/* Those among them whose rows come into being by routes of their own: /hooks, /config, /graphql-config. */
bool hp_system_class_has_routes(hp_str class_name);

/* Drops the class `cls`, which has to be empty. One that is always there is made anew in the same unit: nobody ever finds the
 * server without it. Lives in `mem`. */
hp_unit hp_system_class_drop(const hp_class *cls, const hp_settings *settings, hp_arena *mem);

/* Creates _User, _Role, _Session, _GlobalConfig and _Idempotency, or what they lack: columns that came with a newer
 * version, indexes, and for every provider of `auth` the column of its ids with its index (core/auth_data.h). Blocks. Errors: the store's. */
HP_MUST_USE hp_code hp_system_classes_ensure(hp_core *core, hp_err *err);

#endif

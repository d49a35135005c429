#include "core/security_check.h"

#include "core/settings.h"

enum { MASTER_KEY_LEN_MIN = 14, KINDS_MIN = 3, RANDOM_LEN_MIN = 32, RANDOM_KINDS_MIN = 2 };

/* Long, and of several kinds of characters; or as long as what a program makes of random bytes, in hexadecimal digits. */
static bool strong_master_key(const hp_settings *s)
{
    bool lower = false, upper = false, digit = false, other = false;
    for (size_t i = 0; i < s->master_key.len; i++) {
        const char c = s->master_key.ptr[i];
        if (c >= 'a' && c <= 'z')
            lower = true;
        else if (c >= 'A' && c <= 'Z')
            upper = true;
        else if (c >= '0' && c <= '9')
            digit = true;
        else
            other = true;
    }
    const int kinds = lower + upper + digit + other;
    return (s->master_key.len >= MASTER_KEY_LEN_MIN && kinds >= KINDS_MIN) ||
           (s->master_key.len >= RANDOM_LEN_MIN && kinds >= RANDOM_KINDS_MIN);
}

static bool limited_master_key(const hp_settings *s)
{
    for (size_t i = 0; i < s->master_key_ips.count; i++)
        if (s->master_key_ips.items[i].prefix_bits == 0) return false;
    return true;
}

static bool closed_schema(const hp_settings *s) { return !s->allow_client_class_creation; }
static bool private_users(const hp_settings *s) { return s->enforce_private_users; }
static bool closed_upload(const hp_settings *s) { return !s->file_upload.access.for_public; }
static bool hidden_plans(const hp_settings *s) { return !s->allow_public_explain; }
static bool short_errors(const hp_settings *s) { return s->sanitized_errors; }
static bool locked_accounts(const hp_settings *s) { return s->account_lockout.threshold > 0; }

static const struct {
    hp_str title;
    bool (*passes)(const hp_settings *s);
    hp_str warning, solution;
} CHECKS[] = {
    { HP_STR_INIT("Secure master key"), strong_master_key,
      HP_STR_INIT("The master key opens everything and can be guessed: it is short or of few kinds of characters."),
      HP_STR_INIT("Set masterKey to at least 14 characters with small and capital letters and digits, or to 32 random "
                  "hexadecimal digits.") },
    { HP_STR_INIT("Master key limited to known addresses"), limited_master_key,
      HP_STR_INIT("Whoever learns the master key can use it from anywhere."),
      HP_STR_INIT("Set masterKeyIps to the addresses of your own machines.") },
    { HP_STR_INIT("Client class creation disabled"), closed_schema,
      HP_STR_INIT("Clients can create classes, with permissions that nobody has thought about."),
      HP_STR_INIT("Set allowClientClassCreation to false, and create classes with the master key.") },
    { HP_STR_INIT("Users are created without public access"), private_users,
      HP_STR_INIT("A new user can be read by everybody."), HP_STR_INIT("Set enforcePrivateUsers to true.") },
    { HP_STR_INIT("File upload by the public disabled"), closed_upload, HP_STR_INIT("Everybody can store files here."),
      HP_STR_INIT("Set fileUpload.enableForPublic to false.") },
    { HP_STR_INIT("Query plans hidden"), hidden_plans,
      HP_STR_INIT("Clients can look at query plans, and so at indexes."),
      HP_STR_INIT("Set databaseOptions.allowPublicExplain to false.") },
    { HP_STR_INIT("Permission errors without details"), short_errors,
      HP_STR_INIT("A refusal tells clients which permission they lack."),
      HP_STR_INIT("Set enableSanitizedErrorResponse to true.") },
    { HP_STR_INIT("Accounts lock after wrong passwords"), locked_accounts,
      HP_STR_INIT("Passwords can be tried without end."),
      HP_STR_INIT("Set accountLockout.threshold and accountLockout.duration.") },
};

static hp_value state_of(bool passes) { return hp_string(passes ? HP_STR("success") : HP_STR("fail")); }

hp_code hp_security_report(const hp_call *call, hp_value *out, hp_err *err)
{
    hp_arena *mem = call->mem;
    hp_value report = hp_object(), group = hp_object(), groups = hp_array(), checks = hp_array();
    bool all = true;

    if (!call->settings->security_check)
        return hp_fail_http(err, 409, "Enable Parse Server option `security.enableCheck` to run security check.");
    for (size_t i = 0; i < sizeof CHECKS / sizeof *CHECKS; i++) {
        const bool passes = CHECKS[i].passes(call->settings);
        hp_value check = hp_object();
        hp_object_append(mem, &check, HP_STR("title"), hp_string(CHECKS[i].title));
        hp_object_append(mem, &check, HP_STR("state"), state_of(passes));
        if (!passes) {
            hp_object_append(mem, &check, HP_STR("warning"), hp_string(CHECKS[i].warning));
            hp_object_append(mem, &check, HP_STR("solution"), hp_string(CHECKS[i].solution));
        }
        hp_array_push(mem, &checks, check);
        all = all && passes;
    }
    hp_object_append(mem, &group, HP_STR("name"), hp_string(HP_STR("Server configuration")));
    hp_object_append(mem, &group, HP_STR("state"), state_of(all));
    hp_object_append(mem, &group, HP_STR("checks"), checks);
    hp_array_push(mem, &groups, group);
    hp_object_append(mem, &report, HP_STR("version"), hp_string(HP_STR("1.0.0")));
    hp_object_append(mem, &report, HP_STR("state"), state_of(all));
    hp_object_append(mem, &report, HP_STR("groups"), groups);
    *out = hp_object();
    hp_object_append(mem, out, HP_STR("report"), report);
    return HP_OK;
}

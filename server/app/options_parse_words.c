#include "app/options_parse_words.h"

#include "value/json.h"

typedef struct words {
    const char *option;
    const char *wrong_type, *out_of_range; /* "%s" is what was found; out_of_range NULL: the same */
} words;

static const words WORDS[] = {
    { "appId", "ERROR: appId and masterKey are required", NULL },
    { "masterKey", "ERROR: appId and masterKey are required", NULL },
    { "publicServerURL", "The option publicServerURL must be a valid URL starting with http:// or https://.", NULL },
    { "masterKeyIps", "The Parse Server option \"masterKeyIps\" contains an invalid IP address \"%s\".", NULL },
    { "maintenanceKeyIps", "The Parse Server option \"maintenanceKeyIps\" contains an invalid IP address \"%s\".",
      NULL },
    { "readOnlyMasterKeyIps", "The Parse Server option \"readOnlyMasterKeyIps\" contains an invalid IP address \"%s\".",
      NULL },
    { "allowHeaders", "Allow headers must only contain strings", "Allow headers must not contain empty strings" },
    { "sessionLength", NULL, "Session length must be a value greater than 0." },
    { "defaultLimit", NULL, "Default limit must be a value greater than 0." },
    { "maxLimit", NULL, "Max limit must be a value greater than 0." },
    { "idempotencyOptions.ttl", "idempotency TTL value must be a number",
      "idempotency TTL value must be greater than 0 seconds" },
    { "idempotencyOptions.paths", "idempotency paths must be of an array of strings", NULL },
    { "accountLockout.duration", "Account lockout duration should be greater than 0 and less than 100000", NULL },
    { "accountLockout.threshold", "Account lockout threshold should be an integer greater than 0 and less than 1000",
      NULL },
    { "accountLockout.unlockOnPasswordReset",
      "Parse Server option accountLockout.unlockOnPasswordReset must be a boolean.", NULL },
    { "passwordPolicy.maxPasswordAge", "passwordPolicy.maxPasswordAge must be a positive number", NULL },
    { "passwordPolicy.resetTokenValidityDuration",
      "passwordPolicy.resetTokenValidityDuration must be a positive number", NULL },
    { "passwordPolicy.validatorPattern", "passwordPolicy.validatorPattern must be a regex string or RegExp object.",
      NULL },
    { "passwordPolicy.validatorCallback", "passwordPolicy.validatorCallback must be a function.", NULL },
    { "passwordPolicy.doNotAllowUsername", "passwordPolicy.doNotAllowUsername must be a boolean value.", NULL },
    { "passwordPolicy.maxPasswordHistory", "passwordPolicy.maxPasswordHistory must be an integer ranging 0 - 20",
      NULL },
    { "passwordPolicy.resetTokenReuseIfValid", "resetTokenReuseIfValid must be a boolean value", NULL },
    { "passwordPolicy.resetPasswordSuccessOnInvalidEmail", "resetPasswordSuccessOnInvalidEmail must be a boolean value",
      NULL },
    { "emailVerifyTokenValidityDuration", "Email verify token validity duration must be a valid number.",
      "Email verify token validity duration must be a value greater than 0." },
    { "revokeSessionOnPasswordReset", "revokeSessionOnPasswordReset must be a boolean value", NULL },
    { "extendSessionOnUse", "extendSessionOnUse must be a boolean value", NULL },
    { "enforcePrivateUsers", "Parse Server option enforcePrivateUsers must be a boolean.", NULL },
    { "allowExpiredAuthDataToken", "Parse Server option allowExpiredAuthDataToken must be a boolean.", NULL },
    { "allowClientClassCreation", "Parse Server option allowClientClassCreation must be a boolean.", NULL },
    { "enableInsecureAuthAdapters", "Parse Server option enableInsecureAuthAdapters must be a boolean.", NULL },
    { "requestKeywordDenylist", "Parse Server option requestKeywordDenylist must be an array.", NULL },
    { "routeAllowList", "Parse Server option routeAllowList must be an array of strings.",
      "Parse Server option routeAllowList contains a non-string value." },
    { "databaseOptions", "databaseOptions must be an object", NULL },
    { "customPages", "Parse Server option customPages must be an object.", NULL },
    { "schema", "Parse Server option schema must be an object.", NULL },
    { "schema.definitions", "Parse Server option schema.definitions must be an array.", NULL },
    { "schema.strict", "Parse Server option schema.strict must be a boolean.", NULL },
    { "schema.deleteExtraFields", "Parse Server option schema.deleteExtraFields must be a boolean.", NULL },
    { "schema.recreateModifiedFields", "Parse Server option schema.recreateModifiedFields must be a boolean.", NULL },
    { "schema.lockSchemas", "Parse Server option schema.lockSchemas must be a boolean.", NULL },
    { "schema.beforeMigration", "Parse Server option schema.beforeMigration must be a function.", NULL },
    { "schema.afterMigration", "Parse Server option schema.afterMigration must be a function.", NULL },
    { "requestComplexity", "requestComplexity must be an object.", NULL },
    { "requestComplexity.allowRegex", "requestComplexity.allowRegex must be a boolean.", NULL },
    { "installation", "installation must be an object.", NULL },
    { "installation.duplicateDeviceTokenActionEnforceAuth",
      "installation.duplicateDeviceTokenActionEnforceAuth must be a boolean.", NULL },
    { "installation.duplicateDeviceTokenAction",
      "installation.duplicateDeviceTokenAction must be one of: 'delete', 'update'.", NULL },
    { "installation.duplicateDeviceTokenMergePriority",
      "installation.duplicateDeviceTokenMergePriority must be one of: 'deviceToken', 'installationId'.", NULL },
    { "fileUpload", "fileUpload must be an object value.", NULL },
    { "fileUpload.enableForAnonymousUser", "fileUpload.enableForAnonymousUser must be a boolean value.", NULL },
    { "fileUpload.enableForPublic", "fileUpload.enableForPublic must be a boolean value.", NULL },
    { "fileUpload.enableForAuthenticatedUser", "fileUpload.enableForAuthenticatedUser must be a boolean value.", NULL },
    { "fileUpload.fileExtensions", "fileUpload.fileExtensions must be an array.", NULL },
    { "fileUpload.allowedFileUrlDomains", "fileUpload.allowedFileUrlDomains must be an array.",
      "fileUpload.allowedFileUrlDomains must contain only non-empty strings." },
    { "fileDownload", "fileDownload must be an object value.", NULL },
    { "fileDownload.enableForAnonymousUser", "fileDownload.enableForAnonymousUser must be a boolean value.", NULL },
    { "fileDownload.enableForPublic", "fileDownload.enableForPublic must be a boolean value.", NULL },
    { "fileDownload.enableForAuthenticatedUser", "fileDownload.enableForAuthenticatedUser must be a boolean value.",
      NULL },
    { "security", "Parse Server option security must be an object.", NULL },
    { "security.enableCheck", "Parse Server option security.enableCheck must be a boolean.", NULL },
    { "security.enableCheckLog", "Parse Server option security.enableCheckLog must be a boolean.", NULL },
};

static const words *find(hp_str option)
{
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (hp_str_eq(option, hp_str_of(WORDS[i].option))) return &WORDS[i];
    return NULL;
}

/* What stands behind a CIDR's slash is not an address to Parse Server. */
static hp_str found_text(hp_arena *mem, const hp_option *o, const hp_value *in)
{
    if (in == NULL || (o->flags & HP_OPTION_SECRET)) return HP_STR("");
    hp_str text = hp_is(in, HP_STRING) ? in->string : hp_json_text(mem, in);
    return o->type == HP_OPTION_IP_LIST ? hp_str_sub(text, 0, hp_str_find_char(text, '/', 0)) : text;
}

static hp_str filled(hp_arena *mem, const char *sentence, hp_str found)
{
    const hp_str s = hp_str_of(sentence);
    for (size_t i = 0; i + 1 < s.len; i++)
        if (s.ptr[i] == '%' && s.ptr[i + 1] == 's')
            return hp_arena_printf(mem, "%.*s%" HP_STR_FMT "%s", (int)i, sentence, HP_STR_ARG(found), sentence + i + 2);
    return s;
}

static bool is_number(const hp_option *o, const hp_value *in)
{
    int64_t n;
    if (o->type == HP_OPTION_INT)
        return hp_is(in, HP_NUMBER) || (hp_is(in, HP_STRING) && hp_str_to_int64(in->string, INT64_MIN, INT64_MAX, &n));
    return hp_is(in, HP_STRING); /* an element of a list */
}

hp_str hp_option_parse_words(hp_arena *mem, const hp_option *o, const hp_value *in)
{
    const hp_str name = hp_str_of(o->name), found = found_text(mem, o, in);
    const words *w = find(name);

    if (w != NULL && w->out_of_range != NULL && is_number(o, in)) return filled(mem, w->out_of_range, found);
    if (w != NULL && w->wrong_type != NULL) return filled(mem, w->wrong_type, found);
    if (hp_str_starts(name, HP_STR("requestComplexity.")))
        return hp_arena_printf(mem, "%s must be a positive integer or -1 to disable.", o->name);
    if (o->type != HP_OPTION_INT || is_number(o, in)) return HP_STR_NONE;
    return hp_arena_printf(mem, "Key %s has invalid value %" HP_STR_FMT, o->name, HP_STR_ARG(found));
}

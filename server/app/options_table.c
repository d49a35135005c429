/* app/options_table.c — every option, one row each.
 *
 * Adding one: a row here, a member in hp_settings or hp_server_options, and `HP_UPDATE_DOCS=1` for the unit test that keeps
 * docs/configuration.md. An option of Parse Server that this version does not honour stays in the list: as IGNORED where it
 * asks for a feature, so that an app's configuration starts and says at once what is missing; as NOT_YET where it asks for
 * a protection or where the app could not work without it; NO_EFFECT is for the few where no value could mislead. */
#include <stddef.h>

#include "app/options_internal.h"
#include "base/limits.h"

#define ROW(row_name, row_env, row_type, row_default, ...) \
    { .name = (row_name), .env = (row_env), .type = HP_OPTION_##row_type, .default_text = (row_default), __VA_ARGS__ },
#define SECTION(title) { .name = (title), .type = HP_OPTION_SECTION },
#define SAYS(text) .sentence = (text)
#define RANGE(low, high, of) .min = (low), .max = (high), .unit = (of)
#define SCALE(factor) .scale = (factor)
#define CHOICES(text) .choices = (text)
#define TAKE(function) .take = (function)
#define FLAGS(set) .flags = (set)
#define LIVE HP_OPTION_RELOADABLE
#define KEY (HP_OPTION_SECRET | HP_OPTION_RELOADABLE)
#define NOT_YET(text) .status = HP_OPTION_NOT_YET, .sentence = (text)
#define IGNORED(text) .status = HP_OPTION_IGNORED, .sentence = (text)
#define NO_EFFECT(text) .status = HP_OPTION_NO_EFFECT, .sentence = (text)

/* The member decides how it is written: a row of the wrong type does not compile or fails the table's test. */
#define INTO(member)                                                                          \
    .offset = offsetof(hp_config, member), .store = _Generic(((hp_config *)0)->member, hp_str \
                                                             : HP_STORE_TEXT, bool            \
                                                             : HP_STORE_BOOL, int64_t         \
                                                             : HP_STORE_INT64, size_t         \
                                                             : HP_STORE_SIZE, uint16_t        \
                                                             : HP_STORE_PORT, hp_str_list     \
                                                             : HP_STORE_TEXTS, hp_ip_list     \
                                                             : HP_STORE_IPS)

#define ENV(name) "PARSE_SERVER_" name
#define LIVE_ENV(name) "PARSE_LIVE_QUERY_SERVER_" name

/* clang-format off */
const hp_option HP_OPTIONS[] = {
SECTION("App and keys")
ROW("appId", ENV("APPLICATION_ID"), TEXT, NULL, FLAGS(HP_OPTION_REQUIRED), INTO(settings.app_id),
    SAYS("Application id, sent by every client."))
ROW("masterKey", ENV("MASTER_KEY"), TEXT, NULL, FLAGS(KEY | HP_OPTION_REQUIRED), INTO(settings.master_key),
    SAYS("Key that passes every permission check."))
ROW("masterKeyIps", ENV("MASTER_KEY_IPS"), IP_LIST, "127.0.0.1,::1", FLAGS(LIVE), INTO(settings.master_key_ips),
    SAYS("Addresses and CIDR ranges the master key may be used from; 0.0.0.0/0 is every IPv4 address, ::/0 every IPv6 one."))
ROW("readOnlyMasterKey", ENV("READ_ONLY_MASTER_KEY"), TEXT, NULL, FLAGS(KEY), INTO(settings.read_only_master_key),
    SAYS("Key that reads like the master key and writes nothing."))
ROW("readOnlyMasterKeyIps", ENV("READ_ONLY_MASTER_KEY_IPS"), IP_LIST, "0.0.0.0/0,::0", FLAGS(LIVE),
    INTO(settings.read_only_master_key_ips), SAYS("Where the read-only master key may be used from."))
ROW("maintenanceKey", ENV("MAINTENANCE_KEY"), TEXT, NULL, FLAGS(KEY), INTO(settings.maintenance_key),
    SAYS("Key that reads and writes objects past all permissions and sets createdAt and updatedAt of new ones, for repairs "
         "and moves; internal fields are not among them, and it opens no master-only route."))
ROW("maintenanceKeyIps", ENV("MAINTENANCE_KEY_IPS"), IP_LIST, "127.0.0.1,::1", FLAGS(LIVE), INTO(settings.maintenance_key_ips),
    SAYS("Where the maintenance key may be used from."))
ROW("restAPIKey", ENV("REST_API_KEY"), TEXT, NULL, FLAGS(KEY), INTO(settings.rest_api_key),
    SAYS("Key for REST clients. Once one of the four client keys is set, every client must show one of them."))
ROW("javascriptKey", ENV("JAVASCRIPT_KEY"), TEXT, NULL, FLAGS(KEY), INTO(settings.javascript_key),
    SAYS("Key for JavaScript clients."))
ROW("clientKey", ENV("CLIENT_KEY"), TEXT, NULL, FLAGS(KEY), INTO(settings.client_key),
    SAYS("Key for iOS, Android, Swift and Flutter clients."))
ROW("dotNetKey", ENV("DOT_NET_KEY"), TEXT, NULL, FLAGS(KEY), INTO(settings.dot_net_key),
    SAYS("Key for .NET and Unity clients."))
ROW("appName", ENV("APP_NAME"), TEXT, NULL, FLAGS(LIVE), INTO(settings.app_name), SAYS("The app's name in mails and pages."))
ROW("webhookKey", ENV("WEBHOOK_KEY"), TEXT, NULL, FLAGS(KEY), INTO(settings.webhook_key),
    SAYS("Shown to webhooks in X-Parse-Webhook-Key, so that they know who asks."))
ROW("masterKeyTtl", ENV("MASTER_KEY_TTL"), JSON, NULL, NO_EFFECT("The master key is a fixed text; to change it, change it here and reload."))

SECTION("Address")
ROW("host", ENV("HOST"), TEXT, "0.0.0.0", INTO(server.host), SAYS("Address to listen on."))
ROW("port", "PORT", INT, "1337", RANGE(0, 65535, NULL), INTO(server.port), SAYS("Port to listen on; 0 takes a free one."))
ROW("mountPath", ENV("MOUNT_PATH"), TEXT, "/parse", TAKE(hp_take_mount_path), SAYS("Path under which the API answers."))
ROW("serverURL", ENV("URL"), URL, NULL, FLAGS(LIVE), INTO(settings.server_url),
    SAYS("URL of the API with its mount path; made from port and mountPath when unset."))
ROW("publicServerURL", "PARSE_PUBLIC_SERVER_URL", URL, NULL, FLAGS(LIVE), INTO(settings.public_server_url),
    SAYS("The same as clients see it, for Location headers and file links; serverURL when unset."))
ROW("trustProxy", ENV("TRUST_PROXY"), PROXIES, "", FLAGS(LIVE), INTO(settings.trusted_proxies),
    SAYS("Proxies whose X-Forwarded-For is believed: addresses, CIDR ranges, or the words loopback, linklocal, uniquelocal."))
ROW("allowOrigin", ENV("ALLOW_ORIGIN"), TEXT_LIST, NULL, FLAGS(LIVE), INTO(settings.allow_origin),
    SAYS("Origins that browsers may call from; any when unset."))
ROW("allowHeaders", ENV("ALLOW_HEADERS"), TEXT_LIST, NULL, FLAGS(LIVE), INTO(settings.allow_headers),
    SAYS("Request headers that browsers may send beside Parse's own."))
ROW("verifyServerUrl", ENV("VERIFY_SERVER_URL"), BOOL, "true", NO_EFFECT("The server does not call itself at start."))
ROW("routeAllowList", ENV("ROUTE_ALLOW_LIST"), TEXT_LIST, NULL, FLAGS(LIVE), TAKE(hp_take_route_allow_list),
    SAYS("Regular expressions of the routes that clients may use, such as classes/Post or users/me, matched from beginning to "
         "end; all when unset. Master and maintenance key pass. Files, pages, /health and live queries are not among them."))
ROW("rateLimit", ENV("RATE_LIMIT"), JSON, "[]", FLAGS(LIVE), TAKE(hp_take_rate_limit),
    SAYS("How often somebody may ask, one rule or a list of {requestPath, requestTimeWindow, requestCount, requestMethods, zone, errorResponseMessage, includeInternalRequests, includeMasterKey}; see the page on security."))
ROW("idempotencyOptions", ENV("EXPERIMENTAL_IDEMPOTENCY_OPTIONS"), GROUP, NULL,
    SAYS("Writes that come twice with one X-Parse-Request-Id happen once."))
ROW("idempotencyOptions.paths", ENV("EXPERIMENTAL_IDEMPOTENCY_PATHS"), TEXT_LIST, NULL, FLAGS(LIVE), TAKE(hp_take_idempotent_paths),
    SAYS("Regular expressions of the paths it holds for, matched from the path's beginning, such as classes/Order; none when unset."))
ROW("idempotencyOptions.ttl", ENV("EXPERIMENTAL_IDEMPOTENCY_TTL"), INT, "300", RANGE(1, 31536000, "s"), SCALE(1000), FLAGS(LIVE),
    INTO(settings.idempotency_ttl_ms), SAYS("How long a request id is remembered."))
ROW("middleware", ENV("MIDDLEWARE"), JSON, NULL, NOT_YET("There is no Express to put middleware into; remove it."))
ROW("requestContextMiddleware", ENV("REQUEST_CONTEXT_MIDDLEWARE"), JSON, NULL,
    NOT_YET("There is no Express to put middleware into; remove it."))
ROW("enableExpressErrorHandler", ENV("ENABLE_EXPRESS_ERROR_HANDLER"), BOOL, "false",
    NO_EFFECT("There is no embedding Express app to hand errors to."))
ROW("serverCloseComplete", ENV("SERVER_CLOSE_COMPLETE"), JSON, NULL, NOT_YET("Callbacks in the configuration are not run; remove it."))

SECTION("Storage")
ROW("databaseURI", ENV("DATABASE_URI"), TEXT, "sqlite://./homeport.db", FLAGS(HP_OPTION_SECRET), TAKE(hp_take_database_uri),
    SAYS("sqlite:///absolute/path.db or sqlite://./relative/path.db."))
ROW("databaseOptions", ENV("DATABASE_OPTIONS"), JSON, "{}", FLAGS(LIVE), TAKE(hp_take_database_options),
    SAYS("allowPublicExplain (default false): clients may see query plans. What is beside it is for the MongoDB driver, and ignored with a warning."))
ROW("databaseAdapter", ENV("DATABASE_ADAPTER"), JSON, NULL, NOT_YET("Storage modules for Node cannot be loaded; use databaseURI."))
ROW("collectionPrefix", ENV("COLLECTION_PREFIX"), TEXT, NULL, IGNORED("Tables have no prefix; give each app its own database file."))
ROW("enableCollationCaseComparison", ENV("ENABLE_COLLATION_CASE_COMPARISON"), BOOL, "false",
    NO_EFFECT("User names and e-mail addresses are always unique regardless of case, by an index."))

SECTION("Files")
ROW("filesFolder", "HOMEPORT_FILES_FOLDER", TEXT, NULL, INTO(server.files_folder),
    SAYS("Folder that uploaded files are kept in, made with the first one; beside the database, under its name and -files, when unset."))
ROW("fileUpload", ENV("FILE_UPLOAD_OPTIONS"), GROUP, NULL, SAYS("Who may upload files, and which."))
ROW("fileUpload.enableForPublic", ENV("FILE_UPLOAD_ENABLE_FOR_PUBLIC"), BOOL, "false", FLAGS(LIVE),
    INTO(settings.file_upload.access.for_public), SAYS("Uploads without a session."))
ROW("fileUpload.enableForAnonymousUser", ENV("FILE_UPLOAD_ENABLE_FOR_ANONYMOUS_USER"), BOOL, "false", FLAGS(LIVE),
    INTO(settings.file_upload.access.for_anonymous_users), SAYS("Uploads by anonymous users."))
ROW("fileUpload.enableForAuthenticatedUser", ENV("FILE_UPLOAD_ENABLE_FOR_AUTHENTICATED_USER"), BOOL, "true", FLAGS(LIVE),
    INTO(settings.file_upload.access.for_users), SAYS("Uploads by users who signed in."))
ROW("fileUpload.fileExtensions", ENV("FILE_UPLOAD_FILE_EXTENSIONS"), TEXT_LIST,
    "^(?!([xXsS]?[hH][tT][mM][lL]?(\\+[xX][mM][lL])?|[xX][hH][tT]|[sS][vV][gG]([zZ]|\\+[xX][mM][lL])?|[xX][mM][lL]|[xX][sS][lL][tT]?(\\+[xX][mM][lL])?|[xX][sS][dD]|[rR][nN][gG]|[rR][dD][fF](\\+[xX][mM][lL])?|[oO][wW][lL]|[mM][aA][tT][hH][mM][lL](\\+[xX][mM][lL])?)$)",
    FLAGS(LIVE), TAKE(hp_take_file_extensions),
    SAYS("Regular expressions, one of which the extension of an upload must match; * allows all. The default refuses what browsers run."))
ROW("fileUpload.allowedFileUrlDomains", ENV("FILE_UPLOAD_ALLOWED_FILE_URL_DOMAINS"), TEXT_LIST, "*", FLAGS(LIVE),
    INTO(settings.file_upload.url_domains),
    SAYS("Hosts that the url of a File in an object may have; *.example.com is every host below it, * is all."))
ROW("fileDownload", ENV("FILE_DOWNLOAD_OPTIONS"), GROUP, NULL, SAYS("Who may fetch files."))
ROW("fileDownload.enableForPublic", ENV("FILE_DOWNLOAD_ENABLE_FOR_PUBLIC"), BOOL, "true", FLAGS(LIVE),
    INTO(settings.file_download.for_public), SAYS("Downloads without a session."))
ROW("fileDownload.enableForAnonymousUser", ENV("FILE_DOWNLOAD_ENABLE_FOR_ANONYMOUS_USER"), BOOL, "true", FLAGS(LIVE),
    INTO(settings.file_download.for_anonymous_users), SAYS("Downloads by anonymous users."))
ROW("fileDownload.enableForAuthenticatedUser", ENV("FILE_DOWNLOAD_ENABLE_FOR_AUTHENTICATED_USER"), BOOL, "true", FLAGS(LIVE),
    INTO(settings.file_download.for_users), SAYS("Downloads by users who signed in."))
ROW("preserveFileName", ENV("PRESERVE_FILE_NAME"), BOOL, "false", FLAGS(LIVE), INTO(settings.preserve_file_name),
    SAYS("Files keep the name they are sent with, without a random prefix: a second one of that name replaces the first."))
ROW("fileKey", ENV("FILE_KEY"), TEXT, NULL, FLAGS(HP_OPTION_SECRET | LIVE), INTO(settings.file_key),
    SAYS("File key of the hosted Parse: names that it gave lead to its servers."))
ROW("filesAdapter", ENV("FILES_ADAPTER"), JSON, NULL, IGNORED("Storage modules for Node cannot be loaded; files are kept in filesFolder."))
ROW("encryptionKey", ENV("ENCRYPTION_KEY"), TEXT, NULL, FLAGS(HP_OPTION_SECRET), NOT_YET("Files are not encrypted; encrypt the disk that filesFolder is on, and remove the key."))

SECTION("Objects and schema")
ROW("allowClientClassCreation", ENV("ALLOW_CLIENT_CLASS_CREATION"), BOOL, "false", FLAGS(LIVE),
    INTO(settings.allow_client_class_creation), SAYS("Clients may create classes by saving objects of them."))
ROW("allowCustomObjectId", ENV("ALLOW_CUSTOM_OBJECT_ID"), BOOL, "false", FLAGS(LIVE), INTO(settings.allow_custom_object_id),
    SAYS("Clients choose the objectId of new objects."))
ROW("objectIdSize", ENV("OBJECT_ID_SIZE"), INT, "10", RANGE(4, HP_OBJECT_ID_BYTES_MAX, "characters"), FLAGS(LIVE),
    INTO(settings.object_id_len), SAYS("Length of generated object ids."))
ROW("maxUploadSize", ENV("MAX_UPLOAD_SIZE"), SIZE, "20mb", RANGE(1, 1 << 30, NULL), INTO(settings.max_upload_bytes),
    SAYS("Largest request body."))
ROW("defaultLimit", ENV("DEFAULT_LIMIT"), INT, "100", RANGE(1, INT32_MAX, "objects"), FLAGS(LIVE), INTO(settings.default_limit),
    SAYS("Results of a query that states no limit."))
ROW("maxLimit", ENV("MAX_LIMIT"), INT, NULL, RANGE(1, INT32_MAX, "objects"), FLAGS(LIVE), INTO(settings.max_limit),
    SAYS("Most results of a query; unlimited when unset."))
ROW("protectedFields", ENV("PROTECTED_FIELDS"), JSON, "{\"_User\":{\"*\":[\"email\"]}}", FLAGS(LIVE), TAKE(hp_take_protected_fields),
    SAYS("Fields hidden from clients: class, then group (*, authenticated, role:<name>, userField:<field>, a user id), then a "
         "list. The e-mail of users is always added."))
ROW("userSensitiveFields", ENV("USER_SENSITIVE_FIELDS"), TEXT_LIST, NULL, FLAGS(LIVE),
    SAYS("More fields of _User that are hidden from everyone; the older form of protectedFields."))
ROW("protectedFieldsOwnerExempt", ENV("PROTECTED_FIELDS_OWNER_EXEMPT"), BOOL, "true", FLAGS(LIVE),
    INTO(settings.protected_fields_owner_exempt), SAYS("Users see all fields of themselves, protected ones too."))
ROW("protectedFieldsSaveResponseExempt", ENV("PROTECTED_FIELDS_SAVE_RESPONSE_EXEMPT"), BOOL, "true",
    FLAGS(LIVE), INTO(settings.protected_fields_save_exempt), SAYS("The answer to a save tells what operations made of protected fields, and of objects that the client may write but not read."))
ROW("protectedFieldsTriggerExempt", ENV("PROTECTED_FIELDS_TRIGGER_EXEMPT"), BOOL, "false",
    NO_EFFECT("Triggers are always handed whole objects; what cloud code reads as a user lacks the protected fields."))
ROW("requestKeywordDenylist", ENV("REQUEST_KEYWORD_DENYLIST"), JSON,
    "[{\"key\":\"_bsontype\",\"value\":\"Code\"},{\"key\":\"constructor\"},{\"key\":\"__proto__\"}]", FLAGS(LIVE),
    TAKE(hp_take_denied_keywords),
    SAYS("Keys and values refused anywhere in request data; texts are regular expressions. Your list replaces this one."))
ROW("enableSanitizedErrorResponse", ENV("ENABLE_SANITIZED_ERROR_RESPONSE"), BOOL, "true", FLAGS(LIVE), INTO(settings.sanitized_errors),
    SAYS("Refusals say only \"Permission denied\", not which rule refused."))
ROW("requestComplexity", ENV("REQUEST_COMPLEXITY"), GROUP, NULL, SAYS("What a client's request may ask for."))
ROW("requestComplexity.queryDepth", ENV("REQUEST_COMPLEXITY_QUERY_DEPTH"), INT, "-1", RANGE(-1, INT32_MAX, "levels"),
    FLAGS(LIVE | HP_OPTION_NOT_ZERO), INTO(settings.complexity.query_depth), SAYS("Nesting of $or, $and, $nor; -1, or more than that, is the server's own bound of 10."))
ROW("requestComplexity.subqueryDepth", ENV("REQUEST_COMPLEXITY_SUBQUERY_DEPTH"), INT, "-1", RANGE(-1, INT32_MAX, "levels"),
    FLAGS(LIVE | HP_OPTION_NOT_ZERO), INTO(settings.complexity.subquery_depth), SAYS("Nesting of $inQuery and its kin; -1, or more than that, is the server's own bound of 10."))
ROW("requestComplexity.subqueryLimit", ENV("REQUEST_COMPLEXITY_SUBQUERY_LIMIT"), INT, "-1", RANGE(-1, INT32_MAX, "objects"),
    FLAGS(LIVE | HP_OPTION_NOT_ZERO), INTO(settings.complexity.subquery_rows), SAYS("Results of one sub-query; -1 is unlimited."))
ROW("requestComplexity.includeDepth", ENV("REQUEST_COMPLEXITY_INCLUDE_DEPTH"), INT, "-1", RANGE(-1, INT32_MAX, "levels"),
    FLAGS(LIVE | HP_OPTION_NOT_ZERO), INTO(settings.complexity.include_depth), SAYS("Depth of an include path; -1, or more than that, is the server's own bound of 10."))
ROW("requestComplexity.includeCount", ENV("REQUEST_COMPLEXITY_INCLUDE_COUNT"), INT, "-1", RANGE(-1, INT32_MAX, "paths"),
    FLAGS(LIVE | HP_OPTION_NOT_ZERO), INTO(settings.complexity.include_count), SAYS("Include paths of one query; -1, or more than that, is the server's own bound of 100."))
ROW("requestComplexity.batchRequestLimit", ENV("REQUEST_COMPLEXITY_BATCH_REQUEST_LIMIT"), INT, "-1", RANGE(-1, INT32_MAX, "requests"),
    FLAGS(LIVE | HP_OPTION_NOT_ZERO), INTO(settings.complexity.batch_requests), SAYS("Parts of one batch; -1, or more than that, is the server's own bound of 100."))
ROW("requestComplexity.allowRegex", ENV("REQUEST_COMPLEXITY_ALLOW_REGEX"), BOOL, "true",
    FLAGS(LIVE), INTO(settings.complexity.allow_regex), SAYS("Clients may query with $regex."))
ROW("requestComplexity.graphQLDepth", ENV("REQUEST_COMPLEXITY_GRAPHQL_DEPTH"), INT, "-1", RANGE(-1, INT32_MAX, "levels"),
    NO_EFFECT("There is no GraphQL API."))
ROW("requestComplexity.graphQLFields", ENV("REQUEST_COMPLEXITY_GRAPHQL_FIELDS"), INT, "-1", RANGE(-1, INT32_MAX, "fields"),
    NO_EFFECT("There is no GraphQL API."))
ROW("schema", ENV("SCHEMA"), GROUP, NULL, SAYS("Classes that are created or brought up to date at start."))
ROW("schema.definitions", ENV("SCHEMA_DEFINITIONS"), JSON, "[]", TAKE(hp_take_schema_definitions),
    SAYS("List of classes as the schema API writes them: className, fields, indexes, classLevelPermissions."))
ROW("schema.lockSchemas", ENV("SCHEMA_LOCK_SCHEMAS"), BOOL, "false", FLAGS(LIVE), INTO(settings.lock_schemas),
    SAYS("The schema API refuses changes."))
ROW("schema.deleteExtraFields", ENV("SCHEMA_DELETE_EXTRA_FIELDS"), BOOL, "false", INTO(server.schema_delete_extra_fields),
    SAYS("Fields that a definition does not list are dropped with their data."))
ROW("schema.strict", ENV("SCHEMA_STRICT"), BOOL, "false",
    NO_EFFECT("Two definitions of one class, and a definition that cannot be applied, always stop the start."))
ROW("schema.keepUnknownIndexes", ENV("SCHEMA_KEEP_UNKNOWN_INDEXES"), BOOL, "false",
    INTO(server.schema_keep_unknown_indexes), SAYS("Indexes that a definition does not list are kept; false: dropped."))
ROW("schema.recreateModifiedFields", ENV("SCHEMA_RECREATE_MODIFIED_FIELDS"), BOOL, "false",
    INTO(server.schema_recreate_modified_fields),
    SAYS("A field whose type in the definition differs is dropped with its data and made anew; false: the start stops."))
ROW("schema.beforeMigration", ENV("SCHEMA_BEFORE_MIGRATION"), JSON, NULL, NOT_YET("Callbacks in the configuration are not run; remove it."))
ROW("schema.afterMigration", ENV("SCHEMA_AFTER_MIGRATION"), JSON, NULL, NOT_YET("Callbacks in the configuration are not run; remove it."))
ROW("installation", ENV("INSTALLATION"), GROUP, NULL, SAYS("What happens to the other installations that have a device's token."))
ROW("installation.duplicateDeviceTokenAction", ENV("INSTALLATION_DUPLICATE_DEVICE_TOKEN_ACTION"), CHOICE, "delete",
    CHOICES("delete|update"), FLAGS(LIVE), INTO(settings.installation.action),
    SAYS("They are deleted, or lose the token (in a merge of two rows, what the other one keeps)."))
ROW("installation.duplicateDeviceTokenActionEnforceAuth", ENV("INSTALLATION_DUPLICATE_DEVICE_TOKEN_ACTION_ENFORCE_AUTH"), BOOL, "false",
    FLAGS(LIVE), INTO(settings.installation.enforce_auth), SAYS("Only those that the caller may write."))
ROW("installation.duplicateDeviceTokenMergePriority", ENV("INSTALLATION_DUPLICATE_DEVICE_TOKEN_MERGE_PRIORITY"), CHOICE, "deviceToken",
    CHOICES("deviceToken|installationId"), FLAGS(LIVE), INTO(settings.installation.merge_priority),
    SAYS("Which row stays when one has the device's installation id and another, without one, its token."))
ROW("template", "HOMEPORT_TEMPLATE", TEXT, NULL, INTO(server.template_name),
    SAYS("Application template whose schema, permissions and cloud code are put in place at start: p2p-payment or payment-gateway."))
ROW("demo", "HOMEPORT_DEMO", BOOL, "false", INTO(server.demo), SAYS("Adds the template's demo users."))
ROW("query", ENV("QUERY"), GROUP, NULL, SAYS("How /aggregate takes and gives values and names."))
ROW("query.aggregationRawValues", ENV("QUERY_AGGREGATION_RAW_VALUES"), BOOL, "false", FLAGS(LIVE),
    INTO(settings.aggregation_raw_values), SAYS("/aggregate takes and gives values as Extended JSON, unless a request says otherwise."))
ROW("query.aggregationRawFieldNames", ENV("QUERY_AGGREGATION_RAW_FIELD_NAMES"), BOOL, "false", FLAGS(LIVE),
    INTO(settings.aggregation_raw_names), SAYS("/aggregate takes and gives field names as MongoDB stores them, unless a request says otherwise."))
ROW("allowAggregationForReadOnlyMasterKey", ENV("ALLOW_AGGREGATION_FOR_READ_ONLY_MASTER_KEY"), BOOL, "true", FLAGS(LIVE),
    INTO(settings.read_only_aggregation), SAYS("The read-only master key may use /aggregate."))

SECTION("Users and sessions")
ROW("sessionLength", ENV("SESSION_LENGTH"), INT, "31536000", RANGE(1, 3153600000, "s"), SCALE(1000), FLAGS(LIVE),
    INTO(settings.session_length_ms), SAYS("How long a new session is valid."))
ROW("expireInactiveSessions", ENV("EXPIRE_INACTIVE_SESSIONS"), BOOL, "true", FLAGS(LIVE), INTO(settings.expire_inactive_sessions),
    SAYS("Sessions end after sessionLength; false: never."))
ROW("extendSessionOnUse", ENV("EXTEND_SESSION_ON_USE"), BOOL, "false", FLAGS(LIVE), INTO(settings.extend_session_on_use),
    SAYS("A session that is used is renewed once half of its length has passed."))
ROW("revokeSessionOnPasswordReset", ENV("REVOKE_SESSION_ON_PASSWORD_RESET"), BOOL, "true", FLAGS(LIVE),
    INTO(settings.revoke_session_on_password_reset), SAYS("A changed password ends all other sessions of the user."))
ROW("enforcePrivateUsers", ENV("ENFORCE_PRIVATE_USERS"), BOOL, "true", FLAGS(LIVE), INTO(settings.enforce_private_users),
    SAYS("New users can be read by nobody but themselves."))
ROW("passwordPolicy", ENV("PASSWORD_POLICY"), GROUP, NULL, SAYS("Rules for new passwords."))
ROW("passwordPolicy.validatorPattern", ENV("PASSWORD_POLICY_VALIDATOR_PATTERN"), TEXT, NULL, FLAGS(LIVE), TAKE(hp_take_pattern),
    INTO(settings.password_policy.validator_pattern), SAYS("Regular expression that a password must match."))
ROW("passwordPolicy.validationError", ENV("PASSWORD_POLICY_VALIDATION_ERROR"), TEXT, NULL, FLAGS(LIVE),
    INTO(settings.password_policy.validation_error), SAYS("Message for a password that does not match."))
ROW("passwordPolicy.doNotAllowUsername", ENV("PASSWORD_POLICY_DO_NOT_ALLOW_USERNAME"), BOOL, "false", FLAGS(LIVE),
    INTO(settings.password_policy.do_not_allow_username), SAYS("A password must not contain the user name."))
ROW("passwordPolicy.maxPasswordAge", ENV("PASSWORD_POLICY_MAX_PASSWORD_AGE"), INT, NULL, RANGE(1, 36500, "days"), FLAGS(LIVE),
    INTO(settings.password_policy.max_password_age_days), SAYS("An older password does not open a session any more."))
ROW("passwordPolicy.maxPasswordHistory", ENV("PASSWORD_POLICY_MAX_PASSWORD_HISTORY"), INT, "0", RANGE(0, 20, "passwords"), FLAGS(LIVE),
    INTO(settings.password_policy.max_password_history), SAYS("A new password must differ from so many earlier ones."))
ROW("passwordPolicy.validatorCallback", ENV("PASSWORD_POLICY_VALIDATOR_CALLBACK"), JSON, NULL,
    NOT_YET("Callbacks in the configuration are not run; use validatorPattern."))
ROW("passwordPolicy.resetTokenValidityDuration", ENV("PASSWORD_POLICY_RESET_TOKEN_VALIDITY_DURATION"), INT, NULL,
    RANGE(1, 3153600000, "s"), SCALE(1000), FLAGS(LIVE), INTO(settings.password_policy.reset_token_ms),
    SAYS("How long a link to set a new password is good for; until it is used when unset."))
ROW("passwordPolicy.resetTokenReuseIfValid", ENV("PASSWORD_POLICY_RESET_TOKEN_REUSE_IF_VALID"), BOOL, "false", FLAGS(LIVE),
    INTO(settings.password_policy.reset_token_reuse),
    SAYS("A second request mails the same link again while it is good; for that the database holds the token itself, not its digest."))
ROW("passwordPolicy.resetPasswordSuccessOnInvalidEmail", ENV("PASSWORD_POLICY_RESET_PASSWORD_SUCCESS_ON_INVALID_EMAIL"), BOOL, "true",
    FLAGS(LIVE), INTO(settings.password_policy.reset_hides_unknown),
    SAYS("Whoever asks for a new password does not learn whether the address is known."))
ROW("accountLockout", ENV("ACCOUNT_LOCKOUT"), GROUP, NULL, SAYS("Locks an account after wrong passwords; off unless both members are set."))
ROW("accountLockout.threshold", ENV("ACCOUNT_LOCKOUT_THRESHOLD"), INT, NULL, RANGE(1, 999, "failures"), FLAGS(LIVE),
    INTO(settings.account_lockout.threshold), SAYS("Wrong passwords in a row until the account locks."))
ROW("accountLockout.duration", ENV("ACCOUNT_LOCKOUT_DURATION"), INT, NULL, RANGE(1, 99999, "min"), SCALE(60000), FLAGS(LIVE),
    INTO(settings.account_lockout.duration_ms), SAYS("How long it stays locked."))
ROW("accountLockout.unlockOnPasswordReset", ENV("ACCOUNT_LOCKOUT_UNLOCK_ON_PASSWORD_RESET"), BOOL, "false", FLAGS(LIVE),
    INTO(settings.account_lockout.unlock_on_password_reset), SAYS("A password set by a link from a mail unlocks the account."))
ROW("auth", ENV("AUTH_PROVIDERS"), JSON, "{}", TAKE(hp_take_auth),
    SAYS("Second factors and other providers that users may sign in with, by name; see the page on signing in."))
ROW("enableAnonymousUsers", ENV("ENABLE_ANON_USERS"), BOOL, "true", FLAGS(LIVE), INTO(settings.enable_anonymous_users),
    SAYS("Users may log in with authData.anonymous, without name and password."))
ROW("enableInsecureAuthAdapters", ENV("ENABLE_INSECURE_AUTH_ADAPTERS"), BOOL, "false", NO_EFFECT("There are no adapters that believe what a client says."))
ROW("allowExpiredAuthDataToken", ENV("ALLOW_EXPIRED_AUTH_DATA_TOKEN"), BOOL, "false", NO_EFFECT("What a client sends of a provider is proven at every login; an update that changes nothing is not."))
ROW("convertEmailToLowercase", ENV("CONVERT_EMAIL_TO_LOWERCASE"), BOOL, "false",
    FLAGS(LIVE), INTO(settings.lower_case_email), SAYS("E-mail addresses are stored in lower case. They are unique regardless of case anyway."))
ROW("convertUsernameToLowercase", ENV("CONVERT_USERNAME_TO_LOWERCASE"), BOOL, "false",
    FLAGS(LIVE), INTO(settings.lower_case_username), SAYS("User names are stored in lower case. They are unique regardless of case anyway."))
ROW("verifyUserEmails", ENV("VERIFY_USER_EMAILS"), BOOL, "false", FLAGS(LIVE), INTO(settings.email.verify),
    SAYS("A new e-mail address is unverified until the link mailed to it was opened; needs emailAdapter, appName and publicServerURL."))
ROW("preventLoginWithUnverifiedEmail", ENV("PREVENT_LOGIN_WITH_UNVERIFIED_EMAIL"), BOOL, "false", FLAGS(LIVE),
    INTO(settings.email.prevent_login), SAYS("With verifyUserEmails: no login, and no session at sign-up, before that."))
ROW("preventSignupWithUnverifiedEmail", ENV("PREVENT_SIGNUP_WITH_UNVERIFIED_EMAIL"), BOOL, "false", FLAGS(LIVE),
    INTO(settings.email.prevent_signup), SAYS("With both: sign-up answers code 205; the user is there all the same."))
ROW("emailVerifyTokenValidityDuration", ENV("EMAIL_VERIFY_TOKEN_VALIDITY_DURATION"), INT, NULL, RANGE(1, 3153600000, "s"), SCALE(1000),
    FLAGS(LIVE), INTO(settings.email.verify_token_ms), SAYS("How long a link to verify an address is good for; until it is used when unset."))
ROW("emailVerifyTokenReuseIfValid", ENV("EMAIL_VERIFY_TOKEN_REUSE_IF_VALID"), BOOL, "false", FLAGS(LIVE),
    INTO(settings.email.verify_token_reuse),
    SAYS("A second request mails the same link again while it is good; for that the database holds the token itself, not its digest."))
ROW("emailVerifySuccessOnInvalidEmail", ENV("EMAIL_VERIFY_SUCCESS_ON_INVALID_EMAIL"), BOOL, "true", FLAGS(LIVE),
    INTO(settings.email.verify_hides_unknown),
    SAYS("Whoever asks for another verification mail does not learn whether the address is known or verified."))
ROW("sendUserEmailVerification", ENV("SEND_USER_EMAIL_VERIFICATION"), BOOL, "true", FLAGS(LIVE), INTO(settings.email.send_verification),
    SAYS("false: addresses are unverified at first, but no verification mail is sent."))
ROW("emailAdapter", ENV("EMAIL_ADAPTER"), JSON, NULL, TAKE(hp_take_email_adapter),
    SAYS("Who brings the mail: {\"module\": \"smtp\", \"options\": {host, port, security, user, password or passwordFile, from, caFile, timeout}}, or an adapter behind {\"module\": \"webhook\", …}; see the page on users and mail."))
ROW("pages", ENV("PAGES"), GROUP, NULL, SAYS("The pages that links in mails lead to."))
ROW("pages.pagesEndpoint", ENV("PAGES_PAGES_ENDPOINT"), TEXT, "apps", TAKE(hp_take_pages_endpoint), SAYS("Their place below the mount path."))
ROW("pages.forceRedirect", ENV("PAGES_FORCE_REDIRECT"), BOOL, "false", FLAGS(LIVE), INTO(settings.pages.force_redirect),
    SAYS("A link redirects to its page instead of answering with it."))
ROW("pages.encodePageParamHeaders", ENV("PAGES_ENCODE_PAGE_PARAM_HEADERS"), BOOL, "false", FLAGS(LIVE),
    INTO(settings.pages.encode_headers), SAYS("Values of X-Parse-Page-Param-… headers are percent-encoded."))
ROW("pages.customUrls", ENV("PAGES_CUSTOM_URLS"), JSON, "{}", TAKE(hp_take_custom_urls),
    SAYS("Pages of your own to redirect to, by page id: passwordReset, passwordResetSuccess, passwordResetLinkInvalid, emailVerificationSuccess, …"))
ROW("pages.enableRouter", ENV("PAGES_ENABLE_ROUTER"), BOOL, "true", NO_EFFECT("The pages are always there."))
ROW("pages.enableLocalization", ENV("PAGES_ENABLE_LOCALIZATION"), BOOL, "false", FLAGS(LIVE), INTO(settings.pages.localize),
    SAYS("Pages are looked for in pagesPath/<locale>/ and pagesPath/<language>/ first, and filled from localizationJsonPath."))
ROW("pages.localizationJsonPath", ENV("PAGES_LOCALIZATION_JSON_PATH"), TEXT, NULL, FLAGS(LIVE), TAKE(hp_take_localization_json),
    SAYS("A file {\"<locale>\": {\"translation\": {\"<placeholder>\": \"<text>\"}}} with the texts of pages."))
ROW("pages.localizationFallbackLocale", ENV("PAGES_LOCALIZATION_FALLBACK_LOCALE"), TEXT, "en", FLAGS(LIVE),
    INTO(settings.pages.fallback_locale), SAYS("The locale of that file for those whose own is not in it."))
ROW("pages.placeholders", ENV("PAGES_PLACEHOLDERS"), JSON, "{}", FLAGS(LIVE), TAKE(hp_take_page_placeholders),
    SAYS("Values for {{name}} in pages."))
ROW("pages.pagesPath", ENV("PAGES_PAGES_PATH"), TEXT, NULL, FLAGS(LIVE), TAKE(hp_take_pages_path),
    SAYS("Folder with pages of your own, and what they show; read at the start and by a reload. A page that is not there is the built-in one."))
ROW("pages.customRoutes", ENV("PAGES_CUSTOM_ROUTES"), JSON, "[]", NOT_YET("Handlers in JavaScript are not run; put pages that need none into pages.pagesPath."))
ROW("customPages", ENV("CUSTOM_PAGES"), JSON, "{}", TAKE(hp_take_custom_pages),
    SAYS("The same as pages.customUrls by older names (choosePassword, passwordResetSuccess, invalidLink, …), and parseFrameURL, a page of yours that links lead to first."))

SECTION("Cloud code")
ROW("cloud", ENV("CLOUD"), TEXT_LIST, NULL, TAKE(hp_take_cloud), SAYS("Plug-in files (.so) with triggers, functions and jobs."))
ROW("webhookTimeout", "HOMEPORT_WEBHOOK_TIMEOUT", INT, "15000", RANGE(1, 600000, "ms"), INTO(server.webhook_timeout_ms),
    SAYS("How long a webhook may take to answer; Parse Server waits for ever."))
ROW("webhookPublicOnly", "HOMEPORT_WEBHOOK_PUBLIC_ONLY", BOOL, "false", INTO(server.webhook_public_only),
    SAYS("Connects webhooks to public addresses alone: whoever holds the master key cannot make the server ask its own network."))
ROW("directAccess", ENV("DIRECT_ACCESS"), BOOL, "true", NO_EFFECT("Plug-ins always call the engine without going through HTTP."))
ROW("encodeParseObjectInCloudFunction", ENV("ENCODE_PARSE_OBJECT_IN_CLOUD_FUNCTION"), BOOL, "false",
    NO_EFFECT("Objects in the parameters of a function are always decoded."))

SECTION("Security check")
ROW("security", ENV("SECURITY"), GROUP, NULL, SAYS("The report of /security on what the configuration leaves open."))
ROW("security.enableCheck", ENV("SECURITY_ENABLE_CHECK"), BOOL, "false", FLAGS(LIVE), INTO(settings.security_check),
    SAYS("Whether /security reports to the master key."))
ROW("security.enableCheckLog", ENV("SECURITY_ENABLE_CHECK_LOG"), BOOL, "false", NO_EFFECT("The report is not logged; ask /security for it."))
ROW("security.checkGroups", ENV("SECURITY_CHECK_GROUPS"), JSON, NULL, NOT_YET("Checks of your own are not run; remove them."))

SECTION("Logs and metrics")
ROW("logLevel", ENV("LOG_LEVEL"), CHOICE, "info", CHOICES("error|warn|info|verbose|debug|silly"), FLAGS(LIVE), SAYS("What is written to standard error; verbose and silly mean debug."))
ROW("verbose", "VERBOSE", BOOL, "false", FLAGS(LIVE), SAYS("The same as logLevel debug."))
ROW("silent", "SILENT", BOOL, "false", FLAGS(LIVE), SAYS("The same as logLevel error."))
ROW("jsonLogs", "JSON_LOGS", BOOL, "false", FLAGS(LIVE), INTO(server.json_logs), SAYS("One JSON object per line instead of text."))
ROW("metricsIps", "HOMEPORT_METRICS_IPS", IP_LIST, "127.0.0.1,::1", INTO(server.metrics_ips), SAYS("Where /metrics may be read from."))
ROW("logsFolder", ENV("LOGS_FOLDER"), TEXT, "./logs", NO_EFFECT("Logs go to standard error; whoever starts the server keeps them."))
ROW("maxLogFiles", ENV("MAX_LOG_FILES"), JSON, NULL, NO_EFFECT("Logs go to standard error; whoever starts the server keeps them."))
ROW("logLevels", ENV("LOG_LEVELS"), JSON, "{}", IGNORED("Single events have no level of their own; use logLevel."))
ROW("loggerAdapter", ENV("LOGGER_ADAPTER"), JSON, NULL, IGNORED("Log modules for Node cannot be loaded; read standard error."))

SECTION("Threads, limits, caches")
ROW("ioThreads", "HOMEPORT_IO_THREADS", INT, "0", RANGE(0, 256, "threads"), INTO(server.io_threads),
    SAYS("Threads that read requests and write answers; 0 is one per two processors."))
ROW("workers", "HOMEPORT_WORKERS", INT, "0", RANGE(0, 1024, "threads"), INTO(server.workers),
    SAYS("Threads that run requests; 0 is two per processor, at least four."))
ROW("queueMax", "HOMEPORT_QUEUE_MAX", INT, "1024", RANGE(1, 1000000, "requests"), INTO(server.queue_max),
    SAYS("Requests that may wait for a worker; more are answered 503 at once."))
ROW("connectionsMax", "HOMEPORT_CONNECTIONS_MAX", INT, "4096", RANGE(1, 1000000, "connections"), INTO(server.connections_max),
    SAYS("Connections for requests; more are answered 503. WebSockets are counted by themselves."))
ROW("passwordHashesMax", "HOMEPORT_PASSWORD_HASHES_MAX", INT, "0", RANGE(0, 1024, "hashes"), INTO(server.password_hashes_max),
    SAYS("Passwords hashed at once, 19 MiB each; 0 is one per processor."))
ROW("headerMax", "HOMEPORT_HEADER_MAX", SIZE, "64kb", RANGE(1024, 1 << 20, NULL), INTO(server.header_bytes_max),
    SAYS("Largest request line and headers together."))
ROW("receiveTimeout", "HOMEPORT_RECEIVE_TIMEOUT", INT, "30", RANGE(1, 3600, "s"), SCALE(1000), INTO(server.receive_timeout_ms),
    SAYS("How long a client may pause while it sends a request or takes the answer."))
ROW("idleTimeout", "HOMEPORT_IDLE_TIMEOUT", INT, "65", RANGE(1, 3600, "s"), SCALE(1000), INTO(server.idle_timeout_ms),
    SAYS("How long a connection may stay open between two requests."))
ROW("requestTimeout", "HOMEPORT_REQUEST_TIMEOUT", INT, "30", RANGE(1, 3600, "s"), SCALE(1000), INTO(settings.request_timeout_ms),
    SAYS("How long a request may take: one that has waited so long for a worker is answered 503, and after so long nothing more is "
         "read for it (code 124)."))
ROW("shutdownTimeout", "HOMEPORT_SHUTDOWN_TIMEOUT", INT, "30", RANGE(1, 3600, "s"), SCALE(1000), INTO(server.shutdown_timeout_ms),
    SAYS("How long running requests may take to end when the server is told to stop."))
ROW("cacheTTL", ENV("CACHE_TTL"), INT, "5000", RANGE(0, 31536000000, "ms"), INTO(settings.cache_ttl_ms),
    SAYS("How long a session, its user and its roles are remembered."))
ROW("cacheMaxSize", ENV("CACHE_MAX_SIZE"), INT, "10000", RANGE(1, 10000000, "sessions"), INTO(settings.cache_entries_max),
    SAYS("How many of them are remembered."))
ROW("cacheAdapter", ENV("CACHE_ADAPTER"), JSON, NULL, IGNORED("Cache modules for Node cannot be loaded; the cache is in memory."))
ROW("cluster", ENV("CLUSTER"), JSON, NULL, NO_EFFECT("One process uses all processors; see workers."))

SECTION("Live queries")
ROW("startLiveQueryServer", ENV("START_LIVE_QUERY_SERVER"), BOOL, "false", INTO(settings.live.serve),
    SAYS("Answers live queries by WebSocket on the API's port. Naming any member of liveQueryServerOptions does too."))
ROW("liveQuery", ENV("LIVE_QUERY"), GROUP, NULL, SAYS("Which changes are told to live queries."))
ROW("liveQuery.classNames", ENV("LIVEQUERY_CLASSNAMES"), TEXT_LIST, NULL, FLAGS(LIVE), TAKE(hp_take_live_classes),
    SAYS("Classes that can be subscribed to; each is a regular expression matched from beginning to end, such as Chat.*; none when unset."))
ROW("liveQuery.regexTimeout", ENV("LIVEQUERY_REGEX_TIMEOUT"), INT, "100", RANGE(0, 3600000, "ms"),
    NO_EFFECT("Every match of a regular expression is bounded to some 10 ms, in queries and live queries alike."))
ROW("liveQuery.redisURL", ENV("LIVEQUERY_REDIS_URL"), TEXT, NULL, FLAGS(HP_OPTION_SECRET), TAKE(hp_take_redis_url),
    SAYS("redis://[user:password@]host[:port][/database]: the Redis by which nodes tell each other of changes."))
ROW("liveQuery.redisOptions", ENV("LIVEQUERY_REDIS_OPTIONS"), JSON, NULL, TAKE(hp_take_redis_options),
    SAYS("What the URL does not say: username, password, database."))
ROW("liveQuery.pubSubAdapter", ENV("LIVEQUERY_PUB_SUB_ADAPTER"), JSON, NULL, NOT_YET("Modules for Node cannot be loaded; remove it."))
ROW("liveQuery.wssAdapter", ENV("LIVEQUERY_WSS_ADAPTER"), JSON, NULL, NO_EFFECT("WebSockets are the server's own."))
ROW("liveQueryServerOptions", ENV("LIVE_QUERY_SERVER_OPTIONS"), GROUP, NULL, SAYS("How live queries are answered."))
ROW("liveQueryServerOptions.keyPairs", LIVE_ENV("KEY_PAIRS"), JSON, "{}", FLAGS(LIVE), TAKE(hp_take_live_keys),
    SAYS("Keys of which a client must show one, such as {\"javascriptKey\":\"…\",\"masterKey\":\"…\"}; none when empty. Only a "
         "masterKey named here opens a connection with master rights, from masterKeyIps."))
ROW("liveQueryServerOptions.websocketTimeout", LIVE_ENV("WEBSOCKET_TIMEOUT"), INT, "10000", RANGE(100, 86400000, "ms"),
    INTO(settings.live.ping_ms), SAYS("Between two pings; who has not answered one by then is disconnected."))
ROW("liveQueryServerOptions.port", LIVE_ENV("PORT"), INT, "0", RANGE(0, 65535, NULL), INTO(server.live_port),
    SAYS("A port of their own beside the API's; 0: none."))
ROW("liveQueryServerOptions.cacheTimeout", LIVE_ENV("CACHE_TIMEOUT"), INT, "5000", RANGE(0, 31536000000, "ms"),
    NO_EFFECT("Sessions, users and roles are remembered as cacheTTL says, and changes made through this server count at once."))
ROW("liveQueryServerOptions.appId", LIVE_ENV("APP_ID"), TEXT, NULL, NO_EFFECT("Live queries belong to the server's app."))
ROW("liveQueryServerOptions.masterKey", LIVE_ENV("MASTER_KEY"), TEXT, NULL, NO_EFFECT("Live queries belong to the server's app."))
ROW("liveQueryServerOptions.serverURL", LIVE_ENV("SERVER_URL"), TEXT, NULL, NO_EFFECT("Live queries belong to the server's app."))
ROW("liveQueryServerOptions.logLevel", LIVE_ENV("LOG_LEVEL"), TEXT, NULL, NO_EFFECT("There is one log; see logLevel."))
ROW("liveQueryServerOptions.redisURL", LIVE_ENV("REDIS_URL"), TEXT, NULL, FLAGS(HP_OPTION_SECRET), TAKE(hp_take_redis_url),
    SAYS("The same as liveQuery.redisURL: a node speaks and listens on one Redis."))
ROW("liveQueryServerOptions.redisOptions", LIVE_ENV("REDIS_OPTIONS"), JSON, NULL, TAKE(hp_take_redis_options),
    SAYS("The same as liveQuery.redisOptions."))
ROW("liveQueryServerOptions.pubSubAdapter", LIVE_ENV("PUB_SUB_ADAPTER"), JSON, NULL, NOT_YET("Modules for Node cannot be loaded; remove it."))
ROW("liveQueryServerOptions.wssAdapter", LIVE_ENV("WSS_ADAPTER"), JSON, NULL, NO_EFFECT("WebSockets are the server's own."))
ROW("liveSocketsMax", "HOMEPORT_LIVE_SOCKETS_MAX", INT, "20000", RANGE(1, 1000000, "sockets"), INTO(settings.live.sockets_max),
    SAYS("Open WebSockets; more are answered 503. Fewer where the process may not have as many open files."))
ROW("liveSocketsPerUserMax", "HOMEPORT_LIVE_SOCKETS_PER_USER_MAX", INT, "50", RANGE(1, 1000000, "sockets"), FLAGS(LIVE),
    INTO(settings.live.sockets_per_user_max), SAYS("Connections with one user's session; more are closed with a reason."))
ROW("liveSubscriptionsMax", "HOMEPORT_LIVE_SUBSCRIPTIONS_MAX", INT, "200", RANGE(1, 1000000, "subscriptions"), FLAGS(LIVE),
    INTO(settings.live.subscriptions_max), SAYS("Subscriptions of one connection; more are refused."))
ROW("liveMessageMax", "HOMEPORT_LIVE_MESSAGE_MAX", SIZE, "128kb", RANGE(1024, 16 << 20, NULL), INTO(settings.live.message_bytes_max),
    SAYS("Largest message of a client; one that sends more is closed."))
ROW("liveBacklogMax", "HOMEPORT_LIVE_BACKLOG_MAX", SIZE, "1mb", RANGE(65536, 1 << 30, NULL), INTO(settings.live.backlog_bytes_max),
    SAYS("Bytes that wait for one client; one that reads too slowly is closed."))

SECTION("Purchases")
ROW("enableProductPurchaseLegacyApi", ENV("ENABLE_PRODUCT_PURCHASE_LEGACY_API"), BOOL, "true", FLAGS(LIVE),
    INTO(settings.product_purchases), SAYS("/validate_purchase is there: a receipt that Apple calls genuine for the download of a _Product."))
ROW("appStoreURL", "HOMEPORT_APP_STORE_URL", URL, "https://buy.itunes.apple.com/verifyReceipt", FLAGS(LIVE),
    INTO(settings.app_store.url), SAYS("Who is asked about receipts."))
ROW("appStoreSandboxURL", "HOMEPORT_APP_STORE_SANDBOX_URL", URL, "https://sandbox.itunes.apple.com/verifyReceipt", FLAGS(LIVE),
    INTO(settings.app_store.sandbox_url), SAYS("Who is asked about those that appStoreURL calls test receipts."))
ROW("appStoreTimeout", "HOMEPORT_APP_STORE_TIMEOUT", INT, "10000", RANGE(1, 60000, "ms"), FLAGS(LIVE),
    INTO(settings.app_store.timeout_ms), SAYS("How long each of the two may take to answer."))

SECTION("Not in this version")
ROW("analyticsAdapter", ENV("ANALYTICS_ADAPTER"), JSON, NULL, IGNORED("Analytics events are not kept."))
ROW("graphQLPath", ENV("GRAPHQL_PATH"), TEXT, "/graphql", NO_EFFECT("There is no GraphQL API."))
ROW("graphQLPublicIntrospection", ENV("GRAPHQL_PUBLIC_INTROSPECTION"), BOOL, "false", NO_EFFECT("There is no GraphQL API."))
ROW("graphQLSchema", ENV("GRAPH_QLSCHEMA"), TEXT, NULL, IGNORED("There is no GraphQL API."))
ROW("mountGraphQL", ENV("MOUNT_GRAPHQL"), BOOL, "false", IGNORED("There is no GraphQL API."))
ROW("mountPlayground", ENV("MOUNT_PLAYGROUND"), BOOL, "false", IGNORED("There is no GraphQL API."))
ROW("playgroundPath", ENV("PLAYGROUND_PATH"), TEXT, "/playground", NO_EFFECT("There is no GraphQL API."))
ROW("push", ENV("PUSH"), JSON, NULL, IGNORED("Push notifications are not sent."))
ROW("scheduledPush", ENV("SCHEDULED_PUSH"), BOOL, "false", IGNORED("Push notifications are not sent."))
};
/* clang-format on */

const size_t HP_OPTION_COUNT = sizeof HP_OPTIONS / sizeof *HP_OPTIONS;

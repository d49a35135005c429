/* core/settings.h — what the engine has to know of the configuration: keys, rules and limits of one app.
 *
 * Made by app/options.h, checked there against the table of options, immutable afterwards; everything in it lives as long
 * as the configuration that made it (owner: app). The comment of each member names its option. An unset text is absent
 * (hp_str_present is false), never empty. Keys are compared with hp_secret_equal and never printed. Any thread. */
#ifndef HP_CORE_SETTINGS_H
#define HP_CORE_SETTINGS_H

#include "auth/totp.h"
#include "base/error.h"
#include "base/str.h"
#include "core/ip_list.h"
#include "services/app_store.h"
#include "value/value.h"

typedef struct hp_str_list {
    const hp_str *items;
    size_t count;
} hp_str_list;

typedef struct hp_password_policy { /* passwordPolicy.* ; all off by default */
    hp_str validator_pattern; /* regular expression a password must match, or absent; it has been tried to compile */
    hp_str validation_error;  /* the text answered instead of the default one, or absent */
    bool do_not_allow_username;
    int64_t max_password_age_days; /* 0: no limit */
    int64_t max_password_history;  /* 0: no history */
    int64_t reset_token_ms;        /* resetTokenValidityDuration; 0: until it is used */
    bool reset_token_reuse;        /* resetTokenReuseIfValid */
    bool reset_hides_unknown;      /* resetPasswordSuccessOnInvalidEmail */
} hp_password_policy;

typedef struct hp_account_lockout { /* accountLockout.* */
    int64_t threshold;              /* failures until the account locks; 0: never */
    int64_t duration_ms;
    bool unlock_on_password_reset;
} hp_account_lockout;

typedef struct hp_email_settings { /* all without effect unless mail can be sent (hp_core_parts.mailer) */
    bool verify;                   /* verifyUserEmails */
    bool prevent_login;            /* preventLoginWithUnverifiedEmail */
    bool prevent_signup;           /* preventSignupWithUnverifiedEmail */
    bool send_verification;        /* sendUserEmailVerification */
    int64_t verify_token_ms;       /* emailVerifyTokenValidityDuration; 0: until it is used */
    bool verify_token_reuse;       /* emailVerifyTokenReuseIfValid */
    bool verify_hides_unknown;     /* emailVerifySuccessOnInvalidEmail */
    bool links;                    /* appName and publicServerURL are set: links can be made */
} hp_email_settings;

typedef struct hp_page_file { /* of pages.pagesPath */
    hp_str name;              /* below it: "password_reset.html", "de/password_reset.html", "img/logo.png" */
    hp_str bytes;
} hp_page_file;

typedef struct hp_pages_settings { /* pages.*, customPages.* */
    hp_str endpoint;               /* pagesEndpoint: "apps" */
    hp_str frame_url;              /* customPages.parseFrameURL, or absent */
    bool force_redirect;           /* forceRedirect */
    bool encode_headers;           /* encodePageParamHeaders */
    hp_value custom_urls;          /* object: page id -> URL; customUrls, and customPages where that has none */
    const hp_page_file *files;     /* pagesPath, as it was when the configuration was read */
    size_t file_count;
    bool localize;          /* enableLocalization */
    hp_str fallback_locale; /* localizationFallbackLocale */
    hp_value translations;  /* localizationJsonPath: locale -> {"translation": {…}}; null: none */
    hp_value placeholders;  /* placeholders: object */
} hp_pages_settings;

typedef struct hp_installation_rules { /* installation.* */
    hp_str action;                     /* duplicateDeviceTokenAction: "delete", "update"; absent: "delete" */
    hp_str
        merge_priority; /* duplicateDeviceTokenMergePriority: "deviceToken", "installationId"; absent: "deviceToken" */
    bool enforce_auth;  /* duplicateDeviceTokenActionEnforceAuth */
} hp_installation_rules;

typedef struct hp_mfa_settings { /* auth.mfa */
    bool enabled;
    bool by_totp;                         /* options: set-up with an authenticator app */
    hp_totp totp;                         /* digits, period, algorithm; the first two of codes by SMS too */
    const struct hp_adapter_webhook *sms; /* sendSMS: set-up by SMS; NULL: none */
} hp_mfa_settings;

typedef struct hp_request_complexity { /* requestComplexity.*: bounds for clients; each is within base/limits.h */
    int64_t query_depth;
    int64_t subquery_depth;
    int64_t subquery_rows; /* rows one sub-query may yield; INT64_MAX: no bound */
    int64_t include_depth;
    int64_t include_count;
    int64_t batch_requests;
    bool allow_regex; /* clients may use $regex */
} hp_request_complexity;

typedef struct hp_file_access { /* who; master and maintenance keys always may */
    bool for_public, for_anonymous_users, for_users;
} hp_file_access;

typedef struct hp_file_upload_settings { /* fileUpload.* */
    hp_file_access access;
    const struct hp_regex *const *extensions; /* fileExtensions: one must match … */
    size_t extension_count;
    bool any_extension;      /* … unless the list says "*" */
    hp_str_list url_domains; /* allowedFileUrlDomains: hosts that the url of a File in an object may have */
} hp_file_upload_settings;

typedef struct hp_live_settings {              /* liveQuery.*, liveQueryServerOptions.*, live* */
    bool serve;                                /* startLiveQueryServer, or any of liveQueryServerOptions */
    const struct hp_regex *const *class_names; /* classNames, each from beginning to end of a name */
    size_t class_name_count;
    hp_value key_pairs; /* keyPairs: object of texts */
    int64_t ping_ms;    /* websocketTimeout */
    size_t sockets_max, sockets_per_user_max, subscriptions_max;
    size_t message_bytes_max, backlog_bytes_max;
} hp_live_settings;

typedef struct hp_denied_keyword { /* one entry of requestKeywordDenylist */
    bool has_key, has_value;       /* at least one of them; both: both must match the same member */
    hp_value key, value;           /* string: a regular expression searched in the text; number, boolean: equal */
    hp_str json;                   /* the entry as JSON, for the message */
} hp_denied_keyword;

typedef struct hp_settings {
    /* ---- who asks ---- */
    hp_str app_id;                       /* appId; always present */
    hp_str app_name;                     /* appName: in mails and pages */
    hp_str master_key;                   /* masterKey; always present, differs from the next two */
    hp_str read_only_master_key;         /* readOnlyMasterKey */
    hp_str maintenance_key;              /* maintenanceKey */
    hp_str rest_api_key;                 /* restAPIKey; if any of these four is present, clients must show one */
    hp_str javascript_key;               /* javascriptKey */
    hp_str client_key;                   /* clientKey */
    hp_str webhook_key;                  /* webhookKey: shown to webhooks */
    hp_str dot_net_key;                  /* dotNetKey */
    hp_ip_list master_key_ips;           /* masterKeyIps */
    hp_ip_list read_only_master_key_ips; /* readOnlyMasterKeyIps */
    hp_ip_list maintenance_key_ips;      /* maintenanceKeyIps */
    hp_ip_list trusted_proxies;          /* trustProxy; for hp_ip_client */

    /* ---- where the app is reached; all without a trailing slash ---- */
    hp_str mount_path; /* mountPath: "/parse"; the root is "" */
    hp_str server_url; /* serverURL: always present */
    hp_str
        public_server_url; /* publicServerURL, or serverURL when that is unset: base of Location, file and mail links */

    /* ---- objects, queries, schema ---- */
    bool allow_client_class_creation;         /* allowClientClassCreation */
    bool allow_custom_object_id;              /* allowCustomObjectId */
    size_t object_id_len;                     /* objectIdSize */
    int64_t default_limit;                    /* defaultLimit */
    int64_t max_limit;                        /* maxLimit; 0: none */
    size_t max_upload_bytes;                  /* maxUploadSize */
    bool lock_schemas;                        /* schema.lockSchemas: the schema API refuses changes */
    hp_value protected_fields;                /* protectedFields with userSensitiveFields and _User's email merged in:
                                                  {"<class>":{"<group>":["<field>",…]}}, class names canonical */
    bool protected_fields_owner_exempt;       /* protectedFieldsOwnerExempt */
    bool protected_fields_save_exempt;        /* protectedFieldsSaveResponseExempt */
    const hp_denied_keyword *denied_keywords; /* requestKeywordDenylist */
    size_t denied_keyword_count;
    bool allow_public_explain; /* databaseOptions.allowPublicExplain: clients may see query plans */
    hp_request_complexity complexity;
    hp_installation_rules installation;
    bool aggregation_raw_values; /* query.aggregationRawValues */
    bool aggregation_raw_names;  /* query.aggregationRawFieldNames */
    bool read_only_aggregation;  /* allowAggregationForReadOnlyMasterKey */
    bool sanitized_errors;       /* enableSanitizedErrorResponse */
    bool security_check;         /* security.enableCheck: /security reports */

    /* ---- files ---- */
    hp_file_upload_settings file_upload;
    hp_file_access file_download; /* fileDownload.* */
    hp_str file_key;              /* fileKey: names of the hosted Parse lead to its file servers; or absent */
    bool preserve_file_name;      /* preserveFileName: no random prefix */

    /* ---- purchases ---- */
    bool product_purchases; /* enableProductPurchaseLegacyApi */
    hp_app_store app_store; /* appStoreURL, appStoreSandboxURL, appStoreTimeout */

    /* ---- users and sessions ---- */
    int64_t session_length_ms;                  /* sessionLength */
    bool expire_inactive_sessions;              /* expireInactiveSessions: new sessions get expiresAt */
    bool extend_session_on_use;                 /* extendSessionOnUse */
    bool revoke_session_on_password_reset;      /* revokeSessionOnPasswordReset: also on a changed password */
    bool enforce_private_users;                 /* enforcePrivateUsers */
    bool lower_case_email, lower_case_username; /* convertEmailToLowercase, convertUsernameToLowercase */
    bool enable_anonymous_users;                /* enableAnonymousUsers */
    hp_password_policy password_policy;
    hp_account_lockout account_lockout;
    hp_email_settings email;
    hp_pages_settings pages;
    hp_mfa_settings mfa;
    const struct hp_auth_provider *const *auth_providers; /* auth: the enabled ones (services/auth_provider.h) */
    size_t auth_provider_count;

    /* ---- doors ---- */
    int64_t request_timeout_ms; /* requestTimeout; 0: none */
    hp_str_list allow_origin;   /* allowOrigin; empty: "*" */
    hp_str_list allow_headers;  /* allowHeaders: added to the standard ones */

    bool has_route_allow_list; /* routeAllowList: clients reach what one of these matches, without the leading slash */
    const struct hp_regex *const *route_allow_list;
    size_t route_allow_count;

    const struct hp_rate_rule *rate_rules; /* rateLimit (core/rate_limit.h) */
    size_t rate_rule_count;

    const struct hp_regex *const *idempotent_paths; /* idempotencyOptions.paths, each from the beginning of a path */
    size_t idempotent_path_count;
    int64_t idempotency_ttl_ms; /* idempotencyOptions.ttl */

    hp_live_settings live;

    /* ---- caches ---- */
    int64_t cache_ttl_ms;     /* cacheTTL: sessions and roles */
    size_t cache_entries_max; /* cacheMaxSize */
} hp_settings;

/* What the client reads of a failure: permission refusals say no more than that where answers are sanitised. */
static inline hp_str hp_error_text(const hp_settings *s, const hp_err *err)
{
    return err->permission && s->sanitized_errors ? HP_STR("Permission denied") : hp_str_of(err->msg);
}

#endif

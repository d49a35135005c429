#include "app/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/options_internal.h"
#include "base/limits.h"
#include "query/regex.h"
#include "value/json.h"

/* ---- a load from given sources ---- */
typedef struct trial {
    const char *flags[16], *environment[16];
    const char *file_text; /* written to a file first; NULL: no file */
} trial;

typedef struct outcome {
    hp_config *config;
    hp_buf report;
    char path[64];
} outcome;

static void write_file(char path[64], const char *text)
{
    (void)snprintf(path, 64, "/tmp/homeport-options-XXXXXX");
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static hp_config_sources sources_of(const trial *t, const char *path)
{
    size_t count = 0;

    while (count < 16 && t->flags[count]) count++;
    return (hp_config_sources){ t->flags, count, t->environment, path };
}

static outcome load(const trial *t)
{
    outcome o = { 0 };

    if (t->file_text) write_file(o.path, t->file_text);
    hp_buf_init(&o.report, HP_CONFIG_REPORT_MAX);
    const hp_config_sources from = sources_of(t, t->file_text ? o.path : NULL);
    o.config = hp_config_load(&from, &o.report);
    hp_buf_add_char(&o.report, '\0');
    return o;
}

static void done(outcome *o)
{
    hp_config_free(o->config);
    hp_buf_done(&o->report);
    if (o->path[0]) (void)unlink(o->path);
}

/* Loads what must succeed without a word. */
static outcome load_well(const trial *t)
{
    outcome o = load(t);

    if (!o.config || o.report.len > 1) fail_msg("%s", o.report.ptr);
    return o;
}

/* Loads what must be refused; every one of `words` ("a|b") stands in the report. */
static void refused(const char *name, const trial *t, const char *words)
{
    outcome o = load(t);
    hp_str rest = hp_str_of(words), word;

    if (o.config) fail_msg("%s: accepted", name);
    while (hp_str_split(&rest, '|', &word))
        if (!hp_str_contains(hp_buf_str(&o.report), word))
            fail_msg("%s: no \"%" HP_STR_FMT "\" in: %s", name, HP_STR_ARG(word), o.report.ptr);
    done(&o);
}

#define KEYS "\"appId\":\"app\",\"masterKey\":\"master\""
#define KEY_FLAGS "--appId", "app", "--masterKey", "master"

static void assert_text(hp_str got, const char *want)
{
    if (!hp_str_eq(got, hp_str_of(want))) fail_msg("\"%" HP_STR_FMT "\" instead of \"%s\"", HP_STR_ARG(got), want);
}

/* ---- the table ---- */
static void the_table_is_sound(void **state)
{
    (void)state;
    static const unsigned stores[] = {
        [HP_OPTION_TEXT] = 1u << HP_STORE_TEXT,
        [HP_OPTION_CHOICE] = 1u << HP_STORE_TEXT,
        [HP_OPTION_URL] = 1u << HP_STORE_TEXT,
        [HP_OPTION_BOOL] = 1u << HP_STORE_BOOL,
        [HP_OPTION_INT] = 1u << HP_STORE_INT64 | 1u << HP_STORE_SIZE | 1u << HP_STORE_PORT,
        [HP_OPTION_SIZE] = 1u << HP_STORE_INT64 | 1u << HP_STORE_SIZE,
        [HP_OPTION_TEXT_LIST] = 1u << HP_STORE_TEXTS,
        [HP_OPTION_IP_LIST] = 1u << HP_STORE_IPS,
        [HP_OPTION_PROXIES] = 1u << HP_STORE_IPS,
        [HP_OPTION_JSON] = 0,
        [HP_OPTION_GROUP] = 0,
    };
    for (size_t i = 0; i < HP_OPTION_COUNT; i++) {
        const hp_option *o = &HP_OPTIONS[i];
        if (o->type == HP_OPTION_SECTION) continue;
        if (!o->env || !o->sentence) fail_msg("%s lacks its environment name or sentence", o->name);
        if (hp_option_find(hp_str_of(o->name)) != o) fail_msg("%s is there twice", o->name);
        if (hp_option_find_env(hp_str_of(o->env)) != o) fail_msg("%s: %s is taken", o->name, o->env);
        if (o->store != HP_STORE_NOTHING && !(stores[o->type] >> o->store & 1))
            fail_msg("%s goes into the wrong type", o->name);
        if ((o->type == HP_OPTION_INT || o->type == HP_OPTION_SIZE) && o->min >= o->max)
            fail_msg("%s has no range", o->name);
        if ((o->flags & HP_OPTION_SECRET) && o->type != HP_OPTION_TEXT) fail_msg("%s: secrets are texts", o->name);
        const hp_str name = hp_str_of(o->name);
        const size_t dot = hp_str_find_char(name, '.', 0);
        if (dot != SIZE_MAX && hp_option_find(hp_str_sub(name, 0, dot))->type != HP_OPTION_GROUP)
            fail_msg("%s: no group", o->name);
    }
}

static void the_documentation_is_what_the_table_says(void **state)
{
    (void)state;
    char *kept = calloc(1, 256 << 10);
    hp_buf text;

    hp_buf_init(&text, 256 << 10);
    hp_options_markdown(&text);
    assert_false(text.overflow);
    const bool update = getenv("HP_UPDATE_DOCS") != NULL;
    FILE *file = fopen(HP_DOCS "/configuration.md", update ? "w" : "r");
    assert_non_null(file);
    if (update) assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    const size_t len = update ? 0 : fread(kept, 1, (256 << 10) - 1, file);
    assert_int_equal(fclose(file), 0);
    if (!update && !hp_str_eq((hp_str){ kept, len }, hp_buf_str(&text)))
        fail_msg("docs/configuration.md is old: run this test with HP_UPDATE_DOCS=1");
    free(kept);
    hp_buf_done(&text);
}

static void help_names_what_can_be_set_and_nothing_else(void **state)
{
    (void)state;
    hp_buf text;

    hp_buf_init(&text, 256 << 10);
    hp_options_help(&text);
    assert_true(hp_str_contains(hp_buf_str(&text), HP_STR("--masterKeyIps <list of addresses>")));
    assert_true(hp_str_contains(hp_buf_str(&text), HP_STR("--maxUploadSize <size>")));
    assert_false(hp_str_contains(hp_buf_str(&text), HP_STR("--push ")));
    hp_buf_done(&text);
}

/* ---- values ---- */
static void defaults_are_the_closed_ones(void **state)
{
    (void)state;
    outcome o = load_well(&(trial){ .flags = { KEY_FLAGS } });
    const hp_settings *s = &o.config->settings;

    assert_text(s->app_id, "app");
    assert_text(s->master_key, "master");
    assert_false(hp_str_present(s->read_only_master_key) || hp_str_present(s->maintenance_key) ||
                 hp_str_present(s->client_key));
    assert_true(hp_ip_allowed(&s->master_key_ips, HP_STR("127.0.0.1")) &&
                hp_ip_allowed(&s->master_key_ips, HP_STR("::1")));
    assert_false(hp_ip_allowed(&s->master_key_ips, HP_STR("192.0.2.1")));
    assert_true(hp_ip_allowed(&s->read_only_master_key_ips, HP_STR("192.0.2.1")));
    assert_true(hp_ip_allowed(&s->read_only_master_key_ips, HP_STR("2001:db8::1")));
    assert_int_equal(s->trusted_proxies.count, 0);
    assert_text(s->mount_path, "/parse");
    assert_text(s->server_url, "http://localhost:1337/parse");
    assert_text(s->public_server_url, "http://localhost:1337/parse");
    assert_false(s->allow_client_class_creation || s->allow_custom_object_id || s->lock_schemas);
    assert_int_equal(s->object_id_len, 10);
    assert_int_equal(s->default_limit, 100);
    assert_int_equal(s->max_limit, 0);
    assert_int_equal(s->max_upload_bytes, 20971520);
    assert_true(s->sanitized_errors && s->enforce_private_users && s->revoke_session_on_password_reset);
    assert_true(s->expire_inactive_sessions && !s->extend_session_on_use);
    assert_int_equal(s->session_length_ms, 31536000000);
    assert_int_equal(s->cache_ttl_ms, 5000);
    assert_int_equal(s->account_lockout.threshold, 0);
    assert_int_equal(s->password_policy.max_password_history, 0);
    assert_int_equal(s->complexity.query_depth, HP_QUERY_DEPTH_MAX);
    assert_int_equal(s->complexity.batch_requests, HP_BATCH_MAX);
    assert_true(s->complexity.subquery_rows == INT64_MAX && s->complexity.allow_regex);
    assert_int_equal(s->denied_keyword_count, 3);
    assert_true(s->denied_keywords[0].has_key && s->denied_keywords[0].has_value);
    assert_text(s->denied_keywords[1].json, "{\"key\":\"constructor\"}");
    assert_int_equal(s->allow_origin.count, 0);

    const hp_server_options *v = &o.config->server;
    assert_text(v->host, "0.0.0.0");
    assert_int_equal(v->port, 1337);
    assert_text(v->database_path, "./homeport.db");
    assert_int_equal(v->log_level, HP_LOG_INFO);
    assert_true(v->workers >= 4 && v->io_threads >= 1 && v->password_hashes_max >= 1);
    assert_int_equal(v->shutdown_timeout_ms, 30000);
    assert_int_equal(v->schema_definitions.tag, HP_ARRAY);
    assert_false(hp_ip_allowed(&v->metrics_ips, HP_STR("192.0.2.1")));
    done(&o);
}

static void flags_win_over_environment_over_file_over_default(void **state)
{
    (void)state;
    outcome o = load_well(&(trial){
        .flags = { "--port=1", "--demo", "--template", "p2p-payment", "--javascriptKey", "j-flag" },
        .environment = { "PORT=2", "PARSE_SERVER_OBJECT_ID_SIZE=12", "PARSE_SERVER_JAVASCRIPT_KEY=j-env", "HOME=/root",
                         "PARSE_SERVER_CLIENT_KEY=" },
        .file_text = "{" KEYS ",\"port\":3,\"objectIdSize\":13,\"javascriptKey\":\"j-file\",\"clientKey\":\"c-file\","
                     "\"sessionLength\":60,\"maxLimit\":null}",
    });
    assert_int_equal(o.config->server.port, 1);
    assert_true(o.config->server.demo);
    assert_text(o.config->server.template_name, "p2p-payment");
    assert_text(o.config->settings.javascript_key, "j-flag");
    assert_int_equal(o.config->settings.object_id_len, 12);
    assert_text(o.config->settings.client_key, "c-file");
    assert_int_equal(o.config->settings.session_length_ms, 60000);
    assert_int_equal(o.config->settings.max_limit, 0);
    assert_text(o.config->settings.server_url, "http://localhost:1/parse");
    done(&o);
}

static void a_file_may_hold_one_app_in_a_list(void **state)
{
    (void)state;
    outcome o = load_well(
        &(trial){ .file_text = "{\"apps\":[{" KEYS ",\"port\":\"4000\",\"enforcePrivateUsers\":\"false\"}]}" });
    assert_int_equal(o.config->server.port, 4000);
    assert_false(o.config->settings.enforce_private_users);
    done(&o);
    refused("two apps", &(trial){ .file_text = "{\"apps\":[{" KEYS "},{" KEYS "}]}" }, "one app");
    refused("no app", &(trial){ .file_text = "{\"apps\":[]}" }, "one app");
    refused("beside apps", &(trial){ .file_text = "{\"apps\":[{" KEYS "}],\"port\":1}" }, "beside");
    refused("a list", &(trial){ .file_text = "[]" }, "JSON object");
}

static void the_file_is_named_by_config_or_as_operand(void **state)
{
    (void)state;
    char path[64];

    write_file(path, "{" KEYS ",\"port\":7}");
    for (int i = 0; i < 3; i++) {
        trial t = { .file_text = "{\"port\":8}" };
        if (i == 0) t.flags[0] = "--config";
        if (i < 2) t.flags[i == 0 ? 1 : 0] = path;
        char joined[80];
        (void)snprintf(joined, sizeof joined, "--config=%s", path);
        if (i == 2) t.flags[0] = joined;
        outcome o = load_well(&t);
        assert_int_equal(o.config->server.port, 7);
        done(&o);
    }
    (void)unlink(path);
    refused("missing", &(trial){ .flags = { KEY_FLAGS, "--config", "/nowhere/x.json" } },
            "/nowhere/x.json|No such file");
    refused("a folder", &(trial){ .flags = { KEY_FLAGS, "--config", "/tmp" } }, "cannot read");
    refused("two operands", &(trial){ .flags = { KEY_FLAGS, "/tmp/a", "/tmp/b" } }, "unexpected argument");
    refused("two files", &(trial){ .flags = { KEY_FLAGS, "--config", "/tmp/a", "--config", "/tmp/b" } },
            "--config: there is a file already, /tmp/a: remove one");
    refused("an operand and a file", &(trial){ .flags = { KEY_FLAGS, "/tmp/a", "--config=/tmp/b" } },
            "/tmp/a: remove one");
    refused("no file", &(trial){ .flags = { KEY_FLAGS, "--config" } }, "needs a value");
}

static void every_kind_of_value_is_read(void **state)
{
    (void)state;
    outcome o = load_well(&(trial){
        .flags = { KEY_FLAGS, "--masterKeyIps", "10.0.0.0/8, ::1", "--allowOrigin", "[\"https://a\",\"https://b\"]",
                   "--silent", "--mountPath", "/", "--jsonLogs", "true" },
        .environment = { "PARSE_SERVER_ALLOW_HEADERS=X-A,X-B",
                         "PARSE_SERVER_PASSWORD_POLICY={\"doNotAllowUsername\":true}",
                         "PARSE_PUBLIC_SERVER_URL=https://api.example.com/1/" },
        .file_text =
            "{\"maxUploadSize\":\"512 KB\",\"trustProxy\":[\"loopback\",\"10.1.0.0/16\"],\"cloud\":\"a.so\","
            "\"userSensitiveFields\":[\"phone\"],\"protectedFields\":{\"User\":{\"*\":[\"ssn\"],\"role:x\":[]},"
            "\"T\":{\"*\":[\"secret\"]}},\"databaseURI\":\"sqlite:///var/lib/app.db\","
            "\"schema\":{\"lockSchemas\":true,\"definitions\":[{\"className\":\"A\"}]},"
            "\"accountLockout\":{\"threshold\":3,\"duration\":5},\"requestKeywordDenylist\":[{\"value\":7}]}",
    });
    const hp_settings *s = &o.config->settings;

    assert_true(hp_ip_allowed(&s->master_key_ips, HP_STR("10.9.9.9")));
    assert_false(hp_ip_allowed(&s->master_key_ips, HP_STR("127.0.0.1")));
    assert_int_equal(s->allow_origin.count, 2);
    assert_text(s->allow_origin.items[1], "https://b");
    assert_text(s->allow_headers.items[1], "X-B");
    assert_text(s->mount_path, "");
    assert_text(s->server_url, "http://localhost:1337");
    assert_text(s->public_server_url, "https://api.example.com/1");
    assert_int_equal(o.config->server.log_level, HP_LOG_ERROR);
    assert_true(o.config->server.json_logs);
    assert_true(s->password_policy.do_not_allow_username);
    assert_int_equal(s->max_upload_bytes, 524288);
    assert_true(hp_ip_allowed(&s->trusted_proxies, HP_STR("127.9.0.1")));
    assert_true(hp_ip_allowed(&s->trusted_proxies, HP_STR("10.1.2.3")));
    assert_false(hp_ip_allowed(&s->trusted_proxies, HP_STR("10.2.0.1")));
    assert_text(o.config->server.cloud.items[0], "a.so");
    assert_text(o.config->server.database_path, "/var/lib/app.db");
    assert_true(s->lock_schemas);
    assert_int_equal(o.config->server.schema_definitions.array.count, 1);
    assert_int_equal(s->account_lockout.duration_ms, 300000);
    assert_int_equal(s->denied_keyword_count, 1);
    assert_true(!s->denied_keywords[0].has_key && s->denied_keywords[0].value.number == 7);

    HP_AUTO_ARENA mem = hp_arena_new();
    assert_text(hp_json_text(mem, &s->protected_fields),
                "{\"_User\":{\"*\":[\"ssn\",\"email\",\"phone\"],\"role:x\":[]},\"T\":{\"*\":[\"secret\"]}}");
    done(&o);
}

static void an_object_decides_about_all_its_members_and_a_member_about_itself(void **state)
{
    (void)state;
    const char *file = "{" KEYS ",\"passwordPolicy\":{\"validatorPattern\":\"^.{8,}$\",\"maxPasswordHistory\":5}}";

    outcome o = load_well(
        &(trial){ .file_text = file, .environment = { "PARSE_SERVER_PASSWORD_POLICY={\"doNotAllowUsername\":true}" } });
    assert_true(o.config->settings.password_policy.do_not_allow_username);
    assert_int_equal(o.config->settings.password_policy.max_password_history, 0);
    assert_false(hp_str_present(o.config->settings.password_policy.validator_pattern));
    done(&o);

    o = load_well(&(trial){ .file_text = file,
                            .flags = { "--passwordPolicy.maxPasswordHistory", "2" },
                            .environment = { "PARSE_SERVER_PASSWORD_POLICY_DO_NOT_ALLOW_USERNAME=1" } });
    assert_true(o.config->settings.password_policy.do_not_allow_username);
    assert_int_equal(o.config->settings.password_policy.max_password_history, 2);
    assert_text(o.config->settings.password_policy.validator_pattern, "^.{8,}$");
    done(&o);
}

static void a_secret_can_come_from_a_file(void **state)
{
    (void)state;
    char secret[64], text[256], variable[128];

    write_file(secret, "from file\r\n");
    (void)snprintf(text, sizeof text, "{\"appId\":\"app\",\"masterKeyFile\":\"%s\"}", secret);
    (void)snprintf(variable, sizeof variable, "PARSE_SERVER_REST_API_KEY_FILE=%s", secret);
    refused("equal keys", &(trial){ .file_text = text, .environment = { variable } },
            "restAPIKey|must differ from masterKey");

    outcome o = load_well(&(trial){ .file_text = text });
    assert_text(o.config->settings.master_key, "from file");
    done(&o);
    o = load_well(&(trial){ .flags = { KEY_FLAGS, "--clientKeyFile", secret } });
    assert_text(o.config->settings.client_key, "from file");
    done(&o);
    (void)snprintf(text, sizeof text, "{" KEYS ",\"masterKeyFile\":\"%s\"}", secret);
    refused("both", &(trial){ .file_text = text }, "masterKey|given twice");
    (void)unlink(secret);
    refused("gone", &(trial){ .file_text = text }, "masterKey|No such file");
    write_file(secret, "\n");
    (void)snprintf(text, sizeof text, "{\"appId\":\"app\",\"masterKeyFile\":\"%s\"}", secret);
    refused("empty", &(trial){ .file_text = text }, "masterKey|not empty");
    (void)unlink(secret);
    refused("not a secret", &(trial){ .flags = { KEY_FLAGS, "--portFile", "/tmp/x" } }, "unknown option \"portFile\"");
}

/* ---- refusals ---- */
static void an_unknown_name_is_refused_with_the_nearest_one(void **state)
{
    (void)state;
    refused("file", &(trial){ .file_text = "{" KEYS ",\n\n\"masterKeyIPs\":[]}" },
            ":3: unknown option \"masterKeyIPs\"|did you mean \"masterKeyIps\"");
    refused("flag", &(trial){ .flags = { KEY_FLAGS, "--sesionLength", "5" } },
            "--sesionLength|did you mean \"sessionLength\"");
    refused("far", &(trial){ .flags = { KEY_FLAGS, "--xyzzy", "5" } }, "unknown option \"xyzzy\"\n");
    refused("member", &(trial){ .file_text = "{" KEYS ",\"passwordPolicy\":{\n\"maxPasswordAges\":1}}" },
            ":2: unknown option \"passwordPolicy.maxPasswordAges\"|did you mean \"passwordPolicy.maxPasswordAge\"");
    refused("member in environment",
            &(trial){ .flags = { KEY_FLAGS }, .environment = { "PARSE_SERVER_ACCOUNT_LOCKOUT={\"treshold\":1}" } },
            "PARSE_SERVER_ACCOUNT_LOCKOUT|accountLockout.threshold");
    refused("all at once", &(trial){ .file_text = "{\"appid\":\"a\",\"prot\":1}" },
            "appId|port|masterKey: required|appId: required");
}

static void an_unknown_variable_is_warned_about(void **state)
{
    (void)state;
    outcome o =
        load(&(trial){ .flags = { KEY_FLAGS }, .environment = { "PARSE_SERVER_MASTERKEY_IPS=::1", "OTHER=1" } });

    assert_non_null(o.config);
    assert_non_null(strstr(o.report.ptr, "PARSE_SERVER_MASTERKEY_IPS"));
    assert_non_null(strstr(o.report.ptr, "did you mean PARSE_SERVER_MASTER_KEY_IPS?"));
    assert_null(strstr(o.report.ptr, "OTHER"));
    done(&o);
}

static void a_wrong_value_is_refused_with_where_and_what_was_expected(void **state)
{
    (void)state;
    static const struct {
        const char *member, *words;
    } cases[] = {
        { "\"port\":\"http\"", "port (|:2)|0 to 65535|got \"http\"" },
        { "\"port\":70000", "port|70000" },
        { "\"port\":-1", "port" },
        { "\"port\":1.5", "port" },
        { "\"port\":1e300", "port" },
        { "\"port\":true", "port" },
        { "\"port\":\"13 37\"", "port" },
        { "\"sessionLength\":0", "sessionLength|whole number" },
        { "\"sessionLength\":\"99999999999999999999\"", "sessionLength" },
        { "\"defaultLimit\":0", "defaultLimit" },
        { "\"allowClientClassCreation\":\"yes\"", "allowClientClassCreation|true or false" },
        { "\"allowClientClassCreation\":1", "allowClientClassCreation" },
        { "\"maxUploadSize\":\"20 mib\"", "maxUploadSize|20mb" },
        { "\"maxUploadSize\":\"2gb\"", "maxUploadSize" },
        { "\"maxUploadSize\":\"2147483647gb\"", "maxUploadSize" },
        { "\"maxUploadSize\":\"mb\"", "maxUploadSize" },
        { "\"masterKeyIps\":[\"localhost\"]", "masterKeyIps|CIDR|got \"localhost\"" },
        { "\"masterKeyIps\":[\"10.0.0.0/33\"]", "masterKeyIps|10.0.0.0/33" },
        { "\"masterKeyIps\":{}", "masterKeyIps" },
        { "\"masterKeyIps\":[1]", "masterKeyIps" },
        { "\"masterKeyIps\":\"127.0.0.1,,::1\"", "masterKeyIps" },
        { "\"trustProxy\":true", "trustProxy|name the proxies" },
        { "\"trustProxy\":1", "trustProxy|name the proxies" },
        { "\"trustProxy\":\"2\"", "trustProxy|name the proxies" },
        { "\"trustProxy\":\"everybody\"", "trustProxy" },
        { "\"serverURL\":\"localhost:1337\"", "serverURL|https://" },
        { "\"serverURL\":\"ftp://x\"", "serverURL" },
        { "\"serverURL\":\"https:///x\"", "serverURL" },
        { "\"publicServerURL\":\"https://x/?a\"", "publicServerURL" },
        { "\"mountPath\":\"parse\"", "mountPath|/parse" },
        { "\"mountPath\":\"/a//b\"", "mountPath" },
        { "\"logLevel\":\"loud\"", "logLevel|error|silly|got \"loud\"" },
        { "\"allowHeaders\":[\"\"]", "allowHeaders" },
        { "\"allowHeaders\":[\"X\\r\\nY\"]", "allowHeaders" },
        { "\"host\":\"\"", "host" },
        { "\"cloud\":\"./cloud/main.js\"", "cloud|main.js|.so" },
        { "\"databaseURI\":\"mongodb://u:canary@localhost/parse\"", "databaseURI|SQLite only" },
        { "\"databaseURI\":\"sqlite://file.db\"", "databaseURI|sqlite:///absolute" },
        { "\"databaseURI\":\"sqlite:///\"", "databaseURI" },
        { "\"protectedFields\":{\"T\":[\"a\"]}", "protectedFields|group" },
        { "\"protectedFields\":{\"T\":{\"*\":[1]}}", "protectedFields" },
        { "\"protectedFields\":{\"User\":{},\"_User\":{}}", "protectedFields" },
        { "\"requestKeywordDenylist\":[{}]", "requestKeywordDenylist" },
        { "\"requestKeywordDenylist\":[{\"key\":\"(\"}]", "requestKeywordDenylist" },
        { "\"requestKeywordDenylist\":[{\"keys\":\"a\"}]", "requestKeywordDenylist" },
        { "\"requestKeywordDenylist\":{\"key\":\"a\"}", "requestKeywordDenylist" },
        { "\"passwordPolicy\":true", "passwordPolicy|JSON object" },
        { "\"passwordPolicy\":{\"validatorPattern\":\"(\"}", "passwordPolicy.validatorPattern|regular expression" },
        { "\"idempotencyOptions\":{\"paths\":[\"a\",\"(\"]}", "idempotencyOptions.paths|regular expression" },
        { "\"idempotencyOptions\":{\"ttl\":0}", "idempotencyOptions.ttl" },
        { "\"passwordPolicy\":{\"maxPasswordHistory\":21}", "passwordPolicy.maxPasswordHistory|0 to 20" },
        { "\"accountLockout\":{\"threshold\":3}", "accountLockout.threshold|accountLockout.duration is missing" },
        { "\"accountLockout\":{\"duration\":3}", "accountLockout.duration|accountLockout.threshold is missing" },
        { "\"requestComplexity\":{\"queryDepth\":0}",
          "requestComplexity.queryDepth|expected -1 or a whole number from 1 to|requestComplexity.queryDepth must be a "
          "positive integer or -1 to disable." },
        { "\"schema\":{\"definitions\":[{}]}", "schema.definitions|className" },
        { "\"readOnlyMasterKey\":\"master\"", "readOnlyMasterKey|must differ from masterKey" },
        { "\"demo\":true", "demo|template" },
        { "\"port\":1,\"port\":2", ":" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "{" KEYS ",\n%s}", cases[i].member);
        refused(cases[i].member, &(trial){ .file_text = text }, cases[i].words);
    }
    refused("environment", &(trial){ .flags = { KEY_FLAGS }, .environment = { "PORT=x" } }, "port (PORT)");
    refused("hidden by a flag", &(trial){ .flags = { KEY_FLAGS, "--port", "1" }, .environment = { "PORT=x" } },
            "port (PORT)");
    refused("flag", &(trial){ .flags = { KEY_FLAGS, "--port", "x" } }, "port (--port)");
    refused("no value", &(trial){ .flags = { KEY_FLAGS, "--port" } }, "--port: needs a value");
    refused("twice", &(trial){ .flags = { KEY_FLAGS, "--port", "1", "--port", "2" } }, "port (--port): given twice");
    refused("not JSON", &(trial){ .flags = { KEY_FLAGS, "--protectedFields", "{" } },
            "protectedFields (--protectedFields): expected JSON");
    refused("nothing", &(trial){ .flags = { NULL } },
            "appId: required|PARSE_SERVER_APPLICATION_ID|masterKey: required");
}

static void live_queries_are_served_when_any_option_of_their_server_is_given(void **state)
{
    (void)state;
    outcome o = load_well(&(trial){ .file_text = "{" KEYS ",\"liveQuery\":{\"classNames\":[\"Chat.*\",\"User\"]}}" });
    const hp_live_settings *live = &o.config->settings.live;
    assert_false(live->serve);
    assert_int_equal(live->class_name_count, 2);
    assert_true(hp_regex_matches(live->class_names[0], HP_STR("ChatRoom")));
    assert_false(hp_regex_matches(live->class_names[0], HP_STR("OldChat")));
    assert_false(hp_regex_matches(live->class_names[1], HP_STR("Users")));
    assert_int_equal(live->ping_ms, 10000);
    done(&o);

    o = load_well(&(trial){ .file_text = "{" KEYS ",\"liveQueryServerOptions\":{\"websocketTimeout\":500}}" });
    assert_true(o.config->settings.live.serve);
    assert_int_equal(o.config->settings.live.ping_ms, 500);
    done(&o);
    o = load_well(&(trial){ .flags = { KEY_FLAGS }, .environment = { "PARSE_SERVER_START_LIVE_QUERY_SERVER=1" } });
    assert_true(o.config->settings.live.serve);
    done(&o);
    refused("class name", &(trial){ .file_text = "{" KEYS ",\"liveQuery\":{\"classNames\":[\"(\"]}}" },
            "not a regular expression");
    refused("key name", &(trial){ .file_text = "{" KEYS ",\"liveQueryServerOptions\":{\"keyPairs\":{\"key\":\"x\"}}}" },
            "expected an object of texts");
}

/* A protection that somebody believes in and that is not there is worse than a server that does not start; a feature that is
 * not there is said, and an app's configuration starts all the same. */
static void what_this_version_does_not_do_is_refused_or_said(void **state)
{
    (void)state;
    size_t tried = 0;

    for (size_t i = 0; i < HP_OPTION_COUNT; i++) {
        const hp_option *o = &HP_OPTIONS[i];
        if (o->type == HP_OPTION_SECTION || (o->status != HP_OPTION_NOT_YET && o->status != HP_OPTION_IGNORED))
            continue;
        char variable[200];
        const char *other = o->type == HP_OPTION_BOOL
                                ? (hp_str_eq(hp_str_of(o->default_text), HP_STR("true")) ? "false" : "true")
                            : o->type == HP_OPTION_INT ? "5"
                                                       : "{\"a\":1}";
        (void)snprintf(variable, sizeof variable, "%s=%s", o->env, other);
        const trial t = { .flags = { KEY_FLAGS }, .environment = { variable } };
        if (o->status == HP_OPTION_NOT_YET) {
            refused(o->name, &t, o->sentence);
        } else {
            outcome said = load(&t);
            if (said.config == NULL || !hp_str_contains(hp_buf_str(&said.report), hp_str_of(o->sentence)))
                fail_msg("%s: %s", o->name, said.report.ptr);
            done(&said);
        }
        tried++;
        if (!o->default_text) continue;
        (void)snprintf(variable, sizeof variable, "%s=%s", o->env, o->default_text);
        outcome result = load_well(&(trial){ .flags = { KEY_FLAGS }, .environment = { variable } });
        done(&result);
    }
    assert_true(tried > 0);
    refused("module", &(trial){ .file_text = "{" KEYS ",\"emailAdapter\":{\"module\":\"x\"}}" },
            "emailAdapter (|modules for Node cannot be loaded");
    outcome o = load_well(
        &(trial){ .file_text = "{" KEYS ",\"push\":{},\"rateLimit\":[],\"logsFolder\":null,\"directAccess\":false}" });
    done(&o);
}

static void secrets_are_never_printed(void **state)
{
    (void)state;
    static const char *const mistakes[] = { "\"can\\u0007ary\"", "[\"canary\"]", "canary", "\"canary\" \"canary\"" };

    for (size_t i = 0; i < HP_OPTION_COUNT; i++) {
        if (!(HP_OPTIONS[i].flags & HP_OPTION_SECRET)) continue;
        for (size_t k = 0; k < sizeof mistakes / sizeof *mistakes; k++) {
            char text[256];
            (void)snprintf(text, sizeof text, "{\"%s\":%s}", HP_OPTIONS[i].name, mistakes[k]);
            outcome o = load(&(trial){ .file_text = text });
            assert_null(o.config);
            if (strstr(o.report.ptr, "ary")) fail_msg("%s", o.report.ptr);
            done(&o);
        }
    }
    outcome o = load(&(trial){ .flags = { "--appId", "a", "--masterKey", "canary", "--maintenanceKey", "canary" } });
    assert_null(o.config);
    assert_null(strstr(o.report.ptr, "canary"));
    done(&o);
}

/* ---- reload ---- */
static void a_reload_applies_what_can_change_and_names_what_cannot(void **state)
{
    (void)state;
    outcome first = load_well(
        &(trial){ .file_text = "{" KEYS ",\"port\":1000,\"logLevel\":\"info\",\"restAPIKey\":\"old\",\"cacheTTL\":5000,"
                               "\"accountLockout\":{\"threshold\":3,\"duration\":1}}" });
    char path[64];
    hp_config_changes changes;
    hp_buf report;
    const trial none = { .flags = { NULL } };

    hp_buf_init(&report, HP_CONFIG_REPORT_MAX);
    write_file(path,
               "{" KEYS ",\"port\":2000,\"logLevel\":\"debug\",\"restAPIKey\":\"new\",\"masterKeyIps\":\"10.0.0.1\","
               "\"accountLockout\":{\"threshold\":4,\"duration\":1}}");
    const hp_config_sources from = sources_of(&none, path);
    hp_config *second = hp_config_reload(first.config, &from, &changes, &report);
    assert_non_null(second);
    hp_config_free(first.config);
    first.config = NULL;
    assert_int_equal(second->server.port, 1000);
    assert_text(second->settings.server_url, "http://localhost:1000/parse");
    assert_int_equal(second->server.log_level, HP_LOG_DEBUG);
    assert_text(second->settings.rest_api_key, "new");
    assert_true(hp_ip_allowed(&second->settings.master_key_ips, HP_STR("10.0.0.1")));
    assert_int_equal(second->settings.account_lockout.threshold, 4);
    assert_int_equal(changes.need_restart.count, 1);
    assert_text(changes.need_restart.items[0], "port");
    assert_int_equal(changes.applied.count, 4); /* cacheTTL is what it was: the default */

    (void)unlink(path);
    write_file(path, "{" KEYS ",\"port\":true}");
    assert_null(hp_config_reload(second, &from, &changes, &report));
    assert_int_equal(changes.applied.count, 0);
    assert_true(hp_str_contains(hp_buf_str(&report), HP_STR("port (")));
    (void)unlink(path);
    hp_config_free(second);
    hp_buf_done(&report);
    done(&first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sound),
        cmocka_unit_test(the_documentation_is_what_the_table_says),
        cmocka_unit_test(help_names_what_can_be_set_and_nothing_else),
        cmocka_unit_test(defaults_are_the_closed_ones),
        cmocka_unit_test(flags_win_over_environment_over_file_over_default),
        cmocka_unit_test(a_file_may_hold_one_app_in_a_list),
        cmocka_unit_test(the_file_is_named_by_config_or_as_operand),
        cmocka_unit_test(every_kind_of_value_is_read),
        cmocka_unit_test(an_object_decides_about_all_its_members_and_a_member_about_itself),
        cmocka_unit_test(a_secret_can_come_from_a_file),
        cmocka_unit_test(an_unknown_name_is_refused_with_the_nearest_one),
        cmocka_unit_test(an_unknown_variable_is_warned_about),
        cmocka_unit_test(a_wrong_value_is_refused_with_where_and_what_was_expected),
        cmocka_unit_test(live_queries_are_served_when_any_option_of_their_server_is_given),
        cmocka_unit_test(what_this_version_does_not_do_is_refused_or_said),
        cmocka_unit_test(secrets_are_never_printed),
        cmocka_unit_test(a_reload_applies_what_can_change_and_names_what_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

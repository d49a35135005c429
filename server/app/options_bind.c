/* app/options_bind.c — from one value per option to the two structs, and what concerns several options at once. */
#include <unistd.h>

#include "app/options_internal.h"
#include "app/options_parse_words.h"
#include "auth/secret.h"
#include "base/limits.h"
#include "query/class.h"
#include "query/regex.h"
#include "value/json.h"

static const hp_option_value *value_of(const hp_loader *l, const char *name)
{
    const hp_option *o = hp_option_find(hp_str_of(name));

    HP_ASSERT(o != NULL);
    return &l->values[hp_option_index(o)];
}

/* `missing` is the option whose absence is the reason, or NULL. */
static void complain(hp_loader *l, const char *name, const char *what, const char *missing)
{
    if (missing != NULL)
        hp_loader_parse_words(l, hp_option_parse_words(l->mem, hp_option_find(hp_str_of(missing)), NULL));
    hp_loader_problem(l, hp_option_find(hp_str_of(name)), value_of(l, name)->where, "%s", what);
}

/* `words` are Parse Server's, and say it all. */
static void complain_as_parse(hp_loader *l, const char *name, const char *words)
{
    hp_loader_parse_words(l, hp_str_of(words));
    complain(l, name, words, NULL);
}

/* ---- one option ---- */
static hp_str_list texts_of(hp_arena *mem, const hp_value *v)
{
    hp_str *items = HP_NEW_ARRAY(mem, hp_str, v->array.count);

    for (uint32_t i = 0; i < v->array.count; i++) items[i] = v->array.items[i].string;
    return (hp_str_list){ items, v->array.count };
}

static hp_ip_list ranges_of(hp_arena *mem, const hp_value *v)
{
    hp_ip_range *items = HP_NEW_ARRAY(mem, hp_ip_range, v->array.count);

    for (uint32_t i = 0; i < v->array.count; i++) HP_ASSERT(hp_ip_range_parse(hp_text(&v->array.items[i]), &items[i]));
    return (hp_ip_list){ items, v->array.count };
}

static void store(hp_loader *l, const hp_option *o, const hp_value *v)
{
    void *to = (char *)l->config + o->offset;
    const int64_t number = hp_is(v, HP_NUMBER) ? (int64_t)v->number * (o->scale ? o->scale : 1) : 0;

    switch (o->store) {
    case HP_STORE_NOTHING: break;
    case HP_STORE_TEXT: *(hp_str *)to = v->string; break;
    case HP_STORE_BOOL: *(bool *)to = v->boolean; break;
    case HP_STORE_INT64: *(int64_t *)to = number; break;
    case HP_STORE_SIZE: *(size_t *)to = (size_t)number; break;
    case HP_STORE_PORT: *(uint16_t *)to = (uint16_t)number; break;
    case HP_STORE_TEXTS: *(hp_str_list *)to = texts_of(l->mem, v); break;
    case HP_STORE_IPS: *(hp_ip_list *)to = ranges_of(l->mem, v); break;
    }
}

/* false, "", [] and {} ask for nothing. */
static bool asks_for_nothing(const hp_value *v)
{
    return hp_is_null(v) || (hp_is(v, HP_BOOL) && !v->boolean) || (hp_is(v, HP_STRING) && v->string.len == 0) ||
           (hp_is(v, HP_ARRAY) && v->array.count == 0) || (hp_is(v, HP_OBJECT) && v->object.count == 0);
}

static bool is_default(hp_loader *l, const hp_option *o, const hp_value *v)
{
    hp_value standard;
    const hp_value text = hp_string(hp_str_of(o->default_text));

    if (!o->default_text) return asks_for_nothing(v);
    HP_ASSERT(hp_option_coerce(l, o, &text, HP_STR("default"), &standard));
    return hp_value_equal(v, &standard);
}

static void bind_one(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    if (o->status == HP_OPTION_IGNORED && v->present && !is_default(l, o, &v->value))
        hp_buf_printf(l->report, "%s (%" HP_STR_FMT "): ignored. %s\n", o->name, HP_STR_ARG(v->where), o->sentence);
    if (o->status == HP_OPTION_NOT_YET && v->present && !is_default(l, o, &v->value))
        hp_loader_problem(l, o, v->where, "not supported by this version. %s", o->sentence);
    if (o->status != HP_OPTION_WORKS) return;
    if (v->present) {
        store(l, o, &v->value);
        if (o->take) o->take(l, o, v);
    } else if ((o->flags & HP_OPTION_REQUIRED) && !v->decided && !l->file_unread) {
        hp_loader_parse_words(l, hp_option_parse_words(l->mem, o, NULL));
        hp_loader_problem(l, o, HP_STR_NONE,
                          "required. Set it in the configuration file, as %s in the environment, or with --%s", o->env,
                          o->name);
    }
}

/* ---- options with a form of their own ---- */
void hp_take_mount_path(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    hp_str path = v->value.string;
    bool ok = path.ptr[0] == '/' && !hp_str_contains(path, HP_STR("//"));

    for (size_t i = 0; ok && i < path.len; i++) ok = !memchr(" ?#%\\\"<>", path.ptr[i], 8);
    if (!ok)
        hp_loader_problem(l, o, v->where, "expected a path such as /parse, got \"%" HP_STR_FMT "\"", HP_STR_ARG(path));
    while (hp_str_ends(path, HP_STR("/"))) path.len--;
    l->config->settings.mount_path = path;
}

/* The URI may hold a password: it is not shown. */
void hp_take_database_uri(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    const hp_str scheme = HP_STR("sqlite://");
    const hp_str path = hp_str_sub(v->value.string, scheme.len, SIZE_MAX);
    const bool sqlite = hp_str_starts(v->value.string, scheme);
    const bool absolute = hp_str_starts(path, HP_STR("/"));
    const bool relative = hp_str_starts(path, HP_STR("./")) || hp_str_starts(path, HP_STR("../"));

    if (!sqlite)
        hp_loader_problem(l, o, v->where, "this version stores in SQLite only: expected sqlite:///path/file.db");
    else if ((!absolute && !relative) || hp_str_ends(path, HP_STR("/")))
        hp_loader_problem(l, o, v->where, "expected sqlite:///absolute/path.db or sqlite://./relative/path.db");
    else
        l->config->server.database_path = path;
}

void hp_take_cloud(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    const hp_str_list files = texts_of(l->mem, &v->value);

    for (size_t i = 0; i < files.count; i++)
        if (!hp_str_ends(files.items[i], HP_STR(".so")))
            hp_loader_problem(l, o, v->where,
                              "\"%" HP_STR_FMT
                              "\" is no plug-in (.so): JavaScript cloud code is not supported by this version; "
                              "build a C file with `homeport cloud build FILE.c`",
                              HP_STR_ARG(files.items[i]));
    l->config->server.cloud = files;
}

void hp_take_schema_definitions(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    bool ok = hp_is(&v->value, HP_ARRAY);

    for (uint32_t i = 0; ok && i < v->value.array.count; i++)
        ok = hp_str_present(hp_object_text(&v->value.array.items[i], HP_STR("className")));
    if (!ok) hp_loader_problem(l, o, v->where, "expected a list of objects, each with a className");
    if (!ok) hp_loader_parse_words(l, hp_option_parse_words(l->mem, o, &v->value));
    l->config->server.schema_definitions = v->value;
}

void hp_take_pattern(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    const hp_regex *unused;
    hp_err err = { 0 };

    if (hp_regex_compile(l->mem, v->value.string, HP_STR(""), &unused, &err) != HP_OK)
        hp_loader_problem(l, o, v->where, "not a regular expression: %s", err.msg);
}

/* A path is matched from its beginning, said or not. */
void hp_take_idempotent_paths(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    const uint32_t count = hp_is(&v->value, HP_ARRAY) ? v->value.array.count : 0;
    const hp_regex **paths = HP_NEW_ARRAY(l->mem, const hp_regex *, count);
    hp_err err = { 0 };

    for (uint32_t i = 0; i < count; i++) {
        hp_str pattern = v->value.array.items[i].string;
        if (!hp_str_starts(pattern, HP_STR("^")))
            pattern = hp_arena_printf(l->mem, "^%" HP_STR_FMT, HP_STR_ARG(pattern));
        if (hp_regex_compile(l->mem, pattern, HP_STR(""), &paths[i], &err) == HP_OK) continue;
        hp_loader_problem(l, o, v->where, "not a regular expression: %s", err.msg);
        return;
    }
    l->config->settings.idempotent_paths = paths;
    l->config->settings.idempotent_path_count = count;
}

/* "*" is no expression: it is what Parse Server says for all. */
void hp_take_file_extensions(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    hp_file_upload_settings *upload = &l->config->settings.file_upload;
    const uint32_t count = v->value.array.count;
    const hp_regex **extensions = HP_NEW_ARRAY(l->mem, const hp_regex *, count);
    hp_err err = { 0 };

    for (uint32_t i = 0; i < count; i++) {
        const hp_str pattern = v->value.array.items[i].string;
        if (hp_str_eq(pattern, HP_STR("*")))
            upload->any_extension = true;
        else if (hp_regex_compile(l->mem, pattern, HP_STR(""), &extensions[upload->extension_count], &err) == HP_OK)
            upload->extension_count++;
        else
            hp_loader_problem(l, o, v->where, "not a regular expression: %s", err.msg);
    }
    upload->extensions = extensions;
}

/* A route is matched as a whole, however the expression puts its alternatives. */
void hp_take_route_allow_list(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    const uint32_t count = v->value.array.count;
    const hp_regex **routes = HP_NEW_ARRAY(l->mem, const hp_regex *, count);
    hp_err err = { 0 };

    for (uint32_t i = 0; i < count; i++) {
        const hp_str text = v->value.array.items[i].string;
        const hp_str pattern = hp_arena_printf(l->mem, "^(?:%" HP_STR_FMT ")\\z", HP_STR_ARG(text));
        if (hp_regex_compile(l->mem, pattern, HP_STR(""), &routes[i], &err) == HP_OK) continue;
        hp_loader_problem(l, o, v->where, "not a regular expression: %s", err.msg);
        hp_loader_parse_words(
            l, hp_arena_printf(
                   l->mem, "Parse Server option routeAllowList contains an invalid regex pattern: \"%" HP_STR_FMT "\".",
                   HP_STR_ARG(text)));
        return;
    }
    l->config->settings.has_route_allow_list = true;
    l->config->settings.route_allow_list = routes;
    l->config->settings.route_allow_count = count;
}

static bool is_text_array(const hp_value *v)
{
    if (!hp_is(v, HP_ARRAY)) return false;
    for (uint32_t i = 0; i < v->array.count; i++)
        if (!hp_is(&v->array.items[i], HP_STRING)) return false;
    return true;
}

static bool is_group_map(const hp_value *v)
{
    if (!hp_is(v, HP_OBJECT)) return false;
    for (uint32_t i = 0; i < v->object.count; i++)
        if (!is_text_array(&v->object.items[i].value)) return false;
    return true;
}

void hp_take_protected_fields(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    hp_value *by_class = &l->config->settings.protected_fields;
    bool ok = hp_is(&v->value, HP_OBJECT);

    *by_class = hp_object();
    for (uint32_t i = 0; ok && i < v->value.object.count; i++) {
        const hp_member *m = &v->value.object.items[i];
        ok = is_group_map(&m->value) &&
             !hp_object_get(by_class, hp_class_canonical_name(m->key)); /* User beside _User */
        hp_object_set(l->mem, by_class, hp_class_canonical_name(m->key), m->value);
    }
    if (!ok) hp_loader_problem(l, o, v->where, "expected {\"<class>\": {\"<group>\": [\"<field>\", …]}}");
}

/* A key or a value of an entry: a regular expression, a number, a boolean. */
static bool read_keyword_part(hp_loader *l, const hp_value *part, bool *has, hp_value *out)
{
    const hp_regex *unused;
    hp_err err = { 0 };

    *has = part != NULL;
    if (!part) return true;
    *out = *part;
    if (part->tag == HP_STRING) return hp_regex_compile(l->mem, part->string, HP_STR(""), &unused, &err) == HP_OK;
    return part->tag == HP_NUMBER || part->tag == HP_BOOL;
}

static bool read_keyword(hp_loader *l, const hp_value *entry, hp_denied_keyword *out)
{
    if (!hp_is(entry, HP_OBJECT)) return false;
    for (uint32_t i = 0; i < entry->object.count; i++) {
        const hp_str name = entry->object.items[i].key;
        if (!hp_str_eq(name, HP_STR("key")) && !hp_str_eq(name, HP_STR("value"))) return false;
    }
    out->json = hp_json_text(l->mem, entry);
    return read_keyword_part(l, hp_object_get(entry, HP_STR("key")), &out->has_key, &out->key) &&
           read_keyword_part(l, hp_object_get(entry, HP_STR("value")), &out->has_value, &out->value) &&
           (out->has_key || out->has_value);
}

void hp_take_denied_keywords(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    const uint32_t count = hp_is(&v->value, HP_ARRAY) ? v->value.array.count : 0;
    hp_denied_keyword *items = HP_NEW_ARRAY(l->mem, hp_denied_keyword, count);
    bool ok = hp_is(&v->value, HP_ARRAY);

    for (uint32_t i = 0; ok && i < count; i++) ok = read_keyword(l, &v->value.array.items[i], &items[i]);
    if (!ok) hp_loader_parse_words(l, hp_option_parse_words(l->mem, o, &v->value));
    if (!ok)
        hp_loader_problem(
            l, o, v->where,
            "expected a list of {\"key\": …}, {\"value\": …} or {\"key\": …, \"value\": …} with regular expressions, "
            "numbers or booleans");
    l->config->settings.denied_keywords = items;
    l->config->settings.denied_keyword_count = count;
}

void hp_take_database_options(hp_loader *l, const hp_option *o, const hp_option_value *v)
{
    const hp_value *explain = hp_object_get(&v->value, HP_STR("allowPublicExplain"));

    if (!hp_is(&v->value, HP_OBJECT)) {
        hp_loader_parse_words(l, hp_option_parse_words(l->mem, o, &v->value));
        hp_loader_problem(l, o, v->where, "expected an object");
        return;
    }
    if (explain != NULL && explain->tag != HP_BOOL)
        hp_loader_problem(l, o, v->where, "allowPublicExplain must be true or false");
    l->config->settings.allow_public_explain = hp_is_true(explain);
    if (v->value.object.count > (explain != NULL ? 1u : 0u))
        hp_buf_printf(l->report,
                      "%s (%" HP_STR_FMT "): ignored. They are options of the MongoDB driver; the embedded store needs "
                      "none.\n",
                      o->name, HP_STR_ARG(v->where));
}

/* ---- several options ---- */

/* Two equal keys would make the weaker one as strong as the other. */
static void check_keys_differ(hp_loader *l)
{
    static const char *const names[] = { "masterKey",     "readOnlyMasterKey", "maintenanceKey", "restAPIKey",
                                         "javascriptKey", "clientKey",         "dotNetKey" };
    enum { STRONG = 3, ALL = sizeof names / sizeof *names };

    for (size_t i = 0; i < STRONG; i++)
        for (size_t j = i + 1; j < ALL; j++)
            if (hp_secret_equal(hp_text(&value_of(l, names[i])->value), hp_text(&value_of(l, names[j])->value))) {
                if (i == 0 && j < STRONG)
                    hp_loader_parse_words(l, hp_arena_printf(l->mem, "masterKey and %s should be different", names[j]));
                hp_loader_problem(l, hp_option_find(hp_str_of(names[j])), value_of(l, names[j])->where,
                                  "must differ from %s", names[i]);
            }
}

static void add_protected(hp_arena *mem, hp_value *list, hp_str field)
{
    for (uint32_t i = 0; i < list->array.count; i++)
        if (hp_str_eq(hp_text(&list->array.items[i]), field)) return;
    hp_array_push(mem, list, hp_string(field));
}

static hp_value *member(hp_arena *mem, hp_value *object, hp_str key, hp_value fallback)
{
    if (!hp_object_get(object, key)) hp_object_set(mem, object, key, fallback);
    return hp_object_get(object, key);
}

/* The e-mail of users is hidden whatever the options say. Works on copies: the options' values are compared at a reload. */
static void complete_protected_fields(hp_loader *l)
{
    hp_value *by_class = &l->config->settings.protected_fields;
    const hp_option_value *sensitive = value_of(l, "userSensitiveFields");

    *by_class = hp_value_copy(l->mem, by_class);
    hp_value *groups = member(l->mem, by_class, HP_STR("_User"), hp_object());
    hp_value *everyone = member(l->mem, groups, HP_STR("*"), hp_array());
    /* Who takes the exemption of one's own fields away says himself what is hidden. */
    const bool own_list =
        hp_object_get(hp_object_get(&value_of(l, "protectedFields")->value, HP_STR("_User")), HP_STR("*"));
    if (!own_list || value_of(l, "protectedFieldsOwnerExempt")->value.boolean)
        add_protected(l->mem, everyone, HP_STR("email"));
    for (uint32_t i = 0; sensitive->present && i < sensitive->value.array.count; i++)
        add_protected(l->mem, everyone, sensitive->value.array.items[i].string);
}

void hp_options_complete_urls(hp_loader *l)
{
    hp_settings *s = &l->config->settings;

    if (!l->values[hp_option_index(hp_option_find(HP_STR("serverURL")))].present)
        s->server_url = hp_arena_printf(l->mem, "http://localhost:%u%" HP_STR_FMT, l->config->server.port,
                                        HP_STR_ARG(s->mount_path));
    if (!l->values[hp_option_index(hp_option_find(HP_STR("publicServerURL")))].present)
        s->public_server_url = s->server_url;
}

/* What the server bounds by itself, Parse Server's "off" or more does not lift. */
static void complete_files_folder(hp_server_options *s, hp_arena *mem)
{
    if (!hp_str_present(s->files_folder))
        s->files_folder = hp_arena_printf(mem, "%" HP_STR_FMT "-files", HP_STR_ARG(s->database_path));
}

static void own_bound(int64_t *limit, int64_t bound)
{
    if (*limit < 0 || *limit > bound) *limit = bound;
}

static void complete_complexity(hp_request_complexity *c)
{
    own_bound(&c->query_depth, HP_QUERY_DEPTH_MAX);
    own_bound(&c->subquery_depth, HP_SUBQUERY_DEPTH_MAX);
    own_bound(&c->subquery_rows, INT64_MAX);
    own_bound(&c->include_depth, HP_INCLUDE_DEPTH_MAX);
    own_bound(&c->include_count, HP_INCLUDE_COUNT_MAX);
    own_bound(&c->batch_requests, HP_BATCH_MAX);
}

static void complete_threads(hp_server_options *s)
{
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    const size_t processors = online > 0 ? (size_t)online : 1;

    if (s->io_threads == 0) s->io_threads = processors / 2 > 0 ? processors / 2 : 1;
    if (s->workers == 0) s->workers = processors * 2 > 4 ? processors * 2 : 4;
    if (s->password_hashes_max == 0) s->password_hashes_max = processors;
}

static hp_log_level log_level(const hp_loader *l)
{
    const hp_str name = value_of(l, "logLevel")->value.string;

    if (value_of(l, "silent")->value.boolean || hp_str_eq(name, HP_STR("error"))) return HP_LOG_ERROR;
    if (value_of(l, "verbose")->value.boolean) return HP_LOG_DEBUG;
    if (hp_str_eq(name, HP_STR("warn"))) return HP_LOG_WARN;
    return hp_str_eq(name, HP_STR("info")) ? HP_LOG_INFO : HP_LOG_DEBUG;
}

/* Parse Server's sentence lists all the names, in the order of the definitions. */
static hp_str duplicate_words(hp_arena *mem, const hp_value *definitions)
{
    hp_str names = HP_STR("");
    for (uint32_t i = 0; i < definitions->array.count; i++) {
        const hp_str name = hp_object_text(&definitions->array.items[i], HP_STR("className"));
        names = hp_arena_printf(mem, "%" HP_STR_FMT "%s%" HP_STR_FMT, HP_STR_ARG(names), i > 0 ? "\",\"" : "",
                                HP_STR_ARG(name));
    }
    return hp_arena_printf(mem, "The list of schemas provided contains duplicated \"className\"  \"%" HP_STR_FMT "\"",
                           HP_STR_ARG(names));
}

static void check_definitions(hp_loader *l)
{
    const hp_value *definitions = &l->config->server.schema_definitions;
    if (!hp_is(definitions, HP_ARRAY)) return;
    for (uint32_t i = 0; i < definitions->array.count; i++)
        for (uint32_t k = 0; k < i; k++) {
            const hp_str name = hp_object_text(&definitions->array.items[i], HP_STR("className"));
            if (!hp_str_eq(name, hp_object_text(&definitions->array.items[k], HP_STR("className")))) continue;
            complain(l, "schema.definitions", "two definitions of one class", NULL);
            hp_loader_parse_words(l, duplicate_words(l->mem, definitions));
            return;
        }
}

static void check_pairs(hp_loader *l)
{
    const hp_account_lockout *lockout = &l->config->settings.account_lockout;

    if (lockout->threshold > 0 && lockout->duration_ms == 0)
        complain(l, "accountLockout.threshold", "accountLockout.duration is missing: accounts would not lock",
                 "accountLockout.duration");
    if (lockout->duration_ms > 0 && lockout->threshold == 0)
        complain(l, "accountLockout.duration", "accountLockout.threshold is missing: accounts would not lock",
                 "accountLockout.threshold");
    if (value_of(l, "emailVerifyTokenReuseIfValid")->value.boolean && l->config->settings.email.verify_token_ms == 0)
        complain_as_parse(l, "emailVerifyTokenReuseIfValid",
                          "You cannot use emailVerifyTokenReuseIfValid without emailVerifyTokenValidityDuration");
    if (l->config->settings.password_policy.reset_token_reuse &&
        l->config->settings.password_policy.reset_token_ms == 0)
        complain_as_parse(l, "passwordPolicy.resetTokenReuseIfValid",
                          "You cannot use resetTokenReuseIfValid without resetTokenValidityDuration");
    if (l->config->server.demo && !hp_str_present(l->config->server.template_name))
        complain(l, "demo", "needs a template whose users it adds", NULL);
}

/* Links in mails begin with publicServerURL: what the server believes of itself, or a request says, is no base for them. */
static void check_mail(hp_loader *l)
{
    hp_settings *s = &l->config->settings;
    const bool mailer = l->config->server.mail.driver != HP_MAIL_BY_NOBODY;
    const bool address = value_of(l, "publicServerURL")->present;

    s->email.links = address && hp_str_present(s->app_name);
    if (!s->email.verify || (mailer && s->email.links)) return;
    if (!mailer)
        complain_as_parse(l, "verifyUserEmails",
                          "An emailAdapter is required for e-mail verification and password resets.");
    else if (!hp_str_present(s->app_name))
        complain_as_parse(l, "verifyUserEmails",
                          "An app name is required for e-mail verification and password resets.");
    else
        complain_as_parse(l, "verifyUserEmails", "The option publicServerURL is required.");
}

void hp_options_bind(hp_loader *l)
{
    for (size_t i = 0; i < HP_OPTION_COUNT; i++)
        if (HP_OPTIONS[i].type != HP_OPTION_SECTION) bind_one(l, &HP_OPTIONS[i], &l->values[i]);
    if (l->problems > 0) return; /* what follows relies on sound members */
    check_keys_differ(l);
    check_pairs(l);
    check_definitions(l);
    check_mail(l);
    complete_protected_fields(l);
    hp_options_complete_urls(l);
    complete_complexity(&l->config->settings.complexity);
    complete_threads(&l->config->server);
    hp_options_complete_live(l);
    complete_files_folder(&l->config->server, l->mem);
    l->config->server.log_level = log_level(l);
}

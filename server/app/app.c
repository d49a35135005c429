#include "app/app.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/descriptors.h"
#include "app/monitor.h"
#include "app/template.h"
#include "app/webhook_sender.h"
#include "base/limits.h"
#include "base/log.h"
#include "core/schema.h"
#include "core/schema_api.h"
#include "core/schema_source.h"
#include "core/system_classes.h"
#include "core/webhooks.h"
#include "hooks/plugin.h"
#include "hooks/webhook.h"
#include "http/server.h"
#include "live/bus.h"
#include "live/live.h"
#include "live/publish.h"
#include "pubsub/redis.h"
#include "rest/depth.h"
#include "rest/rest.h"
#include "rest/route.h"
#include "services/file_disk.h"
#include "store/sqlite/sqlite_store.h"
#include "value/json.h"

enum {
    EVENT_THREADS = 2, /* of live queries, and of the bus */
    EVENTS_BYTES_MAX = 256 << 20
}; /* changes that wait for the event thread */
enum { URL_BYTES_MAX = 64 * 1024, HEADERS_MAX = 100, SPARES_MAX = 512 };

struct hp_app {
    hp_config *_Atomic config; /* in force; a reload on the main thread changes it under requests and the loop */
    hp_config **replaced;      /* by reloads; calls may still hold them, so they go with the app */
    size_t replaced_count;
    hp_store *store;
    hp_gate *passwords;
    hp_mailer *mailer; /* NULL: no mail is sent */
    hp_file_storage *files;
    hp_hooks *hooks;
    hp_core *core;
    hp_http_server *server;
    hp_live_bus *bus;      /* NULL: this node is alone */
    hp_live_queue *events; /* NULL: nobody is told of changes */
    hp_live_publisher publisher;
    hp_event_sink sink;
    hp_live *live; /* while serving; NULL: nobody is told of changes */
    hp_monitor monitor;
    hp_webhook_sender webhook_sender;
};

hp_core *hp_app_core(hp_app *app) { return app->core; }

/* ---- opening ---- */

static hp_code load_cloud_code(hp_app *app, hp_arena *mem, hp_err *err)
{
    const hp_server_options *o = &app->config->server;
    hp_str path;
    if (hp_str_present(o->template_name)) {
        HP_TRY(hp_template_cloud_code(o->template_name, mem, &path, err));
        HP_TRY(hp_plugin_load(app->hooks, path.ptr, err));
    }
    for (size_t i = 0; i < o->cloud.count; i++)
        HP_TRY(hp_plugin_load(app->hooks, hp_arena_cstr(mem, o->cloud.items[i]), err));
    return HP_OK;
}

static bool is_defined(const hp_value *classes, hp_str name)
{
    for (uint32_t i = 0; i < classes->array.count; i++)
        if (hp_str_eq(hp_class_canonical_name(hp_object_text(&classes->array.items[i], HP_STR("className"))), name))
            return true;
    return false;
}

/* Where classes are defined, clients add no fields, to classes without a definition neither. Nothing else of
 * those changes: they are mentioned with the permissions, fields and indexes that they have. */
static void close_other_classes(hp_call *call, hp_value *classes)
{
    size_t count;
    const hp_class *const *stored = hp_schema_classes(call->schema, &count);
    for (size_t i = 0; i < count; i++) {
        if (is_defined(classes, stored[i]->name) || hp_system_class_is_volatile(stored[i]->name)) continue;
        hp_value def = hp_schema_show(call, stored[i]);
        hp_value permissions = hp_object_clone(call->mem, hp_object_get(&def, HP_STR("classLevelPermissions")));
        hp_object_set(call->mem, &permissions, HP_STR("addField"), hp_object());
        hp_object_set(call->mem, &def, HP_STR("classLevelPermissions"), permissions);
        hp_array_push(call->mem, classes, def);
    }
}

/* Which definition, and what of it, is wrong. */
static hp_code name_definition(hp_str where, hp_err *err)
{
    const hp_err why = *err;
    hp_str rest = where, index = HP_STR_NONE;
    if (why.code == HP_E_INTERNAL || !hp_str_present(where)) return why.code;
    (void)hp_str_split(&rest, '.', &index);
    return hp_fail(err, why.code,
                   "Nothing was changed, because of schema.definitions[%" HP_STR_FMT "]%s%" HP_STR_FMT ": %s",
                   HP_STR_ARG(index), rest.len > 0 ? "." : "", HP_STR_ARG(rest), why.msg);
}

/* schema.definitions, in the form that files have, so that both are read by the same code. */
static hp_code apply_definitions(hp_app *app, hp_call *call, hp_err *err)
{
    const hp_server_options *o = &app->config->server;
    hp_value document = hp_object();
    hp_schema_source source;
    hp_schema_plan plan;
    if (!hp_is(&o->schema_definitions, HP_ARRAY) || o->schema_definitions.array.count == 0) return HP_OK;
    hp_object_append(call->mem, &document, HP_STR("definitions"), o->schema_definitions);
    HP_TRY(hp_schema_source_read(hp_json_text(call->mem, &document), call->mem, &source, err));
    close_other_classes(call, &source.classes);
    const hp_plan_rules rules = { .mode = HP_PLAN_MERGE,
                                  .drop_fields = o->schema_delete_extra_fields,
                                  .drop_indexes = !o->schema_keep_unknown_indexes,
                                  .recreate_fields = o->schema_recreate_modified_fields };
    if (hp_schema_plan_make(call, &source.classes, rules, &plan, err) != HP_OK) return name_definition(plan.where, err);
    return hp_schema_plan_apply(call, &plan, err);
}

static hp_code prepare_data(hp_app *app, hp_arena *mem, hp_err *err)
{
    const hp_server_options *o = &app->config->server;
    hp_call call;
    hp_code rc = HP_OK;
    hp_call_open_internal(app->core, mem, &call);
    if (hp_str_present(o->template_name)) rc = hp_template_apply(&call, o->template_name, err);
    if (rc == HP_OK) rc = apply_definitions(app, &call, err);
    if (rc == HP_OK && o->demo && hp_str_present(o->template_name))
        rc = hp_template_add_demo(&call, o->template_name, err);
    if (rc == HP_OK && !hp_str_present(o->template_name) && o->cloud.count == 0) hp_template_warn_without_rules(&call);
    hp_call_close(&call);
    return rc;
}

static hp_mailer *make_mailer(const hp_mail_options *o)
{
    switch (o->driver) {
    case HP_MAIL_BY_NOBODY: break;
    case HP_MAIL_BY_SMTP: return hp_smtp_mailer_new(&o->smtp, hp_rand_system());
    case HP_MAIL_BY_WEBHOOK: return hp_webhook_mailer_new(&o->webhook);
    }
    return NULL;
}

static hp_code open_webhooks(hp_app *app, hp_err *err)
{
    app->webhook_sender = (hp_webhook_sender){ .core = app->core,
                                               .timeout_ms = app->config->server.webhook_timeout_ms,
                                               .public_only = app->config->server.webhook_public_only };
    hp_hooks_set_sender(app->hooks, hp_webhook_sender_send, &app->webhook_sender);
    return hp_webhooks_load(app->core, err);
}

/* Before anything is served, so that no change is missed. */
static void listen_to_changes(hp_app *app)
{
    const hp_server_options *o = &app->config->server;
    hp_clock *clock = hp_clock_system();
    const bool shared = hp_str_present(o->redis.host);
    if (!app->config->settings.live.serve && !shared) return;
    app->events = hp_live_queue_new(EVENTS_BYTES_MAX);
    if (shared) app->bus = hp_live_bus_new(app->core, app->events, hp_redis_pubsub_new(&o->redis), clock);
    app->publisher = (hp_live_publisher){ .core = app->core, .clock = clock, .queue = app->events, .bus = app->bus };
    app->sink = hp_live_publisher_sink(&app->publisher);
    hp_core_set_events(app->core, &app->sink);
}

hp_code hp_app_open(hp_config *config, hp_app **out, hp_err *err)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_app *app = calloc(1, sizeof *app);
    hp_code rc;
    *out = NULL;
    HP_ASSERT(app != NULL);
    app->config = config;
    hp_log_configure(config->server.log_level, config->server.json_logs);

    const hp_sqlite_options database = { .path = config->server.database_path,
                                         .readers = (unsigned)config->server.workers + EVENT_THREADS };
    rc = hp_sqlite_open(&database, &app->store, err);
    if (rc != HP_OK) goto done;
    app->files = hp_file_disk_open(config->server.files_folder);
    app->passwords = hp_gate_new(config->server.password_hashes_max, HP_PASSWORDS_WAITING_MAX);
    app->mailer = make_mailer(&config->server.mail);
    app->hooks = hp_hooks_new();
    hp_hooks_set_engine(app->hooks, hp_core_hook_engine());
    rc = load_cloud_code(app, mem, err);
    if (rc != HP_OK) goto done;
    rc = hp_core_new(&(hp_core_parts){ .settings = &config->settings,
                                       .store = app->store,
                                       .hooks = app->hooks,
                                       .clock = hp_clock_system(),
                                       .rand = hp_rand_system(),
                                       .passwords = app->passwords,
                                       .mailer = app->mailer,
                                       .files = app->files },
                     &app->core, err);
    if (rc == HP_OK) rc = prepare_data(app, mem, err);
    if (rc == HP_OK) rc = open_webhooks(app, err);
    if (rc == HP_OK) listen_to_changes(app);
done:
    if (rc == HP_OK)
        *out = app;
    else
        hp_app_close(app);
    return rc;
}

void hp_app_close(hp_app *app)
{
    if (app == NULL) return;
    if (app->live != NULL) hp_live_stop(app->live);
    hp_http_server_free(app->server);
    hp_live_bus_stop(app->bus);
    hp_live_free(app->live);
    hp_core_free(app->core);
    hp_live_bus_free(app->bus); /* jobs may have told it something */
    hp_live_queue_free(app->events);
    hp_mailer_free(app->mailer);
    hp_hooks_free(app->hooks);
    hp_gate_free(app->passwords);
    hp_file_storage_close(app->files);
    hp_store_close(app->store);
    for (size_t i = 0; i < app->replaced_count; i++) hp_config_free(app->replaced[i]);
    free(app->replaced);
    hp_config_free(app->config);
    free(app);
}

/* ---- serving ---- */

static void handle(void *user, hp_http_request *rq, hp_http_reply *rp)
{
    hp_app *app = user;
    if (hp_monitor_handle(&app->monitor, &app->config->server.metrics_ips, rq, rp)) return;
    hp_rest_handle(app->core, rq, rp);
}

static void listening(void *user, int port)
{
    hp_app *app = user;
    app->monitor.server = app->server; /* the first request may be for /metrics */
    if (app->config->server.port == 0) hp_config_port_found(app->config, (uint16_t)port);
}

/* Requests that webhooks make while they are asked. */
static bool urgent(void *user, const hp_http_request *rq)
{
    hp_app *app = user;
    return hp_depth_read(hp_core_settings(app->core), rq) > 0;
}

static void events_missed(void *user)
{
    hp_app *app = user;
    hp_live_send_back(app->live, HP_STR("Events of other servers may have been missed."));
}

/* The configured numbers, or what the descriptors of this process allow. */
static void fit_descriptors(hp_config *config)
{
    size_t *connections = &config->server.connections_max, *sockets = &config->settings.live.sockets_max;
    const size_t files = hp_descriptors_max();
    if (hp_descriptors_fit(files, connections, config->settings.live.serve ? sockets : NULL)) return;
    hp_log(HP_LOG_INFO, "connections_lowered", HP_F_INT("open_files_max", files),
           HP_F_INT("connectionsMax", *connections), HP_F_INT("liveSocketsMax", *sockets));
}

/* NULL: nobody can subscribe here. */
static const hp_socket_service *start_live(hp_app *app)
{
    if (app->events == NULL) return NULL;
    app->live = hp_live_new(app->core, app->events, app->bus);
    if (app->bus != NULL) hp_live_bus_start(app->bus, events_missed, app);
    return app->config->settings.live.serve ? hp_live_service(app->live) : NULL;
}

static hp_code start_server(hp_app *app, hp_err *err)
{
    const hp_server_options *o = &app->config->server;
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_clock *clock = hp_clock_system();
    hp_routes_check();
    fit_descriptors(app->config);
    const hp_socket_service *sockets = start_live(app);
    const hp_http_options options = {
        .host = hp_arena_cstr(mem, o->host),
        .port = o->port,
        .io_threads = (int)o->io_threads,
        .workers = (int)o->workers,
        .queue_max = o->queue_max,
        .queue_wait_ms_max = app->config->settings.request_timeout_ms,
        .connections_max = o->connections_max,
        .head_bytes_max = o->header_bytes_max,
        .url_bytes_max = URL_BYTES_MAX < o->header_bytes_max ? URL_BYTES_MAX : o->header_bytes_max,
        .headers_max = HEADERS_MAX,
        .body_bytes_max = app->config->settings.max_upload_bytes,
        .idle_timeout_ms = o->idle_timeout_ms,
        .head_timeout_ms = o->receive_timeout_ms,
        .body_timeout_ms = o->receive_timeout_ms,
        .write_timeout_ms = o->receive_timeout_ms,
        .listening = listening,
        .spares_max = SPARES_MAX,
        .handle = handle,
        .urgent = urgent,
        .user = app,
        .sockets = sockets,
        .socket_port = sockets == NULL ? 0 : o->live_port,
    };
    app->monitor = (hp_monitor){ .store = app->store,
                                 .passwords = app->passwords,
                                 .live = app->live,
                                 .events = app->events,
                                 .bus = app->bus,
                                 .started_ms = clock->monotonic_ms(clock) };
    HP_TRY(hp_http_server_start(&options, &app->server, err));
    const bool bare_ipv6 = strchr(options.host, ':') != NULL; /* in a URL it stands in brackets */
    (void)printf("homeport %s ready at http://%s%s%s:%d%.*s\n", HP_VERSION, bare_ipv6 ? "[" : "", options.host,
                 bare_ipv6 ? "]" : "", hp_http_server_port(app->server), HP_STR_ARG(app->config->settings.mount_path));
    (void)fflush(stdout);
    return HP_OK;
}

static void log_list(const char *event, const hp_str_list *names)
{
    for (size_t i = 0; i < names->count; i++) hp_log(HP_LOG_INFO, event, HP_F_STR("option", names->items[i]));
}

static bool names(const hp_str_list *list, const char *option)
{
    for (size_t i = 0; i < list->count; i++)
        if (hp_str_eq(list->items[i], hp_str_of(option))) return true;
    return false;
}

/* A request shows its key each time, a connection when it is opened: those that were opened with other keys come back. */
static void ask_for_keys_anew(hp_app *app, const hp_str_list *changed)
{
    if (app->live != NULL && (names(changed, "liveQueryServerOptions.keyPairs") || names(changed, "masterKeyIps")))
        hp_live_send_back(app->live, HP_STR("The keys have changed."));
}

static void reload(hp_app *app, const hp_config_sources *sources)
{
    hp_config_changes changes;
    hp_buf report;
    hp_buf_init(&report, HP_CONFIG_REPORT_MAX);
    hp_config *next = hp_config_reload(app->config, sources, &changes, &report);
    if (next == NULL) {
        hp_log(HP_LOG_ERROR, "reload_refused", HP_F_STR("report", hp_buf_str(&report)));
    } else {
        hp_config **grown = realloc(app->replaced, (app->replaced_count + 1) * sizeof(hp_config *));
        HP_ASSERT(grown != NULL);
        app->replaced = grown;
        app->replaced[app->replaced_count++] = app->config;
        app->config = next;
        hp_core_set_settings(app->core, &next->settings);
        hp_log_configure(next->server.log_level, next->server.json_logs);
        ask_for_keys_anew(app, &changes.applied);
        log_list("option_reloaded", &changes.applied);
        log_list("option_needs_restart", &changes.need_restart);
        hp_log0(HP_LOG_INFO, "reloaded");
    }
    hp_buf_done(&report);
}

/* ---- the end ---- */

enum { LAST_WAIT_S = 5 };

/* A job, a webhook that does not answer, or cloud code without an end still has a thread, and nobody can take it away.
 * What was answered is on disk. */
static void leave(int caught)
{
    static const char WORDS[] = "homeport: what had not ended was left behind: a job, a webhook or cloud code\n";
    (void)caught;
    const ssize_t said = write(STDERR_FILENO, WORDS, sizeof WORDS - 1);
    (void)said; /* who does not listen cannot be told */
    _exit(EXIT_FAILURE);
}

/* Whatever still runs, the process ends soon after the time that requests have. */
static void limit_stop(int64_t timeout_ms)
{
    (void)signal(SIGALRM, leave);
    (void)alarm((unsigned)(timeout_ms / 1000) + LAST_WAIT_S);
}

hp_code hp_app_serve(hp_app *app, const hp_config_sources *sources, bool *clean, hp_err *err)
{
    sigset_t signals;
    int caught = 0;
    *clean = true;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)sigaddset(&signals, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL); /* the server's threads inherit it: only this one takes them */
    HP_TRY(start_server(app, err));
    hp_log(HP_LOG_INFO, "ready", HP_F_INT("port", hp_http_server_port(app->server)));

    while (sigwait(&signals, &caught) == 0 && caught == SIGHUP) reload(app, sources);

    hp_log(HP_LOG_INFO, "stopping", HP_F_TEXT("signal", caught == SIGINT ? "SIGINT" : "SIGTERM"));
    limit_stop(app->config->server.shutdown_timeout_ms);
    *clean = hp_http_server_drain(app->server, app->config->server.shutdown_timeout_ms);
    hp_log(HP_LOG_INFO, "stopped", HP_F_TEXT("requests", *clean ? "all finished" : "cut off"));
    return HP_OK;
}

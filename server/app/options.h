/* app/options.h — the configuration: one table of options, read from four sources into two structs.
 *
 * Sources, the first that names an option wins: command line (--name value), environment, JSON file, default. Names are
 * Parse Server's own. Everything is checked before anything starts: an unknown name, a wrong type, a value out of range,
 * or an option of Parse Server that this version cannot honour stops the start with a sentence that says what to change.
 * The table (options_table.c) is also what --help and docs/configuration.md are made from.
 *
 * Values of secret options never appear in a report. Loading is done by one thread; a loaded configuration is immutable
 * and may be read by any. */
#ifndef HP_APP_OPTIONS_H
#define HP_APP_OPTIONS_H

#include "base/buf.h"
#include "base/log.h"
#include "core/settings.h"
#include "pubsub/redis.h"
#include "services/mail_smtp.h"
#include "services/mail_webhook.h"

enum {
    HP_EXIT_CONFIG = 78,             /* exit status of a refused configuration (EX_CONFIG of sysexits.h) */
    HP_CONFIG_REPORT_MAX = 64 << 10, /* bytes that a report needs at most; the rest of a longer one is cut */
};

typedef struct hp_mail_options { /* emailAdapter */
    enum { HP_MAIL_BY_NOBODY, HP_MAIL_BY_SMTP, HP_MAIL_BY_WEBHOOK } driver;
    hp_smtp_options smtp;
    hp_adapter_webhook webhook;
} hp_mail_options;

/* What the server around the engine needs. Durations in milliseconds, sizes in bytes; everything is resolved: no 0 that
 * means "choose". The comment of each member names its option. */
typedef struct hp_server_options {
    hp_str host;                      /* host */
    uint16_t port;                    /* port; 0: any free one */
    uint16_t live_port;               /* liveQueryServerOptions.port; 0: none of its own */
    hp_redis_options redis;           /* liveQuery.redisURL, redisOptions; without a host: none */
    hp_str database_path;             /* databaseURI: the SQLite file, absolute or relative to the working directory */
    hp_str files_folder;              /* filesFolder */
    hp_str_list cloud;                /* cloud: plug-in files */
    hp_value schema_definitions;      /* schema.definitions: array of class definitions, empty if unset */
    bool schema_delete_extra_fields;  /* schema.deleteExtraFields */
    bool schema_keep_unknown_indexes; /* schema.keepUnknownIndexes */
    bool schema_recreate_modified_fields; /* schema.recreateModifiedFields */
    hp_str template_name;                 /* template, or absent */
    bool demo;                            /* demo */

    hp_log_level log_level; /* logLevel, verbose, silent */
    bool json_logs;         /* jsonLogs */

    size_t io_threads;           /* ioThreads */
    int64_t webhook_timeout_ms;  /* webhookTimeout */
    bool webhook_public_only;    /* webhookPublicOnly */
    size_t workers;              /* workers */
    size_t queue_max;            /* queueMax: requests waiting for a worker */
    size_t connections_max;      /* connectionsMax */
    size_t password_hashes_max;  /* passwordHashesMax: computed at once */
    size_t header_bytes_max;     /* headerMax: request line and headers */
    int64_t receive_timeout_ms;  /* receiveTimeout: for one request to arrive */
    int64_t idle_timeout_ms;     /* idleTimeout: between two requests of a connection */
    int64_t shutdown_timeout_ms; /* shutdownTimeout: for running requests to end */
    hp_ip_list metrics_ips;      /* metricsIps: who may read /metrics */

    hp_mail_options mail;
} hp_server_options;

typedef struct hp_config { /* made by hp_config_load only */
    hp_settings settings;
    hp_server_options server;
} hp_config;

typedef struct hp_config_sources {
    const char *const *flags; /* what follows the subcommand: --name value, --name=value, --config FILE, FILE */
    size_t flag_count;
    const char *const *environment; /* "NAME=value", NULL at the end; NULL: none */
    const char *file;               /* used when the flags name none; NULL: no file */
} hp_config_sources;

/* The checked configuration, or NULL; `report` (initialised by the caller) then holds one problem per line, all of them at
 * once. On success it holds warnings, one per line, or nothing.
 * Owner: the caller, who calls hp_config_free when nothing that read it is left. Blocks on files. */
hp_config *hp_config_load(const hp_config_sources *from, hp_buf *report);

/* Where the system chose (port 0): the port, and the URLs that are made from it. Before anybody else reads `c`. */
void hp_config_port_found(hp_config *c, uint16_t port);

/* Wipes the secrets. Accepts NULL. */
void hp_config_free(hp_config *c);

typedef struct hp_config_changes {
    hp_str_list applied;      /* options that differ and hold from now on */
    hp_str_list need_restart; /* options that differ and keep their old value until the next start */
} hp_config_changes;

/* Reads the sources again: the configuration to use from now on, in which what cannot change in a running server still has
 * its value of `now`. NULL if there are problems: `now` stays. *changes lives as long as the result. */
hp_config *hp_config_reload(const hp_config *now, const hp_config_sources *from, hp_config_changes *changes,
                            hp_buf *report);

/* The options part of --help. */
void hp_options_help(hp_buf *out);

/* docs/configuration.md, whole. */
void hp_options_markdown(hp_buf *out);

#endif

/* app/options_internal.h — the rows of the table and what the parts of the loader share. */
#ifndef HP_APP_OPTIONS_INTERNAL_H
#define HP_APP_OPTIONS_INTERNAL_H

#include "app/options.h"

typedef enum hp_option_type {
    HP_OPTION_SECTION, /* no option: a heading for --help and the documentation */
    HP_OPTION_TEXT,
    HP_OPTION_BOOL,
    HP_OPTION_INT,
    HP_OPTION_SIZE,      /* bytes: 512, "20mb" */
    HP_OPTION_CHOICE,    /* one of `choices` */
    HP_OPTION_URL,       /* http or https, kept without a trailing slash */
    HP_OPTION_TEXT_LIST, /* "a,b" or ["a","b"] */
    HP_OPTION_IP_LIST,   /* the same of addresses and CIDR ranges */
    HP_OPTION_PROXIES,   /* an IP_LIST that also knows Express's words */
    HP_OPTION_JSON,      /* any JSON; its `take` checks the shape */
    HP_OPTION_GROUP,     /* an object whose members are the rows "<name>.<member>" */
} hp_option_type;

typedef enum hp_option_status {
    HP_OPTION_WORKS,
    HP_OPTION_NOT_YET, /* known to Parse Server; anything but its default stops the start */
    HP_OPTION_IGNORED, /* accepted with a warning unless it is the default: a feature that is not there, and no protection */
    HP_OPTION_NO_EFFECT, /* accepted: whatever it says, nothing is less safe or missing for it */
} hp_option_status;

enum {
    HP_OPTION_RELOADABLE = 1 << 0,
    HP_OPTION_SECRET = 1 << 1, /* never printed; may come from a file: <name>File, <ENV>_FILE */
    HP_OPTION_REQUIRED = 1 << 2,
    HP_OPTION_NOT_ZERO = 1 << 3, /* INT from -1: 0 is out of range */
};

/* How `offset` is to be written. */
typedef enum hp_option_store {
    HP_STORE_NOTHING,
    HP_STORE_TEXT,
    HP_STORE_BOOL,
    HP_STORE_INT64,
    HP_STORE_SIZE,
    HP_STORE_PORT,
    HP_STORE_TEXTS,
    HP_STORE_IPS,
} hp_option_store;

typedef struct hp_option hp_option;
typedef struct hp_option_value hp_option_value;
typedef struct hp_loader hp_loader;

struct hp_option {
    const char *name, *env;
    hp_option_type type;
    const char *default_text; /* as the environment would say it; NULL: unset */
    int64_t min, max;         /* INT, SIZE */
    const char *unit;         /* for people */
    int64_t scale;            /* what an INT is multiplied with when it is stored; 0: nothing */
    const char *choices;      /* "a|b|c" */
    unsigned flags;
    hp_option_status status;
    const char *sentence; /* what it does; NOT_YET, NO_EFFECT: what happens instead */
    hp_option_store store;
    size_t offset; /* in hp_config */
    /* Stores what takes more than a copy; complains with hp_loader_problem. `v` is the coerced value. */
    void (*take)(hp_loader *l, const hp_option *o, const hp_option_value *v);
};

struct hp_option_value {
    bool decided;   /* a source has spoken about it */
    bool present;   /* there is a value, given or default */
    hp_value value; /* coerced to the type of the option */
    hp_str where;   /* "homeport.json:12", "PORT", "--port", "default" */
};

struct hp_loader {
    hp_arena *mem; /* the configuration's own */
    hp_config *config;
    hp_option_value *values; /* one per row of the table */
    hp_buf *report;
    size_t problems;
    bool file_unread; /* the configuration file could not be read: what is missing may stand in it */
    hp_str
        parse_words; /* Parse Server's own sentence for the first problem it has one for: the last line of the report */
};

/* ---- options_table.c ---- */
extern const hp_option HP_OPTIONS[];
extern const size_t HP_OPTION_COUNT;

/* ---- options.c ---- */
const hp_option *hp_option_find(hp_str name); /* NULL: none */
const hp_option *hp_option_find_env(hp_str env);
static inline size_t hp_option_index(const hp_option *o) { return (size_t)(o - HP_OPTIONS); }

/* The option whose name (or environment name) is nearest to `text`, or NULL if none is near. */
const hp_option *hp_option_suggest(hp_str text, bool env);

/* ---- options_load.c ---- */
/* One line of the report, and the configuration will be refused. `o` may be NULL. Never hand it a secret. */
__attribute__((format(printf, 4, 5))) void hp_loader_problem(hp_loader *l, const hp_option *o, hp_str where,
                                                             const char *fmt, ...);

/* Parse Server's sentence for a problem that has just been reported; the first one counts. `words` lives in l->mem or is
 * static; absent: none. */
void hp_loader_parse_words(hp_loader *l, hp_str words);

/* The secret in the file `path`, without the newline at its end; absent after saying why. */
hp_str hp_loader_secret_file(hp_loader *l, const hp_option *o, hp_str where, hp_str path);

/* The bytes of the file `path`; absent after saying why. */
hp_str hp_loader_read_file(hp_loader *l, const hp_option *o, hp_str where, hp_str path, size_t bytes_max);

/* ---- options_read.c ---- */
/* `in`, as text or as JSON, becomes *out of the option's type: TEXT, CHOICE, URL string; INT, SIZE number; lists arrays of
 * strings; GROUP object. False after hp_loader_problem. */
bool hp_option_coerce(hp_loader *l, const hp_option *o, const hp_value *in, hp_str where, hp_value *out);

/* ---- options_bind.c ---- */
/* Fills l->config from l->values and the defaults; checks what concerns several options. */
void hp_options_bind(hp_loader *l);

/* serverURL and publicServerURL where they are not set: from host, port and mountPath. */
void hp_options_complete_urls(hp_loader *l);

/* options_live.c: what several options of live queries say together. */
void hp_options_complete_live(hp_loader *l);

void hp_take_mount_path(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_database_uri(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_cloud(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_schema_definitions(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_protected_fields(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_denied_keywords(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_database_options(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_idempotent_paths(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_auth(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_file_extensions(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_route_allow_list(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_email_adapter(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_custom_urls(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_custom_pages(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_pages_endpoint(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_pages_path(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_localization_json(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_page_placeholders(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_live_classes(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_live_keys(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_redis_url(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_redis_options(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_rate_limit(hp_loader *l, const hp_option *o, const hp_option_value *v);
void hp_take_pattern(hp_loader *l, const hp_option *o, const hp_option_value *v);

#endif

/* homeport/cloud.h — Homeport cloud code in C: triggers, functions and jobs as a plug-in.
 *
 * A plug-in is one shared object that exports one symbol, made with HPC_PLUGIN:
 *
 *     #include <homeport/cloud.h>
 *
 *     static int before_save_note(hpc_request *rq, void *data)
 *     {
 *         (void)data;
 *         if (hpc_type(hpc_get(hpc_object(rq), "text")) != HPC_STRING)
 *             return hpc_throw(rq, HPC_E_VALIDATION, "A note needs a text.");
 *         return HPC_OK;
 *     }
 *
 *     static int setup(hpc_registry *reg)
 *     {
 *         return hpc_on(reg, HPC_BEFORE_SAVE, "Note", before_save_note, NULL);
 *     }
 *
 *     HPC_PLUGIN("notes", setup)
 *
 * Build it with `homeport cloud build notes.c`, load it with the option `cloud`.
 *
 * Threads: handlers run on worker threads, several at once; a request belongs to one handler call. Handlers may block,
 * but every blocked handler holds a worker. No handler runs while the store is writing.
 * Memory: everything that a function here returns lives as long as the request; nothing is freed by the plug-in, nothing
 * may be kept after the handler returned. Text is UTF-8 (bytes that are none become
 * U+FFFD) and NUL-terminated; hpc_text_len tells of embedded NULs, behind which strcmp does not look: compare with
 * hpc_text_is. Class names and object ids have none.
 * Errors: a handler returns HPC_OK, or what hpc_throw or a failed call returned: `return hpc_throw(…)`,
 * `if ((rc = hpc_find(…)) != HPC_OK) return rc;`. Names: class "User" and "_User" are one class.
 * A plug-in runs inside the server with all of its rights: load only what you trust. */
#ifndef HOMEPORT_CLOUD_H
#define HOMEPORT_CLOUD_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The server loads a plug-in only if both were built with the same number. It changes when anything below changes its
 * meaning or layout; functions added at the end of hpc_api keep it. */
#define HPC_ABI 1

typedef struct hpc_registry hpc_registry; /* during setup only */
typedef struct hpc_request hpc_request;   /* one run of one handler */
typedef struct hpc_value hpc_value;       /* a JSON or Parse value */

enum { HPC_OK = 0 };

/* Parse's codes that cloud code throws most; any other integer but 0 may be thrown too. */
enum {
    HPC_E_OBJECT_NOT_FOUND = 101,
    HPC_E_INVALID_JSON = 107,
    HPC_E_FORBIDDEN = 119,
    HPC_E_SCRIPT_FAILED = 141,
    HPC_E_VALIDATION = 142,
};

typedef enum hpc_trigger {
    HPC_BEFORE_SAVE = 0,
    HPC_AFTER_SAVE,
    HPC_BEFORE_DELETE,
    HPC_AFTER_DELETE,
    HPC_BEFORE_FIND,
    HPC_AFTER_FIND,
    HPC_BEFORE_LOGIN, /* class _User */
    HPC_AFTER_LOGIN,
    HPC_AFTER_LOGOUT,   /* class _Session */
    HPC_BEFORE_CONNECT, /* class @Connect; this and the next two: live queries */
    HPC_BEFORE_SUBSCRIBE,
    HPC_AFTER_LIVE_QUERY_EVENT,
    HPC_BEFORE_PASSWORD_RESET_REQUEST, /* class _User */
} hpc_trigger;

typedef enum hpc_kind {
    HPC_NULL = 0, /* also what is not there */
    HPC_BOOL,
    HPC_NUMBER,
    HPC_STRING,
    HPC_ARRAY,
    HPC_OBJECT,
    HPC_DATE,
    HPC_POINTER,
    HPC_OTHER, /* GeoPoint, File, Bytes, Polygon, Relation: passed through as they are */
} hpc_kind;

typedef enum hpc_as { HPC_AS_CALLER = 0, HPC_AS_MASTER = 1 } hpc_as;
typedef enum hpc_level { HPC_LOG_ERROR = 0, HPC_LOG_WARN, HPC_LOG_INFO, HPC_LOG_DEBUG } hpc_level;

typedef int (*hpc_handler)(hpc_request *rq, void *data);

/* The server's side. Plug-ins use the hpc_… functions below, which call through this table. */
typedef struct hpc_api {
    uint32_t abi;
    uint32_t size; /* bytes: a newer server has a longer table */

    int (*on)(hpc_registry *reg, hpc_trigger trigger, const char *class_name, hpc_handler handler, void *data);
    int (*define)(hpc_registry *reg, const char *function_name, hpc_handler handler, void *data);
    int (*job)(hpc_registry *reg, const char *job_name, hpc_handler handler, void *data);

    int (*vthrow)(hpc_request *rq, int code, const char *fmt, va_list args);
    int (*error_code)(const hpc_request *rq);
    const char *(*error_message)(const hpc_request *rq);
    void (*vlog)(hpc_request *rq, hpc_level level, const char *fmt, va_list args);

    const char *(*class_name)(const hpc_request *rq);
    const char *(*function_name)(const hpc_request *rq);
    bool (*is_master)(const hpc_request *rq);
    bool (*is_new)(const hpc_request *rq);
    const hpc_value *(*sent)(const hpc_request *rq, const char *field);
    bool (*is_get)(const hpc_request *rq);
    const char *(*ip)(const hpc_request *rq);
    int64_t (*now_ms)(const hpc_request *rq);
    const hpc_value *(*user)(const hpc_request *rq);
    hpc_value *(*object)(hpc_request *rq);
    const char *(*object_id)(const hpc_request *rq);
    const hpc_value *(*original)(const hpc_request *rq);
    hpc_value *(*objects)(hpc_request *rq);
    hpc_value *(*query)(hpc_request *rq);
    hpc_value *(*params)(hpc_request *rq);
    hpc_value *(*context)(hpc_request *rq);
    void (*set_result)(hpc_request *rq, const hpc_value *v);

    hpc_kind (*type)(const hpc_value *v);
    bool (*boolean)(const hpc_value *v);
    double (*number)(const hpc_value *v);
    const char *(*text)(const hpc_value *v, size_t *len);
    int64_t (*date_ms)(const hpc_value *v);
    const char *(*pointer_class)(const hpc_value *v);
    const char *(*pointer_id)(const hpc_value *v);
    size_t (*count)(const hpc_value *v);
    hpc_value *(*at)(const hpc_value *v, size_t index);
    hpc_value *(*get)(const hpc_value *v, const char *key);
    const char *(*key_at)(const hpc_value *v, size_t index);

    hpc_value *(*make_null)(hpc_request *rq);
    hpc_value *(*make_bool)(hpc_request *rq, bool b);
    hpc_value *(*make_number)(hpc_request *rq, double n);
    hpc_value *(*make_text)(hpc_request *rq, const char *text, size_t len);
    hpc_value *(*make_date)(hpc_request *rq, int64_t ms);
    hpc_value *(*make_pointer)(hpc_request *rq, const char *class_name, const char *object_id);
    hpc_value *(*make_array)(hpc_request *rq);
    hpc_value *(*make_object)(hpc_request *rq);
    int (*parse)(hpc_request *rq, const char *json, hpc_value **out);
    const char *(*json)(hpc_request *rq, const hpc_value *v);
    void (*set)(hpc_request *rq, hpc_value *object, const char *key, const hpc_value *v);
    void (*remove)(hpc_value *object, const char *key);
    void (*push)(hpc_request *rq, hpc_value *array, const hpc_value *v);

    int (*find)(hpc_request *rq, hpc_as as, const char *class_name, const hpc_value *params, hpc_value **out);
    int (*count_objects)(hpc_request *rq, hpc_as as, const char *class_name, const hpc_value *where, int64_t *out);
    int (*fetch)(hpc_request *rq, hpc_as as, const char *class_name, const char *object_id, hpc_value **out);
    int (*save)(hpc_request *rq, hpc_as as, const char *class_name, const char *object_id, const hpc_value *body,
                hpc_value **out);
    int (*destroy)(hpc_request *rq, hpc_as as, const char *class_name, const char *object_id);
    int (*run)(hpc_request *rq, const char *function_name, const hpc_value *params, hpc_value **out);
    bool (*has_role)(hpc_request *rq, const char *role_name);

    int (*require)(hpc_request *rq, bool at_most, const char *class_name, const char *object_id, const char *field,
                   double amount, int code, const char *message);
    int (*atomic_set)(hpc_request *rq, const char *class_name, const char *object_id, const char *field,
                      const hpc_value *v);
    int (*atomic_increment)(hpc_request *rq, const char *class_name, const char *object_id, const char *field,
                            double amount, unsigned decimals);
    int (*atomic_create)(hpc_request *rq, const char *class_name, const hpc_value *object);
    int (*atomic_delete)(hpc_request *rq, const char *class_name, const char *object_id);
    int (*atomic_commit)(hpc_request *rq);

    const void *(*file_bytes)(const hpc_request *rq, size_t *len);

    const char *(*decimal)(hpc_request *rq, const hpc_value *v);
    hpc_value *(*make_decimal)(hpc_request *rq, const char *text);
    int (*compare_decimals)(const hpc_value *a, const hpc_value *b);
    hpc_value *(*add_decimals)(hpc_request *rq, const hpc_value *a, const hpc_value *b);
    int (*require_decimal)(hpc_request *rq, bool at_most, const char *class_name, const char *object_id,
                           const char *field, const hpc_value *amount, int code, const char *message);
    int (*atomic_increment_decimal)(hpc_request *rq, const char *class_name, const char *object_id, const char *field,
                                    const hpc_value *amount);

    const char *(*event)(const hpc_request *rq);
    hpc_value *(*event_original)(hpc_request *rq);
    void (*drop_event)(hpc_request *rq);

    int (*validate_function)(hpc_registry *reg, const char *name, const char *rules);
    int (*validate_trigger)(hpc_registry *reg, hpc_trigger trigger, const char *class_name, const char *rules);

    bool (*is_read_only)(const hpc_request *rq);
} hpc_api;

/* What a plug-in exports. */
typedef struct hpc_plugin {
    uint32_t abi;
    const char *name;
    int (*setup)(hpc_registry *reg); /* registers; anything but HPC_OK refuses the plug-in */
    const hpc_api **api;             /* filled by the server before setup runs */
} hpc_plugin;

/* In exactly one file of the plug-in. */
#define HPC_PLUGIN(plugin_name, setup_function) \
    const hpc_api *hpc_server;                  \
    extern const hpc_plugin homeport_plugin;    \
    __attribute__((visibility("default")))      \
    const hpc_plugin homeport_plugin = { HPC_ABI, plugin_name, setup_function, &hpc_server };
extern __attribute__((visibility("hidden"))) const hpc_api *hpc_server;

/* ---- setup ---- */

/* One handler per class and trigger; a later one replaces the earlier, with a warning in the log. beforeSave and its kin
 * are refused for _Session. */
static inline int hpc_on(hpc_registry *reg, hpc_trigger trigger, const char *class_name, hpc_handler handler,
                         void *data)
{
    return hpc_server->on(reg, trigger, class_name, handler, data);
}
/* A function clients call with Parse.Cloud.run(name, params). */
static inline int hpc_define(hpc_registry *reg, const char *name, hpc_handler handler, void *data)
{
    return hpc_server->define(reg, name, handler, data);
}
/* A job that the master key starts with POST /jobs/NAME. It runs on a thread of its own; a text that it returns with
 * hpc_return, or what it throws, becomes the message of its _JobStatus row. */
static inline int hpc_job(hpc_registry *reg, const char *name, hpc_handler handler, void *data)
{
    return hpc_server->job(reg, name, handler, data);
}

/* What has to be so before the function or trigger that was just registered runs, as JSON: Parse's validator object.
 *
 *     hpc_validate_function(reg, "pay",
 *         "{\"requireUser\": true, \"requireAnyUserRoles\": [\"staff\", \"admin\"],"
 *         " \"fields\": {\"amount\": {\"type\": \"Number\", \"required\": true},"
 *         "              \"currency\": {\"default\": \"EUR\", \"options\": [\"EUR\", \"CHF\"]}}}");
 *
 * requireUser, requireMaster; requireAnyUserRoles, requireAllUserRoles: role names; requireUserKeys: names of fields that the
 * user must have, or {name: {options, error}}; fields: names that must be there, or {name: {type, required, default, constant,
 * options, error}}, in a function's parameters or a trigger's object; constant: what is stored stays. The master key passes
 * unless validateMasterKey is true; with skipWithMasterKey a trigger does not run for it. Who does not pass gets code 142.
 * rateLimit: {requestTimeWindow, requestCount, …} as in the option of that name, for the route of the function or trigger.
 * A server that does not know validators refuses the plug-in. */
static inline int hpc_validate_function(hpc_registry *reg, const char *name, const char *rules)
{
    if (hpc_server->size <= offsetof(hpc_api, validate_function)) return HPC_E_FORBIDDEN;
    return hpc_server->validate_function(reg, name, rules);
}
static inline int hpc_validate_trigger(hpc_registry *reg, hpc_trigger trigger, const char *class_name,
                                       const char *rules)
{
    if (hpc_server->size <= offsetof(hpc_api, validate_trigger)) return HPC_E_FORBIDDEN;
    return hpc_server->validate_trigger(reg, trigger, class_name, rules);
}

/* ---- errors and log ---- */

/* Refuses the request with a Parse code and a sentence for the client. Returns `code`, or 141 if that is 0. */
__attribute__((format(printf, 3, 4))) static inline int hpc_throw(hpc_request *rq, int code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int rc = hpc_server->vthrow(rq, code, fmt, args);
    va_end(args);
    return rc;
}
/* Of the last call that failed. */
static inline int hpc_error_code(const hpc_request *rq) { return hpc_server->error_code(rq); }
static inline const char *hpc_error_message(const hpc_request *rq) { return hpc_server->error_message(rq); }

/* One line in the server's log. Never hand it passwords, tokens or card numbers. */
__attribute__((format(printf, 3, 4))) static inline void hpc_log(hpc_request *rq, hpc_level level, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    hpc_server->vlog(rq, level, fmt, args);
    va_end(args);
}

/* ---- the request ---- */

static inline const char *hpc_class_name(const hpc_request *rq) { return hpc_server->class_name(rq); }
static inline const char *hpc_function_name(const hpc_request *rq) { return hpc_server->function_name(rq); }
/* The master key; in beforeFind and afterFind the read-only master key too. */
static inline bool hpc_is_master(const hpc_request *rq) { return hpc_server->is_master(rq); }
/* The read-only master key: what it asks for may read everything and must write nothing. */
static inline bool hpc_is_read_only(const hpc_request *rq)
{
    return hpc_server->size > offsetof(hpc_api, is_read_only) && hpc_server->is_read_only(rq);
}
/* Save triggers: the object is being created. */
static inline bool hpc_is_new(const hpc_request *rq) { return hpc_server->is_new(rq); }
/* Save triggers: what the client sent for this field, {"__op":…} included; NULL: nothing. */
static inline const hpc_value *hpc_sent(const hpc_request *rq, const char *field)
{
    return hpc_server->sent(rq, field);
}
/* beforeFind: a fetch by id. */
static inline bool hpc_is_get(const hpc_request *rq) { return hpc_server->is_get(rq); }
static inline const char *hpc_ip(const hpc_request *rq) { return hpc_server->ip(rq); }
/* The request's one timestamp, UTC milliseconds: what createdAt and updatedAt become. */
static inline int64_t hpc_now_ms(const hpc_request *rq) { return hpc_server->now_ms(rq); }
/* The logged-in user's object, or NULL; with the master key there is no user. */
static inline const hpc_value *hpc_user(const hpc_request *rq) { return hpc_server->user(rq); }
/* Save, delete and login triggers: the object as it will be (beforeSave: change it with hpc_set and hpc_remove). */
static inline hpc_value *hpc_object(hpc_request *rq) { return hpc_server->object(rq); }
/* The id that the object has, or will have once it is created. */
static inline const char *hpc_object_id(const hpc_request *rq) { return hpc_server->object_id(rq); }
/* Save triggers of an update: the object as it was stored; NULL on create. */
static inline const hpc_value *hpc_original(const hpc_request *rq) { return hpc_server->original(rq); }
/* afterFind: the array of results; objects may be changed, pushed or removed. */
static inline hpc_value *hpc_objects(hpc_request *rq) { return hpc_server->objects(rq); }
/* beforeFind: the parameters ({"where":…,"limit":…}); may be changed. */
static inline hpc_value *hpc_query(hpc_request *rq) { return hpc_server->query(rq); }
/* Functions and jobs: what the client sent. */
static inline hpc_value *hpc_params(hpc_request *rq) { return hpc_server->params(rq); }
/* An object shared by the triggers of one request, from X-Parse-Cloud-Context. */
static inline hpc_value *hpc_context(hpc_request *rq) { return hpc_server->context(rq); }
/* Functions: the answer. Without it the client gets undefined. */
static inline void hpc_return(hpc_request *rq, const hpc_value *v) { hpc_server->set_result(rq, v); }

/* Triggers of class "@File", where hpc_object is what is known of the file:
 *   before save    name, size, contentType, metadata, tags, directory; name, metadata, tags and directory may be changed. A
 *                  text set as url says that the file has been put there instead.
 *   after save     the same with the final name and url
 *   before delete, after delete    name, url
 *   before find    name: may be changed to serve another file. Also asked before metadata is shown.
 *   after find     name, forceDownload, responseHeaders: the last two may be changed
 * hpc_file_bytes is the content in save triggers, and NULL in others and in servers that do not know it yet. */
static inline const void *hpc_file_bytes(const hpc_request *rq, size_t *len)
{
    *len = 0;
    if (hpc_server->size <= offsetof(hpc_api, file_bytes)) return NULL;
    return hpc_server->file_bytes(rq, len);
}

/* Triggers of class "@Config", save only: hpc_object is what was sent to be set, and after the save the whole configuration;
 * hpc_original is the configuration before, or NULL. Before may refuse, nothing can be changed. */

/* Triggers of live queries:
 *   before connect (class "@Connect")   a client connects; may refuse
 *   before subscribe     hpc_query is {"className","where","keys","watch","include"}; may be changed, or the subscription refused
 *   after live query event   hpc_event says which; hpc_object and hpc_event_original may be changed for this receiver, or the event
 *                        dropped. It sees whole objects; what the receiver may not see is taken out afterwards. It runs on the
 *                        one thread of events, once for all who have the same query and session: it should be quick.
 * hpc_event is "connect", "subscribe", "create", "enter", "update", "leave" or "delete"; NULL in servers without live queries. */
static inline const char *hpc_event(const hpc_request *rq)
{
    return hpc_server->size <= offsetof(hpc_api, event) ? NULL : hpc_server->event(rq);
}
/* The object as it was; NULL where it is not sent. */
static inline hpc_value *hpc_event_original(hpc_request *rq)
{
    return hpc_server->size <= offsetof(hpc_api, event_original) ? NULL : hpc_server->event_original(rq);
}
/* Nothing is sent to this receiver. */
static inline void hpc_drop_event(hpc_request *rq)
{
    if (hpc_server->size > offsetof(hpc_api, drop_event)) hpc_server->drop_event(rq);
}

/* ---- reading values; all accept NULL, which reads as HPC_NULL ---- */

static inline hpc_kind hpc_type(const hpc_value *v) { return hpc_server->type(v); }
static inline bool hpc_bool(const hpc_value *v) { return hpc_server->boolean(v); }    /* false if not a boolean */
static inline double hpc_number(const hpc_value *v) { return hpc_server->number(v); } /* NaN if not a number */
/* NULL if not a string. */
static inline const char *hpc_text(const hpc_value *v) { return hpc_server->text(v, NULL); }
static inline const char *hpc_text_len(const hpc_value *v, size_t *len) { return hpc_server->text(v, len); }
/* It is a string, and exactly this one. */
static inline bool hpc_text_is(const hpc_value *v, const char *text)
{
    size_t len = 0;
    const char *has = hpc_text_len(v, &len);
    return has != NULL && len == strlen(text) && memcmp(has, text, len) == 0;
}
static inline int64_t hpc_date_ms(const hpc_value *v) { return hpc_server->date_ms(v); } /* 0 if not a date */
static inline const char *hpc_pointer_class(const hpc_value *v)
{
    return hpc_server->pointer_class(v);
} /* NULL if none */
static inline const char *hpc_pointer_id(const hpc_value *v) { return hpc_server->pointer_id(v); } /* NULL if none */
/* Members of an object or items of an array; 0 for all else. */
static inline size_t hpc_count(const hpc_value *v) { return hpc_server->count(v); }
static inline hpc_value *hpc_at(const hpc_value *v, size_t index)
{
    return hpc_server->at(v, index);
} /* NULL past the end */
static inline hpc_value *hpc_get(const hpc_value *v, const char *key)
{
    return hpc_server->get(v, key);
} /* NULL if absent */
static inline const char *hpc_key_at(const hpc_value *v, size_t index) { return hpc_server->key_at(v, index); }

/* ---- making values ---- */

static inline hpc_value *hpc_make_null(hpc_request *rq) { return hpc_server->make_null(rq); }
static inline hpc_value *hpc_make_bool(hpc_request *rq, bool b) { return hpc_server->make_bool(rq, b); }
static inline hpc_value *hpc_make_number(hpc_request *rq, double n) { return hpc_server->make_number(rq, n); }
/* NULL of NULL, as the pointer below: what is not there can be handed on, and is set and returned as null. */
static inline hpc_value *hpc_make_text(hpc_request *rq, const char *text)
{
    return hpc_server->make_text(rq, text, (size_t)-1);
}
/* NULL beyond JavaScript's range, 8640000000000000 ms to either side of 1970. */
static inline hpc_value *hpc_make_date(hpc_request *rq, int64_t ms) { return hpc_server->make_date(rq, ms); }
static inline hpc_value *hpc_make_pointer(hpc_request *rq, const char *class_name, const char *object_id)
{
    return hpc_server->make_pointer(rq, class_name, object_id);
}
static inline hpc_value *hpc_make_array(hpc_request *rq) { return hpc_server->make_array(rq); }
static inline hpc_value *hpc_make_object(hpc_request *rq) { return hpc_server->make_object(rq); }
/* From JSON text, typed objects ({"__type":…}) included. */
static inline int hpc_parse(hpc_request *rq, const char *json, hpc_value **out)
{
    return hpc_server->parse(rq, json, out);
}
static inline const char *hpc_json(hpc_request *rq, const hpc_value *v) { return hpc_server->json(rq, v); }
/* Values are copied in. A pointer from hpc_get or hpc_at into the same container is void afterwards. */
static inline void hpc_set(hpc_request *rq, hpc_value *object, const char *key, const hpc_value *v)
{
    hpc_server->set(rq, object, key, v);
}
static inline void hpc_remove(hpc_value *object, const char *key) { hpc_server->remove(object, key); }
static inline void hpc_push(hpc_request *rq, hpc_value *array, const hpc_value *v) { hpc_server->push(rq, array, v); }

/* ---- the engine: the same doors that clients use, as the caller or as master ---- */

/* params: {"where":{…},"order":"-createdAt","limit":10,…} or NULL. *out: array of objects. */
static inline int hpc_find(hpc_request *rq, hpc_as as, const char *class_name, const hpc_value *params, hpc_value **out)
{
    return hpc_server->find(rq, as, class_name, params, out);
}
static inline int hpc_count_objects(hpc_request *rq, hpc_as as, const char *class_name, const hpc_value *where,
                                    int64_t *out)
{
    return hpc_server->count_objects(rq, as, class_name, where, out);
}
static inline int hpc_fetch(hpc_request *rq, hpc_as as, const char *class_name, const char *object_id, hpc_value **out)
{
    return hpc_server->fetch(rq, as, class_name, object_id, out);
}
/* object_id NULL: create. Runs the class's own triggers. *out (may be NULL): {"objectId",…} or {"updatedAt",…}. */
static inline int hpc_save(hpc_request *rq, hpc_as as, const char *class_name, const char *object_id,
                           const hpc_value *body, hpc_value **out)
{
    return hpc_server->save(rq, as, class_name, object_id, body, out);
}
static inline int hpc_destroy(hpc_request *rq, hpc_as as, const char *class_name, const char *object_id)
{
    return hpc_server->destroy(rq, as, class_name, object_id);
}
/* Another cloud function, in this request. */
static inline int hpc_run(hpc_request *rq, const char *function_name, const hpc_value *params, hpc_value **out)
{
    return hpc_server->run(rq, function_name, params, out);
}
static inline bool hpc_has_role(hpc_request *rq, const char *role_name) { return hpc_server->has_role(rq, role_name); }

/* ---- the atomic unit ----
 * In beforeSave and beforeDelete these operations join the write: the store runs all of them and the write itself whole or
 * not at all. In functions and jobs they are collected until hpc_atomic_commit. They need no permission and run no
 * triggers; types are checked against the schema. object_id NULL means the object being saved. Nothing is read before the
 * commit: what must hold at that instant is said with hpc_require_at_least. */

/* The number in `field` is at least `amount`, else the whole unit is refused with `code` and `message`. */
static inline int hpc_require_at_least(hpc_request *rq, const char *class_name, const char *object_id,
                                       const char *field, double amount, int code, const char *message)
{
    return hpc_server->require(rq, false, class_name, object_id, field, amount, code, message);
}
static inline int hpc_require_at_most(hpc_request *rq, const char *class_name, const char *object_id, const char *field,
                                      double amount, int code, const char *message)
{
    return hpc_server->require(rq, true, class_name, object_id, field, amount, code, message);
}
static inline int hpc_atomic_set(hpc_request *rq, const char *class_name, const char *object_id, const char *field,
                                 const hpc_value *v)
{
    return hpc_server->atomic_set(rq, class_name, object_id, field, v);
}
/* decimals > 0: both sides are whole multiples of 10^-decimals and are added as integers: 0.1 + 0.2 is 0.3. At most 9. */
static inline int hpc_atomic_increment(hpc_request *rq, const char *class_name, const char *object_id,
                                       const char *field, double amount, unsigned decimals)
{
    return hpc_server->atomic_increment(rq, class_name, object_id, field, amount, decimals);
}
/* `object`: fields, "ACL" as in REST, and "objectId" where the plug-in chooses the id. */
static inline int hpc_atomic_create(hpc_request *rq, const char *class_name, const hpc_value *object)
{
    return hpc_server->atomic_create(rq, class_name, object);
}
static inline int hpc_atomic_delete(hpc_request *rq, const char *class_name, const char *object_id)
{
    return hpc_server->atomic_delete(rq, class_name, object_id);
}
/* ---- exact numbers: fields of type Decimal128 ----
 * hpc_type says HPC_OTHER of them. A server that does not know them yet answers as if nothing were one. */

static inline bool hpc_has_decimals(void) { return hpc_server->size > offsetof(hpc_api, atomic_increment_decimal); }
/* The digits, such as "12.50"; NULL if it is none. */
static inline const char *hpc_decimal(hpc_request *rq, const hpc_value *v)
{
    return hpc_has_decimals() ? hpc_server->decimal(rq, v) : NULL;
}
/* NULL if `text` is no decimal number of at most 34 digits. */
static inline hpc_value *hpc_make_decimal(hpc_request *rq, const char *text)
{
    return hpc_has_decimals() ? hpc_server->make_decimal(rq, text) : NULL;
}
/* Less than, equal to or greater than 0. Both are decimals or numbers; anything else is less than all of them. */
static inline int hpc_compare_decimals(const hpc_value *a, const hpc_value *b)
{
    return hpc_has_decimals() ? hpc_server->compare_decimals(a, b) : 0;
}
/* The sum; NULL if one is no decimal, or the sum has more than 34 digits. */
static inline hpc_value *hpc_add_decimals(hpc_request *rq, const hpc_value *a, const hpc_value *b)
{
    return hpc_has_decimals() ? hpc_server->add_decimals(rq, a, b) : NULL;
}
/* As hpc_require_at_least, hpc_require_at_most and hpc_atomic_increment, of a Decimal128 field by a decimal. */
static inline int hpc_require_decimal_at_least(hpc_request *rq, const char *class_name, const char *object_id,
                                               const char *field, const hpc_value *amount, int code,
                                               const char *message)
{
    if (!hpc_has_decimals()) return hpc_throw(rq, 0, "This server has no Decimal128.");
    return hpc_server->require_decimal(rq, false, class_name, object_id, field, amount, code, message);
}
static inline int hpc_require_decimal_at_most(hpc_request *rq, const char *class_name, const char *object_id,
                                              const char *field, const hpc_value *amount, int code, const char *message)
{
    if (!hpc_has_decimals()) return hpc_throw(rq, 0, "This server has no Decimal128.");
    return hpc_server->require_decimal(rq, true, class_name, object_id, field, amount, code, message);
}
static inline int hpc_atomic_increment_decimal(hpc_request *rq, const char *class_name, const char *object_id,
                                               const char *field, const hpc_value *amount)
{
    if (!hpc_has_decimals()) return hpc_throw(rq, 0, "This server has no Decimal128.");
    return hpc_server->atomic_increment_decimal(rq, class_name, object_id, field, amount);
}

static inline int hpc_atomic_commit(hpc_request *rq) { return hpc_server->atomic_commit(rq); }

#ifdef __cplusplus
}
#endif
#endif

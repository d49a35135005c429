#include "hooks/hooks.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "hooks/hooks_internal.h"
#include "query/class.h"

enum { SLOW_HOOK_MS = 1000 }; /* a handler that holds a worker longer than this is named in the log */

static const char *const TRIGGER_NAMES[HP_TRIGGER_COUNT] = {
    "beforeSave",
    "afterSave",
    "beforeDelete",
    "afterDelete",
    "beforeFind",
    "afterFind",
    "beforeLogin",
    "afterLogin",
    "afterLogout",
    "beforeConnect",
    "beforeSubscribe",
    "afterLiveQueryEvent",
    "beforePasswordResetRequest",
};

const char *hp_trigger_name(hp_trigger trigger) { return TRIGGER_NAMES[trigger]; }

bool hp_trigger_parse(hp_str name, hp_trigger *out)
{
    for (int i = 0; i < HP_TRIGGER_COUNT; i++)
        if (hp_str_eq(name, hp_str_of(TRIGGER_NAMES[i]))) {
            *out = (hp_trigger)i;
            /* of live queries plug-ins alone are asked */
            return i < HP_TRIGGER_BEFORE_CONNECT || i > HP_TRIGGER_AFTER_LIVE_QUERY_EVENT;
        }
    return false;
}

hp_hooks *hp_hooks_new(void)
{
    hp_arena *mem = hp_arena_new();
    hp_hooks *h = HP_NEW(mem, hp_hooks);
    h->mem = mem;
    for (int i = 0; i < HP_TRIGGER_COUNT; i++) h->triggers[i] = hp_map_new(mem);
    h->functions = hp_map_new(mem);
    h->jobs = hp_map_new(mem);
    h->rate_limits = hp_array();
    HP_ASSERT(pthread_mutex_init(&h->webhooks_lock, NULL) == 0);
    return h;
}

void hp_hooks_free(hp_hooks *h)
{
    if (h == NULL) return;
    for (size_t i = h->library_count; i-- > 0;)
        (void)dlclose(h->libraries[i]); /* nothing can be done about a failure */
    free(h->libraries);
    hp_webhook_table_free(h->webhooks);
    (void)pthread_mutex_destroy(&h->webhooks_lock);
    hp_arena_free(h->mem);
}

void hp_hooks_set_engine(hp_hooks *h, const hp_hook_engine *engine) { h->engine = engine; }

/* Parse: sessions are the server's own, but for their end; login triggers exist for users only. */
bool hp_trigger_allowed(hp_trigger trigger, hp_str class_name)
{
    if (trigger == HP_TRIGGER_BEFORE_CONNECT) return hp_str_eq(class_name, HP_STR("@Connect"));
    if (trigger == HP_TRIGGER_BEFORE_SUBSCRIBE || trigger == HP_TRIGGER_AFTER_LIVE_QUERY_EVENT)
        return hp_class_name_valid(class_name);
    if (trigger == HP_TRIGGER_AFTER_LOGOUT) return hp_str_eq(class_name, HP_STR("_Session"));
    if (hp_str_eq(class_name, HP_STR("_Session")) || hp_str_eq(class_name, HP_STR("_PushStatus"))) return false;
    if (hp_str_eq(class_name, HP_STR("_Hooks"))) return false; /* one that refuses could not be removed any more */
    if (trigger == HP_TRIGGER_BEFORE_LOGIN || trigger == HP_TRIGGER_AFTER_LOGIN ||
        trigger == HP_TRIGGER_BEFORE_PASSWORD_RESET_REQUEST)
        return hp_str_eq(class_name, HP_STR("_User"));
    if (hp_str_eq(class_name, HP_STR("@File"))) return true;
    if (hp_str_eq(class_name, HP_STR("@Config")))
        return trigger == HP_TRIGGER_BEFORE_SAVE || trigger == HP_TRIGGER_AFTER_SAVE;
    return hp_class_name_valid(class_name);
}

static void put(hp_hooks *h, hp_map *table, hp_str name, hp_hook hook)
{
    hp_hook *slot = HP_NEW(h->mem, hp_hook);
    *slot = hook;
    if (hp_map_put(table, hp_arena_str(h->mem, name), slot) != NULL)
        hp_log(HP_LOG_WARN, "cloud_code_replaced", HP_F_STR("name", name), HP_F_TEXT("plugin", hook.plugin));
}

hp_code hp_hooks_add_trigger(hp_hooks *h, hp_trigger trigger, hp_str class_name, hp_hook hook, hp_err *err)
{
    hp_str name = hp_class_canonical_name(class_name);
    if ((unsigned)trigger >= HP_TRIGGER_COUNT)
        return hp_fail(err, HP_E_INVALID_VALUE, "Unknown trigger type %d.", (int)trigger);
    if (!hp_trigger_allowed(trigger, name))
        return hp_fail(err, HP_E_INVALID_VALUE, "A %s trigger cannot be set on class %" HP_STR_FMT ".",
                       TRIGGER_NAMES[trigger], HP_STR_ARG(name));
    put(h, h->triggers[trigger], name, hook);
    return HP_OK;
}

hp_code hp_hooks_add_named(hp_hooks *h, hp_map *table, hp_str name, hp_hook hook, hp_err *err)
{
    if (name.len == 0 || name.len > HP_FUNCTION_NAME_BYTES_MAX)
        return hp_fail(err, HP_E_INVALID_VALUE, "A cloud function or job needs a name of 1 to %d bytes.",
                       HP_FUNCTION_NAME_BYTES_MAX);
    put(h, table, name, hook);
    return HP_OK;
}

/* ---- validators ---- */

/* What is declared, with path and methods of the handler's route unless it names its own. */
static void add_rate_limit(hp_hooks *h, const hp_validator *v, hp_str path, const char *methods)
{
    const hp_value *declared = hp_validator_rate_limit(v);
    const struct {
        hp_str name, value;
    } route[] = { { HP_STR("requestPath"), path }, { HP_STR("requestMethods"), hp_str_of(methods) } };
    if (declared == NULL) return;
    hp_value limit = hp_object_clone(h->mem, declared);
    for (size_t i = 0; i < 2; i++)
        if (hp_str_present(route[i].value) && hp_object_get(declared, route[i].name) == NULL)
            hp_object_append(h->mem, &limit, route[i].name, hp_string(route[i].value));
    hp_array_push(h->mem, &h->rate_limits, limit);
}

static hp_code validate(hp_hooks *h, hp_hook *hook, hp_str rules, hp_err *err)
{
    if (hook == NULL) return hp_fail(err, HP_E_INVALID_VALUE, "There is no handler to validate for.");
    return hp_validator_read(h->mem, rules, &hook->validator, err);
}

/* A name inside a pattern of a path. */
static hp_str escaped(hp_arena *mem, hp_str name)
{
    hp_str out = HP_STR("");
    for (size_t i = 0; i < name.len; i++) {
        const char c = name.ptr[i];
        const char *before = c != '\0' && strchr("{}()[]+?!:*\\", c) != NULL ? "\\" : "";
        out = c == '/' ? hp_arena_printf(mem, "%" HP_STR_FMT "%%2F", HP_STR_ARG(out))
                       : hp_arena_printf(mem, "%" HP_STR_FMT "%s%c", HP_STR_ARG(out), before, c);
    }
    return out;
}

hp_code hp_hooks_validate_function(hp_hooks *h, hp_str name, hp_str rules, hp_err *err)
{
    hp_hook *hook = hp_map_get(h->functions, name);
    HP_TRY(validate(h, hook, rules, err));
    const hp_str path = hp_arena_printf(h->mem, "/functions/%" HP_STR_FMT, HP_STR_ARG(escaped(h->mem, name)));
    add_rate_limit(h, hook->validator, path, NULL);
    return HP_OK;
}

static hp_str route_of(hp_arena *mem, hp_trigger trigger, hp_str class_name)
{
    if (trigger == HP_TRIGGER_BEFORE_LOGIN) return HP_STR("/login");
    if (trigger == HP_TRIGGER_BEFORE_PASSWORD_RESET_REQUEST) return HP_STR("/requestPasswordReset");
    if (hp_str_eq(class_name, HP_STR("@File"))) return HP_STR("/files{/*name}");
    if (hp_str_eq(class_name, HP_STR("@Config"))) return HP_STR("/config");
    return hp_arena_printf(mem, "/classes/%" HP_STR_FMT "{/*id}", HP_STR_ARG(class_name));
}

hp_code hp_hooks_validate_trigger(hp_hooks *h, hp_trigger trigger, hp_str class_name, hp_str rules, hp_err *err)
{
    static const char *const METHODS[HP_TRIGGER_COUNT] = {
        [HP_TRIGGER_BEFORE_SAVE] = "POST|PUT",
        [HP_TRIGGER_BEFORE_DELETE] = "DELETE",
        [HP_TRIGGER_BEFORE_FIND] = "GET",
        [HP_TRIGGER_BEFORE_LOGIN] = "POST|GET",
        [HP_TRIGGER_BEFORE_PASSWORD_RESET_REQUEST] = "POST",
    };
    if ((unsigned)trigger >= HP_TRIGGER_COUNT)
        return hp_fail(err, HP_E_INVALID_VALUE, "Unknown trigger type %d.", (int)trigger);
    hp_hook *hook = hp_map_get(h->triggers[trigger], class_name);
    HP_TRY(validate(h, hook, rules, err));
    if (METHODS[trigger] == NULL && hp_validator_rate_limit(hook->validator) != NULL)
        return hp_fail(err, HP_E_INVALID_VALUE, "Validator: %s has no route to limit.", TRIGGER_NAMES[trigger]);
    add_rate_limit(h, hook->validator, route_of(h->mem, trigger, class_name), METHODS[trigger]);
    return HP_OK;
}

const hp_value *hp_hooks_rate_limits(const hp_hooks *h) { return &h->rate_limits; }

bool hp_hooks_has_trigger(hp_hooks *h, hp_trigger trigger, hp_str class_name)
{
    if (hp_webhook_find(h, false, trigger, class_name, NULL, NULL)) return true;
    return hp_map_count(h->triggers[trigger]) > 0 && hp_map_get(h->triggers[trigger], class_name) != NULL;
}

bool hp_hooks_has_function(hp_hooks *h, hp_str name)
{
    return hp_webhook_find(h, true, HP_TRIGGER_COUNT, name, NULL, NULL) || hp_map_get(h->functions, name) != NULL;
}

hp_code hp_hooks_check_depth(int depth, hp_err *err)
{
    if (depth < HP_HOOK_DEPTH_MAX) return HP_OK;
    return hp_fail(err, HP_E_SCRIPT_FAILED, "Cloud code calls itself more than %d levels deep.",
                   (int)HP_HOOK_DEPTH_MAX);
}

hp_value hp_hooks_job_names(const hp_hooks *h, hp_arena *mem)
{
    hp_value names = hp_array();
    hp_str name;
    void *hook;
    for (size_t at = 0; hp_map_next(h->jobs, &at, &name, &hook);) hp_array_push(mem, &names, hp_string(name));
    return names;
}

bool hp_hooks_has_job(const hp_hooks *h, hp_str name) { return hp_map_get(h->jobs, name) != NULL; }

/* Runs one handler and turns what it returned into an error. The handler's time is the plug-in's own business until it
 * is long enough to be somebody else's. */
static hp_code run(hp_hooks *h, const hp_hook *hook, hp_str what, hp_hook_request *rq, hp_err *err)
{
    hp_clock *clock = hp_clock_system();
    int64_t started_ms = clock->monotonic_ms(clock);
    hp_err thrown = { 0 };
    hpc_request request = { .rq = rq, .hooks = h, .err = &thrown, .plugin = hook->plugin };

    int rc = hook->handler(&request, hook->data);
    int64_t took_ms = clock->monotonic_ms(clock) - started_ms;

    if (took_ms >= SLOW_HOOK_MS)
        hp_log(HP_LOG_WARN, "cloud_code_slow", HP_F_STR("name", what), HP_F_STR("class", rq->class_name),
               HP_F_INT("took_ms", took_ms));
    if (rc == HPC_OK) return HP_OK;
    if (thrown.code == HP_OK || (int)thrown.code != rc)
        return hp_fail(err, (hp_code)(rc == 1 ? HP_E_SCRIPT_FAILED : rc), "Script failed. Unknown error.");
    *err = thrown;
    return err->code;
}

static hp_code check(hp_hooks *h, const hp_hook *hook, hp_hook_request *rq, hp_err *err)
{
    return hook->validator == NULL ? HP_OK : hp_validator_check(hook->validator, h->engine, rq, err);
}

hp_code hp_hooks_run_trigger(hp_hooks *h, hp_hook_request *rq, hp_err *err)
{
    hp_str url;
    if (hp_webhook_find(h, false, rq->trigger, rq->class_name, rq->mem, &url))
        return hp_webhook_run(h, rq, false, url, err);
    const hp_hook *hook = hp_map_get(h->triggers[rq->trigger], rq->class_name);
    if (hook == NULL) return HP_OK;
    HP_TRY(check(h, hook, rq, err));
    if (hook->validator != NULL && hp_validator_skips(hook->validator, rq)) return HP_OK;
    return run(h, hook, hp_str_of(TRIGGER_NAMES[rq->trigger]), rq, err);
}

hp_code hp_hooks_run_function(hp_hooks *h, hp_hook_request *rq, hp_err *err)
{
    hp_str url;
    if (hp_webhook_find(h, true, HP_TRIGGER_COUNT, rq->name, rq->mem, &url))
        return hp_webhook_run(h, rq, true, url, err);
    const hp_hook *hook = hp_map_get(h->functions, rq->name);
    if (hook == NULL)
        return hp_fail(err, HP_E_SCRIPT_FAILED, "Invalid function: \"%" HP_STR_FMT "\"", HP_STR_ARG(rq->name));
    HP_TRY(check(h, hook, rq, err));
    return run(h, hook, rq->name, rq, err);
}

hp_code hp_hooks_run_job(hp_hooks *h, hp_hook_request *rq, hp_err *err)
{
    const hp_hook *hook = hp_map_get(h->jobs, rq->name);
    if (hook == NULL) return hp_fail(err, HP_E_SCRIPT_FAILED, "Invalid job.");
    return run(h, hook, rq->name, rq, err);
}

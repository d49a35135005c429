/* hooks/cloud_api.c — what plug-ins call: the function table of homeport/cloud.h over hp_hook_request and the engine.
 *
 * An hpc_value is an hp_value under another name. Everything made here lives in the request's arena. Calls that fail leave
 * their error in the request, so that `return rc;` in a handler passes it on unchanged. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "hooks/hooks_internal.h"
#include "query/class.h"
#include "value/date.h"
#include "value/json.h"

static const hp_value *in(const hpc_value *v) { return (const hp_value *)(const void *)v; }
static hp_value *in_mutable(hpc_value *v) { return (hp_value *)(void *)v; }
static hpc_value *out(hp_value *v) { return (hpc_value *)(void *)v; }

/* Getters lend what the request or a container holds; C has no way to say "mutable if the container is". */
static hpc_value *lend(const hp_value *v) { return (hpc_value *)(uintptr_t)v; }

static hpc_value *make(hpc_request *rq, hp_value v) { return out(hp_value_new(rq->rq->mem, v)); }

static const char *text_of(const hpc_request *rq, hp_str s)
{
    return hp_str_present(s) ? hp_arena_cstr(rq->rq->mem, s) : "";
}

static hp_str class_of(const char *name) { return hp_class_canonical_name(hp_str_of(name)); }

/* ---- setup ---- */

static int registered(hpc_registry *reg, hp_code rc, const hp_err *err)
{
    if (rc == HP_OK) return HPC_OK;
    hp_log(HP_LOG_ERROR, "cloud_code_refused", HP_F_TEXT("plugin", reg->plugin), HP_F_TEXT("reason", err->msg));
    return (int)rc;
}

static int api_on(hpc_registry *reg, hpc_trigger trigger, const char *class_name, hpc_handler handler, void *data)
{
    hp_err err = { 0 };
    return registered(reg,
                      hp_hooks_add_trigger(reg->hooks, (hp_trigger)trigger, hp_str_of(class_name),
                                           (hp_hook){ .handler = handler, .data = data, .plugin = reg->plugin }, &err),
                      &err);
}

static int api_define(hpc_registry *reg, const char *name, hpc_handler handler, void *data)
{
    hp_err err = { 0 };
    return registered(reg,
                      hp_hooks_add_named(reg->hooks, reg->hooks->functions, hp_str_of(name),
                                         (hp_hook){ .handler = handler, .data = data, .plugin = reg->plugin }, &err),
                      &err);
}

static int api_job(hpc_registry *reg, const char *name, hpc_handler handler, void *data)
{
    hp_err err = { 0 };
    return registered(reg,
                      hp_hooks_add_named(reg->hooks, reg->hooks->jobs, hp_str_of(name),
                                         (hp_hook){ .handler = handler, .data = data, .plugin = reg->plugin }, &err),
                      &err);
}

/* A handler whose rules were refused must not run without them, whether or not setup looks at what is returned. */
static int guarded(hpc_registry *reg, hp_code rc, const hp_err *err)
{
    if (rc != HP_OK) reg->unguarded = true;
    return registered(reg, rc, err);
}

static int api_validate_function(hpc_registry *reg, const char *name, const char *rules)
{
    hp_err err = { 0 };
    return guarded(reg, hp_hooks_validate_function(reg->hooks, hp_str_of(name), hp_str_of(rules), &err), &err);
}

static int api_validate_trigger(hpc_registry *reg, hpc_trigger trigger, const char *class_name, const char *rules)
{
    hp_err err = { 0 };
    return guarded(
        reg, hp_hooks_validate_trigger(reg->hooks, (hp_trigger)trigger, class_of(class_name), hp_str_of(rules), &err),
        &err);
}

/* ---- errors and log ---- */

__attribute__((format(printf, 3, 0))) static int api_vthrow(hpc_request *rq, int code, const char *fmt, va_list args)
{
    char text[sizeof rq->err->msg];
    (void)vsnprintf(text, sizeof text, fmt, args); /* a cut message is still a message */
    return (int)hp_fail(rq->err, code == 0 ? HP_E_SCRIPT_FAILED : (hp_code)code, "%s", text);
}

static int api_error_code(const hpc_request *rq) { return (int)rq->err->code; }
static const char *api_error_message(const hpc_request *rq) { return rq->err->msg; }

__attribute__((format(printf, 3, 0))) static void api_vlog(hpc_request *rq, hpc_level level, const char *fmt,
                                                           va_list args)
{
    char text[1000];
    (void)vsnprintf(text, sizeof text, fmt, args);
    if ((unsigned)level > HPC_LOG_DEBUG) level = HPC_LOG_ERROR; /* a mistake, and not to be missed */
    hp_log((hp_log_level)level, "cloud_code", HP_F_TEXT("plugin", rq->plugin), HP_F_TEXT("message", text));
}

/* ---- the request ---- */

static const char *api_class_name(const hpc_request *rq) { return text_of(rq, rq->rq->class_name); }
static const char *api_function_name(const hpc_request *rq) { return text_of(rq, rq->rq->name); }
static bool api_is_master(const hpc_request *rq) { return rq->rq->master; }

static bool api_is_read_only(const hpc_request *rq) { return rq->rq->read_only; }
static bool api_is_new(const hpc_request *rq) { return rq->rq->is_new; }
static const hpc_value *api_sent(const hpc_request *rq, const char *field)
{
    return lend(hp_object_get(rq->rq->sent, hp_str_of(field)));
}
static bool api_is_get(const hpc_request *rq) { return rq->rq->is_get; }
static const char *api_ip(const hpc_request *rq) { return text_of(rq, rq->rq->ip); }
static int64_t api_now_ms(const hpc_request *rq) { return rq->hooks->engine->now_ms(rq->rq->call); }
static const hpc_value *api_user(const hpc_request *rq) { return lend(rq->rq->user); }
static hpc_value *api_object(hpc_request *rq) { return out(rq->rq->object); }
static const char *api_object_id(const hpc_request *rq) { return text_of(rq, rq->rq->object_id); }
static const void *api_file_bytes(const hpc_request *rq, size_t *len)
{
    *len = rq->rq->file_bytes.len;
    return rq->rq->file_bytes.ptr;
}
static const char *api_event(const hpc_request *rq) { return rq->rq->event.ptr; }
static hpc_value *api_event_original(hpc_request *rq) { return lend(rq->rq->event_original); }
static void api_drop_event(hpc_request *rq) { rq->rq->drop_event = true; }
static const hpc_value *api_original(const hpc_request *rq) { return lend(rq->rq->original); }
static hpc_value *api_objects(hpc_request *rq) { return out(rq->rq->objects); }
static hpc_value *api_query(hpc_request *rq) { return out(rq->rq->query); }
static hpc_value *api_params(hpc_request *rq) { return out(rq->rq->params); }
static hpc_value *api_context(hpc_request *rq) { return out(rq->rq->context); }

static void api_set_result(hpc_request *rq, const hpc_value *v)
{
    rq->rq->has_result = true;
    rq->rq->result = v == NULL ? hp_null() : *in(v);
}

/* ---- reading ---- */

static hpc_kind api_type(const hpc_value *v)
{
    if (v == NULL) return HPC_NULL;
    switch (in(v)->tag) {
    case HP_NULL: return HPC_NULL;
    case HP_BOOL: return HPC_BOOL;
    case HP_NUMBER: return HPC_NUMBER;
    case HP_STRING: return HPC_STRING;
    case HP_ARRAY: return HPC_ARRAY;
    case HP_OBJECT: return HPC_OBJECT;
    case HP_DATE: return HPC_DATE;
    case HP_POINTER: return HPC_POINTER;
    case HP_GEOPOINT:
    case HP_FILE:
    case HP_BYTES:
    case HP_POLYGON:
    case HP_RELATION:
    case HP_DECIMAL: break;
    }
    return HPC_OTHER;
}

static bool api_boolean(const hpc_value *v) { return hp_is_true(in(v)); }
static double api_number(const hpc_value *v) { return hp_is(in(v), HP_NUMBER) ? in(v)->number : (double)NAN; }
static const char *api_text(const hpc_value *v, size_t *len)
{
    /* Strings that reach a handler were copied with their NUL: the JSON reader and hp_arena_str see to that. */
    hp_str s = hp_text(in(v));
    if (len != NULL) *len = s.len;
    return s.ptr;
}
static int64_t api_date_ms(const hpc_value *v) { return hp_is(in(v), HP_DATE) ? in(v)->date.ms : 0; }
static const char *api_pointer_class(const hpc_value *v)
{
    return hp_is(in(v), HP_POINTER) ? in(v)->pointer.class_name.ptr : NULL;
}
static const char *api_pointer_id(const hpc_value *v)
{
    return hp_is(in(v), HP_POINTER) ? in(v)->pointer.object_id.ptr : NULL;
}
static size_t api_count(const hpc_value *v)
{
    if (hp_is(in(v), HP_ARRAY)) return in(v)->array.count;
    return hp_is(in(v), HP_OBJECT) ? in(v)->object.count : 0;
}
static hpc_value *api_at(const hpc_value *v, size_t index)
{
    if (index >= api_count(v)) return NULL;
    return lend(in(v)->tag == HP_ARRAY ? &in(v)->array.items[index] : &in(v)->object.items[index].value);
}
static hpc_value *api_get(const hpc_value *v, const char *key) { return lend(hp_object_get(in(v), hp_str_of(key))); }
static const char *api_key_at(const hpc_value *v, size_t index)
{
    return hp_is(in(v), HP_OBJECT) && index < in(v)->object.count ? in(v)->object.items[index].key.ptr : NULL;
}

/* ---- exact numbers ---- */

static const char *api_decimal(hpc_request *rq, const hpc_value *v)
{
    return hp_is(in(v), HP_DECIMAL) ? hp_decimal_text(rq->rq->mem, in(v)->decimal).ptr : NULL;
}
static hpc_value *api_make_decimal(hpc_request *rq, const char *text)
{
    hp_decimal d;
    return hp_decimal_read(hp_str_of(text), &d) ? make(rq, hp_decimal_value(d)) : NULL;
}
static int api_compare_decimals(const hpc_value *a, const hpc_value *b)
{
    const bool has_a = hp_is_numeric(in(a)), has_b = hp_is_numeric(in(b));
    bool ok;
    return has_a && has_b ? hp_value_compare(in(a), in(b), &ok) : (int)has_a - (int)has_b;
}
static hpc_value *api_add_decimals(hpc_request *rq, const hpc_value *a, const hpc_value *b)
{
    hp_decimal sum;
    if (!hp_is(in(a), HP_DECIMAL) || !hp_is(in(b), HP_DECIMAL)) return NULL;
    return hp_decimal_add(in(a)->decimal, in(b)->decimal, &sum) ? make(rq, hp_decimal_value(sum)) : NULL;
}

/* ---- making ---- */

static hpc_value *api_make_null(hpc_request *rq) { return make(rq, hp_null()); }
static hpc_value *api_make_bool(hpc_request *rq, bool b) { return make(rq, hp_bool(b)); }
static hpc_value *api_make_number(hpc_request *rq, double n) { return make(rq, hp_number(n)); }
/* The server relies on text being UTF-8, and code may have cut one in the middle of a character: what is none becomes
 * U+FFFD, as wherever text is written. */
static hp_str own_text(hpc_request *rq, hp_str s)
{
    hp_arena *mem = rq->rq->mem;
    if (hp_str_utf8_valid(s)) return hp_arena_str(mem, s);
    hp_value text = hp_string(s);
    hp_err unused;
    if (hp_json_read(hp_json_text(mem, &text), HP_JSON_PLAIN, mem, &text, &unused) != HP_OK) return HP_STR("");
    return text.string;
}

static hpc_value *api_make_text(hpc_request *rq, const char *text, size_t len)
{
    if (text == NULL) return NULL; /* of a value that was no text */
    hp_str s = { text, len == (size_t)-1 ? strlen(text) : len };
    return make(rq, hp_string(own_text(rq, s)));
}
static hpc_value *api_make_date(hpc_request *rq, int64_t ms)
{
    return ms >= -HP_DATE_MS_MAX && ms <= HP_DATE_MS_MAX ? make(rq, hp_date(ms)) : NULL;
}
static hpc_value *api_make_pointer(hpc_request *rq, const char *class_name, const char *object_id)
{
    if (class_name == NULL || object_id == NULL) return NULL;
    return make(rq, hp_pointer(hp_arena_str(rq->rq->mem, class_of(class_name)),
                               hp_arena_str(rq->rq->mem, hp_str_of(object_id))));
}
static hpc_value *api_make_array(hpc_request *rq) { return make(rq, hp_array()); }
static hpc_value *api_make_object(hpc_request *rq) { return make(rq, hp_object()); }

static int api_parse(hpc_request *rq, const char *json, hpc_value **result)
{
    hp_value v;
    hp_code rc = hp_json_read(hp_str_of(json), HP_JSON_PARSE, rq->rq->mem, &v, rq->err);
    *result = rc == HP_OK ? make(rq, v) : NULL;
    return (int)rc;
}
static const char *api_json(hpc_request *rq, const hpc_value *v)
{
    const hp_value null = hp_null();
    return hp_arena_cstr(rq->rq->mem, hp_json_text(rq->rq->mem, v == NULL ? &null : in(v)));
}
static void api_set(hpc_request *rq, hpc_value *object, const char *key, const hpc_value *v)
{
    if (!hp_is(in(object), HP_OBJECT)) return;
    hp_object_set(rq->rq->mem, in_mutable(object), own_text(rq, hp_str_of(key)), v == NULL ? hp_null() : *in(v));
}
static void api_remove(hpc_value *object, const char *key)
{
    if (hp_is(in(object), HP_OBJECT)) (void)hp_object_remove(in_mutable(object), hp_str_of(key));
}
static void api_push(hpc_request *rq, hpc_value *array, const hpc_value *v)
{
    if (hp_is(in(array), HP_ARRAY)) hp_array_push(rq->rq->mem, in_mutable(array), v == NULL ? hp_null() : *in(v));
}

/* ---- the engine ---- */

/* Hands a result value to the plug-in, which may not want it. */
static int give(hpc_request *rq, hp_code rc, hp_value v, hpc_value **result)
{
    if (result != NULL) *result = rc == HP_OK ? make(rq, v) : NULL;
    return (int)rc;
}

static int api_find(hpc_request *rq, hpc_as as, const char *class_name, const hpc_value *params, hpc_value **result)
{
    hp_value found = hp_null();
    hp_code rc =
        rq->hooks->engine->find(rq->rq->call, as == HPC_AS_MASTER, class_of(class_name), in(params), &found, rq->err);
    return give(rq, rc, found, result);
}
static int api_count_objects(hpc_request *rq, hpc_as as, const char *class_name, const hpc_value *where,
                             int64_t *result)
{
    return (int)rq->hooks->engine->count(rq->rq->call, as == HPC_AS_MASTER, class_of(class_name), in(where), result,
                                         rq->err);
}
static int api_fetch(hpc_request *rq, hpc_as as, const char *class_name, const char *object_id, hpc_value **result)
{
    hp_value object = hp_null();
    hp_code rc = rq->hooks->engine->get(rq->rq->call, as == HPC_AS_MASTER, class_of(class_name), hp_str_of(object_id),
                                        &object, rq->err);
    return give(rq, rc, object, result);
}
static int api_save(hpc_request *rq, hpc_as as, const char *class_name, const char *object_id, const hpc_value *body,
                    hpc_value **result)
{
    hp_value answer = hp_null();
    hp_code rc = rq->hooks->engine->save(rq->rq->call, as == HPC_AS_MASTER, class_of(class_name), hp_str_of(object_id),
                                         in(body), &answer, rq->err);
    return give(rq, rc, answer, result);
}
static int api_destroy(hpc_request *rq, hpc_as as, const char *class_name, const char *object_id)
{
    return (int)rq->hooks->engine->remove(rq->rq->call, as == HPC_AS_MASTER, class_of(class_name), hp_str_of(object_id),
                                          rq->err);
}
static int api_run(hpc_request *rq, const char *name, const hpc_value *params, hpc_value **result)
{
    hp_value answer = hp_null();
    hp_value arguments = hp_is(in(params), HP_OBJECT) ? *in(params) : hp_object();
    bool has_result = false;
    hp_code rc =
        rq->hooks->engine->run_function(rq->rq->call, hp_str_of(name), &arguments, &answer, &has_result, rq->err);
    return give(rq, rc, answer, result);
}
static bool api_has_role(hpc_request *rq, const char *role_name)
{
    return rq->hooks->engine->has_role(rq->rq->call, hp_str_of(role_name));
}

/* ---- the atomic unit ---- */

/* A new operation at the end of the unit, or NULL past the limit (the error is in the request then). */
static hp_hook_op *append_op(hpc_request *rq, hp_hook_op_kind kind, const char *class_name, const char *object_id,
                             const char *field)
{
    hp_hook_request *r = rq->rq;
    if (r->op_count >= HP_UNIT_OPS_MAX) {
        HP_IGNORE(hp_fail(rq->err, HP_E_SCRIPT_FAILED, "More than %d operations in one atomic unit.", HP_UNIT_OPS_MAX));
        return NULL; /* the caller returns the code that is in rq->err now */
    }
    r->ops = hp_arena_room(r->mem, r->ops, sizeof *r->ops, r->op_count, &r->op_cap, 8);
    hp_hook_op *op = &r->ops[r->op_count++];
    *op = (hp_hook_op){ .kind = kind,
                        .class_name = hp_arena_str(r->mem, class_of(class_name)),
                        .object_id = hp_arena_str(r->mem, hp_str_of(object_id)),
                        .field = hp_arena_str(r->mem, hp_str_of(field)) };
    return op;
}

static int append_require(hpc_request *rq, bool at_most, const char *class_name, const char *object_id,
                          const char *field, hp_value amount, int code, const char *message)
{
    hp_hook_op *op =
        append_op(rq, at_most ? HP_HOOK_REQUIRE_AT_MOST : HP_HOOK_REQUIRE_AT_LEAST, class_name, object_id, field);
    if (op == NULL) return (int)rq->err->code;
    op->amount = amount;
    op->error_code = code == HP_E_INTERNAL ? HP_E_SCRIPT_FAILED : code; /* by the other the store says that it is ill */
    op->error_message = hp_arena_str(rq->rq->mem, hp_str_of(message));
    return HPC_OK;
}

static int api_require(hpc_request *rq, bool at_most, const char *class_name, const char *object_id, const char *field,
                       double amount, int code, const char *message)
{
    return append_require(rq, at_most, class_name, object_id, field, hp_number(amount), code, message);
}
static int api_atomic_set(hpc_request *rq, const char *class_name, const char *object_id, const char *field,
                          const hpc_value *v)
{
    hp_hook_op *op = append_op(rq, HP_HOOK_SET, class_name, object_id, field);
    if (op == NULL) return (int)rq->err->code;
    op->value = v == NULL ? hp_null() : *in(v);
    return HPC_OK;
}
static int api_atomic_increment(hpc_request *rq, const char *class_name, const char *object_id, const char *field,
                                double amount, unsigned decimals)
{
    hp_hook_op *op = append_op(rq, HP_HOOK_INCREMENT, class_name, object_id, field);
    if (op == NULL) return (int)rq->err->code;
    op->amount = hp_number(amount);
    op->decimals = decimals;
    return HPC_OK;
}
/* What is no decimal is refused where the operation is asked for, and not at the commit. */
static int no_decimal(hpc_request *rq)
{
    return (int)hp_fail(rq->err, HP_E_SCRIPT_FAILED, "The amount is no Decimal128.");
}

static int api_require_decimal(hpc_request *rq, bool at_most, const char *class_name, const char *object_id,
                               const char *field, const hpc_value *amount, int code, const char *message)
{
    if (!hp_is(in(amount), HP_DECIMAL)) return no_decimal(rq);
    return append_require(rq, at_most, class_name, object_id, field, *in(amount), code, message);
}
static int api_atomic_increment_decimal(hpc_request *rq, const char *class_name, const char *object_id,
                                        const char *field, const hpc_value *amount)
{
    if (!hp_is(in(amount), HP_DECIMAL)) return no_decimal(rq);
    hp_hook_op *op = append_op(rq, HP_HOOK_INCREMENT, class_name, object_id, field);
    if (op == NULL) return (int)rq->err->code;
    op->amount = *in(amount);
    return HPC_OK;
}
static int api_atomic_create(hpc_request *rq, const char *class_name, const hpc_value *object)
{
    hp_hook_op *op = append_op(rq, HP_HOOK_CREATE, class_name, NULL, NULL);
    if (op == NULL) return (int)rq->err->code;
    op->value = object == NULL ? hp_object() : *in(object);
    return HPC_OK;
}
static int api_atomic_delete(hpc_request *rq, const char *class_name, const char *object_id)
{
    return append_op(rq, HP_HOOK_DELETE, class_name, object_id, NULL) == NULL ? (int)rq->err->code : HPC_OK;
}
static int api_atomic_commit(hpc_request *rq)
{
    hp_code rc = rq->hooks->engine->atomic(rq->rq->call, rq->rq->ops, rq->rq->op_count, rq->err);
    if (rc == HP_OK) rq->rq->op_count = 0;
    return (int)rc;
}

static const hpc_api API = {
    .abi = HPC_ABI,
    .size = sizeof(hpc_api),
    .on = api_on,
    .define = api_define,
    .job = api_job,
    .vthrow = api_vthrow,
    .error_code = api_error_code,
    .error_message = api_error_message,
    .vlog = api_vlog,
    .class_name = api_class_name,
    .function_name = api_function_name,
    .is_master = api_is_master,
    .is_new = api_is_new,
    .sent = api_sent,
    .is_get = api_is_get,
    .ip = api_ip,
    .now_ms = api_now_ms,
    .user = api_user,
    .object = api_object,
    .object_id = api_object_id,
    .original = api_original,
    .objects = api_objects,
    .query = api_query,
    .params = api_params,
    .context = api_context,
    .set_result = api_set_result,
    .type = api_type,
    .boolean = api_boolean,
    .number = api_number,
    .text = api_text,
    .date_ms = api_date_ms,
    .pointer_class = api_pointer_class,
    .pointer_id = api_pointer_id,
    .count = api_count,
    .at = api_at,
    .get = api_get,
    .key_at = api_key_at,
    .make_null = api_make_null,
    .make_bool = api_make_bool,
    .make_number = api_make_number,
    .make_text = api_make_text,
    .make_date = api_make_date,
    .make_pointer = api_make_pointer,
    .make_array = api_make_array,
    .make_object = api_make_object,
    .parse = api_parse,
    .json = api_json,
    .set = api_set,
    .remove = api_remove,
    .push = api_push,
    .find = api_find,
    .count_objects = api_count_objects,
    .fetch = api_fetch,
    .save = api_save,
    .destroy = api_destroy,
    .run = api_run,
    .has_role = api_has_role,
    .require = api_require,
    .atomic_set = api_atomic_set,
    .atomic_increment = api_atomic_increment,
    .atomic_create = api_atomic_create,
    .atomic_delete = api_atomic_delete,
    .atomic_commit = api_atomic_commit,
    .file_bytes = api_file_bytes,
    .decimal = api_decimal,
    .make_decimal = api_make_decimal,
    .compare_decimals = api_compare_decimals,
    .add_decimals = api_add_decimals,
    .require_decimal = api_require_decimal,
    .atomic_increment_decimal = api_atomic_increment_decimal,
    .event = api_event,
    .event_original = api_event_original,
    .drop_event = api_drop_event,
    .validate_function = api_validate_function,
    .validate_trigger = api_validate_trigger,
    .is_read_only = api_is_read_only,
};

const hpc_api *hp_cloud_api(void) { return &API; }

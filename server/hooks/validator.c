#include "hooks/validator.h"

#include <stdarg.h>
#include <stdio.h>

#include "value/json.h"

struct hp_validator {
    bool require_user, require_master, validate_master_key, skip_with_master_key;
    hp_value any_roles, all_roles; /* arrays of texts, or null */
    hp_value fields, user_keys;    /* array or object, or null */
    hp_value rate_limit;           /* object, or null */
};

/* ---- reading ---- */

static bool is_text_list(const hp_value *v)
{
    for (uint32_t i = 0; v->tag == HP_ARRAY && i < v->array.count; i++)
        if (v->array.items[i].tag != HP_STRING) return false;
    return v->tag == HP_ARRAY;
}

static hp_code refuse(hp_err *err, hp_str key, const char *expected)
{
    return hp_fail(err, HP_E_INVALID_VALUE, "Validator: %" HP_STR_FMT ": expected %s.",
                   HP_STR_ARG(hp_str_sub(key, 0, 80)), expected);
}

static hp_code check_type(const hp_value *type, hp_str key, hp_err *err)
{
    static const char *const TYPES[] = { "String", "Number", "Boolean", "Array", "Object" };
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (hp_str_eq(hp_text(type), hp_str_of(TYPES[i]))) return HP_OK;
    return refuse(err, key, "type String, Number, Boolean, Array or Object");
}

/* The members of one field's rules. */
static hp_code check_field(hp_str name, const hp_value *rules, bool of_user, hp_err *err)
{
    if (rules->tag != HP_OBJECT) return refuse(err, name, "an object");
    for (uint32_t i = 0; i < rules->object.count; i++) {
        const hp_member *m = &rules->object.items[i];
        const bool flag = hp_str_eq(m->key, HP_STR("required")) || hp_str_eq(m->key, HP_STR("constant"));
        if (hp_str_eq(m->key, HP_STR("options"))) continue;
        if (hp_str_eq(m->key, HP_STR("error")) && m->value.tag == HP_STRING) continue;
        if (of_user) return refuse(err, name, "options and error");
        if (hp_str_eq(m->key, HP_STR("default"))) continue;
        if (hp_str_eq(m->key, HP_STR("type")))
            HP_TRY(check_type(&m->value, name, err));
        else if (!flag || m->value.tag != HP_BOOL)
            return refuse(err, name, "type, required, default, constant, options and error");
    }
    return HP_OK;
}

static hp_code check_names(const hp_value *v, hp_str key, bool of_user, hp_err *err)
{
    if (v->tag != HP_OBJECT) return is_text_list(v) ? HP_OK : refuse(err, key, "a list of names, or an object");
    for (uint32_t i = 0; i < v->object.count; i++)
        HP_TRY(check_field(v->object.items[i].key, &v->object.items[i].value, of_user, err));
    return HP_OK;
}

static hp_code take(hp_validator *v, const hp_member *m, hp_err *err)
{
    const struct {
        const char *key;
        bool *flag;
        hp_value *value;
    } members[] = {
        { "requireUser", &v->require_user, NULL },
        { "requireMaster", &v->require_master, NULL },
        { "validateMasterKey", &v->validate_master_key, NULL },
        { "skipWithMasterKey", &v->skip_with_master_key, NULL },
        { "requireAnyUserRoles", NULL, &v->any_roles },
        { "requireAllUserRoles", NULL, &v->all_roles },
        { "fields", NULL, &v->fields },
        { "requireUserKeys", NULL, &v->user_keys },
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (!hp_str_eq(m->key, hp_str_of(members[i].key))) continue;
        if (members[i].flag != NULL) {
            if (m->value.tag != HP_BOOL) return refuse(err, m->key, "true or false");
            *members[i].flag = m->value.boolean;
            return HP_OK;
        }
        *members[i].value = m->value;
        if (members[i].value == &v->any_roles || members[i].value == &v->all_roles)
            return is_text_list(&m->value) ? HP_OK : refuse(err, m->key, "a list of role names");
        return check_names(&m->value, m->key, members[i].value == &v->user_keys, err);
    }
    if (hp_str_eq(m->key, HP_STR("rateLimit")) && m->value.tag == HP_OBJECT) {
        v->rate_limit = m->value;
        return HP_OK;
    }
    return hp_fail(err, HP_E_INVALID_VALUE, "Validator: unknown rule %" HP_STR_FMT ".",
                   HP_STR_ARG(hp_str_sub(m->key, 0, 80)));
}

hp_code hp_validator_read(hp_arena *mem, hp_str json, const hp_validator **out, hp_err *err)
{
    hp_validator *v = HP_NEW(mem, hp_validator);
    hp_value rules;
    *out = NULL;
    HP_TRY(hp_json_read(hp_arena_str(mem, json), HP_JSON_PARSE, mem, &rules, err));
    if (rules.tag != HP_OBJECT) return hp_fail(err, HP_E_INVALID_JSON, "A validator is an object.");
    for (uint32_t i = 0; i < rules.object.count; i++) HP_TRY(take(v, &rules.object.items[i], err));
    *out = v;
    return HP_OK;
}

const hp_value *hp_validator_rate_limit(const hp_validator *v)
{
    return v->rate_limit.tag == HP_OBJECT ? &v->rate_limit : NULL;
}

/* ---- checking ---- */

bool hp_validator_skips(const hp_validator *v, const hp_hook_request *rq)
{
    return v->skip_with_master_key && rq->master;
}

__attribute__((format(printf, 2, 3))) static hp_code failed(hp_err *err, const char *fmt, ...)
{
    char text[sizeof err->msg];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args); /* a cut message is still a message */
    va_end(args);
    return hp_fail(err, HP_E_VALIDATION_ERROR, "%s", text);
}

static hp_code missing(hp_str key, hp_err *err)
{
    return failed(err, "Validation failed. Please specify data for %" HP_STR_FMT ".", HP_STR_ARG(key));
}

/* What JavaScript's typeof says, and "array". */
static const char *type_of(const hp_value *v)
{
    if (v == NULL) return "undefined";
    if (v->tag == HP_STRING) return "string";
    if (v->tag == HP_NUMBER) return "number";
    if (v->tag == HP_BOOL) return "boolean";
    return v->tag == HP_ARRAY ? "array" : "object";
}

static hp_code check_value_type(hp_str key, const hp_value *rule, const hp_value *v, hp_arena *mem, hp_err *err)
{
    const hp_str wanted = hp_text(hp_object_get(rule, HP_STR("type")));
    if (!hp_str_present(wanted) || hp_str_eq_nocase(wanted, hp_str_of(type_of(v)))) return HP_OK;
    char *lower = hp_arena_cstr(mem, wanted);
    lower[0] = (char)(lower[0] - 'A' + 'a');
    return failed(err, "Validation failed. Invalid type for %" HP_STR_FMT ". Expected: %s", HP_STR_ARG(key), lower);
}

static bool is_same(const hp_value *a, const hp_value *b)
{
    if (a == NULL || b == NULL || a->tag != b->tag) return false;
    if (a->tag == HP_STRING) return hp_str_eq(a->string, b->string);
    if (a->tag == HP_NUMBER) return a->number == b->number;
    if (a->tag == HP_BOOL) return a->boolean == b->boolean;
    return a->tag == HP_NULL;
}

static hp_code check_options(hp_str key, const hp_value *rule, const hp_value *v, hp_arena *mem, hp_err *err)
{
    const hp_value *options = hp_object_get(rule, HP_STR("options"));
    const hp_str own_words = hp_text(hp_object_get(rule, HP_STR("error")));
    hp_str list = HP_STR_NONE;
    if (!hp_truthy(options)) return HP_OK;
    const uint32_t count = options->tag == HP_ARRAY ? options->array.count : 1;
    for (uint32_t i = 0; i < count; i++) {
        const hp_value *option = options->tag == HP_ARRAY ? &options->array.items[i] : options;
        if (is_same(option, v)) return HP_OK;
        const hp_str shown = option->tag == HP_STRING ? option->string
                             : option->tag == HP_NULL ? HP_STR("")
                                                      : hp_json_text(mem, option);
        list = hp_arena_printf(mem, "%" HP_STR_FMT "%s%" HP_STR_FMT, HP_STR_ARG(list), i > 0 ? ", " : "",
                               HP_STR_ARG(shown));
    }
    if (hp_str_present(own_words)) return failed(err, "%" HP_STR_FMT, HP_STR_ARG(own_words));
    return failed(err, "Validation failed. Invalid option for %" HP_STR_FMT ". Expected: %" HP_STR_FMT, HP_STR_ARG(key),
                  HP_STR_ARG(list));
}

/* Sets or takes away a member of what the handler will see. */
static void set(hp_hook_request *rq, hp_value *from, hp_str key, const hp_value *v)
{
    if (v != NULL)
        hp_object_set(rq->mem, from, key, hp_value_copy(rq->mem, v));
    else
        (void)hp_object_remove(from, key);
}

/* All but the options. *judged is what was sent, or its default: a constant is put in place of it after that. */
static hp_code check_one(hp_hook_request *rq, hp_value *from, const hp_member *field, const hp_value **judged,
                         hp_err *err)
{
    const hp_value *rule = &field->value, *standard = hp_object_get(rule, HP_STR("default"));
    const bool required = hp_is_true(hp_object_get(rule, HP_STR("required")));

    if (!hp_is_null(standard) && hp_is_null(hp_object_get(from, field->key))) set(rq, from, field->key, standard);
    const hp_value *sent = hp_object_get(from, field->key);
    if (sent != NULL) sent = hp_value_new(rq->mem, hp_value_copy(rq->mem, sent)); /* it is about to be replaced */
    if (hp_is_true(hp_object_get(rule, HP_STR("constant"))) && rq->object != NULL) {
        if (rq->original != NULL)
            set(rq, from, field->key, hp_object_get(rq->original, field->key));
        else if (!hp_is_null(standard))
            set(rq, from, field->key, standard);
    }
    *judged = sent;
    if (required && hp_is_null(sent)) return missing(field->key, err);
    return sent == NULL ? HP_OK : check_value_type(field->key, rule, sent, rq->mem, err);
}

/* What is missing or of a wrong type is told before what is none of the options, as in Parse Server. */
static hp_code check_fields(const hp_validator *v, hp_hook_request *rq, hp_err *err)
{
    hp_value none = hp_object();
    hp_value *from = rq->object != NULL ? rq->object : rq->params != NULL ? rq->params : &none;
    for (uint32_t i = 0; v->fields.tag == HP_ARRAY && i < v->fields.array.count; i++)
        if (hp_is_null(hp_object_get(from, v->fields.array.items[i].string)))
            return missing(v->fields.array.items[i].string, err);
    if (v->fields.tag != HP_OBJECT) return HP_OK;
    const hp_value **judged = HP_NEW_ARRAY(rq->mem, const hp_value *, v->fields.object.count);
    for (uint32_t i = 0; i < v->fields.object.count; i++)
        HP_TRY(check_one(rq, from, &v->fields.object.items[i], &judged[i], err));
    for (uint32_t i = 0; i < v->fields.object.count; i++) {
        const hp_member *m = &v->fields.object.items[i];
        if (judged[i] != NULL) HP_TRY(check_options(m->key, &m->value, judged[i], rq->mem, err));
    }
    return HP_OK;
}

static hp_code check_roles(const hp_validator *v, const hp_hook_engine *engine, hp_hook_request *rq, hp_err *err)
{
    bool any = v->any_roles.tag != HP_ARRAY;
    for (uint32_t i = 0; !any && i < v->any_roles.array.count; i++)
        any = engine->has_role(rq->call, v->any_roles.array.items[i].string);
    if (!any) return failed(err, "Validation failed. User does not match the required roles.");
    for (uint32_t i = 0; v->all_roles.tag == HP_ARRAY && i < v->all_roles.array.count; i++)
        if (!engine->has_role(rq->call, v->all_roles.array.items[i].string))
            return failed(err, "Validation failed. User does not match all the required roles.");
    return HP_OK;
}

static hp_code check_user_keys(const hp_validator *v, const hp_value *user, hp_arena *mem, hp_err *err)
{
    const hp_value *keys = &v->user_keys;
    if (hp_is_null(keys)) return HP_OK;
    if (user == NULL) return failed(err, "Please login to make this request.");
    for (uint32_t i = 0; keys->tag == HP_ARRAY && i < keys->array.count; i++)
        if (hp_is_null(hp_object_get(user, keys->array.items[i].string)))
            return failed(err, "Validation failed. Please set data for %" HP_STR_FMT " on your account.",
                          HP_STR_ARG(keys->array.items[i].string));
    for (uint32_t i = 0; keys->tag == HP_OBJECT && i < keys->object.count; i++) {
        const hp_member *m = &keys->object.items[i];
        HP_TRY(check_options(m->key, &m->value, hp_object_get(user, m->key), mem, err));
    }
    return HP_OK;
}

hp_code hp_validator_check(const hp_validator *v, const hp_hook_engine *engine, hp_hook_request *rq, hp_err *err)
{
    const bool roles = v->any_roles.tag == HP_ARRAY || v->all_roles.tag == HP_ARRAY;
    const hp_value *user = rq->user;

    if (rq->master && !v->validate_master_key) return HP_OK;
    /* Who signs up is the user of his own sign-up. */
    if (user == NULL && rq->is_new && hp_str_eq(rq->class_name, HP_STR("_User"))) user = rq->object;
    if ((v->require_user || roles) && user == NULL) return failed(err, "Validation failed. Please login to continue.");
    if (v->require_master && !rq->master)
        return failed(err, "Validation failed. Master key is required to complete this request.");
    HP_TRY(check_fields(v, rq, err));
    if (roles) HP_TRY(check_roles(v, engine, rq, err));
    return check_user_keys(v, user, rq->mem, err);
}

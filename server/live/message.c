/* live/message.c — the schema as tables, checked in the order in which Parse Server's validator looks at it: what is required,
 * then the members as sent. Nobody relies on that order; equal texts for equal messages are for whoever compares. */
#include "live/message.h"

#include "base/map.h"
#include "value/json.h"

typedef enum kind { TEXT, NUMBER, OBJECT, TEXTS, QUERY } kind;

typedef struct property {
    const char *name;
    kind kind;
    bool required;
} property;

typedef struct shape {
    const char *op;
    const property *properties;
    size_t count;
} shape;

static const property CONNECT[] = {
    { "op", TEXT, true },
    { "applicationId", TEXT, true },
    { "javascriptKey", TEXT, false },
    { "masterKey", TEXT, false },
    { "clientKey", TEXT, false },
    { "windowsKey", TEXT, false },
    { "restAPIKey", TEXT, false },
    { "sessionToken", TEXT, false },
    { "installationId", TEXT, false },
    { "maintenanceKey", TEXT, false },
};
static const property SUBSCRIBE[] = {
    { "op", TEXT, true },
    { "requestId", NUMBER, true },
    { "query", QUERY, true },
    { "sessionToken", TEXT, false },
};
static const property UNSUBSCRIBE[] = {
    { "op", TEXT, true },
    { "requestId", NUMBER, true },
};
static const property QUERY_PROPERTIES[] = {
    { "where", OBJECT, true },  { "className", TEXT, true }, { "keys", TEXTS, false },
    { "fields", TEXTS, false }, { "watch", TEXTS, false },   { "include", TEXTS, false },
};

#define SHAPE(name, properties)                                     \
    {                                                               \
        (name), (properties), sizeof(properties) / sizeof(property) \
    }
static const shape SHAPES[] = {
    [HP_LIVE_CONNECT] = SHAPE("connect", CONNECT),
    [HP_LIVE_SUBSCRIBE] = SHAPE("subscribe", SUBSCRIBE),
    [HP_LIVE_UPDATE] = SHAPE("update", SUBSCRIBE),
    [HP_LIVE_UNSUBSCRIBE] = SHAPE("unsubscribe", UNSUBSCRIBE),
};
static const shape QUERY_SHAPE = SHAPE("query", QUERY_PROPERTIES);

/* `what` is cut: it may be the client's own. */
static bool refuse(hp_err *err, const char *before, hp_str what, const char *after)
{
    enum { SHOWN_MAX = 100 };
    HP_IGNORE(
        hp_fail(err, HP_E_INTERNAL, "%s%" HP_STR_FMT "%s", before, HP_STR_ARG(hp_str_sub(what, 0, SHOWN_MAX)), after));
    return false;
}

/* What JavaScript calls the JSON that was sent; a typed value was an object there. */
static const char *type_of(const hp_value *v)
{
    switch (v->tag) {
    case HP_NULL: return "null";
    case HP_BOOL: return "boolean";
    case HP_NUMBER: return "number";
    case HP_STRING: return "string";
    case HP_ARRAY: return "array";
    case HP_OBJECT:
    case HP_DATE:
    case HP_POINTER:
    case HP_GEOPOINT:
    case HP_FILE:
    case HP_BYTES:
    case HP_POLYGON:
    case HP_DECIMAL:
    case HP_RELATION: break;
    }
    return "object";
}

static bool expect(const hp_value *v, const char *type, hp_err *err)
{
    const char *found = type_of(v);
    if (strcmp(found, type) == 0) return true;
    HP_IGNORE(hp_fail(err, HP_E_INTERNAL, "Invalid type: %s (expected %s)", found, type));
    return false;
}

/* Of several pairs the one that a search through all of them comes upon first. */
static bool check_unique(const hp_value *v, hp_err *err)
{
    const hp_value *items = v->array.items;
    hp_map *seen = hp_map_new(NULL); /* text -> where it is first */
    uint32_t first = UINT32_MAX, second = 0;
    for (uint32_t i = 0; i < v->array.count; i++) {
        if (items[i].tag != HP_STRING) continue;
        const hp_value *same = hp_map_get(seen, items[i].string);
        if (same == NULL) {
            (void)hp_map_put(seen, items[i].string, &v->array.items[i]);
        } else if ((uint32_t)(same - items) < first) {
            first = (uint32_t)(same - items);
            second = i;
        }
    }
    hp_map_free(seen);
    if (first == UINT32_MAX) return true;
    HP_IGNORE(hp_fail(err, HP_E_INTERNAL, "Array items are not unique (indices %u and %u)", first, second));
    return false;
}

static bool check_texts(const hp_value *v, hp_err *err)
{
    if (!expect(v, "array", err)) return false;
    if (v->array.count == 0) return refuse(err, "Array is too short (0), minimum 1", HP_STR(""), "");
    if (!check_unique(v, err)) return false;
    for (uint32_t i = 0; i < v->array.count; i++)
        if (!expect(&v->array.items[i], "string", err)) return false;
    return true;
}

static bool check_object(const shape *s, const hp_value *v, hp_err *err);

static bool check_property(const property *p, const hp_value *v, hp_err *err)
{
    switch (p->kind) {
    case TEXT: return expect(v, "string", err);
    case NUMBER: return expect(v, "number", err);
    case OBJECT: return expect(v, "object", err);
    case TEXTS: return check_texts(v, err);
    case QUERY: return check_object(&QUERY_SHAPE, v, err);
    }
    return false;
}

static const property *find_property(const shape *s, hp_str name)
{
    for (size_t i = 0; i < s->count; i++)
        if (hp_str_eq(name, hp_str_of(s->properties[i].name))) return &s->properties[i];
    return NULL;
}

static bool check_object(const shape *s, const hp_value *v, hp_err *err)
{
    if (!expect(v, "object", err)) return false;
    for (size_t i = 0; i < s->count; i++) {
        const hp_str name = hp_str_of(s->properties[i].name);
        if (s->properties[i].required && hp_object_get(v, name) == NULL)
            return refuse(err, "Missing required property: ", name, "");
    }
    if (v->tag != HP_OBJECT) return refuse(err, "Additional properties not allowed", HP_STR(""), ""); /* its __type */
    for (uint32_t i = 0; i < v->object.count; i++) {
        const property *p = find_property(s, v->object.items[i].key);
        if (p == NULL) return refuse(err, "Additional properties not allowed", HP_STR(""), "");
        if (!check_property(p, &v->object.items[i].value, err)) return false;
    }
    return true;
}

static bool read_op(const hp_value *all, hp_live_op *out, hp_err *err)
{
    const hp_value *op = hp_object_get(all, HP_STR("op"));
    if (!expect(all, "object", err)) return false;
    if (op == NULL) return refuse(err, "Missing required property: ", HP_STR("op"), "");
    if (!expect(op, "string", err)) return false;
    for (size_t i = 0; i < sizeof SHAPES / sizeof *SHAPES; i++)
        if (hp_str_eq(op->string, hp_str_of(SHAPES[i].op))) {
            *out = (hp_live_op)i;
            return true;
        }
    return refuse(err, "No enum match for: \"", op->string, "\"");
}

static hp_str_list texts(const hp_value *v, hp_arena *mem)
{
    if (v == NULL) return (hp_str_list){ 0 };
    hp_str *items = HP_NEW_ARRAY(mem, hp_str, v->array.count);
    for (uint32_t i = 0; i < v->array.count; i++) items[i] = v->array.items[i].string;
    return (hp_str_list){ items, v->array.count };
}

static void take_query(const hp_value *query, hp_arena *mem, hp_live_message *out)
{
    const hp_value *keys = hp_object_get(query, HP_STR("keys"));
    if (keys == NULL) keys = hp_object_get(query, HP_STR("fields"));
    out->class_name = hp_object_text(query, HP_STR("className"));
    out->where = hp_object_get(query, HP_STR("where"));
    out->has_keys = keys != NULL;
    out->keys = texts(keys, mem);
    out->watch = texts(hp_object_get(query, HP_STR("watch")), mem);
    out->include = texts(hp_object_get(query, HP_STR("include")), mem);
}

bool hp_live_query_read(const hp_value *query, hp_arena *mem, hp_live_message *out, hp_err *err)
{
    if (!check_object(&QUERY_SHAPE, query, err)) return false;
    take_query(query, mem, out);
    return true;
}

hp_live_reading hp_live_message_read(hp_str text, hp_arena *mem, hp_live_message *out, hp_err *err)
{
    hp_value *all = hp_value_new(mem, hp_null());

    *out = (hp_live_message){ .all = all };
    if (hp_json_read(text, HP_JSON_PARSE, mem, all, err) != HP_OK) return HP_LIVE_NOT_JSON;
    if (!read_op(all, &out->op, err) || !check_object(&SHAPES[out->op], all, err)) return HP_LIVE_REFUSED;

    const hp_str token = hp_object_text(all, HP_STR("sessionToken"));
    if (token.len > 0) out->session_token = token;
    if (out->op == HP_LIVE_CONNECT) return HP_LIVE_READ;
    out->request_id = hp_object_get(all, HP_STR("requestId"))->number;
    if (out->op != HP_LIVE_UNSUBSCRIBE) take_query(hp_object_get(all, HP_STR("query")), mem, out);
    return HP_LIVE_READ;
}

/* value/json_read.c — jansson reads the text; its tree becomes ours, typed objects and bounds included. */

#include <jansson.h>

#include "base/limits.h"
#include "value/base64.h"
#include "value/date.h"
#include "value/json.h"

typedef struct reader {
    hp_arena *mem;
    hp_json_mode mode;
    hp_err *err;
} reader;

static hp_code too_much(hp_err *err, const char *what, int max)
{
    return hp_fail(err, HP_E_INVALID_JSON, "JSON with more than %d %s is refused.", max, what);
}

static hp_str copy_text(reader *r, const json_t *v)
{
    return hp_arena_str(r->mem, (hp_str){ json_string_value(v), json_string_length(v) });
}

/* ---- typed objects ---- */

static bool read_number(const hp_value *o, hp_str key, double *out)
{
    const hp_value *v = hp_object_get(o, key);
    if (!hp_is(v, HP_NUMBER)) return false;
    *out = v->number;
    return true;
}

/* Without a NUL, as every class name and object id is: plug-ins read them as C texts, and half of one is another. */
static bool is_name(hp_str s) { return hp_str_present(s) && hp_str_find_char(s, '\0', 0) == SIZE_MAX; }

static hp_str class_name(hp_str name) { return hp_str_eq(name, HP_STR("User")) ? HP_STR("_User") : name; }

static bool read_date(hp_arena *mem, const hp_value *o, hp_value *out)
{
    char normal[HP_DATE_TEXT_LEN + 1];
    hp_str iso = hp_object_text(o, HP_STR("iso"));
    int64_t ms;
    (void)mem;
    if (!hp_str_present(iso) || !hp_date_parse(iso, &ms)) return false;
    *out = hp_date(ms);
    size_t len = hp_date_format(ms, normal);
    if (!hp_str_eq(iso, (hp_str){ normal, len })) out->date.iso = iso;
    return true;
}

static bool read_pointer(hp_arena *mem, const hp_value *o, hp_value *out)
{
    hp_str name = hp_object_text(o, HP_STR("className"));
    hp_str id = hp_object_text(o, HP_STR("objectId"));
    (void)mem;
    if (!is_name(name) || !is_name(id)) return false;
    *out = hp_pointer(class_name(name), id);
    return true;
}

static bool read_relation(hp_arena *mem, const hp_value *o, hp_value *out)
{
    hp_str name = hp_object_text(o, HP_STR("className"));
    (void)mem;
    if (!is_name(name)) return false;
    *out = hp_relation(class_name(name));
    return true;
}

static bool read_geopoint(hp_arena *mem, const hp_value *o, hp_value *out)
{
    (void)mem;
    *out = (hp_value){ .tag = HP_GEOPOINT };
    return read_number(o, HP_STR("latitude"), &out->geopoint.latitude) &&
           read_number(o, HP_STR("longitude"), &out->geopoint.longitude);
}

static bool read_file(hp_arena *mem, const hp_value *o, hp_value *out)
{
    hp_str name = hp_object_text(o, HP_STR("name"));
    (void)mem;
    *out = (hp_value){ .tag = HP_FILE, .file = { name, hp_object_text(o, HP_STR("url")) } };
    return hp_str_present(name);
}

static bool read_bytes(hp_arena *mem, const hp_value *o, hp_value *out)
{
    hp_str text = hp_object_text(o, HP_STR("base64")), decoded;
    *out = (hp_value){ .tag = HP_BYTES, .bytes = text };
    return hp_str_present(text) && hp_base64_decode(mem, text, &decoded);
}

static bool read_polygon(hp_arena *mem, const hp_value *o, hp_value *out)
{
    const hp_value *pairs = hp_object_get(o, HP_STR("coordinates"));
    if (!hp_is(pairs, HP_ARRAY)) return false;
    *out = (hp_value){ .tag = HP_POLYGON };
    out->polygon.points = HP_NEW_ARRAY(mem, hp_geo, pairs->array.count);
    out->polygon.count = pairs->array.count;
    for (uint32_t i = 0; i < pairs->array.count; i++) {
        const hp_value *pair = &pairs->array.items[i];
        if (!hp_is(pair, HP_ARRAY) || pair->array.count != 2 || !hp_is(&pair->array.items[0], HP_NUMBER) ||
            !hp_is(&pair->array.items[1], HP_NUMBER))
            return false;
        out->polygon.points[i] = (hp_geo){ pair->array.items[0].number, pair->array.items[1].number };
    }
    return true;
}

static bool read_decimal(hp_arena *mem, const hp_value *o, hp_value *out)
{
    const hp_str text = hp_object_text(o, HP_STR("value"));
    (void)mem;
    *out = (hp_value){ .tag = HP_DECIMAL };
    return hp_str_present(text) && hp_decimal_read(text, &out->decimal);
}

static const struct {
    hp_str name;
    bool (*read)(hp_arena *mem, const hp_value *o, hp_value *out);
} TYPES[] = {
    { HP_STR_INIT("Date"), read_date },         { HP_STR_INIT("Pointer"), read_pointer },
    { HP_STR_INIT("File"), read_file },         { HP_STR_INIT("GeoPoint"), read_geopoint },
    { HP_STR_INIT("Bytes"), read_bytes },       { HP_STR_INIT("Polygon"), read_polygon },
    { HP_STR_INIT("Relation"), read_relation }, { HP_STR_INIT("Decimal128"), read_decimal },
};

/* Its place in TYPES, or their number. */
static size_t type_index(hp_str name)
{
    size_t i = 0;
    while (i < sizeof TYPES / sizeof *TYPES && !hp_str_eq(name, TYPES[i].name)) i++;
    return i;
}

bool hp_json_is_type(hp_str name) { return type_index(name) < sizeof TYPES / sizeof *TYPES; }

/* What lacks its essentials stays an object with its __type: the write path says so, queries never match it. */
static hp_value decode_object(hp_arena *mem, hp_value o)
{
    hp_str type = hp_object_text(&o, HP_STR("__type"));
    hp_value typed;
    if (!hp_json_is_type(type)) return o;
    return TYPES[type_index(type)].read(mem, &o, &typed) ? typed : o;
}

hp_value hp_json_decode_types(hp_arena *mem, const hp_value *v)
{
    hp_value copy = *v;
    if (v->tag == HP_ARRAY) {
        copy.array.items = HP_NEW_ARRAY(mem, hp_value, v->array.count);
        copy.array.cap = v->array.count;
        for (uint32_t i = 0; i < v->array.count; i++)
            copy.array.items[i] = hp_json_decode_types(mem, &v->array.items[i]);
    } else if (v->tag == HP_OBJECT) {
        copy.object.items = HP_NEW_ARRAY(mem, hp_member, v->object.count);
        copy.object.cap = v->object.count;
        for (uint32_t i = 0; i < v->object.count; i++)
            copy.object.items[i] =
                (hp_member){ v->object.items[i].key, hp_json_decode_types(mem, &v->object.items[i].value) };
        copy = decode_object(mem, copy);
    }
    return copy;
}

/* ---- the tree ---- */

static hp_code convert(reader *r, json_t *v, hp_value *out);

static hp_code convert_array(reader *r, json_t *v, hp_value *out)
{
    size_t count = json_array_size(v);
    *out = hp_array();
    if (count == 0) return HP_OK;
    out->array.items = HP_NEW_ARRAY(r->mem, hp_value, count);
    out->array.cap = out->array.count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) HP_TRY(convert(r, json_array_get(v, i), &out->array.items[i]));
    return HP_OK;
}

static hp_code convert_object(reader *r, json_t *v, hp_value *out)
{
    size_t count = json_object_size(v);
    const char *key;
    size_t key_len;
    json_t *item;
    *out = hp_object();
    if (count == 0) return HP_OK;
    if (count > HP_OBJECT_KEYS_MAX) return too_much(r->err, "keys in one object", HP_OBJECT_KEYS_MAX);
    out->object.items = HP_NEW_ARRAY(r->mem, hp_member, count);
    out->object.cap = (uint32_t)count;
    json_object_keylen_foreach(v, key, key_len, item)
    {
        hp_member *m = &out->object.items[out->object.count++];
        m->key = hp_arena_str(r->mem, (hp_str){ key, key_len });
        HP_TRY(convert(r, item, &m->value));
    }
    if (r->mode == HP_JSON_PARSE) *out = decode_object(r->mem, *out);
    return HP_OK;
}

/* Recursion is as deep as the text, which check_bounds has bounded. */
static hp_code convert(reader *r, json_t *v, hp_value *out)
{
    switch (json_typeof(v)) {
    case JSON_OBJECT: return convert_object(r, v, out);
    case JSON_ARRAY: return convert_array(r, v, out);
    case JSON_STRING: *out = hp_string(copy_text(r, v)); return HP_OK;
    case JSON_INTEGER: *out = hp_number((double)json_integer_value(v)); return HP_OK;
    case JSON_REAL: *out = hp_number(json_real_value(v)); return HP_OK;
    case JSON_TRUE: *out = hp_bool(true); return HP_OK;
    case JSON_FALSE: *out = hp_bool(false); return HP_OK;
    case JSON_NULL: break;
    }
    *out = hp_null();
    return HP_OK;
}

/* Past the string literal that begins at `i`. */
static size_t skip_string(hp_str text, size_t i)
{
    for (i++; i < text.len && text.ptr[i] != '"'; i++)
        if (text.ptr[i] == '\\') i++;
    return i + 1;
}

/* jansson recurses as deep as its text, and its tree is many times larger than that: what has too much of either never
 * reaches it. In well-formed text every comma and every container that is not empty stands for one more value. */
static hp_code check_bounds(hp_str text, hp_err *err)
{
    int depth = 0;
    size_t values = 1;
    char before = '\0'; /* the last character that is not blank */
    for (size_t i = 0; i < text.len;) {
        char c = text.ptr[i];
        if (c == '"') {
            i = skip_string(text, i);
            before = c;
            continue;
        }
        if (c == '{' || c == '[') {
            if (++depth > HP_JSON_DEPTH_MAX) return too_much(err, "levels of nesting", HP_JSON_DEPTH_MAX);
            values++;
        } else if (c == '}' || c == ']') {
            depth--;
            if (before == '{' || before == '[') values--;
        } else if (c == ',') {
            values++;
        }
        if (values > HP_JSON_NODES_MAX + 1) return too_much(err, "values", HP_JSON_NODES_MAX);
        if (c > ' ') before = c;
        i++;
    }
    return values > HP_JSON_NODES_MAX ? too_much(err, "values", HP_JSON_NODES_MAX) : HP_OK;
}

hp_code hp_json_read(hp_str text, hp_json_mode mode, hp_arena *mem, hp_value *out, hp_err *err)
{
    json_error_t problem;
    reader r = { .mem = mem, .mode = mode, .err = err };
    *out = hp_null();
    HP_TRY(check_bounds(text, err));

    json_t *root =
        json_loadb(text.ptr == NULL ? "" : text.ptr, text.len,
                   JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, &problem);
    if (root == NULL) {
        char *quotation = strstr(problem.text, " near "); /* from the text, and that may hold a password */
        if (quotation != NULL) *quotation = '\0';
        return hp_fail(err, HP_E_INVALID_JSON, "Invalid JSON at line %d, column %d: %s", problem.line, problem.column,
                       problem.text);
    }
    hp_code rc = convert(&r, root, out);
    json_decref(root);
    if (rc != HP_OK) *out = hp_null();
    return rc;
}

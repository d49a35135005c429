#include "live/payload.h"

#include "base/limits.h"
#include "core/serialise.h"
#include "query/stored_form.h"
#include "value/date.h"
#include "value/json.h"

#define CURRENT HP_STR("currentParseObject")
#define ORIGINAL HP_STR("originalParseObject")
#define PERMISSIONS HP_STR("classLevelPermissions")
#define PROTECTED HP_STR("protectedFields")
#define NODE HP_STR("homeport")

/* ---- writing ---- */

static void write_member(hp_buf *out, hp_str name, const hp_value *v)
{
    if (out->ptr[out->len - 1] != '{') hp_buf_add_char(out, ',');
    hp_json_write_string(out, name);
    hp_buf_add_char(out, ':');
    hp_json_write(out, v);
}

/* Secrets are nobody's business on a bus, not even where master may read them. */
static bool is_secret(const hp_class *cls, hp_str name)
{
    const bool users = hp_str_eq(cls->name, HP_STR("_User"));
    if (users && (hp_str_eq(name, HP_STR("authData")) || hp_str_eq(name, HP_STR("password")))) return true;
    return (users || hp_str_eq(cls->name, HP_STR("_Session"))) && hp_str_eq(name, HP_STR("sessionToken"));
}

static bool lacks_address(const hp_value *v) { return v->tag == HP_FILE && v->file.url.len == 0; }

static bool holds_such_a_file(const hp_value *v)
{
    bool found = lacks_address(v);
    for (uint32_t i = 0; v->tag == HP_ARRAY && i < v->array.count && !found; i++)
        found = holds_such_a_file(&v->array.items[i]);
    for (uint32_t i = 0; v->tag == HP_OBJECT && i < v->object.count && !found; i++)
        found = holds_such_a_file(&v->object.items[i].value);
    return found;
}

static void give_addresses(const hp_call *call, hp_value *v)
{
    if (lacks_address(v)) v->file.url = hp_file_url(call, v->file.name);
    for (uint32_t i = 0; v->tag == HP_ARRAY && i < v->array.count; i++) give_addresses(call, &v->array.items[i]);
    for (uint32_t i = 0; v->tag == HP_OBJECT && i < v->object.count; i++)
        give_addresses(call, &v->object.items[i].value);
}

/* A File in a list or an object is stored as it was sent, and an answer shows it so. A Parse Server that hears of one without an
 * address hears nothing any more. */
static void address_files(const hp_call *call, hp_value *object)
{
    for (uint32_t i = 0; i < object->object.count; i++) {
        hp_value *v = &object->object.items[i].value;
        if (!holds_such_a_file(v)) continue;
        *v = hp_value_copy(call->mem, v); /* it is the event's own */
        give_addresses(call, v);
    }
}

static void write_object(hp_buf *out, hp_str name, const hp_call *call, const hp_class *cls, const hp_row *row)
{
    const hp_grant all = { .scope = { .unrestricted = true } };
    hp_value object = hp_serialise(call, cls, &all, row, NULL);
    for (uint32_t i = object.object.count; i-- > 0;)
        if (is_secret(cls, object.object.items[i].key)) (void)hp_object_remove(&object, object.object.items[i].key);
    address_files(call, &object);
    hp_object_set(call->mem, &object, HP_STR("__type"), hp_string(HP_STR("Object")));
    hp_object_set(call->mem, &object, HP_STR("className"), hp_string(cls->name));
    write_member(out, name, &object);
}

/* What both sources hide of the class counts as one list, as in Parse: whoever hears this knows no options of ours. */
static void join_protected(const hp_call *call, hp_str class_name, hp_value *permissions)
{
    const hp_value *option = hp_object_get(&call->settings->protected_fields, class_name);
    const hp_value *own = hp_object_get(permissions, PROTECTED);
    if (!hp_is(option, HP_OBJECT)) return;
    hp_value joined = own != NULL && hp_is(own, HP_OBJECT) ? hp_value_copy(call->mem, own) : hp_object();
    for (uint32_t g = 0; g < option->object.count; g++) {
        const hp_member *group = &option->object.items[g];
        const hp_value *there = hp_object_get(&joined, group->key);
        hp_value names = there != NULL && hp_is(there, HP_ARRAY) ? hp_value_copy(call->mem, there) : hp_array();
        for (uint32_t i = 0; hp_is(&group->value, HP_ARRAY) && i < group->value.array.count; i++)
            hp_array_push(call->mem, &names, group->value.array.items[i]);
        hp_object_set(call->mem, &joined, group->key, names);
    }
    hp_object_set(call->mem, permissions, PROTECTED, joined);
}

static void write_permissions(hp_buf *out, const hp_call *call, const hp_class *cls)
{
    hp_value permissions = hp_permissions_shown(cls, call->mem);
    join_protected(call, cls->name, &permissions);
    write_member(out, PERMISSIONS, &permissions);
}

void hp_live_payload_write(hp_buf *out, const hp_call *call, const hp_live_event *e, hp_str node)
{
    const hp_value name = hp_string(node);
    hp_buf_add_char(out, '{');
    write_object(out, CURRENT, call, e->cls, e->after != NULL ? e->after : e->before);
    if (e->after != NULL && e->before != NULL) write_object(out, ORIGINAL, call, e->cls, e->before);
    write_permissions(out, call, e->cls);
    write_member(out, NODE, &name);
    hp_buf_add_char(out, '}');
}

/* ---- reading ---- */

static bool is_time(const hp_field *f)
{
    return hp_str_eq(f->name, HP_STR("createdAt")) || hp_str_eq(f->name, HP_STR("updatedAt"));
}

static bool fits(const hp_field *f, const hp_value *v)
{
    hp_type type;
    hp_str target;
    if (!hp_type_of_value(v, &type, &target) || type != f->type) return false;
    return type != HP_T_POINTER || hp_str_eq(target, f->target_class);
}

/* Parse Server may have the whole object where a field points to it. */
static hp_value pointer_of(const hp_value *v)
{
    if (v->tag != HP_OBJECT || !hp_str_eq(hp_object_text(v, HP_STR("__type")), HP_STR("Object"))) return *v;
    return hp_pointer(hp_class_canonical_name(hp_object_text(v, HP_STR("className"))),
                      hp_object_text(v, HP_STR("objectId")));
}

/* The value of `f` as the store would hold it. False: none that this node could have. */
static bool take_value(hp_arena *mem, const hp_field *f, const hp_value *sent, hp_value *out)
{
    int64_t ms;
    if (is_time(f) && sent->tag == HP_STRING) {
        if (!hp_date_parse(sent->string, &ms)) return false;
        *out = hp_date(ms);
        return true;
    }
    const hp_value pointer = f->type == HP_T_POINTER ? pointer_of(sent) : *sent;
    if (f->internal || f->type == HP_T_RELATION || f->type == HP_T_ACL || !fits(f, &pointer)) return false;
    *out = hp_stored_form(mem, &pointer);
    if (out->tag == HP_FILE) out->file.url = sent->file.url; /* where the node that speaks has it */
    return true;
}

static bool take_acl(hp_arena *mem, const hp_value *acl, hp_row *row)
{
    hp_unit_op op = { 0 };
    hp_err err = { 0 };
    if (acl == NULL) return true;
    if (!hp_is(acl, HP_OBJECT) || hp_acl_from_json(acl, mem, &op, &err) != HP_OK) return false;
    row->has_read_acl = op.has_read_acl;
    row->has_write_acl = op.has_write_acl;
    row->readers = (hp_str *)(uintptr_t)op.readers; /* the row's from now on: nobody else has them */
    row->reader_count = op.reader_count;
    row->writers = (hp_str *)(uintptr_t)op.writers;
    row->writer_count = op.writer_count;
    return true;
}

static bool is_extra(hp_str name) { return hp_str_eq(name, HP_STR("__type")) || hp_str_eq(name, HP_STR("className")); }

/* An object without an id, or with an ACL that cannot be read, is none: what may be seen of it is not known. */
static bool take_row(const hp_live_event *e, const hp_value *object, const hp_row **out, bool *strange)
{
    hp_row *row = HP_NEW(e->mem, hp_row);
    if (!hp_is(object, HP_OBJECT) || !take_acl(e->mem, hp_object_get(object, HP_STR("ACL")), row)) return false;
    row->fields = hp_object();
    for (size_t i = 0; i < e->cls->field_count; i++) {
        const hp_field *f = e->cls->fields[i];
        const hp_value *sent = hp_object_get(object, f->name);
        hp_value v;
        if (sent != NULL && !is_secret(e->cls, f->name) && take_value(e->mem, f, sent, &v))
            hp_object_append(e->mem, &row->fields, f->name, v);
    }
    for (uint32_t i = 0; i < object->object.count; i++)
        if (!is_extra(object->object.items[i].key) && hp_class_field(e->cls, object->object.items[i].key) == NULL)
            *strange = true;
    const hp_value *id = hp_object_get(&row->fields, HP_STR("objectId"));
    *out = row;
    return hp_is(id, HP_STRING) && id->string.len > 0 && id->string.len <= HP_OBJECT_ID_BYTES_MAX;
}

static bool take_rows(hp_live_event *e, const hp_value *message, bool deleted, bool *strange)
{
    const hp_value *original = hp_object_get(message, ORIGINAL);
    if (!take_row(e, hp_object_get(message, CURRENT), deleted ? &e->before : &e->after, strange)) return false;
    return deleted || original == NULL || take_row(e, original, &e->before, strange);
}

/* {"__type":"Object","className":"X","objectId":"…",…} is read as a pointer-like value by whoever reads types: the two
 * objects of a message are read without their own type, and with those of what is in them. */
static void decode_objects(hp_arena *mem, hp_value *message)
{
    const hp_str names[] = { CURRENT, ORIGINAL };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        hp_value *object = hp_object_get(message, names[i]);
        if (!hp_is(object, HP_OBJECT)) continue;
        (void)hp_object_remove(object, HP_STR("__type"));
        *object = hp_json_decode_types(mem, object);
    }
}

static hp_live_heard take(hp_schema *schema, hp_value *message, bool deleted, hp_live_event **out, bool *strange)
{
    const hp_str name = hp_class_canonical_name(hp_object_text(hp_object_get(message, CURRENT), HP_STR("className")));
    hp_live_event *e = hp_live_event_new(schema, name);
    if (e == NULL) return hp_class_name_valid(name) ? HP_LIVE_HEARD_UNKNOWN : HP_LIVE_HEARD_BAD;

    hp_value own = hp_value_copy(e->mem, message);
    decode_objects(e->mem, &own);
    e->foreign = true;
    if (!take_rows(e, &own, deleted, strange)) {
        hp_live_event_free(e);
        return HP_LIVE_HEARD_BAD;
    }
    *out = e;
    return HP_LIVE_HEARD;
}

hp_live_heard hp_live_payload_read(hp_schema *schema, hp_str text, bool deleted, hp_str node, hp_live_event **out,
                                   bool *strange)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_value message;
    hp_err err = { 0 };

    *out = NULL;
    *strange = false;
    if (hp_json_read(text, HP_JSON_PLAIN, mem, &message, &err) != HP_OK || !hp_is(&message, HP_OBJECT))
        return HP_LIVE_HEARD_BAD;
    if (hp_str_eq(hp_object_text(&message, NODE), node)) return HP_LIVE_HEARD_OWN;
    return take(schema, &message, deleted, out, strange);
}

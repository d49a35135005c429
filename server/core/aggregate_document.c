#include "core/aggregate_document.h"

#include "core/serialise.h"
#include "query/class.h"
#include "value/date.h"

/* ---- rows to documents ---- */

static bool nobody_reads(const hp_class *cls, hp_str name)
{
    return hp_str_eq(cls->name, HP_STR("_User")) &&
           (hp_str_eq(name, HP_STR("password")) || hp_str_eq(name, HP_STR("sessionToken")));
}

static hp_value text_list(hp_arena *mem, const hp_str *texts, size_t count)
{
    hp_value list = hp_array();
    for (size_t i = 0; i < count; i++) hp_array_push(mem, &list, hp_string(texts[i]));
    return list;
}

static hp_str join3(hp_arena *mem, hp_str a, hp_str b, hp_str c)
{
    char *text = hp_arena_alloc(mem, a.len + b.len + c.len + 1);
    if (a.len > 0) memcpy(text, a.ptr, a.len);
    if (b.len > 0) memcpy(text + a.len, b.ptr, b.len);
    if (c.len > 0) memcpy(text + a.len + b.len, c.ptr, c.len);
    return (hp_str){ text, a.len + b.len + c.len };
}

hp_value hp_aggregate_document(const hp_class *cls, const hp_row *row, hp_arena *mem)
{
    hp_value doc = hp_object();
    for (uint32_t i = 0; i < row->fields.object.count; i++) {
        const hp_member *m = &row->fields.object.items[i];
        if (m->value.tag == HP_POINTER)
            hp_object_append(
                mem, &doc, join3(mem, HP_STR("_p_"), m->key, HP_STR("")),
                hp_string(join3(mem, m->value.pointer.class_name, HP_STR("$"), m->value.pointer.object_id)));
        else if (hp_str_eq(m->key, HP_STR("objectId")))
            hp_object_append(mem, &doc, HP_STR("_id"), m->value);
        else if (hp_str_eq(m->key, HP_STR("createdAt")))
            hp_object_append(mem, &doc, HP_STR("_created_at"), m->value);
        else if (hp_str_eq(m->key, HP_STR("updatedAt")))
            hp_object_append(mem, &doc, HP_STR("_updated_at"), m->value);
        else if (!nobody_reads(cls, m->key))
            hp_object_append(mem, &doc, m->key, m->value);
    }
    if (row->has_read_acl)
        hp_object_append(mem, &doc, HP_STR("_rperm"), text_list(mem, row->readers, row->reader_count));
    if (row->has_write_acl)
        hp_object_append(mem, &doc, HP_STR("_wperm"), text_list(mem, row->writers, row->writer_count));
    return doc;
}

hp_value hp_aggregate_fields(const hp_class *cls, const hp_row *row, hp_arena *mem)
{
    hp_value fields = hp_object();
    for (uint32_t i = 0; i < row->fields.object.count; i++)
        if (!nobody_reads(cls, row->fields.object.items[i].key))
            hp_object_append(mem, &fields, row->fields.object.items[i].key, row->fields.object.items[i].value);
    return fields;
}

const hp_field *hp_aggregate_field(const hp_class *cls, hp_str name)
{
    const bool pointer = hp_str_starts(name, HP_STR("_p_"));
    if (hp_str_eq(name, HP_STR("_id"))) name = HP_STR("objectId");
    if (hp_str_eq(name, HP_STR("_created_at"))) name = HP_STR("createdAt");
    if (hp_str_eq(name, HP_STR("_updated_at"))) name = HP_STR("updatedAt");
    if (pointer) name = hp_str_sub(name, 3, SIZE_MAX);
    const hp_field *f = hp_class_field(cls, name);
    return f == NULL || f->internal || pointer != (f->type == HP_T_POINTER) ? NULL : f;
}

/* ---- documents to answers ---- */

static hp_str iso(hp_arena *mem, int64_t ms)
{
    char text[HP_DATE_TEXT_LEN + 1];
    const size_t len = hp_date_format(ms, text);
    return hp_arena_str(mem, (hp_str){ text, len });
}

static hp_value one_member(hp_arena *mem, hp_str key, hp_value v)
{
    hp_value o = hp_object();
    hp_object_append(mem, &o, key, v);
    return o;
}

/* Extended JSON leaves out milliseconds that are 0. */
static hp_value extended_date(hp_arena *mem, int64_t ms)
{
    hp_str text = iso(mem, ms);
    if (ms % 1000 == 0) text = join3(mem, hp_str_sub(text, 0, text.len - 5), HP_STR("Z"), HP_STR(""));
    return one_member(mem, HP_STR("$date"), hp_string(text));
}

hp_value hp_aggregate_value(const hp_call *call, hp_aggregate_form form, const hp_value *v)
{
    hp_arena *mem = call->mem;
    hp_value out = *v;
    switch (v->tag) {
    case HP_ARRAY:
        out = hp_array();
        for (uint32_t i = 0; i < v->array.count; i++)
            hp_array_push(mem, &out, hp_aggregate_value(call, form, &v->array.items[i]));
        break;
    case HP_OBJECT:
        out = hp_object();
        for (uint32_t i = 0; i < v->object.count; i++)
            hp_object_append(mem, &out, v->object.items[i].key,
                             hp_aggregate_value(call, form, &v->object.items[i].value));
        break;
    case HP_DATE:
        if (form.raw_values)
            out = extended_date(mem, v->date.ms);
        else if (form.raw_names)
            out = hp_string(iso(mem, v->date.ms));
        break;
    case HP_FILE: out.file.url = hp_file_url(call, v->file.name); break;
    case HP_NULL:
    case HP_BOOL:
    case HP_NUMBER:
    case HP_STRING:
    case HP_POINTER:
    case HP_GEOPOINT:
    case HP_BYTES:
    case HP_POLYGON:
    case HP_RELATION: break;
    case HP_DECIMAL:
        if (form.raw_values)
            out = one_member(mem, HP_STR("$numberDecimal"), hp_string(hp_decimal_text(mem, v->decimal)));
        break;
    }
    return out;
}

static hp_value answer_id(const hp_value *id, bool cut)
{
    if (id->tag == HP_OBJECT && id->object.count == 0) return hp_null();
    if (id->tag != HP_STRING) return *id;
    if (id->string.len == 0) return hp_null();
    const size_t dollar = hp_str_find_char(id->string, '$', 0);
    return cut && dollar != SIZE_MAX ? hp_string(hp_str_sub(id->string, dollar + 1, SIZE_MAX)) : *id;
}

static void read_groups(hp_arena *mem, const hp_value *list, bool *has, hp_str **out, size_t *count)
{
    *has = hp_is(list, HP_ARRAY);
    if (!*has) return;
    *out = HP_NEW_ARRAY(mem, hp_str, list->array.count);
    for (uint32_t i = 0; i < list->array.count; i++)
        if (hp_is(&list->array.items[i], HP_STRING)) (*out)[(*count)++] = list->array.items[i].string;
}

static void add_acl(hp_arena *mem, const hp_value *doc, hp_value *out)
{
    hp_row row = { 0 };
    bool has;
    read_groups(mem, hp_object_get(doc, HP_STR("_rperm")), &row.has_read_acl, &row.readers, &row.reader_count);
    read_groups(mem, hp_object_get(doc, HP_STR("_wperm")), &row.has_write_acl, &row.writers, &row.writer_count);
    const hp_value acl = hp_acl_to_json(mem, &row, &has);
    if (has) hp_object_set(mem, out, HP_STR("ACL"), acl);
}

static bool is_time(hp_str name)
{
    return hp_str_eq(name, HP_STR("createdAt")) || hp_str_eq(name, HP_STR("updatedAt"));
}

/* A pointer's stored text as a Pointer; null for what is none. */
static hp_value pointer_of(const hp_value *v)
{
    const hp_str text = hp_text(v);
    const size_t dollar = hp_str_find_char(text, '$', 0);
    if (!hp_str_present(text) || dollar == SIZE_MAX) return hp_null();
    return hp_pointer(hp_str_sub(text, 0, dollar), hp_str_sub(text, dollar + 1, SIZE_MAX));
}

static void add_member(const hp_call *call, const hp_class *cls, hp_aggregate_form form, const hp_member *m,
                       hp_value *out)
{
    hp_arena *mem = call->mem;
    const bool hidden = m->key.len > 0 && m->key.ptr[0] == '_';
    const hp_field *field = hidden && cls != NULL ? hp_aggregate_field(cls, m->key) : NULL;
    const hp_str name = field != NULL ? field->name : m->key;
    if (hidden && field == NULL) return;
    hp_value v = hp_aggregate_value(call, form, &m->value);
    if (is_time(name) && m->value.tag == HP_DATE) v = hp_string(iso(mem, m->value.date.ms));
    if (hidden && field->type == HP_T_POINTER) v = pointer_of(&m->value);
    hp_object_set(mem, out, name, v);
}

hp_value hp_aggregate_answer(const hp_call *call, const hp_class *cls, hp_aggregate_form form, bool cut_ids,
                             const hp_value *doc)
{
    hp_arena *mem = call->mem;
    hp_value out = hp_object();
    if (form.raw_names) return hp_aggregate_value(call, form, doc);
    for (uint32_t i = 0; i < doc->object.count; i++) {
        const hp_member *m = &doc->object.items[i];
        if (hp_str_eq(m->key, HP_STR("_id"))) {
            const hp_value id = answer_id(&m->value, cut_ids);
            hp_object_set(mem, &out, HP_STR("objectId"), hp_aggregate_value(call, form, &id));
        } else if (form.raw_values) {
            hp_object_set(mem, &out, m->key, hp_aggregate_value(call, form, &m->value));
        } else {
            add_member(call, cls, form, m, &out);
        }
    }
    if (form.raw_values) return out;
    add_acl(mem, doc, &out);
    for (size_t i = 0; cls != NULL && i < cls->field_count; i++)
        if (cls->fields[i]->type == HP_T_RELATION && !cls->fields[i]->internal)
            hp_object_set(mem, &out, cls->fields[i]->name, hp_relation(cls->fields[i]->target_class));
    return out;
}

hp_value hp_aggregate_from_extended(hp_arena *mem, const hp_value *v)
{
    hp_value out = *v;
    int64_t ms;
    hp_decimal d;
    if (v->tag == HP_ARRAY) {
        out = hp_array();
        for (uint32_t i = 0; i < v->array.count; i++)
            hp_array_push(mem, &out, hp_aggregate_from_extended(mem, &v->array.items[i]));
    } else if (v->tag == HP_OBJECT && v->object.count == 1 && hp_date_parse(hp_object_text(v, HP_STR("$date")), &ms)) {
        out = hp_date(ms);
    } else if (v->tag == HP_OBJECT && v->object.count == 1 &&
               hp_decimal_read(hp_object_text(v, HP_STR("$numberDecimal")), &d)) {
        out = hp_decimal_value(d);
    } else if (v->tag == HP_OBJECT) {
        out = hp_object();
        for (uint32_t i = 0; i < v->object.count; i++)
            hp_object_append(mem, &out, v->object.items[i].key,
                             hp_aggregate_from_extended(mem, &v->object.items[i].value));
    }
    return out;
}

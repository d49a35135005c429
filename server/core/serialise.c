#include "core/serialise.h"

#include "value/date.h"

typedef struct view { /* what one object is filtered by */
    const hp_call *call;
    const hp_class *cls;
    const hp_projection *projection; /* or NULL */
    const hp_str *hidden;
    size_t hidden_count;
    bool users, own; /* an object of _User; the caller's own */
} view;

static bool listed(hp_str name, const hp_str *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (hp_str_eq(list[i], name)) return true;
    return false;
}

static bool is_time(hp_str name)
{
    return hp_str_eq(name, HP_STR("createdAt")) || hp_str_eq(name, HP_STR("updatedAt"));
}

/* What every answer holds, whatever was asked for. */
static bool always_there(hp_str name)
{
    return is_time(name) || hp_str_eq(name, HP_STR("objectId")) || hp_str_eq(name, HP_STR("ACL"));
}

static bool asked_for(const hp_projection *p, hp_str name)
{
    if (p == NULL) return true;
    if (p->has_keys && !listed(name, p->keys, p->key_count)) return false;
    return !listed(name, p->exclude, p->exclude_count);
}

/* Nobody reads passwords; a user's tokens are in _Session; who one is at other providers is one's own business. */
static bool secret(const view *v, hp_str name)
{
    if (name.len > 0 && name.ptr[0] == '_') return true;
    if (!v->users) return false;
    if (hp_str_eq(name, HP_STR("password")) || hp_str_eq(name, HP_STR("sessionToken"))) return true;
    return hp_str_eq(name, HP_STR("authData")) && !v->own && !hp_call_unrestricted(v->call);
}

static bool shown(const view *v, hp_str name)
{
    if (secret(v, name) || listed(name, v->hidden, v->hidden_count)) return false;
    return always_there(name) || asked_for(v->projection, name);
}

static hp_value iso_text(hp_arena *mem, const hp_value *date)
{
    char text[HP_DATE_TEXT_LEN + 1];
    const size_t len = hp_date_format(date->date.ms, text);
    return hp_string(hp_arena_str(mem, (hp_str){ text, len }));
}

static hp_value encode(const view *v, const hp_member *m)
{
    if (hp_is(&m->value, HP_DATE) && is_time(m->key)) return iso_text(v->call->mem, &m->value);
    if (!hp_is(&m->value, HP_FILE)) return m->value;
    hp_value file = m->value;
    if (v->projection != NULL && v->projection->foreign && hp_str_present(file.file.url)) return file;
    file.file.url = hp_file_url(v->call, file.file.name);
    return file;
}

/* Relations are not stored in the object but belong to every one, whatever `keys` says. */
static void add_relations(const view *v, hp_value *out)
{
    for (size_t i = 0; i < v->cls->field_count; i++) {
        const hp_field *f = v->cls->fields[i];
        if (f->type != HP_T_RELATION || f->internal || listed(f->name, v->hidden, v->hidden_count)) continue;
        hp_object_append(v->call->mem, out, f->name, hp_relation(f->target_class));
    }
}

static view view_of(const hp_call *call, const hp_class *cls, const hp_grant *grant, const hp_row *row,
                    const hp_projection *projection)
{
    view v = { .call = call, .cls = cls, .projection = projection };
    hp_permit_hidden(call, cls, grant, row, &v.hidden, &v.hidden_count);
    v.users = cls != NULL && hp_str_eq(cls->name, HP_STR("_User"));
    v.own = v.users && hp_str_present(call->who.user_id) &&
            hp_str_eq(hp_object_text(&row->fields, HP_STR("objectId")), call->who.user_id);
    return v;
}

static void add_names(hp_buf *out, char kind, const hp_str *names, size_t count)
{
    hp_buf_add_char(out, kind);
    for (size_t i = 0; i < count; i++) {
        hp_buf_printf(out, "%zu:", names[i].len); /* no name can look like two */
        hp_buf_add(out, names[i]);
    }
}

void hp_serialise_signature(const hp_call *call, const hp_class *cls, const hp_grant *grant, const hp_row *row,
                            const hp_projection *projection, hp_buf *out)
{
    const view v = view_of(call, cls, grant, row, projection);
    add_names(out, 'h', v.hidden, v.hidden_count);
    if (projection != NULL && projection->has_keys) add_names(out, 'k', projection->keys, projection->key_count);
    if (projection != NULL) add_names(out, 'x', projection->exclude, projection->exclude_count);
    if (v.users) hp_buf_add_char(out, v.own || hp_call_unrestricted(call) ? 'a' : 'o'); /* authData */
}

hp_value hp_serialise(const hp_call *call, const hp_class *cls, const hp_grant *grant, const hp_row *row,
                      const hp_projection *projection)
{
    HP_ASSERT(row->fields.tag == HP_OBJECT);
    const view v = view_of(call, cls, grant, row, projection);

    hp_value out = hp_object();
    const uint32_t room = row->fields.object.count + 4;
    out.object.items = HP_NEW_ARRAY(call->mem, hp_member, room);
    out.object.cap = room;
    for (uint32_t i = 0; i < row->fields.object.count; i++) {
        const hp_member *m = &row->fields.object.items[i];
        const bool unlinked = v.users && hp_str_eq(m->key, HP_STR("authData")) && hp_is(&m->value, HP_OBJECT) &&
                              m->value.object.count == 0; /* what is left when the last provider went */
        if (!unlinked && shown(&v, m->key)) hp_object_append(call->mem, &out, m->key, encode(&v, m));
    }
    if (cls != NULL) add_relations(&v, &out);

    bool has_acl = false;
    const hp_value acl = hp_acl_to_json(call->mem, row, &has_acl);
    if (has_acl && !listed(HP_STR("ACL"), v.hidden, v.hidden_count))
        hp_object_append(call->mem, &out, HP_STR("ACL"), acl);
    return out;
}

/* Unreserved characters stay; a name may hold directories, whose slashes stay too. */
static bool plain_in_url(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' ||
           c == '.' || c == '~' || c == '/';
}

/* 8-4-4-4-12 hex digits and a dash begin the names that the hosted Parse gave. */
static bool begins_with_uuid(hp_str name)
{
    static const char SHAPE[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx-";
    for (size_t i = 0; i < sizeof SHAPE - 1; i++) {
        if (i >= name.len) return false;
        const char c = name.ptr[i];
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (SHAPE[i] == 'x' ? !hex : c != '-') return false;
    }
    return true;
}

hp_str hp_file_url(const hp_call *call, hp_str name)
{
    static const char HEX[] = "0123456789ABCDEF";
    hp_str base = call->settings->public_server_url, app = call->settings->app_id;
    hp_str middle = HP_STR("/files/");
    if (hp_str_present(call->settings->file_key)) {
        const bool tfss = hp_str_starts(name, HP_STR("tfss-"));
        if (tfss || begins_with_uuid(name)) {
            base = tfss ? HP_STR("http://files.parsetfss.com") : HP_STR("http://files.parse.com");
            app = call->settings->file_key;
            middle = HP_STR("/");
        }
    }

    char *url = hp_arena_array(call->mem, base.len + middle.len + app.len + 1 + name.len * 3 + 1, 1);
    size_t len = 0;
    const hp_str head[] = { base, middle, app, HP_STR("/") };
    for (size_t i = 0; i < sizeof head / sizeof *head; i++) {
        if (head[i].len > 0) memcpy(url + len, head[i].ptr, head[i].len);
        len += head[i].len;
    }
    for (size_t i = 0; i < name.len; i++) {
        const unsigned char c = (unsigned char)name.ptr[i];
        if (plain_in_url(name.ptr[i])) {
            url[len++] = name.ptr[i];
        } else {
            url[len++] = '%';
            url[len++] = HEX[c >> 4];
            url[len++] = HEX[c & 15];
        }
    }
    return (hp_str){ url, len };
}

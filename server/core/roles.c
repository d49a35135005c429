#include "core/roles.h"

#include "base/limits.h"
#include "core/core_internal.h"
#include "core/schema.h"

typedef struct walk {
    const hp_call *call;
    const hp_class *roles;
    hp_arena *mem;   /* of the result */
    hp_map *visited; /* role ids; a cycle ends here */
    hp_str *groups;  /* "*", names, and room for the user's id */
    size_t count, cap;
    hp_value *wave; /* ids of the roles that the last round found */
    size_t wave_count;
} walk;

static void add_group(walk *w, hp_str group)
{
    w->groups = hp_arena_room(w->mem, w->groups, sizeof *w->groups, w->count, &w->cap, 8);
    w->groups[w->count++] = group;
}

/* Byte by byte: a name may hold a NUL, and half a name is another role. */
static hp_str role_group(hp_arena *mem, hp_str name)
{
    const hp_str prefix = HP_STR("role:");
    char *text = hp_arena_alloc(mem, prefix.len + name.len + 1);
    memcpy(text, prefix.ptr, prefix.len);
    if (name.len > 0) memcpy(text + prefix.len, name.ptr, name.len);
    return (hp_str){ text, prefix.len + name.len };
}

/* The roles whose relation `field` links to any of `ids`; those not seen before are the next wave. */
static hp_code take_linked(walk *w, const hp_field *field, hp_value *ids, size_t id_count, hp_err *err)
{
    hp_filter *linked = hp_filter_new(w->call->mem, HP_FILTER_RELATES_TO, (hp_path){ .field = field });
    linked->list.items = ids;
    linked->list.count = id_count;
    const hp_field *name = hp_class_field(w->roles, HP_STR("name"));
    const hp_query q = { .cls = w->roles,
                         .filter = linked,
                         .readable_by = { .unrestricted = true },
                         .limit = HP_USER_ROLES_MAX + 1,
                         .project = &name,
                         .project_count = 1 };
    hp_rows rows = { 0 };
    HP_TRY(hp_store_find(w->call->core->parts.store, &q, w->call->mem, &rows, err));

    w->wave = HP_NEW_ARRAY(w->call->mem, hp_value, rows.count);
    w->wave_count = 0;
    for (size_t i = 0; i < rows.count; i++) {
        const hp_str id = hp_object_text(&rows.items[i].fields, HP_STR("objectId"));
        const hp_str role = hp_object_text(&rows.items[i].fields, HP_STR("name"));
        if (hp_map_put(w->visited, id, w) != NULL) continue;
        w->wave[w->wave_count++] = hp_string(id);
        if (hp_str_present(role)) add_group(w, role_group(w->mem, role));
    }
    if (hp_map_count(w->visited) > HP_USER_ROLES_MAX)
        return hp_fail_internal(err, "a user has more than %d roles", HP_USER_ROLES_MAX);
    return HP_OK;
}

hp_code hp_roles_groups(const hp_call *call, hp_str user_id, hp_arena *mem, const hp_str **groups, size_t *count,
                        hp_err *err)
{
    walk w = { .call = call, .mem = mem, .roles = hp_schema_class(call->schema, HP_STR("_Role")) };
    add_group(&w, HP_STR("*"));

    const hp_field *users = w.roles == NULL ? NULL : hp_class_field(w.roles, HP_STR("users"));
    const hp_field *roles = w.roles == NULL ? NULL : hp_class_field(w.roles, HP_STR("roles"));
    if (users != NULL && roles != NULL) {
        hp_value user = hp_string(user_id);
        w.visited = hp_map_new(call->mem);
        HP_TRY(take_linked(&w, users, &user, 1, err));
        while (w.wave_count > 0) HP_TRY(take_linked(&w, roles, w.wave, w.wave_count, err));
    }
    add_group(&w, hp_arena_str(mem, user_id));
    *groups = w.groups;
    *count = w.count;
    return HP_OK;
}

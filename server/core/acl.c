/* core/acl.c — ACLs between JSON and the store's two lists. */
#include "core/serialise.h"

static void set_flag(hp_arena *mem, hp_value *acl, hp_map *seen, hp_str who, hp_str flag)
{
    hp_value *entry = hp_map_get(seen, who);
    if (entry == NULL) {
        hp_object_append(mem, acl, who, hp_object());
        entry = &acl->object.items[acl->object.count - 1].value;
        (void)hp_map_put(seen, who, entry);
    }
    hp_object_append(mem, entry, flag, hp_bool(true));
}

/* Many entries: a map instead of a search per entry. The member list has all its room from the start, so that the
 * pointers in the map stay good. */
static void merge_by_map(hp_arena *mem, const hp_row *row, hp_value *acl)
{
    hp_map *seen = hp_map_new(mem);
    for (size_t i = 0; i < row->reader_count; i++)
        if (hp_map_get(seen, row->readers[i]) == NULL) set_flag(mem, acl, seen, row->readers[i], HP_STR("read"));
    for (size_t i = 0; i < row->writer_count; i++) {
        const hp_value *entry = hp_map_get(seen, row->writers[i]);
        if (hp_object_get(entry, HP_STR("write")) == NULL) set_flag(mem, acl, seen, row->writers[i], HP_STR("write"));
    }
}

static void merge_few(hp_arena *mem, const hp_str *ids, size_t count, hp_str flag, hp_value *acl)
{
    for (size_t i = 0; i < count; i++) {
        hp_value *entry = hp_object_get(acl, ids[i]);
        if (entry == NULL) {
            hp_object_append(mem, acl, ids[i], hp_object());
            entry = &acl->object.items[acl->object.count - 1].value;
        }
        hp_object_set(mem, entry, flag, hp_bool(true));
    }
}

hp_value hp_acl_to_json(hp_arena *mem, const hp_row *row, bool *has)
{
    enum { FEW = 16 };
    hp_value acl = hp_object();
    const size_t room = row->reader_count + row->writer_count;

    *has = row->has_read_acl || row->has_write_acl;
    if (!*has || room == 0) return acl;
    if (room <= FEW) {
        merge_few(mem, row->readers, row->reader_count, HP_STR("read"), &acl);
        merge_few(mem, row->writers, row->writer_count, HP_STR("write"), &acl);
        return acl;
    }
    acl.object.items = HP_NEW_ARRAY(mem, hp_member, room);
    acl.object.cap = (uint32_t)room;
    merge_by_map(mem, row, &acl);
    return acl;
}

hp_code hp_acl_from_json(const hp_value *acl, hp_arena *mem, hp_unit_op *op, hp_err *err)
{
    if (hp_object_get(acl, HP_STR("*unresolved")) != NULL) return hp_fail(err, HP_E_INVALID_ACL, "Invalid ACL.");

    const size_t room = hp_is(acl, HP_OBJECT) ? acl->object.count : 0; /* anything else locks the object */
    hp_str *readers = HP_NEW_ARRAY(mem, hp_str, room), *writers = HP_NEW_ARRAY(mem, hp_str, room);
    size_t reader_count = 0, writer_count = 0;
    for (size_t i = 0; i < room; i++) {
        const hp_member *m = &acl->object.items[i];
        if (hp_truthy(hp_object_get(&m->value, HP_STR("read")))) readers[reader_count++] = m->key;
        if (hp_truthy(hp_object_get(&m->value, HP_STR("write")))) writers[writer_count++] = m->key;
    }
    op->set_acl = op->has_read_acl = op->has_write_acl = true;
    op->readers = readers;
    op->reader_count = reader_count;
    op->writers = writers;
    op->writer_count = writer_count;
    return HP_OK;
}

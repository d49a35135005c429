#include "core/schema_source.h"

#include "query/class.h"
#include "value/json.h"
#include "value/json_locate.h"

/* Old exports know no `count` permission; whoever may find may count. */
static void fill_missing_count(hp_arena *mem, hp_value *def)
{
    hp_value *clp = hp_object_get(def, HP_STR("classLevelPermissions"));
    hp_value *find = hp_object_get(clp, HP_STR("find"));
    if (find != NULL && hp_object_get(clp, HP_STR("count")) == NULL) hp_object_set(mem, clp, HP_STR("count"), *find);
}

/* True if every field that the index is on is one of the class; names with an underscore are the database's own. */
static bool index_has_fields(const hp_value *fields, const hp_value *index)
{
    for (uint32_t i = 0; hp_is(index, HP_OBJECT) && i < index->object.count; i++) {
        const hp_member *m = &index->object.items[i];
        hp_str name = m->key;
        if (hp_str_starts(name, HP_STR("_p_"))) name = hp_str_sub(name, 3, SIZE_MAX);
        if (m->value.tag == HP_BOOL || m->value.tag == HP_OBJECT || hp_str_starts(name, HP_STR("_"))) continue;
        if (hp_object_get(fields, name) == NULL) return false;
    }
    return true;
}

/* A server that dropped a field goes on showing its indexes. There is nothing left for them to be on. */
static void forget_indexes_of_nothing(hp_arena *mem, hp_value *def)
{
    const hp_value *indexes = hp_object_get(def, HP_STR("indexes")), *fields = hp_object_get(def, HP_STR("fields"));
    hp_value left = hp_object();
    if (!hp_is(indexes, HP_OBJECT) || !hp_is(fields, HP_OBJECT)) return;
    for (uint32_t i = 0; i < indexes->object.count; i++) {
        const hp_member *m = &indexes->object.items[i];
        if (index_has_fields(fields, &m->value)) hp_object_append(mem, &left, m->key, m->value);
    }
    hp_object_set(mem, def, HP_STR("indexes"), left);
}

/* Defined schemas are closed: operations that a definition does not list are master-only, and clients never add fields */
static void close_permissions(hp_arena *mem, hp_value *def)
{
    static const hp_str OPERATIONS[] = { HP_STR_INIT("find"),   HP_STR_INIT("get"),    HP_STR_INIT("count"),
                                         HP_STR_INIT("create"), HP_STR_INIT("update"), HP_STR_INIT("delete") };
    const hp_value *given = hp_object_get(def, HP_STR("classLevelPermissions"));
    hp_value clp = hp_is(given, HP_OBJECT) ? hp_object_clone(mem, given) : hp_object();
    for (size_t i = 0; i < sizeof OPERATIONS / sizeof *OPERATIONS; i++)
        if (hp_object_get(&clp, OPERATIONS[i]) == NULL) hp_object_set(mem, &clp, OPERATIONS[i], hp_object());
    hp_object_set(mem, &clp, HP_STR("addField"), hp_object());
    hp_object_set(mem, def, HP_STR("classLevelPermissions"), clp);
}

static hp_code check_classes(hp_schema_source *src, hp_err *err, hp_arena *mem)
{
    for (uint32_t i = 0; i < src->classes.array.count; i++) {
        const hp_value *def = &src->classes.array.items[i];
        if (hp_str_present(hp_object_text(def, HP_STR("className")))) continue;
        hp_str where = hp_schema_source_where(src, hp_arena_printf(mem, "%u.className", i), mem);
        return hp_fail(err, HP_E_INVALID_JSON,
                       "line %" HP_STR_FMT ": expected a class object with \"className\" (a string).",
                       HP_STR_ARG(where));
    }
    return HP_OK;
}

hp_code hp_schema_source_read(hp_str text, hp_arena *mem, hp_schema_source *out, hp_err *err)
{
    hp_value root;
    bool definitions = false, answer = false;
    text = hp_str_without_mark(text);
    *out = (hp_schema_source){ .text = text, .prefix = HP_STR("") };
    HP_TRY(hp_json_read(text, HP_JSON_PARSE, mem, &root, err));

    const hp_value *list = NULL;
    const hp_value *schema = hp_object_get(&root, HP_STR("schema"));
    if (root.tag == HP_ARRAY) {
        list = &root;
    } else if ((list = hp_object_get(&root, HP_STR("classes"))) != NULL) {
        out->prefix = HP_STR("classes");
    } else if ((list = hp_object_get(&root, HP_STR("results"))) != NULL) {
        out->prefix = HP_STR("results");
        answer = true;
    } else if ((list = hp_object_get(&root, HP_STR("definitions"))) != NULL) {
        out->prefix = HP_STR("definitions");
        definitions = true;
    } else if ((list = hp_object_get(schema, HP_STR("definitions"))) != NULL) {
        out->prefix = HP_STR("schema.definitions");
        definitions = true;
    } else if (hp_object_get(&root, HP_STR("className")) != NULL) {
        hp_value *one = hp_value_new(mem, hp_array());
        hp_array_push(mem, one, root);
        list = one;
        out->single = true;
    }
    if (!hp_is(list, HP_ARRAY))
        return hp_fail(
            err, HP_E_INVALID_JSON,
            "line %zu: expected {\"classes\":[…]}, {\"results\":[…]}, {\"definitions\":[…]}, an array of classes, "
            "or one class with \"className\".",
            hp_json_line(text, out->prefix));
    out->classes = hp_value_copy(mem, list);
    HP_TRY(check_classes(out, err, mem));
    for (uint32_t i = 0; i < out->classes.array.count; i++) {
        fill_missing_count(mem, &out->classes.array.items[i]);
        if (definitions) close_permissions(mem, &out->classes.array.items[i]);
        if (answer) forget_indexes_of_nothing(mem, &out->classes.array.items[i]);
    }
    return HP_OK;
}

static hp_value *find_definition(hp_value *classes, hp_str class_name)
{
    for (uint32_t i = 0; i < classes->array.count; i++) {
        hp_value *def = &classes->array.items[i];
        if (hp_str_eq(hp_class_canonical_name(hp_object_text(def, HP_STR("className"))),
                      hp_class_canonical_name(class_name)))
            return def;
    }
    return NULL;
}

void hp_schema_source_merge(hp_arena *mem, hp_value *classes, const hp_value *over)
{
    static const hp_str WHOLE[] = { HP_STR_INIT("classLevelPermissions"), HP_STR_INIT("indexes") };
    for (uint32_t i = 0; i < over->array.count; i++) {
        const hp_value *from = &over->array.items[i];
        hp_value *into = find_definition(classes, hp_object_text(from, HP_STR("className")));
        if (into == NULL) {
            hp_array_push(mem, classes, hp_value_copy(mem, from));
            continue;
        }
        const hp_value *fields = hp_object_get(from, HP_STR("fields"));
        hp_value *known = hp_object_get(into, HP_STR("fields"));
        for (uint32_t f = 0; hp_is(fields, HP_OBJECT) && hp_is(known, HP_OBJECT) && f < fields->object.count; f++)
            hp_object_set(mem, known, fields->object.items[f].key, fields->object.items[f].value);
        for (size_t w = 0; w < sizeof WHOLE / sizeof *WHOLE; w++) {
            const hp_value *whole = hp_object_get(from, WHOLE[w]);
            if (whole != NULL) hp_object_set(mem, into, WHOLE[w], *whole);
        }
    }
}

hp_str hp_schema_source_where(const hp_schema_source *src, hp_str where, hp_arena *mem)
{
    hp_str rest = where, index = HP_STR(""), path;
    (void)hp_str_split(&rest, '.', &index);
    if (src->single)
        path = rest;
    else
        path = hp_arena_printf(mem, "%" HP_STR_FMT "%s%" HP_STR_FMT, HP_STR_ARG(src->prefix),
                               src->prefix.len > 0 ? "." : "", HP_STR_ARG(where));
    size_t line = hp_json_line(src->text, path);
    if (src->single) return hp_arena_printf(mem, "%zu: %" HP_STR_FMT, line, HP_STR_ARG(path));
    return hp_arena_printf(mem, "%zu: %" HP_STR_FMT "[%" HP_STR_FMT "]%s%" HP_STR_FMT, line, HP_STR_ARG(src->prefix),
                           HP_STR_ARG(index), rest.len > 0 ? "." : "", HP_STR_ARG(rest));
}

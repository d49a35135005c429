/* core/schema_doc.c — a schema for people: ER diagram (Mermaid) and data dictionary (Markdown). */
#include "core/schema_source.h"
#include "query/class.h"

/* "_User" reads "User" in documents, as in the templates. */
static hp_str shown_name(hp_str class_name)
{
    class_name = hp_class_canonical_name(class_name);
    return hp_str_starts(class_name, HP_STR("_")) ? hp_str_sub(class_name, 1, SIZE_MAX) : class_name;
}

/* What every class has, listed in its definition or not. */
static const struct {
    hp_str name, type;
} IN_EVERY_CLASS[] = {
    { HP_STR_INIT("objectId"), HP_STR_INIT("String") },
    { HP_STR_INIT("createdAt"), HP_STR_INIT("Date") },
    { HP_STR_INIT("updatedAt"), HP_STR_INIT("Date") },
    { HP_STR_INIT("ACL"), HP_STR_INIT("ACL") }, /* not shown: it says nothing of the class */
};

static bool in_every_class(hp_str name)
{
    for (size_t i = 0; i < sizeof IN_EVERY_CLASS / sizeof *IN_EVERY_CLASS; i++)
        if (hp_str_eq(IN_EVERY_CLASS[i].name, name)) return true;
    return false;
}

typedef void (*field_visitor)(hp_buf *out, hp_str name, hp_str type, const hp_value *field);

/* The id, then the class's own fields, then the times. */
static void each_field(hp_buf *out, const hp_value *def, field_visitor visit)
{
    const hp_value *fields = hp_object_get(def, HP_STR("fields"));
    visit(out, IN_EVERY_CLASS[0].name, IN_EVERY_CLASS[0].type, NULL);
    for (uint32_t i = 0; hp_is(fields, HP_OBJECT) && i < fields->object.count; i++) {
        const hp_member *m = &fields->object.items[i];
        if (!in_every_class(m->key)) visit(out, m->key, hp_object_text(&m->value, HP_STR("type")), &m->value);
    }
    for (size_t i = 1; i <= 2; i++) visit(out, IN_EVERY_CLASS[i].name, IN_EVERY_CLASS[i].type, NULL);
}

static bool is_type(const hp_value *field, hp_str type)
{
    return hp_str_eq(hp_object_text(field, HP_STR("type")), type);
}

static void write_relations(hp_buf *out, const hp_value *def)
{
    const hp_value *fields = hp_object_get(def, HP_STR("fields"));
    hp_str name = shown_name(hp_object_text(def, HP_STR("className")));
    for (uint32_t i = 0; hp_is(fields, HP_OBJECT) && i < fields->object.count; i++) {
        const hp_member *m = &fields->object.items[i];
        hp_str target = shown_name(hp_object_text(&m->value, HP_STR("targetClass")));
        const char *line = is_type(&m->value, HP_STR("Pointer"))    ? "||--o{"
                           : is_type(&m->value, HP_STR("Relation")) ? "}o--o{"
                                                                    : NULL;
        if (line != NULL)
            hp_buf_printf(out, "    %" HP_STR_FMT " %s %" HP_STR_FMT " : \"%" HP_STR_FMT "\"\n", HP_STR_ARG(target),
                          line, HP_STR_ARG(name), HP_STR_ARG(m->key));
    }
}

static void diagram_field(hp_buf *out, hp_str name, hp_str type, const hp_value *field)
{
    const char *key = hp_str_eq(name, HP_STR("objectId")) ? " PK" : is_type(field, HP_STR("Pointer")) ? " FK" : "";
    hp_buf_printf(out, "        %" HP_STR_FMT " %" HP_STR_FMT "%s\n", HP_STR_ARG(type), HP_STR_ARG(name), key);
}

void hp_schema_write_diagram(hp_buf *out, const hp_value *classes)
{
    hp_buf_add_lit(out, "erDiagram\n");
    for (uint32_t i = 0; i < classes->array.count; i++) write_relations(out, &classes->array.items[i]);
    for (uint32_t i = 0; i < classes->array.count; i++) {
        hp_str name = shown_name(hp_object_text(&classes->array.items[i], HP_STR("className")));
        hp_buf_printf(out, "\n    %" HP_STR_FMT " {\n", HP_STR_ARG(name));
        each_field(out, &classes->array.items[i], diagram_field);
        hp_buf_add_lit(out, "    }\n");
    }
}

/* What the built-in columns are for. */
static const struct {
    hp_str name;
    hp_str text;
} BUILT_IN[] = {
    { HP_STR_INIT("objectId"), HP_STR_INIT("Auto-generated unique identifier") },
    { HP_STR_INIT("createdAt"), HP_STR_INIT("Auto-generated creation timestamp") },
    { HP_STR_INIT("updatedAt"), HP_STR_INIT("Auto-generated last-update timestamp") },
    { HP_STR_INIT("username"), HP_STR_INIT("User login name") },
    { HP_STR_INIT("email"), HP_STR_INIT("User e-mail address") },
    { HP_STR_INIT("emailVerified"), HP_STR_INIT("Whether the e-mail address was confirmed") },
    { HP_STR_INIT("password"), HP_STR_INIT("Hashed password (write-only)") },
    { HP_STR_INIT("authData"), HP_STR_INIT("Third-party logins") },
};

static void dictionary_field(hp_buf *out, hp_str name, hp_str type, const hp_value *field)
{
    hp_str target = hp_object_text(field, HP_STR("targetClass"));

    hp_buf_printf(out, "| %" HP_STR_FMT " | %" HP_STR_FMT, HP_STR_ARG(name), HP_STR_ARG(type));
    if (hp_str_present(target)) {
        target = shown_name(target);
        hp_buf_printf(out, " → %" HP_STR_FMT, HP_STR_ARG(target));
    }
    hp_buf_add_lit(out, " | ");
    for (size_t i = 0; i < sizeof BUILT_IN / sizeof *BUILT_IN; i++)
        if (hp_str_eq(BUILT_IN[i].name, name)) hp_buf_add(out, BUILT_IN[i].text);
    hp_buf_printf(out, " | %s |\n",
                  in_every_class(name)                                   ? "Auto"
                  : hp_is_true(hp_object_get(field, HP_STR("required"))) ? "Yes"
                                                                         : "");
}

void hp_schema_write_dictionary(hp_buf *out, const hp_value *classes)
{
    hp_buf_add_lit(out, "# Data dictionary\n");
    for (uint32_t i = 0; i < classes->array.count; i++) {
        hp_str name = shown_name(hp_object_text(&classes->array.items[i], HP_STR("className")));
        hp_buf_printf(out,
                      "\n## %" HP_STR_FMT "\n\n| Field | Type | Description | Required |\n| --- | --- | --- | --- |\n",
                      HP_STR_ARG(name));
        each_field(out, &classes->array.items[i], dictionary_field);
    }
}

#include "query/class.h"

#include "base/error.h"
#include "base/limits.h"

/* Classes that Parse itself knows; everybody else's names start with a letter. */
static const hp_str SYSTEM_CLASSES[] = {
    HP_STR_INIT("_User"),          HP_STR_INIT("_Installation"), HP_STR_INIT("_Role"),
    HP_STR_INIT("_Session"),       HP_STR_INIT("_Product"),      HP_STR_INIT("_PushStatus"),
    HP_STR_INIT("_JobStatus"),     HP_STR_INIT("_JobSchedule"),  HP_STR_INIT("_Audience"),
    HP_STR_INIT("_Idempotency"),   HP_STR_INIT("_Hooks"),        HP_STR_INIT("_GlobalConfig"),
    HP_STR_INIT("_GraphQLConfig"),
};

static const char *const TYPE_NAMES[] = {
    [HP_T_STRING] = "String", [HP_T_NUMBER] = "Number",      [HP_T_BOOLEAN] = "Boolean",   [HP_T_DATE] = "Date",
    [HP_T_OBJECT] = "Object", [HP_T_ARRAY] = "Array",        [HP_T_GEOPOINT] = "GeoPoint", [HP_T_FILE] = "File",
    [HP_T_BYTES] = "Bytes",   [HP_T_POLYGON] = "Polygon",    [HP_T_POINTER] = "Pointer",   [HP_T_RELATION] = "Relation",
    [HP_T_ACL] = "ACL",       [HP_T_DECIMAL] = "Decimal128",
};
enum { TYPE_COUNT = sizeof TYPE_NAMES / sizeof *TYPE_NAMES };
_Static_assert((int)TYPE_COUNT == (int)HP_T_DECIMAL + 1, "one name per type");

hp_str hp_class_canonical_name(hp_str name) { return hp_str_eq(name, HP_STR("User")) ? HP_STR("_User") : name; }

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool is_identifier(hp_str s)
{
    if (s.len == 0 || s.len > HP_NAME_BYTES_MAX || !is_letter(s.ptr[0])) return false;
    for (size_t i = 1; i < s.len; i++)
        if (!is_letter(s.ptr[i]) && !(s.ptr[i] >= '0' && s.ptr[i] <= '9') && s.ptr[i] != '_') return false;
    return true;
}

bool hp_class_is_system(hp_str name)
{
    for (size_t i = 0; i < sizeof SYSTEM_CLASSES / sizeof *SYSTEM_CLASSES; i++)
        if (hp_str_eq(name, SYSTEM_CLASSES[i])) return true;
    return false;
}

bool hp_class_name_valid(hp_str name) { return is_identifier(name) || hp_class_is_system(name); }

bool hp_field_name_valid(hp_str name)
{
    return is_identifier(name) && !hp_str_eq(name, HP_STR("length")) && !hp_str_eq(name, HP_STR("className"));
}

const hp_field *hp_class_field(const hp_class *c, hp_str name) { return hp_map_get(c->by_name, name); }

const char *hp_type_name(hp_type type)
{
    HP_ASSERT((unsigned)type < TYPE_COUNT);
    return TYPE_NAMES[type];
}

bool hp_type_parse(hp_str name, hp_type *out)
{
    for (unsigned i = 0; i < TYPE_COUNT; i++) {
        if (!hp_str_eq(name, hp_str_of(TYPE_NAMES[i]))) continue;
        *out = (hp_type)i;
        return true;
    }
    return false;
}

hp_str hp_type_print(hp_arena *mem, hp_type type, hp_str target_class)
{
    if (type != HP_T_POINTER && type != HP_T_RELATION) return hp_str_of(hp_type_name(type));
    return hp_arena_printf(mem, "%s<%" HP_STR_FMT ">", hp_type_name(type), HP_STR_ARG(target_class));
}

bool hp_type_of_value(const hp_value *v, hp_type *type, hp_str *target_class)
{
    static const struct {
        hp_tag tag;
        hp_type type;
    } types[] = {
        { HP_BOOL, HP_T_BOOLEAN },      { HP_NUMBER, HP_T_NUMBER },   { HP_STRING, HP_T_STRING },
        { HP_ARRAY, HP_T_ARRAY },       { HP_OBJECT, HP_T_OBJECT },   { HP_DATE, HP_T_DATE },
        { HP_POINTER, HP_T_POINTER },   { HP_FILE, HP_T_FILE },       { HP_BYTES, HP_T_BYTES },
        { HP_GEOPOINT, HP_T_GEOPOINT }, { HP_POLYGON, HP_T_POLYGON }, { HP_RELATION, HP_T_RELATION },
        { HP_DECIMAL, HP_T_DECIMAL },
    };

    *target_class = HP_STR_NONE;
    if (hp_is_null(v)) return false;
    if (v->tag == HP_OBJECT && hp_truthy(hp_object_get(v, HP_STR("__type")))) return false;
    if (v->tag == HP_POINTER) *target_class = v->pointer.class_name;
    if (v->tag == HP_RELATION) *target_class = v->relation;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].tag != v->tag) continue;
        *type = types[i].type;
        return true;
    }
    return false;
}

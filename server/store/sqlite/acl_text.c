#include "store/sqlite/acl_text.h"

#include "value/json.h"

hp_str hp_acl_text_literal(hp_arena *mem, hp_str name)
{
    hp_value v = hp_string(name);
    return hp_json_text(mem, &v);
}

hp_str hp_acl_text_write(hp_arena *mem, const hp_str *names, size_t count)
{
    hp_value list = hp_array();
    for (size_t i = 0; i < count; i++) hp_array_push(mem, &list, hp_string(names[i]));
    return hp_json_text(mem, &list);
}

bool hp_acl_text_next(hp_str *rest, hp_str *literal)
{
    const char *text = rest->ptr;
    size_t at = 1; /* past '[' or ',' */

    if (rest->len < 3 || (text[0] != '[' && text[0] != ',') || text[at++] != '"') return false;
    while (at < rest->len && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
    if (at >= rest->len) return false;
    *literal = (hp_str){ text + 1, at };
    *rest = hp_str_sub(*rest, at + 1, SIZE_MAX);
    return true;
}

static bool literal_read(hp_arena *mem, hp_str literal, hp_str *name)
{
    hp_value v;
    hp_err ignored;
    if (hp_str_find_char(literal, '\\', 0) == SIZE_MAX) {
        *name = hp_arena_str(mem, hp_str_sub(literal, 1, literal.len - 2));
        return true;
    }
    if (hp_json_read(literal, HP_JSON_PLAIN, mem, &v, &ignored) != HP_OK || v.tag != HP_STRING) return false;
    *name = v.string;
    return true;
}

bool hp_acl_text_read(hp_arena *mem, hp_str text, hp_str **names, size_t *count)
{
    hp_str rest = text, literal;
    size_t n = 0;

    while (hp_acl_text_next(&rest, &literal)) n++;
    if (!(n == 0 ? hp_str_eq(text, HP_STR("[]")) : hp_str_eq(rest, HP_STR("]")))) return false;
    *names = HP_NEW_ARRAY(mem, hp_str, n);
    *count = n;
    rest = text;
    for (size_t i = 0; i < n && hp_acl_text_next(&rest, &literal); i++)
        if (!literal_read(mem, literal, &(*names)[i])) return false;
    return true;
}

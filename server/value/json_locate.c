#include "value/json_locate.h"

typedef struct scanner {
    hp_str text;
    size_t pos;
} scanner;

static char peek(const scanner *s) { return s->pos < s->text.len ? s->text.ptr[s->pos] : '\0'; }

static void skip_blank(scanner *s)
{
    while (s->pos < s->text.len && (peek(s) == ' ' || peek(s) == '\n' || peek(s) == '\r' || peek(s) == '\t')) s->pos++;
}

/* Past a string literal; its raw text without the quotes. */
static hp_str skip_string(scanner *s)
{
    size_t from = ++s->pos;
    while (s->pos < s->text.len && peek(s) != '"') s->pos += peek(s) == '\\' ? 2 : 1;
    hp_str raw = hp_str_sub(s->text, from, s->pos - from);
    s->pos++;
    return raw;
}

/* Past one value of any kind: brackets are counted, so nesting needs no recursion. */
static void skip_value(scanner *s)
{
    int depth = 0;
    do {
        skip_blank(s);
        char c = peek(s);
        if (c == '"') {
            (void)skip_string(s);
            continue;
        }
        if (c == '{' || c == '[') depth++;
        if (c == '}' || c == ']') depth--;
        s->pos++;
        if (depth == 0 && c != '}' && c != ']') /* a number or a word: up to what ends it */
            while (s->pos < s->text.len && hp_str_find_char(HP_STR(",]} \t\r\n"), peek(s), 0) == SIZE_MAX) s->pos++;
    } while (depth > 0 && s->pos < s->text.len);
}

/* Moves from the start of a container to the start of the item `part`; false (and no move) if it is not there. */
static bool enter(scanner *s, hp_str part)
{
    scanner at = *s;
    bool object = peek(&at) == '{';
    int64_t index = -1;
    if (!object && (peek(&at) != '[' || !hp_str_to_int64(part, 0, INT32_MAX, &index))) return false;
    at.pos++;
    for (int64_t i = 0;; i++) {
        skip_blank(&at);
        if (at.pos >= at.text.len || peek(&at) == '}' || peek(&at) == ']') return false;
        bool found = object ? hp_str_eq(skip_string(&at), part) : i == index;
        if (object) {
            skip_blank(&at);
            at.pos++; /* ':' */
            skip_blank(&at);
        }
        if (found) {
            *s = at;
            return true;
        }
        skip_value(&at);
        skip_blank(&at);
        if (peek(&at) == ',') at.pos++;
    }
}

size_t hp_json_line(hp_str text, hp_str path)
{
    scanner s = { text, 0 };
    hp_str part;
    skip_blank(&s);
    while (hp_str_split(&path, '.', &part))
        if (!enter(&s, part)) break;
    size_t line = 1;
    for (size_t i = 0; i < s.pos && i < text.len; i++) line += text.ptr[i] == '\n';
    return line;
}

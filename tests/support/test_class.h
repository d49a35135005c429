/* test_class.h — a class and values from JSON text, for tests that need no store and no schema cache. */
#ifndef HP_TEST_CLASS_H
#define HP_TEST_CLASS_H

#include <stdio.h>
#include <stdlib.h>

#include "query/class.h"
#include "value/json.h"

/* The value of a JSON text; stops the test program if it is none. */
static inline hp_value *test_json(hp_arena *mem, const char *text)
{
    hp_value *v = HP_NEW(mem, hp_value);
    hp_err err = { 0 };
    if (hp_json_read(hp_str_of(text), HP_JSON_PARSE, mem, v, &err) != HP_OK) {
        fprintf(stderr, "bad JSON in a test: %s\n%s\n", err.msg, text);
        abort();
    }
    return v;
}

/* {"className": …, "fields": {"f": {"type": …, "targetClass": …}}}. Fields that begin with `_` are internal. */
static inline hp_class *test_class(hp_arena *mem, const char *text)
{
    const hp_value *doc = test_json(mem, text), *fields = hp_object_get(doc, HP_STR("fields"));
    hp_class *c = HP_NEW(mem, hp_class);

    c->name = hp_object_text(doc, HP_STR("className"));
    c->fields = HP_NEW_ARRAY(mem, hp_field *, fields->object.count);
    c->by_name = hp_map_new(mem);
    for (uint32_t i = 0; i < fields->object.count; i++) {
        const hp_member *m = &fields->object.items[i];
        hp_field *f = HP_NEW(mem, hp_field);
        f->name = m->key;
        f->internal = hp_str_starts(m->key, HP_STR("_"));
        f->target_class = hp_object_text(&m->value, HP_STR("targetClass"));
        if (!hp_type_parse(hp_object_text(&m->value, HP_STR("type")), &f->type)) abort();
        c->fields[c->field_count++] = f;
        (void)hp_map_put(c->by_name, f->name, f);
    }
    return c;
}

#endif

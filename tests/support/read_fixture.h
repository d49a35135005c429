/* tests/support/read_fixture.h — asking the engine of core_fixture.h and getting text back: what a test compares is what a
 * client would read. A refusal reads as "<code> <message>". */
#ifndef HP_TESTS_READ_FIXTURE_H
#define HP_TESTS_READ_FIXTURE_H

#include "core_fixture.h"

#define AS_NOBODY false, NULL
#define AS_MASTER true, NULL
#define AS(token) false, (token)

static inline const char *fixture_error(core_fixture *f, const hp_err *err)
{
    hp_str text = hp_arena_printf(f->mem, "%d %s", (int)err->code, err->msg);
    return text.ptr;
}

/* The value under a dotted path of names and indexes ("0.owner.name"), as JSON; "absent" if there is none. */
static inline const char *fixture_at(core_fixture *f, const hp_value *v, const char *path)
{
    hp_str rest = hp_str_of(path), part;
    while (v != NULL && hp_str_split(&rest, '.', &part)) {
        int64_t index = 0;
        if (hp_is(v, HP_ARRAY))
            v = hp_str_to_int64(part, 0, (int64_t)v->array.count - 1, &index) ? &v->array.items[index] : NULL;
        else
            v = hp_object_get(v, part);
    }
    return v == NULL ? "absent" : fixture_text(f, v);
}

typedef struct fixture_found {
    hp_code code;
    const char *error; /* "" when it worked */
    hp_value value;    /* find: the results; get: the object */
    int64_t count;
} fixture_found;

static inline fixture_found fixture_find(core_fixture *f, bool master, const char *token, const char *class_name,
                                         const char *params)
{
    fixture_found r = { .value = hp_null(), .error = "" };
    hp_err err = { 0 };
    hp_value raw = fixture_json(f, params);
    hp_call call = fixture_call(f, master, token);
    r.code = hp_objects_find(&call, hp_str_of(class_name), &raw, &r.value, &r.count, &err);
    hp_call_close(&call);
    if (r.code != HP_OK) r.error = fixture_error(f, &err);
    return r;
}

static inline fixture_found fixture_fetch(core_fixture *f, bool master, const char *token, const char *class_name,
                                          const char *id, const char *params)
{
    fixture_found r = { .value = hp_null(), .error = "", .count = -1 };
    hp_err err = { 0 };
    hp_value raw = fixture_json(f, params);
    hp_call call = fixture_call(f, master, token);
    r.code = hp_objects_get(&call, hp_str_of(class_name), hp_str_of(id), &raw, &r.value, &err);
    hp_call_close(&call);
    if (r.code != HP_OK) r.error = fixture_error(f, &err);
    return r;
}

/* The `name` of every result in order, joined with commas; the error if it failed. */
static inline const char *fixture_names(core_fixture *f, bool master, const char *token, const char *class_name,
                                        const char *params)
{
    fixture_found r = fixture_find(f, master, token, class_name, params);
    if (r.code != HP_OK) return r.error;
    hp_str all = HP_STR("");
    for (uint32_t i = 0; i < r.value.array.count; i++) {
        hp_str name = hp_object_text(&r.value.array.items[i], HP_STR("name"));
        all = hp_arena_printf(f->mem, "%s%s%.*s", all.ptr, i > 0 ? "," : "", (int)name.len,
                              name.ptr == NULL ? "" : name.ptr);
    }
    return all.ptr;
}

/* Creates as master; the id, in f->mem. */
static inline const char *fixture_make(core_fixture *f, const char *class_name, const char *json)
{
    fixture_reply r = fixture_ok(fixture_save(f, true, NULL, class_name, NULL, json));
    return hp_arena_cstr(f->mem, hp_str_of(r.id));
}

/* The same with a format: quotes are easier to read as ' and become ". */
__attribute__((format(printf, 2, 3))) static inline const char *fixture_fmt(core_fixture *f, const char *fmt, ...)
{
    char text[2000];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    assert_true(len >= 0 && (size_t)len < sizeof text);
    for (int i = 0; i < len; i++)
        if (text[i] == '\'') text[i] = '"';
    return hp_arena_cstr(f->mem, hp_str_of(text));
}

#define POINTER_FMT "{'__type':'Pointer','className':'%s','objectId':'%s'}"

/* Sets the class's permissions, as the schema API does. */
static inline void fixture_permissions(core_fixture *f, const char *class_name, const char *clp)
{
    hp_err err = { 0 };
    hp_value out, body = hp_object();
    hp_object_append(f->mem, &body, HP_STR("classLevelPermissions"), fixture_json(f, clp));
    hp_call call = fixture_call(f, true, NULL);
    if (hp_schema_update(&call, hp_str_of(class_name), &body, &out, &err) != HP_OK) fail_msg("%s: %s", clp, err.msg);
    hp_call_close(&call);
}

/* A handler of a C plug-in, registered as one would be. */
static inline void fixture_trigger(core_fixture *f, hp_trigger trigger, const char *class_name, hpc_handler handler,
                                   void *data)
{
    hp_err err = { 0 };
    hp_hook hook = { .handler = handler, .data = data, .plugin = "test" };
    if (hp_hooks_add_trigger(f->hooks, trigger, hp_str_of(class_name), hook, &err) != HP_OK)
        fail_msg("trigger: %s", err.msg);
}

#endif

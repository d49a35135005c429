/* Plug-ins as the server meets them: compiled from C here, loaded, run against a scripted engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "hooks/hooks.h"
#include "hooks/plugin.h"
#include "value/json.h"

static char folder[] = "/tmp/homeport-hooks-XXXXXX";

/* Compiles `source` as a plug-in; returns its path. */
static const char *compile(const char *name, const char *source)
{
    static char so[200];
    char c[200], command[1000];
    (void)snprintf(c, sizeof c, "%s/%s.c", folder, name);
    (void)snprintf(so, sizeof so, "%s/%s.so", folder, name);
    FILE *file = fopen(c, "w");
    assert_non_null(file);
    assert_true(fputs(source, file) >= 0);
    assert_int_equal(fclose(file), 0);
    (void)snprintf(command, sizeof command,
                   "cc -std=c11 -Wall -Wextra -Werror -shared -fPIC -fvisibility=hidden -I%s %s -o %s",
                   HP_CLOUD_INCLUDE, c, so);
    assert_int_equal(system(command), 0);
    return so;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int remove_folder(void **state)
{
    char command[200];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static const char GOOD[] =
    "#include <homeport/cloud.h>\n"
    "static int save(hpc_request *rq, void *d) { (void)d;\n"
    "  const char *t = hpc_text(hpc_get(hpc_object(rq), \"text\"));\n"
    "  if (t == NULL) return hpc_throw(rq, 142, \"%s needs a text\", hpc_class_name(rq));\n"
    "  hpc_set(rq, hpc_object(rq), \"seen\", hpc_make_bool(rq, hpc_sent(rq, \"text\") != NULL));\n"
    "  hpc_require_at_least(rq, \"Wallet\", \"w1\", \"amount\", 5, 142, \"too poor\");\n"
    "  hpc_require_at_most(rq, \"Wallet\", \"w1\", \"amount\", 50, 1, \"too rich\");\n"
    "  return hpc_atomic_increment(rq, \"Wallet\", \"w1\", \"amount\", -5, 2); }\n"
    "static int hello(hpc_request *rq, void *d) { (void)d; hpc_value *v;\n"
    "  int rc = hpc_find(rq, HPC_AS_MASTER, \"Thing\", NULL, &v); if (rc != HPC_OK) return rc;\n"
    "  hpc_return(rq, hpc_make_number(rq, (double)hpc_count(v))); return HPC_OK; }\n"
    "static int cut(hpc_request *rq, void *d) { (void)d; hpc_value *o = hpc_make_object(rq);\n"
    "  hpc_set(rq, o, \"k\\xc3\", hpc_make_text(rq, \"caf\\xc3\")); hpc_return(rq, o); return HPC_OK; }\n"
    "static int times(hpc_request *rq, void *d) { (void)d; hpc_value *a = hpc_make_array(rq);\n"
    "  const int64_t ms[] = { 8640000000000000, -8640000000000000, 8640000000000001, -8640000000000001, INT64_MAX,\n"
    "                         INT64_MIN };\n"
    "  for (int i = 0; i < 6; i++) hpc_push(rq, a, hpc_make_date(rq, ms[i]));\n"
    "  hpc_push(rq, a, hpc_make_text(rq, hpc_text(hpc_get(hpc_params(rq), \"absent\"))));\n"
    "  hpc_push(rq, a, hpc_make_pointer(rq, \"T\", hpc_pointer_id(hpc_params(rq))));\n"
    "  hpc_log(rq, (hpc_level)-1, \"below\"); hpc_log(rq, (hpc_level)77, \"above\");\n"
    "  hpc_return(rq, a); return HPC_OK; }\n"
    "static int silent(hpc_request *rq, void *d) { (void)rq; (void)d; return 7; }\n"
    "static int setup(hpc_registry *r) { hpc_on(r, HPC_BEFORE_SAVE, \"User\", save, 0); hpc_define(r, \"hello\", "
    "hello, 0);\n"
    "  hpc_define(r, \"cut\", cut, 0); hpc_define(r, \"times\", times, 0);\n"
    "  return hpc_define(r, \"silent\", silent, 0); }\n"
    "HPC_PLUGIN(\"good\", setup)\n";

static hp_code find_two(void *call, bool as_master, hp_str class_name, const hp_value *params, hp_value *out,
                        hp_err *err)
{
    (void)params;
    if (call == NULL) return hp_fail(err, HP_E_OPERATION_FORBIDDEN, "not today");
    assert_true(as_master);
    assert_true(hp_str_eq(class_name, HP_STR("Thing")));
    *out = hp_array();
    hp_array_push(call, out, hp_null());
    hp_array_push(call, out, hp_null());
    return HP_OK;
}

static const hp_hook_engine ENGINE = { .find = find_two };

static hp_hooks *load_good(void)
{
    hp_err err;
    hp_hooks *h = hp_hooks_new();
    hp_hooks_set_engine(h, &ENGINE);
    if (hp_plugin_load(h, compile("good", GOOD), &err) != HP_OK) fail_msg("%s", err.msg);
    return h;
}

static void a_trigger_reads_changes_and_joins_the_unit(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_hooks *h = load_good();
    hp_value object = hp_object(), sent;
    hp_err err = { 0 };
    (void)state;
    hp_object_append(mem, &object, HP_STR("text"), hp_string(HP_STR("hi")));
    sent = object;
    hp_object_set(mem, &object, HP_STR("other"), hp_number(1));
    hp_hook_request rq = {
        .mem = mem, .trigger = HP_TRIGGER_BEFORE_SAVE, .class_name = HP_STR("_User"), .object = &object, .sent = &sent
    };
    assert_true(hp_hooks_has_trigger(h, HP_TRIGGER_BEFORE_SAVE, HP_STR("_User")));
    assert_false(hp_hooks_has_trigger(h, HP_TRIGGER_AFTER_SAVE, HP_STR("_User")));
    assert_int_equal(hp_hooks_run_trigger(h, &rq, &err), HP_OK);
    assert_true(hp_is_true(hp_object_get(&object, HP_STR("seen"))));
    assert_int_equal(rq.op_count, 3);
    assert_int_equal(rq.ops[0].kind, HP_HOOK_REQUIRE_AT_LEAST);
    assert_true(hp_str_eq(rq.ops[0].error_message, HP_STR("too poor")));
    assert_int_equal(rq.ops[1].error_code, HP_E_SCRIPT_FAILED); /* 1 is what the store's own failures are called */
    assert_int_equal(rq.ops[2].kind, HP_HOOK_INCREMENT);
    assert_int_equal(rq.ops[2].decimals, 2);

    object = hp_object();
    assert_int_equal(hp_hooks_run_trigger(h, &rq, &err), 142);
    assert_string_equal(err.msg, "_User needs a text");
    hp_hooks_free(h);
}

static void functions_answer_fail_and_are_unknown(void **state)
{
    HP_AUTO_ARENA mem = hp_arena_new();
    hp_hooks *h = load_good();
    hp_value params = hp_object();
    hp_err err = { 0 };
    hp_hook_request rq = { .mem = mem, .call = mem, .name = HP_STR("hello"), .params = &params };
    (void)state;
    assert_int_equal(hp_hooks_run_function(h, &rq, &err), HP_OK);
    assert_true(rq.has_result && rq.result.number == 2);

    rq.name = HP_STR("cut"); /* a text that ends in the middle of a character */
    assert_int_equal(hp_hooks_run_function(h, &rq, &err), HP_OK);
    assert_true(hp_str_eq(rq.result.object.items[0].key, HP_STR("k\xef\xbf\xbd")));
    assert_true(hp_str_eq(rq.result.object.items[0].value.string, HP_STR("caf\xef\xbf\xbd")));

    rq.name = HP_STR("times"); /* beyond the range of dates there is none; nor is a text of nothing one */
    assert_int_equal(hp_hooks_run_function(h, &rq, &err), HP_OK);
    assert_int_equal(rq.result.array.count, 8);
    for (uint32_t i = 0; i < rq.result.array.count; i++)
        assert_int_equal(rq.result.array.items[i].tag, i < 2 ? HP_DATE : HP_NULL);

    rq.name = HP_STR("hello");
    rq.call = NULL; /* the scripted engine refuses: its error reaches the client unchanged */
    assert_int_equal(hp_hooks_run_function(h, &rq, &err), HP_E_OPERATION_FORBIDDEN);
    assert_string_equal(err.msg, "not today");

    rq.name = HP_STR("silent");
    assert_int_equal(hp_hooks_run_function(h, &rq, &err), 7);
    assert_string_equal(err.msg, "Script failed. Unknown error.");

    /* security row C16: no name walks into anything */
    const hp_str unknown[] = { HP_STR("constructor"), HP_STR("__proto__"), HP_STR("hello."),
                               HP_STR("hello.call"),  HP_STR("HELLO"),     HP_STR("hello\0") };
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        rq.name = unknown[i];
        assert_int_equal(hp_hooks_run_function(h, &rq, &err), HP_E_SCRIPT_FAILED);
    }
    rq.name = HP_STR("constructor");
    assert_int_equal(hp_hooks_run_function(h, &rq, &err), HP_E_SCRIPT_FAILED);
    assert_string_equal(err.msg, "Invalid function: \"constructor\"");
    assert_int_equal(hp_hooks_run_job(h, &rq, &err), HP_E_SCRIPT_FAILED);
    assert_string_equal(err.msg, "Invalid job.");
    hp_hooks_free(h);
}

static void what_is_no_plugin_of_ours_is_refused_with_a_reason(void **state)
{
    (void)state;
    const struct {
        const char *name, *source, *says;
    } cases[] = {
        { "plain", "int answer(void); int answer(void) { return 42; }\n", "is not a Homeport plug-in" },
        { "future",
          "#include <homeport/cloud.h>\nstatic int s(hpc_registry *r) { (void)r; return 0; }\n"
          "const hpc_api *hpc_server; extern const hpc_plugin homeport_plugin;\n"
          "__attribute__((visibility(\"default\"))) const hpc_plugin homeport_plugin = { 99, \"f\", s, &hpc_server "
          "};\n",
          "was built for cloud code ABI 99" },
        { "unwilling",
          "#include <homeport/cloud.h>\nstatic int s(hpc_registry *r) { (void)r; return 3; }\nHPC_PLUGIN(\"u\", s)\n",
          "refused to start" },
        { "session",
          "#include <homeport/cloud.h>\nstatic int f(hpc_request *r, void *d) { (void)r; (void)d; return 0; }\n"
          "static int s(hpc_registry *r) { return hpc_on(r, HPC_BEFORE_SAVE, \"_Session\", f, 0); }\nHPC_PLUGIN(\"s\", "
          "s)\n",
          "refused to start" },
        { "careless", /* looks at nothing that it is told */
          "#include <homeport/cloud.h>\nstatic int f(hpc_request *r, void *d) { (void)r; (void)d; return 0; }\n"
          "static int s(hpc_registry *r) { hpc_define(r, \"pay\", f, 0);\n"
          "  hpc_validate_function(r, \"pay\", \"{\\\"requireuser\\\": true}\"); return HPC_OK; }\nHPC_PLUGIN(\"c\", "
          "s)\n",
          "has a validator that means nothing" },
        { "misspelt",
          "#include <homeport/cloud.h>\nstatic int f(hpc_request *r, void *d) { (void)r; (void)d; return 0; }\n"
          "static int s(hpc_registry *r) { hpc_on(r, HPC_BEFORE_SAVE, \"Note\", f, 0);\n"
          "  hpc_validate_trigger(r, HPC_BEFORE_SAVE, \"Notes\", \"{\\\"requireUser\\\": true}\"); return HPC_OK; }\n"
          "HPC_PLUGIN(\"m\", s)\n",
          "has a validator that means nothing" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_hooks *h = hp_hooks_new();
        hp_err err = { 0 };
        assert_int_not_equal(hp_plugin_load(h, compile(cases[i].name, cases[i].source), &err), HP_OK);
        if (strstr(err.msg, cases[i].says) == NULL) fail_msg("%s: %s", cases[i].name, err.msg);
        hp_hooks_free(h);
    }
    hp_hooks *h = hp_hooks_new();
    hp_err err = { 0 };
    assert_int_not_equal(hp_plugin_load(h, "/nowhere/x.so", &err), HP_OK);
    assert_non_null(strstr(err.msg, "Cannot load cloud code"));
    hp_hooks_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_trigger_reads_changes_and_joins_the_unit),
        cmocka_unit_test(functions_answer_fail_and_are_unknown),
        cmocka_unit_test(what_is_no_plugin_of_ours_is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}

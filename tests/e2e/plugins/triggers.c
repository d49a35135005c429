/* Cloud code for cloud-code.test.mjs: each trigger of the interface leaves something that a client can see. */
#include <homeport/cloud.h>

#include <string.h>
#include <unistd.h>

/* One row of class Seen: which handler ran, on what, with what. */
static int leave_trace(hpc_request *rq, const char *what)
{
    hpc_value *row = hpc_make_object(rq);
    hpc_set(rq, row, "what", hpc_make_text(rq, what));
    hpc_set(rq, row, "class", hpc_make_text(rq, hpc_class_name(rq)));
    hpc_set(rq, row, "master", hpc_make_bool(rq, hpc_is_master(rq)));
    hpc_set(rq, row, "context", hpc_context(rq));
    if (hpc_user(rq) != NULL) hpc_set(rq, row, "userName", hpc_get(hpc_user(rq), "username"));
    if (hpc_object(rq) != NULL) hpc_set(rq, row, "text", hpc_get(hpc_object(rq), "text"));
    if (hpc_original(rq) != NULL) hpc_set(rq, row, "was", hpc_get(hpc_original(rq), "text"));
    return hpc_save(rq, HPC_AS_MASTER, "Seen", NULL, row, NULL);
}

static bool text_is(hpc_request *rq, const char *text)
{
    const char *own = hpc_text(hpc_get(hpc_object(rq), "text"));
    return own != NULL && strcmp(own, text) == 0;
}

/* ---- Note: triggers ---- */

static int before_save(hpc_request *rq, void *data)
{
    (void)data;
    hpc_value *note = hpc_object(rq);
    if (text_is(rq, "refuse")) return hpc_throw(rq, 999, "Refused: %s", hpc_class_name(rq));
    if (text_is(rq, "plain failure")) return 1;
    if (text_is(rq, "hang")) hpc_log(rq, HPC_LOG_WARN, "hangs until it is killed");
    while (text_is(rq, "hang")) (void)sleep(1);
    if (text_is(rq, "save me again")) {
        hpc_value *again = hpc_make_object(rq);
        hpc_set(rq, again, "text", hpc_get(note, "text"));
        return hpc_save(rq, HPC_AS_MASTER, "Note", NULL, again, NULL);
    }
    hpc_set(rq, note, "times",
            hpc_make_number(rq, hpc_is_new(rq) ? 1 : hpc_number(hpc_get(hpc_original(rq), "times")) + 1));
    hpc_set(rq, note, "savedAt", hpc_make_date(rq, hpc_now_ms(rq)));
    hpc_set(rq, note, "sentText", hpc_make_bool(rq, hpc_sent(rq, "text") != NULL));
    hpc_remove(note, "secret");
    hpc_set(rq, hpc_context(rq), "by", hpc_make_text(rq, "beforeSave"));
    return HPC_OK;
}

static int after_save(hpc_request *rq, void *data)
{
    (void)data;
    if (text_is(rq, "fail afterwards")) return hpc_throw(rq, HPC_E_VALIDATION, "Too late to refuse.");
    return leave_trace(rq, "afterSave");
}

static int before_delete(hpc_request *rq, void *data)
{
    (void)data;
    if (text_is(rq, "keep")) return hpc_throw(rq, HPC_E_FORBIDDEN, "This note stays.");
    hpc_value *grave = hpc_make_object(rq);
    hpc_set(rq, grave, "text", hpc_get(hpc_object(rq), "text"));
    int rc = hpc_atomic_create(rq, "Grave", grave);
    if (rc != HPC_OK || !text_is(rq, "guarded")) return rc;
    return hpc_require_at_least(rq, "Note", NULL, "times", 100, 4711, "Not saved often enough.");
}

static int after_delete(hpc_request *rq, void *data)
{
    (void)data;
    return leave_trace(rq, "afterDelete");
}

static int before_find(hpc_request *rq, void *data)
{
    (void)data;
    hpc_value *query = hpc_query(rq), *where = NULL;
    if (hpc_get(query, "where") == NULL) {
        int rc = hpc_parse(rq, "{}", &where);
        if (rc != HPC_OK) return rc;
        hpc_set(rq, query, "where", where);
    }
    where = hpc_get(query, "where");
    if (hpc_get(where, "forbidden") != NULL) return hpc_throw(rq, HPC_E_FORBIDDEN, "Not by this field.");
    if (!hpc_is_get(rq)) hpc_set(rq, where, "hidden", hpc_make_null(rq));
    return HPC_OK;
}

static int after_find(hpc_request *rq, void *data)
{
    (void)data;
    hpc_value *objects = hpc_objects(rq);
    for (size_t i = 0; i < hpc_count(objects); i++) hpc_set(rq, hpc_at(objects, i), "shown", hpc_make_bool(rq, true));
    return HPC_OK;
}

static int before_login(hpc_request *rq, void *data)
{
    (void)data;
    const char *name = hpc_text(hpc_get(hpc_object(rq), "username"));
    if (hpc_get(hpc_object(rq), "password") != NULL) return hpc_throw(rq, 1, "A plug-in must not see passwords.");
    return name != NULL && strcmp(name, "banned") == 0 ? hpc_throw(rq, HPC_E_FORBIDDEN, "You are banned.") : HPC_OK;
}

static int after_login(hpc_request *rq, void *data)
{
    (void)data;
    return leave_trace(rq, "afterLogin");
}

/* ---- Account: an atomic unit that joins a save ---- */

static int before_save_order(hpc_request *rq, void *data)
{
    (void)data;
    const hpc_value *account = hpc_get(hpc_object(rq), "account");
    const char *id = hpc_pointer_id(account);
    double price = hpc_number(hpc_get(hpc_object(rq), "price"));
    if (id == NULL) return hpc_throw(rq, HPC_E_VALIDATION, "An order needs an account.");
    int rc = hpc_require_at_least(rq, "Account", id, "money", price, 4712, "Not enough money.");
    if (rc == HPC_OK) rc = hpc_atomic_increment(rq, "Account", id, "money", -price, 2);
    return rc;
}

/* ---- functions ---- */

static int pay_two(hpc_request *rq, void *data)
{
    (void)data;
    const char *id = hpc_text(hpc_get(hpc_params(rq), "account"));
    double price = hpc_number(hpc_get(hpc_params(rq), "price"));
    hpc_value *receipt = hpc_make_object(rq);
    hpc_set(rq, receipt, "price", hpc_make_number(rq, price));
    int rc = hpc_atomic_create(rq, "Receipt", receipt);
    if (rc == HPC_OK) rc = hpc_atomic_increment(rq, "Account", id, "money", -price, 2);
    if (rc == HPC_OK) rc = hpc_require_at_least(rq, "Account", id, "money", 0, 4713, "Overdrawn.");
    return rc == HPC_OK ? hpc_atomic_commit(rq) : rc;
}

static int who_am_i(hpc_request *rq, void *data)
{
    (void)data;
    hpc_value *answer = hpc_make_object(rq);
    hpc_set(rq, answer, "editor", hpc_make_bool(rq, hpc_has_role(rq, "Editors")));
    hpc_set(rq, answer, "master", hpc_make_bool(rq, hpc_is_master(rq)));
    hpc_set(rq, answer, "ip", hpc_make_text(rq, hpc_ip(rq)));
    hpc_set(rq, answer, "params", hpc_params(rq));
    if (hpc_user(rq) != NULL) hpc_set(rq, answer, "user", hpc_user(rq));
    hpc_return(rq, answer);
    return HPC_OK;
}

static int call_myself(hpc_request *rq, void *data)
{
    (void)data;
    return hpc_run(rq, "callMyself", hpc_params(rq), NULL);
}

/* As the caller and as master: an ACL hides the difference or not. */
static int count_private(hpc_request *rq, void *data)
{
    (void)data;
    int64_t own = 0, all = 0;
    hpc_value *answer = hpc_make_object(rq);
    int rc = hpc_count_objects(rq, HPC_AS_CALLER, "Private", NULL, &own);
    if (rc == HPC_OK) rc = hpc_count_objects(rq, HPC_AS_MASTER, "Private", NULL, &all);
    if (rc != HPC_OK) return rc;
    hpc_set(rq, answer, "own", hpc_make_number(rq, (double)own));
    hpc_set(rq, answer, "all", hpc_make_number(rq, (double)all));
    hpc_return(rq, answer);
    return HPC_OK;
}

static int setup(hpc_registry *reg)
{
    const struct {
        hpc_trigger trigger;
        const char *class_name;
        hpc_handler handler;
    } triggers[] = {
        { HPC_BEFORE_SAVE, "Note", before_save },        { HPC_AFTER_SAVE, "Note", after_save },
        { HPC_BEFORE_DELETE, "Note", before_delete },    { HPC_AFTER_DELETE, "Note", after_delete },
        { HPC_BEFORE_FIND, "Note", before_find },        { HPC_AFTER_FIND, "Note", after_find },
        { HPC_BEFORE_LOGIN, "User", before_login },      { HPC_AFTER_LOGIN, "User", after_login },
        { HPC_BEFORE_SAVE, "Order", before_save_order },
    };
    int rc = HPC_OK;
    for (size_t i = 0; rc == HPC_OK && i < sizeof triggers / sizeof *triggers; i++)
        rc = hpc_on(reg, triggers[i].trigger, triggers[i].class_name, triggers[i].handler, NULL);
    if (rc == HPC_OK) rc = hpc_define(reg, "payTwo", pay_two, NULL);
    if (rc == HPC_OK) rc = hpc_define(reg, "whoAmI", who_am_i, NULL);
    if (rc == HPC_OK) rc = hpc_define(reg, "callMyself", call_myself, NULL);
    if (rc == HPC_OK) rc = hpc_define(reg, "countPrivate", count_private, NULL);
    return rc;
}

HPC_PLUGIN("triggers", setup)

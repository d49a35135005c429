/* core/object_write.c — creates, updates and deletes, from decoded JSON to stored object and answer.
 *
 * The steps run in the order of the tables and the order is the design:
 *   1. The body is taken apart first: what nobody may send is refused before anything is read or run.
 *   2. Permission comes before beforeSave: a hook must not run for someone who may not write. For an update with a hook that
 *      includes the object's existence and ACL. Without a hook nothing is read before the write.
 *   3. Schema checks come after beforeSave: a hook may repair what a client got wrong.
 *   4. Defaults before required fields: a default is a value. System classes come last: they derive (a hash, a session)
 *      from what the object will be.
 *   5. All parts of a batch go through all of this before one unit is committed. ACL and pointer permissions are conditions
 *      of the store's own operation, so that what was true when we looked and is not any more stops the write there.
 *   6. Uniqueness is the store's index, not a query before the write: two writers would both pass.
 *   7. afterSave and the answer see what was stored, not what was sent. A failure of afterSave is logged and does not
 *      fail the request: the object is already there.
 * When two requests add the same field or class at once, the second finds the schema moved: its steps from the schema on
 * run once more with the new snapshot. Cloud code and permission are not run twice. A device whose rows moved is another
 * matter: what its write means has changed, so all of it begins anew (installation_write.h).
 * Not here: which JSON operations exist (query/change.h); who may do what (core/permission.h); what a hook may do
 * (hooks/hooks.h); users and sessions (user_write.c, session_write.c). */
#include "core/object_write.h"

#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "core/commit.h"
#include "core/core_internal.h"
#include "core/installation_write.h"
#include "core/live_query.h"
#include "core/serialise.h"
#include "core/system_classes.h"

/* ---- small lists ---- */

void hp_ops_add(hp_ops *ops, hp_arena *mem, hp_unit_op op)
{
    ops->items = hp_arena_room(mem, ops->items, sizeof *ops->items, ops->count, &ops->cap, 4);
    ops->items[ops->count++] = op;
}

static void append_ops(hp_ops *ops, hp_arena *mem, const hp_unit_op *items, size_t count)
{
    for (size_t i = 0; i < count; i++) hp_ops_add(ops, mem, items[i]);
}

bool hp_names_have(const hp_names *names, hp_str name)
{
    for (size_t i = 0; i < names->count; i++)
        if (hp_str_eq(names->items[i], name)) return true;
    return false;
}

void hp_names_add(hp_names *names, hp_arena *mem, hp_str name)
{
    if (hp_names_have(names, name)) return;
    names->items = hp_arena_room(mem, names->items, sizeof *names->items, names->count, &names->cap, 8);
    names->items[names->count++] = name;
}

/* ---- the object before the write, for those who must know it ---- */

static bool in_groups(const hp_acl_scope *scope, hp_str group)
{
    for (size_t i = 0; i < scope->group_count; i++)
        if (hp_str_eq(scope->groups[i], group)) return true;
    return false;
}

bool hp_write_acl_allows(const hp_acl_scope *scope, const hp_row *row)
{
    if (scope->unrestricted || !row->has_write_acl) return true;
    for (size_t i = 0; i < row->writer_count; i++)
        if (in_groups(scope, row->writers[i])) return true;
    return false;
}

/* The refusal for an object that is not there or not writable. */
static hp_code missing(const hp_write *w, hp_err *err)
{
    if (w->rules != NULL && w->rules->missing != NULL) HP_TRY(w->rules->missing(w, err));
    bool hooked = w->kind == HP_WRITE_DELETE &&
                  (hp_live_class(w->call->settings, w->class_name) ||
                   hp_hooks_has_trigger(w->call->core->parts.hooks, HP_TRIGGER_BEFORE_DELETE, w->class_name) ||
                   hp_hooks_has_trigger(w->call->core->parts.hooks, HP_TRIGGER_AFTER_DELETE, w->class_name));
    return hp_fail(err, HP_E_OBJECT_NOT_FOUND, hooked ? "Object not found for delete." : "Object not found.");
}

hp_code hp_write_read_stored(hp_write *w, hp_err *err)
{
    hp_arena *mem = w->call->mem;
    hp_rows rows = { 0 };

    if (w->stored != NULL) return HP_OK;
    if (w->cls == NULL || w->grant.none) return missing(w, err);
    hp_filter *parts[] = { hp_filter_eq(mem, hp_class_field(w->cls, HP_STR("objectId")), hp_string(w->object_id)),
                           w->grant.also };
    hp_query q = { .cls = w->cls,
                   .filter = hp_filter_join(mem, HP_FILTER_AND, parts, 2),
                   .readable_by = { .unrestricted = true }, /* writing does not need reading */
                   .limit = 1,
                   .internal = true };
    HP_TRY(hp_store_find(w->call->core->parts.store, &q, mem, &rows, err));
    if (rows.count == 0 || !hp_write_acl_allows(&w->grant.scope, &rows.items[0])) return missing(w, err);
    w->stored = &rows.items[0];
    return HP_OK;
}

/* ---- steps ---- */

static const hp_write_rules *rules_of(hp_str class_name)
{
    static const hp_write_rules *const ALL[] = { &HP_USER_RULES, &HP_SESSION_RULES, &HP_INSTALLATION_RULES };
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++)
        if (hp_str_eq(class_name, hp_str_of(ALL[i]->class_name))) return ALL[i];
    return NULL;
}

static hp_code look_rules(hp_write *w, hp_err *err)
{
    return w->rules == NULL || w->rules->look == NULL ? HP_OK : w->rules->look(w, err);
}

static hp_code check_rules(hp_write *w, hp_err *err)
{
    return w->rules == NULL || w->rules->check == NULL ? HP_OK : w->rules->check(w, err);
}

static const hp_operation OPERATIONS[] = { [HP_WRITE_CREATE] = HP_OPERATION_CREATE,
                                           [HP_WRITE_UPDATE] = HP_OPERATION_UPDATE,
                                           [HP_WRITE_DELETE] = HP_OPERATION_DELETE };

static hp_code permit_new_row(const hp_write *w, hp_err *err)
{
    if (w->by_its_route || !hp_system_class_has_routes(w->class_name)) return HP_OK;
    return hp_fail(err, HP_E_INVALID_CLASS_NAME, "invalid className: %" HP_STR_FMT, HP_STR_ARG(w->class_name));
}

hp_code hp_write_permit(hp_write *w, hp_err *err)
{
    if (w->signed_in) return HP_OK; /* a login with its own checks; nothing of the body is written */
    HP_TRY(hp_permit(w->call, w->class_name, w->cls, OPERATIONS[w->kind], &w->grant, err));
    if (w->kind == HP_WRITE_CREATE) return permit_new_row(w, err);
    /* An id that is not there would make the store's operation mean any object. */
    bool nothing = w->cls == NULL || w->grant.none || w->object_id.len == 0;
    return nothing ? missing(w, err) : HP_OK;
}

/* Who may write nothing at all is told so before what he sent is looked at. */
static hp_code enter(hp_write *w, hp_err *err)
{
    if (w->call->who.access != HP_ACCESS_READ_ONLY) return HP_OK;
    return hp_permit_class(w->call, w->class_name, w->cls, OPERATIONS[w->kind], err);
}

static hp_code resolve(hp_write *w, hp_err *err) { return w->signed_in ? HP_OK : hp_write_resolve(w, err); }

static hp_code values(hp_write *w, hp_err *err) { return w->signed_in ? HP_OK : hp_write_values(w, err); }

static hp_code complete_rules(hp_write *w, hp_err *err)
{
    return w->rules == NULL || w->rules->complete == NULL ? HP_OK : w->rules->complete(w, err);
}

static hp_code acl(hp_write *w, hp_err *err)
{
    w->acl_op = (hp_unit_op){ 0 };
    if (w->acl == NULL || w->signed_in) return HP_OK;
    HP_TRY(hp_acl_from_json(w->acl, w->call->mem, &w->acl_op, err));
    w->acl_op.set_acl = true;
    return HP_OK;
}

/* What cloud code joins to the write. For a create it follows the object, which exists then; else it comes first, so that
 * its guards see the object as it was. Among themselves the operations keep their order: a guard and the change that it
 * guards belong together. */
static hp_code join_hook_ops(hp_write *w, hp_err *err)
{
    if (w->hook_op_count == 0) return HP_OK;
    hp_ops *list = w->kind == HP_WRITE_CREATE ? &w->after : &w->before;
    return hp_hook_ops_translate(w->call, w, w->hook_ops, w->hook_op_count, list, err);
}

typedef hp_code (*step)(hp_write *w, hp_err *err);

static const step SAVE_FIRST[] = { enter,       look_rules,      hp_write_take_body,
                                   check_rules, hp_write_permit, hp_write_before_save };
static const step SAVE_AGAIN[] = { resolve, values, complete_rules, acl, join_hook_ops };
static const step DELETE_FIRST[] = { enter, check_rules, hp_write_permit, hp_write_before_delete };
static const step DELETE_AGAIN[] = { join_hook_ops };

#define RUN_STEPS(steps, w, err) run_steps((steps), sizeof(steps) / sizeof *(steps), (w), (err))

static hp_code run_steps(const step *steps, size_t count, hp_write *w, hp_err *err)
{
    for (size_t i = 0; i < count; i++) HP_TRY(steps[i](w, err));
    return HP_OK;
}

/* ---- one unit for all parts ---- */

typedef struct batch {
    hp_call *call;
    hp_write *writes;
    size_t count;
    size_t failed; /* the part that failed */
    hp_ops ops;
    hp_unit unit;
    bool outdated; /* a device's rows changed after they were looked at: nothing was written */
} batch;

static void begin(hp_write *w, hp_call *call, const hp_write_part *part)
{
    *w = (hp_write){ .call = call,
                     .kind = part->kind,
                     .class_name = hp_class_canonical_name(part->class_name),
                     .object_id = part->kind == HP_WRITE_CREATE ? HP_STR_NONE : part->object_id,
                     .body = part->body,
                     .spends = part->spends,
                     .by_its_route = part->by_its_route,
                     .extra = hp_object() };
    w->rules = rules_of(w->class_name);
    w->cls = hp_call_class(call, w->class_name);
}

static hp_code prepare(batch *b, hp_err *err)
{
    for (b->failed = 0; b->failed < b->count; b->failed++) {
        hp_write *w = &b->writes[b->failed];
        if (w->kind == HP_WRITE_DELETE)
            HP_TRY(RUN_STEPS(DELETE_FIRST, w, err));
        else
            HP_TRY(RUN_STEPS(SAVE_FIRST, w, err));
    }
    return HP_OK;
}

static hp_code assemble_one(batch *b, hp_write *w, hp_err *err)
{
    hp_arena *mem = b->call->mem;

    w->before = w->after = (hp_ops){ 0 };
    w->resolved = (hp_resolved){ 0 };
    w->also = NULL;
    if (w->kind == HP_WRITE_DELETE)
        HP_TRY(RUN_STEPS(DELETE_AGAIN, w, err));
    else
        HP_TRY(RUN_STEPS(SAVE_AGAIN, w, err));

    append_ops(&b->ops, mem, w->resolved.schema_ops, w->resolved.schema_op_count);
    append_ops(&b->ops, mem, w->before.items, w->before.count);
    w->op_main = b->ops.count;
    if (!w->signed_in) hp_ops_add(&b->ops, mem, hp_write_main_op(w));
    append_ops(&b->ops, mem, w->after.items, w->after.count);
    w->op_end = b->ops.count;
    return HP_OK;
}

static hp_code assemble(batch *b, hp_err *err)
{
    b->ops = (hp_ops){ 0 };
    for (b->failed = 0; b->failed < b->count; b->failed++) HP_TRY(assemble_one(b, &b->writes[b->failed], err));
    b->unit = (hp_unit){ .ops = b->ops.items, .count = b->ops.count };
    if (b->ops.count <= HP_UNIT_OPS_MAX) return HP_OK;
    b->failed = b->count - 1;
    return hp_fail(err, HP_E_OTHER_CAUSE, "More than %d operations in one write.", (int)HP_UNIT_OPS_MAX);
}

static hp_code refused(batch *b, hp_code rc, hp_err *err)
{
    size_t op = b->unit.failed_op;

    b->failed = 0;
    while (b->failed + 1 < b->count && op >= b->writes[b->failed].op_end) b->failed++;
    hp_write *w = &b->writes[b->failed];
    bool own = op == w->op_main && !w->signed_in;
    if (rc == HP_E_OBJECT_NOT_FOUND && own) return missing(w, err);
    if (rc != HP_E_DUPLICATE_VALUE) return rc;
    if (w->rules != NULL && w->rules->duplicate != NULL) {
        hp_code named = w->rules->duplicate(b->unit.conflict_index, err);
        if (named != HP_OK) return named;
    }
    return rc; /* in the store's words */
}

bool hp_write_schema_moved(const hp_unit *unit, hp_code rc)
{
    if (rc == HP_E_INTERNAL || rc == HP_E_TIMEOUT || unit->failed_op >= unit->count) return false;
    if (rc == HP_E_INVALID_CLASS_NAME || rc == HP_E_INVALID_SCHEMA_OPERATION)
        return true; /* a class or field has gone */
    return hp_commit_changes_schema(unit->ops[unit->failed_op].kind);
}

static bool about_devices(const batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        if (b->writes[i].device != NULL) return true;
    return false;
}

/* Alone among writers: what was looked up is still so, and the unit. */
static hp_code write_if_still(hp_store *tx, void *arg, hp_err *err)
{
    batch *b = arg;
    b->unit.failed_op = b->unit.count;
    for (size_t i = 0; i < b->count; i++) {
        bool same;
        HP_TRY(hp_installation_still(&b->writes[i], tx, &same, err));
        if (same) continue;
        b->outdated = true;
        return hp_fail_http(err, 503, "The installation is being changed by others; try again.");
    }
    return hp_store_write(tx, &b->unit, b->call->mem, err);
}

static hp_code write_unit(batch *b, hp_err *err)
{
    if (!about_devices(b)) return hp_commit(b->call, &b->unit, err);
    hp_commit_prepare(b->call, &b->unit);
    const hp_code rc = hp_store_transact(b->call->core->parts.store, write_if_still, b, err);
    hp_commit_finish(b->call, &b->unit, rc);
    return rc;
}

static hp_code commit(batch *b, hp_err *err)
{
    enum { ATTEMPTS_MAX = 4 }; /* a class that somebody drops and others make anew can move more than once */
    hp_schema *base = hp_schema_ref(b->call->schema);
    hp_code rc = HP_OK;

    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        rc = assemble(b, err);
        if (rc != HP_OK || b->unit.count == 0) break;
        rc = write_unit(b, err);
        if (rc == HP_OK || b->outdated) break;
        bool again = attempt + 1 < ATTEMPTS_MAX && hp_write_schema_moved(&b->unit, rc);
        rc = refused(b, rc, err);
        if (again) {
            hp_code reloaded = hp_schema_publish(b->call, err);
            if (reloaded != HP_OK) break;
            continue;
        }
        break;
    }
    /* What this write wanted to add to the schema is not there. */
    if (rc != HP_OK) hp_call_replace_schema(b->call, hp_schema_ref(base));
    hp_schema_unref(base);
    return rc;
}

static hp_code follow_up(hp_write *w, hp_err *err)
{
    return w->rules == NULL || w->rules->follow_up == NULL ? HP_OK : w->rules->follow_up(w, err);
}

static hp_code answer(hp_write *w, hp_written *out, hp_err *err)
{
    if (w->rules != NULL && w->rules->answer != NULL && w->signed_in) return w->rules->answer(w, out, err);
    hp_write_answer(w, out);
    return HP_OK;
}

/* The write has happened: whatever goes wrong now, the other parts still get their after triggers and answers. An error
 * of an afterDelete is the answer of a single delete, as in Parse; a batch says in its log what it cannot say otherwise. */
static hp_code finish(batch *b, hp_written *out, hp_err *err)
{
    hp_code first = HP_OK;

    for (size_t i = 0; i < b->count; i++) {
        hp_write *w = &b->writes[i];
        hp_err own = { 0 };
        if (!w->signed_in) w->result = &b->unit.results[w->op_main];
        hp_code rc = answer(w, &out[i], &own);
        if (rc == HP_OK) rc = hp_write_after(w, &out[i], &own);
        if (rc == HP_OK) rc = follow_up(w, &own);
        if (rc == HP_OK) continue;
        if (b->count > 1) {
            hp_log(HP_LOG_WARN, "after_write_failed", HP_F_STR("request", b->call->request_id),
                   HP_F_STR("class", w->class_name), HP_F_INT("code", own.code), HP_F_TEXT("error", own.msg));
            continue;
        }
        *err = own;
        first = rc;
    }
    return first;
}

/* ---- the doors ---- */

hp_code hp_objects_write_all(hp_call *call, const hp_write_part *parts, size_t count, hp_written *out, size_t *failed,
                             hp_err *err)
{
    enum { ATTEMPTS_MAX = 4 }; /* each one that is outdated means that somebody else's write was not */
    batch b;
    hp_code rc = HP_OK;

    *failed = 0;
    if (count == 0) return HP_OK;
    for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        b = (batch){ .call = call, .writes = HP_NEW_ARRAY(call->mem, hp_write, count), .count = count };
        for (size_t i = 0; i < count; i++) begin(&b.writes[i], call, &parts[i]);
        rc = prepare(&b, err);
        if (rc == HP_OK) rc = commit(&b, err);
        if (!b.outdated) break;
        HP_TRY(hp_schema_publish(call, err)); /* the first device of all makes the class */
    }
    if (rc != HP_OK) {
        *failed = b.failed;
        return rc;
    }
    return finish(&b, out, err);
}

static hp_code write_one(hp_call *call, hp_write_part part, hp_written *out, hp_err *err)
{
    size_t failed = 0;
    return hp_objects_write_all(call, &part, 1, out, &failed, err);
}

hp_code hp_objects_create(hp_call *call, hp_str class_name, const hp_value *body, hp_written *out, hp_err *err)
{
    return write_one(call, (hp_write_part){ .kind = HP_WRITE_CREATE, .class_name = class_name, .body = body }, out,
                     err);
}

hp_code hp_objects_update(hp_call *call, hp_str class_name, hp_str object_id, const hp_value *body, hp_written *out,
                          hp_err *err)
{
    hp_write_part part = { .kind = HP_WRITE_UPDATE, .class_name = class_name, .object_id = object_id, .body = body };
    return write_one(call, part, out, err);
}

hp_code hp_objects_delete(hp_call *call, hp_str class_name, hp_str object_id, hp_err *err)
{
    hp_written out = { 0 };
    return write_one(call, (hp_write_part){ .kind = HP_WRITE_DELETE, .class_name = class_name, .object_id = object_id },
                     &out, err);
}

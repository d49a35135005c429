/* core/permission.h — the one place that decides who may do what.
 *
 * Every read and write, through whichever door, asks hp_permit first and carries its answer: the operation is refused with
 * an error, or granted with conditions that become part of the store's own query. Nothing outside these
 * functions compares a CLP. ACL scope, class permissions, pointer permissions, protected fields, master-only classes and
 * classes that do not exist are all decided here. */
#ifndef HP_CORE_PERMISSION_H
#define HP_CORE_PERMISSION_H

#include "core/call.h"

typedef enum hp_operation {
    HP_OPERATION_GET, /* by id, and includes */
    HP_OPERATION_FIND,
    HP_OPERATION_COUNT,
    HP_OPERATION_CREATE,
    HP_OPERATION_UPDATE,
    HP_OPERATION_DELETE,
    HP_OPERATION_ADD_FIELD,    /* in an update */
    HP_OPERATION_CREATE_FIELD, /* addField in a create: there is no object yet whose pointers could name the caller */
} hp_operation;

typedef struct hp_grant {
    hp_filter *also;      /* to AND with the query (pointer permissions); NULL: nothing */
    bool none;            /* allowed to ask, but sees no row: find [], get and writes E101, count 0 */
    hp_acl_scope scope;   /* readable_by or writable_by of the store's query */
    const hp_str *hidden; /* reads: protected field names for this caller, whatever the object. Writes and master: none,
                             their answers are not filtered */
    size_t hidden_count;
    const hp_value *protected_by_field; /* the userField: groups, {field: [name, …]}, or NULL: decided per object, they
                                           uncover and hide nothing more, as in Parse */
} hp_grant;

/* The part of hp_permit that no CLP can change: master-only classes, _Session for nobody, classes that do not exist, the
 * read-only key. For what has to know before it runs cloud code or follows a pointer. `class_name` is canonical. */
HP_MUST_USE hp_code hp_permit_class(const hp_call *call, hp_str class_name, const hp_class *cls, hp_operation op,
                                    hp_err *err);

/* Decides `op` of `call` on the class called `class_name`; `cls` is its snapshot entry or NULL if it does not exist.
 * Owner: call->mem. Errors: OPERATION_FORBIDDEN, OBJECT_NOT_FOUND (requiresAuthentication), INVALID_SESSION_TOKEN (_Session). */
HP_MUST_USE hp_code hp_permit(const hp_call *call, hp_str class_name, const hp_class *cls, hp_operation op,
                              hp_grant *out, hp_err *err);

/* What a query with this where asks to do: with {"objectId": "…"} and nothing else it is for one object, and decided as get, as
 * in Parse. Sessions are always queried: those of their user. `where`: NULL or an object. */
hp_operation hp_operation_of_query(hp_str class_name, const hp_value *where);

/* The fields of `row` hidden from the caller: grant->hidden narrowed by userField groups, nothing on the caller's own
 * _User row. Lives in call->mem. */
void hp_permit_hidden(const hp_call *call, const hp_class *cls, const hp_grant *grant, const hp_row *row,
                      const hp_str **hidden, size_t *count);

/* True if the grant of a read covers `row`: what hp_grant adds to a store's query, for an object that is at hand. */
bool hp_permit_covers(const hp_call *call, const hp_grant *grant, const hp_row *row);

/* True if the caller may get or find `row`, an object that is at hand: whoever may write it need not be allowed to read it. */
bool hp_permit_reads(const hp_call *call, const hp_class *cls, const hp_row *row);

/* The fields that the caller may not ask about, as condition, order or watched field: those of grant->hidden, and of users what
 * no client ever sees. Lives in call->mem. */
void hp_permit_unaskable(const hp_call *call, hp_str class_name, const hp_grant *grant, const hp_str **hidden,
                         size_t *count);

/* True if `group` ("*", "role:x", a user id) is one of the caller's. */
bool hp_permit_in_group(const hp_call *call, hp_str group);

/* Checks a CLP document as the schema API does. */
HP_MUST_USE hp_code hp_permissions_check(const hp_class *cls, const hp_value *clp, bool custom_ids, hp_err *err);

/* The CLP as the schema API shows it: the stored one with what is missing filled in; defaults when none was stored. */
hp_value hp_permissions_shown(const hp_class *cls, hp_arena *mem);

#endif

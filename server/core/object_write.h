/* core/object_write.h — the inside of the write pipeline: one write on its way, and the steps that live in files of their
 * own. Doors include core/objects.h instead. Everything lives in the call's arena; one worker. */
#ifndef HP_CORE_OBJECT_WRITE_H
#define HP_CORE_OBJECT_WRITE_H

#include "core/auth_data.h"
#include "core/objects.h"
#include "core/permission.h"
#include "core/schema_api.h"

typedef struct hp_ops { /* a growing list */
    hp_unit_op *items;
    size_t count, cap;
} hp_ops;

void hp_ops_add(hp_ops *ops, hp_arena *mem, hp_unit_op op);

typedef struct hp_names { /* each of them once, as they came */
    hp_str *items;
    size_t count, cap;
} hp_names;

void hp_names_add(hp_names *names, hp_arena *mem, hp_str name);
bool hp_names_have(const hp_names *names, hp_str name);

typedef struct hp_write hp_write;
typedef struct hp_device hp_device; /* core/installation_write.c */

/* What a system class adds to the pipeline. A NULL step does nothing. */
typedef struct hp_write_rules {
    const char *class_name;
    /* The body as it was sent, before anything else is looked at. */
    hp_code (*look)(hp_write *w, hp_err *err);
    /* Before permission and cloud code: what is missing, what nobody may send. May sign somebody in instead (w->signed_in). */
    hp_code (*check)(hp_write *w, hp_err *err);
    /* After schema and values: columns and operations of the server's own. Runs again when the schema moved meanwhile. */
    hp_code (*complete)(hp_write *w, hp_err *err);
    /* The object is not there, or not the caller's to write. Returns HP_OK if that is said as of any object. */
    hp_code (*missing)(const hp_write *w, hp_err *err);
    /* A unique index said no. Returns HP_OK if it has no text of its own for this one. */
    hp_code (*duplicate)(hp_str index, hp_err *err);
    /* After the commit and the after triggers. A failure is the answer of the write, which stays. */
    hp_code (*follow_up)(hp_write *w, hp_err *err);
    /* After the commit, instead of the usual answer, when the create was a login. */
    hp_code (*answer)(hp_write *w, hp_written *out, hp_err *err);
} hp_write_rules;

extern const hp_write_rules HP_USER_RULES, HP_SESSION_RULES, HP_INSTALLATION_RULES;

struct hp_write {
    hp_call *call;
    hp_write_kind kind;
    hp_str class_name; /* canonical */
    hp_str object_id;
    bool trusted;                /* cloud code's own object: its id may be chosen */
    const hp_write_rules *rules; /* or NULL */
    const hp_class *cls;         /* NULL: does not exist yet */
    hp_grant grant;

    /* what was sent, taken apart by hp_write_take_body */
    const hp_value *body;
    hp_raw_changes raw;       /* neither the members below nor what the server owns */
    const hp_value *acl;      /* the new ACL; NULL: stays, or none */
    const hp_value *password; /* _User: plain, stored nowhere; NULL: not sent */
    const hp_value *auth_data;
    int64_t created_ms, updated_ms;
    const struct hp_user_token *spends; /* _User, as in hp_write_part */
    bool by_its_route;                  /* as there */

    /* cloud code */
    const hp_row *stored; /* update, delete: as it was, when somebody had to know before the commit */
    hp_value original;    /* the same in REST form */
    hp_names touched;     /* fields that beforeSave, or a default, gave another value than was sent */
    hp_hook_op *hook_ops;
    size_t hook_op_count;

    /* from here on made anew when the schema moved meanwhile */
    hp_resolved resolved;
    hp_change *changes;
    size_t change_count, change_cap;
    hp_unit_op acl_op;      /* only its ACL members */
    hp_ops before;          /* in the unit, in front of the write's own operation … */
    hp_ops after;           /* … and behind it */
    size_t op_main, op_end; /* where the write's own operation is in the unit, and what follows its last */
    hp_filter *also;        /* a condition of the rules' own; the object is missing where it does not hold */

    /* system classes */
    hp_auth_data *auth;   /* _User: the other providers; NULL: not sent */
    hp_str password_hash; /* made once */
    hp_str session_token; /* of the session that this write opens; absent: none */
    hp_str verify_token;  /* made once; to be mailed after the commit */
    bool unverified;      /* a sign-up that opens no session before its address is verified */
    bool signed_in;       /* a create of _User that was a login: nothing is written but its session */
    hp_device *device;    /* _Installation: what the write means; NULL: nothing but what it says */
    hp_value extra;       /* members of the answer */

    const hp_unit_result *result; /* of the write's own operation, after the commit */
};

/* Adds a change of the server's own; the field exists. */
void hp_write_set(hp_write *w, const char *field, hp_value v);
void hp_write_unset(hp_write *w, const char *field);
void hp_write_add_change(hp_write *w, hp_change change);

/* Asks for permission, before the pipeline does: for rules that must not act for someone who may not write.
 * Errors: as the write itself. */
HP_MUST_USE hp_code hp_write_permit(hp_write *w, hp_err *err);

/* True if a change of `field` (itself or a path in it) is among the resolved ones. */
bool hp_write_changes(const hp_write *w, hp_str field);

/* The object as stored, with its internal part, found under the conditions of the write. Read once.
 * Errors: as the missing object. */
HP_MUST_USE hp_code hp_write_read_stored(hp_write *w, hp_err *err);

/* True if the ACL of `row` lets `scope` write it. */
bool hp_write_acl_allows(const hp_acl_scope *scope, const hp_row *row);

/* write_input.c: fills the members above; makes the id of a create. */
HP_MUST_USE hp_code hp_write_take_body(hp_write *w, hp_err *err);

/* write_values.c: from w->raw to w->changes: schema, defaults, required fields, ACL. */
HP_MUST_USE hp_code hp_write_resolve(hp_write *w, hp_err *err);
HP_MUST_USE hp_code hp_write_values(hp_write *w, hp_err *err);

/* The write's own operation, from all of the above. */
hp_unit_op hp_write_main_op(const hp_write *w);

/* write_triggers.c */
HP_MUST_USE hp_code hp_write_before_save(hp_write *w, hp_err *err);
HP_MUST_USE hp_code hp_write_before_delete(hp_write *w, hp_err *err);
HP_MUST_USE hp_code hp_write_after(hp_write *w, hp_written *out, hp_err *err); /* a hook may replace the answer */

void hp_write_answer(hp_write *w, hp_written *out);

/* hook_ops.c: appends to `out` what cloud code asked to be committed together. `self` is the object being written, or NULL.
 * Schema additions come first. Errors: as any write's. */
HP_MUST_USE hp_code hp_hook_ops_translate(hp_call *call, const hp_write *self, const hp_hook_op *ops, size_t count,
                                          hp_ops *out, hp_err *err);

/* The same as a unit of its own. */
HP_MUST_USE hp_code hp_hook_ops_commit(hp_call *call, const hp_hook_op *ops, size_t count, hp_err *err);

/* After a failure: somebody else changed the same class after our snapshot was taken, by an addition that ours collides with or by
 * dropping what ours needs; publish it and try again. */
bool hp_write_schema_moved(const hp_unit *unit, hp_code rc);

/* A new object id. Errors: INTERNAL. */
HP_MUST_USE hp_code hp_object_id_make(hp_call *call, size_t len, hp_str *out, hp_err *err);

#endif

/* store/store.h — the one storage interface. store/sqlite implements it; store/mongo and store/faulty will.
 *
 * Semantic, not SQL: classes, fields, objects. A query arrives as a typed tree; a write arrives as an atomic unit of
 * guarded operations; nothing from a client is an identifier here. One contract suite (tests/store) runs on every driver.
 * All functions block and may be called from any worker thread at once; never from an I/O loop. */
#ifndef HP_STORE_STORE_H
#define HP_STORE_STORE_H

#include "base/error.h"
#include "query/change.h"
#include "query/class.h"
#include "query/filter.h"
#include "query/find.h"

typedef struct hp_store hp_store;

/* One stored object. What clients may see and what they never may are two records: the serialiser is only handed
 * `fields`. */
typedef struct hp_row {
    hp_value
        fields; /* objectId, createdAt, updatedAt (Date values), then set fields in schema order; absent = not there.
                           Relation fields are not in it. */
    hp_value internal;                /* `_hashed_password` …: an object; filled only when the query asked for it */
    bool has_read_acl, has_write_acl; /* false: public */
    hp_str *readers, *writers;        /* "*", user ids, "role:…" */
    size_t reader_count, writer_count;
    double score; /* how well it fits hp_query.score */
} hp_row;

/* A deep copy of what clients may see of `from`, in `mem`: without its internal part. */
hp_row hp_row_copy(hp_arena *mem, const hp_row *from);

typedef struct hp_rows {
    hp_row *items;
    size_t count;
} hp_rows;

/* Whose eyes: the object's ACL is part of the store's own condition, never a check after the fact. */
typedef struct hp_acl_scope {
    bool unrestricted;    /* master, maintenance, the server's own look-ups */
    const hp_str *groups; /* "*", "role:…", user id */
    size_t group_count;
} hp_acl_scope;

typedef struct hp_query {
    const hp_class *cls;
    const hp_filter *filter; /* NULL: all */
    const hp_filter
        *also; /* what rights ask of an object beside its ACL; NULL: nothing. Both are tried before `filter` */
    hp_acl_scope readable_by;
    const hp_order *order; /* then by insertion */
    size_t order_count;
    const hp_filter *score; /* a TEXT leaf of `filter`: fill hp_row.score; or NULL */
    int64_t limit;          /* -1: no limit */
    int64_t skip;
    const hp_field **project; /* NULL: all fields; objectId, createdAt, updatedAt and ACL always come */
    size_t project_count;
    bool internal;        /* fill hp_row.internal */
    int64_t deadline_ms;  /* monotonic; the store's own time budget may end the query earlier. 0: only that does */
    int64_t spent_ms;     /* on earlier reads of the same request */
    size_t mem_bytes_max; /* what the arena may hold in the end, with what it held before; 0: HP_REPLY_BYTES_MAX more */
} hp_query;

typedef hp_code (*hp_row_fn)(void *arg, const hp_row *row, hp_arena *batch, bool *stop, hp_err *err);

/* ---- atomic units: how everything is written ---- */

typedef enum hp_unit_kind {
    HP_UNIT_INSERT,  /* object of `cls` with `object_id`; `changes` are plain SETs; times given */
    HP_UNIT_UPDATE,  /* the one object that `object_id`, `filter` and `writable_by` select; else OBJECT_NOT_FOUND */
    HP_UNIT_DELETE,  /* likewise */
    HP_UNIT_REQUIRE, /* the object exists and `filter` holds, else `guard_code`/`guard_message` */
    HP_UNIT_DELETE_WHERE,    /* every object that `filter` selects; none is no error (sessions of a user) */
    HP_UNIT_CREATE_CLASS,    /* `cls` as a whole: name, fields, permissions, indexes */
    HP_UNIT_ADD_FIELD,       /* `field` to the class `class_name`; there already with the same type: nothing happens */
    HP_UNIT_SET_FIELD,       /* required/default of an existing field */
    HP_UNIT_DROP_FIELD,      /* and its data */
    HP_UNIT_SET_PERMISSIONS, /* `permissions` of `class_name` */
    HP_UNIT_SET_INDEX,       /* `index_name` on `class_name` */
    HP_UNIT_DROP_INDEX,
    HP_UNIT_DROP_CLASS, /* must be empty, else INVALID_SCHEMA_OPERATION */
} hp_unit_kind;

typedef struct hp_unit_op {
    hp_unit_kind kind;

    /* objects */
    const hp_class *cls;
    hp_str object_id;
    const hp_filter *filter;
    hp_acl_scope writable_by; /* UPDATE, DELETE */
    const hp_change *changes; /* INSERT, UPDATE: relation changes included */
    size_t change_count;
    bool set_acl; /* INSERT, UPDATE: the four below replace the stored ACL */
    bool has_read_acl, has_write_acl;
    const hp_str *readers, *writers;
    size_t reader_count, writer_count;
    int64_t created_ms, updated_ms; /* INSERT: both; UPDATE: updated_ms, 0 leaves it */
    hp_code guard_code; /* REQUIRE, UPDATE, DELETE: what a miss answers; 0: OBJECT_NOT_FOUND `Object not found.` */
    const char *guard_message; /* with guard_code; NULL: none */

    /* schema */
    hp_str class_name;
    const hp_field *field;
    const hp_value *permissions;
    hp_str index_name;
    const hp_value *index_fields; /* {"field": 1|-1, …} */
    bool index_unique;
    const hp_value *index_partial; /* only objects for which this holds, in the form of MongoDB's
                                      partialFilterExpression with comparisons and $exists; NULL: all */
    bool index_nocase; /* compares strings without regard to case (Unicode simple folding of ASCII and beyond) */
} hp_unit_op;

typedef struct hp_unit_result {
    hp_row before, after; /* UPDATE: both; INSERT: after; DELETE: before */
    size_t affected;      /* DELETE_WHERE */
} hp_unit_result;

/* Counters beside the data, for whoever remembers something of it: a number that has grown says that it is outdated. */
typedef enum hp_counter { HP_COUNTER_SESSIONS, HP_COUNTER_WEBHOOKS, HP_COUNTERS } hp_counter;

typedef struct hp_unit {
    hp_unit_op *ops;
    size_t count;
    unsigned counters; /* 1u << hp_counter: to be raised by one with the commit */
    bool ordered;      /* its place among the commits is wanted: a ticket */
    /* filled by hp_store_write */
    uint64_t
        ticket; /* of those that are `ordered`, in the order of their commits on this store, dense from 1. 0: none was
                        given. A unit in a transact has one before the commit, and so also when that is not made after all. */
    hp_unit_result *results; /* one per op, NULL unless the code is OK; values may share text with the changes */
    size_t failed_op;        /* which op refused, when the code is not OK; `count`: none of them (time, disk) */
    hp_str conflict_index;   /* DUPLICATE_VALUE: the name of the unique index */
} hp_unit;

enum { HP_STORE_TRANSACT = 1u << 0 };

typedef struct hp_store_ops {
    const char *name; /* "sqlite": logs, /health, metrics */
    uint32_t features;

    /* All stored classes with their fields, permissions and indexes. Owner: `mem`. */
    hp_code (*load_classes)(hp_store *self, hp_arena *mem, hp_class ***out, size_t *count, hp_err *err);

    /* Changes whenever any node changes a class: the schema cache compares it. */
    hp_code (*schema_version)(hp_store *self, int64_t *out, hp_err *err);

    /* How often units of any node with each counter have been committed. */
    hp_code (*counters)(hp_store *self, int64_t out[HP_COUNTERS], hp_err *err);

    /* Objects matching `q`, at most q->limit, in q->order and then by insertion. A class that is not stored has none.
     * Owner: `mem` owns all of *out. Errors: TIMEOUT past the budget, INTERNAL. */
    hp_code (*find)(hp_store *self, const hp_query *q, hp_arena *mem, hp_rows *out, hp_err *err);

    /* The same objects one by one, in batches that need not fit into memory together. `each` gets every row with the arena of
     * its batch, in which the row and what `each` makes of it live until the batch is over; it may set *stop. It runs while the
     * store reads, so it calls no store. Errors: those of find, and the first of `each`. */
    hp_code (*scan)(hp_store *self, const hp_query *q, hp_row_fn each, void *arg, hp_err *err);

    /* How many match; limit, skip and order are ignored. */
    hp_code (*count)(hp_store *self, const hp_query *q, int64_t *out, hp_err *err);

    /* How find would answer `q`, in the store's own words: for people who look for a missing index. Owner: `mem`. */
    hp_code (*explain)(hp_store *self, const hp_query *q, hp_arena *mem, hp_value *out, hp_err *err);

    /* Runs `unit` whole or not at all, durably, before it returns. Units of several callers may share one commit.
     * Owner: `mem` owns the results. Errors: the first op that refuses, by its own code (unit->failed_op). */
    hp_code (*write)(hp_store *self, hp_unit *unit, hp_arena *mem, hp_err *err);

    /* Runs fn(tx, arg) alone among writers; what it reads and writes through `tx` is one transaction: committed if fn
     * returns HP_OK, undone otherwise. fn must not block on anything but `tx`, and never runs plug-in code. */
    hp_code (*transact)(hp_store *self, hp_code (*fn)(hp_store *tx, void *arg, hp_err *err), void *arg, hp_err *err);

    /* True if the store can serve now. */
    bool (*ready)(hp_store *self);

    void (*close)(hp_store *self);
} hp_store_ops;

struct hp_store { /* first member of each implementation */
    const hp_store_ops *ops;
};

/* The callers' side: checks what every store promised. */
HP_MUST_USE hp_code hp_store_load_classes(hp_store *s, hp_arena *mem, hp_class ***out, size_t *count, hp_err *err);
HP_MUST_USE hp_code hp_store_schema_version(hp_store *s, int64_t *out, hp_err *err);
HP_MUST_USE hp_code hp_store_counters(hp_store *s, int64_t out[HP_COUNTERS], hp_err *err);
HP_MUST_USE hp_code hp_store_find(hp_store *s, const hp_query *q, hp_arena *mem, hp_rows *out, hp_err *err);
HP_MUST_USE hp_code hp_store_scan(hp_store *s, const hp_query *q, hp_row_fn each, void *arg, hp_err *err);
HP_MUST_USE hp_code hp_store_count(hp_store *s, const hp_query *q, int64_t *out, hp_err *err);
HP_MUST_USE hp_code hp_store_explain(hp_store *s, const hp_query *q, hp_arena *mem, hp_value *out, hp_err *err);
HP_MUST_USE hp_code hp_store_write(hp_store *s, hp_unit *unit, hp_arena *mem, hp_err *err);
HP_MUST_USE hp_code hp_store_transact(hp_store *s, hp_code (*fn)(hp_store *tx, void *arg, hp_err *err), void *arg,
                                      hp_err *err);
void hp_store_close(hp_store *s); /* accepts NULL */

#endif

#include "store/store.h"

#include "base/limits.h"
#include "base/thread.h"

/* A failure always says what failed: the code that is returned is the code in `err`. */
static hp_code checked(hp_code rc, const hp_err *err)
{
    HP_ASSERT(rc == HP_OK || rc == err->code);
    return rc;
}

static hp_str *copy_names(hp_arena *mem, const hp_str *names, size_t count)
{
    hp_str *copies = HP_NEW_ARRAY(mem, hp_str, count);
    for (size_t i = 0; i < count; i++) copies[i] = hp_arena_str(mem, names[i]);
    return copies;
}

hp_row hp_row_copy(hp_arena *mem, const hp_row *from)
{
    hp_row row = *from;
    row.fields = hp_value_copy(mem, &from->fields);
    row.internal = hp_null();
    row.readers = copy_names(mem, from->readers, from->reader_count);
    row.writers = copy_names(mem, from->writers, from->writer_count);
    return row;
}

hp_code hp_store_load_classes(hp_store *s, hp_arena *mem, hp_class ***out, size_t *count, hp_err *err)
{
    hp_assert_worker_thread(); /* stores block; the loop must not */
    *out = NULL;
    *count = 0;
    return checked(s->ops->load_classes(s, mem, out, count, err), err);
}

hp_code hp_store_schema_version(hp_store *s, int64_t *out, hp_err *err)
{
    hp_assert_worker_thread();
    *out = 0;
    return checked(s->ops->schema_version(s, out, err), err);
}

hp_code hp_store_counters(hp_store *s, int64_t out[HP_COUNTERS], hp_err *err)
{
    hp_assert_worker_thread();
    for (int i = 0; i < HP_COUNTERS; i++) out[i] = 0;
    return checked(s->ops->counters(s, out, err), err);
}

hp_code hp_store_find(hp_store *s, const hp_query *q, hp_arena *mem, hp_rows *out, hp_err *err)
{
    hp_assert_worker_thread();
    HP_ASSERT(q->cls != NULL && q->limit >= -1 && q->skip >= 0);
    *out = (hp_rows){ 0 };
    hp_code rc = checked(s->ops->find(s, q, mem, out, err), err);
    HP_ASSERT(rc == HP_OK || out->count == 0); /* results or an error, never both */
    HP_ASSERT(q->limit < 0 || out->count <= (size_t)q->limit);
    return rc;
}

hp_code hp_store_scan(hp_store *s, const hp_query *q, hp_row_fn each, void *arg, hp_err *err)
{
    hp_assert_worker_thread();
    HP_ASSERT(q->cls != NULL && q->limit >= -1 && q->skip >= 0);
    return checked(s->ops->scan(s, q, each, arg, err), err);
}

hp_code hp_store_count(hp_store *s, const hp_query *q, int64_t *out, hp_err *err)
{
    hp_assert_worker_thread();
    HP_ASSERT(q->cls != NULL);
    *out = 0;
    hp_code rc = checked(s->ops->count(s, q, out, err), err);
    HP_ASSERT(*out >= 0);
    return rc;
}

hp_code hp_store_explain(hp_store *s, const hp_query *q, hp_arena *mem, hp_value *out, hp_err *err)
{
    hp_assert_worker_thread();
    HP_ASSERT(q->cls != NULL && q->limit >= -1 && q->skip >= 0);
    *out = hp_null();
    return checked(s->ops->explain(s, q, mem, out, err), err);
}

hp_code hp_store_write(hp_store *s, hp_unit *unit, hp_arena *mem, hp_err *err)
{
    hp_assert_worker_thread();
    unit->results = NULL;
    unit->ticket = 0;
    unit->failed_op = unit->count;
    unit->conflict_index = HP_STR_NONE;
    if (unit->count > HP_UNIT_OPS_MAX)
        return hp_fail(err, HP_E_INVALID_QUERY, "More than %d operations in one unit.", (int)HP_UNIT_OPS_MAX);
    hp_code rc = checked(s->ops->write(s, unit, mem, err), err);
    HP_ASSERT(rc != HP_OK || unit->count == 0 || unit->results != NULL);
    HP_ASSERT(rc == HP_OK || unit->results == NULL); /* a unit that was undone has no results */
    HP_ASSERT(rc == HP_OK || unit->failed_op <= unit->count);
    return rc;
}

hp_code hp_store_transact(hp_store *s, hp_code (*fn)(hp_store *tx, void *arg, hp_err *err), void *arg, hp_err *err)
{
    hp_assert_worker_thread();
    HP_ASSERT((s->ops->features & HP_STORE_TRANSACT) != 0);
    return checked(s->ops->transact(s, fn, arg, err), err);
}

void hp_store_close(hp_store *s)
{
    if (s != NULL) s->ops->close(s);
}

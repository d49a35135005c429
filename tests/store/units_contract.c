/* Atomic units: what each operation on objects does, what it answers, and that a unit is whole or not at all. */
#include "contract.h"

static hp_class *make_account(fixture *f)
{
    return make_class(
        f, "Account",
        ",\"owner\":{\"type\":\"String\"},\"balance\":{\"type\":\"Number\"},\"tags\":{\"type\":\"Array\"},"
        "\"info\":{\"type\":\"Object\"},\"_secret\":{\"type\":\"String\"},"
        "\"friends\":{\"type\":\"Relation\",\"targetClass\":\"Account\"}");
}

/* ---- INSERT ---- */

static void insert_answers_with_the_stored_object(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_unit_op op =
        insert_op(f, c, "{\"objectId\":\"a\",\"balance\":5,\"owner\":\"ann\",\"tags\":null,\"_secret\":\"x\"}");
    hp_unit_result r = must_run(f, op);
    const char *want = "{\"objectId\":\"a\",\"createdAt\":{\"__type\":\"Date\",\"iso\":\"1970-01-01T00:00:01.000Z\"},"
                       "\"updatedAt\":{\"__type\":\"Date\",\"iso\":\"1970-01-01T00:00:01.000Z\"},"
                       "\"owner\":\"ann\",\"balance\":5}";
    assert_string_equal(row_text(f, &r.after), want);
    assert_string_equal(object_text(f, c, "a"), want);
}

static void insert_expands_dotted_names(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_change changes[] = { change(f, c, "info.a.b", HP_OP_SET, "1"), change(f, c, "info.c", HP_OP_SET, "2") };
    hp_unit_op op = insert_op(f, c, "{\"objectId\":\"a\"}");
    op.changes = changes;
    op.change_count = 2;
    (void)must_run(f, op);
    assert_string_equal(ids_where(f, c, "{\"info.a.b\":1,\"info.c\":2}"), "a");
}

static void insert_of_a_known_id_is_a_duplicate(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_err err = { 0 };
    hp_unit unit;
    insert(f, c, "{\"objectId\":\"a\",\"balance\":1}");
    hp_unit_op again = insert_op(f, c, "{\"objectId\":\"a\",\"balance\":2}");
    assert_int_equal(run_ops(f, &again, 1, &unit, &err), HP_E_DUPLICATE_VALUE);
    assert_text(unit.conflict_index, "_id_");
    assert_string_equal(ids_where(f, c, "{\"balance\":1}"), "a");
    insert(f, c, "{\"objectId\":\"A\",\"balance\":3}"); /* ids are case-sensitive */
}

static void a_value_of_the_wrong_type_is_refused(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_err err = { 0 };
    hp_unit_op op = insert_op(f, c, "{\"objectId\":\"a\",\"balance\":\"5\"}");
    assert_int_equal(run_op(f, op, &err), HP_E_INCORRECT_TYPE);
    assert_string_equal(err.msg, "schema mismatch for Account.balance; expected Number but got String");
    assert_string_equal(object_text(f, c, "a"), "");
}

static void a_class_or_field_that_is_not_stored_is_refused(void **state)
{
    fixture *f = *state;
    hp_err err = { 0 };
    hp_class *unknown = class_from(f, "Unknown", "");
    assert_int_equal(run_op(f, insert_op(f, unknown, "{\"objectId\":\"a\"}"), &err), HP_E_INVALID_CLASS_NAME);
    (void)make_account(f);
    hp_class *wider = class_from(f, "Account", ",\"more\":{\"type\":\"String\"}");
    assert_int_equal(run_op(f, insert_op(f, wider, "{\"objectId\":\"a\",\"more\":\"x\"}"), &err),
                     HP_E_INVALID_SCHEMA_OPERATION);
}

/* ---- UPDATE ---- */

static void update_answers_with_the_object_before_and_after(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    insert(f, c, "{\"objectId\":\"a\",\"owner\":\"ann\",\"balance\":5,\"_secret\":\"s\"}");
    hp_change changes[] = { change(f, c, "balance", HP_OP_INCREMENT, "2.5"), change(f, c, "owner", HP_OP_UNSET, "null"),
                            change(f, c, "tags", HP_OP_ADD_UNIQUE, "[1,2,1]"),
                            change(f, c, "info.x.y", HP_OP_SET, "true"), change(f, c, "_secret", HP_OP_SET, "\"t\"") };
    hp_unit_result r = must_run(f, update_op(c, "a", changes, 5));
    assert_string_equal(row_text(f, &r.before),
                        "{\"objectId\":\"a\",\"createdAt\":{\"__type\":\"Date\",\"iso\":\"1970-01-01T00:00:01.000Z\"},"
                        "\"updatedAt\":{\"__type\":\"Date\",\"iso\":\"1970-01-01T00:00:01.000Z\"},"
                        "\"owner\":\"ann\",\"balance\":5}");
    const char *want = "{\"objectId\":\"a\",\"createdAt\":{\"__type\":\"Date\",\"iso\":\"1970-01-01T00:00:01.000Z\"},"
                       "\"updatedAt\":{\"__type\":\"Date\",\"iso\":\"1970-01-01T00:00:02.000Z\"},"
                       "\"balance\":7.5,\"tags\":[1,2],\"info\":{\"x\":{\"y\":true}}}";
    assert_string_equal(row_text(f, &r.after), want);
    assert_string_equal(object_text(f, c, "a"), want);
    assert_true(hp_is_null(&r.before.internal) && hp_is_null(&r.after.internal));
    hp_query q = query_all(c);
    q.filter = hp_filter_eq(f->mem, hp_class_field(c, HP_STR("_secret")), hp_string(HP_STR("t")));
    assert_int_equal(count_of(f, &q), 1);
}

static void update_without_changes_sets_the_time_only(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    insert(f, c, "{\"objectId\":\"a\",\"balance\":5}");
    hp_unit_op op = update_op(c, "a", NULL, 0);
    hp_unit_result r = must_run(f, op);
    assert_int_equal(hp_object_get(&r.after.fields, HP_STR("updatedAt"))->date.ms, 2000);
    op.updated_ms = 0;
    r = must_run(f, op);
    assert_int_equal(hp_object_get(&r.after.fields, HP_STR("updatedAt"))->date.ms, 2000);
}

static void decimal_increments_do_not_drift(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    insert(f, c, "{\"objectId\":\"a\",\"balance\":0.1}");
    hp_change ch = change(f, c, "balance", HP_OP_INCREMENT_DECIMAL, "{\"amount\":0.2,\"decimals\":2}");
    hp_unit_result r = must_run(f, update_op(c, "a", &ch, 1));
    assert_true(hp_object_get(&r.after.fields, HP_STR("balance"))->number == 0.3);
}

static void decimals_are_added_exactly_or_not_at_all(void **state)
{
    fixture *f = *state;
    hp_class *c = make_class(f, "Money", ",\"m\":{\"type\":\"Decimal128\"}");
    hp_err err = { 0 };
    insert(f, c, "{\"objectId\":\"a\"}");
    hp_change ch = change(f, c, "m", HP_OP_INCREMENT, "{\"__type\":\"Decimal128\",\"value\":\"0.10\"}");
    for (int i = 0; i < 100; i++) (void)must_run(f, update_op(c, "a", &ch, 1));
    ch = change(f, c, "m", HP_OP_INCREMENT, "{\"__type\":\"Decimal128\",\"value\":\"-1E-31\"}");
    hp_unit_result r = must_run(f, update_op(c, "a", &ch, 1));
    const hp_str text = hp_decimal_text(f->mem, hp_object_get(&r.after.fields, HP_STR("m"))->decimal);
    assert_text(text, "9.9999999999999999999999999999999");
    ch = change(f, c, "m", HP_OP_INCREMENT, "{\"__type\":\"Decimal128\",\"value\":\"1E+10\"}");
    assert_int_equal(run_op(f, update_op(c, "a", &ch, 1), &err), HP_E_INVALID_JSON);
    assert_string_equal(err.msg, "Increment would need more digits than a Decimal128 has.");
    assert_string_equal(ids_where(f, c, "{\"m\":{\"$lt\":10}}"), "a");
}

static void update_applies_to_what_its_filter_still_selects(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_err err = { 0 };
    insert(f, c, "{\"objectId\":\"a\",\"balance\":5}");
    hp_change ch = change(f, c, "balance", HP_OP_INCREMENT, "-5");
    hp_unit_op op = update_op(c, "a", &ch, 1);
    op.filter = filter_from(f, c, "{\"balance\":{\"$gte\":5}}");
    (void)must_run(f, op);
    assert_int_equal(run_op(f, op, &err), HP_E_OBJECT_NOT_FOUND);
    assert_string_equal(err.msg, "Object not found.");
    op.guard_code = (hp_code)4711;
    op.guard_message = "Too little.";
    assert_int_equal(run_op(f, op, &err), 4711);
    assert_string_equal(err.msg, "Too little.");
    assert_string_equal(ids_where(f, c, "{\"balance\":0}"), "a");
}

static void an_increment_out_of_range_changes_nothing(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_err err = { 0 };
    insert(f, c, "{\"objectId\":\"a\",\"balance\":1.7e308}");
    hp_change ch = change(f, c, "balance", HP_OP_INCREMENT, "1.7e308");
    assert_int_not_equal(run_op(f, update_op(c, "a", &ch, 1), &err), HP_OK);
    assert_string_equal(ids_where(f, c, "{\"balance\":1.7e308}"), "a");
}

static void values_that_could_not_be_read_back_are_refused(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_err err = { 0 };
    char deep[2 * 190 + 2] = "";
    for (int i = 0; i < 190; i++) deep[i] = '[', deep[190 + i] = ']';
    insert(f, c, "{\"objectId\":\"a\",\"info\":{}}");
    hp_change ch = change(f, c, "info.a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t", HP_OP_SET, deep);
    assert_int_equal(run_op(f, update_op(c, "a", &ch, 1), &err), HP_E_INVALID_JSON);
    ch = change(f, c, "info.a.b", HP_OP_SET, deep);
    (void)must_run(f, update_op(c, "a", &ch, 1));
    assert_string_equal(ids_where(f, c, "{\"info.a.b\":{\"$exists\":true}}"), "a");
}

/* ---- DELETE, DELETE_WHERE, REQUIRE ---- */

static void delete_answers_with_what_was_there(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_err err = { 0 };
    insert(f, c, "{\"objectId\":\"a\",\"balance\":5}");
    hp_unit_result r = must_run(f, delete_op(c, "a"));
    assert_true(hp_object_get(&r.before.fields, HP_STR("balance"))->number == 5);
    assert_string_equal(object_text(f, c, "a"), "");
    assert_int_equal(run_op(f, delete_op(c, "a"), &err), HP_E_OBJECT_NOT_FOUND);
}

static void delete_where_takes_all_that_match_and_says_how_many(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    insert(f, c, "{\"objectId\":\"a\",\"balance\":1}");
    insert(f, c, "{\"objectId\":\"b\",\"balance\":2}");
    insert(f, c, "{\"objectId\":\"c\",\"balance\":3}");
    hp_unit_op op = { .kind = HP_UNIT_DELETE_WHERE,
                      .cls = c,
                      .filter = filter_from(f, c, "{\"balance\":{\"$lt\":3}}") };
    assert_int_equal(must_run(f, op).affected, 2);
    assert_int_equal(must_run(f, op).affected, 0);
    assert_string_equal(ids_where(f, c, "{}"), "c");
    op.cls = class_from(f, "Unknown", "");
    op.filter = NULL;
    assert_int_equal(must_run(f, op).affected, 0);
}

static void require_guards_with_its_own_code_and_message(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_err err = { 0 };
    insert(f, c, "{\"objectId\":\"a\",\"balance\":5}");
    hp_unit_op op = { .kind = HP_UNIT_REQUIRE,
                      .cls = c,
                      .object_id = HP_STR("a"),
                      .filter = filter_from(f, c, "{\"balance\":{\"$gte\":5}}"),
                      .guard_code = HP_E_SCRIPT_FAILED,
                      .guard_message = "Insufficient balance." };
    (void)must_run(f, op);
    op.filter = filter_from(f, c, "{\"balance\":{\"$gte\":5.01}}");
    assert_int_equal(run_op(f, op, &err), HP_E_SCRIPT_FAILED);
    assert_string_equal(err.msg, "Insufficient balance.");
    op.filter = NULL;
    (void)must_run(f, op);
    op.object_id = HP_STR("b");
    assert_int_equal(run_op(f, op, &err), HP_E_SCRIPT_FAILED);
}

/* ---- whole or not at all ---- */

static void a_failing_third_operation_undoes_the_first_two(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_err err = { 0 };
    hp_unit unit;
    insert(f, c, "{\"objectId\":\"a\",\"balance\":5}");
    insert(f, c, "{\"objectId\":\"b\",\"balance\":0}");
    hp_change debit = change(f, c, "balance", HP_OP_INCREMENT, "-10");
    hp_change credit = change(f, c, "balance", HP_OP_INCREMENT, "10");
    hp_change link = change(f, c, "friends", HP_OP_ADD_RELATION,
                            "[{\"__type\":\"Pointer\",\"className\":\"Account\",\"objectId\":\"a\"}]");
    hp_unit_op ops[] = { update_op(c, "b", &credit, 1), insert_op(f, c, "{\"objectId\":\"n\"}"),
                         update_op(c, "b", &link, 1), update_op(c, "a", &debit, 1) };
    ops[3].filter = filter_from(f, c, "{\"balance\":{\"$gte\":10}}");
    ops[3].guard_code = HP_E_VALIDATION_ERROR;
    ops[3].guard_message = "no";
    assert_int_equal(run_ops(f, ops, 4, &unit, &err), HP_E_VALIDATION_ERROR);
    assert_int_equal(unit.failed_op, 3);
    assert_null(unit.results);
    assert_string_equal(ids_where(f, c, "{\"balance\":0}"), "b");
    assert_string_equal(object_text(f, c, "n"), "");
    assert_string_equal(
        ids_where(f, c, "{\"friends\":{\"__type\":\"Pointer\",\"className\":\"Account\",\"objectId\":\"a\"}}"), "");
}

static void operations_see_what_earlier_ones_of_the_unit_did(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_err err = { 0 };
    hp_unit unit;
    hp_change credit = change(f, c, "balance", HP_OP_INCREMENT, "10");
    hp_unit_op ops[] = { insert_op(f, c, "{\"objectId\":\"a\",\"balance\":1}"),
                         update_op(c, "a", &credit, 1),
                         { .kind = HP_UNIT_REQUIRE, .cls = c, .filter = filter_from(f, c, "{\"balance\":11}") },
                         delete_op(c, "a") };
    hp_code rc = run_ops(f, ops, 4, &unit, &err);
    assert_ok(rc, err);
    assert_true(hp_object_get(&unit.results[3].before.fields, HP_STR("balance"))->number == 11);
    assert_string_equal(ids_where(f, c, "{}"), "");
}

static void counters_are_raised_by_what_is_committed_and_by_nothing_else(void **state)
{
    fixture *f = *state;
    hp_class *c = make_class(f, "Counted", ",\"n\":{\"type\":\"Number\"}");
    hp_err err = { 0 };
    int64_t before[HP_COUNTERS], after[HP_COUNTERS];
    hp_unit_op ops[] = { insert_op(f, c, "{\"objectId\":\"a\",\"n\":1}"), delete_op(c, "nobody") };
    hp_unit one = { .ops = ops, .count = 1, .counters = 1u << HP_COUNTER_WEBHOOKS };
    hp_unit refused = { .ops = &ops[1], .count = 1, .counters = 1u << HP_COUNTER_WEBHOOKS | 1u << HP_COUNTER_SESSIONS };

    assert_int_equal(hp_store_counters(f->store, before, &err), HP_OK);
    assert_int_equal(hp_store_write(f->store, &one, f->mem, &err), HP_OK);
    assert_int_equal(hp_store_write(f->store, &refused, f->mem, &err), HP_E_OBJECT_NOT_FOUND);
    assert_int_equal(hp_store_counters(f->store, after, &err), HP_OK);
    assert_int_equal(after[HP_COUNTER_WEBHOOKS], before[HP_COUNTER_WEBHOOKS] + 1);
    assert_int_equal(after[HP_COUNTER_SESSIONS], before[HP_COUNTER_SESSIONS]);
}

static void a_class_made_in_a_refused_unit_is_not_there(void **state)
{
    fixture *f = *state;
    hp_class *c = class_from(f, "Late", ",\"x\":{\"type\":\"Number\"}");
    hp_err err = { 0 };
    hp_unit unit;
    int64_t version, later;
    hp_unit_op ops[] = { create_class_op(c), insert_op(f, c, "{\"objectId\":\"a\",\"x\":1}"), delete_op(c, "nobody") };
    assert_int_equal(hp_store_schema_version(f->store, &version, &err), HP_OK);
    assert_int_equal(run_ops(f, ops, 3, &unit, &err), HP_E_OBJECT_NOT_FOUND);
    assert_int_equal(hp_store_schema_version(f->store, &later, &err), HP_OK);
    assert_int_equal(version, later);
    assert_string_equal(ids_where(f, c, "{}"), "");
    hp_code rc = run_ops(f, ops, 2, &unit, &err); /* and can be made after all */
    assert_ok(rc, err);
    assert_string_equal(ids_where(f, c, "{\"x\":1}"), "a");
}

/* ---- ACL ---- */

static const hp_str PUBLIC_ONLY[] = { HP_STR_INIT("*") };
static const hp_str ANN[] = { HP_STR_INIT("*"), HP_STR_INIT("ann") };
static const hp_str ADMIN[] = { HP_STR_INIT("*"), HP_STR_INIT("bob"), HP_STR_INIT("role:ad\"min\\") };

static void insert_with_acl(fixture *f, const hp_class *c, const char *json, const hp_str *readers, size_t reader_count,
                            const hp_str *writers, size_t writer_count)
{
    hp_unit_op op = insert_op(f, c, json);
    op.set_acl = op.has_read_acl = op.has_write_acl = true;
    op.readers = readers;
    op.reader_count = reader_count;
    op.writers = writers;
    op.writer_count = writer_count;
    (void)must_run(f, op);
}

static hp_class *make_guarded(fixture *f)
{
    hp_class *c = make_account(f);
    insert(f, c, "{\"objectId\":\"open\",\"balance\":1}");
    insert_with_acl(f, c, "{\"objectId\":\"public\",\"balance\":1}", PUBLIC_ONLY, 1, NULL, 0);
    insert_with_acl(f, c, "{\"objectId\":\"anns\",\"balance\":1}", &ANN[1], 1, &ANN[1], 1);
    insert_with_acl(f, c, "{\"objectId\":\"roles\",\"balance\":1}", &ADMIN[2], 1, &ADMIN[2], 1);
    insert_with_acl(f, c, "{\"objectId\":\"locked\",\"balance\":1}", NULL, 0, NULL, 0);
    return c;
}

static void find_and_count_see_what_the_groups_may_read(void **state)
{
    fixture *f = *state;
    hp_class *c = make_guarded(f);
    const struct {
        hp_acl_scope scope;
        const char *want;
    } cases[] = {
        { { true, NULL, 0 }, "open public anns roles locked" }, { { false, NULL, 0 }, "open" },
        { { false, PUBLIC_ONLY, 1 }, "open public" },           { { false, ANN, 2 }, "open public anns" },
        { { false, ADMIN, 3 }, "open public roles" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_query q = query_all(c);
        q.readable_by = cases[i].scope;
        hp_rows rows = find(f, &q);
        assert_string_equal(ids_of(f, rows), cases[i].want);
        assert_int_equal(count_of(f, &q), rows.count);
        q.filter = filter_from(f, c, "{\"$or\":[{\"balance\":1},{\"objectId\":\"locked\"}]}");
        assert_string_equal(ids_of(f, find(f, &q)), cases[i].want);
    }
}

static void update_and_delete_touch_what_the_groups_may_write(void **state)
{
    fixture *f = *state;
    hp_class *c = make_guarded(f);
    hp_err err = { 0 };
    hp_change ch = change(f, c, "balance", HP_OP_SET, "2");
    const struct {
        const char *id;
        bool ann_may;
    } cases[] = { { "open", true }, { "public", false }, { "anns", true }, { "roles", false }, { "locked", false } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        hp_unit_op update = update_op(c, cases[i].id, &ch, 1), delete = delete_op(c, cases[i].id);
        update.writable_by = delete.writable_by = (hp_acl_scope){ false, ANN, 2 };
        assert_int_equal(run_op(f, update, &err), cases[i].ann_may ? HP_OK : HP_E_OBJECT_NOT_FOUND);
        assert_int_equal(run_op(f, delete, &err), cases[i].ann_may ? HP_OK : HP_E_OBJECT_NOT_FOUND);
    }
    assert_string_equal(ids_where(f, c, "{\"balance\":1}"), "public roles locked");
}

static void an_acl_comes_back_as_it_was_set(void **state)
{
    fixture *f = *state;
    hp_class *c = make_guarded(f);
    hp_query q = query_all(c);
    hp_unit_op op = update_op(c, "open", NULL, 0);

    q.filter = filter_from(f, c, "{\"objectId\":\"roles\"}");
    hp_row row = find(f, &q).items[0];
    assert_true(row.has_read_acl && row.has_write_acl && row.reader_count == 1 && row.writer_count == 1);
    assert_text(row.readers[0], "role:ad\"min\\");
    q.filter = filter_from(f, c, "{\"objectId\":\"locked\"}");
    row = find(f, &q).items[0];
    assert_true(row.has_read_acl && row.has_write_acl && row.reader_count == 0 && row.writer_count == 0);

    op.set_acl = op.has_read_acl = op.has_write_acl = true;
    op.readers = ANN;
    op.reader_count = 2;
    hp_unit_result r = must_run(f, op);
    assert_false(r.before.has_read_acl || r.before.has_write_acl);
    assert_true(r.after.has_read_acl && r.after.reader_count == 2 && r.after.has_write_acl &&
                r.after.writer_count == 0);
    op.set_acl = false;
    r = must_run(f, op); /* not mentioned: stays */
    assert_int_equal(r.after.reader_count, 2);
    op.set_acl = true;
    op.has_read_acl = op.has_write_acl = false;
    r = must_run(f, op);
    assert_false(r.after.has_read_acl || r.after.has_write_acl);
}

/* ---- relations ---- */

#define ACCOUNT(id) "{\"__type\":\"Pointer\",\"className\":\"Account\",\"objectId\":\"" id "\"}"

static const char *related_to(fixture *f, const hp_class *c, const char *owner)
{
    hp_filter in = { .kind = HP_FILTER_IN_RELATION,
                     .path = path_to(f, c, "friends"),
                     .relation = { .class_name = HP_STR("Account"), .owner_id = hp_str_of(owner) } };
    hp_query q = query_all(c);
    q.filter = &in;
    return ids_of(f, find(f, &q));
}

static void relations_link_and_unlink_both_ways(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    insert(f, c, "{\"objectId\":\"a\"}");
    insert(f, c, "{\"objectId\":\"b\"}");
    insert(f, c, "{\"objectId\":\"c\"}");
    hp_change add = change(f, c, "friends", HP_OP_ADD_RELATION, "[" ACCOUNT("c") "," ACCOUNT("b") "," ACCOUNT("b") "]");
    (void)must_run(f, update_op(c, "a", &add, 1));
    (void)must_run(f, update_op(c, "a", &add, 1)); /* again: nothing more */
    assert_string_equal(related_to(f, c, "a"), "b c");
    assert_string_equal(related_to(f, c, "b"), "");
    assert_string_equal(ids_where(f, c, "{\"friends\":" ACCOUNT("b") "}"), "a");

    hp_change remove = change(f, c, "friends", HP_OP_REMOVE_RELATION, "[" ACCOUNT("b") "," ACCOUNT("x") "]");
    (void)must_run(f, update_op(c, "a", &remove, 1));
    assert_string_equal(related_to(f, c, "a"), "c");
    assert_string_equal(ids_where(f, c, "{\"friends\":" ACCOUNT("b") "}"), "");
}

static void relations_work_on_insert_and_go_with_their_owner(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_change add = change(f, c, "friends", HP_OP_ADD_RELATION, "[" ACCOUNT("b") "]");
    hp_unit_op op = insert_op(f, c, "{\"objectId\":\"a\"}");
    op.changes = &add;
    op.change_count = 1;
    (void)must_run(f, op);
    insert(f, c, "{\"objectId\":\"b\"}");
    assert_string_equal(related_to(f, c, "a"), "b");
    (void)must_run(f, delete_op(c, "a"));
    insert(f, c, "{\"objectId\":\"a\"}"); /* a new object under the old id owns no links */
    assert_string_equal(related_to(f, c, "a"), "");
}

static void a_relation_takes_its_target_class_only(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_err err = { 0 };
    insert(f, c, "{\"objectId\":\"a\"}");
    hp_change add = change(f, c, "friends", HP_OP_ADD_RELATION,
                           "[{\"__type\":\"Pointer\",\"className\":\"Other\",\"objectId\":\"x\"}]");
    assert_int_equal(run_op(f, update_op(c, "a", &add, 1), &err), HP_E_INCORRECT_TYPE);
}

/* ---- transact ---- */

typedef struct transfer {
    fixture *f;
    const hp_class *c;
    hp_code end_with;
    bool refused_inside;
} transfer;

static hp_code move_all(hp_store *tx, void *arg, hp_err *err)
{
    transfer *t = arg;
    fixture inside = *t->f;
    inside.store = tx;
    hp_query q = query_all(t->c);
    q.filter = filter_from(&inside, t->c, "{\"balance\":{\"$gt\":0}}");
    hp_rows rows = find(&inside, &q);
    if (rows.count != 1) return hp_fail(err, HP_E_INTERNAL, "nothing to move");

    hp_change zero = change(&inside, t->c, "balance", HP_OP_SET, "0"),
              all = change(&inside, t->c, "balance", HP_OP_SET, "5");
    hp_unit_op half[] = { update_op(t->c, "a", &zero, 1), delete_op(t->c, "nobody") };
    hp_unit unit;
    t->refused_inside = run_ops(&inside, half, 2, &unit, err) == HP_E_OBJECT_NOT_FOUND &&
                        strcmp(ids_where(&inside, t->c, "{\"balance\":5}"), "a") == 0;
    hp_unit_op whole[] = { update_op(t->c, "a", &zero, 1), update_op(t->c, "b", &all, 1) };
    HP_TRY(run_ops(&inside, whole, 2, &unit, err));
    if (strcmp(ids_where(&inside, t->c, "{\"balance\":5}"), "b") != 0)
        return hp_fail(err, HP_E_INTERNAL, "not seen inside");
    return t->end_with == HP_OK ? HP_OK : hp_fail(err, t->end_with, "changed my mind");
}

static void transact_commits_or_undoes_all_of_its_function(void **state)
{
    fixture *f = *state;
    hp_class *c = make_account(f);
    hp_err err = { 0 };
    insert(f, c, "{\"objectId\":\"a\",\"balance\":5}");
    insert(f, c, "{\"objectId\":\"b\",\"balance\":0}");
    transfer t = { f, c, HP_E_SCRIPT_FAILED, false };
    assert_int_equal(hp_store_transact(f->store, move_all, &t, &err), HP_E_SCRIPT_FAILED);
    assert_string_equal(err.msg, "changed my mind");
    assert_string_equal(ids_where(f, c, "{\"balance\":5}"), "a");
    t.end_with = HP_OK;
    hp_code rc = hp_store_transact(f->store, move_all, &t, &err);
    assert_ok(rc, err);
    assert_true(t.refused_inside);
    assert_string_equal(ids_where(f, c, "{\"balance\":5}"), "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        contract_test(insert_answers_with_the_stored_object),
        contract_test(insert_expands_dotted_names),
        contract_test(insert_of_a_known_id_is_a_duplicate),
        contract_test(a_value_of_the_wrong_type_is_refused),
        contract_test(a_class_or_field_that_is_not_stored_is_refused),
        contract_test(update_answers_with_the_object_before_and_after),
        contract_test(update_without_changes_sets_the_time_only),
        contract_test(decimal_increments_do_not_drift),
        contract_test(decimals_are_added_exactly_or_not_at_all),
        contract_test(update_applies_to_what_its_filter_still_selects),
        contract_test(an_increment_out_of_range_changes_nothing),
        contract_test(values_that_could_not_be_read_back_are_refused),
        contract_test(delete_answers_with_what_was_there),
        contract_test(delete_where_takes_all_that_match_and_says_how_many),
        contract_test(require_guards_with_its_own_code_and_message),
        contract_test(a_failing_third_operation_undoes_the_first_two),
        contract_test(operations_see_what_earlier_ones_of_the_unit_did),
        contract_test(counters_are_raised_by_what_is_committed_and_by_nothing_else),
        contract_test(a_class_made_in_a_refused_unit_is_not_there),
        contract_test(find_and_count_see_what_the_groups_may_read),
        contract_test(update_and_delete_touch_what_the_groups_may_write),
        contract_test(an_acl_comes_back_as_it_was_set),
        contract_test(relations_link_and_unlink_both_ways),
        contract_test(relations_work_on_insert_and_go_with_their_owner),
        contract_test(a_relation_takes_its_target_class_only),
        contract_test(transact_commits_or_undoes_all_of_its_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// Questions that must not be answered: hidden data as a condition (A), text that tries to become part of a statement (E),
// and work out of proportion (L). The names of the tests are those of tests/support/security_rows.mjs.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';

import { pointer } from '../support/payments.mjs';
import { makeWorld, query } from '../support/security.mjs';

let w;

before(async () => {
    w = await makeWorld();
});
after(() => w.stop());

const ids = (answer) => {
    assert.equal(answer.status, 200, answer.text);
    return answer.body.results.map((row) => row.objectId);
};

test('sec_A1_protected_and_internal_fields_as_conditions', async () => {
    for (const who of ['nobody', 'ann', 'rita'])
        for (const where of [{ secret: { $regex: '^a' } }, { secret: 'alpha' }, { secret: { $exists: true } }, { obj: { $exists: true } }])
            await w.refusesQuestion(119, who, 'T', where);
    for (const name of ['_hashed_password', '_perishable_token', '_rperm', '_wperm', '_failed_login_count'])
        await w.refusesQuestion([105, 119], 'ann', '_User', { [name]: { $regex: '^\\$' } });
    await w.refusesQuestion(119, 'ann', '_User', { email: { $regex: '^b' } });
    await w.refusesQuestion(119, 'ann', '_User', { password: { $exists: true } });
    assert.deepEqual(ids(await w.find('master', 'T', { where: { secret: { $regex: '^a' } } })), [w.thing]);
    assert.deepEqual(ids(await w.find('readOnly', 'T', { where: { secret: { $regex: '^a' } } })), [w.thing]);
    assert.deepEqual(ids(await w.find('nobody', 'T', { where: { name: { $regex: '^t' } } })), [w.thing]);
});

test('sec_A2_session_tokens_as_conditions', async () => {
    for (const name of ['sessionToken', '_session_token']) {
        await w.refusesQuestion([105, 119], 'nobody', '_User', { [name]: { $regex: '^r:' } });
        await w.refusesQuestion([105, 119], 'bob', '_User', { [name]: { $regex: '^r:' } });
    }
    await w.refusesQuestion(209, 'nobody', '_Session', { sessionToken: { $regex: '^r:' } });
    const own = await w.find('bob', '_Session', { where: { sessionToken: { $regex: '^r:' } } });
    assert.deepEqual(own.body.results.map((row) => row.user.objectId), [w.users.bob.id]);
    const foreign = await w.find('bob', '_Session', { where: { sessionToken: w.users.ann.session }, count: 1 });
    assert.deepEqual(foreign.body, { results: [], count: 0 });
});

test('sec_A3_protected_fields_inside_or_and_nor', async () => {
    for (const where of [
        { $or: [{ name: 'x' }, { $and: [{ secret: 'a' }] }] },
        { $nor: [{ $or: [{ secret: 'a' }] }] },
        { $and: [{ name: 'thing' }, { $nor: [{ 'obj.k': 'v' }] }] },
    ])
        await w.refusesQuestion(119, 'nobody', 'T', where);
    assert.deepEqual(ids(await w.find('nobody', 'T', { where: { $or: [{ name: 'x' }, { $and: [{ name: 'thing' }] }] } })), [w.thing]);
});

test('sec_A4_dotted_protected_and_order', async () => {
    for (const name of ['obj.k', 'obj.k.deeper', 'obj.0']) await w.refusesQuestion(119, 'nobody', 'T', { [name]: 'v' });
    for (const order of ['obj.k', '-secret', 'name,-secret', ' secret', '-obj.k.l']) {
        await w.refused(119, () => w.find('nobody', 'T', { order }), `order=${order}`);
        await w.refused(119, () => w.inBatch('nobody', 'GET', '/classes/T', { order }), `order=${order} in a batch`);
    }
    assert.deepEqual(ids(await w.find('master', 'T', { where: { 'obj.k': 'v' }, order: '-secret' })), [w.thing]);
    assert.deepEqual(ids(await w.find('nobody', 'T', { order: '-name' })), [w.thing]);
});

test('sec_A7_array_like_objects', async () => {
    for (const op of ['$or', '$and', '$nor'])
        await w.refusesQuestion(102, 'nobody', 'T', { [op]: { 0: { secret: 'a' }, length: 1 } });
    await w.refusesQuestion([102, 107], 'nobody', 'T', { name: { $in: { 0: 'thing', length: 1 } } });
});

test('sec_A8_related_objects_of_a_hidden_owner_and_by_a_protected_relation', async () => {
    const member = await w.make('T', { name: 'member' });
    const add = { __op: 'AddRelation', objects: [pointer('T', member)] };
    const hidden = await w.make('T', { name: 'owner', rel: add, ACL: { [w.users.ann.id]: { read: true } } });
    const related = (id) => ({ $relatedTo: { object: pointer('T', id), key: 'rel' } });

    for (const who of ['nobody', 'bob'])
        for (const where of [related(hidden), { $or: [related(hidden)] }, { $and: [{ name: 'member' }, related(hidden)] }]) {
            assert.deepEqual(ids(await w.find(who, 'T', { where })), []);
            assert.deepEqual((await w.find(who, 'T', { where, count: 1, limit: 0 })).body, { results: [], count: 0 });
            assert.deepEqual(ids(await w.find(who, 'Q', { where: { t: { $inQuery: { className: 'T', where } } } })), []);
        }
    assert.deepEqual(ids(await w.find('ann', 'T', { where: related(hidden) })), [member]);

    await w.makeClass('Closed', { rel: { type: 'Relation', targetClass: 'T' } }, { get: {}, find: {} });
    const closed = await w.make('Closed', { rel: add });
    const fromClosed = { $relatedTo: { object: pointer('Closed', closed), key: 'rel' } };
    for (const where of [fromClosed, { $or: [fromClosed] }]) {
        const answer = await w.find('ann', 'T', { where });
        if (answer.status === 200) assert.deepEqual(answer.body.results, []);
        else assert.equal(answer.body.code, 119);
        assert.deepEqual(ids(await w.find('master', 'T', { where })), [member]);
    }

    await w.setPermissions('T', { protectedFields: { '*': ['secret', 'obj', 'rel'] } });
    try {
        for (const where of [related(hidden), { $or: [related(hidden)] }]) await w.refusesQuestion(119, 'ann', 'T', where);
        assert.deepEqual(ids(await w.find('master', 'T', { where: related(hidden) })), [member]);
    } finally {
        await w.setPermissions('T', { protectedFields: { '*': ['secret', 'obj'] } });
    }
});

test('sec_A9_protected_relation_is_not_counted_either', async () => {
    const groups = { authenticated: 'Rel1', 'role:R': 'Rel2', [w.users.rita.id]: 'Rel3' };
    for (const [group, className] of Object.entries(groups)) {
        await w.makeClass(className, { rel: { type: 'Relation', targetClass: 'T' } }, { protectedFields: { [group]: ['rel'] } });
        const owner = await w.make(className, { rel: { __op: 'AddRelation', objects: [pointer('T', w.thing)] } });
        const where = { $relatedTo: { object: pointer(className, owner), key: 'rel' } };
        await w.refused(119, () => w.find('rita', 'T', { where, count: 1, limit: 0 }), `counted by ${group}`);
        await w.refused(119, () => w.find('rita', 'T', { where }), `found by ${group}`);
        assert.equal((await w.find('nobody', 'T', { where, count: 1, limit: 0 })).body.count, 1);
    }
});

test('sec_A10_no_query_plans', async () => {
    for (const explain of [true, 'queryPlanner', 'executionStats', 1]) {
        await w.refused(102, () => w.find('nobody', 'T', { explain }));
        await w.refused(102, () => w.inBatch('nobody', 'GET', '/classes/T', { explain }));
        await w.refused(102, () => w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', explain }));
    }
});

test('sec_A11_private_columns_through_a_pointer', async () => {
    const sub = (where) => ({ u: { $inQuery: { className: '_User', where } } });
    for (const name of ['_perishable_token', '_hashed_password', '_email_verify_token', '_rperm'])
        await w.refused([105, 119], () => w.find('ann', 'Q', { where: sub({ [name]: { $exists: true } }) }), name);
    for (const name of ['password', 'email', 'sessionToken'])
        await w.refused(119, () => w.find('ann', 'Q', { where: sub({ [name]: { $exists: true } }) }), name);
    // A pointer is no way into its target: whatever is asked there, the answer is that of a field that is not there.
    for (const name of ['u._hashed_password', 't1._hashed_password', '_User._hashed_password', 't.secret', 't1.secret', 'u.email', 'u.username'])
        for (const constraint of [{ $exists: true }, { $regex: '.' }, { $ne: null }]) {
            const answer = await w.find('ann', 'Q', { where: { [name]: constraint } });
            if (answer.status === 200) assert.deepEqual(answer.body.results, [], name);
            else assert.ok([105, 119].includes(answer.body.code), answer.text);
        }
    assert.deepEqual(ids(await w.find('ann', 'Q', { where: sub({ username: 'ann' }) })), [w.pointing]);
});

test('sec_A12_text_search_finds_nothing_through_a_hidden_column', async () => {
    const search = (name, term) => ({ [name]: { $text: { $search: { $term: term } } } });
    await w.must('master', 'PUT', '/schemas/T', { className: 'T', indexes: { words: { name: 'text', secret: 'text' } } });
    const found = await w.make('T', { name: 'harmless soup', secret: 'treasure map' });
    const where = search('name', 'treasure');
    assert.deepEqual(ids(await w.find('nobody', 'T', { where })), []);
    assert.equal((await w.find('nobody', 'T', { where, count: 1, limit: 0 })).body.count, 0);
    await w.refusesQuestion(119, 'nobody', 'T', search('secret', 'treasure'));
    await w.refused(119, () => w.find('nobody', 'T', { where: { $or: [search('secret', 'treasure')] }, keys: '$score', order: '$score' }));
    assert.deepEqual(ids(await w.find('master', 'T', { where: search('secret', 'treasure') })), [found]);
    assert.deepEqual(ids(await w.find('nobody', 'T', { where: search('name', 'soups') })), [found]);
    await w.must('master', 'DELETE', `/classes/T/${found}`);
    await w.must('master', 'PUT', '/schemas/T', { className: 'T', indexes: { words: { __op: 'Delete' } } });
});

test('sec_A13_names_in_another_case', async () => {
    for (const name of ['SECRET', 'Secret', 'sEcret', 'OBJ.k']) {
        const right = await w.find('nobody', 'T', { where: { [name]: name.startsWith('O') ? 'v' : 'alpha' } });
        const wrong = await w.find('nobody', 'T', { where: { [name]: 'zzz' } });
        assert.deepEqual([right.status, right.body], [wrong.status, wrong.body], name);
        if (right.status === 200) assert.deepEqual(right.body.results, []);
        const shown = await w.find('nobody', 'T', { keys: name.split('.')[0] });
        assert.doesNotMatch(shown.text, /alpha|"k":"v"/);
    }
    const other = await w.make('T', { name: 'other', secret: 'beta' });
    assert.deepEqual(ids(await w.find('nobody', 'T', { order: 'Secret' })), ids(await w.find('nobody', 'T', { order: '-Secret' })));
    await w.must('master', 'DELETE', `/classes/T/${other}`);
});

const BREAKOUTS = ["obj.a' OR '1'='1", 'obj.a"-- ', "obj.a')", 'obj.a\\"b', "obj.a'+(select 1)+'b", 'obj.$[0]', 'obj.a;b'];

test('sec_E1_a_dotted_name_is_no_sql', async () => {
    for (const name of [...BREAKOUTS, 'obj.a b']) await w.refusesQuestion(105, 'master', 'T', { [name]: 1 });
    assert.deepEqual(ids(await w.find('master', 'T', { where: { 'obj.k': 'v' } })), [w.thing]);
});

test('sec_E2_an_amount_is_a_number', async () => {
    for (const amount of ['1+(select 1)', '1', { a: 1 }, [1], null, true])
        for (const name of ['obj.count', 'n'])
            await w.refuses(107, 'master', 'PUT', `/classes/T/${w.thing}`, { [name]: { __op: 'Increment', amount } });
    for (const text of ['1e999', 'NaN', '-1e400'])
        await w.refused([107, 400], () => w.ask('master', 'PUT', `/classes/T/${w.thing}`, `{"n":{"__op":"Increment","amount":${text}}}`));
    await w.must('master', 'PUT', `/classes/T/${w.thing}`, { 'obj.count': { __op: 'Increment', amount: 2 } });
    assert.deepEqual((await w.stored('T', w.thing)).obj, { k: 'v', count: 2 });
    await w.must('master', 'PUT', `/classes/T/${w.thing}`, { 'obj.count': { __op: 'Delete' } });
});

test('sec_E3_a_dotted_update_is_no_sql', async () => {
    const operations = [
        { __op: 'Increment', amount: 1 },
        { __op: 'Delete' },
        { __op: 'Add', objects: [1] },
        { __op: 'AddUnique', objects: [1] },
        { __op: 'Remove', objects: [1] },
        5,
    ];
    for (const name of BREAKOUTS)
        for (const operation of operations) await w.refuses(105, 'master', 'PUT', `/classes/T/${w.thing}`, { [name]: operation });

    const before = await w.stored('T', w.thing);
    for (const key of ['a b', 'a -- ', 'a/*', 'a OR 1=1', 'a,b', '%_?', '👍']) {
        await w.must('master', 'PUT', `/classes/T/${w.thing}`, { [`obj.${key}`]: { __op: 'Increment', amount: 1 } });
        assert.deepEqual((await w.stored('T', w.thing)).obj, { ...before.obj, [key]: 1 }, key);
        await w.must('master', 'PUT', `/classes/T/${w.thing}`, { [`obj.${key}`]: { __op: 'Delete' } });
    }
    assert.deepEqual((await w.stored('T', w.thing)).obj, before.obj);
});

test('sec_E5_regex_literals', async () => {
    const names = ["';--", '100%', 'a_b', 'axb', '\\E', "q'uo\"te"];
    const made = {};
    for (const name of names) made[name] = await w.make('T', { name });
    const matching = async (pattern) => ids(await w.find('nobody', 'T', { where: { name: { $regex: pattern } } }));
    assert.deepEqual(await matching("\\Q';--\\E"), [made["';--"]]);
    assert.deepEqual(await matching('^\\Q100%'), [made['100%']]);
    assert.deepEqual(await matching('\\Qa_b\\E$'), [made.a_b]);
    assert.deepEqual(await matching('^\\Q\\E\\\\E\\Q\\E$'), [made['\\E']]); // as SDKs quote \E itself
    assert.deepEqual(await matching("q'uo\"te"), [made["q'uo\"te"]]);
    for (const pattern of ['\\E', '\\Q', '\\Qa', "'; DROP TABLE T;--", '%', '_', '\\', '(', '[', '*']) {
        const answer = await w.find('nobody', 'T', { where: { name: { $regex: pattern } } });
        assert.ok(answer.status === 200 || answer.body.code === 102, answer.text);
    }
    assert.equal((await matching('%')).length, 1);
    for (const id of Object.values(made)) await w.must('master', 'DELETE', `/classes/T/${id}`);
});

test('sec_E6_order_is_a_list_of_names', async () => {
    const other = await w.make('T', { name: 'aaa', secret: 'zeta' });
    for (const order of ['name COLLATE NOCASE', '1', 'name,(select 1)', 'secret desc', 'length(secret)', 'na"me', 'name;', 'name--', 'random()'])
        await w.refused([102, 105, 119], () => w.find('nobody', 'T', { order }), order);
    assert.deepEqual(ids(await w.find('nobody', 'T', { order: 'nosuch' })), ids(await w.find('nobody', 'T', { order: '-nosuch' })));
    assert.deepEqual(ids(await w.find('nobody', 'T', { order: 'name', where: { name: { $in: ['aaa', 'thing'] } } })), [other, w.thing]);
    await w.must('master', 'DELETE', `/classes/T/${other}`);
});

test('sec_E7_json_paths_come_from_checked_segments', async () => {
    const bad = ['obj.a".b', 'obj.[0]', 'obj.[#-1]', 'obj.a]', 'obj.$', 'obj.a\u0000b', 'obj..a', 'obj.', '.obj', 'obj.a\nb'];
    for (const name of bad) {
        await w.refused([105, 107], () => w.find('master', 'T', { where: { [name]: 1 } }), name);
        await w.refused([105, 400], () => w.ask('master', 'PUT', `/classes/T/${w.thing}`, { [name]: 1 }), name);
    }
    const long = `obj.${'a.'.repeat(999)}a`;
    await w.refused([102, 105], () => w.ask('master', 'POST', '/classes/T', { _method: 'GET', where: { [long]: 1 } }));
    await w.refused([102, 105], () => w.ask('master', 'PUT', `/classes/T/${w.thing}`, { [long]: 1 }));
    // What is a name elsewhere is a name here.
    assert.deepEqual(ids(await w.find('master', 'T', { where: { 'obj.length': 1 } })), []);
});

test('sec_E8_names_that_mean_something_to_a_database', async () => {
    const fields = ['order', 'group', 'select', 'rowid', 'oid', 'table', 'Secret', 'NAME', 'null', 'json'];
    await w.makeClass('Order', Object.fromEntries([...fields, 'secret', 'name'].map((name) => [name, { type: 'String' }])), {
        protectedFields: { '*': ['secret'] },
    });
    const values = Object.fromEntries([...fields, 'secret', 'name'].map((name) => [name, `value of ${name}`]));
    const id = await w.make('Order', values);
    const seen = await w.must('nobody', 'GET', `/classes/Order/${id}`);
    for (const name of [...fields, 'name']) {
        assert.equal(seen[name], `value of ${name}`);
        assert.deepEqual(ids(await w.find('nobody', 'Order', { where: { [name]: `value of ${name}` }, order: name })), [id]);
    }
    assert.equal(seen.secret, undefined);
    await w.refused(119, () => w.find('nobody', 'Order', { where: { secret: 'x' } }));

    for (const className of ['_rowid_', 'sqlite_master', 'sqlite_x', 'order'])
        assert.ok((await w.ask('master', 'POST', `/schemas/${className}`, { className, fields: { v: { type: 'String' } } })).status < 500);
    // Classes that differ in case are two classes.
    await w.makeClass('foo', { v: { type: 'String' } }, { find: {} });
    const second = await w.ask('master', 'POST', '/schemas/Foo', { className: 'Foo', fields: { v: { type: 'String' } } });
    if (second.status === 200) {
        await w.make('foo', { v: 'closed' });
        await w.make('Foo', { v: 'open' });
        const open = await w.find('nobody', 'Foo', {});
        assert.deepEqual(open.body.results.map((row) => row.v), ['open']);
        await w.refused(119, () => w.find('nobody', 'foo', {}));
    } else assert.ok([103, 105].includes(second.body.code), second.text);
});

test('sec_E10_no_code_runs_in_the_store', async () => {
    for (const where of [{ $where: '1' }, { $expr: { $eq: [1, 1] } }, { $function: {} }, { $jsonSchema: {} }, { $text: { $search: 'a' } }, { $comment: 'x' }])
        await w.refusesQuestion([102, 105, 107], 'master', 'T', where);
    for (const op of ['$function', '$accumulator', '$where', '$expr', '$mod', '$type', '$size', '$bitsAllSet', '$elemMatch'])
        await w.refusesQuestion([102, 105, 107], 'master', 'T', { name: { [op]: 'return 1' } });
});

test('sec_E12_unknown_names_are_absent_and_store_errors_are_ours', async () => {
    for (const where of [{ nosuch: 1 }, { 'nosuch.deep': 1 }, { nosuch: { $regex: 'a' } }, { nosuch: { $gt: 1 } }]) {
        assert.deepEqual(ids(await w.find('nobody', 'T', { where })), []);
        assert.deepEqual((await w.find('nobody', 'T', { where, count: 1, limit: 0 })).body, { results: [], count: 0 });
    }
    const bad = await w.refused(102, () => w.find('nobody', 'T', { where: { name: { $regex: '(' } } }));
    assert.doesNotMatch(bad.body.error, /pcre|offset/i);
});

const nested = (open, close, levels, inner = '{"name":"x"}') => `${open.repeat(levels)}${inner}${close.repeat(levels)}`;
const within = async (ms, attempt) => {
    const started = process.hrtime.bigint();
    const answer = await attempt();
    const taken = Number(process.hrtime.bigint() - started) / 1e6;
    assert.ok(taken < ms, `took ${taken} ms`);
    return answer;
};

test('sec_L1_deep_nesting_is_refused_before_work', async () => {
    for (const [open, close] of [['{"$or":[', ']}'], ['{"$and":[', ']}'], ['{"$nor":[', ']}']]) {
        for (const levels of [11, 60])
            await w.refused(102, () => within(2000, () => w.ask('nobody', 'POST', '/classes/T', `{"_method":"GET","where":${nested(open, close, levels)}}`)));
        await w.refused([102, 107, 400], () => within(2000, () => w.ask('nobody', 'POST', '/classes/T', `{"_method":"GET","where":${nested(open, close, 10_000)}}`)));
        await w.refused([102, 107, 400], () => w.ask('nobody', 'POST', '/classes/T', JSON.stringify({ _method: 'GET', where: nested(open, close, 10_000) })));
    }
    const fine = nested('{"$or":[', ']}', 5, '{"name":"thing"}');
    assert.deepEqual(ids(await w.ask('nobody', 'POST', '/classes/T', `{"_method":"GET","where":${fine}}`)), [w.thing]);
});

test('sec_L2_deep_nesting_below_other_operators', async () => {
    const deep = JSON.parse(nested('{"$and":[{"$or":[', ']}]}', 20));
    for (const where of [
        { t: { $inQuery: { className: 'T', where: deep } } },
        { t: { $notInQuery: { className: 'T', where: deep } } },
        { name: { $select: { query: { className: 'T', where: deep }, key: 'name' } } },
        { $nor: [deep] },
    ]) {
        await w.refused(102, () => w.find('nobody', 'Q', { where }));
        await w.refused(102, () => w.find('nobody', 'Q', { where, include: 't,u', redirectClassNameForKey: 't' }));
    }
});

test('sec_L3_nested_arrays_and_hidden_operators', async () => {
    const arrays = `{"_method":"GET","where":{"$or":${nested('[', ']', 40, '{"name":"x"}')}}}`;
    await w.refused([102, 107], () => within(2000, () => w.ask('nobody', 'POST', '/classes/T', arrays)));
    const hidden = nested('{"list":{"$elemMatch":{"$or":[', ']}}}', 30);
    await w.refused([102, 107], () => within(2000, () => w.ask('nobody', 'POST', '/classes/T', `{"_method":"GET","where":${hidden}}`)));
    const not = nested('{"list":{"$not":', '}}', 60, '{"$in":[1]}');
    await w.refused([102, 107], () => within(2000, () => w.ask('nobody', 'POST', '/classes/T', `{"_method":"GET","where":${not}}`)));
});

test('sec_L5_includes_and_sub_queries_are_counted', async () => {
    const many = Array.from({ length: 1000 }, (_, i) => `p${i}`).join(',');
    await w.refused(102, () => w.find('nobody', 'Q', { include: many }));
    await w.refused(102, () => w.find('nobody', 'Q', { include: 't.'.repeat(100) + 't' }));
    await w.refused(102, () => w.find('nobody', 'Q', { keys: 't.'.repeat(100) + 't' }));
    let deep = { name: 'x' };
    for (let i = 0; i < 50; i++) deep = { owner: { $inQuery: { className: 'T', where: deep } } };
    await w.refused(102, () => w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', where: deep }));
    const wide = Array.from({ length: 500 }, () => ({ t: { $inQuery: { className: 'T', where: {} } } }));
    await w.refused(102, () => w.ask('nobody', 'POST', '/classes/Q', { _method: 'GET', where: { $or: wide } }));
    assert.equal((await w.find('nobody', 'Q', { include: 't' })).body.results[0].t.name, 'thing');
});

test('sec_L8_a_catastrophic_pattern_is_bounded', async () => {
    const long = await w.make('T', { name: 'a'.repeat(50_000) });
    for (const pattern of ['(a+)+$x', '^(a|a)*$b', '(a*)*b', '((a+)+)+c']) {
        const answer = await within(20_000, () => w.find('nobody', 'T', { where: { name: { $regex: pattern } } }));
        assert.ok(answer.status === 200 || [102, 124].includes(answer.body.code), answer.text);
    }
    assert.deepEqual(ids(await w.find('nobody', 'T', { where: { name: { $regex: '^aaaa' } } })), [long]);
    await w.must('master', 'DELETE', `/classes/T/${long}`);
});

test('sec_L8_what_one_asks_times_what_another_stored', async () => {
    const ask = (where) => w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', where: { name: 'long', ...where }, keys: 'n' });
    const list = Array.from({ length: 200_000 }, (_, i) => 2 * i);
    const odd = Array.from({ length: 40_000 }, (_, i) => 2 * i + 1);
    const long = await w.make('T', { name: 'long', list });
    for (const [where, found] of [
        [{ list: { $in: odd } }, []],
        [{ list: { $in: [...odd.slice(1), 399_998] } }, [long]],
        [{ list: { $nin: odd } }, [long]],
        [{ list: { $containedBy: odd } }, []],
    ])
        assert.deepEqual(ids(await within(10_000, () => ask(where))), found);
    await w.must('master', 'DELETE', `/classes/T/${long}`);

    const texts = await w.make('T', { name: 'long', list: Array.from({ length: 20_000 }, (_, i) => `${'a'.repeat(30)}${i}`) });
    const patterns = Array.from({ length: 50 }, (_, i) => ({ list: { $regex: `(a+)+!${i}` } }));
    const part = { method: 'GET', path: '/parse/classes/T', body: { where: { name: 'long', $or: patterns } } };
    const last = { method: 'GET', path: '/parse/classes/T', body: { limit: 1 } }, write = { method: 'POST', path: '/parse/classes/T', body: { name: 'late' } };
    const batch = await within(60_000, () => w.ask('nobody', 'POST', '/batch', { requests: [part, part, last, write] }));
    assert.equal(batch.status, 200, batch.text);
    for (const { error } of batch.body.slice(0, 3)) assert.equal(error?.code, 124, batch.text);
    await w.must('master', 'DELETE', `/classes/T/${batch.body[3].success.objectId}`); // what is written is not refused half-way
    assert.deepEqual(ids(await ask({ list: { $regex: 'a19999$' } })), [texts]);
    await w.must('master', 'DELETE', `/classes/T/${texts}`);

    const members = Object.fromEntries(Array.from({ length: 15_000 }, (_, i) => [`k${i}`, i]));
    const wide = await w.make('T', { name: 'long', list: Array.from({ length: 40 }, () => members) });
    const paths = Array.from({ length: 400 }, (_, i) => ({ [`list.k${i}`]: -1 }));
    const read = await within(30_000, () => ask({ $or: paths })); // each reads the list anew
    assert.equal(read.body.code, 124, read.text);
    assert.deepEqual(ids(await ask({ 'list.k14999': 14_999 })), [wide]);
    await w.must('master', 'DELETE', `/classes/T/${wide}`);
});

test('sec_L9_a_pattern_that_is_none', async () => {
    for (const constraint of [{ $regex: '[' }, { $regex: 'a', $options: 'q' }, { $regex: 'a', $options: 'ii;' }, { $regex: '(?<n' }, { $regex: '*' }])
        await w.refusesQuestion(102, 'nobody', 'T', { name: constraint });
});

test('sec_L11_a_stray_write_to_a_volatile_class', async () => {
    for (const className of ['_Audience', '_PushStatus', '_JobStatus']) await w.refuses(119, 'nobody', 'POST', `/classes/${className}`, {});
    await w.make('T', { name: 'after' }).then((id) => w.must('master', 'DELETE', `/classes/T/${id}`));
});

test('sec_L12_parameters_of_the_wrong_type', async () => {
    const values = [[], {}, 'x', { $x: 1 }, -1];
    for (const name of ['explain', 'hint', 'readPreference', 'limit', 'skip', 'count', 'include', 'keys', 'order', 'excludeKeys', 'comment', 'includeAll', 'redirectClassNameForKey'])
        for (const value of values)
            for (const attempt of [() => w.find('master', 'T', { [name]: value }), () => w.ask('master', 'POST', '/classes/T', { _method: 'GET', [name]: value })]) {
                const answer = await attempt();
                assert.ok(answer.status < 500, `${name}=${JSON.stringify(value)}: ${answer.text}`);
            }
    for (const explain of [[], {}, 'x']) await w.refused(102, () => w.find('master', 'T', { explain }));
    await w.alive();
});

test('sec_L14_sizes_of_questions_are_bounded', async () => {
    for (const params of [{ limit: 1e9 }, { skip: 1e15 }]) assert.equal((await w.find('nobody', 'T', params)).status, 200);
    for (const params of [{ limit: -1 }, { skip: -1 }, { skip: '1e400' }, { limit: '1e400' }, { limit: 1.5 }]) {
        const answer = await w.find('nobody', 'T', params);
        assert.ok(answer.status === 200 || [102, 107].includes(answer.body.code), answer.text);
    }
    const list = Array.from({ length: 100_000 }, (_, i) => i);
    await w.refused(102, () => w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', where: { n: { $in: list } } }));
    assert.deepEqual(ids(await w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', where: { ['k'.repeat(1_000_000)]: 1 } })), []);
    await w.refused([105, 107], () => w.ask('master', 'POST', '/classes/T', { ['k'.repeat(1_000_000)]: 1 }));
    await w.refused(400, () => w.ask('master', 'POST', '/classes/T', Object.fromEntries(list.map((i) => [`k${i}`, 1]))));
    assert.deepEqual(ids(await w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', where: { n: { $in: list.slice(0, 1000) } } })), [w.thing]);
});

test('sec_L14_thousands_of_paths_into_one_object', async () => {
    await w.makeClass('Paths', { o: { type: 'Object' }, list: { type: 'Array' } });
    const id = await w.make('Paths', { o: { last: 1 }, list: Array.from({ length: 100_000 }, () => 0) });
    const counts = Object.fromEntries(Array.from({ length: 15_000 }, (_, i) => [`o.k${i % 5000}.n${i % 3}`, { __op: 'Increment', amount: i }]));
    const changed = await within(30_000, () => w.ask('nobody', 'PUT', `/classes/Paths/${id}`, counts));
    assert.equal(changed.status, 200, changed.text);
    const items = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`list.${i * 20}`, i]));
    assert.equal((await within(30_000, () => w.ask('nobody', 'PUT', `/classes/Paths/${id}`, items))).status, 200);
    const { o, list } = await w.must('nobody', 'GET', `/classes/Paths/${id}`);
    assert.deepEqual([o.last, o.k4999, Object.keys(o).length], [1, { n0: 9999, n1: 4999, n2: 14_999 }, 5001]);
    assert.deepEqual([list[20], list[21], list[99_980], list.length], [1, 0, 4999, 100_000]);

    const hook = http.createServer((request, answer) => request.resume().on('end', () => answer.end('{}'))).listen(0, '127.0.0.1');
    await once(hook, 'listening');
    try {
        await w.must('master', 'POST', '/hooks/triggers', { className: 'Paths', triggerName: 'beforeSave', url: `http://127.0.0.1:${hook.address().port}/` });
        const flat = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]));
        const hooked = await w.make('Paths', { o: flat });
        const nothing = Object.fromEntries(Object.keys(flat).map((key) => [`o.${key}`, { __op: 'Increment', amount: 0 }]));
        const same = await within(20_000, () => w.ask('nobody', 'PUT', `/classes/Paths/${hooked}`, nothing));
        assert.deepEqual(Object.keys(same.body), ['updatedAt'], same.text.slice(0, 200));
        const more = await w.must('nobody', 'PUT', `/classes/Paths/${hooked}`, { 'o.k1': { __op: 'Increment', amount: 1 }, 'o.k2': { __op: 'Increment', amount: 2 } });
        assert.deepEqual(more.o, { k1: 2, k2: 4 });
        await w.must('master', 'PUT', '/hooks/triggers/Paths/beforeSave', { __op: 'Delete' });
    } finally {
        hook.close();
    }
});

test('sec_L14_what_one_request_reads_is_bounded_however_it_is_put_together', async () => {
    await w.makeClass('Large', { text: { type: 'String' } });
    for (let i = 0; i < 15; i++) await w.make('Large', { text: `${i}${'x'.repeat(1_400_000)}` });
    const where = { objectId: w.thing, name: { $dontSelect: { query: { className: 'Large', where: {} }, key: 'text' } } };
    const part = { method: 'GET', path: '/parse/classes/T', body: { where, keys: 'n' } };
    const answer = await w.ask('nobody', 'POST', '/batch', { requests: Array.from({ length: 40 }, () => part) });
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(ids({ status: 200, body: answer.body[0].success }), [w.thing]);
    assert.equal(answer.body.at(-1).error?.code, 102, 'twenty million bytes forty times');
    assert.deepEqual(ids(await w.find('nobody', 'T', { where })), [w.thing]);
    await w.must('master', 'POST', '/batch', {
        requests: (await w.must('master', 'GET', '/classes/Large?keys=objectId')).results.map(({ objectId }) => ({ method: 'DELETE', path: `/parse/classes/Large/${objectId}` })),
    });
});

test('sec_M15_bounds_of_the_store_are_never_met', async () => {
    const wide = { $or: Array.from({ length: 2500 }, (_, i) => ({ n: i })) };
    await w.refused(102, () => w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', where: wide }));
    const many = await w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', where: { n: { $in: Array.from({ length: 39_999 }, (_, i) => i) } } });
    assert.deepEqual(ids(many), [w.thing]);
    await w.refused(102, () => w.ask('nobody', 'POST', '/classes/T', { _method: 'GET', where: { name: { $regex: 'x'.repeat(60_000) } } }));
    const fields = Object.fromEntries(Array.from({ length: 2001 }, (_, i) => [`f${i}`, { type: 'Number' }]));
    const tooMany = await w.refused([102, 105, 107, 111, 255], () => w.ask('master', 'POST', '/schemas/Wide', { className: 'Wide', fields }));
    assert.doesNotMatch(tooMany.text, /column/i);
    let deep = 1;
    for (let i = 0; i < 1001; i++) deep = { a: deep };
    await w.refused([105, 107, 111, 400], () => w.ask('master', 'POST', '/classes/T', { obj: deep }));
});

test('sec_M17_what_a_pattern_may_not_do', async () => {
    const subject = await w.make('T', { name: `é${'ab'.repeat(200)}` });
    for (const pattern of ['(?C1)a', '\\C', '(*LIMIT_MATCH=999999999)a', '(*UTF)a', '(*NO_START_OPT)a', '(?R)', '(a(?1)?b)+', '()'.repeat(10_000), '('.repeat(1000) + ')'.repeat(1000), 'a{1,65535}{1,65535}', '(?<=a+)b', '\\p{L}+']) {
        const answer = await within(20_000, () => w.find('nobody', 'T', { where: { name: { $regex: pattern } } }));
        assert.ok(answer.status === 200 || [102, 124].includes(answer.body.code), `${pattern.slice(0, 40)}: ${answer.text}`);
    }
    await w.refused(102, () => w.find('nobody', 'T', { where: { name: { $regex: '\\C' } } }));
    await w.must('master', 'DELETE', `/classes/T/${subject}`);
});

test('sec_D10_a_parameter_has_one_value_and_one_type', async () => {
    for (const text of [
        'where={}&where={"secret":"a"}',
        'limit[]=1',
        'order[x]=name',
        'where[secret]=alpha',
        'where[$or][0][secret]=alpha',
        'limit=1&limit=100000',
        'count=1&count=0',
        '__proto__[x]=1',
    ])
        await w.refused([102, 107], () => w.ask('nobody', 'GET', `/classes/T?${text.replaceAll('"', '%22')}`), text);
    assert.deepEqual(ids(await w.ask('nobody', 'GET', `/classes/T?${query({ where: { name: 'thing' }, limit: 1 })}`)), [w.thing]);
    // The query string wins over the body: the guard and the query read the same one.
    await w.refused(119, () => w.ask('nobody', 'POST', `/classes/T?${query({ where: { secret: 'alpha' } })}`, { _method: 'GET', where: {} }));
});

test('sec_D5_operators_with_operands_of_another_type', async () => {
    for (const constraint of [
        { $regex: 1 }, { $regex: {} }, { $regex: null }, { $regex: 'a', $options: {} }, { $options: 'i' }, { $in: {} }, { $in: 'x' }, { $nin: 1 }, { $all: {} },
        { $exists: 'x' }, { $exists: {} }, { $inQuery: 1 }, { $inQuery: {} }, { $inQuery: { className: {} } }, { $inQuery: { className: 'T', where: 'x' } }, { $inQuery: { className: 'T', where: [] } },
        { $select: 1 }, { $select: { query: {}, key: 1 } }, { $select: { query: { className: 'T' }, key: {} } }, { $dontSelect: [] }, { $gt: {} }, { $gt: [] }, { $eq: {} }, { $ne: {} },
    ])
        for (const attempt of [() => w.find('nobody', 'T', { where: { name: constraint } }), () => w.inBatch('nobody', 'GET', '/classes/T', { where: { name: constraint } })]) {
            const answer = await attempt();
            const label = `${JSON.stringify(constraint)}: ${answer.status} ${answer.text}`;
            if (answer.status === 200) assert.ok('$options' in constraint && !('$regex' in constraint), label); // options alone ask nothing
            else assert.ok([102, 105, 107].includes(answer.body.code), label);
        }
    for (const where of [{ $or: {} }, { $and: 1 }, { $nor: [] }, { $or: [1] }, { $or: ['x'] }, { $or: [[]] }, { $relatedTo: 1 }, { $relatedTo: { object: {}, key: 'rel' } }, { $relatedTo: { object: pointer('T', w.thing), key: {} } }, { $relatedTo: [] }])
        await w.refused([102, 105, 107, 119], () => w.find('nobody', 'T', { where }), JSON.stringify(where));
    for (const part of [{ path: {} }, { path: [] }, { path: 1 }, { method: 'GET' }, { method: {}, path: '/parse/classes/T' }, { method: 1, path: '/parse/classes/T' }, null, 1, 'x', []])
        await w.refused([107, 400], () => w.ask('nobody', 'POST', '/batch', { requests: [part] }), JSON.stringify(part));
    for (const requests of [{}, 'x', 1, null, { length: 1, 0: { method: 'GET', path: '/parse/classes/T' } }])
        await w.refused(107, () => w.ask('nobody', 'POST', '/batch', { requests }), JSON.stringify(requests));
});

test('sec_C10_pipelines_that_write', async () => {
    const pipelines = [
        [{ $out: 'T' }],
        [{ $merge: { into: 'T' } }],
        [{ $facet: { a: [{ $out: 'T' }] } }],
        [{ $facet: { a: [{ $merge: { into: 'T' } }] } }],
        [{ $lookup: { from: 'T', as: 'x', pipeline: [{ $out: 'T' }] } }],
        [{ $unionWith: { coll: 'T', pipeline: [{ $merge: 'T' }] } }],
    ];
    for (const who of ['master', 'readOnly']) {
        for (const pipeline of pipelines)
            await w.refused(102, () => w.ask(who, 'POST', '/aggregate/T', { _method: 'GET', pipeline }), `${who} ${JSON.stringify(pipeline)}`);
        assert.equal((await w.must(who, 'POST', '/aggregate/T', { _method: 'GET', pipeline: [{ $match: { name: 'thing' } }] })).results.length, 1);
    }
    for (const who of ['nobody', 'ann', 'maintenance'])
        await w.refused(403, () => w.ask(who, 'POST', '/aggregate/T', { _method: 'GET', pipeline: [] }), who);
});

test('sec_E4_names_of_groups_and_of_distinct', async () => {
    for (const query of [
        { $group: { _id: { "x' ": '$n' } } },
        { $group: { _id: "$n'--" } },
        { $group: { _id: null, 'x"': { $sum: '$n' } } },
        { distinct: "obj.a'b" },
        { distinct: 'obj.a"b' },
        { distinct: "n' OR 1" },
    ])
        await w.refused(102, () => w.ask('master', 'POST', '/aggregate/T', { _method: 'GET', ...query }), JSON.stringify(query));
    assert.deepEqual((await w.must('master', 'POST', '/aggregate/T', { _method: 'GET', distinct: 'obj.k', where: { name: 'thing' } })).results.length, 1);
});

// The schema API beyond the happy path: unique and partial indexes, required fields and defaults, deletions, and classes
// that the configuration defines.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';

const text = { type: 'String' };
const INDEXES_OF = ({ body }) => Object.keys(body.indexes ?? {}).sort();

let server;
let count = 0;
before(async () => (server = await startServer()));
after(() => server?.stop());

const master = (method, path, body, on = server) => on.request(method, path, { master: true, body });
const save = (className, body) => master('POST', `/classes/${className}`, body);
async function makeClass(fields, more = {}) {
    const className = `C${++count}`;
    const answer = await master('POST', `/schemas/${className}`, { className, fields, ...more });
    assert.equal(answer.status, 200, answer.text);
    return className;
}
function refused(answer, code, message) {
    assert.deepEqual([answer.status >= 400, answer.body?.code, answer.body?.error], [true, code, message], answer.text);
}
const taken = (answer) => refused(answer, 137, 'A duplicate value for a field with unique values was provided');

test('a unique index refuses the second of two equal values, absent ones are never equal', async () => {
    const c = await makeClass({ code: text, n: { type: 'Number' } }, { indexes: { byCode: { code: 1, unique: true } } });
    assert.deepEqual((await master('GET', `/schemas/${c}`)).body.indexes, { _id_: { _id: 1 }, byCode: { code: 1, unique: true } });
    const first = await save(c, { code: 'a' });
    assert.equal(first.status, 201);
    taken(await save(c, { code: 'a' }));
    for (const body of [{}, {}, { code: null }, { code: 'A' }]) assert.equal((await save(c, body)).status, 201);
    const other = await save(c, { code: 'b' });
    taken(await master('PUT', `/classes/${c}/${other.body.objectId}`, { code: 'a' }));
    assert.equal((await master('PUT', `/classes/${c}/${first.body.objectId}`, { code: 'a', n: 1 })).status, 200);
    await master('DELETE', `/classes/${c}/${first.body.objectId}`);
    assert.equal((await save(c, { code: 'a' })).status, 201);
});

test('fifty at once with one value make one object', async () => {
    const c = await makeClass({ code: text }, { indexes: { byCode: { code: 1, unique: true } } });
    const answers = await Promise.all(Array.from({ length: 50 }, () => save(c, { code: 'x' })));
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    answers.filter(({ status }) => status !== 201).forEach(taken);
});

test('an index over several fields is unique as a whole, over a pointer by its object', async () => {
    const owner = (id) => ({ __type: 'Pointer', className: '_User', objectId: id });
    const c = await makeClass({ a: text, b: { type: 'Number' }, owner: { type: 'Pointer', targetClass: '_User' } }, { indexes: { both: { a: 1, b: -1, unique: true }, one: { _p_owner: 1, unique: true } } });
    assert.equal((await save(c, { a: 'x', b: 1, owner: owner('u1') })).status, 201);
    assert.equal((await save(c, { a: 'x', b: 2, owner: owner('u2') })).status, 201);
    taken(await save(c, { a: 'x', b: 1 }));
    taken(await save(c, { a: 'y', b: 1, owner: owner('u1') }));
    assert.deepEqual((await master('GET', `/schemas/${c}`)).body.indexes.one, { owner: 1, unique: true });
});

test('a partial index counts only the objects of its condition', async () => {
    const condition = { active: true, rank: { $gte: 10, $lt: 20 }, kind: "it's", at: { $exists: true } };
    const c = await makeClass({ code: text, active: { type: 'Boolean' }, rank: { type: 'Number' }, kind: text, at: { type: 'Date' } }, { indexes: { one: { code: 1, unique: true, partialFilterExpression: condition } } });
    assert.deepEqual((await master('GET', `/schemas/${c}`)).body.indexes.one, { code: 1, unique: true, partialFilterExpression: condition });
    const inside = { code: 'x', active: true, rank: 10, kind: "it's", at: { __type: 'Date', iso: '2026-01-01T00:00:00.000Z' } };
    assert.equal((await save(c, inside)).status, 201);
    taken(await save(c, { ...inside, rank: 19.5 }));
    const outside = [{ active: false }, { active: null }, { rank: 20 }, { rank: 9 }, { kind: 'its' }, { at: null }];
    const saved = [];
    for (const other of outside) saved.push(await save(c, { ...inside, ...other }));
    for (const answer of saved) assert.equal(answer.status, 201, answer.text);
    taken(await master('PUT', `/classes/${c}/${saved[0].body.objectId}`, { active: true }));
});

test('a unique index over equal values is refused with its name, and nothing has changed', async () => {
    const c = await makeClass({ code: text });
    for (let i = 0; i < 2; i++) await save(c, { code: 'same' });
    refused(await master('PUT', `/schemas/${c}`, { fields: { extra: text }, indexes: { byCode: { code: 1, unique: true } } }), 137, 'Index byCode cannot be unique: objects of the class have equal values.');
    const { body } = await master('GET', `/schemas/${c}`);
    assert.ok(!('extra' in body.fields) && !('indexes' in body));
    assert.equal((await master('PUT', `/schemas/${c}`, { indexes: { byCode: { code: 1 } } })).status, 200);
});

test('what is no index is refused', async () => {
    const c = await makeClass({ code: text, tags: { type: 'Array' }, o: { type: 'Object' }, fans: { type: 'Relation', targetClass: '_User' } });
    const put = (index) => master('PUT', `/schemas/${c}`, { indexes: { one: index } });
    refused(await put({ nosuch: 1 }), 102, 'Field nosuch does not exist, cannot add index.');
    refused(await put({ fans: 1 }), 102, 'Field fans does not exist, cannot add index.');
    refused(await put({ tags: 1, unique: true }), 102, 'Field tags is of type Array, which cannot be in a unique index.');
    refused(await put({ unique: true }), 107, 'invalid JSON');
    refused(await put({ code: 1, background: true }), 102, 'Index option background is not supported.');
    refused(await put({ code: 1, partialFilterExpression: 5 }), 102, 'Index option partialFilterExpression must be an object.');
    for (const condition of [{}, { nosuch: 1 }, { fans: 1 }, { code: { $regex: 'a' } }, { code: 5 }, { code: {} }, { code: { $exists: false } }, { o: { a: 1 } }, { $or: [{ code: 'a' }] }, { "code' OR 1": 'a' }, { code: 'a\u0000b' }, { _rperm: 'x' }])
        assert.equal((await put({ code: 1, partialFilterExpression: condition })).body.code, 102, JSON.stringify(condition));
    assert.ok(!('indexes' in (await master('GET', `/schemas/${c}`)).body));
});

test('indexes are added and deleted by name, and go with their field', async () => {
    const c = await makeClass({ a: text, b: text }, { indexes: { byA: { a: 1 }, byB: { b: 1, partialFilterExpression: { a: 'x' } } } });
    refused(await master('PUT', `/schemas/${c}`, { indexes: { byA: { a: 1 } } }), 102, 'Index byA exists, cannot update.');
    refused(await master('PUT', `/schemas/${c}`, { indexes: { byC: { __op: 'Delete' } } }), 102, 'Index byC does not exist, cannot delete.');
    assert.deepEqual(INDEXES_OF(await master('PUT', `/schemas/${c}`, { fields: { a: { __op: 'Delete' } } })), ['_id_']);
    assert.deepEqual(INDEXES_OF(await master('PUT', `/schemas/${c}`, { indexes: { byB: { b: 1 } } })), ['_id_', 'byB']);
    assert.deepEqual(INDEXES_OF(await master('PUT', `/schemas/${c}`, { indexes: { byB: { __op: 'Delete' } } })), ['_id_']);
});

test('the indexes of the system classes are shown as Parse shows them and stay', async () => {
    const { body } = await master('GET', '/schemas/_User');
    assert.deepEqual(body.indexes.username_1, { username: 1 });
    assert.deepEqual(Object.keys(body.indexes).filter((name) => name.startsWith('_auth')), []);
    for (const name of ['username_1', '_auth_data_anonymous_id'])
        refused(await master('PUT', '/schemas/_User', { indexes: { [name]: { __op: 'Delete' } } }), 102, `Index ${name} cannot be deleted.`);
});

test('the SDK declares a unique index unchanged', async () => {
    const Parse = server.parse({ master: true });
    const schema = new Parse.Schema('SdkIndexed');
    schema.addString('code', { required: true }).addNumber('n', { defaultValue: 3 }).addIndex('byCode', { code: 1, unique: true });
    await schema.save();
    assert.deepEqual((await new Parse.Schema('SdkIndexed').get()).indexes.byCode, { code: 1, unique: true });
    const object = await new Parse.Object('SdkIndexed', { code: 'a' }).save(null, { useMasterKey: true });
    assert.equal(object.get('n'), 3);
    await assert.rejects(new Parse.Object('SdkIndexed', { code: 'a' }).save(null, { useMasterKey: true }), { code: 137 });
    await assert.rejects(new Parse.Object('SdkIndexed', {}).save(null, { useMasterKey: true }), { code: 142 });
});

test('fields are dropped with their data, classes only when they are empty', async () => {
    const c = await makeClass({ a: text, fans: { type: 'Relation', targetClass: '_User' } });
    const { body } = await save(c, { a: 'old' });
    await master('PUT', `/schemas/${c}`, { fields: { a: { __op: 'Delete' } } });
    await master('PUT', `/schemas/${c}`, { fields: { a: { type: 'Number' } } });
    assert.ok(!('a' in (await master('GET', `/classes/${c}/${body.objectId}`)).body));
    refused(await master('DELETE', `/schemas/${c}`), 255, `Class ${c} is not empty, contains 1 objects, cannot drop schema.`);
    await master('DELETE', `/classes/${c}/${body.objectId}`);
    assert.deepEqual((await master('DELETE', `/schemas/${c}`)).body, {});
    refused(await master('GET', `/schemas/${c}`), 103, `Class ${c} does not exist.`);
    assert.equal((await master('PUT', `/schemas/${c}`, { className: 'Renamed' })).body.code, 103);
});

/** Starts a server on the database of `other` with `schema`. */
async function restartWith(other, schema) {
    other.config.schema = schema;
    other.writeConfig();
    await other.restart();
}

test('writes do not fail because a field that they use, or an empty class, is dropped meanwhile', async () => {
    for (let round = 0; round < 5; round++) {
        const c = await makeClass({ n: { type: 'Number' } });
        const writes = Array.from({ length: 30 }, (_, n) => save(c, { n }));
        const drop = master('PUT', `/schemas/${c}`, { fields: { n: { __op: 'Delete' } } });
        for (const answer of await Promise.all(writes)) assert.equal(answer.status, 201, answer.text);
        assert.equal((await drop).status, 200);
        assert.equal((await master('GET', `/classes/${c}?count=1&limit=0`)).body.count, 30);

        const empty = await makeClass({ n: { type: 'Number' } });
        const gone = master('DELETE', `/schemas/${empty}`);
        const others = Array.from({ length: 30 }, (_, n) => save(empty, { n }));
        for (const answer of await Promise.all(others)) assert.equal(answer.status, 201, answer.text);
        await gone;
        assert.equal((await master('GET', `/classes/${empty}?count=1&limit=0`)).body.count, 30);
    }
});

test('defined classes: added, changed, indexes dropped or kept, fields recreated; others take no new fields', async () => {
    const own = await startServer({ config: { allowClientClassCreation: true } });
    try {
        await master('POST', '/schemas/Free', { fields: { a: text } }, own);
        await master('POST', '/schemas/Defined', { fields: { a: text, gone: text, changed: text }, indexes: { old: { a: 1 }, same: { a: 1, createdAt: -1 } } }, own);
        await own.request('POST', '/classes/Defined', { body: { a: 'kept', gone: 'x', changed: 'x' } });
        const definition = { className: 'Defined', fields: { a: { ...text, required: true }, changed: { type: 'Number' }, fresh: { type: 'Boolean', defaultValue: true } }, indexes: { same: { a: 1, createdAt: 1 }, byFresh: { fresh: 1 } }, classLevelPermissions: { find: { '*': true }, get: { '*': true }, addField: { '*': true } } };

        await restartWith(own, { definitions: [definition], recreateModifiedFields: true, keepUnknownIndexes: true });
        let { body } = await master('GET', '/schemas/Defined', undefined, own);
        assert.deepEqual([body.fields.a.required, body.fields.changed.type, body.fields.fresh.defaultValue, body.fields.gone?.type], [true, 'Number', true, 'String']);
        assert.deepEqual(body.indexes, { _id_: { _id: 1 }, old: { a: 1 }, same: { a: 1, createdAt: 1 }, byFresh: { fresh: 1 } });
        assert.deepEqual([body.classLevelPermissions.addField, body.classLevelPermissions.create, body.classLevelPermissions.find], [{}, {}, { '*': true }]);
        const free = (await master('GET', '/schemas/Free', undefined, own)).body;
        assert.deepEqual([free.classLevelPermissions.addField, free.classLevelPermissions.create], [{}, { '*': true }]);
        assert.equal((await own.request('POST', '/classes/Free', { body: { a: 'x' } })).status, 201);
        assert.equal((await own.request('POST', '/classes/Free', { body: { other: 1 } })).body.code, 119);

        await restartWith(own, { definitions: [definition], deleteExtraFields: true, lockSchemas: true });
        ({ body } = await master('GET', '/schemas/Defined', undefined, own));
        assert.ok(!('gone' in body.fields) && !('old' in body.indexes) && 'byFresh' in body.indexes);
        assert.equal((await master('GET', '/schemas/Free', undefined, own)).status, 200);
        for (const method of ['POST', 'PUT'])
            refused(await master(method, '/schemas/Other', {}, own), 119, 'Cannot perform this operation when schemas options is used.');
        const [row] = (await master('GET', '/classes/Defined', undefined, own)).body.results;
        assert.deepEqual([row.a, row.gone, row.changed], ['kept', undefined, undefined]);
    } finally {
        await own.stop();
    }
});

test('a class that is always there is made anew when it is dropped, with all that keeps it in order', async () => {
    const own = await startServer();
    const ask = (method, path, body, headers) => own.request(method, path, { body, headers });
    const asMaster = (method, path, body) => master(method, path, body, own);
    try {
        assert.equal((await asMaster('PUT', '/schemas/_User', { fields: { extra: text } })).status, 200);
        for (const name of ['_User', '_Role', '_Session', '_Idempotency']) {
            assert.equal((await asMaster('DELETE', `/schemas/${name}`)).status, 200, name);
            assert.deepEqual((await asMaster('GET', `/classes/${name}`)).body, { results: [] });
        }
        assert.equal((await asMaster('GET', '/schemas/_User')).body.fields.extra, undefined);

        assert.equal((await ask('POST', '/login', { username: 'a', password: 'p' })).body.code, 101);
        assert.equal((await ask('POST', '/users', { username: 'a', password: 'p', email: 'a@example.org' })).status, 201);
        for (const [more, code] of [[{ username: 'A' }, 202], [{ username: 'b', email: 'A@example.org' }, 203]])
            assert.equal((await ask('POST', '/users', { password: 'p', ...more })).body.code, code);
        const authData = { anonymous: { id: 'x' } };
        assert.deepEqual([(await ask('POST', '/users', { authData })).status, (await ask('POST', '/users', { authData })).status], [201, 200]);
        const { sessionToken } = (await ask('POST', '/login', { username: 'a', password: 'p' })).body;
        assert.equal((await own.request('GET', '/users/me', { session: sessionToken })).body.username, 'a');
        for (const status of [201, 400]) assert.equal((await asMaster('POST', '/roles', { name: 'r', ACL: {} })).status, status);
    } finally {
        await own.stop();
    }
});

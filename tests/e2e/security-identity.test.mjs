// Users, sessions, roles, keys and internal classes: what went wrong in servers of this kind, each with its positive twin.
// The names are those of the list of lessons that the rules of the engine were made from.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { pointer, refused, signUp, stored, storedAll } from '../support/payments.mjs';

const CLASSES = ['_User', '_Role', '_Session', 'Thing'];
let server, ann, bob;

before(async () => {
    server = await startServer({
        config: { readOnlyMasterKey: 'read-only-key', accountLockout: { threshold: 3, duration: 5 }, allowCustomObjectId: false },
    });
    ann = await signUp(server, 'ann');
    bob = await signUp(server, 'bob');
    const schema = { className: 'Thing', fields: { name: { type: 'String' }, o: { type: 'Object' } } };
    assert.equal((await server.request('POST', '/schemas', { master: true, body: schema })).status, 200);
});
after(() => server.stop());

const by = (person) => ({ session: person?.session });
const readOnly = { headers: { 'X-Parse-Master-Key': 'read-only-key' } };

describe('classes of the server', () => {
    test('sec_C1 internal classes are no business of clients, in requests and in batches', async () => {
        for (const name of ['_GraphQLConfig', '_Audience', '_Hooks', '_PushStatus', '_JobStatus', '_JobSchedule', '_Idempotency', '_GlobalConfig', '_SCHEMA'])
            for (const [method, path, body] of [['GET', `/classes/${name}`], ['GET', `/classes/${name}/x`], ['POST', `/classes/${name}`, { a: 1 }], ['PUT', `/classes/${name}/x`, { a: 1 }], ['DELETE', `/classes/${name}/x`]]) {
                await refused(server, CLASSES, [119, 101], () => server.request(method, path, { ...by(ann), body }));
                const batch = await server.request('POST', '/batch', { ...by(ann), body: { requests: [{ method, path: `/parse${path}`, body: body ?? {} }] } });
                assert.ok([119, 101].includes(batch.body[0].error.code), batch.text);
            }
        const where = { name: { $select: { query: { className: '_Hooks', where: {} }, key: 'url' } } };
        await refused(server, CLASSES, 119, () => server.request('GET', `/classes/Thing?where=${encodeURIComponent(JSON.stringify(where))}`));
    });
    test('sec_C2 nobody joins a role through its join table', async () => {
        const role = await server.request('POST', '/roles', { master: true, body: { name: 'Admins', ACL: {} } });
        for (const name of ['_Join:users:_Role', '_Join%3Ausers%3A_Role']) {
            const body = { owningId: role.body.objectId, relatedId: ann.id };
            await refused(server, CLASSES, [119, 103, 107, 101], () => server.request('POST', `/classes/${name}`, { ...by(ann), body }));
            await refused(server, CLASSES, [119, 103, 101], () => server.request('GET', `/classes/${name}`, by(ann)));
            await refused(server, CLASSES, [119, 103, 101], () => server.request('DELETE', `/classes/${name}/x`, by(ann)));
        }
    });
    test('sec_C3 a redirected query has the checks of the class it ends in', async () => {
        await server.request('PUT', '/schemas/Thing', { master: true, body: { fields: { sessions: { type: 'Relation', targetClass: '_Session' } } } });
        await refused(server, CLASSES, [119, 209], () => server.request('GET', '/classes/Thing?redirectClassNameForKey=sessions'));
        const mine = await server.request('GET', '/classes/Thing?redirectClassNameForKey=sessions', by(ann));
        for (const row of mine.body.results ?? []) assert.equal(row.user.objectId, ann.id);
    });
    test('sec_C7 sec_C9 the read-only key starts no job, opens no session, writes nothing', async () => {
        for (const [method, path, body] of [['POST', '/jobs/x', {}], ['POST', '/loginAs', { userId: ann.id }], ['POST', '/classes/Thing', { name: 'x' }], ['PUT', `/users/${ann.id}`, { x: 1 }], ['POST', '/schemas/New', { className: 'New' }], ['DELETE', '/schemas/Thing'], ['POST', '/roles', { name: 'R', ACL: {} }]])
            await refused(server, CLASSES, 119, () => server.request(method, path, { ...readOnly, body }));
        assert.equal((await server.request('GET', '/users', readOnly)).body.results.length, 2);
    });
    test('sec_C15 batched writes have the checks of single ones', async () => {
        const { body } = await server.request('POST', '/classes/Thing', { ...by(ann), body: { name: 'mine', ACL: { [ann.id]: { read: true, write: true } } } });
        const requests = [['PUT', { name: 'stolen' }], ['DELETE', {}]].map(([method, part]) => ({ method, path: `/parse/classes/Thing/${body.objectId}`, body: part }));
        for (const transaction of [false, true]) {
            const answer = await server.request('POST', '/batch', { ...by(bob), body: { requests, transaction } });
            if (transaction) assert.equal(answer.body.code, 101);
            else assert.deepEqual(answer.body.map((part) => part.error?.code), [101, 101]);
        }
        assert.equal((await stored(server, 'Thing', body.objectId)).name, 'mine');
    });
    test('sec_D9 words that drivers and engines read specially are refused at any depth', async () => {
        for (const o of [{ _bsontype: 'Code' }, { a: { b: 1 }, c: { _bsontype: 'Code' } }, { deep: [{ __proto: 1 }, { constructor: 1 }] }, { $where: '1' }, { 'a.b': 1 }, JSON.parse('{"__proto__":1}')])
            await refused(server, CLASSES, [105, 121], () => server.request('POST', '/classes/Thing', { body: JSON.stringify({ o }).replace('__proto"', '__proto__"') }));
        assert.equal((await server.request('POST', '/classes/Thing', { body: { o: { type: 'Code', proto: 1 } } })).status, 201);
    });
});

describe('sessions', () => {
    const mine = async (person) => (await server.request('GET', '/sessions/me', by(person))).body;

    test('sec_F1 a client chooses neither token nor expiry nor origin of a new session', async () => {
        const wish = { sessionToken: 'r:ffffffffffffffffffffffffffffffff', expiresAt: { __type: 'Date', iso: '2099-01-01T00:00:00.000Z' }, createdWith: { action: 'x' }, user: pointer('_User', bob.id) };
        for (const path of ['/sessions', '/classes/_Session']) {
            const answer = await server.request('POST', path, { ...by(ann), body: wish });
            if (answer.status === 201) {
                const row = await stored(server, '_Session', answer.body.objectId);
                assert.notEqual(row.sessionToken, wish.sessionToken);
                assert.equal(row.user.objectId, ann.id);
                assert.ok(new Date(row.expiresAt.iso) < new Date('2090-01-01'));
            } else assert.equal(answer.body.code, 105, answer.text);
        }
    });
    test('sec_F2 sec_D7 nor of one it has, whatever the value looks like', async () => {
        const { objectId } = await mine(ann);
        for (const name of ['sessionToken', 'expiresAt', 'createdWith', 'user', 'installationId', 'ACL'])
            for (const value of [null, false, '', 'x', {}, { __op: 'Delete' }])
                for (const path of ['/sessions/', '/classes/_Session/'])
                    await refused(server, CLASSES, [105, 111], () => server.request('PUT', path + objectId, { ...by(ann), body: { [name]: value } }));
    });
    test('sec_F3 nor touches another user’s', async () => {
        const { objectId } = await mine(ann);
        for (const [method, body] of [['PUT', { x: 1 }], ['DELETE', undefined], ['GET', undefined]]) {
            await refused(server, CLASSES, 101, () => server.request(method, `/sessions/${objectId}`, { ...by(bob), body }));
            await refused(server, CLASSES, 209, () => server.request(method, `/sessions/${objectId}`, { body }));
        }
        assert.deepEqual(new Set((await server.request('GET', '/sessions', by(bob))).body.results.map((row) => row.user.objectId)), new Set([bob.id]));
    });
    test('sec_F4 opening a session ends nobody else’s', async () => {
        const headers = { 'X-Parse-Installation-Id': 'device-1' };
        const login = await server.request('POST', '/login', { headers, body: { username: 'ann', password: ann.password } });
        await server.request('POST', '/sessions', { ...by(bob), headers, body: { user: pointer('_User', ann.id), installationId: 'device-1' } });
        assert.equal((await server.request('GET', '/users/me', { session: login.body.sessionToken })).status, 200);
    });
    test('sec_F6 sec_F7 a deleted session, and a deleted user’s, opens nothing from the next request on', async () => {
        const dora = await signUp(server, 'dora');
        const login = await server.request('POST', '/login', { body: { username: 'dora', password: dora.password } });
        const second = { session: login.body.sessionToken };
        assert.equal((await server.request('GET', '/users/me', second)).status, 200);
        assert.equal((await server.request('DELETE', `/sessions/${(await server.request('GET', '/sessions/me', second)).body.objectId}`, by(dora))).status, 200);
        assert.equal((await server.request('GET', '/users/me', second)).body.code, 209);
        assert.equal((await server.request('DELETE', `/users/${dora.id}`, { master: true })).status, 200);
        assert.equal((await server.request('GET', '/classes/Thing', by(dora))).body.code, 209);
    });
    test('sec_F8 a bad token is refused with every method', async () => {
        for (const method of ['GET', 'PUT', 'DELETE'])
            for (const path of ['/users/me', '/sessions/me'])
                await refused(server, CLASSES, 209, () => server.request(method, path, { session: 'r:nonsense', body: method === 'PUT' ? {} : undefined }));
    });
});

describe('users and roles', () => {
    test('sec_F5 an id that reads like a role is refused', async () => {
        for (const objectId of ['role:Admins', '*', 'authenticated'])
            await refused(server, CLASSES, [105, 119], () => server.request('POST', '/users', { body: { objectId, username: 'x', password: 'p' } }));
    });
    test('sec_F9 sec_D2 empty, foreign or shapeless authData signs nobody up', async () => {
        for (const authData of [{}, { x: null }, { anonymous: {} }, { anonymous: { id: { $regex: '.' } } }, { anonymous: { id: ['a'] } }, { anonymous: { id: 1 } }, { nosuch: { id: '1' } }, [], 'x', null])
            await refused(server, CLASSES, [252, 200, 107, 162, 111], () => server.request('POST', '/users', { body: { authData } }));
        const answer = await server.request('POST', '/users', { body: { authData: { anonymous: { id: '3c4b2a10-0000-4000-8000-000000000000' } } } });
        assert.equal(answer.status, 201, answer.text);
    });
    test('sec_F13 sec_D8 what the server keeps about a user cannot be written', async () => {
        const bodies = [{ emailVerified: true }, { _failed_login_count: 0 }, { _account_lockout_expires_at: null }, { _hashed_password: 'x' }, { _wperm: ['*'] }, { _rperm: { __op: 'Delete' } }, { 'authData.facebook.id': 'x' }, { sessionToken: 'r:x' }];
        for (const body of bodies) await refused(server, CLASSES, [105, 119], () => server.request('PUT', `/users/${ann.id}`, { ...by(ann), body }));
        assert.equal((await server.request('PUT', `/users/${ann.id}`, { ...by(ann), body: { nick: 'A' } })).status, 200);
    });
    test('sec_A2 tokens and hashes are no question and no answer', async () => {
        for (const name of ['sessionToken', '_session_token', '_hashed_password', 'password'])
            await refused(server, CLASSES, [105, 119, 102], () =>
                server.request('GET', `/users?where=${encodeURIComponent(JSON.stringify({ [name]: { $regex: '^r' } }))}`, by(ann)));
        for (const rights of [by(ann), { master: true }])
            assert.doesNotMatch((await server.request('GET', '/users?keys=_hashed_password,password,_wperm', rights)).text, /hashed|argon2|_wperm/);
    });
    test('sec_F14 roles: no way in without a right on the role, and a circle ends', async () => {
        const make = async (name, body = {}) => (await server.request('POST', '/roles', { master: true, body: { name, ACL: { '*': { read: true } }, ...body } })).body.objectId;
        const one = await make('One'), two = await make('Two');
        const link = (from, to) => server.request('PUT', `/roles/${from}`, { master: true, body: { roles: { __op: 'AddRelation', objects: [pointer('_Role', to)] } } });
        await link(one, two);
        await link(two, one);
        await server.request('PUT', `/roles/${one}`, { master: true, body: { users: { __op: 'AddRelation', objects: [pointer('_User', bob.id)] } } });
        const { body } = await server.request('POST', '/classes/Thing', { master: true, body: { name: 'inside', ACL: { 'role:Two': { read: true } } } });
        const path = `/classes/Thing/${body.objectId}`;
        assert.equal((await server.request('GET', path, by(bob))).status, 200);
        await refused(server, CLASSES, 101, () => server.request('GET', path, by(ann)));
        const join = { users: { __op: 'AddRelation', objects: [pointer('_User', ann.id)] } };
        await refused(server, CLASSES, 101, () => server.request('PUT', `/roles/${one}`, { ...by(ann), body: join }));
        await refused(server, CLASSES, 137, () => server.request('POST', '/roles', { ...by(ann), body: { name: 'One', ACL: {}, ...join } }));
        await refused(server, CLASSES, 101, () => server.request('GET', path, by(ann)));
    });
    test('sec_H5 one of many equal sign-ups wins', async () => {
        const answers = await Promise.all(Array.from({ length: 20 }, () => server.request('POST', '/users', { body: { username: 'Same', password: 'p', email: 'same@example.com' } })));
        assert.equal(answers.filter(({ status }) => status === 201).length, 1);
        for (const { status, body } of answers) if (status !== 201) assert.ok([202, 203].includes(body.code), JSON.stringify(body));
        const twin = await server.request('POST', '/users', { body: { username: 'sAME', password: 'p' } });
        assert.equal(twin.body.code, 202);
    });
    test('sec_I3 an unknown user costs one hash, like a wrong password', async () => {
        const hashes = async () => Number(/^homeport_password_hashes_total (\d+)$/m.exec((await server.request('GET', '/metrics', { origin: true })).text)[1]);
        const cost = async (username) => {
            const before = await hashes();
            const answer = await server.request('POST', '/login', { body: { username, password: 'wrong' } });
            assert.deepEqual(answer.body, { code: 101, error: 'Invalid username/password.' });
            return (await hashes()) - before;
        };
        assert.equal(await cost('bob'), 1);
        assert.equal(await cost('nobody-of-that-name'), 1);
        const anonymous = (await storedAll(server, '_User')).find((user) => user.authData?.anonymous);
        assert.equal(await cost(anonymous.username), 1);
    });
    test('sec_H4 parallel wrong logins lock the account after the threshold, also for the right password', async () => {
        const carl = await signUp(server, 'carl');
        await Promise.all(Array.from({ length: 30 }, () => server.request('POST', '/login', { body: { username: 'carl', password: 'wrong' } })));
        const answer = await server.request('POST', '/login', { body: { username: 'carl', password: carl.password } });
        assert.equal(answer.status, 404);
        assert.match(answer.body.error, /^Your account is locked/);
    });
});

describe('addresses, spellings, limits', () => {
    test('sec_J1 the master key’s addresses are those of sockets, not of headers', async () => {
        const strict = await startServer({ config: { masterKeyIps: ['192.0.2.1'] } });
        for (const headers of [{}, { 'X-Forwarded-For': '192.0.2.1' }, { Forwarded: 'for=192.0.2.1' }, { 'X-Real-IP': '192.0.2.1' }]) {
            const answer = await strict.request('GET', '/schemas', { master: true, headers });
            assert.equal(answer.status, 403);
            assert.deepEqual(answer.body, { error: 'unauthorized' });
        }
        await strict.stop();
        const proxied = await startServer({ config: { masterKeyIps: ['192.0.2.1'], trustProxy: ['127.0.0.1'] } });
        const from = (list) => proxied.request('GET', '/schemas', { master: true, headers: { 'X-Forwarded-For': list } });
        assert.equal((await from('192.0.2.1')).status, 200);
        assert.equal((await from('192.0.2.1, 198.51.100.7')).status, 403, 'the right-most untrusted address counts');
        await proxied.stop();
    });
    test('sec_J4 sec_J5 no spelling of a master-only route has other guards', async () => {
        for (const path of ['/schemas', '/SCHEMAS', '/schemas/', '/schemas?x=1', '//schemas', '/%73chemas', '/schemas/Thing', '/serverInfo'])
            for (const [method, body] of [['GET', undefined], ['POST', { _method: 'GET' }], ['POST', { _method: 'gEt' }]]) {
                const { status, text } = await server.request(method, path, { ...by(ann), body });
                assert.ok([403, 404].includes(status), `${method} ${path}: ${status} ${text}`);
                assert.doesNotMatch(text, /className|parseServerVersion/);
            }
        assert.equal((await server.request('POST', '/schemas', { master: true, body: { _method: 'GET' } })).status, 200);
    });
    test('sec_J8 a batch has a ceiling, looked at before any part runs, and holds no batch', async () => {
        const part = { method: 'POST', path: '/parse/classes/Thing', body: { name: 'many' } };
        await refused(server, CLASSES, 107, () => server.request('POST', '/batch', { ...by(ann), body: { requests: Array(101).fill(part) } }));
        await refused(server, CLASSES, 107, () => server.request('POST', '/batch', { ...by(ann), body: { requests: [part, { method: 'POST', path: '/parse/batch', body: { requests: [] } }] } }));
        await refused(server, CLASSES, 107, () => server.request('POST', '/batch', { ...by(ann), body: { requests: [part, { method: 'POST', path: '/elsewhere' }] } }));
    });
    test('sec_I9 strangers learn no version and no class list', async () => {
        for (const path of ['/serverInfo', '/schemas', '/health', '/elsewhere']) {
            const answer = await server.request('GET', path);
            assert.doesNotMatch(answer.text + JSON.stringify(answer.headers), /\d+\.\d+\.\d+|Thing|homeport/i);
        }
    });
    test('sec_M8 a NUL never ends a name', async () => {
        for (const body of ['{"username":"a\\u0000b","password":"p"}']) {
            const answer = await server.request('POST', '/users', { body });
            if (answer.status === 201) assert.equal((await stored(server, '_User', answer.body.objectId)).username, 'a\0b');
        }
        await refused(server, CLASSES, [101, 105, 404], () => server.request('GET', `/classes/Thing%00/${ann.id}`, { master: true }));
        await refused(server, CLASSES, 209, () => server.request('GET', '/users/me', { headers: { 'X-Parse-Session-Token': `${ann.session.slice(0, -1)}%00` } }));
    });
});

// Devices: one that comes again is the same one, whatever way it comes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const post = (body, more = {}) => server.request('POST', '/installations', { body, ...more });
const count = async (where = {}) =>
    (await server.request('GET', `/installations?count=1&limit=0&where=${encodeURIComponent(JSON.stringify(where))}`, { master: true })).body
        .count;

test('a create of a known device is an update: 200, updatedAt, no Location', async () => {
    const first = await post({ deviceType: 'ios', installationId: 'one' });
    assert.equal(first.status, 201, first.text);
    assert.match(first.headers.location, new RegExp(`/classes/_Installation/${first.body.objectId}$`));
    const again = await post({ installationId: 'ONE', appName: 'x' });
    assert.equal(again.status, 200, again.text);
    assert.deepEqual(Object.keys(again.body), ['updatedAt']);
    assert.equal(again.headers.location, undefined);
    assert.equal(await count({ installationId: 'one' }), 1);
});

test('an installation id that is no UTF-8 is none', async () => {
    const headers = { 'X-Parse-Installation-Id': 'abc\xff\xfe' };
    const bytes = (body) => Buffer.from(JSON.stringify(body)); // beside a text node writes headers as UTF-8
    assert.equal((await post(bytes({ deviceType: 'ios' }), { headers })).body.code, 135);
    const { sessionToken } = (await server.request('POST', '/users', { body: bytes({ username: 'latin', password: 'p' }), headers })).body;
    const session = (await server.request('GET', '/sessions/me', { session: sessionToken })).body;
    assert.deepEqual([session.sessionToken, session.installationId], [sessionToken, undefined]);
});

test('the installation id of the request stands in for one in the body, for clients', async () => {
    const headers = { 'X-Parse-Installation-Id': 'one' };
    assert.equal((await post({ appName: 'by header' }, { headers })).status, 200);
    assert.equal(await count({ installationId: 'one', appName: 'by header' }), 1);
});

test('the same device at once, in requests and in parts of a batch, is one row', async () => {
    const body = { deviceType: 'android', installationId: 'many', deviceToken: 'many' };
    const answers = await Promise.all([
        post(body),
        post(body),
        server.request('POST', '/batch', {
            body: { requests: [1, 2].map(() => ({ method: 'POST', path: '/parse/installations', body })) },
        }),
    ]);
    for (const answer of answers) assert.ok(answer.status < 300, answer.text);
    for (const part of answers[2].body) assert.ok(part.success, answers[2].text);
    assert.equal(await count({ installationId: 'many' }), 1);
});

test('a query in the place of a text deletes nobody', async () => {
    const rows = await count();
    for (const name of ['deviceToken', 'installationId', 'appIdentifier'])
        for (const value of [{ $ne: null }, { $exists: true }, ['many']]) {
            const answer = await post({ deviceType: 'ios', installationId: 'two', deviceToken: 'many', [name]: value });
            assert.equal(answer.body.code, 111, answer.text);
        }
    assert.equal(await count(), rows);
});

/** Runs `check` on a server with these rules for devices; it gets words to make and see rows. */
async function withRules(installation, check) {
    const own = await startServer({ config: { installation } });
    try {
        await check({
            save: (body, more = {}) => own.request('POST', '/installations', { body: { deviceType: 'ios', ...body }, ...more }),
            rows: async () => (await own.request('GET', '/installations?order=createdAt', { master: true })).body.results.map(({ installationId, deviceToken }) => [installationId, deviceToken]),
            server: own,
        });
    } finally {
        await own.stop();
    }
}

test('a token that moves to another device: the old row goes, or only loses the token', async () => {
    await withRules({}, async ({ save, rows }) => {
        await save({ installationId: 'a', deviceToken: 't' });
        await save({ installationId: 'b', deviceToken: 't' });
        assert.deepEqual(await rows(), [['b', 't']]);
    });
    await withRules({ duplicateDeviceTokenAction: 'update' }, async ({ save, rows }) => {
        await save({ installationId: 'a', deviceToken: 't' });
        await save({ installationId: 'b', deviceToken: 't' });
        assert.deepEqual(await rows(), [['a', undefined], ['b', 't']]);
    });
});

test('two rows of one device: which stays, and what the other keeps', async () => {
    const expected = [
        [{}, [['i', 't']], 'token'],
        [{ duplicateDeviceTokenMergePriority: 'installationId' }, [['i', 't']], 'id'],
        [{ duplicateDeviceTokenAction: 'update' }, [[undefined, undefined], ['i', 't']], 'token'],
        [{ duplicateDeviceTokenAction: 'update', duplicateDeviceTokenMergePriority: 'installationId' }, [['i', 't'], [undefined, undefined]], 'id'],
    ];
    for (const [rules, wanted, survivor] of expected)
        await withRules(rules, async ({ save, rows, server: own }) => {
            const byId = (await save({ installationId: 'i' })).body.objectId;
            const byToken = (await save({ deviceToken: 't' })).body.objectId;
            assert.equal((await save({ installationId: 'i', deviceToken: 't' })).status, 200);
            assert.deepEqual(await rows(), wanted, JSON.stringify(rules));
            const { body } = await own.request('GET', `/installations/${survivor === 'id' ? byId : byToken}`, { master: true });
            assert.deepEqual([body.installationId, body.deviceToken], ['i', 't'], JSON.stringify(rules));
        });
});

test('with enforced rights a device loses its row only to who may write it', () =>
    withRules({ duplicateDeviceTokenActionEnforceAuth: true }, async ({ save, rows, server: own }) => {
        const ACL = { someone: { read: true, write: true } };
        await save({ installationId: 'a', deviceToken: 't', ACL }, { master: true });
        await save({ installationId: 'b', deviceToken: 't' });
        assert.deepEqual(await rows(), [['a', 't'], ['b', 't']]);
        await save({ installationId: 'c', deviceToken: 't' });
        assert.deepEqual(await rows(), [['a', 't'], ['c', 't']]);
        await own.request('POST', '/installations', { master: true, body: { deviceType: 'ios', installationId: 'd', deviceToken: 't' } });
        assert.deepEqual(await rows(), [['d', 't']]);
    }));

test('with enforced rights a pointer permission leaves the rows to the users that they name', () =>
    withRules({ duplicateDeviceTokenActionEnforceAuth: true }, async ({ save, rows, server: own }) => {
        const everybody = { '*': true };
        const user = async (username) => (await own.request('POST', '/users', { body: { username, password: 'p' } })).body;
        const [owner, other] = [await user('owner'), await user('other')];
        const classLevelPermissions = { get: everybody, find: everybody, create: everybody, addField: everybody, update: { pointerFields: ['owner'] } };
        const fields = { owner: { type: 'Pointer', targetClass: '_User' } };
        const { status, text } = await own.request('POST', '/schemas/_Installation', { master: true, body: { className: '_Installation', fields, classLevelPermissions } });
        assert.equal(status, 200, text);

        await save({ installationId: 'a', deviceToken: 't', owner: { __type: 'Pointer', className: '_User', objectId: owner.objectId } }, { master: true });
        await save({ installationId: 'b', deviceToken: 't' });
        await save({ installationId: 'c', deviceToken: 't' }, { session: other.sessionToken });
        assert.deepEqual(await rows(), [['a', 't'], ['b', 't'], ['c', 't']]);
        await save({ installationId: 'd', deviceToken: 't' }, { session: owner.sessionToken });
        assert.deepEqual(await rows(), [['b', 't'], ['c', 't'], ['d', 't']]);
    }));

// The app's config and the purge of a class, as clients, the SDK and Parse Dashboard use them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';

const readOnlyMasterKey = 'looks-only';
const readOnly = { master: true, headers: { 'X-Parse-Master-Key': readOnlyMasterKey } };
let server;
before(async () => (server = await startServer({ config: { readOnlyMasterKey } })));
after(() => server.stop());

const put = (body, who = { master: true }) => server.request('PUT', '/config', { body, ...who });

describe('the config', () => {
    test('is empty until somebody saves one', async () => {
        const { status, body } = await server.request('GET', '/config');
        assert.equal(status, 200);
        assert.deepEqual(body, { params: {} });
    });

    test('is merged by name, and its master-only values stay with the master key', async () => {
        const first = await put({ params: { colour: 'red', limit: 3 }, masterKeyOnly: { limit: true } });
        assert.equal(first.status, 200, first.text);
        assert.deepEqual(first.body, { result: true });
        await put({ params: { place: { __type: 'GeoPoint', latitude: 1, longitude: 2 } } });
        assert.deepEqual((await server.request('GET', '/config')).body, {
            params: { colour: 'red', place: { __type: 'GeoPoint', latitude: 1, longitude: 2 } },
            masterKeyOnly: { colour: false, place: false },
        });
        for (const who of [{ master: true }, readOnly])
            assert.equal((await server.request('GET', '/config', who)).body.params.limit, 3);
        await put({ params: { place: { __op: 'Delete' } } });
        assert.deepEqual(Object.keys((await server.request('GET', '/config')).body.params), ['colour']);
    });

    test('is written with the master key alone', async () => {
        const before = (await server.request('GET', '/config', { master: true })).text;
        const client = await put({ params: { colour: 'blue' } }, {});
        assert.equal(client.status, 403);
        assert.equal(client.body.code, undefined);
        const looker = await put({ params: { colour: 'blue' } }, readOnly);
        assert.equal(looker.status, 400);
        assert.equal(looker.body.code, 119);
        const inBatch = await server.request('POST', '/batch', {
            body: { requests: [{ method: 'PUT', path: '/parse/config', body: { params: { colour: 'blue' } } }] },
        });
        assert.ok(inBatch.body[0].error, inBatch.text);
        const asClass = await server.request('PUT', '/classes/_GlobalConfig/1', { body: { params: {} } });
        assert.equal(asClass.body.code, 119);
        assert.equal((await server.request('GET', '/config', { master: true })).text, before);
    });

    test('keeps what several wrote at once', async () => {
        const names = Array.from({ length: 20 }, (_, i) => `at_once_${i}`);
        const answers = await Promise.all(names.map((name) => put({ params: { [name]: name } })));
        for (const answer of answers) assert.equal(answer.status, 200, answer.text);
        const { params } = (await server.request('GET', '/config')).body;
        for (const name of names) assert.equal(params[name], name);
    });

    test('is what the SDK reads and saves', async () => {
        const Parse = server.parse({ master: true });
        await Parse.Config.save({ when: new Date(1e12), hidden: 'h' }, { hidden: true });
        const seen = await server.parse().Config.get();
        assert.equal(seen.get('when').getTime(), 1e12);
        assert.equal(seen.get('hidden'), undefined);
        assert.equal((await Parse.Config.get({ useMasterKey: true })).get('hidden'), 'h');
    });
});

describe('the purge of a class', () => {
    const purge = (className, who = { master: true }) => server.request('DELETE', `/purge/${className}`, who);
    const count = async (className) =>
        (await server.request('GET', `/classes/${className}?count=1&limit=0`, { master: true })).body.count;

    test('deletes all of its objects and nothing else', async () => {
        for (const className of ['Leaf', 'Leaf', 'Stone'])
            await server.request('POST', `/classes/${className}`, { master: true, body: { n: 1 } });
        assert.equal((await purge('Leaf', {})).status, 403);
        assert.equal((await purge('Leaf', readOnly)).body.code, 119);
        assert.equal(await count('Leaf'), 2);
        for (const className of ['Leaf', 'Leaf', 'NeverHeardOf']) {
            const answer = await purge(className);
            assert.equal(answer.status, 200, answer.text);
            assert.deepEqual(answer.body, {});
        }
        assert.equal(await count('Leaf'), 0);
        assert.equal(await count('Stone'), 1);
    });

    test('of _Session ends every session', async () => {
        const user = await server.request('POST', '/users', { body: { username: 'ann', password: 'p' } });
        const session = user.body.sessionToken;
        assert.equal((await server.request('GET', '/users/me', { session })).status, 200);
        await purge('_Session');
        assert.equal((await server.request('GET', '/users/me', { session })).body.code, 209);
    });
});

test('Dashboard is told that both are there', async () => {
    const { features } = (await server.request('GET', '/serverInfo', { master: true })).body;
    assert.deepEqual(features.globalConfig, { create: true, read: true, update: true, delete: true });
    assert.equal(features.schemas.clearAllDataFromClass, true);
});

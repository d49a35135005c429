// A write that a client sends twice, because it never saw the first answer, happens once.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';

let server;
before(async () => {
    server = await startServer({
        config: { allowClientClassCreation: true, idempotencyOptions: { paths: ['classes/Order', 'functions', '^users$'], ttl: 60 } },
    });
});
after(() => server.stop());

const send = (method, path, id, body = {}) => server.request(method, path, { body, headers: { 'X-Parse-Request-Id': id } });

function assertDuplicate(answer) {
    assert.equal(answer.status, 400, answer.text);
    assert.deepEqual(answer.body, { code: 159, error: 'Duplicate request' });
}

test('a create and an update with an id that was used are refused', async () => {
    const first = await send('POST', '/classes/Order', 'a', { n: 1 });
    assert.equal(first.status, 201, first.text);
    assertDuplicate(await send('POST', '/classes/Order', 'a', { n: 1 }));
    assertDuplicate(await send('PUT', `/classes/Order/${first.body.objectId}/`, 'a', { n: 2 }));
    assert.equal((await send('PUT', `/classes/Order/${first.body.objectId}`, 'b', { n: 2 })).status, 200);
    assert.equal((await send('GET', '/classes/Order', 'a', undefined)).body.results.length, 1);
});

test('an id is used up by a request that fails', async () => {
    assert.equal((await send('POST', '/functions/nothing', 'c')).body.code, 141);
    assertDuplicate(await send('POST', '/functions/nothing', 'c'));
});

test('of the same sign-up sent at once, one happens', async () => {
    const user = { username: 'ann', password: 'p' };
    const answers = await Promise.all(Array.from({ length: 6 }, () => send('POST', '/users', 'd', user)));
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    answers.filter(({ status }) => status !== 201).forEach(assertDuplicate);
});

test('other paths, requests without an id and the parts of a batch are not counted', async () => {
    for (let i = 0; i < 2; i++) {
        assert.equal((await send('POST', '/classes/Note', 'e')).status, 201);
        assert.equal((await send('POST', '/classes/Order', undefined)).status, 201);
        const requests = [1, 2].map(() => ({ method: 'POST', path: '/parse/classes/Order', body: {} }));
        for (const part of (await send('POST', '/batch', 'f', { requests })).body) assert.ok(part.success);
    }
});

test('clients cannot read or remove the ids', async () => {
    assert.equal((await server.request('GET', '/classes/_Idempotency')).body.code, 119);
    assert.equal((await server.request('DELETE', '/purge/_Idempotency')).status, 403);
});

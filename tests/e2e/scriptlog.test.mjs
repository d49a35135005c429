// /scriptlog: the latest lines of the log, for the master key.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';

let server;
before(async () => {
    server = await startServer({ config: { logLevel: 'debug' } });
});
after(() => server?.stop());

const ask = (query = '', options = { master: true }) => server.request('GET', `/scriptlog${query}`, options);

test('is for the master key alone', async () => {
    assert.equal((await ask('', {})).status, 403);
    assert.equal((await ask()).status, 200);
});

test('tells level, message and time, newest first or oldest first, as many as asked', async () => {
    const { body } = await ask('?size=1000');
    assert.ok(body.length > 0);
    for (const { level, message, timestamp } of body) {
        assert.ok(['error', 'warn', 'info'].includes(level), level);
        assert.match(message, /^\w+/);
        assert.equal(new Date(timestamp).toISOString(), timestamp);
    }
    const oldest = (await ask('?size=1&order=asc')).body;
    assert.deepEqual(oldest, body.slice(-1));
    assert.deepEqual((await ask('?n=0')).body, []);
});

test('a level brings itself and what is worse; times bound it', async () => {
    assert.equal((await server.request('GET', '/users/missing')).status, 404);
    const failed = (lines) => lines.filter(({ message }) => message.startsWith('request_failed'));
    const { body } = await ask('?level=debug&size=1000');
    assert.ok(failed(body).length > 0);
    assert.equal(failed((await ask('?level=info&size=1000')).body).length, 0);
    const future = encodeURIComponent(new Date(Date.now() + 60_000).toISOString());
    assert.deepEqual((await ask(`?from=${future}`)).body, []);
    assert.deepEqual((await ask('?until=2020-01-01T00:00:00.000Z&from=2019-01-01T00:00:00.000Z')).body, []);
});

test('holds no password, token or key', async () => {
    await server.request('POST', '/users', { body: { username: 'logged', password: 'never-in-the-log' } });
    await server.request('POST', '/login', { body: { username: 'logged', password: 'wrong-but-secret' } });
    const { text } = await ask('?level=debug&size=1000');
    for (const secret of ['never-in-the-log', 'wrong-but-secret', server.config.masterKey, server.config.restAPIKey, 'r:']) assert.ok(!text.includes(secret), secret);
});

test('refuses what it does not understand', async () => {
    for (const query of ['?level=loud', '?from=yesterday', '?size=-1', '?size=many']) {
        const { status, body } = await ask(query);
        assert.deepEqual([status, body.code], [400, 102], query);
    }
});

// Reads that take long have a few places and wait for one among themselves: everybody else is served meanwhile.
import assert from 'node:assert/strict';
import test from 'node:test';
import { startServer } from '../support/homeport.mjs';

const OPEN = { find: { '*': true }, get: { '*': true }, count: { '*': true }, create: { '*': true }, update: { '*': true } };
const COSTLY = { $or: Array.from({ length: 12 }, (_, i) => ({ list: { $regex: `(a+)+!${i}` } })) };

const costly = (server, params = {}) => server.request('POST', '/classes/Long', { body: { _method: 'GET', where: COSTLY, keys: 'n', ...params } });

async function startWithLists() {
    const server = await startServer({ config: { workers: 2 } });
    for (const className of ['Long', 'Plain'])
        await server.request('POST', `/schemas/${className}`, { master: true, body: { className, fields: { n: { type: 'Number' }, list: { type: 'Array' } }, classLevelPermissions: OPEN } });
    const list = Array.from({ length: 80 }, (_, i) => `${'a'.repeat(30)}${i}`);
    assert.equal((await server.request('POST', '/classes/Long', { body: { list } })).status, 201);
    return server;
}

/** Until so many requests are being served, or waiting for it; or `over` says that it need not be waited for. */
async function inFlight(server, wanted, over) {
    let seen;
    do seen = Number(/^homeport_http_in_flight (\d+)/m.exec((await server.request('GET', '/metrics', { origin: true })).text)[1]);
    while (seen < wanted && !over());
}

test('a_flood_of_long_reads_holds_up_nobody_else_and_each_is_answered', async () => {
    const FLOOD = 12;
    const server = await startWithLists();
    try {
        let answered = 0;
        const flood = Array.from({ length: FLOOD }, (_, i) => costly(server, i % 2 ? { count: 1, limit: 0 } : {}).finally(() => answered++));
        await inFlight(server, FLOOD, () => answered > 0);
        for (let round = 0; round < 3; round++) {
            const made = await server.request('POST', '/classes/Plain', { body: { n: round } });
            assert.equal(made.status, 201, made.text);
            assert.equal((await server.request('GET', `/classes/Plain/${made.body.objectId}`)).body.n, round);
            assert.equal((await server.request('PUT', `/classes/Plain/${made.body.objectId}`, { body: { n: -1 } })).status, 200);
        }
        assert.ok(answered < FLOOD / 2, `${answered} of ${FLOOD} had to end first`);
        for (const answer of await Promise.all(flood)) {
            if (answer.status === 200) assert.deepEqual(answer.body.results, []);
            else assert.equal(answer.body.code, 124, answer.text); // its turn came too late
        }
        assert.equal((await costly(server, { where: { $or: COSTLY.$or.slice(0, 3) } })).status, 200); // all places have been given back
    } finally {
        await server.stop();
    }
});

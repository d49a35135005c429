// What could not be told is not passed over in silence: the clients who have missed something are sent away, so that they come
// back and ask anew.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';

import { makeFolder, runHomeport, startServer } from '../support/homeport.mjs';
import { liveClient } from '../support/live.mjs';
import { busIs, startRedis } from '../support/redis.mjs';

const live = (more = {}) => ({ allowClientClassCreation: true, startLiveQueryServer: true, liveQuery: { classNames: ['Note'], ...more } });

async function save(server, body, id) {
    const answer = await server.request(id ? 'PUT' : 'POST', `/classes/Note${id ? `/${id}` : ''}`, { master: true, body });
    assert.ok(answer.status < 300, answer.text);
    return id ?? answer.body.objectId;
}

test('more changes than can wait send those away who were subscribed to them', async (t) => {
    const folder = makeFolder();
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    cpSync(new URL('plugins/slow.c', import.meta.url), join(folder, 'slow.c'));
    const built = await runHomeport(['cloud', 'build', join(folder, 'slow.c')]);
    assert.equal(built.code, 0, built.stderr);
    const server = await startServer({ config: { ...live(), cloud: join(folder, 'slow.so') } });
    t.after(() => server.stop());
    const witness = await liveClient(server);
    await witness.subscribe(1, 'Note', { n: { $gt: 0 } }, { keys: ['n'] });

    const gate = join(folder, 'open');
    const id = await save(server, { n: 0, until: gate, text: 'ab'.repeat(4 << 20) });
    for (let n = 1; n <= 40 && witness.ws.readyState === 1; n++) await save(server, { n }, id); // as it was and as it is: 16 MB each
    writeFileSync(gate, '');
    assert.deepEqual(await witness.closed, { code: 1013, reason: 'Events may have been missed.' });
    await server.logged(/live_events_dropped/);

    const again = await liveClient(server);
    await again.subscribe(1, 'Note', { n: 0 });
    await save(server, { n: 0, text: 'short' });
    assert.equal((await again.event()).object.text, 'short', 'who has come since hears what comes since');
    await again.close();
});

/** A way to Redis of one node's own, which can be cut. */
async function wayTo(port) {
    const pairs = new Set();
    let held = false;
    const proxy = createServer((near) => {
        const far = connect(port, '127.0.0.1');
        const pair = [near, far];
        pairs.add(pair);
        near.on('data', (data) => held || far.write(data));
        far.on('data', (data) => near.write(data));
        for (const [one, other] of [pair, [far, near]]) {
            one.on('error', () => {});
            one.on('close', () => (other.destroy(), pairs.delete(pair)));
        }
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const cut = () => pairs.forEach(([near]) => near.destroy());
    return {
        port: proxy.address().port,
        /** From now on what the node says is lost on the way. */
        lose: () => (held = true),
        restore: () => ((held = false), cut()),
        close: () => (cut(), proxy.close()),
    };
}

test('what was lost on its way to the other nodes sends their clients away', async (t) => {
    const redis = await startRedis();
    t.after(() => redis.stop());
    const way = await wayTo(redis.port);
    t.after(() => way.close());
    const startNode = async (port) => {
        const node = await startServer({ config: { appId: 'missed', ...live({ redisURL: `redis://:${redis.password}@127.0.0.1:${port}` }) } });
        t.after(() => node.stop());
        await busIs(node, 'up');
        return node;
    };
    const speaking = await startNode(way.port), hearing = await startNode(redis.port);
    for (const node of [speaking, hearing]) await save(node, { text: 'known here' });

    const client = await liveClient(hearing);
    await client.subscribe(1, 'Note');
    await save(speaking, { text: 'heard' });
    assert.equal((await client.event()).object.text, 'heard');
    way.lose();
    await save(speaking, { text: 'lost' });
    await busIs(speaking, 'down'); // its beat does not come back
    way.restore();
    await busIs(speaking, 'up');
    assert.deepEqual(await client.closed, { code: 1013, reason: 'Events of other servers may have been missed.' });
    await busIs(hearing, 'up');
});

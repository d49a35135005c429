// The cost of an event is that of the different questions it may concern, not of the clients: seen in the metrics.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startServer } from '../support/homeport.mjs';
import { freePort } from '../support/http.mjs';
import { liveClient, openSocket } from '../support/live.mjs';
import { pointer, signUp } from '../support/payments.mjs';

let server;
before(async () => {
    server = await startServer({
        config: { startLiveQueryServer: true, liveQuery: { classNames: ['Same', 'Room', 'Mail', 'Apart'] }, liveQueryServerOptions: { port: await freePort() }, allowClientClassCreation: true },
    });
});
after(() => server?.stop());

const create = (className, body) => server.request('POST', `/classes/${className}`, { master: true, body });

async function metrics() {
    const { text } = await server.request('GET', '/metrics', { origin: true });
    return (name) => Number(new RegExp(`^homeport_live_${name} (\\S+)$`, 'm').exec(text)[1]);
}

let heard = 0;
const hear = (client) => (heard++, client.event());

/** The counters once they hold all that was heard. */
async function settled() {
    for (let tries = 0; ; tries++) {
        const now = await metrics();
        if (now('deliveries_total') === heard) return now;
        assert.ok(tries < 5000, `heard ${heard} of ${now('deliveries_total')} events`);
    }
}

/** What `change` adds to the counters. `told` settles when its last event has come. */
async function cost(change, told) {
    const before = await settled();
    await change();
    await told();
    const after = await settled();
    return Object.fromEntries(['candidates', 'looks', 'bodies', 'deliveries'].map((name) => [name, after(`${name}_total`) - before(`${name}_total`)]));
}

test('equal queries are matched once, and what is sent is written once for each choice of fields', async () => {
    const clients = await Promise.all(Array.from({ length: 30 }, () => liveClient(server)));
    for (const [i, client] of clients.entries()) await client.subscribe(i + 1, 'Same', { n: { $gt: 0 } }, i % 3 === 0 ? { keys: ['n'] } : {});
    const sizes = await metrics();
    assert.deepEqual([sizes('subscriptions'), sizes('queries'), sizes('audiences')], [30, 1, 2]);
    assert.deepEqual(await cost(() => create('Same', { n: 1 }), () => Promise.all(clients.map(hear))), {
        candidates: 2, looks: 2, bodies: 2, deliveries: 30,
    });
    for (const client of clients) await client.close();
});

test('a query that demands a value is looked at for objects with that value', async () => {
    const client = await liveClient(server);
    await create('Room', { name: 'first', owner: pointer('_User', 'u1'), tags: ['x'], n: 1 }); // the fields have types now
    for (let i = 1; i <= 100; i++) await client.subscribe(i, 'Room', { name: `room ${i}`, n: { $gte: 0 } });
    await client.subscribe(101, 'Room', { owner: pointer('_User', 'u1') });
    await client.subscribe(102, 'Room', { tags: 'red' });
    await client.subscribe(103, 'Room', { $and: [{ n: 7 }] });
    await client.subscribe(104, 'Room', { $or: [{ name: 'room 1' }, { name: 'nowhere' }] });
    const one = () => hear(client);
    assert.equal((await cost(() => create('Room', { name: 'room 5', n: 1 }), one)).candidates, 2, 'room 5, and the one without a demand');
    assert.equal((await cost(() => create('Room', { tags: ['blue', 'red'] }), one)).candidates, 2);
    assert.equal((await cost(() => create('Room', { n: 7 }), one)).candidates, 2);
    assert.equal((await cost(() => create('Room', { owner: pointer('_User', 'u1') }), one)).candidates, 2);
    const { body } = await create('Room', { name: 'room 7', n: 1 });
    await one();
    const moved = await cost(() => server.request('PUT', `/classes/Room/${body.objectId}`, { master: true, body: { name: 'room 8' } }), async () => {
        assert.deepEqual([(await one()).op, (await one()).op].sort(), ['enter', 'leave']);
    });
    assert.equal(moved.candidates, 3, 'those of the value before and of the value after');
    await client.close();
});

test('an object that some users may read is looked at for these', async () => {
    const users = [];
    for (let i = 0; i < 4; i++) users.push(await signUp(server, `reader${i}`));
    const clients = await Promise.all([...users.map(({ session }) => liveClient(server, { sessionToken: session })), liveClient(server)]);
    for (const client of clients) await client.subscribe(1, 'Mail');
    const acl = Object.fromEntries(users.slice(1, 3).map(({ id }) => [id, { read: true }]));
    const told = () => Promise.all([hear(clients[1]), hear(clients[2])]);
    assert.deepEqual(await cost(() => create('Mail', { n: 1, ACL: acl }), told), { candidates: 2, looks: 2, bodies: 1, deliveries: 2 });
    const all = () => Promise.all(clients.map(hear));
    assert.deepEqual(await cost(() => create('Mail', { n: 2 }), all), { candidates: 5, looks: 5, bodies: 1, deliveries: 5 });
    for (const client of clients) await client.close();
});

test('nothing is left of clients that are gone', async () => {
    for (let tries = 0; ; tries++) {
        const now = await metrics();
        const left = ['clients', 'subscriptions', 'queries', 'audiences'].map((name) => now(name));
        if (left.every((n) => n === 0)) break;
        assert.ok(tries < 1000, `left: ${left}`);
    }
});

test('a port of their own answers live queries and nothing else', async () => {
    const { port } = server.config.liveQueryServerOptions;
    const client = await openSocket(server, { url: `ws://127.0.0.1:${port}/` });
    client.connected = await client.ask({ op: 'connect', applicationId: 'x' });
    await client.subscribe(1, 'Apart');
    await create('Apart', { n: 1 });
    assert.equal((await hear(client)).object.n, 1);
    await client.close();
    assert.notEqual((await fetch(`http://127.0.0.1:${port}/parse/health`)).status, 200);
});
